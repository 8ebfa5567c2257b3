"""Where only chance is at work next to nothing is flagged, and no map is better than luck."""

from __future__ import annotations

import numpy as np
import pytest

from lris.rules import grids, local_stats, scoring
from lris.rules.several import benjamini_hochberg
from lris.rules.smoothing import eb_global

CITIES = 20
CELLS = grids.square((0, 0, 30 * 250, 30 * 250), 250)
NEIGHBOURS = CELLS.neighbours()


@pytest.mark.parametrize("mean", [1.0, 5.0])
def test_gi_star_and_local_moran_flag_at_most_the_nominal_share_of_null_cities(mean: float):
    draw = np.random.default_rng(3)
    gi, moran = [], []
    for _ in range(CITIES):
        counts = draw.poisson(mean, len(CELLS)).astype(float)
        p = local_stats.two_sided_p(local_stats.gi_star(counts, NEIGHBOURS))
        gi.append((benjamini_hochberg(p) <= 0.05).mean())
        *_, deviate = local_stats.local_moran(counts, NEIGHBOURS)
        adjusted = benjamini_hochberg(local_stats.two_sided_p(deviate))
        moran.append((adjusted <= 0.05).mean())
    assert np.mean(gi) <= 0.002
    assert np.mean(moran) <= 0.002


def test_rates_of_unequal_areas_flag_no_more():
    draw = np.random.default_rng(4)
    flagged = []
    for _ in range(CITIES):
        people = draw.uniform(300, 3000, len(CELLS))
        rates = eb_global(draw.poisson(0.01 * people).astype(float), people)
        if np.ptp(rates) == 0:  # Chance alone, and seen as such.
            flagged.append(0.0)
            continue
        p = local_stats.two_sided_p(local_stats.gi_star(rates, NEIGHBOURS))
        flagged.append((benjamini_hochberg(p) <= 0.05).mean())
    assert np.mean(flagged) <= 0.002


def test_a_map_drawn_by_lot_has_an_index_of_one():
    draw = np.random.default_rng(5)
    later = draw.poisson(3, len(CELLS))
    land = draw.uniform(0.2, 1.0, len(CELLS))
    found = []
    for _ in range(400):
        marked = np.zeros(len(CELLS), dtype=bool)
        marked[draw.choice(len(CELLS), 45, replace=False)] = True
        found.append((scoring.hit_rate(marked, later), land[marked].sum() / land.sum()))
    hits, share = np.mean(found, axis=0)
    assert hits / share == pytest.approx(1, abs=0.02)
