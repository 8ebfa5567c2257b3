"""A strip of ten for each domain: in which tenth of the country an area lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lris.reports.charts.canvas import EDGE, INK, NARROW, SOFT, bare, draw, lines_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = (
    "#7f2704", "#a63603", "#d94801", "#f16913", "#fd8d3c",
    "#c6dbef", "#9ecae1", "#6baed6", "#3182bd", "#08519c",
)  # fmt: skip
"""From the most (1) to the least (10); the number stands in the box for those who see no colour."""

TALL, HEAD = 0.33, 0.42


@dataclass(frozen=True, slots=True)
class Strip:
    """A domain and its tenth, 1 to 10; or the word for why there is none."""

    label: str
    tenth: int | None
    gap: str = ""


def decile_chart(id: str, strips: Sequence[Strip], *, most: str, least: str) -> tuple[str, float]:
    """The chart as SVG, and how wide it is in CSS pixels; the area's tenth is numbered."""
    height = HEAD + TALL * len(strips)
    across = 2.05
    left = NARROW - across

    def fill(figure: Figure) -> None:
        axes = bare(figure, 0, 0, 1, 1)
        axes.set_xlim(0, NARROW)
        axes.set_ylim(height, 0)
        box = across / 10
        axes.text(left, 0.12, f"◄ {most}", fontsize=7, color=SOFT, va="center")
        axes.text(NARROW, 0.28, f"{least} ►", fontsize=7, color=SOFT, va="center", ha="right")
        for at, one in enumerate(strips):
            top = HEAD + TALL * at
            middle = top + TALL / 2
            lines = lines_of(one.label, left - 0.1, 8)
            for n, line in enumerate(lines):
                shift = 0.125 * (n - (len(lines) - 1) / 2)
                axes.text(0, middle + shift, line, fontsize=8, va="center")
            if one.tenth is None:
                axes.text(
                    left, middle, one.gap, fontsize=8, va="center", style="italic", color=SOFT
                )
                continue
            for tenth in range(1, 11):
                own = tenth == one.tenth
                axes.barh(
                    middle, box * 0.92, TALL * 0.62, left + box * (tenth - 1),
                    color=COLOURS[tenth - 1] if own else "#eef1f1",
                    edgecolor=INK if own else EDGE, linewidth=1.1 if own else 0.4,
                )  # fmt: skip
                if own:
                    dark = tenth in (1, 2, 3, 9, 10)
                    axes.text(
                        left + box * (tenth - 0.54), middle, str(tenth), fontsize=8, ha="center",
                        va="center", fontweight="bold", color="#ffffff" if dark else INK,
                    )  # fmt: skip

    return draw(id, NARROW, height, fill)
