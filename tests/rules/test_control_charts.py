"""Control charts: R qcc's numbers, Making Data Count's rules one by one, and the edges."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lris.rules.control_charts import (
    NEAR,
    ONE_SIDE,
    OUTSIDE,
    TREND,
    assurance,
    c,
    cusum,
    ewma,
    p,
    u,
    xmr,
)

LEVEL = [50, 52, 49, 51, 48, 50, 51, 49, 52, 50, 48, 51, 50, 49, 51, 50]


@pytest.fixture(scope="module")
def qcc(oracles):
    return json.loads((oracles / "spc_qcc.json").read_text())


def places(chart, rule):
    return [at for at, names in enumerate(chart.flags) if rule in names]


# ---------------------------------------------------------------- individual values


def test_limits_are_266_mean_moving_ranges_from_the_mean(qcc):
    """qcc's sigma is the mean range over 1.128; no range of this series is screened."""
    chart = xmr(qcc["xmr"]["x"])
    assert chart.mean == pytest.approx(qcc["xmr"]["center"], rel=1e-12)
    reach = 2.66 * 1.128 * qcc["xmr"]["sd"]
    assert chart.upper - chart.mean == pytest.approx(reach, rel=1e-12)
    assert chart.mean - chart.lower == pytest.approx(reach, rel=1e-12)
    np.testing.assert_allclose((chart.lower, chart.upper), qcc["xmr"]["limits"], atol=3e-4)


def test_a_range_out_of_all_proportion_does_not_widen_the_limits():
    values = [*LEVEL, 90, *LEVEL]
    ranges = np.abs(np.diff(values))
    assert ranges.max() >= 3.267 * ranges.mean()
    kept = ranges[ranges < 3.267 * ranges.mean()]
    chart = xmr(values)
    assert chart.upper == pytest.approx(np.mean(values) + 2.66 * kept.mean())
    assert OUTSIDE in chart.flags[len(LEVEL)]


def test_a_range_just_under_the_screen_is_kept():
    # Ranges 1, 1, 1, 1, 1, r with r < 3.267 (5 + r) / 6: r = 5.9 stays, r = 6.1 goes.
    stays, goes = (xmr([0, 1, 0, 1, 0, 1, 1 + r]) for r in (5.9, 6.1))
    assert stays.upper - stays.mean == pytest.approx(2.66 * (5 + 5.9) / 6)
    assert goes.upper - goes.mean == pytest.approx(2.66)


def test_seven_rising_are_flagged_and_six_are_not():
    six = xmr([60, 40, 50, 60, 41, 51, 52, 53, 54, 55, 40, 60, 50])
    assert places(six, TREND) == []
    climb = [60, 40, 55, 45, 46, 47, 48, 49, 50, 51, 44, 60, 40]
    assert places(xmr(climb), TREND) == [3, 4, 5, 6, 7, 8, 9]
    assert places(xmr([-value for value in climb]), TREND) == [3, 4, 5, 6, 7, 8, 9]


def test_a_tie_breaks_a_trend():
    assert places(xmr([60, 40, 45, 46, 47, 48, 48, 49, 50, 51, 44, 60]), TREND) == []


def test_a_longer_trend_is_flagged_whole():
    climb = [60, 40, 55, *range(41, 52), 44, 60]
    assert places(xmr(climb), TREND) == list(range(3, 14))


def test_two_of_three_near_a_limit_are_flagged_themselves_but_not_the_third():
    values = np.array([0, 1, -1, 1, -1, 0, 1, -1, 4, 1, 4, -1, 1, 0, -1, 1, 0, -1] * 2, float)
    chart = xmr(values, baseline=8)
    near = 2 / 3 * (chart.upper - chart.mean)
    assert chart.mean + near < 4 < chart.upper
    assert places(chart, NEAR) == [8, 10, 26, 28]


def test_two_near_opposite_limits_are_no_pattern_nor_are_three_that_cross_the_mean():
    base = [0, 1, -1, 1, -1, 0, 1, -1]
    assert places(xmr([*base, 4, 1, -4, 0], baseline=8), NEAR) == []
    assert places(xmr([*base, 4, -1, 4, 0], baseline=8), NEAR) == []
    assert places(xmr([*base, 4, 4, 1, 0], baseline=8), NEAR) == [8, 9]


def test_a_point_outside_the_limits_is_not_one_of_two_near_them():
    chart = xmr([0, 1, -1, 1, -1, 0, 1, -1, 4, 9, 1, 0], baseline=8)
    assert places(chart, OUTSIDE) == [9]
    assert places(chart, NEAR) == []


def test_seven_on_one_side_are_flagged_and_a_point_on_the_mean_breaks_the_run():
    base = [0, 2, -2, 2, -2, 0, 2, -2]
    run = xmr([*base, 1, 2, 1, 2, 1, 2, 1, -1], baseline=8)
    assert places(run, ONE_SIDE) == [8, 9, 10, 11, 12, 13, 14]
    broken = xmr([*base, 1, 2, 1, 0, 1, 2, 1, 2, -1], baseline=8)
    assert places(broken, ONE_SIDE) == []


def test_a_point_has_the_names_of_all_rules_that_hold_the_weightiest_first():
    chart = xmr([0, 2, -2, 2, -2, 0, 2, -2, 1, 2, 3, 4, 5, 6, 60], baseline=8)
    assert chart.flags[14] == (OUTSIDE, TREND, ONE_SIDE)
    assert chart.flags[0] == ()
    assert chart.flagged.tolist() == [False] * 7 + [True] * 8


@given(st.lists(st.integers(-60, 60), min_size=1, max_size=40))
def test_rules_are_those_of_a_plain_reading_point_by_point(values):
    chart = xmr(values)
    assert [set(names) for names in chart.flags] == read_plainly(values, chart)


def read_plainly(values, chart):
    """Every window looked at for itself."""
    x, told = np.array(values, float), [set() for _ in values]
    side = np.sign(x - chart.mean)
    reach = chart.upper - chart.mean
    out = (x > chart.upper) | (x < chart.lower)
    near = ~out & ((x > chart.mean + 2 / 3 * reach) | (x < chart.mean - 2 / 3 * reach))
    for at in range(x.size):
        if out[at]:
            told[at].add(OUTSIDE)
        for first in range(max(0, at - 6), min(at, x.size - 7) + 1):
            seven, steps = slice(first, first + 7), np.diff(x[first : first + 7])
            if np.all(steps > 0) or np.all(steps < 0):
                told[at].add(TREND)
            if abs(side[seven].sum()) == 7:
                told[at].add(ONE_SIDE)
        for first in range(max(0, at - 2), min(at, x.size - 3) + 1):
            three = slice(first, first + 3)
            if near[at] and near[three].sum() >= 2 and abs(side[three].sum()) == 3:
                told[at].add(NEAR)
    return told


@pytest.mark.parametrize("value", [0.1, 5, 0])
def test_a_series_that_never_moves_has_limits_on_its_mean_and_no_flags(value):
    chart = xmr([value] * 20)
    assert (chart.lower, chart.mean, chart.upper) == (value, value, value)
    assert not chart.flagged.any()


def test_one_point_has_no_limits():
    chart = xmr([3.0])
    assert np.isnan([chart.lower, chart.upper]).all()
    assert chart.flags == ((),)


def test_fewer_than_thirteen_points_make_trial_limits():
    assert xmr(LEVEL[:12]).trial
    assert not xmr(LEVEL[:13]).trial
    assert xmr(LEVEL, baseline=12).trial


@pytest.mark.parametrize("chart", [xmr, c, ewma, cusum])
def test_a_gap_and_an_empty_series_are_refused(chart):
    with pytest.raises(ValueError, match="point 1 has no value"):
        chart([1.0, np.nan, 2.0])
    with pytest.raises(ValueError, match="at least one point"):
        chart([])


# ---------------------------------------------------------------- counts, rates, proportions


def test_the_c_chart_of_a_year_is_the_mean_and_three_of_its_roots():
    chart = c([20, 22, 18, 25, 19, 21, 24, 17, 20, 23, 22, 21])
    assert chart.mean == 21.0
    assert (chart.lower, chart.upper) == pytest.approx((7.25, 34.75), abs=0.005)
    assert chart.mean + 2 / 3 * (chart.upper - chart.mean) == pytest.approx(30.17, abs=0.005)


def test_a_count_chart_does_not_go_below_zero():
    assert c([1, 2, 0, 1]).lower == 0


def test_the_p_chart_of_orange_juice_is_that_of_r_qcc(qcc):
    chart = p(qcc["p"]["D"], qcc["p"]["n"])
    assert chart.mean == pytest.approx(qcc["p"]["center"], rel=1e-12)
    np.testing.assert_allclose(chart.lower, qcc["p"]["limits"][0], rtol=1e-12)
    np.testing.assert_allclose(chart.upper, qcc["p"]["limits"][1], rtol=1e-12)
    assert places(chart, OUTSIDE) == [at - 1 for at in qcc["p"]["violations"]["beyond.limits"]]


def test_the_u_chart_of_dyed_cloth_is_that_of_r_qcc(qcc):
    chart = u(qcc["u"]["x"], qcc["u"]["n"])
    assert chart.mean == pytest.approx(qcc["u"]["center"], rel=1e-12)
    np.testing.assert_allclose(chart.lower, qcc["u"]["lcl"], rtol=1e-12)
    np.testing.assert_allclose(chart.upper, qcc["u"]["ucl"], rtol=1e-12)


def test_laneys_limits_hold_overdispersed_rates_that_shewharts_do_not():
    rng = np.random.default_rng(3)
    people = np.full(200, 400_000.0)
    rates = rng.gamma(100, 0.01 / 100, 200)
    counts = rng.poisson(people * rates)
    plain, wide = u(counts, people), u(counts, people, laney=True)
    assert len(places(plain, OUTSIDE)) > 40
    assert len(places(wide, OUTSIDE)) < 5
    z = (counts / people - plain.mean) / np.sqrt(plain.mean / people)
    stretch = np.abs(np.diff(z)).mean() / 1.128
    np.testing.assert_allclose(wide.upper - wide.mean, stretch * (plain.upper - plain.mean))


def test_laneys_limits_are_the_plain_ones_where_there_is_only_chance():
    rng = np.random.default_rng(3)
    counts, people = rng.binomial(900, 0.3, 3_000), np.full(3_000, 900)
    plain, wide = p(counts, people), p(counts, people, laney=True)
    np.testing.assert_allclose(wide.upper - wide.mean, plain.upper - plain.mean, rtol=0.03)


def test_what_is_no_rate_or_proportion_is_refused():
    with pytest.raises(ValueError, match="above the number"):
        p([5], [4])
    with pytest.raises(ValueError, match="above zero"):
        u([5, 1], [4, 0])
    with pytest.raises(ValueError, match="below zero"):
        c([5, -1])


# ---------------------------------------------------------------- small shifts


def test_ewma_of_viscosity_is_that_of_r_qcc(qcc):
    told = ewma(qcc["xmr"]["x"])
    np.testing.assert_allclose(told.smoothed, qcc["ewma"]["y"], rtol=1e-12)
    np.testing.assert_allclose(told.lower, qcc["ewma"]["lcl"], rtol=1e-12)
    np.testing.assert_allclose(told.upper, qcc["ewma"]["ucl"], rtol=1e-12)
    assert not told.outside.any()


def test_cusum_of_viscosity_is_that_of_r_qcc(qcc):
    told = cusum(qcc["xmr"]["x"])
    np.testing.assert_allclose(told.high, qcc["cusum"]["pos"], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(told.low, qcc["cusum"]["neg"], rtol=1e-9, atol=1e-12)
    assert not told.outside.any()


def test_a_small_lasting_shift_is_seen_by_both_before_any_point_is_outside():
    rng = np.random.default_rng(11)
    values = rng.normal(100, 1, 60)
    values[30:] += 1.3
    assert ewma(values).outside.any()
    assert cusum(values).outside.any()
    assert not places(xmr(values), OUTSIDE)


def test_cusum_of_a_series_that_never_moves_stays_at_nothing():
    assert not cusum([4.0] * 9).outside.any()


def test_a_target_beyond_the_limits_is_always_met_or_always_missed():
    chart = xmr(LEVEL)
    assert assurance(chart, 90, higher_is_better=True) == "misses"
    assert assurance(chart, 90, higher_is_better=False) == "meets"
    assert assurance(chart, 10, higher_is_better=True) == "meets"
    assert assurance(chart, 10, higher_is_better=False) == "misses"
    assert assurance(chart, 50, higher_is_better=True) == "hit and miss"
