"""How incidents lie over small areas, by hand and beside the rules for single places."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from lris.rules.concentration import generalised_gini, places_holding
from lris.rules.gatherings import FEWEST_PLACES, GATHERINGS, gathered

NAN = float("nan")
ONE_AREA = np.zeros(5, dtype=np.int64)


def told(method: str, now: list[float], before: list[float] | None = None) -> tuple[float, float]:
    above, below = gathered(
        method,
        np.array([now], dtype=np.float64),
        None if before is None else np.array([before], dtype=np.float64),
        np.zeros(len(now), dtype=np.int64),
        1,
    )
    return above[0, 0], below[0, 0]


def test_incidents_of_five_areas_on_paper():
    now = [0.0, 1.0, 2.0, 3.0, 14.0]
    assert told("without_any", now) == (1, 5)
    assert told("in_the_worst_tenth", now) == (14, 20)
    assert told("holding_half", now) == (1, 5)
    # 2 x (1x0 + 2x1 + 3x2 + 4x3 + 5x14) / (5 x 20) - 6/5
    assert told("concentration", now) == (pytest.approx(0.6), 1)


def test_the_same_order_is_one_and_the_opposite_minus_one():
    assert told("stability", [1, 2, 3, 4, 5], [10, 20, 30, 40, 50])[0] == pytest.approx(1)
    assert told("stability", [1, 2, 3, 4, 5], [5, 4, 3, 2, 1])[0] == pytest.approx(-1)


def test_areas_that_are_all_alike_have_no_order():
    assert np.isnan(told("stability", [2, 2, 2, 2, 2], [1, 2, 3, 4, 5])[0])


@pytest.mark.parametrize("method", GATHERINGS)
def test_one_area_missing_or_too_few_areas_leave_nothing_to_tell(method: str):
    missing, few = [0.0, 1.0, NAN, 3.0, 14.0], [1.0] * (FEWEST_PLACES - 1)
    for now in (missing, few):
        assert np.isnan(told(method, now, [1.0] * len(now))).all()


def test_a_year_before_that_is_missing_leaves_no_stability_and_all_else():
    now, before = [0.0, 1.0, 2.0, 3.0, 14.0], [1.0, NAN, 2.0, 3.0, 4.0]
    assert np.isnan(told("stability", now, before)).all()
    assert told("without_any", now, before) == (1, 5)


def test_larger_areas_are_told_apart_and_strays_are_in_none():
    now = np.array([[1, 1, 1, 1, 1, 0, 0, 0, 0, 4, 99]], dtype=np.float64)
    parent = np.array([0] * 5 + [1] * 5 + [-1])
    above, below = gathered("without_any", now, None, parent, 3)
    assert above[0, :2].tolist() == [0, 4]
    assert np.isnan([above[0, 2], below[0, 2]]).all()


counts = st.lists(st.integers(0, 9), min_size=FEWEST_PLACES, max_size=30)


@given(counts)
def test_the_measures_of_many_areas_at_once_are_those_of_one(given_counts: list[int]):
    now = [float(one) for one in given_counts]
    if sum(now):
        assert told("concentration", now)[0] == pytest.approx(generalised_gini(now), abs=1e-12)
        assert told("holding_half", now)[0] == places_holding(now, 0.5).places
    else:
        assert np.isnan(told("concentration", now)[0])


@settings(deadline=None)  # The first call loads SciPy.
@given(counts, st.randoms(use_true_random=False))
def test_stability_is_spearmans_correlation(given_counts: list[int], chance):
    now = [float(one) for one in given_counts]
    before = chance.sample(now, len(now))
    if len(set(now)) > 1:
        expected = spearmanr(now, before)[0]
        assert told("stability", now, before)[0] == pytest.approx(expected, abs=1e-12)
