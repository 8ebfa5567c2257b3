"""Weights of kinds of offence, as a statistician can review and replace them: CSV files.

A file has a row for each kind. Where no weight is published for a kind its weight is left blank,
and `because` says so: it is never guessed, and what would need it is withheld.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

COLUMNS = ("category", "weight", "unit", "source", "edition", "because")


@dataclass(frozen=True, slots=True)
class Weight:
    """What an offence of a kind weighs, in whose unit, and by which edition of which source."""

    category: str
    weight: float | None
    unit: str
    source: str
    edition: str
    because: str


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights of a file."""

    id: str
    rows: tuple[Weight, ...]

    @property
    def known(self) -> dict[str, float]:
        """The kinds that have a weight."""
        return {one.category: one.weight for one in self.rows if one.weight is not None}

    @property
    def editions(self) -> tuple[str, ...]:
        """Source and edition of the weights there are, each once."""
        told = [f"{one.source}, {one.edition}" for one in self.rows if one.weight is not None]
        return tuple(dict.fromkeys(told))

    def missing(self, wanted: tuple[str, ...]) -> tuple[str, ...]:
        """Of the kinds wanted those without a weight."""
        return tuple(one for one in wanted if one not in self.known)


def read_weights(folder: Path, faults: list[str]) -> dict[str, Weights]:
    """Every file of weights under `folder` by its name; what is wrong is added to `faults`."""
    return {path.stem: _read(path, faults) for path in sorted(folder.glob("*.csv"))}


def _read(path: Path, faults: list[str]) -> Weights:
    found: dict[str, Weight] = {}
    with path.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines)
        if tuple(rows.fieldnames or ()) != COLUMNS:
            faults.append(f"weights/{path.name}: line 1: the columns are {', '.join(COLUMNS)}")
            return Weights(path.stem, ())
        for row in rows:
            where = f"weights/{path.name}: line {rows.line_num}: {row['category']}"
            if row["category"] in found:
                faults.append(f"{where}: stands there twice")
            weight = _number(row["weight"], where, faults)
            if weight is None and not row["because"]:
                faults.append(f"{where}: a blank weight needs a because")
            if weight is not None and not (row["unit"] and row["source"] and row["edition"]):
                faults.append(f"{where}: a weight has a unit, a source and an edition")
            told = {name: row[name] or "" for name in COLUMNS if name != "weight"}
            found[row["category"]] = Weight(weight=weight, **told)
    return Weights(path.stem, tuple(found.values()))


def _number(written: str, where: str, faults: list[str]) -> float | None:
    if not written:
        return None
    try:
        number = float(written)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        faults.append(f"{where}: weight: {written!r} is no number from 0 upwards")
        return None
    return number
