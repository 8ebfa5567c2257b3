"""Files made to fill the memory or to never end: refused within 20 seconds and 600 MB each.

Each is given to the command in a process of its own, so that what it took can be measured: time of
the processor, which a busy machine does not change, and the most memory it ever held.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lris.settings import PROJECT
from tests.fuzz.harnesses import SHEET, workbook
from tests.hostile.cases import CRIMES, GRID, HEADER, ROW, cell, feature, sheet
from tests.town import code

MOST_SECONDS, MOST_BYTES = 20, 600_000_000
MIB = 1 << 20
POLICE = ("check", "police_street_crime")
ESTIMATES = ("check", "population_sape")
PLACES = ("check", "gp_surgeries")
OUTLINES = ("boundaries", "load", "lsoa_2011")


@dataclass(frozen=True)
class Big:
    """A file: how to write it, the words of the command before it, the words of the refusal."""

    name: str
    command: tuple[str, ...]
    file: str
    write: Callable[[Path], None]
    says: str


def pieces(*parts: Iterator[bytes] | bytes) -> Callable[[Path], None]:
    """A file written piece by piece."""

    def write(path: Path) -> None:
        with path.open("wb") as file:
            for part in parts:
                for piece in [part] if isinstance(part, bytes) else part:
                    file.write(piece)

    return write


def repeated(piece: bytes, mebibytes: int) -> Iterator[bytes]:
    whole = piece * (MIB // len(piece))
    return (whole for _ in range(mebibytes))


def sparse(size: int) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.touch()
        os.truncate(path, size)

    return write


def gzipped(mebibytes: int) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with gzip.open(path, "wb", compresslevel=6) as file:
            file.write(f"{HEADER}\n".encode())
            for piece in repeated(b"a", mebibytes):
                file.write(piece)

    return write


def zipped(name: str, mebibytes: int, *, within: bool = False) -> Callable[[Path], None]:
    """A zip of letters, or a zip of that zip ten times."""

    def write(path: Path) -> None:
        inner = io.BytesIO()
        with (
            zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive,
            archive.open(name, "w", force_zip64=True) as file,
        ):
            for piece in repeated(b"a", mebibytes):
                file.write(piece)
        data = inner.getvalue()
        if within:
            outer = io.BytesIO()
            with zipfile.ZipFile(outer, "w", zipfile.ZIP_DEFLATED) as archive:
                for at in range(10):
                    archive.writestr(f"{at}-street.csv", data)
            data = outer.getvalue()
        path.write_bytes(data)

    return write


def header_of(kind: bytes, mebibytes: int) -> Callable[[Path], None]:
    """A packed tar whose first header is followed by so much of a name."""

    def write(path: Path) -> None:
        info = tarfile.TarInfo("././@Header")
        info.type, info.size = kind, mebibytes * MIB
        with gzip.open(path, "wb", compresslevel=6) as file:
            file.write(info.tobuf(tarfile.GNU_FORMAT))
            for piece in repeated(b"a", mebibytes):
                file.write(piece)

    return write


def book(parts: dict[str, Callable[[], Iterator[bytes]]]) -> Callable[[Path], None]:
    """A workbook with some parts written piece by piece."""

    def write(path: Path) -> None:
        with (
            zipfile.ZipFile(io.BytesIO(workbook(SHEET))) as plain,
            zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as made,
        ):
            for name in plain.namelist():
                if name not in parts:
                    made.writestr(name, plain.read(name))
            for name, text in parts.items():
                with made.open(name, "w", force_zip64=True) as file:
                    for piece in text():
                        file.write(piece)

    return write


def blank_rows(rows: int) -> Iterator[bytes]:
    yield SHEET.partition('<row r="6">')[0].encode()
    for first in range(6, rows, 1_000):
        numbers = range(first, first + 1_000)
        yield "".join(f'<row r="{n}"><c r="A{n}" s="1"/></row>' for n in numbers).encode()
    yield b"</sheetData></worksheet>"


def full_rows(rows: int) -> Iterator[bytes]:
    yield sheet("").partition("</sheetData>")[0].encode()
    row = "".join(cell(f"{letter}{{0}}", code(1)) for letter in "ABCDE")
    for first in range(6, rows, 1_000):
        numbers = range(first, first + 1_000)
        yield "".join(f'<row r="{n}">{row.format(n)}</row>' for n in numbers).encode()
    yield b"</sheetData></worksheet>"


def strings(mebibytes: int) -> Iterator[bytes]:
    yield b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    yield from repeated(b"<si><t>a</t></si>", mebibytes)
    yield b"</sst>"


def rings(count: int) -> Iterator[bytes]:
    """One area whose ground is so many small squares."""
    yield b'{"type": "FeatureCollection", "crs": ' + json.dumps(GRID).encode()
    yield b', "features": [{"type": "Feature", "properties": {"LSOA11CD": "E01900001"}, "geometry":'
    yield b' {"type": "MultiPolygon", "coordinates": ['
    for at in range(count):
        x, y = 300_000 + 10 * (at % 1_000), 200_000 + 10 * (at // 1_000)
        ring = f"[[[{x},{y}],[{x + 5},{y}],[{x + 5},{y + 5}],[{x},{y}]]]"
        yield (ring + ("," if at + 1 < count else "")).encode()
    yield b"]}}]}"


def places(count: int) -> Iterator[bytes]:
    one = json.dumps(
        feature(
            {"name": "Quay", "postcode": "BA1 1AA", "phone": {"phone_number": "none"}},
            {"type": "Point", "coordinates": [-2.36, 51.38]},
        )
    ).encode()
    yield b'{"type": "FeatureCollection", "features": ['
    yield from ((one + b",") * 1_000 for _ in range(count // 1_000))
    yield one
    yield b"]}"


def nested(depth: int) -> Iterator[bytes]:
    yield SHEET.partition("<row")[0].encode()
    yield b"<a>" * depth + b"</a>" * depth
    yield b"</sheetData></worksheet>"


S1 = "xl/worksheets/s1.xml"
CASES = [
    Big(
        "a line of a gigabyte",
        POLICE,
        "x-street.csv",
        pieces(f"{HEADER}\n{ROW}\n".encode(), repeated(b"a", 1_024)),
        "longer than 4 MiB",
    ),
    Big(
        "a header of a gigabyte",
        POLICE,
        "x-street.csv",
        pieces(repeated(b"a,", 1_024)),
        "no header",
    ),
    Big(
        "a quotation of a gigabyte",
        POLICE,
        "x-street.csv",
        pieces(f'{HEADER}\n"'.encode(), repeated(b"a\n", 1_024)),
        "never closed",
    ),
    Big("a gigabyte of noughts", POLICE, "x-street.csv", sparse(1 << 30), "header"),
    Big(
        "a cell of three megabytes that looks like the start of an address",
        POLICE,
        "x-street.csv",
        pieces(f"{HEADER}\n".encode(), ROW.replace("On or near", "a" * 3 * MIB + " x@y.").encode()),
        "loaded 1",
    ),
    Big("a gzip of a gigabyte", POLICE, "x-street.csv.gz", gzipped(1_024), "proportion"),
    Big(
        "a zip of a gigabyte",
        POLICE,
        "x.zip",
        zipped("x-street.csv", 1_024),
        "proportion",
    ),
    Big(
        "a zip of ten zips of a quarter of a gigabyte",
        POLICE,
        "x.zip",
        zipped("x-street.csv", 256, within=True),
        "archive inside an archive",
    ),
    Big(
        "a tar with a name of a gigabyte",
        POLICE,
        "x.tar.gz",
        header_of(tarfile.GNUTYPE_LONGNAME, 1_024),
        "a header of",
    ),
    Big(
        "a tar with an extended header of a gigabyte",
        POLICE,
        "x.tar.gz",
        header_of(tarfile.XHDTYPE, 1_024),
        "a header of",
    ),
    Big(
        "a sheet of a million blank rows",
        ESTIMATES,
        "sape.xlsx",
        book({S1: lambda: blank_rows(1_048_000)}),
        "no rows below the header",
    ),
    Big(
        "a sheet of a million full rows",
        ESTIMATES,
        "sape.xlsx",
        book({S1: lambda: full_rows(1_048_000)}),
        "spread over",
    ),
    Big(
        "a sheet of a gigabyte",
        ESTIMATES,
        "sape.xlsx",
        book({S1: lambda: repeated(b" ", 1_024)}),
        "unpacks to more than",
    ),
    Big(
        "a workbook with two hundred megabytes of strings",
        ESTIMATES,
        "sape.xlsx",
        book({"xl/sharedStrings.xml": lambda: strings(200)}),
        "unpacks to more than",
    ),
    Big(
        "a sheet nested a million deep",
        ESTIMATES,
        "sape.xlsx",
        book({S1: lambda: nested(1_000_000)}),
        "header|no rows",
    ),
    Big(
        "an outline of a million rings",
        OUTLINES,
        "a.geojson",
        pieces(rings(1_000_000)),
        "cannot be read",
    ),
    Big(
        "a list of eighty thousand places",
        PLACES,
        "a.geojson",
        pieces(places(80_000)),
        "80,001",
    ),
    Big(
        "a list of a million places", PLACES, "a.geojson", pieces(places(1_000_000)), "MiB of JSON"
    ),
    Big(
        "half a million crimes on one spot",
        POLICE,
        "x-street.csv",
        pieces(CRIMES.encode(), (f"{ROW}\n".encode() * 1_000 for _ in range(500))),
        "500,022|500022|loaded",
    ),
]


@dataclass(frozen=True)
class Taken:
    """What a process said, and what it took."""

    said: str
    exit_code: int
    cpu_s: float
    peak_bytes: int


PROGRAM = """
import atexit, pathlib, sys
told = pathlib.Path(sys.argv.pop(1))
atexit.register(lambda: told.write_bytes(pathlib.Path("/proc/self/status").read_bytes()))
from lris.cli import main
main()
"""


def measured(words: list[str], url: str, home: Path) -> Taken:
    """Run the command; the most memory is what the process itself last knew of."""
    env = {**os.environ, "LRIS_DATABASE_URL": url, "LRIS_HOME": str(home), "LRIS_ACTOR": "a test"}
    status = home / "status"
    with (home / "said").open("w+b") as said:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(status), *words],
            env={**env, "NO_COLOR": "1", "COLUMNS": "400"},
            cwd=PROJECT,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        _, ended, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(ended)
        said.seek(0)
        text = said.read().decode(errors="replace")
    peak = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
    spent = usage.ru_utime + usage.ru_stime
    return Taken(text, process.returncode, spent, int(peak.split()[1]) * 1_024)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_file_without_end_comes_to_one(database_url: str, tmp_path: Path, case: Big):
    path = tmp_path / case.file
    case.write(path)
    taken = measured([*case.command, str(path)], database_url, tmp_path)
    path.unlink()
    print(f"{case.name}: {taken.cpu_s:.1f} s, {taken.peak_bytes / 1e6:.0f} MB")
    assert "Traceback" not in taken.said
    assert any(words in taken.said for words in case.says.split("|")), taken.said
    assert taken.cpu_s < MOST_SECONDS
    assert taken.peak_bytes < MOST_BYTES
