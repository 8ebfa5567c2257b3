"""Place incidents in areas, in every published vintage: at loading, and when an edition is sealed.

A vintage is placed in directly unless its figures are summed from a smaller published one, so that
the same figure by two roads is the same figure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lris.catalogue import Catalogue
from lris.progress import QUIET, Progress
from lris.rules.placing import PlacingIndex
from lris.rules.routing import IRREGULAR, ROUTE_NUMBER, ROUTES, Destination, route
from lris.session import Connection
from lris.store import areas as areas_store
from lris.store import deliveries as deliveries_store
from lris.store import incidents as incidents_store
from lris.store.areas import Edition
from lris.store.incidents import BLOCK, Counts
from lris.store.placing_files import drop_others, keeper, kept
from lris.terms import PLACED_ROUTES, Route

COUNTS_AT_ONCE = 200_000

NOWHERE = 0
"""Stands for an area id where a row lies in none; ids start at 1."""


@dataclass(frozen=True, slots=True)
class Target:
    """A published edition made ready to place incidents in, for one vintage of codes.

    `before` gives the ids of the areas that codes stand for in their own vintage, of which the code
    alone does not tell what they became.
    """

    edition: Edition
    ids: NDArray[np.int64]
    destination: Destination
    before: Mapping[str, int] = field(default_factory=dict)

    def place(
        self, codes: NDArray[np.object_], x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> tuple[NDArray[np.int32], NDArray[np.int16]]:
        """Area id (0 for none) and route number of each row."""
        index, way = route(codes, x, y, self.destination)
        ids = np.where(index >= 0, self.ids[index], NOWHERE) if self.ids.size else index * 0
        return ids.astype(np.int32), way

    def undivided(self, codes: NDArray[np.object_], way: NDArray[np.int16]) -> NDArray[np.int32]:
        """Of each row that lies in one of the parts of a changed area, and nothing tells which, the
        id of that area as it was before; 0 of all others.
        """
        ids = np.full(codes.size, NOWHERE, dtype=np.int32)
        rows = np.flatnonzero(way == ROUTE_NUMBER[Route.SPLIT_WITHOUT_POINT])
        ids[rows] = [self.before.get(code, NOWHERE) for code in codes[rows]]
        return ids


def placed_directly(catalogue: Catalogue, published: dict[str, Edition]) -> list[str]:
    """The published vintages that incidents are placed in, and not summed up to, by id."""
    return sorted(
        vintage
        for vintage in published
        if (built_from := catalogue.vintage(vintage).built_from) is None
        or built_from not in published
    )


@dataclass(frozen=True, slots=True)
class Ground:
    """The areas of a published edition, sorted by code, and the index to place points in them."""

    edition: Edition
    ids: NDArray[np.int64]
    index_of: Mapping[str, int]
    index: PlacingIndex


def targets(
    connection: Connection,
    catalogue: Catalogue,
    code_vintage: str | None,
    loaded: dict[str, Ground] | None = None,
    *,
    indexes: Path | None = None,
) -> list[Target]:
    """Every vintage to place in, seen from the vintage the publisher's codes belong to.

    `loaded` keeps the editions already read, so that several sources share them; `indexes` is the
    folder of the placing indexes.
    """
    loaded = {} if loaded is None else loaded
    published = areas_store.published_editions(connection)
    direct = placed_directly(catalogue, published)
    for vintage in direct:
        if vintage not in loaded or loaded[vintage].edition.id != published[vintage].id:
            loaded[vintage] = _ground(connection, published[vintage], indexes)
    own_codes = _codes_of(connection, code_vintage, published, loaded)
    return [_target(connection, loaded[vintage], code_vintage, own_codes) for vintage in direct]


def _ground(connection: Connection, edition: Edition, indexes: Path | None) -> Ground:
    """An edition from its index, where that is kept: reading the outlines themselves takes long."""
    if (arrays := kept(indexes, edition)) is not None:
        ids, codes = areas_store.edition_codes(connection, edition)
        index = PlacingIndex.kept(arrays)
    else:
        areas = areas_store.edition_areas(connection, edition)
        ids, codes = areas.ids, areas.codes
        index = PlacingIndex(areas.geometry, keeper(indexes, edition))
    return Ground(edition, ids, {code: at for at, code in enumerate(codes)}, index)


def _codes_of(
    connection: Connection,
    vintage: str | None,
    published: dict[str, Edition],
    loaded: dict[str, Ground],
) -> Set[str] | None:
    if vintage is None or vintage not in published:
        return None
    if vintage in loaded:
        return loaded[vintage].index_of.keys()
    return frozenset(areas_store.edition_codes(connection, published[vintage])[1])


def _target(
    connection: Connection, ground: Ground, code_vintage: str | None, own_codes: Set[str] | None
) -> Target:
    vintage = ground.edition.vintage
    is_own = code_vintage == vintage
    children = (
        areas_store.changes_between(connection, code_vintage, vintage)
        if code_vintage and not is_own
        else {}
    )
    return Target(
        ground.edition,
        ground.ids,
        Destination(
            vintage=vintage,
            index_of=ground.index_of,
            same_vintage=is_own,
            children=children,
            codes_loaded=own_codes,
            index=ground.index,
        ),
        _divided(connection, code_vintage, children) if code_vintage and children else {},
    )


def _divided(
    connection: Connection, vintage: str, children: Mapping[str, tuple[tuple[str, str], ...]]
) -> dict[str, int]:
    """The ids of the areas whose code alone does not tell what they became."""
    codes = [
        code
        for code, ends in children.items()
        if len(ends) > 1 or any(letter in IRREGULAR for _, letter in ends)
    ]
    return areas_store.ids_of_codes(connection, vintage, codes)


def make_index(folder: Path, edition: Edition, outlines: NDArray[np.object_]) -> None:
    """Make the placing index of a published edition and keep it; those of earlier ones go."""
    PlacingIndex(outlines, keeper(folder, edition)).ready()
    drop_others(folder, edition)


# ---------------------------------------------------------------- filing


@dataclass(slots=True)
class Filing:
    """Collects where the rows of one delivery lie in one vintage, and stores it block by block.

    What lies in a part of a changed area, and nothing tells in which, is counted under that area as
    it was before: whatever holds all its parts holds the row.
    """

    delivery_id: int
    vintage: str
    edition_id: int
    written: int = 0
    waiting: list[tuple[NDArray[np.int32], NDArray[np.int16]]] = field(default_factory=list)
    tally: Counter[Route] = field(default_factory=Counter)
    counts: list[Counts] = field(default_factory=list)

    def add(
        self,
        ids: NDArray[np.int32],
        ways: NDArray[np.int16],
        undivided: NDArray[np.int32],
        month: NDArray[np.datetime64],
        category: NDArray[np.object_],
    ) -> None:
        """Take the next rows of the delivery, in order."""
        taken = np.bincount(ways)
        self.tally.update({ROUTES[way]: int(taken[way]) for way in np.flatnonzero(taken)})
        self._count(np.where(ids == NOWHERE, undivided, ids), month, category)
        self.waiting.append((ids, ways))

    def store(self, connection: Connection) -> None:
        """Store the blocks that are full."""
        while sum(part[0].size for part in self.waiting) >= BLOCK:
            self._write(connection, BLOCK)

    def _count(
        self, ids: NDArray[np.int32], month: NDArray[np.datetime64], category: NDArray[np.object_]
    ) -> None:
        placed = ids != NOWHERE
        once = np.ones(np.count_nonzero(placed), dtype=np.int64)
        self.counts.append(_summed(Counts(month[placed], category[placed], ids[placed], once)))
        if sum(some.incidents.size for some in self.counts) > COUNTS_AT_ONCE:
            self.counts = [_together(self.counts)]

    def _write(self, connection: Connection, rows: int) -> None:
        ids = np.concatenate([part[0] for part in self.waiting])
        ways = np.concatenate([part[1] for part in self.waiting])
        self.waiting = [(ids[rows:], ways[rows:])]
        incidents_store.put_placement(
            connection,
            self.delivery_id,
            self.vintage,
            self.edition_id,
            self.written,
            ids[:rows],
            ways[:rows],
        )
        self.written += 1

    def close(self, connection: Connection) -> None:
        """Store what is left, the tally and the counts."""
        if any(part[0].size for part in self.waiting):
            self._write(connection, BLOCK)
        incidents_store.put_tally(connection, self.delivery_id, self.vintage, self.tally)
        incidents_store.put_counts(
            connection, self.delivery_id, self.vintage, _together(self.counts)
        )

    @property
    def placed(self) -> int:
        """How many rows found an area."""
        return sum(rows for way, rows in self.tally.items() if way in PLACED_ROUTES)


def _together(parts: Sequence[Counts]) -> Counts:
    if not parts:
        none = np.empty(0, dtype=np.int64)
        return Counts(none.astype("datetime64[M]"), none.astype(object), none, none)
    columns = ("month", "category", "area_id", "incidents")
    return _summed(Counts(*(np.concatenate([getattr(p, c) for p in parts]) for c in columns)))


def _summed(counts: Counts) -> Counts:
    """The same counts with each month, category and area once."""
    words = pa.array(counts.category, pa.string()).dictionary_encode()
    month = counts.month.astype("datetime64[M]").astype(np.int64)
    first, kinds = month.min(initial=np.iinfo(np.int32).max), max(len(words.dictionary), 1)
    group = (month - first) * kinds + words.indices.to_numpy()
    keys, at = np.unique(group * (1 << 32) + counts.area_id, return_inverse=True)
    group, area_id = np.divmod(keys, 1 << 32)
    month, word = np.divmod(group, kinds)
    return Counts(
        (month + first).astype("datetime64[M]"),
        words.dictionary.to_numpy(zero_copy_only=False)[word],
        area_id,
        np.bincount(at, counts.incidents, keys.size).astype(np.int64),
    )


# ---------------------------------------------------------------- placing what is stored


def place_stored(
    connection: Connection,
    catalogue: Catalogue,
    *,
    indexes: Path | None = None,
    progress: Progress = QUIET,
) -> int:
    """Place every stored incident anew in every published vintage; returns the rows placed.

    Run in the transaction that publishes an edition or loads a look-up, so that figures never mix
    two states of the boundaries.
    """
    for vintage in incidents_store.placed_vintages(connection):
        incidents_store.drop_placement(connection, vintage)
    loaded: dict[str, Ground] = {}
    by_code_vintage: dict[str | None, list[Target]] = {}
    rows = 0
    sources = {
        number: source
        for number, source in deliveries_store.delivery_sources(connection).items()
        if catalogue.source(source).kind == "incidents"
    }
    with progress.task("Placing stored incidents", total=len(sources)) as advance:
        for delivery_id, source in sources.items():
            coded = catalogue.source(source).code_vintage
            if coded not in by_code_vintage:
                by_code_vintage[coded] = targets(
                    connection, catalogue, coded, loaded, indexes=indexes
                )
            rows += place_delivery(connection, delivery_id, by_code_vintage[coded])
            advance(1)
    incidents_store.recount_unplaced(connection)
    return rows


def place_delivery(connection: Connection, delivery_id: int, to: list[Target]) -> int:
    """Place the stored incidents of one delivery, which are in no area yet; returns the rows."""
    filings = [Filing(delivery_id, one.edition.vintage, one.edition.id) for one in to]
    rows = 0
    for stored in incidents_store.stored_incidents(connection, delivery_id):
        for target, filing in zip(to, filings, strict=True):
            ids, ways = target.place(stored.code, stored.x, stored.y)
            undivided = target.undivided(stored.code, ways)
            filing.add(ids, ways, undivided, stored.month, stored.category)
            filing.store(connection)
        rows += stored.code.size
    for filing in filings:
        if filing.written or filing.waiting:
            filing.close(connection)
    return rows


def disagreements(
    codes: NDArray[np.object_],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    ids: NDArray[np.int32],
    ways: NDArray[np.int16],
    target: Target,
) -> tuple[int, int]:
    """Of the rows placed by the publisher's code those with a point, and those whose point lies
    in another area's outline: how far code and generalised outline agree.
    """
    by_code = np.flatnonzero(
        (ways == ROUTE_NUMBER[Route.CODE]) & np.isfinite(x) & np.isfinite(y) & (codes != "")
    )
    if not by_code.size or not target.ids.size:
        return 0, 0
    index = target.destination.index.place(x[by_code], y[by_code])
    there = np.where(index >= 0, target.ids[index], NOWHERE)
    return int(by_code.size), int(np.count_nonzero(there != ids[by_code]))
