"""A neighbourhood put together from whole blocks: which blocks, how well they fit, and their sums.

A block is an area that figures are published for. Its figures are added up as they stand in a
release, numerator to numerator and denominator to denominator; a rate is worked out from the sums,
and no rate, rank or score is ever averaged as it stands.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lris.rules.estimates import (
    ESTIMATED,
    INCOMPLETE,
    OBSERVED,
    WHY,
    WITHHELD,
    ByArea,
    Cells,
    Figures,
    figures,
)
from lris.rules.measures import DIVIDING, SUMMARIES, WEIGHTED
from lris.terms import Reason

Column = NDArray[np.float64]
Flags = NDArray[np.bool_]
Numbers = NDArray[np.int8]

HALF = 0.5

# ---------------------------------------------------------------- which blocks


@dataclass(frozen=True, slots=True)
class Fit:
    """How well the blocks taken fit the ground drawn, as shares from 0 to 1.

    `covered` is how much of the ground drawn lies in blocks taken; `outside` how much of the ground
    of the blocks taken lies outside the line.
    """

    covered: float
    outside: float


def takes(inside: Column, centre_inside: Column) -> Flags:
    """Which blocks are taken whole: those whose residents' centre lies inside the line.

    `inside` is the share of each block's ground within the line, `centre_inside` 1 or 0, NaN where
    no centre of the residents is known: such a block is taken where more than half of its ground is
    inside.
    """
    known = np.isfinite(centre_inside)
    return np.asarray(np.where(known, centre_inside > HALF, inside > HALF))


def fit(ground: Column, inside: Column, taken: Flags, drawn: float) -> Fit:
    """How well blocks fit. `ground` and `inside` are each block's square metres, whole and within
    the line; `drawn` the square metres drawn.
    """
    within = float(inside[taken].sum())
    whole = float(ground[taken].sum())
    return Fit(
        min(within / drawn, 1.0) if drawn > 0 else 0.0,
        max(1 - within / whole, 0.0) if whole > 0 else 0.0,
    )


# ---------------------------------------------------------------- their figures, added up


@dataclass(frozen=True, slots=True)
class Totals:
    """What blocks have together, one entry a series.

    `part` is the sum of what their figures count and `parts` how many of the blocks have it;
    `denominator` and `denominators` are the same of what is divided by. The rest is doubt: whether
    some parts are estimated or incomplete, and, as numbers into `lris.rules.estimates.REASONS`,
    the first reason of the estimated ones, of those without a part, and of those without a
    denominator (0 for none).
    """

    part: Column
    parts: NDArray[np.int64]
    denominator: Column
    denominators: NDArray[np.int64]
    estimated: Flags
    incomplete: Flags
    why_estimated: Numbers
    why_lost: Numbers
    why_undivided: Numbers


def added_up(
    totals: Totals, blocks: int, method: str, per: float, *, none_is_zero: bool = False
) -> Figures:
    """The figures of all blocks together, one a series: its entry is its `area_id`.

    A number that one of the `blocks` lacks leaves the sum incomplete, as in a district's figure;
    without any number it is withheld for the blocks' own reason. Nothing is divided where one
    denominator is missing. An estimated part makes the whole estimated.

    With `none_is_zero` a block without a denominator is one where nothing happened that could be
    divided by, and not one of which it is unknown: of what is set beside other incidents.
    """
    rows = np.arange(totals.part.size, dtype=np.int64)
    whole = totals.denominators == blocks
    if none_is_zero:
        empty = np.isin(totals.why_undivided, (0, WHY[Reason.NO_DENOMINATOR]))
        whole |= empty & (totals.parts == blocks) & (totals.denominator > 0)
    below = ByArea(rows[whole], totals.denominator[whole]) if method in DIVIDING else None
    found = figures(
        Cells("", rows, np.where(totals.parts > 0, totals.part, np.nan), *_worth(totals, blocks)),
        method,
        1.0 if method == "level" else per,
        below,
    )
    undivided = (found.reason == WHY[Reason.NO_DENOMINATOR]) & (totals.why_undivided > 0)
    found.reason[undivided] = totals.why_undivided[undivided]
    return found


def _worth(totals: Totals, blocks: int) -> tuple[Numbers, Numbers]:
    """Status and reason of each sum: those of its most doubtful part."""
    gone = totals.parts == 0
    doubtful = totals.incomplete | (totals.parts < blocks)
    status = np.select(
        [gone, doubtful, totals.estimated], [WITHHELD, INCOMPLETE, ESTIMATED], OBSERVED
    )
    lost = np.where(totals.why_lost > 0, totals.why_lost, WHY[Reason.NO_DATA])
    reason = np.select(
        [gone, doubtful, totals.estimated],
        [lost, np.full(gone.size, WHY[Reason.INCOMPLETE_SOURCE]), totals.why_estimated],
        0,
    )
    return status.astype(np.int8), reason.astype(np.int8)


def summarised(ranks_or_scores: Column, residents: Column | None, method: str, ranks: int) -> float:
    """What ranks or scores of blocks say of all together, by the publisher's own rule for larger
    areas; NaN where one of them, or one number of residents, is missing.

    `method` is one of `lris.rules.measures.SUMMARIES`, `ranks` how many ranks there are.
    """
    weights = residents if residents is not None else np.ones(ranks_or_scores.size)
    if method in WEIGHTED and residents is None:
        return float("nan")
    if not np.isfinite(ranks_or_scores + weights).all():
        return float("nan")
    everything = np.zeros(ranks_or_scores.size, dtype=np.int64)
    return float(SUMMARIES[method](ranks_or_scores, weights, everything, 1, ranks)[0])
