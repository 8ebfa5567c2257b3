"""Neighbourhoods of people's own, and the blocks they are made of: rows in, rows out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import shapely
from sqlalchemy import Connection, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.types import LargeBinary

from lris.store.engine import statement
from lris.store.tables import area, neighbourhood

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """What is kept of a neighbourhood: `blocks` are area ids in order of code.

    `taken` and `inside` are theirs in the same order; `inside`, and the two shares that tell how
    well the blocks fit, are None where no line was drawn.
    """

    token: str
    name: str
    vintage: str
    made_from: str
    blocks: tuple[int, ...]
    taken: tuple[bool, ...]
    inside: tuple[float | None, ...]
    covered: float | None
    outside: float | None
    made_at: datetime | None = None

    @property
    def own(self) -> list[int]:
        """The ids of the blocks it is made of."""
        return [one for one, is_taken in zip(self.blocks, self.taken, strict=True) if is_taken]


KEPT = tuple(name for name in Neighbourhood.__dataclass_fields__ if name != "made_at")


def keep(connection: Connection, made: Neighbourhood) -> bool:
    """Keep a neighbourhood; whether it is new."""
    values = {name: getattr(made, name) for name in KEPT}
    lists = {name: list(values[name]) for name in ("blocks", "taken", "inside")}
    added = connection.execute(
        insert(neighbourhood)
        .values(**{**values, **lists})
        .on_conflict_do_nothing()
        .returning(neighbourhood.c.token)
    ).first()
    return added is not None


def kept(connection: Connection, token: str) -> Neighbourhood | None:
    """The neighbourhood of a token."""
    row = connection.execute(select(neighbourhood).where(neighbourhood.c.token == token)).first()
    return _made(row) if row else None


def newest(connection: Connection, limit: int) -> list[Neighbourhood]:
    """The neighbourhoods made last, the newest first."""
    rows = connection.execute(
        select(neighbourhood)
        .order_by(neighbourhood.c.made_at.desc(), neighbourhood.c.token)
        .limit(limit)
    )
    return [_made(row) for row in rows]


def made_in_a_day(connection: Connection) -> int:
    """How many were made in the last twenty-four hours."""
    number: int = connection.execute(
        select(func.count())
        .select_from(neighbourhood)
        .where(neighbourhood.c.made_at > func.now() - text("interval '1 day'"))
    ).scalar_one()
    return number


def _made(row: Any) -> Neighbourhood:  # noqa: ANN401
    lists = {name: tuple(getattr(row, name)) for name in ("blocks", "taken", "inside")}
    values = {name: getattr(row, name) for name in KEPT}
    return Neighbourhood(**{**values, **lists, "made_at": row.made_at})


# ---------------------------------------------------------------- blocks


def blocks_in_ground(
    connection: Connection, edition_id: int, ground: shapely.Geometry, most: int
) -> list[Row]:
    """The areas of an edition that a ground (EPSG:27700) has some of; at most `most` are looked at.

    Each as id, code, name, and its square metres: `ground` whole, `inside` within.
    """
    rows = connection.execute(
        statement("blocks_in_ground").bindparams(bindparam("wkb", type_=LargeBinary)),
        {"wkb": shapely.to_wkb(ground), "edition_id": edition_id, "most": most},
    )
    return [dict(row) for row in rows.mappings()]


def points_of(
    connection: Connection, source: str, period: str, ids: Iterable[int]
) -> dict[int, tuple[float, float]]:
    """The point (EPSG:27700) that a source of eastings and northings gives of each area."""
    rows = connection.execute(
        text(
            "SELECT area_id, x, y FROM open_point WHERE source = :source AND period = :period"
            " AND area_id = ANY (CAST(:ids AS int[]))"
        ),
        {"source": source, "period": period, "ids": list(ids)},
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def areas_with_code(connection: Connection, codes: Sequence[str]) -> list[Row]:
    """Every area that has one of these codes: id, vintage, code, name, in order of code."""
    rows = connection.execute(
        select(area.c.id, area.c.vintage, area.c.code, area.c.name)
        .where(area.c.code.in_(list(codes)))
        .order_by(area.c.code, area.c.vintage)
    )
    return [dict(row) for row in rows.mappings()]


def areas_with_id(connection: Connection, ids: Sequence[int]) -> list[Row]:
    """Areas by id: id, vintage, code, name, in order of code."""
    rows = connection.execute(
        select(area.c.id, area.c.vintage, area.c.code, area.c.name)
        .where(area.c.id.in_(list(ids)))
        .order_by(area.c.code)
    )
    return [dict(row) for row in rows.mappings()]


def parents_of_blocks(connection: Connection, blocks: Sequence[int]) -> list[Row]:
    """The areas of other vintages that all of some blocks lie in, and whether that is exact."""
    rows = connection.execute(statement("parents_of_blocks"), {"blocks": list(blocks)})
    return [dict(row) for row in rows.mappings()]


# ---------------------------------------------------------------- their figures


def sums_of_blocks(
    connection: Connection, series: Sequence[int], blocks: Sequence[int], reasons: Sequence[str]
) -> list[Row]:
    """What some areas have together in each of some series; see the statement for its columns.

    `reasons` are all there are, in their order: a reason is told by its place in it, from 1. A
    series without a figure of any of the areas has no row.
    """
    rows = connection.execute(
        statement("sums_of_blocks"),
        {"series": list(series), "blocks": list(blocks), "reasons": list(reasons)},
    )
    return [dict(row) for row in rows.mappings().all()]
