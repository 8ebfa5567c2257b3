"""Directories of postcodes are stored, and postcodes found by them."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from lris.areas import search
from lris.catalogue import Catalogue
from lris.errors import BadRequest, FileFault, NotPublished, UnknownName
from lris.postcodes import Reconciled, lookup, lookup_file, one, safe_cell
from lris.session import Doors
from lris.terms import PUBLIC
from tests import directory as d
from tests import town as t
from tests.town import Town, a_town, code


@pytest.fixture(scope="module")
def town(template: tuple[str, str], catalogue: Catalogue, tmp_path_factory):
    """The town with both directories and the names of its MSOAs; tests only read it."""
    with a_town(template, catalogue, tmp_path_factory.mktemp("town")) as made:
        for vintage in ("lsoa_2011", "lsoa_2021", "msoa_2011"):
            made.draw(vintage)
        made.load("postcode_directory", d.directory_file(made.folder))
        made.load("code_point_open", d.points_file(made.folder))
        made.load("msoa_2011_names", d.names_file(made.folder))
        yield made


@pytest.fixture
def empty(doors: Doors, catalogue: Catalogue, tmp_path: Path) -> Town:
    """The town before anything is loaded."""
    return Town(doors, t.small(catalogue), tmp_path)


def areas(town: Town, text: str) -> dict[str, tuple[str, str]]:
    (found,) = lookup(town.reader, PUBLIC, [text])
    return {area["vintage"]: (area["code"], area["route"]) for area in found["areas"]}


# ---------------------------------------------------------------- loading


def test_rows_of_another_licence_are_left_out_with_the_reason(empty: Town):
    row = "BT11AA,BT1 1AA,BT1 1AA,199901,,0,,,,,,,,\n"
    report = empty.load("postcode_directory", d.directory_file(empty.folder, more=row))
    (delivery,) = report.deliveries
    assert (delivery.rows_read, delivery.loaded, delivery.rows_skipped) == (13, 13, 1)
    assert "Northern Ireland" in delivery.skipped_because[0]
    assert empty.ask("SELECT count(*) FROM postcode WHERE postcode LIKE 'BT%'") == [(0,)]
    assert empty.ask("SELECT postcodes, points, partition FROM current_directory") == [
        (12, False, "whole")
    ]


def test_nought_nought_is_no_point(town: Town):
    assert town.ask("SELECT geom IS NULL FROM postcode WHERE postcode = 'TS31AA'") == [(True,)]


def test_a_new_edition_replaces_its_part_and_keeps_the_earlier(empty: Town):
    empty.load("code_point_open", d.points_file(empty.folder))
    empty.load("code_point_open", d.points_file(empty.folder, d.POINTS[:3]))
    empty.load("code_point_open", d.points_file(empty.folder, d.POINTS[5:6], "tt"))
    assert empty.ask("SELECT partition, postcodes FROM current_directory ORDER BY 1") == [
        ("ts", 3),
        ("tt", 1),
    ]
    assert empty.ask("SELECT count(*) FROM postcode") == [(len(d.POINTS) + 4,)]
    assert lookup(empty.reader, PUBLIC, ["TS1 8AA"])[0]["status"] == "unknown"


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([("TS1 1AA", "199913", "", 1)], "'199913' cannot be read"),
        ([("TS1 1AA", "199901", "x", 1)], "column 'ended'"),
        ([("TS1 1AA", "199901", "", 1)] * 2, "TS11AA is in the file twice"),
    ],
)
def test_a_directory_that_cannot_be_right_is_refused_whole(empty: Town, rows, says: str):
    report = empty.try_load("postcode_directory", d.directory_file(empty.folder, rows))
    assert says in report.faults[0]
    assert empty.ask("SELECT count(*) FROM postcode") == [(0,)]


# ---------------------------------------------------------------- looking up


def test_a_postcode_has_the_areas_its_directory_states_and_else_those_around_its_point(town: Town):
    found = areas(town, "TS1 1AA")
    assert found["lsoa_2011"] == (code(1), "directory")
    assert found["msoa_2011"] == (t.msoa(1), "directory")
    assert found["oa_2011"] == ("E00900001", "directory")
    assert found["lad_2025"] == (t.BRISTOL, "directory")
    assert found["lsoa_2021"] == (code(1), "point")


def test_a_split_area_is_told_apart_by_the_point(town: Town):
    assert areas(town, "TS2 1AA")["lsoa_2021"] == (code(101), "point")
    assert areas(town, "TS2 1AA")["lsoa_2011"] == (code(2), "point")


def test_a_point_on_a_shared_edge_is_in_the_first_area_by_code(town: Town):
    # The middle of square 2 of 2011 is on the border of its halves.
    assert areas(town, "TS1 2AA")["lsoa_2021"] == (code(101), "point")


def test_an_ended_postcode_still_says_where_it_was(town: Town):
    (found,) = lookup(town.reader, PUBLIC, ["ts99zz"])
    assert (found["status"], found["introduced"], found["ended"]) == ("ended", "1980-01", "2015-03")
    assert found["location"] is None
    assert areas(town, "TS9 9ZZ")["lsoa_2011"] == (code(9), "directory")


def test_an_answer_names_its_directories_and_the_location(town: Town):
    (found,) = lookup(town.reader, PUBLIC, ["TS1 1AA"])
    assert [(one["source"], one["edition"], one["licence"]) for one in found["directories"]] == [
        ("code_point_open", "2025-05", "OGL-3.0"),
        ("postcode_directory", "2022-05", "OGL-3.0"),
    ]
    assert (found["location"]["easting"], found["location"]["northing"]) == d.middle(1)
    assert found["quality"] == 10
    assert "mean of the addresses" in found["precision"]


def test_an_everyday_name_comes_with_the_area(town: Town):
    (found,) = lookup(town.reader, PUBLIC, ["TS1 3AA"])
    (msoa,) = (area for area in found["areas"] if area["vintage"] == "msoa_2011")
    assert msoa["aliases"]["known_as"] == "Hill Top"
    assert msoa["aliases"]["name_welsh"] == "Trefham 002"


def test_unknown_malformed_and_blank_are_told_apart_each_with_a_remedy(town: Town):
    found = lookup(town.reader, PUBLIC, ["ZZ9 9ZZ", "TS1", "", "ts1 1aa"])
    assert [answer["status"] for answer in found] == ["unknown", "malformed", "blank", "found"]
    assert all(answer["remedy"] for answer in found[:3])
    with pytest.raises(UnknownName, match="ZZ9 9ZZ"):
        one(town.reader, PUBLIC, "zz99zz")
    with pytest.raises(BadRequest, match="first half"):
        one(town.reader, PUBLIC, "TS1")


def test_without_a_directory_it_is_said_which_to_load(empty: Town):
    with pytest.raises(NotPublished, match="Lris load postcode_directory"):
        lookup(empty.reader, PUBLIC, ["TS1 1AA"])


def test_a_postcode_typed_where_areas_are_looked_for_finds_its_areas(town: Town):
    found = search(town.doors, town.catalogue, PUBLIC, words="ts1 1aa", vintage="lsoa_2021")
    assert [row["code"] for row in found.rows] == [code(1)]


def test_an_everyday_name_finds_its_area(town: Town):
    found = search(town.doors, town.catalogue, PUBLIC, words="quayside")
    assert [(row["code"], row["aliases"]["known_as"]) for row in found.rows] == [
        (t.msoa(1), "Quayside")
    ]


# ---------------------------------------------------------------- a whole file


def looked_up(town: Town, text: str, column: str = "pc") -> tuple[Reconciled, list[dict]]:
    path = town.folder / "asked.csv"
    path.write_text(text, encoding="utf-8-sig", newline="")
    out = io.StringIO()
    counted = lookup_file(town.reader, PUBLIC, path, column, out)
    return counted, list(csv.DictReader(io.StringIO(out.getvalue())))


def test_a_file_keeps_its_columns_and_gains_the_codes(town: Town):
    text = 'id,pc,note\r\n1,ts11aa,"a, b"\r\n2,TS9 9ZZ,\r\n3,ZZ9 9ZZ,\r\n4,what,\r\n5,,\r\n'
    counted, rows = looked_up(town, text)
    assert counted == Reconciled(rows=5, found=1, ended=1, unknown=1, malformed=1, blank=1)
    assert [row["id"] for row in rows] == ["1", "2", "3", "4", "5"]
    assert rows[0]["note"] == "a, b"
    assert (rows[0]["lsoa_2011"], rows[0]["lsoa_2021"]) == (code(1), code(1))
    assert rows[0]["lris_by_point"] == "lsoa_2021"
    assert (rows[0]["lris_easting"], rows[0]["lris_postcode"]) == ("360500", "TS1 1AA")
    assert (rows[1]["lris_status"], rows[1]["lris_ended"]) == ("ended", "2015-03")
    assert [row["lris_status"] for row in rows[2:]] == ["unknown", "malformed", "blank"]


def test_a_cell_that_a_spreadsheet_would_run_is_made_text(town: Town):
    _, rows = looked_up(town, "pc,note\r\nTS1 1AA,\"=cmd|' /C calc'!A0\"\r\nTS1 1AA,-5\r\n")
    assert rows[0]["note"].startswith("'=cmd")
    assert rows[1]["note"] == "-5"
    assert [safe_cell(text) for text in ("+1", "@x", "a=b", "")] == ["+1", "'@x", "a=b", ""]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a,b\r\n1,2\r\n", "no column is called 'pc'"),
        ("pc,pc\r\n1,2\r\n", "more than one column"),
        ("pc,b\r\nTS1 1AA\r\n", "line 2: the row has 1 cells"),
        ("", "no column is called 'pc'"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_with_its_line(town: Town, text: str, says: str):
    with pytest.raises(FileFault, match=says):
        looked_up(town, text)
