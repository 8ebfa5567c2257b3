"""Every indicator's worked example, worked again by the method its manifest names."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest

from lris.catalogue.indicators import Indicator
from lris.rules.measures import METHODS
from lris.settings import PROJECT

MANIFESTS = sorted((PROJECT / "geodata" / "indicators").glob("*.toml"))
ROUNDED = 5e-8
"""Examples are written with seven decimals."""


def number(value: float | None) -> np.ndarray:
    return np.array([np.nan if value is None else value], dtype=np.float64)


def test_there_are_examples():
    assert len(MANIFESTS) >= 10


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
def test_the_worked_example_comes_out_as_the_manifest_says(path):
    indicator = Indicator.model_validate(tomllib.loads(path.read_text("utf-8")))
    example = indicator.example
    numerator = example.value if indicator.method == "level" else example.numerator
    assert numerator is not None, "a count or a rate shows what it counts"
    value, lower, upper = METHODS[indicator.method](
        number(numerator), number(example.denominator), indicator.per
    )
    assert value[0] == pytest.approx(example.value, abs=ROUNDED)
    for limit, said in ((lower[0], example.lower), (upper[0], example.upper)):
        if said is None:
            assert np.isnan(limit), "the example leaves out an interval the method has"
        else:
            assert limit == pytest.approx(said, abs=ROUNDED)


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
def test_an_indicator_says_where_its_method_comes_from_and_what_it_is_not(path):
    indicator = Indicator.model_validate(tomllib.loads(path.read_text("utf-8")))
    assert indicator.method_source.strip()
    assert indicator.disclosure_because.strip()
    assert indicator.unit.strip()
    assert indicator.description.endswith(".")


def test_every_method_has_an_indicator():
    used = {tomllib.loads(path.read_text("utf-8"))["method"] for path in MANIFESTS}
    assert used == set(METHODS)


def test_missing_numbers_give_no_figure_and_never_zero():
    for method in METHODS.values():
        value, lower, upper = method(number(None), number(100), 1000)
        assert np.isnan([value[0], lower[0], upper[0]]).all()


def test_a_rate_over_nobody_is_no_figure():
    value, lower, upper = METHODS["rate"](number(5), number(0), 1000)
    assert np.isnan([value[0], lower[0], upper[0]]).all()


def test_a_count_of_nothing_is_zero_and_may_have_been_more():
    value, lower, upper = METHODS["count"](number(0), number(None), 1)
    assert (value[0], lower[0]) == (0, 0)
    assert upper[0] == pytest.approx(3.6889, abs=1e-4)  # -ln(0.025)
