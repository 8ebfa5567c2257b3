"""A figure over time with its interval, its gaps in place, and what it is compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lris.reports.charts.canvas import (
    BLUE,
    INK,
    NARROW,
    SOFT,
    VERMILLION,
    Dash,
    draw,
    lines_of,
    plain,
    sign,
    stroke,
    write,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHAPES: Mapping[str, tuple[str, str]] = {
    "observed": ("o", BLUE),
    "zero": ("d", BLUE),
    "estimated": ("D", "#ffffff"),
    "incomplete": ("o", "#ffffff"),
    "missing": ("x", VERMILLION),
    "withheld": ("s", "#ffffff"),
}
"""How a period is marked: full, a lozenge for a zero, hollow where it is in doubt.

A gap has no height: it stands on the line below.
"""

DASHES: tuple[Dash, ...] = ("--", ":", "-.")
HEIGHT = 2.1
LINE_TALL = 0.17
MOST_LABELS = 4
SHORTEST = 0.12
"""How long the line of a comparator of one period is at least, in parts of the chart."""


@dataclass(frozen=True, slots=True)
class Step:
    """One period: what it is worth and, unless it is a gap, its value and interval."""

    period: str
    kind: str
    value: float | None
    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True, slots=True)
class Beside:
    """What the area is compared with: a value by period, or that of the last one alone."""

    name: str
    values: Mapping[str, float]


def trend_chart(
    id: str, steps: Sequence[Step], *, unit: str, beside: Sequence[Beside] = ()
) -> tuple[str, float]:
    """The chart as SVG, and how wide it is in CSS pixels."""
    there = [step.kind for step in steps]
    kinds = [kind for kind in SHAPES if kind in there and kind != "observed"]
    foot = LINE_TALL * (len(beside[:3]) + len(kinds)) + 0.02

    def fill(figure: Figure) -> None:
        height = HEIGHT + foot
        axes = figure.add_axes((0.13, (foot + 0.3) / height, 0.79, (HEIGHT - 0.3 - 0.28) / height))
        _frame(axes, steps, unit)
        _own(axes, steps)
        _gaps(axes, steps)
        _compared(axes, steps, beside[:3])
        _legend(figure, kinds, beside[:3])

    return draw(id, NARROW, HEIGHT + foot, fill)


def _frame(axes: Axes, steps: Sequence[Step], unit: str) -> None:
    plain(axes)
    axes.set_xlim(-0.5, len(steps) - 0.5)
    axes.set_title(
        lines_of(unit, NARROW * 0.85, 8, 1)[0], loc="left", fontsize=8, color=SOFT, x=-0.1, pad=9
    )
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")
    every = max(1, -(-len(steps) // MOST_LABELS))
    shown = [at for at in range(len(steps)) if (len(steps) - 1 - at) % every == 0]
    axes.set_xticks(shown, [steps[at].period for at in shown])


def _own(axes: Axes, steps: Sequence[Step]) -> None:
    """The line, broken where a value is not there, inside the band of its interval."""
    nan = float("nan")
    at = range(len(steps))
    values = [nan if step.value is None else step.value for step in steps]
    limits = [
        (nan, nan) if step.lower is None or step.upper is None else (step.lower, step.upper)
        for step in steps
    ]
    low, high = [pair[0] for pair in limits], [pair[1] for pair in limits]
    axes.fill_between(at, low, high, color=BLUE, alpha=0.16, linewidth=0)
    alone = [n for n in at if not _joined(values, n)]
    for n in alone:
        axes.plot([n, n], [low[n], high[n]], color=BLUE, alpha=0.4, linewidth=3)
    axes.plot(at, values, color=BLUE, linewidth=1.6)
    for n, step in enumerate(steps):
        if step.value is not None:
            shape, colour = SHAPES.get(step.kind, SHAPES["observed"])
            axes.plot([n], [step.value], shape, color=colour, markeredgecolor=BLUE, markersize=4.5,
                      zorder=4, clip_on=False)  # fmt: skip
    tops = [value for value in (*values, *high) if value == value]  # not NaN
    axes.set_ylim(bottom=min([0.0, *(value for value in (*values, *low) if value == value)]))
    if not tops or max(tops) <= 0:
        axes.set_ylim(top=1)


def _joined(values: Sequence[float], n: int) -> bool:
    """Whether a value has a neighbour to draw a line to."""
    if values[n] != values[n]:
        return True
    return any(
        0 <= other < len(values) and values[other] == values[other] for other in (n - 1, n + 1)
    )


def _gaps(axes: Axes, steps: Sequence[Step]) -> None:
    """What is missing or withheld, as a mark on the line below: it has no height."""
    for n, step in enumerate(steps):
        if step.value is None:
            shape, colour = SHAPES.get(step.kind, SHAPES["withheld"])
            axes.plot(
                [n], [0.03], shape, color=colour, markeredgecolor=_edge(step.kind), markersize=5.5,
                transform=axes.get_xaxis_transform(), zorder=4, clip_on=False,
            )  # fmt: skip


def _compared(axes: Axes, steps: Sequence[Step], beside: Sequence[Beside]) -> None:
    order = {step.period: n for n, step in enumerate(steps)}
    for one, dash in zip(beside, DASHES, strict=False):
        places = sorted((order[name], value) for name, value in one.values.items() if name in order)
        if len(places) > 1:
            axes.plot([n for n, _ in places], [v for _, v in places], color=INK, linewidth=1,
                      linestyle=dash)  # fmt: skip
        elif places:
            ((n, value),) = places
            reach = max(0.35, len(steps) * SHORTEST)
            axes.plot([n - reach, n + 0.45], [value, value], color=INK, linewidth=1.3,
                      linestyle=dash)  # fmt: skip
    _, top = axes.get_ylim()
    highest = max((value for one in beside for value in one.values.values()), default=0)
    if highest > top:
        axes.set_ylim(top=highest * 1.05)


def _legend(figure: Figure, kinds: Sequence[str], beside: Sequence[Beside]) -> None:
    """A line for each comparator and each kind of doubt or gap that occurs, at the foot."""
    y = 0.09 + LINE_TALL * (len(kinds) + len(beside) - 1)
    for one, dash in zip(beside, DASHES, strict=False):
        stroke(figure, (0.08, 0.38), y, INK, 1.1, dash)
        write(figure, 0.46, y, lines_of(one.name, 3.1, 7.5, 1)[0])
        y -= LINE_TALL
    for kind in kinds:
        shape, colour = SHAPES[kind]
        sign(figure, 0.23, y, shape, colour, _edge(kind), 5)
        write(figure, 0.46, y, kind)
        y -= LINE_TALL


def _edge(kind: str) -> str:
    return {"missing": VERMILLION, "withheld": INK}.get(kind, BLUE)
