"""A drawn line is read strictly: what does not say what is inside is refused, with a way out."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from lris.errors import BadRequest
from lris.rules.british_grid import from_grid
from lris.rules.drawn import MOST_CORNERS, drawn_ground

WEST, SOUTH = 358_000, 172_000
SQUARE = [[-2.60, 51.44], [-2.58, 51.44], [-2.58, 51.46], [-2.60, 51.46], [-2.60, 51.44]]
HOLE = [[-2.595, 51.445], [-2.585, 51.445], [-2.585, 51.455], [-2.595, 51.455], [-2.595, 51.445]]


def polygon(*rings: list) -> dict:
    return {"type": "Polygon", "coordinates": list(rings)}


def in_degrees(shape: shapely.Geometry) -> dict:
    """A shape of the National Grid as GeoJSON in degrees."""
    turned = shapely.transform(shape, lambda xy: np.column_stack(from_grid(xy[:, 0], xy[:, 1])))
    return shapely.geometry.mapping(turned) | {"coordinates": _listed(turned)}


def _listed(shape: shapely.Geometry) -> list:
    found = shapely.geometry.mapping(shape)["coordinates"]

    def lists(part: object) -> object:
        return [lists(one) for one in part] if isinstance(part, tuple | list) else part

    return lists(found)


@pytest.mark.parametrize(
    "given",
    [
        polygon(SQUARE),
        {"type": "MultiPolygon", "coordinates": [[SQUARE]]},
        {"type": "Feature", "properties": {}, "geometry": polygon(SQUARE)},
        {
            "type": "FeatureCollection",
            "features": [{"type": "Feature", "properties": None, "geometry": polygon(SQUARE)}],
        },
        polygon([[*corner, 12.5] for corner in SQUARE]),
        polygon(SQUARE[::-1]),
        polygon(SQUARE) | {"crs": {"properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}},
    ],
)
def test_a_square_is_the_same_ground_however_it_is_wrapped_and_turned(given: dict):
    assert shapely.area(drawn_ground(given)) == pytest.approx(3_091_373.3, rel=1e-6)


def test_what_is_inside_a_ring_within_is_left_out():
    whole = shapely.area(drawn_ground(polygon(SQUARE)))
    without = shapely.area(drawn_ground(polygon(SQUARE, HOLE)))
    assert without == pytest.approx(0.75 * whole, rel=1e-3)


def test_a_square_of_the_national_grid_comes_back_from_degrees_as_it_was():
    square = shapely.box(WEST, SOUTH, WEST + 1_000, SOUTH + 1_000)
    ground = drawn_ground(in_degrees(square))
    assert shapely.area(shapely.symmetric_difference(ground, square)) < 10


BOW_TIE = [[-2.60, 51.44], [-2.58, 51.46], [-2.58, 51.44], [-2.60, 51.46], [-2.60, 51.44]]
FLAT = [[-2.60, 51.44], [-2.58, 51.46], [-2.58, 51.46], [-2.60, 51.44]]
REFUSED = [
    (polygon(BOW_TIE), r"crosses itself at -2\.59 51\.45", "without crossing itself"),
    (polygon(SQUARE[:-1]), "does not end where it begins", "repeat the first position"),
    (polygon(SQUARE[:2]), "2 positions", "four positions or more"),
    (polygon(FLAT), "not sound|round nothing", "draw"),
    (polygon([[y, x] for x, y in SQUARE]), "outside Great Britain", "longitude first"),
    (
        polygon([[WEST + 100_000 * x, SOUTH + 1_000 * y] for x, y in SQUARE]),
        "outside Great Britain",
        "degrees, not metres",
    ),
    (polygon([[x + 20, y] for x, y in SQUARE]), "outside Great Britain", "longitude lies from"),
    (polygon(), "no coordinates|empty", "ring"),
    (polygon([]), "0 positions", "four positions"),
    (polygon([["a", "b"]] * 4), "is not a position", "two numbers"),
    (polygon([[True, False]] * 4), "is not a position", "two numbers"),
    (polygon([[math.nan, 51.4]] * 4), "is not a position", "two numbers"),
    (polygon([[10**400, 51.4]] * 4), "is not a position", "two numbers"),
    (polygon(7), "a ring is no list", "rings"),
    ({"type": "Polygon"}, "no coordinates", "rings"),
    ({"type": "Point", "coordinates": [-2.6, 51.4]}, "'Point' is not a polygon", "Polygon"),
    ({"type": "Feature", "geometry": None}, "is not a polygon", "Polygon"),
    ({"type": "FeatureCollection", "features": []}, "0 features", "MultiPolygon"),
    (
        {"type": "FeatureCollection", "features": [{"type": "FeatureCollection"}]},
        "is not a polygon",
        "Polygon",
    ),
    (None, "is not a polygon", "Polygon"),
    ("POLYGON((0 0))", "is not a polygon", "Polygon"),
    (polygon(SQUARE) | {"crs": {"properties": {"name": "EPSG:27700"}}}, "reference", "WGS84"),
    ({"type": "MultiPolygon", "coordinates": [[SQUARE], [SQUARE]]}, "crosses itself", "draw"),
    (
        polygon([[-6, 50.0], [1.5, 50.0], [1.5, 55], [-6, 55], [-6, 50.0]]),
        "square kilometres",
        "neighbourhood",
    ),
]


@pytest.mark.parametrize(("given", "says", "remedy"), REFUSED)
def test_a_line_that_says_no_ground_is_refused_with_a_way_out(given, says: str, remedy: str):
    with pytest.raises(BadRequest, match=says) as refused:
        drawn_ground(given)
    assert remedy in refused.value.remedy


def test_a_line_of_too_many_corners_is_refused_before_anything_is_worked_out():
    turn = np.linspace(0, 2 * math.pi, MOST_CORNERS + 1)
    ring = [[-2.6 + 0.01 * math.cos(a), 51.45 + 0.01 * math.sin(a)] for a in turn]
    ring[-1] = ring[0]
    with pytest.raises(BadRequest, match="corners"):
        drawn_ground(polygon(ring))


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=8) | st.integers(),
        lambda inner: (
            st.lists(inner, max_size=5)
            | st.dictionaries(
                st.sampled_from(["type", "coordinates", "geometry", "features", "crs"]),
                inner,
                max_size=4,
            )
            | st.fixed_dictionaries(
                {
                    "type": st.sampled_from(["Polygon", "MultiPolygon", "Feature"]),
                    "coordinates": inner,
                }
            )
        ),
        max_leaves=20,
    )
)
def test_whatever_is_given_is_ground_or_refused_with_a_remedy(given: object):
    try:
        ground = drawn_ground(given)
    except BadRequest as fault:
        assert fault.remedy
    else:
        assert shapely.area(ground) > 0
