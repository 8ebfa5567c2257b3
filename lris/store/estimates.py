"""What was derived last, before disclosure control: rows in, rows out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date

import numpy as np
import pyarrow as pa
from sqlalchemy import Connection, func, select, text

from lris.rules.estimates import REASONS, STATUSES, Figures
from lris.store.engine import copy_rows, copy_table
from lris.store.tables import estimate, estimate_series

FIGURES_AT_ONCE = 250_000

_REASON_WORDS = pa.array([reason.value if reason else None for reason in REASONS])
_STATUS_WORDS = pa.array([status.value for status in STATUSES])


@dataclass(frozen=True, slots=True)
class Series:
    """One indicator, category and period in one vintage: what the figures are of."""

    indicator: str
    vintage: str
    category: str
    period: str
    period_start: date
    period_end: date
    unit: str
    denominator: str | None
    access: int
    sources: tuple[str, ...]
    deliveries: tuple[int, ...]


def replace_estimates(connection: Connection, derived: Iterable[tuple[Series, Figures]]) -> int:
    """Put what was derived in place of what was there; returns how many figures."""
    connection.execute(text("TRUNCATE estimate, estimate_series"))
    rows = 0
    for some in _batches(derived):
        numbers = _reserved(connection, len(some))
        _copy_series(connection, numbers, some)
        copy_table(connection, estimate, _table(numbers, [figures for _, figures in some]))
        rows += sum(figures.area_id.size for _, figures in some)
    return rows


def _batches(
    derived: Iterable[tuple[Series, Figures]],
) -> Iterator[list[tuple[Series, Figures]]]:
    """Some series at a time: what is derived next may be read from the same connection."""
    some: list[tuple[Series, Figures]] = []
    figures = 0
    for one in derived:
        some.append(one)
        figures += one[1].area_id.size
        if figures >= FIGURES_AT_ONCE:
            yield some
            some, figures = [], 0
    if some:
        yield some


def _reserved(connection: Connection, count: int) -> list[int]:
    """Numbers for new series, taken from their sequence in one go."""
    return list(
        connection.execute(
            text(
                "SELECT nextval(pg_get_serial_sequence('lris.estimate_series', 'id'))"
                " FROM generate_series(1, :count)"
            ),
            {"count": count},
        ).scalars()
    )


def _copy_series(
    connection: Connection, numbers: Sequence[int], some: Sequence[tuple[Series, Figures]]
) -> None:
    names = [field.name for field in fields(Series)]
    rows = (
        (number, *(_plain(getattr(series, name)) for name in names), figures.digest())
        for number, (series, figures) in zip(numbers, some, strict=True)
    )
    copy_rows(connection, estimate_series, ("id", *names, "digest"), rows)


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _table(numbers: Sequence[int], some: Sequence[Figures]) -> pa.Table:
    sizes = [figures.area_id.size for figures in some]
    whole = {
        field.name: np.concatenate([getattr(figures, field.name) for figures in some])
        for field in fields(Figures)
    }
    columns = {
        name: pa.array(whole[name], mask=np.isnan(whole[name]))
        for name in ("value", "lower", "upper", "numerator", "denominator")
    }
    return pa.table(
        {
            "series_id": pa.array(np.repeat(np.array(numbers, dtype=np.int32), sizes)),
            "area_id": pa.array(whole["area_id"]),
            **columns,
            "status": _STATUS_WORDS.take(pa.array(whole["status"])),
            "reason": _REASON_WORDS.take(pa.array(whole["reason"])),
        }
    )


def count_estimates(connection: Connection) -> tuple[int, int]:
    """How many series and figures are derived."""
    series = connection.execute(select(func.count()).select_from(estimate_series)).scalar_one()
    rows = connection.execute(select(func.count()).select_from(estimate)).scalar_one()
    return series, rows
