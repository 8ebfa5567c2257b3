"""The lie of the land: an estuary city and its neighbour, cut into cells that fit without gap.

Cells are those of a Voronoi diagram of seeds that lie denser where more people live. The borders
are made uneven once each, so that neighbours share them vertex for vertex.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.spatial import Voronoi, cKDTree

from lris.demo.shapes import CITY, NEIGHBOUR, Floats, TownCentre, Whole
from lris.demo.words import CITY_NAME, TOWNS

MIDDLE = np.array([610_000.0, 470_000.0])
CITY_RADIUS_M = 6_100.0
NEIGHBOUR_RADIUS_M = 8_600.0
NEIGHBOUR_AWAY_M = 10_500.0
SEA_SPACING_M = 170.0
SEA_REACH_M = 900.0
LLOYD_STEPS = 2
SHORTEST_BORDER_M = 8.0
SEA = -1


@dataclass(frozen=True, slots=True)
class Edges:
    """Borders of cells, each once. `left`, `right`: (n,) cells, SEA (-1) beyond the land; left >=
    0.

    `start`, `end`: (n,) nodes. `lines`: one (k, 2) array each, from start to end, metres EPSG:27700
    to 0.1 m.
    """

    left: Whole
    right: Whole
    start: Whole
    end: Whole
    lines: tuple[Floats, ...]


@dataclass(frozen=True, slots=True)
class Land:
    """Cells: `seeds` (n, 2) metres, `lad` (n,), `outlines` (n,) polygons; their borders; town
    centres.

    `density`: (n,) float, cells' relative density of people, 1 in the heart of the city.
    `neighbours`: for each cell those it shares a border with, in ascending order.
    """

    seeds: Floats
    lad: Whole
    density: Floats
    outlines: NDArray[np.object_]
    edges: Edges
    neighbours: tuple[tuple[int, ...], ...]
    centres: tuple[TownCentre, ...]


@dataclass(frozen=True, slots=True)
class _Plan:
    """What distinguishes one seed's land from another's, all drawn at once."""

    bearing: float
    estuary: float
    bend: float
    city_wobble: Floats
    neighbour_wobble: Floats
    towns: Floats
    quarters: Floats


def make_land(rng: Generator, city_cells: int, neighbour_cells: int) -> Land:
    """Draw the land: about so many cells of each district."""
    plan = _plan(rng)
    seeds, lad = _seeds(rng, plan, (city_cells, neighbour_cells))
    sea = _outer_seeds(rng, plan, seeds)
    seeds, lad, sea = _without_islands(seeds, lad, sea)
    outlines, edges = _cells(rng, seeds, sea)
    return Land(
        seeds=seeds,
        lad=lad,
        density=_density(plan, seeds),
        outlines=outlines,
        edges=edges,
        neighbours=_neighbours(seeds.shape[0], edges),
        centres=_centres(plan),
    )


# ---------------------------------------------------------------- the plan


def _plan(rng: Generator) -> _Plan:
    bearing = rng.uniform(0.0, 2 * np.pi)
    turns = np.sort(rng.uniform(-1.0, 1.0, 3)) + np.array([-0.9, 0.0, 0.9])
    away = rng.uniform(5_500, 7_000, 3)
    around = MIDDLE + NEIGHBOUR_AWAY_M * _toward(bearing)
    towns = around + (away * 0.72)[:, None] * _toward(bearing + turns)
    angles = 2 * np.pi * (np.arange(4) + rng.uniform(0.2, 0.8, 4)) / 4
    quarters = MIDDLE + rng.uniform(2_600, 4_200, 4)[:, None] * _toward(angles)
    return _Plan(
        bearing=bearing,
        estuary=bearing + np.pi + rng.uniform(-0.7, 0.7),
        bend=rng.uniform(-0.5, 0.5),
        city_wobble=rng.normal(0.0, 0.05, (5, 2)),
        neighbour_wobble=rng.normal(0.0, 0.06, (5, 2)),
        towns=towns,
        quarters=quarters,
    )


def _toward(angle: Floats | float) -> Floats:
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1)


def _centres(plan: _Plan) -> tuple[TownCentre, ...]:
    heart = [(CITY_NAME, MIDDLE + 250.0 * _toward(plan.bearing), 600.0, 1.0)]
    quarters = [(f"quarter {n + 1}", at, 280.0, 0.3) for n, at in enumerate(plan.quarters)]
    towns = [(name, at, 320.0, 0.45) for name, at in zip(TOWNS, plan.towns, strict=False)]
    return tuple(
        TownCentre(name, float(np.round(at[0])), float(np.round(at[1])), radius, weight)
        for name, at, radius, weight in (*heart, *quarters, *towns)
    )


def _within(points: Floats, middle: Floats, radius: float, wobble: Floats) -> NDArray[np.bool_]:
    away = points - middle
    angle = np.arctan2(away[:, 1], away[:, 0])
    reach = np.ones(len(points))
    for order, (cosine, sine) in enumerate(wobble, start=2):
        reach += cosine * np.cos(order * angle) + sine * np.sin(order * angle)
    return np.asarray(np.hypot(away[:, 0], away[:, 1]) < radius * reach)


def _on_water(plan: _Plan, points: Floats) -> NDArray[np.bool_]:
    """Whether points lie in the estuary: wide at the coast, narrowing to docks near the centre."""
    away = points - MIDDLE
    along_axis = _toward(plan.estuary)
    along = away @ along_axis
    across = away @ np.array([-along_axis[1], along_axis[0]])
    t = np.clip(along / 9_000.0, 0.0, 1.2)
    course = 1_500.0 * plan.bend * np.sin(2.2 * np.pi * t) * t
    width = 90.0 + 900.0 * t**1.6
    return np.asarray((along > 350.0) & (np.abs(across - course) < width))


def _district(plan: _Plan, points: Floats) -> Whole:
    """The district of each point, SEA where there is none."""
    in_city = _within(points, MIDDLE, CITY_RADIUS_M, plan.city_wobble)
    around = MIDDLE + NEIGHBOUR_AWAY_M * _toward(plan.bearing)
    beside = _within(points, around, NEIGHBOUR_RADIUS_M, plan.neighbour_wobble)
    found = np.where(in_city, CITY, np.where(beside, NEIGHBOUR, SEA))
    return np.where(_on_water(plan, points), SEA, found).astype(np.int64)


def _density(plan: _Plan, points: Floats) -> Floats:
    """How densely people live, relative to the heart of the city."""
    away = np.hypot(*(points - MIDDLE).T)
    density = 0.9 * np.exp(-((away / 3_000.0) ** 1.4)) + 0.1 * np.exp(-((away / 6_500.0) ** 6))
    for at in plan.quarters:
        density += 0.25 * np.exp(-((np.hypot(*(points - at).T) / 1_100.0) ** 2))
    for at in plan.towns:
        density += 0.35 * np.exp(-((np.hypot(*(points - at).T) / 950.0) ** 2))
    return np.asarray(np.round(density + 0.006, 6))


# ---------------------------------------------------------------- seeds


def _seeds(rng: Generator, plan: _Plan, cells: tuple[int, int]) -> tuple[Floats, Whole]:
    """Seeds thinned by density, then moved a few steps to the middle of their cells (Lloyd)."""
    ground, of_ground, chosen = [], [], []
    around = MIDDLE + NEIGHBOUR_AWAY_M * _toward(plan.bearing)
    for district, middle, radius in (
        (CITY, MIDDLE, 1.5 * CITY_RADIUS_M),
        (NEIGHBOUR, around, 1.5 * NEIGHBOUR_RADIUS_M),
    ):
        points = middle + rng.uniform(-radius, radius, (90_000, 2))
        points = points[_district(plan, points) == district]
        keys = np.round(np.log(rng.random(len(points))) / _density(plan, points), 6)
        order = np.argsort(-keys, kind="stable")[: cells[district]]
        ground.append(points)
        of_ground.append(np.full(len(points), district))
        chosen.append(points[order])
    points = np.concatenate(ground)
    weight = _density(plan, points)
    seeds = np.concatenate(chosen)
    lad = np.repeat([CITY, NEIGHBOUR], [len(one) for one in chosen])
    for _ in range(LLOYD_STEPS):
        seeds = _centred(seeds, lad, points, np.concatenate(of_ground), weight)
    return seeds, lad.astype(np.int64)


def _centred(seeds: Floats, lad: Whole, points: Floats, of_points: Whole, weight: Floats) -> Floats:
    moved = seeds.copy()
    for district in (CITY, NEIGHBOUR):
        own, here = np.flatnonzero(lad == district), np.flatnonzero(of_points == district)
        nearest = cKDTree(seeds[own]).query(points[here])[1]
        total = np.bincount(nearest, weight[here], own.size)
        full = total > 0
        for axis in (0, 1):
            sums = np.bincount(nearest, weight[here] * points[here, axis], own.size)
            moved[own[full], axis] = sums[full] / total[full]
    return np.round(moved, 2)


def _outer_seeds(rng: Generator, plan: _Plan, seeds: Floats) -> Floats:
    """Seeds beyond the land, whose cells are left out: close together in the estuary, elsewhere as
    far apart as those of the land nearby, so that the outer border does not bulge around each cell.
    """
    reach = CITY_RADIUS_M + 2 * NEIGHBOUR_RADIUS_M + NEIGHBOUR_AWAY_M
    steps = np.arange(-reach, reach, SEA_SPACING_M)
    east, north = np.meshgrid(steps, steps)
    grid = MIDDLE + np.column_stack([east.ravel(), north.ravel()])
    grid = np.round(grid + rng.uniform(-45.0, 45.0, grid.shape), 2)
    grid = grid[_district(plan, grid) == SEA]
    land = cKDTree(seeds)
    away, nearest = land.query(grid)
    spacing = land.query(seeds, k=7)[0][:, 1:].mean(axis=1)[nearest]
    thinned = rng.random(len(grid)) < (SEA_SPACING_M / np.maximum(spacing, SEA_SPACING_M)) ** 2
    near = away < np.maximum(3.5 * spacing, SEA_REACH_M)
    return np.asarray(grid[near & (thinned | _on_water(plan, grid))])


def _without_islands(seeds: Floats, lad: Whole, sea: Floats) -> tuple[Floats, Whole, Floats]:
    """Districts in one piece: a part that is cut off goes to the other district, or to the sea."""
    voronoi = Voronoi(np.concatenate([seeds, sea]))
    pairs = np.sort(voronoi.ridge_points, axis=1)
    pairs = pairs[(pairs < len(seeds)).all(axis=1)]
    long_enough = _ridge_lengths(voronoi)[(voronoi.ridge_points < len(seeds)).all(axis=1)]
    pairs = pairs[long_enough >= SHORTEST_BORDER_M]
    near: list[list[int]] = [[] for _ in range(len(seeds))]
    for a, b in pairs[np.lexsort(pairs.T[::-1])].tolist():
        near[a].append(b)
        near[b].append(a)
    lad = lad.copy()
    for district, other in ((CITY, NEIGHBOUR), (NEIGHBOUR, CITY)):
        own = np.flatnonzero(lad == district).tolist()
        for part in pieces(own, near)[1:]:
            beside = any(lad[b] == other for a in part for b in near[a])
            lad[part] = other if beside else SEA
    stays = lad != SEA
    return seeds[stays], lad[stays], np.concatenate([sea, seeds[~stays]])


def _ridge_lengths(voronoi: Voronoi) -> Floats:
    ends = np.asarray(voronoi.ridge_vertices)
    away = voronoi.vertices[ends[:, 0]] - voronoi.vertices[ends[:, 1]]
    return np.asarray(np.where((ends < 0).any(axis=1), np.inf, np.hypot(*away.T)))


def pieces(
    members: list[int], neighbours: tuple[tuple[int, ...], ...] | list[list[int]]
) -> list[list[int]]:
    """The connected parts of a set of cells, the one with most cells first."""
    left = dict.fromkeys(members)
    found = []
    while left:
        first = next(iter(left))
        del left[first]
        part, at = [first], 0
        while at < len(part):
            for other in neighbours[part[at]]:
                if other in left:
                    del left[other]
                    part.append(other)
            at += 1
        found.append(sorted(part))
    return sorted(found, key=lambda part: (-len(part), part[0]))


# ---------------------------------------------------------------- cells


def _cells(rng: Generator, seeds: Floats, sea: Floats) -> tuple[NDArray[np.object_], Edges]:
    voronoi = Voronoi(np.concatenate([seeds, sea]))
    corners = np.round(voronoi.vertices, 1)
    pairs = np.sort(voronoi.ridge_points, axis=1)
    ends = np.asarray(voronoi.ridge_vertices, dtype=np.int64)
    wanted = (pairs[:, 0] < len(seeds)) & (ends >= 0).all(axis=1)
    pairs, ends = pairs[wanted], np.sort(ends[wanted], axis=1)
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))
    pairs, ends = pairs[order], ends[order]
    waves = rng.normal(0.0, 1.0, (len(pairs), 3))
    right = np.where(pairs[:, 1] < len(seeds), pairs[:, 1], SEA)
    rough = np.where(right == SEA, 0.10, 0.055)
    edges_of: list[list[int]] = [[] for _ in range(len(seeds))]
    for number, (a, b) in enumerate(zip(pairs[:, 0].tolist(), right.tolist(), strict=True)):
        edges_of[a].append(number)
        if b != SEA:
            edges_of[b].append(number)
    nodes = ends.tolist()
    for _ in range(10):
        lines = tuple(
            _uneven(corners[a], corners[b], wave * much)
            for (a, b), wave, much in zip(nodes, waves, rough, strict=True)
        )
        outlines = np.array([_outline(own, nodes, lines) for own in edges_of], dtype=object)
        crossed = _crossed(outlines)
        if not crossed:
            break
        for cell in crossed:
            rough[edges_of[cell]] = 0.0
    edges = Edges(
        pairs[:, 0].astype(np.int64), right.astype(np.int64), ends[:, 0], ends[:, 1], lines
    )
    return outlines, edges


def _crossed(outlines: NDArray[np.object_]) -> list[int]:
    """The cells whose border crosses itself or, where none does, another cell."""
    wrong = ~shapely.is_valid(outlines)
    if not wrong.any():
        wrong = shapely.length(shapely.coverage_invalid_edges(outlines)) > 0
    return [int(cell) for cell in np.flatnonzero(wrong)]


def _uneven(start: Floats, end: Floats, wave: Floats) -> Floats:
    """A line from start to end that strays to both sides, no further at its ends."""
    across = np.array([start[1] - end[1], end[0] - start[0]])
    length = float(np.hypot(*across))
    count = max(int(np.ceil(length / 40.0)), 1)
    t = np.linspace(0.0, 1.0, count + 1)[:, None]
    orders = np.arange(1, 4)
    stray = (np.sin(np.pi * t * orders) * wave / orders).sum(axis=1, keepdims=True)
    line = start + t * (end - start) + stray * across
    line[0], line[-1] = start, end
    return np.asarray(np.round(line, 1))


def _outline(edges: list[int], ends: list[list[int]], lines: tuple[Floats, ...]) -> shapely.Polygon:
    """The border lines of a cell joined node to node into a ring, counter-clockwise."""
    at_node: dict[int, list[int]] = {}
    for number in edges:
        for node in ends[number]:
            at_node.setdefault(node, []).append(number)
    number, node, ring = edges[0], ends[edges[0]][0], []
    for _ in edges:
        forward = ends[number][0] == node
        ring.append((lines[number] if forward else lines[number][::-1])[:-1])
        node = ends[number][1] if forward else ends[number][0]
        number = next((one for one in at_node[node] if one != number), number)
    points = np.concatenate(ring)
    distinct = np.any(points != np.roll(points, 1, axis=0), axis=1)
    return shapely.orient_polygons(shapely.Polygon(points[distinct]))


def _neighbours(cells: int, edges: Edges) -> tuple[tuple[int, ...], ...]:
    near: list[list[int]] = [[] for _ in range(cells)]
    for a, b, line in zip(edges.left.tolist(), edges.right.tolist(), edges.lines, strict=True):
        if b != SEA and np.hypot(*(line[0] - line[-1])) >= SHORTEST_BORDER_M:
            near[a].append(b)
            near[b].append(a)
    return tuple(tuple(sorted(one)) for one in near)
