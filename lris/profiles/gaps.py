"""What a theme lacks, in sentences, and where the figures that it has come from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lris import figures
from lris.catalogue import Catalogue
from lris.catalogue.profiles import Section
from lris.figures import Contents
from lris.profiles.choosing import Entry
from lris.profiles.grounds import NO_STEP, STEPS
from lris.rules.words import LEVELS, listed
from lris.terms import Level, Topic

Elsewhere = dict[str, dict[str, list[str]]]
"""By section: levels in words, and what is published for them alone."""


def tell_levels(
    catalogue: Catalogue, found: Contents, entry: Entry, vintage: str, elsewhere: Elsewhere
) -> None:
    """Remember an indicator that is published, but for areas of other levels alone.

    What only areas larger than those of the vintage can have is no gap of theirs.
    """
    series = found.of(entry.indicator.id)
    levels = {catalogue.vintage(row["vintage"]).level for row in series} - {Level.CUSTOM}
    own = STEPS.get(catalogue.vintage(vintage).level, NO_STEP)
    if not entry.shown.larger and all(STEPS.get(level, NO_STEP) > own for level in levels):
        return
    if levels:
        many = listed([LEVELS[level][1] for level in Level if level in levels])
        names = elsewhere.setdefault(entry.section.id, {}).setdefault(many, [])
        name = entry.shown.heading or entry.indicator.name
        if name not in names:
            names.append(name)


def gaps_of(
    sections: Sequence[Section],
    filled: Sequence[Mapping[str, Any]],
    described: Mapping[str, Any],
    told: Mapping[Topic, str],
    undivided: Mapping[str, Sequence[str]],
    elsewhere: Elsewhere,
) -> list[dict[str, str]]:
    """What a theme lacks, in sentences: it all, the area's own figures, or some of other levels."""
    return [
        {"topic": section.topic.value, "sentence": sentence}
        for section, one in zip(sections, filled, strict=True)
        for sentence in (
            *_lacks(section, one["figures"], described, told),
            *undivided[section.id],
            *_of_others(elsewhere.get(section.id, {}), described),
        )
    ]


def known_gaps(
    catalogue: Catalogue, loaded: Mapping[str, str], described: Mapping[str, Any]
) -> dict[Topic, str]:
    """What the manifests of the places that an area belongs to say they lack."""
    own = {described["code"], *(parent["code"] for parent in described["parents"])}
    return {
        gap.topic: gap.sentence
        for name in loaded
        if name in catalogue.places
        and own & {part.partition("/")[2] for part in catalogue.places[name].within}
        for gap in catalogue.places[name].gaps
    }


def _lacks(
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


def _of_others(elsewhere: Mapping[str, list[str]], described: Mapping[str, Any]) -> Iterator[str]:
    for levels, names in elsewhere.items():
        mine = LEVELS[described["level"]][1]
        where = f"for other {mine} alone" if levels == mine else f"for {levels}, not for {mine}"
        yield f"Published {where}, and never averaged or handed down: {'; '.join(names)}."


def undivided_of(
    catalogue: Catalogue, found: Contents, sections: Sequence[Section]
) -> dict[str, list[str]]:
    """By section what is counted, but not told because what it is set beside is not loaded.

    Of what only larger areas can have nothing is said: it would be said on the page of every LSOA.
    """
    delivered = {name for rows in found.series.values() for row in rows for name in row["sources"]}
    return {
        section.id: [
            sentence
            for shown in section.shows
            if shown.larger
            for name, _ in shown.named
            for sentence in _undivided(catalogue, found, delivered, name)
        ]
        for section in sections
    }


def _undivided(
    catalogue: Catalogue, found: Contents, delivered: set[str], name: str
) -> Iterator[str]:
    one = catalogue.indicator(name)
    if one.numerator.source not in delivered or found.of(one.id):
        return
    if one.denominators and one.divides:
        titles = {catalogue.source(below.source).title for below in one.denominators}
        yield f"{one.name}: nothing to divide by is loaded, such as {listed(sorted(titles))}."
    elif one.beside == "year_before":
        yield f"{one.name}: the same months of the year before are not loaded."
    elif one.parts:
        months = f", or not for {one.fewest_months} months" if one.fewest_months > 1 else ""
        yield f"{one.name}: not all that it is made of is loaded{months}."


def sources_of(
    catalogue: Catalogue, sections: Sequence[Mapping[str, Any]], *, fictional: bool
) -> list[dict[str, Any]]:
    """Every source of the figures shown, on what terms, and for which periods."""
    periods: dict[str, set[str]] = {}
    for section in sections:
        for figure in section["figures"]:
            for name in figure["sources"]:
                periods.setdefault(name, set()).add(figure["period"])
    return [
        {**figures.source_card(catalogue, name, fictional=fictional), "periods": sorted(used)}
        for name, used in periods.items()
    ]
