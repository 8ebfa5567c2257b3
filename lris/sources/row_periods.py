"""What period figures are of: the manifest's, the sheet's, the row's, or the one asked for."""

from __future__ import annotations

import re
from functools import partial

import numpy as np

from lris.catalogue.sources import (
    Role,
    SourceManifest,
)
from lris.errors import FileFault, UnknownPeriod
from lris.sources import cells
from lris.sources.columns import Table
from lris.sources.frames import (
    Strings,
)
from lris.sources.rows import Rows
from lris.terms import Period


def stated_period(table: Table, source: SourceManifest, asked: Period | None) -> str | None:
    """The label of the one period of a table; None where each row has its own."""
    if any(bound.column.role is Role.PERIOD for bound in table.columns):
        return None
    template = table.layout.period or source.period
    stated = template.format(**with_following(table.groups)) if template else None
    if stated is None and asked is None:
        raise FileFault(
            table.name,
            "neither the file nor the manifest says what period the figures are of",
            expected="a period such as 2018 or 2016/17",
            remedy="say it: lris load SOURCE FILE --period 2018",
        )
    if stated is not None and asked is not None and stated != asked.label:
        raise FileFault(
            table.name,
            f"the figures are of {stated}, not of {asked.label}",
            expected=f"the period {stated}",
            remedy="leave --period out, or load the file of the period meant",
        )
    return stated if stated is not None else str(asked)


def with_following(groups: dict[str, str]) -> dict[str, str]:
    """The groups, and after a `year` the last two digits of the next: 2016/17 from 2016."""
    if not groups.get("year", "").isdecimal():
        return groups
    return groups | {"following": f"{(int(groups['year']) + 1) % 100:02d}"}


def row_periods(rows: Rows, source: SourceManifest, asked: Period | None) -> Strings:
    """The label of each row's own period."""
    bound = rows.one(Role.PERIOD)
    assert bound is not None
    texts = cells.trimmed(rows.cells(bound))
    labels = cells.by_word(texts, partial(_period_labels, source.school_year))
    rows.doubt(bound, labels == "", "{} is not a period", "2018, 2018-Q4, 2018-10 or 2016/17")
    if asked is not None:
        rows.doubt(bound, labels != asked.label, "{} is not the period asked for", asked.label)
    return labels


def _period_labels(school_year: bool, found: Strings) -> Strings:
    labels = []
    for text in found:
        text = re.sub(r"^(\d{2})(\d{2}) - (\d{2})$", r"\1\2..\1\3", text)
        try:
            labels.append(Period.parse(text, school_year=school_year).label)
        except UnknownPeriod:
            labels.append("")
    return np.array(labels, dtype=object)
