"""How many different values there are among many, in bounded memory.

Exact up to `MOST` different values; beyond that by adaptive sampling (Wegman; Flajolet, "On
adaptive sampling", Computing 43, 1990), whose standard error is about 1.2 / sqrt(MOST): 0.1 per
cent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

MOST = 1 << 20

Keys = NDArray[np.uint64]


@dataclass(slots=True)
class Distinct:
    """Counts different keys; keys are 64-bit hashes, evenly spread (`keys_of`)."""

    most: int = MOST
    kept: Keys = field(default_factory=lambda: np.empty(0, dtype=np.uint64))
    waiting: list[Keys] = field(default_factory=list)
    doublings: int = 0

    def add(self, keys: Keys) -> None:
        """Take more keys; the same key twice counts once."""
        self.waiting.append(self._sampled(keys))
        if sum(part.size for part in self.waiting) > self.most:
            self._settle()

    @property
    def count(self) -> int:
        """How many different keys there were."""
        self._settle()
        return int(self.kept.size) << self.doublings

    def _sampled(self, keys: Keys) -> Keys:
        return keys if not self.doublings else keys[keys >> np.uint64(64 - self.doublings) == 0]

    def _settle(self) -> None:
        together = np.concatenate([self.kept, *self.waiting])
        together.sort()  # `np.unique` hashes numbers, which takes ten times as long.
        self.kept = together[np.diff(together, prepend=~together[:1]) != 0]
        self.waiting = []
        while self.kept.size > self.most:
            self.doublings += 1
            self.kept = self._sampled(self.kept)


def keys_of(columns: Sequence[NDArray[np.object_] | NDArray[np.float64]]) -> Keys:
    """One 64-bit key a row of columns of texts or numbers; equal rows have equal keys.

    Good within one process: Python seeds the hash of texts anew for each.
    """
    keys = np.zeros(columns[0].size if columns else 0, dtype=np.uint64)
    for column in columns:
        keys = _mixed(keys * np.uint64(31) + _hashes(column))
    return keys


def _hashes(column: NDArray[np.object_] | NDArray[np.float64]) -> Keys:
    if column.dtype == object:
        found = np.fromiter(map(hash, column), dtype=np.int64, count=column.size)
        return found.view(np.uint64)
    return np.ascontiguousarray(column + 0.0, dtype=np.float64).view(np.uint64)


def _mixed(keys: Keys) -> Keys:
    """Spread keys evenly over all 64 bits (the finaliser of splitmix64; Steele et al. 2014)."""
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(keys ^ (keys >> np.uint64(31)))
