"""The road of an incident to an area: the publisher's code first, the published look-up next, the
point last.

A publisher's area code wins over point-in-polygon: the code was given to the true (snapped) point
on full-resolution boundaries, while the polygons at hand are generalised. Into another vintage an
unchanged or merged area is followed through the published change look-up; only where the area was
split, or changed irregularly, does the point decide, and then among the children of its parent
alone. A row without a code is placed by its point. The road is returned with the area.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lris.rules.placing import PlacingIndex
from lris.rules.placing_candidates import Candidates, place_in_candidates
from lris.terms import Route

ROUTES: tuple[Route, ...] = tuple(Route)
"""Routes by number, as they are stored; new ones are only ever added at the end."""

ROUTE_NUMBER: Mapping[Route, int] = {route: number for number, route in enumerate(ROUTES)}

IRREGULAR = frozenset({"S", "X"})
"""Change codes whose children must be told apart by the point."""

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Destination:
    """One vintage as seen from the vintage the publisher's codes belong to.

    `index_of` gives the index of each code of this vintage among its areas. `children` maps a
    publisher's code to the codes it became, with the change code, and is empty where no look-up is
    loaded. `same_vintage` says that the publisher's codes are codes of this very vintage;
    `codes_loaded` are the publisher's codes whose own vintage is loaded, or None where it is
    not. `decided` is filled on the way: a code is thought about once, not with every batch.
    """

    vintage: str
    index_of: Mapping[str, int]
    same_vintage: bool
    children: Mapping[str, tuple[tuple[str, str], ...]]
    codes_loaded: Set[str] | None
    index: PlacingIndex = field(repr=False)
    decided: dict[str, Decision] = field(default_factory=dict, repr=False, compare=False)


def route(
    codes: NDArray[np.object_], x: Floats, y: Floats, to: Destination
) -> tuple[Indices, NDArray[np.int16]]:
    """Area index (-1 for none) and route number of each row. All inputs have the same length."""
    encoded = pa.array(codes, pa.string()).dictionary_encode()
    unique, inverse = encoded.dictionary.to_pylist(), encoded.indices.to_numpy()
    decisions = [_decided(code, to) for code in unique]
    area = np.array([one.area for one in decisions], dtype=np.int64)[inverse]
    way = np.array([one.way for one in decisions], dtype=np.int16)[inverse]
    located = np.isfinite(x) & np.isfinite(y)

    rows = _take(way, Route.POINT_IN_PARENT, located, Route.SPLIT_WITHOUT_POINT)
    candidates = Candidates.shared(inverse[rows], [one.choice for one in decisions])
    found, nearest = _place_among(candidates, x[rows], y[rows], to.index)
    # A point beside all loaded children may well lie in one that is not loaded.
    whole = np.array([one.whole for one in decisions], dtype=np.bool_)
    astray = nearest & ~whole[inverse[rows]]
    area[rows] = np.where(astray, -1, found)
    way[rows[astray]] = ROUTE_NUMBER[Route.OUTSIDE]

    rows = _take(way, Route.POINT, located, Route.NO_LOCATION)
    area[rows] = to.index.place(x[rows], y[rows])
    way[rows[area[rows] < 0]] = ROUTE_NUMBER[Route.OUTSIDE]
    return area, way


def _place_among(
    candidates: Candidates, x: Floats, y: Floats, index: PlacingIndex
) -> tuple[Indices, NDArray[np.bool_]]:
    """`place_in_candidates` among areas of the index, of which only these few are drawn."""
    few, numbers = np.unique(candidates.indices, return_inverse=True)
    found, nearest = place_in_candidates(
        x, y, Candidates(candidates.starts, numbers), index.outlines(few)
    )
    return np.append(few, -1)[found], nearest


def _take(
    way: NDArray[np.int16], wanted: Route, located: NDArray[np.bool_], otherwise: Route
) -> Indices:
    """The rows of one route that have a point; those that have none are marked `otherwise`."""
    rows = np.flatnonzero(way == ROUTE_NUMBER[wanted])
    way[rows[~located[rows]]] = ROUTE_NUMBER[otherwise]
    return rows[located[rows]]


class Decision(NamedTuple):
    """What a code alone settles: an area, a choice of children, or nothing but the point.

    `whole` says whether all that the code became is loaded.
    """

    area: int
    way: int
    choice: tuple[int, ...] = ()
    whole: bool = True


def _decided(code: str, to: Destination) -> Decision:
    """The decision on a code, made once for a destination."""
    if code not in to.decided:
        to.decided[code] = _decide(code, to)
    return to.decided[code]


def _decide(code: str, to: Destination) -> Decision:
    if not code:
        return Decision(-1, ROUTE_NUMBER[Route.POINT])
    if to.same_vintage:
        index = to.index_of.get(code, -1)
        way = Route.CODE if index >= 0 else Route.CODE_NOT_LOADED
        return Decision(index, ROUTE_NUMBER[way])
    if to.children:
        return _follow(to.children.get(code, ()), to)
    if to.codes_loaded is not None and code not in to.codes_loaded:
        return Decision(-1, ROUTE_NUMBER[Route.CODE_NOT_LOADED])
    if code in to.index_of:
        return Decision(to.index_of[code], ROUTE_NUMBER[Route.CODE])
    return Decision(-1, ROUTE_NUMBER[Route.POINT])


def _follow(children: tuple[tuple[str, str], ...], to: Destination) -> Decision:
    known = tuple(sorted(to.index_of[child] for child, _ in children if child in to.index_of))
    if not known:
        return Decision(-1, ROUTE_NUMBER[Route.CODE_NOT_LOADED])
    if len(children) == 1 and children[0][1] not in IRREGULAR:
        return Decision(known[0], ROUTE_NUMBER[Route.LOOKUP])
    return Decision(
        -1, ROUTE_NUMBER[Route.POINT_IN_PARENT], known, whole=len(known) == len(children)
    )
