"""How good a map was: what it flagged held against the months that followed, beside simpler maps.

Hit rate, PAI (Chainey, Tompson and Uhlig 2008) and PEI (Hunt 2016). The area is land inside the
study area and nothing else. Two other maps are scored with as much land: one that repeats what was
counted last time (less land, where that was counted on less), and one drawn by lot.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lris.hotspots.looking import Look, span_words
from lris.rules.scoring import FEWEST, hit_rate, mark, pai, pei

Column = NDArray[np.float64]
Marks = NDArray[np.bool_]

FLAGGED_SHARE = 0.05
DRAWS = 200
M2_A_KM2 = 1e6


@dataclass(frozen=True, slots=True)
class Trial:
    """A map that says where: which units it flags, their land, what was counted and what came."""

    what: str
    flagged: Marks
    land_m2: Column
    now: Column
    after: Column
    share_of: str = "land"


def highest(values: Column, land_m2: Column, share: float = FLAGGED_SHARE) -> Marks:
    """The units with the highest values, as many as fit into a share of the land; none of zero."""
    return mark(values, share, land_m2) & (values > 0)


def evaluation(look: Look, trial: Trial) -> dict[str, Any]:
    """The scores of a map on the months that followed, or why there are none."""
    if not look.after:
        return {
            "scored": False,
            "because": "the months that follow are not delivered whole, so that nothing can be said"
            " of how good this map was",
        }
    came = int(trial.after.sum())
    period = span_words(look.after)
    told: dict[str, Any] = {"period": period, "incidents": came, "flagged_by": trial.what}
    if came < FEWEST:
        return {
            "scored": False,
            **told,
            "because": f"{came} incidents came in {period}: with fewer than {FEWEST}"
            " a score would be chance",
        }
    if not trial.flagged.any():
        return {"scored": False, **told, "because": "the map flags nothing"}
    mine = _scores(trial.flagged, trial)
    naive = _repeated(trial)
    return {
        "scored": True,
        **told,
        "land_km2": round(float(trial.land_m2.sum()) / M2_A_KM2, 4),
        "flagged_km2": round(float(trial.land_m2[trial.flagged].sum()) / M2_A_KM2, 4),
        "map": mine,
        "last_time_again": {**_scores(naive, trial), "land": _number(_land(naive, trial))},
        "random": _by_lot(trial),
        "sentence": _sentence(mine, naive, trial, period),
    }


def _scores(flagged: Marks, trial: Trial) -> dict[str, float | None]:
    return {
        "hit_rate": _number(hit_rate(flagged, trial.after)),
        "pai": _number(pai(flagged, trial.after, trial.land_m2)),
        "pei": _number(pei(flagged, trial.after)),
    }


def _repeated(trial: Trial) -> Marks:
    """Where most was counted, as densely as can be: as much land, or all with anything counted."""
    share = _land(trial.flagged, trial)
    return highest(trial.now / np.maximum(trial.land_m2, 1e-9), trial.land_m2, share)


def _by_lot(trial: Trial) -> dict[str, float | None]:
    """The middle of many maps with as many units drawn by lot, and the range of 95 % of them."""
    draw = np.random.default_rng(1)
    many = int(trial.flagged.sum())
    found = []
    for _ in range(DRAWS):
        chosen = draw.choice(trial.flagged.size, many, replace=False)
        hits = trial.after[chosen].sum() / trial.after.sum()
        found.append((hits, trial.land_m2[chosen].sum() / trial.land_m2.sum()))
    hits, land = np.array(found).T
    low, high = np.percentile(hits / land, [2.5, 97.5])
    return {
        "hit_rate": _number(hits.mean()),
        "pai": _number(hits.mean() / land.mean()),
        "pai_lower": _number(low),
        "pai_upper": _number(high),
        "maps": DRAWS,
    }


def _sentence(mine: Mapping[str, float | None], naive: Marks, trial: Trial, period: str) -> str:
    hits, again = mine["hit_rate"] or 0.0, hit_rate(naive, trial.after)
    return (
        f"Of the incidents of {period} {hits:.0%} fell on the {_land(trial.flagged, trial):.1%} of"
        f" the {trial.share_of} flagged ({mine['pai']:.1f} times what chance would give); the"
        f" {_land(naive, trial):.1%} where most was counted before held {again:.0%}."
    )


def _land(flagged: Marks, trial: Trial) -> float:
    """The share of the land that is flagged."""
    return float(trial.land_m2[flagged].sum() / trial.land_m2.sum())


def _number(value: float) -> float | None:
    return round(float(value), 4) if np.isfinite(value) else None
