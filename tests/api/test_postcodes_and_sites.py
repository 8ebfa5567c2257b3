"""Postcodes and sites over HTTP: found, told apart, kept by their tag."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from lris.catalogue import Catalogue
from tests import directory as d
from tests.town import Town, a_town, code


@pytest.fixture(scope="module")
def town(template: tuple[str, str], catalogue: Catalogue, tmp_path_factory) -> Iterator[Town]:
    """The town with postcodes and schools, sealed."""
    with a_town(template, catalogue, tmp_path_factory.mktemp("town")) as made:
        made.draw("lsoa_2011")
        made.census()
        made.load("key_stage_4", d.schools_file(made.folder, [d.school(1), d.school(2)]))
        made.load("code_point_open", d.points_file(made.folder))
        made.seal()
        yield made


@pytest.fixture(scope="module")
def client(town: Town, tmp_path_factory) -> Iterator[TestClient]:
    """The service, without its page."""
    with TestClient(create_app(town.reader, tmp_path_factory.mktemp("unbuilt"))) as asking:
        yield asking


@pytest.mark.parametrize("spelling", ["TS1 1AA", "ts11aa", "TS1%201AA", " ts1  1aa "])
def test_a_postcode_answers_in_any_spelling(client: TestClient, spelling: str):
    found = client.get(f"/postcodes/{spelling}").json()
    assert found["postcode"] == "TS1 1AA"
    routes = {one["vintage"]: (one["code"], one["route"]) for one in found["areas"]}
    assert routes["lsoa_2011"] == (code(1), "point")


def test_an_answer_is_kept_by_its_tag_until_postcodes_are_delivered(client: TestClient, town: Town):
    answer = client.get("/postcodes/TS1 1AA")
    tag = answer.headers["etag"]
    again = client.get("/postcodes/TS1 1AA", headers={"If-None-Match": tag})
    assert again.status_code == 304
    town.load("postcode_directory", d.directory_file(town.folder))
    later = client.get("/postcodes/TS1 1AA", headers={"If-None-Match": tag})
    assert later.status_code == 200
    assert {one["route"] for one in later.json()["areas"]} == {"directory"}


@pytest.mark.parametrize(
    ("address", "status", "remedy"),
    [
        ("/postcodes/ZZ9 9ZZ", 404, "check the spelling"),
        ("/postcodes/TS1", 400, "write it whole"),
        ("/postcodes/TSI 1AA", 400, "did you mean TS1 1AA?"),
        ("/postcodes/%20", 400, "such as BS3 4TW"),
        ("/postcodes/TS1 1AA?colour=red", 400, "the parameters here are: none"),
        ("/sites", 400, ""),
        ("/sites?within=Bristol", 400, "VINTAGE/CODE"),
        ("/sites?within=lsoa_2011/E01999999", 404, "look for it by name"),
        (f"/sites?within=lsoa_2011/{code(1)}&kind=pub", 400, "school"),
        (f"/sites?within=lsoa_2011/{code(1)}&near_m=-1", 400, ""),
    ],
)
def test_what_cannot_be_answered_is_told_with_a_remedy(
    client: TestClient, address: str, status: int, remedy: str
):
    answer = client.get(address)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert remedy in answer.json()["remedy"]


def test_many_postcodes_are_answered_in_their_order(client: TestClient):
    asked = ["ts12aa", "nonsense", "ZZ9 9ZZ", "TS1 1AA"]
    answer = client.post("/postcodes", json={"postcodes": asked})
    assert answer.headers["cache-control"] == "no-store"
    found = answer.json()["postcodes"]
    assert [one["asked"] for one in found] == asked
    assert [one["status"] for one in found] == ["found", "malformed", "unknown", "found"]


@pytest.mark.parametrize(
    "body",
    [
        {"postcodes": []},
        {"postcodes": ["TS1 1AA"] * 10_001},
        {"postcodes": ["x" * 41]},
        {"postcodes": "TS1 1AA"},
        {"codes": ["TS1 1AA"]},
        {"postcodes": ["TS1 1AA"], "colour": "red"},
    ],
)
def test_a_question_out_of_bounds_is_a_400(client: TestClient, body: dict):
    answer = client.post("/postcodes", json=body)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


def test_sites_are_geojson(client: TestClient):
    answer = client.get(f"/sites?within=lsoa_2011/{code(1)}&kind=school&near_m=3000")
    assert answer.headers["content-type"] == "application/geo+json"
    assert answer.headers["etag"]
    found = {one["properties"]["name"]: one["properties"] for one in answer.json()["features"]}
    assert found["School 1"]["inside"]
    assert not found["School 2"]["inside"]
    assert found["School 2"]["distance_m"] == 500
