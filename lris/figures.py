"""Read published figures: which indicators there are, and what they are in which areas.

Everything comes from the newest sealed release, through the reading door.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from lris import areas, smoothing
from lris.catalogue import Catalogue
from lris.catalogue.indicators import Indicator
from lris.catalogue.layers import Layer
from lris.errors import BadRequest, NotPublished, UnknownName, UnknownPeriod
from lris.rules import classes
from lris.rules.words import number_words
from lris.session import Connection, Doors
from lris.store import areas as areas_store
from lris.store import releases as store
from lris.store.releases import Release
from lris.terms import Reason, Status, Viewer, fictional_land

COLUMNS = (
    "area_code",
    "vintage",
    "indicator",
    "category",
    "period",
    "value",
    "lower",
    "upper",
    "numerator",
    "denominator",
    "unit",
    "status",
    "reason",
    "release",
    "fictional",
)
MOST_ROWS = 100_000
MOST_KEPT = 128
CONFIDENCE = 0.95
"""How much of chance an interval takes in."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a release holds, as one viewer sees it: the series by indicator."""

    release: Release
    series: Mapping[str, tuple[Mapping[str, Any], ...]]

    def of(self, indicator: str) -> tuple[Mapping[str, Any], ...]:
        """The series of an indicator."""
        return self.series.get(indicator, ())


@dataclass(frozen=True, slots=True)
class FigurePage:
    """Figures in order of category and area code, what they are of, and where the next begin."""

    meta: dict[str, Any]
    figures: list[dict[str, Any]]
    after: str | None


def newest_release(connection: Connection) -> Release:
    """The newest release. Raises `NotPublished` before the first."""
    release = store.newest_release(connection)
    if release is None:
        raise NotPublished(
            "nothing is published yet",
            remedy="load a place (make run PLACE=west-yorkshire), or load your own files and run"
            " lris derive and lris publish --because ...",
        )
    return release


def contents(connection: Connection) -> Contents:
    """The newest release and what it holds. Raises `NotPublished` before the first."""
    release = newest_release(connection)
    grouped: dict[str, list[Mapping[str, Any]]] = {}
    for row in store.release_contents(connection, release.number):
        grouped.setdefault(row["indicator"], []).append(row)
    return Contents(release, {name: tuple(rows) for name, rows in grouped.items()})


class Reader:
    """Remembers what sealed releases hold: they never change, so neither does the answer."""

    def __init__(self, doors: Doors, catalogue: Catalogue) -> None:
        """One for a process; it holds no connection."""
        self.doors = doors
        self.catalogue = catalogue
        self._contents = lru_cache(maxsize=16)(self._read_contents)
        self._kept: OrderedDict[tuple[object, ...], Any] = OrderedDict()

    def _read_contents(self, viewer: Viewer, number: int) -> Contents:
        with self.doors.reading(viewer) as connection:
            return contents(connection)

    def kept(self, key: tuple[object, ...], make: Callable[[], Any]) -> Any:  # noqa: ANN401
        """What was worked out from a release under a key, or made now.

        Where too much is kept, what was not asked for longest goes.

        The key names the release and the access level, besides what it is.
        """
        try:
            self._kept.move_to_end(key)
            return self._kept[key]
        except KeyError:  # Never made, or gone while another request made room.
            found = make()
        while len(self._kept) >= MOST_KEPT:
            self._kept.popitem(last=False)
        self._kept[key] = found
        return found

    def newest(self, viewer: Viewer) -> Release:
        """The release that is served. Raises `NotPublished` before the first."""
        with self.doors.reading(viewer) as connection:
            return newest_release(connection)

    def state(self, viewer: Viewer) -> str:
        """What the answers depend on, in a word: release, editions, places, decisions."""
        with self.doors.reading(viewer) as connection:
            return f"{store.published_state(connection)}-{self.catalogue.digest[:12]}"

    def contents(self, connection: Connection, viewer: Viewer) -> Contents:
        """What the newest release holds for a viewer."""
        return self._contents(viewer, newest_release(connection).number)


def indicators(reader: Reader, viewer: Viewer) -> list[dict[str, Any]]:
    """The indicators with published figures: what each is, for which areas and periods."""
    with reader.doors.reading(viewer) as connection:
        found = reader.contents(connection, viewer)
    return [
        _described(reader.catalogue, indicator, found.of(indicator.id))
        for indicator in reader.catalogue.indicators.values()
        if found.of(indicator.id)
    ]


def _described(
    catalogue: Catalogue, indicator: Indicator, series: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    source = catalogue.source(indicator.numerator.source)
    given = {row["category"] for row in series}
    vintages = sorted({row["vintage"] for row in series})
    return {
        "id": indicator.id,
        "name": indicator.name,
        "topic": indicator.topic.value,
        "unit": indicator.unit,
        "description": indicator.description,
        "polarity": indicator.polarity,
        "decimals": indicator.decimals,
        "categories": [
            {"id": one.id, "name": one.name} for one in indicator.categories if one.id in given
        ],
        "periods": _in_time(series),
        "vintages": vintages,
        "periods_by_vintage": {
            vintage: _in_time(row for row in series if row["vintage"] == vintage)
            for vintage in vintages
        },
        "source": source.title,
        "publisher": source.publisher,
        "licence": source.licence,
        "method": indicator.method_source,
        "caveats": [*indicator.caveats, *source.caveats],
    }


def _in_time(series: Iterable[Mapping[str, Any]]) -> list[str]:
    spans = {(row["period_start"], row["period_end"], row["period"]) for row in series}
    return [label for _, _, label in sorted(spans, key=lambda one: (one[0], one[1]))]


def figures(
    reader: Reader,
    viewer: Viewer,
    indicator_id: str,
    *,
    vintage: str | None,
    period: str | None,
    category: str | None = None,
    within: str | None = None,
    after: str | None = None,
    limit: int = MOST_ROWS,
    smooth: str | None = None,
) -> FigurePage:
    """The figures of an indicator for the areas of a vintage in a period.

    Without `category` those of every category. With `smooth` ("global" or "spatial") each has
    smoothed estimates beside what was observed. Raises `UnknownName`, `UnknownPeriod` or
    `BadRequest` naming what there is.
    """
    indicator = reader.catalogue.indicator(indicator_id)
    with reader.doors.reading(viewer) as connection:
        found = reader.contents(connection, viewer)
        series = _chosen(indicator, found.of(indicator_id), vintage, period, category)
        vintage, period = series[0]["vintage"], series[0]["period"]
        edition = areas_store.published_editions(connection).get(vintage)
        start = _start(after) if after else None
        rows = store.figures_of_series(
            connection,
            number=found.release.number,
            indicator=indicator_id,
            vintage=vintage,
            categories=[row["category"] for row in series],
            period=period,
            edition_id=edition.id if edition else None,
            within=areas.within_ids(connection, reader.catalogue, within, vintage),
            after=start,
            limit=limit + 1,
        )
        estimates = (
            smoothing.smoothed(connection, indicator, series, edition, smooth, reader.kept)
            if smooth is not None
            else None
        )
    fixed = {
        "vintage": vintage,
        "indicator": indicator_id,
        "period": period,
        "unit": indicator.unit,
        "release": found.release.number,
    }
    shown = [
        {**row, **fixed, "fictional": bool(fictional_land(row["area_code"]))}
        for row in rows[:limit]
    ]
    last = shown[-1] if len(rows) > limit else None
    meta = _meta(reader.catalogue, indicator, series, found.release, shown)
    if edition:
        meta |= {
            "edition": edition.number,
            "grade": edition.grade,
            "grade_note": areas.GRADE_NOTES[edition.grade],
        }
    if estimates:
        meta["smoothing"] = estimates.meta
    return FigurePage(
        meta,
        [
            {name: row[name] for name in (*COLUMNS, "name")}
            | (estimates.of(row["category"], row["id"]) if estimates else {})
            for row in shown
        ],
        f"{last['category']}/{last['area_code']}" if last else None,
    )


def _start(after: str) -> tuple[str, str]:
    """The category and area code that a page ended with."""
    category, slash, code = after.partition("/")
    if not (slash and code):
        raise BadRequest(
            f"after: {after!r} is not where a page ended",
            remedy="follow the address in next, or leave the parameter after out",
        )
    return category, code


def _chosen(
    indicator: Indicator,
    series: Sequence[Mapping[str, Any]],
    vintage: str | None,
    period: str | None,
    category: str | None,
) -> list[Mapping[str, Any]]:
    """The series asked for; whatever is not there is named together with what is."""
    if not series:
        raise UnknownName(
            f"no figures of {indicator.id} are published",
            remedy="GET /indicators lists those that are",
        )
    vintages = sorted({row["vintage"] for row in series})
    if vintage not in vintages:
        raise BadRequest(
            f"{indicator.id} has no figures for vintage {vintage!r}"
            if vintage
            else "the parameter vintage is missing",
            remedy=f"vintage is one of: {', '.join(vintages)}",
        )
    series = [row for row in series if row["vintage"] == vintage]
    periods = _in_time(series)
    if period not in periods:
        raise UnknownPeriod(
            f"{indicator.id} has no figures of period {period!r} for {vintage}"
            if period
            else "the parameter period is missing",
            remedy=f"period is one of: {', '.join(periods)}",
        )
    series = [row for row in series if row["period"] == period]
    categories = [row["category"] for row in series]
    if category is None:
        return series
    if category not in categories:
        known = [one for one in categories if one]
        raise BadRequest(
            f"{indicator.id} has no category {category!r}",
            remedy=f"category is one of: {', '.join(known)}"
            if known
            else "leave the parameter category out",
        )
    return [row for row in series if row["category"] == category]


def _meta(
    catalogue: Catalogue,
    indicator: Indicator,
    series: Sequence[Mapping[str, Any]],
    release: Release,
    shown: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    sources = sorted({name for row in series for name in row["sources"]})
    one = series[0] if len(series) == 1 else None
    category = one["category"] if one else None
    names = {entry.id: entry.name for entry in indicator.categories}
    invented = {row["fictional"] for row in shown}
    return {
        "indicator": indicator.id,
        "name": indicator.name,
        "unit": indicator.unit,
        "vintage": series[0]["vintage"],
        "period": series[0]["period"],
        "category": category,
        "category_name": names.get(category or "", ""),
        "denominator": series[0]["denominator"],
        "confidence": CONFIDENCE,
        "release": release.number,
        "published": release.sealed_at.isoformat(),
        "counts": count_kinds(shown),
        "legend": legend(catalogue.layer_of(indicator.id), indicator, shown) if one else None,
        "sources": [source_card(catalogue, name, fictional=invented == {True}) for name in sources],
        "fictional": True in invented,
        "caveats": [
            *([FICTIONAL] if True in invented else ()),
            *indicator.caveats,
            *catalogue.source(indicator.numerator.source).caveats,
        ],
    }


FICTIONAL = "Areas whose codes have 98 or 99 after the letter and two digits are fictional."


def source_card(catalogue: Catalogue, name: str, *, fictional: bool = False) -> dict[str, str]:
    """Who published a source, and on what terms; of invented figures, in whose layout they are."""
    source = catalogue.source(name)
    if fictional:
        return {
            "id": source.id,
            "title": f"{source.title} (fictional)",
            "publisher": "nobody",
            "licence": "none needed",
            "attribution": f"Fictional figures, invented in the layout of: {source.title}.",
            "homepage": source.homepage,
        }
    return {
        "id": source.id,
        "title": source.title,
        "publisher": source.publisher,
        "licence": source.licence,
        "attribution": source.attribution,
        "homepage": source.homepage,
    }


def count_kinds(shown: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """How many figures are observed, zero, estimated, incomplete, missing and withheld."""
    kinds = Counter(_kind(row) for row in shown)
    names = ("observed", "zero", "estimated", "incomplete", "missing", "withheld")
    return {name: kinds.get(name, 0) for name in names}


def _kind(row: Mapping[str, Any]) -> str:
    if row["status"] == Status.WITHHELD:
        return "missing" if row["reason"] == Reason.NO_DATA else "withheld"
    if row["status"] == Status.OBSERVED and row["value"] == 0:
        return "zero"
    return str(row["status"])


# ---------------------------------------------------------------- legend


def legend(
    layer: Layer | None, indicator: Indicator, shown: Sequence[Mapping[str, Any]]
) -> dict[str, Any] | None:
    """The classes a map of these figures is coloured by, worked out from protected values only.

    A class holds the values above the class before it, up to and with its `upper`.
    """
    if layer is None:
        return None
    values = np.array([row["value"] for row in shown if row["value"] is not None], dtype=np.float64)
    if layer.zero_is_a_class:
        values = values[values != 0]
    bounds = _bounds(layer, values)
    colours = _spread(layer.colours, len(bounds))
    lows = [float(values.min())] if values.size else [0.0]
    lows += [float(bound) for bound in bounds[:-1]]
    decimals = _telling_decimals([*lows[:1], *bounds], indicator.decimals)
    made = [
        {
            "lower": low,
            "upper": float(high),
            "label": _label(low, float(high), first=at == 0, decimals=decimals),
            "colour": colour,
        }
        for at, (low, high, colour) in enumerate(zip(lows, bounds, colours, strict=False))
    ]
    return {
        "layer": layer.id,
        "method": layer.method,
        "because": layer.because,
        "classes": made,
        "zero": {"label": "Zero", "colour": "#ffffff"} if layer.zero_is_a_class else None,
        "missing": {"label": "No data"},
        "withheld": {"label": "Withheld"},
    }


def _bounds(layer: Layer, values: np.ndarray[Any, Any]) -> list[float]:
    if layer.method == "fixed":
        return list(layer.upper_bounds)
    if not values.size:
        return []
    return [float(bound) for bound in classes.breaks(values, layer.method, len(layer.colours))]


def _spread(colours: Sequence[str], wanted: int) -> list[str]:
    """As many of the colours as there are classes, from one end of the ramp to the other."""
    if wanted <= 1:
        return [colours[len(colours) // 2]] if wanted else []
    step = (len(colours) - 1) / (wanted - 1)
    return [colours[round(at * step)] for at in range(wanted)]


def _telling_decimals(edges: Sequence[float], decimals: int) -> int:
    """The indicator's decimals, or up to two more where edges of classes would look alike."""
    different = len(set(edges))
    shown = (
        (more, len({number_words(edge, more) for edge in edges}))
        for more in range(decimals, decimals + 3)
    )
    return next((more for more, told in shown if told == different), decimals + 2)


def _label(low: float, high: float, *, first: bool, decimals: int) -> str:
    if low == high or (not first and decimals == 0 and high - low == 1):
        return number_words(high, decimals)
    opening = "" if first else "over "
    return f"{opening}{number_words(low, decimals)} to {number_words(high, decimals)}"
