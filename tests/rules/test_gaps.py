"""Gaps and slopes: worked out on paper, and a verdict that is never good while things get worse."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lris.rules import gaps
from lris.rules.comparing import difference_of_proportions
from lris.rules.gaps import gap, ratio, slope_of_inequality

N = [10_000, 10_000]
SHARES = st.tuples(*[st.floats(0, 1)] * 4)

close = pytest.approx


@pytest.mark.parametrize(
    ("deprived", "rest", "polarity", "expected"),
    [
        ([3000, 2000], [1000, 900], "high_is_bad", gaps.NARROWING_WELL),
        ([3000, 3200], [1000, 2500], "high_is_bad", gaps.NARROWING_BADLY),
        ([3000, 2900], [1000, 300], "high_is_bad", gaps.WIDENING),
        ([3000, 4000], [1000, 1000], "high_is_bad", gaps.WIDENING_BADLY),
        ([3000, 2990], [1000, 1000], "high_is_bad", gaps.UNCLEAR),
        ([3000, 4000], [6000, 6100], "high_is_good", gaps.NARROWING_WELL),
        ([3000, 2800], [6000, 4000], "high_is_good", gaps.NARROWING_BADLY),
        ([3000, 3100], [6000, 8000], "high_is_good", gaps.WIDENING),
        ([3000, 2500], [6000, 6000], "high_is_good", gaps.WIDENING_BADLY),
        ([3000, 2000], [1000, 900], "none", gaps.NARROWING),
        ([3000, 4000], [1000, 900], "none", gaps.WIDENING),
    ],
)
def test_what_a_change_of_the_gap_is_called(deprived, rest, polarity, expected):
    for kind in ("proportion", "rate"):
        assert gap(deprived, N, rest, N, kind, polarity).verdict == expected


def test_the_gap_of_each_period_has_limits_and_is_per_so_many():
    found = gap([30, 20], [100, 100], [150, 160], [1000, 1000], "proportion", "high_is_bad", 100)
    np.testing.assert_allclose(found.deprived[0], [30, 20])
    np.testing.assert_allclose(found.rest[0], [15, 16])
    np.testing.assert_allclose(found.difference[0], [15, 4])
    first = np.array(difference_of_proportions(30, 100, 150, 1000)) * 100
    np.testing.assert_allclose([part[0] for part in found.difference], first)
    np.testing.assert_allclose(found.ratio[0], [2, 1.25])
    assert found.change[0] == close(-11)
    assert found.change_of_level[0] == close(-10)
    assert found.verdict == gaps.UNCLEAR


def test_a_gap_that_turns_round_is_as_wide_as_it_is():
    found = gap([3000, 1000], N, [1000, 4000], N, "rate", "high_is_bad", 1000)
    assert found.difference[0].tolist() == [200, -300]
    assert found.change[0] == close(100)
    assert found.verdict == gaps.WIDENING


def test_periods_without_a_value_are_passed_over():
    found = gap(
        [3000, np.nan, 2000, 10], [*N, 10_000, 0], [1000] * 4, [10_000] * 4, "rate", "high_is_bad"
    )
    assert np.isnan(found.difference[0]).tolist() == [False, True, False, True]
    assert found.verdict == gaps.NARROWING_WELL
    short = gap([5, np.nan], N, [3, 4], N, "rate", "high_is_bad")
    assert short.verdict == gaps.TOO_SHORT
    assert np.isnan(short.change).all()


def test_nonsense_is_refused():
    for arguments, told in [
        (([1], [2], [1], [2], "median", "none"), "not of 'median'"),
        (([1], [2], [1], [2], "rate", "up"), "no polarity"),
        (([[1]], [2], [1], [2], "rate", "none"), "one axis of periods"),
        (([3], [2], [1], [2], "proportion", "none"), "no proportion"),
    ]:
        with pytest.raises(ValueError, match=told):
            gap(*arguments)


@given(SHARES, st.sampled_from(["high_is_bad", "high_is_good"]), st.integers(1, 10**6))
def test_no_verdict_is_good_while_the_most_deprived_worsen(shares, polarity, people):
    first, last, *rest = (round(share * people) for share in shares)
    n = [people] * 2
    found = gap([first, last], n, rest, n, "proportion", polarity)
    worse = last > first if polarity == "high_is_bad" else last < first
    if worse:
        assert found.verdict != gaps.NARROWING_WELL
    if found.verdict in (gaps.NARROWING_WELL, gaps.NARROWING_BADLY, gaps.NARROWING):
        assert abs(last - rest[1]) < abs(first - rest[0])


@given(SHARES, st.integers(1, 10**5))
def test_differences_and_ratios_lie_within_their_limits(shares, people):
    first, last, *rest = (round(share * people) for share in shares)
    for kind in ("proportion", "rate"):
        found = gap([first, last], [people] * 2, rest, [people] * 2, kind, "none")
        for value, lower, upper in (found.difference, found.ratio):
            known = ~np.isnan(value)
            slack = 1e-9 * np.abs(value[known])
            assert (lower[known] <= value[known] + slack).all()
            assert (value[known] <= upper[known] + slack).all()


def test_ratios_on_paper():
    value, lower, upper = ratio((4, 2, 8), (1, 0.5, 2))
    # Each logarithm has a limit of log 2 to either side: together of log 2 times the root of 2.
    assert (value, lower, upper) == (close(4), close(4 / 2**2**0.5), close(4 * 2**2**0.5))
    assert ratio((0, 0, 3), (2, 1, 4)) == (0, 0, 3)
    assert np.isnan(ratio((1, 0, 3), (0, 0, 4))).all()


# Slope of inequality


def test_a_straight_line_has_its_own_slope():
    people = np.array([100, 300, 200, 250, 150])
    middle = (np.cumsum(people) - people / 2) / people.sum()
    values = 60 + 20 * middle
    found = slope_of_inequality(values, values - 2, values + 2, people)
    assert found.difference[0] == close(20)
    assert found.ratio[0] == close(80 / 60)
    assert found.difference[1] < 20 < found.difference[2]
    assert found.ratio[1] < 80 / 60 < found.ratio[2]


def test_limits_of_a_slope_are_those_of_a_simulation():
    rng = np.random.default_rng(9)
    values, half = np.array([70.0, 73, 74, 77, 79]), np.array([1.5, 1.2, 1.0, 1.2, 1.4])
    people = np.array([900, 1000, 1100, 1000, 1000])
    found = slope_of_inequality(values, values - half, values + half, people)
    drawn = rng.normal(values, half / 1.959964, (40_000, 5))
    many = slope_of_inequality(drawn, drawn - half, drawn + half, people)
    for ours, theirs in ((found.difference, many.difference), (found.ratio, many.ratio)):
        np.testing.assert_allclose(ours[1:], np.quantile(theirs[0], [0.025, 0.975]), rtol=0.01)


def test_a_quantile_without_a_value_leaves_no_slope():
    values = [[1.0, 2, 3], [1, np.nan, 3]]
    found = slope_of_inequality(values, values, values, [5, 5, 5])
    assert np.isnan(found.difference[0]).tolist() == [False, True]
    assert found.difference[0][0] == close(3)
    assert np.isnan(slope_of_inequality([-3, 1, 2], [-3, 1, 2], [-3, 1, 2], [1, 1, 1]).ratio[0])


def test_where_nobody_lives_or_all_in_one_quantile_there_is_no_slope():
    for people in ([0, 0, 0], [0, 7, 0]):
        found = slope_of_inequality([1, 2, 3], [0, 1, 2], [2, 3, 4], people)
        assert np.isnan([*found.difference, *found.ratio]).all()


def test_a_slope_needs_three_quantiles_with_people():
    for values, people in (([1, 2], [5, 5]), ([1, 2, 3], [5, -5, 5])):
        with pytest.raises(ValueError, match="three quantiles or more"):
            slope_of_inequality(values, values, values, people)
