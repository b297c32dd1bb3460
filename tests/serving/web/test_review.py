from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from data.features import CATEGORICAL, NUMERIC
from data.records import TEXT_FIELDS, Decision, Evidence, Item, Role, Score, Segment, Verdict
from serving import wiring
from serving.api.app import create_app
from serving.sections import AccessSettings, MediaSettings, ReviewSettings
from serving.settings import Settings
from serving.web.pages import create_site
from serving.web.review.words import WORDS
from serving.wiring import Application
from training.models.video import NUMBERS, PICTURE, TURNED

TEXTS = {
    "title": "홍삼 특가",
    "description": "면역력 <b>폭발</b>",
    "transcript": "병원에 안 가도 됩니다",
    "ocr_text": "단 하루",
    "hashtags": ["#홍삼", "#특가"],
}


@dataclass
class Seen:
    """A browser in which somebody reviews."""

    client: TestClient
    application: Application

    def page(self, path: str = "/review?lang=en") -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return str(answer.text)

    def claim(self, queue: str = "") -> str:
        """Claim the next job, and return its name; empty where there is none."""
        answer = self.client.post("/review", data={"do": "claim", "queue": queue})
        assert answer.status_code == 303, answer.text
        return self.job()

    def job(self) -> str:
        found = re.search(r'name="job" value="([^"]+)"', self.page())
        return found[1] if found else ""

    def decide(self, job: str, verdict: str = "no_violation", **fields: str) -> Any:
        form = {"do": "decide", "job": job, "verdict": verdict, **fields}
        return self.client.post("/review?lang=en", data=form)


Sit = Callable[..., Seen]


class Telling:
    """A scorer that says why."""

    version = "1"

    def score(self, items: Any, histories: Any, *, scored_at: Any) -> list[Score | Exception]:
        return [
            Score(
                score_id=f"score-{item.item_id}",
                item_id=item.item_id,
                item_version=item.item_version,
                model="1",
                violation_probability=item.data["p"],
                policy_scores={},
                scored_at=scored_at,
                evidence=[Evidence(signal="transcript", excerpt="병원에", start_ms=12_000)],
            )
            for item in items
        ]


@pytest.fixture
def sit(bench: Any, tmp_path: Path) -> Iterator[Sit]:
    """A function that puts a reviewer in front of the page."""
    with ExitStack() as stack:

        def begin(name: str = "mina", role: Role = Role.REVIEWER, media: str = "", **reviews: Any) -> Seen:
            application = wiring.build(
                Settings(
                    home=tmp_path,
                    reviews=ReviewSettings(**reviews),
                    media=MediaSettings(folder=media),
                    access=AccessSettings(remember_s=0),
                ),
                store=bench.store,
                clock=bench.clock,
                load=lambda _: Telling(),
                follow=False,
            )
            stack.callback(application.close)
            site = create_site(application, api=create_app(application))
            client = TestClient(site, base_url="http://tamis.test", follow_redirects=False)
            stack.enter_context(client)
            link = application.auth.create_link(role=role, name=name)
            assert client.post("/sign-in", data={"token": link.secret}).status_code == 303
            return Seen(client=client, application=application)

        yield begin


def _submit(seen: Seen, item_id: str = "v1", p: float = 0.9, **more: Any) -> Any:
    item = Item(item_id=item_id, language="ko", data={**TEXTS, "p": p, **more})
    [answer] = seen.application.triage.submit([item])
    return answer.routing


def _audit(seen: Seen) -> Any:
    """Submit items until one is drawn for an audit."""
    for number in range(1000):
        routing = _submit(seen, f"a{number}", 0.01)
        if routing.route == "audit":
            return routing
    raise AssertionError("nothing was drawn")


def _decisions(bench: Any, item_id: str = "v1") -> list[Decision]:
    with bench.store.read() as session:
        return list(session.ledger.decisions([(item_id, "1")]).get((item_id, "1"), []))


# What waits.


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.QC_LEAD, Role.ADMIN])
def test_whoever_may_review_finds_the_page(sit: Sit, role: Role) -> None:
    seen = sit(role=role)
    assert 'href="/review" aria-current="page"' in seen.page()
    assert "No job is waiting." in seen.page()


def test_a_reviewer_lands_on_the_page_after_signing_in(sit: Sit) -> None:
    seen = sit()
    link = seen.application.auth.create_link(role=Role.REVIEWER, name="jun")
    assert seen.client.post("/sign-in", data={"token": link.secret}).headers["location"] == "/review"


def test_a_job_is_claimed_from_the_queue_that_was_chosen(sit: Sit) -> None:
    seen = sit()
    _submit(seen, "v1", 0.99)
    seen.application.triage.submit([Item(item_id="v2", language="en", data={"p": 0.9, "title": "Ginseng"})])
    seen.claim("en")
    assert "Ginseng" in seen.page()


def test_nothing_to_claim_is_said(sit: Sit) -> None:
    answer = sit().client.post("/review", data={"do": "claim"}, follow_redirects=True)
    assert "지금 맡으실 작업이 없습니다" in answer.text


def test_people_are_called_what_they_are_called(sit: Sit) -> None:
    seen = sit(name="민아")
    _submit(seen)
    assert seen.client.post("/review", data={"do": "claim"}).status_code == 303
    assert seen.application.reviews.held(reviewer_id="민아") is not None


# The job.


def test_the_job_shows_what_is_known_about_the_item_escaped(sit: Sit) -> None:
    seen = sit()
    seen.application.triage.submit(
        [
            Item(
                item_id="v1",
                creator_id="c-7",
                category="food",
                language="ko",
                expected_views=12_345,
                data={**TEXTS, "p": 0.9, "duration_s": 75},
            )
        ]
    )
    seen.claim()
    page = seen.page()
    for text in (
        "홍삼 특가",
        "면역력 &lt;b&gt;폭발&lt;/b&gt;",
        "병원에 안 가도 됩니다",
        "단 하루",
        "#홍삼 #특가",
    ):
        assert text in page
    for fact in ("c-7", "food", ">ko<", "12,345", "1:15", "2026-11-22 18:00", "2026-11-23 18:00"):
        assert fact in page
    assert "2026-11-22 18:30" in page  # the claim lasts half an hour


def test_the_job_in_hand_is_still_there_when_the_page_is_opened_again(sit: Sit) -> None:
    seen = sit()
    _submit(seen)
    _submit(seen, "v2")
    job = seen.claim()
    assert seen.claim() == job
    assert sit().job() == job


def test_an_audit_a_full_review_and_a_second_look_are_the_same_page(bench: Any, sit: Sit) -> None:
    seen = sit(second_looks={"clean": 1.0})
    assert _submit(seen).route == "full_review"
    _audit(seen)
    pages, second = {}, sit("jun", second_looks={"clean": 1.0})
    for viewer in (seen, seen, second, second):
        job = viewer.claim()
        with bench.store.read() as session:
            held = session.queue.job(job)
        page = re.sub(r"\?v=\w+", "", viewer.page())  # digests may spell an id
        for name, stands_for in ((job, "JOB"), (held.item_id, "ITEM"), ("jun", "WHO"), ("mina", "WHO")):
            page = page.replace(name, stands_for)
        pages[held.review_type, held.item_id] = page
        assert re.fullmatch(r"job-[0-9a-f]{32}", job)
        assert viewer.decide(job).status_code == 303
    assert [kind for kind, _ in pages] == ["first_review", "audit", "second_review", "second_review"]
    assert len(set(pages.values())) == 1
    [page] = set(pages.values())
    for word in ("first_review", "audit", "priority", "full_review", "probability", "0.9"):
        assert word not in page


def test_a_reviewer_does_not_learn_that_an_own_verdict_is_checked(sit: Sit) -> None:
    seen = sit(second_looks={"flagged_violations": 1.0})
    _submit(seen)
    seen.decide(seen.claim(), "violation")
    assert "No job is waiting." in seen.page()
    assert "No job is waiting." not in sit("jun").page()


def test_what_others_concluded_is_not_shown(sit: Sit) -> None:
    seen = sit(second_looks={"flagged_violations": 1.0})
    _submit(seen)
    seen.decide(seen.claim(), "violation", reason="분명한 약 광고")
    other = sit("jun")
    other.claim()
    assert "분명한 약 광고" not in other.page()


def test_with_the_share_at_one_audits_and_full_reviews_alike_show_the_score(bench: Any, sit: Sit) -> None:
    seen = sit(score_visible_share=1.0)
    _submit(seen)
    audit = _audit(seen)
    for item_id, shown in (("v1", "90.0%"), (audit.item_id, "1.00%")):
        job = seen.claim()
        assert shown in seen.page()
        assert "병원에" in seen.page()
        seen.decide(job)
        [decision] = _decisions(bench, item_id)
        assert decision.score_visible


def test_the_share_is_drawn_by_job_and_recorded(bench: Any, sit: Sit) -> None:
    seen = sit(score_visible_share=0.5)
    for number in range(40):
        _submit(seen, f"v{number}")
    visible = 0
    job = seen.claim()
    while job:
        with bench.store.read() as session:
            item_id = session.queue.job(job).item_id
        said = "Violation probability" in seen.page()
        seen.decide(job)
        assert _decisions(bench, item_id)[0].score_visible is said
        visible += said
        job = seen.job()
    assert 8 <= visible <= 32


# Deciding.


def test_a_decision_is_recorded_with_all_that_was_typed_and_the_next_job_comes(bench: Any, sit: Sit) -> None:
    seen = sit()
    _submit(seen, "v1", 0.95)
    _submit(seen, "v2", 0.9)
    job = seen.claim("ko")
    bench.clock.advance(seconds=95)
    answer = seen.decide(
        job,
        "violation",
        **{
            "policy.health_claim": "on", "start.0": "0:12", "end.0": "0:20.5", "start.1": "1:05",
            "of.1": "counterfeit", "reason": " 약처럼 말합니다 ", "queue": "ko",
        },
    )  # fmt: skip
    assert answer.headers["location"] == "/review?queue=ko&said=recorded"
    [decision] = _decisions(bench)
    assert decision.verdict is Verdict.VIOLATION
    assert list(decision.policies) == ["health_claim", "counterfeit"]
    assert list(decision.segments) == [
        Segment(start_ms=12_000, end_ms=20_500, policy_id="health_claim"),
        Segment(start_ms=65_000, end_ms=65_000, policy_id="counterfeit"),
    ]
    assert (decision.reason, decision.reviewer_id, decision.job_id) == ("약처럼 말합니다", "mina", job)
    assert decision.started_at is not None
    assert (decision.decided_at - decision.started_at).total_seconds() == 95
    assert not decision.score_visible
    assert "v2" in seen.page()


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_can_be_given(bench: Any, sit: Sit, verdict: Verdict) -> None:
    seen = sit()
    _submit(seen)
    seen.decide(seen.claim(), verdict)
    assert [decision.verdict for decision in _decisions(bench)] == [verdict]


def test_policies_and_marks_belong_to_a_violation_only(bench: Any, sit: Sit) -> None:
    seen = sit()
    _submit(seen)
    fields = {"policy.health_claim": "on", "start.0": "soon"}
    assert seen.decide(seen.claim(), "unsure", **fields).status_code == 303
    assert list(_decisions(bench)[0].policies) == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"verdict": ""}, "Choose a decision."),
        ({"start.0": "soon"}, "“soon” is no time"),
        ({"start.0": "0:20", "end.0": "0:10", "of.0": "counterfeit"}, "the end is before the start"),
        ({"start.0": "0:20"}, "Choose the policy of the stretch at 0:20."),
        ({"reason": "가" * 2001}, "at most 2,000"),
    ],
)
def test_what_cannot_be_recorded_is_said_and_nothing_typed_is_lost(
    bench: Any, sit: Sit, fields: dict[str, str], said: str
) -> None:
    seen = sit()
    _submit(seen)
    job = seen.claim()
    form = {"verdict": "violation", "reason": "왜냐하면", **fields}
    answer = seen.decide(job, **form)
    assert answer.status_code == 422
    assert said in answer.text
    assert form["reason"] in answer.text
    for name in ("start.0", "end.0"):
        assert f'name="{name}" value="{fields.get(name, "")}"' in answer.text
    assert _decisions(bench) == []
    assert seen.job() == job


def test_sending_the_same_twice_is_harmless(bench: Any, sit: Sit) -> None:
    seen = sit()
    _submit(seen)
    job = seen.claim()
    for _ in range(2):
        bench.clock.advance(seconds=1)
        assert seen.decide(job, "violation").headers["location"] == "/review?said=recorded"
    assert len(_decisions(bench)) == 1


def test_another_verdict_on_a_decided_job_is_not_taken_and_that_is_said(bench: Any, sit: Sit) -> None:
    seen = sit()
    _submit(seen)
    job = seen.claim()
    seen.decide(job, "violation")
    answer = seen.decide(job, "no_violation")
    assert "The first decision counts." in seen.page(answer.headers["location"])
    assert [decision.verdict for decision in _decisions(bench)] == [Verdict.VIOLATION]


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.QC_LEAD, Role.ADMIN])
def test_a_lost_claim_is_said_and_what_was_typed_is_shown(bench: Any, sit: Sit, role: Role) -> None:
    seen, other = sit(role=role), sit("jun")
    _submit(seen)
    job = seen.claim()
    bench.clock.advance(minutes=31)
    assert other.claim() == job
    answer = seen.decide(job, "violation", reason="길게 쓴 사유", **{"policy.health_claim": "on"})
    assert answer.status_code == 409
    assert "was not recorded" in answer.text
    assert "길게 쓴 사유" in answer.text
    assert "Unproven health claim" in answer.text
    assert _decisions(bench) == []


def test_a_claim_that_ran_out_still_counts_while_nobody_else_took_the_job(bench: Any, sit: Sit) -> None:
    seen = sit()
    _submit(seen)
    job = seen.claim()
    bench.clock.advance(minutes=31)
    assert seen.decide(job).status_code == 303
    assert len(_decisions(bench)) == 1


def test_a_job_that_is_given_back_is_free_again(sit: Sit) -> None:
    seen = sit()
    _submit(seen)
    job = seen.claim()
    answer = seen.client.post("/review", data={"do": "give_back", "job": job})
    assert "back in its queue" in seen.page(answer.headers["location"] + "&lang=en")
    assert sit("jun").claim() == job


def test_a_claim_is_renewed_and_its_loss_is_told(bench: Any, sit: Sit) -> None:
    seen = sit()
    _submit(seen)
    job = seen.claim()
    bench.clock.advance(minutes=20)
    answer = seen.client.post("/review/renew.json", data={"job": job})
    assert answer.json() == {"until": "2026-11-22 18:50"}
    bench.clock.advance(minutes=31)
    sit("jun").claim()
    assert seen.client.post("/review/renew.json", data={"job": job}).status_code == 409


@pytest.mark.parametrize("form", [{}, {"do": "delete"}])
def test_a_form_that_is_none_of_ours_is_refused(sit: Sit, form: dict[str, str]) -> None:
    assert sit().client.post("/review", data=form).status_code == 422


def test_a_job_that_nobody_made_cannot_be_decided(sit: Sit) -> None:
    assert sit().decide("job-nothing").status_code == 409


# Clips and frames.


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "clips"
    (folder / "below").mkdir(parents=True)
    (folder / "below" / "v1.webm").write_bytes(bytes(range(200)))
    (folder / "one.png").write_bytes(b"one")
    (folder / "page.html").write_text("<script>alert(1)</script>")
    (folder / "drawing.svg").write_text("<svg/>")
    (tmp_path / "outside.png").write_bytes(b"secret")
    (folder / "way-out.png").symlink_to(tmp_path / "outside.png")
    return folder


def test_the_clip_is_played_in_parts_to_who_holds_the_job_only(sit: Sit, folder: Path) -> None:
    seen, other = sit(media=str(folder)), sit("jun", media=str(folder))
    _submit(seen, media="below/v1.webm")
    job = seen.claim()
    assert f'src="/review/media/{job}"' in seen.page()
    answer = seen.client.get(f"/review/media/{job}", headers={"Range": "bytes=10-19"})
    assert (answer.status_code, answer.content) == (206, bytes(range(10, 20)))
    assert answer.headers["content-type"] == "video/webm"
    assert "no-store" in answer.headers["cache-control"]
    assert other.client.get(f"/review/media/{job}").status_code == 409
    seen.decide(job)
    assert seen.client.get(f"/review/media/{job}").status_code == 409


def test_a_relative_folder_lies_below_the_home(sit: Sit, folder: Path) -> None:
    seen = sit(media="clips")
    _submit(seen, media="below/v1.webm")
    assert seen.client.get(f"/review/media/{seen.claim()}").status_code == 200


def test_frames_are_shown_where_there_is_no_clip(sit: Sit, folder: Path) -> None:
    seen = sit(media=str(folder))
    _submit(seen, frames=["one.png", "missing.png", "../outside.png"])
    job = seen.claim()
    assert seen.page().count('<img src="/review') == 1
    assert seen.client.get(f"/review/media/{job}/0").content == b"one"
    assert seen.client.get(f"/review/media/{job}/1").status_code == 404


@pytest.mark.parametrize(
    "name",
    [
        "../outside.png", "/etc/hostname", "below/../../outside.png", "way-out.png", "page.html",
        "drawing.svg", "below", "", "missing.webm", "x" * 5000, 7, None, ["one.png"],
    ],
)  # fmt: skip
def test_nothing_else_can_be_reached(sit: Sit, folder: Path, name: object) -> None:
    seen = sit(media=str(folder))
    _submit(seen, media=name)
    job = seen.claim()
    assert "There is no clip." in seen.page()
    assert seen.client.get(f"/review/media/{job}").status_code == 404


def test_without_a_folder_reviewers_read(sit: Sit, folder: Path) -> None:
    seen = sit()
    _submit(seen, media="below/v1.webm")
    seen.claim()
    assert "There is no clip." in seen.page()


def test_every_signal_of_a_model_has_a_name_in_both_languages() -> None:
    noticed = {name.removeprefix("share_") for name in NUMBERS if name.startswith("share_")} - {"speech_like"}
    signals = {*TEXT_FIELDS, *CATEGORICAL, *NUMERIC, "creator_rate", *noticed, TURNED, PICTURE}
    for words in WORDS.values():
        assert signals == {*words.texts, *words.signals}
