"""A town of twelve squares, written as its publishers would write it, small enough for paper.

    north  3 │  9  10  11  12     Swindon (E06000030), policed by Wiltshire Police
           2 │  5   6   7   8   ┐ Bristol (E06000023), policed by Avon and Somerset Constabulary
           1 │  1   2   3   4   ┘
             └────────────────     each square 1 km; its residents 100 x its number in 2011, twice
                                   as many in 2018; its households 40 x its number in 2011

In 2021 square 2 is split in halves (101 west, 102 east), 3 and 4 are merged (103), the border of 5
and 6 has moved 200 m west (105, 106: irregular), the rest is unchanged. MSOAs are the western
half of Bristol (1 2 5 6), the eastern half (3 4 7 8), and Swindon's squares.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from itertools import count
from pathlib import Path
from xml.sax.saxutils import escape

import psycopg
import shapely
from sqlalchemy import make_url

from lris.boundaries import DraftReport, load_boundaries, publish_boundaries
from lris.catalogue import Catalogue
from lris.derive import derive
from lris.figures import MOST_ROWS, Reader, figures
from lris.load import LoadReport, load
from lris.publish import publish
from lris.rules.british_grid import from_grid
from lris.session import Doors
from lris.terms import PUBLIC

TODAY = date(2019, 6, 1)
WEST, SOUTH, SIDE = 360_000, 170_000, 1_000
AVON = "Avon and Somerset Constabulary"
WILTSHIRE = "Wiltshire Police"
BRISTOL, SWINDON = "E06000023", "E06000030"
SQUARES = range(1, 13)
HALVES = (101, 102)
MERGED = 103
IRREGULAR = (105, 106)
CHANGES = [
    (1, 1, "U"),
    (2, 101, "S"),
    (2, 102, "S"),
    (3, 103, "M"),
    (4, 103, "M"),
    (5, 105, "X"),
    (5, 106, "X"),
    (6, 106, "X"),
    *((n, n, "U") for n in range(7, 13)),
]
IN_2021 = sorted({new for _, new, _ in CHANGES})


def code(number: int) -> str:
    """The LSOA code of a square."""
    return f"E01{900_000 + number}"


def msoa(number: int) -> str:
    """The MSOA code (of either year) around a square."""
    if number in (9, 10, 11, 12):
        return "E02900003"
    return "E02900001" if number in (1, 2, 5, 6, 101, 102, 105, 106) else "E02900002"


def district(number: int) -> str:
    """The district around a square."""
    return SWINDON if number in (9, 10, 11, 12) else BRISTOL


def rectangle(west_km: float, south_km: float, east_km: float, north_km: float) -> shapely.Polygon:
    """A rectangle measured from the town's south-western corner."""
    return shapely.box(
        WEST + SIDE * west_km,
        SOUTH + SIDE * south_km,
        WEST + SIDE * east_km,
        SOUTH + SIDE * north_km,
    )


def square(number: int) -> shapely.Polygon:
    """A square of 2011."""
    column, row = (number - 1) % 4, (number - 1) // 4
    return rectangle(column, row, column + 1, row + 1)


OUTLINES_2021 = {
    101: rectangle(1, 0, 1.5, 1),
    102: rectangle(1.5, 0, 2, 1),
    103: rectangle(2, 0, 4, 1),
    105: rectangle(0, 1, 0.8, 2),
    106: rectangle(0.8, 1, 2, 2),
}
LSOAS_2011 = {code(n): square(n) for n in SQUARES}
LSOAS_2021 = {code(n): OUTLINES_2021.get(n) or square(n) for n in IN_2021}
MSOAS = {
    msoa(1): rectangle(0, 0, 2, 2),
    msoa(3): rectangle(2, 0, 4, 2),
    msoa(9): rectangle(0, 2, 4, 3),
}
WARDS_2019 = {  # the border cuts the third column: its squares' centres lie in the eastern ward
    "E05900001": rectangle(0, 0, 2.4, 3),
    "E05900002": rectangle(2.4, 0, 4, 3),
}
DISTRICTS = {BRISTOL: rectangle(0, 0, 4, 2), SWINDON: rectangle(0, 2, 4, 3)}
OUTLINES: Mapping[str, Mapping[str, shapely.Geometry]] = {
    "lsoa_2011": LSOAS_2011,
    "lsoa_2021": LSOAS_2021,
    "msoa_2011": MSOAS,
    "msoa_2021": MSOAS,
    "ward_2019": WARDS_2019,
    "lad_2011": DISTRICTS,
    "lad_2022": DISTRICTS,
}
FIELDS = {"lsoa": "LSOA", "msoa": "MSOA", "ward": "WD", "lad": "LAD"}


# ---------------------------------------------------------------- files


def boundary_file(
    folder: Path,
    vintage: str,
    outlines: Mapping[str, shapely.Geometry] | None = None,
    name: str = "",
    **fields: Mapping[str, str],
) -> Path:
    """A GeoJSON in EPSG:27700 with the field names of the vintage; `fields` map code to text."""
    level, _, year = vintage.partition("_")
    prefix = f"{FIELDS[level]}{year[2:]}"
    features = [
        {
            "type": "Feature",
            "properties": {
                f"{prefix}CD": area,
                f"{prefix}NM": f"Townham {area[-3:]}",
                **{field: texts[area] for field, texts in fields.items()},
            },
            "geometry": shapely.geometry.mapping(shape),
        }
        for area, shape in (OUTLINES[vintage] if outlines is None else outlines).items()
    ]
    path = folder / (name or f"{vintage}_bgc.geojson")
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::27700"}}
    path.write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": features}))
    return path


@dataclass(frozen=True)
class Crime:
    """One row of a force's file; `east`, `north` in metres from the town's corner."""

    kind: str
    number: int | None = None
    east: float | None = None
    north: float | None = None

    def row(self, month: str, force: str) -> list[str]:
        """The twelve cells."""
        longitude = latitude = ""
        if self.east is not None and self.north is not None:
            degrees = from_grid(WEST + self.east, SOUTH + self.north)
            longitude, latitude = (f"{float(value):.7f}" for value in degrees)
        place = f"On or near {self.kind}" if longitude else "No Location"
        lsoa = code(self.number) if self.number else ""
        name = f"Townham {lsoa[-3:]}" if lsoa else ""
        reference = "" if self.kind == "Anti-social behaviour" else "ab" * 32
        return [reference, month, force, force, longitude, latitude, place, lsoa, name]


ASB, BURGLARY, DRUGS = "Anti-social behaviour", "Burglary", "Drugs"
ROBBERY, VEHICLE, SHOPLIFTING = "Robbery", "Vehicle crime", "Shoplifting"
ELSEWHERE = 99_999
OCTOBER = [
    Crime(ASB, 1, 500, 500),  # three identical rows are three incidents
    Crime(ASB, 1, 500, 500),
    Crime(ASB, 1, 500, 500),
    Crime(BURGLARY, 1, 500, 500),
    Crime(BURGLARY, 1, 1010, 500),  # the point is in square 2: the code wins
    Crime(BURGLARY, 2, 1200, 500),  # in the western half
    Crime(BURGLARY, 2, 1800, 500),  # in the eastern half
    Crime(DRUGS, 2, 990, 500),  # in square 1: nearest of the halves is the western
    Crime(DRUGS, 2),  # no point: in neither half
    Crime(ROBBERY, 3, 2500, 500),
    Crime(ROBBERY, 4, 3500, 500),
    Crime(ROBBERY, 4),  # no point, but both years know the area
    Crime(VEHICLE, 5, 900, 1500),  # in the strip that went from 5 to 106
    Crime(VEHICLE, 5, 500, 1500),
    Crime(VEHICLE, 6, 1500, 1500),
    Crime(VEHICLE, 6),  # irregular and no point
    Crime(SHOPLIFTING, None, 2500, 1500),  # a point in square 7 and no code
    Crime(SHOPLIFTING),  # neither point nor code
    Crime(SHOPLIFTING),
    Crime(BURGLARY, ELSEWHERE, 3500, 1500),  # another force's code, though the point is in 8
    Crime(BURGLARY, None, -500, 500),  # outside the town
    Crime(BURGLARY, 9, 500, 2500),  # in the other force's district
]
NOVEMBER = [
    Crime(ASB, 1, 500, 500),
    Crime(ASB, 1, 500, 500),
    Crime(BURGLARY, 3, 2500, 500),
    Crime(BURGLARY, 8, 3500, 1500),
    Crime(SHOPLIFTING),
]
DECEMBER = [Crime(BURGLARY, 1, 500, 500)]
WILTSHIRE_OCTOBER = [Crime(BURGLARY, 10, 1500, 2500)]

CRIME_COLUMNS = [
    *("Crime ID", "Month", "Reported by", "Falls within", "Longitude", "Latitude", "Location"),
    *("LSOA code", "LSOA name", "Crime type", "Last outcome category", "Context"),
]


def crime_text(parts: Iterable[tuple[str, str, Sequence[Crime]]]) -> str:
    """The text of a street-level file of some (month, force, crimes)."""
    return _csv_text(
        CRIME_COLUMNS,
        (
            [*crime.row(month, force), crime.kind, "", ""]
            for month, force, crimes in parts
            for crime in crimes
        ),
    )


def crime_file(
    folder: Path, month: str, crimes: Sequence[Crime], force: str = AVON, name: str = ""
) -> Path:
    """A force's month."""
    slug = force.lower().replace(" ", "-")
    path = folder / (name or f"{month}-{slug}-street.csv")
    path.write_text(crime_text([(month, force, crimes)]), newline="")
    return path


def changes_file(folder: Path) -> Path:
    """The change look-up in the layout of version 3."""
    path = folder / "lsoa11_to_lsoa21_v3.csv"
    columns = "LSOA11CD,LSOA11NM,LSOA21CD,LSOA21NM,CHGIND,LAD22CD,LAD22NM,LAD22NMW,ObjectId"
    rows = (
        (
            *(code(old), f"Townham {old}", code(new), f"Townham {new}", change),
            *(district(new), "A district", "", at),
        )
        for at, (old, new, change) in enumerate(CHANGES, 1)
    )
    path.write_text(_csv_text(columns.split(","), rows), newline="")
    return path


CENSUS_COLUMNS = [
    *("Region code", "Region name", "Local authority code", "Local authority name"),
    *("MSOA Code", "MSOA Name", "LSOA Code", "LSOA Name", "", "Persons", "Persons", "Persons"),
    *("Hectares", "Persons per hectare", "Households", "Persons per household"),
]


def census_file(folder: Path) -> Path:
    """Residents (100 x the number) and households (40 x) of 2011, with their parents."""
    path = folder / "census_2011.csv"
    rows = (
        (
            *("E12000009", "South West", district(n), "A district", msoa(n), "A middle area"),
            *(code(n), f"Townham {n}", "", 100 * n, 100 * n, 0, 100, n, 40 * n, 2.5),
        )
        for n in SQUARES
    )
    path.write_text(_csv_text(CENSUS_COLUMNS, rows), newline="")
    return path


def estimates_file(
    folder: Path, year: int = 2018, residents: Mapping[int, int] | None = None
) -> Path:
    """Mid-year residents (200 x the number) as a workbook with four rows of title."""
    residents = {n: 200 * n for n in SQUARES} if residents is None else residents
    header = ["Code", "Name", f"Mid-{year} population", "Area Sq Km", "People per Sq Km"]
    rows: list[list[object]] = [["Estimates"], ["x"], ["x"], ["x"], list(header)]
    rows += [[code(n), f"Townham {n}", people, 1, people] for n, people in residents.items()]
    path = folder / f"sape_{year}.xlsx"
    path.write_bytes(_workbook(f"Mid-{year} Population Density", rows))
    return path


def census_2021_file(folder: Path, residents: Mapping[int, int]) -> Path:
    """Residents of areas of 2021, all of one faith."""
    path = folder / "census2021-ts030-lsoa.csv"
    faiths = ["No religion", "Christian", "Buddhist", "Hindu", "Jewish", "Muslim", "Sikh"]
    faiths += ["Other religion", "Not answered"]
    columns = ["date", "geography", "geography code", "Religion: Total: All usual residents"]
    rows = (
        (2021, f"Townham {n}", code(n), people, people, *[0] * (len(faiths) - 1))
        for n, people in residents.items()
    )
    path.write_text(_csv_text([*columns, *(f"Religion: {one}" for one in faiths)], rows))
    return path


def values_file(folder: Path, rows: Iterable[Sequence[object]], name: str = "values.csv") -> Path:
    """A partner's area, period, value."""
    path = folder / name
    path.write_text(_csv_text(["area_code", "period", "value"], rows), newline="")
    return path


def _csv_text(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue()


def _workbook(sheet: str, rows: list[list[object]]) -> bytes:
    """The least that is an xlsx: one sheet of inline texts and numbers."""
    schemas = "http://schemas.openxmlformats.org"
    main = f"{schemas}/spreadsheetml/2006/main"
    office = f"{schemas}/officeDocument/2006/relationships"
    package = f"{schemas}/package/2006/relationships"

    def cell(value: object, place: str) -> str:
        if isinstance(value, str):
            return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
        return f'<c r="{place}"><v>{value}</v></c>'

    lines = "".join(
        f'<row r="{at}">{"".join(cell(v, f"{chr(65 + c)}{at}") for c, v in enumerate(row))}</row>'
        for at, row in enumerate(rows, 1)
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{schemas}/package/2006/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{package}"><Relationship Id="r" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        f'<sheet name="{escape(sheet)}" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}"><Relationship Id="r1" '
        f'Type="{office}/worksheet" Target="worksheets/s1.xml"/></Relationships>',
        "xl/worksheets/s1.xml": f'<worksheet xmlns="{main}"><sheetData>{lines}</sheetData>'
        "</worksheet>",
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as book:
        for name, text in parts.items():
            book.writestr(name, text)
    return buffer.getvalue()


# ---------------------------------------------------------------- the verbs, on the town


def small(catalogue: Catalogue) -> Catalogue:
    """The catalogue, for files of twelve squares where the publishers' are of the whole country."""
    sources = {
        name: source.model_copy(
            update={
                "expected_rows": None,
                "layouts": tuple(
                    layout.model_copy(update={"expected_rows": None}) for layout in source.layouts
                ),
            }
        )
        for name, source in catalogue.sources.items()
    }
    return replace(catalogue, sources=sources)


@dataclass(frozen=True)
class Town:
    """The town in one database: each verb with its other arguments filled in."""

    doors: Doors
    catalogue: Catalogue
    folder: Path

    def load(self, source: str, *paths: Path, **options: object) -> LoadReport:
        """Load files; a fault fails the test."""
        report = self.try_load(source, *paths, **options)
        assert report.faults == []
        return report

    def try_load(self, source: str, *paths: Path, **options: object) -> LoadReport:
        """Load files that may be refused."""
        return load(
            self.doors, self.catalogue, source, paths, actor="clerk", today=TODAY, **options
        )  # type: ignore[arg-type]

    def draft(
        self,
        vintage: str,
        outlines: Mapping[str, shapely.Geometry] | None = None,
        because: str = "",
        **fields: Mapping[str, str],
    ) -> DraftReport:
        """Load boundaries into a draft."""
        path = boundary_file(self.folder, vintage, outlines, **fields)
        return load_boundaries(
            self.doors, self.catalogue, vintage, [path], actor="clerk", because=because
        )

    def draw(
        self,
        vintage: str,
        outlines: Mapping[str, shapely.Geometry] | None = None,
        because: str = "",
    ) -> None:
        """Load boundaries and publish them."""
        self.draft(vintage, outlines, because)
        publish_boundaries(self.doors, self.catalogue, vintage, actor="clerk")

    def crimes(self, month: str, crimes: Sequence[Crime], force: str = AVON) -> LoadReport:
        """Load a force's month."""
        path = crime_file(self.folder, month, crimes, force)
        return self.load("police_street_crime", path)

    def changes(self) -> LoadReport:
        """Load the look-up from 2011 to 2021."""
        return self.load("lsoa_2011_to_lsoa_2021", changes_file(self.folder))

    def census(self) -> LoadReport:
        """Load the census of 2011, parents and all."""
        return self.load("census_2011_population", census_file(self.folder))

    def estimates(self, year: int = 2018, residents: Mapping[int, int] | None = None) -> LoadReport:
        """Load a mid-year estimate."""
        return self.load("population_sape", estimates_file(self.folder, year, residents))

    def seal(self, because: str = "a test") -> int:
        """Derive and publish; the number of the release that stands."""
        derive(self.doors, self.catalogue, actor="clerk")
        return publish(self.doors, actor="clerk", because=because).release

    @property
    def reader(self) -> Reader:
        """What reads the releases."""
        return Reader(self.doors, self.catalogue)

    def rows(
        self, indicator: str, vintage: str, period: str, category: str = ""
    ) -> dict[str, dict]:
        """Published figures by area code."""
        page = figures(
            self.reader,
            PUBLIC,
            indicator,
            vintage=vintage,
            period=period,
            category=category or None,
            limit=MOST_ROWS,
        )
        return {row["area_code"]: row for row in page.figures}

    def values(
        self, indicator: str, vintage: str, period: str, category: str = ""
    ) -> dict[str, object]:
        """Published values by area code; where there is none, the reason."""
        return {
            area: row["reason"] if row["value"] is None else row["value"]
            for area, row in self.rows(indicator, vintage, period, category).items()
        }

    def ask(self, sql: str, **bound: object) -> list[tuple]:
        """Look at the working tables."""
        from sqlalchemy import text

        with self.doors.inspecting() as connection:
            return [tuple(row) for row in connection.execute(text(sql), bound)]

    def whole(self) -> None:
        """Everything: boundaries, look-up, census, estimates and three months, sealed."""
        for vintage in ("lsoa_2011", "lsoa_2021", "msoa_2011", "msoa_2021", "ward_2019"):
            self.draw(vintage)
        self.census()
        self.estimates()
        self.changes()
        self.crimes("2018-10", OCTOBER)
        self.crimes("2018-11", NOVEMBER)
        self.crimes("2018-12", DECEMBER)
        self.seal("the town, to the end of 2018")


_NUMBERS = count()


@contextmanager
def a_town(template: tuple[str, str], catalogue: Catalogue, folder: Path) -> Iterator[Town]:
    """A town in a database of its own, for tests that share it and only read."""
    url, source = template
    name = f"{source.replace('template', 'town')}_{next(_NUMBERS)}"
    address = make_url(url)
    server = address.set(drivername="postgresql", database="postgres")
    plain = server.render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {source}")  # type: ignore[arg-type]
    doors = Doors(address.set(database=name).render_as_string(hide_password=False))
    try:
        yield Town(doors, small(catalogue), folder)
    finally:
        doors.close()
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[arg-type]
