"""A layer: an indicator coloured on a map, as GeoJSON with its figures and its legend."""

from __future__ import annotations

from typing import Any

import orjson

from lris import areas, figures
from lris.figures import FigurePage, Reader
from lris.store import areas as areas_store
from lris.terms import Viewer


def layers(reader: Reader, viewer: Viewer) -> list[dict[str, Any]]:
    """The layers whose indicator has published figures."""
    with reader.doors.reading(viewer) as connection:
        found = reader.contents(connection, viewer)
    return [
        {
            "id": layer.id,
            "title": layer.title,
            "indicator": layer.indicator,
            "topic": reader.catalogue.indicator(layer.indicator).topic.value,
            "method": layer.method,
            "colours": list(layer.colours),
        }
        for layer in reader.catalogue.layers.values()
        if found.of(layer.indicator)
    ]


def layer_geojson(
    reader: Reader,
    viewer: Viewer,
    layer_id: str,
    *,
    vintage: str | None,
    period: str | None,
    category: str | None = None,
    within: str | None = None,
    zoom: int | None = None,
) -> bytes:
    """A layer's areas with their figures as properties, and the legend beside the features."""
    layer = reader.catalogue.layer(layer_id)
    indicator = reader.catalogue.indicator(layer.indicator)
    if category is None and indicator.categories:
        category = indicator.categories[0].id
    page = figures.figures(
        reader,
        viewer,
        layer.indicator,
        vintage=vintage,
        period=period,
        category=category,
        within=within,
    )
    return figures_geojson(reader, viewer, page, within=within, zoom=zoom)


def figures_geojson(
    reader: Reader,
    viewer: Viewer,
    page: FigurePage,
    *,
    within: str | None = None,
    zoom: int | None = None,
) -> bytes:
    """Figures on the outlines of their areas; one feature for each figure."""
    with reader.doors.reading(viewer) as connection:
        edition = areas.published_edition(connection, reader.catalogue, str(page.meta["vintage"]))
        inside = areas.within_ids(connection, reader.catalogue, within, edition.vintage)
        tolerance = areas.tolerance_for(connection, edition, zoom)
        shapes = areas_store.display_geojson(connection, edition.id, tolerance, inside)
    features = [
        b'{"type":"Feature","id":%d,"properties":%s,"geometry":%s}'
        % (shapes[row["area_code"]][0], orjson.dumps(row), shapes[row["area_code"]][1])
        for row in page.figures
        if row["area_code"] in shapes
    ]
    return b'{"type":"FeatureCollection","meta":%s,"features":[%s]}' % (
        orjson.dumps(page.meta),
        b",".join(features),
    )
