"""One neighbourhood on a page: its figures by theme, in words, with every gap named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lris import areas, figures
from lris.catalogue import Catalogue
from lris.catalogue.indicators import Indicator
from lris.catalogue.profiles import Section, Shown
from lris.figures import Contents, Reader
from lris.rules.words import figure_sentence
from lris.store import deliveries as deliveries_store
from lris.store import releases as store
from lris.terms import AreaCode, Reason, Status, Viewer

PROFILE = "neighbourhood"

Row = Mapping[str, Any]


def profile(reader: Reader, viewer: Viewer, which: AreaCode) -> dict[str, Any]:
    """The profile of an area from the newest release. Raises `UnknownName`, `NotPublished`."""
    catalogue = reader.catalogue
    manifest = catalogue.profiles[PROFILE]
    with reader.doors.reading(viewer) as connection:
        found = reader.contents(connection, viewer)
        number, described = areas.described(connection, catalogue, which)
        rows = store.figures_of_area(connection, found.release.number, number)
        loaded = deliveries_store.loaded_places(connection)
    by_indicator: dict[str, list[Row]] = {}
    for row in rows:
        by_indicator.setdefault(row["indicator"], []).append(row)
    sections = [
        {
            "id": section.id,
            "title": section.title,
            "topic": section.topic.value,
            "figures": list(_figures(catalogue, section, found, by_indicator, which)),
        }
        for section in manifest.sections
    ]
    return {
        "area": described,
        "release": found.release.number,
        "published": found.release.sealed_at.isoformat(),
        "sections": sections,
        "gaps": _gaps(catalogue, manifest.sections, sections, described, loaded),
        "sources": _sources(catalogue, sections),
    }


def _figures(
    catalogue: Catalogue,
    section: Section,
    found: Contents,
    by_indicator: Mapping[str, list[Row]],
    which: AreaCode,
) -> Iterator[dict[str, Any]]:
    for shown in section.shows:
        indicator = catalogue.indicator(shown.indicator)
        rows = by_indicator.get(shown.indicator, [])
        for category in shown.categories or tuple(dict.fromkeys(r["category"] for r in rows)):
            mine = [row for row in rows if row["category"] == category]
            for row in _newest(mine, shown):
                yield _figure(indicator, row)
            if not mine:
                yield from _missing(indicator, category, found, which)
        if not rows and not shown.categories:
            yield from _missing(indicator, "", found, which)


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
    indicator: Indicator, category: str, found: Contents, which: AreaCode
) -> Iterator[dict[str, Any]]:
    """A gap for an indicator that other areas of this vintage do have."""
    series = [
        row
        for row in found.of(indicator.id)
        if row["vintage"] == which.vintage and row["category"] == category
    ]
    if series:
        newest = max(series, key=lambda row: (row["period_end"], row["period_start"]))
        nothing = dict.fromkeys(("value", "lower", "upper", "numerator", "denominator"))
        gap = {"status": Status.WITHHELD.value, "reason": Reason.NO_DATA.value}
        yield _figure(indicator, {**newest, **nothing, **gap, "denominator_words": None})


def _figure(indicator: Indicator, row: Row) -> dict[str, Any]:
    names = {one.id: one.name for one in indicator.categories}
    columns = ("value", "lower", "upper", "numerator", "denominator", "status", "reason")
    return {
        "indicator": indicator.id,
        "name": indicator.name,
        "category": row["category"],
        "category_name": names.get(row["category"], ""),
        "period": row["period"],
        "unit": indicator.unit,
        **{name: row[name] for name in columns},
        "denominator_words": row["denominator_words"],
        "sentence": figure_sentence(
            row, unit=indicator.unit, decimals=indicator.decimals, period=row["period"]
        ),
        "sources": list(row["sources"]),
    }


def _gaps(
    catalogue: Catalogue,
    sections: tuple[Section, ...],
    filled: list[dict[str, Any]],
    described: Mapping[str, Any],
    loaded: Mapping[str, str],
) -> list[dict[str, str]]:
    """A sentence for each theme without any figure: the place's own, or that none is loaded."""
    own = {described["code"], *(parent["code"] for parent in described["parents"])}
    told = {
        gap.topic: gap.sentence
        for name in loaded
        if name in catalogue.places
        and own & {part.partition("/")[2] for part in catalogue.places[name].within}
        for gap in catalogue.places[name].gaps
    }
    return [
        {
            "topic": section.topic.value,
            "sentence": told.get(
                section.topic,
                f"No figures about {section.topic.value} are published for areas of"
                f" {described['vintage']}.",
            ),
        }
        for section, one in zip(sections, filled, strict=True)
        if not any(figure["value"] is not None for figure in one["figures"])
    ]


def _sources(catalogue: Catalogue, sections: list[dict[str, Any]]) -> list[dict[str, Any]]:
    periods: dict[str, list[str]] = {}
    for section in sections:
        for figure in section["figures"]:
            for name in figure["sources"]:
                periods.setdefault(name, []).append(figure["period"])
    return [
        {**figures.source_card(catalogue, name), "periods": sorted(set(used))}
        for name, used in periods.items()
    ]
