"""The fictional people: ages, households, faiths and the working day, and the files they are in."""

from __future__ import annotations

import csv
import io
import zipfile
from itertools import pairwise

import numpy as np
import pytest
from python_calamine import CalamineWorkbook

from lris.demo import CityReport
from lris.demo.geography import Geography
from lris.demo.people import AGES, CENSUS, FAITHS, People, summed


def test_people_by_age_sum_to_the_residents_of_every_area(land: Geography, people: People) -> None:
    assert people.census.shape == (len(land.atom_oa), 2, AGES)
    assert np.array_equal(people.census.sum(axis=(1, 2)), land.atom_residents)
    assert np.array_equal(people.of_year(CENSUS), people.census)
    by_oa = summed(people.census, land.atom_oa, len(land.oa))
    assert np.array_equal(by_oa.sum(axis=(1, 2)), land.oa.residents)
    assert np.array_equal(people.faiths.sum(axis=1), land.oa.residents)
    assert people.faiths.shape[1] == len(FAITHS)


def test_the_pyramid_is_that_of_a_city_in_a_country_like_england(people: People) -> None:
    ages = people.census.sum(axis=(0, 1))
    share = {band: ages[band[0] : band[1]].sum() / ages.sum() for band in ((0, 16), (65, 91))}
    assert 0.16 < share[0, 16] < 0.21
    assert 0.14 < share[65, 91] < 0.22
    old = people.census[:, :, 80:].sum(axis=(0, 2))
    assert old[1] > 1.15 * old[0]  # women outlive men
    young = people.census[:, :, :5].sum(axis=(0, 2))
    assert young[0] > young[1]


def test_students_gather_in_a_few_neighbourhoods(land: Geography, people: People) -> None:
    lsoa = summed(people.census, land.lsoa_of_oa[land.atom_oa], len(land.lsoa)).sum(axis=1)
    share = lsoa[:, 18:25].sum(axis=1) / lsoa.sum(axis=1)
    assert share.max() > 0.35
    assert np.median(share) < 0.11


def test_estimates_go_on_from_year_to_year_without_leaps(land: Geography, people: People) -> None:
    of_atom = land.lsoa_of_oa[land.atom_oa]
    years = [
        summed(people.of_year(y), of_atom, len(land.lsoa)).sum(axis=(1, 2))
        for y in range(2019, 2025)
    ]
    for before, after in pairwise(years):
        assert np.abs(after / before - 1).max() < 0.08
    assert people.of_year(2024)[:, :, 65:].sum() > people.of_year(2019)[:, :, 65:].sum()


def test_on_a_working_day_the_heart_of_the_city_is_full(land: Geography, people: People) -> None:
    assert people.workday.min() >= 0
    heart = land.centres[0]
    away = np.hypot(*(land.oa.points - [heart.easting, heart.northing]).T)
    near = away < 700
    assert people.workday[near].sum() > 2.5 * land.oa.residents[near].sum()
    assert people.workday.sum() == pytest.approx(land.oa.residents.sum(), rel=0.06)


# ---------------------------------------------------------------- files


def _rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_the_two_files_of_estimates_agree(city: CityReport) -> None:
    for year in (2019, 2024):
        (by_age,) = (city.out / "population_single_year").glob(f"*mid{year}*")
        (book,) = (city.out / "population_sape").glob(f"*mid-{year}*")
        sheet = CalamineWorkbook.from_path(str(book)).get_sheet_by_name(
            f"Mid-{year} Population Density"
        )
        table = [row for row in sheet.to_python() if str(row[0]).startswith("E01")]
        rows = _rows(by_age.read_bytes())
        assert {r["lsoa11_code"]: int(r["total_population"]) for r in rows} == {
            str(row[0]): int(float(str(row[2]))) for row in table
        }
        for row in rows[:50]:
            ages = [int(row[str(age)]) for age in range(90)] + [int(row["90+"])]
            assert sum(ages) == int(row["total_population"])


def test_levels_of_the_census_differ_by_a_few_as_published_ones_do(city: CityReport) -> None:
    (path,) = (city.out / "census_2021_religion").iterdir()
    title = "Religion: Total: All usual residents"
    with zipfile.ZipFile(path) as archive:
        totals = {
            level: sum(int(r[title]) for r in _rows(archive.read(f"census2021-ts030-{level}.csv")))
            for level in ("oa", "lsoa", "msoa", "ltla")
        }
    assert len(set(totals.values())) > 1
    assert max(totals.values()) / min(totals.values()) < 1.002


def test_households_of_the_second_census_are_told_level_by_level(city: CityReport) -> None:
    title = "Number of households: Number of households; measures: Value"
    totals, areas = {}, {}
    for path in (city.out / "census_2021_households").iterdir():
        rows = _rows(path.read_bytes())
        level = path.stem.rpartition("-")[2]
        totals[level], areas[level] = sum(int(row[title]) for row in rows), len(rows)
    assert areas["ltla"] == 2
    assert areas["lsoa"] > areas["msoa"] > areas["ltla"]
    assert max(totals.values()) / min(totals.values()) < 1.002


def test_the_first_census_counts_those_in_households_and_the_others(city: CityReport) -> None:
    (path,) = (city.out / "census_2011_population").iterdir()
    rows = list(csv.reader(io.StringIO(path.read_bytes().decode())))
    assert rows[0].count("Persons") == 3
    assert rows[0][8] == ""
    for row in rows[1:]:
        whole, in_households, communal = (int(cell.replace(",", "")) for cell in row[9:12])
        assert whole == in_households + communal


def test_everything_says_that_it_is_fictional(city: CityReport) -> None:
    assert "EVERYTHING IN THIS FOLDER IS FICTIONAL" in (city.out / "README.txt").read_text()
    named_by_the_publisher = ("zv.csv", "-ks2.csv", "README.txt")
    ours = [
        path for path in city.files if path.parent.parent == city.out or path.parent == city.out
    ]
    feeds = ("police", "partner", "fire", "ambulance", "assault", "fly_tipping", "refused")
    for path in ours:
        if not path.parent.name.startswith(feeds) and not path.name.endswith(
            named_by_the_publisher
        ):
            assert "fictional" in path.name, path
