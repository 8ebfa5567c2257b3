"""Where an area lies: its outline among those of its district."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lris.errors import BadRequest
from lris.figures import Reader
from lris.reports.blocks import Chart
from lris.reports.charts.maps import Key, Shape, map_chart
from lris.reports.indicators import outlines
from lris.terms import Level, Viewer

Profile = Mapping[str, Any]

MOST_DRAWN = 600
"""Outlines on one small map; a district with more is left out, and the area drawn alone."""

MAP_ZOOM, ALONE_ZOOM = 9, 12
"""How finely outlines are drawn, as on a map of that zoom: beside the others, and alone."""

OWN, OTHER = "#0072b2", "#f4f6f6"


def surroundings(reader: Reader, viewer: Viewer, profile: Profile) -> dict[str, Any]:
    """The outlines of an area and of the others of its district and vintage, by code.

    GeoJSON geometries in degrees; empty where no outlines are published.
    """
    area = profile["area"]
    roots = [f"{one['vintage']}/{one['code']}" for one in (*_districts(area), area)]
    for at, root in enumerate(roots, 1):
        zoom = ALONE_ZOOM if at == len(roots) else MAP_ZOOM
        try:
            found = outlines(reader, viewer, area["vintage"], root, zoom)
        except BadRequest:  # a neighbourhood of one's own is in no table
            continue
        if 0 < len(found) <= MOST_DRAWN and codes_of(profile) & set(found):
            return found
    return {}


def _districts(area: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The districts it lies in, by the newest boundaries first."""
    found = [one for one in area.get("parents", ()) if one["level"] == Level.LAD]
    return sorted(found, key=lambda one: str(one["vintage"]), reverse=True)


def codes_of(profile: Profile) -> set[str]:
    """The area's own code, or those of the blocks that a neighbourhood of one's own is made of."""
    blocks = {str(one["code"]) for one in profile.get("blocks") or () if one.get("taken", True)}
    return blocks or {str(profile["area"]["code"])}


def whereabouts_of(profile: Profile, found: Mapping[str, Any]) -> Chart | None:
    """The area among the others; None without its outline."""
    own = codes_of(profile) & set(found)
    if not own:
        return None
    name = profile["area"]["name"]
    shapes = [
        Shape(geometry, OWN if code in own else OTHER, mark=code in own)
        for code, geometry in found.items()
    ]
    districts = _districts(profile["area"])
    inside = f" in {districts[0]['name']}" if districts and len(found) > len(own) else ""
    keys = [Key(name, OWN)] + ([Key(f"others{inside}", OTHER)] if len(found) > len(own) else [])
    svg, width = map_chart("where", shapes, keys)
    return Chart(
        id="where",
        title=f"{name}{inside}",
        alternative=f"Map of the outline of {name}{inside}, north up.",
        svg=svg,
        width=width,
    )
