"""Sources, and how good what came of them is."""

from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response

from api.deps import ReaderDep, StrictRoute, ViewerDep
from api.media import as_it_is, json_bytes
from lris import quality

router = APIRouter(route_class=StrictRoute, tags=["sources"])


@router.get("/sources", summary="The sources, and how good what came of them is")
def list_sources(request: Request, reader: ReaderDep, viewer: ViewerDep) -> Response:
    """Every source you may see: publisher, licence, refresh, and whether something needs a look."""
    today = datetime.now(UTC).date()
    found = quality.visible_sources(reader, viewer, today=today)
    return as_it_is(request, viewer, json_bytes({"sources": found}))


@router.get("/sources/{source}", summary="The quality card of a source")
def one_source(request: Request, reader: ReaderDep, viewer: ViewerDep, source: str) -> Response:
    """Of every delivery behind the newest release: complete, placed, in time, like its history."""
    today = datetime.now(UTC).date()
    card = quality.visible_source(reader, viewer, source, today=today)
    return as_it_is(request, viewer, json_bytes(card))
