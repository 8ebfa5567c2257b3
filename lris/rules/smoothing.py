"""Rates of small areas drawn towards the rate of all, or of their neighbours: empirical Bayes.

Three burglaries among forty households are a high rate and say little. The estimate lies between
the observed rate and the rate around it, the nearer the latter the fewer people stand behind the
former. It is an estimate and never the observed figure; and it hides nobody, for the count can be
worked back from it.

Sources: Marshall 1991 (moment estimators, global and local, for counts of independent events; of
proportions the same with the chance that a proportion has); Clayton and Kaldor 1987 (gamma and
Poisson, by maximum likelihood). The last axis of every array holds the areas; axes before it
(periods, categories) are smoothed each for itself. A missing count or denominator, or a
denominator that is not above zero, is no value (NaN) and lends nothing to others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lris.rules.intervals import known_counts, known_denominators, poisson, tail_of, wilson

Column = NDArray[np.float64]
Indices = NDArray[np.int64]
Estimate = tuple[Column, Column, Column]
Neighbours = Sequence[ArrayLike]
"""For each area the 0-based indices of its neighbours, itself not among them."""

Kind = Literal["rate", "proportion"]
"""Whether a person may be counted often, as in rates, or once at most."""

LARGEST_SHAPE = 1e8
"""A gamma distribution of this shape is as narrow as no distribution at all."""


@dataclass(frozen=True)
class Surroundings:
    """What is believed of each area's rate before its own events are looked at.

    `mean` is the pooled rate around it, `variance` how much true rates differ there (0 where they
    differ no more than chance makes them), `chance` the variance that chance alone makes of one
    person's part in it, `events` and `people` what all three were worked out from.
    """

    mean: Column
    variance: Column
    chance: Column
    events: Column
    people: Column


@dataclass(frozen=True)
class RelativeRisks:
    """`value` for each area; the gamma distribution they come from, by its shape and its mean.

    `shape` is infinite where the areas differ no more than chance makes them.
    """

    value: Column
    shape: float
    mean: float


def eb_global(counts: ArrayLike, denominators: ArrayLike) -> Column:
    """Each area's rate drawn towards the rate of all areas together; events per denominator.

    Where areas differ no more than chance would make them, every area takes the rate of all.
    Raises `ValueError` on negative or endless counts and on shapes that do not fit.
    """
    y, n = _pairs(counts, denominators)
    return _drawn(y, n, around_all(y, n))


def eb_local(counts: ArrayLike, denominators: ArrayLike, neighbours: Neighbours) -> Column:
    """Each area's rate drawn towards the rate of itself and its neighbours together.

    The deviations of the neighbours are taken from the pooled rate of the set. An area none of
    whose neighbours has a rate is drawn towards all areas, as by `eb_global`. Raises `ValueError`
    as that does, and where the neighbours do not fit the areas.
    """
    y, n = _pairs(counts, denominators)
    return _drawn(y, n, around_each(y, n, neighbours))


def eb_limits(
    counts: ArrayLike,
    denominators: ArrayLike,
    neighbours: Neighbours | None = None,
    kind: Kind = "rate",
    confidence: float = 0.95,
) -> Estimate:
    """Value, lower, upper: `eb_global`, or with neighbours `eb_local`, and the limits about it.

    The limits are those of the gamma distribution that the events leave, of proportions of the beta
    distribution. They take the pooled rate and the variance around an area as known, which they are
    not: they are a little too narrow. Where nothing but chance tells the areas apart they are the
    limits of the pooled rate. Raises `ValueError` as those do, and for proportions on a count
    above its denominator.
    """
    y, n = _pairs(counts, denominators)
    if kind not in ("rate", "proportion"):
        raise ValueError(f"what is smoothed is a rate or a proportion, not a {kind!r}")
    if kind == "proportion" and np.any(y > n):
        raise ValueError("a count is above its denominator: that is no proportion")
    around = around_all(y, n, kind) if neighbours is None else around_each(y, n, neighbours, kind)
    value = _drawn(y, n, around)
    limits = _gamma_limits if kind == "rate" else _beta_limits
    lower, upper = limits(y, n, around, confidence)
    # A gamma of few events is so lopsided that its mean can lie above its upper limit.
    return value, np.minimum(lower, value), np.maximum(upper, value)


def eb_limits_apart(
    counts: ArrayLike,
    denominators: ArrayLike,
    groups: ArrayLike,
    neighbours: Neighbours | None = None,
    kind: Kind = "rate",
) -> Estimate:
    """`eb_limits` of each group of areas for itself: those of another lend it nothing."""
    y, n = _pairs(counts, denominators)
    group = np.asarray(groups)
    found = np.full((3, *y.shape), np.nan)
    for one in np.unique(group):
        here = group == one
        found = np.where(here, eb_limits(np.where(here, y, np.nan), n, neighbours, kind), found)
    value, lower, upper = found
    return value, lower, upper


def around_all(counts: ArrayLike, denominators: ArrayLike, kind: Kind = "rate") -> Surroundings:
    """Mean and variance of the rates of all areas, the same for each of them."""
    y, n = _pairs(counts, denominators)
    events, people = (np.nansum(part, axis=-1, keepdims=True) for part in (y, n))
    areas = np.sum(~np.isnan(y), axis=-1, keepdims=True)
    mean = _ratio(events, people)
    scatter = np.nansum(n * (y / n - mean) ** 2, axis=-1, keepdims=True)
    chance = _chance(mean, kind)
    variance = _beyond_chance(scatter, chance, people, areas)
    parts = (mean, variance, chance, events, people)
    return Surroundings(*(np.broadcast_to(part, y.shape) for part in parts))


def around_each(
    counts: ArrayLike, denominators: ArrayLike, neighbours: Neighbours, kind: Kind = "rate"
) -> Surroundings:
    """Mean and variance of the rates of each area and its neighbours; of all, where it has none."""
    y, n = _pairs(counts, denominators)
    size = y.shape[-1]
    edges = _edges(neighbours, size)
    rows = [
        _around_each(a, b, *edges, kind)
        for a, b in zip(y.reshape(-1, size), n.reshape(-1, size), strict=True)
    ]
    parts = np.moveaxis(np.array(rows).reshape(-1, 6, size), 1, 0).reshape(6, *y.shape)
    alone = parts[-1] - ~np.isnan(y) < 1
    all_of_them = around_all(y, n, kind)
    everywhere = (
        all_of_them.mean,
        all_of_them.variance,
        all_of_them.chance,
        all_of_them.events,
        all_of_them.people,
    )
    return Surroundings(
        *(np.where(alone, far, near) for near, far in zip(parts[:-1], everywhere, strict=True))
    )


def gamma_poisson(observed: ArrayLike, expected: ArrayLike) -> RelativeRisks:
    """Observed over expected events, drawn towards their mean by the best-fitting gamma.

    One axis of areas. Relative risks are taken to follow a gamma distribution, whose shape and
    mean are those of the largest likelihood (a negative binomial one) given all areas. Raises
    `ValueError` on negative or endless counts and where no event was observed at all.
    """
    y, e = _pairs(observed, expected)
    known = ~np.isnan(y)
    seen, awaited = y[known], e[known]
    if y.ndim != 1 or not seen.sum() > 0:
        raise ValueError("relative risks need one axis of areas and at least one event")
    shape, mean = _most_likely(seen, awaited)
    if np.isinf(shape):
        return RelativeRisks(np.where(known, mean, np.nan), shape, mean)
    return RelativeRisks((shape + y) / (shape / mean + e), shape, mean)


def _pairs(counts: ArrayLike, denominators: ArrayLike) -> tuple[Column, Column]:
    """Both NaN where either is missing."""
    y, n = known_counts(counts), known_denominators(denominators)
    if y.shape != n.shape or y.ndim == 0:
        raise ValueError(
            f"counts and denominators are one each for the same areas, not {y.shape} and {n.shape}"
        )
    gap = np.isnan(y) | np.isnan(n)
    return np.where(gap, np.nan, y), np.where(gap, np.nan, n)


def _ratio(above: Column, below: Column) -> Column:
    return np.asarray(np.divide(above, below, out=np.full(below.shape, np.nan), where=below > 0))


def _chance(mean: Column, kind: Kind) -> Column:
    return mean if kind == "rate" else mean * (1 - mean)


def _beyond_chance(scatter: Column, chance: Column, people: Column, areas: Column) -> Column:
    """The variance between areas that the chance within them leaves over; never below zero."""
    return np.maximum(_ratio(scatter, people) - chance * _ratio(areas.astype(float), people), 0)


def _drawn(y: Column, n: Column, around: Surroundings) -> Column:
    own = around.variance * n
    trust = np.divide(own, own + around.chance, out=np.zeros(n.shape), where=own > 0)
    return np.asarray(around.mean + (y / n - around.mean) * trust)


def _gamma_limits(
    y: Column, n: Column, around: Surroundings, confidence: float
) -> tuple[Column, Column]:
    from scipy.special import gammaincinv  # Half a second, which only who smooths needs.

    tail = tail_of(confidence)
    varied, before = _worth_in_people(around)
    shape, people = before * around.mean + y, before + n
    own = (gammaincinv(shape, chance) / people for chance in (tail, 1 - tail))
    everybody = known_denominators(around.people)
    pooled = (limit / everybody for limit in poisson(around.events, confidence))
    return _where_varied(varied, own, pooled, y)


def _beta_limits(
    y: Column, n: Column, around: Surroundings, confidence: float
) -> tuple[Column, Column]:
    from scipy.special import betaincinv

    tail = tail_of(confidence)
    varied, before = _worth_in_people(around)
    counted, others = before * around.mean + y, before * (1 - around.mean) + n - y
    own = (betaincinv(counted, others, chance) for chance in (tail, 1 - tail))
    return _where_varied(varied, own, wilson(around.events, around.people, confidence), y)


def _worth_in_people(around: Surroundings) -> tuple[NDArray[np.bool_], Column]:
    """As how many people what is believed beforehand counts; NaN where all is believed of it."""
    varied = around.variance > 0
    return varied, around.chance / np.where(varied, around.variance, np.nan)


def _where_varied(
    varied: NDArray[np.bool_], own: Iterable[Column], pooled: Iterable[Column], y: Column
) -> tuple[Column, Column]:
    lower, upper = (np.where(varied, a, b + 0 * y) for a, b in zip(own, pooled, strict=True))
    return lower, upper


def _edges(neighbours: Neighbours, size: int) -> tuple[Indices, Indices]:
    """Every area with itself and with each neighbour: whose set it is, and who is in it."""
    if len(neighbours) != size:
        raise ValueError(f"there are {size} areas and neighbours of {len(neighbours)}")
    sets = [np.asarray(one, dtype=np.int64).ravel() for one in neighbours]
    owner = np.repeat(np.arange(size), [one.size for one in sets])
    member = np.concatenate([*sets, np.empty(0, dtype=np.int64)])
    if np.any((member < 0) | (member >= size)):
        raise ValueError(f"a neighbour is told by its index, from 0 to {size - 1}")
    if np.any(owner == member):
        raise ValueError("an area is not its own neighbour")
    pairs = np.sort(owner * size + member)
    if np.any(pairs[1:] == pairs[:-1]):
        raise ValueError("an area has the same neighbour twice")
    themselves = np.arange(size)
    return np.concatenate([themselves, owner]), np.concatenate([themselves, member])


def _around_each(y: Column, n: Column, owner: Indices, member: Indices, kind: Kind) -> list[Column]:
    def total(parts: Column) -> Column:
        return np.asarray(np.bincount(owner, np.nan_to_num(parts), y.size), dtype=np.float64)

    events, people = total(y[member]), total(n[member])
    areas = total((~np.isnan(y)).astype(np.float64)[member])
    mean = _ratio(events, people)
    scatter = total(n[member] * (y[member] / n[member] - mean[owner]) ** 2)
    chance = _chance(mean, kind)
    variance = _beyond_chance(scatter, chance, people, areas)
    return [mean, variance, chance, events, people, areas]


def _most_likely(y: Column, e: Column) -> tuple[float, float]:
    """Shape and mean of the gamma distribution of relative risks."""
    from scipy.optimize import brentq
    from scipy.special import digamma

    crude = float(y.sum() / e.sum())

    def mean(shape: float) -> float:
        def slope(risk: float) -> float:
            return float(np.sum((y - e * risk) / (shape + e * risk)))

        highest = float(np.max(y / e))
        return crude if highest == np.min(y / e) else float(brentq(slope, 0, highest, xtol=1e-15))

    def slope(log_shape: float) -> float:
        shape = float(np.exp(log_shape))
        awaited = e * mean(shape)
        fit = digamma(shape + y) - digamma(shape) - np.log1p(awaited / shape)
        return float(np.sum(fit + (awaited - y) / (shape + awaited)))

    if np.sum((y - crude * e) ** 2 - y) <= 0 or slope(np.log(LARGEST_SHAPE)) > 0:
        return np.inf, crude
    shape = float(np.exp(brentq(slope, -np.log(LARGEST_SHAPE), np.log(LARGEST_SHAPE), xtol=1e-12)))
    return shape, mean(shape)
