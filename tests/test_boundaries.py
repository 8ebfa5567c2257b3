"""Boundaries: a draft, a comparison, an edition that is never edited again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import geopandas
import pytest
import shapely
from sqlalchemy.exc import DBAPIError

from lris.areas import tolerance_for
from lris.boundaries import dissolve, load_boundaries, publish_boundaries, vintages
from lris.catalogue import Catalogue
from lris.errors import BadRequest, BoundaryFault, UnknownName
from lris.placing import place_stored
from lris.session import Doors
from lris.store.areas import edition_areas, published_editions
from lris.terms import PUBLIC
from tests import town as t
from tests.town import LSOAS_2011, Town, code

BRISTOL = {area: shape for area, shape in LSOAS_2011.items() if area < code(9)}
MOVED = LSOAS_2011 | {code(1): t.rectangle(0, 0, 1, 0.9)}


@pytest.fixture
def town(doors: Doors, catalogue: Catalogue, tmp_path: Path) -> Town:
    return Town(doors, t.small(catalogue), tmp_path)


def outlines(town: Town, vintage: str) -> dict[str, shapely.Geometry]:
    with town.doors.inspecting() as connection:
        areas = edition_areas(connection, published_editions(connection)[vintage])
    return dict(zip(areas.codes, areas.geometry, strict=True))


def same_ground(found: Mapping[str, shapely.Geometry], wanted: Mapping[str, shapely.Geometry]):
    assert set(found) == set(wanted)
    for area, shape in wanted.items():
        assert shapely.area(shapely.symmetric_difference(found[area], shape)) < 1e-6, area


def publish(town: Town, vintage: str):
    return publish_boundaries(town.doors, town.catalogue, vintage, actor="clerk")


# ---------------------------------------------------------------- drafts


def test_loading_opens_a_draft_that_nothing_uses_yet(town: Town):
    report = town.draft("lsoa_2011")
    assert (report.edition, report.areas, report.new, report.unchanged) == (1, 12, 12, 0)
    assert (report.grade, report.source_crs) == ("BGC", "EPSG:27700")
    with town.doors.inspecting() as connection:
        assert published_editions(connection) == {}
    report = town.crimes("2018-10", t.OCTOBER)
    assert report.total["unplaced"] == 22


def test_publishing_seals_the_draft_with_its_outlines_untouched(town: Town):
    town.draft("lsoa_2011")
    report = publish(town, "lsoa_2011")
    assert (report.edition, report.published, report.areas) == (1, True, 12)
    same_ground(outlines(town, "lsoa_2011"), LSOAS_2011)


def test_publishing_twice_does_nothing_and_says_so(town: Town):
    town.draw("lsoa_2011")
    again = publish(town, "lsoa_2011")
    assert (again.edition, again.published) == (1, False)


def test_publishing_what_was_never_loaded_says_how_to_load_it(town: Town):
    with pytest.raises(BoundaryFault, match="lris boundaries load lsoa_2011 FILE"):
        publish(town, "lsoa_2011")


def test_an_unknown_vintage_is_named_with_those_there_are(town: Town):
    path = t.boundary_file(town.folder, "lsoa_2011")
    with pytest.raises(UnknownName, match=r"'lsoa_1911'.*lsoa_2011, lsoa_2021"):
        load_boundaries(town.doors, town.catalogue, "lsoa_1911", [path], actor="clerk")


def test_the_same_file_again_opens_no_draft(town: Town):
    town.draw("lsoa_2011")
    report = town.draft("lsoa_2011")
    assert (report.edition, report.new, report.unchanged, report.changed) == (1, 0, 12, [])
    assert town.ask("SELECT number, state FROM edition") == [(1, "published")]


def test_an_outline_written_otherwise_is_not_a_change(town: Town):
    """The same ring from another corner, the other way round, with a vertex in a straight side."""
    town.draw("lsoa_2011")
    (west, south), (east, north) = (t.WEST, t.SOUTH), (t.WEST + 1000, t.SOUTH + 1000)
    other = shapely.Polygon(
        [(east, north), (east, south), (west, south), (west, south + 400), (west, north)]
    )
    report = town.draft("lsoa_2011", LSOAS_2011 | {code(1): other})
    assert (report.unchanged, report.changed) == (12, [])


def test_new_codes_extend_into_a_second_edition(town: Town):
    town.draw("lsoa_2011", BRISTOL)
    rest = {area: shape for area, shape in LSOAS_2011.items() if area not in BRISTOL}
    report = town.draft("lsoa_2011", rest)
    assert (report.edition, report.new, report.areas) == (2, 4, 12)
    publish(town, "lsoa_2011")
    same_ground(outlines(town, "lsoa_2011"), LSOAS_2011)
    assert town.ask(
        "SELECT number, count(*) FROM edition e JOIN edition_area a ON a.edition_id = e.id"
        " GROUP BY 1 ORDER BY 1"
    ) == [(1, 8), (2, 12)]


def test_a_draft_can_be_filled_file_by_file(town: Town):
    town.draft("lsoa_2011", BRISTOL)
    rest = {area: shape for area, shape in LSOAS_2011.items() if area not in BRISTOL}
    assert (town.draft("lsoa_2011", rest).edition, publish(town, "lsoa_2011").areas) == (1, 12)


def test_an_area_keeps_its_integer_through_editions(town: Town):
    town.draw("lsoa_2011", BRISTOL)
    before = dict(town.ask("SELECT code, id FROM area"))
    town.draw("lsoa_2011")
    after = dict(town.ask("SELECT code, id FROM area"))
    assert before.items() <= after.items()


def test_a_changed_outline_of_a_known_code_needs_a_reason(town: Town):
    town.draw("lsoa_2011")
    with pytest.raises(BoundaryFault, match=rf"1 known area.*{code(1)}.*--because"):
        town.draft("lsoa_2011", MOVED)
    assert town.ask("SELECT number, state FROM edition") == [(1, "published")]


def test_with_a_reason_a_changed_outline_is_reported_and_becomes_an_edition(town: Town):
    town.draw("lsoa_2011")
    report = town.draft("lsoa_2011", MOVED, because="corrected by the publisher")
    assert (report.edition, report.changed, report.unchanged) == (2, [code(1)], 11)
    publish(town, "lsoa_2011")
    same_ground(outlines(town, "lsoa_2011"), MOVED)
    assert town.ask(
        "SELECT because FROM audit WHERE action = 'draft' ORDER BY id DESC LIMIT 1"
    ) == [("corrected by the publisher",)]


def test_the_earlier_edition_keeps_its_own_outline(town: Town):
    town.draw("lsoa_2011")
    town.draw("lsoa_2011", MOVED, because="corrected by the publisher")
    rows = town.ask(
        "SELECT number, round(ST_Area(geom)) FROM edition e"
        " JOIN edition_area ea ON ea.edition_id = e.id JOIN area a ON a.id = ea.area_id"
        " JOIN shape s ON s.id = shape_id WHERE code = :code ORDER BY 1",
        code=code(1),
    )
    assert rows == [(1, 1_000_000), (2, 900_000)]


# ---------------------------------------------------------------- sealed


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE lris.edition_area SET shape_id = shape_id",
        "DELETE FROM lris.edition_area",
        "INSERT INTO lris.edition_area (edition_id, area_id, shape_id)"
        " SELECT edition_id, area_id + 1000, shape_id FROM lris.edition_area",
    ],
)
def test_a_published_edition_refuses_changes(town: Town, change: str):
    town.draw("lsoa_2011")
    with (
        pytest.raises(DBAPIError, match="a published edition is never edited"),
        town.doors.writing("clerk", "a test") as door,
    ):
        door.connection.exec_driver_sql(change)


# ---------------------------------------------------------------- reading


def test_the_reference_system_is_asked_for_where_the_file_does_not_say_it(town: Town):
    """A GeoJSON is in degrees where it says nothing; a Shapefile without .prj is anywhere."""
    squares = geopandas.GeoDataFrame(
        {"LSOA11CD": list(LSOAS_2011)}, geometry=list(LSOAS_2011.values()), crs=27700
    )
    path = town.folder / "lsoa.shp"
    squares.to_file(path)
    path.with_suffix(".prj").unlink()
    options = {"actor": "clerk"}
    with pytest.raises((BoundaryFault, BadRequest), match=r"(?i)--crs|reference system"):
        load_boundaries(town.doors, town.catalogue, "lsoa_2011", [path], **options)
    report = load_boundaries(
        town.doors, town.catalogue, "lsoa_2011", [path], crs="EPSG:27700", **options
    )
    assert report.areas == 12


@pytest.mark.parametrize(
    ("name", "grade"),
    [
        ("lsoa_2011_bfc.geojson", "BFC"),
        ("LSOA_BGC_V3.geojson", "BGC"),
        ("x_super_generalised_y.geojson", "BSC"),
        ("lsoa.geojson", "unknown"),
    ],
)
def test_how_far_outlines_were_generalised_is_read_from_the_file_name(
    town: Town, name: str, grade: str
):
    path = t.boundary_file(town.folder, "lsoa_2011", name=name)
    report = load_boundaries(town.doors, town.catalogue, "lsoa_2011", [path], actor="clerk")
    assert report.grade == grade


def test_invalid_outlines_are_mended_and_named(town: Town):
    x, y = t.WEST, t.SOUTH
    bow_tie = shapely.Polygon([(x, y), (x + 1000, y + 1000), (x + 1000, y), (x, y + 1000)])
    report = town.draft("lsoa_2011", LSOAS_2011 | {code(1): bow_tie})
    assert report.repaired == [code(1)]
    publish(town, "lsoa_2011")
    assert shapely.is_valid(outlines(town, "lsoa_2011")[code(1)])


# ---------------------------------------------------------------- parents


def test_smaller_areas_find_the_larger_ones_they_lie_in(town: Town):
    town.draw("lsoa_2011")
    town.draft("msoa_2011")
    report = publish(town, "msoa_2011")
    assert report.links["lsoa_2011 to msoa_2011"] == {
        "linked": 12.0,
        "without_parent": 0.0,
        "least_share": 1.0,
        "below_nested_share": 0.0,
    }


def test_areas_that_do_not_nest_go_whole_to_the_ward_that_holds_their_middle(town: Town):
    town.draw("lsoa_2011")
    town.draft("ward_2019")
    report = publish(town, "ward_2019")
    # of squares 3, 7 and 11 the eastern six tenths lie in the ward they go to
    assert report.links["lsoa_2011 to ward_2019"]["least_share"] == 0.6
    rows = town.ask(
        "SELECT a.code, b.code, exact FROM link JOIN area a ON a.id = from_area"
        " JOIN area b ON b.id = to_area ORDER BY 1"
    )
    east = {code(n) for n in (3, 4, 7, 8, 11, 12)}
    assert rows == [
        (area, "E05900002" if area in east else "E05900001", False) for area in sorted(LSOAS_2011)
    ]


def test_the_same_parents_are_found_whichever_is_published_first(town: Town):
    town.draw("msoa_2011")
    town.draft("lsoa_2011")
    report = publish(town, "lsoa_2011")
    assert report.links["lsoa_2011 to msoa_2011"]["linked"] == 12.0


def test_a_field_of_the_boundary_file_can_name_the_district(town: Town):
    district = {area: t.district(int(area[-3:])) for area in LSOAS_2011}
    town.draft("lsoa_2011", LADCD_ACTIVE=district)
    publish(town, "lsoa_2011")
    rows = town.ask(
        "SELECT b.vintage, b.code, b.name, count(*) FROM link JOIN area b ON b.id = to_area"
        " GROUP BY 1, 2, 3 ORDER BY 2"
    )
    assert rows == [
        ("lad_2025", t.BRISTOL, "Bristol, City of", 8),
        ("lad_2025", t.SWINDON, "Swindon", 4),
    ]


# ---------------------------------------------------------------- dissolving


def test_a_district_nobody_drew_is_the_union_of_its_squares(town: Town):
    town.draw("lsoa_2011")
    town.census()
    report = dissolve(town.doors, town.catalogue, "lad_2011", actor="clerk")
    assert (report.areas, report.grade) == (2, "BGC")
    publish(town, "lad_2011")
    same_ground(outlines(town, "lad_2011"), t.DISTRICTS)


def test_a_district_with_a_part_missing_is_not_drawn(town: Town):
    town.draw("lsoa_2011", {a: s for a, s in LSOAS_2011.items() if a != code(12)})
    town.census()
    dissolve(town.doors, town.catalogue, "lad_2011", actor="clerk")
    publish(town, "lad_2011")
    same_ground(outlines(town, "lad_2011"), {t.BRISTOL: t.DISTRICTS[t.BRISTOL]})


def test_what_has_an_edition_is_not_drawn_again(town: Town):
    town.draw("lsoa_2011")
    town.draw("msoa_2011")
    dissolve(town.doors, town.catalogue, "msoa_2011", actor="clerk")
    assert town.ask("SELECT count(*) FROM edition WHERE vintage = 'msoa_2011'") == [(1,)]


def test_nothing_can_be_drawn_from_parts_that_are_not_published(town: Town):
    with pytest.raises(BoundaryFault, match="Publish lsoa_2011 first"):
        dissolve(town.doors, town.catalogue, "msoa_2011", actor="clerk")
    town.draw("lsoa_2011")
    with pytest.raises(BoundaryFault, match="Load a look-up from lsoa_2011 to msoa_2011"):
        dissolve(town.doors, town.catalogue, "msoa_2011", actor="clerk")


# ---------------------------------------------------------------- display copies


def wavy() -> dict[str, shapely.Geometry]:
    """Squares 1 and 2, the border between them a zigzag of 40 m teeth."""
    x, y = t.WEST + 1000, t.SOUTH
    teeth = [(x + (40 if n % 2 else 0), y + 50 * n) for n in range(21)]
    return {
        code(1): shapely.Polygon([(t.WEST, y), *teeth, (t.WEST, y + 1000)]),
        code(2): shapely.Polygon([(x + 1000, y + 1000), *teeth[::-1], (x + 1000, y)]),
    }


def test_maps_get_copies_at_three_scales_whose_neighbours_share_their_borders(town: Town):
    town.draw("lsoa_2011", wavy())
    points = dict(
        town.ask("SELECT tolerance_m, sum(ST_NPoints(geom))::int FROM display GROUP BY 1")
    )
    assert set(points) == {10, 50, 200}
    assert points[200] < points[10]
    for metres in points:
        ((overlap,),) = town.ask(
            "SELECT ST_Area(ST_Intersection(a.geom, b.geom)::geography) FROM display a"
            " JOIN display b USING (edition_id, tolerance_m)"
            " WHERE a.area_id < b.area_id AND tolerance_m = :metres",
            metres=metres,
        )
        assert overlap < 0.01
    same_ground(outlines(town, "lsoa_2011"), wavy())  # what points are placed in is untouched


@pytest.mark.parametrize(
    ("zoom", "metres"), [(None, 10), (22, 10), (11, 10), (10, 50), (8, 50), (7, 200), (0, 200)]
)
def test_the_wider_the_view_the_coarser_the_copy(town: Town, zoom: int | None, metres: int):
    town.draw("lsoa_2011")
    with town.doors.reading(PUBLIC) as connection:
        edition = published_editions(connection)["lsoa_2011"]
        assert tolerance_for(connection, edition, zoom) == metres


# ---------------------------------------------------------------- looking


def test_the_list_of_vintages_tells_what_is_drawn_drafted_and_merely_known(town: Town):
    town.draw("lsoa_2011")
    town.draft("lsoa_2021")
    town.census()
    found = {one["id"]: one for one in vintages(town.doors, town.catalogue)}
    assert (found["lsoa_2011"]["edition"], found["lsoa_2011"]["areas"]) == (1, 12)
    assert (found["lsoa_2021"]["edition"], found["lsoa_2021"]["draft"]) == (None, 1)
    assert (found["lad_2011"]["edition"], found["lad_2011"]["codes_known"]) == (None, 2)


# ---------------------------------------------------------------- the placing index


@pytest.fixture
def keeping(database_url: str, catalogue: Catalogue, tmp_path: Path) -> Iterator[Town]:
    """The town on a machine that keeps placing indexes."""
    doors = Doors(database_url, indexes=tmp_path / "index")
    yield Town(doors, t.small(catalogue), tmp_path)
    doors.close()


def kept(town: Town) -> list[str]:
    return sorted(path.name for path in (town.folder / "index").glob("*"))


def placed(town: Town) -> list[tuple[object, ...]]:
    return town.ask("SELECT vintage, areas, routes FROM placement ORDER BY vintage, delivery_id")


def test_publishing_makes_the_placing_index_and_removes_that_of_the_edition_before(keeping: Town):
    keeping.draw("lsoa_2011")
    [first] = kept(keeping)
    keeping.draw("lsoa_2021")
    assert [name.partition("-")[0] for name in kept(keeping)] == ["lsoa_2011", "lsoa_2021"]
    keeping.draw("lsoa_2011", MOVED, because="an edge was corrected")
    assert len(kept(keeping)) == 2
    assert first not in kept(keeping)


def test_incidents_are_placed_alike_by_an_index_kept_missing_or_damaged(
    keeping: Town, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("lris.rules.placing.FEW_POINTS", 0)
    keeping.draw("lsoa_2011")
    [name] = kept(keeping)
    file = keeping.folder / "index" / name
    whole = file.read_bytes()
    spoilt = {
        "2018-10": lambda: None,
        "2018-11": file.unlink,
        "2018-12": lambda: file.write_bytes(whole[:-100]),
    }
    for month, spoil in spoilt.items():
        spoil()
        keeping.crimes(month, t.OCTOBER)
        assert file.read_bytes() == whole
    monkeypatch.undo()
    by_index = placed(keeping)
    with keeping.doors.writing("clerk", "place anew") as door:
        place_stored(door.connection, keeping.catalogue)
        door.record("place", "anew")
    assert placed(keeping) == by_index
