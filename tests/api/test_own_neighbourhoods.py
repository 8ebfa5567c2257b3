"""Neighbourhoods of one's own and comparisons, asked for as a browser would ask."""

from __future__ import annotations

import json

import pytest
from fastapi.testclient import TestClient

from tests import town as t
from tests.rules.test_drawn import in_degrees
from tests.town import Town, code

TWO = {"polygon": in_degrees(t.rectangle(0, 0, 1.6, 1)), "vintage": "lsoa_2011"}


def problem(answer) -> dict:
    assert answer.headers["content-type"] == "application/problem+json"
    found = answer.json()
    assert found["detail"]
    assert found["remedy"]
    return found


def test_a_drawn_line_makes_a_neighbourhood_with_an_address(client: TestClient):
    made = client.post("/profiles", json={**TWO, "name": "Riverside"})
    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    body = made.json()
    assert [one["code"] for one in body["blocks"] if one["taken"]] == [code(1), code(2)]
    assert body["degree_of_fit"]["outside"] == pytest.approx(0.2, abs=1e-3)
    again = client.get(made.headers["location"])
    assert again.status_code == 200
    del body["unknown_postcodes"]
    assert again.json() == body


def test_the_address_is_answered_with_a_tag_and_not_twice(client: TestClient):
    address = client.post("/profiles", json=TWO).headers["location"]
    first = client.get(address)
    again = client.get(address, headers={"if-none-match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


@pytest.mark.parametrize(
    ("asked", "begins"), [("html", b"<!doctype html"), ("pdf", b"%PDF"), ("xlsx", b"PK")]
)
def test_a_neighbourhood_of_ones_own_is_a_document_too(
    client: TestClient, asked: str, begins: bytes
):
    address = client.post("/profiles", json=TWO).headers["location"]
    found = client.get(address, params={"format": asked})
    assert found.status_code == 200
    assert found.content[:20].lower().startswith(begins.lower())


REFUSED = [
    (b"", "no JSON"),
    (b"[1]", "no JSON object"),
    (b'{"polygon": {"type": "Point"}}', "'Point' is not a polygon"),
    (b'{"codes": ["E01"], "polygon": {}}', "in one way"),
    (b'{"codes": ["E01000001"], "vintage": 7}', "no vintage '7'"),
    (b'{"postcodes": [1]}', "no list of texts"),
    (b'{"name": "x"}', "in one way"),
    (b"\xff\xfe", "no JSON"),
]


@pytest.mark.parametrize(("body", "says"), REFUSED)
def test_a_body_that_asks_for_nothing_is_refused_with_a_way_out(
    client: TestClient, body: bytes, says: str
):
    refused = client.post("/profiles", content=body)
    assert refused.status_code == 400
    assert says in problem(refused)["detail"]


def test_a_body_too_large_is_not_read_to_its_end(client: TestClient):
    refused = client.post("/profiles", content=b" " * 1_200_000)
    assert refused.status_code == 400
    assert "larger than 1,000,000 bytes" in problem(refused)["detail"]


def test_a_body_nested_without_end_is_refused(client: TestClient):
    nested = b'{"polygon": ' + b'{"type": "FeatureCollection", "features": [' * 2_000
    assert client.post("/profiles", content=nested).status_code == 400
    polygon = json.dumps({"type": "Polygon", "coordinates": [[[[[[[0]]]]]]]})
    refused = client.post("/profiles", content=f'{{"polygon": {polygon}}}')
    assert refused.status_code == 400


def test_an_unknown_token_is_no_neighbourhood(client: TestClient):
    assert client.get("/profiles/own/aaaaaaaaaaaaaaaa").status_code == 404


def test_unknown_parameters_are_refused(client: TestClient):
    address = client.post("/profiles", json=TWO).headers["location"]
    for asked in (address, "/compare", "/gaps/crime_rate_residents"):
        assert client.get(asked, params={"colour": "red"}).status_code == 400


def test_areas_are_compared_by_address(client: TestClient):
    areas = f"lsoa_2011/{code(1)},lsoa_2011/{code(2)}"
    found = client.get("/compare", params={"areas": areas})
    assert found.status_code == 200
    assert [one["code"] for one in found.json()["areas"]] == [code(1), code(2)]
    again = client.get(
        "/compare", params={"areas": areas}, headers={"if-none-match": found.headers["etag"]}
    )
    assert again.status_code == 304
    assert client.get("/compare", params={"areas": f"lsoa_2011/{code(1)}"}).status_code == 400


def test_a_change_is_told_by_address(client: TestClient):
    asked = {
        "indicator": "crime_rate_residents",
        "category": "burglary",
        "before": "2018-10",
        "after": "2018-12",
    }
    found = client.get(f"/before-after/lsoa_2011/{code(1)}", params=asked)
    assert found.status_code == 200
    assert found.json()["rest"]["code"] == t.BRISTOL
    refused = client.get(f"/before-after/lsoa_2011/{code(1)}", params={**asked, "after": "2018"})
    assert refused.status_code == 400
    assert problem(refused)["remedy"].startswith("period is one of")


def test_a_gap_without_an_index_of_deprivation_is_refused(client: TestClient, town: Town):
    asked = {"vintage": "lsoa_2011", "category": "burglary"}
    refused = client.get("/gaps/crime_rate_residents", params=asked)
    assert refused.status_code == 400
    assert "no index is loaded" in problem(refused)["remedy"]
