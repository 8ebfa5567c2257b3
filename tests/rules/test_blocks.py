"""Blocks of a neighbourhood: which are taken, how they fit, and what they have together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lris.rules.blocks import Totals, added_up, fit, summarised, takes
from lris.rules.estimates import REASONS, STATUSES, WHY
from lris.rules.intervals import rate, wilson
from lris.terms import Reason, Status

NAN = np.nan


def totals(
    part: float,
    parts: int,
    denominator: float = NAN,
    denominators: int = 0,
    *,
    estimated: Reason | None = None,
    incomplete: bool = False,
    lost: Reason | None = None,
    undivided: Reason | None = None,
) -> Totals:
    """The totals of one series."""

    def why(reason: Reason | None) -> np.ndarray:
        return np.array([WHY[reason] if reason else 0], dtype=np.int8)

    return Totals(
        np.array([part], dtype=np.float64),
        np.array([parts]),
        np.array([denominator], dtype=np.float64),
        np.array([denominators]),
        np.array([estimated is not None]),
        np.array([incomplete]),
        why(estimated),
        why(lost),
        why(undivided),
    )


def one(found) -> tuple[float, str, str | None]:
    """Value, status and reason of the only figure."""
    reason = REASONS[found.reason[0]]
    return float(found.value[0]), STATUSES[found.status[0]].value, reason.value if reason else None


# ---------------------------------------------------------------- which blocks


def test_a_block_is_taken_where_its_residents_centre_is_inside_whatever_its_ground():
    inside, centre = np.array([0.2, 0.9, 0.6, 0.4]), np.array([1.0, 0.0, NAN, NAN])
    assert takes(inside, centre).tolist() == [True, False, True, False]


def test_exactly_half_of_the_ground_is_not_more_than_half():
    assert not takes(np.array([0.5]), np.array([NAN]))[0]


def test_the_fit_is_told_from_both_sides():
    # Two squares of 100 taken, with 100 and 60 inside; a third not taken has 20 inside; 200 drawn.
    found = fit(np.full(3, 100.0), np.array([100.0, 60, 20]), np.array([True, True, False]), 200)
    assert found.covered == pytest.approx(0.8)
    assert found.outside == pytest.approx(0.2)


@given(
    st.lists(st.tuples(st.floats(1, 1e6), st.floats(0, 1), st.booleans()), min_size=1, max_size=20),
    st.floats(0, 1e6),
)
def test_shares_of_fit_are_shares(blocks: list[tuple[float, float, bool]], sea: float):
    ground = np.array([one[0] for one in blocks])
    inside = ground * np.array([one[1] for one in blocks])
    found = fit(ground, inside, np.array([one[2] for one in blocks]), float(inside.sum()) + sea)
    assert 0 <= found.covered <= 1
    assert 0 <= found.outside <= 1


# ---------------------------------------------------------------- what they have together


def test_a_rate_is_worked_out_from_the_sums_and_never_averaged():
    # 1 of 100 and 30 of 200: 31 of 300, and not the mean of 10 and 150.
    found = added_up(totals(31, 2, 300, 2), 2, "rate", 1000)
    value, lower, upper = rate(31, 300, 1000)
    assert one(found) == (pytest.approx(float(value)), "observed", None)
    assert found.lower[0] == pytest.approx(float(lower))
    assert found.upper[0] == pytest.approx(float(upper))


def test_a_proportion_has_the_limits_of_its_sums():
    found = added_up(totals(31, 2, 300, 2), 2, "proportion", 100)
    lower, upper = wilson(31, 300)
    assert found.value[0] == pytest.approx(100 * 31 / 300)
    assert (found.lower[0], found.upper[0]) == (
        pytest.approx(100 * float(lower)),
        pytest.approx(100 * float(upper)),
    )


def test_a_number_that_one_block_lacks_leaves_the_sum_incomplete():
    found = added_up(totals(31, 1, lost=Reason.PUBLISHER_WITHHELD), 2, "count", 1)
    assert one(found) == (31, "incomplete", "incomplete_source")


def test_an_incomplete_part_leaves_the_sum_incomplete():
    found = added_up(totals(31, 2, incomplete=True), 2, "count", 1)
    assert one(found)[1:] == ("incomplete", "incomplete_source")


def test_without_any_number_it_is_withheld_for_the_blocks_own_reason():
    found = added_up(totals(0, 0, lost=Reason.BOUNDARY_CHANGED), 2, "count", 1)
    assert np.isnan(found.value[0])
    assert one(found)[1:] == ("withheld", "boundary_changed")
    assert one(added_up(totals(0, 0), 2, "count", 1))[1:] == ("withheld", "no_data")


def test_nothing_is_divided_where_one_denominator_is_missing():
    found = added_up(totals(31, 2, 100, 1, undivided=Reason.DENOMINATOR_MISMATCH), 2, "rate", 1)
    assert one(found)[1:] == ("withheld", "denominator_mismatch")
    assert one(added_up(totals(31, 2, 100, 1), 2, "rate", 1))[2] == "no_denominator"


def test_more_counted_than_there_are_is_no_proportion():
    found = added_up(totals(31, 2, 30, 2), 2, "proportion", 100)
    assert one(found)[1:] == ("withheld", "denominator_mismatch")


def test_an_estimated_part_makes_the_whole_estimated():
    found = added_up(totals(31.5, 2, 300, 2, estimated=Reason.BEST_FIT), 2, "rate", 1000)
    assert one(found)[1:] == ("estimated", "best_fit")


def test_a_doubt_is_the_worst_of_its_parts():
    worst = totals(31, 1, estimated=Reason.BEST_FIT, incomplete=True)
    assert one(added_up(worst, 2, "count", 1))[1] == Status.INCOMPLETE


def test_published_levels_are_added_as_they_stand():
    assert one(added_up(totals(2_400, 2), 2, "level", 100)) == (2_400, "observed", None)


def test_zero_is_a_sum_and_no_gap():
    assert one(added_up(totals(0, 2, 300, 2), 2, "rate", 1000)) == (0, "observed", None)


# ---------------------------------------------------------------- ranks and scores


def test_scores_are_weighed_by_residents():
    found = summarised(np.array([10.0, 40]), np.array([300.0, 100]), "average_score", 32_844)
    assert found == pytest.approx(17.5)


def test_ranks_are_turned_round_and_weighed_as_their_publisher_does():
    found = summarised(np.array([1.0, 101]), np.array([100.0, 300]), "average_rank", 1_000)
    assert found == pytest.approx(1_001 - (1 + 3 * 101) / 4)


def test_the_share_among_the_most_deprived_is_of_blocks_and_not_of_people():
    found = summarised(np.array([50.0, 101, 900]), None, "most_deprived_share", 1_000)
    assert found == pytest.approx(1 / 3)


def test_nothing_is_summarised_where_a_rank_or_the_residents_are_missing():
    assert np.isnan(summarised(np.array([1.0, NAN]), np.ones(2), "average_rank", 10))
    assert np.isnan(summarised(np.array([1.0, 2]), np.array([1, NAN]), "average_rank", 10))
    assert np.isnan(summarised(np.array([1.0, 2]), None, "average_rank", 10))
