"""Rows that were set aside, out to a CSV for a person to correct, and back."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from lris.errors import FileFault, Spot
from lris.store.quarantine import Aside

OURS = ("row", "sheet", "line", "reason", "explanation")
"""The columns that an export puts before those of the publisher."""


def written(header: Sequence[str], rows: Iterable[Aside]) -> str:
    """The rows as CSV under `OURS` and their own header, harmless to a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([*OURS, *map(harmless, header)])
    for one in rows:
        told = (one.number, one.sheet, one.line, one.code, one.reason)
        writer.writerow([harmless(str(cell)) for cell in (*told, *one.cells)])
    return out.getvalue()


_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula; `as_delivered` undoes it."""
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell


def as_delivered(cell: str) -> str:
    """What `harmless` was given."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def corrections(path: Path, there: Mapping[int, Aside]) -> list[tuple[Aside, tuple[str, ...]]]:
    """The rows of an export that was mended, each with its cells; faults name line and column."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as broken:
        raise FileFault(
            path.name,
            f"it cannot be read ({broken})",
            expected="a CSV in UTF-8, as lris quarantine export writes it",
            remedy="save it as CSV in UTF-8",
        ) from broken
    if not rows or tuple(rows[0][: len(OURS)]) != OURS:
        raise FileFault(
            Spot(path.name, 1),
            f"it begins with the columns {', '.join(rows[0][:5]) if rows else 'of nothing'}",
            expected=", ".join(OURS),
            remedy="leave the first columns of the export as they are, and correct those after",
        )
    header = tuple(map(as_delivered, rows[0][len(OURS) :]))
    found: dict[int, tuple[Aside, tuple[str, ...]]] = {}
    for at, row in enumerate(rows[1:], 2):
        if any(row):
            one, cells = _correction(path.name, at, row, header, there)
            if one.number in found:
                raise FileFault(
                    Spot(path.name, at, "row"),
                    f"row {one.number} is in the file twice",
                    expected="each row once",
                    remedy="take out one of the two",
                )
            found[one.number] = (one, cells)
    return list(found.values())


def _correction(
    name: str, at: int, row: list[str], header: tuple[str, ...], there: Mapping[int, Aside]
) -> tuple[Aside, tuple[str, ...]]:
    told = dict(zip(OURS, row, strict=False))
    one = there.get(int(told["row"])) if told["row"].isdecimal() else None
    if one is None or (told.get("sheet"), told.get("line")) != (
        harmless(one.sheet),
        str(one.line),
    ):
        raise FileFault(
            Spot(name, at, "row"),
            f"{told['row']!r} with its sheet and line is no row set aside of this delivery",
            expected=f"one of {len(there):,} rows, with row, sheet and line as they were exported",
            remedy="correct an export of this delivery, and leave its first columns alone",
        )
    if header != one.header:
        raise FileFault(
            Spot(name, 1),
            f"the header is {', '.join(header)}",
            expected=", ".join(one.header),
            remedy="keep all columns of the export in their order, under their own names",
        )
    if len(row) != len(OURS) + len(header):
        raise FileFault(
            Spot(name, at),
            f"the row has {len(row):,} cells",
            expected=f"{len(OURS) + len(header):,}, as the header has",
            remedy="look at the row: a comma within a cell needs quotes around the cell",
        )
    return one, tuple(map(as_delivered, row[len(OURS) :]))
