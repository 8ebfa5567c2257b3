"""Numbers for areas, and what each is worth: from counts and coverage to figures.

A number that is missing is NaN; why it is missing, or not to be trusted whole, stands beside it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from lris.rules.measures import DIVIDING, METHODS
from lris.terms import Period, Reason, Status

Column = NDArray[np.float64]
Numbers = NDArray[np.int8]

STATUSES: tuple[Status, ...] = tuple(Status)
"""Statuses by number."""

REASONS: tuple[Reason | None, ...] = (None, *Reason)
"""Reasons by number; 0 is none."""

OBSERVED = STATUSES.index(Status.OBSERVED)
ESTIMATED = STATUSES.index(Status.ESTIMATED)
INCOMPLETE = STATUSES.index(Status.INCOMPLETE)
WITHHELD = STATUSES.index(Status.WITHHELD)
WHY: Mapping[Reason | None, int] = {reason: number for number, reason in enumerate(REASONS)}


@dataclass(frozen=True, slots=True)
class Cells:
    """Numbers for some areas of one vintage before a method is applied. NaN is no number.

    `status` and `reason` number into `STATUSES` and `REASONS`; a NaN with reason 0 is left out.
    """

    vintage: str
    ids: NDArray[np.int64]
    values: Column
    status: Numbers
    reason: Numbers


@dataclass(frozen=True, slots=True)
class ByArea:
    """Numbers by area id; the ids ascend.

    `doubt` numbers into `REASONS` and says of those that are estimates why; 0 of all others.
    """

    ids: NDArray[np.int64]
    values: Column
    doubt: Numbers | None = None

    def of(self, ids: NDArray[np.int64]) -> Column:
        """The numbers of these areas; NaN where there is none."""
        if not self.ids.size:
            return _nans(ids)
        at = np.minimum(np.searchsorted(self.ids, ids), self.ids.size - 1)
        return np.where(self.ids[at] == ids, self.values[at], np.nan)

    def doubt_of(self, ids: NDArray[np.int64]) -> Numbers:
        """Why the numbers of these areas are estimates; 0 where they are none."""
        if self.doubt is None:
            return np.zeros(ids.size, dtype=np.int8)
        doubts = ByArea(self.ids, self.doubt.astype(np.float64)).of(ids)
        return np.nan_to_num(doubts).astype(np.int8)


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a series, one an area; columns of the same length, NaN for none.

    `status` and `reason` are numbers into `STATUSES` and `REASONS`.
    """

    area_id: NDArray[np.int64]
    value: Column
    lower: Column
    upper: Column
    numerator: Column
    denominator: Column
    status: NDArray[np.int8]
    reason: NDArray[np.int8]

    def digest(self) -> bytes:
        """A hash of the figures as they are stored."""
        found = hashlib.sha256()
        for name in COLUMNS:
            found.update(np.ascontiguousarray(getattr(self, name)).data)
        return found.digest()

    def between(self, first: int, last: int) -> Figures:
        """The figures from one row to before another."""
        return Figures(*(getattr(self, name)[first:last] for name in COLUMNS))


COLUMNS = tuple(field.name for field in fields(Figures))


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which areas a source's deliveries cover: by month, and where nothing tells (`unknown`)."""

    months: tuple[date, ...]
    covered: Mapping[date, NDArray[np.bool_]]
    unknown: NDArray[np.bool_]


def spanned_periods(months: Iterable[date]) -> Iterator[tuple[Period, tuple[date, ...]]]:
    """The months delivered, and the quarters and years that lie between the first and the last.

    A month that was never delivered does not take its quarter and year away: they are told, and
    incomplete. One that has not begun, or is not over, is not told.
    """
    there = sorted(set(months))
    for month in there:
        yield Period.month(month.year, month.month), (month,)
    for year in sorted({month.year for month in there}):
        for label in (*(f"{year}-Q{quarter}" for quarter in range(1, 5)), str(year)):
            period = Period.parse(label)
            parts = tuple(part.start for part in period.months())
            if there[0] <= parts[0] and parts[-1] <= there[-1] and set(there).intersection(parts):
                yield period, parts


def figures(
    cells: Cells,
    method: str,
    per: float = 1.0,
    denominators: ByArea | None = None,
    *,
    too_distant: bool = False,
) -> Figures:
    """Apply a method. Cells without number or reason are left out: there is no data for them.

    Nothing is divided by what is `too_distant` in time, and no proportion has its part above its
    whole: the figure is withheld, because the two do not belong together. What is divided by an
    estimate is one.
    """
    stays = np.isfinite(cells.values) | (cells.reason > 0)
    ids = cells.ids[stays]
    return worked_out(
        Cells(cells.vintage, ids, cells.values[stays], cells.status[stays], cells.reason[stays]),
        method,
        per,
        denominators.of(ids) if denominators else _nans(ids),
        denominators.doubt_of(ids) if denominators else np.zeros(ids.size, dtype=np.int8),
        np.full(ids.size, too_distant),
    )


def worked_out(
    cells: Cells,
    method: str,
    per: float,
    denominator: Column,
    doubt: Numbers,
    too_distant: NDArray[np.bool_],
) -> Figures:
    """The figures of cells of which each has a number or a reason; see `figures`.

    `doubt` says of denominators that are estimates why. The same area may come several times.
    """
    ids, numerator = cells.ids, cells.values
    status, reason = cells.status.copy(), cells.reason.copy()
    if method in DIVIDING:
        lacking = np.isnan(denominator) & np.isfinite(numerator)
        status[lacking], reason[lacking] = WITHHELD, WHY[Reason.NO_DENOMINATOR]
        unlike = np.isfinite(numerator) & np.isfinite(denominator)
        unlike &= too_distant | ((method == "proportion") & (numerator > denominator))
        status[unlike], reason[unlike] = WITHHELD, WHY[Reason.DENOMINATOR_MISMATCH]
        denominator = np.where(unlike, np.nan, denominator)
        estimated = (doubt > 0) & (status == OBSERVED)
        status[estimated], reason[estimated] = ESTIMATED, doubt[estimated]
    value, lower, upper = METHODS[method](numerator, denominator, per)
    gone = np.isnan(value)
    status[gone] = WITHHELD
    reason[gone & (reason == 0)] = WHY[Reason.NO_DATA]
    return Figures(
        ids,
        value,
        np.where(gone, np.nan, lower),
        np.where(gone, np.nan, upper),
        numerator if method != "level" else _nans(ids),
        denominator,
        status,
        reason,
    )


def with_limits(found: Figures, lower: ByArea, upper: ByArea, per: float = 1.0) -> Figures:
    """The figures with limits that their publisher gives; none where there is no value."""
    gone = np.isnan(found.value)
    low, high = (np.where(gone, np.nan, per * limit.of(found.area_id)) for limit in (lower, upper))
    return replace(found, lower=low, upper=high)


def added(parts: Sequence[Cells]) -> Cells:
    """Cells of the same areas added up. One number missing or withheld leaves no sum, and says so.

    Where the parts are of different areas, only those of all parts have a sum.
    """
    first = parts[0]
    values, status, reason = first.values.copy(), first.status.copy(), first.reason.copy()
    for part in parts[1:]:
        values = values + ByArea(part.ids, part.values).of(first.ids)
        worse = ByArea(part.ids, part.reason.astype(np.float64)).of(first.ids)
        takes = (reason == 0) & (np.nan_to_num(worse) > 0)
        reason = np.where(takes, np.nan_to_num(worse), reason).astype(np.int8)
    status = np.where(np.isnan(values), WITHHELD, status).astype(np.int8)
    return Cells(first.vintage, first.ids, values, status, reason)


def _nans(ids: NDArray[np.int64]) -> Column:
    return np.full(ids.size, np.nan)


def whole_values(cells: Cells) -> ByArea:
    """The values above zero of areas that are whole: what may stand below a fraction line.

    Of an area that something is known of, and no such value, NaN.
    """
    told = np.flatnonzero(np.isfinite(cells.values) | (cells.reason > 0))
    fit = (cells.values > 0) & (cells.status != INCOMPLETE)
    doubt = np.where(fit & (cells.status == ESTIMATED), cells.reason, 0).astype(np.int8)
    return ByArea(cells.ids[told], np.where(fit, cells.values, np.nan)[told], doubt[told])
