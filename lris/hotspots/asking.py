"""A question about where or when incidents concentrate: what may be asked, and what is refused.

Everything that can be seen to be wrong without looking at an incident is refused here.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from lris.areas import parse_area
from lris.catalogue import Catalogue
from lris.catalogue.sources import Role, SourceManifest
from lris.errors import BadRequest, UnknownName
from lris.hotspots.methods import (
    DEFAULT_UNIT,
    EDGES,
    LEAST_CELL_M,
    LEAST_OF_A_CLUSTER,
    METHODS,
    MOST_CELL_M,
    OVER,
    Method,
)
from lris.rules.drawn import drawn_ground
from lris.store.engine import access_number
from lris.terms import Period, Viewer

_UNIT = re.compile(r"^(grid|hex):(\d+(?:\.\d+)?)$")
_MONTH = re.compile(r"^\d{4}-(0[1-9]|1[0-2])$")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that can be understood. Lengths in metres; `polygon` is GeoJSON as text."""

    method: str
    source: str
    category: str
    start: str
    end: str
    within: str | None = None
    polygon: str | None = None
    unit: str = DEFAULT_UNIT
    fdr: bool = True
    harm: bool = False
    bandwidth_m: float | None = None
    cell_m: float | None = None
    edge: str = "uniform"
    over: str = "residents"
    distance_m: float | None = None
    least: int | None = None
    agency: str | None = None

    @property
    def digest(self) -> str:
        """The question in a word."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]

    @property
    def how(self) -> Method:
        """The method asked for."""
        return METHODS[self.method]

    @property
    def cells(self) -> tuple[str, float] | None:
        """The shape (grid or hex) and size of the cells asked for; None for areas."""
        found = _UNIT.match(self.unit)
        return (found[1], float(found[2])) if found else None

    def months(self) -> tuple[Period, ...]:
        """The months asked about, in order."""
        first, last = Period.parse(self.start), Period.parse(self.end)
        return Period(first.start, last.end, f"{self.start}..{self.end}").months()


def understood(
    catalogue: Catalogue, viewer: Viewer, method: str, given: Mapping[str, Any]
) -> Asked:
    """A question with every part looked at; a missing one has its usual value.

    `given` may hold what `methods.parameters_of` lists, and a polygon. Raises `UnknownName` for a
    method or a source that is not there (or not for this viewer) and `BadRequest` for all else,
    with a remedy.
    """
    if method not in METHODS:
        raise UnknownName(
            f"there is no way to look at hotspots called {method!r}",
            remedy=f"the methods are: {', '.join(METHODS)}",
        )
    source = visible_source(catalogue, viewer, given.get("source"))
    _check_method_fits(method, source, given)
    start, end = _months(given.get("from"), given.get("to"))
    within, polygon = _place(given.get("within"), given.get("polygon"))
    unit = _unit(catalogue, given.get("unit"), within)
    return Asked(
        method,
        source.id,
        _category(catalogue, source, given.get("category")),
        start,
        end,
        within,
        polygon,
        unit,
        fdr=bool(given.get("fdr", True)),
        harm=bool(given.get("harm", False)),
        bandwidth_m=_positive("bandwidth", given.get("bandwidth")),
        cell_m=_cell(given.get("cell")),
        edge=_one_of("edge", given.get("edge"), EDGES),
        over=_one_of("over", given.get("over"), tuple(OVER)),
        distance_m=_positive("distance", given.get("distance")),
        least=_least(given.get("least")),
        agency=_agency(source, given.get("agency")),
    )


def visible_source(catalogue: Catalogue, viewer: Viewer, name: str | None) -> SourceManifest:
    """A source of incidents that this viewer may look at; one that they may not is not there."""
    open_ones = sorted(
        one.id
        for one in catalogue.sources.values()
        if one.kind == "incidents" and access_number(one.access) <= access_number(viewer.access)
    )
    there = f"source is one of: {', '.join(open_ones)}"
    if not name:
        raise BadRequest("the parameter source is missing", remedy=there)
    if name not in open_ones:
        raise UnknownName(f"there is no source of incidents {name!r}", remedy=there)
    return catalogue.source(name)


def tells_time(source: SourceManifest) -> bool:
    """Whether the source says more of the time than the month."""
    return any(layout.having(Role.DATE) for layout in source.layouts)


def tells_agency(source: SourceManifest) -> bool:
    """Whether each delivery of the source is one agency's, such as a force's month."""
    return all(_FIRST_OF_PARTITION.match(layout.partition or "") for layout in source.layouts)


_FIRST_OF_PARTITION = re.compile(r"^\{(?!month|year|period)[^}]+\}, \{(month|year|period)\}")
"""A partition that begins with a column of the file, which is who sent it: `{Force}, {month}`."""


def _agency(source: SourceManifest, agency: str | None) -> str | None:
    if agency is None:
        return None
    if not tells_agency(source):
        raise BadRequest(
            f"{source.id} does not say which agency recorded an incident",
            remedy="leave agency out, or use a source whose files name the force or the service",
        )
    return agency.strip()


def _check_method_fits(method: str, source: SourceManifest, given: Mapping[str, Any]) -> None:
    if METHODS[method].needs_time and not tells_time(source):
        raise BadRequest(
            f"of an incident {source.title!r} tells only the month, neither the day nor the hour:"
            " a clock of it would be invented",
            remedy="look at it month by month (series), or use a source with dates and times",
        )
    if given.get("harm") and not METHODS[method].weighs:
        raise BadRequest(
            f"{method} compares numbers of incidents, and harm has no such test",
            remedy="leave harm out, or ask for counts with harm=true of either period",
        )


# ---------------------------------------------------------------- parts of a question


def _months(start: str | None, end: str | None) -> tuple[str, str]:
    first, last = start or end, end or start
    if not first or not last:
        raise BadRequest("the parameter from is missing", remedy="write from=2018-10&to=2018-12")
    for name, month in (("from", first), ("to", last)):
        if not _MONTH.match(month) or month < "1900":
            raise BadRequest(f"{name}: {month!r} is not a month", remedy="write it as 2018-10")
    if first > last:
        raise BadRequest(f"from={first} is after to={last}", remedy="turn them round")
    return first, last


def _place(within: str | None, polygon: object) -> tuple[str | None, str | None]:
    if (within is None) == (polygon is None):
        raise BadRequest(
            "a hotspot is in a place, and one place: within or a polygon",
            remedy="add within=VINTAGE/CODE, such as lad_2019/E06000023, or POST a polygon",
        )
    if within is None:
        drawn_ground(polygon)
        return None, json.dumps(polygon, sort_keys=True)
    vintages = sorted({parse_area(one).vintage for one in within.split(",")})
    if len(vintages) > 1:
        raise BadRequest(
            f"within mixes vintages: {', '.join(vintages)}; areas of different years overlap",
            remedy="name areas of one vintage",
        )
    return within, None


def _unit(catalogue: Catalogue, unit: str | None, within: str | None) -> str:
    unit = unit or DEFAULT_UNIT
    if (cells := _UNIT.match(unit)) is not None:
        size = _cell(float(cells[2]))
        return f"{cells[1]}:{size:g}"
    if unit not in catalogue.vintages:
        raise BadRequest(
            f"unit: {unit!r} is neither a vintage nor cells",
            remedy="write grid:250, hex:250 or a vintage such as lsoa_2011",
        )
    named = within.partition("/")[0] if within else ""
    if named in catalogue.vintages and named != unit:
        one, other = catalogue.vintage(named), catalogue.vintage(unit)
        if one.level is other.level:
            raise BadRequest(
                f"within is of {named} and unit of {unit}: the same kind of area of two years",
                remedy=f"ask for unit={named}, or name the place in {unit}",
            )
    return unit


def _category(catalogue: Catalogue, source: SourceManifest, category: str | None) -> str:
    names = category_names(catalogue, source)
    if category is None:
        return usual_category(source)
    unknown = [one for one in category.split(",") if one not in names]
    if unknown:
        raise BadRequest(
            f"{source.id} has no category {unknown[0]!r}",
            remedy=f"category is one of: {', '.join(sorted(names))}",
        )
    return ",".join(dict.fromkeys(category.split(",")))


ASB = "anti-social-behaviour"
ALL = "all"
ALL_CRIME = "all-crime-excluding-asb"
"""What is meant without a category: anti-social behaviour is recorded otherwise than crime is, and
would drown it.
"""


def usual_category(source: SourceManifest) -> str:
    """The category that is meant where none is given."""
    return ALL_CRIME if ASB in source.categories and len(source.categories) > 1 else ALL


def category_names(catalogue: Catalogue, source: SourceManifest) -> dict[str, tuple[str, ...]]:
    """Every category that may be asked of a source, with the publisher's own that it stands for."""
    every = tuple(sorted(source.categories))
    found = {ALL: every, **{one: (one,) for one in every}}
    if usual_category(source) == ALL_CRIME:
        found[ALL_CRIME] = tuple(one for one in every if one != ASB)
    for indicator in catalogue.indicators.values():
        if indicator.numerator.source == source.id:
            for one in indicator.categories:
                known = tuple(name for name in one.includes if name in source.categories)
                found.setdefault(one.id, known)
    return found


def categories_of(catalogue: Catalogue, asked: Asked) -> tuple[str, ...]:
    """The publisher's categories that a question is about."""
    names = category_names(catalogue, catalogue.source(asked.source))
    return tuple(sorted({one for name in asked.category.split(",") for one in names[name]}))


def category_words(catalogue: Catalogue, asked: Asked) -> str:
    """What the categories are called in a sentence."""
    titles = {
        one.id: one.name
        for indicator in catalogue.indicators.values()
        if indicator.numerator.source == asked.source
        for one in indicator.categories
    }
    titles |= {ALL: "All incidents", ALL_CRIME: "All crime, without anti-social behaviour"}
    return ", ".join(
        titles.get(name, name.replace("-", " ").capitalize()) for name in asked.category.split(",")
    )


def _cell(value: object) -> float | None:
    cell = _positive("cell", value)
    if cell is not None and not LEAST_CELL_M <= cell <= MOST_CELL_M:
        raise BadRequest(
            f"cells of {cell:g} m are outside what makes a map",
            remedy=f"choose between {LEAST_CELL_M:g} and {MOST_CELL_M:,.0f} m",
        )
    return cell


def _positive(name: str, value: object) -> float | None:
    if value is None:
        return None
    try:
        number = float(str(value))
    except ValueError:
        number = -1.0
    if not 0 < number < 1e6:
        raise BadRequest(
            f"{name}: {value!r} is not a length in metres", remedy=f"such as {name}=250"
        )
    return number


def _one_of(name: str, value: str | None, known: tuple[str, ...]) -> str:
    if value is not None and value not in known:
        raise BadRequest(f"{name}: {value!r} is not known", remedy=f"one of: {', '.join(known)}")
    return value or known[0]


def _least(value: object) -> int | None:
    if value is None:
        return None
    if not str(value).isdigit() or not LEAST_OF_A_CLUSTER <= int(str(value)) <= 100_000:
        raise BadRequest(
            f"least: {value!r} is not a number of incidents", remedy="such as least=10"
        )
    return int(str(value))
