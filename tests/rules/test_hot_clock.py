"""The hot clock: worked spans, a second count minute by minute, and what is refused."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lris.rules.hot_clock import aoristic

MONDAY = np.datetime64("2024-01-01T00:00")
MINUTES = st.integers(0, 60 * 24 * 40)


def test_a_span_over_midnight_is_spread_by_its_overlap_with_each_hour():
    clock = aoristic(["2024-01-03T22:30"], ["2024-01-04T02:00"])
    wednesday, thursday = clock[2], clock[3]
    np.testing.assert_allclose(wednesday[22:], [1 / 7, 2 / 7])
    np.testing.assert_allclose(thursday[:2], [2 / 7, 2 / 7])
    assert clock.sum() == pytest.approx(1)
    assert np.count_nonzero(clock) == 4


def test_monday_comes_first_and_a_known_time_falls_into_its_hour():
    clock = aoristic([MONDAY + np.timedelta64(9 * 60 + 59, "m"), np.datetime64("2024-01-07T23:00")])
    assert clock.shape == (7, 24)
    assert clock[0, 9] == 1
    assert clock[6, 23] == 1
    assert clock.sum() == 2


def test_an_end_on_the_hour_leaves_the_next_hour_alone():
    clock = aoristic(["2024-01-01T10:00"], ["2024-01-01T11:00"])
    assert clock[0, 10] == 1
    assert clock[0, 11] == 0


def test_a_span_from_sunday_to_monday_comes_round():
    clock = aoristic(["2024-01-07T23:30"], ["2024-01-08T00:30"])
    assert clock[6, 23] == clock[0, 0] == pytest.approx(0.5)


def test_a_span_of_a_week_tells_nothing_of_the_hour():
    np.testing.assert_allclose(aoristic(["2024-01-03T05:17"], ["2024-01-10T05:17"]), 1 / 168)


def test_a_missing_end_is_a_known_time():
    starts = np.array(["2024-01-01T10:30", "2024-01-01T11:30"], "M8[m]")
    clock = aoristic(starts, np.array(["NaT", "2024-01-01T12:30"], "M8[m]"))
    assert clock[0, 10] == 1
    assert clock[0, 11] == clock[0, 12] == 0.5


def test_harm_weighs_as_it_is_given():
    clock = aoristic(["2024-01-01T10:30", "2024-01-02T10:30"], weights=[365.0, 2.0])
    assert (clock[0, 10], clock[1, 10]) == (365, 2)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(MINUTES, MINUTES), min_size=1, max_size=8))
def test_it_is_what_counting_every_minute_gives_and_sums_to_all(spans):
    first, length = np.array(spans).T
    starts = MONDAY + np.timedelta64(1, "m") + first.astype("m8[m]")
    ends = starts + length.astype("m8[m]")
    expected = np.zeros(168)
    for start, minutes in zip(first + 1, length, strict=True):
        at = start + np.arange(max(minutes, 1))
        np.add.at(expected, at // 60 % 168, 1 / at.size)
    clock = aoristic(starts, ends)
    np.testing.assert_allclose(clock.ravel(), expected, atol=1e-9)
    assert clock.sum() == pytest.approx(len(spans))
    assert clock.min() >= 0


def test_times_come_as_text_datetimes_or_columns_of_any_unit():
    wanted = aoristic(["2024-01-03T22:30"], ["2024-01-04T02:00"])
    began, ended = datetime(2024, 1, 3, 22, 30), datetime(2024, 1, 4, 2, 0)
    np.testing.assert_array_equal(aoristic([began], [ended]), wanted)
    stamps = pd.Series([began]), pd.Series([ended])
    np.testing.assert_array_equal(aoristic(*stamps), wanted)
    np.testing.assert_array_equal(aoristic(*(list(one) for one in stamps)), wanted)
    for unit in ("m", "s", "ms", "ns"):
        columns = (np.array([one], f"M8[{unit}]") for one in (began, ended))
        np.testing.assert_array_equal(aoristic(*columns), wanted)


def test_a_clock_of_nothing_is_empty():
    assert aoristic(np.array([], "M8[s]")).sum() == 0
    assert aoristic([]).shape == (7, 24)


@pytest.mark.parametrize(
    ("starts", "said"),
    [
        (np.array(["2018-10", "2018-11"], "M8[M]"), "by the month"),
        (["2018-10", "2018-10"], "by the month"),
        (np.array(["2018-10-03"], "M8[D]"), "by the day"),
        (np.array(["2018-10-01", "2018-11-01"], "M8[ns]"), "opens a month"),
        ([datetime(2018, 10, 1), datetime(2018, 11, 1)], "opens a month"),
        ([201810, 201811], "numbers"),
        (["yesterday"], "not all dates"),
        (["2018-10-03T10:15", "2018-10"], "by the month"),
        ([date(2018, 10, 3)], "by the day"),
        (np.array(["NaT"], "M8[s]"), "without a start"),
    ],
)
def test_months_days_and_no_times_make_no_clock(starts, said):
    with pytest.raises(ValueError, match=said):
        aoristic(starts)


def test_whole_months_as_spans_are_months_too():
    starts, ends = np.array(["2018-10-01", "2018-11-01"], "M8[s]"), ["2018-10-31", "2018-12-01"]
    with pytest.raises(ValueError, match="opens a month"):
        aoristic(starts, np.array(ends, "M8[s]"))


def test_an_end_before_its_start_is_told_with_its_place():
    with pytest.raises(ValueError, match="incident 1 ends"):
        aoristic(["2024-01-01T10:00"] * 2, ["2024-01-01T11:00", "2024-01-01T09:00"])
