"""The gap between the most deprived areas and the rest, and the slope from one end to the other.

Two things are asked of a programme of renewal: that the most deprived get better, and that the
gap to the rest narrows. A gap also narrows where the rest get worse, and that is no success: the
verdict is never a good one while the level of the most deprived worsens.

Sources: differences of proportions by Newcombe 1998, method 10, of rates likewise from their own
limits (Zou and Donner 2008), ratios of both from their logarithms; the slope and the relative index
of inequality as the Office for Health Improvement and Disparities draws them, with limits from the
standard errors of the quantiles.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lris.rules.comparing import difference
from lris.rules.intervals import known_counts, known_denominators, poisson, wilson, z_of

Column = NDArray[np.float64]
Estimate = tuple[Column, Column, Column]
Kind = Literal["proportion", "rate"]
Polarity = Literal["high_is_bad", "high_is_good", "none"]

NARROWING_WELL = "narrowing well"
NARROWING_BADLY = "narrowing while the most deprived worsen"
NARROWING = "narrowing"
WIDENING_BADLY = "widening while the most deprived worsen"
WIDENING = "widening"
UNCLEAR = "no clear change"
TOO_SHORT = "too short"


@dataclass(frozen=True)
class Gap:
    """Value, lower and upper for each period: both levels, their difference and their ratio.

    The difference is the most deprived less the rest, the ratio the most deprived over the rest.
    `change` is how much further apart they are in the last known period than in the first, and
    `change_of_level` how much the most deprived have moved: both with limits.
    """

    deprived: Estimate
    rest: Estimate
    difference: Estimate
    ratio: Estimate
    change: Estimate
    change_of_level: Estimate
    verdict: str


@dataclass(frozen=True)
class Slope:
    """How far the least deprived end lies above the most deprived one, and their ratio."""

    difference: Estimate
    ratio: Estimate


def gap(
    deprived_counts: ArrayLike,
    deprived_denominators: ArrayLike,
    rest_counts: ArrayLike,
    rest_denominators: ArrayLike,
    kind: Kind,
    polarity: Polarity,
    per: float = 1.0,
    confidence: float = 0.95,
) -> Gap:
    """The most deprived areas together against the rest together, over one axis of periods.

    Oldest first; a period in which either lacks a value has no gap. Levels and differences are
    `per` so many of the denominator. The verdict compares the first known period with the last:
    narrowing or widening where the limits of `change` leave 0 out. Raises `ValueError` on
    negative counts, and for proportions on a count above its denominator.
    """
    if kind not in ("proportion", "rate"):
        raise ValueError(f"a gap is one of proportions or of rates, not of {kind!r}")
    if polarity not in ("high_is_bad", "high_is_good", "none"):
        raise ValueError(f"{polarity!r} is no polarity")
    x1, n1, x2, n2 = np.broadcast_arrays(
        known_counts(deprived_counts),
        known_denominators(deprived_denominators),
        known_counts(rest_counts),
        known_denominators(rest_denominators),
    )
    if x1.ndim != 1:
        raise ValueError("a gap is followed over one axis of periods")
    deprived = _level(x1, n1, kind, per, confidence)
    rest = _level(x2, n2, kind, per, confidence)
    apart = difference(*deprived, *rest)
    known = np.flatnonzero(~np.isnan(apart[0]))
    first, last = (known[0], known[-1]) if known.size > 1 else (None, None)
    change = _moved(_without_sign(apart), first, last)
    change_of_level = _moved(deprived, first, last)
    return Gap(
        deprived=deprived,
        rest=rest,
        difference=apart,
        ratio=ratio(deprived, rest),
        change=change,
        change_of_level=change_of_level,
        verdict=_verdict(change, float(change_of_level[0]), polarity),
    )


def ratio(first: Estimate, second: Estimate) -> Estimate:
    """The first of two independent estimates over the second, limits from the logarithms of both.

    NaN where the second is 0; where the first is, the ratio and its lower limit are 0 and the
    upper limit is the first's upper over the second's lower.
    """
    (a, low1, high1), (b, low2, high2) = (
        tuple(np.asarray(part, dtype=np.float64) for part in one) for one in (first, second)
    )
    some = (a > 0) & (b > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        log_limits = difference(*(np.log(part) for part in (a, low1, high1, b, low2, high2)))
        value = np.where(b > 0, a / b, np.nan)
        widest = np.where(b > 0, high1 / low2, np.nan)
    lower = np.where(some, np.exp(log_limits[1]), 0 * value)
    upper = np.where(some, np.exp(log_limits[2]), widest)
    return value[()], lower[()], upper[()]


def slope_of_inequality(
    values: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    people: ArrayLike,
    confidence: float = 0.95,
) -> Slope:
    """The slope and relative index of inequality over quantiles of deprivation, the last axis.

    Quantiles from the most deprived to the least, with their limits at `confidence` and how many
    people live in each. A line is laid through the values at the middle of each quantile's share
    of the people, weighed by them. The difference is the line's least deprived end less its most
    deprived end, the ratio the former over the latter (NaN unless both are above 0). Limits come
    from the quantiles' standard errors. A gap in any quantile leaves no slope. Raises `ValueError`
    where people are negative, or fewer than three quantiles are given.
    """
    y, low, high, n = (
        np.asarray(part, dtype=np.float64)
        for part in np.broadcast_arrays(values, lower, upper, people)
    )
    if y.ndim == 0 or y.shape[-1] < 3 or np.any(n < 0):
        raise ValueError(
            "a slope is laid through three quantiles or more, none with people below 0"
        )
    z = z_of(confidence)
    share = n / _above_zero(np.sum(n, axis=-1, keepdims=True))
    middle = np.cumsum(share, axis=-1) - share / 2 - 0.5
    steep = share * middle / _above_zero(np.sum(share * middle**2, axis=-1, keepdims=True))
    error = (high - low) / (2 * z)
    least, most = share + steep / 2, share - steep / 2

    def line(weight: Column) -> Column:
        return np.asarray(np.sum(weight * y, axis=-1))

    def spread(weight: Column) -> Column:
        return np.asarray(z * np.sqrt(np.sum((weight * error) ** 2, axis=-1)))

    slope, width = line(steep), spread(steep)
    top, bottom = (np.where(line(end) > 0, line(end), np.nan) for end in (least, most))
    log_width = spread(least / top[..., None] - most / bottom[..., None])
    times = top / bottom
    return Slope(
        difference=(slope[()], (slope - width)[()], (slope + width)[()]),
        ratio=(times[()], (times * np.exp(-log_width))[()], (times * np.exp(log_width))[()]),
    )


def _above_zero(amounts: Column) -> Column:
    return np.where(amounts > 0, amounts, np.nan)


def _level(x: Column, n: Column, kind: Kind, per: float, confidence: float) -> Estimate:
    if kind == "proportion":
        low, high = wilson(x, n, confidence)
    else:
        low, high = (limit / n for limit in poisson(x, confidence))
    return per * x / n, per * low, per * high


def _without_sign(apart: Estimate) -> Estimate:
    """How far apart, whichever is above."""
    value, low, high = apart
    below = value < 0
    return np.abs(value), np.where(below, -high, low), np.where(below, -low, high)


def _moved(one: Estimate, first: int | None, last: int | None) -> Estimate:
    if first is None or last is None:
        nothing = np.asarray(np.nan)
        return nothing, nothing, nothing
    return difference(*(part[last] for part in one), *(part[first] for part in one))


def _verdict(change: Estimate, level: float, polarity: Polarity) -> str:
    _, lower, upper = change
    if np.isnan(lower):
        return TOO_SHORT
    if lower <= 0 <= upper:
        return UNCLEAR
    worsening = {"high_is_bad": level, "high_is_good": -level, "none": 0.0}[polarity]
    if upper < 0:
        return (NARROWING_WELL, NARROWING, NARROWING_BADLY)[int(np.sign(worsening)) + 1]
    return WIDENING_BADLY if worsening > 0 else WIDENING
