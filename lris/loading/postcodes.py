"""Directories of postcodes: streamed, each row with the ids of the areas it is said to lie in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lris.errors import FileFault, Spot
from lris.loading.delivery import (
    DeliveryReport,
    Loading,
    close_delivery,
    name_delivery,
    open_delivery,
    set_aside,
)
from lris.session import Connection
from lris.sources.archives import Member
from lris.sources.frames import PostcodeBatch, Quarantined, Strings
from lris.sources.reading import read_postcodes
from lris.store import postcodes as store
from lris.store import sites as sites_store
from lris.terms import Period

WHOLE = "whole"
"""The partition of a directory that is issued as one file."""

INTRODUCED, ENDED, QUALITY = "introduced", "ended", "positional_quality"
"""The names under which a manifest keeps the months of a postcode, and how good its point is."""

ROUGH_BYTES_A_ROW = 120.0


def deliver(connection: Connection, loading: Loading, member: Member) -> list[DeliveryReport]:
    """Store the postcodes of a file, batch by batch, then find the sites that wait for them."""
    one = open_delivery(connection, loading, member, None)
    known = _KnownCodes(connection)
    told: PostcodeBatch | None = None
    points = False
    strays: list[Quarantined] = []
    title = f"Loading {member.name}"
    with loading.progress.task(title, total=member.bytes) as advance:
        for batch in read_postcodes(member, loading.source, period=loading.period):
            told = told or batch
            strays.extend(batch.quarantined)
            one.rows_read += batch.rows_read
            one.rows_skipped += batch.rows_skipped
            points |= _put(connection, one, member, batch, known)
            advance(batch.rows_read * ROUGH_BYTES_A_ROW)
    assert told is not None
    set_aside(connection, one, strays)
    one.loaded = one.rows_read - one.quarantined
    one.skipped_because = told.skipped_because if one.rows_skipped else ()
    _close(connection, loading, one, told, points)
    return [one]


def _put(
    connection: Connection,
    one: DeliveryReport,
    member: Member,
    batch: PostcodeBatch,
    known: _KnownCodes,
) -> bool:
    """Store a batch; whether it has a point in it."""
    assert one.delivery_id is not None
    nowhere = (batch.x == 0) & (batch.y == 0)  # the publishers' sign for no point
    x, y = np.where(nowhere, np.nan, batch.x), np.where(nowhere, np.nan, batch.y)
    areas = [known.ids(vintage, codes) for vintage, codes in batch.codes.items()]
    kept = {**batch.kept}
    rows = store.PostcodeRows(
        one.delivery_id,
        batch.postcode,
        _read(batch, member, INTRODUCED, kept, _month),
        _read(batch, member, ENDED, kept, _month),
        _read(batch, member, QUALITY, kept, _number),
        x,
        y,
        areas,
        list(kept.values()),
    )
    try:
        store.put_postcodes(connection, rows)
    except KeyError as fault:
        raise _repeated(batch, member, str(fault.args[0])) from fault
    lost = np.isnan(x)
    for ids in areas:
        lost &= ids == 0
    one.unplaced += int(np.count_nonzero(lost))
    return bool(np.isfinite(x).any())


def _close(
    connection: Connection,
    loading: Loading,
    one: DeliveryReport,
    told: PostcodeBatch,
    points: bool,
) -> None:
    assert one.delivery_id is not None
    edition = Period.parse(told.edition, school_year=loading.source.school_year)
    store.put_directory(
        connection,
        one.delivery_id,
        edition=edition.label,
        edition_end=edition.end,
        vintages=list(told.codes),
        points=points,
        postcodes=one.loaded - one.rows_skipped,
    )
    name_delivery(connection, one, told.partition or WHOLE)
    kept = [name for name in told.kept if name not in (INTRODUCED, ENDED, QUALITY)]
    close_delivery(
        connection,
        one,
        period_start=edition.start,
        period_end=edition.end,
        kept_columns=kept,
    )
    store.refresh_statistics(connection)
    with loading.progress.task("Finding sites by their postcode"):
        sites_store.find_by_postcode(connection, directory_id=one.delivery_id)


@dataclass(slots=True)
class _KnownCodes:
    """The ids of the codes a file has named so far; the database is asked about each once."""

    connection: Connection
    by_vintage: dict[str, dict[str, int]] = field(default_factory=dict)

    def ids(self, vintage: str, codes: Strings) -> NDArray[np.int32]:
        """The id of each code, 0 for none."""
        encoded = pa.array(codes, type=pa.string()).dictionary_encode()
        different = encoded.dictionary.to_pylist()
        known = self.by_vintage.setdefault(vintage, {"": 0})
        if fresh := [code for code in different if code not in known]:
            known |= store.ids_of_codes(self.connection, vintage, fresh)
        ids = np.array([known[code] for code in different], dtype=np.int32)
        return np.asarray(ids[encoded.indices.to_numpy()])


def _read(
    batch: PostcodeBatch,
    member: Member,
    name: str,
    kept: dict[str, Strings],
    read: Callable[[Iterable[str]], NDArray[Any]],
) -> NDArray[Any]:
    """A column that the manifest keeps under a name we know, taken out of those kept as they are.

    Each different cell is read once.
    """
    column = kept.pop(name, None)
    if column is None:
        column = np.full(len(batch), "", dtype=object)
    encoded = pa.array(column, type=pa.string()).dictionary_encode()
    try:
        return np.asarray(read(encoded.dictionary.to_pylist())[encoded.indices.to_numpy()])
    except _Unreadable as fault:
        line = int(batch.line[np.flatnonzero(column == fault.text)[0]])
        raise FileFault(
            Spot(member.name, line, name),
            f"{fault.text[:60]!r} cannot be read",
            expected=fault.expected,
            remedy="check the column, and that the manifest keeps it under the right name",
        ) from fault


class _Unreadable(Exception):
    def __init__(self, text: str, expected: str) -> None:
        super().__init__(text)
        self.text = text
        self.expected = expected


def _month(texts: Iterable[str]) -> NDArray[np.datetime64]:
    """Months as the directories write them: `198001`, or `1980-01`."""
    found = []
    for text in texts:
        match = re.fullmatch(r"(\d{4})-?(0[1-9]|1[0-2])", text.strip())
        if not match and text.strip():
            raise _Unreadable(text, "a year and a month, such as 198001")
        found.append(f"{match[1]}-{match[2]}" if match else "NaT")
    return np.array(found, dtype="datetime64[M]")


def _number(texts: Iterable[str]) -> NDArray[np.float64]:
    found = []
    for text in texts:
        if text.strip() and not re.fullmatch(r"\d{1,4}", text.strip()):
            raise _Unreadable(text, "a number such as 10")
        found.append(float(text) if text.strip() else np.nan)
    return np.array(found, dtype=np.float64)


def _repeated(batch: PostcodeBatch, member: Member, postcode: str) -> FileFault:
    there = np.flatnonzero([text.replace(" ", "") == postcode for text in batch.postcode])
    line = int(batch.line[there[-1]]) if there.size else None
    return FileFault(
        Spot(member.name, line),
        f"the postcode {postcode} is in the file twice",
        expected="each postcode once",
        remedy="take one of the two rows out, or load the publisher's own file",
    )
