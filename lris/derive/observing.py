"""Figures from what publishers say of areas: values, and summaries of ranks and scores."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lris.catalogue import Catalogue
from lris.catalogue.indicators import Indicator, Measure
from lris.derive.denominators import Below, Denominator, chosen
from lris.derive.series import Derived, series_of
from lris.rules.deprivation import places
from lris.rules.estimates import (
    ESTIMATED,
    OBSERVED,
    WHY,
    WITHHELD,
    ByArea,
    Cells,
    added,
    figures,
    whole_values,
    with_limits,
)
from lris.rules.measures import SUMMARIES, WEIGHTED
from lris.session import Connection
from lris.spreading import Spreading
from lris.store import deliveries as deliveries_store
from lris.store.deliveries import Observed
from lris.terms import Period, Reason

Column = NDArray[np.float64]
Cell = tuple[str, str]
"""Period and category."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What was published of a measure for one period and category, by vintage, and by whom."""

    by_vintage: Mapping[str, Cells]
    deliveries: tuple[int, ...]


@dataclass(slots=True)
class Observing:
    """The observations there are, each read once."""

    connection: Connection
    catalogue: Catalogue
    spreading: Spreading
    observed: dict[tuple[str, str], list[Observed]] = field(default_factory=dict)
    divisors: dict[tuple[Measure, str], list[Denominator]] = field(default_factory=dict)

    def series(self, indicator: Indicator, denominators: Sequence[Denominator]) -> Derived:
        """Every series of an indicator of published values."""
        limits = self._limits(indicator)
        for (label, category), given in self._measured(indicator, indicator.numerator).items():
            period = self._period(indicator.numerator, label)
            reached = self.spreading.everywhere(
                list(given.by_vintage.values()), additive=indicator.additive
            )
            for vintage, cells in reached.by_vintage.items():
                if indicator.is_too_small(self.catalogue.vintage(vintage).level):
                    continue
                below = chosen(indicator, denominators, vintage, period, category)
                found = figures(
                    cells,
                    indicator.method,
                    indicator.per,
                    below.numbers if below else None,
                    too_distant=below is not None and below.too_distant,
                )
                for low, high in limits.get((label, category, vintage), ()):
                    found = with_limits(found, low, high, indicator.per)
                yield (
                    series_of(
                        self.catalogue,
                        indicator,
                        vintage,
                        category,
                        period,
                        given.deliveries,
                        below,
                    ),
                    found,
                )

    def _measured(self, indicator: Indicator, measure: Measure) -> dict[Cell, Measured]:
        """What was published of a measure, by period and category of the indicator's manifest."""
        seen = self._observed(measure.source, measure.measure or "")
        wanted = [(one.id, one.includes) for one in indicator.categories] or [
            ("", measure.includes or ("",))
        ]
        return grouped(seen, wanted)

    def _observed(self, source: str, measure: str) -> list[Observed]:
        if (source, measure) not in self.observed:
            self.observed[source, measure] = deliveries_store.observed(
                self.connection, source, measure
            )
        return self.observed[source, measure]

    def _period(self, measure: Measure, label: str) -> Period:
        school_year = self.catalogue.source(measure.source).school_year
        return Period.parse(label, school_year=school_year)

    def _limits(
        self, indicator: Indicator
    ) -> dict[tuple[str, str, str], tuple[tuple[ByArea, ByArea]]]:
        """The limits their publisher gives, by period, category and vintage, where the manifest
        says that they are to be taken.
        """
        if indicator.interval != "published":
            return {}
        measure = indicator.numerator
        ends = [
            {
                (label, category, vintage): ByArea(cells.ids, cells.values)
                for (label, category), given in self._measured(indicator, one).items()
                for vintage, cells in self.spreading.everywhere(
                    list(given.by_vintage.values()), additive=False
                ).by_vintage.items()
            }
            for end in ("lower", "upper")
            for one in (Measure(source=measure.source, measure=f"{measure.measure}_{end}"),)
        ]
        lower, upper = ends
        return {key: ((lower[key], upper[key]),) for key in lower.keys() & upper.keys()}

    # ------------------------------------------------------------ summaries of ranks and scores

    def summaries(self, indicator: Indicator, denominators: Sequence[Denominator]) -> Derived:
        """Ranks and scores of small areas summarised for the larger areas around them."""
        for (label, category), given in self._measured(indicator, indicator.numerator).items():
            period = self._period(indicator.numerator, label)
            for small, cells in given.by_vintage.items():
                below = chosen(indicator, denominators, small, period, category)
                if below is None and indicator.method in WEIGHTED:
                    continue
                for one in self._summarised(indicator, cells, below):
                    series = series_of(
                        self.catalogue,
                        indicator,
                        one.vintage,
                        category,
                        period,
                        given.deliveries,
                        below,
                    )
                    yield series, figures(one, "level", indicator.per)

    def _summarised(
        self, indicator: Indicator, cells: Cells, below: Below | None
    ) -> Iterator[Cells]:
        weights = below.numbers.of(cells.ids) if below and below.numbers else cells.values
        if below and below.too_distant:
            return
        made = [
            one
            for parent in self.spreading.parents(cells.vintage)
            for one in (self._summary(indicator, cells, weights, parent),)
            if one is not None
        ]
        yield from self.spreading.everywhere(made, additive=False).by_vintage.values()

    def _summary(
        self, indicator: Indicator, cells: Cells, weights: Column, parent: str
    ) -> Cells | None:
        """The summary in one larger vintage; None where it is to be a place in an order of other
        areas. What lacks one of its small areas is withheld: it would be of another place.
        """
        road = self.spreading.road(cells.vintage, cells.ids, parent)
        at, size = road.summing.parent, road.ids.size
        value = SUMMARIES[indicator.method](
            cells.values, weights, at, size, indicator.small_area_ranks or cells.ids.size
        )
        _, whole = road.summing.sum(cells.values + 0 * weights)
        value = np.where(whole, value, np.nan)
        if indicator.ranking is not None:
            if size != indicator.ranking.of or not whole.all():
                return None
            value = places(value)
        some = np.bincount(at[(at >= 0) & np.isfinite(cells.values)], minlength=size) > 0
        partly = some & np.isnan(value)
        status, reason = (OBSERVED, 0) if road.summing.exact else (ESTIMATED, WHY[Reason.BEST_FIT])
        return Cells(
            parent,
            road.ids,
            value,
            np.where(np.isnan(value), WITHHELD, status).astype(np.int8),
            np.where(
                np.isfinite(value), reason, np.where(partly, WHY[Reason.INCOMPLETE_SOURCE], 0)
            ).astype(np.int8),
        )

    # ------------------------------------------------------------ denominators

    def denominators(self, indicator: Indicator) -> list[Denominator]:
        """Everything loaded that the indicator could be divided by, as its manifest lists it."""
        found = []
        for measure in indicator.denominators:
            found.extend(self._totals(measure))
            if indicator.categories and not measure.includes:
                own = self._measured(indicator, measure)
                found.extend(self._divisors(measure, own))
        return found

    def _totals(self, measure: Measure) -> list[Denominator]:
        """What was published of a measure for all alike, as denominators; worked out once."""
        key = (measure, "")
        if key not in self.divisors:
            seen = self._observed(measure.source, measure.measure or "")
            self.divisors[key] = self._divisors(
                measure, grouped(seen, [("", measure.includes or ("",))])
            )
        return self.divisors[key]

    def _divisors(self, measure: Measure, measured: Mapping[Cell, Measured]) -> list[Denominator]:
        source = self.catalogue.source(measure.source)
        title = next(one.title for one in source.measures if one.id == measure.measure)
        found = []
        for (label, category), given in measured.items():
            reached = self.spreading.everywhere(list(given.by_vintage.values()), additive=True)
            found.append(
                Denominator(
                    f"{title}, {label} ({source.title})",
                    source.id,
                    given.deliveries,
                    self._period(measure, label),
                    category,
                    {one: whole_values(cells) for one, cells in reached.by_vintage.items()},
                    reached.carried_from,
                )
            )
        return found


def grouped(
    seen: Iterable[Observed], wanted: Sequence[tuple[str, Sequence[str]]]
) -> dict[Cell, Measured]:
    """By period and wanted category what was published, the categories it includes added up.

    A vintage for which one of them is not published has none.
    """
    parts: dict[tuple[str, str], dict[str, Observed]] = defaultdict(dict)
    for one in seen:
        parts[one.period, one.category][one.vintage] = one
    found: dict[Cell, Measured] = {}
    for period in sorted({period for period, _ in parts}):
        for category, includes in wanted:
            groups = [parts.get((period, one), {}) for one in includes]
            common = sorted(set.intersection(*(set(one) for one in groups)))
            if common:
                used = {n for group in groups for one in common for n in group[one].delivery_ids}
                cells = {v: added([_cells(one[v]) for one in groups]) for v in common}
                found[period, category] = Measured(cells, tuple(sorted(used)))
    return found


def _cells(seen: Observed) -> Cells:
    order = np.argsort(seen.area_id)
    withheld = seen.withheld[order] != ""
    return Cells(
        seen.vintage,
        seen.area_id[order],
        seen.value[order],
        np.where(withheld, WITHHELD, OBSERVED).astype(np.int8),
        np.where(withheld, WHY[Reason.PUBLISHER_WITHHELD], 0).astype(np.int8),
    )
