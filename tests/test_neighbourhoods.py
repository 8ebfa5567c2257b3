"""A neighbourhood of one's own: whole blocks, sums that agree with every other road, reasons."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lris.catalogue import Catalogue
from lris.errors import BadRequest, NotPublished, UnknownName
from lris.neighbourhoods import MOST_BLOCKS, make, newest, own_profile
from lris.profiles import profile
from lris.session import Doors
from lris.terms import PUBLIC, AreaCode
from tests import directory as d
from tests import town as t
from tests.rules.test_drawn import in_degrees
from tests.test_profiles import index_file
from tests.town import Town, a_town, code


@pytest.fixture(scope="module")
def town(template: tuple[str, str], catalogue: Catalogue, tmp_path_factory) -> Iterator[Town]:
    """Everything of the town, its postcodes and its ranks of deprivation, sealed."""
    with a_town(template, catalogue, tmp_path_factory.mktemp("town")) as made:
        made.whole()
        made.load("postcode_directory", d.directory_file(made.folder))
        made.load("iod_2019", index_file(made.folder))
        made.load("key_stage_4", d.schools_file(made.folder, [d.school(n) for n in (1, 2, 5)]))
        made.seal("with ranks")
        yield made


def drawn(town: Town, *sides: float, **more: object) -> dict:
    """The neighbourhood inside a rectangle, measured in km from the town's corner."""
    return make(town.reader, PUBLIC, {"polygon": in_degrees(t.rectangle(*sides)), **more})


def coded(town: Town, *numbers: int, vintage: str = "lsoa_2011", **more: object) -> dict:
    codes = [code(n) for n in numbers]
    return make(town.reader, PUBLIC, {"codes": codes, "vintage": vintage, **more})


def taken(found: dict) -> list[str]:
    return [one["code"] for one in found["blocks"] if one["taken"]]


def shown(found: dict) -> list[dict]:
    return [figure for section in found["sections"] for figure in section["figures"]]


def figure(found: dict, indicator: str, category: str = "", period: str = "") -> dict:
    (first, *_) = (
        one
        for one in shown(found)
        if (one["indicator"], one["category"]) == (indicator, category)
        and period in ("", one["period"])
    )
    return first


NUMBERS = ("value", "lower", "upper", "numerator", "denominator", "status", "reason")


# ---------------------------------------------------------------- a line


def test_a_line_takes_the_blocks_that_lie_mostly_inside_it(town: Town):
    found = drawn(town, 0, 0, 1.6, 1, vintage="lsoa_2011")
    assert taken(found) == [code(1), code(2)]
    inside = {one["code"]: one["ground_inside"] for one in found["blocks"]}
    assert inside[code(1)] == pytest.approx(1, abs=1e-3)
    assert inside[code(2)] == pytest.approx(0.6, abs=1e-3)


def test_a_block_the_line_has_little_of_is_shown_and_not_taken(town: Town):
    found = drawn(town, 0, 0, 1.4, 1, vintage="lsoa_2011")
    assert taken(found) == [code(1)]
    (left_out,) = (
        one for one in found["blocks"] if not one["taken"] and one["ground_inside"] > 0.1
    )
    assert left_out["code"] == code(2)
    assert left_out["ground_inside"] == pytest.approx(0.4, abs=1e-3)


def test_how_well_the_blocks_fit_is_told_from_both_sides(town: Town):
    fits = drawn(town, 0, 0, 1.6, 1, vintage="lsoa_2011")["degree_of_fit"]
    assert fits["covered"] == pytest.approx(1, abs=1e-3)
    assert fits["outside"] == pytest.approx(0.2, abs=1e-3)
    assert fits["taken"] == 2
    assert "20 % of their own ground lies outside the line" in fits["words"]
    assert "not kept" in fits["words"]
    fits = drawn(town, 0, 0, 1.4, 1, vintage="lsoa_2011")["degree_of_fit"]
    assert fits["covered"] == pytest.approx(1 / 1.4, abs=1e-3)
    assert fits["outside"] == pytest.approx(0, abs=1e-3)


def test_incidents_inside_the_line_are_never_counted(town: Town):
    """The line holds the eastern half of square 2 alone besides square 1: whole blocks count."""
    found = drawn(town, 0, 0, 1.6, 1, vintage="lsoa_2011")
    both = coded(town, 1, 2)
    for one in shown(both):
        mine = figure(found, one["indicator"], one["category"], one["period"])
        assert [mine[name] for name in NUMBERS] == [one[name] for name in NUMBERS]


def test_the_centre_of_the_residents_decides_where_it_is_known(
    doors: Doors, catalogue: Catalogue, tmp_path: Path
):
    made = Town(doors, t.small(catalogue), tmp_path)
    made.draw("lsoa_2011")
    made.census()
    made.seal()
    before = drawn(made, 0, 0, 1.6, 1)
    assert taken(before) == [code(1), code(2)]
    rows = [(t.WEST + 1_900, t.SOUTH + 500, 2), (t.WEST + 500, t.SOUTH + 500, 1)]
    path = tmp_path / "centres.csv"
    lines = [f"{x},{y},{n},{code(n)},Townham {n}" for x, y, n in rows]
    path.write_text("\n".join(["X,Y,objectid,lsoa11cd,lsoa11nm", *lines]) + "\n")
    made.load("lsoa_2011_centroids", path)
    assert taken(drawn(made, 0, 0, 1.6, 1)) == [code(1)]
    assert taken(drawn(made, 1.8, 0.4, 2.1, 0.6)) == [code(2)]


def test_without_a_vintage_the_line_takes_blocks_that_most_is_published_for_by_their_codes(
    town: Town,
):
    assert drawn(town, 0, 0, 4, 2)["area"]["vintage"] == "lsoa_2011"
    assert drawn(town, 0, 0, 4, 2, vintage="lsoa_2021")["area"]["vintage"] == "lsoa_2021"


REFUSED_LINES = [
    ((0.1, 0.1, 0.4, 0.4), "takes in no whole block: of Townham 001 it has 9 %", "larger"),
    ((100, 100, 101, 101), "no area of lsoa_2011 lies there", "places"),
]


@pytest.mark.parametrize(("sides", "says", "remedy"), REFUSED_LINES)
def test_a_line_around_no_block_is_refused(town: Town, sides, says: str, remedy: str):
    with pytest.raises(BadRequest, match=says) as refused:
        drawn(town, *sides, vintage="lsoa_2011")
    assert remedy in refused.value.remedy


# ---------------------------------------------------------------- sums


def test_all_of_a_district_has_the_figures_of_the_district(town: Town):
    found = coded(town, *range(1, 9))
    whole = profile(town.reader, PUBLIC, AreaCode("lad_2011", t.BRISTOL))
    own = [one for one in shown(whole) if one["area"] is None and one["ranking"] is None]
    assert {one["indicator"] for one in own} >= {"crime_count", "population", "households"}
    for one in own:
        if not town.catalogue.indicator(one["indicator"]).additive:
            continue
        mine = figure(found, one["indicator"], one["category"], one["period"])
        assert [mine[name] for name in NUMBERS] == [one[name] for name in NUMBERS]


def test_one_block_has_its_own_figures(town: Town):
    found = coded(town, 1)
    alone = profile(town.reader, PUBLIC, AreaCode("lsoa_2011", code(1)))
    for one in shown(alone):
        added_up = town.catalogue.indicator(one["indicator"]).additive
        if one["area"] is None and one["ranking"] is None and added_up:
            mine = figure(found, one["indicator"], one["category"], one["period"])
            assert [mine[name] for name in NUMBERS] == [one[name] for name in NUMBERS]


def test_a_part_of_all_incidents_counts_blocks_where_there_were_none(town: Town):
    """Nothing happened in square 3 in December: nothing to divide by alone, nothing to add to 1."""

    def share(*numbers: int) -> dict[str, Any]:
        return figure(coded(town, *numbers), "asb_share", "anti-social-behaviour", "2018-12")

    assert (share(3)["value"], share(3)["reason"]) == (None, "no_denominator")
    assert (share(1)["value"], share(1)["denominator"]) == (0, 1)
    assert [share(1, 3)[name] for name in NUMBERS] == [share(1)[name] for name in NUMBERS]


def test_a_rate_is_that_of_the_sums(town: Town):
    found = figure(coded(town, 1, 3), "crime_rate_residents", "all-crime", "2018-12")
    # One burglary in square 1 and none in 3, over 200 and 600 residents.
    assert (found["numerator"], found["denominator"]) == (1, 800)
    assert found["value"] == pytest.approx(1.25)


def test_a_block_without_a_figure_leaves_the_sum_incomplete_and_says_so(town: Town):
    """Square 9 is policed by a force that delivered nothing for these months."""
    found = figure(coded(town, 1, 9), "crime_count", "all-crime", "2018-12")
    assert (found["value"], found["status"], found["reason"]) == (
        1,
        "incomplete",
        "incomplete_source",
    )


def test_a_changed_boundary_is_never_filled_up(town: Town):
    found = figure(coded(town, 101, 102, vintage="lsoa_2021"), "population")
    halves = [
        figure(profile(town.reader, PUBLIC, AreaCode("lsoa_2021", code(n))), "population")
        for n in (101, 102)
    ]
    told = {one["status"] for one in halves}
    if told == {"withheld"}:
        assert found["status"] == "withheld"
        assert found["reason"] == halves[0]["reason"]
    else:
        assert found["value"] == pytest.approx(sum(one["value"] for one in halves))
        assert found["status"] == "estimated"


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.sampled_from(range(1, 9)), min_size=2, max_size=8, unique=True), st.data())
def test_however_blocks_are_divided_the_parts_add_up_to_the_whole(
    town: Town, numbers: list[int], data: st.DataObject
):
    at = data.draw(st.integers(1, len(numbers) - 1))
    whole, left, right = (coded(town, *some) for some in (numbers, numbers[:at], numbers[at:]))
    for one in shown(whole):
        if one["value"] is None or one["area"] is not None or one["numerator"] is None:
            continue
        parts = [
            figure(part, one["indicator"], one["category"], one["period"]) for part in (left, right)
        ]
        assert one["numerator"] == pytest.approx(sum(part["numerator"] for part in parts))
        if one["denominator"] is not None:
            below = [
                0 if part["reason"] == "no_denominator" else part["denominator"] for part in parts
            ]
            assert one["denominator"] == pytest.approx(sum(below))


# ---------------------------------------------------------------- ranks


def test_ranks_are_neither_averaged_nor_shown_but_named_as_a_gap(town: Town):
    found = coded(town, 1, 2)
    assert not [one for one in shown(found) if one["indicator"] == "imd_2019_rank"]
    (gap,) = (
        one["sentence"]
        for one in found["gaps"]
        if one["topic"] == "deprivation"
        and "averaged" in one["sentence"]
        and one["sentence"].startswith("Ranks")
    )
    assert "Index of Multiple Deprivation 2019: rank" in gap
    assert not any("decile" in sentence for sentence in found["quality"])


def test_ranks_are_told_by_their_publishers_rule_for_larger_areas(town: Town):
    """Ranks 1,000 to 8,000 of 32,844: three of the eight are in the most deprived tenth."""
    found = figure(coded(town, *range(1, 9)), "imd_2019_most_deprived_share")
    assert found["value"] == pytest.approx(100 * 3 / 8)
    assert (found["status"], found["area"]) == ("observed", None)


def test_what_is_published_for_larger_areas_alone_is_theirs(town: Town):
    found = coded(town, 1, 2)
    assert found["area"]["level"] == "custom"
    parents = {one["vintage"]: one["code"] for one in found["area"]["parents"]}
    assert parents["lad_2011"] == t.BRISTOL
    assert parents["msoa_2011"] == t.msoa(1)
    assert "lad_2011" not in {one["vintage"] for one in coded(town, 8, 9)["area"]["parents"]}, (
        "blocks of two districts lie in neither"
    )


def test_the_schools_of_its_blocks_are_its_schools(town: Town):
    found = coded(town, 1, 2)
    assert [one["inside"] for one in found["sites"]] == [True, True]
    assert found["sites_note"].startswith("2 schools in the area")
    assert coded(town, 7, 8)["sites"] == []


# ---------------------------------------------------------------- codes and postcodes


def test_codes_fit_as_named(town: Town):
    found = coded(town, 2, 1, 2)
    assert taken(found) == [code(1), code(2)]
    assert (found["degree_of_fit"]["covered"], found["degree_of_fit"]["outside"]) == (1, 0)
    assert {one["ground_inside"] for one in found["blocks"]} == {None}
    assert [one["residents"] for one in found["blocks"]] == [200, 400]


def test_larger_areas_are_opened_into_their_blocks(town: Town):
    asked = {"codes": [t.msoa(1)], "vintage": "msoa_2011"}
    found = make(town.reader, PUBLIC, asked)
    assert taken(found) == [code(n) for n in (1, 2, 5, 6)]
    assert found["area"]["vintage"] == "lsoa_2011"


def test_codes_may_say_their_vintage_themselves(town: Town):
    asked = {"codes": [f"lsoa_2011/{code(1)}", f"lsoa_2011/{code(2)}"]}
    assert taken(make(town.reader, PUBLIC, asked)) == [code(1), code(2)]


REFUSED_CODES = [
    ({"codes": [], "vintage": "lsoa_2011"}, "the list is empty", "at least one"),
    ({"codes": [code(1)]}, "codes alone", "vintage: lsoa_2011 or lsoa_2021"),
    ({"codes": [code(1), code(101)], "vintage": "lsoa_2011"}, "is of lsoa_2021", "one vintage"),
    (
        {"codes": [f"lsoa_2011/{code(1)}", f"lsoa_2021/{code(7)}"]},
        "several vintages: lsoa_2011 and lsoa_2021",
        "one vintage",
    ),
    ({"codes": [code(1), t.msoa(1)], "vintage": "lsoa_2011"}, "is no LSOA", "one level"),
    ({"codes": ["E01999999"], "vintage": "lsoa_2011"}, "nobody knows the code", "/areas"),
    ({"codes": ["x"] * 2_000, "vintage": "lsoa_2011"}, "2,000 are given", f"{MOST_BLOCKS:,}"),
    ({"codes": "E01", "vintage": "lsoa_2011"}, "no list of texts", "list"),
    ({"codes": ["E" * 41], "vintage": "lsoa_2011"}, "too long", "40"),
    ({"codes": ["E\0"], "vintage": "lsoa_2011"}, "too long", "40"),
    ({"postcodes": ["ZZ9 9ZZ"]}, "the postcode lies in no area", "spelling"),
    ({"postcodes": []}, "the list is empty", "at least one"),
    ({}, "in one way", "polygon, codes, postcodes"),
    ({"codes": [code(1)], "postcodes": ["TS1 1AA"]}, "in one way", "polygon, codes, postcodes"),
    ({"codes": [code(1)], "colour": "red"}, "unknown: colour", "vintage, name"),
    ({"codes": [code(1)], "vintage": "lsoa_2011", "name": "x" * 101}, "name", "100"),
    ({"codes": [code(1)], "vintage": "lsoa_2011", "name": "a\0b"}, "name", "100"),
    ({"codes": [code(1)], "vintage": "lsoa_2011", "name": 7}, "name", "words"),
]


@pytest.mark.parametrize(("asked", "says", "remedy"), REFUSED_CODES)
def test_what_names_no_neighbourhood_is_refused_with_a_way_out(
    town: Town, asked: dict, says: str, remedy: str
):
    with pytest.raises(BadRequest, match=says) as refused:
        make(town.reader, PUBLIC, asked)
    assert remedy in refused.value.remedy


def test_an_unknown_vintage_is_refused_by_name(town: Town):
    with pytest.raises(BadRequest, match="no vintage 'lsoa_1911'") as refused:
        coded(town, 1, vintage="lsoa_1911")
    assert "lsoa_2011" in refused.value.remedy


def test_a_vintage_of_lines_must_be_one_of_blocks(town: Town):
    with pytest.raises(BadRequest, match="no blocks of 'lad_2011'") as refused:
        drawn(town, 0, 0, 4, 2, vintage="lad_2011")
    assert "lsoa_2011" in refused.value.remedy


def test_postcodes_stand_for_the_blocks_they_lie_in_and_unknown_ones_are_named(town: Town):
    asked = {"postcodes": [d.postcode(1), d.postcode(2).lower(), "TS1 9ZZ", "nonsense"]}
    found = make(town.reader, PUBLIC, asked)
    assert taken(found) == [code(1), code(2)]
    assert found["unknown_postcodes"] == ["TS1 9ZZ", "nonsense"]
    assert found["degree_of_fit"]["covered"] is None


# ---------------------------------------------------------------- keeping


def test_the_same_request_has_the_same_address_and_the_same_profile(town: Town):
    first, again = (drawn(town, 0, 0, 1.6, 1, name="Riverside") for _ in range(2))
    assert first["token"] == again["token"]
    assert first["address"] == f"/profiles/own/{first['token']}"
    kept = own_profile(town.reader, PUBLIC, first["token"])
    assert kept == {name: value for name, value in first.items() if name != "unknown_postcodes"}
    assert kept["area"]["name"] == "Riverside"


def test_another_name_or_other_blocks_have_another_address(town: Town):
    tokens = {
        coded(town, 1, 2)["token"],
        coded(town, 1, 2, name="Riverside")["token"],
        coded(town, 1, 3)["token"],
        drawn(town, 0, 0, 2, 1, vintage="lsoa_2011")["token"],
    }
    assert len(tokens) == 4


def test_what_is_kept_is_recorded_once_and_has_neither_line_nor_postcodes(town: Town):
    token = make(town.reader, PUBLIC, {"postcodes": [d.postcode(3)], "name": "Once"})["token"]
    make(town.reader, PUBLIC, {"postcodes": [d.postcode(3)], "name": "Once"})
    entries = town.ask(
        "SELECT actor, action, detail FROM audit WHERE subject = :which",
        which=f"neighbourhood {token}",
    )
    assert [(actor, action) for actor, action, _ in entries] == [("public", "make")]
    assert d.postcode(3) not in str(entries)
    columns = town.ask(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'neighbourhood'"
    )
    assert {name for (name,) in columns} == {
        *("token", "name", "vintage", "made_from", "blocks", "taken", "inside"),
        *("covered", "outside", "made_at"),
    }


def test_those_made_last_are_listed_first(town: Town):
    token = coded(town, 7, name="The last one")["token"]
    first, *_ = newest(town.doors, PUBLIC)
    assert (first["token"], first["name"], first["blocks"]) == (token, "The last one", 1)


@pytest.mark.parametrize("token", ["", "aaaaaaaaaaaaaaaa", "../../etc", "A" * 16, "x" * 500])
def test_a_token_of_nothing_is_refused_with_a_way_out(town: Town, token: str):
    with pytest.raises(UnknownName, match="no neighbourhood was kept") as refused:
        own_profile(town.reader, PUBLIC, token)
    assert "POST /profiles" in refused.value.remedy


def test_a_neighbourhood_without_a_name_is_called_by_what_it_is(town: Town):
    assert coded(town, 1, 2)["area"]["name"].startswith("2 LSOAs in ")
    assert coded(town, 1)["area"]["name"].startswith("1 LSOA in ")


def test_a_small_neighbourhood_says_why_it_may_be_shown(town: Town):
    assert "open data" in coded(town, 1)["degree_of_fit"]["words"]
    assert "open data" not in coded(town, 5, 6, 7)["degree_of_fit"]["words"]


def test_every_indicator_is_open_which_is_why_nothing_is_withheld_for_size(catalogue: Catalogue):
    assert {one.disclosure for one in catalogue.indicators.values()} == {"open"}


def test_before_the_first_release_there_is_none(doors: Doors, catalogue: Catalogue, tmp_path: Path):
    empty = Town(doors, t.small(catalogue), tmp_path)
    empty.draw("lsoa_2011")
    with pytest.raises(NotPublished):
        coded(empty, 1)
