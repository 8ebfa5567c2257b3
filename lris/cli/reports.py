"""Write documents: the pack of a ward, the page of an indicator."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lris import reports
from lris.cli.opened import Json, app, opened, show

Out = Annotated[
    Path | None, typer.Option("--out", help="The file to write; named after what it is without it.")
]


@app.command()
def pack(
    area: Annotated[str, typer.Argument(help="A ward as VINTAGE/CODE, such as ward_2024/E05...")],
    out: Out = None,
    json_: Json = False,
) -> None:
    """Write all LSOAs of a ward as one PDF."""
    from lris.areas import parse_area
    from lris.terms import PUBLIC

    with opened() as here:
        made = reports.pack(here.reader, PUBLIC, parse_area(area))
    write(made, out, json_)


@app.command()
def indicator(
    name: Annotated[str, typer.Argument(help="An indicator, such as crime_rate_residents.")],
    vintage: Annotated[str | None, typer.Option(help="The smallest areas without it.")] = None,
    period: Annotated[str | None, typer.Option(help="The newest without it.")] = None,
    category: Annotated[str | None, typer.Option(help="The first without it.")] = None,
    within: Annotated[str | None, typer.Option(help="VINTAGE/CODE or place/ID.")] = None,
    out: Out = None,
    json_: Json = False,
) -> None:
    """Write an indicator's page, or with --json print what it says."""
    from lris.terms import PUBLIC

    series = {"vintage": vintage, "period": period, "category": category, "within": within}
    with opened() as here:
        reader = here.reader
        if json_ and out is None:
            show(reports.indicator(reader, PUBLIC, name, **series), True, [])
            return
        made = reports.indicator_page(reader, PUBLIC, name, **series)
    write(made, out, json_)


def write(made: reports.Document, out: Path | None, as_json: bool) -> None:
    """Write a document to a file and say so."""
    file = out or Path(made.filename)
    file.write_bytes(made.bytes)
    size = len(made.bytes)
    told = {"file": str(file), "bytes": size, "media_type": made.media_type}
    show(told, as_json, [f"{file} written ({size:,} bytes)"])
