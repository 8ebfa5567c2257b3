"""How good a hotspot map was: what the next period says of the places it marked.

Sources: Chainey, Tompson and Uhlig 2008 (hit rate, PAI); Hunt 2016 (PEI); Levine 2008 (RRI).

A map is a set of marked places, made from one period and scored on the next. Its area is land
inside the study area, worked out once and the same for every map. Set every score beside that of
the plain map that marks the places fullest in the period before: a method that does not beat it
adds nothing. Fewer than twenty incidents score nothing.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Column = NDArray[np.float64]
Marks = NDArray[np.bool_]

FEWEST = 20


def mark(scores: ArrayLike, share: float, areas: ArrayLike | None = None) -> Marks:
    """The places with the highest scores, as many as fit into `share` of the area; at least one.

    Equal scores go by position, so give places in the order of their names. Places without a score
    (NaN) are never marked. `areas`: land of each place, alike where left out.
    """
    value, land = np.asarray(scores, dtype=np.float64), _land(areas, np.size(scores))
    if not 0 < share <= 1:
        raise ValueError(f"a share of the area lies above 0 and up to 1, not {share!r}")
    order = np.argsort(-value, kind="stable")  # NaN sorts last.
    order = order[~np.isnan(value[order])]
    taken = np.cumsum(land[order]) <= share * land.sum() * (1 + 1e-12)
    taken[:1] = True
    marks = np.zeros(value.size, dtype=bool)
    marks[order[taken]] = True
    return marks


def hit_rate(marked: ArrayLike, counts: ArrayLike) -> float:
    """The share of the next period's incidents that fell on marked places: n / N."""
    marks, later = _given(marked, counts)
    return float(later[marks].sum() / later.sum())


def pai(marked: ArrayLike, counts: ArrayLike, areas: ArrayLike | None = None) -> float:
    """Predictive accuracy index: (n / N) / (a / A). 1 is what marking at random does.

    NaN where nothing is marked.
    """
    marks, later = _given(marked, counts)
    land = _land(areas, later.size)
    share = land[marks].sum() / land.sum()
    return float(hit_rate(marks, later) / share) if share > 0 else float("nan")


def pei(marked: ArrayLike, counts: ArrayLike) -> float:
    """Predictive efficiency index: n / n*, n* the most that as many places could have held."""
    marks, later = _given(marked, counts)
    most = np.sort(later)[::-1][: np.count_nonzero(marks)].sum()
    return float(later[marks].sum() / most) if most > 0 else float("nan")


def rri(marked: ArrayLike, counts_before: ArrayLike, counts: ArrayLike) -> float:
    """Recapture rate index: (n2 / N2) / (n1 / N1). 1 where marked places hold their share.

    NaN where they held nothing before.
    """
    first, second = hit_rate(marked, counts_before), hit_rate(marked, counts)
    return second / first if first > 0 else float("nan")


class Score(NamedTuple):
    """How one map did on the period after it."""

    hits: float
    incidents: float
    places_marked: int
    area_share: float
    hit_rate: float
    pai: float
    pei: float
    rri: float


def score(
    marked: ArrayLike,
    counts_before: ArrayLike,
    counts: ArrayLike,
    areas: ArrayLike | None = None,
) -> Score:
    """All scores of a map made from `counts_before` and judged by `counts`."""
    marks, later = _given(marked, counts)
    land = _land(areas, later.size)
    return Score(
        hits=float(later[marks].sum()),
        incidents=float(later.sum()),
        places_marked=int(np.count_nonzero(marks)),
        area_share=float(land[marks].sum() / land.sum()),
        hit_rate=hit_rate(marks, later),
        pai=pai(marks, later, land),
        pei=pei(marks, later),
        rri=rri(marks, counts_before, later),
    )


def _given(marked: ArrayLike, counts: ArrayLike) -> tuple[Marks, Column]:
    marks, later = np.asarray(marked, dtype=bool), np.asarray(counts, dtype=np.float64)
    if marks.shape != later.shape or not (np.isfinite(later).all() and (later >= 0).all()):
        raise ValueError("every place has a mark and a count, none below zero")
    if later.sum() < FEWEST:
        raise ValueError(f"{later.sum():g} incidents are too few to score a map: it takes {FEWEST}")
    return marks, later


def _land(areas: ArrayLike | None, places: int) -> Column:
    land = np.ones(places) if areas is None else np.asarray(areas, dtype=np.float64)
    if land.shape != (places,) or not (np.isfinite(land).all() and (land >= 0).all()):
        raise ValueError("every place has an area of land, none below zero")
    if not land.sum() > 0:
        raise ValueError("there is no land")
    return land
