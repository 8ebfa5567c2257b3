"""Derive figures: counts and denominators into estimates with intervals, for every area and period.

Nothing derived here is seen by anyone until `lris.publish` has put it through disclosure control
and sealed it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from lris.catalogue import Catalogue
from lris.catalogue.indicators import Indicator
from lris.placing import placed_directly
from lris.progress import QUIET, Progress
from lris.rules.apportion import Summing, carry
from lris.rules.estimates import (
    ESTIMATED,
    INCOMPLETE,
    OBSERVED,
    WHY,
    WITHHELD,
    ByArea,
    Cells,
    Coverage,
    Figures,
    counted,
    figures,
    filled_periods,
    whole_values,
)
from lris.session import Connection, Doors
from lris.store import areas as areas_store
from lris.store import deliveries as deliveries_store
from lris.store import incidents as incidents_store
from lris.store.deliveries import Delivery, Observed
from lris.store.engine import access_number, lock
from lris.store.estimates import Series, replace_estimates
from lris.terms import Level, Period, Reason

Column = NDArray[np.float64]


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
class Denominator:
    """A denominator that could serve: what it is, of when, and its cells by vintage."""

    words: str
    source: str
    deliveries: tuple[int, ...]
    period: Period
    by_vintage: Mapping[str, ByArea]


@dataclass(frozen=True, slots=True)
class Road:
    """The larger areas, by ascending id, and how smaller ones add up to them."""

    ids: NDArray[np.int64]
    summing: Summing


@dataclass(slots=True)
class _Work:
    connection: Connection
    catalogue: Catalogue
    links: dict[tuple[str, str], list[tuple[int, int, str, bool]]] = field(default_factory=dict)
    pairs: set[tuple[str, str]] = field(default_factory=set)
    bases: dict[str, NDArray[np.int64]] = field(default_factory=dict)
    roads: dict[tuple[str, str, int], Road] = field(default_factory=dict)
    observed: dict[tuple[str, str], list[Observed]] = field(default_factory=dict)
    monthly: dict[tuple[str, str], Mapping[tuple[date, str], Column]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.pairs = areas_store.linked_vintages(self.connection)
        published = areas_store.published_editions(self.connection)
        for vintage in placed_directly(self.catalogue, published):
            self.bases[vintage] = areas_store.edition_ids(self.connection, published[vintage].id)

    def indicator(self, indicator: Indicator) -> Iterator[tuple[Series, Figures]]:
        """Every series of one indicator."""
        if self.catalogue.source(indicator.numerator.source).kind == "incidents":
            yield from self._from_incidents(indicator)
        else:
            yield from self._from_observations(indicator)

    # ------------------------------------------------------------ incidents

    def _from_incidents(self, indicator: Indicator) -> Iterator[tuple[Series, Figures]]:
        source = indicator.numerator.source
        deliveries = deliveries_store.current_deliveries(self.connection, source)
        if not deliveries:
            return
        denominators = self._denominators(indicator)
        for vintage, ids in self.bases.items():
            coverage = self._coverage(source, deliveries, vintage, ids)
            counts = self._counts(source, vintage, ids)
            for period, months in filled_periods(coverage.months):
                used = tuple(one.id for one in deliveries if _overlaps(one, period))
                denominator = _nearest(denominators, period)
                for category in indicator.categories:
                    cells = counted(vintage, ids, counts, coverage, months, category.includes)
                    for summed in self._each_once([cells], self._summed_from(vintage)):
                        yield self._series(
                            indicator, category.id, period, summed, denominator, used
                        )

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
            if one.level is Level.LAD and (vintage, one.id) in self.pairs
        )
        force_of: dict[int, str] = {}
        for lad in lads:
            code_of = {
                number: code for code, number in areas_store.area_ids(self.connection, lad).items()
            }
            for child, parent, _, _ in self._links(vintage, lad):
                force = self.catalogue.forces.get(code_of[parent])
                if force:
                    force_of[child] = force.reported_by
        return np.array([force_of.get(int(number), "") for number in ids], dtype=object)

    # ------------------------------------------------------------ observations

    def _from_observations(self, indicator: Indicator) -> Iterator[tuple[Series, Figures]]:
        measure = indicator.numerator
        for seen in self._observed(measure.source, measure.measure or ""):
            period = Period.parse(
                seen.period, school_year=self.catalogue.source(measure.source).school_year
            )
            for cells in self._spread(seen) if indicator.additive else [_observed_cells(seen)]:
                yield self._series(indicator, seen.category, period, cells, None, seen.delivery_ids)

    def _observed(self, source: str, measure: str) -> list[Observed]:
        if (source, measure) not in self.observed:
            self.observed[source, measure] = deliveries_store.observed(
                self.connection, source, measure
            )
        return self.observed[source, measure]

    def _spread(self, seen: Observed) -> Iterator[Cells]:
        """Additive values in every vintage they can be had in: as published, carried, summed."""
        return self._each_once([_observed_cells(seen), *self._carried(seen)])

    def _carried(self, seen: Observed) -> Iterator[Cells]:
        """The same values in the other vintages that a change look-up leads to."""
        for vintage, ids in self.bases.items():
            if vintage == seen.vintage or (seen.vintage, vintage) not in self.pairs:
                continue
            values, changed = self._carry(seen, vintage, ids)
            withheld = np.isnan(values)
            yield Cells(
                vintage,
                ids,
                values,
                np.where(withheld, WITHHELD, OBSERVED).astype(np.int8),
                np.where(changed, WHY[Reason.BOUNDARY_CHANGED], 0).astype(np.int8),
            )

    def _carry(
        self, seen: Observed, vintage: str, ids: NDArray[np.int64]
    ) -> tuple[Column, NDArray[np.bool_]]:
        start = {int(number): at for at, number in enumerate(seen.area_id)}
        end = {int(number): at for at, number in enumerate(ids)}
        missing = seen.value.size  # an area nothing was delivered for is missing from its sum
        links = [
            (start.get(a, missing), end[b], change)
            for a, b, change, exact in self._links(seen.vintage, vintage)
            if exact and b in end
        ]
        return carry(np.append(seen.value, np.nan), links, ids.size)

    # ------------------------------------------------------------ denominators

    def _denominators(self, indicator: Indicator) -> list[Denominator]:
        found = []
        for measure in indicator.denominators:
            source = self.catalogue.source(measure.source)
            title = next(one.title for one in source.measures if one.id == measure.measure)
            for seen in self._observed(measure.source, measure.measure or ""):
                by_vintage = {cells.vintage: whole_values(cells) for cells in self._spread(seen)}
                found.append(
                    Denominator(
                        f"{title}, {seen.period} ({source.title})",
                        source.id,
                        seen.delivery_ids,
                        Period.parse(seen.period),
                        by_vintage,
                    )
                )
        return found

    # ------------------------------------------------------------ larger areas

    def _links(self, small: str, large: str) -> list[tuple[int, int, str, bool]]:
        if (small, large) not in self.links:
            self.links[small, large] = areas_store.links_between(self.connection, small, large)
        return self.links[small, large]

    def _parents(self, vintage: str) -> Iterator[str]:
        """The vintages whose areas are sums of this one's: of another level, and linked."""
        for one in self.catalogue.vintages.values():
            linked = (vintage, one.id) in self.pairs and one.built_from is not None
            if linked and one.level is not self.catalogue.vintage(vintage).level:
                yield one.id

    def _summed_from(self, base: str) -> frozenset[str]:
        """The vintages whose incidents are summed from this base, and from no other.

        A vintage is summed from the one its manifest names where it can be, else from the first
        that it is linked with: one road for one figure.
        """
        roads: dict[str, list[str]] = defaultdict(list)
        for one in self.bases:
            for parent in self._parents(one):
                roads[parent].append(one)
        return frozenset(
            parent
            for parent, bases in roads.items()
            if base
            == (own if (own := self.catalogue.vintage(parent).built_from) in bases else bases[0])
        )

    def _each_once(
        self, roots: Sequence[Cells], only: frozenset[str] | None = None
    ) -> Iterator[Cells]:
        """The cells and their sums in larger areas; each vintage once, by the first road."""
        seen = set()
        for root in roots:
            if root.vintage not in seen:
                seen.add(root.vintage)
                yield root
        for root in roots:
            for parent in self._parents(root.vintage):
                if parent not in seen and (only is None or parent in only):
                    seen.add(parent)
                    yield self._summed(root, parent)

    def _summing(self, vintage: str, ids: NDArray[np.int64], parent: str) -> Road:
        """How these areas of a vintage add up to those of a larger one."""
        key = (vintage, parent, hash(ids.tobytes()))
        if key not in self.roads:
            links = np.array(
                [(small, large) for small, large, _, _ in self._links(vintage, parent)],
                dtype=np.int64,
            )
            larger, at = np.unique(links[:, 1], return_inverse=True)
            order = np.argsort(links[:, 0], kind="stable")
            parent_of = ByArea(links[order, 0], at[order].astype(np.float64)).of(ids)
            exact = all(one[3] for one in self._links(vintage, parent))
            self.roads[key] = Road(
                larger,
                Summing(
                    np.nan_to_num(parent_of, nan=-1).astype(np.int64),
                    np.bincount(at, minlength=larger.size),
                    exact,
                ),
            )
        return self.roads[key]

    def _summed(self, cells: Cells, vintage: str) -> Cells:
        road = self._summing(cells.vintage, cells.ids, vintage)
        ids, summing = road.ids, road.summing
        values, whole = summing.sum(cells.values)
        doubtful, _ = summing.sum((cells.status == INCOMPLETE).astype(np.float64))
        incomplete = np.isfinite(values) & (~whole | (doubtful > 0))
        status = np.full(ids.size, OBSERVED if summing.exact else ESTIMATED, dtype=np.int8)
        reason = np.full(ids.size, 0 if summing.exact else WHY[Reason.BEST_FIT], dtype=np.int8)
        status[incomplete], reason[incomplete] = INCOMPLETE, WHY[Reason.INCOMPLETE_SOURCE]
        reason[np.isnan(values)] = 0
        return Cells(vintage, ids, values, status, reason)

    # ------------------------------------------------------------ figures

    def _series(
        self,
        indicator: Indicator,
        category: str,
        period: Period,
        cells: Cells,
        denominator: Denominator | None,
        deliveries: tuple[int, ...],
    ) -> tuple[Series, Figures]:
        source = self.catalogue.source(indicator.numerator.source)
        is_rate = indicator.method == "rate"
        by = denominator if is_rate else None
        series = Series(
            indicator.id,
            cells.vintage,
            category,
            period.label,
            period.start,
            period.end,
            indicator.unit,
            by.words if by else None,
            access_number(source.access),
            (source.id, by.source) if by else (source.id,),
            tuple(sorted({*deliveries, *(by.deliveries if by else ())})),
        )
        below = by.by_vintage.get(cells.vintage) if by else None
        return series, figures(cells, indicator.method, indicator.per, below)


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


def _nearest(denominators: Sequence[Denominator], period: Period) -> Denominator | None:
    """The denominator nearest in time; of two equally near, the one the manifest names first."""

    def distance(one: Denominator) -> int:
        return abs(
            (one.period.start.toordinal() + one.period.end.toordinal())
            - (period.start.toordinal() + period.end.toordinal())
        )

    return min(denominators, key=distance, default=None)
