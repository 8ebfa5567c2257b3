"""Look at where and when incidents concentrate."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from lris.cli.opened import Json, actor, app, opened, show
from lris.errors import BadRequest


@app.command()
def hotspots(
    method: Annotated[
        str | None, typer.Argument(help="How to look; without one all ways are listed.")
    ] = None,
    source: Annotated[str, typer.Option(help="A source of incidents.")] = "police_street_crime",
    start: Annotated[str | None, typer.Option("--from", help="The first month: 2018-10.")] = None,
    to: Annotated[
        str | None, typer.Option("--to", help="The last month; --from without it.")
    ] = None,
    within: Annotated[str | None, typer.Option(help="VINTAGE/CODE or place/ID.")] = None,
    polygon: Annotated[Path | None, typer.Option(help="A study area as GeoJSON.")] = None,
    category: Annotated[
        str | None, typer.Option(help="Crime without anti-social behaviour, if left out.")
    ] = None,
    agency: Annotated[
        str | None, typer.Option(help="Who recorded it, such as a police force.")
    ] = None,
    unit: Annotated[str | None, typer.Option(help="A vintage, grid:250 or hex:250.")] = None,
    fdr: Annotated[bool, typer.Option(help="Control false discoveries.")] = True,
    harm: Annotated[bool, typer.Option("--harm", help="Weigh incidents by their harm.")] = False,
    bandwidth: Annotated[float | None, typer.Option(help="Of a surface, in metres.")] = None,
    cell: Annotated[float | None, typer.Option(help="Of a surface, in metres.")] = None,
    edge: Annotated[str | None, typer.Option(help="kde: uniform or none.")] = None,
    over: Annotated[str | None, typer.Option(help="risk: residents or households.")] = None,
    distance: Annotated[float | None, typer.Option(help="clusters: metres apart.")] = None,
    least: Annotated[int | None, typer.Option(help="clusters: fewest incidents.")] = None,
    because: Annotated[str, typer.Option(help="Why, where the source is not public.")] = "",
    out: Annotated[
        Path | None, typer.Option(help="FILE.geojson, .json, .csv, .tif, .png or .html to write.")
    ] = None,
    json_: Json = False,
) -> None:
    """Show where or when incidents concentrate, and how far to trust the answer.

    What is written can be read by its owner alone where the source is not public.
    """
    from lris.figures import Reader
    from lris.hotspots import Hotspots, listed, understood, written
    from lris.terms import Access, Viewer

    if method is None:
        show({"methods": listed()}, json_, list(_lines(listed())))
        return
    form = _format(out)
    given = {
        "source": source,
        "from": start,
        "to": to,
        "within": within,
        "polygon": _read(polygon),
        "category": category,
        "agency": agency,
        "unit": unit,
        "fdr": fdr,
        "harm": harm,
        "bandwidth": bandwidth,
        "cell": cell,
        "edge": edge,
        "over": over,
        "distance": distance,
        "least": least,
    }
    viewer = Viewer(actor(), Access.ANALYST)
    with opened() as here:
        asked = understood(here.catalogue, viewer, method, given)
        answer = Hotspots(Reader(here.doors, here.catalogue)).answer(viewer, asked, because=because)
        private = here.catalogue.source(source).access is not Access.PUBLIC
    if out:
        _write(out, written(answer, form), private=private)
    lines = [*answer.members["reading"], *([f"{out} written"] if out else [])]
    report = {**answer.members, **answer.found.body, "file": str(out) if out else None}
    show(report, json_, lines)


def _lines(methods: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A method a line, with its minimums and the parameters that are its own."""
    common = set.intersection(*({one["name"] for one in how["parameters"]} for how in methods))
    for how in methods:
        least = [
            f"{how[key]} {word}"
            for key, word in (("fewest_incidents", "incidents"), ("fewest_months", "months"))
            if how[key] > 1
        ]
        own = [f"--{one['name']}" for one in how["parameters"] if one["name"] not in common]
        needs = f" From {' and '.join(least)} on." if least else ""
        yield f"{how['id']}: {how['says']}{needs}{' ' + ' '.join(own) if own else ''}"


def _format(out: Path | None) -> str:
    from lris.hotspots import FORMATS

    form = out.suffix.removeprefix(".") if out else "json"
    form = {"tiff": "tif", "htm": "html"}.get(form, form)
    if form not in FORMATS:
        raise BadRequest(
            f"{out} is of no known kind", remedy=f"end it in one of: .{', .'.join(FORMATS)}"
        )
    return form


def _read(polygon: Path | None) -> Any:  # noqa: ANN401
    if polygon is None:
        return None
    try:
        return json.loads(polygon.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise BadRequest(
            f"{polygon} cannot be read as GeoJSON: {fault}",
            remedy="give a file with a Polygon or a MultiPolygon in longitude and latitude",
        ) from fault


def _write(out: Path, body: bytes, *, private: bool) -> None:
    if private:
        out.touch(mode=0o600)
        out.chmod(0o600)
    out.write_bytes(body)
