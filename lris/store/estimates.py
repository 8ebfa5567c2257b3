"""What was derived last, before disclosure control: rows in, rows out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date
from functools import cache

import numpy as np
import pyarrow as pa
from sqlalchemy import Connection, func, select, text

from lris.rules.estimates import REASONS, STATUSES, Figures
from lris.store import binary
from lris.store.engine import copy_binary, copy_table
from lris.store.tables import estimate, estimate_series

FIGURES_AT_ONCE = 250_000

_NUMBERS = ("value", "lower", "upper", "numerator", "denominator")
_COLUMNS = ("series_id", "area_id", *_NUMBERS, "status", "reason")


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
    # Indexed after it is filled, it takes two thirds of the time.
    key = estimate.primary_key.name
    connection.execute(text(f'ALTER TABLE estimate DROP CONSTRAINT "{key}"'))
    rows = 0
    for some in _batches(derived):
        numbers = _reserved(connection, len(some))
        _copy_series(connection, numbers, some)
        rows_of_some = _rows(numbers, [figures for _, figures in some])
        copy_binary(connection, estimate, _COLUMNS, [rows_of_some])
        rows += sum(figures.area_id.size for _, figures in some)
    connection.execute(
        text(f'ALTER TABLE estimate ADD CONSTRAINT "{key}" PRIMARY KEY (series_id, area_id)')
    )
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
    columns: dict[str, pa.Array] = {"id": pa.array(numbers, pa.int32())}
    for field in fields(Series):
        told = [getattr(series, field.name) for series, _ in some]
        columns[field.name] = pa.array(map(_array, told) if isinstance(told[0], tuple) else told)
    columns["digest"] = pa.array([f"\\x{figures.digest().hex()}" for _, figures in some])
    copy_table(connection, estimate_series, pa.table(columns))


@cache
def _array(values: tuple[str | int, ...]) -> str:
    """An array as PostgreSQL reads it, of numbers or of ids that need no quotes."""
    return f"{{{','.join(map(str, values))}}}"


def _rows(numbers: Sequence[int], some: Sequence[Figures]) -> pa.Buffer:
    sizes = [figures.area_id.size for figures in some]
    whole = {
        field.name: np.concatenate([getattr(figures, field.name) for figures in some])
        for field in fields(Figures)
    }
    series = np.repeat(np.array(numbers, dtype=np.int32), sizes)
    columns = [
        (series, ">i4"),
        (whole["area_id"], ">i4"),
        *((whole[name], ">f8") for name in _NUMBERS),
    ]
    words = [(_STATUS_WORDS, whole["status"]), (_REASON_WORDS, whole["reason"])]
    return binary.rows_of_numbers(columns, words)


_STATUS_WORDS = tuple(status.value for status in STATUSES)
_REASON_WORDS = tuple(reason.value if reason else None for reason in REASONS)


def count_estimates(connection: Connection) -> tuple[int, int]:
    """How many series and figures are derived."""
    series = connection.execute(select(func.count()).select_from(estimate_series)).scalar_one()
    rows = connection.execute(select(func.count()).select_from(estimate)).scalar_one()
    return series, rows
