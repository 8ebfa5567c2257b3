"""The coordinate reference system of a boundary file: read, demanded, never guessed.

Degrees become metres through OSTN15 (`lris.rules.british_grid`); `pyproj` alone, without the
grid-shift files, would be metres off. Coordinates that cannot be in the system a file names are
refused, with the option that puts it right.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Sequence

import numpy as np
import orjson
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from lris.errors import BadRequest, BoundaryFault
from lris.rules.british_grid import to_grid
from lris.sources.frames import Strings

Geometries = NDArray[np.object_]
Coordinates = NDArray[np.float64]

WGS84, GRID = "EPSG:4326", "EPSG:27700"

_NAMED_CRS = re.compile(rb'"crs"\s*:\s*(null|\{(?:[^{}]|\{[^{}]*\})*\})')
_BODY = re.compile(rb'"(features|geometries)"\s*:')
_HEAD_BYTES, _TAIL_BYTES = 1 << 16, 1 << 10
_OWN_FILES = re.compile(r"(nad|geoid)grids\s*=\s*(?!@null)|\binit\s*=", re.IGNORECASE)
_AIRY_1830_M = 6_377_563.396
_GRID_TERMS = {
    "latitude_of_projection_origin": 49.0,
    "longitude_of_central_meridian": -2.0,
    "scale_factor_at_central_meridian": 0.9996012717,
    "false_easting": 400_000.0,
    "false_northing": -100_000.0,
    "semi_major_axis": _AIRY_1830_M,
}
_ISLES_M = (-300_000.0, -300_000.0, 900_000.0, 1_400_000.0)


def stated_crs(text: str) -> CRS:
    """The reference system a person states; `BadRequest` where there is none of that name."""
    crs = parsed_crs(text)
    if crs is None:
        raise BadRequest(
            f"{text!r} is not a coordinate reference system",
            remedy="write it as EPSG:27700 (British National Grid) or EPSG:4326 (degrees)",
        )
    return crs


def parsed_crs(text: str | None) -> CRS | None:
    """The reference system a file names; nothing where that names none, or files of its own."""
    try:
        return None if not text or _OWN_FILES.search(text) else CRS.from_user_input(text)
    except CRSError:
        return None


def crs_of_json(text: mmap.mmap, silent: str | None) -> CRS | None:
    """The reference system that a GeoJSON or TopoJSON file states; `silent` where it says nothing.

    Looked for before the features and at the very end. GDAL is not asked: for a system it does not
    know, and for an explicit null, it answers WGS84.
    """
    body = _BODY.search(text, 0, _HEAD_BYTES)
    head = text[: body.start() if body else _HEAD_BYTES]
    del body  # it holds on to the map, which could not be closed
    found = _NAMED_CRS.findall(head)[:1] or _NAMED_CRS.findall(text[-_TAIL_BYTES:])[-1:]
    return parsed_crs(_crs_name(found[0]) if found else silent)


def _crs_name(stated: bytes) -> str | None:
    try:
        told = orjson.loads(stated)
    except orjson.JSONDecodeError:
        return None
    properties = told.get("properties") if isinstance(told, dict) else None
    if not isinstance(properties, dict):
        return None
    name, code = properties.get("name"), properties.get("code")
    if isinstance(name, str) and name:
        return name
    return f"EPSG:{code}" if code else None


def demanded(member: str, crs: CRS | None) -> CRS:
    """The reference system of a file; `BoundaryFault` where neither it nor anybody says it."""
    if crs is None:
        raise BoundaryFault(
            f"{member}: the file does not say which coordinate reference system it is in",
            remedy="say it: --crs EPSG:4326 for longitude and latitude (TopoJSON nearly always), "
            "--crs EPSG:27700 for British National Grid",
        )
    return crs


def label(crs: CRS) -> str:
    """What people call it: `EPSG:27700` for the British grid under any name."""
    if _is_grid(crs):
        return GRID
    authority = crs.to_authority()
    return ":".join(authority) if authority else crs.name


def first_few(codes: Sequence[str] | Strings) -> str:
    """Five codes by name, and how many more."""
    shown = ", ".join(codes[:5])
    return shown if len(codes) <= 5 else f"{shown} and {len(codes) - 5:,} more"


def on_the_grid(member: str, codes: Strings, geometry: Geometries, crs: CRS) -> Geometries:
    """Shapes in `crs` (easting or longitude first) moved to EPSG:27700, where they are not yet.

    Raises `BoundaryFault` where the coordinates cannot be of that system, or lie outside the
    British Isles.
    """
    if not geometry.size:
        return geometry
    flat = _flat(crs)
    _check_units(member, geometry, flat)
    moved = geometry
    if not _is_grid(flat):
        moved = np.asarray(shapely.transform(geometry, lambda xy: _grid_of(xy, flat)), dtype=object)
    _check_place(member, codes, geometry, moved)
    return moved


def _grid_of(xy: Coordinates, crs: CRS) -> Coordinates:
    """Coordinates (easting or longitude first) to EPSG:27700.

    From another system on the Ordnance Survey's own datum directly; from everything else by way
    of WGS84 and OSTN15.
    """
    x, y = xy.T
    if _is_airy(crs):
        x, y = Transformer.from_crs(crs, GRID, always_xy=True).transform(x, y)
    else:
        if not crs.equals(CRS(WGS84), ignore_axis_order=True):
            x, y = Transformer.from_crs(crs, WGS84, always_xy=True).transform(x, y)
        x, y = to_grid(x, y)
    return np.column_stack([x, y])


def _flat(crs: CRS) -> CRS:
    """The horizontal part of a system with heights, or bound to a datum shift."""
    if crs.is_bound and crs.source_crs is not None:
        return _flat(crs.source_crs)
    return _flat(crs.sub_crs_list[0]) if crs.is_compound else crs


def _is_airy(crs: CRS) -> bool:
    return crs.ellipsoid is not None and abs(crs.ellipsoid.semi_major_metre - _AIRY_1830_M) < 0.001


def _is_grid(crs: CRS) -> bool:
    """Whether the parameters are those of British National Grid, whatever the system is called."""
    flat = _flat(crs)
    if not flat.is_projected or flat.axis_info[0].unit_conversion_factor != 1.0:
        return False
    terms = flat.to_cf()
    return terms.get("grid_mapping_name") == "transverse_mercator" and all(
        abs(terms.get(term, np.inf) - value) < 1e-9 * max(1.0, abs(value))
        for term, value in _GRID_TERMS.items()
    )


def _check_units(member: str, geometry: Geometries, crs: CRS) -> None:
    """That no shape is in degrees in a system of metres, nor the other way round."""
    bounds = shapely.bounds(geometry)
    west, south, east, north = bounds.T
    like_degrees = np.maximum(np.abs(west), np.abs(east)) <= 180
    like_degrees &= np.maximum(np.abs(south), np.abs(north)) <= 90
    if crs.is_geographic and not like_degrees.all():
        at = int(np.argmin(like_degrees))
        raise BoundaryFault(
            f"{member}: said to be in degrees ({crs.name}), but coordinates reach "
            f"{east[at]:,.0f}, {north[at]:,.0f}",
            remedy="if they are British National Grid metres, load the file with --crs EPSG:27700",
        )
    if crs.is_projected and like_degrees.any():
        at = int(np.argmax(like_degrees))
        whole = bool(like_degrees.all())
        raise BoundaryFault(
            f"{member}: said to be in metres ({crs.name}), but {'all' if whole else 'some'}"
            f" coordinates are as small as {east[at]:.4f}, {north[at]:.4f}",
            remedy="if they are longitude and latitude, load the file with --crs EPSG:4326"
            + ("" if whole else "; if two systems are mixed, mend the features"),
        )


def _check_place(member: str, codes: Strings, given: Geometries, moved: Geometries) -> None:
    west, south, east, north = shapely.bounds(moved).T
    inside = (west >= _ISLES_M[0]) & (south >= _ISLES_M[1])
    inside &= (east <= _ISLES_M[2]) & (north <= _ISLES_M[3])
    if inside.all():
        return
    first = int(np.flatnonzero(~inside)[0])
    x, y = shapely.get_coordinates(given[first])[0]
    raise BoundaryFault(
        f"{member}: {first_few(codes[~inside])} lie outside the British Isles "
        f"(the first at {x:g}, {y:g})",
        remedy="check that longitude comes before latitude (easting before northing), and that "
        "the reference system is right",
    )
