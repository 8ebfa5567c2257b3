"""The road of an incident to an area: the publisher's code first, the published look-up next, the
point last.

A publisher's area code wins over point-in-polygon: the code was given to the true (snapped) point
on full-resolution boundaries, while the polygons at hand are generalised. Into another vintage an
unchanged or merged area is followed through the published change look-up; only where the area was
split, or changed irregularly, does the point decide, and then among the children of its parent
alone. A row without a code is placed by its point. The road is returned with the area.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lris.terms import Route

ROUTES: tuple[Route, ...] = tuple(Route)
"""Routes by number, as they are stored; new ones are only ever added at the end."""

ROUTE_NUMBER: Mapping[Route, int] = {route: number for number, route in enumerate(ROUTES)}

IRREGULAR = frozenset({"S", "X"})
"""Change codes whose children must be told apart by the point."""

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
InPolygon = Callable[[Floats, Floats], Indices]
InCandidates = Callable[[Floats, Floats, Sequence[Indices]], Indices]


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
    same_vintage: bool
    children: Mapping[str, tuple[tuple[str, str], ...]]
    codes_loaded: frozenset[str] | None
    in_polygon: InPolygon
    in_candidates: InCandidates


def route(
    codes: NDArray[np.object_], x: Floats, y: Floats, to: Destination
) -> tuple[Indices, NDArray[np.int16]]:
    """Area index (-1 for none) and route number of each row. All inputs have the same length."""
    unique, inverse = np.unique(codes.astype(str), return_inverse=True)
    decisions = [_decide(code, to) for code in unique]
    area = np.array([decision[0] for decision in decisions], dtype=np.int64)[inverse]
    way = np.array([ROUTE_NUMBER[d[1]] for d in decisions], dtype=np.int16)[inverse]
    located = np.isfinite(x) & np.isfinite(y)

    _place_among_children(decisions, inverse, x, y, located, to, area, way)
    _place_by_point(x, y, located, to, area, way)
    return area, way


def _decide(code: str, to: Destination) -> tuple[int, Route, Indices | None]:
    """What a code alone settles: an area, a choice of children, or nothing but the point."""
    if not code:
        return -1, Route.POINT, None
    if to.same_vintage:
        index = to.index_of.get(code, -1)
        return index, Route.CODE if index >= 0 else Route.CODE_NOT_LOADED, None
    if to.children:
        return _follow(to.children.get(code, ()), to)
    if to.codes_loaded is not None and code not in to.codes_loaded:
        return -1, Route.CODE_NOT_LOADED, None
    if code in to.index_of:
        return to.index_of[code], Route.CODE, None
    return -1, Route.POINT, None


def _follow(
    children: tuple[tuple[str, str], ...], to: Destination
) -> tuple[int, Route, Indices | None]:
    known = [to.index_of[child] for child, _ in children if child in to.index_of]
    if not known:
        return -1, Route.CODE_NOT_LOADED, None
    if len(children) == 1 and children[0][1] not in IRREGULAR:
        return known[0], Route.LOOKUP, None
    return -1, Route.POINT_IN_PARENT, np.array(sorted(known), dtype=np.int64)


def _place_among_children(
    decisions: Sequence[tuple[int, Route, Indices | None]],
    inverse: NDArray[np.intp],
    x: Floats,
    y: Floats,
    located: NDArray[np.bool_],
    to: Destination,
    area: Indices,
    way: NDArray[np.int16],
) -> None:
    rows = np.flatnonzero(way == ROUTE_NUMBER[Route.POINT_IN_PARENT])
    way[rows[~located[rows]]] = ROUTE_NUMBER[Route.SPLIT_WITHOUT_POINT]
    rows = rows[located[rows]]
    if not rows.size:
        return
    candidates = [decisions[number][2] for number in inverse[rows]]
    area[rows] = to.in_candidates(x[rows], y[rows], [c for c in candidates if c is not None])


def _place_by_point(
    x: Floats,
    y: Floats,
    located: NDArray[np.bool_],
    to: Destination,
    area: Indices,
    way: NDArray[np.int16],
) -> None:
    rows = np.flatnonzero(way == ROUTE_NUMBER[Route.POINT])
    way[rows[~located[rows]]] = ROUTE_NUMBER[Route.NO_LOCATION]
    rows = rows[located[rows]]
    if not rows.size:
        return
    area[rows] = to.in_polygon(x[rows], y[rows])
    way[rows[area[rows] < 0]] = ROUTE_NUMBER[Route.OUTSIDE]
