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
    """Numbers by area id; the ids ascend."""

    ids: NDArray[np.int64]
    values: Column

    def of(self, ids: NDArray[np.int64]) -> Column:
        """The numbers of these areas; NaN where there is none."""
        if not self.ids.size:
            return _nans(ids)
        at = np.minimum(np.searchsorted(self.ids, ids), self.ids.size - 1)
        return np.where(self.ids[at] == ids, self.values[at], np.nan)


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
        for field in fields(self):
            found.update(np.ascontiguousarray(getattr(self, field.name)).tobytes())
        return found.digest()


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which areas a source's deliveries cover: by month, and where nothing tells (`unknown`)."""

    months: tuple[date, ...]
    covered: Mapping[date, NDArray[np.bool_]]
    unknown: NDArray[np.bool_]


def filled_periods(months: Iterable[date]) -> Iterator[tuple[Period, tuple[date, ...]]]:
    """The months delivered, and the quarters and years that they fill."""
    there = set(months)
    for month in sorted(there):
        yield Period.month(month.year, month.month), (month,)
    for year in sorted({month.year for month in there}):
        for label in (*(f"{year}-Q{quarter}" for quarter in range(1, 5)), str(year)):
            period = Period.parse(label)
            parts = tuple(part.start for part in period.months())
            if there.issuperset(parts):
                yield period, parts


def counted(
    vintage: str,
    ids: NDArray[np.int64],
    counts: Mapping[tuple[date, str], Column],
    coverage: Coverage,
    months: Sequence[date],
    categories: Sequence[str],
) -> Cells:
    """Incidents of some categories in some months; no number where no delivery covers the area.

    Where nothing says whose area it is, a count is what happened to be delivered: incomplete, and
    without any incident no number at all.
    """
    total = np.zeros(ids.size)
    for month in months:
        for category in categories:
            column = counts.get((month, category))
            if column is not None:
                total = total + column
    whole = np.logical_and.reduce([coverage.covered.get(m, _none(ids)) for m in months])
    some = np.logical_or.reduce([coverage.covered.get(m, _none(ids)) for m in months])
    doubtful = coverage.unknown & (total > 0)
    values = np.where(some | doubtful, total, np.nan)
    status = np.where(whole, OBSERVED, INCOMPLETE).astype(np.int8)
    reason = np.where(whole, 0, WHY[Reason.INCOMPLETE_SOURCE]).astype(np.int8)
    reason[doubtful] = WHY[Reason.COVERAGE_UNKNOWN]
    reason[np.isnan(values)] = 0
    return Cells(vintage, ids, values, status, reason)


def _none(ids: NDArray[np.int64]) -> NDArray[np.bool_]:
    return np.zeros(ids.size, dtype=np.bool_)


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
    whole: the figure is withheld, because the two do not belong together.
    """
    stays = np.isfinite(cells.values) | (cells.reason > 0)
    ids, numerator = cells.ids[stays], cells.values[stays]
    status, reason = cells.status[stays].copy(), cells.reason[stays].copy()
    denominator = denominators.of(ids) if denominators else _nans(ids)
    if method in DIVIDING:
        lacking = np.isnan(denominator) & np.isfinite(numerator)
        status[lacking], reason[lacking] = WITHHELD, WHY[Reason.NO_DENOMINATOR]
        unlike = np.isfinite(numerator) & np.isfinite(denominator)
        unlike &= too_distant | ((method == "proportion") & (numerator > denominator))
        status[unlike], reason[unlike] = WITHHELD, WHY[Reason.DENOMINATOR_MISMATCH]
        denominator = np.where(unlike, np.nan, denominator)
    value, lower, upper = METHODS[method](numerator, denominator, per)
    status[np.isnan(value)] = WITHHELD
    reason[np.isnan(value) & (reason == 0)] = WHY[Reason.NO_DATA]
    gone = np.isnan(value)
    shown_numerator = numerator if method != "level" else _nans(ids)
    return Figures(
        ids,
        value,
        np.where(gone, np.nan, lower),
        np.where(gone, np.nan, upper),
        shown_numerator,
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
    """The values above zero of areas that are whole: what may stand below a fraction line."""
    fit = np.flatnonzero((cells.values > 0) & (cells.status != INCOMPLETE))
    return ByArea(cells.ids[fit], cells.values[fit])
