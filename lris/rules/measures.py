"""From counts and denominators to figures with intervals, by methods that manifests name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from lris.rules.intervals import poisson, rate

Column = NDArray[np.float64]
Estimate = tuple[Column, Column, Column]


def count(numerator: Column, denominator: Column, per: float) -> Estimate:
    """A count of events, with the limits of its Poisson mean at 95 %."""
    lower, upper = poisson(numerator)
    return numerator, np.asarray(lower), np.asarray(upper)


def crude_rate(numerator: Column, denominator: Column, per: float) -> Estimate:
    """Events for every `per` of the denominator, with limits at 95 %."""
    value, lower, upper = rate(numerator, denominator, per)
    return np.asarray(value), np.asarray(lower), np.asarray(upper)


def level(numerator: Column, denominator: Column, per: float) -> Estimate:
    """A published value as it stands, without an interval."""
    nothing = np.full(numerator.shape, np.nan)
    return numerator, nothing, nothing


METHODS: Mapping[str, Callable[[Column, Column, float], Estimate]] = {
    "count": count,
    "rate": crude_rate,
    "level": level,
}
