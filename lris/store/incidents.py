"""Incidents and where they were placed: rows in, rows out.

Placements are kept as arrays of `BLOCK` rows: an edition can be replaced for millions of incidents
by writing a few hundred rows, and the incidents themselves are never touched.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, func, select, text

from lris.store.engine import copy_rows, copy_table, statement
from lris.store.tables import delivery, incident, incident_count, placement, placement_tally
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


def put_incidents(connection: Connection, rows: IncidentRows) -> None:
    """COPY rows into `incident`."""
    size = rows.line.size
    table = pa.table(
        {
            "delivery_id": pa.array(np.full(size, rows.delivery_id, dtype=np.int32)),
            "row": pa.array(np.arange(rows.first_row, rows.first_row + size, dtype=np.int32)),
            "line": pa.array(rows.line),
            "starts": pa.array(rows.starts.astype("datetime64[s]")),
            "ends": pa.array(rows.ends.astype("datetime64[s]")),
            "category": pa.array(rows.category, type=pa.string()),
            "code": _blank_is_null(rows.code),
            "geom": _points(rows.x, rows.y),
            "kept": _array_literals(rows.kept, size),
        }
    )
    copy_table(connection, incident, table)


def _blank_is_null(values: NDArray[np.object_]) -> pa.Array:
    column = pa.array(values, type=pa.string())
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)


def _points(x: NDArray[np.float64], y: NDArray[np.float64]) -> pa.Array:
    """Points as hexadecimal EWKB of SRID 27700; NaN becomes NULL."""
    ewkb = np.empty(
        x.size,
        dtype=[("order", "u1"), ("kind", "<u4"), ("srid", "<u4"), ("x", "<f8"), ("y", "<f8")],
    )
    ewkb["order"], ewkb["kind"], ewkb["srid"], ewkb["x"], ewkb["y"] = 1, 0x20000001, 27700, x, y
    hexes = np.frombuffer(ewkb.tobytes().hex().encode(), dtype=f"S{2 * ewkb.itemsize}")
    return pa.array(hexes.astype(str), mask=~(np.isfinite(x) & np.isfinite(y)))


def _array_literals(columns: Sequence[NDArray[np.object_]], size: int) -> pa.Array:
    """PostgreSQL text[] literals, one a row, from columns of strings."""
    if not columns:
        return pa.array(["{}"] * size)
    quoted = []
    for column in columns:
        escaped = pc.replace_substring(pa.array(column, type=pa.string()), "\\", "\\\\")
        escaped = pc.replace_substring(escaped, '"', '\\"')
        quoted.append(pc.binary_join_element_wise('"', escaped, '"', ""))
    joined = pc.binary_join_element_wise(*quoted, ",") if len(quoted) > 1 else quoted[0]
    return pc.binary_join_element_wise("{", joined, "}", "")


def put_placement(
    connection: Connection,
    delivery_id: int,
    vintage: str,
    edition_id: int,
    blocks: Sequence[tuple[int, NDArray[np.int32], NDArray[np.int16]]],
) -> None:
    """Store where rows lie: (block number, area id a row with 0 for none, route a row)."""
    rows = (
        (delivery_id, vintage, number, edition_id, areas.tolist(), routes.tolist())
        for number, areas, routes in blocks
    )
    columns = ("delivery_id", "vintage", "block", "edition_id", "areas", "routes")
    copy_rows(connection, placement, columns, rows)


def put_tally(
    connection: Connection, delivery_id: int, vintage: str, tally: Mapping[Route, int]
) -> None:
    """Store how many rows took each route."""
    rows = ((delivery_id, vintage, route.value, rows) for route, rows in tally.items() if rows)
    copy_rows(connection, placement_tally, ("delivery_id", "vintage", "route", "rows"), rows)


def put_counts(
    connection: Connection,
    delivery_id: int,
    vintage: str,
    counts: Mapping[tuple[date, str, int], int],
) -> None:
    """Store placed rows counted by month, category and area id."""
    columns = ("delivery_id", "vintage", "month", "category", "area_id", "incidents")
    rows = (
        (delivery_id, vintage, month, category, area_id, incidents)
        for (month, category, area_id), incidents in counts.items()
    )
    copy_rows(connection, incident_count, columns, rows)


def drop_placement(connection: Connection, vintage: str, delivery_id: int | None = None) -> None:
    """Forget where rows lie in a vintage, of one delivery or of all."""
    for table in (placement, placement_tally, incident_count):
        condition = table.c.vintage == vintage
        if delivery_id is not None:
            condition &= table.c.delivery_id == delivery_id
        connection.execute(delete(table).where(condition))


def stored_incidents(connection: Connection, delivery_id: int) -> Iterator[StoredIncidents]:
    """The incidents of a delivery, `BLOCK` rows at a time."""
    first = 0
    while True:
        rows = connection.execute(
            select(
                func.date_trunc("month", incident.c.starts).label("month"),
                incident.c.category,
                func.coalesce(incident.c.code, ""),
                func.ST_X(incident.c.geom),
                func.ST_Y(incident.c.geom),
            )
            .where(
                incident.c.delivery_id == delivery_id,
                incident.c.row >= first,
                incident.c.row < first + BLOCK,
            )
            .order_by(incident.c.row)
        ).all()
        if not rows:
            return
        month, category, code, x, y = zip(*rows, strict=True)
        yield StoredIncidents(
            first,
            np.array(month, dtype="datetime64[M]"),
            np.array(category, dtype=object),
            np.array(code, dtype=object),
            np.array(x, dtype=np.float64),
            np.array(y, dtype=np.float64),
        )
        first += BLOCK


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


def counted(connection: Connection, source: str, vintage: str) -> list[tuple[date, str, int, int]]:
    """(month, category, area id, incidents) of the current deliveries of a source in a vintage."""
    rows = connection.execute(
        select(
            incident_count.c.month,
            incident_count.c.category,
            incident_count.c.area_id,
            func.sum(incident_count.c.incidents),
        )
        .join(delivery, delivery.c.id == incident_count.c.delivery_id)
        .where(
            delivery.c.source == source,
            delivery.c.state == "current",
            incident_count.c.vintage == vintage,
        )
        .group_by(incident_count.c.month, incident_count.c.category, incident_count.c.area_id)
    )
    return [(row[0], row[1], row[2], int(row[3])) for row in rows]


def placed_vintages(connection: Connection) -> set[str]:
    """The vintages that incidents have been placed in."""
    return set(connection.execute(text("SELECT DISTINCT vintage FROM placement")).scalars())
