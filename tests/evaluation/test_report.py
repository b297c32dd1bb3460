import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evaluation.report import QualityReport, build

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def make_sample(size: int = 400, **columns: Any) -> pd.DataFrame:
    # A tenth flagged, half of them violating; audits find two of a hundred.
    place = np.arange(size)
    flagged = place < size // 10
    drawn = flagged | (place % 4 == 0)
    violation = np.where(flagged, place % 2, (place % 200 == 0).astype(float))
    sample = pd.DataFrame(
        {
            "id": [f"v{number}" for number in place],
            "pi": np.where(flagged, 1.0, 0.25),
            "flagged": flagged,
            "violation": np.where(drawn, violation, np.nan),
            "score": np.where(flagged, 0.5, 0.02),
            "views": 100.0,
            "route": np.where(flagged, "full_review", np.where(drawn, "audit", "release")),
            "plan": "p1",
            "model": "m1",
            "source": "api",
            "degraded": pd.Series([None] * size, dtype="str"),
            "language": np.where(place % 3 == 0, "ko", "en"),
            "category": "food",
            "policies": [["counterfeit"] if one == 1 else [] for one in np.where(drawn, violation, 0)],
            "flagged_policies": [["any"] if one else [] for one in flagged],
        }
    )
    return sample.assign(**columns)


def make_report(sample: pd.DataFrame | None = None, **settings: Any) -> QualityReport:
    rows = make_sample() if sample is None else sample
    window = {"since": NOON - timedelta(days=2), "until": NOON, "generated_at": NOON}
    return build(rows, **(window | settings))


def codes(report: QualityReport) -> list[str]:
    return [notice.code for notice in report.notices]


def test_a_report_has_all_estimates_and_each_slice_of_each_column() -> None:
    report = make_report()
    assert [one.name for one in report.estimates] == [
        "recall",
        "precision",
        "prevalence",
        "view_prevalence",
        "view_recall",
        "missed",
    ]
    slices = [one.slice for one in report.slices if one.name == "recall"]
    assert slices == [{"language": "en"}, {"language": "ko"}, {"category": "food"}]


def test_one_column_to_slice_by_is_enough() -> None:
    assert {tuple(one.slice) for one in make_report(by=["category"]).slices} == {("category",)}


def test_an_estimate_is_found_by_its_name() -> None:
    assert make_report().find("precision").value == 0.5


def test_looking_for_an_estimate_that_is_not_there_says_which_are() -> None:
    with pytest.raises(ValueError, match="name must be one of"):
        make_report().find("happiness")


def test_the_workload_is_counted() -> None:
    work = make_report().workload
    assert (work.items, work.full_review, work.audits, work.reviewed, work.outstanding) == (
        400,
        40,
        90,
        130,
        0,
    )
    assert (work.audits_per_day, work.reviewed_per_day) == (45, 65)


def test_what_is_late_is_counted_and_told() -> None:
    sample = make_sample()
    sample.loc[[0, 1, 40], "violation"] = np.nan
    report = make_report(sample)
    assert (report.workload.outstanding_full_review, report.workload.outstanding_audits) == (2, 1)
    assert codes(report)[0] == "outstanding"
    assert "2 items in full review and 1 audits" in report.notices[0].text("en")


def test_a_synthetic_item_marks_the_whole_report() -> None:
    report = make_report(make_sample(source=["synthetic"] * 3 + ["api"] * 397))
    assert report.synthetic
    assert report.sources == {"api": 397, "synthetic": 3}
    assert codes(report)[0] == "synthetic"
    assert "synthetic" in str(report)


def test_real_items_are_not_marked() -> None:
    assert not make_report().synthetic
    assert "synthetic" not in str(make_report())


def test_several_plans_and_models_are_told() -> None:
    report = make_report(make_sample(plan=["p1", "p2"] * 200, model=["m1", None] * 200))
    assert (report.plans, report.models) == (("p1", "p2"), ("m1",))
    assert "several_plans" in codes(report)
    assert "several_models" not in codes(report)


def test_items_without_a_score_are_told() -> None:
    degraded = pd.Series(["timeout"] * 5 + [None] * 395, dtype="str")
    report = make_report(make_sample(degraded=degraded, score=[np.nan] * 5 + [0.1] * 395))
    assert report.workload.degraded == 5
    assert "degraded" in codes(report)


def test_few_hits_are_told() -> None:
    assert "few_hits" in codes(make_report())
    assert "few_hits" not in codes(make_report(make_sample(8000)))


def test_no_missed_hit_is_told_to_be_no_proof() -> None:
    sample = make_sample()
    report = make_report(
        sample.assign(violation=sample["violation"].where(sample["flagged"], sample["violation"] * 0))
    )
    notice = next(notice for notice in report.notices if notice.code == "no_hits")
    assert notice.params["most"] == report.find("missed").interval.upper
    assert "up to 15 are possible at 95% confidence" in notice.text("en")


def test_an_audit_that_nobody_did_is_told() -> None:
    sample = make_sample()
    report = make_report(sample.assign(violation=sample["violation"].where(sample["flagged"])))
    assert "nothing_audited" in codes(report)


def test_scores_that_add_up_are_not_complained_about() -> None:
    report = make_report(make_sample(8000))
    assert [part.part for part in report.calibration] == ["flagged", "below_thresholds"]
    assert all(part.plausible for part in report.calibration)
    assert [round(part.expected) for part in report.calibration] == [400, 144]


@pytest.mark.parametrize(("factor", "part"), [(1.6, "flagged"), (4.0, "below_thresholds")])
def test_scores_that_do_not_add_up_are_told(factor: float, part: str) -> None:
    sample = make_sample(8000)
    wrong = sample["flagged"] == (part == "flagged")
    report = make_report(sample.assign(score=sample["score"].where(~wrong, sample["score"] * factor)))
    assert [code for code in codes(report) if code.startswith("miscalibrated")] == [f"miscalibrated_{part}"]


def test_a_window_without_items_says_so_and_nothing_else() -> None:
    report = make_report(make_sample().iloc[:0])
    assert codes(report) == ["no_items"]
    assert report.slices == ()
    assert report.find("recall").value is None


def test_unknown_views_are_told() -> None:
    report = make_report(make_sample(views=[np.nan] * 7 + [1.0] * 393))
    assert next(notice for notice in report.notices if notice.code == "unknown_views").params == {"items": 7}


def test_a_report_is_plain_json() -> None:
    content = make_report().to_json()
    again = json.loads(json.dumps(content, allow_nan=False))
    assert again["estimates"][0]["name"] == "recall"
    assert again["estimates"][0]["interval"]["level"] == 0.95
    assert again["since"] == "2026-10-31T12:00:00+00:00"
    assert set(again["notices"][0]["text"]) == {"ko", "en"}
    assert again["workload"]["outstanding"] == 0
    assert again["synthetic"] is False


def test_an_empty_report_is_plain_json_too() -> None:
    empty = make_report(make_sample().iloc[:0])
    json.dumps(empty.to_json(), allow_nan=False)
    assert [one.value for one in empty.estimates] == [None] * 6, "of nothing there is nothing to tell"


def test_a_report_prints_as_a_table() -> None:
    lines = str(make_report()).splitlines()
    assert lines[2].split() == ["estimate", "value", "interval", "reviewed", "hits", "effective", "method"]
    assert "counterfeit" not in str(make_report())
    assert "counterfeit" in make_report().to_text()
    assert lines[4].split()[:2] == ["precision", "50.0%"]
    assert len({line.index("census") for line in lines if "census" in line}) == 1


def test_a_notebook_gets_html_that_is_escaped() -> None:
    html = make_report()._repr_html_()
    whole = html[html.index("<caption>All items") : html.index("<caption>By policy")]
    assert whole.count("<tr>") == 7
    assert "<td>50.0%</td>" in whole


def test_a_window_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="since must be before until"):
        make_report(since=NOON, until=NOON)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="generated_at must carry a time zone"):
        make_report(generated_at=datetime(2026, 11, 2))


def test_a_sample_that_does_not_say_where_it_comes_from_is_refused() -> None:
    with pytest.raises(ValueError, match="must have the columns source"):
        make_report(make_sample().drop(columns="source"))


def test_two_columns_together_make_finer_slices() -> None:
    report = make_report(by=["language+category", "language"])
    values = {tuple(one.slice.items()) for one in report.slices}
    assert (("language", "ko"), ("category", "food")) in values
    assert (("language", "en"),) in values


def test_a_policy_has_estimates_of_its_own() -> None:
    report = make_report()
    recall = next(one for one in report.policies if one.name == "recall")
    assert recall.slice == {"policy": "counterfeit"}
    assert recall.value == report.find("recall").value


def test_the_guarantee_is_wider() -> None:
    plain, sure = make_report(), make_report(grade="guarantee")
    assert sure.find("missed").interval.upper >= plain.find("missed").interval.upper
    assert sure.find("missed").method == "gamma_guarantee"


def test_a_report_is_lines_that_a_table_reads() -> None:
    report = make_report()
    table = pd.read_csv(io.StringIO(report.to_csv()))
    assert len(table) == len(report.estimates) + len(report.policies) + len(report.slices)
    recall = table.iloc[0]
    assert (recall["name"], recall["value"]) == ("recall", pytest.approx(report.find("recall").value))
    assert recall["lower"] <= recall["value"] <= recall["upper"]
    assert "policy=counterfeit" in set(table["slice"])
