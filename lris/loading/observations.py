"""Published values by area and period: checked, given their areas' ids, and stored as they come."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lris.errors import FileFault
from lris.loading.delivery import (
    DeliveryReport,
    Loading,
    close_delivery,
    known_areas,
    name_delivery,
    open_delivery,
    set_aside,
)
from lris.loading.links import place_again, put_links
from lris.session import Connection
from lris.sources.archives import Member
from lris.sources.frames import ObservationBatch, Quarantined
from lris.sources.reading import read_observations
from lris.store import areas as areas_store
from lris.store import deliveries as store


def deliver(connection: Connection, loading: Loading, member: Member) -> list[DeliveryReport]:
    """Store the values of a file, batch by batch; what it is a delivery of shows at its end."""
    one = open_delivery(connection, loading, member, None)
    assert one.delivery_id is not None
    seen = _Seen(connection)
    strays: list[Quarantined] = []
    title = f"Loading {member.name}"
    with loading.progress.task(title, total=member.bytes) as advance:
        for batch in read_observations(member, loading.source, period=loading.period):
            seen.note(batch)
            strays.extend(batch.quarantined)
            columns, astray = _with_area_ids(seen, batch, loading.source.covers)
            strays.extend(astray)
            _count(one, batch, columns)
            store.put_observations(connection, one.delivery_id, columns)
            for link in batch.links:
                put_links(connection, loading, one.delivery_id, link)
                seen.reached.add(link.to_vintage)
            advance(batch.rows_read * ROUGH_BYTES_A_ROW)
    _check_some_known(seen, one, member)
    place_again(connection, loading, seen.reached)
    set_aside(connection, one, strays)
    one.loaded = one.rows_read - one.quarantined
    name_delivery(connection, one, _partition(seen))
    close_delivery(
        connection,
        one,
        cells_read=one.cells_read,
        cells_withheld=one.withheld,
        cells_blank=one.blank,
    )
    return [one]


ROUGH_BYTES_A_ROW = 120.0
LONGEST_LABEL = 120


@dataclass(slots=True)
class _Seen:
    """What a file has been found to hold so far, and the ids of the areas it names."""

    connection: Connection
    told: set[str] = field(default_factory=set)
    periods: set[str] = field(default_factory=set)
    measures: set[str] = field(default_factory=set)
    vintages: set[str] = field(default_factory=set)
    reached: set[str] = field(default_factory=set)
    nameless: str = ""
    ids: dict[str, dict[str, int]] = field(default_factory=dict)
    codes: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    def note(self, batch: ObservationBatch) -> None:
        """Take down what the batch is about."""
        self.told.update([batch.partition] if batch.partition else [])
        self.periods.update(np.unique(batch.period.astype(str)).tolist())
        self.measures.update(np.unique(batch.measure.astype(str)).tolist())
        self.vintages.update(np.unique(batch.vintage.astype(str)).tolist())

    def area_ids(self, vintage: str, codes: Iterable[str], names: Iterable[str]) -> dict[str, int]:
        """Ids of codes; the database is asked about each code once."""
        known = self.ids.setdefault(vintage, {})
        fresh = {code: name for code, name in zip(codes, names, strict=True) if code not in known}
        if fresh:
            ids = known_areas(self.connection, vintage, fresh, fresh.values())
            known.update((code, ids[code]) for code in fresh)
        return known

    def codes_named(self, vintage: str, names: Iterable[str]) -> list[str]:
        """The one code each name stands for; "" where there is none, or more than one."""
        if vintage not in self.codes:
            self.codes[vintage] = areas_store.codes_by_name(self.connection, vintage)
        found = self.codes[vintage]
        return [found[name][0] if len(found.get(name, ())) == 1 else "" for name in names]


def _count(
    one: DeliveryReport, batch: ObservationBatch, columns: dict[str, np.ndarray[Any, Any]]
) -> None:
    one.rows_read += batch.rows_read
    one.rows_skipped += batch.rows_skipped
    one.blank += batch.cells_blank
    set_aside_with_rows = len(batch) - columns["line"].size
    one.cells_read += batch.cells_read - set_aside_with_rows
    withheld = int(np.isnan(columns["value"]).sum())
    one.withheld += withheld
    one.values += columns["value"].size - withheld


def _partition(seen: _Seen) -> str:
    """What a file of values is a delivery of: what its manifest says, or else the periods,
    measures and vintages that are in it.
    """
    if seen.told:
        return ", ".join(sorted(seen.told))
    parts = [", ".join(sorted(one)) for one in (seen.periods, seen.measures, seen.vintages)]
    label = f"{parts[0]}: {parts[1]} by {parts[2]}"
    if len(label) <= LONGEST_LABEL:
        return label
    mark = hashlib.sha256(label.encode()).hexdigest()[:8]
    return f"{label[: LONGEST_LABEL - 12]}... {mark}"


def _with_area_ids(
    seen: _Seen, batch: ObservationBatch, covers: str | None
) -> tuple[dict[str, np.ndarray[Any, Any]], list[Quarantined]]:
    """The columns to store, each row with its area's id.

    Rows whose name nobody knows, and rows of areas the source does not cover, are set aside.
    """
    area_id = np.zeros(len(batch), dtype=np.int64)
    codes = batch.area.copy()
    for vintage in np.unique(batch.vintage.astype(str)).tolist():
        rows = np.flatnonzero(batch.vintage == vintage)
        named = rows[codes[rows] == ""]
        if named.size:
            codes[named] = seen.codes_named(vintage, batch.area_name[named].tolist())
        coded = rows[codes[rows] != ""]
        ids = seen.area_ids(vintage, codes[coded].tolist(), batch.area_name[coded].tolist())
        area_id[coded] = [ids[code] for code in codes[coded]]
        if not coded.size:
            seen.nameless = vintage
    covered = np.array([covers is None or bool(re.fullmatch(covers, code)) for code in codes], bool)
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


def _check_some_known(seen: _Seen, one: DeliveryReport, member: Member) -> None:
    """Refuse a file that tells areas by name when not one of its names is known."""
    if seen.nameless and not (one.values or one.withheld):
        raise FileFault(
            member.name,
            f"it names areas of {seen.nameless} by name only, and none of its names is known",
            remedy=f"load the boundaries or a look-up of {seen.nameless} first",
        )
