"""Areas held against each other by tests, never by overlap; what cannot be compared is refused."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from lris.catalogue import Catalogue
from lris.comparing import before_after, compare, gap_over_time
from lris.errors import BadRequest, UnknownName, UnknownPeriod
from lris.neighbourhoods import make
from lris.rules.comparing import ratio_test
from lris.rules.gaps import ratio
from lris.terms import PUBLIC, AreaCode
from tests import town as t
from tests.test_profiles import index_file
from tests.town import Crime, Town, a_town, code

RATE = "crime_rate_residents"

JANUARY = [Crime(t.BURGLARY, n, 500 + 1000 * ((n - 1) % 4), 500) for n in (1, 1, 1, 2, 2, 3, 4, 4)]
FEBRUARY = [Crime(t.BURGLARY, n, 500 + 1000 * ((n - 1) % 4), 500) for n in (1, 2, 3, 3, 4, 4, 4)]


@pytest.fixture(scope="module")
def town(template: tuple[str, str], catalogue: Catalogue, tmp_path_factory) -> Iterator[Town]:
    """The town with two more months and its ranks of deprivation, sealed."""
    with a_town(template, catalogue, tmp_path_factory.mktemp("town")) as made:
        made.whole()
        made.crimes("2019-01", JANUARY)
        made.crimes("2019-02", FEBRUARY)
        made.load("iod_2019", index_file(made.folder))
        made.seal("with ranks")
        yield made


def beside(town: Town, *areas: str) -> dict:
    return compare(town.reader, PUBLIC, ",".join(areas))


def lsoa(number: int, vintage: str = "lsoa_2011") -> str:
    return f"{vintage}/{code(number)}"


def figure(found: dict, indicator: str, category: str = "", period: str = "") -> dict:
    (first, *_) = (
        one
        for section in found["sections"]
        for one in section["figures"]
        if (one["indicator"], one["category"]) == (indicator, category)
        and period in ("", one["period"])
    )
    return first


def changed(town: Town, which: str, **asked: str) -> dict:
    given = {"indicator": RATE, "category": "burglary", "before": "2019-01", "after": "2019-02"}
    vintage, _, area = which.partition("/")
    return before_after(town.reader, PUBLIC, AreaCode(vintage, area), **{**given, **asked})


def gap(town: Town, **asked: str) -> dict:
    given = {"vintage": "lsoa_2011", "category": "all-crime", "indicator": RATE}
    return gap_over_time(town.reader, PUBLIC, **{**given, **asked})


# ---------------------------------------------------------------- side by side


def test_areas_stand_side_by_side_in_the_order_named(town: Town):
    found = beside(town, lsoa(3), lsoa(1), lsoa(2))
    assert [one["code"] for one in found["areas"]] == [code(3), code(1), code(2)]
    one = figure(found, "population")
    assert [value["value"] for value in one["values"]] == [600, 200, 400]


def test_every_pair_has_a_test_of_the_ratio_of_rates(town: Town):
    found = figure(beside(town, lsoa(1), lsoa(2), lsoa(3)), RATE, "burglary")
    assert [(one["first"], one["second"]) for one in found["tests"]] == [(0, 1), (0, 2), (1, 2)]
    first, second = found["values"][0], found["values"][1]
    expected, lower, upper, p = ratio_test(
        first["numerator"], first["denominator"], second["numerator"], second["denominator"]
    )
    (test, *_) = found["tests"]
    assert (test["kind"], test["value"]) == ("ratio", pytest.approx(float(expected)))
    assert (test["lower"], test["upper"]) == (
        pytest.approx(float(lower)),
        pytest.approx(float(upper)),
    )
    assert test["p"] == pytest.approx(float(p))
    assert test["verdict"] == "similar"
    assert "no clear difference" in test["sentence"]


def test_counts_of_areas_of_different_size_are_shown_and_not_tested(town: Town):
    found = figure(beside(town, lsoa(1), lsoa(2)), "crime_count", "all-crime")
    assert [one["value"] is not None for one in found["values"]] == [True, True]
    assert found["tests"] == []
    assert "different size" in found["tests_because"]


def test_ranks_are_shown_and_not_tested(town: Town):
    found = figure(beside(town, lsoa(1), lsoa(2)), "imd_2019_rank")
    assert [one["value"] for one in found["values"]] == [1_000, 2_000]
    assert "ranks" in found["tests_because"]


def test_an_area_is_not_tested_against_what_it_lies_in(town: Town):
    found = figure(beside(town, lsoa(1), f"lad_2011/{t.BRISTOL}"), RATE, "burglary")
    assert "lies in" in found["tests_because"]


def test_a_neighbourhood_of_ones_own_stands_beside_others(town: Town):
    asked = {"codes": [code(1), code(2)], "vintage": "lsoa_2011"}
    own = make(town.reader, PUBLIC, asked)["token"]
    found = figure(beside(town, f"own/{own}", lsoa(3)), RATE, "burglary")
    assert found["values"][0]["denominator"] == 600
    assert found["tests"][0]["because"] is None
    shared = figure(beside(town, f"own/{own}", lsoa(2)), RATE, "burglary")
    assert "blocks in common" in shared["tests_because"]


def test_the_same_ground_by_boundaries_of_two_years_is_taken_by_those_of_the_first(town: Town):
    found = beside(town, lsoa(1), lsoa(7, "lsoa_2021"))
    assert [one["vintage"] for one in found["areas"]] == ["lsoa_2011", "lsoa_2011"]


REFUSED = [
    ((lsoa(1),), "1 area is named", "from 2 to 8"),
    (tuple(lsoa(n) for n in range(1, 10)), "9 areas", "from 2 to 8"),
    ((lsoa(1), lsoa(1)), "named twice", "once"),
    ((lsoa(1), lsoa(101, "lsoa_2021")), "other boundaries than lsoa_2011", "one vintage"),
    (("lsoa_2011", lsoa(1)), "is not an area", "VINTAGE/CODE"),
]


@pytest.mark.parametrize(("areas", "says", "remedy"), REFUSED)
def test_areas_that_cannot_stand_side_by_side_are_refused(town: Town, areas, says, remedy):
    with pytest.raises(BadRequest, match=says) as refused:
        beside(town, *areas)
    assert remedy in refused.value.remedy


@pytest.mark.parametrize(
    "unknown", ["lsoa_2011/E01999999", "lsoa_1911/E01", "own/aaaaaaaaaaaaaaaa"]
)
def test_an_area_nobody_knows_is_refused_by_name(town: Town, unknown: str):
    with pytest.raises(UnknownName):
        beside(town, lsoa(1), unknown)


# ---------------------------------------------------------------- before and after


def test_the_change_of_an_area_is_held_against_the_rest_without_it(town: Town):
    found = changed(town, lsoa(1))
    # Square 1 had three burglaries and then one; the other squares of Bristol five and then six.
    assert [found[when]["area"]["numerator"] for when in ("before", "after")] == [3, 1]
    assert [found[when]["rest"]["numerator"] for when in ("before", "after")] == [5, 6]
    people = sum(200 * n for n in range(2, 9))
    assert {found[when]["rest"]["denominator"] for when in ("before", "after")} == {people}
    assert found["rest"]["code"] == t.BRISTOL
    own = ratio_test(1, 200, 3, 200)
    rest = ratio_test(6, people, 5, people)
    for name, expected in (("area_change", own), ("rest_change", rest)):
        told = [found[name][part] for part in ("value", "lower", "upper", "p")]
        assert told == pytest.approx([float(part) for part in expected])
    relative = ratio(own[:3], rest[:3])
    told = [found["relative_change"][part] for part in ("value", "lower", "upper")]
    assert told == pytest.approx([float(part) for part in relative])
    assert found["verdict"] == "similar"
    assert "no clear difference from the rest" in found["sentence"]


def test_months_of_different_length_are_told(town: Town):
    assert any("31 days" in note and "28" in note for note in changed(town, lsoa(1))["notes"])


def test_a_neighbourhood_of_ones_own_has_a_before_and_after(town: Town):
    asked = {"codes": [code(1), code(2)], "vintage": "lsoa_2011"}
    own = make(town.reader, PUBLIC, asked)["token"]
    found = changed(town, f"own/{own}")
    assert [found[when]["area"]["numerator"] for when in ("before", "after")] == [5, 2]
    assert [found[when]["rest"]["numerator"] for when in ("before", "after")] == [3, 5]


REFUSED_CHANGES = [
    (lsoa(1), {"indicator": "imd_2019_rank", "category": None}, "neither averaged", "proportion"),
    (lsoa(1), {"indicator": "crime_count"}, "is a count", "rate"),
    (lsoa(1), {"category": None}, "category is missing", "burglary"),
    (lsoa(1), {"category": "gossip"}, "no category 'gossip'", "burglary"),
    (lsoa(1), {"before": "2018-Q4", "after": "2019-01"}, "92 days and 2019-01 31", "one length"),
    (lsoa(1), {"before": "2019-02", "after": "2019-01"}, "does not end before", "earlier"),
    (lsoa(1), {"before": "2019-01", "after": "2019-01"}, "does not end before", "earlier"),
    (lsoa(9), {}, "cannot be used for", "whole"),
    (f"lad_2011/{t.BRISTOL}", {}, "cannot be used for South West", "whole"),
]


@pytest.mark.parametrize(("which", "asked", "says", "remedy"), REFUSED_CHANGES)
def test_what_has_no_before_and_after_is_refused_with_a_way_out(
    town: Town, which: str, asked: dict, says: str, remedy: str
):
    with pytest.raises(BadRequest, match=says) as refused:
        changed(town, which, **asked)
    assert remedy in refused.value.remedy


def test_all_of_a_district_has_no_rest(town: Town):
    asked = {"codes": [code(n) for n in range(1, 9)], "vintage": "lsoa_2011"}
    own = make(town.reader, PUBLIC, asked)["token"]
    with pytest.raises(BadRequest, match="is all of"):
        changed(town, f"own/{own}")


def test_a_period_nobody_published_is_refused_with_those_there_are(town: Town):
    with pytest.raises(UnknownPeriod, match="before: nothing is published of '1999-01'") as refused:
        changed(town, lsoa(1), before="1999-01")
    assert "2018-10" in refused.value.remedy


# ---------------------------------------------------------------- gaps


def test_the_most_deprived_fifth_of_england_is_held_against_the_rest(town: Town):
    """Deciles 1 and 2 are those of squares 1 and 2; squares 3 to 8 are the rest."""
    found = gap(town)
    assert (found["fifth"]["deprived"], found["fifth"]["rest"]) == (2, 6)
    assert "fifths of areas" in found["fifth"]["words"]
    rows = town.rows(RATE, "lsoa_2011", "2019-01", "all-crime")
    (month,) = (one for one in found["periods"] if one["period"] == "2019-01")
    for side, numbers in (("deprived", (1, 2)), ("rest", range(3, 9))):
        counted = sum(rows[code(n)]["numerator"] for n in numbers)
        people = sum(rows[code(n)]["denominator"] for n in numbers)
        assert month[side]["value"] == pytest.approx(1000 * counted / people)
    deprived, rest = month["deprived"], month["rest"]
    assert month["difference"]["value"] == pytest.approx(deprived["value"] - rest["value"])
    assert month["ratio"]["value"] == pytest.approx(deprived["value"] / rest["value"])


def test_periods_come_oldest_first_and_of_one_length(town: Town):
    periods = [one["period"] for one in gap(town)["periods"]]
    assert periods == ["2018-10", "2018-11", "2018-12", "2019-01", "2019-02"]


def test_a_gap_is_never_coloured_as_good_while_the_most_deprived_get_worse(town: Town):
    for category in ("all-crime", "burglary", "anti-social-behaviour"):
        found = gap(town, category=category)
        if found["change_of_level"]["value"] and found["change_of_level"]["value"] > 0:
            assert found["signal"] != "good"


def test_the_local_fifths_are_of_areas_or_of_people_and_say_so(town: Town):
    by_areas, by_people = gap(town, fifth="areas"), gap(town, fifth="people")
    assert "local and not England's" in by_areas["fifth"]["words"]
    assert "fifths of people" in by_people["fifth"]["words"]
    # Of eight areas the first two are a fifth by rank; of 7,200 people the middle one of square 3
    # is the 900th, of square 4 the 1,600th: 1, 2 and 3 hold the first 1,440.
    assert by_people["fifth"]["deprived"] == 3
    assert by_areas["fifth"]["deprived"] + by_areas["fifth"]["rest"] == 8


REFUSED_GAPS = [
    ({"indicator": "imd_2019_rank", "category": None}, "neither averaged", "proportion"),
    ({"indicator": "crime_count"}, "is a count", "rate"),
    ({"vintage": None}, "vintage is missing", "lsoa_2011"),
    ({"vintage": "msoa_2011"}, "no Index of Multiple Deprivation", "lsoa_2011"),
    ({"vintage": "lsoa_1911"}, "no figures for vintage", "lsoa_2011"),
    ({"category": "gossip"}, "no category", "burglary"),
    ({"fifth": "sixth"}, "no way 'sixth'", "england"),
    ({"within": f"msoa_2011/{t.msoa(3)}"}, "none is among the most deprived fifth", "fifth=areas"),
    ({"within": f"lad_2011/{t.SWINDON}"}, "no area here has both", "another"),
]


@pytest.mark.parametrize(("asked", "says", "remedy"), REFUSED_GAPS)
def test_where_there_is_no_gap_to_tell_it_is_refused_with_a_way_out(
    town: Town, asked: dict, says: str, remedy: str
):
    with pytest.raises(BadRequest, match=says) as refused:
        gap(town, **asked)
    assert remedy in refused.value.remedy


def test_numbers_without_end_are_no_json(town: Town):
    """Square 2 has no anti-social behaviour where square 1 has: the ratio has no end."""
    found = figure(beside(town, lsoa(1), lsoa(2)), RATE, "burglary")
    assert all(
        part is None or np.isfinite(part)
        for one in found["tests"]
        for part in (one["value"], one["lower"], one["upper"], one["p"])
    )
