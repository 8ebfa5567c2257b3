"""Values of districts over the years: one place until a dated change, whatever was loaded first."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest

from lris.catalogue import Catalogue
from lris.catalogue.indicators import Indicator
from lris.catalogue.sources import SourceManifest
from lris.session import Doors
from tests import town as t
from tests.town import BRISTOL, SWINDON, Town, rectangle, values_file

SOMERSET, MENDIP, SEDGEMOOR, SOUTH, WEST = (
    *("E06000066", "E07000187", "E07000188", "E07000189", "E07000246"),
)
PARTS = (MENDIP, SEDGEMOOR, SOUTH, WEST)
BARNSLEY, NEW_BARNSLEY = "E08000016", "E08000038"
CHANGED = "boundary_changed"
OUTLINES_2025 = {
    BRISTOL: rectangle(0, 0, 1, 1),
    SWINDON: rectangle(1, 0, 2, 1),
    SOMERSET: rectangle(2, 0, 3, 1),
    NEW_BARNSLEY: rectangle(3, 0, 4, 1),
}

SOURCE = r"""
id = "{vintage}_values"
title = "Values by authority"
kind = "observations"
topic = "health"
publisher = "A partner"
licence = "OGL-3.0"
attribution = "Supplied by a partner."
homepage = "https://example.org/"
refresh = "yearly"
measures = [{{ id = "value", title = "The figure", unit = "{unit}" }}]
withheld = {{ "*" = "small_number" }}
[[layouts]]
name = "one"
columns = [
    {{ header = "area_code", role = "area_code", vintage = "{vintage}", shape = '\w+' }},
    {{ header = "period", role = "period" }},
    {{ header = "value", role = "value", measure = "value" }},
]
"""

INDICATOR = """
id = "value_{vintage}"
name = "The figure"
topic = "health"
unit = "of something"
description = "The figure."
method = "level"
additive = {additive}
disclosure = "open"
disclosure_because = "A test."
method_source = "As published."
numerator = {{ source = "{vintage}_values", measure = "value" }}
example = {{ value = 1 }}
"""


def with_values(catalogue: Catalogue, vintage: str, *, additive: bool) -> Catalogue:
    """The catalogue with a source of values by areas of a vintage, and an indicator of it."""
    source = SourceManifest.model_validate(
        tomllib.loads(SOURCE.format(vintage=vintage, unit="count"))
    )
    indicator = Indicator.model_validate(
        tomllib.loads(INDICATOR.format(vintage=vintage, additive=str(additive).lower()))
    )
    return replace(
        catalogue,
        sources={**catalogue.sources, source.id: source},
        indicators={indicator.id: indicator},
        profiles={},
    )


def a_town(
    doors: Doors, catalogue: Catalogue, folder: Path, vintage: str, *, additive: bool
) -> Town:
    town = Town(doors, with_values(t.small(catalogue), vintage, additive=additive), folder)
    town.draw("lad_2025", OUTLINES_2025)
    return town


def put(town: Town, vintage: str, rows: Iterable[Sequence[object]], name: str = "a.csv") -> None:
    town.load(f"{vintage}_values", values_file(town.folder, rows, name))


def of_2025(town: Town, vintage: str, period: str = "2018") -> dict[str, object]:
    """What districts of 2025 are told, leaving out those of which nothing was delivered."""
    found = town.values(f"value_{vintage}", "lad_2025", period)
    return {code: value for code, value in found.items() if value != "no_data"}


@pytest.mark.parametrize("additive", [True, False])
def test_a_value_of_2019_stands_for_the_unchanged_district_of_2025(
    doors: Doors, catalogue: Catalogue, tmp_path: Path, *, additive: bool
):
    town = a_town(doors, catalogue, tmp_path, "lad_2019", additive=additive)
    put(town, "lad_2019", [(BRISTOL, 2018, 7), (SWINDON, 2018, "*"), (BARNSLEY, 2018, 5)])
    town.seal()
    assert of_2025(town, "lad_2019") == {
        BRISTOL: 7,
        SWINDON: "publisher_withheld",
        NEW_BARNSLEY: CHANGED,
    }


@pytest.mark.parametrize(("additive", "wanted"), [(True, 10), (False, CHANGED)])
def test_a_merged_district_has_the_sum_of_its_parts_and_no_other_value(
    doors: Doors, catalogue: Catalogue, tmp_path: Path, *, additive: bool, wanted: object
):
    town = a_town(doors, catalogue, tmp_path, "lad_2019", additive=additive)
    put(town, "lad_2019", [(code, 2018, at) for at, code in enumerate(PARTS, 1)])
    town.seal()
    assert of_2025(town, "lad_2019") == {SOMERSET: wanted}


def test_a_merged_district_with_a_part_undelivered_has_no_sum(
    doors: Doors, catalogue: Catalogue, tmp_path: Path
):
    town = a_town(doors, catalogue, tmp_path, "lad_2019", additive=True)
    put(town, "lad_2019", [(code, 2018, 1) for code in PARTS[:3]] + [(BRISTOL, 2018, 1)])
    town.seal()
    assert of_2025(town, "lad_2019") == {BRISTOL: 1}


def test_a_county_that_became_one_authority_is_the_same_place(
    doors: Doors, catalogue: Catalogue, tmp_path: Path
):
    town = a_town(doors, catalogue, tmp_path, "county_2018", additive=False)
    put(town, "county_2018", [("E10000027", 2018, 62.5), ("E10000030", 2018, 70)])
    town.seal()
    assert of_2025(town, "county_2018") == {SOMERSET: 62.5}


def test_the_department_s_numbers_lead_to_the_authorities(
    doors: Doors, catalogue: Catalogue, tmp_path: Path
):
    town = a_town(doors, catalogue, tmp_path, "lea_2019", additive=False)
    put(town, "lea_2019", [(801, 2018, 64), (866, 2018, 61), (933, 2018, 63), (370, 2018, 60)])
    town.seal()
    assert of_2025(town, "lea_2019") == {
        BRISTOL: 64,
        SWINDON: 61,
        SOMERSET: 63,
        NEW_BARNSLEY: CHANGED,
    }


def test_values_of_several_years_districts_are_one_figure_in_whatever_order_they_came(
    template: tuple[str, str], catalogue: Catalogue, tmp_path_factory
):
    """Bristol is told by the codes of 2019 and of 2020, with unlike values: the nearer year's
    stands.
    """
    by_vintage = {
        "lad_2019": [(BRISTOL, 2018, 1), (SWINDON, 2018, 2)],
        "lad_2020": [(BRISTOL, 2018, 3)],
        "lad_2025": [(SOMERSET, 2018, 4)],
    }
    found = []
    for order in permutations(by_vintage):
        folder = tmp_path_factory.mktemp("order")
        with t.a_town(template, catalogue, folder) as plain:
            known = with_values(plain.catalogue, "lad_2019", additive=False)
            layouts = tuple(
                with_values(plain.catalogue, one, additive=False)
                .source(f"{one}_values")
                .layouts[0]
                .model_copy(update={"name": one, "file": f"{one}.*", "partition": one})
                for one in by_vintage
            )
            source = known.source("lad_2019_values").model_copy(update={"layouts": layouts})
            town = replace(
                plain,
                catalogue=replace(known, sources={**known.sources, source.id: source}),
            )
            for vintage in order:
                put(town, "lad_2019", by_vintage[vintage], f"{vintage}.csv")
            town.draw("lad_2025", OUTLINES_2025)
            town.seal()
            found.append(of_2025(town, "lad_2019"))
    assert found == [{BRISTOL: 3, SWINDON: 2, SOMERSET: 4}] * len(found)
