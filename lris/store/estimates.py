"""What was derived last, before disclosure control: rows in, rows out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date

import numpy as np
import pyarrow as pa
from sqlalchemy import Connection, func, insert, select, text

from lris.rules.estimates import REASONS, STATUSES, Figures
from lris.store.engine import copy_table
from lris.store.tables import estimate, estimate_series

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
    for series, figures in derived:
        values = {field.name: getattr(series, field.name) for field in fields(series)}
        number = connection.execute(
            insert(estimate_series)
            .values(
                **{
                    **values,
                    "sources": list(series.sources),
                    "deliveries": list(series.deliveries),
                },
                digest=figures.digest(),
            )
            .returning(estimate_series.c.id)
        ).scalar_one()
        copy_table(connection, estimate, _table(number, figures))
        rows += figures.area_id.size
    return rows


def _table(series_id: int, figures: Figures) -> pa.Table:
    columns = {
        name: pa.array(values, mask=np.isnan(values))
        for name in ("value", "lower", "upper", "numerator", "denominator")
        for values in (getattr(figures, name),)
    }
    return pa.table(
        {
            "series_id": pa.array(np.full(figures.area_id.size, series_id, dtype=np.int32)),
            "area_id": pa.array(figures.area_id),
            **columns,
            "status": _STATUS_WORDS.take(pa.array(figures.status)),
            "reason": _REASON_WORDS.take(pa.array(figures.reason)),
        }
    )


def count_estimates(connection: Connection) -> tuple[int, int]:
    """How many series and figures are derived."""
    series = connection.execute(select(func.count()).select_from(estimate_series)).scalar_one()
    rows = connection.execute(select(func.count()).select_from(estimate)).scalar_one()
    return series, rows
