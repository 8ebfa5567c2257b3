"""What areas are called: the publisher's own names, and the others it knows."""

from __future__ import annotations

from collections.abc import Iterator

from lris.loading.delivery import (
    DeliveryReport,
    Loading,
    close_delivery,
    known_areas,
    open_delivery,
    set_aside,
)
from lris.session import Connection
from lris.sources.archives import Member
from lris.sources.frames import NameBatch
from lris.sources.reading import read_names
from lris.store import sites as store


def deliver(connection: Connection, loading: Loading, member: Member) -> list[DeliveryReport]:
    """Store the names of a file; an area's own name, once known, stays as it is."""
    with loading.progress.task(f"Loading {member.name}"):
        batches = list(read_names(member, loading.source))
    vintages = sorted({batch.vintage for batch in batches})
    one = open_delivery(connection, loading, member, f"names of {', '.join(vintages)}")
    assert one.delivery_id is not None
    other: dict[tuple[int, str], str] = {}
    for batch in batches:
        one.rows_read += batch.rows_read
        one.rows_skipped += batch.rows_skipped
        ids = known_areas(connection, batch.vintage, batch.code, batch.name)
        other.update(_others(batch, ids))
    store.put_aliases(connection, one.delivery_id, ((*key, name) for key, name in other.items()))
    set_aside(connection, one, [row for batch in batches for row in batch.quarantined])
    one.loaded = one.rows_read - one.quarantined
    close_delivery(connection, one)
    return [one]


def _others(batch: NameBatch, ids: dict[str, int]) -> Iterator[tuple[tuple[int, str], str]]:
    """The names of a batch that say something else than the publisher's own."""
    for kind, column in batch.kept.items():
        for code, own, name in zip(batch.code, batch.name, column, strict=True):
            if name.strip() and name.strip() != own:
                yield (ids[code], kind), name.strip()
