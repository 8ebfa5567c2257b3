"""The real look-up from the LSOAs of 2011 to those of 2021: changes, and totals that are kept."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lris.rules.apportion import shares
from lris.rules.carrying import Carrying, carried
from lris.rules.estimates import OBSERVED, REASONS, Cells

FILE = "LSOA11_to_LSOA21_to_LAD22_exact_fit_V3_CHGIND.csv.gz"


@pytest.fixture(scope="module")
def links(real_data: Path) -> pd.DataFrame:
    """Every link, its areas numbered, with how much of the old area goes along it."""
    found = pd.read_csv(real_data / "lookups" / FILE)
    with (
        zipfile.ZipFile(real_data / "population" / "census2021-ts030.zip") as archive,
        archive.open("census2021-ts030-lsoa.csv") as table,
    ):
        census = pd.read_csv(table).set_index("geography code")
    residents = census["Religion: Total: All usual residents"]
    found["start"] = pd.factorize(found["LSOA11CD"])[0] + 1
    found["end"] = pd.factorize(found["LSOA21CD"])[0]
    found["residents"] = found["LSOA21CD"].map(residents).astype(float)
    found["share"] = 1.0
    for letter in ("S", "X"):
        rows = found["CHGIND"] == letter
        # Of irregular areas any weights will do here: the ground is not looked at.
        weights = found["residents"] if letter == "S" else pd.Series(1.0, found.index)
        found.loc[rows, "share"] = shares(
            found.loc[rows, "start"].to_numpy(), weights[rows].to_numpy()
        )
    return found


def road(links: pd.DataFrame) -> Carrying:
    return Carrying(
        links["start"].to_numpy(),
        links["end"].to_numpy(),
        links["CHGIND"].to_numpy().astype("U1"),
        links["share"].to_numpy(),
        parts_inherit=True,
    )


def of_2011(links: pd.DataFrame, values: np.ndarray) -> Cells:
    ids = np.arange(1, values.size + 1)
    none = np.zeros(ids.size, dtype=np.int8)
    return Cells("lsoa_2011", ids, values, none + OBSERVED, none)


def test_the_changes_are_as_many_as_published(links: pd.DataFrame):
    assert links["CHGIND"].value_counts().to_dict() == {"U": 33_647, "S": 1_900, "M": 239, "X": 10}


def test_every_split_area_has_parts_whose_residents_are_known(links: pd.DataFrame):
    split = links[links["CHGIND"] == "S"]
    assert split["residents"].notna().all()
    total = split.groupby("start")["share"].sum()
    assert np.allclose(total, 1.0, rtol=1e-12)
    assert (split.groupby("start").size() > 1).all()


def test_the_total_of_the_country_is_kept(links: pd.DataFrame):
    values = np.random.default_rng(1).integers(0, 3_000, links["start"].max()).astype(float)
    ends = np.arange(links["end"].max() + 1)
    found = carried(of_2011(links, values), road(links), "lsoa_2021", ends, additive=True)
    assert np.isfinite(found.values).all()
    assert found.values.sum() == pytest.approx(values.sum(), rel=1e-12)
    unchanged = links[links["CHGIND"] == "U"]
    assert (found.values[unchanged["end"]] == values[unchanged["start"] - 1]).all()


def test_ranks_are_taken_over_with_a_flag_and_never_shared_out(links: pd.DataFrame):
    ranks = np.random.default_rng(1).permutation(links["start"].max()) + 1.0
    ends = np.arange(links["end"].max() + 1)
    found = carried(of_2011(links, ranks), road(links), "lsoa_2021", ends, additive=False)
    told = pd.Series([REASONS[one] for one in found.reason])
    for letter, reason in {"U": None, "S": "shared_out", "M": "boundary_changed"}.items():
        rows = links[links["CHGIND"] == letter]
        if letter != "U":
            assert set(told[rows["end"]]) == {reason}
        if letter != "M":
            assert (found.values[rows["end"]] == ranks[rows["start"] - 1]).all()
