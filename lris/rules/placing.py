"""Which area a point lies in: millions of points, tens of thousands of polygons, decided by GEOS.

The rule, so that every point has at most one area: a polygon holds the points inside it *and* those
on its edge; a point held by several (a shared edge, an overlap) belongs to the polygon that comes
first. Callers pass polygons sorted by code, so a tie goes to the lowest code.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

Geometries = NDArray[np.object_]
Indices = NDArray[np.int64]
Coordinates = NDArray[np.float64]

NOWHERE = -1
POINTS_AT_ONCE = 250_000
PAIRS_AT_ONCE = 1_000_000


class PlacingIndex:
    """Polygons made ready to place points in, again and again."""

    def __init__(self, polygons: Sequence[shapely.Geometry] | Geometries) -> None:
        """Prepare `polygons` (metres, EPSG:27700; valid; sorted by code) for many questions."""
        self._polygons: Geometries = np.asarray(polygons, dtype=object)
        self._bounds = shapely.bounds(self._polygons).reshape(-1, 4)
        shapely.prepare(self._polygons)

    def __len__(self) -> int:
        return self._polygons.size

    def place(self, x: ArrayLike, y: ArrayLike) -> Indices:
        """The index of the polygon that holds each point; `NOWHERE` (-1) for none and for NaN.

        `x` and `y` are columns of the same length in the polygons' own coordinates. Every distinct
        point is asked about once: police points are snapped to some thousand places.
        """
        column_x, column_y = _columns(x, y)
        placed = np.full(column_x.size, NOWHERE, dtype=np.int64)
        given = np.flatnonzero(np.isfinite(column_x) & np.isfinite(column_y))
        if given.size and self._polygons.size:
            points, back = _distinct(column_x[given], column_y[given])
            answers = [self._place_strip(strip) for strip in _strips(points)]
            placed[given] = np.concatenate(answers)[back]
        return placed

    def _place_strip(self, points: NDArray[np.complex128]) -> Indices:
        x, y = points.real, points.imag
        west, south, east, north = self._bounds.T
        near = np.flatnonzero(
            (west <= x.max()) & (east >= x.min()) & (south <= y.max()) & (north >= y.min())
        )
        tree = shapely.STRtree(_points(x, y))
        polygon, point = tree.query(self._polygons[near], predicate="intersects")
        return _first_of_each(point, near[polygon], points.size)


def place(x: ArrayLike, y: ArrayLike, polygons: Sequence[shapely.Geometry] | Geometries) -> Indices:
    """Place points once: `PlacingIndex(polygons).place(x, y)`."""
    return PlacingIndex(polygons).place(x, y)


@dataclass(frozen=True, slots=True)
class Candidates:
    """For each point the polygons it may go to.

    Those of point i are `indices[starts[i]:starts[i + 1]]`.
    """

    starts: Indices
    indices: Indices

    @classmethod
    def of(cls, lists: Iterable[ArrayLike]) -> Candidates:
        """From one list of polygon indices a point."""
        rows = [np.asarray(row, dtype=np.int64) for row in lists]
        starts = np.zeros(len(rows) + 1, dtype=np.int64)
        np.cumsum([row.size for row in rows], out=starts[1:])
        return cls(starts, np.concatenate(rows) if rows else np.empty(0, dtype=np.int64))

    @classmethod
    def shared(cls, which: ArrayLike, lists: Iterable[ArrayLike]) -> Candidates:
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
    column_x, column_y = _columns(x, y)
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
    placed = _first_of_each(point[held], polygon[held], x.size)

    astray = placed[point] == NOWHERE
    point, polygon = point[astray], polygon[astray]
    distance = shapely.distance(areas[polygon], _points(x[point], y[point]))
    order = np.lexsort((polygon, distance, point))
    strays, first = np.unique(point[order], return_index=True)
    placed[strays] = polygon[order][first]
    nearest = np.zeros(x.size, dtype=np.bool_)
    nearest[strays] = True
    return placed, nearest


def _columns(x: ArrayLike, y: ArrayLike) -> tuple[Coordinates, Coordinates]:
    column_x = np.asarray(x, dtype=np.float64)
    column_y = np.asarray(y, dtype=np.float64)
    if column_x.ndim != 1 or column_x.shape != column_y.shape:
        raise ValueError(f"x has shape {column_x.shape}, y {column_y.shape}: two equal columns")
    return column_x, column_y


def _points(x: Coordinates, y: Coordinates) -> Geometries:
    return np.asarray(shapely.points(x, y), dtype=object)


def _distinct(x: Coordinates, y: Coordinates) -> tuple[NDArray[np.complex128], Indices]:
    """The distinct points sorted west to east, and for each given point which of them it is."""
    points = np.empty(x.size, dtype=np.complex128)
    points.real, points.imag = x, y
    distinct, back = np.unique(points, return_inverse=True)
    return distinct, back


def _strips(points: NDArray[np.complex128]) -> Iterator[NDArray[np.complex128]]:
    for start in range(0, points.size, POINTS_AT_ONCE):
        yield points[start : start + POINTS_AT_ONCE]


def _runs(starts: Indices) -> Iterator[tuple[int, int]]:
    """Runs of points with some `PAIRS_AT_ONCE` candidates each; one point is never cut in two."""
    first, points = 0, starts.size - 1
    while first < points:
        reach = int(np.searchsorted(starts, starts[first] + PAIRS_AT_ONCE, side="right")) - 1
        last = max(reach, first + 1)
        yield first, last
        first = last


def _first_of_each(point: Indices, polygon: Indices, points: int) -> Indices:
    """The lowest polygon paired with each point, `NOWHERE` for a point without a pair."""
    none = np.iinfo(np.int64).max
    lowest = np.full(points, none, dtype=np.int64)
    np.minimum.at(lowest, point, polygon)
    lowest[lowest == none] = NOWHERE
    return lowest
