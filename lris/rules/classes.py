"""Where a choropleth's classes end: quantiles, equal steps, and the natural breaks of Fisher.

A class is told by its upper bound, and holds its bound: class i is `bounds[i - 1] < v <= bounds[i]`
and the last bound is the largest value. So equal values never part. NaN is no value and has no
class. Where there are no more different values than classes, each value is a class of its own.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Column = NDArray[np.float64]
Whole = NDArray[np.int64]

NO_CLASS = -1


def breaks(values: ArrayLike, method: str, k: int) -> Column:
    """Upper bounds of at most `k` classes by "quantile", "equal" or "fisher_jenks", ascending.

    Raises `ValueError` on an unknown method, on k below 1, and on infinite values.
    """
    if method not in METHODS:
        raise ValueError(f"{method!r} is no way to classify; there are {', '.join(METHODS)}")
    return METHODS[method](values, k)


def classify(values: ArrayLike, bounds: ArrayLike) -> Whole:
    """The class of each value, from 0; `NO_CLASS` for NaN. Shape as `values`.

    Values above the last bound (bounds of another month, say) belong to the last class.
    """
    v, b = np.asarray(values, dtype=np.float64), np.asarray(bounds, dtype=np.float64)
    place = np.minimum(np.searchsorted(b, v, side="left"), b.size - 1)
    return np.where(np.isnan(v), NO_CLASS, place)


def quantile(values: ArrayLike, k: int) -> Column:
    """Classes of equally many areas, as far as ties allow.

    Bounds between two values are interpolated linearly (Hyndman and Fan's type 7). A class that
    ties would leave empty is left out.
    """
    v = _known(values, k)
    distinct = np.unique(v)
    if distinct.size <= k:
        return distinct
    v.sort()
    # In whole numbers: a bound that falls on a value is that value, not a rounding error below it.
    place, share = np.divmod(np.arange(1, k + 1) * (v.size - 1), k)
    above = np.minimum(place + 1, v.size - 1)
    bounds = np.unique(v[place] + (v[above] - v[place]) * (share / k))
    filled: Column = bounds[np.unique(np.searchsorted(bounds, distinct, side="left"))]
    return filled


def equal(values: ArrayLike, k: int) -> Column:
    """Classes of equal width from the smallest value to the largest; some may hold no area."""
    distinct = np.unique(_known(values, k))
    if distinct.size <= k:
        return distinct
    low, high = distinct[0], distinct[-1]
    bounds: Column = low + (high - low) * (np.arange(1, k + 1) / k)
    bounds[-1] = high
    return bounds


def fisher_jenks(values: ArrayLike, k: int) -> Column:
    """The classes with the least sum of squares about their means: the exact optimum.

    Fisher 1958, Jenks and Caspall 1971. Dynamic programming over the sorted distinct values; the
    best start of the last class never moves left as more values are taken in, so each of the k
    rounds halves its way through in O(n log n).
    """
    distinct, count = np.unique(_known(values, k), return_counts=True)
    if distinct.size <= k:
        return distinct
    scatter = _scatter(distinct, count)
    cost = scatter(np.zeros(distinct.size, dtype=np.int64), np.arange(distinct.size))
    starts = []
    for classes in range(2, k + 1):
        cost, start = _one_class_more(cost, classes - 1, scatter)
        starts.append(start)
    ends = [distinct.size - 1]
    for start in reversed(starts):
        ends.append(int(start[ends[-1]]) - 1)
    uppers: Column = distinct[ends[::-1]]
    return uppers


METHODS: dict[str, Callable[[ArrayLike, int], Column]] = {
    "quantile": quantile,
    "equal": equal,
    "fisher_jenks": fisher_jenks,
}

Scatter = Callable[[Whole, Whole], Column]


def _known(values: ArrayLike, k: int) -> Column:
    if k < 1:
        raise ValueError(f"a map has at least one class, not {k}")
    v = np.asarray(values, dtype=np.float64).ravel()
    if np.any(np.isinf(v)):
        raise ValueError("an infinite value cannot be classed")
    return v[~np.isnan(v)]


def _scatter(distinct: Column, count: Whole) -> Scatter:
    """Sum of squares about the mean of distinct values first..last, both included, from totals."""
    # About their own mean and in units of their range, so that squares keep their digits.
    v = (distinct - np.average(distinct, weights=count)) / np.ptp(distinct)
    n, total, square = (_running(count * power) for power in (np.ones_like(v), v, v * v))

    def scatter(first: Whole, last: Whole) -> Column:
        after = last + 1
        mass = total[after] - total[first]
        inside = square[after] - square[first] - mass**2 / (n[after] - n[first])
        return np.maximum(inside, 0.0)

    return scatter


def _running(amounts: Column) -> Column:
    return np.concatenate([[0.0], np.cumsum(amounts)])


def _one_class_more(cost: Column, earlier: int, scatter: Scatter) -> tuple[Column, Whole]:
    """Least cost, and the start of the last class, for every last value, with one class more.

    `cost` is that of `earlier` classes. All middles of one depth are settled together; each then
    bounds the search of the values to its left and right.
    """
    size = cost.size
    best, start = np.full(size, np.inf), np.zeros(size, dtype=np.int64)
    left, right = np.array([earlier]), np.array([size - 1])
    least, most = np.array([earlier]), np.array([size - 1])
    while left.size:
        middle = (left + right) // 2
        length = np.minimum(middle, most) - least + 1
        offset = np.cumsum(length) - length
        owner = np.repeat(np.arange(middle.size), length)
        tried = np.arange(length.sum()) - offset[owner] + least[owner]
        price = cost[tried - 1] + scatter(tried, middle[owner])
        lowest = np.minimum.reduceat(price, offset)
        hits = np.flatnonzero(price == lowest[owner])
        chosen = tried[hits[np.searchsorted(owner[hits], np.arange(middle.size))]]
        best[middle], start[middle] = lowest, chosen
        left, right = np.append(left, middle + 1), np.append(middle - 1, right)
        least, most = np.append(least, chosen), np.append(chosen, most)
        open_still = left <= right
        left, right = left[open_still], right[open_still]
        least, most = least[open_still], most[open_still]
    return best, start
