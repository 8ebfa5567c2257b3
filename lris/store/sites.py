"""Schools, practices and surgeries, and other names of areas: rows in, rows out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from sqlalchemy import Connection

from lris.store.engine import analyze, copy_rows, copy_table, statement
from lris.store.literals import points
from lris.store.tables import area_alias, site

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SiteRows:
    """Some sites of one delivery, from `first_row`: all columns have the same length.

    `area_id` is the id of the site's own code, 0 for none; `x`, `y` are NaN where not given.
    """

    delivery_id: int
    first_row: int
    kind: str
    as_of: date | None
    line: NDArray[np.int64]
    area_id: NDArray[np.int64]
    name: NDArray[np.object_]
    postcode: NDArray[np.object_]
    x: NDArray[np.float64]
    y: NDArray[np.float64]


def put_sites(connection: Connection, rows: SiteRows) -> None:
    """COPY sites; those without a point are found by `find_by_postcode`."""
    size = rows.line.size
    given = np.isfinite(rows.x) & np.isfinite(rows.y)
    table = pa.table(
        {
            "delivery_id": pa.array(np.full(size, rows.delivery_id, dtype=np.int32)),
            "row": pa.array(np.arange(rows.first_row, rows.first_row + size, dtype=np.int32)),
            "line": pa.array(rows.line),
            "kind": pa.array([rows.kind] * size, pa.string()),
            "area_id": pa.array(rows.area_id, mask=rows.area_id == 0),
            "name": pa.array(rows.name, pa.string()),
            "postcode": pc.replace_substring(pa.array(rows.postcode, pa.string()), " ", ""),
            "as_of": pa.array([rows.as_of] * size, pa.date32()),
            "route": pa.array(np.where(given, "publisher", "none").tolist(), pa.string()),
            "geom": points(rows.x, rows.y),
        }
    )
    copy_table(connection, site, table)


def find_by_postcode(
    connection: Connection, *, delivery_id: int | None = None, directory_id: int | None = None
) -> int:
    """Give current sites the areas of their postcode, and its point if they have none of their own.

    All of them, those of one delivery, or those that one directory of postcodes can say anything
    about; returns how many changed. It is done whenever sites or postcodes are delivered, so that
    the order of loading does not matter.
    """
    analyze(connection, site)  # without it the planner takes rows just copied for a handful
    return connection.execute(
        statement("find_sites_by_postcode"),
        {"delivery_id": delivery_id, "directory_id": directory_id},
    ).rowcount


def count_unlocated(connection: Connection, delivery_id: int) -> int:
    """How many sites of a delivery have neither a point nor a postcode that anybody knows."""
    number: int = connection.exec_driver_sql(
        "SELECT count(*) FROM site WHERE delivery_id = %s AND route = 'none' AND areas = '{}'",
        (delivery_id,),
    ).scalar_one()
    return number


def put_aliases(
    connection: Connection, delivery_id: int, rows: Iterable[tuple[int, str, str]]
) -> None:
    """Store other names: area id, kind, name."""
    columns = ("delivery_id", "area_id", "kind", "name")
    copy_rows(connection, area_alias, columns, ((delivery_id, *row) for row in rows))


# ---------------------------------------------------------------- looking


def sites_near(
    connection: Connection,
    area_ids: Sequence[int],
    *,
    kind: str | None,
    near_m: float,
    outside: int,
    most: int,
) -> dict[int, list[Row]]:
    """By area the sites in it, and of each kind the nearest ones outside, up to `near_m` from it.

    At most `most` rows each; those inside come first, then by distance from the area's outline.
    """
    found: dict[int, list[Row]] = {number: [] for number in area_ids}
    rows = connection.execute(
        statement("sites_near"),
        {
            "area_ids": list(area_ids),
            "kind": kind,
            "near_m": near_m,
            "outside": outside,
            "most": most,
        },
    )
    for row in rows.mappings():
        found[row["asked"]].append(dict(row))
    return found
