"""Bring the tables to the newest state, or back."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from lris.errors import ClusterFault
from lris.store.tables import SCHEMA

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


def migrate(engine: Engine, revision: str = "head") -> None:
    """Run the migrations up to `revision`, in one transaction: all of them or none.

    Raises `ClusterFault` where the database was made by a newer LRIS than this one.
    """
    config = _config()
    with engine.connect() as connection, connection.begin():
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('lris:schema'))"))
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        current = _current(connection)
        if current is not None and current not in known:
            raise ClusterFault(
                f"the database is at schema revision {current}, which this LRIS does not know",
                remedy="update LRIS to the version that made this database, or point"
                " LRIS_HOME or LRIS_DATABASE_URL at another one",
            )
        config.attributes["connection"] = connection
        if revision == "base":
            command.downgrade(config, revision)
        else:
            command.upgrade(config, revision)


def current_revision(engine: Engine) -> str | None:
    """The revision the database is at, or None before the first migration."""
    with engine.connect() as connection:
        return _current(connection)


def _current(connection) -> str | None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    options = {"version_table_schema": SCHEMA}
    return MigrationContext.configure(connection, opts=options).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config
