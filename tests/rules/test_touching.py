"""Which areas touch: as geometry has it, found without holding any two shapes to each other."""

from __future__ import annotations

from time import process_time

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import Voronoi

from lris.rules.geometry import display_copies
from lris.rules.touching import touching


def squares(columns: int, rows: int) -> np.ndarray:
    return np.array([shapely.box(x, y, x + 1, y + 1) for y in range(rows) for x in range(columns)])


def cells(count: int, seed: int) -> np.ndarray:
    """Convex cells that fill a square, their borders drawn with the same vertices."""
    seeds = np.random.default_rng(seed).random((count, 2)) * 1000
    mirrored = [seeds * (a, b) + (c, d) for a, b, c, d in MIRRORS]
    found = Voronoi(np.concatenate([seeds, *mirrored]))
    corners = np.round(found.vertices, 3)
    return np.array(
        [shapely.Polygon(corners[found.regions[found.point_region[i]]]) for i in range(count)]
    )


MIRRORS = [(-1, 1, 0, 0), (-1, 1, 2000, 0), (1, -1, 0, 0), (1, -1, 0, 2000)]


def test_borders_and_corners_touch_and_nothing_touches_itself():
    # 3 4 5
    # 0 1 2
    found = touching(squares(3, 2))
    assert [one.tolist() for one in found] == [
        [1, 3, 4],
        [0, 2, 3, 4, 5],
        [1, 4, 5],
        [0, 1, 4],
        [0, 1, 2, 3, 5],
        [1, 2, 4],
    ]


def test_an_island_touches_nothing_and_an_enclave_what_is_around_it():
    around = shapely.box(0, 0, 9, 9) - shapely.box(3, 3, 6, 6)
    outlines = [around, shapely.box(3, 3, 6, 6), shapely.box(20, 20, 21, 21), shapely.Polygon()]
    assert [one.tolist() for one in touching(np.array(outlines))] == [[1], [0], [], []]


def test_one_area_and_no_area_touch_nothing():
    assert [one.tolist() for one in touching(squares(1, 1))] == [[]]
    assert touching(np.array([], dtype=object)) == []


def test_every_part_of_an_area_touches():
    parts = shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(5, 0, 6, 1)])
    found = touching(np.array([parts, shapely.box(1, 0, 2, 1), shapely.box(4, 0, 5, 1)]))
    assert [one.tolist() for one in found] == [[1, 2], [0], [0]]


def test_what_touches_still_touches_on_the_coarsest_map():
    plain = cells(300, seed=4)
    coarse = display_copies(plain, (0.0, 200.0)).copies[-1].geometry
    assert shapely.get_num_coordinates(coarse).sum() <= shapely.get_num_coordinates(plain).sum()
    for one, other in zip(touching(plain), touching(coarse), strict=True):
        np.testing.assert_array_equal(one, other)


def test_tens_of_thousands_of_areas_are_told_in_a_moment():
    outlines = squares(200, 175)
    began = process_time()
    found = touching(outlines)
    assert process_time() - began < 3
    assert sum(map(len, found)) == 2 * (199 * 175 + 200 * 174 + 2 * 199 * 174)


@given(st.integers(2, 40), st.integers(0, 5))
def test_cells_touch_where_geometry_says_so(count, seed):
    outlines = cells(count, seed)
    found = touching(outlines)
    for i, one in enumerate(found):
        np.testing.assert_array_equal(
            one, np.flatnonzero(shapely.intersects(outlines[i], outlines) & (np.arange(count) != i))
        )
