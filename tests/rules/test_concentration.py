"""Lorenz, Gini and the shares of places: worked examples, a second formula, and promises."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lris.rules.concentration import (
    generalised_gini,
    gini,
    gini_of_fewer,
    lorenz,
    places_holding,
)

COUNTS = st.lists(st.integers(0, 40), min_size=1, max_size=60).filter(any)


def test_three_crimes_on_three_of_ten_places_lie_as_far_apart_as_they_can():
    counts = [1, 1, 1, 0, 0, 0, 0, 0, 0, 0]
    assert gini(counts) == pytest.approx(0.7)
    assert generalised_gini(counts) == pytest.approx(0, abs=1e-12)


def test_all_crime_on_one_place_is_as_uneven_as_can_be():
    assert gini([0, 0, 0, 9]) == pytest.approx(3 / 4)
    assert generalised_gini([0, 0, 0, 9]) == pytest.approx(3 / 4)
    assert generalised_gini([3] + [0] * 9) == pytest.approx(10 / 3 * (0.9 - 1) + 1)


def test_even_crime_has_no_gini():
    assert gini([4, 4, 4]) == pytest.approx(0, abs=1e-12)


@given(COUNTS)
def test_gini_is_half_the_mean_difference_of_all_pairs_over_the_mean(counts):
    y = np.array(counts, float)
    pairs = np.abs(np.subtract.outer(y, y)).mean() / (2 * y.mean())
    assert gini(counts) == pytest.approx(pairs, abs=1e-12)


@given(COUNTS)
def test_gini_is_twice_the_area_between_lorenzs_curve_and_the_diagonal(counts):
    places, crimes = lorenz(counts)
    assert (places[0], crimes[0], places[-1]) == (0, 0, 1)
    assert crimes[-1] == pytest.approx(1)
    assert np.all(np.diff(crimes) >= 0)
    assert gini(counts) == pytest.approx(1 - 2 * np.trapezoid(crimes, places), abs=1e-12)


@given(COUNTS)
def test_the_generalised_coefficient_lies_between_nought_and_gini(counts):
    generalised = generalised_gini(counts)
    assert -1e-12 <= generalised <= gini(counts) + 1e-12
    if sum(counts) >= len(counts):
        assert generalised == pytest.approx(gini(counts), abs=1e-12)


@given(COUNTS, st.sampled_from([0.25, 0.5, 1.0]))
def test_no_fewer_places_hold_the_share(counts, share):
    held = places_holding(counts, share)
    fullest = sorted(counts, reverse=True)
    assert sum(fullest[: held.places]) >= share * sum(counts)
    assert sum(fullest[: held.places - 1]) < share * sum(counts)
    assert held.share_of_places == held.places / len(counts)
    assert held.share_of_places_with_crime == held.places / np.count_nonzero(counts)


def test_half_of_the_crime_on_a_tenth_of_the_places():
    held = places_holding([50, *[10] * 5, 0, 0, 0, 0], 0.5)
    assert held == (1, 0.1, 1 / 6)


def test_without_crime_there_is_nothing_to_say():
    assert np.isnan(gini([0, 0]))
    assert np.isnan(generalised_gini([]))
    assert np.isnan(lorenz([0, 0])[1][1:]).all()
    assert places_holding([0, 0], 0.5)[0] == 0


def test_a_town_with_more_crime_is_compared_at_the_number_of_the_other():
    counts = np.random.default_rng(2).poisson(20, 100)
    drawn = gini_of_fewer(counts, 50, draws=200, seed=3)
    alike = [
        generalised_gini(np.bincount(np.random.default_rng(s).integers(0, 100, 50), minlength=100))
        for s in range(200)
    ]
    assert drawn.mean() == pytest.approx(np.mean(alike), abs=0.03)
    np.testing.assert_array_equal(drawn, gini_of_fewer(counts, 50, draws=200, seed=3))
    with pytest.raises(ValueError, match="cannot be drawn"):
        gini_of_fewer([1, 2], 4)


@pytest.mark.parametrize("counts", [[1, -1], [1, np.nan], [np.inf]])
def test_what_is_no_count_is_refused(counts):
    with pytest.raises(ValueError, match="missing, infinite or below zero"):
        gini(counts)
