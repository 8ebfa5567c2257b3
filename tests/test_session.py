"""Two doors: one sees only what is sealed and allowed, the other writes nothing unrecorded."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from lris.errors import ClusterFault, NothingRecorded
from lris.session import READERS_AT_ONCE, Doors
from lris.store.tables import metadata
from lris.terms import PUBLIC, Access, Viewer

ANALYST = Viewer("an analyst", Access.ANALYST)
OPEN_TABLES = {
    "area",
    "edition",
    "shape",
    "edition_area",
    "display",
    "release",
    "series",
    "release_series",
    "figure",
    "place",
    "neighbourhood",
    "profile_body",
}
CLOSED_TABLES = sorted({table.name for table in metadata.tables.values()} - OPEN_TABLES)
SEALED = ["release", "release_series", "series", "figure", "audit"]


@pytest.fixture
def sealed(doors: Doors) -> Doors:
    """One release of three figures, of access levels 0, 1 and 3, put there by hand."""
    with doors.writing("clerk", "a test") as door:
        run = door.connection.exec_driver_sql
        run(
            "INSERT INTO release (number, actor, because, figures) VALUES (1, 'clerk', 'a test', 3)"
        )
        run("CREATE TABLE figure_of_release_1 PARTITION OF figure FOR VALUES FROM (0) TO (99)")
        for access in (0, 1, 3):
            series = run(
                "INSERT INTO series (indicator, vintage, category, period, period_start,"
                " period_end, unit, access, sources, deliveries, digest, first_release) VALUES"
                " ('i', 'lsoa_2011', '', '2018', '2018-01-01', '2018-12-31', 'people',"
                f" {access}, '{{s}}', '{{1}}', '\\x0{access}', 1) RETURNING id"
            ).scalar_one()
            run(f"INSERT INTO release_series VALUES (1, {series})")
            run(
                "INSERT INTO figure (series_id, area_id, value, status, access)"
                f" VALUES ({series}, 1, 10, 'observed', {access})"
            )
        door.record("publish", "release 1")
    return doors


def levels_seen(doors: Doors, viewer: Viewer) -> list[int]:
    with doors.reading(viewer) as connection:
        query = text("SELECT access FROM figure ORDER BY access")
        return list(connection.execute(query).scalars())


# ---------------------------------------------------------------- reading


@pytest.mark.parametrize("table", sorted(OPEN_TABLES))
def test_a_reader_sees_the_open_tables(doors: Doors, table: str):
    with doors.reading(PUBLIC) as connection:
        connection.exec_driver_sql(f"SELECT count(*) FROM lris.{table}")


@pytest.mark.parametrize("table", [*CLOSED_TABLES, "alembic_version"])
def test_a_reader_whoever_it_is_does_not_see_the_working_tables(doors: Doors, table: str):
    with (
        pytest.raises(DBAPIError, match="permission denied"),
        doors.reading(Viewer("governance", Access.GOVERNANCE)) as connection,
    ):
        connection.exec_driver_sql(f"SELECT count(*) FROM lris.{table}")


def test_the_working_tables_are_the_ones_that_hold_records():
    assert {"incident", "observation", "estimate", "delivery", "audit", "quarantine"} <= set(
        CLOSED_TABLES
    )


@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO lris.area (vintage, code) VALUES ('lsoa_2011', 'E01000001')",
        "UPDATE lris.figure SET value = 0",
        "DELETE FROM lris.release",
        "CREATE TABLE lris.mine (a int)",
        "TRUNCATE lris.place",
    ],
)
def test_a_reader_cannot_write(doors: Doors, change: str):
    with (
        pytest.raises(DBAPIError, match=r"read-only transaction|permission denied"),
        doors.reading(ANALYST) as connection,
    ):
        connection.exec_driver_sql(change)


def test_a_reader_cannot_make_itself_a_writer(doors: Doors):
    with (
        pytest.raises(DBAPIError, match="permission denied"),
        doors.reading(PUBLIC) as connection,
    ):
        connection.exec_driver_sql("SET LOCAL transaction_read_only = off; DELETE FROM area")


def test_readers_who_open_the_door_twice_never_wait_for_each_other(doors: Doors):
    everybody = READERS_AT_ONCE + 4
    inside = Barrier(READERS_AT_ONCE)

    def read(number: int) -> int:
        with doors.reading(PUBLIC):
            if number < READERS_AT_ONCE:
                inside.wait(20)
            with doors.reading(PUBLIC) as again:
                found: int = again.exec_driver_sql(f"SELECT {number}").scalar_one()
                return found

    with ThreadPoolExecutor(everybody) as people:
        assert list(people.map(read, range(everybody))) == list(range(everybody))


def test_readers_of_two_levels_in_one_thread_see_each_their_own(sealed: Doors):
    with sealed.reading(ANALYST):
        assert levels_seen(sealed, PUBLIC) == [0]
        assert levels_seen(sealed, ANALYST) == [0, 1, 3]


def test_a_reader_is_answered_after_its_connection_was_cut(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("lris.store.engine.UNTRIED_S", 0.0)
    with doors.reading(PUBLIC) as connection:
        number = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    with doors.engine.begin() as other:
        other.exec_driver_sql(f"SELECT pg_terminate_backend({number})")
    with doors.reading(PUBLIC) as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1


def test_a_viewer_sees_the_figures_of_its_level_and_of_wider_circles(sealed: Doors):
    assert levels_seen(sealed, PUBLIC) == [0]
    assert levels_seen(sealed, Viewer("p", Access.PARTNER_AGGREGATE)) == [0, 1]
    assert levels_seen(sealed, Viewer("r", Access.PARTNER_RECORD)) == [0, 1]
    assert levels_seen(sealed, ANALYST) == [0, 1, 3]


def test_a_viewer_is_not_told_of_series_above_its_level(sealed: Doors):
    with sealed.reading(PUBLIC) as connection:
        seen = connection.exec_driver_sql("SELECT access FROM series").scalars().all()
    assert list(seen) == [0]


@pytest.mark.parametrize("setting", ["", "SET LOCAL lris.access = ''"])
def test_the_reading_role_sees_no_figure_until_a_level_is_given(sealed: Doors, setting: str):
    with sealed.engine.connect() as connection:
        connection.exec_driver_sql("SET LOCAL ROLE lris_reader")
        if setting:
            connection.exec_driver_sql(setting)
        assert connection.exec_driver_sql("SELECT count(*) FROM figure").scalar_one() == 0
        assert connection.exec_driver_sql("SELECT count(*) FROM series").scalar_one() == 0
        connection.rollback()


def test_the_level_of_one_reader_is_not_left_for_the_next(sealed: Doors):
    """One connection of the pool serves them one after the other."""
    assert levels_seen(sealed, ANALYST) == [0, 1, 3]
    assert levels_seen(sealed, PUBLIC) == [0]
    with sealed.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT current_user").scalar_one() != "lris_reader"


def test_a_readers_statement_is_stopped_in_the_end(doors: Doors):
    with doors.reading(PUBLIC) as connection:
        limit = connection.exec_driver_sql("SHOW statement_timeout").scalar_one()
    assert limit == "30s"


# ---------------------------------------------------------------- writing


def add_area(door) -> None:
    door.connection.exec_driver_sql(
        "INSERT INTO area (vintage, code) VALUES ('lsoa_2011', 'E01000001')"
    )


def count_of(doors: Doors, table: str) -> int:
    with doors.inspecting() as connection:
        found: int = connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()
    return found


def test_a_change_nobody_recorded_is_refused_and_undone(doors: Doors):
    with (
        pytest.raises(NothingRecorded, match=r"clerk.*without saying what.*record\(\)"),
        doors.writing("clerk", "a test") as door,
    ):
        add_area(door)
    assert count_of(doors, "area") == 0


def test_a_recorded_change_stands_with_its_entry(doors: Doors):
    with doors.writing("clerk", "the register says so") as door:
        add_area(door)
        door.record("know", "lsoa_2011/E01000001", areas=1)
    with doors.inspecting() as connection:
        entry = connection.exec_driver_sql(
            "SELECT actor, because, action, subject, detail FROM audit"
        ).one()
    assert tuple(entry) == (
        "clerk",
        "the register says so",
        "know",
        "lsoa_2011/E01000001",
        {"areas": 1},
    )
    assert count_of(doors, "area") == 1


def test_a_change_and_its_entry_stand_and_fall_together(doors: Doors):
    with pytest.raises(ZeroDivisionError), doors.writing("clerk", "a test") as door:
        add_area(door)
        door.record("know", "an area")
        raise ZeroDivisionError
    assert (count_of(doors, "area"), count_of(doors, "audit")) == (0, 0)


def test_the_entry_is_of_the_very_transaction_of_the_change(doors: Doors):
    with doors.writing("clerk", "a test") as door:
        add_area(door)
        door.record("know", "an area")
    with doors.inspecting() as connection:
        marks = connection.exec_driver_sql(
            "SELECT (SELECT xmin::text FROM area), (SELECT xmin::text FROM audit)"
        ).one()
    assert marks[0] == marks[1]


def test_looking_at_the_working_tables_changes_nothing(doors: Doors):
    with (
        pytest.raises(DBAPIError, match="read-only transaction"),
        doors.inspecting() as connection,
    ):
        connection.exec_driver_sql("DELETE FROM lris.audit")


# ---------------------------------------------------------------- what is sealed


@pytest.mark.parametrize("table", SEALED)
@pytest.mark.parametrize("change", ["UPDATE lris.{} SET {} = {}", "DELETE FROM lris.{}"])
def test_what_is_sealed_is_neither_changed_nor_removed(sealed: Doors, table: str, change: str):
    column = {"release": "because", "audit": "because", "release_series": "release"}.get(
        table, "access"
    )
    with (
        pytest.raises(
            DBAPIError,
            match=rf"lris.{table}(_of_release_1)? is refused: (a release|the record)",
        ),
        sealed.writing("clerk", "a test") as door,
    ):
        door.connection.exec_driver_sql(change.format(table, column, column))


@pytest.mark.parametrize("table", SEALED)
def test_what_is_sealed_is_not_emptied_as_a_whole(sealed: Doors, table: str):
    with (
        pytest.raises(DBAPIError, match=r"TRUNCATE on lris\.\w+ is refused"),
        sealed.writing("clerk", "a test") as door,
    ):
        door.connection.exec_driver_sql(f"TRUNCATE lris.{table} CASCADE")


def test_a_figure_is_a_value_or_withheld_with_a_reason_and_nothing_between(sealed: Doors):
    gaps = {
        "gap_is_a_word": [("NULL", "'observed'", "NULL"), ("3", "'withheld'", "'no_data'")],
        "gap_has_a_reason": [("NULL", "'withheld'", "NULL")],
    }
    for constraint, rows in gaps.items():
        for value, status, reason in rows:
            with pytest.raises(DBAPIError, match=constraint), sealed.writing("c", "t") as door:
                door.connection.exec_driver_sql(
                    "INSERT INTO figure (series_id, area_id, value, status, reason, access)"
                    f" SELECT min(id), 99, {value}, {status}, {reason}, 0 FROM series"
                )


def test_a_database_that_is_not_there_is_not_mistaken_for_an_empty_one():
    nowhere = Doors("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    for door in (lambda: nowhere.reading(PUBLIC), lambda: nowhere.writing("clerk", "a test")):
        with pytest.raises(ClusterFault, match=r"does not answer.*LRIS_DATABASE_URL"), door():
            pass
    nowhere.close()
