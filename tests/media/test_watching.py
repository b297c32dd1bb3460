"""Clips at the front door: what cannot be read, comes late or is known goes to full review, and says why."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from data.records import ANY, Decision, Item, ReviewType, Role, Score, Verdict
from data.settings import StoreSettings
from data.store.store import Store
from serving import watching, wiring
from serving.api.app import create_app
from serving.drafts import Draft
from serving.sections import MediaSettings, TriageSettings
from serving.settings import Settings
from training.models.watcher import Watcher


class Calm:
    """A model that finds nothing in anything."""

    version = "1"

    def score(self, items: Any, histories: Any, *, scored_at: Any) -> list[Score | Exception]:
        return [
            Score(
                score_id=f"score-{item.item_id}",
                item_id=item.item_id,
                item_version=item.item_version,
                model="1",
                violation_probability=0.01,
                policy_scores={},
                scored_at=scored_at,
            )
            for item in items
        ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, make_clip: Callable[..., Path], paints: Any) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    make_clip(folder / "offer.mp4", paint=paints.busy, size=(320, 180), seconds=8, sound=paints.tone(8))
    make_clip(folder / "copy.mp4", paint=paints.busy, size=(240, 136), seconds=8, gop=7, crf="30")

    def another(second: float, width: int, height: int) -> Any:
        return paints.busy(second, width, height, seed=5)

    make_clip(folder / "other.mp4", paint=another, size=(320, 180), seconds=8, sound=paints.tone(8))
    (folder / "broken.mp4").write_bytes((folder / "offer.mp4").read_bytes()[:600])
    (folder / "list.m3u8").write_text("#EXTM3U\n#EXTINF:4,\nhttp://127.0.0.1:1/part.ts\n")
    return folder


@pytest.fixture
def make_application(url: str, folder: Path, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    made = []
    with Store(url) as store, store.begin() as session:
        session.deployments.append(
            model="1", bundle="b", digest="d", actor="test", reason="the first", deployed_at=wiring.now()
        )

    def make(**triage: Any) -> Any:
        settings = Settings(
            home=tmp_path,
            store=StoreSettings(url=url),
            media=MediaSettings(folder=str(folder)),
            triage=TriageSettings(**{"ledger_deadline_s": 60, "scoring_deadline_s": 60} | triage),
        )
        application = wiring.build(settings, load=lambda _: Calm())
        made.append(application)
        if application.plans.current() is None:
            application.plans.set(
                Draft(thresholds={ANY: 0.5}, daily_budget=1), author="lead", reason="to begin", expected=None
            )
        return application

    yield make
    for application in made:
        application.close()


def _submit(application: Any, *items: tuple[str, str]) -> list[Any]:
    return list(application.triage.submit([Item(item_id=name, data={"media": clip}) for name, clip in items]))


def test_a_clip_that_cannot_be_read_is_looked_at_by_a_person(make_application: Callable[..., Any]) -> None:
    application = make_application()
    names = ("offer.mp4", "broken.mp4", "list.m3u8", "missing.mp4", "../escape.mp4")
    answers = _submit(application, *((f"v-{number}", name) for number, name in enumerate(names)))
    assert [answer.routing.degraded for answer in answers] == [
        None,
        "clip cannot be read: corrupt",
        "clip cannot be read: playlist",
        "clip cannot be read: unreadable",
        "clip cannot be read: unreadable",
    ]
    assert {answer.routing.route for answer in answers[1:]} == {"full_review"}
    assert {answer.routing.inclusion_probability for answer in answers[1:]} == {1.0}
    assert answers[0].score is not None


def test_a_clip_that_takes_too_long_is_looked_at_by_a_person(
    make_application: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    release, watch = threading.Event(), Watcher.watch

    def slow(self: Watcher, name: str) -> Any:
        if name == "other.mp4":
            release.wait(60)
        return watch(self, name)

    monkeypatch.setattr(Watcher, "watch", slow)
    application = make_application(scoring_deadline_s=2)
    _submit(application, ("before", "offer.mp4"))
    [late, quick] = _submit(application, ("v-late", "other.mp4"), ("v-quick", "offer.mp4"))
    release.set()
    assert (late.routing.degraded, late.routing.route) == ("clip took too long", "full_review")
    assert quick.routing.degraded is None


def test_a_mistake_while_watching_is_no_pass(
    make_application: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(*_: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(Watcher, "watch", stumble)
    [answer] = _submit(make_application(), ("v-1", "offer.mp4"))
    assert answer.routing.degraded == "clip cannot be read: ZeroDivisionError"
    assert answer.routing.route == "full_review"


def _decide(application: Any, item_id: str, verdict: Verdict, kind: ReviewType) -> None:
    with application.store.begin() as session:
        session.ledger.record_decision(
            Decision(
                decision_id=f"{item_id}-{kind}",
                item_id=item_id,
                item_version="1",
                reviewer_id="mina",
                review_type=kind,
                verdict=verdict,
                decided_at=wiring.now(),
                policies=("scam",) if verdict is Verdict.VIOLATION else (),
            ),
            event_id=None,
            recorded_at=wiring.now(),
        )


def _said_of(application: Any, prefix: str, clip: str, until: str | None) -> str | None:
    """Submit a clip under new names until the ledger was read; return what was said of the last one."""
    give_up_at, number, said = time.monotonic() + 30, 0, "never asked"
    while said != until and time.monotonic() < give_up_at:
        [answer] = _submit(application, (f"{prefix}-{number}", clip))
        said, number = answer.routing.degraded, number + 1
    return said


def test_a_known_violation_that_comes_again_is_known_until_it_is_overturned(
    make_application: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "LOOK_S", 0.05)
    application = make_application()
    _submit(application, ("first", "offer.mp4"), ("clean", "other.mp4"))
    _decide(application, "first", Verdict.VIOLATION, ReviewType.FIRST_REVIEW)
    _decide(application, "clean", Verdict.NO_VIOLATION, ReviewType.AUDIT)
    known = "shows a known violation: first"
    assert _said_of(application, "again", "copy.mp4", known) == known
    assert _said_of(application, "else", "other.mp4", None) is None
    # Another process, which starts now, knows it too: from what was kept, with the file gone.
    other = make_application()
    assert _said_of(other, "there", "copy.mp4", known) == known
    _decide(application, "first", Verdict.NO_VIOLATION, ReviewType.APPEAL)
    assert _said_of(application, "later", "copy.mp4", None) is None


def test_the_front_door_tells_it(make_application: Callable[..., Any]) -> None:
    application = make_application()
    token = application.auth.create_token(role=Role.QUEUE, name="queue").secret
    items = [{"item_id": "v1", "data": {"media": "broken.mp4"}}, {"item_id": "v2", "data": {"media": 7}}]
    with TestClient(create_app(application)) as client:
        answer = client.post(
            "/v1/scores", json={"items": items}, headers={"Authorization": f"Bearer {token}"}
        )
    first, second = answer.json()["results"]
    assert (first["status"], first["route"]) == ("degraded", "full_review")
    assert first["degraded"] == "clip cannot be read: corrupt"
    assert second["status"] == "scored", "what is no name of a clip is none"


def test_erasing_an_item_forgets_what_was_seen(make_application: Callable[..., Any], tmp_path: Path) -> None:
    application = make_application()
    _submit(application, ("v1", "offer.mp4"))
    assert [path for path in (tmp_path / "var" / "seen").rglob("*") if path.is_file()]
    erased = application.eraser.erase("v1", actor="admin", reason="the creator asked")
    assert erased.vectors == 1
    assert erased.files == ("offer.mp4",)
    assert [path for path in (tmp_path / "var" / "seen").rglob("*") if path.is_file()] == []
