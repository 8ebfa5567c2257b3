"""The study area: the ground a question is about, and who polices it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from lris.areas import PLACE, parse_area, within_ids
from lris.catalogue import Catalogue
from lris.errors import BadRequest, UnknownName
from lris.hotspots.asking import Asked
from lris.placing import placed_directly
from lris.rules.drawn import drawn_ground
from lris.session import Connection
from lris.store import areas as areas_store
from lris.store import hotspot_points as store
from lris.store.areas import Edition
from lris.store.hotspot_points import Outlines
from lris.terms import AreaCode, Level

M2_A_KM2 = 1e6
MOST_VERTICES = 3_000
SIMPLIFIED_M = 5.0
"""Outlines with more corners than that are simplified by so much before ground is measured."""

MOST_NAMED = 4
"""Areas of a place that are named one by one."""

Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Ground:
    """A study area: its outline (EPSG:27700, prepared), what it is called and the forces there.

    `areas` are ids of the areas of `vintage` inside it, the vintage incidents were placed in.
    `forces` are the names that publishers give the police forces of its districts; empty where no
    look-up tells.
    """

    outline: shapely.Geometry
    measured: shapely.Geometry
    name: str
    vintage: str
    areas: tuple[int, ...]
    forces: tuple[str, ...]

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in metres."""
        west, south, east, north = shapely.bounds(self.outline).tolist()
        return west, south, east, north

    @property
    def shorter_side_m(self) -> float:
        """The shorter side of the rectangle around it."""
        west, south, east, north = self.bounds
        return min(east - west, north - south)

    @property
    def km2(self) -> float:
        """Its land."""
        return float(shapely.area(self.measured)) / M2_A_KM2

    def holds(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which points lie in it; NaN lies nowhere."""
        inside: NDArray[np.bool_] = shapely.contains_xy(self.outline, x, y)
        return inside


def ground(connection: Connection, catalogue: Catalogue, asked: Asked) -> Ground:
    """The study area of a question. Raises `BadRequest` for a place without an outline."""
    published = areas_store.published_editions(connection)
    bases = _bases(catalogue, published, asked)
    if asked.polygon is not None:
        outline = drawn_ground(json.loads(asked.polygon))
        vintage, inside = _first_inside(
            bases, lambda one: _middles_inside(connection, published[one], outline)
        )
        name = "the area drawn"
    else:
        within = str(asked.within)
        vintage, inside = _first_inside(
            bases, lambda one: tuple(within_ids(connection, catalogue, within, one) or ())
        )
        outline = _outline(connection, published, within, vintage, inside)
        name = _name(connection, within, catalogue)
    if shapely.is_empty(outline):
        raise BadRequest(
            f"no outline of {asked.within} is published, nor of areas inside it",
            remedy="load and publish its boundaries, or name another area",
        )
    shapely.prepare(outline)
    measured = outline
    if shapely.get_num_coordinates(outline) > MOST_VERTICES:
        measured = shapely.simplify(outline, SIMPLIFIED_M)
        shapely.prepare(measured)
    forces = _forces(connection, catalogue, inside)
    return Ground(outline, measured, name, vintage, inside, forces)


def areas_of_unit(
    connection: Connection, catalogue: Catalogue, asked: Asked, over: Ground
) -> Outlines:
    """The areas of the vintage asked for that lie in the study area, with their outlines.

    As the look-ups say; where none does, those whose middle lies in it.
    """
    edition = areas_store.published_editions(connection).get(asked.unit)
    if edition is None:
        raise BadRequest(
            f"no boundaries of {asked.unit} are published",
            remedy="GET /vintages lists those that are; or ask for unit=grid:250",
        )
    ids = within_ids(connection, catalogue, asked.within, asked.unit)
    found = store.outlines(
        connection, edition.id, ids or _middles_inside(connection, edition, over.outline)
    )
    if not found.codes:
        raise BadRequest(
            f"no area of {asked.unit} lies in {over.name}",
            remedy="name a larger place, or ask for a smaller unit",
        )
    return found


# ---------------------------------------------------------------- where it is


def _bases(catalogue: Catalogue, published: Mapping[str, Edition], asked: Asked) -> list[str]:
    """The vintages incidents were placed in, the one nearest to the place asked for first."""
    named = (asked.within or "").partition("/")[0]
    vintage = catalogue.vintages.get(named)
    first = [named, vintage.built_from if vintage else None]
    of_source = catalogue.source(asked.source).vintages
    return sorted(
        placed_directly(catalogue, dict(published)),
        key=lambda one: (first.index(one) if one in first else 2, one not in of_source, one),
    )


def _first_inside(
    vintages: Sequence[str], inside: Callable[[str], tuple[int, ...]]
) -> tuple[str, tuple[int, ...]]:
    """The first vintage with areas inside, and those."""
    return next(((one, ids) for one in vintages if (ids := inside(one))), ("", ()))


def _outline(
    connection: Connection,
    published: Mapping[str, Edition],
    within: str,
    vintage: str,
    inside: Sequence[int],
) -> shapely.Geometry:
    """The outline of named areas: their own where it is drawn, else that of the areas inside."""
    named = within.partition("/")[0]
    if named in published:
        ids = _ids(connection, [parse_area(one) for one in within.split(",")])
        own = store.outlines(connection, published[named].id, ids)
        if own.codes and len(own.codes) == len(within.split(",")):
            return shapely.union_all(own.geometry)
    if not inside:
        return shapely.GeometryCollection()
    return shapely.union_all(store.outlines(connection, published[vintage].id, inside).geometry)


def _ids(connection: Connection, areas: Sequence[AreaCode]) -> list[int]:
    found = [areas_store.find_area(connection, one) for one in areas]
    return [one[0] for one in found if one]


def _name(connection: Connection, within: str, catalogue: Catalogue) -> str:
    first = within.split(",")
    names = []
    for text in first:
        which = parse_area(text)
        if which.vintage == PLACE:
            names.append(catalogue.place(which.code).name)
            continue
        found = areas_store.find_area(connection, which)
        if found is None:
            raise UnknownName(f"there is no area {which}", remedy="look for it: GET /areas?q=")
        names.append(found[1] or which.code)
    if len(names) <= MOST_NAMED:
        return ", ".join(names)
    return f"{', '.join(names[: MOST_NAMED - 1])} and {len(names) - MOST_NAMED + 1} others"


def _middles_inside(
    connection: Connection, edition: Edition, outline: shapely.Geometry
) -> tuple[int, ...]:
    """The areas of an edition whose middle lies inside an outline."""
    near = store.outlines_near(connection, edition.id, shapely.bounds(outline).tolist())
    middles = shapely.point_on_surface(near.geometry)
    return tuple(near.ids[shapely.contains(outline, middles)].tolist())


# ---------------------------------------------------------------- who polices it


def _forces(connection: Connection, catalogue: Catalogue, areas: Sequence[int]) -> tuple[str, ...]:
    """The forces of the districts around the small areas."""
    if not areas:
        return ()
    lads = [one.id for one in catalogue.vintages.values() if one.level is Level.LAD]
    codes = store.parents_in(connection, areas, lads)
    known = (catalogue.forces.get(code) for code in codes)
    return tuple(sorted({one.reported_by for one in known if one}))
