"""Where values cluster: Getis and Ord's Gi*, local Moran's I, and how far chance could do it.

Sources: Getis and Ord 1992, Ord and Getis 1995 (Gi*, with the area itself); Anselin 1995 (local
Moran); Sokal, Oden and Thomson 1998 (its moments with the area's own value held fixed, as R spdep's
`localmoran` has them); Benjamini and Hochberg 1995 (false discoveries).

`neighbours` says for each area, in order, the positions of its neighbours from 0, the area itself
left out; a list of arrays, or `Neighbours`, which saves the work of reading the list again. Every
area has a value: leave out those that are withheld (`without`), as a gap is no zero. Cells of sea
and farmland are to be left out too: their zeros make everything else look thick.

Use counts on equal cells, or rates, never plain counts of unequal areas. The normal approximation
wants about 30 areas and 8 neighbours; with fewer, ask `permutation_p`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lris.rules.compiled import compiled_half, numbers, whole_numbers

Column = NDArray[np.float64]
Whole = NDArray[np.int64]

THREADS = 2
AREAS_AT_ONCE = 512
"""Areas that share a stream of random numbers; the answer depends on it, not on the threads."""

CANDIDATES = 0.05
"""Areas this unlikely by the first draws are worth more of them."""

CONFIDENCES = (0.99, 0.95, 0.90)
QUADRANTS = ("high among high", "low among low", "low among high", "high among low")
NOT_SIGNIFICANT = "not significant"


@dataclass(frozen=True)
class Neighbours:
    """Who is next to whom: those of area i are `index[start[i]:start[i + 1]]`, from 0."""

    start: Whole
    index: Whole

    def __len__(self) -> int:
        return self.start.size - 1

    def __getitem__(self, area: int) -> Whole:
        return self.index[self.start[area] : self.start[area + 1]]

    def __iter__(self) -> Iterator[Whole]:
        return (self[area] for area in range(len(self)))

    @property
    def counts(self) -> Whole:
        """How many neighbours each area has."""
        return np.diff(self.start)

    def sums(self, values: Column) -> Column:
        """The sum of each area's neighbours' values, along the first axis; 0 for none."""
        total = np.zeros(values.shape)
        some = self.counts > 0
        if self.index.size:
            # Areas without neighbours take no room, so that the next one starts where they would.
            total[some] = np.add.reduceat(values[self.index], self.start[:-1][some], axis=0)
        return total

    @classmethod
    def of(cls, neighbours: Sequence[ArrayLike] | Neighbours) -> Neighbours:
        """From a list of arrays, checked. Raises `ValueError` as `checked` does."""
        if isinstance(neighbours, Neighbours):
            return neighbours
        arrays = [np.asarray(some) for some in neighbours]
        start = np.zeros(len(arrays) + 1, dtype=np.int64)
        np.cumsum(np.fromiter(map(len, arrays), dtype=np.int64, count=len(arrays)), out=start[1:])
        index = np.concatenate(arrays) if start[-1] else np.empty(0, dtype=np.int64)
        if index.dtype.kind not in "iuf" or np.any(index != np.floor(index)):
            raise ValueError("neighbours are told by whole numbers, the positions of areas from 0")
        return cls.checked(start, index.astype(np.int64, copy=False))

    @classmethod
    def checked(cls, start: Whole, index: Whole) -> Neighbours:
        """From offsets. Raises `ValueError` on a position that is none, on an area that is its own
        neighbour and on a neighbour named twice.
        """
        areas = start.size - 1
        if index.size and not (index.min() >= 0 and index.max() < areas):
            wrong = index[(index < 0) | (index >= areas)][0]
            raise ValueError(f"position {wrong} is none of the {areas} areas, numbered from 0")
        owner = np.repeat(np.arange(areas), np.diff(start))
        if np.any(own := index == owner):
            raise ValueError(f"area {owner[own][0]} is named as its own neighbour: leave it out")
        pair = owner * areas + index
        if np.any(np.diff(pair) <= 0) and np.unique(pair).size < pair.size:
            raise ValueError("a neighbour is named twice: weights are one or nothing")
        return cls(start, index)

    def without(self, left_out: ArrayLike) -> Neighbours:
        """Those among the areas that stay, numbered anew; `left_out` is true for the others."""
        stays = ~np.asarray(left_out, dtype=bool)
        if stays.size != len(self):
            raise ValueError(f"{stays.size} marks for {len(self)} areas")
        number = np.cumsum(stays) - 1
        owner = np.repeat(np.arange(len(self)), self.counts)
        both = stays[owner] & stays[self.index]
        start = np.zeros(int(stays.sum()) + 1, dtype=np.int64)
        np.cumsum(np.bincount(number[owner[both]], minlength=start.size - 1), out=start[1:])
        return Neighbours(start, number[self.index[both]])


def gi_star(values: ArrayLike, neighbours: Sequence[ArrayLike] | Neighbours) -> Column:
    """Getis and Ord's Gi* as a standard normal deviate; the area itself counts among its own.

    High: many around; low: few. An area without neighbours is compared with the mean by itself. NaN
    where all values are alike, and for an area that has all others as neighbours. Raises
    `ValueError` where a value is missing and where values and neighbours differ in number.
    """
    x, around = _given(values, neighbours)
    n, weight = x.size, around.counts + 1
    off = x - x.mean()
    spread = np.sqrt(np.mean(off**2) * (n * weight - weight**2) / max(n - 1, 1))
    spread[_alike(x) | (weight == n)] = np.nan
    deviate: Column = (around.sums(off) + off) / spread
    return deviate


def local_moran(
    values: ArrayLike, neighbours: Sequence[ArrayLike] | Neighbours
) -> tuple[Column, Column, Column, Column]:
    """Local Moran's I, its expectation and variance by chance, and (I - E) / sqrt(V).

    Row-standardised; squares are divided by n, not n - 1. The moments are conditional: the area's
    own value stays, the others are dealt out anew. I, E and V are 0 for an area without neighbours,
    and its z is NaN; all are NaN where all values are alike. Raises `ValueError` as `gi_star`.
    """
    x, around = _given(values, neighbours)
    n, count = x.size, around.counts
    z = x - x.mean()
    m2 = np.nan if _alike(x) else float(np.mean(z**2))
    some = count > 0
    mean_around = np.divide(around.sums(z), count, out=np.zeros(n), where=some)
    squares = np.divide(
        1.0, count, out=np.zeros(n), where=some
    )  # The sum of k weights 1/k squared.
    others = max(n - 1, 1)
    expected = -(z**2) * some / (others * m2)
    spread = n / max(n - 2, 1) * (squares - some / others) * (m2 - z**2 / others)
    variance = (z / m2) ** 2 * np.maximum(spread, 0.0)
    moran = z / m2 * mean_around
    known = variance > 0
    deviate = np.divide(moran - expected, np.sqrt(variance), out=np.full(n, np.nan), where=known)
    return moran, expected, variance, deviate


def permutation_p(
    values: ArrayLike,
    neighbours: Sequence[ArrayLike] | Neighbours,
    draws: int = 999,
    seed: int = 1,
    again: int = 0,
) -> Column:
    """How often chance brings together neighbours as high, or as low, as each area's; two-sided.

    As many of the other areas as it has neighbours are drawn `draws` times, its own value held
    fixed: one answer serves Gi* and local Moran, which both rise or fall with the neighbours' sum.
    With r draws as far out on the nearer side (equal sums counted on both), p = 2 (r + 1) /
    (draws + 1), at most 1. It is never below 2 / (draws + 1), too coarse to be corrected for many
    areas: with `again`, the areas whose p is at most `CANDIDATES` are drawn so many times anew.

    Counts are skewed where they are small, and the normal approximation then calls too many places
    hot: this does not. The same seed gives the same answer on any number of threads. NaN for areas
    without neighbours and where all values are alike.
    """
    x, around = _given(values, neighbours)
    if draws < 1 or again < 0:
        raise ValueError(f"chance is drawn at least once, not {min(draws, again)} times")
    if _alike(x):
        return np.full(x.size, np.nan)
    first, second = np.random.SeedSequence(seed).spawn(2)
    areas = np.flatnonzero(around.counts > 0)
    p = np.full(x.size, np.nan)
    p[areas] = _drawn_p(x, around, areas, draws, first)
    if again:
        near = areas[p[areas] <= CANDIDATES]
        p[near] = _drawn_p(x, around, near, again, second)
    return p


def _drawn_p(
    x: Column, around: Neighbours, areas: Whole, draws: int, seed: np.random.SeedSequence
) -> Column:
    kernels = compiled_half("hotspot_kernels", "drawing permutations")
    above, below = (np.zeros(x.size, dtype=np.int64) for _ in range(2))
    # Sums of the same values in another order are equal but for rounding.
    slack = 1e-12 * float(np.abs(x).max()) * (1 + int(around.counts.max()))
    column, start, observed = numbers(x), whole_numbers(around.start), numbers(around.sums(x))
    runs = [
        whole_numbers(areas[at : at + AREAS_AT_ONCE]) for at in range(0, areas.size, AREAS_AT_ONCE)
    ]
    streams = seed.generate_state(max(len(runs), 1), np.uint64)

    def draw(run: int) -> None:
        kernels.drawn(column, start, observed, runs[run], draws, streams[run], slack, above, below)

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(draw, range(len(runs))))
    nearer = np.minimum(above, below)[areas]
    p: Column = np.minimum(2 * (nearer + 1) / (draws + 1), 1.0)
    return p


# ---------------------------------------------------------------- what is said of the numbers


def two_sided_p(z: ArrayLike) -> Column:
    """The chance of a standard normal deviate as far from zero; NaN stays."""
    from scipy.special import ndtr

    p: Column = 2 * ndtr(-np.abs(np.asarray(z, dtype=np.float64)))
    return p


def confidence_classes(z: ArrayLike, p: ArrayLike) -> NDArray[np.int64]:
    """99, 95 or 90 for high places significant at so many per cent, negative for low; else 0.

    `p` is best corrected for the number of areas tested: among 1,000 areas without any pattern 100
    pass at 90 % uncorrected.
    """
    deviate, chance = np.asarray(z, dtype=np.float64), np.asarray(p, dtype=np.float64)
    told = np.zeros(deviate.shape, dtype=np.int64)
    for confidence in sorted(CONFIDENCES):
        told[chance <= 1 - confidence + 1e-12] = round(100 * confidence)
    return np.where(np.isnan(deviate) | np.isnan(chance), 0, told * np.sign(deviate)).astype(
        np.int64
    )


def quadrants(
    values: ArrayLike,
    neighbours: Sequence[ArrayLike] | Neighbours,
    p: ArrayLike,
    alpha: float = 0.05,
) -> NDArray[np.str_]:
    """Which of the four corners of Moran's plot each significant area is in (`QUADRANTS`).

    High and low are above and below the mean of all; an area on the mean, or with its neighbours'
    mean on it, is in no corner.
    """
    x, around = _given(values, neighbours)
    own, beside = np.sign(x - x.mean()), np.sign(around.sums(x - x.mean()))
    told = np.asarray(p, dtype=np.float64) <= alpha
    corners = [(1, 1), (-1, -1), (-1, 1), (1, -1)]
    return np.select(
        [told & (own == mine) & (beside == theirs) for mine, theirs in corners],
        QUADRANTS,
        NOT_SIGNIFICANT,
    )


# ---------------------------------------------------------------- within


def _given(
    values: ArrayLike, neighbours: Sequence[ArrayLike] | Neighbours
) -> tuple[Column, Neighbours]:
    x, around = np.asarray(values, dtype=np.float64), Neighbours.of(neighbours)
    if x.ndim != 1 or x.size != len(around):
        raise ValueError(f"{x.size} values do not go with the neighbours of {len(around)} areas")
    if not x.size:
        raise ValueError("there is no area")
    if not np.isfinite(x).all():
        at = int(np.flatnonzero(~np.isfinite(x))[0])
        raise ValueError(f"area {at} has no value: leave out such areas, as a gap is no zero")
    return x, around


def _alike(x: Column) -> bool:
    return bool(np.all(x == x[0]))
