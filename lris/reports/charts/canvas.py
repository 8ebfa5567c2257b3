"""What every chart is drawn on: one style, one size of type, and SVG that is always the same."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from textwrap import wrap
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal

from lris.reports.lettering import drawable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, SOFT, EDGE, LINE, WASH = "#1b2427", "#4d595e", "#7b878c", "#cfd6d8", "#eef1f1"
BLUE, VERMILLION, ORANGE, SKY, GREEN, PURPLE = (
    "#0072b2", "#d55e00", "#e69f00", "#56b4e9", "#009e73", "#cc79a7",
)  # fmt: skip

MARKS: Mapping[str, tuple[str, str]] = {
    "better": ("^", BLUE),
    "worse": ("v", VERMILLION),
    "similar": ("o", ORANGE),
    "higher": ("s", PURPLE),
    "lower": ("D", SKY),
    "not_compared": ("o", "#ffffff"),
}
"""The shape and the colour of each verdict; the shapes are those of the words beside them."""

NARROW, WIDE = 3.75, 7.0
"""Inches across: a telephone held upright (360 CSS pixels), and A4 inside its margins."""

PIXELS_PER_INCH = 96
TYPE = 8.5
Side = Literal["left", "right", "center"]
Dash = Literal["-", "--", ":", "-."]
LETTER = 0.57
"""How wide a letter is on average, in parts of the size of type."""

_STYLE: Mapping[str, Any] = {
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial"],
    "font.size": TYPE,
    "text.parse_math": False,
    "text.color": INK,
    "axes.edgecolor": EDGE,
    "axes.labelcolor": SOFT,
    "axes.linewidth": 0.6,
    "axes.unicode_minus": True,
    "axes.formatter.use_mathtext": False,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "hatch.linewidth": 0.6,
    "svg.fonttype": "none",
    "svg.hashsalt": "lris",
    "path.simplify": True,
}
_DRAWING = Lock()
"""matplotlib keeps its style in one place for the whole process: one chart is drawn at a time."""


def draw(id: str, width: float, height: float, fill: Callable[[Figure], None]) -> tuple[str, float]:
    """An empty figure of so many inches, filled, as SVG; and its width in CSS pixels.

    `id` goes in front of every id inside the SVG, so that charts can stand on one page.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    out = io.StringIO()
    style: Any = dict(_STYLE)
    with _DRAWING, mpl.rc_context(style):
        figure = Figure(figsize=(width, height))
        fill(figure)
        canvas: Any = FigureCanvasSVG(figure)
        canvas.print_svg(out, metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    return _embedded(out.getvalue(), id), width * PIXELS_PER_INCH


def _embedded(svg: str, id: str) -> str:
    """The drawing alone, with ids of its own and without what a file of its own begins with."""
    svg = svg[svg.index("<svg") :].strip()
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\bid="', f'id="{id}-', svg)
    return re.sub(r'(url\(#|href="#)', rf"\g<1>{id}-", svg)


def bare(figure: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
    """Axes without a frame, ticks or background, in parts of the figure."""
    axes = figure.add_axes((left, bottom, width, height))
    axes.set_axis_off()
    return axes


def write(
    figure: Figure,
    x: float,
    y: float,
    text: str,
    size: float = 7.5,
    *,
    color: str = SOFT,
    ha: Side = "left",
    bold: bool = False,
) -> None:
    """Words at a place in inches from the lower left, in the middle of their line."""
    figure.text(
        x, y, text, fontsize=size, color=color, va="center", ha=ha,
        fontweight="bold" if bold else "normal", transform=figure.dpi_scale_trans,
    )  # fmt: skip


def sign(
    figure: Figure, x: float, y: float, shape: str, color: str, edge: str = INK, size: float = 5.5
) -> None:
    """One mark at a place in inches from the lower left."""
    from matplotlib.lines import Line2D

    figure.add_artist(
        Line2D([x], [y], marker=shape, color=color, markeredgecolor=edge, markersize=size,
               markeredgewidth=0.7, linestyle="", transform=figure.dpi_scale_trans)
    )  # fmt: skip


def stroke(
    figure: Figure, x: tuple[float, float], y: float, color: str, width: float, dash: Dash = "-"
) -> None:
    """A level line between two places in inches from the lower left."""
    from matplotlib.lines import Line2D

    figure.add_artist(
        Line2D(x, [y, y], color=color, linewidth=width, linestyle=dash,
               transform=figure.dpi_scale_trans)
    )  # fmt: skip


def plain(axes: Axes) -> None:
    """A quiet frame: a line below, and light lines across."""
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.grid(axis="y", color=LINE, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.tick_params(length=0)


def lines_of(text: str, inches: float, size: float = TYPE, most: int = 2) -> list[str]:
    """Text broken to fit a width, at most so many lines; what is left over ends in an ellipsis."""
    letters = max(8, int(inches * 72 / (size * LETTER)))
    found = wrap(drawable(text), letters, break_long_words=True) or [""]
    if len(found) > most:
        found = [*found[: most - 1], found[most - 1][: letters - 1].rstrip() + "…"]
    return found
