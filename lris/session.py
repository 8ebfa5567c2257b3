"""The two doors to the database, and the only ones.

`reading(viewer)` answers with the read-only role and closes by itself; it sees the open tables and,
of the figures, what the viewer's access level allows. Its connections are of that role and level
from the first to the last, so that a question is one round trip to the database.
`writing(actor, because)` is one transaction that must record at least one audit entry, or it is
rolled back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import local
from typing import Any

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from lris.errors import ClusterFault, NothingRecorded
from lris.store.audit import add_entry
from lris.store.engine import engine_for, reading_engine
from lris.terms import Access, Viewer

__all__ = ["Connection", "Doors", "Writing"]

READING_LIMIT_S = 30
"""A reader's statement that takes longer is stopped, so that one request cannot starve the rest."""

READERS_AT_ONCE = 16
"""Connections kept for the readers of one access level; whoever comes then waits for the next."""


@dataclass(slots=True)
class Writing:
    """An open write. Statements go through `connection`; `record` says what was done."""

    connection: Connection
    actor: str
    because: str
    recorded: int = field(default=0)

    def record(self, action: str, subject: str, **detail: Any) -> None:  # noqa: ANN401
        """Add an audit entry: a verb, what it was done to, and the numbers worth keeping."""
        add_entry(self.connection, self.actor, self.because, action, subject, detail)
        self.recorded += 1


@dataclass(slots=True)
class _Held:
    """A reader's connection, and how often its thread is inside the door."""

    connection: Connection
    users: int = 0


class _Inside(local):
    """What each thread holds."""

    def __init__(self) -> None:
        self.held: dict[Access, _Held] = {}


class Doors:
    """Both doors of one database. Built once by whoever starts the process."""

    def __init__(self, url: str, *, pool_size: int = 5, indexes: Path | None = None) -> None:
        """`url` is a SQLAlchemy URL of PostgreSQL with PostGIS.

        `indexes` is where placing indexes are kept on this machine; without it, in memory only.
        """
        self.engine: Engine = engine_for(url, pool_size)
        self.indexes = indexes
        self._readers = {
            access: reading_engine(url, access, READERS_AT_ONCE, READING_LIMIT_S)
            for access in Access
        }
        self._inside = _Inside()

    @contextmanager
    def reading(self, viewer: Viewer) -> Iterator[Connection]:
        """A read-only connection that sees what `viewer` may see and nothing else.

        Whoever reads already and opens the door again, in the same thread, has the same connection:
        were each to wait for a second one, readers enough would wait for each other for ever.
        """
        held = self._inside.held
        mine = held.get(viewer.access)
        if mine is None:
            mine = held[viewer.access] = _Held(_connected(self._readers[viewer.access]))
        mine.users += 1
        try:
            yield mine.connection
        finally:
            mine.users -= 1
            if not mine.users:
                del held[viewer.access]
                mine.connection.close()

    @contextmanager
    def writing(self, actor: str, because: str) -> Iterator[Writing]:
        """One transaction; raises `NothingRecorded` and rolls back where no entry was recorded."""
        with _connected(self.engine) as connection, connection.begin():
            door = Writing(connection, actor, because)
            yield door
            if not door.recorded:
                raise NothingRecorded(
                    f"{actor} was about to change the database without saying what",
                    remedy="call record() inside writing(); nothing was changed",
                )

    @contextmanager
    def inspecting(self) -> Iterator[Connection]:
        """A look at the working tables for whoever runs the machine; read-only, never served."""
        with _connected(self.engine) as connection, connection.begin():
            connection.execute(text("SET TRANSACTION READ ONLY"))
            yield connection

    def close(self) -> None:
        """Give the connections back."""
        for engine in (self.engine, *self._readers.values()):
            engine.dispose()


def _connected(engine: Engine) -> Connection:
    try:
        return engine.connect()
    except OperationalError as fault:
        raise ClusterFault(
            "the database does not answer",
            remedy="see whether it is running, and that LRIS_DATABASE_URL, where set, names it",
        ) from fault
    except PoolTimeout as fault:
        raise ClusterFault(
            "all connections to the database have been busy for too long",
            remedy="ask again in a minute; it does not last",
        ) from fault
