"""What incidents are counted in: areas of a vintage, or equal cells of the ground.

Only land inside the study area counts. A cell less than a tenth of which lies inside is shown with
what happened in it, and is not tested: zeros of slivers would make everything else look thick.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from lris.errors import BadRequest
from lris.hotspots.coverage import Month, first_day
from lris.hotspots.ground import Ground, areas_of_unit
from lris.hotspots.looking import Look
from lris.rules import grids
from lris.rules.local_stats import Neighbours
from lris.rules.words import LEVELS
from lris.spreading import Spreading
from lris.store import hotspot_points as store

Column = NDArray[np.float64]
Whole = NDArray[np.int64]

MOST_UNITS = 100_000
TESTED_FROM = 0.1
"""The share of a cell that must lie inside the study area for it to be tested."""


@dataclass(frozen=True, slots=True)
class Units:
    """Areas or cells: names, outlines (EPSG:27700), land in m2, and which of them are tested.

    `counts` has one row for each month of `months` and one column for each unit: incidents, or
    their harm. `neighbours` are those among the tested ones, numbered in their order.
    """

    codes: tuple[str, ...]
    names: tuple[str, ...]
    geometry: NDArray[np.object_]
    land_m2: Column
    tested: NDArray[np.bool_]
    neighbours: Neighbours
    months: tuple[Month, ...]
    counts: Column
    incidents: Column
    one: str
    many: str
    equal: bool

    def __len__(self) -> int:
        return len(self.codes)

    def during(self, months: Sequence[Month], *, weighed: bool = True) -> Column:
        """What each unit has in some months."""
        at = [self.months.index(one) for one in months]
        found: Column = (self.counts if weighed else self.incidents)[at].sum(axis=0)
        return found


def units(look: Look) -> Units:
    """The units asked for, with what happened in each of them month by month."""
    return _cells(look, *look.asked.cells) if look.asked.cells else _areas(look)


# ---------------------------------------------------------------- cells


def _cells(look: Look, shape: str, cell_m: float) -> Units:
    over = look.over
    _check_size(over, cell_m)
    make = grids.square if shape == "grid" else grids.hexagons
    cells = make(over.bounds, cell_m)
    share = cells.shares_inside(over.measured)
    at = cells.cell_of(look.taken.x, look.taken.y)
    kept = share > 0
    kept[at[at >= 0]] = True  # A point on the very edge of a simplified outline.
    number = np.where(kept, np.cumsum(kept) - 1, -1)
    unit = number[at][look.taken.point]
    tested = share[kept] >= TESTED_FROM
    whole = np.zeros(len(cells), dtype=bool)
    whole[np.flatnonzero(kept)[tested]] = True
    names = cells.names[kept]
    counts, incidents = (
        _table(look, unit, what, int(kept.sum()))
        for what in (look.taken.value, look.taken.incidents.astype(np.float64))
    )
    word = "square" if shape == "grid" else "hexagon"
    return Units(
        tuple(names.tolist()),
        tuple(names.tolist()),
        cells.polygons(np.flatnonzero(kept)),
        share[kept] * cells.area_m2,
        tested,
        cells.neighbours(whole),
        look.taken.months,
        counts,
        incidents,
        f"{word} of {cell_m:g} m",
        f"{word}s of {cell_m:g} m",
        equal=True,
    )


def _check_size(over: Ground, cell_m: float) -> None:
    west, south, east, north = over.bounds
    wanted = (east - west) * (north - south) / cell_m**2
    if wanted > MOST_UNITS:
        least = int(np.ceil(np.sqrt((east - west) * (north - south) / MOST_UNITS)))
        raise BadRequest(
            f"cells of {cell_m:g} m over {over.name} would be {wanted:,.0f}, and {MOST_UNITS:,} is"
            " the most",
            remedy=f"choose cells of {least:,} m or more, or a smaller place",
        )


def _table(look: Look, unit: Whole, what: Column, size: int) -> Column:
    months = len(look.taken.months)
    flat = np.bincount(look.taken.month * size + unit, what, minlength=months * size)
    return flat.astype(np.float64).reshape(months, size)


# ---------------------------------------------------------------- areas


def _areas(look: Look) -> Units:
    """Areas with the incidents placed in them, as the published figures count them."""
    catalogue = look.reader.catalogue
    found = areas_of_unit(look.connection, catalogue, look.asked, look.over)
    level = catalogue.vintage(look.asked.unit).level
    one, many = LEVELS[level.value]
    counts, incidents = _placed(look, found.ids)
    return Units(
        found.codes,
        found.names,
        found.geometry,
        shapely.area(found.geometry),
        np.ones(len(found.codes), dtype=bool),
        touching(found.geometry),
        look.taken.months,
        counts,
        incidents,
        one,
        many,
        equal=False,
    )


def touching(outlines: NDArray[np.object_]) -> Neighbours:
    """Areas that share a point of their border, or lie within a metre of each other."""
    tree = shapely.STRtree(outlines)
    one, other = tree.query(outlines, predicate="dwithin", distance=1.0)
    apart = one != other
    one, other = one[apart], other[apart]
    order = np.lexsort((other, one))
    start = np.zeros(len(outlines) + 1, dtype=np.int64)
    np.cumsum(np.bincount(one, minlength=len(outlines)), out=start[1:])
    return Neighbours(start, other[order].astype(np.int64))


def _placed(look: Look, ids: Whole) -> tuple[Column, Column]:
    """By month and area, from where incidents were placed; larger areas are sums of smaller."""
    spreading = Spreading(look.connection, look.reader.catalogue)
    unit = look.asked.unit
    if unit in spreading.bases:
        return _counted(look, unit, ids)
    base = next((one for one in spreading.bases if unit in spreading.summed_from(one)), None)
    if base is None:
        raise BadRequest(
            f"incidents are not counted in {unit}",
            remedy=f"ask for one of: {', '.join(sorted(spreading.bases))}, or for unit=grid:250",
        )
    road = spreading.road(base, spreading.bases[base], unit)
    at = {int(number): place for place, number in enumerate(ids)}
    parent = np.array([at.get(int(one), -1) for one in road.ids])
    mine = np.where(road.summing.parent >= 0, parent[road.summing.parent], -1)
    small = spreading.bases[base][mine >= 0]
    summed = []
    for table in _counted(look, base, small):
        found = np.zeros((table.shape[0], ids.size))
        np.add.at(found.T, mine[mine >= 0], table.T)
        summed.append(found)
    return summed[0], summed[1]


def _counted(look: Look, vintage: str, ids: Whole) -> tuple[Column, Column]:
    months = look.taken.months
    sought = replace(look.sought, after=first_day(months[0]), before=first_day(months[-1] + 1))
    rows = store.area_counts(look.connection, sought, vintage, ids.tolist())
    order = np.argsort(ids)
    place = order[np.searchsorted(ids[order], rows.area_id)] if ids.size else rows.area_id
    month = (rows.month - months[0]).astype(np.int64)
    weigh = look.harm.weights if look.harm else None
    weights = np.array([weigh.get(one, 0.0) if weigh else 1.0 for one in rows.categories] or [0.0])
    shape = (len(months), ids.size)
    flat = month * ids.size + place
    incidents = np.bincount(flat, rows.incidents, minlength=shape[0] * shape[1]).reshape(shape)
    harm = np.bincount(
        flat, rows.incidents * weights[rows.category], minlength=shape[0] * shape[1]
    ).reshape(shape)
    return harm.astype(np.float64), incidents.astype(np.float64)
