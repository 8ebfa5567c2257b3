"""What an indicator manifest says: what is measured, out of what, and how it may be summed.

A file holds one indicator, or a *family*: indicators that differ in little. Each of a family's
`[[indicators]]` says what is its own; everything else stands once, above them, and holds for all.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from lris.catalogue.manifest import Manifest, check_manifest, named, read_toml
from lris.rules.gatherings import GATHERINGS, LOOKS_BACK
from lris.rules.measures import DIVIDING, HARM, INDICES, SUMMARIES, WEIGHTED
from lris.rules.words import Order
from lris.terms import Level, Topic

FAMILY = "indicators"
"""The key under which a family lists its indicators."""


class Category(Manifest):
    """A breakdown of an indicator; `includes` are the source's own categories it adds up.

    Without `includes` it is the source's category of the same id. "" is the source's value of no
    category: its total.
    """

    id: str
    name: str
    includes: tuple[str, ...] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _is_its_own(cls, given: Any) -> Any:  # noqa: ANN401
        if isinstance(given, dict) and "id" in given:
            return {"includes": [given["id"]], **given}
        return given


class Measure(Manifest):
    """Where numbers come from: a source, and for observations the measure it declares.

    `includes` are categories of the source that are added up, whatever the indicator's own; without
    it the source's values of no category.
    """

    source: str
    measure: str | None = None
    includes: tuple[str, ...] = ()


class Part(Manifest):
    """One part of an index: the first of these indicators that is told for the areas."""

    name: str
    indicators: tuple[str, ...] = Field(min_length=1)
    category: str = ""


class Example(Manifest):
    """A worked example: evidence for the reader, and a test.

    With `area` (as `lsoa_2011/E01014540`) and `period` it is a cell of the publisher's file, and
    what comes out of loading that file must equal it. Of what is worked out from several areas it
    gives their numbers: `values` of each (of an index one list for each of its parts), `before`
    those of the year before, `weights` their residents, or of kinds of offence; `value` is that of
    the first of the areas where each has one.
    """

    area: str | None = Field(default=None, pattern=r"^[a-z]+_\d{4}/\w+$")
    period: str | None = None
    category: str = ""
    numerator: float | None = None
    denominator: float | None = None
    values: tuple[float, ...] | tuple[tuple[float, ...], ...] = ()
    before: tuple[float, ...] = ()
    weights: tuple[float, ...] | tuple[tuple[float, ...], ...] = ()
    value: float
    lower: float | None = None
    upper: float | None = None

    @model_validator(mode="after")
    def _a_cell_has_a_period(self) -> Example:
        if (self.area is None) != (self.period is None):
            raise ValueError(
                "area and period go together: they name a cell of the publisher's file"
            )
        return self


class Ranking(Manifest):
    """That values are places in an order, 1 being the most of what is measured.

    `among` says of what in the plural ("LSOAs in England"), `of` how many there are; `most` and
    `least` are the two ends ("most deprived").
    """

    kind: Literal["rank", "decile"]
    among: str
    of: int = Field(gt=1)
    most: str
    least: str

    @property
    def order(self) -> Order:
        """The order as words can tell it."""
        return Order(**self.model_dump())


class Indicator(Manifest):
    """An indicator. `method` is one of the functions of `lris.rules.measures`.

    `additive` says whether the figures of areas may be summed to a larger area's (of a rate: its
    numerator and denominator). Ranks, scores and deciles are not additive and are never averaged.
    A denominator further than `denominator_within_years` from what it would divide is not used.
    Summaries of small areas (`average_rank` and the like) weigh them by their denominators;
    `small_area_ranks` is how many ranks there are. With a `ranking` a summary is told as its place.
    `interval = "published"` takes the limits that the publisher gives beside the value. `file` is
    where it was read from. Nothing is given for areas smaller than those of level `lowest`.

    Incidents may be divided by what is `beside` them: the days of the period, all `incidents` of
    the kinds they are `out_of`, those of the same months a year before, or as many as there would
    be were all `out_of` of the kinds that those of the district are. Nothing is told of periods of
    fewer than `fewest_months`. An index is made of `parts`, other indicators; harm weighs them by
    the file `weights`. `variant_of` names the indicator of which it is another way to say the same:
    over another denominator, as a rank or a decile, of another year. Where `example` is a cell that
    many numbers make, `worked` is one of few numbers, on paper.

    Of observations with categories those of the manifest are shown, each the sum of what it
    includes; without any, the source's values of no category. A denominator is of the numerator's
    own category where the source has it by category, else of all.
    """

    file: str = ""
    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: str
    topic: Topic
    unit: str
    description: str
    method: Literal[
        "count",
        "rate",
        "proportion",
        "ratio",
        "level",
        "average_rank",
        "average_score",
        "most_deprived_share",
        "extent",
        "local_concentration",
        "change",
        "concentration",
        "without_any",
        "in_the_worst_tenth",
        "holding_half",
        "stability",
        "vulnerable_localities",
        "core_priority",
        "harm",
    ]
    polarity: Literal["high_is_bad", "high_is_good", "none"] = "none"
    numerator: Measure
    denominators: tuple[Measure, ...] = ()
    beside: Literal["days", "incidents", "year_before", "district"] | None = None
    out_of: tuple[str, ...] = ()
    fewest_months: int = Field(default=1, ge=1)
    parts: tuple[Part, ...] = ()
    weights: str | None = None
    variant_of: str | None = None
    denominator_within_years: float = Field(default=5, gt=0)
    small_area_ranks: int | None = Field(default=None, gt=1)
    per: float = 1.0
    decimals: int = 1
    additive: bool = True
    interval: Literal["method", "published"] = "method"
    ranking: Ranking | None = None
    lowest: Level = Level.OA
    categories: tuple[Category, ...] = ()
    disclosure: Literal["open"] = "open"
    disclosure_because: str
    caveats: tuple[str, ...] = ()
    method_source: str
    example: Example
    worked: Example | None = None

    @model_validator(mode="after")
    def _a_rate_has_a_denominator(self) -> Indicator:
        ways = bool(self.denominators) + (self.beside is not None)
        if ways != int(self.divides or self.method in WEIGHTED):
            raise ValueError(
                "a rate names its denominators, as do proportions and ratios, and nothing else does"
            )
        if (self.beside in ("incidents", "district")) != bool(self.out_of):
            raise ValueError("out_of says which incidents stand beside, and goes with them alone")
        if (self.method == "change") != (self.beside == "year_before"):
            raise ValueError('a change is beside = "year_before", and nothing else is')
        return self

    @model_validator(mode="after")
    def _what_is_of_several_is_not_summed(self) -> Indicator:
        if (self.method in INDICES) != bool(self.parts):
            raise ValueError("an index has parts, and nothing else has")
        if (self.method == HARM) != (self.weights is not None):
            raise ValueError("harm names the file of its weights, and nothing else does")
        made = self.method in GATHERINGS or (self.method in INDICES and self.method != HARM)
        if self.additive and (made or self.beside == "days"):
            raise ValueError("what is told of several areas or days together has additive = false")
        return self

    @model_validator(mode="after")
    def _a_summary_knows_the_ranks(self) -> Indicator:
        if self.method in SUMMARIES and (self.additive or self.small_area_ranks is None):
            raise ValueError(
                "a summary of small areas says how many they are (small_area_ranks), and is not"
                " summed again (additive = false)"
            )
        return self

    @model_validator(mode="after")
    def _an_order_is_not_summed(self) -> Indicator:
        if self.ranking and (self.additive or self.method not in ("level", *SUMMARIES)):
            raise ValueError("ranks and deciles are levels as published, with additive = false")
        return self

    @model_validator(mode="after")
    def _only_levels_have_published_limits(self) -> Indicator:
        if self.interval == "published" and (self.method != "level" or self.additive):
            raise ValueError("limits are published with levels that are not summed")
        return self

    @field_validator("categories")
    @classmethod
    def _categories_are_told_apart(cls, given: tuple[Category, ...]) -> tuple[Category, ...]:
        if len({one.id for one in given}) < len(given):
            raise ValueError("two categories have the same id")
        return given

    @property
    def looks_back(self) -> bool:
        """Whether it needs the same months a year before."""
        return self.beside == "year_before" or self.method in LOOKS_BACK

    def is_too_small(self, level: Level) -> bool:
        """Whether nothing is given for areas of a level."""
        return list(Level).index(level) < list(Level).index(self.lowest)

    @property
    def divides(self) -> bool:
        """Whether its figures are of so many of something else."""
        return self.method in DIVIDING

    def measures_of(self, measure: Measure) -> tuple[str, ...]:
        """What has to be among a source's measures: one, and its limits where published."""
        if measure.measure is None:
            return ()
        limited = self.interval == "published" and measure == self.numerator
        ends = ("_lower", "_upper") if limited else ()
        return (measure.measure, *(f"{measure.measure}{end}" for end in ends))

    def category_name(self, category: str) -> str:
        """What a category is called; "" for the indicator without categories."""
        return next((one.name for one in self.categories if one.id == category), "")


def read_indicators(folder: Path, faults: list[str]) -> dict[str, Indicator]:
    """Every indicator under `folder` by id, theme by theme; what is wrong is added to `faults`."""
    found: dict[str, Indicator] = {}
    for path in sorted(folder.glob("*.toml")):
        written = read_toml(path, faults)
        if written is None:
            continue
        for one in _members(path, written, faults):
            if one.id in found:
                faults.append(f"{path.name}: id: {one.id!r} stands in {found[one.id].file} already")
            found[one.id] = one
    topics = list(Topic)
    return dict(sorted(found.items(), key=lambda pair: topics.index(pair[1].topic)))


def _members(path: Path, written: Mapping[str, Any], faults: list[str]) -> list[Indicator]:
    members = written.get(FAMILY)
    if members is None:
        one = check_manifest(named(path), {**written, "file": path.name}, Indicator, faults)
        if one and one.id != path.stem:
            faults.append(f"{path.name}: id: is {one.id!r}, but the file is {path.name}")
        return [one] if one else []
    if not (
        isinstance(members, list) and all(isinstance(one, dict) for one in members) and members
    ):
        faults.append(f"{path.name}: {FAMILY}: write [[{FAMILY}]] above each of the family")
        return []
    shared = {key: value for key, value in written.items() if key != FAMILY}
    shared["file"] = path.name
    found = (
        check_manifest(
            f"{path.name}: {own.get('id', f'indicator {at}')}",
            _with_shared(shared, own),
            Indicator,
            faults,
        )
        for at, own in enumerate(members, 1)
    )
    return [one for one in found if one]


def _with_shared(shared: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """What is shared and what is its own: tables are merged, lists joined, all else replaced."""
    merged = dict(shared)
    for key, value in own.items():
        above = shared.get(key)
        if isinstance(above, dict) and isinstance(value, dict):
            merged[key] = {**above, **value}
        elif isinstance(above, list) and isinstance(value, list):
            merged[key] = [*above, *value]
        else:
            merged[key] = value
    return merged
