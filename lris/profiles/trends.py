"""How a figure has moved over its periods: all of one length, oldest first, by a stated test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from lris.catalogue.indicators import Indicator
from lris.profiles.sheets import (
    NO_DATA,
    NOTHING,
    REASON_WORDS,
    STATUS_WORDS,
    WITHHELD,
    Matrix,
    Sheet,
    nested,
    plain,
)
from lris.rules import trend as rules

TESTS: Mapping[str, str] = {
    "rate": "chi-squared test for a straight slope of the rate, one degree of freedom",
    "proportion": "chi-squared test for a straight slope of the proportion, one degree of freedom",
}
BY_ORDER = "Mann-Kendall test of the order of the values"


@dataclass(frozen=True, slots=True)
class Trend:
    """The trends of one series in all areas of a sheet, oldest period first; lists by area."""

    periods: Sequence[str]
    numbers: Sequence[Sequence[Sequence[float | None]]]
    """Value, lower and upper: of each area, of each period."""
    status: Sequence[Sequence[int]]
    reason: Sequence[Sequence[int]]
    test: str
    p: Sequence[float | None]
    verdict: Sequence[str]
    tested: Sequence[int]

    def told(self, column: int) -> dict[str, Any]:
        """The trend of one area; a period without a row is missing, as in a figure."""
        status, reasons = self.status[column], self.reason[column]
        values, lowers, uppers = (one[column] for one in self.numbers)
        return {
            "periods": [
                {
                    "period": period,
                    "value": value,
                    "lower": lower,
                    "upper": upper,
                    "status": STATUS_WORDS[WITHHELD if number == NOTHING else number],
                    "reason": REASON_WORDS[NO_DATA if number == NOTHING else reason],
                }
                for period, value, lower, upper, number, reason in zip(
                    self.periods, values, lowers, uppers, status, reasons, strict=True
                )
            ],
            "verdict": self.verdict[column],
            "test": self.test,
            "p": self.p[column],
            "tested_periods": self.tested[column],
        }


def trend_of(sheet: Sheet, indicator: Indicator, newest: int) -> Trend:
    """The trend of an indicator up to and with the line `newest`, in every area of a whole sheet.

    A period that is incomplete or withheld is shown and not tested.
    """
    lines = range(newest, sheet.lines.run_of(newest).stop)[::-1]
    at = np.asarray(lines)
    whole = sheet.whole[at].T
    if indicator.method in TESTS:
        kind = cast("rules.Kind", indicator.method)
        x = _part(sheet.numerator, at, whole)
        n = _part(np.where(sheet.denominator > 0, sheet.denominator, np.nan), at, whole)
        x = np.where(x <= n, x, np.nan) if kind == "proportion" else x
        tested = (~np.isnan(x + n)).sum(axis=1)
        _, p, direction = rules.chi_squared_trend(x, n, kind)
    else:
        values = _part(sheet.value, at, whole)
        tested = (~np.isnan(values)).sum(axis=1)
        _, direction, _, p = rules.mann_kendall(values)
    verdict = rules.verdict(direction, p, tested, indicator.polarity)
    return Trend(
        [sheet.lines.series[line]["period"] for line in lines],
        [nested(getattr(sheet, name)[at].T) for name in ("value", "lower", "upper")],
        sheet.status[at].T.tolist(),
        sheet.reason[at].T.tolist(),
        TESTS.get(indicator.method, BY_ORDER),
        plain(np.where(verdict == "too short", np.nan, p)),
        verdict.tolist(),
        tested.tolist(),
    )


def _part(numbers: Matrix, at: NDArray[np.int64], whole: NDArray[np.bool_]) -> Matrix:
    """The whole numbers of some lines by area, each area's beside one another.

    So they add up in the same order, and to the same last digit, however many areas there are.
    """
    return np.ascontiguousarray(np.where(whole, numbers[at].T, np.nan))
