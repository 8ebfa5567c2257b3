"""What a document is made of, whatever it is printed by: parts of paragraphs, tables and charts.

A report is told once, as these values; the page and the PDF only set it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a table: words, what is said smaller below them, and a sign of its kind.

    `kind` is empty, or one of the kinds of a figure (`zero`, `missing`, `withheld` ...) or of a
    verdict (`better`, `worse` ...); it decides how the cell looks, and its words say it too.
    """

    text: str
    small: str = ""
    kind: str = ""
    number: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headers; the first cell of a row is its header."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    folded: bool = False
    kind: Literal["table"] = "table"


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing as SVG with what it says in words and the table of its numbers.

    `width` is in CSS pixels, of which there are 96 to the inch. `wide` is the same drawn for a
    wider page, where there is such a drawing. Without a table of its own, the table below it in its
    part is that of its numbers.
    """

    id: str
    title: str
    alternative: str
    svg: str
    width: float
    table: Table | None = None
    wide: str = ""
    kind: Literal["chart"] = "chart"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Words; `note` sets them apart from the rest, `warning` so that nobody can miss them."""

    text: str
    tone: Literal["", "note", "warning", "faint"] = ""
    kind: Literal["paragraph"] = "paragraph"


@dataclass(frozen=True, slots=True)
class Listing:
    """Sentences one below the other."""

    sentences: tuple[str, ...]
    kind: Literal["listing"] = "listing"


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading below that of the part."""

    text: str
    kind: Literal["heading"] = "heading"


@dataclass(frozen=True, slots=True)
class Link:
    """An address with its words, and what is said after it."""

    text: str
    address: str
    after: str = ""
    kind: Literal["link"] = "link"


@dataclass(frozen=True, slots=True)
class Row:
    """Charts that may stand beside each other."""

    charts: tuple[Chart, ...]
    kind: Literal["row"] = "row"


Block = Paragraph | Listing | Heading | Table | Chart | Row | Link


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a report under a heading of its own; `opens` where it starts a page."""

    id: str
    title: str
    blocks: tuple[Block, ...]
    opens: bool = False
    level: int = 2


@dataclass(frozen=True, slots=True)
class Report:
    """A document. `stamp` says where its numbers come from and stands on every page."""

    title: str
    subtitle: str
    stamp: str
    date: str
    parts: tuple[Part, ...]
    warning: str = ""
    facts: tuple[tuple[str, str], ...] = field(default=())
