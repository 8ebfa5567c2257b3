"""Incidents weighed by the harm they do: which weights, of which edition, and what has none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lris.catalogue import Catalogue
from lris.errors import BadRequest
from lris.hotspots.asking import Asked, categories_of


@dataclass(frozen=True, slots=True)
class Harm:
    """Weights by category, what they are called, and the categories that have none."""

    weights: Mapping[str, float]
    title: str
    unit: str
    missing: tuple[str, ...]

    def told(self) -> dict[str, Any]:
        """As the parameters of an answer tell it."""
        return {
            "weights": self.title,
            "unit": self.unit,
            "by_category": dict(self.weights),
            "without_weight": list(self.missing),
        }


def harm_of(catalogue: Catalogue, asked: Asked) -> Harm:
    """The weights for the categories of a question. Raises `BadRequest` where none has one."""
    wanted = categories_of(catalogue, asked)
    for file in catalogue.weights.values():
        found = {name: file.known[name] for name in wanted if name in file.known}
        if found:
            rows = [one for one in file.rows if one.category in found]
            return Harm(
                found,
                "; ".join(sorted({f"{one.source}, {one.edition}" for one in rows})),
                "; ".join(sorted({one.unit for one in rows})),
                file.missing(wanted),
            )
    raise BadRequest(
        f"no weight of harm is known for {', '.join(wanted)}: nothing is guessed",
        remedy="fill in geodata/weights/crime_harm.csv from a published index, or leave harm out",
    )
