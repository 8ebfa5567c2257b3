"""A place made ready while its files are still being written."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from lris.catalogue import Catalogue
from lris.demo import write_city
from lris.errors import LrisError
from lris.prepare import _as_soon_as_made, _city_in_the_making

SEED = 5
INCIDENTS, OTHERS = "police_street_crime", "census_2011_population"


def test_what_is_not_incidents_is_there_before_incidents_and_all_is_as_written_at_once(
    catalogue: Catalogue, tmp_path: Path
):
    made, whole = tmp_path / "made", tmp_path / "whole"
    with _city_in_the_making(SEED, made) as city:
        first = _as_soon_as_made(catalogue, city, made, OTHERS, [f"{OTHERS}/*.csv"])
        boundaries = _as_soon_as_made(catalogue, city, made, "lsoa_2021", ["lsoa_2021/*.geojson"])
        early = {path: path.read_bytes() for path in (*first, *boundaries)}
        last = _as_soon_as_made(catalogue, city, made, INCIDENTS, [f"{INCIDENTS}/*/*-street.csv"])
    written = {path.relative_to(whole): path for path in write_city(SEED, whole).files}
    assert {path.relative_to(made) for path in made.rglob("*") if path.is_file()} == set(written)
    for path, content in {**early, **{path: path.read_bytes() for path in last}}.items():
        assert content == written[path.relative_to(made)].read_bytes()


def test_a_city_whose_maker_was_killed_is_told_with_what_to_do(
    catalogue: Catalogue, tmp_path: Path
):
    with _city_in_the_making(SEED, tmp_path) as city:
        assert city.process.pid
        os.kill(city.process.pid, signal.SIGKILL)
        with pytest.raises(LrisError, match="not made to its end") as fault:
            _as_soon_as_made(catalogue, city, tmp_path, INCIDENTS, ["*"])
    assert "start again" in fault.value.remedy


def test_whoever_leaves_takes_the_maker_along(tmp_path: Path):
    with _city_in_the_making(SEED, tmp_path) as city:
        pass
    assert not city.process.is_alive()
