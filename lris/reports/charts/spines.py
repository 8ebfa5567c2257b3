"""The spine chart: an area beside its peers, indicator by indicator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lris.reports.charts.canvas import (
    INK,
    LINE,
    MARKS,
    NARROW,
    SOFT,
    WIDE,
    bare,
    draw,
    lines_of,
    sign,
    stroke,
    write,
)
from lris.reports.spine import Spine
from lris.reports.wording import VERDICTS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LIGHT, DARK = "#d9dfe1", "#9aa6ab"


@dataclass(frozen=True, slots=True)
class SpineRow:
    """A row: where its marks stand, and the words beside them.

    `judged` is false where more is neither better nor worse.
    """

    label: str
    judged: bool
    value: str
    centre: str
    worst: str
    best: str
    verdict: str
    spine: Spine


def spine_chart(
    id: str, rows: Sequence[SpineRow], *, area: str, comparator: str, wide: bool
) -> tuple[str, float]:
    """The chart as SVG, and how wide it is in CSS pixels.

    `wide` puts the words beside the bars, as on A4; otherwise they stand above them.
    """
    if wide:
        labels = [lines_of(row.label, 2.2, 7.5, LABEL_LINES) for row in rows]
        talls = [0.07 + 0.12 * max(2, len(lines)) for lines in labels]
        height = sum(talls) + HEAD + FOOT
        return draw(
            id, WIDE, height, lambda f: _wide(f, rows, labels, talls, area, comparator, height)
        )
    labels = [lines_of(row.label, NARROW - 0.85, most=LABEL_LINES) for row in rows]
    talls = [0.36 + 0.14 * len(lines) for lines in labels]
    height = sum(talls) + NARROW_HEAD + FOOT
    return draw(id, NARROW, height, lambda f: _narrow(f, rows, labels, talls, comparator, height))


def _marks(axes: Axes, at: float, row: SpineRow, thick: float) -> None:
    """One row: bar from worst to best, its middle half, the interval, and the mark."""
    one = row.spine
    axes.barh(at, one.right - one.left, thick, one.left, color=LIGHT, linewidth=0)
    axes.barh(at, one.inner_right - one.inner_left, thick, one.inner_left, color=DARK, linewidth=0)
    axes.plot([one.lower, one.upper], [at, at], color=INK, linewidth=0.9, zorder=3)
    shape, colour = MARKS.get(row.verdict, MARKS["not_compared"])
    axes.plot(
        [one.dot], [at], shape, color=colour, markeredgecolor=INK, markersize=6.5,
        markeredgewidth=0.8, zorder=4, clip_on=False,
    )  # fmt: skip


def _legend(figure: Figure, rows: Sequence[SpineRow]) -> None:
    """The marks that occur, with their words, at the foot."""
    ends = "worst to best" if any(row.judged for row in rows) else "lowest to highest"
    inches = figure.get_size_inches()[0]
    x, y = 0.08, 0.36
    for name in (name for name in VERDICTS if any(row.verdict == name for row in rows)):
        word = VERDICTS[name][0]
        across = 0.3 + 0.075 * len(word)
        if x + across > inches:
            x, y = 0.08, y - 0.18
        sign(figure, x, y, *MARKS[name])
        write(figure, x + 0.11, y, word)
        x += across
    write(figure, 0, y - 0.2, f"Bar: {ends} of the peers. Dark: middle half.")


def _axes(figure: Figure, left: float, width: float, height: float, head: float) -> Axes:
    """The axes of the bars: one unit a row, the first at the top."""
    axes = bare(figure, left, FOOT / height, width, (height - FOOT - head) / height)
    axes.set_xlim(-1.06, 1.06)
    return axes


def _narrow(
    figure: Figure,
    rows: Sequence[SpineRow],
    labels: Sequence[list[str]],
    talls: Sequence[float],
    comparator: str,
    height: float,
) -> None:
    axes = _axes(figure, 0.0, 1.0, height, NARROW_HEAD)
    axes.set_ylim(sum(talls), 0)
    axes.axvline(0, color=INK, linewidth=0.8, zorder=2)
    _ends(axes, rows, comparator)
    top = 0.0
    for row, lines, tall in zip(rows, labels, talls, strict=True):
        for at, text in enumerate(lines):
            axes.text(
                -1.06,
                top + 0.13 + 0.14 * at,
                text,
                va="center",
                fontsize=8,
                backgroundcolor="#ffffff",
                bbox=_PAPER,
            )
        axes.text(
            1.06, top + 0.13, row.value, va="center", ha="right", fontsize=8, fontweight="bold",
            bbox=_PAPER,
        )  # fmt: skip
        _marks(axes, top + 0.13 + 0.14 * len(lines) + 0.03, row, 0.13)
        top += tall
    _legend(figure, rows)


_PAPER = {"facecolor": "#ffffff", "edgecolor": "none", "pad": 0.6}
"""Words stand on paper, not on the line in the middle."""


def _ends(axes: Axes, rows: Sequence[SpineRow], comparator: str) -> None:
    """What left, middle and right mean, above the rows."""
    left, right = _sides(rows)
    axes.text(-1.06, -0.2, f"◄ {left}", fontsize=7.5, color=SOFT, va="center")
    axes.text(1.06, -0.2, f"{right} ►", fontsize=7.5, color=SOFT, va="center", ha="right")
    name = lines_of(comparator, NARROW * 0.55, 7.5, 1)[0]
    axes.text(0, -0.2, name, fontsize=7.5, color=SOFT, va="center", ha="center")


def _sides(rows: Sequence[SpineRow]) -> tuple[str, str]:
    """What the left and the right of the chart are."""
    return ("worse", "better") if any(row.judged for row in rows) else ("lower", "higher")


def _wide(
    figure: Figure,
    rows: Sequence[SpineRow],
    labels: Sequence[list[str]],
    talls: Sequence[float],
    area: str,
    comparator: str,
    height: float,
) -> None:
    axes = _axes(figure, 0.6, 0.31, height, HEAD)
    axes.set_ylim(sum(talls), 0)
    axes.axvline(0, color=INK, linewidth=0.8, zorder=2)
    _heads(figure, rows, area, comparator, height - HEAD)
    top = 0.0
    for row, lines, tall in zip(rows, labels, talls, strict=True):
        middle, top = top + tall / 2, top + tall
        y = height - HEAD - middle
        stroke(figure, (0, WIDE), y + tall / 2, LINE, 0.4)
        for at, line in enumerate(lines):
            write(figure, 0, y - 0.12 * (at - (len(lines) - 1) / 2), line, color=INK)
        write(figure, COLUMNS[0], y, row.value, color=INK, ha="right", bold=True)
        for x, text in zip(COLUMNS[1:], (row.centre, row.worst, row.best), strict=True):
            write(figure, x, y, text, color=INK, ha="right")
        _marks(axes, middle, row, 0.15)
    _legend(figure, rows)


HEAD, NARROW_HEAD, FOOT = 0.5, 0.4, 0.52
"""Inches above the first row, and below the last."""

LABEL_LINES = 4
"""A label is told to its end: its period, and what is doubtful about it, stand there."""

COLUMNS = (2.75, 3.35, 4.15, WIDE - 0.02)
"""Where the columns of numbers end, in inches: the area, the comparator, the worst, the best."""


def _heads(figure: Figure, rows: Sequence[SpineRow], area: str, comparator: str, y: float) -> None:
    """What stands in the columns, and which side of the bars is which."""
    judged = any(row.judged for row in rows)
    ends = ("Worst", "Best") if judged else ("Lowest", "Highest")
    for x, name in zip(COLUMNS, (area, comparator, *ends), strict=True):
        for at, line in enumerate(reversed(lines_of(name, 0.62, 6.5, 3))):
            write(figure, x, y + 0.1 + 0.11 * at, line, 6.5, ha="right")
    left, right = _sides(rows)
    write(figure, WIDE * 0.6 + 0.05, y + 0.1, f"◄ {left}", 6.5)
    write(figure, WIDE * 0.91 - 0.05, y + 0.1, f"{right} ►", 6.5, ha="right")
