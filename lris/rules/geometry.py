"""Shapes of areas: mended, generalised with shared borders kept, fitted to parents, compared.

All geometry is in metres (EPSG:27700). Methods: GEOS overlay and make-valid; coverage cleaning and
coverage simplification (Visvalingam and Whyatt 1993, applied to borders, not to rings).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from lris.rules.placing import NOWHERE, place

Geometries = NDArray[np.object_]
Mask = NDArray[np.bool_]
Column = NDArray[np.float64]

SLIVER_WIDTH_M = 1.0
SNAP_M = 0.001
ROUNDING_M = 0.01


def repair(geometry: Geometries) -> tuple[Geometries, Mask, Column]:
    """Make polygons valid; answers them, which were mended, and by how many m2 each one changed.

    A shell inside another shell of the same area is read as what it stands for, a hole that lost
    its sign: in the published files another area lies there. Everything else (bow ties, rings that
    touch themselves) keeps all the ground its outlines enclose. Only polygons are kept, so a
    geometry that encloses nothing comes out empty.
    """
    mended = geometry.copy()
    wrong = ~shapely.is_valid(geometry)
    for i in np.flatnonzero(wrong):
        mended[i] = _mended(geometry[i])
    return mended, wrong, shapely.area(mended) - shapely.area(geometry)


def _mended(shape: shapely.Geometry) -> shapely.Geometry:
    if shapely.is_valid_reason(shape).startswith("Nested shells"):
        by_parity = shapely.make_valid(shape, method="linework")
        return _polygons_of(by_parity)
    return _polygons_of(shapely.make_valid(shape, method="structure", keep_collapsed=False))


def _polygons_of(shape: shapely.Geometry) -> shapely.MultiPolygon:
    parts = shapely.get_parts(shapely.get_parts(shape))
    return shapely.MultiPolygon(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON])


def as_multipolygons(geometry: Geometries) -> Geometries:
    """Polygons and multipolygons as multipolygons in GEOS's normal form, so that equals compare."""
    parts, owner = shapely.get_parts(geometry, return_index=True)
    out = np.full(geometry.size, shapely.MultiPolygon(), dtype=object)
    shapely.multipolygons(parts, indices=owner, out=out)
    return np.asarray(shapely.normalize(out), dtype=object)


@dataclass(frozen=True, slots=True)
class Cleaning:
    """What had to move so that neighbours share their borders point for point.

    `mismatched_before` and `mismatched_after` count the areas with an edge that overlaps or misses
    a neighbour's. `moved` are the indices of areas that changed; `overlaid` those that lie wholly
    under others and so could not take part: each keeps its own outline.
    """

    mismatched_before: int
    mismatched_after: int
    moved: NDArray[np.int64]
    overlaid: NDArray[np.int64]
    largest_change_m2: float
    largest_shift_m: float


@dataclass(frozen=True, slots=True)
class DisplayCopy:
    """The areas generalised to one tolerance, in the order they were given."""

    tolerance_m: float
    geometry: Geometries
    vertices_before: int
    vertices_after: int


@dataclass(frozen=True, slots=True)
class DisplayCopies:
    """One copy for each tolerance asked for, and what cleaning did first."""

    cleaning: Cleaning
    copies: tuple[DisplayCopy, ...]


def display_copies(
    geometry: Geometries,
    tolerances_m: Sequence[float],
    *,
    sliver_width_m: float = SLIVER_WIDTH_M,
) -> DisplayCopies:
    """Generalise valid polygons for drawing; neighbours keep one and the same border.

    The coverage is cleaned first: overlaps go to the smaller area (an enclave is never swallowed),
    enclosed gaps narrower than `sliver_width_m` are closed, wider ones (water, an area not loaded)
    stay. Then each border is simplified once for both sides. `tolerances_m` are square roots of the
    area of the corners cut off. Every area is present, valid and not empty at every tolerance.
    """
    cleaned, overlaid = _cleaned(geometry, sliver_width_m)
    cleaning = _what_moved(geometry, cleaned, overlaid)
    return DisplayCopies(
        cleaning, tuple(_simplified(cleaned, overlaid, metres) for metres in tolerances_m)
    )


def _cleaned(geometry: Geometries, sliver_width_m: float) -> tuple[Geometries, Mask]:
    cleaned: Geometries = shapely.coverage_clean(  # type: ignore[attr-defined]
        geometry,
        gap_width=sliver_width_m,
        snapping_distance=SNAP_M,
        merge_strategy="min_area",
    )
    overlaid = np.asarray(shapely.is_empty(cleaned), dtype=np.bool_)
    cleaned[overlaid] = geometry[overlaid]
    return as_multipolygons(cleaned), overlaid


def _what_moved(before: Geometries, after: Geometries, overlaid: Mask) -> Cleaning:
    same = shapely.equals_exact(as_multipolygons(before), after, tolerance=0.0)
    moved = np.flatnonzero(~same)
    change = shapely.area(shapely.symmetric_difference(before[moved], after[moved]))
    shift = shapely.hausdorff_distance(
        shapely.boundary(before[moved]), shapely.boundary(after[moved])
    )
    return Cleaning(
        mismatched_before=_mismatched(before),
        mismatched_after=_mismatched(after[~overlaid]),
        moved=moved,
        overlaid=np.flatnonzero(overlaid),
        largest_change_m2=float(np.max(change, initial=0.0)),
        largest_shift_m=float(np.max(shift, initial=0.0)),
    )


def _mismatched(geometry: Geometries) -> int:
    return int(np.count_nonzero(~shapely.is_empty(shapely.coverage_invalid_edges(geometry))))


def _simplified(cleaned: Geometries, overlaid: Mask, tolerance_m: float) -> DisplayCopy:
    simple = cleaned.copy()
    simple[~overlaid] = shapely.coverage_simplify(cleaned[~overlaid], tolerance_m)
    simple = as_multipolygons(simple)
    return DisplayCopy(
        tolerance_m=tolerance_m,
        geometry=simple,
        vertices_before=int(shapely.get_num_coordinates(cleaned).sum()),
        vertices_after=int(shapely.get_num_coordinates(simple).sum()),
    )


def best_fit_parents(
    children: Geometries, parents: Geometries, child_points: Geometries | None = None
) -> tuple[NDArray[np.int64], Column]:
    """The one parent each child belongs to, and the part of the child's area inside that parent.

    A child belongs to the parent that holds its population-weighted centroid where `child_points`
    has one (None: not known), else a point certain to be inside it. -1 and 0.0 where no parent
    holds the point. The share tells a nested child (1.0 but for generalisation) from a best fit.
    Method: whole areas to the parent of their weighted centroid, as ONS best-fit look-ups do.
    """
    points = shapely.point_on_surface(children)
    if child_points is not None:
        points = np.where(shapely.is_missing(child_points), points, child_points)
    parent = place(shapely.get_x(points), shapely.get_y(points), parents)
    share = np.zeros(children.size)
    fitted = np.flatnonzero(parent != NOWHERE)
    inside = shapely.area(shapely.intersection(children[fitted], parents[parent[fitted]]))
    share[fitted] = inside / shapely.area(children[fitted])
    return parent, share


def unchanged(old: Geometries, new: Geometries, tolerance_m: float = ROUNDING_M) -> Mask:
    """Whether each pair is the same shape up to rounding, and the order and start of vertices.

    Pairs that differ vertex by vertex are the same shape where neither outline strays from the
    other by more than `tolerance_m` and what lies between them is no wider than that.
    """
    first, second = as_multipolygons(old), as_multipolygons(new)
    same = np.asarray(shapely.equals_exact(first, second, tolerance=tolerance_m), dtype=np.bool_)
    bounds_apart = np.abs(shapely.bounds(first) - shapely.bounds(second)).max(axis=1, initial=0.0)
    unsure = np.flatnonzero(~same & (bounds_apart <= tolerance_m))
    same[unsure] = _coincide(first[unsure], second[unsure], tolerance_m)
    return same


def _coincide(first: Geometries, second: Geometries, tolerance_m: float) -> Mask:
    seam_m2 = tolerance_m * shapely.length(first)
    same = np.abs(shapely.area(first) - shapely.area(second)) <= seam_m2
    close = np.flatnonzero(same)
    a, b = first[close], second[close]
    between_m2 = shapely.area(shapely.symmetric_difference(a, b))
    astray_m = shapely.hausdorff_distance(shapely.boundary(a), shapely.boundary(b))
    same[close] = (between_m2 <= seam_m2[close]) & (astray_m <= tolerance_m)
    return np.asarray(same, dtype=np.bool_)
