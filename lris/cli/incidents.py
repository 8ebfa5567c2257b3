"""Look at single incidents, under one's own name."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from lris.cli.opened import Json, Source, actor, app, opened, show

_Day = Annotated[
    datetime | None,
    typer.Option("--from", formats=["%Y-%m-%d"], help="The first day, such as 2021-06-01."),
]
_LastDay = Annotated[
    datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="The last day, included.")
]


@app.command()
def incidents(
    source: Source,
    because: Annotated[str, typer.Option("--because", help="Why, for the record.")],
    category: Annotated[
        list[str] | None, typer.Option("--category", help="May be given more than once.")
    ] = None,
    start: _Day = None,
    end: _LastDay = None,
    within: Annotated[str | None, typer.Option(help="VINTAGE/CODE or place/ID.")] = None,
    out: Annotated[Path | None, typer.Option(help="FILE.geojson or FILE.csv to write.")] = None,
    json_: Json = False,
) -> None:
    """Look at single incidents of a source, also of those that are not public.

    Who looked, at what and why goes into the audit. Without --out only their numbers are shown.
    """
    from lris.incidents import incidents as look
    from lris.incidents import save_incidents
    from lris.terms import Access, Viewer

    with opened() as here:
        found = look(
            here.doors,
            here.catalogue,
            Viewer(actor(), Access.ANALYST),
            source,
            because=because,
            categories=category or [],
            start=start.date() if start else None,
            end=end.date() if end else None,
            within=within,
        )
    counts = {str(one): int(rows) for one, rows in found["category"].value_counts().items()}
    report = {
        "source": source,
        "incidents": len(found),
        "located": int(found.geometry.notna().sum()),
        "categories": counts,
        "file": str(out) if out else None,
    }
    lines = [f"{len(found):,} incidents of {source}, {report['located']:,} with a place"]
    lines += [f"  {name}: {rows:,}" for name, rows in counts.items()]
    if out:
        save_incidents(found, out)
        lines.append(f"{out} written; what it holds is not public")
    show(report, json_, lines)
