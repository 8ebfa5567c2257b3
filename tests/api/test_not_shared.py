"""Partners' records of single incidents: no address of the service shows the public a trace."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from lris.catalogue.indicators import Indicator
from lris.hotspots import METHODS
from tests.town import SOUTH, WEST, Town, a_town, code

SENT = {
    "partner_police_crimes": (
        "Force,Record,Offence group,Offence,Date,From,To,Easting,Northing,Premises",
        ["Sentinel Constabulary", "zqref", "Burglary", "Burglary in a dwelling"],
        ["2018-10-05", "2018-10-05 09:00", "2018-10-05 17:00", "{x}", "{y}", "Zqpremises"],
    ),
    "partner_police_incidents": (
        "Force,Record,Class,Category,Qualifier,Date,Time,Easting,Northing",
        ["Sentinel Constabulary", "zqref", "Zqclass", "Noise", "Zqqualifier"],
        ["2018-10-06", "23:15", "{x}", "{y}"],
    ),
    "fire_incidents": (
        "Service,Record,Type,Date,Time of call,Easting,Northing",
        ["Sentinel Fire", "zqref", "Malicious false alarm"],
        ["2018-10-07", "01:02", "{x}", "{y}"],
    ),
    "ambulance_calls": (
        "Service,Record,Category,Date,Time of call,Easting,Northing",
        ["Sentinel Ambulance", "zqref", "Overdose or poisoning"],
        ["2018-10-08", "01:02", "{x}", "{y}"],
    ),
    "assault_admissions": (
        "Trust,Admission date,ICD-10,Outward postcode",
        ["Sentinel Hospital"],
        ["2018-10-09", "X99", "ZQ7"],
    ),
    "fly_tipping_reports": (
        "Authority,Record,Waste,Size,Land,Date,Time,Easting,Northing",
        ["Sentinel Council", "zqref", "Asbestos", "Zqsize", "Zqland"],
        ["2018-10-10", "", "{x}", "{y}"],
    ),
}
TRACES = ("sentinel", "zq", "partner_record", *SENT)
ROWS = 37  # a number of rows that nothing else in the town has


@pytest.fixture(scope="module")
def town(template, catalogue, tmp_path_factory) -> Iterator[Town]:
    """The whole town, sealed, before any partner sent anything."""
    with a_town(template, catalogue, tmp_path_factory.mktemp("partners")) as made:
        made.whole()
        yield made


def feed(town: Town, source: str) -> list[str]:
    """Send a feed of `ROWS` rows in square 1, and load it."""
    header, first, last = SENT[source]
    x, y = f"{WEST + 500.5:.1f}", f"{SOUTH + 500.5:.1f}"
    row = [cell.format(x=x, y=y) for cell in first + last]
    path = town.folder / f"2018-Q4-sentinel-{source.replace('_', '-')}.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header.split(","), *[row] * ROWS])
    report = town.load(source, path)
    assert report.total["loaded"] + report.total["already_loaded"] == ROWS
    return [x, y]


def asking(town: Town, folder) -> TestClient:
    return TestClient(create_app(town.reader, folder))


def _asked_whole(path: str, known: dict[str, list[str]]) -> list[str] | None:
    """Of addresses of which one part alone means nothing, some that are whole; None of others."""
    some = [*known["indicator"][::12], known["indicator"][-1]]
    period = "from=2018-10&to=2018-12&within=lad_2011/E06000023&unit=lsoa_2011"
    one, two = f"lsoa_2011/{code(1)}", f"lsoa_2011/{code(2)}"
    change = "before=2018-10&after=2018-11&category=all-crime"
    return {
        "/hotspots/{method}": [
            f"/hotspots/{method}?source={source}&{period}"
            for method in METHODS
            for source in known["source"]
        ],
        "/indicators/{indicator}": [f"/indicators/{name}" for name in some],
        "/gaps/{indicator}": [f"/gaps/{name}?vintage=lsoa_2011" for name in some],
        "/before-after/{vintage}/{code}": [
            f"/before-after/{one}?indicator={name}&{change}" for name in some
        ],
        "/compare": [f"/compare?areas={one},{two}"],
        "/packs/{vintage}/{code}": [f"/packs/{one}"],
        "/profiles/own/{token}": ["/profiles/own/zq"],
    }.get(path)


def addresses(client: TestClient) -> list[str]:
    """Every GET address of the service's own description, with all that is loaded in its path."""
    described = client.get("/openapi.json").json()["paths"]
    listed = client.get("/vintages").json()["vintages"]
    vintages = [one["id"] for one in listed if one["areas"] or one["id"] == "outward_2021"]
    known: dict[str, list[str]] = {
        "vintage": vintages,
        "code": [code(1), code(2), "ZQ7"],
        "indicator": [one["id"] for one in client.get("/indicators").json()["indicators"]]
        + [SECRET.id],
        "layer": [one["id"] for one in client.get("/layers").json()["layers"]],
        "postcode": ["ZQ7 1AA", "ZQ7"],
        "source": [*SENT, "police_street_crime"],
        "number": ["1", "2"],
        "period": ["", "2018-10"],
        "format": ["", "csv"],
    }
    found = []
    for path, verbs in described.items():
        if "get" not in verbs:
            continue
        whole = _asked_whole(path, known)
        if whole is not None:
            found += whole
            continue
        parameters = verbs["get"].get("parameters", [])
        inside = [one["name"] for one in parameters if one["in"] == "path"]
        assert set(inside) <= set(known), f"{path}: say what to put for {set(inside) - set(known)}"
        asked = [one["name"] for one in parameters if one["in"] == "query" and one["name"] in known]
        names = inside + asked
        for values in product(*(known[name] for name in names)):
            given = dict(zip(names, values, strict=True))
            query = "&".join(f"{name}={given[name]}" for name in asked if given[name])
            address = path.format(**{name: given[name] for name in inside})
            found.append(f"{address}?{query}" if query else address)
    return found


def walked(client: TestClient) -> dict[str, tuple[int, str]]:
    """Of every address its status and its answer."""
    return {
        address: (answer.status_code, answer.text)
        for address in addresses(client)
        for answer in [client.get(address)]
    }


SECRET = Indicator.model_validate(
    {
        "id": "shared_overdoses",
        "name": "Overdoses as a partner tells it",
        "topic": "crime",
        "unit": "calls",
        "description": "Calls in the period.",
        "method": "count",
        "disclosure": "open",
        "disclosure_because": "Shown to the partners of the agreement alone.",
        "method_source": "Count.",
        "numerator": {"source": "ambulance_calls"},
        "categories": [
            {
                "id": "overdose-or-poisoning",
                "name": "Overdoses",
                "includes": ["overdose-or-poisoning"],
            }
        ],
        "example": {"numerator": 1, "value": 1},
    }
)


@pytest.fixture(scope="module")
def before(town, tmp_path_factory) -> dict[str, tuple[int, str]]:
    with asking(town, tmp_path_factory.mktemp("unbuilt")) as client:
        return walked(client)


def test_every_answer_to_the_public_is_the_same_to_the_byte_after_all_feeds_are_loaded(
    town, before, tmp_path_factory
):
    for source in SENT:
        feed(town, source)
    town.seal("with the partners' feeds")
    with asking(town, tmp_path_factory.mktemp("unbuilt")) as client:
        after = walked(client)
    assert sum(status == 200 for status, _ in before.values()) > 50
    assert [one for one in before if after[one] != before[one]] == []


def test_figures_made_of_a_feed_are_sealed_and_still_leave_no_trace(town, tmp_path_factory):
    indicators = {**town.catalogue.indicators, SECRET.id: SECRET}
    richer = replace(town, catalogue=replace(town.catalogue, indicators=indicators))
    x, y = feed(richer, "ambulance_calls")
    with asking(richer, tmp_path_factory.mktemp("unbuilt")) as client:
        before = walked(client)
    richer.seal("with figures of a partner's feed")
    made = richer.ask(
        "SELECT count(*) FROM lris.figure f JOIN lris.series s ON s.id = f.series_id"
        " WHERE s.indicator = :name AND f.value = :rows",
        name=SECRET.id,
        rows=ROWS,
    )
    assert made[0][0] > 0, "the figures that must not be seen are there"
    with asking(richer, tmp_path_factory.mktemp("unbuilt")) as client:
        after = walked(client)
    for address, (status, text) in after.items():
        said = text.lower()
        # what cannot be found is said back; it may be, but for what follows from it
        asked = [one for one in (*TRACES, SECRET.id) if one in address.lower()]
        if status in (400, 404):
            for one in asked:
                said = said.replace(one, "")
        found = [one for one in (*TRACES, SECRET.id, x, y) if one in said]
        assert not found, (address, status, found, text[:300])
    was, is_now = unsealed(before), unsealed(after)
    assert [one for one in was if is_now[one] != was[one]] == []


OF_RELEASE = ("release", "releases", "published")


def unsealed(answers: dict[str, tuple[int, str]]) -> dict[str, object]:
    """Answers without what any new release changes: its number, its moment, its reason."""

    def without(content: object) -> object:
        if isinstance(content, dict):
            return {name: without(one) for name, one in content.items() if name not in OF_RELEASE}
        return [without(one) for one in content] if isinstance(content, list) else content

    return {
        address: without(
            json.loads(text) if text.startswith("{") else list(csv.DictReader(text.splitlines()))
        )
        for address, (_, text) in answers.items()
    }


def test_releases_tell_the_public_how_many_figures_the_public_may_see(
    town, before, tmp_path_factory
):
    known = {one["number"]: one for one in json.loads(before["/releases"][1])["releases"]}
    with asking(town, tmp_path_factory.mktemp("unbuilt")) as client:
        newest, *_ = client.get("/releases").json()["releases"]
    assert newest["figures"] == known[min(known)]["figures"]
