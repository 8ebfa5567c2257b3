"""What figures are divided by where several denominators are loaded."""

from __future__ import annotations

import numpy as np
import pytest

from lris.catalogue import Catalogue
from lris.catalogue.indicators import Indicator
from lris.derive.denominators import Denominator, chosen
from lris.profiles.comparators import denominator_of
from lris.rules.estimates import REASONS, ByArea
from lris.terms import Period, Reason

VINTAGE = "lsoa_2011"
ESTIMATE = REASONS.index(Reason.SHARED_OUT)


@pytest.fixture
def rate(catalogue: Catalogue) -> Indicator:
    return catalogue.indicator("crime_rate_residents")


def of_year(year: int, numbers: dict[int, float], doubt: int = 0) -> Denominator:
    ids = np.array(sorted(numbers), dtype=np.int64)
    column = ByArea(
        ids,
        np.array([numbers[one] for one in ids]),
        np.full(ids.size, doubt, dtype=np.int8),
    )
    return Denominator(
        f"Residents of {year}",
        f"source_{year}",
        (year,),
        Period.parse(str(year)),
        "",
        {VINTAGE: column},
        {},
    )


def below(rate: Indicator, *loaded: Denominator, period: str = "2018-07"):
    found = chosen(rate, loaded, VINTAGE, Period.parse(period), "")
    assert found is not None
    return found


def numbers_of(found, *ids: int) -> list[float]:
    return found.numbers.of(np.array(ids, dtype=np.int64)).tolist()


def test_an_area_that_the_nearest_year_does_not_have_is_divided_by_the_next_that_has_it(rate):
    here, there = of_year(2018, {1: 1500.0, 4: 900.0}), of_year(2015, {2: 1200.0, 1: 1.0}, ESTIMATE)
    found = below(rate, there, here)
    assert numbers_of(found, 1, 2, 4) == [1500.0, 1200.0, 900.0]
    doubts = found.numbers.doubt_of(np.array([1, 2, 4], dtype=np.int64))
    assert doubts.tolist() == [0, ESTIMATE, 0]
    assert found.words == "Residents of 2018; where that is not loaded: Residents of 2015"
    assert (found.sources, found.deliveries) == (("source_2018", "source_2015"), (2015, 2018))


def test_a_year_that_adds_no_area_is_not_named(rate):
    found = below(rate, of_year(2018, {1: 1500.0, 2: 900.0}), of_year(2017, {2: 1200.0}))
    assert (found.words, found.sources) == ("Residents of 2018", ("source_2018",))


def test_a_number_that_is_withheld_is_not_taken_from_another_year(rate):
    found = below(rate, of_year(2018, {1: np.nan, 3: 800.0}), of_year(2017, {1: 1200.0}))
    assert np.isnan(numbers_of(found, 1)).all()


def test_a_year_too_far_away_fills_nothing_in(rate):
    found = below(rate, of_year(2018, {1: 1500.0}), of_year(2001, {2: 1200.0}))
    assert np.isnan(numbers_of(found, 2)).all()
    assert found.words == "Residents of 2018"


def test_where_every_year_is_too_far_away_the_nearest_is_named_and_not_used(rate):
    found = below(rate, of_year(2001, {1: 1500.0}), of_year(1991, {2: 1200.0}))
    assert (found.words, found.too_distant) == ("Residents of 2001", True)


def test_whichever_way_denominators_came_all_of_them_are_told_apart():
    carried = ", carried from lsoa_2011 by its published look-up"
    mixed = f"Residents of 2018{carried}; where that is not loaded: Residents of 2011{carried}"
    plain = "Residents of 2018; where that is not loaded: Residents of 2011"
    assert denominator_of({"denominator": mixed}) == plain
    assert denominator_of({"denominator": f"Residents of 2018{carried}"}) == "Residents of 2018"
    assert denominator_of({"denominator": None}) == ""
