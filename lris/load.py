"""Load publishers' files: read, check, place in areas, store. All of a file or nothing of it.

A *delivery* is one partition of a source as one file gave it (police: a force's month). It replaces
the partition whole and keeps the earlier one. The same file twice changes nothing and says so.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from lris.catalogue import Catalogue
from lris.catalogue.sources import SourceManifest
from lris.errors import FileFault, LrisError
from lris.placing import (
    NOWHERE,
    Filing,
    Target,
    disagreements,
    place_stored,
    placed_directly,
    targets,
)
from lris.progress import QUIET, Progress
from lris.session import Connection, Doors, Writing
from lris.sources.archives import Member, members
from lris.sources.frames import IncidentBatch, LinkBatch, ObservationBatch, Quarantined
from lris.sources.reading import read_incidents, read_links, read_observations
from lris.store import areas as areas_store
from lris.store import deliveries as store
from lris.store import incidents as incidents_store
from lris.store.areas import EditionAreas
from lris.store.engine import lock
from lris.terms import Period

TOTALS = ("rows_read", "loaded", "unplaced", "quarantined", "already_loaded", "superseded")


@dataclass(slots=True)
class DeliveryReport:
    """What became of the rows of one delivery: `rows_read = loaded + quarantined + already_loaded`.

    `unplaced` rows are part of `loaded`: they have no location, or lie outside all loaded areas.
    `superseded` are the rows of the earlier delivery this one replaces. Of wide tables
    `cells_read = values + withheld + blank`. `routes` tells, for each vintage, how many rows came
    to their area by which road. `compared` rows have both a code and a point; in `disagreeing` of
    them the point lies in another area's outline than the code says.
    """

    source: str
    file: str
    partition: str = ""
    sha256: str = ""
    rows_read: int = 0
    loaded: int = 0
    unplaced: int = 0
    quarantined: int = 0
    already_loaded: int = 0
    superseded: int = 0
    cells_read: int = 0
    values: int = 0
    withheld: int = 0
    blank: int = 0
    routes: dict[str, dict[str, int]] = field(default_factory=dict)
    compared: int = 0
    disagreeing: int = 0
    seconds: float = 0.0
    fault: str | None = None
    exit_code: int = 0
    delivery_id: int | None = None


@dataclass(slots=True)
class LoadReport:
    """The deliveries of one call, and their sums."""

    deliveries: list[DeliveryReport] = field(default_factory=list)

    @property
    def total(self) -> dict[str, int]:
        """Each count summed over the deliveries."""
        return {name: sum(getattr(one, name) for one in self.deliveries) for name in TOTALS}

    @property
    def faults(self) -> list[str]:
        """What was wrong with the files that were refused."""
        return [one.fault for one in self.deliveries if one.fault]

    @property
    def exit_code(self) -> int:
        """0 where every file was taken, else the gravest of the refusals."""
        return max((one.exit_code for one in self.deliveries), default=0)


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
    today: date,
    keep: bool = True,
    progress: Progress = QUIET,
) -> LoadReport:
    """Load files, archives or folders into a source; each file inside is a delivery by itself.

    A file that is refused is reported in its delivery's `fault` and nothing of it is stored; the
    others go on. With `keep=False` everything is done but nothing stays: that is `lris check`.
    Raises `UnknownName` for the source and `UnknownPeriod` for `period`.
    """
    source = catalogue.source(source_id)
    asked = Period.parse(period, school_year=source.school_year) if period else None
    loading = _Loading(doors, catalogue, source, actor, because, asked, today, keep, progress)
    report = LoadReport()
    for path in paths:
        report.deliveries.extend(loading.path(path))
    return report


@dataclass(slots=True)
class _Loading:
    doors: Doors
    catalogue: Catalogue
    source: SourceManifest
    actor: str
    because: str
    period: Period | None
    today: date
    keep: bool
    progress: Progress
    outlines: dict[str, EditionAreas] = field(default_factory=dict)
    prepared: tuple[tuple[int, ...], list[Target]] | None = None

    def path(self, path: Path) -> Iterator[DeliveryReport]:
        """Every file in `path`, each in a transaction of its own."""
        try:
            found = False
            broken: list[FileFault] = []
            for member in members(path, wanted=self.source.takes, passed_over=broken.append):
                found = True
                yield from self.member(member)
            yield from (self._refused(str(fault.spot), fault) for fault in broken)
            if not found and not broken:
                raise FileFault(
                    str(path),
                    "it holds no file of this source",
                    expected=f"files named {self.source.named}" if self.source.named else "",
                    remedy=f"see lris sources {self.source.id}",
                )
        except LrisError as fault:
            yield self._refused(str(path), fault)

    def _refused(self, file: str, fault: LrisError) -> DeliveryReport:
        return DeliveryReport(self.source.id, file, fault=str(fault), exit_code=fault.exit_code)

    def member(self, member: Member) -> list[DeliveryReport]:
        """One file: stored whole, or reported with its fault."""
        started = time.monotonic()
        reports: list[DeliveryReport] = []
        try:
            with self.doors.writing(
                self.actor, self.because or f"delivery of {self.source.id}"
            ) as door:
                lock(door.connection, "editions", shared=self.source.kind == "incidents")
                lock(door.connection, f"load:{self.source.id}")
                reports = self._deliver(door, member)
                if not self.keep:
                    raise _OnlyLooking
        except _OnlyLooking:
            pass
        except LrisError as fault:
            reports = [
                DeliveryReport(
                    self.source.id,
                    member.name,
                    sha256=member.sha256,
                    fault=str(fault),
                    exit_code=fault.exit_code,
                )
            ]
        for one in reports:
            one.seconds = round(time.monotonic() - started, 3)
        return reports

    def _deliver(self, door: Writing, member: Member) -> list[DeliveryReport]:
        known = store.already_loaded(door.connection, self.source.id, member.sha256)
        if known:
            door.record("load again", f"{self.source.id}: {member.name}", changed=0)
            return [_already(one, member) for one in known]
        kinds = {"incidents": self._incidents, "observations": self._observations}
        reports = kinds.get(self.source.kind, self._links)(door, member)
        for one in reports:
            door.record(
                "load",
                f"{self.source.id}: {one.partition or one.file}",
                delivery=one.delivery_id,
                **{name: getattr(one, name) for name in TOTALS},
            )
        return reports

    def _open(
        self,
        connection: Connection,
        member: Member,
        partition: str,
        **more: Any,  # noqa: ANN401
    ) -> DeliveryReport:
        source = self.source
        number = store.open_delivery(
            connection,
            source=source.id,
            partition=partition,
            file_name=member.name,
            sha256=member.sha256,
            bytes=member.bytes,
            publisher=source.publisher,
            licence=source.licence,
            agreement=source.agreement,
            access=source.access.value,
            **more,
        )
        report = DeliveryReport(
            source.id, member.name, partition, member.sha256, delivery_id=number
        )
        report.superseded = store.superseded_rows(connection, number)
        return report

    def _close(self, connection: Connection, one: DeliveryReport, **more: Any) -> None:  # noqa: ANN401
        assert one.delivery_id is not None
        store.close_delivery(
            connection,
            one.delivery_id,
            rows_read=one.rows_read,
            loaded=one.loaded,
            quarantined=one.quarantined,
            unplaced=one.unplaced,
            **more,
        )

    # ------------------------------------------------------------ incidents

    def _incidents(self, door: Writing, member: Member) -> list[DeliveryReport]:
        connection = door.connection
        to = self._targets(connection)
        open_ones: dict[str, _OpenDelivery] = {}
        strays: list[Quarantined] = []
        title = f"Loading {member.name}"
        with self.progress.task(title, total=member.bytes) as advance:
            for batch in read_incidents(member, self.source, today=self.today, period=self.period):
                strays.extend(batch.quarantined)
                for partition, rows in _by_partition(batch):
                    if partition not in open_ones:
                        open_ones[partition] = self._open_incidents(
                            connection, member, partition, batch, to
                        )
                    open_ones[partition].take(connection, batch, rows)
                advance(_rough_bytes(batch))
        if not open_ones:
            open_ones[""] = self._open_incidents(connection, member, "", None, to)
        first = next(iter(open_ones.values()))
        first.set_aside(connection, strays)
        for one in open_ones.values():
            one.finish(connection)
            self._close(connection, one.report, period_start=one.first_day, period_end=one.last_day)
        return [one.report for one in open_ones.values()]

    def _targets(self, connection: Connection) -> list[Target]:
        editions = areas_store.published_editions(connection)
        key = tuple(sorted(one.id for one in editions.values()))
        if self.prepared is None or self.prepared[0] != key:
            found = targets(connection, self.catalogue, self.source.code_vintage, self.outlines)
            self.prepared = (key, found)
        return self.prepared[1]

    def _open_incidents(
        self,
        connection: Connection,
        member: Member,
        partition: str,
        batch: IncidentBatch | None,
        to: list[Target],
    ) -> _OpenDelivery:
        kept = list(batch.kept) if batch else []
        report = self._open(connection, member, partition, kept_columns=kept)
        return _OpenDelivery(report, to, self.source.code_vintage)

    # ------------------------------------------------------------ observations

    def _observations(self, door: Writing, member: Member) -> list[DeliveryReport]:
        connection = door.connection
        with self.progress.task(f"Loading {member.name}"):
            batches = list(read_observations(member, self.source, period=self.period))
        partition = _partition_of(batches)
        one = self._open(connection, member, partition)
        assert one.delivery_id is not None
        strays = [row for batch in batches for row in batch.quarantined]
        links: list[LinkBatch] = []
        for batch in batches:
            one.rows_read += batch.rows_read
            one.cells_read += batch.cells_read
            one.blank += batch.cells_blank
            links.extend(batch.links)
            columns, astray = _with_area_ids(connection, batch, member, self.source.covers)
            strays.extend(astray)
            one.cells_read -= len(batch) - columns["line"].size  # set aside with their rows
            one.withheld += int(np.isnan(columns["value"]).sum())
            one.values += int((~np.isnan(columns["value"])).sum())
            store.put_observations(connection, one.delivery_id, columns)
        self._store_links(connection, one.delivery_id, links)
        _set_aside(connection, one, strays)
        one.loaded = one.rows_read - one.quarantined
        self._close(
            connection,
            one,
            cells_read=one.cells_read,
            cells_withheld=one.withheld,
            cells_blank=one.blank,
        )
        return [one]

    # ------------------------------------------------------------ links

    def _links(self, door: Writing, member: Member) -> list[DeliveryReport]:
        connection = door.connection
        with self.progress.task(f"Loading {member.name}"):
            batches = list(read_links(member, self.source))
        pairs = sorted({f"{one.from_vintage} to {one.to_vintage}" for one in batches})
        exact = "exact" if all(one.exact for one in batches) else "best fit"
        one = self._open(connection, member, f"{', '.join(pairs)}, {exact}")
        assert one.delivery_id is not None
        one.rows_read = sum(batch.rows_read for batch in batches)
        self._store_links(connection, one.delivery_id, batches)
        _set_aside(connection, one, [row for batch in batches for row in batch.quarantined])
        one.loaded = one.rows_read - one.quarantined
        self._close(connection, one)
        return [one]

    def _store_links(
        self, connection: Connection, delivery_id: int, batches: Sequence[LinkBatch]
    ) -> None:
        """Store links, and place anew what they lead elsewhere: the order of loading must not
        matter, and a load cut off half-way must leave nothing to catch up on.
        """
        for batch in batches:
            from_ids = _known(connection, batch.from_vintage, batch.from_code, batch.from_name)
            to_ids = _known(
                connection,
                batch.to_vintage,
                batch.to_code,
                batch.to_name,
                {code: force.lad_name for code, force in self.catalogue.forces.items()}
                if batch.to_vintage.startswith("lad_")
                else {},
            )
            rows = (
                (from_ids[a], to_ids[b], change, batch.exact, None)
                for a, b, change in zip(batch.from_code, batch.to_code, batch.change, strict=True)
                if a and b
            )
            areas_store.put_links(connection, rows, delivery_id=delivery_id)
        reached = placed_directly(self.catalogue, areas_store.published_editions(connection))
        if any(batch.to_vintage in reached for batch in batches):
            areas_store.refresh_statistics(connection)
            place_stored(connection, self.catalogue, progress=self.progress)


@dataclass(slots=True)
class _OpenDelivery:
    """A delivery of incidents while its rows come in."""

    report: DeliveryReport
    to: list[Target]
    code_vintage: str | None
    filings: list[Filing] = field(default_factory=list)
    first_day: date | None = None
    last_day: date | None = None

    def __post_init__(self) -> None:
        assert self.report.delivery_id is not None
        self.filings = [
            Filing(self.report.delivery_id, one.edition.vintage, one.edition.id) for one in self.to
        ]

    def take(
        self, connection: Connection, batch: IncidentBatch, rows: np.ndarray[Any, Any]
    ) -> None:
        """Store these rows of a batch, and place them in every vintage."""
        code, x, y = batch.code[rows], batch.x[rows], batch.y[rows]
        assert self.report.delivery_id is not None
        incidents_store.put_incidents(
            connection,
            incidents_store.IncidentRows(
                self.report.delivery_id,
                self.report.loaded,
                batch.line[rows],
                batch.start[rows],
                batch.end[rows],
                batch.category[rows],
                code,
                x,
                y,
                [column[rows] for column in batch.kept.values()],
            ),
        )
        anywhere = np.zeros(rows.size, dtype=np.bool_)
        month = batch.start[rows].astype("datetime64[M]")
        for target, filing in zip(self.to, self.filings, strict=True):
            ids, ways = target.place(code, x, y)
            anywhere |= ids != NOWHERE
            filing.add(connection, ids, ways, month, batch.category[rows])
            if target.edition.vintage == self.code_vintage:
                compared, disagreeing = disagreements(code, x, y, ids, ways, target)
                self.report.compared += compared
                self.report.disagreeing += disagreeing
        self.report.rows_read += rows.size
        self.report.loaded += rows.size
        self.report.unplaced += int(np.count_nonzero(~anywhere))
        self._stretch(batch, rows)

    def _stretch(self, batch: IncidentBatch, rows: np.ndarray[Any, Any]) -> None:
        first = batch.start[rows].min().astype("datetime64[D]").astype(object)
        last = (batch.end[rows].max() - np.timedelta64(1, "s")).astype("datetime64[D]")
        self.first_day = min(self.first_day or first, first)
        self.last_day = max(self.last_day or last.astype(object), last.astype(object))

    def set_aside(self, connection: Connection, rows: Sequence[Quarantined]) -> None:
        """Store the rows of the file that were quarantined."""
        self.report.rows_read += len(rows)
        _set_aside(connection, self.report, rows)

    def finish(self, connection: Connection) -> None:
        """Store the placements."""
        for filing in self.filings:
            filing.close(connection)
            self.report.routes[filing.vintage] = {
                way.value: rows for way, rows in sorted(filing.tally.items())
            }


def _by_partition(batch: IncidentBatch) -> Iterator[tuple[str, np.ndarray[Any, Any]]]:
    labels, number = np.unique(batch.partition.astype(str), return_inverse=True)
    for at, label in enumerate(labels):
        yield str(label), np.flatnonzero(number == at)


def _rough_bytes(batch: IncidentBatch) -> float:
    return len(batch) * 235.0


LONGEST_LABEL = 120


def _partition_of(batches: Sequence[ObservationBatch]) -> str:
    """What a file of values is a delivery of: what its manifest says, or else the periods,
    measures and vintages that are in it.
    """
    told = sorted({batch.partition for batch in batches if batch.partition})
    if told:
        return ", ".join(told)
    parts = [
        ", ".join(sorted({str(one) for batch in batches for one in getattr(batch, name)}))
        for name in ("period", "measure", "vintage")
    ]
    label = f"{parts[0]}: {parts[1]} by {parts[2]}"
    if len(label) <= LONGEST_LABEL:
        return label
    mark = hashlib.sha256(label.encode()).hexdigest()[:8]
    return f"{label[: LONGEST_LABEL - 12]}... {mark}"


def _with_area_ids(
    connection: Connection, batch: ObservationBatch, member: Member, covers: str | None
) -> tuple[dict[str, np.ndarray[Any, Any]], list[Quarantined]]:
    """The columns to store, each row with its area's id.

    Rows whose name nobody knows, and rows of areas the source does not cover, are set aside.
    """
    area_id = np.zeros(len(batch), dtype=np.int64)
    codes = batch.area.copy()
    for vintage in np.unique(batch.vintage.astype(str)):
        rows = np.flatnonzero(batch.vintage == vintage)
        named = rows[codes[rows] == ""]
        if named.size:
            codes[named] = _codes_named(connection, str(vintage), batch.area_name[named])
        coded = rows[codes[rows] != ""]
        ids = _known(connection, str(vintage), codes[coded], batch.area_name[coded])
        area_id[coded] = [ids[code] for code in codes[coded]]
    if not area_id.any() and len(batch):
        vintage = str(batch.vintage[0])
        raise FileFault(
            member.name,
            f"it names areas of {vintage} by name only, and none of its names is known",
            remedy=f"load the boundaries or a look-up of {vintage} first",
        )
    covered = np.array([covers is None or bool(re.fullmatch(covers, code)) for code in codes])
    strays = [
        Quarantined(
            int(batch.line[at]),
            f"no single area of {batch.vintage[at]} is called {batch.area_name[at]!r}"
            if not codes[at]
            else f"the figures are not of {codes[at]}: they cover {covers} alone",
            (str(batch.area_name[at] or codes[at]), str(batch.value[at])),
        )
        for at in np.flatnonzero((area_id == 0) | ~covered)
    ]
    stays = (area_id > 0) & covered
    names = ("line", "measure", "category", "period", "value", "withheld")
    columns = {name: getattr(batch, name)[stays] for name in names}
    return {"area_id": area_id[stays], **columns}, strays


def _codes_named(connection: Connection, vintage: str, names: np.ndarray[Any, Any]) -> list[str]:
    """The one code each name stands for; "" where there is none, or more than one."""
    codes = areas_store.codes_by_name(connection, vintage)
    return [codes[name][0] if len(codes.get(name, ())) == 1 else "" for name in names.tolist()]


def _known(
    connection: Connection,
    vintage: str,
    codes: Iterable[str],
    names: Iterable[str],
    fallback: dict[str, str] | None = None,
) -> dict[str, int]:
    """Ids of codes; codes never heard of are made known, with their names where given."""
    named = dict(zip(codes, names, strict=True))
    for code, name in named.items():
        if not name and fallback and code in fallback:
            named[code] = fallback[code]
    named.pop("", None)
    return areas_store.know_areas(connection, vintage, named)


def _set_aside(connection: Connection, one: DeliveryReport, rows: Sequence[Quarantined]) -> None:
    assert one.delivery_id is not None
    by_line = {row.line: row for row in rows}
    one.quarantined += len(by_line)
    store.put_quarantine(
        connection,
        one.delivery_id,
        ((row.line, row.reason, row.row) for row in by_line.values()),
    )


def _already(one: store.Delivery, member: Member) -> DeliveryReport:
    return DeliveryReport(
        one.source,
        member.name,
        one.partition,
        one.sha256,
        rows_read=one.rows_read,
        already_loaded=one.rows_read,
        delivery_id=one.id,
    )
