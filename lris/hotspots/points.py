"""The incidents of a study area at their map points, month by month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lris.hotspots.coverage import Month, first_day
from lris.hotspots.ground import Ground
from lris.rules.density import snap_spacing
from lris.session import Connection
from lris.store import hotspot_points as store
from lris.store.hotspot_points import PointCounts, Sought

Column = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Taken:
    """Incidents inside a study area. Points are distinct; the other columns are rows of counts.

    `x`, `y`: the map points (EPSG:27700). Of each row `point` is its map point, `month` its place
    in `months`, `incidents` how many, `value` what they weigh (their number, or their harm).
    `nowhere` counts, by delivery, the incidents of the months in `months` without a place.
    """

    x: Column
    y: Column
    months: tuple[Month, ...]
    point: Whole
    month: Whole
    incidents: Whole
    value: Column
    nowhere: Mapping[int, Mapping[str, int]]

    def during(self, months: Sequence[Month]) -> NDArray[np.bool_]:
        """Which rows are of these months."""
        at = [self.months.index(one) for one in months if one in self.months]
        return np.isin(self.month, at)

    def at_points(self, months: Sequence[Month], *, weighed: bool = True) -> Column:
        """What each map point has in some months; the number of incidents, or what they weigh."""
        rows = self.during(months)
        what = self.value if weighed else self.incidents.astype(np.float64)
        sums = np.bincount(self.point[rows], what[rows], minlength=self.x.size)
        return sums.astype(np.float64)

    def total(self, months: Sequence[Month]) -> int:
        """How many incidents there are in some months."""
        return int(self.incidents[self.during(months)].sum())

    def by_month(self, months: Sequence[Month]) -> Column:
        """What each month has, in order."""
        sums = np.bincount(self.month, self.value, minlength=len(self.months))
        return np.array([sums[self.months.index(one)] for one in months])

    def without_place(self, deliveries: Sequence[int], months: Sequence[Month]) -> int:
        """The incidents without a place in some months, of some deliveries."""
        return sum(self.nowhere.get(one, {}).get(str(m), 0) for one in deliveries for m in months)

    @property
    def spacing_m(self) -> float:
        """From one map point to the next, in the middle."""
        return snap_spacing(self.x, self.y)


def taken(
    connection: Connection,
    sought: Sought,
    over: Ground,
    months: Sequence[Month],
    weights: Mapping[str, float] | None,
) -> Taken:
    """The incidents of a study area in some months; with `weights`, by category, their harm."""
    first, last = months[0], months[-1]
    span = replace(sought, after=first_day(first), before=first_day(last + 1))
    rows = store.point_counts(connection, span, over.bounds)
    placed = ~np.isnan(rows.x)
    _, at, point = np.unique(
        store.place_keys(rows.x[placed], rows.y[placed]), return_index=True, return_inverse=True
    )
    x, y = rows.x[placed][at], rows.y[placed][at]
    inside = over.holds(x, y)
    number = np.cumsum(inside) - 1
    keep = inside[point]
    calendar = tuple(np.arange(first, last + 1))
    incidents = rows.incidents[placed][keep]
    weigh = _weighing(rows, weights)[placed][keep]
    return Taken(
        x[inside],
        y[inside],
        calendar,
        number[point[keep]],
        (rows.month[placed][keep] - first).astype(np.int64),
        incidents,
        incidents * weigh,
        _nowhere(rows, ~placed),
    )


def _weighing(rows: PointCounts, weights: Mapping[str, float] | None) -> Column:
    if weights is None:
        return np.ones(rows.incidents.size)
    by_category = np.array([weights.get(one, 0.0) for one in rows.categories] or [0.0])
    return by_category[rows.category]


def _nowhere(rows: PointCounts, where: NDArray[np.bool_]) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = {}
    columns = (rows.delivery[where], rows.month[where], rows.incidents[where])
    for number, month, incidents in zip(*columns, strict=True):
        by_month = found.setdefault(int(number), {})
        by_month[str(month)] = by_month.get(str(month), 0) + int(incidents)
    return found
