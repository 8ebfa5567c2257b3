"""Emerging hotspots: 96 series classed by Esri's definitions, and the cube they come from."""

from __future__ import annotations

import json

import numpy as np
import pytest

from lris.rules.emerging import CLASSES, NO_PATTERN, classify, space_time
from lris.rules.grids import square
from lris.rules.local_stats import gi_star
from lris.rules.trend import mann_kendall

HOT, COLD, PLAIN = 3.0, -3.0, 0.1
LETTERS = {"H": HOT, "C": COLD, ".": PLAIN}


def series(course):
    return [LETTERS[letter] for letter in course]


@pytest.fixture(scope="module")
def sfdep(oracles):
    return json.loads((oracles / "ehsa_sfdep.json").read_text())["cases"]


def test_all_series_have_the_class_of_the_definitions(sfdep):
    classes = classify([case["gi"] for case in sfdep], [case["p"] for case in sfdep])
    assert classes.tolist() == [case["class_esri_definition"] for case in sfdep]


def test_chances_left_out_are_those_of_the_normal_distribution(sfdep):
    given = classify([case["gi"] for case in sfdep], [case["p"] for case in sfdep])
    assert classify([case["gi"] for case in sfdep]).tolist() == given.tolist()


def test_the_trend_is_that_of_r_kendall(sfdep):
    tau, _, _, p = mann_kendall([case["gi"] for case in sfdep])
    np.testing.assert_allclose(tau, [case["tau"] for case in sfdep], atol=1e-6)
    np.testing.assert_allclose(p, [case["mk_p"] for case in sfdep], atol=1e-6)


@pytest.mark.parametrize(
    ("course", "named"),
    [
        (".........H", "new"),
        ("........HH", "consecutive"),
        ("C.......HH", "consecutive"),
        (".HHHHHHHHH", "persistent"),
        ("HHHHHHHHHH", "persistent"),
        ("HHHHHHHHH.", "historical"),
        ("H..H.....H", "sporadic"),
        ("H..HHHHHHH", "sporadic"),
        ("H..H..C..H", "oscillating"),
        ("HHHHHHHH..", None),
        ("H.H.H.H.H.", None),
        ("..........", None),
    ],
)
def test_courses_have_their_names_hot_and_cold(course, named):
    # Level but for its course, so that no trend decides.
    z = np.array(series(course))
    hot, cold = classify([z, -z])
    assert hot == (f"{named} hotspot" if named else NO_PATTERN)
    assert cold == (f"{named} coldspot" if named else NO_PATTERN)


def test_nine_tenths_are_counted_whole():
    """Of twelve periods eleven are nine tenths, ten are not."""
    assert classify([series("..HHHHHHHHHH")])[0] == "consecutive hotspot"
    assert classify([series("H.HHHHHHHHHH")])[0] == "persistent hotspot"


def test_a_coldspot_intensifies_by_falling():
    falling = np.linspace(-2.5, -5, 12)
    assert classify([falling])[0] == "intensifying coldspot"
    assert classify([falling[::-1]])[0] == "diminishing coldspot"
    assert classify([-falling])[0] == "intensifying hotspot"
    assert classify([-falling[::-1]])[0] == "diminishing hotspot"


def test_every_place_has_one_of_the_classes():
    z = np.random.default_rng(3).normal(0.5, 2, (5_000, 10))
    assert set(classify(z)) <= set(CLASSES)
    assert len(CLASSES) == 17


def test_where_nothing_varied_there_is_no_pattern():
    z = np.full((2, 10), np.nan)
    z[1] = series(".........H")
    assert classify(z).tolist() == [NO_PATTERN, "new hotspot"]


def test_correction_is_the_callers_and_is_used():
    z = [series(".........H")]
    assert classify(z, np.full((1, 10), 0.2))[0] == NO_PATTERN


def test_too_few_periods_tell_no_course():
    with pytest.raises(ValueError, match="9 periods are too few"):
        classify(np.zeros((3, 9)))


# ---------------------------------------------------------------- the cube


def test_the_cube_is_gi_star_with_the_period_before_among_the_neighbours():
    cells = square((0, 0, 4, 3), 1)
    around, periods = list(cells.neighbours()), 5
    counts = np.random.default_rng(1).poisson(3, (len(cells), periods)).astype(float)
    ours = space_time(counts, around)
    # The same as one map of cells x periods, numbered cell by cell.
    flat = []
    for cell in range(len(cells)):
        for period in range(periods):
            near = [*around[cell], cell]
            both = [other * periods + period for other in near if other != cell]
            if period:
                both += [other * periods + period - 1 for other in near]
            flat.append(np.array(both))
    np.testing.assert_allclose(ours.ravel(), gi_star(counts.ravel(), flat), rtol=1e-10)


def test_a_cube_of_one_number_has_no_statistic():
    assert np.isnan(space_time(np.ones((4, 3)), [[1], [0], [3], [2]])).all()


def test_a_place_that_lights_up_at_the_end_is_new_where_it_is_and_nowhere_else():
    cells = square((0, 0, 20, 20), 1)
    counts = np.random.default_rng(5).poisson(4, (len(cells), 12)).astype(float)
    x, y = cells.middles()
    spot = (abs(x - 10) < 2) & (abs(y - 10) < 2)
    counts[spot, -1] += 30
    z = space_time(counts, cells.neighbours())
    from lris.rules.local_stats import two_sided_p
    from lris.rules.several import benjamini_hochberg

    classes = classify(z, benjamini_hochberg(two_sided_p(z)))
    assert set(classes[spot]) == {"new hotspot"}
    far = (abs(x - 10) > 3.5) | (abs(y - 10) > 3.5)
    assert set(classes[far]) == {NO_PATTERN}


def test_a_table_with_gaps_is_refused():
    with pytest.raises(ValueError, match="without gaps"):
        space_time([[1.0, np.nan], [1.0, 2.0]], [[1], [0]])
