"""Smoothed rates beside the observed ones: what they are made of, and what they leave alone."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from lris.catalogue import Catalogue
from lris.errors import BadRequest
from lris.figures import FigurePage, figures
from lris.rules.smoothing import eb_limits
from lris.smoothing import COLUMNS
from lris.terms import PUBLIC
from tests.town import LSOAS_2021, Town, a_town, code

RATE = "crime_rate_residents"


@pytest.fixture(scope="module")
def town(template: tuple[str, str], catalogue: Catalogue, tmp_path_factory):
    """Everything of the town, sealed; tests only read it."""
    with a_town(template, catalogue, tmp_path_factory.mktemp("town")) as made:
        made.whole()
        yield made


def page(town: Town, indicator: str = RATE, **asked: object) -> FigurePage:
    asked = {"vintage": "lsoa_2011", "period": "2018-10", "category": "all-crime"} | asked
    return figures(town.reader, PUBLIC, indicator, **asked)  # type: ignore[arg-type]


def estimates(found: FigurePage) -> np.ndarray:
    return np.array([[row[name] for name in COLUMNS] for row in found.figures], dtype=float).T


def parts(found: FigurePage) -> np.ndarray:
    names = ("numerator", "denominator")
    return np.array([[row[name] for name in names] for row in found.figures], dtype=float).T


# ---------------------------------------------------------------- what they are


def test_every_rate_has_its_estimate_beside_it(town: Town):
    found = page(town, smooth="global")
    counts, people = parts(found)
    whole = np.array([row["status"] == "observed" for row in found.figures])
    assert whole.sum() > 5
    expected = eb_limits(np.where(whole, counts, np.nan), people)
    np.testing.assert_allclose(estimates(found), np.array(expected) * 1000, rtol=1e-12)
    assert found.meta["smoothing"]["kind"] == "global"
    assert found.meta["smoothing"]["areas"] == whole.sum()
    assert "never the observed figures" in found.meta["smoothing"]["note"]


def test_with_neighbours_each_is_drawn_towards_what_touches_it(town: Town):
    found = page(town, smooth="spatial")
    counts, people = parts(found)
    whole = np.array([row["status"] == "observed" for row in found.figures])
    place = [complex(*divmod(number, 4)) for number in range(12)]
    around = [[j for j in range(12) if 0 < abs(place[j] - one) < 1.5] for one in place]
    expected = eb_limits(np.where(whole, counts, np.nan), people, around)
    np.testing.assert_allclose(estimates(found), np.array(expected) * 1000, rtol=1e-12)
    assert (estimates(found) != estimates(page(town, smooth="global"))).any()
    assert "touch" in found.meta["smoothing"]["note"]


def test_outlines_that_meet_in_the_middle_of_a_border_touch(town: Town):
    """In 2021 the merged squares lie under two others, and halves beside a border that moved."""
    asked = {"vintage": "lsoa_2021", "smooth": "spatial", "category": "burglary"}
    found = page(town, "crime_rate_households", **asked)
    counts, people = parts(found)
    whole = np.array([row["status"] in ("observed", "estimated") for row in found.figures])
    codes = [row["area_code"] for row in found.figures]
    around = [
        [
            codes.index(other)
            for other, shape in LSOAS_2021.items()
            if other != one and shape.intersects(LSOAS_2021[one])
        ]
        for one in codes
    ]
    expected = eb_limits(np.where(whole, counts, np.nan), people, around)
    np.testing.assert_allclose(estimates(found), np.array(expected) * 1000, rtol=1e-12)


# ---------------------------------------------------------------- what they leave alone


@pytest.mark.parametrize("kind", ["global", "spatial"])
def test_what_was_observed_stays_untouched(town: Town, kind: str):
    plain, found = page(town, category=None), page(town, category=None, smooth=kind)
    assert [{name: row[name] for name in plain.figures[0]} for row in found.figures] == (
        plain.figures
    )
    assert {name: found.meta[name] for name in plain.meta} == plain.meta


def test_what_is_not_whole_has_no_estimate(town: Town):
    for row in page(town, category=None, smooth="global").figures:
        given = [row[name] for name in COLUMNS]
        if row["status"] in ("observed", "estimated"):
            assert given[1] <= given[0] <= given[2]
        else:
            assert given == [None, None, None]


def test_an_estimate_does_not_depend_on_the_page_or_the_choice(town: Town):
    everything = page(town, category=None, smooth="spatial").figures
    alone = page(town, within=f"lsoa_2011/{code(6)}", smooth="spatial").figures
    assert alone[0] in everything
    first = page(town, category=None, smooth="spatial", limit=5)
    second = page(town, category=None, smooth="spatial", limit=5, after=first.after)
    assert first.figures + second.figures == everything[:10]


# ---------------------------------------------------------------- what cannot be smoothed


@pytest.mark.parametrize(
    ("indicator", "asked"),
    [
        ("crime_count", {}),
        ("crime_per_day", {}),
        ("population", {"category": None, "period": "2018"}),
    ],
)
def test_what_is_no_rate_is_not_smoothed(town: Town, indicator: str, asked: dict[str, str]):
    with pytest.raises(BadRequest, match="so many out of a denominator") as told:
        page(town, indicator, **asked, smooth="global")
    assert "leave the parameter smoothing out" in told.value.remedy


def test_areas_without_outlines_have_no_neighbours_but_all_of_them(town: Town):
    asked = {"vintage": "lad_2011", "period": "2018-12"}
    found = page(town, **asked, smooth="global")
    told = ~np.isnan(estimates(found)[0])
    assert told.sum() == found.meta["smoothing"]["areas"] > 0
    with pytest.raises(BadRequest, match="has no boundaries here") as told:
        page(town, **asked, smooth="spatial")
    assert "smoothing=global" in told.value.remedy


@pytest.mark.parametrize("kind", ["local", "", "Global"])
def test_another_way_to_smooth_is_refused_by_name(town: Town, kind: str):
    with pytest.raises(BadRequest, match="not a way to smooth") as told:
        page(town, smooth=kind)
    assert "global, spatial" in told.value.remedy


# ---------------------------------------------------------------- over HTTP


@pytest.fixture(scope="module")
def client(town: Town, tmp_path_factory):
    with TestClient(create_app(town.reader, tmp_path_factory.mktemp("unbuilt"))) as asking:
        yield asking


ADDRESS = f"/indicators/{RATE}/figures?vintage=lsoa_2011&period=2018-10&category=all-crime"


def test_the_table_has_the_columns_only_when_they_are_asked_for(client: TestClient):
    plain = client.get(f"{ADDRESS}&format=csv").text
    asked = client.get(f"{ADDRESS}&format=csv&smoothing=global").text
    header = plain.splitlines()[0]
    assert asked.splitlines()[0] == f"{header},smoothed,smoothed_lower,smoothed_upper"
    for before, after in zip(*map(rows_of, (plain, asked)), strict=True):
        assert {name: after[name] for name in before} == before
        assert (after["smoothed"] == "") == (before["value"] == "")


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_json_and_geojson_tell_them_with_a_note(client: TestClient):
    body = client.get(f"{ADDRESS}&smoothing=spatial").json()
    shapes = client.get(f"{ADDRESS}&smoothing=spatial&format=geojson").json()
    assert body["meta"]["smoothing"] == shapes["meta"]["smoothing"]
    told = {row["area_code"]: row["smoothed"] for row in body["figures"]}
    drawn = {one["properties"]["area_code"]: one["properties"] for one in shapes["features"]}
    assert told == {area: row["smoothed"] for area, row in drawn.items()}
    assert "smoothing" not in client.get(ADDRESS).json()["meta"]
    assert "smoothed" not in client.get(ADDRESS).json()["figures"][0]


def test_the_answer_has_a_tag_of_its_own(client: TestClient):
    tags = {
        client.get(f"{ADDRESS}{asked}").headers["etag"]
        for asked in ("", "&smoothing=global", "&smoothing=spatial")
    }
    assert len(tags) == 3
    again = client.get(f"{ADDRESS}&smoothing=global", headers={"If-None-Match": ", ".join(tags)})
    assert again.status_code == 304


def test_a_refusal_says_what_to_do(client: TestClient):
    answer = client.get(f"{ADDRESS}&smoothing=local")
    assert answer.status_code == 400
    assert "global, spatial" in answer.text
