"""The two doors to the database, and the only ones.

`reading(viewer)` answers with the read-only role and closes by itself; it sees the open tables and,
of the figures, what the viewer's access level allows. `writing(actor, because)` is one transaction
that must record at least one audit entry, or it is rolled back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from lris.errors import ClusterFault, NothingRecorded
from lris.store.audit import add_entry
from lris.store.engine import access_number, engine_for
from lris.store.tables import READER
from lris.terms import Viewer

__all__ = ["Connection", "Doors", "Writing"]

READING_LIMIT_S = 30
"""A reader's statement that takes longer is stopped, so that one request cannot starve the rest."""


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


class Doors:
    """Both doors of one database. Built once by whoever starts the process."""

    def __init__(self, url: str, *, pool_size: int = 5, indexes: Path | None = None) -> None:
        """`url` is a SQLAlchemy URL of PostgreSQL with PostGIS.

        `indexes` is where placing indexes are kept on this machine; without it, in memory only.
        """
        self.engine: Engine = engine_for(url, pool_size)
        self.indexes = indexes

    @contextmanager
    def reading(self, viewer: Viewer) -> Iterator[Connection]:
        """A read-only connection that sees what `viewer` may see and nothing else."""
        with self._connected() as connection, connection.begin():
            connection.execute(
                text(
                    "SELECT set_config('role', :role, true),"
                    " set_config('transaction_read_only', 'on', true),"
                    " set_config('statement_timeout', :limit, true),"
                    " set_config('lris.access', :access, true)"
                ),
                {
                    "role": READER,
                    "limit": f"{READING_LIMIT_S}s",
                    "access": str(access_number(viewer.access)),
                },
            )
            yield connection

    @contextmanager
    def writing(self, actor: str, because: str) -> Iterator[Writing]:
        """One transaction; raises `NothingRecorded` and rolls back where no entry was recorded."""
        with self._connected() as connection, connection.begin():
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
        with self._connected() as connection, connection.begin():
            connection.execute(text("SET TRANSACTION READ ONLY"))
            yield connection

    def _connected(self) -> Connection:
        try:
            return self.engine.connect()
        except OperationalError as fault:
            raise ClusterFault(
                "the database does not answer",
                remedy="see whether it is running, and that LRIS_DATABASE_URL, where set, names it",
            ) from fault

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()
