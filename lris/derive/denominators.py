"""What figures are divided by: of the right areas first, then of the nearest year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lris.catalogue.indicators import Indicator
from lris.rules.estimates import ByArea
from lris.terms import Period


@dataclass(frozen=True, slots=True)
class Denominator:
    """A denominator that could serve: what it is, of when, and its numbers by vintage.

    `carried_from` names, of vintages it reached through a published look-up, where it came from.
    """

    words: str
    source: str
    deliveries: tuple[int, ...]
    period: Period
    category: str
    by_vintage: Mapping[str, ByArea]
    carried_from: Mapping[str, str]

    def years_from(self, period: Period) -> float:
        """How many years lie between the middles of the two periods."""
        return self.period.years_from(period)


@dataclass(frozen=True, slots=True)
class Below:
    """What a series is divided by: the words for it, the numbers, and whether it is too distant."""

    words: str
    denominator: Denominator
    numbers: ByArea | None
    too_distant: bool


def chosen(
    indicator: Indicator,
    denominators: Sequence[Denominator],
    vintage: str,
    period: Period,
    category: str,
) -> Below | None:
    """What is divided by in a vintage: of the right vintage first, then the nearest in time, then
    what the manifest names first. None where the indicator is divided by nothing.
    """
    if not denominators:
        return None
    fit = [one for one in denominators if one.category == category] or [
        one for one in denominators if not one.category
    ]
    if not fit:
        return None
    furthest = indicator.denominator_within_years

    def rank(one: Denominator) -> tuple[bool, bool, bool, float]:
        numbers = one.by_vintage.get(vintage)
        years = one.years_from(period)
        missing = numbers is None or not numbers.ids.size
        return missing, years > furthest, vintage in one.carried_from, years

    best = min(fit, key=rank)
    start = best.carried_from.get(vintage)
    words = best.words + (f", carried from {start} by its published look-up" if start else "")
    return Below(words, best, best.by_vintage.get(vintage), best.years_from(period) > furthest)
