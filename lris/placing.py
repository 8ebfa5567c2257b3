"""Place incidents in areas, in every published vintage: at loading, and when an edition is sealed.

A vintage is placed in directly unless its figures are summed from a smaller published one, so that
the same figure by two roads is the same figure.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from lris.catalogue import Catalogue
from lris.progress import QUIET, Progress
from lris.rules.placing import PlacingIndex
from lris.rules.routing import ROUTE_NUMBER, ROUTES, Destination, route
from lris.session import Connection
from lris.store import areas as areas_store
from lris.store import deliveries as deliveries_store
from lris.store import incidents as incidents_store
from lris.store.areas import Edition, EditionAreas
from lris.store.incidents import BLOCK
from lris.terms import PLACED_ROUTES, Route

NOWHERE = 0
"""Stands for an area id where a row lies in none; ids start at 1."""


@dataclass(frozen=True, slots=True)
class Target:
    """A published edition made ready to place incidents in, for one vintage of codes."""

    edition: Edition
    ids: NDArray[np.int64]
    destination: Destination

    def place(
        self, codes: NDArray[np.object_], x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> tuple[NDArray[np.int32], NDArray[np.int16]]:
        """Area id (0 for none) and route number of each row."""
        index, way = route(codes, x, y, self.destination)
        ids = np.where(index >= 0, self.ids[index], NOWHERE) if self.ids.size else index * 0
        return ids.astype(np.int32), way


def placed_directly(catalogue: Catalogue, published: dict[str, Edition]) -> list[str]:
    """The published vintages that incidents are placed in, and not summed up to, by id."""
    return sorted(
        vintage
        for vintage in published
        if (built_from := catalogue.vintage(vintage).built_from) is None
        or built_from not in published
    )


def targets(
    connection: Connection,
    catalogue: Catalogue,
    code_vintage: str | None,
    loaded: dict[str, EditionAreas] | None = None,
) -> list[Target]:
    """Every vintage to place in, seen from the vintage the publisher's codes belong to.

    `loaded` keeps the outlines already read, so that several sources share them.
    """
    loaded = {} if loaded is None else loaded
    published = areas_store.published_editions(connection)
    own_codes = _codes_of(connection, code_vintage, published, loaded)
    return [
        _target(connection, published[vintage], code_vintage, own_codes, loaded)
        for vintage in placed_directly(catalogue, published)
    ]


def _codes_of(
    connection: Connection,
    vintage: str | None,
    published: dict[str, Edition],
    loaded: dict[str, EditionAreas],
) -> frozenset[str] | None:
    if vintage is None or vintage not in published:
        return None
    return frozenset(_outlines(connection, published[vintage], loaded).codes)


def _outlines(
    connection: Connection, edition: Edition, loaded: dict[str, EditionAreas]
) -> EditionAreas:
    if edition.vintage not in loaded or loaded[edition.vintage].edition.id != edition.id:
        loaded[edition.vintage] = areas_store.edition_areas(connection, edition)
    return loaded[edition.vintage]


def _target(
    connection: Connection,
    edition: Edition,
    code_vintage: str | None,
    own_codes: frozenset[str] | None,
    loaded: dict[str, EditionAreas],
) -> Target:
    outlines = _outlines(connection, edition, loaded)
    return Target(
        edition,
        outlines.ids,
        Destination(
            vintage=edition.vintage,
            index_of={code: number for number, code in enumerate(outlines.codes)},
            polygons=outlines.geometry,
            same_vintage=code_vintage == edition.vintage,
            children=_children(connection, code_vintage, edition.vintage),
            codes_loaded=own_codes,
            index=PlacingIndex(outlines.geometry),
        ),
    )


def _children(
    connection: Connection, from_vintage: str | None, to_vintage: str
) -> dict[str, tuple[tuple[str, str], ...]]:
    """What each code of one vintage became in another, with change codes; exact look-ups only."""
    if from_vintage is None or from_vintage == to_vintage:
        return {}
    code_of = {
        number: code
        for vintage in (from_vintage, to_vintage)
        for code, number in areas_store.area_ids(connection, vintage).items()
    }
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for start, end, change, exact in areas_store.links_between(
        connection, from_vintage, to_vintage
    ):
        if exact:
            found[code_of[start]].append((code_of[end], change))
    return {code: tuple(children) for code, children in found.items()}


# ---------------------------------------------------------------- filing


@dataclass(slots=True)
class Filing:
    """Collects where the rows of one delivery lie in one vintage, and stores it block by block."""

    delivery_id: int
    vintage: str
    edition_id: int
    written: int = 0
    waiting: list[tuple[NDArray[np.int32], NDArray[np.int16]]] = field(default_factory=list)
    tally: Counter[Route] = field(default_factory=Counter)
    counts: Counter[tuple[date, str, int]] = field(default_factory=Counter)

    def add(
        self,
        connection: Connection,
        ids: NDArray[np.int32],
        ways: NDArray[np.int16],
        month: NDArray[np.datetime64],
        category: NDArray[np.object_],
    ) -> None:
        """Take the next rows of the delivery, in order."""
        for number, rows in zip(*np.unique(ways, return_counts=True), strict=True):
            self.tally[ROUTES[number]] += int(rows)
        self._count(ids, month, category)
        self.waiting.append((ids, ways))
        while sum(part[0].size for part in self.waiting) >= BLOCK:
            self._write(connection, BLOCK)

    def _count(
        self, ids: NDArray[np.int32], month: NDArray[np.datetime64], category: NDArray[np.object_]
    ) -> None:
        placed = ids != NOWHERE
        months, month_of = np.unique(month[placed].astype("datetime64[M]"), return_inverse=True)
        words, word_of = np.unique(category[placed].astype(str), return_inverse=True)
        keys = (month_of * words.size + word_of) * (1 << 32) + ids[placed]
        unique, times = np.unique(keys, return_counts=True)
        group, area_ids = np.divmod(unique, 1 << 32)
        days = months.astype("datetime64[D]").astype(object)
        for at, area_id, incidents in zip(
            group.tolist(), area_ids.tolist(), times.tolist(), strict=True
        ):
            key = (days[at // words.size], str(words[at % words.size]), area_id)
            self.counts[key] += incidents

    def _write(self, connection: Connection, rows: int) -> None:
        ids = np.concatenate([part[0] for part in self.waiting])
        ways = np.concatenate([part[1] for part in self.waiting])
        self.waiting = [(ids[rows:], ways[rows:])]
        incidents_store.put_placement(
            connection,
            self.delivery_id,
            self.vintage,
            self.edition_id,
            [(self.written, ids[:rows], ways[:rows])],
        )
        self.written += 1

    def close(self, connection: Connection) -> None:
        """Store what is left, the tally and the counts."""
        if any(part[0].size for part in self.waiting):
            self._write(connection, BLOCK)
        incidents_store.put_tally(connection, self.delivery_id, self.vintage, self.tally)
        incidents_store.put_counts(connection, self.delivery_id, self.vintage, self.counts)

    @property
    def placed(self) -> int:
        """How many rows found an area."""
        return sum(rows for way, rows in self.tally.items() if way in PLACED_ROUTES)


# ---------------------------------------------------------------- placing what is stored


def place_stored(
    connection: Connection, catalogue: Catalogue, *, progress: Progress = QUIET
) -> int:
    """Place every stored incident anew in every published vintage; returns the rows placed.

    Run in the transaction that publishes an edition or loads a look-up, so that figures never mix
    two states of the boundaries.
    """
    for vintage in incidents_store.placed_vintages(connection):
        incidents_store.drop_placement(connection, vintage)
    loaded: dict[str, EditionAreas] = {}
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
                by_code_vintage[coded] = targets(connection, catalogue, coded, loaded)
            rows += _place_delivery(connection, delivery_id, by_code_vintage[coded])
            advance(1)
    incidents_store.recount_unplaced(connection)
    return rows


def _place_delivery(connection: Connection, delivery_id: int, to: list[Target]) -> int:
    filings = [Filing(delivery_id, one.edition.vintage, one.edition.id) for one in to]
    rows = 0
    for stored in incidents_store.stored_incidents(connection, delivery_id):
        for target, filing in zip(to, filings, strict=True):
            ids, ways = target.place(stored.code, stored.x, stored.y)
            filing.add(connection, ids, ways, stored.month, stored.category)
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
