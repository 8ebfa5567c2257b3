"""Bring in boundaries: open a draft edition, compare it with what is published, publish it.

A published edition is never edited. New codes, or outlines changed for a stated reason, make a new
one. Publishing makes the display copies, works out which areas lie in which where no publisher says
so, makes the placing index, and places every stored incident, all in one transaction.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from lris.catalogue import Catalogue
from lris.catalogue.boundaries import Vintage
from lris.errors import BoundaryFault
from lris.placing import make_index, place_stored, placed_directly
from lris.progress import QUIET, Progress
from lris.rules.british_grid import from_grid
from lris.rules.geometry import best_fit_parents, display_copies, unchanged
from lris.session import Connection, Doors
from lris.sources.spatial import Boundaries, BoundaryLayout, read_boundaries
from lris.store import areas as store
from lris.store.areas import Edition, EditionAreas
from lris.store.engine import lock
from lris.terms import Grade

DISPLAY_TOLERANCES_M = (10, 50, 200)
"""Display copies: for streets and districts, for counties, for the country."""

NESTED_SHARE = 0.9
"""A child of a nesting vintage less of whose ground than this lies in its parent is reported."""


@dataclass(slots=True)
class DraftReport:
    """What a boundary file brought: areas new, the same, changed, and what was mended."""

    vintage: str
    edition: int
    grade: str
    source_crs: str = ""
    features_read: int = 0
    areas: int = 0
    new: int = 0
    unchanged: int = 0
    changed: list[str] = field(default_factory=list)
    repaired: list[str] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)


@dataclass(slots=True)
class EditionReport:
    """What publishing did. `published` is False where there was no draft to publish."""

    vintage: str
    edition: int
    published: bool
    areas: int = 0
    moved_for_display: int = 0
    largest_shift_m: float = 0.0
    mismatched_borders_before: int = 0
    mismatched_borders_after: int = 0
    links: dict[str, dict[str, float]] = field(default_factory=dict)
    incidents_placed: int = 0


def load_boundaries(
    doors: Doors,
    catalogue: Catalogue,
    vintage_id: str,
    paths: Sequence[Path],
    *,
    actor: str,
    because: str = "",
    crs: str | None = None,
    grade: str | None = None,
    progress: Progress = QUIET,
) -> DraftReport:
    """Read boundary files into the draft edition of a vintage, opening one where there is none.

    `crs` is needed where a file does not say its own; `grade` (BFC, BGC, BSC, BUC) is taken from
    the file names where not given. Raises `BoundaryFault` for a changed outline of a known code
    without `because`, and for whatever is wrong with the files.
    """
    vintage = catalogue.vintage(vintage_id)
    with progress.task(f"Reading boundaries of {vintage_id}"):
        found = read_boundaries(paths, _layout(vintage), crs=crs)
    graded = grade or _grade_of(paths, vintage)
    hashes = _hashes(paths)
    with doors.writing(actor, because or f"boundaries of {vintage_id}") as door:
        connection = door.connection
        lock(connection, "editions")
        changes = _compare(connection, vintage_id, found, because)
        draft = store.draft_edition(connection, vintage_id)
        if draft is None and changes.nothing and changes.last is not None:
            door.record("draft", vintage_id, changed=0)
            return _report(changes, changes.last, graded, found)
        draft = draft or store.open_draft(connection, vintage_id, graded, because)
        with progress.task(f"Storing {changes.fresh.size:,} outlines of {vintage_id}"):
            _store_shapes(connection, draft, found, changes, _names(paths))
            _put_parents(connection, catalogue, vintage, draft, found)
        report = _report(changes, draft, graded, found)
        store.change_edition(connection, draft.id, grade=graded, report=asdict(report))
        door.record(
            "draft", f"{vintage_id} edition {draft.number}", areas=report.areas, files=hashes
        )
    return report


def _names(paths: Sequence[Path]) -> str:
    return ", ".join(path.name for path in paths)


def _hashes(paths: Sequence[Path]) -> dict[str, str]:
    found = {}
    for path in paths:
        if path.is_file():
            with path.open("rb") as file:
                found[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def _layout(vintage: Vintage) -> BoundaryLayout:
    return BoundaryLayout(
        code=vintage.code_fields,
        name=vintage.name_fields,
        code_pattern=vintage.code_pattern,
        keep=tuple(parent.field for parent in vintage.parents),
    )


_GRADES = {
    r"(?<![a-z])bfc(?![a-z])|full_clipped": Grade.BFC,
    r"(?<![a-z])bgc(?![a-z])|_generalised_clipped": Grade.BGC,
    r"(?<![a-z])bsc(?![a-z])|super_generalised": Grade.BSC,
    r"(?<![a-z])buc(?![a-z])|ultra_generalised": Grade.BUC,
}


def _grade_of(paths: Sequence[Path], vintage: Vintage) -> str:
    """The grade that file and folder names tell; the coarsest where they differ."""
    names = " ".join(str(path).lower() for path in paths)
    told = [grade for pattern, grade in _GRADES.items() if re.search(pattern, names)]
    return (told[-1] if told else vintage.grade).value


@dataclass(frozen=True, slots=True)
class _Changes:
    """A file against the draft, or else the published edition, of its vintage."""

    last: Edition | None
    known: int
    there: NDArray[np.bool_]
    same: NDArray[np.bool_]

    @property
    def fresh(self) -> NDArray[np.int64]:
        """The areas of the file whose outline has to be stored."""
        return np.flatnonzero(~self.same)

    @property
    def nothing(self) -> bool:
        """Whether the file brings nothing new."""
        return not self.fresh.size


def _compare(connection: Connection, vintage_id: str, found: Boundaries, because: str) -> _Changes:
    last = store.draft_edition(connection, vintage_id) or store.published_editions(connection).get(
        vintage_id
    )
    there = np.zeros(found.codes.size, dtype=np.bool_)
    same = there.copy()
    if last is None:
        return _Changes(None, 0, there, same)
    known = store.edition_areas(connection, last)
    index_of = {code: at for at, code in enumerate(known.codes)}
    old_at = np.array([index_of.get(code, -1) for code in found.codes], dtype=np.int64)
    there = old_at >= 0
    same[there] = unchanged(known.geometry[old_at[there]], found.geometry[there])
    changed = found.codes[there & ~same].tolist()
    if changed and not because:
        raise BoundaryFault(
            f"{vintage_id}: {len(changed)} known area(s) have another outline in this file:"
            f" {', '.join(changed[:10])}{' ...' if len(changed) > 10 else ''}",
            remedy="if that is meant, say why: --because 'corrected by the publisher'",
        )
    return _Changes(last, len(known.codes), there, same)


def _store_shapes(
    connection: Connection, draft: Edition, found: Boundaries, changes: _Changes, origin: str
) -> None:
    named = dict(zip(found.codes.tolist(), found.names.tolist(), strict=True))
    ids = store.know_areas(connection, draft.vintage, named)
    fresh = changes.fresh
    store.put_shapes(
        connection,
        draft.id,
        [ids[code] for code in found.codes[fresh]],
        found.geometry[fresh],
        origin,
    )


def _report(changes: _Changes, edition: Edition, grade: str, found: Boundaries) -> DraftReport:
    new = int(np.count_nonzero(~changes.there))
    return DraftReport(
        vintage=edition.vintage,
        edition=edition.number,
        grade=grade,
        source_crs=found.report.source_crs,
        features_read=found.report.features_read,
        areas=changes.known + new,
        new=new,
        unchanged=int(changes.same.sum()),
        changed=found.codes[changes.there & ~changes.same].tolist(),
        repaired=list(found.report.repaired),
        duplicates=list(found.report.identical_duplicates),
        empty=list(found.report.empty),
    )


def _put_parents(
    connection: Connection,
    catalogue: Catalogue,
    vintage: Vintage,
    draft: Edition,
    found: Boundaries,
) -> None:
    """Links that a field of the boundary file itself states."""
    own = store.area_ids(connection, vintage.id)
    store.drop_stated_links(connection, draft.id, [own[code] for code in found.codes])
    for parent in vintage.parents:
        if parent.field not in found.kept:
            continue
        codes = found.kept[parent.field]
        named = {
            str(code): catalogue.forces[code].lad_name if code in catalogue.forces else ""
            for code in np.unique(codes[codes != ""].astype(str))
        }
        ids = store.know_areas(connection, parent.vintage, named)
        rows = (
            (own[child], ids[code], "", True, None)
            for child, code in zip(found.codes, codes, strict=True)
            if code
        )
        store.put_links(connection, rows, edition_id=draft.id)


# ---------------------------------------------------------------- dissolving


def dissolve(
    doors: Doors,
    catalogue: Catalogue,
    vintage_id: str,
    *,
    actor: str,
    progress: Progress = QUIET,
) -> DraftReport:
    """Draw a vintage that no file was had for as the union of the smaller areas it is built from.

    Only areas all of whose parts are published are drawn. The grade is that of the parts. A vintage
    that has an edition already is left as it is.
    """
    vintage = catalogue.vintage(vintage_id)
    with doors.writing(actor, f"{vintage_id} drawn from {vintage.built_from}") as door:
        connection = door.connection
        lock(connection, "editions")
        last = store.published_editions(connection).get(vintage_id)
        if last is not None:
            door.record("draft", vintage_id, changed=0)
            return DraftReport(vintage_id, last.number, last.grade)
        parts = _parts(connection, vintage)
        with progress.task(f"Drawing {vintage_id} from {vintage.built_from}"):
            ids, geometry = _unions(connection, vintage, parts)
        draft = store.draft_edition(connection, vintage_id) or store.open_draft(
            connection, vintage_id, parts.edition.grade, f"drawn from {vintage.built_from}"
        )
        origin = f"drawn from {vintage.built_from}"
        store.put_shapes(connection, draft.id, ids, geometry, origin)
        report = DraftReport(
            vintage_id, draft.number, parts.edition.grade, "EPSG:27700", len(ids), len(ids)
        )
        store.change_edition(connection, draft.id, report=asdict(report))
        door.record("draft", f"{vintage_id} edition {draft.number}", areas=len(ids))
    return report


def _parts(connection: Connection, vintage: Vintage) -> EditionAreas:
    published = store.published_editions(connection)
    if vintage.built_from is None or vintage.built_from not in published:
        raise BoundaryFault(
            f"{vintage.id} cannot be drawn: the areas it is built from are not published",
            remedy=f"publish {vintage.built_from or 'boundaries of its own'} first",
        )
    return store.edition_areas(connection, published[vintage.built_from])


def _unions(
    connection: Connection, vintage: Vintage, parts: EditionAreas
) -> tuple[list[int], NDArray[np.object_]]:
    whole = display_copies(parts.geometry, (0.0,)).copies[0].geometry
    at = {int(number): place for place, number in enumerate(parts.ids)}
    children: dict[int, list[int]] = {}
    for child, parent, _, _ in store.links_between(connection, parts.edition.vintage, vintage.id):
        children.setdefault(parent, []).append(at.get(child, -1))
    drawn = {parent: places for parent, places in children.items() if min(places) >= 0}
    if not drawn:
        raise BoundaryFault(
            f"no area of {vintage.id} has all its parts published",
            remedy=f"load a look-up from {parts.edition.vintage} to {vintage.id} first",
        )
    unions = [shapely.coverage_union_all(whole[places]) for places in drawn.values()]
    return list(drawn), np.array([_multi(shape) for shape in unions], dtype=object)


def _multi(shape: shapely.Geometry) -> shapely.MultiPolygon:
    polygons = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    return shapely.MultiPolygon(polygons)


# ---------------------------------------------------------------- publishing


def publish_boundaries(
    doors: Doors,
    catalogue: Catalogue,
    vintage_id: str,
    *,
    actor: str,
    because: str = "",
    progress: Progress = QUIET,
) -> EditionReport:
    """Seal the draft edition of a vintage, and place every stored incident in it.

    Without a draft nothing is done, and the report says so. Raises `BoundaryFault` where the
    vintage has neither draft nor edition.
    """
    catalogue.vintage(vintage_id)
    with doors.writing(actor, because or f"publish {vintage_id}") as door:
        connection = door.connection
        lock(connection, "editions")
        draft = store.draft_edition(connection, vintage_id)
        if draft is None:
            last = store.published_editions(connection).get(vintage_id)
            if last is None:
                raise BoundaryFault(
                    f"{vintage_id} has no boundaries to publish",
                    remedy=f"load some: lris boundaries load {vintage_id} FILE",
                )
            door.record("publish boundaries", vintage_id, changed=0)
            return EditionReport(vintage_id, last.number, published=False)
        report = _publish(connection, catalogue, draft, because, doors.indexes, progress)
        door.record(
            "publish boundaries",
            f"{vintage_id} edition {draft.number}",
            areas=report.areas,
            incidents=report.incidents_placed,
        )
    return report


def _publish(
    connection: Connection,
    catalogue: Catalogue,
    draft: Edition,
    because: str,
    indexes: Path | None,
    progress: Progress,
) -> EditionReport:
    areas = store.edition_areas(connection, draft)
    report = EditionReport(draft.vintage, draft.number, published=True, areas=len(areas.codes))
    with progress.task(f"Generalising {report.areas:,} areas of {draft.vintage} for maps"):
        _put_display_copies(connection, draft, areas, report)
    store.change_edition(
        connection, draft.id, report={**dict(draft.report), "publishing": asdict(report)}
    )
    store.drop_replaced_links(connection, draft)
    store.refresh_statistics(connection)
    store.seal_edition(connection, draft.id, because or f"boundaries of {draft.vintage}")
    with progress.task(f"Finding which areas lie in which of {draft.vintage}"):
        report.links = _fit(connection, catalogue, draft.vintage)
    published = store.published_editions(connection)
    if indexes and draft.vintage in placed_directly(catalogue, published):
        with progress.task(f"Making the placing index of {draft.vintage}"):
            make_index(indexes, published[draft.vintage], areas.geometry)
    report.incidents_placed = place_stored(
        connection, catalogue, indexes=indexes, progress=progress
    )
    return report


def _put_display_copies(
    connection: Connection, draft: Edition, areas: EditionAreas, report: EditionReport
) -> None:
    made = display_copies(areas.geometry, DISPLAY_TOLERANCES_M)
    report.moved_for_display = int(made.cleaning.moved.size)
    report.largest_shift_m = round(made.cleaning.largest_shift_m, 2)
    report.mismatched_borders_before = made.cleaning.mismatched_before
    report.mismatched_borders_after = made.cleaning.mismatched_after
    for copy in made.copies:
        geometry = shapely.transform(
            copy.geometry, lambda xy: np.column_stack(from_grid(xy[:, 0], xy[:, 1]))
        )
        store.put_display(connection, draft.id, int(copy.tolerance_m), areas.ids, geometry)


def _fit(
    connection: Connection, catalogue: Catalogue, vintage_id: str
) -> dict[str, dict[str, float]]:
    """Work out links between this vintage and the published ones it is built from or builds."""
    published = store.published_editions(connection)
    pairs = [
        (one.built_from, one.id)
        for one in catalogue.vintages.values()
        if one.id in published
        and one.built_from in published
        and vintage_id in (one.id, one.built_from)
    ]
    outlines: dict[str, EditionAreas] = {}
    found = {}
    for child, parent in pairs:
        assert child is not None
        found[f"{child} to {parent}"] = _fit_pair(
            connection, catalogue, published, child, parent, outlines
        )
    return found


def _fit_pair(
    connection: Connection,
    catalogue: Catalogue,
    published: Mapping[str, Edition],
    child: str,
    parent: str,
    outlines: dict[str, EditionAreas],
) -> dict[str, float]:
    for vintage in (child, parent):
        if vintage not in outlines:
            outlines[vintage] = store.edition_areas(connection, published[vintage])
    small, large = outlines[child], outlines[parent]
    nests = catalogue.vintage(parent).nests
    index, share = best_fit_parents(small.geometry, large.geometry)
    fitted = np.flatnonzero(index >= 0)
    store.drop_worked_out_links(connection, child, parent)
    rows = (
        (int(small.ids[at]), int(large.ids[index[at]]), "", nests, float(share[at]))
        for at in fitted
    )
    store.put_links(connection, rows, edition_id=published[parent].id)
    return {
        "linked": float(fitted.size),
        "without_parent": float(index.size - fitted.size),
        "least_share": round(float(share[fitted].min(initial=1.0)), 3),
        "below_nested_share": float(np.count_nonzero(share[fitted] < NESTED_SHARE)),
    }


# ---------------------------------------------------------------- looking


def vintages(doors: Doors, catalogue: Catalogue) -> list[dict[str, Any]]:
    """Every vintage of the catalogue with what is loaded of it."""
    with doors.inspecting() as connection:
        published = store.published_editions(connection)
        sizes = store.edition_sizes(connection)
        known = store.known_codes(connection)
        drafts = {name: store.draft_edition(connection, name) for name in catalogue.vintages}
    found = []
    for name, vintage in sorted(catalogue.vintages.items()):
        edition, draft = published.get(name), drafts[name]
        found.append(
            {
                "id": name,
                "name": vintage.name,
                "level": vintage.level.value,
                "edition": edition.number if edition else None,
                "grade": edition.grade if edition else None,
                "areas": sizes.get(edition.id, 0) if edition else 0,
                "draft": draft.number if draft else None,
                "codes_known": known.get(name, 0),
                "built_from": vintage.built_from,
            }
        )
    return found
