"""Look up areas: by name, by code, inside one another, and their outlines for a map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lris.catalogue import Catalogue
from lris.errors import BadRequest, UnknownName
from lris.rules.postcodes import tight
from lris.rules.words import place_name
from lris.session import Connection, Doors
from lris.store import areas as store
from lris.store import postcodes as postcodes_store
from lris.store.areas import Edition
from lris.terms import AreaCode, Grade, Viewer, fictional_land

PLACE = "place"
"""Stands where a vintage stands in `place/west-yorkshire`: a place of the catalogue as an area."""

GRADE_NOTES: Mapping[str, str] = {
    Grade.BFC: "Full resolution, clipped to the coast.",
    Grade.BGC: "Generalised to 20 m: about 3 in 100 points lie in a neighbour's outline.",
    Grade.BSC: "Super-generalised to 200 m: about 14 in 100 points lie in a neighbour's outline;"
    " do not read streets from this map.",
    Grade.BUC: "Ultra-generalised to 500 m: for small maps of the country only.",
    Grade.UNKNOWN: "The file does not say how far its outlines were generalised.",
}

ZOOM_TOLERANCES = ((11, 10), (8, 50), (0, 200))
"""From which zoom level on which display copy is drawn: tolerance in metres."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of rows, and where the next begins (None at the end)."""

    rows: list[dict[str, Any]]
    after: str | None


def parse_area(text: str) -> AreaCode:
    """Read `VINTAGE/CODE`; raises `BadRequest` for anything else."""
    vintage, slash, code = text.strip().partition("/")
    if not (vintage and slash and code):
        raise BadRequest(
            f"{text!r} is not an area", remedy="write VINTAGE/CODE, such as lad_2011/E08000035"
        )
    return AreaCode(vintage, code)


def within_ids(
    connection: Connection, catalogue: Catalogue, within: str | None, vintage: str
) -> list[int] | None:
    """The ids of the areas of a vintage inside `within`: areas and places, parted by commas.

    None for no restriction. Raises `BadRequest` for an area nobody knows.
    """
    if within is None:
        return None
    try:
        roots = [
            _id_of(connection, catalogue, part)
            for piece in within.split(",")
            for part in _parts(catalogue, parse_area(piece))
        ]
    except UnknownName as fault:
        raise BadRequest(f"within: {fault.message}", remedy=fault.remedy) from fault
    return store.areas_within(connection, vintage, roots)


def _parts(catalogue: Catalogue, named: AreaCode) -> list[AreaCode]:
    """An area as it is; a place as the areas its manifest names."""
    if named.vintage != PLACE:
        return [named]
    return [parse_area(part) for part in catalogue.place(named.code).within]


def _id_of(connection: Connection, catalogue: Catalogue, which: AreaCode) -> int:
    catalogue.vintage(which.vintage)
    found = store.find_area(connection, which)
    if found is None:
        raise UnknownName(
            f"there is no area {which}",
            remedy=f"look for it by name: /areas?vintage={which.vintage}&q=part+of+its+name",
        )
    return found[0]


def area(doors: Doors, catalogue: Catalogue, viewer: Viewer, which: AreaCode) -> dict[str, Any]:
    """An area with its level and the areas it lies in. Raises `UnknownName`."""
    with doors.reading(viewer) as connection:
        return described(connection, catalogue, which)[1]


def described(
    connection: Connection, catalogue: Catalogue, which: AreaCode
) -> tuple[int, dict[str, Any]]:
    """The stable integer of an area, and what there is to say of it. Raises `UnknownName`."""
    number = _id_of(connection, catalogue, which)
    return number, described_areas(connection, catalogue, which.vintage, [number])[0]


def described_areas(
    connection: Connection, catalogue: Catalogue, vintage: str, numbers: Sequence[int]
) -> list[dict[str, Any]]:
    """What there is to say of some areas of a vintage, in order of code."""
    level = catalogue.vintage(vintage).level.value
    edition = store.published_editions(connection).get(vintage)
    parents = store.parents_of(connection, numbers)
    around = {parent["id"] for some in parents.values() for parent in some}
    also = store.aliases_of(connection, {*numbers, *around})
    return [
        {
            "code": code,
            "vintage": vintage,
            "name": place_name(name or code),
            "aliases": also.get(number, {}),
            "level": level,
            "fictional": AreaCode(vintage, code).is_fictional,
            "id": number,
            "edition": edition.number if edition else None,
            "grade": edition.grade if edition else None,
            "parents": [
                {
                    "vintage": parent["vintage"],
                    "code": parent["code"],
                    "name": place_name(parent["name"] or parent["code"]),
                    "aliases": also.get(parent["id"], {}),
                    "level": catalogue.vintage(parent["vintage"]).level.value,
                    "exact": parent["exact"],
                }
                for parent in parents[number]
                if parent["vintage"] in catalogue.vintages
            ],
        }
        for number, code, name in store.named_areas(connection, vintage, numbers)
    ]


def search(
    doors: Doors,
    catalogue: Catalogue,
    viewer: Viewer,
    *,
    vintage: str | None = None,
    words: str | None = None,
    within: str | None = None,
    after: str | None = None,
    limit: int = 100,
) -> Page:
    """Areas by vintage and by part of a name or code, inside others; in order of code.

    Everyday and Welsh names count too, and a whole postcode finds the areas it lies in.
    """
    if vintage is not None and vintage not in catalogue.vintages:
        raise BadRequest(
            f"there is no vintage {vintage!r}",
            remedy=f"vintage is one of: {', '.join(sorted(catalogue.vintages))}",
        )
    if within is not None and vintage is None:
        raise BadRequest(
            "within needs a vintage: areas of which kind inside it?",
            remedy="add vintage=lsoa_2011 or another",
        )
    start = parse_area(after) if after else None
    with doors.reading(viewer) as connection:
        postcode = tight(words) if words else None
        at = postcodes_store.areas_of(connection, postcode) if postcode else []
        rows = store.search_areas(
            connection,
            vintage=vintage,
            words=words,
            among=at or None,
            within=within_ids(connection, catalogue, within, vintage) if vintage else None,
            after=(start.vintage, start.code) if start else None,
            limit=limit + 1,
        )
    found = [
        {
            "code": row["code"],
            "vintage": row["vintage"],
            "name": place_name(row["name"] or row["code"]),
            "aliases": row["aliases"],
            "fictional": bool(fictional_land(row["code"])),
            "level": catalogue.vintage(row["vintage"]).level.value,
        }
        for row in rows[:limit]
        if row["vintage"] in catalogue.vintages
    ]
    more = len(rows) > limit
    return Page(found, f"{found[-1]['vintage']}/{found[-1]['code']}" if more else None)


def vintages(doors: Doors, catalogue: Catalogue, viewer: Viewer) -> list[dict[str, Any]]:
    """The published vintages, and those known by code alone that figures may be had for."""
    with doors.reading(viewer) as connection:
        published = store.published_editions(connection)
        sizes = store.edition_sizes(connection)
        linked = store.linked_vintages(connection)
    return [
        {
            "id": name,
            "name": catalogue.vintage(name).name,
            "level": catalogue.vintage(name).level.value,
            "edition": edition.number,
            "grade": edition.grade,
            "grade_note": GRADE_NOTES[edition.grade],
            "areas": sizes.get(edition.id, 0),
            "parents": sorted(large for small, large in linked if small == name),
        }
        for name, edition in sorted(published.items())
        if name in catalogue.vintages
    ]


def published_edition(connection: Connection, catalogue: Catalogue, vintage: str) -> Edition:
    """The edition that is drawn. Raises `UnknownName`."""
    catalogue.vintage(vintage)
    edition = store.published_editions(connection).get(vintage)
    if edition is None:
        raise UnknownName(
            f"no boundaries of {vintage} are published",
            remedy=f"lris boundaries load {vintage} FILE, then lris boundaries publish {vintage}",
        )
    return edition


def tolerance_for(connection: Connection, edition: Edition, zoom: int | None) -> int:
    """The display copy that fits a zoom level; the finest without one."""
    there = store.display_tolerances(connection, edition.id)
    asked = 99 if zoom is None else zoom
    wanted = next((metres for level, metres in ZOOM_TOLERANCES if asked >= level), 0)
    return max((metres for metres in there if metres <= wanted), default=there[0])


def outlines_geojson(
    doors: Doors,
    catalogue: Catalogue,
    viewer: Viewer,
    vintage: str,
    *,
    within: str | None = None,
    zoom: int | None = None,
) -> bytes:
    """The outlines of a vintage as GeoJSON (RFC 7946), generalised for a zoom level."""
    with doors.reading(viewer) as connection:
        edition = published_edition(connection, catalogue, vintage)
        inside = within_ids(connection, catalogue, within, vintage)
        tolerance = tolerance_for(connection, edition, zoom)
        return store.areas_geojson(connection, edition.id, tolerance, inside)


def extent(
    connection: Connection, catalogue: Catalogue, vintage: str, within: Sequence[str] | None
) -> list[float]:
    """West, south, east, north in degrees; empty where nothing is drawn."""
    edition = store.published_editions(connection).get(vintage)
    if edition is None:
        return []
    inside = within_ids(connection, catalogue, ",".join(within), vintage) if within else None
    return store.extent(connection, edition.id, inside)
