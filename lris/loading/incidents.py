"""Incidents: stored row by row, placed in every published vintage on the way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lris.loading.ahead import ahead
from lris.loading.delivery import (
    DeliveryReport,
    Loading,
    close_delivery,
    open_delivery,
    set_aside,
)
from lris.loading.measuring import IncidentsMeasured, Rows
from lris.placing import NOWHERE, Filing, Target, disagreements
from lris.session import Connection
from lris.sources.archives import Member
from lris.sources.frames import IncidentBatch, Quarantined
from lris.sources.reading import read_incidents
from lris.store import incidents as incidents_store

ROUGH_ROW_BYTES = 235
"""Of street-level crime; good enough to tell how far a file is read."""


def deliver(connection: Connection, loading: Loading, member: Member) -> list[DeliveryReport]:
    """Store the incidents of a file; each partition in it is a delivery by itself.

    While rows are stored the next are placed, and those after them read.
    """
    read = read_incidents(member, loading.source, today=loading.today, period=loading.period)
    open_ones: dict[str, _OpenDelivery] = {}
    strays: list[Quarantined] = []
    measured: defaultdict[str, IncidentsMeasured] = defaultdict(IncidentsMeasured)
    title = f"Loading {member.name}"
    with ahead(read) as batches, loading.progress.task(title, total=member.bytes) as advance:
        to = loading.targets(connection)
        with ahead(_placed(batches, to, measured)) as placed:
            for batch, parts in placed:
                strays.extend(batch.quarantined)
                for part, rows, places in parts:
                    if part not in open_ones:
                        open_ones[part] = _open(connection, loading, member, part, batch, to)
                    open_ones[part].take(connection, batch, rows, places)
                advance(len(batch) * ROUGH_ROW_BYTES)
    if not open_ones:
        open_ones[""] = _open(connection, loading, member, "", None, to)
    next(iter(open_ones.values())).set_aside(connection, strays)
    for partition, one in open_ones.items():
        one.finish(connection)
        close_delivery(
            connection,
            one.report,
            periods=one.labels,
            measured=measured[partition].facts(),
            period_start=one.first_day,
            period_end=one.last_day,
        )
    return [one.report for one in open_ones.values()]


@dataclass(frozen=True, slots=True)
class _Places:
    """Where some rows lie in one vintage, and how many of them their points put elsewhere."""

    ids: NDArray[np.int32]
    ways: NDArray[np.int16]
    undivided: NDArray[np.int32]
    compared: int
    disagreeing: int


def _placed(
    batches: Iterator[IncidentBatch],
    to: list[Target],
    measured: defaultdict[str, IncidentsMeasured],
) -> Iterator[tuple[IncidentBatch, list[tuple[str, Rows, list[_Places]]]]]:
    """Each batch with, for each partition in it, its rows and where they lie in every vintage."""
    for batch in batches:
        parts = []
        for partition, rows in _by_partition(batch):
            measured[partition].add(batch, rows)
            parts.append((partition, rows, [_places(batch, rows, target) for target in to]))
        yield batch, parts


def _places(batch: IncidentBatch, rows: Rows, target: Target) -> _Places:
    code, x, y = batch.code[rows], batch.x[rows], batch.y[rows]
    ids, ways = target.place(code, x, y)
    compared, disagreeing = (0, 0)
    if target.destination.same_vintage:
        compared, disagreeing = disagreements(code, x, y, ids, ways, target)
    return _Places(ids, ways, target.undivided(code, ways), compared, disagreeing)


def _open(
    connection: Connection,
    loading: Loading,
    member: Member,
    partition: str,
    batch: IncidentBatch | None,
    to: list[Target],
) -> _OpenDelivery:
    kept = list(batch.kept) if batch else []
    report = open_delivery(connection, loading, member, partition, kept_columns=kept)
    assert report.delivery_id is not None
    filings = [Filing(report.delivery_id, one.edition.vintage, one.edition.id) for one in to]
    return _OpenDelivery(report, filings)


@dataclass(slots=True)
class _OpenDelivery:
    """A delivery of incidents while its rows come in."""

    report: DeliveryReport
    filings: list[Filing]
    first_day: date | None = None
    last_day: date | None = None

    def take(
        self, connection: Connection, batch: IncidentBatch, rows: Rows, places: Sequence[_Places]
    ) -> None:
        """Store these rows of a batch, and where they lie in every vintage."""
        assert self.report.delivery_id is not None
        line, start, category = batch.line[rows], batch.start[rows], batch.category[rows]
        incidents_store.put_incidents(
            connection,
            incidents_store.IncidentRows(
                self.report.delivery_id,
                self.report.loaded,
                line,
                start,
                batch.end[rows],
                category,
                batch.code[rows],
                batch.x[rows],
                batch.y[rows],
                [column[rows] for column in batch.kept.values()],
            ),
        )
        anywhere = np.zeros(line.size, dtype=np.bool_)
        month = start.astype("datetime64[M]")
        for place, filing in zip(places, self.filings, strict=True):
            anywhere |= place.ids != NOWHERE
            filing.add(place.ids, place.ways, place.undivided, month, category)
            filing.store(connection)
            self.report.compared += place.compared
            self.report.disagreeing += place.disagreeing
        self.report.rows_read += line.size
        self.report.loaded += line.size
        self.report.unplaced += int(np.count_nonzero(~anywhere))
        self._stretch(start, batch.end[rows])

    @property
    def labels(self) -> list[str]:
        """The month and the year it begins in, as a partition has them."""
        return [f"{self.first_day:%Y-%m}", f"{self.first_day:%Y}"] if self.first_day else []

    def _stretch(self, start: NDArray[np.datetime64], end: NDArray[np.datetime64]) -> None:
        first = start.min().astype("datetime64[D]").astype(object)
        last = (end.max() - np.timedelta64(1, "s")).astype("datetime64[D]").astype(object)
        self.first_day = min(self.first_day or first, first)
        self.last_day = max(self.last_day or last, last)

    def set_aside(self, connection: Connection, rows: Sequence[Quarantined]) -> None:
        """Store the rows of the file that were quarantined."""
        self.report.rows_read += len(rows)
        set_aside(connection, self.report, rows)

    def finish(self, connection: Connection) -> None:
        """Store the placements."""
        for filing in self.filings:
            filing.close(connection)
            self.report.routes[filing.vintage] = {
                way.value: rows for way, rows in sorted(filing.tally.items())
            }


def _by_partition(batch: IncidentBatch) -> Iterator[tuple[str, Rows]]:
    """Each partition with its rows; usually there is one, and it needs no picking."""
    found = pa.array(batch.partition, pa.string()).dictionary_encode()
    labels, number = found.dictionary.to_pylist(), found.indices.to_numpy()
    for at, label in enumerate(labels):
        yield label, slice(None) if len(labels) == 1 else np.flatnonzero(number == at)
