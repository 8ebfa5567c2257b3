"""Two areas or more side by side: the same figures of the same periods, and tests pair by pair."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import orjson

from lris.areas import parse_area
from lris.catalogue import Catalogue
from lris.catalogue.indicators import Indicator
from lris.comparing.comparable import divided_by, doubt, estimate, number, side
from lris.errors import BadRequest
from lris.figures import Reader
from lris.neighbourhoods import OWN, own_profile
from lris.profiles import profile_bytes
from lris.rules.comparing import difference_of_proportions, ratio_test
from lris.rules.words import number_words
from lris.store import areas as areas_store
from lris.terms import AreaCode, Level, Viewer

FEWEST, MOST = 2, 8
METHOD = (
    "Rates: exact binomial test of the ratio, given the total of both. Proportions: limits of the"
    " difference by Newcombe's method 10. All at 95 %: of twenty tests of areas that do not differ,"
    " one says by chance that they do. Whether two intervals overlap is never looked at."
)

Page = Mapping[str, Any]
Figure = Mapping[str, Any]
Key = tuple[str, str, str]
"""Indicator, category, period."""


def compare(reader: Reader, viewer: Viewer, asked: str) -> dict[str, Any]:
    """Areas side by side: `asked` are VINTAGE/CODE or own/TOKEN, parted by commas.

    Each figure has `values`, one for each area in order (None where the area has no such figure of
    its own), and `tests`, one for each pair: their ratio (of rates) or difference (of proportions),
    first to second. A pair that cannot be tested says why. Raises `BadRequest`, `UnknownName`.
    """
    named = _parsed(asked)
    pages = [_page(reader, viewer, one) for one in _of_one_year(reader, viewer, named)]
    sections = [
        section
        for at in range(len(pages[0]["sections"]))
        if (section := _section(reader.catalogue, pages, at))["figures"]
    ]
    tests = [test for part in sections for one in part["figures"] for test in one["tests"]]
    return {
        "areas": [page["area"] for page in pages],
        "release": pages[0]["release"],
        "published": pages[0]["published"],
        "method": METHOD,
        "tested": sum(test["because"] is None for test in tests),
        "sections": sections,
        "sources": _sources(pages),
    }


# ---------------------------------------------------------------- which areas


def _parsed(asked: str) -> list[AreaCode]:
    named = [parse_area(one) for one in asked.split(",")]
    if not FEWEST <= len(named) <= MOST:
        raise BadRequest(
            "1 area is named" if len(named) == 1 else f"{len(named)} areas are named",
            remedy=f"name from {FEWEST} to {MOST}, parted by commas",
        )
    again = next((one for at, one in enumerate(named) if one in named[:at]), None)
    if again:
        raise BadRequest(f"{again} is named twice", remedy="name each area once")
    return named


def _of_one_year(reader: Reader, viewer: Viewer, named: Sequence[AreaCode]) -> list[AreaCode]:
    """The areas, those of one level by the boundaries of one year.

    An area of another year is taken under its code in the year of the first one, where it has the
    same code there and so is the same ground. Raises `BadRequest` where it has not.
    """
    catalogue = reader.catalogue
    first: dict[Level, str] = {}
    found = []
    for one in named:
        if one.vintage == OWN:
            found.append(one)
            continue
        level = catalogue.vintage(one.vintage).level
        vintage = first.setdefault(level, one.vintage)
        if vintage != one.vintage and not _has(reader, viewer, vintage, one.code):
            raise BadRequest(
                f"{one} is by other boundaries than {vintage}, and has another ground there:"
                " their populations are of different areas",
                remedy=f"name areas of one vintage: those of {vintage}, or all of {one.vintage}",
            )
        found.append(AreaCode(vintage, one.code))
    return found


def _has(reader: Reader, viewer: Viewer, vintage: str, code: str) -> bool:
    with reader.doors.reading(viewer) as connection:
        return areas_store.find_area(connection, AreaCode(vintage, code)) is not None


def _page(reader: Reader, viewer: Viewer, which: AreaCode) -> Page:
    if which.vintage == OWN:
        return own_profile(reader, viewer, which.code)
    page: Page = orjson.loads(gzip.decompress(profile_bytes(reader, viewer, which).gzipped()))
    return page


# ---------------------------------------------------------------- side by side


def _section(catalogue: Catalogue, pages: Sequence[Page], at: int) -> dict[str, Any]:
    """A section with the figures that at least two of the areas have of their own."""
    first = pages[0]["sections"][at]
    tables = [_own_figures(page["sections"][at]["figures"]) for page in pages]
    keys = list(dict.fromkeys(key for table in tables for key in table))
    return {
        **{name: first[name] for name in ("id", "title", "topic")},
        "figures": [
            _side_by_side(catalogue, pages, [table.get(key) for table in tables])
            for key in keys
            if sum(key in table for table in tables) >= FEWEST
        ],
    }


def _own_figures(figures: Sequence[Figure]) -> dict[Key, Figure]:
    return {
        (one["indicator"], one["category"], one["period"]): one
        for one in figures
        if one["area"] is None or one["area"]["relation"] == "same"
    }


SHARED = (
    *("indicator", "name", "label", "heading", "folded", "category", "category_name"),
    *("period", "unit", "decimals", "ranking"),
)
OWN_COLUMNS = (
    *("value", "lower", "upper", "numerator", "denominator", "status", "reason"),
    *("denominator_words", "words", "sentence", "area"),
)


def _side_by_side(
    catalogue: Catalogue, pages: Sequence[Page], figures: Sequence[Figure | None]
) -> dict[str, Any]:
    shown = next(one for one in figures if one is not None)
    indicator = catalogue.indicator(shown["indicator"])
    tests = [
        _test(indicator, _Pair(pages[a], pages[b], a, b, figures[a], figures[b]))
        for a, b in combinations(range(len(pages)), 2)
    ]
    return {
        **{name: shown.get(name) for name in SHARED},
        "polarity": indicator.polarity,
        "values": [
            None if one is None else {name: one.get(name) for name in OWN_COLUMNS}
            for one in figures
        ],
        "tests": tests if any(test["because"] is None for test in tests) else [],
        "tests_because": None
        if any(test["because"] is None for test in tests)
        else tests[0]["because"],
    }


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two of the areas, by their places in the question, and a figure of each."""

    one: Page
    other: Page
    first: int
    second: int
    figure: Figure | None
    against: Figure | None

    @property
    def names(self) -> tuple[str, str]:
        """What the two areas are called."""
        return self.one["area"]["name"], self.other["area"]["name"]


def _test(indicator: Indicator, pair: _Pair) -> dict[str, Any]:
    because = next(_why_not(indicator, pair), None)
    where = {"first": pair.first, "second": pair.second}
    nothing = {"value": None, "lower": None, "upper": None, "p": None}
    if because is not None or pair.figure is None or pair.against is None:
        kind = "difference" if indicator.method == "proportion" else "ratio"
        untested = {"kind": kind, **nothing, "verdict": "not_compared", "sentence": None}
        return {**where, **untested, "because": because}
    x1, n1, x2, n2 = (
        one[name] for one in (pair.figure, pair.against) for name in ("numerator", "denominator")
    )
    if indicator.method == "proportion":
        gap = [indicator.per * part for part in difference_of_proportions(x1, n1, x2, n2)]
        found = {"kind": "difference", **estimate(gap), "p": None}
        word = side(float(gap[1]), float(gap[2]), 0, indicator.polarity)
    else:
        *ratio, p = ratio_test(x1, n1, x2, n2)
        found = {"kind": "ratio", **estimate(ratio), "p": number(p)}
        word = side(float(ratio[1]), float(ratio[2]), 1, indicator.polarity)
        if np.isnan(ratio[0]):
            return {
                **where,
                **found,
                "verdict": "not_compared",
                "sentence": None,
                "because": "nothing was counted in either",
            }
    said = {**found, "verdict": word, "because": None}
    return {**where, **said, "sentence": _sentence(indicator, pair, said)}


def _why_not(indicator: Indicator, pair: _Pair) -> Iterator[str]:
    """The reasons why two figures are not tested, the first the one that is told."""
    if not indicator.additive:
        yield "ranks, scores and the like have no test: nothing was counted"
    if indicator.method not in ("rate", "proportion"):
        yield (
            "counts of areas of different size tell nothing of each other"
            if indicator.method == "count"
            else "it is neither a rate nor a proportion: nothing was sampled"
        )
    if pair.figure is None or pair.against is None:
        yield "only one of them has the figure"
        return
    yield from filter(None, (_overlap(pair.one, pair.other),))
    for name, figure in zip(pair.names, (pair.figure, pair.against), strict=True):
        if why := doubt(figure):
            yield f"{name}: {why}"
    one, other = (divided_by({"denominator": part["denominator_words"]}) for part in _both(pair))
    if one != other:
        yield f"their populations are not of the same count: {one}; {other}"
    for name, figure in zip(pair.names, _both(pair), strict=True):
        if not (figure["denominator"] or 0) > 0:
            yield f"{name}: there is nothing to divide by"
        elif indicator.method == "proportion" and figure["numerator"] > figure["denominator"]:
            yield f"{name}: more are counted than there are"


def _both(pair: _Pair) -> tuple[Figure, Figure]:
    assert pair.figure is not None and pair.against is not None
    return pair.figure, pair.against


def _overlap(one: Page, other: Page) -> str | None:
    """Why two areas are no two separate groups of people; None where they are."""
    mine, theirs = _blocks(one), _blocks(other)
    if mine and theirs and _vintage(one) == _vintage(other):
        return "they have blocks in common" if mine & theirs else None
    for inner, outer in ((one["area"], other["area"]), (other["area"], one["area"])):
        if any(
            (parent["vintage"], parent["code"]) == (outer["vintage"], outer["code"])
            or (parent["level"] == outer["level"] and parent["code"] == outer["code"])
            for parent in inner["parents"]
        ):
            return f"{inner['name']} lies in {outer['name']}"
    if one["area"]["level"] != other["area"]["level"] or mine or theirs:
        return "areas of different levels can have ground in common"
    return None


def _blocks(page: Page) -> frozenset[str]:
    """The blocks an area is made of: those taken, or itself where it is one."""
    if "blocks" in page:
        return frozenset(one["code"] for one in page["blocks"] if one["taken"])
    is_block = page["area"]["level"] in (Level.LSOA, Level.OA)
    return frozenset([page["area"]["code"]]) if is_block else frozenset()


def _vintage(page: Page) -> str:
    vintage: str = page["area"]["vintage"]
    return vintage


WORDS = {
    "better": "better",
    "worse": "worse",
    "higher": "higher",
    "lower": "lower",
    "similar": "no clear difference",
}


def _sentence(indicator: Indicator, pair: _Pair, test: Mapping[str, Any]) -> str:
    figure, against = _both(pair)
    a, b = pair.names
    values = " and ".join(
        f"{name} {number_words(one['value'], indicator.decimals)}"
        for name, one in zip((a, b), (figure, against), strict=True)
    )
    if test["kind"] == "ratio":
        what, decimals = "ratio", 2
    else:
        what, decimals = "difference", indicator.decimals
    limits = " to ".join(
        "any number" if test[end] is None else number_words(test[end], decimals)
        for end in ("lower", "upper")
    )
    value = "any number" if test["value"] is None else number_words(test["value"], decimals)
    category = indicator.category_name(figure["category"])
    title = f"{indicator.name}, {category}" if category else indicator.name
    return (
        f"{title}, {figure['period']}: {values} {indicator.unit}; {what} {value}"
        f" (95 % interval {limits}): {WORDS[test['verdict']]}."
    )


def _sources(pages: Sequence[Page]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for page in pages:
        for source in page["sources"]:
            found.setdefault(source["id"], dict(source))
    return list(found.values())
