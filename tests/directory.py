"""The town's postcodes and schools, written as their publishers would write them.

TS1 nAA lies in the middle of square n, TS2 1AA in the western half of square 2 and TS9 9ZZ, which
ended in 2015, in the middle of square 9. Each school has the number of its square.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from lris.rules.british_grid import from_grid
from tests import town as t

SCHOOL_COLUMNS = (
    "RECTYPE,URN,SCHNAME,PCODE,PCODE2,TOWN,P8MEA,P8_BANDING,ATT8SCR,PTL2BASICS_95,PTEBACC_E_PTQ_EE,"
    "EBACCAPS,OFSTEDRATING,INSPECTIONDT,WEB,SCHTYPE,GRAMMAR,GENDER,RELIGION,LATITUDE,LONGITUDE,"
    "COLOUR1,COLOUR2,PHASE"
)
DIRECTORY_COLUMNS = (
    "pcd7,pcd8,pcds,dointr,doterm,usertype,oa11cd,lsoa11cd,msoa11cd,ladcd,lsoa11nm,msoa11nm,ladnm,"
    "ladnmw"
)


def middle(number: int) -> tuple[float, float]:
    """The middle of a square of 2011, in metres of the National Grid."""
    column, row = (number - 1) % 4, (number - 1) // 4
    return t.WEST + t.SIDE * (column + 0.5), t.SOUTH + t.SIDE * (row + 0.5)


def postcode(number: int) -> str:
    """The postcode in the middle of a square."""
    return f"TS1 {number % 10}A{'AB'[number // 10]}"


POINTS = [
    *((postcode(n), 10, *middle(n)) for n in t.SQUARES if n != 9),
    ("TS2 1AA", 50, t.WEST + 1200.0, t.SOUTH + 500.0),
    ("TS3 1AA", 90, 0.0, 0.0),
]


def points_file(folder: Path, rows: Iterable[Sequence[object]] = POINTS, area: str = "ts") -> Path:
    """Code-Point Open: postcode, quality, easting, northing and codes, without a header."""
    path = folder / f"{area}.csv"
    lines = (
        f"{code},{quality},{x:.0f},{y:.0f},E92000001,E19000002,E18000010,,{t.BRISTOL},E05000001\n"
        for code, quality, x, y in rows
    )
    path.write_text("".join(lines))
    return path


STATED = [
    *((postcode(n), "199901", "", n) for n in t.SQUARES if n != 9),
    ("TS9 9ZZ", "198001", "201503", 9),
]


def directory_file(
    folder: Path, rows: Iterable[tuple[str, str, str, int]] = STATED, more: str = ""
) -> Path:
    """The directory of postcodes by census areas: no points."""
    path = folder / "PCD_OA_LSOA_MSOA_LAD_MAY22_UK_LU.csv"
    lines = [
        f"{code},{code},{code},{introduced},{ended},0,E00{900_000 + n},{t.code(n)},{t.msoa(n)},"
        f"{t.district(n)},x,x,x,\n"
        for code, introduced, ended, n in rows
    ]
    path.write_text("".join([DIRECTORY_COLUMNS, "\n", *lines, more]))
    return path


def school(
    number: int,
    *,
    at: tuple[float, float] | None = None,
    code: str | None = None,
    attainment: object = 40,
    name: str = "",
) -> str:
    """A row of a school's results at 16; `at` in metres of the National Grid, or nowhere."""
    latitude = longitude = ""
    if at is not None:
        degrees = from_grid(*at)
        longitude, latitude = (f"{float(value):.7f}" for value in degrees)
    called = name or f"School {number}"
    there = postcode(number) if code is None else code
    return (
        f"1,{100_000 + number},{called},{there},TS1,Town,0.1,3,"
        f"{attainment},40%,20%,3,,,,Academy,No,Mixed,None,{latitude},{longitude},a,b,Secondary\n"
    )


def schools_file(folder: Path, rows: Iterable[str], name: str = "ks4.csv") -> Path:
    """Results of schools at 16, for 2018/19."""
    path = folder / name
    path.write_text("".join([SCHOOL_COLUMNS, "\n", *rows]))
    return path


def names_file(folder: Path) -> Path:
    """Names of MSOAs, the official one and the everyday one."""
    path = folder / "msoa_names.csv"
    path.write_text(
        "msoa11cd,msoa11nm,msoa11nmw,msoa11hclnm,msoa11hclnmw,Laname\n"
        f"{t.msoa(1)},Townham 001,,Quayside,,Townham\n"
        f"{t.msoa(3)},Townham 002,Trefham 002,Hill Top,Pen y Bryn,Townham\n"
        f"{t.msoa(9)},Townham 003,,Northgate,,Townham\n",
        encoding="utf-8-sig",
    )
    return path
