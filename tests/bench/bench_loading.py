"""Loading police CSV: LRIS end to end beside a bare COPY, ogr2ogr and geopandas.

The file has the publisher's columns: three real months of Avon and Somerset, repeated, each point
moved by some metres and each crime given a number of its own, under one month. LRIS reads, checks,
places in two vintages (LSOA 2011 and 2021, led by the published look-up), stores and counts; its
clock runs from the call to the commit, in a process of its own whose peak memory is told. The bare
COPY puts the same bytes into a table of twelve texts; ogr2ogr and geopandas make points of them.
"""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import partial
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import psycopg
import sqlalchemy

from lris.boundaries import load_boundaries, publish_boundaries
from lris.catalogue import Catalogue
from lris.load import load
from lris.session import Doors
from lris.settings import PROJECT
from lris.store.compiled import keep_compiled
from lris.store.schema import migrate
from tests.bench.measuring import HOME, SAY, Row, fresh_database, missing, plain, timed

SIZES = (350_000, 1_500_000, 5_000_000)
OTHERS_UP_TO = 350_000
JITTER_DEGREES = 2e-4
TODAY = date(2026, 1, 1)
SOURCE = "police_street_crime"


def measured(folder: Path, sizes: Sequence[int] = SIZES) -> Iterator[Row]:
    """Every way for the smallest file, LRIS and the bare COPY for all."""
    with tempfile.TemporaryDirectory() as scratch, fresh_database() as url:
        indexes = Path(scratch) / "index"
        prepare(url, indexes, folder)
        for size in sizes:
            path = police_file(folder, Path(scratch), size)
            others = (by_ogr2ogr, by_geopandas) if size <= OTHERS_UP_TO else ()
            yield from everyone(url, indexes, path, size, others)
            path.unlink()


def everyone(
    url: str, indexes: Path, path: Path, size: int, others: tuple[Callable[[str, Path], int], ...]
) -> Iterator[Row]:
    task = f"{size:,} rows, {path.stat().st_size / 1e6:.0f} MB"
    yield said(task, "bare COPY", *timed(lambda: by_copy(url, path)), base=True)
    yield ours(task, url, indexes, path)
    for way in others:
        try:
            yield said(task, way.__name__.removeprefix("by_"), *timed(partial(way, url, path)))
        except (OSError, ImportError, subprocess.CalledProcessError) as why:
            yield missing(task, way.__name__.removeprefix("by_"), why)


def said(task: str, way: str, seconds: float, rows: int, *, base: bool = False) -> Row:
    SAY.print(f"  {way}: {seconds:.2f} s for {rows:,} rows")
    rate = f"{rows / seconds:,.0f} rows a second"
    return Row(task, way, seconds, f"{rows:,} rows", rate, base, {"rows": rows})


def ours(task: str, url: str, indexes: Path, path: Path) -> Row:
    """LRIS in a process of its own, to know its memory."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.bench_loading", url, str(indexes), str(path)],
        cwd=PROJECT,
        check=True,
        stdout=subprocess.PIPE,
    )
    told = json.loads(done.stdout)
    row = said(task, "LRIS", told["seconds"], told["rows"])
    note = f"{row.note}, at most {told['peak_mb']:.0f} MB"
    return Row(task, "LRIS", row.seconds, row.check, note, more=told)


def child(url: str, indexes: str, path: str) -> None:
    """Load a file and print what it took as JSON."""
    keep_compiled(HOME)
    doors = Doors(url, indexes=Path(indexes))
    catalogue = Catalogue.read(PROJECT / "geodata")
    doors.engine.connect().close()
    began, began_cpu = time.perf_counter(), time.process_time()
    report = load(doors, catalogue, SOURCE, [Path(path)], actor="bench", today=TODAY)
    seconds, cpu = time.perf_counter() - began, time.process_time() - began_cpu
    if report.faults:
        sys.exit("\n".join(report.faults))
    # Not ru_maxrss, which a process inherits from the one that started it.
    [peak] = re.findall(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
    print(
        json.dumps(
            {
                "seconds": seconds,
                "cpu_seconds": cpu,
                "rows": report.total["loaded"],
                "unplaced": report.total["unplaced"],
                "peak_mb": int(peak) / 1024,
            }
        )
    )


# ---------------------------------------------------------------- what is loaded


def prepare(url: str, indexes: Path, folder: Path) -> None:
    """Tables, two vintages of boundaries and the look-up between them."""
    SAY.print("Publishing boundaries")
    doors, catalogue = Doors(url, indexes=indexes), Catalogue.read(PROJECT / "geodata")
    migrate(doors.engine)
    for vintage in ("lsoa_2011", "lsoa_2021"):
        name = f"{vintage.replace('_', '')}_bgc_*"
        files = sorted((folder / "boundaries/avon-and-somerset").glob(name))
        load_boundaries(doors, catalogue, vintage, files, actor="bench")
        publish_boundaries(doors, catalogue, vintage, actor="bench")
    lookup = folder / "lookups/LSOA11_to_LSOA21_to_LAD22_exact_fit_V3_CHGIND.csv.gz"
    load(doors, catalogue, "lsoa_2011_to_lsoa_2021", [lookup], actor="bench", today=TODAY)
    doors.close()


def police_file(folder: Path, scratch: Path, size: int) -> Path:
    """As many rows as asked for, in the publisher's format; written some at a time."""
    months = sorted((folder / "crime/avon-and-somerset").glob("*-street.csv"))
    rows = pd.concat([pd.read_csv(month, dtype=str, keep_default_na=False) for month in months])
    rows["Month"] = "2018-10"
    where = rows[["Longitude", "Latitude"]].apply(pd.to_numeric, errors="coerce").to_numpy()
    path = scratch / "2018-10-avon-and-somerset-street.csv"
    rng = np.random.default_rng(size)
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerow(rows.columns)
        for first in range(0, size, len(rows)):
            some = rows.iloc[: size - first].copy()
            moved = where[: len(some)] + rng.normal(0, JITTER_DEGREES, (len(some), 2))
            some["Longitude"], some["Latitude"] = _degrees(moved[:, 0]), _degrees(moved[:, 1])
            numbered = np.char.mod("%064x", np.arange(first, first + len(some)))
            some["Crime ID"] = np.where(some["Crime ID"] == "", "", numbered)
            some.to_csv(file, header=False, index=False, lineterminator="\n")
    return path


def _degrees(column: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(column), "", np.char.mod("%.6f", column))


# ---------------------------------------------------------------- who loads

COLUMNS = ", ".join(f"c{number} text" for number in range(12))


def by_copy(url: str, path: Path) -> int:
    with psycopg.connect(plain(url)) as connection:
        connection.execute("DROP TABLE IF EXISTS bare")
        connection.execute(f"CREATE TABLE bare ({COLUMNS})")
        copy = "COPY bare FROM STDIN (FORMAT csv, HEADER)"
        with connection.cursor().copy(copy) as into, path.open("rb") as file:
            while block := file.read(1 << 18):
                into.write(block)
        return _count(connection, "bare")


def by_ogr2ogr(url: str, path: Path) -> int:
    command = ["ogr2ogr", "-f", "PostgreSQL", f"PG:{plain(url)}", str(path), "-nln", "by_ogr"]
    command += ["-overwrite", "-s_srs", "EPSG:4326", "-t_srs", "EPSG:27700"]
    command += ["-oo", "X_POSSIBLE_NAMES=Longitude", "-oo", "Y_POSSIBLE_NAMES=Latitude"]
    subprocess.run([*command, "--config", "PG_USE_COPY", "YES"], check=True, capture_output=True)
    with psycopg.connect(plain(url)) as connection:
        return _count(connection, "by_ogr")


def by_geopandas(url: str, path: Path) -> int:
    engine = sqlalchemy.create_engine(url)
    rows = pd.read_csv(io.BytesIO(path.read_bytes()))
    points = geopandas.points_from_xy(rows["Longitude"], rows["Latitude"], crs=4326)
    frame = geopandas.GeoDataFrame(rows, geometry=points).to_crs(27700)
    frame.to_postgis("by_geopandas", engine, if_exists="replace")
    engine.dispose()
    return len(frame)


def _count(connection: psycopg.Connection, table: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    assert row is not None
    return int(row[0])


if __name__ == "__main__":
    child(*sys.argv[1:])
