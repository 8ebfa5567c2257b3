"""Deriving figures: LRIS beside pandas and plain SQL, for every LSOA of England and Wales.

Counts of crime are made up (Poisson, by the month): each of the LSOAs of 2011, each of the fourteen
categories, each month of one year and of five. Each program is to have, for every category and for
all crime together, the months, quarters and years, at four levels that published look-ups lead to:
LSOA, ward, MSOA and district. pandas and SQL only add up; LRIS also works out which months each
police force delivered, an interval for every figure, and stores all of it; then it publishes them.
Sums are compared by category, period and level, each area's number weighed by which area it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import psycopg
import pyarrow as pa
import shapely
from pyarrow import csv

from lris.catalogue import Catalogue
from lris.derive import derive
from lris.load import load
from lris.publish import publish
from lris.session import Connection, Doors
from lris.settings import PROJECT
from lris.store import areas as areas_store
from lris.store import deliveries as deliveries_store
from lris.store.incidents import Counts, put_counts
from lris.store.schema import migrate
from tests.bench.measuring import SAY, Row, fresh_database, plain, timed

FIRST_YEAR = 2014
YEARS = (1, 5)
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


def measured(folder: Path, areas: int | None = None, years: int | None = None) -> Iterator[Row]:
    """Everything for one year and for five, or for so many; of all areas, or of the first."""
    for some in (years,) if years else YEARS:
        yield from _measured(folder, areas, some)


def _measured(folder: Path, areas: int | None, years: int) -> Iterator[Row]:
    """LRIS, SQL and pandas on the same counts, in one database."""
    with fresh_database() as url:
        doors, catalogue = Doors(url), _only_counts(Catalogue.read(PROJECT / "geodata"))
        SAY.print(f"Making counts of {years} years")
        cells = prepare(doors, catalogue, folder, areas, years)
        task = f"{cells:,} counts, {len(LEVELS)} levels"
        with _peak() as peak:
            seconds, report = timed(lambda: derive(doors, catalogue, actor="bench"))
        ours = "LRIS, intervals and storing included", seconds, report.figures, peak[0]
        with _peak() as peak:
            sealing, _ = timed(lambda: publish(doors, actor="bench", because="measured"))
        periods = periods_of(years)
        with psycopg.connect(plain(url)) as connection:
            by_lris = sums_of_lris(connection)
            seconds, rows = timed(lambda: with_sql(connection, periods))
            by_sql = sums_of_sql(connection)
            counts, links, levels = read(connection)
        by_sql_ours = "SQL, GROUP BY into a table", seconds, rows, 0.0
        with _peak() as peak_of_pandas:
            seconds, summed = timed(lambda: with_pandas(counts, links, periods))
        by_pandas, rows = sums_of_pandas(summed, levels), len(summed)
        pandas_way = "pandas, adding up in memory", seconds, rows, peak_of_pandas[0]
        yield _said(task, *pandas_way, base=True)
        yield _said(task, *by_sql_ours, unequal(by_pandas, by_sql))
        yield _said(task, *ours, unequal(by_pandas, by_lris))
        yield _said(task, "LRIS, publishing them", sealing, report.figures, peak[0])
        doors.close()


def _said(
    task: str,
    way: str,
    seconds: float,
    rows: int,
    peak_mb: float,
    unlike: int = 0,
    *,
    base: bool = False,
) -> Row:
    SAY.print(f"  {way}: {seconds:.2f} s, {rows:,} figures, {unlike:,} sums unlike pandas's")
    note = f"{rows:,} figures, {rows / seconds:,.0f} a second, peak {peak_mb:,.0f} MB here"
    return Row(task, way, seconds, f"{unlike:,} unlike", note, base, {"figures": rows})


@contextmanager
def _peak() -> Iterator[list[float]]:
    """The most memory that this process held meanwhile, MB above what it held before."""
    Path("/proc/self/clear_refs").write_text("5")
    before = _status_mb("VmRSS")
    found: list[float] = []
    yield found
    found.append(_status_mb("VmHWM") - before)


def _status_mb(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(float(line.split()[1]) / 1024 for line in lines if line.startswith(name))


def _only_counts(catalogue: Catalogue) -> Catalogue:
    return replace(catalogue, indicators={INDICATOR: catalogue.indicators[INDICATOR]})


# ---------------------------------------------------------------- what is derived


def prepare(doors: Doors, catalogue: Catalogue, folder: Path, areas: int | None, years: int) -> int:
    """The areas with outlines of no meaning, the real look-ups, and some years of every force."""
    migrate(doors.engine)
    for source, name in LOOKUPS.items():
        load(doors, catalogue, source, [folder / "lookups" / name], actor="bench", today=TODAY)
    with doors.writing("bench", "counts made up") as door:
        ids = _publish(door.connection, areas)
        months = np.datetime64(f"{FIRST_YEAR}-01", "M") + np.arange(12 * years)
        cells = sum(_deliver(door.connection, catalogue, month, ids) for month in months)
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


def _deliver(
    connection: Connection, catalogue: Catalogue, month: np.datetime64, ids: np.ndarray
) -> int:
    """The month of every force: of the first all counts, of the others only that they delivered."""
    forces = sorted({force.reported_by for force in catalogue.forces.values()})
    first = 0
    for force in forces:
        partition = f"{force}, {month}"
        delivery = _delivery(connection, catalogue, partition, month)
        first = first or delivery
    words = np.array(sorted(_categories(catalogue)), dtype=object)
    category, area = np.repeat(words, ids.size), np.tile(ids, words.size)
    incidents = np.random.default_rng(int(month.astype(int))).poisson(MEAN_COUNT, area.size)
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

Periods = Mapping[str, tuple[date, ...]]
"""The months that a period is made of."""


def periods_of(years: int) -> Periods:
    """Months, quarters and years."""
    found: dict[str, tuple[date, ...]] = {}
    for year in range(FIRST_YEAR, FIRST_YEAR + years):
        months = [date(year, month, 1) for month in range(1, 13)]
        found |= {f"{month:%Y-%m}": (month,) for month in months}
        found |= {f"{year}-Q{q + 1}": tuple(months[3 * q : 3 * q + 3]) for q in range(4)}
        found |= {str(year): tuple(months)}
    return found


def read(
    connection: psycopg.Connection,
) -> tuple[pd.DataFrame, dict[str, pd.Series], pd.Series]:
    """The counts; of each LSOA the area of each level that it lies in; the vintage of each area."""
    query = "SELECT area_id, category, month, incidents FROM lris.incident_count"
    with connection.cursor() as cursor, cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv)") as it:
        told = b"".join(it)
    counts = csv.read_csv(
        pa.BufferReader(told),
        read_options=csv.ReadOptions(column_names=["area", "category", "month", "incidents"]),
        convert_options=csv.ConvertOptions(
            column_types={"category": pa.dictionary(pa.int32(), pa.string())}
        ),
    ).to_pandas()
    links = {}
    for level in LEVELS[1:]:
        pairs = connection.execute(LINKS, {"level": level}).fetchall()
        links[level] = pd.Series(dict(pairs))
    levels = connection.execute("SELECT id, vintage FROM lris.area").fetchall()
    return counts, links, pd.Series(dict(levels))


LINKS = """
    SELECT l.from_area, l.to_area FROM lris.current_link l
    JOIN lris.area a ON a.id = l.from_area AND a.vintage = 'lsoa_2011'
    JOIN lris.area b ON b.id = l.to_area AND b.vintage = %(level)s
"""


def with_pandas(counts: pd.DataFrame, links: dict[str, pd.Series], periods: Periods) -> pd.Series:
    """Sums above 0 by category, period and area."""
    parts = []
    for level in LEVELS:
        area = counts["area"] if level == BASE else counts["area"].map(links[level])
        monthly = counts.assign(area=area).groupby(["category", "month", "area"], observed=True)
        wide = monthly["incidents"].sum().unstack("month", fill_value=0)
        parts.extend(
            wide[list(months)].sum(axis=1).rename(period).to_frame().stack()
            for period, months in periods.items()
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


def with_sql(connection: psycopg.Connection, periods: Periods) -> int:
    connection.execute("ANALYZE lris.incident_count")
    connection.execute("ANALYZE lris.link")
    done = connection.execute(
        SUMMING,
        {
            "periods": list(periods),
            "firsts": [months[0] for months in periods.values()],
            "lasts": [months[-1] for months in periods.values()],
            "levels": list(LEVELS[1:]),
        },
    )
    return done.rowcount


SUMS = ["figures", "incidents", "weighed"]
BY = ["category", "period", "vintage"]


def sums_of_sql(connection: psycopg.Connection) -> pd.DataFrame:
    return _sums(
        connection,
        "SELECT category, period, vintage, count(*), sum(incidents), sum(incidents * area)"
        " FROM summed JOIN lris.area ON area.id = area GROUP BY 1, 2, 3",
    )


def sums_of_lris(connection: psycopg.Connection) -> pd.DataFrame:
    """The single categories alone; those that add others up are not what pandas was asked for."""
    return _sums(
        connection,
        "SELECT s.category, s.period, s.vintage, count(*), sum(e.value), sum(e.value * e.area_id)"
        " FROM lris.estimate e JOIN lris.estimate_series s ON s.id = e.series_id"
        f" WHERE s.category NOT LIKE 'all-%' AND s.vintage = ANY(ARRAY{list(LEVELS)!r})"
        " AND e.value > 0 GROUP BY 1, 2, 3",
    )


def sums_of_pandas(summed: pd.Series, levels: pd.Series) -> pd.DataFrame:
    category, area, period = (summed.index.get_level_values(level) for level in range(3))
    frame = pd.DataFrame(
        {
            "category": category,
            "period": period,
            "vintage": levels.reindex(area).to_numpy(),
            "figures": 1,
            "incidents": summed.to_numpy(),
            "weighed": summed.to_numpy() * area.to_numpy(),
        }
    )
    return frame.groupby(BY, observed=True)[SUMS].sum()


def _sums(connection: psycopg.Connection, query: str) -> pd.DataFrame:
    return pd.DataFrame(connection.execute(query), columns=BY + SUMS).set_index(BY)


def unequal(one: pd.DataFrame, other: pd.DataFrame) -> int:
    """How many sums are in one alone, or differ."""
    one, other = _plain(one), _plain(other)
    both = pd.concat([one, other], axis=1, keys=["one", "other"])
    return int((both["one"] != both["other"]).any(axis=1).sum())


def _plain(sums: pd.DataFrame) -> pd.DataFrame:
    index = pd.MultiIndex.from_tuples([tuple(map(str, key)) for key in sums.index], names=BY)
    return sums.astype(float).set_axis(index)
