"""Sealed releases."""

from fastapi import APIRouter, Request, Response

from api.deps import ReaderDep, StrictRoute, ViewerDep
from api.media import json_bytes, sealed
from lris import releases

router = APIRouter(route_class=StrictRoute, tags=["releases"])


@router.get("/releases", summary="What has been published, and why")
def list_releases(request: Request, reader: ReaderDep, viewer: ViewerDep) -> Response:
    """Every release, newest first."""
    return sealed(
        request, reader, viewer, lambda: json_bytes({"releases": releases.releases(reader, viewer)})
    )
