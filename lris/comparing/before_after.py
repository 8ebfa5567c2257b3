"""Before and after: how an area changed, held against the rest of its district.

The area is taken out of its district, so that it is not compared with itself. Two periods as long
as each other, both of them whole; the change of each is a ratio (of rates) or a difference (of
proportions), and the change of the one over that of the other is what is left to explain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lris import areas
from lris.catalogue import Catalogue
from lris.catalogue.indicators import Indicator
from lris.comparing.comparable import (
    Row,
    are_as_long,
    check_tested,
    days,
    divided_by,
    doubt,
    estimate,
    number,
    of_period,
    series_of,
    side,
    told,
)
from lris.errors import BadRequest
from lris.figures import Contents, Reader, source_card
from lris.neighbourhoods import OWN, own_blocks
from lris.rules.comparing import difference, difference_of_proportions, ratio_test
from lris.rules.gaps import ratio
from lris.rules.measures import METHODS
from lris.rules.words import LEVELS, number_words
from lris.session import Connection
from lris.store import areas as areas_store
from lris.summing import figures_together
from lris.terms import AreaCode, Level, Viewer

AROUND = (Level.LAD, Level.REGION, Level.COUNTRY)
"""What an area is compared with the rest of: its district; of a district, its region."""

NOTES = (
    "An area chosen because its figure was high mostly falls by itself, and one chosen for a low"
    " figure rises: part of a change can be that.",
    "A change beside the rest is no proof of a cause: other things changed there too.",
)

METHODS_USED = {
    "rate": "Ratio of after to before by the exact binomial limits, given the total of both; the"
    " ratio of the two ratios by the limits of their logarithms.",
    "proportion": "Difference of after less before by Newcombe's method 10; the difference of the"
    " two differences by the limits of both.",
}

Column = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Side:
    """The area or the rest, before and after: counts and denominators."""

    counts: tuple[float, float]
    denominators: tuple[float, float]


def before_after(
    reader: Reader,
    viewer: Viewer,
    which: AreaCode,
    *,
    indicator: str,
    category: str | None,
    before: str,
    after: str,
) -> dict[str, Any]:
    """How an area (or `own/TOKEN`) changed from one period to another, beside the rest around it.

    Raises `BadRequest`, `UnknownPeriod` or `UnknownName`: ranks and counts, periods that are not
    as long or not whole, populations of different counts, an area that is all of its district.
    """
    catalogue = reader.catalogue
    measured = catalogue.indicator(indicator)
    kind = check_tested(measured)
    with reader.doors.reading(viewer) as connection:
        found = reader.contents(connection, viewer)
        area = _Ground.of(connection, reader, which)
        series = series_of(measured, found, area.vintage, category)
        pair = of_period(series, before, "before"), of_period(series, after, "after")
        _check_periods(*pair)
        around, whole = _around(connection, catalogue, found, measured, area, pair)
        inner = figures_together(connection, measured, pair, area.ids)
        outer = figures_together(connection, measured, whole, [around["id"]])
    shown = [[told(figures, at) for at in (0, 1)] for figures in (inner, outer)]
    _check_whole(area.name, around["name"], pair, shown)
    own = _side(shown[0])
    rest = _rest(measured, area, around, pair, own, _side(shown[1]))
    changes = _Changes.of(kind, measured.per, own, rest)
    return {
        "area": area.card,
        "rest": {**around, "excludes": area.card["code"]},
        "indicator": measured.id,
        "name": measured.name,
        "category": pair[0]["category"],
        "category_name": measured.category_name(pair[0]["category"]),
        "unit": measured.unit,
        "polarity": measured.polarity,
        **{
            when: {
                "period": row["period"],
                "days": days(row),
                "denominator_words": row["denominator"],
                "area": shown[0][at],
                "rest": _level(measured, rest, at),
            }
            for at, (when, row) in enumerate(zip(("before", "after"), pair, strict=True))
        },
        "kind": "ratio" if kind == "rate" else "difference",
        "area_change": changes.own,
        "rest_change": changes.rest,
        "relative_change": changes.relative,
        "verdict": side(*changes.limits, 1 if kind == "rate" else 0, measured.polarity),
        "sentence": _sentence(measured, area, around, pair, changes, kind),
        "method": METHODS_USED[kind],
        "notes": [*_day_notes(*pair), *NOTES],
        "release": found.release.number,
        "published": found.release.sealed_at.isoformat(),
        "sources": [
            source_card(catalogue, name, fictional=area.fictional)
            for name in dict.fromkeys(name for row in (*pair, *whole) for name in row["sources"])
        ],
    }


# ---------------------------------------------------------------- which ground


@dataclass(frozen=True, slots=True)
class _Ground:
    """The area asked for, or the blocks of a neighbourhood of one's own."""

    vintage: str
    ids: Sequence[int]
    level: Level
    described: Mapping[str, Any]

    @classmethod
    def of(cls, connection: Connection, reader: Reader, which: AreaCode) -> _Ground:
        if which.vintage == OWN:
            described, ids = own_blocks(connection, reader.catalogue, which.code)
            return cls(described["vintage"], ids, Level.CUSTOM, described)
        found, described = areas.described(connection, reader.catalogue, which)
        return cls(which.vintage, [found], Level(described["level"]), described)

    @property
    def name(self) -> str:
        """What it is called."""
        return str(self.described["name"])

    @property
    def fictional(self) -> bool:
        """Whether it is nowhere."""
        return bool(self.described["fictional"])

    @property
    def card(self) -> dict[str, Any]:
        """What is said of it."""
        return {name: self.described[name] for name in ("vintage", "code", "name", "level")}


def _around(
    connection: Connection,
    catalogue: Catalogue,
    found: Contents,
    indicator: Indicator,
    area: _Ground,
    pair: tuple[Row, Row],
) -> tuple[dict[str, Any], list[Row]]:
    """The larger area whose rest the area is held against, and its series of both periods.

    Of the vintages it is told in, the one whose figures are divided by the same count, and of
    those one that the area lies in exactly, the nearest in years.
    """
    levels = [one for one in AROUND if one is not area.level]
    parents = [one for one in area.described["parents"] if one["level"] in levels]
    year = int(area.vintage[-4:])
    parents.sort(
        key=lambda one: (
            levels.index(Level(one["level"])),
            not one["exact"],
            abs(int(one["vintage"][-4:]) - year),
            one["vintage"],
        )
    )
    unlike = ""
    for parent in parents:
        whole = _same_series(found, indicator, parent["vintage"], pair)
        if whole is None:
            continue
        if [divided_by(row) for row in whole] == [divided_by(row) for row in pair]:
            row = areas_store.find_area(connection, AreaCode(parent["vintage"], parent["code"]))
            assert row is not None
            card = {name: parent[name] for name in ("vintage", "code", "name", "level", "exact")}
            return {"id": row[0], **card}, whole
        unlike = parent["name"]
    if unlike:
        raise BadRequest(
            f"the figures of {area.name} and of {unlike} are divided by different counts of the"
            " population",
            remedy="choose periods, or an area, whose population is of the same count",
        )
    wanted = LEVELS[levels[0]][0]
    raise BadRequest(
        f"no {wanted} around {area.name} has figures of {indicator.id} for these periods",
        remedy="choose an area that lies in a district, and periods the district has too",
    )


def _same_series(
    found: Contents, indicator: Indicator, vintage: str, pair: tuple[Row, Row]
) -> list[Row] | None:
    there = {
        (row["category"], row["period"]): row
        for row in found.of(indicator.id)
        if row["vintage"] == vintage
    }
    rows = [there.get((row["category"], row["period"])) for row in pair]
    whole = [row for row in rows if row is not None]
    return whole if len(whole) == len(pair) else None


# ---------------------------------------------------------------- what is refused


def _check_periods(before: Row, after: Row) -> None:
    if not are_as_long(before, after):
        raise BadRequest(
            f"{before['period']} has {days(before)} days and {after['period']} {days(after)}",
            remedy="compare periods of one length: a month with a month, a year with a year",
        )
    if before["period_end"] >= after["period_start"]:
        raise BadRequest(
            f"{before['period']} does not end before {after['period']} begins",
            remedy="name the earlier period as before and the later one as after",
        )


def _check_whole(
    area: str, around: str, pair: tuple[Row, Row], shown: Sequence[Sequence[Mapping[str, Any]]]
) -> None:
    for name, figures in zip((area, around), shown, strict=True):
        for row, figure in zip(pair, figures, strict=True):
            why = doubt(figure)
            if why:
                raise BadRequest(
                    f"{row['period']} cannot be used for {name}: {why}",
                    remedy="choose periods that are whole for both; the profile shows which are",
                )


def _side(figures: Sequence[Mapping[str, Any]]) -> _Side:
    before, after = figures
    return _Side(
        (before["numerator"], after["numerator"]), (before["denominator"], after["denominator"])
    )


def _rest(
    indicator: Indicator,
    area: _Ground,
    around: Mapping[str, Any],
    pair: tuple[Row, Row],
    own: _Side,
    whole: _Side,
) -> _Side:
    """The larger area less the area. Raises `BadRequest` where nothing is left, or less."""
    counts = tuple(b - a for a, b in zip(own.counts, whole.counts, strict=True))
    denominators = tuple(b - a for a, b in zip(own.denominators, whole.denominators, strict=True))
    for row, count, denominator in zip(pair, counts, denominators, strict=True):
        if denominator <= 0:
            raise BadRequest(
                f"{row['period']}: {area.name} is all of {around['name']}: without it nothing is"
                " left to divide by",
                remedy="choose a smaller area",
            )
        beyond = indicator.method == "proportion" and count > denominator
        if count < 0 or beyond:
            raise BadRequest(
                f"{row['period']}: more is counted in {area.name} than in all of {around['name']}"
                if count < 0
                else f"{row['period']}: more are counted than there are around {area.name}",
                remedy="the two do not belong together: choose an area that lies in its district",
            )
    return _Side((counts[0], counts[1]), (denominators[0], denominators[1]))


# ---------------------------------------------------------------- what changed


@dataclass(frozen=True, slots=True)
class _Changes:
    """The change of the area, of the rest, and of the one beside the other, with limits."""

    own: dict[str, Any]
    rest: dict[str, Any]
    relative: dict[str, Any]
    limits: tuple[float, float]

    @classmethod
    def of(cls, kind: str, per: float, own: _Side, rest: _Side) -> _Changes:
        if kind == "rate":
            mine, theirs = _ratio(own), _ratio(rest)
            beside = ratio(mine[:3], theirs[:3])
        else:
            mine, theirs = _difference(own, per), _difference(rest, per)
            beside = difference(*mine[:3], *theirs[:3])
        return cls(
            {**estimate(mine[:3]), "p": number(mine[3])},
            {**estimate(theirs[:3]), "p": number(theirs[3])},
            estimate(beside),
            (float(beside[1]), float(beside[2])),
        )


def _ratio(one: _Side) -> tuple[Column, Column, Column, Column]:
    (x1, x2), (n1, n2) = one.counts, one.denominators
    return ratio_test(x2, n2, x1, n1)


def _difference(one: _Side, per: float) -> tuple[Column, Column, Column, Column]:
    (x1, x2), (n1, n2) = one.counts, one.denominators
    gap, lower, upper = difference_of_proportions(x2, n2, x1, n1)
    return per * gap, per * lower, per * upper, np.asarray(np.nan)


def _level(indicator: Indicator, one: _Side, at: int) -> dict[str, Any]:
    count, below = np.array([one.counts[at]]), np.array([one.denominators[at]])
    value, lower, upper = METHODS[indicator.method](count, below, indicator.per)
    return {
        **estimate((value[0], lower[0], upper[0])),
        "numerator": one.counts[at],
        "denominator": one.denominators[at],
    }


# ---------------------------------------------------------------- in words


def _day_notes(before: Row, after: Row) -> list[str]:
    one, other = days(before), days(after)
    if one == other:
        return []
    return [f"{before['period']} has {one} days, {after['period']} {other}: not adjusted for."]


def _sentence(
    indicator: Indicator,
    area: _Ground,
    around: Mapping[str, Any],
    pair: tuple[Row, Row],
    changes: _Changes,
    kind: str,
) -> str:
    category = indicator.category_name(pair[0]["category"])
    title = f"{indicator.name}, {category}" if category else indicator.name
    word = side(*changes.limits, 1 if kind == "rate" else 0, indicator.polarity)
    ends = {
        "better": "it did better than the rest",
        "worse": "it did worse than the rest",
        "higher": "it rose beside the rest",
        "lower": "it fell beside the rest",
        "similar": "no clear difference from the rest",
        "not_compared": "too little was counted to compare them",
    }
    spoken = _times if kind == "rate" else _points
    return (
        f"{title}, from {pair[0]['period']} to {pair[1]['period']}: {area.name}"
        f" {spoken(changes.own)}; the rest of {around['name']} {spoken(changes.rest)};"
        f" one beside the other {spoken(changes.relative)}: {ends[word]}."
    )


def _times(one: Mapping[str, Any]) -> str:
    if one["value"] is None:
        return "cannot be told"
    return f"{number_words(one['value'], 2)} times{_limits(one, 2)}"


def _points(one: Mapping[str, Any]) -> str:
    if one["value"] is None:
        return "cannot be told"
    sign = "+" if one["value"] >= 0 else "-"
    return f"{sign}{number_words(abs(one['value']), 1)}{_limits(one, 1)}"


def _limits(one: Mapping[str, Any], decimals: int) -> str:
    if one["lower"] is None:
        return ""
    upper = "any number" if one["upper"] is None else number_words(one["upper"], decimals)
    return f" (95 % interval {number_words(one['lower'], decimals)} to {upper})"
