"""Schools stand where they are, whatever was loaded first, and keep their figures to themselves."""

from __future__ import annotations

from itertools import permutations

import pytest

from lris.catalogue import Catalogue
from lris.errors import BadRequest, UnknownName
from lris.profiles import profile
from lris.session import Doors
from lris.sites import sites_geojson
from lris.terms import PUBLIC, AreaCode
from tests import directory as d
from tests import town as t
from tests.town import Town, a_town, code

SCHOOLS = [
    d.school(1, attainment=41),
    d.school(2, at=(t.WEST + 1100.0, t.SOUTH + 500.0), attainment=42),
    d.school(3, attainment="SUPP"),
    d.school(8, attainment=48),
    d.school(9, code="TS9 9ZZ", attainment=49),
    d.school(12, code="ZZ9 9ZZ", attainment=52),
]


@pytest.fixture(scope="module")
def town(template: tuple[str, str], catalogue: Catalogue, tmp_path_factory):
    """The town with postcodes and schools, sealed; tests only read it."""
    with a_town(template, catalogue, tmp_path_factory.mktemp("town")) as made:
        for vintage in ("lsoa_2011", "msoa_2011"):
            made.draw(vintage)
        made.census()
        made.load("key_stage_4", d.schools_file(made.folder, SCHOOLS))
        made.load("postcode_directory", d.directory_file(made.folder))
        made.load("code_point_open", d.points_file(made.folder))
        made.seal()
        yield made


def page(town: Town, number: int) -> dict:
    return profile(town.reader, PUBLIC, AreaCode("lsoa_2011", code(number)))


def names(found: list[dict]) -> list[tuple[str, int | None, bool]]:
    return [(one["name"], one["distance_m"], one["inside"]) for one in found]


def test_a_profile_lists_the_schools_inside_and_the_nearest_outside(town: Town):
    assert names(page(town, 1)["sites"]) == [
        ("School 1", 0, True),
        ("School 2", 100, False),
        ("School 3", 1500, False),
        ("School 8", 2550, False),
    ]


def test_a_school_shows_its_own_figures_and_nobody_elses(town: Town):
    found = {one["name"]: one for one in page(town, 1)["sites"]}
    own = {one["indicator"]: one for one in found["School 1"]["figures"]}
    assert own["attainment_8"]["value"] == 41
    assert own["attainment_8"]["period"] == "2018/19"
    gap = {one["indicator"]: one for one in found["School 3"]["figures"]}["attainment_8"]
    assert (gap["value"], gap["reason"]) == (None, "publisher_withheld")
    assert "not averaged" in page(town, 1)["sites_note"]


def test_no_figure_of_an_area_is_made_of_its_schools(town: Town):
    shown = [one for section in page(town, 1)["sections"] for one in section["figures"]]
    assert not [one for one in shown if one["indicator"] == "attainment_8" and one["value"]]


def test_a_school_of_an_ended_postcode_without_a_point_is_in_its_area(town: Town):
    (only,) = (one for one in page(town, 9)["sites"] if one["inside"])
    assert (only["name"], only["distance_m"], only["location"]) == ("School 9", None, "areas")


def test_a_school_whose_postcode_nobody_knows_is_nowhere(town: Town):
    assert town.ask("SELECT name FROM site WHERE route = 'none' AND areas = '{}'") == [
        ("School 12",)
    ]


def test_an_area_without_an_outline_has_the_schools_its_directory_gives_it(town: Town):
    found = sites_geojson(town.reader, PUBLIC, f"lad_2022/{t.BRISTOL}")
    inside = [one["properties"]["name"] for one in found["features"]]
    assert inside == ["School 1", "School 2", "School 3", "School 8"]


def test_sites_are_geojson_with_their_points(town: Town):
    found = sites_geojson(town.reader, PUBLIC, f"lsoa_2011/{code(2)}", kind="school")
    (feature,) = found["features"]
    assert feature["properties"]["name"] == "School 2"
    longitude, latitude = feature["geometry"]["coordinates"]
    assert -2.6 < longitude < -2.5
    assert 51.4 < latitude < 51.5
    near = sites_geojson(town.reader, PUBLIC, f"lsoa_2011/{code(2)}", near_m=600)
    assert {one["properties"]["inside"] for one in near["features"]} == {True, False}


def test_what_is_not_there_is_told(town: Town):
    with pytest.raises(BadRequest, match="no kind of site 'pub'"):
        sites_geojson(town.reader, PUBLIC, f"lsoa_2011/{code(2)}", kind="pub")
    with pytest.raises(UnknownName, match="E01999999"):
        sites_geojson(town.reader, PUBLIC, "lsoa_2011/E01999999")


def located(town: Town) -> list[tuple]:
    return town.ask(
        "SELECT s.name, s.route, round(ST_X(s.geom)), round(ST_Y(s.geom)),"
        " (SELECT array_agg(a.vintage || a.code ORDER BY a.vintage) FROM area a"
        "  WHERE a.id = ANY (s.areas)) FROM current_site s ORDER BY s.name"
    )


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_order_of_loading_does_not_matter(
    doors: Doors, catalogue: Catalogue, tmp_path, town: Town, order
):
    other = Town(doors, t.small(catalogue), tmp_path)
    steps = [
        ("key_stage_4", d.schools_file(tmp_path, SCHOOLS)),
        ("postcode_directory", d.directory_file(tmp_path)),
        ("code_point_open", d.points_file(tmp_path)),
    ]
    for at in order:
        other.load(*steps[at])
    assert located(other) == located(town)


def test_a_school_follows_its_postcode_to_a_new_edition(
    doors: Doors, catalogue: Catalogue, tmp_path
):
    town = Town(doors, t.small(catalogue), tmp_path)
    town.load("key_stage_4", d.schools_file(tmp_path, [d.school(1)]))
    town.load("code_point_open", d.points_file(tmp_path))
    moved = [(d.postcode(1), 10, t.WEST + 700.0, t.SOUTH + 700.0)]
    town.load("code_point_open", d.points_file(tmp_path, moved))
    assert town.ask("SELECT ST_X(geom), ST_Y(geom) FROM current_site") == [(360_700.0, 170_700.0)]
    gone = [(d.postcode(2), 10, t.WEST + 700.0, t.SOUTH + 700.0)]
    town.load("code_point_open", d.points_file(tmp_path, gone))
    assert town.ask("SELECT route, areas FROM current_site") == [("none", [])]


def test_of_several_files_the_one_about_the_latest_time_places_a_school(
    doors: Doors, catalogue: Catalogue, tmp_path
):
    town = Town(doors, t.small(catalogue), tmp_path)
    town.draw("lsoa_2011")
    town.load("code_point_open", d.points_file(tmp_path))
    town.load("key_stage_4", d.schools_file(tmp_path, [d.school(1, name="Now Academy")]))
    with doors.writing("clerk", "an earlier year, loaded later") as door:
        door.connection.exec_driver_sql("UPDATE lris.site SET as_of = as_of + 365")
        door.record("test", "site")
    town.load("key_stage_5", _sixth_form(tmp_path))
    inside = sites_geojson(town.reader, PUBLIC, f"lsoa_2011/{code(1)}")["features"]
    assert [one["properties"]["name"] for one in inside] == ["Now Academy"]


def _sixth_form(folder):
    path = folder / "ks5.csv"
    header = (
        "RECTYPE,URN,SCHNAME,PCODE,PCODE2,TOWN,VA_INS_ALEV,PROGRESS_BAND_ALEV,TALLPPE_ALEV_1618,"
        "TALLPPEGRD_ALEV_1618,OFSTEDRATING,INSPECTIONDT,WEB,SCHTYPE,GRAMMAR,GENDER,RELIGION,"
        "LATITUDE,LONGITUDE,COLOUR1,COLOUR2,PHASE\n"
    )
    row = (
        "1,100001,Then School,TS1 1AA,TS1,Town,0.1,3,30,C,,,,Academy,No,Mixed,None,,,a,b,16 plus\n"
    )
    path.write_text(header + row)
    return path
