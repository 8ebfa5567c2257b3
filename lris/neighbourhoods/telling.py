"""What there is to say of a neighbourhood: its name, its blocks, how they fit, what is lost."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from lris.catalogue import Catalogue
from lris.profiles.choosing import Entry, entries_of
from lris.profiles.pages import PROFILE, Always
from lris.rules.words import LEVELS, figure_sentence, place_name
from lris.session import Connection
from lris.store import areas as areas_store
from lris.store import neighbourhoods as store
from lris.store.neighbourhoods import Neighbourhood
from lris.summing import Summed
from lris.terms import Level, fictional_land

FEW_PEOPLE = 1_000
FEW_BLOCKS = 3

SMALL = (
    f"Fewer than {FEW_BLOCKS} blocks and fewer than {FEW_PEOPLE:,} residents: shown because every"
    " figure added up here is open data for its blocks already."
)

NOT_KEPT = "The line that was drawn is not kept."

Row = Mapping[str, Any]


def described_as(
    connection: Connection, catalogue: Catalogue, made: Neighbourhood, own: Sequence[Row]
) -> dict[str, Any]:
    """What there is to say of a neighbourhood, as `lris.areas.described` says it of an area."""
    ids = [row["id"] for row in own]
    found = store.parents_of_blocks(connection, ids)
    also = areas_store.aliases_of(connection, [row["id"] for row in found])
    edition = areas_store.published_editions(connection).get(made.vintage)
    parents = [
        {
            "vintage": row["vintage"],
            "code": row["code"],
            "name": place_name(row["name"] or row["code"]),
            "aliases": also.get(row["id"], {}),
            "level": catalogue.vintage(row["vintage"]).level.value,
            "exact": row["exact"],
        }
        for row in found
        if row["vintage"] in catalogue.vintages
        and catalogue.vintage(row["vintage"]).level is not catalogue.vintage(made.vintage).level
    ]
    return {
        "code": made.token,
        "vintage": made.vintage,
        "name": made.name or _plain_name(catalogue, made, parents),
        "aliases": {},
        "level": Level.CUSTOM.value,
        "fictional": all(fictional_land(row["code"]) for row in own),
        "id": 0,
        "edition": edition.number if edition else None,
        "grade": edition.grade if edition else None,
        "parents": parents,
    }


def _plain_name(catalogue: Catalogue, made: Neighbourhood, parents: Sequence[Row]) -> str:
    one, many = LEVELS[catalogue.vintage(made.vintage).level]
    number = len(made.own)
    within = [row["name"] for row in parents if row["level"] == Level.LAD]
    place = f" in {within[-1]}" if within else ""
    return f"{number:,} {one if number == 1 else many}{place}"


def finished(page: dict[str, Any], catalogue: Catalogue, summed: Summed) -> dict[str, Any]:
    """The page with summaries of ranks in their places, and the ranks themselves told as a gap."""
    entries = entries_of(catalogue, catalogue.profiles[PROFILE])
    order = {
        (one.section.id, one.indicator.id, one.shown.heading): at for at, one in enumerate(entries)
    }
    summaries = [
        (entry.section.id, _summary(entry, row))
        for entry in entries
        for row in summed.summaries
        if row["indicator"] == entry.indicator.id
    ]
    sections, gaps = [], list(page["gaps"])
    for section in page["sections"]:
        mine = [figure for where, figure in summaries if where == section["id"]]
        figures = sorted(
            [*section["figures"], *mine],
            key=lambda one: order[section["id"], one["indicator"], one["heading"]],
        )
        sections.append({**section, "figures": figures})
        lost = _lost([one for one in entries if one.section.id == section["id"]], summed.left_out)
        if lost:
            sentence = f"{NOT_ADDED}: {'; '.join(lost)}."
            gaps.append({"topic": section["topic"], "sentence": sentence})
    return {**page, "sections": sections, "gaps": gaps}


def _lost(entries: Sequence[Entry], left_out: Collection[str]) -> list[str]:
    """What of a section is left out: under their heading where all below it is, else by name."""
    names: dict[str, None] = {}
    for entry in entries:
        if entry.indicator.id in left_out:
            together = set(entry.shown.indicators) <= set(left_out) and entry.shown.heading
            names[together or entry.indicator.name] = None
    return list(names)


def _summary(entry: Entry, row: Row) -> dict[str, Any]:
    """A summary of ranks or scores as a figure of the page; it is held against nothing."""
    always = Always.of(entry, {**row, "denominator": row["denominator_words"]})
    columns = ("value", "lower", "upper", "numerator", "denominator", "status", "reason")
    return {
        **always.keys,
        **{name: row[name] for name in columns},
        "confidence": None,
        "area": None,
        "words": None,
        "sentence": figure_sentence(
            row, unit=entry.indicator.unit, decimals=entry.indicator.decimals, period=row["period"]
        ),
        "comparators": [],
        "rank": None,
        "spread": None,
        "trend": None,
    }


NOT_ADDED = "Ranks, deciles, scores, indices and medians are not added up from blocks, nor averaged"


def with_blocks(
    page: dict[str, Any],
    made: Neighbourhood,
    blocks: Sequence[Row],
    people: Mapping[int, float],
) -> dict[str, Any]:
    """The page with its token, the blocks that were looked at, and how well those taken fit."""
    rows = {row["id"]: row for row in blocks}
    told = [
        {
            "vintage": made.vintage,
            "code": rows[one]["code"],
            "name": rows[one]["name"] or rows[one]["code"],
            "taken": is_taken,
            "ground_inside": inside,
            "people_inside": None,
            "residents": people.get(one),
        }
        for one, is_taken, inside in zip(made.blocks, made.taken, made.inside, strict=True)
    ]
    residents = [one["residents"] for one in told if one["taken"]]
    whole = sum(residents) if all(one is not None for one in residents) else None
    return {
        **page,
        "token": made.token,
        "address": f"/profiles/own/{made.token}",
        "blocks": told,
        "degree_of_fit": {
            "covered": made.covered,
            "outside": made.outside,
            "taken": len(made.own),
            "touched": len(made.blocks),
            "residents": whole,
            "words": _fit_words(made, whole),
        },
    }


def _fit_words(made: Neighbourhood, residents: float | None) -> str:
    number = len(made.own)
    blocks = "1 block" if number == 1 else f"{number:,} blocks"
    if made.made_from == "polygon":
        said = (
            f"{blocks} taken whole, of {len(made.blocks):,} that the line touches. They cover"
            f" {_percent(made.covered)} of the ground drawn; {_percent(made.outside)} of their own"
            f" ground lies outside the line. {NOT_KEPT}"
        )
    elif made.made_from == "codes":
        said = f"{blocks}, as named: nothing was drawn that they could fit badly."
    else:
        said = f"{blocks}: those that the postcodes lie in, each taken whole."
    small = number < FEW_BLOCKS and residents is not None and residents < FEW_PEOPLE
    return f"{said} {SMALL}" if small else said


def _percent(share: float | None) -> str:
    return f"{100 * (share or 0):.0f} %"
