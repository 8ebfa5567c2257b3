"""Sites: schools, practices and surgeries, and where they stand."""

from __future__ import annotations

from datetime import date

import numpy as np

from lris.loading.delivery import (
    DeliveryReport,
    Loading,
    close_delivery,
    known_areas,
    name_delivery,
    open_delivery,
    set_aside,
)
from lris.session import Connection
from lris.sources.archives import Member
from lris.sources.frames import PointBatch, Quarantined
from lris.sources.reading import read_points
from lris.store import sites as store
from lris.terms import Period

WHOLE = "whole"
"""The partition of a list of places that is one file."""


def deliver(connection: Connection, loading: Loading, member: Member) -> list[DeliveryReport]:
    """Store the places of a file."""
    one = open_delivery(connection, loading, member, None)
    assert one.delivery_id is not None
    period, partition = _period(loading), ""
    strays: list[Quarantined] = []
    with loading.progress.task(f"Loading {member.name}"):
        for batch in read_points(member, loading.source):
            first = one.rows_read - one.rows_skipped - len(strays)
            partition = batch.partition
            strays.extend(batch.quarantined)
            one.rows_read += batch.rows_read
            one.rows_skipped += batch.rows_skipped
            put_sites(
                connection,
                loading,
                one.delivery_id,
                batch,
                first_row=first,
                as_of=period.end if period else None,
            )
    name_delivery(connection, one, partition or WHOLE)
    store.find_by_postcode(connection, delivery_id=one.delivery_id)
    set_aside(connection, one, strays)
    one.loaded = one.rows_read - one.quarantined
    one.unplaced = store.count_unlocated(connection, one.delivery_id)
    close_delivery(
        connection,
        one,
        period_start=period.start if period else None,
        period_end=period.end if period else None,
    )
    return [one]


def put_sites(
    connection: Connection,
    loading: Loading,
    delivery_id: int,
    batch: PointBatch,
    *,
    first_row: int,
    as_of: date | None,
) -> None:
    """Store the sites of a batch; codes never heard of are made known."""
    ids = np.zeros(len(batch), dtype=np.int64)
    coded = np.flatnonzero(batch.code != "")
    if coded.size:
        known = known_areas(
            connection, batch.vintage, batch.code[coded].tolist(), batch.name[coded].tolist()
        )
        ids[coded] = [known[code] for code in batch.code[coded]]
    store.put_sites(
        connection,
        store.SiteRows(
            delivery_id,
            first_row,
            str(loading.source.sites),
            as_of,
            batch.line,
            ids,
            batch.name,
            batch.postcode,
            batch.x,
            batch.y,
        ),
    )


def _period(loading: Loading) -> Period | None:
    """The period of a list of places: the one asked for, or the manifest's; many have none."""
    if loading.period is not None or loading.source.period is None:
        return loading.period
    return Period.parse(loading.source.period, school_year=loading.source.school_year)
