"""From counts and denominators to figures with intervals, by methods that manifests name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from lris.rules import deprivation
from lris.rules.comparing import ratio_test
from lris.rules.intervals import poisson, wilson

Column = NDArray[np.float64]
Estimate = tuple[Column, Column, Column]


def count(numerator: Column, denominator: Column, per: float) -> Estimate:
    """A count of events, with the limits of its Poisson mean at 95 %."""
    lower, upper = _limits_of_counts(numerator)
    return numerator, lower, upper


def crude_rate(numerator: Column, denominator: Column, per: float) -> Estimate:
    """Events for every `per` of the denominator, with limits at 95 %."""
    whole = np.where(denominator > 0, denominator, np.nan)
    lower, upper = _limits_of_counts(numerator)
    return per * numerator / whole, per * lower / whole, per * upper / whole


FEW_KINDS = 100_000
"""Up to this many events the limits of every count there can be are worked out once."""


def _limits_of_counts(counts: Column) -> tuple[Column, Column]:
    """`poisson` of many counts, of which most are the same few whole numbers."""
    known = counts[np.isfinite(counts)]
    most = known.max(initial=0)
    if counts.size <= most or most > FEW_KINDS or np.any((known < 0) | (known != np.floor(known))):
        lower, upper = poisson(counts)
        return np.asarray(lower), np.asarray(upper)
    lower, upper = (np.append(limit, np.nan) for limit in poisson(np.arange(most + 1)))
    at = np.where(np.isfinite(counts), counts, most + 1).astype(np.int64)
    return lower[at], upper[at]


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


def change(numerator: Column, denominator: Column, per: float) -> Estimate:
    """`per` times the ratio of a count to another, with the exact limits of the ratio at 95 %.

    Given both together the first is binomial; of none before there is no ratio.
    """
    before = np.where(denominator > 0, denominator, np.nan)
    pairs = np.stack([numerator, before], axis=-1).reshape(-1, 2)
    known = np.isfinite(pairs).all(axis=-1)
    few, at = np.unique(pairs[known], axis=0, return_inverse=True)
    found = np.full((3, len(pairs)), np.nan)
    found[:, known] = np.stack(ratio_test(few[:, 0], 1.0, few[:, 1], 1.0)[:3])[:, at.ravel()]
    return per * numerator / before, per * found[1], per * found[2]


METHODS: Mapping[str, Callable[[Column, Column, float], Estimate]] = {
    "count": count,
    "rate": crude_rate,
    "proportion": proportion,
    "ratio": ratio,
    "level": level,
    "change": change,
}

DIVIDING = frozenset({"rate", "proportion", "ratio", "change"})
"""The methods that divide, and so need a denominator."""

Summary = Callable[[Column, Column, NDArray[np.int64], int, int], Column]

VULNERABILITY, PRIORITY, HARM = "vulnerable_localities", "core_priority", "harm"
INDICES = frozenset({VULNERABILITY, PRIORITY, HARM})
"""The methods that make one number of several indicators: `lris.rules.composites`."""

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
