"""Prepare a place: bring its files, load them, derive and publish."""

from __future__ import annotations

import fcntl
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection as PipeConnection
from multiprocessing.process import BaseProcess
from pathlib import Path, PurePosixPath
from shutil import rmtree
from tempfile import TemporaryDirectory

from lris.boundaries import dissolve, load_boundaries, publish_boundaries
from lris.catalogue import Catalogue
from lris.catalogue.files import RemoteFile, WheelMember
from lris.catalogue.places import LoadStep, Place
from lris.demo import write_city
from lris.derive import derive
from lris.errors import LrisError
from lris.fetch import fetch
from lris.load import load
from lris.progress import QUIET, Progress
from lris.publish import publish
from lris.session import Doors
from lris.store import deliveries as store


def load_place(
    doors: Doors,
    catalogue: Catalogue,
    place_id: str,
    *,
    raw: Path,
    actor: str,
    now: Callable[[], datetime],
    progress: Progress = QUIET,
) -> bool:
    """Bring a place up to its manifest; False where it was already. Every step may be repeated.

    Interrupted at any moment, the next call goes on where this one stopped.
    """
    place = catalogue.place(place_id)
    with doors.inspecting() as connection:
        if store.loaded_places(connection).get(place_id) == catalogue.digest:
            return False
    progress.say(f"Loading {place.name}: {place.note}")
    with _files(catalogue, place, raw, now, progress) as find:
        work = _Work(doors, catalogue, place, find, actor, now, progress)
        work.load(incidents=False)
        work.boundaries()
        work.load(incidents=True)
    derive(doors, catalogue, actor=actor, progress=progress)
    publish(doors, actor=actor, because=f"{place.name} loaded", progress=progress)
    with doors.writing(actor, f"{place.name} loaded") as door:
        store.mark_place(door.connection, place_id, catalogue.digest)
        door.record("load place", place_id)
    return True


def place_files(catalogue: Catalogue, place: Place) -> list[RemoteFile]:
    """Every file a place needs from publishers."""
    if not place.is_fetched:
        return []
    wanted = [(catalogue.vintage(step.vintage).files, step.files) for step in place.boundaries]
    wanted += [(catalogue.source(step.source).files, step.files) for step in place.loads]
    return [file for files, names in wanted for file in files if file.name in names]


Find = Callable[[str, Sequence[str]], list[Path]]
"""The paths of the files that a step of a place names, given its source or vintage."""


@dataclass(frozen=True, slots=True)
class _Work:
    doors: Doors
    catalogue: Catalogue
    place: Place
    find: Find
    actor: str
    now: Callable[[], datetime]
    progress: Progress

    @property
    def because(self) -> str:
        return f"{self.place.name} loaded"

    def load(self, *, incidents: bool) -> None:
        """The sources in the order of the manifest; incidents wait for their boundaries."""
        for step in self.place.loads:
            if (self.catalogue.source(step.source).kind == "incidents") == incidents:
                self._source(step)

    def _source(self, step: LoadStep) -> None:
        # Incidents come as whole partitions of their own, such as a force's month.
        of_incidents = self.catalogue.source(step.source).kind == "incidents"
        report = load(
            self.doors,
            self.catalogue,
            step.source,
            self.find(step.source, step.files),
            actor=self.actor,
            because=self.because,
            period=step.period,
            part="" if self.place.is_fetched or of_incidents else self.place.name,
            today=self.now().date(),
            progress=self.progress,
        )
        if report.faults:
            raise LrisError("\n".join(report.faults), remedy="nothing of these files was stored")
        total = report.total
        self.progress.say(
            f"{step.source}: {total['rows_read']:,} rows read, {total['loaded']:,} loaded"
            f" ({total['unplaced']:,} of them in no area), {total['quarantined']:,} set aside,"
            f" {total['already_loaded']:,} already there"
        )

    def boundaries(self) -> None:
        """The vintages in the order of the manifest: loaded or drawn, then published."""
        doors, catalogue, actor = self.doors, self.catalogue, self.actor
        for step in self.place.boundaries:
            if step.files:
                load_boundaries(
                    doors,
                    catalogue,
                    step.vintage,
                    self.find(step.vintage, step.files),
                    actor=actor,
                    because=self.because,
                    progress=self.progress,
                )
            else:
                dissolve(doors, catalogue, step.vintage, actor=actor, progress=self.progress)
            publish_boundaries(
                doors,
                catalogue,
                step.vintage,
                actor=actor,
                because=self.because,
                progress=self.progress,
            )


# ---------------------------------------------------------------- where its files are


@contextmanager
def _files(
    catalogue: Catalogue,
    place: Place,
    raw: Path,
    now: Callable[[], datetime],
    progress: Progress,
) -> Iterator[Find]:
    """The files of a place, fetched, made or at hand, for as long as they are needed."""
    with ExitStack() as stack:
        if place.is_fetched:
            fetch(place_files(catalogue, place), raw, now=now(), progress=progress)
            yield partial(_fetched, catalogue, raw, stack)
        elif place.city_seed is not None:
            raw.mkdir(parents=True, exist_ok=True)
            folder = stack.enter_context(_workplace(raw))
            progress.say(f"Making {place.name} from seed {place.city_seed}")
            city = stack.enter_context(_city_in_the_making(place.city_seed, folder))
            yield partial(_as_soon_as_made, catalogue, city, folder)
        else:
            assert place.folder is not None
            yield partial(_inside, catalogue.folder / place.folder)


@dataclass(frozen=True, slots=True)
class _Making:
    """A process that writes a city while what it has written is loaded; it tells of two stages."""

    process: BaseProcess
    told: PipeConnection
    stages: list[str]

    def wait_for(self, stage: str) -> None:
        """Return once the stage is reached. Raises LrisError where the process ended before."""
        while stage not in self.stages:
            try:
                self.stages.append(self.told.recv())
            except EOFError:
                raise LrisError(
                    "the city was not made to its end",
                    remedy="see what is said above, make room on the disk, and start again",
                ) from None


_SETTLED, _WHOLE = "settled", "whole"


@contextmanager
def _city_in_the_making(seed: int, folder: Path) -> Iterator[_Making]:
    spawning = get_context("spawn")
    told, telling = spawning.Pipe(duplex=False)
    process = spawning.Process(target=_make_city, args=(seed, folder, telling), daemon=True)
    process.start()
    telling.close()
    try:
        yield _Making(process, told, [])
    finally:
        process.terminate()
        process.join()


def _make_city(seed: int, folder: Path, telling: PipeConnection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # It ends with whoever started it.
    write_city(seed, folder, settled=partial(telling.send, _SETTLED))
    telling.send(_WHOLE)


def _as_soon_as_made(
    catalogue: Catalogue, city: _Making, folder: Path, name: str, patterns: Sequence[str]
) -> list[Path]:
    source = catalogue.sources.get(name)
    city.wait_for(_WHOLE if source and source.kind == "incidents" else _SETTLED)
    return _inside(folder, name, patterns)


@contextmanager
def _workplace(raw: Path) -> Iterator[Path]:
    """A folder for as long as it is needed; what a killed process left of its own is removed."""
    for left in raw.glob(f"{_WORKPLACE}*"):
        with _held(left) as stale:
            if stale:
                rmtree(left, ignore_errors=True)
    with TemporaryDirectory(dir=raw, prefix=_WORKPLACE) as folder, _held(Path(folder)):
        yield Path(folder)


_WORKPLACE = ".preparing-"


@contextmanager
def _held(folder: Path) -> Iterator[bool]:
    """Whether the folder is ours alone for the time being: the system ends it with the process."""
    number = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(number)


def _inside(folder: Path, name: str, patterns: Sequence[str]) -> list[Path]:
    """Files by pattern, in the order of their names: a later delivery has a later name."""
    found = [path for pattern in patterns for path in sorted(folder.glob(pattern))]
    if not found:
        raise LrisError(
            f"the place has no file for {name}",
            remedy=f"none of {', '.join(patterns)} is in {folder}; mend the place's manifest",
        )
    return found


def _fetched(
    catalogue: Catalogue, raw: Path, stack: ExitStack, name: str, names: Sequence[str]
) -> list[Path]:
    """Fetched files under the names people know them by: reports and grades speak of those."""
    manifest = catalogue.vintages.get(name) or catalogue.source(name)
    folder = stack.enter_context(_workplace(raw))
    paths = []
    for file in manifest.files:
        if file.name in names:
            path = folder / f"{file.name}{_suffix(file)}"
            path.hardlink_to(raw / file.sha256)
            paths.append(path)
    return paths


def _suffix(file: RemoteFile) -> str:
    for address in file.addresses:
        name = address.member if isinstance(address, WheelMember) else address.url
        if address.kind != "page":
            return PurePosixPath(name).suffix
    return ""
