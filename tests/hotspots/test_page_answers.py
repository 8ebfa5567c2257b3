"""What the page's tests take for answers of the service is what the service still answers."""

from __future__ import annotations

import json

import pytest
from fastapi.testclient import TestClient

from lris.hotspots import listed
from lris.settings import PROJECT
from lris.terms import Access, Viewer
from tests.hotspots.city import City
from tests.hotspots.test_hotspot_answers import ASKED, get

RECORDED = PROJECT / "api" / "web" / "src" / "hotspots" / "recorded"


def recorded(name: str):
    return json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))


def shape(told: object) -> object:
    """The keys of what is told, however deep; of a list those of its first."""
    if isinstance(told, dict):
        return {key: shape(part) for key, part in told.items()}
    if isinstance(told, list):
        return [shape(told[0])] if told else []
    return None


def test_the_methods_are_those_that_are_listed():
    assert recorded("methods") == json.loads(json.dumps(listed()))


@pytest.mark.parametrize("method", ["gi_star", "series"])
def test_an_answer_has_the_members_that_were_recorded(client: TestClient, method: str):
    asked = {"from": "2022-01", "to": "2022-06", "category": "burglary", "unit": "grid:1000"}
    asked |= {"from": "2020-01", "to": "2022-12", "unit": None} if method == "series" else {}
    live = get(client, method, **{**ASKED, **{k: v for k, v in asked.items() if v}}).json()
    known = recorded(method)
    for member in ("parameters", "coverage", "evaluation"):
        assert shape(live[member]) == shape(known[member]), member
    if method == "gi_star":
        alike = [set(one["features"][0]["properties"]) for one in (live, known)]
        assert alike[0] == alike[1]


def test_a_clock_has_the_members_that_were_recorded(city: City):
    asked = {"source": "partner_police_crimes", "category": "burglary-in-a-dwelling"}
    span = {"start": "2022-01", "to": "2022-06"}
    answer = city.ask("hot_clock", Viewer("an analyst", Access.ANALYST), "a test", **asked, **span)
    assert shape(answer.found.body["clock"]) == shape(recorded("hot_clock")["clock"])
