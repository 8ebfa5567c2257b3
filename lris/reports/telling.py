"""A profile told as a report: who lives here, deprivation, what stands out, theme by theme."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from lris.reports.around import whereabouts_of
from lris.reports.blocks import (
    Block,
    Cell,
    Heading,
    Link,
    Listing,
    Paragraph,
    Part,
    Report,
    Row,
    Table,
)
from lris.reports.picturing import (
    FORMS,
    MOST_TRENDS,
    ages_of,
    change_words,
    has_trend,
    newest,
    spines_of,
    tenths_of,
    trends_of,
)
from lris.reports.wording import (
    KINDS,
    KINDS_MEAN,
    VERDICTS,
    Figure,
    compared_words,
    day_words,
    figure_name,
    interval_words,
    kind_of,
    label_of,
    reason_words,
    value_words,
)
from lris.rules.words import LEVELS, number_words
from lris.terms import Topic

Profile = Mapping[str, Any]

FICTIONAL = (
    "This area is fictional. It is nowhere, its people and figures are invented, and nothing in"
    " this document is true of any real place."
)


def told(
    profile: Profile, outlines: Mapping[str, Any] | None = None, *, forms: Sequence[str] = FORMS
) -> Report:
    """The whole report of a profile. `forms` are the widths that charts are drawn for."""
    area = profile["area"]
    return Report(
        title=f"{area['name']}: neighbourhood profile",
        subtitle=_whereabouts(area),
        stamp=f"LRIS release {profile['release']}, {day_words(str(profile.get('published', '')))}",
        date=str(profile.get("published", ""))[:10],
        warning=FICTIONAL if area.get("fictional") else "",
        parts=tuple(part for part in _parts(profile, outlines or {}, forms=forms) if part.blocks),
    )


def _whereabouts(area: Mapping[str, Any]) -> str:
    """Level, code and vintage, and the larger areas it lies in, each once by its newest name."""
    level = area.get("level", "")
    order = list(LEVELS)
    parents = sorted(area.get("parents", ()), key=lambda one: one["vintage"][-4:])
    own_place = -1 if level == "custom" else order.index(level) if level in order else len(order)
    newest_names = {
        one["code"]: one
        for one in parents
        if own_place < order.index(one["level"]) < len(order) - 1
    }
    inside = sorted(newest_names.values(), key=lambda one: order.index(one["level"]))
    kind = LEVELS.get(level, ("area", "areas"))[0]
    own = f"{kind[:1].upper()}{kind[1:]} {area.get('code', '')} ({area.get('vintage', '')})"
    names = list(dict.fromkeys(one["name"] for one in inside))
    return own + (f", in {'; '.join(names)}" if names else "")


def _parts(
    profile: Profile, outlines: Mapping[str, Any], *, forms: Sequence[str]
) -> Iterator[Part]:
    where = whereabouts_of(profile, outlines)
    yield Part("where", "Where it is", (*((where,) if where else ()), *_blocks(profile)))
    told = [section_part(one, _gaps_of(profile, one)) for one in profile["sections"]]
    first = [part for part, topic in told if topic in OPENING]
    yield from first
    yield Part("stands-out", "What stands out", tuple(_stands_out(profile)))
    yield spine_part(profile, forms=forms)
    yield from (part for part, topic in told if topic not in OPENING)
    yield Part("sites", "Schools and practices", tuple(_sites(profile)))
    yield Part("similar", "Similar neighbourhoods", tuple(_similar(profile)))
    yield Part("quality", "How good these figures are", tuple(_quality(profile)))
    yield Part("sources", "Sources and licences", tuple(_sources(profile)))


def _blocks(profile: Profile) -> Iterator[Block]:
    """What a neighbourhood of one's own is made of, and how well that fits what was asked."""
    fit = profile.get("degree_of_fit")
    if fit:
        yield Paragraph(fit["words"], "note")
    blocks = profile.get("blocks") or ()
    if blocks:
        rows = tuple(_block(one) for one in blocks)
        columns = ("Block", "Taken", "Residents")
        yield Table("The blocks that were looked at", columns, rows, folded=len(rows) > MOST_BLOCKS)


MOST_BLOCKS = 12


def _block(block: Mapping[str, Any]) -> tuple[Cell, ...]:
    inside = block.get("ground_inside")
    share = "" if inside is None else f"{100 * inside:.0f} % of its ground inside the line"
    people = block.get("residents")
    return (
        Cell(block["name"], f"{block['vintage']}/{block['code']}"),
        Cell("yes" if block["taken"] else "no", share),
        Cell("missing", "", "missing") if people is None else Cell(f"{people:,.0f}", number=True),
    )


OPENING = (Topic.POPULATION, Topic.DEPRIVATION)
"""What an area is like comes before how it compares."""


def _gaps_of(profile: Profile, section: Mapping[str, Any]) -> list[str]:
    return [one["sentence"] for one in profile["gaps"] if one["topic"] == section["topic"]]


# ---------------------------------------------------------------- what stands out


def _stands_out(profile: Profile) -> Iterator[Block]:
    found = profile.get("stands_out")
    if not found:
        return
    sentences = tuple(one["sentence"] for one in found["sentences"])
    if sentences:
        yield Listing(sentences)
    else:
        yield Paragraph("Nothing stands out: no figure differs by more than chance allows.")
    yield Paragraph(
        f"{found['flagged']:,} of the {found['tested']:,} figures that can be tested."
        f" {found.get('method') or ''}".strip(),
        "faint",
    )


def spine_part(
    profile: Profile, *, forms: Sequence[str], id: str = "spine", level: int = 2
) -> Part:
    """The spine charts: one for each theme that has figures to compare."""
    name = profile["area"]["name"]
    charts = [
        chart
        for section in profile["sections"]
        for chart in spines_of(
            f"{id}-{section['id']}", section["title"], section["figures"], area=name, forms=forms
        )
    ]
    if not charts:
        return Part(id, "Spine chart", ())
    return Part(id, "Spine chart", (Paragraph(READING_A_SPINE, "faint"), *charts), level=level)


READING_A_SPINE = (
    "The line in the middle is the comparator. Each bar goes from the worst of the peers on the"
    " left to the best on the right, whichever way the numbers run; its dark part holds the middle"
    " half of them. The mark is this area, its thin line the 95 % interval. A hollow circle is not"
    " compared."
)


# ---------------------------------------------------------------- figures


def section_part(section: Mapping[str, Any], gaps: Sequence[str]) -> tuple[Part, str]:
    """A theme and its topic: its charts, its figures under their headings, and what it lacks."""
    figures = section["figures"]
    grouped = {
        heading: list(ones)
        for heading, ones in groupby(figures, key=lambda one: one.get("heading") or one["name"])
    }
    blocks: list[Block] = []
    ages = ages_of(f"{section['id']}-ages", figures)
    trends = tuple(trends_of(section["id"], figures))
    if ages:
        blocks.append(ages)
    if trends:
        blocks += [Heading("Over time"), Row(trends), *_changes(figures)]
    for at, (heading, ones) in enumerate(together(grouped, section["title"]), 1):
        folded = bool(ones[0].get("folded"))
        tenths = None if folded else tenths_of(f"{section['id']}-tenths-{at}", heading, ones)
        blocks += [tenths] if tenths else []
        blocks.append(figures_table(heading, ones))
    if gaps:
        blocks.append(Listing(tuple(gaps)))
    return Part(section["id"], section["title"], tuple(blocks)), section["topic"]


def together(
    grouped: Mapping[str, Sequence[Figure]], title: str
) -> Iterator[tuple[str, Sequence[Figure]]]:
    """Each heading with its figures; single figures one after the other are one table."""
    for alone, run in groupby(grouped.items(), key=lambda pair: len(pair[1]) == 1):
        pairs = list(run)
        if alone and len(pairs) > 1 and not any(ones[0].get("folded") for _, ones in pairs):
            yield title, [one for _, ones in pairs for one in ones]
        else:
            yield from pairs


def _changes(figures: Sequence[Figure]) -> Iterator[Table]:
    """Every figure that has a trend, in words; those beyond the charts too."""
    rows = tuple(
        (Cell(figure_name(one), one["unit"]), Cell(change_words(one)))
        for one in newest(figures)
        if has_trend(one)
    )
    if len(rows) > MOST_TRENDS:
        yield Table("All that is followed over time", ("What", "Change"), rows, folded=True)


def figures_table(caption: str, figures: Sequence[Figure]) -> Table:
    """Figures one below the other, each with its interval and what it is compared with.

    Where none of them can be compared, their places among the peers stand there instead.
    """
    compared = any(is_compared(one) for one in figures)
    placed = any(one.get("rank") for one in figures)
    last = _compared if compared else _placed if placed else None
    columns = ("Compared with",) if compared else ("Place among its peers",) if placed else ()
    value = "Value, 95 % interval" if any(interval_words(one) for one in figures) else "Value"
    return Table(
        caption,
        ("What", value, *columns),
        tuple((*_named_value(one, caption), *((last(one),) if last else ())) for one in figures),
        folded=bool(figures and figures[0].get("folded")),
    )


def is_compared(figure: Figure) -> bool:
    """Whether there is a verdict on a figure beside any other."""
    return any(one["verdict"] != "not_compared" for one in figure.get("comparators") or ())


def _named_value(figure: Figure, caption: str) -> tuple[Cell, Cell]:
    area = figure.get("area")
    whose = f"of {area['name']} ({area['vintage']})" if area else ""
    what = Cell(label_of(figure, caption), ", ".join(filter(None, (figure["period"], whose))))
    unit = "" if figure["value"] is None or figure.get("ranking") else figure["unit"]
    said = figure.get("words") or interval_words(figure)
    under = "; ".join(filter(None, (unit, said, reason_words(figure))))
    return what, Cell(value_words(figure), under, kind_of(figure), number=True)


def _compared(figure: Figure) -> Cell:
    """The verdicts on a figure; of one without any, the first reason why; and its place."""
    decimals = figure.get("decimals", 1)
    others = figure.get("comparators") or ()
    told = [compared_words(one, decimals) for one in others if one["verdict"] != "not_compared"]
    rank = figure.get("rank")
    place = f"Place {place_words(rank)}, {rank['among']}, {rank['order']}." if rank else ""
    if told:
        return Cell(told[0], ". ".join((*told[1:], place)).strip())
    words, shape = VERDICTS["not_compared"]
    doubted = next((one for one in others if one.get("because")), None)
    beside = f" with {doubted['name']}" if doubted else ""
    because = _sentence(doubted["because"]) if doubted else ""
    return Cell(f"{shape} {words}{beside}", f"{because} {place}".strip(), "not_compared")


def _placed(figure: Figure) -> Cell:
    rank = figure.get("rank")
    if figure.get("ranking") == "decile":
        return Cell("")
    if not rank:
        return Cell("not ranked", "", "not_compared")
    return Cell(place_words(rank), f"{rank['among']}, {rank['order']}")


def place_words(rank: Mapping[str, Any]) -> str:
    """A place among so many: 5 of 263."""
    shared = f", shared by {rank['ties']:,}" if rank.get("ties", 1) > 1 else ""
    return f"{rank['position']:,} of {rank['of']:,}{shared}"


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


# ---------------------------------------------------------------- what is around, and how good


def _sites(profile: Profile) -> Iterator[Block]:
    places = profile.get("sites") or []
    if places:
        rows = tuple(_site(one) for one in places)
        yield Table(
            "Schools and practices in and near the area", ("Name", "Where", "Figures"), rows
        )
    if profile.get("sites_note"):
        yield Paragraph(profile["sites_note"], "faint")


def _site(site: Mapping[str, Any]) -> tuple[Cell, ...]:
    away = site.get("distance_m")
    where = "in the area" if site.get("inside") else f"{away:,} m away" if away else "near"
    figures = [f"{one['name']}, {one['sentence']}" for one in site.get("figures", ())]
    return (
        Cell(site["name"], site.get("kind", "")),
        Cell(where, site.get("postcode") or ""),
        Cell("" if figures else "no figures", " ".join(figures)),
    )


def _similar(profile: Profile) -> Iterator[Block]:
    alike = profile.get("similar") or []
    if alike:
        rows = tuple(
            (
                Cell(one["name"], f"{one['vintage']}/{one['code']}"),
                Cell(number_words(one["distance"], 2), "", number=True),
            )
            for one in alike
        )
        yield Table("Areas most like this one", ("Area", "Distance, 0 is alike"), rows)
    if profile.get("similar_because"):
        yield Paragraph(profile["similar_because"], "faint")


def _quality(profile: Profile) -> Iterator[Block]:
    sentences = tuple(str(one) for one in profile.get("quality") or ())
    if sentences:
        yield Listing(sentences)
    topics = {section["topic"] for section in profile["sections"]}
    elsewhere = tuple(
        f"{one['topic'].capitalize()}: {one['sentence']}"
        for one in profile["gaps"]
        if one["topic"] not in topics
    )
    if elsewhere:
        yield Listing(elsewhere)
    yield Heading("How to read a gap")
    yield Listing(tuple(f"{KINDS[kind]}: {words}." for kind, words in KINDS_MEAN.items()))


def _sources(profile: Profile) -> Iterator[Block]:
    for one in profile["sources"]:
        periods = ", ".join(one.get("periods", ()))
        after = f"{one['publisher']}. Licence: {one['licence']}. {one['attribution']}" + (
            f" Periods: {periods}." if periods else ""
        )
        yield Link(one["title"], one.get("homepage") or "", after)
    yield Paragraph(
        f"Release {profile['release']}, sealed {day_words(str(profile.get('published', '')))}."
        " A published figure never changes: a correction is a new release.",
        "faint",
    )
