"""Files as publishers issue them: CSV, workbooks, archives, GeoJSON; byte for byte the same each
time.

Nothing here knows the clock: members of archives carry one fixed date.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import shapely

from lris.demo.shapes import Areas, Texts

FICTIONAL = "fictional"
"""Every file says so in its name, but for those whose name the publisher fixes letter by letter."""

_STAMP = (2000, 1, 1, 0, 0, 0)
Cell = str | int | float | None
Row = Sequence[Cell]
Sheets = Mapping[str, Iterable[Row]]


def titles(header: str) -> list[str]:
    """The titles of columns, written with commas between as in the file."""
    return header.split(",")


def csv_bytes(header: Sequence[str] | None, rows: Iterable[Row], *, bom: bool = False) -> bytes:
    """A comma-separated table in UTF-8 with a spreadsheet's line ends; None is a blank cell."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    if header is not None:
        writer.writerow(header)
    writer.writerows(["" if cell is None else cell for cell in row] for row in rows)
    return (b"\xef\xbb\xbf" if bom else b"") + text.getvalue().encode()


def write_csv(
    path: Path, header: Sequence[str] | None, rows: Iterable[Row], *, bom: bool = False
) -> None:
    """Write a table; its folder is made."""
    write_bytes(path, csv_bytes(header, rows, bom=bom))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def write_zip(path: Path, members: Mapping[str, bytes]) -> None:
    """Write an archive with its members in the order given."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in members.items():
            member = zipfile.ZipInfo(name, _STAMP)
            member.compress_type = zipfile.ZIP_STORED
            member.external_attr = 0o644 << 16
            archive.writestr(member, content)
    write_bytes(path, packed.getvalue())


# ---------------------------------------------------------------- workbooks

_TYPES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels"'
    ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>{}</Types>'
)
_SHEET_TYPE = (
    '<Override PartName="/xl/worksheets/sheet{}.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
)
_RELATIONS = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}'
    "</Relationships>"
)
_RELATION = (
    '<Relationship Id="rId{0}" Target="{1}" Type='
    '"http://schemas.openxmlformats.org/officeDocument/2006/relationships/{2}"/>'
)
_BOOK = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r='
    '"http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>{}</sheets>'
    "</workbook>"
)
_SHEET = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    "<sheetData>{}</sheetData></worksheet>"
)


def write_xlsx(path: Path, sheets: Sheets) -> None:
    """Write a workbook: numbers as numbers, texts as texts within their cells."""
    numbers = range(1, len(sheets) + 1)
    books = "".join(
        f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}"/>'
        for n, name in zip(numbers, sheets, strict=True)
    )
    inner = "".join(_RELATION.format(n, f"worksheets/sheet{n}.xml", "worksheet") for n in numbers)
    parts = {
        "[Content_Types].xml": _TYPES.format("".join(_SHEET_TYPE.format(n) for n in numbers)),
        "_rels/.rels": _RELATIONS.format(_RELATION.format(1, "xl/workbook.xml", "officeDocument")),
        "xl/workbook.xml": _BOOK.format(books),
        "xl/_rels/workbook.xml.rels": _RELATIONS.format(inner),
        **{
            f"xl/worksheets/sheet{n}.xml": _SHEET.format("".join(_row_xml(rows)))
            for n, rows in zip(numbers, sheets.values(), strict=True)
        },
    }
    write_zip(path, {name: text.encode() for name, text in parts.items()})


def _row_xml(rows: Iterable[Row]) -> Iterable[str]:
    for number, row in enumerate(rows, start=1):
        cells = (
            _cell_xml(f"{_letters(at)}{number}", cell)
            for at, cell in enumerate(row)
            if cell is not None and cell != ""
        )
        yield f'<row r="{number}">{"".join(cells)}</row>'


def _cell_xml(at: str, cell: Cell) -> str:
    if isinstance(cell, str):
        return f'<c r="{at}" t="inlineStr"><is><t xml:space="preserve">{escape(cell)}</t></is></c>'
    return f'<c r="{at}"><v>{cell}</v></c>'


def _letters(column: int) -> str:
    before, last = divmod(column, 26)
    return (_letters(before - 1) if before else "") + chr(ord("A") + last)


# ---------------------------------------------------------------- maps


def write_outlines(path: Path, areas: Areas, code_field: str, name_field: str | None) -> None:
    """Write areas as GeoJSON in EPSG:27700, to the decimetre, as offered for download."""
    features = [
        {
            "type": "Feature",
            "properties": {
                "FID": number,
                code_field: code,
                **({name_field: name} if name_field else {}),
            },
            "geometry": {"type": "Polygon", "coordinates": _rings(outline)},
        }
        for number, (code, name, outline) in enumerate(
            zip(areas.codes, areas.names, areas.outlines, strict=True), start=1
        )
    ]
    collection = {
        "type": "FeatureCollection",
        "name": path.stem,
        "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::27700"}},
        "features": features,
    }
    write_bytes(path, (json.dumps(collection, separators=(",", ":")) + "\n").encode())


def _rings(outline: shapely.Polygon) -> list[list[list[float]]]:
    rings = (outline.exterior, *outline.interiors)
    return [np.round(shapely.get_coordinates(ring), 1).tolist() for ring in rings]


def words(column: Texts) -> list[str]:
    """A column of texts as a list."""
    return [str(word) for word in column]


def decimals(values: Iterable[float], places: int) -> list[str]:
    """Numbers with so many decimals, as publishers print them."""
    return [f"{value:.{places}f}" for value in values]
