"""Profiles: making them ready when a release is published, and serving them, beside a naive route.

The LSOAs of 2011 with their districts, forty made-up rates over twelve months, ranks to liken areas
by. Each profile holds 480 figures with intervals, the forty newest with comparators, ranks, spreads
and tests. Sixteen clients ask one worker for areas drawn evenly, each as soon as it is answered,
nothing cached. The naive route asks the database for one indicator after the other and encodes what
it finds; it works out no comparator, rank or test. Then neighbourhoods of sixty LSOAs are drawn,
one after the other, each somewhere else: the areas lie on a grid of squares of 1 km for that.
"""

from __future__ import annotations

import asyncio
import http.client
import math
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import orjson
import shapely
from fastapi import FastAPI, Response
from pyproj import Transformer

from api.app import create_app
from api.media import json_bytes
from lris.catalogue import Catalogue
from lris.catalogue.profiles import Section, Shown
from lris.figures import Reader
from lris.load import load
from lris.profiles import seal_profiles
from lris.publish import publish
from lris.rules.estimates import OBSERVED, Figures
from lris.rules.measures import METHODS
from lris.session import Connection, Doors
from lris.settings import PROJECT
from lris.store import areas as areas_store
from lris.store import releases as releases_store
from lris.store.estimates import Series, replace_estimates
from lris.store.schema import migrate
from lris.terms import PUBLIC, AreaCode, Period
from tests.bench.measuring import SAY, Row, fresh_database, timed

INDICATORS, PERIODS, CLIENTS = 40, 12, 16
DRAWN, WIDE, HIGH = 200, 9, 5
SIZES = (1_000, 4_000)
REQUESTS = 4_000
SMALL, LARGE = "lsoa_2011", "lad_2019"
LOOKUP = "lookups/LSOA11_to_WD19_to_LAD19.csv.gz"
TODAY = date(2026, 1, 1)
PORT = 8_179


def measured(folder: Path, areas: int | None = None) -> Iterator[Row]:
    """Sealing at two sizes, or at one; then both routes at the larger."""
    sizes = (areas,) if areas else SIZES
    with fresh_database() as url:
        doors, catalogue = Doors(url), bench_catalogue()
        migrate(doors.engine)
        source = "lsoa_2011_to_ward_2019"
        load(doors, catalogue, source, [folder / LOOKUP], actor="bench", today=TODAY)
        lay_out(doors, max(sizes))
        codes: list[str] = []
        for size in sizes:
            codes = prepare(doors, catalogue, size)
            yield sealing(doors, catalogue, size)
        with served(url):
            for way, address in ADDRESSES.items():
                yield asked(way, [address.format(code=code) for code in codes])
            yield drawing(len(codes))
        doors.close()


def bench_catalogue() -> Catalogue:
    """The catalogue with forty rates of one shape, and a profile that shows them."""
    catalogue = Catalogue.read(PROJECT / "geodata")
    pattern = catalogue.indicator("crime_rate_residents")
    names = [f"bench_rate_{at:02}" for at in range(INDICATORS)]
    made = {
        name: pattern.model_copy(update={"id": name, "name": f"Rate {name}", "categories": ()})
        for name in names
    }
    manifest = catalogue.profiles["neighbourhood"]
    section = Section(
        id="bench",
        title="Forty rates",
        topic=pattern.topic,
        shows=tuple(Shown(indicator=name) for name in names),
    )
    scoring = {name for one in manifest.likenesses for name in one.indicators}
    return replace(
        catalogue,
        indicators={name: catalogue.indicator(name) for name in scoring} | made,
        profiles={"neighbourhood": manifest.model_copy(update={"sections": (section,)})},
    )


# ---------------------------------------------------------------- what is published


def lay_out(doors: Doors, size: int) -> None:
    """Publish outlines of so many LSOAs: squares of 1 km, row by row."""
    with doors.writing("bench", "outlines made up") as door:
        known = areas_store.area_ids(door.connection, SMALL)
        ids = [known[code] for code in sorted(known)[:size]]
        row, column = np.divmod(np.arange(len(ids)), _side(size))
        west, south = CORNER[0] + KM * column, CORNER[1] + KM * row
        squares = shapely.multipolygons(shapely.box(west, south, west + KM, south + KM)[:, None])
        draft = areas_store.open_draft(door.connection, SMALL, "BGC", "")
        areas_store.put_shapes(door.connection, draft.id, ids, squares, "made up")
        areas_store.seal_edition(door.connection, draft.id, "made up")
        door.record("publish boundaries", "outlines made up", areas=len(ids))


CORNER, KM = (400_000, 200_000), 1_000


def _side(size: int) -> int:
    return math.isqrt(size - 1) + 1


def prepare(doors: Doors, catalogue: Catalogue, size: int) -> list[str]:
    """Publish the figures of so many LSOAs and of their districts; returns the LSOAs' codes."""
    with doors.writing("bench", "rates made up") as door:
        known = areas_store.area_ids(door.connection, SMALL)
        codes = sorted(known)[:size]
        rows = replace_estimates(
            door.connection,
            _rates(door.connection, catalogue, np.array([known[one] for one in codes])),
        )
        door.record("derive", "rates made up", figures=rows)
    publish(doors, actor="bench", because=f"{size:,} areas")
    return codes


def _rates(
    connection: Connection, catalogue: Catalogue, ids: np.ndarray
) -> Iterator[tuple[Series, Figures]]:
    chance = np.random.default_rng(ids.size)
    districts = areas_store.districts_of(connection, ids.tolist(), [LARGE])
    called = areas_store.area_ids(connection, LARGE)
    of = np.array([called[districts[int(one)]] for one in ids])
    larger, within = np.unique(of, return_inverse=True)
    residents = chance.integers(1_000, 3_000, ids.size).astype(np.float64)
    everybody = np.bincount(within, residents)
    for name in (one for one in catalogue.indicators if one.startswith("bench_")):
        level = chance.gamma(2.0, 0.002, ids.size)
        for month in range(1, PERIODS + 1):
            counts = chance.poisson(residents * level).astype(np.float64)
            period = Period.month(2018, month)
            yield _series(catalogue, name, SMALL, period), _figures(ids, counts, residents)
            sums = np.bincount(within, counts)
            yield _series(catalogue, name, LARGE, period), _figures(larger, sums, everybody)
    for name in catalogue.profiles["neighbourhood"].likenesses[-1].indicators:
        ranks = chance.permutation(ids.size).astype(np.float64) + 1
        yield _series(catalogue, name, SMALL, Period.parse("2019")), _figures(ids, ranks, None)


def _series(catalogue: Catalogue, name: str, vintage: str, period: Period) -> Series:
    indicator = catalogue.indicator(name)
    words = "Residents, made up" if indicator.divides else None
    return Series(
        name,
        vintage,
        "",
        period.label,
        period.start,
        period.end,
        indicator.unit,
        words,
        0,
        (indicator.numerator.source,),
        (),
    )


def _figures(ids: np.ndarray, counts: np.ndarray, below: np.ndarray | None) -> Figures:
    nothing = np.full(ids.size, np.nan)
    value, lower, upper = (
        (counts, nothing, nothing) if below is None else METHODS["rate"](counts, below, 1_000.0)
    )
    status = np.full(ids.size, OBSERVED, dtype=np.int8)
    numbers = counts if below is not None else nothing
    denominator = below if below is not None else nothing
    why = np.zeros(ids.size, dtype=np.int8)
    return Figures(ids, value, lower, upper, numbers, denominator, status, why)


def sealing(doors: Doors, catalogue: Catalogue, size: int) -> Row:
    """Making every profile ready, districts included."""
    before, used = _peak_mb(), time.process_time()
    seconds, report = timed(
        lambda: seal_profiles(doors, catalogue, actor="bench", because="measured")
    )
    used = time.process_time() - used
    note = (
        f"{1_000 * seconds / report.profiles:.1f} ms ({1_000 * used / report.profiles:.1f} of this"
        f" process) and {report.bytes / report.profiles / 1_000:.1f} kB a profile, peak"
        f" {_peak_mb() - before:,.0f} MB above the {before:,.0f} MB before"
    )
    SAY.print(f"  {size:,} areas: {seconds:.1f} s, {note}")
    way = f"{size:,} areas, {report.profiles:,} profiles"
    return Row("made ready at publication", way, seconds, note=note)


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# ---------------------------------------------------------------- serving

ADDRESSES = {
    "LRIS": f"/profiles/{SMALL}/{{code}}",
    "naive: a query for each indicator, encoded in Python": f"/naive/{SMALL}/{{code}}",
}


def naive_app() -> FastAPI:
    """The service, and beside it a route as one would write it first."""
    catalogue = bench_catalogue()
    reader = Reader(Doors(os.environ["BENCH_DATABASE"]), catalogue)
    app = create_app(reader, PROJECT / "nothing is built here")
    names = [name for name in catalogue.indicators if name.startswith("bench_")]

    @app.get("/naive/{vintage}/{code}")
    def naive(vintage: str, code: str) -> Response:
        with reader.doors.reading(PUBLIC) as connection:
            number = releases_store.newest_release(connection).number  # type: ignore[union-attr]
            ids = [areas_store.find_area(connection, AreaCode(vintage, code))[0]]  # type: ignore[index]
            found = {
                name: releases_store.figures_of_areas(connection, number, ids, [name])
                for name in names
            }
        return Response(json_bytes(found), media_type="application/json")

    return app


@contextmanager
def served(url: str) -> Iterator[None]:
    """One worker, in a process of its own."""
    command = [sys.executable, "-m", "uvicorn", "--factory", "--no-access-log", "--port", str(PORT)]
    command += ["--log-level", "warning", "tests.bench.bench_profiles:naive_app"]
    worker = subprocess.Popen(command, cwd=PROJECT, env=os.environ | {"BENCH_DATABASE": url})
    try:
        asyncio.run(_until_there())
        yield
    finally:
        worker.terminate()
        worker.wait()


async def _until_there() -> None:
    for _ in range(300):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", PORT)
        except OSError:
            await asyncio.sleep(0.1)
            continue
        writer.close()
        return
    raise TimeoutError("the service did not come up within 30 s")


def asked(way: str, addresses: Sequence[str]) -> Row:
    """Sixteen clients, areas drawn evenly; the 99th percentile of the time to the last byte."""
    drawn = np.random.default_rng(1).integers(0, len(addresses), REQUESTS)
    requests = REQUESTS if way == "LRIS" else REQUESTS // 10
    paths = [addresses[at] for at in drawn[:requests]]
    asyncio.run(_ask(paths[: requests // 20], []))
    took: list[float] = []
    began = time.perf_counter()
    asyncio.run(_ask(paths, took))
    seconds = time.perf_counter() - began
    p50, p99 = (1_000 * float(np.quantile(took, share)) for share in (0.5, 0.99))
    note = f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, {len(took) / seconds:,.0f} a second"
    SAY.print(f"  {way}: {note}")
    return Row(
        f"profiles of {INDICATORS} indicators x {PERIODS} periods, {CLIENTS} clients",
        way,
        p99 / 1_000,
        note=note,
        base=way != "LRIS",
        more={"p50_ms": p50, "p99_ms": p99, "requests": len(took)},
    )


async def _ask(paths: Sequence[str], took: list[float]) -> None:
    waiting = list(reversed(paths))

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
        while waiting:
            path = waiting.pop()
            began = time.perf_counter()
            writer.write(
                f"GET {path} HTTP/1.1\r\nHost: bench\r\nAccept-Encoding: gzip\r\n\r\n".encode()
            )
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(head.decode())
            await _body(reader, head.lower())
            took.append(time.perf_counter() - began)
        writer.close()

    await asyncio.gather(*(client() for _ in range(CLIENTS)))


def drawing(size: int) -> Row:
    """A line across sixty squares, drawn somewhere; the 95th percentile of the time taken."""
    to_degrees = Transformer.from_crs(27700, 4326, always_xy=True)
    side, chance = _side(size), np.random.default_rng(2)
    took: list[float] = []
    for _ in range(DRAWN + 5):
        column, row = chance.integers(0, side - WIDE), chance.integers(0, side - HIGH - 1)
        west, south = CORNER[0] + KM * int(column), CORNER[1] + KM * int(row)
        x = np.array([0, WIDE, WIDE, 0, 0]) * KM + west + chance.uniform(-300, 300)
        y = np.array([0, 0, HIGH, HIGH, 0]) * KM + south + chance.uniform(-300, 300)
        ring = np.column_stack(to_degrees.transform(x, y)).tolist()
        body = json_bytes({"polygon": {"type": "Polygon", "coordinates": [ring]}})
        there = http.client.HTTPConnection("127.0.0.1", PORT)
        began = time.perf_counter()
        there.request("POST", "/profiles", body, {"Content-Type": "application/json"})
        answer = there.getresponse()
        page = answer.read()
        took.append(time.perf_counter() - began)
        if answer.status != 201:
            raise RuntimeError(page.decode())
    blocks = len(orjson.loads(page)["blocks"])
    p50, p95 = (1_000 * float(np.quantile(took[5:], share)) for share in (0.5, 0.95))
    note = f"{blocks} blocks, p50 {p50:.1f} ms, p95 {p95:.1f} ms, {len(page) / 1_000:.0f} kB"
    SAY.print(f"  drawn: {note}")
    more = {"p50_ms": p50, "p95_ms": p95, "requests": DRAWN}
    return Row("a neighbourhood drawn, with its profile", "LRIS", p95 / 1_000, note=note, more=more)


async def _body(reader: asyncio.StreamReader, head: bytes) -> None:
    if b"content-length:" in head:
        size = head.split(b"content-length:")[1].split(b"\r\n")[0]
        await reader.readexactly(int(size))
        return
    while piece := int(await reader.readline(), 16):
        await reader.readexactly(piece + 2)
    await reader.readline()
