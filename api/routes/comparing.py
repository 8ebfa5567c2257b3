"""Areas held against each other: side by side, before and after, the most deprived and the rest."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from api.deps import ReaderDep, StrictRoute, ViewerDep, Within
from api.media import HTML, JSON, accepted, json_bytes, sealed
from lris import comparing, reports
from lris.terms import AreaCode

router = APIRouter(route_class=StrictRoute, tags=["comparing"])

MEDIA = {"json": JSON, "html": HTML}

Category = Annotated[str | None, Query(description="one category, where the indicator has any")]


@router.get("/compare", summary="Areas side by side")
def compare(
    request: Request,
    reader: ReaderDep,
    viewer: ViewerDep,
    areas: Annotated[
        str, Query(description="two to eight: VINTAGE/CODE or own/TOKEN, parted by commas")
    ],
    format: Annotated[
        Literal["json", "html"] | None,
        Query(description="json or html; without it what Accept asks for"),
    ] = None,
) -> Response:
    """The same figures of the same periods, and a test for each pair of areas.

    Rates are tested by their ratio, proportions by their difference; a pair that cannot be tested
    says why in `because`.
    """
    media = MEDIA[format] if format else accepted(request, MEDIA.values())

    def make() -> bytes:
        found = comparing.compare(reader, viewer, areas)
        return reports.comparison(found).bytes if media == HTML else json_bytes(found)

    vary = {"Vary": "Accept, Accept-Encoding"}
    return sealed(
        request,
        reader,
        viewer,
        make,
        media_type=media,
        headers=lambda: vary,
        shelf=request.app.state.documents if media == HTML else None,
    )


@router.get("/before-after/{vintage}/{code}", summary="An area before and after, beside the rest")
def before_after(
    request: Request,
    reader: ReaderDep,
    viewer: ViewerDep,
    vintage: str,
    code: str,
    indicator: Annotated[str, Query(description="a rate or a proportion")],
    before: Annotated[str, Query(description="the earlier period, such as 2018-10")],
    after: Annotated[str, Query(description="the later period, as long as the earlier one")],
    category: Category = None,
) -> Response:
    """The change of an area (`own/TOKEN` for one's own) against the rest of its district.

    The area is taken out of the rest. Periods are whole and of one length.
    """
    return sealed(
        request,
        reader,
        viewer,
        lambda: json_bytes(
            comparing.before_after(
                reader,
                viewer,
                AreaCode(vintage, code),
                indicator=indicator,
                category=category,
                before=before,
                after=after,
            )
        ),
    )


@router.get("/gaps/{indicator}", summary="The most deprived and the rest")
def gap(
    request: Request,
    reader: ReaderDep,
    viewer: ViewerDep,
    indicator: str,
    vintage: Annotated[str | None, Query(description="such as lsoa_2011; needed")] = None,
    category: Category = None,
    within: Within = None,
    fifth: Annotated[
        Literal["england", "areas", "people"],
        Query(description="England's fifth, or that of the areas or of the residents here"),
    ] = "england",
) -> Response:
    """The level among the most deprived fifth of small areas and among the rest, every period.

    The verdict is never a good one while the most deprived get worse.
    """
    return sealed(
        request,
        reader,
        viewer,
        lambda: json_bytes(
            comparing.gap_over_time(
                reader,
                viewer,
                indicator,
                vintage=vintage,
                category=category,
                within=within,
                fifth=fifth,
            )
        ),
    )
