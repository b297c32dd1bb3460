"""Certified thresholds against plain loops over every threshold, and against every sample there is."""

import itertools
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from evaluation.proofs import Bets, accumulate
from evaluation.thresholds import Certificate, certify

seeds = st.integers(0, 2**32 - 1)


def make_sample(seed: int = 1, *, size: int = 3000, prevalence: float = 0.2, **columns: Any) -> pd.DataFrame:
    # Scores are true probabilities, the better half is reviewed and one in five of the others.
    rng = np.random.default_rng(seed)
    score = np.round(rng.beta(0.5, 0.5 * (1 / prevalence - 1), size), 4)
    pi = np.where(score >= 0.3, 1.0, np.where(score > 0.05, 0.4, 0.2))
    violation = (rng.random(size) < score).astype(float)
    drawn = rng.random(size) < pi
    sample = pd.DataFrame(
        {
            "id": np.arange(size),
            "pi": pi,
            "flagged": pi == 1,
            "score": score,
            "violation": np.where(drawn, violation, np.nan),
        }
    )
    return sample.assign(**columns)


def gamma_ends(weights: Any, extra: float, confidence: float) -> tuple[float, float]:
    # In the words of chi squared, one-sided at either end.
    t, v = float(np.sum(weights)), float(np.sum(np.square(weights)))
    lower = v / (2 * t) * stats.chi2.ppf(1 - confidence, 2 * t * t / v) if t > 0 else 0.0
    mean, spread = t + extra, v + extra**2
    return lower, spread / (2 * mean) * stats.chi2.ppf(confidence, 2 * mean**2 / spread)


def mover(good: Any, bad: Any, extra: float, confidence: float) -> float:
    # The ratio bad / good has its upper end where bad - ratio * good has its lower end at 0.
    over, under = float(np.sum(bad)), float(np.sum(good))
    if under == 0:
        return 0.0
    most, least = gamma_ends(bad, extra, confidence)[1], gamma_ends(good, 0.0, confidence)[0]

    def beyond(ratio: float) -> float:
        return ratio * under - over - math.hypot(most - over, ratio * (under - least))

    if beyond(1e9) <= 0:
        return 0.0
    return 1 / (1 + float(optimize.brentq(beyond, over / under, 1e9, xtol=1e-14)))


def parts(sample: pd.DataFrame, threshold: float, statistic: str) -> tuple[Any, Any, float]:
    above = sample["score"] >= threshold
    weight, known = 1 / sample["pi"], sample["violation"].notna()
    hit, clean = sample["violation"] == 1, sample["violation"] == 0
    if statistic == "recall":
        good, bad, unseen, p = above & hit, ~above & hit, ~above, sample["score"]
    else:
        good, bad, unseen, p = above & hit, above & clean & known, above, 1 - sample["score"]
    seen = weight[bad]
    total = p[unseen].sum()
    expected = float((p * weight)[unseen].sum() / total) if total > 0 else 0.0
    return weight[good], seen, max(float((seen**2).sum() / seen.sum()), expected) if len(seen) else expected


def lower_of(sample: pd.DataFrame, threshold: float, statistic: str, confidence: float = 0.9) -> float:
    good, bad, extra = parts(sample, threshold, statistic)
    return mover(good, bad, extra, confidence) if extra > 0 else 1.0  # nothing is left to be missed


@pytest.mark.parametrize(("statistic", "target"), [("recall", 0.8), ("precision", 0.5)])
def test_the_lower_bound_is_that_of_a_plain_calculation(statistic: Any, target: float) -> None:
    sample = make_sample()
    found = certify(sample, statistic=statistic, target=target, confidence=0.9)
    assert found.threshold is not None
    assert found.lower == pytest.approx(lower_of(sample, found.threshold, statistic), rel=1e-6)
    good, bad, _ = parts(sample, found.threshold, statistic)
    assert found.value == pytest.approx(good.sum() / (good.sum() + bad.sum()))
    assert found.effective_hits == pytest.approx(bad.sum() ** 2 / (bad**2).sum())
    assert found.share == pytest.approx((sample["score"] >= found.threshold).mean())


@settings(max_examples=25, deadline=None)
@given(seeds, st.sampled_from(["recall", "precision"]), st.floats(0.3, 0.9))
def test_what_is_certified_is_proved_and_the_next_threshold_is_not(
    seed: int, statistic: Any, target: float
) -> None:
    # Few distinct scores, so that every one of them is tried.
    sample = make_sample(seed, size=800)
    sample["score"] = sample["score"].round(2)
    found = certify(sample, statistic=statistic, target=target)
    if found.threshold is None:
        assert found.reason
        return
    assert lower_of(sample, found.threshold, statistic) >= target - 1e-7
    scores = np.unique(sample["score"])
    following = scores[scores > found.threshold][:1]
    if statistic == "precision":
        following = scores[scores < found.threshold][-1:]
    for one in following:
        assert lower_of(sample, float(one), statistic) < target + 1e-7


@given(seeds)
@settings(max_examples=15, deadline=None)
def test_a_harder_goal_sends_more_to_review(seed: int) -> None:
    sample = make_sample(seed)
    shares = [
        certify(sample, statistic="recall", target=target, confidence=confidence).share or 1.0
        for target, confidence in [(0.6, 0.8), (0.8, 0.8), (0.8, 0.95)]
    ]
    assert shares[0] <= shares[1]
    # Where trying begins depends on the confidence, so only nearly.
    assert shares[1] <= shares[2] + 0.1


def test_trying_stops_at_the_first_threshold_that_is_not_proved() -> None:
    sample = pd.DataFrame({"id": range(600), "pi": 1.0, "flagged": True, "score": np.arange(600) / 600})
    sample["violation"] = 0.0
    sample.loc[sample["score"] >= 0.8, "violation"] = 1.0
    clean = certify(sample, statistic="precision", target=0.6)
    sample.loc[(sample["score"] >= 0.85) & (sample["score"] < 0.97), "violation"] = 0.0
    sample.loc[(sample["score"] >= 0.2) & (sample["score"] < 0.85), "violation"] = 1.0
    later = certify(sample, statistic="precision", target=0.6)
    # Far down precision is above 0.6 again, but there is no way around what lies between.
    assert clean.threshold is not None
    assert lower_of(sample, 0.3, "precision") > 0.6
    assert later.refused


def test_unscored_items_are_reviewed_at_every_threshold() -> None:
    sample = make_sample(size=3000)
    some = np.arange(3000) < 300
    sample.loc[some, ["score", "pi", "violation"]] = [np.nan, 1.0, 1.0]
    sample["degraded"] = ["timeout" if one else None for one in some]
    found = certify(sample, statistic="recall", target=0.8)
    assert found.threshold is not None
    assert found.share == pytest.approx(((sample["score"] >= found.threshold) | some).mean())
    hits = (1 / sample["pi"])[(sample["violation"] == 1)]
    assert found.value == pytest.approx(1 - hits[sample["score"] < found.threshold].sum() / hits.sum())
    precise = certify(sample, statistic="precision", target=0.5)
    scored = certify(sample[~some], statistic="precision", target=0.5)
    assert precise.threshold == scored.threshold
    assert precise.lower == pytest.approx(scored.lower)
    assert (precise.share or 0) > (scored.share or 0)


@pytest.mark.parametrize("proof", ["gamma", "exact"])
def test_copies_that_share_a_draw_are_one_piece_of_evidence(proof: Any) -> None:
    sample = make_sample(size=1500)
    copies = pd.concat([sample.assign(draw=sample["id"])] * 3, ignore_index=True)
    one = certify(sample, statistic="recall", target=0.7, proof=proof)
    three = certify(copies.assign(id=range(4500)), statistic="recall", target=0.7, proof=proof)
    assert three.threshold == one.threshold
    assert three.lower == pytest.approx(one.lower, rel=1e-6)
    apart = certify(copies.drop(columns="draw").assign(id=range(4500)), statistic="recall", target=0.7)
    assert (apart.threshold or 0) > (three.threshold or 0)


def test_a_refusal_says_how_many_audits_would_do() -> None:
    sample = make_sample(size=250)
    refused = certify(sample, statistic="recall", target=0.95)
    assert refused.refused
    assert (refused.share, refused.value, refused.lower, refused.recall) == (None, None, None, None)
    assert refused.windows_needed is not None
    assert refused.audits_needed == math.ceil(refused.audits * refused.windows_needed)
    assert f"about {refused.audits_needed:,} would be needed" in refused.reason
    enough, too_few = (make_sample(5, size=int(250 * refused.windows_needed * f)) for f in (1.6, 0.5))
    assert not certify(enough, statistic="recall", target=0.95).refused
    assert certify(too_few, statistic="recall", target=0.95).refused


def test_the_exact_proof_needs_more_audits_and_says_so() -> None:
    sample = make_sample(size=150)
    gamma = certify(sample, statistic="recall", target=0.9)
    exact = certify(sample, statistic="recall", target=0.9, proof="exact")
    assert gamma.windows_needed is not None
    assert exact.windows_needed is not None
    assert exact.windows_needed > gamma.windows_needed
    longer = make_sample(6, size=int(150 * exact.windows_needed * 1.6))
    assert not certify(longer, statistic="recall", target=0.9, proof="exact").refused


def test_a_precision_that_no_score_promises_is_out_of_reach() -> None:
    sample = make_sample(size=500)
    sample["score"] /= 4
    refused = certify(sample, statistic="precision", target=0.9)
    assert refused.audits_needed is None
    assert "Lower the goal" in refused.reason


@pytest.mark.parametrize("statistic", ["recall", "precision"])
def test_scores_that_are_all_alike_prove_nothing(statistic: Any) -> None:
    sample = make_sample(size=500).assign(score=0.2)
    found = certify(sample, statistic=statistic, target=0.9)
    assert found.refused


def test_nothing_reviewed_proves_nothing() -> None:
    sample = make_sample(size=500, violation=np.nan)
    refused = certify(sample, statistic="recall", target=0.5)
    assert refused.refused
    assert refused.audits == 0


@given(seeds)
@settings(max_examples=20, deadline=None)
def test_evidence_is_the_product_over_all_items_averaged_over_theta(seed: int) -> None:
    rng = np.random.default_rng(seed)
    size, target = 12, 0.8
    weight, hit = 1 / rng.uniform(0.1, 1, size), (rng.random(size) < 0.6).astype(float)
    draw = rng.integers(0, 8, size)
    shared = np.array([weight[draw == one].sum() for one in draw])
    bets = Bets(
        before=weight * hit, added=0 * hit, bad=weight * hit, cluster=draw, largest=float(shared.max())
    )
    for place in range(size + 1):
        product = []
        for share in np.geomspace(0.06, 0.98, 10):
            theta, value = share / (target * shared.max()), 1.0
            for one in np.unique(draw):
                lost = sum(
                    (float(item < place) - (1 - target)) * weight[item] * hit[item]
                    for item in range(size)
                    if draw[item] == one
                )
                value *= 1 - theta * lost
            product.append(value)
        found = bets.log_evidence(target, place=np.array([place]))[0]
        assert found == pytest.approx(math.log(np.mean(product)), rel=1e-9, abs=1e-9)


def test_evidence_is_one_on_average_over_every_sample_at_the_edge_of_the_goal() -> None:
    # Four of five violations are above the threshold and recall 0.8 is the goal: no bet may pay.
    violation, pi = np.array([1, 0, 1, 1, 1, 0, 1.0]), np.array([0.2, 0.3, 0.5, 0.4, 1.0, 0.9, 0.7])
    chance, mean = 0.0, 0.0
    for drawn in itertools.product([0.0, 1.0], repeat=7):
        share = float(np.prod(np.where(np.array(drawn) > 0, pi, 1 - pi)))
        amount = np.array(drawn) * violation / pi
        bets = Bets(before=amount, added=0 * amount, bad=amount, cluster=np.arange(7), largest=5.0)
        chance += share
        # Its mean is prod(1 - theta a y), and that is exp(-theta sum a y) = 1 at most.
        mean += share * math.exp(bets.log_evidence(0.8, place=np.array([1]))[0])
    assert chance == pytest.approx(1)
    assert 0.8 < mean <= 1


@given(seeds)
@settings(max_examples=20, deadline=None)
def test_running_totals_are_those_of_the_rows_before(seed: int) -> None:
    rng = np.random.default_rng(seed)
    hits, p, weight = rng.integers(0, 2, 20).astype(float), rng.random(20), rng.uniform(1, 9, 20)
    draw = rng.integers(0, 12, 20)
    for reverse in (False, True):
        seen, expected = accumulate(hits=hits, p=p, weight=weight, cluster=draw, reverse=reverse)
        for place in range(21):
            rows = np.arange(20) >= place if reverse else np.arange(20) < place
            of_draws = np.bincount(draw[rows], weights=(hits * weight)[rows], minlength=12)
            assert seen.total[place] == pytest.approx(of_draws.sum())
            assert seen.variance[place] == pytest.approx((of_draws**2).sum())
            assert expected.total[place] == pytest.approx(p[rows].sum())


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"target": 1.0}, "target must be between 0 and 1"),
        ({"target": float("nan")}, "target must be between 0 and 1"),
        ({"confidence": 0.5}, "confidence must be between 0.5 and 1"),
        ({"statistic": "f1"}, "statistic must be recall or precision"),
        ({"proof": "hope"}, "proof must be gamma or exact"),
        ({"sample": make_sample(score=np.nan)}, "score must be known for at least one"),
        ({"sample": make_sample(score=1.5)}, "score must be a probability"),
        ({"sample": make_sample().drop(columns="pi")}, "sample must have the columns pi"),
    ],
)
def test_what_cannot_be_meant_is_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        certify(**(dict[str, Any](sample=make_sample(), statistic="recall", target=0.8) | wrong))


def test_a_certificate_without_refusal_has_no_reason() -> None:
    found: Certificate = certify(make_sample(), statistic="recall", target=0.7)
    assert (found.reason, found.audits_needed, found.refused) == ("", None, False)
    assert found.recall == pytest.approx(found.value)
