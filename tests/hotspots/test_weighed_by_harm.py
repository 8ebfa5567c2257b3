"""Every method weighed by harm, beside sums worked out from the counts of each category."""

from __future__ import annotations

import csv
import shutil
from dataclasses import replace

import numpy as np
import pytest

from lris.catalogue import Catalogue
from lris.errors import BadRequest
from lris.figures import Reader
from lris.hotspots import METHODS, Hotspots
from lris.rules import local_stats
from lris.rules.concentration import gini
from lris.rules.control_charts import xmr
from lris.rules.seasonal import per_equal_month
from lris.settings import PROJECT
from lris.terms import Access, Viewer
from tests.hotspots.city import City
from tests.hotspots.test_hotspot_answers import missing_year

WEIGHTS = {"burglary": 200.0, "vehicle-crime": 50.0, "homicide": 5000.0}
BOTH = "burglary,vehicle-crime"
SPAN = {"start": "2021-01", "to": "2021-03"}
ANALYST = Viewer("an analyst", Access.ANALYST)


@pytest.fixture(scope="module")
def weighed(city: City, tmp_path_factory: pytest.TempPathFactory) -> City:
    """The same city under decisions in which some categories have a weight."""
    folder = tmp_path_factory.mktemp("decisions") / "geodata"
    shutil.copytree(PROJECT / "geodata", folder, ignore=shutil.ignore_patterns("raw"))
    file = folder / "weights" / "crime_harm.csv"
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    known = {row["category"] for row in rows}
    rows += [dict.fromkeys(rows[0], "") | {"category": name} for name in {*WEIGHTS} - known]
    for row in rows:
        if row["category"] in WEIGHTS:
            row |= {"weight": str(WEIGHTS[row["category"]]), "unit": "days"}
            row |= {"source": "An index", "edition": "2021", "because": "For a test."}
        elif not row["because"]:
            row["because"] = "No weight is published."
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return replace(city, hotspots=Hotspots(Reader(city.reader.doors, Catalogue.read(folder))))


def by_category(city: City, method: str, key: str, **given: object) -> dict[str, dict[str, float]]:
    """What each place has of either category, by its code or whatever tells it."""
    found = {}
    for name in BOTH.split(","):
        answer = city.ask(method, category=name, **{**SPAN, **given})
        found[name] = {
            one.properties[key]: one.properties["incidents"] for one in answer.found.shapes
        }
    return found


def expected(counts: dict[str, dict[str, float]], places: list[str]) -> np.ndarray:
    return np.array(
        [sum(WEIGHTS[name] * counts[name].get(place, 0) for name in counts) for place in places]
    )


@pytest.mark.parametrize("unit", ["grid:500", "lsoa_2021"])
def test_counts_are_sums_of_weights(weighed: City, unit: str):
    answer = weighed.ask("counts", category=BOTH, harm=True, unit=unit, **SPAN)
    places = [one.properties["code"] for one in answer.found.shapes]
    harm = np.array([one.properties["harm"] for one in answer.found.shapes])
    np.testing.assert_allclose(
        harm, expected(by_category(weighed, "counts", "code", unit=unit), places)
    )
    told = answer.members["parameters"]["harm"]
    assert told["by_category"] == {"burglary": 200.0, "vehicle-crime": 50.0}
    assert told["weights"] == "An index, 2021"
    assert "by harm" in answer.members["reading"][0]


def test_map_points_are_too_and_the_fullest_come_first(weighed: City):
    answer = weighed.ask("streets", category=BOTH, harm=True, **SPAN)
    total = sum(one.properties["harm"] for one in answer.found.shapes)
    each = by_category(weighed, "streets", "rank")
    assert total == sum(WEIGHTS[name] * sum(ranks.values()) for name, ranks in each.items())
    harm = [one.properties["harm"] for one in answer.found.shapes]
    assert harm == sorted(harm, reverse=True)


@pytest.mark.parametrize("method", ["kde", "risk"])
def test_a_surface_is_the_sum_of_those_of_each_category(weighed: City, method: str):
    given = {**SPAN, "bandwidth": 500, "cell": 200}
    whole = weighed.ask(method, category=BOTH, harm=True, **given).found.surface.values
    parts = [
        WEIGHTS[name] * weighed.ask(method, category=name, **given).found.surface.values
        for name in BOTH.split(",")
    ]
    np.testing.assert_allclose(whole, sum(parts), rtol=1e-9, atol=1e-6)


def test_gi_star_and_local_moran_are_of_the_harm(weighed: City):
    for method, rule in (
        ("gi_star", local_stats.gi_star),
        ("local_moran", lambda *given: local_stats.local_moran(*given)[3]),
    ):
        answer = weighed.ask(method, category=BOTH, harm=True, unit="grid:500", **SPAN)
        shapes = [one for one in answer.found.shapes if one.properties["class"] != "not tested"]
        codes = [one.properties["code"] for one in shapes]
        harm = expected(by_category(weighed, "counts", "code", unit="grid:500"), codes)
        z = rule(harm, touching([one.geometry for one in shapes]))
        told = np.array([one.properties["z"] for one in shapes], dtype=float)
        np.testing.assert_allclose(told, z, atol=1e-4)
        assert "harm out anew" in answer.members["parameters"]["chance"]


def touching(squares: list) -> list[np.ndarray]:
    """The squares at most a diagonal away."""
    middles = np.array([[one.centroid.x, one.centroid.y] for one in squares])
    return [
        np.flatnonzero(
            (np.abs(middles - middle).max(axis=1) < 501)
            & (np.abs(middles - middle).max(axis=1) > 1)
        )
        for middle in middles
    ]


def test_clusters_hold_harm_and_concentration_is_of_it(weighed: City):
    answer = weighed.ask("clusters", category=BOTH, harm=True, **SPAN)
    points = {
        (one.geometry.x, one.geometry.y): one.properties["harm"]
        for one in weighed.ask("streets", category=BOTH, harm=True, **SPAN).found.shapes
    }
    held = sum(one.properties["harm"] for one in answer.found.shapes)
    assert 0 < held <= sum(points.values())
    found = weighed.ask("concentration", category=BOTH, harm=True, **SPAN).found
    every = np.zeros(found.body["map_points"])
    every[: len(points)] = list(points.values())
    assert found.body["gini"] == pytest.approx(gini(every), abs=1e-4)
    assert found.body["generalised_gini"] is None
    top = found.shapes[0].properties
    assert top["harm"] == max(points.values())
    assert top["incidents"] < top["harm"]


def test_months_are_of_harm_beside_their_incidents(weighed: City, city: City):
    year = missing_year(city)
    span = {"start": year["from"], "to": year["to"]}
    body = weighed.ask("series", category=BOTH, harm=True, **span).found.body["months"]
    each = {
        name: weighed.ask("series", category=name, **span).found.body["months"]
        for name in BOTH.split(",")
    }
    harm = np.array(
        [sum(WEIGHTS[name] * each[name][at]["incidents"] for name in each) for at in range(12)]
    )
    assert [one["harm"] for one in body] == harm.tolist()
    assert [one["incidents"] for one in body] == [
        sum(each[name][at]["incidents"] for name in each) for at in range(12)
    ]
    months = np.array([one["month"] for one in body], dtype="datetime64[M]")
    level = per_equal_month(harm, months)
    assert [one["level"] for one in body] == pytest.approx(level.tolist(), abs=0.01)
    assert [tuple(one["flags"]) for one in body] == list(xmr(level).flags)


def test_what_emerges_is_of_harm(weighed: City, city: City):
    year = missing_year(city)
    answer = weighed.ask(
        "emerging", category=BOTH, harm=True, unit="grid:1000", start=year["from"], to=year["to"]
    )
    assert "harm out anew" in answer.members["parameters"]["chance"]
    assert "by harm" in answer.members["reading"][0]


def test_a_clock_is_of_harm_where_its_offences_have_a_weight(weighed: City):
    asked = {"source": "partner_police_crimes", "start": "2021-01", "to": "2022-12"}
    names = ("homicide", "burglary-in-a-dwelling")
    plain = weighed.ask(
        "hot_clock", ANALYST, because="a test", **asked, category=",".join(names)
    ).found.body
    harm = weighed.ask(
        "hot_clock", ANALYST, because="a test", **asked, category=",".join(names), harm=True
    )
    total = sum(sum(day["hours"]) for day in harm.found.body["clock"])
    assert harm.found.body["known_to_the_hour"] == plain["known_to_the_hour"]
    assert total > 0
    assert total % WEIGHTS["homicide"] == pytest.approx(0, abs=1)
    assert any("Without a weight" in said for said in harm.members["reading"])


def test_without_any_weight_harm_is_refused_and_never_guessed(city: City):
    for name, how in METHODS.items():
        if not how.weighs or name in ("hot_clock", "emerging", "series"):
            continue
        with pytest.raises(BadRequest, match="nothing is guessed"):
            city.ask(name, category="drugs", harm=True, **SPAN)
