"""The charts of a profile, each with what it says in words and the table of its numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lris.profiles.comparators import BECAUSE, NO_INTERVAL, PARTIAL
from lris.reports.blocks import Cell, Chart, Table
from lris.reports.charts.ages import Band, age_chart
from lris.reports.charts.deciles import Strip, decile_chart
from lris.reports.charts.spines import SpineRow, spine_chart
from lris.reports.charts.trends import Beside, Step, trend_chart
from lris.reports.spine import spine, worst_and_best
from lris.reports.wording import (
    VERDICTS,
    Figure,
    figure_name,
    interval_words,
    kind_of,
    value_words,
    verdict_words,
)
from lris.rules.words import listed, number_words

LEAST_PERIODS = 3
"""Two points make no trend."""

LEAST_STRIPS = 3
FORMS = ("narrow", "wide")
MOST_TRENDS = 8
MOST_SPINES = 30

UNTESTED = (BECAUSE[NO_INTERVAL], BECAUSE[PARTIAL])
"""What keeps a figure from being tested, but not from being shown beside a comparator."""

CENTRES = ("lad", "region", "country", "force", "neighbours")
"""What stands in the middle of a spine, the first of these that a figure has."""


def newest(figures: Sequence[Figure]) -> list[Figure]:
    """Of each indicator and category the first: a profile gives the newest period first."""
    found: dict[tuple[str, str], Figure] = {}
    for one in figures:
        found.setdefault((one["indicator"], one["category"]), one)
    return list(found.values())


# ---------------------------------------------------------------- spine


def spines_of(
    id: str, title: str, figures: Sequence[Figure], *, area: str, forms: Sequence[str] = FORMS
) -> Iterator[Chart]:
    """The spine charts of figures that have peers and a comparator; none where none has.

    Figures of which more is neither better nor worse have a chart of their own. `forms` are the
    widths they are drawn for: narrow, wide or both.
    """
    judged = [one for one in figures if (one.get("polarity") or "none") != "none"]
    neither = [one for one in figures if one not in judged]
    first = spine_of(id, title, judged, area=area, forms=forms)
    if first:
        yield first
    also = f"{title}: neither better nor worse" if first else title
    second = spine_of(f"{id}-neither", also, neither, area=area, forms=forms)
    if second:
        yield second


def spine_of(
    id: str, title: str, figures: Sequence[Figure], *, area: str, forms: Sequence[str] = FORMS
) -> Chart | None:
    """One spine chart of figures of one kind; None where none has peers and a comparator."""
    found = [
        (figure, centre)
        for figure in newest(figures)
        if not figure.get("ranking")
        and not figure.get("folded")
        and (figure.get("area") or {}).get("relation") != "larger"
        and (centre := centre_of(figure))
    ][:MOST_SPINES]
    if not found:
        return None
    usual = Counter(centre["name"] for _, centre in found).most_common(1)[0][0]
    many = Counter(figure["indicator"] for figure, _ in found)
    rows = [
        _spine_row(figure, centre, _spine_label(figure, centre, usual, many))
        for figure, centre in found
    ]
    drawn = {
        form: spine_chart(f"{id}-{form}", rows, area=area, comparator=usual, wide=form == "wide")
        for form in forms
    }
    among = found[0][0]["spread"]["among"]
    svg, width = drawn.get("narrow") or drawn["wide"]
    return Chart(
        id=id,
        title=title,
        alternative=_spine_words(rows, area, usual, among),
        svg=svg,
        width=width,
        table=_spine_table(found, title),
        wide=drawn["wide"][0] if len(drawn) > 1 else "",
    )


def centre_of(figure: Figure) -> Mapping[str, Any] | None:
    """The comparator in the middle; None where a figure has no value, peers or comparator.

    One that is itself in doubt is none, nor is one far off the scale of the peers, as the count of
    a whole district is off those of its neighbourhoods.
    """
    spread = figure.get("spread")
    if figure["value"] is None or not spread or spread["minimum"] is None:
        return None
    reach = spread["maximum"] - spread["minimum"]
    there = [
        one
        for one in figure.get("comparators") or ()
        if one["value"] is not None
        and (one["verdict"] != "not_compared" or one.get("because") in UNTESTED)
        and spread["minimum"] - reach <= one["value"] <= spread["maximum"] + reach
    ]
    order = [*(kind for kind in CENTRES), *(one["kind"] for one in there)]
    return min(there, key=lambda one: order.index(one["kind"]), default=None)


def _spine_label(
    figure: Figure, centre: Mapping[str, Any], usual: str, many: Mapping[str, int]
) -> str:
    """What a row is of: of an indicator with many rows the category, which is what differs."""
    category = figure.get("category_name")
    name = (
        f"{category}, {figure['unit']}"
        if category and many[figure["indicator"]] >= LEAST_STRIPS
        else figure_name(figure)
    )
    other = "" if centre["name"] == usual else f" (against {centre['name']})"
    doubt = kind_of(figure) if kind_of(figure) in ("estimated", "incomplete") else ""
    said = f", {doubt}" if doubt else ""
    return f"{name}, {figure['period']}{said}{other}"


def _spine_row(figure: Figure, centre: Mapping[str, Any], label: str) -> SpineRow:
    polarity = figure.get("polarity") or "none"
    spread, decimals = figure["spread"], figure.get("decimals", 1)
    worst, best = worst_and_best(spread, polarity)
    return SpineRow(
        label=label,
        judged=polarity != "none",
        value=number_words(figure["value"], decimals),
        centre=number_words(centre["value"], decimals),
        worst=number_words(worst, decimals),
        best=number_words(best, decimals),
        verdict=centre.get("verdict") or "not_compared",
        spine=spine(
            figure["value"], centre["value"], spread, polarity, figure["lower"], figure["upper"]
        ),
    )


def _spine_words(rows: Sequence[SpineRow], area: str, comparator: str, among: str) -> str:
    told = []
    for verdict, (word, _) in VERDICTS.items():
        names = [row.label for row in rows if row.verdict == verdict]
        if names:
            shown = listed(names) if verdict in ("better", "worse", "higher", "lower") else ""
            told.append(f"{word.capitalize()}: {shown or len(names)}.")
    right = "better" if any(row.judged for row in rows) else "higher"
    many = "1 figure" if len(rows) == 1 else f"{len(rows)} figures"
    return (
        f"Spine chart of {many} of {area} against {comparator}, among {among};"
        f" right is {right}. {' '.join(told)} The table below has the numbers."
    )


def _spine_table(found: Sequence[tuple[Figure, Mapping[str, Any]]], title: str) -> Table:
    return Table(
        f"{title}: the numbers",
        ("What", "Area", "Comparator", "Lowest, middle half and highest of the peers"),
        tuple(_spine_cells(figure, centre) for figure, centre in found),
    )


def _spine_cells(figure: Figure, centre: Mapping[str, Any]) -> tuple[Cell, ...]:
    decimals, spread = figure.get("decimals", 1), figure["spread"]
    ends = ("minimum", "lower_quartile", "upper_quartile", "maximum")
    low, left, right, high = (number_words(spread[end], decimals) for end in ends)
    return (
        Cell(figure_name(figure), f"{figure['period']}, {figure['unit']}"),
        Cell(value_words(figure), interval_words(figure), kind_of(figure), number=True),
        Cell(
            number_words(centre["value"], decimals),
            f"{centre['name']}: {verdict_words(centre)}",
            centre.get("verdict") or "not_compared",
            number=True,
        ),
        Cell(f"{low}; {left} to {right}; {high}", f"{spread['of']:,} {spread['among']}"),
    )


# ---------------------------------------------------------------- trends


def has_trend(figure: Figure) -> bool:
    """Whether there are periods enough to draw."""
    return len((figure.get("trend") or {}).get("periods", ())) >= LEAST_PERIODS


def trends_of(prefix: str, figures: Sequence[Figure]) -> Iterator[Chart]:
    """A chart of each figure over time, the first `MOST_TRENDS` that are not folded."""
    drawn = [one for one in newest(figures) if has_trend(one) and not one.get("folded")]
    for at, figure in enumerate(drawn[:MOST_TRENDS], 1):
        yield trend_of(f"{prefix}-trend-{at}", figure)


def trend_of(id: str, figure: Figure) -> Chart:
    """One figure over its periods, with what it is compared with."""
    trend, decimals = figure["trend"], figure.get("decimals", 1)
    steps = [_step(one) for one in trend["periods"]]
    there = {step.period for step in steps}
    beside = [one for one in _beside(figure) if there & set(one.values)]
    larger = figure.get("area") or {}
    whose = f" ({larger['name']})" if larger.get("relation") == "larger" else ""
    title = f"{figure_name(figure)}{whose}"
    svg, width = trend_chart(id, steps, unit=figure["unit"], beside=beside)
    names = tuple(one.name for one in beside)
    rows = tuple(_trend_row(step, beside, decimals) for step in steps)
    table = Table(f"{title}, {figure['unit']}", ("Period", "Value", *names), rows)
    return Chart(id, title, trend_words(figure), svg, width, table)


def _step(one: Mapping[str, Any]) -> Step:
    kind = kind_of({"reason": None, **one})
    return Step(one["period"], kind, one["value"], one.get("lower"), one.get("upper"))


def _beside(figure: Figure) -> Iterator[Beside]:
    """Comparators over the same periods where they are given, else at the figure's own."""
    told = figure["trend"].get("comparators") or ()
    for one in told:
        values = {step["period"]: step["value"] for step in one["periods"]}
        yield Beside(one["name"], {name: v for name, v in values.items() if v is not None})
    if not told:
        for one in figure.get("comparators") or ():
            if one["value"] is not None and one["verdict"] != "not_compared":
                period = one.get("period") or figure["period"]
                yield Beside(one["name"], {period: one["value"]})


def _trend_row(step: Step, beside: Sequence[Beside], decimals: int) -> tuple[Cell, ...]:
    own = {"value": step.value, "lower": step.lower, "upper": step.upper, "decimals": decimals}
    gap = step.kind in ("missing", "withheld")
    words = step.kind if gap or step.value is None else number_words(step.value, decimals)
    doubt = step.kind if step.kind in ("incomplete", "estimated") else ""
    small = ", ".join(filter(None, (interval_words(own), doubt)))
    others = (one.values.get(step.period) for one in beside)
    return (
        Cell(step.period),
        Cell(words, small, step.kind, number=True),
        *(Cell("no figure" if v is None else number_words(v, decimals)) for v in others),
    )


def trend_words(figure: Figure) -> str:
    """What a trend says: of what, from where to where, its gaps, and what the test makes of it."""
    return f"{figure_name(figure)}, {change_words(figure)}"


def change_words(figure: Figure) -> str:
    """The same without saying of what."""
    trend, decimals = figure["trend"], figure.get("decimals", 1)
    steps = [_step(one) for one in trend["periods"]]
    there = [step for step in steps if step.value is not None]
    gaps = Counter(step.kind for step in steps if step.value is None)
    said = f"{steps[0].period} to {steps[-1].period}: "
    if there:
        first, last = there[0], there[-1]
        ends = [number_words(step.value or 0, decimals) for step in (first, last)]
        said += f"from {ends[0]} in {first.period} to {ends[1]} in {last.period}"
    else:
        said += "no values"
    said += "".join(f", {count} {kind}" for kind, count in sorted(gaps.items()))
    return f"{said}. {test_words(trend)}".strip()


def test_words(trend: Mapping[str, Any]) -> str:
    """What the test makes of a trend, with its name."""
    verdict = trend.get("verdict")
    if not verdict:
        return ""
    if verdict == "too short":
        return "Too short to test for a trend."
    p = trend.get("p")
    evidence = "" if p is None else f", p {p:.3f}" if p >= P_SHOWN else ", p below 0.001"
    tested = trend.get("tested_periods")
    over = f" over {tested} periods" if tested else ""
    return f"Trend: {verdict} ({trend.get('test')}{evidence}{over})."


P_SHOWN = 0.001


# ---------------------------------------------------------------- ages and tenths


def ages_of(id: str, figures: Sequence[Figure]) -> Chart | None:
    """Residents by age band; None where the profile has no bands."""
    bands = [one for one in figures if one["indicator"] == "population_by_age"]
    if len(bands) < LEAST_STRIPS:
        return None
    drawn = [Band(one["category_name"], one["value"], value_words(one)) for one in bands]
    svg, width = age_chart(id, drawn, unit=f"{bands[0]['unit']}, {bands[0]['period']}")
    there = [one for one in bands if one["value"] is not None]
    most = max(there, key=lambda one: one["value"], default=None)
    peak = f" The largest band is {most['category_name']}: {value_words(most)}." if most else ""
    rows = tuple(
        (Cell(one["category_name"]), Cell(value_words(one), "", kind_of(one), number=True))
        for one in bands
    )
    title = f"{bands[0]['name']}, {bands[0]['period']}"
    alternative = f"Bars of residents in {len(bands)} age bands.{peak}"
    return Chart(id, title, alternative, svg, width, Table(title, ("Age", bands[0]["unit"]), rows))


def tenths_of(id: str, title: str, figures: Sequence[Figure]) -> Chart | None:
    """A strip of ten for each domain told in tenths; None for fewer than three."""
    found = [one for one in figures if one.get("ranking") == "decile"]
    if len(found) < LEAST_STRIPS:
        return None
    strips = [
        Strip(
            str(one["label"]),
            None if one["value"] is None else round(one["value"]),
            "" if one["value"] is not None else kind_of(one),
        )
        for one in found
    ]
    svg, width = decile_chart(id, strips, most="1, most deprived", least="10, least deprived")
    told = [f"{one['label']}: {one.get('words') or kind_of(one)}" for one in found]
    return Chart(id, f"{title}, in tenths of England", f"{title}. {'; '.join(told)}.", svg, width)
