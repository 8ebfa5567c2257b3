"""A profile: every theme with figures, or with a sentence for the gap."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from lris.catalogue import Catalogue
from lris.catalogue.profiles import Shown
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
    assert set(gaps) - filled == {"education", "health", "deprivation"}
    assert all(sentence.endswith(".") for sentence in gaps.values())


def test_what_lacks_something_it_is_set_beside_says_what_that_is(town: Town):
    told = [one["sentence"] for one in of(town, 1)["gaps"] if one["topic"] == "crime"]
    assert told == [
        "Recorded crime beside the same months a year before: the same months of the year before"
        " are not loaded.",
        "Vulnerable Localities Index, approximated: not all that it is made of is loaded, or not"
        " for 3 months.",
        "Crime harm: not all that it is made of is loaded, or not for 12 months.",
    ]


def test_a_district_is_not_told_beside_itself_and_an_lsoa_not_how_crime_lies_within_it(town: Town):
    own = {one["indicator"] for one in shown(of(town, 1))}
    whole = profile(town.reader, PUBLIC, AreaCode("lad_2011", t.BRISTOL))
    district = {one["indicator"] for one in shown(whole)}
    assert "crime_location_quotient" in own - district
    assert "crime_concentration" in district - own
    named = [one["sentence"] for page in (whole, of(town, 1)) for one in page["gaps"]]
    assert not any("crime beside the district" in one or "Concentration" in one for one in named)


def test_counts_of_larger_areas_do_not_stand_in_for_an_areas_own(town: Town):
    """The census of 2011 knows no area of 2021: its residents of the district are not told here."""
    page = profile(town.reader, PUBLIC, AreaCode("lsoa_2021", code(101)))
    handed = [one for one in shown(page) if (one["area"] or {}).get("relation") == "larger"]
    assert not {one["indicator"] for one in handed} & {
        *("population", "population_census_2011", "households", "stroke_admissions"),
    }


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


# ---------------------------------------------------------------- the themes


def index_file(folder: Path) -> Path:
    """Ranks and deciles of the squares of Bristol: number 1 the most deprived of them."""
    header = (
        "LSOA code (2011),LSOA name (2011),Local Authority District code (2019),"
        "Local Authority District name (2019),Index of Multiple Deprivation (IMD) Rank,"
        "Index of Multiple Deprivation (IMD) Decile"
    )
    rows = [
        f"{code(n)},Townham {n},{t.BRISTOL},Bristol,{1_000 * n},{min(n, 10)}" for n in range(1, 9)
    ]
    path = folder / "File_1_IMD2019.csv"
    path.write_text("\n".join([header, *rows]) + "\n", "utf-8")
    return path


def index_of_2025_file(folder: Path, catalogue: Catalogue) -> Path:
    """The whole row of numbers by the boundaries of 2021, all of them 1."""
    header = [
        name
        for column in catalogue.source("iod_2025").layouts[0].columns
        for name in ([column.header] if isinstance(column.header, str) else column.header or ())
    ]
    rows = [[code(n), *("1" for _ in header[1:])] for n in t.IN_2021]
    path = folder / "imd2025.csv"
    path.write_text("\n".join(",".join(row) for row in [header, *rows]) + "\n", "utf-8")
    return path


def prevalence_file(folder: Path) -> Path:
    """Diabetes in Bristol alone; Swindon is not in the file."""
    path = folder / "prevalence.csv"
    header = "lad_code,lad_name,group_code,register,list,prevalence"
    path.write_text(f"{header}\n{t.BRISTOL},Bristol,DM,23.5,400,0.05875\n", "utf-8")
    return path


@pytest.fixture(scope="module")
def themed(template: tuple[str, str], catalogue: Catalogue, tmp_path_factory):
    """The town with deprivation by LSOA and a condition by district."""
    folder = tmp_path_factory.mktemp("themed")
    with a_town(template, catalogue, folder) as made:
        made.whole()
        made.load("iod_2019", index_file(folder))
        made.load("iod_2025", index_of_2025_file(folder, catalogue))
        made.load("modelled_prevalence", prevalence_file(folder))
        made.seal("deprivation and health")
        yield made


def of_area(town: Town, which: str) -> dict:
    return profile(town.reader, PUBLIC, AreaCode(*which.split("/")))


def by_indicator(found: dict, indicator: str) -> list[dict]:
    return [one for one in shown(found) if one["indicator"] == indicator]


def gap_sentences(found: dict, topic: str) -> list[str]:
    return [gap["sentence"] for gap in found["gaps"] if gap["topic"] == topic]


def test_deprivation_is_told_in_words(themed: Town):
    (decile,) = by_indicator(of(themed, 2), "imd_2019_decile")
    assert decile["words"] == "among the 20 % most deprived LSOAs in England"
    assert decile["sentence"] == "2019: among the 20 % most deprived LSOAs in England."
    assert (decile["value"], decile["ranking"], decile["area"]) == (2, "decile", None)
    (rank,) = by_indicator(of(themed, 2), "imd_2019_rank")
    assert rank["words"] == ("rank 2,000 of 32,844 LSOAs in England, where 1 is the most deprived")


def test_a_districts_figure_is_shown_as_the_districts_and_never_as_the_areas_own(themed: Town):
    for which in (f"lsoa_2011/{code(1)}", f"lsoa_2021/{code(101)}", f"msoa_2011/{t.msoa(1)}"):
        found = of_area(themed, which)
        (one,) = by_indicator(found, "modelled_prevalence")
        assert one["value"] == pytest.approx(5.875)
        assert (one["area"]["code"], one["area"]["level"]) == (t.BRISTOL, "lad")
        assert one["area"]["relation"] == "larger"
        assert f"all of {one['area']['name']} (local authority district)" in one["sentence"]


def test_a_district_without_the_figure_hands_none_down(themed: Town):
    assert by_indicator(of(themed, 9), "modelled_prevalence") == []


def test_a_theme_with_figures_of_larger_areas_alone_says_so(
    doors: Doors, catalogue: Catalogue, tmp_path: Path
):
    made = Town(doors, t.small(catalogue), tmp_path)
    made.draw("lsoa_2011")
    made.census()
    made.load("modelled_prevalence", prevalence_file(tmp_path))
    made.seal()
    (gap,) = gap_sentences(of(made, 1), "health")
    assert gap == (
        "Nothing about health is published for Townham 001 itself: the figures are of the larger"
        " areas named with them."
    )
    assert gap_sentences(of(made, 9), "health") == [
        "No figures about health are published for areas of lsoa_2011.",
        "Published for local authority districts, not for LSOAs, and never averaged or handed down:"
        " People with a condition, modelled.",
    ]


def test_ranks_by_newer_boundaries_are_shown_where_the_ground_is_the_same_and_labelled(
    themed: Town,
):
    (one,) = by_indicator(of(themed, 1), "imd_2025_decile")
    assert one["area"] == {
        "vintage": "lsoa_2021",
        "code": code(1),
        "name": "Townham 001",
        "level": "lsoa",
        "relation": "same",
    }
    assert one["sentence"] == (
        "2025, by LSOA 2021, where the boundary is the same: among the 10 % most deprived LSOAs in"
        " England."
    )
    assert by_indicator(of(themed, 3), "imd_2025_decile") == []


def test_a_rank_of_2019_stands_by_its_own_where_the_boundary_stayed(themed: Town):
    (one,) = by_indicator(of(themed, 1, "lsoa_2021"), "imd_2019_decile")
    assert (one["value"], one["area"]) == (1, None)


@pytest.mark.parametrize("number", [103, 106])
def test_no_rank_is_carried_across_a_changed_boundary(themed: Town, number: int):
    (one,) = by_indicator(of(themed, number, "lsoa_2021"), "imd_2019_decile")
    assert (one["value"], one["reason"], one["words"]) == (None, "boundary_changed", None)


def test_ranks_are_never_those_of_a_part_or_averaged(themed: Town):
    for which in (f"msoa_2011/{t.msoa(1)}", "ward_2019/E05900001"):
        found = of_area(themed, which)
        assert by_indicator(found, "imd_2019_rank") == []
        assert any(
            "Published for LSOAs" in gap and "never averaged" in gap
            for gap in gap_sentences(found, "deprivation")
        )


def test_a_ward_shows_nothing_of_the_middle_layer_area_around_most_of_it(themed: Town):
    labels = [one["area"] for one in shown(of_area(themed, "ward_2019/E05900001"))]
    assert not [one for one in labels if one and one["level"] in ("lsoa", "msoa")]


def test_an_interval_says_how_sure_it_is(themed: Town):
    found = shown(of(themed, 1))
    assert {one["confidence"] for one in found if one["lower"] is not None} == {0.95}
    assert {one["confidence"] for one in found if one["lower"] is None} == {None}


def test_figures_stand_under_the_headings_and_labels_of_the_manifest(themed: Town):
    (one,) = by_indicator(of(themed, 1), "imd_2019_decile")
    assert (one["heading"], one["label"]) == (
        "Index of Multiple Deprivation 2019",
        "All domains together",
    )


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ({}, "name one indicator"),
        ({"indicator": "a", "indicators": ["b"], "heading": "c"}, "name one indicator"),
        ({"indicators": ["a", "b"]}, "under a heading"),
        ({"indicators": ["a", "b"], "heading": "c", "labels": ["d"]}, "as many labels"),
    ],
)
def test_a_line_of_a_profile_that_does_not_add_up_is_refused(line: dict, says: str):
    with pytest.raises(ValidationError, match=says):
        Shown.model_validate(line)
