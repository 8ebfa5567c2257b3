"""The people of the fictional city: by year of age and sex, in households, by faith, and at work.

Ages follow the pyramid of a country like England, pulled to the young where the city is dense or
near its university, and to the old in the leafy parts. Every later year is the census carried
forward.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator, SeedSequence, default_rng

from lris.demo.shapes import HARDSHIP, URBANITY, Floats, Geography, Whole

AGES = 91  # 0 to 89 by single year, then 90 and over
MALE, FEMALE = 0, 1
CENSUS = 2021
YEARS = range(2015, 2025)

# Shares of the population by five years of age from 0-4 to 90 and over, in per cent, in a country
# like England and Wales in 2021; and the men among 100 people of that age.
_PYRAMID = (
    5.4,
    5.9,
    6.0,
    5.7,
    6.1,
    6.6,
    7.0,
    6.7,
    6.4,
    6.4,
    6.9,
    6.7,
    5.8,
    4.9,
    5.0,
    3.6,
    2.5,
    1.5,
    0.9,
)
_MEN = (51, 51, 51, 51, 51, 50, 50, 49.5, 49.5, 49.5, 49.5, 49.5, 49, 48.5, 48, 47, 44.5, 40.5, 33)
FAITHS = (
    "No religion", "Christian", "Buddhist", "Hindu", "Jewish", "Muslim", "Sikh", "Other religion",
    "Not answered",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class People:
    """Who lives in each atom of the land (`Geography.atom_oa`); all counts are usual residents.

    `census`: (n_atoms, 2, 91) int, by sex (MALE, FEMALE) and age in 2021; sums over both to
    `Geography.atom_residents`. `communal`, `communal_2011`: (n_atoms,) int, those in halls and
    homes. `faiths`: (n_oa, 9) int in the order of FAITHS. `workday`: (n_oa,) int, people there on a
    working day.
    """

    census: Whole
    communal: Whole
    communal_2011: Whole
    faiths: Whole
    workday: Whole
    _growth: Floats
    _between: Floats

    def of_year(self, year: int) -> Whole:
        """(n_atoms, 2, 91) int: the estimate of the middle of a year; in 2021 the census itself."""
        if year == CENSUS:
            return self.census
        ahead = year - CENSUS
        now, then = _ages(CENSUS), _ages(year)
        change = (then / now)[None, :, :] * np.exp(self._growth * ahead)[:, None, None]
        return np.floor(self.census * np.round(change, 6) + self._between).astype(np.int64)


def make_people(geography: Geography) -> People:
    """People for the land of a seed; streams are spawned from `SeedSequence([seed, 1801])`."""
    streams = [default_rng(one) for one in SeedSequence([geography.seed, 1801]).spawn(4)]
    census = _census(streams[0], geography)
    per_year = np.log(geography.atom_residents / geography.atom_residents_2011) / 10
    growth = np.clip(0.7 * per_year + streams[1].normal(0.0, 0.004, len(per_year)), -0.03, 0.05)
    oa_latent = geography.latent[geography.atom_oa]
    halls = streams[1].random(len(per_year)) < 0.03 + 0.03 * (oa_latent[:, URBANITY] > 1)
    share = np.where(halls, streams[1].uniform(0.05, 0.3, len(per_year)), 0.0)
    return People(
        census=census,
        communal=np.floor(geography.atom_residents * share).astype(np.int64),
        communal_2011=np.floor(geography.atom_residents_2011 * share).astype(np.int64),
        faiths=_faiths(streams[2], geography),
        workday=_workday(streams[3], geography, census),
        _growth=np.round(growth, 6),
        _between=np.round(streams[1].random(census.shape), 6),
    )


def _ages(year: int) -> Floats:
    """(2, 91): the pyramid of a year by sex; those past 30 are a year older each year."""
    middles = np.arange(19) * 5 + 2.0
    per_year = np.array(_PYRAMID) / 5
    per_year[-1] = 0.9 / 3
    ages = np.arange(AGES, dtype=np.float64)
    shifted = np.where(ages < 30, ages - (year - CENSUS) * (ages / 30), ages - (year - CENSUS))
    total = np.interp(shifted, middles, per_year)
    bumps = 1 + 0.09 * np.exp(-(((ages - (year - 1947)) / 1.2) ** 2))
    bumps -= 0.06 * np.exp(-(((ages - (year - 2002)) / 2.5) ** 2))
    total = total * bumps
    total[90] = 0.9
    men = np.interp(ages, middles, np.array(_MEN)) / 100
    both = np.stack([total * men, total * (1 - men)])
    return np.asarray(np.round(both / both.sum(), 9))


def _census(rng: Generator, geography: Geography) -> Whole:
    """Residents by sex and age of every atom: the country's pyramid bent to the neighbourhood."""
    hardship, urbanity = geography.latent[geography.atom_oa].T
    away = _away_from_university(geography)[geography.atom_oa]
    students = 3.3 * np.exp(-((away / 1_000.0) ** 2)) * (1 + 0.3 * rng.normal(size=away.size))
    leafy = 0.35 * rng.normal(size=away.size) - 0.45 * urbanity - 0.2 * hardship
    families = 0.25 * rng.normal(size=away.size) + 0.25 * hardship - 0.15 * urbanity
    ages = np.arange(AGES)
    bent = (
        np.maximum(students, 0)[:, None] * np.exp(-(((ages - 20.7) / 2.7) ** 4))
        + (0.42 * urbanity)[:, None] * _hump(ages, 28, 6)
        + (0.7 * leafy)[:, None] * _hump(ages, 72, 14)
        + families[:, None] * (_hump(ages, 6, 7) + 0.6 * _hump(ages, 38, 7))
    )
    weight = _ages(CENSUS)[None, :, :] * np.exp(np.round(bent, 6))[:, None, :]
    shares = weight.reshape(len(weight), -1)
    shares = np.round(shares / shares.sum(axis=1, keepdims=True), 10)
    shares /= shares.sum(axis=1, keepdims=True)
    drawn = rng.multinomial(geography.atom_residents, shares)
    return drawn.reshape(len(weight), 2, AGES).astype(np.int64)


def _hump(ages: Whole, middle: float, width: float) -> Floats:
    return np.asarray(np.exp(-(((ages - middle) / width) ** 2)))


def _away_from_university(geography: Geography) -> Floats:
    """Metres from the university, between the city's heart and its second quarter."""
    heart, quarter = geography.centres[0], geography.centres[2]
    spot = np.array([heart.easting, heart.northing]) * 0.62
    spot = spot + np.array([quarter.easting, quarter.northing]) * 0.38
    return np.asarray(np.hypot(*(geography.oa.points - spot).T))


def _faiths(rng: Generator, geography: Geography) -> Whole:
    """Residents of each OA by faith: most of none or Christian, others where they have gathered."""
    hardship, urbanity = geography.latent.T
    gathered = np.exp(0.5 * hardship + 0.55 * urbanity + rng.normal(0.0, 0.45, hardship.size))
    weight = np.column_stack(
        [
            40.0 + 5.0 * urbanity.clip(-2, 2),
            46.0 - 5.0 * urbanity.clip(-2, 2),
            0.5 * np.exp(0.3 * urbanity),
            1.2 * np.exp(0.5 * urbanity - 0.2 * hardship),
            0.35 * np.ones(hardship.size),
            4.0 * gathered,
            0.8 * gathered**0.7,
            0.6 * np.exp(0.2 * urbanity),
            6.0 * np.ones(hardship.size),
        ]
    )
    shares = np.round(weight / weight.sum(axis=1, keepdims=True), 9)
    return rng.multinomial(
        geography.oa.residents, shares / shares.sum(axis=1, keepdims=True)
    ).astype(np.int64)


def _workday(rng: Generator, geography: Geography, census: Whole) -> Whole:
    """People on a working day: those who stay, and those who come to work, most to the centres."""
    adults = np.bincount(geography.atom_oa, census[:, :, 18:65].sum(axis=(1, 2)), len(geography.oa))
    leave = rng.binomial(adults.astype(np.int64), 0.52)
    snap = geography.snap
    pull = np.bincount(snap.oa, snap.centrality**1.4 + 0.012, len(geography.oa))
    pull = np.round(pull * np.exp(rng.normal(0.0, 0.8, pull.size)), 6)
    come = rng.multinomial(int(leave.sum() * 1.06), pull / pull.sum())
    return np.asarray(geography.oa.residents - leave + come, dtype=np.int64)


def summed(values: Whole, rows: Whole, count: int) -> Whole:
    """Sums of the first axis of `values` by row, e.g. from atoms or OAs to LSOAs: (count, ...)."""
    flat = values.reshape(len(values), -1)
    out = np.zeros((count, flat.shape[1]), dtype=np.int64)
    np.add.at(out, rows, flat)
    return out.reshape(count, *values.shape[1:])


__all__ = [
    "AGES",
    "CENSUS",
    "FAITHS",
    "FEMALE",
    "HARDSHIP",
    "MALE",
    "YEARS",
    "People",
    "make_people",
    "summed",
]
