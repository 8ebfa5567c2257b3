"""Neighbourhoods of one's own and comparisons on Bristol's files, against pandas on the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from lris.boundaries import load_boundaries, publish_boundaries
from lris.catalogue import Catalogue
from lris.comparing import before_after, gap_over_time
from lris.neighbourhoods import make
from lris.profiles import profile
from lris.rules.british_grid import to_grid
from lris.rules.comparing import ratio_test
from lris.session import Doors
from lris.terms import PUBLIC, AreaCode
from tests.acceptance.bristol import DISTRICT, FILES, codes_of_bristol, cut
from tests.rules.test_drawn import in_degrees
from tests.town import Town, small

SOURCES = (
    *("lsoa_2011_to_lsoa_2021", "census_2011_population", "population_sape"),
    *("police_street_crime", "iod_2019"),
)
CENTRES = "lookups/LSOA_Dec_2011_population_weighted_centroids.csv.gz"
RATE = "crime_rate_residents"


@pytest.fixture(scope="module")
def town(
    real_data: Path,
    catalogue: Catalogue,
    databases: Callable[..., str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Town]:
    """Bristol's areas, people, crime, deprivation and centres, sealed."""
    folder = tmp_path_factory.mktemp("own")
    doors = Doors(databases())
    made = Town(doors, small(catalogue), folder)
    path = real_data / "boundaries" / "avon-and-somerset" / f"lsoa2011_bgc_{DISTRICT}.geojson"
    load_boundaries(doors, made.catalogue, "lsoa_2011", [path], actor="clerk")
    publish_boundaries(doors, made.catalogue, "lsoa_2011", actor="clerk")
    kept = codes_of_bristol(real_data)
    for source in SOURCES:
        paths = [real_data / name for name in FILES[source]]
        whole = source == "police_street_crime"
        made.load(source, *(paths if whole else [cut(one, folder, kept) for one in paths]))
    made.load("lsoa_2011_centroids", cut(real_data / CENTRES, folder, kept))
    made.seal("Bristol")
    yield made
    doors.close()


@pytest.fixture(scope="module")
def codes(real_data: Path) -> list[str]:
    """The LSOAs of 2011 of Bristol."""
    table = pd.read_csv(
        real_data / FILES["lsoa_2011_to_lsoa_2021"][0], encoding="utf-8-sig", dtype=str
    )
    return sorted(set(table[table.LAD22CD == DISTRICT].LSOA11CD))


@pytest.fixture(scope="module")
def files(real_data: Path, codes: list[str]) -> pd.DataFrame:
    """By LSOA: residents of 2018, decile of deprivation, burglaries of each month."""
    book = pd.read_excel(
        real_data / FILES["population_sape"][0],
        sheet_name="Mid-2018 Population Density",
        header=None,
        engine="calamine",
    )
    book = book[book[0].isin(codes)].set_index(0)
    index = pd.read_csv(real_data / FILES["iod_2019"][0], encoding="utf-8-sig").set_index(
        "LSOA code (2011)"
    )
    decile = next(name for name in index.columns if name.endswith("(IMD) Decile"))
    found = pd.DataFrame({"residents": book[2].astype(float), "decile": index[decile]}).loc[codes]
    crimes = pd.concat([pd.read_csv(real_data / one) for one in FILES["police_street_crime"]])
    burglaries = crimes[crimes["Crime type"] == "Burglary"]
    for month, some in burglaries.groupby("Month"):
        found[month] = some.groupby("LSOA code").size().reindex(codes).fillna(0)
    return found


def shown(page: dict[str, Any]) -> list[dict[str, Any]]:
    return [figure for section in page["sections"] for figure in section["figures"]]


def test_all_lsoas_of_bristol_have_the_figures_of_bristol(town: Town, codes: list[str]):
    found = make(town.reader, PUBLIC, {"codes": codes, "vintage": "lsoa_2011"})
    mine = {(one["indicator"], one["category"], one["period"]): one for one in shown(found)}
    compared = set()
    for vintage in ("lad_2011", "lad_2019"):
        for one in shown(profile(town.reader, PUBLIC, AreaCode(vintage, DISTRICT))):
            key = one["indicator"], one["category"], one["period"]
            if one["area"] is not None or key not in mine:
                continue
            for name in ("value", "lower", "upper", "numerator", "denominator"):
                if name in ("numerator", "denominator") and one["lower"] is None:
                    continue
                assert mine[key][name] == (
                    None if one[name] is None else pytest.approx(one[name], rel=1e-9)
                ), (vintage, key, name)
            compared.add(one["indicator"])
    assert compared >= {
        *("crime_count", RATE, "crime_rate_households", "population", "households"),
        *("imd_2019_average_rank", "imd_2019_extent"),
        *("imd_2019_most_deprived_share", "imd_2019_local_concentration"),
    }


def in_metres(shape: shapely.Geometry) -> shapely.Geometry:
    return shapely.transform(shape, lambda xy: np.column_stack(to_grid(xy[:, 0], xy[:, 1])))


def test_a_line_drawn_round_areas_takes_them_and_their_crimes(
    town: Town, real_data: Path, codes: list[str], files: pd.DataFrame
):
    path = real_data / "boundaries" / "avon-and-somerset" / f"lsoa2011_bgc_{DISTRICT}.geojson"
    features = json.loads(path.read_text())["features"]
    outlines = {
        next(v for k, v in one["properties"].items() if k.upper() == "LSOA11CD"): one["geometry"]
        for one in features
    }
    shapes = {code: in_metres(shapely.geometry.shape(outlines[code])) for code in codes}
    first = shapes["E01014492"]
    near = sorted(codes, key=lambda one: shapes[one].distance(first))[:12]
    line = in_degrees(shapely.buffer(shapely.union_all([shapes[one] for one in near]), 5))
    found = make(town.reader, PUBLIC, {"polygon": line})
    taken = [one["code"] for one in found["blocks"] if one["taken"]]
    assert taken == sorted(near)
    assert found["degree_of_fit"]["covered"] > 0.95
    assert found["degree_of_fit"]["outside"] < 0.01
    for month in ("2018-10", "2018-11", "2018-12"):
        counted = [
            one
            for one in shown(found)
            if (one["indicator"], one["category"]) == (RATE, "burglary") and one["period"] == month
        ]
        for one in counted:
            assert one["numerator"] == files.loc[near, month].sum()
            assert one["denominator"] == files.loc[near, "residents"].sum()
    assert found["degree_of_fit"]["residents"] == files.loc[near, "residents"].sum()


def test_a_change_is_that_of_the_files(town: Town, codes: list[str], files: pd.DataFrame):
    area = files["2018-10"].idxmax()
    found = before_after(
        town.reader,
        PUBLIC,
        AreaCode("lsoa_2011", str(area)),
        indicator=RATE,
        category="burglary",
        before="2018-10",
        after="2018-12",
    )
    rest = files.drop(index=area)
    people = rest.residents.sum()
    own = ratio_test(
        files.loc[area, "2018-12"],
        files.loc[area, "residents"],
        files.loc[area, "2018-10"],
        files.loc[area, "residents"],
    )
    other = ratio_test(rest["2018-12"].sum(), people, rest["2018-10"].sum(), people)
    for name, expected in (("area_change", own), ("rest_change", other)):
        told = [found[name][part] for part in ("value", "lower", "upper", "p")]
        assert told == pytest.approx([float(part) for part in expected], rel=1e-9)


def test_a_gap_is_that_of_the_files(town: Town, files: pd.DataFrame):
    found = gap_over_time(town.reader, PUBLIC, RATE, vintage="lsoa_2011", category="burglary")
    deprived = files[files.decile <= 2]
    rest = files[files.decile > 2]
    assert (found["fifth"]["deprived"], found["fifth"]["rest"]) == (len(deprived), len(rest))
    for month in found["periods"]:
        for side, some in (("deprived", deprived), ("rest", rest)):
            rate = 1000 * some[month["period"]].sum() / some.residents.sum()
            assert month[side]["value"] == pytest.approx(rate, rel=1e-9)
    levels = [month["deprived"]["value"] for month in found["periods"]]
    assert np.sign(found["change_of_level"]["value"]) == np.sign(levels[-1] - levels[0])
