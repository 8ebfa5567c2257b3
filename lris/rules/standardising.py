"""Indirect standardisation: the events an area would have at the reference's rates, band by band.

An area's ratio may be held against the reference (1, or 100 of 100) and against nothing else: the
ratios of two areas rest on different weights and are not comparable with each other.

Source: the Office for Health Improvement and Disparities' technical guide on common public health
statistics; limits exact below ten observed events, Byar's from ten.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lris.rules.intervals import known_counts, known_denominators, poisson

Column = NDArray[np.float64]
Estimate = tuple[Column, Column, Column]


def expected(
    denominators: ArrayLike, reference_counts: ArrayLike, reference_denominators: ArrayLike
) -> Column:
    """The events expected in each area; the last axis of all three is the age band.

    A band without residents adds nothing. NaN where a band's residents are missing. Raises
    `ValueError` where the reference lacks a count, or the people to divide it by.
    """
    people = np.asarray(denominators, dtype=np.float64)
    if np.any((people < 0) | np.isinf(people)):
        raise ValueError("a band's residents are negative or without end")
    rate = known_counts(reference_counts) / known_denominators(reference_denominators)
    if np.any(np.isnan(rate)):
        raise ValueError("the reference has a count and residents in every band")
    return np.asarray(np.sum(people * rate, axis=-1))


def isr(
    observed: ArrayLike, awaited: ArrayLike, per: float = 1.0, confidence: float = 0.95
) -> Estimate:
    """Observed events over those `expected`, times `per` (100 for a ratio of 100), with limits.

    Value, lower, upper. NaN where nothing is expected. Raises `ValueError` on negative counts.
    """
    x, e = known_counts(observed), known_denominators(awaited)
    lower, upper = poisson(x, confidence)
    return per * x / e, per * lower / e, per * upper / e


def standardised_rate(
    observed: ArrayLike,
    awaited: ArrayLike,
    reference_counts: ArrayLike,
    reference_denominators: ArrayLike,
    per: float = 1.0,
    confidence: float = 0.95,
) -> Estimate:
    """The indirectly standardised rate: `isr` times the reference's crude rate over all bands."""
    events = np.sum(known_counts(reference_counts), axis=-1)
    people = np.sum(known_denominators(reference_denominators), axis=-1)
    value, lower, upper = isr(observed, awaited, per, confidence)
    return value * events / people, lower * events / people, upper * events / people
