"""How numbers published for some areas come to others: to another year's areas, and to larger ones.

One figure by two roads is the same figure: what is published for an area itself stands first, and
of all other roads the best is taken by a fixed rule, whatever was loaded first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import shapely
from numpy.typing import NDArray

from lris.catalogue import Catalogue
from lris.catalogue.boundaries import Vintage
from lris.placing import placed_directly
from lris.rules.apportion import Summing, shares
from lris.rules.carrying import Carrying, best, carried, published_first, summed
from lris.rules.estimates import ByArea, Cells
from lris.rules.succession import Link, became, numbered
from lris.session import Connection
from lris.store import areas as areas_store
from lris.store import deliveries as deliveries_store
from lris.terms import Level

Ids = NDArray[np.int64]
Column = NDArray[np.float64]

AUTHORITIES = frozenset({Level.LAD, Level.COUNTY})
"""Levels whose codes the dated list of changes follows from year to year."""


@dataclass(frozen=True, slots=True)
class Road:
    """The larger areas, by ascending id, and how smaller ones add up to them."""

    ids: Ids
    summing: Summing


@dataclass(frozen=True, slots=True)
class Reached:
    """The cells by vintage; of those that a published look-up led to, where they came from."""

    by_vintage: Mapping[str, Cells]
    carried_from: Mapping[str, str]


@dataclass(slots=True)
class Spreading:
    """The areas there are and the roads between them, each looked up once."""

    connection: Connection
    catalogue: Catalogue
    bases: dict[str, Ids] = field(default_factory=dict)
    pairs: set[tuple[str, str]] = field(default_factory=set)
    shown: tuple[str, ...] = ()
    _links: dict[tuple[str, str], list[tuple[int, int, str, bool]]] = field(default_factory=dict)
    _codes: dict[str, dict[str, int]] = field(default_factory=dict)
    _roads: dict[tuple[str, str, int], Road] = field(default_factory=dict)
    _carryings: dict[tuple[str, str], Carrying] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Find out what is published, what is linked, and which authorities are shown."""
        self.pairs = areas_store.linked_vintages(self.connection)
        published = areas_store.published_editions(self.connection)
        for vintage in placed_directly(self.catalogue, published):
            self.bases[vintage] = areas_store.edition_ids(self.connection, published[vintage].id)
        reached = {parent for base in self.bases for parent in self.parents(base)}
        self.shown = tuple(
            sorted(
                one
                for one in {*published, *reached}
                if self.catalogue.vintage(one).level in AUTHORITIES
            )
        )

    # ------------------------------------------------------------ every road

    def everywhere(self, own: Sequence[Cells], *, additive: bool) -> Reached:
        """Cells in every vintage they can be had in: as published, carried to another year, and
        where sums mean something summed to larger areas.
        """
        published = {one.vintage: one for one in sorted(own, key=lambda one: one.vintage)}
        roads: dict[str, list[Cells]] = defaultdict(list)
        origin: dict[str, str] = {}
        for cells in published.values():
            for other in self._carried(cells, additive=additive):
                roads[other.vintage].append(other)
                origin.setdefault(other.vintage, cells.vintage)
        self._succeed(list(published.values()), roads, additive=additive)
        if additive:
            roots = {
                vintage: published_first(published[vintage], roads.get(vintage, ()))
                if vintage in published
                else best(roads[vintage])
                for vintage in (*published, *origin)
            }
            sums = self._sums(roots, first=set(published))
            for vintage, found in sums.items():
                roads[vintage].extend(found)
            self._succeed([best(found) for found in sums.values()], roads, additive=True)
        return Reached(
            {
                vintage: published_first(published[vintage], roads.get(vintage, ()))
                if vintage in published
                else best(roads[vintage])
                for vintage in dict.fromkeys((*published, *roads))
            },
            {vintage: start for vintage, start in origin.items() if vintage not in published},
        )

    # ------------------------------------------------------------ to another year

    def _carried(self, cells: Cells, *, additive: bool) -> Iterator[Cells]:
        """The same numbers in the areas of another census, as its change look-up says."""
        level = self.catalogue.vintage(cells.vintage).level
        for vintage, ids in self.bases.items():
            same_level = self.catalogue.vintage(vintage).level is level
            if vintage != cells.vintage and same_level and (cells.vintage, vintage) in self.pairs:
                road = self._census_carrying(cells.vintage, vintage, ids)
                yield carried(cells, road, vintage, ids, additive=additive)

    def _census_carrying(self, start: str, end: str, ids: Ids) -> Carrying:
        if (start, end) not in self._carryings:
            at = {int(number): place for place, number in enumerate(ids)}
            links = [link for link in self.links(start, end) if link[3]]
            shares = self._shares(start, end, links)
            known = [
                (a, at[b], change, share)
                for (a, b, change, _), share in zip(links, shares.tolist(), strict=True)
                if b in at
            ]
            self._carryings[start, end] = _carrying(known, parts_inherit=True)
        return self._carryings[start, end]

    def _shares(self, start: str, end: str, links: Sequence[tuple[int, int, str, bool]]) -> Column:
        """How much of each area goes along each link: split ones by the residents of their parts,
        irregular ones by ground.
        """
        before = np.array([link[0] for link in links], dtype=np.int64)
        after = np.array([link[1] for link in links], dtype=np.int64)
        letter = np.array([link[2] for link in links], dtype="U1")
        found = np.where(np.isin(letter, list("UM")), 1.0, np.nan)
        split, irregular = np.flatnonzero(letter == "S"), np.flatnonzero(letter == "X")
        found[split] = shares(before[split], self._residents(end).of(after[split]))
        found[irregular] = shares(
            before[irregular], self._ground(start, end, before[irregular], after[irregular])
        )
        return found

    def _residents(self, vintage: str) -> ByArea:
        """The residents by whom what was split into these areas is shared out."""
        counted = self.catalogue.vintage(vintage).shared_out_by
        seen = (
            deliveries_store.observed(self.connection, counted.source, counted.measure)
            if counted
            else []
        )
        told = [one for one in seen if one.vintage == vintage and not one.category]
        if not told:
            return ByArea(np.empty(0, dtype=np.int64), np.empty(0))
        newest = max(told, key=lambda one: one.period)
        order = np.argsort(newest.area_id)
        return ByArea(newest.area_id[order], newest.value[order])

    def _ground(self, start: str, end: str, before: Ids, after: Ids) -> Column:
        """The ground that areas of two vintages share, pair by pair; NaN without both outlines."""
        published = areas_store.published_editions(self.connection)
        found = np.full(before.size, np.nan)
        if not before.size or start not in published or end not in published:
            return found
        old, new = (
            areas_store.outlines(self.connection, published[vintage].id, np.unique(ids).tolist())
            for vintage, ids in ((start, before), (end, after))
        )
        for at, (a, b) in enumerate(zip(before.tolist(), after.tolist(), strict=True)):
            if a in old and b in new:
                found[at] = shapely.area(shapely.intersection(old[a], new[b]))
        return found

    def _succeed(
        self, cells: Sequence[Cells], roads: dict[str, list[Cells]], *, additive: bool
    ) -> None:
        """Add, for the authorities of every year shown, what the same places were told before.

        The vintage nearest in years comes first.
        """
        starts = [one for one in cells if self._is_authority(one.vintage)]
        for vintage in self.shown:
            for one in sorted(starts, key=lambda one: (_apart(one.vintage, vintage), one.vintage)):
                if one.vintage == vintage:
                    continue
                road = self._succession(one.vintage, vintage)
                if road.start.size:
                    ids = self._ids(vintage)
                    roads[vintage].append(carried(one, road, vintage, ids, additive=additive))

    def _is_authority(self, vintage: str) -> bool:
        return self.catalogue.vintage(vintage).level in AUTHORITIES

    def _succession(self, start: str, end: str) -> Carrying:
        """What the authorities of one year are in another, by their codes and the dated list."""
        if (start, end) not in self._carryings:
            codes = self._area_ids(start)
            at = {int(number): place for place, number in enumerate(self._ids(end))}
            later = self._area_ids(end)
            links = [
                (codes.get(a, NOBODY), at[later[b]], letter, 1.0 if letter in "UM" else np.nan)
                for a, b, letter in self._succession_links(start, end, codes)
                if b in later
            ]
            self._carryings[start, end] = _carrying(links, parts_inherit=False)
        return self._carryings[start, end]

    def _succession_links(self, start: str, end: str, codes: Mapping[str, int]) -> list[Link]:
        one, other = self.catalogue.vintage(start), self.catalogue.vintage(end)
        if other.numbered != "gss":
            return []
        changes = self.catalogue.changes
        if one.numbered == "lea":
            links = numbered(self.catalogue.numbers, changes, _last_day(one), _last_day(other))
        else:
            links = became(changes, codes, _last_day(one), _last_day(other))
        return [link for link in links if one.holds(link[0]) and other.holds(link[1])]

    def _area_ids(self, vintage: str) -> dict[str, int]:
        if vintage not in self._codes:
            self._codes[vintage] = areas_store.area_ids(self.connection, vintage)
        return self._codes[vintage]

    def _ids(self, vintage: str) -> Ids:
        return np.array(sorted(self._area_ids(vintage).values()), dtype=np.int64)

    # ------------------------------------------------------------ to larger areas

    def links(self, small: str, large: str) -> list[tuple[int, int, str, bool]]:
        """The links between two vintages: from area, to area, change code, exact."""
        if (small, large) not in self._links:
            self._links[small, large] = areas_store.links_between(self.connection, small, large)
        return self._links[small, large]

    def parents(self, vintage: str) -> Iterator[str]:
        """The vintages whose areas are sums of this one's: of another level, and linked."""
        for one in self.catalogue.vintages.values():
            linked = (vintage, one.id) in self.pairs and one.built_from is not None
            if linked and one.level is not self.catalogue.vintage(vintage).level:
                yield one.id

    def summed_from(self, base: str) -> frozenset[str]:
        """The vintages whose incidents are summed from this base, and from no other.

        A vintage is summed from the one its manifest names where it can be, else from the first
        that it is linked with: one road for one figure.
        """
        roads: dict[str, list[str]] = defaultdict(list)
        for one in self.bases:
            for parent in self.parents(one):
                roads[parent].append(one)
        return frozenset(
            parent
            for parent, bases in roads.items()
            if base
            == (own if (own := self.catalogue.vintage(parent).built_from) in bases else bases[0])
        )

    def _sums(self, roots: Mapping[str, Cells], first: set[str]) -> dict[str, list[Cells]]:
        """The sums of every root in every larger vintage; those of published roots come first,
        and among them those of the vintage that the larger one is built from. What was carried to
        another census is summed last: it may lack what cannot be told apart there.
        """
        found: dict[str, list[tuple[tuple[bool, bool, str], Cells]]] = defaultdict(list)
        for vintage, cells in roots.items():
            for parent in self.parents(vintage):
                built_from = self.catalogue.vintage(parent).built_from
                rank = (vintage not in first, vintage != built_from, vintage)
                found[parent].append((rank, self.summed(cells, parent)))
            for other in self._summed_past(cells) if vintage in first else ():
                found[other.vintage].append(((False, True, vintage), other))
        return {
            parent: [cells for _, cells in sorted(ranked, key=lambda one: one[0])]
            for parent, ranked in found.items()
        }

    def summed(self, cells: Cells, parent: str) -> Cells:
        """The cells added up in the areas of a larger vintage."""
        road = self.road(cells.vintage, cells.ids, parent)
        return summed(cells, road.summing, parent, road.ids)

    def _summed_past(self, cells: Cells) -> Iterator[Cells]:
        """The cells added up in the larger areas of another census that all they became lies in.

        What became of a split area need not be told apart in a larger one that holds all of it.
        """
        own = set(self.parents(cells.vintage))
        level = self.catalogue.vintage(cells.vintage).level
        for other in self.bases:
            same_level = self.catalogue.vintage(other).level is level
            if other == cells.vintage or not same_level or (cells.vintage, other) not in self.pairs:
                continue
            for parent in self.parents(other):
                if parent not in own:
                    road = self.past(cells.vintage, cells.ids, other, parent)
                    yield summed(cells, road.summing, parent, road.ids)

    def past(self, vintage: str, ids: Ids, other: str, parent: str) -> Road:
        """How areas of one census add up to larger areas of another, by what became of them.

        An area whose parts lie in several of the larger ones is in none, and all those lack it.
        """
        key = (vintage, f"{other} {parent}", hash(ids.tobytes()))
        if key not in self._roads:
            lies_in: dict[int, set[int]] = defaultdict(set)
            for small, large, _, _ in self.links(other, parent):
                lies_in[small].add(large)
            ends: dict[int, set[int]] = defaultdict(set)
            astray: set[int] = set()
            exact = all(link[3] for link in self.links(other, parent))
            for before, after, _, sure in self.links(vintage, other):
                ends[before] |= lies_in[after] if sure else set()
                if not sure or len(lies_in[after]) != 1:
                    astray.add(before)
            larger = np.array(sorted({one for some in ends.values() for one in some}), np.int64)
            at = {int(number): place for place, number in enumerate(larger)}
            children = np.zeros(larger.size, dtype=np.int64)
            for some in ends.values():
                for one in some:
                    children[at[one]] += 1
            whole = {
                before: at[next(iter(some))]
                for before, some in ends.items()
                if len(some) == 1 and before not in astray
            }
            parent_of = np.array([whole.get(int(number), -1) for number in ids], dtype=np.int64)
            self._roads[key] = Road(larger, Summing(parent_of, children, exact))
        return self._roads[key]

    def held_by(self, vintage: str, ids: Ids, other: str, parent: str) -> Ids:
        """Of areas of one census the index, among those of `road` from another, of the larger area
        that all they became lies in; -1 where they became parts of several.
        """
        past = self.past(vintage, ids, other, parent)
        larger = self.road(other, self.bases[other], parent).ids
        at = past.summing.parent
        index = np.minimum(np.searchsorted(larger, past.ids[at]), larger.size - 1)
        return np.where((at >= 0) & (larger[index] == past.ids[at]), index, -1)

    def road(self, vintage: str, ids: Ids, parent: str) -> Road:
        """How these areas of a vintage add up to those of a larger one."""
        key = (vintage, parent, hash(ids.tobytes()))
        if key not in self._roads:
            links = np.array(
                [(small, large) for small, large, _, _ in self.links(vintage, parent)],
                dtype=np.int64,
            )
            larger, at = np.unique(links[:, 1], return_inverse=True)
            order = np.argsort(links[:, 0], kind="stable")
            parent_of = ByArea(links[order, 0], at[order].astype(np.float64)).of(ids)
            exact = all(one[3] for one in self.links(vintage, parent))
            self._roads[key] = Road(
                larger,
                Summing(
                    np.nan_to_num(parent_of, nan=-1).astype(np.int64),
                    np.bincount(at, minlength=larger.size),
                    exact,
                ),
            )
        return self._roads[key]


NOBODY = 0
"""Stands for the id of an area that nothing was ever told of; ids start at 1."""


def _carrying(links: Sequence[tuple[int, int, str, float]], *, parts_inherit: bool) -> Carrying:
    return Carrying(
        np.array([one[0] for one in links], dtype=np.int64),
        np.array([one[1] for one in links], dtype=np.int64),
        np.array([one[2] for one in links], dtype="U1"),
        np.array([one[3] for one in links], dtype=np.float64),
        parts_inherit,
    )


def _last_day(vintage: Vintage) -> date:
    """Codes of a year are those in force at its end."""
    return date(vintage.year, 12, 31)


def _apart(one: str, other: str) -> int:
    return abs(int(one[-4:]) - int(other[-4:]))
