"""Text with separators into blocks of cells with the physical line of every row.

Blocks are bounded, so memory does not grow with the file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
from numpy.typing import NDArray

from lris.catalogue.sources import (
    Layout,
    SourceManifest,
)
from lris.errors import FileFault, Spot
from lris.sources.archives import Member
from lris.sources.cells import Cells
from lris.sources.columns import Block, Table, choose, named_groups, squeezed, without_blank_rows

BLOCK_BYTES = 8 << 20
MOST_ROW_BYTES = 4 << 20
BOM = b"\xef\xbb\xbf"
_NEWLINE, _QUOTE = 10, 34


def csv_table(member: Member, source: SourceManifest, able: list[Layout]) -> Table:
    """The one table of a CSV; `able` are the layouts that a file of its name can have."""
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
    fit = choose(
        member.name,
        [(layout, _named(layout, head.header), head.line) for layout, head in readable],
        source.vocabularies,
    )
    head = next(head for layout, head in readable if layout is fit.layout)
    blocks = _csv_blocks(member, fit.layout, head)
    groups = named_groups(fit.layout, member.name)
    return Table(member.name, fit.layout, len(fit.header), fit.columns, groups, blocks)


def _named(layout: Layout, header: list[str]) -> list[str]:
    """The header; for a file without one, the declared names, if it has as many columns."""
    if layout.header_row > 0 or len(header) != len(layout.columns):
        return header
    return [squeezed(column.label) for column in layout.columns]


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
    skip = len(BOM) if start.startswith(BOM) else 0
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
    if len(rows) > 1:
        return FileFault(
            Spot(member.name, line),
            "a bare carriage return stands in the header",
            expected="rows that all end in a newline",
            remedy="look at the line ends: two kinds are mixed",
        )
    header = [squeezed(cell) for cell in rows[0]] if rows else []
    if not any(header):
        return FileFault(
            Spot(member.name, line),
            "the header is blank",
            expected="a name for every column",
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
        for raw in _whole_rows(file, member.bytes - head.body_at):
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


def _whole_rows(file: IO[bytes], left: int) -> Iterator[bytes]:
    """Cut a stream where rows end, quoted newlines considered; only the last may be unended.

    No more than `left` bytes are read: a file that somebody goes on writing has an end for us. A
    row that grows beyond all bounds is handed out as it is, and nothing after it.
    """
    carry = b""
    while (chunk := file.read(min(BLOCK_BYTES, left))) and len(carry) <= MOST_ROW_BYTES:
        left -= len(chunk)
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
    if encoding == "utf-8" and (at := raw.find(BOM)) >= 0:
        raise FileFault(
            Spot(name, line + raw.count(b"\n", 0, at)),
            "there is a byte order mark in the middle of the file",
            expected="one at the very start, or none",
            remedy="two files were put together: load each of them by itself",
        )
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
    return without_blank_rows(Block(np.array(lines, dtype=np.int64), tuple(columns)))


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
    return without_blank_rows(block)


def _one(column: Cells) -> Cells:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
