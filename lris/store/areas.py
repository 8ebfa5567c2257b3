"""Areas, editions, shapes, display copies and links: rows in, rows out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import (
    ARRAY,
    Connection,
    Integer,
    Select,
    Text,
    any_,
    column,
    delete,
    func,
    insert,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from lris.store.engine import analyze, copy_rows, copy_text, statement
from lris.store.tables import area, display, edition, edition_area, link, shape
from lris.terms import FICTIONAL_CODE, AreaCode

Geometries = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Edition:
    """A numbered state of a vintage's boundaries; what is published never changes."""

    id: int
    vintage: str
    number: int
    state: str
    grade: str
    report: Mapping[str, Any]
    published_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class EditionAreas:
    """The areas of one edition, sorted by code: ids, codes, names and outlines (EPSG:27700)."""

    edition: Edition
    ids: NDArray[np.int64]
    codes: tuple[str, ...]
    names: tuple[str, ...]
    geometry: Geometries


# ---------------------------------------------------------------- codes


def area_ids(connection: Connection, vintage: str) -> dict[str, int]:
    """Every code known in a vintage, with its stable integer."""
    rows = connection.execute(select(area.c.code, area.c.id).where(area.c.vintage == vintage))
    return {row[0]: row[1] for row in rows.all()}  # Row by row it takes five times as long.


def ids_of_codes(connection: Connection, vintage: str, codes: Sequence[str]) -> dict[str, int]:
    """The stable integers of some codes of a vintage."""
    wanted = any_(literal(list(codes), ARRAY(Text)))
    rows = connection.execute(
        select(area.c.code, area.c.id).where(area.c.vintage == vintage, area.c.code == wanted)
    )
    return {row[0]: row[1] for row in rows.all()}


def know_areas(connection: Connection, vintage: str, named: Mapping[str, str]) -> dict[str, int]:
    """Make sure codes are known, fill names that were empty, and return every id of the vintage.

    A name once given stays: files of other years spell names otherwise, and the first that gives
    one is that of the vintage's own boundaries or look-up.
    """
    if named:
        codes, names = list(named), list(named.values())
        connection.execute(
            text(
                "INSERT INTO area (vintage, code, name)"
                " SELECT :vintage, code, name FROM unnest(:codes ::text[], :names ::text[])"
                " AS given (code, name) ORDER BY code"
                " ON CONFLICT (vintage, code) DO UPDATE SET name = excluded.name"
                " WHERE area.name = '' AND excluded.name <> ''"
            ),
            {"vintage": vintage, "codes": codes, "names": names},
        )
    return area_ids(connection, vintage)


def codes_by_name(connection: Connection, vintage: str) -> dict[str, list[str]]:
    """The codes each name stands for in a vintage; a name may be shared."""
    found: dict[str, list[str]] = {}
    rows = connection.execute(
        select(area.c.name, area.c.code).where(area.c.vintage == vintage, area.c.name != "")
    )
    for name, code in rows:
        found.setdefault(name, []).append(code)
    return found


# ---------------------------------------------------------------- editions


def published_editions(connection: Connection) -> dict[str, Edition]:
    """The newest published edition of each vintage that has one."""
    rows = connection.execute(
        select(edition)
        .where(edition.c.state == "published")
        .order_by(edition.c.vintage, edition.c.number)
    )
    return {row.vintage: _edition(row) for row in rows}  # of each vintage the last one stays


def draft_edition(connection: Connection, vintage: str) -> Edition | None:
    """The draft of a vintage, where one is open."""
    row = connection.execute(
        select(edition).where(edition.c.vintage == vintage, edition.c.state == "draft")
    ).first()
    return _edition(row) if row else None


def open_draft(connection: Connection, vintage: str, grade: str, because: str) -> Edition:
    """Open a draft that begins as a copy of the newest published edition."""
    last = published_editions(connection).get(vintage)
    row = connection.execute(
        insert(edition)
        .values(
            vintage=vintage,
            number=last.number + 1 if last else 1,
            state="draft",
            grade=grade,
            because=because,
        )
        .returning(edition)
    ).one()
    if last:
        connection.execute(
            text(
                "INSERT INTO edition_area (edition_id, area_id, shape_id)"
                " SELECT :new, area_id, shape_id FROM edition_area WHERE edition_id = :old"
            ),
            {"new": row.id, "old": last.id},
        )
    return _edition(row)


def change_edition(connection: Connection, edition_id: int, **values: Any) -> None:  # noqa: ANN401
    """Set columns of a draft: grade, because, report."""
    connection.execute(update(edition).where(edition.c.id == edition_id).values(**values))


def seal_edition(connection: Connection, edition_id: int, because: str) -> None:
    """Mark a draft published; from now on a trigger refuses changes."""
    connection.execute(
        update(edition)
        .where(edition.c.id == edition_id)
        .values(state="published", published_at=func.now(), because=because)
    )


def edition_areas(connection: Connection, which: Edition) -> EditionAreas:
    """All areas of an edition with their outlines, sorted by code."""
    rows = connection.execute(
        select(area.c.id, area.c.code, area.c.name, func.ST_AsBinary(shape.c.geom))
        .join(edition_area, edition_area.c.area_id == area.c.id)
        .join(shape, shape.c.id == edition_area.c.shape_id)
        .where(edition_area.c.edition_id == which.id)
        .order_by(area.c.code)
    ).all()
    return EditionAreas(
        which,
        np.array([row[0] for row in rows], dtype=np.int64),
        tuple(row[1] for row in rows),
        tuple(row[2] for row in rows),
        shapely.from_wkb(np.array([bytes(row[3]) for row in rows], dtype=object)),
    )


def outlines(
    connection: Connection, edition_id: int, ids: Sequence[int]
) -> dict[int, shapely.Geometry]:
    """The outlines that some areas have in an edition (EPSG:27700), by id."""
    rows = connection.execute(
        select(edition_area.c.area_id, func.ST_AsBinary(shape.c.geom))
        .join(shape, shape.c.id == edition_area.c.shape_id)
        .where(edition_area.c.edition_id == edition_id, edition_area.c.area_id.in_(ids))
    )
    return {row[0]: shapely.from_wkb(bytes(row[1])) for row in rows}


def edition_codes(
    connection: Connection, which: Edition
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """The ids and the codes of an edition's areas, sorted by code as in `edition_areas`."""
    # As two arrays they come in a tenth of the time that as many rows take.
    ids, codes = connection.execute(
        select(
            func.array_agg(aggregate_order_by(area.c.id, area.c.code)),
            func.array_agg(aggregate_order_by(area.c.code, area.c.code)),
        )
        .join(edition_area, edition_area.c.area_id == area.c.id)
        .where(edition_area.c.edition_id == which.id)
    ).one()
    return np.array(ids or (), dtype=np.int64), tuple(codes or ())


def put_shapes(
    connection: Connection,
    edition_id: int,
    ids: Sequence[int],
    geometry: Geometries,
    origin: str,
) -> None:
    """Give areas their outline in a draft, new or in place of the one they had."""
    first = connection.execute(select(func.coalesce(func.max(shape.c.id), 0))).scalar_one()
    hexes = shapely.to_wkb(shapely.set_srid(geometry, 27700), hex=True, include_srid=True)
    rows = zip(ids, [origin] * len(ids), hexes, strict=True)
    copy_rows(connection, shape, ("area_id", "origin", "geom"), rows)
    connection.execute(
        text(
            "INSERT INTO edition_area (edition_id, area_id, shape_id)"
            " SELECT :edition, area_id, id FROM shape WHERE id > :first"
            " AND area_id = ANY(:ids) ON CONFLICT (edition_id, area_id)"
            " DO UPDATE SET shape_id = excluded.shape_id"
        ),
        {"edition": edition_id, "first": first, "ids": list(map(int, ids))},
    )


def put_display(
    connection: Connection,
    edition_id: int,
    tolerance_m: int,
    ids: NDArray[np.int64],
    geometry: Geometries,
) -> None:
    """Store the display copies of an edition at one tolerance (EPSG:4326)."""
    hexes = shapely.to_wkb(shapely.set_srid(geometry, 4326), hex=True, include_srid=True)
    rows = ((edition_id, tolerance_m, int(i), wkb) for i, wkb in zip(ids, hexes, strict=True))
    copy_rows(connection, display, ("edition_id", "tolerance_m", "area_id", "geom"), rows)


# ---------------------------------------------------------------- links


def put_links(
    connection: Connection,
    rows: Iterable[tuple[int, int, str, bool, float | None]],
    *,
    delivery_id: int | None = None,
    edition_id: int | None = None,
) -> None:
    """Store links (from area, to area, change, exact, share) of one delivery or one edition."""
    origin = "\\N" if delivery_id is None else str(delivery_id)
    edition_text = "\\N" if edition_id is None else str(edition_id)
    lines = [
        "\t".join(
            (
                origin,
                edition_text,
                str(a),
                str(b),
                change,
                "t" if exact else "f",
                "\\N" if share is None else repr(float(share)),
            )
        )
        + "\n"
        for a, b, change, exact, share in rows
    ]
    columns = ("delivery_id", "edition_id", "from_area", "to_area", "change", "exact", "share")
    copy_text(connection, link, columns, "".join(lines).encode())


def drop_stated_links(connection: Connection, edition_id: int, from_ids: Sequence[int]) -> None:
    """Forget what the file of a draft said before of areas that are read again."""
    connection.execute(
        delete(link).where(link.c.edition_id == edition_id, link.c.from_area.in_(from_ids))
    )


def drop_replaced_links(connection: Connection, draft: Edition) -> None:
    """Forget what earlier editions' files said of areas that the draft's files speak of."""
    earlier = select(edition.c.id).where(
        edition.c.vintage == draft.vintage, edition.c.id != draft.id
    )
    spoken_of = select(link.c.from_area).where(link.c.edition_id == draft.id)
    connection.execute(
        delete(link).where(
            link.c.share.is_(None),
            link.c.edition_id.in_(earlier),
            link.c.from_area.in_(spoken_of),
        )
    )


def drop_worked_out_links(connection: Connection, child: str, parent: str) -> None:
    """Forget links between two vintages that were worked out from outlines."""
    small, large = _ids_of(child), _ids_of(parent)
    connection.execute(
        delete(link).where(
            link.c.share.is_not(None), link.c.from_area.in_(small), link.c.to_area.in_(large)
        )
    )


def _ids_of(vintage: str) -> Select[tuple[int]]:
    return select(area.c.id).where(area.c.vintage == vintage)


def links_between(
    connection: Connection, from_vintage: str, to_vintage: str
) -> list[tuple[int, int, str, bool]]:
    """Current links between two vintages: from area, to area, change code, exact."""
    rows = connection.execute(
        statement("links_between"), {"from_vintage": from_vintage, "to_vintage": to_vintage}
    ).all()  # Row by row it takes five times as long.
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def changes_between(
    connection: Connection, from_vintage: str, to_vintage: str
) -> dict[str, tuple[tuple[str, str], ...]]:
    """What each code of one vintage became in another, with change codes; exact links only."""
    names = ("from_code", "to_code", "change", "exact")
    links = statement("links_between").columns(*map(column, names)).subquery()
    # As arrays they come in a tenth of the time that as many rows take.
    before, *after = connection.execute(
        select(*(func.array_agg(links.c[name]) for name in names[:3])).where(links.c.exact),
        {"from_vintage": from_vintage, "to_vintage": to_vintage},
    ).one()
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for code, *became in zip(before or (), *(one or () for one in after), strict=True):
        found[code] = (*found.get(code, ()), (became[0], became[1]))
    return found


def linked_vintages(connection: Connection) -> set[tuple[str, str]]:
    """Which vintages have current links to which."""
    rows = connection.execute(
        text(
            "SELECT DISTINCT a.vintage, b.vintage FROM current_link l"
            " JOIN area a ON a.id = l.from_area JOIN area b ON b.id = l.to_area"
        )
    )
    return {(row[0], row[1]) for row in rows}


# ---------------------------------------------------------------- looking


def find_area(connection: Connection, which: AreaCode) -> tuple[int, str] | None:
    """The stable integer and the name of an area, or None where the code is not known."""
    row = connection.execute(
        select(area.c.id, area.c.name).where(
            area.c.vintage == which.vintage, area.c.code == which.code
        )
    ).first()
    return (row[0], row[1]) if row else None


def parents_of(
    connection: Connection, area_ids: Sequence[int]
) -> dict[int, list[Mapping[str, Any]]]:
    """By area the areas of other vintages it lies in, with whether that is exact."""
    found: dict[int, list[Mapping[str, Any]]] = {number: [] for number in area_ids}
    asked = {"area_ids": list(area_ids), "vintages": None}
    for row in connection.execute(statement("area_parents"), asked).mappings():
        found[row["child"]].append(dict(row))
    return found


def districts_of(
    connection: Connection, area_ids: Sequence[int], vintages: Sequence[str]
) -> dict[int, str]:
    """By area the code of the district it lies in, of several vintages of them the newest.

    One that it lies in wholly goes before one that only most of it lies in.
    """
    asked = {"area_ids": list(area_ids), "vintages": list(vintages)}
    best: dict[int, tuple[bool, str, str]] = {}
    for row in connection.execute(statement("area_parents"), asked):
        rank = row.exact, row.vintage[-4:], row.code
        if row.child not in best or rank[:2] > best[row.child][:2]:
            best[row.child] = rank
    return {number: code for number, (_, _, code) in best.items()}


def named_areas(
    connection: Connection, vintage: str, area_ids: Sequence[int] | None = None
) -> list[tuple[int, str, str]]:
    """Areas of a vintage, all or those of some ids: id, code, name, in order of code."""
    asked = select(area.c.id, area.c.code, area.c.name).where(area.c.vintage == vintage)
    if area_ids is not None:
        asked = asked.where(area.c.id == any_(literal(list(area_ids), ARRAY(Integer))))
    rows = connection.execute(asked.order_by(area.c.code)).all()  # Row by row it takes five times.
    return [(row[0], row[1], row[2]) for row in rows]


def areas_called(
    connection: Connection, vintages: Sequence[str], codes: Sequence[str]
) -> list[Mapping[str, Any]]:
    """The areas of these vintages that have one of these codes: (id, vintage, code, name)."""
    rows = connection.execute(
        select(area.c.id, area.c.vintage, area.c.code, area.c.name)
        .where(area.c.vintage.in_(list(vintages)), area.c.code.in_(list(codes)))
        .order_by(area.c.code, area.c.vintage)
    )
    return [dict(row) for row in rows.mappings()]


def areas_within(connection: Connection, vintage: str, within: Sequence[int]) -> list[int]:
    """The ids of the areas of a vintage that lie in any of the given areas."""
    rows = connection.execute(
        statement("areas_within"), {"vintage": vintage, "within": list(within)}
    )
    return [row[0] for row in rows]


def search_areas(
    connection: Connection,
    *,
    vintage: str | None,
    words: str | None,
    among: Sequence[int] | None = None,
    within: Sequence[int] | None,
    after: tuple[str, str] | None,
    limit: int,
) -> list[Mapping[str, Any]]:
    """Areas by vintage, by part of a name or code, inside others; keyset paging by vintage, code.

    With `among`, only these, whatever their names are.
    """
    rows = connection.execute(
        statement("area_search"),
        {
            "vintage": vintage,
            "words": f"%{_escaped(words)}%" if words and among is None else None,
            "among": list(among) if among is not None else None,
            "within": list(within) if within is not None else None,
            "after_vintage": after[0] if after else None,
            "after_code": after[1] if after else None,
            "limit": limit,
        },
    )
    return [dict(row) for row in rows.mappings()]


def aliases_of(connection: Connection, ids: Iterable[int]) -> dict[int, Mapping[str, str]]:
    """What else areas are called, by id: {kind: name}."""
    rows = connection.execute(statement("areas_named"), {"ids": sorted(set(ids))})
    return {row["id"]: row["aliases"] for row in rows.mappings() if row["aliases"]}


def areas_geojson(
    connection: Connection, edition_id: int, tolerance_m: int, within: Sequence[int] | None
) -> bytes:
    """A GeoJSON FeatureCollection of an edition's display copies, encoded by PostGIS."""
    found = connection.execute(
        statement("areas_geojson"),
        {
            "edition_id": edition_id,
            "tolerance_m": tolerance_m,
            "within": list(within) if within is not None else None,
            "fictional": f"^{FICTIONAL_CODE}$",
        },
    ).scalar_one()
    return str(found).encode()


def display_geojson(
    connection: Connection, edition_id: int, tolerance_m: int, within: Sequence[int] | None
) -> dict[str, tuple[int, bytes]]:
    """By area code the stable integer and the display copy as GeoJSON, of an edition."""
    condition = (display.c.edition_id == edition_id) & (display.c.tolerance_m == tolerance_m)
    if within is not None:
        condition &= display.c.area_id.in_(list(within))
    rows = connection.execute(
        select(area.c.code, area.c.id, func.ST_AsGeoJSON(display.c.geom, 5))
        .join(area, area.c.id == display.c.area_id)
        .where(condition)
    )
    return {row[0]: (row[1], row[2].encode()) for row in rows}


def coarsest_display(
    connection: Connection, edition_id: int
) -> tuple[NDArray[np.int64], Geometries]:
    """The ids of an edition's areas and the coarsest display copies of their outlines."""
    coarsest = select(func.max(display.c.tolerance_m)).where(display.c.edition_id == edition_id)
    rows = connection.execute(
        select(display.c.area_id, func.ST_AsBinary(display.c.geom)).where(
            display.c.edition_id == edition_id,
            display.c.tolerance_m == coarsest.scalar_subquery(),
        )
    ).all()
    ids = np.array([row[0] for row in rows], dtype=np.int64)
    return ids, shapely.from_wkb(np.array([bytes(row[1]) for row in rows], dtype=object))


def display_tolerances(connection: Connection, edition_id: int) -> list[int]:
    """The tolerances an edition has display copies at, in metres, finest first."""
    rows = connection.execute(
        select(display.c.tolerance_m)
        .where(display.c.edition_id == edition_id)
        .distinct()
        .order_by(display.c.tolerance_m)
    )
    return [row[0] for row in rows]


def extent(connection: Connection, edition_id: int, within: Sequence[int] | None) -> list[float]:
    """West, south, east, north in degrees of an edition, or of the part of it inside areas."""
    row = connection.execute(
        statement("edition_extent"),
        {"edition_id": edition_id, "within": list(within) if within is not None else None},
    ).one()
    return [] if row[0] is None else [round(float(value), 5) for value in row]


def edition_sizes(connection: Connection) -> dict[int, int]:
    """How many areas each edition holds."""
    rows = connection.execute(
        select(edition_area.c.edition_id, func.count()).group_by(edition_area.c.edition_id)
    )
    return {row[0]: row[1] for row in rows}


def known_codes(connection: Connection) -> dict[str, int]:
    """How many codes are known in each vintage, with or without an outline."""
    rows = connection.execute(select(area.c.vintage, func.count()).group_by(area.c.vintage))
    return {row[0]: row[1] for row in rows}


def _edition(row: Any) -> Edition:  # noqa: ANN401
    return Edition(
        row.id, row.vintage, row.number, row.state, row.grade, row.report, row.published_at
    )


def _escaped(words: str) -> str:
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def edition_ids(connection: Connection, edition_id: int) -> NDArray[np.int64]:
    """The ids of the areas of an edition, ascending."""
    rows = connection.execute(
        select(edition_area.c.area_id)
        .where(edition_area.c.edition_id == edition_id)
        .order_by(edition_area.c.area_id)
    )
    return np.array(rows.scalars().all(), dtype=np.int64)


def refresh_statistics(connection: Connection) -> None:
    """Let the planner know what areas and links there are now."""
    analyze(connection, area, edition_area, link)
