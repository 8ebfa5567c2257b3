"""The connection pool, bulk copying, and the small facts of PostgreSQL everything here shares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from time import monotonic
from typing import Any

import pyarrow as pa
from pyarrow.csv import ConvertOptions, ParseOptions, ReadOptions, WriteOptions, read_csv, write_csv
from sqlalchemy import Connection, Engine, Table, TextClause, create_engine, event, text
from sqlalchemy.exc import DisconnectionError

from lris.store.tables import READER, SCHEMA
from lris.terms import Access

_ACCESS_NUMBERS = {access: number for number, access in enumerate(Access)}


def access_number(access: Access) -> int:
    """The rank of an access level, 0 for public; figures carry it, row policies compare it."""
    return _ACCESS_NUMBERS[access]


def engine_for(url: str, pool_size: int = 5) -> Engine:
    """A pooled engine whose connections find LRIS's tables first and then PostGIS."""
    engine = create_engine(
        url, pool_size=pool_size, max_overflow=pool_size * 2, pool_pre_ping=True, pool_recycle=1800
    )
    _begin_with(engine, HOUSE)
    return engine


HOUSE: Mapping[str, str] = {"search_path": f"{SCHEMA}, public", "timezone": "UTC"}


def reading_engine(url: str, access: Access, pool_size: int, limit_s: int) -> Engine:
    """A pooled engine whose connections only ever read, as one access level may.

    Role, level, time limit and read-only are the session's own, so that each statement is a
    transaction by itself and one round trip. A connection that lay unused is tried first.
    """
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_recycle=1800,
        isolation_level="AUTOCOMMIT",
    )
    driver = engine.dialect.loaded_dbapi
    reads = {
        "default_transaction_read_only": "on",
        "statement_timeout": f"{limit_s}s",
        "lris.access": str(access_number(access)),
        "role": READER,
    }
    _begin_with(engine, {**HOUSE, **reads})

    @event.listens_for(engine, "checkin")
    def _note_when(_connection: object, record: Any) -> None:  # noqa: ANN401
        record.info["used"] = monotonic()

    @event.listens_for(engine, "checkout")
    def _try(connection: Any, record: Any, _proxy: object) -> None:  # noqa: ANN401
        if monotonic() - record.info.get("used", -UNTRIED_S) < UNTRIED_S:
            return
        try:
            engine.dialect.do_ping(connection)
        except driver.Error as fault:
            raise DisconnectionError from fault

    return engine


UNTRIED_S = 1.0
"""A connection used so short a time ago is taken to be alive."""


def _begin_with(engine: Engine, settings: Mapping[str, str]) -> None:
    """Give every new connection of an engine these settings for as long as it lives."""
    calls = ", ".join(["set_config(%s, %s, false)"] * len(settings))
    values = [text for pair in settings.items() for text in pair]

    @event.listens_for(engine, "connect")
    def _set(connection: Any, _record: object) -> None:  # noqa: ANN401
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {calls}", values)
        if not connection.autocommit:
            connection.commit()


def copy_rows(
    connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """COPY rows into a table; values are adapted by psycopg, geometry goes as hex EWKB text."""
    listed = ", ".join(f'"{table.c[name].name}"' for name in columns)
    statement = f'COPY {SCHEMA}."{table.name}" ({listed}) FROM STDIN'
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def copy_text(connection: Connection, table: Table, columns: Sequence[str], payload: bytes) -> None:
    """COPY a ready-made block in PostgreSQL's text format (tab-separated, `\\N` for NULL)."""
    listed = ", ".join(f'"{table.c[name].name}"' for name in columns)
    driver: Any = connection.connection.driver_connection
    with (
        driver.cursor() as cursor,
        cursor.copy(f'COPY {SCHEMA}."{table.name}" ({listed}) FROM STDIN') as copy,
    ):
        copy.write(payload)


@cache
def statement(name: str) -> TextClause:
    """One of the SQL files beside this module, as a statement with bound values."""
    return text((files("lris.store") / "sql" / f"{name}.sql").read_text(encoding="utf-8"))


def lock(connection: Connection, name: str, *, shared: bool = False) -> None:
    """Hold a named lock until the transaction ends: writers of a kind queue, readers share."""
    kind = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    connection.execute(text(f"SELECT {kind}(hashtext(:name))"), {"name": f"lris:{name}"})


def copy_table(connection: Connection, table: Table, rows: pa.Table) -> None:
    """COPY an Arrow table whose column names are the table's; null is NULL, "" is an empty text."""
    listed = ", ".join(f'"{table.c[name].name}"' for name in rows.column_names)
    buffer = pa.BufferOutputStream()
    write_csv(rows, buffer, WriteOptions(include_header=False, quoting_style="needed"))
    driver: Any = connection.connection.driver_connection
    with (
        driver.cursor() as cursor,
        cursor.copy(f'COPY {SCHEMA}."{table.name}" ({listed}) FROM STDIN (FORMAT csv)') as copy,
    ):
        copy.write(buffer.getvalue().to_pybytes())


def copy_binary(
    connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[pa.Buffer]
) -> None:
    """COPY rows as `lris.store.binary` writes them: half the server's work of reading texts."""
    listed = ", ".join(f'"{table.c[name].name}"' for name in columns)
    statement = f'COPY {SCHEMA}."{table.name}" ({listed}) FROM STDIN (FORMAT binary)'
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
        for some in rows:
            copy.write(memoryview(some))
        copy.write(b"\xff\xff")


def read_table(
    connection: Connection, query: str, values: Sequence[Any], types: Mapping[str, pa.DataType]
) -> pa.Table:
    """The rows of a query as an Arrow table, by a COPY: millions of rows, none of them an object.

    `types` are the columns in the query's order; NULL is null in a number and never in a text.
    """
    driver: Any = connection.connection.driver_connection
    copy = f"COPY ({query}) TO STDOUT (FORMAT csv)"
    with driver.cursor() as cursor, cursor.copy(copy, values) as blocks:
        told = b"".join(blocks)
    if not told:
        return pa.schema(types).empty_table()
    return read_csv(
        pa.BufferReader(told),
        ReadOptions(column_names=list(types)),
        ParseOptions(newlines_in_values=True),
        ConvertOptions(column_types=types, null_values=[""], strings_can_be_null=False),
    )


def analyze(connection: Connection, *tables: Table) -> None:
    """Tell the planner what tables hold now: after bulk loading its guesses are minutes off."""
    names = ", ".join(f'{SCHEMA}."{table.name}"' for table in tables)
    connection.execute(text(f"ANALYZE {names}"))
