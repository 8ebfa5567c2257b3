"""Tables of incidents into frames: when, where and of what category each row is.

Rows that look alike are all kept: two identical lines are two incidents.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lris.catalogue.sources import (
    Role,
    SourceManifest,
)
from lris.sources import cells
from lris.sources.archives import Member
from lris.sources.columns import Bound
from lris.sources.frames import (
    IncidentBatch,
    Strings,
)
from lris.sources.locations import points_of
from lris.sources.rows import (
    Rows,
    check_blanks,
    checked_tables,
    codes_of,
    kept_of,
    same,
    vocabulary_words,
)
from lris.terms import Period

_Moments = NDArray[np.datetime64]


def read_incidents(
    member: Member, source: SourceManifest, *, today: date, period: Period | None = None
) -> Iterator[IncidentBatch]:
    """Incidents in EPSG:27700, every row of the member in one batch or in its quarantine.

    `today` is the day against which a date is in the future. With `period`, a row outside it is a
    fault. Raises `FileFault` (nothing should then be stored) and `IdentifiersFound`.
    """
    for table, blocks in checked_tables(member, source):
        for block in blocks:
            yield _incidents(Rows.of(table, block, source), source, today, period)


def _incidents(
    rows: Rows, source: SourceManifest, today: date, period: Period | None
) -> IncidentBatch:
    check_blanks(rows)
    start, end = _times(rows, today, period)
    x, y = points_of(rows)
    category = _categories(rows, source)
    code_at = rows.one(Role.AREA_CODE)
    code = codes_of(rows, code_at, required=False) if code_at else same("", rows.size)
    partition = _partitions(rows, start)
    kept = kept_of(rows, code_at is None)
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


def _times(rows: Rows, today: date, period: Period | None) -> tuple[_Moments, _Moments]:
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


def _month_starts(rows: Rows, bound: Bound) -> _Moments:
    start = cells.moments(rows.cells(bound), cells.month_of)
    rows.doubt(bound, np.isnat(start), "{} is not a month", "a month such as 2018-10")
    return start


def _day_times(rows: Rows, day: Bound) -> tuple[_Moments, _Moments]:
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


def _moments_on(rows: Rows, bound: Bound, day: _Moments) -> _Moments:
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


def _moments(rows: Rows, bound: Bound, *, blank_ok: bool = False) -> _Moments:
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


def _categories(rows: Rows, source: SourceManifest) -> Strings:
    bound = rows.one(Role.CATEGORY)
    if bound is None:
        return same(rows.layout.category or "", rows.size)
    return vocabulary_words(rows, bound, source, "category")


def _partitions(rows: Rows, start: _Moments) -> Strings:
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
