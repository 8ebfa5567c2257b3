"""Trends: R's numbers, and what holds for every series.

Numbers written here are those of base R's prop.trend.test on smokers among patients (Fleiss 1981),
or can be worked out on paper.
"""

from __future__ import annotations

import json
from itertools import combinations
from time import process_time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau

from lris.rules.trend import chi_squared_trend, mann_kendall, verdict

SERIES = st.lists(st.integers(-20, 20), min_size=2, max_size=25)

close = pytest.approx


def by_hand(values):
    """S and its variance, pair by pair and tie by tie."""
    n = len(values)
    s = sum(np.sign(b - a) for a, b in combinations(values, 2))
    ties = [values.count(one) for one in set(values)]
    variance = n * (n - 1) * (2 * n + 5) - sum(t * (t - 1) * (2 * t + 5) for t in ties)
    return s, variance / 18


# The published numbers


def test_twelve_steps_of_many_cells_have_the_tau_and_p_of_r(oracles):
    cases = json.loads((oracles / "ehsa_sfdep.json").read_text("utf-8"))["cases"]
    tau, _, _, p = mann_kendall([case["gi"] for case in cases])
    np.testing.assert_allclose(tau, [case["tau"] for case in cases], atol=5e-8)
    np.testing.assert_allclose(p, [case["mk_p"] for case in cases], atol=5e-7)


def test_a_series_with_ties_worked_out_on_paper():
    # Pairs: five rise, none falls, one ties; 4 * 3 * 13 - 2 * 1 * 9 = 138 eighteenths.
    tau, s, variance, p = mann_kendall([1, 2, 2, 3])
    assert (s, variance) == (5, close(138 / 18))
    assert tau == close(5 / np.sqrt(6 * 5))
    assert p == close(0.1485618, abs=5e-8)


def test_a_slope_of_proportions_is_that_of_r():
    smokers, patients = [83, 90, 129, 70], [86, 93, 136, 82]
    statistic, p, direction = chi_squared_trend(smokers, patients, "proportion")
    assert (statistic, p, direction) == (close(8.2249, abs=5e-5), close(0.004132, abs=5e-7), -1)


def test_a_slope_of_rates_worked_out_on_paper():
    # 10, 20, 30 of 1,000 each: slope 20, chance 0.02 * 2,000 = 40.
    statistic, p, direction = chi_squared_trend([10, 20, 30], [1000, 1000, 1000])
    assert (statistic, direction) == (close(10), 1)
    assert p == close(0.001565402, abs=5e-10)


# Gaps and faults


def test_a_series_without_change_has_no_tau_and_no_trend():
    tau, s, variance, p = mann_kendall([4, 4, 4, 4, 4])
    assert np.isnan(tau)
    assert (s, variance, p) == (0, 0, 1)
    assert chi_squared_trend([0, 0, 0], [10, 10, 10]) == (0, 1, 0)
    assert chi_squared_trend([10, 10], [10, 10], "proportion") == (0, 1, 0)


def test_a_period_without_a_value_is_left_out():
    gappy = mann_kendall([1, np.nan, 3, 2, np.nan, 5])
    assert gappy == mann_kendall([1, 3, 2, 5])
    assert np.isnan(mann_kendall([np.nan, 3])).all()
    assert np.isnan(chi_squared_trend([np.nan, 3], [5, 5])).all()
    assert np.isnan(chi_squared_trend([2, 3], [5, 0])).all()


def test_a_gap_leaves_the_other_periods_where_they_are_in_time():
    with_gap = chi_squared_trend([10, np.nan, 30], [1000, 1000, 1000])
    assert with_gap == chi_squared_trend([10, 7, 30], [1000, 0, 1000])
    assert with_gap[0] == chi_squared_trend([10, 30], [1000, 1000])[0]


def test_nonsense_is_refused():
    for values in (3.0, [1, np.inf]):
        with pytest.raises(ValueError, match="finite values over periods"):
            mann_kendall(values)
    with pytest.raises(ValueError, match="no proportion"):
        chi_squared_trend([11, 3], [10, 10], "proportion")
    with pytest.raises(ValueError, match="negative or without end"):
        chi_squared_trend([-1, 3], [10, 10])
    with pytest.raises(ValueError, match="not of 'median'"):
        chi_squared_trend([1, 3], [10, 10], "median")
    with pytest.raises(ValueError, match="polarity"):
        verdict(1, 0.01, 6, "up")


def test_a_trend_is_called_by_polarity_and_only_where_there_is_one():
    direction, p = [1, -1, 1, 1, 1, 0], [0.01, 0.01, 0.2, 0.01, np.nan, 1]
    periods = [8, 8, 8, 4, 8, 8]
    tail = ["no clear change", "too short", "too short", "no clear change"]
    for polarity, up, down in [
        ("high_is_bad", "worse", "better"),
        ("high_is_good", "better", "worse"),
        ("none", "rising", "falling"),
    ]:
        assert verdict(direction, p, periods, polarity).tolist() == [up, down, *tail]


# Many series, and what holds for each


def test_many_series_are_tested_in_one_call():
    rng = np.random.default_rng(3)
    values = rng.integers(0, 6, (4, 5, 9)).astype(float)
    values[rng.random(values.shape) < 0.2] = np.nan
    together = np.array(mann_kendall(values))
    slopes = np.array(chi_squared_trend(values, values + 10))
    for at in np.ndindex(4, 5):
        np.testing.assert_array_equal(together[(slice(None), *at)], mann_kendall(values[at]))
        alone = chi_squared_trend(values[at], values[at] + 10)
        np.testing.assert_allclose(slopes[(slice(None), *at)], alone, rtol=1e-12)


def test_every_lsoa_of_the_country_is_tested_at_once():
    values = np.random.default_rng(1).random((35_000, 12))
    began = process_time()
    mann_kendall(values)
    chi_squared_trend(values, values + 1)
    assert process_time() - began < 2


@given(SERIES)
def test_s_and_its_variance_count_pairs_and_ties(values):
    _, s, variance, p = mann_kendall(values)
    assert (s, variance) == (by_hand(values)[0], close(by_hand(values)[1]))
    assert 0 <= p <= 1


@given(SERIES)
def test_backwards_in_time_a_rise_is_a_fall(values):
    tau, s, variance, p = mann_kendall(values)
    back_tau, back_s, back_variance, back_p = mann_kendall(values[::-1])
    assert (back_s, back_variance, back_p) == (-s, variance, p)
    assert np.isnan(tau) or back_tau == -tau


@given(SERIES, st.integers(1, 9), st.integers(-50, 50))
def test_only_the_order_of_the_values_matters(values, times, more):
    np.testing.assert_equal(mann_kendall(np.array(values) * times + more), mann_kendall(values))


@given(SERIES)
def test_tau_is_that_of_scipy(values):
    tau = mann_kendall(values)[0]
    if len(set(values)) > 1:
        assert tau == close(kendalltau(np.arange(len(values)), values).statistic)
        assert -1 <= tau <= 1


@given(st.lists(st.tuples(st.integers(0, 90), st.integers(1, 900)), min_size=2, max_size=12))
def test_a_slope_does_not_depend_on_which_way_time_runs(pairs):
    x, n = np.array([(min(x, n), n) for x, n in pairs]).T
    for kind in ("rate", "proportion"):
        statistic, p, direction = chi_squared_trend(x, n, kind)
        back = chi_squared_trend(x[::-1], n[::-1], kind)
        assert back == (close(statistic, abs=1e-9), close(p, abs=1e-9), -direction)
