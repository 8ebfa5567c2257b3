"""Where things stand on a spine chart: the comparator in the middle, and right is better.

A row is scaled by itself: the further of its two ends touches the edge of the chart, so that rows
of different units stand under each other. Method: the public health profiles' spine chart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Spine:
    """Places from -1 (left, worse) to 1 (right, better); 0 is the comparator.

    `left` and `right` are the worst and the best of the peers, `inner_left` and `inner_right` hold
    the middle half of them, `dot` is the area. `lower` and `upper` are the ends of its interval, or
    the dot itself.
    """

    dot: float
    left: float
    right: float
    inner_left: float
    inner_right: float
    lower: float
    upper: float


def spine(
    value: float,
    centre: float,
    spread: Mapping[str, Any],
    polarity: str,
    lower: float | None = None,
    upper: float | None = None,
) -> Spine:
    """The places of a row. With polarity `high_is_bad` it is turned round; else right is higher.

    `spread` has minimum, lower_quartile, upper_quartile and maximum of the peers. An area beyond
    them stretches the row, so that it is never drawn off the chart; its interval may be cut.
    """
    turned = -1.0 if polarity == "high_is_bad" else 1.0
    ends = [spread["minimum"], spread["maximum"], value]
    reach = max(abs(end - centre) for end in ends) or 1.0

    def at(amount: float) -> float:
        return turned * (amount - centre) / reach + 0.0

    left, right = sorted((at(spread["minimum"]), at(spread["maximum"])))
    inner = sorted((at(spread["lower_quartile"]), at(spread["upper_quartile"])))
    low, high = sorted(
        (at(value if lower is None else lower), at(value if upper is None else upper))
    )
    return Spine(at(value), left, right, inner[0], inner[1], max(low, -1.0), min(high, 1.0))


def worst_and_best(spread: Mapping[str, Any], polarity: str) -> tuple[float, float]:
    """The values at the left and the right end of a row."""
    low, high = spread["minimum"], spread["maximum"]
    return (high, low) if polarity == "high_is_bad" else (low, high)
