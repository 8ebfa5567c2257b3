"""Which areas touch: those whose outlines share a vertex, a border or a corner between them.

For outlines whose shared borders are drawn with the same vertices, as the display copies of an
edition are: there no two shapes need to be held against each other.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

Indices = NDArray[np.int64]


def touching(geometry: NDArray[np.object_]) -> list[Indices]:
    """For each outline the indices of those it shares a vertex with, ascending, never itself.

    Outlines that nothing touches, and empty ones, have none. Any one CRS will do.
    """
    vertices, owner = shapely.get_coordinates(geometry, return_index=True)
    order = np.lexsort((owner, vertices[:, 1], vertices[:, 0]))
    places, who = vertices[order], owner[order].astype(np.int64)
    other_place = np.any(places[1:] != places[:-1], axis=1)
    first = np.append(True, other_place | (who[1:] != who[:-1]))[: who.size]
    at_place = np.cumsum(np.append(True, other_place)[: who.size])[first]
    who = who[first]
    one, other = _pairs(at_place, who)
    size = len(geometry)
    both = np.unique(np.concatenate([one * size + other, other * size + one]))
    owners, members = np.divmod(both, max(size, 1))
    return np.split(members, np.searchsorted(owners, np.arange(1, size)))[: max(size, 0)]


def _pairs(place: Indices, who: Indices) -> tuple[Indices, Indices]:
    """Every two that are at the same place; both columns are sorted by place."""
    ones, others = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for lag in range(1, who.size):
        together = np.flatnonzero(place[lag:] == place[:-lag])
        if not together.size:
            break
        ones.append(who[together])
        others.append(who[together + lag])
    return np.concatenate(ones), np.concatenate(others)
