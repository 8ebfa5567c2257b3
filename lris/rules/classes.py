"""Where a choropleth's classes end: quantiles, equal steps, and the natural breaks of Fisher.

A class is told by its upper bound, and holds its bound: class i is `bounds[i - 1] < v <= bounds[i]`
and the last bound is the largest value. So equal values never part. NaN is no value and has no
class. Where there are no more different values than classes, each value is a class of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Column = NDArray[np.float64]
Whole = NDArray[np.int64]

NO_CLASS = -1

LONGEST_WITHOUT_A_GUESS = 4_000
GUESSED_FROM = 500


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
    running = _running_sums(distinct, count)
    last = distinct.size - 1
    enough = _cost_of_a_guess(distinct, running, k)
    cost, starts = _cost_of_one(running), []
    for classes in range(2, k):
        ends_from = classes - 1
        if classes == k - 1:
            # What is left for the last class alone must not cost more than the guess does.
            alone = _scatter(running, np.arange(distinct.size), np.array(last))
            ends_from = max(ends_from, int(np.argmax(alone <= enough)) - 1)
        cost, start = _one_class_more(cost, classes - 1, ends_from, running, enough)
        starts.append(start)
    ends = [last]
    if k > 1:
        # The last class ends with the last value: no other end of it need be settled.
        only = _best_starts(cost, running, *(np.array([at]) for at in (last, k - 1, last)))
        ends.append(int(only[1][0]) - 1)
    for start in reversed(starts):
        ends.append(int(start[ends[-1]]) - 1)
    uppers: Column = distinct[ends[::-1]]
    return uppers


METHODS: dict[str, Callable[[ArrayLike, int], Column]] = {
    "quantile": quantile,
    "equal": equal,
    "fisher_jenks": fisher_jenks,
}


def _known(values: ArrayLike, k: int) -> Column:
    if k < 1:
        raise ValueError(f"a map has at least one class, not {k}")
    v = np.asarray(values, dtype=np.float64).ravel()
    if np.any(np.isinf(v)):
        raise ValueError("an infinite value cannot be classed")
    return v[~np.isnan(v)]


class _Running(NamedTuple):
    """Number, sum and sum of squares of the values before each, in units of their spread."""

    number: Column
    total: Column
    square: Column


def _running_sums(distinct: Column, count: Whole) -> _Running:
    # About their own mean and in units of their range, so that squares keep their digits.
    v = (distinct - np.average(distinct, weights=count)) / np.ptp(distinct)
    sums = (np.cumsum(count * power) for power in (np.ones_like(v), v, v * v))
    return _Running(*(np.concatenate([[0.0], one]) for one in sums))


def _cost_of_one(running: _Running) -> Column:
    """Sum of squares about the mean of all values up to each."""
    cost: Column = running.square[1:] - running.total[1:] ** 2 / running.number[1:]
    return np.maximum(cost, 0.0)


def _scatter(running: _Running, first: Whole, last: Whole) -> Column:
    """Sum of squares about their mean of the values first..last, both included."""
    number, total, square = (part[last + 1] - part[first] for part in running)
    return np.maximum(square - total**2 / number, 0.0)


def _cost_of_a_guess(distinct: Column, running: _Running, k: int) -> float:
    """What natural breaks of some of the values cost all of them: the best breaks cost no more."""
    if distinct.size < LONGEST_WITHOUT_A_GUESS:
        return np.inf
    some = fisher_jenks(distinct[:: distinct.size // GUESSED_FROM], k)
    last = np.append(np.searchsorted(distinct, some[:-1]), distinct.size - 1)
    first = np.append(0, last[:-1] + 1)
    return float(_scatter(running, first, last).sum() * (1 + 1e-9))


def _one_class_more(
    cost: Column, earlier: int, ends_from: int, running: _Running, enough: float
) -> tuple[Column, Whole]:
    """Least cost, and the start of the last class, for every last value, with one class more.

    `cost` is that of `earlier` classes. All middles of one depth are settled together; each then
    bounds the search of the values to its left and right. Left out, with a cost without end, are
    last values before `ends_from` and those that would cost more than `enough`.
    """
    size = cost.size
    best, start = np.full(size, np.inf), np.zeros(size, dtype=np.int64)
    left, right = np.array([ends_from]), np.array([size - 1])
    least, most = np.array([earlier]), np.array([size - 1])
    while left.size:
        middle = (left + right) // 2
        found, chosen = _best_starts(cost, running, middle, least, np.minimum(middle, most))
        best[middle], start[middle] = found, chosen
        # More values never cost less: beyond one that costs too much there is nothing to seek.
        beyond = np.where(found <= enough, right, middle)
        left, right = np.append(left, middle + 1), np.append(middle - 1, beyond)
        least, most = np.append(least, chosen), np.append(chosen, most)
        open_still = left <= right
        left, right = left[open_still], right[open_still]
        least, most = least[open_still], most[open_still]
    return best, start


def _best_starts(
    cost: Column, running: _Running, last: Whole, least: Whole, most: Whole
) -> tuple[Column, Whole]:
    """Where a class that ends at each of `last` best starts, from `least` to `most`, and its cost.

    Values first..last about their mean have the square sum less the squared sum over their number;
    what depends on the last value alone is added after the search.
    """
    length = most - least + 1
    offset = np.cumsum(length) - length
    tried = np.arange(length.sum()) + np.repeat(least - offset, length)
    mass = np.repeat(running.total[last + 1], length) - running.total[tried]
    mass *= mass
    mass /= np.repeat(running.number[last + 1], length) - running.number[tried]
    price = cost[tried - 1] - running.square[tried] - mass
    lowest = np.minimum.reduceat(price, offset)
    hits = np.flatnonzero(price == np.repeat(lowest, length))
    chosen = tried[hits[np.searchsorted(hits, offset)]]
    return np.maximum(lowest + running.square[last + 1], 0.0), chosen
