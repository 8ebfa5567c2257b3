"""Whose figures a page may show: the area's own, the same ground's, and those of larger areas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from lris.catalogue import Catalogue
from lris.rules.words import LEVELS, place_name
from lris.terms import Level

STEPS: Mapping[Level, int] = {
    Level.OA: 1,
    Level.LSOA: 2,
    Level.MSOA: 3,
    Level.WARD: 3,
    Level.LAD: 4,
    Level.HEALTH: 4,
    Level.COUNTY: 5,
    Level.FORCE: 5,
    Level.REGION: 6,
    Level.COUNTRY: 7,
}
"""An area can lie in those of a higher step: a ward in no MSOA, a district in no health area."""

NO_STEP = 99

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ground:
    """An area whose figures may be shown, and how it stands to the area looked at."""

    id: int
    vintage: str
    code: str
    name: str
    level: Level
    relation: Literal["own", "same", "larger"]

    @property
    def label(self) -> dict[str, str] | None:
        """Whose figure it is; None for the area's own."""
        if self.relation == "own":
            return None
        return {
            "vintage": self.vintage,
            "code": self.code,
            "name": self.name,
            "level": self.level.value,
            "relation": self.relation,
        }


def codes_around(described: Mapping[str, Any]) -> list[str]:
    """The codes of an area and of all it lies in."""
    return [described["code"], *(parent["code"] for parent in described["parents"])]


def grounds_of(
    catalogue: Catalogue, described: Mapping[str, Any], called: Mapping[str, Sequence[Row]]
) -> list[Ground]:
    """The area itself, the same ground in other vintages, and the areas it lies in, smallest first.

    `called` are the areas of any vintage by code. A GSS code is given up when a boundary changes,
    so that one code is one ground in every vintage of its level that has it.
    """
    number, own = described["id"], Level(described["level"])
    step = STEPS.get(catalogue.vintage(described["vintage"]).level, NO_STEP)
    parents = {parent["code"]: Level(parent["level"]) for parent in described["parents"]}
    found = [Ground(number, described["vintage"], described["code"], described["name"], own, "own")]
    for row in _rows(called, codes_around(described)):
        level = catalogue.vintage(row["vintage"]).level
        if row["id"] == number:
            continue
        if row["code"] == described["code"] and level is own:
            name = row["name"] or described["name"]
            found.append(Ground(row["id"], row["vintage"], row["code"], name, level, "same"))
        elif parents.get(row["code"]) is level and STEPS.get(level, 0) > step:
            name = place_name(row["name"] or row["code"])
            found.append(Ground(row["id"], row["vintage"], row["code"], name, level, "larger"))
    nearness = ("own", "same", "larger")
    upwards = list(Level)
    return sorted(
        found, key=lambda one: (nearness.index(one.relation), upwards.index(one.level), one.vintage)
    )


def _rows(called: Mapping[str, Sequence[Row]], codes: Iterable[str]) -> Iterable[Row]:
    for code in dict.fromkeys(codes):
        yield from called.get(code, ())


def of_whom(catalogue: Catalogue, ground: Ground) -> str:
    """Whose figure it is, in words; "" for the area's own."""
    if ground.relation == "own":
        return ""
    if ground.relation == "same":
        return f"by {catalogue.vintage(ground.vintage).name}, where the boundary is the same"
    return f"all of {ground.name} ({LEVELS[ground.level][0]})"
