from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from training.examples import Examples
from training.splits import folds, held_out


def test_no_creator_stands_in_two_parts(examples: Examples) -> None:
    part = folds(examples, count=5, seed=0)
    for creator in set(examples.creators):
        assert len(set(part[examples.creators == creator])) == 1


def test_copies_of_one_clip_stand_in_one_part_whoever_uploads_them(
    make_rows: Callable[..., pd.DataFrame],
) -> None:
    rows = make_rows()
    rows.loc[[3, 70, 150], "fingerprint"] = "same"
    part = folds(Examples.of(rows), count=5, seed=0)
    assert len(set(part[[3, 70, 150]])) == 1


def test_parts_hold_alike_many_violations(examples: Examples) -> None:
    part = folds(examples, count=5, seed=0)
    hits = np.bincount(part, weights=examples.violation)
    assert hits.max() - hits.min() <= 0.3 * hits.mean()


def test_without_creators_parts_are_stretches_of_time(make_rows: Callable[..., pd.DataFrame]) -> None:
    rows = make_rows().assign(creator_id=pd.array([None] * 240, dtype="str"))
    part = folds(Examples.of(rows), count=4, seed=0)
    assert (np.diff(part) >= 0).all()


def test_the_newest_items_are_held_out(examples: Examples) -> None:
    split = held_out(examples, share=0.2, seed=0)
    assert split.by == "time"
    assert examples.times[split.learn].max() < examples.times[split.judge].min()
    assert len(split.judge) == pytest.approx(48, abs=1)


def test_a_copy_of_what_was_learned_is_not_judged(make_rows: Callable[..., pd.DataFrame]) -> None:
    rows = make_rows()
    rows.loc[[3, 239], "fingerprint"] = "same"
    split = held_out(Examples.of(rows), share=0.2, seed=0)
    assert 239 not in split.judge
    assert 239 not in split.learn


def test_without_times_whole_creators_are_held_out(make_rows: Callable[..., pd.DataFrame]) -> None:
    rows = make_rows().assign(time=pd.array([pd.NaT] * 240, dtype="datetime64[us, UTC]"))
    examples = Examples.of(rows)
    split = held_out(examples, share=0.2, seed=0)
    assert split.by == "creator"
    assert not set(examples.creators[split.learn]) & set(examples.creators[split.judge])


def test_without_times_and_creators_chance_decides(make_rows: Callable[..., pd.DataFrame]) -> None:
    rows = make_rows().assign(
        time=pd.array([pd.NaT] * 240, dtype="datetime64[us, UTC]"),
        creator_id=pd.array([None] * 240, dtype="str"),
    )
    assert held_out(Examples.of(rows), share=0.2, seed=0).by == "chance"
