"""Tables into frames: what the manifest says of each column, done to every row of it.

A cell that cannot be what its column says stops the file with its line and column, unless the
manifest, giving its reason, has such rows set aside. Rows that look alike are all kept: two
identical lines are two incidents.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from typing import TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lris.catalogue.sources import GSS_SHAPE, Kind, Layout, Link, Role, SourceManifest
from lris.errors import FileFault, IdentifiersFound, Spot, UnknownPeriod
from lris.rules.british_grid import to_grid
from lris.sources import cells
from lris.sources.archives import Member
from lris.sources.cells import Mask
from lris.sources.frames import (
    IncidentBatch,
    LinkBatch,
    NameBatch,
    ObservationBatch,
    PointBatch,
    PostcodeBatch,
    Quarantined,
    Strings,
)
from lris.sources.tabular import Block, Bound, Table, tables
from lris.terms import Period

_Moments = NDArray[np.datetime64]
_Column = NDArray[np.float64]
_T = TypeVar("_T", bound=np.generic)

_UK_DEGREES = (-9.0, 2.2, 49.7, 61.0)
_UK_METRES = (-250_000.0, 700_000.0, -10_000.0, 1_300_000.0)
# Columns whose every cell has to be a time, a number or a code: what is not is caught as that, and
# looked at for identifiers before it is shown or set aside.
_CHECKED_ELSEWHERE = frozenset(
    {Role.MONTH, Role.DATE, Role.LONGITUDE, Role.LATITUDE, Role.EASTING, Role.NORTHING}
    | {Role.VALUE, Role.PERIOD, Role.AREA_CODE, Role.PARENT_CODE, Role.POSTCODE, Role.KIND}
)


def read_incidents(
    member: Member, source: SourceManifest, *, today: date, period: Period | None = None
) -> Iterator[IncidentBatch]:
    """Incidents in EPSG:27700, every row of the member in one batch or in its quarantine.

    `today` is the day against which a date is in the future. With `period`, a row outside it is a
    fault. Raises `FileFault` (nothing should then be stored) and `IdentifiersFound`.
    """
    for table, blocks in _checked(member, source):
        for block in blocks:
            yield _incidents(_Rows.of(table, block, source), source, today, period)


def read_observations(
    member: Member, source: SourceManifest, *, period: Period | None = None
) -> Iterator[ObservationBatch]:
    """Published values, one row per cell that holds a value or a withheld sign.

    The period is the manifest's, the sheet's, the row's, or else `period`; a `period` that
    contradicts the file is a fault, and so is none at all.
    """
    seen: set[tuple[str, ...]] = set()
    for table, blocks in _checked(member, source):
        label = _stated_period(table, source, period)
        for block in blocks:
            yield _observations(_Rows.of(table, block, source), source, label, period, seen)


def read_links(member: Member, source: SourceManifest) -> Iterator[LinkBatch]:
    """Links between vintages, each pair of areas once, one batch per link and block.

    `rows_read` and the quarantine are told with the first link of a block and not again, so that
    sums over all batches are right.
    """
    if source.kind != "links":
        raise FileFault(
            member.name,
            f"{source.id} holds {source.kind}, not links between areas",
            remedy=f"read it as {source.kind}",
        )
    for table, blocks in _checked(member, source):
        seen: set[tuple[str, ...]] = set()
        for block in blocks:
            yield from _links(_Rows.of(table, block, source), seen)


def read_names(member: Member, source: SourceManifest) -> Iterator[NameBatch]:
    """What areas are called, a row for each area."""
    for table, blocks in _checked(member, source):
        for block in blocks:
            yield _called(_Rows.of(table, block, source))


def read_points(member: Member, source: SourceManifest) -> Iterator[PointBatch]:
    """Places with their points in EPSG:27700."""
    for table, blocks in _checked(member, source):
        for block in blocks:
            yield _located(_Rows.of(table, block, source))


def read_postcodes(
    member: Member, source: SourceManifest, *, period: Period | None = None
) -> Iterator[PostcodeBatch]:
    """A directory of postcodes; its edition is the manifest's period, or `period`."""
    for table, blocks in _checked(member, source):
        edition = str(_stated_period(table, source, period))
        for block in blocks:
            yield _postcodes(_Rows.of(table, block, source), edition)


def _checked(member: Member, source: SourceManifest) -> Iterator[tuple[Table, Iterator[Block]]]:
    for table in tables(member, source):
        yield table, _counted(table, source.expected_rows)


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


# --- one block, and what is doubtful in it ----------------------------------------------------


@dataclass
class _Rows:
    """A block under conversion: its columns by role, and the rows set aside so far."""

    table: Table
    block: Block
    read: int
    source: SourceManifest
    aside: dict[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, table: Table, block: Block, source: SourceManifest) -> _Rows:
        """The block without the rows that the layout leaves out on purpose."""
        keep = np.ones(block.line.size, dtype=bool)
        for skip in table.layout.skip:
            bound = next(b for b in table.columns if skip.column in b.column.header)
            keep &= ~_is_of(block.cells[bound.index], skip.values, skip.shape)
        if keep.all():
            return cls(table, block, keep.size, source)
        left = tuple(column.filter(pa.array(keep)) for column in block.cells)
        return cls(table, Block(block.line[keep], left), keep.size, source)

    @property
    def skipped(self) -> int:
        return self.read - self.size

    @property
    def layout(self) -> Layout:
        return self.table.layout

    @property
    def size(self) -> int:
        return self.block.line.size

    def all(self, *roles: Role) -> list[Bound]:
        return [bound for bound in self.table.columns if bound.column.role in roles]

    def one(self, role: Role, vintage: str | None = None) -> Bound | None:
        return next(
            (b for b in self.all(role) if vintage is None or b.column.vintage == vintage), None
        )

    def cells(self, bound: Bound) -> cells.Cells:
        return self.block.cells[bound.index]

    def doubt(self, bound: Bound, bad: Mask, found: str, expected: str, remedy: str = "") -> None:
        """Stop at the first bad cell, or set the bad rows aside where the manifest says so."""
        if not bad.any():
            return
        places = np.flatnonzero(bad).tolist()
        _check_no_identifiers(self.table, self.block, [bound], places)
        if bound.column.on_fault == "quarantine":
            for at in places:
                seen = found.replace("{}", self._shown(bound, at))
                self.aside.setdefault(at, f"column {bound.header!r}: {seen}; expected {expected}")
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
        if self.aside:
            _check_no_identifiers(self.table, self.block, self.table.columns, sorted(self.aside))
        return tuple(
            Quarantined(int(self.block.line[at]), why, self.block.row(at))
            for at, why in sorted(self.aside.items())
        )


def _is_of(texts: cells.Cells, values: tuple[str, ...], shape: str | None) -> Mask:
    """Where a cell is one of the values, or of the shape."""
    trimmed = cells.trimmed(texts)
    return cells.matches(trimmed, shape) if shape else np.isin(cells.words(trimmed), values)


def _codes(rows: _Rows, bound: Bound, *, required: bool) -> Strings:
    """Area codes; "" where the publisher gives none."""
    if bound.column.vocabulary:
        return _vocabulary_words(rows, bound, rows.source, "name of an area")
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


def _check_blanks(rows: _Rows, *, spared: Role | None = None) -> None:
    for bound in rows.table.columns:
        if not bound.column.may_be_blank and bound.column.role is not spared:
            empty = cells.blank(rows.cells(bound))
            rows.doubt(bound, empty, "the cell is blank", "a cell with something in it")


def _vocabulary_words(
    rows: _Rows, bound: Bound, source: SourceManifest, what: str, *, or_blank: bool = False
) -> Strings:
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


# --- incidents --------------------------------------------------------------------------------


def _incidents(
    rows: _Rows, source: SourceManifest, today: date, period: Period | None
) -> IncidentBatch:
    _check_blanks(rows)
    start, end = _times(rows, today, period)
    x, y = _places(rows)
    category = _categories(rows, source)
    code_at = rows.one(Role.AREA_CODE)
    code = _codes(rows, code_at, required=False) if code_at else _same("", rows.size)
    partition = _partitions(rows, start)
    kept = _kept(rows, code_at is None)
    good = rows.good() if rows.aside else slice(None)
    return IncidentBatch(
        line=rows.block.line[good],
        partition=partition[good],
        start=start[good],
        end=end[good],
        category=category[good],
        x=x[good],
        y=y[good],
        code=code[good],
        kept={name: column[good] for name, column in kept.items()},
        quarantined=rows.quarantined(),
    )


def _times(rows: _Rows, today: date, period: Period | None) -> tuple[_Moments, _Moments]:
    month, day = rows.one(Role.MONTH), rows.one(Role.DATE)
    if month is not None:
        start = _month_starts(rows, month)
        end = cells.month_ends(start)
        named = month
    else:
        assert day is not None
        start, end = _day_times(rows, day)
        named = day
    rows.doubt(
        named,
        start > np.datetime64(today, "s") + cells.DAY - np.timedelta64(1, "s"),
        "{} is in the future",
        f"a time up to {today.isoformat()}",
        "check the file, and the date of this machine",
    )
    if period is not None:
        first, after = np.datetime64(period.start, "s"), np.datetime64(period.end, "s") + cells.DAY
        outside = (start < first) | (end > after)
        rows.doubt(named, outside, "{} is outside the period asked for", f"a time in {period}")
    return start, end


def _month_starts(rows: _Rows, bound: Bound) -> _Moments:
    start = cells.moments(rows.cells(bound), cells.month_of)
    rows.doubt(bound, np.isnat(start), "{} is not a month", "a month such as 2018-10")
    return start


def _day_times(rows: _Rows, day: Bound) -> tuple[_Moments, _Moments]:
    """From the day, or from the times of day or the whole moments where columns give them."""
    start = _moments(rows, day).astype("datetime64[D]").astype("datetime64[s]")
    time_from, time_to = rows.one(Role.TIME_FROM), rows.one(Role.TIME_TO)
    if time_from is None:
        return start, cells.later(start, cells.DAY)
    begun = _moments_on(rows, time_from, start)
    ended = _moments_on(rows, time_to, start) if time_to else begun
    known = ~np.isnat(begun)
    first = np.where(known, begun, start)
    last = cells.later(np.where(np.isnat(ended), first, ended), cells.MINUTE)
    wrong = known & ~np.isnat(ended) & (ended < begun)
    rows.doubt(time_to or time_from, wrong, "{} is before the time from", "a later time")
    return first, np.where(known, last, cells.later(start, cells.DAY))


def _moments_on(rows: _Rows, bound: Bound, day: _Moments) -> _Moments:
    """Moments, or times of day upon the row's day; NaT where blank."""
    form = bound.column.format
    read = partial(_clock_time, form) if form is None or "%Y" not in form else None
    if read is None:
        return _moments(rows, bound, blank_ok=True)
    found = cells.moments(rows.cells(bound), read)
    rows.doubt(
        bound,
        np.isnat(found) & ~cells.blank(rows.cells(bound)),
        "{} is not a time",
        f"a time written {form}" if form else "a time such as 17:05, or a moment in ISO 8601",
    )
    clock_only = found < np.datetime64("1901-01-01", "s")
    return np.where(clock_only, day + (found - np.datetime64("1900-01-01", "s")), found)


def _clock_time(form: str | None, text: str) -> datetime | None:
    if form is not None:
        return cells.moment_of(form, text)
    return (
        cells.moment_of("%H:%M", text)
        or cells.moment_of("%H:%M:%S", text)
        or (cells.moment_of(None, text))
    )


def _moments(rows: _Rows, bound: Bound, *, blank_ok: bool = False) -> _Moments:
    form = bound.column.format
    found = cells.moments(rows.cells(bound), partial(cells.moment_of, form))
    bad = np.isnat(found)
    if blank_ok:
        bad &= ~cells.blank(rows.cells(bound))
    expected = f"a date written {form}" if form else "a date such as 2018-10-31"
    rows.doubt(
        bound,
        bad,
        "{} is not a date",
        expected,
        "put the publisher's way of writing dates into the column's format",
    )
    return found


_Amiss = Callable[[_Column, _Column], Iterator[tuple[Mask, str, str, str]]]


def _places(rows: _Rows) -> tuple[_Column, _Column]:
    """Points in EPSG:27700 metres, NaN where the publisher gives none."""
    if (lon := rows.one(Role.LONGITUDE)) is not None:
        lat = rows.one(Role.LATITUDE)
        assert lat is not None
        return to_grid(*_coordinates(rows, lon, lat, _UK_DEGREES, _degrees_amiss))
    if (east := rows.one(Role.EASTING)) is not None:
        north = rows.one(Role.NORTHING)
        assert north is not None
        return _coordinates(rows, east, north, _UK_METRES, _metres_amiss)
    return np.full(rows.size, np.nan), np.full(rows.size, np.nan)


def _coordinates(
    rows: _Rows, across: Bound, up: Bound, reach: tuple[float, float, float, float], amiss: _Amiss
) -> tuple[_Column, _Column]:
    read = [cells.numbers(rows.cells(bound)) for bound in (across, up)]
    for bound, column in zip((across, up), read, strict=True):
        rows.doubt(bound, column.bad, "{} is not a coordinate", "a number")
    half = read[0].blank != read[1].blank
    rows.doubt(across, half, "only one of two coordinates is given", "both or neither")
    x, y = read[0].value, read[1].value
    for mask, found, expected, remedy in amiss(x, y):
        rows.doubt(across, mask, found, expected, remedy)
    west, east, south, north = reach
    outside = (x < west) | (x > east) | (y < south) | (y > north)
    rows.doubt(
        across,
        outside,
        "{} is not in the United Kingdom",
        f"between {west:g} and {east:g}, with {up.header!r} between {south:g} and {north:g}",
        "check the coordinates, and which coordinate system the file is in",
    )
    if outside.any():
        x, y = np.where(outside, np.nan, x), np.where(outside, np.nan, y)
    return x, y


def _degrees_amiss(x: _Column, y: _Column) -> Iterator[tuple[Mask, str, str, str]]:
    yield (
        (np.abs(x) > 180) | (np.abs(y) > 90),
        "{} looks like metres of the National Grid",
        "a longitude in degrees",
        "give the columns the roles easting and northing",
    )
    yield (
        (x > 49) & (x < 62) & (y > -9) & (y < 3),
        "{} is a latitude: longitude and latitude are exchanged",
        "a longitude between -9 and 2.2",
        "exchange the two columns' roles, or mend the file",
    )


def _metres_amiss(x: _Column, y: _Column) -> Iterator[tuple[Mask, str, str, str]]:
    yield (
        (np.abs(x) < 62) & (np.abs(y) < 62) & ((x != 0) | (y != 0)),
        "{} looks like degrees",
        "an easting in metres",
        "give the columns the roles longitude and latitude",
    )


def _categories(rows: _Rows, source: SourceManifest) -> Strings:
    bound = rows.one(Role.CATEGORY)
    if bound is None:
        return _same(rows.layout.category or "", rows.size)
    return _vocabulary_words(rows, bound, source, "category")


def _partitions(rows: _Rows, start: _Moments) -> Strings:
    parts = []
    for literal, name in re.findall(r"([^{}]*)(?:\{([^{}]+)\})?", rows.layout.partition or ""):
        if literal:
            parts.append(pa.scalar(literal))
        if name in ("month", "year"):
            parts.append(_calendar_words(start, "M" if name == "month" else "Y"))
        elif name:
            bound = next(b for b in rows.table.columns if name in b.column.header)
            texts = cells.trimmed(rows.cells(bound))
            rows.doubt(bound, cells.blank(texts), "the cell is blank", "what part the row is of")
            parts.append(texts)
    nothing = pa.repeat("", rows.size)
    return cells.words(pc.binary_join_element_wise(nothing, *parts, ""))


def _calendar_words(start: _Moments, unit: str) -> cells.Cells:
    at, units = pd.factorize(start.astype(f"datetime64[{unit}]").astype(np.int64))
    names = np.array(units, dtype=np.int64).astype(f"datetime64[{unit}]").astype(str)
    return pa.array(names.astype(object), pa.string()).take(pa.array(at))


def _kept(rows: _Rows, without_code: bool) -> dict[str, Strings]:
    kept: dict[str, Strings] = {}
    for bound in rows.table.columns:
        match bound.column.role:
            case Role.REFERENCE:
                kept["reference"] = cells.word_for_word(rows.cells(bound))
            case Role.PLACE_TEXT:
                kept["place"] = cells.words(rows.cells(bound))
            case Role.OUTCOME:
                kept["outcome"] = cells.words(rows.cells(bound))
            case Role.AREA_NAME if without_code:
                kept["area_name"] = cells.words(rows.cells(bound))
            case Role.KEPT:
                name = bound.column.name or re.sub(r"[^a-z0-9]+", "_", bound.header.lower())
                kept[name.strip("_")] = cells.words(rows.cells(bound))
    return kept


# --- observations -----------------------------------------------------------------------------


def _stated_period(table: Table, source: SourceManifest, asked: Period | None) -> str | None:
    """The label of the one period of a table; None where each row has its own."""
    if any(bound.column.role is Role.PERIOD for bound in table.columns):
        return None
    template = table.layout.period or source.period
    stated = template.format(**_with_following(table.groups)) if template else None
    if stated is None and asked is None:
        raise FileFault(
            table.name,
            "neither the file nor the manifest says what period the figures are of",
            expected="a period such as 2018 or 2016/17",
            remedy="say it: lris load SOURCE FILE --period 2018",
        )
    if stated is not None and asked is not None and stated != asked.label:
        raise FileFault(
            table.name,
            f"the figures are of {stated}, not of {asked.label}",
            expected=f"the period {stated}",
            remedy="leave --period out, or load the file of the period meant",
        )
    return stated if stated is not None else str(asked)


def _with_following(groups: dict[str, str]) -> dict[str, str]:
    """The groups, and after a `year` the last two digits of the next: 2016/17 from 2016."""
    if not groups.get("year", "").isdecimal():
        return groups
    return groups | {"following": f"{(int(groups['year']) + 1) % 100:02d}"}


def _observations(
    rows: _Rows,
    source: SourceManifest,
    label: str | None,
    asked: Period | None,
    seen: set[tuple[str, ...]],
) -> ObservationBatch:
    areas = _areas(rows)
    period = _row_periods(rows, source, asked) if label is None else _same(label, rows.size)
    _check_blanks(rows, spared=Role.VALUE)
    columns = _all_values(rows, source, areas)
    points = _places_of(rows, areas)
    parents = _all_parents(rows, areas)
    good = rows.good()
    links = tuple(_unseen(link, good & (link.to_code != ""), seen) for link in parents)
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
        partition=(rows.layout.partition or "").format(**_with_following(rows.table.groups)),
        points=tuple(_only(point, good & (point.vintage == areas.vintage)) for point in points),
    )


@dataclass(frozen=True, slots=True)
class _Areas:
    """What area each row is about: codes ("" where there are only names), names, vintages.

    `breakdown` is the category that the kind of row stands for, "" for none.
    """

    code: Strings
    name: Strings
    vintage: Strings
    breakdown: Strings


def _areas(rows: _Rows) -> _Areas:
    if rows.layout.kinds:
        return _areas_by_kind(rows)
    code, name = rows.one(Role.AREA_CODE), rows.one(Role.AREA_NAME)
    codes = _codes(rows, code, required=True) if code else _same("", rows.size)
    names = _names(rows, name)
    if code is None and name is not None:
        rows.doubt(name, names == "", "there is no name", "the name of an area")
    vintage = next((str(b.column.vintage) for b in (code, name) if b is not None), "")
    return _Areas(codes, names, _same(vintage, rows.size), _same("", rows.size))


def _areas_by_kind(rows: _Rows) -> _Areas:
    """Each row by the first kind that takes it; a row that none takes is a fault."""
    found = _Areas(*(_same("", rows.size) for _ in range(4)))
    for kind, mask in _of_kinds(rows):
        found.vintage[mask] = kind.vintage
        found.breakdown[mask] = kind.category or ""
        found.code[mask] = kind.area or ""
        if kind.code is not None:
            bound = _called_column(rows, kind.code)
            found.code[mask] = _kind_codes(rows, bound, mask, kind.code_shape)[mask]
        if kind.name is not None:
            found.name[mask] = _names(rows, _called_column(rows, kind.name))[mask]
    return found


def _of_kinds(rows: _Rows) -> Iterator[tuple[Kind, Mask]]:
    left = np.ones(rows.size, dtype=bool)
    for kind in rows.layout.kinds:
        texts = rows.cells(_called_column(rows, kind.column))
        mask = left & _is_of(texts, kind.values, kind.shape)
        left &= ~mask
        yield kind, mask
    bound = _called_column(rows, rows.layout.kinds[-1].column)
    rows.doubt(
        bound,
        left,
        "{} tells no kind of row",
        ", ".join(" or ".join(kind.values) or str(kind.shape) for kind in rows.layout.kinds),
        "if the publisher has a new kind of row, add it to the manifest's kinds",
    )


def _called_column(rows: _Rows, header: str) -> Bound:
    return next(bound for bound in rows.table.columns if header in bound.column.header)


def _kind_codes(rows: _Rows, bound: Bound, mask: Mask, shape: str) -> Strings:
    texts = cells.trimmed(rows.cells(bound))
    rows.doubt(
        bound,
        mask & ~cells.matches(texts, shape),
        "{} is not a code of such a place",
        shape,
        "check the column; other kinds of code need their own shape in the manifest",
    )
    return cells.words(texts)


def _names(rows: _Rows, bound: Bound | None) -> Strings:
    if bound is None:
        return _same("", rows.size)
    return cells.words(cells.trimmed(rows.cells(bound)))


def _row_periods(rows: _Rows, source: SourceManifest, asked: Period | None) -> Strings:
    bound = rows.one(Role.PERIOD)
    assert bound is not None
    texts = cells.trimmed(rows.cells(bound))
    labels = cells.by_word(texts, partial(_period_labels, source.school_year))
    rows.doubt(bound, labels == "", "{} is not a period", "2018, 2018-Q4, 2018-10 or 2016/17")
    if asked is not None:
        rows.doubt(bound, labels != asked.label, "{} is not the period asked for", asked.label)
    return labels


def _period_labels(school_year: bool, found: Strings) -> Strings:
    labels = []
    for text in found:
        text = re.sub(r"^(\d{2})(\d{2}) - (\d{2})$", r"\1\2..\1\3", text)
        try:
            labels.append(Period.parse(text, school_year=school_year).label)
        except UnknownPeriod:
            labels.append("")
    return np.array(labels, dtype=object)


@dataclass(frozen=True, slots=True)
class _Values:
    """One column of values, with the measure and the category of each row.

    `period` is None where the column's period is its row's.
    """

    read: cells.Numbers
    measure: Strings
    category: Strings
    period: Strings | None


def _all_values(rows: _Rows, source: SourceManifest, areas: _Areas) -> list[_Values]:
    bounds = rows.all(Role.VALUE)
    by_row = _row_categories(rows, source)
    noted = _notes(rows, source, bounds)
    return [
        replace(
            column,
            read=_with_words_for_blanks(column.read, noted, bound.column.blank),
            category=_joined(_same(_own_category(rows, bound), rows.size), by_row, areas.breakdown),
        )
        for bound in bounds
        for column in (_values(rows, source, bound),)
    ]


def _values(rows: _Rows, source: SourceManifest, bound: Bound) -> _Values:
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
    period = _same(column.period, rows.size) if column.period else None
    return _Values(read, _measures(rows, source, bound), _same("", rows.size), period)


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


def _notes(rows: _Rows, source: SourceManifest, bounds: list[Bound]) -> Strings:
    """The word of the publisher's note for each row whose first value is blank; "" for none."""
    bound = rows.one(Role.NOTE)
    if bound is None:
        return _same("", rows.size)
    words = _vocabulary_words(rows, bound, source, "note", or_blank=True)
    return np.where(cells.blank(rows.cells(bounds[0])), words, "").astype(object)


_KINDS = {"integer": "a whole number", "number": "a number", "percent": "a percentage such as 59%"}


def _measures(rows: _Rows, source: SourceManifest, bound: Bound) -> Strings:
    if (by_row := rows.one(Role.MEASURE)) is None:
        return _same(bound.measure, rows.size)
    words = _vocabulary_words(rows, by_row, source, "measure")
    part = bound.column.part
    return words if part is None else np.asarray(words + f"_{part}", dtype=object)


def _row_categories(rows: _Rows, source: SourceManifest) -> Strings:
    """What the category columns make of each row, together."""
    return _joined(
        *(
            _vocabulary_words(rows, bound, source, "category", or_blank=len(bounds) > 1)
            if bound.column.vocabulary
            else _names(rows, bound)
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


def _own_category(rows: _Rows, bound: Bound) -> str:
    """The category of a column, with the groups of the file's and the sheet's name filled in."""
    if "{" not in (bound.column.category or ""):
        return bound.category
    text = bound.category.format(**rows.table.groups)
    return re.sub(r"[^a-z0-9_]+", "-", text.lower()).strip("-")


def _all_parents(rows: _Rows, areas: _Areas) -> list[LinkBatch]:
    """The areas in their parents, as the file has them beside the figures."""
    found = [_parents(rows, bound, areas) for bound in rows.all(Role.PARENT_CODE)]
    for kind, mask in _of_kinds(rows) if rows.layout.kinds else ():
        if kind.parent is None:
            continue
        bound = _called_column(rows, kind.parent)
        above = _kind_codes(rows, bound, mask, kind.parent_shape)
        found.append(
            _within(rows, areas, kind.vintage, str(kind.parent_vintage), np.where(mask, above, ""))
        )
    return found


def _within(rows: _Rows, areas: _Areas, below: str, above: str, code: Strings) -> LinkBatch:
    return LinkBatch(
        line=rows.block.line,
        from_vintage=below,
        to_vintage=above,
        from_code=areas.code,
        from_name=areas.name,
        to_code=np.asarray(code, dtype=object),
        to_name=_names(rows, rows.one(Role.PARENT_NAME, above)),
        change=_same("", rows.size),
        exact=True,
    )


def _parents(rows: _Rows, bound: Bound, areas: _Areas) -> LinkBatch:
    below = str(areas.vintage[0]) if rows.size else ""
    code = _codes(rows, bound, required=False)
    return _within(rows, areas, below, str(bound.column.vintage), code)


def _places_of(rows: _Rows, areas: _Areas) -> list[PointBatch]:
    """Where the areas are that are places, for each vintage; nothing where no column tells."""
    if not rows.all(Role.POSTCODE, Role.LONGITUDE, Role.EASTING):
        return []
    x, y = _places(rows)
    postcode = _postcode_words(rows, required=False)
    told = (postcode != "") | np.isfinite(x)
    return [
        PointBatch(
            line=rows.block.line,
            vintage=str(vintage),
            code=areas.code,
            name=areas.name,
            postcode=postcode,
            x=x,
            y=y,
        )
        for vintage in dict.fromkeys(areas.vintage[told].tolist())
    ]


def _only(point: PointBatch, mask: Mask) -> PointBatch:
    columns = ("line", "code", "name", "postcode", "x", "y")
    return replace(point, **{name: getattr(point, name)[mask] for name in columns})


# --- names, points and postcodes --------------------------------------------------------------

_POSTCODE = r"[A-Z]{1,2}[0-9][A-Z0-9]? *[0-9][A-Z]{2}"


def _postcode_words(rows: _Rows, *, required: bool) -> Strings:
    """Postcodes with one space before their last three letters; "" for none."""
    if (bound := rows.one(Role.POSTCODE)) is None:
        return _same("", rows.size)
    texts = pc.utf8_upper(cells.trimmed(rows.cells(bound)))
    empty = cells.blank(texts)
    rows.doubt(
        bound,
        ~empty & ~cells.matches(texts, _POSTCODE),
        "{} is not a postcode",
        "a postcode such as BS1 1AD",
    )
    if required:
        rows.doubt(bound, empty, "there is no postcode", "a postcode")
    tight = pc.replace_substring(texts, " ", "")
    spaced = pc.replace_substring_regex(tight, r"^(.+)(...)$", r"\1 \2")
    return cells.word_for_word(spaced)


def _called(rows: _Rows) -> NameBatch:
    _check_blanks(rows)
    code, name = rows.one(Role.AREA_CODE), rows.one(Role.AREA_NAME)
    assert code is not None
    codes, names = _codes(rows, code, required=True), _names(rows, name)
    kept, good = _kept(rows, without_code=False), rows.good()
    return NameBatch(
        line=rows.block.line[good],
        vintage=str(code.column.vintage),
        code=codes[good],
        name=names[good],
        kept={key: column[good] for key, column in kept.items()},
        rows_read=rows.read,
        rows_skipped=rows.skipped,
        quarantined=rows.quarantined(),
    )


def _located(rows: _Rows) -> PointBatch:
    _check_blanks(rows)
    x, y = _places(rows)
    postcode = _postcode_words(rows, required=False)
    kept, good = _kept(rows, without_code=False), rows.good()
    name = np.array([text.strip() for text in kept.pop("place")], dtype=object)
    return PointBatch(
        line=rows.block.line[good],
        vintage="",
        code=_same("", int(good.sum())),
        name=name[good],
        postcode=postcode[good],
        x=x[good],
        y=y[good],
        kept={key: column[good] for key, column in kept.items()},
        rows_read=rows.read,
        rows_skipped=rows.skipped,
        quarantined=rows.quarantined(),
    )


def _postcodes(rows: _Rows, edition: str) -> PostcodeBatch:
    _check_blanks(rows)
    postcode = _postcode_words(rows, required=True)
    x, y = _places(rows)
    codes = {
        str(bound.column.vintage): _codes(rows, bound, required=False)
        for bound in rows.all(Role.AREA_CODE)
    }
    kept, good = _kept(rows, without_code=False), rows.good()
    return PostcodeBatch(
        line=rows.block.line[good],
        edition=edition,
        postcode=postcode[good],
        x=x[good],
        y=y[good],
        codes={vintage: column[good] for vintage, column in codes.items()},
        kept={key: column[good] for key, column in kept.items()},
        partition=(rows.layout.partition or "").format(**rows.table.groups),
        rows_read=rows.read,
        rows_skipped=rows.skipped,
        quarantined=rows.quarantined(),
    )


# --- links ------------------------------------------------------------------------------------


def _links(rows: _Rows, seen: set[tuple[str, ...]]) -> Iterator[LinkBatch]:
    _check_blanks(rows)
    links = [_link(rows, link) for link in rows.layout.links]
    good = rows.good()
    for at, link in enumerate(links):
        first = at == 0
        fresh = _unseen(link, good, seen)
        yield replace(
            fresh,
            rows_read=rows.read if first else 0,
            rows_skipped=rows.skipped if first else 0,
            quarantined=rows.quarantined() if first else (),
        )


def _link(rows: _Rows, link: Link) -> LinkBatch:
    ends = [rows.one(Role.AREA_CODE, vintage) for vintage in (link.from_vintage, link.to_vintage)]
    below, above = ends
    assert below is not None
    assert above is not None
    change = rows.one(Role.CHANGE) if link.with_change else None
    return LinkBatch(
        line=rows.block.line,
        from_vintage=link.from_vintage,
        to_vintage=link.to_vintage,
        from_code=_codes(rows, below, required=True),
        from_name=_names(rows, rows.one(Role.AREA_NAME, link.from_vintage)),
        to_code=_codes(rows, above, required=True),
        to_name=_names(rows, rows.one(Role.AREA_NAME, link.to_vintage)),
        change=_changes(rows, change),
        exact=link.exact,
    )


def _changes(rows: _Rows, bound: Bound | None) -> Strings:
    found = _names(rows, bound)
    if bound is not None:
        unknown = ~np.isin(found, ["U", "S", "M", "X"])
        rows.doubt(bound, unknown, "{} is not a change code", "U, S, M or X")
    return found


def _unseen(link: LinkBatch, good: Mask, seen: set[tuple[str, ...]]) -> LinkBatch:
    """The link without the rows set aside and without pairs that came before."""
    ends = (link.from_vintage, link.to_vintage)
    fresh = good.copy()
    for at in np.flatnonzero(good).tolist():
        pair = (*ends, link.from_code[at], link.to_code[at], link.change[at])
        if pair in seen:
            fresh[at] = False
        seen.add(pair)
    return replace(
        link,
        line=link.line[fresh],
        from_code=link.from_code[fresh],
        from_name=link.from_name[fresh],
        to_code=link.to_code[fresh],
        to_name=link.to_name[fresh],
        change=link.change[fresh],
    )


def _same(word: str, size: int) -> Strings:
    return np.full(size, word, dtype=object)
