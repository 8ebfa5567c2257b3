"""When things happen in the fictional city: how the hours of a week and the months of a year weigh.

A rhythm is the weight of each of the 168 hours of a week; a season that of each month. Together
they weigh every hour of the years the city covers, in whole numbers, so that drawing an hour
depends on no rounding of the machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]
Floats = NDArray[np.float64]

FIRST_MONTH = np.datetime64("2020-01", "M")
MONTHS = FIRST_MONTH + np.arange(36)
"""The three years of the city, whatever the clock says: the publisher used LSOAs of 2011 then."""

FIRST_DAY = FIRST_MONTH.astype("datetime64[D]")
DAYS = np.arange(FIRST_DAY, (FIRST_MONTH + 36).astype("datetime64[D]"))
HOURS = 24 * DAYS.size
WEEKDAY = (DAYS.astype(np.int64) + 3) % 7
"""0 is Monday, as 1 January 1970 was a Thursday."""

RHYTHMS: Mapping[str, str] = {
    "night-out": """
2.4 1.7 1.1 0.6 0.3 0.2 0.2 0.4 0.6 0.8 1.0 1.1 1.3 1.3 1.4 1.6 1.8 1.9 2.0 2.2 2.5 2.8 3.0 3.0
3.2 2.6 1.8 0.9 0.4 0.2 0.2 0.4 0.6 0.8 1.0 1.1 1.3 1.4 1.5 1.7 2.0 2.2 2.7 3.3 4.0 5.2 6.9 8.6
9.6 10.1 8.6 5.2 2.4 1.0 0.6 0.6 0.7 0.9 1.1 1.3 1.5 1.6 1.8 2.0 2.3 2.6 3.1 3.8 4.8 6.1 8.2 10.3
12 12.8 10.6 6.3 3.0 1.2 0.7 0.6 0.6 0.8 0.9 1.1 1.3 1.4 1.5 1.6 1.7 1.8 1.8 1.9 2.0 2.0 2.1 2.2
""",
    "evening": """
2.6 1.8 1.3 1.0 0.8 0.8 1.0 1.6 2.6 3.0 3.1 3.2 3.4 3.3 3.4 3.9 4.3 4.7 5.1 5.2 5.1 4.9 4.6 3.8
2.6 1.8 1.3 1.0 0.8 0.8 1.0 1.6 2.6 3.0 3.1 3.2 3.5 3.4 3.5 4.1 4.6 5.1 5.6 5.9 6.1 6.2 6.1 5.6
5.0 4.3 3.6 2.5 1.7 1.1 1.0 1.2 1.8 2.4 2.8 3.1 3.5 3.5 3.7 4.0 4.4 4.9 5.4 5.8 6.1 6.4 6.5 6.2
5.9 5.3 4.5 3.1 2.1 1.4 1.1 1.2 1.7 2.3 2.8 3.2 3.6 3.6 3.7 4.0 4.3 4.7 5.0 5.1 5.0 4.6 4.1 3.3
""",
    "nobody-in": """
2.2 2.3 2.4 2.2 1.7 1.1 0.8 1.2 2.3 3.8 4.6 4.8 4.5 4.6 4.6 4.2 3.6 3.6 4.0 4.0 3.5 2.9 2.4 2.2
2.2 2.3 2.4 2.2 1.7 1.1 0.8 1.2 2.3 3.8 4.6 4.8 4.5 4.6 4.6 4.2 3.7 4.1 5.0 5.6 5.2 4.5 3.6 3.0
2.6 2.6 2.5 2.2 1.7 1.1 0.8 0.8 1.2 1.9 2.5 2.9 3.1 3.2 3.3 3.4 3.6 4.3 5.3 6.0 5.7 4.9 3.9 3.2
2.7 2.6 2.4 2.0 1.5 1.0 0.7 0.6 0.8 1.3 1.9 2.4 2.6 2.7 2.7 2.7 2.8 3.1 3.3 3.2 2.8 2.4 2.1 2.0
""",
    "overnight": """
4.8 5.2 5.4 5.1 4.1 2.6 1.4 1.0 1.0 1.0 1.0 1.1 1.2 1.2 1.3 1.4 1.6 2.0 2.6 3.1 3.4 3.8 4.1 4.4
4.8 5.2 5.4 5.1 4.1 2.6 1.4 1.0 1.0 1.0 1.0 1.1 1.2 1.2 1.3 1.4 1.7 2.2 3.0 3.8 4.3 4.9 5.4 5.9
6.3 6.6 6.5 5.8 4.4 2.6 1.3 0.9 0.9 1.0 1.1 1.2 1.3 1.4 1.4 1.5 1.8 2.3 3.1 3.9 4.4 5.0 5.6 6.1
6.5 6.8 6.6 5.8 4.3 2.5 1.2 0.8 0.8 0.9 0.9 1.0 1.1 1.1 1.2 1.3 1.5 1.9 2.5 3.0 3.3 3.6 3.9 4.2
""",
    "shops": """
0.1 0.1 0.0 0.0 0.0 0.1 0.3 0.9 2.1 3.4 4.7 5.6 6.2 6.3 6.4 6.7 6.5 5.8 4.6 3.3 2.2 1.3 0.5 0.2
0.1 0.1 0.0 0.0 0.0 0.1 0.3 0.9 2.1 3.5 4.9 5.9 6.5 6.7 6.8 7.1 6.9 6.2 4.9 3.6 2.5 1.5 0.6 0.2
0.1 0.1 0.0 0.0 0.0 0.1 0.2 0.6 1.6 3.2 5.1 6.6 7.4 7.6 7.6 7.4 6.7 5.4 3.9 2.8 2.0 1.2 0.5 0.2
0.1 0.1 0.0 0.0 0.0 0.0 0.1 0.4 0.8 1.7 3.6 5.0 5.6 5.8 5.7 5.1 3.1 2.0 1.5 1.2 0.9 0.6 0.3 0.1
""",
    "after-school": """
1.2 0.8 0.5 0.3 0.2 0.2 0.4 0.9 1.4 1.5 1.7 1.8 2.1 2.2 2.6 4.2 5.3 5.7 6.1 6.3 5.9 5.0 3.6 2.2
1.3 0.9 0.5 0.3 0.2 0.2 0.4 0.9 1.4 1.5 1.7 1.8 2.1 2.2 2.7 4.5 5.8 6.4 7.2 7.8 7.8 7.1 5.8 4.4
3.3 2.7 2.0 1.2 0.6 0.4 0.4 0.6 1.0 1.5 2.0 2.5 3.0 3.4 3.8 4.3 4.8 5.4 6.2 7.0 7.2 6.8 5.8 4.6
3.7 3.1 2.3 1.4 0.7 0.4 0.4 0.5 0.9 1.4 1.9 2.4 2.9 3.3 3.6 4.1 4.5 4.9 5.2 5.2 4.8 3.9 2.8 1.8
""",
    "working-day": """
0.7 0.5 0.4 0.4 0.5 0.9 1.8 3.6 5.0 4.9 4.6 4.7 4.9 4.8 4.9 5.4 5.8 6.1 4.8 3.5 2.6 2.0 1.5 1.1
0.7 0.5 0.4 0.4 0.5 0.9 1.7 3.4 4.7 4.7 4.7 4.9 5.2 5.2 5.4 6.0 6.3 6.3 5.1 3.9 3.0 2.5 2.1 1.7
1.3 1.1 0.9 0.7 0.6 0.6 0.8 1.3 2.1 3.1 4.0 4.5 4.7 4.6 4.4 4.2 4.2 4.2 3.9 3.2 2.6 2.2 1.9 1.7
1.5 1.2 1.0 0.8 0.6 0.5 0.6 0.8 1.3 2.1 3.0 3.7 4.0 3.9 3.8 3.7 3.7 3.7 3.4 2.8 2.2 1.7 1.3 1.0
""",
    "patrol": """
2.2 1.6 1.1 0.8 0.5 0.4 0.7 1.4 2.2 2.9 3.4 3.5 3.4 3.4 3.6 3.9 4.1 4.2 4.3 4.3 4.3 4.2 3.9 3.2
2.3 1.7 1.2 0.8 0.5 0.4 0.7 1.4 2.2 2.9 3.4 3.5 3.4 3.5 3.7 4.0 4.3 4.4 4.6 4.8 5.0 5.2 5.3 5.0
4.6 4.0 3.2 2.1 1.2 0.7 0.6 0.9 1.4 2.0 2.5 2.8 3.0 3.1 3.3 3.5 3.7 3.9 4.2 4.6 5.0 5.4 5.7 5.6
5.4 4.8 3.9 2.6 1.5 0.9 0.6 0.7 1.0 1.5 1.9 2.3 2.5 2.6 2.7 2.9 3.1 3.2 3.3 3.3 3.2 3.0 2.6 2.1
""",
}
"""Weights of the 24 hours: Monday to Thursday, Friday, Saturday, Sunday."""

_LINE_OF_WEEKDAY = (0, 0, 0, 0, 1, 2, 3)

SEASONS: Mapping[str, tuple[float, ...]] = {
    "even": (0.98, 0.99, 1.0, 1.0, 1.01, 1.02, 1.02, 1.01, 1.0, 1.0, 0.99, 0.98),
    "summer": (0.80, 0.83, 0.93, 1.03, 1.13, 1.18, 1.23, 1.18, 1.04, 0.98, 0.86, 0.81),
    "high-summer": (0.58, 0.64, 0.83, 1.07, 1.28, 1.38, 1.42, 1.36, 1.19, 1.00, 0.71, 0.54),
    "warm": (0.92, 0.93, 0.98, 1.01, 1.05, 1.07, 1.09, 1.06, 1.01, 1.00, 0.95, 0.93),
    "dark-evenings": (1.15, 1.11, 1.03, 0.95, 0.89, 0.86, 0.85, 0.86, 0.91, 1.05, 1.17, 1.17),
    "christmas": (0.97, 0.95, 0.98, 0.95, 0.96, 0.95, 0.96, 0.97, 0.99, 1.04, 1.13, 1.15),
    "fireworks": (0.30, 0.10, 0.05, 0.05, 0.05, 0.05, 0.08, 0.10, 0.30, 3.60, 6.60, 0.72),
    "bonfires": (0.60, 0.62, 0.85, 1.20, 1.15, 1.05, 1.20, 1.15, 0.90, 1.25, 1.55, 0.48),
}

_WEIGHT_OF_AN_HOUR = 10_000


@cache
def hour_weights(rhythm: str, season: str, trend: float) -> Whole:
    """The weight of each of the `HOURS`, in whole numbers; `trend` is the growth in one year.

    Raises `KeyError` for a rhythm or season that is not there.
    """
    lines = [line.split() for line in RHYTHMS[rhythm].split("\n")[1:-1]]
    week = np.array([lines[line] for line in _LINE_OF_WEEKDAY], dtype=np.float64)
    of_month = np.array(SEASONS[season])[DAYS.astype("datetime64[M]").astype(np.int64) % 12]
    grown = 1.0 + trend * (np.arange(DAYS.size) / 365.25 - DAYS.size / 365.25 / 2)
    of_day = of_month * grown * special_days(season)
    weights: Whole = np.rint(_WEIGHT_OF_AN_HOUR * of_day[:, None] * week[WEEKDAY]).astype(np.int64)
    return weights.ravel()


def special_days(season: str) -> Floats:
    """Nights unlike their neighbours: New Year for whatever is loud, 31 October and 5 November."""
    dates = np.array([f"{day:%m%d}" for day in DAYS.astype(object)])
    weight = np.ones(DAYS.size)
    weight[dates == "1225"] = 0.62
    weight[np.isin(dates, ("0101", "1231"))] = 1.45 if season in ("even", "warm", "summer") else 1.0
    weight[dates == "1031"] = 1.35 if season in ("even", "warm", "summer") else 1.0
    weight[dates == "1105"] = {"fireworks": 6.0, "bonfires": 3.4}.get(season, 1.0)
    return weight


def draw(weights: Whole, size: int, rng: np.random.Generator) -> Whole:
    """Rows drawn in proportion to whole weights: the same on every machine."""
    upto = np.cumsum(weights)
    return np.searchsorted(upto, rng.integers(0, upto[-1], size), side="right")


_MINUTES = np.arange(60)
_HEAPED = np.where(
    _MINUTES == 0,
    30,
    np.where(_MINUTES == 30, 20, np.where(_MINUTES % 15 == 0, 9, np.where(_MINUTES % 5, 1, 4))),
)


def draw_minutes(weights: Whole, size: int, rng: np.random.Generator) -> Whole:
    """Minutes since the first day: an hour by its weight, a minute as people remember minutes."""
    return 60 * draw(weights, size, rng) + draw(_HEAPED, size, rng)


def moments(minutes: Whole) -> NDArray[np.datetime64]:
    """Minutes since the first day as moments."""
    return np.asarray(FIRST_DAY.astype("datetime64[m]") + minutes.astype("timedelta64[m]"))
