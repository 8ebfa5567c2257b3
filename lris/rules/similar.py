"""Areas that are alike: the nearest in a table of what describes them, not on the map.

Every variable counts in units of its own standard deviation over the areas (n - 1). The distance
is the root of the weighted sum of squared differences. A variable that one of two areas lacks is
left out between them, and the rest stand in for it; fewer than 80 % of the variables are too few
to be compared by.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Column = NDArray[np.float64]
Indices = NDArray[np.int64]
Nearest = tuple[Indices, Column]

NOBODY = -1
LEAST_PRESENT = 0.8
ROWS_AT_ONCE = 256


def nearest(table: ArrayLike, k: int, weights: ArrayLike | None = None) -> Nearest:
    """The `k` areas most like each, itself not among them: indices and distances, (areas, k).

    `table` has a row for each area and a column for each variable. Equally distant areas come in
    the order of the rows. Where fewer than `k` can be compared the rest is `NOBODY` and NaN. A
    variable that is the same everywhere tells nothing and counts as equal. Raises `ValueError`
    where the table or the weights do not fit, or a value is infinite.
    """
    z, w = _standardised(table, weights)
    if k < 1:
        raise ValueError(f"the nearest area is at least one, not {k}")
    gaps = np.isnan(z).any(axis=1)
    whole, partly = np.flatnonzero(~gaps), np.flatnonzero(gaps)
    everybody = np.arange(len(z))
    indices = np.full((len(z), k), NOBODY, dtype=np.int64)
    distances = np.full((len(z), k), np.nan)
    indices[partly], distances[partly] = _by_comparing(z, w, partly, everybody, k)
    one, its_distances = _among_whole(z, w, whole, k)
    other, other_distances = _by_comparing(z, w, whole, partly, k)
    found = _first(k, (one, other), (its_distances, other_distances))
    indices[whole], distances[whole] = found
    return indices, distances


def _standardised(table: ArrayLike, weights: ArrayLike | None) -> tuple[Column, Column]:
    v = np.asarray(table, dtype=np.float64)
    if v.ndim != 2 or v.shape[1] < 1 or np.any(np.isinf(v)):
        raise ValueError("areas are compared by a table of finite values, a row for each area")
    w = np.ones(v.shape[1]) if weights is None else np.asarray(weights, dtype=np.float64)
    if w.shape != (v.shape[1],) or not np.all(w >= 0) or not w.sum() > 0:
        raise ValueError("weights are one for each variable, none below zero and not all zero")
    known = ~np.isnan(v)
    many = known.sum(axis=0)
    mean = np.sum(v, axis=0, where=known) / np.maximum(many, 1)
    about = v - mean
    spread = np.sqrt(np.sum(about**2, axis=0, where=known) / np.maximum(many - 1, 1))
    # What is the same everywhere has no spread but rounding.
    same = spread <= 1e-12 * np.abs(mean)
    return np.where(same & known, 0.0, about / np.where(same, 1.0, spread)), w


def _among_whole(z: Column, w: Column, whole: Indices, k: int) -> Nearest:
    """The nearest of areas without a gap among their like."""
    from scipy.spatial import cKDTree  # A quarter of a second, which only who compares needs.

    # Itself, and one more than asked for: what is as far as the last must be looked at by hand.
    asked = k + 2
    if whole.size < asked:
        return _by_comparing(z, w, whole, whole, k)
    points = z[whole] * np.sqrt(w)
    distance, place = cKDTree(points, leafsize=32, balanced_tree=False).query(points, k=asked)
    itself = place == np.arange(whole.size)[:, None]
    found = np.where(itself, NOBODY, whole[place])
    indices, distances = _first(k, (found,), (np.where(itself, np.nan, distance),))
    tied = np.flatnonzero(distance[:, -1] <= distance[:, -2] * (1 + 1e-12))
    indices[tied], distances[tied] = _by_comparing(z, w, whole[tied], whole, k)
    return indices, distances


def _by_comparing(z: Column, w: Column, rows: Indices, among: Indices, k: int) -> Nearest:
    """The nearest of some areas among others, each pair looked at."""
    indices = np.full((rows.size, k), NOBODY, dtype=np.int64)
    distances = np.full((rows.size, k), np.nan)
    for start in range(0, rows.size, ROWS_AT_ONCE):
        for place, distance in enumerate(
            _distances(z, w, rows[start : start + ROWS_AT_ONCE], among), start
        ):
            candidates = np.flatnonzero(~np.isnan(distance))
            if candidates.size > k:
                last = np.partition(distance[candidates], k - 1)[k - 1]
                candidates = candidates[distance[candidates] <= last]
            chosen = candidates[np.argsort(distance[candidates], kind="stable")][:k]
            indices[place, : chosen.size] = among[chosen]
            distances[place, : chosen.size] = distance[chosen]
    return indices, distances


def _distances(z: Column, w: Column, rows: Indices, among: Indices) -> Column:
    """Between some areas and others; NaN to itself and where too few variables are shared."""
    squares, weight, shared = (np.zeros((rows.size, among.size)) for _ in range(3))
    for column, its_weight in zip(z.T, w, strict=True):
        apart = column[rows, None] - column[None, among]
        both = ~np.isnan(apart)
        squares += np.where(both, its_weight * apart**2, 0)
        weight += its_weight * both
        shared += both
    enough = (shared >= LEAST_PRESENT * w.size) & (weight > 0) & (rows[:, None] != among)
    stretched = squares * (w.sum() / np.where(enough, weight, np.nan))
    return np.asarray(np.sqrt(stretched))


def _first(k: int, indices: tuple[Indices, ...], distances: tuple[Column, ...]) -> Nearest:
    """The first `k` by distance, then by index, of candidates side by side."""
    who, how_far = np.hstack(indices), np.hstack(distances)
    order = np.lexsort((who, how_far), axis=-1)[:, :k]  # NaN sorts last.
    return np.take_along_axis(who, order, axis=-1), np.take_along_axis(how_far, order, axis=-1)
