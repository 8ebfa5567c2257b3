"""A small map: the outlines of areas, coloured by class, with hatching where there is no value."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lris.reports.charts.canvas import EDGE, INK, NARROW, SOFT, bare, draw, lines_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHORT = 24
"""Labels up to so many letters stand in two columns."""

HATCHES: Mapping[str, str] = {"missing": "", "withheld": "////", "incomplete": "...."}
FILLS: Mapping[str, str] = {"missing": "#d9dddd", "withheld": "#ffffff"}


@dataclass(frozen=True, slots=True)
class Shape:
    """An outline in degrees (GeoJSON geometry), how it is filled, and what kind of figure it has.

    `mark` draws its edge so that it is found at once; `words` are written inside it.
    """

    geometry: Mapping[str, Any]
    colour: str
    kind: str = "observed"
    mark: bool = False
    words: str = ""


@dataclass(frozen=True, slots=True)
class Key:
    """A line of the legend."""

    label: str
    colour: str
    kind: str = "observed"


def map_chart(id: str, shapes: Sequence[Shape], legend: Sequence[Key]) -> tuple[str, float]:
    """The map as SVG, north up and true to shape, with its legend below; and its width."""
    placed = [(shape, _rings(shape.geometry)) for shape in shapes]
    points = [point for _, rings in placed for ring in rings for point in ring]
    west, east = min(x for x, _ in points), max(x for x, _ in points)
    south, north = min(y for _, y in points), max(y for _, y in points)
    squeeze = math.cos(math.radians((south + north) / 2))
    aspect = (north - south) / max((east - west) * squeeze, 1e-9)
    tall = NARROW * min(max(aspect, 0.5), 1.5)
    columns = 2 if all(len(key.label) <= SHORT for key in legend) else 1
    foot = 0.19 * math.ceil(len(legend) / columns) + 0.1

    def fill(figure: Figure) -> None:
        axes = bare(figure, 0, foot / (tall + foot), 1, tall / (tall + foot))
        axes.set_aspect(1 / squeeze)
        axes.set_xlim(west, east)
        axes.set_ylim(south, north)
        axes.margins(0.02)
        for shape, rings in sorted(placed, key=lambda one: one[0].mark):
            _draw(axes, shape, rings)
        _legend(figure, legend, columns, foot, tall + foot)

    return draw(id, NARROW, tall + foot, fill)


def _rings(geometry: Mapping[str, Any]) -> list[list[tuple[float, float]]]:
    """Every ring of a Polygon or a MultiPolygon."""
    polygons: Iterable[Any] = (
        [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    )
    return [[(point[0], point[1]) for point in ring] for polygon in polygons for ring in polygon]


def _draw(axes: Axes, shape: Shape, rings: Sequence[Sequence[tuple[float, float]]]) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    path = Path.make_compound_path(*(Path(ring, closed=True) for ring in rings if len(ring) > 3))
    axes.add_patch(
        PathPatch(
            path,
            facecolor=FILLS.get(shape.kind, shape.colour),
            edgecolor=INK if shape.mark else EDGE,
            linewidth=1.8 if shape.mark else 0.35,
            hatch=HATCHES.get(shape.kind) or None,
            zorder=3 if shape.mark else 2,
        )
    )
    if shape.words:
        x, y = _inside(shape.geometry)
        paper = {"facecolor": "#ffffff", "edgecolor": "none", "pad": 1.0}
        axes.text(x, y, shape.words, fontsize=7.5, ha="center", va="center", zorder=4, bbox=paper)


def _inside(geometry: Mapping[str, Any]) -> tuple[float, float]:
    """A point that is surely inside an outline."""
    import shapely

    point = shapely.from_geojson(json.dumps(geometry)).representative_point()
    return point.x, point.y


def _legend(
    figure: Figure, legend: Sequence[Key], columns: int, foot: float, height: float
) -> None:
    from matplotlib.patches import Rectangle

    axes = bare(figure, 0, 0, 1, foot / height)
    axes.set_xlim(0, NARROW)
    axes.set_ylim(foot, 0)
    rows = math.ceil(len(legend) / columns)
    for n, key in enumerate(legend):
        x, y = (n // rows) * NARROW / columns, 0.1 + 0.19 * (n % rows)
        axes.add_patch(
            Rectangle(
                (x + 0.02, y - 0.06), 0.24, 0.13, facecolor=FILLS.get(key.kind, key.colour),
                edgecolor=EDGE, linewidth=0.6, hatch=HATCHES.get(key.kind) or None,
            )
        )  # fmt: skip
        words = lines_of(key.label, NARROW / columns - 0.35, 7.5, 1)[0]
        axes.text(x + 0.33, y, words, fontsize=7.5, va="center", color=SOFT)
