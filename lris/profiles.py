"""One neighbourhood on a page: its figures by theme, in words, with every gap named.

A figure is the area's own wherever it is published for it. Where it is not, that of the same ground
under other boundaries is shown, or else that of the smallest larger area the area lies in; both are
labelled with the area they are of, and are never passed off as its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from lris import areas, figures, sites
from lris.catalogue import Catalogue
from lris.catalogue.indicators import Indicator
from lris.catalogue.profiles import Section, Shown
from lris.figures import CONFIDENCE, Contents, Reader
from lris.rules.words import LEVELS, figure_sentence, listed, order_words
from lris.session import Connection
from lris.store import areas as areas_store
from lris.store import deliveries as deliveries_store
from lris.store import releases as store
from lris.terms import AreaCode, Level, Reason, Status, Topic, Viewer

PROFILE = "neighbourhood"

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ground:
    """An area whose figures may be shown, and how it stands to the area looked at."""

    id: int
    vintage: str
    code: str
    name: str
    level: Level
    relation: Literal["own", "same", "larger"]

    @property
    def label(self) -> dict[str, str] | None:
        """Whose figure it is; None for the area's own."""
        if self.relation == "own":
            return None
        return {
            "vintage": self.vintage,
            "code": self.code,
            "name": self.name,
            "level": self.level.value,
            "relation": self.relation,
        }


@dataclass(frozen=True, slots=True)
class _Page:
    """What a profile is made from: the area, its grounds from the nearest outwards, its rows."""

    catalogue: Catalogue
    which: AreaCode
    grounds: Sequence[Ground]
    found: Contents
    rows: Mapping[tuple[str, int], Sequence[Row]]
    elsewhere: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    """By section: levels in words, and what is published for them alone."""


def profile(reader: Reader, viewer: Viewer, which: AreaCode) -> dict[str, Any]:
    """The profile of an area from the newest release. Raises `UnknownName`, `NotPublished`."""
    catalogue = reader.catalogue
    manifest = catalogue.profiles[PROFILE]
    wanted = [name for section in manifest.sections for name in section.indicators]
    with reader.doors.reading(viewer) as connection:
        found = reader.contents(connection, viewer)
        number, described = areas.described(connection, catalogue, which)
        grounds = _grounds(connection, catalogue, number, described)
        ids = [ground.id for ground in grounds]
        rows: dict[tuple[str, int], list[Row]] = {}
        for row in store.figures_of_areas(connection, found.release.number, ids, wanted):
            rows.setdefault((row["indicator"], row["area_id"]), []).append(row)
        loaded = deliveries_store.loaded_places(connection)
        places = sites.of_profile(connection, catalogue, found, number)
    page = _Page(catalogue, which, grounds, found, rows)
    sections = [
        {
            "id": section.id,
            "title": section.title,
            "topic": section.topic.value,
            "figures": list(_figures(page, section)),
        }
        for section in manifest.sections
    ]
    return {
        "area": described,
        "release": found.release.number,
        "published": found.release.sealed_at.isoformat(),
        "sections": sections,
        "gaps": _gaps(page, manifest.sections, sections, described, loaded),
        "sources": _sources(catalogue, sections, fictional=which.is_fictional),
        **places,
    }


# ---------------------------------------------------------------- whose figures


def _grounds(
    connection: Connection, catalogue: Catalogue, number: int, described: Mapping[str, Any]
) -> list[Ground]:
    """The area itself, the same ground in other vintages, and the areas it lies in, smallest first.

    A GSS code is given up when a boundary changes, so that one code is one ground in every vintage
    of its level that has it.
    """
    own = Level(described["level"])
    parents = {parent["code"]: Level(parent["level"]) for parent in described["parents"]}
    found = [Ground(number, described["vintage"], described["code"], described["name"], own, "own")]
    codes = [described["code"], *parents]
    for row in areas_store.areas_called(connection, list(catalogue.vintages), codes):
        level = catalogue.vintage(row["vintage"]).level
        if row["id"] == number:
            continue
        if row["code"] == described["code"] and level is own:
            name = row["name"] or described["name"]
            found.append(Ground(row["id"], row["vintage"], row["code"], name, level, "same"))
        elif parents.get(row["code"]) is level and STEPS.get(level, 0) > STEPS.get(own, NO_STEP):
            name = row["name"] or row["code"]
            found.append(Ground(row["id"], row["vintage"], row["code"], name, level, "larger"))
    nearness = ("own", "same", "larger")
    upwards = list(Level)
    return sorted(
        found, key=lambda one: (nearness.index(one.relation), upwards.index(one.level), one.vintage)
    )


STEPS: Mapping[Level, int] = {
    Level.OA: 1,
    Level.LSOA: 2,
    Level.MSOA: 3,
    Level.WARD: 3,
    Level.LAD: 4,
    Level.HEALTH: 4,
    Level.COUNTY: 5,
    Level.FORCE: 5,
    Level.REGION: 6,
    Level.COUNTRY: 7,
}
"""An area can lie in those of a higher step: a ward in no MSOA, a district in no health area."""

NO_STEP = 99


def _chosen(page: _Page, shown: Shown, name: str) -> tuple[Ground, list[Row]] | None:
    """The nearest ground with figures of an indicator: of its level the newest, by newest areas."""
    if any(row["vintage"] == page.which.vintage for row in page.found.of(name)):
        own = page.grounds[0]
        return own, list(page.rows.get((name, own.id), ()))
    there = [
        (ground, rows)
        for ground in page.grounds
        if (shown.larger or ground.relation != "larger")
        and (rows := _of_categories(page.rows.get((name, ground.id), ()), shown))
    ]
    if not there:
        return None
    first = there[0][0]
    alike = [
        one for one in there if (one[0].relation, one[0].level) == (first.relation, first.level)
    ]
    return max(alike, key=lambda one: (max(row["period_end"] for row in one[1]), one[0].vintage))


def _of_categories(rows: Sequence[Row], shown: Shown) -> list[Row]:
    return [row for row in rows if not shown.categories or row["category"] in shown.categories]


# ---------------------------------------------------------------- figures


def _figures(page: _Page, section: Section) -> Iterator[dict[str, Any]]:
    for shown in section.shows:
        for name, label in shown.named:
            indicator = page.catalogue.indicator(name)
            chosen = _chosen(page, shown, name)
            if chosen is None:
                _tell_levels(page, section, shown, indicator)
                continue
            for figure in _of_ground(page, shown, indicator, *chosen):
                yield {**figure, "label": label or indicator.name}


def _of_ground(
    page: _Page, shown: Shown, indicator: Indicator, ground: Ground, rows: list[Row]
) -> Iterator[dict[str, Any]]:
    declared = [one.id for one in indicator.categories] or [""]
    there = {row["category"] for row in rows}
    for category in shown.categories or [one for one in declared if one in there]:
        mine = [row for row in rows if row["category"] == category]
        for row in _newest(mine, shown):
            yield _figure(page, shown, indicator, ground, row)
        if not mine and ground.relation == "own":
            yield from _missing(page, shown, indicator, ground, category)
    if not rows and not shown.categories and ground.relation == "own":
        yield from _missing(page, shown, indicator, ground, declared[0])


def _newest(rows: list[Row], shown: Shown) -> list[Row]:
    """The newest periods, all as long as the shortest one that ends last: months with months."""
    if not rows:
        return []
    length = _days(rows[0])
    return [row for row in rows if abs(_days(row) - length) <= MONTHS_DIFFER_BY][: shown.periods]


MONTHS_DIFFER_BY = 3
"""Months, and quarters, differ by up to three days in length."""


def _days(row: Row) -> int:
    days: int = (row["period_end"] - row["period_start"]).days
    return days


def _missing(
    page: _Page, shown: Shown, indicator: Indicator, ground: Ground, category: str
) -> Iterator[dict[str, Any]]:
    """A gap for an indicator that other areas of this vintage do have."""
    series = [
        row
        for row in page.found.of(indicator.id)
        if row["vintage"] == ground.vintage and row["category"] == category
    ]
    if series:
        newest = max(series, key=lambda row: (row["period_end"], row["period_start"]))
        nothing = dict.fromkeys(("value", "lower", "upper", "numerator", "denominator"))
        gap = {"status": Status.WITHHELD.value, "reason": Reason.NO_DATA.value}
        row = {**newest, **nothing, **gap, "denominator_words": None}
        yield _figure(page, shown, indicator, ground, row)


def _figure(
    page: _Page, shown: Shown, indicator: Indicator, ground: Ground, row: Row
) -> dict[str, Any]:
    columns = ("value", "lower", "upper", "numerator", "denominator", "status", "reason")
    value, order = row["value"], indicator.ranking.order if indicator.ranking else None
    return {
        "indicator": indicator.id,
        "name": indicator.name,
        "heading": shown.heading,
        "folded": shown.folded,
        "category": row["category"],
        "category_name": indicator.category_name(row["category"]),
        "period": row["period"],
        "unit": indicator.unit,
        "decimals": indicator.decimals,
        **{name: row[name] for name in columns},
        "confidence": None if row["lower"] is None else CONFIDENCE,
        "denominator_words": row["denominator_words"],
        "area": ground.label,
        "ranking": order.kind if order else None,
        "words": order_words(value, order) if order and value is not None else None,
        "sentence": figure_sentence(
            row,
            unit=indicator.unit,
            decimals=indicator.decimals,
            period=row["period"],
            order=order,
            area=_of_whom(page.catalogue, ground),
        ),
        "sources": list(row["sources"]),
    }


def _of_whom(catalogue: Catalogue, ground: Ground) -> str:
    """Whose figure it is, in words; "" for the area's own."""
    if ground.relation == "own":
        return ""
    if ground.relation == "same":
        return f"by {catalogue.vintage(ground.vintage).name}, where the boundary is the same"
    return f"all of {ground.name} ({LEVELS[ground.level][0]})"


# ---------------------------------------------------------------- gaps and sources


def _tell_levels(page: _Page, section: Section, shown: Shown, indicator: Indicator) -> None:
    """Remember an indicator that is published, but for areas of other levels alone.

    What only larger areas can have is no gap of this one.
    """
    if not shown.larger:
        return
    series = page.found.of(indicator.id)
    levels = {page.catalogue.vintage(row["vintage"]).level for row in series} - {Level.CUSTOM}
    if levels:
        many = listed([LEVELS[level][1] for level in Level if level in levels])
        names = page.elsewhere.setdefault(section.id, {}).setdefault(many, [])
        name = shown.heading or indicator.name
        if name not in names:
            names.append(name)


def _gaps(
    page: _Page,
    sections: tuple[Section, ...],
    filled: list[dict[str, Any]],
    described: Mapping[str, Any],
    loaded: Mapping[str, str],
) -> list[dict[str, str]]:
    """What a theme lacks, in sentences: it all, the area's own figures, or some of other levels."""
    own = {described["code"], *(parent["code"] for parent in described["parents"])}
    told = {
        gap.topic: gap.sentence
        for name in loaded
        if name in page.catalogue.places
        and own & {part.partition("/")[2] for part in page.catalogue.places[name].within}
        for gap in page.catalogue.places[name].gaps
    }
    return [
        {"topic": section.topic.value, "sentence": sentence}
        for section, one in zip(sections, filled, strict=True)
        for sentence in _lacks(page, section, one["figures"], described, told)
    ]


def _lacks(
    page: _Page,
    section: Section,
    shown: Sequence[Mapping[str, Any]],
    described: Mapping[str, Any],
    told: Mapping[Topic, str],
) -> Iterator[str]:
    topic = section.topic.value
    given = [figure for figure in shown if figure["value"] is not None]
    if not given:
        nothing = f"No figures about {topic} are published for areas of {described['vintage']}."
        yield told.get(section.topic, nothing)
    elif all((figure["area"] or {}).get("relation") == "larger" for figure in given):
        yield (
            f"Nothing about {topic} is published for {described['name']} itself: the figures are of"
            " the larger areas named with them."
        )
    yield from _undivided(page, section)
    for levels, names in page.elsewhere.get(section.id, {}).items():
        mine = LEVELS[described["level"]][1]
        where = f"for other {mine} alone" if levels == mine else f"for {levels}, not for {mine}"
        yield f"Published {where}, and never averaged or handed down: {'; '.join(names)}."


def _undivided(page: _Page, section: Section) -> Iterator[str]:
    """What is counted, but not told because nothing is loaded that it could be divided by."""
    delivered = {
        name for rows in page.found.series.values() for row in rows for name in row["sources"]
    }
    for shown in section.shows:
        for name, _ in shown.named:
            one = page.catalogue.indicator(name)
            counted = one.numerator.source in delivered
            if counted and one.divides and not page.found.of(one.id):
                titles = {page.catalogue.source(below.source).title for below in one.denominators}
                wanted = listed(sorted(titles))
                yield f"{one.name}: nothing to divide by is loaded, such as {wanted}."


def _sources(
    catalogue: Catalogue, sections: list[dict[str, Any]], *, fictional: bool
) -> list[dict[str, Any]]:
    periods: dict[str, list[str]] = {}
    for section in sections:
        for figure in section["figures"]:
            for name in figure["sources"]:
                periods.setdefault(name, []).append(figure["period"])
    return [
        {
            **figures.source_card(catalogue, name, fictional=fictional),
            "periods": sorted(set(used)),
        }
        for name, used in periods.items()
    ]
