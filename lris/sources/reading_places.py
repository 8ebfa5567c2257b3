"""Tables of names, points and postcodes into frames."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lris.catalogue.sources import (
    Role,
    SourceManifest,
)
from lris.sources.archives import Member
from lris.sources.frames import (
    NameBatch,
    PointBatch,
    PostcodeBatch,
)
from lris.sources.locations import points_of, postcodes_of
from lris.sources.row_periods import stated_period
from lris.sources.rows import Rows, check_blanks, checked_tables, codes_of, kept_of, names_of, same
from lris.terms import Period


def read_names(member: Member, source: SourceManifest) -> Iterator[NameBatch]:
    """What areas are called, a row for each area."""
    for table, blocks in checked_tables(member, source):
        for block in blocks:
            yield _called(Rows.of(table, block, source))


def read_points(member: Member, source: SourceManifest) -> Iterator[PointBatch]:
    """Places with their points in EPSG:27700."""
    for table, blocks in checked_tables(member, source):
        for block in blocks:
            yield _located(Rows.of(table, block, source))


def read_postcodes(
    member: Member, source: SourceManifest, *, period: Period | None = None
) -> Iterator[PostcodeBatch]:
    """A directory of postcodes; its edition is the manifest's period, or `period`."""
    for table, blocks in checked_tables(member, source):
        edition = str(stated_period(table, source, period))
        for block in blocks:
            yield _postcodes(Rows.of(table, block, source), edition)


def _called(rows: Rows) -> NameBatch:
    check_blanks(rows)
    code, name = rows.one(Role.AREA_CODE), rows.one(Role.AREA_NAME)
    assert code is not None
    codes, names = codes_of(rows, code, required=True), names_of(rows, name)
    kept, good = kept_of(rows, without_code=False), rows.good()
    return NameBatch(
        line=rows.block.line[good],
        vintage=str(code.column.vintage),
        code=codes[good],
        name=names[good],
        kept={key: column[good] for key, column in kept.items()},
        rows_read=rows.read,
        rows_skipped=rows.skipped,
        quarantined=rows.quarantined(),
    )


def _located(rows: Rows) -> PointBatch:
    check_blanks(rows)
    x, y = points_of(rows)
    postcode = postcodes_of(rows, required=False)
    kept, good = kept_of(rows, without_code=False), rows.good()
    name = np.array([text.strip() for text in kept.pop("place")], dtype=object)
    return PointBatch(
        line=rows.block.line[good],
        vintage="",
        code=same("", int(good.sum())),
        name=name[good],
        postcode=postcode[good],
        x=x[good],
        y=y[good],
        kept={key: column[good] for key, column in kept.items()},
        partition=(rows.layout.partition or "").format(**rows.table.groups),
        rows_read=rows.read,
        rows_skipped=rows.skipped,
        quarantined=rows.quarantined(),
    )


def _postcodes(rows: Rows, edition: str) -> PostcodeBatch:
    check_blanks(rows)
    postcode = postcodes_of(rows, required=True)
    x, y = points_of(rows)
    codes = {
        str(bound.column.vintage): codes_of(rows, bound, required=False)
        for bound in rows.all(Role.AREA_CODE)
    }
    kept, good = kept_of(rows, without_code=False), rows.good()
    return PostcodeBatch(
        line=rows.block.line[good],
        edition=edition,
        postcode=postcode[good],
        x=x[good],
        y=y[good],
        codes={vintage: column[good] for vintage, column in codes.items()},
        kept={key: column[good] for key, column in kept.items()},
        partition=(rows.layout.partition or "").format(**rows.table.groups),
        rows_read=rows.read,
        rows_skipped=rows.skipped,
        quarantined=rows.quarantined(),
        skipped_because=tuple(skip.because for skip in rows.layout.skip),
    )
