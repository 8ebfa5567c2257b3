"""Each reader as something to throw bytes at, and what must hold of whatever it answers.

The first byte of what is thrown chooses the manifest or the kind of file, so that one fuzzer finds
its way through all of them. A reader may raise the errors of LRIS and no others; what it does
answer has to be whole: every row of the file in it, every value a value or a word for its absence.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import lzma
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pyarrow as pa
import shapely

from lris.catalogue.sources import Layout, SourceManifest
from lris.errors import LrisError
from lris.settings import PROJECT
from lris.sources import cells, features, reading, spatial
from lris.sources.archives import Bounds, Member, members
from lris.sources.frames import ObservationBatch
from lris.sources.tabular import tables

TODAY = date(2019, 6, 1)


@dataclass(frozen=True)
class Harness:
    """A reader under fire: how to call it, and files it reads without complaint."""

    throw: Callable[[bytes], None]
    seeds: Callable[[], Iterator[bytes]]

    def survives(self, thrown: bytes) -> None:
        """Throw once; an error of ours is an answer."""
        try:
            self.throw(thrown)
        except LrisError as told:
            assert str(told), "an error that says nothing"


@cache
def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="lris-fuzz-"))


def _member(content: bytes, name: str) -> Member:
    path = _folder() / "thrown"
    path.write_bytes(content)
    return Member(name, path, hashlib.sha256(content).hexdigest(), len(content))


@cache
def source(name: str) -> SourceManifest:
    """A manifest of the project, for files of any length."""
    path = PROJECT / "geodata" / "sources" / f"{name}.toml"
    found = SourceManifest.model_validate(tomllib.loads(path.read_text("utf-8")))
    layouts = tuple(one.model_copy(update={"expected_rows": None}) for one in found.layouts)
    return found.model_copy(update={"expected_rows": None, "layouts": layouts})


# --- files that are read without complaint ------------------------------------------------------

CRIMES = """Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,\
LSOA name,Crime type,Last outcome category,Context
,2018-10,Town Police,Town Police,-2.59,51.45,On or near Quay Street,E01014540,Bristol 054A,\
Anti-social behaviour,,
ab12,2018-10,Town Police,Town Police,,,No Location,,,Burglary,Under investigation,
"cd""34",2018-11,Town Police,Town Police,-2.6,51.5,"On or near
Park, Street",,,Drugs,,
"""
POINTS = """reference,date,category,easting,northing,place
1,2018-10-31,Graffiti,358000,172500,Quay
2,2018-11-01,Noise,,,
"""
VALUES = """area_code,period,category,value
E01000001,2018,,5
E01000001,2016/17,women,"1,234"
E01000002,2018-Q4,,*
E01000003,2015..2017,,
"""
CHANGES = """LSOA11CD,LSOA11NM,LSOA21CD,LSOA21NM,CHGIND,LAD22CD,LAD22NM,LAD22NMW,ObjectId
E01000001,City 001A,E01000001,City 001A,U,E09000001,City,,1
E01000002,City 001B,E01033703,City 001F,S,E09000001,City,,2
"""
NAMES = """msoa11cd,msoa11nm,msoa11nmw,msoa11hclnm,msoa11hclnmw,Laname
E02000001,City 001,City 001,City of London,,City of London
"""
POSTCODES = "BS1 1AD,10,360205,173432,E92000001,E19000002,E18000010,,E06000023,E05010907\r\n" * 2
CENSUS = """Region code,Region name,Local authority code,Local authority name,MSOA Code,MSOA Name,\
LSOA Code,LSOA Name,,Persons,Persons,Persons,Hectares,Persons per hectare,Households,\
Persons per household
E12000009,South West,E06000023,Bristol,E02003012,Bristol 001,E01014485,Bristol 001A,,"1,480",\
1480,0,85.2,17.4,600,2.5
"""
FINGERTIPS = """Indicator ID,Indicator Name,Parent Code,Parent Name,Area Code,Area Name,Area Type,\
Sex,Age,Category Type,Category,Time period,Value,Lower CI 95.0 limit,Upper CI 95.0 limit,\
Lower CI 99.8 limit,Upper CI 99.8 limit,Count,Denominator,Value note,Recent Trend,\
Compared to England value or percentiles,Compared to Region value or percentiles,\
Time period Sortable,New data,Compared to goal
92658,"COPD
prevalence",E12000009,South West,E06000023,Bristol,District,Persons,All ages,,,2016/17,9.1,9.0,9.2,\
,,100,1000,,,,,20160000,,
"""
SURGERIES = json.dumps(
    {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {
                    "name": "Quay Surgery",
                    "postcode": "BA1 1AA",
                    "phone": {"phone_number": "none"},
                },
                "geometry": {"type": "Point", "coordinates": [-2.36, 51.38]},
            }
        ],
    }
)
SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    '<row r="5"><c r="A5" t="inlineStr"><is><t>Code</t></is></c>'
    '<c r="B5" t="inlineStr"><is><t>Name</t></is></c>'
    '<c r="C5" t="inlineStr"><is><t>Mid-2018 population</t></is></c>'
    '<c r="D5" t="inlineStr"><is><t>Area Sq Km</t></is></c>'
    '<c r="E5" t="inlineStr"><is><t>People per Sq Km</t></is></c></row>'
    '<row r="6"><c r="A6" t="inlineStr"><is><t>E01000001</t></is></c>'
    '<c r="B6" t="inlineStr"><is><t>City</t></is></c><c r="C6"><v>1480</v></c>'
    '<c r="D6"><v>0.1</v></c><c r="E6"><v>1</v></c></row></sheetData></worksheet>'
)


def workbook(sheet: str | bytes, name: str = "Mid-2018 Population Density") -> bytes:
    """The least that is an xlsx around the XML of one sheet."""
    schemas = "http://schemas.openxmlformats.org"
    office = f"{schemas}/officeDocument/2006/relationships"
    package = f"{schemas}/package/2006/relationships"
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types xmlns="{schemas}/package/2006/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{package}"><Relationship Id="r" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{schemas}/spreadsheetml/2006/main" '
        f'xmlns:r="{office}"><sheets><sheet name="{name}" sheetId="1" r:id="r1"/></sheets>'
        "</workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}"><Relationship Id="r1" '
        f'Type="{office}/worksheet" Target="worksheets/s1.xml"/></Relationships>',
        "xl/worksheets/s1.xml": sheet,
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as book:
        for part, text in parts.items():
            book.writestr(part, text)
    return buffer.getvalue()


def outlines(*shapes: shapely.Geometry, crs: str = "EPSG::27700") -> bytes:
    """Areas as GeoJSON."""
    listed = [
        {
            "type": "Feature",
            "properties": {"LSOA11CD": f"E0100000{at}", "LSOA11NM": f"City {at}"},
            "geometry": shapely.geometry.mapping(shape),
        }
        for at, shape in enumerate(shapes)
    ]
    named = {"type": "name", "properties": {"name": f"urn:ogc:def:crs:{crs}"}}
    return json.dumps({"type": "FeatureCollection", "crs": named, "features": listed}).encode()


TOPOLOGY = {
    "type": "Topology",
    "transform": {"scale": [1, 1], "translate": [360000, 170000]},
    "arcs": [[[0, 0], [1000, 0], [0, 1000], [-1000, 0], [0, -1000]]],
    "objects": {
        "a": {
            "type": "GeometryCollection",
            "geometries": [
                {"type": "Polygon", "arcs": [[0]], "properties": {"LSOA11CD": "E01000001"}}
            ],
        }
    },
}


# --- tabular: nothing lost, nothing made up -----------------------------------------------------

_TABLES = (
    ("police_street_crime", "2018-10-town-street.csv"),
    ("area_period_value", "values.csv"),
    ("population_sape", "sape.xlsx"),
    ("fingertips", "fingertips.csv"),
    ("gp_surgeries", "surgeries.geojson"),
    ("code_point_open", "bs.csv"),
    ("census_2011_population", "census.csv"),
)


def throw_tables(thrown: bytes) -> None:
    """Cut a file into cells; a CSV's have to be those that Python's own reader finds."""
    if not thrown:
        return
    name, file = _TABLES[thrown[0] % len(_TABLES)]
    content = workbook(thrown[1:]) if file.endswith("xlsx") and thrown[0] > 127 else thrown[1:]
    found: list[tuple[str, ...]] = []
    for table in tables(_member(content, file), source(name)):
        last = 0
        for block in table.blocks:
            assert len(block.cells) == table.width
            assert {len(column) for column in block.cells} == {block.line.size}
            assert (np.diff(block.line) > 0).all()
            assert block.line[0] > last
            last = int(block.line[-1])
            found.extend(block.row(at) for at in range(block.line.size))
        if file.endswith("csv"):
            assert found == _rows_of(content, table.layout, table.width)


def _rows_of(content: bytes, layout: Layout, width: int) -> list[tuple[str, ...]]:
    text = content.decode(layout.encoding).removeprefix("\ufeff")
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=layout.delimiter))
    below = rows[layout.header_row :]
    filled = [row for row in below if any(row) and (len(row) > 1 or row[0].strip())]
    return [(*row, *[""] * (width - len(row))) for row in filled]


def table_seeds() -> Iterator[bytes]:
    texts = (CRIMES, VALUES, SHEET, FINGERTIPS, SURGERIES, POSTCODES, CENSUS)
    for at, text in enumerate(texts):
        if at != 2:
            yield bytes([at]) + text.encode()
            yield (
                bytes([at])
                + b"\xef\xbb\xbf"
                + text.replace("\r", "").replace("\n", "\r\n").encode()
            )
    yield bytes([128 + (2 - 128) % len(_TABLES)]) + SHEET.encode()
    yield bytes([2]) + workbook(SHEET)


# --- reading: every row in the batches or set aside ---------------------------------------------


def _incidents(member: Member, of: SourceManifest) -> int:
    rows = 0
    for batch in reading.read_incidents(member, of, today=TODAY):
        assert np.isfinite(batch.x).tolist() == np.isfinite(batch.y).tolist()
        assert not np.isnat(batch.start).any()
        assert (batch.start < batch.end).all()
        assert all(batch.category)
        rows += len(batch) + len(batch.quarantined)
    return rows


def _observations(member: Member, of: SourceManifest) -> int:
    given: set[tuple[str, ...]] = set()
    rows = 0
    for batch in reading.read_observations(member, of):
        assert np.isnan(batch.value).tolist() == (batch.withheld != "").tolist()
        assert not np.isinf(batch.value).any()
        assert batch.cells_read == len(batch) + batch.cells_blank
        for cell in _cells_of(batch):
            assert cell not in given, "two values for one cell"
            given.add(cell)
        rows += batch.rows_read
    return rows


def _cells_of(batch: ObservationBatch) -> Iterator[tuple[str, ...]]:
    area = np.where(batch.area == "", batch.area_name, batch.area)
    return zip(batch.vintage, area, batch.period, batch.measure, batch.category, strict=True)


def _with(read: Callable[..., Iterator[Any]]) -> Callable[[Member, SourceManifest], int]:
    return lambda member, of: sum(batch.rows_read for batch in read(member, of))


_READERS = (
    (_incidents, "police_street_crime", "2018-10-town-street.csv", CRIMES),
    (_incidents, "points_with_date_and_category", "points.csv", POINTS),
    (_observations, "area_period_value", "values.csv", VALUES),
    (_observations, "fingertips", "fingertips.csv", FINGERTIPS),
    (_observations, "census_2011_population", "census.csv", CENSUS),
    (_observations, "population_sape", "sape.xlsx", SHEET),
    (_with(reading.read_links), "lsoa_2011_to_lsoa_2021", "changes.csv", CHANGES),
    (_with(reading.read_names), "msoa_2011_names", "names.csv", NAMES),
    (_with(reading.read_points), "gp_surgeries", "surgeries.geojson", SURGERIES),
    (_with(reading.read_postcodes), "code_point_open", "bs.csv", POSTCODES),
)


def throw_reading(thrown: bytes) -> None:
    """Read a file of a source; all its rows are accounted for."""
    if not thrown:
        return
    read, name, file, _ = _READERS[thrown[0] % len(_READERS)]
    content = workbook(thrown[1:]) if file.endswith("xlsx") else thrown[1:]
    rows = read(_member(content, file), source(name))
    if file.endswith("csv"):
        assert rows == len(_rows_of(content, source(name).layouts[0], 0))


def reading_seeds() -> Iterator[bytes]:
    for at, (_, _, _, text) in enumerate(_READERS):
        yield bytes([at]) + text.encode()


# --- cells ----------------------------------------------------------------------------------------


def throw_cells(thrown: bytes) -> None:
    """Convert a column; each cell is exactly one of value, blank, withheld or bad."""
    texts = thrown[1:].decode("utf-8", errors="ignore").split("\n")
    column = pa.array(texts, pa.string())
    kind = ("number", "integer", "percent")[thrown[0] % 3 if thrown else 0]
    for withheld in ({}, {"*": "small", "x": "none"}):
        read = cells.numbers(column, kind, withheld)
        worth = np.isfinite(read.value).astype(int) + read.blank + (read.withheld != "") + read.bad
        assert (worth == 1).all()
        assert not np.isinf(read.value).any()
    dates = cells.moments(column, lambda text: cells.moment_of(None, text))
    months = cells.moments(column, cells.month_of)
    assert dates.size == months.size == len(texts)
    cells.formulas(column)
    found = cells.identifies_people(column)
    assert found is None or 0 <= found[0] < len(texts)
    for text in texts:
        cells.names_a_person(text)


def cell_seeds() -> Iterator[bytes]:
    yield "\x001\n1,234\n59%\n-0.5e3\n*\n \n2018-10\n2018-10-31T17:05\nNaN\n=1+1\n１２".encode()
    yield b"\x01943 476 5919\nAB 12 34 56 C\n0117 496 0123\nsomebody@example.org\nvictim name"


# --- archives -------------------------------------------------------------------------------------

_ENDINGS = (".csv", ".gz", ".xz", ".zip", ".tar", ".tar.gz", ".tar.xz", ".txz", ".7z", ".xlsx")
_SMALL = Bounds(ratio=100, free_bytes=1 << 20, most_bytes=8 << 20, most_members=50)


def throw_archive(thrown: bytes) -> None:
    """Open a file that may be packed; what comes out is what its hash says, and nothing stays."""
    if not thrown:
        return
    ending = _ENDINGS[thrown[0] % len(_ENDINGS)]
    path = _folder() / f"thrown{ending}"
    path.write_bytes(_packed(thrown[1:], ending) if thrown[0] > 127 else thrown[1:])
    opened: list[Path] = []
    try:
        for member in members(path, bounds=_SMALL):
            content = member.path.read_bytes()
            assert len(content) == member.bytes <= _SMALL.most_bytes
            assert hashlib.sha256(content).hexdigest() == member.sha256
            assert member.name.isprintable()
            opened.append(member.path)
    finally:
        left = [one for one in opened if one != path and one.exists()]
        path.unlink()
        assert not left, "unpacked files were left lying"


def _packed(content: bytes, ending: str) -> bytes:
    """The bytes as the content of that kind of packing, which chance would never hit."""
    if ending.endswith("gz"):
        return gzip.compress(content, 1)
    if ending.endswith("xz"):
        return lzma.compress(content, preset=0)
    if ending == ".zip":
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            info = zipfile.ZipInfo()
            info.filename = content[:40].decode("latin-1")
            archive.writestr(info, content) if info.filename else archive.writestr("x", content)
        return buffer.getvalue()
    return content


def archive_seeds() -> Iterator[bytes]:
    text = CRIMES.encode()
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        for name in ("a/x-street.csv", "y" * 120):
            info = tarfile.TarInfo(name)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text))
    pax = io.BytesIO()
    with tarfile.open(fileobj=pax, mode="w", format=tarfile.PAX_FORMAT) as archive:
        info = tarfile.TarInfo("é" * 60)
        info.pax_headers = {"comment": "x", "mtime": "1.5"}
        archive.addfile(info)
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/x-street.csv", text)
        archive.writestr("é.csv", text)
    yield b"\x00" + text
    yield b"\x01" + gzip.compress(text)
    yield b"\x02" + lzma.compress(text)
    yield b"\x03" + packed.getvalue()
    yield b"\x04" + tar.getvalue()
    yield b"\x05" + gzip.compress(tar.getvalue())
    yield bytes([128 + (5 - 128) % len(_ENDINGS)]) + tar.getvalue()
    yield bytes([128 + (6 - 128) % len(_ENDINGS)]) + pax.getvalue()
    yield bytes([128 + (3 - 128) % len(_ENDINGS)]) + b"../x"


# --- features and boundaries ----------------------------------------------------------------------


def throw_features(thrown: bytes) -> None:
    """Lay features out as a table: every row as long as the header."""
    header, rows = features.feature_rows(_member(thrown, "f.geojson"))
    assert all(len(row) == len(header) for row in rows)


def feature_seeds() -> Iterator[bytes]:
    yield SURGERIES.encode()
    yield b'{"features": [{"properties": {"a": {"b": [1]}}, "geometry": null}], "crs": null}'


_SHAPES = ("a.geojson", "a.gpkg", "a.zip")
_LSOA = spatial.BoundaryLayout(code=("LSOA11CD",), name=("LSOA11NM",))


def throw_boundaries(thrown: bytes) -> None:
    """Read areas: each code once, each a valid shape in the British Isles."""
    if not thrown:
        return
    path = _folder() / _SHAPES[thrown[0] % len(_SHAPES)]
    path.write_bytes(thrown[1:])
    crs = "EPSG:27700" if thrown[0] > 127 else None
    found = spatial.read_boundaries([path], _LSOA, crs=crs)
    assert len(set(found.codes)) == len(found) == found.geometry.size
    assert shapely.is_valid(found.geometry).all()
    assert np.isfinite(shapely.get_coordinates(found.geometry)).all()


def boundary_seeds() -> Iterator[bytes]:
    square, degrees = shapely.box(360000, 170000, 361000, 171000), shapely.box(-2.6, 51, -2.5, 52)
    bow = shapely.Polygon([(360000, 170000), (361000, 171000), (361000, 170000), (360000, 171000)])
    holed = square.difference(shapely.box(360400, 170400, 360600, 170600))
    yield b"\x00" + outlines(square)
    yield b"\x00" + outlines(degrees, crs="OGC:1.3:CRS84")
    yield b"\x00" + outlines(shapely.MultiPolygon([holed]), bow)
    yield bytes([128 + (0 - 128) % 3]) + json.dumps(TOPOLOGY).encode()
    for ending, number in (("gpkg", 1), ("shp", 2)):
        yield bytes([number]) + _written(square, ending)


def _written(shape: shapely.Geometry, ending: str) -> bytes:
    folder = Path(tempfile.mkdtemp(prefix="lris-fuzz-"))
    frame = geopandas.GeoDataFrame(
        {"LSOA11CD": ["E01000001"], "LSOA11NM": ["City"]}, geometry=[shape], crs=27700
    )
    frame.to_file(folder / f"a.{ending}")
    if ending == "gpkg":
        return (folder / "a.gpkg").read_bytes()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, file.name)
    return buffer.getvalue()


HARNESSES = {
    "tabular": Harness(throw_tables, table_seeds),
    "reading": Harness(throw_reading, reading_seeds),
    "cells": Harness(throw_cells, cell_seeds),
    "archives": Harness(throw_archive, archive_seeds),
    "features": Harness(throw_features, feature_seeds),
    "spatial": Harness(throw_boundaries, boundary_seeds),
}
