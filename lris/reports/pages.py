"""A report as one page of HTML that needs nothing beside it: no script, no request, no font."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from lris.reports.blocks import Report

if TYPE_CHECKING:
    from jinja2 import Template


def page(report: Report) -> bytes:
    """The page. Every word is escaped; only charts, which we drew, enter as they are."""
    return _template().render(report=report).encode()


@cache
def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    shelf = Environment(
        loader=PackageLoader("lris.reports", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return shelf.get_template("page.html.jinja")
