"""The town of twelve squares: what the service says is what its page says, figure for figure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from lris.catalogue import Catalogue
from lris.incidents import incidents
from lris.prepare import load_place
from lris.settings import PROJECT
from lris.terms import Viewer
from tests.town import Town, a_town

PAGE = (PROJECT / "geodata" / "town" / "README.md").read_text(encoding="utf-8")
SQUARES_2011 = {f"E0198{n:04d}" for n in range(1, 13)}
SQUARES_2021 = {f"E0198{n:04d}" for n in (1, 7, 8, 9, 10, 11, 12, 101, 102, 103, 105, 106)}
WEST, EAST, TOP = "E02980001", "E02980002", "E02980003"
LEFT, RIGHT = "E05980001", "E05980002"
SQUAREHAM, NORTHROW = "E06980001", "E06980002"
WESTERN = {1, 2, 5, 6, 101, 102, 105, 106}
QUARTER = "2018-Q4"
MONTHS = ("2018-10", "2018-11", "2018-12")
PERIODS = (*MONTHS, QUARTER)

Row = Mapping[str, str]


def table(heading: str) -> list[Row]:
    """The rows of the first table below a heading, by the names of its columns."""
    lines = iter(PAGE[PAGE.index(f"\n{heading}\n") :].splitlines())
    ruled = [[cell.strip() for cell in line.strip("|").split("|")] for line in _table(lines)]
    return [dict(zip(ruled[0], row, strict=True)) for row in ruled[2:]]


def _table(lines: Iterator[str]) -> Iterator[str]:
    begun = False
    for line in lines:
        if line.startswith("|"):
            begun = True
            yield line
        elif begun:
            return


def number_of(code: str) -> int:
    return int(code[5:])


def in_northrow(code: str) -> bool:
    return number_of(code) in (9, 10, 11, 12)


def msoa_of(code: str) -> str:
    if in_northrow(code):
        return TOP
    return WEST if number_of(code) in WESTERN else EAST


def ward_of(code: str) -> str:
    return LEFT if (number_of(code) - 1) % 4 < 2 else RIGHT


def district_of(code: str) -> str:
    return NORTHROW if in_northrow(code) else SQUAREHAM


PLACED = {  # which columns of the table of incidents a vintage is counted from, and how
    "lsoa_2011": ("LSOA 2011", str, SQUARES_2011),
    "lsoa_2021": ("LSOA 2021", str, SQUARES_2021),
    "msoa_2011": ("LSOA 2011", msoa_of, {WEST, EAST, TOP}),
    # What is in no square of 2021 but in one of 2011 is in what holds all that became of it.
    "msoa_2021": ("LSOA 2021", msoa_of, {WEST, EAST, TOP}),
    "ward_2019": ("LSOA 2011", ward_of, {LEFT, RIGHT}),
    "lad_2022": ("LSOA 2021", district_of, {SQUAREHAM, NORTHROW}),
}


def known(row: Row, column: str) -> str:
    return row[column] if row[column] != "none" else row["LSOA 2011"]


def reaches_northrow(area: str) -> bool:
    return area in (TOP, NORTHROW) or (area.startswith("E01") and in_northrow(area))


def expected_status(area: str, period: str) -> str:
    """The word of a count."""
    if area.startswith("E05"):
        return "estimated" if period == "2018-10" else "incomplete"
    if not reaches_northrow(area) or period == "2018-10":
        return "observed"
    return "incomplete" if period == QUARTER else "withheld"


@pytest.fixture(scope="module")
def town(template: tuple[str, str], catalogue: Catalogue, tmp_path_factory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("paper")
    with a_town(template, catalogue, folder) as made:
        load_place(
            made.doors,
            catalogue,
            "town",
            raw=folder / "raw",
            actor="a tester",
            now=lambda: datetime(2026, 1, 1, tzinfo=UTC),
        )
        yield made


@pytest.fixture(scope="module")
def client(town: Town, catalogue: Catalogue, tmp_path_factory) -> Iterator[TestClient]:
    with TestClient(create_app(town.reader, tmp_path_factory.mktemp("unbuilt"))) as asking:
        yield asking


def figures(client: TestClient, indicator: str, **asked: str) -> dict[str, Mapping[str, object]]:
    answer = client.get(f"/indicators/{indicator}/figures", params=asked)
    assert answer.status_code == 200, answer.text
    return {row["area_code"]: row for row in answer.json()["figures"]}


def the_categories(catalogue: Catalogue) -> dict[str, tuple[str, ...]]:
    return {one.id: one.includes for one in catalogue.indicator("crime_count").categories}


@pytest.mark.parametrize("vintage", PLACED)
@pytest.mark.parametrize("period", PERIODS)
def test_every_count_is_the_number_of_lines_of_the_table(client, catalogue, vintage, period):
    column, larger, areas = PLACED[vintage]
    months = MONTHS if period == QUARTER else (period,)
    lines = [
        (larger(where), row["category"])
        for row in table("## Every incident")
        for where in (row[column] if vintage == "lsoa_2021" else known(row, column),)
        if row["month"] in months and where != "none"
    ]
    words = {area: expected_status(area, period) for area in areas}
    for category, includes in the_categories(catalogue).items():
        counted = Counter(area for area, kind in lines if kind in includes)
        said = figures(client, "crime_count", vintage=vintage, period=period, category=category)
        assert {area: row["status"] for area, row in said.items()} == words
        assert {area: row["value"] for area, row in said.items()} == {
            area: None if word == "withheld" else counted[area] for area, word in words.items()
        }
        reasons = {row["reason"] for row in said.values() if row["status"] == "withheld"}
        assert reasons <= {"no_data"}


def test_the_table_of_incidents_has_every_row_of_the_files():
    rows = table("## Every incident")
    assert Counter(row["month"] for row in rows) == {"2018-10": 24, "2018-11": 5, "2018-12": 1}
    for row in rows:
        slug = {"Squareham": "squareham-constabulary", "Northrow": "northrow-police"}[row["force"]]
        file = PROJECT / "geodata" / "town" / f"{row['month']}-{slug}-street.csv"
        line = file.read_text("utf-8").splitlines()[int(row["line"]) - 1]
        assert row["category"] in line.lower().replace(" ", "-"), line


def agrees(said: Mapping[str, object], on_paper: str) -> bool:
    """Whether a figure is what stands on the page: a number to four decimals, or a reason."""
    if re.fullmatch(r"-?\d+(\.\d+)?", on_paper):
        return said["value"] == pytest.approx(float(on_paper), abs=0.00006)
    return said["value"] is None and said["reason"] == on_paper


INDICATORS = {
    "residents 2018": ("population", "2018"),
    "residents 2011": ("population_census_2011", "2011"),
    "households 2011": ("households", "2011"),
    "IMD rank": ("imd_2019_rank", "2019"),
    "IMD decile": ("imd_2019_decile", "2019"),
    "stroke admissions a year": ("stroke_admissions", "2017..2019"),
}


@pytest.mark.parametrize("column", INDICATORS)
@pytest.mark.parametrize("vintage", ["lsoa_2011", "lsoa_2021"])
def test_people_households_deprivation_and_strokes_are_those_on_paper(client, column, vintage):
    indicator, period = INDICATORS[column]
    said = figures(client, indicator, vintage=vintage, period=period)
    on_paper = {row["area"]: row[column] for row in table(f"### {vintage}")}
    assert set(said) == set(on_paper)
    assert [area for area in said if not agrees(said[area], on_paper[area])] == []


@pytest.mark.parametrize("column", ["residents 2018", "residents 2011", "households 2011"])
def test_larger_areas_are_the_sums_on_paper(client, column):
    indicator, period = INDICATORS[column]
    rows = table("### Larger areas")
    for vintage in {row["vintage"] for row in rows}:
        said = figures(client, indicator, vintage=vintage, period=period)
        on_paper = {row["area"]: row[column] for row in rows if row["vintage"] == vintage}
        assert set(said) == set(on_paper)
        assert [area for area in said if not agrees(said[area], on_paper[area])] == []


def test_octobers_rates_and_their_limits_are_those_on_paper(client):
    said = figures(
        client,
        "crime_rate_residents",
        vintage="lsoa_2011",
        period="2018-10",
        category="all-crime",
    )
    rows = table("## October's rates, all crime, per 1,000 residents of 2018")
    assert set(said) == {row["area"] for row in rows} == SQUARES_2011
    for row in rows:
        figure = said[row["area"]]
        assert agrees(figure, row["rate"]), row
        assert figure["numerator"] == float(row["incidents"])
        if figure["value"] is not None:
            assert figure["lower"] == pytest.approx(float(row["lower"]), abs=0.00006)
            assert figure["upper"] == pytest.approx(float(row["upper"]), abs=0.00006)


def test_what_is_worked_out_further_is_what_stands_on_the_page(client):
    rows = table("## Worked out further")
    assert len({row["indicator"] for row in rows}) >= 9
    for row in rows:
        asked = {name: row[name] for name in ("vintage", "period", "category") if row[name]}
        said = figures(client, row["indicator"], **asked)
        assert agrees(said[row["area"]], row["value"]), (row, said[row["area"]])


def test_what_was_shared_out_or_taken_over_is_an_estimate_and_says_so(client):
    people = figures(client, "population", vintage="lsoa_2021", period="2018")
    ranks = figures(client, "imd_2019_rank", vintage="lsoa_2021", period="2019")
    estimates = {
        *(area for area, row in people.items() if row["reason"] == "shared_out"),
        *(area for area, row in ranks.items() if row["reason"] == "shared_out"),
    }
    assert estimates == {"E01980101", "E01980102", "E01980105", "E01980106"}
    assert {people[area]["status"] for area in ("E01980105", "E01980106")} == {"estimated"}
    rates = figures(
        client, "crime_rate_residents", vintage="lsoa_2021", period="2018-10", category="all-crime"
    )
    assert (rates["E01980106"]["status"], rates["E01980106"]["reason"]) == (
        "estimated",
        "shared_out",
    )


@pytest.mark.parametrize("vintage", ["lsoa_2011", "lsoa_2021"])
def test_points_on_edges_lie_where_the_page_says(town, catalogue, vintage):
    column, _, areas = PLACED[vintage]
    found = {
        int(line): area
        for area in sorted(areas)
        for line in incidents(
            town.doors,
            catalogue,
            Viewer("a tester"),
            "points_with_date_and_category",
            because="to compare with the page",
            within=f"{vintage}/{area}",
        )["line"]
    }
    rows = table("## Points on edges")
    assert {int(row["line"]): found.get(int(row["line"]), "none") for row in rows} == {
        int(row["line"]): row[column] for row in rows
    }


def test_the_place_says_that_it_is_fictional(client):
    places = {one["id"]: one for one in client.get("/places").json()["places"]}
    assert places["town"]["fictional"] is True
    assert set(places["town"]["vintages"]) == set(PLACED)


def test_figures_outlines_files_and_profiles_say_so_too(client):
    asked = {"vintage": "lsoa_2011", "period": "2018"}
    answer = client.get("/indicators/population/figures", params=asked).json()
    assert answer["meta"]["fictional"] is True
    assert {source["publisher"] for source in answer["meta"]["sources"]} == {"nobody"}
    assert all(row["fictional"] for row in answer["figures"])
    lines = client.get("/indicators/population/figures", params=asked | {"format": "csv"}).text
    assert all(line.endswith(",true") for line in lines.splitlines()[1:])
    for address in ("/areas/lsoa_2011.geojson", "/layers/residents.geojson"):
        found = client.get(address, params=asked if "layers" in address else {})
        assert found.status_code == 200, found.text
        assert len(found.json()["features"]) == 12
        assert all(one["properties"]["fictional"] for one in found.json()["features"])
    profile = client.get("/profiles/lsoa_2011/E01980001").json()
    assert profile["area"]["fictional"] is True
    assert all("Fictional" in source["attribution"] for source in profile["sources"])
