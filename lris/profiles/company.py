"""Who the figures of a page meet: larger areas, areas of their kind, their like, their past."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lris.catalogue import Catalogue
from lris.catalogue.profiles import Profile
from lris.figures import Contents, Reader
from lris.profiles.choosing import Told
from lris.profiles.comparators import (
    KINDS,
    Comparing,
    Held,
    Telling,
    rivals_of,
    summed_where_unlike,
)
from lris.profiles.grounds import STEPS, Ground
from lris.profiles.likeness import Alike, Pools, alike, pools_for
from lris.profiles.places import Standing
from lris.profiles.sheets import Lines, Sheet, read_sheet
from lris.profiles.trends import Trend, trend_of
from lris.rules.words import LEVELS, place_name
from lris.session import Connection
from lris.store import areas as areas_store
from lris.store import releases as releases_store
from lris.terms import Level, Viewer

NOWHERE = "", "", True

MOST_PEERS = 10_000
"""Among more areas than these (those of a country, where no district is known) none is ranked."""

Row = Mapping[str, Any]
Known = Mapping[Level, tuple[str, str, bool]]
"""By level code and name of the larger area that an area lies in, and whether it does so wholly."""


@dataclass(slots=True)
class Neighbourhood:
    """What the figures of some areas of one vintage are held against."""

    catalogue: Catalogue
    sheet: Sheet
    part: Sheet
    rows: Mapping[int, int]
    telling: Telling
    places: Standing | None
    trends: dict[tuple[str, int], Trend] = field(default_factory=dict)
    shared: dict[tuple[str, str, str, int, int], dict[str, Any]] = field(default_factory=dict)

    def standing(self, told: Told) -> dict[str, Any]:
        """Comparators, rank, spread and trend of a figure."""
        row, number = self.rows[told.line], told.ground.id
        ranked = self.places is not None and number in self.places.group_of
        return {
            "comparators": self.telling.told(row, self.part.columns[number])
            if told.entry.shown.compared
            else [],
            "rank": self.places.rank(row, number) if self.places and ranked else None,
            "spread": self.places.spread(row, number) if self.places and ranked else None,
            "trend": self._trend(told) if told.newest and not told.missing else None,
        }

    def _trend(self, told: Told) -> dict[str, Any] | None:
        indicator = told.entry.indicator
        if indicator.ranking is not None:
            return None
        key = indicator.id, told.line
        if key not in self.trends:
            self.trends[key] = trend_of(self.sheet, indicator, told.line)
        return self.trends[key].told(self.sheet.columns[told.ground.id])


@dataclass(slots=True)
class Company:
    """Finds who there is to meet; with `whole` it remembers what all areas of a vintage share."""

    connection: Connection
    reader: Reader
    viewer: Viewer
    found: Contents
    manifest: Profile
    lines: Mapping[str, Lines]
    whole: bool
    _called: dict[str, list[Row]] = field(default_factory=dict)
    _districts: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    _members: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    _pools: dict[str, Pools] = field(default_factory=dict)

    def called(self, codes: Iterable[str]) -> Mapping[str, Sequence[Row]]:
        """The areas of any vintage that have these codes, by code."""
        new = [code for code in dict.fromkeys(codes) if code not in self._called]
        if new:
            self._called.update({code: [] for code in new})
            vintages = list(self.reader.catalogue.vintages)
            for row in areas_store.areas_called(self.connection, vintages, new):
                self._called[row["code"]].append(row)
        return self._called

    def alike(self, vintage: str) -> Alike | None:
        """The likeness of the areas of a vintage, where something to liken them by is published."""
        lines = self.lines.get(vintage)
        if lines is None:
            return None
        return alike(self.connection, self.reader, self.viewer, self.found, lines, self.manifest)

    def meet(
        self, told: Sequence[Told], around: Mapping[int, Sequence[Row]], sheets: Mapping[str, Sheet]
    ) -> dict[str, Neighbourhood]:
        """By vintage what the figures to be told are held against.

        `around` are the larger areas of the areas looked at themselves, `sheets` all figures.
        """
        grounds = {one.ground.id: one.ground for one in told}
        lies_in = self._lies_in(grounds, around)
        wanted: dict[str, tuple[set[int], set[int]]] = {}
        for one in told:
            lines, ids = wanted.setdefault(one.ground.vintage, (set(), set()))
            lines.add(one.line)
            ids.add(one.ground.id)
        return {
            vintage: self._meet_once(sheets[vintage], sorted(lines), ids, grounds, lies_in)
            for vintage, (lines, ids) in wanted.items()
        }

    def _kept(self, what: str, which: tuple[object, ...], make: Callable[[], Any]) -> Any:  # noqa: ANN401
        """What is the same for every neighbourhood in the same larger areas, made once."""
        if self.whole:
            return make()
        return self.reader.kept((what, self.found.release.number, self.viewer.access, *which), make)

    def _meet_once(
        self,
        sheet: Sheet,
        lines: Sequence[int],
        ids: set[int],
        grounds: Mapping[int, Ground],
        lies_in: Mapping[int, Known],
    ) -> Neighbourhood:
        def make() -> Neighbourhood:
            return self._meet(sheet, lines, ids, grounds, lies_in)

        if any(grounds[number].relation != "larger" for number in ids):
            return make()
        which = sheet.lines.vintage, tuple(lines), tuple(sorted(ids))
        met: Neighbourhood = self._kept("met", which, make)
        return met

    def _meet(
        self,
        sheet: Sheet,
        lines: Sequence[int],
        ids: Iterable[int],
        grounds: Mapping[int, Ground],
        lies_in: Mapping[int, Known],
    ) -> Neighbourhood:
        part = sheet.part(lines, ids)
        comparing = Comparing(self.reader.catalogue, part)
        places = self._standing(sheet, part, grounds, lies_in)
        return Neighbourhood(
            self.reader.catalogue,
            sheet,
            part,
            {line: row for row, line in enumerate(lines)},
            Telling(comparing, self._held(comparing, grounds, lies_in, places)),
            places,
        )

    # ------------------------------------------------------------ larger areas

    def _lies_in(
        self, grounds: Mapping[int, Ground], around: Mapping[int, Sequence[Row]]
    ) -> dict[int, Known]:
        """Of each ground the larger areas it is compared with, and itself among them."""
        catalogue = self.reader.catalogue
        others = [number for number in grounds if number not in around]
        parents = self._kept(
            "parents",
            tuple(sorted(others)),
            lambda: areas_store.parents_of(self.connection, others) if others else {},
        )
        found: dict[int, Known] = {}
        for number, ground in grounds.items():
            known: dict[Level, tuple[tuple[bool, str], str, str]] = {}
            for row in around.get(number, parents.get(number, ())):
                if row["vintage"] not in catalogue.vintages:
                    continue
                level = catalogue.vintage(row["vintage"]).level
                rank = bool(row["exact"]), row["vintage"][-4:]
                if level in KINDS and (level not in known or rank > known[level][0]):
                    known[level] = rank, row["code"], place_name(row["name"] or row["code"])
            if ground.level in KINDS:
                known[ground.level] = (True, ""), ground.code, ground.name
            found[number] = {
                level: (code, name, rank[0]) for level, (rank, code, name) in known.items()
            }
        return found

    def _held(
        self,
        comparing: Comparing,
        grounds: Mapping[int, Ground],
        lies_in: Mapping[int, Known],
        places: Standing | None,
    ) -> list[Held]:
        part = comparing.sheet
        ids = part.ids.tolist()
        wanted = [
            (level, *lies_in[number][level][:2])
            for level in KINDS
            for number in ids
            if level in lies_in[number]
        ]
        called = self.called(code for _, code, _ in wanted)
        rivals = self._kept(
            "rivals",
            (part.lines.vintage, tuple(part.which.tolist()), tuple(wanted)),
            lambda: rivals_of(
                self.connection, self.reader.catalogue, self.lines, part, wanted, called
            ),
        )
        held = []
        for level, kind in KINDS.items():
            around = [lies_in[number].get(level, NOWHERE) for number in ids]
            codes = [code for code, _, _ in around]
            names = [code for code in dict.fromkeys(codes) if code]
            if names:
                which = np.array([names.index(code) if code else -1 for code in codes])
                itself = [grounds[number].level is level for number in ids]
                some = [rivals[level, code] for code in names]
                if places and level is Level.LAD:
                    some = [
                        summed_where_unlike(
                            self.reader.catalogue, one, places.peers, places.groups[one.code]
                        )
                        if one.code in places.groups
                        else one
                        for one in some
                    ]
                mostly = [not exact for _, _, exact in around]
                held.append(comparing.against(kind, some, which, itself=itself, mostly=mostly))
        pools = self._pools_of(part)
        return [*held, comparing.against_like(pools)] if pools else held

    def _pools_of(self, part: Sheet) -> Pools | None:
        vintage = part.lines.vintage
        found = self.alike(vintage)
        if found is None or not any(found.of(number).size for number in part.ids.tolist()):
            return None
        if not self.whole:
            return pools_for(self.connection, part.lines, found, part.ids, whole=False)
        if vintage not in self._pools:
            self._pools[vintage] = pools_for(
                self.connection, part.lines, found, part.ids, whole=True
            )
        return self._pools[vintage]

    # ------------------------------------------------------------ areas of its kind

    def _standing(
        self, sheet: Sheet, part: Sheet, grounds: Mapping[int, Ground], lies_in: Mapping[int, Known]
    ) -> Standing | None:
        """The groups that areas are ranked in: of their district, else of their whole vintage."""
        catalogue, vintage = self.reader.catalogue, part.lines.vintage
        level = catalogue.vintage(vintage).level
        many = LEVELS[level][1]
        group_of: dict[int, str] = {}
        among: dict[str, str] = {}
        for number in part.ids.tolist():
            code, name, _ = lies_in[number].get(Level.LAD, NOWHERE)
            if STEPS.get(level, STEPS[Level.LAD]) >= STEPS[Level.LAD]:
                code = ""
            group_of[number] = code
            among[code] = f"{many} of {name}" if code else f"{many} of {_year(vintage)}"
        members = {code: self._members_of(vintage, code) for code in among}
        few = {code: ids for code, ids in members.items() if 1 < len(ids) <= MOST_PEERS}
        if not few:
            return None
        everybody = {number for ids in few.values() for number in ids}
        lines = part.which.tolist()
        peers = (
            sheet.part(lines, everybody)
            if everybody <= sheet.columns.keys()
            else self._kept(
                "peers",
                (vintage, tuple(lines), tuple(sorted(few))),
                lambda: read_sheet(self.connection, part.lines, lines, everybody),
            )
        )
        columns = {
            code: np.array([peers.columns[number] for number in ids], dtype=np.int64)
            for code, ids in few.items()
        }
        known = {number: code for number, code in group_of.items() if code in few}
        return Standing(catalogue, peers, columns, among, known)

    def _members_of(self, vintage: str, district: str) -> list[int]:
        key = vintage, district
        if key not in self._members:
            self._members[key] = self._kept(
                "members", key, lambda: self._find_members(vintage, district)
            )
        return self._members[key]

    def _find_members(self, vintage: str, district: str) -> list[int]:
        if not district:
            return [one[0] for one in areas_store.named_areas(self.connection, vintage)]
        if self.whole:
            return self._all_by_district(vintage).get(district, [])
        catalogue = self.reader.catalogue
        roots = [
            row["id"]
            for row in self.called([district])[district]
            if catalogue.vintage(row["vintage"]).level is Level.LAD
        ]
        inside = areas_store.areas_within(self.connection, vintage, roots)
        return self._by_district(inside).get(district, [])

    def districts(self, vintage: str) -> list[list[int]]:
        """The areas of a vintage that have figures, by district; last those that lie in none."""
        lines = self.lines[vintage]
        newest = [
            lines.series[run.start]["id"] for runs in lines.runs.values() for run in runs.values()
        ]
        there = releases_store.areas_of_series(self.connection, newest)
        found = self._all_by_district(vintage)
        known = {number for ids in found.values() for number in ids}
        return [
            *([one for one in ids if one in there] for ids in found.values()),
            sorted(there - known),
        ]

    def _all_by_district(self, vintage: str) -> dict[str, list[int]]:
        if vintage not in self._districts:
            every = [one[0] for one in areas_store.named_areas(self.connection, vintage)]
            self._districts[vintage] = self._by_district(every)
        return self._districts[vintage]

    def _by_district(self, ids: Sequence[int]) -> dict[str, list[int]]:
        """Areas by the district that they are compared with."""
        vintages = [
            name for name, one in self.reader.catalogue.vintages.items() if one.level is Level.LAD
        ]
        found: dict[str, list[int]] = {}
        districts = areas_store.districts_of(self.connection, ids, vintages)
        for number, code in districts.items():
            found.setdefault(code, []).append(number)
        return found


def _year(vintage: str) -> str:
    return vintage[-4:]
