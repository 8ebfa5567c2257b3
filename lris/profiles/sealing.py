"""Profiles made ready: the bodies of every area, written once when a release is published.

A request is then one row, served as it lies there. Districts are written one after the other, so
that what is held at any time is one district and what all of a vintage share; the time taken grows
with the number of areas, and nothing else.
"""

from __future__ import annotations

import gc
import gzip
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import orjson

from lris import areas, sites
from lris.catalogue import Catalogue
from lris.figures import Reader, newest_release
from lris.profiles.pages import Desk, profile
from lris.progress import QUIET, Progress
from lris.session import Connection, Doors
from lris.store import profile_bodies as store
from lris.store import releases as releases_store
from lris.store.engine import access_number, analyze, lock
from lris.store.tables import profile_body
from lris.terms import Access, AreaCode, Level, Viewer

MOST_AT_ONCE = 400
"""Areas written in one go; a larger district takes several."""

COMPRESSION = 1
"""Of gzip: the next useful level takes twice as long for a seventh of the size."""

NOT_SEALED = (Level.OA, Level.CUSTOM)
"""Levels whose profiles are made when asked for: too many areas, too seldom looked at."""


@dataclass(frozen=True, slots=True)
class SealedBody:
    """The profile of an area as JSON under gzip, and the state of what it was made from.

    Where it `is_ready` asking for it costs nothing.
    """

    state: str
    gzipped: Callable[[], bytes]
    is_ready: bool = False


@dataclass(frozen=True, slots=True)
class SealReport:
    """How many profiles were made ready, and in what time."""

    profiles: int
    seconds: float
    bytes: int


def profile_bytes(reader: Reader, viewer: Viewer, which: AreaCode) -> SealedBody:
    """The body of a profile: the one made at publication, or made now if anything changed since.

    Asking for `gzipped` raises `UnknownName` and `NotPublished` as `profile` does.
    """
    with reader.doors.reading(viewer) as connection:
        state, made, body = store.find_body(connection, which)
    state = f"{state}-{reader.catalogue.digest[:12]}"
    if body and made == state:
        return SealedBody(state, lambda: body, is_ready=True)
    return SealedBody(state, lambda: packed(profile(reader, viewer, which)))


def packed(page: object) -> bytes:
    """A page as it is stored and served."""
    return gzip.compress(orjson.dumps(page), COMPRESSION, mtime=0)


def seal_profiles(
    doors: Doors, catalogue: Catalogue, *, actor: str, because: str, progress: Progress = QUIET
) -> SealReport:
    """Make the profiles of every area of the newest release ready, for each level of access.

    Bodies that are of the present state are left as they are. Raises `NotPublished`.
    """
    began = time.monotonic()
    reader = Reader(doors, catalogue)
    pages = size = 0
    with doors.inspecting() as connection:
        if there := _made(connection, catalogue)[2]:
            return SealReport(there, time.monotonic() - began, 0)
    with doors.writing(actor, because) as door:
        lock(door.connection, "profiles")
        number, state, there = _made(door.connection, catalogue)
        if not there:
            store.clear_bodies(door.connection)
            for viewer in _viewers(door.connection, number):
                access = access_number(viewer.access)
                with _not_collecting():
                    for bodies in _bodies(reader, viewer, progress):
                        store.put_bodies(door.connection, number, access, state, bodies)
                        pages += len(bodies)
                        size += sum(len(body) for _, body in bodies)
            analyze(door.connection, profile_body)
        door.record("seal profiles", f"release {number}", profiles=pages or there, bytes=size)
    return SealReport(pages or there, time.monotonic() - began, size)


def _made(connection: Connection, catalogue: Catalogue) -> tuple[int, str, int]:
    """The newest release, the present state, and how many bodies are of both."""
    number = newest_release(connection).number
    state = f"{releases_store.published_state(connection)}-{catalogue.digest[:12]}"
    return number, state, store.count_bodies(connection, number, state)


@contextmanager
def _not_collecting() -> Iterator[None]:
    """Without looking for circles of objects: pages have none, and looking takes a fifth more."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _viewers(connection: Connection, number: int) -> list[Viewer]:
    """Somebody of each access level that sees more than the one before."""
    levels = {0, *releases_store.access_levels(connection, number)}
    return [Viewer("sealing", tuple(Access)[level]) for level in sorted(levels)]


def _bodies(
    reader: Reader, viewer: Viewer, progress: Progress
) -> Iterator[list[tuple[int, bytes]]]:
    """The bodies of every area a viewer may see a profile of, some at a time."""
    with reader.doors.reading(viewer) as connection:
        found = reader.contents(connection, viewer)
        desk = Desk.at(connection, reader, viewer, found, whole=True)
        given = [
            vintage
            for vintage in desk.company.lines
            if reader.catalogue.vintage(vintage).level not in NOT_SEALED
        ]
        chunks = [(one, some) for one in given for some in _chunks(desk, one)]
        total = sum(len(some) for _, some in chunks)
        with progress.task(f"Making {total:,} profiles ready", total=total) as advance:
            for vintage, some in chunks:
                described = areas.described_areas(connection, reader.catalogue, vintage, some)
                ids = [one["id"] for one in described]
                places = sites.of_profiles(connection, reader.catalogue, found, ids)
                pages = desk.pages(described, places)
                yield [(number, packed(page)) for number, page in zip(ids, pages, strict=True)]
                advance(len(some))


def _chunks(desk: Desk, vintage: str) -> Iterator[Sequence[int]]:
    """The areas of a vintage in pieces, those of a district together."""
    waiting: list[int] = []
    for ids in desk.company.districts(vintage):
        for start in range(0, len(ids), MOST_AT_ONCE):
            some = ids[start : start + MOST_AT_ONCE]
            if len(waiting) + len(some) > MOST_AT_ONCE:
                yield waiting
                waiting = []
            waiting = [*waiting, *some]
    if waiting:
        yield waiting
