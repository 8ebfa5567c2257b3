"""DBSCAN on weighted places: beside scikit-learn on every incident, and in a fixed order."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from sklearn.cluster import DBSCAN
from sklearn.metrics import adjusted_rand_score

from lris.rules.clusters import NOISE, dbscan, described


def heaps(seed=1):
    rng = np.random.default_rng(seed)
    middles = [(0, 0, 300), (2_000, 0, 150), (0, 3_000, 80)]
    xy = np.concatenate([rng.normal((x, y), 60, (n, 2)) for x, y, n in middles])
    xy = np.concatenate([xy, rng.uniform(-2_000, 5_000, (100, 2))])
    return (xy / 25).round().T * 25.0


def test_clusters_of_places_are_those_of_every_incident():
    x, y = heaps()
    ours = dbscan(x, y, 100, 20)
    theirs = DBSCAN(eps=100, min_samples=20).fit(np.column_stack([x, y])).labels_
    np.testing.assert_array_equal(ours == NOISE, theirs == NOISE)
    assert adjusted_rand_score(ours, theirs) == 1


def test_the_heaviest_comes_first_and_order_of_incidents_does_not_matter():
    x, y = heaps()
    label = dbscan(x, y, 100, 20)
    assert np.all(np.diff(np.bincount(label[label != NOISE])) <= 0)
    order = np.random.default_rng(2).permutation(x.size)
    np.testing.assert_array_equal(dbscan(x[order], y[order], 100, 20), label[order])


def test_weights_decide_what_is_a_core_and_which_is_first():
    x, y = [0.0, 10, 1_000, 1_010], [0.0, 0, 0, 0]
    assert dbscan(x, y, 50, 5).tolist() == [NOISE] * 4
    assert dbscan(x, y, 50, 5, weights=[3, 3, 30, 30]).tolist() == [1, 1, 0, 0]


def test_equally_heavy_clusters_are_ordered_from_the_west():
    x, y = [1_000.0, 1_000, 0, 0], [0.0, 0, 0, 0]
    assert dbscan(x, y, 50, 2).tolist() == [1, 1, 0, 0]


def test_clusters_are_told_with_middle_weight_and_hull():
    x, y = [0.0, 0, 10, 500], [0.0, 10, 0, 500]
    [told] = described(x, y, [0, 0, 0, NOISE], weights=[1, 1, 2, 1])
    assert (told.incidents, told.weight, told.places) == (3, 4, 3)
    assert told.middle == (5, 2.5)
    assert told.hull.equals(shapely.Polygon([(0, 0), (0, 10), (10, 0)]))


def test_a_small_cluster_is_not_drawn():
    [told] = described([0.0, 1], [0.0, 1], [0, 0], fewest_drawn=3)
    assert told.hull is None
    assert told.incidents == 2


def test_nothing_makes_no_clusters():
    assert dbscan([], [], 50, 2).size == 0
    assert described([], [], []) == []
    assert described([1.0], [1.0], [NOISE]) == []


@pytest.mark.parametrize(("within", "fewest"), [(0, 5), (np.nan, 5), (-3, 5), (50, 0)])
def test_distances_and_numbers_that_cannot_be_are_refused(within, fewest):
    with pytest.raises(ValueError, match="no neighbourhood"):
        dbscan([0.0], [0.0], within, fewest)
