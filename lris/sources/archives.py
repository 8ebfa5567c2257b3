"""The files inside what a person hands over: a plain file, a packed one, an archive, a folder.

Each file inside is a `Member`, whole and unpacked, with the hash of its own content: the same
CSV has the same hash alone and inside a tar. Names inside an archive are only ever shown, never
written to; how far an archive may expand is bounded.
"""

from __future__ import annotations

import gzip
import hashlib
import lzma
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from lris.errors import FileFault

CHUNK = 1 << 20
_MAGIC = {b"\x1f\x8b": "gzip", b"\xfd7zXZ\x00": "xz", b"PK\x03\x04": "zip"}
_SHEETS = (".xlsx", ".xlsm", ".ods")
_PACKED = (".gz", ".tgz", ".xz", ".txz", ".zip", ".tar", ".7z", ".bz2", ".rar", ".zst")
_LITTER = frozenset({".DS_Store", "Thumbs.db", "desktop.ini", "__MACOSX"})
_BROKEN = (
    EOFError,
    NotImplementedError,
    gzip.BadGzipFile,
    lzma.LZMAError,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)


@dataclass(frozen=True, slots=True)
class Member:
    """One file, unpacked: its name for people, where its content lies, its hash and its size.

    `path` is good until the next member is asked for.
    """

    name: str
    path: Path
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far an archive may expand before it is taken for a bomb."""

    ratio: int = 400
    free_bytes: int = 64 << 20
    most_bytes: int = 64 << 30
    most_members: int = 20_000


def members(
    path: Path, *, wanted: Callable[[str], bool] | None = None, bounds: Bounds | None = None
) -> Iterator[Member]:
    """Yield every file in `path`, one at a time, each complete before it is handed out.

    `wanted` is asked about files inside archives and folders, by name; what it refuses is not
    unpacked. Directories and the litter of file managers are passed over. Raises `FileFault` for
    a truncated or damaged file, a link, an archive within an archive, one that expands too far.
    """
    path = Path(path)
    bounds = bounds or Bounds()
    wanted = wanted or (lambda name: True)
    if path.is_dir():
        for file in _files_below(path):
            if _is_archive(file) or wanted(_unpacked_name(file.name)):
                yield from _open(file, str(file.relative_to(path.parent)), wanted, bounds)
    elif path.is_file():
        yield from _open(path, path.name, wanted, bounds)
    else:
        raise FileFault(str(path), "there is no such file", remedy="check the path")


def _open(
    path: Path, shown: str, wanted: Callable[[str], bool], bounds: Bounds
) -> Iterator[Member]:
    with _told_as_faults(shown):
        name = path.name.lower()
        _check_name_tells_truth(path, shown)
        if name.endswith(".zip"):
            yield from _zip_members(path, shown, wanted, bounds)
        elif _is_archive(path):
            yield from _tar_members(path, shown, wanted, bounds)
        elif name.endswith((".gz", ".xz")):
            with _unpacking(path) as packed:
                budget = _Budget(shown, path.stat().st_size, bounds)
                yield from _spooled(packed, shown, _unpacked_name(path.name), budget)
        elif name.endswith(_PACKED):
            raise FileFault(
                shown,
                f"{path.suffix} files are not opened",
                expected="a plain file, .gz, .xz, .zip, .tar, .tar.gz or .tar.xz",
                remedy="unpack it and load the files inside",
            )
        else:
            yield _plain(path, shown)


def _zip_members(
    path: Path, shown: str, wanted: Callable[[str], bool], bounds: Bounds
) -> Iterator[Member]:
    budget = _Budget(shown, path.stat().st_size, bounds)
    with zipfile.ZipFile(path) as archive:
        for info in sorted(archive.infolist(), key=lambda info: info.filename):
            budget.count_member()
            if info.is_dir() or _is_litter(info.filename) or not wanted(info.filename):
                continue
            inside = f"{shown}!{_checked_name(info.filename, shown)}"
            if (info.external_attr >> 16) & 0o170000 == 0o120000:
                raise _link_fault(inside)
            if info.flag_bits & 1:
                raise FileFault(inside, "it is encrypted", remedy="unpack it with its password")
            with archive.open(info) as packed:
                yield from _spooled(packed, inside, info.filename, budget)


def _tar_members(
    path: Path, shown: str, wanted: Callable[[str], bool], bounds: Bounds
) -> Iterator[Member]:
    budget = _Budget(shown, path.stat().st_size, bounds)
    with _unpacking(path) as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
        for info in archive:
            budget.count_member()
            if info.isdir() or _is_litter(info.name):
                continue
            inside = f"{shown}!{_checked_name(info.name, shown)}"
            if not info.isfile():
                raise _link_fault(inside)
            budget.check(info.size)
            packed = archive.extractfile(info)
            if packed is None or not wanted(info.name):
                budget.spend(info.size)
            else:
                yield from _spooled(packed, inside, info.name, budget, expected=info.size)


def _spooled(
    packed: IO[bytes], shown: str, name: str, budget: _Budget, *, expected: int | None = None
) -> Iterator[Member]:
    """Unpack one file into a temporary one, hand it out, and remove it when done with."""
    if PurePosixPath(name).name.lower().endswith(_PACKED):
        raise _nested_fault(shown)
    digest, size = hashlib.sha256(), 0
    with tempfile.NamedTemporaryFile(suffix=PurePosixPath(name).suffix) as spool:
        while chunk := packed.read(CHUNK):
            if size == 0 and _content_kind(chunk, name) is not None:
                raise _nested_fault(shown)
            size += len(chunk)
            budget.spend(len(chunk))
            digest.update(chunk)
            spool.write(chunk)
        if expected is not None and size != expected:
            raise EOFError(f"{size:,} bytes of {expected:,}")
        spool.flush()
        yield Member(shown, Path(spool.name), digest.hexdigest(), size)


def _plain(path: Path, shown: str) -> Member:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return Member(shown, path, digest.hexdigest(), file.tell())


class _Budget:
    """What an archive may still expand to, by its own size and by the bounds."""

    def __init__(self, shown: str, packed_bytes: int, bounds: Bounds) -> None:
        self._shown, self._bounds = shown, bounds
        allowed = max(bounds.free_bytes, bounds.ratio * packed_bytes)
        self._left = min(allowed, bounds.most_bytes)
        self._members = 0

    def count_member(self) -> None:
        self._members += 1
        if self._members > self._bounds.most_members:
            raise self._fault(f"it holds more than {self._bounds.most_members:,} files")

    def check(self, size: int) -> None:
        if size > self._left:
            raise self._fault("it expands out of all proportion to its size")

    def spend(self, size: int) -> None:
        self.check(size)
        self._left -= size

    def _fault(self, found: str) -> FileFault:
        return FileFault(
            self._shown,
            found,
            expected=f"at most {self._bounds.ratio} times its own size",
            remedy="unpack it yourself, look at what it holds, and load the file inside",
        )


@contextmanager
def _unpacking(path: Path) -> Iterator[IO[bytes]]:
    name = path.name.lower()
    if name.endswith((".gz", ".tgz")):
        with gzip.open(path, "rb") as packed:
            yield packed  # type: ignore[misc]
    elif name.endswith((".xz", ".txz")):
        with lzma.open(path, "rb") as packed:
            yield packed
    else:
        with path.open("rb") as plain:
            yield plain


@contextmanager
def _told_as_faults(shown: str) -> Iterator[None]:
    try:
        yield
    except _BROKEN as broken:
        raise FileFault(
            shown,
            f"it is damaged or cut short ({broken or type(broken).__name__})",
            expected="a complete file",
            remedy="fetch it again from its publisher; nothing of the broken part was read",
        ) from broken


def _check_name_tells_truth(path: Path, shown: str) -> None:
    with path.open("rb") as file:
        kind = _content_kind(file.read(8), path.name)
    suffix = path.suffix.lower()
    named = {".gz": "gzip", ".tgz": "gzip", ".xz": "xz", ".txz": "xz", ".zip": "zip"}.get(suffix)
    if named is not None and kind != named:
        raise FileFault(
            shown,
            f"its name says {named}, its content is something else",
            expected=f"a {named} file",
            remedy="look at the file: a saved error page often carries the name of the download",
        )
    if named is None and kind is not None:
        raise FileFault(
            shown,
            f"its content is {kind}, its name does not say so",
            remedy="give it the ending .gz, .xz or .zip that belongs to it",
        )


def _content_kind(start: bytes, name: str) -> str | None:
    if name.lower().endswith(_SHEETS):
        return None
    return next((kind for magic, kind in _MAGIC.items() if start.startswith(magic)), None)


def _is_archive(path: Path) -> bool:
    name = path.name.lower()
    return name.endswith((".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz"))


def _unpacked_name(name: str) -> str:
    return name[:-3] if name.lower().endswith((".gz", ".xz")) else name


def _files_below(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        if entry.name in _LITTER or entry.name.startswith("."):
            continue
        if entry.is_symlink():
            raise _link_fault(str(entry))
        if entry.is_dir():
            yield from _files_below(entry)
        else:
            yield entry


def _is_litter(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return bool(_LITTER.intersection(parts)) or (bool(parts) and parts[-1].startswith("."))


def _checked_name(name: str, shown: str) -> str:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if not parts or ".." in parts or parts[0] == "/" or parts[0].endswith(":"):
        raise FileFault(
            shown,
            f"it holds a file called {name!r}, which points outside the archive",
            remedy="do not trust this archive; ask its publisher for a clean one",
        )
    return "".join(letter if letter.isprintable() else "�" for letter in name)


def _link_fault(inside: str) -> FileFault:
    return FileFault(
        inside, "it is a link or a device", expected="a file", remedy="load the file it points to"
    )


def _nested_fault(inside: str) -> FileFault:
    return FileFault(
        inside,
        "it is an archive within an archive",
        expected="plain files inside",
        remedy="unpack the outer one and load the inner ones",
    )
