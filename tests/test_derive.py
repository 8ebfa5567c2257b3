"""Deriving: sums that are kept, gaps that are named, denominators of the right year and place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lris.catalogue import Catalogue
from lris.profiles import profile
from lris.session import Doors
from lris.terms import PUBLIC, AreaCode
from tests import town as t
from tests.town import AVON, OCTOBER, SQUARES, WILTSHIRE, Crime, Town, a_town, code, msoa

ALL = "all-crime"
NO_DATA = "no_data"
CHANGED = "boundary_changed"


@pytest.fixture
def town(doors: Doors, catalogue: Catalogue, tmp_path: Path) -> Town:
    return Town(doors, t.small(catalogue), tmp_path)


@pytest.fixture(scope="module")
def whole(template: tuple[str, str], catalogue: Catalogue, tmp_path_factory):
    """Everything of the town, sealed; tests only read it."""
    with a_town(template, catalogue, tmp_path_factory.mktemp("town")) as made:
        made.whole()
        yield made


def by_code(numbers: dict[int, object]) -> dict[str, object]:
    return {code(number): value for number, value in numbers.items()}


def one_figure(
    town: Town, indicator: str, vintage: str, area: str, period: str, category: str = ALL
):
    return town.rows(indicator, vintage, period, category)[area]


# ---------------------------------------------------------------- counts, on paper


def test_counts_of_a_month_in_the_areas_of_2011(whole: Town):
    """Squares 9 to 12 are policed by a force that delivered nothing: not zero, no data."""
    expected = {1: 5, 2: 4, 3: 1, 4: 2, 5: 2, 6: 2, 7: 1, 8: 0}
    assert whole.values("crime_count", "lsoa_2011", "2018-10", ALL) == by_code(
        expected | dict.fromkeys((9, 10, 11, 12), NO_DATA)
    )


def test_counts_of_a_month_in_the_areas_of_2021(whole: Town):
    expected = {1: 5, 7: 1, 8: 0, 101: 2, 102: 1, 103: 3, 105: 1, 106: 2}
    assert whole.values("crime_count", "lsoa_2021", "2018-10", ALL) == by_code(
        expected | dict.fromkeys((9, 10, 11, 12), NO_DATA)
    )


def test_all_crime_is_told_with_and_without_anti_social_behaviour(whole: Town):
    def of(category: str) -> object:
        return whole.values("crime_count", "lsoa_2011", "2018-10", category)[code(1)]

    assert (of(ALL), of("all-crime-excluding-asb"), of("anti-social-behaviour")) == (5, 2, 3)


def test_the_categories_add_up_to_all_crime(whole: Town):
    single = [
        one.id
        for one in whole.catalogue.indicator("crime_count").categories
        if not one.id.startswith("all-crime")
    ]
    for area, total in whole.values("crime_count", "lsoa_2011", "2018-10", ALL).items():
        parts = [whole.values("crime_count", "lsoa_2011", "2018-10", c)[area] for c in single]
        assert (sum(parts) if total != NO_DATA else NO_DATA) == total  # type: ignore[arg-type]


def test_a_count_has_its_interval(whole: Town):
    # 5 events, exact Poisson limits at 95 %: 1.6235 and 11.6683
    row = one_figure(whole, "crime_count", "lsoa_2011", code(1), "2018-10")
    assert (row["value"], row["numerator"], row["denominator"]) == (5, 5, None)
    assert (row["lower"], row["upper"]) == pytest.approx((1.6235, 11.6683), abs=1e-4)


def test_an_observed_zero_is_a_figure(whole: Town):
    # no events: 0 to 3.6889
    row = one_figure(whole, "crime_count", "lsoa_2011", code(8), "2018-10")
    assert (row["value"], row["status"], row["reason"]) == (0, "observed", None)
    assert row["upper"] == pytest.approx(3.6889, abs=1e-4)


# ---------------------------------------------------------------- sums are kept


@pytest.mark.parametrize(
    ("small", "large", "wanted"),
    [
        ("lsoa_2011", "msoa_2011", {1: 13, 3: 4}),  # 5+4+2+2 and 1+2+1+0
        # In no half of 2 and none of 5 and 6 are two without a point, but in the MSOA around both.
        ("lsoa_2021", "msoa_2021", {1: 13, 3: 4}),
    ],
)
def test_larger_areas_are_the_sums_of_their_parts(
    whole: Town, small: str, large: str, wanted: dict[int, int]
):
    parts = whole.values("crime_count", small, "2018-10", ALL)
    sums = whole.values("crime_count", large, "2018-10", ALL)
    assert sums == {msoa(n): count for n, count in wanted.items()} | {msoa(9): NO_DATA}
    undivided = 0 if small == "lsoa_2011" else 2
    told = sum(v for v in parts.values() if v != NO_DATA)  # type: ignore[misc]
    assert told + undivided == sum(wanted.values())


def test_districts_that_no_outline_was_had_for_are_sums_too(whole: Town):
    assert whole.values("crime_count", "lad_2011", "2018-10", ALL) == {t.BRISTOL: 17}
    assert whole.values("crime_count", "lad_2022", "2018-10", ALL) == {t.BRISTOL: 17}


def test_wards_that_squares_fit_best_are_estimated(town: Town):
    town.draw("lsoa_2011")
    town.draw("ward_2019")
    town.census()
    town.crimes("2018-10", OCTOBER)
    town.crimes("2018-10", t.WILTSHIRE_OCTOBER, WILTSHIRE)
    town.seal()
    rows = town.rows("crime_count", "ward_2019", "2018-10", ALL)
    # west: 1 2 5 6 9 10 = 5+4+2+2+1+1; east: 3 4 7 8 11 12 = 1+2+1
    assert {area: (row["value"], row["status"], row["reason"]) for area, row in rows.items()} == {
        "E05900001": (15, "estimated", "best_fit"),
        "E05900002": (4, "estimated", "best_fit"),
    }


@pytest.mark.parametrize("vintage", ["lsoa_2011", "lsoa_2021"])
def test_figures_and_unplaced_rows_are_the_loaded_rows(town: Town, vintage: str):
    """Where every force has delivered, no incident is lost and none is counted twice."""
    for one in ("lsoa_2011", "lsoa_2021"):
        town.draw(one)
    town.census()
    town.changes()
    town.crimes("2018-10", OCTOBER)
    town.crimes("2018-10", t.WILTSHIRE_OCTOBER, WILTSHIRE)
    town.seal()
    ((nowhere,),) = town.ask(
        "SELECT sum(rows)::int FROM placement_tally WHERE vintage = :vintage AND route IN"
        " ('no_location', 'outside', 'code_not_loaded', 'split_without_point')",
        vintage=vintage,
    )
    figures = town.values("crime_count", vintage, "2018-10", ALL)
    assert NO_DATA not in figures.values()
    assert sum(figures.values()) + nowhere == 22 + 1  # type: ignore[arg-type]


def test_a_superseded_delivery_counts_no_more(town: Town):
    town.draw("lsoa_2011")
    town.census()
    town.crimes("2018-10", OCTOBER)
    town.crimes("2018-10", OCTOBER[:4])
    town.seal()
    assert town.values("crime_count", "lsoa_2011", "2018-10", ALL)[code(1)] == 4


# ---------------------------------------------------------------- coverage


def test_a_district_whose_force_delivered_is_covered_even_without_incidents(town: Town):
    town.draw("lsoa_2011")
    town.census()
    town.crimes("2018-10", OCTOBER)
    town.crimes("2018-10", t.WILTSHIRE_OCTOBER, WILTSHIRE)
    town.seal()
    values = town.values("crime_count", "lsoa_2011", "2018-10", ALL)
    # one burglary in 10 of the force's own, one in 9 of its neighbour's, nothing in 11 and 12
    assert {n: values[code(n)] for n in (9, 10, 11, 12)} == {9: 1, 10: 1, 11: 0, 12: 0}


def test_where_no_look_up_tells_the_district_a_count_is_incomplete_and_nothing_is_unknown(
    town: Town,
):
    town.draw("lsoa_2011")
    town.crimes("2018-10", OCTOBER)
    town.seal()
    rows = town.rows("crime_count", "lsoa_2011", "2018-10", ALL)
    told = {area: (row["value"], row["status"], row["reason"]) for area, row in rows.items()}
    assert told[code(1)] == (5, "incomplete", "coverage_unknown")
    assert told[code(9)] == (1, "incomplete", "coverage_unknown")
    assert told[code(8)] == (None, "withheld", NO_DATA)


def test_a_larger_area_that_is_covered_in_part_is_incomplete(town: Town):
    """A region around both districts, one of which delivered nothing."""
    town.draw("lsoa_2011")
    town.census()
    town.crimes("2018-10", OCTOBER)
    town.seal()
    row = one_figure(town, "crime_count", "region_2011", "E12000009", "2018-10")
    assert (row["value"], row["status"], row["reason"]) == (17, "incomplete", "incomplete_source")


def test_a_quarter_appears_with_its_three_months_and_a_year_with_its_twelve(town: Town):
    town.draw("lsoa_2011")
    town.census()

    def periods() -> set[tuple]:
        town.seal()
        return set(
            town.ask(
                "SELECT DISTINCT period FROM estimate_series WHERE vintage='lsoa_2011'"
                " AND indicator = 'crime_count'"
            )
        )

    town.crimes("2018-10", OCTOBER)
    town.crimes("2018-11", t.NOVEMBER)
    assert periods() == {("2018-10",), ("2018-11",)}
    town.crimes("2018-12", t.DECEMBER)
    assert periods() == {("2018-10",), ("2018-11",), ("2018-12",), ("2018-Q4",)}
    # 5 + 2 + 1 in square 1; 1 + 1 in 3
    quarter = town.values("crime_count", "lsoa_2011", "2018-Q4", ALL)
    assert (quarter[code(1)], quarter[code(3)]) == (8, 2)


def test_a_quarter_that_another_force_filled_is_incomplete_for_the_one_that_did_not(town: Town):
    town.draw("lsoa_2011")
    town.census()
    for month in ("2018-10", "2018-11", "2018-12"):
        town.crimes(month, t.DECEMBER)
    town.crimes("2018-10", t.WILTSHIRE_OCTOBER, WILTSHIRE)
    town.seal()
    rows = town.rows("crime_count", "lsoa_2011", "2018-Q4", ALL)
    told = {area: (row["value"], row["status"], row["reason"]) for area, row in rows.items()}
    assert told[code(1)] == (3, "observed", None)
    assert told[code(10)] == (1, "incomplete", "incomplete_source")
    assert told[code(11)] == (0, "incomplete", "incomplete_source")


def test_a_month_that_was_never_delivered_leaves_its_quarter_and_year_incomplete(town: Town):
    """One force and one gap: neither period goes without a word, and none is told as whole."""
    town.draw("lsoa_2011")
    town.census()
    for number in (*range(1, 8), *range(9, 13)):
        town.crimes(f"2018-{number:02}", t.DECEMBER)
    town.crimes("2019-01", t.DECEMBER)
    town.seal()
    told = {
        period: one_figure(town, "crime_count", "lsoa_2011", code(1), period)
        for period in ("2018", "2018-Q2", "2018-Q3")
    }
    assert {
        period: (row["value"], row["status"], row["reason"]) for period, row in told.items()
    } == {
        "2018": (11, "incomplete", "incomplete_source"),
        "2018-Q2": (3, "observed", None),
        "2018-Q3": (2, "incomplete", "incomplete_source"),
    }
    periods = {period for (period,) in town.ask("SELECT DISTINCT period FROM estimate_series")}
    assert periods.isdisjoint({"2018-08", "2019-Q1", "2019"})


# ---------------------------------------------------------------- denominators


def test_a_rate_is_its_count_over_the_residents_of_the_nearest_year(whole: Town):
    # 5 incidents among the 200 residents of 2018, not the 100 of 2011
    row = one_figure(whole, "crime_rate_residents", "lsoa_2011", code(1), "2018-10")
    assert (row["value"], row["numerator"], row["denominator"]) == (25, 5, 200)
    assert (row["lower"], row["upper"]) == pytest.approx((8.1174, 58.3416), abs=1e-3)


def test_the_denominator_of_a_period_is_told_in_words(whole: Town):
    from lris.figures import figures
    from lris.terms import PUBLIC

    page = figures(
        whole.reader,
        PUBLIC,
        "crime_rate_residents",
        vintage="lsoa_2011",
        period="2018-10",
        category=ALL,
    )
    assert page.meta["denominator"].startswith("Usual residents at mid-year, 2018")
    assert {one["id"] for one in page.meta["sources"]} == {"police_street_crime", "population_sape"}


@pytest.mark.parametrize(("month", "residents"), [("2013-10", 100), ("2016-10", 200)])
def test_nearest_is_nearest_in_time(town: Town, month: str, residents: int):
    """Between the census of 2011 and the estimate of 2018 the middle lies at the end of 2014."""
    town.draw("lsoa_2011")
    town.census()
    town.estimates()
    town.crimes(month, t.DECEMBER)
    town.seal()
    row = one_figure(town, "crime_rate_residents", "lsoa_2011", code(1), month)
    assert row["denominator"] == residents


def test_a_rate_that_nothing_loaded_can_divide_is_not_derived_and_the_profile_says_so(town: Town):
    town.draw("lsoa_2021")
    town.changes()
    town.crimes("2018-10", OCTOBER)
    town.seal()
    assert town.ask("SELECT count(*) FROM estimate_series WHERE indicator LIKE 'crime_rate%'") == [
        (0,)
    ]
    gaps = profile(town.reader, PUBLIC, AreaCode("lsoa_2021", code(1)))["gaps"]
    (said,) = [gap for gap in gaps if gap["sentence"].startswith("Crime rate per 1,000 households")]
    assert said["topic"] == "crime"
    assert "nothing to divide by is loaded" in said["sentence"]
    assert town.catalogue.source("census_2011_population").title in said["sentence"]


def test_a_rate_of_areas_without_a_population_is_withheld_and_says_why(town: Town):
    town.draw("lsoa_2021")
    town.census()
    town.crimes("2018-10", OCTOBER)
    town.seal()
    row = one_figure(town, "crime_rate_residents", "lsoa_2021", code(1), "2018-10")
    assert (row["value"], row["status"], row["reason"]) == (None, "withheld", "no_denominator")
    assert row["numerator"] == 6  # by their points, as no look-up tells of their codes


def test_nobody_living_there_is_no_denominator(town: Town):
    town.draw("lsoa_2011")
    town.census()
    town.estimates(residents={n: 0 if n == 1 else 100 for n in SQUARES})
    town.crimes("2018-10", OCTOBER)
    town.seal()
    values = town.values("crime_rate_residents", "lsoa_2011", "2018-10", ALL)
    assert (values[code(1)], values[code(2)]) == ("no_denominator", 40)


def test_population_is_carried_to_2021_where_it_is_known_how_much_went_where(whole: Town):
    """5 gave a fifth of its ground to 6; by whom 2 is to be shared out nothing loaded says."""
    unchanged = {n: 200 * n for n in (1, 7, 8, 9, 10, 11, 12)}
    changed = {103: 600 + 800, 105: 800, 106: 1200 + 200, 101: CHANGED, 102: CHANGED}
    assert whole.values("population", "lsoa_2021", "2018") == by_code(
        {n: pytest.approx(v) if v != CHANGED else v for n, v in (unchanged | changed).items()}
    )


def test_a_rate_of_2021_has_the_population_of_its_own_ground_or_none(whole: Town):
    values = whole.values("crime_rate_residents", "lsoa_2021", "2018-10", ALL)
    assert values[code(1)] == 25
    assert values[code(103)] == pytest.approx(3 / 1400 * 1000)
    assert values[code(106)] == pytest.approx(2 / 1400 * 1000)
    assert {values[code(n)] for n in (101, 102)} == {"no_denominator"}


def test_what_is_divided_by_an_estimate_is_one(whole: Town):
    rows = whole.rows("crime_rate_residents", "lsoa_2021", "2018-10", ALL)
    told = {n: (rows[code(n)]["status"], rows[code(n)]["reason"]) for n in (103, 105, 106)}
    assert told == {
        103: ("observed", None),
        105: ("estimated", "shared_out"),
        106: ("estimated", "shared_out"),
    }


def test_what_a_split_area_had_is_shared_out_by_the_residents_of_its_parts(town: Town):
    """300 and 100 people lived in the halves of 2 in 2021: 3/4 and 1/4 of its 400 in 2018."""
    for vintage in ("lsoa_2011", "lsoa_2021", "msoa_2021"):
        town.draw(vintage)
    town.changes()
    town.estimates()
    town.load("census_2021_religion", t.census_2021_file(town.folder, {101: 300, 102: 100}))
    town.seal()
    rows = town.rows("population", "lsoa_2021", "2018")
    told = {n: (rows[code(n)]["value"], rows[code(n)]["reason"]) for n in (101, 102)}
    assert told == {101: (300, "shared_out"), 102: (100, "shared_out")}
    assert sum(row["value"] for row in rows.values()) == pytest.approx(200 * sum(SQUARES))


@pytest.mark.parametrize("with_residents", [False, True])
def test_a_larger_area_of_2021_holds_all_that_a_split_area_became(
    town: Town, *, with_residents: bool
):
    """Whether or not its parts can be told apart: the same figure by two roads is the same."""
    for vintage in ("lsoa_2011", "lsoa_2021", "msoa_2021"):
        town.draw(vintage)
    town.changes()
    town.census()
    town.estimates()
    if with_residents:
        town.load("census_2021_religion", t.census_2021_file(town.folder, {101: 300, 102: 100}))
    town.seal()
    rows = town.rows("population", "msoa_2021", "2018")
    assert {area: (row["value"], row["status"]) for area, row in rows.items()} == {
        msoa(1): (2800, "observed"),
        msoa(3): (4400, "observed"),
        msoa(9): (8400, "observed"),
    }


def test_a_larger_area_with_a_part_of_its_population_missing_is_incomplete_and_divides_nothing(
    town: Town,
):
    for vintage in ("lsoa_2011", "lsoa_2021", "msoa_2021"):
        town.draw(vintage)
    town.changes()
    town.crimes("2018-10", OCTOBER)
    town.estimates(residents={n: 200 * n for n in SQUARES if n != 6})
    town.seal()
    row = one_figure(town, "population", "msoa_2021", msoa(1), "2018", "")
    assert (row["value"], row["status"], row["reason"]) == (1600, "incomplete", "incomplete_source")
    rate = one_figure(town, "crime_rate_residents", "msoa_2021", msoa(1), "2018-10")
    assert (rate["value"], rate["reason"]) == (None, "no_denominator")


def test_a_merged_area_with_one_part_undelivered_has_no_whole_population(town: Town):
    town.draw("lsoa_2011")
    town.draw("lsoa_2021")
    town.changes()
    town.estimates(residents={n: 200 * n for n in SQUARES if n != 4})
    town.seal()
    assert town.values("population", "lsoa_2021", "2018")[code(103)] == NO_DATA


def test_population_is_summed_to_larger_areas_by_either_road(whole: Town):
    # 200 x (1+2+5+6), 200 x (3+4+7+8), 200 x (9+10+11+12)
    assert whole.values("population", "msoa_2011", "2018") == {
        msoa(1): 2800,
        msoa(3): 4400,
        msoa(9): 8400,
    }
    assert whole.values("population", "lad_2011", "2018") == {t.BRISTOL: 7200, t.SWINDON: 8400}


def test_households_are_the_censuss(whole: Town):
    values = whole.values("households", "lsoa_2011", "2011")
    assert values == {code(n): 40 * n for n in SQUARES}
    row = one_figure(whole, "crime_rate_households", "lsoa_2011", code(1), "2018-10", "burglary")
    assert (row["value"], row["denominator"]) == (50, 40)


# ---------------------------------------------------------------- beside something else


def a_year(town: Town, year: int, crimes: list[Crime]) -> None:
    for month in range(1, 13):
        town.crimes(f"{year}-{month:02}", crimes)


def test_a_period_is_put_beside_the_same_months_a_year_before(town: Town):
    """Burglaries in 1: four in October 2018, two the year before; in 3 three, and none before."""
    town.draw("lsoa_2011")
    town.census()
    town.crimes("2017-10", [Crime(t.BURGLARY, 1)] * 2)
    town.crimes("2018-10", [Crime(t.BURGLARY, 1)] * 4 + [Crime(t.BURGLARY, 3)] * 3)
    town.seal()
    rows = town.rows("crime_change", "lsoa_2011", "2018-10", "burglary")
    one = rows[code(1)]
    assert (one["value"], one["numerator"], one["denominator"]) == (200, 4, 2)
    # 4 of 6 is a share of 0.6667, exact limits 0.2228 and 0.9567: ratios 0.2866 and 22.11
    assert (one["lower"], one["upper"]) == pytest.approx((28.66, 2211), rel=1e-3)
    assert (rows[code(3)]["value"], rows[code(3)]["reason"]) == (None, "no_denominator")
    assert not town.ask(
        "SELECT period FROM estimate_series WHERE indicator = 'crime_change' AND period < '2018'"
    )


def test_no_change_is_told_where_one_of_the_years_is_not_whole(town: Town):
    """The neighbouring force delivered in 2018 alone."""
    town.draw("lsoa_2011")
    town.census()
    town.crimes("2017-10", OCTOBER)
    town.crimes("2018-10", OCTOBER)
    town.crimes("2018-10", t.WILTSHIRE_OCTOBER, WILTSHIRE)
    town.seal()
    rows = town.rows("crime_change", "lsoa_2011", "2018-10", "burglary")
    assert (rows[code(1)]["value"], rows[code(1)]["status"]) == (100, "observed")
    told = (rows[code(10)]["value"], rows[code(10)]["status"], rows[code(10)]["reason"])
    assert told == (None, "withheld", "incomplete_source")


COMPUTED = {
    "crime_per_day": ("lsoa_2011", code(10), ALL),
    "asb_share": ("lsoa_2011", code(10), "anti-social-behaviour"),
    "crime_mix": ("lsoa_2011", code(10), "burglary"),
    "crime_rate_residents": ("lsoa_2011", code(10), ALL),
    "crime_location_quotient": ("lsoa_2011", code(10), "burglary"),
    "crime_concentration": ("region_2011", "E12000009", "burglary"),
    "lsoas_without_crime": ("region_2011", "E12000009", "burglary"),
    "crime_in_worst_tenth": ("region_2011", "E12000009", "burglary"),
    "lsoas_with_half_of_crime": ("region_2011", "E12000009", "burglary"),
    "core_priority_index": ("lsoa_2011", code(10), ""),
}


@pytest.mark.parametrize("indicator", COMPUTED)
def test_a_period_that_a_force_did_not_fill_marks_every_figure_made_from_it(
    quarter: Town, indicator: str
):
    """The neighbouring force delivered one month of three: nothing of it is plainly observed."""
    vintage, area, category = COMPUTED[indicator]
    row = one_figure(quarter, indicator, vintage, area, "2018-Q4", category)
    assert row["status"] in ("incomplete", "withheld")
    assert row["reason"] in ("incomplete_source", "no_denominator")


@pytest.mark.parametrize("indicator", COMPUTED)
def test_a_month_nobody_delivered_marks_every_figure_made_from_it(gap: Town, indicator: str):
    vintage, area, category = COMPUTED[indicator]
    row = one_figure(gap, indicator, vintage, area, "2018-Q3", category)
    assert row["status"] in ("incomplete", "withheld")
    assert row["reason"] == "incomplete_source"


@pytest.fixture(scope="module")
def gap(template: tuple[str, str], catalogue: Catalogue, tmp_path_factory):
    """Both forces, neither of which delivered August; tests only read it."""
    with a_town(template, catalogue, tmp_path_factory.mktemp("gap")) as made:
        made.draw("lsoa_2011")
        made.census()
        made.estimates()
        for month in ("2018-07", "2018-09", "2018-10"):
            made.crimes(month, OCTOBER)
            made.crimes(month, t.WILTSHIRE_OCTOBER, WILTSHIRE)
        made.seal()
        yield made


@pytest.fixture(scope="module")
def quarter(template: tuple[str, str], catalogue: Catalogue, tmp_path_factory):
    """Three months of one force and one of the other; tests only read it."""
    with a_town(template, catalogue, tmp_path_factory.mktemp("quarter")) as made:
        made.draw("lsoa_2011")
        made.census()
        made.estimates()
        for month in ("2018-10", "2018-11", "2018-12"):
            made.crimes(month, OCTOBER)
        made.crimes("2018-10", t.WILTSHIRE_OCTOBER, WILTSHIRE)
        made.seal()
        yield made


def test_an_index_is_relative_to_its_district_and_of_whole_districts_alone(quarter: Town):
    """The mean of the district's areas is 100; the other force delivered one month of three."""
    rows = quarter.rows("core_priority_index", "lsoa_2011", "2018-Q4")
    bristol = [rows[code(n)]["value"] for n in range(1, 9)]
    assert sum(bristol) / 8 == pytest.approx(100)
    assert {rows[code(n)]["reason"] for n in range(9, 13)} == {"incomplete_source"}


def test_harm_without_a_weight_for_every_kind_is_withheld_and_with_them_added_up(
    doors: Doors, catalogue: Catalogue, tmp_path: Path
):
    town = Town(doors, t.small(catalogue), tmp_path)
    town.draw("lsoa_2011")
    town.census()
    a_year(town, 2018, [Crime(t.BURGLARY, 1)])
    town.seal()
    found = town.rows("crime_harm", "lsoa_2011", "2018")
    assert {found[code(n)]["reason"] for n in range(1, 9)} == {"no_weight"}
    assert {found[code(n)]["reason"] for n in range(9, 13)} == {NO_DATA}

    known = catalogue.weights["crime_harm"]
    rows = tuple(
        replace(one, weight=10.0 if one.category == "burglary" else 1.0) for one in known.rows
    )
    weighed = replace(town.catalogue, weights={"crime_harm": replace(known, rows=rows)})
    town = Town(doors, weighed, tmp_path)
    town.seal()
    found = town.rows("crime_harm", "lsoa_2011", "2018")
    assert (found[code(1)]["value"], found[code(2)]["value"]) == (120, 0)


# ---------------------------------------------------------------- what is never summed


def deprivation_file(folder: Path) -> Path:
    """The first file of the Indices: ranks and deciles of three squares."""
    columns = [
        "LSOA code (2011)",
        "LSOA name (2011)",
        "Local Authority District code (2019)",
        "Local Authority District name (2019)",
        "Index of Multiple Deprivation (IMD) Rank",
        "Index of Multiple Deprivation (IMD) Decile",
    ]
    rows = [
        f'{code(n)},Townham {n},{t.BRISTOL},"Bristol, City of",{rank},{decile}'
        for n, rank, decile in ((1, 1, 1), (3, 32_844, 10), (4, 16_000, 5))
    ]
    path = folder / "imd.csv"
    path.write_text("\n".join([",".join(columns), *rows]) + "\n")
    return path


def test_ranks_and_deciles_are_of_their_own_areas_and_of_those_unchanged_since(town: Town):
    town.draw("lsoa_2011")
    town.draw("lsoa_2021")
    town.draw("msoa_2011")
    town.changes()
    town.load("iod_2019", deprivation_file(town.folder))
    town.seal()
    assert town.ask(
        "SELECT DISTINCT vintage FROM estimate_series WHERE indicator = 'imd_2019_rank' ORDER BY 1"
    ) == [("lsoa_2011",), ("lsoa_2021",)]
    ranks = town.values("imd_2019_rank", "lsoa_2011", "2019")
    assert (ranks[code(1)], ranks[code(2)], ranks[code(3)]) == (1, NO_DATA, 32_844)
    # 3 and 4 were merged: their ranks are of neither. Of 2, which was split, nothing was delivered.
    ranks = town.values("imd_2019_rank", "lsoa_2021", "2019")
    assert (ranks[code(1)], ranks[code(101)], ranks[code(103)]) == (1, NO_DATA, CHANGED)


def residents_file(folder: Path) -> Path:
    """The sixth file of the Indices: residents of three squares."""
    ages = [
        "Total population: mid 2015 (excluding prisoners)",
        "Dependent Children aged 0-15: mid 2015 (excluding prisoners)",
        "Population aged 16-59: mid 2015 (excluding prisoners)",
        "Older population aged 60 and over: mid 2015 (excluding prisoners)",
        "Working age population 18-59/64: for use with Employment Deprivation Domain"
        " (excluding prisoners)",
    ]
    columns = [
        "LSOA code (2011)",
        "LSOA name (2011)",
        "Local Authority District code (2019)",
        "Local Authority District name (2019)",
        *ages,
    ]
    rows = [
        f'{code(n)},Townham {n},{t.BRISTOL},"Bristol, City of",{people},1,1,1,1'
        for n, people in ((1, 1000), (3, 2000), (4, 1000))
    ]
    path = folder / "residents.csv"
    path.write_text("\n".join([",".join(columns), *rows]) + "\n")
    return path


def test_ranks_are_told_of_a_district_as_their_publisher_does_it(town: Town):
    town.draw("lsoa_2011")
    town.load("iod_2019", deprivation_file(town.folder), residents_file(town.folder))
    town.seal()

    def of_bristol(indicator: str) -> object:
        return town.values(indicator, "lad_2019", "2019")[t.BRISTOL]

    # 32,845 less (1000 x 1 + 2000 x 32,844 + 1000 x 16,000) / 4000
    assert of_bristol("imd_2019_average_rank") == pytest.approx(32_845 - 20_422.25)
    assert of_bristol("imd_2019_most_deprived_share") == pytest.approx(100 / 3)
    assert of_bristol("imd_2019_extent") == pytest.approx(25)  # all of square 1, none of the rest
    assert of_bristol("imd_2019_local_concentration") == 32_844  # 400 people, all of square 1
    row = one_figure(town, "imd_2019_extent", "lad_2019", t.BRISTOL, "2019", "")
    assert (row["status"], row["lower"], row["denominator"]) == ("observed", None, None)
    # the place among 317 districts is not told of one
    assert town.ask(
        "SELECT count(*) FROM estimate_series WHERE indicator = 'imd_2019_extent_rank'"
    ) == [(0,)]


def test_a_district_with_a_small_area_unranked_has_no_summary(town: Town):
    town.draw("lsoa_2011")
    town.census()  # knows squares 1 to 8 as Bristol's in 2011
    town.load("iod_2019", deprivation_file(town.folder), residents_file(town.folder))
    town.seal()
    row = one_figure(town, "imd_2019_extent", "lad_2011", t.BRISTOL, "2019", "")
    assert (row["value"], row["reason"]) == (None, "incomplete_source")


def test_a_denominator_too_many_years_away_divides_nothing(town: Town):
    near = town.catalogue.indicator("crime_rate_residents").denominator_within_years
    town.draw("lsoa_2011")
    town.census()
    year = 2011 - int(near) - 1
    town.crimes(f"{year}-10", t.DECEMBER)
    town.seal()
    row = one_figure(town, "crime_rate_residents", "lsoa_2011", code(1), f"{year}-10")
    told = (row["value"], row["status"], row["reason"], row["numerator"])
    assert told == (None, "withheld", "denominator_mismatch", 1)


def test_a_published_value_has_no_interval(whole: Town):
    row = one_figure(whole, "population", "lsoa_2011", code(1), "2018", "")
    assert (row["lower"], row["upper"], row["numerator"]) == (None, None, None)


# ---------------------------------------------------------------- deriving again


def test_deriving_again_gives_the_same(town: Town):
    town.draw("lsoa_2011")
    town.census()
    town.crimes("2018-10", OCTOBER)
    town.seal()
    query = (
        "SELECT indicator, vintage, category, period, digest FROM estimate_series ORDER BY 1,2,3,4"
    )
    before = town.ask(query)
    town.seal()
    assert town.ask(query) == before


def test_a_series_names_the_deliveries_it_is_made_of(town: Town):
    town.draw("lsoa_2011")
    town.census()
    town.crimes("2018-10", OCTOBER)
    town.crimes("2018-11", [Crime(t.BURGLARY, 1, 500, 500)])
    town.seal()
    ((census,),) = town.ask("SELECT id FROM delivery WHERE source = 'census_2011_population'")
    ((october,),) = town.ask(
        "SELECT id FROM delivery WHERE partition = :partition", partition=f"{AVON}, 2018-10"
    )
    assert town.ask(
        "SELECT DISTINCT deliveries FROM series WHERE indicator = 'crime_rate_residents'"
        " AND period = '2018-10' AND vintage = 'lsoa_2011'"
    ) == [([census, october],)]
