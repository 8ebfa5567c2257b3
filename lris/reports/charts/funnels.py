"""A funnel: every area by what it is divided by, inside the limits that chance allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lris.reports.charts.canvas import (
    BLUE,
    EDGE,
    INK,
    NARROW,
    ORANGE,
    SOFT,
    VERMILLION,
    draw,
    lines_of,
    plain,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEIGHT = 3.3


@dataclass(frozen=True, slots=True)
class Dots:
    """Areas by denominator and value, and which lie outside the limits: -1 below, 1 above."""

    denominators: Sequence[float]
    values: Sequence[float]
    outside: Sequence[int]


@dataclass(frozen=True, slots=True)
class Limits:
    """The average, and the limits around it along the denominators."""

    denominators: Sequence[float]
    average: float
    lower95: Sequence[float]
    upper95: Sequence[float]
    lower998: Sequence[float]
    upper998: Sequence[float]


def funnel_chart(
    id: str, dots: Dots, limits: Limits, *, unit: str, below: str
) -> tuple[str, float]:
    """The chart as SVG, and how wide it is in CSS pixels. `below` names the denominator."""

    def fill(figure: Figure) -> None:
        axes = figure.add_axes((0.14, 0.3, 0.83, 0.61))
        plain(axes)
        _lines(axes, limits)
        _dots(axes, dots)
        axes.set_xlabel(lines_of(below, 3, 8, 1)[0], fontsize=8)
        axes.set_title(lines_of(unit, 3.2, 8, 1)[0], loc="left", fontsize=8, color=SOFT, x=-0.12)
        axes.set_ylim(bottom=0)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        axes.locator_params(axis="x", nbins=6, steps=[1, 2, 2.5, 5, 10])
        figure.legend(
            loc="lower left", bbox_to_anchor=(0.0, 0.0), ncols=2, frameon=False, fontsize=7,
            handlelength=1.8, columnspacing=1.2, borderpad=0.2,
        )  # fmt: skip

    return draw(id, NARROW, HEIGHT, fill)


def _lines(axes: Any, limits: Limits) -> None:  # noqa: ANN401
    at = limits.denominators
    axes.axhline(limits.average, color=INK, linewidth=1, label="average")
    for low, high, dash, words in (
        (limits.lower95, limits.upper95, "--", "95 % limits"),
        (limits.lower998, limits.upper998, "-", "99.8 % limits"),
    ):
        axes.plot(at, low, color=EDGE, linewidth=0.9, linestyle=dash, label=words)
        axes.plot(at, high, color=EDGE, linewidth=0.9, linestyle=dash)


def _dots(axes: Any, dots: Dots) -> None:  # noqa: ANN401
    for side, shape, colour, words in (
        (0, "o", ORANGE, "inside"),
        (1, "^", VERMILLION, "above"),
        (-1, "v", BLUE, "below"),
    ):
        chosen = [n for n, where in enumerate(dots.outside) if where == side]
        if chosen:
            axes.plot(
                [dots.denominators[n] for n in chosen], [dots.values[n] for n in chosen], shape,
                color=colour, markeredgecolor=INK, markeredgewidth=0.4, markersize=3.6, label=words,
            )  # fmt: skip
