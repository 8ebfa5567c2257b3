"""Rows that were set aside, read once more: by the manifest as it is now, and the same reader."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lris.catalogue.sources import Layout, SourceManifest
from lris.errors import FileFault
from lris.sources.archives import Member
from lris.sources.columns import Block, Table, choose, file_groups, named_groups
from lris.sources.frames import Original


@dataclass(frozen=True, slots=True)
class RowsAgain(Member):
    """A member that is not a file: rows of one, under their headers, each with its line."""

    originals: tuple[Original, ...] = ()


def tables_again(member: RowsAgain, source: SourceManifest) -> Iterator[Table]:
    """A table for every sheet and header that rows were set aside under."""
    for original in member.originals:
        name = f"{member.name}!{original.sheet}" if original.sheet else member.name
        if not original.header:
            raise FileFault(
                name,
                "its rows were set aside without their header",
                expected="rows of a delivery loaded since headers are kept",
                remedy="load a file with these rows mended",
            )
        layouts = [one for one in source.layouts if _is_of(one, member.name, original.sheet)]
        if not layouts:
            raise FileFault(
                name,
                "the manifest has no layout for it any more",
                remedy=f"put the layout back into sources/{source.id}.toml",
            )
        candidates = [(one, list(original.header), one.header_row) for one in layouts]
        fit = choose(name, candidates, source.vocabularies)
        blocks: Any = iter([Block(original.line, original.columns)])
        groups = named_groups(fit.layout, member.name, original.sheet)
        yield Table(name, fit.layout, len(fit.header), fit.columns, groups, blocks, original.sheet)


def _is_of(layout: Layout, name: str, sheet: str) -> bool:
    named = layout.file is None or bool(file_groups(layout, name))
    if layout.sheet is None or not sheet:
        return named and layout.sheet is None and not sheet
    return named and bool(re.fullmatch(layout.sheet, sheet.strip()))


def forgiving(source: SourceManifest) -> SourceManifest:
    """The manifest, for a few rows and not a file: whatever is wrong with a row sets it aside."""
    return source.model_copy(
        update={
            "expected_rows": None,
            "layouts": tuple(
                layout.model_copy(
                    update={
                        "expected_rows": None,
                        "columns": tuple(
                            column.model_copy(update={"on_fault": "quarantine"})
                            for column in layout.columns
                        ),
                    }
                )
                for layout in source.layouts
            ),
        }
    )
