"""Rows that were set aside: look at them, mend them, replay them or dismiss them.

A row is set aside where its manifest says so, with a reason. It can be mended at three ends: the
manifest or a look-up is put right, or the row itself is corrected in an exported CSV. Then it is
replayed: read and placed as any new row, it joins the delivery it came with. All of a replay is
kept or nothing of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from lris.catalogue import Catalogue
from lris.errors import BadRequest, UnknownName
from lris.load import KINDS
from lris.loading.corrections import corrections, written
from lris.loading.delivery import Loading
from lris.loading.replaying import Replay, ReplayReport
from lris.progress import QUIET, Progress
from lris.session import Connection, Doors
from lris.sources.rows_again import forgiving
from lris.store import deliveries as deliveries_store
from lris.store import quarantine as store
from lris.store.deliveries import Delivery
from lris.store.engine import access_number, lock
from lris.store.quarantine import DISMISSED, REPLAYED, WAITING, Aside, Group
from lris.terms import Access, Period, Viewer


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows set aside, counted: in all by state and by reason, and by delivery, reason, column."""

    states: Mapping[str, int]
    reasons: Mapping[str, int]
    groups: tuple[Group, ...]


# ---------------------------------------------------------------- looking


def listing(
    doors: Doors,
    viewer: Viewer,
    *,
    source: str | None = None,
    delivery: int | None = None,
    reason: str | None = None,
) -> Listing:
    """Rows set aside, counted, of the sources that the viewer may see."""
    with doors.inspecting() as connection:
        groups = store.groups(connection, source=source, number=delivery, code=reason)
    seen = [one for one in groups if _may_see(viewer, one.access)]
    states: dict[str, int] = {}
    reasons: dict[str, int] = {}
    for one in seen:
        states[one.state] = states.get(one.state, 0) + one.rows
        if one.state == WAITING:
            reasons[one.code] = reasons.get(one.code, 0) + one.rows
    return Listing(states, reasons, tuple(seen))


def show(
    doors: Doors,
    viewer: Viewer,
    delivery: int,
    *,
    because: str = "",
    numbers: Collection[int] | None = None,
    reason: str | None = None,
    sheet: str | None = None,
    states: Collection[str] | None = None,
) -> list[Aside]:
    """Rows of a delivery as they were delivered, with what became of each.

    Whoever looks at rows of a source that is not public is named in the audit. Raises `UnknownName`
    for a delivery that is not there, or not the viewer's to see.
    """
    with doors.writing(viewer.name, because or "to see what was set aside") as door:
        one = _seen_delivery(door.connection, viewer, delivery)
        found = store.rows(
            door.connection, delivery, numbers=numbers, code=reason, sheet=sheet, states=states
        )
        door.record("look at quarantine", _subject(one), delivery=delivery, rows=len(found))
    return found


def export(
    doors: Doors,
    viewer: Viewer,
    delivery: int,
    *,
    because: str,
    reason: str | None = None,
    sheet: str | None = None,
) -> str:
    """The waiting rows of a delivery as CSV, to be corrected and replayed: who, what and why is
    in the audit.

    The columns `OURS` come first, then the publisher's under their own header. A cell that a
    spreadsheet would take for a formula is given an apostrophe, which a replay takes off again.
    Raises `BadRequest` where there are rows under several headers, and none was chosen.
    """
    if not because.strip():
        raise BadRequest("an export needs a reason", remedy="say --because why it is needed")
    with doors.writing(viewer.name, because) as door:
        one = _seen_delivery(door.connection, viewer, delivery)
        found = store.rows(door.connection, delivery, code=reason, sheet=sheet, states=[WAITING])
        header = _only_header(found, delivery)
        door.record("export quarantine", _subject(one), delivery=delivery, rows=len(found))
    return written(header, found)


def dismiss(
    doors: Doors,
    viewer: Viewer,
    delivery: int,
    *,
    because: str,
    numbers: Collection[int] | None = None,
    reason: str | None = None,
) -> int:
    """Say of waiting rows that they will not be loaded, and why; returns how many.

    They stay where they are, and may be replayed by their numbers.
    """
    if not because.strip():
        raise BadRequest("a dismissal needs a reason", remedy="say --because why they are left out")
    with doors.writing(viewer.name, because) as door:
        one = _seen_delivery(door.connection, viewer, delivery)
        found = store.rows(
            door.connection, delivery, numbers=numbers, code=reason, states=[WAITING]
        )
        _check_all_there(delivery, numbers, found, "wait")
        store.decide(
            door.connection,
            delivery,
            [aside.number for aside in found],
            state=DISMISSED,
            actor=viewer.name,
            because=because,
        )
        door.record("dismiss quarantine", _subject(one), delivery=delivery, rows=len(found))
    return len(found)


# ---------------------------------------------------------------- replaying


def replay(
    doors: Doors,
    catalogue: Catalogue,
    viewer: Viewer,
    delivery: int,
    *,
    because: str,
    today: date,
    numbers: Collection[int] | None = None,
    reason: str | None = None,
    corrected: Path | None = None,
    progress: Progress = QUIET,
) -> ReplayReport:
    """Read and place rows once more, by the manifest as it is now; those that pass join their
    delivery, the others keep waiting with their new reason.

    Without `numbers` and `reason` all waiting rows are replayed; with `corrected`, an export that
    was mended, the rows in it. A row joins the delivery of its partition that came from the same
    file. Figures follow when they are derived next. Replaying what was replayed changes nothing.
    Raises `BadRequest` for a delivery that has been replaced, `FileFault` for a corrected file that
    is not of this delivery, `IdentifiersFound` where a row identifies somebody; then nothing at all
    is changed.
    """
    if not because.strip():
        raise BadRequest("a replay needs a reason", remedy="say --because what was mended")
    with doors.writing(viewer.name, because) as door:
        connection = door.connection
        one = _seen_delivery(connection, viewer, delivery)
        source = catalogue.source(one.source)
        lock(connection, "editions", shared=source.kind == "incidents")
        lock(connection, f"load:{one.source}")
        one = _current(_seen_delivery(connection, viewer, delivery))
        chosen = _chosen(connection, delivery, numbers, reason, corrected)
        loading = Loading(
            catalogue,
            forgiving(source),
            Period.parse(one.asked_period, school_year=source.school_year)
            if one.asked_period
            else None,
            today,
            progress,
            doors.indexes,
            part=one.part,
            joins=True,
        )
        report = Replay(connection, loading, KINDS[source.kind], one, viewer.name, because).of(
            chosen
        )
        door.record(
            "replay quarantine",
            _subject(one),
            delivery=delivery,
            replayed=report.replayed,
            failed=report.failed,
        )
    return report


def _current(one: Delivery) -> Delivery:
    if one.state != "current":
        raise BadRequest(
            f"delivery {one.id} was replaced by delivery {one.superseded_by}",
            remedy="replay the rows of the one that replaced it; nobody reads this one any more",
        )
    return one


def _chosen(
    connection: Connection,
    delivery: int,
    numbers: Collection[int] | None,
    reason: str | None,
    corrected: Path | None,
) -> list[Aside]:
    """The rows to replay, those of a corrected file with their new cells, which are kept."""
    states = [WAITING] if numbers is None else [WAITING, DISMISSED]
    if corrected is None:
        everywhere = store.rows(connection, delivery, numbers=numbers, code=reason)
        _check_all_there(delivery, numbers, everywhere, "were set aside")
        return [one for one in everywhere if one.state in states]
    mended = corrections(corrected, {one.number: one for one in store.rows(connection, delivery)})
    chosen = []
    for one, cells in mended:
        if one.state == REPLAYED:
            continue
        if cells != one.cells:
            store.correct(connection, delivery, one.number, cells)
        chosen.append(replace(one, corrected=cells))
    return chosen


# ---------------------------------------------------------------- who may


def _may_see(viewer: Viewer, access: str) -> bool:
    return access_number(Access(access)) <= access_number(viewer.access)


def _seen_delivery(connection: Connection, viewer: Viewer, number: int) -> Delivery:
    """The delivery, where it is there and of an access level that the viewer has."""
    one = deliveries_store.one_delivery(connection, number)
    if one is None or not _may_see(viewer, one.access):
        raise UnknownName(
            f"there is no delivery {number}",
            remedy="see lris quarantine list, which names those with rows",
        )
    return one


def _subject(one: Delivery) -> str:
    return f"{one.source}: {one.partition or one.file_name}"


def _only_header(found: Sequence[Aside], delivery: int) -> tuple[str, ...]:
    headers = {(one.sheet, one.header) for one in found}
    if len({header for _, header in headers}) > 1:
        sheets = ", ".join(sorted(repr(sheet) for sheet, _ in headers))
        raise BadRequest(
            f"the rows of delivery {delivery} stand under several headers",
            remedy=f"choose one with --sheet: {sheets}",
        )
    return next(iter(headers))[1] if headers else ()


def _check_all_there(
    delivery: int, numbers: Collection[int] | None, found: Sequence[Aside], what: str
) -> None:
    missing = sorted(set(numbers or ()) - {one.number for one in found})
    if missing:
        raise UnknownName(
            f"of delivery {delivery} no rows {what} with the numbers"
            f" {', '.join(map(str, missing))}",
            remedy=f"see lris quarantine show {delivery}, which has the numbers",
        )
