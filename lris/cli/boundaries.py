"""Boundaries: load a draft, look at it, publish it."""

from __future__ import annotations

from typing import Annotated

import typer

from lris.cli.opened import (
    Because,
    Files,
    Json,
    VintageName,
    actor,
    app,
    opened,
    show,
)

boundaries_app = typer.Typer(
    help="Bring in boundaries: load a draft, look at it, publish it.", no_args_is_help=True
)
app.add_typer(boundaries_app, name="boundaries")


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

    with opened() as here:
        report = load_boundaries(
            here.doors,
            here.catalogue,
            vintage,
            files,
            actor=actor(),
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
    show(report, json_, lines)


@boundaries_app.command("publish")
def boundaries_publish(vintage: VintageName, because: Because = "", json_: Json = False) -> None:
    """Seal the draft as the next edition, and place every stored incident in it."""
    from lris.boundaries import publish_boundaries

    with opened() as here:
        report = publish_boundaries(
            here.doors,
            here.catalogue,
            vintage,
            actor=actor(),
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
    show(report, json_, lines)


@boundaries_app.command("draw")
def boundaries_draw(vintage: VintageName, json_: Json = False) -> None:
    """Draw a vintage as the union of the smaller areas it is built from, as a draft."""
    from lris.boundaries import dissolve

    with opened() as here:
        report = dissolve(
            here.doors, here.catalogue, vintage, actor=actor(), progress=here.progress
        )
    show(report, json_, [f"{vintage} edition {report.edition}: {report.areas:,} areas drawn"])


@boundaries_app.command("list")
def boundaries_list(json_: Json = False) -> None:
    """List the vintages, and what is loaded of each."""
    from lris.boundaries import vintages

    with opened() as here:
        found = vintages(here.doors, here.catalogue)
    lines = [
        f"{one['id']:<12} {one['areas']:>7,} areas  {one['grade'] or '-':<8}"
        f" edition {one['edition'] or '-'}  codes known {one['codes_known']:,}"
        for one in found
    ]
    show({"vintages": found}, json_, lines)
