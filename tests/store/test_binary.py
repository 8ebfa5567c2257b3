"""Rows written for a binary COPY are read by PostgreSQL as what they are."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from lris.session import Doors
from lris.store import binary
from lris.store.engine import copy_binary, read_table
from lris.store.incidents import BLOCK, IncidentRows, put_incidents, put_placement, stored_incidents
from lris.store.tables import estimate, incident

ODD = ["", "plain", 'a "quoted", {braced} \\ text', "NULL", "NA", "tab\tand\nnewline", "Ynys Môn 🏝"]


def objects(values):
    return np.array(values, dtype=object)


def put(connection, *, kept, size=7):
    put_incidents(
        connection,
        IncidentRows(
            delivery_id=7,
            first_row=0,
            line=np.arange(2, size + 2),
            starts=np.array(["2018-10-01", "1999-12-31T23:59:59"] * size, dtype="M8[s]")[:size],
            ends=np.array(["2018-11-01", "2000-01-01"] * size, dtype="M8[s]")[:size],
            category=objects((ODD * size)[:size]),
            code=objects(["", "E01000001"] * size)[:size],
            x=np.where(np.arange(size) % 2, 358_000.125, np.nan),
            y=np.where(np.arange(size) % 2, 170_000.5, np.nan),
            kept=kept,
        ),
    )


def asked(connection, query):
    return [tuple(row) for row in connection.exec_driver_sql(query)]


def test_incidents_are_stored_word_for_word_and_number_for_number(doors: Doors):
    with doors.engine.begin() as connection:
        put(connection, kept=[objects(ODD), objects(ODD[::-1])])
        rows = asked(
            connection,
            "SELECT delivery_id, row, line, starts, ends, category, code, kept, ST_X(geom),"
            " ST_SRID(geom) FROM incident ORDER BY row",
        )
    assert rows[0] == (
        *(7, 0, 2, datetime(2018, 10, 1), datetime(2018, 11, 1), "", None),
        *(["", ODD[-1]], None, None),
    )
    assert rows[1] == (
        *(7, 1, 3, datetime(1999, 12, 31, 23, 59, 59), datetime(2000, 1, 1), "plain"),
        *("E01000001", ["plain", ODD[-2]], 358_000.125, 27700),
    )
    assert [row[5] for row in rows] == ODD
    assert [row[7] for row in rows] == [list(pair) for pair in zip(ODD, ODD[::-1], strict=True)]


def test_a_source_that_keeps_no_columns_has_empty_arrays(doors: Doors):
    with doors.engine.begin() as connection:
        put(connection, kept=[])
        assert asked(connection, "SELECT DISTINCT kept FROM incident") == [([],)]
        assert asked(connection, "SELECT DISTINCT kept = '{}' FROM incident") == [(True,)]


def test_no_rows_are_no_rows(doors: Doors):
    with doors.engine.begin() as connection:
        put(connection, kept=[objects([])], size=0)
        copy_binary(connection, incident, ("delivery_id",), [])
        assert asked(connection, "SELECT count(*) FROM incident") == [(0,)]


def test_points_are_the_very_geometry_that_postgis_makes(doors: Doors):
    with doors.engine.begin() as connection:
        put(connection, kept=[])
        assert asked(
            connection,
            "SELECT DISTINCT geom = ST_SetSRID(ST_MakePoint(358000.125, 170000.5), 27700),"
            " ST_AsEWKB(geom) = ST_AsEWKB(ST_SetSRID(ST_MakePoint(358000.125, 170000.5), 27700))"
            " FROM incident WHERE geom IS NOT NULL",
        ) == [(True, True)]


def test_a_block_of_placements_is_two_arrays(doors: Doors):
    ids, ways = np.array([0, 1, 2**31 - 1], dtype=np.int32), np.array([4, 0, 3], dtype=np.int16)
    with doors.engine.begin() as connection:
        connection.exec_driver_sql("SET session_replication_role = replica")  # No delivery needed.
        put_placement(connection, 7, "lsoa_2021", 1, 5, ids, ways)
        rows = asked(connection, "SELECT vintage, block, areas, routes FROM placement")
    assert rows == [("lsoa_2021", 5, ids.tolist(), ways.tolist())]


def test_what_was_stored_is_read_back_in_order_block_by_block(doors: Doors):
    size = BLOCK + 1
    with doors.engine.begin() as connection:
        put(connection, kept=[], size=size)
        first, second = stored_incidents(connection, 7)
    assert (first.first_row, first.x.size) == (0, BLOCK)
    assert (second.first_row, second.x.size) == (BLOCK, 1)
    assert first.category[: len(ODD)].tolist() == ODD
    assert first.code[:2].tolist() == ["", "E01000001"]
    assert first.month[:2].tolist() == [datetime(2018, 10, 1).date(), datetime(1999, 12, 1).date()]
    assert np.isnan(first.x[0])
    assert (first.x[1], first.y[1]) == (358_000.125, 170_000.5)


def test_a_query_without_rows_is_a_table_without_rows(doors: Doors):
    with doors.engine.begin() as connection:
        empty = read_table(connection, "SELECT 1 WHERE false", (), {"one": binary.pa.int32()})
    assert (empty.num_rows, empty.column_names) == (0, ["one"])


def test_rows_of_numbers_leave_out_what_is_missing_and_end_in_words(doors: Doors):
    numbers = np.array([1.5, np.nan, -0.0, 1e300])
    rows = binary.rows_of_numbers(
        [(np.array([7, 8, 9, 10]), ">i4"), (np.arange(1, 5), ">i4")]
        + [(column, ">f8") for column in (numbers, numbers[::-1], *[np.full(4, np.nan)] * 3)],
        [
            (("observed", "withheld"), np.array([0, 1, 0, 1])),
            ((None, "no_data", "Ynys Môn"), np.array([0, 1, 2, 0])),
        ],
    )
    names = ("series_id", "area_id", "value", "lower", "upper", "numerator", "denominator")
    with doors.engine.begin() as connection:
        copy_binary(connection, estimate, (*names, "status", "reason"), [rows])
        found = asked(
            connection,
            "SELECT series_id, area_id, value, lower, upper, status, reason FROM estimate"
            " ORDER BY series_id",
        )
    assert found == [
        (7, 1, 1.5, 1e300, None, "observed", None),
        (8, 2, None, 0.0, None, "withheld", "no_data"),
        (9, 3, 0.0, None, None, "observed", "Ynys Môn"),
        (10, 4, 1e300, 1.5, None, "withheld", None),
    ]
