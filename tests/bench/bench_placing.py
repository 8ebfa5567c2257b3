"""Placing points in the LSOAs of England and Wales: ours beside what people use, in one run.

Polygons: the 35,672 LSOAs of 2021 (generalised, BGC). Points: 95 in 100 are places of real crimes
(national, October 2018) moved by 150 m or so at random, the rest lie anywhere in the extent. What
every program is given is in its own memory or tables before its clock starts, spatial indexes it
keeps with its tables included; what it answers is read back as numbers before the clock stops.
Every answer is compared with GEOS's, point by point. The best of some rounds counts. LRIS looks
points up in two threads and builds in one; geopandas has one.

PostgreSQL is asked about fewer points, as it would take an hour, and its time is multiplied up;
the table says so.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import psycopg
import pyarrow as pa
import shapely

from lris.rules.british_grid import to_grid
from lris.rules.placing import NOWHERE, PlacingIndex, place_by_geos
from lris.settings import PROJECT
from lris.sources.spatial import BoundaryLayout, read_boundaries
from lris.store.areas import Edition
from lris.store.placing_files import keeper
from tests.bench.measuring import SAY, Row, fresh_database, missing, plain, timed

SIZES = (1_000_000, 5_000_000)
ROUNDS_OF_OURS, ROUNDS_OF_OTHERS = 3, 2
POSTGIS_POINTS = {"points first": 50_000, "areas first": 1_000_000}
JITTER_M = 150
EDITION = Edition(1, "lsoa_2021", 1, "published", "BGC", {}, datetime(2025, 1, 1, tzinfo=UTC))

Answers = np.ndarray
Ask = Callable[[], Answers]


def measured(folder: Path, sizes: Sequence[int] = SIZES) -> Iterator[Row]:
    """Every way of placing, for every number of points."""
    SAY.print("Reading boundaries and crimes")
    polygons = lsoas(folder)
    places = crimes(folder)
    yield Row("the first index on a machine", "compiling", compiling(), note="make provision does")
    with tempfile.TemporaryDirectory() as scratch, postgis(polygons) as connection:
        for size in sizes:
            x, y = points(places, polygons, size)
            truth = place_by_geos(x, y, polygons)
            yield from everyone(x, y, truth, polygons, Path(scratch), connection)


# ---------------------------------------------------------------- what is placed


def lsoas(folder: Path) -> np.ndarray:
    tar = folder / "boundaries/national/lsoa2021_bgc_by_lad_ew.tar.xz"
    return read_boundaries([tar], BoundaryLayout(("LSOA21CD",))).geometry


def crimes(folder: Path) -> np.ndarray:
    """Where the police put the crimes of a month, as two columns on the British grid."""
    months = []
    with tarfile.open(folder / "crime/national/2018-10-all-forces-except-large.tar.xz") as tar:
        for member in tar:
            if member.name.endswith(".csv"):
                file = tar.extractfile(member)
                months.append(pd.read_csv(file, usecols=["Longitude", "Latitude"]).dropna())
    month = pd.concat(months)
    xy = np.column_stack(to_grid(month["Longitude"].to_numpy(), month["Latitude"].to_numpy()))
    return xy[np.isfinite(xy).all(axis=1)]


def points(places: np.ndarray, polygons: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(size)
    near = places[rng.integers(0, len(places), size * 95 // 100)]
    west, south, east, north = shapely.total_bounds(polygons)
    anywhere = rng.uniform((west, south), (east, north), (size - len(near), 2))
    xy = np.concatenate([near + rng.normal(0, JITTER_M, near.shape), anywhere])
    rng.shuffle(xy)
    return np.ascontiguousarray(xy[:, 0]), np.ascontiguousarray(xy[:, 1])


# ---------------------------------------------------------------- who places


def everyone(
    x: np.ndarray,
    y: np.ndarray,
    truth: Answers,
    polygons: np.ndarray,
    folder: Path,
    connection: psycopg.Connection,
) -> Iterator[Row]:
    kept = keeper(folder, EDITION)
    ready = PlacingIndex(polygons, kept).ready()
    ours: dict[str, Ask] = {
        "LRIS, index ready": lambda: ready.place(x, y),
        "LRIS, index opened from its file": lambda: (
            PlacingIndex(polygons, kept).ready().place(x, y)
        ),
        "LRIS, index built in the same run": lambda: PlacingIndex(polygons).place(x, y),
    }
    for way, ask in ours.items():
        yield clocked(way, ask, truth, ROUNDS_OF_OURS)
    for way, prepare in (
        ("geopandas sjoin, within", by_geopandas),
        ("DuckDB spatial, 1 thread", lambda *given: by_duckdb(*given, threads=1)),
        ("DuckDB spatial, 2 threads", lambda *given: by_duckdb(*given, threads=2)),
        ("SedonaDB, all threads", by_sedona),
    ):
        try:
            yield clocked(way, prepare(x, y, polygons), truth, ROUNDS_OF_OTHERS)
        except ImportError as why:
            yield missing(task(truth), way, why)
    for order, cap in POSTGIS_POINTS.items():
        some = min(cap, x.size)
        ask = by_postgis(connection, x[:some], y[:some], order)
        yield clocked(f"PostGIS, {order}", ask, truth, 1)


def by_geopandas(x: np.ndarray, y: np.ndarray, polygons: np.ndarray) -> Ask:
    asked = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy(x, y), crs=27700)
    areas = geopandas.GeoDataFrame(geometry=polygons, crs=27700)

    def ask() -> Answers:
        found = geopandas.sjoin(asked, areas, predicate="within")
        return lowest(found.index.to_numpy(), found["index_right"].to_numpy(), x.size)

    return ask


def by_duckdb(x: np.ndarray, y: np.ndarray, polygons: np.ndarray, *, threads: int) -> Ask:
    import duckdb
    import duckdb_extension_spatial

    [folder] = duckdb_extension_spatial.__path__
    extension = next(Path(folder).rglob("spatial.duckdb_extension"))
    connection = duckdb.connect(config={"threads": threads})
    connection.execute(f"LOAD '{extension}'")
    areas, given = tables(x, y, polygons)
    connection.register("a", areas)
    connection.register("p", given)
    connection.execute("CREATE TABLE areas AS SELECT a, ST_GeomFromWKB(wkb) AS g FROM a")
    connection.execute("CREATE TABLE points AS SELECT i, ST_Point(x, y) AS g FROM p")

    def ask() -> Answers:
        found = connection.execute(
            "SELECT i, a FROM points JOIN areas ON ST_Intersects(areas.g, points.g)"
        ).fetchnumpy()
        return lowest(found["i"], found["a"], x.size)

    return ask


def by_sedona(x: np.ndarray, y: np.ndarray, polygons: np.ndarray) -> Ask:
    import geoarrow.pyarrow as geoarrow
    import sedonadb

    session = sedonadb.connect()
    areas, given = tables(x, y, polygons)
    drawn = geoarrow.as_wkb(shapely.to_wkb(polygons))
    session.create_data_frame(areas.append_column("g", drawn).drop("wkb")).to_view("areas")
    dots = geoarrow.as_wkb(shapely.to_wkb(shapely.points(x, y)))
    session.create_data_frame(given.select(["i"]).append_column("g", dots)).to_view("points")

    def ask() -> Answers:
        found = session.sql(
            "SELECT i, a FROM points JOIN areas ON ST_Intersects(areas.g, points.g)"
        ).to_arrow_table()
        return lowest(found["i"].to_numpy(), found["a"].to_numpy(), x.size)

    return ask


def tables(x: np.ndarray, y: np.ndarray, polygons: np.ndarray) -> tuple[pa.Table, pa.Table]:
    wkb = pa.array(shapely.to_wkb(polygons), pa.binary())
    areas = pa.table({"a": np.arange(polygons.size), "wkb": wkb})
    return areas, pa.table({"i": np.arange(x.size), "x": x, "y": y})


ORDERS = {
    "points first": """
        SELECT i, a FROM points,
        LATERAL (SELECT a FROM areas WHERE ST_Intersects(areas.g, points.g) ORDER BY a LIMIT 1) AS f
    """,
    "areas first": """
        SELECT i, a FROM areas,
        LATERAL (SELECT i FROM points WHERE ST_Intersects(areas.g, points.g) OFFSET 0) AS f
    """,
}


def by_postgis(connection: psycopg.Connection, x: np.ndarray, y: np.ndarray, order: str) -> Ask:
    connection.execute("DROP TABLE IF EXISTS points, given")
    connection.execute("CREATE UNLOGGED TABLE given (i int, x float8, y float8)")
    with connection.cursor().copy("COPY given FROM STDIN") as copy:
        for row in zip(range(x.size), x.tolist(), y.tolist(), strict=True):
            copy.write_row(row)
    connection.execute(
        "CREATE UNLOGGED TABLE points AS"
        " SELECT i, ST_SetSRID(ST_Point(x, y), 27700) AS g FROM given"
    )
    connection.execute("CREATE INDEX ON points USING gist (g)")
    connection.execute("ANALYZE points")
    connection.execute("VACUUM areas, points")

    def ask() -> Answers:
        with connection.cursor(binary=True) as cursor:
            found = np.array(cursor.execute(ORDERS[order]).fetchall(), dtype=np.int64)
        return lowest(found[:, 0], found[:, 1], x.size)

    return ask


@contextmanager
def postgis(polygons: np.ndarray) -> Iterator[psycopg.Connection]:
    """A database with the areas and an index on them."""
    with fresh_database() as url, psycopg.connect(plain(url), autocommit=True) as connection:
        _store_areas(connection, polygons)
        yield connection


def _store_areas(connection: psycopg.Connection, polygons: np.ndarray) -> None:
    connection.execute("CREATE TABLE areas (a int, g geometry(MultiPolygon, 27700))")
    shapes = shapely.to_wkb(shapely.set_srid(polygons, 27700), hex=True, include_srid=True)
    with connection.cursor().copy("COPY areas FROM STDIN") as copy:
        for row in enumerate(shapes.tolist()):
            copy.write_row(row)
    connection.execute("CREATE INDEX ON areas USING gist (g)")
    connection.execute("ANALYZE areas")


def lowest(point: np.ndarray, polygon: np.ndarray, points: int) -> Answers:
    answers = np.full(points, np.iinfo(np.int64).max)
    np.minimum.at(answers, point, polygon)
    answers[answers == np.iinfo(np.int64).max] = NOWHERE
    return answers


# ---------------------------------------------------------------- measuring and telling


def task(truth: Answers) -> str:
    return f"{truth.size:,} points"


def clocked(way: str, ask: Ask, truth: Answers, rounds: int) -> Row:
    seconds, answers = timed(ask, rounds)
    mismatches = int(np.count_nonzero(answers != truth[: answers.size]))
    SAY.print(f"  {way}: {seconds:.2f} s for {answers.size:,} points, {mismatches} mismatches")
    return Row(
        task(truth),
        way,
        seconds * truth.size / answers.size,
        f"{mismatches} mismatches",
        "" if answers.size == truth.size else f"from {answers.size:,} points",
        base=way.startswith("geopandas"),
        more={"mismatches": mismatches, "asked": int(answers.size), "measured_seconds": seconds},
    )


def compiling() -> float:
    """Seconds that the very first index on a machine takes, until numba has kept what it made."""
    script = (
        "import shapely; from lris.rules.placing import PlacingIndex;"
        "PlacingIndex([shapely.box(0, 0, 1, 1)]).ready().place([0.5], [0.5])"
    )
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "NUMBA_CACHE_DIR": cache}
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", script], check=True, env=environment, cwd=PROJECT)
        return time.perf_counter() - began
