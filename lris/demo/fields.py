"""Numbers that are alike where places are near: autoregressive fields over areas."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import spsolve

from lris.demo.shapes import Floats, Whole

SAR_RHO = 0.93


def autoregressive(pairs: Whole, noise: Floats) -> Floats:
    """x = rho W x + noise, W being the mean of neighbours; each column standardised.

    `pairs`: (n, 2) neighbours, each pair once; `noise`: (areas, fields) independent draws.
    """
    system = sparse.identity(len(noise), format="csc") - SAR_RHO * _contiguity(pairs, len(noise))
    return standard(np.asarray(spsolve(system, noise)))


def smoothed(pairs: Whole, values: Floats) -> Floats:
    """Half of each value and half of the mean of its neighbours, standardised."""
    return standard(values + _contiguity(pairs, len(values)) @ values)


def _contiguity(pairs: Whole, count: int) -> sparse.csc_matrix:
    """W: each row the mean of an area's neighbours."""
    rows = np.concatenate([pairs[:, 0], pairs[:, 1]])
    columns = np.concatenate([pairs[:, 1], pairs[:, 0]])
    weights = 1.0 / np.bincount(rows, minlength=count)[rows]
    return sparse.csc_matrix((weights, (rows, columns)), shape=(count, count))


def means(values: Floats, label: Whole, weight: Whole) -> Floats:
    """Weighted means of each column by label: (labels, fields)."""
    total = np.bincount(label, weight)
    sums = [np.bincount(label, weight * values[:, n]) for n in range(values.shape[1])]
    return np.column_stack(sums) / total[:, None]


def standard(values: Floats) -> Floats:
    """Mean 0 and standard deviation 1, to six decimals."""
    return np.asarray(np.round((values - values.mean(axis=0)) / values.std(axis=0), 6))
