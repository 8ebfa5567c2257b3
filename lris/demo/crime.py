"""The police's open files of the fictional city, as data.police.uk issues a force's month.

They are the public image of `lris.demo.events`: each event moved to the nearest map point, its time
known to the month, its area that of the map point, on the LSOAs of 2011 that the publisher used in
those years.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lris.demo.events import Events, Ground, Mask, Whole
from lris.demo.kinds import ASB, all_kinds
from lris.demo.rhythms import MONTHS, draw
from lris.demo.truths import Deliveries, Truth, Where, between

Texts = NDArray[np.object_]

HEADER = (
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,"
    "Crime type,Last outcome category,Context"
)
FOLDER, FOLDER_AGAIN = "police_street_crime", "police_street_crime_redelivered"

_NO_SUSPECT = "Investigation complete; no suspect identified"
_UNABLE = "Unable to prosecute suspect"
_PENDING, _AWAITING = "Under investigation", "Awaiting court outcome"
_MINOR = (
    "Local resolution",
    "Offender given a caution",
    "Action to be taken by another organisation",
    "Formal action is not in the public interest",
    "Further investigation is not in the public interest",
)
_COURT = (
    "Court result unavailable",
    "Court case unable to proceed",
    "Defendant found not guilty",
    "Offender given conditional discharge",
    "Offender fined",
    "Offender given community sentence",
    "Offender given suspended prison sentence",
    "Offender sent to prison",
)
_FINAL = (_NO_SUSPECT, _UNABLE, "Status update unavailable", *_MINOR, *_COURT)
_SHARES: Mapping[str, tuple[int, ...]] = {
    # in a thousand: no suspect, unable, no update; the minor ones; the courts'
    "Bicycle theft": (826, 70, 84, 4, 2, 1, 1, 2, 6, 1, 0, 0, 0, 2, 0, 1),
    "Burglary": (762, 92, 77, 2, 1, 1, 2, 1, 37, 1, 3, 0, 0, 3, 3, 15),
    "Criminal damage and arson": (620, 200, 68, 22, 13, 3, 5, 5, 24, 2, 2, 4, 5, 8, 4, 15),
    "Drugs": (22, 95, 80, 200, 150, 8, 42, 25, 200, 5, 3, 14, 70, 30, 16, 40),
    "Other crime": (150, 380, 130, 16, 16, 40, 27, 64, 118, 3, 4, 4, 4, 10, 9, 25),
    "Other theft": (650, 188, 88, 12, 6, 4, 6, 7, 18, 1, 1, 2, 2, 4, 2, 9),
    "Possession of weapons": (70, 240, 84, 68, 64, 14, 30, 28, 200, 14, 16, 8, 14, 54, 40, 56),
    "Public order": (226, 456, 108, 24, 16, 9, 18, 20, 58, 5, 5, 8, 18, 10, 6, 13),
    "Robbery": (410, 350, 96, 5, 4, 1, 4, 2, 72, 4, 9, 1, 2, 5, 5, 30),
    "Shoplifting": (436, 152, 66, 50, 16, 5, 13, 14, 100, 5, 4, 16, 20, 34, 19, 50),
    "Theft from the person": (716, 155, 80, 8, 4, 3, 5, 2, 13, 1, 1, 1, 2, 2, 2, 5),
    "Vehicle crime": (824, 66, 72, 2, 2, 1, 2, 1, 16, 1, 1, 0, 2, 3, 2, 5),
    "Violence and sexual offences": (112, 598, 96, 22, 16, 30, 11, 14, 52, 5, 7, 4, 4, 12, 6, 11),
}
_DAYS_TO_AN_END = 75.0
_SECOND_VICTIM = 0.03


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of the street-level files; `event` is the row of the event each is the image of."""

    event: Whole
    month: NDArray[np.datetime64]
    kind: Texts
    snap: Whole
    reference: Texts
    outcome: Texts

    def __len__(self) -> int:
        return self.event.size

    def take(self, rows: Whole | Mask) -> Rows:
        """These rows, in the order given."""
        return Rows(*(getattr(self, name)[rows] for name in self.__slots__))


def street_rows(ground: Ground, events: Events) -> Rows:
    """The public image of all events that the police publish, in the order of their files."""
    words = np.array([kind.street for kind in all_kinds()], dtype=object)
    event = np.flatnonzero((words != "")[events.kind])
    nothing = np.full(event.size, "", dtype=object)
    kind, snap, month = words[events.kind[event]], events.snap[event], events.month[event]
    rows = _in_order(ground, Rows(event, month, kind, snap, nothing, nothing))
    rng = ground.stream(21)
    reference = _references(ground, rows, rng)
    return replace(rows, reference=reference, outcome=_outcomes(events, rows, rng))


def _area_of(ground: Ground, rows: Rows) -> Whole:
    """The row of lsoa_2011 of each; those without a place come after all."""
    return np.where(rows.snap >= 0, ground.lsoa_2011[rows.snap], len(ground.land.lsoa_2011))


def _in_order(ground: Ground, rows: Rows) -> Rows:
    """By month, area and category, as the publisher has them."""
    rank = {word: at for at, word in enumerate(sorted({ASB, *_SHARES}))}
    kinds = np.array([rank[word] for word in rows.kind.tolist()], dtype=np.int64)
    return rows.take(np.lexsort((rows.event, kinds, _area_of(ground, rows), rows.month)))


def _references(ground: Ground, rows: Rows, rng: np.random.Generator) -> Texts:
    """Hashes: none for anti-social behaviour; now and then one crime has two victims' rows."""
    event, kind, area = rows.event, rows.kind, _area_of(ground, rows)
    number = event.copy()
    again = np.flatnonzero(rng.random(event.size) < _SECOND_VICTIM)
    again = again[again > 0]
    alike = (kind[again] == kind[again - 1]) & (area[again] == area[again - 1])
    violent = kind[again] == "Violence and sexual offences"
    number[again[alike & violent]] = number[again[alike & violent] - 1]
    made = [reference(ground.land.seed, "street", one) for one in number.tolist()]
    return np.where(kind == ASB, "", np.array(made, dtype=object)).astype(object)


def reference(seed: int, series: str, number: int) -> str:
    """A reference that says nothing: a hash, another one in each series of files."""
    return hashlib.sha256(f"fictional {series} {seed} {number}".encode()).hexdigest()


def _outcomes(events: Events, rows: Rows, rng: np.random.Generator) -> Texts:
    """How each case stood when the files were drawn up, a month after the last one."""
    event, kind = rows.event, rows.kind
    found = np.full(event.size, "", dtype=object)
    words = np.array(_FINAL, dtype=object)
    for street in sorted(_SHARES):
        of_kind = np.flatnonzero(kind == street)
        found[of_kind] = words[draw(np.array(_SHARES[street]), of_kind.size, rng)]
    drawn_up = (MONTHS[-1] + 2).astype("datetime64[m]")
    age = (drawn_up - events.start[event]).astype("timedelta64[D]").astype(np.int64)
    pending = rng.random(event.size) < np.exp(-age / _DAYS_TO_AN_END)
    court = pending & np.isin(found, _COURT)
    return np.where(kind == ASB, "", np.where(court, _AWAITING, np.where(pending, _PENDING, found)))


# ---------------------------------------------------------------- writing


def write_police(ground: Ground, events: Events, deliveries: Deliveries, out: Path) -> list[Truth]:
    """Write a file for each month of the force, and some months a second time, as corrected.

    `out/police_street_crime/2021-03/2021-03-FORCE-street.csv`; what was delivered again is in
    `out/police_street_crime_redelivered`, to be loaded after the first. Returns what is amiss.
    """
    rows = street_rows(ground, events)
    lines = _Lines(ground)
    truths = []
    rng = ground.stream(22)
    for number, month in enumerate(MONTHS):
        whole = rows.take(rows.month == month)
        name = f"{month}/{month}-{slug_of_force(ground.land.force_name)}-street.csv"
        if number == deliveries.missing:
            truths.append(_missing(ground, number, len(whole)))
            continue
        first = whole
        if number == deliveries.partial:
            day = month.astype("datetime64[D]") + deliveries.partial_to_day
            first = whole.take(events.start[whole.event] < day)
            truths.append(_partial(ground, number, len(first), len(whole), deliveries))
        if number in deliveries.redelivered:
            first, told = _as_first_known(ground, whole, rng)
            lines.write(out / FOLDER_AGAIN / name, whole)
            truths.append(_redelivery(ground, number, told, len(first), len(whole)))
        lines.write(out / FOLDER / name, first)
    return truths


def slug_of_force(name: str) -> str:
    """A force's name as in file names."""
    return "-".join(name.lower().replace("&", "and").split())


class _Lines:
    """Writes rows as lines, with the texts of each map point made once."""

    def __init__(self, ground: Ground) -> None:
        land, snap = ground.land, ground.land.snap
        area = ground.lsoa_2011
        codes = np.where(area >= 0, land.lsoa_2011.codes[area], "")
        names = np.where(area >= 0, land.lsoa_2011.names[area], "")
        self.places = [
            f"{x:.6f},{y:.6f},{text},{code},{name}"
            for (x, y), text, code, name in zip(
                snap.lonlat.tolist(),
                snap.texts.tolist(),
                codes.tolist(),
                names.tolist(),
                strict=True,
            )
        ]
        self.places.append(",,No Location,,")  # where a row of map points is -1
        self.force = land.force_name

    def write(self, path: Path, rows: Rows) -> None:
        """Write rows in their order."""
        columns = (rows.reference, rows.month.astype(str), rows.snap, rows.kind, rows.outcome)
        texts = [
            f"{reference},{month},{self.force},{self.force},{self.places[snap]},{kind},{outcome},"
            for reference, month, snap, kind, outcome in zip(
                *(column.tolist() for column in columns), strict=True
            )
        ]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join([HEADER, *texts, ""]), encoding="utf-8", newline="")


_LATE, _CANCELLED, _MOVED, _RENAMED, _STILL_OPEN = 0.012, 0.006, 0.006, 0.006, 0.55
_FIRST_CALLED = {
    "Theft from the person": "Other theft",
    "Robbery": "Theft from the person",
    "Public order": "Violence and sexual offences",
    "Other theft": "Burglary",
    "Burglary": "Criminal damage and arson",
}


def _as_first_known(
    ground: Ground, rows: Rows, rng: np.random.Generator
) -> tuple[Rows, dict[str, int]]:
    """A month as it was first delivered, and how far that was from what is known now."""
    size = len(rows)
    late = rng.random(size) < _LATE
    cancelled = np.flatnonzero((rng.random(size) < _CANCELLED) & (rows.kind != ASB))
    moved = (rng.random(size) < _MOVED) & (rows.snap >= 0)
    renamed = (rng.random(size) < _RENAMED) & np.isin(rows.kind, list(_FIRST_CALLED))
    still_open = (rng.random(size) < _STILL_OPEN) & (rows.outcome != "")
    snap, kind, outcome = rows.snap.copy(), rows.kind.copy(), rows.outcome.copy()
    snap[moved] = rng.permutation(rows.snap[moved])
    kind[renamed] = [_FIRST_CALLED[one] for one in rows.kind[renamed].tolist()]
    outcome[still_open] = np.where(np.isin(outcome[still_open], _COURT), _AWAITING, _PENDING)
    then = replace(rows, kind=kind, snap=snap, outcome=outcome)
    first = _in_order(ground, _joined(then.take(~late), _of_no_crime(then.take(cancelled))))
    told = {
        "recorded_late": int(late.sum()),
        "cancelled": int(cancelled.size),
        "moved": int((snap != rows.snap)[~late].sum()),
        "reclassified": int(renamed[~late].sum()),
        "outcomes_changed": int((outcome != rows.outcome)[~late].sum()),
    }
    return first, told


def _of_no_crime(rows: Rows) -> Rows:
    """Rows of reports that turned out to be of no crime, alike to these but for the reference."""
    made_up = [hashlib.sha256(one.encode()).hexdigest() for one in rows.reference.tolist()]
    pending = np.full(len(rows), _PENDING, dtype=object)
    return replace(rows, reference=np.array(made_up, dtype=object), outcome=pending)


def _joined(one: Rows, other: Rows) -> Rows:
    return Rows(
        *(np.concatenate([getattr(one, name), getattr(other, name)]) for name in Rows.__slots__)
    )


# ---------------------------------------------------------------- what is amiss


def _where(ground: Ground) -> Where:
    return Where({"lad_2022": ground.land.lad.codes.tolist()})


_ALL = {"police_street_crime": ["all"]}


def _missing(ground: Ground, month: int, rows: int) -> Truth:
    return Truth(
        "missing-month-1",
        "missing-month",
        f"the force never delivered {MONTHS[month]}",
        _where(ground),
        between(month, month),
        _ALL,
        0.0,
        rows,
        0,
        {"force": ground.land.force_name},
    )


def _partial(ground: Ground, month: int, there: int, whole: int, plan: Deliveries) -> Truth:
    return Truth(
        "partial-delivery-1",
        "partial-delivery",
        f"the force delivered {MONTHS[month]} only to the {plan.partial_to_day}th day",
        _where(ground),
        between(month, month),
        _ALL,
        round(there / whole, 4),
        whole,
        there,
        {"force": ground.land.force_name, "to_day": plan.partial_to_day},
    )


def _redelivery(ground: Ground, month: int, told: dict[str, int], first: int, again: int) -> Truth:
    return Truth(
        f"redelivery-{MONTHS[month]}",
        "redelivery",
        f"the force delivered {MONTHS[month]} a second time, corrected",
        _where(ground),
        between(month, month),
        _ALL,
        observed=again,
        details={"force": ground.land.force_name, "rows_first": first, **told},
    )
