"""Numbers of areas in other areas: another year's, larger ones, and the better of two roads."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from lris.rules.apportion import Summing
from lris.rules.carrying import Carrying, best, carried, published_first, summed
from lris.rules.estimates import (
    ESTIMATED,
    INCOMPLETE,
    OBSERVED,
    REASONS,
    STATUSES,
    WHY,
    WITHHELD,
    Cells,
)
from lris.terms import Reason

NAN = float("nan")
CHANGED = Reason.BOUNDARY_CHANGED
SECRET = Reason.PUBLISHER_WITHHELD


def cells(
    *values: float,
    why: dict[int, Reason] | None = None,
    status: dict[int, int] | None = None,
    first: int = 1,
) -> Cells:
    """Areas numbered from `first`; those with a reason are withheld."""
    size = len(values)
    reason = np.zeros(size, dtype=np.int8)
    state = np.where(np.isnan(values), WITHHELD, OBSERVED).astype(np.int8)
    for at, one in (why or {}).items():
        reason[at] = WHY[one]
    for at, number in (status or {}).items():
        state[at] = number
    return Cells("old", np.arange(first, first + size), np.array(values), state, reason)


def told(found: Cells) -> list[tuple[object, object]]:
    """Value and reason of each area, in order."""
    return [
        (None if np.isnan(value) else value, REASONS[reason])
        for value, reason in zip(found.values, found.reason, strict=True)
    ]


# Areas 1 unchanged, 2 split, 3 and 4 merged, 5 irregular; new areas 11, 12 13 (halves), 14, 15.
LINKS = [(1, 0, "U"), (2, 1, "S"), (2, 2, "S"), (3, 3, "M"), (4, 3, "M"), (5, 4, "X")]
NEW = np.arange(11, 16)


def road(links: list[tuple[int, int, str]] = LINKS) -> Carrying:
    start, end, letter = zip(*links, strict=True)
    letters = np.array(letter, dtype="U1")
    whole = np.where(np.isin(letters, ("U", "M")), 1.0, np.nan)
    return Carrying(np.array(start), np.array(end), letters, whole)


def test_unchanged_areas_keep_their_number_and_merged_ones_are_summed():
    found = carried(cells(10, 20, 30, 40, 50), road(), "new", NEW, additive=True)
    assert told(found) == [
        (10, None),
        (None, CHANGED),
        (None, CHANGED),
        (70, None),
        (None, CHANGED),
    ]


def test_what_cannot_be_summed_stands_where_the_area_is_unchanged_and_nowhere_else():
    found = carried(cells(1, 2, 3, 4, 5), road(), "new", NEW, additive=False)
    assert told(found) == [(1, None), *[(None, CHANGED)] * 4]


def test_what_the_publisher_withheld_stays_withheld_with_its_reason():
    old = cells(NAN, 20, NAN, 40, 50, why={0: SECRET, 2: SECRET})
    found = carried(old, road(), "new", NEW, additive=True)
    assert told(found)[0] == (None, SECRET)
    assert told(found)[3] == (None, SECRET)
    assert STATUSES[found.status[0]] == STATUSES[WITHHELD]


def test_an_area_that_nothing_was_told_of_has_no_reason_either():
    found = carried(cells(10), road(), "new", NEW, additive=True)
    assert told(found) == [(10, None), *[(None, None)] * 4]


def test_a_merger_with_a_part_undelivered_has_no_sum():
    found = carried(cells(10, 20, 30), road(), "new", NEW, additive=True)
    assert told(found)[3] == (None, None)


def test_a_merger_is_as_doubtful_as_its_worst_part():
    old = cells(1, 2, 3, 4, 5, status={3: INCOMPLETE}, why={3: Reason.INCOMPLETE_SOURCE})
    found = carried(old, road(), "new", NEW, additive=True)
    assert (found.values[3], found.status[3]) == (7, INCOMPLETE)
    assert REASONS[found.reason[3]] is Reason.INCOMPLETE_SOURCE


SHARED = Reason.SHARED_OUT


def sharing(*share: float, parts_inherit: bool = False) -> Carrying:
    one = road()
    return Carrying(one.start, one.end, one.letter, np.array(share), parts_inherit)


def test_split_and_irregular_areas_are_shared_out_as_estimates():
    found = carried(
        cells(10, 20, 30, 40, 50), sharing(1, 0.75, 0.25, 1, 1, 1), "new", NEW, additive=True
    )
    assert told(found) == [(10, None), (15, SHARED), (5, SHARED), (70, None), (50, SHARED)]
    assert [STATUSES[one] for one in found.status[:3]] == ["observed", "estimated", "estimated"]


def test_of_what_is_no_sum_a_share_is_nothing_but_the_parts_of_a_split_area_may_inherit():
    shares = sharing(1, 0.75, 0.25, 1, 1, 1, parts_inherit=True)
    found = carried(cells(1, 2, 3, 4, 5), shares, "new", NEW, additive=False)
    assert told(found) == [(1, None), (2, SHARED), (2, SHARED), (None, CHANGED), (None, CHANGED)]


def test_a_sum_with_an_estimated_part_is_an_estimate():
    old = cells(1, 2, 3, 4, status={0: ESTIMATED}, why={0: SHARED})
    assert larger(old, nest(0, 0, 1, 1)) == [(3, SHARED), (7, None)]


@given(st.lists(st.integers(0, 10_000), min_size=5, max_size=5), st.floats(0, 1))
def test_where_every_share_is_known_the_total_is_kept(values: list[int], part: float):
    shares = sharing(1, part, 1 - part, 1, 1, 1)
    found = carried(cells(*map(float, values)), shares, "new", NEW, additive=True)
    np.testing.assert_allclose(found.values.sum(), sum(values), rtol=1e-12)


def test_one_irregular_link_among_others_is_enough():
    links = [(1, 0, "U"), (2, 0, "X")]
    found = carried(cells(10, 5), road(links), "new", NEW[:1], additive=True)
    assert told(found) == [(None, CHANGED)]


numbers = st.lists(st.integers(0, 10_000), min_size=5, max_size=5)


@given(numbers)
def test_no_number_is_lost_or_made_but_where_the_boundary_changed(values: list[int]):
    found = carried(cells(*map(float, values)), road(), "new", NEW, additive=True)
    assert np.nansum(found.values) == values[0] + values[2] + values[3]


@given(numbers, st.permutations(LINKS))
def test_the_order_of_the_links_does_not_matter(values: list[int], shuffled: list):
    old = cells(*map(float, values))
    one = carried(old, road(), "new", NEW, additive=True)
    other = carried(old, road(shuffled), "new", NEW, additive=True)
    assert_array_equal(one.values, other.values)
    assert_array_equal(one.reason, other.reason)


# ---------------------------------------------------------------- larger areas


def nest(*parents: int, size: int = 2, exact: bool = True) -> Summing:
    at = np.array(parents)
    return Summing(at, np.bincount(at[at >= 0], minlength=size), exact)


def larger(found: Cells, summing: Summing) -> list[tuple[object, object]]:
    return told(summed(found, summing, "larger", np.arange(21, 21 + summing.children.size)))


def test_an_area_all_of_whose_parts_are_withheld_says_their_reason():
    old = cells(NAN, NAN, 3, 4, why={0: SECRET, 1: SECRET})
    assert larger(old, nest(0, 0, 1, 1)) == [(None, SECRET), (7, None)]


def test_of_several_reasons_the_first_in_their_order_is_said():
    old = cells(NAN, NAN, 1, 1, why={0: SECRET, 1: CHANGED})
    assert larger(old, nest(0, 0, 1, 1))[0] == (None, CHANGED)


def test_an_area_none_of_whose_parts_was_delivered_has_no_reason_of_its_own():
    assert larger(cells(NAN, NAN, 1, 1), nest(0, 0, 1, 1))[0] == (None, None)


def test_an_area_with_a_part_withheld_is_incomplete():
    old = cells(NAN, 2, 3, 4, why={0: SECRET})
    assert larger(old, nest(0, 0, 1, 1)) == [(2, Reason.INCOMPLETE_SOURCE), (7, None)]


def test_sums_of_parts_that_fit_best_are_estimates():
    assert larger(cells(1, 2, 3, 4), nest(0, 0, 1, 1, exact=False)) == [
        (3, Reason.BEST_FIT),
        (7, Reason.BEST_FIT),
    ]


# ---------------------------------------------------------------- the better of two roads


def test_a_whole_number_stands_before_an_incomplete_one_and_any_before_none():
    one = cells(1, NAN, NAN, 4, status={0: INCOMPLETE}, why={2: CHANGED})
    other = cells(11, 12, 13, 14, status={3: ESTIMATED})
    assert best([one, other]).values.tolist() == [11, 12, 13, 4]


def test_of_two_numbers_worth_the_same_the_first_road_s_is_taken():
    assert best([cells(1, 2), cells(3, 4)]).values.tolist() == [1, 2]
    assert best([cells(3, 4), cells(1, 2)]).values.tolist() == [3, 4]


def test_roads_may_lead_to_different_areas():
    found = best([cells(1, 2), cells(30, 40, first=3)])
    assert (found.ids.tolist(), found.values.tolist()) == ([1, 2, 3, 4], [1, 2, 30, 40])


def test_what_is_published_for_an_area_itself_is_not_replaced_even_where_it_is_withheld():
    own = cells(NAN, 2, NAN, why={0: SECRET})
    found = published_first(own, [cells(10, 20, 30)])
    assert told(found) == [(None, SECRET), (2, None), (30, None)]
