"""The quality card of a delivery: how complete, how well placed, how timely, how like its history.

Every aspect is a verdict in words with the sentence and the numbers it rests on, beside a threshold
that the source's manifest states, or the usual one. There is no score.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from lris.catalogue import Catalogue
from lris.catalogue.sources import DAYS_BETWEEN, SourceManifest
from lris.errors import FileFault, NotPublished, UnknownName
from lris.figures import Reader
from lris.rules.history import Against, Judgement, judge
from lris.rules.thresholds import Finding, Verdict, at_least, at_most, together
from lris.session import Connection, Doors
from lris.store import deliveries as store
from lris.store import incidents as incidents_store
from lris.store.engine import access_number
from lris.terms import PLACED_ROUTES, Period, Route, Viewer

if TYPE_CHECKING:
    from lris.loading.delivery import DeliveryReport

Facts = Mapping[str, Any]
"""A delivery as stored: its columns, what was measured of it, and how its rows were placed."""

TOLD = (
    *("id", "partition", "period_start", "period_end", "loaded_at", "rows_read", "loaded"),
    *("quarantined", "rows_skipped", "unplaced"),
)


# ---------------------------------------------------------------- for whoever runs the machine


def cards(
    doors: Doors,
    catalogue: Catalogue,
    source: str | None = None,
    *,
    delivery: int | None = None,
    today: date,
) -> list[dict[str, Any]]:
    """The card of every source with deliveries, or of one; every current delivery, or one."""
    chosen = [catalogue.source(source)] if source else list(catalogue.sources.values())
    with doors.inspecting() as connection:
        found = [(one, facts) for one in chosen if (facts := _facts_of_source(connection, one.id))]
    if delivery is not None:
        found = [(one, facts) for one, facts in found if any(f["id"] == delivery for f in facts)]
        if not found:
            raise UnknownName(
                f"there is no current delivery {delivery}" + (f" of {source}" if source else ""),
                remedy="see lris status --json, which has their numbers",
            )
    made = [_card(one, facts, today) for one, facts in found]
    if delivery is not None:
        for card in made:
            card["deliveries"] = [one for one in card["deliveries"] if one["id"] == delivery]
    return made


def _facts_of_source(connection: Connection, source: str) -> list[Facts]:
    deliveries = store.current_deliveries(connection, source)
    routes = incidents_store.tallies(connection, [one.id for one in deliveries])
    return [
        {
            **{item.name: getattr(one, item.name) for item in fields(one)},
            "routes": routes.get(one.id, {}),
        }
        for one in deliveries
    ]


# ---------------------------------------------------------------- for whoever asks over HTTP


def visible_sources(reader: Reader, viewer: Viewer, *, today: date) -> list[dict[str, Any]]:
    """The sources that a viewer may see, each with what there is of it in the newest release."""
    made = []
    for source, facts in _published(reader, viewer):
        card = _card(source, facts, today)
        del card["deliveries"]
        made.append({**card, "deliveries": len(facts)})
    return made


def visible_source(
    reader: Reader, viewer: Viewer, source_id: str, *, today: date
) -> dict[str, Any]:
    """The card of one source: of the deliveries that the newest release rests on.

    Raises `UnknownName` for one that is not there, and in the same words for one that the viewer
    may not see.
    """
    published = {source.id: (source, facts) for source, facts in _published(reader, viewer)}
    if source_id not in published:
        raise UnknownName(
            f"there is no source {source_id!r}", remedy=f"the sources are: {', '.join(published)}"
        )
    return _card(*published[source_id], today)


def _published(reader: Reader, viewer: Viewer) -> list[tuple[SourceManifest, list[Facts]]]:
    with reader.doors.reading(viewer) as connection:
        facts = store.visible_deliveries(connection, _released(reader, connection, viewer))
    return [
        (source, [one for one in facts if one["source"] == source.id])
        for source in reader.catalogue.sources.values()
        if access_number(source.access) <= access_number(viewer.access)
    ]


def _released(reader: Reader, connection: Connection, viewer: Viewer) -> list[int]:
    """The deliveries that the newest release rests on, as far as the viewer may see its figures."""
    try:
        held = reader.contents(connection, viewer)
    except NotPublished:
        return []
    return sorted({n for rows in held.series.values() for row in rows for n in row["deliveries"]})


# ---------------------------------------------------------------- the card


def _card(source: SourceManifest, deliveries: Sequence[Facts], today: date) -> dict[str, Any]:
    newest = timeliness(source, deliveries, today)
    made = [_delivery_card(source, one, deliveries) for one in reversed(deliveries)]
    look = [one for one in made if one["status"].startswith(Verdict.LOOK)]
    return {
        "id": source.id,
        "title": source.title,
        "kind": source.kind,
        "topic": source.topic.value,
        "publisher": source.publisher,
        "licence": source.licence,
        "homepage": source.homepage,
        "refresh": source.refresh,
        "precision": source.precision,
        "caveats": list(source.caveats),
        "status": _status(newest, len(look), len(made)),
        "timeliness": asdict(newest),
        "thresholds": source.quality.model_dump(),
        "deliveries": made,
    }


def _status(newest: Finding, look: int, all_of_them: int) -> str:
    if not all_of_them:
        return str(Verdict.UNKNOWN)
    parts = [f"{look:,} of {all_of_them:,} deliveries"] if look else []
    parts += ["timeliness"] if newest.verdict is Verdict.LOOK else []
    return f"{Verdict.LOOK}: {', '.join(parts)}" if parts else str(Verdict.EXPECTED)


def _delivery_card(source: SourceManifest, one: Facts, others: Sequence[Facts]) -> dict[str, Any]:
    found = [
        *completeness(source, one),
        *placement(source, one),
        *repetition(source, one),
        *delay(source, one),
        *history(source, one, _earlier(source, one, others)),
    ]
    return {
        **{name: one[name] for name in TOLD},
        "status": together(found),
        "findings": [asdict(finding) for finding in found],
    }


def completeness(source: SourceManifest, one: Facts) -> Iterator[Finding]:
    """Blank cells by column, cells withheld, rows set aside, rows left out."""
    quality, measured = source.quality, one["measured"]
    yield at_most(
        "set aside", one["quarantined"], one["rows_read"], quality.most_set_aside, "rows set aside"
    )
    if one["rows_skipped"]:
        words = f"{one['rows_skipped']:,} of {one['rows_read']:,} rows say nothing of their own"
        yield Finding("left out", Verdict.EXPECTED, words, {"rows": one["rows_skipped"]})
    for column, blank in sorted(measured.get("blank", {}).items()):
        most = quality.most_blank_in.get(column, quality.most_blank)
        whole = one["loaded"] - one["rows_skipped"]
        yield at_most("completeness", blank, whole, most, f"blank in {column!r}", column=column)
    if one["cells_read"]:
        yield at_most(
            "withheld",
            one["cells_withheld"] or 0,
            one["cells_read"] - (one["cells_blank"] or 0),
            quality.most_withheld,
            "values withheld by the publisher",
            reasons=measured.get("withheld", {}),
        )


def placement(source: SourceManifest, one: Facts) -> Iterator[Finding]:
    """Rows placed in each vintage and how, rows without a location, and how precise points are."""
    quality, measured = source.quality, one["measured"]
    for vintage, routes in sorted((one["routes"] or {}).items()):
        placed = sum(routes.get(way, 0) for way in PLACED_ROUTES)
        yield at_least(
            "placement",
            placed,
            sum(routes.values()),
            quality.least_placed,
            f"rows placed in {vintage}",
            routes=routes,
            without_location=routes.get(Route.NO_LOCATION, 0),
        )
    if "compared" in measured:
        agreeing = measured["compared"] - measured["disagreeing"]
        yield at_least(
            "agreement",
            agreeing,
            measured["compared"],
            quality.least_agreeing,
            "points that lie in the area their code names",
        )
    if measured.get("points"):
        yield _precision(measured)


def _precision(measured: Facts) -> Finding:
    points, different = measured["points"], measured["different_points"]
    lattice = max(
        (int(m) for m, on in measured["on_lattice_m"].items() if on >= 0.99 * points), default=0
    )
    words = f"{points:,} points at {different:,} different places, {points / different:.1f} a place"
    if lattice:
        words += f"; the coordinates are whole multiples of {lattice:,} m"
    numbers = {"points": points, "different": different, "lattice_m": lattice or None}
    return Finding("precision", Verdict.EXPECTED, words, numbers)


def repetition(source: SourceManifest, one: Facts) -> Iterator[Finding]:
    """Rows that are like another in every column, and references that were given before."""
    measured = one["measured"]
    if "repeated_rows" in measured:
        yield at_most(
            "repetition",
            measured["repeated_rows"],
            one["loaded"],
            source.quality.most_repeated,
            "rows like an earlier one in every column",
            references=measured["repeated_references"],
        )


def delay(source: SourceManifest, one: Facts) -> Iterator[Finding]:
    """How long after the end of its period a delivery was loaded."""
    ended = _period_end(one)
    if ended is None:
        return
    days = (one["loaded_at"].date() - ended).days
    words = f"loaded {days:,} days after its period ended"
    yield Finding("delay", Verdict.EXPECTED, words, {"days": days})


def _period_end(one: Facts) -> date | None:
    """The end of the period a delivery is of: of its month, even if its last days are empty."""
    start: date | None = one["period_start"]
    end: date | None = one["period_end"]
    if start and end and f"{start:%Y-%m}" in one["partition"]:
        return max(end, Period.month(start.year, start.month).end)
    return end


def timeliness(source: SourceManifest, deliveries: Sequence[Facts], today: date) -> Finding:
    """Whether a later period should have come by now, from the refresh that the manifest states."""
    ends = [ended for one in deliveries if (ended := _period_end(one))]
    between = DAYS_BETWEEN[source.refresh]
    if not ends:
        words = "nothing of it has a period, or nothing is there"
        return Finding("timeliness", Verdict.UNKNOWN, words)
    newest = max(ends)
    if between is None:
        words = f"it is published once; the newest period ended on {newest:%-d %B %Y}"
        return Finding("timeliness", Verdict.EXPECTED, words, {"newest": newest})
    due = newest + timedelta(days=between + source.quality.lag_days)
    numbers = {"newest": newest, "due": due, "days_overdue": max(0, (today - due).days)}
    words = f"it is {source.refresh}; the newest period ended on {newest:%-d %B %Y}"
    if today > due:
        words += f", and a later one was expected by {due:%-d %B %Y}"
        return Finding("timeliness", Verdict.LOOK, words, numbers)
    return Finding("timeliness", Verdict.EXPECTED, words, numbers)


# ---------------------------------------------------------------- history


def history(source: SourceManifest, one: Facts, earlier: Sequence[Facts]) -> list[Finding]:
    """The count of a delivery, and of each of its categories, beside earlier periods of its series.

    `earlier` are the newest first. A category that all of them had and this one lacks has vanished.
    """
    if one["period_start"] is None or source.refresh == "once":
        return []
    quality = source.quality

    def judged(count: int, before: Iterable[float]) -> Judgement:
        counts = list(before)[: quality.most_history]
        return judge(count, counts, band=quality.band, least_history=quality.least_history)

    whole = judged(one["loaded"], (other["loaded"] for other in earlier))
    found = [_judged("history", "rows", whole)]
    now = one["measured"].get("categories", {})
    then = [other["measured"].get("categories", {}) for other in earlier]
    for category in sorted({*now, *(word for words in then for word in words)}):
        of_it = judged(now.get(category, 0), (words.get(category, 0) for words in then))
        if of_it.is_outside:
            found.append(_judged("history of categories", f"{category}: rows", of_it))
    return found


def _judged(aspect: str, what: str, one: Judgement) -> Finding:
    numbers = {**asdict(one), "what": what}
    if one.against is Against.UNKNOWN:
        words = (
            f"{what}: {one.count:,}; {one.periods:,} earlier periods are too few to tell whether"
            " that is usual"
        )
        return Finding(aspect, Verdict.UNKNOWN, words, numbers)
    words = (
        f"{what}: {one.count:,}, {one.against}: the median of {one.periods:,} earlier periods is"
        f" {one.median:,.0f}, and {one.least:,.0f} to {one.most:,.0f} would be usual"
    )
    verdict = Verdict.LOOK if one.is_outside else Verdict.EXPECTED
    return Finding(aspect, verdict, words, numbers)


def _earlier(source: SourceManifest, one: Facts, others: Sequence[Facts]) -> list[Facts]:
    """The deliveries of the same series with an earlier period, the newest first."""
    if not one["series"] or one["period_start"] is None:
        return []
    found = [
        other
        for other in others
        if other["series"] == one["series"]
        and other["period_start"] is not None
        and other["period_start"] < one["period_start"]
    ]
    found.sort(key=lambda other: (other["period_start"], other["id"]), reverse=True)
    return found[: source.quality.most_history]


def check_history(connection: Connection, source: SourceManifest, report: DeliveryReport) -> None:
    """Add a warning to the report where a count lies far outside the history of its series.

    Raises `FileFault` instead where the manifest says that such a file is refused.
    """
    one = store.one_delivery(connection, report.delivery_id or 0)
    if one is None or not one.series or one.period_start is None:
        return
    earlier = store.earlier_in_series(
        connection, source.id, one.series, one.period_start, source.quality.most_history
    )
    found = history(source, _stored(one), [_stored(other) for other in earlier])
    outside = [finding.sentence for finding in found if finding.verdict is Verdict.LOOK]
    if outside and source.quality.outside == "refuse":
        raise FileFault(
            report.file,
            f"{one.partition}: {'; '.join(outside)}",
            expected="a count like those before",
            remedy="check that the file is complete; if the change is real, say outside = 'warn' in"
            f" [quality] of sources/{source.id}.toml with a because",
        )
    report.warnings.extend(f"{one.partition}: {sentence}" for sentence in outside)


def _stored(one: store.Delivery) -> Facts:
    return {item.name: getattr(one, item.name) for item in fields(one)}
