"""Places, vintages, areas and their outlines."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.deps import After, ReaderDep, StrictRoute, ViewerDep, Within, Zoom
from api.media import GEOJSON, json_bytes, next_address, sealed
from lris import areas, places
from lris.terms import AreaCode

router = APIRouter(route_class=StrictRoute, tags=["areas"])


@router.get("/places", summary="The places that are loaded")
def list_places(request: Request, reader: ReaderDep, viewer: ViewerDep) -> Response:
    """Places loaded whole, and everything that is loaded; the first is what the page opens."""
    return sealed(
        request, reader, viewer, lambda: json_bytes({"places": places.places(reader, viewer)})
    )


@router.get("/vintages", summary="The vintages of boundaries that are published")
def list_vintages(request: Request, reader: ReaderDep, viewer: ViewerDep) -> Response:
    """Each vintage with its level, its edition and how far its outlines were generalised."""
    return sealed(
        request,
        reader,
        viewer,
        lambda: json_bytes({"vintages": areas.vintages(reader.doors, reader.catalogue, viewer)}),
    )


@router.get("/areas", summary="Look for areas")
def search(
    request: Request,
    reader: ReaderDep,
    viewer: ViewerDep,
    vintage: Annotated[str | None, Query(description="only this vintage")] = None,
    q: Annotated[str | None, Query(description="part of a name or code")] = None,
    within: Within = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 100,
    after: After = None,
) -> Response:
    """Areas in order of vintage and code."""

    def make() -> bytes:
        page = areas.search(
            reader.doors,
            reader.catalogue,
            viewer,
            vintage=vintage,
            words=q,
            within=within,
            after=after,
            limit=limit,
        )
        return json_bytes({"areas": page.rows, "next": next_address(request, page.after)})

    return sealed(request, reader, viewer, make)


@router.get("/areas/{vintage}.geojson", summary="Outlines of a vintage")
def outlines(
    request: Request,
    reader: ReaderDep,
    viewer: ViewerDep,
    vintage: str,
    within: Within = None,
    zoom: Zoom = None,
) -> Response:
    """GeoJSON (RFC 7946), generalised with shared borders kept; never for placing points."""
    return sealed(
        request,
        reader,
        viewer,
        lambda: areas.outlines_geojson(
            reader.doors, reader.catalogue, viewer, vintage, within=within, zoom=zoom
        ),
        media_type=GEOJSON,
    )


@router.get("/areas/{vintage}/{code}", summary="One area")
def one_area(
    request: Request, reader: ReaderDep, viewer: ViewerDep, vintage: str, code: str
) -> Response:
    """An area with its level and the areas it lies in."""
    return sealed(
        request,
        reader,
        viewer,
        lambda: json_bytes(
            areas.area(reader.doors, reader.catalogue, viewer, AreaCode(vintage, code))
        ),
    )
