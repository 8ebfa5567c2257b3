"""The quartic kernel: beside scikit-learn and brute force, and what a density promises."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import dblquad

from lris.rules.density import (
    MOST_CELLS,
    kernel_mass,
    mean_multiples,
    normal_bandwidth,
    places,
    quartic,
    risk,
    shows_the_lattice,
    snap_spacing,
)

H = 400.0
WINDOW = (0.0, 0.0, 5_000.0, 3_000.0)
GRID_X, GRID_Y = np.arange(50.0, 5_000, 100), np.arange(50.0, 3_000, 100)


def some_events(number=500, seed=1):
    rng = np.random.default_rng(seed)
    places_ = rng.uniform((0, 0), (5_000, 3_000), (number // 4, 2)).round()
    return places_[rng.integers(0, len(places_), number)].T


def by_brute_force(x, y, grid_x, grid_y, h, weights=None):
    far = np.hypot(x - grid_x[None, :, None], y - grid_y[:, None, None])
    kernel = np.where(far < h, 3 / (np.pi * h**2) * (1 - (far / h) ** 2) ** 2, 0.0)
    return (kernel * (1 if weights is None else weights)).sum(axis=-1)


def test_one_event_is_three_over_pi_h_squared_thick_at_its_place():
    assert quartic([7.0], [9.0], [7.0], [9.0], 100)[0, 0] == pytest.approx(3 / (np.pi * 100**2))


def test_densities_are_those_of_every_event_added_at_every_grid_point():
    x, y = some_events()
    weights = np.random.default_rng(2).uniform(0, 3, x.size)
    ours = quartic(x, y, GRID_X, GRID_Y, H, weights)
    theirs = by_brute_force(x, y, GRID_X, GRID_Y, H, weights)
    np.testing.assert_allclose(ours, theirs, rtol=1e-11, atol=1e-18)


def test_the_shape_is_that_of_scikit_learns_kernels():
    """Its Epanechnikov kernel, read at each event alone, is 1 - d^2 / h^2: the quartic's root."""
    from sklearn.neighbors import KernelDensity

    x, y = some_events(40)
    at = np.array([[2_500.0, 1_500.0]])
    root = [
        np.exp(KernelDensity(kernel="epanechnikov", bandwidth=H).fit([[a, b]]).score_samples(at)[0])
        for a, b in zip(x, y, strict=True)
    ]
    epanechnikov = 2 / (np.pi * H**2)
    theirs = 3 / (np.pi * H**2) * np.sum((np.array(root) / epanechnikov) ** 2)
    assert quartic(x, y, at[:, 0], at[:, 1], H)[0, 0] == pytest.approx(theirs, rel=1e-12)


# R spatstat.explore 3.0-6: density.ppp(kernel = "quartic", sigma = 1.2 / sqrt(8), edge = TRUE,
# diggle = FALSE, eps = 0.05) of points on its pixels in the window 10 x 6: where, with the edge
# correction, without. Its transform keeps six digits; its correction is added up over pixels.
SPATSTAT_X = [1.025, 1.025, 5.525, 9.975, 2.525, 7.025]
SPATSTAT_Y = [1.025, 1.025, 3.025, 0.025, 5.975, 4.525]
SPATSTAT = [
    (1.025, 1.025, 1.33065610664, 1.32628568173),
    (0.025, 1.025, 0.237980223522, 0.123827598372),
    (0.525, 0.025, 0.0503490063938, 0.023089753622),
    (9.975, 0.025, 2.44130088072, 0.663142840867),
    (2.525, 5.475, 0.514248300396, 0.45287257762),
    (5.025, 3.025, 0.45287257762, 0.45287257762),
    (7.025, 5.975, 0.0, 0.0),
]


@pytest.mark.parametrize(("x", "y", "corrected", "plain"), SPATSTAT)
def test_densities_are_those_of_r_spatstat_with_and_without_its_edge_correction(
    x, y, corrected, plain
):
    given = (SPATSTAT_X, SPATSTAT_Y, [x], [y], 1.2)
    assert quartic(*given)[0, 0] == pytest.approx(plain, rel=1e-5, abs=1e-12)
    edged = quartic(*given, window=(0, 0, 10, 6))[0, 0]
    assert edged == pytest.approx(corrected, rel=3e-4, abs=1e-12)


def test_a_gaussian_of_the_same_spread_has_the_radius_over_the_root_of_eight():
    """The second moment of the kernel along one axis is h^2 / 8."""
    moment, _ = dblquad(
        lambda v, u: u * u * 3 / np.pi * max(1 - u * u - v * v, 0) ** 2, -1, 1, -1, 1
    )
    assert moment == pytest.approx(1 / 8, abs=1e-6)


@pytest.mark.parametrize("turned", [(1, -1), (-1, 1), (-1, -1)])
def test_grids_may_run_either_way(turned):
    x, y = some_events()
    step_x, step_y = turned
    np.testing.assert_array_equal(
        quartic(x, y, GRID_X[::step_x], GRID_Y[::step_y], H, window=WINDOW),
        quartic(x, y, GRID_X, GRID_Y, H, window=WINDOW)[::step_y, ::step_x],
    )


def test_events_at_one_place_count_as_one_event_of_their_weight():
    x, y = some_events(400)
    ux, uy, weight = places(x, y)
    assert weight.sum() == x.size
    assert len(set(zip(ux, uy, strict=True))) == ux.size == len(set(zip(x, y, strict=True)))
    np.testing.assert_allclose(
        quartic(ux, uy, GRID_X, GRID_Y, H, weight), quartic(x, y, GRID_X, GRID_Y, H), rtol=1e-12
    )


def test_many_places_are_told_apart_however_near_and_far():
    rng = np.random.default_rng(4)
    xy = np.concatenate([rng.uniform(-1e7, 1e7, (30_000, 2)), rng.uniform(0, 1e-5, (3_000, 2))])
    xy = np.concatenate([xy, xy[::3], [[0.0, 0.0], [-0.0, 0.0]]])
    ux, uy, weight = places(*xy.T)
    different, counts = np.unique(xy + 0.0, axis=0, return_counts=True)
    order = np.lexsort((uy, ux))
    np.testing.assert_array_equal(np.column_stack([ux, uy])[order], different)
    np.testing.assert_array_equal(weight[order], counts)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.floats(600, 4_400), st.floats(600, 2_400)), min_size=1, max_size=20),
    st.floats(150, 590),
)
def test_away_from_edges_the_mass_is_the_number_of_events(xy, h):
    x, y = np.array(xy).T
    fine_x, fine_y = np.arange(5.0, 5_000, 10), np.arange(5.0, 3_000, 10)
    assert quartic(x, y, fine_x, fine_y, h).sum() * 100 == pytest.approx(len(xy), rel=2e-3)


def test_the_mass_inside_a_window_is_what_quadrature_finds():
    at_x, at_y = np.array([0, 10, 250, 399, 700, 4_990.0]), np.array([0, 3, 300, 1_000, 2_999])
    ours = kernel_mass(at_x, at_y, H, WINDOW)
    assert ours[0, 0] == pytest.approx(1 / 4)
    assert ours[3, 4] == pytest.approx(1)
    for (row, column), mass in np.ndenumerate(ours):
        theirs = mass_by_quadrature(at_x[column], at_y[row], H, WINDOW)
        assert mass == pytest.approx(theirs, abs=1e-7)


def test_the_mass_is_right_where_the_kernel_is_wider_than_the_window():
    small = (0.0, 0.0, 120.0, 90.0)
    ours = kernel_mass([30.0], [80.0], H, small)[0, 0]
    assert ours == pytest.approx(mass_by_quadrature(30.0, 80.0, H, small), abs=1e-7)


def mass_by_quadrature(x, y, h, window):
    west, east = (max(-1, (window[0] - x) / h), min(1, (window[2] - x) / h))
    south, north = (max(-1, (window[1] - y) / h), min(1, (window[3] - y) / h))

    def half(u):
        return np.sqrt(1 - u * u)

    return dblquad(
        lambda v, u: 3 / np.pi * max(1 - u * u - v * v, 0) ** 2,
        west,
        east,
        lambda u: min(max(south, -half(u)), north),
        lambda u: max(south, min(north, half(u))),
        epsabs=1e-10,
    )[0]


def test_even_ground_is_even_up_to_the_edge_once_corrected():
    step = 10.0
    x, y = (
        axis.ravel()
        for axis in np.meshgrid(np.arange(5.0, 5_000, step), np.arange(5.0, 3_000, step))
    )
    flat = quartic(x, y, GRID_X, GRID_Y, H, window=WINDOW)
    np.testing.assert_allclose(flat, 1 / step**2, rtol=2e-3)
    assert quartic(x, y, GRID_X, GRID_Y, H)[0, 0] < 0.4 / step**2


def test_events_outside_the_window_do_not_count_and_nothing_is_said_of_grid_points_there():
    x, y = some_events()
    inside = quartic(x, y, GRID_X, GRID_Y, H, window=WINDOW)
    more = quartic(np.append(x, -50.0), np.append(y, 100.0), GRID_X, GRID_Y, H, window=WINDOW)
    np.testing.assert_array_equal(inside, more)
    beyond = quartic(x, y, [-1.0, 50.0], [50.0, 3_001.0], H, window=WINDOW)
    np.testing.assert_array_equal(np.isnan(beyond), [[True, False], [True, True]])


def test_nothing_is_compiled_again_whatever_kind_of_array_is_given():
    """All that users can ask for is compiled when LRIS is installed, by `compile_all`."""
    from lris.rules import hotspot_kernels
    from lris.rules.local_stats import permutation_p

    hotspot_kernels.compile_all()
    xy = np.arange(20).reshape(10, 2)
    xy.flags.writeable = False
    for x, y in (xy.T, xy.T.astype(np.float32), np.asfortranarray(xy.astype(float)).T):
        quartic(x, y, range(3), range(4), 5, window=(0, 0, 30, 30))
    permutation_p([1, 2, 4], [[1], [0, 2], [1]], draws=9, again=9)
    compiled = (hotspot_kernels.merged, hotspot_kernels.scatter, hotspot_kernels.drawn)
    assert [len(function.signatures) for function in compiled] == [1, 1, 1]


def test_no_events_are_no_density():
    np.testing.assert_array_equal(quartic([], [], GRID_X, GRID_Y, H), 0.0)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (([1.0], [1.0], [0.0], [0.0], 0.0), "above zero"),
        (([1.0], [1.0], [0.0], [0.0], np.nan), "above zero"),
        (([np.nan], [1.0], [0.0], [0.0], 5.0), "without a place"),
        (([1.0], [1.0, 2.0], [0.0], [0.0], 5.0), "are no events"),
        (([1.0], [1.0], [0.0], [0.0], 5.0, [-1.0]), "below zero"),
        (([1.0], [1.0], [0.0], [0.0], 5.0, None, (5, 0, 5, 9)), "a window is"),
        (([1.0], [1.0], np.arange(3_000.0), np.arange(3_000.0), 5.0), f"more than {MOST_CELLS:,}"),
    ],
)
def test_what_cannot_be_smoothed_is_refused_with_the_reason(given, said):
    with pytest.raises(ValueError, match=said):
        quartic(*given)


# ---------------------------------------------------------------- bandwidths


def test_the_normal_rule_shrinks_with_the_sixth_root_and_uses_both_axes():
    rng = np.random.default_rng(3)
    x, y = rng.normal(0, 300, 40_000), rng.normal(0, 900, 40_000)
    many, few = normal_bandwidth(x, y), normal_bandwidth(x[:625], y[:625])
    assert many.spread_m == pytest.approx(np.sqrt((300**2 + 900**2) / 2), rel=0.02)
    assert many.metres == pytest.approx(np.sqrt(8) * many.spread_m * 40_000 ** (-1 / 6))
    assert few.metres / many.metres == pytest.approx(2, rel=0.1)
    assert normal_bandwidth(y, x).metres == pytest.approx(many.metres)


def test_a_few_far_events_do_not_widen_the_bandwidth():
    rng = np.random.default_rng(3)
    x, y = rng.normal(0, 300, (2, 2_000))
    far = normal_bandwidth(np.append(x, [90_000] * 5), np.append(y, [90_000] * 5))
    assert far.metres == pytest.approx(normal_bandwidth(x, y).metres, rel=0.05)


def test_weights_stand_for_so_many_events():
    x, y = some_events(400)
    ux, uy, weight = places(x, y)
    assert normal_bandwidth(ux, uy, weight).events == 400
    assert normal_bandwidth(ux, uy, weight).metres == pytest.approx(
        normal_bandwidth(x, y).metres, rel=0.02
    )


def test_too_few_events_and_events_at_one_place_choose_no_bandwidth():
    with pytest.raises(ValueError, match="too few"):
        normal_bandwidth(np.arange(9), np.arange(9))
    with pytest.raises(ValueError, match="one place"):
        normal_bandwidth(np.ones(50), np.ones(50))


def test_the_lattice_of_snap_points_is_measured_and_told():
    x, y = (
        axis.ravel() for axis in np.meshgrid(np.arange(0, 1_000, 80.0), np.arange(0, 1_000, 80))
    )
    spacing = snap_spacing(np.tile(x, 3), np.tile(y, 3))
    assert spacing == 80
    assert shows_the_lattice(150, spacing)
    assert not shows_the_lattice(300, spacing)
    assert np.isnan(snap_spacing([1.0, 1.0], [2.0, 2.0]))


# ---------------------------------------------------------------- classes and risk


def test_classes_end_at_multiples_of_the_mean_of_what_is_above_zero():
    surface = np.array([[0.0, 0.0, np.nan], [1.0, 1.0, 4.0]])
    np.testing.assert_allclose(mean_multiples(surface), [2.0, 4.0])
    tall = np.append(np.full(99, 1.0), 101.0)
    np.testing.assert_allclose(mean_multiples(tall), [2, 4, 6, 8, 10, 101])
    assert mean_multiples(np.zeros((2, 2))).size == 0


def test_where_hardly_anybody_is_at_risk_nothing_is_said():
    told = risk([[4.0, 1.0, 0.0]], [[100.0, 0.5, 50.0]])
    np.testing.assert_array_equal(np.isnan(told.ratio), [[False, True, False]])
    assert told.ratio[0, 0] == pytest.approx(0.04)
    assert told.log_ratio[0, 2] == -np.inf
    assert told.floor == pytest.approx(1.0)


def test_the_edge_correction_falls_out_of_the_ratio():
    x, y = some_events(300)
    px, py = some_events(3_000, seed=5)
    with_edge, without = (
        risk(*(quartic(*xy, GRID_X, GRID_Y, H, window=window) for xy in ((x, y), (px, py))))
        for window in (WINDOW, None)
    )
    np.testing.assert_allclose(with_edge.ratio, without.ratio, rtol=1e-9)
