"""Seasons: the days of months, and STL beside R's."""

from __future__ import annotations

import numpy as np
import pytest

from lris.rules.seasonal import days_in, per_day, per_equal_month, stl

MONTHS = np.arange("2014-01", "2020-01", dtype="M8[M]")
PLANTED = 10 * np.sin(2 * np.pi * np.arange(MONTHS.size) / 12)


def series(seed=1, noise=1.0):
    rng = np.random.default_rng(seed)
    return 100 + 0.5 * np.arange(MONTHS.size) + PLANTED + rng.normal(0, noise, MONTHS.size)


def test_months_have_their_days_leap_years_too():
    assert days_in(["2019-02", "2020-02", "2020-04", "2020-12"]).tolist() == [28, 29, 30, 31]


def test_an_even_year_is_even_once_days_are_taken_into_account():
    counts = 3 * days_in(MONTHS)
    np.testing.assert_allclose(per_day(counts, MONTHS), 3)
    np.testing.assert_allclose(per_equal_month(counts, MONTHS), 3 * 365.25 / 12)
    with pytest.raises(ValueError, match="2 counts for 1 months"):
        per_day([1, 2], ["2019-01"])


# Nottingham Castle's mean temperatures of 1924 to 1927 (R's `nottem`), and R 4.2.2 on them: at some
# months the season and trend of stl(v, "periodic"), those of stl(v, s.window = 7, robust = TRUE),
# and the weight of its last round. For some other series R's partial sort misses the median of the
# rest, by which the robust form weighs, so that rounds part from the paper's there.
NOTTINGHAM = [
    *(39.3, 37.5, 38.3, 45.5, 53.2, 57.7, 60.8, 58.2, 56.4, 49.8, 44.4, 43.6),
    *(40.0, 40.5, 40.8, 45.1, 53.8, 59.4, 63.5, 61.0, 53.0, 50.0, 38.1, 36.3),
    *(39.2, 43.4, 43.4, 48.9, 50.6, 56.8, 62.5, 62.0, 57.5, 46.7, 41.6, 39.8),
    *(39.4, 38.5, 45.3, 47.1, 51.7, 55.0, 60.4, 60.5, 54.7, 50.3, 42.3, 35.2),
]
R_STL = {
    0: (-9.0777733913, 46.7673370055, -8.86144045591, 47.1680899473, 0.961492453891),
    1: (-8.64901905606, 47.0702393709, -8.62670533116, 47.3388518044, 0.942880504967),
    7: (11.6698735609, 48.7685963477, 11.519789137, 48.3007141912, 0.899264886067),
    24: (-9.0777733913, 48.715836566, -9.27533735056, 48.933899702, 0.991709678008),
    47: (-10.0471170776, 47.7666825282, -11.5061540157, 47.9861476952, 0.936601111024),
}


@pytest.mark.parametrize("month", R_STL)
def test_seasons_and_trends_are_those_of_r(month):
    periodic, robust = stl(NOTTINGHAM), stl(NOTTINGHAM, seasonal=7, robust=True)
    columns = (
        periodic.seasonal,
        periodic.trend,
        robust.seasonal,
        robust.trend,
        robust.weights,
    )
    assert [column[month] for column in columns] == pytest.approx(R_STL[month], rel=1e-10)


@pytest.mark.parametrize("robust", [False, True])
@pytest.mark.parametrize("seasonal", ["periodic", 7])
def test_parts_add_up_to_the_series(robust, seasonal):
    values = series()
    parts = stl(values, seasonal=seasonal, robust=robust)
    np.testing.assert_allclose(parts.trend + parts.seasonal + parts.rest, values, rtol=1e-12)


def test_a_planted_season_and_slope_are_found():
    parts = stl(series(noise=0.5))
    np.testing.assert_allclose(parts.seasonal, PLANTED, atol=1)
    slope = np.polyfit(np.arange(MONTHS.size), parts.trend, 1)[0]
    assert slope == pytest.approx(0.5, abs=0.02)


def test_a_periodic_season_is_the_same_every_year():
    season = stl(series()).seasonal.reshape(-1, 12)
    np.testing.assert_allclose(season, np.tile(season[0], (6, 1)))


def test_a_robust_fit_is_not_moved_by_one_wild_month():
    values = series(noise=0.5)
    wild = values.copy()
    wild[30] += 200
    calm, robust, plain = stl(values, robust=True), stl(wild, robust=True), stl(wild)
    assert np.abs(robust.trend - calm.trend).max() < 1
    assert np.abs(plain.trend - calm.trend).max() > 5
    assert robust.weights[30] == pytest.approx(0)
    assert robust.rest[30] > 190


def test_what_has_no_season_to_find_is_refused():
    with pytest.raises(ValueError, match="two periods"):
        stl(np.arange(23.0))
    with pytest.raises(ValueError, match="without gaps"):
        stl([1.0, np.nan] * 20)
    with pytest.raises(ValueError, match="odd number"):
        stl(np.arange(40.0), seasonal=8)
