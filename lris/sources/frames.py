"""What a reader hands to `lris.load`: columns of checked values, each row with its line.

A reader turns one member of a publisher's file into a stream of these. It has already matched
the header, converted and checked every cell and set the doubtful rows aside; it has not placed,
stored or looked up anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Strings = NDArray[np.object_]
"""A column of `str`; an absent value is the empty string."""


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A row set aside: where it stood, why, and the row itself under its header.

    `sheet` is that of a workbook, "" in a plain file. `code` is the reason in a word, by which rows
    are grouped, and `reason` in a sentence; `column` is the header in doubt, where it is one.
    """

    line: int
    reason: str
    row: tuple[str, ...]
    code: str
    column: str | None = None
    sheet: str = ""
    header: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Original:
    """Rows as they stood in the file, under their header; `columns` are Arrow arrays of text.

    Cells that may identify somebody, and that the manifest says are dropped, are blank.
    """

    sheet: str
    header: tuple[str, ...]
    line: NDArray[np.int64]
    columns: tuple[Any, ...]

    def aside(self, at: int, code: str, reason: str, column: str | None = None) -> Quarantined:
        """The row at a place, set aside."""
        row = tuple(cells[at].as_py() for cells in self.columns)
        return Quarantined(int(self.line[at]), reason, row, code, column, self.sheet, self.header)


@dataclass(frozen=True, slots=True)
class IncidentBatch:
    """Incidents, one row each; all columns have the same length.

    `partition` is the label of the part of the source the row belongs to (police: force and month).
    `start` is the first moment of what is known of the time and `end` the first moment after it: a
    month, a day, a from-to range. `x`, `y` are EPSG:27700 metres, NaN where the publisher gives no
    location. `code` is the publisher's own area code, in the vintage its manifest names, or "".
    `kept` holds the publisher's other columns word for word (place text, outcome, reference).
    """

    line: NDArray[np.int64]
    partition: Strings
    start: NDArray[np.datetime64]
    end: NDArray[np.datetime64]
    category: Strings
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    code: Strings
    kept: Mapping[str, Strings] = field(default_factory=dict)
    quarantined: tuple[Quarantined, ...] = ()

    def __len__(self) -> int:
        return self.line.size


@dataclass(frozen=True, slots=True)
class ObservationBatch:
    """Published values by area and period, one row per cell that had something in it.

    `vintage` is that of `area`; where the publisher gives only names, `area` is "" and `area_name`
    is looked up by `lris.load` among the names of that vintage. `measure` is the manifest's id for
    the column, `category` its breakdown ("" for none). `value` is NaN exactly where `withheld` is
    not "": the publisher's symbol turned into the manifest's word for it.

    `partition` is the part of the source that the file is, where the manifest tells it by the
    file's name; "" where it is told by periods and measures. `rows_skipped` of the rows read were
    left out on purpose. `points` tell where the areas are that are places, such as schools.
    `blanks` are the blank cells of each column of values; `original` has all rows as they stood.
    """

    line: NDArray[np.int64]
    vintage: Strings
    area: Strings
    area_name: Strings
    period: Strings
    measure: Strings
    category: Strings
    value: NDArray[np.float64]
    withheld: Strings
    links: tuple[LinkBatch, ...] = ()
    rows_read: int = 0
    cells_read: int = 0
    cells_blank: int = 0
    quarantined: tuple[Quarantined, ...] = ()
    rows_skipped: int = 0
    partition: str = ""
    points: tuple[PointBatch, ...] = ()
    blanks: Mapping[str, int] = field(default_factory=dict)
    original: Original | None = None

    def __len__(self) -> int:
        return self.line.size


@dataclass(frozen=True, slots=True)
class LinkBatch:
    """Rows that say how areas of one vintage lie in areas of another: a look-up or a parent column.

    `change` is the publisher's change code (U, S, M, X) or "". Names are "" where not given.
    `exact` says whether the publisher calls the link exact or a best fit. `rows_skipped` of the
    rows read were left out on purpose.
    """

    line: NDArray[np.int64]
    from_vintage: str
    to_vintage: str
    from_code: Strings
    from_name: Strings
    to_code: Strings
    to_name: Strings
    change: Strings
    exact: bool
    rows_read: int = 0
    quarantined: tuple[Quarantined, ...] = ()
    rows_skipped: int = 0

    def __len__(self) -> int:
        return self.line.size


@dataclass(frozen=True, slots=True)
class NameBatch:
    """What areas are called: `name` is the publisher's own, `kept` holds others (Welsh, everyday).

    The codes are of `vintage`; an absent name is "".
    """

    line: NDArray[np.int64]
    vintage: str
    code: Strings
    name: Strings
    kept: Mapping[str, Strings] = field(default_factory=dict)
    rows_read: int = 0
    rows_skipped: int = 0
    quarantined: tuple[Quarantined, ...] = ()

    def __len__(self) -> int:
        return self.line.size


@dataclass(frozen=True, slots=True)
class PointBatch:
    """Places: what is there, its postcode, and where, in EPSG:27700 metres; NaN where not given.

    `code` is the publisher's number for the place in `vintage` (a school's URN), both "" where it
    has none. `line` counts from 1 in files of features, which have no lines. `partition` is the
    part of the source that the file is, "" for the whole.
    """

    line: NDArray[np.int64]
    vintage: str
    code: Strings
    name: Strings
    postcode: Strings
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    kept: Mapping[str, Strings] = field(default_factory=dict)
    partition: str = ""
    rows_read: int = 0
    rows_skipped: int = 0
    quarantined: tuple[Quarantined, ...] = ()

    def __len__(self) -> int:
        return self.line.size


@dataclass(frozen=True, slots=True)
class PostcodeBatch:
    """Postcodes, written with one space before the last three letters, and where they lie.

    `codes` has for each vintage the area the publisher puts the postcode in, "" for none; `x`, `y`
    are EPSG:27700 metres, NaN where not given. `edition` is the period of the directory, and
    `partition` the part of it that the file is ("" for the whole). `kept` holds the publisher's
    other columns word for word (when introduced, when ended, how good the point is).
    `skipped_because` says why rows were left out on purpose.
    """

    line: NDArray[np.int64]
    edition: str
    postcode: Strings
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    codes: Mapping[str, Strings] = field(default_factory=dict)
    kept: Mapping[str, Strings] = field(default_factory=dict)
    partition: str = ""
    rows_read: int = 0
    rows_skipped: int = 0
    quarantined: tuple[Quarantined, ...] = ()
    skipped_because: tuple[str, ...] = ()

    def __len__(self) -> int:
        return self.line.size
