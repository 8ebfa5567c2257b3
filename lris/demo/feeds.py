"""The partners' feeds of the fictional city: the same events, with times and exact places.

They are not open data: every file is a delivery under a fictional agreement, of a source whose
manifest keeps it from the public. Files are of a quarter, as the regulations of 2007 have it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lris.demo.crime import reference, slug_of_force, write_police
from lris.demo.events import SETTINGS, Events, Ground, Mask, Whole, joined, ordinary_events
from lris.demo.kinds import (
    AMBULANCE,
    CRIMES,
    FIRE,
    FLY_TIPPING,
    INCIDENTS,
    all_kinds,
    rows_of,
)
from lris.demo.rhythms import MONTHS, draw
from lris.demo.shapes import Geography
from lris.demo.truths import Truth, Where, plan_deliveries, plant

Texts = NDArray[np.object_]
Columns = Sequence[tuple[str, Texts]]

ADMISSIONS = "assault_admissions"
FEEDS = (CRIMES, INCIDENTS, FIRE, AMBULANCE, ADMISSIONS, FLY_TIPPING)
"""The sources that the feeds are loaded into; each has a folder of its own."""

FIRE_SERVICE = "Vellmouth and Orrendale Fire and Rescue Service"
AMBULANCE_SERVICE = "Vell Coast Ambulance Service"
HOSPITAL = "Vellmouth Infirmary"

AGREEMENT = """FICTIONAL DATA

The files of this folder tell of a city that does not exist, of people nobody is and of events that
never happened. Their senders are invented, and so is the agreement they are sent under:

Agreement VO-7, between the invented police force, fire and rescue service, ambulance service,
hospital and councils of Vellmouth and Orrendale. Purpose: to show and to test what a partnership
does with records that have exact times and places. To be seen by named people only; not for the
public, not to be published in any form, not to be joined with records of real people.
"""


def write_incidents(land: Geography, out: Path, *, null: bool = False) -> list[Truth]:
    """Write the police's open files and all partners' feeds under `out`, a folder for each source.

    Returns what was planted, which is nothing where `null`. The same land gives the same bytes.
    """
    ground = Ground(land)
    events, truths = ordinary_events(ground), list[Truth]()
    if not null:
        events, truths = plant(ground, events)
    truths += write_police(ground, events, plan_deliveries(ground, truths), out)
    write_feeds(ground, events, out)
    if not null:
        truths += write_refused(ground, events, out / "refused")
    return truths


def write_feeds(ground: Ground, events: Events, out: Path) -> None:
    """Write every partner's files: `out/SOURCE/2021-Q2-SENDER.csv`."""
    feed = np.array([kind.feed for kind in all_kinds()], dtype=object)[events.kind]
    for source, columns_of in _COLUMNS_OF.items():
        of_feed = events.take(np.flatnonzero(feed == source))
        for sender, lot in _by_sender(
            ground, source, joined([of_feed, *_more(ground, source, events)])
        ):
            columns = columns_of(ground, lot, sender)
            _write_quarters(out, source, sender, columns, lot.start)
    _write_admissions(ground, events, out)
    for source in FEEDS:
        (out / source / "AGREEMENT.txt").write_text(AGREEMENT, encoding="utf-8")


def _by_sender(ground: Ground, source: str, events: Events) -> list[tuple[str, Events]]:
    land = ground.land
    one = {CRIMES: land.force_name, INCIDENTS: land.force_name}
    one |= {FIRE: FIRE_SERVICE, AMBULANCE: AMBULANCE_SERVICE}
    if source in one:
        return [(one[source], events)]
    district = np.where(events.snap >= 0, ground.lad[events.snap], 0)
    return [
        (f"{land.lad.names[row]} Council", events.take(np.flatnonzero(district == row)))
        for row in range(len(land.lad))
    ]


def _more(ground: Ground, source: str, events: Events) -> list[Events]:
    """What partners know of events that the police know too: fires laid, people hurt."""
    if source == FIRE:
        return [_fires_laid(ground, events)]
    return [_people_hurt(ground, events)] if source == AMBULANCE else []


_ATTENDED, _CARRIED = 0.85, 0.2


def _arsons() -> list[int]:
    return [row for row, kind in enumerate(all_kinds()) if kind.words.startswith("Arson ")]


def _fires_laid(ground: Ground, events: Events) -> Events:
    """The fire service's image of the arsons: most of them, a few minutes later."""
    rng = ground.stream(30)
    arson = np.flatnonzero(np.isin(events.kind, _arsons()) & (events.snap >= 0))
    arson = arson[rng.random(arson.size) < _ATTENDED]
    made = events.take(arson)
    vehicle = made.setting == SETTINGS.index("kerb")
    kind = np.where(vehicle, rows_of(group="DT06")[0], rows_of(group="DT05")[0])
    return _later(made, kind, rng.integers(2, 20, arson.size))


def _people_hurt(ground: Ground, events: Events) -> Events:
    """The ambulance service's image of violence: every fifth, some minutes later."""
    rng = ground.stream(31)
    hurt = np.flatnonzero(np.isin(events.kind, rows_of(words="Violence with injury")))
    hurt = hurt[(rng.random(hurt.size) < _CARRIED) & (events.snap[hurt] >= 0)]
    kind = np.full(hurt.size, rows_of(words="Assault")[0])
    return _later(events.take(hurt), kind, rng.integers(1, 25, hurt.size))


def _later(events: Events, kind: Whole, minutes: Whole) -> Events:
    last = (MONTHS[-1] + 1).astype("datetime64[m]") - 1
    start = np.minimum(events.start + minutes.astype("timedelta64[m]"), last)
    return Events(kind, start, start, events.points, events.snap, events.setting, events.cause)


# ---------------------------------------------------------------- the columns of each feed

PREMISES = {
    "home": "Dwelling",
    "kerb": "Road outside dwellings",
    "street": "Street",
    "centre": "Town centre",
    "shop": "Shop or business",
    "parking": "Car park",
    "open": "Open space",
    "fuel": "Petrol station",
    "road": "Road",
    "alley": "Back alley",
}
_SIZES = (
    ("Single black bag", 8),
    ("Single item", 17),
    ("Car boot load or less", 30),
    ("Small van load", 32),
    ("Transit van load", 9),
    ("Tipper lorry load", 3),
    ("Significant or multiple load", 1),
)
_LANDS = (
    ("Highway", 44),
    ("Footpath", 19),
    ("Back alleyway", 14),
    ("Council land", 15),
    ("Commercial land", 3),
    ("Private residential land", 3),
    ("Watercourse bank", 2),
)
_NO_TIME = 0.2


def _crimes(ground: Ground, events: Events, sender: str) -> Columns:
    begin, end = _minutes(events.start), _minutes(events.end)
    return [
        ("Force", _same(sender, events)),
        ("Record", _records(ground, CRIMES, events)),
        ("Offence group", _of_kind(events, "group")),
        ("Offence", _of_kind(events, "words")),
        ("Date", _dates(events)),
        ("From", begin),
        ("To", np.where(events.end > events.start, end, "")),
        *_places(events),
        ("Premises", _chosen([PREMISES[one] for one in SETTINGS], events.setting)),
    ]


def _incidents(ground: Ground, events: Events, sender: str) -> Columns:
    return [
        ("Force", _same(sender, events)),
        ("Record", _records(ground, INCIDENTS, events)),
        ("Class", _of_kind(events, "group")),
        ("Category", _of_kind(events, "words")),
        ("Qualifier", _qualifiers(ground, events)),
        ("Date", _dates(events)),
        ("Time", _clock(events)),
        *_places(events),
    ]


def _fires(ground: Ground, events: Events, sender: str) -> Columns:
    return [
        ("Service", _same(sender, events)),
        ("Record", _records(ground, FIRE, events)),
        ("Type", _of_kind(events, "words")),
        ("Date", _dates(events)),
        ("Time of call", _clock(events)),
        *_places(events),
    ]


def _calls(ground: Ground, events: Events, sender: str) -> Columns:
    return [
        ("Service", _same(sender, events)),
        ("Record", _records(ground, AMBULANCE, events)),
        ("Category", _of_kind(events, "words")),
        ("Date", _dates(events)),
        ("Time of call", _clock(events)),
        *_places(events),
    ]


def _tipped(ground: Ground, events: Events, sender: str) -> Columns:
    rng = ground.stream(32, len(sender))
    size = len(events)
    untimed = rng.random(size) < _NO_TIME
    return [
        ("Authority", _same(sender, events)),
        ("Record", _records(ground, f"{FLY_TIPPING} {sender}", events)),
        ("Waste", _of_kind(events, "words")),
        ("Size", _drawn(_SIZES, size, rng)),
        ("Land", _drawn(_LANDS, size, rng)),
        ("Date", _dates(events)),
        ("Time", np.where(untimed, "", _clock(events))),
        *_places(events),
    ]


_COLUMNS_OF: dict[str, Callable[[Ground, Events, str], Columns]] = {
    CRIMES: _crimes,
    INCIDENTS: _incidents,
    FIRE: _fires,
    AMBULANCE: _calls,
    FLY_TIPPING: _tipped,
}


def _same(word: str, events: Events) -> Texts:
    return np.full(len(events), word, dtype=object)


def _records(ground: Ground, series: str, events: Events) -> Texts:
    """References of their own: they cannot be joined with those of the open files."""
    seed = ground.land.seed
    made = [reference(seed, series, at)[:20] for at in range(len(events))]
    return np.array(made, dtype=object)


def _of_kind(events: Events, field: str) -> Texts:
    return _chosen([getattr(kind, field) for kind in all_kinds()], events.kind)


def _chosen(words: Sequence[str], rows: Whole) -> Texts:
    return np.array(words, dtype=object)[rows]


def _drawn(shares: Sequence[tuple[str, float]], size: int, rng: np.random.Generator) -> Texts:
    weights = np.rint(1000 * np.array([share for _, share in shares])).astype(np.int64)
    return _chosen([word for word, _ in shares], draw(weights, size, rng))


def _qualifiers(ground: Ground, events: Events) -> Texts:
    rng = ground.stream(33)
    found = np.full(len(events), "", dtype=object)
    for row, kind in enumerate(all_kinds()):
        rows = np.flatnonzero(events.kind == row)
        if kind.qualifiers:
            found[rows] = _drawn(kind.qualifiers, rows.size, rng)
    return found


def _dates(events: Events) -> Texts:
    return events.start.astype("datetime64[D]").astype(str).astype(object)


def _clock(events: Events) -> Texts:
    return np.array([one[11:16] for one in events.start.astype(str).tolist()], dtype=object)


def _minutes(moments: NDArray[np.datetime64]) -> Texts:
    return np.array([one.replace("T", " ") for one in moments.astype(str).tolist()], dtype=object)


def _places(events: Events) -> Columns:
    known = np.isfinite(events.points[:, 0])
    return [
        (name, np.where(known, np.char.mod("%.1f", events.points[:, axis]), "").astype(object))
        for axis, name in enumerate(("Easting", "Northing"))
    ]


# ---------------------------------------------------------------- admissions

_ICD_10 = (
    ("Y04", 500),
    ("X99", 160),
    ("Y00", 150),
    ("Y09", 80),
    ("Y05", 30),
    ("Y08", 40),
    ("X95", 10),
    ("Y03", 10),
    ("X97", 5),
    ("Y07", 15),
)
_ADMITTED, _UNKNOWN_TO_POLICE, _NEAR_HOME, _HOME_WITHIN_M = 0.065, 0.9, 0.75, 900.0


def _write_admissions(ground: Ground, events: Events, out: Path) -> None:
    """Assaults that led to a bed: the day, the code, and the outward postcode of the home."""
    rng = ground.stream(34)
    hurt = np.flatnonzero(
        np.isin(events.kind, rows_of(words="Violence with injury")) & (events.snap >= 0)
    )
    size = int(rng.poisson(_ADMITTED * hurt.size * (1 + _UNKNOWN_TO_POLICE)))
    rows = np.sort(rng.choice(hurt, size))
    day = (events.start[rows] + rng.integers(60, 900, size).astype("timedelta64[m]")).astype(
        "datetime64[D]"
    )
    day = np.minimum(day, (MONTHS[-1] + 1).astype("datetime64[D]") - 1)
    aim = events.points[rows] + rng.normal(0.0, _HOME_WITHIN_M, (size, 2))
    home = ground.homes.query(aim)[1]
    far = rng.random(size) >= _NEAR_HOME
    home[far] = rng.integers(0, len(ground.land.addresses), int(far.sum()))
    outward = ground.land.postcodes.outward[ground.land.addresses.postcode[home]]
    code = _drawn(_ICD_10, size, rng)
    order = np.lexsort((outward.astype(str), code.astype(str), day))
    columns: Columns = [
        ("Trust", np.full(size, HOSPITAL, dtype=object)),
        ("Admission date", day[order].astype(str).astype(object)),
        ("ICD-10", code[order]),
        ("Outward postcode", outward[order]),
    ]
    _write_quarters(out, ADMISSIONS, HOSPITAL, columns, day[order])


# ---------------------------------------------------------------- writing


def _write_quarters(
    out: Path, source: str, sender: str, columns: Columns, moments: NDArray[np.datetime64]
) -> None:
    month = moments.astype("datetime64[M]").astype(np.int64)
    for number in range(MONTHS.size // 3):
        first = int(MONTHS[3 * number].astype(np.int64))
        rows = (month >= first) & (month < first + 3)
        label = f"{first // 12 + 1970}-Q{first % 12 // 3 + 1}"
        path = out / source / f"{label}-{slug_of_force(sender)}-{source.replace('_', '-')}.csv"
        write_table(path, columns, rows)


def write_table(path: Path, columns: Columns, rows: Mask) -> None:
    """Write some rows of columns as CSV; no cell of ours needs a quotation mark."""
    lines = zip(*(column[rows].tolist() for _, column in columns), strict=True)
    text = "\n".join([",".join(name for name, _ in columns), *map(",".join, lines), ""])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")


def write_refused(ground: Ground, events: Events, out: Path) -> list[Truth]:
    """Write two files that identify people, invented ones, and must be refused at the door.

    One has columns of names, dates of birth and telephones (from the numbers reserved for drama),
    the other a health service number, of those never issued, in a cell where a reference belongs.
    """
    crime = np.flatnonzero(np.isin(events.kind, rows_of(feed=CRIMES)))[:40]
    columns = list(_crimes(ground, events.take(crime), ground.land.force_name))
    many = range(crime.size)
    columns += [
        ("Victim name", np.array([f"Invented Person {at}" for at in many], dtype=object)),
        ("Date of birth", np.array([f"01/01/19{at + 10}" for at in many], dtype=object)),
        ("Telephone", np.array([f"01632 960{at:03d}" for at in many], dtype=object)),
    ]
    named = out / f"{CRIMES}-with-names.csv"
    write_table(named, columns, np.ones(crime.size, dtype=bool))
    call = np.flatnonzero(np.isin(events.kind, rows_of(feed=AMBULANCE)))[:40]
    calls = dict(_calls(ground, events.take(call), AMBULANCE_SERVICE))
    calls["Record"][7] = NEVER_ISSUED
    numbered = out / f"{AMBULANCE}-with-a-number.csv"
    write_table(numbered, list(calls.items()), np.ones(call.size, dtype=bool))
    return [
        _refused(1, named, CRIMES, ["Victim name", "Date of birth", "Telephone"]),
        _refused(2, numbered, AMBULANCE, ["Record"]),
    ]


NEVER_ISSUED = "999 123 4578"
"""A health service number of the range kept for tests, with a check digit that is right."""


def _refused(number: int, path: Path, source: str, columns: Sequence[str]) -> Truth:
    return Truth(
        f"identifiers-{number}",
        "identifiers",
        f"{path.name} identifies people and must be refused",
        Where(),
        details={"file": f"{path.parent.name}/{path.name}", "source": source, "columns": columns},
    )
