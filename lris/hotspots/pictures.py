"""A hotspot map as a picture: scale bar, legend, what it is of and whose it is."""

from __future__ import annotations

import io
import textwrap
from typing import Any

import numpy as np
import shapely

from lris.hotspots.colours import NONE
from lris.hotspots.looking import Answer, check_is_map

INCHES = (9.0, 9.0)
DPI = 120
TITLE_LETTERS = 95
MOST_OUTLINED = 6000
STEPS_M = (100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000)


def png(answer: Answer) -> bytes:
    """The map drawn in EPSG:27700."""
    check_is_map(answer, "picture")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=INCHES, dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    _draw(axes, answer)
    axes.set_aspect("equal")
    axes.set_axis_off()
    _scale_bar(axes)
    _legend(axes, answer)
    told = answer.members["parameters"]
    span = told["from"] if told["from"] == told["to"] else f"{told['from']} to {told['to']}"
    where = f"{told['place']}, {span}"
    title = f"{told['title']}: {told['category_name']}"
    words = [textwrap.fill(line, TITLE_LETTERS) for line in (title, where)]
    figure.suptitle("\n".join(words), fontsize=12)
    figure.supxlabel(_caption(answer), fontsize=7, ha="center")
    out = io.BytesIO()
    figure.savefig(
        out, format="png", metadata={"Software": "LRIS", "Description": _caption(answer)}
    )
    return out.getvalue()


def _draw(axes: Any, answer: Answer) -> None:  # noqa: ANN401
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    colour = {one["class"]: one["colour"] for one in answer.members["classes"]}
    patches, faces = [], []
    for one in answer.found.shapes:
        face = colour.get(str(one.properties.get("class")), NONE)
        if isinstance(one.geometry, shapely.Point):
            axes.scatter(
                *(one.geometry.x, one.geometry.y), s=9, color=face, edgecolors="#444444", lw=0.3
            )
            continue
        for part in shapely.get_parts(one.geometry):
            rings = [part.exterior, *part.interiors]
            paths = [Path(np.asarray(ring.coords), closed=True) for ring in rings]
            patches.append(PathPatch(Path.make_compound_path(*paths)))
            faces.append(face)
    # The edges of very many shapes would hide what is in them.
    edges = "#66666688" if len(patches) <= MOST_OUTLINED else "face"
    drawn = PatchCollection(patches, facecolor=faces, edgecolor=edges, linewidth=0.2)
    axes.add_collection(drawn)
    axes.autoscale_view()


def _scale_bar(axes: Any) -> None:  # noqa: ANN401
    west, east = axes.get_xlim()
    south, north = axes.get_ylim()
    length = next((one for one in reversed(STEPS_M) if one <= (east - west) / 4), STEPS_M[0])
    x, y = west + 0.03 * (east - west), south + 0.03 * (north - south)
    axes.plot([x, x + length], [y, y], color="black", lw=2, solid_capstyle="butt")
    words = f"{length / 1000:g} km" if length >= 1000 else f"{length} m"
    axes.text(x + length / 2, y + 0.01 * (north - south), words, ha="center", fontsize=8)


def _legend(axes: Any, answer: Answer) -> None:  # noqa: ANN401
    from matplotlib.patches import Patch

    handles = [
        Patch(facecolor=one["colour"], edgecolor="#666666", linewidth=0.4, label=one["class"])
        for one in answer.members["classes"]
    ]
    if handles:
        unit = answer.members["parameters"].get("unit", "")
        title = unit if "per" in unit else None
        axes.legend(handles=handles, loc="upper left", fontsize=7, title=title, framealpha=0.9)


def _caption(answer: Answer) -> str:
    said = textwrap.fill(" ".join(answer.members["reading"]), 150)
    whose = "; ".join(one["attribution"] for one in answer.members["sources"])
    return f"{said}\n{textwrap.fill(whose, 150)}\nEPSG:27700. North is up."
