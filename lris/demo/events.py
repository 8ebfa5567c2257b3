"""What happened in the fictional city in three years: every event with its time and exact place.

The police's open files and the partners' feeds are two images of these same events: the first
snapped to map points and known to the month, the second as exact as they come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from lris.demo.kinds import Kind, all_kinds
from lris.demo.rhythms import DAYS, FIRST_DAY, draw, draw_minutes, hour_weights, moments
from lris.demo.shapes import HARDSHIP, Geography

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Moments = NDArray[np.datetime64]
Mask = NDArray[np.bool_]

SETTINGS = ("home", "kerb", "street", "centre", "shop", "parking", "open", "fuel", "road", "alley")
YEARS = DAYS.size / 365.25
FORCE_STREAM = 1829
"""Tells the random numbers of this part of the city from those of the land."""


@dataclass(frozen=True, slots=True)
class Events:
    """Events in order of time; all columns have the same length.

    kind: row of `all_kinds()`. start, end: to the minute; the same where the time is known, else
    between which two moments it happened. points: (n, 2) metres EPSG:27700 to 0.1 m, NaN where the
    place was never known. snap: row of SnapPoints nearest to it, -1 for none. setting: row of
    SETTINGS. cause: 0, or the number of the planted truth that it is there for.
    """

    kind: Whole
    start: Moments
    end: Moments
    points: Floats
    snap: Whole
    setting: Whole
    cause: Whole

    def __len__(self) -> int:
        return self.kind.size

    def take(self, rows: Whole | Mask) -> Events:
        """These rows, in the order given."""
        return Events(*(getattr(self, name)[rows] for name in self.__slots__))

    @property
    def month(self) -> NDArray[np.datetime64]:
        """The month in which each began, which is the one the police publish it under."""
        return self.start.astype("datetime64[M]")


def joined(parts: Sequence[Events]) -> Events:
    """Several lots of events as one, in order of time; ties by kind and place."""
    whole = Events(
        *(np.concatenate([getattr(part, name) for part in parts]) for name in Events.__slots__)
    )
    order = np.lexsort((whole.points[:, 1], whole.points[:, 0], whole.kind, whole.start))
    return whole.take(order)


@dataclass(frozen=True)
class Ground:
    """The land as events see it: where addresses are, what is nearest, how places attract."""

    land: Geography

    @cached_property
    def snaps(self) -> cKDTree:
        """The map points, to find the nearest."""
        return cKDTree(self.land.snap.points)

    @cached_property
    def homes(self) -> cKDTree:
        """The addresses, to find the nearest."""
        return cKDTree(self.land.addresses.points)

    @cached_property
    def homes_of_snap(self) -> tuple[Whole, Whole, Whole]:
        """Addresses by the map point nearest to them; where each point's begin; how many it has."""
        nearest = self.nearest(self.land.addresses.points)
        order = np.argsort(nearest, kind="stable")
        many = np.bincount(nearest, minlength=len(self.land.snap))
        return order, np.cumsum(many) - many, many

    @cached_property
    def lsoa_2011(self) -> Whole:
        """The row of lsoa_2011 that each map point lies in."""
        tree = shapely.STRtree(self.land.lsoa_2011.outlines)
        at, area = tree.query(shapely.points(self.land.snap.points), predicate="intersects")
        found = np.full(len(self.land.snap), -1, dtype=np.int64)
        order = np.lexsort((area, at))[::-1]
        found[at[order]] = area[order]
        return found

    @cached_property
    def lad(self) -> Whole:
        """The row of lad that each map point lies in."""
        return self.land.lad_of_oa[self.land.snap.oa]

    def stream(self, *part: int) -> np.random.Generator:
        """Random numbers of one part, which no other part's draws move."""
        return np.random.default_rng(np.random.SeedSequence([self.land.seed, FORCE_STREAM, *part]))

    def nearest(self, points: Floats) -> Whole:
        """The map point nearest to each point: where the police would move it; -1 for nowhere."""
        found = np.full(len(points), -1, dtype=np.int64)
        known = np.isfinite(points[:, 0])
        found[known] = self.snaps.query(points[known])[1]
        return found


# ---------------------------------------------------------------- what draws events to a place

_AT_CENTRE = {"Nightclub": 26.0, "Shopping Area": 9.0, "Bus/Coach Station": 10.0}
_AT_CENTRE |= {
    "Theatre/Concert Hall": 5.0,
    "Conference/Exhibition Centre": 3.0,
    "Parking Area": 3.0,
}
_AT_SHOP = {"Shopping Area": 9.0, "Supermarket": 16.0, "Petrol Station": 3.0}
_AT_PARKING = {"Parking Area": 8.0, "Supermarket": 2.0, "Hospital": 5.0, "Bus/Coach Station": 3.0}
_AT_PARKING |= {"Sports/Recreation Area": 1.5, "Further/Higher Educational Building": 3.0}
_AT_OPEN = {"Park/Open Space": 5.0, "Sports/Recreation Area": 4.0, "Pedestrian Subway": 6.0}
_AT_OPEN |= {"Bus/Coach Station": 8.0, "Shopping Area": 4.0, "Hospital": 5.0, "Supermarket": 3.0}
_AT_OPEN |= {"Further/Higher Educational Building": 3.0, "Parking Area": 1.5}
_SPREAD_QUARTER, _SPREAD_SHARED, _SPREAD_OWN, _MOST = 0.25, 1.55, 0.8, 4.4
"""How uneven quarters and places are: spreads of the logarithm, calibrated on open police files."""


def attractions(ground: Ground) -> dict[str, Floats]:
    """The pull of every map point in each setting, before hardship: (n_snap,) each, 0 or more."""
    snap = ground.land.snap
    homes = ground.homes_of_snap[2].astype(np.float64)
    street, centre = snap.kind == "street", snap.centrality
    through = np.zeros(len(snap), dtype=bool)
    through[street] = ground.land.streets.kind[snap.street[street]] == "through"
    fuel = _of_kind(snap.kind, {"Petrol Station": 1.0})
    busy = np.where(street, 1.0, _bustle(ground))
    pulls = {
        "home": homes,
        "kerb": street * (4.0 + homes),
        "street": np.where(street, 1.0 + 5.0 * centre + 0.8 * through, 1.0),
        "centre": (0.05 + centre) * np.where(street, 1.0, _of_kind(snap.kind, _AT_CENTRE)),
        "shop": _of_kind(snap.kind, _AT_SHOP) * (0.7 + 0.5 * centre) + street * 1.2 * centre**2,
        "parking": _of_kind(snap.kind, _AT_PARKING) + 0.03 * street,
        "open": _of_kind(snap.kind, _AT_OPEN) + 0.16 * street,
        "fuel": fuel if fuel.any() else street.astype(np.float64),
        "road": np.where(street, 0.5 + 2.0 * through + 1.5 * centre, 0.2),
        "alley": street * (2.0 + homes),
    }
    uneven = ground.stream(1)
    quarter = uneven.normal(0.0, _SPREAD_QUARTER, len(ground.land.oa))
    shared = uneven.normal(0.0, _SPREAD_SHARED, len(snap)) + quarter[snap.oa]
    return {
        name: pulls[name]
        * busy
        * np.exp(np.minimum(shared + uneven.normal(0.0, _SPREAD_OWN, len(snap)), _MOST))
        for name in SETTINGS
    }


_WALK_M, _HOMES_OF_A_TOWN = 800.0, 2500


def _bustle(ground: Ground) -> Floats:
    """How many live within a walk, 1 in a town: a shop among fields has few visitors."""
    near = ground.homes.query_ball_point(
        ground.land.snap.points, _WALK_M, return_length=True, return_sorted=False
    )
    return np.clip(np.asarray(near, dtype=np.float64) / _HOMES_OF_A_TOWN, 0.02, 1.0)


def _of_kind(kinds: NDArray[np.object_], pull: dict[str, float]) -> Floats:
    return np.array([pull.get(kind, 0.0) for kind in kinds.tolist()])


def _weights(ground: Ground, pull: Floats, kind: Kind, setting: str) -> Whole:
    """Whole weights of the map points for one kind of event in one setting."""
    latent = ground.land.latent[ground.land.snap.oa]
    felt = kind.gradient * (1.05 if setting in ("home", "kerb", "alley") else 0.7)
    raised = np.exp(felt * latent[:, HARDSHIP])
    weights: Whole = np.rint(1000.0 * pull * raised).astype(np.int64)
    return weights


# ---------------------------------------------------------------- what happens


def ordinary_events(ground: Ground) -> Events:
    """Everything that happens by itself, before anything is planted."""
    pulls = attractions(ground)
    swings = _swings(ground)
    people = int(ground.land.lsoa.residents.sum())
    parts = []
    for row, kind in enumerate(all_kinds()):
        for number, setting in enumerate(kind.settings):
            rng = ground.stream(2, row, number)
            size = int(rng.poisson(kind.rate * setting.share * people / 1000 * YEARS))
            snap = draw(_weights(ground, pulls[setting.place], kind, setting.place), size, rng)
            hours = hour_weights(setting.rhythm, kind.season, kind.trend)
            hours = np.rint(hours * swings[kind.street or kind.feed]).astype(np.int64)
            parts.append(_events(ground, row, SETTINGS.index(setting.place), snap, hours, rng))
    return joined(parts)


_SWING_OF_DAY, _SWING_OF_MONTH = 0.10, 0.05


def _swings(ground: Ground) -> dict[str, Floats]:
    """How much busier each hour was than its rhythm says: days differ for all, months for each."""
    rng = ground.stream(3)
    months, month = np.unique(DAYS.astype("datetime64[M]"), return_inverse=True)
    day = rng.normal(0.0, _SWING_OF_DAY, DAYS.size)
    sorts = list(dict.fromkeys(kind.street or kind.feed for kind in all_kinds()))
    return {
        sort: np.repeat(np.exp(day + rng.normal(0.0, _SWING_OF_MONTH, months.size)[month]), 24)
        for sort in sorts
    }


def _events(
    ground: Ground, row: int, setting: int, snap: Whole, hours: Whole, rng: np.random.Generator
) -> Events:
    kind, size = all_kinds()[row], snap.size
    start, end = times(kind, draw_minutes(hours, size, rng), rng)
    points = exact_places(ground, snap, SETTINGS[setting], rng)
    points[rng.random(size) < kind.unlocated] = np.nan
    return Events(
        np.full(size, row, dtype=np.int64),
        start,
        end,
        points,
        ground.nearest(points),
        np.full(size, setting, dtype=np.int64),
        np.zeros(size, dtype=np.int64),
    )


_AWAY_MINUTES = {"absence": (420.0, 0.85), "parked": (540.0, 0.65), "closed": (840.0, 0.45)}


def times(kind: Kind, minute: Whole, rng: np.random.Generator) -> tuple[Moments, Moments]:
    """From and to of events at these minutes: the same moment, or the hours nobody was there."""
    begin, end = minute.copy(), minute.copy()
    if kind.away:
        usual, spread = _AWAY_MINUTES[kind.away]
        away = np.minimum(usual * np.exp(rng.normal(0.0, spread, minute.size)), 6000.0)
        before = np.rint(away * rng.random(minute.size)).astype(np.int64)
        ranged = rng.random(minute.size) < kind.ranged
        begin = np.where(ranged, (minute - before) // 15 * 15, minute)
        end = np.where(
            ranged, -(-(minute + np.rint(away).astype(np.int64) - before) // 15) * 15, end
        )
        begin = np.maximum(begin, 0)
    return moments(begin), moments(end)


_JITTER_M = {"home": 0.0, "kerb": 5.0, "street": 6.0, "alley": 9.0, "road": 6.0}
_JITTER_ELSEWHERE_M = 9.0
_BY_ADDRESS = ("home", "kerb", "alley")


def exact_places(ground: Ground, snap: Whole, setting: str, rng: np.random.Generator) -> Floats:
    """Places about map points: at or before an address of theirs, or on the grounds themselves."""
    order, first, many = ground.homes_of_snap
    which = first[snap] + (rng.random(snap.size) * many[snap]).astype(np.int64)
    homes = ground.land.addresses.points[order[np.minimum(which, order.size - 1)]]
    street = ground.land.snap.kind[snap] == "street"
    at_home = (many[snap] > 0) & (street | (setting in _BY_ADDRESS))
    points = np.where(at_home[:, None], homes, ground.land.snap.points[snap])
    reach = np.where(at_home, _JITTER_M.get(setting, _JITTER_ELSEWHERE_M), _JITTER_ELSEWHERE_M)
    return np.round(points + rng.normal(0.0, 1.0, points.shape) * reach[:, None], 1)


def elsewhere(
    ground: Ground, events: Events, like: Whole, when: Whole, rng: np.random.Generator
) -> Events:
    """New events: kind and neighbourhood of the rows `like`, from and to of the rows `when`."""
    made = events.take(like)
    points = made.points.copy()
    for number, setting in enumerate(SETTINGS):
        rows = np.flatnonzero((made.setting == number) & (made.snap >= 0))
        points[rows] = exact_places(ground, made.snap[rows], setting, rng)
    return replace(
        made,
        start=events.start[when],
        end=events.end[when],
        points=points,
        snap=ground.nearest(points),
    )


def day_of(moments_: Moments) -> Whole:
    """Days since the first."""
    days: Whole = (moments_.astype("datetime64[D]") - FIRST_DAY).astype(np.int64)
    return days
