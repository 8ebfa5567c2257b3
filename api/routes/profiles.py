"""Profiles of neighbourhoods."""

import asyncio
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import partial
from typing import Annotated, Literal

import orjson
from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from api.deps import ReaderDep, StrictRoute, ViewerDep
from api.media import HTML, JSON, PDF, XLSX, accepted, as_sealed, unpacked
from lris import profiles, reports
from lris.terms import AreaCode, Viewer

router = APIRouter(route_class=StrictRoute, tags=["profiles"])


class Format(StrEnum):
    """How a profile is written."""

    JSON = "json"
    HTML = "html"
    PDF = "pdf"
    XLSX = "xlsx"


MEDIA = {Format.JSON: JSON, Format.HTML: HTML, Format.PDF: PDF, Format.XLSX: XLSX}
DOCUMENTS: Mapping[str, Literal["html", "pdf", "xlsx"]] = {HTML: "html", PDF: "pdf", XLSX: "xlsx"}

ChosenFormat = Annotated[
    Format | None, Query(description="how it is written; without it as the Accept header asks")
]


@router.get("/profiles/{vintage}/{code}", summary="One neighbourhood on a page")
async def profile(
    request: Request,
    reader: ReaderDep,
    viewer: ViewerDep,
    vintage: str,
    code: str,
    format: ChosenFormat = None,
) -> Response:
    """Figures by theme with sentences, comparators, ranks, trends, named gaps and sources.

    `area` says whose a figure is where it is not the area's own: `same` ground under boundaries of
    another year, or a `larger` area that it lies in.
    """
    found = await asyncio.get_running_loop().run_in_executor(
        request.app.state.lookups, profiles.profile_bytes, reader, viewer, AreaCode(vintage, code)
    )
    answer = partial(
        written, request, viewer, found.state, found.gzipped, f"{vintage}-{code}", format
    )
    if found.is_ready and _media(request, format) == JSON:
        return answer()
    return await run_in_threadpool(answer)


def _media(request: Request, format: Format | None) -> str:
    return MEDIA[format] if format else accepted(request, MEDIA.values())


def written(
    request: Request,
    viewer: Viewer,
    state: str,
    gzipped: Callable[[], bytes],
    name: str,
    format: Format | None,
) -> Response:
    """A profile as it is asked for: its JSON as it lies there, or a document made from it."""
    media = _media(request, format)
    if media == JSON:
        return as_sealed(request, viewer, state, gzipped, gzipped=True)
    chosen = DOCUMENTS[media]

    def document() -> bytes:
        profile = orjson.loads(unpacked(gzipped()))
        outlines = reports.surroundings(request.app.state.reader, viewer, profile)
        return reports.document(profile, chosen, outlines).bytes

    return as_sealed(
        request,
        viewer,
        state,
        document,
        media_type=media,
        headers={"Content-Disposition": f'inline; filename="{name}.{chosen}"'},
        shelf=request.app.state.documents,
    )
