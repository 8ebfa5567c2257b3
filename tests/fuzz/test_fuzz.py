"""Each reader under fire for a few seconds, and what fire brought to light before.

`python -m tests.fuzz READER SECONDS FOLDER` does the same for as long as one likes.
"""

from __future__ import annotations

import gzip
import importlib.util
import io
import random
import subprocess
import sys
import tarfile
import time
import zipfile
from pathlib import Path

import pytest

from lris.errors import LrisError
from lris.settings import PROJECT
from tests.fuzz.harnesses import CRIMES, HARNESSES, SHEET, outlines

SECONDS = 3
IS_GUIDED = importlib.util.find_spec("atheris") is not None
"""Whether there is a fuzzer that coverage guides: there is one for Linux on x86-64."""


@pytest.mark.parametrize("name", HARNESSES)
def test_a_reader_answers_whatever_is_thrown_at_it(name: str, tmp_path: Path):
    if not IS_GUIDED:
        throw_blindly(name, SECONDS)
        return
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", name, str(SECONDS), str(tmp_path)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
    )
    found = [path.read_bytes() for path in sorted(tmp_path.glob(f"{name}-*"))]
    assert (done.returncode, found) == (0, []), done.stderr[-3_000:]


def throw_blindly(name: str, seconds: float) -> None:
    """Seeds with pieces struck out, doubled and put in, where nothing can guide the choice."""
    chance, end = random.Random(name), time.monotonic() + seconds
    seeds = list(HARNESSES[name].seeds())
    pieces = [b"\r", b"\n", b'"', b",", b"\0", b"\xff", b"9" * 20, b"{", b"<", b"-", b"="]
    while time.monotonic() < end:
        thrown = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(1, 4)):
            at = chance.randint(1, len(thrown))
            if chance.random() < 0.6:
                thrown[at:at] = chance.choice(pieces)
            else:
                del thrown[at : at + chance.randint(1, 8)]
        HARNESSES[name].survives(bytes(thrown))


@pytest.mark.parametrize("name", HARNESSES)
def test_what_is_thrown_begins_as_files_that_are_read(name: str):
    refused = 0
    for seed in HARNESSES[name].seeds():
        try:
            HARNESSES[name].throw(seed)
        except LrisError:
            refused += 1
    assert refused <= (2 if name == "archives" else 0)  # a link and a name that leads out


# ---------------------------------------------------------------- what was found


def a_cell_beyond_every_column() -> bytes:
    """The reader of workbooks made room for 400 GB and ended the process."""
    return bytes([128]) + SHEET.replace('r="E6"', f'r="E{"W" * 84}6"').encode()


def a_header_with_a_bare_carriage_return() -> bytes:
    """What followed it was taken for no row at all, and lost."""
    return b"\x00" + CRIMES.replace("Context\n", "Context\rlost,row\n", 1).encode()


def a_zip_with_a_nameless_file() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo("x")
        archive.writestr(info, outlines())
    return b"\x02" + buffer.getvalue().replace(b"x", b"\0")


def a_tar_with_an_endless_number() -> bytes:
    """The length of a line of an extended header, beyond what the machine can count."""
    line = b"99999999999999999999999999 path=x\n"
    info = tarfile.TarInfo("header")
    info.type, info.size = tarfile.XHDTYPE, len(line)
    return b"\x05" + gzip.compress(info.tobuf() + line.ljust(512, b"\0") + bytes(1_024))


def a_list_with_a_byte_order_mark() -> bytes:
    """Was taken for text that is no table."""
    return b"\x04\xef\xbb\xbf" + next(HARNESSES["features"].seeds())


def an_outline_whose_reference_system_is_a_word() -> bytes:
    """What names a reference system was looked for inside a text."""
    crs = b'{"type": "name", "properties": "urn:ogc:def:crs:OGC:1.3:CRS84"}'
    plain = next(one for one in HARNESSES["spatial"].seeds() if b"FeatureCollection" in one)
    return plain.replace(b'"features"', b'"crs": ' + crs + b', "features"', 1)


FOUND = [
    ("tabular", a_cell_beyond_every_column),
    ("tabular", a_header_with_a_bare_carriage_return),
    ("tabular", a_list_with_a_byte_order_mark),
    ("spatial", a_zip_with_a_nameless_file),
    ("archives", a_tar_with_an_endless_number),
    ("spatial", an_outline_whose_reference_system_is_a_word),
]


@pytest.mark.parametrize(("name", "make"), FOUND, ids=lambda one: getattr(one, "__name__", one))
def test_what_was_found_stays_mended(name: str, make):
    HARNESSES[name].survives(make())
