"""Fisher's exact test: whether two proportions differ, for any counts however small."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Column = NDArray[np.float64]


def exact_test(
    count1: ArrayLike, denominator1: ArrayLike, count2: ArrayLike, denominator2: ArrayLike
) -> Column:
    """The p of no difference between two proportions: twice the smaller tail, at most 1.

    Given both denominators and all who are counted, the first count is hypergeometric (Fisher
    1935). Arrays are broadcast; numbers that are not whole are rounded. NaN where a count or a
    denominator is missing, a denominator is not above zero, or a count lies outside 0 to its own.
    """
    from scipy.stats import hypergeom  # A second, which only who compares needs.

    x1, n1, x2, n2 = np.broadcast_arrays(
        *(
            np.round(np.asarray(part, dtype=np.float64))
            for part in (count1, denominator1, count2, denominator2)
        )
    )
    known = (x1 >= 0) & (x2 >= 0) & (x1 <= n1) & (x2 <= n2) & (n1 > 0) & (n2 > 0)
    x1, n1, x2, n2 = (np.where(known, part, 1.0) for part in (x1, n1, x2, n2))
    drawn = hypergeom(n1 + n2, x1 + x2, n1)
    p = np.minimum(2 * np.minimum(drawn.cdf(x1), drawn.sf(x1 - 1)), 1.0)
    found: Column = np.where(known, p, np.nan)
    return found
