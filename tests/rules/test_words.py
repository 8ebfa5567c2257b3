"""Numbers, orders and gaps in plain English."""

from __future__ import annotations

import pytest

from lris.rules.words import GAPS, LEVELS, Order, figure_sentence, listed, order_words, place_name
from lris.terms import Level, Reason

DECILE = Order("decile", "LSOAs in England", 10, "most deprived", "least deprived")
RANK = Order("rank", "LSOAs in England", 32_844, "most deprived", "least deprived")


@pytest.mark.parametrize(
    ("tenth", "says"),
    [
        (1, "among the 10 % most deprived LSOAs in England"),
        (5, "among the 50 % most deprived LSOAs in England"),
        (6, "among the 50 % least deprived LSOAs in England"),
        (10, "among the 10 % least deprived LSOAs in England"),
    ],
)
def test_a_tenth_is_told_from_the_end_it_is_nearer_to(tenth: int, says: str):
    assert order_words(tenth, DECILE) == says


def test_a_rank_says_of_how_many_and_which_end_is_which():
    assert order_words(5_144, RANK) == (
        "rank 5,144 of 32,844 LSOAs in England, where 1 is the most deprived"
    )


def test_names_are_listed_as_people_list_them():
    assert listed(["a"]) == "a"
    assert listed(["a", "b"]) == "a and b"
    assert listed(["a", "b", "c"]) == "a, b and c"


def test_every_level_and_every_reason_has_words():
    assert set(LEVELS) == set(Level)
    assert set(GAPS) == set(Reason)


def figure(**given: object) -> dict[str, object]:
    nothing = dict.fromkeys(("value", "lower", "upper", "reason"))
    return {**nothing, "status": "observed", **given}


def sentence(row: dict[str, object], **more: object) -> str:
    return figure_sentence(row, unit="people", decimals=0, period="2018", **more)  # type: ignore[arg-type]


def test_a_figure_of_another_area_says_whose_it_is():
    assert sentence(figure(value=7.0), area="all of Bristol (district)") == (
        "2018, all of Bristol (district): 7 people."
    )


def test_zero_no_data_and_withheld_are_three_different_sentences():
    rows = (
        figure(value=0.0),
        figure(status="withheld", reason="no_data"),
        figure(status="withheld", reason="small_number"),
    )
    told = [sentence(row) for row in rows]
    assert told[0] == "2018: 0 people."
    assert len(set(told)) == 3


def test_a_withheld_place_in_an_order_is_a_gap_in_words():
    row = figure(status="withheld", reason="publisher_withheld")
    assert sentence(row, order=RANK) == "2018: withheld by its publisher."


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("SOUTH WEST", "South West"),
        ("YORKSHIRE AND THE HUMBER", "Yorkshire and the Humber"),
        ("Bristol, City of", "Bristol, City of"),
        ("NHS Leeds CCG", "NHS Leeds CCG"),
        ("E12000009", "E12000009"),
        ("", ""),
    ],
)
def test_a_name_that_is_shouted_is_written_as_people_write_it(given: str, told: str):
    assert place_name(given) == told
