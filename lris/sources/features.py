"""GeoJSON points as a table: a row for each feature, its properties beside its coordinates.

For a table of places that a publisher issues as features; boundaries are read by
`lris.sources.spatial`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from lris.errors import FileFault, Spot
from lris.sources.archives import Member

MOST_BYTES = 16 << 20
COORDINATES = ("longitude", "latitude")
_DEGREES = ("CRS84", "EPSG::4326", "EPSG:4326")


def feature_rows(member: Member) -> tuple[list[str], list[list[object]]]:
    """The header and the rows of a file of points; line 1 of what follows is the first feature.

    Properties within properties are named `outer.inner`; the last two columns are `longitude` and
    `latitude`. Raises `FileFault` for anything but points in degrees.
    """
    features = _features(member)
    found = [_properties(feature, member.name, at) for at, feature in enumerate(features, 1)]
    header = list(dict.fromkeys(name for one in found for name in one))
    for name in COORDINATES:
        if name in header:
            raise FileFault(
                member.name,
                f"the features have a property called {name!r} beside their geometry",
                remedy="drop one of the two",
            )
    rows = [
        [*(one.get(name, "") for name in header), *_point(feature, member.name, at)]
        for at, (feature, one) in enumerate(zip(features, found, strict=True), 1)
    ]
    return [*header, *COORDINATES], rows


def _features(member: Member) -> list[Mapping[str, Any]]:
    if member.bytes > MOST_BYTES:
        raise FileFault(
            member.name,
            f"it is {member.bytes >> 20:,} MiB of JSON",
            expected=f"at most {MOST_BYTES >> 20} MiB",
            remedy="ask the publisher for a CSV",
        )
    try:
        document = orjson.loads(member.path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
        features = document["features"]
    except (ValueError, KeyError, TypeError) as broken:
        raise FileFault(
            member.name,
            f"it is not a collection of features ({type(broken).__name__})",
            expected="GeoJSON",
            remedy="fetch it again; it may be cut short",
        ) from None
    _check_degrees(member.name, document.get("crs"))
    if not isinstance(features, list) or not all(isinstance(one, dict) for one in features):
        raise FileFault(member.name, "its features are not a list of features", expected="GeoJSON")
    return features


def _check_degrees(name: str, crs: object) -> None:
    """RFC 7946 knows degrees only; older files name their system."""
    if crs is not None and not json.dumps(crs).rstrip('"}').endswith(_DEGREES):
        raise FileFault(
            name,
            f"its coordinates are in {json.dumps(crs)[:80]}",
            expected="longitude and latitude (WGS 84)",
            remedy="have it written again in EPSG:4326",
        )


def _properties(feature: Mapping[str, Any], name: str, at: int) -> dict[str, object]:
    properties = feature.get("properties") or {}
    if not isinstance(properties, dict):
        raise FileFault(
            Spot(name, at), "the feature's properties are no object", expected="GeoJSON"
        )
    return dict(_flattened(properties))


def _flattened(properties: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, value in properties.items():
        if isinstance(value, dict) and prefix.count(".") < 4:
            yield from _flattened(value, f"{prefix}{name}.")
        elif isinstance(value, (dict, list)):
            yield f"{prefix}{name}", json.dumps(value)
        else:
            yield f"{prefix}{name}", "" if value is None else value


def _point(feature: Mapping[str, Any], name: str, at: int) -> tuple[object, object]:
    geometry = feature.get("geometry")
    if geometry is None:
        return "", ""
    place = geometry.get("coordinates") if isinstance(geometry, dict) else None
    is_point = isinstance(geometry, dict) and geometry.get("type") == "Point"
    if not is_point or not isinstance(place, list) or len(place) < 2:
        raise FileFault(
            Spot(name, at),
            "the feature is not a point",
            expected="features that are points",
            remedy="load boundaries with: lris boundaries load VINTAGE FILE",
        )
    return place[0], place[1]
