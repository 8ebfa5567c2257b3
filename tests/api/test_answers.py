"""What the addresses answer, figure by figure."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests import town as t
from tests.town import code

COLUMNS = (
    "area_code,vintage,indicator,category,period,value,lower,upper,numerator,denominator,unit,"
    "status,reason,release,fictional"
)
OCTOBER = {"vintage": "lsoa_2011", "period": "2018-10"}
ALL = OCTOBER | {"category": "all-crime"}


def figures(client: TestClient, indicator: str = "crime_count", **asked: object):
    answer = client.get(f"/indicators/{indicator}/figures", params=asked)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    return answer


def table(client: TestClient, indicator: str = "crime_count", **asked: object) -> dict[str, dict]:
    text = figures(client, indicator, format="csv", **asked).text
    return {row["area_code"]: row for row in csv.DictReader(io.StringIO(text))}


# ---------------------------------------------------------------- figures


def test_the_columns_of_the_csv_are_these_in_this_order(client: TestClient):
    answer = figures(client, format="csv", **ALL)
    lines = answer.text.split("\r\n")
    assert lines[0] == COLUMNS
    assert lines[1].startswith(f"{code(1)},lsoa_2011,crime_count,all-crime,2018-10,5,1.6234863")
    assert lines[1].endswith(",5,,incidents,observed,,1,false")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'filename="crime_count-lsoa_2011-2018-10.csv"' in answer.headers["content-disposition"]


def test_the_json_holds_the_same_keys_and_values(client: TestClient):
    body = figures(client, **ALL).json()
    assert set(body) == {"meta", "figures", "next"}
    assert body["next"] is None
    text = table(client, **ALL)
    assert len(body["figures"]) == len(text) == 12
    for row in body["figures"]:
        assert set(COLUMNS.split(",")) <= set(row)
        said = text[row["area_code"]]
        for name in ("value", "lower", "upper", "numerator", "denominator"):
            assert (None if said[name] == "" else float(said[name])) == row[name]


def test_the_geojson_holds_the_same_figures_on_their_outlines(client: TestClient):
    body = figures(client, format="geojson", **ALL).json()
    assert body["type"] == "FeatureCollection"
    rows = {row["area_code"]: row["value"] for row in figures(client, **ALL).json()["figures"]}
    found = {f["properties"]["area_code"]: f["properties"]["value"] for f in body["features"]}
    assert found == rows
    west, south = body["features"][0]["geometry"]["coordinates"][0][0][0]
    assert -3 < west < -2
    assert 51 < south < 52


def test_zero_missing_withheld_incomplete_and_estimated_never_look_alike(client: TestClient):
    def look(row: dict[str, str]) -> tuple[str, str, str]:
        value = "" if row["value"] == "" else "0" if float(row["value"]) == 0 else "n"
        return (value, row["status"], row["reason"])

    counts = table(client, **ALL)
    rates = table(client, "crime_rate_residents", **ALL | {"vintage": "lsoa_2021"})
    wards = table(client, **ALL | {"vintage": "ward_2019"})
    changed = table(client, "population", vintage="lsoa_2021", period="2018")
    looks = {
        "zero": look(counts[code(8)]),
        "missing": look(counts[code(9)]),
        "withheld": look(rates[code(101)]),
        "changed": look(changed[code(101)]),
        "incomplete": look(wards["E05900001"]),
        "estimated": look(rates[code(106)]),
        "observed": look(counts[code(1)]),
    }
    assert looks == {
        "zero": ("0", "observed", ""),
        "missing": ("", "withheld", "no_data"),
        "withheld": ("", "withheld", "no_denominator"),
        "changed": ("", "withheld", "boundary_changed"),
        "incomplete": ("n", "incomplete", "incomplete_source"),
        "estimated": ("n", "estimated", "shared_out"),
        "observed": ("n", "observed", ""),
    }


def test_a_withheld_figure_gives_nothing_away_by_its_interval(client: TestClient):
    for row in table(client, "crime_rate_residents", **ALL | {"vintage": "lsoa_2021"}).values():
        if row["status"] == "withheld":
            assert (row["value"], row["lower"], row["upper"]) == ("", "", "")


@pytest.mark.parametrize("limit", [1, 7, 12, 50])
def test_following_next_loses_and_repeats_nothing(client: TestClient, limit: int):
    whole = figures(client, **OCTOBER).json()["figures"]
    found: list[dict[str, Any]] = []
    address: str | None = (
        f"/indicators/crime_count/figures?vintage=lsoa_2011&period=2018-10&limit={limit}"
    )
    while address:
        answer = client.get(address)
        body = answer.json()
        assert len(body["figures"]) <= limit
        found += body["figures"]
        address = body["next"]
        assert (f'<{address}>; rel="next"' == answer.headers.get("link")) == bool(address)
    assert found == whole


def test_a_csv_that_is_cut_says_so_and_where_it_goes_on(client: TestClient):
    answer = figures(client, format="csv", limit=5, **ALL)
    assert len(answer.text.strip().split("\r\n")) == 1 + 5
    address = answer.headers["link"].split(">")[0].removeprefix("<")
    rest = client.get(address).text.strip().split("\r\n")
    assert rest[0] == COLUMNS
    assert rest[1].startswith(code(6))


def test_figures_within_a_district(client: TestClient):
    rows = table(client, within=f"lad_2011/{t.SWINDON}", **ALL)
    assert sorted(rows) == [code(n) for n in (9, 10, 11, 12)]


def test_meta_names_source_release_legend_and_grade(client: TestClient):
    meta = figures(client, **ALL).json()["meta"]
    assert meta["release"] == 1
    assert meta["grade"] == "BGC"
    assert meta["edition"] == 1
    assert meta["legend"]["classes"]
    assert [one["id"] for one in meta["sources"]] == ["police_street_crime"]
    assert meta["counts"]["zero"] == 1
    assert any("no area's count" in caveat for caveat in meta["caveats"])


# ---------------------------------------------------------------- indicators, layers, releases


def test_the_list_of_indicators(client: TestClient):
    found = client.get("/indicators").json()["indicators"]
    assert {one["id"] for one in found} >= {"crime_count", "crime_rate_residents", "population"}
    for one in found:
        assert {"id", "name", "topic", "unit", "periods", "vintages"} <= set(one)
        assert one["topic"] in ("crime", "health", "education", "deprivation", "population")
        assert one["periods"]
        assert one["vintages"]


def test_every_figure_that_is_offered_can_be_had(client: TestClient):
    for one in client.get("/indicators").json()["indicators"]:
        for vintage, periods in one["periods_by_vintage"].items():
            for period in periods:
                figures(client, one["id"], vintage=vintage, period=period, limit=1)


def test_a_layer_is_its_indicators_first_category_with_a_legend(client: TestClient):
    body = client.get("/layers/crime_count.geojson", params=OCTOBER).json()
    assert body["meta"]["category"] == "all-crime"
    assert body["meta"]["legend"]["layer"] == "crime_count"
    assert len(body["features"]) == 12
    values = {f["properties"]["area_code"]: f["properties"]["value"] for f in body["features"]}
    assert (values[code(1)], values[code(8)], values[code(9)]) == (5, 0, None)
    assert {layer["id"] for layer in client.get("/layers").json()["layers"]} >= {"crime_count"}


def test_releases_tell_when_and_why(client: TestClient):
    (one,) = client.get("/releases").json()["releases"]
    assert (one["number"], one["because"]) == (1, "the town, to the end of 2018")
    assert one["figures"] > 0
    assert one["sealed_at"]


# ---------------------------------------------------------------- areas


def test_an_area_by_its_code(client: TestClient):
    body = client.get(f"/areas/lsoa_2011/{code(1)}").json()
    assert (body["code"], body["vintage"], body["level"]) == (code(1), "lsoa_2011", "lsoa")
    assert {one["vintage"]: one["code"] for one in body["parents"]}["msoa_2011"] == t.msoa(1)


def test_areas_by_part_of_their_name(client: TestClient):
    found = client.get("/areas", params={"vintage": "lsoa_2011", "q": "ham 001"}).json()["areas"]
    assert [one["code"] for one in found] == [code(1)]


def test_areas_page_by_page(client: TestClient):
    whole = client.get("/areas", params={"limit": 10_000}).json()["areas"]
    found: list[dict[str, Any]] = []
    address: str | None = "/areas?limit=5"
    while address:
        body = client.get(address).json()
        assert len(body["areas"]) <= 5
        found += body["areas"]
        address = body["next"]
    assert found == whole
    assert len({(one["vintage"], one["code"]) for one in whole}) == len(whole)


def test_areas_within_another(client: TestClient):
    asked = {"vintage": "lsoa_2021", "within": f"lad_2022/{t.SWINDON}"}
    found = client.get("/areas", params=asked).json()["areas"]
    assert [one["code"] for one in found] == [code(n) for n in (9, 10, 11, 12)]


def test_outlines_are_geojson_in_degrees_with_codes(client: TestClient):
    answer = client.get("/areas/lsoa_2021.geojson")
    assert answer.headers["content-type"] == "application/geo+json"
    body = answer.json()
    assert [f["properties"]["code"] for f in body["features"]] == [code(n) for n in t.IN_2021]
    inside = client.get("/areas/msoa_2011.geojson", params={"within": f"lad_2011/{t.SWINDON}"})
    assert [f["properties"]["code"] for f in inside.json()["features"]] == [t.msoa(9)]


def test_vintages_tell_how_far_they_were_generalised(client: TestClient):
    found = {one["id"]: one for one in client.get("/vintages").json()["vintages"]}
    assert set(found) == {"lsoa_2011", "lsoa_2021", "msoa_2011", "msoa_2021", "ward_2019"}
    assert found["lsoa_2011"]["grade"] == "BGC"
    assert found["lsoa_2011"]["grade_note"]
    assert found["lsoa_2011"]["areas"] == 12


def test_everything_loaded_is_a_place_to_open(client: TestClient):
    (place,) = client.get("/places").json()["places"]
    assert place["id"] == "all"
    west, south, east, north = place["bbox"]
    assert -3 < west < east < -2
    assert 51 < south < north < 52
    asked = {name: place[name] for name in ("vintage", "period", "category") if place[name]}
    figures(client, place["indicator"], **asked)


# ---------------------------------------------------------------- profiles


def test_a_profile_has_its_parts(client: TestClient):
    body = client.get(f"/profiles/lsoa_2011/{code(1)}").json()
    assert {"area", "release", "sections", "gaps", "sources"} <= set(body)
    assert {"code", "vintage", "name", "level", "parents"} <= set(body["area"])
    for section in body["sections"]:
        assert {"id", "title", "figures"} <= set(section)
