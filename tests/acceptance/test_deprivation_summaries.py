"""The English Indices of Deprivation: the publisher's summaries of districts, made again.

File 10 of 2019 is made from the ranks of File 1, the transformed scores of File 9 and the residents
of File 6; the scores of 2025 from the ranks of seven domains.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lris.rules import deprivation
from lris.rules.measures import SUMMARIES

RANKS_2019 = 32_844
RANKS_2025 = 33_755
CODE = "LSOA code (2011)"
DISTRICT = "Local Authority District code (2019)"
SUMMARY = {
    "average_rank": ("IMD - Average rank", "IMD - Rank of average rank"),
    "average_score": ("IMD - Average score", "IMD - Rank of average score"),
    "most_deprived_share": (
        "IMD - Proportion of LSOAs in most deprived 10% nationally",
        "IMD - Rank of proportion of LSOAs in most deprived 10% nationally",
    ),
    "extent": ("IMD 2019 - Extent", "IMD 2019 - Rank of extent"),
    "local_concentration": (
        "IMD 2019 - Local concentration",
        "IMD 2019 - Rank of local concentration",
    ),
}
DOMAINS_2019 = {
    "income": "Income",
    "employment": "Employment",
    "education": "Education",
    "health": "Health",
    "crime": "Crime",
    "barriers": "Barriers",
    "living_environment": "Living Environment",
}
DOMAINS_2025 = {
    "income": "Income",
    "employment": "Employment",
    "education": "Education",
    "health": "Health",
    "crime": "Crime",
    "barriers": "Housing_and_Services",
    "living_environment": "Environment",
}


def sheet(folder: Path, start: str) -> pd.DataFrame:
    (path,) = folder.glob(f"{start}*.csv.gz")
    found = pd.read_csv(path, encoding="utf-8-sig", thousands=",").set_index(CODE)
    return found.rename(columns=str.strip).sort_index()


@pytest.fixture(scope="module")
def summaries(real_data: Path) -> Mapping[str, tuple[np.ndarray, pd.DataFrame]]:
    """By summary our values for the 317 districts, and the publisher's table in the same order."""
    folder = real_data / "deprivation" / "iod2019"
    ranks, residents, scores = (sheet(folder, f"File_{n}_") for n in (1, 6, 9))
    assert ranks.index.equals(residents.index)
    assert ranks.index.equals(scores.index)
    (book,) = folder.glob("File_10_*.xlsx")
    published = pd.read_excel(book, sheet_name="IMD", engine="calamine")
    published = published.rename(columns=str.strip).set_index(DISTRICT)
    districts, parent = np.unique(ranks[DISTRICT], return_inverse=True)
    score = deprivation.index_score(
        {
            domain: scores[f"{title} Score - exponentially transformed"].to_numpy(np.float64)
            for domain, title in DOMAINS_2019.items()
        }
    )
    rank = ranks["Index of Multiple Deprivation (IMD) Rank"].to_numpy(np.float64)
    people = residents["Total population: mid 2015 (excluding prisoners)"].to_numpy(np.float64)
    return {
        name: (
            make(
                score if name == "average_score" else rank,
                people,
                parent,
                districts.size,
                RANKS_2019,
            ),
            published.loc[districts],
        )
        for name, make in SUMMARIES.items()
        for values in (score if name == "average_score" else rank,)
    }


def differences(summaries: Mapping, name: str) -> np.ndarray:
    ours, published = summaries[name]
    return np.abs(ours - published[SUMMARY[name][0]].to_numpy(np.float64))


def test_all_districts_are_there(summaries: Mapping):
    assert all(np.isfinite(ours).all() and ours.size == 317 for ours, _ in summaries.values())


@pytest.mark.parametrize("name", ["average_rank", "local_concentration"])
def test_summaries_of_ranks_are_the_publishers_but_for_the_rounding_of_residents(
    summaries: Mapping, name: str
):
    """The publisher weighs by residents that are not rounded; File 6 gives whole people."""
    off = differences(summaries, name)
    assert off.max() < 0.2
    assert np.median(off) < 0.005
    assert (off < 0.01).mean() > 0.86


@pytest.mark.parametrize(
    ("name", "rounded"),
    [("average_score", 5.2e-4), ("most_deprived_share", 5.1e-5), ("extent", 5.2e-5)],
)
def test_the_other_summaries_are_the_publishers_as_rounded(
    summaries: Mapping, name: str, rounded: float
):
    assert differences(summaries, name).max() < rounded


@pytest.mark.parametrize(
    ("name", "others"),
    [
        ("average_rank", 0),
        ("average_score", 0),
        ("most_deprived_share", 0),
        ("extent", 0),
        ("local_concentration", 2),  # neighbours in the order, half a hair apart, change places
    ],
)
def test_the_places_of_the_districts_are_the_publishers(summaries: Mapping, name: str, others: int):
    ours, published = summaries[name]
    off = np.abs(deprivation.places(ours) - published[SUMMARY[name][1]].to_numpy(np.float64))
    assert np.count_nonzero(off) == others
    assert off.max() <= 1


def test_the_figures_of_bristol(summaries: Mapping):
    at = list(summaries["extent"][1].index).index("E06000023")
    ours = {name: float(values[at]) for name, (values, _) in summaries.items()}
    assert ours["average_rank"] == pytest.approx(19_421.68, abs=0.04)
    assert ours["most_deprived_share"] == 41 / 263
    assert round(ours["extent"], 3) == 0.288
    assert ours["local_concentration"] == pytest.approx(31_869.61, abs=0.04)


def test_the_transformed_scores_are_the_transformed_ranks(real_data: Path):
    """File 9 is File 2's ranks, transformed, but for ties: equal scores share what lies between."""
    folder = real_data / "deprivation" / "iod2019"
    scores, ranks = sheet(folder, "File_9_"), sheet(folder, "File_2_")
    for title in DOMAINS_2019.values():
        (column,) = [name for name in ranks.columns if name.startswith(title) and "Rank" in name]
        ours = deprivation.exponential(ranks[column].to_numpy(np.float64), RANKS_2019)
        theirs = scores[f"{title} Score - exponentially transformed"].to_numpy(np.float64)
        assert (np.abs(ours - theirs) < 1e-3).mean() > 0.95, title


def test_scores_of_2025_follow_from_the_ranks_of_the_domains(real_data: Path):
    (path,) = (real_data / "deprivation" / "iod2025_derived").glob("imd2025_*.csv.gz")
    given = pd.read_csv(path)
    ours = deprivation.index_score(
        {
            domain: deprivation.exponential(given[f"{title}_rank"].to_numpy(np.float64), RANKS_2025)
            for domain, title in DOMAINS_2025.items()
        }
    )
    off = np.abs(ours - given["IMD_score"].to_numpy(np.float64))
    assert off.max() < 8e-4  # scores have three decimals; tied ranks take the rest
    assert np.count_nonzero(off > 5.001e-4) <= 2
    decile = deprivation.decile(given["IMD_rank"].to_numpy(np.float64), RANKS_2025)
    assert (decile == given["IMD_decile"]).all()


def test_summaries_of_2025_are_the_publishers(oracles: Path, real_data: Path):
    """The share needs no residents: the publisher's for 296 districts from the ranks alone."""
    (path,) = (real_data / "deprivation" / "iod2025_derived").glob("imd2025_*.csv.gz")
    given = pd.read_csv(path).set_index("lsoa21_code")
    look_up = pd.read_csv(
        real_data / "lookups" / "LSOA21_to_WD24_to_LAD24_best_fit.csv.gz", encoding="utf-8-sig"
    ).set_index("LSOA21CD")
    published = pd.read_csv(oracles / "imd2025_lad_summaries.csv").set_index("ltla24_code")
    districts, parent = np.unique(look_up.loc[given.index, "LAD24CD"], return_inverse=True)
    rank = given["IMD_rank"].to_numpy(np.float64)
    ours = deprivation.most_deprived_share(
        rank, np.ones(rank.size), parent, districts.size, RANKS_2025
    )
    theirs = published.loc[districts].filter(like="proportion").iloc[:, 0].to_numpy(np.float64)
    assert districts.size == 296
    off = np.abs(ours - theirs)
    assert off.max() < 1e-4
    assert np.count_nonzero(off > 5.001e-5) == 1  # five of 237 is 0.02110; 0.0210 is published
