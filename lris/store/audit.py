"""The record of changes: rows in, rows out. Entries are only ever added."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert, select

from lris.store.tables import audit


def add_entry(
    connection: Connection,
    actor: str,
    because: str,
    action: str,
    subject: str,
    detail: Mapping[str, Any],
) -> None:
    """Write one entry in the transaction of the change it tells of."""
    connection.execute(
        insert(audit).values(
            actor=actor, because=because, action=action, subject=subject, detail=dict(detail)
        )
    )


def latest_entries(connection: Connection, limit: int = 20) -> list[dict[str, Any]]:
    """The newest entries first."""
    rows = connection.execute(select(audit).order_by(audit.c.id.desc()).limit(limit))
    return [dict(row) for row in rows.mappings()]
