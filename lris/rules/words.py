"""Figures in plain English: numbers people can read, and gaps in words."""

from __future__ import annotations

from collections.abc import Mapping

from lris.terms import Reason, Status

GAPS: Mapping[str, str] = {
    Reason.NO_DATA: "no data was delivered for this area and period",
    Reason.INCOMPLETE_SOURCE: "part of the source is missing for this area or period",
    Reason.SMALL_NUMBER: "withheld because the number is small enough to point at people",
    Reason.PROTECTS_ANOTHER_CELL: "withheld because it would reveal another withheld number",
    Reason.NOT_SHARED: "not shared with you",
    Reason.BOUNDARY_CHANGED: "the area's boundary changed, and nothing published says how to"
    " share the number out",
    Reason.PUBLISHER_WITHHELD: "withheld by its publisher",
    Reason.NO_DENOMINATOR: "there is no population of this area and boundary year to divide by",
    Reason.BEST_FIT: "summed from the smaller areas that fit this one best",
    Reason.COVERAGE_UNKNOWN: "it is not known whether the source covers this area",
}


def number_words(value: float, decimals: int) -> str:
    """A number with thousands separators and so many decimals: 1,234.5."""
    return f"{value:,.{decimals}f}"


def figure_sentence(figure: Mapping[str, object], *, unit: str, decimals: int, period: str) -> str:
    """One sentence for a figure, its interval and its doubt; a gap is its reason in words."""
    reason = str(figure["reason"] or "")
    value = figure["value"]
    if figure["status"] == Status.WITHHELD or not isinstance(value, int | float):
        return f"{period}: {GAPS.get(reason, 'withheld')}."
    said = f"{period}: {number_words(value, decimals)} {unit}"
    lower, upper = figure["lower"], figure["upper"]
    if isinstance(lower, int | float) and isinstance(upper, int | float):
        low, high = number_words(lower, decimals), number_words(upper, decimals)
        said += f" (95 % interval {low} to {high})"
    if reason:
        said += f"; {figure['status']}: {GAPS.get(reason, reason)}"
    return said + "."
