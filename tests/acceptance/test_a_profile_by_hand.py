"""Every figure on the page of an LSOA, worked out a second time from the publishers' files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
import pytest

from tests.acceptance.bristol import DISTRICT, LSOA, Bristol
from tests.acceptance.by_hand import MONTHS, ByHand, Files, Key, poisson

CENTRE, HALLS = "E01033358", "E01014540"
"""One in the middle of the city with more crime than any; one where students live."""
LSOAS = (LSOA, CENTRE, HALLS)
NUMBERS = ("value", "numerator", "denominator", "lower", "upper")

NOT_BY_HAND: Mapping[str, str] = {}
"""Indicators on the page that are not worked out again, each with the reason; there are none."""

Figure = dict[str, Any]


@pytest.fixture(scope="module")
def hand(bristol: Bristol) -> dict[Key, ByHand]:
    """What the files say, by figure."""
    files = Files(bristol.real)
    return {**files.of_2011(), **files.of_2021(), **files.of_larger()}


@pytest.fixture(scope="module", params=LSOAS)
def page(bristol: Bristol, request: pytest.FixtureRequest) -> dict[str, Any]:
    """The profile of an LSOA."""
    return bristol.profile(f"lsoa_2011/{request.param}")


def figures_of(page: Mapping[str, Any]) -> Iterator[tuple[Key, str, Figure]]:
    """Each figure with its key and the code of the area it is of."""
    for section in page["sections"]:
        for one in section["figures"]:
            code = (one["area"] or page["area"])["code"]
            yield (one["indicator"], one["category"], one["period"]), code, one


def same(told: float | None, by_hand: float | None) -> bool:
    """Whether two numbers are the same to a thousand-millionth, or both are missing."""
    if by_hand is None or pd.isna(by_hand):
        return told is None
    return told == pytest.approx(by_hand, rel=1e-9, abs=1e-12)


def test_every_figure_of_the_page_is_what_the_files_say(
    page: dict[str, Any], hand: dict[Key, ByHand]
):
    wrong, checked = [], 0
    for key, code, one in figures_of(page):
        if key[0] in NOT_BY_HAND:
            continue
        assert key in hand, f"{key} is on the page, and nobody has worked it out again"
        for name in NUMBERS:
            column = getattr(hand[key], name)
            expected = None if column is None else column[code]
            if not same(one[name], expected):
                wrong.append((key, name, one[name], expected))
        checked += 1
    assert not wrong
    assert checked > 180


def test_nothing_is_excused_that_is_not_on_the_page(page: dict[str, Any]):
    assert NOT_BY_HAND.keys() <= {key[0] for key, _, _ in figures_of(page)}


def test_a_rank_counts_the_lsoas_of_bristol_that_have_more(
    page: dict[str, Any], hand: dict[Key, ByHand]
):
    ranked = 0
    for key, code, one in figures_of(page):
        rank, values = one["rank"], hand[key].value.drop(DISTRICT, errors="ignore")
        if rank is None or code not in values or values.size < 200:
            continue
        values = values.dropna().round(10)
        before = values < values[code] if one["ranking"] == "rank" else values > values[code]
        expected = 1 + before.sum(), values.size, (values == values[code]).sum()
        assert (rank["position"], rank["of"], rank["ties"]) == expected, key
        ranked += 1
    assert ranked > 100


def test_the_district_and_the_like_are_sums_over_sums(
    page: dict[str, Any], hand: dict[Key, ByHand]
):
    like = [one["code"] for one in page["similar"]]
    held = 0
    for key, code, one in figures_of(page):
        numbers = hand[key]
        for other in one["comparators"]:
            if other["numerator"] is None or numbers.denominator is None or len(code) != len(LSOA):
                continue
            who = numbers.value.index if other["kind"] == "lad" else like
            if other["kind"] not in ("lad", "neighbours") or code not in numbers.value:
                continue
            x, n = numbers.numerator[who].sum(), numbers.denominator[who].sum()
            assert same(other["numerator"], x), key
            assert same(other["denominator"], n), key
            assert same(other["value"], per_of(key) * x / n), key
            held += 1
    assert held > 20


PER = {
    "crime_rate_residents": 1000.0,
    "crime_rate_households": 1000.0,
    "asb_share": 100.0,
    "population_share_by_age": 100.0,
}


def per_of(key: Key) -> float:
    """What a quotient is told per."""
    return PER.get(key[0], 1.0)


def test_a_rate_is_worse_than_the_district_where_its_interval_lies_above(
    page: dict[str, Any], hand: dict[Key, ByHand]
):
    """At 99.8 % where that interval lies above as well."""
    for key, code, one in figures_of(page):
        if key[0] != "crime_rate_residents":
            continue
        (district,) = (other for other in one["comparators"] if other["kind"] == "lad")
        x, n = hand[key].numerator, hand[key].denominator
        mark = x.sum() / n.sum()
        verdict, level = "similar", None
        for sure in (0.95, 0.998):
            lower, upper = (ends[code] / n[code] for ends in poisson(x, sure))
            if mark < lower or mark > upper:
                verdict, level = ("worse" if mark < lower else "better"), 100 * sure
        assert (district["verdict"], district["level"]) == (verdict, level), key


def test_a_trend_is_its_months_and_three_are_too_few_to_test(
    page: dict[str, Any], hand: dict[Key, ByHand]
):
    followed = 0
    for (indicator, category, _), code, one in figures_of(page):
        trend = one["trend"]
        if trend is None or indicator not in ("crime_count", "crime_rate_residents"):
            continue
        assert [step["period"] for step in trend["periods"]] == list(MONTHS)
        for step, month in zip(trend["periods"], MONTHS, strict=True):
            for name in ("value", "lower", "upper"):
                assert same(step[name], getattr(hand[indicator, category, month], name)[code])
        assert (trend["verdict"], trend["p"], trend["tested_periods"]) == ("too short", None, 3)
        followed += 1
    assert followed == 14
