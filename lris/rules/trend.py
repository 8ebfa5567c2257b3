"""Whether a figure rises or falls over its periods, by a stated test.

Mann 1945 and Kendall 1975: how often a later value is above an earlier one; needs nothing but
order. Armitage 1955: a straight slope of proportions or rates, knowing how many people stand
behind each. The last axis of every array holds the periods, evenly spaced, oldest first; axes
before it are series of their own. A period without a value is left out of its series.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lris.rules.intervals import known_counts, known_denominators

Column = NDArray[np.float64]
Test = tuple[Column, Column, Column, Column]
Kind = Literal["proportion", "rate"]
Polarity = Literal["high_is_bad", "high_is_good", "none"]

FEWEST_PERIODS = 5
"""Fewer say too little to be called a trend, or to be called none."""


def mann_kendall(values: ArrayLike) -> Test:
    """Kendall's tau-b against time, the statistic S, its variance, and the two-sided p.

    Ties reduce the variance and enter tau-b; S is moved one towards zero before it is held against
    the normal distribution. A series without any change has S and variance 0, p 1 and no tau.
    Series of fewer than two values are NaN throughout. Raises `ValueError` on infinite values.
    """
    from scipy.special import erfc  # Half a second, which only who asks for a trend needs.

    v = _periods(values)
    known = ~np.isnan(v)
    n = np.where(known.sum(axis=-1) > 1, known.sum(axis=-1), np.nan)
    s, equal = _steps(v)
    # Each of t equal values has t - 1 equals, so this sums t(t - 1)(2t + 5) over every tie.
    tied = np.sum(equal * (2 * equal + 7), axis=-1)
    variance = np.maximum(n * (n - 1) * (2 * n + 5) - tied, 0) / 18
    pairs = n * (n - 1) / 2
    untied = pairs - np.sum(equal, axis=-1) / 2
    tau = s / np.sqrt(np.where(untied > 0, pairs * untied, np.nan))
    moved = np.maximum(np.abs(s) - 1, 0)
    z = np.divide(moved, np.sqrt(variance), out=np.zeros_like(moved), where=moved > 0)
    p = np.where(np.isnan(n), np.nan, erfc(z / np.sqrt(2)))
    return tau[()], (s + 0 * n)[()], variance[()], p[()]


def chi_squared_trend(
    counts: ArrayLike, denominators: ArrayLike, kind: Kind = "rate"
) -> tuple[Column, Column, Column]:
    """The chi-squared statistic of a straight slope (one degree of freedom), its p, its direction.

    `kind` "proportion" counts each person at most once (Cochran and Armitage's test), "rate" counts
    independent events. The direction is 1 rising, -1 falling, 0 neither. NaN throughout for series
    of fewer than two periods; where nothing or everybody is counted there is no slope: 0, 1, 0.
    Raises `ValueError` on negative counts, and for proportions on a count above its denominator.
    """
    from scipy.special import gammaincc

    x, n = np.broadcast_arrays(_periods(known_counts(counts)), known_denominators(denominators))
    if kind not in ("proportion", "rate"):
        raise ValueError(f"a trend is one of a proportion or of a rate, not of {kind!r}")
    if kind == "proportion" and np.any(x > n):
        raise ValueError("a count is above its denominator: that is no proportion")
    known = ~(np.isnan(x) | np.isnan(n))
    few = known.sum(axis=-1) < 2
    x, n = np.where(known, x, 0.0), np.where(known, n, 0.0)
    people = np.where(few, np.nan, n.sum(axis=-1))
    level = x.sum(axis=-1) / people
    when = (
        np.arange(x.shape[-1]) - (np.sum(n * np.arange(x.shape[-1]), axis=-1) / people)[..., None]
    )
    # About the level first: sums of large counts would lose the digits of a small slope.
    leaning = (x - n * level[..., None]) * when
    slope = np.sum(leaning, axis=-1)
    slope = np.where(np.abs(slope) > 1e-12 * np.sum(np.abs(leaning), axis=-1), slope, 0 * slope)
    chance = level * (1 - level if kind == "proportion" else 1)
    spread = chance * np.sum(n * when**2, axis=-1)
    sloped = spread > 0
    statistic = np.where(sloped, slope**2 / np.where(sloped, spread, 1.0), 0 * people)
    direction = np.where(sloped, np.sign(slope), 0 * people)
    return statistic[()], gammaincc(0.5, statistic / 2)[()], direction[()]


def verdict(
    direction: ArrayLike, p: ArrayLike, periods: ArrayLike, polarity: Polarity, level: float = 0.05
) -> NDArray[np.str_]:
    """What a trend is called: "better" or "worse" where one end is good, else "rising", "falling".

    `direction` by its sign (tau or S will do), `periods` how many had a value. "no clear change"
    where p is not below `level`, "too short" under `FEWEST_PERIODS` or without a p.
    """
    words = {
        "high_is_bad": ("worse", "better"),
        "high_is_good": ("better", "worse"),
        "none": ("rising", "falling"),
    }
    if polarity not in words:
        raise ValueError(f"{polarity!r} is no polarity; there are {', '.join(words)}")
    up, down = words[polarity]
    sign, chance, many = np.broadcast_arrays(
        np.sign(np.asarray(direction, dtype=np.float64)),
        np.asarray(p, dtype=np.float64),
        np.asarray(periods),
    )
    return np.select(
        [np.isnan(chance) | (many < FEWEST_PERIODS), (chance >= level) | ~(np.abs(sign) > 0)],
        ["too short", "no clear change"],
        np.where(sign > 0, up, down),
    )


def _periods(values: ArrayLike) -> Column:
    v = np.asarray(values, dtype=np.float64)
    if v.ndim == 0 or np.any(np.isinf(v)):
        raise ValueError("a trend is one of finite values over periods, along the last axis")
    return v


def _steps(v: Column) -> tuple[Column, Column]:
    """How many later values are above less how many below, and for each its number of equals."""
    s, equal = np.zeros(v.shape[:-1]), np.zeros(v.shape)
    for lag in range(1, v.shape[-1]):
        step = v[..., lag:] - v[..., :-lag]
        s += np.nansum(np.sign(step), axis=-1)
        same = step == 0
        equal[..., lag:] += same
        equal[..., :-lag] += same
    return s, equal
