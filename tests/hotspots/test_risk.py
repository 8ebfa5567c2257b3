"""The risk surface beside a second implementation: plain loops, the kernel written out."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from lris.figures import figures
from lris.hotspots.surfaces import _smoothed
from lris.rules import density
from lris.store import areas as areas_store
from lris.terms import PUBLIC
from tests.hotspots.city import CITY, City

BANDWIDTH, CELL = 700.0, 350.0
ASKED = {"category": "burglary", "start": "2021-01", "to": "2021-06"}


def weighed(x, y, values, at_x, at_y, bandwidth):
    """The kernel's sum over points at a place, as the formula has it."""
    far = ((x - at_x) ** 2 + (y - at_y) ** 2) / bandwidth**2
    return 3 / (np.pi * bandwidth**2) * np.sum(values * np.where(far < 1, (1 - far) ** 2, 0.0))


def test_it_is_incidents_over_people_each_smoothed_by_one_kernel(city: City):
    answer = city.ask("risk", **ASKED, bandwidth=BANDWIDTH, cell=CELL)
    surface = answer.found.surface
    told = answer.members["parameters"]
    points = city.ask("streets", **ASKED).found.shapes
    x, y = (np.array([getattr(one.geometry, axis) for one in points]) for axis in "xy")
    counts = np.array([one.properties["incidents"] for one in points])
    above = np.array(
        [
            [weighed(x, y, counts, column, row, BANDWIDTH) for column in surface.x]
            for row in surface.y
        ]
    )
    outline = city.outline(CITY)
    people, land = spread(city, told["people"], outline, surface)
    off = np.arange(-BANDWIDTH, BANDWIDTH + 1, CELL)
    kernel = np.array([[max(1 - (a * a + b * b) / BANDWIDTH**2, 0) ** 2 for a in off] for b in off])
    kernel /= kernel.sum()
    below, reach = np.zeros(people.shape), off.size // 2
    padded = np.pad(people / CELL**2, reach)
    for row in range(people.shape[0]):
        for column in range(people.shape[1]):
            window = padded[row : row + off.size, column : column + off.size]
            below[row, column] = np.sum(window * kernel)
    below[~land] = np.nan
    blank = ~(below >= density.FLOOR_SHARE * np.nanmax(below))
    assert blank[land].any() or np.nanmin(below) > 0
    expected = np.full(blank.shape, np.nan)
    expected[~blank] = 1000 * above[~blank] / below[~blank]
    np.testing.assert_array_equal(np.isnan(surface.values), np.isnan(expected))
    np.testing.assert_allclose(surface.values, expected, rtol=1e-9, atol=1e-9)
    assert told["floor_share"] == density.FLOOR_SHARE


def spread(city: City, told, outline, surface):
    """Residents of small areas, evenly on the cells whose middle each holds; and which are land."""
    page = figures(
        city.reader, PUBLIC, told["indicator"], vintage=told["vintage"], period=told["period"]
    )
    residents = {row["area_code"]: row["value"] for row in page.figures}
    with city.reader.doors.inspecting() as connection:
        edition = areas_store.published_editions(connection)[told["vintage"]]
        areas = areas_store.edition_areas(connection, edition)
    land = np.array(
        [
            [outline.contains(shapely.Point(east, north)) for east in surface.x]
            for north in surface.y
        ]
    )
    people = np.zeros(land.shape)
    rows, columns = np.nonzero(land)
    middles = shapely.points(surface.x[columns], surface.y[rows])
    city_wide = outline.buffer(1)
    for code, area in zip(areas.codes, areas.geometry, strict=True):
        if not city_wide.contains(area) or residents[code] is None:
            continue
        inside = np.flatnonzero(shapely.contains(area, middles))
        if not inside.size:
            inside = [int(np.argmin(shapely.distance(middles, shapely.point_on_surface(area))))]
        np.add.at(people, (rows[inside], columns[inside]), residents[code] / len(inside))
    return people, land


def test_under_the_floor_nothing_is_told():
    at_risk = np.array([[100.0, 1.0, 0.99, 0.0, np.nan]])
    found = density.risk(np.array([[50.0, 1.0, 1.0, 1.0, np.nan]]), at_risk)
    assert found.floor == pytest.approx(1.0)
    np.testing.assert_array_equal(found.ratio, [[0.5, 1.0, np.nan, np.nan, np.nan]])
    assert np.isfinite(found.log_ratio[0, :2]).all()


def test_smoothing_keeps_everybody_away_from_the_edge():
    one = np.zeros((21, 21))
    one[10, 10] = 7.0
    found = _smoothed(one, 500, 100)
    assert found.sum() == pytest.approx(7.0)
    assert found[10, 10] == found.max()
    assert found[10, 15] == pytest.approx(0, abs=1e-12)
