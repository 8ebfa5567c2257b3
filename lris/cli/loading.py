"""Bring files to this machine, look at what loading them would do, and load them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from lris.catalogue import Catalogue
from lris.cli.opened import (
    Files,
    Json,
    PartOption,
    PeriodOption,
    Source,
    actor,
    app,
    now,
    opened,
    show,
)
from lris.progress import console_progress
from lris.settings import Settings


@app.command()
def fetch(
    name: Annotated[str, typer.Argument(help="A place, a source or a vintage of the catalogue.")],
    json_: Json = False,
) -> None:
    """Bring publishers' files to this machine, each checked by its hash, with a receipt."""
    from lris.fetch import fetch as bring
    from lris.prepare import place_files

    settings = Settings.from_environment()
    catalogue = Catalogue.read(settings.geodata)
    if name in catalogue.places:
        files = place_files(catalogue, catalogue.place(name))
    elif name in catalogue.vintages:
        files = list(catalogue.vintage(name).files)
    else:
        files = list(catalogue.source(name).files)
    with console_progress() as progress:
        receipts = bring(files, settings.raw, now=now(), progress=progress)
    lines = [f"{one.name}: {one.path}" for one in receipts] or [f"{name} names no files to fetch"]
    show({"files": [asdict(one) for one in receipts]}, json_, lines)


@app.command()
def check(
    source: Source,
    files: Files,
    period: PeriodOption = None,
    part: PartOption = "",
    json_: Json = False,
) -> None:
    """Show what loading would do, without keeping anything of it."""
    _load(source, files, period, part, json_, keep=False)


@app.command()
def load(
    source: Source,
    files: Files,
    period: PeriodOption = None,
    part: PartOption = "",
    json_: Json = False,
) -> None:
    """Load files into a source, each whole or not at all, and reconcile every row.

    rows read = loaded + set aside + already loaded. Unplaced rows are part of those loaded: they
    have no location, or lie outside all loaded areas.
    """
    _load(source, files, period, part, json_, keep=True)


def _load(
    source: str, files: list[Path], period: str | None, part: str, as_json: bool, *, keep: bool
) -> None:
    from lris.load import load as bring_in

    with opened() as here:
        report = bring_in(
            here.doors,
            here.catalogue,
            source,
            files,
            actor=actor(),
            period=period,
            part=part,
            today=now().date(),
            keep=keep,
            progress=here.progress,
        )
    content = {"deliveries": [asdict(one) for one in report.deliveries], "total": report.total}
    show(content, as_json, list(_load_lines(report, keep=keep)))
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
        if one.rows_skipped:
            why = "; ".join(one.skipped_because) or "they say nothing of their own"
            yield f"  {one.rows_skipped:,} of the rows were left out: {why.rstrip('.')}"
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
        for warning in one.warnings:
            yield f"  ! {warning}"
    total = report.total
    counted = ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in total.items())
    yield f"Total: {counted}"
    if not keep:
        yield "Nothing was kept: this was a check."
