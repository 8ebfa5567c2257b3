"""Where points lie thick together: DBSCAN (Ester, Kriegel, Sander and Xu 1996) on weighted places.

Coordinates are metres on a plane, so that a distance is the same in every direction. Incidents at
one snap point are one place of their joint weight: the clusters are the same and come a hundred
times sooner.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lris.rules.density import events

if TYPE_CHECKING:
    from shapely import Geometry

Column = NDArray[np.float64]
Whole = NDArray[np.int64]

NOISE = -1


def dbscan(
    x: ArrayLike,
    y: ArrayLike,
    within_m: float,
    fewest: float,
    weights: ArrayLike | None = None,
) -> Whole:
    """The cluster of each incident, from 0, the heaviest first; `NOISE` for those in none.

    An incident is at the core of a cluster where those within `within_m` of it, itself among them,
    weigh at least `fewest`; clusters are cores within reach of each other, and all they reach.
    Equally heavy clusters are ordered by their westernmost, then southernmost place. Raises
    `ValueError` on a distance or weight that cannot be.
    """
    from sklearn.cluster import DBSCAN

    if not (np.isfinite(within_m) and within_m > 0 and fewest > 0):
        raise ValueError(f"{within_m!r} metres and {fewest!r} incidents make no neighbourhood")
    east, north, weight = events(x, y, weights)
    if not east.size:
        return np.empty(0, dtype=np.int64)
    places, which = np.unique(np.column_stack([east, north]), axis=0, return_inverse=True)
    which = which.ravel()
    heavy = np.bincount(which, weights=weight).astype(np.float64)
    with warnings.catch_warnings():
        # Of a machine that has no lscpu; which cores are physical does not matter here.
        warnings.filterwarnings("ignore", message="Could not find the number of physical cores")
        found = DBSCAN(eps=within_m, min_samples=fewest).fit(places, sample_weight=heavy).labels_
    return _by_weight(found.astype(np.int64), heavy)[which]


def _by_weight(label: Whole, heavy: Column) -> Whole:
    """Labels numbered anew, the heaviest first; places come from west to east."""
    clustered = label != NOISE
    if not clustered.any():
        return label
    total = np.bincount(label[clustered], weights=heavy[clustered])
    _, first = np.unique(label[clustered], return_index=True)
    number = np.empty(total.size, dtype=np.int64)
    number[np.lexsort((first, -total))] = np.arange(total.size)
    renamed = label.copy()
    renamed[clustered] = number[label[clustered]]
    return renamed


@dataclass(frozen=True)
class Cluster:
    """One cluster told: incidents, weight, different places, middle and hull (shapely, metres)."""

    number: int
    incidents: int
    weight: float
    places: int
    middle: tuple[float, float]
    hull: Geometry | None


def described(
    x: ArrayLike,
    y: ArrayLike,
    labels: ArrayLike,
    weights: ArrayLike | None = None,
    fewest_drawn: int = 1,
) -> list[Cluster]:
    """The clusters in order, each with the hull of its places.

    The middle is the weighted mean. A cluster of fewer than `fewest_drawn` incidents has no hull
    (None): few points can give away who was meant.
    """
    import shapely

    east, north, weight = events(x, y, weights)
    label = np.asarray(labels, dtype=np.int64)
    if label.shape != east.shape:
        raise ValueError(f"{label.size} labels for {east.size} incidents")
    told = []
    for number in range(int(label.max(initial=NOISE)) + 1):
        mine = label == number
        xy = np.column_stack([east[mine], north[mine]])
        places = np.unique(xy, axis=0)
        drawn = int(mine.sum()) >= fewest_drawn
        hull = shapely.MultiPoint(places).convex_hull if drawn else None
        heavy = float(weight[mine].sum())
        centre = np.average(xy, axis=0, weights=weight[mine] if heavy > 0 else None)
        middle = (float(centre[0]), float(centre[1]))
        told.append(Cluster(number, int(mine.sum()), heavy, len(places), middle, hull))
    return told
