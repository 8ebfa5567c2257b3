"""A profile as a workbook: one row a figure, numbers as numbers, gaps as words.

There are no formulas, and what begins like one is written as the words it is.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lris.reports.telling import FICTIONAL
from lris.reports.wording import (
    KINDS,
    KINDS_MEAN,
    VERDICTS,
    day_words,
    figure_name,
    kind_of,
    reason_words,
)

if TYPE_CHECKING:
    from xlsxwriter import Workbook

Profile = Mapping[str, Any]
Row = Sequence[object]

FIGURES = (
    "Section", "Heading", "Indicator", "What is measured", "Category", "Period", "Value", "Status",
    "Reason", "Lower 95 % limit", "Upper 95 % limit", "Numerator", "Denominator", "Unit",
    "Area vintage", "Area code", "Area name", "In words", "Sources",
)  # fmt: skip
COMPARATORS = (
    "Indicator", "What is measured", "Category", "Period", "Compared with", "Kind", "Code",
    "Vintage", "Value", "Lower 95 % limit", "Upper 95 % limit", "Numerator", "Denominator",
    "Verdict", "Confidence, %", "Because",
)  # fmt: skip
TREND = (
    "Indicator", "What is measured", "Category", "Period", "Value", "Status", "Lower 95 % limit",
    "Upper 95 % limit", "Verdict of the trend", "Test", "p",
)  # fmt: skip
SOURCES = ("Source", "Title", "Publisher", "Licence", "Attribution", "Homepage", "Periods")


def profile_workbook(profile: Profile) -> bytes:
    """The workbook; the same profile gives the same bytes, dated by its release."""
    from xlsxwriter import Workbook

    out = io.BytesIO()
    book = Workbook(
        out,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
            "nan_inf_to_errors": False,
        },
    )
    area = profile["area"]
    book.set_properties(
        {
            "title": f"{area['name']}: neighbourhood profile",
            "created": _moment(str(profile.get("published", ""))),
        }
    )
    _sheet(book, "Read me", ("What", "In words"), list(_read_me(profile)), (24, 100))
    _sheet(book, "Figures", FIGURES, list(_figures(profile)), (20, 26, 24, 34, 22))
    _sheet(book, "Comparators", COMPARATORS, list(_comparators(profile)), (24, 34, 22, 12, 26))
    _sheet(book, "Trend", TREND, list(_trend(profile)), (24, 34, 22, 12))
    _sheet(book, "Sources", SOURCES, list(_sources(profile)), (24, 44, 34, 14, 60, 44, 30))
    book.close()
    return out.getvalue()


def _moment(published: str) -> datetime:
    try:
        return datetime.fromisoformat(published[:10])
    except ValueError:
        return datetime(2000, 1, 1)


def _sheet(
    book: Workbook, name: str, header: Row, rows: Sequence[Row], widths: Sequence[int]
) -> None:
    sheet = book.add_worksheet(name)
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    for column, title in enumerate(header):
        sheet.write_string(0, column, str(title), bold)
    for line, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            if isinstance(value, int | float) and not isinstance(value, bool):
                sheet.write_number(line, column, value)
            elif value is not None and value != "":
                sheet.write_string(line, column, str(value), wrapped if name == "Read me" else None)
    for column in range(len(header)):
        sheet.set_column(column, column, widths[column] if column < len(widths) else 14)
    sheet.freeze_panes(1, 0)
    if rows and name != "Read me":
        sheet.autofilter(0, 0, len(rows), len(header) - 1)


def _read_me(profile: Profile) -> Iterator[Row]:
    area = profile["area"]
    if area.get("fictional"):
        yield "Fictional", FICTIONAL
    yield "Area", f"{area['name']} ({area.get('vintage')}/{area.get('code')})"
    yield "Release", f"{profile['release']}, {day_words(str(profile.get('published', '')))}"
    yield "Sheets", "Figures: one row a figure. Comparators, Trend: of the same figures. Sources."
    for kind, words in KINDS_MEAN.items():
        yield f"Status: {KINDS[kind]}", f"{words[:1].upper()}{words[1:]}."
    yield (
        "A gap",
        "A missing or withheld figure has its word in the column Value, and its reason beside it.",
    )
    fit = profile.get("degree_of_fit")
    if fit:
        yield "Made of", fit["words"]
    for block in profile.get("blocks") or ():
        if block["taken"]:
            yield "Block", f"{block['name']} ({block['vintage']}/{block['code']})"
    for sentence in profile.get("quality") or ():
        yield "Quality", sentence
    for gap in profile["gaps"]:
        yield f"Gap: {gap['topic']}", gap["sentence"]


def _each(profile: Profile) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    for section in profile["sections"]:
        for figure in section["figures"]:
            yield section, figure


def _figures(profile: Profile) -> Iterator[Row]:
    own = profile["area"]
    for section, one in _each(profile):
        area = one.get("area") or own
        kind = kind_of(one)
        gap = kind in ("missing", "withheld")
        yield (
            section["title"], one.get("heading") or one["name"], one["indicator"],
            figure_name(one), one["category_name"], one["period"], kind if gap else one["value"],
            KINDS[kind], reason_words(one), one["lower"], one["upper"], one["numerator"],
            one["denominator"], one["unit"], area.get("vintage"), area.get("code"), area["name"],
            one["sentence"], ", ".join(one["sources"]),
        )  # fmt: skip


def _comparators(profile: Profile) -> Iterator[Row]:
    for _, one in _each(profile):
        for other in one.get("comparators") or ():
            value = other.get("value")
            yield (
                one["indicator"], figure_name(one), one["category_name"], one["period"],
                other["name"], other["kind"], other.get("code"), other.get("vintage"),
                "no figure" if value is None else value, other.get("lower"), other.get("upper"),
                other.get("numerator"), other.get("denominator"),
                VERDICTS.get(other.get("verdict") or "", VERDICTS["not_compared"])[0],
                other.get("level"), other.get("because"),
            )  # fmt: skip


def _trend(profile: Profile) -> Iterator[Row]:
    for _, one in _each(profile):
        trend = one.get("trend") or {}
        for step in trend.get("periods", ()):
            value = step["value"]
            yield (
                one["indicator"], figure_name(one), one["category_name"], step["period"],
                "no figure" if value is None else value, step["status"], step.get("lower"),
                step.get("upper"), trend.get("verdict"), trend.get("test"), trend.get("p"),
            )  # fmt: skip


def _sources(profile: Profile) -> Iterator[Row]:
    for one in profile["sources"]:
        yield (
            one["id"], one["title"], one["publisher"], one["licence"], one["attribution"],
            one.get("homepage"), ", ".join(one.get("periods", ())),
        )  # fmt: skip
