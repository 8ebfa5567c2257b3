"""The fictional city beside the real files: what its open crime data look like, in numbers.

Run with -s to see the table: Avon and Somerset month by month, the least and the most among the
forces of England and Wales of one month, and the fictional city.
"""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.demo.happened import files, ground, table

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
ELSEWHERE = ("British Transport Police", "City of London Police")


def gini(values: np.ndarray) -> float:
    ordered = np.sort(values)
    n = ordered.size
    return float(2 * (np.arange(1, n + 1) * ordered).sum() / (n * ordered.sum()) - (n + 1) / n)


def measured(rows: pd.DataFrame, residents: pd.Series) -> dict[str, float]:
    """The figures of some months of a force."""
    located = rows[rows["Longitude"] != ""]
    at_point = np.sort(located.groupby(["Longitude", "Latitude"]).size().to_numpy())[::-1]
    upto = at_point.cumsum() / at_point.sum()
    of_area = located[located["LSOA code"].isin(residents.index)].groupby("LSOA code").size()
    months = rows["Month"].nunique()
    rate = (of_area / residents[of_area.index] * 1000 * 12 / months).to_numpy()
    return {
        "without location": float((rows["Longitude"] == "").mean()),
        "anti-social behaviour": float((rows["Crime type"] == "Anti-social behaviour").mean()),
        "points with half of crime": float((np.searchsorted(upto, 0.5) + 1) / at_point.size),
        "crime at 5 % of points": float(upto[int(0.05 * at_point.size) - 1]),
        "Gini over points": gini(at_point),
        "Gini over LSOA rates": gini(rate),
        **{
            f"LSOA rate, quantile {q:.2f}": float(value)
            for q, value in zip(QUANTILES, np.quantile(rate, QUANTILES), strict=True)
        },
    }


@pytest.fixture(scope="module")
def residents(real_data: Path) -> pd.Series:
    rows = pd.read_csv(
        real_data / "population" / "derived_population_mid2019_lsoa11_single_year.csv.gz",
        usecols=["lsoa11_code", "total_population"],
    )
    return rows.set_index("lsoa11_code")["total_population"]


@pytest.fixture(scope="module")
def avon_and_somerset(real_data: Path, residents: pd.Series) -> pd.DataFrame:
    months = {}
    for path in sorted((real_data / "crime" / "avon-and-somerset").glob("*-street.csv")):
        months[path.name[:7]] = measured(read(path.read_bytes()), residents)
    return pd.DataFrame(months)


@pytest.fixture(scope="module")
def forces(real_data: Path, residents: pd.Series) -> pd.DataFrame:
    """A month of every force of England and Wales whose file is there."""
    found = {}
    path = real_data / "crime" / "national" / "2018-10-all-forces-except-large.tar.xz"
    with tarfile.open(path) as archive:
        for member in archive:
            if member.name.endswith("-street.csv"):
                content = archive.extractfile(member)
                assert content is not None
                rows = read(content.read())
                force = rows["Reported by"].iloc[0]
                if force not in ELSEWHERE and (rows["LSOA code"] != "").any():
                    found[force] = measured(rows, residents)
    return pd.DataFrame(found)


def read(content: bytes) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False)


@pytest.fixture(scope="module", params=[7, 11])
def city(request: pytest.FixtureRequest) -> pd.DataFrame:
    """Every whole month of the fictional force."""
    seed = request.param
    land = ground(seed).land
    residents = pd.Series(land.lsoa_2011.residents, index=land.lsoa_2011.codes)
    partial = {one.when["from"][:7] for one in files(seed)[1] if one.kind == "partial-delivery"}
    rows = table("police_street_crime", seed)
    return pd.DataFrame(
        {
            month: measured(part, residents)
            for month, part in rows.groupby("Month")
            if month not in partial
        }
    )


def test_the_city_is_within_the_range_of_the_real_files(city, avon_and_somerset, forces):
    shown = pd.DataFrame(
        {
            **{f"A&S {month}": avon_and_somerset[month] for month in avon_and_somerset},
            "least": forces.min(axis=1),
            "most": forces.max(axis=1),
            "city, median month": city.median(axis=1),
            "city, least": city.min(axis=1),
            "city, most": city.max(axis=1),
        }
    )
    print("\n" + shown.round(3).to_string())
    inside = (shown["city, median month"] >= shown["least"]) & (
        shown["city, median month"] <= shown["most"]
    )
    assert inside.all(), shown[~inside].to_string()


def test_five_in_a_hundred_places_hold_about_half_of_the_crime():
    land, rows = ground().land, table("police_street_crime")
    located = rows[rows["Longitude"] != ""]
    counts = np.zeros(len(land.snap))
    found = np.sort(located.groupby(["Longitude", "Latitude"]).size().to_numpy())[::-1]
    counts[: found.size] = found
    upto = counts.cumsum() / counts.sum()
    share = (np.searchsorted(upto, 0.5) + 1) / len(land.snap)
    print(f"\n{share:.1%} of {len(land.snap):,} map points hold half of three years' crime")
    assert 0.035 < share < 0.07


def test_the_city_has_about_as_much_crime_as_a_real_one_of_its_size():
    land, rows = ground().land, table("police_street_crime", null=True)
    district = dict(zip(land.lsoa_2011.codes, land.lad.codes[land.lad_of_lsoa_2011], strict=True))
    counts = rows["LSOA code"].map(district).value_counts() / 3
    assert 30_000 < counts[land.lad.codes[0]] < 42_000
    assert 5_000 < counts[land.lad.codes[1]] < 12_000


def test_the_mix_of_categories_is_that_of_avon_and_somerset(real_data):
    real = pd.concat(
        [
            read(path.read_bytes())
            for path in sorted((real_data / "crime" / "avon-and-somerset").glob("*-street.csv"))
        ]
    )["Crime type"].value_counts(normalize=True)
    made = table("police_street_crime")["Crime type"].value_counts(normalize=True)
    shown = pd.DataFrame({"Avon and Somerset": real, "city": made})
    print("\n" + shown.round(4).to_string())
    assert (shown.diff(axis=1)["city"].abs() < 0.03).all()
    assert np.corrcoef(shown["Avon and Somerset"], shown["city"])[0, 1] > 0.97
