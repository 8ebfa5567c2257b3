"""The road of an incident to an area: the publisher's code first, the published look-up next, the
point last.

A publisher's area code wins over point-in-polygon: the code was given to the true (snapped) point
on full-resolution boundaries, while the polygons at hand are generalised. Into another vintage an
unchanged or merged area is followed through the published change look-up; only where the area was
split, or changed irregularly, does the point decide, and then among the children of its parent
alone. A row without a code is placed by its point. The road is returned with the area.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lris.rules.placing import Candidates, Geometries, PlacingIndex, place_in_candidates
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
    `codes_loaded` are the publisher's codes whose own vintage is loaded, or None where it is not.
    """

    vintage: str
    index_of: Mapping[str, int]
    polygons: Geometries
    same_vintage: bool
    children: Mapping[str, tuple[tuple[str, str], ...]]
    codes_loaded: frozenset[str] | None
    index: PlacingIndex = field(repr=False)


def route(
    codes: NDArray[np.object_], x: Floats, y: Floats, to: Destination
) -> tuple[Indices, NDArray[np.int16]]:
    """Area index (-1 for none) and route number of each row. All inputs have the same length."""
    unique, inverse = np.unique(codes.astype(str), return_inverse=True)
    decisions = [_decide(code, to) for code in unique]
    area = np.array([decision[0] for decision in decisions], dtype=np.int64)[inverse]
    way = np.array([ROUTE_NUMBER[d[1]] for d in decisions], dtype=np.int16)[inverse]
    located = np.isfinite(x) & np.isfinite(y)

    rows = _take(way, Route.POINT_IN_PARENT, located, Route.SPLIT_WITHOUT_POINT)
    candidates = Candidates.shared(inverse[rows], [decision[2] for decision in decisions])
    found, nearest = place_in_candidates(x[rows], y[rows], candidates, to.polygons)
    # A point beside all loaded children may well lie in one that is not loaded.
    whole = np.array([_is_whole(str(code), to) for code in unique], dtype=np.bool_)
    astray = nearest & ~whole[inverse[rows]]
    area[rows] = np.where(astray, -1, found)
    way[rows[astray]] = ROUTE_NUMBER[Route.OUTSIDE]

    rows = _take(way, Route.POINT, located, Route.NO_LOCATION)
    area[rows] = to.index.place(x[rows], y[rows])
    way[rows[area[rows] < 0]] = ROUTE_NUMBER[Route.OUTSIDE]
    return area, way


def _take(
    way: NDArray[np.int16], wanted: Route, located: NDArray[np.bool_], otherwise: Route
) -> Indices:
    """The rows of one route that have a point; those that have none are marked `otherwise`."""
    rows = np.flatnonzero(way == ROUTE_NUMBER[wanted])
    way[rows[~located[rows]]] = ROUTE_NUMBER[otherwise]
    return rows[located[rows]]


_NO_CHOICE: tuple[int, ...] = ()


def _decide(code: str, to: Destination) -> tuple[int, Route, tuple[int, ...]]:
    """What a code alone settles: an area, a choice of children, or nothing but the point."""
    if not code:
        return -1, Route.POINT, _NO_CHOICE
    if to.same_vintage:
        index = to.index_of.get(code, -1)
        return index, Route.CODE if index >= 0 else Route.CODE_NOT_LOADED, _NO_CHOICE
    if to.children:
        return _follow(to.children.get(code, ()), to)
    if to.codes_loaded is not None and code not in to.codes_loaded:
        return -1, Route.CODE_NOT_LOADED, _NO_CHOICE
    if code in to.index_of:
        return to.index_of[code], Route.CODE, _NO_CHOICE
    return -1, Route.POINT, _NO_CHOICE


def _is_whole(code: str, to: Destination) -> bool:
    """Whether all that a code became is loaded."""
    return all(child in to.index_of for child, _ in to.children.get(code, ()))


def _follow(
    children: tuple[tuple[str, str], ...], to: Destination
) -> tuple[int, Route, tuple[int, ...]]:
    known = tuple(sorted(to.index_of[child] for child, _ in children if child in to.index_of))
    if not known:
        return -1, Route.CODE_NOT_LOADED, _NO_CHOICE
    if len(children) == 1 and children[0][1] not in IRREGULAR:
        return known[0], Route.LOOKUP, _NO_CHOICE
    return -1, Route.POINT_IN_PARENT, known
