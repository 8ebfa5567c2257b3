"""The gap between the most deprived small areas and the rest, followed from period to period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lris.areas import within_ids
from lris.catalogue import Catalogue
from lris.catalogue.indicators import Indicator
from lris.comparing.comparable import (
    Row,
    are_as_long,
    check_tested,
    doubt,
    estimate,
    series_of,
    told,
)
from lris.errors import BadRequest
from lris.figures import Contents, Reader, source_card
from lris.profiles.sheets import Lines, read_sheet
from lris.rules import gaps
from lris.rules.estimates import Figures
from lris.rules.quantiles import ohid, weighted
from lris.rules.words import LEVELS, number_words
from lris.session import Connection
from lris.store import areas as areas_store
from lris.store import neighbourhoods as store
from lris.summing import figures_together, residents_of_blocks
from lris.terms import Viewer, fictional_land

FIFTHS: Mapping[str, str] = {
    "england": "{many} among the 20 % most deprived in England by the {index}, against all others"
    " here: fifths of areas, so that any number of those here can be among them",
    "areas": "the most deprived fifth of the {many} here by the {index}, against the other four"
    " fifths: fifths of areas, local and not England's",
    "people": "the {many} here in which the most deprived fifth of the residents live by the"
    " {index}, against all others: fifths of people, local and not England's",
}
"""What each way to take the most deprived fifth is, in words."""

MOST_DEPRIVED = 2
"""The two most deprived tenths are the most deprived fifth."""

FIFTH = 5

SIGNALS: Mapping[str, str] = {
    gaps.NARROWING_WELL: "good",
    gaps.NARROWING: "none",
    gaps.NARROWING_BADLY: "bad",
    gaps.WIDENING: "bad",
    gaps.WIDENING_BADLY: "bad",
    gaps.UNCLEAR: "none",
    gaps.TOO_SHORT: "none",
}
"""How a verdict may be coloured: never as good while the most deprived get worse."""

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Split:
    """The areas parted in two by an index of deprivation, and in what way."""

    deprived: Ids
    rest: Ids
    index: Indicator
    period: str
    fifth: str

    def words(self, level: str) -> str:
        """What is held against what."""
        many = LEVELS[level][1]
        name = f"{self.index.name.partition(':')[0]} ({self.period})"
        return FIFTHS[self.fifth].format(many=many, index=name)

    def told(self, words: str) -> dict[str, Any]:
        """How the areas are parted, and how many are on each side."""
        return {
            "kind": self.fifth,
            "index": self.index.id,
            "words": words,
            "deprived": int(self.deprived.size),
            "rest": int(self.rest.size),
        }


def gap_over_time(
    reader: Reader,
    viewer: Viewer,
    indicator: str,
    *,
    vintage: str | None,
    category: str | None,
    within: str | None = None,
    fifth: str = "england",
) -> dict[str, Any]:
    """The level among the most deprived fifth of small areas and among the rest, every period.

    By the Index of Multiple Deprivation published for the vintage. A period that is not whole in
    either is shown and not used. `verdict` is that of `lris.rules.gaps.gap`, `signal` how it may be
    coloured. Raises `BadRequest` and `UnknownName`.
    """
    catalogue = reader.catalogue
    measured = catalogue.indicator(indicator)
    kind = check_tested(measured)
    vintage = _checked(vintage, fifth)
    with reader.doors.reading(viewer) as connection:
        found = reader.contents(connection, viewer)
        series = _as_long_as_newest(series_of(measured, found, vintage, category))[::-1]
        inside = within_ids(connection, catalogue, within, vintage)
        split = _split(connection, reader, viewer, found, vintage, series[-1], inside, fifth)
        sides = [
            figures_together(connection, measured, series, ids.tolist())
            for ids in (split.deprived, split.rest)
        ]
        fictional = _is_fictional(connection, split)
    shown = [[told(figures, at) for at in range(len(series))] for figures in sides]
    whole = np.array([not any(doubt(one) for one in both) for both in zip(*shown, strict=True)])
    gap = _gap(measured, kind, sides, whole)
    words = split.words(catalogue.vintage(vintage).level)
    return {
        **_what(measured, series[0]["category"], vintage, within),
        "fifth": split.told(words),
        "periods": _periods(series, shown, whole, gap),
        "change": estimate(gap.change),
        "change_of_level": estimate(gap.change_of_level),
        "verdict": gap.verdict,
        "signal": SIGNALS[gap.verdict],
        "sentence": _sentence(measured, series, whole, gap, words),
        "release": found.release.number,
        "published": found.release.sealed_at.isoformat(),
        "sources": _sources(catalogue, series, split, fictional=fictional),
    }


def _gap(
    measured: Indicator, kind: gaps.Kind, sides: Sequence[Figures], whole: NDArray[np.bool_]
) -> gaps.Gap:
    """The gap between two sides over the periods that are whole in both."""
    (x1, n1), (x2, n2) = (
        [np.where(whole, part, np.nan) for part in (figures.numerator, figures.denominator)]
        for figures in sides
    )
    return gaps.gap(x1, n1, x2, n2, kind, measured.polarity, measured.per)


def _what(
    measured: Indicator, category: str, vintage: str, within: str | None
) -> dict[str, str | None]:
    """What is followed, and where."""
    return {
        "indicator": measured.id,
        "name": measured.name,
        "category": category,
        "category_name": measured.category_name(category),
        "unit": measured.unit,
        "polarity": measured.polarity,
        "vintage": vintage,
        "within": within,
    }


def _sources(
    catalogue: Catalogue, series: Sequence[Row], split: _Split, *, fictional: bool
) -> list[dict[str, Any]]:
    """The sources of what is followed, and of the index that parts the areas."""
    names = [name for row in series for name in row["sources"]]
    return [
        source_card(catalogue, name, fictional=fictional)
        for name in dict.fromkeys([*names, split.index.numerator.source])
    ]


def _checked(vintage: str | None, fifth: str) -> str:
    """The vintage asked for. Raises `BadRequest` without one, or for an unknown kind of fifth."""
    if fifth not in FIFTHS:
        raise BadRequest(
            f"there is no way {fifth!r} to take a fifth",
            remedy=f"fifth is one of: {', '.join(FIFTHS)}",
        )
    if vintage is None:
        raise BadRequest(
            "the parameter vintage is missing",
            remedy="name boundaries that an Index of Multiple Deprivation is published for, such as"
            " lsoa_2011 or lsoa_2021",
        )
    return vintage


def _as_long_as_newest(series: Sequence[Row]) -> list[Row]:
    """The periods as long as the newest: months with months, years with years."""
    return [row for row in series if are_as_long(row, series[0])]


def _is_fictional(connection: Connection, split: _Split) -> bool:
    (one,) = store.areas_with_id(connection, [int(split.rest[0])])
    return bool(fictional_land(one["code"]))


# ---------------------------------------------------------------- who is most deprived


def _split(
    connection: Connection,
    reader: Reader,
    viewer: Viewer,
    found: Contents,
    vintage: str,
    newest: Row,
    inside: Sequence[int] | None,
    fifth: str,
) -> _Split:
    """The areas that have the figure, parted by the index. Raises `BadRequest`."""
    index, told_of = _index(reader, found, vintage, "decile" if fifth == "england" else "rank")
    ids = inside or sorted(areas_store.area_ids(connection, vintage).values())
    lines = Lines.of(vintage, [newest, told_of])
    sheet = read_sheet(connection, lines, [0, 1], ids)
    of_index = lines.at[index.id, told_of["category"], told_of["period"]]
    there = np.isfinite(sheet.value[of_index]) & (sheet.status[1 - of_index] >= 0)
    known, place = sheet.ids[there], sheet.value[of_index][there]
    if fifth == "england":
        first = place <= MOST_DEPRIVED
    elif fifth == "areas":
        first = ohid(place, FIFTH) == 1
    else:
        people = residents_of_blocks(connection, reader, viewer, vintage, known.tolist())
        weights = np.array([people.get(one, np.nan) for one in known.tolist()])
        first = weighted(place, weights, FIFTH) == 1
        known, first = known[np.isfinite(weights)], first[np.isfinite(weights)]
    split = _Split(known[first], known[~first], index, told_of["period"], fifth)
    if not split.deprived.size or not split.rest.size:
        raise _one_sided(split)
    return split


def _index(reader: Reader, found: Contents, vintage: str, kind: str) -> tuple[Indicator, Row]:
    """The index of deprivation published for a vintage, the newest, and its series."""
    there = [
        (row["period_end"], one.id, row)
        for one in reader.catalogue.indicators.values()
        if one.numerator.measure == f"imd_{kind}" and one.ranking and one.method == "level"
        for row in found.of(one.id)
        if row["vintage"] == vintage and not one.categories
    ]
    if not there:
        others = sorted(
            {
                row["vintage"]
                for one in reader.catalogue.indicators.values()
                if one.numerator.measure == f"imd_{kind}" and one.method == "level"
                for row in found.of(one.id)
            }
        )
        raise BadRequest(
            f"no Index of Multiple Deprivation is published for areas of {vintage}",
            remedy=f"vintage is one of: {', '.join(others) or 'none: no index is loaded'}",
        )
    _, name, row = max(there, key=lambda one: one[:2])
    return reader.catalogue.indicator(name), row


def _one_sided(split: _Split) -> BadRequest:
    number = split.deprived.size + split.rest.size
    if not number:
        return BadRequest(
            "no area here has both the figure and its place in the index of deprivation",
            remedy="choose another vintage, or areas within another place",
        )
    lacking = "none" if not split.deprived.size else "every one"
    return BadRequest(
        f"of {number:,} areas here {lacking} is among the most deprived fifth: there is no gap",
        remedy="widen within, or take the most deprived fifth of those here: fifth=areas",
    )


# ---------------------------------------------------------------- period by period


def _periods(
    series: Sequence[Row],
    shown: Sequence[Sequence[Mapping[str, Any]]],
    whole: NDArray[np.bool_],
    gap: gaps.Gap,
) -> list[dict[str, Any]]:
    return [
        {
            "period": row["period"],
            "denominator_words": row["denominator"],
            "deprived": shown[0][at],
            "rest": shown[1][at],
            "used": bool(whole[at]),
            "difference": estimate([part[at] for part in gap.difference]),
            "ratio": estimate([part[at] for part in gap.ratio]),
        }
        for at, row in enumerate(series)
    ]


def _sentence(
    indicator: Indicator,
    series: Sequence[Row],
    whole: NDArray[np.bool_],
    gap: gaps.Gap,
    words: str,
) -> str:
    """First and last period in words, and what became of the gap."""
    category = indicator.category_name(series[0]["category"])
    title = f"{indicator.name}, {category}" if category else indicator.name
    used = np.flatnonzero(whole)
    if not used.size:
        return f"{title}: no period is whole, so that no gap can be told. Asked for were {words}."
    ends = [
        f"{series[at]['period']} {number_words(gap.deprived[0][at], indicator.decimals)} and"
        f" {number_words(gap.rest[0][at], indicator.decimals)} {indicator.unit}"
        for at in dict.fromkeys((used[0], used[-1]))
    ]
    return (
        f"{title}, the most deprived and the rest: {'; '.join(ends)}. The gap: {gap.verdict}."
        f" The most deprived are {words}."
    )
