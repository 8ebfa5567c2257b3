"""Which of its own few candidates each point lies in, or is nearest to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from lris.rules.outlines import Coordinates, Geometries, Indices
from lris.rules.placing import NOWHERE, columns_of, first_of_each, points_of

PAIRS_AT_ONCE = 1_000_000


@dataclass(frozen=True, slots=True)
class Candidates:
    """For each point the polygons it may go to.

    Those of point i are `indices[starts[i]:starts[i + 1]]`.
    """

    starts: Indices
    indices: Indices

    @classmethod
    def of(cls, lists: Iterable[Sequence[int]]) -> Candidates:
        """From one list of polygon indices a point."""
        rows = list(lists)
        starts = np.zeros(len(rows) + 1, dtype=np.int64)
        np.cumsum(np.fromiter(map(len, rows), np.int64, len(rows)), out=starts[1:])
        return cls(starts, np.fromiter(chain.from_iterable(rows), np.int64, int(starts[-1])))

    @classmethod
    def shared(cls, which: ArrayLike, lists: Iterable[Sequence[int]]) -> Candidates:
        """From a few lists (the children of each parent) and the number of the list a point takes.

        -1 in `which` is a point without candidates.
        """
        few = cls.of(lists)
        row = np.asarray(which, dtype=np.int64)
        sizes = np.append(np.diff(few.starts), 0)[row]
        starts = np.zeros(row.size + 1, dtype=np.int64)
        np.cumsum(sizes, out=starts[1:])
        within = np.arange(starts[-1]) - np.repeat(starts[:-1], sizes)
        return cls(starts, few.indices[np.repeat(few.starts[row], sizes) + within])

    def __len__(self) -> int:
        return self.starts.size - 1

    def between(self, first: int, last: int) -> Candidates:
        """Those of the points `first` to `last`, the latter not included."""
        start, stop = self.starts[first], self.starts[last]
        return Candidates(self.starts[first : last + 1] - start, self.indices[start:stop])

    def points(self) -> Indices:
        """The number of the point each of `indices` belongs to."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))


def place_in_candidates(
    x: ArrayLike,
    y: ArrayLike,
    candidates: Candidates,
    polygons: Sequence[shapely.Geometry] | Geometries,
) -> tuple[Indices, NDArray[np.bool_]]:
    """Place each point in one of its own candidates, the children of the area it is known to be in.

    A point goes to the candidate that holds it (the lowest index on a tie), or else to the nearest
    one, as it is known to belong to one of them: the second answer is True for those. `NOWHERE`
    (-1) and False where a point has no candidates or no location.
    """
    column_x, column_y = columns_of(x, y)
    if len(candidates) != column_x.size:
        raise ValueError(f"{column_x.size} points but candidates for {len(candidates)}")
    areas: Geometries = np.asarray(polygons, dtype=object)
    shapely.prepare(areas[np.unique(candidates.indices)])
    placed = np.full(column_x.size, NOWHERE, dtype=np.int64)
    nearest = np.zeros(column_x.size, dtype=np.bool_)
    for first, last in _runs(candidates.starts):
        run = slice(first, last)
        placed[run], nearest[run] = _place_run(
            column_x[run], column_y[run], candidates.between(first, last), areas
        )
    return placed, nearest


def _place_run(
    x: Coordinates, y: Coordinates, candidates: Candidates, areas: Geometries
) -> tuple[Indices, NDArray[np.bool_]]:
    point, polygon = candidates.points(), candidates.indices
    known = np.isfinite(x[point]) & np.isfinite(y[point])
    point, polygon = point[known], polygon[known]
    held = shapely.intersects_xy(areas[polygon], x[point], y[point])
    placed = first_of_each(point[held], polygon[held], x.size)

    astray = placed[point] == NOWHERE
    point, polygon = point[astray], polygon[astray]
    distance = shapely.distance(areas[polygon], points_of(x[point], y[point]))
    order = np.lexsort((polygon, distance, point))
    strays, first = np.unique(point[order], return_index=True)
    placed[strays] = polygon[order][first]
    nearest = np.zeros(x.size, dtype=np.bool_)
    nearest[strays] = True
    return placed, nearest


def _runs(starts: Indices) -> Iterator[tuple[int, int]]:
    """Runs of points with some `PAIRS_AT_ONCE` candidates each; one point is never cut in two."""
    first, points = 0, starts.size - 1
    while first < points:
        reach = int(np.searchsorted(starts, starts[first] + PAIRS_AT_ONCE, side="right")) - 1
        last = max(reach, first + 1)
        yield first, last
        first = last
