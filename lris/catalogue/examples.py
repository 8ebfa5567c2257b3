"""Working a manifest's example again by the method that it names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lris.catalogue.indicators import Example, Indicator
from lris.rules.composites import VULNERABLE, core_priority, harm, vulnerable_localities
from lris.rules.deprivation import places
from lris.rules.gatherings import GATHERINGS, gathered
from lris.rules.measures import HARM, METHODS, PRIORITY, SUMMARIES, VULNERABILITY

Column = NDArray[np.float64]
Answer = tuple[float, float, float]
"""A value and its limits; NaN for none."""


def on_paper(indicator: Indicator) -> Example | None:
    """The example that says all that it is worked out from; None where it is a cell of a file and
    no other is given.
    """
    for one in (indicator.example, indicator.worked):
        if one and (one.values or indicator.method in METHODS):
            return one
    return None


def worked(indicator: Indicator, example: Example) -> Answer:
    """What the method makes of the example's numbers. Raises `ValueError` where it lacks some."""
    if indicator.method in METHODS:
        return _simple(indicator, example)
    if not example.values:
        raise ValueError("the example gives no numbers to work it out from")
    if indicator.method in SUMMARIES:
        return _summary(indicator, example)
    if indicator.method in GATHERINGS:
        return _gathered(indicator, example)
    return _index(indicator.method, example)


def _simple(indicator: Indicator, example: Example) -> Answer:
    as_it_stands = indicator.method == "level" and indicator.per == 1
    numerator = example.numerator
    if numerator is None:
        if not as_it_stands:
            raise ValueError("what is divided or multiplied shows what it starts from")
        numerator = example.value
    below = np.nan if example.denominator is None else example.denominator
    value, lower, upper = METHODS[indicator.method](
        np.array([numerator]), np.array([below]), indicator.per
    )
    return float(value[0]), float(lower[0]), float(upper[0])


def _summary(indicator: Indicator, example: Example) -> Answer:
    """Of the first larger area; where it is a place in an order, among all of the example."""
    values, weights = _lists(example.values), _lists(example.weights)
    ranks = indicator.small_area_ranks or 0
    parent = np.repeat(np.arange(len(values)), [len(one) for one in values])
    flat = np.concatenate([np.array(one, dtype=np.float64) for one in values])
    weight = np.concatenate([np.array(one, dtype=np.float64) for one in weights or values])
    found = SUMMARIES[indicator.method](flat, weight, parent, len(values), ranks)
    told = places(found) if indicator.ranking else indicator.per * found
    return float(told[0]), np.nan, np.nan


def _gathered(indicator: Indicator, example: Example) -> Answer:
    now = np.array([_lists(example.values)[0]], dtype=np.float64)
    before = np.array([example.before], dtype=np.float64) if example.before else None
    above, below = gathered(indicator.method, now, before, np.zeros(now.shape[1], np.int64), 1)
    return float(indicator.per * above[0, 0] / below[0, 0]), np.nan, np.nan


def _index(method: str, example: Example) -> Answer:
    parts = [np.array(one, dtype=np.float64) for one in _lists(example.values)]
    if method == HARM:
        names = [str(at) for at in range(len(parts))]
        weights = dict(zip(names, _lists(example.weights)[0], strict=True))
        found = harm(dict(zip(names, parts, strict=True)), weights)
        return float(found.value[0]), float(found.lower[0]), float(found.upper[0])
    if method == PRIORITY:
        value = core_priority({str(at): one for at, one in enumerate(parts)}).value
    else:
        assert method == VULNERABILITY
        ones = dict.fromkeys(VULNERABLE, np.ones(parts[0].size))
        value = vulnerable_localities(dict(zip(VULNERABLE, parts, strict=True)), ones).value
    return float(value[0]), np.nan, np.nan


def _lists(given: Sequence[Any]) -> list[Sequence[float]]:
    """Lists of numbers; numbers alone are one list."""
    return [list(one) for one in given] if given and _nested(given) else [given] if given else []


def _nested(given: Sequence[Any]) -> bool:
    return isinstance(given[0], list | tuple)
