"""Documents to read and to print: an indicator's page, and the pack of a ward."""

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.deps import ReaderDep, StrictRoute, ViewerDep, Within
from api.media import HTML, JSON, PDF, accepted, json_bytes, sealed
from lris import reports
from lris.terms import AreaCode

router = APIRouter(route_class=StrictRoute, tags=["documents"])


class Format(StrEnum):
    """How an indicator is told."""

    JSON = "json"
    HTML = "html"


MEDIA = {Format.JSON: JSON, Format.HTML: HTML}


@router.get("/indicators/{indicator}", summary="One indicator: what it is, map, funnel, areas")
def one_indicator(
    request: Request,
    reader: ReaderDep,
    viewer: ViewerDep,
    indicator: str,
    vintage: Annotated[str | None, Query(description="the smallest areas without it")] = None,
    period: Annotated[str | None, Query(description="the newest without it")] = None,
    category: Annotated[str | None, Query(description="the first without it")] = None,
    within: Within = None,
    format: Annotated[
        Format | None, Query(description="json or html; without it what Accept asks for")
    ] = None,
) -> Response:
    """Definition, method, worked example, source, coverage, distribution and funnel, as JSON.

    As a page it has a map and a table of the areas too, needs nothing beside it, and prints.
    """
    media = MEDIA[format] if format else accepted(request, MEDIA.values())
    series = {"vintage": vintage, "period": period, "category": category, "within": within}

    def make() -> bytes:
        if media == HTML:
            return reports.indicator_page(reader, viewer, indicator, **series).bytes
        return json_bytes(reports.indicator(reader, viewer, indicator, **series))

    return sealed(
        request,
        reader,
        viewer,
        make,
        media_type=media,
        headers=lambda: {"Vary": "Accept, Accept-Encoding"},
        shelf=request.app.state.documents if media == HTML else None,
    )


@router.get(
    "/packs/{vintage}/{code}",
    summary="All LSOAs of a ward in one PDF",
    response_class=Response,
    responses={200: {"content": {PDF: {}}}},
)
def pack(
    request: Request, reader: ReaderDep, viewer: ViewerDep, vintage: str, code: str
) -> Response:
    """The ward first, then a page or two for each of its LSOAs; at most 40 of them."""
    which = AreaCode(vintage, code)

    def headers() -> dict[str, str]:
        return {"Content-Disposition": f'inline; filename="{reports.pack_name(which)}"'}

    return sealed(
        request,
        reader,
        viewer,
        lambda: reports.pack(reader, viewer, which).bytes,
        media_type=PDF,
        headers=headers,
        shelf=request.app.state.documents,
    )
