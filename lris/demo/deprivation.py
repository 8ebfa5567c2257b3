"""Indices of deprivation of the fictional city, built as England's are, and the files they come in.

The city's areas take their ranks in an invented country of as many areas as England has: a fixed
synthetic population, the same for every seed, whose domains correlate as those of 2019 do. A rank
is the place an area's score would have there; no two of the city's areas share one. The steps are
those of the Technical Report of 2019: shrinkage of rates to the district (appendix D), exponential
transformation of ranks (appendix F), and the published weights, which sum to 0.999.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.random import Generator, SeedSequence, default_rng

from lris.demo.fields import autoregressive, means, standard
from lris.demo.people import People, summed
from lris.demo.publishers import FICTIONAL, Cell, decimals, words, write_csv
from lris.demo.shapes import HARDSHIP, URBANITY, Areas, Floats, Geography, Whole

AREAS_OF = {2019: 32_844, 2025: 33_755}
WEIGHTS = {
    "income": 0.225,
    "employment": 0.225,
    "education": 0.135,
    "health": 0.135,
    "crime": 0.093,
    "barriers": 0.093,
    "living_environment": 0.093,
}
PARTS = {
    "education": {"children_and_young_people": 0.5, "adult_skills": 0.5},
    "barriers": {"geographical_barriers": 0.5, "wider_barriers": 0.5},
    "living_environment": {"indoors": 0.67, "outdoors": 0.33},
}
_STEEPNESS = 23.0


@dataclass(frozen=True, slots=True)
class _Series:
    """What is measured of an area. Its latent is hardship and urbanity, weighed, and luck of its
    own.

    `score` turns the latent into a score; a rate is a share of `of` (a column of the denominators).
    """

    hardship: float
    urbanity: float
    score: Callable[[Floats], Floats]
    of: str = ""


def _rate(middle: float, spread: float) -> Callable[[Floats], Floats]:
    return lambda x: 1 / (1 + np.exp(-(middle + spread * x)))


def _times(spread: float) -> Callable[[Floats], Floats]:
    return lambda x: spread * x


SERIES: Mapping[str, _Series] = {
    "income": _Series(0.965, 0.05, _rate(-2.2, 0.80), "population"),
    "employment": _Series(0.955, -0.04, _rate(-2.45, 0.68), "population_of_working_age"),
    "idaci": _Series(0.935, 0.0, _rate(-1.95, 0.92), "population_0_to_15"),
    "idaopi": _Series(0.88, 0.17, _rate(-2.0, 0.75), "population_60_and_over"),
    "children_and_young_people": _Series(0.72, -0.06, _times(0.85)),
    "adult_skills": _Series(0.77, -0.10, _rate(-1.0, 0.62), "population_16_to_59"),
    "health": _Series(0.87, -0.02, _times(0.87)),
    "crime": _Series(0.64, 0.30, _times(0.81)),
    "geographical_barriers": _Series(-0.28, -0.62, _times(0.75)),
    "wider_barriers": _Series(0.40, 0.30, _times(1.1)),
    "indoors": _Series(0.15, 0.12, _times(0.7)),
    "outdoors": _Series(0.25, 0.62, _times(0.8)),
}
DENOMINATORS = {
    "population": (0, 91),
    "population_0_to_15": (0, 16),
    "population_16_to_59": (16, 60),
    "population_60_and_over": (60, 91),
    "population_of_working_age": (18, 64),
}


@dataclass(frozen=True, slots=True)
class Deprivation:
    """One edition for the areas of one vintage; every column has one entry for each area.

    `scores`, `ranks`, `transformed`: by series, by domain, and `imd`. Rank 1 is the most deprived
    of `of`. `numerators`, `denominators`: people, of the series that are rates. `latent`: standard
    scores.
    """

    year: int
    of: int
    areas: Areas
    lad: Whole
    scores: Mapping[str, Floats]
    ranks: Mapping[str, Whole]
    transformed: Mapping[str, Floats]
    numerators: Mapping[str, Whole]
    denominators: Mapping[str, Whole]
    latent: Mapping[str, Floats]

    def decile(self, name: str) -> Whole:
        """Decile 1 is the most deprived tenth: the ceiling of 10 x rank / N."""
        return np.asarray(-(-10 * self.ranks[name] // self.of))


# ---------------------------------------------------------------- the method


def exponential(rank: Whole | Floats, of: int) -> Floats:
    """A rank (1 the most deprived) as a score: 100 for the most deprived, about 50 at the tenth."""
    share = (of - np.asarray(rank) + 1) / of
    return np.asarray(-_STEEPNESS * np.log(1 - share * (1 - np.exp(-100 / _STEEPNESS))))


def shrunk(numerator: Whole, denominator: Whole, district: Whole) -> Floats:
    """Rates drawn towards their district's, the more the fewer people they are of (appendix D)."""
    logit = np.log((numerator + 0.5) / (denominator - numerator + 0.5))
    error = (denominator + 1) * (denominator + 2)
    error = error / (denominator * (numerator + 1.0) * (denominator - numerator + 1))
    out = np.empty(len(logit))
    for one in np.unique(district).tolist():
        own = district == one
        r, n = numerator[own].sum(), denominator[own].sum()
        whole = np.log((r + 0.5) / (n - r + 0.5))
        between = ((logit[own] - whole) ** 2).sum() / max(int(own.sum()) - 1, 1)
        weight = (1 / error[own]) / (1 / error[own] + 1 / between)
        out[own] = weight * logit[own] + (1 - weight) * whole
    return np.asarray(np.round(1 / (1 + np.exp(-out)), 9))


def _ranked(scores: Floats, country: Floats) -> Whole:
    """The places of scores in a country's, highest first; where two meet, the lower one goes on."""
    of = len(country)
    above = np.searchsorted(-np.sort(country)[::-1], -scores, side="left")
    order = np.lexsort((np.arange(len(scores)), -scores))
    rank = np.clip(above[order] + 1, 1, of)
    places = np.arange(len(rank))
    rank = np.maximum.accumulate(rank - places) + places
    rank = np.minimum(rank, of - (len(rank) - 1 - places))
    out = np.empty(len(rank), dtype=np.int64)
    out[order] = rank
    return out


def _combined(transformed: Mapping[str, Floats], weights: Mapping[str, float]) -> Floats:
    total = sum(weight * transformed[name] for name, weight in weights.items())
    return np.asarray(np.round(total, 9))


# ---------------------------------------------------------------- the invented country


@cache
def _country(year: int) -> Mapping[str, Floats]:
    """Scores of every series, domain and the index for a country's worth of areas."""
    of = AREAS_OF[year]
    rng = default_rng(SeedSequence([year, 1066]))
    hardship, urbanity, common = rng.normal(0.0, 1.0, (3, of))
    scores = {
        name: np.round(series.score(_latent(series, name, hardship, urbanity, common, own)), 9)
        for (name, series), own in zip(
            SERIES.items(), rng.normal(0.0, 1.0, (len(SERIES), of)), strict=True
        )
    }
    ranks = {name: _own_ranks(score) for name, score in scores.items()}
    transformed = {name: exponential(rank, of) for name, rank in ranks.items()}
    for domain, parts in PARTS.items():
        scores[domain] = _combined(transformed, parts)
        transformed[domain] = exponential(_own_ranks(scores[domain]), of)
    scores["imd"] = _combined(transformed, WEIGHTS)
    return scores


def _latent(
    series: _Series, name: str, hardship: Floats, urbanity: Floats, common: Floats, own: Floats
) -> Floats:
    """Standard normal in a country where hardship, urbanity and the rest are independent.

    Income and employment, and the two parts of education, share more than hardship.
    """
    left = np.sqrt(1 - series.hardship**2 - series.urbanity**2)
    shared = (
        0.55 if name in ("income", "employment", "idaci") else 0.35 if name in _SCHOOLING else 0.0
    )
    rest = np.sqrt(shared) * common + np.sqrt(1 - shared) * own
    return np.asarray(
        np.round(series.hardship * hardship + series.urbanity * urbanity + left * rest, 6)
    )


_SCHOOLING = ("children_and_young_people", "adult_skills")


def _own_ranks(scores: Floats) -> Whole:
    order = np.lexsort((np.arange(len(scores)), -scores))
    out = np.empty(len(scores), dtype=np.int64)
    out[order] = np.arange(1, len(scores) + 1)
    return out


# ---------------------------------------------------------------- the city


def make_deprivation(geography: Geography, people: People) -> tuple[Deprivation, Deprivation]:
    """The editions of 2019 (areas of 2011) and of 2025 (areas of 2021)."""
    streams = [default_rng(one) for one in SeedSequence([geography.seed, 1942]).spawn(4)]
    atoms = geography.atom_oa
    then = geography.lsoa_2011_of_oa_2011[geography.atom_oa_2011]
    now = geography.lsoa_of_oa[atoms]
    luck = autoregressive(
        geography.neighbours_oa, streams[0].normal(0.0, 1.0, (len(geography.oa), len(SERIES) + 1))
    )
    since = streams[1].normal(0.0, 0.25, luck.shape)
    ages = people.of_year(2015), people.of_year(2022)
    return (
        _edition(streams[2], geography, 2019, then, luck[atoms], ages[0]),
        _edition(streams[3], geography, 2025, now, (luck + since)[atoms], ages[1]),
    )


def _edition(
    rng: Generator, geography: Geography, year: int, of_atom: Whole, luck: Floats, ages: Whole
) -> Deprivation:
    areas = geography.lsoa_2011 if year == 2019 else geography.lsoa
    lad = geography.lad_of_lsoa_2011 if year == 2019 else geography.lad_of_lsoa
    latent = _latents(geography, of_atom, luck)
    by_age = summed(ages, of_atom, len(areas)).sum(axis=1)
    denominators = {
        name: by_age[:, first:last].sum(axis=1) for name, (first, last) in DENOMINATORS.items()
    }
    country, of = _country(year), AREAS_OF[year]
    scores, numerators = {}, {}
    for name, series in SERIES.items():
        scores[name] = np.round(series.score(latent[name]), 9)
        if series.of:
            people = np.maximum(denominators[series.of], 1)
            numerators[name] = rng.binomial(people, np.round(scores[name], 6))
            scores[name] = shrunk(numerators[name], people, lad)
    ranks = {name: _ranked(score, country[name]) for name, score in scores.items()}
    transformed = {name: exponential(rank, of) for name, rank in ranks.items()}
    for domain, parts in PARTS.items():
        scores[domain] = _combined(transformed, parts)
        ranks[domain] = _ranked(scores[domain], country[domain])
        transformed[domain] = exponential(ranks[domain], of)
    scores["imd"] = _combined(transformed, WEIGHTS)
    ranks["imd"] = _ranked(scores["imd"], country["imd"])
    return Deprivation(
        year, of, areas, lad, scores, ranks, transformed, numerators, denominators, latent
    )


def _latents(geography: Geography, of_atom: Whole, luck: Floats) -> dict[str, Floats]:
    """The city beside its country: somewhat poorer, and much more of a city."""
    weight = geography.atom_residents
    both = means(geography.latent[geography.atom_oa], of_atom, weight)
    hardship = 0.2 + 1.0 * standard(both)[:, HARDSHIP]
    urban = standard(both)[:, URBANITY]
    urban = urban - np.mean(urban * standard(both)[:, HARDSHIP]) * standard(both)[:, HARDSHIP]
    urbanity = 0.45 + 0.8 * standard(urban)
    own = standard(means(luck, of_atom, weight))
    return {
        name: _latent(series, name, hardship, urbanity, own[:, -1], own[:, n])
        for n, (name, series) in enumerate(SERIES.items())
    }


# ---------------------------------------------------------------- files

_RANK = "Rank (where 1 is most deprived)"
_DECILE = "Decile (where 1 is most deprived 10% of LSOAs)"
_INDEX = "Index of Multiple Deprivation (IMD)"
_TITLES = {
    "imd": (_INDEX, "Score"),
    "income": ("Income", "Score (rate)"),
    "employment": ("Employment", "Score (rate)"),
    "education": ("Education, Skills and Training", "Score"),
    "health": ("Health Deprivation and Disability", "Score"),
    "crime": ("Crime", "Score"),
    "barriers": ("Barriers to Housing and Services", "Score"),
    "living_environment": ("Living Environment", "Score"),
    "idaci": ("Income Deprivation Affecting Children Index (IDACI)", "Score (rate)"),
    "idaopi": ("Income Deprivation Affecting Older People (IDAOPI)", "Score (rate)"),
    "children_and_young_people": ("Children and Young People Sub-domain", "Score"),
    "adult_skills": ("Adult Skills Sub-domain", "Score"),
    "geographical_barriers": ("Geographical Barriers Sub-domain", "Score"),
    "wider_barriers": ("Wider Barriers Sub-domain", "Score"),
    "indoors": ("Indoors Sub-domain", "Score"),
    "outdoors": ("Outdoors Sub-domain", "Score"),
}
_PEOPLE = {
    "population": "Total population: mid 2015 (excluding prisoners)",
    "population_0_to_15": "Dependent Children aged 0-15: mid 2015 (excluding prisoners)",
    "population_16_to_59": "Population aged 16-59: mid 2015 (excluding prisoners)",
    "population_60_and_over": ("Older population aged 60 and over: mid 2015 (excluding prisoners)"),
    "population_of_working_age": (
        "Working age population 18-59/64: for use with Employment Deprivation Domain"
        " (excluding prisoners)"
    ),
}
_DOMAINS = ("imd", *WEIGHTS)
Columns = dict[str, Iterable[Cell]]


def write_deprivation(
    geography: Geography, editions: tuple[Deprivation, Deprivation], out: Path
) -> None:
    """Write Files 1, 2, 3, 5, 6, 7 and 9 of 2019 and the table of 2025 below `out`."""
    first, second = editions
    folder = out / "iod_2019"
    _write(
        geography,
        first,
        folder / _named(1, "IMD2019_Index_of_Multiple_Deprivation"),
        _ranks(first, ["imd"]),
    )
    _write(
        geography,
        first,
        folder / _named(2, "IoD2019_Domains_of_Deprivation"),
        _ranks(first, _DOMAINS),
    )
    supplementary = _ranks(first, ["imd", "idaci", "idaopi"])
    _write(geography, first, folder / _named(3, "IoD2019_Supplementary_Indices"), supplementary)
    _write(geography, first, folder / _named(5, "IoD2019_Scores"), _scores(first, _TITLES))
    _write(geography, first, folder / _named(6, "IoD2019_Population_Denominators"), _people(first))
    everything: Columns = {}
    for name in _TITLES:
        everything |= _scores(first, [name]) | _ranks(first, [name])
    everything |= _people(first)
    _write(geography, first, folder / _named(7, "All_IoD2019_Scores_Ranks_Deciles"), everything)
    _write(geography, first, folder / _named(9, "IoD2019_Transformed_Scores"), _transformed(first))
    _write_second(second, out / "iod_2025")


def _named(number: int, title: str) -> str:
    return f"{FICTIONAL}_File_{number}_-_{title}.csv"


def _write(geography: Geography, edition: Deprivation, path: Path, columns: Columns) -> None:
    lad = geography.lad
    stub: Columns = {
        "LSOA code (2011)": words(edition.areas.codes),
        "LSOA name (2011)": words(edition.areas.names),
        "Local Authority District code (2019)": words(lad.codes[edition.lad]),
        "Local Authority District name (2019)": words(lad.names[edition.lad]),
    }
    whole = stub | columns
    write_csv(path, list(whole), zip(*whole.values(), strict=True), bom=True)


def _ranks(edition: Deprivation, names: Iterable[str]) -> Columns:
    found: Columns = {}
    for name in names:
        found[f"{_TITLES[name][0]} {_RANK}"] = edition.ranks[name].tolist()
        found[f"{_TITLES[name][0]} {_DECILE}"] = edition.decile(name).tolist()
    return found


def _scores(edition: Deprivation, names: Iterable[str]) -> Columns:
    return {" ".join(_TITLES[name]): decimals(edition.scores[name], 3) for name in names}


def _people(edition: Deprivation) -> Columns:
    return {title: edition.denominators[name].tolist() for name, title in _PEOPLE.items()}


def _transformed(edition: Deprivation) -> Columns:
    short = {"education": "Education", "health": "Health", "barriers": "Barriers"}
    return {
        f"{short.get(name, _TITLES[name][0])} Score - exponentially transformed": decimals(
            edition.transformed[name], 3
        )
        for name in WEIGHTS
    }


_LAST_TITLES = ("Housing_and_Services", "Environment")


def _write_second(edition: Deprivation, folder: Path) -> None:
    titles = dict(
        zip(
            _DOMAINS,
            ("IMD", "Income", "Employment", "Education", "Health", "Crime", *_LAST_TITLES),
            strict=True,
        )
    )
    columns: Columns = {"lsoa21_code": words(edition.areas.codes)}
    columns |= {f"{title}_decile": edition.decile(n).tolist() for n, title in titles.items()}
    columns |= {f"{title}_rank": edition.ranks[n].tolist() for n, title in titles.items()}
    columns |= {f"{title}_score": decimals(edition.scores[n], 3) for n, title in titles.items()}
    path = folder / f"{FICTIONAL}_imd2025_lsoa21.csv"
    write_csv(path, list(columns), zip(*columns.values(), strict=True))
