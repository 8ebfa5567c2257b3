"""Look-ups between vintages into frames: each pair of areas once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from lris.catalogue.sources import (
    Link,
    Role,
    SourceManifest,
)
from lris.errors import FileFault
from lris.sources.archives import Member
from lris.sources.cells import Mask
from lris.sources.columns import Bound
from lris.sources.frames import (
    LinkBatch,
    Strings,
)
from lris.sources.rows import Rows, check_blanks, checked_tables, codes_of, names_of


def read_links(member: Member, source: SourceManifest) -> Iterator[LinkBatch]:
    """Links between vintages, each pair of areas once, one batch per link and block.

    `rows_read` and the quarantine are told with the first link of a block and not again, so that
    sums over all batches are right.
    """
    if source.kind != "links":
        raise FileFault(
            member.name,
            f"{source.id} holds {source.kind}, not links between areas",
            remedy=f"read it as {source.kind}",
        )
    for table, blocks in checked_tables(member, source):
        seen: set[tuple[str, ...]] = set()
        for block in blocks:
            yield from _links(Rows.of(table, block, source), seen)


def _links(rows: Rows, seen: set[tuple[str, ...]]) -> Iterator[LinkBatch]:
    check_blanks(rows)
    links = [_link(rows, link) for link in rows.layout.links]
    good = rows.good()
    for at, link in enumerate(links):
        first = at == 0
        fresh = unseen(link, good, seen)
        yield replace(
            fresh,
            rows_read=rows.read if first else 0,
            rows_skipped=rows.skipped if first else 0,
            quarantined=rows.quarantined() if first else (),
        )


def _link(rows: Rows, link: Link) -> LinkBatch:
    ends = [rows.one(Role.AREA_CODE, vintage) for vintage in (link.from_vintage, link.to_vintage)]
    below, above = ends
    assert below is not None
    assert above is not None
    change = rows.one(Role.CHANGE) if link.with_change else None
    return LinkBatch(
        line=rows.block.line,
        from_vintage=link.from_vintage,
        to_vintage=link.to_vintage,
        from_code=codes_of(rows, below, required=True),
        from_name=names_of(rows, rows.one(Role.AREA_NAME, link.from_vintage)),
        to_code=codes_of(rows, above, required=True),
        to_name=names_of(rows, rows.one(Role.AREA_NAME, link.to_vintage)),
        change=_changes(rows, change),
        exact=link.exact,
    )


def _changes(rows: Rows, bound: Bound | None) -> Strings:
    found = names_of(rows, bound)
    if bound is not None:
        unknown = ~np.isin(found, ["U", "S", "M", "X"])
        rows.doubt(bound, unknown, "{} is not a change code", "U, S, M or X")
    return found


def unseen(link: LinkBatch, good: Mask, seen: set[tuple[str, ...]]) -> LinkBatch:
    """The link without the rows set aside and without pairs that came before."""
    ends = (link.from_vintage, link.to_vintage)
    fresh = good.copy()
    for at in np.flatnonzero(good).tolist():
        pair = (*ends, link.from_code[at], link.to_code[at], link.change[at])
        if pair in seen:
            fresh[at] = False
        seen.add(pair)
    return replace(
        link,
        line=link.line[fresh],
        from_code=link.from_code[fresh],
        from_name=link.from_name[fresh],
        to_code=link.to_code[fresh],
        to_name=link.to_name[fresh],
        change=link.change[fresh],
    )
