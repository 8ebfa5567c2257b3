"""What may be compared: indicators that can be tested, and series of the same length."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from lris.catalogue.indicators import Indicator
from lris.errors import BadRequest, UnknownPeriod
from lris.figures import Contents
from lris.rules.comparing import ABOVE_AND_BELOW
from lris.rules.estimates import REASONS, STATUSES, Figures
from lris.rules.words import GAPS
from lris.terms import Status

Row = Mapping[str, Any]
Numbers = dict[str, Any]

MONTHS_DIFFER_BY = 3
"""Months, and quarters, differ by up to three days in length."""

COLUMNS = ("value", "lower", "upper", "numerator", "denominator")


def check_tested(indicator: Indicator) -> Literal["rate", "proportion"]:
    """What kind of test fits. Raises `BadRequest` for what must not be subtracted or averaged."""
    if not indicator.additive:
        raise BadRequest(
            f"{indicator.name} is not made of counts: ranks, scores, deciles and medians of areas"
            " can be neither averaged nor subtracted",
            remedy="choose a rate or a proportion; GET /indicators says of each what it is",
        )
    if indicator.method == "rate":
        return "rate"
    if indicator.method == "proportion":
        return "proportion"
    raise BadRequest(
        f"{indicator.name} is a {indicator.method}, and has no level to compare",
        remedy="choose a rate or a proportion of it; GET /indicators lists them",
    )


def series_of(
    indicator: Indicator, found: Contents, vintage: str, category: str | None
) -> list[Row]:
    """The series of an indicator in a vintage, newest period first. Raises `BadRequest`."""
    mine = [row for row in found.of(indicator.id) if row["vintage"] == vintage]
    if not mine:
        there = sorted({row["vintage"] for row in found.of(indicator.id)})
        raise BadRequest(
            f"{indicator.id} has no figures for vintage {vintage!r}",
            remedy=f"vintage is one of: {', '.join(there) or 'none: nothing of it is published'}",
        )
    categories = sorted({row["category"] for row in mine})
    wanted = category or ""
    if wanted not in categories:
        known = [one for one in categories if one]
        raise BadRequest(
            f"{indicator.id} has no category {wanted!r}" if wanted else "category is missing",
            remedy=f"category is one of: {', '.join(known)}" if known else "leave category out",
        )
    return sorted(
        (row for row in mine if row["category"] == wanted),
        key=lambda row: (row["period_end"], row["period_start"]),
        reverse=True,
    )


def of_period(series: Sequence[Row], period: str, what: str) -> Row:
    """The series of a period. Raises `UnknownPeriod` naming those there are."""
    for row in series:
        if row["period"] == period:
            return row
    there = ", ".join(row["period"] for row in reversed(series))
    raise UnknownPeriod(
        f"{what}: nothing is published of {period!r}", remedy=f"period is one of: {there}"
    )


def days(row: Row) -> int:
    """How many days a series' period lasts."""
    length: int = (row["period_end"] - row["period_start"]).days + 1
    return length


def are_as_long(one: Row, other: Row) -> bool:
    """Whether two periods are of the same kind: a month and a month, a year and a year."""
    return abs(days(one) - days(other)) <= MONTHS_DIFFER_BY


def divided_by(row: Row) -> str:
    """What a series is divided by, whatever road its numbers took to the vintage."""
    return str(row["denominator"] or "").partition(", carried from ")[0]


def told(figures: Figures, at: int) -> Numbers:
    """One figure as JSON has it."""
    reason = REASONS[figures.reason[at]]
    numbers = {name: number(getattr(figures, name)[at]) for name in COLUMNS}
    return {
        **numbers,
        "status": STATUSES[figures.status[at]].value,
        "reason": reason.value if reason else None,
    }


def number(given: object) -> float | None:
    """A number as JSON has it: None for what is none, or without end."""
    value = float(given)  # type: ignore[arg-type]
    return value if np.isfinite(value) else None


def estimate(
    given: Sequence[object], names: Sequence[str] = ("value", "lower", "upper")
) -> Numbers:
    """A value with its limits, as JSON has them."""
    return {name: number(part) for name, part in zip(names, given, strict=True)}


def doubt(figure: Mapping[str, Any]) -> str | None:
    """Why a figure may not be tested: withheld or incomplete; None where it may."""
    if figure["status"] == Status.WITHHELD:
        return GAPS.get(str(figure["reason"]), "withheld")
    if figure["status"] == Status.INCOMPLETE:
        return GAPS.get(str(figure["reason"]), "incomplete")
    return None


def side(lower: float, upper: float, nothing: float, polarity: str) -> str:
    """What an estimate is called by where its limits lie: on one side of no difference, or not."""
    above, below = ABOVE_AND_BELOW[polarity]
    if np.isnan(lower) or np.isnan(upper):
        return "not_compared"
    if lower > nothing:
        return above
    return below if upper < nothing else "similar"
