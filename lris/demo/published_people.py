"""The people as their publishers count them: estimates by age, two censuses, the working day."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import shapely
from numpy.random import Generator, SeedSequence, default_rng

from lris.demo.people import AGES, FAITHS, YEARS, People, summed
from lris.demo.publishers import (
    FICTIONAL,
    Row,
    csv_bytes,
    titles,
    words,
    write_csv,
    write_xlsx,
    write_zip,
)
from lris.demo.shapes import Areas, Geography, Whole
from lris.demo.words import REGION_CODE, REGION_NAME

FIRST_ESTIMATE = 2019
PERTURBED_SHARE = 0.14
"""Of the cells of a census table, how many are changed by one so that nobody can be told from them.
"""


def write_people(geography: Geography, people: People, out: Path) -> None:
    """Write every file about residents below `out`, a folder for each source."""
    lsoa_of_atom = geography.lsoa_2011_of_oa_2011[geography.atom_oa_2011]
    for year in range(FIRST_ESTIMATE, YEARS[-1] + 1):
        by_age = summed(people.of_year(year), lsoa_of_atom, len(geography.lsoa_2011)).sum(axis=1)
        _write_estimates(geography.lsoa_2011, by_age, year, out)
    _write_census_2011(geography, people, out)
    _write_faiths(geography, people, out)
    _write_households_2021(geography, out)


def _write_estimates(areas: Areas, by_age: Whole, year: int, out: Path) -> None:
    total = by_age.sum(axis=1)
    write_csv(
        out / "population_single_year" / f"{FICTIONAL}_population_mid{year}_lsoa11_single_year.csv",
        ["lsoa11_name", "lsoa11_code", "total_population", *map(str, range(AGES - 1)), "90+"],
        (
            (name, code, *counts)
            for name, code, *counts in zip(
                areas.names, areas.codes, total.tolist(), *by_age.T.tolist(), strict=True
            )
        ),
    )
    square_km = np.round(shapely.area(areas.outlines) / 1e6, 4).tolist()
    title = f"Table SAPE: Mid-{year} Population Density for the LSOAs of a {FICTIONAL} city"
    rows: list[Row] = [
        ["Contents"],
        [],
        [title],
        [],
        ["LSOA Code", "LSOA Name", f"Mid-{year} population", "Area Sq Km", "People per Sq Km"],
    ]
    rows += [
        [code, name, people, area, round(people / area, 4)]
        for code, name, people, area in zip(
            words(areas.codes), words(areas.names), total.tolist(), square_km, strict=True
        )
    ]
    write_xlsx(
        out / "population_sape" / f"{FICTIONAL}_SAPE_mid-{year}-lsoa-population-density.xlsx",
        {
            "Contents": [["Contents", "", title], [f"Everything in this file is {FICTIONAL}."]],
            f"Mid-{year} Population Density": rows,
        },
    )


def _write_census_2011(geography: Geography, people: People, out: Path) -> None:
    areas = geography.lsoa_2011
    of_atom = geography.lsoa_2011_of_oa_2011[geography.atom_oa_2011]
    communal = summed(people.communal_2011, of_atom, len(areas))
    hectares = shapely.area(areas.outlines) / 1e4
    lad = geography.lad_of_lsoa_2011
    msoa = geography.msoa_2011_of_lsoa_2011
    write_csv(
        out / "census_2011_population" / f"{FICTIONAL}_census_2011_population_hh.csv",
        titles(
            "Region code,Region name,Local authority code,Local authority name,MSOA Code,"
            "MSOA Name,LSOA Code,LSOA Name,,Persons,Persons,Persons,Hectares,"
            "Persons per hectare,Households,Persons per household"
        ),
        (
            (
                *(REGION_CODE, REGION_NAME.upper()),
                *(geography.lad.codes[lad[n]], geography.lad.names[lad[n]]),
                *(geography.msoa_2011.codes[msoa[n]], geography.msoa_2011.names[msoa[n]]),
                *(areas.codes[n], areas.names[n], ""),
                *(f"{residents:,}", f"{residents - communal[n]:,}", f"{communal[n]:,}"),
                *(f"{hectares[n]:.0f}", f"{residents / hectares[n]:.1f}"),
                *(f"{households:,}", f"{(residents - communal[n]) / households:.1f}"),
            )
            for n, (residents, households) in enumerate(
                zip(areas.residents.tolist(), areas.households.tolist(), strict=True)
            )
        ),
    )


# ---------------------------------------------------------------- census of 2021


def _write_faiths(geography: Geography, people: People, out: Path) -> None:
    """Religion by level, each level perturbed by itself, as the publisher does."""
    rng = default_rng(SeedSequence([geography.seed, 30]))
    lsoa = summed(people.faiths, geography.lsoa_of_oa, len(geography.lsoa))
    msoa = summed(lsoa, geography.msoa_of_lsoa, len(geography.msoa))
    lad = summed(msoa, geography.lad_of_msoa, len(geography.lad))
    members = {
        f"census2021-ts030-{level}.csv": _faith_table(rng, areas, counts)
        for level, areas, counts in (
            ("lsoa", geography.lsoa, lsoa),
            ("ltla", geography.lad, lad),
            ("msoa", geography.msoa, msoa),
            ("oa", geography.oa, people.faiths),
        )
    }
    note = f"Usual residents by religion (TS030). Everything in this archive is {FICTIONAL}.\n"
    members["metadata/ts030-2021-1.txt"] = note.encode()
    write_zip(out / "census_2021_religion" / f"{FICTIONAL}_census2021-ts030.zip", members)


def _write_households_2021(geography: Geography, out: Path) -> None:
    """Households as the publisher's tables give them when asked for level by level."""
    rng = default_rng(SeedSequence([geography.seed, 33]))
    lsoa = geography.lsoa.households
    msoa = summed(lsoa, geography.msoa_of_lsoa, len(geography.msoa))
    lad = summed(msoa, geography.lad_of_msoa, len(geography.lad))
    for level, areas, counts in (
        ("lsoa", geography.lsoa, lsoa),
        ("msoa", geography.msoa, msoa),
        ("ltla", geography.lad, lad),
    ):
        shown = _perturbed(rng, counts.reshape(-1))
        write_csv(
            out / "census_2021_households" / f"{FICTIONAL}_census2021-ts041-{level}.csv",
            [
                *("date", "geography", "geography code"),
                "Number of households: Number of households; measures: Value",
            ],
            ((2021, *one) for one in zip(areas.names, areas.codes, shown.tolist(), strict=True)),
        )


def _perturbed(rng: Generator, counts: Whole) -> Whole:
    """Some of the counts one more or less; none that is 0."""
    changed = rng.random(counts.shape) < PERTURBED_SHARE
    shown = np.maximum(counts + np.where(changed, rng.integers(0, 2, counts.shape) * 2 - 1, 0), 0)
    return np.where(counts == 0, 0, shown)


def _faith_table(rng: Generator, areas: Areas, counts: Whole) -> bytes:
    shown = _perturbed(rng, counts)
    return csv_bytes(
        ["date", "geography", "geography code", "Religion: Total: All usual residents"]
        + [f"Religion: {faith}" for faith in FAITHS],
        (
            (2021, name or code, code, sum(row), *row)
            for name, code, row in zip(areas.names, areas.codes, shown.tolist(), strict=True)
        ),
    )
