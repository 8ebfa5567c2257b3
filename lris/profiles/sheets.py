"""Figures as sheets: of one vintage, a line for each series and a column for each area.

A sheet is what everything in a profile is worked out from, whether it is of one area or of all
areas of a district at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lris.figures import Contents
from lris.rules.estimates import REASONS, STATUSES
from lris.session import Connection
from lris.store import releases as store
from lris.terms import Reason, Status

Row = Mapping[str, Any]
Matrix = NDArray[np.float64]
Key = tuple[str, str, str]
"""Indicator, category, period."""

NUMBERS = ("value", "lower", "upper", "numerator", "denominator")
NOTHING = -1
"""Stands in `status` where an area has no row at all."""

MONTHS_DIFFER_BY = 3
"""Months, and quarters, differ by up to three days in length."""


@dataclass(frozen=True, slots=True)
class Lines:
    """The series of a vintage that a page may tell: by indicator and category the newest first.

    Of periods of several lengths only those as long as the shortest one that ends last: months
    where there are months, and no quarters or years beside them.
    """

    vintage: str
    series: tuple[Row, ...]
    runs: Mapping[str, Mapping[str, range]]
    at: Mapping[Key, int]

    @classmethod
    def of(cls, vintage: str, series: Iterable[Row]) -> Lines:
        """Put in order: indicator, category, period from the newest; a month before its year."""
        rows = sorted(
            series,
            key=lambda one: (
                one["indicator"],
                one["category"],
                -one["period_end"].toordinal(),
                -one["period_start"].toordinal(),
            ),
        )
        rows = _of_one_length(rows)
        runs: dict[str, dict[str, range]] = {}
        for at, row in enumerate(rows):
            of_indicator = runs.setdefault(row["indicator"], {})
            begun = of_indicator.get(row["category"], range(at, at))
            of_indicator[row["category"]] = range(begun.start, at + 1)
        at_key = {
            (row["indicator"], row["category"], row["period"]): at for at, row in enumerate(rows)
        }
        return cls(vintage, tuple(rows), runs, at_key)

    def run(self, indicator: str, category: str) -> range:
        """Where the periods of a category stand, newest first; empty where there are none."""
        return self.runs.get(indicator, {}).get(category, range(0))

    def run_of(self, line: int) -> range:
        """The run that a line is of."""
        row = self.series[line]
        return self.runs[row["indicator"]][row["category"]]


def _of_one_length(rows: Sequence[Row]) -> list[Row]:
    """Of rows in order those of each run that are as long as its first."""
    kept: list[Row] = []
    first: Row | None = None
    for row in rows:
        if first is None or any(row[name] != first[name] for name in ("indicator", "category")):
            first = row
        if abs(_days(row) - _days(first)) <= MONTHS_DIFFER_BY:
            kept.append(row)
    return kept


def _days(row: Row) -> int:
    days: int = (row["period_end"] - row["period_start"]).days
    return days


def lines_of(found: Contents, told: Mapping[str, Collection[str]]) -> dict[str, Lines]:
    """The lines of some indicators and their categories (all of them, for none) by vintage."""
    by_vintage: dict[str, list[Row]] = {}
    for name, categories in told.items():
        for row in found.of(name):
            if not categories or row["category"] in categories:
                by_vintage.setdefault(row["vintage"], []).append(row)
    return {vintage: Lines.of(vintage, rows) for vintage, rows in sorted(by_vintage.items())}


@dataclass(frozen=True, slots=True)
class Sheet:
    """Some lines of a vintage (`which` of `lines`) for some areas; arrays of (lines, areas).

    NaN is no number; `status` and `reason` number into STATUSES and REASONS, NOTHING is no row.
    """

    lines: Lines
    which: NDArray[np.int64]
    ids: NDArray[np.int64]
    value: Matrix
    lower: Matrix
    upper: Matrix
    numerator: Matrix
    denominator: Matrix
    status: NDArray[np.int8]
    reason: NDArray[np.int8]
    columns: Mapping[int, int] = field(default_factory=dict)

    @classmethod
    def empty(cls, lines: Lines, which: Sequence[int], ids: Iterable[int]) -> Sheet:
        """A sheet without any row yet."""
        areas = np.unique(np.fromiter(ids, dtype=np.int64))
        shape = (len(which), areas.size)
        numbers = {name: np.full(shape, np.nan) for name in NUMBERS}
        return cls(
            lines,
            np.asarray(which, dtype=np.int64),
            areas,
            **numbers,
            status=np.full(shape, NOTHING, dtype=np.int8),
            reason=np.zeros(shape, dtype=np.int8),
            columns={int(one): at for at, one in enumerate(areas)},
        )

    def part(self, lines: Sequence[int], ids: Iterable[int]) -> Sheet:
        """Some lines and some areas of a sheet that has all lines of its vintage."""
        areas = np.unique(np.fromiter(ids, dtype=np.int64))
        rows = np.asarray(lines, dtype=np.int64)[:, None]
        columns = np.array([self.columns[int(one)] for one in areas], dtype=np.int64)
        numbers = {name: getattr(self, name)[rows, columns] for name in NUMBERS}
        return Sheet(
            self.lines,
            rows[:, 0],
            areas,
            **numbers,
            status=self.status[rows, columns],
            reason=self.reason[rows, columns],
            columns={int(one): at for at, one in enumerate(areas)},
        )

    @property
    def whole(self) -> NDArray[np.bool_]:
        """Where a figure is of all it should be: neither withheld, incomplete nor missing."""
        found: NDArray[np.bool_] = (self.status == OBSERVED) | (self.status == ESTIMATED)
        return found


OBSERVED, ESTIMATED, INCOMPLETE, WITHHELD = (
    STATUSES.index(one)
    for one in (Status.OBSERVED, Status.ESTIMATED, Status.INCOMPLETE, Status.WITHHELD)
)
STATUS_WORDS: tuple[str, ...] = tuple(one.value for one in STATUSES)
REASON_WORDS: tuple[str | None, ...] = tuple(one.value if one else None for one in REASONS)
_STATUS = {one.value: at for at, one in enumerate(STATUSES)}
_REASON = {one.value if one else "": at for at, one in enumerate(REASONS)}
NO_DATA = REASONS.index(Reason.NO_DATA)


def read_sheet(
    connection: Connection,
    lines: Lines,
    which: Sequence[int],
    ids: Iterable[int],
    *,
    whole: bool = False,
) -> Sheet:
    """The figures of some lines for some areas, as the reading door lets them be seen.

    With `whole` the sheet has every line of the vintage, those that were not asked for empty.
    """
    places = list(which) if whole else range(len(which))
    sheet = Sheet.empty(lines, range(len(lines.series)) if whole else which, ids)
    if not len(which) or not sheet.ids.size:
        return sheet
    place = {lines.series[at]["id"]: row for at, row in zip(which, places, strict=True)}
    words = STATUS_WORDS, [word or "" for word in REASON_WORDS[1:]]
    for series, (areas, *numbers, status, reason) in store.figure_arrays(
        connection, list(place), sheet.ids.tolist(), *words
    ):
        row, columns = place[series], np.searchsorted(sheet.ids, areas)
        for name, column in zip(NUMBERS, numbers, strict=True):
            getattr(sheet, name)[row, columns] = column
        sheet.status[row, columns] = status - 1
        sheet.reason[row, columns] = reason
    return sheet


def given_sheet(lines: Lines, rows: Sequence[Row], number: int) -> Sheet:
    """The figures of one area as given, on the lines of its vintage; a row of no line is left out.

    A line that is not among the rows is missing.
    """
    sheet = Sheet.empty(lines, range(len(lines.series)), [number])
    for row in rows:
        at = lines.at.get((row["indicator"], row["category"], row["period"]))
        if at is None:
            continue
        for name in NUMBERS:
            given = row[name]
            getattr(sheet, name)[at, 0] = np.nan if given is None else given
        sheet.status[at, 0] = _STATUS[row["status"]]
        sheet.reason[at, 0] = _REASON[row["reason"] or ""]
    return sheet


def plain(numbers: Matrix) -> list[float | None]:
    """Numbers of one axis as JSON has them: None for what is no number."""
    return [None if number != number else number for number in numbers.tolist()]


def nested(numbers: Matrix) -> list[list[float | None]]:
    """Numbers of two axes as JSON has them."""
    missing = np.isnan(numbers)
    told = numbers.astype(object)
    told[missing] = None
    found: list[list[float | None]] = told.tolist()
    return found
