"""Second looks: drawn with the first verdict, done by somebody else, and used by the report."""

from __future__ import annotations

from typing import Any

import pytest

from data.records import Item, ReviewType, Role, Route, Verdict
from data.store.store import Store
from serving.events import Event, Outcome
from serving.second_looks import SecondLooks
from serving.sections import SecondLookSettings


@pytest.fixture
def bench_store(store: Store) -> Store:
    return store


@pytest.fixture
def looked(bench: Any) -> Any:
    """An application that draws every second look."""
    return _with(bench, audit_violations=1.0, flagged_violations=1.0, clean=1.0)


def _with(bench: Any, **chances: float) -> Any:
    drawer = bench.application.reviews._second_looks
    bench.application.reviews._second_looks = SecondLooks(
        key=drawer._key, settings=SecondLookSettings(**chances)
    )
    return bench


def _decide(bench: Any, item_id: str, verdict: Verdict, *, by: str = "mina", **more: Any) -> None:
    outcome = Outcome(item_id=item_id, reviewer_id=by, verdict=verdict, **more)
    event = Event(event_id=f"e-{item_id}-{by}-{verdict}", occurred_at=bench.clock(), outcome=outcome)
    [receipt] = bench.application.reviews.decide([event], actor=bench.actor(Role.QUEUE))
    assert receipt.refusal is None


def _submit(bench: Any, *ids: str, p: float = 0.9) -> None:
    bench.application.triage.submit([Item(item_id=name, data={"p": p}) for name in ids])


def _looks(bench: Any, *ids: str) -> Any:
    with bench.store.read() as session:
        return session.ledger.second_looks([(name, "1") for name in ids])


def test_the_first_verdict_draws_a_second_look_for_somebody_else(looked: Any) -> None:
    _submit(looked, "v1")
    _decide(looked, "v1", Verdict.VIOLATION)
    look = _looks(looked, "v1")["v1", "1"]
    assert (look.chance, look.drawn) == (1.0, True)
    reviews = looked.application.reviews
    assert reviews.claim(reviewer_id="mina") is None
    job = reviews.claim(reviewer_id="joon")
    assert (job.item_id, job.review_type, job.not_for) == ("v1", ReviewType.SECOND_REVIEW, "mina")


def test_a_second_look_is_drawn_once(looked: Any) -> None:
    _submit(looked, "v1")
    _decide(looked, "v1", Verdict.VIOLATION)
    _decide(looked, "v1", Verdict.NO_VIOLATION, by="joon", review_type=ReviewType.SECOND_REVIEW)
    _decide(looked, "v1", Verdict.VIOLATION, by="sora")
    assert len(_looks(looked, "v1")) == 1
    assert len(looked.application.reviews.waiting()) == 1


@pytest.mark.parametrize("verdict", [Verdict.UNSURE, Verdict.UNREVIEWABLE])
def test_what_settles_nothing_draws_nothing(looked: Any, verdict: Verdict) -> None:
    _submit(looked, "v1")
    _decide(looked, "v1", verdict)
    assert _looks(looked, "v1") == {}


def test_what_was_released_draws_nothing(looked: Any) -> None:
    item = looked.released()
    _decide(looked, item.item_id, Verdict.VIOLATION)
    assert _looks(looked, item.item_id) == {}


def test_chances_depend_on_route_and_verdict_and_are_written_down_whoever_is_drawn(bench: Any) -> None:
    _with(bench, audit_violations=0.9, flagged_violations=0.5, clean=0.1)
    flagged = [f"v{number}" for number in range(40)]
    _submit(bench, *flagged)
    for place, name in enumerate(flagged):
        _decide(bench, name, Verdict.VIOLATION if place % 2 else Verdict.NO_VIOLATION)
    looks = _looks(bench, *flagged)
    assert [looks[name, "1"].chance for name in flagged] == [0.1, 0.5] * 20
    assert {look.drawn for look in looks.values()} == {True, False}
    waiting = bench.application.reviews.waiting()
    assert {job.item_id for job in waiting} == {key[0] for key, look in looks.items() if look.drawn}


def test_an_audit_has_a_chance_of_its_own(bench: Any) -> None:
    _with(bench, audit_violations=1.0)
    number, route = 0, Route.RELEASE
    while route is not Route.AUDIT:
        number += 1
        [answer] = bench.application.triage.submit([Item(item_id=f"a{number}", data={"p": 0.3})])
        route = answer.routing.route
    _decide(bench, f"a{number}", Verdict.VIOLATION)
    assert _looks(bench, f"a{number}")[f"a{number}", "1"].chance == 1.0


def test_without_chances_nothing_is_drawn(bench: Any) -> None:
    _submit(bench, "v1")
    _decide(bench, "v1", Verdict.VIOLATION)
    assert _looks(bench, "v1") == {}


def test_the_report_takes_the_second_look_for_the_truth(looked: Any) -> None:
    _submit(looked, "v1", "v2", "v3", "v4")
    for name in ("v1", "v2", "v3"):
        _decide(looked, name, Verdict.VIOLATION)
    _decide(looked, "v4", Verdict.NO_VIOLATION)
    for name, verdict in (("v1", Verdict.VIOLATION), ("v2", Verdict.NO_VIOLATION), ("v4", Verdict.VIOLATION)):
        _decide(looked, name, verdict, by="joon", review_type=ReviewType.SECOND_REVIEW)
    looked.clock.advance(hours=1)
    report = looked.application.quality.report()
    # Of three first violations two were checked and one of those confirmed; the clean one was overlooked.
    assert report.find("precision").value == pytest.approx((3 * 0.5 + 1) / 4)
    assert report.find("precision").outstanding == 1
    assert report.find("recognised").value == pytest.approx(1.5 / 2.5)
    [notice] = [notice for notice in report.notices if notice.code == "second_looks"]
    assert (notice.params["made"], notice.params["waiting"]) == (3, 1)
    assert looked.application.quality.report(by=["language"]).slices


def test_an_appeal_is_no_second_look(looked: Any) -> None:
    # People complain about what was found against them: that is no sample of anything.
    _with(looked, flagged_violations=0.0001)
    _submit(looked, *(f"v{number}" for number in range(4)))
    for number in range(4):
        _decide(looked, f"v{number}", Verdict.VIOLATION)
    _decide(looked, "v0", Verdict.NO_VIOLATION, by="lead", review_type=ReviewType.APPEAL)
    looked.clock.advance(hours=1)
    precision = looked.application.quality.report().find("precision")
    # Nobody checked anything for the sake of measuring, so nothing is known of the reviewers' errors.
    assert (precision.value, precision.hits) == (None, 4)
