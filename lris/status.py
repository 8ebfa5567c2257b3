"""What is there: deliveries, editions, releases, and what each was worth."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from lris.boundaries import vintages
from lris.catalogue import Catalogue
from lris.session import Doors
from lris.store import audit, deliveries, estimates, incidents, releases


def status(doors: Doors, catalogue: Catalogue) -> dict[str, Any]:
    """The state of the data: for whoever runs the machine, never served."""
    with doors.inspecting() as connection:
        current = deliveries.current_deliveries(connection)
        routes = incidents.tallies(connection, [one.id for one in current])
        series, figures = estimates.count_estimates(connection)
        known = releases.all_releases(connection)
        places = deliveries.loaded_places(connection)
        entries = audit.latest_entries(connection, 5)
    return {
        "places": sorted(places),
        "deliveries": [{**asdict(one), "routes": routes.get(one.id, {})} for one in current],
        "vintages": [one for one in vintages(doors, catalogue) if one["edition"] or one["draft"]],
        "derived": {"series": series, "figures": figures},
        "releases": [asdict(one) for one in known],
        "latest_changes": entries,
    }


def sources(catalogue: Catalogue, source_id: str | None) -> dict[str, Any]:
    """The sources of the catalogue, or all there is to know of one."""
    chosen = [catalogue.source(source_id)] if source_id else list(catalogue.sources.values())
    return {
        "sources": [
            {
                "id": one.id,
                "title": one.title,
                "kind": one.kind,
                "topic": one.topic.value,
                "publisher": one.publisher,
                "licence": one.licence,
                "refresh": one.refresh,
                "homepage": one.homepage,
                "precision": one.precision,
                "caveats": list(one.caveats),
                "layouts": [layout.name for layout in one.layouts],
                "files": [file.name for file in one.files],
            }
            for one in chosen
        ]
    }
