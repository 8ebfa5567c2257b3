"""Many series at once are what each is by itself."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from lris.rules import carrying, stacks
from lris.rules.apportion import Summing
from lris.rules.estimates import OBSERVED, REASONS, ByArea, Cells, figures
from lris.rules.stacks import Stack

IDS = np.arange(1, 7)
LARGER = np.arange(21, 24)
SUMMING = Summing(np.array([0, 0, 1, 1, -1, 1]), np.array([2, 3, 1]), exact=True)
FIELDS = ("value", "lower", "upper", "numerator", "denominator", "status", "reason")


def cells(stack: Stack, row: int) -> Cells:
    return Cells(stack.vintage, stack.ids, stack.values[row], stack.status[row], stack.reason[row])


rows = st.lists(
    st.lists(st.tuples(st.integers(0, 50), st.booleans(), st.booleans()), min_size=6, max_size=6),
    min_size=1,
    max_size=4,
)


def a_stack(told: list) -> Stack:
    total = np.array([[one[0] for one in row] for row in told], dtype=np.float64)
    whole = np.array([[one[1] and one[2] for one in row] for row in told])
    some = np.array([[one[1] or one[2] for one in row] for row in told])
    return stacks.counted("small", IDS, total, whole, some, np.array([False] * 5 + [True]))


@given(rows)
def test_sums_of_many_series_are_those_of_each(told: list):
    stack = a_stack(told)
    found = stacks.summed(stack, SUMMING, "large", LARGER)
    for row in range(len(told)):
        alone = carrying.summed(cells(stack, row), SUMMING, "large", LARGER)
        assert_array_equal(found.values[row], alone.values)
        assert_array_equal(found.status[row], alone.status)
        assert_array_equal(found.reason[row], alone.reason)


@settings(deadline=None)  # The first call loads SciPy.
@given(rows, st.sampled_from(["count", "rate", "proportion", "ratio", "change"]))
def test_figures_of_many_series_are_those_of_each(told: list, method: str):
    stack = a_stack(told)
    below = ByArea(IDS[:5], np.array([60.0, 70, 80, 90, 100]))
    numbers = np.broadcast_to(below.of(IDS), stack.values.shape)
    together = list(stacks.figures_of(stack, method, 100, numbers))
    assert len(together) == len(told)
    for row, found in enumerate(together):
        alone = figures(cells(stack, row), method, 100, below if method != "count" else None)
        assert_array_equal(found.area_id, alone.area_id)
        for name in FIELDS if method != "count" else FIELDS[:4]:
            assert_array_equal(getattr(found, name), getattr(alone, name))


def test_what_lies_whole_in_a_larger_area_is_added_there():
    stack = a_stack([[(1, True, True)] * 6])
    more = np.array([[2.0, 0, 0]])
    found = stacks.summed(stack, SUMMING, "large", LARGER, more)
    assert found.values[0, :2].tolist() == [4, 3]
    assert found.status[0].tolist()[:2] == [OBSERVED, OBSERVED]


def test_a_count_nobody_vouches_for_is_incomplete_and_no_count_is_no_zero():
    stack = a_stack([[(3, False, False)] * 6])
    assert_array_equal(stack.values[0], [np.nan] * 5 + [3])
    assert REASONS[stack.reason[0, 5]] == "coverage_unknown"
