"""Strict reading of CSV, xlsx and points: a member of a delivery into blocks of cells with lines.

Nothing is guessed. A member is read by the one layout of its manifest whose columns it has; every
row keeps the physical line it began on; whatever is not a table is refused with file, line and
what was expected. Blocks are bounded, so memory does not grow with the file.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
from numpy.typing import NDArray
from python_calamine import CalamineError, CalamineWorkbook

from lris.catalogue.sources import AREA_ROLES, Column, Layout, Role, SourceManifest
from lris.errors import FileFault, IdentifiersFound, Spot
from lris.sources.archives import Member
from lris.sources.cells import Cells, identifies_people, names_a_person
from lris.sources.features import feature_rows

BLOCK_BYTES = 12 << 20
BLOCK_ROWS = 65_536
MOST_ROW_BYTES = 4 << 20
MOST_COLUMNS = 4_096
MOST_SHEET_BYTES = 1 << 30
_BOM = b"\xef\xbb\xbf"
_NEWLINE, _QUOTE = 10, 34


@dataclass(frozen=True, slots=True)
class Bound:
    """A column of the manifest at its place in the file, measure and category filled in.

    `category` still has the groups of the file's and the sheet's name in braces, if it uses them.
    """

    column: Column
    index: int
    header: str
    measure: str
    category: str


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows: the physical line each began on, and the cells, a string array a column."""

    line: NDArray[np.int64]
    cells: tuple[Cells, ...]

    def row(self, at: int) -> tuple[str, ...]:
        """One row as it stood in the file."""
        return tuple(column[at].as_py() for column in self.cells)


@dataclass(frozen=True, slots=True)
class Table:
    """A table found in a member: its layout, where each column is, and its rows to come.

    `groups` are the named groups of the patterns of the sheet and of the file's name.
    """

    name: str
    layout: Layout
    width: int
    columns: tuple[Bound, ...]
    groups: dict[str, str]
    blocks: Iterator[Block]


def tables(member: Member, source: SourceManifest) -> Iterator[Table]:
    """Find the table in a CSV or of features, or each declared sheet's table in a workbook.

    Raises `FileFault` where no layout, or more than one, fits, and with its own sentence where the
    layout that fits is declared only to be refused; `IdentifiersFound` where a header is on the
    deny-list.
    """
    with member.path.open("rb") as file:
        start = file.read(4096)
    layouts = _of_the_file(member.name, source)
    if start.startswith(b"PK\x03\x04"):
        yield from _sheets(member, source, layouts)
    elif start.lstrip().startswith(b"{") and any("geojson" in one.format for one in layouts):
        yield _feature_table(member, source, layouts)
    else:
        _check_is_text(member.name, start)
        yield _csv_table(member, source, layouts)


def _of_the_file(name: str, source: SourceManifest) -> list[Layout]:
    """The layouts that a file of this name can have."""
    layouts = [one for one in source.layouts if one.file is None or _file_groups(one, name)]
    if not layouts:
        raise FileFault(
            name,
            "its name is not one that the publisher gives",
            expected=" or ".join(sorted({repr(one.file) for one in source.layouts})),
            remedy="give it the publisher's name, which says what is in it",
        )
    return layouts


def _file_groups(layout: Layout, name: str) -> dict[str, str] | None:
    """What the pattern of the file's name catches; None where it does not fit."""
    plain = re.split(r"[!/\\]", name)[-1]
    plain = re.sub(r"\.(gz|xz)$", "", plain)
    caught = re.fullmatch(layout.file, plain) if layout.file else None
    return {"": plain, **caught.groupdict("")} if caught else None


def _groups(layout: Layout, name: str, sheet: str = "") -> dict[str, str]:
    """The named groups of the patterns of the file's name and of the sheet."""
    found = _file_groups(layout, name) or {}
    found.pop("", None)
    if layout.sheet and sheet and (caught := re.fullmatch(layout.sheet, sheet.strip())):
        found |= caught.groupdict("")
    return found


# --- which layout, which column ---------------------------------------------------------------


_Words = Mapping[str, Mapping[str, str]]


def _fit(layout: Layout, header: list[str], words: _Words) -> tuple[tuple[Bound, ...], list[str]]:
    """Lay a layout on a header: the columns it finds, and every difference as a clause."""
    found: list[Bound] = []
    differences: list[str] = []
    free = dict(enumerate(header))
    for column in layout.columns:
        places = _places(column, free)
        if not places and not column.optional:
            differences.append(_missing(column, free))
        if len(places) > 1 and column.pattern is None:
            differences.append(f"column {column.label!r} stands there {len(places)} times")
        for place in places:
            bound, unknown = _bind(column, free.pop(place), place, words)
            found.append(bound)
            differences += unknown
    known = [text for column in layout.columns for text in column.header]
    differences += [_unknown(text, known) for text in free.values() if text]
    if not differences and any(index < len(header) - len(free) for index in free):
        differences.append("there is a column without a header between the others")
    return tuple(found), differences


def _places(column: Column, free: dict[int, str]) -> list[int]:
    if column.pattern is not None:
        return [at for at, text in free.items() if text and re.fullmatch(column.pattern, text)]
    wanted = {_squeezed(text) for text in column.header}
    if column.position is not None:
        at = column.position - 1
        return [at] if free.get(at) in wanted else []
    return [at for at, text in free.items() if text in wanted]


def _bind(column: Column, header: str, index: int, words: _Words) -> tuple[Bound, list[str]]:
    """The column at its place, and what of its header has no word in its vocabulary."""
    caught = re.fullmatch(column.pattern, header) if column.pattern else None
    groups = caught.groupdict("") if caught else {}
    unknown: list[str] = []
    if column.vocabulary and column.role is Role.VALUE:
        vocabulary = words.get(column.vocabulary, {})
        unknown = [
            f"column {header[:80]!r}: {text!r} is not in the vocabulary {column.vocabulary!r}"
            for text in groups.values()
            if text and text not in vocabulary
        ]
        groups = {name: vocabulary.get(text, "") for name, text in groups.items()}
    category = re.sub(r"\{([^{}]+)\}", lambda m: groups.get(m[1], m[0]), column.category or "")
    return Bound(column, index, header, column.measure or "", category), unknown


def _missing(column: Column, free: dict[int, str]) -> str:
    if column.position is not None:
        there = free.get(column.position - 1, "nothing")
        return f"column {column.position} should be {column.label!r} and is {there!r}"
    nearest = difflib.get_close_matches(column.label, [t for t in free.values() if t], n=1)
    return f"column {column.label!r} is missing" + (f" (is it {nearest[0]!r}?)" if nearest else "")


def _unknown(text: str, known: list[str]) -> str:
    nearest = difflib.get_close_matches(text, known, n=1)
    return f"column {text[:80]!r} is unknown" + (f" (is it {nearest[0]!r}?)" if nearest else "")


@dataclass(frozen=True, slots=True)
class _Fit:
    """How a layout lies on the header that stands where the layout expects it."""

    layout: Layout
    header: list[str]
    line: int
    columns: tuple[Bound, ...]
    differences: list[str]


def _choose(name: str, candidates: list[tuple[Layout, list[str], int]], words: _Words) -> _Fit:
    """The one layout that fits, or the fault that tells how the nearest does not."""
    fits = [
        _Fit(layout, header, line, *_fit(layout, header, words))
        for layout, header, line in candidates
    ]
    good = [fit for fit in fits if not fit.differences]
    if len(good) > 1:
        raise FileFault(
            Spot(name, good[0].line),
            f"the layouts {' and '.join(repr(fit.layout.name) for fit in good)} both fit",
            expected="exactly one",
            remedy="make the layouts of the manifest tell the files apart",
        )
    nearest = good[0] if good else min(fits, key=lambda fit: len(fit.differences))
    for text in nearest.header:
        if names_a_person(text) and not _declares(nearest.layout, text):
            raise _person_column(name, nearest.line, text)
    if not good:
        raise _no_fit(name, nearest)
    if nearest.layout.refused:
        raise FileFault(name, nearest.layout.refused, remedy=nearest.layout.because or "")
    for bound in nearest.columns:
        if names_a_person(bound.header) and not _may_name(bound.column):
            raise _person_column(name, nearest.line, bound.header)
    return nearest


def _no_fit(name: str, nearest: _Fit) -> FileFault:
    differences, header = nearest.differences, nearest.header
    if identifies_people(pa.array(header, pa.string())) is not None:
        return IdentifiersFound(
            Spot(name, nearest.line),
            "there is no header, and the first row identifies people",
            expected="a header, and depersonalised records",
            remedy="ask the partner for a depersonalised file with a header",
        )
    shown = differences[:8] + ([f"and {len(differences) - 8} more"] if len(differences) > 8 else [])
    remedy = (
        "check that this is the file meant; if the publisher changed it, declare the new layout"
    )
    if len(header) == 1 and (mark := next((m for m in ";\t|" if m in header[0]), None)):
        remedy = (
            f"the cells seem to be separated by {mark!r}: put delimiter = {mark!r} in the layout"
        )
    return FileFault(
        Spot(name, nearest.line),
        f"the header fits no layout; nearest is {nearest.layout.name!r}: " + "; ".join(shown),
        expected="the columns "
        + ", ".join(repr(column.label) for column in nearest.layout.columns[:12]),
        remedy=remedy,
    )


def _declares(layout: Layout, text: str) -> bool:
    return any(
        text in {_squeezed(header) for header in column.header} and _may_name(column)
        for column in layout.columns
    )


def _may_name(column: Column) -> bool:
    return column.identifying is not None or column.role in AREA_ROLES


def _person_column(name: str, line: int, header: str) -> IdentifiersFound:
    return IdentifiersFound(
        Spot(name, line, header[:80]),
        "the column is on the list of those that identify people",
        expected="depersonalised records",
        remedy="ask the partner to remove the column before sending; where it is lawful and "
        "public, say so in the manifest: identifying = 'drop' with a because",
    )


def _squeezed(text: str) -> str:
    return " ".join(text.split())


# --- CSV --------------------------------------------------------------------------------------


def _csv_table(member: Member, source: SourceManifest, able: list[Layout]) -> Table:
    layouts = [layout for layout in able if "csv" in layout.format]
    if not layouts:
        sheets = ", ".join(repr(layout.sheet) for layout in able)
        raise FileFault(
            member.name,
            "it is a text file",
            expected=f"a workbook with the sheet {sheets}",
            remedy="load the publisher's xlsx file",
        )
    heads = {
        key: _head(member, *key)
        for key in {(layout.encoding, layout.delimiter, layout.header_row) for layout in layouts}
    }
    with_heads = [
        (layout, heads[layout.encoding, layout.delimiter, layout.header_row]) for layout in layouts
    ]
    readable = [(layout, head) for layout, head in with_heads if isinstance(head, _Head)]
    if not readable:
        raise next(head for _, head in with_heads if isinstance(head, FileFault))
    fit = _choose(
        member.name,
        [(layout, _named(layout, head.header), head.line) for layout, head in readable],
        source.vocabularies,
    )
    head = next(head for layout, head in readable if layout is fit.layout)
    blocks = _csv_blocks(member, fit.layout, head)
    groups = _groups(fit.layout, member.name)
    return Table(member.name, fit.layout, len(fit.header), fit.columns, groups, blocks)


def _named(layout: Layout, header: list[str]) -> list[str]:
    """The header; for a file without one, the declared names, if it has as many columns."""
    if layout.header_row > 0 or len(header) != len(layout.columns):
        return header
    return [_squeezed(column.label) for column in layout.columns]


@dataclass(frozen=True, slots=True)
class _Head:
    """The header of a CSV: its texts, its line, and where the rows begin, in bytes and lines."""

    header: list[str]
    line: int
    body_at: int
    body_line: int


def _head(member: Member, encoding: str, delimiter: str, header_row: int) -> _Head | FileFault:
    """Find the header record; a fault is returned, since another layout may find its own."""
    headless, header_row = header_row == 0, max(header_row, 1)
    start = _opening(member, header_row)
    skip = len(_BOM) if start.startswith(_BOM) else 0
    ends = _row_ends(start[skip:]) + skip + 1
    if start and not start.endswith(b"\n") and len(start) == member.bytes:
        ends = np.append(ends, len(start))
    if ends.size < header_row and start.count(b'"') % 2:
        return _endless_row(member.name, 1, start)
    if ends.size < header_row:
        return FileFault(
            Spot(member.name, header_row),
            f"there is no header: the file has {ends.size} rows",
            expected=f"the header in row {header_row}",
            remedy="check that this is the file meant, and that it is complete",
        )
    begin = int(ends[header_row - 2]) if header_row > 1 else skip
    end = int(ends[header_row - 1])
    line = 1 + start.count(b"\n", 0, begin)
    try:
        text = start[begin:end].decode(encoding)
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except (UnicodeDecodeError, csv.Error) as broken:
        return FileFault(
            Spot(member.name, line),
            f"the header cannot be read ({broken})",
            expected=f"text in {encoding}, separated by {delimiter!r}",
            remedy="check the manifest's encoding and delimiter",
        )
    header = [_squeezed(cell) for cell in rows[0]] if rows else []
    if not any(header) or len(header) > MOST_COLUMNS:
        return FileFault(
            Spot(member.name, line),
            f"the header has {len(header):,} columns" if any(header) else "the header is blank",
            expected=f"between 1 and {MOST_COLUMNS:,} named columns",
            remedy="check that this is the file meant",
        )
    if headless:
        return _Head(header, 1, skip, 1)
    return _Head(header, line, end, 1 + start.count(b"\n", 0, end))


def _opening(member: Member, header_row: int) -> bytes:
    """Enough of the file to hold its header: a little, or as much as a header may need."""
    with member.path.open("rb") as file:
        start = file.read(1 << 16)
        if _row_ends(start).size < header_row:
            start += file.read(MOST_ROW_BYTES - len(start))
    return start


@dataclass(frozen=True, slots=True)
class _Piece:
    """Whole rows of a CSV as text in UTF-8: where they begin, and how they are to be cut."""

    name: str
    line: int
    text: bytes
    newlines: int
    width: int
    delimiter: str
    short_rows: bool = False

    def line_at(self, at: int) -> int:
        """The physical line of a place in the text."""
        return self.line + self.text.count(b"\n", 0, at)


def _csv_blocks(member: Member, layout: Layout, head: _Head) -> Iterator[Block]:
    width, line = len(head.header), head.body_line
    with member.path.open("rb") as file:
        file.seek(head.body_at)
        for raw in _whole_rows(file):
            unended = not raw.endswith(b"\n") and len(raw) > MOST_ROW_BYTES
            if unended or raw.count(b'"') % 2:
                raise _endless_row(member.name, line, raw)
            newlines = raw.count(b"\n")
            text = _utf8(raw, layout.encoding, member.name, line)
            piece = _Piece(
                member.name, line, text, newlines, width, layout.delimiter, layout.short_rows
            )
            if (block := _parsed(piece)) is not None:
                yield block
            line += newlines


def _whole_rows(file: IO[bytes]) -> Iterator[bytes]:
    """Cut a stream where rows end, quoted newlines considered; only the last may be unended.

    A row that grows beyond all bounds is handed out as it is, and nothing after it.
    """
    carry = b""
    while (chunk := file.read(BLOCK_BYTES)) and len(carry) <= MOST_ROW_BYTES:
        text = carry + chunk
        if cut := _last_row_end(text):
            yield text[:cut]
        carry = text[cut:]
    if carry:
        yield carry


def _last_row_end(text: bytes) -> int:
    if _QUOTE not in text:
        return text.rfind(b"\n") + 1
    ends = _row_ends(text)
    return int(ends[-1]) + 1 if ends.size else 0


def _row_ends(text: bytes) -> NDArray[np.int64]:
    """Where the newlines are that end a row: those with an even number of quotes before them."""
    letters = np.frombuffer(text, dtype=np.uint8)
    newlines = np.flatnonzero(letters == _NEWLINE)
    if _QUOTE not in text:
        return newlines
    quotes = np.flatnonzero(letters == _QUOTE)
    return np.asarray(newlines[np.searchsorted(quotes, newlines) % 2 == 0], dtype=np.int64)


def _endless_row(name: str, line: int, text: bytes) -> FileFault:
    for above, part in enumerate(text.split(b"\n")):
        if part.count(b'"') % 2:
            return FileFault(
                Spot(name, line + above),
                "a quotation mark is opened and never closed",
                expected="every quoted cell closed before the next separator",
                remedy="look at the line; the file may be cut short",
            )
    return FileFault(
        Spot(name, line),
        f"the row is longer than {MOST_ROW_BYTES >> 20} MiB",
        expected="rows that end in a newline",
        remedy="check that this is a table, and that it is not an old-Mac file without newlines",
    )


def _utf8(raw: bytes, encoding: str, name: str, line: int) -> bytes:
    if (at := raw.find(b"\0")) >= 0:
        raise FileFault(
            Spot(name, line + raw.count(b"\n", 0, at)),
            "there is a NUL byte",
            expected="plain text",
            remedy="the file is damaged or is not a text file; fetch it again",
        )
    if raw.isascii():
        return raw
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as broken:
        raise FileFault(
            Spot(name, line + raw.count(b"\n", 0, broken.start)),
            f"byte 0x{raw[broken.start]:02X} is not {encoding}",
            expected=f"text in {encoding}",
            remedy="if the publisher writes Windows text, put encoding = 'cp1252' in the layout",
        ) from None
    return raw if encoding == "utf-8" else text.encode()


def _check_quotes(piece: _Piece) -> None:
    """That quotation marks stand only around cells: opened after, and closed before, a separator.

    Counting from 0, the even marks open and the odd ones close; a doubled mark does both.
    """
    letters = np.frombuffer(b"\n" + piece.text + b"\n", dtype=np.uint8)
    marks = np.flatnonzero(letters == _QUOTE)
    beside = np.where(np.arange(marks.size) % 2 == 0, letters[marks - 1], letters[marks + 1])
    stray = marks[~np.isin(beside, list(b'\r\n"' + piece.delimiter.encode()))]
    if stray.size:
        raise FileFault(
            Spot(piece.name, piece.line_at(int(stray[0]) - 1)),
            "a quotation mark stands in the middle of a cell",
            expected="quotation marks around a whole cell, doubled inside it",
            remedy="look at the line; ask the publisher to quote the cell, or mend it",
        )


def _parsed(piece: _Piece) -> Block | None:
    """The rows of a piece with their lines; None where it holds nothing but blank ones."""
    quoted = _QUOTE in piece.text
    if quoted:
        _check_quotes(piece)
    if piece.short_rows:
        return _with_short_rows(piece)
    names = [str(at) for at in range(piece.width)]
    try:
        parsed = pacsv.read_csv(
            pa.BufferReader(piece.text),
            read_options=pacsv.ReadOptions(column_names=names, block_size=len(piece.text) + 1),
            parse_options=pacsv.ParseOptions(delimiter=piece.delimiter, newlines_in_values=quoted),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as broken:
        if not piece.text.strip():
            return None
        raise _first_bad_row(piece, str(broken)) from None
    lines = _row_lines(piece, parsed.num_rows)
    if lines is None:
        raise _first_bad_row(piece, "the rows cannot be told apart")
    block = Block(lines, tuple(_one(column) for column in parsed.columns))
    return _without_blank_rows(block, piece)


def _with_short_rows(piece: _Piece) -> Block | None:
    """The rows of a piece whose rows may end early, one by one; what they lack is blank."""
    rows, lines = [], []
    reader = csv.reader(
        io.StringIO(piece.text.decode(), newline=""), delimiter=piece.delimiter, strict=True
    )
    begins = 0
    try:
        for row in reader:
            if len(row) > piece.width:
                raise _first_bad_row(piece, "it is too long")
            if row:
                rows.append(row + [""] * (piece.width - len(row)))
                lines.append(piece.line + begins)
            begins = reader.line_num
    except csv.Error as broken:
        raise _first_bad_row(piece, str(broken)) from None
    columns = (pa.array([row[at] for row in rows], pa.string()) for at in range(piece.width))
    return _filled(Block(np.array(lines, dtype=np.int64), tuple(columns)))


def _row_lines(piece: _Piece, rows: int) -> NDArray[np.int64] | None:
    """The physical line on which each row begins; None where the rows cannot be accounted for."""
    text, line = piece.text, piece.line
    if rows == piece.newlines + (not text.endswith(b"\n")):
        return np.arange(line, line + rows, dtype=np.int64)
    ends = np.append(_row_ends(text), [] if text.endswith(b"\n") else [len(text)])
    begins = np.concatenate([[0], ends[:-1] + 1]).astype(np.int64)
    letters = np.frombuffer(text, dtype=np.uint8)
    length = ends - begins
    empty = (length == 0) | ((length == 1) & (letters[np.minimum(begins, len(text) - 1)] == 13))
    begins = begins[~empty]
    if begins.size != rows:
        return None
    newlines = np.flatnonzero(letters == _NEWLINE)
    return np.asarray(line + np.searchsorted(newlines, begins), dtype=np.int64)


def _first_bad_row(piece: _Piece, why: str) -> FileFault:
    """Read the piece again slowly, to name the line on which it goes wrong."""
    text = io.StringIO(piece.text.decode(errors="replace"), newline="")
    rows = csv.reader(text, delimiter=piece.delimiter, strict=True)
    begins = 0
    try:
        for row in rows:
            if row and (
                len(row) > piece.width or (len(row) < piece.width and not piece.short_rows)
            ):
                return FileFault(
                    Spot(piece.name, piece.line + begins),
                    f"the row has {len(row)} cells",
                    expected=f"{piece.width}, as in the header",
                    remedy="look at the line: a missing or stray separator or quotation mark",
                )
            begins = rows.line_num
    except csv.Error as broken:
        why = str(broken)
    return FileFault(
        Spot(piece.name, piece.line + begins),
        f"the row cannot be read ({why})",
        expected=f"cells separated by {piece.delimiter!r}",
        remedy="look at the line: a stray quotation mark or line end",
    )


def _without_blank_rows(block: Block, piece: _Piece) -> Block | None:
    """Drop rows that are nothing but separators, which spreadsheets leave at the end."""
    hollow = piece.delimiter.encode() * (piece.width - 1)
    if hollow and not piece.text.startswith(hollow) and b"\n" + hollow not in piece.text:
        return block if block.line.size else None
    return _filled(block)


def _filled(block: Block) -> Block | None:
    filled = np.zeros(block.line.size, dtype=bool)
    for column in block.cells:
        filled |= np.asarray(pc.not_equal(column, "").to_numpy(zero_copy_only=False))
    if filled.all():
        return block if filled.size else None
    if not filled.any():
        return None
    keep = pa.array(filled)
    return Block(block.line[filled], tuple(column.filter(keep) for column in block.cells))


def _one(column: Cells) -> Cells:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _check_is_text(name: str, start: bytes) -> None:
    opening = start.removeprefix(_BOM).lstrip()[:200].lower()
    found = ""
    if not opening:
        found = "it is empty"
    elif opening.startswith((b"<!doctype", b"<html", b"<?xml", b"<head", b"<script")):
        found = "it is a web page, not a table"
    elif opening.startswith((b"{", b"[")):
        found = "it is JSON, not a table"
    elif opening.startswith(b"%pdf"):
        found = "it is a PDF"
    elif start.startswith((b"\xff\xfe", b"\xfe\xff")):
        found = "it is UTF-16 text"
    elif start.startswith(b"\xd0\xcf\x11\xe0"):
        found = "it is an old Excel or Word file"
    elif b"\r" in start and b"\n" not in start:
        found = "its lines end in bare carriage returns"
    if found:
        raise FileFault(
            name,
            found,
            expected="a table of text in UTF-8 with a header, or an xlsx workbook",
            remedy="open the file and look; a failed download often leaves a page in its place",
        )


# --- xlsx -------------------------------------------------------------------------------------


def _sheets(member: Member, source: SourceManifest, able: list[Layout]) -> Iterator[Table]:
    layouts = [layout for layout in able if layout.sheet is not None]
    book = _workbook(member)
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


def _workbook(member: Member) -> CalamineWorkbook:
    try:
        with zipfile.ZipFile(member.path) as parts:
            unpacked = sum(part.file_size for part in parts.infolist())
        if unpacked > min(MOST_SHEET_BYTES, max(64 << 20, 400 * member.bytes)):
            raise FileFault(
                member.name,
                f"the workbook unpacks to {unpacked >> 20:,} MiB",
                expected=f"at most {MOST_SHEET_BYTES >> 20:,} MiB, in proportion to its size",
                remedy="do not trust this file; ask its publisher for a CSV",
            )
        return CalamineWorkbook.from_path(str(member.path))
    except (zipfile.BadZipFile, CalamineError) as broken:
        raise FileFault(
            member.name,
            f"the workbook cannot be opened ({broken})",
            expected="an xlsx file",
            remedy="open it in a spreadsheet program, save it as xlsx again, or fetch it again",
        ) from None


def _sheet_rows(member: Member, book: CalamineWorkbook, sheet: str) -> list[list[Any]]:
    try:
        return book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    except CalamineError as broken:
        raise FileFault(
            f"{member.name}!{sheet}",
            f"the sheet cannot be read ({broken})",
            expected="a worksheet of cells",
            remedy="save the workbook as xlsx again, or fetch it again",
        ) from None


def _sheet_table(
    member: str, sheet: str, rows: list[list[Any]], layouts: list[Layout], words: _Words
) -> Table:
    name = f"{member}!{sheet}"
    candidates = [(layout, _sheet_header(layout, rows), layout.header_row) for layout in layouts]
    fit = _choose(name, candidates, words)
    width = len(fit.header)
    if fit.layout.notes_beside:
        rows = [row[:width] for row in rows]
    blocks = _sheet_blocks(name, rows, fit.line, width)
    groups = _groups(fit.layout, member, sheet)
    return Table(name, fit.layout, width, fit.columns, groups, blocks)


def _sheet_header(layout: Layout, rows: list[list[Any]]) -> list[str]:
    """The header, with what the rows above add to it, and without blank columns at its end."""
    parts = [
        _header_texts(rows, above.row, spans=above.spans)
        for above in sorted(layout.above, key=lambda above: above.row)
    ]
    own = _header_texts(rows, layout.header_row)
    while own and not own[-1]:
        own.pop()
    return [
        _squeezed(" ".join([*(part[at] for part in parts), text])) for at, text in enumerate(own)
    ]


def _header_texts(rows: list[list[Any]], row: int, *, spans: bool = False) -> list[str]:
    texts = [_squeezed(_cell(cell)) for cell in rows[row - 1]] if len(rows) >= row else []
    for at in range(1, len(texts) if spans else 0):
        texts[at] = texts[at] or texts[at - 1]
    return texts


def _sheet_blocks(name: str, rows: list[list[Any]], header_row: int, width: int) -> Iterator[Block]:
    for first in range(header_row, len(rows), BLOCK_ROWS):
        part = rows[first : first + BLOCK_ROWS]
        for at, row in enumerate(part):
            if any(cell != "" for cell in row[width:]):
                raise FileFault(
                    Spot(name, first + at + 1),
                    "there is a cell to the right of the last header",
                    expected=f"{width} columns",
                    remedy="look at the row; a note beside the table is not part of it",
                )
        columns = (pa.array([_cell(row[at]) for row in part], pa.string()) for at in range(width))
        line = np.arange(first + 1, first + 1 + len(part), dtype=np.int64)
        if (block := _filled(Block(line, tuple(columns)))) is not None:
            yield block


# --- features ---------------------------------------------------------------------------------


def _feature_table(member: Member, source: SourceManifest, able: list[Layout]) -> Table:
    header, rows = feature_rows(member)
    layouts = [(layout, header, 0) for layout in able if "geojson" in layout.format]
    fit = _choose(member.name, layouts, source.vocabularies)
    blocks = _sheet_blocks(member.name, rows, 0, len(header))
    groups = _groups(fit.layout, member.name)
    return Table(member.name, fit.layout, len(header), fit.columns, groups, blocks)


def _cell(value: object) -> str:
    """A cell as it would stand in a CSV: whole numbers without a fraction, dates in ISO 8601."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
