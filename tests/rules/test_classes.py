"""Class breaks: R's numbers on the counties of Jenks and Caspall, and what every break promises."""

from __future__ import annotations

import json
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lris.rules import classes
from lris.rules.classes import METHODS, NO_CLASS, breaks, classify, fisher_jenks

ALL_METHODS = pytest.mark.parametrize("method", sorted(METHODS))
CLASSES = st.integers(1, 9)
# Few different values, so that ties are the rule; eighths, so that sums are exact.
VALUES = st.lists(st.integers(-40, 40).map(lambda n: n / 8), min_size=1, max_size=60)


@pytest.fixture(scope="module")
def jenks71(oracles):
    return json.loads((oracles / "classint_jenks71.json").read_text())


@pytest.mark.parametrize("k", [5, 9])
@pytest.mark.parametrize(
    ("method", "style"), [("fisher_jenks", "jenks"), ("quantile", "quantile"), ("equal", "equal")]
)
def test_breaks_of_the_illinois_counties_are_those_of_r_classint(jenks71, method, style, k):
    theirs = jenks71["breaks"][f"{style}{k}"][1:]
    np.testing.assert_allclose(breaks(jenks71["values"], method, k), theirs, rtol=1e-9)


def test_five_natural_classes_of_the_illinois_counties_fit_as_published(jenks71):
    values = np.array(jenks71["values"])
    within = scatter_within(values, classify(values, fisher_jenks(values, 5)))
    fit = 1 - within / np.sum((values - values.mean()) ** 2)
    assert fit == pytest.approx(jenks71["breaks"]["gvf_fisher5"][1], rel=1e-12)


@given(st.lists(st.integers(0, 60), min_size=1, max_size=14), st.integers(1, 5))
def test_no_partition_has_less_scatter_than_fisher_jenks(values, k):
    bounds = fisher_jenks(values, k)
    ours = scatter_within(np.array(values, float), classify(values, bounds))
    assert ours == pytest.approx(least_scatter_by_trying_all(values, k), abs=1e-9)


def test_fisher_jenks_keeps_its_digits_far_from_zero():
    near = np.repeat([0.0, 1.0, 10.0, 11.0, 30.0], 3)
    np.testing.assert_array_equal(fisher_jenks(near + 5e7, 3) - 5e7, [1.0, 11.0, 30.0])


def test_thirty_five_thousand_values_are_parted_as_a_plain_search_parts_them():
    values = np.random.default_rng(7).lognormal(3, 1, 35_000)
    bounds = fisher_jenks(values, 3)
    ordered = np.sort(values)
    start = np.searchsorted(ordered, bounds[:2], side="right")
    here = np.sum([part.var() * part.size for part in np.split(ordered, start)])
    for shift in ([-1, 0], [1, 0], [0, -1], [0, 1]):
        parts = np.split(ordered, start + shift)
        assert here <= np.sum([part.var() * part.size for part in parts])


@pytest.mark.parametrize("k", [2, 3, 5, 8])
@pytest.mark.parametrize("draw", ["lognormal", "normal", "uniform", "gamma"])
def test_what_is_left_out_by_a_guess_is_never_the_optimum(monkeypatch, draw, k):
    rng = np.random.default_rng(k)
    shape = {"gamma": [0.5]}.get(draw, [])
    values = getattr(rng, draw)(*shape, size=6_000)
    quick = fisher_jenks(values, k)
    monkeypatch.setattr(classes, "LONGEST_WITHOUT_A_GUESS", 10**9)
    np.testing.assert_array_equal(quick, fisher_jenks(values, k))


@ALL_METHODS
@given(values=VALUES, k=CLASSES)
def test_bounds_rise_and_the_last_is_the_largest_value(method, values, k):
    bounds = breaks(values, method, k)
    assert 1 <= bounds.size <= k
    assert np.all(np.diff(bounds) > 0)
    assert bounds[-1] == max(values)


@ALL_METHODS
@given(values=VALUES, k=CLASSES)
def test_equal_values_never_part_and_order_is_kept(method, values, k):
    place = classify(values, breaks(values, method, k))
    for (a, class_a), (b, class_b) in combinations(zip(values, place, strict=True), 2):
        assert (a != b) or class_a == class_b
        assert (a - b) * (class_a - class_b) >= 0


@ALL_METHODS
@given(values=VALUES, k=CLASSES)
def test_fewer_different_values_than_classes_give_fewer_classes(method, values, k):
    distinct = np.unique(values)
    bounds = breaks(values, method, k)
    if distinct.size <= k:
        np.testing.assert_array_equal(bounds, distinct)


@pytest.mark.parametrize("method", ["quantile", "fisher_jenks"])
@given(values=VALUES, k=CLASSES)
def test_no_class_is_empty(method, values, k):
    bounds = breaks(values, method, k)
    assert set(classify(values, bounds)) == set(range(bounds.size))


@ALL_METHODS
@given(values=VALUES, k=CLASSES)
def test_missing_values_move_no_bound_and_have_no_class(method, values, k):
    bounds = breaks(values, method, k)
    with_gaps = [np.nan, *values, np.nan]
    np.testing.assert_array_equal(breaks(with_gaps, method, k), bounds)
    place = classify(with_gaps, bounds)
    assert place[0] == place[-1] == NO_CLASS
    assert np.all(place[1:-1] >= 0)


@given(values=st.lists(st.integers(0, 10**6), min_size=10, max_size=60, unique=True), k=CLASSES)
def test_quantile_classes_of_different_values_differ_by_no_more_than_one_area(values, k):
    sizes = np.bincount(classify(values, breaks(values, "quantile", k)))
    assert sizes.max() - sizes.min() <= 1


def test_a_quantile_that_falls_on_a_value_is_that_value():
    tenths = np.arange(1, 12) / 10
    np.testing.assert_array_equal(breaks(tenths, "quantile", 10), tenths[1:])


def test_equal_classes_are_equally_wide():
    np.testing.assert_allclose(breaks([0, 1, 2, 3, 10], "equal", 4), [2.5, 5.0, 7.5, 10.0])


@ALL_METHODS
def test_no_values_have_no_classes(method):
    bounds = breaks([np.nan, np.nan], method, 5)
    assert bounds.size == 0
    np.testing.assert_array_equal(classify([np.nan], bounds), [NO_CLASS])


def test_a_value_above_the_last_bound_belongs_to_the_last_class():
    np.testing.assert_array_equal(classify([1, 2, 3, 99], [2, 3]), [0, 0, 1, 1])


def test_what_cannot_be_classed_is_refused():
    with pytest.raises(ValueError, match="at least one class"):
        breaks([1.0, 2.0], "equal", 0)
    with pytest.raises(ValueError, match="infinite"):
        breaks([1.0, np.inf], "quantile", 3)
    with pytest.raises(ValueError, match="there are quantile, equal, fisher_jenks"):
        breaks([1.0], "head_tail", 3)


def scatter_within(values, place):
    parts = (values[place == one] for one in np.unique(place))
    return float(sum(np.sum((part - part.mean()) ** 2) for part in parts))


def least_scatter_by_trying_all(values, k):
    distinct, place = np.unique(values, return_inverse=True)
    classes = min(k, distinct.size)
    return min(
        scatter_within(np.array(values, float), np.searchsorted(cuts, place, side="right"))
        for cuts in combinations(range(1, distinct.size), classes - 1)
    )
