"""Hotspots over time: new, lasting, fading, on and off. Classes by the definitions of Esri's tool.

A place is hot in a period where its Gi* is significantly high, cold where significantly low. The
course of its Gi* is tested by Mann and Kendall's trend test. With at least ten periods:

* new: hot in the last period, never before;
* consecutive: hot in a run of two or more periods that ends the series, never before it, and in
  fewer than 90 % of all;
* intensifying, diminishing, persistent: hot in 90 % or more, the last among them, with Gi* rising,
  falling, or neither;
* oscillating: hot in the last, in fewer than 90 %, and cold in some period before;
* sporadic: hot in the last, off and on, in fewer than 90 %, never cold;
* historical: hot in 90 % or more, but not in the last.

Cold ones are their mirror image. All else is "no pattern detected".
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lris.rules.dealing import levels, values_p
from lris.rules.local_stats import Neighbours, two_sided_p
from lris.rules.trend import mann_kendall

Table = NDArray[np.float64]
Whole = NDArray[np.int64]
Marks = NDArray[np.bool_]

FEWEST_PERIODS = 10
NO_PATTERN = "no pattern detected"
KINDS = (
    "new",
    "consecutive",
    "intensifying",
    "diminishing",
    "persistent",
    "oscillating",
    "sporadic",
    "historical",
)
CLASSES = (
    *(f"{kind} hotspot" for kind in KINDS),
    *(f"{kind} coldspot" for kind in KINDS),
    NO_PATTERN,
)


def classify(z: ArrayLike, p: ArrayLike | None = None, alpha: float = 0.05) -> NDArray[np.str_]:
    """The class of each place, one of `CLASSES`; `z` is its Gi*, shape (places, periods).

    `p`: how likely each z is by chance, of the same shape, corrected for how many were tested;
    where left out, the two-sided normal one, uncorrected. A z that is NaN (nothing varied) is
    neither hot nor cold. `alpha` is the level of both the hotspots and the trend. Raises
    `ValueError` for fewer than ten periods.
    """
    deviate = np.atleast_2d(np.asarray(z, dtype=np.float64))
    chance = two_sided_p(deviate) if p is None else np.atleast_2d(np.asarray(p, dtype=np.float64))
    if deviate.ndim != 2 or chance.shape != deviate.shape:
        raise ValueError("Gi* and its p are tables of places and periods, of one shape")
    periods = deviate.shape[1]
    if periods < FEWEST_PERIODS:
        raise ValueError(
            f"{periods} periods are too few to tell a course by: it takes {FEWEST_PERIODS}"
        )
    rising, falling = _trends(deviate, alpha)
    hot, cold = ((chance <= alpha) & (sign * deviate > 0) for sign in (1, -1))
    warm = _kinds(hot, cold, rising, falling)
    # A coldspot grows by falling.
    cool = _kinds(cold, hot, falling, rising)
    named = [f"{kind} hotspot" for kind in KINDS] + [f"{kind} coldspot" for kind in KINDS]
    return np.select([*warm, *cool], named, NO_PATTERN)


def space_time(counts: ArrayLike, neighbours: Sequence[ArrayLike] | Neighbours) -> Table:
    """Gi* of every place and period, shape as `counts` (places, periods), oldest period first.

    Each is compared with all places and periods. Around it count itself, its neighbours, and the
    same places in the period before; the first period has none before. NaN where all are alike.
    """
    x, around = np.asarray(counts, dtype=np.float64), Neighbours.of(neighbours)
    if x.ndim != 2 or len(x) != len(around) or not np.isfinite(x).all():
        raise ValueError(
            f"a table of {len(around)} places and some periods is wanted, without gaps"
        )
    n = x.size
    off = x - x.mean()
    total, weight = sums_around(off, around)
    spread = np.sqrt(np.mean(off**2) * (n * weight - weight**2) / max(n - 1, 1))
    spread[(weight == n) | np.all(x == x[:1, :1])] = np.nan
    deviate: Table = total / spread
    return deviate


def space_time_values_p(
    counts: ArrayLike, neighbours: Sequence[ArrayLike] | Neighbours, z: ArrayLike
) -> Table:
    """How likely each z of `space_time` is if all values were dealt out anew; two-sided."""
    around = Neighbours.of(neighbours)
    most = 2 * (int(around.counts.max(initial=0)) + 1)
    level = levels(counts, most)
    total, weight = sums_around(level.astype(np.float64), around)
    found: Table = values_p(level, total, weight, np.asarray(z, dtype=np.float64))
    return found


def sums_around(x: Table, around: Neighbours) -> tuple[Table, Whole]:
    """The sum of each place and those around it, in its period and the one before; of how many."""
    here = x + around.sums(x)
    total, weight = here.copy(), np.repeat((around.counts + 1)[:, None], x.shape[1], axis=1)
    total[:, 1:] += here[:, :-1]
    weight[:, 1:] *= 2
    return total, weight


def _trends(deviate: Table, alpha: float) -> tuple[Marks, Marks]:
    known = ~np.isnan(deviate).any(axis=1)
    rising, falling = np.zeros(len(deviate), dtype=bool), np.zeros(len(deviate), dtype=bool)
    if known.any():
        _, s, _, p = mann_kendall(deviate[known])
        rising[known], falling[known] = (p <= alpha) & (s > 0), (p <= alpha) & (s < 0)
    return rising, falling


def _kinds(hot: Marks, cold: Marks, growing: Marks, shrinking: Marks) -> list[Marks]:
    """Which places are of each kind, in the order of `KINDS`."""
    periods = hot.shape[1]
    often = 10 * hot.sum(axis=1) >= 9 * periods
    last = hot[:, -1]
    # How long the run at the end is; all of it where there was never another.
    run = np.where(hot.all(axis=1), periods, np.argmin(hot[:, ::-1], axis=1))
    only_run = hot.sum(axis=1) == run
    seldom = last & ~often
    return [
        seldom & only_run & (run == 1),
        seldom & only_run & (run > 1),
        often & last & growing,
        often & last & shrinking,
        often & last & ~growing & ~shrinking,
        seldom & ~only_run & cold.any(axis=1),
        seldom & ~only_run & ~cold.any(axis=1),
        often & ~last,
    ]
