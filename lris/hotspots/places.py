"""Few places with much of it: clusters of incidents, and how unequally incidents lie."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from lris.errors import BadRequest
from lris.hotspots.colours import NONE, RAMPS
from lris.hotspots.counting import finite
from lris.hotspots.evaluating import Trial, evaluation
from lris.hotspots.looking import Found, Look, Shape
from lris.hotspots.surfaces import check_cells, lattice
from lris.rules.clusters import NOISE, dbscan
from lris.rules.concentration import generalised_gini, gini, lorenz, places_holding
from lris.store.hotspot_points import place_keys, point_counts

Column = NDArray[np.float64]

WITHIN_M = 150.0
FEWEST_SHARE = 0.01
FEWEST_OF_A_CLUSTER = 10
LEAST_DRAWN = 10
"""A cluster of fewer incidents has no outline: few points can give away who was meant."""

ROUND_A_CLUSTER_M = 50.0
MOST_CELLS = 500_000
LORENZ_POINTS = 101


def clusters(look: Look) -> Found:
    """Map points thick with incidents within reach of each other (DBSCAN)."""
    weights = look.taken.at_points(look.now)
    incidents = look.taken.at_points(look.now, weighed=False)
    within = look.asked.distance_m or WITHIN_M
    if within > look.over.shorter_side_m / 2:
        raise BadRequest(
            f"a distance of {within:,.0f} m would make one cluster of {look.over.name}",
            remedy=f"choose one below {look.over.shorter_side_m / 4:,.0f} m",
        )
    fewest = look.asked.least or max(
        FEWEST_OF_A_CLUSTER, round(FEWEST_SHARE * float(weights.sum()))
    )
    some = weights > 0
    x, y = look.taken.x[some], look.taken.y[some]
    label = dbscan(x, y, within, fewest, weights[some])
    shapes: list[Shape] = []
    for number in range(int(label.max(initial=NOISE)) + 1):
        mine = label == number
        held = int(incidents[some][mine].sum())
        if held < LEAST_DRAWN:
            continue
        hull = shapely.convex_hull(shapely.multipoints(np.column_stack([x[mine], y[mine]])))
        # Points stand for the streets around them, and a single one has no ground of its own.
        drawn: Any = shapely.buffer(hull, ROUND_A_CLUSTER_M)
        shapes.append(
            Shape(
                drawn,
                {
                    "class": "cluster",
                    "rank": len(shapes) + 1,
                    "incidents": held,
                    **({"harm": round(float(weights[some][mine].sum()), 2)} if look.harm else {}),
                    "map_points": int(mine.sum()),
                    "land_km2": round(float(drawn.area) / 1e6, 4),
                },
            )
        )
    inside = sum(int(one.properties["incidents"]) for one in shapes)
    return Found(
        shapes,
        [{"class": "cluster", "colour": RAMPS["heat"][4]}],
        chosen={
            "within_m": within,
            "fewest": fewest,
            "drawn_from": LEAST_DRAWN,
            "margin_m": ROUND_A_CLUSTER_M,
            "because": {
                "within_m": "as asked" if look.asked.distance_m else "a street or two",
                "fewest": "as asked"
                if look.asked.least
                else f"{FEWEST_SHARE:.0%} of all, and not below {FEWEST_OF_A_CLUSTER}",
            },
        },
        sentences=[
            f"{len(shapes):,} clusters hold {inside:,} of {look.incidents:,} incidents"
            f" ({inside / max(look.incidents, 1):.0%}): {look.what.lower()} in {look.over.name},"
            f" {look.period}."
        ],
        evaluation=evaluation(look, _inside_clusters(look, shapes)),
    )


def _inside_clusters(look: Look, shapes: list[Shape]) -> Trial:
    """The clusters as cells of 100 m, so that they can be held against other maps."""
    cell = 100.0
    check_cells(look.over, cell, MOST_CELLS)
    grid = lattice(look.over, cell)
    row, column = np.nonzero(grid.land)
    joined = shapely.union_all([one.geometry for one in shapes])
    shapely.prepare(joined)
    flagged = shapely.contains_xy(joined, grid.x[column], grid.y[row])
    now, after = (
        grid.counted(look.taken.x, look.taken.y, look.taken.at_points(months, weighed=False))[
            grid.land
        ]
        for months in (look.now, look.after)
    )
    return Trial("cells of 100 m in a cluster", flagged, np.full(row.size, cell**2), now, after)


def concentration(look: Look) -> Found:
    """How much of it lies on how few map points: Lorenz, Gini, and the generalised Gini."""
    counts = look.taken.at_points(look.now)
    incidents = look.taken.at_points(look.now, weighed=False)
    known = _points_of_any_kind(look)
    every = np.zeros(max(known, counts.size))
    every[: counts.size] = counts
    quarter, half = places_holding(every, 0.25), places_holding(every, 0.5)
    shares, held = lorenz(every)
    at = np.unique(np.linspace(0, shares.size - 1, LORENZ_POINTS).round().astype(int))
    body: dict[str, Any] = {
        "map_points": int(every.size),
        "with_incidents": int((incidents > 0).sum()),
        "gini": finite(gini(every)),
        # How many events there are is what it allows for: days of harm are no events.
        "generalised_gini": None if look.harm else finite(generalised_gini(every)),
        "holding": [
            {
                "share_of_incidents": share,
                "map_points": one.places,
                "share_of_map_points": finite(one.share_of_places),
                "share_of_those_with_incidents": finite(one.share_of_places_with_crime),
            }
            for share, one in ((0.25, quarter), (0.5, half))
        ],
        "lorenz": [[round(float(shares[n]), 5), round(float(held[n]), 5)] for n in at.tolist()],
    }
    order = np.argsort(-counts, kind="stable")
    top = order[: half.places]
    shapes = [
        Shape(
            shapely.Point(look.taken.x[n], look.taken.y[n]),
            {
                "class": "holds half",
                "rank": rank,
                "incidents": int(incidents[n]),
                **({"harm": round(float(counts[n]), 2)} if look.harm else {}),
            },
        )
        for rank, n in enumerate(top.tolist(), 1)
    ]
    few = look.incidents < every.size and not look.harm
    return Found(
        shapes,
        [{"class": "holds half", "colour": RAMPS["heat"][4]}, {"class": "other", "colour": NONE}],
        chosen={
            "map_points_are": "those where the source ever put any incident in these months,"
            " whatever its category"
        },
        sentences=[
            f"Half of {look.what.lower()} in {look.over.name}, {look.period}, lies on"
            f" {half.places:,} of {every.size:,} map points ({half.share_of_places:.1%}), a quarter"
            f" on {quarter.places:,}.",
            f"Gini's coefficient is {gini(every):.2f}"
            + (
                f"; with fewer incidents than points some must stay empty, and allowing for that it"
                f" is {generalised_gini(every):.2f}."
                if few
                else "."
            ),
        ],
        body=body,
    )


def _points_of_any_kind(look: Look) -> int:
    """How many map points of the study area the source used in these months at all."""
    every = point_counts(
        look.connection,
        replace(look.sought, categories=tuple(sorted(look.source.categories))),
        look.over.bounds,
    )
    some = ~np.isnan(every.x)
    x, y = every.x[some], every.y[some]
    _, at = np.unique(place_keys(x, y), return_index=True)
    return int(look.over.holds(x[at], y[at]).sum())
