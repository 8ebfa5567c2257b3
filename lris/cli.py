"""`lris`: one command. Each verb parses, opens a door, calls one function, prints."""

from __future__ import annotations

import getpass
import json
import os
import signal
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from lris.catalogue import Catalogue
from lris.errors import BadRequest, ClusterFault, LrisError
from lris.progress import Progress, console_progress
from lris.settings import Settings

HELP = """The neighbourhood information system.

Data flows one way: [bold]fetch[/] a publisher's file, [bold]load[/] it, [bold]derive[/] figures,
[bold]publish[/] a sealed release, and serve it with [bold]up[/]. Everything is kept in a private
PostGIS database under LRIS_HOME, which starts and stops by itself.
"""

app = typer.Typer(help=HELP, no_args_is_help=True, rich_markup_mode="rich", add_completion=False)
boundaries_app = typer.Typer(
    help="Bring in boundaries: load a draft, look at it, publish it.", no_args_is_help=True
)
app.add_typer(boundaries_app, name="boundaries")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
Source = Annotated[str, typer.Argument(help="A source; lris sources lists them.")]
VintageName = Annotated[
    str, typer.Argument(help="Such as lsoa_2021; lris boundaries list names them.")
]
Files = Annotated[
    list[Path], typer.Argument(help="Plain, .gz, .xz, .zip, .tar.* or a folder.", metavar="FILE...")
]
Because = Annotated[str, typer.Option("--because", help="Why, for the record.")]
PeriodOption = Annotated[
    str | None, typer.Option(help="What the figures are of, where the file does not say.")
]


@dataclass(frozen=True, slots=True)
class _Open:
    """What a verb works with."""

    settings: Settings
    catalogue: Catalogue
    doors: Any
    progress: Progress


@contextmanager
def _opened() -> Iterator[_Open]:
    """The database of this machine, brought up where it is down, with its tables up to date."""
    from lris.session import Doors
    from lris.store.cluster import database
    from lris.store.schema import migrate

    settings = Settings.from_environment()
    catalogue = Catalogue.read(settings.geodata)
    with console_progress() as progress, database(settings, progress.say) as url:
        doors = Doors(url)
        try:
            migrate(doors.engine)
            yield _Open(settings, catalogue, doors, progress)
        finally:
            doors.close()


def _actor() -> str:
    try:
        return os.environ.get("LRIS_ACTOR") or getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def _now() -> datetime:
    return datetime.now(UTC)


def _print(report: Any, as_json: bool, lines: Sequence[str]) -> None:  # noqa: ANN401
    if as_json:
        content = (
            asdict(report) if is_dataclass(report) and not isinstance(report, type) else report
        )
        print(json.dumps(content, default=str, indent=2))
    else:
        for line in lines:
            print(line)


# ---------------------------------------------------------------- up


@app.command()
def up(
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="Port on 127.0.0.1; LRIS_PORT, or 8000."),
    ] = None,
    place: Annotated[str | None, typer.Option(help="A place of the catalogue to load.")] = None,
    empty: Annotated[bool, typer.Option("--empty", help="Load no place.")] = False,
) -> None:
    """Bring everything up and serve it. Ctrl-C stops all that this started.

    A place that is loaded already is not loaded again. Without --place the default one is loaded.
    """
    if place and empty:
        raise BadRequest("--place and --empty contradict each other", remedy="give one of them")
    for number in STOPPING:
        signal.signal(number, _interrupt)
    settings = Settings.from_environment()
    listener = _listener(settings.host, port or settings.port)
    try:
        with listener, _opened() as here:
            if not empty:
                _load_place(here, place)
            _serve(here, listener)
    except KeyboardInterrupt:
        pass
    print("Stopped.", file=sys.stderr)


DEFAULT_PLACE = "west-yorkshire"

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, a service manager, a terminal that closes: each stops all that was started."""


def _load_place(here: _Open, place: str | None) -> None:
    from lris.places import load_place

    load_place(
        here.doors,
        here.catalogue,
        place or DEFAULT_PLACE,
        raw=here.settings.raw,
        actor=_actor(),
        now=_now,
        progress=here.progress,
    )


def _serve(here: _Open, listener: socket.socket) -> None:
    import uvicorn

    from api.app import create_app
    from lris.figures import Reader

    service = create_app(Reader(here.doors, here.catalogue), here.settings.web)
    server = uvicorn.Server(uvicorn.Config(service, log_level="warning", access_log=False))
    host, port = listener.getsockname()[:2]

    # An exception raised in the middle of the event loop can be lost; a flag cannot.
    def leave(number: int, frame: object) -> None:
        server.should_exit = True

    for number in STOPPING:
        signal.signal(number, leave)
    here.progress.say(f"LRIS is at http://{host}:{port}/  (Ctrl-C stops it)")
    server.run(sockets=[listener])


def _listener(host: str, port: int) -> socket.socket:
    """Take the port first: nobody should wait for a load to be told that it is taken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as fault:
        listener.close()
        raise ClusterFault(
            f"port {port} on {host} cannot be had: {fault.strerror}",
            remedy=f"stop what uses it, or choose another: LRIS_PORT={port + 1} make run",
        ) from fault
    return listener


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


# ---------------------------------------------------------------- fetch, check, load


@app.command()
def fetch(
    name: Annotated[str, typer.Argument(help="A place, a source or a vintage of the catalogue.")],
    json_: Json = False,
) -> None:
    """Bring publishers' files to this machine, each checked by its hash, with a receipt."""
    from lris.fetch import fetch as bring
    from lris.places import place_files

    settings = Settings.from_environment()
    catalogue = Catalogue.read(settings.geodata)
    if name in catalogue.places:
        files = place_files(catalogue, catalogue.place(name))
    elif name in catalogue.vintages:
        files = list(catalogue.vintage(name).files)
    else:
        files = list(catalogue.source(name).files)
    with console_progress() as progress:
        receipts = bring(files, settings.raw, now=_now(), progress=progress)
    lines = [f"{one.name}: {one.path}" for one in receipts] or [f"{name} names no files to fetch"]
    _print({"files": [asdict(one) for one in receipts]}, json_, lines)


@app.command()
def check(source: Source, files: Files, period: PeriodOption = None, json_: Json = False) -> None:
    """Show what loading would do, without keeping anything of it."""
    _load(source, files, period, json_, keep=False)


@app.command()
def load(source: Source, files: Files, period: PeriodOption = None, json_: Json = False) -> None:
    """Load files into a source, each whole or not at all, and reconcile every row.

    rows read = loaded + set aside + already loaded. Unplaced rows are part of those loaded: they
    have no location, or lie outside all loaded areas.
    """
    _load(source, files, period, json_, keep=True)


def _load(source: str, files: list[Path], period: str | None, as_json: bool, *, keep: bool) -> None:
    from lris.load import load as bring_in

    with _opened() as here:
        report = bring_in(
            here.doors,
            here.catalogue,
            source,
            files,
            actor=_actor(),
            period=period,
            today=_now().date(),
            keep=keep,
            progress=here.progress,
        )
    content = {"deliveries": [asdict(one) for one in report.deliveries], "total": report.total}
    _print(content, as_json, list(_load_lines(report, keep=keep)))
    if report.faults:
        for fault in report.faults:
            print(f"✗ {fault}", file=sys.stderr)
        raise typer.Exit(report.exit_code)


def _load_lines(report: Any, *, keep: bool) -> Iterator[str]:  # noqa: ANN401
    for one in report.deliveries:
        if one.fault:
            yield f"✗ {one.file}: refused"
            continue
        yield f"{one.file}  [{one.partition}]"
        yield (
            f"  {one.rows_read:,} rows read = {one.loaded:,} loaded + {one.quarantined:,} set aside"
            f" + {one.already_loaded:,} already loaded"
        )
        if one.cells_read:
            yield (
                f"  {one.cells_read:,} cells = {one.values:,} values + {one.withheld:,} withheld"
                f" + {one.blank:,} blank"
            )
        if one.superseded:
            yield f"  replaces {one.superseded:,} rows of an earlier delivery, which is kept"
        if one.unplaced:
            yield f"  {one.unplaced:,} rows lie in no loaded area"
        for vintage, routes in one.routes.items():
            roads = ", ".join(f"{rows:,} {way.replace('_', ' ')}" for way, rows in routes.items())
            yield f"  {vintage}: {roads}"
        if one.compared:
            share = one.disagreeing / one.compared
            yield (
                f"  in {one.disagreeing:,} of {one.compared:,} rows ({share:.1%}) the point lies in"
                " another outline than the code says; the code is believed"
            )
    total = report.total
    counted = ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in total.items())
    yield f"Total: {counted}"
    if not keep:
        yield "Nothing was kept: this was a check."


# ---------------------------------------------------------------- boundaries


@boundaries_app.command("load")
def boundaries_load(
    vintage: VintageName,
    files: Files,
    because: Because = "",
    crs: Annotated[
        str | None, typer.Option(help="Where the file does not say it, such as EPSG:27700.")
    ] = None,
    grade: Annotated[str | None, typer.Option(help="BFC, BGC, BSC or BUC.")] = None,
    json_: Json = False,
) -> None:
    """Read boundary files (GeoJSON, TopoJSON, GeoPackage, Shapefile) into a draft edition."""
    from lris.boundaries import load_boundaries

    with _opened() as here:
        report = load_boundaries(
            here.doors,
            here.catalogue,
            vintage,
            files,
            actor=_actor(),
            because=because,
            crs=crs,
            grade=grade,
            progress=here.progress,
        )
    lines = [
        f"{report.vintage} edition {report.edition}: {report.areas:,} areas, {report.new:,} new,"
        f" {report.unchanged:,} unchanged, {len(report.changed):,} changed",
        f"  {report.features_read:,} features in {report.source_crs}, grade {report.grade}",
    ]
    for word, codes in (
        ("repaired", report.repaired),
        ("given twice alike", report.duplicates),
        ("without an outline", report.empty),
    ):
        if codes:
            lines.append(f"  {len(codes):,} {word}: {', '.join(codes[:8])}")
    lines.append(f"Look at it, then: lris boundaries publish {vintage}")
    _print(report, json_, lines)


@boundaries_app.command("publish")
def boundaries_publish(vintage: VintageName, because: Because = "", json_: Json = False) -> None:
    """Seal the draft as the next edition, and place every stored incident in it."""
    from lris.boundaries import publish_boundaries

    with _opened() as here:
        report = publish_boundaries(
            here.doors,
            here.catalogue,
            vintage,
            actor=_actor(),
            because=because,
            progress=here.progress,
        )
    lines = [
        f"{report.vintage} edition {report.edition}: {report.areas:,} areas published;"
        f" {report.incidents_placed:,} stored incidents placed"
        if report.published
        else f"{report.vintage}: there is no draft; edition {report.edition} stands"
    ]
    for pair, fit in report.links.items():
        lines.append(
            f"  {pair}: {fit['linked']:,.0f} linked by outline, least share {fit['least_share']}"
        )
    _print(report, json_, lines)


@boundaries_app.command("draw")
def boundaries_draw(vintage: VintageName, json_: Json = False) -> None:
    """Draw a vintage as the union of the smaller areas it is built from, as a draft."""
    from lris.boundaries import dissolve

    with _opened() as here:
        report = dissolve(
            here.doors, here.catalogue, vintage, actor=_actor(), progress=here.progress
        )
    _print(report, json_, [f"{vintage} edition {report.edition}: {report.areas:,} areas drawn"])


@boundaries_app.command("list")
def boundaries_list(json_: Json = False) -> None:
    """List the vintages, and what is loaded of each."""
    from lris.boundaries import vintages

    with _opened() as here:
        found = vintages(here.doors, here.catalogue)
    lines = [
        f"{one['id']:<12} {one['areas']:>7,} areas  {one['grade'] or '-':<8}"
        f" edition {one['edition'] or '-'}  codes known {one['codes_known']:,}"
        for one in found
    ]
    _print({"vintages": found}, json_, lines)


# ---------------------------------------------------------------- derive, publish, look


@app.command()
def derive(json_: Json = False) -> None:
    """Derive all figures from what is loaded. Nobody sees them before publish."""
    from lris.derive import derive as work_out

    with _opened() as here:
        report = work_out(here.doors, here.catalogue, actor=_actor(), progress=here.progress)
    lines = [f"{report.figures:,} figures in {report.series:,} series derived"]
    lines += [f"  {name}: {count:,}" for name, count in report.indicators.items()]
    _print(report, json_, lines)


@app.command()
def publish(because: Because, json_: Json = False) -> None:
    """Seal what was derived as a numbered release; the service serves the newest."""
    from lris.publish import publish as seal

    with _opened() as here:
        report = seal(here.doors, actor=_actor(), because=because, progress=here.progress)
    said = "sealed" if report.changed else "stands: nothing has changed since"
    _print(report, json_, [f"Release {report.release} {said} ({report.figures:,} figures)"])


@app.command()
def status(json_: Json = False) -> None:
    """Show what is loaded, placed, derived and published."""
    from lris.status import status as look
    from lris.store.cluster import describe

    with _opened() as here:
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
    _print(found, json_, lines)


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
    _print(found, json_, lines)


@app.command()
def profile(
    area: Annotated[str, typer.Argument(help="VINTAGE/CODE, such as lsoa_2011/E01014540.")],
    json_: Json = False,
) -> None:
    """Print the profile of a neighbourhood from the newest release."""
    from lris.areas import parse_area
    from lris.figures import Reader
    from lris.profiles import profile as look
    from lris.terms import PUBLIC

    with _opened() as here:
        found = look(Reader(here.doors, here.catalogue), PUBLIC, parse_area(area))
    described = found["area"]
    lines = [f"{described['name']} ({described['vintage']}/{described['code']})"]
    lines += [f"  in {one['name']} ({one['vintage']})" for one in described["parents"]]
    for section in found["sections"]:
        if section["figures"]:
            lines += ["", section["title"]]
        for one in section["figures"]:
            category = f", {one['category_name']}" if one["category_name"] else ""
            lines.append(f"  {one['name']}{category}: {one['sentence']}")
    lines += ["", *(f"Gap: {gap['sentence']}" for gap in found["gaps"])]
    lines += [
        f"Source: {one['title']}, {one['publisher']}, {one['licence']}" for one in found["sources"]
    ]
    _print(found, json_, lines)


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
    from lris.figures import Reader
    from lris.maps import layer_map
    from lris.terms import PUBLIC

    with _opened() as here:
        drawn = layer_map(
            Reader(here.doors, here.catalogue),
            PUBLIC,
            layer,
            vintage=vintage,
            period=period,
            category=category,
            within=within,
        )
        drawn.save(str(out))
    _print({"layer": layer, "file": str(out)}, json_, [f"{out} written"])


def main() -> None:
    """Run the command; errors raised on purpose become one sentence and their exit code."""
    try:
        app()
    except LrisError as fault:
        print(f"✗ {fault}", file=sys.stderr)
        raise SystemExit(fault.exit_code) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
