"""Shapes of areas: what is mended, what may move in a display copy and what may not."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Point, Polygon, box

from lris.rules.geometry import (
    as_multipolygons,
    best_fit_parents,
    display_copies,
    repair,
    unchanged,
)
from lris.sources.spatial import BoundaryLayout, read_boundaries


def areas(*shapes):
    return np.array(shapes, dtype=object)


# ------------------------------------------------------------------ repair


def test_a_valid_shape_is_handed_back_as_it_was():
    square = areas(box(0, 0, 10, 10))
    mended, repaired, change_m2 = repair(square)
    assert mended[0] is square[0]
    assert repaired.tolist() == [False]
    assert change_m2.tolist() == [0.0]


def test_a_bow_tie_keeps_both_its_wings():
    mended, repaired, change_m2 = repair(areas(Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])))
    assert repaired.all()
    assert mended[0].is_valid
    assert mended[0].area == pytest.approx(50)
    assert change_m2[0] == pytest.approx(50)


def test_a_shell_inside_a_shell_is_a_hole_where_another_area_lies():
    enclave = box(40, 40, 60, 60)
    mended, repaired, _ = repair(areas(MultiPolygon([box(0, 0, 100, 100), enclave]), enclave))
    assert repaired.tolist() == [True, False]
    assert mended[0].area == pytest.approx(10_000 - 400)
    assert shapely.coverage_is_valid(mended)


def test_a_ring_that_touches_itself_loses_no_ground():
    ring = Polygon([(0, 0), (10, 0), (10, 10), (5, 0), (0, 10)])
    mended, repaired, _ = repair(areas(ring))
    assert repaired.all()
    assert mended[0].is_valid
    assert mended[0].area == pytest.approx(ring.area)


def test_lines_left_over_by_a_repair_are_dropped():
    spiked = Polygon([(0, 0), (10, 0), (10, 10), (10, 20), (10, 10), (0, 10)])
    mended, _, _ = repair(areas(spiked, Polygon([(0, 0), (1, 1), (0, 0)])))
    assert as_multipolygons(mended)[0].equals(box(0, 0, 10, 10))
    assert mended[1].is_empty


def test_polygons_become_multipolygons_whatever_vertex_they_start_from():
    one = Polygon([(0, 0), (1, 0), (1, 1), (0, 1)])
    other = MultiPolygon([Polygon([(1, 1), (0, 1), (0, 0), (1, 0)])])
    first, second = as_multipolygons(areas(one, other))
    assert first.geom_type == "MultiPolygon"
    assert first == second
    assert as_multipolygons(areas(Polygon()))[0].is_empty


# ------------------------------------------------------------------ display copies


def wavy(x0, y0, x1, y1, steps=40):
    """A border between two corners that wobbles by a few metres."""
    t = np.linspace(0, 1, steps)
    along = np.column_stack([x0 + t * (x1 - x0), y0 + t * (y1 - y0)])
    along[1:-1, 0 if x0 == x1 else 1] += 3 * np.sin(np.arange(1, steps - 1))
    return [tuple(p) for p in along]


def neighbours():
    middle = wavy(100, 0, 100, 100)
    west = Polygon([(0, 0), *middle, (0, 100)])
    east = Polygon([(200, 0), (200, 100), *middle[::-1]])
    return areas(west, east)


def test_neighbours_keep_one_border_between_them_at_every_tolerance():
    copies = display_copies(neighbours(), (1, 5, 50)).copies
    assert [copy.tolerance_m for copy in copies] == [1, 5, 50]
    for copy in copies:
        assert shapely.coverage_is_valid(copy.geometry)
        assert shapely.union_all(copy.geometry).area == pytest.approx(20_000)
        assert copy.vertices_after == shapely.get_num_coordinates(copy.geometry).sum()
    assert copies[0].vertices_before > copies[1].vertices_after >= copies[2].vertices_after


def test_a_sliver_between_neighbours_is_closed_and_told():
    west = box(0, 0, 100, 100)
    east = Polygon([(100, 0), (200, 0), (200, 100), (100, 100), (100.4, 50)])
    copies = display_copies(areas(west, east), (1,))
    assert shapely.union_all(copies.copies[0].geometry).area == pytest.approx(20_000)
    assert copies.cleaning.moved.tolist() == [1]
    assert copies.cleaning.largest_change_m2 == pytest.approx(20)
    assert copies.cleaning.largest_shift_m == pytest.approx(0.4)


def test_a_sliver_of_overlap_goes_to_one_neighbour():
    copies = display_copies(areas(box(0, 0, 100.5, 100), box(100, 0, 200, 100)), (1,))
    assert shapely.coverage_is_valid(copies.copies[0].geometry)
    assert sum(g.area for g in copies.copies[0].geometry) == pytest.approx(20_000)
    assert copies.cleaning.largest_change_m2 == pytest.approx(50)
    assert copies.cleaning.mismatched_before == 2
    assert copies.cleaning.mismatched_after == 0


def test_water_and_a_missing_neighbour_are_not_filled():
    lake = box(40, 40, 50, 60)
    around = Polygon(box(0, 0, 100, 100).exterior, [lake.exterior])
    apart = box(103, 0, 200, 100)
    copies = display_copies(areas(around, apart), (2,))
    ground = shapely.union_all(copies.copies[0].geometry)
    assert not ground.contains(lake.centroid)
    assert not ground.contains(Point(101.5, 50))
    assert copies.cleaning.moved.size == 0


def test_how_wide_a_sliver_may_be_is_for_the_caller_to_say():
    west = box(0, 0, 100, 100)
    east = Polygon([(100, 0), (200, 0), (200, 100), (100, 100), (104, 50)])
    kept = display_copies(areas(west, east), (1,)).copies[0].geometry
    closed = display_copies(areas(west, east), (1,), sliver_width_m=5).copies[0].geometry
    assert shapely.union_all(kept).area == pytest.approx(19_800)
    assert shapely.union_all(closed).area == pytest.approx(20_000)


def test_an_enclave_drawn_over_its_surroundings_is_not_swallowed():
    copies = display_copies(areas(box(0, 0, 100, 100), box(40, 40, 60, 60)), (1, 50))
    assert copies.cleaning.overlaid.size == 0
    for copy in copies.copies:
        assert shapely.coverage_is_valid(copy.geometry)
        assert copy.geometry[1].area >= 200


def test_an_area_wholly_under_others_keeps_its_own_outline_and_is_named():
    copies = display_copies(areas(box(0, 0, 9, 9), box(0, 0, 9, 9), box(9, 0, 20, 9)), (1,))
    assert copies.cleaning.overlaid.size == 1
    assert [g.area for g in copies.copies[0].geometry] == pytest.approx([81, 81, 99])


def test_no_areas_have_no_copies_to_fear():
    copies = display_copies(areas(), (10,))
    assert copies.copies[0].geometry.size == 0
    assert copies.cleaning.largest_shift_m == 0


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), tolerance_m=st.floats(0.1, 500))
def test_no_area_vanishes_however_coarse_the_copy(seed, tolerance_m):
    points = shapely.MultiPoint(np.random.default_rng(seed).uniform(0, 100, (25, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(points))
    copy = display_copies(cells, (tolerance_m,)).copies[0]
    assert shapely.is_valid(copy.geometry).all()
    assert (shapely.area(copy.geometry) > 0).all()
    assert shapely.coverage_is_valid(copy.geometry)


# ------------------------------------------------------------------ parents

PARENTS = areas(box(0, 0, 10, 10), box(10, 0, 20, 10))


def test_a_child_belongs_to_the_parent_around_it_and_shares_all_of_itself():
    parent, share = best_fit_parents(areas(box(1, 1, 2, 2), box(10, 0, 20, 5)), PARENTS)
    assert parent.tolist() == [0, 1]
    assert share == pytest.approx([1, 1])


def test_a_child_across_a_border_goes_where_its_people_are():
    astride = areas(box(6, 0, 12, 1), box(6, 0, 12, 1))
    parent, share = best_fit_parents(astride, PARENTS, areas(Point(11, 0.5), None))
    assert parent.tolist() == [1, 0]
    assert share == pytest.approx([2 / 6, 4 / 6])


def test_a_child_outside_all_parents_has_none():
    parent, share = best_fit_parents(areas(box(50, 50, 51, 51)), PARENTS)
    assert parent.tolist() == [-1]
    assert share.tolist() == [0.0]


# ------------------------------------------------------------------ editions

SQUARE = box(0, 0, 10, 10)


@pytest.mark.parametrize(
    ("new", "same"),
    [
        (Polygon([(10, 10), (10, 0), (0, 0), (0, 10)]), True),
        (MultiPolygon([SQUARE]), True),
        (box(0.004, 0.004, 10.004, 10.004), True),
        (Polygon([(0.004, 0), (10, 0), (10, 10), (0, 10.004)]), True),
        (Polygon([(0, 0), (5, 0), (10, 0), (10, 10), (0, 10)]), True),
        (box(0, 0, 10, 10.1), False),
        (Polygon([(0, 0), (10, 0), (10, 10), (5, 9), (0, 10)]), False),
        (Polygon(SQUARE.exterior, [box(4, 4, 5, 5).exterior]), False),
        (Polygon(), False),
    ],
)
def test_a_shape_is_unchanged_up_to_rounding_and_vertex_order(new, same):
    assert unchanged(areas(SQUARE), areas(new)).tolist() == [same]
    assert unchanged(areas(new), areas(SQUARE)).tolist() == [same]


def test_the_tolerance_of_what_counts_as_unchanged_is_for_the_caller_to_say():
    moved = areas(box(0.5, 0, 10.5, 10))
    assert unchanged(areas(SQUARE), moved).tolist() == [False]
    assert unchanged(areas(SQUARE), moved, tolerance_m=1).tolist() == [True]


# ------------------------------------------------------------------ real areas


def read(real_data, pattern, *fields):
    return read_boundaries(sorted((real_data / "boundaries").glob(pattern)), BoundaryLayout(fields))


@pytest.mark.parametrize(
    ("pattern", "field", "count"),
    [
        ("avon-and-somerset/lsoa2011_bgc_*", "LSOA11CD", 1005),
        ("avon-and-somerset/lsoa2021_bgc_*", "LSOA21CD", 1038),
        ("avon-and-somerset/msoa2021_bgc_*", "MSOA21CD", 215),
        ("national/lsoa2011_bsc_v3_ew.geojson.gz", "LSOA11CD", 34_753),
    ],
)
def test_display_copies_of_real_areas_lose_none_and_keep_their_borders(
    real_data, pattern, field, count
):
    real = read(real_data, pattern, field)
    result = display_copies(real.geometry, (20, 100, 400))
    assert len(real) == count
    assert result.cleaning.mismatched_after == 0
    assert result.cleaning.overlaid.size == 0
    assert result.cleaning.largest_shift_m < 0.5
    for copy in result.copies:
        assert copy.geometry.size == count
        assert shapely.coverage_is_valid(copy.geometry)
        assert shapely.is_valid(copy.geometry).all()
        assert (shapely.area(copy.geometry) > 0).all()
        assert copy.vertices_after < copy.vertices_before


def test_every_real_lsoa_falls_in_an_msoa_that_holds_nearly_all_of_it(real_data):
    lsoas = read(real_data, "avon-and-somerset/lsoa2021_bgc_*", "LSOA21CD")
    msoas = read(real_data, "avon-and-somerset/msoa2021_bgc_*", "MSOA21CD")
    parent, share = best_fit_parents(lsoas.geometry, msoas.geometry)
    assert (parent >= 0).all()
    assert np.unique(parent).size == 215
    assert np.median(share) > 0.99
    assert share.min() > 0.8
