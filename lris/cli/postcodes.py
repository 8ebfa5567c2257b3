"""Look up postcodes: some on the command line, or a whole file of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from lris.cli.opened import Json, app, opened, show
from lris.errors import BadRequest


@app.command()
def postcode(
    postcodes: Annotated[
        list[str] | None,
        typer.Argument(help="Postcodes, such as BS3 4TW; case and spaces do not matter."),
    ] = None,
    file: Annotated[Path | None, typer.Option(help="A CSV file with a column of them.")] = None,
    column: Annotated[str, typer.Option(help="What that column is called.")] = "postcode",
    out: Annotated[
        Path | None, typer.Option(help="Where to write the file with codes; else the screen.")
    ] = None,
    json_: Json = False,
) -> None:
    """Find the areas of postcodes in every vintage, one at a time or for a whole CSV file."""
    if (file is None) == (not postcodes):
        raise BadRequest(
            "say which postcodes", remedy="lris postcode BS3 4TW, or lris postcode --file FILE.csv"
        )
    if file is not None:
        _whole_file(file, column, out, json_)
    else:
        _some(postcodes or [], json_)


def _some(words: list[str], as_json: bool) -> None:
    from lris.postcodes import lookup
    from lris.rules.postcodes import split_words
    from lris.terms import PUBLIC

    with opened() as here:
        found = lookup(here.reader, PUBLIC, split_words(words))
    show({"postcodes": found}, as_json, [line for one in found for line in _lines(one)])


def _lines(one: Mapping[str, Any]) -> Iterator[str]:
    if "remedy" in one:
        yield f"✗ {one['found']}. {one['remedy'][:1].upper()}{one['remedy'][1:]}."
        return
    ended = f", ended {one['ended']}" if one["ended"] else ""
    at = one["location"]
    where = f"  {at['easting']:.0f} {at['northing']:.0f}" if at else "  no point known"
    yield f"{one['postcode']}{ended}{where}"
    for area in one["areas"]:
        also = area["aliases"].get("known_as")
        name = f"{area['name']} ({also})" if also else area["name"]
        yield f"  {area['vintage']:<14} {area['code']:<11} {name}  [by {area['route']}]"
    for card in one["directories"]:
        yield f"  from {card['title']}, {card['edition']}, {card['licence']}"


def _whole_file(file: Path, column: str, out: Path | None, as_json: bool) -> None:
    from dataclasses import asdict

    from lris.postcodes import lookup_file, reconciled
    from lris.terms import PUBLIC

    with opened() as here:
        reader = here.reader
        if out is None:
            counted = lookup_file(reader, PUBLIC, file, column, sys.stdout)
        else:
            with out.open("w", encoding="utf-8", newline="") as written:
                counted = lookup_file(reader, PUBLIC, file, column, written)
    if out is not None:
        show({"rows": asdict(counted), "file": str(out)}, as_json, [reconciled(counted)])
    else:
        print(reconciled(counted), file=sys.stderr)
