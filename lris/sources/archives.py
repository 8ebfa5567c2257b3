"""The files inside what a person hands over: a plain file, a packed one, an archive, a folder.

Each file inside is a `Member`, whole and unpacked, with the hash of its own content: the same
CSV has the same hash alone and inside a tar. `members` hands them out one at a time, `unpacked`
lays them side by side. Names inside an archive are only ever shown, never written to; how far an
archive may expand is bounded.
"""

from __future__ import annotations

import gzip
import hashlib
import lzma
import os
import stat
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path, PurePosixPath
from typing import IO

from lris.errors import FileFault

CHUNK = 1 << 20
MOST_HEADER_BYTES = 1 << 20
_MAGIC = {
    b"\x1f\x8b": "gzip",
    b"\xfd7zXZ\x00": "xz",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
}
_PACKINGS = {".gz": "gzip", ".tgz": "gzip", ".xz": "xz", ".txz": "xz", ".zip": "zip"}
_SHEETS = (".xlsx", ".xlsm", ".ods")
_TARS = (".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz")
_ARCHIVES = (".zip", *_TARS)
_PACKED = (".gz", ".tgz", ".xz", ".txz", ".zip", ".tar", ".7z", ".bz2", ".rar", ".zst")
_LITTER = frozenset({".DS_Store", "Thumbs.db", "desktop.ini", "__MACOSX"})
_BROKEN = (
    EOFError,
    OverflowError,
    RuntimeError,  # also what is packed in a way nobody knows
    ValueError,
    gzip.BadGzipFile,
    lzma.LZMAError,
    struct.error,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)


# How a file is packed (gzip, xz, zip or not at all), and whether what is packed is a tar.
_Form = tuple[str | None, bool]
_Wanted = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Member:
    """One file, unpacked: its name for people, where its content lies, its hash and its size.

    `path` is good until the next member is asked for; `changed_ns` is when a file that is not our
    own copy was last written.
    """

    name: str
    path: Path
    sha256: str
    bytes: int
    changed_ns: int | None = None

    def check_unchanged(self) -> None:
        """That the file is still the one whose hash was taken; `FileFault` where it is not."""
        if self.changed_ns is None:
            return
        now = self.path.stat()
        if (now.st_size, now.st_mtime_ns) != (self.bytes, self.changed_ns):
            raise FileFault(
                self.name,
                f"the file changed while it was read: it had {self.bytes:,} bytes and has"
                f" {now.st_size:,}",
                expected="a file that nobody is writing",
                remedy="wait until it is complete, then load it again",
            )


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far an archive may expand before it is taken for a bomb."""

    ratio: int = 400
    free_bytes: int = 64 << 20
    most_bytes: int = 64 << 30
    most_members: int = 20_000


@dataclass(frozen=True, slots=True)
class Kind:
    """Files told by their endings (lower case, with the dot): what one is called, and the endings.

    `siblings` are endings of files that belong together where they have one name, as those of a
    Shapefile do; what is not also among `endings` is there for another's sake alone.
    """

    called: str
    endings: frozenset[str]
    siblings: frozenset[str] = frozenset()


def members(
    path: Path,
    *,
    wanted: Callable[[str], bool] | None = None,
    bounds: Bounds | None = None,
    passed_over: Callable[[FileFault], None] | None = None,
) -> Iterator[Member]:
    """Yield every file in `path`, one at a time, each complete before it is handed out.

    `wanted` is asked about files inside archives and folders, by name; what it refuses is not
    unpacked. Directories and the litter of file managers are passed over. Raises `FileFault` for
    a truncated or damaged file, a link, an archive within an archive, one that expands too far;
    with `passed_over` the fault is told there, and the other files of the folder still come.
    """
    wants = wanted or (lambda name: True)
    bounds = bounds or Bounds()

    def takes(name: str) -> bool:
        return name.lower().endswith(_ARCHIVES) or wants(_unpacked_name(name))

    for file, shown in _files(path, takes):
        try:
            yield from _open(file, shown, _named_form, wants, _Budget(bounds))
        except FileFault as fault:
            if passed_over is None:
                raise
            passed_over(fault)


@contextmanager
def unpacked(
    paths: Sequence[Path], kind: Kind, *, bounds: Bounds | None = None
) -> Iterator[list[Member]]:
    """Every file of a kind in `paths`, side by side in a folder that is gone afterwards.

    There they have numbers for names; siblings share one. How a file is packed is told from its
    content, whatever it is called; a plain file named in `paths` is taken whatever its ending. The
    bounds are for all files together. Raises `FileFault` as `members` does, and for an archive or
    folder that holds nothing of the kind.
    """
    budget = _Budget(bounds or Bounds())
    with tempfile.TemporaryDirectory(prefix="lris-unpacked-") as folder:
        shelf = _Shelf(Path(folder), kind)
        yield [member for path in paths for member in _laid_out(path, shelf, budget)]


@dataclass(slots=True)
class _Shelf:
    """A folder, and which number in it belongs to which name."""

    folder: Path
    kind: Kind
    _fresh: count[int] = field(default_factory=count)
    _numbers: dict[tuple[Path, str], int] = field(default_factory=dict)

    def place_for(self, file: Path, shown: str, ending: str) -> Path:
        """A free path for what is shown so and came from `file`."""
        number = next(self._fresh)
        if ending in self.kind.siblings:
            stem = shown.lower().rpartition(ending)[0]
            number = self._numbers.setdefault((file.parent, stem), number)
        known = ending in self.kind.endings | self.kind.siblings
        place = self.folder / f"{number:05}{ending if known else ''}"
        if os.path.lexists(place):
            raise FileFault(shown, "it is there twice", remedy="give each file once")
        return place

    def siblings_of(self, file: Path) -> list[Path]:
        """The files beside a plain file that belong to it."""
        only = self.kind.siblings - self.kind.endings
        beside = file.parent.iterdir() if file.suffix.lower() in self.kind.siblings - only else ()
        return [f for f in beside if f.stem == file.stem and f.suffix.lower() in only]


def _laid_out(path: Path, shelf: _Shelf, budget: _Budget) -> list[Member]:
    endings, siblings = shelf.kind.endings, shelf.kind.siblings

    def outside(name: str) -> bool:
        return name.lower().endswith((*endings, *_PACKED))

    def inside(name: str) -> bool:
        return outside(name) or name.lower().endswith((*siblings,))

    laid: list[Member] = []
    for file, shown in _files(path, outside):
        opened = _open(file, shown, _found_form, inside, budget)
        found = [_shelved(member, file, shelf) for member in opened]
        alone = [member for member in found if member.path.suffix not in siblings - endings]
        if not alone:
            raise _nothing_in(file, shelf.kind)
        laid += sorted(alone, key=lambda member: member.name)
    if not laid:
        raise _nothing_in(path, shelf.kind)
    return laid


def _shelved(member: Member, file: Path, shelf: _Shelf) -> Member:
    ending = member.path.suffix.lower()
    place = shelf.place_for(file, member.name, ending)
    if member.path != file:
        member.path.rename(place)
        return replace(member, path=place)
    place.symlink_to(file.absolute())
    for sibling in shelf.siblings_of(file):
        shown = str(PurePosixPath(member.name).with_name(sibling.name))
        shelf.place_for(file, shown, sibling.suffix.lower()).symlink_to(sibling.absolute())
    return replace(member, path=place)


def _named_form(path: Path, shown: str) -> _Form:
    """The form its name tells; a fault where the content belies it."""
    name, named = path.name.lower(), _PACKINGS.get(path.suffix.lower())
    found = _content_packing(_start_of(path), path.name)
    if named is not None and found != named:
        raise FileFault(
            shown,
            f"its name says {named}, its content is something else",
            expected=f"a {named} file",
            remedy="look at the file: a saved error page often carries the name of the download",
        )
    if named is None and found is not None:
        raise FileFault(
            shown,
            f"its content is {found}, its name does not say so",
            remedy="give it the ending .gz, .xz or .zip that belongs to it",
        )
    if named is None and name.endswith(_PACKED) and not name.endswith(_TARS):
        raise FileFault(
            shown,
            f"{path.suffix} files are not opened",
            expected="a plain file, .gz, .xz, .zip, .tar, .tar.gz or .tar.xz",
            remedy="unpack it and load the files inside",
        )
    return named, name.endswith(_TARS)


def _found_form(path: Path, _shown: str) -> _Form:
    """The form its content has, whatever its name."""
    packing = _content_packing(_start_of(path))
    with _unpacking(path, packing) as stream:
        return packing, stream.read(512)[257:262] == b"ustar"


def _open(
    path: Path, shown: str, form_of: Callable[[Path, str], _Form], wanted: _Wanted, budget: _Budget
) -> Iterator[Member]:
    try:
        packing, is_tar = form_of(path, shown)
        budget.begin(path)
        if packing == "zip":
            yield from _zip_members(path, shown, wanted, budget)
        elif is_tar:
            with _unpacking(path, packing) as stream:
                yield from _tar_members(stream, shown, wanted, budget)
        elif packing is not None:
            with _unpacking(path, packing) as packed:
                yield from _spooled(packed, shown, path.stem, budget)
        else:
            yield _plain(path, shown)
    except _BROKEN as broken:
        raise FileFault(
            _printable(str(path)),
            f"it is damaged or cut short ({_printable(str(broken)) or type(broken).__name__})",
            expected="a complete file",
            remedy="fetch it again from its publisher; nothing of the broken part was read",
        ) from broken
    except OSError as unreadable:
        raise _unreadable(shown, unreadable) from unreadable


def _zip_members(path: Path, shown: str, wanted: _Wanted, budget: _Budget) -> Iterator[Member]:
    with zipfile.ZipFile(path) as archive:
        for info in sorted(archive.infolist(), key=lambda info: info.filename):
            budget.count_member()
            if info.filename.endswith("/") or _is_litter(info.filename):
                continue
            inside = f"{shown}!{_checked_name(info.filename, shown)}"
            if stat.S_ISLNK(info.external_attr >> 16):
                raise _link_fault(inside)
            if not wanted(info.filename):
                continue
            if info.flag_bits & 1:
                raise FileFault(inside, "it is encrypted", remedy="unpack it with its password")
            with archive.open(info) as packed:
                yield from _spooled(packed, inside, info.filename, budget)


class _ShortHeader(tarfile.TarInfo):
    """A header whose extension, such as a long name, is of a size that a name can have."""

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        extends = self.type in (*tarfile.GNU_TYPES, tarfile.XHDTYPE, tarfile.XGLTYPE, b"X")
        if self.size < 0 or (extends and self.size > MOST_HEADER_BYTES):
            raise tarfile.ReadError(f"a header of {self.size:,} bytes")
        return super()._proc_member(archive)  # type: ignore[misc, no-any-return]


def _tar_members(
    stream: IO[bytes], shown: str, wanted: _Wanted, budget: _Budget
) -> Iterator[Member]:
    with tarfile.open(fileobj=stream, mode="r|", tarinfo=_ShortHeader) as archive:
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
    """Unpack one file into a temporary one, hand it out, and remove it unless it was taken."""
    if PurePosixPath(name).name.lower().endswith(_PACKED):
        raise _nested_fault(shown)
    digest, size = hashlib.sha256(), 0
    suffix = PurePosixPath(name).suffix
    with tempfile.NamedTemporaryFile(prefix="lris-", suffix=suffix, delete=False) as spool:
        path = Path(spool.name)
        try:
            while chunk := packed.read(CHUNK):
                if size == 0 and _content_packing(chunk, name) is not None:
                    raise _nested_fault(shown)
                size += len(chunk)
                budget.spend(len(chunk))
                digest.update(chunk)
                spool.write(chunk)
            if expected is not None and size != expected:
                raise EOFError(f"{size:,} bytes of {expected:,}")
            spool.flush()
            yield Member(shown, path, digest.hexdigest(), size)
        finally:
            path.unlink(missing_ok=True)


def _plain(path: Path, shown: str) -> Member:
    with path.open("rb") as file:
        changed_ns = os.fstat(file.fileno()).st_mtime_ns
        digest = hashlib.file_digest(file, "sha256")
        return Member(shown, path, digest.hexdigest(), file.tell(), changed_ns)


class _Budget:
    """What may still be unpacked: by the bounds, and by the size of the archive now open."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._members_left, self._bytes_left = bounds.most_members, bounds.most_bytes
        self._shown, self._in_proportion = "", 0

    def begin(self, archive: Path) -> None:
        allowed = self._bounds.ratio * archive.stat().st_size
        self._shown, self._in_proportion = (
            _printable(str(archive)),
            max(self._bounds.free_bytes, allowed),
        )

    def count_member(self) -> None:
        self._members_left -= 1
        most = self._bounds.most_members
        if self._members_left < 0:
            raise self._fault(
                f"it holds more than {most:,} files", f"no more than {most:,} members"
            )

    def check(self, size: int) -> None:
        bounds = self._bounds
        if size > self._bytes_left:
            most = f"{bounds.most_bytes / 1024**3:.3g} GiB"
            raise self._fault(f"it unpacks to more than {most}", f"at most {most} in all")
        if size > self._in_proportion:
            raise self._fault(
                "it expands out of all proportion to its size",
                f"at most {bounds.ratio} times its own size",
            )

    def spend(self, size: int) -> None:
        self.check(size)
        self._bytes_left -= size
        self._in_proportion -= size

    def _fault(self, found: str, expected: str) -> FileFault:
        return FileFault(
            self._shown,
            found,
            expected=expected,
            remedy="unpack it yourself, look at what it holds, and load the files you need",
        )


def _unpacking(path: Path, packing: str | None) -> IO[bytes]:
    if packing == "gzip":
        return gzip.open(path, "rb")  # type: ignore[return-value]
    return lzma.open(path, "rb") if packing == "xz" else path.open("rb")


def _start_of(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(8)


def _content_packing(start: bytes, name: str = "") -> str | None:
    if name.lower().endswith(_SHEETS):
        return None
    return next((kind for magic, kind in _MAGIC.items() if start.startswith(magic)), None)


def _unpacked_name(name: str) -> str:
    return name[:-3] if name.lower().endswith((".gz", ".xz")) else name


def _files(path: Path, takes: _Wanted) -> Iterator[tuple[Path, str]]:
    """A file as it is, or those below a folder whose names are taken; each with how it is shown."""
    path = Path(path)
    try:
        yield from _files_at(path, takes)
    except OSError as unreadable:
        raise _unreadable(_printable(str(path)), unreadable) from unreadable


def _files_at(path: Path, takes: _Wanted) -> Iterator[tuple[Path, str]]:
    if path.is_dir():
        for file in _files_below(path):
            if takes(file.name):
                yield file, _printable(str(file.relative_to(path.parent)))
    elif path.is_file():
        yield path, _printable(path.name)
    elif path.exists():
        raise _link_fault(_printable(str(path)))
    else:
        raise FileFault(_printable(str(path)), "there is no such file", remedy="check the path")


def _files_below(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        if entry.name in _LITTER or entry.name.startswith("."):
            continue
        is_folder = entry.is_dir()
        if entry.is_symlink() or not (is_folder or entry.is_file()):
            raise _link_fault(_printable(str(entry)))
        if is_folder:
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
            f"it holds a file called {name!r}, which points out of the archive",
            expected="no name that leads outside the archive",
            remedy="do not trust this archive; ask its publisher for a clean one",
        )
    return _printable(name)


def _printable(name: str) -> str:
    """A name that can be shown and stored: no control characters, nothing that is not Unicode."""
    return "".join(letter if letter.isprintable() else "�" for letter in name)


def _link_fault(inside: str) -> FileFault:
    return FileFault(
        inside,
        "it is a link or a device",
        expected="a file",
        remedy="load the file it points to: a link or device is never followed",
    )


def _unreadable(shown: str, why: OSError) -> FileFault:
    return FileFault(
        shown[:200],
        f"it cannot be read ({why.strerror or why})",
        expected="a file that can be opened, and room for its content",
        remedy="check its name, who may read it, and the space on the disk",
    )


def _nested_fault(inside: str) -> FileFault:
    return FileFault(
        inside,
        "an archive inside an archive",
        expected="plain files",
        remedy="unpack the outer one first: an archive within an archive is not opened",
    )


def _nothing_in(path: Path, kind: Kind) -> FileFault:
    return FileFault(
        str(path),
        f"no {kind.called} in it",
        expected="files ending in " + ", ".join(sorted(kind.endings)),
        remedy="give the folder or archive that holds them",
    )
