"""Which area a point lies in: millions of points, tens of thousands of polygons, decided by GEOS.

The rule, so that every point has at most one area: a polygon holds the points inside it *and* those
on its edge; a point held by several (a shared edge, an overlap) belongs to the polygon that comes
first. Callers pass polygons sorted by code, so a tie goes to the lowest code.

Few points are asked of GEOS one after another. For many, a grid is built over all edges (see
`lris.rules.placing_index`) whose answers are those of GEOS: what it cannot be certain of, points
within rounding of an edge, it leaves to GEOS.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from lris.errors import BoundaryFault, LrisError

if TYPE_CHECKING:
    from lris.rules.placing_index import Grid

Geometries = NDArray[np.object_]
Indices = NDArray[np.int64]
Coordinates = NDArray[np.float64]

NOWHERE = -1
POINTS_AT_ONCE = 250_000
PAIRS_AT_ONCE = 1_000_000

FEW_POINTS = 50_000
VERTICES_PER_POINT = 20
"""A grid pays from `FEW_POINTS` points and from a point in so many vertices: building it takes as
long as asking GEOS about these."""

GRID_POINTS_AT_ONCE = 2_500_000
THREADS = 2
LARGEST_COORDINATE = 1e100
SMALLEST_SIDE = 1e-90

_FORMAT = 1
_POLYGONAL = (
    shapely.GeometryType.MISSING,
    shapely.GeometryType.POLYGON,
    shapely.GeometryType.MULTIPOLYGON,
)


class PlacingIndex:
    """Polygons made ready to place points in, again and again.

    It may be kept in a file, which any number of processes then share without reading it whole.
    """

    def __init__(self, polygons: Sequence[shapely.Geometry] | Geometries) -> None:
        """Take `polygons` (metres, EPSG:27700; valid; sorted by code), which must not change."""
        self._polygons: Geometries = np.asarray(polygons, dtype=object)
        self._vertices = int(shapely.get_num_coordinates(self._polygons).sum())
        self._asked = 0
        self._packed: _Packed | None = None

    @classmethod
    def open(cls, path: Path | str) -> PlacingIndex:
        """An index as it was saved, mapped into memory. Raises `BoundaryFault` for another file."""
        index = cls(())
        index._packed = _Packed.open(Path(path))
        return index

    def ready(self) -> PlacingIndex:
        """Build the grid now, rather than when enough points have been asked about; itself."""
        self._grown()
        return self

    def save(self, path: Path | str) -> None:
        """Keep the index in a file, building what is not built yet; `path` is replaced whole."""
        self._grown().save(Path(path))

    def __len__(self) -> int:
        return self._polygons.size if self._packed is None else self._packed.polygons

    def place(self, x: ArrayLike, y: ArrayLike) -> Indices:
        """The index of the polygon that holds each point; `NOWHERE` (-1) for none and for NaN.

        `x` and `y` are columns of the same length in the polygons' own coordinates.
        """
        column_x, column_y = _columns(x, y)
        self._asked += column_x.size
        if self._packed is None and self._asked < max(
            FEW_POINTS, self._vertices // VERTICES_PER_POINT
        ):
            return place_by_geos(column_x, column_y, self._polygons)
        return self._grown().place(column_x, column_y)

    def _grown(self) -> _Packed:
        if self._packed is None:
            self._packed = _Packed.of(self._polygons)
        return self._packed


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
    column_x, column_y = _columns(x, y)
    areas: Geometries = np.asarray(polygons, dtype=object)
    placed = np.full(column_x.size, NOWHERE, dtype=np.int64)
    given = np.flatnonzero(np.isfinite(column_x) & np.isfinite(column_y))
    if given.size and areas.size:
        shapely.prepare(areas)
        points, back = _distinct(column_x[given], column_y[given])
        answers = [_place_strip(strip, areas) for strip in _strips(points)]
        placed[given] = np.concatenate(answers)[back]
    return placed


def _place_strip(points: NDArray[np.complex128], areas: Geometries) -> Indices:
    x, y = points.real, points.imag
    west, south, east, north = shapely.bounds(areas).reshape(-1, 4).T
    near = np.flatnonzero(
        (west <= x.max()) & (east >= x.min()) & (south <= y.max()) & (north >= y.min())
    )
    tree = shapely.STRtree(_points(x, y))
    polygon, point = tree.query(areas[near], predicate="intersects")
    return _first_of_each(point, near[polygon], points.size)


# ---------------------------------------------------------------- by the grid


@dataclass(frozen=True)
class _Packed:
    """A grid over the edges of polygons, with all that is needed to draw the polygons again.

    Each row of `rings` is polygon << 2, first vertex, number of edges; `ring_part` tells which
    rings are of one part, its shell first.
    """

    grid: Grid
    rings: NDArray[np.int32]
    ring_part: NDArray[np.int32]
    polygons: int

    @classmethod
    def of(cls, polygons: Geometries) -> _Packed:
        xy, rings, ring_part = _rings_of(polygons)
        frame, shape = _framed(xy, polygons.size)
        grid = _compiled().build(xy, rings, polygons.size, frame, shape)
        return cls(grid._replace(**_sealed(grid._asdict())), rings, ring_part, polygons.size)

    @classmethod
    def open(cls, path: Path) -> _Packed:
        grid_of = _compiled().Grid
        wanted = {"format", "polygons", "rings", "ring_part", *grid_of._fields}
        try:
            record = np.lib.format.open_memmap(path, mode="r").view(np.ndarray)
            known = set(record.dtype.names or ()) == wanted and int(record["format"]) == _FORMAT
        except ValueError:
            known = False
        if not known:
            raise BoundaryFault(
                f"{path} is not a placing index that this version of LRIS can read",
                remedy="remove it, and let it be made anew from the boundaries",
            )
        parts = _sealed({name: record[name] for name in wanted})
        grid = grid_of(**{name: parts[name] for name in grid_of._fields})
        return cls(grid, parts["rings"], parts["ring_part"], int(parts["polygons"]))

    def save(self, path: Path) -> None:
        parts: dict[str, NDArray[Any]] = self.grid._asdict()
        parts |= {"rings": self.rings, "ring_part": self.ring_part}
        parts |= {"format": np.array(_FORMAT), "polygons": np.array(self.polygons)}
        # One record of many fields; the widest types first keeps every field aligned.
        order = sorted(parts, key=lambda name: -parts[name].itemsize)
        record = np.dtype([(name, parts[name].dtype, parts[name].shape) for name in order])
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        written = np.lib.format.open_memmap(beside, mode="w+", dtype=record, shape=())
        for name in order:
            written[name] = parts[name]
        written.flush()
        del written
        beside.replace(path)

    def place(self, x: Coordinates, y: Coordinates) -> Indices:
        compiled = _compiled()
        placed = np.empty(x.size, dtype=np.int64)

        def fill(some: slice) -> None:
            placed[some] = compiled.locate(*self.grid, _column(x[some]), _column(y[some]))

        with ThreadPoolExecutor(THREADS) as threads:
            list(threads.map(fill, _shares(x.size)))
        unsure = np.flatnonzero(placed == compiled.UNSURE)
        if unsure.size:
            placed[unsure] = self._ask_geos(_column(x[unsure]), _column(y[unsure]))
        return placed

    def _ask_geos(self, x: Coordinates, y: Coordinates) -> Indices:
        point, polygon = self._candidates(x, y)
        few, which = np.unique(polygon, return_inverse=True)
        areas = np.array([self._drawn(int(number)) for number in few], dtype=object)
        shapely.prepare(areas)
        held = shapely.intersects_xy(areas[which], x[point], y[point])
        return _first_of_each(point[held], polygon[held], x.size)

    def _candidates(self, x: Coordinates, y: Coordinates) -> tuple[Indices, Indices]:
        """Pairs of a point and a polygon that comes near, or covers, its cell."""
        cell = _compiled().mixed_cells(*self.grid, x, y)
        start, runs = self.grid.run_start[cell], np.diff(self.grid.run_start)[cell]
        point = np.repeat(np.arange(x.size), runs)
        run = np.arange(point.size) - np.repeat(np.cumsum(runs) - runs, runs) + start[point]
        covered = np.flatnonzero(self.grid.base[cell])
        return (
            np.concatenate([point, covered]),
            np.concatenate(
                [self.grid.run[run, 0] >> _compiled().FLAGS, self.grid.base[cell[covered]] - 1]
            ),
        )

    def _drawn(self, polygon: int) -> shapely.MultiPolygon:
        """One of the polygons, vertex for vertex as it was given."""
        first, last = np.searchsorted(self._ring_polygon, [polygon, polygon + 1])
        rings = [
            self.grid.xy[start : start + edges + 1] for _, start, edges in self.rings[first:last]
        ]
        shells = np.flatnonzero(np.diff(self.ring_part[first:last], prepend=-1))
        return shapely.MultiPolygon(
            [
                shapely.Polygon(rings[shell], rings[shell + 1 : after])
                for shell, after in zip(shells, [*shells[1:], len(rings)], strict=True)
            ]
        )

    @cached_property
    def _ring_polygon(self) -> NDArray[np.int32]:
        return np.asarray(self.rings[:, 0] >> _compiled().FLAGS)


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


def _rings_of(
    polygons: Geometries,
) -> tuple[Coordinates, NDArray[np.int32], NDArray[np.int32]]:
    if not np.isin(shapely.get_type_id(polygons), _POLYGONAL).all():
        raise ValueError("points are placed in polygons and multipolygons, and in nothing else")
    parts, part_polygon = shapely.get_parts(polygons, return_index=True)
    lines, ring_part = shapely.get_rings(parts, return_index=True)
    xy = np.ascontiguousarray(shapely.get_coordinates(lines))
    vertices = shapely.get_num_coordinates(lines)
    rings = np.column_stack(
        [part_polygon[ring_part] << _compiled().FLAGS, np.cumsum(vertices) - vertices, vertices - 1]
    )
    return xy, rings.astype(np.int32).reshape(-1, 3), ring_part.astype(np.int32)


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
    rounds = -(-points // (THREADS * GRID_POINTS_AT_ONCE))
    ends = np.linspace(0, points, THREADS * rounds + 1).astype(int).tolist()
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


# ---------------------------------------------------------------- among candidates


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
