"""How alike neighbours are."""

from __future__ import annotations

import numpy as np


def moran(values: np.ndarray, pairs: np.ndarray) -> float:
    """Moran's I with row-standardised weights of contiguity."""
    apart = values - values.mean()
    count = np.bincount(pairs.ravel(), minlength=len(values))
    a, b = pairs.T
    cross = (apart[a] * apart[b] * (1 / count[a] + 1 / count[b])).sum()
    return float(cross / (apart**2).sum())
