"""Funnels: how far an area of its size may lie from the level of all before chance is no reason.

The limits are those around the level of all (the baseline) for an area of so many people, or so
many events; an area outside them is a real exception, at 95 or at 99.8 %. Small areas nearly
always differ more than chance makes them, whatever is counted: then a funnel that knows chance only
flags most of them, and the limits are widened by what the areas themselves show.

Sources: Spiegelhalter 2005, Funnel plots and Handling over-dispersion of performance indicators;
and, for proportions and for exact limits of rates and ratios, the Office for Health Improvement and
Disparities' technical guide on funnel plots. No value is NaN.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lris.rules.intervals import (
    exact_poisson,
    known_counts,
    known_denominators,
    z_of,
)

Column = NDArray[np.float64]
Words = NDArray[np.str_]
Limits = tuple[Column, Column]
Kind = Literal["proportion", "rate", "ratio"]

WINSORISED = 0.1
"""The share of areas at each end whose residuals are moved to that of the next area inwards."""


@dataclass(frozen=True)
class Overdispersion:
    """How much more areas differ than chance makes them.

    `phi` is the mean squared standardised residual (1: chance alone). `between` is the variance
    of the areas' true levels, in the square of the unit of the values; 0 where there is none.
    """

    phi: float
    between: float
    areas: int


def proportion_limits(
    baseline: ArrayLike, denominators: ArrayLike, confidence: float = 0.95, phi: float = 1.0
) -> Limits:
    """The proportions at which Wilson's interval just touches the baseline, between 0 and 1.

    `phi` above 1 widens them by its square root. Raises `ValueError` where the baseline is no
    proportion.
    """
    p = np.asarray(baseline, dtype=np.float64)
    if np.any((p < 0) | (p > 1)):
        raise ValueError("the level of all is a proportion: between 0 and 1")
    n = known_denominators(denominators)
    z2 = z_of(confidence) ** 2 * max(phi, 1.0)
    middle = p * (n / z2 + 1)
    room = 1 / z2 + 1 / n
    inside = middle**2 - room * p * (n * (p * (n / z2 + 2) - 1) + z2 * (p - 1))
    spread = np.sqrt(np.maximum(inside, 0))
    lower, upper = (np.clip(end / (room * n), 0, 1) for end in (middle - spread, middle + spread))
    return lower[()], upper[()]


def expected_limits(events: ArrayLike, confidence: float = 0.95) -> Limits:
    """The least and the largest expected count that so many observed events are no exception to."""
    lower, upper = exact_poisson(events, confidence)
    return lower, upper


def ratio_limits(events: ArrayLike, confidence: float = 0.95) -> Limits:
    """Observed over expected, where so many events lie just on the lower and on the upper limit.

    No events have no upper limit of that kind: it is NaN.
    """
    x = known_counts(events)
    least, most = expected_limits(x, confidence)
    return (x / most)[()], (x / np.where(least > 0, least, np.nan))[()]


def rate_limits(
    events: ArrayLike, baseline: ArrayLike, per: float = 1.0, confidence: float = 0.95
) -> Limits:
    """The rates at which so many events lie just on the lower and on the upper limit.

    `baseline` is the rate of all, events over denominators. The denominator of an area on a limit
    is `per * events / limit`.
    """
    lower, upper = ratio_limits(events, confidence)
    level = per * np.asarray(baseline, dtype=np.float64)
    return level * lower, level * upper


def overdispersion(
    counts: ArrayLike,
    denominators: ArrayLike,
    kind: Kind,
    baseline: float | None = None,
    winsorised: float = WINSORISED,
) -> Overdispersion:
    """Phi and the variance between areas, from one axis of areas.

    For ratios the denominators are the expected counts. Without a baseline it is that of all areas
    given (1 for ratios). Raises `ValueError` where fewer than two areas have a value.
    """
    x, n = known_counts(counts), known_denominators(denominators)
    level = _baseline(x, n, kind, baseline)
    variance = _variance(level, n, kind)
    known = ~np.isnan(x / variance)
    if known.sum() < 2:
        raise ValueError("how far areas differ shows in two areas or more, with people in each")
    residual = ((x / n - level) / np.sqrt(variance))[known]
    ends = np.quantile(residual, [winsorised, 1 - winsorised])
    areas = int(known.sum())
    phi = float(np.mean(np.clip(residual, *ends) ** 2))
    weight = 1 / variance[known]
    room = weight.sum() - np.sum(weight**2) / weight.sum()
    between = max(0.0, (areas * phi - (areas - 1)) / room) if room > 0 else 0.0
    return Overdispersion(phi, float(between), areas)


def widened_limits(
    baseline: float,
    denominators: ArrayLike,
    kind: Kind,
    dispersion: Overdispersion,
    confidence: float = 0.95,
    additive: bool = True,
) -> Limits:
    """Limits about the baseline that allow for areas differing anyway, in the baseline's unit.

    `additive` adds the variance between areas to that of chance (random effects), so that large
    areas do not have limits of no width; else chance is multiplied by phi. Neither ever narrows.
    Limits end at 0, and at 1 for proportions.
    """
    chance = _variance(np.float64(baseline), known_denominators(denominators), kind)
    whole = chance + dispersion.between if additive else chance * max(dispersion.phi, 1.0)
    spread = z_of(confidence) * np.sqrt(whole)
    highest = 1.0 if kind == "proportion" else np.inf
    lower, upper = (np.clip(end, 0, highest) for end in (baseline - spread, baseline + spread))
    return lower, upper


def significance(
    counts: ArrayLike, denominators: ArrayLike, kind: Kind, baseline: float | None = None
) -> tuple[Words, Column]:
    """ "high", "low", "similar" or "not_compared", and the level 99.8, 95 or 0, by chance alone.

    Proportions by `proportion_limits`, rates and ratios by `expected_limits` of their counts.
    Without a baseline it is that of all areas given (1 for ratios).
    """
    x, n = known_counts(counts), known_denominators(denominators)
    level = _baseline(x, n, kind, baseline)
    if kind == "proportion":
        sides = (proportion_limits(level, n, confidence) for confidence in (0.95, 0.998))
        return beyond(x / n, *next(sides), *next(sides))
    (low, high), (lowest, highest) = (expected_limits(x, c) for c in (0.95, 0.998))
    # An expected count below its limits means that more was observed than expected.
    awaited = level * n
    return beyond(-awaited, -high, -low, -highest, -lowest)


def beyond(
    values: ArrayLike,
    lower95: ArrayLike,
    upper95: ArrayLike,
    lower998: ArrayLike,
    upper998: ArrayLike,
) -> tuple[Words, Column]:
    """ "high", "low", "similar" or "not_compared" of each value, and the level 99.8, 95 or 0."""
    v, low, high, lowest, highest = (
        np.asarray(part, dtype=np.float64)
        for part in (values, lower95, upper95, lower998, upper998)
    )
    known = ~np.isnan(v + low + high)
    level = np.select([(v < lowest) | (v > highest), (v < low) | (v > high)], [99.8, 95.0])
    word = np.where(level > 0, np.where(v > high, "high", "low"), "similar")
    return np.where(known, word, "not_compared"), np.where(known, level, 0.0)


def _baseline(x: Column, n: Column, kind: Kind, baseline: float | None) -> float:
    if kind not in ("proportion", "rate", "ratio"):
        raise ValueError(f"a funnel is one of a proportion, a rate or a ratio, not of {kind!r}")
    if kind == "proportion" and np.any(x > n):
        raise ValueError("a count is above its denominator: that is no proportion")
    if baseline is not None:
        return baseline
    if kind == "ratio":
        return 1.0
    known = ~np.isnan(x + n)
    people = float(np.sum(n, where=known))
    return float(np.sum(x, where=known)) / people if people > 0 else np.nan


def _variance(level: float | np.float64, n: Column, kind: Kind) -> Column:
    """What chance makes of the level in areas of so many people, or expected events."""
    share = level * (1 - level) if kind == "proportion" else level
    return np.asarray(np.where(share > 0, share, np.nan) / n)
