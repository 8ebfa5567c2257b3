"""Indices made of other indicators: of the same areas, of periods that belong together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lris.catalogue.indicators import Indicator, Part
from lris.catalogue.weights import Weights
from lris.derive.counting import Counting
from lris.derive.series import Derived, Kept, Told
from lris.rules.composites import VULNERABLE, core_priority, harm, vulnerable_localities
from lris.rules.estimates import ESTIMATED, OBSERVED, WHY, WITHHELD, ByArea, Figures
from lris.rules.measures import HARM, PRIORITY, VULNERABILITY
from lris.store.estimates import Series
from lris.terms import Period, Reason

Column = NDArray[np.float64]
Ids = NDArray[np.int64]
Flags = NDArray[np.bool_]


def composed(indicator: Indicator, counting: Counting, kept: Kept) -> Derived:
    """Every series of an index: for each period of its first part that the other parts fit."""
    first, *rest = indicator.parts
    for vintage in kept.vintages(first):
        if indicator.is_too_small(counting.catalogue.vintage(vintage).level):
            continue
        if indicator.method != HARM and vintage not in counting.spreading.bases:
            continue
        for one in kept.of(first, vintage):
            period = Period.parse(one[0].period)
            if len(period.months()) < indicator.fewest_months:
                continue
            others = [_nearest(indicator, kept, part, vintage, period) for part in rest]
            if all(others):
                yield _index(indicator, counting, [one, *(other for other in others if other)])


def _nearest(
    indicator: Indicator, kept: Kept, part: Part, vintage: str, period: Period
) -> Told | None:
    """A part's series of the same period; of what is not told of it, the nearest in years."""
    for name in part.indicators:
        told = {one[0].period: one for one in kept.named(name, part.category, vintage)}
        if period.label in told:
            return told[period.label]
        near = [
            (years, label)
            for label, (series, _) in told.items()
            for years in (Period(series.period_start, series.period_end, label).years_from(period),)
            if years <= indicator.denominator_within_years
        ]
        if near:
            return told[min(near)[1]]
    return None


def _index(indicator: Indicator, counting: Counting, parts: Sequence[Told]) -> Told:
    """The index of the areas of its first part."""
    ids = parts[0][1].area_id
    values = np.stack([_usable(indicator, figures, ids) for _, figures in parts])
    estimated = np.any([_is(figures, ids, ESTIMATED) for _, figures in parts], axis=0)
    vintage = parts[0][0].vintage
    value, lower, upper, because = _METHODS[indicator.method](
        indicator, counting, vintage, ids, values
    )
    gone = np.isnan(value)
    why = _first([np.where(_is(one, ids, ESTIMATED), _reason(one, ids), 0) for _, one in parts])
    lost = _first([np.where(_is(one, ids, WITHHELD), _reason(one, ids), 0) for _, one in parts])
    because = np.where((because == WHY[Reason.NO_DATA]) & (lost > 0), lost, because)
    none = np.full(ids.size, np.nan)
    figures = Figures(
        ids,
        value,
        lower,
        upper,
        none,
        none,
        np.where(gone, WITHHELD, np.where(estimated, ESTIMATED, OBSERVED)).astype(np.int8),
        np.where(gone, because, why).astype(np.int8),
    )
    weights = counting.catalogue.weights.get(indicator.weights or "")
    return _series(indicator, [series for series, _ in parts], weights), figures


def _usable(indicator: Indicator, figures: Figures, ids: Ids) -> Column:
    """A part's numbers for the areas: only of what is known whole."""
    numbers = figures.value if indicator.method == VULNERABILITY else figures.numerator
    whole = (figures.status == OBSERVED) | (figures.status == ESTIMATED)
    return ByArea(figures.area_id, np.where(whole, numbers, np.nan)).of(ids)


def _is(figures: Figures, ids: Ids, status: int) -> Flags:
    statuses = ByArea(figures.area_id, figures.status.astype(np.float64)).of(ids)
    return np.asarray(statuses == status)


def _reason(figures: Figures, ids: Ids) -> Column:
    return np.nan_to_num(ByArea(figures.area_id, figures.reason.astype(np.float64)).of(ids))


def _first(reasons: Sequence[Column]) -> Column:
    """Of each area the first reason that a part gives; 0 where none does."""
    found = np.zeros(reasons[0].size)
    for one in reasons:
        found = np.where(found > 0, found, one)
    return found


Index = tuple[Column, Column, Column, NDArray[np.int8]]
"""Values, limits, and why there is none where there is none."""


def _vulnerability(
    indicator: Indicator, counting: Counting, vintage: str, ids: Ids, values: Column
) -> Index:
    ones = np.ones(ids.size)

    def within(rows: Ids) -> Column:
        counts = {name: values[at, rows] for at, name in enumerate(VULNERABLE)}
        return vulnerable_localities(counts, dict.fromkeys(VULNERABLE, ones[rows])).value

    return _by_district(counting, vintage, ids, values, within)


def _priority(
    indicator: Indicator, counting: Counting, vintage: str, ids: Ids, values: Column
) -> Index:
    def within(rows: Ids) -> Column:
        named = {part.name: values[at, rows] for at, part in enumerate(indicator.parts)}
        return core_priority(named).value

    return _by_district(counting, vintage, ids, values, within)


def _harm(
    indicator: Indicator, counting: Counting, vintage: str, ids: Ids, values: Column
) -> Index:
    known = counting.catalogue.weights[indicator.weights or ""]
    weights = {one.category: one.weight for one in known.rows if one.weight is not None}
    counts = {part.category: values[at] for at, part in enumerate(indicator.parts)}
    none = np.full(ids.size, np.nan)
    if not counts.keys() <= weights.keys():
        return none, none, none, np.full(ids.size, WHY[Reason.NO_WEIGHT], dtype=np.int8)
    found = harm(counts, weights)
    why = np.full(ids.size, WHY[Reason.INCOMPLETE_SOURCE], dtype=np.int8)
    return found.value, found.lower, found.upper, why


_METHODS = {VULNERABILITY: _vulnerability, PRIORITY: _priority, HARM: _harm}


def _by_district(
    counting: Counting, vintage: str, ids: Ids, values: Column, within: Callable[[Ids], Column]
) -> Index:
    """An index that is relative to the district around. A district of which the incidents of an
    area are not known has none: its average would be of another place.
    """
    value = np.full(ids.size, np.nan)
    why = np.full(ids.size, WHY[Reason.NO_DATA], dtype=np.int8)
    for rows, whole in _districts(counting, vintage, ids):
        if whole and np.isfinite(values[0, rows]).all():
            value[rows] = within(rows)
        else:
            why[rows] = WHY[Reason.INCOMPLETE_SOURCE]
    none = np.full(ids.size, np.nan)
    return value, none, none, why


def _districts(counting: Counting, vintage: str, ids: Ids) -> Iterator[tuple[Ids, bool]]:
    """The areas of each district, by their place among the ids, and whether they are all of it."""
    district = counting.district(vintage)
    if district is None:
        return
    summing = counting.spreading.road(vintage, ids, district).summing
    for at, children in enumerate(summing.children.tolist()):
        rows = np.flatnonzero(summing.parent == at)
        if rows.size:
            yield rows, rows.size == children


def _series(indicator: Indicator, parts: Sequence[Series], weights: Weights | None) -> Series:
    """The series of an index: of its first part's period, from the deliveries of all parts.

    What it weighs its parts by is told with its editions, so that it can be reckoned again.
    """
    told = [f"{part.name} ({one.period})" for part, one in zip(indicator.parts, parts, strict=True)]
    editions = weights.editions if weights else ()
    weighed = f". Weights: {'; '.join(editions)}" if editions else ""
    return replace(
        parts[0],
        indicator=indicator.id,
        category="",
        unit=indicator.unit,
        denominator=f"Made of {'; '.join(told)}{weighed}",
        access=max(one.access for one in parts),
        sources=tuple(dict.fromkeys(name for one in parts for name in one.sources)),
        deliveries=tuple(sorted({number for one in parts for number in one.deliveries})),
    )
