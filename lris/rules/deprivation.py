"""The English Indices of Deprivation: from ranks of domains to a score, and to larger areas.

Source: the Technical Report of the English Indices of Deprivation 2019, appendices F (exponential
transformation) and N (summaries for larger areas). Rank 1 is the most deprived everywhere.

Summaries take a value and a number of residents for each small area, the index of the larger area
it lies in (-1 for none) and how many larger areas and ranks there are; they answer with a value
for each larger area, NaN where a small area of it lacks a number or nobody lives there.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

Column = NDArray[np.float64]
Indices = NDArray[np.int64]

SCALE = 23.0
"""Appendix F: with it the most deprived tenth takes the upper half of the transformed scores."""

DOMAIN_WEIGHTS: Mapping[str, float] = {
    "income": 0.225,
    "employment": 0.225,
    "education": 0.135,
    "health": 0.135,
    "crime": 0.093,
    "barriers": 0.093,
    "living_environment": 0.093,
}
"""The weights as published. They add up to 0.999, and the publisher leaves it at that."""

WHOLE_WEIGHT = 10
NO_WEIGHT_FROM = 31
LAST_STEP = 0.95
STEP = 0.9 / 19
"""Extent: full weight to the tenth percentile, 0.95 at the eleventh, 0.05 at the thirtieth."""

CONCENTRATED = 0.1
"""Local concentration looks at the most deprived tenth of the residents."""


def exponential(rank: ArrayLike, ranks: int) -> Column:
    """Ranks as exponentially transformed scores: 100 the most deprived, and no score below 0."""
    standing = (ranks - np.asarray(rank, dtype=np.float64) + 1) / ranks
    return np.asarray(-SCALE * np.log(1 - standing * (1 - np.exp(-100 / SCALE))))


def decile(rank: ArrayLike, ranks: int) -> Column:
    """The tenth that a rank lies in, 1 the most deprived."""
    return np.asarray(np.ceil(np.asarray(rank, dtype=np.float64) * 10 / ranks))


def index_score(transformed: Mapping[str, ArrayLike]) -> Column:
    """The score of the Index of Multiple Deprivation, from the transformed scores of domains."""
    parts = (
        weight * np.asarray(transformed[domain], dtype=np.float64)
        for domain, weight in DOMAIN_WEIGHTS.items()
    )
    return np.asarray(sum(parts))


def average_rank(rank: Column, residents: Column, parent: Indices, size: int, ranks: int) -> Column:
    """Mean of the reversed ranks by residents: the higher, the more deprived."""
    return ranks + 1 - _weighted_mean(rank, residents, parent, size)


def average_score(
    score: Column, residents: Column, parent: Indices, size: int, ranks: int
) -> Column:
    """Mean of the scores by residents."""
    return _weighted_mean(score, residents, parent, size)


def most_deprived_share(
    rank: Column, residents: Column, parent: Indices, size: int, ranks: int
) -> Column:
    """The share of the small areas, not of the residents, in the most deprived tenth of all."""
    first = np.where(np.isnan(rank), np.nan, decile(rank, ranks) == 1)
    return _weighted_mean(first, np.ones(rank.size), parent, size)


def extent(rank: Column, residents: Column, parent: Indices, size: int, ranks: int) -> Column:
    """The share of the residents in the most deprived areas, less and less of each to the 30th
    percentile.
    """
    return _weighted_mean(extent_weight(rank, ranks), residents, parent, size)


def extent_weight(rank: ArrayLike, ranks: int) -> Column:
    """How far an area counts towards the extent: 1 to the tenth percentile, 0 from the 31st."""
    percentile = np.ceil(np.asarray(rank, dtype=np.float64) * 100 / ranks)
    sliding = LAST_STEP - STEP * (percentile - WHOLE_WEIGHT - 1)
    weight = np.where(percentile <= WHOLE_WEIGHT, 1.0, sliding)
    return np.where(percentile >= NO_WEIGHT_FROM, 0 * percentile, weight)


def local_concentration(
    rank: Column, residents: Column, parent: Indices, size: int, ranks: int
) -> Column:
    """Mean of the reversed ranks of the most deprived small areas that hold a tenth of the
    residents, the last of them taken in part.
    """
    inside = np.flatnonzero(parent >= 0)
    order = inside[np.lexsort((rank[inside], parent[inside]))]
    group, people = parent[order], residents[order]
    tenth = CONCENTRATED * np.bincount(group, weights=people, minlength=size)
    so_far = np.cumsum(np.nan_to_num(people))
    before_group = np.zeros(size)
    first = np.flatnonzero(np.r_[True, group[1:] != group[:-1]]) if group.size else group
    before_group[group[first]] = so_far[first] - np.nan_to_num(people[first])
    before = so_far - np.nan_to_num(people) - before_group[group]
    taken = np.full(rank.size, 0.0)
    taken[order] = np.clip(tenth[group] - before, 0, people)
    return ranks + 1 - _weighted_mean(rank, taken, parent, size)


def places(values: Column) -> Column:
    """The place of each value in their order, 1 the highest; equal values share the first place."""
    known = np.sort(values[np.isfinite(values)])
    above = known.size - np.searchsorted(known, values, side="right")
    return np.where(np.isfinite(values), above + 1.0, np.nan)


def _weighted_mean(values: Column, weights: Column, parent: Indices, size: int) -> Column:
    inside = parent >= 0
    group = parent[inside]
    total = np.bincount(group, weights=(values * weights)[inside], minlength=size)
    whole = np.bincount(group, weights=weights[inside], minlength=size)
    return np.asarray(np.divide(total, whole, out=np.full(size, np.nan), where=whole > 0))
