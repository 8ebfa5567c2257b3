"""Squares and hexagons: where points belong, who is next to whom, and that they stay in place."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from lris.rules.grids import OUTSIDE, hexagons, square

WINDOW = (355_120.0, 170_050.0, 358_900.0, 172_730.0)
BOTH = pytest.mark.parametrize("make", [square, hexagons])
METRES = st.floats(-5_000, 5_000).filter(lambda metres: metres % 100 != 0)


@BOTH
def test_every_point_is_in_the_polygon_of_its_cell(make):
    cells = make(WINDOW, 250)
    rng = np.random.default_rng(1)
    x, y = rng.uniform(WINDOW[:2], WINDOW[2:], (20_000, 2)).T
    cell = cells.cell_of(x, y)
    assert cell.min() >= 0
    polygons = cells.polygons()[cell]
    assert shapely.dwithin(polygons, shapely.points(x, y), 1e-6).all()


@BOTH
def test_cells_cover_the_window_without_gap_or_overlap(make):
    cells = make(WINDOW, 250)
    polygons = cells.polygons()
    covered = shapely.union_all(polygons, grid_size=1e-6)
    assert covered.buffer(1e-3).covers(shapely.box(*WINDOW))
    assert shapely.area(polygons).sum() == pytest.approx(covered.area, rel=1e-9)
    np.testing.assert_allclose(shapely.area(polygons), cells.area_m2, rtol=1e-9)


@BOTH
def test_neighbours_are_the_cells_whose_polygons_touch(make):
    cells = make((0, 0, 1_900, 1_300), 250)
    polygons = cells.polygons()
    tree = shapely.STRtree(polygons)
    near = tree.query(polygons, predicate="dwithin", distance=1e-3).T
    theirs = {(a, b) for a, b in near.tolist() if a != b}
    ours = {(i, int(j)) for i, others in enumerate(cells.neighbours()) for j in others}
    assert ours == theirs


@BOTH
@pytest.mark.parametrize("south", [0.0, 250.0])
def test_neighbours_of_kept_cells_are_the_kept_ones_numbered_anew(make, south):
    cells = make((0, south, 1_900, south + 1_300), 250)
    kept = np.random.default_rng(3).random(len(cells)) < 0.6
    alone = cells.neighbours(kept)
    left = cells.neighbours().without(~kept)
    assert [sorted(a) for a in alone] == [sorted(a) for a in left]


@BOTH
@given(x=METRES, y=METRES, west=METRES, south=METRES)
def test_a_cell_has_the_same_name_whatever_the_window(make, x, y, west, south):
    one = make((x, y, x, y), 100)
    other = make((min(west, x), min(south, y), max(west, x), max(south, y)), 100)
    assert one.names[one.cell_of([x], [y])[0]] == other.names[other.cell_of([x], [y])[0]]


@BOTH
def test_names_are_unique_and_middles_lie_in_their_cells(make):
    cells = make(WINDOW, 200)
    assert len(set(cells.names)) == len(cells)
    np.testing.assert_array_equal(cells.cell_of(*cells.middles()), np.arange(len(cells)))


def test_a_square_holds_its_western_and_southern_edge():
    cells = square((0, 0, 300, 300), 100)
    assert len(cells) == 9
    assert cells.cell_of([0, 100, 99.999], [0, 100, 200]).tolist() == [0, 4, 6]
    assert cells.names[4] == "S100_1_1"


def test_what_lies_on_the_far_edge_of_the_last_squares_is_in_them():
    cells = square((0, 0, 300, 300), 100)
    assert cells.cell_of([300, 300, 10, 301], [10, 300, 300, 10]).tolist() == [2, 8, 6, OUTSIDE]


def test_the_middles_of_hexagons_are_as_far_from_each_other_as_they_are_wide():
    cells = hexagons((0, 0, 2_000, 2_000), 250)
    x, y = cells.middles()
    around = cells.neighbours()
    inner = np.flatnonzero(around.counts == 6)
    assert inner.size
    for cell in inner:
        far = np.hypot(x[around[cell]] - x[cell], y[around[cell]] - y[cell])
        np.testing.assert_allclose(far, 250)


@BOTH
def test_counts_are_the_points_and_their_weights(make):
    cells = make((0, 0, 500, 500), 100)
    x, y = np.random.default_rng(1).uniform(0, 500, (2, 1_000))
    assert cells.counts(x, y).sum() == 1_000
    assert cells.counts(x, y, weights=np.full(1_000, 2.5)).sum() == pytest.approx(2_500)
    beyond = cells.cell_of([-5_000, np.nan, 10], [10, 10, np.nan])
    assert beyond.tolist() == [OUTSIDE] * 3
    assert cells.counts([-5_000, np.nan], [10, 10]).sum() == 0


@BOTH
def test_shares_inside_an_outline_add_up_to_its_area(make):
    cells = make((0, 0, 3_000, 3_000), 250)
    lake = shapely.Point(1_500, 1_500).buffer(300)
    land = shapely.Point(1_400, 1_500).buffer(1_200).difference(lake)
    share = cells.shares_inside(land)
    assert share.sum() * cells.area_m2 == pytest.approx(land.area, rel=1e-9)
    assert share.min() == 0
    assert share.max() == 1


def test_the_axes_of_squares_are_their_middles():
    cells = square(WINDOW, 250)
    x, y = cells.axes()
    np.testing.assert_allclose(np.repeat(y, x.size), cells.middles()[1])
    np.testing.assert_allclose(np.tile(x, y.size), cells.middles()[0])
    with pytest.raises(ValueError, match="no columns"):
        hexagons(WINDOW, 250).axes()


@BOTH
def test_a_cell_size_that_would_make_a_billion_cells_is_refused(make):
    with pytest.raises(ValueError, match=r"more than 4,000,000: take larger cells"):
        make((0, 0, 700_000, 1_300_000), 30)
    with pytest.raises(ValueError, match="above zero"):
        make(WINDOW, 0)
    with pytest.raises(ValueError, match="a window is"):
        make((0, 0, -1, 5), 100)
