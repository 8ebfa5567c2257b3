"""Statistical neighbours: R's table of English districts, and what holds for every table."""

from __future__ import annotations

import json
from time import process_time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lris.rules.similar import NOBODY, nearest

TABLES = st.integers(2, 24).flatmap(
    lambda rows: st.lists(
        st.lists(st.integers(0, 6) | st.just(np.nan), min_size=3, max_size=3),
        min_size=rows,
        max_size=rows,
    )
)


def by_hand(table, k, weights):
    """Pair by pair, with every rule spelt out."""
    t = np.array(table, dtype=float)
    spread = [np.std(c[~np.isnan(c)], ddof=1) if (~np.isnan(c)).sum() > 1 else 0 for c in t.T]
    found = []
    for i, one in enumerate(t):
        pairs = []
        for j, other in enumerate(t):
            shared = ~np.isnan(one + other)
            if i == j or shared.sum() < 0.8 * t.shape[1] or weights[shared].sum() == 0:
                continue
            apart = [
                w * ((a - b) / s) ** 2 if s else 0.0
                for a, b, s, w, both in zip(one, other, spread, weights, shared, strict=True)
                if both
            ]
            stretch = weights.sum() / weights[shared].sum()
            pairs.append((np.sqrt(sum(apart) * stretch), j))
        found.append(sorted(pairs)[:k])
    return found


def test_the_five_nearest_districts_are_those_of_r(oracles):
    districts = json.loads((oracles / "similar_areas_R.json").read_text("utf-8"))
    indices, distances = nearest(districts["X"], 5)
    np.testing.assert_array_equal(indices, districts["nn_index0"])
    np.testing.assert_allclose(distances, districts["nn_dist"], rtol=1e-9)
    named = np.array(districts["name"])
    sheffield = districts["name"].index("Sheffield")
    assert named[indices[sheffield]].tolist() == [
        "Newcastle upon Tyne",
        "Derby",
        "Darlington",
        "Ashfield",
        "Gateshead",
    ]


def test_distances_on_paper():
    # Standard deviation 2: the places are 0, 1 and 2 of them.
    indices, distances = nearest([[0], [2], [4]], 2)
    np.testing.assert_array_equal(indices, [[1, 2], [0, 2], [1, 0]])
    np.testing.assert_array_equal(distances, [[1, 2], [1, 1], [1, 2]])


def test_a_weight_stretches_its_variable_and_none_leaves_it_out():
    table = [[0, 0], [2, 30], [4, 60]]
    np.testing.assert_allclose(nearest(table, 1, [4, 0])[1], [[2], [2], [2]])
    np.testing.assert_array_equal(nearest(table, 2, [1, 0])[1], nearest([[0], [2], [4]], 2)[1])


def test_equally_distant_areas_come_in_the_order_of_the_rows():
    indices, distances = nearest(np.zeros((40, 2)), 3)
    np.testing.assert_array_equal(indices[:3], [[1, 2, 3], [0, 2, 3], [0, 1, 3]])
    assert (distances == 0).all()


def test_a_missing_variable_is_left_out_and_the_rest_stand_in():
    table = np.array([[0.0] * 5, [1.0] * 5, [2.0] * 5])
    table[0, 4] = np.nan
    indices, distances = nearest(table, 2)
    spread = np.std([1.0, 2.0], ddof=1)
    assert indices[1].tolist() == [0, 2]
    # One apart in four variables that stand for five; and in all five, the last of less spread.
    np.testing.assert_allclose(distances[1], [np.sqrt(4 * 5 / 4), np.sqrt(4 + spread**-2)])


def test_areas_with_too_little_in_common_are_not_compared():
    table = np.arange(15.0).reshape(3, 5)
    table[0, 3:] = np.nan
    indices, distances = nearest(table, 2)
    np.testing.assert_array_equal(indices, [[NOBODY, NOBODY], [2, NOBODY], [1, NOBODY]])
    assert np.isnan(distances[0]).all()


def test_an_area_alone_has_nobody_like_it():
    indices, distances = nearest([[1.0, 2.0]], 2)
    assert (indices == NOBODY).all()
    assert np.isnan(distances).all()
    assert nearest(np.empty((0, 3)), 2)[0].shape == (0, 2)


@pytest.mark.parametrize(
    ("table", "k", "weights", "told"),
    [
        ([1, 2], 1, None, "a row for each area"),
        ([[1], [np.inf]], 1, None, "finite"),
        ([[1], [2]], 0, None, "at least one"),
        ([[1], [2]], 1, [1, 1], "one for each variable"),
        ([[1], [2]], 1, [-1], "one for each variable"),
        ([[1], [2]], 1, [0], "not all zero"),
    ],
)
def test_nonsense_is_refused(table, k, weights, told):
    with pytest.raises(ValueError, match=told):
        nearest(table, k, weights)


def test_thousands_of_areas_are_compared_at_once():
    rng = np.random.default_rng(5)
    table = rng.random((9_000, 6))
    table[:20, 0] = np.nan
    began = process_time()
    indices, _ = nearest(table, 15)
    assert process_time() - began < 5
    assert (indices != np.arange(9_000)[:, None]).all()


@given(TABLES, st.integers(1, 4), st.lists(st.integers(0, 3), min_size=3, max_size=3))
def test_the_nearest_are_those_found_pair_by_pair(table, k, weights):
    if not sum(weights):
        return
    weights = np.array(weights, dtype=float)
    indices, distances = nearest(table, k, weights)
    for i, found in enumerate(by_hand(table, k, weights)):
        ours = distances[i][indices[i] != NOBODY]
        np.testing.assert_allclose(ours, [distance for distance, _ in found], atol=1e-9)


@given(TABLES, st.integers(2, 9), st.integers(-9, 9))
def test_the_unit_of_a_variable_does_not_matter(table, times, more):
    t = np.array(table, dtype=float)
    one, other = nearest(t, 2)[1], nearest(t * times + more, 2)[1]
    np.testing.assert_allclose(one, other, atol=1e-7)
