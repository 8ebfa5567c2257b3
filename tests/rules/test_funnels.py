"""Funnels: the published tables of OHID's own package, and what holds for every funnel."""

from __future__ import annotations

from time import process_time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lris.rules.funnels import (
    Overdispersion,
    beyond,
    expected_limits,
    overdispersion,
    proportion_limits,
    rate_limits,
    ratio_limits,
    significance,
    widened_limits,
)
from lris.rules.intervals import wilson

LABELS = {
    ("high", 99.8): "High (0.001)",
    ("high", 95): "High (0.025)",
    ("similar", 0): "Not significant",
    ("low", 95): "Low (0.025)",
    ("low", 99.8): "Low (0.001)",
    ("not_compared", 0): "Not applicable for events less than 10 for dsrs",
}
SIGMAS = {"2s": 0.95, "3s": 0.998}

close = pytest.approx


def labels(found) -> list[str]:
    return [LABELS[pair] for pair in zip(*(part.tolist() for part in found), strict=True)]


# The published tables


def test_limits_of_proportions_equal_the_published_table(oracles):
    table = pd.read_csv(oracles / "phe_funnel_prop_outputs.csv")
    for confidence, columns in [(0.95, ["l2", "u2"]), (0.998, ["l3", "u3"])]:
        limits = proportion_limits(table["base"] / 100, table["Population"], confidence)
        np.testing.assert_allclose(np.array(limits) * 100, table[columns].T, atol=1e-6)


def test_limits_of_ratios_equal_the_published_table(oracles):
    table = pd.read_csv(oracles / "phe_funnel_ratio_outputs.csv").rename(columns=str.strip)
    events = table["Observed_events"]
    for name, confidence in SIGMAS.items():
        ours = np.array(ratio_limits(events, confidence)) * 100
        theirs = table[[f"lower_{name}_isr", f"upper_{name}_isr"]].T
        np.testing.assert_allclose(ours, theirs, rtol=5e-5)
        columns = [f"upper_{name}_exp_events", f"lower_{name}_exp_events"]
        np.testing.assert_allclose(expected_limits(events, confidence), table[columns].T, atol=2e-4)


def test_limits_of_rates_equal_the_published_table(oracles):
    table = pd.read_csv(oracles / "phe_funnel_rate_outputs.csv")
    events, per, years = table["Events"], 100_000, 3
    for name, confidence in SIGMAS.items():
        ours = rate_limits(events, table["baseline"] / per, per, confidence)
        for limit, side in zip(ours, ("lower", "upper"), strict=True):
            np.testing.assert_allclose(limit, table[f"{side}_{name}_limit"], rtol=5e-5)
            people = per * events / limit / years
            theirs = table[f"{side}_{name}_population_1_year"]
            np.testing.assert_allclose(people, theirs, rtol=5e-5)


def test_exceptions_among_proportions_equal_the_published_table(oracles):
    table = pd.read_csv(oracles / "phe_funnel_prop_inputs.csv")
    ours = labels(significance(table["numerator"], table["denominator"], "proportion"))
    assert ours == table["significance"].tolist()
    assert len(ours) == 303


def test_exceptions_among_ratios_equal_the_published_table(oracles):
    table = pd.read_csv(oracles / "phe_funnel_ratio_inputs.csv")
    ours = labels(significance(table["obs"], table["expected"], "ratio"))
    assert ours == table["significance"].tolist()


def test_exceptions_among_rates_equal_the_published_table(oracles):
    table = pd.read_csv(oracles / "phe_funnel_rate_dsr_inputs.csv")
    for column in table.columns[5:]:
        rows = table[table["count"] > 0] if "without" in column else table
        # A standardised rate stands for as many people as would have its events at that rate.
        people = 1e5 * rows["count"] / rows["rate_dsr"] if "dsr" in column else rows["pop"]
        assert labels(significance(rows["count"], people, "rate")) == rows[column].tolist()


# Overdispersion


def test_areas_that_differ_by_chance_alone_are_not_overdispersed():
    rng = np.random.default_rng(11)
    n = rng.integers(900, 2500, 4000)
    found = overdispersion(rng.poisson(0.02 * n), n, "rate", winsorised=0)
    assert found.phi == close(1, abs=0.08)
    assert found.between < 0.1 * 0.02 / 1500
    assert found.areas == 4000


def test_the_variance_between_areas_is_found_again():
    rng = np.random.default_rng(12)
    n = rng.integers(2000, 6000, 4000)
    true_rate = rng.normal(0.05, 0.01, n.size)
    found = overdispersion(rng.poisson(true_rate * n), n, "rate", winsorised=0)
    assert np.sqrt(found.between) == close(0.01, rel=0.05)
    low, high = widened_limits(0.05, n, "rate", found)
    seen = rng.poisson(true_rate * n) / n
    assert np.mean((seen < low) | (seen > high)) == close(0.05, abs=0.015)
    narrow = significance(seen * n, n, "rate", 0.05)[1] > 0
    assert narrow.mean() > 0.4


def test_three_areas_on_paper():
    # Expected 100 each, standard deviation 10: residuals -2, 0 and 3, phi 13 / 3.
    found = overdispersion([80, 100, 130], [100, 100, 100], "ratio", winsorised=0)
    assert found.phi == close(13 / 3)
    # (13 - 2) / (300 - 100): the weights are 100 each.
    assert found.between == close(11 / 200)


def test_winsorising_moves_the_farthest_residuals_inwards():
    counts = [100] * 9 + [400]
    plain, tamed = (
        overdispersion(counts, [100] * 10, "ratio", winsorised=share).phi for share in (0, 0.1)
    )
    assert tamed < plain / 10


def test_wider_limits_never_narrow_and_never_leave_the_scale():
    calm, wild = Overdispersion(0.6, 0.0, 50), Overdispersion(4.0, 0.02, 50)
    for additive in (True, False):
        low, high = widened_limits(0.1, [40, 4000], "proportion", calm, additive=additive)
        wide_low, wide_high = widened_limits(0.1, [40, 4000], "proportion", wild, additive=additive)
        spread = 1.959964 * np.sqrt(0.1 * 0.9 / 4000)
        assert (low[1], high[1]) == (close(0.1 - spread), close(0.1 + spread))
        assert (wide_low < low).tolist() == [low[0] > 0, True]
        assert (wide_high > high).all()
        assert (wide_low >= 0).all()
        assert (wide_high <= 1).all()
    wide = proportion_limits(0.1, 4000, phi=4.0)
    assert wide == close(proportion_limits(0.1, 1000), abs=1e-12)


# Gaps and faults


def test_without_people_there_are_no_limits_and_no_exception():
    assert np.isnan(proportion_limits(0.3, [0, np.nan])).all()
    words, level = significance([3, np.nan, 5], [0, 10, 10], "rate")
    assert words.tolist() == ["not_compared", "not_compared", "similar"]
    assert level.tolist() == [0, 0, 0]


def test_no_event_can_be_an_exception():
    words, level = significance([0, 0, 50], [1000, 10, 1000], "rate", baseline=0.05)
    assert words.tolist() == ["low", "similar", "similar"]
    assert level.tolist() == [99.8, 0, 0]
    assert ratio_limits(0)[0] == 0
    assert np.isnan(ratio_limits(0)[1])


def test_values_on_a_limit_are_no_exception():
    words, level = beyond([1, 2, 3, 4, 5], 2, 4, 1, 5)
    assert words.tolist() == ["low", "similar", "similar", "similar", "high"]
    assert level.tolist() == [95, 0, 0, 0, 95]


def test_nonsense_is_refused():
    with pytest.raises(ValueError, match="not of 'median'"):
        significance([1], [2], "median")
    with pytest.raises(ValueError, match="no proportion"):
        significance([3], [2], "proportion")
    with pytest.raises(ValueError, match="between 0 and 1"):
        proportion_limits(1.2, 100)
    with pytest.raises(ValueError, match="two areas or more"):
        overdispersion([1, 2], [10, 0], "rate")


# What holds for every funnel


def test_every_lsoa_of_the_country_at_once():
    rng = np.random.default_rng(6)
    n = rng.integers(800, 3000, 35_000)
    x = rng.poisson(0.01 * n)
    began = process_time()
    for kind in ("rate", "proportion"):
        significance(x, n, kind)
        overdispersion(x, n, kind)
    assert process_time() - began < 2


@given(st.floats(0.01, 0.99), st.integers(2, 10**6), st.integers(2, 50))
def test_the_funnel_narrows_and_holds_its_baseline(baseline, n, times):
    low, high = proportion_limits(baseline, n)
    narrow_low, narrow_high = proportion_limits(baseline, n * times)
    assert low <= narrow_low <= baseline <= narrow_high <= high


@given(st.floats(0.05, 0.95), st.integers(50, 10**5))
def test_at_its_limit_the_interval_of_a_proportion_touches_the_baseline(baseline, n):
    low, high = proportion_limits(baseline, n)
    if low > 0:
        assert wilson(low * n, n)[1] == close(baseline)
    if high < 1:
        assert wilson(high * n, n)[0] == close(baseline)


@given(st.integers(1, 10**5))
def test_the_limits_of_a_ratio_lie_about_one_and_wider_for_surer(events):
    low, high = ratio_limits(events)
    lowest, highest = ratio_limits(events, 0.998)
    assert lowest < low < 1 < high < highest
