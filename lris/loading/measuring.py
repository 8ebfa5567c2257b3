"""What is measured of a delivery while its rows come in: it is cheap then, and dear ever after."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lris.rules.distinct import Distinct, keys_of
from lris.sources.frames import IncidentBatch, ObservationBatch

LATTICES_M = (1, 10, 100, 1000)
"""Grids that coordinates may have been rounded to."""

Rows = slice | NDArray[np.int64]
"""Which rows of a batch: all, or these."""


@dataclass(slots=True)
class IncidentsMeasured:
    """Counts of one delivery of incidents: blanks, points, categories, repeated rows."""

    blank: Counter[str] = field(default_factory=Counter)
    categories: Counter[str] = field(default_factory=Counter)
    on_lattice: Counter[str] = field(default_factory=Counter)
    rows: int = 0
    points: int = 0
    references: int = 0
    different_points: Distinct = field(default_factory=Distinct)
    different_rows: Distinct = field(default_factory=Distinct)
    different_references: Distinct = field(default_factory=Distinct)

    def add(self, batch: IncidentBatch, rows: Rows) -> None:
        """Count these rows of a batch."""
        columns = {name: column[rows] for name, column in batch.kept.items()}
        columns["area_code"] = batch.code[rows]
        self.rows += columns["area_code"].size
        for name, column in columns.items():
            self.blank[name] += column.size - int(np.count_nonzero(column))
        _tally(self.categories, batch.category[rows])
        self._add_points(batch.x[rows], batch.y[rows])
        moments = batch.start[rows].astype(np.int64).astype(np.float64)
        x, y = (np.nan_to_num(axis[rows], nan=-1.0) for axis in (batch.x, batch.y))
        self.different_rows.add(keys_of([moments, x, y, batch.category[rows], *columns.values()]))
        if "reference" in columns:
            given = columns["reference"][columns["reference"].astype(bool)]
            self.references += given.size
            self.different_references.add(keys_of([given]))

    def _add_points(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
        known = np.isfinite(x) & np.isfinite(y)
        x, y = np.round(x[known], 2), np.round(y[known], 2)
        self.points += x.size
        self.blank["location"] += int(np.count_nonzero(~known))
        self.different_points.add(keys_of([x, y]))
        for metres in LATTICES_M:
            on = (np.mod(x, metres) == 0) & (np.mod(y, metres) == 0)
            self.on_lattice[str(metres)] += int(np.count_nonzero(on))

    def facts(self) -> dict[str, Any]:
        """What to keep with the delivery."""
        if self.blank["area_code"] == self.rows:
            del self.blank["area_code"]  # The source gives no codes.
        return {
            "blank": dict(self.blank),
            "categories": dict(self.categories),
            "points": self.points,
            "different_points": min(self.different_points.count, self.points),
            "on_lattice_m": dict(self.on_lattice),
            "repeated_rows": max(self.rows - self.different_rows.count, 0),
            "repeated_references": max(self.references - self.different_references.count, 0),
        }


@dataclass(slots=True)
class ValuesMeasured:
    """Counts of one delivery of observations: blanks by column, values and reasons by measure."""

    blank: Counter[str] = field(default_factory=Counter)
    values: Counter[str] = field(default_factory=Counter)
    withheld: Counter[str] = field(default_factory=Counter)

    def add(self, batch: ObservationBatch) -> None:
        """Count a batch."""
        self.blank.update(batch.blanks)
        _tally(self.values, batch.measure[batch.withheld == ""])
        _tally(self.withheld, batch.withheld[batch.withheld != ""])

    def facts(self) -> dict[str, Any]:
        """What to keep with the delivery."""
        return {
            "blank": dict(self.blank),
            "values": dict(self.values),
            "withheld": dict(self.withheld),
        }


def _tally(into: Counter[str], words: NDArray[np.object_]) -> None:
    for pair in pa.array(words, pa.string()).value_counts().to_pylist():
        into[pair["values"]] += pair["counts"]
