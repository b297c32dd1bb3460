"""Reviewed items as a model learns from them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from training.soft import PROBABILITY

Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """Items with their outcomes, in one order throughout.

    Attributes
    ----------
    rows
        The model's input, as `data.features` makes it.
    violation
        Whether each item broke any policy.
    probability
        The chance that it did; 0 or 1 but where labels are soft.
    broken
        Which of `policies` each item broke, one column a policy.
    chances
        The chance each outcome had of being observed.
    groups
        A number for what belongs together: items of one creator, of one fingerprint, versions of one item.
    times
        When each item came in; NaT where unknown.
    has_creators
        Whether any item names its creator.
    """

    rows: pd.DataFrame
    violation: NDArray[np.bool_]
    probability: NDArray[np.float64]
    policies: tuple[str, ...]
    broken: NDArray[np.bool_]
    chances: NDArray[np.float64]
    groups: Places
    times: NDArray[np.datetime64]
    fingerprints: NDArray[np.object_]
    creators: NDArray[np.object_]

    @classmethod
    def of(cls, rows: pd.DataFrame, *, policies: Sequence[str] = ()) -> Examples:
        """Return the examples of a snapshot's rows.

        Parameters
        ----------
        policies
            Ids that get a score even where nothing broke them yet.
        """
        named = sorted({*policies, *(name for names in rows["policies"] for name in names)})
        place = {name: number for number, name in enumerate(named)}
        broken = np.zeros((len(rows), len(named)), dtype=np.bool_)
        for row, names in enumerate(rows["policies"]):
            broken[row, [place[name] for name in names]] = True
        creators, fingerprints = (
            rows[name].astype(object).where(rows[name].notna(), None).to_numpy(dtype=object)
            for name in ("creator_id", "fingerprint")
        )
        return cls(
            rows=rows.reset_index(drop=True),
            violation=rows["violation"].to_numpy(dtype=np.bool_),
            probability=rows[PROBABILITY if PROBABILITY in rows else "violation"].to_numpy(dtype=np.float64),
            policies=tuple(named),
            broken=broken,
            chances=rows["inclusion_probability"].to_numpy(dtype=np.float64),
            groups=_together(creators, fingerprints, rows["item_id"].to_numpy(dtype=object)),
            times=_moments(rows["time"]),
            fingerprints=fingerprints,
            creators=creators,
        )

    def __len__(self) -> int:
        return len(self.violation)

    @property
    def has_creators(self) -> bool:
        """Whether any item names its creator."""
        return any(creator is not None for creator in self.creators)

    def take(self, places: Places) -> Examples:
        """Return the examples at these places, in this order."""
        return Examples(
            rows=self.rows.iloc[places].reset_index(drop=True),
            violation=self.violation[places],
            probability=self.probability[places],
            policies=self.policies,
            broken=self.broken[places],
            chances=self.chances[places],
            groups=self.groups[places],
            times=self.times[places],
            fingerprints=self.fingerprints[places],
            creators=self.creators[places],
        )


def _together(*names: NDArray[np.object_]) -> Places:
    # Rows that share any name are joined, and so are their rows: connected parts of a graph of names.
    count = len(names[0])
    ends: list[int] = []
    starts: list[int] = []
    nodes = count
    for column in names:
        place: dict[object, int] = {}
        for row, name in enumerate(column):
            if name is not None:
                starts.append(row)
                ends.append(place.setdefault(name, nodes + len(place)))
        nodes += len(place)
    edges = coo_array((np.ones(len(starts), dtype=np.int8), (starts, ends)), shape=(nodes, nodes))
    _, labels = connected_components(edges, directed=False)
    return np.asarray(labels[:count], dtype=np.intp)


def _moments(times: pd.Series) -> NDArray[np.datetime64]:
    moments = pd.to_datetime(times, utc=True).dt.tz_localize(None)
    return moments.to_numpy(dtype="datetime64[us]")
