"""Figures in plain English: numbers people can read, and gaps in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
    Reason.NO_DENOMINATOR: "there is nothing to divide by: no population of this area and boundary"
    " year, or none counted a year before",
    Reason.DENOMINATOR_MISMATCH: "what there is to divide by is of too distant a year, or smaller"
    " than what is counted",
    Reason.BEST_FIT: "summed from the smaller areas that fit this one best",
    Reason.COVERAGE_UNKNOWN: "it is not known whether the source covers this area",
    Reason.SHARED_OUT: "the area's boundary changed, and it has its share of what was told of the"
    " ground before",
    Reason.NO_WEIGHT: "one of the kinds it adds up has no published weight",
}

LEVELS: Mapping[str, tuple[str, str]] = {
    "oa": ("output area", "output areas"),
    "lsoa": ("LSOA", "LSOAs"),
    "msoa": ("MSOA", "MSOAs"),
    "ward": ("ward", "wards"),
    "lad": ("local authority district", "local authority districts"),
    "county": ("county", "counties"),
    "force": ("police force area", "police force areas"),
    "health": ("health area", "health areas"),
    "region": ("region", "regions"),
    "country": ("country", "countries"),
    "custom": ("neighbourhood of one's own", "neighbourhoods of one's own"),
}
"""What a level is called: one of it, and many."""

TENTHS = 10


@dataclass(frozen=True, slots=True)
class Order:
    """What makes values places in an order: 1 is the most of what is measured, `of` the least.

    `kind` is rank or decile, `among` says of what ("LSOAs in England"), `most` and `least` name the
    two ends ("most deprived").
    """

    kind: str
    among: str
    of: int
    most: str
    least: str


def place_name(name: str) -> str:
    """A name as people write it, where its publisher shouts: SOUTH WEST is South West."""
    if not name.isupper() or not name.replace(" ", "").replace("-", "").isalpha():
        return name
    small = {"Of", "And", "The", "In", "On", "Upon"}
    first, *others = name.title().split(" ")
    return " ".join([first, *(one.lower() if one in small else one for one in others)])


def number_words(value: float, decimals: int) -> str:
    """A number with thousands separators and so many decimals: 1,234.5."""
    return f"{value:,.{decimals}f}"


def listed(names: Sequence[str]) -> str:
    """Names one after the other: a, b and c."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def order_words(value: float, order: Order) -> str:
    """A place in an order: "among the 10 % most deprived LSOAs in England", or rank so of so many.

    Tenths are told from the end they are nearer to: 2 is among the 20 % at one end, 9 at the other.
    """
    if order.kind == "rank":
        return f"rank {value:,.0f} of {order.of:,} {order.among}, where 1 is the {order.most}"
    tenth = round(value)
    share, end = (
        (TENTHS * tenth, order.most)
        if 2 * tenth <= order.of
        else (TENTHS * (order.of + 1 - tenth), order.least)
    )
    return f"among the {share} % {end} {order.among}"


def figure_sentence(
    figure: Mapping[str, object],
    *,
    unit: str,
    decimals: int,
    period: str,
    order: Order | None = None,
    area: str = "",
) -> str:
    """One sentence for a figure, its interval and its doubt; a gap is its reason in words.

    `order` tells the value as a place in an order; `area` says whose figure it is, where it is not
    that of the area looked at.
    """
    reason = str(figure["reason"] or "")
    value = figure["value"]
    opening = f"{period}, {area}" if area else period
    if figure["status"] == Status.WITHHELD or not isinstance(value, int | float):
        return f"{opening}: {GAPS.get(reason, 'withheld')}."
    words = order_words(value, order) if order else f"{number_words(value, decimals)} {unit}"
    said = f"{opening}: {words}"
    lower, upper = figure["lower"], figure["upper"]
    if isinstance(lower, int | float) and isinstance(upper, int | float):
        low, high = number_words(lower, decimals), number_words(upper, decimals)
        said += f" (95 % interval {low} to {high})"
    if reason:
        said += f"; {figure['status']}: {GAPS.get(reason, reason)}"
    return said + "."
