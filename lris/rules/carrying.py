"""How numbers of areas come to other areas: carried to another year, summed, and the best of both.

What an area says beside its number, its status and reason, comes along. A number that is missing
stays missing, and what was withheld says why it was.
"""

from __future__ import annotations

from collections.abc import Sequence
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
)
from lris.terms import Reason

Ids = NDArray[np.int64]
Flags = NDArray[np.bool_]

NO_REASON = 0
_MOST = np.iinfo(np.int8).max


@dataclass(frozen=True, slots=True)
class Carrying:
    """Links from the areas of one vintage to those of another, one an entry of each column.

    `start` is an area id, `end` the index of what it became, `letter` the change: U unchanged,
    M merged with others, S split, X irregular. `share` is how much of the area's number belongs to
    what it became: 1 where it went there whole, NaN where nothing tells. `parts_inherit` says that
    what is told of a split area as a whole (a rank, a score) is told of its parts too, as an
    estimate.
    """

    start: Ids
    end: NDArray[np.int64]
    letter: NDArray[np.str_]
    share: NDArray[np.float64]
    parts_inherit: bool = False


def carried(cells: Cells, road: Carrying, vintage: str, ids: Ids, *, additive: bool) -> Cells:
    """The cells in the areas `ids` of another vintage, as far as a change look-up leads there.

    An unchanged area keeps its number, of whatever kind. Where sums mean something, merged areas
    are summed, and what split or changed irregularly is shared out: an estimate. What is no sum is
    never shared out: the parts of a split area inherit it, marked as an estimate, where the road
    says so. All else is withheld because the boundary changed. Method: the change codes of the
    exact-fit look-ups.
    """
    size = ids.size
    value, status, reason = _of(cells, road.start)
    told = np.isfinite(value) | (reason > 0)
    split = road.letter == "S"
    shared = split | (road.letter == "X")
    same = (road.letter == "U") & ~np.isin(road.end, road.end[road.letter != "U"])
    sharing = ~same & ~(shared & np.isnan(road.share))
    follows = sharing if additive else split & road.parts_inherit
    # Of an area that one of its links cannot be followed to, nothing is told.
    lost = np.zeros(size, dtype=np.bool_)
    lost[road.end[~same & ~follows]] = True
    changed = np.zeros(size, dtype=np.bool_)
    changed[road.end[~same & ~follows & told]] = True

    marked = shared & np.isfinite(value) & (status == OBSERVED)
    status = np.where(marked, ESTIMATED, status).astype(np.int8)
    reason = np.where(marked, WHY[Reason.SHARED_OUT], reason).astype(np.int8)
    part = value * road.share if additive else value

    values = np.full(size, np.nan)
    statuses = np.full(size, WITHHELD, dtype=np.int8)
    reasons = np.zeros(size, dtype=np.int8)
    at = road.end[same]
    values[at], statuses[at], reasons[at] = value[same], status[same], reason[same]
    takes = follows & ~lost[road.end]
    _merge(road.end[takes], part[takes], status[takes], reason[takes], values, statuses, reasons)
    values[changed] = np.nan
    statuses[changed], reasons[changed] = WITHHELD, WHY[Reason.BOUNDARY_CHANGED]
    return Cells(vintage, ids, values, statuses, reasons)


def _merge(
    end: NDArray[np.int64],
    value: NDArray[np.float64],
    status: NDArray[np.int8],
    reason: NDArray[np.int8],
    values: NDArray[np.float64],
    statuses: NDArray[np.int8],
    reasons: NDArray[np.int8],
) -> None:
    """Fill in the sums of merged areas: whole or none, and as doubtful as their worst part."""
    size = values.size
    parts = np.bincount(end, minlength=size)
    known = np.bincount(end[np.isfinite(value)], minlength=size)
    total = np.bincount(end, weights=np.nan_to_num(value), minlength=size)
    worst = np.zeros(size, dtype=np.int8)
    np.maximum.at(worst, end, status)
    why = _least_reason(end, np.where(status == worst[end], reason, NO_REASON), size)
    whole = (parts > 0) & (known == parts)
    values[whole], statuses[whole], reasons[whole] = total[whole], worst[whole], why[whole]
    gone = (parts > 0) & ~whole
    lost = _least_reason(end[np.isnan(value)], reason[np.isnan(value)], size)
    values[gone], statuses[gone], reasons[gone] = np.nan, WITHHELD, lost[gone]


def summed(cells: Cells, summing: Summing, vintage: str, ids: Ids) -> Cells:
    """The cells of small areas added up in the larger `ids`.

    A sum without all its parts is incomplete, and one with an estimated part an estimate. Where no
    part has a number but some are withheld, the sum is withheld for their reason: the first of
    them in the order of `lris.terms.Reason`.
    """
    values, whole = summing.sum(cells.values)
    doubtful, _ = summing.sum((cells.status == INCOMPLETE).astype(np.float64))
    incomplete = np.isfinite(values) & (~whole | (doubtful > 0))
    status = np.full(ids.size, OBSERVED if summing.exact else ESTIMATED, dtype=np.int8)
    reason = np.full(ids.size, 0 if summing.exact else WHY[Reason.BEST_FIT], dtype=np.int8)
    guessed = (cells.status == ESTIMATED) & (summing.parent >= 0)
    why = _least_reason(summing.parent[guessed], cells.reason[guessed], ids.size)
    estimated = np.bincount(summing.parent[guessed], minlength=ids.size) > 0
    reason = np.where(estimated & (status == OBSERVED), why, reason).astype(np.int8)
    status[estimated] = ESTIMATED
    status[incomplete], reason[incomplete] = INCOMPLETE, WHY[Reason.INCOMPLETE_SOURCE]
    without = np.isnan(cells.values) & (summing.parent >= 0)
    lost = _least_reason(summing.parent[without], cells.reason[without], ids.size)
    gone = np.isnan(values)
    status[gone], reason[gone] = WITHHELD, lost[gone]
    return Cells(vintage, ids, values, status, reason)


def best(roads: Sequence[Cells]) -> Cells:
    """Of each area the cell of most worth; of those worth the same, that of the first road.

    Observed stands before estimated, estimated before incomplete, and any number before a reason
    for none.
    """
    if len(roads) == 1:
        return roads[0]
    ids = np.concatenate([one.ids for one in roads])
    road = np.repeat(np.arange(len(roads)), [one.ids.size for one in roads])
    values = np.concatenate([one.values for one in roads])
    status = np.concatenate([one.status for one in roads])
    reason = np.concatenate([one.reason for one in roads])
    order = np.lexsort((road, -_worth(values, status, reason), ids))
    first = order[np.unique(ids[order], return_index=True)[1]]
    return Cells(roads[0].vintage, ids[first], values[first], status[first], reason[first])


def published_first(own: Cells, others: Sequence[Cells]) -> Cells:
    """What is published for the areas themselves, and where that is nothing the best of others."""
    if not others:
        return own
    rest = best(others)
    told = own.ids[np.isfinite(own.values) | (own.reason > 0)]
    open_to_others = ~np.isin(rest.ids, told)
    return best(
        [
            own,
            Cells(
                own.vintage,
                rest.ids[open_to_others],
                rest.values[open_to_others],
                rest.status[open_to_others],
                rest.reason[open_to_others],
            ),
        ]
    )


def _worth(
    values: NDArray[np.float64], status: NDArray[np.int8], reason: NDArray[np.int8]
) -> NDArray[np.int64]:
    by_status = np.zeros(4, dtype=np.int64)
    by_status[OBSERVED], by_status[ESTIMATED], by_status[INCOMPLETE] = 4, 3, 2
    return np.where(np.isfinite(values), by_status[status], reason > 0)


def _of(
    cells: Cells, wanted: Ids
) -> tuple[NDArray[np.float64], NDArray[np.int8], NDArray[np.int8]]:
    """Value, status and reason of these areas; no number and no reason where the cells lack one."""
    if not cells.ids.size:
        nothing = np.zeros(wanted.size, dtype=np.int8)
        return np.full(wanted.size, np.nan), nothing + WITHHELD, nothing
    at = np.minimum(np.searchsorted(cells.ids, wanted), cells.ids.size - 1)
    there = cells.ids[at] == wanted
    return (
        np.where(there, cells.values[at], np.nan),
        np.where(there, cells.status[at], WITHHELD).astype(np.int8),
        np.where(there, cells.reason[at], NO_REASON).astype(np.int8),
    )


def _least_reason(
    group: NDArray[np.int64], reason: NDArray[np.int8], size: int
) -> NDArray[np.int8]:
    """The first reason given in each group, in the order of the reasons; 0 where none is given."""
    least = np.full(size, _MOST, dtype=np.int8)
    given = reason > 0
    np.minimum.at(least, group[given], reason[given])
    return np.where(least == _MOST, NO_REASON, least).astype(np.int8)
