"""Invent a city, to try everything on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lris.cli.opened import Json, app, show


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="The folder to write to; it is made.")],
    seed: Annotated[int, typer.Option(min=0, help="Another seed is another city.")] = 1,
    truth: Annotated[
        Path | None, typer.Option(help="Also write what was planted in it, as JSON.")
    ] = None,
    null: Annotated[bool, typer.Option("--null", help="Plant nothing.")] = False,
    json_: Json = False,
) -> None:
    """Write the files of a fictional city, as its publishers would issue them."""
    from lris.demo import write_city

    report = write_city(seed, out, truth=truth, null=null)
    lines = [
        f"{len(report.files)} files of a fictional city (seed {seed}) are in {out}",
        f"{len(report.truths)} things were planted" + (f", recorded in {truth}" if truth else ""),
    ]
    show(
        {
            "seed": seed,
            "out": str(out),
            "files": [str(path.relative_to(out)) for path in report.files],
            "planted": len(report.truths),
        },
        json_,
        lines,
    )
