"""Sealed releases: sealing one from the estimates, and reading the newest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
    row = connection.execute(
        text(
            "SELECT (SELECT coalesce(max(number), 0) FROM release),"
            " (SELECT coalesce(string_agg(CAST(id AS text), ',' ORDER BY id), '')"
            " FROM edition WHERE state = 'published'),"
            " (SELECT coalesce(string_agg(id || loaded_at, ',' ORDER BY id), '') FROM place),"
            " (SELECT coalesce(max(id), 0) FROM area),"
            " (SELECT id FROM current_link ORDER BY id DESC LIMIT 1),"
            " (SELECT max(delivery_id) FROM newest_places)"
        )
    ).one()
    return f"r{'-'.join(str(one) for one in row)}"


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
    connection.execute(statement("seal_figures"), {"number": number})
    connection.execute(statement("seal_release_series"), {"number": number})
    return newest_release(connection)


def release_contents(connection: Connection, number: int) -> list[Mapping[str, Any]]:
    """Every series of a release that the viewer may see."""
    rows = connection.execute(
        select(
            series.c.indicator,
            series.c.vintage,
            series.c.category,
            series.c.period,
            series.c.period_start,
            series.c.period_end,
            series.c.denominator,
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


def count_sealed(connection: Connection) -> int:
    """How many figures are stored in all releases together."""
    rows: int = connection.execute(
        select(func.coalesce(func.sum(release.c.figures), 0))
    ).scalar_one()
    return int(rows)


def refresh_statistics(connection: Connection) -> None:
    """Let the planner know what a new release holds."""
    analyze(connection, figure, series, release_series)
