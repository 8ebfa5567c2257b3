"""Postcodes in every spelling, and what is said of what is none."""

from __future__ import annotations

import pytest

from lris.rules.postcodes import amiss, likely, spaced, split_words, tight


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("BS3 4TW", "BS34TW"),
        ("bs34tw", "BS34TW"),
        ("  Bs 3 4 tW ", "BS34TW"),
        ("BS3\u00a04TW", "BS34TW"),
        ("BS3-4TW", "BS34TW"),
        ("M1 1AE", "M11AE"),
        ("B33 8TH", "B338TH"),
        ("CR2 6XH", "CR26XH"),
        ("DN55 1PT", "DN551PT"),
        ("W1A 1HQ", "W1A1HQ"),
        ("EC1A 1BB", "EC1A1BB"),
        ("gir 0aa", "GIR0AA"),
        ("NPT 0AD", "NPT0AD"),
    ],
)
def test_case_and_spaces_do_not_matter(text: str, meant: str):
    assert tight(text) == meant
    assert spaced(meant)[-4] == " "


@pytest.mark.parametrize("text", ["", "BS3", "4TW", "BS3 4T", "BS344 4TW", "=BS3 4TW", "BS３ 4TW"])
def test_what_is_no_postcode_is_none(text: str):
    assert tight(text) is None


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("", "write one"),
        ("BS3", "write it whole"),
        ("BSI 1AA", "did you mean BS1 1AA?"),
        ("BS3 OTW", "did you mean BS3 0TW?"),
        ("Bedminster", "one or two letters"),
    ],
)
def test_what_is_amiss_is_told_with_what_to_do(text: str, remedy: str):
    assert amiss(text)[1].startswith(remedy) or remedy in amiss(text)[1]


def test_a_likely_postcode_is_always_one():
    assert likely("BSI 1AA") == "BS1 1AA"
    assert likely("nothing") is None
    assert likely("Z" * 400) is None


def test_two_words_may_be_the_halves_of_one_postcode():
    assert split_words(["BS3", "4TW", "bs34tx", "BS1 1AA", "BS3"]) == [
        "BS3 4TW",
        "bs34tx",
        "BS1 1AA",
        "BS3",
    ]
