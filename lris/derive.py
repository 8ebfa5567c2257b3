"""Derive figures: counts and denominators into estimates with intervals, for every area and period.

Nothing derived here is seen by anyone until `lris.publish` has put it through disclosure control
and sealed it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from lris.catalogue import Catalogue
from lris.catalogue.indicators import Indicator, Measure
from lris.progress import QUIET, Progress
from lris.rules.deprivation import places
from lris.rules.estimates import (
    OBSERVED,
    WHY,
    WITHHELD,
    ByArea,
    Cells,
    Coverage,
    Figures,
    added,
    counted,
    figures,
    filled_periods,
    whole_values,
    with_limits,
)
from lris.rules.measures import SUMMARIES, WEIGHTED
from lris.session import Connection, Doors
from lris.spreading import Spreading
from lris.store import areas as areas_store
from lris.store import deliveries as deliveries_store
from lris.store import incidents as incidents_store
from lris.store.deliveries import Delivery, Observed
from lris.store.engine import access_number, lock
from lris.store.estimates import Series, replace_estimates
from lris.terms import Level, Period, Reason

Column = NDArray[np.float64]
Cell = tuple[str, str]
"""Period and category."""
Derived = Iterator[tuple[Series, Figures]]


@dataclass(frozen=True, slots=True)
class DeriveReport:
    """How much was derived, and of what."""

    series: int
    figures: int
    indicators: Mapping[str, int]
    vintages: tuple[str, ...]


def derive(
    doors: Doors, catalogue: Catalogue, *, actor: str, progress: Progress = QUIET
) -> DeriveReport:
    """Derive every indicator from the current deliveries, replacing what was derived before."""
    counts: dict[str, int] = defaultdict(int)
    seen: set[str] = set()
    number = 0
    with doors.writing(actor, "derive figures") as door:
        lock(door.connection, "derive")
        lock(door.connection, "editions", shared=True)
        areas_store.refresh_statistics(door.connection)
        deliveries_store.refresh_statistics(door.connection)
        work = _Work(door.connection, catalogue)

        def watched() -> Iterator[tuple[Series, Figures]]:
            nonlocal number
            with progress.task("Deriving figures", total=len(catalogue.indicators)) as advance:
                for indicator in catalogue.indicators.values():
                    for series, figures in work.indicator(indicator):
                        if figures.area_id.size:
                            counts[indicator.id] += int(figures.area_id.size)
                            seen.add(series.vintage)
                            number += 1
                            yield series, figures
                    advance(1)

        rows = replace_estimates(door.connection, watched())
        door.record("derive", "all indicators", series=number, figures=rows)
    return DeriveReport(number, rows, dict(counts), tuple(sorted(seen)))


@dataclass(frozen=True, slots=True)
class Measured:
    """What was published of a measure for one period and category, by vintage, and by whom."""

    by_vintage: Mapping[str, Cells]
    deliveries: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Denominator:
    """A denominator that could serve: what it is, of when, and its numbers by vintage.

    `carried_from` names, of vintages it reached through a published look-up, where it came from.
    """

    words: str
    source: str
    deliveries: tuple[int, ...]
    period: Period
    category: str
    by_vintage: Mapping[str, ByArea]
    carried_from: Mapping[str, str]

    def years_from(self, period: Period) -> float:
        """How many years lie between the middles of the two periods."""
        return abs(_middle(self.period) - _middle(period)) / DAYS_A_YEAR


@dataclass(frozen=True, slots=True)
class Below:
    """What a series is divided by: the words for it, the numbers, and whether it is too distant."""

    words: str
    denominator: Denominator
    numbers: ByArea | None
    too_distant: bool


DAYS_A_YEAR = 365.25


@dataclass(slots=True)
class _Work:
    connection: Connection
    catalogue: Catalogue
    spreading: Spreading = field(init=False)
    observed: dict[tuple[str, str], list[Observed]] = field(default_factory=dict)
    monthly: dict[tuple[str, str], Mapping[tuple[date, str], Column]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.spreading = Spreading(self.connection, self.catalogue)

    def indicator(self, indicator: Indicator) -> Derived:
        """Every series of one indicator; none where nothing is loaded to divide it by."""
        denominators = self._denominators(indicator)
        if indicator.denominators and not denominators:
            return
        if self.catalogue.source(indicator.numerator.source).kind == "incidents":
            yield from self._from_incidents(indicator, denominators)
        elif indicator.method in SUMMARIES:
            yield from self._summaries(indicator, denominators)
        else:
            yield from self._from_observations(indicator, denominators)

    # ------------------------------------------------------------ incidents

    def _from_incidents(self, indicator: Indicator, denominators: Sequence[Denominator]) -> Derived:
        source = indicator.numerator.source
        deliveries = deliveries_store.current_deliveries(self.connection, source)
        if not deliveries:
            return
        for vintage, ids in self.spreading.bases.items():
            coverage = self._coverage(source, deliveries, vintage, ids)
            counts = self._counts(source, vintage, ids)
            larger = [
                parent
                for parent in self.spreading.parents(vintage)
                if parent in self.spreading.summed_from(vintage)
            ]
            for period, months in filled_periods(coverage.months):
                used = tuple(one.id for one in deliveries if _overlaps(one, period))
                for category in indicator.categories:
                    cells = counted(vintage, ids, counts, coverage, months, category.includes)
                    for one in (cells, *(self.spreading.summed(cells, up) for up in larger)):
                        below = _below(indicator, denominators, one.vintage, period, category.id)
                        yield self._series(indicator, category.id, period, one, below, used)

    def _counts(
        self, source: str, vintage: str, ids: NDArray[np.int64]
    ) -> Mapping[tuple[date, str], Column]:
        if (source, vintage) not in self.monthly:
            place = {int(number): at for at, number in enumerate(ids)}
            found: dict[tuple[date, str], Column] = {}
            for month, category, area_id, incidents in incidents_store.counted(
                self.connection, source, vintage
            ):
                column = found.setdefault((month, category), np.zeros(ids.size))
                column[place[area_id]] = incidents
            self.monthly[source, vintage] = found
        return self.monthly[source, vintage]

    def _coverage(
        self,
        source: str,
        deliveries: Sequence[Delivery],
        vintage: str,
        ids: NDArray[np.int64],
    ) -> Coverage:
        months = sorted({month for one in deliveries for month in _months_of(one)})
        by_force = self.catalogue.source(source).coverage == "police_force"
        forces = self._forces(vintage, ids) if by_force else np.full(ids.size, "", dtype=object)
        delivered = {
            (one.partition.rpartition(", ")[0], month)
            for one in deliveries
            for month in _months_of(one)
        }
        return Coverage(
            tuple(months),
            {
                month: np.array([force != "" and (force, month) in delivered for force in forces])
                for month in months
            },
            forces == "",
        )

    def _forces(self, vintage: str, ids: NDArray[np.int64]) -> NDArray[np.object_]:
        """The name of the police force of each area, "" where no look-up tells its district."""
        lads = sorted(
            one.id
            for one in self.catalogue.vintages.values()
            if one.level is Level.LAD and (vintage, one.id) in self.spreading.pairs
        )
        force_of: dict[int, str] = {}
        for lad in lads:
            code_of = {
                number: code for code, number in areas_store.area_ids(self.connection, lad).items()
            }
            for child, parent, _, _ in self.spreading.links(vintage, lad):
                force = self.catalogue.forces.get(code_of[parent])
                if force:
                    force_of[child] = force.reported_by
        return np.array([force_of.get(int(number), "") for number in ids], dtype=object)

    # ------------------------------------------------------------ observations

    def _from_observations(
        self, indicator: Indicator, denominators: Sequence[Denominator]
    ) -> Derived:
        limits = self._limits(indicator)
        for (label, category), given in self._measured(indicator, indicator.numerator).items():
            period = self._period(indicator.numerator, label)
            reached = self.spreading.everywhere(
                list(given.by_vintage.values()), additive=indicator.additive
            )
            for vintage, cells in reached.by_vintage.items():
                if self._is_too_small(indicator, cells):
                    continue
                below = _below(indicator, denominators, vintage, period, category)
                series, found = self._series(
                    indicator, category, period, cells, below, given.deliveries
                )
                for low, high in limits.get((label, category, vintage), ()):
                    found = with_limits(found, low, high, indicator.per)
                yield series, found

    def _is_too_small(self, indicator: Indicator, cells: Cells) -> bool:
        smaller = list(Level)[: list(Level).index(indicator.lowest)]
        return self.catalogue.vintage(cells.vintage).level in smaller

    def _measured(self, indicator: Indicator, measure: Measure) -> dict[Cell, Measured]:
        """What was published of a measure, by period and category of the indicator's manifest."""
        seen = self._observed(measure.source, measure.measure or "")
        wanted = [(one.id, one.includes) for one in indicator.categories] or [("", ("",))]
        return _grouped(seen, wanted)

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

    def _summaries(self, indicator: Indicator, denominators: Sequence[Denominator]) -> Derived:
        """Ranks and scores of small areas summarised for the larger areas around them."""
        for (label, category), given in self._measured(indicator, indicator.numerator).items():
            period = self._period(indicator.numerator, label)
            for small, cells in given.by_vintage.items():
                below = _below(indicator, denominators, small, period, category)
                if below is None and indicator.method in WEIGHTED:
                    continue
                for one in self._summarised(indicator, cells, below):
                    yield self._series(indicator, category, period, one, below, given.deliveries)

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
        return Cells(
            parent,
            road.ids,
            value,
            np.where(np.isnan(value), WITHHELD, OBSERVED).astype(np.int8),
            np.where(partly, WHY[Reason.INCOMPLETE_SOURCE], 0).astype(np.int8),
        )

    # ------------------------------------------------------------ denominators

    def _denominators(self, indicator: Indicator) -> list[Denominator]:
        """Everything loaded that the indicator could be divided by, as its manifest lists it."""
        found = []
        for measure in indicator.denominators:
            source = self.catalogue.source(measure.source)
            title = next(one.title for one in source.measures if one.id == measure.measure)
            total = _grouped(self._observed(source.id, measure.measure or ""), [("", ("",))])
            for (label, category), given in {
                **total,
                **self._measured(indicator, measure),
            }.items():
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

    # ------------------------------------------------------------ figures

    def _series(
        self,
        indicator: Indicator,
        category: str,
        period: Period,
        cells: Cells,
        below: Below | None,
        deliveries: tuple[int, ...],
    ) -> tuple[Series, Figures]:
        source = self.catalogue.source(indicator.numerator.source)
        by = below.denominator if below else None
        series = Series(
            indicator.id,
            cells.vintage,
            category,
            period.label,
            period.start,
            period.end,
            indicator.unit,
            below.words if below else None,
            access_number(source.access),
            tuple(dict.fromkeys((source.id, by.source))) if by else (source.id,),
            tuple(sorted({*deliveries, *(by.deliveries if by else ())})),
        )
        method = "level" if indicator.method in SUMMARIES else indicator.method
        return series, figures(
            cells,
            method,
            indicator.per,
            below.numbers if below and method != "level" else None,
            too_distant=below is not None and below.too_distant,
        )


def _observed_cells(seen: Observed) -> Cells:
    order = np.argsort(seen.area_id)
    withheld = seen.withheld[order] != ""
    return Cells(
        seen.vintage,
        seen.area_id[order],
        seen.value[order],
        np.where(withheld, WITHHELD, OBSERVED).astype(np.int8),
        np.where(withheld, WHY[Reason.PUBLISHER_WITHHELD], 0).astype(np.int8),
    )


def _months_of(one: Delivery) -> Iterator[date]:
    if one.period_start is None or one.period_end is None:
        return
    first = one.period_start.year * 12 + one.period_start.month - 1
    last = one.period_end.year * 12 + one.period_end.month - 1
    for number in range(first, last + 1):
        yield date(number // 12, number % 12 + 1, 1)


def _overlaps(one: Delivery, period: Period) -> bool:
    if one.period_start is None or one.period_end is None:
        return False
    return one.period_start <= period.end and one.period_end >= period.start


def _grouped(
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
                cells = {v: added([_observed_cells(one[v]) for one in groups]) for v in common}
                found[period, category] = Measured(cells, tuple(sorted(used)))
    return found


def _below(
    indicator: Indicator,
    denominators: Sequence[Denominator],
    vintage: str,
    period: Period,
    category: str,
) -> Below | None:
    """What is divided by in a vintage: of the right vintage first, then the nearest in time, then
    what the manifest names first. None where the indicator is divided by nothing.
    """
    if not denominators:
        return None
    fit = [one for one in denominators if one.category == category] or [
        one for one in denominators if not one.category
    ]
    if not fit:
        return None
    furthest = indicator.denominator_within_years

    def rank(one: Denominator) -> tuple[bool, bool, bool, float]:
        numbers = one.by_vintage.get(vintage)
        years = one.years_from(period)
        missing = numbers is None or not numbers.ids.size
        return missing, years > furthest, vintage in one.carried_from, years

    chosen = min(fit, key=rank)
    start = chosen.carried_from.get(vintage)
    words = chosen.words + (f", carried from {start} by its published look-up" if start else "")
    return Below(
        words, chosen, chosen.by_vintage.get(vintage), chosen.years_from(period) > furthest
    )


def _middle(period: Period) -> float:
    return (period.start.toordinal() + period.end.toordinal()) / 2
