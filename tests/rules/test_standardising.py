"""Indirect standardisation: the published table of OHID's own package."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lris.rules.standardising import expected, isr, standardised_rate

close = pytest.approx


def test_ratios_and_rates_equal_the_published_table(oracles):
    bands = pd.read_csv(oracles / "phe_isr_inputs.csv")
    results = pd.read_csv(oracles / "phe_isr_results.csv").dropna(subset=["upper99_8cl"])
    reference = bands[bands["area"] == "testdata_big"]
    counts, people = reference["refcount"].to_numpy(), reference["refpop"].to_numpy()
    for _, row in results.iterrows():
        area = bands[bands["area"] == row["area"]]
        # A band that the sheet leaves empty has the residents of the other areas' band.
        residents = area["pop"].fillna(reference["pop"].set_axis(area.index)).to_numpy()
        awaited = expected(residents, counts, people)
        assert awaited == close(row["expected"], rel=1e-12)
        observed, name = area["count"].sum(), row["statistic"]
        per = float(name.rsplit(maxsplit=1)[1])
        for confidence, columns in [
            (0.95, ["lower95_0cl", "upper95_0cl"]),
            (0.998, ["lower99_8cl", "upper99_8cl"]),
        ]:
            ours = (
                isr(observed, awaited, per, confidence)
                if "ratio" in name
                else standardised_rate(observed, awaited, counts, people, per, confidence)
            )
            assert ours == close(row[["value", *columns]].astype(float).tolist(), rel=1e-9)


def test_the_reference_held_against_itself_is_one():
    counts, people = [12, 30, 4], [1000, 800, 300]
    value, lower, upper = isr(sum(counts), expected(people, counts, people))
    assert value == close(1)
    assert lower < 1 < upper


def test_many_areas_are_standardised_in_one_call():
    people = np.array([[100, 200], [0, 300], [np.nan, 5]])
    awaited = expected(people, [10, 40], [1000, 2000])
    np.testing.assert_allclose(awaited, [5, 6, np.nan])
    value, lower, upper = isr([5, 0, 1], awaited, per=100)
    np.testing.assert_allclose(value, [100, 0, np.nan])
    assert lower[1] == 0
    assert upper[1] > 0


def test_where_nothing_is_expected_there_is_no_ratio():
    assert np.isnan(isr(3, expected([0, 0], [10, 40], [1000, 2000]))).all()


def test_nonsense_is_refused():
    for counts, people in (([1, np.nan], [5, 5]), ([1, 2], [5, 0])):
        with pytest.raises(ValueError, match="the reference has"):
            expected([1, 2], counts, people)
    with pytest.raises(ValueError, match="negative or without end"):
        expected([1, -2], [1, 1], [5, 5])
    with pytest.raises(ValueError, match="negative or without end"):
        isr(-1, 4)
