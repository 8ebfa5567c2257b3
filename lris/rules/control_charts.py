"""Is this month out of the ordinary? Charts of a series with limits that chance seldom passes.

* `xmr`: individual values by the moving range, as NHS England's "Making Data Count" has it: limits
  at 2.66 mean ranges, once ranges of 3.267 times the mean range or more are dropped.
* `c`, `u`, `p`: Shewhart's charts of counts, rates and proportions (Montgomery, chapter 7); Laney's
  u' and p' (2002) where numbers are so large that everything would be out, as in districts.
* `ewma`, `cusum`: for small lasting shifts (Roberts 1959; Page 1954).

A series is in order of time, without gaps: an incomplete or missing month has no place in it.
The rules that flag points are one set for all Shewhart charts, `RULES` in order of weight; a point
has the names of all that hold. Limits of counts can fall below zero: cut them when drawing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Column = NDArray[np.float64]
Marks = NDArray[np.bool_]
Flags = tuple[tuple[str, ...], ...]

OUTSIDE = "outside the limits"
TREND = "seven rising or falling"
NEAR = "two of three near a limit"
ONE_SIDE = "seven on one side of the mean"
RULES = (OUTSIDE, TREND, NEAR, ONE_SIDE)

RUN = 7
LIMIT = 2.66
"""Mean moving ranges from the mean to a limit: 3 / 1.128, as the method rounds it."""

SCREEN = 3.267
RANGE_TO_SIGMA = 1.128
TRIAL_BELOW = 13
"""With fewer points the limits are for trial only."""


@dataclass(frozen=True)
class Chart:
    """A series, its mean, its limits, and which rules flag each point.

    `lower`, `upper` are numbers where all points share them (xmr, c), columns where each has its
    own (u, p). `sides` tells where each point lies: 1 above the mean, -1 below, 0 on it.
    """

    values: Column
    mean: float
    lower: float | Column
    upper: float | Column
    flags: Flags
    trial: bool

    @property
    def sides(self) -> NDArray[np.int64]:
        """1 above the mean, -1 below it, 0 on it."""
        return np.sign(self.values - self.mean).astype(np.int64)

    @property
    def flagged(self) -> Marks:
        """Which points any rule flags."""
        return np.array([bool(names) for names in self.flags], dtype=bool)


def xmr(values: ArrayLike, baseline: int | None = None) -> Chart:
    """Individual values with limits by the moving range, after Making Data Count.

    `baseline`: limits come from so many first points and hold for all (only by a decision on
    record). A series that never moves has its limits on the mean and no flags. With one point there
    are no limits: NaN. Raises `ValueError` for an empty series or a gap in it.
    """
    x = _series(values)
    base = x[:baseline]
    if not base.size:
        raise ValueError("limits need at least one point to come from")
    mean = float(base[0] if np.all(base == base[0]) else base.mean())
    ranges = np.abs(np.diff(base))
    kept = ranges[ranges < SCREEN * ranges.mean()] if ranges.size else ranges
    # When nothing ever moved no range is under a multiple of their mean.
    spread = float((kept if kept.size else ranges).mean()) if ranges.size else float("nan")
    return _chart(x, mean, LIMIT * spread, base.size)


def c(counts: ArrayLike) -> Chart:
    """Counts of periods of equal exposure: mean +- 3 sqrt(mean)."""
    x = _counts(counts)
    mean = float(x.mean())
    return _chart(x, mean, 3 * np.sqrt(mean), x.size, lowest=0.0)


def u(counts: ArrayLike, exposures: ArrayLike, *, laney: bool = False) -> Chart:
    """Rates: counts over people, households or days of each period; mean +- 3 sqrt(mean / n_i).

    With `laney` the limits are Laney's u': widened by how much more the rates vary from period to
    period than counts by chance. Raises `ValueError` where an exposure is not above zero.
    """
    return _attributes(counts, exposures, laney=laney, proportion=False)


def p(counts: ArrayLike, numbers: ArrayLike, *, laney: bool = False) -> Chart:
    """Proportions, counts of `numbers`: mean +- 3 sqrt(mean (1 - mean) / n_i); Laney's p' too."""
    if np.any(_counts(counts) > np.asarray(numbers, dtype=np.float64)):
        raise ValueError("a count is above the number it is part of: that is no proportion")
    return _attributes(counts, numbers, laney=laney, proportion=True)


@dataclass(frozen=True)
class Ewma:
    """An exponentially weighted mean, its limits point by point, and which points pass them."""

    smoothed: Column
    mean: float
    lower: Column
    upper: Column
    outside: Marks


def ewma(values: ArrayLike, weight: float = 0.2, sigmas: float = 3.0) -> Ewma:
    """z_t = weight x_t + (1 - weight) z_(t-1) from the mean; sigma from the mean moving range."""
    if not 0 < weight <= 1:
        raise ValueError(f"a weight lies above 0 and up to 1, not {weight!r}")
    x = _series(values)
    mean, kept = float(x.mean()), 1 - weight
    smoothed, level = np.empty(x.size), mean
    for at, value in enumerate(x):
        level = smoothed[at] = weight * value + kept * level
    age = np.arange(1, x.size + 1)
    reach = sigmas * _sigma(x) * np.sqrt(weight / (2 - weight) * (1 - kept ** (2 * age)))
    lower, upper = mean - reach, mean + reach
    return Ewma(smoothed, mean, lower, upper, (smoothed < lower) | (smoothed > upper))


@dataclass(frozen=True)
class Cusum:
    """Sums of what lies above and below the mean, in sigmas, and which points pass the limit."""

    high: Column
    low: Column
    limit: float
    outside: Marks


def cusum(values: ArrayLike, slack: float = 0.5, limit: float = 5.0) -> Cusum:
    """C+ = max(0, C+ + z - slack), C- = min(0, C- + z + slack), z in sigmas as in `ewma`."""
    x = _series(values)
    sigma = _sigma(x)
    z = (x - x.mean()) / sigma if sigma > 0 else np.zeros(x.size)
    high, low = np.empty(x.size), np.empty(x.size)
    up = down = 0.0
    for at, step in enumerate(z):
        up = high[at] = max(0.0, up + step - slack)
        down = low[at] = min(0.0, down + step + slack)
    return Cusum(high, low, limit, (high > limit) | (low < -limit))


def assurance(chart: Chart, target: float, *, higher_is_better: bool) -> str:
    """Whether the process as it is will meet a target: "meets", "misses" or "hit and miss"."""
    if target > np.max(chart.upper):
        return "misses" if higher_is_better else "meets"
    if target < np.min(chart.lower):
        return "meets" if higher_is_better else "misses"
    return "hit and miss"


# ---------------------------------------------------------------- within


def _attributes(counts: ArrayLike, numbers: ArrayLike, *, laney: bool, proportion: bool) -> Chart:
    x, n = _counts(counts), np.asarray(numbers, dtype=np.float64)
    if n.shape != x.shape or not (np.isfinite(n).all() and (n > 0).all()):
        raise ValueError("each count needs what it is a count of, above zero")
    mean = float(x.sum() / n.sum())
    sigma = np.sqrt(mean * (1 - mean if proportion else 1.0) / n)
    if laney and x.size > 1 and np.all(sigma > 0):
        sigma = sigma * np.abs(np.diff((x / n - mean) / sigma)).mean() / RANGE_TO_SIGMA
    return _chart(x / n, mean, 3 * sigma, x.size, 0.0, 1.0 if proportion else np.inf)


def _chart(
    x: Column,
    mean: float,
    reach: float | Column,
    points: int,
    lowest: float = -np.inf,
    highest: float = np.inf,
) -> Chart:
    lower, upper = np.maximum(mean - reach, lowest), np.minimum(mean + reach, highest)
    side = np.sign(x - mean)
    outside = (x > upper) | (x < lower)
    near = ~outside & (np.abs(x - mean) > 2 / 3 * np.asarray(reach))
    marks = {
        OUTSIDE: outside,
        TREND: _in_runs(np.sign(np.diff(x)), RUN - 1, widened=1),
        NEAR: near & _two_of_three(near, side),
        ONE_SIDE: _in_runs(side, RUN),
    }
    flags = tuple(tuple(name for name in RULES if marks[name][at]) for at in range(x.size))
    return Chart(x, mean, lower[()], upper[()], flags, points < TRIAL_BELOW)


def _in_runs(signs: Column, length: int, widened: int = 0) -> Marks:
    """Which places are in a run of at least so many equal signs, none of them 0.

    Signs between points are one fewer than points: `widened` by 1, a run marks both ends.
    """
    marks = np.zeros(signs.size + widened, dtype=bool)
    for first in range(signs.size - length + 1):
        run = signs[first : first + length]
        if run[0] != 0 and np.all(run == run[0]):
            marks[first : first + length + widened] = True
    return marks


def _two_of_three(near: Marks, side: Column) -> Marks:
    """Which points are among three in a row on one side of the mean, two of them near a limit."""
    marks = np.zeros(near.size, dtype=bool)
    for first in range(near.size - 2):
        three = slice(first, first + 3)
        if near[three].sum() >= 2 and abs(side[three].sum()) == 3:
            marks[three] = True
    return marks


def _sigma(x: Column) -> float:
    return float(np.abs(np.diff(x)).mean() / RANGE_TO_SIGMA) if x.size > 1 else float("nan")


def _series(values: ArrayLike) -> Column:
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 1 or not x.size:
        raise ValueError("a chart is of one series, with at least one point")
    if not np.isfinite(x).all():
        at = int(np.flatnonzero(~np.isfinite(x))[0])
        raise ValueError(f"point {at} has no value: a chart is of a series without gaps")
    return x


def _counts(counts: ArrayLike) -> Column:
    x = _series(counts)
    if np.any(x < 0):
        raise ValueError("a count is below zero")
    return x
