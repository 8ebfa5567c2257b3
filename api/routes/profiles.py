"""Profiles of neighbourhoods."""

from fastapi import APIRouter, Request, Response

from api.deps import ReaderDep, StrictRoute, ViewerDep
from api.media import json_bytes, sealed
from lris import profiles
from lris.terms import AreaCode

router = APIRouter(route_class=StrictRoute, tags=["profiles"])


@router.get("/profiles/{vintage}/{code}", summary="One neighbourhood on a page")
def profile(
    request: Request, reader: ReaderDep, viewer: ViewerDep, vintage: str, code: str
) -> Response:
    """Figures by theme with sentences, named gaps and sources.

    `area` says whose a figure is where it is not the area's own: `same` ground under boundaries of
    another year, or a `larger` area that it lies in.
    """
    return sealed(
        request,
        reader,
        viewer,
        lambda: json_bytes(profiles.profile(reader, viewer, AreaCode(vintage, code))),
    )
