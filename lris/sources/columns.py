"""A header and the layout of a manifest: which column is which, and how the two differ.

The same whatever the file is: text, workbook or features. Nothing is guessed: the one layout that
fits is taken, and where none does the nearest is told, difference by difference.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lris.catalogue.sources import (
    AREA_ROLES,
    Column,
    Layout,
    Role,
)
from lris.errors import FileFault, IdentifiersFound, Spot
from lris.sources.cells import Cells, identifies_people, names_a_person

MOST_COLUMNS = 4_096
MOST_HEADER_LETTERS = 2_000
MOST_HINTS = 20


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

    `groups` are the named groups of the patterns of the sheet and of the file's name; `sheet` is
    that of a workbook, "" in a plain file.
    """

    name: str
    layout: Layout
    width: int
    columns: tuple[Bound, ...]
    groups: dict[str, str]
    blocks: Iterator[Block]
    sheet: str = ""

    @property
    def header(self) -> tuple[str, ...]:
        """The header over each column, "" where it has none."""
        texts = {bound.index: bound.header for bound in self.columns}
        return tuple(texts.get(at, "") for at in range(self.width))


Words = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Fit:
    """How a layout lies on the header that stands where the layout expects it."""

    layout: Layout
    header: list[str]
    line: int
    columns: tuple[Bound, ...]
    differences: list[str]


def choose(name: str, candidates: list[tuple[Layout, list[str], int]], words: Words) -> Fit:
    """The one layout that fits, or the fault that tells how the nearest does not."""
    for _, header, line in candidates:
        _check_size(name, header, line)
    fits = [
        Fit(layout, header, line, *_fit(layout, header, words))
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


def _fit(layout: Layout, header: list[str], words: Words) -> tuple[tuple[Bound, ...], list[str]]:
    """Lay a layout on a header: the columns it finds, and every difference as a clause."""
    found: list[Bound] = []
    differences: list[str] = []
    free = dict(enumerate(header))
    for column in layout.columns:
        places = _places(column, free)
        if not places and not column.optional:
            differences.append(_missing(column, free, hint=len(differences) < MOST_HINTS))
        if len(places) > 1 and column.pattern is None:
            differences.append(f"column {column.label!r} stands there {len(places)} times")
        for place in places:
            bound, unknown = _bind(column, free.pop(place), place, words)
            found.append(bound)
            differences += unknown
    known = [text for column in layout.columns for text in column.header]
    strangers = [text for text in free.values() if text]
    differences += [
        _unknown(text, known if at < MOST_HINTS else []) for at, text in enumerate(strangers)
    ]
    if not differences and any(index < len(header) - len(free) for index in free):
        differences.append("there is a column without a header between the others")
    return tuple(found), differences


def _places(column: Column, free: dict[int, str]) -> list[int]:
    if column.pattern is not None:
        return [at for at, text in free.items() if text and re.fullmatch(column.pattern, text)]
    wanted = {squeezed(text) for text in column.header}
    if column.position is not None:
        at = column.position - 1
        return [at] if free.get(at) in wanted else []
    return [at for at, text in free.items() if text in wanted]


def _bind(column: Column, header: str, index: int, words: Words) -> tuple[Bound, list[str]]:
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


def _missing(column: Column, free: dict[int, str], *, hint: bool) -> str:
    if column.position is not None:
        there = free.get(column.position - 1, "nothing")
        return f"column {column.position} should be {column.label!r} and is {there[:80]!r}"
    there_are = [text for text in free.values() if text] if hint else []
    nearest = difflib.get_close_matches(column.label, there_are, n=1)
    return f"column {column.label!r} is missing" + (f" (is it {nearest[0]!r}?)" if nearest else "")


def _unknown(text: str, known: list[str]) -> str:
    nearest = difflib.get_close_matches(text, known, n=1)
    return f"column {text[:80]!r} is unknown" + (f" (is it {nearest[0]!r}?)" if nearest else "")


def _check_size(name: str, header: list[str], line: int) -> None:
    longest = max(map(len, header), default=0)
    if len(header) > MOST_COLUMNS or longest > MOST_HEADER_LETTERS:
        raise FileFault(
            Spot(name, line),
            f"the header has {len(header):,} columns, the longest text {longest:,} letters",
            expected=f"at most {MOST_COLUMNS:,} columns with names of a line or two",
            remedy="check that this is the file meant",
        )


def _no_fit(name: str, nearest: Fit) -> FileFault:
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
        text in {squeezed(header) for header in column.header} and _may_name(column)
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


def squeezed(text: str) -> str:
    """The text without white space around it, and with single spaces in it."""
    return " ".join(text.split())


def file_groups(layout: Layout, name: str) -> dict[str, str] | None:
    """What the pattern of the file's name catches; None where it does not fit."""
    plain = re.split(r"[!/\\]", name)[-1]
    plain = re.sub(r"\.(gz|xz)$", "", plain)
    caught = re.fullmatch(layout.file, plain) if layout.file else None
    return {"": plain, **caught.groupdict("")} if caught else None


def named_groups(layout: Layout, name: str, sheet: str = "") -> dict[str, str]:
    """The named groups of the patterns of the file's name and of the sheet."""
    found = file_groups(layout, name) or {}
    found.pop("", None)
    if layout.sheet and sheet and (caught := re.fullmatch(layout.sheet, sheet.strip())):
        found |= caught.groupdict("")
    return found


def without_blank_rows(block: Block) -> Block | None:
    """The block without rows that hold nothing; None where no row is left."""
    filled = np.zeros(block.line.size, dtype=bool)
    for column in block.cells:
        filled |= np.asarray(pc.not_equal(column, "").to_numpy(zero_copy_only=False))
    if filled.all():
        return block if filled.size else None
    if not filled.any():
        return None
    keep = pa.array(filled)
    return Block(block.line[filled], tuple(column.filter(keep) for column in block.cells))
