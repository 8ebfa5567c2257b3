"""Areas beside each other: of each figure a mark for every area, on its 95 % interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lris.reports.charts.canvas import (
    BLUE,
    GREEN,
    INK,
    LINE,
    NARROW,
    ORANGE,
    PURPLE,
    SKY,
    SOFT,
    VERMILLION,
    draw,
    lines_of,
    plain,
    sign,
    write,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARKS = (
    ("o", BLUE),
    ("s", VERMILLION),
    ("^", GREEN),
    ("D", PURPLE),
    ("v", ORANGE),
    ("P", SKY),
    ("X", "#ffffff"),
    ("*", INK),
)
"""A shape and a colour for each area, in the order they were asked for."""

STEP, LABEL, BETWEEN = 0.15, 0.14, 0.1
"""Inches for the mark of an area, for a line of a label, and between two figures."""

LEGEND, TOP, TICKS = 0.17, 0.3, 0.3
"""Inches for an area in the legend, above the first figure, and for the scale."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What an area has: a value with its interval, or the word for a gap."""

    value: float | None
    lower: float | None
    upper: float | None
    gap: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A figure, and what each area has of it in their order."""

    label: str
    marks: tuple[Mark, ...]


def beside_chart(
    id: str, lines: Sequence[Line], names: Sequence[str], *, unit: str
) -> tuple[str, float]:
    """The chart as SVG, and how wide it is in CSS pixels; all figures are of one unit."""
    labels = [lines_of(line.label, NARROW - 0.2, 8) for line in lines]
    talls = [BETWEEN + LABEL * len(label) + STEP * len(names) for label in labels]
    foot = LEGEND * len(names) + 0.05
    height = TOP + sum(talls) + TICKS + foot

    def fill(figure: Figure) -> None:
        axes = figure.add_axes(
            (0.03, (foot + TICKS) / height, 0.94, (height - foot - TICKS - TOP) / height)
        )
        _frame(axes, lines, sum(talls), unit)
        top = 0.0
        for line, label, tall in zip(lines, labels, talls, strict=True):
            _figure(axes, top, line, label)
            top += tall
        for at, (name, (shape, colour)) in enumerate(zip(names, MARKS, strict=False)):
            y = foot - 0.1 - LEGEND * at
            sign(figure, 0.15, y, shape, colour)
            write(figure, 0.3, y, lines_of(name, NARROW - 0.4, 7.5, 1)[0])

    return draw(id, NARROW, height, fill)


def _frame(axes: Axes, lines: Sequence[Line], tall: float, unit: str) -> None:
    """A scale from zero (or from the lowest, where that is below it) to the highest end."""
    plain(axes)
    axes.grid(visible=False, axis="y")
    axes.grid(axis="x", color=LINE, linewidth=0.5)
    ends = [
        end
        for line in lines
        for mark in line.marks
        for end in (mark.value, mark.lower, mark.upper)
        if end is not None
    ]
    low, high = min([0.0, *ends]), max([0.0, *ends]) or 1.0
    axes.set_xlim(low - (high - low) * 0.02, high + (high - low) * 0.04)
    axes.set_ylim(tall, 0)
    axes.set_yticks([])
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")
    axes.set_title(lines_of(unit, NARROW - 0.2, 8, 1)[0], loc="left", fontsize=8, color=SOFT, x=0)


def _figure(axes: Axes, top: float, line: Line, label: Sequence[str]) -> None:
    """The label, and below it each area on a line of its own, so that none hides another."""
    across = axes.get_yaxis_transform()
    for at, text in enumerate(label):
        y = top + BETWEEN / 2 + LABEL * (at + 0.5)
        axes.text(0, y, text, transform=across, va="center", fontsize=8, color=INK, bbox=_PAPER)
    below = top + BETWEEN / 2 + LABEL * len(label)
    for at, (mark, (shape, colour)) in enumerate(zip(line.marks, MARKS, strict=False)):
        y = below + STEP * (at + 0.5)
        if mark.value is None:
            axes.plot([0.02], [y], shape, color=colour, markeredgecolor=SOFT, markersize=4,
                      markeredgewidth=0.5, transform=across)  # fmt: skip
            axes.text(0.05, y, mark.gap, transform=across, va="center", fontsize=7.5, color=SOFT,
                      style="italic", bbox=_PAPER)  # fmt: skip
            continue
        if mark.lower is not None and mark.upper is not None:
            axes.plot([mark.lower, mark.upper], [y, y], color=INK, linewidth=0.9, zorder=2)
        axes.plot([mark.value], [y], shape, color=colour, markeredgecolor=INK, markersize=5.5,
                  markeredgewidth=0.7, zorder=3, clip_on=False)  # fmt: skip


_PAPER = {"facecolor": "#ffffff", "edgecolor": "none", "pad": 0.6}
"""Words stand on paper, not on the lines of the scale."""
