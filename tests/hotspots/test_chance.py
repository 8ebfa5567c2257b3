"""Where only chance is at work next to nothing is flagged, and no map is better than luck.

The same for 200 cities, and for what is no chance: `python -m tests.bench chance`.
"""

from __future__ import annotations

import numpy as np
import pytest

from lris.demo.events import Events, Ground, ordinary_events
from lris.demo.geography import Geography, make_geography
from lris.rules import grids, scoring
from tests.hotspots.null_cities import CASES, START, areas, changed, flagged_by, snaps, squares

SEED = 70_777
LOTS = 25
A_YEAR = 12


@pytest.fixture(scope="module")
def null_city() -> tuple[Geography, Events]:
    """A city with nothing planted."""
    land = make_geography(SEED)
    return land, ordinary_events(Ground(land))


@pytest.mark.parametrize("unit", [squares, areas])
def test_incidents_anywhere_by_lot_flag_at_most_one_map_in_twenty(null_city, unit):
    """As many as the city had, of thin categories and thick ones, over its land or residents."""
    land, events = null_city
    places, draw = unit(land), np.random.default_rng(3)
    flagged: dict[str, list[bool]] = {}
    for name, months in CASES:
        own = places.counted(snaps(events, name, START, months))
        for _ in range(LOTS):
            for method, some, _tested in flagged_by(places, places.dealt(own, draw)):
                flagged.setdefault(method, []).append(some > 0)
    for method in ("gi_star", "local_moran"):
        assert np.mean(flagged[method]) <= 0.05, method
    assert np.mean(flagged["gi_star, normal p"]) > np.mean(flagged["gi_star"])


def test_of_places_that_lie_together_by_chance_fewer_than_one_in_twenty_is_flagged(null_city):
    """The city's own counts on other places: uneven as places are, with very full ones."""
    land, events = null_city
    places, draw = squares(land), np.random.default_rng(4)
    for name, months in CASES:
        own = places.counted(snaps(events, name, START, months))
        for method, some, tested in flagged_by(places, draw.permutation(own)):
            if "normal" not in method:
                assert some / tested <= 0.05, (name, method)


def test_where_the_city_changes_as_a_whole_no_place_does(null_city):
    land, events = null_city
    for places in (squares(land), areas(land)):
        for name, months in CASES:
            now, before = (
                places.counted(snaps(events, name, start, months))
                for start in (START, START - A_YEAR)
            )
            flagged, tested = changed(now, before)
            assert flagged <= 0.002 * tested, name


def test_a_map_drawn_by_lot_has_an_index_of_one():
    cells = grids.square((0, 0, 30 * 250, 30 * 250), 250)
    draw = np.random.default_rng(5)
    later = draw.poisson(3, len(cells))
    land = draw.uniform(0.2, 1.0, len(cells))
    found = []
    for _ in range(400):
        marked = np.zeros(len(cells), dtype=bool)
        marked[draw.choice(len(cells), 45, replace=False)] = True
        found.append((scoring.hit_rate(marked, later), land[marked].sum() / land.sum()))
    hits, share = np.mean(found, axis=0)
    assert hits / share == pytest.approx(1, abs=0.02)
