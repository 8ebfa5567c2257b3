"""Indicators and their figures."""

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.deps import After, Limit, ReaderDep, StrictRoute, ViewerDep, Within
from api.media import CSV, GEOJSON, JSON, csv_bytes, json_bytes, next_address, sealed
from lris import figures, layers
from lris.figures import COLUMNS, MOST_ROWS, FigurePage
from lris.smoothing import COLUMNS as SMOOTHED

router = APIRouter(route_class=StrictRoute, tags=["indicators"])


class Format(StrEnum):
    """How figures are written."""

    JSON = "json"
    CSV = "csv"
    GEOJSON = "geojson"


MEDIA = {Format.JSON: JSON, Format.CSV: CSV, Format.GEOJSON: GEOJSON}


@router.get("/indicators", summary="What is measured")
def list_indicators(request: Request, reader: ReaderDep, viewer: ViewerDep) -> Response:
    """Indicators with published figures: definition, categories, periods, vintages, source."""
    return sealed(
        request,
        reader,
        viewer,
        lambda: json_bytes({"indicators": figures.indicators(reader, viewer)}),
    )


@router.get("/indicators/{indicator}/figures", summary="Figures by area")
def list_figures(
    request: Request,
    reader: ReaderDep,
    viewer: ViewerDep,
    indicator: str,
    vintage: Annotated[str | None, Query(description="such as lsoa_2011; needed")] = None,
    period: Annotated[
        str | None,
        Query(description="2018, 2018-Q4, 2018-10, 2016/17 or 2015..2017; needed"),
    ] = None,
    category: Annotated[str | None, Query(description="one category; all without it")] = None,
    within: Within = None,
    format: Format = Format.JSON,
    limit: Limit = MOST_ROWS,
    after: After = None,
    smoothing: Annotated[
        str | None,
        Query(description="global or spatial: adds smoothed estimates, never the figures observed"),
    ] = None,
) -> Response:
    """Figures of one period in order of category and area code. A gap is a row with its reason.

    What does not fit in `limit` is on the next page: `next` in JSON, the Link header in all.
    """
    found: list[FigurePage] = []

    def make() -> bytes:
        page = figures.figures(
            reader,
            viewer,
            indicator,
            vintage=vintage,
            period=period,
            category=category,
            within=within,
            after=after,
            limit=limit,
            smooth=smoothing,
        )
        found.append(page)
        if format is Format.CSV:
            return csv_bytes(
                (*COLUMNS, *SMOOTHED) if smoothing is not None else COLUMNS, page.figures
            )
        if format is Format.GEOJSON:
            return layers.figures_geojson(reader, viewer, page, within=within)
        return json_bytes(
            {
                "meta": page.meta,
                "figures": page.figures,
                "next": next_address(request, page.after),
            }
        )

    def headers() -> dict[str, str]:
        more = next_address(request, found[0].after)
        name = f"{indicator}-{vintage}-{period}.{format}".replace("/", "-")
        return {
            **({"Link": f'<{more}>; rel="next"'} if more else {}),
            **(
                {}
                if format is Format.JSON
                else {"Content-Disposition": f'inline; filename="{name}"'}
            ),
        }

    return sealed(request, reader, viewer, make, media_type=MEDIA[format], headers=headers)
