"""Layers: indicators coloured on a map."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.deps import ReaderDep, StrictRoute, ViewerDep, Within, Zoom
from api.media import GEOJSON, json_bytes, sealed
from lris import layers

router = APIRouter(route_class=StrictRoute, tags=["layers"])


@router.get("/layers", summary="The layers there are")
def list_layers(request: Request, reader: ReaderDep, viewer: ViewerDep) -> Response:
    """Layers whose indicator has published figures."""
    return sealed(
        request, reader, viewer, lambda: json_bytes({"layers": layers.layers(reader, viewer)})
    )


@router.get("/layers/{layer}.geojson", summary="A layer with its figures and legend")
def one_layer(
    request: Request,
    reader: ReaderDep,
    viewer: ViewerDep,
    layer: str,
    vintage: Annotated[str | None, Query(description="such as lsoa_2011; needed")] = None,
    period: Annotated[str | None, Query(description="such as 2018-10; needed")] = None,
    category: Annotated[str | None, Query(description="the first one without it")] = None,
    within: Within = None,
    zoom: Zoom = None,
) -> Response:
    """GeoJSON features with value, interval, status and reason; the legend is in `meta`."""
    return sealed(
        request,
        reader,
        viewer,
        lambda: layers.layer_geojson(
            reader,
            viewer,
            layer,
            vintage=vintage,
            period=period,
            category=category,
            within=within,
            zoom=zoom,
        ),
        media_type=GEOJSON,
    )
