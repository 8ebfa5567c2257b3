"""Monthly series without the calendar in them: per-day counts, and seasons taken off by STL.

STL (Cleveland, Cleveland, McRae and Terpenning 1990) parts a series into trend, season and rest by
repeated local fits. The settings are those of R's `stl`, which differ from statsmodels' own: the
season is fitted by a local mean, fits are made at every tenth of a window and joined by lines, and
the robust form goes fifteen times round.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Column = NDArray[np.float64]

MONTHS = 12
DAYS_IN_A_MONTH = 365.25 / 12
PERIODIC = "periodic"


def days_in(months: ArrayLike) -> NDArray[np.int64]:
    """The days of each month; `months` as numpy reads them ("2018-02", dates)."""
    first = np.asarray(months).astype("datetime64[M]")
    ends = (first + 1).astype("datetime64[D]") - first.astype("datetime64[D]")
    days: NDArray[np.int64] = ends.astype(np.int64)
    return days


def per_day(counts: ArrayLike, months: ArrayLike) -> Column:
    """Counts a day, so that February can be set beside March."""
    x, days = np.asarray(counts, dtype=np.float64), days_in(months)
    if x.shape != days.shape:
        raise ValueError(f"{x.size} counts for {days.size} months")
    return x / days


def per_equal_month(counts: ArrayLike, months: ArrayLike) -> Column:
    """Counts as if every month had 365.25 / 12 days: per-day counts of a size one is used to."""
    return per_day(counts, months) * DAYS_IN_A_MONTH


class Parts(NamedTuple):
    """What a series is the sum of; `weights` are 1, or less for points a robust fit doubts."""

    trend: Column
    seasonal: Column
    rest: Column
    weights: Column


def stl(
    values: ArrayLike,
    period: int = MONTHS,
    seasonal: int | str = PERIODIC,
    *,
    robust: bool = False,
) -> Parts:
    """Trend, season and rest as R's `stl(x, s.window = seasonal, robust = robust)` gives them.

    `seasonal`: the odd number of years whose like months are fitted together, or "periodic" for a
    season that is the same every year. For counts give the square roots or log(1 + count), per day.
    Raises `ValueError` for fewer than two whole periods and for a gap.
    """
    from statsmodels.tsa.seasonal import STL

    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 1 or not np.isfinite(x).all():
        raise ValueError("a season is sought in one series without gaps")
    if period < 2 or x.size < 2 * period:
        raise ValueError(f"{x.size} points are too few: a season takes two periods of {period}")
    periodic = seasonal == PERIODIC
    if not periodic and not (isinstance(seasonal, int) and seasonal >= 3 and seasonal % 2):
        raise ValueError(f"a seasonal window is an odd number from 3, or 'periodic': {seasonal!r}")
    window = 10 * x.size + 1 if periodic else int(seasonal)
    trend = _odd(np.ceil(1.5 * period / (1 - 1.5 / window)))
    # R takes an odd period itself; the fit here wants more than it.
    low_pass = _odd(period + 1)
    fitted = STL(
        x,
        period=period,
        seasonal=window,
        trend=trend,
        low_pass=low_pass,
        seasonal_deg=0,
        trend_deg=1,
        low_pass_deg=1,
        robust=robust,
        seasonal_jump=_tenth(window),
        trend_jump=_tenth(trend),
        low_pass_jump=_tenth(low_pass),
    ).fit(inner_iter=1 if robust else 2, outer_iter=15 if robust else 0)
    season = _same_every_period(fitted.seasonal, period) if periodic else fitted.seasonal
    return Parts(fitted.trend, season, x - fitted.trend - season, np.asarray(fitted.weights))


def _same_every_period(seasonal: Column, period: int) -> Column:
    place = np.arange(seasonal.size) % period
    means: Column = np.bincount(place, weights=seasonal) / np.bincount(place)
    return means[place]


def _odd(number: float) -> int:
    whole = int(np.round(number))
    return whole + 1 - whole % 2


def _tenth(window: int) -> int:
    return -(-window // 10)
