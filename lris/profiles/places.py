"""Where a figure stands among its like: the areas of the same kind in the same district."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lris.catalogue import Catalogue
from lris.profiles.sheets import Matrix, Sheet, plain
from lris.rules.quantiles import ohid, positions

QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)
ENDS = ("minimum", "lower_quartile", "median", "upper_quartile", "maximum")
FIFTHS = 5


@dataclass(frozen=True, slots=True)
class Ranks:
    """The places of the areas of a group on one line: lists by member, None for no whole figure."""

    place: Sequence[float | None]
    fifth: Sequence[float | None]
    ties: Sequence[int]
    of: int
    order: str


@dataclass(slots=True)
class Standing:
    """The places of some areas on the lines of a sheet, each within its own group of areas.

    `peers` has the figures of every member of every group; `groups` are the members' columns in
    it, by group, and `among` what they are called.
    """

    catalogue: Catalogue
    peers: Sheet
    groups: Mapping[str, NDArray[np.int64]]
    among: Mapping[str, str]
    group_of: Mapping[int, str]
    _members: dict[str, dict[int, int]] = field(default_factory=dict)
    _ranks: dict[tuple[str, int], Ranks | None] = field(default_factory=dict)
    _spreads: dict[str, list[dict[str, Any] | None]] = field(default_factory=dict)

    def rank(self, row: int, number: int) -> dict[str, Any] | None:
        """The place of an area's figure; None where it is not whole, alone, or itself a decile."""
        group = self.group_of[number]
        if group not in self._members:
            ids = self.peers.ids[self.groups[group]].tolist()
            self._members[group] = {one: at for at, one in enumerate(ids)}
        member = self._members[group].get(number)
        if member is None:
            return None
        key = group, row
        if key not in self._ranks:
            self._ranks[key] = self._ranked(group, row)
        ranks = self._ranks[key]
        if ranks is None or ranks.place[member] is None:
            return None
        place, fifth = ranks.place[member], ranks.fifth[member]
        return {
            "position": int(place or 0),
            "of": ranks.of,
            "ties": ranks.ties[member],
            "among": self.among[group],
            "order": ranks.order,
            "quintile": None if fifth is None else int(fifth),
            "quintile_kind": "areas",
        }

    def _ranked(self, group: str, row: int) -> Ranks | None:
        columns = self.groups[group]
        series = self.peers.lines.series[int(self.peers.which[row])]
        ranking = self.catalogue.indicator(series["indicator"]).ranking
        if ranking is not None and ranking.kind == "decile":
            return None
        whole = self.peers.whole[row, columns]
        values = np.where(whole, self.peers.value[row, columns], np.nan)
        known = ~np.isnan(values)
        if known.sum() < 2:
            return None
        highest = ranking is None
        ties = np.zeros(values.size, dtype=np.int64)
        _, back, many = np.unique(values[known], return_inverse=True, return_counts=True)
        ties[known] = many[back]
        return Ranks(
            plain(positions(values, highest)),
            plain(ohid(values, FIFTHS, None, highest)),
            ties.tolist(),
            int(known.sum()),
            "highest first" if highest else "lowest first",
        )

    def spread(self, row: int, number: int) -> dict[str, Any] | None:
        """How the figures of an area's group are spread; None under two whole ones."""
        group = self.group_of[number]
        if group not in self._spreads:
            self._spreads[group] = self._spread(group)
        return self._spreads[group][row]

    def _spread(self, group: str) -> list[dict[str, Any] | None]:
        columns = self.groups[group]
        whole = self.peers.whole[:, columns]
        counted, ends = quartiles(np.where(whole, self.peers.value[:, columns], np.nan))
        return [
            {**dict(zip(ENDS, some, strict=True)), "of": number, "among": self.among[group]}
            if number > 1
            else None
            for number, some in zip(counted.tolist(), ends.tolist(), strict=True)
        ]


def quartiles(values: Matrix) -> tuple[NDArray[np.int64], Matrix]:
    """How many values each row has, and its least, quartiles and most (NaN where it has none).

    Between two values a quartile lies where numpy's (and R's seventh) rule puts it.
    """
    counted = (~np.isnan(values)).sum(axis=1)
    if not values.shape[1]:
        return counted, np.full((len(values), len(QUARTERS)), np.nan)
    ordered = np.sort(values, axis=1)
    at = np.maximum(counted[:, None] - 1, 0) * np.asarray(QUARTERS)
    below = np.floor(at).astype(np.int64)
    above = np.ceil(at).astype(np.int64)
    low = np.take_along_axis(ordered, below, axis=1)
    high = np.take_along_axis(ordered, above, axis=1)
    return counted, low + (high - low) * (at - below)
