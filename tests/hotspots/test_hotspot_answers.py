"""Every method answers over HTTP, with all that is needed to judge the answer."""

from __future__ import annotations

import csv
import io
import json
from html.parser import HTMLParser

import numpy as np
import pytest
import rasterio
import shapely
from fastapi.testclient import TestClient

from lris.errors import NotShared
from lris.hotspots import METHODS, frame, understood
from lris.rules.density import quartic
from lris.terms import PUBLIC, Access, Viewer
from tests.hotspots.city import CITY, City

ASKED = {"source": "police_street_crime", "within": CITY, "from": "2021-01", "to": "2021-03"}
BURGLARY = {**ASKED, "category": "burglary"}
MEMBERS = {"parameters", "coverage", "evaluation", "reading", "classes", "sources"}
ANALYST = Viewer("an analyst", Access.ANALYST)


def missing_year(city: City) -> dict[str, str]:
    """A year of which every month was delivered, and its last month."""
    gap = city.planted("missing-month")[0].when["from"][:4]
    return (
        {"from": "2021-01", "to": "2021-12"}
        if gap != "2021"
        else {"from": "2022-01", "to": "2022-12"}
    )


def get(client: TestClient, method: str, **asked: object):
    answer = client.get(f"/hotspots/{method}", params=asked)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    return answer


def refused(client: TestClient, method: str, status: int = 400, **asked: object) -> dict[str, str]:
    answer = client.get(f"/hotspots/{method}", params=asked)  # type: ignore[arg-type]
    assert answer.status_code == status, answer.text
    assert answer.json()["remedy"]
    return answer.json()


@pytest.mark.parametrize(
    "method", [one for one in METHODS if one not in ("hot_clock", "emerging", "compare")]
)
def test_a_method_answers_with_its_parameters_coverage_evaluation_and_reading(
    client: TestClient, method: str
):
    year = {"to": "2021-12"} if method == "series" else {}
    if method == "series":
        year["from"] = "2021-01"
    answer = get(client, method, **{**ASKED, **year})
    body = answer.json()
    assert set(body) >= MEMBERS
    assert body["parameters"]["method"] == method
    assert body["parameters"]["source"] == "police_street_crime"
    assert body["coverage"]["deliveries"]
    assert all({"id", "partition", "rows"} <= set(one) for one in body["coverage"]["deliveries"])
    assert {one["status"] for one in body["coverage"]["months"]} <= {"whole", "doubtful", "missing"}
    assert body["coverage"]["without_location"] >= 0
    assert any("Anti-social behaviour is left out" in said for said in body["reading"])
    assert body["evaluation"]["scored"] or body["evaluation"]["because"]
    if METHODS[method].maps:
        assert answer.headers["content-type"] == "application/geo+json"
        assert body["type"] == "FeatureCollection"
        assert body["features"]
        colours = {one["class"] for one in body["classes"]}
        assert {one["properties"]["class"] for one in body["features"]} <= colours


def test_geojson_is_as_rfc_7946_has_it(client: TestClient):
    body = get(client, "counts", **ASKED, unit="hex:400").json()
    assert "crs" not in body
    for feature in body["features"]:
        shape = shapely.geometry.shape(feature["geometry"])
        assert shape.is_valid
        assert shape.exterior.is_ccw
        west, south, east, north = shape.bounds
        assert -10 < west < east < 3
        assert 49 < south < north < 61


def test_cells_hold_every_incident_once_and_their_land_is_the_study_areas(client: TestClient):
    body = get(client, "counts", **ASKED).json()
    held = sum(one["properties"]["incidents"] for one in body["features"])
    assert held == body["coverage"]["incidents"]
    land = sum(one["properties"]["land_km2"] for one in body["features"])
    assert land == pytest.approx(body["parameters"]["study_area_km2"], rel=1e-4)


def test_areas_hold_what_was_placed_in_them(city: City):
    answer = city.ask("counts", unit="lsoa_2021", start="2021-01", to="2021-03", category="all")
    told = {one.properties["code"]: one.properties["incidents"] for one in answer.found.shapes}
    with city.reader.doors.inspecting() as connection:
        from sqlalchemy import text

        rows = connection.execute(
            text(
                "SELECT a.code, sum(c.incidents) FROM incident_count c"
                " JOIN area a ON a.id = c.area_id JOIN delivery d ON d.id = c.delivery_id"
                " WHERE c.vintage = 'lsoa_2021' AND d.source = 'police_street_crime'"
                " AND d.state = 'current' AND c.month BETWEEN '2021-01-01' AND '2021-03-01'"
                " GROUP BY 1"
            )
        )
        placed = {row[0]: int(row[1]) for row in rows}
    assert told == {code: placed.get(code, 0) for code in told}
    assert sum(told.values()) > 1000


def test_gi_star_of_areas_is_of_rates_where_residents_are_published(city: City):
    answer = city.ask("gi_star", unit="lsoa_2011", start="2021-01", to="2021-12")
    told = answer.members["parameters"]
    assert "per 1,000 residents" in told["tested"]
    assert "empirical Bayes" in told["tested"]
    assert told["residents"]["vintage"] == "lsoa_2011"
    unpublished = city.ask("gi_star", unit="lsoa_2021", start="2021-01", to="2021-12")
    if "residents" not in unpublished.members["parameters"]:
        assert "per km2" in unpublished.members["parameters"]["tested"]


def test_fdr_flags_fewer_and_can_be_switched_off(client: TestClient):
    def hot(fdr: bool) -> int:
        body = get(client, "gi_star", **BURGLARY, fdr=str(fdr).lower()).json()
        assert ("Benjamini" in body["parameters"]["control"]) is fdr
        return sum("hot" in one["properties"]["class"] for one in body["features"])

    assert 0 < hot(True) < hot(False)


def test_the_surface_is_the_exact_kernel_with_its_bandwidth_and_cell_told(city: City):
    answer = city.ask(
        "kde",
        start="2021-01",
        to="2021-03",
        category="burglary",
        bandwidth=600,
        cell=150,
        edge="none",
    )
    surface = answer.found.surface
    points = city.ask("streets", start="2021-01", to="2021-03", category="burglary").found.shapes
    x, y = (np.array([getattr(one.geometry, axis) for one in points]) for axis in "xy")
    counts = np.array([one.properties["incidents"] for one in points])
    expected = 1e6 * quartic(x, y, surface.x, surface.y, 600, counts)
    there = np.isfinite(surface.values)
    assert surface.values[there] == pytest.approx(expected[there], rel=1e-9, abs=1e-9)
    told = answer.members["parameters"]
    assert (told["bandwidth_m"], told["cell_m"]) == (600, 150)
    assert told["because"] == {"bandwidth_m": "as asked", "cell_m": "as asked"}


def test_a_bandwidth_below_the_map_points_is_warned_of(client: TestClient):
    body = get(client, "kde", **ASKED, bandwidth=60, cell=30).json()
    assert any("map points are so far" in said for said in body["reading"])


def test_emerging_hot_spots_and_their_classes(client: TestClient, city: City):
    body = get(client, "emerging", **{**BURGLARY, **missing_year(city)}).json()
    kinds = {one["properties"]["class"] for one in body["features"]}
    assert "no pattern detected" in kinds
    assert any(kind.endswith("hotspot") for kind in kinds)


def test_this_period_against_the_same_a_year_before(city: City):
    gap = city.planted("missing-month")[0].when["from"][5:7]
    start, end = ("01", "03") if gap > "03" else ("04", "06")
    answer = city.ask("compare", unit="lsoa_2021", start=f"2022-{start}", to=f"2022-{end}")
    whole = answer.found.body["overall"]
    assert whole["ratio"] == pytest.approx(
        whole["incidents"] / whole["a_year_before"], rel=0.02
    )  # per day: a leap year differs by a day
    assert whole["lower"] < whole["ratio"] < whole["upper"]
    assert answer.members["parameters"]["compared_with"].startswith("2021-")


# ---------------------------------------------------------------- a drawn study area, formats


def drawn(city: City) -> dict[str, object]:
    middle = city.outline(CITY).representative_point()
    square = shapely.box(middle.x - 2000, middle.y - 2000, middle.x + 2000, middle.y + 2000)
    from lris.hotspots.writing import degrees

    return json.loads(shapely.to_geojson(degrees([square])[0]))


def test_a_polygon_can_be_posted(client: TestClient, city: City):
    asked = {name: value for name, value in ASKED.items() if name != "within"}
    answer = client.post("/hotspots/counts", params=asked, json={"polygon": drawn(city)})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["parameters"]["study_area_km2"] == pytest.approx(16, rel=0.01)
    assert body["coverage"]["incidents"] > 0
    assert answer.headers["cache-control"] == "no-store"
    wrong = client.post("/hotspots/counts", params=asked, json={"polygon": {"type": "Point"}})
    assert wrong.status_code == 400
    assert wrong.json()["remedy"]


def test_a_surface_travels_as_a_geotiff(client: TestClient):
    answer = get(client, "kde", **ASKED, format="tif")
    assert answer.headers["content-type"].startswith("image/tiff")
    with rasterio.MemoryFile(answer.content) as file, file.open() as raster:
        assert raster.crs.to_epsg() == 27700
        assert raster.dtypes == ("float32",)
        values = raster.read(1, masked=True)
        told = json.loads(raster.tags()["parameters"])
        assert raster.res == (told["cell_m"], told["cell_m"])
        total = float(values.sum()) * (told["cell_m"] / 1000) ** 2
    body = get(client, "kde", **ASKED).json()
    assert total == pytest.approx(body["coverage"]["incidents"], rel=0.1)
    refused(client, "counts", **ASKED, format="tif")


def test_pictures_and_tables(client: TestClient):
    assert get(client, "gi_star", **BURGLARY, format="png").content.startswith(b"\x89PNG")
    rows = list(csv.DictReader(io.StringIO(get(client, "gi_star", **BURGLARY, format="csv").text)))
    body = get(client, "gi_star", **BURGLARY, format="json").json()
    assert len(rows) == len(body["places"])
    assert {"code", "class", "z", "adjusted_p", "easting", "northing"} <= set(rows[0])
    months = get(client, "series", **{**ASKED, "to": "2021-12"}, format="csv").text
    assert months.startswith("month,status,incidents")


def test_a_notebook_has_the_places_as_a_frame_in_metres(city: City):
    found = frame(city.ask("gi_star", start="2021-01", to="2021-03", category="burglary"))
    assert found.crs.to_epsg() == 27700
    assert {"code", "class", "z", "incidents", "geometry"} <= set(found.columns)
    assert found.geometry.area.max() == pytest.approx(250**2)


class Fetching(HTMLParser):
    """Every address that a page would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        wanted = {"script": "src", "link": "href", "img": "src", "iframe": "src"}.get(tag)
        self.addresses += [value or "" for name, value in attrs if name == wanted]


@pytest.mark.parametrize("method", ["gi_star", "kde", "streets"])
def test_a_folium_map_fetches_nothing(client: TestClient, method: str):
    answer = get(client, method, **BURGLARY, format="html")
    page = answer.text
    seen = Fetching()
    seen.feed(page)
    assert seen.addresses == []
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "L.map(" in page
    assert 'version="1.9' in page
    assert "Parameters" in page
    assert "have no location" in page


# ---------------------------------------------------------------- not again, not for everybody


def test_a_client_that_has_the_answer_is_told_so_without_it_being_made(client: TestClient):
    first = get(client, "kde", **ASKED)
    held = client.app.state.hotspots.answers.size  # type: ignore[attr-defined]
    again = client.get(
        "/hotspots/kde", params=ASKED, headers={"If-None-Match": first.headers["etag"]}
    )
    assert again.status_code == 304
    assert again.content == b""
    assert client.app.state.hotspots.answers.size == held  # type: ignore[attr-defined]
    other = get(client, "kde", **BURGLARY)
    assert other.headers["etag"] != first.headers["etag"]


def test_what_is_remembered_is_bounded():
    from lris.hotspots.answering import Remembered

    kept = Remembered(100)
    for number in range(10):
        kept.put((str(number), "json"), b"x" * 30)
    assert kept.size <= 100
    assert kept.get(("9", "json")) and not kept.get(("0", "json"))
    kept.put(("large", "json"), b"x" * 1000)
    assert kept.get(("large", "json")) is None


def test_the_public_cannot_tell_a_partners_source_from_one_that_is_not_there(client: TestClient):
    hidden = refused(client, "counts", 404, **{**ASKED, "source": "partner_police_crimes"})
    absent = refused(client, "counts", 404, **{**ASKED, "source": "nosuch"})
    assert hidden["remedy"] == absent["remedy"]
    assert "partner" not in hidden["remedy"]


def test_a_partners_source_is_for_named_people_with_a_reason_and_every_look_is_recorded(city: City):
    asked = {"source": "partner_police_crimes", "start": "2021-01", "to": "2021-12"}
    asked["category"] = "burglary-in-a-dwelling"
    with pytest.raises(NotShared):
        city.ask("counts", ANALYST, **asked)
    answer = city.ask("hot_clock", ANALYST, because="a test", **asked)
    clock = answer.found.body
    hours = np.array([day["hours"] for day in clock["clock"]])
    assert hours.shape == (7, 24)
    assert hours.sum() == pytest.approx(clock["known_to_the_hour"], abs=0.1)
    assert clock["spread_over_hours"] > 0
    with city.reader.doors.inspecting() as connection:
        from sqlalchemy import text

        rows = connection.execute(
            text("SELECT actor, because FROM audit WHERE action = 'look at hotspots'")
        ).all()
    assert ("an analyst", "a test") in [tuple(row) for row in rows]


# ---------------------------------------------------------------- refused, with reasons


def test_a_clock_of_months_is_refused(client: TestClient):
    assert "invented" in refused(client, "hot_clock", **ASKED)["detail"]


def test_too_few_incidents_are_refused(client: TestClient):
    few = {**ASKED, "category": "possession-of-weapons", "to": "2021-01"}
    assert "at least 50 incidents" in refused(client, "risk", **few)["detail"]


def test_lengths_without_sense_are_refused(client: TestClient):
    assert "wider than" in refused(client, "kde", **ASKED, bandwidth=60_000)["detail"]
    assert (
        "wider than the bandwidth"
        in refused(client, "kde", **ASKED, bandwidth=100, cell=500)["detail"]
    )
    refused(client, "counts", **ASKED, unit="grid:0.5")
    assert "the most" in refused(client, "counts", **ASKED, unit="grid:20")["detail"]


def test_an_incomplete_month_in_a_comparison_is_refused(client: TestClient, city: City):
    gap = city.planted("missing-month")[0].when["from"][:7]
    later = str(np.datetime64(gap, "M") + 12)
    for month in (gap, later) if later <= "2022-12" else (gap,):
        told = refused(client, "compare", **{**ASKED, "from": month, "to": month})
        assert "missing" in told["detail"] or "nothing of" in told["detail"]


def test_a_missing_month_is_told_where_it_is_not_refused(client: TestClient, city: City):
    gap = np.datetime64(city.planted("missing-month")[0].when["from"][:7], "M")
    body = get(client, "counts", **{**ASKED, "from": str(gap - 1), "to": str(gap + 1)}).json()
    assert any(
        f"Not delivered, and counted as nothing here: {gap}" in one for one in body["reading"]
    )
    assert "missing" in {one["status"] for one in body["coverage"]["months"]}


def test_mixed_vintages_are_refused(client: TestClient):
    mixed = {**ASKED, "within": f"{CITY},lsoa_2021/E01990001"}
    assert "mixes vintages" in refused(client, "counts", **mixed)["detail"]
    two_years = {**ASKED, "within": "lsoa_2021/E01990001", "unit": "lsoa_2011"}
    assert "two years" in refused(client, "counts", **two_years)["detail"]


def test_fewer_than_ten_months_do_not_emerge(client: TestClient):
    assert "at least 10 months" in refused(client, "emerging", **ASKED)["detail"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"from": "2021-13"},
        {"from": "2021-05", "to": "2021-04"},
        {"within": ""},
        {"category": "arson"},
        {"unit": "blocks"},
        {"edge": "sharp"},
        {"bandwidth": "-5"},
        {"harm": "true"},
        {"colour": "red"},
        {"from": "2031-01", "to": "2031-02"},
    ],
)
def test_what_cannot_be_understood_is_refused_with_what_can(client: TestClient, wrong: dict):
    refused(client, "counts", **{**ASKED, **wrong})


def test_a_method_that_is_not_there_is_named_with_those_that_are(client: TestClient):
    assert "gi_star" in refused(client, "heatmap", 404, **ASKED)["remedy"]


def test_a_question_is_the_same_whichever_way_it_is_put(catalogue):
    one = understood(catalogue, PUBLIC, "counts", {**ASKED, "unit": "grid:250.0"})
    other = understood(catalogue, PUBLIC, "counts", ASKED)
    assert one.digest == other.digest
