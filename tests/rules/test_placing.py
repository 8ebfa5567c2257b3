"""Points go to exactly one polygon, by a rule that can be said in a sentence."""

import csv

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon, box

from lris.rules import placing
from lris.rules.british_grid import to_grid
from lris.rules.placing import NOWHERE, Candidates, PlacingIndex, place, place_in_candidates
from lris.sources.spatial import BoundaryLayout, read_boundaries

LEFT, RIGHT = box(0, 0, 10, 10), box(10, 0, 20, 10)


def test_a_point_goes_to_the_polygon_it_is_in_and_nowhere_outside_all():
    assert place([5, 15, 25], [5, 5, 5], [LEFT, RIGHT]).tolist() == [0, 1, NOWHERE]


def test_a_point_on_a_shared_edge_or_corner_goes_to_the_first_of_its_polygons():
    assert place([10, 10, 10], [5, 0, 10], [LEFT, RIGHT]).tolist() == [0, 0, 0]
    assert place([10, 10, 10], [5, 0, 10], [RIGHT, LEFT]).tolist() == [0, 0, 0]


def test_a_point_on_the_outer_edge_is_inside():
    assert place([0, 20], [0, 10], [LEFT, RIGHT]).tolist() == [0, 1]


def test_a_point_under_several_overlapping_polygons_goes_to_the_first():
    assert place([9], [9], [box(8, 8, 30, 30), LEFT, box(0, 0, 9, 9)]).tolist() == [0]


def test_a_hole_is_outside_and_its_rim_is_inside():
    ring = Polygon(box(0, 0, 10, 10).exterior, [box(4, 4, 6, 6).exterior])
    assert place([5, 4, 2], [5, 5, 2], [ring]).tolist() == [NOWHERE, 0, 0]
    assert place([5, 4], [5, 5], [box(4, 4, 6, 6), ring]).tolist() == [0, 0]


def test_a_point_without_coordinates_is_nowhere():
    nan, inf = np.nan, np.inf
    assert place([nan, 5, nan, inf], [5, nan, nan, 5], [LEFT]).tolist() == [NOWHERE] * 4


def test_no_points_and_no_polygons_are_no_trouble():
    assert place([], [], [LEFT]).tolist() == []
    assert place([1.0], [1.0], []).tolist() == [NOWHERE]
    assert place([1.0], [1.0], [shapely.MultiPolygon()]).tolist() == [NOWHERE]


def test_columns_of_different_length_are_refused():
    with pytest.raises(ValueError, match="two equal columns"):
        place([1, 2], [1], [LEFT])


def test_an_index_answers_as_often_as_it_is_asked():
    index = PlacingIndex([LEFT, RIGHT])
    assert len(index) == 2
    assert [index.place([x], [5]).tolist() for x in (15, 5, 15)] == [[1], [0], [1]]


def test_where_the_work_is_cut_makes_no_difference(monkeypatch):
    grid = [box(x, y, x + 1, y + 1) for x in range(12) for y in range(12)]
    x, y = np.random.default_rng(7).integers(-4, 30, (2, 3000)) / 2
    whole = place(x, y, grid)
    monkeypatch.setattr(placing, "POINTS_AT_ONCE", 7)
    assert np.array_equal(place(x, y, grid), whole)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(-1, 9), st.integers(-1, 9)), min_size=1, max_size=60))
def test_every_answer_is_that_of_asking_geos_about_one_point_after_another(halves):
    polygons = [box(x, y, x + 2, y + 2).buffer(0.2) for x in range(0, 4, 2) for y in range(0, 4, 2)]
    x, y = np.array(halves).T / 2
    asked = [
        next((i for i, p in enumerate(polygons) if p.intersects(shapely.Point(a, b))), NOWHERE)
        for a, b in zip(x, y, strict=True)
    ]
    assert place(x, y, polygons).tolist() == asked


# ------------------------------------------------------------------ among candidates

FAR = box(100, 0, 110, 10)


def test_a_point_goes_only_to_its_own_candidates():
    found, nearest = place_in_candidates(
        [5, 5], [5, 5], Candidates.of([[0, 1], [1, 2]]), [LEFT, RIGHT, FAR]
    )
    assert found.tolist() == [0, 1]
    assert nearest.tolist() == [False, True]


def test_a_tie_among_candidates_goes_to_the_lowest_index_whatever_their_order():
    found, nearest = place_in_candidates(
        [10, 10], [5, 5], Candidates.of([[1, 0], [0, 1]]), [LEFT, RIGHT]
    )
    assert found.tolist() == [0, 0]
    assert not nearest.any()


def test_a_point_outside_all_candidates_goes_to_the_nearest_and_says_so():
    found, nearest = place_in_candidates(
        [60, 50, 55],
        [5, 5, 5],
        Candidates.of([[1, 2], [2, 1], [2, 1]]),
        [LEFT, box(0, 0, 10, 10), FAR],
    )
    assert found.tolist() == [2, 1, 1]
    assert nearest.all()


def test_without_candidates_or_coordinates_a_point_is_nowhere():
    found, nearest = place_in_candidates(
        [5, np.nan, 5], [5, 5, 5], Candidates.of([[], [0], [0]]), [LEFT]
    )
    assert found.tolist() == [NOWHERE, NOWHERE, 0]
    assert not nearest.any()
    assert place_in_candidates([], [], Candidates.of([]), [LEFT])[0].size == 0


def test_candidates_can_be_shared_by_all_points_of_a_parent():
    shared = Candidates.shared([1, -1, 0, 1], [[4, 5], [6]])
    apart = Candidates.of([[6], [], [4, 5], [6]])
    assert np.array_equal(shared.starts, apart.starts)
    assert np.array_equal(shared.indices, apart.indices)


def test_candidates_for_another_number_of_points_are_refused():
    with pytest.raises(ValueError, match="candidates for 2"):
        place_in_candidates([1], [1], Candidates.of([[0], [0]]), [LEFT])


def test_where_the_work_on_candidates_is_cut_makes_no_difference(monkeypatch):
    polygons = [box(x, 0, x + 1, 1) for x in range(10)]
    rng = np.random.default_rng(3)
    x, y = rng.uniform(-1, 11, 200), rng.uniform(-1, 2, 200)
    lists = Candidates.of([rng.permutation(10)[: rng.integers(0, 5)] for _ in range(200)])
    whole = place_in_candidates(x, y, lists, polygons)
    monkeypatch.setattr(placing, "PAIRS_AT_ONCE", 3)
    cut = place_in_candidates(x, y, lists, polygons)
    assert np.array_equal(cut[0], whole[0])
    assert np.array_equal(cut[1], whole[1])


# ------------------------------------------------------------------ real points, real areas


def test_points_leave_the_lsoa_the_police_name_as_often_as_is_known(real_data):
    crime = real_data / "crime/avon-and-somerset"
    areas = read_boundaries(
        sorted((real_data / "boundaries/avon-and-somerset").glob("lsoa2011_bgc_*")),
        BoundaryLayout(("LSOA11CD",)),
    )
    rows = [row for path in sorted(crime.glob("*.csv")) for row in _rows(path)]
    known = set(areas.codes)
    located = [row for row in rows if row["Longitude"] and row["LSOA code"] in known]
    codes = np.array([row["LSOA code"] for row in located])
    longitude, latitude = (
        np.array([float(row[column]) for row in located]) for column in ("Longitude", "Latitude")
    )
    placed = place(*to_grid(longitude, latitude), areas.geometry)
    named = np.searchsorted(areas.codes.astype(str), codes)
    assert np.mean(placed != named) == pytest.approx(0.034, abs=0.002)
    assert np.mean(placed == NOWHERE) < 0.005


def _rows(path):
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
