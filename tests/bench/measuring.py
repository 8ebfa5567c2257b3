"""What every measurement needs: a clock, a database of its own, a table, a file of results."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psycopg
from rich.console import Console
from rich.table import Table
from sqlalchemy import make_url

from lris.settings import PROJECT, Settings
from lris.store.cluster import database

HOME = Path(os.environ.get("LRIS_TEST_HOME", PROJECT / ".lris" / "tests"))
SAY = Console()
PACKAGES = (
    "duckdb",
    "esda",
    "geopandas",
    "libpysal",
    "mapclassify",
    "numba",
    "pandas",
    "psycopg",
    "scikit-learn",
    "scipy",
    "sedonadb",
    "shapely",
)


@dataclass(frozen=True)
class Row:
    """One way of doing one task, measured once. `seconds` is None for a peer that is missing."""

    task: str
    way: str
    seconds: float | None
    check: str = ""
    note: str = ""
    base: bool = False
    more: dict[str, Any] = field(default_factory=dict)
    load_average: float = field(default_factory=lambda: os.getloadavg()[0])


def missing(task: str, way: str, why: object) -> Row:
    """A peer that could not be asked, named all the same."""
    return Row(task, way, None, note=f"not here: {str(why).splitlines()[0][:80]}")


def timed(do: Callable[[], Any], rounds: int = 1) -> tuple[float, Any]:
    """The best of some rounds, and the last answer."""
    best, answer = float("inf"), None
    for _ in range(rounds):
        began = time.perf_counter()
        answer = do()
        best = min(best, time.perf_counter() - began)
    return best, answer


@contextmanager
def fresh_database() -> Iterator[str]:
    """The address of a database with PostGIS, in the cluster of the tests; it goes afterwards."""
    name = f"bench_{os.getpid()}_{time.monotonic_ns()}"
    with database(Settings(home=HOME)) as url:
        with psycopg.connect(plain(at(url, "postgres")), autocommit=True) as server:
            server.execute(f"CREATE DATABASE {name}")
        try:
            with psycopg.connect(plain(at(url, name)), autocommit=True) as connection:
                connection.execute("CREATE EXTENSION postgis")
            yield at(url, name)
        finally:
            with psycopg.connect(plain(at(url, "postgres")), autocommit=True) as server:
                server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def at(url: str, name: str) -> str:
    """The same server, another database."""
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def plain(url: str) -> str:
    """The address as libpq takes it."""
    return url.replace("postgresql+psycopg", "postgresql", 1)


def show(part: str, rows: Sequence[Row]) -> None:
    """A table for each task."""
    for task in dict.fromkeys(row.task for row in rows):
        some = [row for row in rows if row.task == task]
        base = next((row.seconds for row in some if row.base), None)
        beside = next((row.way for row in some if row.base), "")
        table = Table(title=f"{part}: {task}")
        table.add_column("way")
        for heading in ("seconds", f"times {beside}" if beside else "times", "check", "note"):
            table.add_column(heading, justify="right")
        for row in some:
            times = f"{base / row.seconds:.2f}" if base and row.seconds else ""
            seconds = "" if row.seconds is None else _told(row.seconds)
            table.add_row(row.way, seconds, times, row.check, row.note)
        SAY.print(table)


def _told(seconds: float) -> str:
    return f"{seconds:.2f}" if seconds >= 0.1 else f"{seconds:.4f}"


def report(path: Path, rows: Sequence[Row]) -> None:
    """Write everything measured, with the machine and the versions, as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        json.dumps(
            {
                "machine": f"{platform.machine()}, {os.cpu_count()} processors",
                "versions": {name: _version(name) for name in PACKAGES} | {"gdal": _gdal()},
                "rows": [asdict(row) for row in rows],
            },
            indent=2,
        )
    )
    SAY.print(f"Written: {path}")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _gdal() -> str | None:
    try:
        asked = subprocess.run(["ogr2ogr", "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return asked.stdout.strip()
