"""What is planted in the fictional city, and the record of it: the answers to check detectors by.

`lris demo --truth FILE` writes one JSON document:

    {"schema": 1, "fictional": true, "seed": 7, "first_month": "2020-01",
     "last_month": "2022-12", "truths": [...]}

Each truth has the same keys, null where they do not apply:

    id         "hotspot-1"
    kind       one of KINDS
    what       one sentence
    where      {"codes": {vintage: [code, ...]}, "circle": {"easting", "northing", "radius_m"},
                "polygon": [[easting, northing], ...]}: metres EPSG:27700
    when       {"from": "2021-03-01", "to": "2021-05-31"}: days, both included
    categories {source: [category, ...]}: as LRIS writes them
    ratio      events where and when it was planted over those expected without it
    expected   how many there would have been without it
    observed   how many there are: of all that happened, as the partners' feeds tell it. The open
               files of the police lack missing months, and move what they tell to map points
    details    whatever else is known of it

Nothing that looks for such things may know a seed: only this package does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from lris.demo.events import (
    Events,
    Ground,
    Mask,
    Whole,
    day_of,
    elsewhere,
    joined,
)
from lris.demo.kinds import ASB, all_kinds, rows_of
from lris.demo.rhythms import DAYS, MONTHS, draw
from lris.demo.shapes import CITY

SCHEMA = 1
KINDS = (
    "hotspot",
    "near-repeat",
    "step-change",
    "intervention",
    "small-cell",
    "missing-month",
    "partial-delivery",
    "redelivery",
    "identifiers",
    "outlier-school",
    "outlier-practice",
)


@dataclass(frozen=True, slots=True)
class Circle:
    """A circle on the ground, EPSG:27700."""

    easting: float
    northing: float
    radius_m: float


@dataclass(frozen=True, slots=True)
class Where:
    """Where something was planted: codes by vintage, a circle, the corners of a polygon."""

    codes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    circle: Circle | None = None
    polygon: Sequence[tuple[float, float]] | None = None


@dataclass(frozen=True, slots=True)
class Truth:
    """One thing that was planted, as the module's head tells."""

    id: str
    kind: str
    what: str
    where: Where = field(default_factory=Where)
    when: Mapping[str, str] | None = None
    categories: Mapping[str, Sequence[str]] = field(default_factory=dict)
    ratio: float | None = None
    expected: float | None = None
    observed: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


def write_truths(path: Path, seed: int, truths: Sequence[Truth]) -> None:
    """Write the record of what was planted; the same truths give the same bytes."""
    document = {
        "schema": SCHEMA,
        "fictional": True,
        "seed": seed,
        "first_month": str(MONTHS[0]),
        "last_month": str(MONTHS[-1]),
        "truths": [asdict(truth) for truth in truths],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def between(first: int, last: int) -> dict[str, str]:
    """The days of two months of the city and all between, by their numbers from 0."""
    end = (MONTHS[last] + 1).astype("datetime64[D]") - 1
    return {"from": str(MONTHS[first].astype("datetime64[D]")), "to": str(end)}


# ---------------------------------------------------------------- what is planted in the events


@dataclass(slots=True)
class Planting:
    """The events while truths are planted in them one by one, each in a place of its own."""

    ground: Ground
    events: Events
    truths: list[Truth] = field(default_factory=list)
    taken: list[tuple[float, float]] = field(default_factory=list)

    def of(self, kinds: Sequence[int]) -> Mask:
        """The located events of these kinds."""
        return np.isin(self.events.kind, kinds) & (self.events.snap >= 0)

    def inside(self, circle: Circle) -> Mask:
        """The events within a circle."""
        off = self.events.points - (circle.easting, circle.northing)
        return np.asarray((off**2).sum(axis=1) <= circle.radius_m**2, dtype=np.bool_)

    def during(self, first: int, last: int) -> Mask:
        """The events of some months."""
        month = self.events.month
        return np.asarray((month >= MONTHS[first]) & (month <= MONTHS[last]), dtype=np.bool_)

    def add(self, made: Events) -> None:
        """Put events in."""
        self.events = joined([self.events, replace(made, cause=self._cause(len(made)))])

    def keep(self, rows: Mask) -> None:
        """Take all other events out."""
        self.events = self.events.take(rows)

    def note(self, truth: Truth, at: tuple[float, float] | None = None) -> None:
        """Record what was planted, and that nothing else may be planted near."""
        self.truths.append(truth)
        if at is not None:
            self.taken.append(at)

    def is_free(self, points: NDArray[np.float64], apart_m: float = 1400.0) -> Mask:
        """Which points are far from all that was planted."""
        free = np.ones(len(points), dtype=bool)
        for east, north in self.taken:
            free &= (points[:, 0] - east) ** 2 + (points[:, 1] - north) ** 2 > apart_m**2
        return free

    def _cause(self, size: int) -> Whole:
        return np.full(size, len(self.truths) + 1, dtype=np.int64)


def plant(ground: Ground, events: Events) -> tuple[Events, list[Truth]]:
    """Plant everything that is planted in events; other seeds plant it elsewhere."""
    planting = Planting(ground, events)
    _near_repeats(planting, ground.stream(10))
    _step_change(planting, ground.stream(11))
    _intervention(planting, ground.stream(12))
    for number, sort in enumerate(HOTSPOTS, 1):
        _hotspot(planting, number, sort, ground.stream(13, number))
    _small_cells(planting, ground.stream(14))
    return planting.events, planting.truths


def categories_of(kinds: Sequence[int]) -> dict[str, list[str]]:
    """The categories that kinds of event have in each source that tells of them."""
    found: dict[str, set[str]] = {}
    for row in kinds:
        kind = all_kinds()[row]
        found.setdefault(kind.feed, set()).add(kind.slug)
        if kind.street:
            found.setdefault("police_street_crime", set()).add(STREET_SLUGS[kind.street])
    return {source: sorted(found[source]) for source in sorted(found)}


STREET_SLUGS = {
    "Anti-social behaviour": "anti-social-behaviour",
    "Bicycle theft": "bicycle-theft",
    "Burglary": "burglary",
    "Criminal damage and arson": "criminal-damage-arson",
    "Drugs": "drugs",
    "Other theft": "other-theft",
    "Possession of weapons": "possession-of-weapons",
    "Public order": "public-order",
    "Robbery": "robbery",
    "Shoplifting": "shoplifting",
    "Theft from the person": "theft-from-the-person",
    "Vehicle crime": "vehicle-crime",
    "Violence and sexual offences": "violent-crime",
    "Other crime": "other-crime",
}

# ---------------------------------------------------------------- near repeats

NEAR_M, NEAR_DAYS = 200.0, 14
_CHILDREN, _SAME_ADDRESS = 0.12, 0.18
_DAYS_LATER = np.array([14, 15, 14, 12, 10, 8, 7, 6, 5, 4, 4, 3, 3, 3])


def _near_repeats(planting: Planting, rng: np.random.Generator) -> None:
    """Some burglaries follow another one near and soon: 12 % of them, in 200 m and 14 days."""
    kinds = rows_of(words="Burglary in a dwelling")
    events, ground = planting.events, planting.ground
    rows = np.flatnonzero(planting.of(kinds))
    children = np.sort(rng.choice(rows, round(_CHILDREN * rows.size), replace=False))
    early = day_of(events.end) < DAYS.size - NEAR_DAYS - 8
    parents = rows[np.isin(rows, children, invert=True) & early[rows]]
    parent = rng.choice(parents, children.size)
    later = draw(_DAYS_LATER, children.size, rng).astype("timedelta64[D]")
    start = events.start.copy()
    length = events.end[children] - events.start[children]
    clock = events.start[children] - events.start[children].astype("datetime64[D]")
    begun = events.start[parent].astype("datetime64[D]") + later + clock
    start[children] = np.maximum(begun, events.start[parent])
    end = events.end.copy()
    end[children] = start[children] + length
    points, cause = events.points.copy(), events.cause.copy()
    points[children] = _near(ground, events.points[parent], rng)
    cause[children] = len(planting.truths) + 1
    moved = replace(events, start=start, end=end, points=points, cause=cause)
    snap = moved.snap.copy()
    snap[children] = ground.nearest(points[children])
    planting.events = joined([replace(moved, snap=snap)])
    planting.note(
        Truth(
            "near-repeat-1",
            "near-repeat",
            f"{_CHILDREN:.0%} of dwelling burglaries follow an earlier one within {NEAR_M:.0f} m"
            f" and {NEAR_DAYS} days",
            Where({"lad_2022": ground.land.lad.codes.tolist()}),
            between(0, MONTHS.size - 1),
            categories_of(kinds),
            observed=int(children.size),
            details={
                "of": int(rows.size),
                "share": _CHILDREN,
                "distance_m": NEAR_M,
                "days": NEAR_DAYS,
                "same_address_share": _SAME_ADDRESS,
            },
        )
    )


def _near(
    ground: Ground, origin: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """An address within reach of each origin, or the origin itself where there is none."""
    turn = 2 * np.pi * rng.random(len(origin))
    reach = np.where(
        rng.random(len(origin)) < _SAME_ADDRESS, 0.0, 15.0 + 180.0 * rng.random(len(origin))
    )
    aim = origin + reach[:, None] * np.c_[np.cos(turn), np.sin(turn)]
    found = ground.land.addresses.points[ground.homes.query(aim)[1]]
    far = ((found - origin) ** 2).sum(axis=1) > (NEAR_M - 1.0) ** 2
    return np.where((far | (reach == 0.0))[:, None], origin, found)


# ---------------------------------------------------------------- a step change


def _step_change(planting: Planting, rng: np.random.Generator) -> None:
    """One category in one ward goes up or down in a certain month, and stays there."""
    land, events = planting.ground.land, planting.events
    street = str(rng.choice(("Vehicle crime", "Criminal damage and arson", "Public order")))
    kinds = rows_of(street=street)
    ratio = float(rng.choice((0.5, 0.6, 1.7, 2.0)))
    first = int(rng.integers(12, 25))
    of_kind = planting.of(kinds)
    ward_of = np.where(events.snap >= 0, land.ward_of_oa[land.snap.oa[events.snap]], -1)
    many = np.bincount(ward_of[of_kind], minlength=len(land.ward)) * (land.lad_of_ward == CITY)
    middle = np.argsort(many, kind="stable")[-max(6, len(many) // 2) : -3]
    ward = int(rng.choice(middle[many[middle] > 0]))
    here = of_kind & (ward_of == ward)
    after = here & planting.during(first, MONTHS.size - 1)
    expected = int(after.sum())
    if ratio < 1:
        gone = rng.choice(np.flatnonzero(after), round((1 - ratio) * expected), replace=False)
        rows = np.ones(len(events), dtype=bool)
        rows[gone] = False
        planting.keep(rows)
    else:
        size = round((ratio - 1) * expected)
        like = rng.choice(np.flatnonzero(here), size)
        when = rng.choice(np.flatnonzero(of_kind & planting.during(first, 35)), size)
        planting.add(elsewhere(planting.ground, events, like, when, rng))
    x, y = land.ward.points[ward]
    planting.note(
        Truth(
            "step-change-1",
            "step-change",
            f"{street} in {land.ward.names[ward]} changes to {ratio:g} times what it was, for good",
            Where({"ward_2019": [land.ward.codes[ward]], "ward_2024": [land.ward.codes[ward]]}),
            between(first, MONTHS.size - 1),
            categories_of(kinds),
            ratio,
            expected,
            round(ratio * expected),
        ),
        (float(x), float(y)),
    )


# ---------------------------------------------------------------- an intervention


def _intervention(planting: Planting, rng: np.random.Generator) -> None:
    """Something is done about a category in a circle; part of what is prevented goes next door."""
    street = str(rng.choice(("Criminal damage and arson", "Vehicle crime", ASB)))
    kinds = rows_of(street=street)
    first = int(rng.integers(16, 26))
    last = MONTHS.size - 1
    inner = _circle(planting, kinds, float(rng.integers(8, 12)) * 50.0, (0, last), 260, rng)
    outer = replace(inner, radius_m=inner.radius_m + 300.0)
    events, ground = planting.events, planting.ground
    of_kind, inside = planting.of(kinds), planting.inside(inner)
    ring = of_kind & planting.inside(outer) & ~inside
    then = planting.during(first, last)
    there = np.flatnonzero(of_kind & inside & then)
    cut, moved_share = float(rng.choice((0.4, 0.5, 0.6))), float(rng.choice((0.3, 0.4)))
    gone = np.sort(rng.choice(there, round(cut * there.size), replace=False))
    when = np.sort(rng.choice(gone, round(moved_share * gone.size), replace=False))
    like = rng.choice(np.flatnonzero(ring), when.size)
    displaced = _within(
        planting, elsewhere(ground, events, like, when, rng), outer, inner, events, like
    )
    before = int((ring & then).sum())
    rows = np.ones(len(events), dtype=bool)
    rows[gone] = False
    planting.keep(rows)
    planting.add(displaced)
    planting.note(
        Truth(
            "intervention-1",
            "intervention",
            f"{street} falls by {cut:.0%} in a circle; {moved_share:.0%} of what was prevented"
            " happens in a ring of 300 m around it",
            _where(planting, inner),
            between(first, last),
            categories_of(kinds),
            round(1 - gone.size / there.size, 4),
            int(there.size),
            int(there.size - gone.size),
            {
                "prevented": int(gone.size),
                "displaced": len(displaced),
                "ring": {"inner_m": inner.radius_m, "outer_m": outer.radius_m},
                "ring_expected": before,
                "ring_ratio": round((before + len(displaced)) / max(before, 1), 4),
            },
        ),
        (inner.easting, inner.northing),
    )


def _within(
    planting: Planting,
    made: Events,
    outer: Circle,
    inner: Circle | None,
    events: Events,
    like: Whole,
) -> Events:
    """Made events, those astray put exactly where the event they were made after was."""
    off = ((made.points - (outer.easting, outer.northing)) ** 2).sum(axis=1)
    astray = off > outer.radius_m**2
    if inner is not None:
        astray |= off <= inner.radius_m**2
    points = np.where(astray[:, None], events.points[like], made.points)
    return replace(made, points=points, snap=planting.ground.nearest(points))


# ---------------------------------------------------------------- hotspots


@dataclass(frozen=True, slots=True)
class HotspotSort:
    """What sort of hotspot: the events it is of, and how large it may be."""

    name: str
    wanted: Mapping[str, str]
    radius_m: tuple[int, int]
    months: tuple[int, int]
    least: int


HOTSPOTS = (
    HotspotSort("Dwelling burglary", {"words": "Burglary in a dwelling"}, (180, 300), (2, 4), 5),
    HotspotSort("Vehicle crime", {"street": "Vehicle crime"}, (160, 300), (2, 5), 6),
    HotspotSort("Anti-social behaviour", {"street": ASB}, (120, 220), (2, 5), 10),
    HotspotSort(
        "Violence and sexual offences",
        {"street": "Violence and sexual offences"},
        (120, 200),
        (3, 6),
        12,
    ),
    HotspotSort("Robbery", {"street": "Robbery"}, (250, 400), (4, 8), 4),
    HotspotSort(
        "Criminal damage and arson", {"street": "Criminal damage and arson"}, (150, 280), (2, 5), 6
    ),
)


def _hotspot(planting: Planting, number: int, sort: HotspotSort, rng: np.random.Generator) -> None:
    """For some months, several times as many events of a sort in a circle as there would be."""
    kinds = rows_of(**sort.wanted)
    length = int(rng.integers(sort.months[0], sort.months[1] + 1))
    first = int(rng.integers(3, MONTHS.size - length - 1))
    last = first + length - 1
    ratio = float(rng.choice((3.0, 4.0, 5.0)))
    radius = float(rng.integers(sort.radius_m[0] // 10, sort.radius_m[1] // 10 + 1) * 10)
    circle = _circle(planting, kinds, radius, (0, MONTHS.size - 1), sort.least * 36 // length, rng)
    events, of_kind = planting.events, planting.of(kinds)
    here = of_kind & planting.inside(circle)
    usual = int(here.sum()) * length / MONTHS.size
    size = max(10, round((ratio - 1) * usual))
    like = rng.choice(np.flatnonzero(here), size)
    when = rng.choice(np.flatnonzero(of_kind & planting.during(first, last)), size)
    made = elsewhere(planting.ground, events, like, when, rng)
    planting.add(_within(planting, made, circle, None, events, like))
    now = planting.of(kinds) & planting.inside(circle) & planting.during(first, last)
    observed = int(now.sum())
    planting.note(
        Truth(
            f"hotspot-{number}",
            "hotspot",
            f"{sort.name} is {(usual + size) / usual:.1f} times as frequent as usual in a circle"
            f" for {length} months",
            _where(planting, circle),
            between(first, last),
            categories_of(kinds),
            round((usual + size) / usual, 4),
            round(usual, 2),
            observed,
            {"planted": size},
        ),
        (circle.easting, circle.northing),
    )


def _circle(
    planting: Planting,
    kinds: Sequence[int],
    radius_m: float,
    months: tuple[int, int],
    least: int,
    rng: np.random.Generator,
) -> Circle:
    """A circle about a map point with some events of these kinds, but not among the busiest."""
    snap = planting.ground.land.snap
    there = planting.events.points[planting.of(kinds) & planting.during(*months)]
    many = cKDTree(there).query_ball_point(snap.points, radius_m, return_length=True)
    free = planting.is_free(snap.points) & (snap.centrality < 0.3) & (snap.kind == "street")
    fit = np.flatnonzero(free & (many >= least) & (many <= 4 * least))
    if not fit.size:
        fit = np.argsort(np.where(free, many, -1), kind="stable")[-5:]
    east, north = np.rint(snap.points[int(rng.choice(fit))])
    return Circle(float(east), float(north), radius_m)


def _where(planting: Planting, circle: Circle) -> Where:
    """A circle, and the LSOAs of either year that hold map points in it."""
    land, ground = planting.ground.land, planting.ground
    near = np.sort(
        ground.snaps.query_ball_point((circle.easting, circle.northing), circle.radius_m)
    )
    now = np.unique(land.lsoa_of_oa[land.snap.oa[near]])
    then = np.unique(ground.lsoa_2011[near])
    return Where(
        {
            "lsoa_2011": land.lsoa_2011.codes[then[then >= 0]].tolist(),
            "lsoa_2021": land.lsoa.codes[now].tolist(),
        },
        circle,
    )


# ---------------------------------------------------------------- small cells


def _small_cells(planting: Planting, rng: np.random.Generator) -> None:
    """In some areas exactly one, two or three of something in a year, where others have more."""
    land = planting.ground.land
    same = {new: old for old, new, change in land.lsoa_changes if change == "U"}
    kept = np.array(sorted(same))
    for number, street in enumerate(("Robbery", "Possession of weapons", "Drugs"), 1):
        kinds = rows_of(street=street)
        events, year = planting.events, int(rng.integers(0, 3))
        wanted = planting.of(kinds) & planting.during(12 * year, 12 * year + 11)
        lsoa = np.where(events.snap >= 0, land.lsoa_of_oa[land.snap.oa[events.snap]], -1)
        many = np.bincount(lsoa[wanted], minlength=len(land.lsoa))
        free = kept[planting.is_free(land.lsoa.points[kept], 900.0)]
        enough = free[many[free] >= number]
        fit = enough[np.argsort(many[enough], kind="stable")[:40]]
        area = int(rng.choice(fit))
        rows = np.flatnonzero(wanted & (lsoa == area) & (events.snap >= 0))
        stay = np.ones(len(events), dtype=bool)
        stay[rng.choice(rows, rows.size - number, replace=False)] = False
        planting.keep(stay)
        planting.note(
            Truth(
                f"small-cell-{number}",
                "small-cell",
                f"exactly {number} of {street} in {land.lsoa.names[area]} in {2020 + year}",
                Where(
                    {
                        "lsoa_2011": [land.lsoa_2011.codes[same[area]]],
                        "lsoa_2021": [land.lsoa.codes[area]],
                    }
                ),
                between(12 * year, 12 * year + 11),
                categories_of(kinds),
                observed=number,
            ),
            tuple(land.lsoa.points[area].tolist()),
        )


# ---------------------------------------------------------------- what is amiss with deliveries


@dataclass(frozen=True, slots=True)
class Deliveries:
    """What becomes of the police's monthly files; months by their numbers from 0.

    missing: never delivered. partial: delivered up to a day of the month. redelivered: delivered a
    second time, with what had become known.
    """

    missing: int | None
    partial: int | None
    partial_to_day: int
    redelivered: tuple[int, ...]


def plan_deliveries(ground: Ground, truths: Sequence[Truth]) -> Deliveries:
    """Which months are missing, partial and delivered again; where nothing is planted, none lacks.

    The months of hotspots and the first of a change are left whole, so that they can be found.
    """
    rng = ground.stream(20)
    order = rng.permutation(np.arange(4, MONTHS.size - 4)).tolist()
    spared = [one.when for one in truths if one.when and one.kind == "hotspot"]
    clear = [
        month
        for month in order
        if not any(one["from"][:7] <= str(MONTHS[month]) <= one["to"][:7] for one in spared)
    ]
    months = clear + [month for month in order if month not in clear]
    to_day = int(rng.integers(11, 19))
    again = tuple(sorted(months[2:5]))
    if not truths:
        return Deliveries(None, None, to_day, again)
    return Deliveries(months[0], months[1], to_day, again)
