"""Rows that were set aside, and what became of them: rows in, rows out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from lris.store.engine import copy_rows
from lris.store.tables import delivery, quarantine

WAITING, REPLAYED, DISMISSED = "waiting", "replayed", "dismissed"

COPIED = ("delivery_id", "number", "sheet", "line", "column", "code", "reason", "header", "row")


@dataclass(frozen=True, slots=True)
class Aside:
    """A row that was set aside: `number` in its delivery, where it stood, why, its cells.

    `state` is waiting, replayed or dismissed; whoever decided that says why. `corrected` are the
    cells as they were mended, where they were.
    """

    delivery_id: int
    number: int
    sheet: str
    line: int
    column: str | None
    code: str
    reason: str
    header: tuple[str, ...]
    row: tuple[str, ...]
    corrected: tuple[str, ...] | None
    state: str
    decided_by: str | None
    because: str | None
    decided_at: datetime | None

    @property
    def cells(self) -> tuple[str, ...]:
        """The row as it would be read now."""
        return self.row if self.corrected is None else self.corrected


@dataclass(frozen=True, slots=True)
class Group:
    """How many rows of a delivery are in one state for one reason; `reason` is of one of them."""

    delivery_id: int
    source: str
    partition: str
    file_name: str
    delivery_state: str
    access: str
    code: str
    column: str | None
    state: str
    rows: int
    reason: str


_COLUMNS = [quarantine.c[name] for name in Aside.__dataclass_fields__]


def put(connection: Connection, number: int, rows: Iterable[Sequence[Any]]) -> None:
    """Store rows: sheet, line, column, code, reason, header, cells; they are numbered on."""
    first = connection.execute(
        select(func.coalesce(func.max(quarantine.c.number), 0)).where(
            quarantine.c.delivery_id == number
        )
    ).scalar_one()
    numbered = (
        (number, at, sheet, line, column, code, reason, list(header), list(row))
        for at, (sheet, line, column, code, reason, header, row) in enumerate(rows, first + 1)
    )
    copy_rows(connection, quarantine, COPIED, numbered)


def groups(
    connection: Connection,
    *,
    source: str | None = None,
    number: int | None = None,
    code: str | None = None,
) -> list[Group]:
    """Rows set aside, counted by delivery, reason, column and state; the largest first."""
    asked = {delivery.c.source: source, delivery.c.id: number, quarantine.c.code: code}
    keys = (
        *(delivery.c.id, delivery.c.source, delivery.c.partition, delivery.c.file_name),
        *(delivery.c.state, delivery.c.access),
        *(quarantine.c.code, quarantine.c.column, quarantine.c.state),
    )
    rows = connection.execute(
        select(*keys, func.count(), func.min(quarantine.c.reason))
        .join(delivery, delivery.c.id == quarantine.c.delivery_id)
        .where(*(key == value for key, value in asked.items() if value is not None))
        .group_by(*keys)
        .order_by(func.count().desc(), delivery.c.id, quarantine.c.code, quarantine.c.column)
    )
    return [Group(*row) for row in rows]


def rows(
    connection: Connection,
    number: int,
    *,
    numbers: Collection[int] | None = None,
    code: str | None = None,
    sheet: str | None = None,
    states: Collection[str] | None = None,
) -> list[Aside]:
    """The rows of a delivery that were set aside, in the order of the file."""
    asked = {
        quarantine.c.number: numbers,
        quarantine.c.code: None if code is None else [code],
        quarantine.c.sheet: None if sheet is None else [sheet],
        quarantine.c.state: states,
    }
    found = connection.execute(
        select(*_COLUMNS)
        .where(
            quarantine.c.delivery_id == number,
            *(key.in_(list(among)) for key, among in asked.items() if among is not None),
        )
        .order_by(quarantine.c.number)
    )
    return [_aside(row) for row in found]


def decide(
    connection: Connection,
    number: int,
    numbers: Collection[int],
    *,
    state: str,
    actor: str,
    because: str,
) -> None:
    """Say what became of rows, who said so and why."""
    connection.execute(
        update(quarantine)
        .where(quarantine.c.delivery_id == number, quarantine.c.number.in_(list(numbers)))
        .values(state=state, decided_by=actor, because=because, decided_at=func.now())
    )


def keep_waiting(
    connection: Connection, number: int, at: int, *, code: str, reason: str, column: str | None
) -> None:
    """Give a row that still cannot be loaded its new reason."""
    connection.execute(
        update(quarantine)
        .where(quarantine.c.delivery_id == number, quarantine.c.number == at)
        .values(
            code=code,
            reason=reason,
            column=column,
            state="waiting",
            decided_by=None,
            because=None,
            decided_at=None,
        )
    )


def correct(connection: Connection, number: int, at: int, cells: Sequence[str]) -> None:
    """Keep a row's cells as they were mended, beside those delivered."""
    connection.execute(
        update(quarantine)
        .where(quarantine.c.delivery_id == number, quarantine.c.number == at)
        .values(corrected=list(cells))
    )


def _aside(row: Any) -> Aside:  # noqa: ANN401
    fields = dict(row._mapping)
    for name in ("header", "row", "corrected"):
        fields[name] = None if fields[name] is None else tuple(fields[name])
    return Aside(**fields)
