"""Degrees to grid metres and back, against the Ordnance Survey's own worked point."""

import numpy as np
import pytest

from lris.rules.british_grid import from_grid, to_grid

CAISTER_DEGREES = (1.716073973, 52.658007833)
CAISTER_METRES = (651409.804, 313177.450)


@pytest.mark.parametrize(
    ("degrees", "metres"),
    [
        (CAISTER_DEGREES, CAISTER_METRES),
        ((-6.29977752014, 49.92226393730), (91492.146, 11318.804)),
        ((-5.20304609998, 49.96006137820), (170370.718, 11572.405)),
        ((-4.10864563561, 50.43885825610), (250359.811, 62016.569)),
    ],
)
def test_the_ordnance_surveys_own_points_come_out_to_the_millimetre_and_go_back(degrees, metres):
    assert np.ravel(to_grid(*degrees)) == pytest.approx(metres, abs=0.0015)
    assert np.ravel(from_grid(*metres)) == pytest.approx(degrees, abs=2e-8)


def test_points_all_over_britain_survive_the_round_trip_to_a_centimetre():
    x = np.array([91_492.0, 170_370.0, 358_000.0, 530_000.0, 651_409.0, 447_000.0, 438_700.0])
    y = np.array([11_318.0, 11_572.0, 173_000.0, 180_000.0, 313_177.0, 1_141_000.0, 114_792.0])
    again = to_grid(*from_grid(x, y))
    assert np.abs(again[0] - x).max() < 0.01
    assert np.abs(again[1] - y).max() < 0.01


def test_a_missing_coordinate_stays_missing_and_leaves_its_neighbours_alone():
    x, y = to_grid([np.nan, CAISTER_DEGREES[0], 0.1], [52.0, CAISTER_DEGREES[1], np.nan])
    assert np.isnan(x).tolist() == [True, False, True]
    assert np.isnan(y).tolist() == [True, False, True]
    assert (x[1], y[1]) == pytest.approx(CAISTER_METRES, abs=0.0015)


def test_northern_ireland_lies_beyond_the_grid_shift_and_still_gets_a_place():
    belfast_x, belfast_y = to_grid([-5.93], [54.597])
    assert belfast_x[0] == pytest.approx(146_300, abs=200)
    assert belfast_y[0] == pytest.approx(529_600, abs=200)


def test_the_shape_of_what_goes_in_is_the_shape_of_what_comes_out():
    x, y = to_grid(np.full((2, 3), -2.0), np.full((2, 3), 52.0))
    assert x.shape == y.shape == (2, 3)
    assert to_grid([], [])[0].shape == (0,)


def test_a_point_in_the_open_sea_comes_back_to_where_it_was():
    x, y = np.meshgrid(np.arange(0.0, 700_001.0, 20_000.0), np.arange(0.0, 1_240_001.0, 20_000.0))
    again = to_grid(*from_grid(x, y))
    assert np.hypot(again[0] - x, again[1] - y).max() < 6
