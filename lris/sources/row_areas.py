"""What area each row of figures is about, what it lies in, and where it is if it is a place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from lris.catalogue.sources import (
    Kind,
    Role,
)
from lris.sources import cells
from lris.sources.cells import Mask
from lris.sources.columns import Bound
from lris.sources.frames import (
    LinkBatch,
    PointBatch,
    Strings,
)
from lris.sources.locations import points_of, postcodes_of
from lris.sources.rows import Rows, codes_of, is_of, names_of, same


@dataclass(frozen=True, slots=True)
class Areas:
    """What area each row is about: codes ("" where there are only names), names, vintages.

    `breakdown` is the category that the kind of row stands for, "" for none.
    """

    code: Strings
    name: Strings
    vintage: Strings
    breakdown: Strings


def areas_of(rows: Rows) -> Areas:
    """The area of each row, by its kind where the layout tells rows apart."""
    if rows.layout.kinds:
        return _areas_by_kind(rows)
    code, name = rows.one(Role.AREA_CODE), rows.one(Role.AREA_NAME)
    codes = codes_of(rows, code, required=True) if code else same("", rows.size)
    names = names_of(rows, name)
    if code is None and name is not None:
        rows.doubt(name, names == "", "there is no name", "the name of an area")
    vintage = next((str(b.column.vintage) for b in (code, name) if b is not None), "")
    return Areas(codes, names, same(vintage, rows.size), same("", rows.size))


def _areas_by_kind(rows: Rows) -> Areas:
    """Each row by the first kind that takes it; a row that none takes is a fault."""
    found = Areas(*(same("", rows.size) for _ in range(4)))
    for kind, mask in _of_kinds(rows):
        found.vintage[mask] = kind.vintage
        found.breakdown[mask] = kind.category or ""
        found.code[mask] = kind.area or ""
        if kind.code is not None:
            bound = _called_column(rows, kind.code)
            found.code[mask] = _kind_codes(rows, bound, mask, kind.code_shape)[mask]
        if kind.name is not None:
            found.name[mask] = names_of(rows, _called_column(rows, kind.name))[mask]
    return found


def _of_kinds(rows: Rows) -> Iterator[tuple[Kind, Mask]]:
    left = np.ones(rows.size, dtype=bool)
    for kind in rows.layout.kinds:
        texts = rows.cells(_called_column(rows, kind.column))
        mask = left & is_of(texts, kind.values, kind.shape)
        left &= ~mask
        yield kind, mask
    bound = _called_column(rows, rows.layout.kinds[-1].column)
    rows.doubt(
        bound,
        left,
        "{} tells no kind of row",
        ", ".join(" or ".join(kind.values) or str(kind.shape) for kind in rows.layout.kinds),
        "if the publisher has a new kind of row, add it to the manifest's kinds",
    )


def _called_column(rows: Rows, header: str) -> Bound:
    return next(bound for bound in rows.table.columns if header in bound.column.header)


def _kind_codes(rows: Rows, bound: Bound, mask: Mask, shape: str) -> Strings:
    texts = cells.trimmed(rows.cells(bound))
    rows.doubt(
        bound,
        mask & ~cells.matches(texts, shape),
        "{} is not a code of such a place",
        shape,
        "check the column; other kinds of code need their own shape in the manifest",
    )
    return cells.words(texts)


def parents_of(rows: Rows, areas: Areas) -> list[LinkBatch]:
    """The areas in their parents, as the file has them beside the figures."""
    found = [_parents(rows, bound, areas) for bound in rows.all(Role.PARENT_CODE)]
    for kind, mask in _of_kinds(rows) if rows.layout.kinds else ():
        if kind.parent is None:
            continue
        bound = _called_column(rows, kind.parent)
        above = _kind_codes(rows, bound, mask, kind.parent_shape)
        found.append(
            _within(rows, areas, kind.vintage, str(kind.parent_vintage), np.where(mask, above, ""))
        )
    return found


def _within(rows: Rows, areas: Areas, below: str, above: str, code: Strings) -> LinkBatch:
    return LinkBatch(
        line=rows.block.line,
        from_vintage=below,
        to_vintage=above,
        from_code=areas.code,
        from_name=areas.name,
        to_code=np.asarray(code, dtype=object),
        to_name=names_of(rows, rows.one(Role.PARENT_NAME, above)),
        change=same("", rows.size),
        exact=True,
    )


def _parents(rows: Rows, bound: Bound, areas: Areas) -> LinkBatch:
    below = str(areas.vintage[0]) if rows.size else ""
    code = codes_of(rows, bound, required=False)
    return _within(rows, areas, below, str(bound.column.vintage), code)


def places_of(rows: Rows, areas: Areas) -> list[PointBatch]:
    """Where the areas are that are places, for each vintage; nothing where no column tells."""
    if not rows.all(Role.POSTCODE, Role.LONGITUDE, Role.EASTING):
        return []
    x, y = points_of(rows)
    postcode = postcodes_of(rows, required=False)
    told = (postcode != "") | np.isfinite(x)
    return [
        PointBatch(
            line=rows.block.line,
            vintage=str(vintage),
            code=areas.code,
            name=areas.name,
            postcode=postcode,
            x=x,
            y=y,
        )
        for vintage in dict.fromkeys(areas.vintage[told].tolist())
    ]


def only(point: PointBatch, mask: Mask) -> PointBatch:
    """The places of the rows of the mask."""
    columns = ("line", "code", "name", "postcode", "x", "y")
    return replace(point, **{name: getattr(point, name)[mask] for name in columns})
