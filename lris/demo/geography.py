"""The land of the fictional city: areas, streets, addresses and postcodes, from a seed.

Nothing here is anywhere: the land lies in open sea some 90 km off the coast, under codes and names
that no publisher has issued. Everything is in metres of the National Grid (EPSG:27700) on a grid of
0.1 m.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.random import Generator, SeedSequence, default_rng
from numpy.typing import NDArray

from lris.demo.fields import autoregressive, means, smoothed, standard
from lris.demo.land import Land, make_land
from lris.demo.nesting import Nesting, make_nesting
from lris.demo.shapes import (
    CITY,
    FACILITIES,
    HARDSHIP,
    NEIGHBOUR,
    URBANITY,
    Addresses,
    Areas,
    Floats,
    Geography,
    Postcodes,
    SnapPoints,
    Streets,
    Texts,
    TownCentre,
    Whole,
)
from lris.demo.streets import Built, make_streets
from lris.demo.words import (
    CITY_NAME,
    CITY_QUARTERS,
    FORCE_CODE,
    FORCE_NAME,
    NEIGHBOUR_NAME,
    NEIGHBOUR_QUARTERS,
)

__all__ = [
    "CITY",
    "FACILITIES",
    "HARDSHIP",
    "NEIGHBOUR",
    "URBANITY",
    "Addresses",
    "Areas",
    "Geography",
    "Postcodes",
    "SnapPoints",
    "Streets",
    "TownCentre",
    "make_geography",
]

CELLS = (1_530, 615)
FIRST_OF_2011, FIRST_OF_2021 = 990_001, 995_001
"""Codes of areas of 2011 and of those new in 2021; publishers' own end far below."""


def make_geography(seed: int) -> Geography:
    """Make the land of one seed; the same seed gives the same land to the last 0.1 m.

    Streams are spawned from `numpy.random.SeedSequence([seed, 27700])`, one for each part, so that
    no part's draws move another's.
    """
    streams = [default_rng(one) for one in SeedSequence([seed, 27_700]).spawn(5)]
    land = make_land(streams[0], *CELLS)
    nesting = make_nesting(streams[1], land)
    built = make_streets(streams[2], land, nesting)
    drawn = _Drawn.of(land, nesting, built)
    oa_2011, msoa_2011, lsoa_2011 = _areas_then(drawn)
    oa, msoa, lsoa = _areas_now(drawn, oa_2011, msoa_2011, lsoa_2011)
    ward = _wards(streams[3], drawn)
    return _numbered(
        seed, drawn, _Levels(oa, lsoa, msoa, ward, oa_2011, lsoa_2011, msoa_2011), streams[4]
    )


# ---------------------------------------------------------------- areas with codes and names


@dataclass(frozen=True, slots=True)
class _Drawn:
    """Cells, what they belong to, and where their people live (sums over addresses)."""

    land: Land
    nesting: Nesting
    built: Built
    points: Floats

    @classmethod
    def of(cls, land: Land, nesting: Nesting, built: Built) -> _Drawn:
        """With the mean of the addresses of each cell's OA standing for the cell."""
        homes = built.addresses
        count = np.bincount(homes.oa)
        sums = [np.bincount(homes.oa, homes.points[:, axis]) for axis in (0, 1)]
        mean = np.column_stack(sums) / count[:, None]
        return cls(land, nesting, built, mean[nesting.oa])


@dataclass(frozen=True, slots=True)
class _Level:
    """Areas in order of code, and `of_cell`: the row of each cell's area."""

    areas: Areas
    of_cell: Whole


@dataclass(frozen=True, slots=True)
class _Levels:
    oa: _Level
    lsoa: _Level
    msoa: _Level
    ward: _Level
    oa_2011: _Level
    lsoa_2011: _Level
    msoa_2011: _Level


def _level(drawn: _Drawn, vintage: str, label: Whole, codes: list[str], names: list[str]) -> _Level:
    """The areas that cells with one label make, sorted by code."""
    order = np.argsort(np.array(codes), kind="stable")
    row_of = np.empty(len(codes), dtype=np.int64)
    row_of[order] = np.arange(len(codes))
    of_cell = row_of[label]
    of_2011 = vintage.endswith("2011")
    nesting = drawn.nesting
    people = nesting.people_2011 if of_2011 else nesting.people
    households = nesting.households_2011 if of_2011 else nesting.households
    outlines = _unions(drawn.land.outlines, of_cell, len(codes))
    areas = Areas(
        vintage=vintage,
        codes=_texts([codes[n] for n in order.tolist()]),
        names=_texts([names[n] for n in order.tolist()]),
        outlines=outlines,
        points=_weighted_points(drawn, outlines, of_cell),
        residents=_summed(people, of_cell),
        households=_summed(households, of_cell),
    )
    return _Level(areas, of_cell)


def _texts(words: list[str]) -> Texts:
    out = np.empty(len(words), dtype=object)
    out[:] = words
    return out


def _summed(counts: Whole, label: Whole) -> Whole:
    return np.bincount(label, counts).astype(np.int64)


def _unions(cells: NDArray[np.object_], of_cell: Whole, count: int) -> NDArray[np.object_]:
    order = np.argsort(of_cell, kind="stable")
    cuts = np.searchsorted(of_cell[order], np.arange(1, count))
    whole = [
        cells[own[0]] if own.size == 1 else shapely.coverage_union_all(cells[own])
        for own in np.split(order, cuts)
    ]
    return np.asarray(shapely.orient_polygons(shapely.normalize(np.array(whole, dtype=object))))


def _weighted_points(drawn: _Drawn, outlines: NDArray[np.object_], of_cell: Whole) -> Floats:
    """Population-weighted centres; one that falls outside is moved to the nearest part inside."""
    people = drawn.nesting.people
    sums = [np.bincount(of_cell, people * drawn.points[:, axis]) for axis in (0, 1)]
    points = np.round(np.column_stack(sums) / np.bincount(of_cell, people)[:, None], 1)
    outside = np.flatnonzero(~shapely.contains_xy(outlines, points))
    inner = shapely.get_coordinates(shapely.point_on_surface(outlines[outside]))
    points[outside] = np.round(inner, 1)
    return points


def _north_to_south(drawn: _Drawn, label: Whole) -> list[int]:
    """The labels, district by district, from north to south."""
    north = np.bincount(label, drawn.land.seeds[:, 1]) / np.bincount(label)
    lad = _parent(label, drawn.land.lad)
    return [int(one) for one in np.lexsort((-np.round(north), lad))]


def _parent(label: Whole, wider: Whole) -> Whole:
    """The wider label of each label that nests in it."""
    first = np.unique(label, return_index=True)[1]
    return wider[first]


def _coded(prefix: str, count: int, first: int) -> list[str]:
    return [f"{prefix}{first + n}" for n in range(count)]


def _areas_then(drawn: _Drawn) -> tuple[_Level, _Level, _Level]:
    """OAs, MSOAs and LSOAs of 2011; MSOAs are numbered from the north, LSOAs lettered in them."""
    nesting = drawn.nesting
    order = _north_to_south(drawn, nesting.msoa_2011)
    msoa_names, numbers = [""] * len(order), {CITY: 0, NEIGHBOUR: 0}
    lad = _parent(nesting.msoa_2011, drawn.land.lad)
    for one in order:
        numbers[int(lad[one])] += 1
        msoa_names[one] = f"{_district_name(int(lad[one]))} {numbers[int(lad[one])]:03d}"
    rank = np.argsort(order, kind="stable")
    codes = [f"E02{FIRST_OF_2011 + int(n)}" for n in rank]
    msoa = _level(drawn, "msoa_2011", nesting.msoa_2011, codes, msoa_names)
    lsoa_codes, lsoa_names = _lettered(
        drawn, nesting.lsoa_2011, nesting.msoa_2011, rank, msoa_names
    )
    lsoa = _level(drawn, "lsoa_2011", nesting.lsoa_2011, lsoa_codes, lsoa_names)
    within = _parent(nesting.oa_2011, lsoa.of_cell)
    turn = np.argsort(np.lexsort((np.arange(within.size), within)), kind="stable")
    oa_codes = [f"E00{FIRST_OF_2011 + int(n)}" for n in turn]
    oa = _level(drawn, "oa_2011", nesting.oa_2011, oa_codes, [""] * len(oa_codes))
    return oa, msoa, lsoa


def _district_name(district: int) -> str:
    return CITY_NAME if district == CITY else NEIGHBOUR_NAME


def _lettered(
    drawn: _Drawn, lsoa: Whole, msoa: Whole, rank: Whole, msoa_names: list[str]
) -> tuple[list[str], list[str]]:
    within = _parent(lsoa, msoa)
    west = np.round(np.bincount(lsoa, drawn.land.seeds[:, 0]) / np.bincount(lsoa))
    order = np.lexsort((west, rank[within]))
    codes, names = [""] * len(order), [""] * len(order)
    letters: dict[int, int] = {}
    for number, one in enumerate(order.tolist()):
        letter = letters.get(int(within[one]), 0)
        letters[int(within[one])] = letter + 1
        codes[one] = f"E01{FIRST_OF_2011 + number}"
        names[one] = f"{msoa_names[within[one]]}{chr(ord('A') + letter)}"
    return codes, names


def _areas_now(
    drawn: _Drawn, oa_then: _Level, msoa_then: _Level, lsoa_then: _Level
) -> tuple[_Level, _Level, _Level]:
    """OAs, MSOAs and LSOAs of 2021: what did not change keeps its code."""
    nesting = drawn.nesting
    msoa_codes, msoa_old = _kept_codes("E02", nesting.msoa, msoa_then)
    msoa_names = [msoa_then.areas.names[old] if old >= 0 else "" for old in msoa_old.tolist()]
    lad = _parent(nesting.msoa, drawn.land.lad)
    last = {
        district: max(
            int(name[-3:])
            for name in msoa_then.areas.names
            if name.startswith(_district_name(district))
        )
        for district in (CITY, NEIGHBOUR)
    }
    for one in np.flatnonzero(msoa_old < 0).tolist():
        last[int(lad[one])] += 1
        msoa_names[one] = f"{_district_name(int(lad[one]))} {last[int(lad[one])]:03d}"
    msoa = _level(drawn, "msoa_2021", nesting.msoa, msoa_codes, msoa_names)
    lsoa_codes, lsoa_old = _kept_codes("E01", nesting.lsoa, lsoa_then)
    names = _names_now(drawn, lsoa_then, lsoa_old, msoa_old, msoa_names)
    lsoa = _level(drawn, "lsoa_2021", nesting.lsoa, lsoa_codes, names)
    oa_codes, _ = _kept_codes("E00", nesting.oa, oa_then)
    return _level(drawn, "oa_2021", nesting.oa, oa_codes, [""] * len(oa_codes)), msoa, lsoa


def _kept_codes(prefix: str, label: Whole, then: _Level) -> tuple[list[str], Whole]:
    """The code of each label, and the row of the same area in 2011, -1 where there is none."""
    pairs = np.unique(np.column_stack([label, then.of_cell]), axis=0)
    now_count, then_count = np.bincount(pairs[:, 0]), np.bincount(pairs[:, 1])
    same = (now_count[pairs[:, 0]] == 1) & (then_count[pairs[:, 1]] == 1)
    old = np.full(int(label.max()) + 1, -1, dtype=np.int64)
    old[pairs[same, 0]] = pairs[same, 1]
    fresh = iter(_coded(prefix, old.size, FIRST_OF_2021))
    return [then.areas.codes[row] if row >= 0 else next(fresh) for row in old.tolist()], old


def _names_now(
    drawn: _Drawn, then: _Level, lsoa_old: Whole, msoa_old: Whole, msoa_names: list[str]
) -> list[str]:
    """Letters go on after those of 2011; in an MSOA that is new they begin again."""
    within = _parent(drawn.nesting.lsoa, drawn.nesting.msoa)
    used: dict[str, int] = {}
    for name in then.areas.names:
        used[name[:-1]] = max(used.get(name[:-1], 0), ord(name[-1]) - ord("A") + 1)
    names = [""] * len(within)
    for one, old in enumerate(lsoa_old.tolist()):
        around = int(within[one])
        if old >= 0 and msoa_old[around] >= 0:
            names[one] = then.areas.names[old]
        else:
            letter = used.get(msoa_names[around], 0)
            used[msoa_names[around]] = letter + 1
            names[one] = f"{msoa_names[around]}{chr(ord('A') + letter)}"
    return names


def _wards(rng: Generator, drawn: _Drawn) -> _Level:
    label = drawn.nesting.ward
    lad = _parent(label, drawn.land.lad)
    names = [""] * lad.size
    for district, quarters in ((CITY, CITY_QUARTERS), (NEIGHBOUR, NEIGHBOUR_QUARTERS)):
        own = np.flatnonzero(lad == district).tolist()
        for one, name in zip(own, rng.permutation(len(quarters))[: len(own)].tolist(), strict=True):
            names[one] = quarters[name]
    return _level(drawn, "ward_2024", label, _coded("E05", lad.size, FIRST_OF_2011), names)


# ---------------------------------------------------------------- the whole, by rows


def _numbered(seed: int, drawn: _Drawn, levels: _Levels, rng: Generator) -> Geography:
    """Everything by rows of areas in order of code."""
    land, nesting, built = drawn.land, drawn.nesting, drawn.built
    oa, lsoa, msoa, ward = (
        one.of_cell for one in (levels.oa, levels.lsoa, levels.msoa, levels.ward)
    )
    lad = _level(
        drawn, "lad_2022", land.lad, _coded("E06", 2, FIRST_OF_2011), [CITY_NAME, NEIGHBOUR_NAME]
    )
    of_oa = np.empty(len(levels.oa.areas), dtype=np.int64)
    of_oa[_parent(oa, nesting.oa)] = np.arange(of_oa.size)
    latent = _latent(rng, land, oa, ward.size)
    weight = levels.oa.areas.residents
    lsoa_of_oa = _parent(oa, lsoa)
    ward_of_oa = _parent(oa, ward)
    then_of_oa = _largest(oa, levels.oa_2011.of_cell, nesting.people)
    lsoa_then_of_oa_then = _parent(levels.oa_2011.of_cell, levels.lsoa_2011.of_cell)
    outward = _parent(oa, nesting.outward)
    return Geography(
        seed=seed,
        lad=lad.areas,
        oa=levels.oa.areas,
        lsoa=levels.lsoa.areas,
        msoa=levels.msoa.areas,
        ward=levels.ward.areas,
        oa_2011=levels.oa_2011.areas,
        lsoa_2011=levels.lsoa_2011.areas,
        msoa_2011=levels.msoa_2011.areas,
        lsoa_of_oa=lsoa_of_oa,
        msoa_of_lsoa=_parent(lsoa, msoa),
        lad_of_lsoa=_parent(lsoa, land.lad),
        lad_of_msoa=_parent(msoa, land.lad),
        lad_of_oa=_parent(oa, land.lad),
        ward_of_oa=ward_of_oa,
        lad_of_ward=_parent(ward, land.lad),
        ward_of_lsoa=_largest(lsoa_of_oa, ward_of_oa, weight),
        lsoa_2011_of_oa_2011=lsoa_then_of_oa_then,
        msoa_2011_of_lsoa_2011=_parent(levels.lsoa_2011.of_cell, levels.msoa_2011.of_cell),
        lad_of_lsoa_2011=_parent(levels.lsoa_2011.of_cell, land.lad),
        oa_2011_of_oa=then_of_oa,
        lsoa_changes=_changes(nesting, levels),
        atom_oa=oa,
        atom_oa_2011=levels.oa_2011.of_cell,
        atom_residents=nesting.people,
        atom_households=nesting.households,
        latent=latent,
        latent_lsoa=standard(means(latent, lsoa_of_oa, weight)),
        neighbours_oa=_pairs(land, oa),
        neighbours_lsoa=_pairs(land, lsoa),
        streets=built.streets,
        snap=replace(built.snap, oa=of_oa[built.snap.oa]),
        addresses=_sorted_by_oa(built.addresses, of_oa),
        postcodes=replace(built.postcodes, oa=of_oa[built.postcodes.oa]),
        centres=land.centres,
        force_code=FORCE_CODE,
        force_name=FORCE_NAME,
        lsoa_2011_of_oa=lsoa_then_of_oa_then[then_of_oa],
        atom_residents_2011=nesting.people_2011,
        atom_households_2011=nesting.households_2011,
        outward_of_oa=_texts([f"ZV{n + 1}" for n in outward.tolist()]),
    )


def _sorted_by_oa(addresses: Addresses, of_oa: Whole) -> Addresses:
    oa = of_oa[addresses.oa]
    order = np.argsort(oa, kind="stable")
    return Addresses(
        addresses.points[order], addresses.snap[order], addresses.postcode[order], oa[order]
    )


def _largest(label: Whole, wider: Whole, weight: Whole) -> Whole:
    """For each label the wider label that holds most of its weight, the first of equals."""
    pairs, of = np.unique(np.column_stack([label, wider]), axis=0, return_inverse=True)
    total = np.bincount(of, weight)
    order = np.lexsort((pairs[:, 1], -total, pairs[:, 0]))
    first = np.unique(pairs[order, 0], return_index=True)[1]
    return np.asarray(pairs[order][first, 1])


def _pairs(land: Land, label: Whole) -> Whole:
    cells = [(a, b) for a, near in enumerate(land.neighbours) for b in near]
    pairs = np.sort(label[np.array(cells)], axis=1)
    return np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0)


def _changes(nesting: Nesting, levels: _Levels) -> tuple[tuple[int, int, str], ...]:
    """What became of each LSOA of 2011, in the words of the publisher's look-up."""
    kind_of = np.empty(len(levels.lsoa_2011.areas), dtype=object)
    kind_of[_parent(nesting.lsoa_2011, levels.lsoa_2011.of_cell)] = nesting.change_of_lsoa_2011
    pairs = np.unique(np.column_stack([levels.lsoa_2011.of_cell, levels.lsoa.of_cell]), axis=0)
    return tuple((a, b, str(kind_of[a])) for a, b in pairs.tolist())


# ---------------------------------------------------------------- latent fields


def _latent(rng: Generator, land: Land, oa: Whole, cells: int) -> Floats:
    """Hardship and urbanity: simultaneous autoregressions with the shape of a city in them."""
    noise = rng.normal(0.0, 1.0, (cells, 4))
    pairs = _pairs(land, np.arange(cells))
    field = smoothed(pairs, autoregressive(pairs, noise[:, :2]))
    centre = land.centres[0]
    away = np.hypot(land.seeds[:, 0] - centre.easting, land.seeds[:, 1] - centre.northing)
    crowded = standard(np.log(land.density))
    inner = np.exp(-(((away - 1_500.0) / 1_300.0) ** 2))
    hardship = 0.95 * field[:, 0] + 0.35 * crowded + 0.5 * inner + 0.1 * noise[:, 2]
    urbanity = 0.6 * field[:, 1] + 0.7 * crowded + 1.2 * np.exp(-away / 900.0) + 0.2 * noise[:, 3]
    both = np.column_stack([hardship, urbanity])
    return standard(means(both, oa, np.ones(cells, dtype=np.int64)))
