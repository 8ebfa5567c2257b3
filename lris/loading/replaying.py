"""Rows that were set aside, loaded once more: new deliveries that join those they are of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from lris.errors import BadRequest
from lris.loading.delivery import DeliveryReport, Loading
from lris.placing import place_delivery
from lris.session import Connection
from lris.sources.archives import Member
from lris.sources.frames import Original
from lris.sources.rows_again import RowsAgain
from lris.store import deliveries as deliveries_store
from lris.store import incidents as incidents_store
from lris.store import quarantine as store
from lris.store.deliveries import Delivery
from lris.store.quarantine import REPLAYED, Aside

Deliver = Callable[[Connection, Loading, Member], list[DeliveryReport]]


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What became of the rows of a replay. `failed` still wait, each with its new reason."""

    delivery_id: int
    partition: str
    rows: int
    replayed: int
    failed: int
    joined: Mapping[str, int] = field(default_factory=dict)
    reasons: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Replay:
    """One replay in its transaction."""

    connection: Connection
    loading: Loading
    deliver: Deliver
    delivery: Delivery
    actor: str
    because: str

    def of(self, chosen: Sequence[Aside]) -> ReplayReport:
        """Read the rows as new deliveries, and let those join the ones they belong to."""
        one = self.delivery
        if not chosen:
            return ReplayReport(one.id, one.partition, 0, 0, 0)
        member = RowsAgain(one.file_name, Path(), one.sha256, 0, originals=_originals(chosen))
        arrived = self.deliver(self.connection, self.loading, member)
        failed: dict[tuple[str, int], tuple[str, str, str | None]] = {}
        for came in arrived:
            assert came.delivery_id is not None
            for again in store.rows(self.connection, came.delivery_id):
                failed[again.sheet, again.line] = (again.code, again.reason, again.column)
        joined: dict[str, int] = {}
        for came in arrived:
            for line, why in self._join(came, joined).items():
                failed |= {(a.sheet, a.line): why for a in chosen if a.line == line}
        return self._decided(chosen, failed, joined)

    def _join(
        self, came: DeliveryReport, joined: dict[str, int]
    ) -> dict[int, tuple[str, str, str | None]]:
        """Let what came join the delivery it belongs to; returns the lines that cannot, and why."""
        number = came.delivery_id
        assert number is not None
        into = self._home(came)
        if into is None:
            lines = deliveries_store.lines_of_incidents(self.connection, number)
            deliveries_store.forget(self.connection, number)
            reason = f"it is of {came.partition!r}, which the file brought no other row of"
            return dict.fromkeys(lines, ("partition_not_in_the_file", reason, None))
        repeated = deliveries_store.drop_repeated_values(self.connection, number, into)
        rows = came.loaded - len(repeated)
        self._add(came, into, rows)
        deliveries_store.join(self.connection, number, into)
        if self.loading.source.kind == "incidents" and rows:
            self._place_again(into)
        if rows:
            partition = came.partition if into != self.delivery.id else self.delivery.partition
            joined[partition] = joined.get(partition, 0) + rows
        why = "the delivery has a value for the same area, period and measure already"
        return dict.fromkeys(repeated, ("already_given", why, None))

    def _home(self, came: DeliveryReport) -> int | None:
        """The delivery that rows of a partition belong to: of the same file, if there is one."""
        if self.loading.source.kind != "incidents" or not came.loaded:
            return self.delivery.id
        homes = deliveries_store.of_the_file(self.connection, self.delivery)
        if came.partition in homes:
            return homes[came.partition]
        if deliveries_store.one_delivery(self.connection, self.delivery.id).partition == "":  # type: ignore[union-attr]
            deliveries_store.name_delivery(self.connection, self.delivery.id, came.partition)
            return self.delivery.id
        return None

    def _add(self, came: DeliveryReport, into: int, rows: int) -> None:
        """Move the rows in the books: they were set aside here and are loaded there."""
        own = self.delivery.id
        arrived = deliveries_store.one_delivery(self.connection, came.delivery_id or 0)
        home = deliveries_store.one_delivery(self.connection, into)
        assert arrived is not None and home is not None
        _check_same_columns(home, arrived)
        cells = {
            name: getattr(arrived, name) or 0
            for name in ("cells_read", "cells_withheld", "cells_blank")
        }
        deliveries_store.add_to_delivery(
            self.connection,
            into,
            measured=_summed(home.measured, arrived.measured),
            loaded=rows,
            rows_skipped=came.rows_skipped,
            unplaced=came.unplaced,
            quarantined=-rows if into == own else 0,
            rows_read=0 if into == own else rows,
            **cells,
        )
        if not home.series:
            deliveries_store.close_delivery(self.connection, into, series=arrived.series)
        if into != own:
            here = deliveries_store.one_delivery(self.connection, own)
            assert here is not None
            deliveries_store.add_to_delivery(
                self.connection, own, measured=here.measured, quarantined=-rows, rows_read=-rows
            )
        if arrived.period_start and arrived.period_end and rows:
            deliveries_store.stretch_period(
                self.connection, into, arrived.period_start, arrived.period_end
            )

    def _place_again(self, number: int) -> None:
        to = self.loading.targets(self.connection)
        for vintage in incidents_store.placed_vintages(self.connection):
            incidents_store.drop_placement(self.connection, vintage, number)
        place_delivery(self.connection, number, to)

    def _decided(
        self,
        chosen: Sequence[Aside],
        failed: Mapping[tuple[str, int], tuple[str, str, str | None]],
        joined: Mapping[str, int],
    ) -> ReplayReport:
        passed = [one for one in chosen if (one.sheet, one.line) not in failed]
        store.decide(
            self.connection,
            self.delivery.id,
            [one.number for one in passed],
            state=REPLAYED,
            actor=self.actor,
            because=self.because,
        )
        reasons: dict[str, int] = {}
        for one in chosen:
            if why := failed.get((one.sheet, one.line)):
                code, reason, column = why
                reasons[code] = reasons.get(code, 0) + 1
                store.keep_waiting(
                    self.connection,
                    self.delivery.id,
                    one.number,
                    code=code,
                    reason=reason,
                    column=column,
                )
        return ReplayReport(
            self.delivery.id,
            self.delivery.partition,
            len(chosen),
            len(passed),
            len(chosen) - len(passed),
            joined,
            reasons,
        )


def _originals(chosen: Iterable[Aside]) -> tuple[Original, ...]:
    """The rows as they would stand in the file: together by sheet and header, in their order."""
    together: dict[tuple[str, tuple[str, ...]], list[Aside]] = {}
    for one in chosen:
        together.setdefault((one.sheet, one.header), []).append(one)
    return tuple(
        Original(
            sheet,
            header,
            np.array([one.line for one in rows], dtype=np.int64),
            tuple(
                pa.array(column, pa.string())
                for column in zip(*(r.cells for r in rows), strict=True)
            ),
        )
        for (sheet, header), rows in together.items()
    )


def _summed(home: Mapping[str, Any], arrived: Mapping[str, Any]) -> dict[str, Any]:
    """Counts of a delivery with those of the rows that join it.

    What is different, and what is repeated, among all of them cannot be summed: what was measured
    of the delivery when it was loaded stands.
    """
    found = dict(home)
    for name, counts in arrived.items():
        if isinstance(counts, Mapping):
            before = found.get(name, {})
            found[name] = {
                key: before.get(key, 0) + counts.get(key, 0) for key in {**before, **counts}
            }
        elif not name.startswith(("different", "repeated")):
            found[name] = found.get(name, 0) + counts
    return found


def _check_same_columns(home: Delivery, arrived: Delivery) -> None:
    if arrived.loaded and list(home.kept_columns) != list(arrived.kept_columns) and home.loaded:
        raise BadRequest(
            f"the manifest now keeps the columns {', '.join(arrived.kept_columns) or 'none'}, and"
            f" delivery {home.id} was loaded with {', '.join(home.kept_columns) or 'none'}",
            remedy="put the manifest's kept columns back as they were; rows of one delivery keep"
            " the same",
        )
