"""Tables of published values into frames: a row for every cell with a value or a withheld sign."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from math import inf
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.util import hash_array

from lris.catalogue.sources import Measure, Role, SourceManifest
from lris.errors import FileFault, Spot
from lris.sources import cells
from lris.sources.archives import Member
from lris.sources.cells import Mask
from lris.sources.columns import Block, Bound
from lris.sources.frames import (
    ObservationBatch,
    Strings,
)
from lris.sources.reading_links import unseen
from lris.sources.row_areas import Areas, areas_of, only, parents_of, places_of
from lris.sources.row_periods import row_periods, stated_period, with_following
from lris.sources.rows import Rows, check_blanks, checked_tables, names_of, same, vocabulary_words
from lris.terms import Period

_T = TypeVar("_T", bound=np.generic)


def read_observations(
    member: Member, source: SourceManifest, *, period: Period | None = None
) -> Iterator[ObservationBatch]:
    """Published values, one row per cell that holds a value or a withheld sign.

    The period is the manifest's, the sheet's, the row's, or else `period`; a `period` that
    contradicts the file is a fault, and so is none at all, or two values for one cell.
    """
    seen: set[tuple[str, ...]] = set()
    given = _Given()
    for table, blocks in checked_tables(member, source):
        label = stated_period(table, source, period)
        for part in (part for block in blocks for part in _parts(block)):
            batch = _observations(Rows.of(table, part, source), source, label, period, seen)
            given.check_once(table.name, batch)
            yield batch


MOST_CELLS = 1 << 19
"""Cells read at once: of wide tables few rows, so that memory does not grow with their width."""


def _parts(block: Block) -> Iterator[Block]:
    """The block in as many parts as keep to `MOST_CELLS` each."""
    rows = max(1, MOST_CELLS // max(1, len(block.cells)))
    for start in range(0, block.line.size, rows):
        yield Block(
            block.line[start : start + rows],
            tuple(column.slice(start, rows) for column in block.cells),
        )


@dataclass(slots=True)
class _Given:
    """Which cells have had their value: a number for each cell, in order, and its line."""

    blocks: list[tuple[NDArray[np.uint64], NDArray[np.int64]]] = field(default_factory=list)

    def check_once(self, name: str, batch: ObservationBatch) -> None:
        """That no cell of the batch has a value already, in this batch or an earlier one."""
        mark = np.zeros(len(batch), dtype=np.uint64)
        area = np.where(batch.area == "", batch.area_name, batch.area)
        for part in (batch.vintage, area, batch.period, batch.measure, batch.category):
            mark = _mixed(mark, part)
        order = np.argsort(mark, kind="stable")
        mark, at = mark[order], order
        again = np.flatnonzero(mark[1:] == mark[:-1])
        if again.size:
            raise _twice(name, batch, int(at[again[0] + 1]), int(batch.line[at[again[0]]]))
        for earlier, lines in self.blocks:
            place = np.minimum(np.searchsorted(earlier, mark), earlier.size - 1)
            known = np.flatnonzero(earlier[place] == mark) if earlier.size else again
            if known.size:
                raise _twice(name, batch, int(at[known[0]]), int(lines[place[known[0]]]))
        self.blocks.append((mark, batch.line[at]))


def _mixed(mark: NDArray[np.uint64], part: Strings) -> NDArray[np.uint64]:
    return np.asarray(mark * np.uint64(1_000_003) ^ hash_array(part), dtype=np.uint64)


def _twice(name: str, batch: ObservationBatch, at: int, first: int) -> FileFault:
    words = [batch.measure[at], batch.category[at], batch.period[at]]
    what = ", ".join(word for word in words if word)
    return FileFault(
        Spot(name, int(batch.line[at])),
        f"{batch.area[at] or batch.area_name[at]} has a second value ({what});"
        f" the first is on line {first}",
        expected="one value for an area, period, measure and category",
        remedy="keep one of the rows; if they differ in a column the manifest leaves out, declare "
        "that column as a category",
    )


def _observations(
    rows: Rows,
    source: SourceManifest,
    label: str | None,
    asked: Period | None,
    seen: set[tuple[str, ...]],
) -> ObservationBatch:
    areas = areas_of(rows)
    period = row_periods(rows, source, asked) if label is None else same(label, rows.size)
    check_blanks(rows, spared=Role.VALUE)
    columns = _all_values(rows, source, areas)
    _check_can_be_true(rows, source, columns)
    points = places_of(rows, areas)
    parents = parents_of(rows, areas)
    good = rows.good()
    links = tuple(unseen(link, good & (link.to_code != ""), seen) for link in parents)
    filled = np.concatenate([good & ~column.read.blank for column in columns])
    cells_read = int(good.sum()) * len(columns)

    def repeated(column: NDArray[_T]) -> NDArray[_T]:
        return np.asarray(np.tile(column, len(columns))[filled])

    def stacked(parts: list[NDArray[_T]]) -> NDArray[_T]:
        return np.asarray(np.concatenate(parts)[filled])

    return ObservationBatch(
        line=repeated(rows.block.line),
        vintage=repeated(areas.vintage),
        area=repeated(areas.code),
        area_name=repeated(areas.name),
        period=stacked([period if c.period is None else c.period for c in columns]),
        measure=stacked([column.measure for column in columns]),
        category=stacked([column.category for column in columns]),
        value=stacked([column.read.value for column in columns]),
        withheld=stacked([column.read.withheld for column in columns]),
        links=links,
        rows_read=rows.read,
        cells_read=cells_read,
        cells_blank=cells_read - int(filled.sum()),
        quarantined=rows.quarantined(),
        rows_skipped=rows.skipped,
        partition=(rows.layout.partition or "").format(**with_following(rows.table.groups)),
        points=tuple(only(point, good & (point.vintage == areas.vintage)) for point in points),
        blanks={
            bound.header: int((good & column.read.blank).sum())
            for bound, column in zip(rows.all(Role.VALUE), columns, strict=True)
        },
        original=rows.original,
    )


@dataclass(frozen=True, slots=True)
class _Values:
    """One column of values, with the measure and the category of each row.

    `period` is None where the column's period is its row's.
    """

    read: cells.Numbers
    measure: Strings
    category: Strings
    period: Strings | None


def _all_values(rows: Rows, source: SourceManifest, areas: Areas) -> list[_Values]:
    bounds = rows.all(Role.VALUE)
    by_row = _row_categories(rows, source)
    noted = _notes(rows, source, bounds)
    return [
        replace(
            column,
            read=_with_words_for_blanks(column.read, noted, bound.column.blank),
            category=_joined(same(_own_category(rows, bound), rows.size), by_row, areas.breakdown),
        )
        for bound in bounds
        for column in (_values(rows, source, bound),)
    ]


def _check_can_be_true(rows: Rows, source: SourceManifest, columns: list[_Values]) -> None:
    """That values lie in the range of their measure, and parts below their whole."""
    held = {one.id: one for one in source.measures if one.range or one.within}
    if not held:
        return
    named = [set(pd.unique(column.measure)) for column in columns]
    for bound, column, names in zip(rows.all(Role.VALUE), columns, named, strict=True):
        for measure in (held[name] for name in sorted(names & held.keys())):
            mine = column.measure == measure.id
            _check_in_range(rows, bound, measure, np.where(mine, column.read.value, np.nan))
            for whole, wholes in zip(columns, named, strict=True):
                if measure.within in wholes:
                    theirs = mine & (whole.measure == measure.within)
                    _check_within(rows, bound, measure, theirs, column, whole)


def _check_in_range(rows: Rows, bound: Bound, measure: Measure, value: NDArray[np.float64]) -> None:
    least, most = measure.range or (-inf, inf)
    aside = measure.outside == "quarantine"
    remedy = f"look at the row; if it is right, change the range of {measure.id!r} in the manifest"
    low, high = f"{least:g} or more", f"{most:g} or less"
    rows.doubt(bound, value < least, "{} is too small", low, remedy, set_aside=aside)
    rows.doubt(bound, value > most, "{} is too large", high, remedy, set_aside=aside)


def _check_within(
    rows: Rows, bound: Bound, measure: Measure, mask: Mask, part: _Values, whole: _Values
) -> None:
    """That the part is no more than the whole beside it; of people, nor than the whole of all."""
    same_people = whole.category == part.category
    if not str(measure.within).endswith("_upper"):
        same_people |= whole.category == ""
    mask = mask & same_people
    if part.period is not None and whole.period is not None:
        mask &= part.period == whole.period
    rows.doubt(
        bound,
        mask & (part.read.value > whole.read.value),
        f"{{}} is above its {_WHOLES.get(str(measure.within).rpartition('_')[2], 'whole')}",
        f"no more than the row's {measure.within}",
        "look at the row: the two may be exchanged, or one of them is of another period",
        set_aside=measure.outside == "quarantine",
    )


_WHOLES = {"denominator": "denominator", "upper": "upper limit"}


def _values(rows: Rows, source: SourceManifest, bound: Bound) -> _Values:
    column = bound.column
    symbols = source.withheld | column.withheld
    read = cells.numbers(rows.cells(bound), column.type, symbols)
    rows.doubt(
        bound,
        read.bad,
        f"{{}} is not {_KINDS[column.type]}",
        _KINDS[column.type] + (", or " + ", ".join(map(repr, symbols)) if symbols else ""),
        "if the publisher withholds values with this sign, add it to the manifest's withheld",
    )
    if column.minimum is not None:
        low = read.value < column.minimum
        rows.doubt(bound, low, "{} is too small", f"{column.minimum:g} or more")
    if column.maximum is not None:
        high = read.value > column.maximum
        rows.doubt(bound, high, "{} is too large", f"{column.maximum:g} or less")
    if not column.may_be_blank:
        rows.doubt(bound, read.blank, "the cell is blank", "a value")
    period = same(column.period, rows.size) if column.period else None
    return _Values(read, _measures(rows, source, bound), same("", rows.size), period)


def _with_words_for_blanks(
    read: cells.Numbers, noted: Strings, blank_means: str | None
) -> cells.Numbers:
    """A blank cell that stands for something is withheld with the word for it."""
    word = np.where(noted != "", noted, blank_means or "")
    told = read.blank & (word != "")
    if not told.any():
        return read
    withheld = np.where(told, word, read.withheld).astype(object)
    return replace(read, blank=read.blank & ~told, withheld=withheld)


def _notes(rows: Rows, source: SourceManifest, bounds: list[Bound]) -> Strings:
    """The word of the publisher's note for each row whose first value is blank; "" for none."""
    bound = rows.one(Role.NOTE)
    if bound is None:
        return same("", rows.size)
    words = vocabulary_words(rows, bound, source, "note", or_blank=True)
    return np.where(cells.blank(rows.cells(bounds[0])), words, "").astype(object)


_KINDS = {"integer": "a whole number", "number": "a number", "percent": "a percentage such as 59%"}


def _measures(rows: Rows, source: SourceManifest, bound: Bound) -> Strings:
    if (by_row := rows.one(Role.MEASURE)) is None:
        return same(bound.measure, rows.size)
    words = vocabulary_words(rows, by_row, source, "measure")
    part = bound.column.part
    return words if part is None else np.asarray(words + f"_{part}", dtype=object)


def _row_categories(rows: Rows, source: SourceManifest) -> Strings:
    """What the category columns make of each row, together."""
    return _joined(
        *(
            vocabulary_words(rows, bound, source, "category", or_blank=len(bounds) > 1)
            if bound.column.vocabulary
            else names_of(rows, bound)
            for bounds in (rows.all(Role.CATEGORY),)
            for bound in bounds
        ),
        size=rows.size,
    )


_NO_BREAKDOWN = "all"


def _joined(*parts: Strings, size: int = 0) -> Strings:
    """The words of several columns as one, joined by "_"; blanks and `all` add nothing."""
    joined = np.full(parts[0].size if parts else size, "", dtype=object)
    for part in parts:
        said = (part != "") & (part != _NO_BREAKDOWN)
        if said.any():
            after = np.where(joined == "", part, joined + "_" + part)
            joined = np.where(said, after, joined).astype(object)
    return joined


def _own_category(rows: Rows, bound: Bound) -> str:
    """The category of a column, with the groups of the file's and the sheet's name filled in."""
    if "{" not in (bound.column.category or ""):
        return bound.category
    text = bound.category.format(**rows.table.groups)
    return re.sub(r"[^a-z0-9_]+", "-", text.lower()).strip("-")
