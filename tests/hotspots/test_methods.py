"""One list of methods for the service, the command and the page; and whose incidents are shown."""

from __future__ import annotations

import inspect

import pytest
from fastapi.testclient import TestClient

from api.routes.hotspots import Parameters
from lris.cli.hotspots import hotspots as command
from lris.errors import BadRequest
from lris.hotspots import FORMATS, METHODS, listed, understood
from lris.hotspots.methods import parameters_of
from lris.terms import Access, Viewer
from tests.hotspots.city import City
from tests.hotspots.test_command import ASKED as WORDS
from tests.hotspots.test_command import lris
from tests.hotspots.test_hotspot_answers import ASKED, get, refused

FORCE = "Vellmouth and Orrendale Constabulary"
ANALYST = Viewer("an analyst", Access.ANALYST)


def test_the_service_lists_every_method_with_its_minimums_and_parameters(client: TestClient):
    answer = client.get("/hotspots")
    assert answer.status_code == 200
    told = {one["id"]: one for one in answer.json()["methods"]}
    assert list(told) == list(METHODS)
    assert told["gi_star"]["fewest_incidents"] == 30
    assert told["gi_star"]["fewest_units"] == 30
    assert told["emerging"]["fewest_months"] == 10
    assert told["hot_clock"]["needs_time"]
    lengths = {one["name"]: one.get("unit") for one in told["kde"]["parameters"]}
    assert lengths["bandwidth"] == lengths["cell"] == "m"
    assert "unit" not in lengths
    edge = next(one for one in told["kde"]["parameters"] if one["name"] == "edge")
    assert edge["choices"] == ["uniform", "none"]
    again = client.get("/hotspots", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


def test_what_is_listed_is_what_can_be_asked(catalogue):
    """Every name a method lists is one that the service and the command take, and no other."""
    asked = {one.name for name in METHODS for one in parameters_of(name)}
    served = {"from" if name == "start" else name for name in Parameters.__slots__}
    assert asked == served
    typed = {"from" if name == "start" else name for name in inspect.signature(command).parameters}
    assert asked <= typed
    assert {form for one in listed() for form in one["formats"]} == set(FORMATS)
    with pytest.raises(BadRequest, match="from is missing"):
        understood(catalogue, ANALYST, "counts", {"source": "police_street_crime"})


def test_the_minimums_listed_are_those_that_are_refused_below(client: TestClient):
    few = {**ASKED, "category": "possession-of-weapons", "to": "2021-01"}
    for name, how in METHODS.items():
        if how.least >= 30 and how.months == 1:
            assert f"at least {how.least} incidents" in refused(client, name, **few)["detail"]


def test_the_command_lists_them_where_none_is_named(city: City):
    said = lris(city)
    for name in METHODS:
        assert f"{name}: " in said
    assert "From 30 incidents on" in said
    assert "--bandwidth" in said


# ---------------------------------------------------------------- whose incidents


def test_a_map_can_be_of_one_agency(client: TestClient):
    body = get(client, "counts", **ASKED, agency=FORCE).json()
    every = get(client, "counts", **ASKED).json()
    assert body["parameters"]["agency"] == FORCE
    assert body["coverage"]["incidents"] == every["coverage"]["incidents"]  # There is one force.
    assert FORCE in body["reading"][0]
    assert all(FORCE in one["partition"] for one in body["coverage"]["deliveries"])


def test_of_several_agencies_each_has_its_own(city: City):
    """Two councils send fly-tipping: each of them collects in its own district alone."""
    asked = {"source": "fly_tipping_reports", "start": "2021-01", "to": "2021-12"}
    counts = {}
    for agency in (None, "Vellmouth Council", "orrendale council"):
        given = {**asked, **({"agency": agency} if agency else {})}
        answer = city.ask("streets", ANALYST, because="a test", **given)
        counts[agency] = answer.members["coverage"]["incidents"]
    assert counts["Vellmouth Council"] + counts["orrendale council"] == counts[None]
    assert counts["Vellmouth Council"] > counts["orrendale council"]
    clock = city.ask("hot_clock", ANALYST, because="a test", **asked, agency="Vellmouth Council")
    told = clock.found.body
    assert told["known_to_the_hour"] + told["left_out"] == counts["Vellmouth Council"]


def test_an_agency_that_delivered_nothing_is_refused_with_those_that_did(client: TestClient):
    told = refused(client, "counts", **ASKED, agency="Metropolitan Police Service")
    assert "Metropolitan Police Service" in told["detail"]
    assert FORCE in told["remedy"]


def test_an_agency_of_a_source_that_names_none_is_refused(catalogue):
    given = {"source": "points_with_date_and_category", **WORDS_AS_ASKED, "agency": "Anybody"}
    with pytest.raises(BadRequest, match="does not say which agency"):
        understood(catalogue, ANALYST, "counts", given)


def test_the_command_takes_an_agency(city: City):
    assert FORCE in lris(city, "counts", *WORDS, "--agency", FORCE)


WORDS_AS_ASKED = {"from": "2021-01", "within": ASKED["within"]}
