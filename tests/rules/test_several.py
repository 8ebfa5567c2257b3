"""Many comparisons at once: the worked example of the method, and what holds for every family."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from lris.rules.several import benjamini_hochberg

CHANCES = st.lists(st.floats(0, 1), min_size=1, max_size=40)


def test_the_worked_example_of_benjamini_and_hochberg():
    """Fifteen comparisons of two treatments: four stand out at 5 %."""
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344]
    p += [0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]
    adjusted = benjamini_hochberg(p)
    assert (adjusted <= 0.05).sum() == 4
    assert adjusted[3] == pytest.approx(0.0095 * 15 / 4)
    assert adjusted[4] == pytest.approx(0.0201 * 15 / 5)
    assert adjusted[5] == adjusted[6] == pytest.approx(0.0298 * 15 / 7)


def test_what_was_not_tested_stays_so_and_does_not_count():
    adjusted = benjamini_hochberg([[0.01, np.nan], [0.03, np.nan]])
    np.testing.assert_allclose(adjusted, [[0.02, np.nan], [0.03, np.nan]])
    assert np.isnan(benjamini_hochberg([np.nan])).all()
    assert benjamini_hochberg([]).size == 0
    assert benjamini_hochberg(0.2) == 0.2


@pytest.mark.parametrize("wrong", [-0.1, 1.1])
def test_what_is_no_probability_is_refused(wrong):
    with pytest.raises(ValueError, match="between 0 and 1"):
        benjamini_hochberg([0.5, wrong])


@given(CHANCES)
def test_adjusted_values_are_those_of_scipy(p):
    np.testing.assert_allclose(benjamini_hochberg(p), false_discovery_control(p, method="bh"))


@given(CHANCES)
def test_adjusting_never_lowers_a_p_and_keeps_their_order(p):
    adjusted = benjamini_hochberg(p)
    assert (adjusted >= np.array(p) * (1 - 1e-12)).all()
    assert (np.diff(adjusted[np.argsort(p)]) >= 0).all()
