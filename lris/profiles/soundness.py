"""How sound a page is, in sentences: what is whole, what is not and why, and what came late."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from lris.catalogue import Catalogue
from lris.figures import Contents, count_kinds
from lris.quality import timeliness
from lris.rules.thresholds import Verdict
from lris.rules.words import GAPS, listed
from lris.session import Connection
from lris.store import deliveries as deliveries_store
from lris.terms import Status

MOST_NAMED = 4

Shown = Sequence[Mapping[str, Any]]


def quality_of(shown: Shown, late: Mapping[str, str]) -> list[str]:
    """Sentences on the figures of the area itself, and on the sources of everything shown."""
    own = [one for one in shown if (one["area"] or {}).get("relation") != "larger"]
    sources = dict.fromkeys(name for one in shown for name in one["sources"])
    return [
        *_kinds(own),
        *_reasons(own),
        *_periods(own),
        *(late[name] for name in sources if name in late),
    ]


def _kinds(own: Shown) -> Iterator[str]:
    if not own:
        yield "No figure shown is of the area itself."
        return
    counted = count_kinds(own)
    told = [f"{number} {kind}" for kind, number in counted.items() if number]
    many = "figure" if len(own) == 1 else "figures"
    yield f"Of the area itself {len(own)} {many} stand here: {listed(told)}."


def _reasons(own: Shown) -> Iterator[str]:
    """What is not whole, by its status and reason, and which figures that is."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for one in own:
        if one["status"] != Status.OBSERVED:
            what = f"{one['name']} ({one['period']})"
            found.setdefault((one["status"], one["reason"] or ""), {})[what] = None
    for (status, reason), names in found.items():
        words = f", {GAPS.get(reason, reason)}" if reason else ""
        yield f"{status.capitalize()}{words}: {_some(names)}."


def _some(names: Iterable[str]) -> str:
    told = list(names)
    if len(told) <= MOST_NAMED + 1:
        return listed(told)
    return f"{', '.join(told[:MOST_NAMED])} and {len(told) - MOST_NAMED} more"


def _periods(own: Shown) -> Iterator[str]:
    """Which periods of a trend are not whole; of each indicator the first category speaks.

    Of what is withheld in every period the figure itself says all.
    """
    spoken = set()
    for one in own:
        if one["trend"] is None or one["indicator"] in spoken:
            continue
        spoken.add(one["indicator"])
        periods = one["trend"]["periods"]
        broken = [
            each["period"]
            for each in periods
            if each["status"] in (Status.INCOMPLETE, Status.WITHHELD)
        ]
        nothing = all(each["status"] == Status.WITHHELD for each in periods)
        if broken and len(periods) > 1 and not nothing:
            are = "is" if len(broken) == 1 else "are"
            yield (
                f"{one['name']}: of the {len(periods)} periods published {_some(broken)} {are} not"
                " whole, and not part of its trend."
            )


def late_sources(connection: Connection, catalogue: Catalogue, found: Contents) -> dict[str, str]:
    """By source what its deliveries lack on the day the release was sealed: a period, or rows."""
    numbers = {n for rows in found.series.values() for row in rows for n in row["deliveries"]}
    by_source: dict[str, list[Mapping[str, Any]]] = {}
    for one in deliveries_store.visible_deliveries(connection, sorted(numbers)):
        by_source.setdefault(one["source"], []).append(one)
    told = {}
    for name, facts in by_source.items():
        source = catalogue.sources.get(name)
        if source is None:
            continue
        newest = timeliness(source, facts, found.release.sealed_at.date())
        aside = sum(one["quarantined"] for one in facts)
        parts = [newest.sentence] if newest.verdict is Verdict.LOOK else []
        parts += [f"{aside:,} of its rows are set aside"] if aside else []
        if parts:
            told[name] = f"{source.title}: {'; '.join(parts)}."
    return told
