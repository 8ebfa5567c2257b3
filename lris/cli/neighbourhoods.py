"""Neighbourhoods of one's own: put one together, look at it again, list those there are."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from lris.cli.opened import Json, app, opened, show
from lris.errors import BadRequest

command = typer.Typer(
    help="Put neighbourhoods together from whole small areas.", no_args_is_help=True
)
app.add_typer(command, name="neighbourhood")


@command.command("make")
def make(
    polygon: Annotated[
        Path | None, typer.Option(help="A GeoJSON file, in longitude and latitude.")
    ] = None,
    codes: Annotated[str | None, typer.Option(help="Codes of one vintage, by commas.")] = None,
    postcodes: Annotated[str | None, typer.Option(help="Postcodes, parted by commas.")] = None,
    vintage: Annotated[str | None, typer.Option(help="Such as lsoa_2021; codes need it.")] = None,
    name: Annotated[str, typer.Option(help="What to call it.")] = "",
    json_: Json = False,
) -> None:
    """Put a neighbourhood together from a drawn line, codes or postcodes, and keep it."""
    from lris.cli.opened import actor
    from lris.neighbourhoods import make as put_together
    from lris.terms import Viewer

    given = {
        "polygon": _geojson(polygon) if polygon else None,
        "codes": _words(codes),
        "postcodes": _words(postcodes),
        "vintage": vintage,
    }
    asked = {key: value for key, value in given.items() if value is not None}
    with opened() as here:
        reader = here.reader
        found = put_together(reader, Viewer(actor()), {**asked, "name": name})
    show(found, json_, list(_lines(found)))


@command.command("show")
def again(
    token: Annotated[str, typer.Argument(help="As make told it.")], json_: Json = False
) -> None:
    """Print the profile of a neighbourhood that was made before."""
    from lris.neighbourhoods import own_profile
    from lris.terms import PUBLIC

    with opened() as here:
        found = own_profile(here.reader, PUBLIC, token)
    show(found, json_, list(_lines(found)))


@command.command("list")
def list_(json_: Json = False) -> None:
    """List the neighbourhoods made last."""
    from lris.neighbourhoods import newest
    from lris.terms import PUBLIC

    with opened() as here:
        found = newest(here.doors, PUBLIC)
    lines = [
        f"{one['token']}  {one['vintage']:<10} {one['blocks']:>5,} blocks by {one['made_from']:<9}"
        f" {one['made_at']:.16}  {one['name']}"
        for one in found
    ]
    show({"neighbourhoods": found}, json_, lines or ["No neighbourhood has been made."])


def _geojson(path: Path) -> Any:  # noqa: ANN401
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as fault:
        raise BadRequest(
            f"{path} cannot be read as GeoJSON: {fault}", remedy="name a GeoJSON file in UTF-8"
        ) from fault


def _words(given: str | None) -> list[str] | None:
    if given is None:
        return None
    return [word for part in given.split(",") if (word := part.strip())]


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    yield f"{found['area']['name']} ({found['address']})"
    yield f"  {found['degree_of_fit']['words']}"
    yield f"  of {', '.join(one['code'] for one in found['blocks'] if one['taken'])}"
    for unknown in found.get("unknown_postcodes", ()):
        yield f"  ✗ nothing is known of {unknown}"
    for section in found["sections"]:
        if section["figures"]:
            yield ""
            yield section["title"]
        for one in section["figures"]:
            category = f", {one['category_name']}" if one["category_name"] else ""
            yield f"  {one['name']}{category}: {one['sentence']}"
    yield ""
    yield from (f"Gap: {gap['sentence']}" for gap in found["gaps"])
