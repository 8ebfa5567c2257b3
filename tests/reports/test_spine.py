"""Where things stand on a spine chart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lris.reports.picturing import centre_of, spine_of
from lris.reports.spine import spine, worst_and_best
from lris.rules.measures import METHODS
from tests.reports.invented import SPREAD, comparator, crimes, figure

values = st.floats(0, 1e6, allow_nan=False)


def spread(*ends: float) -> dict[str, float]:
    names = ("minimum", "lower_quartile", "upper_quartile", "maximum")
    return dict(zip(names, ends, strict=True))


def test_the_comparator_is_the_middle_and_the_further_end_touches_the_edge():
    one = spine(20, 10, spread(5, 8, 14, 30), "high_is_good")
    assert (one.dot, one.left, one.right) == (0.5, -0.25, 1.0)
    assert (one.inner_left, one.inner_right) == (-0.1, 0.2)


def test_where_a_high_figure_is_bad_the_row_is_turned_round():
    good = spine(20, 10, spread(5, 8, 14, 30), "high_is_good", 18, 25)
    bad = spine(20, 10, spread(5, 8, 14, 30), "high_is_bad", 18, 25)
    assert (bad.dot, bad.left, bad.right) == (-good.dot, -good.right, -good.left)
    assert (bad.inner_left, bad.inner_right) == (-good.inner_right, -good.inner_left)
    assert (bad.lower, bad.upper) == (-good.upper, -good.lower)


def test_where_nothing_is_better_right_is_higher():
    assert spine(20, 10, spread(5, 8, 14, 30), "none").dot == 0.5


def test_the_worst_stands_left_and_the_best_right():
    assert worst_and_best(spread(5, 8, 14, 30), "high_is_bad") == (30, 5)
    assert worst_and_best(spread(5, 8, 14, 30), "high_is_good") == (5, 30)


def test_all_alike_stand_in_the_middle():
    one = spine(7, 7, spread(7, 7, 7, 7), "high_is_bad")
    assert (one.dot, one.left, one.right) == (0, 0, 0)


@given(
    values,
    values,
    st.lists(values, min_size=4, max_size=4),
    st.sampled_from(["none", "high_is_bad"]),
)
def test_nothing_is_drawn_off_the_chart(value, centre, ends, polarity):
    one = spine(value, centre, spread(*sorted(ends)), polarity)
    assert -1 <= one.left <= one.inner_left <= one.inner_right <= one.right <= 1
    assert -1 <= one.dot <= 1
    assert one.lower == one.dot == one.upper


@pytest.mark.parametrize(
    ("method", "count", "denominator", "per", "words"),
    [
        ("rate", 25, 1_500, 1_000, ("16.67", "10.78 to 24.60")),
        ("proportion", 30, 200, 100, ("15.00", "10.71 to 20.61")),
    ],
)
def test_the_published_vectors_stand_in_the_table_of_the_chart(
    method, count, denominator, per, words
):
    value, lower, upper = (
        float(part[0])
        for part in METHODS[method](np.array([float(count)]), np.array([float(denominator)]), per)
    )
    one = figure("x", "X", value, lower=lower, upper=upper, spread=SPREAD,
                 comparators=[comparator(10.0, "worse")])  # fmt: skip
    chart = spine_of("s", "S", [one], area="A")
    assert chart is not None
    assert chart.table is not None
    cell = chart.table.rows[0][1]
    assert (cell.text, cell.small) == words


def test_a_count_of_a_whole_district_is_no_comparator():
    one = figure("x", "X", 9.0, spread=SPREAD, comparators=[comparator(4_642.0, "similar")])
    assert centre_of(one) is None


def test_a_comparator_that_is_in_doubt_is_none():
    doubtful = comparator(9.0, "not_compared", because="its own figure is withheld or incomplete")
    assert centre_of(figure("x", "X", 9.0, spread=SPREAD, comparators=[doubtful])) is None


def test_the_figure_of_a_larger_area_is_not_drawn_as_the_areas_own():
    one = crimes()[0] | {"area": {"relation": "larger", "name": "A", "vintage": "lad_2021"}}
    assert spine_of("s", "S", [one], area="A") is None


def test_what_the_chart_says_in_words_names_the_better_and_the_worse():
    chart = spine_of("s", "Crime", crimes(), area="Bristol 008A")
    assert chart is not None
    assert "2 figures of Bristol 008A against Aldermere" in chart.alternative
    assert "Better: Share of homes, 2018-12." in chart.alternative
    assert "Worse: Burglary rate, 2018-12." in chart.alternative


def test_verdicts_differ_in_shape_and_not_in_colour_alone():
    chart = spine_of("s", "Crime", crimes(), area="Bristol 008A", forms=("narrow",))
    assert chart is not None
    assert "better" in chart.svg
    assert "worse" in chart.svg
    from lris.reports.charts.canvas import MARKS
    from lris.reports.wording import VERDICTS

    assert set(MARKS) == set(VERDICTS)
    filled = [shape for name, (shape, _) in MARKS.items() if name != "not_compared"]
    assert len(set(filled)) == len(filled)
    assert MARKS["not_compared"][1] == "#ffffff"
    assert len({shape for _, shape in VERDICTS.values()}) == len(VERDICTS)
