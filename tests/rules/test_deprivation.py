"""Deprivation: the worked examples of the Technical Report of 2019, and what must always hold."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from lris.rules import deprivation
from lris.rules.measures import SUMMARIES

RANKS = 32_844
NAN = float("nan")


def column(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)


def one_area(size: int) -> np.ndarray:
    return np.zeros(size, dtype=np.int64)


def summary(method: str, values: np.ndarray, residents: np.ndarray) -> float:
    (answer,) = SUMMARIES[method](values, residents, one_area(values.size), 1, RANKS)
    return float(answer)


# ---------------------------------------------------------------- the report's own numbers


def test_the_average_rank_is_turned_round_and_weighed_by_residents():
    # five LSOAs: 32,845 less (1200 x 3000 + 1800 x 10000 + ...) / 7600
    value = summary(
        "average_rank",
        column(3000, 10_000, 500, 1000, 20_000),
        column(1200, 1800, 1400, 1500, 1700),
    )
    assert value == pytest.approx(25_239.7368421)
    assert round(value, -1) == 25_240


def test_the_average_score_is_weighed_by_residents():
    value = summary(
        "average_score",
        column(45.9, 26.51, 65.67, 59.14, 13.64),
        column(1200, 1800, 1400, 1500, 1700),
    )
    assert round(value, 2) == 40.35


def test_the_share_of_the_most_deprived_tenth_counts_areas_and_not_residents():
    # 18 of 65 are among the first 3,284 ranks: 0.277
    rank = np.array([100.0] * 18 + [20_000.0] * 47)
    assert summary("most_deprived_share", rank, np.arange(65.0)) == pytest.approx(18 / 65)


def test_the_extent_takes_less_and_less_of_each_area_to_the_thirtieth_percentile():
    # rank 9,000 lies in percentile 28 and counts 0.1447
    assert deprivation.extent_weight(9000, RANKS) == pytest.approx(0.1447, abs=5e-5)
    value = summary(
        "extent",
        column(500, 1000, 3000, 9000, 30_000),
        column(1400, 1500, 1200, 1800, 70_000 - 5900),
    )
    assert value == pytest.approx(0.062292, abs=5e-6)


def test_local_concentration_takes_the_last_area_in_part():
    # a tenth of 70,000 is 7,000: 5,900 people in four areas and 1,100 of the fifth's 1,700
    value = summary(
        "local_concentration",
        column(20_000, 500, 10_000, 3000, 1000, 32_000),
        column(1700, 1400, 1800, 1200, 1500, 70_000 - 7600),
    )
    assert round(value, 2) == 26_302.14


def test_the_examples_are_those_of_the_report(oracles: Path):
    told = json.loads((oracles / "imd_worked_examples.json").read_text("utf-8"))
    assert told["average_rank"]["published"] == 25_240
    assert told["extent"]["published"] == 0.062292
    assert told["local_concentration"]["published"] == 26_302.14
    for check in told["exponential"]["checks"]:
        rank = RANKS + 1 - check["R"] * RANKS
        assert deprivation.exponential(rank, RANKS) == pytest.approx(check["X"])


def test_the_exponential_transformation_gives_the_most_deprived_tenth_half_the_scale():
    assert deprivation.exponential(1, RANKS) == pytest.approx(100)
    assert deprivation.exponential(RANKS, RANKS) == pytest.approx(0, abs=1e-3)
    tenth = deprivation.exponential(RANKS / 10 + 1, RANKS)
    assert tenth == pytest.approx(50.4267, abs=1e-4)


def test_deciles_are_counted_from_the_most_deprived():
    assert deprivation.decile([1, 3284, 3285, RANKS], RANKS).tolist() == [1, 1, 2, 10]


def test_the_weights_of_the_domains_are_those_published_and_not_made_to_add_up_to_one():
    assert sum(deprivation.DOMAIN_WEIGHTS.values()) == pytest.approx(0.999)
    everywhere_worst = dict.fromkeys(deprivation.DOMAIN_WEIGHTS, 100.0)
    assert deprivation.index_score(everywhere_worst) == pytest.approx(99.9)


# ---------------------------------------------------------------- what must always hold


@pytest.mark.parametrize("method", SUMMARIES)
def test_an_area_with_an_unknown_part_has_no_summary_and_others_keep_theirs(method: str):
    values, people = column(10, NAN, 5, 7), column(100, 100, 50, 50)
    parent = np.array([0, 0, 1, 1])
    first, second = SUMMARIES[method](values, people, parent, 2, RANKS)
    assert np.isnan(first)
    (alone,) = SUMMARIES[method](values[2:], people[2:], one_area(2), 1, RANKS)
    assert second == alone


@pytest.mark.parametrize("method", SUMMARIES)
def test_small_areas_without_a_larger_one_are_in_no_summary(method: str):
    values, people = column(10, 900), column(100, 100)
    (answer,) = SUMMARIES[method](values, people, np.array([-1, 0]), 1, RANKS)
    assert answer == summary(method, column(900), column(100))


@pytest.mark.parametrize("method", SUMMARIES)
def test_a_larger_area_with_no_small_ones_has_no_summary(method: str):
    answers = SUMMARIES[method](column(10), column(100), one_area(1), 2, RANKS)
    assert np.isfinite(answers).tolist() == [True, False]


areas = st.lists(
    st.tuples(st.integers(1, RANKS), st.integers(1, 5000)),
    min_size=1,
    max_size=40,
    unique_by=lambda one: one[0],
)


@given(areas, st.randoms())
def test_the_order_of_the_small_areas_does_not_matter(rows, chance):
    shuffled = rows.copy()
    chance.shuffle(shuffled)
    for method in SUMMARIES:
        one, other = (
            summary(method, *(np.array(side, dtype=float) for side in zip(*order, strict=True)))
            for order in (rows, shuffled)
        )
        assert_allclose(one, other, rtol=1e-9)


@given(areas)
def test_summaries_stay_within_their_scales(rows):
    rank, people = (np.array(side, dtype=float) for side in zip(*rows, strict=True))
    reversed_ranks = RANKS + 1 - rank
    low, high = reversed_ranks.min() - 1e-6, reversed_ranks.max() + 1e-6
    average = summary("average_rank", rank, people)
    concentration = summary("local_concentration", rank, people)
    assert low <= average <= concentration + 1e-6 <= high + 1e-6
    assert 0 <= summary("extent", rank, people) <= 1
    assert 0 <= summary("most_deprived_share", rank, people) <= 1


def test_equal_values_share_the_first_place():
    assert_array_equal(deprivation.places(column(5, 9, NAN, 5, 1)), [2, 1, NAN, 2, 4])
