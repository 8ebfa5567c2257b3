"""Adding the numbers of areas up to those of larger areas, and sharing them out among parts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Summing:
    """How areas add up to larger ones.

    `parent` is the index of each child's parent, -1 for none. `children` is how many children each
    parent is known to have, loaded or not: a parent with some missing is not whole. `exact` says
    whether the children nest, or go whole to the parent that fits best.
    """

    parent: Indices
    children: Indices
    exact: bool

    def sum(self, values: Column) -> tuple[Column, NDArray[np.bool_]]:
        """The parents' sums, and which are whole. NaN children are missing, not zero.

        A parent none of whose children has a value is NaN.
        """
        given = np.isfinite(values) & (self.parent >= 0)
        size = self.children.size
        total: Column = np.zeros(size)
        np.add.at(total, self.parent[given], values[given])
        known = np.bincount(self.parent[given], minlength=size)
        total = np.where(known > 0, total, np.nan)
        return total, (known == self.children) & (known > 0)


def shares(whole: Indices, weight: Column) -> Column:
    """The share of each part in its whole, by weight: those of one whole add up to 1.

    `whole` names the whole of each part. Where a part has no weight (NaN), or all weigh nothing,
    no part of that whole has a share: NaN.
    """
    if not whole.size:
        return np.empty(0)
    _, at = np.unique(whole, return_inverse=True)
    total = np.bincount(at, weights=weight)[at]
    return np.where(total > 0, weight / np.where(total > 0, total, 1.0), np.nan)
