"""The areas most like an area, wherever they lie, and what their figures are taken together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lris.catalogue import Catalogue
from lris.catalogue.indicators import Indicator
from lris.catalogue.profiles import Likeness, Profile
from lris.figures import Contents, Reader
from lris.profiles.sheets import Lines, read_sheet
from lris.rules.measures import METHODS
from lris.rules.similar import NOBODY, nearest
from lris.rules.words import LEVELS
from lris.session import Connection
from lris.store import areas as areas_store
from lris.terms import Viewer

LEAST_POOLED = 0.8
"""The share of the neighbours that must have a whole figure for it to be pooled."""

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Alike:
    """The neighbours of every area of a vintage: (areas, neighbours) indices into `ids`."""

    likeness: Likeness
    ids: NDArray[np.int64]
    codes: Sequence[str]
    names: Sequence[str]
    indices: NDArray[np.int64]
    distances: Matrix
    columns: Mapping[int, int] = field(repr=False)

    def of(self, number: int) -> NDArray[np.int64]:
        """The places of an area's neighbours in `ids`, nearest first; empty where it has none."""
        column = self.columns.get(number)
        if column is None:
            return np.empty(0, dtype=np.int64)
        found = self.indices[column]
        near: NDArray[np.int64] = found[found != NOBODY]
        return near

    def told(self, vintage: str, number: int) -> list[dict[str, Any]]:
        """An area's neighbours as a profile lists them."""
        column = self.columns.get(number)
        near = self.of(number)
        distances = self.distances[column].tolist() if column is not None else []
        return [
            {
                "vintage": vintage,
                "code": self.codes[at],
                "name": self.names[at] or self.codes[at],
                "distance": round(distance, 3),
            }
            for at, distance in zip(near.tolist(), distances, strict=False)
        ]


def alike(
    connection: Connection,
    reader: Reader,
    viewer: Viewer,
    found: Contents,
    lines: Lines,
    manifest: Profile,
) -> Alike | None:
    """The likeness of the areas of a vintage, worked out once for a release and viewer."""
    chosen = next(
        (
            one
            for one in manifest.likenesses
            if all(name in lines.runs and lines.run(name, "") for name in one.indicators)
        ),
        None,
    )
    if chosen is None:
        return None
    key = ("alike", found.release.number, viewer.access, lines.vintage)
    made: Alike = reader.kept(key, lambda: _alike(connection, reader.catalogue, lines, chosen))
    return made


def _alike(connection: Connection, catalogue: Catalogue, lines: Lines, likeness: Likeness) -> Alike:
    newest = [lines.run(name, "").start for name in likeness.indicators]
    known = areas_store.named_areas(connection, lines.vintage)
    sheet = read_sheet(connection, lines, newest, [number for number, _, _ in known])
    order = np.array([sheet.columns[number] for number, _, _ in known], dtype=np.int64)
    table = np.column_stack(
        [
            _score(catalogue.indicator(name), sheet.value[at][order])
            for at, name in enumerate(likeness.indicators)
        ]
    )
    some = np.asarray(
        ~np.isnan(table).all(axis=1)
    )  # in order of code, so that ties are broken by it
    kept = [one for one, there in zip(known, some.tolist(), strict=True) if there]
    size = likeness.neighbours
    if len(kept) > 1:
        indices, distances = nearest(table[some], size)
    else:
        indices = np.full((len(kept), size), NOBODY, dtype=np.int64)
        distances = np.full((len(kept), size), np.nan)
    ids = np.array([number for number, _, _ in kept], dtype=np.int64)
    columns = {int(number): at for at, number in enumerate(ids)}
    codes, names = [code for _, code, _ in kept], [name for _, _, name in kept]
    return Alike(likeness, ids, codes, names, indices, distances, columns)


def _score(indicator: Indicator, values: Matrix) -> Matrix:
    """A rank as the score that a bell curve has at it, the most first; anything else as it is."""
    from scipy.special import ndtri

    if indicator.ranking is None:
        return values
    scores: Matrix = ndtri((np.clip(values, 1, indicator.ranking.of) - 0.5) / indicator.ranking.of)
    return scores


def why_alike(found: Alike | None, described: Mapping[str, Any], near: Sequence[object]) -> str:
    """By what an area's neighbours are like it, or why it has none, in a sentence or two."""
    if not described["id"]:
        return "A neighbourhood drawn by hand has no others of its kind to be likened to."
    if found is None:
        many = LEVELS[described["level"]][1]
        return f"Nothing that {many} of these boundaries could be likened by is published."
    if not near:
        return f"Too little of {found.likeness.name} is published for this area."
    return f"The most alike by {found.likeness.name}. {found.likeness.because}"


# ---------------------------------------------------------------- their figures taken together


@dataclass(slots=True)
class Pools:
    """Numerators and denominators of the neighbours: read for all areas at once, or for some."""

    connection: Connection
    lines: Lines
    alike: Alike
    ids: NDArray[np.int64]
    whole: bool
    read: dict[int, tuple[Matrix, Matrix]] = field(default_factory=dict)

    def pooled(
        self, indicator: Indicator, line: int, areas: NDArray[np.int64]
    ) -> tuple[Matrix, Matrix, Matrix, Matrix, Matrix]:
        """Value, limits, numerator and denominator of the neighbours of areas taken together."""
        x, n = self.read[line]
        near = self._near(areas)
        there = near != NOBODY
        x, n = (np.where(there, part[np.where(there, near, 0)], np.nan) for part in (x, n))
        known = ~np.isnan(x + n)
        enough = known.sum(axis=1) >= max(2, LEAST_POOLED * self.alike.indices.shape[1])
        numerator = np.where(enough, np.where(known, x, 0).sum(axis=1), np.nan)
        denominator = np.where(enough, np.where(known, n, 0).sum(axis=1), np.nan)
        value, lower, upper = METHODS[indicator.method](numerator, denominator, indicator.per)
        return value, lower, upper, numerator, denominator

    def _near(self, areas: NDArray[np.int64]) -> NDArray[np.int64]:
        """Of each area its neighbours as places in `ids`, NOBODY for none."""
        size = self.alike.indices.shape[1]
        found = np.full((areas.size, size), NOBODY, dtype=np.int64)
        for at, number in enumerate(areas.tolist()):
            column = self.alike.columns.get(number)
            if column is not None:
                found[at] = self.alike.indices[column]
        if not self.whole:
            there = found != NOBODY
            found[there] = np.searchsorted(self.ids, self.alike.ids[found[there]])
        return found

    def fetch(self, lines: Sequence[int]) -> None:
        """Read what is not there yet of some lines."""
        wanted = sorted(set(lines) - set(self.read))
        if not wanted:
            return
        sheet = read_sheet(self.connection, self.lines, wanted, self.ids)
        order = np.searchsorted(sheet.ids, self.ids)
        for at, line in enumerate(wanted):
            whole = sheet.whole[at]
            self.read[line] = (
                np.where(whole, sheet.numerator[at], np.nan)[order],
                np.where(whole, sheet.denominator[at], np.nan)[order],
            )


def pools_for(
    connection: Connection,
    lines: Lines,
    alike: Alike,
    areas: NDArray[np.int64],
    *,
    whole: bool,
) -> Pools:
    """Pools for some areas: of all areas of the vintage, or of those areas' neighbours alone."""
    if whole:
        return Pools(connection, lines, alike, alike.ids, whole=True)
    near = [alike.ids[alike.of(number)] for number in areas.tolist()]
    ids = np.unique(np.concatenate(near)) if near else np.empty(0, dtype=np.int64)
    return Pools(connection, lines, alike, ids, whole=False)
