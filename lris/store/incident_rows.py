"""Incidents as they were delivered, row by row: what only a named person may look at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from lris.store.engine import statement
from lris.store.incidents import BLOCK
from lris.store.tables import delivery, placement


def incident_rows(
    connection: Connection,
    source: str,
    *,
    after: datetime,
    before: datetime,
    categories: Sequence[str] = (),
    areas: tuple[str, Sequence[int]] | None = None,
) -> Sequence[Row[Any]]:
    """Rows with delivery, partition, kept_columns, line, starts, ends, category, code, kept,
    easting, northing; `areas` is a vintage the incidents were placed in, and ids of its areas.
    """
    vintage, ids = areas or (None, ())
    return connection.execute(
        statement("incidents_of_source"),
        {
            "source": source,
            "after": after,
            "before": before,
            "categories": list(categories),
            "vintage": vintage,
            "areas": list(ids),
            "block_rows": BLOCK,
        },
    ).all()


def vintages_placed_in(connection: Connection, source: str) -> list[str]:
    """The vintages that the current incidents of a source have been placed in, by id."""
    found = connection.execute(
        select(placement.c.vintage)
        .join(delivery, delivery.c.id == placement.c.delivery_id)
        .where(delivery.c.source == source, delivery.c.state == "current")
        .distinct()
    )
    return sorted(found.scalars())
