"""`tamis plan`, on a ledger that has a past."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.records import Item, Verdict
from serving import wiring
from serving.events import Event, Outcome
from serving.settings import Settings

Run = Callable[..., Any]

PAGE = Path(__file__).parents[2] / "docs" / "page.md"
DAYS = 4
A_DAY = 250


@pytest.fixture
def past(home: Path, make_bench: Any) -> None:
    """Some days under a plan: every tenth item is likely to violate, and what was drawn is settled."""
    bench = make_bench()
    settings = Settings(home=home)
    application = wiring.build(
        settings, clock=bench.clock, load=lambda found: bench.scorers[found.model], follow=False
    )
    bench.application = application
    bench.clock.at = datetime.now(UTC) - timedelta(days=DAYS)
    bench.deploy()
    bench.plan(0.5, budget=40)
    rng = np.random.default_rng(1)
    for _ in range(DAYS):
        risk = np.where(rng.random(A_DAY) < 0.1, 0.7, 0.02)
        items = [Item(item_id=f"v{rng.integers(10**12)}", data={"p": float(p)}) for p in risk]
        for start in range(0, A_DAY, 50):
            answers = application.triage.submit(items[start : start + 50])
            drawn = [one for one in answers if one.routing.route != "release"]
            receipts = application.reviews.decide(
                [_event(one, rng, bench.clock()) for one in drawn], actor=bench.actor()
            )
            assert not [receipt.refusal for receipt in receipts if receipt.refusal]
        bench.clock.advance(days=1)
    application.close()


def _event(answer: Any, rng: np.random.Generator, now: datetime) -> Event:
    violates = rng.random() < answer.score.violation_probability
    outcome = Outcome(
        item_id=answer.item.item_id,
        item_version="1",
        reviewer_id="r1",
        verdict=Verdict.VIOLATION if violates else Verdict.NO_VIOLATION,
        policies=("health_claim",) if violates else (),
    )
    return Event(event_id=f"e-{answer.item.item_id}", occurred_at=now, outcome=outcome)


@pytest.mark.usefixtures("past")
def test_a_plan_is_shown_set_and_rolled_back(run: Run) -> None:
    assert run("plan", "show", "--json").json()["thresholds"] == {"any": 0.5}
    said = run("plan", "set", "--threshold", "any=0.3", "--reason", "catch more")
    assert said.out == "plan-2 is in force: any 0.3, 40 audits a day.\n"
    back = run("plan", "rollback", "plan-1", "--reason", "too much work", "--json").json()
    assert (back["version"], back["thresholds"]) == ("plan-3", {"any": 0.5})
    assert [plan["version"] for plan in run("plan", "history", "--json").json()] == [
        "plan-3",
        "plan-2",
        "plan-1",
    ]
    assert "too much work" in run("plan", "history").out
    assert "catch more" in run("plan", "show", "plan-2").out


@pytest.mark.usefixtures("past")
def test_a_preview_stands_beside_the_plan_in_force_and_writes_nothing(run: Run) -> None:
    found = run("plan", "preview", "--threshold", "any=0.01", "--json").json()
    assert found["plan"]["flagged_share"] == 1.0
    assert found["plan"]["recall"]["value"] == 1.0
    assert found["in_force"]["flagged_share"] == pytest.approx(0.1, abs=0.03)
    assert found["in_force"]["recall"]["interval"]["lower"] < found["in_force"]["recall"]["value"] < 1
    table = run("plan", "preview", "--audits", "80").out
    assert "in force (plan-1)" in table
    assert "missed a day" in table
    assert len(run("plan", "history", "--json").json()) == 1


@pytest.mark.skipif(not PAGE.exists(), reason="the documents lie in the checkout")
@pytest.mark.usefixtures("past")
def test_the_lines_for_a_notebook_show_tables() -> None:
    [code] = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    names: dict[str, Any] = {}
    shown = []
    for line in ast.parse(code).body:
        if isinstance(line, ast.Expr):
            shown.append(eval(compile(ast.Expression(line.value), PAGE, "eval"), names))
        else:
            exec(compile(ast.Module([line], []), PAGE, "exec"), names)
    names["application"].close()
    report, preview = (one._repr_html_() for one in shown)
    assert "<caption>By slice</caption>" in report
    assert "<th scope='row'>–</th><td>recall</td>" in report
    assert "<caption>Judged by 1,000 items of 4.0 days" in preview
    assert "<th scope='col'>in force (plan-1)</th>" in preview


@pytest.mark.usefixtures("past")
def test_full_reviews_can_be_limited_and_set_free_again(run: Run) -> None:
    found = run("plan", "preview", "--full-reviews", "2", "--json").json()
    limited, before = found["plan"], found["in_force"]
    assert limited["full_reviews_per_day"] == pytest.approx(2, rel=0.01)
    assert limited["flagged_per_day"] == pytest.approx(before["flagged_per_day"], rel=0.001)
    assert limited["recall"]["value"] < before["recall"]["value"]
    assert limited["missed_per_day"]["value"] > before["missed_per_day"]["value"]
    reason = ("--reason", "fewer reviewers")
    assert run("plan", "set", "--full-reviews", "2", *reason, "--json").json()["daily_full_reviews"] == 2
    assert run("plan", "set", "--full-reviews", "0", *reason, "--json").json()["daily_full_reviews"] is None


@pytest.mark.usefixtures("past")
def test_a_goal_finds_a_threshold_and_puts_it_in_force_when_told(run: Run) -> None:
    words = ("plan", "goal", "maximum recall @ precision >= 0.3", "--confidence", "0.8")
    found = run(*words, "--json").json()
    assert found["lower"] >= 0.3
    assert found["goal"].endswith("confidence 0.8")
    assert run(*words, "--apply", "--reason", "as agreed").status == 0
    assert run("plan", "show", "--json").json()["thresholds"] == {"any": found["threshold"]}


@pytest.mark.usefixtures("past")
def test_hours_buy_a_threshold_and_say_what_one_more_would(run: Run) -> None:
    few, many = (
        run("plan", "goal", f"maximum recall @ hours <= {hours}", "--json").json() for hours in (1.2, 5)
    )
    assert few["hours_per_day"] <= 1.2 < many["hours_per_day"] <= 5
    assert few["next_hour_finds"] == pytest.approx(0.02 * 60)
    assert many["next_hour_finds"] == 0.0
    assert "one more hour finds" in run("plan", "goal", "maximum recall @ hours <= 1.2").out


@pytest.mark.usefixtures("past")
def test_a_goal_that_the_audits_cannot_support_is_refused_with_the_number_that_would(run: Run) -> None:
    said = run("plan", "goal", "minimum workload @ recall >= 0.75")
    assert said.status == 3
    assert "would be needed" in said.out
    assert run("plan", "goal", "minimum workload @ recall >= 0.75", "--strict").status == 3


@pytest.mark.usefixtures("past")
def test_hours_are_split_over_policies_at_one_price(run: Run) -> None:
    found = run("plan", "split", "1", "--json").json()
    assert sum(found["items"].values()) == pytest.approx(60 * DAYS, abs=1)
    assert 0 < found["share_caught"] <= 1
    assert "one more reviewer hour finds" in run("plan", "split", "1").out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("show",), "No plan"),
        (("show", "plan-9"), "plan-9"),
        (("set", "--threshold", "any=0.4", "--reason", "to start"), "--audits must be given"),
        (("set", "--threshold", "any", "--audits", "5", "--reason", "to start"), "--threshold must be like"),
        (("set", "--threshold", "nope=0.4", "--audits", "5", "--reason", "to start"), "No policy 'nope'"),
        (("set", "--threshold", "any=0.4", "--audits", "0", "--reason", "to start"), "must be above 0"),
        (("set", "--threshold", "any=0.4", "--audits", "5", "--reason", "so"), "reason must say why"),
        (("goal", "more recall"), "goal must be like"),
        (("goal", "maximum recall @ hours <= 4", "--confidence", "1.5"), "confidence must be"),
        (("goal", "maximum recall @ hours <= 4", "--apply"), "--reason must say why"),
    ],
)
def test_what_cannot_be_done_is_one_line(run: Run, words: tuple[str, ...], told: str) -> None:
    said = run("plan", *words)
    assert said.status == 1
    assert told in said.err
    assert said.err.count("\n") == 1


def test_the_first_plan_can_be_set_and_expects_nothing_without_items(run: Run) -> None:
    words = ("--threshold", "any=0.4", "--audits", "5", "--reason", "to start from")
    assert run("plan", "set", *words, "--json").json()["version"] == "plan-1"
    assert run("plan", "preview", "--json").json() == {"plan": None, "in_force": None}
    assert "Score items first" in run("plan", "preview").out
    said = run("plan", "goal", "minimum workload @ recall >= 0.9")
    assert (said.status, "Score items first" in said.out) == (3, True)
    assert run("plan", "split", "3", "--json").json() is None
