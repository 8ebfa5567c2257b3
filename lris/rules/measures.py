"""From counts and denominators to figures with intervals, by methods that manifests name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from lris.rules import deprivation
from lris.rules.intervals import poisson, rate, wilson

Column = NDArray[np.float64]
Estimate = tuple[Column, Column, Column]


def count(numerator: Column, denominator: Column, per: float) -> Estimate:
    """A count of events, with the limits of its Poisson mean at 95 %."""
    lower, upper = poisson(numerator)
    return numerator, np.asarray(lower), np.asarray(upper)


def crude_rate(numerator: Column, denominator: Column, per: float) -> Estimate:
    """Events for every `per` of the denominator, with limits at 95 %."""
    value, lower, upper = rate(numerator, denominator, per)
    return np.asarray(value), np.asarray(lower), np.asarray(upper)


def proportion(numerator: Column, denominator: Column, per: float) -> Estimate:
    """The part of the denominator that is counted, `per` 100 a percentage, with Wilson's limits.

    A part above its whole is no proportion, and no figure.
    """
    part = np.where(numerator <= denominator, numerator, np.nan)
    whole = np.where(denominator > 0, denominator, np.nan)
    lower, upper = wilson(part, whole)
    return per * part / whole, per * np.asarray(lower), per * np.asarray(upper)


def ratio(numerator: Column, denominator: Column, per: float) -> Estimate:
    """`per` times a quotient of two numbers that nobody sampled: without an interval."""
    nothing = np.full(numerator.shape, np.nan)
    return per * numerator / np.where(denominator > 0, denominator, np.nan), nothing, nothing


def level(numerator: Column, denominator: Column, per: float) -> Estimate:
    """A published value as it stands, `per` 100 a proportion as a percentage; no interval."""
    nothing = np.full(numerator.shape, np.nan)
    return per * numerator, nothing, nothing


METHODS: Mapping[str, Callable[[Column, Column, float], Estimate]] = {
    "count": count,
    "rate": crude_rate,
    "proportion": proportion,
    "ratio": ratio,
    "level": level,
}

DIVIDING = frozenset({"rate", "proportion", "ratio"})
"""The methods that divide, and so need a denominator."""

Summary = Callable[[Column, Column, NDArray[np.int64], int, int], Column]

SUMMARIES: Mapping[str, Summary] = {
    "average_rank": deprivation.average_rank,
    "average_score": deprivation.average_score,
    "most_deprived_share": deprivation.most_deprived_share,
    "extent": deprivation.extent,
    "local_concentration": deprivation.local_concentration,
}
"""How ranks and scores of small areas are told for larger ones, where they must not be averaged."""

WEIGHTED = frozenset(SUMMARIES) - {"most_deprived_share"}
"""The summaries that weigh each small area by its residents."""
