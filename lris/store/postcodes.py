"""Directories of postcodes: rows in, rows out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from psycopg.errors import UniqueViolation
from sqlalchemy import Connection, insert, select, text

from lris.store.engine import analyze, copy_table, statement
from lris.store.literals import int_arrays, points, text_arrays
from lris.store.tables import area, postcode, postcode_directory

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PostcodeRows:
    """Some rows of one directory: all columns have the same length.

    `postcode` is as published, with or without its space; months are NaT and numbers NaN where not
    given; `areas` has for each vintage of the directory the area's id, 0 for none.
    """

    delivery_id: int
    postcode: NDArray[np.object_]
    introduced: NDArray[np.datetime64]
    ended: NDArray[np.datetime64]
    quality: NDArray[np.float64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    areas: Sequence[NDArray[np.int32]]
    kept: Sequence[NDArray[np.object_]]


def put_postcodes(connection: Connection, rows: PostcodeRows) -> None:
    """COPY rows into `postcode`; raises `KeyError` with one that the directory has already."""
    size = rows.postcode.size
    quality = np.nan_to_num(rows.quality).astype(np.int16)
    table = pa.table(
        {
            "postcode": pc.replace_substring(pa.array(rows.postcode, pa.string()), " ", ""),
            "delivery_id": pa.array(np.full(size, rows.delivery_id, dtype=np.int32)),
            "introduced": pa.array(rows.introduced.astype("datetime64[D]")),
            "ended": pa.array(rows.ended.astype("datetime64[D]")),
            "quality": pa.array(quality, mask=np.isnan(rows.quality)),
            "geom": points(rows.x, rows.y),
            "areas": int_arrays(rows.areas, size),
            "kept": text_arrays(rows.kept, size),
        }
    )
    try:
        copy_table(connection, postcode, table)
    except UniqueViolation as fault:
        found = re.search(r"=\((\w+), ", fault.diag.message_detail or "")
        raise KeyError(found[1] if found else "") from fault


def put_directory(connection: Connection, delivery_id: int, **values: Any) -> None:  # noqa: ANN401
    """Say what a delivery of postcodes is: edition, edition_end, vintages, points, postcodes."""
    connection.execute(insert(postcode_directory).values(delivery_id=delivery_id, **values))


def ids_of_codes(connection: Connection, vintage: str, codes: Sequence[str]) -> dict[str, int]:
    """The ids of these codes of a vintage; codes never heard of are made known."""
    connection.execute(
        text(
            "INSERT INTO area (vintage, code) SELECT :vintage, code"
            " FROM unnest(CAST(:codes AS text[])) AS given (code)"
            " WHERE NOT EXISTS"
            " (SELECT FROM area a WHERE a.vintage = :vintage AND a.code = given.code)"
            " ORDER BY code ON CONFLICT DO NOTHING"
        ),
        {"vintage": vintage, "codes": list(codes)},
    )
    rows = connection.execute(
        select(area.c.code, area.c.id).where(
            area.c.vintage == vintage, area.c.code == text("ANY (CAST(:codes AS text[]))")
        ),
        {"codes": list(codes)},
    )
    return {row[0]: row[1] for row in rows}


def refresh_statistics(connection: Connection) -> None:
    """Let the planner know what has been delivered."""
    analyze(connection, postcode, postcode_directory, area)


# ---------------------------------------------------------------- looking


@dataclass(frozen=True, slots=True)
class Directory:
    """A current directory: of which source, part, edition and licence, and what its rows give."""

    delivery_id: int
    source: str
    partition: str
    edition: str
    edition_end: date
    publisher: str
    licence: str
    vintages: tuple[str, ...]
    points: bool
    postcodes: int


def directories(connection: Connection) -> list[Directory]:
    """The current directories, the newest edition first, of equal ones the one loaded last."""
    listed = ", ".join(Directory.__dataclass_fields__)
    rows = connection.execute(
        text(f"SELECT {listed} FROM current_directory ORDER BY edition_end DESC, delivery_id DESC")
    )
    return [
        Directory(**{**row, "vintages": tuple(row["vintages"])})
        for row in map(dict, rows.mappings())
    ]


def postcodes(connection: Connection, asked: Iterable[str]) -> list[Row]:
    """What the current directories have of postcodes written without a space."""
    rows = connection.execute(statement("postcodes"), {"asked": list(asked)})
    return [dict(row) for row in rows.mappings()]


def areas_at(
    connection: Connection, keys: Sequence[str], x: Sequence[float], y: Sequence[float]
) -> list[Row]:
    """The areas of all published vintages that hold points (EPSG:27700): key, vintage, id.

    A point on a shared edge is in the area that comes first by code.
    """
    rows = connection.execute(
        statement("areas_at_points"), {"keys": list(keys), "x": list(x), "y": list(y)}
    )
    return [dict(row) for row in rows.mappings()]


def areas_of(connection: Connection, postcode: str) -> list[int]:
    """The ids of all areas a postcode (written without a space) lies in, by directory or point."""
    rows = connection.execute(statement("areas_of_postcode"), {"postcode": postcode})
    return [row[0] for row in rows]


def named_areas(connection: Connection, ids: Iterable[int]) -> dict[int, Row]:
    """Vintage, code, name and other names of areas, by id."""
    rows = connection.execute(statement("areas_named"), {"ids": sorted(set(ids))})
    return {row["id"]: dict(row) for row in rows.mappings()}
