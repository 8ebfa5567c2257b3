"""A ward pack: the ward on a few pages, then each of its LSOAs on a page or two.

Bounded: at most `MOST_AREAS` LSOAs, none of them with more than `MOST_ROWS` rows of a spine chart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from lris import areas, profiles
from lris.errors import BadRequest
from lris.figures import Reader
from lris.reports.blocks import Block, Cell, Chart, Heading, Listing, Paragraph, Part, Report, Table
from lris.reports.charts.maps import Key, Shape, map_chart
from lris.reports.indicators import outlines
from lris.reports.picturing import newest, spines_of, tenths_of
from lris.reports.telling import is_compared, told
from lris.reports.wording import (
    VERDICTS,
    Figure,
    compared_words,
    figure_name,
    interval_words,
    kind_of,
    reason_words,
    value_words,
)
from lris.terms import AreaCode, Level, Topic, Viewer

MOST_AREAS = 40
MOST_ROWS = 12
MAP_ZOOM = 11

PACKED = (Level.WARD, Level.MSOA)
"""What a pack is made of; a district has hundreds of LSOAs."""

Profile = Mapping[str, Any]


def pack_report(reader: Reader, viewer: Viewer, which: AreaCode) -> Report:
    """The pack of a ward or an MSOA. Raises `BadRequest` for other areas and for too many LSOAs."""
    level = reader.catalogue.vintage(which.vintage).level
    if level not in PACKED:
        raise BadRequest(
            f"{which} is no ward: a pack is of the LSOAs of one ward or MSOA",
            remedy="name a ward, such as ward_2024/E05010886; /areas?vintage=ward_2024&q=... finds"
            " it by name",
        )
    whole = profiles.profile(reader, viewer, which)
    blocks = blocks_of(reader, viewer, which)
    found = [
        profiles.profile(reader, viewer, AreaCode(one["vintage"], one["code"])) for one in blocks
    ]
    report = told(whole, forms=("wide",))
    shapes = outlines(reader, viewer, blocks[0]["vintage"], str(which), MAP_ZOOM)
    summary = Part("blocks", "Its LSOAs", tuple(_summary(found, shapes)))
    own = tuple(part for part in report.parts if part.id not in ENDING)
    last = tuple(part for part in report.parts if part.id in ENDING)
    pages = tuple(part for at, one in enumerate(found, 1) for part in _pages(at, one))
    return replace(
        report,
        title=f"{whole['area']['name']}: ward pack",
        parts=(summary, *own, *pages, *last),
    )


ENDING = ("quality", "sources")


def blocks_of(reader: Reader, viewer: Viewer, which: AreaCode) -> list[dict[str, Any]]:
    """The LSOAs of an area in order of code, by the boundaries of its own time."""
    for vintage in _vintages(reader, viewer, which):
        found = areas.search(
            reader.doors,
            reader.catalogue,
            viewer,
            vintage=vintage,
            within=str(which),
            limit=MOST_AREAS + 1,
        ).rows
        if len(found) > MOST_AREAS:
            raise BadRequest(
                f"{which} has more than {MOST_AREAS} LSOAs",
                remedy="name a smaller area; a pack is bounded so that it can be made and printed",
            )
        if found:
            return found
    raise BadRequest(
        f"no LSOAs of {which} are published",
        remedy="load a look-up from LSOAs to these areas, or ask for its profile alone",
    )


def _vintages(reader: Reader, viewer: Viewer, which: AreaCode) -> list[str]:
    """The published vintages of LSOAs: those in force in the area's own year first, newest first.

    A ward of 2019 was made when the LSOAs of 2011 stood.
    """
    year = int(which.vintage[-4:])
    there = [
        one["id"]
        for one in areas.vintages(reader.doors, reader.catalogue, viewer)
        if one["level"] == Level.LSOA
    ]
    return sorted(there, key=lambda one: (int(one[-4:]) > year, -int(one[-4:])))


# ---------------------------------------------------------------- its LSOAs beside each other


def _summary(found: Sequence[Profile], shapes: Mapping[str, Any]) -> Iterator[Block]:
    yield Paragraph(
        f"{len(found)} LSOAs, each on a page or two further on. An LSOA belongs to the ward that"
        " fits it best; figures of the ward are those published for it.",
        "faint",
    )
    drawn = [one for one in found if one["area"]["code"] in shapes]
    if drawn:
        yield _map(drawn, shapes)
    yield Table(
        "The LSOAs",
        ("LSOA", "Residents", "Deprivation, tenth of England", "What stands out"),
        tuple(_line(at, one) for at, one in enumerate(found, 1)),
    )


def _line(at: int, profile: Profile) -> tuple[Cell, ...]:
    area = profile["area"]
    residents = _first(profile, Topic.POPULATION, "people")
    tenth = _first(profile, Topic.DEPRIVATION, None, ranking="decile")
    out = profile.get("stands_out") or {}
    flagged = out.get("flagged")
    return (
        Cell(f"{at}. {area['name']}", f"{area['vintage']}/{area['code']}"),
        _cell(residents),
        _cell(tenth),
        Cell("not tested" if flagged is None else f"{flagged} of {out['tested']} figures"),
    )


def _first(
    profile: Profile, topic: str, unit: str | None, ranking: str | None = None
) -> Figure | None:
    """The first figure of a theme in a unit, or told as a place in an order."""
    for section in profile["sections"]:
        for one in section["figures"] if section["topic"] == topic else ():
            if (unit is None or one["unit"] == unit) and one.get("ranking") == ranking:
                figure: Figure = one
                return figure
    return None


def _cell(figure: Figure | None) -> Cell:
    if figure is None:
        return Cell("no figure", "", "missing")
    said = ", ".join(filter(None, (figure["period"], figure.get("words") or "")))
    return Cell(value_words(figure), said, kind_of(figure), number=True)


def _map(found: Sequence[Profile], shapes: Mapping[str, Any]) -> Chart:
    """The LSOAs by their tenth of deprivation, where they have one."""
    from lris.reports.charts.deciles import COLOURS

    tenths = [_first(one, Topic.DEPRIVATION, None, ranking="decile") for one in found]
    values = [None if one is None else one["value"] for one in tenths]
    drawn = [
        Shape(
            shapes[one["area"]["code"]],
            "#d9dddd" if value is None else COLOURS[round(value) - 1],
            "missing" if value is None else "observed",
            words=str(at),
        )
        for at, (one, value) in enumerate(zip(found, values, strict=True), 1)
    ]
    there = sorted({round(value) for value in values if value is not None})
    keys = [Key(f"Tenth {tenth}", COLOURS[tenth - 1]) for tenth in there]
    if None in values:
        keys.append(Key("No figure", "#d9dddd", "missing"))
    svg, width = map_chart("blocks-map", drawn, keys)
    words = "; ".join(
        f"{at} {one['area']['name']}: {'no figure' if value is None else f'tenth {value:.0f}'}"
        for at, (one, value) in enumerate(zip(found, values, strict=True), 1)
    )
    return Chart(
        "blocks-map",
        "The LSOAs by tenth of deprivation, 1 the most deprived",
        f"Map of {len(found)} LSOAs by tenth of deprivation. {words}.",
        svg,
        width,
    )


# ---------------------------------------------------------------- an LSOA on a page


def _pages(at: int, profile: Profile) -> Iterator[Part]:
    area = profile["area"]
    yield Part(f"block-{at}", f"{at}. {area['name']}", tuple(_block(at, profile)), opens=True)


def _block(at: int, profile: Profile) -> Iterator[Block]:
    area = profile["area"]
    yield Paragraph(f"{area['vintage']}/{area['code']}", "faint")
    out = profile.get("stands_out")
    if out:
        yield Heading("What stands out")
        sentences = tuple(one["sentence"] for one in out["sentences"][:6])
        if sentences:
            yield Listing(sentences)
        yield Paragraph(f"{out['flagged']} of {out['tested']} figures that can be tested.", "faint")
    yield from _deprivation(at, profile)
    compared = _compared(profile)
    spines = spines_of(
        f"block-{at}-spine", "Beside its peers", compared, area=area["name"], forms=("wide",)
    )
    for spine in islice(spines, 1):
        yield replace(spine, table=None)
    if compared:
        yield Table("Figures", ("What", "Value", "Compared with"), tuple(map(_brief, compared)))


def _brief(figure: Figure) -> tuple[Cell, ...]:
    """A figure on a line or two: its value, its interval, and the verdict beside its district."""
    gap = reason_words(figure)
    value = ", ".join(filter(None, (value_words(figure), interval_words(figure), gap)))
    told = [
        compared_words(one, figure["decimals"])
        for one in figure.get("comparators") or ()
        if one["verdict"] != "not_compared"
    ]
    words, shape = VERDICTS["not_compared"]
    return (
        Cell(f"{figure_name(figure)}, {figure['period']}"),
        Cell(value, "", kind_of(figure), number=True),
        Cell(told[0]) if told else Cell(f"{shape} {words}", "", "not_compared"),
    )


def _deprivation(at: int, profile: Profile) -> Iterator[Block]:
    """The newest domains in tenths, drawn and in words."""
    by_heading: dict[str, list[Figure]] = {}
    for section in profile["sections"]:
        if section["topic"] == Topic.DEPRIVATION:
            for one in section["figures"]:
                if not one.get("folded"):
                    by_heading.setdefault(one.get("heading") or one["name"], []).append(one)
    for heading, ones in by_heading.items():
        chart = tenths_of(f"block-{at}-tenths", heading, ones)
        if chart:
            yield chart
            yield Table(
                heading,
                ("Domain", "In words"),
                tuple((Cell(one["label"]), Cell(_told(one), "", kind_of(one))) for one in ones),
            )
            return


def _told(figure: Figure) -> str:
    return figure.get("words") or reason_words(figure) or value_words(figure)


def _compared(profile: Profile) -> list[Figure]:
    """What can be compared first, then what is neither; no more than fit a page."""
    every = [figure for section in profile["sections"] for figure in section["figures"]]
    shown = [
        one
        for one in newest(every)
        if not one.get("folded")
        and not one.get("ranking")
        and (one.get("area") or {}).get("relation") != "larger"
    ]
    shown.sort(key=lambda one: (not is_compared(one), one.get("polarity") == "none"))
    return shown[:MOST_ROWS]
