"""Derive and publish figures, and look at what there is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from lris.catalogue import Catalogue
from lris.cli.opened import Because, Json, actor, app, now, opened, show
from lris.cli.reports import write
from lris.errors import BadRequest
from lris.settings import Settings

if TYPE_CHECKING:
    from lris.figures import Reader
    from lris.reports import Document


@app.command()
def derive(json_: Json = False) -> None:
    """Derive all figures from what is loaded. Nobody sees them before publish."""
    from lris.derive import derive as work_out

    with opened() as here:
        report = work_out(here.doors, here.catalogue, actor=actor(), progress=here.progress)
    lines = [f"{report.figures:,} figures in {report.series:,} series derived"]
    lines += [f"  {name}: {count:,}" for name, count in report.indicators.items()]
    show(report, json_, lines)


@app.command()
def publish(
    because: Because,
    profiles_later: Annotated[
        bool,
        typer.Option(
            "--profiles-later",
            help="serve at once: a profile is made when it is asked for, or by the next lris up",
        ),
    ] = False,
    json_: Json = False,
) -> None:
    """Seal what was derived as a numbered release; the service serves the newest."""
    from lris.publish import publish as seal

    with opened() as here:
        report = seal(
            here.doors,
            actor=actor(),
            because=because,
            catalogue=None if profiles_later else here.catalogue,
            progress=here.progress,
        )
    said = "sealed" if report.changed else "stands: nothing has changed since"
    lines = [
        f"Release {report.release} {said} ({report.figures:,} figures)",
        "Profiles are made when they are asked for, or by the next lris up"
        if profiles_later
        else f"{report.profiles:,} profiles are ready to be served",
    ]
    show(report, json_, lines)


@app.command()
def status(json_: Json = False) -> None:
    """Show what is loaded, placed, derived and published."""
    from lris.status import status as look
    from lris.store.cluster import describe

    with opened() as here:
        found = look(here.doors, here.catalogue)
        found["database"] = describe(here.settings)
    lines = [f"Database: {_server_words(found['database'])}"]
    lines += [f"Places: {', '.join(found['places']) or 'none'}"]
    lines += [
        f"{one['source']}  [{one['partition'][:60]}]  {one['loaded']:,} rows"
        f" ({one['unplaced']:,} in no area)"
        for one in found["deliveries"]
    ]
    lines += [
        f"{one['id']}: edition {one['edition'] or '-'}, {one['areas']:,} areas,"
        f" {one['grade'] or 'no grade'}{', a draft is open' if one['draft'] else ''}"
        for one in found["vintages"]
    ]
    lines += [
        f"Release {one['number']}: {one['figures']:,} figures, {one['because']}"
        for one in found["releases"]
    ]
    show(found, json_, lines)


def _server_words(server: Mapping[str, Any]) -> str:
    kind = "private" if server["private"] else "given"
    size = f", {server['size_bytes'] / 1e6:,.0f} MB" if server["size_bytes"] else ""
    return (
        f"{server['address']} ({kind}, PostgreSQL {server['server_version']},"
        f" PostGIS {server['postgis_version']}{size})"
    )


@app.command()
def sources(
    source: Annotated[str | None, typer.Argument(help="All there is to know of one.")] = None,
    json_: Json = False,
) -> None:
    """List the sources that can be loaded."""
    from lris.status import sources as look

    found = look(Catalogue.read(Settings.from_environment().geodata), source)
    lines = []
    for one in found["sources"]:
        lines.append(f"{one['id']:<32} {one['kind']:<13} {one['title']}")
        if source:
            lines += [f"  {one['publisher']}; {one['licence']}; {one['homepage']}"]
            lines += [f"  layout: {name}" for name in one["layouts"]]
            lines += [f"  note: {caveat}" for caveat in one["caveats"]]
    show(found, json_, lines)


@app.command()
def quality(
    source: Annotated[str | None, typer.Argument(help="Only of this source.")] = None,
    delivery: Annotated[int | None, typer.Option(help="Only this delivery.")] = None,
    json_: Json = False,
) -> None:
    """Show the quality card of each source: complete, placed, in time, like its history."""
    from lris.quality import cards

    with opened() as here:
        found = cards(here.doors, here.catalogue, source, delivery=delivery, today=now().date())
    lines = list(_card_lines(found, whole=bool(source) or delivery is not None))
    show({"sources": found}, json_, lines or ["Nothing is loaded."])


def _card_lines(cards: Sequence[Mapping[str, Any]], *, whole: bool) -> Iterator[str]:
    for card in cards:
        yield f"{card['id']:<32} {card['status']}"
        yield f"  {card['timeliness']['sentence']}"
        for one in card["deliveries"] if whole else ():
            yield f"  delivery {one['id']}  [{one['partition'][:60]}]  {one['status']}"
            for finding in one["findings"]:
                sign = {"as expected": " ", "needs a look": "!"}.get(finding["verdict"], "?")
                yield f"    {sign} {finding['aspect']}: {finding['sentence']}"


class Written(StrEnum):
    """What a profile can be written as."""

    JSON = "json"
    HTML = "html"
    PDF = "pdf"
    XLSX = "xlsx"


DOCUMENTS: Mapping[Written, Literal["html", "pdf", "xlsx"]] = {
    Written.HTML: "html",
    Written.PDF: "pdf",
    Written.XLSX: "xlsx",
}


@app.command()
def profile(
    area: Annotated[str, typer.Argument(help="VINTAGE/CODE, such as lsoa_2011/E01014540.")],
    format: Annotated[
        Written | None, typer.Option(help="Write it as a file instead; see --out.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The file to write; its ending can tell the format.")
    ] = None,
    json_: Json = False,
) -> None:
    """Print the profile of a neighbourhood from the newest release, or write it as a file."""
    from lris.areas import parse_area
    from lris.profiles import profile as look
    from lris.terms import PUBLIC

    written = _format_of(format, out)
    with opened() as here:
        reader = here.reader
        found = look(reader, PUBLIC, parse_area(area))
        made = _document(reader, found, written) if written else None
    if made is None:
        show(found, json_, list(_profile_lines(found)))
    else:
        write(made, out, json_)


def _format_of(format: Written | None, out: Path | None) -> Written | None:
    """The format asked for, or that of the file's ending; None to print."""
    if format or out is None:
        return format
    ending = out.suffix.removeprefix(".").lower()
    if ending not in set(Written):
        raise BadRequest(
            f"{out} is in no format that a profile is written in",
            remedy=f"let the name of the file end in .{', .'.join(Written)}, or give --format",
        )
    return Written(ending)


def _document(reader: Reader, found: Mapping[str, Any], written: Written) -> Document:
    import orjson

    from lris.reports import Document, document, surroundings
    from lris.terms import PUBLIC

    if written is Written.JSON:
        area = found["area"]
        whole = orjson.dumps(found, option=orjson.OPT_INDENT_2)
        return Document("application/json", whole, f"{area['vintage']}-{area['code']}.json")
    return document(found, DOCUMENTS[written], surroundings(reader, PUBLIC, found))


def _profile_lines(found: Mapping[str, Any]) -> Iterator[str]:
    described = found["area"]
    yield f"{described['name']} ({described['vintage']}/{described['code']})"
    yield from (f"  in {one['name']} ({one['vintage']})" for one in described["parents"])
    outstanding = found["stands_out"]
    if outstanding["sentences"]:
        yield from ("", f"What stands out ({outstanding['tested']} figures tested)")
        yield from (f"  {one['sentence']}" for one in outstanding["sentences"])
    for section in found["sections"]:
        if section["figures"]:
            yield from ("", section["title"])
        for one in section["figures"]:
            category = f", {one['category_name']}" if one["category_name"] else ""
            yield f"  {one['name']}{category}: {one['sentence']}{_standing_words(one)}"
    yield ""
    yield from (f"Gap: {gap['sentence']}" for gap in found["gaps"])
    yield from (f"Quality: {sentence}" for sentence in found["quality"])
    for one in found["sources"]:
        yield f"Source: {one['title']}, {one['publisher']}, {one['licence']}"


def _standing_words(figure: Mapping[str, Any]) -> str:
    """Verdicts against larger areas and similar ones, and the trend, where there are any."""
    told = [
        f"{one['verdict']} than {one['name']}" if one["verdict"] != "similar" else ""
        for one in figure["comparators"]
        if one["verdict"] != "not_compared"
    ]
    trend = figure["trend"]["verdict"] if figure["trend"] else "too short"
    told += [f"trend: {trend}"] if trend not in ("too short", "no clear change") else []
    said = [one for one in told if one]
    return f" [{'; '.join(said)}]" if said else ""


@app.command("map")
def map_(
    layer: Annotated[str, typer.Argument(help="A layer, such as crime_rate.")],
    out: Annotated[Path, typer.Argument(help="The HTML file to write.")],
    vintage: Annotated[str, typer.Option(help="Such as lsoa_2011.")] = "lsoa_2011",
    period: Annotated[str, typer.Option(help="Such as 2018-10.")] = "",
    category: Annotated[str | None, typer.Option(help="The first one without it.")] = None,
    within: Annotated[str | None, typer.Option(help="VINTAGE/CODE or place/ID.")] = None,
    json_: Json = False,
) -> None:
    """Write a layer as a map in one HTML file, drawn by folium."""
    from lris.maps import layer_map
    from lris.terms import PUBLIC

    with opened() as here:
        drawn = layer_map(
            here.reader,
            PUBLIC,
            layer,
            vintage=vintage,
            period=period,
            category=category,
            within=within,
        )
        drawn.save(str(out))
    show({"layer": layer, "file": str(out)}, json_, [f"{out} written"])
