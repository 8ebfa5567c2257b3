"""Incidents: stored row by row, placed in every published vintage on the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from lris.loading.delivery import (
    DeliveryReport,
    Loading,
    close_delivery,
    open_delivery,
    set_aside,
)
from lris.placing import NOWHERE, Filing, Target, disagreements
from lris.session import Connection
from lris.sources.archives import Member
from lris.sources.frames import IncidentBatch, Quarantined
from lris.sources.reading import read_incidents
from lris.store import incidents as incidents_store


def deliver(connection: Connection, loading: Loading, member: Member) -> list[DeliveryReport]:
    """Store the incidents of a file; each partition in it is a delivery by itself."""
    to = loading.targets(connection)
    open_ones: dict[str, _OpenDelivery] = {}
    strays: list[Quarantined] = []
    title = f"Loading {member.name}"
    with loading.progress.task(title, total=member.bytes) as advance:
        for batch in read_incidents(
            member, loading.source, today=loading.today, period=loading.period
        ):
            strays.extend(batch.quarantined)
            for partition, rows in _by_partition(batch):
                if partition not in open_ones:
                    open_ones[partition] = _open(connection, loading, member, partition, batch, to)
                open_ones[partition].take(connection, batch, rows)
            advance(_rough_bytes(batch))
    if not open_ones:
        open_ones[""] = _open(connection, loading, member, "", None, to)
    next(iter(open_ones.values())).set_aside(connection, strays)
    for one in open_ones.values():
        one.finish(connection)
        close_delivery(connection, one.report, period_start=one.first_day, period_end=one.last_day)
    return [one.report for one in open_ones.values()]


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
    return _OpenDelivery(report, to, loading.source.code_vintage)


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
        set_aside(connection, self.report, rows)

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
