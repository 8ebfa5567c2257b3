"""Answers in the formats people ask for: GeoJSON, JSON, CSV; pictures and rasters next door."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import shapely
from numpy.typing import NDArray

from lris.errors import BadRequest
from lris.hotspots.looking import Answer, Surface, check_is_map
from lris.rules.british_grid import from_grid

if TYPE_CHECKING:
    import geopandas as gpd

PAGE_POLICY = (
    "default-src 'none'; img-src data: blob:; style-src 'unsafe-inline';"
    " script-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'"
)
"""What a map page may do: run and show what is in it, and fetch nothing from anywhere."""

DECIMALS = 6
"""Of degrees: a tenth of a metre."""


def geojson(answer: Answer) -> bytes:
    """A FeatureCollection (RFC 7946, degrees), its parameters and the rest beside the features."""
    check_is_map(answer, "GeoJSON")
    shapes = answer.found.shapes
    geometry = degrees([one.geometry for one in shapes])
    texts: Any = shapely.to_geojson(geometry) if len(geometry) else ()
    features = b",".join(
        b'{"type":"Feature","id":%d,"properties":%s,"geometry":%s}'
        % (number, orjson.dumps(one.properties), text.encode())
        for number, (one, text) in enumerate(zip(shapes, texts, strict=True), 1)
    )
    beside = orjson.dumps({**answer.members, **answer.found.body})
    return b'{"type":"FeatureCollection",%s,"features":[%s]}' % (beside[1:-1], features)


def json(answer: Answer) -> bytes:
    """The same without outlines: what each place or hour is, and all that stands beside it."""
    return orjson.dumps(
        {
            **answer.members,
            **answer.found.body,
            "places": [dict(one.properties) for one in answer.found.shapes],
        }
    )


def frame(answer: Answer) -> gpd.GeoDataFrame:
    """The places of an answer with their properties and outlines (EPSG:27700), for notebooks."""
    import geopandas as gpd

    check_is_map(answer, "frame")
    rows = _alike([dict(one.properties) for one in answer.found.shapes])
    geometry = [one.geometry for one in answer.found.shapes]
    return gpd.GeoDataFrame(rows, geometry=geometry, crs="EPSG:27700")


def table(answer: Answer) -> bytes:
    """CSV of the places, the cells of a surface, the hours of a clock or the months of a series."""
    rows = _rows(answer)
    first = next(rows, None)
    out = io.StringIO()
    if first is not None:
        writer = csv.DictWriter(out, list(first), lineterminator="\r\n")
        writer.writeheader()
        writer.writerow(_cells(first))
        writer.writerows(_cells(row) for row in rows)
    return out.getvalue().encode()


def _rows(answer: Answer) -> Any:  # noqa: ANN401
    body = answer.found.body
    if answer.found.surface is not None:
        return iter(_surface_rows(answer.found.surface))
    if "clock" in body:
        return iter(
            {"weekday": day["weekday"], "hour": hour, "incidents": value}
            for day in body["clock"]
            for hour, value in enumerate(day["hours"])
        )
    if "months" in body:
        return iter(dict(row) for row in _alike(body["months"]))
    return iter(_alike(_placed(answer)))


def _alike(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows with the same columns, in the order they first came."""
    whole = list(rows)
    names = list(dict.fromkeys(name for row in whole for name in row))
    return [{name: row.get(name) for name in names} for row in whole]


def _placed(answer: Answer) -> Iterable[dict[str, Any]]:
    """The properties of each place with its middle, in metres."""
    for one in answer.found.shapes:
        middle = shapely.point_on_surface(one.geometry)
        yield {
            **one.properties,
            "easting": round(float(shapely.get_x(middle)), 1),
            "northing": round(float(shapely.get_y(middle)), 1),
        }


def _surface_rows(surface: Surface) -> Iterable[dict[str, Any]]:
    row, column = np.nonzero(np.isfinite(surface.values))
    name = surface.unit.replace(" ", "_").replace(",", "")
    for r, c in zip(row.tolist(), column.tolist(), strict=True):
        yield {
            "easting": float(surface.x[c]),
            "northing": float(surface.y[r]),
            name: round(float(surface.values[r, c]), 4),
        }


def _cells(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: ""
        if value is None
        else " ".join(map(str, value))
        if isinstance(value, list | tuple)
        else str(value).lower()
        if isinstance(value, bool)
        else value
        for name, value in row.items()
    }


def degrees(geometry: list[shapely.Geometry]) -> NDArray[np.object_]:
    """Outlines in metres as longitude and latitude, outer rings anticlockwise."""
    shapes = np.array(geometry, dtype=object)
    if not shapes.size:
        return shapes

    def turned(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        longitude, latitude = from_grid(xy[:, 0], xy[:, 1])
        return np.round(np.column_stack([longitude, latitude]), DECIMALS).astype(np.float64)

    moved: NDArray[np.object_] = np.asarray(shapely.transform(shapes, turned))
    rings = shapely.get_exterior_ring(moved)
    turn = ~shapely.is_ccw(rings) | (shapely.get_num_interior_rings(moved) > 0)
    moved[turn] = shapely.orient_polygons(moved[turn])
    return moved


def _tif(answer: Answer) -> bytes:
    from lris.hotspots.rasters import geotiff

    return geotiff(answer)


def _png(answer: Answer) -> bytes:
    from lris.hotspots.pictures import png

    return png(answer)


def _html(answer: Answer) -> bytes:
    from lris.maps import hotspot_page

    return hotspot_page(answer)


FORMATS: Mapping[str, tuple[str, Callable[[Answer], bytes]]] = {
    "geojson": ("application/geo+json", geojson),
    "json": ("application/json", json),
    "csv": ("text/csv; charset=utf-8", table),
    "tif": ("image/tiff; application=geotiff", _tif),
    "png": ("image/png", _png),
    "html": ("text/html; charset=utf-8", _html),
}
"""What an answer can be had as: the media type, and who writes it."""


def media_type(form: str) -> str:
    """The media type of a format."""
    return FORMATS[_known(form)][0]


def written(answer: Answer, form: str) -> bytes:
    """An answer in a format. Raises `BadRequest` for one it cannot be had in."""
    return FORMATS[_known(form)][1](answer)


def _known(form: str) -> str:
    if form not in FORMATS:
        raise BadRequest(f"there is no format {form!r}", remedy=f"one of: {', '.join(FORMATS)}")
    return form
