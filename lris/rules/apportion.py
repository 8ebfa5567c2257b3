"""Carrying figures from one set of areas to another: up to parents, and across vintages."""

from __future__ import annotations

from collections.abc import Iterable
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


def carry(
    values: Column, links: Iterable[tuple[int, int, str]], size: int
) -> tuple[Column, NDArray[np.bool_]]:
    """Additive values carried across vintages by a change look-up of (from, to, change code).

    Unchanged areas are copied and merged ones summed, which is exact. Areas that were split or
    changed irregularly get no value, and are marked in the second answer: nothing published says
    how to share them out. Method: the exact-fit look-up's change codes U, M, S and X.
    """
    total = np.zeros(size)
    linked = np.zeros(size, dtype=np.bool_)
    changed = np.zeros(size, dtype=np.bool_)
    for start, end, change in links:
        linked[end] = True
        if change in ("S", "X"):
            changed[end] = True
        else:
            total[end] += values[start]
    return np.where(linked & ~changed, total, np.nan), changed
