"""Rows set aside: look at them, export them to be mended, replay or dismiss them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from lris.cli.opened import Because, Json, actor, app, now, opened, show
from lris.terms import Access, Viewer

quarantine_app = typer.Typer(
    help="Rows that were set aside: look, mend, replay, dismiss.", no_args_is_help=True
)
app.add_typer(quarantine_app, name="quarantine")

Delivery = Annotated[int, typer.Argument(help="Its number; lris quarantine list has it.")]
Rows = Annotated[list[int] | None, typer.Option("--row", help="Only this row; may be given again.")]
Reason = Annotated[str | None, typer.Option(help="Only rows set aside for this reason.")]
Sheet = Annotated[str | None, typer.Option(help="Only rows of this worksheet.")]


def _operator() -> Viewer:
    """Whoever runs the command on this machine, by name."""
    return Viewer(actor(), Access.GOVERNANCE)


@quarantine_app.command("list")
def list_(
    source: Annotated[str | None, typer.Option(help="Only of this source.")] = None,
    delivery: Annotated[int | None, typer.Option(help="Only of this delivery.")] = None,
    reason: Reason = None,
    json_: Json = False,
) -> None:
    """Count what is set aside: by state, by reason, by delivery."""
    from lris.quarantine import listing

    with opened() as here:
        found = listing(here.doors, _operator(), source=source, delivery=delivery, reason=reason)
    content = {
        "states": found.states,
        "reasons": found.reasons,
        "groups": [asdict(one) for one in found.groups],
    }
    show(content, json_, list(_list_lines(found)))


def _list_lines(found: Any) -> Iterator[str]:  # noqa: ANN401
    if not found.groups:
        yield "Nothing is set aside."
        return
    yield "Rows: " + ", ".join(f"{rows:,} {state}" for state, rows in found.states.items())
    for reason, rows in found.reasons.items():
        yield f"  {rows:>8,} wait: {reason}"
    for one in found.groups:
        where = f", column {one.column!r}" if one.column else ""
        replaced = " (replaced since)" if one.delivery_state == "superseded" else ""
        yield (
            f"delivery {one.delivery_id}  {one.source}  [{one.partition or one.file_name}]"
            f"{replaced}: {one.rows:,} {one.state}, {one.code}{where}"
        )
        yield f"  such as: {one.reason}"


@quarantine_app.command("show")
def show_(
    delivery: Delivery,
    row: Rows = None,
    reason: Reason = None,
    sheet: Sheet = None,
    because: Because = "",
    json_: Json = False,
) -> None:
    """Show rows as they were delivered, why each was set aside, and what became of it."""
    from lris.quarantine import show as look

    with opened() as here:
        found = look(
            here.doors,
            _operator(),
            delivery,
            because=because,
            numbers=row or None,
            reason=reason,
            sheet=sheet,
        )
    lines = []
    for one in found:
        sheet_words = f"sheet {one.sheet!r}, " if one.sheet else ""
        lines.append(f"row {one.number}: {sheet_words}line {one.line}, {one.state}, {one.code}")
        lines.append(f"  {one.reason}")
        header = one.header or [f"column {at}" for at in range(1, len(one.row) + 1)]
        lines += [f"  {name}: {cell}" for name, cell in zip(header, one.cells, strict=True) if cell]
        if one.decided_at:
            lines.append(f"  {one.state} by {one.decided_by}: {one.because}")
    show({"rows": [asdict(one) for one in found]}, json_, lines)


@quarantine_app.command("export")
def export_(
    delivery: Delivery,
    out: Annotated[Path, typer.Argument(help="The CSV to write.")],
    because: Because,
    reason: Reason = None,
    sheet: Sheet = None,
    json_: Json = False,
) -> None:
    """Write the waiting rows to a CSV, to be corrected there and replayed."""
    from lris.quarantine import export

    with opened() as here:
        text = export(
            here.doors, _operator(), delivery, because=because, reason=reason, sheet=sheet
        )
    out.write_text(text, encoding="utf-8-sig", newline="")
    show(
        {"delivery": delivery, "file": str(out)},
        json_,
        [f"{out} written. Mend it, then: lris quarantine replay {delivery} --corrected {out}"],
    )


@quarantine_app.command("replay")
def replay_(
    delivery: Delivery,
    because: Because,
    row: Rows = None,
    reason: Reason = None,
    corrected: Annotated[Path | None, typer.Option(help="An export that was mended.")] = None,
    json_: Json = False,
) -> None:
    """Read waiting rows once more; those that pass join their delivery, all or none are kept."""
    from lris.quarantine import replay

    with opened() as here:
        report = replay(
            here.doors,
            here.catalogue,
            _operator(),
            delivery,
            because=because,
            today=now().date(),
            numbers=row or None,
            reason=reason,
            corrected=corrected,
            progress=here.progress,
        )
    lines = [
        f"{report.rows:,} rows read again = {report.replayed:,} loaded + {report.failed:,} still"
        " set aside"
    ]
    lines += [f"  {rows:,} joined [{partition}]" for partition, rows in report.joined.items()]
    lines += [f"  {rows:,} wait: {reason}" for reason, rows in report.reasons.items()]
    lines += ["Figures follow with: lris derive"] if report.replayed else []
    show(report, json_, lines)


@quarantine_app.command("dismiss")
def dismiss_(
    delivery: Delivery,
    because: Because,
    row: Rows = None,
    reason: Reason = None,
    json_: Json = False,
) -> None:
    """Say of waiting rows that they will not be loaded, and why."""
    from lris.quarantine import dismiss

    with opened() as here:
        rows = dismiss(
            here.doors,
            _operator(),
            delivery,
            because=because,
            numbers=row or None,
            reason=reason,
        )
    show({"delivery": delivery, "dismissed": rows}, json_, [f"{rows:,} rows dismissed"])
