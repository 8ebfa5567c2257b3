"""One indicator: its definition, its example, how its areas lie, as JSON and as a page."""

from __future__ import annotations

import re

import numpy as np
import pytest
from fastapi.testclient import TestClient

from lris.catalogue import Catalogue
from lris.reports.indicators import distribution, example_of, funnel_of
from lris.settings import PROJECT
from tests import town as t
from tests.reports.test_documents import Page

CATALOGUE = Catalogue.read(PROJECT / "geodata")
RATE = "/indicators/crime_rate_residents"
SERIES = "vintage=lsoa_2011&period=2018-10&category=all-crime"
HTML = {"accept": "text/html"}


def rows(rates: np.ndarray, sizes: np.ndarray) -> list[dict]:
    counts = np.round(rates * sizes / 1_000)
    return [
        {
            "area_code": f"E{n:03d}",
            "name": f"Area {n}",
            "value": 1_000 * count / size,
            "numerator": float(count),
            "denominator": float(size),
            "status": "observed",
            "reason": None,
        }
        for n, (count, size) in enumerate(zip(counts, sizes, strict=True))
    ]


# ---------------------------------------------------------------- JSON


def test_the_manifest_is_told_with_its_parts_and_its_rule(client: TestClient):
    told = client.get(RATE).json()
    manifest = CATALOGUE.indicator("crime_rate_residents")
    assert told["definition"] == manifest.description
    assert told["method"] == {"id": "rate", "words": manifest.method_source}
    assert told["numerator"]["source"] == "police_street_crime"
    assert told["denominators"][0]["source"] == "population_sape"
    assert told["disclosure"] == {"rule": "open", "because": manifest.disclosure_because}
    assert set(manifest.caveats) <= set(told["caveats"])
    assert told["coverage"]["periods_by_vintage"]["lsoa_2011"][0] == "2018-10"
    assert told["source"]["licence"] == "OGL-3.0"


def test_the_worked_example_says_how_it_computes(client: TestClient):
    example = client.get(RATE).json()["example"]
    assert example["steps"].startswith("20 ÷ 100 × 1,000 = 200; from 122.1143 to 308.8988 at 95 %")
    assert example["worked"] == pytest.approx(
        {"value": 200, "lower": 122.1142883, "upper": 308.8988037}
    )


@pytest.mark.parametrize("name", CATALOGUE.indicators)
def test_every_indicator_can_tell_its_example(name: str):
    example = example_of(CATALOGUE.indicators[name])
    assert example["steps"].endswith(".")
    if example["worked"]:
        assert example["worked"]["value"] == pytest.approx(example["value"], abs=5e-8)


def test_an_index_is_told_from_its_parts():
    told = example_of(CATALOGUE.indicators["vulnerable_localities_index"])
    assert told["steps"].startswith("burglary per household 5, 20, 10, 100; ")
    assert told["steps"].endswith(": for the first of the areas 38.85802.")
    assert told["worked"] is None


def test_a_cell_that_many_numbers_make_has_an_example_on_paper():
    told = example_of(CATALOGUE.indicators["imd_2019_average_score"])
    assert told["on_paper"]["steps"] == "values 10, 40; weights 1,000, 3,000: 32.5."


def test_too_many_areas_for_a_page_are_said_to_be_too_many(client: TestClient, monkeypatch):
    monkeypatch.setattr("lris.reports.describing.MOST_DRAWN", 5)
    told = Page(client.get(f"{RATE}?{SERIES}&format=html").content)
    assert "12 areas are too many for one page" in told.text
    assert t.code(1) not in told.text


def test_without_a_series_it_is_the_newest_of_the_smallest_areas(client: TestClient):
    shown = client.get(RATE).json()["shown"]
    assert (shown["period"], shown["category"]) == ("2018-12", "all-crime")
    assert shown["vintage"].startswith("lsoa_")


def test_the_distribution_is_that_of_the_values_published(client: TestClient):
    told = client.get(f"{RATE}?{SERIES}").json()
    values = [
        row["value"]
        for row in client.get(f"{RATE}/figures?{SERIES}").json()["figures"]
        if row["value"] is not None
    ]
    assert told["distribution"]["of"] == len(values)
    assert told["distribution"]["maximum"] == max(values)
    assert told["counts"]["missing"] == 4


def test_no_values_have_no_distribution():
    assert distribution([{"value": None}]) is None


def test_an_indicator_without_figures_is_told_without_them(client: TestClient):
    told = client.get("/indicators/attainment_8").json()
    assert told["coverage"] == {"periods": [], "vintages": [], "periods_by_vintage": {}}
    assert "funnel" not in told
    assert client.get("/indicators/attainment_8", headers=HTML).status_code == 200


@pytest.mark.parametrize(
    ("address", "status", "says"),
    [
        ("/indicators/no_such", 404, "no_such"),
        (f"{RATE}?vintage=lsoa_1911", 400, "vintage is one of"),
        (f"{RATE}?period=1918", 400, "period is one of"),
        (f"{RATE}?category=piracy", 400, "category is one of"),
        (f"{RATE}?colour=blue", 400, "unknown parameter: colour"),
        (f"{RATE}?within=lad_2011/E06999999", 400, "no area"),
    ],
)
def test_what_cannot_be_told_is_refused_with_a_remedy(client, address, status, says):
    answer = client.get(address)
    assert answer.status_code == status
    assert says in str(answer.json())
    assert answer.json()["remedy"]


def test_the_figures_of_an_indicator_have_their_address_still(client: TestClient):
    assert "figures" in client.get(f"{RATE}/figures?{SERIES}").json()


# ---------------------------------------------------------------- the funnel


def test_a_funnel_of_chance_alone_is_not_widened():
    draw = np.random.default_rng(1)
    sizes = draw.integers(500, 20_000, 400).astype(float)
    counts = draw.poisson(sizes * 0.01)
    funnel, there, outside = funnel_of(
        CATALOGUE.indicator("crime_rate_residents"), rows(1_000 * counts / sizes, sizes)
    )
    assert funnel is not None
    assert funnel["baseline"] == pytest.approx(1_000 * counts.sum() / sizes.sum())
    assert funnel["overdispersion"]["phi"] == pytest.approx(0.64, abs=0.15)  # winsorised
    assert len(there) == len(outside) == 400
    assert sum(map(abs, outside)) < 40
    steps = funnel["limits"]
    assert steps[0]["denominator"] == pytest.approx(sizes.min())
    assert steps[-1]["denominator"] == pytest.approx(sizes.max())
    for step in steps:
        assert step["lower998"] <= step["lower95"] <= funnel["baseline"]
        assert funnel["baseline"] <= step["upper95"] <= step["upper998"]


def test_areas_that_differ_anyway_widen_the_limits_and_fewer_are_flagged():
    draw = np.random.default_rng(2)
    sizes = draw.integers(500, 20_000, 400).astype(float)
    counts = draw.poisson(sizes * 0.01 * draw.gamma(4, 1 / 4, 400))
    funnel, _, _ = funnel_of(
        CATALOGUE.indicator("crime_rate_residents"), rows(1_000 * counts / sizes, sizes)
    )
    assert funnel is not None
    assert funnel["overdispersion"]["phi"] > 2

    def flagged(counts: dict) -> int:
        return counts.get("high", 0) + counts.get("low", 0)

    assert flagged(funnel["outside"]) < flagged(funnel["outside_by_chance_alone"]) / 2


def test_the_areas_outside_are_named_the_surest_first():
    sizes = np.full(50, 1_000.0)
    rates = np.full(50, 10.0) + np.tile([-2.0, 2.0], 25)
    rates[7], rates[9] = 90, 60
    funnel, _, outside = funnel_of(CATALOGUE.indicator("crime_rate_residents"), rows(rates, sizes))
    assert funnel is not None
    assert [one["code"] for one in funnel["named"]][:2] == ["E007", "E009"]
    assert (outside[7], outside[9]) == (1, 1)


def test_few_areas_counts_and_gaps_have_no_funnel():
    some = rows(np.full(9, 10.0), np.full(9, 1_000.0))
    assert funnel_of(CATALOGUE.indicator("crime_rate_residents"), some)[0] is None
    many = rows(np.full(20, 10.0), np.full(20, 1_000.0))
    assert funnel_of(CATALOGUE.indicator("crime_count"), many)[0] is None
    gaps = [row | {"status": "incomplete"} for row in many]
    assert funnel_of(CATALOGUE.indicator("crime_rate_residents"), gaps)[0] is None
    none = rows(np.zeros(20), np.full(20, 1_000.0))
    assert funnel_of(CATALOGUE.indicator("crime_rate_residents"), none)[0] is None


# ---------------------------------------------------------------- the page


def test_a_browser_gets_the_page_and_a_program_the_json(client: TestClient):
    page = client.get(RATE, headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert page.headers["content-type"].startswith("text/html")
    assert "Accept" in page.headers["vary"]
    assert client.get(RATE).headers["content-type"] == "application/json"
    assert client.get(f"{RATE}?format=html").text == page.text
    tag = page.headers["etag"]
    again = client.get(RATE, headers={**HTML, "if-none-match": tag})
    assert again.status_code == 304
    assert client.get(RATE).headers["etag"] != tag


def test_the_page_has_every_area_with_its_figure_or_the_word_for_none(client: TestClient):
    told = Page(client.get(f"{RATE}?{SERIES}", headers=HTML).content)
    found = client.get(f"{RATE}/figures?{SERIES}").json()["figures"]
    assert len(found) == 12
    for row in found:
        shown = "missing" if row["value"] is None else f"{row['value']:,.1f}"
        assert re.search(rf"{row['area_code']} {re.escape(shown)}", told.text), row
    assert "no data was delivered for this area and period" in told.text


def test_the_page_has_a_map_whose_legend_is_counted_in_a_table(client: TestClient):
    told = Page(client.get(f"{RATE}?{SERIES}", headers=HTML).content)
    (drawn,) = (
        one["aria-label"]
        for one in told.all("div")
        if (one.get("aria-label") or "").startswith("Map of")
    )
    assert drawn.startswith("Map of 12 areas.")
    assert "Zero: 1" in drawn
    assert "Missing: 4" in drawn
    assert "Areas by class of the map" in told.text


def test_within_keeps_to_a_district(client: TestClient):
    told = Page(client.get(f"{RATE}?{SERIES}&within=lad_2011/{t.SWINDON}", headers=HTML).content)
    assert t.code(9) in told.text
    assert t.code(1) not in told.text


def test_the_page_asks_nothing_of_anybody(client: TestClient):
    told = Page(client.get(RATE, headers=HTML).content)
    for tag, attributes in told.tags:
        for key in ("href", "src"):
            address = attributes.get(key) or "#"
            assert tag == "a" or address.startswith("#")
    assert not told.all("script")
    levels = [int(tag[1]) for tag, _ in told.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[:2] == [1, 2]
    ids = [attributes["id"] for _, attributes in told.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
