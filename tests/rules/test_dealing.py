"""The chance of sums, worked out: beside every way to deal, beside draws, and by chance alone."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from lris.rules import dealing, grids, local_stats
from lris.rules.several import benjamini_hochberg

CELLS = grids.square((0, 0, 40, 40), 1)
AROUND = CELLS.neighbours()
ROOM = np.ones(len(CELLS))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 12), min_size=4, max_size=9), st.integers(1, 4))
def test_the_chance_of_a_sum_is_its_share_of_all_ways_to_draw(values: list[int], m: int):
    every = np.array([sum(one) for one in combinations(values, m)])
    chance = dealing.Chance.of(np.array(values), m)
    for s in range(-1, sum(values) + 2):
        told = [tail(chance, s, m, high) for high in (True, False)]
        assert told == pytest.approx([(every >= s).mean(), (every <= s).mean()], abs=1e-12)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 12), min_size=5, max_size=9), st.integers(1, 4))
def test_a_place_that_keeps_its_value_is_dealt_none_of_it(values: list[int], m: int):
    others = np.array([sum(one) for one in combinations(values[1:], m)])
    chance = dealing.Chance.of(np.array(values), m)
    own = np.array(values[:1])
    for s in range(-1, sum(values) + 2):
        told = [tail(chance, s, m, high, own) for high in (True, False)]
        assert told == pytest.approx([(others >= s).mean(), (others <= s).mean()], abs=1e-11)


def tail(chance: dealing.Chance, s: int, m: int, high: bool, own: np.ndarray | None = None):
    return float(chance.tail(np.array([s]), np.array([m]), np.array([high]), own)[0])


def test_values_dealt_out_come_to_what_many_draws_come_to():
    values = np.random.default_rng(1).gamma(0.5, 3, len(CELLS))
    *_, z = local_stats.local_moran(values, AROUND)
    ours = dealing.local_moran_values_p(values, AROUND, z)
    drawn = local_stats.permutation_p(values, AROUND, 9_999)
    clear = drawn < 0.5  # Near one half a draw takes the nearer tail, and ours that of z.
    np.testing.assert_allclose(ours[clear], drawn[clear], atol=0.035)  # Four spreads of a draw.
    assert np.mean(ours[clear] - drawn[clear]) == pytest.approx(0, abs=0.002)


def test_counts_are_dealt_as_they_are_and_other_values_in_fine_steps():
    assert dealing.levels([3.0, 5.0, 3.0], 9).tolist() == [0, 2, 0]
    steps = dealing.levels([0.0, 0.5, 1.0 / 3, 1.0], 9)
    assert steps.tolist() == [0, 2048, 1365, 4096]
    wide = dealing.levels([0.0, 1e6], 9)
    assert (wide.max() + 1) * 9 <= dealing.MOST_SUMS


def test_the_scale_of_values_is_no_matter():
    values = np.random.default_rng(2).gamma(1, 2, len(CELLS))
    z = local_stats.gi_star(values, AROUND)
    once = dealing.gi_star_values_p(values, AROUND, z)
    np.testing.assert_allclose(
        dealing.gi_star_values_p(40 * values - 7, AROUND, z), once, rtol=1e-4
    )


def test_values_all_alike_and_places_alone_have_no_chance():
    same = np.full(len(CELLS), 2.0)
    z = local_stats.gi_star(same, AROUND)
    assert np.isnan(dealing.gi_star_values_p(same, AROUND, z)).all()
    assert np.isnan(dealing.gi_star_p(z, AROUND, same, ROOM)).all()
    alone = [np.array([1]), np.array([0]), np.array([], dtype=int)]
    values = np.array([1.0, 5.0, 2.0])
    *_, z = local_stats.local_moran(values, alone)
    assert np.isnan(dealing.local_moran_values_p(values, alone, z)).tolist() == [False, False, True]
    assert np.isnan(dealing.local_moran_p(z, values, alone, values, np.ones(3))).tolist() == [
        *(False, False),
        True,
    ]


def test_so_many_neighbours_that_the_sum_is_normal_are_taken_as_that():
    everyone = [np.delete(np.arange(40), i)[:35] for i in range(40)]
    values = np.random.default_rng(3).poisson(3, 40).astype(float)
    z = local_stats.gi_star(values, everyone)
    np.testing.assert_allclose(
        dealing.gi_star_values_p(values, everyone, z), local_stats.two_sided_p(z)
    )


def test_incidents_dealt_out_are_binomial():
    p = dealing.incidents_p([9, 0, 2], [0.01, 0.01, 0.01], 200, [3.0, -1.0, 0.0])
    expected = [
        2 * stats.binom.sf(8, 200, 0.01),
        2 * stats.binom.cdf(0, 200, 0.01),
        min(1, 2 * stats.binom.sf(1, 200, 0.01)),
    ]
    np.testing.assert_allclose(p, expected)
    assert np.isnan(dealing.incidents_p(1, 0.5, 2, np.nan))
    assert dealing.incidents_p(0, 0.5, 0, 1.0) == 1


def test_the_chance_told_is_never_below_either():
    counts = np.random.default_rng(4).negative_binomial(0.3, 0.1, len(CELLS)).astype(float)
    z = local_stats.gi_star(counts, AROUND)
    told = dealing.gi_star_p(z, AROUND, counts, ROOM)
    sums = AROUND.sums(counts) + counts
    dealt = dealing.incidents_p(sums, (AROUND.counts + 1) / ROOM.size, counts.sum(), z)
    np.testing.assert_array_equal(told, np.maximum(local_stats.two_sided_p(z), dealt))


MAPS = 120


@pytest.mark.parametrize("mean", [0.2, 1.0, 3.0, 10.0])
def test_at_most_one_map_of_chance_in_twenty_has_anything_flagged(mean: float):
    """Maps of as many incidents as a thin or a thick one has, falling on any cell alike."""
    draw = np.random.default_rng(6)
    flagged = {"gi_star": 0, "local_moran": 0, "gi_star, normal": 0}
    for _ in range(MAPS):
        counts = draw.poisson(mean, len(CELLS)).astype(float)
        z = local_stats.gi_star(counts, AROUND)
        *_, deviate = local_stats.local_moran(counts, AROUND)
        for name, p in (
            ("gi_star", dealing.gi_star_p(z, AROUND, counts, ROOM)),
            ("local_moran", dealing.local_moran_p(deviate, counts, AROUND, counts, ROOM)),
            ("gi_star, normal", local_stats.two_sided_p(z)),
        ):
            flagged[name] += bool((benjamini_hochberg(p) <= 0.05).any())
    assert flagged["gi_star"] <= 0.05 * MAPS
    assert flagged["local_moran"] <= 0.05 * MAPS
    if mean == 0.2:
        assert flagged["gi_star, normal"] > 0.3 * MAPS  # What it is there for.


def test_harm_dealt_out_flags_no_more():
    """One grave event among many slight ones is on every map of harm, and no hotspot."""
    draw = np.random.default_rng(7)
    found = 0
    for _ in range(MAPS):
        harm = 10.0 * draw.poisson(1, len(CELLS)) + 2000.0 * draw.poisson(0.005, len(CELLS))
        z = local_stats.gi_star(harm, AROUND)
        p = np.maximum(local_stats.two_sided_p(z), dealing.gi_star_values_p(harm, AROUND, z))
        found += bool((benjamini_hochberg(p) <= 0.05).any())
    assert found <= 0.05 * MAPS


def test_a_cluster_is_found_on_a_thin_map():
    counts = np.random.default_rng(8).poisson(0.2, len(CELLS)).astype(float)
    middle = 20 * 40 + 20
    counts[middle] += 6
    counts[AROUND[middle]] += 1
    z = local_stats.gi_star(counts, AROUND)
    hot = benjamini_hochberg(dealing.gi_star_p(z, AROUND, counts, ROOM)) <= 0.05
    assert hot[middle]
    assert hot.sum() < 30
