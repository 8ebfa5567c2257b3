"""Bristol at the end of 2018, from the publishers' files, against another reading of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

from lris.boundaries import load_boundaries, publish_boundaries
from lris.catalogue import Catalogue
from lris.figures import Reader
from lris.hotspots import Hotspots
from lris.load import load
from lris.rules.british_grid import to_grid
from tests.hotspots.city import TODAY, City, a_database

BRISTOL = "lad_2022/E06000023"
MONTHS = ("2018-10", "2018-11", "2018-12")
LOOK_UP = "lookups/LSOA11_to_LSOA21_to_LAD22_exact_fit_V3_CHGIND.csv.gz"
CENTRE = shapely.Point(359_000, 173_200)  # Broadmead, the main shopping streets


@pytest.fixture(scope="module")
def outlines(real_data: Path) -> list[Path]:
    folder = real_data / "boundaries" / "avon-and-somerset"
    return sorted(folder.glob("lsoa2021_bgc_*.geojson"))


@pytest.fixture(scope="module")
def months(real_data: Path) -> list[Path]:
    return sorted((real_data / "crime" / "avon-and-somerset").glob("*-street.csv"))


@pytest.fixture(scope="module")
def bristol(
    template: tuple[str, str],
    catalogue: Catalogue,
    real_data: Path,
    outlines: list[Path],
    months: list[Path],
) -> Iterator[City]:
    """Bristol's LSOAs and three months of its force."""
    with a_database(template) as doors:
        load_boundaries(doors, catalogue, "lsoa_2021", outlines, actor="test")
        publish_boundaries(doors, catalogue, "lsoa_2021", actor="test")
        for source, paths in (
            ("lsoa_2011_to_lsoa_2021", [real_data / LOOK_UP]),
            ("police_street_crime", months),
        ):
            report = load(doors, catalogue, source, paths, actor="test", part="Avon", today=TODAY)
            assert report.faults == []
        yield City(Hotspots(Reader(doors, catalogue)), ())


@pytest.fixture(scope="module")
def rows(months: list[Path]) -> pd.DataFrame:
    """Every row of the three files, with its easting and northing."""
    found = pd.concat([pd.read_csv(path) for path in months], ignore_index=True)
    found["x"], found["y"] = to_grid(found["Longitude"], found["Latitude"])
    return found


@pytest.fixture(scope="module")
def ground(outlines: list[Path], real_data: Path) -> shapely.Geometry:
    look_up = pd.read_csv(real_data / LOOK_UP, encoding="utf-8-sig")
    inside = set(look_up.loc[look_up["LAD22CD"] == "E06000023", "LSOA21CD"])
    features = [one for path in outlines for one in json.loads(path.read_text())["features"]]
    chosen = [
        shapely.geometry.shape(one["geometry"])
        for one in features
        if one["properties"]["LSOA21CD"] in inside
    ]
    whole = shapely.union_all(chosen)
    if whole.bounds[0] < 100:
        whole = shapely.transform(whole, lambda xy: np.column_stack(to_grid(*xy.T)))
    return whole


def test_the_incidents_are_those_of_the_files(
    bristol: City, rows: pd.DataFrame, ground: shapely.Geometry
):
    answer = bristol.ask(
        "counts", within=BRISTOL, category="burglary", start=MONTHS[0], to=MONTHS[-1]
    )
    burglary = rows[rows["Crime type"] == "Burglary"]
    coverage = answer.members["coverage"]
    assert coverage["without_location"] == int(burglary["Longitude"].isna().sum())
    assert coverage["of_rows"] == len(burglary)
    expected = int(shapely.contains_xy(ground, burglary["x"], burglary["y"]).sum())
    assert coverage["incidents"] == pytest.approx(expected, abs=3)
    assert coverage["incidents"] > 500


def test_violence_is_significantly_high_around_the_main_shopping_streets(bristol: City):
    answer = bristol.ask(
        "gi_star", within=BRISTOL, category="violent-crime", start=MONTHS[0], to=MONTHS[1]
    )
    hot = [one for one in answer.found.shapes if one.properties["class"] == "hot, 99 %"]
    assert 10 < len(hot) < 250
    assert any(one.geometry.intersects(CENTRE) for one in hot)
    told = answer.members["evaluation"]
    assert told["scored"]
    assert told["period"] == "2018-12"
    assert told["map"]["pai"] > 3


def test_the_densest_place_is_there_too_and_december_is_not_scored(bristol: City):
    answer = bristol.ask(
        "kde", within=BRISTOL, category="shoplifting,theft-from-the-person", start="2018-12"
    )
    surface = answer.found.surface
    row, column = np.unravel_index(np.nanargmax(surface.values), surface.values.shape)
    assert CENTRE.distance(shapely.Point(surface.x[column], surface.y[row])) < 700
    assert not answer.members["evaluation"]["scored"]
    assert any("not scored" in said for said in answer.members["reading"])


def test_a_year_before_is_not_there_and_said_so(bristol: City):
    from lris.errors import BadRequest

    with pytest.raises(BadRequest, match="2017-12 of Avon and Somerset Constabulary is missing"):
        bristol.ask("compare", within=BRISTOL, start="2018-12")
