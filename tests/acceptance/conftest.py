"""A database for a whole module, the one command on it, and the files of Avon and Somerset."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url
from typer.testing import CliRunner

from lris.catalogue import Catalogue
from lris.cli import app
from lris.session import Doors
from tests.acceptance.bristol import Bristol, sealed_bristol

Lris = Callable[..., Any]


@pytest.fixture(scope="module")
def databases(template: tuple[str, str]) -> Iterator[Callable[..., str]]:
    """Makes databases that have every table, empty or `like` another one that nobody is using.

    All of them go when the module is done.
    """
    with _made_databases(template, "module") as make:
        yield make


@pytest.fixture(scope="session")
def bristol(
    template: tuple[str, str],
    real_data: Path,
    catalogue: Catalogue,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Bristol]:
    """Everything about Bristol, sealed, once for all that ask; tests only read it."""
    with _made_databases(template, "session") as make:
        doors = Doors(make())
        yield sealed_bristol(doors, catalogue, real_data, tmp_path_factory.mktemp("bristol"))
        doors.close()


@pytest.fixture(scope="module")
def lris_on() -> Callable[..., Lris]:
    """`lris` on a database, or on the private one of a home: it answers with its JSON.

    Called with the words of a command; a command that fails is a failed assertion.
    """

    def on(url: str = "", home: Path | None = None) -> Lris:
        env = {"LRIS_DATABASE_URL": url, **({"LRIS_HOME": str(home)} if home else {})}

        def lris(*words: object) -> Any:
            done = CliRunner().invoke(app, [*map(str, words), "--json"], env=env)
            if done.exit_code:
                raise AssertionError(done.output) from done.exception
            return json.loads(done.stdout)

        return lris

    return on


@pytest.fixture(scope="session")
def outlines_of(real_data: Path) -> Callable[[str], list[Path]]:
    """The boundary files of the five districts, by vintage."""

    def of(vintage: str) -> list[Path]:
        folder = real_data / "boundaries" / "avon-and-somerset"
        return sorted(folder.glob(f"{vintage.replace('_', '')}_bgc_*.geojson"))

    return of


@pytest.fixture(scope="session")
def months(real_data: Path) -> list[Path]:
    """The files of the force for October, November and December 2018."""
    return sorted((real_data / "crime" / "avon-and-somerset").glob("*-street.csv"))


_NUMBERS = count()


def _at(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


@contextmanager
def _made_databases(template: tuple[str, str], called: str) -> Iterator[Callable[..., str]]:
    url, source = template
    made: list[str] = []

    def make(like: str | None = None) -> str:
        name = source.replace("template", called) + f"_{next(_NUMBERS)}"
        model = make_url(like).database if like else source
        with _administering(url) as server:
            server.execute(f"CREATE DATABASE {name} TEMPLATE {model}")
        made.append(name)
        return _at(url, name)

    yield make
    with _administering(url) as server:
        for name in made:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def _administering(url: str) -> Iterator[psycopg.Connection]:
    plain = _at(url, "postgres").replace("postgresql+psycopg", "postgresql", 1)
    with psycopg.connect(plain, autocommit=True) as connection:
        yield connection
