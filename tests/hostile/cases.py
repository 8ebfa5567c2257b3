"""Files nobody should trust: each with what it is loaded as, and what is to be said of it.

A case writes what it is about into a folder, and returns the paths that are then handed to
`lris.load.load` or `lris.boundaries.load_boundaries`. `says` are words that the refusal has to
hold; where there are none the file is accepted, and `accepted` is what the report must count.
`secret` must be nowhere: not in the refusal, not in a log, not in the database.
"""

from __future__ import annotations

import gzip
import io
import json
import lzma
import os
import sqlite3
import struct
import tarfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import geopandas
import shapely

from tests import town as t
from tests.fuzz.harnesses import FINGERTIPS, SHEET, workbook
from tests.town import AVON, OCTOBER

POLICE, PARTNER, PLACES = "police_street_crime", "area_period_value", "gp_surgeries"
POINTS, ESTIMATES, POSTCODES = (
    "points_with_date_and_category",
    "population_sape",
    "code_point_open",
)
FILE = "2018-10-avon-street.csv"
Write = Callable[[Path], Path | list[Path]]


@dataclass(frozen=True)
class Case:
    """One file, or a few: how to write it, what it is said to be, and what comes of it."""

    name: str
    write: Write
    says: tuple[str, ...] = ()
    source: str = POLICE
    vintage: str = ""
    period: str | None = None
    crs: str | None = None
    accepted: Mapping[str, object] = field(default_factory=dict)
    secret: str = ""

    def paths(self, folder: Path) -> list[Path]:
        """Write the case; the paths to load."""
        written = self.write(folder)
        return written if isinstance(written, list) else [written]


# ---------------------------------------------------------------- small tools


def content(data: bytes | str, name: str = FILE) -> Write:
    """A file with this content."""

    def write(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return path

    return write


CRIMES = t.crime_text([("2018-10", AVON, OCTOBER)])
HEADER = CRIMES.splitlines()[0]
ROW = (
    f",2018-10,{AVON},{AVON},-2.59,51.45,On or near Quay Street,{t.code(1)},Townham 001,Burglary,,"
)


def crimes(*rows: str, header: str = HEADER) -> str:
    return "\n".join([header, *rows]) + "\n"


def row_with(**changed: str) -> str:
    """A row of a force's file with some cells changed, by the position of their columns."""
    places = {
        "reference": 0,
        "month": 1,
        "force": 2,
        "lon": 4,
        "lat": 5,
        "place": 6,
        "code": 7,
        "name": 8,
        "type": 9,
        "outcome": 10,
    }
    cells = ROW.split(",")
    for name, text in changed.items():
        cells[places[name]] = f'"{text}"' if "," in text else text
    return ",".join(cells)


def altered(**changed: str) -> Write:
    return content(crimes(ROW, row_with(**changed), ROW))


def values(*rows: str, header: str = "area_code,period,value") -> Write:
    return content(crimes(*rows, header=header), "values.csv")


def points(*rows: str) -> Write:
    return content(
        crimes(*rows, header="reference,date,category,easting,northing"), "fly-tipping.csv"
    )


def zipped(files: Mapping[str, bytes | str], name: str = "crimes.zip") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for inside, data in files.items():
            info = zipfile.ZipInfo("x")
            info.filename = inside
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return buffer.getvalue()


def tarred(*entries: tuple[str, bytes, str]) -> bytes:
    """A tar of (name, type, where a link leads)."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, kind, target in entries:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            archive.addfile(info)
    return buffer.getvalue()


def long_name_tar(size: int) -> bytes:
    """A tar whose first entry says that a name of so many bytes follows."""
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, size
    return gzip.compress(info.tobuf(tarfile.GNU_FORMAT) + b"a" * min(size, 64 << 20))


def encrypted_zip() -> bytes:
    """A zip whose one member says that it is encrypted."""
    data = bytearray(zipped({FILE: CRIMES}))
    for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(magic) + at] |= 1
    return bytes(data)


def sheet(rows: str) -> str:
    """The XML of a sheet with the header of the estimates, and these rows below."""
    return SHEET.partition('<row r="6">')[0] + rows + "</sheetData></worksheet>"


def book(xml: str | bytes, more: Mapping[str, str] | None = None) -> Write:
    data = io.BytesIO(workbook(xml))
    with zipfile.ZipFile(data, "a") as parts:
        for name, text in (more or {}).items():
            parts.writestr(name, text)
    return content(data.getvalue(), "sape.xlsx")


def cell(place: str, text: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


def feature(
    properties: Mapping[str, object], geometry: Mapping[str, object] | None
) -> dict[str, object]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def collection(features: Sequence[object], **more: object) -> str:
    return json.dumps({"type": "FeatureCollection", **more, "features": features})


def surgery(text: str) -> Write:
    return content(text, "surgeries.geojson")


SURGERY = {"name": "Quay", "postcode": "BA1 1AA", "phone": {"phone_number": "none"}}


# ---------------------------------------------------------------- text that is half a table

TEXTS = [
    Case("a header of another file", content("id,date,what\n1,2,3\n"), ("fits no layout",)),
    Case(
        "a header without one of its columns",
        content(CRIMES.replace("Crime type,", "", 1)),
        ("line 1", "'Crime type' is missing"),
    ),
    Case(
        "a header with a column more",
        content(crimes(ROW + ",x", header=HEADER + ",Ethnicity")),
        ("'Ethnicity' is unknown", "declare the new layout"),
    ),
    Case(
        "a header with a column twice",
        content(crimes(ROW + ",x", header=HEADER + ",Month")),
        ("'Month' stands there 2 times",),
    ),
    Case("no header at all", content(crimes(ROW, header=ROW)), ("fits no layout",)),
    Case(
        "an error page saved as a table",
        content("<!DOCTYPE html>\n<html><body>503 Service Unavailable</body></html>"),
        ("a web page", "failed download"),
    ),
    Case("JSON called a table", content('{"error": "not found"}'), ("it is JSON",)),
    Case("a PDF called a table", content(b"%PDF-1.7\n\x93\x8c"), ("it is a PDF",)),
    Case(
        "an old Excel file called a table",
        content(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100)),
        ("old Excel",),
    ),
    Case("an empty file", content(b""), ("it is empty",)),
    Case("nothing but white space", content(b" \n\n  \n"), ("it is empty",)),
    Case("a header and nothing below", content(HEADER + "\n"), ("no rows below the header",)),
    Case("half a header", content(HEADER[:40]), ("fits no layout",)),
    Case("UTF-16 with its mark", content(CRIMES.encode("utf-16"), FILE), ("UTF-16", "UTF-8")),
    Case("UTF-16 without its mark", content(CRIMES.encode("utf-16-le")), ("fits no layout",)),
    Case(
        "Windows quotation marks in UTF-8",
        content(crimes(ROW, row_with(place="St James’s")).encode("cp1252")),
        ("line 3", "byte 0x92 is not utf-8", "cp1252"),
    ),
    Case(
        "half a surrogate pair",
        content(
            crimes(ROW).encode() + row_with(place="Q@").encode().replace(b"Q@", b"\xed\xa0\x80")
        ),
        ("line 3", "is not utf-8"),
    ),
    Case(
        "a byte order mark in the middle",
        content(crimes(ROW).encode() + b"\xef\xbb\xbf" + crimes(ROW).encode()),
        ("line 3", "byte order mark", "by itself"),
    ),
    Case(
        "NUL bytes",
        content(crimes(ROW, ROW.replace("Quay", "Qu\0y"))),
        ("line 3", "NUL byte"),
    ),
    Case(
        "lines that end as on an old Macintosh",
        content(CRIMES.replace("\n", "\r")),
        ("carriage returns",),
    ),
    Case("a row too long", content(crimes(ROW, ROW + ",x")), ("line 3", "13 cells", "12")),
    Case("a row too short", content(crimes(ROW, ROW[:-1])), ("line 3", "11 cells")),
    Case(
        "a quotation mark that is never closed",
        content(crimes(ROW, row_with(place='"Quay'))),
        ("line 3", "never closed"),
    ),
    Case(
        "a quotation mark inside a cell",
        content(crimes(ROW, row_with(place='Quay "Street" 1'))),
        ("line 3", "middle of a cell"),
    ),
    Case(
        "cells parted by semicolons",
        content(CRIMES.replace(",", ";")),
        ("';'", "delimiter"),
    ),
    Case(
        "a million columns",
        content(",".join(f"c{n}" for n in range(1_000_000)) + "\n"),
        ("no header", "row"),
    ),
    Case(
        "a hundred thousand columns",
        content(",".join(f"c{n}" for n in range(100_000)) + "\n" + "," * 99_999),
        ("100,000 columns",),
    ),
    Case(
        "a column with a name of a hundred thousand letters",
        content(HEADER + ',"' + "victim name " * 9_000 + '"\n'),
        ("letters",),
    ),
    Case(
        "four thousand unknown columns",
        content(HEADER + "," + ",".join(f"Crime type {n}" for n in range(4_000)) + "\n"),
        ("is unknown", "more"),
    ),
]

# ---------------------------------------------------------------- cells that cannot be true

CELLS = [
    Case(
        "longitude and latitude exchanged",
        altered(lon="51.45", lat="-2.59"),
        ("line 3", "'Longitude'", "exchanged"),
    ),
    Case(
        "metres of the grid as degrees",
        altered(lon="358000", lat="172500"),
        ("line 3", "metres of the National Grid", "easting"),
    ),
    Case(
        "degrees as metres of the grid",
        points("1,2018-10-31,Graffiti,-2.59,51.45"),
        ("'easting'", "looks like degrees"),
        source=POINTS,
    ),
    Case("a coordinate that is not a number", altered(lon="NaN"), ("'NaN' is not a coordinate",)),
    Case("an endless coordinate", altered(lat="Infinity"), ("'Infinity' is not a coordinate",)),
    Case("a coordinate beyond all numbers", altered(lat="1e999"), ("is not a coordinate",)),
    Case("half a point", altered(lat=""), ("only one of two coordinates",)),
    Case("a point off Africa", altered(lon="0", lat="0"), ("not in the United Kingdom",)),
    Case(
        "a month to come",
        altered(month="2019-07"),
        ("line 3", "'Month'", "'2019-07' is in the future", "2019-06-01"),
    ),
    Case("a thirteenth month", altered(month="2018-13"), ("'2018-13' is not a month",)),
    Case("no month", altered(month=""), ("line 3", "the cell is blank")),
    Case(
        "a day that is not in the calendar",
        points("1,2018-02-30,Graffiti,358000,172500"),
        ("'2018-02-30' is not a date", "format"),
        source=POINTS,
    ),
    Case(
        "an unknown crime type",
        altered(type="Jaywalking"),
        ("line 3", "'Jaywalking' is not a known category", "vocabulary"),
    ),
    Case("no crime type", altered(type=""), ("the cell is blank",)),
    Case("a code too short", altered(code="E0101454"), ("'E0101454' is not a code",)),
    Case("a code of Scotland's kind", altered(code="S-1"), ("is not a code of an area",)),
    Case(
        "a month that was not asked for",
        content(CRIMES),
        ("line 2", "outside the period asked for"),
        period="2018-11",
    ),
    Case(
        "a period that was not asked for",
        values(f"{t.code(1)},2018,5"),
        ("'2018' is not the period asked for", "2017"),
        source=PARTNER,
        period="2017",
    ),
    Case("no period", values(f"{t.code(1)},,5"), ("is not a period",), source=PARTNER),
    Case(
        "totals among the rows",
        values(f"{t.code(1)},2018,5", "Total,2018,5"),
        ("line 3", "'Total' is not a code"),
        source=PARTNER,
    ),
    Case(
        "a negative count",
        values(f"{t.code(1)},2018,5", f"{t.code(2)},2018,-1"),
        ("line 3", "'value'", "'-1' is too small", "0 or more"),
        source=PARTNER,
    ),
    Case(
        "a sign nobody explained",
        values(f"{t.code(1)},2018,#"),
        ("'#' is not a number", "withheld"),
        source=PARTNER,
    ),
    Case(
        "thousands parted in the wrong place",
        values(f'{t.code(1)},2018,"1,23"'),
        ("'1,23' is not a number",),
        source=PARTNER,
    ),
    Case(
        "two values for one cell",
        values(f"{t.code(1)},2018,5", f"{t.code(2)},2018,5", f"{t.code(1)},2018,6"),
        ("line 4", "second value", "line 2", "Keep one"),
        source=PARTNER,
    ),
    Case(
        "the same value for one cell twice",
        values(f"{t.code(1)},2018,5", f"{t.code(1)},2018,5"),
        ("line 3", "second value"),
        source=PARTNER,
    ),
    Case(
        "a numerator above its denominator",
        content(FINGERTIPS.replace(",100,1000,", ",1001,1000,"), "fingertips.csv"),
        ("line 2", "'Count'", "'1001' is above its denominator", "exchanged"),
        source="fingertips",
    ),
    Case(
        "a percentage above one hundred",
        content(FINGERTIPS.replace(",9.1,9.0,9.2,", ",109.1,9.0,9.2,"), "fingertips.csv"),
        ("line 2", "'Value'", "'109.1' is too large", "100 or less"),
        source="fingertips",
    ),
    Case(
        "the two parts of a range exchanged",
        content(FINGERTIPS.replace(",9.1,9.0,9.2,", ",9.1,9.2,9.0,"), "fingertips.csv"),
        ("'Lower CI 95.0 limit'", "'9.2' is above its upper limit"),
        source="fingertips",
    ),
    Case(
        "an unknown change of an area",
        content(
            "LSOA11CD,LSOA11NM,LSOA21CD,LSOA21NM,CHGIND,LAD22CD,LAD22NM,LAD22NMW,ObjectId\n"
            f"{t.code(1)},A,{t.code(1)},A,Q,{t.BRISTOL},B,,1\n",
            "changes.csv",
        ),
        ("'Q' is not a change code",),
        source="lsoa_2011_to_lsoa_2021",
    ),
    Case(
        "a look-up with a header of no edition",
        content(
            "LSOA11CD,LSOA11NM,F_LSOA21CD,LSOA21NM,CHGIND,LAD22CD,LAD22NM,LAD22NMW,ObjectId\n"
            f"{t.code(1)},A,{t.code(1)},A,U,{t.BRISTOL},B,,1\n",
            "changes.csv",
        ),
        ("'LSOA21CD' is missing (is it 'F_LSOA21CD'?)",),
        source="lsoa_2011_to_lsoa_2021",
    ),
    Case(
        "a postcode of no country",
        content("BSI 1AD,10,360205,173432,E92000001,,,,E06000023,E05010907\n", "bs.csv"),
        ("is not a postcode", "BS1 1AD"),
        source=POSTCODES,
    ),
    Case(
        "a file whose name says nothing",
        content("BS1 1AD,10,360205,173432,E92000001,,,,E06000023,E05010907\n", "download(1).csv"),
        ("its name is not one that the publisher gives",),
        source=POSTCODES,
    ),
    Case(
        "postcodes of Northern Ireland, whose licence is another",
        content(
            "pcd7,pcd8,pcds,dointr,doterm,usertype,oa11cd,lsoa11cd,msoa11cd,ladcd,lsoa11nm,"
            "msoa11nm,ladnm,ladnmw\n"
            "BT1 1AA,BT1  1AA,BT1 1AA,199601,,1,,,,,,,,\n"
            "BS1 1AD,BS1  1AD,BS1 1AD,199601,,1,E00073000,E01014540,E02003043,E06000023,,,,\n",
            "PCD_OA_LSOA_MSOA_LAD_MAY22_UK_LU.csv",
        ),
        source="postcode_directory",
        accepted={"rows_read": 2, "rows_skipped": 1, "loaded": 2},
        secret="BT1 1AA",
    ),
    Case(
        "figures of a place that nobody has heard of",
        content("area,admissions\nTownham 001,1.5\nNowhere 003,2\n", "admissions.csv"),
        source="stroke_admissions",
        accepted={"rows_read": 2, "loaded": 1, "quarantined": 1, "values": 1},
    ),
    Case(
        "the same part of a source twice in one call",
        lambda folder: [
            content(CRIMES, "a-street.csv")(folder),
            content(crimes(ROW), "b-street.csv")(folder),
        ],
        ("b-street.csv", "a-street.csv was already", "that one alone"),
    ),
]

# ---------------------------------------------------------------- cells that would act or tell

FORMULAS = [
    Case(
        f"a formula as {name}",
        altered(**{column: text}),
        ("line 3", "begins like a formula", "plain text"),
    )
    for name, column, text in (
        ("a place", "place", "=HYPERLINK(http://x)"),
        ("a command", "place", "+cmd|' /C calc'!A0"),
        ("a sum", "outcome", "@SUM(A1:A9)"),
        ("a reference", "reference", "-2+3+cmd|' /C calc'!A0"),
        ("a place in wide letters", "place", "＝1+1"),
    )
] + [
    Case(
        "a formula as a value",
        values(f"{t.code(1)},2018,=1+1"),
        ("'=1+1' is not a number",),
        source=PARTNER,
    ),
    Case(
        "a formula as the name of an area",
        content(
            "msoa11cd,msoa11nm,msoa11nmw,msoa11hclnm,msoa11hclnmw,Laname\n"
            'E02000001,"=cmd()",x,x,x,x\n',
            "names.csv",
        ),
        ("line 2", "begins like a formula"),
        source="msoa_2011_names",
    ),
]

IDENTIFIERS = (
    [
        Case(f"{name} in a cell", altered(**{column: text}), says, secret=secret)
        for name, column, text, says, secret in (
            ("an NHS number", "place", "near 943 476 5919", ("an NHS number",), "943 476 5919"),
            ("an NHS number among others", "place", "100 943 476 5919", ("an NHS number",), "5919"),
            (
                "an NHS number in wide digits",
                "place",
                "９４３４７６５９１９",
                ("an NHS",),
                "９４３４",
            ),
            ("an NHS number for a category", "type", "943-476-5919", ("an NHS number",), "5919"),
            ("an NHS number for a code", "code", "9434765919", ("an NHS number",), "9434765919"),
            ("a National Insurance number", "outcome", "AB 12 34 56 C", ("Insurance",), "12 34 56"),
            ("an e-mail address", "reference", "jo.soap@example.org", ("e-mail",), "jo.soap"),
            ("a telephone number", "place", "ring 0117 496 0123", ("a telephone",), "496 0123"),
        )
    ]
    + [
        Case(
            f"a column called {header!r}",
            content(crimes(ROW + ",Jo Soap", header=f"{HEADER},{header}")),
            ("line 1", "identify people", "remove the column"),
            secret="Jo Soap",
        )
        for header in (
            "Victim name",
            "surname",
            "Date of Birth",
            "NHSNumber",
            "Email address",
            "UPN",
        )
    ]
    + [
        Case(
            "no header, and a person in the first row",
            content("943 476 5919,Jo Soap,0117 496 0123\n"),
            ("no header, and the first row identifies people",),
            secret="Jo Soap",
        ),
        Case(
            "an NHS number in a sheet",
            book(sheet(f'<row r="6">{cell("A6", t.code(1))}{cell("B6", "943 476 5919")}</row>')),
            ("an NHS number",),
            source=ESTIMATES,
            secret="943 476 5919",
        ),
        Case(
            "an NHS number for a value",
            values(f"{t.code(1)},2018,943 476 5919"),
            ("an NHS number",),
            source=PARTNER,
            secret="476",
        ),
    ]
)

# ---------------------------------------------------------------- archives and paths


def half_a_gzip(folder: Path) -> Path:
    path = folder / f"{FILE}.gz"
    whole = gzip.compress(CRIMES.encode() * 50)
    path.write_bytes(whole[: len(whole) // 2])
    return path


def a_gzip_with_a_wrong_sum(folder: Path) -> Path:
    data = bytearray(gzip.compress(CRIMES.encode()))
    data[-8] ^= 0xFF
    return content(bytes(data), f"{FILE}.gz")(folder)  # type: ignore[return-value]


def a_folder_with_a_link(folder: Path) -> Path:
    inside = folder / "months"
    inside.mkdir()
    (inside / FILE).symlink_to("/etc/passwd")
    return inside


def a_folder_with_a_pipe(folder: Path) -> Path:
    inside = folder / "months"
    inside.mkdir()
    os.mkfifo(inside / FILE)
    return inside


def a_link_to_a_device(folder: Path) -> Path:
    path = folder / FILE
    path.symlink_to("/dev/zero")
    return path


def a_folder_called_like_a_file(folder: Path) -> Path:
    path = folder / FILE
    path.mkdir()
    return path


ARCHIVES = [
    Case("a gzip cut short", half_a_gzip, ("damaged or cut short", "Fetch it again")),
    Case("a gzip with a wrong sum", a_gzip_with_a_wrong_sum, ("damaged",)),
    Case(
        "a web page called a gzip",
        content("<html>", f"{FILE}.gz"),
        ("its name says gzip",),
    ),
    Case("a gzip that does not say so", content(gzip.compress(b"x")), ("its content is gzip",)),
    Case(
        "an xz cut short",
        content(lzma.compress(CRIMES.encode())[:-20], f"{FILE}.xz"),
        ("damaged",),
    ),
    Case(
        "a 7z archive", content(b"7z\xbc\xaf\x27\x1c", "crimes.7z"), (".7z files are not opened",)
    ),
    Case(
        "a zip that writes outside itself",
        content(zipped({"../../tmp/x-street.csv": CRIMES}), "crimes.zip"),
        ("points out of the archive", "Do not trust"),
    ),
    Case(
        "a zip with a Windows path",
        content(zipped({"C:\\x-street.csv": CRIMES}), "crimes.zip"),
        ("points out of the archive",),
    ),
    Case(
        "a zip with a nameless file",
        content(zipped({"": CRIMES}), "crimes.zip"),
        ("points out of the archive",),
    ),
    Case(
        "a zip in a zip",
        content(zipped({"y-street.csv": zipped({FILE: CRIMES})}), "crimes.zip"),
        ("an archive inside an archive",),
    ),
    Case("a zip cut short", content(zipped({FILE: CRIMES})[:-30], "crimes.zip"), ("damaged",)),
    Case("an encrypted zip", content(encrypted_zip(), "crimes.zip"), ("encrypted", "password")),
    Case(
        "a zip of countless files",
        content(zipped({f"{n}.txt": b"" for n in range(20_001)}), "crimes.zip"),
        ("more than 20,000 files",),
    ),
    Case(
        "a zip of something else",
        content(zipped({"readme.txt": "x"}), "crimes.zip"),
        ("holds no file of this source", "*-street.csv"),
    ),
    Case(
        "a tar with a symbolic link",
        content(tarred((FILE, tarfile.SYMTYPE, "/etc/passwd")), "crimes.tar"),
        ("a link or a device",),
    ),
    Case(
        "a tar with a hard link",
        content(tarred((FILE, tarfile.LNKTYPE, "/etc/passwd")), "crimes.tar"),
        ("a link or a device",),
    ),
    Case(
        "a tar with a device",
        content(tarred((FILE, tarfile.CHRTYPE, "")), "crimes.tar"),
        ("a link or a device",),
    ),
    Case(
        "a tar that climbs out",
        content(tarred((f"/etc/{FILE}", tarfile.REGTYPE, "")), "crimes.tar"),
        ("points out of the archive",),
    ),
    Case(
        "a tar with a name of sixteen million letters",
        content(long_name_tar(16 << 20), "crimes.tar.gz"),
        ("a header of 16,777,216 bytes",),
    ),
    Case("a tar of nothing but noughts", content(bytes(512), "crimes.tar"), ("no file of this",)),
    Case("a device", lambda folder: Path("/dev/zero"), ("a link or a device",)),
    Case("a link to a device", a_link_to_a_device, ("a link or a device",)),
    Case("a link in a folder", a_folder_with_a_link, ("a link or a device",)),
    Case("a pipe in a folder", a_folder_with_a_pipe, ("a link or a device",)),
    Case("a folder called like a file", a_folder_called_like_a_file, ("no file of this source",)),
    Case("nothing there", lambda folder: folder / "gone.csv", ("no such file",)),
    Case(
        "a name longer than a name can be", lambda folder: folder / ("x" * 300), ("cannot be read",)
    ),
    Case(
        "a name that moves the cursor",
        lambda folder: content("", "a\x1b[2J-street.csv")(folder),
        ("a�[2J-street.csv", "it is empty"),
    ),
    Case(
        "a name that is not Unicode",
        lambda folder: content("", os.fsdecode(b"a\xff-street.csv"))(folder),
        ("a�-street.csv",),
    ),
]

# ---------------------------------------------------------------- workbooks and features

LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(
        '<!ENTITY {} "{}">'.format(letter, f"&{before};" * 10)
        for before, letter in zip("abcdefghi", "bcdefghij", strict=True)
    )
    + "]>"
)

WORKBOOKS = [
    Case(
        "a billion laughs in a sheet",
        book(LAUGHS + sheet(f'<row r="6">{cell("A6", "&j;")}</row>')),
        ("declares entities", "CSV"),
        source=ESTIMATES,
    ),
    Case(
        "a workbook that takes cells from other files",
        book(SHEET, {"xl/externalLinks/externalLink1.xml": "<externalLink/>"}),
        ("externallink1.xml", "takes cells from other files"),
        source=ESTIMATES,
    ),
    Case(
        "a cell in the last corner of a sheet",
        book(sheet(f'<row r="6">{cell("A6", t.code(1))}</row>{cell("XFD1048576", "x")}')),
        ("spread over 1,048,572 rows and 16,384 columns", "stray cell"),
        source=ESTIMATES,
    ),
    Case(
        "a cell beyond every corner",
        book(sheet(f'<row r="6">{cell("AAAAAAAAAAAA6", "x")}</row>')),
        ("a cell says that it stands at 'AAAAAAAAAAAA6'",),
        source=ESTIMATES,
    ),
    Case(
        "a spreadsheet's error in a cell",
        book(sheet('<row r="6"><c r="C6" t="e"><v>#N/A</v></c></row>')),
        ("line 6", "column 3", "#N/A", "neither blank nor zero"),
        source=ESTIMATES,
    ),
    Case(
        "a cell beside the table",
        book(sheet(f'<row r="6">{cell("A6", t.code(1))}{cell("G6", "x")}</row>')),
        ("line 6", "right of the last header"),
        source=ESTIMATES,
    ),
    Case(
        "a NUL in a cell",
        book(sheet(f'<row r="6">{cell("A6", t.code(1))}{cell("B6", "x_x0000_y")}</row>')),
        ("line 6", "NUL"),
        source=ESTIMATES,
    ),
    Case(
        "a sheet of broken XML",
        book(SHEET[:-30]),
        ("the workbook cannot be opened",),
        source=ESTIMATES,
    ),
    Case(
        "a workbook without the sheet",
        content(workbook(SHEET, "Notes"), "sape.xlsx"),
        ("with the sheets 'Notes'", "Population Density"),
        source=ESTIMATES,
    ),
    Case(
        "an archive called a workbook",
        content(zipped({"a.csv": CRIMES}), "sape.xlsx"),
        ("not an xlsx workbook",),
        source=ESTIMATES,
    ),
    Case(
        "half a workbook",
        content(workbook(SHEET)[:700], "sape.xlsx"),
        ("cannot be opened",),
        source=ESTIMATES,
    ),
    Case(
        "a workbook where text belongs",
        content(workbook(SHEET), "2018-10-x-street.csv"),
        ("its content is zip",),
    ),
    Case(
        "a negative count in a sheet",
        book(sheet(f'<row r="6">{cell("A6", t.code(1))}<c r="C6"><v>-5</v></c></row>')),
        ("line 6", "'-5' is too small"),
        source=ESTIMATES,
    ),
    Case(
        "half a surrogate pair in JSON",
        surgery('{"features": [{"properties": {"name": "\\ud800"}, "geometry": null}]}'),
        ("not a collection of features",),
        source=PLACES,
    ),
    Case(
        "a NUL in JSON",
        surgery(
            collection(
                [
                    feature(
                        SURGERY | {"name": "Qu\0y"}, {"type": "Point", "coordinates": [-2.3, 51.3]}
                    )
                ]
            )
        ),
        ("NUL",),
        source=PLACES,
    ),
    Case(
        "not-a-number in JSON",
        surgery('{"features": [{"geometry": {"type": "Point", "coordinates": [NaN, 51]}}]}'),
        ("not a collection of features",),
        source=PLACES,
    ),
    Case("JSON nested beyond reason", surgery("[" * 100_000), ("table|features",), source=PLACES),
    Case(
        "outlines where points belong",
        surgery(collection([feature(SURGERY, shapely.geometry.mapping(t.square(1)))])),
        ("not a point", "lris boundaries load"),
        source=PLACES,
    ),
]

# ---------------------------------------------------------------- boundaries

SQUARE = t.square(1)
AREA = {"LSOA11CD": t.code(1), "LSOA11NM": "Townham 001"}
GRID = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::27700"}}
DEGREES = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}


def areas(
    *shapes: shapely.Geometry | Mapping[str, object],
    crs: Mapping[str, object] | None = GRID,
    properties: Mapping[str, object] | None = None,
    name: str = "lsoa_2011_bgc.geojson",
) -> Write:
    listed = [
        feature(
            properties or {"LSOA11CD": t.code(90 + at), "LSOA11NM": f"Townham {at}"},
            dict(shape) if isinstance(shape, Mapping) else shapely.geometry.mapping(shape),
        )
        for at, shape in enumerate(shapes)
    ]
    return content(collection(listed, **({"crs": crs} if crs else {})), name)


def polygon(*rings: Sequence[Sequence[object]]) -> dict[str, object]:
    return {"type": "Polygon", "coordinates": rings}


def frame(shape: shapely.Geometry, crs: int | None = 27700) -> geopandas.GeoDataFrame:
    return geopandas.GeoDataFrame(
        {"LSOA11CD": [t.code(91)], "LSOA11NM": ["Townham"]}, geometry=[shape], crs=crs
    )


def shapefile(without: str = "", short: str = "", crs: int | None = 27700) -> Write:
    def write(folder: Path) -> Path:
        path = folder / "areas.shp"
        frame(SQUARE, crs).to_file(path)
        if without:
            path.with_suffix(without).unlink()
        if short:
            part = path.with_suffix(short)
            part.write_bytes(part.read_bytes()[:-20])
        return path

    return write


def package(*statements: str, shape: shapely.Geometry = SQUARE) -> Write:
    """A GeoPackage after some SQL."""

    def write(folder: Path) -> Path:
        path = folder / "areas.gpkg"
        frame(shape).to_file(path, layer="areas")
        with sqlite3.connect(path) as base:
            for name, arity in (("ST_IsEmpty", 1), ("ST_MinX", 1), ("ST_MaxX", 1)):
                base.create_function(name, arity, lambda blob: 0)
            for name in ("ST_MinY", "ST_MaxY"):
                base.create_function(name, 1, lambda blob: 0)
            for statement in statements:
                base.execute(statement)
        base.close()
        return path

    return write


POINT_BLOB = (b"GP\x00\x01" + struct.pack("<i", 27700) + shapely.to_wkb(shapely.Point(1, 2))).hex()
ENDLESS = (
    "CREATE VIEW forever AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
    " SELECT i AS fid, geom, LSOA11CD, LSOA11NM FROM n, areas"
)
AS_LAYER = (
    "UPDATE gpkg_contents SET table_name = 'forever', identifier = 'forever'",
    "UPDATE gpkg_geometry_columns SET table_name = 'forever'",
    "DELETE FROM gpkg_ogr_contents",
    "DELETE FROM gpkg_extensions",
)
BOWTIE = polygon(
    [[360000, 170000], [361000, 171000], [361000, 170000], [360000, 171000], [360000, 170000]]
)
LSOA = "lsoa_2011"
BOUNDARIES = [
    Case(
        "metres said to be degrees",
        areas(SQUARE, crs=DEGREES),
        ("degrees", "EPSG:27700"),
        vintage=LSOA,
    ),
    Case(
        "metres that say nothing", areas(SQUARE, crs=None), ("degrees", "EPSG:27700"), vintage=LSOA
    ),
    Case(
        "degrees said to be metres",
        areas(shapely.box(-2.6, 51.4, -2.5, 51.5)),
        ("metres", "EPSG:4326"),
        vintage=LSOA,
    ),
    Case(
        "degrees and metres in one file",
        areas(SQUARE, shapely.box(-2.6, 51.4, -2.5, 51.5)),
        ("some coordinates are as small as", "two systems are mixed"),
        vintage=LSOA,
    ),
    Case(
        "latitude before longitude",
        areas(shapely.box(51.4, -2.6, 51.5, -2.5), crs=DEGREES),
        ("outside the British Isles", "longitude comes before latitude"),
        vintage=LSOA,
    ),
    Case(
        "a reference system that is none",
        areas(SQUARE, crs={"type": "name", "properties": {"name": "EPSG:0"}}),
        ("does not say which coordinate reference system", "--crs"),
        vintage=LSOA,
    ),
    Case(
        "a coordinate that is not a number in an outline",
        content(
            collection(
                [feature(AREA, polygon([[0, 0], [1, 1], [1, 0], [0, 0]]))], crs=GRID
            ).replace("[1, 1]", "[NaN, 1]"),
            "a.geojson",
        ),
        ("not numbers|cannot be read|ring|outside",),
        vintage=LSOA,
    ),
    Case(
        "an endless coordinate in an outline",
        areas(polygon([[360000, 170000], [361000, 170000], [1e999, 171000], [360000, 170000]])),
        ("not numbers|cannot be read|ring|outside",),
        vintage=LSOA,
    ),
    Case(
        "an outline that crosses itself",
        areas(BOWTIE),
        vintage=LSOA,
        accepted={"repaired": [t.code(90)], "areas": 13},
    ),
    Case(
        "a ring of two points",
        areas(polygon([[360000, 170000], [361000, 170000], [360000, 170000]])),
        ("none of its 1 features has an outline",),
        vintage=LSOA,
    ),
    Case(
        "lines where outlines belong",
        areas(shapely.LineString([(360000, 170000), (361000, 170000)])),
        ("Linestring where polygons belong",),
        vintage=LSOA,
    ),
    Case(
        "an outline with a line in it",
        areas({"type": "GeometryCollection", "geometries": [shapely.geometry.mapping(SQUARE)]}),
        ("where polygons belong",),
        vintage=LSOA,
    ),
    Case(
        "codes of another kind",
        areas(SQUARE, properties={"LSOA11CD": "1", "LSOA11NM": "x"}),
        ("feature 1", "'1'", "not a code of the form"),
        vintage=LSOA,
    ),
    Case(
        "a formula for the name of an area",
        areas(SQUARE, properties={"LSOA11CD": t.code(90), "LSOA11NM": "=cmd|' /C calc'!A0"}),
        ("feature 1", "LSOA11NM", "begins like a formula"),
        vintage=LSOA,
    ),
    Case(
        "half a surrogate pair for the name of an area",
        content(
            collection([feature(AREA, shapely.geometry.mapping(SQUARE))], crs=GRID).replace(
                "Townham 001", "Town\\ud800ham"
            ),
            "a.geojson",
        ),
        vintage=LSOA,
        accepted={"features_read": 1, "areas": 12},
    ),
    Case(
        "a NUL for the name of an area",
        content(
            collection([feature(AREA, shapely.geometry.mapping(SQUARE))], crs=GRID).replace(
                "Townham 001", "Town\\u0000ham"
            ),
            "a.geojson",
        ),
        vintage=LSOA,
        accepted={"features_read": 1, "areas": 12},
    ),
    Case(
        "an area with an e-mail address for a name",
        areas(SQUARE, properties={"LSOA11CD": t.code(90), "LSOA11NM": "jo.soap@example.org"}),
        ("feature 1", "an e-mail address", "depersonalised"),
        vintage=LSOA,
        secret="jo.soap",
    ),
    Case(
        "an area with an NHS number for a code",
        areas(SQUARE, properties={"LSOA11CD": "943 476 5919", "LSOA11NM": "x"}),
        ("feature 1", "an NHS number"),
        vintage=LSOA,
        secret="5919",
    ),
    Case(
        "codes of another year",
        areas(SQUARE, properties={"LSOA21CD": t.code(1), "LSOA21NM": "x"}),
        ("no field for the code", "LSOA11CD", "vintage"),
        vintage=LSOA,
    ),
    Case(
        "a code with two outlines",
        areas(SQUARE, t.square(2), properties=AREA),
        (t.code(1), "two shapes that differ"),
        vintage=LSOA,
    ),
    Case(
        "another outline for a known code, without a reason",
        areas(t.square(2), properties=AREA),
        (t.code(1), "another outline", "--because"),
        vintage=LSOA,
    ),
    Case(
        "areas without a single feature",
        content(collection([], crs=GRID), "a.geojson"),
        ("no features|cannot be read|no field",),
        vintage=LSOA,
    ),
    Case(
        "outlines cut short",
        content(collection([feature(AREA, polygon())])[:90], "a.geojson"),
        ("cannot be read",),
        vintage=LSOA,
    ),
    Case(
        "a web page called outlines",
        content("<html>502", "a.geojson"),
        ("a web page",),
        vintage=LSOA,
    ),
    Case("an empty file of outlines", content("", "a.geojson"), ("an empty file",), vintage=LSOA),
    Case(
        "JSON of something else",
        content('{"a": 1}', "a.geojson"),
        ("neither GeoJSON nor TopoJSON",),
        vintage=LSOA,
    ),
    Case(
        "outlines nested beyond reason",
        content('{"type": "FeatureCollection", "features": ' + "[" * 200_000, "a.geojson"),
        ("cannot be read",),
        vintage=LSOA,
    ),
    Case(
        "a topology whose arcs are not there",
        content(
            json.dumps(
                {
                    "type": "Topology",
                    "arcs": [],
                    "objects": {
                        "a": {
                            "type": "GeometryCollection",
                            "geometries": [{"type": "Polygon", "arcs": [[99]], "properties": AREA}],
                        }
                    },
                }
            ),
            "a.topojson",
        ),
        ("none of its 1 features has an outline",),
        vintage=LSOA,
        crs="EPSG:27700",
    ),
    Case(
        "a Shapefile without its table",
        shapefile(without=".dbf"),
        ("no .dbf beside it",),
        vintage=LSOA,
    ),
    Case(
        "a Shapefile without its system",
        shapefile(without=".prj"),
        ("does not say which coordinate", "--crs"),
        vintage=LSOA,
    ),
    Case(
        "half a Shapefile",
        shapefile(short=".shp"),
        (".shp file has", "cut short"),
        vintage=LSOA,
    ),
    Case(
        "a Shapefile with half a table",
        shapefile(short=".dbf"),
        (".dbf file has", "cut short"),
        vintage=LSOA,
    ),
    Case(
        "a GeoPackage that is not one",
        content(b"SQLite format 3\x00" + bytes(200), "a.gpkg"),
        ("cannot be read",),
        vintage=LSOA,
    ),
    Case(
        "half a GeoPackage",
        lambda folder: _halved(package()(folder)),
        ("cannot be read",),
        vintage=LSOA,
    ),
    Case(
        "a database that is no GeoPackage",
        lambda folder: _plain_base(folder),
        ("database without the contents of a GeoPackage",),
        vintage=LSOA,
    ),
    Case(
        "a GeoPackage with a trigger",
        package("CREATE TRIGGER t AFTER INSERT ON areas BEGIN DELETE FROM areas; END"),
        vintage=LSOA,
        accepted={"features_read": 1, "areas": 13},
    ),
    Case(
        "a GeoPackage whose layer is a question without end",
        package(ENDLESS, *AS_LAYER),
        ("'forever' is a view", "a table"),
        vintage=LSOA,
    ),
    Case(
        "a GeoPackage with a column that is worked out",
        package(
            "ALTER TABLE areas ADD COLUMN x TEXT GENERATED ALWAYS AS (hex(zeroblob(900000000)))"
        ),
        ("worked out",),
        vintage=LSOA,
    ),
    Case(
        "a GeoPackage with a point for an outline",
        package(f"UPDATE areas SET geom = X'{POINT_BLOB}'"),
        ("Point where polygons belong",),
        vintage=LSOA,
    ),
    Case(
        "a GeoPackage with noise for an outline",
        package("UPDATE areas SET geom = X'4750000100000000DEADBEEF'"),
        ("none of its 1 features has an outline",),
        vintage=LSOA,
    ),
]


def _halved(path: Path | list[Path]) -> Path:
    assert isinstance(path, Path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    return path


def _plain_base(folder: Path) -> Path:
    path = folder / "a.gpkg"
    with sqlite3.connect(path) as base:
        base.execute("CREATE TABLE areas (LSOA11CD TEXT)")
    base.close()
    return path


CASES = [*TEXTS, *CELLS, *FORMULAS, *IDENTIFIERS, *ARCHIVES, *WORKBOOKS, *BOUNDARIES]
