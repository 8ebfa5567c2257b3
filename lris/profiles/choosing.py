"""Which figures a page shows, and whose: the nearest ground that has them, its newest periods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from lris.catalogue import Catalogue
from lris.catalogue.indicators import Indicator
from lris.catalogue.profiles import Profile, Section, Shown
from lris.profiles.grounds import Ground
from lris.profiles.sheets import NOTHING, Lines, Sheet


@dataclass(frozen=True, slots=True)
class Entry:
    """One indicator on the page: of which section, by which line of the manifest."""

    section: Section
    shown: Shown
    indicator: Indicator
    label: str


@dataclass(frozen=True, slots=True)
class Told:
    """A figure to be told: of which ground, and by its line which series of the ground's vintage.

    `missing` is one that other areas of the vintage have; `newest` is the newest of its category.
    """

    entry: Entry
    ground: Ground
    line: int
    newest: bool
    missing: bool = False


def told_categories(entries: Sequence[Entry]) -> dict[str, frozenset[str]]:
    """The categories that a page tells of each indicator; none where it tells all of them."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for entry in entries:
        found.setdefault(entry.indicator.id, []).append(entry.shown.categories)
    return {
        name: frozenset(one for some in wanted for one in some) if all(wanted) else frozenset()
        for name, wanted in found.items()
    }


def entries_of(catalogue: Catalogue, manifest: Profile) -> tuple[Entry, ...]:
    """Every indicator of the manifest in the order of the page."""
    return tuple(
        Entry(section, shown, catalogue.indicator(name), label)
        for section in manifest.sections
        for shown in section.shows
        for name, label in shown.named
    )


@dataclass(slots=True)
class Standpoint:
    """One area looked at: its grounds from the nearest outwards, and which rows each of them has.

    `sheets` are by vintage; that of the area's own vintage may be its own alone.
    """

    grounds: Sequence[Ground]
    lines: Mapping[str, Lines]
    sheets: Sequence[Sheet | None]
    present: Sequence[Sequence[int]]

    @classmethod
    def of(
        cls, grounds: Sequence[Ground], lines: Mapping[str, Lines], sheets: Sequence[Sheet | None]
    ) -> Standpoint:
        """Look up the column of each ground in its sheet."""
        present = [
            sheet.status[:, sheet.columns[ground.id]].tolist()
            if sheet is not None and ground.id in sheet.columns
            else ()
            for ground, sheet in zip(grounds, sheets, strict=True)
        ]
        return cls(grounds, lines, sheets, present)

    def told(self, entry: Entry) -> list[Told]:
        """The figures of an indicator; none where no ground has any."""
        name, shown = entry.indicator.id, entry.shown
        own = self.grounds[0]
        if not shown.told_of(own.level):
            return []
        if own.vintage in self.lines and name in self.lines[own.vintage].runs:
            return list(self._of_ground(entry, 0))
        there = [
            (at, newest)
            for at, ground in enumerate(self.grounds)
            if at
            and (shown.larger or ground.relation != "larger")
            and (newest := self._newest_end(at, name, shown))
        ]
        if not there:
            return []
        first = self.grounds[there[0][0]]
        alike = [
            one
            for one in there
            if (self.grounds[one[0]].relation, self.grounds[one[0]].level)
            == (first.relation, first.level)
        ]
        chosen = max(alike, key=lambda one: (one[1], self.grounds[one[0]].vintage))
        return list(self._of_ground(entry, chosen[0]))

    def _rows(self, at: int, run: range) -> list[int]:
        present = self.present[at]
        return [line for line in run if present[line] != NOTHING] if present else []

    def _newest_end(self, at: int, name: str, shown: Shown) -> date | None:
        """The end of the newest period that a ground has a row for."""
        lines = self.lines.get(self.grounds[at].vintage)
        if lines is None or name not in lines.runs:
            return None
        runs = lines.runs[name]
        newest: date | None = None
        for category in shown.categories or runs:
            for line in self._rows(at, runs.get(category, range(0)))[:1]:
                end: date = lines.series[line]["period_end"]
                newest = end if newest is None or end > newest else newest
        return newest

    def _of_ground(self, entry: Entry, at: int) -> Iterator[Told]:
        ground, shown, indicator = self.grounds[at], entry.shown, entry.indicator
        lines = self.lines[ground.vintage]
        declared = [one.id for one in indicator.categories] or [""]
        runs = lines.runs.get(indicator.id, {})
        rows = {category: self._rows(at, run) for category, run in runs.items()}
        there = [one for one in declared if rows.get(one)]
        for category in shown.categories or there:
            mine = rows.get(category, [])
            for place, line in enumerate(mine[: shown.periods]):
                yield Told(entry, ground, line, newest=place == 0)
            if not mine and ground.relation == "own":
                yield from _missing(entry, ground, runs.get(category, range(0)))
        if not any(rows.values()) and not shown.categories and ground.relation == "own":
            yield from _missing(entry, ground, runs.get(declared[0], range(0)))


def _missing(entry: Entry, ground: Ground, run: range) -> Iterator[Told]:
    """A gap for an indicator that other areas of this vintage do have."""
    if run:
        yield Told(entry, ground, run.start, newest=True, missing=True)
