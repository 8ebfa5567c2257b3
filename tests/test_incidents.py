"""Looking at single incidents: under a name, for a reason, recorded, and safe to open."""

from __future__ import annotations

import csv
import json
from datetime import date

import pytest

from lris.errors import BadRequest, NotShared, UnknownName
from lris.incidents import incidents, save_incidents
from lris.terms import PUBLIC, Access, Viewer
from tests.town import SOUTH, WEST, Town, a_town, code

ANALYST = Viewer("Ada Analyst", Access.ANALYST)
HEADER = "Force,Record,Offence group,Offence,Date,From,To,Easting,Northing,Premises"
ROBBERY, THEFT = "Robbery of personal property", "Theft of a pedal cycle"
ROWS = [
    ("a1", ROBBERY, "2018-10-05", "2018-10-05 22:30", "", 500, 500, "Street"),
    ("a2", THEFT, "2018-10-31", "2018-10-31 23:00", "2018-11-01 02:15", 1200, 500, "Street"),
    ("a3", THEFT, "2018-11-02", "", "", 500, 520, "Shop"),
    ("a4", THEFT, "2018-12-24", "2018-12-24 12:00", "", None, None, "Street"),
]


@pytest.fixture(scope="module")
def town(template, catalogue, tmp_path_factory):
    with a_town(template, catalogue, tmp_path_factory.mktemp("looked")) as made:
        made.draw("lsoa_2011")
        made.census()
        path = made.folder / "2018-Q4-partner-police-crimes.csv"
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEADER.split(","))
            for record, offence, day, begin, end, x, y, premises in ROWS:
                place = (f"{WEST + x:.1f}", f"{SOUTH + y:.1f}") if x is not None else ("", "")
                writer.writerow(
                    ["Town Police", record, "G", offence, day, begin, end, *place, premises]
                )
        made.load("partner_police_crimes", path)
        yield made


def look(town: Town, viewer: Viewer = ANALYST, **more):
    more = {"because": "a test", **more}
    return incidents(town.doors, town.catalogue, viewer, "partner_police_crimes", **more)


def test_a_named_viewer_sees_times_places_and_what_was_kept(town):
    found = look(town)
    assert found["reference"].tolist() == ["a1", "a2", "a3", "a4"]
    assert found["starts"].dt.strftime("%d %H:%M").tolist() == [
        *("05 22:30", "31 23:00", "02 00:00", "24 12:00")
    ]
    assert found["ends"].dt.strftime("%d %H:%M").tolist() == [
        *("05 22:31", "01 02:16", "03 00:00", "24 12:01")
    ]
    assert found.crs.to_epsg() == 27700
    assert (found.geometry[0].x, found.geometry[0].y) == (WEST + 500, SOUTH + 500)
    assert found.geometry[3] is None
    assert set(found["source"]) == {"partner_police_crimes"}


@pytest.mark.parametrize(
    ("asked", "seen"),
    [
        ({"categories": ["theft-of-a-pedal-cycle"]}, ["a2", "a3", "a4"]),
        ({"start": date(2018, 11, 1), "end": date(2018, 11, 30)}, ["a2", "a3"]),
        ({"end": date(2018, 10, 30)}, ["a1"]),
        ({"within": f"lsoa_2011/{code(1)}"}, ["a1", "a3"]),
        ({"within": f"lsoa_2011/{code(9)}"}, []),
        ({"within": "lad_2011/E06900001", "categories": ["theft-of-a-pedal-cycle"]}, None),
    ],
)
def test_what_is_asked_for_is_what_is_seen(town, asked, seen):
    if seen is None:
        district = town.ask(
            "SELECT a.code FROM lris.area a JOIN lris.link l ON l.to_area = a.id"
            " JOIN lris.area b ON b.id = l.from_area WHERE a.vintage = 'lad_2011' AND b.code = :it",
            it=code(1),
        )[0][0]
        asked, seen = {**asked, "within": f"lad_2011/{district}"}, ["a2", "a3"]
    assert look(town, **asked)["reference"].tolist() == seen if seen else look(town, **asked).empty


def test_every_look_is_recorded_with_name_reason_and_rows(town):
    look(town, because="repeat victims in square 1", within=f"lsoa_2011/{code(1)}")
    entry = town.ask(
        "SELECT actor, because, action, subject, CAST(detail->>'rows' AS int) FROM lris.audit"
        " ORDER BY id DESC LIMIT 1"
    )
    assert entry == [
        (
            "Ada Analyst",
            "repeat victims in square 1",
            "look at incidents",
            "partner_police_crimes",
            2,
        )
    ]


@pytest.mark.parametrize(
    ("viewer", "more", "kind"),
    [
        (PUBLIC, {}, NotShared),
        (Viewer("", Access.GOVERNANCE), {}, NotShared),
        (Viewer("Petra Partner", Access.PARTNER_AGGREGATE), {}, NotShared),
        (ANALYST, {"because": "  "}, BadRequest),
        (ANALYST, {"categories": ["burglery"]}, UnknownName),
        (ANALYST, {"within": "lsoa_2011/E01999999"}, BadRequest),
    ],
)
def test_whoever_may_not_look_sees_nothing_and_is_told_why(town, viewer, more, kind):
    before = town.ask("SELECT count(*) FROM lris.audit")
    with pytest.raises(kind) as told:
        look(town, viewer, **more)
    assert told.value.remedy
    assert town.ask("SELECT count(*) FROM lris.audit") == before


def test_a_source_that_holds_no_incidents_is_refused_with_those_that_do(town):
    with pytest.raises(BadRequest, match="not incidents"):
        incidents(town.doors, town.catalogue, ANALYST, "census_2011_population", because="a test")


def test_a_spreadsheet_is_given_no_formula_to_run(town, tmp_path):
    out = tmp_path / "seen.csv"
    found = look(town).assign(premises=["Street", "=HYPERLINK(1)", "@cmd", "-1+2"])
    save_incidents(found, out)
    rows = list(csv.DictReader(out.read_text("utf-8").splitlines()))
    assert [row["premises"] for row in rows] == ["Street", "'=HYPERLINK(1)", "'@cmd", "'-1+2"]
    assert (rows[0]["easting"], rows[0]["northing"]) == (f"{WEST + 500:.1f}", f"{SOUTH + 500:.1f}")
    assert (rows[3]["easting"], rows[3]["starts"]) == ("", "2018-12-24T12:00:00")
    assert out.stat().st_mode & 0o077 == 0


def test_geojson_has_longitude_and_latitude_and_says_where_none_is_known(town, tmp_path):
    out = tmp_path / "seen.geojson"
    save_incidents(look(town), out)
    features = json.loads(out.read_text())["features"]
    east, north = features[0]["geometry"]["coordinates"]
    assert -9 < east < 3
    assert 49 < north < 61
    assert features[0]["properties"]["starts"] == "2018-10-05T22:30:00"
    assert features[3]["geometry"] is None


def test_another_ending_is_refused(town, tmp_path):
    with pytest.raises(BadRequest, match=r"neither .geojson nor .csv"):
        save_incidents(look(town), tmp_path / "seen.xls")


def test_no_incidents_are_a_file_with_a_header(town, tmp_path):
    nothing = look(town, end=date(2001, 1, 1))
    save_incidents(nothing, tmp_path / "none.csv")
    save_incidents(nothing, tmp_path / "none.geojson")
    assert (tmp_path / "none.csv").read_text().startswith("source,partition,line")
    assert json.loads((tmp_path / "none.geojson").read_text())["features"] == []
