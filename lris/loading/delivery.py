"""What every kind of delivery needs: the report, opening, closing, rows set aside, known codes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from lris.catalogue import Catalogue
from lris.catalogue.sources import SourceManifest
from lris.placing import Ground, Target, targets
from lris.progress import Progress
from lris.rules.history import series_of
from lris.session import Connection
from lris.sources.archives import Member
from lris.sources.frames import Quarantined
from lris.store import areas as areas_store
from lris.store import deliveries as store
from lris.store import quarantine
from lris.terms import Period

TOTALS = ("rows_read", "loaded", "unplaced", "quarantined", "already_loaded", "superseded")


@dataclass(slots=True)
class DeliveryReport:
    """What became of the rows of one delivery: `rows_read = loaded + quarantined + already_loaded`.

    `unplaced` rows are part of `loaded`: they have no location, or lie outside all loaded areas.
    `rows_skipped` are part of `loaded` too: they say nothing of their own (totals, rows of another
    country) and were left out on purpose; `skipped_because` has the reasons. `superseded` are the
    rows of the earlier delivery this one replaces. Of wide tables
    `cells_read = values + withheld + blank`. `routes` tells, for each vintage, how many rows came
    to their area by which road. `compared` rows have both a code and a point; in `disagreeing` of
    them the point lies in another area's outline than the code says.
    """

    source: str
    file: str
    partition: str = ""
    part: str = ""
    sha256: str = ""
    rows_read: int = 0
    loaded: int = 0
    unplaced: int = 0
    quarantined: int = 0
    already_loaded: int = 0
    superseded: int = 0
    rows_skipped: int = 0
    skipped_because: tuple[str, ...] = ()
    cells_read: int = 0
    values: int = 0
    withheld: int = 0
    blank: int = 0
    routes: dict[str, dict[str, int]] = field(default_factory=dict)
    compared: int = 0
    disagreeing: int = 0
    warnings: list[str] = field(default_factory=list)
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


@dataclass(slots=True)
class Loading:
    """One call of `lris.load.load`: what is loaded, by what manifest, and what is at hand.

    With `joins` the rows are to join a delivery that is there: nothing is replaced by them. `part`
    names the part of the country that the files were cut to, "" where they are whole.
    """

    catalogue: Catalogue
    source: SourceManifest
    period: Period | None
    today: date
    progress: Progress
    indexes: Path | None
    joins: bool = False
    part: str = ""
    grounds: dict[str, Ground] = field(default_factory=dict)
    prepared: tuple[tuple[int, ...], list[Target]] | None = None

    @property
    def asked(self) -> str:
        """The period that was stated with the call, "" for none."""
        return self.period.label if self.period else ""

    def targets(self, connection: Connection) -> list[Target]:
        """The published editions to place in, made ready once for all files of the call."""
        editions = areas_store.published_editions(connection)
        key = tuple(sorted(one.id for one in editions.values()))
        if self.prepared is None or self.prepared[0] != key:
            found = targets(
                connection,
                self.catalogue,
                self.source.code_vintage,
                self.grounds,
                indexes=self.indexes,
            )
            self.prepared = (key, found)
        return self.prepared[1]


def open_delivery(
    connection: Connection,
    loading: Loading,
    member: Member,
    partition: str | None,
    **more: Any,  # noqa: ANN401
) -> DeliveryReport:
    """Add a delivery. One whose partition is known only when it has been read is named later."""
    source = loading.source
    number = store.open_delivery(
        connection,
        source=source.id,
        file_name=member.name,
        sha256=member.sha256,
        asked_period=loading.asked,
        part=loading.part,
        bytes=member.bytes,
        publisher=source.publisher,
        licence=source.licence,
        agreement=source.agreement,
        access=source.access.value,
        state="joining" if loading.joins else "current",
        **more,
    )
    report = DeliveryReport(
        source.id, member.name, part=loading.part, sha256=member.sha256, delivery_id=number
    )
    if partition is not None:
        name_delivery(connection, report, partition)
    return report


def name_delivery(connection: Connection, one: DeliveryReport, partition: str) -> None:
    """Say which partition a delivery is; the earlier delivery of it is superseded."""
    assert one.delivery_id is not None
    one.partition = ", ".join(filter(None, (partition, one.part)))
    one.superseded = store.name_delivery(connection, one.delivery_id, one.partition)


def close_delivery(
    connection: Connection,
    one: DeliveryReport,
    *,
    periods: Iterable[str] = (),
    measured: Mapping[str, Any] | None = None,
    **more: Any,  # noqa: ANN401
) -> None:
    """Write down what became of the rows, and what was measured of them.

    `periods` are the labels in the partition that change from one delivery of a series to the next.
    """
    assert one.delivery_id is not None
    compared = {"compared": one.compared, "disagreeing": one.disagreeing} if one.compared else {}
    store.close_delivery(
        connection,
        one.delivery_id,
        rows_read=one.rows_read,
        rows_skipped=one.rows_skipped,
        loaded=one.loaded,
        quarantined=one.quarantined,
        unplaced=one.unplaced,
        series=series_of(one.partition, periods),
        measured={**(measured or {}), **compared},
        **more,
    )


def set_aside(connection: Connection, one: DeliveryReport, rows: Sequence[Quarantined]) -> None:
    """Store rows that were quarantined, each once: a row is told by its sheet and its line."""
    assert one.delivery_id is not None
    once = {(row.sheet, row.line): row for row in rows}
    one.quarantined += len(once)
    quarantine.put(
        connection,
        one.delivery_id,
        (
            (row.sheet, row.line, row.column, row.code, row.reason, row.header, row.row)
            for row in once.values()
        ),
    )


def known_areas(
    connection: Connection,
    vintage: str,
    codes: Iterable[str],
    names: Iterable[str],
    fallback: Mapping[str, str] | None = None,
) -> dict[str, int]:
    """Ids of codes; codes never heard of are made known, with their names where given."""
    named = dict(zip(codes, names, strict=True))
    for code, name in named.items():
        if not name and fallback and code in fallback:
            named[code] = fallback[code]
    named.pop("", None)
    return areas_store.know_areas(connection, vintage, named)


def already(one: store.Delivery, member: Member) -> DeliveryReport:
    """The report of a delivery that is there already, from the same bytes."""
    return DeliveryReport(
        one.source,
        member.name,
        one.partition,
        one.sha256,
        rows_read=one.rows_read,
        already_loaded=one.rows_read,
        delivery_id=one.id,
    )
