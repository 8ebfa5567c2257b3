"""Every district of England and Wales since 2009 has one police force, and the right one."""

from __future__ import annotations

import gzip
import io
import re
import tarfile
from datetime import date

import pandas as pd
import pytest

from lris.settings import PROJECT

LOOKUP = PROJECT / "geodata" / "lookups" / "lad_police_force.csv"
COLUMNS = [
    "lad_code",
    "lad_name",
    "force_code",
    "force_name",
    "police_uk_name",
    "valid_from",
    "because",
]
# How many codes the register has given out for each kind of district, superseded ones included.
REGISTER = {"E06": 66, "E07": 246, "E08": 39, "E09": 33, "W06": 24}
# Forces with files of their own that police no district of England and Wales.
NO_TERRITORY = {"British Transport Police", "Police Service of Northern Ireland"}
DISTRICT = re.compile(r"E0[6-9]\d{6}|W06\d{6}")


@pytest.fixture(scope="module")
def lookup() -> pd.DataFrame:
    return pd.read_csv(LOOKUP, dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def force_of(lookup) -> dict[str, str]:
    return dict(zip(lookup["lad_code"], lookup["police_uk_name"], strict=True))


def test_every_code_the_register_has_given_out_is_there_once(lookup):
    assert list(lookup.columns) == COLUMNS
    expected = [f"{kind}{n:06d}" for kind, last in REGISTER.items() for n in range(1, last + 1)]
    assert lookup["lad_code"].tolist() == expected


def test_forty_three_forces_each_have_one_code_and_one_name_in_each_register(lookup):
    forces = lookup[["force_code", "force_name", "police_uk_name"]].drop_duplicates()
    assert len(forces) == 43
    assert all(forces[column].is_unique for column in forces)
    english = {f"E23{n:06d}" for n in range(1, 40)}
    assert set(forces["force_code"]) == english | {f"W15{n:06d}" for n in range(1, 5)}


def test_no_force_crosses_the_border_of_wales(lookup):
    assert (
        lookup["lad_code"].str.startswith("W") == lookup["force_code"].str.startswith("W")
    ).all()


def test_every_row_says_why_and_since_when(lookup):
    assert lookup["because"].str.startswith("Police Act 1996").all()
    since = lookup["valid_from"].map(date.fromisoformat)
    assert since.min() == date(2009, 1, 1)
    assert (lookup["lad_name"].str.strip() != "").all()


def test_a_district_formed_from_others_is_policed_as_they_were(lookup, force_of):
    since = dict(zip(lookup["lad_code"], lookup["valid_from"], strict=True))
    heirs = 0
    for row in lookup.itertuples():
        for earlier in DISTRICT.findall(row.because):
            heirs += 1
            assert force_of[earlier] == row.police_uk_name, (row.lad_code, earlier)
            assert since[earlier] < row.valid_from, (row.lad_code, earlier)
    assert heirs > 80


def test_a_district_is_new_exactly_where_it_says_what_it_was_formed_from(lookup):
    formed = lookup["because"].str.contains(DISTRICT)
    assert (formed == (lookup["valid_from"] != "2009-01-01")).all()


@pytest.mark.parametrize(
    ("code", "force"),
    [
        ("E07000187", "Avon and Somerset Constabulary"),  # Mendip, and Somerset after it
        ("E06000066", "Avon and Somerset Constabulary"),
        ("E06000005", "Durham Constabulary"),  # Darlington is not Cleveland
        ("E06000017", "Leicestershire Police"),  # Rutland
        ("E07000037", "Derbyshire Constabulary"),  # High Peak is not Greater Manchester
        ("E07000213", "Surrey Police"),  # Spelthorne left the metropolitan district in 2000
        ("E07000240", "Hertfordshire Constabulary"),
        ("E08000039", "South Yorkshire Police"),
        ("E09000001", "City of London Police"),
        ("E09000033", "Metropolitan Police Service"),
        ("W06000024", "South Wales Police"),  # Merthyr Tydfil is not Gwent
    ],
)
def test_the_districts_most_often_got_wrong(force_of, code, force):
    assert force_of[code] == force


def test_the_districts_of_2019_are_policed_as_their_incidents_say(real_data, lookup, force_of):
    counted = pd.read_csv(real_data / "lookups" / "derived_LAD19_to_police_force.csv", dtype=str)
    assert len(counted) == 339
    assert counted["police_force"].tolist() == [force_of[code] for code in counted["LAD19CD"]]
    named = dict(zip(lookup["lad_code"], lookup["lad_name"], strict=True))
    assert counted["LAD19NM"].tolist() == [named[code] for code in counted["LAD19CD"]]


@pytest.mark.parametrize(
    "name",
    [
        "lookups/LSOA11_to_CCG21_to_LAD21.csv.gz",
        "lookups/LSOA11_to_LSOA21_to_LAD22_exact_fit_V3_CHGIND.csv.gz",
        "lookups/LSOA11_to_MSOA11_to_LAD.csv.gz",
        "lookups/LSOA11_to_WD17.csv.gz",
        "lookups/LSOA11_to_WD19_to_LAD19.csv.gz",
        "lookups/LSOA21_to_WD24_to_LAD24_best_fit.csv.gz",
        "population/census_2011_population_hh.csv.gz",
    ],
)
def test_every_district_of_the_published_tables_is_there(real_data, force_of, name):
    with gzip.open(real_data / name, "rt", encoding="utf-8-sig") as table:
        codes = set(DISTRICT.findall(table.read()))
    assert len(codes) > 300
    assert codes <= set(force_of)


def test_every_district_of_the_boundary_files_is_there(real_data, force_of):
    archive = real_data / "boundaries" / "national" / "lsoa2021_bgc_by_lad_ew.tar.xz"
    codes: set[str] = set()
    with tarfile.open(archive, "r|xz") as members:
        for member in members:
            content = members.extractfile(member)
            if content is not None:
                found = re.findall(rb'"LADCD_ACTIVE": "(\w+)"', content.read())
                codes |= {code.decode() for code in found}
    assert {"E08000016", "E08000038"} <= codes
    assert codes <= set(force_of)


def test_forces_are_named_as_in_the_files_they_send_in(real_data, force_of):
    archive = real_data / "crime" / "national" / "2018-10-all-forces-except-large.tar.xz"
    reporters: set[str] = set()
    with tarfile.open(archive, "r|xz") as members:
        for member in members:
            content = members.extractfile(member)
            if content is not None:
                reporters |= set(pd.read_csv(io.BytesIO(content.read()))["Reported by"])
    assert reporters - set(force_of.values()) == NO_TERRITORY
