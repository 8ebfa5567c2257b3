"""Fixtures every test may ask for: the real open data, the oracles, and a fresh database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from lris.catalogue import Catalogue
from lris.session import Doors
from lris.settings import PROJECT, Settings
from lris.store.cluster import database
from lris.store.engine import engine_for
from lris.store.schema import migrate


def _folder_named_by(variable: str) -> Path:
    value = os.environ.get(variable)
    if value and Path(value).is_dir():
        return Path(value)
    message = f"{variable} does not name a folder"
    if os.environ.get("CI") == "true":
        pytest.fail(f"{message}, and on CI that is a failure")
    pytest.skip(f"{message}: tests on real open data are left out")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of publishers' files, as they were issued."""
    return _folder_named_by("LRIS_REAL_DATA")


@pytest.fixture(scope="session")
def oracles() -> Path:
    """The folder of other people's numbers that ours must equal."""
    return _folder_named_by("LRIS_ORACLES")


TEST_HOME = Path(os.environ.get("LRIS_TEST_HOME", PROJECT / ".lris" / "tests"))


@pytest.fixture(scope="session")
def template() -> Iterator[tuple[str, str]]:
    """A migrated database to copy for each test: the server's address and the template's name.

    The server is a private cluster of the tests' own, shared by all workers and stopped by the
    last. Where PostGIS is missing this fails: it is part of what is tested.
    """
    with database(Settings(home=TEST_HOME)) as url:
        name = f"template_{os.environ.get('PYTEST_XDIST_WORKER', 'one')}_{os.getpid()}"
        with _administering(url) as server:
            server.execute(f"CREATE DATABASE {name}")
        engine = engine_for(_at(url, name))
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE EXTENSION postgis")
        migrate(engine)
        engine.dispose()
        yield url, name
        with _administering(url) as server:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database_url(template: tuple[str, str]) -> Iterator[str]:
    """A fresh database with every table, for this test alone."""
    url, source = template
    name = f"{source.replace('template', 'test')}_{next(_NUMBERS)}"
    with _administering(url) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE {source}")
    yield _at(url, name)
    with _administering(url) as server:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def doors(database_url: str) -> Iterator[Doors]:
    """Both doors of a fresh database."""
    opened = Doors(database_url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The decisions as they are in the project."""
    return Catalogue.read(PROJECT / "geodata")


_NUMBERS = count()


def _at(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


@contextmanager
def _administering(url: str) -> Iterator[psycopg.Connection]:
    plain = _at(url, "postgres").replace("postgresql+psycopg", "postgresql", 1)
    with psycopg.connect(plain, autocommit=True) as connection:
        yield connection
