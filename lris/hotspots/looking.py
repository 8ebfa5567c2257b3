"""A question with all it needs brought together: the ground, the deliveries, the incidents."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from lris.catalogue.sources import SourceManifest
from lris.errors import BadRequest
from lris.figures import Reader
from lris.hotspots.asking import Asked, categories_of, category_words
from lris.hotspots.coverage import Delivered, Month, as_months, delivered, first_day
from lris.hotspots.ground import Ground, ground
from lris.hotspots.harm import Harm, harm_of
from lris.hotspots.points import Taken, taken
from lris.session import Connection
from lris.store.hotspot_points import Sought, levels_up_to
from lris.terms import Viewer

Column = NDArray[np.float64]

A_YEAR = 12


@dataclass(frozen=True, slots=True)
class Look:
    """What a method works with.

    `now` are the months asked about that were delivered, `before` as many just before them (for
    `compare`: the same months a year earlier) and `after` up to as many just after: both only
    where every force of the study area delivered them.
    """

    reader: Reader
    viewer: Viewer
    connection: Connection
    asked: Asked
    source: SourceManifest
    over: Ground
    delivered: Delivered
    harm: Harm | None
    taken: Taken
    sought: Sought
    now: tuple[Month, ...]
    before: tuple[Month, ...]
    after: tuple[Month, ...]

    @property
    def incidents(self) -> int:
        """How many incidents with a place there are in the study area and period."""
        return self.taken.total(self.now)

    @property
    def what(self) -> str:
        """What is counted, in words."""
        words = category_words(self.reader.catalogue, self.asked)
        by = f" of {self.asked.agency}" if self.asked.agency else ""
        return f"{words}{by}, by harm" if self.harm else f"{words}{by}"

    @property
    def period(self) -> str:
        """The months in words."""
        return span_words(self.now)


@dataclass(frozen=True, slots=True)
class Shape:
    """One thing on the map: its outline (EPSG:27700) and what is known of it."""

    geometry: shapely.Geometry
    properties: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Surface:
    """Values on square cells, per km2 or as `unit` says; NaN outside the study area.

    `x`, `y` are the middles of columns and rows (EPSG:27700), south first.
    """

    x: Column
    y: Column
    cell_m: float
    values: NDArray[np.float64]
    unit: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a method found: shapes, the classes they are coloured by, and sentences.

    `chosen` is what was chosen by rule, for the parameters; `body` what is no map.
    """

    shapes: Sequence[Shape] = ()
    classes: Sequence[Mapping[str, Any]] = ()
    coloured_by: str = "class"
    chosen: Mapping[str, Any] = field(default_factory=dict)
    sentences: Sequence[str] = ()
    warnings: Sequence[str] = ()
    evaluation: Mapping[str, Any] | None = None
    surface: Surface | None = None
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found, and the members that stand beside it whatever the format."""

    asked: Asked
    found: Found
    name: str
    members: Mapping[str, Any]


def look(
    reader: Reader,
    viewer: Viewer,
    connection: Connection,
    asked: Asked,
    ground_of: Callable[[Connection, Asked], Ground] | None = None,
) -> Look:
    """Bring together what a question needs. Raises `BadRequest` where it cannot be answered."""
    catalogue = reader.catalogue
    source = catalogue.source(asked.source)
    over = ground_of(connection, asked) if ground_of else ground(connection, catalogue, asked)
    levels = levels_up_to(viewer.access)
    there = delivered(connection, source, levels, over.forces)
    if asked.agency:
        there = there.of_agency(asked.agency, source.id)
    asked_months = as_months(asked.months())
    now = _delivered_of(there, asked, asked_months)
    before, after = _around(there, asked, asked_months)
    harm = harm_of(catalogue, asked) if asked.harm else None
    months = sorted({*now, *before, *after})
    sought = Sought(
        source.id,
        first_day(months[0]),
        first_day(months[-1] + 1),
        categories_of(catalogue, asked),
        levels,
        tuple(one.id for one in there.deliveries) if asked.agency else None,
    )
    incidents = taken(connection, sought, over, months, harm.weights if harm else None)
    made = Look(
        *(reader, viewer, connection, asked, source, over, there, harm, incidents, sought),
        now=now,
        before=before,
        after=after,
    )
    _check_enough(made)
    return made


def _delivered_of(there: Delivered, asked: Asked, months: Sequence[Month]) -> tuple[Month, ...]:
    """The months asked about; refused where a method cannot do with some of them missing."""
    known = set(there.months())
    if not known.intersection(months):
        raise BadRequest(
            f"nothing of {asked.source} was delivered for {span_words(months)}",
            remedy=f"delivered are: {_listed(there.months())}",
        )
    lacking = there.missing(months)
    if lacking and asked.method in ("compare", "emerging"):
        month, force = lacking[0]
        raise BadRequest(
            f"{asked.method} needs every month: {month} of {force or asked.source} is missing"
            + (f", and {len(lacking) - 1} more" if len(lacking) > 1 else ""),
            remedy=f"choose months that are there: {_listed(there.months())}",
        )
    if asked.method == "emerging" and len(months) < asked.how.months:
        raise BadRequest(
            f"emerging hot spots need at least {asked.how.months} months, and {len(months)} are"
            " asked",
            remedy="ask for a longer period: in fewer, what emerges cannot be told from chance",
        )
    return tuple(months)


def _around(
    there: Delivered, asked: Asked, months: Sequence[Month]
) -> tuple[tuple[Month, ...], tuple[Month, ...]]:
    """The months before and after that a method looks at besides."""
    if asked.method == "compare":
        before = [month - A_YEAR for month in months]
        lacking = there.missing(before)
        if lacking:
            month, force = lacking[0]
            raise BadRequest(
                f"a year earlier {month} of {force or asked.source} is missing: there is nothing"
                " whole to compare with",
                remedy=f"choose months whose year before is there: {_listed(there.months())}",
            )
        return tuple(before), ()
    if not asked.how.foretells:
        return (), ()
    before = [months[0] - n for n in range(len(months), 0, -1)]
    after = []
    for n in range(1, min(len(months), A_YEAR) + 1):
        if not there.is_whole(months[-1] + n):
            break
        after.append(months[-1] + n)
    looks_back = asked.method == "gi_star" and not there.missing(before)
    return tuple(before) if looks_back else (), tuple(after)


def _check_enough(made: Look) -> None:
    least = made.asked.how.least
    if made.incidents < least:
        raise BadRequest(
            f"{made.asked.how.title.lower()} needs at least {least} incidents, and {made.incidents}"
            f" with a place are known: {made.what.lower()} in {made.over.name}, {made.period}",
            remedy="ask for a longer period, a larger place or more categories, or for counts",
        )


def span_words(months: Sequence[Month]) -> str:
    """Months in words: 2018-10, or 2018-10 to 2018-12."""
    first, last = str(months[0]), str(months[-1])
    return first if first == last else f"{first} to {last}"


def _listed(months: Sequence[Month]) -> str:
    """Months as runs: 2018-10 to 2018-12, 2019-02."""
    runs: list[list[Month]] = []
    for month in months:
        if runs and runs[-1][-1] + 1 == month:
            runs[-1].append(month)
        else:
            runs.append([month])
    return ", ".join(span_words(run) for run in runs) or "none"


def check_is_map(answer: Answer, form: str) -> None:
    """Raises `BadRequest` where an answer has no map and one is asked for."""
    if not answer.asked.how.maps:
        raise BadRequest(
            f"{answer.asked.method} is no map and has no {form}",
            remedy="ask for format=json or csv",
        )
