"""Gi* and local Moran: beside R spdep, dense algebra and permutation, and what they promise."""

from __future__ import annotations

import json
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from lris.rules.grids import hexagons, square
from lris.rules.local_stats import (
    Neighbours,
    confidence_classes,
    gi_star,
    local_moran,
    permutation_p,
    quadrants,
    two_sided_p,
)
from lris.rules.several import benjamini_hochberg

RING = [np.array([(i - 1) % 9, (i + 1) % 9]) for i in range(9)]


def within(x, y, distance):
    """Everyone within a distance, themselves left out."""
    far = np.hypot(np.subtract.outer(x, x), np.subtract.outer(y, y))
    return [
        np.flatnonzero((row <= distance) & (np.arange(len(x)) != i)) for i, row in enumerate(far)
    ]


def field(seed=1, side=12):
    cells = square((0, 0, side, side), 1)
    rng = np.random.default_rng(seed)
    return rng.gamma(2, 2, len(cells)), cells.neighbours()


@pytest.fixture(scope="module")
def getisord(oracles):
    return json.loads((oracles / "getisord_spdep.json").read_text())


@pytest.mark.parametrize("distance", [30, 60, 90, 120, 150])
def test_gi_star_of_the_picture_of_getis_and_ord_is_that_of_r_spdep(getisord, distance):
    around = within(np.array(getisord["x"]), np.array(getisord["y"]), distance)
    theirs = getisord["out"][f"d{distance}"]["Gistar"]
    np.testing.assert_allclose(gi_star(getisord["val"], around), theirs, rtol=1e-10, atol=1e-11)


def test_gi_star_is_its_published_formula_with_a_dense_matrix():
    x, around = field()
    w = np.eye(x.size)
    for i, others in enumerate(around):
        w[i, others] = 1
    n, total = x.size, w.sum(axis=1)
    s = np.sqrt(np.mean(x**2) - x.mean() ** 2)
    theirs = (w @ x - x.mean() * total) / (s * np.sqrt((n * (w**2).sum(1) - total**2) / (n - 1)))
    np.testing.assert_allclose(gi_star(x, around), theirs, rtol=1e-10)


@given(st.integers(0, 50), st.floats(0.01, 1e4), st.floats(-1e4, 1e4))
def test_neither_scale_nor_shift_moves_gi_star_or_local_moran(seed, scale, shift):
    x, around = field(seed, side=6)
    np.testing.assert_allclose(gi_star(x, around), gi_star(scale * x + shift, around), atol=1e-6)
    np.testing.assert_allclose(
        local_moran(x, around)[3], local_moran(scale * x + shift, around)[3], atol=1e-5
    )


@settings(max_examples=25)
@given(st.integers(0, 100))
def test_gi_star_of_areas_named_in_another_order_is_the_same(seed):
    x, around = field(3, side=5)
    order = np.random.default_rng(seed).permutation(x.size)
    place = np.argsort(order)
    moved = [place[around[i]] for i in order]
    np.testing.assert_allclose(gi_star(x[order], moved), gi_star(x, around)[order], atol=1e-12)


def test_an_area_without_neighbours_is_compared_with_the_mean():
    values, around = [1.0, 2.0, 3.0, 10.0], [[1], [0, 2], [1], []]
    z = gi_star(values, around)
    assert z[3] == pytest.approx((10 - 4) / np.std(values))
    moran, expected, variance, deviate = local_moran(values, around)
    assert (moran[3], expected[3], variance[3]) == (0, 0, 0)
    assert np.isnan(deviate[3])
    assert np.isfinite(deviate[:3]).all()
    assert np.isnan(permutation_p(values, around, 9)[3])


def test_where_all_values_are_alike_there_is_no_statistic():
    assert np.isnan(gi_star(np.full(9, 0.1), RING)).all()
    assert all(np.isnan(one).all() for one in local_moran(np.full(9, 0.1), RING))
    assert np.isnan(permutation_p(np.full(9, 0.1), RING, 9)).all()


def test_an_area_next_to_all_others_has_no_gi_star():
    assert np.isnan(gi_star([1.0, 2.0, 4.0], [[1, 2], [0], [0]])[0])


def test_local_morans_add_up_to_morans_i():
    x, around = field()
    z = x - x.mean()
    lag = np.array([z[others].mean() for others in around])
    assert local_moran(x, around)[0].sum() == pytest.approx(x.size * (z @ lag) / (z @ z))


def test_moments_of_local_moran_are_those_of_dealing_the_other_values_out_in_every_way():
    x = np.array([3.0, 1.0, 4.0, 1.5, 9.0, 2.6, 5.3])
    around = [[1, 2], [0, 2, 3], [0, 1, 4], [1], [2, 5, 6, 0], [4], [4, 5]]
    _, expected, variance, _ = local_moran(x, around)
    z = x - x.mean()
    for i, others in enumerate(around):
        rest = np.delete(z, i)
        dealt = [z[i] / np.mean(z**2) * np.mean(some) for some in combinations(rest, len(others))]
        assert expected[i] == pytest.approx(np.mean(dealt), abs=1e-12)
        assert variance[i] == pytest.approx(np.var(dealt), abs=1e-12)


# R spdep 1.2-7: localmoran(x, nb2listw(cell2nb(4, 5, type = "queen")), conditional = TRUE).
SPDEP_VALUES = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4]
SPDEP = {
    0: (0.226993865031, -0.0260023932078, 0.150081592624, 0.653055938862),
    5: (-0.629014796102, -0.130847689415, 0.353816000501, -0.837502888897),
    12: (0.164741970408, -0.130847689415, 0.173748928817, 0.709133773583),
    19: (-0.386503067485, -0.0054891830804, 0.0323499374786, -2.11838103208),
}


@pytest.mark.parametrize("area", SPDEP)
def test_local_moran_is_that_of_r_spdep(area):
    told = local_moran(SPDEP_VALUES, square((0, 0, 5, 4), 1).neighbours())
    assert [column[area] for column in told] == pytest.approx(SPDEP[area], rel=1e-11)


def test_local_moran_is_what_r_spdeps_formula_gives_number_by_number():
    x, around = field(5, side=8)
    moran, expected, variance, deviate = local_moran(x, around)
    n, z = x.size, x - x.mean()
    m2 = np.sum(z**2) / n
    for i, others in enumerate(around):
        wi, wi2 = 1.0, 1 / len(others)
        assert moran[i] == pytest.approx(z[i] / m2 * z[others].mean(), rel=1e-12)
        assert expected[i] == pytest.approx(-(z[i] ** 2) * wi / ((n - 1) * m2), rel=1e-12)
        by_hand = (z[i] / m2) ** 2 * (n / (n - 2)) * (wi2 - wi**2 / (n - 1))
        by_hand *= m2 - z[i] ** 2 / (n - 1)
        assert variance[i] == pytest.approx(by_hand, rel=1e-12)
        assert deviate[i] == pytest.approx((moran[i] - expected[i]) / np.sqrt(by_hand), rel=1e-12)


# ---------------------------------------------------------------- permutations


def test_permutations_of_a_small_set_agree_with_dealing_in_every_way():
    x = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0])
    around = [[1, 2, 3], [0], [1, 5], [4, 6], [7, 5, 2], [6], [0, 7, 3], [5]]
    p = permutation_p(x, around, draws=99_999)
    for i, others in enumerate(around):
        own = x[others].sum()
        dealt = [sum(some) for some in combinations(np.delete(x, i), len(others))]
        exact = min(1, 2 * min(np.mean(np.array(dealt) >= own), np.mean(np.array(dealt) <= own)))
        assert p[i] == pytest.approx(exact, abs=0.01)


def test_no_more_areas_than_the_level_are_flagged_where_there_is_no_pattern():
    cells = hexagons((0, 0, 60, 60), 1)
    values = np.random.default_rng(8).poisson(0.7, len(cells))
    p = permutation_p(values, cells.neighbours(), draws=499)
    assert np.mean(p <= 0.05) <= 0.055
    assert np.count_nonzero(benjamini_hochberg(p) <= 0.05) == 0


@pytest.mark.parametrize("mean", [0.2, 1.0])
def test_in_towns_without_a_pattern_hardly_any_has_a_hotspot_after_correction(mean):
    """The normal approximation finds some in a fifth to a half of them: such counts are skewed."""
    cells = hexagons((0, 0, 16, 16), 1)
    rng, around = np.random.default_rng(3), cells.neighbours()
    false, by_normal = 0, 0
    for _ in range(60):
        counts = rng.poisson(mean, len(cells))
        p = permutation_p(counts, around, draws=199, again=9_999)
        false += np.any(benjamini_hochberg(p) <= 0.05)
        by_normal += np.any(benjamini_hochberg(two_sided_p(gi_star(counts, around))) <= 0.05)
    assert false <= 6
    assert by_normal > 6


def test_drawing_again_makes_chances_finer_and_touches_no_others():
    x, around = field(4, side=20)
    x[:30] += 9
    first = permutation_p(x, around, draws=199)
    finer = permutation_p(x, around, draws=199, again=19_999)
    near = first <= 0.05
    np.testing.assert_array_equal(first[~near], finer[~near])
    np.testing.assert_allclose(first[near], finer[near], atol=0.03)
    assert finer.min() < 2 / 200


def test_permutation_and_normal_chances_agree_where_values_are_normal():
    cells = square((0, 0, 30, 30), 1)
    values, around = np.random.default_rng(2).normal(size=len(cells)), cells.neighbours()
    p = permutation_p(values, around, draws=1_999)
    moran = two_sided_p(local_moran(values, around)[3])
    assert np.corrcoef(p, moran)[0, 1] > 0.99
    assert np.abs(p - moran).max() < 0.1


def test_the_seed_decides_and_nothing_else():
    x, around = field(side=40)
    first = permutation_p(x, around, draws=99, seed=5)
    np.testing.assert_array_equal(first, permutation_p(x, list(around), draws=99, seed=5))
    assert not np.array_equal(first, permutation_p(x, around, draws=99, seed=6))


def test_equal_sums_count_on_both_sides_so_that_zeros_are_never_a_cold_spot():
    values = np.zeros(100)
    values[:3] = 1
    around = square((0, 0, 10, 10), 1).neighbours()
    p = permutation_p(values, around, draws=999)
    assert p[99] == 1
    assert p.min() >= 2 / 1_000


def test_a_planted_block_is_flagged_after_correction_and_little_else():
    cells = square((0, 0, 30, 30), 1)
    values = np.random.default_rng(4).poisson(5, len(cells)).astype(float)
    x, y = cells.middles()
    block = (abs(x - 10) < 3) & (abs(y - 20) < 3)
    values[block] += 12
    z = gi_star(values, cells.neighbours())
    classes = confidence_classes(z, benjamini_hochberg(two_sided_p(z)))
    assert (classes[block] == 99).mean() > 0.9
    near = (abs(x - 10) < 5) & (abs(y - 20) < 5)
    assert (classes[~near] != 0).mean() < 0.01


# ---------------------------------------------------------------- what is said of them


def test_two_sided_chances_are_those_of_the_normal_distribution():
    z = np.array([-3.0, -1.96, 0.0, 2.5, np.nan])
    np.testing.assert_allclose(two_sided_p(z), 2 * stats.norm.sf(np.abs(z)), rtol=1e-12)


def test_classes_of_confidence_take_their_sign_from_the_deviate():
    p = [0.005, 0.01, 0.03, 0.05, 0.1, 0.2, np.nan]
    np.testing.assert_array_equal(
        confidence_classes([1, -1, 1, -1, 1, -1, 1], p), [99, -99, 95, -95, 90, 0, 0]
    )


def test_corners_of_morans_plot_are_named():
    values = [9, 9, 8, 1, 1, 0, 1, 9, 5]
    named = quadrants(values, RING, np.zeros(9))
    assert named[1] == "high among high"
    assert named[4] == "low among low"
    assert named[7] == "high among low"
    assert set(quadrants(values, RING, np.ones(9))) == {"not significant"}


# ---------------------------------------------------------------- neighbours


def test_areas_left_out_leave_the_others_numbered_anew():
    kept = Neighbours.of(RING).without(np.arange(9) == 1)
    assert [list(others) for others in kept][:3] == [[7], [2], [1, 3]]
    assert len(kept) == 8


@pytest.mark.parametrize(
    ("neighbours", "said"),
    [
        ([[1], [2], [0, 3]], "position 3 is none"),
        ([[1], [-1], [0]], "position -1 is none"),
        ([[1], [1], [0]], "its own neighbour"),
        ([[1, 2, 1], [0], [0]], "named twice"),
        ([[0.5], [0], [0]], "whole numbers"),
        ([[1], [0]], "3 values"),
    ],
)
def test_neighbours_that_cannot_be_are_refused(neighbours, said):
    with pytest.raises(ValueError, match=said):
        gi_star([1.0, 2.0, 3.0], neighbours)


def test_a_missing_value_is_refused_as_it_is_no_zero():
    with pytest.raises(ValueError, match="area 1 has no value"):
        gi_star([1.0, np.nan, 2.0], [[1], [0, 2], [1]])
