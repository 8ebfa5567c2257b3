"""Figures in the words of a document: a gap is a word, a verdict is a word and a shape."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from unicodedata import category

from lris.rules.words import GAPS, number_words
from lris.terms import Reason, Status

Figure = Mapping[str, Any]

KINDS: Mapping[str, str] = {
    "observed": "Observed",
    "zero": "Zero",
    "estimated": "Estimated",
    "incomplete": "Incomplete",
    "missing": "Missing",
    "withheld": "Withheld",
}
"""What a figure is worth, in the order of a legend."""

KINDS_MEAN: Mapping[str, str] = {
    "zero": "it was counted, and there were none",
    "estimated": "worked out from figures of other areas, not counted here",
    "incomplete": "part of what it is made from is missing: the true figure may be larger",
    "missing": "nothing was delivered: not a zero",
    "withheld": "it is known, but not shown, for the reason given: not a zero",
}

VERDICTS: Mapping[str, tuple[str, str]] = {
    "better": ("better", "▲"),
    "worse": ("worse", "▼"),
    "similar": ("similar", "●"),
    "higher": ("higher", "■"),
    "lower": ("lower", "◆"),
    "not_compared": ("not compared", "○"),
}
"""Each verdict's word and shape; charts draw the same shapes."""


def printable(value: Any) -> Any:  # noqa: ANN401
    """A value with every string in it fit for paper: without control characters and half letters.

    Names are given by people; what no document can hold must not keep it from being written.
    """
    if isinstance(value, str):
        if value.isprintable():
            return value
        return "".join(" " if category(one) in UNPRINTED else one for one in value)
    if isinstance(value, Mapping):
        return {key: printable(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [printable(one) for one in value]
    return value


UNPRINTED = frozenset({"Cc", "Cs", "Cn", "Co", "Zl", "Zp"})


def kind_of(figure: Figure) -> str:
    """What a figure is worth: one of `KINDS`. A zero that was counted is not a gap."""
    if figure["value"] is None or figure["status"] == Status.WITHHELD:
        return "missing" if figure["reason"] == Reason.NO_DATA else "withheld"
    if figure["status"] == Status.OBSERVED and figure["value"] == 0:
        return "zero"
    return str(figure["status"])


def reason_words(figure: Figure) -> str:
    """Why a figure is a gap, or is in doubt; "" for a whole one."""
    return GAPS.get(figure["reason"] or "", "")


def value_words(figure: Figure) -> str:
    """The value, with the word for its doubt; of a gap the word alone."""
    kind = kind_of(figure)
    if kind in ("missing", "withheld"):
        return kind
    number = number_words(figure["value"], figure.get("decimals", 1))
    return f"{number} ({kind})" if kind in ("estimated", "incomplete") else number


def interval_words(figure: Figure) -> str:
    """The interval, from and to; "" where there is none."""
    lower, upper = figure.get("lower"), figure.get("upper")
    if lower is None or upper is None or figure["value"] is None:
        return ""
    decimals = figure.get("decimals", 1)
    return f"{number_words(lower, decimals)} to {number_words(upper, decimals)}"


def verdict_words(comparator: Mapping[str, Any]) -> str:
    """The verdict with its shape and how sure it is: ▼ worse (99.8 %)."""
    word, shape = VERDICTS.get(comparator.get("verdict") or "", VERDICTS["not_compared"])
    level = comparator.get("level")
    sure = f" ({level:g}\u00a0%)" if level and word not in ("similar", "not compared") else ""
    return f"{shape} {word}{sure}"


def compared_words(comparator: Mapping[str, Any], decimals: int) -> str:
    """The verdict on an area beside another: "▼ worse than Bristol: 6.1 (99.8 %)"."""
    amount = number_words(comparator["value"], decimals)
    name = comparator["name"]
    name = f"{name[:1].lower()}{name[1:]}" if comparator.get("kind") == "neighbours" else name
    beside = f"{name}: {amount}"
    word, shape = VERDICTS.get(comparator.get("verdict") or "", VERDICTS["not_compared"])
    if word == "not compared":
        because = comparator.get("because")
        return f"{shape} {word} with {beside}" + (f" ({because})" if because else "")
    if word == "similar":
        return f"{shape} {word} to {beside}"
    level = comparator.get("level")
    return f"{shape} {word} than {beside}" + (f" ({level:g}\u00a0%)" if level else "")


def figure_name(figure: Figure) -> str:
    """What is measured, and of what kind: "Recorded crime: burglary"."""
    return _with_category(str(figure["name"]), figure)


def label_of(figure: Figure, heading: str) -> str:
    """What a figure is called under a heading, which need not be said again."""
    category = figure.get("category_name")
    if category and heading in (figure.get("label"), figure["name"]):
        return str(category)
    return _with_category(str(figure.get("label") or figure["name"]), figure)


def _with_category(name: str, figure: Figure) -> str:
    category = figure.get("category_name")
    return f"{name}: {category}" if category and not name.startswith(category) else name


def day_words(moment: str) -> str:
    """A day as people write it: 22 November 2026. What is no moment stays as it is."""
    try:
        day = datetime.fromisoformat(moment)
    except ValueError:
        return moment
    return f"{day.day} {day:%B %Y}"
