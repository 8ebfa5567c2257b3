"""Sums of areas."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from lris.rules.apportion import Summing, shares

NAN = float("nan")


def column(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)


def indices(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def test_children_add_up_to_their_parents():
    # parents: 0 has children 1 + 2, 1 has child 4
    total, whole = Summing(indices(0, 0, 1), indices(2, 1), exact=True).sum(column(1, 2, 4))
    assert_array_equal(total, [3, 4])
    assert whole.tolist() == [True, True]


def test_a_missing_child_is_missing_and_not_zero():
    total, whole = Summing(indices(0, 0, 1), indices(2, 1), exact=True).sum(column(1, NAN, 0))
    assert_array_equal(total, [1, 0])
    assert whole.tolist() == [False, True]


def test_a_parent_none_of_whose_children_has_a_value_has_none():
    total, whole = Summing(indices(0, 1), indices(1, 1), exact=True).sum(column(NAN, 0))
    assert_array_equal(total, [NAN, 0])
    assert whole.tolist() == [False, True]


def test_a_parent_with_a_child_that_is_not_loaded_is_not_whole():
    total, whole = Summing(indices(0), indices(2), exact=True).sum(column(5))
    assert_array_equal(total, [5])
    assert whole.tolist() == [False]


def test_a_child_without_a_parent_is_in_no_sum():
    total, _ = Summing(indices(-1, 0), indices(1), exact=True).sum(column(7, 2))
    assert_array_equal(total, [2])


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 10_000)), min_size=1, max_size=60))
def test_the_sum_over_parents_is_the_sum_over_children(rows):
    parent = indices(*(one for one, _ in rows))
    values = column(*(value for _, value in rows))
    total, whole = Summing(parent, np.bincount(parent, minlength=5), exact=True).sum(values)
    assert np.nansum(total) == values.sum()
    assert whole.tolist() == [one in set(parent.tolist()) for one in range(5)]


# ---------------------------------------------------------------- sharing out


def test_parts_share_by_weight_and_those_without_weights_have_no_share():
    found = shares(indices(1, 1, 2, 2, 3, 3), column(300, 100, NAN, 5, 0, 0))
    assert_array_equal(found, [0.75, 0.25, NAN, NAN, NAN, NAN])


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 10_000)), min_size=1, max_size=60))
def test_the_shares_of_a_whole_add_up_to_one(rows):
    whole = indices(*(one for one, _ in rows))
    found = shares(whole, column(*(weight for _, weight in rows)))
    total = np.bincount(whole, weights=found)[np.unique(whole)]
    np.testing.assert_allclose(total, 1.0, rtol=1e-12)
