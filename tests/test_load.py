"""Loading: what is read is loaded, set aside or there already, and nothing is half done."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from lris.catalogue import Catalogue
from lris.errors import UnknownName, UnknownPeriod
from lris.load import DeliveryReport, LoadReport
from lris.session import Doors
from tests import town as t
from tests.town import AVON, NOVEMBER, OCTOBER, WILTSHIRE, Crime, Town

POLICE = "police_street_crime"
STORED = [
    *("delivery", "incident", "quarantine", "placement", "placement_tally", "incident_count"),
    *("observation", "link", "area"),
]


@pytest.fixture
def town(doors: Doors, catalogue: Catalogue, tmp_path: Path) -> Town:
    return Town(doors, t.small(catalogue), tmp_path)


def contents(town: Town) -> dict[str, list[tuple]]:
    return {name: town.ask(f"SELECT * FROM lris.{name} ORDER BY 1, 2, 3") for name in STORED}


def reconcile(report: LoadReport) -> None:
    for one in report.deliveries:
        assert one.rows_read == one.loaded + one.quarantined + one.already_loaded
        assert 0 <= one.unplaced <= one.loaded
        assert one.cells_read == one.values + one.withheld + one.blank


def current(town: Town) -> list[tuple]:
    """(partition, loaded) of what counts now."""
    return town.ask(
        "SELECT partition, loaded FROM delivery WHERE state = 'current' ORDER BY partition"
    )


# ---------------------------------------------------------------- reconciliation


def test_every_row_of_a_month_is_accounted_for(town: Town):
    town.draw("lsoa_2011")
    report = town.crimes("2018-10", OCTOBER)
    reconcile(report)
    (one,) = report.deliveries
    # 22 rows; in no area: two without point or code, one of another force, one out at sea
    assert (one.partition, one.rows_read, one.loaded, one.unplaced) == (
        f"{AVON}, 2018-10",
        22,
        22,
        4,
    )
    assert one.routes == {
        "lsoa_2011": {"code": 17, "code_not_loaded": 1, "no_location": 2, "outside": 1, "point": 1}
    }
    # 17 coded rows, three of them without a point; two of the points lie next door
    assert (one.compared, one.disagreeing) == (14, 2)
    assert report.total == {
        "rows_read": 22,
        "loaded": 22,
        "unplaced": 4,
        "quarantined": 0,
        "already_loaded": 0,
        "superseded": 0,
    }


def test_without_any_boundaries_every_row_is_loaded_and_unplaced(town: Town):
    report = town.crimes("2018-10", OCTOBER)
    assert (report.total["loaded"], report.total["unplaced"]) == (22, 22)
    town.draw("lsoa_2011")
    assert town.ask("SELECT unplaced FROM delivery") == [(4,)]


def test_a_row_is_unplaced_only_where_no_vintage_has_an_area_for_it(town: Town):
    town.draw("lsoa_2011")
    town.draw("lsoa_2021")
    town.changes()
    report = town.crimes("2018-10", OCTOBER)
    assert report.total["unplaced"] == 4  # two more have no area of 2021, but one of 2011
    assert sum(report.deliveries[0].routes["lsoa_2021"].values()) == 22


def test_identical_rows_are_separate_incidents(town: Town):
    town.draw("lsoa_2011")
    town.crimes("2018-10", OCTOBER)
    counted = town.ask(
        "SELECT incidents FROM incident_count JOIN area ON area.id = area_id"
        " WHERE category = 'anti-social-behaviour' AND code = :code",
        code=t.code(1),
    )
    assert counted == [(3,)]


def test_what_the_publisher_said_is_kept_word_for_word_with_its_line(town: Town):
    town.crimes("2018-10", OCTOBER[:4])
    assert town.ask("SELECT kept_columns FROM delivery") == [(["reference", "place", "outcome"],)]
    assert town.ask("SELECT row, line, code, kept FROM incident WHERE row = 3") == [
        (3, 5, t.code(1), ["ab" * 32, "On or near Burglary", ""])
    ]


def test_cells_of_wide_tables_add_up(town: Town):
    report = town.census()
    reconcile(report)
    (one,) = report.deliveries
    # twelve rows of five columns that hold a value: 3 x persons, hectares, households
    assert (one.rows_read, one.loaded, one.cells_read, one.values) == (12, 12, 60, 60)


def test_withheld_and_blank_cells_are_told_apart_from_values(town: Town):
    path = t.values_file(
        town.folder, [(t.code(1), "2018", 5), (t.code(7), "2018", "*"), (t.code(8), "2018", "")]
    )
    report = town.load("area_period_value", path)
    reconcile(report)
    (one,) = report.deliveries
    assert (one.cells_read, one.values, one.withheld, one.blank) == (3, 1, 1, 1)
    assert town.ask("SELECT value, withheld FROM observation ORDER BY line") == [
        (5.0, None),
        (None, "small_number"),
    ]


def test_rows_named_only_by_an_unknown_name_are_set_aside(town: Town):
    town.draw("lsoa_2011")
    path = town.folder / "admissions.csv"
    path.write_text("area,admissions\nTownham 001,1.5\nTownham 002,0\nNowhere 003,2\n")
    report = town.load("stroke_admissions", path)
    reconcile(report)
    (one,) = report.deliveries
    assert (one.rows_read, one.loaded, one.quarantined, one.values) == (3, 2, 1, 2)
    assert town.ask("SELECT line, reason, row FROM quarantine") == [
        (4, "no single area of lsoa_2011 is called 'Nowhere 003'", ["Nowhere 003", "2"])
    ]


def test_a_file_of_names_before_any_name_is_known_is_refused(town: Town):
    path = town.folder / "admissions.csv"
    path.write_text("area,admissions\nTownham 001,1.5\n")
    (fault,) = town.try_load("stroke_admissions", path).faults
    assert "none of its names is known" in fault
    assert "boundaries or a look-up of lsoa_2011" in fault


# ---------------------------------------------------------------- the same again


def packed(folder: Path, path: Path) -> dict[str, Path]:
    """The same file plain under another name, compressed, and inside archives."""
    content = path.read_bytes()
    made = {kind: folder / f"again-street.csv{kind}" for kind in ("", ".gz", ".zip", ".tar")}
    made[""].write_bytes(content)
    with gzip.open(made[".gz"], "wb") as file:
        file.write(content)
    with zipfile.ZipFile(made[".zip"], "w") as archive:
        archive.writestr("2018-10/again-street.csv", content)
    with tarfile.open(made[".tar"], "w") as archive:
        info = tarfile.TarInfo("2018-10/again-street.csv")
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return made


@pytest.mark.parametrize("kind", ["", ".gz", ".zip", ".tar"])
def test_the_same_file_again_however_packed_changes_nothing_and_says_so(town: Town, kind: str):
    town.draw("lsoa_2011")
    town.crimes("2018-10", OCTOBER)
    before = contents(town)
    path = packed(town.folder, town.folder / "2018-10-avon-and-somerset-constabulary-street.csv")
    report = town.load(POLICE, path[kind])
    reconcile(report)
    assert report.total == {
        "rows_read": 22,
        "loaded": 0,
        "unplaced": 0,
        "quarantined": 0,
        "already_loaded": 22,
        "superseded": 0,
    }
    assert contents(town) == before


@pytest.mark.parametrize("source", ["census_2011_population", "lsoa_2011_to_lsoa_2021"])
def test_other_kinds_of_file_are_known_again_too(town: Town, source: str):
    make = {"census_2011_population": town.census, "lsoa_2011_to_lsoa_2021": town.changes}[source]
    make()
    before = contents(town)
    report = make()
    reconcile(report)
    assert report.total["already_loaded"] == report.total["rows_read"] > 0
    assert contents(town) == before


def test_the_same_file_twice_in_one_call_is_loaded_once(town: Town):
    path = t.crime_file(town.folder, "2018-10", OCTOBER)
    report = town.load(POLICE, path, path)
    assert [(one.loaded, one.already_loaded) for one in report.deliveries] == [(22, 0), (0, 22)]


# ---------------------------------------------------------------- replacing a partition


def test_a_new_file_replaces_its_partition_whole_and_keeps_the_earlier(town: Town):
    town.draw("lsoa_2011")
    town.crimes("2018-10", OCTOBER)
    report = town.crimes("2018-10", OCTOBER[:5])
    reconcile(report)
    assert (report.total["loaded"], report.total["superseded"]) == (5, 22)
    assert current(town) == [(f"{AVON}, 2018-10", 5)]
    assert town.ask("SELECT id, state, superseded_by, loaded FROM delivery ORDER BY id") == [
        (1, "superseded", 2, 22),
        (2, "current", None, 5),
    ]
    assert town.ask("SELECT count(*) FROM incident WHERE delivery_id = 1") == [(22,)]


def test_loading_the_earlier_file_again_brings_its_state_back(town: Town):
    first = t.crime_file(town.folder, "2018-10", OCTOBER, name="first-street.csv")
    second = t.crime_file(town.folder, "2018-10", OCTOBER[:5], name="second-street.csv")
    town.load(POLICE, first)
    town.load(POLICE, second)
    report = town.load(POLICE, first)
    assert (report.total["loaded"], report.total["superseded"]) == (22, 5)
    assert current(town) == [(f"{AVON}, 2018-10", 22)]
    again = town.load(POLICE, first)
    assert again.total["already_loaded"] == 22


def test_another_month_and_another_force_replace_nothing(town: Town):
    town.crimes("2018-10", OCTOBER)
    for report in (
        town.crimes("2018-11", NOVEMBER),
        town.crimes("2018-10", t.WILTSHIRE_OCTOBER, WILTSHIRE),
    ):
        assert report.total["superseded"] == 0
    assert current(town) == [
        (f"{AVON}, 2018-10", 22),
        (f"{AVON}, 2018-11", 5),
        (f"{WILTSHIRE}, 2018-10", 1),
    ]


def test_two_partitions_in_one_file_are_two_deliveries(town: Town):
    path = town.folder / "both-street.csv"
    text = t.crime_text([("2018-10", AVON, OCTOBER), ("2018-11", AVON, NOVEMBER)])
    path.write_text(text, newline="")
    report = town.load(POLICE, path)
    reconcile(report)
    assert {one.partition: one.loaded for one in report.deliveries} == {
        f"{AVON}, 2018-10": 22,
        f"{AVON}, 2018-11": 5,
    }
    assert town.ask("SELECT period_start::text, period_end::text FROM delivery ORDER BY 1") == [
        ("2018-10-01", "2018-10-31"),
        ("2018-11-01", "2018-11-30"),
    ]
    again = town.load(POLICE, path)
    assert again.total["already_loaded"] == 27


def test_rows_of_two_partitions_mixed_line_by_line_are_parted(town: Town):
    path = town.folder / "mixed-street.csv"
    crime = [Crime(t.BURGLARY, 1, 500, 500)]
    text = t.crime_text([("2018-10", AVON, crime), ("2018-11", AVON, crime)] * 3)
    path.write_text(text, newline="")
    town.load(POLICE, path)
    assert current(town) == [(f"{AVON}, 2018-10", 3), (f"{AVON}, 2018-11", 3)]
    assert town.ask(
        "SELECT line FROM incident i JOIN delivery d ON d.id = delivery_id"
        " WHERE partition LIKE '%2018-11' ORDER BY row"
    ) == [(3,), (5,), (7,)]


def test_a_month_of_a_file_of_two_can_be_replaced_by_itself_and_brought_back(town: Town):
    both = town.folder / "both-street.csv"
    both.write_text(
        t.crime_text([("2018-10", AVON, OCTOBER), ("2018-11", AVON, NOVEMBER)]), newline=""
    )
    town.load(POLICE, both)
    town.crimes("2018-11", NOVEMBER[:2])
    assert current(town) == [(f"{AVON}, 2018-10", 22), (f"{AVON}, 2018-11", 2)]
    town.load(POLICE, both)
    assert current(town) == [(f"{AVON}, 2018-10", 22), (f"{AVON}, 2018-11", 5)]


# ---------------------------------------------------------------- files that are refused


def altered(town: Town, old: str, new: str) -> Path:
    path = t.crime_file(town.folder, "2018-10", OCTOBER)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1), newline="")
    return path


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("Crime type,", "Crime type,Surprise,", "column 'Surprise' is unknown"),
        (",Context", ",Contexts", "'Contexts' is unknown"),
        ("Robbery,,", "Jaywalking,,", "'Jaywalking' is not a known category"),
        ("2018-10", "2018-13", "'2018-13' is not a month"),
    ],
)
def test_what_nobody_knows_stops_the_file_by_name_and_nothing_of_it_stays(
    town: Town, old: str, new: str, says: str
):
    before = contents(town)
    report = town.try_load(POLICE, altered(town, old, new))
    (one,) = report.deliveries
    assert one.fault is not None
    assert says in one.fault
    assert (one.rows_read, one.loaded) == (0, 0)
    assert contents(town) == before
    assert town.ask("SELECT count(*) FROM audit") == [(0,)]


def test_a_refused_file_leaves_the_partition_as_it_was(town: Town):
    town.crimes("2018-10", OCTOBER)
    town.try_load(POLICE, altered(town, "Robbery,,", "Jaywalking,,"))
    assert current(town) == [(f"{AVON}, 2018-10", 22)]


def test_a_folder_with_one_bad_file_stores_the_good_ones_and_names_the_bad(town: Town):
    folder = town.folder / "months"
    folder.mkdir()
    t.crime_file(folder, "2018-10", OCTOBER)
    t.crime_file(folder, "2018-12", t.DECEMBER)
    bad = t.crime_file(folder, "2018-11", NOVEMBER)
    bad.write_text(bad.read_text().replace("Burglary,", "Jaywalking,"), newline="")
    report = town.try_load(POLICE, folder)
    reconcile(report)
    assert current(town) == [(f"{AVON}, 2018-10", 22), (f"{AVON}, 2018-12", 1)]
    (fault,) = report.faults
    assert bad.name in fault
    bad.write_text(bad.read_text().replace("Jaywalking,", "Burglary,"), newline="")
    mended = town.load(POLICE, folder)
    assert (mended.total["loaded"], mended.total["already_loaded"]) == (5, 23)


def test_a_folder_with_a_damaged_file_stores_those_after_it_too(town: Town):
    folder = town.folder / "months"
    folder.mkdir()
    (folder / "2018-09-street.csv.gz").write_bytes(gzip.compress(b"x" * 5000)[:30])
    t.crime_file(folder, "2018-10", OCTOBER)
    report = town.try_load(POLICE, folder)
    assert len(report.faults) == 1
    assert "2018-09-street.csv.gz" in report.faults[0]
    assert current(town) == [(f"{AVON}, 2018-10", 22)]


def test_an_archive_without_a_file_of_the_source_says_what_it_looked_for(town: Town):
    path = town.folder / "other.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("2018-10-outcomes.csv", "a,b\n")
    (fault,) = town.try_load(POLICE, path).faults
    assert "no file of this source" in fault
    assert "*-street.csv" in fault


def test_files_of_an_archive_that_are_not_the_sources_are_passed_over(town: Town):
    path = town.folder / "month.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("2018-10/2018-10-a-outcomes.csv", "a,b\n")
        archive.writestr("2018-10/2018-10-a-street.csv", t.crime_text([("2018-10", AVON, OCTOBER)]))
    assert town.load(POLICE, path).total["loaded"] == 22


def test_a_file_that_is_not_there_is_a_fault_and_the_others_are_loaded(town: Town):
    there = t.crime_file(town.folder, "2018-10", OCTOBER)
    report = town.try_load(POLICE, town.folder / "nothing.csv", there)
    assert len(report.faults) == 1
    assert "no such file" in report.faults[0]
    assert current(town) == [(f"{AVON}, 2018-10", 22)]


def test_an_unknown_source_is_named_with_those_there_are(town: Town):
    with pytest.raises(UnknownName, match=r"no source 'police'.*police_street_crime"):
        town.try_load("police", town.folder)


def test_a_period_that_is_none_is_refused_before_anything_is_read(town: Town):
    with pytest.raises(UnknownPeriod, match="last year"):
        town.try_load(POLICE, town.folder, period="last year")


# ---------------------------------------------------------------- checking


def test_a_check_tells_all_and_keeps_nothing(town: Town):
    town.draw("lsoa_2011")
    before = contents(town) | {"audit": town.ask("SELECT * FROM lris.audit ORDER BY 1")}
    path = t.crime_file(town.folder, "2018-10", OCTOBER)
    checked = town.load(POLICE, path, keep=False)
    assert (checked.total["loaded"], checked.total["unplaced"]) == (22, 4)
    after = contents(town) | {"audit": town.ask("SELECT * FROM lris.audit ORDER BY 1")}
    assert after == before
    loaded = town.load(POLICE, path)

    def said(one: DeliveryReport) -> tuple:
        return (one.partition, one.rows_read, one.loaded, one.unplaced, one.routes)

    assert [said(one) for one in checked.deliveries] == [said(one) for one in loaded.deliveries]


@pytest.mark.parametrize("source", ["census_2011_population", "lsoa_2011_to_lsoa_2021"])
def test_checking_other_kinds_of_file_keeps_nothing_either(town: Town, source: str):
    make = {"census_2011_population": t.census_file, "lsoa_2011_to_lsoa_2021": t.changes_file}
    before = contents(town)
    assert town.load(source, make[source](town.folder), keep=False).total["loaded"] > 0
    assert contents(town) == before


# ---------------------------------------------------------------- the record


def test_each_delivery_is_in_the_record_with_its_numbers(town: Town):
    town.crimes("2018-10", OCTOBER)
    ((actor, action, subject, detail),) = town.ask(
        "SELECT actor, action, subject, detail FROM audit"
    )
    assert (actor, action, subject) == ("clerk", "load", f"{POLICE}: {AVON}, 2018-10")
    assert (detail["rows_read"], detail["loaded"], detail["unplaced"]) == (22, 22, 22)


def test_a_delivery_keeps_whose_it_is_and_on_what_terms(town: Town):
    town.crimes("2018-10", OCTOBER)
    ((licence, publisher, agreement, access, size),) = town.ask(
        "SELECT licence, publisher, agreement, access, bytes FROM delivery"
    )
    assert (licence, agreement, access) == ("OGL-3.0", "open", "public")
    assert "data.police.uk" in publisher
    assert (
        size == (town.folder / "2018-10-avon-and-somerset-constabulary-street.csv").stat().st_size
    )
