"""Whether a count is what its own history leads one to expect.

A robust z-score: how many robust standard deviations a count lies from the median of earlier ones.
Iglewicz and Hoaglin, "How to Detect and Handle Outliers" (ASQC 1993) flag |z| > 3.5. The deviation
is 1.4826 times the median absolute deviation, and never below the square root of the median:
counts cannot be steadier than chance makes them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

NORMAL_MAD = 1.4826
"""The standard deviation of a normal distribution in units of its median absolute deviation."""


class Against(StrEnum):
    """What a count is, beside its history."""

    EXPECTED = "as expected"
    HIGH = "far above"
    LOW = "far below"
    VANISHED = "vanished"
    NEW = "new"
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A count beside its history of `periods` earlier counts.

    `median`, `mad`, `z`, `least` and `most` (the band) are None where the history is too short.
    """

    count: int
    against: Against
    periods: int
    median: float | None = None
    mad: float | None = None
    z: float | None = None
    least: float | None = None
    most: float | None = None

    @property
    def is_outside(self) -> bool:
        """Whether somebody should look at it."""
        return self.against not in (Against.EXPECTED, Against.UNKNOWN)


def judge(count: int, earlier: Sequence[float], *, band: float, least_history: int) -> Judgement:
    """Put a count beside earlier ones; `band` is the |z| beyond which it is flagged."""
    if len(earlier) < least_history:
        return Judgement(count, Against.UNKNOWN, len(earlier))
    middle = median(earlier)
    mad = median(abs(one - middle) for one in earlier)
    spread = max(NORMAL_MAD * mad, math.sqrt(middle), 1.0)
    z = (count - middle) / spread
    return Judgement(
        count,
        _word(count, middle, z, band),
        len(earlier),
        middle,
        mad,
        round(z, 2),
        max(0.0, middle - band * spread),
        middle + band * spread,
    )


def _word(count: int, middle: float, z: float, band: float) -> Against:
    if abs(z) <= band:
        return Against.EXPECTED
    if z > 0:
        return Against.HIGH if middle else Against.NEW
    return Against.LOW if count else Against.VANISHED


def series_of(partition: str, periods: Iterable[str]) -> str:
    """A partition without its periods: what is left is the same from month to month."""
    for label in sorted(periods, key=len, reverse=True):
        partition = partition.replace(label, "…")
    return partition
