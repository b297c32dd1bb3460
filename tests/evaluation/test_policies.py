import numpy as np
import pandas as pd
import pytest

from evaluation.policies import estimate_policies

# Two policies. "scam" has a threshold; "hate" is only ever seen because something else sent it to review.
SAMPLE = pd.DataFrame(
    {
        "id": list("abcdefgh"),
        "pi": [1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5],
        "flagged": [True, True, True, False, False, False, False, False],
        "flagged_policies": [["any", "scam"], ["scam"], ["any"], [], [], [], [], []],
        "degraded": [None, None, None, "timeout", None, None, None, None],
        "violation": [1, 0, 1, 1, 1, 0, np.nan, np.nan],
        "policies": [["scam"], [], ["scam", "hate"], ["scam"], ["scam"], [], [], []],
    }
)


def found(sample: pd.DataFrame = SAMPLE) -> dict[tuple[str | None, str], float | None]:
    return {(one.slice["policy"], one.name): one.value for one in estimate_policies(sample)}


def test_the_process_catches_what_anything_sent_to_review() -> None:
    values = found()
    # Full review saw three scams of an estimated five: one was flagged for it, one for any, one had no score.
    assert values["scam", "recall"] == pytest.approx(3 / 5)
    assert values["hate", "recall"] == 1.0
    assert values["scam", "missed"] == pytest.approx(2)


def test_the_threshold_catches_what_was_flagged_for_that_policy() -> None:
    values = found()
    assert values["scam", "threshold_recall"] == pytest.approx(1 / 5)
    assert values["scam", "precision"] == 0.5


def test_a_policy_without_a_threshold_has_no_numbers_about_one() -> None:
    assert {name for policy, name in found() if policy == "hate"} == {
        "recall",
        "prevalence",
        "view_prevalence",
        "view_recall",
        "missed",
    }


def test_a_policy_that_was_flagged_and_never_found_is_told() -> None:
    sample = SAMPLE.assign(flagged_policies=pd.Series([["minors"], *[[]] * 7]))
    values = found(sample)
    assert (values["minors", "precision"], values["minors", "threshold_recall"]) == (0.0, None)


def test_without_any_policy_there_is_nothing_to_say() -> None:
    nothing = SAMPLE.assign(policies=pd.Series([[]] * 8), flagged_policies=pd.Series([["any"], *[[]] * 7]))
    assert estimate_policies(nothing) == []


def test_of_a_queue_that_names_nothing_no_item_counts() -> None:
    # A violation without a named policy is known to violate, and counts for no policy.
    sample = SAMPLE.assign(policies=pd.Series([["scam"], *[[]] * 7]))
    assert found(sample)["scam", "prevalence"] == pytest.approx(1 / 8)
