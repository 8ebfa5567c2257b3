"""Authorities' codes over the years: one place until a dated change."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lris.rules.succession import AuthorityNumber, Change, became, numbered

TAUNTON, WEST_SOMERSET, BOTH = "E07000190", "E07000191", "E07000246"
MENDIP, SEDGEMOOR, SOUTH, SOMERSET = "E07000187", "E07000188", "E07000189", "E06000066"
COUNTY = "E10000027"
BRISTOL = "E06000023"
SHEFFIELD, NEW_SHEFFIELD = "E08000019", "E08000039"
NORTHAMPTONSHIRE, NORTH, WEST = "E10000021", "E06000061", "E06000062"
CHANGES = (
    Change(TAUNTON, (BOTH,), date(2019, 4, 1), "merged"),
    Change(WEST_SOMERSET, (BOTH,), date(2019, 4, 1), "merged"),
    Change(NORTHAMPTONSHIRE, (NORTH, WEST), date(2021, 4, 1), "split"),
    *(
        Change(code, (SOMERSET,), date(2023, 4, 1), "merged")
        for code in (BOTH, MENDIP, SEDGEMOOR, SOUTH)
    ),
    Change(COUNTY, (SOMERSET,), date(2023, 4, 1), "recoded"),
    Change(SHEFFIELD, (NEW_SHEFFIELD,), date(2025, 4, 1), "boundary changed"),
)


def end_of(year: int) -> date:
    return date(year, 12, 31)


def links(code: str, start: int, end: int) -> list[tuple[str, str]]:
    return [
        (b, letter)
        for a, b, letter in became(CHANGES, [code], end_of(start), end_of(end))
        if a == code
    ]


@pytest.mark.parametrize(("start", "end"), [(2011, 2025), (2019, 2020), (2025, 2011), (2019, 2019)])
def test_a_code_that_no_change_names_is_the_same_place_in_every_year(start: int, end: int):
    assert links(BRISTOL, start, end) == [(BRISTOL, "U")]


@pytest.mark.parametrize(
    ("code", "start", "end", "wanted"),
    [
        (MENDIP, 2019, 2022, [(MENDIP, "U")]),
        (MENDIP, 2022, 2024, [(SOMERSET, "M")]),
        (TAUNTON, 2017, 2019, [(BOTH, "M")]),
        (TAUNTON, 2017, 2025, [(SOMERSET, "M")]),  # merged, and merged again
        (COUNTY, 2018, 2025, [(SOMERSET, "U")]),
        (NORTHAMPTONSHIRE, 2019, 2022, [(NORTH, "S"), (WEST, "S")]),
        (SHEFFIELD, 2024, 2025, [(NEW_SHEFFIELD, "X")]),
    ],
)
def test_a_change_counts_from_its_day(code: str, start: int, end: int, wanted: list):
    assert links(code, start, end) == wanted


def test_told_backwards_a_merger_is_a_split_and_a_split_a_merger():
    assert links(SOMERSET, 2025, 2022) == sorted(
        [(MENDIP, "S"), (SEDGEMOOR, "S"), (SOUTH, "S"), (BOTH, "S"), (COUNTY, "U")]
    )
    assert links(NORTH, 2025, 2019) == [(NORTHAMPTONSHIRE, "M")]


def test_a_merger_is_told_with_all_its_parts_whoever_asks():
    """Where a part was never delivered, the sum must lack it, and not be less."""
    parts = {
        a for a, b, _ in became(CHANGES, [MENDIP], end_of(2019), end_of(2025)) if b == SOMERSET
    }
    assert parts == {MENDIP, SEDGEMOOR, SOUTH, BOTH, COUNTY}


years = st.integers(2009, 2027)


@given(years, years)
def test_there_and_back_are_the_same_links(start: int, end: int):
    back = {"U": "U", "M": "S", "S": "M", "X": "X"}
    there = became(CHANGES, [BRISTOL], end_of(start), end_of(end))
    again = became(CHANGES, [BRISTOL], end_of(end), end_of(start))
    assert sorted((b, a, back[letter]) for a, b, letter in there) == again


@given(st.permutations(CHANGES), years, years)
def test_the_order_of_the_list_does_not_matter(shuffled: list, start: int, end: int):
    asked = ([BRISTOL, MENDIP], end_of(start), end_of(end))
    assert became(shuffled, *asked) == became(CHANGES, *asked)


# ---------------------------------------------------------------- numbers of the department

NUMBERS = (
    AuthorityNumber("801", "Bristol", BRISTOL, date.min, date.max),
    AuthorityNumber("933", "Somerset", COUNTY, date.min, date(2023, 3, 31)),
    AuthorityNumber("933", "Somerset", SOMERSET, date(2023, 4, 1), date.max),
    AuthorityNumber("928", "Northamptonshire", NORTHAMPTONSHIRE, date.min, date(2021, 3, 31)),
    AuthorityNumber("940", "North Northamptonshire", NORTH, date(2021, 4, 1), date.max),
)


def of(number: str, start: int, end: int) -> list[tuple[str, str]]:
    found = numbered(NUMBERS, CHANGES, end_of(start), end_of(end))
    return [(code, letter) for one, code, letter in found if one == number]


def test_a_number_is_the_code_of_the_same_authority():
    assert of("801", 2019, 2025) == [(BRISTOL, "U")]


def test_a_number_follows_its_code_through_the_changes():
    assert of("933", 2019, 2022) == [(COUNTY, "U")]
    assert of("933", 2019, 2025) == [(SOMERSET, "U")]
    assert of("928", 2019, 2025) == [(NORTH, "S"), (WEST, "S")]


def test_a_number_not_yet_given_is_taken_from_its_first_day():
    assert of("940", 2019, 2025) == [(NORTH, "U")]
