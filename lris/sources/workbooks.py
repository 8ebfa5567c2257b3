"""Worksheets into blocks of cells with the row each stands in.

A workbook is an archive of XML whose reader takes it at its word and makes room for every cell
between the first and the last. So it is copied first, part by part, under bounds, and looked at on
the way: how far its cells reach, what it declares, what it takes from elsewhere.
"""

from __future__ import annotations

import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import chain, islice
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import IO, Any
from xml.parsers import expat

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from lris.catalogue.sources import Layout, SourceManifest
from lris.errors import FileFault, Spot
from lris.sources.archives import Member
from lris.sources.columns import (
    Block,
    Table,
    Words,
    choose,
    named_groups,
    squeezed,
    without_blank_rows,
)

BLOCK_ROWS = 65_536
MOST_SHEET_BYTES = 512 << 20
MOST_STRING_BYTES = 96 << 20
MOST_CELLS = 4_000_000
MOST_PARTS = 2_000
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384
_FOLDERS = frozenset({".", "_rels", "xl", "xl/_rels", "xl/worksheets", "xl/worksheets/_rels"})
_BROKEN = (
    EOFError,
    OSError,
    OverflowError,
    RuntimeError,  # also what is encrypted, or packed in a way nobody knows
    ValueError,
    lzma.LZMAError,
    zipfile.BadZipFile,
    zlib.error,
)
_Row = list[Any]


def sheet_tables(member: Member, source: SourceManifest, able: list[Layout]) -> Iterator[Table]:
    """The table of each declared sheet of a workbook."""
    layouts = [layout for layout in able if layout.sheet is not None]
    with _workbook(member) as book:
        wanted = [
            (sheet, fitting)
            for sheet in book.sheet_names
            if (fitting := [x for x in layouts if re.fullmatch(x.sheet or "", sheet.strip())])
        ]
        if not wanted:
            raise FileFault(
                member.name,
                "it is a workbook with the sheets " + ", ".join(map(repr, book.sheet_names[:12])),
                expected="the sheet " + " or ".join(repr(layout.sheet) for layout in layouts)
                if layouts
                else "a CSV file",
                remedy="check that this is the file meant, or declare the sheet in the manifest",
            )
        for sheet, fitting in wanted:
            rows = _sheet_rows(member, book, sheet)
            yield _sheet_table(member.name, sheet, rows, fitting, source.vocabularies)


# --- the copy ---------------------------------------------------------------------------------


@contextmanager
def _workbook(member: Member) -> Iterator[CalamineWorkbook]:
    """The workbook, read from a copy that holds nothing but what was looked at."""
    with TemporaryDirectory(prefix="lris-workbook-") as folder:
        copy = Path(folder, "copy.xlsx")
        try:
            with zipfile.ZipFile(member.path) as parts, zipfile.ZipFile(copy, "w") as kept:
                _copy_parts(member, parts, kept)
            book = CalamineWorkbook.from_path(str(copy))
        except (*_BROKEN, CalamineError, expat.ExpatError) as broken:
            raise FileFault(
                member.name,
                f"the workbook cannot be opened ({broken})",
                expected="an xlsx file",
                remedy="open it in a spreadsheet program, save it as xlsx again, or fetch it again",
            ) from None
        with book:
            yield book


def _copy_parts(member: Member, parts: zipfile.ZipFile, kept: zipfile.ZipFile) -> None:
    names = {info.filename.lower() for info in parts.infolist()}
    if "xl/workbook.xml" not in names or len(names) > MOST_PARTS:
        raise FileFault(
            member.name,
            f"it is an archive of {len(names):,} files, not an xlsx workbook",
            expected="an xlsx workbook",
            remedy="save it as xlsx or CSV; load what is in an archive from the archive itself",
        )
    if linked := next((name for name in sorted(names) if "/externallinks/" in name), None):
        raise FileFault(
            f"{member.name}!{linked}",
            "the workbook takes cells from other files",
            expected="a workbook that holds its own values",
            remedy="ask its publisher for values in place of the links, or for a CSV",
        )
    left = min(MOST_SHEET_BYTES, max(64 << 20, 400 * member.bytes))
    for name in sorted(names):
        info = next(one for one in parts.infolist() if one.filename.lower() == name)
        if str(PurePosixPath(name).parent) in _FOLDERS and name.endswith((".xml", ".rels")):
            most = min(left, MOST_STRING_BYTES) if "sharedstrings" in name else left
            with parts.open(info) as packed, kept.open(info.filename, "w") as copy:
                left -= _copied(packed, copy, most, _look_at(member, info.filename), member.name)


def _copied(
    packed: IO[bytes], copy: IO[bytes], most: int, look: Callable[[bytes, bool], Any], name: str
) -> int:
    size = 0
    while chunk := packed.read(1 << 20):
        size += len(chunk)
        if size > most:
            raise FileFault(
                name,
                f"the workbook unpacks to more than {most >> 20:,} MiB",
                expected=f"at most {MOST_SHEET_BYTES >> 20:,} MiB, in proportion to its size",
                remedy="do not trust this file; ask its publisher for a CSV",
            )
        look(chunk, False)
        copy.write(chunk)
    look(b"", True)
    return size


def _look_at(member: Member, part: str) -> Callable[[bytes, bool], Any]:
    """A parser that refuses what no workbook needs, and cells that reach too far.

    Where a sheet is kept is up to the workbook: every part may be one.
    """
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = lambda *_: _refuse_declarations(f"{member.name}!{part}")
    if part.lower().startswith("xl/") and part.lower().endswith(".xml"):
        parser.StartElementHandler = _Extent(f"{member.name}!{part}").begins
    return parser.Parse


def _refuse_declarations(part: str) -> None:
    raise FileFault(
        part,
        "it declares entities of its own, which can be made to grow without end",
        expected="cells and nothing else",
        remedy="do not trust this file; ask its publisher for a CSV",
    )


@dataclass(slots=True)
class _Extent:
    """How far the cells of a sheet reach that hold something."""

    part: str
    row: int = 0
    column: int = 0
    is_error: bool = False
    top: int = _LAST_ROW
    bottom: int = 0
    left: int = _LAST_COLUMN
    right: int = 0

    def begins(self, element: str, given: dict[str, str]) -> None:
        """Take note of a row, a cell or what is in a cell."""
        if ":" in element:
            element = element.rpartition(":")[2]
        if element == "c":
            self._cell(given.get("r", ""))
            self.is_error = given.get("t") == "e"
        elif element in ("v", "is"):
            self._filled()
        elif element == "row":
            self.row = int(given.get("r", self.row + 1))
            self.column = 0

    def _cell(self, place: str) -> None:
        if not place:
            self.column += 1
            return
        if (caught := _PLACE.fullmatch(place)) is None:
            raise FileFault(
                Spot(self.part, max(self.row, 1)),
                f"a cell says that it stands at {place[:20]!r}",
                expected="a place such as C12",
                remedy="save the workbook as xlsx again, or fetch it again",
            )
        self.column, self.row = _column_number(caught[1]), int(caught[2])

    def _filled(self) -> None:
        if self.is_error:
            raise FileFault(
                Spot(self.part, self.row),
                f"the cell in column {self.column} is a spreadsheet's error, such as #N/A",
                expected="a value, or nothing",
                remedy="ask the publisher what it should be; an error is neither blank nor zero",
            )
        row, column = self.row, self.column
        if self.top <= row <= self.bottom and self.left <= column <= self.right:
            return
        self.top, self.bottom = min(self.top, row), max(self.bottom, row)
        self.left, self.right = min(self.left, column), max(self.right, column)
        rows, columns = self.bottom - self.top + 1, self.right - self.left + 1
        beyond = self.bottom > _LAST_ROW or self.right > _LAST_COLUMN or self.top < 0
        if beyond or rows * columns > MOST_CELLS:
            raise FileFault(
                self.part,
                f"its cells are spread over {rows:,} rows and {columns:,} columns",
                expected=f"at most {MOST_CELLS:,} cells from the first to the last",
                remedy="clear the stray cell far below or to the right, or save the sheet as CSV",
            )


_PLACE = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")


@cache
def _column_number(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = 26 * number + ord(letter) - 64
    return number


# --- the sheets -------------------------------------------------------------------------------


def _sheet_rows(member: Member, book: CalamineWorkbook, sheet: str) -> Iterator[_Row]:
    try:
        found = book.get_sheet_by_name(sheet)
    except CalamineError as broken:
        raise FileFault(
            f"{member.name}!{sheet}",
            f"the sheet cannot be read ({broken})",
            expected="a worksheet of cells",
            remedy="save the workbook as xlsx again, or fetch it again",
        ) from None
    return _from_the_first_column(found)


def _from_the_first_column(sheet: CalamineSheet) -> Iterator[_Row]:
    """The rows from the first on, with the columns that are blank in all of them."""
    before = [""] * (sheet.start[1] if sheet.start else 0)
    for row in sheet.iter_rows():
        yield before + row if before else row


def _sheet_table(
    member: str, sheet: str, rows: Iterator[_Row], layouts: list[Layout], words: Words
) -> Table:
    name = f"{member}!{sheet}"
    top = list(islice(rows, max(layout.header_row for layout in layouts)))
    candidates = [(layout, _sheet_header(layout, top), layout.header_row) for layout in layouts]
    fit = choose(name, candidates, words)
    width = len(fit.header)
    below = chain(top[fit.line :], rows)
    if fit.layout.notes_beside:
        below = (row[:width] for row in below)  # type: ignore[assignment]
    blocks = sheet_blocks(name, below, fit.line, width)
    groups = named_groups(fit.layout, member, sheet)
    return Table(name, fit.layout, width, fit.columns, groups, blocks, sheet)


def _sheet_header(layout: Layout, rows: list[_Row]) -> list[str]:
    """The header, with what the rows above add to it, and without blank columns at its end."""
    parts = [
        _header_texts(rows, above.row, spans=above.spans)
        for above in sorted(layout.above, key=lambda above: above.row)
    ]
    own = _header_texts(rows, layout.header_row)
    while own and not own[-1]:
        own.pop()
    return [
        squeezed(" ".join([*(part[at] for part in parts), text])) for at, text in enumerate(own)
    ]


def _header_texts(rows: list[_Row], row: int, *, spans: bool = False) -> list[str]:
    texts = [squeezed(_cell(cell)) for cell in rows[row - 1]] if len(rows) >= row else []
    for at in range(1, len(texts) if spans else 0):
        texts[at] = texts[at] or texts[at - 1]
    return texts


def sheet_blocks(name: str, rows: Iterator[_Row], above: int, width: int) -> Iterator[Block]:
    """Rows of cells into blocks; `above` is how many rows came before, `width` the header's."""
    while part := list(islice(rows, BLOCK_ROWS)):
        line = np.arange(above + 1, above + 1 + len(part), dtype=np.int64)
        for at, row in enumerate(part):
            if any(cell != "" for cell in row[width:]):
                raise FileFault(
                    Spot(name, int(line[at])),
                    "there is a cell to the right of the last header",
                    expected=f"{width} columns",
                    remedy="look at the row; a note beside the table is not part of it",
                )
        columns = tuple(
            pa.array([_cell(row[at]) for row in part], pa.string()) for at in range(width)
        )
        for at, column in enumerate(columns):
            _check_no_nul(name, line, at, column)
        above += len(part)
        if (block := without_blank_rows(Block(line, columns))) is not None:
            yield block


def _check_no_nul(name: str, line: Any, at: int, column: Any) -> None:  # noqa: ANN401
    with_nul = np.asarray(pc.match_substring(column, "\0").to_numpy(zero_copy_only=False))
    if with_nul.any():
        raise FileFault(
            Spot(name, int(line[with_nul.argmax()])),
            f"there is a NUL character in column {at + 1}",
            expected="plain text",
            remedy="the file is damaged, or was not written by a spreadsheet; fetch it again",
        )


def _cell(value: object) -> str:
    """A cell as it would stand in a CSV: whole numbers without a fraction, dates in ISO 8601."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
