"""One indicator, told whole: what it is, how it is worked out, and how its areas lie.

The funnel shows every area by what it is divided by. Its limits allow for areas differing anyway
(overdispersion), because limits of chance alone flag most small areas of anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lris import areas, figures
from lris.catalogue import Catalogue
from lris.catalogue.indicators import Example, Indicator, Measure
from lris.errors import UnknownName
from lris.figures import FigurePage, Reader
from lris.rules import funnels
from lris.rules.measures import METHODS
from lris.rules.words import number_words
from lris.store.engine import access_number
from lris.terms import Level, Viewer

LEAST_AREAS = 10
"""A funnel of fewer areas says nothing of how much they differ anyway."""

STEPS = 40
MOST_NAMED = 50

LIMITS = {"rate": "exact Poisson limits below 10 events, Byar's from 10", "proportion": "Wilson's",
          "count": "exact Poisson limits below 10 events, Byar's from 10"}  # fmt: skip

OF_PEOPLE = (None, "incidents")
"""What areas are divided by differently; all have as many days."""

Kind = Literal["proportion", "rate"]
Row = Mapping[str, Any]
Column = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Look:
    """What there is to say of an indicator, and the figures it was looked at with.

    `told` is fit for JSON; `page` holds the figures of the series chosen, None where nothing is
    published; `outside` says of each area in the funnel where it lies: -1, 0 or 1.
    """

    told: dict[str, Any]
    page: FigurePage | None
    funnel_rows: tuple[Row, ...] = ()
    outside: tuple[int, ...] = ()


def look(
    reader: Reader,
    viewer: Viewer,
    name: str,
    *,
    vintage: str | None = None,
    period: str | None = None,
    category: str | None = None,
    within: str | None = None,
) -> Look:
    """An indicator with the figures of one series: that asked for, or the newest of the smallest.

    Raises `UnknownName` for an indicator there is not, `UnknownPeriod` or `BadRequest` naming what
    there is for a series there is not.
    """
    indicator = reader.catalogue.indicator(name)
    source = reader.catalogue.source(indicator.numerator.source)
    if access_number(source.access) > access_number(viewer.access):
        raise UnknownName(
            f"no figures of {name} are published", remedy="GET /indicators lists those that are"
        )
    listed = {one["id"]: one for one in figures.indicators(reader, viewer)}
    coverage = listed.get(name)
    told = described(reader.catalogue, indicator, coverage)
    if coverage is None:
        return Look(told, None)
    vintage = vintage or _smallest(reader.catalogue, coverage)
    period = period or (coverage["periods_by_vintage"].get(vintage) or [None])[-1]
    if category is None and coverage["categories"]:
        category = coverage["categories"][0]["id"]
    page = figures.figures(
        reader, viewer, name, vintage=vintage, period=period, category=category, within=within
    )
    told |= {
        "shown": {key: page.meta[key] for key in ("vintage", "period", "category", "category_name")}
        | {"within": within},
        "release": page.meta["release"],
        "published": page.meta["published"],
        "fictional": page.meta["fictional"],
        "counts": page.meta["counts"],
        "distribution": distribution(page.figures),
        "sources": page.meta["sources"],
    }
    funnel, rows, outside = funnel_of(indicator, page.figures)
    return Look(told | {"funnel": funnel}, page, rows, outside)


def _smallest(catalogue: Catalogue, coverage: Mapping[str, Any]) -> str:
    """The newest vintage of the smallest areas, of those with the newest period."""
    newest = coverage["periods"][-1]
    order = list(Level)
    there: list[str] = [
        vintage for vintage, periods in coverage["periods_by_vintage"].items() if newest in periods
    ]
    levels = {vintage: order.index(catalogue.vintage(vintage).level) for vintage in there}
    least = min(levels.values())
    return max(vintage for vintage in there if levels[vintage] == least)


# ---------------------------------------------------------------- what it is


def described(
    catalogue: Catalogue, indicator: Indicator, coverage: Mapping[str, Any] | None
) -> dict[str, Any]:
    """The manifest in words: definition, method, parts, example, rule of disclosure, coverage."""
    source = catalogue.source(indicator.numerator.source)
    return {
        "id": indicator.id,
        "name": indicator.name,
        "topic": indicator.topic.value,
        "definition": indicator.description,
        "unit": indicator.unit,
        "per": indicator.per,
        "decimals": indicator.decimals,
        "polarity": indicator.polarity,
        "method": {"id": indicator.method, "words": indicator.method_source},
        "additive": indicator.additive,
        "lowest_level": indicator.lowest.value,
        "numerator": _part(catalogue, indicator.numerator),
        "denominators": [_part(catalogue, one) for one in indicator.denominators],
        "denominator_within_years": indicator.denominator_within_years
        if indicator.denominators
        else None,
        "beside": indicator.beside,
        "out_of": list(indicator.out_of),
        "fewest_months": indicator.fewest_months,
        "parts": [
            {"name": one.name, "indicators": list(one.indicators), "category": one.category}
            for one in indicator.parts
        ],
        "weights": _weights(catalogue, indicator),
        "variant_of": indicator.variant_of,
        "categories": [
            {"id": one.id, "name": one.name, "includes": list(one.includes)}
            for one in indicator.categories
        ],
        "example": example_of(indicator),
        "source": figures.source_card(catalogue, source.id),
        "refresh": source.refresh,
        "caveats": [*indicator.caveats, *source.caveats],
        "disclosure": {"rule": indicator.disclosure, "because": indicator.disclosure_because},
        "coverage": {
            "periods": list(coverage["periods"]) if coverage else [],
            "vintages": list(coverage["vintages"]) if coverage else [],
            "periods_by_vintage": dict(coverage["periods_by_vintage"]) if coverage else {},
        },
        "figures": f"/indicators/{indicator.id}/figures",
    }


def _weights(catalogue: Catalogue, indicator: Indicator) -> dict[str, Any] | None:
    """What its parts weigh, by whom, and which of them nobody has weighed; None without weights."""
    weights = catalogue.weights.get(indicator.weights or "")
    if weights is None:
        return None
    wanted = tuple(part.category for part in indicator.parts)
    because = {one.category: one.because for one in weights.rows}
    return {
        "id": weights.id,
        "editions": list(weights.editions),
        "known": [
            {
                "category": one.category,
                "weight": one.weight,
                "unit": one.unit,
                "source": one.source,
                "edition": one.edition,
            }
            for one in weights.rows
            if one.weight is not None
        ],
        "missing": [
            {"category": name, "because": because.get(name, "")} for name in weights.missing(wanted)
        ],
    }


def _part(catalogue: Catalogue, measure: Measure) -> dict[str, Any]:
    source = catalogue.source(measure.source)
    return {"source": source.id, "title": source.title, "measure": measure.measure}


def example_of(indicator: Indicator) -> dict[str, Any]:
    """The worked example with its steps in words, and what comes out when it is worked again.

    Where the example is a cell that many numbers make, `on_paper` is one of few numbers.
    """
    told = _example(indicator, indicator.example)
    paper = indicator.worked
    return {**told, "on_paper": _example(indicator, paper) if paper else None}


def _example(indicator: Indicator, given: Example) -> dict[str, Any]:
    shown = {key: one for key, one in given.model_dump().items() if one not in (None, "", ())}
    return {**shown, "steps": _steps(indicator, given), "worked": _worked(indicator, given)}


def _steps(indicator: Indicator, given: Example) -> str:
    result = f"{given.value:,.7g}"
    if given.values:
        said = _of_several(indicator, given)
    elif given.numerator is not None and given.denominator is not None and indicator.divides:
        times = "" if indicator.per == 1 else f" × {indicator.per:,g}"
        said = f"{given.numerator:,.10g} ÷ {given.denominator:,.10g}{times} = {result}"
    elif given.numerator is not None and indicator.per != 1:
        said = f"{given.numerator:,.10g} × {indicator.per:,g} = {result}"
    else:
        said = f"{result}, as it is published" if indicator.method == "level" else result
    if given.lower is not None and given.upper is not None:
        published = indicator.interval == "published"
        how = "as published" if published else LIMITS.get(indicator.method, "")
        said += f"; from {given.lower:,.7g} to {given.upper:,.7g} at 95 %"
        said += f", {how}" if how else ""
    return f"{said}."


def _of_several(indicator: Indicator, given: Example) -> str:
    """An example made from the numbers of several areas, or of several parts."""
    names = [part.name for part in indicator.parts] or ["values"]
    rows: list[Sequence[Any]] = [one for one in given.values if isinstance(one, tuple)]
    rows = rows or [given.values]
    told = [f"{name} {_numbers(row)}" for name, row in zip(names, rows, strict=False)]
    told += [f"the year before {_numbers(given.before)}"] if given.before else []
    weights = given.weights
    if weights and not isinstance(weights[0], tuple):
        told.append(f"weights {_numbers(weights)}")
    whose = "for the first of the areas " if indicator.method in OF_EACH_AREA else ""
    return f"{'; '.join(told)}: {whose}{given.value:,.7g}"


OF_EACH_AREA = ("vulnerable_localities", "core_priority")
"""Methods that hold each area against the average of all."""


def _numbers(row: Sequence[Any]) -> str:
    return ", ".join(f"{one:,.10g}" for one in row)


def _worked(indicator: Indicator, given: Example) -> dict[str, float | None] | None:
    """The example by the method again; None for what is made of many areas."""
    method = METHODS.get(indicator.method)
    start = given.numerator
    if start is None and indicator.method in ("level", "count") and indicator.per == 1:
        start = given.value
    if method is None or start is None or given.values:
        return None
    parts = method(
        np.array([start], dtype=np.float64),
        np.array([np.nan if given.denominator is None else given.denominator], dtype=np.float64),
        indicator.per,
    )
    value, lower, upper = (None if np.isnan(part[0]) else float(part[0]) for part in parts)
    if indicator.interval == "published":
        lower, upper = given.lower, given.upper
    return {"value": value, "lower": lower, "upper": upper}


# ---------------------------------------------------------------- how its areas lie


def distribution(rows: Sequence[Row]) -> dict[str, Any] | None:
    """Lowest, quartiles and highest of the values that are there; None where there is none."""
    values = np.array([row["value"] for row in rows if row["value"] is not None], dtype=np.float64)
    if not values.size:
        return None
    ends = np.quantile(values, [0, 0.25, 0.5, 0.75, 1])
    names = ("minimum", "lower_quartile", "median", "upper_quartile", "maximum")
    return {
        "of": int(values.size),
        **{name: float(end) for name, end in zip(names, ends, strict=True)},
    }


def funnel_of(
    indicator: Indicator, rows: Sequence[Row]
) -> tuple[dict[str, Any] | None, tuple[Row, ...], tuple[int, ...]]:
    """The funnel of rates or proportions, the areas in it, and on which side of it each lies."""
    if indicator.method not in ("rate", "proportion") or indicator.beside not in OF_PEOPLE:
        return None, (), ()
    kind: Kind = "proportion" if indicator.method == "proportion" else "rate"
    there = tuple(
        row
        for row in rows
        if row["value"] is not None and row["numerator"] is not None and row["denominator"]
        and row["status"] == "observed"
    )  # fmt: skip
    if len(there) < LEAST_AREAS:
        return None, (), ()
    counts = np.array([row["numerator"] for row in there], dtype=np.float64)
    below = np.array([row["denominator"] for row in there], dtype=np.float64)
    if counts.sum() <= 0 or (kind == "proportion" and counts.sum() >= below.sum()):
        return None, (), ()
    level = float(counts.sum() / below.sum())
    spread = funnels.overdispersion(counts, below, kind)
    words, sure = funnels.beyond(
        counts / below,
        *funnels.widened_limits(level, below, kind, spread, 0.95),
        *funnels.widened_limits(level, below, kind, spread, 0.998),
    )
    chance, _ = funnels.significance(counts, below, kind)
    side = {"high": 1, "low": -1}
    told = {
        "kind": kind,
        "baseline": indicator.per * level,
        "unit": indicator.unit,
        "areas": len(there),
        "overdispersion": {"phi": spread.phi, "between_areas": spread.between},
        "outside": dict(sorted(Counter(str(word) for word in words).items())),
        "outside_by_chance_alone": dict(sorted(Counter(str(word) for word in chance).items())),
        "limits": list(_lines(indicator.per, level, below, kind, spread)),
        "named": _named(there, words, sure, indicator.per * level),
    }
    return told, there, tuple(side.get(str(word), 0) for word in words)


def _lines(
    per: float, level: float, below: Column, kind: Kind, spread: funnels.Overdispersion
) -> Iterator[dict[str, float]]:
    """The limits from the smallest denominator to the largest."""
    at = np.geomspace(below.min(), below.max(), STEPS)
    drawn: dict[str, Column] = {"denominator": at}
    for name, confidence in (("95", 0.95), ("998", 0.998)):
        low, high = funnels.widened_limits(level, at, kind, spread, confidence)
        drawn |= {f"lower{name}": per * low, f"upper{name}": per * high}
    for n in range(STEPS):
        yield {name: float(column[n]) for name, column in drawn.items()}


def _named(
    rows: Sequence[Row],
    words: funnels.Words,
    sure: Column,
    baseline: float,
) -> list[dict[str, Any]]:
    """The areas outside the limits, the furthest first."""
    found = [
        {
            "code": row["area_code"],
            "name": row["name"] or row["area_code"],
            "value": row["value"],
            "denominator": row["denominator"],
            "where": str(word),
            "level": float(confidence),
        }
        for row, word, confidence in zip(rows, words, sure, strict=True)
        if word in ("high", "low")
    ]
    found.sort(key=lambda one: (-one["level"], -abs(one["value"] - baseline), one["code"]))
    return found[:MOST_NAMED]


# ---------------------------------------------------------------- in words


def value_of(told: Mapping[str, Any], value: float) -> str:
    """A value with its unit, as the indicator writes it."""
    return f"{number_words(value, told['decimals'])} {told['unit']}"


def outlines(
    reader: Reader, viewer: Viewer, vintage: str, within: str | None, zoom: int
) -> dict[str, Any]:
    """Outlines by area code (GeoJSON geometries, degrees); none where none are published."""
    import orjson

    try:
        found = orjson.loads(
            areas.outlines_geojson(
                reader.doors, reader.catalogue, viewer, vintage, within=within, zoom=zoom
            )
        )
    except UnknownName:
        return {}
    return {one["properties"]["code"]: one["geometry"] for one in found["features"]}
