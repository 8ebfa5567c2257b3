"""Tables into frames: with small files made here, and with the publishers' own where they are."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from lris.catalogue.sources import SourceManifest
from lris.errors import FileFault, IdentifiersFound, LrisError
from lris.settings import PROJECT
from lris.sources import delimited
from lris.sources.archives import Member, members
from lris.sources.frames import IncidentBatch, LinkBatch, ObservationBatch
from lris.sources.reading import (
    read_incidents,
    read_links,
    read_names,
    read_observations,
    read_points,
    read_postcodes,
)
from lris.terms import Period

TODAY = date(2019, 6, 1)
HEADER = (
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,"
    "Crime type,Last outcome category,Context"
)


@cache
def source(name: str) -> SourceManifest:
    path = PROJECT / "geodata" / "sources" / f"{name}.toml"
    return SourceManifest.model_validate(tomllib.loads(path.read_text("utf-8")))


def member(folder: Path, text: str, name: str = "f.csv") -> Member:
    (folder / name).write_text(text, encoding="utf-8", newline="")
    return Member(name, folder / name, hashlib.sha256(text.encode()).hexdigest(), len(text))


def crime(**given: str) -> str:
    row = {
        "id": "",
        "month": "2018-10",
        "force": "Town Police",
        "lon": "-2.59",
        "lat": "51.45",
        "place": "On or near Quay Street",
        "code": "E01014540",
        "type": "Burglary",
        "outcome": "",
    } | given
    order = "id month force force lon lat place code name type outcome context"
    return ",".join(row.get(name, "") for name in order.split())


def crimes(folder: Path, *rows: str, **options: object) -> list[IncidentBatch]:
    found = member(folder, "\n".join([HEADER, *rows]) + "\n")
    police = options.pop("source", None) or source("police_street_crime")
    return list(read_incidents(found, police, today=TODAY, **options))  # type: ignore[arg-type]


def changed(name: str, column: str, **values: object) -> SourceManifest:
    """The source with one column declared otherwise."""
    manifest = source(name).model_dump()
    for layout in manifest["layouts"]:
        for declared in layout["columns"]:
            if column in declared["header"]:
                declared.update(values)
    return SourceManifest.model_validate(manifest)


# --- incidents --------------------------------------------------------------------------------


def test_an_incident_has_its_month_place_category_code_and_partition(tmp_path):
    (batch,) = crimes(tmp_path, crime(id="ab12", outcome="Under investigation"))
    assert batch.line.tolist() == [2]
    assert batch.partition.tolist() == ["Town Police, 2018-10"]
    assert batch.start[0] == np.datetime64("2018-10-01T00:00:00")
    assert batch.end[0] == np.datetime64("2018-11-01T00:00:00")
    assert batch.category.tolist() == ["burglary"]
    assert batch.code.tolist() == ["E01014540"]
    assert np.hypot(batch.x[0] - 359_098, batch.y[0] - 172_553) < 100
    assert {name: column.tolist() for name, column in batch.kept.items()} == {
        "reference": ["ab12"],
        "place": ["On or near Quay Street"],
        "outcome": ["Under investigation"],
    }


def test_identical_rows_are_separate_incidents(tmp_path):
    row = crime(type="Anti-social behaviour")
    (batch,) = crimes(tmp_path, row, row, row)
    assert batch.line.tolist() == [2, 3, 4]


def test_a_row_without_a_location_is_read_with_nowhere_for_its_point(tmp_path):
    (batch,) = crimes(tmp_path, crime(lon="", lat="", place="No Location", code=""), crime())
    assert np.isnan(batch.x).tolist() == [True, False]
    assert batch.code.tolist() == ["", "E01014540"]


def test_northern_ireland_has_a_point_and_no_code(tmp_path):
    (batch,) = crimes(tmp_path, crime(lon="-7.32", lat="54.99", code=""))
    assert np.isfinite(batch.x).all()


def test_words_the_publisher_used_before_2013_are_known(tmp_path):
    (batch,) = crimes(
        tmp_path, crime(type="Violent crime"), crime(type="Public disorder and weapons")
    )
    assert batch.category.tolist() == ["violent-crime", "public-order"]


@pytest.mark.parametrize(
    ("given", "column", "says"),
    [
        ({"type": "Jaywalking"}, "Crime type", "'Jaywalking' is not a known category"),
        ({"type": ""}, "Crime type", "blank"),
        ({"month": "2018-13"}, "Month", "'2018-13' is not a month"),
        ({"month": "10/2018"}, "Month", "is not a month"),
        ({"month": ""}, "Month", "blank"),
        ({"month": "2019-07"}, "Month", "in the future"),
        ({"force": ""}, "Reported by", "blank"),
        ({"lon": "51.45", "lat": "-2.59"}, "Longitude", "exchanged"),
        ({"lon": "359098", "lat": "172553"}, "Longitude", "National Grid"),
        ({"lon": "12.5", "lat": "41.9"}, "Longitude", "not in the United Kingdom"),
        ({"lon": "0", "lat": "0"}, "Longitude", "not in the United Kingdom"),
        ({"lon": "nan", "lat": "51"}, "Longitude", "not a coordinate"),
        ({"lon": "west", "lat": "51"}, "Longitude", "not a coordinate"),
        ({"lat": ""}, "Longitude", "only one of two"),
        ({"code": "E0101454"}, "LSOA code", "not a code of an area"),
        ({"code": "95AA01S1"}, "LSOA code", "not a code of an area"),
    ],
)
def test_a_cell_that_cannot_be_stops_the_file_with_line_and_column(tmp_path, given, column, says):
    with pytest.raises(FileFault, match=says) as caught:
        crimes(tmp_path, crime(), crime(**given))
    assert (caught.value.spot.line, caught.value.spot.column) == (3, column)
    assert caught.value.remedy


def test_a_manifest_may_have_such_rows_set_aside_giving_its_reason(tmp_path):
    lenient = changed(
        "police_street_crime", "Crime type", on_fault="quarantine", because="Being asked about."
    )
    (batch,) = crimes(tmp_path, crime(), crime(type="Jaywalking"), crime(), source=lenient)
    assert batch.line.tolist() == [2, 4]
    (aside,) = batch.quarantined
    assert aside.line == 3
    assert "'Jaywalking' is not a known category" in aside.reason
    assert "Crime type" in aside.reason
    assert aside.row == tuple(crime(type="Jaywalking").split(","))


def test_every_row_is_in_the_batches_or_in_quarantine(tmp_path, monkeypatch):
    monkeypatch.setattr(delimited, "BLOCK_BYTES", 700)
    lenient = changed("police_street_crime", "Month", on_fault="quarantine", because="A trial.")
    rows = [crime(month="2018-10" if n % 7 else "soon") for n in range(100)]
    batches = crimes(tmp_path, *rows, source=lenient)
    lines = [line for b in batches for line in [*b.line.tolist(), *(q.line for q in b.quarantined)]]
    assert len(batches) > 5
    assert sorted(lines) == list(range(2, 102))
    assert all(b.start.size == b.x.size == b.category.size == len(b) for b in batches)


def test_a_period_asked_for_is_held_against_every_row(tmp_path):
    assert crimes(tmp_path, crime(), period=Period.parse("2018-Q4"))
    with pytest.raises(FileFault, match="outside the period"):
        crimes(tmp_path, crime(), crime(month="2019-01"), period=Period.parse("2018-Q4"))


def test_a_header_without_rows_is_a_fault(tmp_path):
    with pytest.raises(FileFault, match="no rows"):
        crimes(tmp_path)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("reported by jo.bloggs@example.org", "e-mail"),
        ("patient 943 476 5919 seen", "NHS number"),
        ("9434765919", "NHS number"),
        ("NI: QQ 12 34 56 C", None),
        ("NI: AB 12 34 56 C", "National Insurance"),
        ("call 0117 496 0123", "telephone"),
        ("call +44 7700 900123 after six", "telephone"),
        ("07700900123", "telephone"),
        ("On or near Quay Street", None),
        ("943 476 5918", None),
        ("0000000000", None),
        ("UPRN 100120000000", None),
        ("On or near B3114", None),
        ("e" * 40 + "9434765919" + "0" * 14, None),
        ("38ad8fe8-682a-4533-b51a-16c9ca366294", None),
    ],
)
def test_a_cell_that_identifies_somebody_refuses_the_file_without_repeating_it(
    tmp_path, text, kind
):
    if kind is None:
        assert crimes(tmp_path, crime(place=text))
        return
    with pytest.raises(IdentifiersFound, match=kind) as caught:
        crimes(tmp_path, crime(), crime(place=text))
    assert caught.value.spot.line == 3
    assert text not in str(caught.value)


@pytest.mark.parametrize("column", ["month", "code", "lon", "type"])
def test_an_identifier_in_a_column_of_another_kind_is_not_repeated_in_the_fault(tmp_path, column):
    with pytest.raises(IdentifiersFound) as caught:
        crimes(tmp_path, crime(**{column: "9434765919"}))
    assert "9434765919" not in str(caught.value)


def test_an_identifier_is_not_let_into_quarantine(tmp_path):
    lenient = changed("police_street_crime", "Month", on_fault="quarantine", because="A trial.")
    with pytest.raises(IdentifiersFound):
        crimes(tmp_path, crime(month="9434765919"), source=lenient)


# --- the two a partner copies -----------------------------------------------------------------


def test_a_partners_points_are_read_in_grid_metres_and_in_degrees(tmp_path):
    partner = source("points_with_date_and_category")
    grid = "reference,date,category,easting,northing\nF1,2018-10-31,Fly-tipping,359098,172553\n"
    degrees = "reference,date,category,longitude,latitude\nF1,2018-10-31,Noise,-2.59,51.45\n"
    for text in (grid, degrees):
        (batch,) = read_incidents(member(tmp_path, text), partner, today=TODAY)
        assert batch.start[0] == np.datetime64("2018-10-31T00:00:00")
        assert batch.end[0] == np.datetime64("2018-11-01T00:00:00")
        assert batch.partition.tolist() == ["2018-10"]
        assert np.hypot(batch.x[0] - 359_098, batch.y[0] - 172_553) < 100


def test_degrees_in_the_columns_of_metres_are_told(tmp_path):
    text = "reference,date,category,easting,northing\nF1,2018-10-31,Noise,-2.59,51.45\n"
    with pytest.raises(FileFault, match="looks like degrees"):
        list(
            read_incidents(
                member(tmp_path, text), source("points_with_date_and_category"), today=TODAY
            )
        )


@pytest.mark.parametrize(
    ("cells", "start", "end"),
    [
        ("31/10/2018,22:30,", "2018-10-31T22:30", "2018-10-31T22:31"),
        ("31/10/2018,22:30,23:15", "2018-10-31T22:30", "2018-10-31T23:16"),
        ("31/10/2018,,", "2018-10-31", "2018-11-01"),
        ("31/10/2018,2018-10-31T22:30,2018-11-01T02:00", "2018-10-31T22:30", "2018-11-01T02:01"),
    ],
)
def test_times_from_and_to_are_read_upon_the_day_or_as_moments(tmp_path, cells, start, end):
    manifest = source("points_with_date_and_category").model_dump()
    manifest["layouts"] = manifest["layouts"][:1]
    columns = [dict(column) for column in manifest["layouts"][0]["columns"]]
    columns[1]["format"] = "%d/%m/%Y"
    columns += [
        {"header": "from", "role": "time_from"},
        {"header": "to", "role": "time_to"},
    ]
    manifest["layouts"][0]["columns"] = columns
    text = f"reference,category,easting,northing,date,from,to\nF1,Noise,359098,172553,{cells}\n"
    (batch,) = read_incidents(
        member(tmp_path, text), SourceManifest.model_validate(manifest), today=TODAY
    )
    assert (batch.start[0], batch.end[0]) == (np.datetime64(start, "s"), np.datetime64(end, "s"))


def test_a_partners_figures_are_read_with_withheld_ones_as_words(tmp_path):
    text = (
        "area_code,period,category,value\nE01000001,2018,men,12\nE01000001,2018,women,*\n"
        'E01000002,2016/17,men,"1,234"\nE01000002,2018-Q4,women,\n'
    )
    (batch,) = read_observations(member(tmp_path, text), source("area_period_value"))
    assert batch.value.tolist()[::2] == [12, 1234]
    assert np.isnan(batch.value[1])
    assert batch.withheld.tolist() == ["", "small_number", ""]
    assert batch.category.tolist() == ["men", "women", "men"]
    assert batch.period.tolist() == ["2018", "2018", "2016/17"]
    assert (batch.rows_read, batch.cells_read, batch.cells_blank) == (4, 4, 1)


# --- observations -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "kind", "says"),
    [
        ("#", "number", "'#' is not a number"),
        ("-1", "number", "too small"),
        ("1,23", "number", "is not a number"),
        ("12.5", "integer", "is not a whole number"),
        ("59%", "number", "is not a number"),
        ("59", "percent", "is not a percentage"),
        ("inf", "number", "is not a number"),
        ("#REF!", "number", "is not a number"),
        ("101%", "percent", "too large"),
    ],
)
def test_a_value_that_is_none_stops_the_file(tmp_path, cell, kind, says):
    strict = changed("area_period_value", "value", type=kind, maximum=100 if "1%" in cell else None)
    text = f"area_code,period,value\nE01000001,2018,1{'%' if kind == 'percent' else ''}\n"
    found = member(tmp_path, text + f'E01000002,2018,"{cell}"\n')
    with pytest.raises(FileFault, match=says) as caught:
        list(read_observations(found, strict))
    assert (caught.value.spot.line, caught.value.spot.column) == (3, "value")


HELD = """area_code,pupils,girls,share,share_lower,share_upper,boys,boys_share
E01000001,100,40,0.4,0.3,0.5,60,0.6
E01000002,{}
E01000003,10,4,,,,*,*
"""


def holding(outside: str = "refuse") -> SourceManifest:
    """A source whose measures have ranges and wholes; girls and boys are categories of one."""
    manifest = source("area_period_value").model_dump() | {
        "period": "2018",
        "measures": [
            {"id": "pupils", "title": "Pupils", "unit": "people", "range": [0, float("inf")]},
            {"id": "some", "title": "Some", "unit": "people", "within": "pupils"},
            {
                "id": "share",
                "title": "Share",
                "unit": "proportion",
                "range": [0, 1],
                "parts": ["lower", "upper"],
            },
        ],
    }
    for measure in manifest["measures"]:
        measure |= {"outside": outside, "because": "A trial."}
    layout = manifest["layouts"][0]
    first = {"header": ["area_code"], "role": "area_code", "vintage": "lsoa_2021"}
    values = [
        ("pupils", "pupils", None),
        ("girls", "some", "girls"),
        ("share", "share", "girls"),
        ("share_lower", "share_lower", "girls"),
        ("share_upper", "share_upper", "girls"),
        ("boys", "some", "boys"),
        ("boys_share", "share", "boys"),
    ]
    layout["columns"] = [first] + [
        {"header": [header], "role": "value", "measure": measure, "category": category}
        for header, measure, category in values
    ]
    return SourceManifest.model_validate(manifest)


OUTSIDE = [
    ("-1,0,,,,,", "pupils", "'-1' is too small"),
    ("100,101,,,,,", "girls", "'101' is above its whole"),
    ("100,40,1.5,,,,", "share", "'1.5' is too large"),
    ("100,40,0.4,-0.1,0.5,,", "share_lower", "'-0.1' is too small"),
    ("100,40,0.4,0.6,0.5,,", "share_lower", "'0.6' is above its upper limit"),
    ("100,40,,,,101,", "boys", "'101' is above its whole"),
    ("100,40,0.4,0.3,0.5,60,60", "boys_share", "'60' is too large"),
]


@pytest.mark.parametrize(("row", "column", "says"), OUTSIDE)
def test_a_value_outside_what_can_be_true_stops_the_file(tmp_path, row, column, says):
    found = member(tmp_path, HELD.format(row))
    with pytest.raises(FileFault, match=says) as caught:
        list(read_observations(found, holding()))
    assert (caught.value.spot.line, caught.value.spot.column) == (3, column)
    assert caught.value.remedy


@pytest.mark.parametrize(("row", "column", "says"), OUTSIDE)
def test_or_its_row_is_set_aside_where_the_manifest_says_so(tmp_path, row, column, says):
    found = member(tmp_path, HELD.format(row))
    (batch,) = read_observations(found, holding("quarantine"))
    (aside,) = batch.quarantined
    assert (aside.line, aside.column) == (3, column)
    assert says in aside.reason
    assert set(batch.line.tolist()) == {2, 4}


def test_the_values_of_a_cell_may_be_in_range_and_equal_to_their_whole(tmp_path):
    found = member(tmp_path, HELD.format("100,100,1,1,1,0,0"))
    (batch,) = read_observations(found, holding())
    assert batch.quarantined == ()
    assert len(batch) + batch.cells_blank == batch.cells_read == 21


def test_two_values_for_one_cell_are_found_across_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(delimited, "BLOCK_BYTES", 60)
    rows = [f"E0100000{at},2018,{at}" for at in range(9)]
    found = member(tmp_path, "\n".join(["area_code,period,value", *rows, rows[2]]) + "\n")
    with pytest.raises(
        FileFault, match=r"E01000002 has a second value.*first is on line 4"
    ) as told:
        list(read_observations(found, source("area_period_value")))
    assert told.value.spot.line == 11


@pytest.mark.parametrize(
    ("cell", "kind", "value"),
    [
        ("29199.00", "integer", 29199),
        ("29,199", "integer", 29199),
        (" 7 ", "number", 7),
        ("59%", "percent", 59),
        ("+1.5", "number", 1.5),
        ("1e3", "number", 1000),
        (".5", "number", 0.5),
    ],
)
def test_numbers_are_read_as_publishers_write_them(tmp_path, cell, kind, value):
    found = member(tmp_path, f'area_code,period,value\nE01000001,2018,"{cell}"\n')
    (batch,) = read_observations(found, changed("area_period_value", "value", type=kind))
    assert batch.value.tolist() == [value]


def without_period() -> SourceManifest:
    manifest = source("area_period_value").model_dump()
    manifest["layouts"][0]["columns"] = [
        column for column in manifest["layouts"][0]["columns"] if column["role"] != "period"
    ]
    return SourceManifest.model_validate(manifest)


def test_a_period_stated_nowhere_is_asked_for(tmp_path):
    found = member(tmp_path, "area_code,value\nE01000001,1\n")
    with pytest.raises(FileFault, match="what period") as caught:
        list(read_observations(found, without_period()))
    assert "--period" in caught.value.remedy
    (batch,) = read_observations(found, without_period(), period=Period.parse("2016/17"))
    assert batch.period.tolist() == ["2016/17"]


def test_a_period_that_contradicts_the_file_is_a_fault(tmp_path):
    found = member(tmp_path, "area_code,period,value\nE01000001,2018,1\n")
    with pytest.raises(FileFault, match="not the period asked for"):
        list(read_observations(found, source("area_period_value"), period=Period.parse("2019")))
    found = member(tmp_path, "area,admissions\n" + "Town 001A,1\n" * 34752)
    with pytest.raises(FileFault, match=r"figures are of 2017\.\.2019"):
        list(read_observations(found, source("stroke_admissions"), period=Period.parse("2018")))


def test_a_count_of_rows_that_is_not_the_manifests_is_a_fault(tmp_path):
    found = member(tmp_path, "area,admissions\nTown 001A,1\n")
    with pytest.raises(FileFault, match="it has 1 rows; expected 34,752"):
        list(read_observations(found, source("stroke_admissions")))


def test_a_measure_may_stand_in_a_column(tmp_path):
    manifest = source("area_period_value").model_dump()
    manifest["measures"] = [{"id": m, "title": m, "unit": "people"} for m in ("men", "women")]
    manifest["vocabularies"] = {"sexes": {"Male": "men", "Female": "women"}}
    manifest["layouts"][0]["columns"] = [
        {"header": "area", "role": "area_code", "vintage": "lsoa_2021"},
        {"header": "year", "role": "period"},
        {"header": "sex", "role": "measure", "vocabulary": "sexes"},
        {"header": "n", "role": "value"},
    ]
    text = "area,year,sex,n\nE01000001,2018,Male,1\nE01000001,2018,Female,2\n"
    (batch,) = read_observations(member(tmp_path, text), SourceManifest.model_validate(manifest))
    assert batch.measure.tolist() == ["men", "women"]


# --- links ------------------------------------------------------------------------------------

LINKS = "LSOA11CD,LSOA11NM,LSOA21CD,LSOA21NM,CHGIND,LAD22CD,LAD22NM,LAD22NMW,ObjectId\n"


def changes(folder: Path, *rows: str) -> list[LinkBatch]:
    manifest = source("lsoa_2011_to_lsoa_2021").model_dump()
    for layout in manifest["layouts"]:
        layout["expected_rows"] = None
    found = member(folder, LINKS + "\n".join(rows) + "\n")
    return list(read_links(found, SourceManifest.model_validate(manifest)))


def test_one_look_up_gives_its_several_links_each_pair_once(tmp_path):
    rows = [
        f"E0100000{a},Town 00{a},E0100000{b},Town 00{b},{change},E06000001,Town,,{b}"
        for a, b, change in [(1, 1, "U"), (2, 3, "S"), (2, 4, "S"), (5, 4, "X")]
    ]
    down, up = changes(tmp_path, *rows)
    assert (down.from_vintage, down.to_vintage, down.exact) == ("lsoa_2011", "lsoa_2021", True)
    assert down.change.tolist() == ["U", "S", "S", "X"]
    assert (up.from_vintage, up.to_vintage) == ("lsoa_2021", "lad_2022")
    assert up.from_code.tolist() == ["E01000001", "E01000003", "E01000004"]
    assert up.to_name.tolist() == ["Town"] * 3
    assert (down.rows_read, up.rows_read) == (4, 0)


def test_health_areas_are_linked_by_codes_of_their_own_shape(tmp_path):
    manifest = source("lsoa_region").model_dump() | {"expected_rows": None}
    text = (
        "lsoa,lsoa_code,region,region_code,region_type\n"
        'Town 001A,E01000001,"NHS Town, Vale and Moor ICB",E38000257,SICBL\n'
        "Cwm 001A,W01000001,Cwm University Health Board,W11000029,LHB\n"
    )
    (link,) = read_links(member(tmp_path, text), SourceManifest.model_validate(manifest))
    assert link.to_vintage == "sicbl_2022"
    assert link.to_code.tolist() == ["E38000257", "W11000029"]
    assert link.to_name[0] == "NHS Town, Vale and Moor ICB"
    with pytest.raises(FileFault, match="not a code of an area"):
        other = member(tmp_path, text.replace("W11000029", "W06000015"))
        list(read_links(other, SourceManifest.model_validate(manifest)))


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("E01000001,T,E01000001,T,Q,E06000001,T,,1", "'Q' is not a change code"),
        (",T,E01000001,T,U,E06000001,T,,1", "there is no code"),
        ("E01000001,T,01000001,T,U,E06000001,T,,1", "not a code of an area"),
    ],
)
def test_a_link_that_leads_nowhere_stops_the_file(tmp_path, row, says):
    with pytest.raises(FileFault, match=says):
        changes(tmp_path, row)


# --- what publishers do with their tables -----------------------------------------------------

HEAD = """
id = "x"
title = "X"
topic = "education"
publisher = "P"
licence = "OGL-3.0"
attribution = "A"
homepage = "https://example.org/"
refresh = "once"
"""


def declared(toml: str) -> SourceManifest:
    return SourceManifest.model_validate(tomllib.loads(HEAD + toml))


SCHOOLS = """
kind = "observations"
sites = "school"
measures = [{ id = "pupils", title = "Pupils", unit = "pupils" }]
[withheld]
"SUPP" = "few_pupils"
[vocabularies.who]
"B" = "boys"
"G" = "girls"
[[layouts]]
name = "schools"
file = '(?P<year>20[0-9]{2})-(?P<place>[a-z]+)\\.csv'
period = "{year}/{following}"
partition = "{place}"
short_rows = true
kinds = [
    { column = "type", values = ["1"], vintage = "school_2019", code = "urn", code_shape = '[0-9]{6}', name = "name", parent = "la", parent_vintage = "lea_2019", parent_shape = '[0-9]{3}' },
    { column = "type", values = ["3"], vintage = "lea_2019", code = "la", code_shape = '[0-9]{3}', name = "name" },
    { column = "type", values = ["4"], vintage = "country_2021", area = "E92000001", category = "all-schools" },
]
skip = [{ column = "name", shape = 'Source.*', because = "A note below the table." }]
columns = [
    { header = "type", role = "kind" },
    { header = "la", role = "area_code" },
    { header = "urn", role = "area_code" },
    { header = "name", role = "area_name" },
    { header = "postcode", role = "postcode" },
    { header = "last year", role = "value", measure = "pupils", period = "2017/18", optional = true },
    { header = "n", role = "value", measure = "pupils" },
    { pattern = 'n_(?P<who>.)', role = "value", measure = "pupils", category = "{who}", vocabulary = "who" },
]
"""  # noqa: E501


def schools(folder: Path, *rows: str, header: str = "", name: str = "2018-surrey.csv"):
    text = header or "type,la,urn,name,postcode,n,n_B,n_G"
    found = member(folder, "\n".join([text, *rows]) + "\n", name)
    (batch,) = read_observations(found, declared(SCHOOLS))
    return batch


def test_rows_of_several_kinds_are_about_areas_of_their_own_vintages(tmp_path):
    batch = schools(
        tmp_path,
        "1,936,125108,Quay School,kt100nb,60,SUPP,31",
        "3,936,,Surrey,,900,450,450",
        "4,,,,,5000,2500,2500",
        ",,,Source: the department",
    )
    keys = zip(batch.vintage, batch.area, batch.category, strict=True)
    told = dict(zip(keys, np.where(batch.withheld != "", batch.withheld, batch.value), strict=True))
    assert told["school_2019", "125108", ""] == 60
    assert told["school_2019", "125108", "boys"] == "few_pupils"
    assert told["lea_2019", "936", "girls"] == 450
    assert told["country_2021", "E92000001", "boys_all-schools"] == 2500
    assert (batch.rows_read, batch.rows_skipped, batch.cells_read) == (4, 1, 9)


def test_a_year_and_a_part_of_the_source_may_be_told_by_the_name_of_the_file(tmp_path):
    batch = schools(tmp_path, "1,936,125108,Quay School,KT10 0NB,60,30,30")
    assert set(batch.period) == {"2018/19"}
    assert batch.partition == "surrey"
    with pytest.raises(FileFault, match="its name is not one that the publisher gives"):
        schools(tmp_path, "1,936,125108,Quay School,KT10 0NB,60,30,30", name="download.csv")


def test_a_place_among_the_areas_has_its_parent_and_its_point(tmp_path):
    batch = schools(
        tmp_path, "1,936,125108,Quay School,kt100nb,60,30,30", "3,936,,Surrey,,900,450,450"
    )
    (link,) = (one for one in batch.links if len(one))
    assert (link.from_vintage, link.from_code.tolist()) == ("school_2019", ["125108"])
    assert (link.to_vintage, link.to_code.tolist()) == ("lea_2019", ["936"])
    (place,) = batch.points
    assert (place.vintage, place.code.tolist()) == ("school_2019", ["125108"])
    assert place.postcode.tolist() == ["KT10 0NB"]
    assert np.isnan(place.x).all()


def test_a_row_may_end_early_where_the_manifest_says_so_and_never_run_on(tmp_path):
    batch = schools(tmp_path, "1,936,125108,Quay School", "1,936,125109,Vale School,,12")
    assert batch.area.tolist() == ["125109"]
    assert batch.cells_blank == 5
    with pytest.raises(FileFault, match="has 9 cells") as caught:
        schools(tmp_path, "1,936,125108,Quay School", "1,936,125109,Vale School,,12,6,6,9")
    assert caught.value.spot.line == 3


def test_a_column_may_be_of_a_period_of_its_own(tmp_path):
    header = "type,la,urn,name,postcode,last year,n"
    batch = schools(tmp_path, "1,936,125108,Quay School,,58,60", header=f"{header},n_B")
    periods = dict(zip(batch.value, batch.period, strict=True))
    assert periods == {58: "2017/18", 60: "2018/19"}


@pytest.mark.parametrize(
    ("row", "column", "says"),
    [
        ("7,936,125108,Quay School,,60,30,30", "type", "'7' tells no kind of row"),
        ("1,936,12510,Quay School,,60,30,30", "urn", "not a code of such a place"),
        ("1,Surrey,125108,Quay School,,60,30,30", "la", "not a code of such a place"),
        ("1,936,125108,Quay School,Surrey,60,30,30", "postcode", "'Surrey' is not a postcode"),
    ],
)
def test_a_row_of_no_kind_and_a_code_of_no_shape_stop_the_file(tmp_path, row, column, says):
    with pytest.raises(FileFault, match=says) as caught:
        schools(tmp_path, row)
    assert caught.value.spot.column == column


def test_a_group_of_a_header_that_the_vocabulary_lacks_is_told(tmp_path):
    with pytest.raises(FileFault, match="'X' is not in the vocabulary 'who'"):
        schools(tmp_path, "1,,,,,1,1", header="type,la,urn,name,postcode,n,n_X")


PROFILES = """
kind = "observations"
measures = [{ id = "illness", title = "Illness", unit = "percent", parts = ["count"] }]
[vocabularies.indicator]
"7" = "illness"
[vocabularies.sex]
"Persons" = "all"
"Male" = "male"
[vocabularies.group]
"White" = "white"
[vocabularies.note]
"Value missing" = "missing"
"Take care" = "doubtful"
[[layouts]]
name = "profiles"
columns = [
    { header = "indicator", role = "measure", vocabulary = "indicator" },
    { header = "area", role = "area_code", vintage = "lad_2019" },
    { header = "period", role = "period" },
    { header = "sex", role = "category", vocabulary = "sex", may_be_blank = false },
    { header = "group", role = "category", vocabulary = "group" },
    { header = "value", role = "value", blank = "no_data" },
    { header = "count", role = "value", part = "count" },
    { header = "note", role = "note", vocabulary = "note" },
]
"""


def profiles(folder: Path, *rows: str) -> list[tuple[str, str, str, float | str]]:
    text = "indicator,area,period,sex,group,value,count,note"
    found = member(folder, "\n".join([text, *(f"7,E06000023,{row}" for row in rows)]) + "\n")
    (batch,) = read_observations(found, declared(PROFILES))
    told = np.where(batch.withheld != "", batch.withheld, batch.value)
    return list(zip(batch.period, batch.measure, batch.category, told, strict=True))


def test_words_of_several_columns_make_one_category_and_all_adds_nothing(tmp_path):
    assert profiles(tmp_path, "2018,Persons,,5,2,", "2018,Male,White,6,,") == [
        ("2018", "illness", "", 5),
        ("2018", "illness", "male_white", 6),
        ("2018", "illness_count", "", 2),
    ]


def test_a_blank_that_stands_for_something_is_withheld_with_its_word(tmp_path):
    assert profiles(tmp_path, "2018,Persons,,,,") == [("2018", "illness", "", "no_data")]


def test_a_note_tells_why_a_value_is_not_given_and_leaves_alone_one_that_is(tmp_path):
    assert profiles(tmp_path, "2018,Persons,,,,Value missing", "2019,Male,,7,,Take care") == [
        ("2018", "illness", "", "missing"),
        ("2019", "illness", "male", 7),
        ("2018", "illness_count", "", "missing"),
    ]
    with pytest.raises(FileFault, match="'See below' is not a known note"):
        profiles(tmp_path, "2018,Persons,,,,See below")


def test_a_span_of_years_is_read_as_the_profiles_write_it(tmp_path):
    ((period, *_),) = profiles(tmp_path, "2015 - 17,Persons,,5,,")
    assert period == "2015..2017"


def test_a_layout_known_only_to_be_refused_is_refused_with_its_sentence(tmp_path):
    refused = declared(
        PROFILES
        + """
[[layouts]]
name = "the list of columns"
refused = "this is a list of columns"
because = "load the figures"
columns = [{ header = "column", role = "ignored" }]
"""
    )
    with pytest.raises(FileFault, match=r"this is a list of columns\. Load the figures"):
        list(read_observations(member(tmp_path, "column\nindicator\n"), refused))


POSTCODES = """
kind = "postcodes"
[[layouts]]
name = "one"
header_row = 0
period = "2025-05"
skip = [{ column = "postcode", shape = 'BT.*', because = "Another licence." }]
columns = [
    { header = "postcode", role = "postcode" },
    { header = "quality", role = "kept" },
    { header = "east", role = "easting" },
    { header = "north", role = "northing" },
    { header = "lad", role = "area_code", vintage = "lad_2025" },
]
"""


def test_a_directory_of_postcodes_without_a_header_is_read_by_its_order(tmp_path):
    text = '"bs11ad",10,360205,173432,E06000023\nBT1 1AA,10,1,1,N09000003\nBS99 7ZR,60,,,\n'
    (batch,) = read_postcodes(member(tmp_path, text), declared(POSTCODES))
    assert batch.line.tolist() == [1, 3]
    assert batch.postcode.tolist() == ["BS1 1AD", "BS99 7ZR"]
    assert batch.x[0] == 360_205
    assert np.isnan(batch.x[1])
    assert batch.codes["lad_2025"].tolist() == ["E06000023", ""]
    assert batch.kept["quality"].tolist() == ["10", "60"]
    assert (batch.edition, batch.rows_read, batch.rows_skipped) == ("2025-05", 3, 1)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("postcode,quality,east,north,lad\nBS1 1AD,10,1,1,\n", "'postcode' is not a postcode"),
        ("BS1 1AD,10,360205,173432\n", "fits no layout"),
        ("BS1,10,360205,173432,\n", "'BS1' is not a postcode"),
        (",10,360205,173432,\n", "there is no postcode"),
    ],
)
def test_what_is_no_directory_of_postcodes_is_told(tmp_path, text, says):
    with pytest.raises(FileFault, match=says):
        list(read_postcodes(member(tmp_path, text), declared(POSTCODES)))


SURGERIES = """
kind = "points"
sites = "surgery"
[[layouts]]
name = "surgeries"
format = "geojson"
columns = [
    { header = "name", role = "place_text" },
    { header = "contact.phone", role = "ignored", identifying = "drop", because = "Not needed." },
    { header = "longitude", role = "longitude" },
    { header = "latitude", role = "latitude" },
]
"""


def surgeries(folder: Path, *places: object, **more: object):
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": place} if place else None,
            "properties": {"name": " Quay Surgery ", "contact": {"phone": "0117 496 0123"}},
        }
        for place in places
    ]
    text = json.dumps({"type": "FeatureCollection", "features": features} | more)
    found = member(folder, text, "f.geojson")
    return list(read_points(found, declared(SURGERIES)))


def test_features_that_are_points_are_places_in_grid_metres(tmp_path):
    (batch,) = surgeries(tmp_path, [-2.59, 51.45], None)
    assert batch.name.tolist() == ["Quay Surgery", "Quay Surgery"]
    assert np.hypot(batch.x[0] - 359_098, batch.y[0] - 172_553) < 100
    assert np.isnan(batch.x[1])


@pytest.mark.parametrize(
    ("place", "more", "says"),
    [
        ([[-2.5, 51.4], [-2.6, 51.5]], {}, "not a coordinate|not a point"),
        ([359_098, 172_553], {}, "National Grid"),
        ([51.45, -2.59], {}, "exchanged"),
        ([-2.59, 51.45], {"crs": {"properties": {"name": "EPSG:27700"}}}, "coordinates are in"),
        ([-2.59, 51.45], {"features": "none"}, "not a list of features"),
        ([-2.59], {}, "not a point"),
        (["west", "north"], {}, "not a coordinate"),
    ],
)
def test_features_that_are_no_points_in_degrees_are_told(tmp_path, place, more, says):
    with pytest.raises(FileFault, match=says):
        surgeries(tmp_path, place, **more)


def test_areas_have_their_names_and_others_beside_them(tmp_path):
    names = declared(
        """
kind = "names"
[[layouts]]
name = "one"
columns = [
    { header = "code", role = "area_code", vintage = "msoa_2011" },
    { header = "name", role = "area_name", vintage = "msoa_2011" },
    { header = "everyday", role = "kept", name = "known_as" },
]
"""
    )
    found = member(tmp_path, "code,name,everyday\nE02000001,Town 001,Quayside\n")
    (batch,) = read_names(found, names)
    assert (batch.vintage, batch.code[0], batch.name[0]) == ("msoa_2011", "E02000001", "Town 001")
    assert batch.kept["known_as"].tolist() == ["Quayside"]


def test_a_source_of_another_kind_is_not_taken_for_links(tmp_path):
    with pytest.raises(FileFault, match="holds postcodes, not links"):
        list(read_links(member(tmp_path, "BS1 1AD,10,1,1,\n"), declared(POSTCODES)))


def test_names_of_areas_may_be_turned_into_codes(tmp_path):
    forces = declared(
        """
kind = "links"
[vocabularies.force]
"Town Police" = "E23000036"
[[layouts]]
name = "one"
links = [{ from_vintage = "lad_2019", to_vintage = "force_2019", exact = true }]
columns = [
    { header = "lad", role = "area_code", vintage = "lad_2019" },
    { header = "force", role = "area_code", vintage = "force_2019", vocabulary = "force" },
]
"""
    )
    (link,) = read_links(member(tmp_path, "lad,force\nE06000023,Town Police\n"), forces)
    assert link.to_code.tolist() == ["E23000036"]
    with pytest.raises(FileFault, match="'Vale Police' is not a known name of an area"):
        list(read_links(member(tmp_path, "lad,force\nE06000023,Vale Police\n"), forces))


# --- the publishers' own files ----------------------------------------------------------------


def observed(path: Path, name: str) -> list[ObservationBatch]:
    return [b for m in members(path) for b in read_observations(m, source(name))]


def total(batches: list[ObservationBatch], measure: str) -> float:
    return float(sum(b.value[b.measure == measure].sum() for b in batches))


def linked(path: Path, name: str) -> list[LinkBatch]:
    return [b for m in members(path) for b in read_links(m, source(name))]


@pytest.mark.parametrize(
    ("month", "rows", "in_the_lsoa"),
    [("2018-10", 15_075, 356), ("2018-11", 14_037, 332), ("2018-12", 13_226, 377)],
)
def test_three_months_of_avon_and_somerset_are_read_row_for_row(
    real_data, month, rows, in_the_lsoa
):
    path = real_data / f"crime/avon-and-somerset/{month}-avon-and-somerset-street.csv"
    (found,) = members(path)
    batches = list(read_incidents(found, source("police_street_crime"), today=TODAY))
    assert sum(len(b) for b in batches) == rows
    assert sum(int((b.code == "E01014540").sum()) for b in batches) == in_the_lsoa
    text = path.read_text("utf-8").splitlines()[1:]
    located = sum(line.split(",")[4] != "" for line in text)
    assert sum(int(np.isfinite(b.x).sum()) for b in batches) == located
    labels = {label for b in batches for label in b.partition}
    assert labels == {f"Avon and Somerset Constabulary, {month}"}
    assert np.array_equal(np.concatenate([b.line for b in batches]), np.arange(2, rows + 2))


def test_a_national_month_of_39_forces_is_read_from_its_archive(real_data):
    archive = next((real_data / "crime/national").glob("2018-10*.tar.xz"))
    police = source("police_street_crime")
    rows: Counter[str] = Counter()
    for found in members(archive, wanted=police.takes):
        for batch in read_incidents(found, police, today=TODAY):
            rows.update(batch.partition.tolist())
    assert len(rows) == 39
    assert sum(rows.values()) == 358_382


def test_the_mid_2018_estimates_add_up_to_england_and_wales(real_data):
    batches = observed(next((real_data / "population").glob("SAPE*.xlsx")), "population_sape")
    assert total(batches, "residents") == 59_115_809
    assert sum(int((b.measure == "residents").sum()) for b in batches) == 34_753
    assert {label for b in batches for label in b.period} == {"2018"}


def test_the_census_of_2011_adds_up_with_its_parents(real_data):
    path = real_data / "population/census_2011_population_hh.csv.gz"
    batches = observed(path, "census_2011_population")
    assert total(batches, "residents") == 56_075_912
    assert total(batches, "households") == 23_366_044
    assert total(batches, "residents_in_households") + total(
        batches, "residents_in_communal_establishments"
    ) == total(batches, "residents")
    links: Counter[str] = Counter()
    for link in (link for batch in batches for link in batch.links):
        links[link.to_vintage] += len(link)
    assert links == {"region_2011": 32_844, "lad_2011": 34_753, "msoa_2011": 34_753}


def figures(batches: list[ObservationBatch], measure: str) -> dict[str, float]:
    return {
        area: value
        for b in batches
        for area, value, of in zip(b.area, b.value, b.measure, strict=True)
        if of == measure
    }


def test_the_index_is_the_same_in_every_layout_it_is_published_in(real_data):
    folder = real_data / "deprivation/iod2019"
    csv, xlsx = (
        observed(next(folder.glob(f"File_1*{ending}")), "iod_2019") for ending in (".gz", ".xlsx")
    )
    domains = observed(next(folder.glob("File_2*.gz")), "iod_2019")
    london = observed(folder / "ID_2019_for_London.xlsx", "iod_2019")
    for measure in ("imd_rank", "imd_decile"):
        national = figures(csv, measure)
        assert len(national) == 32_844
        assert figures(xlsx, measure) == national == figures(domains, measure)
        assert figures(london, measure).items() <= national.items()
    assert len(figures(london, "imd_score")) == 4_835
    assert sorted(figures(domains, "living_environment_rank").values())[0] == 1
    bristol = {
        code
        for b in csv
        for link in b.links
        for code, parent in zip(link.from_code, link.to_code, strict=True)
        if parent == "E06000023"
    }
    deciles = figures(csv, "imd_decile")
    assert (len(bristol), sum(deciles[code] == 1 for code in bristol)) == (263, 41)


def test_stroke_admissions_come_by_name(real_data):
    folder = real_data / "health/lsoa"
    batches = observed(next(folder.glob("stroke_admissions*.csv")), "stroke_admissions")
    assert sum(len(b) for b in batches) == 34_752
    assert all((b.area == "").all() and (b.area_name != "").all() for b in batches)


def test_the_change_look_up_is_read_in_all_three_versions(real_data):
    folder = real_data / "lookups"
    three, one, two = (
        linked(next(folder.glob(f"LSOA11_to_LSOA21*_{v}_*")), "lsoa_2011_to_lsoa_2021")
        for v in ("V3", "V1", "V2")
    )
    changed = Counter(word for link in three for word in link.change if word)
    assert changed == {"U": 33_647, "S": 1_900, "M": 239, "X": 10}
    assert sum(len(link) for link in one if link.to_vintage == "lsoa_2021") == 35_795
    assert {link.exact for link in two if link.to_vintage == "lsoa_2021"} == {False}
    assert sum(len(link) for link in three if link.to_vintage == "lad_2022") == 35_672


@pytest.mark.parametrize(
    ("file", "name", "to", "pairs"),
    [
        ("LSOA11_to_MSOA11_to_LAD.csv.gz", "lsoa_2011_to_msoa_2011", "msoa_2011", 34_753),
        ("LSOA11_to_WD19_to_LAD19.csv.gz", "lsoa_2011_to_ward_2019", "ward_2019", 34_753),
        ("LSOA21_to_WD24_to_LAD24_best_fit.csv.gz", "lsoa_2021_to_ward_2024", "ward_2024", 35_672),
    ],
)
def test_a_look_up_gives_every_area_its_one_parent(real_data, file, name, to, pairs):
    links = [b for b in linked(real_data / "lookups" / file, name) if b.to_vintage == to]
    children = [code for b in links if b.from_vintage[:4] == "lsoa" for code in b.from_code]
    assert len(children) == len(set(children)) == pairs


def test_no_file_is_read_by_a_source_it_does_not_belong_to(real_data):
    police = source("police_street_crime")
    for path in sorted((real_data / "lookups").glob("*.csv.gz")):
        for found in members(path):
            with pytest.raises(LrisError):
                list(read_incidents(found, police, today=TODAY))
