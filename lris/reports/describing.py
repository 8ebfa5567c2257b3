"""An indicator told as a report: what it is, how it is worked out, how its areas lie."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lris.reports.blocks import (
    Block,
    Cell,
    Chart,
    Heading,
    Link,
    Listing,
    Paragraph,
    Part,
    Report,
    Table,
)
from lris.reports.charts.funnels import Dots, Limits, funnel_chart
from lris.reports.charts.maps import Key, Shape, map_chart
from lris.reports.indicators import Look
from lris.reports.wording import (
    KINDS,
    KINDS_MEAN,
    day_words,
    interval_words,
    kind_of,
    reason_words,
    value_words,
)
from lris.rules.words import LEVELS, listed, number_words

MOST_DRAWN = 2_500
"""More areas than this make a page too heavy to open; it says how to choose some of them."""

MOST_OPEN = 60
"""A longer table is folded away."""

POLARITIES = {
    "high_is_bad": "A higher figure is worse.",
    "high_is_good": "A higher figure is better.",
    "none": "A higher figure is neither better nor worse.",
}


def indicator_report(look: Look, outlines: Mapping[str, Any]) -> Report:
    """The page of an indicator; `outlines` are GeoJSON geometries by area code."""
    told = look.told
    stamp = (
        f"LRIS release {told['release']}, {day_words(told['published'])}"
        if look.page
        else "LRIS, nothing published yet"
    )
    return Report(
        title=told["name"],
        subtitle=told["definition"],
        stamp=stamp,
        date=str(told.get("published", ""))[:10],
        warning="Areas shown here are fictional: they are nowhere, and their figures are invented."
        if told.get("fictional")
        else "",
        parts=tuple(part for part in _parts(look, outlines) if part.blocks),
    )


def _parts(look: Look, outlines: Mapping[str, Any]) -> Iterator[Part]:
    told = look.told
    yield Part("what", "What it is", tuple(_what(told)))
    yield Part("example", "A worked example", tuple(_example(told)))
    if look.page:
        yield Part("map", "Map", tuple(_map(look, outlines)))
        yield Part("spread", "How areas differ", tuple(_spread(look)))
        yield Part("areas", "Areas", tuple(_areas(look)))
    yield Part("coverage", "Periods and boundaries", tuple(_coverage(told)))
    yield Part("care", "Caveats and disclosure", tuple(_care(told)))
    yield Part("sources", "Sources and licences", tuple(_sources(told)))


def _series_words(told: Mapping[str, Any]) -> str:
    shown = told["shown"]
    category = f"{shown['category_name']}, " if shown["category_name"] else ""
    return f"{category}{shown['period']}, {shown['vintage']}"


# ---------------------------------------------------------------- what it is


def _what(told: Mapping[str, Any]) -> Iterator[Block]:
    lines = [
        ("Unit", told["unit"]),
        ("Method", f"{told['method']['words']} ({told['method']['id']})"),
        ("Numerator", _part_words([told["numerator"]])),
        ("Denominator", _part_words(told["denominators"])
         or BESIDE.get(told["beside"], "none: nothing is divided")),
        ("Direction", POLARITIES[told["polarity"]]),
        ("Summing", "Areas can be added up; a rate is worked out again from the sums."
         if told["additive"] else "Areas cannot be added up, and are never averaged."),
        ("Smallest areas", LEVELS[told["lowest_level"]][1]),
        ("Categories", listed([one["name"] for one in told["categories"]])
         if told["categories"] else "none"),
    ]  # fmt: skip
    if told["parts"]:
        made = "; ".join(
            f"{one['name']}: {' or '.join(one['indicators'])}" for one in told["parts"]
        )
        lines.append(("Made of", made))
    if told["weights"]:
        lines.append(("Weights", _weights_words(told["weights"])))
    if told["fewest_months"] > 1:
        lines.append(("Shortest period", f"{told['fewest_months']} months"))
    if told["variant_of"]:
        lines.append(("Another way to say", told["variant_of"]))
    rows = tuple((Cell(name), Cell(words)) for name, words in lines)
    yield Table("Definition", ("What", "In words"), rows)


def _weights_words(weights: Mapping[str, Any]) -> str:
    """Whose weights, and which are missing, with the reason."""
    editions = "; ".join(weights["editions"]) or "none is loaded"
    missing = " ".join(f"{one['category']}: {one['because']}" for one in weights["missing"])
    lacks = f" Without one, so that every figure is withheld: {missing}" if missing else ""
    return f"{weights['id']}: {editions}.{lacks}"


BESIDE = {
    "days": "days of the period",
    "incidents": "all incidents of the kinds that it is out of",
    "year_before": "the same months a year before",
    "district": "as many as there would be were all incidents of the kinds that those of the"
    " district are",
}


def _part_words(parts: Sequence[Mapping[str, Any]]) -> str:
    return "; else ".join(
        one["title"] + (f": {one['measure'].replace('_', ' ')}" if one["measure"] else "")
        for one in parts
    )


def _example(told: Mapping[str, Any]) -> Iterator[Block]:
    example = told["example"]
    where = f"Of {example['area']}, {example['period']}: " if example.get("area") else ""
    yield Paragraph(f"{where}{example['steps']}", "note")
    if example["on_paper"]:
        yield Paragraph(f"On paper: {example['on_paper']['steps']}", "note")
    worked = (example["on_paper"] or example)["worked"]
    if worked and worked["value"] is not None:
        yield Paragraph(
            f"Worked again when this was written: {worked['value']:,.7g}. The project's tests fail"
            " where the two differ.",
            "faint",
        )


def _coverage(told: Mapping[str, Any]) -> Iterator[Block]:
    spans = told["coverage"]["periods_by_vintage"]
    if not spans:
        yield Paragraph("No figures are published.")
        return
    alike: dict[tuple[str, ...], list[str]] = {}
    for vintage, periods in spans.items():
        alike.setdefault(tuple(periods), []).append(vintage)
    rows = tuple(
        (Cell(", ".join(vintages)), Cell(f"{len(periods):,}", _span(periods), number=True))
        for periods, vintages in alike.items()
    )
    yield Table("Published", ("Boundaries", "Periods"), rows)


def _span(periods: Sequence[str]) -> str:
    few = 6
    if len(periods) <= few:
        return ", ".join(periods)
    return f"{', '.join(periods[:2])} … {', '.join(periods[-2:])}"


def _care(told: Mapping[str, Any]) -> Iterator[Block]:
    if told["caveats"]:
        yield Listing(tuple(told["caveats"]))
    rule = told["disclosure"]
    yield Paragraph(f"Disclosure rule: {rule['rule']}. {rule['because']}")


def _sources(told: Mapping[str, Any]) -> Iterator[Block]:
    for one in told.get("sources") or [told["source"]]:
        after = f"{one['publisher']}. Licence: {one['licence']}. {one['attribution']}"
        yield Link(one["title"], one["homepage"], after)
    yield Link("The figures as JSON, CSV or GeoJSON", told["figures"], "needs vintage and period")


# ---------------------------------------------------------------- its areas


def _too_many(look: Look) -> Paragraph | None:
    number = len(look.page.figures) if look.page else 0
    if number <= MOST_DRAWN:
        return None
    return Paragraph(
        f"{number:,} areas are too many for one page. Choose some of them, such as those of a"
        " district: add ?within=lad_2021/E06000023 to the address.",
        "note",
    )


def _map(look: Look, outlines: Mapping[str, Any]) -> Iterator[Block]:
    assert look.page is not None
    crowd = _too_many(look)
    if crowd:
        yield crowd
        return
    there = [one for one in look.page.figures if one["area_code"] in outlines]
    legend = look.page.meta["legend"] or classes_of(there)
    if not there or not legend["classes"]:
        yield Paragraph("There is no map: no outlines are published for these areas.", "faint")
        return
    keys = [Key(one["label"], one["colour"]) for one in legend["classes"]]
    if legend.get("zero"):
        keys.insert(0, Key("Zero", legend["zero"]["colour"]))
    kinds = {kind_of(one) for one in there}
    keys += [Key(KINDS[kind], "#ffffff", kind) for kind in ("incomplete", "missing", "withheld")
             if kind in kinds]  # fmt: skip
    shapes = [
        Shape(outlines[one["area_code"]], colour_of(one, legend), kind_of(one)) for one in there
    ]
    svg, width = map_chart("map", shapes, keys)
    title = f"{look.told['name']}, {_series_words(look.told)}"
    counts = _counted(there, legend)
    yield Chart(
        id="map",
        title=title,
        alternative=f"Map of {len(there):,} areas. {'; '.join(f'{k}: {n:,}' for k, n in counts)}."
        " The table of areas has every figure.",
        svg=svg,
        width=width,
        table=Table(
            "Areas by class of the map",
            ("Class", "Areas"),
            tuple((Cell(name), Cell(f"{n:,}", "", number=True)) for name, n in counts),
        ),
    )


RAMP = ("#eff3ff", "#bdd7e7", "#6baed6", "#3182bd", "#08519c")


def classes_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Fifths of the values that are there, for an indicator that no layer colours."""
    import numpy as np

    values = np.array([one["value"] for one in rows if one["value"] is not None])
    if not values.size:
        return {"classes": [], "zero": None}
    ends = np.unique(np.quantile(values, np.linspace(0, 1, len(RAMP) + 1)[1:]))
    lows = [float(values.min()), *(float(end) for end in ends[:-1])]
    step = (len(RAMP) - 1) / max(len(ends) - 1, 1)
    return {
        "zero": None,
        "classes": [
            {
                "upper": float(end),
                "label": f"{'' if at == 0 else 'over '}{low:,.6g} to {end:,.6g}",
                "colour": RAMP[round(at * step)],
            }
            for at, (low, end) in enumerate(zip(lows, ends, strict=True))
        ],
    }


def colour_of(figure: Mapping[str, Any], legend: Mapping[str, Any]) -> str:
    """The colour of the class a figure is in; white for none."""
    place = class_of(figure, legend)
    return legend["classes"][place]["colour"] if place is not None else "#ffffff"


def class_of(figure: Mapping[str, Any], legend: Mapping[str, Any]) -> int | None:
    """Which class of a legend a figure is in; None for a gap, or a zero that has its own."""
    value = figure["value"]
    if value is None or (value == 0 and legend.get("zero")):
        return None
    classes = legend["classes"]
    return next((at for at, one in enumerate(classes) if value <= one["upper"]), len(classes) - 1)


def _counted(rows: Sequence[Mapping[str, Any]], legend: Mapping[str, Any]) -> list[tuple[str, int]]:
    """How many areas are in each class and of each kind of gap."""
    found: dict[str, int] = {}
    for one in rows:
        place = class_of(one, legend)
        name = KINDS[kind_of(one)] if place is None else legend["classes"][place]["label"]
        found[name] = found.get(name, 0) + 1
    order = ["Zero", *(one["label"] for one in legend["classes"]), "Missing", "Withheld"]
    return [(name, found[name]) for name in order if name in found]


def _spread(look: Look) -> Iterator[Block]:
    told = look.told
    spread, decimals = told["distribution"], told["decimals"]
    if spread:
        names = ("minimum", "lower_quartile", "median", "upper_quartile", "maximum")
        titles = ("Lowest", "Lower quartile", "Median", "Upper quartile", "Highest")
        cells = tuple(
            (Cell(title), Cell(number_words(spread[name], decimals), told["unit"], number=True))
            for title, name in zip(titles, names, strict=True)
        )
        yield Table(f"Distribution of {spread['of']:,} values", ("Of the areas", "Value"), cells)
    counts = {name: number for name, number in told["counts"].items() if number}
    yield Paragraph(
        "; ".join(f"{number:,} {name}" for name, number in counts.items()) + ".", "faint"
    )
    if told["funnel"] and not _too_many(look):
        yield Heading("Funnel plot")
        yield _funnel(look)
        yield Paragraph(_dispersion_words(told["funnel"]), "faint")


def _funnel(look: Look) -> Chart:
    assert look.page is not None
    told = look.told
    funnel, decimals = told["funnel"], told["decimals"]
    dots = Dots(
        [row["denominator"] for row in look.funnel_rows],
        [row["value"] for row in look.funnel_rows],
        look.outside,
    )
    lines = {
        name: [step[name] for step in funnel["limits"]]
        for name in ("denominator", "lower95", "upper95", "lower998", "upper998")
    }
    limits = Limits(
        lines["denominator"], funnel["baseline"], lines["lower95"], lines["upper95"],
        lines["lower998"], lines["upper998"],
    )  # fmt: skip
    svg, width = funnel_chart(
        "funnel",
        dots,
        limits,
        unit=told["unit"],
        below=look.page.meta["denominator"] or "denominator",
    )
    named = funnel["named"]
    rows = tuple(
        (
            Cell(one["name"], one["code"]),
            Cell(number_words(one["value"], decimals), f"of {one['denominator']:,.0f}",
                 number=True),
            Cell(f"{'above' if one['where'] == 'high' else 'below'} the {one['level']:g} % limit"),
        )
        for one in named
    )  # fmt: skip
    outside = funnel["outside"]
    return Chart(
        id="funnel",
        title=f"{told['name']} by size of area",
        alternative=f"Funnel plot of {funnel['areas']:,} areas around"
        f" {number_words(funnel['baseline'], decimals)} {told['unit']}:"
        f" {outside.get('high', 0):,} above the limits, {outside.get('low', 0):,} below,"
        f" {outside.get('similar', 0):,} inside.",
        svg=svg,
        width=width,
        table=Table("Areas outside the limits, the furthest first",
                    ("Area", "Value", "Where"), rows) if rows else None,
    )  # fmt: skip


def _dispersion_words(funnel: Mapping[str, Any]) -> str:
    alone = funnel["outside_by_chance_alone"]
    flagged = alone.get("high", 0) + alone.get("low", 0)
    kept = funnel["outside"].get("high", 0) + funnel["outside"].get("low", 0)
    return (
        "The limits allow for areas differing anyway: overdispersion phi is"
        f" {funnel['overdispersion']['phi']:.2f} (above 1 they differ by more than chance)."
        f" Limits of chance alone would flag {flagged:,} of {funnel['areas']:,} areas; these flag"
        f" {kept:,}."
    )


def _areas(look: Look) -> Iterator[Block]:
    assert look.page is not None
    crowd = _too_many(look)
    if crowd:
        yield crowd
        return
    decimals = look.told["decimals"]
    rows = tuple(
        (
            Cell(row["name"] or row["area_code"], row["area_code"]),
            Cell(
                value_words(row | {"decimals": decimals}),
                interval_words(row | {"decimals": decimals}),
                kind_of(row),
                number=True,
            ),
            Cell(_parts_of(row), reason_words(row)),
        )
        for row in look.page.figures
    )
    caption = f"{look.told['name']}, {look.told['unit']}, {_series_words(look.told)}"
    columns = ("Area", "Value", "Numerator and denominator")
    yield Table(caption, columns, rows, folded=len(rows) > MOST_OPEN)
    if any(kind_of(row) in KINDS_MEAN for row in look.page.figures):
        yield Listing(tuple(f"{KINDS[kind]}: {words}." for kind, words in KINDS_MEAN.items()))


def _parts_of(row: Mapping[str, Any]) -> str:
    if row["numerator"] is None:
        return "as published" if row["value"] is not None else "none"
    over = "" if row["denominator"] is None else f" of {row['denominator']:,.6g}"
    return f"{row['numerator']:,.6g}{over}"
