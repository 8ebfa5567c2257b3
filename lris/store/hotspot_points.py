"""What hotspots are made of: incidents counted where they were put on the map, never one by one.

Every question says which access levels may be looked at, and only deliveries of those are counted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection, column, func, select, table, text

from lris.store.engine import access_number, read_table, statement
from lris.store.tables import SCHEMA, area, delivery, edition_area, shape
from lris.terms import Access

Column = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sought:
    """Which incidents: of a source, from the first day to before another, of some categories.

    `levels` are the access levels that may be looked at; `deliveries` those to look at, where not
    every one.
    """

    source: str
    after: date
    before: date
    categories: tuple[str, ...]
    levels: tuple[str, ...]
    deliveries: tuple[int, ...] | None = None

    def values(self) -> dict[str, Any]:
        """As the statements name them."""
        return {
            "source": self.source,
            "after": self.after,
            "before": self.before,
            "categories": list(self.categories),
            "levels": list(self.levels),
            "deliveries": None if self.deliveries is None else list(self.deliveries),
        }


@dataclass(frozen=True, slots=True)
class PointCounts:
    """Incidents by map point, month and category: columns of one length.

    `x` and `y` are EPSG:27700, NaN where no place is known, and there `delivery` is a number, else
    0; `month` is a month, `category` a number into `categories`.
    """

    month: NDArray[np.datetime64]
    category: Whole
    x: Column
    y: Column
    delivery: Whole
    incidents: Whole
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Moments:
    """Single incidents: from when to before when, where (NaN for nowhere), and of what category.

    `category` is a number into `categories`.
    """

    starts: NDArray[np.datetime64]
    ends: NDArray[np.datetime64]
    x: Column
    y: Column
    category: Whole
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AreaCounts:
    """Incidents by area, month and category: columns of one length."""

    month: NDArray[np.datetime64]
    category: Whole
    area_id: Whole
    incidents: Whole
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outlines:
    """Areas of an edition by code, with their outlines (EPSG:27700)."""

    ids: Whole
    codes: tuple[str, ...]
    names: tuple[str, ...]
    geometry: NDArray[np.object_]


def levels_up_to(access: Access) -> tuple[str, ...]:
    """The access levels that somebody of this level may look at."""
    return tuple(one.value for one in Access if access_number(one) <= access_number(access))


def point_counts(connection: Connection, sought: Sought, rectangle: Sequence[float]) -> PointCounts:
    """Incidents at the map points of a rectangle (west, south, east, north), and those nowhere."""
    rows = connection.execute(statement("hotspot_points"), _within(sought, rectangle)).all()
    x, y = (_unpacked([row[at] for row in rows], ">f8", np.float64) for at in (1, 2))
    day = _unpacked([row[3] for row in rows], ">i4", np.int64)
    category = _unpacked([row[4] for row in rows], ">i2", np.int64)
    month = day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    sizes = [len(row.categories) // 2 for row in rows]
    delivery = np.repeat(np.array([row.delivery for row in rows], dtype=np.int64), sizes)
    delivery = np.where(np.isnan(x), delivery, 0)
    first, incidents = _counted(place_keys(x, y), month, category, delivery)
    return PointCounts(
        month[first].astype("datetime64[M]"),
        category[first],
        x[first],
        y[first],
        delivery[first],
        incidents,
        sought.categories,
    )


def _unpacked(parts: Sequence[bytes], packed: str, kind: type[Any]) -> NDArray[Any]:
    return np.frombuffer(b"".join(bytes(one) for one in parts), dtype=packed).astype(kind)


def place_keys(x: Column, y: Column) -> Whole:
    """A number for each place, to the centimetre; -1 for none. Whole numbers sort fast."""
    known = np.isfinite(x)
    east, north = (np.rint(np.where(known, part, 0.0) * 100).astype(np.int64) for part in (x, y))
    return np.where(known, (east << 28) + north, -1)


def _counted(places: Whole, *columns: Whole) -> tuple[Whole, Whole]:
    """The first row of each group of rows that are alike, and how many there are of each."""
    _, key = np.unique(places, return_inverse=True)
    for column_ in columns:
        low = int(column_.min(initial=0))
        key = key * (int(column_.max(initial=0)) - low + 1) + column_ - low
    _, first, many = np.unique(key, return_index=True, return_counts=True)
    return first, many


def moments(connection: Connection, sought: Sought, rectangle: Sequence[float]) -> Moments:
    """When single incidents happened, and where; for sources that tell more than the month."""
    rows = read_table(
        connection,
        _query("hotspot_moments"),
        _within(sought, rectangle),  # type: ignore[arg-type]
        {
            "starts": pa.timestamp("us"),
            "ends": pa.timestamp("us"),
            "category": _WORDS,
            "x": pa.float64(),
            "y": pa.float64(),
        },
    )
    category, words = _words(rows["category"])
    return Moments(
        rows["starts"].to_numpy().astype("datetime64[s]"),
        rows["ends"].to_numpy().astype("datetime64[s]"),
        _numbers(rows["x"]),
        _numbers(rows["y"]),
        category,
        words,
    )


def area_counts(
    connection: Connection, sought: Sought, vintage: str, areas: Sequence[int]
) -> AreaCounts:
    """Incidents placed in some areas of a vintage they were placed in directly."""
    rows = read_table(
        connection,
        _query("hotspot_area_counts"),
        {**sought.values(), "vintage": vintage, "areas": list(areas)},  # type: ignore[arg-type]
        {
            "month": pa.date32(),
            "category": _WORDS,
            "area_id": pa.int64(),
            "incidents": pa.int64(),
        },
    )
    category, words = _words(rows["category"])
    return AreaCounts(
        _months(rows["month"]),
        category,
        rows["area_id"].to_numpy(),
        rows["incidents"].to_numpy(),
        words,
    )


def outlines(connection: Connection, edition_id: int, ids: Sequence[int]) -> Outlines:
    """Some areas of an edition with their outlines, by code."""
    return _outlines(connection, edition_id, area.c.id.in_(list(ids)))


def outlines_near(connection: Connection, edition_id: int, rectangle: Sequence[float]) -> Outlines:
    """The areas of an edition that may lie in a rectangle (EPSG:27700), by code."""
    box = func.ST_MakeEnvelope(*map(float, rectangle), 27700)
    return _outlines(connection, edition_id, shape.c.geom.op("&&")(box))


def parents_in(
    connection: Connection, areas: Sequence[int], vintages: Sequence[str]
) -> tuple[str, ...]:
    """The codes of the areas of some vintages that areas lie in."""
    links = table("current_link", column("from_area"), column("to_area"), schema=SCHEMA)
    rows = connection.execute(
        select(area.c.code)
        .join(links, links.c.to_area == area.c.id)
        .where(links.c.from_area.in_(list(areas)), area.c.vintage.in_(list(vintages)))
        .distinct()
    )
    return tuple(sorted(rows.scalars()))


def _outlines(connection: Connection, edition_id: int, condition: Any) -> Outlines:  # noqa: ANN401
    rows = connection.execute(
        select(area.c.id, area.c.code, area.c.name, func.ST_AsBinary(shape.c.geom))
        .join(edition_area, edition_area.c.area_id == area.c.id)
        .join(shape, shape.c.id == edition_area.c.shape_id)
        .where(edition_area.c.edition_id == edition_id, condition)
        .order_by(area.c.code)
    ).all()
    return Outlines(
        np.array([row[0] for row in rows], dtype=np.int64),
        tuple(row[1] for row in rows),
        tuple(row[2] or row[1] for row in rows),
        shapely.from_wkb(np.array([bytes(row[3]) for row in rows], dtype=object)),
    )


def limit_statements(connection: Connection, seconds: int) -> None:
    """Stop statements of this transaction that take longer, so that one question starves nobody."""
    connection.execute(
        text("SELECT set_config('statement_timeout', :limit, true)"), {"limit": f"{seconds}s"}
    )


def deliveries_state(connection: Connection, source: str) -> str:
    """The numbers of a source's current deliveries in a word; it changes with every load."""
    rows = connection.execute(
        select(delivery.c.id, delivery.c.loaded)
        .where(delivery.c.source == source, delivery.c.state == "current")
        .order_by(delivery.c.id)
    )
    return hashlib.sha256(str([tuple(row) for row in rows]).encode()).hexdigest()[:16]


_WORDS = pa.dictionary(pa.int32(), pa.string())


@cache
def _query(name: str) -> str:
    return (files("lris.store") / "sql" / f"{name}.sql").read_text(encoding="utf-8")


def _within(sought: Sought, rectangle: Sequence[float]) -> Mapping[str, Any]:
    west, south, east, north = map(float, rectangle)
    return {**sought.values(), "west": west, "south": south, "east": east, "north": north}


def _words(column: pa.ChunkedArray) -> tuple[Whole, tuple[str, ...]]:
    whole = column.unify_dictionaries().combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        whole = whole.chunk(0) if whole.num_chunks else pa.array([], _WORDS)
    return (
        whole.indices.to_numpy().astype(np.int64),
        tuple(whole.dictionary.to_pylist()),
    )


def _months(column: pa.ChunkedArray) -> NDArray[np.datetime64]:
    found: NDArray[np.datetime64] = column.to_numpy().astype("datetime64[M]")
    return found


def _numbers(column: pa.ChunkedArray) -> Column:
    found: Column = column.to_numpy(zero_copy_only=False).astype(np.float64)
    return found
