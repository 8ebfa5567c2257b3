"""Reading figures: of every area one row, gaps in words, pages that lose and repeat nothing."""

from __future__ import annotations

from itertools import pairwise

import pytest

from lris.catalogue import Catalogue
from lris.errors import BadRequest, NotPublished, UnknownName, UnknownPeriod
from lris.figures import COLUMNS, FigurePage, figures, indicators, legend
from lris.session import Doors
from lris.terms import PUBLIC
from tests import town as t
from tests.town import Town, a_town, code

ALL = "all-crime"


@pytest.fixture(scope="module")
def town(template: tuple[str, str], catalogue: Catalogue, tmp_path_factory):
    """Everything of the town, sealed; tests only read it."""
    with a_town(template, catalogue, tmp_path_factory.mktemp("town")) as made:
        made.whole()
        yield made


def page(town: Town, indicator: str = "crime_count", **asked: object) -> FigurePage:
    asked = {"vintage": "lsoa_2011", "period": "2018-10"} | asked
    return figures(town.reader, PUBLIC, indicator, **asked)  # type: ignore[arg-type]


# ---------------------------------------------------------------- what there is


def test_indicators_tell_what_they_measure_when_and_where(town: Town):
    found = {one["id"]: one for one in indicators(town.reader, PUBLIC)}
    crime = found["crime_count"]
    assert crime["topic"] == "crime"
    assert crime["unit"] == "incidents"
    assert set(crime["periods"]) == {"2018-10", "2018-11", "2018-12", "2018-Q4"}
    assert {"lsoa_2011", "lsoa_2021", "msoa_2011", "ward_2019", "lad_2022"} <= set(
        crime["vintages"]
    )
    assert {one["id"] for one in crime["categories"]} >= {ALL, "burglary"}
    assert crime["publisher"]
    assert crime["licence"] == "OGL-3.0"


def test_an_indicator_without_figures_is_not_offered(town: Town):
    offered = {one["id"] for one in indicators(town.reader, PUBLIC)}
    assert offered == {
        "crime_count",
        "crime_rate_residents",
        "crime_rate_households",
        "crime_density",
        "crime_per_day",
        "asb_share",
        "crime_mix",
        "crime_location_quotient",
        "crime_concentration",
        "crime_in_worst_tenth",
        "lsoas_without_crime",
        "lsoas_with_half_of_crime",
        "core_priority_index",
        "population",
        "population_census_2011",
        "communal_residents_2011",
        "population_density",
        "households",
        "household_size_2011",
    }


def test_periods_stand_in_order_of_time(town: Town):
    (crime,) = (one for one in indicators(town.reader, PUBLIC) if one["id"] == "crime_count")
    months = [period for period in crime["periods"] if "Q" not in period]
    assert months == sorted(months)


# ---------------------------------------------------------------- rows


def test_every_area_of_the_edition_has_one_row_for_each_category(town: Town):
    found = page(town)
    categories = {row["category"] for row in found.figures}
    assert len(found.figures) == 12 * len(categories) == 12 * 16
    assert len({(row["category"], row["area_code"]) for row in found.figures}) == 12 * 16
    assert found.after is None


def test_a_row_carries_all_that_a_figure_is(town: Town):
    (row,) = page(town, category=ALL, within=f"lsoa_2011/{code(1)}").figures
    assert set(COLUMNS) <= set(row)
    assert {name: row[name] for name in COLUMNS if name not in ("lower", "upper")} == {
        "area_code": code(1),
        "vintage": "lsoa_2011",
        "indicator": "crime_count",
        "category": ALL,
        "period": "2018-10",
        "value": 5.0,
        "numerator": 5.0,
        "denominator": None,
        "unit": "incidents",
        "status": "observed",
        "reason": None,
        "release": 1,
        "fictional": False,
    }


def test_zero_missing_and_withheld_are_counted_apart(town: Town):
    counts = page(town, category=ALL).meta["counts"]
    assert counts == {
        "observed": 7,
        "zero": 1,
        "estimated": 0,
        "incomplete": 0,
        "missing": 4,
        "withheld": 0,
    }
    rates = page(town, "crime_rate_residents", vintage="lsoa_2021", category=ALL).meta["counts"]
    # 1, 7 and 103 have a rate, 8 a rate of zero, 105 and 106 one over residents shared out by
    # ground, the halves of 2 a count without residents, four nothing
    assert rates == {
        "observed": 3,
        "zero": 1,
        "estimated": 2,
        "incomplete": 0,
        "missing": 4,
        "withheld": 2,
    }


def test_a_gap_is_never_a_number(town: Town):
    for indicator in ("crime_count", "crime_rate_residents"):
        for row in page(town, indicator, vintage="lsoa_2021").figures:
            assert (row["value"] is None) == (row["status"] == "withheld")
            assert row["status"] != "withheld" or row["reason"]


@pytest.mark.parametrize("limit", [1, 5, 7, 12, 191, 192, 500])
def test_pages_lose_and_repeat_nothing(town: Town, limit: int):
    whole = [(row["category"], row["area_code"]) for row in page(town).figures]
    found, after = [], None
    while True:
        one = page(town, limit=limit, after=after)
        assert len(one.figures) <= limit
        found += [(row["category"], row["area_code"]) for row in one.figures]
        after = one.after
        if after is None:
            break
        assert len(one.figures) == limit, "a page is cut short though there is more"
    assert found == whole


def test_within_keeps_the_areas_inside(town: Town):
    def inside(within: str, vintage: str = "lsoa_2011") -> list[str]:
        rows = page(town, vintage=vintage, category=ALL, within=within).figures
        return [row["area_code"] for row in rows]

    assert inside(f"msoa_2011/{t.msoa(1)}") == [code(n) for n in (1, 2, 5, 6)]
    assert inside(f"lad_2011/{t.SWINDON}") == [code(n) for n in (9, 10, 11, 12)]
    assert inside(f"lad_2022/{t.SWINDON}", "lsoa_2021") == [code(n) for n in (9, 10, 11, 12)]
    assert inside(f"lad_2011/{t.BRISTOL}", "msoa_2011") == [t.msoa(1), t.msoa(3)]
    both = inside(f"lsoa_2011/{code(1)},msoa_2011/{t.msoa(9)}")
    assert both == [code(n) for n in (1, 9, 10, 11, 12)]


# ---------------------------------------------------------------- what is not there


@pytest.mark.parametrize(
    ("asked", "kind", "says"),
    [
        ({"vintage": None}, BadRequest, r"parameter vintage is missing.*lsoa_2011"),
        ({"vintage": "oa_2011"}, BadRequest, r"'oa_2011'.*One of|'oa_2011'.*lsoa_2011"),
        ({"period": None}, UnknownPeriod, r"parameter period is missing.*2018-Q4"),
        ({"period": "2017-10"}, UnknownPeriod, r"'2017-10'.*2018-10, 2018-Q4"),
        ({"period": "yesterday"}, UnknownPeriod, r"'yesterday'.*2018-10"),
        ({"category": "jaywalking"}, BadRequest, r"'jaywalking'.*burglary"),
        ({"within": "Bristol"}, BadRequest, r"'Bristol' is not an area.*VINTAGE/CODE"),
        ({"within": "lad_2011/E06000001"}, BadRequest, r"no area lad_2011/E06000001"),
        ({"within": "place/atlantis"}, BadRequest, r"no place 'atlantis'.*west-yorkshire"),
    ],
)
def test_what_is_not_there_is_named_together_with_what_is(
    town: Town, asked: dict[str, object], kind: type[Exception], says: str
):
    with pytest.raises(kind, match=says):
        page(town, **asked)


def test_an_unknown_indicator_is_told_with_those_there_are(town: Town):
    with pytest.raises(UnknownName, match=r"'happiness'.*crime_count"):
        page(town, "happiness")


def test_an_indicator_nobody_delivered_says_where_to_look(town: Town):
    with pytest.raises(UnknownName, match=r"imd_2019_rank.*GET /indicators"):
        page(town, "imd_2019_rank")


def test_before_the_first_release_there_is_nothing_and_it_says_what_to_do(
    doors: Doors, catalogue: Catalogue, tmp_path
):
    empty = Town(doors, catalogue, tmp_path)
    with pytest.raises(NotPublished, match="make run PLACE=west-yorkshire"):
        page(empty)


# ---------------------------------------------------------------- legends


def test_a_legend_parts_the_values_shown_and_tells_zero_and_gaps_apart(town: Town):
    found = page(town, category=ALL).meta["legend"]
    bounds = [(one["lower"], one["upper"]) for one in found["classes"]]
    assert bounds[0][0] == 1  # zero has a colour of its own
    assert bounds[-1][1] == 5
    assert all(low[1] == high[0] for low, high in pairwise(bounds))
    assert found["zero"]["label"] == "Zero"
    assert found["missing"]["label"] != found["withheld"]["label"]
    colours = [one["colour"] for one in found["classes"]] + [found["zero"]["colour"]]
    assert len(set(colours)) == len(colours)


def test_a_legend_is_of_one_category_only(town: Town):
    assert page(town).meta["legend"] is None


def test_a_legend_of_nothing_has_no_classes(town: Town):
    layer = town.catalogue.layer_of("crime_count")
    indicator = town.catalogue.indicator("crime_count")
    found = legend(layer, indicator, [{"value": None}, {"value": 0.0}])
    assert found is not None
    assert found["classes"] == []
