"""What an indicator manifest says: what is measured, out of what, and how it may be summed."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from lris.catalogue.manifest import Manifest
from lris.terms import Topic


class Category(Manifest):
    """A breakdown of an indicator; `includes` are the sources' own categories it adds up."""

    id: str
    name: str
    includes: tuple[str, ...] = ()


class Measure(Manifest):
    """Where numbers come from: a source, and for observations the measure it declares."""

    source: str
    measure: str | None = None


class Example(Manifest):
    """A worked example: evidence for the reader, and a test."""

    numerator: float | None = None
    denominator: float | None = None
    value: float
    lower: float | None = None
    upper: float | None = None


class Indicator(Manifest):
    """An indicator. `method` is one of the functions of `lris.rules.measures`.

    `additive` says whether the figures of areas may be summed to a larger area's (of a rate: its
    numerator and denominator). Ranks, scores and deciles are not additive and are never averaged.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: str
    topic: Topic
    unit: str
    description: str
    method: Literal["count", "rate", "level"]
    polarity: Literal["high_is_bad", "high_is_good", "none"] = "none"
    numerator: Measure
    denominators: tuple[Measure, ...] = ()
    per: float = 1.0
    decimals: int = 1
    additive: bool = True
    categories: tuple[Category, ...] = ()
    disclosure: Literal["open"] = "open"
    disclosure_because: str
    caveats: tuple[str, ...] = ()
    method_source: str
    example: Example

    @model_validator(mode="after")
    def _a_rate_has_a_denominator(self) -> Indicator:
        if (self.method == "rate") != bool(self.denominators):
            raise ValueError("a rate names its denominators, and nothing else does")
        return self
