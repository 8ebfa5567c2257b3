"""Tell which places are loaded, and what a page of each opens with."""

from __future__ import annotations

from typing import Any

from lris import areas, figures
from lris.catalogue.places import Place
from lris.figures import Reader
from lris.session import Connection
from lris.store import areas as areas_store
from lris.store import deliveries as store
from lris.terms import Viewer

EVERYTHING = "all"
"""The id of the place that is whatever has been loaded."""


def places(reader: Reader, viewer: Viewer) -> list[dict[str, Any]]:
    """The places loaded whole, then everything that is loaded; the first is what a page opens."""
    catalogue = reader.catalogue
    with reader.doors.reading(viewer) as connection:
        loaded = store.loaded_places(connection)
        drawn = set(areas_store.published_editions(connection))
        found = [
            {
                **_opening(place),
                "vintages": [step.vintage for step in place.boundaries if step.vintage in drawn],
                "bbox": areas.extent(
                    connection, catalogue, place.opens_with.vintage, [f"place/{place.id}"]
                ),
            }
            for place in catalogue.places.values()
            if place.id in loaded
        ]
        found.append(_everything(reader, viewer, connection, drawn))
    return found


def _opening(place: Place) -> dict[str, Any]:
    return {
        "id": place.id,
        "name": place.name,
        "within": f"place/{place.id}",
        "vintage": place.opens_with.vintage,
        "indicator": place.opens_with.indicator,
        "category": place.opens_with.category,
        "period": place.opens_with.period,
        "fictional": place.fictional,
        "note": place.note,
        "gaps": [{"topic": gap.topic.value, "sentence": gap.sentence} for gap in place.gaps],
    }


def _everything(
    reader: Reader, viewer: Viewer, connection: Connection, drawn: set[str]
) -> dict[str, Any]:
    """Whatever has been loaded as one place, opening on the first indicator it has areas for."""
    vintages = sorted(drawn & set(reader.catalogue.vintages))
    opening = {"vintage": vintages[0] if vintages else "", "indicator": "", "category": ""}
    period = ""
    for one in figures.indicators(reader, viewer):
        shown = [vintage for vintage in vintages if vintage in one["vintages"]]
        if shown:
            opening["vintage"], opening["indicator"] = shown[0], one["id"]
            opening["category"] = one["categories"][0]["id"] if one["categories"] else ""
            period = one["periods_by_vintage"][shown[0]][-1]
            break
    return {
        "id": EVERYTHING,
        "name": "Everything loaded",
        "within": None,
        "vintages": vintages,
        **opening,
        "period": period,
        "fictional": False,
        "note": "All areas that boundaries are loaded for.",
        "gaps": [],
        "bbox": areas.extent(connection, reader.catalogue, opening["vintage"], None),
    }
