"""Published values by area and period: checked, given their areas' ids, and stored as they come."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

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
from lris.loading.measuring import ValuesMeasured
from lris.loading.points import put_sites
from lris.session import Connection
from lris.sources.archives import Member
from lris.sources.frames import ObservationBatch, Quarantined
from lris.sources.reading import read_observations
from lris.store import areas as areas_store
from lris.store import deliveries as store
from lris.store import sites as sites_store
from lris.terms import Period


def deliver(connection: Connection, loading: Loading, member: Member) -> list[DeliveryReport]:
    """Store the values of a file, batch by batch; what it is a delivery of shows at its end."""
    one = open_delivery(connection, loading, member, None)
    assert one.delivery_id is not None
    seen = _Seen(connection)
    measured = ValuesMeasured()
    waiting: list[pa.Table] = []
    strays: list[Quarantined] = []
    title = f"Loading {member.name}"
    with loading.progress.task(title, total=member.bytes) as advance:
        for batch in read_observations(member, loading.source, period=loading.period):
            seen.note(batch)
            measured.add(batch)
            strays.extend(batch.quarantined)
            columns, astray = _with_area_ids(seen, batch, loading.source.covers)
            strays.extend(astray)
            _count(one, batch, columns)
            waiting.append(store.observations(one.delivery_id, columns))
            if sum(len(table) for table in waiting) >= MOST_WAITING:
                store.put_observations(connection, waiting)
                waiting.clear()
            seen.sites += _put_sites(connection, loading, one.delivery_id, batch, seen.sites)
            for link in batch.links:
                put_links(connection, loading, one.delivery_id, link)
                seen.reached.add(link.to_vintage)
            advance(batch.rows_read * ROUGH_BYTES_A_ROW)
    if waiting:
        store.put_observations(connection, waiting)
    if not loading.joins:
        _check_some_known(seen, one, member)
    place_again(connection, loading, seen.reached)
    set_aside(connection, one, strays)
    one.loaded = one.rows_read - one.quarantined
    name_delivery(connection, one, _partition(seen))
    if seen.sites:
        sites_store.find_by_postcode(connection, delivery_id=one.delivery_id)
    periods = [
        Period.parse(label, school_year=loading.source.school_year) for label in seen.periods
    ]
    close_delivery(
        connection,
        one,
        periods=seen.periods,
        measured=measured.facts(),
        period_start=min((period.start for period in periods), default=None),
        period_end=max((period.end for period in periods), default=None),
        cells_read=one.cells_read,
        cells_withheld=one.withheld,
        cells_blank=one.blank,
    )
    return [one]


ROUGH_BYTES_A_ROW = 120.0
MOST_WAITING = 1 << 22
"""Values that wait to be stored together, in one order; about 150 MB."""
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
    sites: int = 0
    ids: dict[str, dict[str, int]] = field(default_factory=dict)
    codes: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    def note(self, batch: ObservationBatch) -> None:
        """Take down what the batch is about."""
        self.told.update([batch.partition] if batch.partition else [])
        self.periods.update(pd.unique(batch.period))
        self.measures.update(pd.unique(batch.measure))
        self.vintages.update(pd.unique(batch.vintage))

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


def _put_sites(
    connection: Connection,
    loading: Loading,
    delivery_id: int,
    batch: ObservationBatch,
    first_row: int,
) -> int:
    """Store where the areas of a batch are that are places; returns how many there were."""
    school_year = loading.source.school_year
    periods = set(batch.period.tolist()) if batch.points else set()
    last = max((Period.parse(p, school_year=school_year).end for p in periods), default=None)
    stored = 0
    for point in batch.points:
        put_sites(connection, loading, delivery_id, point, first_row=first_row + stored, as_of=last)
        stored += len(point)
    return stored


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
    for vintage in sorted(pd.unique(batch.vintage)):
        rows = np.flatnonzero(batch.vintage == vintage)
        named = rows[codes[rows] == ""]
        if named.size:
            codes[named] = seen.codes_named(vintage, batch.area_name[named].tolist())
        coded = rows[codes[rows] != ""]
        area_id[coded] = _ids_of(seen, vintage, codes[coded], batch.area_name[coded])
        if not coded.size:
            seen.nameless = vintage
    which, distinct = pd.factorize(codes)
    fits = [covers is None or bool(re.fullmatch(covers, code)) for code in distinct]
    covered = np.array(fits, dtype=np.bool_)[which]
    strays = [
        _stray(batch, int(at), codes[at], covers)
        for at in np.flatnonzero((area_id == 0) | ~covered)
    ]
    stays = (area_id > 0) & covered
    names = ("line", "measure", "category", "period", "value", "withheld")
    columns = {name: getattr(batch, name)[stays] for name in names}
    return {"area_id": area_id[stays], **columns}, strays


def _ids_of(
    seen: _Seen, vintage: str, codes: NDArray[np.object_], names: NDArray[np.object_]
) -> NDArray[np.int64]:
    """The id of each code; a code is looked up once, with the last name it comes with."""
    which, distinct = pd.factorize(codes)
    last_name = np.full(len(distinct), "", dtype=object)
    last_name[which] = names
    ids = seen.area_ids(vintage, distinct.tolist(), last_name.tolist())
    return np.array([ids[code] for code in distinct], dtype=np.int64)[which]


def _stray(batch: ObservationBatch, at: int, code: str, covers: str | None) -> Quarantined:
    """The whole row of a value whose area is unknown, or is none that the source covers."""
    assert batch.original is not None
    row = int(np.searchsorted(batch.original.line, batch.line[at]))
    if code:
        reason = f"the figures are not of {code}: they cover {covers} alone"
        return batch.original.aside(row, "area_not_covered", reason)
    name = f"{batch.area_name[at]!r}"
    reason = f"no single area of {batch.vintage[at]} is called {name}"
    return batch.original.aside(row, "no_single_area_of_that_name", reason)


def _check_some_known(seen: _Seen, one: DeliveryReport, member: Member) -> None:
    """Refuse a file that tells areas by name when not one of its names is known."""
    if seen.nameless and not (one.values or one.withheld):
        raise FileFault(
            member.name,
            f"it names areas of {seen.nameless} by name only, and none of its names is known",
            remedy=f"load the boundaries or a look-up of {seen.nameless} first",
        )
