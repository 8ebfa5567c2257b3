"""Cities with nothing planted, and what the maps of significance flag in them.

Nothing planted is not nothing there: the maker puts shops into centres and hardship into quarters,
and a map that finds the centre is right. So each city is looked at in four ways:

* dealt over the ground: as many incidents as it had, each anywhere by lot, in proportion to land
  (squares) or to residents (areas). Nothing is to be found, and this is what "null" means: at most
  one map in twenty may have anything flagged.
* dealt over places: its own counts, put on other places by lot. Places are uneven, and which lie
  together is chance; a very full one is a finding all the same, with those that touch it.
* change: the same months of two years, cell by cell. The city changes as a whole, no place alone.
* as it is: with its centre and its quarters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import shapely

from lris.demo.events import Events, Ground, ordinary_events
from lris.demo.geography import CITY, Geography, make_geography
from lris.demo.kinds import ASB, all_kinds
from lris.hotspots.units import TESTED_FROM, touching
from lris.rules import dealing, grids, local_stats
from lris.rules.comparing import ratio_test
from lris.rules.several import benjamini_hochberg
from lris.rules.smoothing import eb_global

CELL_M = 250.0
ALPHA = 0.05
CRIME = "all crime"
CASES = (
    ("Burglary", 3),
    ("Vehicle crime", 12),
    ("Shoplifting", 1),
    ("Possession of weapons", 3),
    (CRIME, 12),
)
"""What is mapped, and how many months from the start of 2021."""

START = np.datetime64("2021-01", "M")
A_YEAR = 12
WAYS = ("dealt over the ground", "dealt over places", "as it is")
Numbers = np.ndarray


@dataclass(frozen=True)
class Told:
    """How many of the places of one map were flagged, of how many tested."""

    seed: int
    case: str
    unit: str
    way: str
    method: str
    flagged: int
    tested: int


@dataclass(frozen=True)
class Places:
    """What is counted in: land or residents of each place, who is next to whom."""

    unit: str
    room: Numbers
    around: local_stats.Neighbours
    of_snap: Numbers = field(repr=False)

    def counted(self, snap: Numbers) -> Numbers:
        """Incidents at map points by place; those of map points in none are left out."""
        at = self.of_snap[snap]
        return np.bincount(at[at >= 0], minlength=self.room.size).astype(float)

    def dealt(self, incidents: Numbers, draw: np.random.Generator) -> Numbers:
        """As many incidents, each anywhere by lot."""
        return draw.multinomial(int(incidents.sum()), self.room / self.room.sum()).astype(float)


def told(seed: int) -> Iterator[Told]:
    """Everything that is flagged in the city of a seed, every way."""
    land = make_geography(seed)
    events = ordinary_events(Ground(land))
    draw = np.random.default_rng(seed)
    for places in (squares(land), areas(land)):
        for name, months in CASES:
            own = places.counted(snaps(events, name, START, months))
            case = f"{name}, {months} {'month' if months == 1 else 'months'}"
            for way, counts in zip(
                WAYS, (places.dealt(own, draw), draw.permutation(own), own), strict=True
            ):
                for method, flagged, tested in flagged_by(places, counts):
                    yield Told(seed, case, places.unit, way, method, flagged, tested)
            before = places.counted(snaps(events, name, START - A_YEAR, months))
            flagged, tested = changed(own, before)
            yield Told(seed, case, places.unit, "change", "compare", flagged, tested)


def flagged_by(places: Places, counts: Numbers) -> Iterator[tuple[str, int, int]]:
    """Which method flags how many, tested as the maps are."""
    values = counts if places.unit == "squares" else eb_global(counts, places.room)
    if np.ptp(values) == 0:  # Chance alone, and seen as such.
        for method in ("gi_star", "gi_star, normal p", "local_moran"):
            yield method, 0, counts.size
        return
    z = local_stats.gi_star(values, places.around)
    *_, deviate = local_stats.local_moran(values, places.around)
    for method, p in (
        ("gi_star", dealing.gi_star_p(z, places.around, counts, places.room)),
        ("gi_star, normal p", local_stats.two_sided_p(z)),
        (
            "local_moran",
            dealing.local_moran_p(deviate, values, places.around, counts, places.room),
        ),
    ):
        yield method, int((benjamini_hochberg(p) <= ALPHA).sum()), counts.size


def changed(now: Numbers, before: Numbers) -> tuple[int, int]:
    """Places with clearly more or fewer than a year before, beside the city's own change."""
    *_, p = ratio_test(now, now.sum(), before, before.sum())
    return int((benjamini_hochberg(p) <= ALPHA).sum()), int(np.isfinite(p).sum())


def snaps(events: Events, name: str, start: np.datetime64, months: int) -> Numbers:
    """The map points of the incidents of a category and some months."""
    street = np.array([kind.street for kind in all_kinds()], dtype=object)[events.kind]
    wanted = (street == name) if name != CRIME else (street != "") & (street != ASB)
    during = (events.month >= start) & (events.month < start + months)
    return events.snap[wanted & during & (events.snap >= 0)]


def squares(land: Geography) -> Places:
    """The squares of the city of which enough is land."""
    outline = shapely.make_valid(land.lad.outlines[CITY])
    cells = grids.square(outline.bounds, CELL_M)
    share = cells.shares_inside(outline)
    tested = share >= TESTED_FROM
    number = np.append(np.where(tested, np.cumsum(tested) - 1, -1), -1)
    return Places(
        "squares",
        share[tested],
        cells.neighbours(tested),
        number[cells.cell_of(*land.snap.points.T)],
    )


def areas(land: Geography) -> Places:
    """The LSOAs of the city."""
    rows = np.flatnonzero(land.lad_of_lsoa == CITY)
    number = np.full(len(land.lsoa), -1)
    number[rows] = np.arange(rows.size)
    return Places(
        "LSOAs",
        land.lsoa.residents[rows].astype(float),
        touching(land.lsoa.outlines[rows]),
        number[land.lsoa_of_oa[land.snap.oa]],
    )
