"""Load publishers' files: read, check, place in areas, store. All of a file or nothing of it.

A *delivery* is one partition of a source as one file gave it (police: a force's month). It replaces
the partition whole and keeps the earlier one. The same file twice changes nothing and says so.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from lris.catalogue import Catalogue
from lris.errors import FileFault, LrisError
from lris.loading import incidents, links, names, observations, points, postcodes
from lris.loading.delivery import TOTALS, DeliveryReport, Loading, LoadReport, already
from lris.progress import QUIET, Progress
from lris.quality import check_history
from lris.session import Connection, Doors, Writing
from lris.sources.archives import Member, members
from lris.store import deliveries as store
from lris.store.engine import lock
from lris.terms import Period

Deliver = Callable[[Connection, Loading, Member], list[DeliveryReport]]

KINDS: Mapping[str, Deliver] = {
    "incidents": incidents.deliver,
    "observations": observations.deliver,
    "links": links.deliver,
    "names": names.deliver,
    "points": points.deliver,
    "postcodes": postcodes.deliver,
}
"""What becomes of a file of each kind of source."""


class _OnlyLooking(Exception):
    """Leaves the transaction of a check, so that nothing of it stays."""


def load(
    doors: Doors,
    catalogue: Catalogue,
    source_id: str,
    paths: Sequence[Path],
    *,
    actor: str,
    because: str = "",
    period: str | None = None,
    part: str = "",
    today: date,
    keep: bool = True,
    progress: Progress = QUIET,
) -> LoadReport:
    """Load files, archives or folders into a source; each file inside is a delivery by itself.

    A file that is refused is reported in its delivery's `fault` and nothing of it is stored; the
    others go on. With `keep=False` everything is done but nothing stays: that is `lris check`.
    `part` names the part of the country that national files were cut to: they then need not have
    all their rows, and are deliveries of that part, beside the whole. Incidents are delivered in
    parts of their own, such as a force's month, and stay so.
    Raises `UnknownName` for the source and `UnknownPeriod` for `period`.
    """
    source = catalogue.source(source_id)
    asked = Period.parse(period, school_year=source.school_year) if period else None
    loading = Loading(
        catalogue,
        source.cut_to_a_part() if part else source,
        asked,
        today,
        progress,
        doors.indexes,
        part="" if source.kind == "incidents" else part,
    )
    call = _Call(doors, loading, actor, because or f"delivery of {source.id}", keep)
    report = LoadReport()
    for path in paths:
        report.deliveries.extend(call.path(path))
    return report


@dataclass(frozen=True, slots=True)
class _Call:
    doors: Doors
    loading: Loading
    actor: str
    because: str
    keep: bool
    given: dict[str, str] = field(default_factory=dict)

    def path(self, path: Path) -> Iterator[DeliveryReport]:
        """Every file in `path`, each in a transaction of its own."""
        source = self.loading.source
        try:
            found = False
            broken: list[FileFault] = []
            for member in members(path, wanted=source.takes, passed_over=broken.append):
                found = True
                yield from self.member(member)
            yield from (_refused(source.id, str(fault.spot), fault) for fault in broken)
            if not found and not broken:
                raise FileFault(
                    str(path),
                    "it holds no file of this source",
                    expected=f"files named {source.named}" if source.named else "",
                    remedy=f"see lris sources {source.id}",
                )
        except LrisError as fault:
            yield _refused(source.id, str(path), fault)

    def member(self, member: Member) -> list[DeliveryReport]:
        """One file: stored whole, or reported with its fault."""
        source = self.loading.source
        started = time.monotonic()
        reports: list[DeliveryReport] = []
        try:
            with self.doors.writing(self.actor, self.because) as door:
                lock(door.connection, "editions", shared=source.kind == "incidents")
                lock(door.connection, f"load:{source.id}")
                reports = self._deliver(door, member)
                if not self.keep:
                    raise _OnlyLooking
        except _OnlyLooking:
            pass
        except LrisError as fault:
            reports = [_refused(source.id, member.name, fault, member.sha256)]
        for one in reports:
            one.seconds = round(time.monotonic() - started, 3)
        return reports

    def _deliver(self, door: Writing, member: Member) -> list[DeliveryReport]:
        source = self.loading.source
        known = store.already_loaded(
            door.connection, source.id, member.sha256, self.loading.asked, self.loading.part
        )
        if known:
            door.record("load again", f"{source.id}: {member.name}", changed=0)
            return [already(one, member) for one in known]
        reports = KINDS[source.kind](door.connection, self.loading, member)
        for one in reports:
            self._check_given_once(one)
            check_history(door.connection, source, one)
            door.record(
                "load",
                f"{source.id}: {one.partition or one.file}",
                delivery=one.delivery_id,
                **{name: getattr(one, name) for name in TOTALS},
            )
        return reports

    def _check_given_once(self, one: DeliveryReport) -> None:
        """That no two files of a call are one partition: one would replace the other unseen."""
        first = self.given.setdefault(one.partition, one.file)
        if first != one.file:
            raise FileFault(
                one.file,
                f"it is {one.partition}, which {first} was already",
                expected="one file for each part of the source",
                remedy="look which of the two is meant, and load that one alone",
            )


def _refused(source: str, file: str, fault: LrisError, sha256: str = "") -> DeliveryReport:
    return DeliveryReport(source, file, sha256=sha256, fault=str(fault), exit_code=fault.exit_code)
