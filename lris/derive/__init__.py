"""Derive figures: counts and denominators into estimates with intervals, for every area and period.

Nothing derived here is seen by anyone until `lris.publish` has put it through disclosure control
and sealed it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lris.catalogue import Catalogue
from lris.catalogue.indicators import Indicator
from lris.derive.composing import composed
from lris.derive.counting import Counting
from lris.derive.observing import Observing
from lris.derive.series import Derived, Kept
from lris.progress import QUIET, Progress
from lris.rules.measures import SUMMARIES
from lris.session import Doors
from lris.spreading import Spreading
from lris.store import areas as areas_store
from lris.store import deliveries as deliveries_store
from lris.store.engine import lock
from lris.store.estimates import replace_estimates

__all__ = ["DeriveReport", "derive"]


@dataclass(frozen=True, slots=True)
class DeriveReport:
    """How much was derived, and of what."""

    series: int
    figures: int
    indicators: Mapping[str, int]
    vintages: tuple[str, ...]


def derive(
    doors: Doors, catalogue: Catalogue, *, actor: str, progress: Progress = QUIET
) -> DeriveReport:
    """Derive every indicator from the current deliveries, replacing what was derived before."""
    counts: dict[str, int] = defaultdict(int)
    seen: set[str] = set()
    number = 0
    with doors.writing(actor, "derive figures") as door:
        lock(door.connection, "derive")
        lock(door.connection, "editions", shared=True)
        areas_store.refresh_statistics(door.connection)
        deliveries_store.refresh_statistics(door.connection)
        spreading = Spreading(door.connection, catalogue)
        observing = Observing(door.connection, catalogue, spreading)
        counting = Counting(door.connection, catalogue, spreading, observing)
        kept = Kept(catalogue)

        def watched() -> Derived:
            nonlocal number
            with progress.task("Deriving figures", total=len(catalogue.indicators)) as advance:
                for indicator in _in_order(catalogue):
                    for series, figures in _derived(indicator, observing, counting, kept):
                        kept.keep(series, figures)
                        if figures.area_id.size:
                            counts[indicator.id] += int(figures.area_id.size)
                            seen.add(series.vintage)
                            number += 1
                            yield series, figures
                    advance(1)

        rows = replace_estimates(door.connection, watched())
        door.record("derive", "all indicators", series=number, figures=rows)
    return DeriveReport(number, rows, dict(counts), tuple(sorted(seen)))


def _in_order(catalogue: Catalogue) -> Iterator[Indicator]:
    """Every indicator, those made of others last."""
    yield from (one for one in catalogue.indicators.values() if not one.parts)
    yield from (one for one in catalogue.indicators.values() if one.parts)


def _derived(indicator: Indicator, observing: Observing, counting: Counting, kept: Kept) -> Derived:
    """Every series of one indicator; none where nothing is loaded to divide it by."""
    if indicator.parts:
        return composed(indicator, counting, kept)
    denominators = observing.denominators(indicator)
    if indicator.denominators and not denominators:
        return iter(())
    if counting.counts(indicator):
        return counting.series(indicator, denominators)
    if indicator.method in SUMMARIES:
        return observing.summaries(indicator, denominators)
    return observing.series(indicator, denominators)
