"""Look-ups: how the areas of one vintage lie in another."""

from __future__ import annotations

from collections.abc import Iterable

from lris.loading.delivery import (
    DeliveryReport,
    Loading,
    close_delivery,
    known_areas,
    open_delivery,
    set_aside,
)
from lris.placing import place_stored, placed_directly
from lris.session import Connection
from lris.sources.archives import Member
from lris.sources.frames import LinkBatch
from lris.sources.reading import read_links
from lris.store import areas as areas_store


def deliver(connection: Connection, loading: Loading, member: Member) -> list[DeliveryReport]:
    """Store the links of a look-up file."""
    with loading.progress.task(f"Loading {member.name}"):
        batches = list(read_links(member, loading.source))
    pairs = sorted({f"{one.from_vintage} to {one.to_vintage}" for one in batches})
    exact = "exact" if all(one.exact for one in batches) else "best fit"
    one = open_delivery(connection, loading, member, f"{', '.join(pairs)}, {exact}")
    assert one.delivery_id is not None
    one.rows_read = sum(batch.rows_read for batch in batches)
    one.rows_skipped = sum(batch.rows_skipped for batch in batches)
    for batch in batches:
        put_links(connection, loading, one.delivery_id, batch)
    place_again(connection, loading, {batch.to_vintage for batch in batches})
    set_aside(connection, one, [row for batch in batches for row in batch.quarantined])
    one.loaded = one.rows_read - one.quarantined
    close_delivery(connection, one)
    return [one]


def put_links(connection: Connection, loading: Loading, delivery_id: int, batch: LinkBatch) -> None:
    """Store the links of a batch; codes never heard of are made known."""
    from_ids = known_areas(connection, batch.from_vintage, batch.from_code, batch.from_name)
    district_names = {code: force.lad_name for code, force in loading.catalogue.forces.items()}
    to_ids = known_areas(
        connection,
        batch.to_vintage,
        batch.to_code,
        batch.to_name,
        district_names if batch.to_vintage.startswith("lad_") else {},
    )
    rows = (
        (from_ids[a], to_ids[b], change, batch.exact, None)
        for a, b, change in zip(batch.from_code, batch.to_code, batch.change, strict=True)
        if a and b
    )
    areas_store.put_links(connection, rows, delivery_id=delivery_id)


def place_again(connection: Connection, loading: Loading, reached: Iterable[str]) -> None:
    """Place stored incidents anew where new links lead them elsewhere: the order of loading must
    not matter, and a load cut off half-way must leave nothing to catch up on.
    """
    direct = placed_directly(loading.catalogue, areas_store.published_editions(connection))
    if set(reached) & set(direct):
        areas_store.refresh_statistics(connection)
        place_stored(
            connection, loading.catalogue, indexes=loading.indexes, progress=loading.progress
        )
