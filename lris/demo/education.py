"""Schools of the fictional city and their results at 11, 16 and 18, pupil by pupil.

Every figure of a school is counted from invented pupils, so that its columns agree with each other.
Pupils do worse where there is hardship; schools differ a little; a few, planted, differ a lot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.random import Generator, SeedSequence, default_rng
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from lris.demo.people import People, summed
from lris.demo.publishers import FICTIONAL, Cell, titles, write_csv
from lris.demo.shapes import CITY, HARDSHIP, NEIGHBOUR, Floats, Geography, Whole
from lris.demo.truths import Circle, Truth, Where
from lris.rules.british_grid import from_grid

LEA = ("990", "991")
FIRST_URN = 990_001
YEARS = (2016, 2017, 2018)
"""The year in which a school year began, as in the names of the publisher's files."""

PRIMARY_COHORT, SECONDARY_COHORT = 45, 190
SMALL_GROUP = 6  # figures of fewer pupils are suppressed
SHIFT_OF_AN_OUTLIER = 0.95  # standard deviations of pupils' attainment
OUTLIERS = 4
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Schools:
    """Schools of one phase; row i of every field is one school.

    urns, names, postcodes, streets, denominations: (n,) str. points: (n, 2) metres EPSG:27700. lad:
    (n,) row of Geography.lad. hardship: (n,) that of its pupils' homes. quality: (n,) float, in
    pupils' standard deviations, without what is planted. planted: (n,) float, 0 but for outliers.
    special: (n,) bool.
    """

    urns: tuple[str, ...]
    names: tuple[str, ...]
    postcodes: tuple[str, ...]
    streets: tuple[str, ...]
    denominations: tuple[str, ...]
    points: Floats
    lad: Whole
    hardship: Floats
    quality: Floats
    planted: Floats
    special: Mask

    def __len__(self) -> int:
        return len(self.urns)


def write_education(
    geography: Geography, people: People, out: Path, *, null: bool = False
) -> list[Truth]:
    """Write results at key stages 2, 4 and 5 below `out`; returns the planted outliers."""
    streams = [default_rng(one) for one in SeedSequence([geography.seed, 1944]).spawn(4)]
    primary = _schools(streams[0], geography, people, 10, PRIMARY_COHORT, FIRST_URN, null=null)
    secondary = _schools(
        streams[1], geography, people, 15, SECONDARY_COHORT, FIRST_URN + 5_000, null=True
    )
    truths = _write_key_stage_2(streams[2], geography, primary, out)
    _write_later(streams[3], secondary, out)
    return truths


# ---------------------------------------------------------------- schools


def _schools(
    rng: Generator,
    geography: Geography,
    people: People,
    age: int,
    cohort: int,
    first_urn: int,
    *,
    null: bool,
) -> Schools:
    """So many schools as the children of an age need, in streets where children live."""
    children = summed(people.census[:, :, age].sum(axis=1), geography.atom_oa, len(geography.oa))
    homes = geography.addresses
    chosen: list[int] = []
    for district in (CITY, NEIGHBOUR):
        own = np.flatnonzero(geography.lad_of_oa == district)
        count = max(round(float(children[own].sum()) / cohort), 2)
        reached = np.cumsum(children[own])
        at = (np.arange(count) + rng.uniform(0.2, 0.8, count)) * float(reached[-1]) / count
        for oa in own[np.searchsorted(reached, at)].tolist():
            first, last = np.searchsorted(homes.oa, [oa, oa + 1]).tolist()
            chosen.append(int(rng.integers(first, last)))
    site = np.array(chosen)
    street = geography.snap.street[homes.snap[site]]
    names = _names(geography, site, street, "Primary School" if age < 11 else "Academy")
    hardship = _around(geography, homes.points[site], 900.0 if age < 11 else 2_000.0)
    lad = geography.lad_of_oa[homes.oa[site]]
    size = len(site)
    faith = rng.choice(["Does not apply", "Church of Vellmouth", "None"], size, p=[0.62, 0.28, 0.1])
    return Schools(
        urns=tuple(str(first_urn + n) for n in range(size)),
        names=names,
        postcodes=tuple(map(str, geography.postcodes.codes[homes.postcode[site]])),
        streets=tuple(map(str, geography.streets.names[street])),
        denominations=tuple(map(str, faith)),
        points=homes.points[site],
        lad=lad,
        hardship=hardship,
        quality=np.round(rng.normal(0.0, 0.13, size), 6),
        planted=np.zeros(size) if null else _planted(rng, lad),
        special=(np.arange(size) % 23 == 11) if age < 11 else np.zeros(size, dtype=bool),
    )


def _names(geography: Geography, site: Whole, street: Whole, ending: str) -> tuple[str, ...]:
    """After the street where it stands; a second one in a street is the Junior School."""
    seen: dict[str, int] = {}
    found = []
    for row in street.tolist():
        name = str(geography.streets.names[row])
        again = seen.get(name, 0)
        seen[name] = again + 1
        found.append(f"{name} {('', 'Junior ', 'Upper ', 'New ')[again % 4]}{ending}")
    return tuple(found)


def _around(geography: Geography, points: Floats, reach: float) -> Floats:
    """The mean hardship of the output areas within reach of points, the nearer the more."""
    away, near = cKDTree(geography.oa.points).query(points, k=25)
    weight = np.exp(-((away / reach) ** 2)) * geography.oa.residents[near] + 1e-9
    hardship = geography.latent[near, HARDSHIP]
    return np.asarray(np.round((weight * hardship).sum(axis=1) / weight.sum(axis=1), 6))


def _planted(rng: Generator, lad: Whole) -> Floats:
    """A few schools of the city far better or worse than their pupils would let one expect."""
    shift = np.zeros(len(lad))
    own = rng.permutation(np.flatnonzero(lad == CITY))[:OUTLIERS]
    shift[own] = np.where(np.arange(own.size) % 3 == 2, 1.0, -1.0) * SHIFT_OF_AN_OUTLIER
    return shift


# ---------------------------------------------------------------- pupils at 11


@dataclass(frozen=True, slots=True)
class _Pupils:
    """Pupils of one year at the end of key stage 2; one entry a pupil.

    `prior`: 0 low, 1 middle, 2 high, 3 unknown. `scores`: (n, 3) reading, grammar, maths, 80 to
    120. `writing`: 0 absent or disapplied, 1 towards, 2 expected, 3 greater depth. `progress`: (n,
    3) points in reading, writing and maths beyond what pupils of the same prior attainment make.
    """

    school: Whole
    boy: Mask
    prior: Whole
    poor: Mask
    other_language: Mask
    settled: Mask
    need: Whole
    scores: Whole
    writing: Whole
    science: Mask
    progress: Floats

    def of(self, rows: Mask) -> _Pupils:
        """Some of them."""
        return _Pupils(*(getattr(self, name)[rows] for name in self.__slots__))


def _cohort(rng: Generator, schools: Schools) -> tuple[_Pupils, _Pupils]:
    """The pupils of a year, with and without what is planted."""
    size = np.clip(np.rint(rng.normal(PRIMARY_COHORT, 13, len(schools))), 14, 92).astype(np.int64)
    size[schools.special] = rng.integers(4, 13, int(schools.special.sum()))
    school = np.repeat(np.arange(len(schools)), size)
    total = school.size
    hardship, special = schools.hardship[school], schools.special[school]
    poor = rng.random(total) < 1 / (1 + np.exp(1.05 - 0.75 * hardship))
    boy = rng.random(total) < 0.51
    need = np.where(special, 2, rng.choice(3, total, p=[0.82, 0.14, 0.04]))
    start = -0.12 * hardship - 0.38 * poor - 0.9 * (need > 0) - 2.2 * special
    start = start + rng.normal(0.28, 0.95, total)
    prior = np.where(start < -1.35, 0, np.where(start < 0.42, 1, 2))
    prior[rng.random(total) < 0.05] = 3
    other_language = rng.random(total) < 1 / (1 + np.exp(1.6 - 0.5 * hardship))
    settled = rng.random(total) < 0.93
    luck = rng.normal(0.0, 1.0, (total, 5))
    marks = rng.random(total)

    def with_effect(effect: Floats) -> _Pupils:
        ability = 0.78 * start + 0.45 * luck[:, 4] + effect[school]
        gain = effect[school][:, None] * 5.2 + 4.6 * luck[:, :3] + 1.6 * luck[:, [4]]
        sexes = np.column_stack([0.12 * ~boy, 0.18 * ~boy, 0.08 * boy])
        scores = 104.6 + 6.6 * (ability[:, None] + sexes) + 3.6 * luck[:, :3]
        level = ability + 0.25 * ~boy + 0.45 * luck[:, 3]
        writing = 1 + (level > -0.75).astype(np.int64) + (level > 0.92)
        return _Pupils(
            school=school,
            boy=boy,
            prior=prior,
            poor=poor,
            other_language=other_language,
            settled=settled,
            need=need,
            scores=np.clip(np.rint(np.round(scores, 6)), 80, 120).astype(np.int64),
            writing=np.where(marks < 0.012, 0, writing),
            science=np.asarray(level + 0.2 > -0.75),
            progress=np.round(gain, 2),
        )

    return with_effect(schools.quality + schools.planted), with_effect(schools.quality)


def _expected(pupils: _Pupils) -> Mask:
    """Who reaches the expected standard in reading, writing and maths."""
    return np.asarray((pupils.scores[:, [0, 2]] >= 100).all(axis=1) & (pupils.writing >= 2))


def _higher(pupils: _Pupils) -> Mask:
    return np.asarray((pupils.scores[:, [0, 2]] >= 110).all(axis=1) & (pupils.writing == 3))


# ---------------------------------------------------------------- columns of a school

_GROUPS: dict[str, Callable[[_Pupils], Mask]] = {
    "B": lambda p: p.boy,
    "G": lambda p: ~p.boy,
    "L": lambda p: p.prior == 0,
    "M": lambda p: p.prior == 1,
    "H": lambda p: p.prior == 2,
    "FSM6CLA1A": lambda p: p.poor,
    "NotFSM6CLA1A": lambda p: ~p.poor,
    "EAL": lambda p: p.other_language,
    "MOBN": lambda p: p.settled,
}
_SUBJECTS = ("READ", "WRIT", "MAT")
_TESTS = ("READ", "GPS", "MAT")
_STANDARDS: dict[str, Callable[[_Pupils], Mask]] = {
    "PTRWM_EXP": _expected,
    "PTRWM_HIGH": _higher,
    "PTREAD_EXP": lambda p: p.scores[:, 0] >= 100,
    "PTREAD_HIGH": lambda p: p.scores[:, 0] >= 110,
    "PTGPS_EXP": lambda p: p.scores[:, 1] >= 100,
    "PTGPS_HIGH": lambda p: p.scores[:, 1] >= 110,
    "PTMAT_EXP": lambda p: p.scores[:, 2] >= 100,
    "PTMAT_HIGH": lambda p: p.scores[:, 2] >= 110,
    "PTWRITTA_EXP": lambda p: p.writing >= 2,
    "PTWRITTA_HIGH": lambda p: p.writing == 3,
    "PTWRITTA_WTS": lambda p: p.writing == 1,
    "PTWRITTA_AD": lambda p: p.writing == 0,
    "PTSCITA_EXP": lambda p: p.science,
}
_Columns = dict[str, Cell]


def _header() -> list[str]:
    """The publisher's columns of 2018/19, in the publisher's order."""
    of_all = ("B", "G", "L", "M", "H", "FSM6CLA1A", "NotFSM6CLA1A")
    columns = titles(
        "RECTYPE,ALPHAIND,LEA,ESTAB,URN,SCHNAME,ADDRESS1,ADDRESS2,ADDRESS3,TOWN,PCODE,"
        "TELNUM,PCON_CODE,PCON_NAME,URN_AC,SCHNAME_AC,OPEN_AC,NFTYPE,ICLOSE,RELDENOM,"
        "AGERANGE,CONFEXAM,TAB15,TAB1618,TOTPUPS,TPUPYEAR,TELIG,BELIG,GELIG,PBELIG,"
        "PGELIG,TKS1AVERAGE,TKS1GROUP_L,PTKS1GROUP_L,TKS1GROUP_M,PTKS1GROUP_M,"
        "TKS1GROUP_H,PTKS1GROUP_H,TKS1GROUP_NA,PTKS1GROUP_NA,TFSM6CLA1A,PTFSM6CLA1A,"
        "TNotFSM6CLA1A,PTNotFSM6CLA1A,TEALGRP2,PTEALGRP2,TMOBN,PTMOBN,PTRWM_EXP,"
        "PTRWM_HIGH"
    )
    for subject in _SUBJECTS:
        prog = f"{subject}PROG"
        columns += [prog, f"{prog}_LOWER", f"{prog}_UPPER", f"{subject}COV"]
    for test in _TESTS:
        columns += [f"PT{test}_EXP", f"PT{test}_HIGH", f"PT{test}_AT", f"{test}_AVERAGE"]
    columns += [
        "PTWRITTA_EXP",
        "PTWRITTA_HIGH",
        "PTWRITTA_WTS",
        "PTWRITTA_AD",
        "PTSCITA_EXP",
        "PTSCITA_AD",
    ]
    for level in ("EXP", "HIGH"):
        columns += [f"PTRWM_{level}_{group}" for group in of_all]
        columns += [f"DIFFN_RWM_{level}", f"PTRWM_{level}_EAL", f"PTRWM_{level}_MOBN"]
    for subject in _SUBJECTS:
        prog = f"{subject}PROG"
        for group in (*of_all, None, "EAL", "MOBN"):
            ends = ("", "_LOWER", "_UPPER")
            columns += [f"{prog}_{group}{end}" for end in ends] if group else [f"DIFFN_{prog}"]
    for test in ("READ", "MAT", "GPS"):
        columns += [f"{test}_AVERAGE_{group}" for group in _GROUPS]
    for level in ("EXP", "HIGH"):
        for test in ("READ", "GPS", "MAT", "WRITTA"):
            columns += [f"PT{test}_{level}_{group}" for group in of_all[2:]]
    columns += titles(
        "TEALGRP1,PTEALGRP1,TEALGRP3,PTEALGRP3,TSENELE,PSENELE,TSENELK,PSENELK,TSENELEK,PSENELEK"
    )
    return columns + _earlier_years()


def _earlier_years() -> list[str]:
    columns: list[str] = []
    for year in ("18", "17"):
        columns += [f"{name}_{year}" for name in ("TELIG", "PTFSM6CLA1A", "PTNOTFSM6CLA1A")]
        columns += [f"PTRWM_{level}_{year}" for level in ("EXP", "HIGH")]
        for group in ("FSM6CLA1A", "NotFSM6CLA1A"):
            columns += [f"PTRWM_{level}_{group}_{year}" for level in ("EXP", "HIGH")]
        for subject in _SUBJECTS:
            columns += [f"{subject}PROG{end}_{year}" for end in ("", "_LOWER", "_UPPER")]
        columns += [f"READ_AVERAGE_{year}", f"MAT_AVERAGE_{year}"]
    columns += [
        f"{name}_3YR"
        for name in ("TELIG", "PTRWM_EXP", "PTRWM_HIGH", "READ_AVERAGE", "MAT_AVERAGE")
    ]
    columns += [f"{subject}PROG_UNADJUSTED" for subject in _SUBJECTS]
    for year in ("_17", "_18", ""):
        columns += [f"{subject}PROG_DESCR{year}" for subject in _SUBJECTS]
    return columns


def _figures(pupils: _Pupils, *, whole: bool) -> _Columns:
    """The columns of a school's pupils, or with `whole` of an authority's, where nothing is too
    small.
    """
    total = pupils.school.size
    found = _counts(pupils)
    if total < SMALL_GROUP and not whole:
        return found | {name: "SUPP" for name in _header() if _is_result(name)}
    for name, meets in _STANDARDS.items():
        found[name] = _percent(int(meets(pupils).sum()), total)
    for test, scores in zip(_TESTS, pupils.scores.T, strict=True):
        found[f"{test}_AVERAGE"] = int(np.rint(scores.mean()))
        found[f"PT{test}_AT"] = "0%"
    found["PTSCITA_AD"] = "0%"
    measured = pupils.prior != 3
    for subject, gains in zip(_SUBJECTS, pupils.progress.T, strict=True):
        found |= _progress(f"{subject}PROG", "", gains[measured])
        found[f"{subject}COV"] = _percent(int(measured.sum()), total)
        found[f"{subject}PROG_DESCR"] = _band(found, f"{subject}PROG")
    small = {name for name, of in _GROUPS.items() if 0 < int(of(pupils).sum()) < SMALL_GROUP}
    for pair in (("FSM6CLA1A", "NotFSM6CLA1A"), ("B", "G")):
        if small & set(pair):
            small |= set(pair)
    for group, of in _GROUPS.items():
        found |= _of_group(pupils.of(of(pupils)), group, hidden=group in small and not whole)
    return found


def _is_result(name: str) -> bool:
    return name.startswith(("PTRWM", "PTREAD", "PTGPS", "PTMAT", "PTWRIT", "PTSCI")) or any(
        part in name for part in ("PROG", "_AVERAGE", "COV")
    )


def _counts(pupils: _Pupils) -> _Columns:
    total = pupils.school.size
    counts = {
        "BELIG": pupils.boy,
        "GELIG": ~pupils.boy,
        "TKS1GROUP_L": pupils.prior == 0,
        "TKS1GROUP_M": pupils.prior == 1,
        "TKS1GROUP_H": pupils.prior == 2,
        "TKS1GROUP_NA": pupils.prior == 3,
        "TFSM6CLA1A": pupils.poor,
        "TNotFSM6CLA1A": ~pupils.poor,
        "TEALGRP1": ~pupils.other_language,
        "TEALGRP2": pupils.other_language,
        "TEALGRP3": np.zeros(total, dtype=bool),
        "TMOBN": pupils.settled,
        "TSENELE": pupils.need == 2,
        "TSENELK": pupils.need == 1,
        "TSENELEK": pupils.need > 0,
    }
    found: _Columns = {"TPUPYEAR": total, "TELIG": total}
    for name, rows in counts.items():
        found[name] = int(rows.sum())
        share = f"P{name[1:]}" if name.startswith("TSEN") else f"P{name}"
        found[share] = _percent(int(rows.sum()), total)
    known = pupils.prior != 3
    points = np.array([8.0, 15.6, 20.1, 0.0])[pupils.prior[known]]
    found["TKS1AVERAGE"] = f"{points.mean():.1f}" if known.any() else ""
    return found


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f}%" if whole else ""


def _progress(name: str, group: str, gains: Floats) -> _Columns:
    """Mean progress and the limits of its interval; spread of pupils is taken as the nation's."""
    ending = f"_{group}" if group else ""
    if not gains.size:
        return {f"{name}{ending}{end}": "NA" for end in ("", "_LOWER", "_UPPER")}
    mean, half = float(gains.mean()), 1.96 * 5.9 / float(np.sqrt(gains.size))
    return {
        f"{name}{ending}": f"{mean:.1f}",
        f"{name}{ending}_LOWER": f"{mean - half:.1f}",
        f"{name}{ending}_UPPER": f"{mean + half:.1f}",
    }


def _band(found: _Columns, name: str) -> int | str:
    """1 well above average to 5 well below."""
    if found[name] == "NA":
        return "NA"
    mean, lower, upper = (float(str(found[f"{name}{end}"])) for end in ("", "_LOWER", "_UPPER"))
    if lower > 0:
        return 1 if mean >= 3 else 2
    if upper < 0:
        return 5 if mean <= -3 else 4
    return 3


def _of_group(pupils: _Pupils, group: str, *, hidden: bool) -> _Columns:
    """The columns of some pupils: suppressed where they are few, blank where there are none."""
    found: _Columns = {}
    total = pupils.school.size
    for name in [n for n in _STANDARDS if n.endswith(("_EXP", "_HIGH")) and "SCI" not in n]:
        shown = _percent(int(_STANDARDS[name](pupils).sum()), total)
        found[f"{name}_{group}"] = "SUPP" if hidden else shown
    for test, scores in zip(_TESTS, pupils.scores.T, strict=True):
        mean = int(np.rint(scores.mean())) if total else ""
        found[f"{test}_AVERAGE_{group}"] = "SUPP" if hidden else mean
    for subject, gains in zip(_SUBJECTS, pupils.progress.T, strict=True):
        shown_progress = _progress(f"{subject}PROG", group, gains[pupils.prior != 3])
        found |= dict.fromkeys(shown_progress, "SUPP") if hidden else shown_progress
    return found


# ---------------------------------------------------------------- files of key stage 2


def _write_key_stage_2(
    rng: Generator, geography: Geography, schools: Schools, out: Path
) -> list[Truth]:
    header = _header()
    truths = []
    for year in YEARS:
        pupils, without = _cohort(rng, schools)
        for district in (CITY, NEIGHBOUR):
            rows = list(_rows(rng, geography, schools, pupils, district))
            write_csv(
                out / "key_stage_2" / f"{year}-{LEA[district]}-ks2.csv",
                header,
                ([row.get(name, "") for name in header] for row in rows),
                bom=True,
            )
        truths += [
            _truth(schools, one, year, pupils, without)
            for one in np.flatnonzero(schools.planted).tolist()
        ]
    return truths


def _rows(
    rng: Generator, geography: Geography, schools: Schools, pupils: _Pupils, district: int
) -> Iterator[_Columns]:
    """The schools of an authority, and the authority itself."""
    own = np.flatnonzero(schools.lad == district)
    newest = int(own[-1])
    for one in own.tolist():
        described = _described(geography, schools, one)
        own_pupils = pupils.of(pupils.school == one)
        if one == newest:  # opened this year: no figures yet
            yield described | {"TOTPUPS": "NEW"}
            continue
        figures = _figures(own_pupils, whole=False)
        if not schools.special[one] and rng.random() < 0.03:
            figures |= dict.fromkeys([n for n in figures if n.startswith("READPROG")], "LOWCOV")
        roll = int(own_pupils.school.size * rng.uniform(6.6, 7.4))
        described["TOTPUPS"] = roll
        yield described | figures
    counted = own[own != newest]
    whole = _figures(pupils.of(np.isin(pupils.school, counted)), whole=True)
    names = str(geography.lad.names[district])
    authority: _Columns = {"RECTYPE": 3, "LEA": LEA[district], "SCHNAME": names}
    yield authority | whole


def _described(geography: Geography, schools: Schools, one: int) -> _Columns:
    special = bool(schools.special[one])
    return {
        "RECTYPE": 2 if special else 1,
        "ALPHAIND": 10_000 + 7 * one,
        "LEA": LEA[int(schools.lad[one])],
        "ESTAB": 7_000 + one if special else 2_000 + one,
        "URN": schools.urns[one],
        "SCHNAME": schools.names[one].replace("Primary", "Special")
        if special
        else schools.names[one],
        "ADDRESS1": schools.streets[one],
        "TOWN": str(geography.lad.names[int(schools.lad[one])]),
        "PCODE": schools.postcodes[one],
        "URN_AC": 0,
        "NFTYPE": "CYS" if special else "CY",
        "ICLOSE": 0,
        "RELDENOM": schools.denominations[one],
        "AGERANGE": "4-11",
        "TAB15": 0,
        "TAB1618": 0,
    }


def _truth(schools: Schools, one: int, year: int, pupils: _Pupils, without: _Pupils) -> Truth:
    rows = pupils.school == one
    observed, expected = (int(_expected(every.of(rows)).sum()) for every in (pupils, without))
    east, north = schools.points[one].tolist()
    below = "far fewer" if schools.planted[one] < 0 else "far more"
    return Truth(
        id=f"outlier-school-{schools.urns[one]}-{year}",
        kind="outlier-school",
        what=f"{schools.names[one]} has {below} pupils reaching the expected standard in reading,"
        f" writing and maths in {year}/{(year + 1) % 100:02d} than its pupils let one expect.",
        where=Where(codes={"school_2019": [schools.urns[one]]}, circle=Circle(east, north, 0.0)),
        when={"from": f"{year}-09-01", "to": f"{year + 1}-08-31"},
        categories={"key_stage_2": ["rwm_expected"]},
        ratio=round(observed / max(expected, 1), 3),
        expected=expected,
        observed=observed,
        details={"pupils": int(rows.sum()), "shift_sd": float(schools.planted[one])},
    )


# ---------------------------------------------------------------- at 16 and 18

_RESULTS_AT_16 = ["P8MEA", "P8_BANDING", "ATT8SCR", "PTL2BASICS_95", "PTEBACC_E_PTQ_EE", "EBACCAPS"]
_RESULTS_AT_18 = ["VA_INS_ALEV", "PROGRESS_BAND_ALEV", "TALLPPE_ALEV_1618", "TALLPPEGRD_ALEV_1618"]


def _write_later(rng: Generator, schools: Schools, out: Path) -> None:
    """Key stages 4 and 5 as one file each, with the columns of the national files."""
    size = len(schools)
    pupils = rng.integers(110, 260, size)
    level = -0.42 * schools.hardship + 1.4 * schools.quality
    attainment = np.round(46.5 + 6.0 * level + rng.normal(0.0, 12.0 / np.sqrt(pupils)), 1)
    progress = np.round(0.02 + 0.45 * level + rng.normal(0.0, 1.2 / np.sqrt(pupils)), 2)
    passing = np.round(1 / (1 + np.exp(0.3 - 0.75 * level)), 6)
    both = rng.binomial(pupils, passing) / pupils
    entering = rng.binomial(pupils, np.clip(np.round(0.38 + 0.14 * level, 6), 0.03, 0.95)) / pupils
    ebacc = np.round(np.clip(attainment / 11.6, 0, 9), 2)
    few = np.arange(size) % 17 == 5
    lon, lat = from_grid(schools.points[:, 0], schools.points[:, 1])
    tail = ("OFSTEDRATING", "INSPECTIONDT", "WEB", "SCHTYPE", "GRAMMAR", "GENDER", "RELIGION")
    last = ("LATITUDE", "LONGITUDE", "COLOUR1", "COLOUR2", "PHASE")
    half = half_width_of_progress(pupils)

    def described(one: int, results: list[Cell], phase: str) -> list[Cell]:
        postcode = schools.postcodes[one]
        return [
            *(1, schools.urns[one], schools.names[one], postcode, postcode.split()[0], "Vellmouth"),
            *results,
            *("", "", "", "Academy", "No", "Mixed", schools.denominations[one]),
            *(f"{lat[one]:.6f}", f"{lon[one]:.6f}", "dodgerblue", "limegreen", phase),
        ]

    start = ["RECTYPE", "URN", "SCHNAME", "PCODE", "PCODE2", "TOWN"]
    write_csv(
        out / "key_stage_4" / f"{FICTIONAL}_ks4final.csv",
        [*start, *_RESULTS_AT_16, *tail, *last],
        (
            described(
                one,
                ["SUPP"] * 6
                if few[one]
                else [
                    *(
                        progress[one],
                        _banded(float(progress[one]), float(half[one])),
                        attainment[one],
                    ),
                    *(f"{100 * both[one]:.0f}%", f"{100 * entering[one]:.0f}%", ebacc[one]),
                ],
                "Secondary",
            )
            for one in range(size)
        ),
    )
    sixth = [one for one in range(size) if one % 2 == 0]
    points = np.round(32.5 + 4.0 * level + rng.normal(0.0, 1.2, size), 2)
    added = np.round(0.15 * level + rng.normal(0.0, 0.12, size), 2)
    write_csv(
        out / "key_stage_5" / f"{FICTIONAL}_ks5final.csv",
        [*start, *_RESULTS_AT_18, *tail, *last],
        (
            described(
                one,
                ["NE"] * 4
                if few[one]
                else [added[one], _banded(float(added[one]) * 3, 0.4), points[one], "C+"],
                "Post16",
            )
            for one in sixth
        ),
    )


def half_width_of_progress(pupils: Whole) -> Floats:
    """Half of the 95 % interval of Progress 8, whose standard deviation is about 1.2."""
    return np.asarray(1.96 * 1.2 / np.sqrt(pupils))


def _banded(mean: float, half: float) -> int:
    if mean - half > 0:
        return 1 if mean >= 0.5 else 2
    if mean + half < 0:
        return 5 if mean <= -0.5 else 4
    return 3
