"""A block of rows under conversion: its columns by role, and what is doubtful in it.

A cell that cannot be what its column says stops the file with its line and column, unless the
manifest, giving its reason, has such rows set aside.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from lris.catalogue.sources import (
    GSS_SHAPE,
    Layout,
    Role,
    SourceManifest,
)
from lris.errors import FileFault, IdentifiersFound, Spot
from lris.sources import cells
from lris.sources.archives import Member
from lris.sources.cells import Mask
from lris.sources.columns import Block, Bound, Table
from lris.sources.frames import Original, Quarantined, Strings
from lris.sources.tabular import tables

# Columns whose every cell has to be a time, a number or a code: what is not is caught as that, and
# looked at for identifiers before it is shown or set aside.
_CHECKED_ELSEWHERE = frozenset(
    {Role.MONTH, Role.DATE, Role.LONGITUDE, Role.LATITUDE, Role.EASTING, Role.NORTHING}
    | {Role.VALUE, Role.PERIOD, Role.AREA_CODE, Role.PARENT_CODE, Role.POSTCODE, Role.KIND}
)


def checked_tables(
    member: Member, source: SourceManifest
) -> Iterator[tuple[Table, Iterator[Block]]]:
    """The tables of a member; their blocks are looked through for identifiers and counted."""
    for table in tables(member, source):
        yield table, _counted(table, source.expected_rows)
    member.check_unchanged()


def _counted(table: Table, expected: tuple[int, int] | None) -> Iterator[Block]:
    """Pass the blocks on, looking for identifiers, and tell whether there were as many as said."""
    least, most = table.layout.expected_rows or expected or (1, None)
    rows = 0
    for block in table.blocks:
        rows += block.line.size
        texts = [b for b in table.columns if b.column.role not in _CHECKED_ELSEWHERE]
        _check_no_identifiers(table, block, texts)
        _check_no_stray_cells(table, block)
        yield block
    if rows < least or (most is not None and rows > most):
        raise FileFault(
            table.name,
            f"it has {rows:,} rows" if rows else "there are no rows below the header",
            expected=f"{least:,} to {most:,}" if most is not None else f"{least:,} or more",
            remedy="check that the file is complete; if the publisher's count has changed, "
            "change expected_rows in the manifest",
        )


def _check_no_identifiers(
    table: Table, block: Block, columns: Iterable[Bound], only: list[int] | None = None
) -> None:
    """Refuse the file over a cell, in all rows or in some, that identifies somebody."""
    for bound in columns:
        if bound.column.identifying:
            continue
        texts = block.cells[bound.index]
        texts = texts if only is None else texts.take(pa.array(only, pa.int64()))
        if (found := cells.identifies_people(texts)) is not None:
            row, kind = found
            raise IdentifiersFound(
                Spot(table.name, int(block.line[only[row] if only else row]), bound.header),
                f"the cell holds {kind}",
                expected="depersonalised records",
                remedy="ask the partner to depersonalise the file before sending; nothing was kept",
            )


def _check_no_stray_cells(table: Table, block: Block) -> None:
    for index in set(range(table.width)) - {bound.index for bound in table.columns}:
        if (stray := ~cells.blank(block.cells[index])).any():
            raise FileFault(
                Spot(table.name, int(block.line[stray.argmax()])),
                f"there is a cell in column {index + 1}, which has no header",
                expected="nothing below a blank header",
                remedy="look at the row, or declare the column by its position",
            )


@dataclass
class Rows:
    """A block under conversion: its columns by role, and the rows set aside so far."""

    table: Table
    block: Block
    read: int
    source: SourceManifest
    aside: dict[int, tuple[str, str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, table: Table, block: Block, source: SourceManifest) -> Rows:
        """The block without the rows that the layout leaves out on purpose."""
        keep = np.ones(block.line.size, dtype=bool)
        for skip in table.layout.skip:
            bound = next(b for b in table.columns if skip.column in b.column.header)
            keep &= ~is_of(block.cells[bound.index], skip.values, skip.shape)
        if keep.all():
            return cls(table, block, keep.size, source)
        left = tuple(column.filter(pa.array(keep)) for column in block.cells)
        return cls(table, Block(block.line[keep], left), keep.size, source)

    @property
    def skipped(self) -> int:
        """How many rows were left out on purpose."""
        return self.read - self.size

    @property
    def layout(self) -> Layout:
        """The layout by which the table is read."""
        return self.table.layout

    @property
    def size(self) -> int:
        """How many rows there are."""
        return self.block.line.size

    def all(self, *roles: Role) -> list[Bound]:
        """The columns with one of the roles."""
        return [bound for bound in self.table.columns if bound.column.role in roles]

    def one(self, role: Role, vintage: str | None = None) -> Bound | None:
        """The column with the role, and the vintage if one is given."""
        return next(
            (b for b in self.all(role) if vintage is None or b.column.vintage == vintage), None
        )

    def cells(self, bound: Bound) -> cells.Cells:
        """The cells of a column."""
        return self.block.cells[bound.index]

    def doubt(
        self,
        bound: Bound,
        bad: Mask,
        found: str,
        expected: str,
        remedy: str = "",
        *,
        set_aside: bool = False,
    ) -> None:
        """Stop at the first bad cell, or set the bad rows aside where the manifest says so."""
        if not bad.any():
            return
        places = np.flatnonzero(bad).tolist()
        _check_no_identifiers(self.table, self.block, [bound], places)
        if set_aside or bound.column.on_fault == "quarantine":
            for at in places:
                seen = found.replace("{}", self._shown(bound, at))
                reason = f"column {bound.header!r}: {seen}; expected {expected}"
                self.aside.setdefault(at, (reason_code(found), reason, bound.header))
            return
        raise FileFault(
            Spot(self.table.name, int(self.block.line[places[0]]), bound.header),
            found.replace("{}", self._shown(bound, places[0])),
            expected=expected,
            remedy=remedy
            or "look at the row; if such rows are to be set aside and not to stop "
            "the load, put on_fault = 'quarantine' with a because on the column",
        )

    def _shown(self, bound: Bound, at: int) -> str:
        text = self.cells(bound)[at].as_py()
        return repr(text[:60] + ("…" if len(text) > 60 else ""))

    def good(self) -> Mask:
        """The rows that were not set aside."""
        mask = np.ones(self.size, dtype=bool)
        mask[list(self.aside)] = False
        return mask

    def quarantined(self) -> tuple[Quarantined, ...]:
        """The rows set aside, each with its reason, none of which identifies anybody."""
        if self.aside:
            _check_no_identifiers(self.table, self.block, self.table.columns, sorted(self.aside))
        original = self.original
        return tuple(
            original.aside(at, code, reason, header)
            for at, (code, reason, header) in sorted(self.aside.items())
        )

    @property
    def original(self) -> Original:
        """The rows as they stood, without the cells that the manifest says are to be dropped."""
        dropped = {b.index for b in self.table.columns if b.column.identifying == "drop"}
        columns = tuple(
            pa.repeat("", self.size) if at in dropped else cells
            for at, cells in enumerate(self.block.cells)
        )
        return Original(self.table.sheet, self.table.header, self.block.line, columns)


def reason_code(found: str) -> str:
    """The reason in a word, from the sentence that says what was found: `not_a_month`."""
    words = re.sub(r"[^a-z0-9]+", "_", found.replace("{}", "").lower()).strip("_")
    return re.sub(r"^(is|the|there_is)_", "", words)


def is_of(texts: cells.Cells, values: tuple[str, ...], shape: str | None) -> Mask:
    """Where a cell is one of the values, or of the shape."""
    trimmed = cells.trimmed(texts)
    return cells.matches(trimmed, shape) if shape else np.isin(cells.words(trimmed), values)


def codes_of(rows: Rows, bound: Bound, *, required: bool) -> Strings:
    """Area codes; "" where the publisher gives none."""
    if bound.column.vocabulary:
        return vocabulary_words(rows, bound, rows.source, "name of an area")
    texts = cells.trimmed(rows.cells(bound))
    empty = cells.blank(texts)
    rows.doubt(
        bound,
        ~empty & ~cells.matches(texts, bound.column.shape),
        "{} is not a code of an area",
        "a code such as E01000001" if bound.column.shape == GSS_SHAPE else bound.column.shape,
        "check the column; other kinds of code need their own shape in the manifest",
    )
    if required:
        rows.doubt(bound, empty, "there is no code", "the code of an area")
    return cells.words(texts)


def check_blanks(rows: Rows, *, spared: Role | None = None) -> None:
    """That no cell is blank which the manifest says is never blank."""
    for bound in rows.table.columns:
        if not bound.column.may_be_blank and bound.column.role is not spared:
            empty = cells.blank(rows.cells(bound))
            rows.doubt(bound, empty, "the cell is blank", "a cell with something in it")


def vocabulary_words(
    rows: Rows, bound: Bound, source: SourceManifest, what: str, *, or_blank: bool = False
) -> Strings:
    """The word of the column's vocabulary for each cell; `what` is what an unknown one is not."""
    vocabulary = source.vocabularies[bound.column.vocabulary or ""]
    found = cells.translated(rows.cells(bound), vocabulary)
    unknown = found == ""
    rows.doubt(
        bound,
        unknown & ~cells.blank(rows.cells(bound)) if or_blank else unknown,
        f"{{}} is not a known {what}",
        f"one of the {len(vocabulary)} words of the vocabulary {bound.column.vocabulary!r}",
        f"if the publisher has a new {what}, add it to the manifest's vocabulary",
    )
    return found


def names_of(rows: Rows, bound: Bound | None) -> Strings:
    """The trimmed texts of a column; "" throughout where there is none."""
    if bound is None:
        return same("", rows.size)
    _check_is_plain(rows, bound)
    return cells.words(cells.trimmed(rows.cells(bound)))


def _check_is_plain(rows: Rows, bound: Bound) -> None:
    """Texts that are kept are one day opened in a spreadsheet: none of them may act there."""
    rows.doubt(
        bound,
        cells.formulas(rows.cells(bound)),
        "{} begins like a formula, which a spreadsheet would run",
        "plain text",
        "do not open the file in a spreadsheet; ask the partner where the cell comes from",
    )


def kept_of(rows: Rows, without_code: bool) -> dict[str, Strings]:
    """The columns to be kept word for word, by the name each is kept under."""
    kept: dict[str, Strings] = {}
    for bound in rows.table.columns:
        name = _kept_as(bound, without_code)
        if name is not None:
            _check_is_plain(rows, bound)
            read = cells.word_for_word if name == "reference" else cells.words
            kept[name] = read(rows.cells(bound))
    return kept


def _kept_as(bound: Bound, without_code: bool) -> str | None:
    match bound.column.role:
        case Role.REFERENCE:
            return "reference"
        case Role.PLACE_TEXT:
            return "place"
        case Role.OUTCOME:
            return "outcome"
        case Role.AREA_NAME if without_code:
            return "area_name"
        case Role.KEPT:
            name = bound.column.name or re.sub(r"[^a-z0-9]+", "_", bound.header.lower())
            return name.strip("_")
    return None


def same(word: str, size: int) -> Strings:
    """One word for every row."""
    return np.full(size, word, dtype=object)
