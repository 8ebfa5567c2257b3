"""Where a row is: its point in EPSG:27700 metres, and its postcode."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from lris.catalogue.sources import (
    Role,
)
from lris.rules.british_grid import to_grid
from lris.sources import cells
from lris.sources.cells import Mask
from lris.sources.columns import Bound
from lris.sources.frames import (
    Strings,
)
from lris.sources.rows import Rows, same

_Column = NDArray[np.float64]
_UK_DEGREES = (-9.0, 2.2, 49.7, 61.0)
_UK_METRES = (-250_000.0, 700_000.0, -10_000.0, 1_300_000.0)
_Amiss = Callable[[_Column, _Column], Iterator[tuple[Mask, str, str, str]]]


def points_of(rows: Rows) -> tuple[_Column, _Column]:
    """Points in EPSG:27700 metres, NaN where the publisher gives none."""
    if (lon := rows.one(Role.LONGITUDE)) is not None:
        lat = rows.one(Role.LATITUDE)
        assert lat is not None
        return to_grid(*_coordinates(rows, lon, lat, _UK_DEGREES, _degrees_amiss))
    if (east := rows.one(Role.EASTING)) is not None:
        north = rows.one(Role.NORTHING)
        assert north is not None
        return _coordinates(rows, east, north, _UK_METRES, _metres_amiss)
    return np.full(rows.size, np.nan), np.full(rows.size, np.nan)


def _coordinates(
    rows: Rows, across: Bound, up: Bound, reach: tuple[float, float, float, float], amiss: _Amiss
) -> tuple[_Column, _Column]:
    read = [cells.numbers(rows.cells(bound)) for bound in (across, up)]
    for bound, column in zip((across, up), read, strict=True):
        rows.doubt(bound, column.bad, "{} is not a coordinate", "a number")
    half = read[0].blank != read[1].blank
    rows.doubt(across, half, "only one of two coordinates is given", "both or neither")
    x, y = read[0].value, read[1].value
    for mask, found, expected, remedy in amiss(x, y):
        rows.doubt(across, mask, found, expected, remedy)
    west, east, south, north = reach
    outside = (x < west) | (x > east) | (y < south) | (y > north)
    rows.doubt(
        across,
        outside,
        "{} is not in the United Kingdom",
        f"between {west:g} and {east:g}, with {up.header!r} between {south:g} and {north:g}",
        "check the coordinates, and which coordinate system the file is in",
    )
    if outside.any():
        x, y = np.where(outside, np.nan, x), np.where(outside, np.nan, y)
    return x, y


def _degrees_amiss(x: _Column, y: _Column) -> Iterator[tuple[Mask, str, str, str]]:
    yield (
        (np.abs(x) > 180) | (np.abs(y) > 90),
        "{} looks like metres of the National Grid",
        "a longitude in degrees",
        "give the columns the roles easting and northing",
    )
    yield (
        (x > 49) & (x < 62) & (y > -9) & (y < 3),
        "{} is a latitude: longitude and latitude are exchanged",
        "a longitude between -9 and 2.2",
        "exchange the two columns' roles, or mend the file",
    )


def _metres_amiss(x: _Column, y: _Column) -> Iterator[tuple[Mask, str, str, str]]:
    yield (
        (np.abs(x) < 62) & (np.abs(y) < 62) & ((x != 0) | (y != 0)),
        "{} looks like degrees",
        "an easting in metres",
        "give the columns the roles longitude and latitude",
    )


_POSTCODE = r"([A-Z]{1,2}[0-9][A-Z0-9]?|NPT|GIR) *[0-9][A-Z]{2}"
"""NPT was Newport until 1984, GIR 0AA a bank alone: both are in the directories."""


def postcodes_of(rows: Rows, *, required: bool) -> Strings:
    """Postcodes with one space before their last three letters; "" for none."""
    if (bound := rows.one(Role.POSTCODE)) is None:
        return same("", rows.size)
    texts = pc.utf8_upper(cells.trimmed(rows.cells(bound)))
    empty = cells.blank(texts)
    rows.doubt(
        bound,
        ~empty & ~cells.matches(texts, _POSTCODE),
        "{} is not a postcode",
        "a postcode such as BS1 1AD",
    )
    if required:
        rows.doubt(bound, empty, "there is no postcode", "a postcode")
    tight = pc.replace_substring(texts, " ", "")
    spaced = pc.replace_substring_regex(tight, r"^(.+)(...)$", r"\1 \2")
    return cells.word_for_word(spaced)
