"""The land as its publishers issue it: outlines, look-ups, centres, directories of postcodes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import shapely

from lris.demo.publishers import FICTIONAL, Row, titles, words, write_csv, write_outlines
from lris.demo.shapes import Areas, Geography, Whole
from lris.demo.words import (
    CCG_CODE,
    CCG_NAME,
    CITY_QUARTERS,
    COUNTRY_CODE,
    NEIGHBOUR_QUARTERS,
)

EDITION = "MAY22"


def write_land(geography: Geography, out: Path) -> None:
    """Write every file about the land below `out`, a folder for each vintage and source."""
    _write_boundaries(geography, out)
    _write_look_ups(geography, out)
    _write_centres(geography, out)
    _write_names(geography, out)
    _write_postcodes(geography, out)


# ---------------------------------------------------------------- outlines


def _write_boundaries(geography: Geography, out: Path) -> None:
    force = replace(
        geography.lad,
        vintage="force_2019",
        codes=np.array([geography.force_code], dtype=object),
        names=np.array([geography.force_name], dtype=object),
        outlines=np.array(
            [shapely.normalize(shapely.coverage_union_all(geography.lad.outlines))], dtype=object
        ),
    )
    for vintage, areas, file, prefix in (
        ("oa_2011", geography.oa_2011, "Output_Areas_December_2011", "OA11"),
        ("oa_2021", geography.oa, "Output_Areas_December_2021", "OA21"),
        ("lsoa_2011", geography.lsoa_2011, "LSOA_December_2011", "LSOA11"),
        ("lsoa_2021", geography.lsoa, "LSOA_December_2021", "LSOA21"),
        ("msoa_2011", geography.msoa_2011, "MSOA_December_2011", "MSOA11"),
        ("msoa_2021", geography.msoa, "MSOA_December_2021", "MSOA21"),
        ("ward_2019", geography.ward, "Wards_December_2019", "WD19"),
        ("ward_2024", geography.ward, "Wards_December_2024", "WD24"),
        ("lad_2011", geography.lad, "LAD_December_2011", "LAD11"),
        ("lad_2019", geography.lad, "LAD_December_2019", "LAD19"),
        ("lad_2022", geography.lad, "LAD_December_2022", "LAD22"),
        ("lad_2024", geography.lad, "LAD_December_2024", "LAD24"),
        ("force_2019", force, "Police_Force_Areas_December_2019", "PFA19"),
    ):
        path = out / vintage / f"{FICTIONAL}_{file}_Boundaries_EW_BFC.geojson"
        named = f"{prefix}NM" if areas.names[0] else None
        write_outlines(path, areas, f"{prefix}CD", named)


# ---------------------------------------------------------------- look-ups


def _write_look_ups(geography: Geography, out: Path) -> None:
    then, now, lad = geography.lsoa_2011, geography.lsoa, geography.lad
    write_csv(
        out / "lsoa_2011_to_lsoa_2021" / f"{FICTIONAL}_LSOA11_to_LSOA21_to_LAD22_EW_LU_V3.csv",
        titles("LSOA11CD,LSOA11NM,LSOA21CD,LSOA21NM,CHGIND,LAD22CD,LAD22NM,LAD22NMW,ObjectId"),
        (
            (*_both(then, a), *_both(now, b), kind, *_both(lad, geography.lad_of_lsoa[b]), "", n)
            for n, (a, b, kind) in enumerate(geography.lsoa_changes, start=1)
        ),
        bom=True,
    )
    write_csv(
        out / "lsoa_2011_to_msoa_2011" / f"{FICTIONAL}_LSOA11_to_MSOA11_to_LAD.csv",
        ["lsoa11cd", "msoa11cd", "ladcd", "lsoa11nm", "msoa11nm", "country"],
        (
            (then.codes[a], middle.codes[m], lad.codes[d], then.names[a], middle.names[m], "E")
            for middle in (geography.msoa_2011,)
            for a, m, d in zip(
                range(len(then)),
                geography.msoa_2011_of_lsoa_2011,
                geography.lad_of_lsoa_2011,
                strict=True,
            )
        ),
    )
    ward_then = ward_of_lsoa_2011(geography)
    write_csv(
        out / "lsoa_2011_to_ward_2019" / f"{FICTIONAL}_LSOA11_to_WD19_to_LAD19_EW_LU.csv",
        ["FID", "LSOA11CD", "LSOA11NM", "WD19CD", "WD19NM", "LAD19CD", "LAD19NM"],
        (
            (
                a + 1,
                *_both(then, a),
                *_both(geography.ward, w),
                *_both(lad, geography.lad_of_ward[w]),
            )
            for a, w in enumerate(ward_then.tolist())
        ),
        bom=True,
    )
    write_csv(
        out / "lsoa_2021_to_ward_2024" / f"{FICTIONAL}_LSOA21_to_WD24_to_LAD24_best_fit_EW_LU.csv",
        titles(
            "LSOA21CD,LSOA21NM,LSOA21NMW,WD24CD,WD24NM,WD24NMW,LAD24CD,LAD24NM,LAD24NMW,ObjectId"
        ),
        (
            (
                *(*_both(now, a), "", *_both(geography.ward, w), ""),
                *(*_both(lad, geography.lad_of_ward[w]), "", a + 1),
            )
            for a, w in enumerate(geography.ward_of_lsoa.tolist())
        ),
        bom=True,
    )
    write_csv(
        out / "lsoa_2011_to_ccg_2021" / f"{FICTIONAL}_LSOA11_to_CCG21_to_LAD21_EN_LU.csv",
        ["FID", "LSOA11CD", "LSOA11NM", "CCG21CD", "CCG21CDH", "CCG21NM", "LAD21CD", "LAD21NM"],
        (
            (a + 1, *_both(then, a), CCG_CODE[d], f"9{d}Z", CCG_NAME[d], *_both(lad, d))
            for a, d in enumerate(geography.lad_of_lsoa_2011.tolist())
        ),
        bom=True,
    )
    write_csv(
        out / "lsoa_2011_rural_urban" / f"{FICTIONAL}_LSOA11_rural_urban_classification_2011.csv",
        ["LSOA.code", "LSOA11NM", "RUC11CD", "RUC11", "FID"],
        ((*_both(then, a), *kind, a + 1) for a, kind in enumerate(_rural_urban(geography))),
        bom=True,
    )


def _both(areas: Areas, row: int) -> tuple[str, str]:
    return str(areas.codes[row]), str(areas.names[row])


def ward_of_lsoa_2011(geography: Geography) -> Whole:
    """Best fit: for each LSOA of 2011 the ward with most of its residents, the first of equals."""
    ward = geography.ward_of_oa[geography.atom_oa]
    lsoa = geography.lsoa_2011_of_oa_2011[geography.atom_oa_2011]
    people = np.zeros((len(geography.lsoa_2011), len(geography.ward)), dtype=np.int64)
    np.add.at(people, (lsoa, ward), geography.atom_residents)
    return np.asarray(people.argmax(axis=1), dtype=np.int64)


def _rural_urban(geography: Geography) -> Iterator[tuple[str, str]]:
    """By residents to the square kilometre: the classes that the land has."""
    then = geography.lsoa_2011
    dense = then.residents / (shapely.area(then.outlines) / 1e6)
    for value, district in zip(dense.tolist(), geography.lad_of_lsoa_2011.tolist(), strict=True):
        if value > 1_200 or district == 0:
            yield "C1", "Urban city and town"
        elif value > 350:
            yield "D1", "Rural town and fringe"
        else:
            yield "E1", "Rural village and dispersed"


# ---------------------------------------------------------------- centres and names


def _write_centres(geography: Geography, out: Path) -> None:
    then, now = geography.lsoa_2011, geography.lsoa
    write_csv(
        out / "lsoa_2011_centroids" / f"{FICTIONAL}_LSOA_2011_population_weighted_centroids.csv",
        ["X", "Y", "objectid", "lsoa11cd", "lsoa11nm"],
        (
            (float(x), float(y), n + 1, *_both(then, n))
            for n, (x, y) in enumerate(then.points.tolist())
        ),
        bom=True,
    )
    write_csv(
        out
        / "lsoa_2021_centroids"
        / f"{FICTIONAL}_LLSOA_2021_PWC_population_weighted_centroids.csv",
        ["FID", "LSOA21CD", "GlobalID", "x", "y"],
        (
            (n + 1, code, f"{FICTIONAL}-{n + 1:06d}", x, y)
            for n, (code, (x, y)) in enumerate(
                zip(words(now.codes), now.points.tolist(), strict=True)
            )
        ),
        bom=True,
    )


def _write_names(geography: Geography, out: Path) -> None:
    """Everyday names of MSOAs: quarters of the city, the second of a name with its bearing."""
    counted = [0, 0]
    rows: list[Row] = []
    areas = geography.msoa_2011
    lad_of = np.zeros(len(areas), dtype=np.int64)
    lad_of[geography.msoa_2011_of_lsoa_2011] = geography.lad_of_lsoa_2011
    for n, district in enumerate(lad_of.tolist()):
        quarters = (CITY_QUARTERS, NEIGHBOUR_QUARTERS)[district]
        again, quarter = divmod(counted[district], len(quarters))
        counted[district] += 1
        name = quarters[(quarter * 5 + geography.seed) % len(quarters)]
        known_as = f"{name}{('', ' North', ' South', ' East')[again]}"
        district_name = str(geography.lad.names[district])
        rows.append((*_both(areas, n), str(areas.names[n]), known_as, "", district_name))
    write_csv(
        out / "msoa_2011_names" / f"{FICTIONAL}_MSOA-Names-2011.csv",
        ["msoa11cd", "msoa11nm", "msoa11nmw", "msoa11hclnm", "msoa11hclnmw", "Laname"],
        rows,
        bom=True,
    )


# ---------------------------------------------------------------- postcodes


def _write_postcodes(geography: Geography, out: Path) -> None:
    codes = geography.postcodes
    oa = codes.oa
    then = geography.oa_2011_of_oa[oa]
    lsoa = geography.lsoa_2011_of_oa_2011[then]
    msoa = geography.msoa_2011_of_lsoa_2011[lsoa]
    lad = geography.lad_of_oa[oa]
    order = np.argsort(codes.codes.astype(str), kind="stable").tolist()
    write_csv(
        out
        / "postcode_directory"
        / f"PCD_OA_LSOA_MSOA_LAD_{EDITION}_{FICTIONAL}-vellmouth_rows.csv",
        titles(
            "pcd7,pcd8,pcds,dointr,doterm,usertype,oa11cd,lsoa11cd,msoa11cd,ladcd,lsoa11nm,"
            "msoa11nm,ladnm,ladnmw"
        ),
        (
            (
                *_spellings(str(codes.codes[n])),
                *(codes.introduced[n], codes.ended[n], 0),
                *(geography.oa_2011.codes[then[n]], geography.lsoa_2011.codes[lsoa[n]]),
                *(geography.msoa_2011.codes[msoa[n]], geography.lad.codes[lad[n]]),
                *(geography.lsoa_2011.names[lsoa[n]], geography.msoa_2011.names[msoa[n]]),
                *(geography.lad.names[lad[n]], ""),
            )
            for n in order
        ),
    )
    ward = geography.ward_of_oa[oa]
    write_csv(
        out / "code_point_open" / "zv.csv",
        None,
        (
            (
                *(codes.codes[n], 10, int(codes.points[n, 0]), int(codes.points[n, 1])),
                *(COUNTRY_CODE, "", "", "", geography.lad.codes[lad[n]]),
                geography.ward.codes[ward[n]],
            )
            for n in order
            if codes.ended[n] == ""
        ),
    )


def _spellings(code: str) -> tuple[str, str, str]:
    outward, inward = code.split()
    return f"{outward:<4}{inward}", f"{outward:<5}{inward}", code
