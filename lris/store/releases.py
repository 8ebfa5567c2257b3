"""Sealed releases: sealing one from the estimates, and reading the newest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, func, select, text

from lris.store.engine import analyze, statement
from lris.store.tables import figure, release, release_series, series


@dataclass(frozen=True, slots=True)
class Release:
    """A sealed set of series."""

    number: int
    sealed_at: Any
    actor: str
    because: str
    figures: int


def newest_release(connection: Connection) -> Release | None:
    """The release that is served, or None before the first."""
    row = connection.execute(select(release).order_by(release.c.number.desc()).limit(1)).first()
    return Release(row.number, row.sealed_at, row.actor, row.because, row.figures) if row else None


def published_state(connection: Connection) -> str:
    """A word that changes when something is added: a release, an edition, a link, a postcode."""
    return state_word(connection.execute(text(f"SELECT {STATE}")).one())


STATE = (
    "(SELECT coalesce(max(number), 0) FROM release),"
    " (SELECT coalesce(string_agg(CAST(id AS text), ',' ORDER BY id), '')"
    " FROM edition WHERE state = 'published'),"
    " (SELECT coalesce(string_agg(id || loaded_at, ',' ORDER BY id), '') FROM place),"
    " (SELECT coalesce(max(id), 0) FROM area),"
    " (SELECT id FROM current_link ORDER BY id DESC LIMIT 1),"
    " (SELECT max(delivery_id) FROM newest_places)"
)
"""What is added to when something is published, as columns of a SELECT."""


def state_word(parts: Iterable[object]) -> str:
    """The columns of STATE as one word."""
    return f"r{'-'.join(str(one) for one in parts)}"


def all_releases(connection: Connection) -> list[Release]:
    """Every release, newest first."""
    rows = connection.execute(select(release).order_by(release.c.number.desc()))
    return [Release(r.number, r.sealed_at, r.actor, r.because, r.figures) for r in rows]


def seal(connection: Connection, actor: str, because: str) -> Release | None:
    """Seal the estimates as the next release; None where they equal the newest one.

    A series whose figures have not changed is shared with the release before.
    """
    last = newest_release(connection)
    number = last.number + 1 if last else 1
    same = connection.execute(
        statement("estimates_equal_release"), {"number": number - 1}
    ).scalar_one()
    if last and same:
        return None
    values = {"number": number, "actor": actor, "because": because}
    connection.execute(statement("seal_release"), values)
    connection.execute(statement("seal_series"), {"number": number})
    _seal_figures(connection, number)
    connection.execute(statement("seal_release_series"), {"number": number})
    return newest_release(connection)


def _seal_figures(connection: Connection, number: int) -> None:
    """Put the figures that are new into a part of the table that is the release's own."""
    ids = select(func.min(series.c.id), func.max(series.c.id) + 1)
    first, end = connection.execute(ids.where(series.c.first_release == number)).one()
    if first is not None:
        part = f"lris.figure_of_release_{number:d}"
        sql = statement("seal_figures").text
        numbers = {"number": number, "first": first, "end": end}
        connection.exec_driver_sql(sql.format(part=part, **numbers))


def release_contents(connection: Connection, number: int) -> list[Mapping[str, Any]]:
    """Every series of a release that the viewer may see."""
    rows = connection.execute(
        select(
            series.c.id,
            series.c.indicator,
            series.c.vintage,
            series.c.category,
            series.c.period,
            series.c.period_start,
            series.c.period_end,
            series.c.unit,
            series.c.denominator,
            series.c.access,
            series.c.sources,
            series.c.deliveries,
        )
        .join(release_series, release_series.c.series_id == series.c.id)
        .where(release_series.c.release == number)
        .order_by(
            series.c.indicator, series.c.vintage, series.c.period_start, series.c.period_end.desc()
        )
    )
    return [dict(row) for row in rows.mappings()]


def figures_of_series(
    connection: Connection,
    *,
    number: int,
    indicator: str,
    vintage: str,
    categories: Sequence[str],
    period: str,
    edition_id: int | None,
    within: Sequence[int] | None,
    after: tuple[str, str] | None,
    limit: int,
) -> list[Mapping[str, Any]]:
    """The figures of some categories by category and area code; see the statement for gaps."""
    rows = connection.execute(
        statement("figures_of_series"),
        {
            "number": number,
            "indicator": indicator,
            "vintage": vintage,
            "categories": list(categories),
            "period": period,
            "edition_id": edition_id,
            "within": list(within) if within is not None else None,
            "after_category": after[0] if after else None,
            "after_code": after[1] if after else None,
            "limit": limit,
        },
    )
    return [dict(row) for row in rows.mappings()]


def figures_of_areas(
    connection: Connection, number: int, area_ids: Sequence[int], indicators: Sequence[str]
) -> list[Mapping[str, Any]]:
    """Every figure of some indicators of a release for some areas; newest period first."""
    rows = connection.execute(
        statement("figures_of_areas"),
        {"number": number, "area_ids": list(area_ids), "indicators": list(indicators)},
    )
    return [dict(row) for row in rows.mappings()]


def figure_arrays(
    connection: Connection,
    series_ids: Sequence[int],
    area_ids: Sequence[int],
    statuses: Sequence[str],
    reasons: Sequence[str],
) -> Iterator[tuple[int, list[NDArray[Any]]]]:
    """Of each series that has any the figures for some areas, as columns of the same length.

    These are area ids, value, lower, upper, numerator, denominator (NaN for none), and status and
    reason as places in the words given, from 1 (0 for none).
    """
    driver: Any = connection.connection.driver_connection
    asked = {
        "series_ids": list(series_ids),
        "area_ids": list(area_ids),
        "statuses": list(statuses),
        "reasons": list(reasons),
    }
    with driver.cursor(binary=True) as cursor:
        cursor.execute(statement("figure_arrays").text, asked)
        for number, *columns in cursor:
            yield number, [_array(one) for one in columns]


_ELEMENTS = {23: ">i4", 701: ">f8"}
"""By PostgreSQL's type: int4, float8. An element follows its length, an array its header."""

_HEADER = 20


def _array(sent: bytes) -> NDArray[Any]:
    """What `array_send` makes of an array of one dimension without NULLs, as numpy has it."""
    kind = _ELEMENTS[int.from_bytes(sent[8:12], "big")]
    elements = np.frombuffer(sent, dtype=[("length", ">i4"), ("value", kind)], offset=_HEADER)
    return elements["value"]


def areas_of_series(connection: Connection, series_ids: Sequence[int]) -> set[int]:
    """The areas that any of some series has a figure of, be it withheld."""
    rows = connection.execute(
        text("SELECT DISTINCT area_id FROM figure WHERE series_id = ANY (CAST(:ids AS int[]))"),
        {"ids": list(series_ids)},
    )
    return {int(row[0]) for row in rows}


def access_levels(connection: Connection, number: int) -> list[int]:
    """The access numbers that series of a release have, the widest first."""
    rows = connection.execute(
        select(series.c.access)
        .distinct()
        .join(release_series, release_series.c.series_id == series.c.id)
        .where(release_series.c.release == number)
        .order_by(series.c.access)
    )
    return [int(row[0]) for row in rows]


def count_sealed(connection: Connection) -> int:
    """How many figures are stored in all releases together."""
    rows: int = connection.execute(
        select(func.coalesce(func.sum(release.c.figures), 0))
    ).scalar_one()
    return int(rows)


def refresh_statistics(connection: Connection) -> None:
    """Let the planner know what a new release holds."""
    analyze(connection, figure, series, release_series)
