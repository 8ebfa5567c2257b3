"""What a figure is held against: the area's own district, force, region, country, and its like.

Nothing is averaged or summed for it: the comparators of larger areas are their own published
figures for the same period and the same denominator, and that of similar areas is the sum of their
numerators over the sum of their denominators. What cannot be compared is shown, and why.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lris.catalogue import Catalogue
from lris.catalogue.indicators import Indicator
from lris.profiles.likeness import Pools
from lris.profiles.sheets import INCOMPLETE, Lines, Matrix, Sheet, nested, plain, read_sheet
from lris.rules.comparing import verdict
from lris.rules.measures import METHODS
from lris.session import Connection
from lris.terms import Level

KINDS: Mapping[Level, str] = {
    Level.LAD: "lad",
    Level.FORCE: "force",
    Level.REGION: "region",
    Level.COUNTRY: "country",
}
"""The levels that areas are held against, in the order they are told."""

NEIGHBOURS = "neighbours"
SURELY = 0.998

COMPARED, CONTAINS, RANKED, COUNTED, ITSELF, MISSING, PARTIAL = range(7)
UNPUBLISHED, RIVAL_PARTIAL, NO_INTERVAL, OTHER_DENOMINATOR, FEW, SUMMED, MOSTLY = range(7, 14)
BECAUSE: tuple[str | None, ...] = (
    None,
    "contains this area",
    "places in an order are told, and compared with nothing",
    "a count is not compared with that of a larger area; a rate is",
    "the area is this comparator",
    "there is no figure of this area to compare",
    "the figure of this area is incomplete",
    "no figure is published for it and this period",
    "its own figure is withheld or incomplete",
    "the figure has no interval to compare by",
    "the two are divided by different denominators",
    "too few of them have a whole figure",
    "contains this area; summed here from its areas of this kind, because its own published figure"
    " is divided by a different denominator",
    "contains most of this area",
)

VALID = (CONTAINS, SUMMED, MOSTLY)
"""Reasons that go with a comparison, and say what it is one with."""

Row = Mapping[str, Any]
Codes = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Rival:
    """One larger area: its published figures on the lines of the areas compared with it."""

    kind: str
    code: str
    name: str
    vintages: Sequence[str | None]
    numbers: Mapping[str, Matrix]
    published: NDArray[np.bool_]
    whole: NDArray[np.bool_]
    like: NDArray[np.bool_]
    """Whether it is divided by the same denominator."""
    summed: NDArray[np.bool_]
    """Whether it is the sum of its areas of the kind that is compared with it."""
    denominators: Sequence[str] = ()
    """What its own published figures are divided by, in words."""


@dataclass(frozen=True, slots=True)
class Held:
    """Areas held against one kind of comparator: arrays of (lines, areas)."""

    kind: str
    rivals: Sequence[Rival | None]
    which: NDArray[np.int64]
    verdict: NDArray[np.str_]
    level: Matrix
    because: Codes
    pooled: Mapping[str, Matrix] = field(default_factory=dict)


def limits(indicator: Indicator, numerator: Matrix, denominator: Matrix) -> tuple[Matrix, Matrix]:
    """The 99.8 % limits of figures; NaN where an indicator's own method gives none."""
    from lris.rules.intervals import rate, wilson

    if indicator.method == "rate":
        _, lower, upper = rate(numerator, denominator, indicator.per, SURELY)
        return np.asarray(lower), np.asarray(upper)
    if indicator.method == "proportion":
        part = np.where(numerator <= denominator, numerator, np.nan)
        low, high = wilson(part, denominator, SURELY)
        return indicator.per * np.asarray(low), indicator.per * np.asarray(high)
    nothing = np.full(numerator.shape, np.nan)
    return nothing, nothing


def is_counted(indicator: Indicator) -> bool:
    """Whether larger areas always have more of it: counts, and counts for a day."""
    return indicator.method == "count" or indicator.beside == "days"


def denominator_of(series: Row) -> str:
    """Which denominators a series has, however they came to its vintage."""
    return _CARRIED.sub("", str(series["denominator"] or ""))


_CARRIED = re.compile(r", carried from \w+ by its published look-up")


class Comparing:
    """Holds the figures of one sheet, on some of its lines, against what there is."""

    def __init__(self, catalogue: Catalogue, sheet: Sheet) -> None:
        """`sheet` has the figures to compare, of the lines `sheet.which`."""
        self.sheet = sheet
        self.series = [sheet.lines.series[int(at)] for at in sheet.which]
        self.indicators = [catalogue.indicator(one["indicator"]) for one in self.series]
        self.polarity = np.array([[one.polarity] for one in self.indicators])
        ranked = np.array([one.ranking is not None for one in self.indicators], dtype=bool)
        counted = np.array([is_counted(one) for one in self.indicators], dtype=bool)
        self.fixed = np.where(ranked, RANKED, np.where(counted, COUNTED, COMPARED)).astype(np.int8)
        self.surely = self._surely()

    def _surely(self) -> tuple[Matrix, Matrix]:
        lower, upper = (np.full(self.sheet.value.shape, np.nan) for _ in range(2))
        by_indicator: dict[str, list[int]] = {}
        for at, one in enumerate(self.indicators):
            by_indicator.setdefault(one.id, []).append(at)
        for rows in by_indicator.values():
            some = self.sheet.numerator[rows], self.sheet.denominator[rows]
            lower[rows], upper[rows] = limits(self.indicators[rows[0]], *some)
        return lower, upper

    def against(
        self,
        kind: str,
        rivals: Sequence[Rival],
        which: NDArray[np.int64],
        *,
        itself: Sequence[bool],
        mostly: Sequence[bool],
    ) -> Held:
        """Each area against its own larger area: `which` of `rivals`, or -1 for none.

        `itself` says that the area is that one, `mostly` that not all of the area lies in it.
        """
        known = which >= 0
        at = np.where(known, which, 0)
        mark = np.stack([one.numbers["value"] for one in rivals], axis=1)[:, at]
        published = np.stack([one.published for one in rivals], axis=1)[:, at]
        whole = np.stack([one.whole for one in rivals], axis=1)[:, at]
        like = np.stack([one.like for one in rivals], axis=1)[:, at]
        summed = np.stack([one.summed for one in rivals], axis=1)[:, at]
        because = np.select(
            [
                self.fixed[:, None] != COMPARED,
                np.broadcast_to(np.asarray(itself), mark.shape),
                np.isnan(self.sheet.value),
                self.sheet.status == INCOMPLETE,
                ~published,
                ~whole,
                np.isnan(self.sheet.lower),
                ~like,
                summed,
                np.broadcast_to(np.asarray(mostly), mark.shape),
            ],
            [
                np.broadcast_to(self.fixed[:, None], mark.shape),
                *(ITSELF, MISSING, PARTIAL, UNPUBLISHED, RIVAL_PARTIAL),
                *(NO_INTERVAL, OTHER_DENOMINATOR, SUMMED, MOSTLY),
            ],
            CONTAINS,
        ).astype(np.int8)
        words, level = self._verdict(np.where(np.isin(because, VALID), mark, np.nan))
        return Held(kind, rivals, np.where(known, which, -1), words, level, because)

    def against_like(self, pools: Pools) -> Held:
        """Each area against the areas most like it, taken together."""
        shape = self.sheet.value.shape
        numbers = {
            name: np.full(shape, np.nan)
            for name in ("value", "lower", "upper", "numerator", "denominator")
        }
        pooling = [
            at
            for at, one in enumerate(self.indicators)
            if one.divides and one.additive and one.method in METHODS
        ]
        lines = [int(self.sheet.which[at]) for at in pooling]
        pools.fetch(lines)
        for at, line in zip(pooling, lines, strict=True):
            made = pools.pooled(self.indicators[at], line, self.sheet.ids)
            for name, column in zip(numbers, made, strict=True):
                numbers[name][at] = column
        because = np.select(
            [
                np.isnan(self.sheet.value),
                self.sheet.status == INCOMPLETE,
                np.isnan(numbers["value"]),
                np.isnan(self.sheet.lower),
            ],
            [MISSING, PARTIAL, FEW, NO_INTERVAL],
            COMPARED,
        ).astype(np.int8)
        words, level = self._verdict(np.where(because == COMPARED, numbers["value"], np.nan))
        near = np.array([pools.alike.of(int(number)).size > 0 for number in self.sheet.ids])
        pooled = np.array([at in set(pooling) for at in range(shape[0])], dtype=bool)
        which = np.where(near, 0, -1)
        because[~pooled] = RANKED
        return Held(NEIGHBOURS, [None], which, words, level, because, numbers)

    def _verdict(self, mark: Matrix) -> tuple[NDArray[np.str_], Matrix]:
        lower, upper = self.surely
        numbers = self.sheet.value, self.sheet.lower, self.sheet.upper
        return verdict(*numbers, lower, upper, mark, self.polarity)


# ---------------------------------------------------------------- larger areas


def rivals_of(
    connection: Connection,
    catalogue: Catalogue,
    lines: Mapping[str, Lines],
    sheet: Sheet,
    wanted: Iterable[tuple[Level, str, str]],
    called: Mapping[str, Sequence[Row]],
) -> dict[tuple[Level, str], Rival]:
    """The published figures of larger areas (level, code, name) on the lines of a sheet.

    One code is one ground in every vintage that has it: of those that the figure is published for
    the one with the same denominator is taken, then the one with a figure, then the newest.
    """
    series = [sheet.lines.series[int(at)] for at in sheet.which]
    ids: dict[str, dict[tuple[Level, str], int]] = {}
    asked = list(dict.fromkeys(wanted))
    for level, code, _ in asked:
        for row in called.get(code, ()):
            if row["vintage"] in lines and catalogue.vintage(row["vintage"]).level is level:
                ids.setdefault(row["vintage"], {})[level, code] = row["id"]
    sheets = {
        vintage: _same_series(connection, lines[vintage], series, some.values())
        for vintage, some in ids.items()
    }
    return {
        (level, code): _rival(
            (level, code, name),
            series,
            [
                (vintage, found, places, found.columns[ids[vintage][level, code]])
                for vintage, (found, places) in sheets.items()
                if (level, code) in ids[vintage]
            ],
        )
        for level, code, name in asked
    }


def _same_series(
    connection: Connection, lines: Lines, series: Sequence[Row], ids: Iterable[int]
) -> tuple[Sheet, list[int | None]]:
    """The same indicators, categories and periods in another vintage, and where they stand."""
    at = [lines.at.get((one["indicator"], one["category"], one["period"])) for one in series]
    which = sorted({one for one in at if one is not None})
    place = {line: row for row, line in enumerate(which)}
    return read_sheet(connection, lines, which, ids), [
        None if one is None else place[one] for one in at
    ]


def _rival(
    who: tuple[Level, str, str],
    series: Sequence[Row],
    candidates: Sequence[tuple[str, Sheet, list[int | None], int]],
) -> Rival:
    level, code, name = who
    size = len(series)
    numbers = {one: np.full(size, np.nan) for one in NUMBERS}
    published, whole, like = (np.zeros(size, dtype=bool) for _ in range(3))
    vintages: list[str | None] = [None] * size
    denominators = [""] * size
    for at, one in enumerate(series):
        there = []
        for vintage, sheet, places, column in candidates:
            row = places[at]
            if row is not None and sheet.status[row, column] >= 0:
                other = sheet.lines.series[int(sheet.which[row])]
                alike = denominator_of(other) == denominator_of(one)
                given = not np.isnan(sheet.value[row, column])
                there.append(((alike, given, vintage[-4:], vintage), sheet, row, column))
        if there:
            (same, _, _, vintage), sheet, row, column = max(there, key=lambda found: found[0])
            published[at], like[at], vintages[at] = True, same, vintage
            denominators[at] = denominator_of(sheet.lines.series[int(sheet.which[row])])
            whole[at] = sheet.whole[row, column]
            for number in NUMBERS:
                numbers[number][at] = getattr(sheet, number)[row, column]
    nowhere = np.zeros(size, dtype=bool)
    return Rival(
        *(KINDS[level], code, name, vintages, numbers, published, whole, like),
        *(nowhere, denominators),
    )


def summed_where_unlike(
    catalogue: Catalogue, rival: Rival, peers: Sheet, columns: NDArray[np.int64]
) -> Rival:
    """A district whose own figure has another denominator, as the sum of its areas instead.

    `columns` are its areas in `peers`, which has the lines that the district has figures on; all of
    them must be whole. Only what may be summed is: numerators and denominators of rates and
    proportions.
    """
    series = [peers.lines.series[int(at)] for at in peers.which]
    indicators = [catalogue.indicator(one["indicator"]) for one in series]
    rows = [
        at
        for at, one in enumerate(indicators)
        if rival.published[at]
        and not rival.like[at]
        and one.divides
        and one.additive
        and columns.size
        and peers.whole[at, columns].all()
    ]
    if not rows:
        return rival
    numbers = {name: part.copy() for name, part in rival.numbers.items()}
    vintages = list(rival.vintages)
    like, whole, summed = rival.like.copy(), rival.whole.copy(), rival.summed.copy()
    for at in rows:
        x, n = (
            np.array([np.ascontiguousarray(part[at, columns]).sum()])
            for part in (peers.numerator, peers.denominator)
        )
        made = METHODS[indicators[at].method](x, n, indicators[at].per)
        for name, number in zip(NUMBERS, (*made, x, n), strict=True):
            numbers[name][at] = number[0]
        like[at] = whole[at] = summed[at] = True
        vintages[at] = peers.lines.vintage
    return replace(rival, numbers=numbers, vintages=vintages, like=like, whole=whole, summed=summed)


NUMBERS = ("value", "lower", "upper", "numerator", "denominator")


# ---------------------------------------------------------------- told


class Telling:
    """Comparators as a profile gives them; what is the same for many areas is made once."""

    def __init__(self, comparing: Comparing, held: Sequence[Held]) -> None:
        self.comparing = comparing
        self.held = held
        self._made: dict[tuple[int, int, int, str, float, int], dict[str, Any]] = {}
        self._words = [one.verdict.tolist() for one in held]
        self._levels = [one.level.tolist() for one in held]
        self._because = [one.because.tolist() for one in held]
        self._which = [one.which.tolist() for one in held]
        self._pooled = [
            {name: nested(numbers) for name, numbers in one.pooled.items()} for one in held
        ]

    def told(self, row: int, column: int) -> list[dict[str, Any]]:
        """The comparators of one figure."""
        found = []
        for at, one in enumerate(self.held):
            which = self._which[at][column]
            if which < 0:
                continue
            because = self._because[at][row][column]
            rival = one.rivals[which]
            if rival is None:
                if because != RANKED:
                    found.append(self._of_like(at, row, column))
                continue
            if one.kind != "lad" and (because in TOLD_ONCE or not rival.published[row]):
                continue
            key = (
                *(at, which, row, self._words[at][row][column]),
                *(self._levels[at][row][column], because),
            )
            made = self._made.get(key)
            if made is None:
                made = self._made[key] = self._of_rival(rival, *key[2:])
            found.append(made)
        return found

    def _of_rival(
        self, rival: Rival, row: int, words: str, level: float, because: int
    ) -> dict[str, Any]:
        return {
            "kind": rival.kind,
            "vintage": rival.vintages[row],
            "code": rival.code,
            "name": rival.name,
            **{name: plain(rival.numbers[name][row : row + 1])[0] for name in NUMBERS},
            "period": self.comparing.series[row]["period"],
            "verdict": words,
            "level": level or None,
            "because": self._other_denominator(rival, row)
            if because == OTHER_DENOMINATOR
            else BECAUSE[because],
        }

    def _other_denominator(self, rival: Rival, row: int) -> str:
        mine = denominator_of(self.comparing.series[row])
        return f"divided by {rival.denominators[row]}, and the figure of this area by {mine}"

    def _of_like(self, at: int, row: int, column: int) -> dict[str, Any]:
        return {
            "kind": NEIGHBOURS,
            "vintage": self.comparing.sheet.lines.vintage,
            "code": None,
            "name": "The areas most like it",
            **{name: numbers[row][column] for name, numbers in self._pooled[at].items()},
            "period": self.comparing.series[row]["period"],
            "verdict": self._words[at][row][column],
            "level": self._levels[at][row][column] or None,
            "because": BECAUSE[self._because[at][row][column]],
        }


TOLD_ONCE = (RANKED, COUNTED)
"""Reasons of an indicator, and not of a comparator: the first of them says it for all."""
