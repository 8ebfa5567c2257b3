"""Many series of the same areas at once: counts of months and kinds, their sums, their figures.

What a period of one kind of incident takes is small; of all periods and kinds together it is one
array, and the work on it one call.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lris.rules.apportion import Summing
from lris.rules.estimates import (
    ESTIMATED,
    INCOMPLETE,
    OBSERVED,
    WHY,
    WITHHELD,
    Cells,
    Figures,
    worked_out,
)
from lris.terms import Reason

Column = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ids = NDArray[np.int64]
Numbers = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Stack:
    """Numbers of series (rows) for areas (columns) of one vintage.

    Every entry is as in `lris.rules.estimates.Cells`.
    """

    vintage: str
    ids: Ids
    values: Column
    status: Numbers
    reason: Numbers

    def whole(self) -> Column:
        """The numbers of areas covered whole; NaN of all others."""
        return np.where((self.status == OBSERVED) | (self.status == ESTIMATED), self.values, np.nan)

    def withheld(self, rows: Flags, reason: Reason) -> Stack:
        """The same without the numbers of these cells, for a reason."""
        gone = rows & np.isfinite(self.values)
        return Stack(
            self.vintage,
            self.ids,
            np.where(gone, np.nan, self.values),
            np.where(gone, WITHHELD, self.status).astype(np.int8),
            np.where(gone, WHY[reason], self.reason).astype(np.int8),
        )


def counted(
    vintage: str, ids: Ids, total: Column, whole: Flags, some: Flags, unknown: Flags
) -> Stack:
    """Incidents of series in areas; no number where no delivery covers the area.

    `total` are counts, (series, areas), as are `whole` and `some`, whether all months of the series
    are covered, or any. Where `unknown` nothing says whose area it is: a count is what happened to
    be delivered, incomplete, and without any incident no number at all.
    """
    doubtful = unknown & (total > 0)
    values = np.where(some | doubtful, total, np.nan)
    status = np.where(whole, OBSERVED, INCOMPLETE).astype(np.int8)
    reason = np.where(whole, 0, WHY[Reason.INCOMPLETE_SOURCE]).astype(np.int8)
    reason[doubtful] = WHY[Reason.COVERAGE_UNKNOWN]
    reason[np.isnan(values)] = 0
    return Stack(vintage, ids, values, status, reason)


def summed(
    stack: Stack, summing: Summing, vintage: str, ids: Ids, more: Column | None = None
) -> Stack:
    """The counts of small areas added up in the larger `ids`; see `lris.rules.carrying.summed`.

    Counts are whole numbers, of which no order of adding up loses anything. `more` are counts of
    the larger areas that belong to none of the small ones: (series, larger areas).
    """
    given = np.isfinite(stack.values)
    total = grouped(np.nan_to_num(stack.values), summing)
    known = grouped(given.astype(np.float64), summing)
    doubtful = grouped((stack.status == INCOMPLETE).astype(np.float64), summing)
    whole = (known == summing.children) & (known > 0)
    if more is not None:
        total = total + more
    values = np.where((known > 0) | (total > 0), total, np.nan)
    incomplete = np.isfinite(values) & (~whole | (doubtful > 0))
    status = np.full(values.shape, OBSERVED if summing.exact else ESTIMATED, dtype=np.int8)
    reason = np.full(values.shape, 0 if summing.exact else WHY[Reason.BEST_FIT], dtype=np.int8)
    status[incomplete], reason[incomplete] = INCOMPLETE, WHY[Reason.INCOMPLETE_SOURCE]
    gone = np.isnan(values)
    status[gone], reason[gone] = WITHHELD, 0
    return Stack(vintage, ids, values, status, reason)


def grouped(values: Column, summing: Summing) -> Column:
    """Sums by larger area, (series, larger areas), of numbers by small area; none is NaN."""
    inside = np.flatnonzero(summing.parent >= 0)
    order = inside[np.argsort(summing.parent[inside], kind="stable")]
    parents, first = np.unique(summing.parent[order], return_index=True)
    total = np.zeros((values.shape[0], summing.children.size))
    if order.size:
        total[:, parents] = np.add.reduceat(values[:, order], first, axis=1)
    return total


def figures_of(
    stack: Stack,
    method: str,
    per: float,
    denominator: Column | None = None,
    doubt: Numbers | None = None,
    too_distant: Flags | None = None,
) -> Iterator[Figures]:
    """The figures of each series in turn. Cells without number or reason are left out.

    `denominator` and `doubt` have the stack's shape, `too_distant` one entry a series.
    """
    stays = np.isfinite(stack.values) | (stack.reason > 0)
    often = stays.sum(axis=1)
    size = int(often.sum())
    found = worked_out(
        Cells(
            stack.vintage,
            np.broadcast_to(stack.ids, stays.shape)[stays],
            stack.values[stays],
            stack.status[stays],
            stack.reason[stays],
        ),
        method,
        per,
        np.full(size, np.nan) if denominator is None else denominator[stays],
        np.zeros(size, dtype=np.int8) if doubt is None else doubt[stays],
        np.zeros(size, dtype=np.bool_) if too_distant is None else np.repeat(too_distant, often),
    )
    last = 0
    for rows in often.tolist():
        yield found.between(last, last + rows)
        last += rows


def stacked(parts: Sequence[Stack]) -> Stack:
    """The series of several stacks of the same areas, one after another."""
    first = parts[0]
    return Stack(
        first.vintage,
        first.ids,
        np.concatenate([one.values for one in parts]),
        np.concatenate([one.status for one in parts]),
        np.concatenate([one.reason for one in parts]),
    )
