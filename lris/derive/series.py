"""What a series is of: its indicator, its denominator in words, what it was derived from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from lris.catalogue import Catalogue
from lris.catalogue.indicators import Indicator, Part
from lris.derive.denominators import Below
from lris.rules.estimates import Figures
from lris.store.engine import access_number
from lris.store.estimates import Series
from lris.terms import Period

Told = tuple[Series, Figures]
Derived = Iterator[Told]


def series_of(
    catalogue: Catalogue,
    indicator: Indicator,
    vintage: str,
    category: str,
    period: Period,
    deliveries: Sequence[int],
    below: Below | None = None,
) -> Series:
    """One indicator, category and period in one vintage."""
    source = catalogue.source(indicator.numerator.source)
    by = below or Below("")
    return Series(
        indicator.id,
        vintage,
        category,
        period.label,
        period.start,
        period.end,
        indicator.unit,
        below.words if below else None,
        access_number(source.access),
        tuple(dict.fromkeys((source.id, *by.sources))),
        tuple(sorted({*deliveries, *by.deliveries})),
    )


@dataclass(slots=True)
class Kept:
    """The series that indices are made of, kept until their turn."""

    catalogue: Catalogue
    found: dict[tuple[str, str, str], list[Told]] = field(default_factory=dict)
    wanted: frozenset[tuple[str, str]] = field(init=False)

    def __post_init__(self) -> None:
        """Find out which series those are."""
        self.wanted = frozenset(
            (name, part.category)
            for one in self.catalogue.indicators.values()
            for part in one.parts
            for name in part.indicators
        )

    def keep(self, series: Series, figures: Figures) -> None:
        """Keep a series that an index is made of."""
        if (series.indicator, series.category) in self.wanted:
            key = (series.indicator, series.category, series.vintage)
            self.found.setdefault(key, []).append((series, figures))

    def named(self, indicator: str, category: str, vintage: str) -> list[Told]:
        """The series of an indicator and category in a vintage, one a period."""
        return self.found.get((indicator, category, vintage), [])

    def of(self, part: Part, vintage: str) -> list[Told]:
        """The series of the first of a part's indicators that is told for a vintage."""
        told = (self.named(name, part.category, vintage) for name in part.indicators)
        return next((some for some in told if some), [])

    def vintages(self, part: Part) -> list[str]:
        """The vintages that a part is told for, by id."""
        names = {(name, part.category) for name in part.indicators}
        return sorted({vintage for *name, vintage in self.found if tuple(name) in names})
