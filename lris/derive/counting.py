"""Figures from incidents: counted by month and area, summed up, and put beside something.

The counts of all periods and categories are one array for a vintage, and all of an indicator's
figures there come out of one call.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from lris.catalogue import Catalogue
from lris.catalogue.indicators import Indicator
from lris.derive.denominators import Below, Denominator, chosen
from lris.derive.observing import Observing
from lris.derive.series import Derived, series_of
from lris.rules import stacks
from lris.rules.estimates import ESTIMATED, OBSERVED, WHY, WITHHELD, Coverage, spanned_periods
from lris.rules.gatherings import FEWEST_PLACES, GATHERINGS, LOOKS_BACK, OF_WHAT, gathered
from lris.rules.stacks import Stack
from lris.session import Connection
from lris.spreading import Spreading
from lris.store import areas as areas_store
from lris.store import deliveries as deliveries_store
from lris.store import incidents as incidents_store
from lris.store.deliveries import Delivery
from lris.terms import Level, Period, Reason

Column = NDArray[np.float64]
Ids = NDArray[np.int64]
Numbers = NDArray[np.int8]

CELLS_AT_ONCE = 400_000
"""So many numbers are worked on together at most, which bounds the memory they take."""

Key = tuple[Period, str]
"""What a row of a stack is of: a period and a category."""


@dataclass(frozen=True, slots=True)
class Monthly:
    """The counts of a source in one vintage: by month an array of (kinds, areas).

    `undivided` are those that are in a part of a changed area, and nothing tells in which: by month
    arrays of the kind, the area's id as it was before, and how many.
    """

    ids: Ids
    kinds: Mapping[str, int]
    counts: Mapping[date, NDArray[np.int32]]
    undivided: Mapping[date, tuple[Ids, Ids, Column]]


@dataclass(frozen=True, slots=True)
class Beside:
    """What a stack is divided by: (series, areas), why where it is an estimate, words for it.

    `whole` are the same numbers with those that are 0.
    """

    numbers: Column
    doubt: Numbers
    belows: Sequence[Below | None]
    too_distant: NDArray[np.bool_]
    whole: Column


@dataclass(slots=True)
class Counting:
    """The incidents there are, each source and vintage counted once."""

    connection: Connection
    catalogue: Catalogue
    spreading: Spreading
    observing: Observing
    monthly: dict[tuple[str, str], Monthly] = field(default_factory=dict)
    covered: dict[tuple[str, str], Coverage] = field(default_factory=dict)
    delivered: dict[str, list[Delivery]] = field(default_factory=dict)
    undivided: dict[tuple[str, str, str], dict[date, Column]] = field(default_factory=dict)
    used: dict[tuple[str, Period, bool], tuple[int, ...]] = field(default_factory=dict)

    def counts(self, indicator: Indicator) -> bool:
        """Whether an indicator is of incidents."""
        return self.catalogue.source(indicator.numerator.source).kind == "incidents"

    def deliveries(self, source: str) -> list[Delivery]:
        """The current deliveries of a source."""
        if source not in self.delivered:
            self.delivered[source] = deliveries_store.current_deliveries(self.connection, source)
        return self.delivered[source]

    def series(self, indicator: Indicator, denominators: Sequence[Denominator]) -> Derived:
        """Every series of an indicator of incidents."""
        source = indicator.numerator.source
        if not self.deliveries(source):
            return
        for base in self.spreading.bases:
            larger = [
                one
                for one in self.spreading.parents(base)
                if one in self.spreading.summed_from(base)
            ]
            for keys in self._batches(indicator, base):
                yield from self._some(indicator, denominators, base, larger, keys)

    def _some(
        self,
        indicator: Indicator,
        denominators: Sequence[Denominator],
        base: str,
        larger: Sequence[str],
        keys: Sequence[Key],
    ) -> Derived:
        source = indicator.numerator.source
        includes = {one.id: one.includes for one in indicator.categories}
        stack = self.counted(source, base, keys, includes)
        for vintage in (base, *larger):
            if indicator.is_too_small(self.catalogue.vintage(vintage).level):
                continue
            if indicator.method in GATHERINGS:
                if vintage != base:
                    yield from self._gathered(indicator, stack, vintage, keys)
                continue
            one = self._reached(source, stack, vintage, keys, includes)
            beside = self._beside(indicator, denominators, one, base, keys)
            if indicator.beside == "year_before" and beside:
                partly = np.isnan(one.whole()) | np.isnan(beside.whole)
                one = one.withheld(partly, Reason.INCOMPLETE_SOURCE)
            if indicator.beside == "district" and beside:
                partly = np.isfinite(one.values) & np.isnan(one.whole()) & np.isnan(beside.whole)
                one = one.withheld(partly, Reason.INCOMPLETE_SOURCE)
            yield from self._told(indicator, indicator.method, one, keys, beside)

    def _told(
        self,
        indicator: Indicator,
        method: str,
        stack: Stack,
        keys: Sequence[Key],
        beside: Beside | None,
    ) -> Derived:
        found = stacks.figures_of(
            stack,
            method,
            indicator.per,
            beside.numbers if beside else None,
            beside.doubt if beside else None,
            beside.too_distant if beside else None,
        )
        for at, ((period, category), figures) in enumerate(zip(keys, found, strict=True)):
            series = series_of(
                self.catalogue,
                indicator,
                stack.vintage,
                category,
                period,
                self._used(indicator, period),
                beside.belows[at] if beside else None,
            )
            yield series, figures

    def _used(self, indicator: Indicator, period: Period) -> tuple[int, ...]:
        """The deliveries that a period of an indicator is counted from."""
        source, looks_back = indicator.numerator.source, indicator.looks_back
        key = (source, period, looks_back)
        if key not in self.used:
            spans = [period, period.year_before()] if looks_back else [period]
            self.used[key] = tuple(
                one.id
                for one in self.deliveries(source)
                if any(_overlaps(one, span) for span in spans)
            )
        return self.used[key]

    # ------------------------------------------------------------ counts

    def periods(self, indicator: Indicator, base: str) -> dict[Period, tuple[date, ...]]:
        """The periods that an indicator is told for, whole or with a month missing."""
        months = self._coverage(indicator.numerator.source, base).months
        found = dict(spanned_periods(months))
        return {
            period: parts
            for period, parts in found.items()
            if len(parts) >= indicator.fewest_months
            and (not indicator.looks_back or period.year_before() in found)
        }

    def _batches(self, indicator: Indicator, base: str) -> Iterator[list[Key]]:
        """The rows of an indicator in a vintage, so many at a time."""
        rows = max(1, CELLS_AT_ONCE // max(1, self.spreading.bases[base].size))
        keys = [
            (period, one.id)
            for period in self.periods(indicator, base)
            for one in indicator.categories
        ]
        for first in range(0, len(keys), rows):
            yield keys[first : first + rows]

    def counted(
        self,
        source: str,
        base: str,
        keys: Sequence[Key],
        includes: Mapping[str, Sequence[str]],
    ) -> Stack:
        """The incidents of periods and categories in the areas of a vintage they are placed in."""
        monthly, coverage = self._monthly(source, base), self._coverage(source, base)
        size = monthly.ids.size
        total = np.zeros((len(keys), size))
        whole = np.empty((len(keys), size), dtype=np.bool_)
        some = np.empty((len(keys), size), dtype=np.bool_)
        last: Period | None = None
        for row, (period, category) in enumerate(keys):
            if period != last:
                counts, all_covered, any_covered = self._of_months(monthly, coverage, period)
                last = period
            whole[row], some[row] = all_covered, any_covered
            kinds = [monthly.kinds[one] for one in includes[category] if one in monthly.kinds]
            total[row] = counts[kinds].sum(axis=0)
        return stacks.counted(base, monthly.ids, total, whole, some, coverage.unknown)

    def _of_months(
        self, monthly: Monthly, coverage: Coverage, period: Period
    ) -> tuple[Column, NDArray[np.bool_], NDArray[np.bool_]]:
        """Of a period the counts by kind, and which areas are covered: in all months, in any."""
        none = np.zeros(monthly.ids.size, dtype=np.bool_)
        counts = np.zeros((len(monthly.kinds), monthly.ids.size))
        months = [part.start for part in period.months()]
        for month in months:
            if month in monthly.counts:
                counts += monthly.counts[month]
        covered = [coverage.covered.get(month, none) for month in months]
        return counts, np.logical_and.reduce(covered), np.logical_or.reduce(covered)

    def _reached(
        self,
        source: str,
        stack: Stack,
        vintage: str,
        keys: Sequence[Key],
        includes: Mapping[str, Sequence[str]],
    ) -> Stack:
        """The counts in a vintage: as they stand, or summed, with what lies whole in one area."""
        if vintage == stack.vintage:
            return stack
        road = self.spreading.road(stack.vintage, stack.ids, vintage)
        monthly = self._monthly(source, stack.vintage)
        undivided = self._undivided(source, stack.vintage, vintage)
        more = np.zeros((len(keys), road.ids.size)) if undivided else None
        for row, (period, category) in enumerate(keys if undivided else ()):
            kinds = [monthly.kinds[one] for one in includes[category] if one in monthly.kinds]
            for month in (part.start for part in period.months()):
                if month in undivided and more is not None:
                    more[row] += undivided[month][kinds].sum(axis=0)
        return stacks.summed(stack, road.summing, vintage, road.ids, more)

    def _undivided(self, source: str, base: str, parent: str) -> dict[date, Column]:
        """Incidents of changed areas, all of whose parts lie in one larger area: by month (kinds,
        larger areas).
        """
        key = (source, base, parent)
        if key not in self.undivided:
            monthly, before = (
                self._monthly(source, base),
                self.catalogue.source(source).code_vintage,
            )
            found: dict[date, Column] = {}
            if monthly.undivided and before:
                road = self.spreading.road(base, monthly.ids, parent)
                for month, (kinds, areas, often) in monthly.undivided.items():
                    at = self.spreading.held_by(before, areas, base, parent)
                    column = np.zeros((len(monthly.kinds), road.ids.size))
                    there = at >= 0
                    np.add.at(column, (kinds[there], at[there]), often[there])
                    found[month] = column
            self.undivided[key] = found
        return self.undivided[key]

    def _monthly(self, source: str, vintage: str) -> Monthly:
        if (source, vintage) not in self.monthly:
            ids = self.spreading.bases[vintage]
            rows = incidents_store.counted(self.connection, source, vintage)
            kinds = {kind: at for at, kind in enumerate(rows.kinds)}
            at = np.minimum(np.searchsorted(ids, rows.area_id), max(ids.size - 1, 0))
            there = ids[at] == rows.area_id if ids.size else np.zeros(at.size, dtype=np.bool_)
            counts: dict[date, NDArray[np.int32]] = {}
            undivided: dict[date, tuple[Ids, Ids, Column]] = {}
            for number, month in enumerate(rows.months):
                some = rows.month == number
                inside, outside = some & there, some & ~there
                counts[month] = np.zeros((len(kinds), ids.size), dtype=np.int32)
                counts[month][rows.kind[inside], at[inside]] = rows.incidents[inside]
                if outside.any():
                    undivided[month] = (
                        rows.kind[outside],
                        rows.area_id[outside],
                        rows.incidents[outside].astype(np.float64),
                    )
            self.monthly[source, vintage] = Monthly(ids, kinds, counts, undivided)
        return self.monthly[source, vintage]

    # ------------------------------------------------------------ coverage

    def _coverage(self, source: str, vintage: str) -> Coverage:
        if (source, vintage) not in self.covered:
            self.covered[source, vintage] = self._covered(source, vintage)
        return self.covered[source, vintage]

    def _covered(self, source: str, vintage: str) -> Coverage:
        deliveries, ids = self.deliveries(source), self.spreading.bases[vintage]
        months = sorted({month for one in deliveries for month in _months_of(one)})
        by_force = self.catalogue.source(source).coverage == "police_force"
        forces = self._forces(vintage, ids) if by_force else np.full(ids.size, "", dtype=object)
        delivered = {
            (one.partition.rpartition(", ")[0], month)
            for one in deliveries
            for month in _months_of(one)
        }
        names, of_area = np.unique(forces.astype(str), return_inverse=True)
        return Coverage(
            tuple(months),
            {
                month: np.array([name != "" and (name, month) in delivered for name in names])[
                    of_area
                ]
                for month in months
            },
            forces == "",
        )

    def _forces(self, vintage: str, ids: Ids) -> NDArray[np.object_]:
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

    # ------------------------------------------------------------ what is divided by

    def _beside(
        self,
        indicator: Indicator,
        denominators: Sequence[Denominator],
        stack: Stack,
        base: str,
        keys: Sequence[Key],
    ) -> Beside | None:
        if indicator.beside is None:
            return _published(indicator, denominators, stack, keys) if denominators else None
        numbers, words = {
            "days": self._days,
            "incidents": self._all_incidents,
            "year_before": self._year_before,
            "district": self._expected,
        }[indicator.beside](indicator, stack, base, keys)
        return _within(words, numbers)

    def _days(
        self, indicator: Indicator, stack: Stack, base: str, keys: Sequence[Key]
    ) -> tuple[Column, list[str]]:
        days = np.array([period.days for period, _ in keys], dtype=np.float64)
        words = [f"Days of {period}" for period, _ in keys]
        return np.repeat(days[:, None], stack.ids.size, axis=1), words

    def _all_incidents(
        self, indicator: Indicator, stack: Stack, base: str, keys: Sequence[Key]
    ) -> tuple[Column, list[str]]:
        whole = self._out_of(indicator, base, keys, stack.vintage).values
        name = next(
            (one.name for one in indicator.categories if one.includes == indicator.out_of),
            "All incidents of the kinds it is a part of",
        )
        return whole, [f"{name}, {period}" for period, _ in keys]

    def _out_of(self, indicator: Indicator, base: str, keys: Sequence[Key], vintage: str) -> Stack:
        """All incidents that a category is one part of, row by row."""
        includes = {one.id: indicator.out_of for one in indicator.categories}
        return self._in_vintage(indicator, base, keys, vintage, includes)

    def _in_vintage(
        self,
        indicator: Indicator,
        base: str,
        keys: Sequence[Key],
        vintage: str,
        includes: Mapping[str, Sequence[str]],
    ) -> Stack:
        source = indicator.numerator.source
        counted = self.counted(source, base, keys, includes)
        return self._reached(source, counted, vintage, keys, includes)

    def _year_before(
        self, indicator: Indicator, stack: Stack, base: str, keys: Sequence[Key]
    ) -> tuple[Column, list[str]]:
        earlier = [(period.year_before(), category) for period, category in keys]
        includes = {one.id: one.includes for one in indicator.categories}
        found = self._in_vintage(indicator, base, earlier, stack.vintage, includes)
        return found.whole(), [f"The same months a year before, {period}" for period, _ in earlier]

    def _expected(
        self, indicator: Indicator, stack: Stack, base: str, keys: Sequence[Key]
    ) -> tuple[Column, list[str]]:
        """Incidents there would be, were those of each place of the district's kinds."""
        words = [f"What the district's mix of incidents gives, {period}" for period, _ in keys]
        road = self.district(base)
        if road is None:
            return np.full(stack.values.shape, np.nan), words
        includes = {one.id: one.includes for one in indicator.categories}
        own = self.counted(indicator.numerator.source, base, keys, includes)
        everything = self._out_of(indicator, base, keys, base)
        kinds, all_kinds = (
            self._reached(indicator.numerator.source, one, road, keys, told).whole()
            for one, told in (
                (own, includes),
                (everything, {one.id: indicator.out_of for one in indicator.categories}),
            )
        )
        at = self.spreading.road(base, own.ids, road).summing.parent
        part = kinds / np.where(all_kinds > 0, all_kinds, np.nan)
        expected = np.where(at >= 0, everything.whole() * part[:, at], np.nan)
        small = Stack(base, own.ids, expected, own.status, own.reason)
        if stack.vintage == base:
            return expected, words
        larger = self.spreading.road(base, own.ids, stack.vintage)
        return stacks.summed(small, larger.summing, stack.vintage, larger.ids).whole(), words

    def district(self, base: str) -> str | None:
        """The districts that a vintage lies in: nesting ones first, then those nearest in years."""
        lads = [
            one
            for one in self.spreading.parents(base)
            if self.catalogue.vintage(one).level is Level.LAD
        ]
        ids = self.spreading.bases[base]
        return min(
            lads,
            key=lambda one: (
                not self.spreading.road(base, ids, one).summing.exact,
                abs(self.catalogue.vintage(one).year - self.catalogue.vintage(base).year),
            ),
            default=None,
        )

    # ------------------------------------------------------------ spread over small areas

    def _gathered(
        self, indicator: Indicator, stack: Stack, parent: str, keys: Sequence[Key]
    ) -> Derived:
        """How the incidents of larger areas are spread over their small ones."""
        road = self.spreading.road(stack.vintage, stack.ids, parent)
        at, size = road.summing.parent, road.ids.size
        now = stack.whole()
        before = self._before(indicator, stack.vintage, keys)
        above, below = gathered(indicator.method, now, before, at, size)
        known = now if before is None else now + 0 * before
        told = stacks.grouped(np.isfinite(now).astype(np.float64), road.summing) > 0
        whole = stacks.grouped(np.isfinite(known).astype(np.float64), road.summing)
        some = stacks.grouped(np.isfinite(stack.values).astype(np.float64), road.summing) > 0
        partly = some & (whole < road.summing.children)
        above = np.where(partly, np.nan, above)
        few = np.bincount(at[at >= 0], minlength=size) < FEWEST_PLACES
        fixed = (OBSERVED, 0) if road.summing.exact else (ESTIMATED, WHY[Reason.BEST_FIT])
        status = np.where(np.isnan(above), WITHHELD, fixed[0])
        reason = np.where(told, WHY[Reason.NO_DENOMINATOR], 0)
        reason = np.where(partly, WHY[Reason.INCOMPLETE_SOURCE], reason)
        reason = np.where(np.isfinite(above), fixed[1], np.where(few, 0, reason))
        found = Stack(parent, road.ids, above, status.astype(np.int8), reason.astype(np.int8))
        beside, method = None, "level"
        if indicator.method in OF_WHAT:
            words = [f"{OF_WHAT[indicator.method]}, {period}" for period, _ in keys]
            method = "ratio"
            beside = _within(words, below)
        yield from self._told(indicator, method, found, keys, beside)

    def _before(self, indicator: Indicator, base: str, keys: Sequence[Key]) -> Column | None:
        if indicator.method not in LOOKS_BACK:
            return None
        includes = {one.id: one.includes for one in indicator.categories}
        earlier = [(period.year_before(), category) for period, category in keys]
        return self.counted(indicator.numerator.source, base, earlier, includes).whole()


def _within(words: Sequence[str], numbers: Column) -> Beside:
    """What is divided by where that comes from the same source."""
    return Beside(
        np.where(numbers > 0, numbers, np.nan),
        np.zeros(numbers.shape, dtype=np.int8),
        [Below(word) for word in words],
        np.zeros(len(words), dtype=np.bool_),
        numbers,
    )


def _published(
    indicator: Indicator,
    denominators: Sequence[Denominator],
    stack: Stack,
    keys: Sequence[Key],
) -> Beside:
    """What publishers count, as chosen for each row."""
    own = {one.category for one in denominators}
    belows: dict[Key, Below | None] = {}
    columns: dict[int, tuple[Column, Numbers]] = {}
    numbers = np.full(stack.values.shape, np.nan)
    doubt = np.zeros(stack.values.shape, dtype=np.int8)
    found: list[Below | None] = []
    for row, (period, category) in enumerate(keys):
        key = (period, category if category in own else "")
        if key not in belows:
            belows[key] = chosen(indicator, denominators, stack.vintage, period, category)
        below = belows[key]
        found.append(below)
        if below and below.numbers:
            at = id(below.numbers)
            if at not in columns:
                columns[at] = (below.numbers.of(stack.ids), below.numbers.doubt_of(stack.ids))
            numbers[row], doubt[row] = columns[at]
    distant = np.array([below is not None and below.too_distant for below in found], dtype=np.bool_)
    return Beside(numbers, doubt, found, distant, numbers)


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
