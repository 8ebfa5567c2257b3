"""Composite indices: a district of four areas worked out on paper, and what holds for all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lris.rules.composites import VULNERABLE, core_priority, harm, vulnerable_localities
from lris.rules.intervals import dsr

RESIDENTS = np.array([1500.0, 1200, 1600, 1400])
HOUSEHOLDS = [600, 500, 700, 550]
COUNTS = {
    "burglary": [3, 10, 7, 55],
    "criminal_damage": [6, 5, 14, 44],
    "income": np.array([0.05, 0.10, 0.15, 0.50]) * RESIDENTS,
    "employment": np.array([0.04, 0.08, 0.08, 0.40]) * RESIDENTS,
    "low_attainment": np.array([0.2, 0.3, 0.2, 0.5]) * RESIDENTS,
    "young": [150, 180, 160, 350],
}
DENOMINATORS = {
    name: HOUSEHOLDS if name in ("burglary", "criminal_damage") else RESIDENTS
    for name in VULNERABLE
}
CELLS = st.integers(1, 12).flatmap(
    lambda size: st.dictionaries(
        st.sampled_from("abcde"),
        st.lists(st.integers(0, 30), min_size=size, max_size=size),
        min_size=1,
    )
)


def district(**changed):
    return {**COUNTS, **changed}


# Vulnerable localities


def test_the_index_of_four_areas_worked_out_on_paper():
    index = vulnerable_localities(COUNTS, DENOMINATORS)
    np.testing.assert_allclose(index.value, [38.86, 65.99, 59.66, 235.49], atol=0.005)
    assert index.value.mean() == pytest.approx(100, rel=1e-14)
    assert index.priority.tolist() == [False, False, False, True]
    np.testing.assert_allclose(index.parts.mean(axis=0), 100)
    assert index.flat == ()
    assert index.averages["income"] == pytest.approx(0.2)


def test_against_the_district_as_a_whole_the_index_is_another():
    index = vulnerable_localities(COUNTS, DENOMINATORS, average="pooled")
    np.testing.assert_allclose(index.value, [39.59, 67.42, 60.75, 241.05], atol=0.005)
    assert index.averages["burglary"] == pytest.approx(75 / 2350)


def test_the_six_can_be_added_up_and_the_same_areas_are_priorities():
    index = vulnerable_localities(COUNTS, DENOMINATORS, total="sum")
    np.testing.assert_allclose(index.value, [233.15, 395.93, 357.96, 1412.96], atol=0.005)
    assert index.priority.tolist() == [False, False, False, True]


def test_an_area_that_lacks_one_of_the_six_has_no_index():
    index = vulnerable_localities(district(income=[np.nan, 120, 240, 700]), DENOMINATORS)
    assert np.isnan(index.value).tolist() == [True, False, False, False]
    assert not index.priority[0]
    nobody = {**DENOMINATORS, "burglary": [600, 0, 700, 550]}
    assert np.isnan(vulnerable_localities(COUNTS, nobody).value).tolist() == [0, 1, 0, 0]


def test_areas_of_few_households_have_no_index_and_do_not_move_the_average():
    index = vulnerable_localities(COUNTS, DENOMINATORS, fewest_households=520)
    without = [0, 2, 3]
    three = vulnerable_localities(
        {name: np.array(one)[without] for name, one in COUNTS.items()},
        {name: np.array(one)[without] for name, one in DENOMINATORS.items()},
    )
    np.testing.assert_allclose(index.value[without], three.value)
    assert np.isnan(index.value[1])


def test_a_variable_of_which_there_is_nothing_is_zero_and_named():
    index = vulnerable_localities(district(burglary=[0, 0, 0, 0]), DENOMINATORS)
    assert index.flat == ("burglary",)
    assert (index.parts[:, 0] == 0).all()
    assert index.value.mean() == pytest.approx(500 / 6)


def test_what_the_index_cannot_be_made_of_is_refused():
    with pytest.raises(ValueError, match="also needs employment, young"):
        some = {name: COUNTS[name] for name in VULNERABLE if name not in ("employment", "young")}
        vulnerable_localities(some, DENOMINATORS)
    with pytest.raises(ValueError, match="also needs"):
        vulnerable_localities(COUNTS, {})
    for option in ({"average": "median"}, {"total": "product"}):
        with pytest.raises(ValueError, match="the average is"):
            vulnerable_localities(COUNTS, DENOMINATORS, **option)


# Core priorities


def test_cells_are_held_against_the_average_cell():
    index = core_priority({"fires": [0, 0, 8, 0], "thefts": [1, 1, 1, 1]})
    assert index.value.tolist() == [50, 50, 250, 50]
    assert index.priority.tolist() == [False, False, True, False]
    weighed = core_priority(
        {"fires": [0, 0, 8, 0], "thefts": [1, 1, 1, 1]}, {"fires": 3, "thefts": 1}
    )
    assert weighed.value.tolist() == [25, 25, 325, 25]


def test_an_indicator_without_an_event_is_left_out_and_a_cell_with_a_gap_has_no_index():
    index = core_priority({"fires": [0, 0, 0], "thefts": [2, np.nan, 6]})
    assert index.flat == ("fires",)
    np.testing.assert_allclose(index.value, [50, np.nan, 150])
    assert np.isnan(core_priority({"fires": [0, 0]}).value).all()


def test_a_composite_has_indicators_and_weights_for_them():
    for counts, weights in (({}, None), ({"a": [1]}, {"b": 1}), ({"a": [1]}, {"a": 0})):
        with pytest.raises(ValueError, match="a composite has indicators"):
            core_priority(counts, weights)


@given(CELLS)
def test_the_average_cell_is_always_a_hundred(counts):
    assume(any(sum(one) for one in counts.values()))
    weights = {name: 1.0 + at for at, name in enumerate(counts)}
    assert core_priority(counts).value.mean() == pytest.approx(100, rel=1e-12)
    assert core_priority(counts, weights).value.mean() == pytest.approx(100, rel=1e-12)


# Harm


def test_harm_is_counted_in_the_unit_of_its_weights():
    found = harm({"robbery": [2, 0], "shoplifting": [10, 3]}, {"robbery": 365, "shoplifting": 1})
    assert found.value.tolist() == [740, 3]
    assert found.events.tolist() == [12, 3]
    assert (found.lower < found.value).all()
    assert (found.upper > found.value).all()
    assert found.missing == ()


def test_an_offence_without_a_weight_is_named_and_left_out():
    counts = {"robbery": [1, 2], "nuisance": [40, 0], "fraud": [0, 0], "arson": [1, 1]}
    found = harm(counts, {"robbery": 365, "arson": np.nan, "murder": 5475})
    assert found.value.tolist() == [365, 730]
    assert found.missing == ("nuisance", "arson")
    assert found.unweighed.tolist() == [41, 1]
    nothing = harm({"nuisance": [3]}, {})
    assert (nothing.value, nothing.missing) == ([0], ("nuisance",))


def test_the_limits_are_those_of_a_standardised_rate_of_weighed_events():
    counts, weights = np.array([8, 30, 20]), {"a": 365.0, "b": 1.0, "c": 5475.0}
    found = harm(dict(zip("abc", counts, strict=True)), weights)
    days = np.array(list(weights.values()))
    # A standard of w to a denominator of one each: the same sum, and the same variance.
    value, lower, upper = np.array(dsr(counts, np.ones(3), days)) * days.sum()
    np.testing.assert_allclose([found.value, found.lower, found.upper], [value, lower, upper])


def test_an_area_without_events_has_the_spread_of_the_study_area():
    found = harm({"robbery": [0, 4], "theft": [0, 4]}, {"robbery": 300, "theft": 10})
    assert (found.value[0], found.lower[0]) == (0, 0)
    assert found.upper[0] == pytest.approx(3.688879454 * np.sqrt((300**2 + 10**2) / 2))


def test_one_grave_event_is_known_less_well_than_many_small_ones():
    few = harm({"grave": [1]}, {"grave": 100.0})
    many = harm({"small": [100]}, {"small": 1.0})
    assert few.value == many.value
    assert few.upper - few.lower > many.upper - many.lower


def test_nonsense_is_no_harm():
    with pytest.raises(ValueError, match="none was given"):
        harm({}, {})
    with pytest.raises(ValueError, match="not below zero"):
        harm({"a": [1]}, {"a": -1})
    with pytest.raises(ValueError, match="negative or without end"):
        harm({"a": [-1]}, {"a": 1})


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=9))
def test_harm_adds_up_over_areas_and_lies_within_its_limits(pairs):
    a, b = np.array(pairs).T
    found = harm({"a": a, "b": b}, {"a": 7, "b": 100})
    whole = harm({"a": a.sum(), "b": b.sum()}, {"a": 7, "b": 100})
    assert found.value.sum() == whole.value
    if found.events.sum():
        assert ((found.lower <= found.value) & (found.value <= found.upper)).all()
