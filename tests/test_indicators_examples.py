"""Every indicator's worked example, worked again by the method its manifest names."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from lris.catalogue import Catalogue
from lris.catalogue.indicators import Indicator
from lris.rules.measures import METHODS, SUMMARIES
from lris.settings import PROJECT

CATALOGUE = Catalogue.read(PROJECT / "geodata")
INDICATORS = list(CATALOGUE.indicators.values())
WORKED = [one for one in INDICATORS if one.method in METHODS]
ROUNDED = 5e-8
"""Examples are written with seven decimals."""

every = pytest.mark.parametrize("indicator", INDICATORS, ids=lambda one: one.id)


def number(value: float | None) -> np.ndarray:
    return np.array([np.nan if value is None else value], dtype=np.float64)


def test_each_theme_has_indicators():
    themes = Counter(one.topic.value for one in INDICATORS)
    least = {"crime": 4, "health": 8, "education": 6, "deprivation": 10, "population": 6}
    assert all(themes[theme] >= wanted for theme, wanted in least.items()), themes
    crimes = {one.id for one in CATALOGUE.indicators["crime_count"].categories}
    assert len(crimes) >= 12


@pytest.mark.parametrize("indicator", WORKED, ids=lambda one: one.id)
def test_the_worked_example_comes_out_as_the_manifest_says(indicator: Indicator):
    example = indicator.example
    stated = example.value if indicator.method == "level" and indicator.per == 1 else None
    numerator = stated if example.numerator is None else example.numerator
    assert numerator is not None, "whatever is divided or multiplied shows what it starts from"
    value, lower, upper = METHODS[indicator.method](
        number(numerator), number(example.denominator), indicator.per
    )
    assert value[0] == pytest.approx(example.value, abs=ROUNDED)
    if indicator.interval == "published":
        return
    for limit, said in ((lower[0], example.lower), (upper[0], example.upper)):
        if said is None:
            assert np.isnan(limit), "the example leaves out an interval the method has"
        else:
            assert limit == pytest.approx(said, abs=ROUNDED)


@every
def test_published_limits_lie_about_their_value(indicator: Indicator):
    example = indicator.example
    if example.lower is not None and example.upper is not None:
        assert example.lower <= example.value <= example.upper


@every
def test_an_indicator_says_where_its_method_comes_from_and_what_it_is_not(indicator: Indicator):
    assert indicator.method_source.strip().endswith(".")
    assert indicator.disclosure_because.strip()
    assert indicator.unit.strip()
    assert indicator.description.endswith(".")
    assert all(caveat.endswith(".") for caveat in indicator.caveats)


@every
def test_an_example_is_of_a_category_and_a_vintage_that_there_are(indicator: Indicator):
    example = indicator.example
    declared = {one.id for one in indicator.categories} or {""}
    if example.area:
        assert example.category in declared
        vintage, _, code = example.area.partition("/")
        assert CATALOGUE.vintage(vintage)
        assert code


@every
def test_what_is_a_place_in_an_order_is_never_added_up(indicator: Indicator):
    if indicator.ranking or indicator.unit.startswith(("rank", "decile", "score", "index")):
        assert not indicator.additive


def test_results_of_schools_are_never_added_up_or_averaged():
    schools = {"key_stage_2", "key_stage_4", "key_stage_5"}
    results = [one for one in INDICATORS if one.numerator.source in schools]
    assert len(results) >= 6
    assert not any(one.additive for one in results)
    assert all("averaged" in " ".join(one.caveats) for one in results)


def test_names_tell_indicators_apart():
    names = Counter(one.name for one in INDICATORS)
    assert [name for name, often in names.items() if often > 1] == []


def test_every_method_has_an_indicator():
    assert {one.method for one in INDICATORS} == {*METHODS, *SUMMARIES}


def test_missing_numbers_give_no_figure_and_never_zero():
    for method in METHODS.values():
        value, lower, upper = method(number(None), number(100), 1000)
        assert np.isnan([value[0], lower[0], upper[0]]).all()


@pytest.mark.parametrize("method", ["rate", "proportion", "ratio"])
def test_a_rate_over_nobody_is_no_figure(method: str):
    value, lower, upper = METHODS[method](number(5), number(0), 1000)
    assert np.isnan([value[0], lower[0], upper[0]]).all()


def test_a_part_above_its_whole_is_no_proportion():
    value, lower, upper = METHODS["proportion"](number(11), number(10), 100)
    assert np.isnan([value[0], lower[0], upper[0]]).all()


def test_a_proportion_has_wilsons_limits():
    value, lower, upper = METHODS["proportion"](number(30), number(200), 100)
    assert value[0] == 15
    assert (lower[0], upper[0]) == pytest.approx((10.71, 20.61), abs=0.005)


def test_a_count_of_nothing_is_zero_and_may_have_been_more():
    value, lower, upper = METHODS["count"](number(0), number(None), 1)
    assert (value[0], lower[0]) == (0, 0)
    assert upper[0] == pytest.approx(3.6889, abs=1e-4)  # -ln(0.025)
