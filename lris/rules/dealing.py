"""How likely chance is to bring so much together, worked out and not drawn.

Gi* and local Moran hold what lies in and around a place against what lies anywhere. Their usual p
takes such sums as normal; those of few incidents are not (they lean to the right), and on a thin
map it calls lone places hot where there is only chance. Two other chances stand beside it, either
of them exact:

* incidents dealt out: each of the incidents falls on a place by lot, in proportion to the land or
  the residents there. How many then lie in some places together is binomial (`incidents_p`).
* values dealt out: each way to deal the values out over the places is as likely, which is what
  permutations draw from (`values_p`). The sum of m of n values drawn without replacement has a
  generating function that follows from the power sums of all values by Newton's identities, and a
  fast Fourier transform has all its terms: what permutations would come to after so many draws that
  nobody could wait for them, and the same each time. For values that are no counts, as harm. Values
  are told in whole steps of their range, and the test is exact for the rounded values.

Where a place's full self is itself the finding, dealing out incidents sees it, and dealing out
values does not: one full cell among empty ones lies somewhere, wherever it is dealt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lris.rules.local_stats import Neighbours, two_sided_p

Column = NDArray[np.float64]
Whole = NDArray[np.int64]
Marks = NDArray[np.bool_]

MOST_SUMS = 1 << 16
"""Different sums that are told apart; values are rounded so that there are no more."""

MOST_STEPS = 4096
"""Steps of a range of values that are no whole numbers."""

LEAST_P = 1e-10
"""Of values dealt out: where rounding of the chances begins to be seen."""

LARGEST = 12.0
"""Of m places among n, the largest m m / n: beyond it Newton's identities lose too many digits, and
the sum of so many is normal enough.
"""


def gi_star_p(
    z: Column, neighbours: Sequence[ArrayLike] | Neighbours, incidents: Column, room: Column
) -> Column:
    """How likely a Gi* as far out is by chance: the larger of a normal deviate's and `incidents_p`.

    The normal one allows for how uneven places are, and is too small where incidents are few; the
    other holds however few they are, and takes all places for even. `incidents` are those behind
    the values that `z` is of, `room` the land or the residents of each place.
    """
    around = Neighbours.of(neighbours)
    counted, share = (around.sums(one) + one for one in (incidents, room))
    dealt = incidents_p(counted, share / room.sum(), incidents.sum(), z)
    return np.maximum(two_sided_p(z), dealt)


def local_moran_p(
    z: Column,
    values: Column,
    neighbours: Sequence[ArrayLike] | Neighbours,
    incidents: Column,
    room: Column,
) -> Column:
    """The same for local Moran's I: the place keeps its own, the others are dealt out around it."""
    around = Neighbours.of(neighbours)
    dealt = incidents_p(
        around.sums(incidents),
        around.sums(room) / (room.sum() - room),
        incidents.sum() - incidents,
        side_of_sum(values, z),
    )
    return np.maximum(two_sided_p(z), dealt)


def incidents_p(sums: ArrayLike, shares: ArrayLike, total: ArrayLike, z: ArrayLike) -> Column:
    """The chance that of `total` incidents dealt out by lot so many fall where `sums` are counted.

    `shares`: of all the land, or residents, where they are counted. The tail is that on the side of
    z (high where it is 0 or more), doubled, at most 1. NaN where z is NaN.
    """
    from scipy.special import bdtr, bdtrc

    counted, share, everything, deviate = np.broadcast_arrays(
        *(np.asarray(one, dtype=np.float64) for one in (sums, shares, total, z))
    )
    k, n = np.rint(counted), np.rint(everything)
    part = np.clip(share, 0.0, 1.0)
    at_least = np.where(k <= 0, 1.0, bdtrc(np.maximum(k - 1, 0), n.astype(np.int64), part))
    tail = np.where(deviate >= 0, at_least, bdtr(k, n.astype(np.int64), part))
    p: Column = np.where(np.isnan(deviate), np.nan, np.minimum(2 * tail, 1.0))
    return p


def gi_star_values_p(
    values: ArrayLike, neighbours: Sequence[ArrayLike] | Neighbours, z: Column
) -> Column:
    """How likely a Gi* as far out, in its direction, is if values were dealt out anew; two-sided.

    `z` is `gi_star(values, neighbours)`; where it is NaN so is p. The place's own value is dealt
    out with all others, as the moments of Gi* have it.
    """
    around = Neighbours.of(neighbours)
    level = levels(values, int(around.counts.max(initial=0)) + 1)
    return values_p(level, around.sums(level.astype(np.float64)) + level, around.counts + 1, z)


def local_moran_values_p(
    values: ArrayLike, neighbours: Sequence[ArrayLike] | Neighbours, z: Column
) -> Column:
    """The same for local Moran's I and its z: the place keeps its value, all others are dealt out.

    I rises with the neighbours' sum where the place is above the mean and falls where it is below;
    the tail is that of the sum, on the side of its mean where it lies.
    """
    x, around = np.asarray(values, dtype=np.float64), Neighbours.of(neighbours)
    level = levels(x, int(around.counts.max(initial=0)) + 1)
    sums = around.sums(level.astype(np.float64))
    return values_p(level, sums, around.counts, side_of_sum(x, z), own=True)


def side_of_sum(values: Column, z: Column) -> Column:
    """Local Moran's z turned so that it is positive where the neighbours are above the mean."""
    return np.where(values >= values.mean(), z, -z)


def values_p(
    values: Whole, sums: ArrayLike, sizes: Whole, z: Column, *, own: bool = False
) -> Column:
    """The chance of sums of `sizes` of the `values` (`levels`), on the side of z, doubled.

    `sums`, `sizes` and `z` are one for each place, or tables of them. With `own` place i's value
    is not among those dealt out to it, and `values` are one for each place. NaN where z is NaN and
    where nothing is summed; that of the normal where so many are summed that it holds (`LARGEST`).
    """
    total, size, z = np.asarray(sums), np.asarray(sizes), np.asarray(z, dtype=np.float64)
    p = two_sided_p(z)
    few = (size > 0) & (size * size <= LARGEST * values.size) & ~np.isnan(z)
    if few.any():
        chance = Chance.of(values, int(size[few].max()))
        keep = np.broadcast_to(values, few.shape)[few] if own else None
        found = chance.tail(np.rint(total[few]).astype(np.int64), size[few], z[few] >= 0, keep)
        p[few] = np.clip(2 * found, LEAST_P, 1.0)
    return np.where(size > 0, p, np.nan)


def levels(values: ArrayLike, most_summed: int) -> Whole:
    """Values in whole steps from the least: counts one by one, others in steps of their range."""
    x = np.asarray(values, dtype=np.float64)
    off = x - x.min(initial=np.inf)
    reach = float(off.max(initial=0.0))
    most = max(MOST_SUMS // max(most_summed, 1) - 1, 1)
    if np.array_equal(off, np.floor(off)) and reach <= most:
        whole: Whole = off.astype(np.int64)
        return whole
    stepped: Whole = np.rint(off * (min(MOST_STEPS, most) / reach)).astype(np.int64)
    return stepped


@dataclass(frozen=True)
class Chance:
    """Of m of n values, each m of them as likely: how often their sum is at most or at least s.

    `below[m, s]` and `above[m, s]` for m from 0; sums outside the table are never, or always.
    """

    n: int
    below: NDArray[np.float64]
    above: NDArray[np.float64]

    @classmethod
    def of(cls, values: Whole, most_summed: int) -> Chance:
        """For sums of up to so many of the values, which are whole and not negative."""
        sums = most_summed * int(values.max(initial=0)) + 1
        wide = 1 << int(np.ceil(np.log2(max(sums, 2))))
        turned = np.fft.fft(np.bincount(values.ravel(), minlength=wide) / values.size)
        parts = _newton(turned, values.size, most_summed)
        share = np.fft.irfft(parts, n=wide, axis=1)[:, :sums]
        return cls(
            values.size,
            np.clip(np.cumsum(share, axis=1), 0, 1),
            np.clip(np.cumsum(share[:, ::-1], axis=1)[:, ::-1], 0, 1),
        )

    def tail(self, sums: Whole, sizes: Whole, high: Marks, own: Whole | None = None) -> Column:
        """The share at least as high, or where not `high` at least as low, as each sum.

        With `own` the values of the places themselves, which are none of those drawn.
        """
        found = np.zeros(sums.shape)
        for side, table in ((True, self.above), (False, self.below)):
            mine = high == side
            found[mine] = (
                self._looked_up(table, sums[mine], sizes[mine], at_least=side)
                if own is None
                else self._without(table, sums[mine], sizes[mine], own[mine], at_least=side)
            )
        return found

    def _without(
        self, table: NDArray[np.float64], sums: Whole, sizes: Whole, own: Whole, *, at_least: bool
    ) -> Column:
        """Of the draws from all, m / n hold the place's own value: take those away, one by one."""
        found = np.zeros(sums.shape)
        for m in range(int(sizes.max(initial=0)) + 1):
            here = m <= sizes
            at = (sums - (sizes - m) * own)[here]
            every = self._looked_up(table, at, np.full(at.shape, m), at_least=at_least)
            found[here] = (self.n * every - m * found[here]) / (self.n - m)
        return found

    def _looked_up(
        self, table: NDArray[np.float64], sums: Whole, sizes: Whole, *, at_least: bool
    ) -> Column:
        last = table.shape[1] - 1
        found = table[sizes, np.clip(sums, 0, last)]
        never = sums > last if at_least else sums < 0
        always = sums < 0 if at_least else sums > last
        return np.where(never, 0.0, np.where(always, 1.0, found))


def _newton(turned: NDArray[np.complex128], n: int, most: int) -> NDArray[np.complex128]:
    """The transforms of the chances of the sum of 0, 1, ... `most` of n values.

    `turned` is that of one value. The power sum of order i at a frequency is that of order one at
    i times the frequency. Elementary symmetric sums are kept as shares of all ways to draw.
    """
    half = turned.size // 2 + 1
    at = np.arange(half)
    power = [turned[(order * at) % turned.size] for order in range(1, most + 1)]
    found = np.ones((most + 1, half), dtype=np.complex128)
    for m in range(1, most + 1):
        share, sign = float(n) / m, 1.0
        found[m] = 0
        for order in range(1, m + 1):
            # Ways to draw m - order of n as a share of the ways to draw m.
            share *= (m - order + 1) / (n - m + order)
            found[m] += sign * share * found[m - order] * power[order - 1]
            sign = -sign
    return found
