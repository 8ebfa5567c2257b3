"""Polygons to ask GEOS about: as they were given, or drawn when needed from arrays of vertices.

Reading tens of thousands of outlines takes seconds, and a delivery asks about some hundred.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import shapely
from numpy.typing import NDArray

Geometries = NDArray[np.object_]
Indices = NDArray[np.int64]
Coordinates = NDArray[np.float64]

FLAGS = 2
"""Bits that are free beside the number of a polygon, in rings and in runs of edges."""

_POLYGONAL = (
    shapely.GeometryType.MISSING,
    shapely.GeometryType.POLYGON,
    shapely.GeometryType.MULTIPOLYGON,
)


class Outlines(Protocol):
    """Polygons in their order, any of which can be had."""

    @property
    def vertices(self) -> int:
        """How many vertices all of them have."""

    @property
    def bounds(self) -> Coordinates:
        """West, south, east and north of each; NaN for one that is empty."""

    def __len__(self) -> int: ...

    def of(self, which: Indices) -> Geometries:
        """Some of the polygons."""


class Given:
    """Polygons at hand."""

    def __init__(self, polygons: Sequence[shapely.Geometry] | Geometries) -> None:
        self.polygons: Geometries = np.asarray(polygons, dtype=object)

    def __len__(self) -> int:
        return self.polygons.size

    @cached_property
    def vertices(self) -> int:
        """How many vertices all of them have."""
        return int(shapely.get_num_coordinates(self.polygons).sum())

    @cached_property
    def bounds(self) -> Coordinates:
        """West, south, east and north of each."""
        return np.asarray(shapely.bounds(self.polygons)).reshape(-1, 4)

    def of(self, which: Indices) -> Geometries:
        """Some of the polygons."""
        return self.polygons[which]


@dataclass(frozen=True)
class Rings:
    """Polygons as their vertices.

    Each row of `rings` is polygon << FLAGS, first vertex in `xy`, number of edges; `ring_part`
    tells which rings are of one part, its shell first. All three ascend.
    """

    xy: Coordinates
    rings: NDArray[np.int32]
    ring_part: NDArray[np.int32]

    def __len__(self) -> int:
        return int(self._polygon.max(initial=-1)) + 1

    @property
    def vertices(self) -> int:
        """How many vertices all of them have."""
        return len(self.xy)

    @cached_property
    def bounds(self) -> Coordinates:
        """West, south, east and north of each; NaN for one that is empty."""
        bounds = np.full((len(self), 4), np.nan)
        if len(self):
            polygons, first = np.unique(self._polygon, return_index=True)
            start = self.rings[first, 1]
            bounds[polygons, :2] = np.minimum.reduceat(self.xy, start)
            bounds[polygons, 2:] = np.maximum.reduceat(self.xy, start)
        return bounds

    def of(self, which: Indices) -> Geometries:
        """Some of the polygons, vertex for vertex as they were given; each is drawn once."""
        new = np.unique(which[shapely.is_missing(self._drawn[which])])
        self._drawn[new] = self._draw(new)
        return self._drawn[which]

    @cached_property
    def _drawn(self) -> Geometries:
        return np.full(len(self), None, dtype=object)

    def _draw(self, which: Indices) -> Geometries:
        first, last = np.searchsorted(self._polygon, [which, np.asarray(which) + 1])
        ring = _ranges(first, last)
        start, edges = self.rings[ring, 1], self.rings[ring, 2]
        xy = self.xy[_ranges(start, start + edges + 1)]
        drawn: Geometries = np.asarray(
            shapely.linearrings(xy, indices=np.repeat(np.arange(ring.size), edges + 1))
        )
        parts, part = np.unique(self.ring_part[ring], return_inverse=True)
        outlines = np.full(len(which), shapely.MultiPolygon(), dtype=object)
        if parts.size:
            polygon = np.repeat(np.arange(len(which)), last - first)
            shells = np.flatnonzero(np.diff(part, prepend=-1))
            filled: Geometries = np.asarray(shapely.polygons(drawn, indices=part))
            shapely.multipolygons(filled, indices=polygon[shells], out=outlines)
        return outlines

    @cached_property
    def _polygon(self) -> NDArray[np.int32]:
        return np.asarray(self.rings[:, 0] >> FLAGS)


def rings_of(polygons: Geometries) -> Rings:
    """The vertices of polygons and multipolygons; `ValueError` for anything else."""
    if not np.isin(shapely.get_type_id(polygons), _POLYGONAL).all():
        raise ValueError("points are placed in polygons and multipolygons, and in nothing else")
    parts, part_polygon = shapely.get_parts(polygons, return_index=True)
    drawn = ~shapely.is_empty(parts)
    parts, part_polygon = parts[drawn], part_polygon[drawn]
    holes = shapely.get_num_interior_rings(parts)
    ring_part = np.repeat(np.arange(parts.size), holes + 1)
    vertices = shapely.get_num_coordinates(parts)[ring_part]
    # Taking rings out copies them, and few polygons have holes.
    vertices[holes[ring_part] > 0] = shapely.get_num_coordinates(
        shapely.get_rings(parts[holes > 0])
    )
    rings = np.column_stack(
        [part_polygon[ring_part] << FLAGS, np.cumsum(vertices) - vertices, vertices - 1]
    )
    return Rings(
        np.ascontiguousarray(shapely.get_coordinates(polygons)),
        rings.astype(np.int32).reshape(-1, 3),
        ring_part.astype(np.int32),
    )


def _ranges(first: NDArray[np.integer], last: NDArray[np.integer]) -> Indices:
    """All numbers from each first up to its last, the latter not included."""
    sizes = np.asarray(last, dtype=np.int64) - first
    before = np.cumsum(sizes) - sizes
    return np.asarray(np.arange(sizes.sum()) + np.repeat(first - before, sizes), dtype=np.int64)
