"""Fisher's exact test: against the urn counted out, and a published table."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from lris.rules.fisher import exact_test


def counted_out(x1: int, n1: int, x2: int, n2: int) -> float:
    """The p by the number of ways to draw."""
    drawn, whole = x1 + x2, comb(n1 + n2, n1)

    def ways(first: int) -> int:
        return comb(drawn, first) * comb(n1 + n2 - drawn, n1 - first)

    least, most = max(0, drawn - n2), min(drawn, n1)
    below = sum(ways(at) for at in range(least, x1 + 1))
    above = sum(ways(at) for at in range(x1, most + 1))
    return min(1.0, 2 * min(below, above) / whole)


def test_the_lady_who_tasted_tea_was_right_by_chance_once_in_seventy():
    assert exact_test(4, 4, 0, 4)[()] == pytest.approx(2 / 70)
    assert exact_test(3, 4, 1, 4)[()] == pytest.approx(2 * 17 / 70)


@given(some.integers(1, 30), some.integers(1, 30), some.data())
def test_p_is_that_of_counting_every_way(n1: int, n2: int, data: some.DataObject):
    x1, x2 = data.draw(some.integers(0, n1)), data.draw(some.integers(0, n2))
    assert exact_test(x1, n1, x2, n2)[()] == pytest.approx(counted_out(x1, n1, x2, n2), rel=1e-9)


def test_what_is_no_proportion_has_no_p():
    found = exact_test([np.nan, 5, 1, -1], [10, 4, 0, 10], [1, 1, 1, 1], [10, 10, 10, 10])
    assert np.isnan(found).all()


def test_of_half_a_million_people_it_is_found_in_one_go():
    found = exact_test(np.arange(100, 200), 1_500, 34_000, 480_000)
    assert found.shape == (100,)
    assert np.all((found >= 0) & (found <= 1))
    assert found.argmax() == pytest.approx(106 - 100, abs=1)
