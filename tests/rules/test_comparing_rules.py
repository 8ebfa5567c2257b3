"""Comparisons: published examples, and what holds for every pair.

Numbers written here are those of R's poisson.test (breast cancer and fluoroscopy) and of table II
of Newcombe 1998.
"""

from __future__ import annotations

from time import process_time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from lris.rules.comparing import difference, difference_of_proportions, ratio_test, verdict
from lris.rules.intervals import poisson

COUNT = st.integers(0, 400)
PEOPLE = st.integers(1, 10_000)

close = pytest.approx


# Against a benchmark


@pytest.mark.parametrize(
    ("polarity", "above", "below"),
    [
        ("high_is_bad", "worse", "better"),
        ("high_is_good", "better", "worse"),
        ("none", "higher", "lower"),
    ],
)
def test_an_interval_wholly_on_one_side_decides_and_the_surer_level_first(polarity, above, below):
    value = [12, 12, 12, 12, 12]
    lower95, upper95 = [10] * 5, [14] * 5
    lower998, upper998 = [9] * 5, [15] * 5
    words, level = verdict(
        value, lower95, upper95, lower998, upper998, [8, 9.5, 12, 14.5, 16], polarity
    )
    assert words.tolist() == [above, above, "similar", below, below]
    assert level.tolist() == [99.8, 95, 0, 95, 99.8]


def test_a_benchmark_on_the_limit_is_similar():
    words, level = verdict(5, 4, 6, 3, 7, [4, 6], "none")
    assert words.tolist() == ["similar", "similar"]
    assert level.tolist() == [0, 0]


def test_what_lacks_value_limits_or_benchmark_is_not_compared():
    gap = np.nan
    words, level = verdict(
        [gap, 5, 5, 5], [4, gap, 4, 4], [6, 6, gap, 6], 3, 7, [1, 1, 1, gap], "high_is_bad"
    )
    assert words.tolist() == ["not_compared"] * 4
    assert level.tolist() == [0] * 4


def test_without_the_wider_limits_the_narrower_ones_decide():
    assert verdict(5, 4, 6, np.nan, np.nan, 1, "none") == ("higher", 95)
    assert verdict(5, 4, 6, np.nan, 9, 20, "none") == ("lower", 99.8)


def test_each_figure_has_its_own_polarity():
    words, _ = verdict(5, 4, 6, 3, 7, 1, ["high_is_bad", "high_is_good", "none"])
    assert words.tolist() == ["worse", "better", "higher"]
    with pytest.raises(ValueError, match="'up' is no polarity"):
        verdict(5, 4, 6, 3, 7, 1, "up")


def test_every_lsoa_of_the_country_is_compared_at_once():
    rng = np.random.default_rng(4)
    x = rng.poisson(12, 35_000).astype(float)
    began = process_time()
    verdict(x, *poisson(x), *poisson(x, 0.998), 12, "high_is_bad")
    ratio_test(x, 1500, x[::-1], 1600)
    difference_of_proportions(x, 1500, x[::-1], 1600)
    assert process_time() - began < 2


# Two rates


def test_the_ratio_of_two_rates_is_that_of_r():
    ratio, lower, upper, p = ratio_test(11, 800, 21, 3011)
    assert (ratio, lower, upper) == (
        close(1.971488, abs=5e-7),
        close(0.8584264, abs=5e-8),
        close(4.2772659, abs=5e-8),
    )
    # R sums the outcomes no likelier than what was seen; here the tail counts twice.
    assert p == close(2 * binom.sf(10, 32, 800 / 3811), rel=1e-9)


def test_a_rate_of_nothing_bounds_the_ratio_from_one_side():
    ratio, lower, upper, p = ratio_test([0, 9, 0], 100, [9, 0, 0], 100)
    np.testing.assert_array_equal(ratio, [0, np.inf, np.nan])
    assert lower[0] == 0
    assert upper[1] == np.inf
    assert upper[0] == close(1 / lower[1])
    assert p[0] == p[1] == close(2 * 0.5**9)
    assert np.isnan([lower[2], upper[2], p[2]]).all()


def test_without_people_two_rates_are_not_compared():
    for x1, n1, x2, n2 in ((3, 0, 4, 10), (3, 10, np.nan, 10), (3, 10, 3, np.nan)):
        assert np.isnan(ratio_test(x1, n1, x2, n2)).all()
    with pytest.raises(ValueError, match="negative or without end"):
        ratio_test(-1, 10, 3, 10)


@given(COUNT, PEOPLE, COUNT, PEOPLE)
def test_the_p_agrees_with_the_limits(x1, n1, x2, n2):
    ratio, lower, upper, p = ratio_test(x1, n1, x2, n2)
    if x1 + x2:
        assert lower <= ratio <= upper
        assert 0 <= p <= 1
        if abs(p - 0.05) > 1e-9:
            assert (p < 0.05) == (not lower <= 1 <= upper)


@given(COUNT, PEOPLE, COUNT, PEOPLE)
def test_turned_round_the_ratio_is_its_inverse(x1, n1, x2, n2):
    if x1 and x2:
        ratio, lower, upper, p = ratio_test(x1, n1, x2, n2)
        expected = (1 / ratio, 1 / upper, 1 / lower, p)
        np.testing.assert_allclose(ratio_test(x2, n2, x1, n1), expected, rtol=1e-7)


# Two proportions


@pytest.mark.parametrize(
    ("pair", "expected"),
    [
        ((56, 70, 48, 80), (0.2, 0.0524, 0.3339)),
        ((9, 10, 3, 10), (0.6, 0.1705, 0.8090)),
        ((6, 7, 2, 7), (0.5714, 0.0582, 0.8062)),
        ((5, 56, 0, 29), (0.0893, -0.0381, 0.1926)),
        ((0, 10, 0, 10), (0.0, -0.2775, 0.2775)),
        ((10, 10, 0, 10), (1.0, 0.6075, 1.0)),
    ],
)
def test_differences_of_proportions_as_published(pair, expected):
    assert difference_of_proportions(*pair) == close(expected, abs=5e-5)


def test_no_proportion_has_no_difference():
    assert np.isnan(difference_of_proportions(1, 0, 2, 5)).all()
    with pytest.raises(ValueError, match="no proportion"):
        difference_of_proportions(6, 5, 2, 5)


@given(PEOPLE, PEOPLE, st.floats(0, 1), st.floats(0, 1))
def test_a_difference_lies_within_its_limits_and_turns_with_its_sign(n1, n2, share1, share2):
    pair, other = (int(n1 * share1), n1), (int(n2 * share2), n2)
    gap, lower, upper = difference_of_proportions(*pair, *other)
    assert -1 <= lower <= gap <= upper <= 1
    assert difference_of_proportions(*other, *pair) == close((-gap, -upper, -lower))


def test_the_limits_of_any_two_estimates_combine():
    assert difference(10, 7, 14, 4, 1, 8) == (6, close(1), close(11))
