"""Scores of hotspot maps: on paper, at random, and beside the plain map of last period."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lris.rules.scoring import hit_rate, mark, pai, pei, rri, score

COUNTS = [10.0, 0, 5, 5, 0, 0, 0, 0, 0, 20]
MARKED = [True, False, True, False, False, False, False, False, False, False]


def test_scores_are_what_they_are_on_paper():
    assert hit_rate(MARKED, COUNTS) == pytest.approx(15 / 40)
    assert pai(MARKED, COUNTS) == pytest.approx((15 / 40) / (2 / 10))
    assert pei(MARKED, COUNTS) == pytest.approx(15 / 30)
    before = [20.0, 0, 20, 0, 0, 0, 0, 0, 0, 40]
    assert rri(MARKED, before, COUNTS) == pytest.approx((15 / 40) / (40 / 80))


def test_area_is_land_and_not_cells():
    land = np.array([1.0, 1, 0.5, 1, 1, 1, 1, 1, 1, 0.5])
    assert pai(MARKED, COUNTS, land) == pytest.approx((15 / 40) / (1.5 / 9))
    told = score(MARKED, COUNTS, COUNTS, land)
    assert told.area_share == pytest.approx(1.5 / 9)
    assert (told.hits, told.incidents, told.places_marked, told.rri) == (15, 40, 2, 1)


def test_marking_at_random_scores_one_within_error():
    rng = np.random.default_rng(1)
    counts = rng.poisson(rng.pareto(1.5, 2_000))
    scores = [pai(mark(rng.random(2_000), 0.05), counts) for _ in range(400)]
    assert np.mean(scores) == pytest.approx(1, abs=3 * np.std(scores) / 20)


@given(st.lists(st.integers(0, 30), min_size=4, max_size=40).filter(lambda c: sum(c) >= 20))
def test_no_map_beats_the_one_that_knows_what_comes(counts):
    known, guessed = mark(counts, 0.25), mark(np.arange(len(counts)), 0.25)
    assert pei(known, counts) == 1
    assert pai(guessed, counts) <= pai(known, counts)


def test_ties_go_by_position():
    assert np.flatnonzero(mark([1, 3, 3, 3, 0], 0.4)).tolist() == [1, 2]
    assert np.flatnonzero(mark([5, 5, 5, 5, 5], 0.6)).tolist() == [0, 1, 2]


def test_marked_land_stays_within_the_share_but_something_is_marked():
    land = [4.0, 1, 1, 1, 3]
    assert np.flatnonzero(mark([9, 8, 7, 6, 5], 0.3, land)).tolist() == [0]
    assert np.flatnonzero(mark([9, 8, 7, 6, 5], 0.5, land)).tolist() == [0, 1]
    assert np.flatnonzero(mark([9, 8, 7, 6, 5], 0.6, land)).tolist() == [0, 1, 2]


def test_places_without_a_score_are_never_marked():
    assert np.flatnonzero(mark([np.nan, 2, np.nan, 1], 1.0)).tolist() == [1, 3]


def test_nothing_marked_has_no_index():
    assert np.isnan(pai([False] * 10, COUNTS))
    assert np.isnan(pei([False] * 10, COUNTS))
    assert hit_rate([False] * 10, COUNTS) == 0


@pytest.mark.parametrize("ask", [hit_rate, pai, pei])
def test_fewer_than_twenty_incidents_score_nothing(ask):
    with pytest.raises(ValueError, match="19 incidents are too few"):
        ask([True, False], [19, 0])
    assert np.isfinite(ask([True, False], [20, 0]))


def test_what_does_not_go_together_is_refused():
    with pytest.raises(ValueError, match="a mark and a count"):
        hit_rate([True], [20, 0])
    with pytest.raises(ValueError, match="an area of land"):
        pai([True, False], [20, 0], [1.0])
    with pytest.raises(ValueError, match="share of the area"):
        mark([1, 2], 0)
