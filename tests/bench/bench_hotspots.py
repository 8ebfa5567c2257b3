"""Finding hotspots: ours beside what people use, in one run, on the same numbers, results compared.

Areas are 35,000 hexagons with a smooth field of values on them. Points are a million crimes on the
real snap points of 30 x 30 km about Bristol (October 2018), drawn so that few points hold many, as
crimes do. What each program keeps between calls (neighbours, trees) is made before its clock
starts; its compiler has run once, and how long that took has a row of its own. The best of some
rounds counts. Where a program would take an hour it is asked for some of the answers, and its time
is multiplied up; the table says so.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from scipy import ndimage, signal

from lris.rules import classes, local_stats
from lris.rules.clusters import dbscan
from lris.rules.density import places, quartic
from lris.rules.grids import hexagons, square
from lris.settings import PROJECT
from tests.bench.bench_placing import crimes
from tests.bench.measuring import SAY, Row, missing, timed

AREAS = 35_000
DRAWS = 999
POINTS = 1_000_000
SIDE_M, CELL_M, BANDWIDTH_M = 30_000, 100, 500
BRISTOL = (343_000, 158_000)
SAMPLE = 300
CLUSTERED = 150_000

Numbers = np.ndarray


def measured(folder: Path) -> Iterator[Row]:
    """Every statistic, every way."""
    yield Row("before all else", "LRIS, compiling", compiling(), note="make provision does")
    values, around = field()
    yield from gi_star(values, around)
    yield from permutations(values, around)
    SAY.print("Reading crimes")
    x, y = snapped(crimes(folder))
    yield from kernel_density(x, y)
    yield from clusters(x[:CLUSTERED], y[:CLUSTERED])
    yield from natural_breaks(values)


# ---------------------------------------------------------------- what is measured on


def field() -> tuple[Numbers, local_stats.Neighbours]:
    """Values that are alike near by, and who is next to whom, for as many areas as England's."""
    cells = hexagons((0, 0, 174, 174), 1)
    rough = np.random.default_rng(1).normal(size=(cells.rows, cells.columns))
    smooth = ndimage.gaussian_filter(rough, 1.0) + 0.1 * rough
    kept = np.arange(len(cells)) < AREAS
    values = np.exp(3 + 2 * smooth.ravel()[kept])
    return values, cells.neighbours(kept)


def snapped(xy: Numbers) -> tuple[Numbers, Numbers]:
    """A million crimes on the real snap points of the window, thick as crimes are."""
    west, south = BRISTOL
    inside = (np.abs(xy - (west + SIDE_M / 2, south + SIDE_M / 2)) < SIDE_M / 2).all(axis=1)
    points = np.unique(xy[inside].round(), axis=0)
    rng = np.random.default_rng(2)
    share = rng.pareto(1.2, len(points)) + 0.2
    drawn = points[rng.choice(len(points), POINTS, p=share / share.sum())]
    SAY.print(f"  {len(points):,} snap points")
    return np.ascontiguousarray(drawn[:, 0]), np.ascontiguousarray(drawn[:, 1])


def compiling() -> float:
    """Seconds until numba has compiled what hotspots need, on a machine that has nothing of it."""
    script = "from lris.rules.hotspot_kernels import compile_all; compile_all()"
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "NUMBA_CACHE_DIR": cache}
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", script], check=True, env=environment, cwd=PROJECT)
        return time.perf_counter() - began


# ---------------------------------------------------------------- areas


def gi_star(values: Numbers, around: local_stats.Neighbours) -> Iterator[Row]:
    task = f"Gi* of {AREAS:,} areas"
    listed = list(around)
    seconds, ours = timed(lambda: local_stats.gi_star(values, around), 20)
    yield said(task, "LRIS, neighbours ready", seconds, "", "target: 100 x esda")
    seconds, again = timed(lambda: local_stats.gi_star(values, listed), 5)
    yield said(task, "LRIS, neighbours read from a list", seconds, unlike(again, ours))
    try:
        from esda import G_Local

        weights = weights_of(around)
    except ImportError as why:
        yield missing(task, "esda", why)
        return
    seconds, theirs = timed(
        lambda: G_Local(values, weights, transform="B", permutations=0, star=True, n_jobs=1), 3
    )
    yield said(task, "esda", seconds, unlike(theirs.Zs, ours), base=True)


def permutations(values: Numbers, around: local_stats.Neighbours) -> Iterator[Row]:
    task = f"local Moran of {AREAS:,} areas, {DRAWS} permutations"
    local_stats.permutation_p(values, around, 9)

    def ask() -> Numbers:
        local_stats.local_moran(values, around)
        return local_stats.permutation_p(values, around, DRAWS)

    seconds, ours = timed(ask, 3)
    yield said(task, "LRIS, two threads", seconds, "", "target: no slower than esda")
    try:
        from esda import Moran_Local

        weights = weights_of(around)
    except ImportError as why:
        yield missing(task, "esda", why)
        return
    for jobs in (1, 2):

        def moran(jobs: int = jobs) -> Moran_Local:
            return Moran_Local(values, weights, permutations=DRAWS, n_jobs=jobs, seed=1)

        first, _ = timed(moran)
        yield said(task, f"esda, n_jobs={jobs}, first call", first, "")
        seconds, theirs = timed(moran, 2)
        # Its chance is that of one side.
        alike = np.corrcoef(np.minimum(2 * theirs.p_sim, 1), ours)[0, 1]
        way = f"esda, n_jobs={jobs}, warm"
        yield said(task, way, seconds, f"p correlated {alike:.4f}", base=jobs == 2)


def weights_of(around: local_stats.Neighbours) -> object:
    from libpysal.weights import W

    return W({area: others.tolist() for area, others in enumerate(around)}, silence_warnings=True)


def natural_breaks(values: Numbers) -> Iterator[Row]:
    task = f"natural breaks, 5 classes, {AREAS:,} values"
    seconds, ours = timed(lambda: classes.fisher_jenks(values, 5), 10)
    yield said(task, "LRIS", seconds, f"fit {fit(values, ours):.4f}", "target: 0.05 s")
    try:
        import mapclassify
    except ImportError as why:
        yield missing(task, "mapclassify", why)
        return
    for way, make, base in (
        ("mapclassify FisherJenks", mapclassify.FisherJenks, True),
        ("mapclassify FisherJenksSampled, a tenth", sampled(mapclassify), False),
    ):
        make(values[:100], k=5)
        seconds, theirs = timed(lambda make=make: make(values, k=5))
        yield said(task, way, seconds, f"fit {fit(values, theirs.bins):.4f}", base=base)


def sampled(mapclassify: object) -> Callable[..., object]:
    return lambda values, k: mapclassify.FisherJenksSampled(values, k=k, pct=0.1, truncate=False)


def fit(values: Numbers, bounds: Numbers) -> float:
    """How much of the variance lies between the classes."""
    place = classes.classify(values, bounds)
    means = np.bincount(place, values) / np.maximum(np.bincount(place), 1)
    return 1 - np.sum((values - means[place]) ** 2) / np.sum((values - values.mean()) ** 2)


# ---------------------------------------------------------------- points


def kernel_density(x: Numbers, y: Numbers) -> Iterator[Row]:
    cells = square((*BRISTOL, BRISTOL[0] + SIDE_M, BRISTOL[1] + SIDE_M), CELL_M)
    grid_x, grid_y = cells.axes()
    task = f"quartic density of {POINTS:,} points, {grid_x.size} x {grid_y.size} grid points"
    window = (*BRISTOL, BRISTOL[0] + SIDE_M, BRISTOL[1] + SIDE_M)
    seconds, ours = timed(lambda: quartic(x, y, grid_x, grid_y, BANDWIDTH_M), 5)
    yield said(task, "LRIS, exact", seconds, "", "target: 100 x scikit-learn, FFT / 10")
    seconds, _ = timed(lambda: quartic(x, y, grid_x, grid_y, BANDWIDTH_M, window=window), 5)
    yield said(task, "LRIS, exact, edges corrected", seconds, f"{places(x, y)[0].size:,} places")
    aside = np.random.default_rng(4).uniform(-25, 25, (2, x.size))
    anywhere = x + aside[0], y + aside[1]
    seconds, _ = timed(lambda: quartic(*anywhere, grid_x, grid_y, BANDWIDTH_M), 3)
    yield said(task, "LRIS, exact, points not snapped", seconds, "no two at one place")
    seconds, theirs = timed(lambda: by_fft(cells.counts(x, y).reshape(ours.shape)), 5)
    worst = np.abs(theirs - ours).max() / ours.max()
    told = f"peak {theirs.max() / ours.max() - 1:+.1%}, worst {worst:.1%} of the peak"
    yield said(task, "FFT of counts by cell", seconds, told)
    yield from by_scikit_learn(task, x, y, grid_x, grid_y, ours)


def by_fft(counts: Numbers) -> Numbers:
    reach = BANDWIDTH_M // CELL_M
    far = np.hypot(*np.mgrid[-reach : reach + 1, -reach : reach + 1]) * CELL_M / BANDWIDTH_M
    kernel = np.where(far < 1, 3 / (np.pi * BANDWIDTH_M**2) * (1 - far**2) ** 2, 0)
    return signal.oaconvolve(counts, kernel, mode="same")


def by_scikit_learn(
    task: str, x: Numbers, y: Numbers, grid_x: Numbers, grid_y: Numbers, ours: Numbers
) -> Iterator[Row]:
    """Its tree gives distances, from which the quartic follows; its own estimator lacks it."""
    from sklearn.neighbors import BallTree, KernelDensity

    xy = np.column_stack([x, y])
    some = np.random.default_rng(3).choice(ours.size, SAMPLE, replace=False)
    row, column = np.divmod(some, grid_x.size)
    asked = np.column_stack([grid_x[column], grid_y[row]])
    tree = BallTree(xy)

    def quartics() -> Numbers:
        _, far = tree.query_radius(asked, BANDWIDTH_M, return_distance=True)
        left = [np.sum((1 - (one / BANDWIDTH_M) ** 2) ** 2) for one in far]
        return 3 / (np.pi * BANDWIDTH_M**2) * np.array(left)

    seconds, theirs = timed(quartics)
    note = f"from {SAMPLE} of {ours.size:,} grid points"
    check = unlike(theirs, ours[row, column])
    yield said(
        task, "scikit-learn, ball tree", seconds * ours.size / SAMPLE, check, note, base=True
    )
    estimator = KernelDensity(
        kernel="epanechnikov", bandwidth=BANDWIDTH_M, algorithm="ball_tree"
    ).fit(xy)
    seconds, _ = timed(lambda: estimator.score_samples(asked))
    way = "scikit-learn, KernelDensity"
    yield said(task, way, seconds * ours.size / SAMPLE, "another kernel: not compared", note)


def clusters(x: Numbers, y: Numbers) -> Iterator[Row]:
    from sklearn.cluster import DBSCAN

    task = f"DBSCAN of {CLUSTERED:,} points, 100 m, 150 incidents"
    seconds, ours = timed(lambda: dbscan(x, y, 100, 150), 2)
    yield said(task, "LRIS, weighted places", seconds, f"{ours.max() + 1} clusters")
    xy = np.column_stack([x, y])
    seconds, theirs = timed(lambda: DBSCAN(eps=100, min_samples=150).fit(xy).labels_)
    differ = np.count_nonzero((ours == -1) != (theirs == -1))
    check = f"{theirs.max() + 1} clusters, {differ} points differ"
    yield said(task, "scikit-learn, every point", seconds, check, base=True)


# ---------------------------------------------------------------- telling


def said(
    task: str, way: str, seconds: float, check: str, note: str = "", *, base: bool = False
) -> Row:
    SAY.print(f"  {task}, {way}: {seconds:.4f} s {check} {note}")
    return Row(task, way, seconds, check, note, base=base)


def unlike(theirs: Numbers, ours: Numbers) -> str:
    """The largest difference, in parts of the largest value."""
    return f"differs by {np.abs(theirs - ours).max() / np.abs(ours).max():.0e} at most"
