"""What happens in the fictional city: every kind of event, how often, where, when, and its words.

The rates are fictional; their proportions are those of English cities. The words are the
publishers' own: the categories of data.police.uk, the sub-categories of notifiable offences, the
National Incident Category List, the types of fire of the Fire Statistics.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

Qualifiers = tuple[tuple[str, float], ...]
"""The qualifiers of an incident list, and how often each."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A share of a kind's events: where they are drawn to, and by which rhythm."""

    place: str
    rhythm: str
    share: float


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of event.

    `rate` is a year's events for 1,000 residents. `street` is the category of data.police.uk, ""
    where the police do not publish it. `gradient` is by how much hardship (in standard deviations)
    raises the logarithm of the rate, `trend` the growth in a year. `away` says how long a place is
    left alone before the event is found, for the `ranged` share that has a from and a to.
    """

    feed: str
    group: str
    words: str
    slug: str
    street: str
    rate: float
    settings: tuple[Setting, ...]
    season: str = "even"
    gradient: float = 0.35
    trend: float = 0.0
    away: str = ""
    ranged: float = 0.0
    unlocated: float = 0.012
    qualifiers: Qualifiers = ()


CRIMES, INCIDENTS = "partner_police_crimes", "partner_police_incidents"
FIRE, AMBULANCE, FLY_TIPPING = "fire_incidents", "ambulance_calls", "fly_tipping_reports"

ASB = "Anti-social behaviour"
_VIOLENCE, _DAMAGE, _THEFT = "Violence against the person", "Criminal damage", "Theft and handling"
_SEXUAL, _BURGLARY, _ROBBERY = "Sexual offences", "Burglary", "Robbery"
_DRUGS, _FRAUD, _OTHER = "Drug offences", "Fraud and forgery", "Other notifiable offences"

_AT_HOME = (Setting("home", "evening", 1.0),)
_ABSENT = (Setting("home", "nobody-in", 1.0),)
_PARKED = (Setting("kerb", "overnight", 0.78), Setting("parking", "working-day", 0.22))
_IN_SHOPS = (Setting("shop", "shops", 1.0),)
_OUT = (
    Setting("street", "after-school", 0.45),
    Setting("open", "after-school", 0.30),
    Setting("centre", "night-out", 0.25),
)


def _out_and_home(home: float, street: float, centre: float) -> tuple[Setting, ...]:
    return (
        Setting("home", "evening", home),
        Setting("street", "after-school", street),
        Setting("centre", "night-out", centre),
    )


def _crimes() -> list[Kind]:
    v, o = "Violence and sexual offences", "Public order"
    return [
        _crime(
            _VIOLENCE, "Violence with injury", v, 5.9, _out_and_home(0.42, 0.24, 0.34), s="warm"
        ),
        _crime(
            _VIOLENCE, "Violence without injury", v, 7.3, _out_and_home(0.55, 0.25, 0.20), s="warm"
        ),
        _crime(
            _VIOLENCE, "Stalking and harassment", v, 3.8, _out_and_home(0.80, 0.14, 0.06), t=0.05
        ),
        _crime(_VIOLENCE, "Malicious communications", v, 1.9, _AT_HOME, u=0.05, t=0.05),
        _crime(_VIOLENCE, "Threats to kill", v, 0.3, _out_and_home(0.66, 0.22, 0.12)),
        _crime(_VIOLENCE, "Homicide", v, 0.012, _out_and_home(0.55, 0.25, 0.20)),
        _crime(_SEXUAL, "Rape", v, 0.45, _out_and_home(0.66, 0.10, 0.24), u=0.03),
        _crime(_SEXUAL, "Other sexual offences", v, 0.85, _out_and_home(0.45, 0.27, 0.28), u=0.03),
        _crime(
            _OTHER,
            "Public fear alarm or distress",
            o,
            4.6,
            _out_and_home(0.32, 0.33, 0.35),
            s="warm",
        ),
        _crime(_OTHER, "Violent disorder or affray", o, 0.35, _out_and_home(0.12, 0.38, 0.50)),
        _crime(_OTHER, "Other public order offences", o, 0.30, _out_and_home(0.20, 0.40, 0.40)),
        *_damage(),
        *_burglary_and_vehicles(),
        *_thefts(),
        *_drugs_and_rest(),
    ]


def _damage() -> list[Kind]:
    d = "Criminal damage and arson"
    return [
        _crime(_DAMAGE, "Criminal damage to a dwelling", d, 1.7, _AT_HOME, g=0.55, r=0.45),
        _crime(
            _DAMAGE,
            "Criminal damage to a building other than a dwelling",
            d,
            0.7,
            (Setting("shop", "overnight", 0.45), Setting("open", "overnight", 0.55)),
            r=0.7,
        ),
        _crime(_DAMAGE, "Criminal damage to a vehicle", d, 2.8, _PARKED, g=0.40, r=0.72),
        _crime(_DAMAGE, "Other criminal damage", d, 1.4, _OUT, g=0.42, r=0.4),
        _crime(
            _DAMAGE,
            "Arson not endangering life",
            d,
            0.32,
            (Setting("open", "after-school", 0.5), Setting("kerb", "overnight", 0.5)),
            g=0.60,
            s="bonfires",
        ),
        _crime(_DAMAGE, "Arson endangering life", d, 0.07, _AT_HOME, g=0.60),
    ]


def _burglary_and_vehicles() -> list[Kind]:
    b, v = "Burglary", "Vehicle crime"
    shut = (Setting("shop", "overnight", 0.5), Setting("parking", "overnight", 0.5))
    return [
        _crime(
            _BURGLARY,
            "Burglary in a dwelling",
            b,
            2.9,
            _ABSENT,
            g=0.30,
            s="dark-evenings",
            t=-0.04,
            a="absence",
            r=0.76,
        ),
        _crime(
            _BURGLARY,
            "Attempted burglary in a dwelling",
            b,
            0.5,
            _ABSENT,
            g=0.30,
            s="dark-evenings",
            t=-0.04,
            a="absence",
            r=0.6,
        ),
        _crime(
            _BURGLARY,
            "Burglary in a building other than a dwelling",
            b,
            1.0,
            shut,
            g=0.15,
            a="closed",
            r=0.86,
        ),
        _crime(_THEFT, "Theft from a vehicle", v, 2.9, _PARKED, g=0.18, a="parked", r=0.84),
        _crime(_THEFT, "Theft of a vehicle", v, 1.1, _PARKED, g=0.25, a="parked", r=0.78, t=0.03),
        _crime(
            _THEFT, "Interfering with a motor vehicle", v, 0.7, _PARKED, g=0.2, a="parked", r=0.7
        ),
    ]


def _thefts() -> list[Kind]:
    ot = "Other theft"
    bikes = (
        Setting("centre", "working-day", 0.35),
        Setting("shop", "working-day", 0.20),
        Setting("kerb", "overnight", 0.45),
    )
    crowd = (Setting("centre", "night-out", 0.6), Setting("shop", "shops", 0.4))
    fuel = (Setting("fuel", "working-day", 1.0),)
    return [
        _crime(
            _THEFT, "Shoplifting", "Shoplifting", 4.4, _IN_SHOPS, s="christmas", g=0.12, u=0.004
        ),
        _crime(
            _THEFT,
            "Theft of a pedal cycle",
            "Bicycle theft",
            1.4,
            bikes,
            s="high-summer",
            g=0.0,
            a="parked",
            r=0.78,
        ),
        _crime(
            _THEFT,
            "Theft from the person",
            "Theft from the person",
            0.68,
            crowd,
            s="christmas",
            g=0.1,
        ),
        _crime(_THEFT, "Making off without payment", ot, 0.85, fuel, g=0.1, u=0.004),
        _crime(_THEFT, "Theft in a dwelling", ot, 0.9, _AT_HOME, a="absence", r=0.4),
        _crime(_THEFT, "Theft by an employee", ot, 0.12, _IN_SHOPS, g=0.0, r=0.3),
        _crime(_THEFT, "Blackmail", ot, 0.1, _AT_HOME, g=0.1, u=0.06),
        _crime(
            _THEFT,
            "Other theft",
            ot,
            3.9,
            (
                Setting("centre", "night-out", 0.26),
                Setting("shop", "shops", 0.24),
                Setting("street", "working-day", 0.5),
            ),
            g=0.18,
            a="parked",
            r=0.42,
        ),
        _crime(_THEFT, "Handling stolen goods", "Other crime", 0.12, _out_and_home(0.5, 0.4, 0.1)),
    ]


def _drugs_and_rest() -> list[Kind]:
    drugs = (
        Setting("street", "patrol", 0.45),
        Setting("open", "patrol", 0.25),
        Setting("centre", "patrol", 0.30),
    )
    w, x = "Possession of weapons", "Other crime"
    muggings = (
        Setting("street", "night-out", 0.5),
        Setting("open", "after-school", 0.22),
        Setting("centre", "night-out", 0.28),
    )
    return [
        _crime(_ROBBERY, "Robbery of personal property", "Robbery", 0.66, muggings, g=0.5),
        _crime(_ROBBERY, "Robbery of business property", "Robbery", 0.10, _IN_SHOPS, g=0.3),
        _crime(_DRUGS, "Trafficking in controlled drugs", "Drugs", 0.35, drugs, g=0.7),
        _crime(_DRUGS, "Possession of cannabis", "Drugs", 0.95, drugs, g=0.55),
        _crime(_DRUGS, "Possession of other controlled drugs", "Drugs", 0.35, drugs, g=0.5),
        _crime(_FRAUD, "Other forgery", x, 0.10, _AT_HOME, g=0.0, u=0.05),
        _crime(_OTHER, "Possession of an article with a blade or point", w, 0.25, drugs, g=0.55),
        _crime(_OTHER, "Possession of other weapons", w, 0.20, drugs, g=0.5),
        _crime(
            _OTHER, "Perverting the course of justice", x, 0.15, (Setting("street", "patrol", 1.0),)
        ),
        _crime(_OTHER, "Dangerous driving", x, 0.20, (Setting("street", "patrol", 1.0),), g=0.3),
        _crime(_OTHER, "Other notifiable offences", x, 0.45, _out_and_home(0.5, 0.35, 0.15)),
    ]


def _crime(
    group: str,
    words: str,
    street: str,
    rate: float,
    settings: tuple[Setting, ...],
    *,
    s: str = "even",
    g: float = 0.45,
    t: float = 0.0,
    a: str = "parked",
    r: float = 0.0,
    u: float = 0.017,
) -> Kind:
    """A crime; `s` season, `g` gradient, `t` trend, `a` away, `r` ranged, `u` unlocated."""
    return Kind(
        CRIMES,
        group,
        words,
        slug_of(words),
        street,
        rate,
        settings,
        season=s,
        gradient=g,
        trend=t,
        away=a if r else "",
        ranged=r,
        unlocated=u,
    )


# ---------------------------------------------------------------- incidents that are no crimes

_NUISANCE = (("Nuisance", 0.82), ("Personal", 0.12), ("Environmental", 0.06))
_PERSONAL = (("Personal", 0.72), ("Nuisance", 0.28))
_ENVIRONMENTAL = (("Environmental", 0.86), ("Nuisance", 0.14))
_ASB_CATEGORIES: tuple[tuple[str, float, tuple[Setting, ...], str, Qualifiers], ...] = (
    ("Rowdy or inconsiderate behaviour", 7.7, _OUT, "summer", _NUISANCE),
    ("Rowdy or nuisance neighbours", 2.2, _AT_HOME, "summer", _PERSONAL),
    (
        "Vehicle nuisance or inappropriate vehicle use",
        2.0,
        (Setting("street", "after-school", 0.7), Setting("parking", "night-out", 0.3)),
        "summer",
        _NUISANCE,
    ),
    ("Vehicle abandoned", 0.9, (Setting("kerb", "working-day", 1.0),), "even", _ENVIRONMENTAL),
    ("Malicious or nuisance communications", 0.7, _AT_HOME, "even", _PERSONAL),
    ("Noise", 0.75, _AT_HOME, "high-summer", _NUISANCE),
    (
        "Begging or vagrancy",
        0.55,
        (Setting("centre", "working-day", 0.75), Setting("shop", "shops", 0.25)),
        "even",
        _NUISANCE,
    ),
    (
        "Street drinking",
        0.45,
        (Setting("centre", "patrol", 0.65), Setting("open", "after-school", 0.35)),
        "high-summer",
        _NUISANCE,
    ),
    ("Trespass", 0.3, (Setting("open", "after-school", 1.0),), "summer", _NUISANCE),
    ("Animal problems", 0.35, (Setting("street", "working-day", 1.0),), "warm", _NUISANCE),
    (
        "Littering or drugs paraphernalia",
        0.25,
        (Setting("open", "working-day", 0.6), Setting("centre", "working-day", 0.4)),
        "summer",
        _ENVIRONMENTAL,
    ),
    (
        "Fireworks or snowballing",
        0.22,
        (Setting("street", "after-school", 1.0),),
        "fireworks",
        _NUISANCE,
    ),
    (
        "Prostitution-related activity",
        0.06,
        (Setting("street", "night-out", 1.0),),
        "even",
        _NUISANCE,
    ),
)
_TRANSPORT: tuple[tuple[str, float, str], ...] = (
    ("Road traffic collision: death or injury", 1.4, "working-day"),
    ("Road traffic collision: damage only", 3.6, "working-day"),
    ("Road-related offence", 2.4, "patrol"),
    ("Highway disruption", 2.2, "working-day"),
    ("Rail air or water incident", 0.12, "working-day"),
)
_SAFETY: tuple[tuple[str, float, tuple[Setting, ...]], ...] = (
    ("Concern for safety", 5.6, _out_and_home(0.72, 0.18, 0.10)),
    ("Domestic incident", 4.6, _AT_HOME),
    ("Suspicious circumstances", 4.2, (Setting("street", "overnight", 1.0),)),
    ("Missing person", 1.7, (Setting("home", "evening", 1.0),)),
    ("Abandoned call to the emergency services", 1.5, _AT_HOME),
    ("Civil dispute", 1.2, (Setting("home", "working-day", 1.0),)),
    ("Collapse or illness", 1.1, _out_and_home(0.55, 0.2, 0.25)),
    ("Sudden death", 0.55, (Setting("home", "working-day", 1.0),)),
    ("Insecure premises or vehicle", 0.35, (Setting("shop", "overnight", 1.0),)),
    ("Protest or demonstration", 0.05, (Setting("centre", "shops", 1.0),)),
    ("Licensing", 0.12, (Setting("centre", "night-out", 1.0),)),
    ("Suspicious package or object", 0.06, (Setting("centre", "working-day", 1.0),)),
)


def _incidents() -> list[Kind]:
    asb = [
        Kind(
            INCIDENTS,
            ASB,
            words,
            f"asb-{slug_of(words)}",
            ASB,
            rate,
            settings,
            season=season,
            gradient=0.45,
            trend=-0.02,
            unlocated=0.0,
            qualifiers=qualifiers,
        )
        for words, rate, settings, season, qualifiers in _ASB_CATEGORIES
    ]
    transport = [
        Kind(
            INCIDENTS,
            "Transport",
            words,
            f"transport-{slug_of(words)}",
            "",
            rate,
            (Setting("road", rhythm, 1.0),),
            gradient=0.05,
            unlocated=0.004,
        )
        for words, rate, rhythm in _TRANSPORT
    ]
    safety = [
        Kind(
            INCIDENTS,
            "Public safety and welfare",
            words,
            f"safety-{slug_of(words)}",
            "",
            rate,
            settings,
            gradient=0.35,
            unlocated=0.01,
        )
        for words, rate, settings in _SAFETY
    ]
    return asb + transport + safety


# ---------------------------------------------------------------- fire, ambulance, fly-tipping

_FIRES: tuple[tuple[str, str, float, tuple[Setting, ...], str, float], ...] = (
    (
        "Deliberate secondary fire - not vehicle",
        "DT07",
        0.8,
        (Setting("open", "after-school", 0.75), Setting("street", "after-school", 0.25)),
        "bonfires",
        0.75,
    ),
    ("Dwelling fire - no smoke alarm fitted", "DT09", 0.10, _AT_HOME, "even", 0.5),
    (
        "Violence against fire and rescue staff",
        "DT08",
        0.02,
        (Setting("street", "night-out", 1.0),),
        "bonfires",
        0.6,
    ),
    (
        "Malicious false alarm",
        "DT10",
        0.14,
        (Setting("home", "after-school", 0.7), Setting("centre", "night-out", 0.3)),
        "even",
        0.6,
    ),
)
FIRES_FROM_ARSON = (
    ("Deliberate primary fire - not vehicle", "DT05"),
    ("Deliberate primary fire - vehicle", "DT06"),
)
"""Deliberate primary fires are made of the arsons that the police recorded, at the same places."""

_CALLS: tuple[tuple[str, float, tuple[Setting, ...]], ...] = (
    ("Assault", 0.45, _out_and_home(0.38, 0.22, 0.40)),
    ("Stabbing or shooting", 0.06, _out_and_home(0.25, 0.45, 0.30)),
    ("Overdose or poisoning", 0.75, _out_and_home(0.74, 0.10, 0.16)),
    ("Alcohol in a public place", 0.5, (Setting("centre", "night-out", 1.0),)),
    ("Disturbed behaviour", 0.45, _out_and_home(0.6, 0.2, 0.2)),
)
_TIPPED: tuple[tuple[str, float], ...] = (
    ("Household waste - black bags", 3.6),
    ("Household waste - other", 5.0),
    ("White goods", 0.8),
    ("Other electrical", 0.4),
    ("Construction or demolition waste", 0.9),
    ("Green waste", 0.35),
    ("Tyres", 0.3),
    ("Vehicle parts", 0.15),
    ("Commercial waste - black bags", 0.5),
    ("Commercial waste - other", 0.7),
    ("Asbestos", 0.06),
    ("Chemical drums or oil", 0.06),
    ("Animal carcass", 0.03),
)


def _other_feeds() -> list[Kind]:
    fires = [
        Kind(
            FIRE, dt, words, slug_of(words), "", rate, settings, season, gradient, 0.0, "", 0.0, 0.0
        )
        for words, dt, rate, settings, season, gradient in _FIRES
    ]
    fires += [
        Kind(FIRE, dt, words, slug_of(words), "", 0.0, _AT_HOME) for words, dt in FIRES_FROM_ARSON
    ]
    calls = [
        Kind(
            AMBULANCE,
            "",
            words,
            slug_of(words),
            "",
            rate,
            settings,
            "warm",
            gradient=0.45,
            unlocated=0.006,
        )
        for words, rate, settings in _CALLS
    ]
    tipped = [
        Kind(
            FLY_TIPPING,
            "",
            words,
            slug_of(words),
            "",
            rate,
            (Setting("alley", "working-day", 1.0),),
            "warm",
            gradient=0.7,
            trend=0.04,
            unlocated=0.015,
        )
        for words, rate in _TIPPED
    ]
    return fires + calls + tipped


def slug_of(words: str) -> str:
    """The words as LRIS writes a category: small letters and hyphens."""
    kept = "".join(one if one.isalnum() else " " for one in words.lower())
    return "-".join(kept.split())


@cache
def all_kinds() -> tuple[Kind, ...]:
    """Every kind, in a fixed order: events refer to it by row."""
    return tuple(_crimes() + _incidents() + _other_feeds())


def rows_of(**wanted: str) -> tuple[int, ...]:
    """The rows of the kinds whose fields have these values, such as `street="Burglary"`."""
    return tuple(
        row
        for row, kind in enumerate(all_kinds())
        if all(getattr(kind, name) == value for name, value in wanted.items())
    )
