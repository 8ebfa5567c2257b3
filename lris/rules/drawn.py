"""A line drawn on a map, read strictly: GeoJSON in degrees to ground in metres, or why it is none.

Nothing is mended: where a line crosses itself it does not say what is inside, and a guess would
choose other areas than whoever drew it meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from lris.errors import BadRequest
from lris.rules.british_grid import to_grid

MOST_CORNERS = 10_000
"""The most corners a drawn line may have."""

WEST, SOUTH, EAST, NORTH = -9.0, 49.8, 2.2, 61.0
"""Great Britain lies within these degrees."""

LEAST_CORNERS = 4
"""A ring of three corners ends where it began, which makes four positions."""

MOST_KM2 = 20_000
"""Larger than any county: a line around more than this is around no neighbourhood."""

M2_A_KM2 = 1e6

REDRAW = "draw the line again so that it goes round once without crossing itself"

Ring = NDArray[np.float64]


def drawn_ground(given: object) -> shapely.Geometry:
    """The ground inside a GeoJSON Polygon or MultiPolygon, or a Feature of one (EPSG:27700).

    A FeatureCollection may hold one Feature. Coordinates are longitude and latitude (WGS84), as
    RFC 7946 has it. Raises `BadRequest` with what is wrong and what to do: another type, a ring
    that is open or too short, corners outside Great Britain, too many of them, a line that crosses
    itself.
    """
    geometry = _geometry(given)
    polygons = [_rings(one) for one in _polygons(geometry)]
    corners = sum(len(ring) for rings in polygons for ring in rings)
    if not corners:
        raise BadRequest("the polygon is empty", remedy="give at least one ring of four positions")
    if corners > MOST_CORNERS:
        raise BadRequest(
            f"the polygon has {corners:,} corners",
            remedy=f"at most {MOST_CORNERS:,}: leave out the corners that make no difference",
        )
    for rings in polygons:
        for ring in rings:
            _check_place(ring)
    degrees = shapely.multipolygons([_polygon(rings) for rings in polygons])
    _check_simple(degrees)
    ground = shapely.multipolygons([_polygon(_in_metres(rings)) for rings in polygons])
    _check_simple(ground)
    if shapely.area(ground) > MOST_KM2 * M2_A_KM2:
        raise BadRequest(
            f"the line goes round {shapely.area(ground) / M2_A_KM2:,.0f} square kilometres",
            remedy="draw a neighbourhood; whole regions and countries have profiles of their own",
        )
    return ground


def _geometry(given: object) -> Mapping[str, Any]:
    """The geometry, out of a Feature where it stands in one."""
    if not isinstance(given, Mapping):
        raise _not_a_polygon(given)
    if given.get("type") == "FeatureCollection":
        features = given.get("features")
        if not isinstance(features, list) or len(features) != 1:
            number = len(features) if isinstance(features, list) else 0
            raise BadRequest(
                f"the FeatureCollection has {number} features",
                remedy="send one; several outlines of one neighbourhood are a MultiPolygon",
            )
        (feature,) = features
        if not isinstance(feature, Mapping) or feature.get("type") != "Feature":
            raise _not_a_polygon(feature)
        return _geometry(feature)
    if "crs" in given and "CRS84" not in str(given["crs"]) and "4326" not in str(given["crs"]):
        raise BadRequest(
            "the GeoJSON names a reference system of its own",
            remedy="give longitude and latitude (WGS84) without crs, as RFC 7946 has it",
        )
    if given.get("type") == "Feature":
        inner = given.get("geometry")
        if isinstance(inner, Mapping) and inner.get("type") not in ("Feature", "FeatureCollection"):
            return _geometry(inner)
        raise _not_a_polygon(inner)
    if given.get("type") not in ("Polygon", "MultiPolygon"):
        raise _not_a_polygon(given)
    return given


def _not_a_polygon(given: object) -> BadRequest:
    kind = given.get("type") if isinstance(given, Mapping) else type(given).__name__
    return BadRequest(
        f"polygon: {str(kind)[:40]!r} is not a polygon",
        remedy="give a GeoJSON Polygon or MultiPolygon, or a Feature of one",
    )


def _polygons(geometry: Mapping[str, Any]) -> Sequence[Any]:
    written = geometry.get("coordinates")
    found = [written] if geometry["type"] == "Polygon" else written
    if not isinstance(found, list) or not all(isinstance(one, list) and one for one in found):
        raise BadRequest(
            "the polygon has no coordinates", remedy="give rings of [longitude, latitude]"
        )
    return found


def _rings(written: Sequence[Any]) -> list[Ring]:
    return [_ring(one) for one in written]


def _ring(written: object) -> Ring:
    """One ring as an array (corners, 2) of degrees; heights are left out."""
    if not isinstance(written, list):
        raise BadRequest("a ring is no list", remedy="give rings of [longitude, latitude]")
    if len(written) > MOST_CORNERS:
        raise BadRequest(
            f"a ring has {len(written):,} corners",
            remedy=f"at most {MOST_CORNERS:,}: leave out the corners that make no difference",
        )
    ring = np.array(list(_positions(written)), dtype=np.float64).reshape(-1, 2)
    if len(ring) < LEAST_CORNERS:
        raise BadRequest(
            f"a ring has {len(ring)} positions",
            remedy="a ring has four positions or more, the last the same as the first",
        )
    if not np.array_equal(ring[0], ring[-1]):
        raise BadRequest(
            "a ring does not end where it begins",
            remedy="repeat the first position at the end of each ring",
        )
    return ring


def _positions(written: Sequence[Any]) -> Iterator[tuple[float, float]]:
    for position in written:
        pair = position[:2] if isinstance(position, list) else ()
        if len(pair) < 2 or not all(_is_number(one) for one in pair):
            raise BadRequest(
                f"{str(position)[:40]} is not a position",
                remedy="a position is [longitude, latitude], two numbers in degrees",
            )
        yield float(pair[0]), float(pair[1])


def _is_number(given: object) -> bool:
    if isinstance(given, bool) or not isinstance(given, int | float):
        return False
    return abs(given) < 1e12  # Neither NaN nor endless is.


def _check_place(ring: Ring) -> None:
    longitude, latitude = ring[:, 0], ring[:, 1]
    outside = (longitude < WEST) | (longitude > EAST) | (latitude < SOUTH) | (latitude > NORTH)
    if not outside.any():
        return
    at = int(np.argmax(outside))
    x, y = float(longitude[at]), float(latitude[at])
    if abs(x) > 180 or abs(y) > 90:
        remedy = "give degrees, not metres: longitude and latitude (WGS84)"
    elif SOUTH <= x <= NORTH and WEST <= y <= EAST:
        remedy = "put the longitude first: [-2.59, 51.45]"
    else:
        remedy = f"longitude lies from {WEST} to {EAST}, latitude from {SOUTH} to {NORTH}"
    raise BadRequest(f"[{x:g}, {y:g}] is outside Great Britain", remedy=remedy)


def _polygon(rings: Sequence[Ring]) -> shapely.Polygon:
    return shapely.Polygon(rings[0], rings[1:])


def _in_metres(rings: Sequence[Ring]) -> list[Ring]:
    return [np.column_stack(to_grid(ring[:, 0], ring[:, 1])) for ring in rings]


def _check_simple(geometry: shapely.Geometry) -> None:
    why = str(shapely.is_valid_reason(geometry))
    if why != "Valid Geometry":
        what, _, where = why.rstrip("]").partition("[")
        place = f" at {where}" if where else ""
        if "elf-intersection" in what:
            raise BadRequest(f"the line crosses itself{place}", remedy=REDRAW)
        raise BadRequest(f"the polygon is not sound: {what.strip().lower()}{place}", remedy=REDRAW)
    if not shapely.area(geometry) > 0:
        raise BadRequest("the line goes round nothing", remedy="draw it round some ground")
