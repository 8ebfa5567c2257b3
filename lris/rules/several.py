"""Many comparisons at once: of a hundred that hold nothing, five stand out at 95 % all the same."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Column = NDArray[np.float64]


def benjamini_hochberg(p: ArrayLike) -> Column:
    """Adjusted p values: flagging those under 0.05 leaves 5 % false flags among the flagged.

    Benjamini and Hochberg 1995; all values of the array are one family. NaN (not tested) stays NaN
    and does not count. Raises `ValueError` on what is no probability.
    """
    chance = np.asarray(p, dtype=np.float64)
    if np.any((chance < 0) | (chance > 1)):
        raise ValueError("a p lies between 0 and 1")
    known = ~np.isnan(chance)
    tested = chance[known]
    order = np.argsort(tested, kind="stable")
    stretched = tested[order] * tested.size / np.arange(1, tested.size + 1)
    adjusted = np.full(chance.shape, np.nan)
    back = np.empty(tested.size)
    back[order] = np.minimum(np.minimum.accumulate(stretched[::-1])[::-1], 1)
    adjusted[known] = back
    return adjusted
