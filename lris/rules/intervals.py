"""How far a count, a proportion or a rate can be trusted: confidence intervals by OHID's choices.

Counts and rates: the exact Poisson limits below ten events, Byar's approximation from ten.
Proportions: Wilson's score. Age-standardised rates: Dobson's method on Byar's limits.

Sources: Wilson 1927; Newcombe and Altman 2000; Garwood 1936 (exact limits); Breslow and Day 1987
(Byar); Dobson, Kuulasmaa, Eberle and Scherer 1991; and, for which one is used when, the Office for
Health Improvement and Disparities' technical guide on common public health statistics.

Every function takes scalars or arrays, broadcasts them, and answers in arrays of that shape (a
scalar for scalars). No value is NaN, never zero: a missing count, or a denominator that is missing
or not above zero. Counts need not be whole: the mean of three years has an interval too.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Column = NDArray[np.float64]
Limits = tuple[Column, Column]
Estimate = tuple[Column, Column, Column]

EXACT_BELOW = 10
"""Counts under this take the exact limits; age-standardised rates of fewer events are no rates."""


def wilson(count: ArrayLike, denominator: ArrayLike, confidence: float = 0.95) -> Limits:
    """Wilson's score limits of the proportion `count / denominator`, between 0 and 1.

    Raises `ValueError` where a count is negative or above its denominator: then it is no
    proportion, as when the two are of different years.
    """
    z = z_of(confidence)
    x, n = np.broadcast_arrays(known_counts(count), known_denominators(denominator))
    if np.any(x > n):
        raise ValueError("a count is above its denominator: that is no proportion")
    middle = 2 * x + z**2
    spread = z * np.sqrt(z**2 + 4 * x * (1 - x / n))
    whole = 2 * (n + z**2)
    # Where nobody or everybody is counted the ends are exact; rounding must not move them.
    lower = np.where(x == 0, 0.0 * n, (middle - spread) / whole)
    upper = np.where(x == n, 1.0, (middle + spread) / whole)
    return lower[()], upper[()]


def poisson(count: ArrayLike, confidence: float = 0.95) -> Limits:
    """Limits of a count of independent events: exact below ten, Byar's from ten.

    Raises `ValueError` where a count is negative.
    """
    x = known_counts(count)
    few = x < EXACT_BELOW
    exact = exact_poisson(np.where(few, x, np.nan), confidence)
    many = byar(np.where(few, np.nan, x), confidence)
    lower, upper = (np.where(few, a, b)[()] for a, b in zip(exact, many, strict=True))
    return lower, upper


def exact_poisson(count: ArrayLike, confidence: float = 0.95) -> Limits:
    """Garwood's exact limits of a count, through the chi-squared (gamma) quantiles."""
    from scipy.special import gammaincinv  # Half a second, which only who derives figures needs.

    tail = tail_of(confidence)
    x = known_counts(count)
    lower = np.where(x == 0, 0.0, gammaincinv(x, tail))
    return lower[()], gammaincinv(x + 1, 1 - tail)


def byar(count: ArrayLike, confidence: float = 0.95) -> Limits:
    """Byar's approximate limits of a count; made for ten events or more.

    At one or two events and a high confidence the lower limit falls below zero: it is NaN then.
    """
    z = z_of(confidence)
    x = known_counts(count)
    known = np.where(x == 0, np.nan, x)
    root = 1 - 1 / (9 * known) - z / (3 * np.sqrt(known))
    lower = np.where(x == 0, 0.0, np.where(root < 0, np.nan, known * root**3))
    upper = (x + 1) * (1 - 1 / (9 * (x + 1)) + z / (3 * np.sqrt(x + 1))) ** 3
    return lower[()], upper[()]


def rate(
    count: ArrayLike, denominator: ArrayLike, per: float, confidence: float = 0.95
) -> Estimate:
    """The crude rate `per` so many of the denominator, and the limits of `poisson` about it.

    Returns value, lower, upper. A rate may exceed `per`: one person can be counted often.
    """
    x, n = known_counts(count), known_denominators(denominator)
    lower, upper = poisson(x, confidence)
    return per * x / n, per * lower / n, per * upper / n


def dsr(
    counts: ArrayLike, denominators: ArrayLike, standard: ArrayLike, confidence: float = 0.95
) -> Estimate:
    """The directly age-standardised rate per person, with Dobson's limits.

    The last axis of all three is the age band; `standard` is the standard population, shape
    (bands,). Returns value, lower, upper, without that axis. All three are NaN where the events of
    all bands together are fewer than ten, or a band has no count or no denominator. Raises
    `ValueError` on negative counts and on a standard that is negative or sums to nothing.
    """
    x, n, w = (
        known_counts(counts),
        known_denominators(denominators),
        np.asarray(standard, dtype=np.float64),
    )
    if not np.all(w >= 0) or not w.sum() > 0:
        raise ValueError("a standard population holds people: no band negative, not all empty")
    weight = w / w.sum()
    events = np.sum(x + 0 * n, axis=-1)
    events = np.where(events < EXACT_BELOW, np.nan, events)
    value = np.sum(weight * x / n, axis=-1) + 0 * events
    step = np.sqrt(np.sum(weight**2 * x / n**2, axis=-1) / events)
    lower, upper = byar(events, confidence)
    return value, value + step * (lower - events), value + step * (upper - events)


def tail_of(confidence: float) -> float:
    """The chance left out at each end: 0.025 at a confidence of 0.95."""
    if not 0 < confidence < 1:
        raise ValueError(f"a confidence lies between 0 and 1 (0.95 for 95 %), not {confidence!r}")
    return (1 - confidence) / 2


def z_of(confidence: float) -> float:
    """How many standard deviations the limits lie from the middle: 1.96 at 0.95."""
    from scipy.special import ndtri

    return -float(ndtri(tail_of(confidence)))


def known_counts(values: ArrayLike) -> Column:
    """Counts as a column, NaN where there is none. Raises `ValueError` on negative ones."""
    x = np.asarray(values, dtype=np.float64)
    if np.any((x < 0) | np.isinf(x)):
        raise ValueError("a count is negative or without end: it counts nothing")
    return x


def known_denominators(values: ArrayLike) -> Column:
    """Denominators as a column, NaN where nothing can be divided: missing, or not above zero."""
    n = np.asarray(values, dtype=np.float64)
    if np.any(np.isinf(n)):
        raise ValueError("a denominator is without end")
    return np.where(n > 0, n, np.nan)
