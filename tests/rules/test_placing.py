"""Points go to exactly one polygon, by a rule that can be said in a sentence."""

import csv
import subprocess
import sys

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon, box

from lris.rules import placing, placing_candidates
from lris.rules.british_grid import to_grid
from lris.rules.placing import (
    NOWHERE,
    PlacingIndex,
    place,
    place_by_geos,
)
from lris.rules.placing_candidates import Candidates, place_in_candidates
from lris.rules.placing_index import ANCHOR_X, ANCHOR_Y
from lris.sources.spatial import BoundaryLayout, read_boundaries

LEFT, RIGHT = box(0, 0, 10, 10), box(10, 0, 20, 10)


def place_by_grid(x, y, polygons):
    return PlacingIndex(polygons).ready().place(x, y)


def place_by_blocks(x, y, polygons):
    """As an index does that is built when points are first asked about, and not before."""
    with pytest.MonkeyPatch.context() as always:
        always.setattr(placing, "FEW_POINTS", 0)
        always.setattr(placing, "VERTICES_PER_POINT", sys.maxsize)
        return PlacingIndex(polygons).place(x, y)


def place_by_cells(x, y, polygons):
    """As an index does that was kept, when points are too few to bring in the compiler."""
    arrays = {}
    PlacingIndex(polygons, lambda make: arrays.update(make()) or arrays).ready()
    return PlacingIndex.kept(arrays).place(x, y)


EITHER_WAY = pytest.mark.parametrize(
    "place", [place_by_geos, place_by_grid, place_by_blocks, place_by_cells]
)


@EITHER_WAY
def test_a_point_goes_to_the_polygon_it_is_in_and_nowhere_outside_all(place):
    assert place([5, 15, 25], [5, 5, 5], [LEFT, RIGHT]).tolist() == [0, 1, NOWHERE]


@EITHER_WAY
def test_a_point_on_a_shared_edge_or_corner_goes_to_the_first_of_its_polygons(place):
    assert place([10, 10, 10], [5, 0, 10], [LEFT, RIGHT]).tolist() == [0, 0, 0]
    assert place([10, 10, 10], [5, 0, 10], [RIGHT, LEFT]).tolist() == [0, 0, 0]


@EITHER_WAY
def test_a_point_on_the_outer_edge_is_inside(place):
    assert place([0, 20], [0, 10], [LEFT, RIGHT]).tolist() == [0, 1]


@EITHER_WAY
def test_a_point_under_several_overlapping_polygons_goes_to_the_first(place):
    assert place([9], [9], [box(8, 8, 30, 30), LEFT, box(0, 0, 9, 9)]).tolist() == [0]


@EITHER_WAY
def test_a_hole_is_outside_and_its_rim_is_inside(place):
    ring = Polygon(box(0, 0, 10, 10).exterior, [box(4, 4, 6, 6).exterior])
    assert place([5, 4, 2], [5, 5, 2], [ring]).tolist() == [NOWHERE, 0, 0]
    assert place([5, 4], [5, 5], [box(4, 4, 6, 6), ring]).tolist() == [0, 0]


@EITHER_WAY
def test_a_point_without_coordinates_is_nowhere(place):
    nan, inf = np.nan, np.inf
    assert place([nan, 5, nan, inf], [5, nan, nan, 5], [LEFT]).tolist() == [NOWHERE] * 4


@EITHER_WAY
def test_no_points_and_no_polygons_are_no_trouble(place):
    assert place([], [], [LEFT]).tolist() == []
    assert place([1.0], [1.0], []).tolist() == [NOWHERE]
    assert place([1.0], [1.0], [shapely.MultiPolygon()]).tolist() == [NOWHERE]


@EITHER_WAY
def test_columns_of_different_length_are_refused(place):
    with pytest.raises(ValueError, match="two equal columns"):
        place([1, 2], [1], [LEFT])


def test_an_index_answers_as_often_as_it_is_asked():
    index = PlacingIndex([LEFT, RIGHT])
    assert len(index) == 2
    assert [index.place([x], [5]).tolist() for x in (15, 5, 15)] == [[1], [0], [1]]


def test_where_the_work_is_cut_makes_no_difference(monkeypatch):
    squares = [box(x, y, x + 1, y + 1) for x in range(12) for y in range(12)]
    x, y = np.random.default_rng(7).integers(-4, 30, (2, 3000)) / 2
    whole = place_by_geos(x, y, squares)
    monkeypatch.setattr(placing, "POINTS_AT_ONCE", 7)
    monkeypatch.setattr(placing, "GRID_POINTS_AT_ONCE", 11)
    assert np.array_equal(place_by_geos(x, y, squares), whole)
    assert np.array_equal(place_by_grid(x, y, squares), whole)
    assert np.array_equal(place_by_blocks(x, y, squares), whole)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(-1, 9), st.integers(-1, 9)), min_size=1, max_size=60))
def test_every_answer_is_that_of_asking_geos_about_one_point_after_another(halves):
    polygons = [box(x, y, x + 2, y + 2).buffer(0.2) for x in range(0, 4, 2) for y in range(0, 4, 2)]
    x, y = np.array(halves).T / 2
    asked = [
        next((i for i, p in enumerate(polygons) if p.intersects(shapely.Point(a, b))), NOWHERE)
        for a, b in zip(x, y, strict=True)
    ]
    assert place_by_geos(x, y, polygons).tolist() == asked
    assert place_by_grid(x, y, polygons).tolist() == asked
    assert place_by_blocks(x, y, polygons).tolist() == asked


# ------------------------------------------------------------------ the grid against GEOS


# Where products of coordinates underflow (5e-324 from an edge, say) GEOS itself gives one point two
# answers, by how often the polygon was asked before: nothing nearer to 0 than this is tried.
NEAREST_TO_ZERO = 1e-12


def corners(spread):
    """A coordinate that often falls on others: whole, halved, or anything in between."""
    return st.one_of(
        st.integers(-spread, spread).map(float),
        st.integers(-2 * spread, 2 * spread).map(lambda n: n / 2),
        st.floats(-spread, spread, allow_nan=False).map(
            lambda n: n if abs(n) > NEAREST_TO_ZERO else 0.0
        ),
    )


@st.composite
def valid_polygons(draw, spread=8):
    """Polygons and multipolygons, with holes or without, made valid from any outline."""
    ring = st.lists(st.tuples(corners(spread), corners(spread)), min_size=3, max_size=9)
    made = shapely.make_valid(
        shapely.union_all([shapely.make_valid(Polygon(draw(ring))) for _ in range(draw(COUNT))])
    )
    parts = shapely.get_parts(shapely.get_parts(made))
    kept = [part for part in parts if part.geom_type == "Polygon"]
    whole = shapely.MultiPolygon(kept)
    return whole if whole.is_valid else shapely.MultiPolygon(kept[:1])


COUNT = st.integers(1, 3)


def trying(polygons, seed, points=300):
    """Points anywhere, on vertices, on edges, and a few roundings away from them."""
    rng = np.random.default_rng(seed)
    xy = shapely.get_coordinates(polygons)
    if not len(xy):
        xy = np.zeros((2, 2))
    west, east = xy.min() - 1, xy.max() + 1
    one, two = xy[rng.integers(0, len(xy) - 1, (2, points))]
    following = xy[(rng.integers(0, len(xy) - 1, points))[:, None] + [0, 1]]
    share = rng.choice([0.25, 0.5, 1 / 3, 0.9], points)[:, None]
    along = following[:, 0] + share * (following[:, 1] - following[:, 0])
    tried = np.concatenate(
        [
            rng.uniform(west, east, (points, 2)),
            one,
            np.column_stack([one[:, 0], two[:, 1]]),
            np.column_stack([one[:, 0], rng.uniform(west, east, points)]),
            np.column_stack([rng.uniform(west, east, points), one[:, 1]]),
            along,
            np.nextafter(along, rng.choice([-np.inf, np.inf], along.shape)),
        ]
    )
    return np.where(np.abs(tried) > NEAREST_TO_ZERO, tried, 0.0).T


def assert_as_geos(polygons, x, y):
    truth = place_by_geos(x, y, polygons)
    for way in (place_by_grid, place_by_blocks, place_by_cells):
        mismatched = way(x, y, polygons) != truth
        assert not mismatched.any(), (
            way,
            list(zip(x[mismatched], y[mismatched], strict=True))[:3],
        )


@settings(max_examples=150, deadline=None)
@given(st.lists(valid_polygons(), min_size=1, max_size=6), st.integers(0, 2**32 - 1))
def test_the_grid_answers_as_geos_for_any_polygons_holes_overlaps_and_gaps(polygons, seed):
    assert_as_geos(np.array(polygons, dtype=object), *trying(polygons, seed))


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([1e-9, 1.0, 1e5, 1e12]),
    st.sampled_from([0.0, 0.1, 5e5, -1e9]),
)
def test_the_grid_answers_as_geos_in_a_coverage_of_any_size_anywhere(seed, size, shift):
    rng = np.random.default_rng(seed)
    seeds = shapely.MultiPoint(rng.uniform(0, 1, (60, 2)))
    areas = shapely.get_parts(shapely.voronoi_polygons(seeds))
    areas = shapely.transform(areas, lambda xy: xy * size + shift)
    areas = areas[shapely.is_valid(areas)]
    assert_as_geos(areas, *trying(areas, seed, 200))


def test_slivers_and_a_giant_beside_tiny_ones_are_no_trouble():
    slivers = [Polygon([(0, i), (1e6, i + 1e-7), (1e6, i + 2e-7)]) for i in range(20)]
    tiny = [box(i, i, i + 1e-3, i + 1e-3) for i in range(20)]
    areas = np.array([*slivers, *tiny, box(-1e6, -1e6, 1e6, 1e6)], dtype=object)
    assert_as_geos(areas, *trying(areas, 5, 500))


def test_a_polygon_of_many_vertices_takes_its_points():
    turn = np.linspace(0, 2 * np.pi, 20_000, endpoint=False)
    reach = 1000 + 300 * np.sin(40 * turn)
    wheel = Polygon(np.column_stack([reach * np.cos(turn), reach * np.sin(turn)]))
    assert_as_geos(np.array([wheel]), *trying([wheel], 11, 3000))


def test_a_cell_whose_anchor_lies_on_an_edge_is_left_to_geos():
    frame = [box(0, 0, 1000, 1000), box(0, 0, 1, 1), box(0, 0, 1, 1)]
    west, south, side = PlacingIndex(frame).ready()._packed.grid.frame[:3]
    anchor_x, anchor_y = west + (1 + ANCHOR_X) * side, south + (1 + ANCHOR_Y) * side
    through = [
        Polygon([(5, 5), (anchor_x, anchor_y), (5, 900), (2, 9)]),
        box(anchor_x, 9, 700, 800),
        box(9, anchor_y, 700, 800),
        Polygon([(anchor_x - 50, anchor_y - 50), (anchor_x + 50, anchor_y + 50), (7, 800), (9, 9)]),
    ]
    for first in through:
        for second in through:
            areas = np.array([first, second, frame[0]], dtype=object)
            assert_as_geos(areas, *trying(areas, 17, 300))
            inner = np.array([frame[0], first, second], dtype=object)[::-1]
            assert_as_geos(inner, *trying(inner, 18, 300))


def test_what_is_not_a_polygon_or_has_no_coordinates_is_refused():
    with pytest.raises(ValueError, match="polygons and multipolygons"):
        PlacingIndex([shapely.Point(1, 1)]).ready()
    with pytest.raises(ValueError, match="coordinates must be numbers"):
        PlacingIndex([box(0, 0, 1e200, 1e200)]).ready()


def test_few_points_are_placed_without_bringing_in_the_compiler():
    script = """
import sys
from shapely import box
from lris.rules.placing import place
assert place([1], [1], [box(0, 0, 2, 2)]).tolist() == [0]
assert "numba" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_an_index_asked_often_enough_builds_its_grid(monkeypatch):
    monkeypatch.setattr(placing, "FEW_POINTS", 5)
    index = PlacingIndex([LEFT, RIGHT])
    answers = [index.place([15, 10, 25], [5, 5, 5]).tolist() for _ in range(3)]
    assert answers == [[1, 0, NOWHERE]] * 3


# ------------------------------------------------------------------ kept elsewhere


def test_an_index_with_a_keeper_takes_what_is_kept_and_only_when_it_is_needed(monkeypatch):
    asked = []

    def keeper(make):
        asked.append(make)
        return {name: array.copy() for name, array in make().items()}

    monkeypatch.setattr(placing, "FEW_POINTS", 5)
    index = PlacingIndex([LEFT, RIGHT], keeper)
    assert index.place([15, 10, 25], [5, 5, 5]).tolist() == [1, 0, NOWHERE]
    assert asked == []
    assert index.place([15, 10, 25], [5, 5, 5]).tolist() == [1, 0, NOWHERE]
    assert index.ready().place([15, 10, 25], [5, 5, 5]).tolist() == [1, 0, NOWHERE]
    assert len(asked) == 1


@pytest.mark.parametrize("polygons", [[], [shapely.MultiPolygon()], [Polygon()], [None]])
def test_an_index_of_nothing_holds_nothing(polygons):
    assert place_by_grid([0.0, np.nan], [0.0, 0.0], polygons).tolist() == [NOWHERE, NOWHERE]
    assert place_by_cells([0.0, np.nan], [0.0, 0.0], polygons).tolist() == [NOWHERE, NOWHERE]
    assert place_by_blocks([0.0, np.nan], [0.0, 0.0], polygons).tolist() == [NOWHERE, NOWHERE]


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
    monkeypatch.setattr(placing_candidates, "PAIRS_AT_ONCE", 3)
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


def test_a_million_points_in_every_lsoa_are_placed_as_by_geos(real_data):
    areas = read_boundaries(
        [real_data / "boundaries/national/lsoa2021_bgc_by_lad_ew.tar.xz"],
        BoundaryLayout(("LSOA21CD",)),
    ).geometry
    assert areas.size == 35_672
    rng = np.random.default_rng(2021)
    near = shapely.get_coordinates(shapely.point_on_surface(areas))[
        rng.integers(0, areas.size, 900_000)
    ]
    vertices = shapely.get_coordinates(areas)
    some = rng.integers(0, len(vertices) - 1, 100_000)
    on_edges = (vertices[some] + vertices[some + rng.integers(0, 2, some.size)]) / 2
    x, y = np.concatenate([near + rng.normal(0, 800, near.shape), on_edges]).T
    assert_as_geos(areas, x, y)
