"""How publishers' files fit together: codes that join, levels that add up, lists that agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lris.catalogue import Catalogue
from lris.rules.succession import became
from lris.sources.archives import members
from lris.sources.frames import LinkBatch
from lris.sources.reading import read_links, read_observations

LSOAS_2011_OF_ENGLAND_AND_WALES = 34_753
LSOAS_2021_OF_ENGLAND_AND_WALES = 35_672
RESIDENTS_2021 = 59_597_542
SUM_OF_LSOAS_2021 = 59_597_267


def look_up(catalogue: Catalogue, source: str, path: Path) -> list[LinkBatch]:
    manifest = catalogue.source(source)
    return [
        batch
        for member in members(path, wanted=manifest.takes)
        for batch in read_links(member, manifest)
    ]


@pytest.fixture(scope="module")
def changes(real_data: Path, catalogue: Catalogue) -> pd.DataFrame:
    """The exact change look-up from 2011 to 2021."""
    path = real_data / "lookups" / "LSOA11_to_LSOA21_to_LAD22_exact_fit_V3_CHGIND.csv.gz"
    batches = [
        one
        for one in look_up(catalogue, "lsoa_2011_to_lsoa_2021", path)
        if (one.from_vintage, one.to_vintage) == ("lsoa_2011", "lsoa_2021")
    ]
    return pd.DataFrame(
        {
            "old": np.concatenate([one.from_code for one in batches]),
            "new": np.concatenate([one.to_code for one in batches]),
            "change": np.concatenate([one.change for one in batches]),
        }
    )


# ---------------------------------------------------------------- areas of two censuses


def test_the_change_look_up_knows_every_area_of_both_censuses(changes: pd.DataFrame):
    assert Counter(changes["change"]) == {"U": 33_647, "S": 1_900, "M": 239, "X": 10}
    assert changes["old"].nunique() == LSOAS_2011_OF_ENGLAND_AND_WALES
    assert changes["new"].nunique() == LSOAS_2021_OF_ENGLAND_AND_WALES


def test_an_unchanged_area_keeps_its_code(changes: pd.DataFrame):
    same = changes[changes["change"] == "U"]
    assert (same["old"] == same["new"]).all()


def test_the_best_fit_look_up_reaches_fewer_areas(real_data: Path, changes: pd.DataFrame):
    path = real_data / "lookups" / "LSOA11_to_LSOA21_to_LAD22_V2_noCHGIND.csv.gz"
    reached = pd.read_csv(path, encoding="utf-8-sig")["LSOA21CD"]
    share = reached[reached.isin(changes["new"])].nunique() / LSOAS_2021_OF_ENGLAND_AND_WALES
    assert round(share, 4) == 0.9707


@pytest.mark.parametrize("month", ["2018-10", "2018-11", "2018-12"])
def test_the_codes_of_the_police_are_those_of_2011(
    real_data: Path, changes: pd.DataFrame, month: str
):
    folder = real_data / "crime" / "avon-and-somerset"
    codes = pd.read_csv(folder / f"{month}-avon-and-somerset-street.csv")["LSOA code"].dropna()
    assert codes.isin(changes["old"]).all()
    assert 0.89 < codes.isin(changes["new"]).mean() < 0.93


def test_every_file_of_the_indices_has_the_same_areas(real_data: Path, changes: pd.DataFrame):
    folder = real_data / "deprivation" / "iod2019"
    sets = [
        set(pd.read_csv(path, usecols=[0], encoding="utf-8-sig").iloc[:, 0])
        for path in sorted(folder.glob("File_*.csv.gz"))
    ]
    assert len(sets) == 5
    assert all(one == other for one, other in pairwise(sets))
    assert len(sets[0]) == 32_844
    assert sets[0] == {code for code in changes["old"] if code.startswith("E")}


def test_ranks_of_the_london_workbook_are_the_national_ranks(real_data: Path):
    folder = real_data / "deprivation" / "iod2019"
    (path,) = folder.glob("File_1_*.csv.gz")
    nation = pd.read_csv(path, encoding="utf-8-sig", thousands=",").set_index("LSOA code (2011)")
    london = pd.read_excel(
        folder / "ID_2019_for_London.xlsx", sheet_name="IMD 2019", engine="calamine"
    ).set_index("LSOA code (2011)")
    rank = london.filter(like="(IMD) Rank").iloc[:, 0]
    assert rank.size == 4_835
    assert (nation.loc[rank.index].filter(like="(IMD) Rank").iloc[:, 0] == rank).all()


# ---------------------------------------------------------------- districts of several years


@pytest.fixture(scope="module")
def districts(real_data: Path) -> Mapping[int, set[str]]:
    """The codes of the districts of England and Wales, by year, as files of that year have them."""
    files = {
        2011: ("population/census_2011_population_hh.csv.gz", "Local authority code"),
        2017: ("lookups/LSOA11_to_WD17.csv.gz", "LAD17CD"),
        2019: ("lookups/LSOA11_to_WD19_to_LAD19.csv.gz", "LAD19CD"),
        2022: ("lookups/LSOA11_to_LSOA21_to_LAD22_exact_fit_V3_CHGIND.csv.gz", "LAD22CD"),
        2024: ("lookups/LSOA21_to_WD24_to_LAD24_best_fit.csv.gz", "LAD24CD"),
    }
    return {
        year: set(pd.read_csv(real_data / path, usecols=[column], encoding="utf-8-sig")[column])
        for year, (path, column) in files.items()
    }


YEARS = (2011, 2017, 2019, 2022, 2024)


@pytest.mark.parametrize(("start", "end"), [(a, b) for a in YEARS for b in YEARS if a != b])
def test_the_list_of_changes_leads_from_the_districts_of_a_year_to_those_of_another(
    districts: Mapping[int, set[str]], catalogue: Catalogue, start: int, end: int
):
    links = became(catalogue.changes, districts[start], date(start, 12, 31), date(end, 12, 31))
    of_districts = [
        (a, b) for a, b, _ in links if not a.startswith("E10") and not b.startswith("E10")
    ]
    assert {a for a, _ in of_districts} == districts[start]
    assert {b for _, b in of_districts} == districts[end]


def test_every_authority_of_the_department_s_list_has_a_code(real_data: Path, catalogue: Catalogue):
    (path,) = (real_data / "education" / "ks2_publisher_format").glob("*la_and_region_codes*.csv")
    listed = set(pd.read_csv(path, dtype=str, encoding="utf-8-sig")["LEA"])
    assert listed <= {one.number for one in catalogue.numbers}
    assert len(listed) == 152


# ---------------------------------------------------------------- levels of the census of 2021


@pytest.fixture(scope="module")
def residents(real_data: Path, catalogue: Catalogue) -> Mapping[str, pd.DataFrame]:
    """Residents of 2021 by level: a frame of code, name and value for each file of the archive."""
    source = catalogue.source("census_2021_religion")
    path = real_data / "population" / "census2021-ts030.zip"
    return {
        member.name.rpartition("-")[2].removesuffix(".csv"): pd.concat(_totals(member, source))
        for member in members(path, wanted=source.takes)
    }


def _totals(member: object, source: object) -> Iterator[pd.DataFrame]:
    read: Callable = read_observations
    for batch in read(member, source):
        total = batch.measure == "residents"
        columns = {"code": batch.area, "name": batch.area_name, "value": batch.value}
        yield pd.DataFrame({name: column[total] for name, column in columns.items()})


@pytest.mark.parametrize(
    ("level", "areas"),
    [("ctry", 2), ("rgn", 10), ("ltla", 331), ("msoa", 7_264), ("lsoa", 35_672), ("oa", 188_880)],
)
def test_each_level_of_the_census_adds_up_to_all_residents_but_for_what_was_perturbed(
    residents: Mapping[str, pd.DataFrame], level: str, areas: int
):
    found = residents[level]
    found = found[~found["code"].str.startswith("K")]
    assert found["code"].nunique() == areas
    # counts are moved by a few each, up and down: the sum strays as a random walk does
    assert abs(found["value"].sum() - RESIDENTS_2021) < 10 + 4 * np.sqrt(areas)


def test_small_areas_add_up_to_their_districts_but_for_what_was_perturbed(
    residents: Mapping[str, pd.DataFrame], real_data: Path
):
    path = real_data / "lookups" / "LSOA11_to_LSOA21_to_LAD22_exact_fit_V3_CHGIND.csv.gz"
    links = pd.read_csv(path, encoding="utf-8-sig")[["LSOA21CD", "LAD22CD"]].drop_duplicates()
    sums = _sums(residents["lsoa"], links.set_index("LSOA21CD")["LAD22CD"])
    published = residents["ltla"].set_index("code")["value"]
    parts = links.groupby("LAD22CD").size()
    off = (sums - published).abs()
    assert off.size == 331
    assert off.notna().all()
    assert (off < 10 + 4 * np.sqrt(parts)).all()
    assert sums.sum() == SUM_OF_LSOAS_2021


def test_small_areas_add_up_to_the_middle_areas_they_are_named_after(
    residents: Mapping[str, pd.DataFrame],
):
    """An LSOA is called after its MSOA, and a letter."""
    lsoas = residents["lsoa"].assign(middle=residents["lsoa"]["name"].str[:-1])
    sums = lsoas.groupby("middle")["value"].sum()
    published = residents["msoa"].set_index("name")["value"]
    off = (sums - published).abs()
    assert off.size == 7_264
    assert off.notna().all()
    assert off.max() <= 20


def _sums(found: pd.DataFrame, parent: pd.Series) -> pd.Series:
    return found["value"].groupby(found["code"].map(parent)).sum()
