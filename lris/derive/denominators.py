"""What figures are divided by: of the right areas first, then of the nearest year.

Places lie side by side in one database, and for each another year may be loaded. So an area that
the nearest year does not have is divided by the next one that has it, and the series says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
    """What a series is divided by: the words for it, the numbers, and whether it is too distant;
    and where they come from.
    """

    words: str
    numbers: ByArea | None = None
    too_distant: bool = False
    sources: tuple[str, ...] = ()
    deliveries: tuple[int, ...] = ()


def chosen(
    indicator: Indicator,
    denominators: Sequence[Denominator],
    vintage: str,
    period: Period,
    category: str,
) -> Below | None:
    """What is divided by in a vintage: of the right vintage first, then the nearest in time, then
    what the manifest names first; areas that are not in it have theirs of the next that will do.
    None where the indicator is divided by nothing.
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
        missing = numbers is None or not np.isfinite(numbers.values).any()
        return missing, years > furthest, vintage in one.carried_from, years

    best, *others = sorted(fit, key=rank)
    numbers = best.by_vintage.get(vintage)
    if numbers is None or best.years_from(period) > furthest:
        return _below([best], vintage, numbers, too_distant=best.years_from(period) > furthest)
    used = [best]
    for one in others:
        more = one.by_vintage.get(vintage)
        if more is None or one.years_from(period) > furthest:
            continue
        missing = ~np.isin(more.ids, numbers.ids)
        if missing.any():
            numbers = _together(numbers, more, missing)
            used.append(one)
    return _below(used, vintage, numbers)


def _below(
    used: Sequence[Denominator],
    vintage: str,
    numbers: ByArea | None,
    *,
    too_distant: bool = False,
) -> Below:
    return Below(
        "; where that is not loaded: ".join(_words(one, vintage) for one in used),
        numbers,
        too_distant,
        tuple(one.source for one in used),
        tuple(sorted({number for one in used for number in one.deliveries})),
    )


def _words(one: Denominator, vintage: str) -> str:
    start = one.carried_from.get(vintage)
    return one.words + (f", carried from {start} by its published look-up" if start else "")


def _together(numbers: ByArea, more: ByArea, missing: NDArray[np.bool_]) -> ByArea:
    """Numbers of areas, and of those that are missing among them."""
    ids = np.concatenate([numbers.ids, more.ids[missing]])
    order = np.argsort(ids)
    values = np.concatenate([numbers.values, more.values[missing]])
    doubt = np.concatenate([numbers.doubt_of(numbers.ids), more.doubt_of(more.ids)[missing]])
    return ByArea(ids[order], values[order], doubt[order])
