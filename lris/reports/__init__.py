"""Documents a person can put into a bid: a profile as a page, a PDF or a workbook.

Whatever draws or writes them is imported when it is first needed: a service that only answers
JSON never pays for it.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from lris.figures import Reader
    from lris.terms import AreaCode, Viewer

Format = Literal["html", "pdf", "xlsx"]

MEDIA: Mapping[str, str] = {
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class Document(NamedTuple):
    """A file as it is sent: its media type, its bytes, and what to call it."""

    media_type: str
    bytes: builtins.bytes
    filename: str


def document(
    profile: Mapping[str, Any], format: Format, outlines: Mapping[str, Any] | None = None
) -> Document:
    """The profile of an area (`lris.profiles.profile`) as a document.

    `outlines` (see `surroundings`) put the area on a map.
    The same profile gives the same bytes: nothing in a document is of the moment it was made.
    """
    from lris.reports.naming import file_name
    from lris.reports.wording import printable

    written = _written(printable(profile), format, outlines or {})
    return Document(MEDIA[format], written, file_name(profile, format))


def surroundings(reader: Reader, viewer: Viewer, profile: Mapping[str, Any]) -> dict[str, Any]:
    """Outlines of an area and the others of its district, by code; see `lris.reports.around`."""
    from lris.reports.around import surroundings as found

    return found(reader, viewer, profile)


def _written(
    profile: Mapping[str, Any], format: Format, outlines: Mapping[str, Any]
) -> builtins.bytes:
    if format == "xlsx":
        from lris.reports.workbooks import profile_workbook

        return profile_workbook(profile)
    from lris.reports.telling import told

    if format == "pdf":
        from lris.reports.pdf import pdf

        return pdf(told(profile, outlines, forms=("wide",)))
    from lris.reports.pages import page

    return page(told(profile, outlines))


def indicator(reader: Reader, viewer: Viewer, name: str, **series: str | None) -> dict[str, Any]:
    """What there is to say of an indicator, as JSON has it: see `lris.reports.indicators.look`.

    `series` chooses the figures looked at: vintage, period, category, within.
    """
    from lris.reports.indicators import look

    return look(reader, viewer, name, **series).told


def indicator_page(reader: Reader, viewer: Viewer, name: str, **series: str | None) -> Document:
    """The same as a page, with a map and a table of its areas."""
    from lris.reports.describing import MOST_DRAWN, indicator_report
    from lris.reports.indicators import look, outlines
    from lris.reports.naming import plain_name
    from lris.reports.pages import page

    found = look(reader, viewer, name, **series)
    shapes: dict[str, Any] = {}
    if found.page and len(found.page.figures) <= MOST_DRAWN:
        shown = found.told["shown"]
        shapes = outlines(reader, viewer, shown["vintage"], shown["within"], zoom=MAP_ZOOM)
    told = page(indicator_report(found, shapes))
    return Document(MEDIA["html"], told, plain_name(name, "html"))


MAP_ZOOM = 9
"""Outlines as they are drawn for a map of a county."""


def pack(reader: Reader, viewer: Viewer, which: AreaCode) -> Document:
    """All LSOAs of a ward in one PDF: see `lris.reports.packs.pack_report`."""
    from lris.reports.packs import pack_report
    from lris.reports.pdf import pdf

    return Document(MEDIA["pdf"], pdf(pack_report(reader, viewer, which)), pack_name(which))


def pack_name(which: AreaCode) -> str:
    """What the pack of a ward is called as a file."""
    from lris.reports.naming import plain_name

    return plain_name(f"pack-{which.vintage}-{which.code}", "pdf")


def comparison(found: Mapping[str, Any]) -> Document:
    """Areas side by side (`lris.comparing.compare`) as a page."""
    from lris.reports.comparing import comparison_report
    from lris.reports.naming import plain_name
    from lris.reports.pages import page
    from lris.reports.wording import printable

    name = plain_name("-".join(one["code"] for one in found["areas"]), "html")
    return Document(MEDIA["html"], page(comparison_report(printable(found))), name)
