"""Residents by age: a bar for each band, the youngest at the foot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lris.reports.charts.canvas import BLUE, INK, NARROW, SOFT, draw
from lris.reports.lettering import drawable

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class Band:
    """An age band and its number in words; without one, the word for the gap."""

    label: str
    value: float | None
    words: str


def age_chart(id: str, bands: Sequence[Band], *, unit: str) -> tuple[str, float]:
    """The chart as SVG, and how wide it is in CSS pixels; every bar is numbered."""
    height = 0.35 + 0.165 * len(bands)

    def fill(figure: Figure) -> None:
        axes = figure.add_axes((0.21, 0.02, 0.66, (height - 0.35) / height))
        for side in ("top", "right", "bottom"):
            axes.spines[side].set_visible(False)
        at = range(len(bands))
        axes.barh(at, [band.value or 0 for band in bands], 0.78, color=BLUE)
        axes.set_yticks(list(at), [drawable(band.label) for band in bands])
        axes.tick_params(length=0)
        axes.set_xticks([])
        axes.set_ylim(-0.6, len(bands) - 0.4)
        axes.set_title(unit, loc="left", fontsize=8, color=SOFT, x=-0.3)
        top = max((band.value or 0 for band in bands), default=0) or 1
        longest = max(len(band.words) for band in bands)
        axes.set_xlim(0, top / (1 - 0.026 * longest))
        for n, band in enumerate(bands):
            gap = band.value is None
            axes.text(
                (band.value or 0) + top * 0.015, n, band.words, va="center", fontsize=7,
                color=SOFT if gap else INK, style="italic" if gap else "normal",
            )  # fmt: skip

    return draw(id, NARROW, height, fill)
