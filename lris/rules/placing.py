"""Which area a point lies in: millions of points, tens of thousands of polygons, decided by GEOS.

The rule, so that every point has at most one area: a polygon holds the points inside it *and* those
on its edge; a point held by several (a shared edge, an overlap) belongs to the polygon that comes
first. Callers pass polygons sorted by code, so a tie goes to the lowest code.

Few points are asked of GEOS one after another. For many, a grid is built over all edges (see
`lris.rules.placing_index`) whose answers are those of GEOS: what it cannot be certain of, points
within rounding of an edge, it leaves to GEOS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from types import ModuleType
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from lris.errors import LrisError
from lris.rules.outlines import (
    Coordinates,
    Geometries,
    Given,
    Indices,
    Outlines,
    Rings,
    rings_of,
)
from lris.rules.placing_grid import Grid, candidates_of, cells_of

Arrays = Mapping[str, NDArray[Any]]
"""An index as it can be kept: its arrays by name."""

Make = Callable[[], Arrays]
Keeper = Callable[[Make], Arrays]
"""Given how the arrays of an index are made, returns them: from where it keeps them, or made."""

FORMAT = 2
"""Changes with the meaning of the arrays: what was kept under another number is of no use."""

NOWHERE = -1
POINTS_AT_ONCE = 250_000

FEW_POINTS = 50_000
VERTICES_PER_POINT = 20
"""A grid pays from `FEW_POINTS` points and from a point in so many vertices: building it takes as
long as asking GEOS about these."""

MANY_POINTS = 1_000_000
"""As many points gain by compiled code what it takes to bring it in."""

GRID_POINTS_AT_ONCE = 2_500_000
LARGEST_COORDINATE = 1e100
SMALLEST_SIDE = 1e-90


class PlacingIndex:
    """Polygons made ready to place points in, again and again."""

    def __init__(
        self, polygons: Sequence[shapely.Geometry] | Geometries, keeper: Keeper | None = None
    ) -> None:
        """Take `polygons` (metres, EPSG:27700; valid; sorted by code), which must not change.

        With a `keeper` the grid is the one it keeps; it is asked when the grid is first needed.
        """
        self._outlines: Outlines = Given(polygons)
        self._keeper = keeper
        self._asked = 0
        self._packed: _Packed | None = None

    @classmethod
    def kept(cls, arrays: Arrays) -> PlacingIndex:
        """An index that was kept: its polygons are drawn from its arrays when they are needed."""
        index = cls(())
        index._packed = _Packed.from_arrays(arrays)
        index._outlines = index._packed.outlines
        return index

    def ready(self) -> PlacingIndex:
        """Make the grid now, as fine as many points are worth; returns itself."""
        if self._packed is None:
            make = partial(_arrays_of, self._outlines)
            if self._keeper:
                self._packed = _Packed.from_arrays(self._keeper(make))
            else:
                self._packed = _Packed.of(self._outlines, fine=True)
        return self

    def __len__(self) -> int:
        return len(self._outlines)

    def outlines(self, which: Indices) -> Geometries:
        """Some of the polygons."""
        return self._outlines.of(which)

    def place(self, x: ArrayLike, y: ArrayLike) -> Indices:
        """The index of the polygon that holds each point; `NOWHERE` (-1) for none and for NaN.

        `x` and `y` are columns of the same length in the polygons' own coordinates.
        """
        column_x, column_y = columns_of(x, y)
        self._asked += column_x.size
        if self._packed is None:
            if self._asked < max(FEW_POINTS, self._outlines.vertices // VERTICES_PER_POINT):
                return _by_geos(column_x, column_y, self._outlines)
            if self._keeper:
                self.ready()
            else:
                self._packed = _Packed.of(self._outlines, fine=False)
        assert self._packed is not None
        return self._packed.place(column_x, column_y, asked=self._asked)


def _arrays_of(outlines: Outlines) -> Arrays:
    return _Packed.of(outlines, fine=True).arrays()


def place(x: ArrayLike, y: ArrayLike, polygons: Sequence[shapely.Geometry] | Geometries) -> Indices:
    """Place points once: `PlacingIndex(polygons).place(x, y)`."""
    return PlacingIndex(polygons).place(x, y)


# ---------------------------------------------------------------- by GEOS


def place_by_geos(
    x: ArrayLike, y: ArrayLike, polygons: Sequence[shapely.Geometry] | Geometries
) -> Indices:
    """Place points by GEOS's own predicate alone: what every other way must agree with.

    Every distinct point is asked about once: police points are snapped to some thousand places.
    """
    return _by_geos(*columns_of(x, y), Given(polygons))


def _by_geos(x: Coordinates, y: Coordinates, outlines: Outlines) -> Indices:
    placed = np.full(x.size, NOWHERE, dtype=np.int64)
    given = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    if given.size and len(outlines):
        points, back = _distinct(x[given], y[given])
        answers = [_place_strip(strip, outlines) for strip in _strips(points)]
        placed[given] = np.concatenate(answers)[back]
    return placed


def _place_strip(points: NDArray[np.complex128], outlines: Outlines) -> Indices:
    x, y = points.real, points.imag
    west, south, east, north = outlines.bounds.T
    near = np.flatnonzero(
        (west <= x.max()) & (east >= x.min()) & (south <= y.max()) & (north >= y.min())
    )
    areas = outlines.of(near)
    shapely.prepare(areas)
    tree = shapely.STRtree(points_of(x, y))
    polygon, point = tree.query(areas, predicate="intersects")
    return first_of_each(point, near[polygon], points.size)


# ---------------------------------------------------------------- by the grid


@dataclass(frozen=True)
class _Packed:
    """A grid over the edges of polygons, with all that is needed to draw the polygons again.

    Compiled code is used from `compiled_from` points on: fewer take less time than to bring it in.
    """

    grid: Grid
    outlines: Rings
    compiled_from: int

    @classmethod
    def of(cls, polygons: Outlines, *, fine: bool) -> _Packed:
        outlines = rings_of(polygons.of(np.arange(len(polygons))))
        frame, shape = _framed(outlines.xy, len(polygons))
        grid = _compiled().build(
            outlines.xy, outlines.rings, len(polygons), frame, shape, fine=fine
        )
        return cls(grid._replace(**_sealed(grid._asdict())), outlines, 0)

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> _Packed:
        parts = _sealed(dict(arrays))
        outlines = Rings(parts["xy"], parts.pop("rings"), parts.pop("ring_part"))
        return cls(Grid(**parts), outlines, MANY_POINTS)

    def arrays(self) -> Arrays:
        outlines = {"rings": self.outlines.rings, "ring_part": self.outlines.ring_part}
        return {**self.grid._asdict(), **outlines}

    def place(self, x: Coordinates, y: Coordinates, *, asked: int) -> Indices:
        """The polygon of each point; what the grid is not certain of is asked of GEOS."""
        if asked >= self.compiled_from:
            placed = self._located(x, y)
            unsure = np.flatnonzero(placed == _compiled().UNSURE)
        else:
            placed = np.empty(x.size, dtype=np.int64)
            unsure = np.arange(x.size)
        found = cells_of(self.grid, x[unsure], y[unsure])
        placed[unsure] = found - 1
        mixed = unsure[found < 0]
        placed[mixed] = self._ask_geos(x[mixed], y[mixed], ~found[found < 0])
        return placed

    def _located(self, x: Coordinates, y: Coordinates) -> Indices:
        compiled = _compiled()
        placed = np.empty(x.size, dtype=np.int64)

        def fill(some: slice) -> None:
            placed[some] = compiled.locate(*self.grid, _column(x[some]), _column(y[some]))

        with ThreadPoolExecutor(compiled.THREADS) as threads:
            list(threads.map(fill, _shares(x.size)))
        return placed

    def _ask_geos(self, x: Coordinates, y: Coordinates, mixed: Indices) -> Indices:
        point, polygon = candidates_of(self.grid, mixed)
        few, which = np.unique(polygon, return_inverse=True)
        areas = self.outlines.of(few)
        shapely.prepare(areas)
        held = shapely.intersects_xy(areas[which], x[point], y[point])
        return first_of_each(point[held], polygon[held], x.size)


def _compiled() -> ModuleType:
    """The compiled half, brought in when first needed. Raises `LrisError` where it has no cache."""
    try:
        from lris.rules import placing_index
    except RuntimeError as problem:
        raise LrisError(
            f"Compiled code for placing points has nowhere to be kept ({problem})",
            remedy="set NUMBA_CACHE_DIR to a folder this user may write to",
        ) from problem
    return placing_index


def _framed(xy: Coordinates, polygons: int) -> tuple[Coordinates, NDArray[np.int32]]:
    """Cut the ground into blocks: so many for each polygon and for each vertex."""
    if not len(xy):
        nowhere = [np.nan] * 4
        return np.array([0.0, 0.0, 1.0, *nowhere]), np.ones(2, dtype=np.int32)
    bounds = np.array([edge(column) for edge in (np.min, np.max) for column in xy.T])
    if not (np.abs(bounds) <= LARGEST_COORDINATE).all():
        raise ValueError(f"coordinates must be numbers, and none beyond {LARGEST_COORDINATE}")
    width, height = bounds[2:] - bounds[:2]
    rule = _compiled()
    blocks = 1 + rule.BLOCKS_PER_POLYGON * polygons + rule.BLOCKS_PER_VERTEX * len(xy)
    side = max(
        np.sqrt(width / blocks) * np.sqrt(height),
        max(width, height) / blocks,
        1e-6 * np.abs(bounds).max(),  # Far above rounding: a block must hold its own points.
        SMALLEST_SIDE,
    )
    margin = 0.01 * side
    shape = np.floor((bounds[2:] - bounds[:2] + 2 * margin) / side).astype(np.int32) + 1
    return np.concatenate([bounds[:2] - margin, [side], bounds]), shape


def _shares(points: int) -> list[slice]:
    """Equal runs of points for the threads, none longer than `GRID_POINTS_AT_ONCE`."""
    threads = _compiled().THREADS
    rounds = -(-points // (threads * GRID_POINTS_AT_ONCE))
    ends = np.linspace(0, points, threads * rounds + 1).astype(int).tolist()
    return [slice(first, last) for first, last in pairwise(ends)]


def _sealed(arrays: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """The arrays for reading only, so that one compiled function serves those made and mapped."""
    for array in arrays.values():
        array.flags.writeable = False
    return arrays


def _column(column: Coordinates) -> Coordinates:
    """A column as compiled functions take it: in one piece, for reading only."""
    whole = np.ascontiguousarray(column).view()
    whole.flags.writeable = False
    return whole


def columns_of(x: ArrayLike, y: ArrayLike) -> tuple[Coordinates, Coordinates]:
    """Two columns of numbers; `ValueError` where they are not two equal ones."""
    column_x = np.asarray(x, dtype=np.float64)
    column_y = np.asarray(y, dtype=np.float64)
    if column_x.ndim != 1 or column_x.shape != column_y.shape:
        raise ValueError(f"x has shape {column_x.shape}, y {column_y.shape}: two equal columns")
    return column_x, column_y


def points_of(x: Coordinates, y: Coordinates) -> Geometries:
    """Points with these coordinates."""
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


def first_of_each(point: Indices, polygon: Indices, points: int) -> Indices:
    """The lowest polygon paired with each point, `NOWHERE` for a point without a pair."""
    none = np.iinfo(np.int64).max
    lowest = np.full(points, none, dtype=np.int64)
    np.minimum.at(lowest, point, polygon)
    lowest[lowest == none] = NOWHERE
    return lowest
