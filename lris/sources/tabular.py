"""Strict reading of CSV, xlsx and points: a member of a delivery into blocks of cells with lines.

Nothing is guessed. A member is read by the one layout of its manifest whose columns it has; every
row keeps the physical line it began on; whatever is not a table is refused with file, line and
what was expected.
"""

from __future__ import annotations

from collections.abc import Iterator

from lris.catalogue.sources import (
    Layout,
    SourceManifest,
)
from lris.errors import FileFault
from lris.sources.archives import Member
from lris.sources.columns import Table, choose, file_groups, named_groups
from lris.sources.delimited import BOM, csv_table
from lris.sources.features import feature_rows
from lris.sources.rows_again import RowsAgain, tables_again
from lris.sources.workbooks import sheet_blocks, sheet_tables


def tables(member: Member, source: SourceManifest) -> Iterator[Table]:
    """Find the table in a CSV or of features, or each declared sheet's table in a workbook.

    Raises `FileFault` where no layout, or more than one, fits, and with its own sentence where the
    layout that fits is declared only to be refused; `IdentifiersFound` where a header is on the
    deny-list.
    """
    if isinstance(member, RowsAgain):
        yield from tables_again(member, source)
        return
    with member.path.open("rb") as file:
        start = file.read(4096)
    layouts = _of_the_file(member.name, source)
    if start.startswith(b"PK\x03\x04"):
        yield from sheet_tables(member, source, layouts)
    elif start.removeprefix(BOM).lstrip().startswith(b"{") and any(
        "geojson" in one.format for one in layouts
    ):
        yield _feature_table(member, source, layouts)
    else:
        _check_is_text(member.name, start)
        yield csv_table(member, source, layouts)


def _of_the_file(name: str, source: SourceManifest) -> list[Layout]:
    """The layouts that a file of this name can have."""
    layouts = [one for one in source.layouts if one.file is None or file_groups(one, name)]
    if not layouts:
        raise FileFault(
            name,
            "its name is not one that the publisher gives",
            expected=" or ".join(sorted({repr(one.file) for one in source.layouts})),
            remedy="give it the publisher's name, which says what is in it",
        )
    return layouts


def _check_is_text(name: str, start: bytes) -> None:
    opening = start.removeprefix(BOM).lstrip()[:200].lower()
    found = ""
    if not opening:
        found = "it is empty"
    elif opening.startswith((b"<!doctype", b"<html", b"<?xml", b"<head", b"<script")):
        found = "it is a web page, not a table"
    elif opening.startswith((b"{", b"[")):
        found = "it is JSON, not a table"
    elif opening.startswith(b"%pdf"):
        found = "it is a PDF"
    elif start.startswith((b"\xff\xfe", b"\xfe\xff")):
        found = "it is UTF-16 text"
    elif start.startswith(b"\xd0\xcf\x11\xe0"):
        found = "it is an old Excel or Word file"
    elif b"\r" in start and b"\n" not in start:
        found = "its lines end in bare carriage returns"
    if found:
        raise FileFault(
            name,
            found,
            expected="a table of text in UTF-8 with a header, or an xlsx workbook",
            remedy="open the file and look; a failed download often leaves a page in its place",
        )


def _feature_table(member: Member, source: SourceManifest, able: list[Layout]) -> Table:
    header, rows = feature_rows(member)
    layouts = [(layout, header, 0) for layout in able if "geojson" in layout.format]
    fit = choose(member.name, layouts, source.vocabularies)
    blocks = sheet_blocks(member.name, iter(rows), 0, len(header))
    groups = named_groups(fit.layout, member.name)
    return Table(member.name, fit.layout, len(header), fit.columns, groups, blocks)
