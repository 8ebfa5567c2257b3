"""How much of the crime lies on how few places: Lorenz's curve, Gini's coefficient, shares.

Sources: Lorenz 1905; Gini 1914; Weisburd 2015 (places that hold 25 and 50 per cent of crime);
Bernasco and Steenbeek 2017 (the coefficient for fewer crimes than places).

`counts` has one number for each place, places without crime included: how many there are decides
the answer, so count them from the streets, not from the crimes. Harm may stand for counts.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Column = NDArray[np.float64]


def gini(counts: ArrayLike) -> float:
    """Gini's coefficient: 0 where every place has as much, near 1 where one has all.

    `2 sum(i y_i) / (n sum y) - (n + 1) / n` with y ascending; no factor for small samples. NaN
    where there are no places or no crimes. Raises `ValueError` on missing or negative counts.
    """
    y = np.sort(_counts(counts))
    n, total = y.size, y.sum()
    if not total > 0:
        return float("nan")
    return float(2 * np.sum(np.arange(1, n + 1) * y) / (n * total) - (n + 1) / n)


def generalised_gini(counts: ArrayLike) -> float:
    """Bernasco and Steenbeek's coefficient: 0 where the crimes lie as far apart as they can.

    With fewer crimes c than places n, some places must stay without: `max(1, n / c) (G - 1) + 1`.
    NaN as `gini`.
    """
    y = _counts(counts)
    total = y.sum()
    if not total > 0:
        return float("nan")
    return float(max(1.0, y.size / total) * (gini(y) - 1) + 1)


def lorenz(counts: ArrayLike) -> tuple[Column, Column]:
    """Cumulative shares of places (poorest first) and of crimes, both from 0 to 1.

    One more point than there are places. Both NaN beyond 0 where there are no crimes.
    """
    y = np.sort(_counts(counts))
    total = y.sum()
    places = np.arange(y.size + 1) / max(y.size, 1)
    crimes = np.concatenate([[0.0], np.cumsum(y) / total if total > 0 else np.full(y.size, np.nan)])
    return places, crimes


class Held(NamedTuple):
    """The fewest places that hold at least a share of all crime, and their shares of places."""

    places: int
    share_of_places: float
    share_of_places_with_crime: float


def places_holding(counts: ArrayLike, share: float) -> Held:
    """The fewest places with `share` (0.25, 0.5) of the crime: Weisburd's measure.

    Places are taken whole, the fullest first. Shares are NaN where there are no crimes.
    """
    if not 0 < share <= 1:
        raise ValueError(f"a share of crime lies above 0 and up to 1, not {share!r}")
    y = np.sort(_counts(counts))[::-1]
    total = y.sum()
    if not total > 0:
        return Held(0, float("nan"), float("nan"))
    enough = np.cumsum(y) >= share * total * (1 - 1e-12)
    number = int(np.argmax(enough)) + 1
    return Held(number, number / y.size, number / int(np.count_nonzero(y)))


def gini_of_fewer(counts: ArrayLike, crimes: int, draws: int = 199, seed: int = 1) -> Column:
    """Generalised Gini of so many of the crimes, drawn without replacement; one for each draw.

    Coefficients of two towns compare only at equal numbers of crimes: draw the smaller number from
    the larger town. Raises `ValueError` where counts are not whole or fewer than asked for.
    """
    y = _counts(counts)
    if np.any(y != np.floor(y)) or not 0 < crimes <= y.sum():
        raise ValueError(f"{crimes} crimes cannot be drawn from {y.sum():g}, counted whole")
    drawn = np.random.default_rng(seed).multivariate_hypergeometric(
        y.astype(np.int64), crimes, size=draws, method="marginals"
    )
    return np.array([generalised_gini(one) for one in drawn])


def _counts(counts: ArrayLike) -> Column:
    y = np.asarray(counts, dtype=np.float64).ravel()
    if not (np.isfinite(y).all() and (y >= 0).all()):
        raise ValueError("a count is missing, infinite or below zero")
    return y
