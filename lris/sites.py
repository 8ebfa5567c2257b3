"""Sites: the schools, practices and surgeries in an area and near it, each with its own figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from lris import areas
from lris.areas import parse_area
from lris.catalogue import Catalogue
from lris.catalogue.indicators import Indicator
from lris.errors import BadRequest
from lris.figures import Contents, Reader
from lris.rules.british_grid import from_grid
from lris.rules.postcodes import spaced
from lris.rules.words import figure_sentence
from lris.session import Connection
from lris.store import releases as releases_store
from lris.store import sites as store
from lris.terms import Viewer

NEAR_M = 3_000
"""How far from an area's outline a profile looks for the nearest sites outside it."""

NEAREST = 3
"""How many sites outside the area a profile shows of each kind."""

MOST_IN_PROFILE = 60
"""Where more lie in the area, a profile shows none by name: they fill no page usefully."""

MOST_NEAR_M = 20_000
MOST_SITES = 10_000

Row = Mapping[str, Any]

NOT_RESIDENTS = (
    "Figures of a school or practice are of its own pupils or patients, who live where they like:"
    " they are not averaged, and are not those of the area's residents."
)


def kinds(catalogue: Catalogue) -> list[str]:
    """The kinds of site that the sources of the catalogue can bring."""
    return sorted({one.sites for one in catalogue.sources.values() if one.sites})


def of_profile(
    connection: Connection, catalogue: Catalogue, found: Contents, area_id: int
) -> dict[str, Any]:
    """What a profile says of sites: those in the area and the nearest outside, by distance.

    `sites` are kind, name, code, postcode, `distance_m` from the area's outline (0 inside, None
    where only the postcode's areas are known and not its point), inside or not, and the site's
    own figures of the release. `sites_note` says in a sentence what is shown, and how near is near.
    """
    return of_profiles(connection, catalogue, found, [area_id])[0]


def of_profiles(
    connection: Connection, catalogue: Catalogue, found: Contents, area_ids: Sequence[int]
) -> list[dict[str, Any]]:
    """What `of_profile` says, of several areas."""
    near = _near(connection, catalogue, area_ids, None, NEAR_M, NEAREST)
    shown = [_not_too_many(rows) for rows in near]
    own = _own_figures(connection, catalogue, found, [row for rows in shown for row in rows])
    return [
        {
            "sites": [
                {**_described(catalogue, row), "figures": own.get(row["area_id"], [])}
                for row in some
            ],
            "sites_note": _note(rows, some),
        }
        for rows, some in zip(near, shown, strict=True)
    ]


def of_blocks(
    connection: Connection, catalogue: Catalogue, found: Contents, area_ids: Sequence[int]
) -> dict[str, Any]:
    """What `of_profile` says, of several areas together: the sites in them, and none outside."""
    rows = {
        (row["kind"], row["area_id"], row["name"], row["postcode"]): row
        for some in _near(connection, catalogue, area_ids, None, 0, 0)
        for row in some
    }
    inside = sorted(rows.values(), key=lambda row: (row["kind"], row["name"], row["postcode"]))
    shown = _not_too_many(inside)
    own = _own_figures(connection, catalogue, found, shown)
    return {
        "sites": [
            {**_described(catalogue, row), "figures": own.get(row["area_id"], [])} for row in shown
        ],
        "sites_note": f"{_told_inside(inside, shown)}. {NOT_RESIDENTS}" if inside else "",
    }


def sites_geojson(
    reader: Reader,
    viewer: Viewer,
    within: str,
    *,
    kind: str | None = None,
    near_m: float = 0,
) -> dict[str, Any]:
    """The sites in an area (`VINTAGE/CODE`), and up to `near_m` metres from it, as GeoJSON.

    A site known by its postcode's areas alone has no geometry. Raises `BadRequest`, `UnknownName`.
    """
    catalogue = reader.catalogue
    if kind is not None and kind not in kinds(catalogue):
        raise BadRequest(
            f"there is no kind of site {kind!r}", remedy=f"one of: {', '.join(kinds(catalogue))}"
        )
    with reader.doors.reading(viewer) as connection:
        area_id, described = areas.described(connection, catalogue, parse_area(within))
        (rows,) = _near(connection, catalogue, [area_id], kind, near_m, MOST_SITES)
    if len(rows) > MOST_SITES:
        raise BadRequest(
            f"there are more than {MOST_SITES:,} sites in {described['name']}",
            remedy="ask for one kind, or for a smaller area",
        )
    return {
        "type": "FeatureCollection",
        "features": _features(catalogue, rows),
        "numberReturned": len(rows),
        "note": NOT_RESIDENTS,
        "attribution": sorted({catalogue.source(row["source"]).attribution for row in rows}),
    }


def _near(
    connection: Connection,
    catalogue: Catalogue,
    area_ids: Sequence[int],
    kind: str | None,
    near_m: float,
    outside: int,
) -> list[list[Row]]:
    """The sites of each area, of sources that the catalogue still knows."""
    found = store.sites_near(
        connection, area_ids, kind=kind, near_m=near_m, outside=outside, most=MOST_SITES + 1
    )
    return [[row for row in found[one] if row["source"] in catalogue.sources] for one in area_ids]


def _not_too_many(rows: Sequence[Row]) -> list[Row]:
    """The rows but for those of a kind that is in the area too many times to be listed."""
    inside = _counted(row["kind"] for row in rows if not row["distance_m"])
    many = {kind for kind, number in inside.items() if number > MOST_IN_PROFILE}
    return [row for row in rows if row["kind"] not in many]


def _counted(words: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for word in words:
        found[word] = found.get(word, 0) + 1
    return found


def _note(rows: Sequence[Row], shown: Sequence[Row]) -> str:
    if not rows:
        return ""
    return (
        f"{_told_inside(rows, shown)}. Outside it, of each kind the {NEAREST} nearest"
        f" within {NEAR_M / 1000:g} km of its outline. {NOT_RESIDENTS}"
    )


def _told_inside(rows: Sequence[Row], shown: Sequence[Row]) -> str:
    """How many sites of each kind are in the area, and which are too many to be listed."""
    inside = _counted(row["kind"] for row in rows if not row["distance_m"])
    listed = {row["kind"] for row in shown}
    told = [
        f"{number:,} {_plural(kind, number)} in the area"
        + ("" if kind in listed else f", too many to name: more than {MOST_IN_PROFILE}")
        for kind, number in sorted(inside.items())
    ]
    return "; ".join(told) or "None in the area"


def _plural(kind: str, number: int) -> str:
    if number == 1:
        return kind
    return f"{kind[:-1]}ies" if kind.endswith("y") else f"{kind}s"


def _described(catalogue: Catalogue, row: Row) -> dict[str, Any]:
    return {
        "kind": row["kind"],
        "name": row["name"],
        "code": row["code"],
        "vintage": row["vintage"],
        "postcode": spaced(row["postcode"]) if row["postcode"] else None,
        "distance_m": None if row["x"] is None else round(row["distance_m"]),
        "inside": not row["distance_m"],
        "location": {"publisher": "point", "postcode": "postcode"}.get(row["route"], "areas"),
        "as_of": row["as_of"].isoformat() if row["as_of"] else None,
        "source": row["source"],
        "source_title": catalogue.source(row["source"]).title,
    }


def _features(catalogue: Catalogue, rows: Sequence[Row]) -> list[dict[str, Any]]:
    x = np.array([np.nan if row["x"] is None else row["x"] for row in rows], dtype=np.float64)
    y = np.array([np.nan if row["y"] is None else row["y"] for row in rows], dtype=np.float64)
    longitude, latitude = from_grid(x, y)
    return [
        {
            "type": "Feature",
            "geometry": None
            if row["x"] is None
            else {"type": "Point", "coordinates": [round(float(lon), 6), round(float(lat), 6)]},
            "properties": _described(catalogue, row),
        }
        for row, lon, lat in zip(rows, longitude, latitude, strict=True)
    ]


# ---------------------------------------------------------------- a site's own figures


def _own_figures(
    connection: Connection, catalogue: Catalogue, found: Contents, rows: Sequence[Row]
) -> dict[int, list[dict[str, Any]]]:
    """Of each site with a code its newest figures in the release, the total of each indicator."""
    ids = sorted({row["area_id"] for row in rows if row["area_id"] is not None})
    totals = {
        one.id: one.categories[0].id if one.categories else ""
        for one in catalogue.indicators.values()
    }
    newest: dict[tuple[int, str], Row] = {}
    if ids:
        number = found.release.number
        for row in releases_store.figures_of_areas(connection, number, ids, list(totals)):
            if row["category"] == totals[row["indicator"]]:
                newest.setdefault((row["area_id"], row["indicator"]), row)
    own: dict[int, list[dict[str, Any]]] = {}
    for (area_id, name), row in newest.items():
        own.setdefault(area_id, []).append(_figure(catalogue.indicator(name), row))
    return own


def _figure(indicator: Indicator, row: Row) -> dict[str, Any]:
    columns = ("period", "value", "lower", "upper", "status", "reason")
    return {
        "indicator": indicator.id,
        "name": indicator.name,
        "topic": indicator.topic.value,
        "unit": indicator.unit,
        **{name: row[name] for name in columns},
        "sentence": figure_sentence(
            row, unit=indicator.unit, decimals=indicator.decimals, period=row["period"]
        ),
        "sources": list(row["sources"]),
    }
