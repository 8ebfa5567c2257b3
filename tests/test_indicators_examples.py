"""Every indicator's worked example, worked again by the method its manifest names."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from lris.catalogue import Catalogue
from lris.catalogue.examples import on_paper, worked
from lris.catalogue.indicators import Indicator
from lris.rules.gatherings import GATHERINGS
from lris.rules.measures import INDICES, METHODS, SUMMARIES
from lris.settings import PROJECT
from lris.terms import Topic

CATALOGUE = Catalogue.read(PROJECT / "geodata")
INDICATORS = list(CATALOGUE.indicators.values())
ROUNDED = 5e-8
"""Examples are written with seven decimals."""

every = pytest.mark.parametrize("indicator", INDICATORS, ids=lambda one: one.id)


def number(value: float | None) -> np.ndarray:
    return np.array([np.nan if value is None else value], dtype=np.float64)


LEAST = {
    Topic.CRIME: 12,
    Topic.HEALTH: 8,
    Topic.EDUCATION: 6,
    Topic.DEPRIVATION: 10,
    Topic.POPULATION: 6,
}


@pytest.mark.parametrize("topic", LEAST)
def test_each_theme_has_indicators_that_are_not_one_another_over_something_else(topic: Topic):
    """Neither another denominator, nor a rank or decile of the same, nor another edition counts."""
    distinct = {one.id for one in INDICATORS if one.topic is topic and one.variant_of is None}
    assert len(distinct) >= LEAST[topic], sorted(distinct)


@every
def test_a_variant_is_of_an_indicator_that_is_none_of_itself(indicator: Indicator):
    seen, one = {indicator.id}, indicator
    while one.variant_of is not None:
        one = CATALOGUE.indicator(one.variant_of)
        assert one.id not in seen
        seen.add(one.id)


def test_no_two_indicators_divide_the_same_by_different_things_without_saying_so():
    """What is counted, how, and of what: alike in all three but the denominator is a variant."""
    roots = Counter(
        (one.numerator, one.method, one.beside, one.out_of, one.parts, one.categories, one.ranking)
        for one in INDICATORS
        if one.variant_of is None and one.method != "level"
    )
    assert [which for which, often in roots.items() if often > 1] == []


@every
def test_a_manifest_says_all_that_a_reader_may_ask(indicator: Indicator):
    source = CATALOGUE.source(indicator.numerator.source)
    said = {
        "definition": indicator.description,
        "unit": indicator.unit,
        "multiplier": indicator.per > 0,
        "polarity": indicator.polarity,
        "method": indicator.method,
        "where the method is from": indicator.method_source,
        "source": source.title,
        "licence": source.licence,
        "refresh": source.refresh,
        "caveats": indicator.caveats or source.caveats,
        "lowest geography": "lowest" in indicator.model_fields_set,
        "disclosure rule": indicator.disclosure and indicator.disclosure_because,
        "example": indicator.example,
    }
    assert [what for what, words in said.items() if not words] == []
    if indicator.divides and indicator.beside is None:
        assert indicator.denominators


@every
def test_the_worked_example_comes_out_as_the_manifest_says(indicator: Indicator):
    example = on_paper(indicator)
    assert example is not None, "an example that can be worked out is missing"
    value, lower, upper = worked(indicator, example)
    assert value == pytest.approx(example.value, abs=ROUNDED)
    if indicator.interval == "published":
        return
    for limit, said in ((lower, example.lower), (upper, example.upper)):
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
    assert {one.method for one in INDICATORS} == {*METHODS, *SUMMARIES, *GATHERINGS, *INDICES}


def test_missing_numbers_give_no_figure_and_never_zero():
    for method in METHODS.values():
        value, lower, upper = method(number(None), number(100), 1000)
        assert np.isnan([value[0], lower[0], upper[0]]).all()


@pytest.mark.parametrize("method", ["rate", "proportion", "ratio", "change"])
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
