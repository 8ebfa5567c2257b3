"""A report as a PDF for people and for screen readers: tagged, titled, in English (PDF/UA-1).

Set by typst from a template that never changes; the words and drawings go in as a value, so that
nothing in them can be taken for markup.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import datetime
from importlib.resources import files
from typing import TYPE_CHECKING

from lris.reports.blocks import Block, Heading, Part, Report, Table
from lris.reports.lettering import drawable, folder

if TYPE_CHECKING:
    from typst import Compiler


def pdf(report: Report) -> bytes:
    """The PDF; the same report gives the same bytes, dated by its release."""
    made = _compiler().compile(
        format="pdf",
        sys_inputs={
            "report": drawable(json.dumps(asdict(_with_annex(report)), ensure_ascii=False))
        },
        pdf_standards="ua-1",
        timestamp=_moment(report.date),
    )
    if not isinstance(made, bytes):
        raise TypeError(f"typst gave {type(made).__name__} instead of one PDF")
    return made


def _with_annex(report: Report) -> Report:
    """What a page folds away stands at the end, where it interrupts nobody."""
    folded: list[Block] = []
    parts = []
    for part in report.parts:
        there = [one for one in part.blocks if isinstance(one, Table) and one.folded]
        if there:
            folded += [Heading(part.title), *there]
        kept = tuple(one for one in part.blocks if one not in there)
        parts.append(replace(part, blocks=kept))
    if folded:
        parts.append(Part("further", "Further figures", tuple(folded), opens=True))
    return replace(report, parts=tuple(parts))


def _compiler() -> Compiler:
    """One for each document: it keeps what it was given last."""
    from typst import Compiler, Fonts

    fonts: list[str] = [folder()]
    return Compiler(
        files("lris.reports").joinpath("templates/report.typ").read_bytes(),
        font_paths=Fonts(include_system_fonts=False, font_paths=fonts),
        ignore_system_fonts=True,
    )


def _moment(day: str) -> int:
    """The start of a day as seconds; 0 for none."""
    try:
        return int(datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp())
    except ValueError:
        return 0
