"""The migrations make the tables, forward and back."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import NullPool, create_engine
from sqlalchemy.exc import DBAPIError

from lris.errors import ClusterFault
from lris.session import Doors
from lris.store.schema import current_revision, migrate
from lris.store.tables import SCHEMA, metadata


def differences(url):
    options = {"options": "-c search_path=public"}  # as nobody's default schema: full names
    engine = create_engine(url, poolclass=NullPool, connect_args=options)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_schemas": True,
                "include_name": lambda name, kind, _: kind != "schema" or name == SCHEMA,
                "version_table_schema": SCHEMA,
                "compare_type": True,
                "compare_server_default": True,
            },
        )
        return compare_metadata(context, metadata)


def test_tables_and_migrations_agree(database_url: str):
    assert differences(database_url) == []


def test_migrations_run_back_to_nothing_and_forward_again(doors: Doors, database_url: str):
    migrate(doors.engine, "base")
    with doors.engine.connect() as connection:
        left = connection.exec_driver_sql(
            "SELECT count(*) FROM information_schema.tables"
            " WHERE table_schema = 'lris' AND table_name <> 'alembic_version'"
        ).scalar_one()
    assert left == 0
    assert current_revision(doors.engine) is None
    migrate(doors.engine)
    assert differences(database_url) == []


def test_migrating_twice_changes_nothing(doors: Doors):
    before = current_revision(doors.engine)
    migrate(doors.engine)
    assert current_revision(doors.engine) == before


def test_a_database_of_a_newer_lris_is_refused_with_a_remedy(doors: Doors):
    with doors.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE lris.alembic_version SET version_num = '29990101_x'")
    with pytest.raises(ClusterFault, match=r"29990101_x.*Update LRIS"):
        migrate(doors.engine)


def test_figures_sealed_before_each_release_had_a_part_of_the_table_are_kept(doors: Doors):
    migrate(doors.engine, "base")
    migrate(doors.engine, "20261122_quarantine_work")
    with doors.engine.begin() as connection:
        run = connection.exec_driver_sql
        run("INSERT INTO lris.release (number, actor, because, figures) VALUES (1, 'c', 't', 1)")
        series = run(
            "INSERT INTO lris.series (indicator, vintage, category, period, period_start,"
            " period_end, unit, access, sources, deliveries, digest, first_release) VALUES"
            " ('i', 'lsoa_2011', '', '2018', '2018-01-01', '2018-12-31', 'people', 0, '{s}', '{1}',"
            " '\\x00', 1) RETURNING id"
        ).scalar_one()
        run(
            "INSERT INTO lris.figure (series_id, area_id, value, status, access)"
            f" VALUES ({series}, 1, 10, 'observed', 0)"
        )
    migrate(doors.engine)
    with doors.engine.connect() as connection:
        kept = connection.exec_driver_sql("SELECT series_id, area_id, value FROM lris.figure")
        assert kept.all() == [(series, 1, 10.0)]
    for change in ("TRUNCATE lris.figure_before", "DELETE FROM lris.figure"):
        with pytest.raises(DBAPIError, match="is refused"), doors.engine.begin() as connection:
            connection.exec_driver_sql(change)
