"""Areas side by side as a report: one column an area, and what the tests say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lris.reports.blocks import Block, Cell, Chart, Link, Listing, Paragraph, Part, Report, Table
from lris.reports.charts.beside import Line, Mark, beside_chart
from lris.reports.telling import FICTIONAL, together
from lris.reports.wording import (
    KINDS,
    KINDS_MEAN,
    VERDICTS,
    day_words,
    interval_words,
    kind_of,
    label_of,
    reason_words,
    value_words,
)
from lris.rules.words import number_words

Found = Mapping[str, Any]
Figure = Mapping[str, Any]


def comparison_report(found: Found) -> Report:
    """What `lris.comparing.compare` found, told as a page."""
    names = [area["name"] for area in found["areas"]]
    return Report(
        title=" and ".join(names) if len(names) == PAIR else f"{len(names)} areas side by side",
        subtitle="; ".join(
            f"{one['name']} ({one['vintage']}/{one['code']})" for one in found["areas"]
        ),
        stamp=f"LRIS release {found['release']}, {day_words(str(found['published']))}",
        date=str(found["published"])[:10],
        warning=FICTIONAL if any(one.get("fictional") for one in found["areas"]) else "",
        parts=tuple(part for part in _parts(found) if part.blocks),
    )


PAIR = 2


def _parts(found: Found) -> Iterator[Part]:
    yield Part("differ", "What differs", tuple(_differ(found)))
    for section in found["sections"]:
        yield Part(section["id"], section["title"], tuple(_tables(found, section)))
    meanings = tuple(f"{KINDS[kind]}: {words}." for kind, words in KINDS_MEAN.items())
    yield Part("gaps", "How to read a gap", (Listing(meanings),))
    yield Part("sources", "Sources and licences", tuple(_sources(found)))


def _differ(found: Found) -> Iterator[Block]:
    """The tests that found a difference, in sentences."""
    told = tuple(
        test["sentence"]
        for section in found["sections"]
        for figure in section["figures"]
        for test in figure["tests"]
        if test["verdict"] not in ("similar", "not_compared") and test["sentence"]
    )
    yield Listing(told) if told else Paragraph("No test found a difference.")
    yield Paragraph(f"{found['tested']:,} pairs of figures tested. {found['method']}", "faint")


def _tables(found: Found, section: Mapping[str, Any]) -> Iterator[Block]:
    names = tuple(area["name"] for area in found["areas"])
    grouped: dict[str, list[Figure]] = {}
    for one in section["figures"]:
        grouped.setdefault(one.get("heading") or one["name"], []).append(one)
    for at, (heading, figures) in enumerate(together(grouped, section["title"]), 1):
        chart = chart_of(f"{section['id']}-beside-{at}", heading, figures, names)
        if chart:
            yield chart
        tested = len(names) == PAIR and any(one["tests"] for one in figures)
        yield Table(
            heading,
            ("What", *names, *(("Difference",) if tested else ())),
            tuple(_row(one, heading, tested=tested) for one in figures),
            folded=bool(figures[0].get("folded")),
        )


MOST_DRAWN = 16
"""Figures of one chart: as many as a page holds."""


def chart_of(
    id: str, heading: str, figures: Sequence[Figure], names: Sequence[str]
) -> Chart | None:
    """The figures under a heading as marks on their intervals; None where none has an interval.

    Only those of one unit stand on one scale: the first one's. What is folded is not drawn.
    """
    if figures[0].get("folded"):
        return None
    drawn = [
        one
        for one in figures
        if any(value and value["lower"] is not None for value in one["values"])
    ]
    drawn = [one for one in drawn if one["unit"] == drawn[0]["unit"]][:MOST_DRAWN]
    if not drawn:
        return None
    periods = {one["period"] for one in drawn}
    lines = [
        Line(
            label_of(one, heading) + (f", {one['period']}" if len(periods) > 1 else ""),
            tuple(_mark(one, value) for value in one["values"]),
        )
        for one in drawn
    ]
    unit, (period, *more) = drawn[0]["unit"], sorted(periods)
    when = "" if more else f", {period}"
    svg, width = beside_chart(id, lines, names, unit=f"{unit}, with 95 % intervals")
    return Chart(id, f"{heading}{when}", _in_words(drawn, lines, names), svg, width)


def _mark(figure: Figure, value: Mapping[str, Any] | None) -> Mark:
    if value is None:
        return Mark(None, None, None, "no figure of its own")
    gap = "" if value["value"] is not None else KINDS[kind_of(value)].lower()
    return Mark(value["value"], value["lower"], value["upper"], gap)


def _in_words(drawn: Sequence[Figure], lines: Sequence[Line], names: Sequence[str]) -> str:
    """What the chart shows, for who cannot see it."""
    told = [
        f"{line.label}: "
        + ", ".join(
            f"{name} {mark.gap or number_words(mark.value or 0, one['decimals'])}"
            for name, mark in zip(names, line.marks, strict=True)
        )
        for one, line in zip(drawn, lines, strict=True)
    ]
    return f"Marks on their 95 % intervals. {'; '.join(told)}. The table below has the numbers."


def _row(figure: Figure, heading: str, *, tested: bool) -> tuple[Cell, ...]:
    what = Cell(label_of(figure, heading), f"{figure['period']}, {figure['unit']}")
    values = (_value(figure, one) for one in figure["values"])
    return (what, *values, *((_tested(figure),) if tested else ()))


def _value(figure: Figure, value: Mapping[str, Any] | None) -> Cell:
    if value is None:
        return Cell("no figure of its own", "", "missing", number=True)
    one = {**value, "decimals": figure["decimals"]}
    said = value.get("words") or interval_words(one)
    under = "; ".join(filter(None, (said, reason_words(one))))
    return Cell(value_words(one), under, kind_of(one), number=True)


def _tested(figure: Figure) -> Cell:
    """What the test of a pair says, or why there is none."""
    for test in figure["tests"]:
        if test["because"] is None:
            word, shape = VERDICTS[test["verdict"]]
            low, high = test["lower"], test["upper"]
            ends = "" if low is None or high is None else f", {low:,.2f} to {high:,.2f}"
            amount = "" if test["value"] is None else f"{test['kind']} {test['value']:,.2f}{ends}"
            return Cell(f"{shape} {word}", amount, test["verdict"])
    word, shape = VERDICTS["not_compared"]
    return Cell(f"{shape} {word}", figure["tests_because"] or "", "not_compared")


def _sources(found: Found) -> Iterator[Block]:
    for one in found["sources"]:
        after = f"{one['publisher']}. Licence: {one['licence']}. {one['attribution']}"
        yield Link(one["title"], one.get("homepage") or "", after)
