"""Deliveries, what was set aside of them, and the values of observations: rows in, rows out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sqlalchemy import Connection, insert, select, update

from lris.store.engine import analyze, copy_rows, copy_table, statement
from lris.store.tables import delivery, incident_count, observation, place, quarantine


@dataclass(frozen=True, slots=True)
class Delivery:
    """One partition of a source as one file gave it."""

    id: int
    source: str
    partition: str
    file_name: str
    sha256: str
    state: str
    period_start: date | None
    period_end: date | None
    rows_read: int
    loaded: int
    rows_skipped: int
    quarantined: int
    superseded: int
    unplaced: int
    cells_read: int | None
    cells_withheld: int | None
    cells_blank: int | None
    loaded_at: Any
    licence: str
    publisher: str


_COLUMNS = [delivery.c[name] for name in Delivery.__dataclass_fields__]


def already_loaded(
    connection: Connection, source: str, sha256: str, asked_period: str
) -> list[Delivery]:
    """The deliveries of a file with this hash, where all of them are current; else none.

    The same bytes loaded for another stated period are another delivery.

    A file that has been superseded, even in part, may be loaded again: that is how an earlier state
    is brought back.
    """
    rows = connection.execute(
        select(*_COLUMNS)
        .where(
            delivery.c.source == source,
            delivery.c.sha256 == sha256,
            delivery.c.asked_period == asked_period,
        )
        .order_by(delivery.c.id)
    )
    found = [Delivery(*row) for row in rows]
    latest = {one.partition: one for one in found}.values()
    return list(latest) if all(one.state == "current" for one in latest) else []


def current_deliveries(connection: Connection, source: str | None = None) -> list[Delivery]:
    """The current deliveries of a source, or of all."""
    return _deliveries(connection, *([delivery.c.source == source] if source else []))


def delivery_sources(connection: Connection) -> dict[int, str]:
    """Every delivery there is, superseded ones too, with its source."""
    rows = connection.execute(select(delivery.c.id, delivery.c.source))
    return {row[0]: row[1] for row in rows}


def open_delivery(connection: Connection, **values: Any) -> int:  # noqa: ANN401
    """Add a delivery that is no partition yet; returns its id."""
    number: int = connection.execute(
        insert(delivery)
        .values(partition=f"{NAMELESS}{values['sha256']}", **values)
        .returning(delivery.c.id)
    ).scalar_one()
    return number


NAMELESS = "being loaded: "
"""Stands before the hash of a file until it is known which partition it is."""


def name_delivery(connection: Connection, number: int, partition: str) -> int:
    """Make a delivery the current one of its partition; returns the rows of the one it replaces."""
    source = select(delivery.c.source).where(delivery.c.id == number).scalar_subquery()
    replaced = connection.execute(
        update(delivery)
        .where(
            delivery.c.source == source,
            delivery.c.partition == partition,
            delivery.c.state == "current",
        )
        .values(state="superseded", superseded_by=number)
        .returning(delivery.c.loaded)
    ).scalar()
    connection.execute(
        update(delivery)
        .where(delivery.c.id == number)
        .values(partition=partition, superseded=replaced or 0)
    )
    return replaced or 0


def close_delivery(connection: Connection, number: int, **values: Any) -> None:  # noqa: ANN401
    """Write down what became of the rows and cells."""
    connection.execute(update(delivery).where(delivery.c.id == number).values(**values))


def put_quarantine(
    connection: Connection, number: int, rows: Iterable[tuple[int, str, Sequence[str]]]
) -> None:
    """Store rows set aside: line, reason, cells."""
    columns = ("delivery_id", "line", "reason", "row")
    copy_rows(
        connection,
        quarantine,
        columns,
        ((number, line, reason, list(row)) for line, reason, row in rows),
    )


def put_observations(
    connection: Connection, number: int, columns: Mapping[str, NDArray[Any]]
) -> None:
    """COPY values: area_id, line, measure, category, period, value (NaN is NULL), withheld."""
    size = columns["line"].size
    value = np.asarray(columns["value"], dtype=np.float64)
    withheld = pa.array(columns["withheld"], type=pa.string())
    table = pa.table(
        {
            "delivery_id": pa.array(np.full(size, number, dtype=np.int32)),
            "measure": pa.array(columns["measure"], type=pa.string()),
            "category": pa.array(columns["category"], type=pa.string()),
            "period": pa.array(columns["period"], type=pa.string()),
            "area_id": pa.array(columns["area_id"]),
            "line": pa.array(columns["line"]),
            "value": pa.array(value, mask=np.isnan(value)),
            "withheld": pa.array(withheld.to_pylist(), mask=~np.isnan(value), type=pa.string()),
        }
    )
    copy_table(connection, observation, table)


@dataclass(frozen=True, slots=True)
class Observed:
    """Values of one measure and category in one vintage and period, by area id."""

    vintage: str
    period: str
    category: str
    delivery_ids: tuple[int, ...]
    area_id: NDArray[np.int64]
    value: NDArray[np.float64]
    withheld: NDArray[np.object_]


def observed(connection: Connection, source: str, measure: str) -> list[Observed]:
    """Every current value of a measure, by vintage, period and category; the newest file wins."""
    rows = connection.execute(statement("observed"), {"source": source, "measure": measure})
    return [
        Observed(
            row[0],
            row[1],
            row[2],
            tuple(sorted(row[3])),
            np.array(row[4], dtype=np.int64),
            np.array([np.nan if v is None else v for v in row[5]], dtype=np.float64),
            np.array([word or "" for word in row[6]], dtype=object),
        )
        for row in rows
    ]


def quarantined_rows(connection: Connection, number: int) -> list[Mapping[str, Any]]:
    """The rows of a delivery that were set aside."""
    rows = connection.execute(
        select(quarantine).where(quarantine.c.delivery_id == number).order_by(quarantine.c.line)
    )
    return [dict(row) for row in rows.mappings()]


def loaded_places(connection: Connection) -> dict[str, str]:
    """The places that were loaded whole, with the digest of their manifest."""
    rows = connection.execute(select(place.c.id, place.c.digest))
    return {row[0]: row[1] for row in rows}


def mark_place(connection: Connection, place_id: str, digest: str) -> None:
    """Remember that a place was loaded whole."""
    connection.execute(place.delete().where(place.c.id == place_id))
    connection.execute(insert(place).values(id=place_id, digest=digest))


def _deliveries(connection: Connection, *conditions: Any) -> list[Delivery]:  # noqa: ANN401
    rows = connection.execute(
        select(*_COLUMNS).where(delivery.c.state == "current", *conditions).order_by(delivery.c.id)
    )
    return [Delivery(*row) for row in rows]


def refresh_statistics(connection: Connection) -> None:
    """Let the planner know what has been delivered."""
    analyze(connection, delivery, observation, incident_count)
