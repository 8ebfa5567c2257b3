"""How figures of a profile stand: comparators, ranks, spreads, trends, what stands out.

October in the town: of 8 squares of Bristol square 1 has 200 residents and 5 of the district's 17
incidents among 7,200; 3 of them anti-social behaviour, of which no other square has any.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import comb, sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from hypothesis.extra.numpy import arrays
from scipy.stats import chi2, norm

from lris.catalogue import Catalogue
from lris.profiles import profile
from lris.profiles.places import quartiles
from lris.terms import PUBLIC, AreaCode
from tests import town as t
from tests.town import ASB, Crime, Town, a_town, code

RATE = ("crime_rate_residents", "all-crime")
BURGLARIES = ("crime_rate_residents", "burglary")


@pytest.fixture(scope="module")
def october(template: tuple[str, str], catalogue: Catalogue, tmp_path_factory) -> Iterator[Town]:
    """One month of both forces: nothing is incomplete."""
    with a_town(template, catalogue, tmp_path_factory.mktemp("october")) as made:
        for vintage in ("lsoa_2011", "lsoa_2021", "msoa_2011", "ward_2019"):
            made.draw(vintage)
        made.census()
        made.estimates()
        made.changes()
        made.crimes("2018-10", t.OCTOBER)
        made.crimes("2018-10", t.WILTSHIRE_OCTOBER, t.WILTSHIRE)
        made.seal()
        yield made


def page(town: Town, which: str) -> dict[str, Any]:
    return profile(town.reader, PUBLIC, AreaCode(*which.split("/")))


def square(town: Town, number: int) -> dict[str, Any]:
    return page(town, f"lsoa_2011/{code(number)}")


def figures(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for section in found["sections"] for one in section["figures"]]


def figure(found: dict[str, Any], which: tuple[str, str]) -> dict[str, Any]:
    """The newest figure of an indicator and category."""
    return next(one for one in figures(found) if (one["indicator"], one["category"]) == which)


def against(one: dict[str, Any], kind: str) -> dict[str, Any]:
    return next(other for other in one["comparators"] if other["kind"] == kind)


# ---------------------------------------------------------------- comparators


def test_a_rate_is_held_against_its_districts_for_the_same_month(october: Town):
    district = against(figure(square(october, 1), RATE), "lad")
    assert (district["numerator"], district["denominator"]) == (17, 7_200)
    assert district["value"] == pytest.approx(1_000 * 17 / 7_200)
    assert (district["code"], district["period"]) == (t.BRISTOL, "2018-10")
    assert (district["verdict"], district["level"]) == ("worse", 99.8)
    assert district["because"] == "contains this area"


def test_so_it_is_against_its_regions(october: Town):
    region = against(figure(square(october, 1), RATE), "region")
    assert (region["numerator"], region["denominator"]) == (19, 15_600)


def test_two_burglaries_among_two_hundred_are_worse_at_95_per_cent_and_not_at_99_8(october: Town):
    # The exact limits of 2 are 0.2422 and 0.0454 at 99.8 %; Bristol has 4 among 7,200.
    one = figure(square(october, 1), BURGLARIES)
    assert one["lower"] == pytest.approx(1_000 * 0.242209 / 200, rel=1e-5)
    district = against(one, "lad")
    assert 1_000 * 0.045402 / 200 < district["value"] < one["lower"]
    assert (district["verdict"], district["level"]) == ("worse", 95)


def test_a_zero_is_compared_like_any_other_figure(october: Town):
    district = against(figure(square(october, 8), RATE), "lad")
    # Of none the upper limit is 3.69, of 1,600 residents 2.31 per 1,000: below Bristol's 2.36.
    assert (district["verdict"], district["level"]) == ("better", 95)


@pytest.mark.parametrize(
    ("which", "because"),
    [
        (("crime_count", "all-crime"), "a count is not compared"),
        (("population", ""), "no interval"),
        (("household_size_2011", ""), "no interval"),
    ],
)
def test_what_cannot_be_compared_says_why(october: Town, which: tuple[str, str], because: str):
    district = against(figure(square(october, 1), which), "lad")
    assert (district["verdict"], district["level"]) == ("not_compared", None)
    assert because in district["because"]


def test_a_district_is_not_compared_with_itself(october: Town):
    district = against(figure(page(october, f"lad_2011/{t.BRISTOL}"), RATE), "lad")
    assert (district["verdict"], district["because"]) == (
        "not_compared",
        "the area is this comparator",
    )


def test_a_ward_that_reaches_beyond_the_district_is_said_to(october: Town):
    district = against(figure(page(october, "ward_2019/E05900001"), RATE), "lad")
    assert district["because"] == "contains most of this area"


def test_a_month_that_lacks_a_force_is_not_compared_with(
    template: tuple[str, str], catalogue: Catalogue, tmp_path_factory
):
    with a_town(template, catalogue, tmp_path_factory.mktemp("whole")) as made:
        made.whole()
        one = figure(square(made, 1), RATE)
        assert (one["period"], one["status"]) == ("2018-12", "observed")
        assert against(one, "lad")["verdict"] != "not_compared"
        region = against(one, "region")
        assert region["because"] == "its own figure is withheld or incomplete"
        missing = figure(square(made, 9), RATE)
        assert missing["value"] is None
        assert {other["because"] for other in missing["comparators"]} == {
            "there is no figure of this area to compare"
        }
        assert missing["rank"] is None


# ---------------------------------------------------------------- ranks and spreads


def test_the_highest_rate_of_a_district_is_first_and_equal_ones_share_a_place(october: Town):
    robbery = ("crime_rate_residents", "robbery")  # one in square 3, two in square 4
    places = {n: figure(square(october, n), robbery)["rank"] for n in range(1, 9)}
    assert [(places[n]["position"], places[n]["ties"]) for n in (4, 3, 1, 8)] == [
        *((1, 1), (2, 1)),
        *((3, 6), (3, 6)),
    ]
    assert {place["of"] for place in places.values()} == {8}
    assert {place["among"] for place in places.values()} == {"LSOAs of A district"}
    assert {place["order"] for place in places.values()} == {"highest first"}


def test_fifths_are_of_areas_and_begin_with_the_highest(october: Town):
    residents = [figure(square(october, n), ("population", ""))["rank"] for n in range(1, 9)]
    assert [one["position"] for one in residents] == [8, 7, 6, 5, 4, 3, 2, 1]
    # 6 - ceil((9 - place) / 1.6), for places from 8 to 1
    assert [one["quintile"] for one in residents] == [5, 4, 4, 3, 2, 2, 1, 1]
    assert {one["quintile_kind"] for one in residents} == {"areas"}


def test_the_spread_is_that_of_the_squares_of_the_district(october: Town):
    spread = figure(square(october, 1), ("population", ""))["spread"]
    assert spread == {  # 200, 400 ... 1,600
        "minimum": 200,
        "lower_quartile": 550,
        "median": 900,
        "upper_quartile": 1_250,
        "maximum": 1_600,
        "of": 8,
        "among": "LSOAs of A district",
    }


@given(arrays(np.float64, (3, 7), elements=some.just(np.nan) | some.floats(-1e6, 1e6)))
def test_quartiles_are_those_of_the_values_there_are(values: np.ndarray):
    counted, ends = quartiles(values)
    for row, number, mine in zip(values, counted, ends, strict=True):
        known = row[~np.isnan(row)]
        assert number == known.size
        if known.size:
            wanted = np.quantile(known, [0, 0.25, 0.5, 0.75, 1])
            assert mine == pytest.approx(wanted, rel=1e-9, abs=1e-6)


# ---------------------------------------------------------------- trends

MONTHS = [f"2018-{month:02d}" for month in range(1, 7)]


@pytest.fixture(scope="module")
def half_a_year(template: tuple[str, str], catalogue: Catalogue, tmp_path_factory):
    """Square 1 has 1, 2, 3, 4, 5, 6 incidents of anti-social behaviour from month to month."""
    with a_town(template, catalogue, tmp_path_factory.mktemp("months")) as made:
        made.draw("lsoa_2011")
        made.census()
        made.estimates()
        for number, month in enumerate(MONTHS, 1):
            made.crimes(month, [Crime(ASB, 1, 500, 500)] * number)
        made.seal()
        yield made


def test_a_rate_that_rises_is_tested_by_its_slope(half_a_year: Town):
    trend = figure(square(half_a_year, 1), ("crime_rate_residents", "anti-social-behaviour"))[
        "trend"
    ]
    assert [one["period"] for one in trend["periods"]] == MONTHS
    assert [one["value"] for one in trend["periods"]] == pytest.approx([5, 10, 15, 20, 25, 30])
    # 21 of 6 x 200: 0.0175; slope sum(x (t - 2.5)) = 17.5; variance 0.0175 x 200 x 17.5 = 61.25.
    assert trend["p"] == pytest.approx(chi2.sf(17.5**2 / 61.25, 1), rel=1e-9)
    assert (trend["verdict"], trend["tested_periods"]) == ("worse", 6)
    assert trend["test"].startswith("chi-squared")


def test_a_count_is_tested_by_the_order_of_its_values(half_a_year: Town):
    trend = figure(square(half_a_year, 1), ("crime_count", "all-crime"))["trend"]
    # Every later month is above every earlier one: S = 15, variance 6 x 5 x 17 / 18.
    assert trend["p"] == pytest.approx(2 * norm.sf(14 / sqrt(6 * 5 * 17 / 18)), rel=1e-9)
    assert (trend["verdict"], trend["test"][:12]) == ("worse", "Mann-Kendall")


def test_no_change_is_no_clear_change(half_a_year: Town):
    trend = figure(square(half_a_year, 2), RATE)["trend"]
    assert (trend["verdict"], trend["p"]) == ("no clear change", 1)


def test_one_month_is_too_short_for_a_trend_and_says_so(october: Town):
    trend = figure(square(october, 1), RATE)["trend"]
    assert (trend["verdict"], trend["p"], trend["tested_periods"]) == ("too short", None, 1)


def test_the_trend_stands_with_the_newest_figure_alone(half_a_year: Town):
    shown = [
        one
        for one in figures(square(half_a_year, 1))
        if (one["indicator"], one["category"]) == ("crime_count", "all-crime")
    ]
    assert [one["trend"] is not None for one in shown] == [True, *[False] * 5]


# ---------------------------------------------------------------- what stands out


def test_all_there_is_of_a_kind_stands_out_with_the_numbers_it_rests_on(october: Town):
    found = square(october, 1)["stands_out"]
    (one,) = (s for s in found["sentences"] if s["category"] == "anti-social-behaviour")
    # 3 of the district's 3 where a fair share is 200 of 7,200: twice the chance of that.
    assert one["p"] == pytest.approx(2 * (200 / 7_200) ** 3, rel=1e-9)
    assert one["comparator"]["rest"] == {"numerator": 0, "denominator": 7_000}
    assert one["sentence"] == (
        "Anti-social behaviour: 15.0 per 1,000 residents in 2018-10, higher than A district's 0.4"
        " (worse, at 99.8 % confidence)."
    )


def test_p_is_adjusted_for_everything_tested_on_the_page(october: Town):
    found = square(october, 1)["stands_out"]
    tested = found["tested"]
    assert found["flagged"] == len(found["sentences"]) > 1
    assert tested > found["flagged"]
    p = [one["p"] for one in found["sentences"]]
    adjusted = [one["adjusted_p"] for one in found["sentences"]]
    assert p == sorted(p)
    # Step up: of the kept ones each is its p times tested over its place, never above the next.
    for place in range(len(p)):
        by_hand = min(p[at] * tested / (at + 1) for at in range(place, len(p)))
        assert adjusted[place] <= by_hand + 1e-12
    assert adjusted[0] == pytest.approx(p[0] * tested)


def test_an_ordinary_square_has_nothing_that_stands_out(october: Town):
    found = square(october, 7)["stands_out"]
    assert found["tested"] > 0
    assert (found["flagged"], found["sentences"]) == (0, [])


def test_where_nothing_can_be_tested_the_page_says_so(october: Town):
    found = page(october, "region_2011/E12000009")["stands_out"]
    assert (found["tested"], found["method"][:24]) == (0, "Nothing could be tested:")


@given(some.integers(0, 6), some.integers(0, 12))
def test_the_test_of_two_rates_is_that_of_a_coin(mine: int, rest: int):
    from lris.rules.comparing import ratio_test

    total, share = mine + rest, 200 / 7_200
    if not total:
        return
    ways = [comb(total, x) * share**x * (1 - share) ** (total - x) for x in range(total + 1)]
    by_hand = min(1.0, 2 * min(sum(ways[: mine + 1]), sum(ways[mine:])))
    assert ratio_test(mine, 200, rest, 7_000)[3] == pytest.approx(by_hand, rel=1e-9)


# ---------------------------------------------------------------- quality


def test_the_quality_of_a_page_is_told_in_sentences(
    template: tuple[str, str], catalogue: Catalogue, tmp_path_factory
):
    with a_town(template, catalogue, tmp_path_factory.mktemp("quality")) as made:
        made.whole()
        told = square(made, 9)["quality"]
        assert all(sentence.endswith(".") for sentence in told)
        assert any(s.startswith("Withheld, no data was delivered for this area") for s in told)
        told_of_ward = page(made, "ward_2019/E05900001")["quality"]
        assert (
            "Recorded crime and anti-social behaviour: of the 3 periods published 2018-10, 2018-11"
            " and 2018-12 are not whole, and not part of its trend."
        ) in told_of_ward
        assert any(
            s.startswith("Street-level crime") and "a later one was expected by" in s for s in told
        )
