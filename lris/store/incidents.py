"""Incidents and where they were placed: rows in, rows out.

Placements are kept as arrays of `BLOCK` rows: an edition can be replaced for millions of incidents
by writing a few hundred rows, and the incidents themselves are never touched.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, select, text

from lris.store import binary
from lris.store.engine import copy_binary, copy_rows, copy_table, read_table, statement
from lris.store.tables import incident, incident_count, placement, placement_tally
from lris.terms import Route

BLOCK = 65_536

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class IncidentRows:
    """Some rows of one delivery, in order: all columns have the same length."""

    delivery_id: int
    first_row: int
    line: Ints
    starts: NDArray[np.datetime64]
    ends: NDArray[np.datetime64]
    category: NDArray[np.object_]
    code: NDArray[np.object_]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    kept: Sequence[NDArray[np.object_]]


@dataclass(frozen=True, slots=True)
class StoredIncidents:
    """What placing needs of stored incidents: rows in order from `first_row`."""

    first_row: int
    month: NDArray[np.datetime64]
    category: NDArray[np.object_]
    code: NDArray[np.object_]
    x: NDArray[np.float64]
    y: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Counts:
    """Placed rows counted: a month, a category, an area id and how many, columns of one length."""

    month: NDArray[np.datetime64]
    category: NDArray[np.object_]
    area_id: Ints | NDArray[np.int32]
    incidents: Ints


def put_incidents(connection: Connection, rows: IncidentRows) -> None:
    """COPY rows into `incident`."""
    size = rows.line.size
    row = np.arange(rows.first_row, rows.first_row + size)
    numbers = [(np.full(size, rows.delivery_id), ">i4"), (row, ">i4"), (rows.line, ">i4")]
    moments = [(binary.moments(rows.starts), ">i8"), (binary.moments(rows.ends), ">i8")]
    columns = (
        binary.numbers([*numbers, *moments]),
        binary.texts(rows.category),
        binary.texts(rows.code, blank_is_null=True),
        binary.points(rows.x, rows.y),
        *binary.text_arrays(rows.kept, size),
    )
    names = ("delivery_id", "row", "line", "starts", "ends", "category", "code", "geom", "kept")
    copy_binary(connection, incident, names, [binary.rows_of(columns, len(names))])


def put_placement(
    connection: Connection,
    delivery_id: int,
    vintage: str,
    edition_id: int,
    block: int,
    areas: NDArray[np.int32],
    routes: NDArray[np.int16],
) -> None:
    """Store where the rows of a block lie: area id a row with 0 for none, route a row."""
    columns = (
        binary.numbers([(np.array([delivery_id]), ">i4")]),
        binary.texts(np.array([vintage], dtype=object)),
        binary.numbers([(np.array([number]), ">i4") for number in (block, edition_id)]),
        pa.array([binary.number_array(areas, ">i4", oid=23)], pa.binary()),
        pa.array([binary.number_array(routes, ">i2", oid=21)], pa.binary()),
    )
    names = ("delivery_id", "vintage", "block", "edition_id", "areas", "routes")
    copy_binary(connection, placement, names, [binary.rows_of(columns, len(names))])


def put_tally(
    connection: Connection, delivery_id: int, vintage: str, tally: Mapping[Route, int]
) -> None:
    """Store how many rows took each route."""
    rows = ((delivery_id, vintage, route.value, rows) for route, rows in tally.items() if rows)
    copy_rows(connection, placement_tally, ("delivery_id", "vintage", "route", "rows"), rows)


def put_counts(connection: Connection, delivery_id: int, vintage: str, counts: Counts) -> None:
    """Store placed rows counted by month, category and area id."""
    size = counts.incidents.size
    table = pa.table(
        {
            "delivery_id": pa.array(np.full(size, delivery_id, dtype=np.int32)),
            "vintage": pa.repeat(vintage, size),
            "month": pa.array(counts.month.astype("datetime64[D]")),
            "category": pa.array(counts.category, pa.string()),
            "area_id": pa.array(counts.area_id),
            "incidents": pa.array(counts.incidents),
        }
    )
    copy_table(connection, incident_count, table)


def drop_placement(connection: Connection, vintage: str, delivery_id: int | None = None) -> None:
    """Forget where rows lie in a vintage, of one delivery or of all."""
    for table in (placement, placement_tally, incident_count):
        condition = table.c.vintage == vintage
        if delivery_id is not None:
            condition &= table.c.delivery_id == delivery_id
        connection.execute(delete(table).where(condition))


def stored_incidents(connection: Connection, delivery_id: int) -> Iterator[StoredIncidents]:
    """The incidents of a delivery, `BLOCK` rows at a time."""
    for first in count(step=BLOCK):
        rows = read_table(
            connection,
            "SELECT starts, category, coalesce(code, ''), ST_X(geom), ST_Y(geom) FROM incident"
            " WHERE delivery_id = %s AND row >= %s AND row < %s ORDER BY row",
            (delivery_id, first, first + BLOCK),
            _PLACING,
        )
        if not rows.num_rows:
            return
        starts, *columns = (rows[name].to_numpy() for name in _PLACING)
        yield StoredIncidents(first, starts.astype("datetime64[M]"), *columns)


_WORDS = pa.dictionary(pa.int32(), pa.string())
_PLACING = {
    "starts": pa.timestamp("us"),
    "category": _WORDS,
    "code": _WORDS,
    "x": pa.float64(),
    "y": pa.float64(),
}
"""The columns that placing needs, as they are read."""


def recount_unplaced(connection: Connection) -> None:
    """Write down anew, for every delivery, the rows that lie in no area of any vintage."""
    connection.execute(statement("recount_unplaced"))


def tallies(connection: Connection, delivery_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Of each delivery the rows by vintage and route."""
    found: dict[int, dict[str, Any]] = {}
    rows = connection.execute(
        select(placement_tally).where(placement_tally.c.delivery_id.in_(delivery_ids))
    )
    for row in rows:
        found.setdefault(row.delivery_id, {}).setdefault(row.vintage, {})[row.route] = row.rows
    return found


@dataclass(frozen=True, slots=True)
class Counted:
    """Incidents counted by month, kind and area, columns of one length.

    `month` and `kind` number into `months` and `kinds`.
    """

    months: tuple[date, ...]
    kinds: tuple[str, ...]
    month: Ints
    kind: Ints
    area_id: Ints
    incidents: Ints


def counted(connection: Connection, source: str, vintage: str) -> Counted:
    """The incidents of the current deliveries of a source in a vintage, each cell once."""
    rows = connection.execute(
        statement("counted_incidents"), {"source": source, "vintage": vintage}
    ).all()
    months = sorted({row[0] for row in rows})
    kinds = sorted({row[1] for row in rows})
    sizes = [row[2].count(",") + 1 for row in rows]
    return Counted(
        tuple(months),
        tuple(kinds),
        np.repeat(np.array([months.index(row[0]) for row in rows], dtype=np.int64), sizes),
        np.repeat(np.array([kinds.index(row[1]) for row in rows], dtype=np.int64), sizes),
        _numbers(",".join(row[2] for row in rows)),
        _numbers(",".join(row[3] for row in rows)),
    )


def _numbers(listed: str) -> Ints:
    return np.fromstring(listed, dtype=np.int64, sep=",")


def placed_vintages(connection: Connection) -> set[str]:
    """The vintages that incidents have been placed in."""
    return set(connection.execute(text("SELECT DISTINCT vintage FROM placement")).scalars())
