"""Areas of every level out of cells: people per cell, levels that nest, wards that do not, two
vintages.

All parts are connected by construction: whatever a cut leaves stranded goes to the other side.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from lris.demo.land import Land, pieces
from lris.demo.shapes import CITY, NEIGHBOUR, Floats, Whole

Mask = NDArray[np.bool_]

LSOAS = (300, 120)
MSOAS = (60, 24)
WARDS = (24, 12)
OUTWARD_CODES = (14, 8)
SPLIT_LSOAS = 14
MERGED_LSOAS = 7
IRREGULAR_PAIRS = 3
SPLIT_MSOAS = 2
GROWTH_OF_A_SPLIT = 1.75
NEAR_ENOUGH = 0.22
MOST_IN_AN_OA = 625


@dataclass(frozen=True, slots=True)
class Nesting:
    """What each cell belongs to, by numbers without gap from 0; and who lives in it.

    `people`, `households`: (n,) int, at the census of 2021; `people_2011`, `households_2011` of
    2011. `oa`, `lsoa`, `msoa` of 2021 and `oa_2011`, `lsoa_2011`, `msoa_2011`; `ward`; `outward`:
    (n,) int. `latest`: the kind of change of each LSOA of 2011: 'U', 'S', 'M' or 'X'.
    """

    people: Whole
    households: Whole
    people_2011: Whole
    households_2011: Whole
    oa: Whole
    lsoa: Whole
    msoa: Whole
    oa_2011: Whole
    lsoa_2011: Whole
    msoa_2011: Whole
    ward: Whole
    outward: Whole
    change_of_lsoa_2011: tuple[str, ...]


def make_nesting(rng: Generator, land: Land) -> Nesting:
    """Group the cells of the land into areas of every level and both vintages."""
    people, households = _people(rng, land)
    msoa = _by_district(land, people, MSOAS, rng, tilt=0.25)
    lsoa = _lsoas(land, people, msoa, rng)
    ward = _by_district(land, people, WARDS, rng, tilt=1.2)
    outward = _by_district(land, people, OUTWARD_CODES, rng, tilt=0.7)
    vintages = _vintages(rng, land, people, _Now(lsoa, msoa, ward, outward))
    then = _people_then(rng, people, vintages)
    return Nesting(
        people=people,
        households=households,
        people_2011=then,
        households_2011=np.maximum(np.rint(households * then / people * 0.985), 20).astype(
            np.int64
        ),
        oa=vintages.oa,
        lsoa=lsoa,
        msoa=msoa,
        oa_2011=vintages.oa_2011,
        lsoa_2011=vintages.lsoa_2011,
        msoa_2011=vintages.msoa_2011,
        ward=ward,
        outward=outward,
        change_of_lsoa_2011=vintages.change,
    )


def _people(rng: Generator, land: Land) -> tuple[Whole, Whole]:
    """Usual residents and households of each cell: 110 to 600, and about 2.4 to a household."""
    cells = len(land.seeds)
    people = np.clip(np.rint(np.exp(rng.normal(np.log(305.0), 0.2, cells))), 112, 600)
    size = np.clip(2.42 - 0.25 * land.density + rng.normal(0.0, 0.16, cells), 1.75, 3.1)
    return people.astype(np.int64), np.clip(np.rint(people / size), 41, 249).astype(np.int64)


# ---------------------------------------------------------------- cutting in connected parts


def _by_district(
    land: Land, people: Whole, counts: tuple[int, int], rng: Generator, *, tilt: float
) -> Whole:
    """Both districts cut into so many parts of about equal population, numbered through."""
    label = np.zeros(len(people), dtype=np.int64)
    first = 0
    for district in (CITY, NEIGHBOUR):
        cells = np.flatnonzero(land.lad == district).tolist()
        parts = _cut(land, people, cells, counts[district], rng, tilt)
        for number, part in enumerate(parts):
            label[part] = first + number
        first += len(parts)
    return label


def _lsoas(land: Land, people: Whole, msoa: Whole, rng: Generator) -> Whole:
    """Each MSOA cut into LSOAs: as many as its share of the district's."""
    label = np.zeros(len(people), dtype=np.int64)
    first = 0
    for district in (CITY, NEIGHBOUR):
        own = np.unique(msoa[land.lad == district])
        size = np.bincount(msoa, people)[own]
        for number, count in zip(own, _shares(size, LSOAS[district]), strict=True):
            cells = np.flatnonzero(msoa == number).tolist()
            for part in _cut(land, people, cells, int(count), rng, 0.3):
                label[part] = first
                first += 1
    return label


def _shares(size: Floats, total: int) -> Whole:
    """A total in whole numbers in proportion to sizes: largest remainders."""
    exact = size * total / size.sum()
    whole = np.floor(exact).astype(np.int64)
    order = np.argsort(-(exact - whole), kind="stable")
    whole[order[: total - whole.sum()]] += 1
    return np.asarray(whole, dtype=np.int64)


def _cut(
    land: Land, people: Whole, cells: list[int], count: int, rng: Generator, tilt: float
) -> list[list[int]]:
    """Bisect connected cells again and again, across their longer side, into `count` connected
    parts.
    """
    if count == 1 or len(cells) <= 1:
        return [cells]
    half = count // 2
    a, b = _two(land, people, cells, half / count, rng.uniform(-tilt, tilt))
    return _cut(land, people, a, half, rng, tilt) + _cut(land, people, b, count - half, rng, tilt)


def _two(
    land: Land, people: Whole, cells: list[int], share: float, tilt: float
) -> tuple[list[int], list[int]]:
    """Two connected parts, the first with about that share of the people."""
    at = land.seeds[cells] - land.seeds[cells].mean(axis=0)
    xx, yy, xy = (at[:, 0] ** 2).sum(), (at[:, 1] ** 2).sum(), (at[:, 0] * at[:, 1]).sum()
    longer = 0.5 * np.arctan2(2 * xy, xx - yy)
    total = people[cells].sum()
    best, least = ([0], [0]), np.inf
    for turn in (tilt, tilt + 0.6, tilt - 0.6, tilt + np.pi / 2):
        parts = _across(land, people, cells, share, longer + turn)
        error = abs(people[parts[0]].sum() / total - share) / min(share, 1 - share)
        if error < least:
            best, least = parts, error
        if error < NEAR_ENOUGH:
            break
    return best


def _across(
    land: Land, people: Whole, cells: list[int], share: float, angle: float
) -> tuple[list[int], list[int]]:
    at = land.seeds[cells] - land.seeds[cells].mean(axis=0)
    order = np.argsort(np.round(at @ np.array([np.cos(angle), np.sin(angle)]), 1), kind="stable")
    reached = np.cumsum(people[cells][order]) / people[cells].sum()
    ahead = int(np.searchsorted(reached, share))
    if ahead == 0 or reached[ahead] - share < share - reached[ahead - 1]:
        ahead += 1
    ahead = min(ahead, len(cells) - 1)
    first = [cells[n] for n in order[:ahead].tolist()]
    return joined(land, first, [cells[n] for n in order[ahead:].tolist()])


def joined(land: Land, a: list[int], b: list[int]) -> tuple[list[int], list[int]]:
    """Two parts of something connected, each made connected: strays go to the other part."""
    kept, *strays = pieces(a, land.neighbours)
    b = b + [cell for stray in strays for cell in stray]
    whole, *strays = pieces(b, land.neighbours)
    return sorted(kept + [cell for stray in strays for cell in stray]), whole


# ---------------------------------------------------------------- two vintages


@dataclass(frozen=True, slots=True)
class _Vintages:
    oa: Whole
    oa_2011: Whole
    lsoa_2011: Whole
    msoa_2011: Whole
    change: tuple[str, ...]
    grown: Mask
    shrunk: Mask


@dataclass(frozen=True, slots=True)
class _Now:
    """The areas of 2021 and of other kinds that each cell lies in."""

    lsoa: Whole
    msoa: Whole
    ward: Whole
    outward: Whole


def _vintages(rng: Generator, land: Land, people: Whole, now: _Now) -> _Vintages:
    """The areas of 2011: most the same, some of them split, merged or moved since."""
    lsoa, msoa = now.lsoa, now.msoa
    then = lsoa.copy()
    kind = dict.fromkeys(np.unique(lsoa).tolist(), "U")
    fresh = int(lsoa.max()) + 1
    shuffled = rng.permutation(int(msoa.max()) + 1).tolist()
    per_msoa = [sorted(set(lsoa[msoa == m].tolist())) for m in shuffled]
    splits, rest = per_msoa[:SPLIT_LSOAS], per_msoa[SPLIT_LSOAS:]
    for own in splits:  # two of today were one
        a, b = next(_adjacent_pairs(land, lsoa, own))
        then[lsoa == b] = a
        kind[a] = "S"
        del kind[b]
    irregular = rest[:IRREGULAR_PAIRS]
    for own in irregular:  # a border has moved over some cells
        a, b, moved = _moved_border(land, lsoa, own)
        then[moved] = a
        kind[a] = kind[b] = "X"
    candidates = rest[IRREGULAR_PAIRS : len(rest) - SPLIT_MSOAS]
    for own in candidates[:MERGED_LSOAS]:  # one of today was two
        largest = max(own, key=lambda one: (int((lsoa == one).sum()), -one))
        cells = np.flatnonzero(lsoa == largest).tolist()
        _, other = _two(land, np.ones(len(lsoa), dtype=np.int64), cells, 0.5, 0.0)
        then[other] = fresh
        kind[largest] = kind[fresh] = "M"
        fresh += 1
    msoa_then = _msoas_then(land, msoa, shuffled[-SPLIT_MSOAS:])
    numbers, compact = np.unique(then, return_inverse=True)
    change = tuple(kind[int(n)] for n in numbers)
    grown = np.isin(then, [n for n in kind if kind[n] == "S"])
    shrunk = np.isin(then, [n for n in kind if kind[n] == "M"])
    oa, oa_then = _output_areas(
        rng, land, people, (lsoa, then, now.ward, now.outward), grown, shrunk
    )
    return _Vintages(oa, oa_then, compact.astype(np.int64), msoa_then, change, grown, shrunk)


def _adjacent_pairs(land: Land, label: Whole, own: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Two at a time of the areas that share a border."""
    wanted = set(own)
    for cell in np.flatnonzero(np.isin(label, own)).tolist():
        for other in land.neighbours[cell]:
            a, b = int(label[cell]), int(label[other])
            if a < b and b in wanted:
                yield a, b


def _moved_border(land: Land, label: Whole, own: Sequence[int]) -> tuple[int, int, int]:
    """Two neighbours of the areas, and a cell of the second that the first may take."""
    for pair in _adjacent_pairs(land, label, own):
        for a, b in (pair, pair[::-1]):
            if (cell := _movable(land, label, a, b)) is not None:
                return a, b, cell
    raise AssertionError("of several areas one can spare a cell at a border")


def _movable(land: Land, label: Whole, a: int, b: int) -> int | None:
    """A cell of `b` at the border of `a` whose leaving keeps `b` in one piece, if there is one."""
    cells = np.flatnonzero(label == b).tolist()
    for cell in cells:
        beside = any(label[other] == a for other in land.neighbours[cell])
        left = [one for one in cells if one != cell]
        if beside and len(pieces(left, land.neighbours)) == 1:
            return cell
    return None


def _msoas_then(land: Land, msoa: Whole, chosen: list[int]) -> Whole:
    """MSOAs of 2011: some that have been split since."""
    then = msoa.copy()
    for one in chosen:
        beside = [
            int(msoa[other])
            for cell in np.flatnonzero(msoa == one).tolist()
            for other in land.neighbours[cell]
            if land.lad[other] == land.lad[cell] and msoa[other] not in chosen
        ]
        if beside:
            then[msoa == one] = min(beside)
    return np.unique(then, return_inverse=True)[1].astype(np.int64)


def _output_areas(
    rng: Generator,
    land: Land,
    people: Whole,
    within: tuple[Whole, ...],
    grown: Mask,
    shrunk: Mask,
) -> tuple[Whole, Whole]:
    """OAs: a cell each, but for pairs that were one in 2011 (growth) or are one today (decline).

    Both cells of a pair lie in the same of all the areas `within` which OAs are whole.
    """
    oa, oa_then = np.arange(len(people)), np.arange(len(people))
    used: set[int] = set()
    for cell in rng.permutation(len(people)).tolist():
        where = oa_then if grown[cell] else oa if shrunk[cell] else None
        if where is None or cell in used or rng.random() < 0.45:
            continue
        for other in land.neighbours[cell]:
            same = all(one[other] == one[cell] for one in within)
            small = where is oa_then or people[other] + people[cell] <= MOST_IN_AN_OA
            if same and small and other not in used:
                where[other] = cell
                used.update((cell, other))
                break
    compact = [np.unique(one, return_inverse=True)[1].astype(np.int64) for one in (oa, oa_then)]
    return compact[0], compact[1]


def _people_then(rng: Generator, people: Whole, vintages: _Vintages) -> Whole:
    """Residents of cells in 2011: fewer where areas were split since, more where merged."""
    growth = np.exp(rng.normal(0.055, 0.05, len(people)))
    growth = np.where(vintages.grown, GROWTH_OF_A_SPLIT, growth)
    growth = np.where(vintages.shrunk, 0.8, growth)
    return np.maximum(np.rint(people / growth), 60).astype(np.int64)
