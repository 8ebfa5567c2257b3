"""Streets along and across the cells, addresses along the streets, and what is made of addresses:
the police's map points and the postcodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from numpy.random import Generator
from scipy.spatial import cKDTree

from lris.demo.land import Land
from lris.demo.nesting import Nesting
from lris.demo.shapes import (
    CITY,
    FACILITIES,
    NEIGHBOUR,
    Addresses,
    Floats,
    Postcodes,
    SnapPoints,
    Streets,
    TownCentre,
    Whole,
)
from lris.demo.words import street_names
from lris.rules.british_grid import from_grid

LONGEST_STREET_M = 1_100.0
SHARPEST_BEND = 0.62  # radians by which a street may turn and keep its name
FRONTAGE_M = 13.0  # of street for each address at most: beyond that a cell's street stands empty
SNAP_EVERY = 24  # addresses
FEWEST_ADDRESSES = 8
TO_A_POSTCODE = 15
FACILITY_SHARE = 0.075
UNIT_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"


@dataclass(frozen=True, slots=True)
class _Network:
    """Pieces of street between nodes. `left`, `right`: (n,) the cells beside each piece.

    The piece of a street inside a cell has that cell on both sides.
    """

    lines: tuple[Floats, ...]
    start: Whole
    end: Whole
    left: Whole
    right: Whole
    inner: Whole


@dataclass(frozen=True, slots=True)
class Built:
    """Everything along the streets."""

    streets: Streets
    snap: SnapPoints
    addresses: Addresses
    postcodes: Postcodes


def make_streets(rng: Generator, land: Land, nesting: Nesting) -> Built:
    """Lay out streets, put each cell's households along them, and draw what follows from those."""
    network = _network(rng, land)
    street_of, streets = _streets(rng, land, network)
    homes = _homes(rng, land, nesting, network)
    snap, snap_of = _snap_points(rng, land, nesting, network, street_of, streets, homes)
    postcodes, postcode_of = _postcodes(rng, nesting, homes)
    oa = nesting.oa[homes.cell]
    order = np.argsort(oa, kind="stable")
    addresses = Addresses(
        points=homes.points[order], snap=snap_of[order], postcode=postcode_of[order], oa=oa[order]
    )
    return Built(streets, snap, addresses, postcodes)


# ---------------------------------------------------------------- the network


def _network(rng: Generator, land: Land) -> _Network:
    """Streets along the borders of cells, halved at their middles, and streets across the cells."""
    lines: list[Floats] = []
    ends: list[tuple[int, int]] = []
    sides: list[tuple[int, int]] = []
    middle_of: dict[int, tuple[int, Floats]] = {}
    edges_of: list[list[int]] = [[] for _ in land.seeds]
    node = int(max(land.edges.start.max(), land.edges.end.max())) + 1
    for number, line in enumerate(land.edges.lines):
        a, b = int(land.edges.left[number]), int(land.edges.right[number])
        if b < 0 or len(line) < 3:
            continue
        half = len(line) // 2
        middle_of[number] = (node, line[half])
        for part, start, end in (
            (line[: half + 1], int(land.edges.start[number]), node),
            (line[half:], node, int(land.edges.end[number])),
        ):
            lines.append(part)
            ends.append((start, end))
            sides.append((a, b))
        edges_of[a].append(number)
        edges_of[b].append(number)
        node += 1
    along = len(lines)
    for cell, own in enumerate(edges_of):
        for path in _across(rng, land.seeds[cell], [middle_of[n] for n in own]):
            for (from_node, here), (to_node, there) in pairwise(path):
                lines.append(_bent(here, there, float(rng.normal(0.0, 0.06))))
                ends.append(
                    (from_node if from_node >= 0 else node, to_node if to_node >= 0 else node)
                )
                sides.append((cell, cell))
        node += 1
    beside = np.array(sides, dtype=np.int64)
    joints = np.array(ends, dtype=np.int64)
    inner = (np.arange(len(lines)) >= along).astype(np.int64)
    return _Network(tuple(lines), joints[:, 0], joints[:, 1], beside[:, 0], beside[:, 1], inner)


def _across(
    rng: Generator, heart: Floats, gates: list[tuple[int, Floats]]
) -> list[list[tuple[int, Floats]]]:
    """Ways through a cell between the middles of its borders: one across, and often a branch.

    The heart of the cell is the node -1.
    """
    if len(gates) < 2:
        return [[gates[0], (-1, heart)]] if gates else []
    pairs = [(i, j) for i in range(len(gates)) for j in range(i)]
    i, j = max(pairs, key=lambda p: float(np.hypot(*(gates[p[0]][1] - gates[p[1]][1]))))
    middle = np.round((gates[i][1] + gates[j][1] + heart) / 3, 1)
    ways = [[gates[i], (-1, middle), gates[j]]]
    others = [n for n in range(len(gates)) if n not in (i, j)]
    if others and rng.random() < 0.6:
        ways.append([(-1, middle), gates[others[int(rng.integers(len(others)))]]])
    return ways


def _bent(start: Floats, end: Floats, bend: float) -> Floats:
    across = np.array([start[1] - end[1], end[0] - start[0]])
    t = np.linspace(0.0, 1.0, 5)[:, None]
    return np.asarray(np.round(start + t * (end - start) + bend * np.sin(np.pi * t) * across, 1))


# ---------------------------------------------------------------- streets and their names


def _streets(rng: Generator, land: Land, network: _Network) -> tuple[Whole, Streets]:
    """Pieces that go straight on are one street, as long as no street grows too long."""
    street_of = np.full(len(network.lines), -1, dtype=np.int64)
    length = np.array([np.hypot(*np.diff(line, axis=0).T).sum() for line in network.lines])
    onward = _onward(network)
    chains: list[list[int]] = []
    for first in np.argsort(-length, kind="stable").tolist():
        if street_of[first] >= 0:
            continue
        chain, total = [first], length[first]
        street_of[first] = len(chains)
        for end in (0, 1):
            piece, side = first, end
            while (step := onward.get((piece, side))) is not None:
                piece, side = step[0], 1 - step[1]
                if street_of[piece] >= 0 or total + length[piece] > LONGEST_STREET_M:
                    break
                street_of[piece] = len(chains)
                total += length[piece]
                chain = [*chain, piece] if end else [piece, *chain]
        chains.append(chain)
    lad = land.lad[network.left[[chain[0] for chain in chains]]]
    local = np.array([network.inner[chain].mean() > 0.5 and len(chain) < 5 for chain in chains])
    kind = np.where(local, "local", "through").astype(object)
    return street_of, Streets(
        names=_names(rng, lad, kind), lines=_joined_lines(network, chains), kind=kind, lad=lad
    )


def _joined_lines(network: _Network, chains: list[list[int]]) -> np.ndarray[tuple[int], np.dtype]:
    found = []
    for chain in chains:
        pieces = [network.lines[n] for n in chain]
        if len(pieces) > 1:
            touching = (pieces[1][0], pieces[1][-1])
            if any(np.array_equal(pieces[0][0], end) for end in touching):
                pieces[0] = pieces[0][::-1]
        line = [pieces[0]]
        for piece in pieces[1:]:
            line.append(piece[1:] if np.array_equal(piece[0], line[-1][-1]) else piece[-2::-1])
        found.append(shapely.LineString(np.concatenate(line)))
    return np.array(found, dtype=object)


def _onward(network: _Network) -> dict[tuple[int, int], tuple[int, int]]:
    """At each end (0 start, 1 end) of a piece the piece and end that goes on straightest."""
    at_node: dict[int, list[tuple[int, int]]] = {}
    for number, nodes in enumerate(zip(network.start.tolist(), network.end.tolist(), strict=True)):
        for side, node in enumerate(nodes):
            at_node.setdefault(node, []).append((number, side))
    heading = {
        (number, side): float(
            np.arctan2(*((line[1] - line[0]) if side == 0 else (line[-2] - line[-1]))[::-1])
        )
        for number, line in enumerate(network.lines)
        for side in (0, 1)
    }
    onward: dict[tuple[int, int], tuple[int, int]] = {}
    for node in sorted(at_node):
        here = at_node[node]
        bends = sorted(
            (round(abs((heading[a] - heading[b]) % (2 * np.pi) - np.pi), 6), a, b)
            for n, a in enumerate(here)
            for b in here[:n]
        )
        for bend, a, b in bends:
            if bend < SHARPEST_BEND and a not in onward and b not in onward:
                onward[a], onward[b] = b, a
    return onward


def _names(rng: Generator, lad: Whole, kind: np.ndarray[tuple[int], np.dtype]) -> np.ndarray:
    names = np.empty(len(lad), dtype=object)
    for district in (CITY, NEIGHBOUR):
        for one in ("through", "local"):
            own = np.flatnonzero((lad == district) & (kind == one))
            known = street_names(one)
            plain = rng.permutation(len(known) // 11)
            order = np.concatenate([plain, rng.permutation(np.arange(len(plain), len(known)))])
            names[own] = [known[n] for n in order[: own.size]]
    return names


# ---------------------------------------------------------------- homes


@dataclass(frozen=True, slots=True)
class _Homes:
    """Addresses: the cell, the piece of street, how far along it (0..1), the point, and the foot:
    the point of the street that it faces.
    """

    cell: Whole
    piece: Whole
    along: Floats
    points: Floats
    foot: Floats


def _homes(rng: Generator, land: Land, nesting: Nesting, network: _Network) -> _Homes:
    """A home for every household, along the streets beside and across its cell."""
    fronts: list[list[int]] = [[] for _ in land.seeds]
    for number in np.argsort(-network.inner, kind="stable").tolist():
        fronts[network.left[number]].append(number)
        if not network.inner[number]:
            fronts[network.right[number]].append(number)
    length = np.array([np.hypot(*np.diff(line, axis=0).T).sum() for line in network.lines])
    cells, pieces, along = [], [], []
    for cell, own in enumerate(fronts):
        homes = int(nesting.households[cell])
        reach = np.cumsum(length[own] * np.where(network.inner[own] == 1, 2.0, 1.0))
        used = min(float(reach[-1]), homes * FRONTAGE_M)
        at = (np.arange(homes) + 0.5) * used / homes
        which = np.searchsorted(reach, at)
        before = np.concatenate([[0.0], reach])[which]
        cells.append(np.full(homes, cell))
        pieces.append(np.array(own)[which])
        along.append(np.clip((at - before) / (reach[which] - before), 0.03, 0.97))
    of_cell, piece, t = np.concatenate(cells), np.concatenate(pieces), np.concatenate(along)
    order = np.lexsort((t, piece, of_cell))
    of_cell, piece, t = of_cell[order], piece[order], t[order]
    foot, normal = _feet(network, piece, t)
    points = _set_back(rng, land, of_cell, piece, network, foot, normal)
    return _Homes(of_cell, piece, t, points, foot)


def _feet(network: _Network, piece: Whole, t: Floats) -> tuple[Floats, Floats]:
    """The points of the street that homes face, and the direction across the street there."""
    lines = np.array([shapely.LineString(line) for line in network.lines], dtype=object)
    foot = shapely.line_interpolate_point(lines[piece], t, normalized=True)
    ahead = shapely.line_interpolate_point(lines[piece], np.minimum(t + 0.02, 1.0), normalized=True)
    at, beyond = shapely.get_coordinates(foot), shapely.get_coordinates(ahead)
    way = beyond - at
    across = np.column_stack([-way[:, 1], way[:, 0]])
    return at, across / np.maximum(np.hypot(*across.T), 1e-9)[:, None]


def _set_back(
    rng: Generator,
    land: Land,
    cell: Whole,
    piece: Whole,
    network: _Network,
    foot: Floats,
    normal: Floats,
) -> Floats:
    """Homes some metres from the street, on the side of their own cell."""
    back = rng.uniform(6.0, 15.0, len(cell))
    inner = network.inner[piece] == 1
    toward = np.sign(((land.seeds[cell] - foot) * normal).sum(axis=1))
    side = np.where(inner, np.where(np.arange(len(cell)) % 2 == 0, 1.0, -1.0), toward)
    side[side == 0] = 1.0
    points = np.round(foot + normal * (side * back)[:, None], 1)
    for fraction in (0.35, 0.1):
        astray = ~shapely.contains_xy(land.outlines[cell], points)
        points[astray] = np.round((foot + normal * (side * back * fraction)[:, None])[astray], 1)
    astray = ~shapely.contains_xy(land.outlines[cell], points)
    points[astray] = np.round((0.97 * foot + 0.03 * land.seeds[cell])[astray], 1)
    astray = ~shapely.contains_xy(land.outlines[cell], points)
    points[astray] = np.round(land.seeds[cell][astray], 1)
    return points


# ---------------------------------------------------------------- map points


def _snap_points(
    rng: Generator,
    land: Land,
    nesting: Nesting,
    network: _Network,
    street_of: Whole,
    streets: Streets,
    homes: _Homes,
) -> tuple[SnapPoints, Whole]:
    """A point on the street for every two dozen addresses or so, none of fewer than eight."""
    order = np.lexsort((homes.along, homes.piece, street_of[homes.piece]))
    street = street_of[homes.piece][order]
    first = np.flatnonzero(np.diff(street, prepend=-1))
    size = np.diff(np.append(first, len(street)))
    groups = np.maximum(np.rint(size / SNAP_EVERY), 1).astype(np.int64)
    rank = np.arange(len(street)) - np.repeat(first, size)
    group = rank * np.repeat(groups, size) // np.repeat(size, size)
    number = np.repeat(np.cumsum(groups) - groups, size) + group
    count = np.bincount(number)
    middle = order[np.searchsorted(number, np.arange(len(count))) + count // 2]
    enough = count >= FEWEST_ADDRESSES
    points, cell = _beside_the_street(land, homes, middle[enough])
    of_group = np.full(len(count), -1, dtype=np.int64)
    of_group[enough] = np.arange(int(enough.sum()))
    snap_of = np.empty(len(street), dtype=np.int64)
    snap_of[order] = of_group[number]
    lost = snap_of < 0  # too few on their street: they go with the nearest point
    snap_of[lost] = cKDTree(points).query(homes.points[lost])[1]
    own = street_of[homes.piece[middle[enough]]]
    spots, spot_cell, kinds = _facilities(rng, land, homes, len(points))
    everywhere = np.concatenate([points, spots])
    names = [f"On or near {name}" for name in (*streets.names[own], *kinds)]
    lon, lat = from_grid(everywhere[:, 0], everywhere[:, 1])
    return SnapPoints(
        points=everywhere,
        lonlat=np.asarray(np.round(np.column_stack([lon, lat]), 6), dtype=np.float64),
        texts=np.array(names, dtype=object),
        kind=np.array(["street"] * len(points) + kinds, dtype=object),
        addresses=np.bincount(snap_of, minlength=len(everywhere)).astype(np.int64),
        street=np.concatenate([own, np.full(len(spots), -1)]),
        oa=nesting.oa[np.concatenate([cell, spot_cell])],
        centrality=_centrality(land.centres, everywhere),
    ), snap_of


def _beside_the_street(land: Land, homes: _Homes, chosen: Whole) -> tuple[Floats, Whole]:
    """Points a few metres off the middle of the street, so that none lies on a border of areas."""
    cell = homes.cell[chosen]
    near = np.round(homes.foot[chosen] + 0.35 * (homes.points[chosen] - homes.foot[chosen]), 1)
    inside = shapely.contains_xy(land.outlines[cell], near)
    near[~inside] = homes.points[chosen][~inside]
    return near, cell


def _facilities(
    rng: Generator, land: Land, homes: _Homes, streets: int
) -> tuple[Floats, Whole, list[str]]:
    """Places without addresses: night life and shops in the centres, the rest everywhere."""
    count = int(streets * FACILITY_SHARE)
    pull = _centrality(land.centres, homes.points)
    central = {"Shopping Area", "Nightclub", "Theatre/Concert Hall", "Bus/Coach Station"}
    common = np.array(
        [0.13, 0.07, 0.22, 0.1, 0.08, 0.17, 0.08, 0.04, 0.02, 0.015, 0.03, 0.005, 0.035, 0.005]
    )
    drawn = rng.choice(len(FACILITIES), size=count, p=common / common.sum())
    spots = np.empty((count, 2))
    cells = np.empty(count, dtype=np.int64)
    for number, name in enumerate(FACILITIES):
        own = np.flatnonzero(drawn == number)
        weight = np.round(pull**1.5 + 1e-4 if name in central else pull * 0.3 + 0.05, 6)
        at = rng.choice(len(weight), size=own.size, p=weight / weight.sum())
        cell = homes.cell[at]
        shift = np.round(homes.points[at] + rng.uniform(-25.0, 25.0, (own.size, 2)), 1)
        inside = shapely.contains_xy(land.outlines[cell], shift)
        spots[own] = np.where(inside[:, None], shift, homes.points[at])
        cells[own] = cell
    return spots, cells, [FACILITIES[n] for n in drawn.tolist()]


def _centrality(centres: tuple[TownCentre, ...], points: Floats) -> Floats:
    pull = np.zeros(len(points))
    for centre in centres:
        away = np.hypot(points[:, 0] - centre.easting, points[:, 1] - centre.northing)
        pull = np.maximum(pull, centre.weight * np.exp(-((away / centre.radius_m) ** 1.2)))
    return np.asarray(np.round(pull, 6))


# ---------------------------------------------------------------- postcodes


def _postcodes(rng: Generator, nesting: Nesting, homes: _Homes) -> tuple[Postcodes, Whole]:
    """Fifteen addresses in a row, of one cell, are a postcode; some codes have been given up."""
    order = np.lexsort(
        (
            homes.along,
            homes.piece,
            homes.cell,
            nesting.lsoa[homes.cell],
            nesting.outward[homes.cell],
        )
    )
    cell = homes.cell[order]
    first = np.flatnonzero(np.diff(cell, prepend=-1))
    size = np.diff(np.append(first, len(cell)))
    groups = np.maximum(np.rint(size / TO_A_POSTCODE), 1).astype(np.int64)
    rank = np.arange(len(cell)) - np.repeat(first, size)
    number = np.repeat(np.cumsum(groups) - groups, size) + rank * np.repeat(
        groups, size
    ) // np.repeat(size, size)
    of_home = np.empty(len(cell), dtype=np.int64)
    of_home[order] = number
    live = int(number[-1]) + 1
    count = np.bincount(number)
    middle = order[np.searchsorted(number, np.arange(live)) + count // 2]
    old = np.sort(rng.choice(len(cell), size=live // 14, replace=False))
    at = np.concatenate([middle, order[old]])
    outward = nesting.outward[homes.cell[at]]
    turn = np.argsort(outward, kind="stable")
    codes = np.empty(len(at), dtype=object)
    codes[turn] = _units(outward[turn])
    introduced = np.where(rng.random(len(at)) < 0.8, "198001", _month(rng, len(at), 1981, 2018))
    ended = np.concatenate([np.full(live, ""), _month(rng, len(old), 2019, 2023)])
    return Postcodes(
        codes=codes,
        outward=np.array([code.split()[0] for code in codes], dtype=object),
        points=_inside(homes, at),
        oa=nesting.oa[homes.cell[at]],
        introduced=introduced.astype(object),
        ended=ended.astype(object),
    ), of_home


def _inside(homes: _Homes, at: Whole) -> Floats:
    """Whole metres, as in postcode directories."""
    return np.asarray(np.rint(homes.points[at]))


def _month(rng: Generator, size: int, first: int, last: int) -> np.ndarray[tuple[int], np.dtype]:
    year, month = rng.integers(first, last + 1, size), rng.integers(1, 13, size)
    return np.char.add(year.astype(str), np.char.zfill(month.astype(str), 2))


def _units(outward: Whole) -> list[str]:
    """Codes in order: each outward code is filled sector by sector."""
    first = np.searchsorted(outward, outward)
    found = []
    for number, before in zip(
        outward.tolist(), (np.arange(len(outward)) - first).tolist(), strict=True
    ):
        sector, unit = divmod(before, 300)
        unit = unit * 7 % 400  # units of one street are not neighbours in the alphabet
        letters = UNIT_LETTERS[unit // 20] + UNIT_LETTERS[unit % 20]
        found.append(f"ZV{number + 1} {(sector + 1) % 10}{letters}")
    return found
