"""How incidents are spread over the small areas of a larger one: gathered in a few, or everywhere.

Each function takes the counts of series (rows) in the small areas (columns) of one larger area, and
the counts of the same series a year before, which only some look at. It answers with a number above
and a number below the fraction line for each series; NaN where there is nothing to tell.

Sources: Bernasco and Steenbeek 2017 (the coefficient for fewer incidents than places); Weisburd
2015 (the share of places that hold half); Spearman 1904.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.float64]
Gathered = tuple[Column, Column]

FEWEST_PLACES = 5
"""Of fewer small areas nothing is said: one area more or less would turn it over."""


def concentration(now: Column, before: Column) -> Gathered:
    """The generalised Gini coefficient: 0 as far apart as so many can lie, near 1 all in one."""
    size = now.shape[1]
    total = now.sum(axis=1)
    some = np.where(total > 0, total, np.nan)
    ranked = (np.sort(now, axis=1) * np.arange(1, size + 1)).sum(axis=1)
    gini = 2 * ranked / (size * some) - (size + 1) / size
    return np.maximum(1, size / some) * (gini - 1) + 1, np.ones(total.size)


def without_any(now: Column, before: Column) -> Gathered:
    """The small areas without an incident, of all small areas."""
    return (now == 0).sum(axis=1).astype(np.float64), _places(now)


def in_the_worst_tenth(now: Column, before: Column) -> Gathered:
    """The incidents in the tenth of the small areas that had the most, of all incidents.

    A tenth is rounded up: of 12 areas it is 2.
    """
    most = -(-now.shape[1] // 10)
    descending = -np.sort(-now, axis=1)
    return descending[:, :most].sum(axis=1), now.sum(axis=1)


def holding_half(now: Column, before: Column) -> Gathered:
    """The fewest small areas that hold half of the incidents, of all small areas."""
    total = now.sum(axis=1)
    so_far = np.cumsum(-np.sort(-now, axis=1), axis=1)
    needed = (2 * so_far < total[:, None]).sum(axis=1) + 1.0
    return np.asarray(np.where(total > 0, needed, np.nan)), _places(now)


def stability(now: Column, before: Column) -> Gathered:
    """Spearman's rank correlation of the counts with those of the same months a year before.

    NaN where all small areas had as many incidents: then there is no order to compare.
    """
    one, other = (_standing(counts) for counts in (now, before))
    spread = np.sqrt((one**2).sum(axis=1) * (other**2).sum(axis=1))
    together = (one * other).sum(axis=1)
    return together / np.where(spread > 0, spread, np.nan), np.ones(spread.size)


def _standing(counts: Column) -> Column:
    """Ranks about their mean; those of equal counts are the mean of their places."""
    ascending = np.sort(counts, axis=1)
    places = [
        np.searchsorted(some, own, "left") + np.searchsorted(some, own, "right")
        for some, own in zip(ascending, counts, strict=True)
    ]
    ranks = (np.stack(places) + 1) / 2
    return np.asarray(ranks - ranks.mean(axis=1, keepdims=True))


def _places(now: Column) -> Column:
    return np.full(now.shape[0], float(now.shape[1]))


GATHERINGS: Mapping[str, Callable[[Column, Column], Gathered]] = {
    "concentration": concentration,
    "without_any": without_any,
    "in_the_worst_tenth": in_the_worst_tenth,
    "holding_half": holding_half,
    "stability": stability,
}

OF_WHAT: Mapping[str, str] = {
    "without_any": "Small areas",
    "in_the_worst_tenth": "Incidents",
    "holding_half": "Small areas",
}
"""What is below the fraction line of the gatherings that are a part of something."""

LOOKS_BACK = frozenset({"stability"})
"""The gatherings that need the year before."""


def gathered(
    method: str, now: Column, before: Column | None, parent: NDArray[np.int64], size: int
) -> Gathered:
    """Numbers above and below the line for every larger area: (series, larger areas).

    `parent` is the index of each small area's larger one, -1 for none. NaN where a small area lacks
    a number, and where there are fewer than `FEWEST_PLACES`.
    """
    above = np.full((now.shape[0], size), np.nan)
    below = np.full((now.shape[0], size), np.nan)
    then = np.full(now.shape, np.nan) if before is None else before
    order = np.argsort(parent, kind="stable")
    first = np.searchsorted(parent[order], np.arange(size + 1))
    for at in range(size):
        members = order[first[at] : first[at + 1]]
        if members.size < FEWEST_PLACES:
            continue
        looked_at = now[:, members]
        if method in LOOKS_BACK:
            looked_at = looked_at + 0 * then[:, members]
        known = np.isfinite(looked_at).all(axis=1)
        if known.any():
            rows = np.flatnonzero(known)
            above[rows, at], below[rows, at] = GATHERINGS[method](
                now[np.ix_(rows, members)], then[np.ix_(rows, members)]
            )
    return above, np.where(np.isnan(above), np.nan, below)
