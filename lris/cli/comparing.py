"""Hold areas against each other: side by side, before and after, the most deprived and the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from lris.cli.opened import Json, app, opened, show

Category = Annotated[str | None, typer.Option(help="One category, where there are any.")]
Rate = Annotated[str, typer.Argument(help="A rate or a proportion; an indicator's name.")]


@app.command()
def compare(
    areas: Annotated[list[str], typer.Argument(help="VINTAGE/CODE or own/TOKEN, two to eight.")],
    json_: Json = False,
) -> None:
    """Put areas side by side, with a test of each pair."""
    from lris.comparing import compare as side_by_side
    from lris.terms import PUBLIC

    with opened() as here:
        found = side_by_side(here.reader, PUBLIC, ",".join(areas))
    show(found, json_, list(_side_by_side(found)))


def _side_by_side(found: Mapping[str, Any]) -> Iterator[str]:
    yield "; ".join(one["name"] for one in found["areas"])
    for section in found["sections"]:
        yield ""
        yield section["title"]
        for figure in section["figures"]:
            category = f", {figure['category_name']}" if figure["category_name"] else ""
            yield f"  {figure['name']}{category}, {figure['period']} ({figure['unit']})"
            for area, one in zip(found["areas"], figure["values"], strict=True):
                yield f"    {area['name']}: {one['sentence'] if one else 'no such figure'}"
            told = [test for test in figure["tests"] if test["sentence"]]
            yield from (f"    {test['sentence']}" for test in told)
    yield ""
    yield f"{found['tested']:,} tests. {found['method']}"


@app.command("before-after")
def before_after(
    area: Annotated[str, typer.Argument(help="VINTAGE/CODE or own/TOKEN.")],
    indicator: Rate,
    before: Annotated[str, typer.Option(help="The earlier period, such as 2018-10.")],
    after: Annotated[str, typer.Option(help="The later period, of the same length.")],
    category: Category = None,
    json_: Json = False,
) -> None:
    """Tell how an area changed beside the rest of its district."""
    from lris.areas import parse_area
    from lris.comparing import before_after as beside_the_rest
    from lris.terms import PUBLIC

    with opened() as here:
        found = beside_the_rest(
            here.reader,
            PUBLIC,
            parse_area(area),
            indicator=indicator,
            category=category,
            before=before,
            after=after,
        )
    show(found, json_, [found["sentence"], found["method"], *found["notes"]])


@app.command()
def gap(
    indicator: Rate,
    vintage: Annotated[str, typer.Option(help="Such as lsoa_2011.")] = "lsoa_2011",
    category: Category = None,
    within: Annotated[str | None, typer.Option(help="VINTAGE/CODE or place/ID.")] = None,
    fifth: Annotated[str, typer.Option(help="england, areas or people.")] = "england",
    json_: Json = False,
) -> None:
    """Follow the gap between the most deprived small areas and the rest."""
    from lris.comparing import gap_over_time
    from lris.terms import PUBLIC

    with opened() as here:
        found = gap_over_time(
            here.reader,
            PUBLIC,
            indicator,
            vintage=vintage,
            category=category,
            within=within,
            fifth=fifth,
        )
    lines = [
        f"  {one['period']}: {_number(one['deprived'])} and {_number(one['rest'])}"
        + ("" if one["used"] else ", not whole and not used")
        for one in found["periods"]
    ]
    show(found, json_, [found["sentence"], *lines])


def _number(figure: Mapping[str, Any]) -> str:
    return "-" if figure["value"] is None else f"{figure['value']:,.2f}"
