"""Deliveries and the values of observations: rows in, rows out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from sqlalchemy import Connection, and_, column, delete, func, insert, select, table, update

from lris.store.engine import analyze, copy_table, statement
from lris.store.tables import (
    SCHEMA,
    area_alias,
    delivery,
    incident,
    incident_count,
    link,
    observation,
    place,
    placement,
    placement_tally,
    postcode,
    postcode_directory,
    quarantine,
    site,
)


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
    access: str
    asked_period: str
    part: str
    kept_columns: Sequence[str]
    superseded_by: int | None
    series: str
    measured: Mapping[str, Any]


_COLUMNS = [delivery.c[name] for name in Delivery.__dataclass_fields__]


def already_loaded(
    connection: Connection, source: str, sha256: str, asked_period: str, part: str
) -> list[Delivery]:
    """The deliveries of a file with this hash, where all of them are current; else none.

    The same bytes loaded for another stated period or part are another delivery.

    A file that has been superseded, even in part, may be loaded again: that is how an earlier state
    is brought back.
    """
    rows = connection.execute(
        select(*_COLUMNS)
        .where(
            delivery.c.source == source,
            delivery.c.sha256 == sha256,
            delivery.c.asked_period == asked_period,
            delivery.c.part == part,
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
    """Make a delivery the current one of its partition; returns the rows of the one it replaces.

    One that is to join another replaces nothing.
    """
    own = delivery.alias()
    source = (
        select(own.c.source).where(own.c.id == number, own.c.state == "current").scalar_subquery()
    )
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


def observations(number: int, columns: Mapping[str, NDArray[Any]]) -> pa.Table:
    """Values as a table: area_id, line, measure, category, period, value (NaN is NULL), withheld.

    Words that come again and again are kept once, so that many values can wait to be stored.
    """
    size = columns["line"].size
    value = np.asarray(columns["value"], dtype=np.float64)
    withheld = pa.array(columns["withheld"], type=pa.string())
    words = {name: pa.array(columns[name], type=pa.string()) for name in WORDS}
    return pa.table(
        {
            "delivery_id": pa.array(np.full(size, number, dtype=np.int32)),
            **{name: column.dictionary_encode() for name, column in words.items()},
            "area_id": pa.array(columns["area_id"], type=pa.int32()),
            "line": pa.array(columns["line"], type=pa.int32()),
            "value": pa.array(value, mask=np.isnan(value)),
            "withheld": pc.if_else(pa.array(np.isnan(value)), withheld, None).cast(pa.string()),
        }
    )


WORDS = ("measure", "category", "period")
"""The words of the key of an observation, before its area."""

PIECE = 1 << 18
"""Rows copied at once."""


def put_observations(connection: Connection, tables: Sequence[pa.Table]) -> None:
    """COPY tables of `observations` in the order of the table's key, across all of them.

    The key's index then grows at one end, which is three times as fast as all over.
    """
    values = pa.concat_tables(tables).unify_dictionaries().combine_chunks()
    order = _in_order_of_key(values)
    for start in range(0, order.size, PIECE):
        piece = values.take(order[start : start + PIECE])
        for name in WORDS:
            at = piece.schema.get_field_index(name)
            piece = piece.set_column(at, name, piece[name].cast(pa.string()))
        copy_table(connection, observation, piece)


def _in_order_of_key(values: pa.Table) -> NDArray[np.int64]:
    """The order of rows by measure, category, period and area."""
    places = []
    for name in reversed(WORDS):
        column = values[name].combine_chunks()
        words = column.dictionary.to_numpy(zero_copy_only=False)
        places.append(np.argsort(np.argsort(words))[column.indices.to_numpy()])
    return np.lexsort((values["area_id"].to_numpy(), *places))


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


def one_delivery(connection: Connection, number: int) -> Delivery | None:
    """The delivery of that number, current or not."""
    row = connection.execute(select(*_COLUMNS).where(delivery.c.id == number)).one_or_none()
    return Delivery(*row) if row else None


def all_deliveries(connection: Connection, source: str) -> list[Delivery]:
    """Every delivery of a source, superseded ones too, the oldest first."""
    rows = connection.execute(
        select(*_COLUMNS).where(delivery.c.source == source).order_by(delivery.c.id)
    )
    return [Delivery(*row) for row in rows]


def earlier_in_series(
    connection: Connection, source: str, series: str, before: date, most: int
) -> list[Delivery]:
    """The current deliveries of a series whose period began before a day, the newest first."""
    rows = connection.execute(
        select(*_COLUMNS)
        .where(
            delivery.c.source == source,
            delivery.c.series == series,
            delivery.c.state == "current",
            delivery.c.period_start < before,
        )
        .order_by(delivery.c.period_start.desc(), delivery.c.id.desc())
        .limit(most)
    )
    return [Delivery(*row) for row in rows]


def of_the_file(connection: Connection, one: Delivery) -> dict[str, int]:
    """The current deliveries that came from the same file, by partition."""
    rows = connection.execute(
        select(delivery.c.partition, delivery.c.id).where(
            delivery.c.source == one.source,
            delivery.c.sha256 == one.sha256,
            delivery.c.asked_period == one.asked_period,
            delivery.c.part == one.part,
            delivery.c.state == "current",
        )
    )
    return {row[0]: row[1] for row in rows}


# ---------------------------------------------------------------- joining

_ROWS_OF = (incident, observation, link, area_alias, site, postcode)
_MADE_AFRESH = (placement, placement_tally, incident_count)


def join(connection: Connection, number: int, into: int) -> None:
    """Let a delivery have all rows of another, whose own counts end with it.

    Incidents and sites keep their order and come after those that are there.
    """
    for kind in _ROWS_OF:
        values: dict[str, Any] = {"delivery_id": into}
        if "row" in kind.c:
            there = select(func.coalesce(func.max(kind.c.row) + 1, 0))
            first = connection.execute(there.where(kind.c.delivery_id == into)).scalar_one()
            values["row"] = kind.c.row + first
        connection.execute(update(kind).where(kind.c.delivery_id == number).values(**values))
    own = postcode_directory.alias()
    added = select(own.c.postcodes).where(own.c.delivery_id == number).scalar_subquery()
    connection.execute(
        update(postcode_directory)
        .where(postcode_directory.c.delivery_id == into)
        .values(postcodes=postcode_directory.c.postcodes + func.coalesce(added, 0))
    )
    forget(connection, number)


def forget(connection: Connection, number: int) -> None:
    """Take out a delivery that was to join another, and whatever is left of it."""
    state = connection.execute(select(delivery.c.state).where(delivery.c.id == number)).scalar_one()
    assert state == "joining", "a delivery that has been loaded is never taken out"
    for kind in (*_ROWS_OF, *_MADE_AFRESH, postcode_directory, quarantine):
        connection.execute(delete(kind).where(kind.c.delivery_id == number))
    connection.execute(delete(delivery).where(delivery.c.id == number))


def lines_of_incidents(connection: Connection, number: int) -> set[int]:
    """The lines that the incidents of a delivery stand on."""
    rows = connection.execute(select(incident.c.line).where(incident.c.delivery_id == number))
    return set(rows.scalars())


def drop_repeated_values(connection: Connection, number: int, into: int) -> set[int]:
    """Take out of a delivery the lines with a value that the other has already; returns them."""
    there, own = observation.alias(), observation.alias()
    repeated = (
        select(own.c.line)
        .join(
            there,
            and_(
                there.c.delivery_id == into,
                *(there.c[name] == own.c[name] for name in _KEY_OF_A_VALUE),
            ),
        )
        .where(own.c.delivery_id == number)
    )
    lines = set(connection.execute(repeated).scalars())
    connection.execute(
        delete(observation).where(
            observation.c.delivery_id == number, observation.c.line.in_(lines)
        )
    )
    return lines


_KEY_OF_A_VALUE = ("measure", "category", "period", "area_id")


def add_to_delivery(
    connection: Connection, number: int, *, measured: Mapping[str, Any], **more: int
) -> None:
    """Add to the counts of a delivery, all in one statement, since they have to reconcile."""
    values = {
        name: func.coalesce(delivery.c[name], 0) + added for name, added in more.items() if added
    }
    connection.execute(
        update(delivery).where(delivery.c.id == number).values(**values, measured=dict(measured))
    )


def stretch_period(connection: Connection, number: int, start: date, end: date) -> None:
    """Let the period of a delivery reach as far as its new rows do."""
    connection.execute(
        update(delivery)
        .where(delivery.c.id == number)
        .values(
            period_start=func.least(delivery.c.period_start, start),
            period_end=func.greatest(delivery.c.period_end, end),
        )
    )


# ---------------------------------------------------------------- what readers may see

VISIBLE = (
    *("id", "source", "partition", "series", "state", "period_start", "period_end"),
    *("publisher", "licence", "loaded_at", "rows_read", "loaded", "rows_skipped", "quarantined"),
    *("superseded", "unplaced", "cells_read", "cells_withheld", "cells_blank", "measured"),
    "routes",
)


def visible_deliveries(connection: Connection, numbers: Sequence[int]) -> list[Mapping[str, Any]]:
    """Of some deliveries those that the reader's access level may see, with routes."""
    view = table("visible_delivery", *(column(name) for name in VISIBLE), schema=SCHEMA)
    rows = connection.execute(select(view).where(view.c.id.in_(numbers)).order_by(view.c.id))
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
