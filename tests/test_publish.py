"""Publishing: a reason, a number, and nothing that was published ever changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from lris.catalogue import Catalogue
from lris.derive import derive
from lris.errors import BadRequest, NotPublished
from lris.publish import publish
from lris.releases import releases
from lris.session import Doors
from lris.terms import PUBLIC
from tests import town as t
from tests.town import OCTOBER, Town, code

FIGURES = (
    "SELECT indicator, vintage, category, period, area_id, value, lower, upper, numerator,"
    " f.denominator, status, reason FROM release_series r JOIN series s ON s.id = r.series_id"
    " JOIN figure f USING (series_id) WHERE release = :number ORDER BY 1, 2, 3, 4, 5"
)


@pytest.fixture
def town(doors: Doors, catalogue: Catalogue, tmp_path: Path) -> Town:
    """October in the squares of 2011, loaded but not derived."""
    made = Town(doors, t.small(catalogue), tmp_path)
    made.draw("lsoa_2011")
    made.census()
    made.crimes("2018-10", OCTOBER)
    return made


@pytest.mark.parametrize("because", ["", "  \n"])
def test_a_release_needs_a_reason(town: Town, because: str):
    derive(town.doors, town.catalogue, actor="clerk")
    with pytest.raises(BadRequest, match="needs a reason"):
        publish(town.doors, actor="clerk", because=because)
    assert town.ask("SELECT count(*) FROM release") == [(0,)]


def test_what_was_not_derived_is_not_published(town: Town):
    with pytest.raises(NotPublished, match="Run lris derive first"):
        publish(town.doors, actor="clerk", because="too early")


def test_the_first_release_is_number_one_and_holds_everything_derived(town: Town):
    derived = derive(town.doors, town.catalogue, actor="clerk")
    report = publish(town.doors, actor="clerk", because="October added")
    assert (report.release, report.changed, report.because) == (1, True, "October added")
    assert report.figures == derived.figures == len(town.ask(FIGURES, number=1))
    (told,) = releases(town.reader, PUBLIC)
    assert (told["number"], told["because"], told["figures"]) == (
        1,
        "October added",
        report.figures,
    )


def test_what_is_derived_is_seen_by_nobody_before_it_is_published(town: Town):
    derive(town.doors, town.catalogue, actor="clerk")
    with pytest.raises(NotPublished):
        town.values("crime_count", "lsoa_2011", "2018-10", "all-crime")


def test_the_same_figures_again_are_no_new_release(town: Town):
    assert town.seal("first") == 1
    derive(town.doors, town.catalogue, actor="clerk")
    again = publish(town.doors, actor="clerk", because="second")
    assert (again.release, again.changed, again.because) == (1, False, "first")
    assert town.ask("SELECT count(*) FROM release") == [(1,)]


def test_the_same_figures_from_a_file_packed_otherwise_are_no_new_release(town: Town):
    town.seal()
    path = t.crime_file(town.folder, "2018-10", OCTOBER[::-1], name="reversed-street.csv")
    town.load("police_street_crime", path)
    assert town.seal() == 1


def test_a_correction_is_a_new_release_that_shares_what_did_not_change(town: Town):
    town.seal("first")
    first = town.ask(FIGURES, number=1)
    town.crimes("2018-10", OCTOBER[:-1])  # the burglary in 9 is withdrawn: nobody covers 9
    assert town.seal("a row withdrawn where it was not counted") == 1
    town.crimes("2018-10", OCTOBER[1:])  # one of three anti-social incidents is withdrawn
    assert town.seal("a row withdrawn") == 2
    new = town.ask("SELECT DISTINCT indicator, category FROM series WHERE first_release = 2")
    assert {category for _, category in new} == {"all-crime", "anti-social-behaviour"}
    shared = town.ask(
        "SELECT count(*) FROM release_series a JOIN release_series b USING (series_id)"
        " WHERE a.release = 1 AND b.release = 2"
    )
    series = town.ask("SELECT count(*) FROM release_series WHERE release = 2")
    assert shared[0][0] == series[0][0] - len(
        town.ask("SELECT id FROM series WHERE first_release = 2")
    )
    assert town.ask(FIGURES, number=1) == first


def test_the_newest_release_is_served_and_the_older_one_keeps_its_figures(town: Town):
    town.seal("first")
    town.crimes("2018-10", OCTOBER[1:])
    town.seal("second")
    assert town.values("crime_count", "lsoa_2011", "2018-10", "all-crime")[code(1)] == 4
    old = town.ask(
        "SELECT value FROM figure f JOIN series s ON s.id = series_id JOIN release_series r"
        " USING (series_id) JOIN area a ON a.id = area_id WHERE release = 1 AND a.code = :code"
        " AND indicator = 'crime_count' AND s.vintage = 'lsoa_2011' AND category = 'all-crime'",
        code=code(1),
    )
    assert old == [(5.0,)]
    assert [one["number"] for one in releases(town.reader, PUBLIC)] == [2, 1]


def test_going_back_to_earlier_figures_is_a_third_release_that_shares_the_first(town: Town):
    town.seal("first")
    town.crimes("2018-10", OCTOBER[1:])
    town.seal("second")
    town.crimes("2018-10", OCTOBER)
    assert town.seal("the correction was wrong") == 3
    assert town.ask("SELECT count(*) FROM series WHERE first_release = 3") == [(0,)]
    assert town.ask(FIGURES, number=3) == town.ask(FIGURES, number=1)


def test_publishing_is_in_the_record_whether_anything_changed_or_not(town: Town):
    town.seal("first")
    town.seal("second")
    rows = town.ask(
        "SELECT because, subject, detail->>'changed' FROM audit"
        " WHERE action = 'publish' ORDER BY id"
    )
    assert rows == [("first", "release 1", "true"), ("second", "release 1", "false")]


@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO {} SELECT * FROM {} LIMIT 1",
        "INSERT INTO figure SELECT series_id, -1, value, lower, upper, numerator, denominator,"
        " status, reason, access FROM {} LIMIT 1",
        "UPDATE {} SET value = 0",
        "DELETE FROM {}",
        "TRUNCATE {}",
    ],
)
def test_the_part_of_the_table_that_a_release_fills_is_closed_behind_it(town: Town, change: str):
    derive(town.doors, town.catalogue, actor="clerk")
    publish(town.doors, actor="clerk", because="October added")
    before = town.ask(FIGURES, number=1)
    with (
        pytest.raises(DBAPIError, match=r"is refused: (the|a) release is sealed"),
        town.doors.writing("clerk", "a test") as door,
    ):
        part = "lris.figure_of_release_1"
        door.connection.exec_driver_sql(change.format(part, part))
    assert town.ask(FIGURES, number=1) == before
