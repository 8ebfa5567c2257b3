"""Indices made of several indicators: vulnerable localities, core priorities, harm.

All but harm are relative to the study area they are worked out for: 100 is its average. The same
place has another index in another study area, and indices of two study areas are not comparable.

Sources: Chainey 2008 (Vulnerable Localities Index); the Composite Core Priority Index of the COSMOS
project; Sherman, Neyroud and Neyroud 2016 (harm in days of sentence). No value is NaN.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lris.rules.intervals import known_counts, known_denominators, poisson

Column = NDArray[np.float64]
Average = Literal["areas", "pooled"]
Total = Literal["mean", "sum"]

VULNERABLE = (
    "burglary",
    "criminal_damage",
    "income",
    "employment",
    "low_attainment",
    "young",
)
"""Dwelling burglaries and damage to dwellings for households; people deprived of income and of
employment, people of low attainment (the higher, the worse) and those aged 15 to 24 for people."""

PRIORITY_ABOVE = 200.0
"""An index above this, not at it, is a priority: more than twice the average."""


@dataclass(frozen=True)
class Index:
    """`value` for each area; `parts`, (areas, variables), of which 100 is the average.

    `priority` is where the index is more than twice the average. `averages` are the study area's
    rates that became 100. `flat` names the variables of which there is nothing anywhere: they tell
    no area from another.
    """

    value: Column
    priority: NDArray[np.bool_]
    parts: Column
    averages: Mapping[str, float]
    flat: tuple[str, ...]


@dataclass(frozen=True)
class Harm:
    """Weighed events of each area with limits, and how many events were weighed.

    `missing` names the offences that have events and no weight: they are not in the value, and
    `unweighed` says how many events of each area that leaves out.
    """

    value: Column
    lower: Column
    upper: Column
    events: Column
    unweighed: Column
    missing: tuple[str, ...]


def vulnerable_localities(
    counts: Mapping[str, ArrayLike],
    denominators: Mapping[str, ArrayLike],
    average: Average = "areas",
    total: Total = "mean",
    fewest_households: float = 0,
) -> Index:
    """The Vulnerable Localities Index: the mean of six rates, each 100 at the study area's average.

    Both mappings have the six names of `VULNERABLE`, each one value for every area. `average`
    "areas" is the mean of the areas' rates, so that the mean index is 100; "pooled" is all events
    over all denominators. `total` "sum" adds the six up instead of taking their mean. Areas of
    fewer households than `fewest_households` have no index and do not enter the averages. An area
    that lacks one of the six has no index: the others never stand in for it. A variable of which
    there is nothing anywhere is 0 everywhere and is named in `flat`. Raises `ValueError` where
    one of the six is not given, or an option is unknown.
    """
    for given in (counts, denominators):
        absent = [name for name in VULNERABLE if name not in given]
        if absent:
            raise ValueError(f"the index of vulnerable localities also needs {', '.join(absent)}")
    if average not in ("areas", "pooled") or total not in ("mean", "sum"):
        raise ValueError("the average is of 'areas' or 'pooled', the total a 'mean' or a 'sum'")
    x = np.stack([known_counts(counts[name]) for name in VULNERABLE], axis=-1)
    n = np.stack([known_denominators(denominators[name]) for name in VULNERABLE], axis=-1)
    n = np.where((n[..., 0] >= fewest_households)[..., None], n, np.nan)
    averages = _averages(x, n, average)
    parts = _of_average(x / n, averages)
    mean = parts.mean(axis=-1)
    value = mean if total == "mean" else parts.sum(axis=-1)
    return _index(value, mean, parts, averages, VULNERABLE)


def core_priority(
    counts: Mapping[str, ArrayLike], weights: Mapping[str, float] | None = None
) -> Index:
    """The composite index of equal cells: each indicator's count as 100 times the average cell's.

    One value for every cell in each of `counts`. The composite is the weighted mean over the
    indicators, so that its own mean is 100; without weights all weigh the same. An indicator
    without an event anywhere is named in `flat` and left out. Cells with a gap have no index.
    Raises `ValueError` without an indicator, and where weights do not fit.
    """
    names = tuple(counts)
    weigh = dict.fromkeys(names, 1.0) if weights is None else dict(weights)
    if not names or set(weigh) != set(names) or not all(w > 0 for w in weigh.values()):
        raise ValueError("a composite has indicators, and a weight above zero for each of them")
    x = np.stack([known_counts(counts[name]) for name in names], axis=-1)
    # An average over cells that all have every indicator, or the composite's mean is not 100.
    x = np.where(np.isnan(x).any(axis=-1, keepdims=True), np.nan, x)
    averages = _averages(x, np.ones_like(x), "areas")
    parts = _of_average(x, averages)
    weight = np.where(averages > 0, [weigh[name] for name in names], 0.0)
    value = parts @ weight / weight.sum() if weight.sum() > 0 else np.full(len(parts), np.nan)
    return _index(value, value, parts, averages, names)


def harm(
    counts_by_offence: Mapping[str, ArrayLike],
    weights: Mapping[str, float],
    confidence: float = 0.95,
) -> Harm:
    """The sum of events times the weight of their offence, with limits, for each area.

    Weights are in the unit of their source (days of sentence). An offence without a weight, or
    whose weight is NaN, is left out and named, never given another's. Events come one by one and
    weigh as they weigh (compound Poisson): the limits of their number are stretched by the spread
    of the weights. An area without an event takes the spread of the whole study area. Raises
    `ValueError` on negative counts and weights, and without any offence.
    """
    if not counts_by_offence:
        raise ValueError("harm is a sum over offences: none was given")
    known = {name: weights.get(name, np.nan) for name in counts_by_offence}
    if any(weight < 0 or np.isinf(weight) for weight in known.values()):
        raise ValueError("a weight of harm is not below zero, and not without end")
    counts = np.stack(
        np.broadcast_arrays(*(known_counts(one) for one in counts_by_offence.values())), axis=-1
    )
    weight = np.array(list(known.values()), dtype=np.float64)
    has = ~np.isnan(weight)
    n, w = counts[..., has], weight[has]
    events, value, squares = n.sum(axis=-1), n @ w, n @ w**2
    everywhere = np.nansum(squares) / np.nansum(events) if np.nansum(events) > 0 else np.nan
    usual = np.divide(squares, events, out=np.full(events.shape, everywhere), where=events > 0)
    step = np.sqrt(usual)
    low, high = poisson(events, confidence)
    left_out = counts[..., ~has]
    names = [name for name, given in zip(known, has, strict=True) if not given]
    missing = tuple(name for at, name in enumerate(names) if np.nansum(left_out[..., at]) > 0)
    return Harm(
        value=value,
        lower=np.maximum(value + step * (low - events), 0),
        upper=value + step * (high - events),
        events=events,
        unweighed=left_out.sum(axis=-1),
        missing=missing,
    )


def _averages(x: Column, n: Column, average: Average) -> Column:
    """The study area's rate of each variable; NaN where no area has one."""
    known = ~np.isnan(x / n)
    over = tuple(range(x.ndim - 1))
    above = x / n if average == "areas" else x
    below = np.ones_like(n) if average == "areas" else n
    events = np.sum(above, axis=over, where=known)
    people = np.sum(below, axis=over, where=known)
    return np.asarray(
        np.divide(events, people, out=np.full(people.shape, np.nan), where=people > 0)
    )


def _of_average(rates: Column, averages: Column) -> Column:
    zero = averages == 0
    return np.where(zero, 0 * rates, 100 * rates / np.where(zero, 1.0, averages))


def _index(
    value: Column, mean: Column, parts: Column, averages: Column, names: tuple[str, ...]
) -> Index:
    told = dict(zip(names, map(float, averages), strict=True))
    flat = tuple(name for name in names if told[name] == 0)
    return Index(value, np.asarray(mean > PRIORITY_ABOVE), parts, told, flat)
