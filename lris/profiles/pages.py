"""The pages themselves: many areas of one vintage at once, or one, by the same steps."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np

from lris import areas, sites
from lris.catalogue.profiles import Profile
from lris.figures import CONFIDENCE, Contents, Reader
from lris.profiles import gaps
from lris.profiles.choosing import Entry, Standpoint, Told, entries_of, told_categories
from lris.profiles.company import Company, Neighbourhood
from lris.profiles.grounds import Ground, codes_around, grounds_of, of_whom
from lris.profiles.likeness import why_alike
from lris.profiles.outstanding import Contest, chances, contests_of, stands_out
from lris.profiles.sheets import (
    NO_DATA,
    NUMBERS,
    REASON_WORDS,
    STATUS_WORDS,
    WITHHELD,
    Lines,
    Sheet,
    given_sheet,
    lines_of,
    read_sheet,
)
from lris.profiles.soundness import late_sources, quality_of
from lris.rules.words import Order, figure_sentence, order_words
from lris.session import Connection
from lris.store import deliveries as deliveries_store
from lris.terms import AreaCode, Viewer

PROFILE = "neighbourhood"
PAGES_AT_ONCE = 32
"""Pages held in full at any time."""

Row = Mapping[str, Any]
Page = dict[str, Any]


def profile(reader: Reader, viewer: Viewer, which: AreaCode) -> Page:
    """The profile of an area from the newest release. Raises `UnknownName`, `NotPublished`."""
    with reader.doors.reading(viewer) as connection:
        found = reader.contents(connection, viewer)
        number, described = areas.described(connection, reader.catalogue, which)
        places = sites.of_profile(connection, reader.catalogue, found, number)
        desk = Desk.at(connection, reader, viewer, found)
        return next(desk.pages([described], [places]))


def assemble(
    connection: Connection,
    reader: Reader,
    viewer: Viewer,
    described: Mapping[str, Any],
    rows: Sequence[Row],
    *,
    places: Mapping[str, Any] | None = None,
    left_out: Collection[str] = (),
) -> Page:
    """The profile of a neighbourhood that is in no table: drawn, and made of whole blocks.

    `described` is what `lris.areas.described` says of an area: `id` 0, `level` "custom", `vintage`
    that of its blocks, `code` its token, `name`, `fictional`, `aliases` ({} for none), `edition`
    and `grade` of the blocks, and as `parents` the areas that it lies in wholly (or mostly, with
    `exact` false), such as its district, region and country: each {vintage, code, name, aliases,
    level, exact}. They are what it is compared with, and whose figures stand in, named as theirs,
    where it has none.

    `rows` are its figures with the columns of `lris/store/sql/figures_of_areas.sql`, `area_id`
    being 0: of every period that a trend may use, not of the newest alone. Each is of a series that
    the release has for the blocks; a row of any other is left out. An indicator that is published
    for the blocks and is not among the rows is shown as missing; give a withheld row to say another
    reason. It has a place in the spread of its district's blocks, but no rank among them.

    `places` are the keys `sites` and `sites_note` as `lris.sites.of_profile` gives them. Of the
    indicators `left_out` nothing is told: not that they are missing, nor what larger areas have.
    """
    found = reader.contents(connection, viewer)
    desk = Desk.at(connection, reader, viewer, found)
    desk = replace(desk, entries=[one for one in desk.entries if one.indicator.id not in left_out])
    nowhere: Mapping[str, Any] = {"sites": [], "sites_note": ""}
    return next(desk.pages([described], [places or nowhere], own=[rows]))


@dataclass(slots=True)
class Desk:
    """What pages of one release are written from, for one viewer; `company` is who they meet."""

    connection: Connection
    reader: Reader
    viewer: Viewer
    found: Contents
    manifest: Profile
    entries: Sequence[Entry]
    company: Company
    loaded: Mapping[str, str]
    undivided: Mapping[str, Sequence[str]]
    late: Mapping[str, str]
    always: dict[tuple[int, str, int], Always] = field(default_factory=dict)

    @classmethod
    def at(
        cls,
        connection: Connection,
        reader: Reader,
        viewer: Viewer,
        found: Contents,
        *,
        whole: bool = False,
    ) -> Desk:
        """Take a seat; with `whole` to write the pages of every area of a vintage."""
        manifest = reader.catalogue.profiles[PROFILE]
        key = "desk", found.release.number, viewer.access
        entries, lines, undivided, late = reader.kept(
            key, lambda: _of_release(connection, reader, found, manifest)
        )
        return cls(
            connection,
            reader,
            viewer,
            found,
            manifest,
            entries,
            Company(connection, reader, viewer, found, manifest, lines, whole=whole),
            deliveries_store.loaded_places(connection),
            undivided,
            late,
        )

    def pages(
        self,
        described: Sequence[Mapping[str, Any]],
        places: Sequence[Mapping[str, Any]],
        *,
        own: Sequence[Sequence[Row]] | None = None,
    ) -> Iterator[Page]:
        """The pages of some areas of one vintage. `own` gives the figures of a drawn one."""
        drafts = self._drafts(described, own)
        told = [one for draft in drafts for one in draft.told]
        around = {one["id"]: one["parents"] for one in described}
        met = self.company.meet(told, around, drafts[0].sheets)
        for start in range(0, len(drafts), PAGES_AT_ONCE):
            some = slice(start, start + PAGES_AT_ONCE)
            for draft in drafts[some]:
                self._fill(draft, met)
            self._test(drafts[some])
            for draft, nearby in zip(drafts[some], places[some], strict=True):
                yield self._page(draft, nearby)
                draft.figures.clear()

    # ------------------------------------------------------------ drafting

    def _drafts(
        self, described: Sequence[Mapping[str, Any]], own: Sequence[Sequence[Row]] | None
    ) -> list[Draft]:
        catalogue = self.reader.catalogue
        called = self.company.called([code for one in described for code in codes_around(one)])
        grounds = [grounds_of(catalogue, one, called) for one in described]
        sheets = self._sheets(grounds, own)
        drafts = []
        for one, around in zip(described, grounds, strict=True):
            stand = Standpoint.of(
                around, self.company.lines, [sheets.get(ground.vintage) for ground in around]
            )
            draft = Draft(one, around, sheets)
            for entry in self.entries:
                some = stand.told(entry)
                draft.told += some
                if not some and entry.shown.told_of(around[0].level):
                    gaps.tell_levels(
                        catalogue, self.found, entry, around[0].vintage, draft.elsewhere
                    )
            drafts.append(draft)
        return drafts

    def _sheets(
        self, grounds: Sequence[Sequence[Ground]], own: Sequence[Sequence[Row]] | None
    ) -> dict[str, Sheet]:
        """Every figure that could be told of every ground, by vintage.

        What is published for the areas themselves is told of no other ground.
        """
        wanted: dict[str, set[int]] = {}
        for ground in (one for some in grounds for one in some):
            wanted.setdefault(ground.vintage, set()).add(ground.id)
        first = grounds[0][0].vintage
        theirs = self.company.lines[first].runs if first in self.company.lines else {}
        sheets = {}
        for vintage, ids in wanted.items():
            lines = self.company.lines.get(vintage)
            if lines is None:
                continue
            if own is not None and vintage == first:
                sheets[vintage] = given_sheet(lines, own[0], 0)
                continue
            wanted_lines = [
                line
                for name, runs in lines.runs.items()
                if vintage == first or name not in theirs
                for run in runs.values()
                for line in run
            ]
            sheets[vintage] = self._sheet_of(lines, wanted_lines, ids, kept=own is not None)
        return sheets

    def _sheet_of(self, lines: Lines, which: Sequence[int], ids: set[int], *, kept: bool) -> Sheet:
        """The figures of some areas; `kept` where many neighbourhoods lie in the same ones."""

        def read() -> Sheet:
            return read_sheet(self.connection, lines, which, ids, whole=True)

        if not kept:
            return read()
        number, access = self.found.release.number, self.viewer.access
        key = "sheet", number, access, lines.vintage, tuple(which), tuple(sorted(ids))
        sheet: Sheet = self.reader.kept(key, read)
        return sheet

    # ------------------------------------------------------------ figures

    def _fill(self, draft: Draft, met: Mapping[str, Neighbourhood]) -> None:
        for told in draft.told:
            figure = self._figure(draft, told, met[told.ground.vintage])
            draft.figures.append(figure)
        own = [
            (figure, one.entry.indicator.method)
            for one, figure in zip(draft.told, draft.figures, strict=True)
            if one.newest
            and not one.missing
            and one.entry.shown.compared
            and one.entry.indicator.additive
            and one.ground.relation != "larger"
        ]
        draft.contests = contests_of(own, ("lad", "country", "region"))

    def _figure(self, draft: Draft, told: Told, met: Neighbourhood) -> dict[str, Any]:
        entry, ground = told.entry, told.ground
        if ground.relation == "larger":
            key = (entry.section.id, entry.shown.heading, entry.label, ground.id, told.line)
            made = met.shared.get(key)
            if made is None:
                made = met.shared[key] = self._made(draft, told, met)
            return made
        return self._made(draft, told, met)

    def _made(self, draft: Draft, told: Told, met: Neighbourhood) -> dict[str, Any]:
        ground = told.ground
        sheet = draft.sheets[ground.vintage]
        key = id(told.entry), ground.vintage, told.line
        always = self.always.get(key)
        if always is None:
            always = self.always[key] = Always.of(told.entry, sheet.lines.series[told.line])
        row = _cells(sheet, told)
        value, order = row["value"], always.order
        figure = {
            **always.keys,
            **row,
            "confidence": None if row["lower"] is None else CONFIDENCE,
            "area": ground.label,
            "words": order_words(value, order) if order and value is not None else None,
            "sentence": figure_sentence(
                row,
                unit=always.keys["unit"],
                decimals=always.keys["decimals"],
                period=always.keys["period"],
                order=order,
                area=of_whom(self.reader.catalogue, ground),
            ),
            **met.standing(told),
        }
        if told.missing:
            figure["denominator_words"] = None
        return figure

    # ------------------------------------------------------------ the page

    def _test(self, drafts: Sequence[Draft]) -> None:
        """Test what could stand out, of all pages at once."""
        everything = [one for draft in drafts for one in draft.contests]
        p = chances(everything)
        ends = np.cumsum([0, *(len(draft.contests) for draft in drafts)])
        for draft, (start, stop) in zip(drafts, pairwise(ends.tolist()), strict=True):
            draft.outstanding = stands_out(draft.contests, p[start:stop])

    def _page(self, draft: Draft, places: Mapping[str, Any]) -> Page:
        catalogue, described = self.reader.catalogue, draft.described
        by_section: dict[str, list[dict[str, Any]]] = {one.id: [] for one in self.manifest.sections}
        for told, figure in zip(draft.told, draft.figures, strict=True):
            by_section[told.entry.section.id].append(figure)
        sections = [
            {
                "id": one.id,
                "title": one.title,
                "topic": one.topic.value,
                "figures": by_section[one.id],
            }
            for one in self.manifest.sections
        ]
        alike = self.company.alike(described["vintage"])
        near = alike.told(described["vintage"], described["id"]) if alike else []
        return {
            "area": described,
            "release": self.found.release.number,
            "published": self.found.release.sealed_at.isoformat(),
            "sections": sections,
            "stands_out": draft.outstanding,
            "similar": near,
            "similar_because": why_alike(alike, described, near),
            "gaps": gaps.gaps_of(
                self.manifest.sections,
                sections,
                described,
                gaps.known_gaps(catalogue, self.loaded, described),
                self.undivided,
                draft.elsewhere,
            ),
            "quality": quality_of(draft.figures, self.late),
            "sources": gaps.sources_of(catalogue, sections, fictional=bool(described["fictional"])),
            **places,
        }


def _of_release(
    connection: Connection, reader: Reader, found: Contents, manifest: Profile
) -> tuple[object, ...]:
    """What is the same for every page of a release."""
    catalogue = reader.catalogue
    entries = entries_of(catalogue, manifest)
    scoring = {name: frozenset[str]() for one in manifest.likenesses for name in one.indicators}
    return (
        entries,
        lines_of(found, scoring | told_categories(entries)),
        gaps.undivided_of(catalogue, found, manifest.sections),
        late_sources(connection, catalogue, found),
    )


@dataclass(frozen=True, slots=True)
class Always:
    """What a figure of one series says in one place of the page, whichever area it is of."""

    keys: Mapping[str, Any]
    order: Order | None

    @classmethod
    def of(cls, entry: Entry, series: Row) -> Always:
        """Put together once for all areas."""
        indicator, shown = entry.indicator, entry.shown
        order = indicator.ranking.order if indicator.ranking else None
        return cls(
            {
                "indicator": indicator.id,
                "name": indicator.name,
                "label": entry.label or indicator.name,
                "heading": shown.heading,
                "folded": shown.folded,
                "category": series["category"],
                "category_name": indicator.category_name(series["category"]),
                "period": series["period"],
                "unit": indicator.unit,
                "decimals": indicator.decimals,
                "polarity": indicator.polarity,
                "denominator_words": series["denominator"],
                "ranking": order.kind if order else None,
                "sources": list(series["sources"]),
            },
            order,
        )


@dataclass(slots=True)
class Draft:
    """A page being written: which figures it tells, and what is told of them so far."""

    described: Mapping[str, Any]
    grounds: Sequence[Ground]
    sheets: Mapping[str, Sheet]
    told: list[Told] = field(default_factory=list)
    figures: list[dict[str, Any]] = field(default_factory=list)
    elsewhere: gaps.Elsewhere = field(default_factory=dict)
    contests: list[Contest] = field(default_factory=list)
    outstanding: dict[str, Any] = field(default_factory=dict)


def _cells(sheet: Sheet, told: Told) -> dict[str, Any]:
    """The numbers of a figure, and what they are worth."""
    if told.missing:
        nothing = dict.fromkeys(NUMBERS)
        return {**nothing, "status": STATUS_WORDS[WITHHELD], "reason": REASON_WORDS[NO_DATA]}
    at = told.line, sheet.columns[told.ground.id]
    return {
        "value": _plain(sheet.value.item(at)),
        "lower": _plain(sheet.lower.item(at)),
        "upper": _plain(sheet.upper.item(at)),
        "numerator": _plain(sheet.numerator.item(at)),
        "denominator": _plain(sheet.denominator.item(at)),
        "status": STATUS_WORDS[sheet.status.item(at)],
        "reason": REASON_WORDS[sheet.reason.item(at)],
    }


def _plain(number: float) -> float | None:
    return None if number != number else number
