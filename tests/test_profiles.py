"""A profile: every theme with figures, or with a sentence for the gap."""

from __future__ import annotations

import pytest

from lris.catalogue import Catalogue
from lris.errors import NotPublished, UnknownName
from lris.profiles import profile
from lris.session import Doors
from lris.terms import PUBLIC, AreaCode
from tests import town as t
from tests.town import Town, a_town, code


@pytest.fixture(scope="module")
def town(template: tuple[str, str], catalogue: Catalogue, tmp_path_factory):
    """Everything of the town, sealed; tests only read it."""
    with a_town(template, catalogue, tmp_path_factory.mktemp("town")) as made:
        made.whole()
        yield made


def of(town: Town, number: int, vintage: str = "lsoa_2011") -> dict:
    return profile(town.reader, PUBLIC, AreaCode(vintage, code(number)))


def shown(found: dict) -> list[dict]:
    return [figure for section in found["sections"] for figure in section["figures"]]


def test_an_area_is_told_with_its_level_and_all_it_lies_in(town: Town):
    area = of(town, 1)["area"]
    assert (area["code"], area["vintage"], area["level"]) == (code(1), "lsoa_2011", "lsoa")
    parents = {one["vintage"]: (one["code"], one["exact"]) for one in area["parents"]}
    assert parents["msoa_2011"] == (t.msoa(1), True)
    assert parents["lad_2011"] == (t.BRISTOL, True)
    assert parents["ward_2019"] == ("E05900001", False)
    assert parents["region_2011"] == ("E12000009", True)


def test_the_sections_are_those_of_the_manifest_in_their_order(town: Town):
    wanted = [one.id for one in town.catalogue.profiles["neighbourhood"].sections]
    assert [one["id"] for one in of(town, 1)["sections"]] == wanted


def test_a_figure_is_shown_with_its_interval_in_a_sentence(town: Town):
    (row,) = (
        one
        for one in shown(of(town, 1))
        if (one["indicator"], one["category"], one["period"])
        == ("crime_count", "all-crime", "2018-10")
    )
    assert row["sentence"] == "2018-10: 5 incidents (95 % interval 2 to 12)."


def test_a_theme_without_figures_is_a_named_gap(town: Town):
    found = of(town, 1)
    filled = {one["topic"] for one in found["sections"] if one["figures"]}
    gaps = {one["topic"]: one["sentence"] for one in found["gaps"]}
    assert set(gaps) == {"education", "health", "deprivation"}
    assert not set(gaps) & filled
    assert all(sentence.endswith(".") for sentence in gaps.values())


def test_an_area_without_data_says_so_for_each_indicator_others_have(town: Town):
    found = of(town, 9)
    crime = [one for one in shown(found) if one["indicator"] == "crime_count"]
    assert crime
    assert {(one["value"], one["status"], one["reason"]) for one in crime} == {
        (None, "withheld", "no_data")
    }
    assert all("no data was delivered" in one["sentence"] for one in crime)
    assert "crime" in {one["topic"] for one in found["gaps"]}


def test_a_zero_is_a_figure_and_no_gap(town: Town):
    rows = [
        one
        for one in shown(of(town, 8))
        if (one["indicator"], one["category"], one["period"])
        == ("crime_count", "all-crime", "2018-10")
    ]
    assert [(one["value"], one["status"]) for one in rows] == [(0, "observed")]


def test_a_changed_boundary_is_said_in_words(town: Town):
    (row,) = (one for one in shown(of(town, 101, "lsoa_2021")) if one["indicator"] == "population")
    assert (row["value"], row["reason"]) == (None, "boundary_changed")
    assert "boundary changed" in row["sentence"]


def test_sources_are_those_of_the_figures_shown(town: Town):
    found = of(town, 1)
    named = {one["id"]: one for one in found["sources"]}
    assert set(named) == {"police_street_crime", "population_sape", "census_2011_population"}
    assert named["population_sape"]["publisher"] == "Office for National Statistics"
    assert "2018" in named["population_sape"]["periods"]


def test_a_profile_names_its_release(town: Town):
    found = of(town, 1)
    assert found["release"] == 1
    assert found["published"]


def test_the_newest_periods_come_first_and_months_stand_among_months(town: Town):
    periods = [
        one["period"]
        for one in shown(of(town, 1))
        if (one["indicator"], one["category"]) == ("crime_count", "all-crime")
    ]
    assert periods == ["2018-12", "2018-11", "2018-10"]


@pytest.mark.parametrize(
    ("which", "says"),
    [
        (AreaCode("lsoa_2011", "E01999999"), "no area lsoa_2011/E01999999"),
        (AreaCode("lsoa_1911", code(1)), "no vintage 'lsoa_1911'"),
    ],
)
def test_an_unknown_area_is_refused_by_name(town: Town, which: AreaCode, says: str):
    with pytest.raises(UnknownName, match=says):
        profile(town.reader, PUBLIC, which)


def test_before_the_first_release_there_is_no_profile(doors: Doors, catalogue: Catalogue, tmp_path):
    empty = Town(doors, t.small(catalogue), tmp_path)
    empty.draw("lsoa_2011")
    with pytest.raises(NotPublished):
        of(empty, 1)
