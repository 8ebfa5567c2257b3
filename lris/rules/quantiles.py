"""Where an area stands among others: quantiles of areas, quantiles of people, places.

Quantiles of equally many areas and quantiles of equally many people differ, most of all near their
bounds: whoever shows one says which. Quantile 1 holds the lowest values unless the highest come
first. NaN is no value and has no quantile (NaN).

Sources: the Office for Health Improvement and Disparities' own rule for quantiles of areas, as its
package PHEindicatormethods applies it; for quantiles of people the cumulative population at the
middle of each area.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Column = NDArray[np.float64]
Indices = NDArray[np.int64]


def ohid(
    values: ArrayLike, k: int, groups: ArrayLike | None = None, high_is_first: bool = False
) -> Column:
    """The quantile of each of one axis of areas, 1 to `k`, within its group where groups are given.

    Equal values share a quantile. A group of fewer values than `k` has no quantiles. Raises
    `ValueError` where `k` is below 1, a value is infinite or groups do not fit the values.
    """
    v = _areas(values, k)
    if groups is None:
        group, members = np.zeros(v.size, dtype=np.int64), np.ones(1, dtype=np.int64)
    else:
        named = np.asarray(groups)
        if named.shape != v.shape:
            raise ValueError(f"groups are one for each value, not {named.shape} for {v.shape}")
        found, group = np.unique(named, return_inverse=True)
        members = np.ones(found.size, dtype=np.int64)
    count = np.bincount(group[~np.isnan(v)], minlength=members.size)[group]
    place = _places_within(-v if high_is_first else v, group)
    # The ceiling of (count + 1 - place) / (count / k), in whole numbers that cannot be rounded.
    steps = -((place - 1 - count) * k // np.maximum(count, 1))
    quantile = np.maximum(k + 1 - steps, 1)
    return np.where(np.isnan(v) | (count < k), np.nan, quantile)


def weighted(values: ArrayLike, weights: ArrayLike, k: int, high_is_first: bool = False) -> Column:
    """The quantile of people that the middle person of each area falls in, 1 to `k`.

    `weights` are residents. Equal values are taken in the order of the rows (let that be the order
    of the codes) and may part at a bound. Raises `ValueError` as `ohid` does and on negative
    weights.
    """
    v = _areas(values, k)
    people = np.asarray(weights, dtype=np.float64)
    if people.shape != v.shape or np.any((people < 0) | np.isinf(people)):
        raise ValueError("weights are one for each value, finite and none below zero")
    known = np.flatnonzero(~np.isnan(v + people))
    order = known[np.argsort(-v[known] if high_is_first else v[known], kind="stable")]
    so_far = np.cumsum(people[order])
    everybody = so_far[-1] if so_far.size else 0.0
    quantile = np.full(v.size, np.nan)
    if everybody > 0:
        middle = (so_far - people[order] / 2) / everybody
        quantile[order] = np.minimum(np.floor(k * middle) + 1, k)
    return quantile


def positions(values: ArrayLike, worst_high: bool = True) -> Column:
    """The place of each value in the order of all, 1 the highest, or with `worst_high` false the
    lowest. Equal values share the first place of theirs.
    """
    v = np.asarray(values, dtype=np.float64)
    signed = -v if worst_high else v
    ordered = np.sort(signed[~np.isnan(signed)], axis=None)
    return np.where(np.isnan(v), np.nan, np.searchsorted(ordered, signed, side="left") + 1.0)


def _areas(values: ArrayLike, k: int) -> Column:
    if k < 1:
        raise ValueError(f"there is at least one quantile, not {k}")
    v = np.asarray(values, dtype=np.float64)
    if v.ndim != 1 or np.any(np.isinf(v)):
        raise ValueError("quantiles are of one axis of finite values")
    return v


def _places_within(v: Column, group: Indices) -> Indices:
    """The place of each value from below within its group, equal ones sharing the first."""
    order = np.lexsort((v, group))
    sorted_group, sorted_value = group[order], v[order]
    row = np.arange(v.size)
    new_group = np.r_[True, sorted_group[1:] != sorted_group[:-1]][: v.size]
    new_value = new_group | np.r_[True, sorted_value[1:] != sorted_value[:-1]][: v.size]
    first_of_group = np.maximum.accumulate(np.where(new_group, row, 0))
    first_of_value = np.maximum.accumulate(np.where(new_value, row, 0))
    place = np.empty(v.size, dtype=np.int64)
    place[order] = first_of_value - first_of_group + 1
    return place
