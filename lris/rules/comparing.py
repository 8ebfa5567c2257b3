"""Whether two figures differ: a figure against a benchmark, and two areas against each other.

Against a benchmark its value is taken as it stands and the interval of the figure decides. Two
areas are never compared by whether their intervals overlap: that misses real differences. Counts
of independent events have an exact test of their ratio, proportions the limits of their
difference.

Sources: the Office for Health Improvement and Disparities' technical guide (benchmarks at 95 and
99.8 %); Przyborowski and Wilenski 1940 and Fay 2010 (ratio of two rates, conditional on the total;
the p that agrees with the limits); Newcombe 1998, method 10; Zou and Donner 2008 (the same for
other limits).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lris.rules.intervals import known_counts, known_denominators, tail_of, wilson

Column = NDArray[np.float64]
Words = NDArray[np.str_]
Estimate = tuple[Column, Column, Column]
Polarity = Literal["high_is_bad", "high_is_good", "none"]

ABOVE_AND_BELOW: dict[str, tuple[str, str]] = {
    "high_is_bad": ("worse", "better"),
    "high_is_good": ("better", "worse"),
    "none": ("higher", "lower"),
}
"""What a figure above and one below its benchmark is called, by the indicator's polarity."""


def verdict(
    value: ArrayLike,
    lower95: ArrayLike,
    upper95: ArrayLike,
    lower998: ArrayLike,
    upper998: ArrayLike,
    benchmark: ArrayLike,
    polarity: Polarity | ArrayLike,
) -> tuple[Words, Column]:
    """Verdict and level of each figure against its benchmark, in arrays of their common shape.

    The verdict is "better", "worse", "higher", "lower", "similar" or "not_compared"; the level is
    99.8 or 95 where an interval lies wholly on one side of the benchmark, else 0. Not compared is
    what lacks value, benchmark or 95 % limits. Where only the 99.8 % limits are missing the 95 %
    ones decide. Raises `ValueError` on an unknown polarity.
    """
    v, low, high, lowest, highest, mark = (
        np.asarray(part, dtype=np.float64)
        for part in (value, lower95, upper95, lower998, upper998, benchmark)
    )
    known = ~np.isnan(v + low + high + mark)
    level = np.select(
        [(lowest > mark) | (highest < mark), (low > mark) | (high < mark)], [99.8, 95]
    )
    level = np.where(known, level, 0.0)
    above, below = _ends(polarity)
    word = np.where(v > mark, above, below)
    word = np.where(known, np.where(level > 0, word, "similar"), "not_compared")
    return word, np.broadcast_to(level, word.shape).copy()


def ratio_test(
    count1: ArrayLike,
    denominator1: ArrayLike,
    count2: ArrayLike,
    denominator2: ArrayLike,
    confidence: float = 0.95,
) -> tuple[Column, Column, Column, Column]:
    """The ratio of the first rate to the second, its exact limits, and the p of no difference.

    Given the total of events, the first count is binomial. p is twice the smaller tail, so that it
    is below 0.05 just where the 95 % limits leave 1 out. Where the second count is 0 the ratio and
    its upper limit are infinite; where both are, all four are NaN. Raises `ValueError` on negative
    counts.
    """
    from scipy.special import betainc, betaincinv  # Half a second, which only who compares needs.

    tail = tail_of(confidence)
    x1, n1, x2, n2 = np.broadcast_arrays(
        known_counts(count1),
        known_denominators(denominator1),
        known_counts(count2),
        known_denominators(denominator2),
    )
    known = ~np.isnan(x1 + n1 + x2 + n2) & (x1 + x2 > 0)
    x1, n1, x2, n2 = (np.where(known, part, np.nan) for part in (x1, n1, x2, n2))
    share = n1 / (n1 + n2)
    least = np.where(x1 == 0, 0.0, betaincinv(x1, x2 + 1, tail))
    most = np.where(x2 == 0, 1.0, betaincinv(x1 + 1, x2, 1 - tail))
    at_least = np.where(x1 == 0, 1.0, betainc(x1, x2 + 1, share))
    at_most = np.where(x2 == 0, 1.0, betainc(x2, x1 + 1, n2 / (n1 + n2)))
    p = np.where(known, np.minimum(2 * np.minimum(at_least, at_most), 1), np.nan)
    ratio, lower, upper = (
        np.where(known, odds * n2 / n1, np.nan)
        for odds in (_odds(x1 / (x1 + x2)), _odds(least), _odds(most))
    )
    return ratio[()], lower[()], upper[()], p[()]


def difference_of_proportions(
    count1: ArrayLike,
    denominator1: ArrayLike,
    count2: ArrayLike,
    denominator2: ArrayLike,
    confidence: float = 0.95,
) -> Estimate:
    """The first proportion less the second, with the limits of Newcombe's method 10.

    Raises `ValueError` where a count is negative or above its denominator.
    """
    x1, n1, x2, n2 = (
        known_counts(count1),
        known_denominators(denominator1),
        known_counts(count2),
        known_denominators(denominator2),
    )
    first = x1 / n1, *wilson(x1, n1, confidence)
    return difference(*first, x2 / n2, *wilson(x2, n2, confidence))


def difference(
    value1: ArrayLike,
    lower1: ArrayLike,
    upper1: ArrayLike,
    value2: ArrayLike,
    lower2: ArrayLike,
    upper2: ArrayLike,
) -> Estimate:
    """The first of two independent estimates less the second, with limits from those of both.

    Each limit of the difference lies as far out as the two nearer limits squared and added.
    """
    a, low1, high1, b, low2, high2 = (
        np.asarray(part, dtype=np.float64)
        for part in (value1, lower1, upper1, value2, lower2, upper2)
    )
    gap = a - b
    lower = gap - np.hypot(a - low1, high2 - b)
    upper = gap + np.hypot(high1 - a, b - low2)
    return gap[()], lower[()], upper[()]


def _ends(polarity: Polarity | ArrayLike) -> tuple[Words, Words]:
    told = np.asarray(polarity)
    unknown = sorted({str(one) for one in np.unique(told)} - set(ABOVE_AND_BELOW))
    if unknown:
        raise ValueError(f"{unknown[0]!r} is no polarity; there are {', '.join(ABOVE_AND_BELOW)}")
    is_it = [told == one for one in ABOVE_AND_BELOW]
    above, below = (
        np.select(is_it, [pair[end] for pair in ABOVE_AND_BELOW.values()], "") for end in (0, 1)
    )
    return above, below


def _odds(share: Column) -> Column:
    whole = share == 1
    return np.asarray(np.where(whole, np.inf, share / np.where(whole, 1.0, 1 - share)))
