"""Empirical Bayes: R's numbers for Auckland and Scotland, and what holds for all areas.

Numbers written here are those of spdep 1.2.7 on Bailey and Gatrell's child deaths in Auckland, and
of SpatialEpi 1.2.8 on lip cancer in Scotland.
"""

from __future__ import annotations

import json
from time import process_time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lris.rules.smoothing import (
    around_all,
    eb_global,
    eb_limits,
    eb_limits_apart,
    eb_local,
    gamma_poisson,
)

AREA = st.tuples(st.integers(0, 500), st.integers(1, 5000))
AREAS = st.lists(AREA, min_size=2, max_size=30).map(lambda pairs: np.array(pairs).T)


def same(ours, theirs, rtol=1e-9):
    np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs, dtype=float), rtol=rtol)


def ring(size: int) -> list[np.ndarray]:
    return [np.unique([(i - 1) % size, (i + 1) % size]) for i in range(size)]


# The published numbers


def test_child_deaths_in_auckland_are_smoothed_as_in_r(oracles):
    auckland = json.loads((oracles / "eb_auckland_spdep.json").read_text("utf-8"))
    y, n = auckland["y"], auckland["n"]
    around = around_all(y, n)
    assert around.variance[0] == pytest.approx(7.28417290097515e-07, rel=1e-12)
    assert around.mean[0] == pytest.approx(0.00263343619313617, rel=1e-12)
    same(eb_global(y, n), auckland["eb_global_poisson"])
    neighbours = auckland["neighbours"]
    theirs = np.array(auckland["eb_local_geoda"], dtype=float)
    alone = np.array([not one for one in neighbours])
    same(eb_local(y, n, neighbours)[~alone], theirs[~alone])


def test_lip_cancer_in_scotland_is_smoothed_as_in_r(oracles):
    scotland = json.loads((oracles / "eb_scotland_spatialepi.json").read_text("utf-8"))
    ours = gamma_poisson(scotland["cases"], scotland["expected"])
    same([ours.shape, np.log(ours.mean)], [1.87948997383088, 0.352106533393358], rtol=1e-6)
    same(ours.value, scotland["RR"], rtol=1e-6)


def test_an_estimate_that_can_be_worked_out_on_paper():
    # Rates 0.1 and 0.3, mean 0.2, variance 0.01 of which chance makes 0.2 / 100: a is 0.008.
    assert eb_global([10, 30], [100, 100]) == pytest.approx([0.12, 0.28])
    # The first area has no neighbour; the set of the others is 30 and 20 of 100 each.
    local = eb_local([10, 30, 20], [100, 100, 100], [[], [2], [1]])
    assert local == pytest.approx([eb_global([10, 30, 20], [100, 100, 100])[0], 0.25, 0.25])


def test_proportions_differ_by_less_chance_than_rates():
    # Shares 0.5 and 0.9 of 100: mean 0.7, variance 0.04; chance makes 0.7 * 0.3 / 100 of it.
    value, lower, upper = eb_limits([50, 90], [100, 100], kind="proportion")
    between = 0.04 - 0.0021
    assert value == pytest.approx(0.7 + np.array([-0.2, 0.2]) * between / 0.04)
    assert ((lower > 0) & (lower < value) & (value < upper) & (upper < 1)).all()
    assert (np.abs(value - 0.7) > np.abs(eb_global([50, 90], [100, 100]) - 0.7)).all()
    with pytest.raises(ValueError, match="no proportion"):
        eb_limits([5], [4], kind="proportion")
    with pytest.raises(ValueError, match="not a 'median'"):
        eb_limits([5], [4], kind="median")


def test_everybody_everywhere_is_everybody():
    value, lower, upper = eb_limits([7, 9], [7, 9], [[1], [0]], kind="proportion")
    assert (value == 1).all()
    assert (upper == 1).all()
    assert (lower < 1).all()


# Gaps, islands, nothing at all


def test_an_area_without_people_or_count_has_no_estimate_and_lends_none():
    y, n = [3, 5, 8, np.nan, 2], [100, 0, 100, 100, 90]
    without = eb_global([3, 8, 2], [100, 100, 90])
    same(eb_global(y, n), [without[0], np.nan, without[1], np.nan, without[2]])
    local = eb_local(y, n, [[1, 2], [0], [0, 3], [4], [2]])
    together = eb_local([3, 8, 2], [100, 100, 90], [[1], [0], [1]])
    same(local, [together[0], np.nan, together[1], np.nan, together[2]])


def test_an_island_is_drawn_towards_all_areas():
    y, n = [4, 9, 1, 12], [200, 210, 190, 205]
    neighbours = [[], [2], [1], [0, 1]]
    assert eb_local(y, n, neighbours)[0] == eb_global(y, n)[0]
    # So is one whose only neighbour has no residents: there is nothing next to it either.
    assert eb_local([*y, 3], [*n, 0], [[4], [2], [1], [0, 1], [0]])[0] == eb_global(y, n)[0]


def test_no_event_anywhere_is_zero_everywhere():
    value, lower, upper = eb_limits([0, 0, 0], [10, 20, 30])
    assert (value == 0).all()
    assert (lower == 0).all()
    same(upper, np.full(3, 3.688879454 / 60), rtol=1e-8)
    assert (eb_local([0, 0, 0], [10, 20, 30], [[1], [0], []]) == 0).all()


def test_areas_that_differ_by_chance_alone_share_one_rate():
    value, lower, upper = eb_limits([5, 6, 5, 4], [100, 100, 100, 100])
    assert (value == 0.05).all()
    assert (lower < 0.05).all()
    assert (upper > 0.05).all()


def test_nothing_known_at_all_is_no_estimate():
    assert np.isnan(eb_global([np.nan, 3], [10, 0])).all()
    assert np.isnan(eb_limits([np.nan, 3], [10, 0], [[1], [0]])).all()
    assert eb_global([], []).size == 0


@pytest.mark.parametrize(
    ("neighbours", "told"),
    [
        ([[1], [0]], "neighbours of 2"),
        ([[1], [0], [3]], "from 0 to 2"),
        ([[1], [-1], [0]], "from 0 to 2"),
        ([[1], [0], [2]], "its own neighbour"),
        ([[1, 1], [0], []], "same neighbour twice"),
    ],
)
def test_neighbours_that_do_not_fit_are_refused(neighbours, told):
    with pytest.raises(ValueError, match=told):
        eb_local([1, 2, 3], [10, 10, 10], neighbours)


def test_nonsense_is_refused():
    for smooth in (eb_global, lambda y, n: eb_local(y, n, [[1], [0]]), gamma_poisson):
        with pytest.raises(ValueError, match="negative or without end"):
            smooth([-1, 2], [10, 10])
        with pytest.raises(ValueError, match="without end"):
            smooth([1, 2], [10, np.inf])
        with pytest.raises(ValueError, match="the same areas"):
            smooth([1, 2], [10, 10, 10])
    with pytest.raises(ValueError, match="at least one event"):
        gamma_poisson([0, 0], [3, 4])


def test_areas_of_two_lands_lend_each_other_nothing():
    y, n, land = [4, 9, 1, 12, 5], [200, 210, 190, 205, 0], ["", "98", "", "98", "98"]
    value, lower, upper = eb_limits_apart(y, n, land)
    for group in ([0, 2], [1, 3]):
        alone = eb_limits(np.take(y, group), np.take(n, group))
        same([value[group], lower[group], upper[group]], alone)
    assert np.isnan([value[4], lower[4], upper[4]]).all()
    # A neighbour of the other land is none: what has no other is drawn towards its own land.
    touching = [[1], [0, 3], [3], [1, 2], []]
    value, *_ = eb_limits_apart(y, n, land, touching)
    same(value[[0, 2]], eb_global([4, 1], [200, 190]))
    same(value[[1, 3]], eb_local([9, 12], [210, 205], [[1], [0]]))


# Many series, many areas


def test_each_period_is_smoothed_for_itself():
    rng = np.random.default_rng(7)
    y, n = rng.integers(0, 40, (2, 3, 20)), rng.integers(0, 400, (2, 3, 20))
    together = eb_global(y, n), eb_local(y, n, ring(20))
    for at in np.ndindex(2, 3):
        np.testing.assert_array_equal(together[0][at], eb_global(y[at], n[at]))
        np.testing.assert_array_equal(together[1][at], eb_local(y[at], n[at], ring(20)))


def test_all_lsoas_of_the_country_are_smoothed_at_once():
    rng = np.random.default_rng(1)
    n = rng.integers(800, 3000, 35_000)
    y = rng.poisson(0.01 * n)
    began = process_time()
    value, lower, upper = eb_limits(y, n, ring(35_000))
    assert process_time() - began < 3
    assert ((lower <= value) & (value <= upper)).all()


# What holds for every area


@given(AREAS)
def test_the_estimate_lies_between_the_observed_rate_and_that_around_it(areas):
    y, n = areas
    rate, size = y / n, len(y)
    neighbours = ring(size)
    sets = [[*one, i] for i, one in enumerate(neighbours)]
    for estimate, mean in (
        (eb_global(y, n), y.sum() / n.sum()),
        (eb_local(y, n, neighbours), np.array([y[one].sum() / n[one].sum() for one in sets])),
    ):
        slack = 1e-12
        assert (estimate >= np.minimum(rate, mean) - slack).all()
        assert (estimate <= np.maximum(rate, mean) + slack).all()


@given(AREAS)
def test_with_everybody_for_a_neighbour_local_is_global(areas):
    y, n = areas
    others = [np.delete(np.arange(len(y)), i) for i in range(len(y))]
    same(eb_local(y, n, others), eb_global(y, n), rtol=1e-7)


@given(AREAS, st.integers(2, 50))
def test_more_people_at_the_same_rates_are_believed_more(areas, times):
    y, n = areas
    few, many = eb_global(y, n), eb_global(y * times, n * times)
    assert (np.abs(many - y / n) <= np.abs(few - y / n) + 1e-12).all()


@given(AREAS, st.randoms(use_true_random=False))
def test_the_order_of_the_areas_does_not_matter(areas, random):
    y, n = areas
    order = list(range(len(y)))
    random.shuffle(order)
    same(eb_global(y[order], n[order]), eb_global(y, n)[order])


@given(AREAS, st.sampled_from(["rate", "proportion"]))
def test_more_confidence_is_a_wider_interval_about_the_same_estimate(areas, kind):
    y, n = areas
    y = np.minimum(y, n)
    value, lower, upper = eb_limits(y, n, kind=kind)
    surest, lowest, highest = eb_limits(y, n, kind=kind, confidence=0.998)
    np.testing.assert_array_equal(value, surest)
    assert (lowest <= lower).all()
    assert (lower <= value).all()
    assert (value <= upper).all()
    assert (upper <= highest).all()


@given(AREAS, st.integers(2, 1000))
def test_the_unit_of_the_denominator_only_changes_the_unit(areas, times):
    y, n = areas
    same(eb_global(y, n * times) * times, eb_global(y, n), rtol=1e-7)
