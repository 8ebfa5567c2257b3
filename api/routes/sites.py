"""Schools, practices and surgeries in and near an area."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.deps import ReaderDep, StrictRoute, ViewerDep
from api.media import GEOJSON, json_bytes, sealed
from lris import sites

router = APIRouter(route_class=StrictRoute, tags=["sites"])


@router.get("/sites", summary="Schools and surgeries of an area")
def list_sites(
    request: Request,
    reader: ReaderDep,
    viewer: ViewerDep,
    within: Annotated[str, Query(description="VINTAGE/CODE")],
    kind: Annotated[str | None, Query(description="only these, such as school")] = None,
    near_m: Annotated[
        float,
        Query(ge=0, le=sites.MOST_NEAR_M, description="also those up to so many metres outside"),
    ] = 0,
) -> Response:
    """GeoJSON (RFC 7946); each says whether it is inside, and how far from the area's outline."""
    return sealed(
        request,
        reader,
        viewer,
        lambda: json_bytes(sites.sites_geojson(reader, viewer, within, kind=kind, near_m=near_m)),
        media_type=GEOJSON,
    )
