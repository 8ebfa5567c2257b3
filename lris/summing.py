"""The sealed figures of blocks added up to those of a neighbourhood made of them.

Read from the release alone. What cannot be added up is not: ranks and deciles are left out and
named, unless their publisher has a rule for larger areas, which is then used under its own name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lris.catalogue import Catalogue
from lris.catalogue.indicators import Indicator, Measure
from lris.figures import Contents, Reader
from lris.profiles.sheets import Lines, Sheet, plain, read_sheet
from lris.rules.blocks import Totals, added_up, summarised
from lris.rules.estimates import (
    ESTIMATED,
    OBSERVED,
    REASONS,
    STATUSES,
    WHY,
    WITHHELD,
    Figures,
)
from lris.rules.measures import SUMMARIES, WEIGHTED
from lris.session import Connection
from lris.store import neighbourhoods as store
from lris.terms import Reason, Viewer

Row = Mapping[str, Any]

PROFILE = "neighbourhood"

NEIGHBOURHOOD = 0
"""Stands for the area id of a neighbourhood that is in no table."""


@dataclass(frozen=True, slots=True)
class Summed:
    """The figures of a neighbourhood, as rows of `lris/store/sql/figures_of_areas.sql`.

    `rows` are sums, `summaries` what a publisher's rule for larger areas says of ranks and scores.
    `left_out` are the names of indicators that are published for the blocks and are neither.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    summaries: list[dict[str, Any]] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Blocks:
    """Blocks of one vintage, and the lines of the release that they can have figures of.

    `inputs` are the indicators that each indicator's figure is worked out from.
    """

    connection: Connection
    catalogue: Catalogue
    lines: Lines
    inputs: Mapping[str, Sequence[Indicator]]
    ids: Sequence[int]


def figures_of_blocks(
    connection: Connection, reader: Reader, viewer: Viewer, vintage: str, blocks: Sequence[int]
) -> Summed:
    """Every figure of the profile that blocks of one vintage, by their ids, have together."""
    catalogue = reader.catalogue
    found = reader.contents(connection, viewer)
    key = ("blocks", found.release.number, viewer.access, vintage)
    lines, inputs = reader.kept(key, lambda: _lines(catalogue, found, vintage))
    here = _Blocks(connection, catalogue, lines, inputs, blocks)
    summed = Summed()
    sums = []
    summaries = []
    for name in _wanted(catalogue):
        indicator = catalogue.indicator(name)
        if indicator.method in SUMMARIES:
            summaries.append(indicator)
        elif indicator.additive and name in lines.runs:
            sums.append(indicator)
        elif name in lines.runs:
            summed.left_out[name] = indicator.name
    summed.rows.extend(_sums(here, sums))
    summed.summaries.extend(_summaries(here, summaries))
    return summed


def residents_of_blocks(
    connection: Connection,
    reader: Reader,
    viewer: Viewer,
    vintage: str,
    blocks: Sequence[int],
) -> dict[int, float]:
    """The residents of each block by the newest count that the release has of the vintage."""
    found = reader.contents(connection, viewer)
    counts = [
        row
        for name in RESIDENTS
        for row in found.of(name)
        if row["vintage"] == vintage and row["category"] == ""
    ]
    if not counts:
        return {}
    lines = Lines.of(vintage, [max(counts, key=lambda row: row["period_end"])])
    sheet = read_sheet(connection, lines, [0], blocks)
    return {
        number: value
        for number, value in zip(sheet.ids.tolist(), plain(sheet.value[0]), strict=True)
        if value is not None
    }


RESIDENTS = ("population", "population_census_2021", "population_census_2011")
"""The indicators that count residents of small areas."""


def _wanted(catalogue: Catalogue) -> list[str]:
    sections = catalogue.profiles[PROFILE].sections
    return list(dict.fromkeys(name for section in sections for name in section.indicators))


# ---------------------------------------------------------------- what is read


def _lines(
    catalogue: Catalogue, found: Contents, vintage: str
) -> tuple[Lines, dict[str, list[Indicator]]]:
    """Everything of the profile that a release has of a vintage, and what it is worked out from."""
    shown = _categories(catalogue)
    inputs = {name: _inputs(catalogue, catalogue.indicator(name)) for name in shown}
    names = [one.id for some in inputs.values() for one in some]
    lines = Lines.of(
        vintage,
        [
            row
            for one in dict.fromkeys(names)
            for row in found.of(one)
            if row["vintage"] == vintage and (not shown.get(one) or row["category"] in shown[one])
        ],
    )
    return lines, inputs


def _inputs(catalogue: Catalogue, indicator: Indicator) -> list[Indicator]:
    """What an indicator's figure is worked out from; none where it is told of no neighbourhood."""
    if indicator.method not in SUMMARIES:
        return [indicator]
    if indicator.ranking is not None:
        return []
    values = _told_by(catalogue, indicator.numerator)
    if indicator.method not in WEIGHTED:
        return [values] if values else []
    weights = _divided_by(catalogue, indicator.denominators[0])
    return [values, weights] if values and weights else []


def _told_by(catalogue: Catalogue, measure: Measure) -> Indicator | None:
    """The indicator that gives a published rank or score of small areas as it stands."""
    for one in catalogue.indicators.values():
        as_it_stands = one.method == "level" and one.per == 1 and not one.categories
        if as_it_stands and one.numerator == measure and not one.additive:
            return one
    return None


def _divided_by(catalogue: Catalogue, measure: Measure) -> Indicator | None:
    """An indicator divided by a count of residents, and by no other: with it the release has it."""
    for one in catalogue.indicators.values():
        if one.divides and one.denominators == (measure,) and not one.categories:
            return one
    return None


def _of(lines: Lines, indicator: Indicator) -> list[int]:
    """The lines of an indicator."""
    return [at for run in lines.runs.get(indicator.id, {}).values() for at in run]


def _categories(catalogue: Catalogue) -> dict[str, set[str]]:
    """The categories of each indicator that the profile shows; none named are all."""
    found: dict[str, set[str]] = {}
    every: set[str] = set()
    for section in catalogue.profiles[PROFILE].sections:
        for shown in section.shows:
            for name, _ in shown.named:
                found.setdefault(name, set()).update(shown.categories)
                every |= {name} if not shown.categories else set()
    return {name: set() if name in every else mine for name, mine in found.items()}


# ---------------------------------------------------------------- what is worked out


def _sums(here: _Blocks, indicators: Sequence[Indicator]) -> Iterator[dict[str, Any]]:
    """The rows of indicators that are added up: numerators to numerators, and so on."""
    lines = here.lines
    which = [at for one in indicators for at in _of(lines, one)]
    place = {lines.series[line]["id"]: at for at, line in enumerate(which)}
    totals = _totals(here.connection, place, here.ids)
    for indicator in indicators:
        mine = _of(lines, indicator)
        some = np.array([place[lines.series[line]["id"]] for line in mine], dtype=np.int64)
        figures = _added_up(_some(totals, some), len(here.ids), indicator)
        for at, line in enumerate(mine):
            yield _row(lines.series[line], indicator, figures, at)


def figures_together(
    connection: Connection, indicator: Indicator, series: Sequence[Row], areas: Sequence[int]
) -> Figures:
    """The figures that areas of one vintage have together in series of one indicator, in order.

    `series` are rows of `lris.figures.Contents`.
    """
    place = {row["id"]: at for at, row in enumerate(series)}
    totals = _totals(connection, place, areas)
    return _added_up(totals, len(areas), indicator)


def _added_up(totals: Totals, blocks: int, indicator: Indicator) -> Figures:
    """Sums as figures. What is set beside other incidents has none to divide by where none were."""
    beside = indicator.beside is not None
    return added_up(totals, blocks, indicator.method, indicator.per, none_is_zero=beside)


def _totals(connection: Connection, place: Mapping[int, int], areas: Sequence[int]) -> Totals:
    """What the blocks have together, by the place each series is given."""
    size = len(place)
    numbers = {name: np.zeros(size) for name in ("part", "denominator")}
    counts = {name: np.zeros(size, dtype=np.int64) for name in ("parts", "denominators")}
    flags = {name: np.zeros(size, dtype=np.bool_) for name in ("estimated", "incomplete")}
    reasons = {
        name: np.zeros(size, dtype=np.int8)
        for name in ("why_estimated", "why_lost", "why_undivided")
    }
    columns: dict[str, NDArray[Any]] = {**numbers, **counts, **flags, **reasons}
    words = [one.value for one in REASONS if one]
    for row in store.sums_of_blocks(connection, list(place), areas, words):
        at = place[row["series_id"]]
        for name, column in columns.items():
            column[at] = row[name] or 0
    return Totals(**columns)


def _some(totals: Totals, which: NDArray[np.int64]) -> Totals:
    return Totals(*(getattr(totals, name)[which] for name in Totals.__dataclass_fields__))


def _row(series: Row, indicator: Indicator, figures: Figures, at: int) -> dict[str, Any]:
    numbers = {
        name: plain(getattr(figures, name)[at : at + 1])[0]
        for name in ("value", "lower", "upper", "numerator", "denominator")
    }
    reason = REASONS[figures.reason[at]]
    return {
        "area_id": NEIGHBOURHOOD,
        "indicator": indicator.id,
        "category": series["category"],
        "period": series["period"],
        "period_start": series["period_start"],
        "period_end": series["period_end"],
        "unit": indicator.unit,
        "denominator_words": series["denominator"],
        "sources": series["sources"],
        **numbers,
        "status": STATUSES[figures.status[at]].value,
        "reason": reason.value if reason else None,
    }


def _summaries(here: _Blocks, indicators: Sequence[Indicator]) -> Iterator[dict[str, Any]]:
    """What their publisher's rule for larger areas says of the blocks' ranks or scores."""
    lines = here.lines
    inputs = {one.id: here.inputs[one.id] for one in indicators}
    which = sorted({at for some in inputs.values() for one in some for at in _of(lines, one)})
    sheet = read_sheet(here.connection, lines, which, here.ids)
    for indicator in indicators:
        for line in (at for one in inputs[indicator.id][:1] for at in _of(lines, one)):
            series, at = lines.series[line], int(np.searchsorted(sheet.which, line))
            weights = _residents(lines, sheet, inputs[indicator.id][1:], series["period"])
            number = indicator.per * summarised(
                sheet.value[at], weights, indicator.method, indicator.small_area_ranks or 0
            )
            row = _row(series, indicator, _one(number, sheet.status[at]), 0)
            yield {**row, "denominator_words": _weighed_by(here.catalogue, indicator)}


def _residents(
    lines: Lines, sheet: Sheet, divided: Sequence[Indicator], period: str
) -> NDArray[np.float64] | None:
    """What each block is weighed by: what an indicator of the same period is divided by."""
    for one in divided:
        at = lines.at.get((one.id, "", period))
        if at is not None:
            row: NDArray[np.float64] = sheet.denominator[np.searchsorted(sheet.which, at)]
            return row
    return None


def _weighed_by(catalogue: Catalogue, indicator: Indicator) -> str | None:
    """What residents a summary weighs small areas by, in words."""
    for measure in indicator.denominators:
        source = catalogue.source(measure.source)
        title = next(one.title for one in source.measures if one.id == measure.measure)
        return f"{title} ({source.title})"
    return None


def _one(number: float, status: NDArray[np.int8]) -> Figures:
    """One number as a figure: withheld where it is none, estimated where a part of it is."""
    nothing = np.full(1, np.nan)
    gone = bool(np.isnan(number))
    worth = WITHHELD if gone else ESTIMATED if (status == ESTIMATED).any() else OBSERVED
    reason = WHY[Reason.INCOMPLETE_SOURCE] if gone else 0
    return Figures(
        np.zeros(1, dtype=np.int64),
        np.array([number]),
        nothing,
        nothing,
        nothing,
        nothing,
        np.array([worth], dtype=np.int8),
        np.array([reason], dtype=np.int8),
    )
