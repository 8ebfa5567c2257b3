"""Profiles of an LSOA, a ward and the whole of Bristol, and every worked example, on real files.

The publishers' files are cut to the rows of Bristol, letter for letter, so that this takes a minute
or two; whatever is expected is read from the same files by pandas alone.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from lris.catalogue import Catalogue
from lris.catalogue.indicators import Indicator
from lris.figures import figures
from lris.settings import PROJECT
from lris.terms import PUBLIC
from tests.acceptance.bristol import DISTRICT, IOD_2019, LSOA, WARD, Bristol

CATALOGUE = Catalogue.read(PROJECT / "geodata")
EXAMPLES = list(CATALOGUE.indicators.values())
ON_FILE = [one for one in EXAMPLES if one.example.area]
THEMES = ("population", "deprivation", "crime", "health", "education")

# ---------------------------------------------------------------- the worked examples


@pytest.mark.parametrize("indicator", ON_FILE, ids=lambda one: one.id)
def test_a_worked_example_is_a_cell_of_the_publishers_file(bristol: Bristol, indicator: Indicator):
    example = indicator.example
    vintage, _, code = str(example.area).partition("/")
    page = figures(
        bristol.reader,
        PUBLIC,
        indicator.id,
        vintage=vintage,
        period=example.period,
        category=example.category or None,
    )
    (row,) = (one for one in page.figures if one["area_code"] == code)
    assert row["value"] == pytest.approx(example.value, abs=5e-7)
    for end in ("lower", "upper"):
        said = getattr(example, end)
        if said is not None:
            assert row[end] == pytest.approx(said, abs=5e-7)
    if indicator.divides:
        assert row["numerator"] == pytest.approx(example.numerator)
        assert row["denominator"] == pytest.approx(example.denominator)


def test_most_that_is_published_has_an_example_that_stands_in_a_file():
    """What is counted or worked out here from incidents stands in no file."""
    sources = CATALOGUE.sources
    published = [one for one in EXAMPLES if sources[one.numerator.source].kind != "incidents"]
    assert len(ON_FILE) > 0.8 * len(published)


# ---------------------------------------------------------------- the three pages


@pytest.mark.parametrize(
    "which", [f"lsoa_2011/{LSOA}", f"lsoa_2021/{LSOA}", f"ward_2025/{WARD}", f"lad_2022/{DISTRICT}"]
)
def test_all_themes_have_figures_with_their_sources_and_periods(bristol: Bristol, which: str):
    found = bristol.profile(which)
    given = {
        section["topic"]
        for section in found["sections"]
        if any(figure["value"] is not None for figure in section["figures"])
    }
    assert given == set(THEMES)
    named = {source["id"]: source for source in found["sources"]}
    for section in found["sections"]:
        for figure in section["figures"]:
            assert figure["sources"]
            assert all(figure["period"] in named[one]["periods"] for one in figure["sources"])
            assert figure["sentence"].startswith(figure["period"])
    assert all(source["licence"] and source["publisher"] for source in named.values())


@pytest.mark.parametrize("which", [f"lsoa_2011/{LSOA}", f"ward_2025/{WARD}"])
def test_what_is_published_for_the_district_is_called_the_districts(bristol: Bristol, which: str):
    shown = figures_of(bristol.profile(which), "modelled_prevalence")
    assert len(shown) == 21
    assert {one["area"]["code"] for one in shown} == {DISTRICT}
    assert {one["area"]["relation"] for one in shown} == {"larger"}
    assert all("all of Bristol" in one["sentence"] for one in shown)


def test_the_district_has_them_as_its_own(bristol: Bristol):
    shown = figures_of(bristol.profile(f"lad_2022/{DISTRICT}"), "modelled_prevalence")
    assert {(one["area"] or {}).get("relation") for one in shown} <= {None, "same"}
    assert not any("all of" in one["sentence"] for one in shown)


def test_a_ward_has_no_rank_and_says_why(bristol: Bristol):
    found = bristol.profile(f"ward_2025/{WARD}")
    assert figures_of(found, "imd_2019_rank") == []
    assert any("never averaged" in gap["sentence"] for gap in found["gaps"])


def figures_of(found: dict[str, Any], indicator: str, category: str = "") -> list[dict[str, Any]]:
    return [
        figure
        for section in found["sections"]
        for figure in section["figures"]
        if figure["indicator"] == indicator and (not category or figure["category"] == category)
    ]


# ---------------------------------------------------------------- figures against the files


def test_figures_of_an_lsoa_are_those_of_the_files(bristol: Bristol):
    found = bristol.profile(f"lsoa_2011/{LSOA}")

    def value(indicator: str, category: str = "") -> Any:
        return figures_of(found, indicator, category)[0]["value"]

    domains = bristol.row("iod_2019", LSOA, at=1)
    for domain, name in (
        ("income", "Income"),
        ("education", "Education, Skills and Training"),
        ("health", "Health Deprivation and Disability"),
        ("crime", "Crime"),
    ):
        assert value(f"{domain}_2019_rank") == domains[f"{name} Rank (where 1 is most deprived)"]
    newer = bristol.row("iod_2025", LSOA)
    assert value("imd_2025_rank") == newer.IMD_rank
    assert value("education_2025_decile") == newer.Education_decile
    underlying = bristol.row("iod_2019", LSOA, at=4)
    assert value("not_staying_on_2019") == pytest.approx(
        100 * underlying.staying_on_in_education_post_16_indicator
    )
    assert value("healthy_surroundings") == pytest.approx(bristol.row("ahah", LSOA).ah3ahah)
    ages = bristol.row("population_single_year", LSOA, key=1)
    children = sum(ages[str(age)] for age in range(16))
    assert value("population_share_by_age", "0-15") == pytest.approx(
        100 * children / ages.total_population
    )
    prevalence = bristol.table("modelled_prevalence")
    diabetes = prevalence[(prevalence.lad_code == DISTRICT) & (prevalence.group_code == "DM")]
    assert value("modelled_prevalence", "dm") == pytest.approx(100 * diabetes.prevalence.iloc[0])


def test_crimes_of_an_lsoa_are_the_rows_that_name_it(bristol: Bristol):
    found = figures_of(bristol.profile(f"lsoa_2011/{LSOA}"), "crime_count", "all-crime")
    for at, month in enumerate(("2018-10", "2018-11", "2018-12")):
        rows = bristol.table("police_street_crime", at)
        (figure,) = (one for one in found if one["period"] == month)
        assert figure["value"] == (rows["LSOA code"] == LSOA).sum()


def test_shares_of_deprived_lsoas_are_those_the_publisher_gives_the_district(bristol: Bristol):
    name = "File_10_-_IoD2019_Local_Authority_District_Summaries__lower-tier__.xlsx"
    book = pd.read_excel(
        bristol.real / IOD_2019 / name,
        sheet_name=["Income", "Education", "Crime"],
        engine="calamine",
    )
    found = bristol.profile(f"lad_2019/{DISTRICT}")
    for sheet, table in book.items():
        (column,) = (
            one for one in table.columns if "Proportion of LSOAs" in one and "Rank" not in one
        )
        published = table[table.iloc[:, 0] == DISTRICT][column].iloc[0]
        ours = figures_of(found, f"{sheet.lower()}_2019_most_deprived_share")[0]["value"]
        assert ours / 100 == pytest.approx(published, abs=5e-5)


# ---------------------------------------------------------------- comparators, on real files

DOMAINS = (
    "Income",
    "Employment",
    "Education, Skills and Training",
    "Health Deprivation and Disability",
    "Crime",
    "Barriers to Housing and Services",
    "Living Environment",
)


def ranks_of_2019(bristol: Bristol) -> pd.DataFrame:
    """The ranks of Bristol's LSOAs in the seven domains, as pandas reads the publisher's file."""
    table = bristol.table("iod_2019", at=1).set_index("LSOA code (2011)").sort_index()
    table = table[table["Local Authority District code (2019)"] == DISTRICT]
    return table[
        [
            next(name for name in table if name.startswith(f"{domain} ") and "Rank" in name)
            for domain in DOMAINS
        ]
    ]


def crimes_of(bristol: Bristol, month: int) -> pd.Series:
    """How many lines of the force's file name each LSOA."""
    table = bristol.table("police_street_crime", at=month - 10)
    return table["LSOA code"].value_counts()


def test_the_areas_most_like_one_are_the_nearest_by_the_seven_domains(bristol: Bristol):
    from scipy.stats import norm

    scores = pd.DataFrame(norm.ppf((ranks_of_2019(bristol) - 0.5) / 32_844)).set_index(
        ranks_of_2019(bristol).index
    )
    z = (scores - scores.mean()) / scores.std(ddof=1)
    distance = (((z - z.loc[LSOA]) ** 2).sum(axis=1) ** 0.5).drop(LSOA).sort_values()
    told = bristol.profile(f"lsoa_2011/{LSOA}")["similar"]
    assert [one["code"] for one in told] == list(distance.index[:15])
    assert [one["distance"] for one in told] == pytest.approx(list(distance[:15]), abs=0.0006)


def test_a_rate_is_held_against_what_the_files_say_of_the_city_and_of_its_like(bristol: Bristol):
    found = bristol.profile(f"lsoa_2011/{LSOA}")
    (one,) = figures_of(found, "crime_rate_residents", "all-crime")
    crimes = crimes_of(bristol, 12)
    own = ranks_of_2019(bristol).index
    assert one["numerator"] == crimes.get(LSOA, 0)
    by_kind = {other["kind"]: other for other in one["comparators"]}
    assert by_kind["lad"]["numerator"] == crimes.reindex(own).sum()
    like = [other["code"] for other in found["similar"]]
    pooled = by_kind["neighbours"]
    assert pooled["numerator"] == crimes.reindex(like).fillna(0).sum()
    assert pooled["value"] == pytest.approx(1_000 * pooled["numerator"] / pooled["denominator"])
    rates = []
    for code in like:
        (other,) = figures_of(
            bristol.profile(f"lsoa_2011/{code}"), "crime_rate_residents", "all-crime"
        )
        rates.append(other["denominator"])
    assert pooled["denominator"] == sum(rates)
    assert one["rank"]["of"] == len(own)
