"""Placing indexes kept in files, which any number of processes share without reading them whole.

A file is one record in NumPy's own format, mapped into memory, and after it a digest of all before.
It is named by the vintage, the edition's id and the moment it was published, since when it cannot
have changed: the file is never out of date, only no longer asked for. What is missing, cut short or
damaged is made anew.
"""

from __future__ import annotations

import hashlib
import io
import mmap
import os
from contextlib import suppress
from datetime import UTC
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lris.rules.placing import FORMAT, Arrays, Keeper, Make
from lris.store.areas import Edition

_DIGEST_BYTES = 32
_LONGEST_HEADER = 1 << 16


def kept(folder: Path | None, edition: Edition) -> Arrays | None:
    """The index of a published edition, from its file in `folder`; None where there is none."""
    return _opened(folder / _name(edition)) if folder else None


def keeper(folder: Path | None, edition: Edition) -> Keeper | None:
    """Keeps the index of an edition in `folder`; None where there is no folder.

    Where the folder cannot be written to, the index is made anew by every process that needs it.
    """
    if folder is None:
        return None

    def keep(make: Make) -> Arrays:
        opened = kept(folder, edition)
        if opened is not None:
            return opened
        made = make()
        with suppress(OSError):  # A disk that is full or read-only is no reason not to place.
            folder.mkdir(parents=True, exist_ok=True)
            _write(folder / _name(edition), made)
        return made

    return keep


def drop_others(folder: Path, edition: Edition) -> None:
    """Remove the files of other editions of the vintage; whoever has one open may go on with it."""
    vintage = edition.vintage
    for path in (*folder.glob(f"{vintage}-*.npy"), *folder.glob(f".{vintage}-*.npy.*")):
        if path.name != _name(edition):
            with suppress(OSError):
                path.unlink()


def _name(edition: Edition) -> str:
    assert edition.published_at is not None
    sealed = edition.published_at.astimezone(UTC)
    return f"{edition.vintage}-{edition.id}-{sealed:%Y%m%dT%H%M%S%f}-{FORMAT}.npy"


def _opened(path: Path) -> Arrays | None:
    """The arrays of a file, mapped into memory; None for a file that is not what was written."""
    try:
        with path.open("rb") as file:
            whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError):  # An empty file cannot be mapped.
        return None
    written = memoryview(whole)[:-_DIGEST_BYTES]
    if hashlib.sha256(written).digest() != whole[-_DIGEST_BYTES:]:
        return None
    header = io.BytesIO(written[:_LONGEST_HEADER])
    np.lib.format.read_magic(header)
    _, _, dtype = np.lib.format.read_array_header_1_0(header)
    record = np.frombuffer(whole, dtype, count=1, offset=header.tell())[0]
    return {name: record[name] for name in dtype.names or ()}


def _write(path: Path, arrays: Arrays) -> None:
    """Write whole and beside, then rename: nobody ever sees half a file."""
    # The widest types first keep every array aligned within the record.
    parts = dict(sorted(arrays.items(), key=lambda part: -part[1].itemsize))
    beside = path.with_name(f".{path.name}.{os.getpid()}-{os.urandom(4).hex()}")
    told = hashlib.sha256()
    try:
        with beside.open("xb") as file:
            for piece in (_header(parts), *map(_bytes_of, parts.values())):
                told.update(piece.data)
                file.write(piece.data)
            file.write(told.digest())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _header(parts: Arrays) -> NDArray[np.uint8]:
    record = np.dtype([(name, part.dtype, part.shape) for name, part in parts.items()])
    described = {
        "descr": np.lib.format.dtype_to_descr(record),
        "fortran_order": False,
        "shape": (),
    }
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, described)
    return np.frombuffer(header.getvalue(), dtype=np.uint8)


def _bytes_of(part: NDArray[Any]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(part).reshape(-1).view(np.uint8)
