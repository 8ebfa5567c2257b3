"""Deriving figures: LRIS beside pandas and plain SQL, for every LSOA of England and Wales.

Counts of crime are made up (Poisson, by the month): each of the LSOAs of 2011, each of the fourteen
categories, each of twelve months. Each program is to have, for every category and for all crime
together, the months, quarters and the year, at four levels that published look-ups lead to: LSOA,
ward, MSOA and district. pandas and SQL only add up; LRIS also works out which months each police
force delivered, an interval for every figure, and stores all of it. Sums are compared area by area.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import psycopg
import shapely

from lris.catalogue import Catalogue
from lris.derive import derive
from lris.load import load
from lris.session import Connection, Doors
from lris.settings import PROJECT
from lris.store import areas as areas_store
from lris.store import deliveries as deliveries_store
from lris.store.incidents import Counts, put_counts
from lris.store.schema import migrate
from tests.bench.measuring import SAY, Row, fresh_database, plain, timed

YEAR = 2018
MEAN_COUNT = 1.2
BASE = "lsoa_2011"
LEVELS = (BASE, "ward_2019", "msoa_2011", "lad_2019")
LOOKUPS = {
    "lsoa_2011_to_msoa_2011": "LSOA11_to_MSOA11_to_LAD.csv.gz",
    "lsoa_2011_to_ward_2019": "LSOA11_to_WD19_to_LAD19.csv.gz",
}
TODAY = date(2026, 1, 1)
SOURCE = "police_street_crime"
INDICATOR = "crime_count"


def measured(folder: Path, areas: int | None = None) -> Iterator[Row]:
    """LRIS, pandas and SQL on the same counts, in one database; of all areas, or of the first."""
    with fresh_database() as url:
        doors, catalogue = Doors(url), _only_counts(Catalogue.read(PROJECT / "geodata"))
        SAY.print("Making counts")
        cells = prepare(doors, catalogue, folder, areas)
        task = f"{cells:,} counts, {len(LEVELS)} levels"
        with psycopg.connect(plain(url)) as connection:
            counts, links = read(connection)
            seconds, by_pandas = timed(lambda: with_pandas(counts, links))
            yield _said(task, "pandas, adding up in memory", seconds, len(by_pandas), base=True)
            seconds, rows = timed(lambda: with_sql(connection))
            unlike = unequal(by_pandas, sums_of_sql(connection))
            yield _said(task, "SQL, GROUP BY into a table", seconds, rows, unlike)
        seconds, report = timed(lambda: derive(doors, catalogue, actor="bench"))
        with psycopg.connect(plain(url)) as connection:
            unlike = unequal(by_pandas, sums_of_lris(connection))
        yield _said(task, "LRIS, intervals and storing included", seconds, report.figures, unlike)
        doors.close()


def _said(
    task: str, way: str, seconds: float, rows: int, unlike: int = 0, *, base: bool = False
) -> Row:
    SAY.print(f"  {way}: {seconds:.2f} s, {rows:,} figures, {unlike:,} unlike pandas's")
    note = f"{rows:,} figures, {rows / seconds:,.0f} a second"
    return Row(task, way, seconds, f"{unlike:,} unlike", note, base, {"figures": rows})


def _only_counts(catalogue: Catalogue) -> Catalogue:
    return replace(catalogue, indicators={INDICATOR: catalogue.indicators[INDICATOR]})


# ---------------------------------------------------------------- what is derived


def prepare(doors: Doors, catalogue: Catalogue, folder: Path, areas: int | None) -> int:
    """The areas with outlines of no meaning, the real look-ups, and a year of every force."""
    migrate(doors.engine)
    for source, name in LOOKUPS.items():
        load(doors, catalogue, source, [folder / "lookups" / name], actor="bench", today=TODAY)
    with doors.writing("bench", "counts made up") as door:
        ids = _publish(door.connection, areas)
        cells = sum(_deliver(door.connection, catalogue, number, ids) for number in range(1, 13))
        door.record("load", "counts made up", cells=cells)
    return cells


def _publish(connection: Connection, areas: int | None) -> np.ndarray:
    known = areas_store.area_ids(connection, BASE)
    ids = np.array(sorted(known.values()), dtype=np.int64)[:areas]
    at = np.arange(ids.size)
    boxes = shapely.multipolygons(shapely.box(at, 0, at + 1, 1)[:, None])
    draft = areas_store.open_draft(connection, BASE, "BGC", "")
    areas_store.put_shapes(connection, draft.id, ids.tolist(), boxes, "made up")
    areas_store.seal_edition(connection, draft.id, "made up")
    return ids


def _deliver(connection: Connection, catalogue: Catalogue, number: int, ids: np.ndarray) -> int:
    """The month of every force: of the first all counts, of the others only that they delivered."""
    month = np.datetime64(f"{YEAR}-{number:02}", "M")
    forces = sorted({force.reported_by for force in catalogue.forces.values()})
    first = 0
    for force in forces:
        partition = f"{force}, {month}"
        delivery = _delivery(connection, catalogue, partition, month)
        first = first or delivery
    words = np.array(sorted(_categories(catalogue)), dtype=object)
    category, area = np.repeat(words, ids.size), np.tile(ids, words.size)
    incidents = np.random.default_rng(number).poisson(MEAN_COUNT, area.size)
    there = incidents > 0
    put_counts(
        connection,
        first,
        BASE,
        Counts(np.full(there.sum(), month), category[there], area[there], incidents[there]),
    )
    return int(area.size)


def _categories(catalogue: Catalogue) -> set[str]:
    return {word for one in catalogue.indicators[INDICATOR].categories for word in one.includes}


def _delivery(
    connection: Connection, catalogue: Catalogue, partition: str, month: np.datetime64
) -> int:
    source = catalogue.source(SOURCE)
    number = deliveries_store.open_delivery(
        connection,
        source=SOURCE,
        file_name="made up",
        sha256=partition,
        bytes=0,
        publisher=source.publisher,
        licence=source.licence,
        agreement=source.agreement,
        access=source.access.value,
    )
    deliveries_store.name_delivery(connection, number, partition)
    deliveries_store.close_delivery(
        connection,
        number,
        period_start=month.astype("datetime64[D]").item(),
        period_end=((month + 1).astype("datetime64[D]") - 1).item(),
    )
    return number


# ---------------------------------------------------------------- who derives

PERIODS = {f"{YEAR}-{month:02}": (month,) for month in range(1, 13)}
PERIODS |= {f"{YEAR}-Q{q}": tuple(range(3 * q - 2, 3 * q + 1)) for q in range(1, 5)}
PERIODS |= {str(YEAR): tuple(range(1, 13))}


def read(connection: psycopg.Connection) -> tuple[pd.DataFrame, dict[str, pd.Series]]:
    """The counts, and of each LSOA the area of each level that it lies in."""
    counts = pd.DataFrame(
        connection.execute("SELECT area_id, category, month, incidents FROM lris.incident_count"),
        columns=["area", "category", "month", "incidents"],
    )
    counts["month"] = pd.to_datetime(counts["month"]).dt.month
    counts["category"] = counts["category"].astype("category")
    links = {}
    for level in LEVELS[1:]:
        pairs = connection.execute(LINKS, {"level": level}).fetchall()
        links[level] = pd.Series(dict(pairs))
    return counts, links


LINKS = """
    SELECT l.from_area, l.to_area FROM lris.current_link l
    JOIN lris.area a ON a.id = l.from_area AND a.vintage = 'lsoa_2011'
    JOIN lris.area b ON b.id = l.to_area AND b.vintage = %(level)s
"""


def with_pandas(counts: pd.DataFrame, links: dict[str, pd.Series]) -> pd.Series:
    """Sums above 0 by category, period and area."""
    parts = []
    for level in LEVELS:
        area = counts["area"] if level == BASE else counts["area"].map(links[level])
        monthly = counts.assign(area=area).groupby(["category", "month", "area"], observed=True)
        wide = monthly["incidents"].sum().unstack("month", fill_value=0)
        parts.extend(
            wide[list(months)].sum(axis=1).rename(period).to_frame().stack()
            for period, months in PERIODS.items()
        )
    together = pd.concat(parts)
    return together[together > 0]


SUMMING = """
    CREATE TEMPORARY TABLE summed AS
    WITH period (period, first, last) AS (SELECT * FROM
        unnest(%(periods)s::text[], %(firsts)s::date[], %(lasts)s::date[])),
    base AS (SELECT area_id AS area, category, period, sum(incidents) AS incidents
        FROM lris.incident_count JOIN period ON month BETWEEN first AND last GROUP BY 1, 2, 3)
    SELECT category, area, period, incidents FROM base
    UNION ALL
    SELECT category, l.to_area, period, sum(incidents)
    FROM base JOIN lris.current_link l ON l.from_area = base.area
    JOIN lris.area b ON b.id = l.to_area AND b.vintage = ANY(%(levels)s)
    GROUP BY 1, 2, 3
"""


def with_sql(connection: psycopg.Connection) -> int:
    connection.execute("ANALYZE lris.incident_count")
    connection.execute("ANALYZE lris.link")
    done = connection.execute(
        SUMMING,
        {
            "periods": list(PERIODS),
            "firsts": [date(YEAR, months[0], 1) for months in PERIODS.values()],
            "lasts": [date(YEAR, months[-1], 1) for months in PERIODS.values()],
            "levels": list(LEVELS[1:]),
        },
    )
    return done.rowcount


def sums_of_sql(connection: psycopg.Connection) -> pd.Series:
    return _sums(connection, "SELECT category, area, period, incidents::float8 FROM summed")


def sums_of_lris(connection: psycopg.Connection) -> pd.Series:
    """The single categories alone; those that add others up are not what pandas was asked for."""
    return _sums(
        connection,
        "SELECT s.category, e.area_id, s.period, e.value FROM lris.estimate e"
        " JOIN lris.estimate_series s ON s.id = e.series_id"
        f" WHERE s.category NOT LIKE 'all-%' AND s.vintage = ANY(ARRAY{list(LEVELS)!r})"
        " AND e.value > 0",
    )


def _sums(connection: psycopg.Connection, query: str) -> pd.Series:
    rows = pd.DataFrame(
        connection.execute(query), columns=["category", "area", "period", "incidents"]
    )
    return rows.set_index(["category", "area", "period"])["incidents"]


def unequal(one: pd.Series, other: pd.Series) -> int:
    """How many sums are in one alone, or differ."""
    one, other = _plain(one), _plain(other)
    both = pd.concat([one, other], axis=1, keys=["one", "other"])
    return int((both["one"] != both["other"]).sum())


def _plain(sums: pd.Series) -> pd.Series:
    category, area, period = (sums.index.get_level_values(level) for level in range(3))
    index = pd.MultiIndex.from_arrays([category.astype(str), area.astype(int), period.astype(str)])
    return pd.Series(sums.to_numpy(dtype=float), index=index)
