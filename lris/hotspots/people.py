"""Who is at risk: published residents or households of small areas, and where on the ground."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from lris import figures
from lris.errors import BadRequest, NotPublished
from lris.hotspots.looking import Look
from lris.hotspots.methods import OVER
from lris.store import areas as areas_store
from lris.store import hotspot_points as store
from lris.terms import Period

Column = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Published:
    """Residents or households by area code, with what they are of and of which release."""

    by_code: Mapping[str, float]
    indicator: str
    vintage: str
    period: str
    release: int

    def told(self) -> dict[str, Any]:
        """As the parameters of an answer tell it."""
        return {
            "indicator": self.indicator,
            "vintage": self.vintage,
            "period": self.period,
            "release": self.release,
        }


@dataclass(frozen=True, slots=True)
class People:
    """People or households put on cells: their sum, and by cell."""

    published: Published
    total: float
    by_cell: NDArray[np.float64]

    def told(self) -> dict[str, Any]:
        """As the parameters of an answer tell it."""
        return {**self.published.told(), "spread": "evenly over the ground of each area"}


def published_people(look: Look, vintage: str, over: str) -> Published | None:
    """The figures nearest in time to the question; None where none are published."""
    reader, middle = look.reader, Period.parse(look.asked.start).start.year
    try:
        contents = reader.contents(look.connection, look.viewer)
    except NotPublished:
        return None
    for indicator in OVER[over]:
        series = [row for row in contents.of(indicator) if row["vintage"] == vintage]
        if not series:
            continue
        nearest = min(series, key=lambda row: abs(row["period_start"].year - middle))
        page = figures.figures(
            reader,
            look.viewer,
            indicator,
            vintage=vintage,
            period=nearest["period"],
            category=nearest["category"] or None,
        )
        values = {
            row["area_code"]: float(row["value"])
            for row in page.figures
            if row["value"] is not None
        }
        return Published(values, indicator, vintage, nearest["period"], contents.release.number)
    return None


def people_at(look: Look, x: Column, y: Column, land: NDArray[np.bool_]) -> People:
    """People of the small areas of the study area, spread evenly over the cells in each.

    An area too small to hold the middle of a cell gives them to the cell around its own middle.
    Raises `BadRequest` where nobody published them.
    """
    published = published_people(look, look.over.vintage, look.asked.over)
    if published is None:
        raise BadRequest(
            f"no {look.asked.over} are published for {look.over.vintage or look.over.name}",
            remedy="load and publish them, or ask for kde, which needs none",
        )
    edition = areas_store.published_editions(look.connection)[look.over.vintage]
    near = store.outlines(look.connection, edition.id, look.over.areas)
    row, column = np.nonzero(land)
    tree = shapely.STRtree(np.asarray(shapely.points(x[column], y[row])))
    area, cell = tree.query(near.geometry, predicate="contains")
    people = np.array([published.by_code.get(code, 0.0) for code in near.codes])
    cells = np.bincount(area, minlength=len(near.codes))
    found = np.zeros(land.shape)
    np.add.at(found, (row[cell], column[cell]), people[area] / cells[area])
    for at in np.flatnonzero((cells == 0) & (people > 0)):
        middle = shapely.point_on_surface(near.geometry[at])
        nearest = tree.nearest(middle)
        found[row[nearest], column[nearest]] += people[at]
    return People(published, float(people.sum()), found)
