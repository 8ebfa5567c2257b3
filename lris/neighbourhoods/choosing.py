"""Which blocks a neighbourhood is made of: those of a line, of codes, or of postcodes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from lris import postcodes
from lris.catalogue import Catalogue
from lris.errors import BadRequest
from lris.figures import Contents, Reader
from lris.neighbourhoods.asking import BLOCKS, MOST_BLOCKS, texts
from lris.profiles.choosing import entries_of
from lris.profiles.pages import PROFILE
from lris.rules.blocks import fit, takes
from lris.rules.drawn import drawn_ground
from lris.rules.words import LEVELS, listed
from lris.session import Connection
from lris.store import areas as areas_store
from lris.store import neighbourhoods as store
from lris.store.neighbourhoods import Neighbourhood
from lris.terms import Viewer

SHARE_DECIMALS = 4

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Choosing:
    """A connection, and what the release holds: from them blocks are chosen."""

    connection: Connection
    reader: Reader
    viewer: Viewer
    found: Contents

    @property
    def catalogue(self) -> Catalogue:
        """The decisions."""
        return self.reader.catalogue

    # ------------------------------------------------------------ whose vintage

    def vintages(self) -> list[str]:
        """The vintages of blocks that figures are published for; what a line takes comes first.

        First are LSOAs, then those whose own codes most indicators of the profile are published
        by, and not carried to from other boundaries, then the newest.
        """
        key = "vintages of blocks", self.found.release.number, self.viewer.access
        found: list[str] = self.reader.kept(key, self._find_vintages)
        return found

    def _find_vintages(self) -> list[str]:
        own: Counter[str] = Counter()
        for entry in entries_of(self.catalogue, self.catalogue.profiles[PROFILE]):
            source = self.catalogue.source(entry.indicator.numerator.source)
            by = {column.vintage for layout in source.layouts for column in layout.columns}
            for vintage in {row["vintage"] for row in self.found.of(entry.indicator.id)}:
                own[vintage] += vintage in by
        there = {row["vintage"] for rows in self.found.series.values() for row in rows}
        levels = {one: self.catalogue.vintage(one).level for one in there}
        return sorted(
            (one for one in there if levels[one] in BLOCKS),
            key=lambda one: (-BLOCKS.index(levels[one]), own[one], one[-4:], one),
            reverse=True,
        )

    def vintage(self, asked: object, among: Iterable[str]) -> str:
        """The vintage of blocks asked for, or the first there is."""
        there = [one for one in self.vintages() if one in set(among)]
        if asked is None and there:
            return there[0]
        if asked not in there:
            raise BadRequest(
                f"no blocks of {str(asked)[:40]!r} have figures"
                if asked is not None
                else "no blocks have both figures and outlines",
                remedy=f"vintage is one of: {', '.join(there) or 'none yet'}",
            )
        return str(asked)

    # ------------------------------------------------------------ by a line

    def by_line(self, polygon: object, asked: object) -> Neighbourhood:
        """The blocks a drawn line takes."""
        ground = drawn_ground(polygon)
        published = areas_store.published_editions(self.connection)
        vintage = self.vintage(asked, published)
        most = 2 * MOST_BLOCKS
        rows = store.blocks_in_ground(self.connection, published[vintage].id, ground, most)
        if not rows:
            raise BadRequest(
                f"no area of {vintage} lies there",
                remedy="draw the line where boundaries are loaded; GET /places lists the places",
            )
        whole = np.array([row["ground"] for row in rows])
        inside = np.array([row["inside"] for row in rows])
        taken = takes(inside / whole, self._centres_inside(vintage, ground, rows))
        if len(rows) >= most or taken.sum() > MOST_BLOCKS:
            raise BadRequest(
                f"the line takes in more than {MOST_BLOCKS:,} blocks",
                remedy="draw a neighbourhood; districts, regions and countries have profiles",
            )
        if not taken.any():
            raise _takes_nothing(rows, inside / whole)
        fits = fit(whole, inside, taken, float(shapely.area(ground)))
        return Neighbourhood(
            "",
            "",
            vintage,
            "polygon",
            tuple(row["id"] for row in rows),
            tuple(bool(one) for one in taken),
            tuple(round(float(one), SHARE_DECIMALS) for one in np.minimum(inside / whole, 1)),
            round(fits.covered, SHARE_DECIMALS),
            round(fits.outside, SHARE_DECIMALS),
        )

    def _centres_inside(
        self, vintage: str, ground: shapely.Geometry, rows: Sequence[Row]
    ) -> NDArray[np.float64]:
        """1 where the centre of a block's residents is inside or on the line, 0 where it is not,
        NaN where no centre is loaded.
        """
        source = self._centres(vintage)
        points = (
            store.points_of(self.connection, *source, [row["id"] for row in rows]) if source else {}
        )
        x, y = (
            np.array([points.get(row["id"], (np.nan, np.nan))[axis] for row in rows])
            for axis in (0, 1)
        )
        shapely.prepare(ground)
        within = shapely.intersects_xy(ground, x, y)
        return np.where(np.isfinite(x), within, np.nan)

    def _centres(self, vintage: str) -> tuple[str, str] | None:
        """The source of the residents' centres of a vintage, and the period it is of."""
        for source in self.catalogue.sources.values():
            measures = {one.id for one in source.measures}
            columns = {column.vintage for layout in source.layouts for column in layout.columns}
            if {"easting", "northing"} <= measures and vintage in columns and source.period:
                return source.id, source.period
        return None

    # ------------------------------------------------------------ by codes

    def by_codes(self, given: object, asked: object) -> Neighbourhood:
        """The blocks named, or those of larger areas named."""
        codes = [one.strip().upper() for one in texts(given, "codes", MOST_BLOCKS)]
        codes, asked = _without_vintage(codes, asked)
        known = store.areas_with_code(self.connection, codes)
        if not isinstance(asked, str):
            raise BadRequest(
                "codes alone do not say which boundaries they are of",
                remedy=f"add vintage: {_those_with_all(known, codes) or 'such as lsoa_2021'}",
            )
        vintage = self.catalogue.vintage(asked)
        ids = {row["code"]: row["id"] for row in known if row["vintage"] == vintage.id}
        missing = [code for code in codes if code not in ids]
        if missing:
            raise self._not_of(vintage.id, missing, known)
        if vintage.level in BLOCKS:
            self.vintage(vintage.id, self.vintages())
            return _of_blocks(vintage.id, "codes", sorted(ids, key=str), ids)
        return self._opened(vintage.id, list(ids.values()))

    def _not_of(self, vintage: str, missing: list[str], known: Sequence[Row]) -> BadRequest:
        """Why codes are not of a vintage: nobody's, another year's, or another level's."""
        first = missing[0]
        others = [row["vintage"] for row in known if row["code"] == first]
        level = self.catalogue.vintage(vintage).level
        there = [one for one in others if one in self.catalogue.vintages]
        if not there:
            what = f"nobody knows the code {first[:40]!r}"
            remedy = f"look for it by name: /areas?vintage={vintage}&q=part+of+its+name"
        elif any(self.catalogue.vintage(one).level is level for one in there):
            what = f"{first} is of {listed(there)}, not of {vintage}"
            remedy = "name codes of one vintage: those of two years overlap"
        else:
            what = f"{first} is no {LEVELS[level][0]}: it is of {listed(there)}"
            remedy = "name codes of one level: an area and its parts would be counted twice"
        more = f" (and {len(missing) - 1:,} more)" if len(missing) > 1 else ""
        return BadRequest(f"{what}{more}", remedy=remedy)

    def _opened(self, vintage: str, ids: list[int]) -> Neighbourhood:
        """The blocks inside larger areas: each block goes whole to the area it lies in."""
        base = self.catalogue.vintage(vintage).built_from or ""
        while base in self.catalogue.vintages and self.catalogue.vintage(base).level not in BLOCKS:
            base = self.catalogue.vintage(base).built_from or ""
        if base not in self.vintages():
            raise BadRequest(
                f"areas of {vintage} are not made of blocks that figures are published for",
                remedy=f"name codes of: {', '.join(self.vintages())}",
            )
        inside = areas_store.areas_within(self.connection, base, ids)
        if not inside or len(inside) > MOST_BLOCKS:
            raise BadRequest(
                f"these areas hold {len(inside):,} blocks of {base}",
                remedy=f"a neighbourhood has from 1 to {MOST_BLOCKS:,}",
            )
        rows = store.areas_with_id(self.connection, inside)
        by_code = {row["code"]: row["id"] for row in rows}
        return _of_blocks(base, "codes", list(by_code), by_code)

    # ------------------------------------------------------------ by postcodes

    def by_postcodes(self, given: object, asked: object) -> tuple[Neighbourhood, list[str]]:
        """The blocks that postcodes lie in, and the postcodes that nothing is known of."""
        written = texts(given, "postcodes", postcodes.MOST_POSTCODES)
        known = postcodes.lookup(self.reader, self.viewer, written)
        vintage = self._vintage_of(known, asked)
        unknown: list[str] = []
        by_code: dict[str, int] = {}
        for one in known:
            within = [row for row in one.get("areas", ()) if row["vintage"] == vintage]
            by_code |= {row["code"]: row["id"] for row in within}
            if not within:
                unknown.append(one["asked"])
        if not by_code:
            raise BadRequest(
                f"the postcode lies in no area of {vintage} that is known"
                if len(written) == 1
                else f"none of the {len(written):,} postcodes lies in an area of {vintage} that is"
                " known",
                remedy="check the spelling; POST /postcodes says of each what is known",
            )
        if len(by_code) > MOST_BLOCKS:
            raise BadRequest(
                f"the postcodes lie in {len(by_code):,} blocks",
                remedy=f"a neighbourhood has at most {MOST_BLOCKS:,}",
            )
        return _of_blocks(vintage, "postcodes", sorted(by_code), by_code), unknown

    def _vintage_of(self, known: Sequence[Row], asked: object) -> str:
        """The vintage asked for, or the first one in which most of the postcodes have an area."""
        if asked is not None:
            return self.vintage(asked, self.vintages())
        found = Counter(row["vintage"] for one in known for row in one.get("areas", ()))
        there = self.vintages() or [self.vintage(None, ())]
        return max(there, key=lambda one: found[one])


def _without_vintage(codes: list[str], asked: object) -> tuple[list[str], object]:
    """Codes as they are, where some are written VINTAGE/CODE; of two vintages nothing is made."""
    written = [one.rpartition("/") for one in codes]
    named = {vintage.lower() for vintage, _, _ in written if vintage}
    if asked is not None:
        named.add(str(asked))
    if len(named) > 1:
        raise BadRequest(
            f"the codes are of several vintages: {listed(sorted(one[:40] for one in named))}",
            remedy="name codes of one vintage: those of two years overlap",
        )
    return list(dict.fromkeys(code for _, _, code in written)), next(iter(named), asked)


def _those_with_all(known: Sequence[Row], codes: Sequence[str]) -> str:
    """The vintages that have every one of these codes."""
    held: dict[str, set[str]] = {}
    for row in known:
        held.setdefault(row["vintage"], set()).add(row["code"])
    return " or ".join(sorted(one for one, mine in held.items() if mine >= set(codes)))


def _of_blocks(
    vintage: str, made_from: str, codes: Sequence[str], ids: Mapping[str, int]
) -> Neighbourhood:
    size = len(codes)
    exact = (1.0, 0.0) if made_from == "codes" else (None, None)
    blocks = tuple(ids[code] for code in codes)
    return Neighbourhood("", "", vintage, made_from, blocks, (True,) * size, (None,) * size, *exact)


LEAST_TOLD = 0.01
"""A smaller part of a block is told as less than that."""


def _takes_nothing(rows: Sequence[Row], share: NDArray[np.float64]) -> BadRequest:
    at = int(np.argmax(share))
    block = rows[at]
    part = f"{100 * share[at]:.0f} %" if share[at] >= LEAST_TOLD else "less than 1 %"
    return BadRequest(
        f"the line takes in no whole block: of {block['name'] or block['code']} it has {part},"
        " less than half or without the centre of its residents",
        remedy=f"draw it larger, or name the block: codes [{block['code']!r}]",
    )
