"""Load a place whole: fetch its files, load them, derive and publish; and tell which are there."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from lris import areas, figures
from lris.boundaries import dissolve, load_boundaries, publish_boundaries
from lris.catalogue import Catalogue
from lris.catalogue.files import RemoteFile, WheelMember
from lris.catalogue.places import Place
from lris.derive import derive
from lris.errors import LrisError
from lris.fetch import fetch
from lris.figures import Reader
from lris.load import load
from lris.progress import QUIET, Progress
from lris.publish import publish
from lris.session import Connection, Doors
from lris.store import areas as areas_store
from lris.store import deliveries as store
from lris.terms import Viewer

EVERYTHING = "all"
"""The id of the place that is whatever has been loaded."""


def load_place(
    doors: Doors,
    catalogue: Catalogue,
    place_id: str,
    *,
    raw: Path,
    actor: str,
    now: Callable[[], datetime],
    progress: Progress = QUIET,
) -> bool:
    """Bring a place up to its manifest; False where it was already. Every step may be repeated.

    Interrupted at any moment, the next call goes on where this one stopped.
    """
    place = catalogue.place(place_id)
    with doors.inspecting() as connection:
        if store.loaded_places(connection).get(place_id) == catalogue.digest:
            return False
    progress.say(f"Loading {place.name}: {place.note}")
    fetch(place_files(catalogue, place), raw, now=now(), progress=progress)
    for step in place.loads:
        source = catalogue.source(step.source)
        if source.kind != "incidents":
            _load(doors, catalogue, raw, place, step.source, actor, now, progress)
    _load_boundaries(doors, catalogue, raw, place, actor, progress)
    for step in place.loads:
        if catalogue.source(step.source).kind == "incidents":
            _load(doors, catalogue, raw, place, step.source, actor, now, progress)
    derive(doors, catalogue, actor=actor, progress=progress)
    publish(doors, actor=actor, because=f"{place.name} loaded", progress=progress)
    with doors.writing(actor, f"{place.name} loaded") as door:
        store.mark_place(door.connection, place_id, catalogue.digest)
        door.record("load place", place_id)
    return True


def place_files(catalogue: Catalogue, place: Place) -> list[RemoteFile]:
    """Every file a place is made of."""
    wanted = [(catalogue.vintage(step.vintage).files, step.files) for step in place.boundaries]
    wanted += [(catalogue.source(step.source).files, step.files) for step in place.loads]
    return [file for files, names in wanted for file in files if file.name in names]


def _load(
    doors: Doors,
    catalogue: Catalogue,
    raw: Path,
    place: Place,
    source: str,
    actor: str,
    now: Callable[[], datetime],
    progress: Progress,
) -> None:
    names = [name for step in place.loads if step.source == source for name in step.files]
    files = [file for file in catalogue.source(source).files if file.name in names]
    with _named(files, raw) as paths:
        report = load(
            doors,
            catalogue,
            source,
            paths,
            actor=actor,
            because=f"{place.name} loaded",
            today=now().date(),
            progress=progress,
        )
    if report.faults:
        raise LrisError("\n".join(report.faults), remedy="nothing of these files was stored")
    total = report.total
    progress.say(
        f"{source}: {total['rows_read']:,} rows read, {total['loaded']:,} loaded"
        f" ({total['unplaced']:,} of them in no area), {total['quarantined']:,} set aside,"
        f" {total['already_loaded']:,} already there"
    )


def _load_boundaries(
    doors: Doors, catalogue: Catalogue, raw: Path, place: Place, actor: str, progress: Progress
) -> None:
    for step in place.boundaries:
        because = f"{place.name} loaded"
        if step.files:
            files = [f for f in catalogue.vintage(step.vintage).files if f.name in step.files]
            with _named(files, raw) as paths:
                load_boundaries(
                    doors,
                    catalogue,
                    step.vintage,
                    paths,
                    actor=actor,
                    because=because,
                    progress=progress,
                )
        else:
            dissolve(doors, catalogue, step.vintage, actor=actor, progress=progress)
        publish_boundaries(
            doors, catalogue, step.vintage, actor=actor, because=because, progress=progress
        )


@contextmanager
def _named(files: Sequence[RemoteFile], raw: Path) -> Iterator[list[Path]]:
    """Fetched files under the names people know them by: reports and grades speak of those."""
    with tempfile.TemporaryDirectory(dir=raw, prefix=".named-") as folder:
        paths = []
        for file in files:
            path = Path(folder) / f"{file.name}{_suffix(file)}"
            path.hardlink_to(raw / file.sha256)
            paths.append(path)
        yield paths


def _suffix(file: RemoteFile) -> str:
    for address in file.addresses:
        name = address.member if isinstance(address, WheelMember) else address.url
        if address.kind != "page":
            return PurePosixPath(name).suffix
    return ""


# ---------------------------------------------------------------- telling


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
