"""Health of the fictional city: practices and their lists, registers of disease, profiles,
admissions.

Cases are drawn from residents by age with a risk that rises with hardship; practices count those of
their own patients. A few practices, planted, find or record far more or far fewer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.random import Generator, SeedSequence, default_rng
from scipy.spatial import cKDTree

from lris.demo.fields import autoregressive, means, standard
from lris.demo.people import FEMALE, MALE, People, summed
from lris.demo.publishers import FICTIONAL, Cell, titles, words, write_bytes, write_csv, write_xlsx
from lris.demo.shapes import CITY, HARDSHIP, NEIGHBOUR, URBANITY, Floats, Geography, Whole
from lris.demo.truths import Circle, Truth, Where
from lris.demo.words import CCG_CODE, CCG_NAME, COUNTRY_CODE, COUNTRY_NAME
from lris.rules.british_grid import from_grid

LIST_SIZE = 8_800
OUTLIERS = 3
RATIO_OF_AN_OUTLIER = 1.6
FIRST_PRACTICE = 99_001


@dataclass(frozen=True, slots=True)
class Condition:
    """A disease: how many of 100 have it at 20, 50 and 75 years; what a unit of hardship does to
    the odds.
    """

    code: str
    at_20: float
    at_50: float
    at_75: float
    hardship: float
    youngest: int = 0


CONDITIONS = (
    Condition("AF", 0.02, 0.9, 9.5, 0.04),
    Condition("AST", 7.5, 6.0, 7.0, 0.08),
    Condition("CAN", 0.2, 2.2, 11.0, -0.03),
    Condition("CHD", 0.01, 1.6, 12.5, 0.16),
    Condition("CKD", 0.05, 1.4, 18.0, 0.05, 18),
    Condition("COPD", 0.01, 1.4, 7.0, 0.42),
    Condition("DEM", 0.0005, 0.02, 3.4, 0.10),
    Condition("DEP", 9.0, 13.0, 9.5, 0.24, 18),
    Condition("DM", 0.6, 7.0, 18.0, 0.22, 17),
    Condition("EP", 0.6, 0.9, 1.1, 0.16, 18),
    Condition("HF", 0.02, 0.5, 4.8, 0.12),
    Condition("HYP", 0.2, 15.0, 48.0, 0.08),
    Condition("LD", 0.65, 0.5, 0.3, 0.22),
    Condition("MH", 0.6, 1.3, 1.2, 0.34),
    Condition("OB", 6.5, 13.0, 9.0, 0.24, 18),
    Condition("STIA", 0.03, 1.2, 8.5, 0.13),
)


@dataclass(frozen=True, slots=True)
class Practices:
    """General practices; row i of every field is one.

    codes, names, postcodes: (n,) str. points: (n, 2) metres EPSG:27700. lad: (n,) row of
    Geography.lad. patients: (n, 2, 91) int by sex and age. hardship: (n,) mean of its patients'
    homes. planted: (n,) float, the ratio of people on the hypertension register to those expected;
    1 for most.
    """

    codes: tuple[str, ...]
    names: tuple[str, ...]
    postcodes: tuple[str, ...]
    points: Floats
    lad: Whole
    patients: Whole
    hardship: Floats
    planted: Floats

    def __len__(self) -> int:
        return len(self.codes)


def write_health(
    geography: Geography, people: People, out: Path, *, null: bool = False
) -> list[Truth]:
    """Write every file about health below `out`; returns the planted outliers."""
    streams = [default_rng(one) for one in SeedSequence([geography.seed, 1948]).spawn(8)]
    practices = _practices(streams[0], geography, people, null=null)
    registers, without = _registers(streams[1], practices)
    _write_practices(practices, out)
    _write_registers(practices, registers, out)
    _write_groups(streams[2], practices, registers, out)
    _write_modelled(geography, practices, registers, out)
    _write_fingertips(streams[3], geography, people, out)
    _write_surroundings(streams[4], geography, out)
    _write_strokes(streams[5], geography, people, out)
    return [
        _truth(practices, one, registers, without)
        for one in np.flatnonzero(practices.planted != 1).tolist()
    ]


# ---------------------------------------------------------------- practices


def _practices(rng: Generator, geography: Geography, people: People, *, null: bool) -> Practices:
    """Practices where people live, whose patients come from near, the larger the farther."""
    homes = geography.addresses
    site = _sites(rng, geography)
    points = homes.points[site]
    size = np.exp(rng.normal(0.0, 0.3, len(site)))
    by_age = summed(people.of_year(2020), geography.atom_oa, len(geography.oa))
    away, near = cKDTree(points).query(geography.oa.points, k=6)
    pull = size[near] * np.exp(-((away / 900.0) ** 1.3)) + 1e-12
    share = np.round(pull / pull.sum(axis=1, keepdims=True), 9)
    patients = np.zeros((len(site), 2, by_age.shape[2]), dtype=np.int64)
    left = by_age.copy()
    for choice in range(near.shape[1]):  # each takes its share of those left by the ones before
        rest = np.clip(1 - share[:, :choice].sum(axis=1), 1e-9, 1)
        chance = np.clip(np.round(share[:, choice] / rest, 6), 0, 1)
        last = choice == near.shape[1] - 1
        taken = left if last else rng.binomial(left, chance[:, None, None])
        np.add.at(patients, near[:, choice], taken)
        left = left - taken
    total = np.maximum(by_age.sum(axis=(1, 2)), 1)
    belongs = np.zeros((len(site), 2))
    for choice in range(near.shape[1]):
        weight = share[:, choice] * total
        np.add.at(
            belongs,
            near[:, choice],
            np.column_stack([weight, weight * geography.latent[:, HARDSHIP]]),
        )
    lad = geography.lad_of_oa[homes.oa[site]]
    planted = np.ones(len(site))
    if not null:
        own = rng.permutation(np.flatnonzero(lad == CITY))[:OUTLIERS]
        planted[own] = np.where(
            np.arange(own.size) % 2, 1 / RATIO_OF_AN_OUTLIER, RATIO_OF_AN_OUTLIER
        )
    street = geography.streets.names[geography.snap.street[homes.snap[site]]]
    return Practices(
        codes=tuple(f"Z{FIRST_PRACTICE + n}" for n in range(len(site))),
        names=_names(words(street)),
        postcodes=tuple(words(geography.postcodes.codes[homes.postcode[site]])),
        points=points,
        lad=lad,
        patients=patients,
        hardship=np.round(belongs[:, 1] / np.maximum(belongs[:, 0], 1e-9), 6),
        planted=planted,
    )


def _sites(rng: Generator, geography: Geography) -> Whole:
    homes = geography.addresses
    chosen = []
    for district in (CITY, NEIGHBOUR):
        own = np.flatnonzero(geography.lad_of_oa == district)
        reached = np.cumsum(geography.oa.residents[own])
        count = round(float(reached[-1]) / LIST_SIZE)
        at = (np.arange(count) + rng.uniform(0.15, 0.85, count)) * float(reached[-1]) / count
        for oa in own[np.searchsorted(reached, at)].tolist():
            first, last = np.searchsorted(homes.oa, [oa, oa + 1]).tolist()
            chosen.append(int(rng.integers(first, last)))
    return np.array(chosen)


def _names(streets: list[str]) -> tuple[str, ...]:
    kinds = ("Surgery", "Medical Centre", "Health Centre", "Practice")
    return tuple(f"{street} {kinds[n % 4]}" for n, street in enumerate(streets))


# ---------------------------------------------------------------- registers


def _risk(condition: Condition, hardship: Floats, youngest: int) -> Floats:
    """(n, 91): the share of people of each age who have it."""
    ages = np.arange(91)
    known = np.log(np.array([condition.at_20, condition.at_50, condition.at_75]) / 100)
    slope = (known[1] - known[0]) / 30, (known[2] - known[1]) / 25
    logs = np.where(ages < 50, known[1] + slope[0] * (ages - 50), known[1] + slope[1] * (ages - 50))
    logs = np.minimum(logs, known[2] + 0.35)
    odds = logs[None, :] + condition.hardship * hardship[:, None]
    return np.asarray(np.round(np.where(ages < youngest, 0, np.clip(np.exp(odds), 0, 0.75)), 6))


def _registers(rng: Generator, practices: Practices) -> tuple[Whole, Whole]:
    """(practices, conditions): people on the registers, with and without what is planted."""
    found, without = [], []
    recording = np.exp(np.round(rng.normal(0.0, 0.05, (len(practices), len(CONDITIONS))), 6))
    for number, condition in enumerate(CONDITIONS):
        risk = _risk(condition, practices.hardship, condition.youngest)
        people = practices.patients.sum(axis=1)
        chance = np.clip(np.round(risk * recording[:, [number]], 6), 0, 1)
        drawn = rng.binomial(people, chance).sum(axis=1)
        without.append(drawn)
        if condition.code == "HYP":
            drawn = np.rint(np.round(drawn * practices.planted, 3)).astype(np.int64)
        found.append(drawn)
    return np.column_stack(found), np.column_stack(without)


def _lists(practices: Practices) -> Whole:
    """(practices, conditions): patients of the ages that each register is of."""
    by_age = practices.patients.sum(axis=1)
    return np.column_stack([by_age[:, one.youngest :].sum(axis=1) for one in CONDITIONS])


def _truth(practices: Practices, one: int, registers: Whole, without: Whole) -> Truth:
    at = [condition.code for condition in CONDITIONS].index("HYP")
    observed, expected = int(registers[one, at]), int(without[one, at])
    east, north = practices.points[one].tolist()
    word = "more" if observed > expected else "fewer"
    return Truth(
        id=f"outlier-practice-{practices.codes[one]}",
        kind="outlier-practice",
        what=f"{practices.names[one]} has {word} patients on its register of hypertension in"
        " 2018/19 than its patients let one expect.",
        where=Where(
            codes={"practice_2020": [practices.codes[one]]}, circle=Circle(east, north, 0.0)
        ),
        when={"from": "2018-04-01", "to": "2019-03-31"},
        categories={"qof_practices": ["hyp"]},
        ratio=round(observed / max(expected, 1), 3),
        expected=expected,
        observed=observed,
        details={"patients": int(practices.patients[one].sum())},
    )


# ---------------------------------------------------------------- files of practices


def _write_practices(practices: Practices, out: Path) -> None:
    by_age = practices.patients.sum(axis=1)

    def over(first: int, last: int = 91) -> Whole:
        return np.asarray(by_age[:, first:last].sum(axis=1))

    total = over(0)
    write_csv(
        out / "gp_list_sizes" / f"{FICTIONAL}_gp-by-age.csv",
        titles("PRACTICE_CODE,TOTAL,16OV,17OV,18OV,30_74,50OV,0_64,65OV,65OV%"),
        zip(
            practices.codes,
            *(one.tolist() for one in (total, over(16), over(17), over(18), over(30, 75))),
            *(one.tolist() for one in (over(50), over(0, 65), over(65))),
            [f"{share:.9f}" for share in over(65) / total],
            strict=True,
        ),
    )
    _write_demographics(practices, out)
    lon, lat = from_grid(practices.points[:, 0], practices.points[:, 1])
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [round(float(x), 6), round(float(y), 6)]},
            "properties": {
                "phone": {"phone_number": ""},
                "name": f"{name} ({FICTIONAL})",
                "postcode": postcode,
            },
        }
        for name, postcode, x, y in zip(practices.names, practices.postcodes, lon, lat, strict=True)
    ]
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    content = {"type": "FeatureCollection", "crs": crs, "features": features}
    write_bytes(
        out / "gp_surgeries" / f"{FICTIONAL}_gp_surgeries.geojson",
        (json.dumps(content, separators=(",", ":")) + "\n").encode(),
    )


def _write_demographics(practices: Practices, out: Path) -> None:
    ages = np.arange(91) + 0.5
    bands = ((16, 91), (17, 91), (18, 91), (30, 75), (50, 91), (0, 65), (65, 91))

    def rows() -> Iterator[list[Cell]]:
        for code, patients in zip(practices.codes, practices.patients, strict=True):
            both = patients.sum(axis=0)
            total = int(both.sum())
            counts = [int(both[a:b].sum()) for a, b in bands]
            mean = [
                f"{float((one * ages).sum() / max(int(one.sum()), 1)):.4f}"
                for one in (both, patients[MALE], patients[FEMALE])
            ]
            men = f"{int(patients[MALE].sum()) / total:.6f}"
            shares = [f"{count / total:.6f}" for count in counts]
            yield [code, men, total, *mean, *counts, *shares, "Yes"]

    write_csv(
        out / "gp_list_sizes" / f"{FICTIONAL}_gp_demographics.csv",
        titles(
            "PRACTICE_CODE,Percent_male,Total,AgeAll,AgeMale,AgeFemale,16+,17+,18+,30_74,50+,"
            "0_64,65+,16perc,17perc,18perc,30_74perc,50perc,0_64perc,65perc,QOF"
        ),
        rows(),
    )


def _write_registers(practices: Practices, registers: Whole, out: Path) -> None:
    lists = _lists(practices)
    write_csv(
        out / "qof_practices" / f"{FICTIONAL}_qof-1819-prevalence.csv",
        [
            "PRACTICE_CODE",
            "INDICATOR_GROUP_CODE",
            "REGISTER",
            "PATIENT_LIST_TYPE",
            "PATIENT_LIST_SIZE",
        ],
        (
            (
                *(code, condition.code, int(registers[n, at])),
                f"{condition.youngest}OV" if condition.youngest else "TOTAL",
                int(lists[n, at]),
            )
            for n, code in enumerate(practices.codes)
            for at, condition in enumerate(CONDITIONS)
        ),
    )


# ---------------------------------------------------------------- files of groups and districts


def _write_groups(rng: Generator, practices: Practices, registers: Whole, out: Path) -> None:
    """The workbook by commissioning group: a sheet a condition, its header in three rows."""
    lists = _lists(practices)
    sheets: dict[str, list[list[Cell]]] = {
        "Title sheet": [[f"Everything in this workbook is {FICTIONAL}."]]
    }
    for at, condition in enumerate(CONDITIONS):
        rows: list[list[Cell]] = [[] for _ in range(8)]
        rows += [["Return to Contents"], [f"Table 1: {condition.code}, {FICTIONAL}, CCG level"], []]
        rows += _group_header(condition)
        for district in (CITY, NEIGHBOUR):
            own = practices.lad == district
            register, size = int(registers[own, at].sum()), int(lists[own, at].sum())
            rows.append(_group_row(rng, district, int(own.sum()), register, size))
        rows += [[], ["Copyright of nobody"], ["Notes"]]
        sheets[condition.code] = rows
    write_xlsx(out / "qof" / f"{FICTIONAL}_qof-1819-prev-ach-exc-ccg.xlsx", sheets)


def _group_header(condition: Condition) -> list[list[Cell]]:
    places = ["Region code", "Region ONS code", "Region name", "Regional local office code"]
    places += ["Regional local office ONS code", "Regional local office name", "STP ONS code"]
    places += ["STP name", "CCG code", "CCG ONS code", "CCG name"]
    listed = f"List size ages {condition.youngest}+" if condition.youngest else "List size"
    prevalence = ["Number of practices", listed, "Register", "Prevalence (%)"]
    blocks: list[tuple[str, str, str]] = [("", "", name) for name in places]
    for year in ("2017-18", "2018-19"):
        blocks += [(year if n == 0 else "", "", name) for n, name in enumerate(prevalence)]
    blocks.append(("", "Year on year change ", "(percentage point)"))
    for year in ("2017-18", "2018-19"):
        blocks.append((year, "Total Achievement Score ", "(max 29 per practice)"))
        blocks.append(("", "", "Achievement (%)"))
    blocks.append(("", "Year on year change ", "(percentage point)"))
    for year in ("2017-18", "2018-19"):
        blocks += [(year, "", "Total Exceptions"), ("", "", "Total Denominators")]
        blocks.append(("", "Overall", "Exception Rate (%)"))
    blocks.append(("", "Year on year change ", "(percentage point)"))
    return [list(row) for row in zip(*blocks, strict=True)]


def _group_row(
    rng: Generator, district: int, practices: int, register: int, size: int
) -> list[Cell]:
    before, size_before = int(register * rng.uniform(0.96, 1.0)), int(size * 0.985)
    now, then = round(100 * register / size, 9), round(100 * before / size_before, 9)
    met = [round(float(rng.uniform(95.5, 99.5)), 6) for _ in range(2)]
    excepted = [int(register * rng.uniform(0.05, 0.1)) for _ in range(2)]
    rates = [round(100 * one / (2 * register), 6) for one in excepted]
    return [
        *("Z99", "E40990001", "Fictional", "Z9a", "E39990001", "Fictional office", "E54990001"),
        *("Fictional STP", f"9{district}Z", CCG_CODE[district], CCG_NAME[district]),
        *(
            practices,
            size_before,
            before,
            then,
            practices,
            size,
            register,
            now,
            round(now - then, 9),
        ),
        *(round(29 * practices * met[0] / 100, 2), met[0], round(29 * practices * met[1] / 100, 2)),
        *(met[1], round(met[1] - met[0], 6)),
        *(excepted[0], 2 * register, rates[0], excepted[1], 2 * register, rates[1]),
        round(rates[1] - rates[0], 6),
    ]


def _write_modelled(
    geography: Geography, practices: Practices, registers: Whole, out: Path
) -> None:
    lists = _lists(practices)
    rows = []
    for district in (CITY, NEIGHBOUR):
        own = practices.lad == district
        for at, condition in enumerate(CONDITIONS):
            register, size = float(registers[own, at].sum()), float(lists[own, at].sum())
            rows.append(
                (
                    geography.lad.codes[district],
                    geography.lad.names[district],
                    condition.code,
                    *(f"{register:.1f}", f"{size:.1f}", f"{register / size:.9f}"),
                )
            )
    write_csv(
        out / "modelled_prevalence" / f"{FICTIONAL}_lad_prevalence.csv",
        ["lad_code", "lad_name", "group_code", "register", "list", "prevalence"],
        rows,
    )


# ---------------------------------------------------------------- profiles of public health

_FINGERTIPS = titles(
    "Indicator ID,Indicator Name,Parent Code,Parent Name,Area Code,Area Name,"
    "Area Type,Sex,Age,Category Type,Category,Time period,Value,Lower CI 95.0 limit,"
    "Upper CI 95.0 limit,Lower CI 99.8 limit,Upper CI 99.8 limit,Count,Denominator,"
    "Value note,Recent Trend,Compared to England value or percentiles,"
    "Compared to Region value or percentiles,Time period Sortable,New data,"
    "Compared to goal"
)
_AGGREGATED = "Aggregated from all known lower geography values"
_DECILES = "District & UA deprivation deciles in England (IMD2015)"
_ESTIMATED = (
    (92658, "Estimated prevalence of COPD (all ages)", "All ages", "COPD", 0, 91),
    (92659, "Estimated prevalence of diagnosed hypertension (16+)", "16+ yrs", "HYP", 16, 91),
    (92661, "Estimated prevalence of depression (all ages)", "All ages", "DEP", 0, 91),
    (92662, "Estimated prevalence of CHD (55-79 yrs)", "55-79 yrs", "CHD", 55, 80),
    (92663, "Estimated prevalence of stroke (55-79 yrs)", "55-79 yrs", "STIA", 55, 80),
    (92783, "Estimated prevalence of heart failure (16+)", "16+ yrs", "HF", 16, 91),
)


def _write_fingertips(rng: Generator, geography: Geography, people: People, out: Path) -> None:
    """Districts and their country, with a name that breaks its line and rows of categories."""
    hardship = [
        float(geography.latent[geography.lad_of_oa == district, HARDSHIP].mean())
        for district in (CITY, NEIGHBOUR)
    ]
    by_age = summed(people.of_year(2017).sum(axis=1), geography.lad_of_oa[geography.atom_oa], 2)
    rows = [*_infections(rng, geography, by_age), *_contacts(rng, geography, by_age, hardship)]
    for number, name, age, code, first, last in _ESTIMATED:
        condition = next(one for one in CONDITIONS if one.code == code)
        risk = _risk(condition, np.array(hardship), 0)[:, first:last]
        counted = by_age[:, first:last]
        values = (100 * (risk * counted).sum(axis=1) / counted.sum(axis=1)).tolist()
        whole = sum(v * float(c) for v, c in zip(values, counted.sum(axis=1), strict=True))
        rows.append(_row(number, name, None, age, "2015", whole / float(counted.sum())))
        rows += [
            _row(number, name, None, age, "2015", None, category=decile, note=_AGGREGATED)
            for decile in ("Most deprived decile (IMD2015)", "Least deprived decile (IMD2015)")
        ]
        for district, value in enumerate(values):
            limits = (value * 0.92, value * 1.085)
            rows.append(
                _row(number, name, (geography, district), age, "2015", value, limits=limits)
            )
    write_csv(out / "fingertips" / f"{FICTIONAL}_indicators-DistrictUA.data.csv", _FINGERTIPS, rows)


def _infections(rng: Generator, geography: Geography, by_age: Whole) -> Iterator[list[Cell]]:
    for year in (2015, 2016, 2017):
        total = by_age.sum(axis=1)
        cases = rng.poisson(total * 98e-5)
        counted = [(None, int(cases.sum()), int(total.sum()))]
        counted += [((geography, n), int(cases[n]), int(total[n])) for n in (0, 1)]  # type: ignore[misc]
        for area, count, of in counted:
            limits = tuple(1e5 * limit / of for limit in _byar(count))
            name = "Campylobacter incidence rate/100,000\n"
            rate = 1e5 * count / of
            yield _row(
                93356, name, area, "All ages", str(year), rate, limits=limits, count=count, of=of
            )


def _contacts(
    rng: Generator, geography: Geography, by_age: Whole, hardship: list[float]
) -> Iterator[list[Cell]]:
    name = (
        "Social Isolation: percentage of adult social care users who have as much social contact"
        " as they would like"
    )
    for period in ("2016/17", "2017/18", "2018/19"):
        users = (by_age[:, 18:].sum(axis=1) * 0.013).astype(np.int64)
        content = rng.binomial(users, [round(0.455 - 0.02 * one, 4) for one in hardship])
        every = [(None, int(content.sum()), int(users.sum()))]
        every += [((geography, n), int(content[n]), int(users[n])) for n in (0, 1)]  # type: ignore[misc]
        for area, count, of in every:
            low, high = _wilson(count, of)
            value, limits = round(100 * count / of, 1), (round(100 * low, 1), round(100 * high, 1))
            yield _row(
                90280, name, area, "18+ yrs", period, value, limits=limits, count=count, of=of
            )


def _byar(count: int) -> tuple[float, float]:
    low = count * (1 - 1 / (9 * count) - 1.96 / (3 * np.sqrt(count))) ** 3
    more = count + 1
    return float(low), float(more * (1 - 1 / (9 * more) + 1.96 / (3 * np.sqrt(more))) ** 3)


def _wilson(count: int, of: int) -> tuple[float, float]:
    share, z = count / of, 1.96
    middle = (2 * count + z**2) / (2 * (of + z**2))
    half = z * np.sqrt(z**2 + 4 * count * (1 - share)) / (2 * (of + z**2))
    return float(middle - half), float(middle + half)


def _row(
    number: int,
    name: str,
    area: tuple[Geography, int] | None,
    age: str,
    period: str,
    value: float | None,
    *,
    limits: tuple[float, ...] = (),
    count: int | None = None,
    of: int | None = None,
    category: str = "",
    note: str = "",
) -> list[Cell]:
    """A row of the 26 columns; `area` is a district, None for the country."""
    code, called, kind = COUNTRY_CODE, COUNTRY_NAME, "Country"
    if area is not None:
        lad = area[0].lad
        code, called, kind = str(lad.codes[area[1]]), str(lad.names[area[1]]), "District & UA"
    shown: list[Cell] = [f"{limit:.6g}" for limit in limits] or [None, None]
    return [
        *(number, name, COUNTRY_CODE if area else "", COUNTRY_NAME if area else "", code, called),
        *(kind, "Persons", age, _DECILES if category else "", category, period),
        *(None if value is None else f"{value:.6g}", *shown, None, None, count, of, note),
        *("Cannot be calculated", "Not compared", "Not compared", f"{period[:4]}0000", "", ""),
    ]


# ---------------------------------------------------------------- files of small areas


def _write_surroundings(rng: Generator, geography: Geography, out: Path) -> None:
    """Access to healthy assets and hazards: worse air and more shops of one kind in the middle."""
    field = autoregressive(geography.neighbours_oa, rng.normal(0.0, 1.0, (len(geography.oa), 4)))
    of_atom = geography.lsoa_2011_of_oa_2011[geography.atom_oa_2011]
    weight = geography.atom_residents
    luck = standard(means(field[geography.atom_oa], of_atom, weight))
    latent = standard(means(geography.latent[geography.atom_oa], of_atom, weight))
    hard, urban = latent[:, HARDSHIP], latent[:, URBANITY]
    scores = standard(
        np.column_stack(
            [
                -0.7 * urban + 0.6 * luck[:, 0],
                0.5 * urban + 0.3 * hard + 0.7 * luck[:, 1],
                0.85 * urban + 0.4 * luck[:, 2],
                0.55 * urban + 0.45 * hard + 0.5 * luck[:, 3],
            ]
        )
    )
    index = np.clip(np.round(28 + 9 * scores.sum(axis=1) / 2, 6), 0.5, 99.5)
    write_csv(
        out / "ahah" / f"{FICTIONAL}_AHAH_lsoa11.csv",
        ["lsoa11", "ah3h", "ah3g", "ah3e", "ah3r", "ah3ahah"],
        zip(words(geography.lsoa_2011.codes), *scores.T.tolist(), index.tolist(), strict=True),
    )


def _write_strokes(rng: Generator, geography: Geography, people: People, out: Path) -> None:
    """Emergency admissions for stroke by the name of the LSOA, as the mean of three years."""
    of_atom = geography.lsoa_2011_of_oa_2011[geography.atom_oa_2011]
    by_age = summed(people.of_year(2018), of_atom, len(geography.lsoa_2011)).sum(axis=1)
    latent = means(geography.latent[geography.atom_oa], of_atom, geography.atom_residents)[
        :, HARDSHIP
    ]
    rate = 2.1e-4 * np.exp(0.078 * np.maximum(np.arange(91) - 30, 0))
    expected = (by_age * np.round(rate, 9)).sum(axis=1) * np.exp(np.round(0.12 * latent, 6))
    counted = rng.poisson(np.round(3 * expected, 6))
    write_csv(
        out / "stroke_admissions" / f"{FICTIONAL}_stroke_admissions_2017-2019_by_lsoa11name.csv",
        ["area", "admissions"],
        (
            (name, f"{count / 3:.9g}")
            for name, count in zip(geography.lsoa_2011.names, counted.tolist(), strict=True)
        ),
    )
