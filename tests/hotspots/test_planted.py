"""What was planted in a city is found: where, when and how much."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from lris.demo.truths import Truth
from tests.hotspots.city import CITY, NEIGHBOUR, City

HOT = ("hot, 99 %", "hot, 95 %")
NUMBERS = range(6)


def ground(truth: Truth) -> shapely.Geometry:
    circle = truth.where.circle
    return shapely.Point(circle.easting, circle.northing).buffer(circle.radius_m)


def months(truth: Truth) -> tuple[str, str]:
    return truth.when["from"][:7], truth.when["to"][:7]


def around(city: City, method: str, truth: Truth, **given: object):
    """The answer on the district that the planted circle lies in, and the shapes that meet it."""
    circle = truth.where.circle
    answer = city.ask(
        method,
        within=district(city, circle.easting, circle.northing),
        category=truth.categories["police_street_crime"][0],
        **given,
    )
    return answer, [one for one in answer.found.shapes if one.geometry.intersects(ground(truth))]


def district(city: City, easting: float, northing: float) -> str:
    """The district that a place lies in."""
    for within in (CITY, NEIGHBOUR):
        outline = city.outline(within)
        if outline.contains(shapely.Point(easting, northing)):
            return within
    raise AssertionError("the place lies in neither district")


@pytest.mark.parametrize("number", NUMBERS)
def test_a_planted_hotspot_is_hot_where_and_when_it_was_planted(city: City, number: int):
    truth = city.planted("hotspot")[number]
    start, end = months(truth)
    answer, near = around(city, "gi_star", truth, start=start, to=end)
    hot = [one for one in near if one.properties["class"] in HOT]
    assert hot, truth.what
    fullest = max(near, key=lambda one: one.properties["incidents"])
    assert fullest.properties["class"] in HOT
    all_hot = [one for one in answer.found.shapes if one.properties["class"] in HOT]
    assert len(all_hot) < 0.15 * len(answer.found.shapes)


@pytest.mark.parametrize("number", NUMBERS)
def test_its_size_is_about_what_was_planted(city: City, number: int):
    """The open files move incidents to map points, and lack those without a place."""
    truth = city.planted("hotspot")[number]
    start, end = months(truth)
    _, near = around(city, "streets", truth, start=start, to=end)
    counted = sum(one.properties["incidents"] for one in near)
    assert 0.6 * truth.observed <= counted <= 1.3 * truth.observed
    assert counted > 2 * truth.expected


def test_it_is_hot_in_its_own_months_more_often_than_in_others(city: City):
    seen, usual = [], []
    missing = city.planted("missing-month")[0].when["from"][:7]
    for truth in city.planted("hotspot"):
        start, end = months(truth)
        first, last = (
            ("2020-01", "2020-12")
            if end < missing
            else (str(np.datetime64(missing, "M") + 1), "2022-12")
        )
        span = np.arange(np.datetime64(first, "M"), np.datetime64(last, "M") + 1)
        if not (first <= start and end <= last and span.size >= 12) or first <= missing <= last:
            continue
        _, near = around(city, "emerging", truth, start=first, to=last)
        hot = {month for one in near for month in one.properties["hot_in"]}
        own = {str(month) for month in span if start <= str(month) <= end}
        seen.append(len(hot & own) / len(own))
        usual.append(len(hot - own) / (span.size - len(own)))
    assert seen, "no planted hotspot lies in an unbroken year"
    assert np.mean(seen) > 0.8
    assert np.mean(seen) > np.mean(usual)


def test_the_evaluation_beats_a_map_drawn_by_lot(city: City):
    answer = city.ask("gi_star", start="2021-01", to="2021-03", category="vehicle-crime")
    told = answer.members["evaluation"]
    assert told["scored"], told
    assert told["map"]["pai"] > told["random"]["pai_upper"]
    assert told["random"]["pai"] == pytest.approx(1, abs=0.15)
    assert 0 < told["map"]["pei"] <= 1
    assert told["flagged_km2"] < told["land_km2"]
