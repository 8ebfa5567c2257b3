"""Neighbourhoods of one's own: a drawn line, a list of codes or of postcodes, made of whole blocks.

A block is the smallest area that figures are published for. What lies inside a drawn line is never
counted: blocks are taken whole, it is said how well they fit, and their sealed figures are added
up. The line itself is not kept, and of postcodes only the blocks they lie in.
"""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b32encode
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from lris import postcodes, sites
from lris.catalogue import Catalogue
from lris.errors import BadRequest, UnknownName
from lris.figures import Contents, Reader
from lris.profiles import assemble
from lris.profiles.choosing import Entry, entries_of
from lris.profiles.pages import PROFILE, Always
from lris.rules.blocks import fit, takes
from lris.rules.drawn import drawn_ground
from lris.rules.words import LEVELS, figure_sentence, listed
from lris.session import Connection, Doors
from lris.store import areas as areas_store
from lris.store import neighbourhoods as store
from lris.store.neighbourhoods import Neighbourhood
from lris.summing import Summed, figures_of_blocks, residents_of_blocks
from lris.terms import Level, Viewer, fictional_land

BLOCKS = (Level.LSOA, Level.OA)
"""The levels of blocks; of those that figures are published for, the first is what a line takes."""

MOST_BLOCKS = 1_000
"""The most blocks of one neighbourhood: any district is smaller."""

MOST_A_DAY = 20_000
"""The most new neighbourhoods that are kept in a day."""

LONGEST_NAME = 100
SHARE_DECIMALS = 4

FEW_PEOPLE = 1_000
FEW_BLOCKS = 3

SMALL = (
    f"Fewer than {FEW_BLOCKS} blocks and fewer than {FEW_PEOPLE:,} residents: shown because every"
    " figure added up here is open data for its blocks already."
)

NOT_KEPT = "The line that was drawn is not kept."

Row = Mapping[str, Any]


def make(reader: Reader, viewer: Viewer, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Put a neighbourhood together, keep what it is made of, and answer with its profile.

    `asked` has one of `polygon` (GeoJSON in longitude and latitude), `codes` or `postcodes`, and
    optionally `vintage` (needed with codes) and `name`. The answer is `lris.profiles.profile`'s
    with `token`, `address`, `blocks` and `degree_of_fit`; the same request has the same token.
    Raises `BadRequest` with what is wrong and what to do.
    """
    _check_keys(asked)
    name = _checked_name(asked.get("name", ""))
    _check_vintage(reader.catalogue, asked.get("vintage"))
    unknown: list[str] = []
    with reader.doors.reading(viewer) as connection:
        found = reader.contents(connection, viewer)
        choosing = _Choosing(connection, reader, viewer, found)
        if "polygon" in asked:
            chosen = choosing.by_line(asked["polygon"], asked.get("vintage"))
        elif "codes" in asked:
            chosen = choosing.by_codes(asked["codes"], asked.get("vintage"))
        else:
            chosen, unknown = choosing.by_postcodes(asked["postcodes"], asked.get("vintage"))
        blocks = store.areas_with_id(connection, chosen.blocks)
        made = _named(chosen, name, [row["code"] for row in blocks])
        is_kept = store.kept(connection, made.token) is not None
    if not is_kept:
        _keep(reader.doors, viewer, made)
    with reader.doors.reading(viewer) as connection:
        page = _page(connection, reader, viewer, made, blocks)
    return {**page, "unknown_postcodes": unknown}


def own_profile(reader: Reader, viewer: Viewer, token: str) -> dict[str, Any]:
    """The profile of a neighbourhood that was made before. Raises `UnknownName`."""
    with reader.doors.reading(viewer) as connection:
        made = _kept(connection, token)
        blocks = store.areas_with_id(connection, made.blocks)
        return _page(connection, reader, viewer, made, blocks)


def _page(
    connection: Connection,
    reader: Reader,
    viewer: Viewer,
    made: Neighbourhood,
    blocks: Sequence[Row],
) -> dict[str, Any]:
    """The profile of a neighbourhood; `blocks` are the areas that were looked at, by code."""
    own = set(made.own)
    described = _described(
        connection, reader.catalogue, made, [row for row in blocks if row["id"] in own]
    )
    summed = figures_of_blocks(connection, reader, viewer, made.vintage, made.own)
    page = assemble(
        connection,
        reader,
        viewer,
        described,
        summed.rows,
        places=sites.of_blocks(
            connection, reader.catalogue, reader.contents(connection, viewer), made.own
        ),
        left_out=summed.left_out,
    )
    people = residents_of_blocks(connection, reader, viewer, made.vintage, made.blocks)
    return _with_blocks(_finished(page, reader.catalogue, summed), made, blocks, people)


OWN = "own"
"""Stands where a vintage stands in `own/TOKEN`: a neighbourhood of one's own as an area."""


def own_blocks(
    connection: Connection, catalogue: Catalogue, token: str
) -> tuple[dict[str, Any], list[int]]:
    """What there is to say of a neighbourhood, and the ids of its blocks. Raises `UnknownName`."""
    made = _kept(connection, token)
    own = store.areas_with_id(connection, made.own)
    return _described(connection, catalogue, made, own), [row["id"] for row in own]


def newest(doors: Doors, viewer: Viewer, limit: int = 20) -> list[dict[str, Any]]:
    """The neighbourhoods made last: token, name, vintage, how made, number of blocks, when."""
    with doors.reading(viewer) as connection:
        return [
            {
                "token": one.token,
                "name": one.name,
                "vintage": one.vintage,
                "made_from": one.made_from,
                "blocks": len(one.own),
                "made_at": one.made_at.isoformat() if one.made_at else None,
            }
            for one in store.newest(connection, limit)
        ]


# ---------------------------------------------------------------- what is asked

WAYS = ("polygon", "codes", "postcodes")
KEYS = (*WAYS, "vintage", "name")


def _check_keys(asked: Mapping[str, Any]) -> None:
    unknown = sorted(set(asked) - set(KEYS))
    if unknown:
        raise BadRequest(
            f"unknown: {', '.join(str(one)[:40] for one in unknown[:5])}",
            remedy=f"a neighbourhood is asked for by: {', '.join(KEYS)}",
        )
    if sum(way in asked for way in WAYS) != 1:
        raise BadRequest(
            "say what the neighbourhood is made of, in one way",
            remedy=f"give one of: {', '.join(WAYS)}",
        )


def _checked_name(given: object) -> str:
    if not isinstance(given, str):
        raise BadRequest("name: it is no text", remedy="give a name in words, or leave it out")
    name = " ".join(given.split())
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise BadRequest(
            "name: it is too long, or has characters that cannot be printed",
            remedy=f"give at most {LONGEST_NAME} letters",
        )
    return name


def _check_vintage(catalogue: Catalogue, given: object) -> None:
    if given is not None and (not isinstance(given, str) or given not in catalogue.vintages):
        known = [one.id for one in catalogue.vintages.values() if one.level in BLOCKS]
        raise BadRequest(
            f"there is no vintage {str(given)[:40]!r}", remedy=f"such as: {', '.join(known)}"
        )


def _texts(given: object, what: str, most: int) -> list[str]:
    """The given list of texts, each once, in order."""
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise BadRequest(f"{what}: it is no list of texts", remedy=f'{what} is a list: ["..."]')
    if not given:
        raise BadRequest(f"{what}: the list is empty", remedy="name at least one")
    if len(given) > most:
        raise BadRequest(f"{what}: {len(given):,} are given", remedy=f"give at most {most:,}")
    if any("\0" in one or len(one) > 40 for one in given):
        raise BadRequest(f"{what}: one of them is too long", remedy="at most 40 letters each")
    return list(dict.fromkeys(given))


# ---------------------------------------------------------------- which blocks


@dataclass(frozen=True, slots=True)
class _Choosing:
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
        codes = [one.strip().upper() for one in _texts(given, "codes", MOST_BLOCKS)]
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
        texts = _texts(given, "postcodes", postcodes.MOST_POSTCODES)
        known = postcodes.lookup(self.reader, self.viewer, texts)
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
                f"none of the {len(texts):,} postcodes lies in an area of {vintage} that is known",
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


def _takes_nothing(rows: Sequence[Row], share: NDArray[np.float64]) -> BadRequest:
    at = int(np.argmax(share))
    block = rows[at]
    return BadRequest(
        f"the line takes in no whole block: of {block['name'] or block['code']} it has"
        f" {100 * share[at]:.0f} %, less than half or without the centre of its residents",
        remedy=f"draw it larger, or name the block: codes [{block['code']!r}]",
    )


# ---------------------------------------------------------------- keeping


def _named(chosen: Neighbourhood, name: str, codes: Sequence[str]) -> Neighbourhood:
    """The neighbourhood under its name and token: the same blocks, fit and name, the same token."""
    said = json.dumps(
        [chosen.vintage, chosen.made_from, name, list(codes), chosen.taken, chosen.inside],
        separators=(",", ":"),
    )
    digest = hashlib.sha256(f"{said}{chosen.covered}{chosen.outside}".encode()).digest()
    token = b32encode(digest[:10]).decode().lower()
    kept = {one: getattr(chosen, one) for one in store.KEPT}
    return Neighbourhood(**{**kept, "token": token, "name": name})


def _keep(doors: Doors, viewer: Viewer, made: Neighbourhood) -> None:
    with doors.writing(viewer.name, "a neighbourhood was put together") as door:
        if store.made_in_a_day(door.connection) >= MOST_A_DAY:
            raise BadRequest(
                f"{MOST_A_DAY:,} new neighbourhoods were made within a day",
                remedy="try again tomorrow; those made before are still there",
            )
        is_new = store.keep(door.connection, made)
        door.record(
            "make",
            f"neighbourhood {made.token}",
            vintage=made.vintage,
            blocks=len(made.own),
            made_from=made.made_from,
            new=is_new,
        )


TOKEN = re.compile(r"[a-z2-7]{16}")


def _kept(connection: Connection, token: str) -> Neighbourhood:
    made = store.kept(connection, token) if TOKEN.fullmatch(token) else None
    if made is None:
        raise UnknownName(
            f"no neighbourhood was kept as {token[:40]!r}",
            remedy="make it again: POST /profiles with its polygon, codes or postcodes",
        )
    return made


# ---------------------------------------------------------------- what is said of it


def _described(
    connection: Connection, catalogue: Catalogue, made: Neighbourhood, own: Sequence[Row]
) -> dict[str, Any]:
    """What there is to say of a neighbourhood, as `lris.areas.described` says it of an area."""
    ids = [row["id"] for row in own]
    found = store.parents_of_blocks(connection, ids)
    also = areas_store.aliases_of(connection, [row["id"] for row in found])
    edition = areas_store.published_editions(connection).get(made.vintage)
    parents = [
        {
            "vintage": row["vintage"],
            "code": row["code"],
            "name": row["name"] or row["code"],
            "aliases": also.get(row["id"], {}),
            "level": catalogue.vintage(row["vintage"]).level.value,
            "exact": row["exact"],
        }
        for row in found
        if row["vintage"] in catalogue.vintages
        and catalogue.vintage(row["vintage"]).level is not catalogue.vintage(made.vintage).level
    ]
    return {
        "code": made.token,
        "vintage": made.vintage,
        "name": made.name or _plain_name(catalogue, made, parents),
        "aliases": {},
        "level": Level.CUSTOM.value,
        "fictional": all(fictional_land(row["code"]) for row in own),
        "id": 0,
        "edition": edition.number if edition else None,
        "grade": edition.grade if edition else None,
        "parents": parents,
    }


def _plain_name(catalogue: Catalogue, made: Neighbourhood, parents: Sequence[Row]) -> str:
    one, many = LEVELS[catalogue.vintage(made.vintage).level]
    number = len(made.own)
    within = [row["name"] for row in parents if row["level"] == Level.LAD]
    place = f" in {within[-1]}" if within else ""
    return f"{number:,} {one if number == 1 else many}{place}"


def _finished(page: dict[str, Any], catalogue: Catalogue, summed: Summed) -> dict[str, Any]:
    """The page with summaries of ranks in their places, and the ranks themselves told as a gap."""
    entries = entries_of(catalogue, catalogue.profiles[PROFILE])
    order = {
        (one.section.id, one.indicator.id, one.shown.heading): at for at, one in enumerate(entries)
    }
    summaries = [
        (entry.section.id, _summary(entry, row))
        for entry in entries
        for row in summed.summaries
        if row["indicator"] == entry.indicator.id
    ]
    sections, gaps = [], list(page["gaps"])
    for section in page["sections"]:
        mine = [figure for where, figure in summaries if where == section["id"]]
        figures = sorted(
            [*section["figures"], *mine],
            key=lambda one: order[section["id"], one["indicator"], one["heading"]],
        )
        sections.append({**section, "figures": figures})
        lost = _lost([one for one in entries if one.section.id == section["id"]], summed.left_out)
        if lost:
            sentence = f"{NOT_ADDED}: {'; '.join(lost)}."
            gaps.append({"topic": section["topic"], "sentence": sentence})
    return {**page, "sections": sections, "gaps": gaps}


def _lost(entries: Sequence[Entry], left_out: Collection[str]) -> list[str]:
    """What of a section is left out: under their heading where all below it is, else by name."""
    names: dict[str, None] = {}
    for entry in entries:
        if entry.indicator.id in left_out:
            together = set(entry.shown.indicators) <= set(left_out) and entry.shown.heading
            names[together or entry.indicator.name] = None
    return list(names)


def _summary(entry: Entry, row: Row) -> dict[str, Any]:
    """A summary of ranks or scores as a figure of the page; it is held against nothing."""
    always = Always.of(entry, {**row, "denominator": row["denominator_words"]})
    columns = ("value", "lower", "upper", "numerator", "denominator", "status", "reason")
    return {
        **always.keys,
        **{name: row[name] for name in columns},
        "confidence": None,
        "area": None,
        "words": None,
        "sentence": figure_sentence(
            row, unit=entry.indicator.unit, decimals=entry.indicator.decimals, period=row["period"]
        ),
        "comparators": [],
        "rank": None,
        "spread": None,
        "trend": None,
    }


NOT_ADDED = "Ranks, deciles, scores and medians of blocks can be neither added up nor averaged"


def _with_blocks(
    page: dict[str, Any],
    made: Neighbourhood,
    blocks: Sequence[Row],
    people: Mapping[int, float],
) -> dict[str, Any]:
    """The page with its token, the blocks that were looked at, and how well those taken fit."""
    rows = {row["id"]: row for row in blocks}
    told = [
        {
            "vintage": made.vintage,
            "code": rows[one]["code"],
            "name": rows[one]["name"] or rows[one]["code"],
            "taken": is_taken,
            "ground_inside": inside,
            "people_inside": None,
            "residents": people.get(one),
        }
        for one, is_taken, inside in zip(made.blocks, made.taken, made.inside, strict=True)
    ]
    residents = [one["residents"] for one in told if one["taken"]]
    whole = sum(residents) if all(one is not None for one in residents) else None
    return {
        **page,
        "token": made.token,
        "address": f"/profiles/own/{made.token}",
        "blocks": told,
        "degree_of_fit": {
            "covered": made.covered,
            "outside": made.outside,
            "taken": len(made.own),
            "touched": len(made.blocks),
            "residents": whole,
            "words": _fit_words(made, whole),
        },
    }


def _fit_words(made: Neighbourhood, residents: float | None) -> str:
    number = len(made.own)
    blocks = "1 block" if number == 1 else f"{number:,} blocks"
    if made.made_from == "polygon":
        said = (
            f"{blocks} taken whole, of {len(made.blocks):,} that the line touches. They cover"
            f" {_percent(made.covered)} of the ground drawn; {_percent(made.outside)} of their own"
            f" ground lies outside the line. {NOT_KEPT}"
        )
    elif made.made_from == "codes":
        said = f"{blocks}, as named: nothing was drawn that they could fit badly."
    else:
        said = f"{blocks}: those that the postcodes lie in, each taken whole."
    small = number < FEW_BLOCKS and residents is not None and residents < FEW_PEOPLE
    return f"{said} {SMALL}" if small else said


def _percent(share: float | None) -> str:
    return f"{100 * (share or 0):.0f} %"
