"""Harm by weights that somebody loads: reckoned by hand, told with their edition, never guessed."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Mapping
from math import sqrt
from pathlib import Path
from typing import Any

import pytest
from scipy.stats import chi2

from lris.catalogue import Catalogue
from lris.errors import ManifestFault
from lris.profiles import profile
from lris.reports import indicator, indicator_page
from lris.session import Doors
from lris.settings import PROJECT
from lris.terms import PUBLIC, AreaCode
from tests import town as t
from tests.town import Crime, Town, code

HARM = "crime_harm"
DAYS = {"burglary": 10.0, "robbery": 365.0, "shoplifting": 0.5}
"""What three kinds weigh; every other kind weighs one."""

Weighed = Callable[[Mapping[str, float | None], str], Catalogue]


@pytest.fixture
def weighed(tmp_path: Path) -> Weighed:
    """The decisions of the project with weights of an edition; a kind that has None is blank."""
    rows = list(csv.reader((PROJECT / "geodata/weights/crime_harm.csv").read_text().splitlines()))

    def read(weights: Mapping[str, float | None], edition: str) -> Catalogue:
        folder = tmp_path / edition
        shutil.copytree(PROJECT / "geodata", folder, ignore=shutil.ignore_patterns("raw"))
        with (folder / "weights/crime_harm.csv").open("w", newline="") as out:
            write = csv.writer(out)
            write.writerow(rows[0])
            for category, _, _, _, _, because in rows[1:]:
                weight = weights.get(category, 1.0)
                told = ["", "", "", ""] if weight is None else [weight, "days", "Court", edition]
                write.writerow([category, *told, because])
        return t.small(Catalogue.read(folder))

    return read


def a_year(town: Town) -> None:
    """In 1 a burglary a month and three robberies, in 2 as many thefts from shops; 3 has nothing.

    Anti-social behaviour is everywhere: it is no crime, and weighs nothing.
    """
    town.draw("lsoa_2011")
    town.census()
    for month in range(1, 13):
        crimes = [Crime(t.BURGLARY, 1), Crime(t.SHOPLIFTING, 2)]
        crimes += [Crime(t.ROBBERY, 1)] * (month <= 3)
        town.crimes(f"2018-{month:02}", [*crimes, *(Crime(t.ASB, n) for n in (1, 2, 3))])


def rows_of(town: Town) -> dict[str, Mapping[str, Any]]:
    return town.rows(HARM, "lsoa_2011", "2018")


def limits(events: dict[float, int]) -> tuple[float, float, float]:
    """Harm of events by weight and its limits: Poisson limits of their number, stretched.

    Each event adds its weight, so that the variance is the sum of squares (compound Poisson).
    """
    n = sum(events.values())
    value = sum(weight * many for weight, many in events.items())
    step = sqrt(sum(weight**2 * many for weight, many in events.items()) / n)
    z = 1.959963984540054
    exact = chi2.ppf(0.025, 2 * n) / 2, chi2.ppf(0.975, 2 * n + 2) / 2
    byar = (
        n * (1 - 1 / (9 * n) - z / (3 * sqrt(n))) ** 3,
        (n + 1) * (1 - 1 / (9 * (n + 1)) + z / (3 * sqrt(n + 1))) ** 3,
    )
    low, high = exact if n < 10 else byar
    return value, max(0.0, value + step * (low - n)), value + step * (high - n)


def test_harm_is_every_crime_times_its_weight_with_limits(
    doors: Doors, weighed: Weighed, tmp_path: Path
):
    town = Town(doors, weighed(DAYS, "2024"), tmp_path)
    a_year(town)
    town.seal()
    found = rows_of(town)
    for number, events in ((1, {10.0: 12, 365.0: 3}), (2, {0.5: 12})):
        row = found[code(number)]
        assert (row["value"], row["lower"], row["upper"]) == pytest.approx(limits(events), rel=1e-9)
    assert found[code(1)]["value"] == 12 * 10 + 3 * 365
    assert (found[code(3)]["value"], found[code(3)]["reason"]) == (0, None)
    assert {found[code(n)]["reason"] for n in range(9, 13)} == {"no_data"}


def test_other_weights_are_another_figure_and_each_says_whose_they_are(
    doors: Doors, weighed: Weighed, tmp_path: Path
):
    town = Town(doors, weighed(DAYS, "2024"), tmp_path)
    a_year(town)
    town.seal()
    told = harm_on_page(town)
    assert told["value"] == 12 * 10 + 3 * 365
    assert told["denominator_words"].endswith(". Weights: Court, 2024")
    later = Town(doors, weighed({**DAYS, "robbery": 400.0}, "2025"), tmp_path)
    later.seal()
    told = harm_on_page(later)
    assert told["value"] == 12 * 10 + 3 * 400
    assert told["denominator_words"].endswith(". Weights: Court, 2025")


def harm_on_page(town: Town) -> dict[str, Any]:
    page = profile(town.reader, PUBLIC, AreaCode("lsoa_2011", code(1)))
    (told,) = (
        one
        for section in page["sections"]
        for one in section["figures"]
        if one["indicator"] == HARM
    )
    return dict(told)


def test_one_missing_weight_withholds_every_figure_and_is_named(
    doors: Doors, weighed: Weighed, tmp_path: Path
):
    """No robbery is guessed from a burglary; not even where there was none of the kind."""
    town = Town(doors, weighed({**DAYS, "drugs": None}, "2024"), tmp_path)
    a_year(town)
    town.seal()
    found = rows_of(town)
    assert {found[code(n)]["reason"] for n in range(1, 9)} == {"no_weight"}
    assert {found[code(n)]["value"] for n in range(1, 9)} == {None}
    told = indicator(town.reader, PUBLIC, HARM)["weights"]
    assert [one["category"] for one in told["missing"]] == ["drugs"]
    assert told["missing"][0]["because"].startswith("Mixes possession and supply")
    assert told["editions"] == ["Court, 2024"]
    assert {one["category"]: one["weight"] for one in told["known"]}["robbery"] == 365
    page = indicator_page(town.reader, PUBLIC, HARM).bytes.decode()
    assert "Without one, so that every figure is withheld: drugs: Mixes possession" in page
    assert harm_on_page(town)["sentence"] == (
        "2018: one of the kinds it adds up has no published weight."
    )


def test_as_the_project_stands_no_kind_has_a_weight_and_each_says_why(catalogue: Catalogue):
    weights = catalogue.weights[HARM]
    parts = tuple(part.category for part in catalogue.indicator(HARM).parts)
    assert weights.missing(parts) == parts
    assert all(one.because for one in weights.rows)
    assert weights.editions == ()


@pytest.mark.parametrize("weight", [-1.0, float("inf"), float("nan")])
def test_a_weight_that_is_no_number_from_zero_is_refused_by_its_line(
    weighed: Weighed, weight: float
):
    with pytest.raises(ManifestFault, match=r"weights/crime_harm\.csv: line 3: burglary: weight"):
        weighed({"burglary": weight}, "2024")
