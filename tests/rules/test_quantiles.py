"""Quantiles and places: the published table of OHID's own package, and what holds for all areas."""

from __future__ import annotations

from time import process_time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lris.rules.deprivation import decile
from lris.rules.quantiles import ohid, positions, weighted

VALUES = st.lists(st.integers(-50, 50) | st.just(np.nan), min_size=1, max_size=60)
KINDS = {"Decile": 10, "Septile": 7, "Quartile": 4}


def published(oracles) -> pd.DataFrame:
    table = pd.read_csv(oracles / "phe_quantiles.csv", dtype=str, keep_default_na=False)
    table = table[table["Test"].str.startswith("Good")]
    return table.assign(
        value=pd.to_numeric(table["Value"]),
        turned=pd.to_numeric(table["RevValue"]),
        quantile=pd.to_numeric(table["QuantileInGrp"]),
        low_is_good=table["Polarity"].isin(["RAG - Low is good", "True"]),
    )


def test_quantiles_equal_the_published_table(oracles):
    met = 0
    for (name, grouping), rows in published(oracles).groupby(["QuantileNm", "GroupSet"]):
        group = rows["IndSexRef"] + (rows["ParentCode"] if grouping == "IndSexReg" else "")
        given, k = rows["value"].to_numpy(), KINDS[name]
        if grouping == "None":
            # Across indicators the sheet has turned the values of some round, and ranks them all.
            given = rows["turned"].fillna(rows["value"]).to_numpy()
            ours = ohid(given, k, high_is_first=True)
        else:
            one, other = (ohid(given, k, group, high_is_first=first) for first in (True, False))
            ours = np.where(rows["low_is_good"], one, other)
        np.testing.assert_array_equal(ours, rows["quantile"])
        met += len(rows)
    assert met == 982


def test_equal_values_share_a_quantile_and_few_values_have_none():
    assert ohid([5, 5, 5, 5, 9, 9, 9, 9], 4).tolist() == [1, 1, 1, 1, 3, 3, 3, 3]
    assert np.isnan(ohid([1, 2, 3], 4)).all()
    groups = ["a", "a", "b", "a", "a"]
    np.testing.assert_array_equal(ohid([1, 4, 2, 3, 2], 4, groups), [1, 4, np.nan, 3, 2])


def test_tenths_differ_from_the_deciles_of_deprivation_where_a_bound_cuts_an_area():
    rank = np.arange(1, 33_756)
    differ = np.flatnonzero(ohid(rank, 10) != decile(rank, rank.size)) + 1
    assert differ.tolist() == [3376, 10127, 16878, 23629, 30380]


def test_quantiles_of_people_put_the_middle_person_of_an_area_in_one():
    # Middles at 0.3, 0.65, 0.75 and 0.9 of everybody.
    people = [600, 100, 100, 200]
    assert weighted([1, 2, 3, 4], people, 5).tolist() == [2, 4, 4, 5]
    assert weighted([1, 2, 3, 4], people, 5, high_is_first=True).tolist() == [4, 2, 2, 1]
    assert ohid([1, 2, 3, 4], 4).tolist() == [1, 2, 3, 4]


def test_equal_values_come_in_the_order_of_the_rows_among_people():
    assert weighted([7, 7, 7, 7], [10, 10, 10, 10], 4).tolist() == [1, 2, 3, 4]


def test_without_people_there_are_no_quantiles_of_people():
    assert np.isnan(weighted([1, 2], [0, 0], 5)).all()
    np.testing.assert_array_equal(weighted([1, np.nan, 3], [5, 5, np.nan], 2), [2, np.nan, np.nan])
    assert weighted([1, 2, 3], [5, 5, 0], 2)[2] == 2


def test_places_are_shared_and_run_from_either_end():
    values = [3, 8, np.nan, 8, 1]
    np.testing.assert_array_equal(positions(values), [3, 1, np.nan, 1, 4])
    np.testing.assert_array_equal(positions(values, worst_high=False), [2, 3, np.nan, 3, 1])
    assert positions([]).size == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (([1, 2], 0), "at least one quantile"),
        (([1, np.inf], 2), "finite values"),
        (([[1, 2]], 2), "one axis"),
        (([1, 2], 2, ["a"]), "one for each value"),
    ],
)
def test_nonsense_is_refused(arguments, told):
    with pytest.raises(ValueError, match=told):
        ohid(*arguments)
    for wrong in ([1], [1, -1], [1, np.inf]):
        with pytest.raises(ValueError, match="one for each value"):
            weighted([1, 2], wrong, 2)


def test_every_lsoa_of_the_country_at_once():
    rng = np.random.default_rng(2)
    values, groups = rng.random(35_000), rng.integers(0, 300, 35_000)
    began = process_time()
    ohid(values, 5, groups)
    weighted(values, groups, 5)
    positions(values)
    assert process_time() - began < 1


@given(VALUES, st.integers(1, 10))
def test_a_higher_value_is_never_in_a_lower_quantile(values, k):
    v = np.array(values, dtype=float)
    for quantile in (ohid(v, k), weighted(v, np.ones(v.size), k)):
        order = np.argsort(v[~np.isnan(v)], kind="stable")
        known = quantile[~np.isnan(v)][order]
        if not np.isnan(known).any():
            assert (np.diff(known) >= 0).all()
            assert set(known) <= set(range(1, k + 1))


@given(VALUES, st.integers(1, 10), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter_to_areas(values, k, random):
    v = np.array(values, dtype=float)
    order = list(range(v.size))
    random.shuffle(order)
    np.testing.assert_array_equal(ohid(v[order], k), ohid(v, k)[order])
    np.testing.assert_array_equal(positions(v[order]), positions(v)[order])


@given(st.lists(st.integers(-500, 500), min_size=10, max_size=60, unique=True))
def test_different_values_fall_into_quantiles_of_nearly_equal_size(values):
    sizes = np.bincount(ohid(values, 5).astype(int))[1:]
    assert sizes.max() - sizes.min() <= 1
