"""Equal cells over the ground: squares and hexagons in EPSG:27700, in the same place for ever.

Cells are counted from the origin of the British National Grid, not from the window asked for, so
that a cell of last year's map is a cell of this year's, and bears the same name.

Squares: `cell_m` is the side. Hexagons stand on a point: `cell_m` is their width, the distance
between the middles of neighbours; every second row is shifted by half of it. A point on the line
between cells belongs to the eastern and northern square, on the far edge of the last ones to these;
between hexagons, to the southern, then western one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lris.rules.density import MOST_CELLS, Window
from lris.rules.local_stats import Neighbours

if TYPE_CHECKING:
    from shapely import Geometry

Column = NDArray[np.float64]
Whole = NDArray[np.int64]

OUTSIDE = -1
ROW_HEIGHT = np.sqrt(3) / 2
"""Height from one row of hexagons to the next, in widths of a hexagon."""

SQUARE, HEXAGON = "square", "hexagon"
_LETTERS = {SQUARE: "S", HEXAGON: "H"}
_AROUND_SQUARE = [(r, c) for r in (-1, 0, 1) for c in (-1, 0, 1) if (r, c) != (0, 0)]
# The rows above and below of a hexagon begin half a width to its left or right, by its own row.
_AROUND_HEXAGON = {
    0: [(-1, -1), (-1, 0), (0, -1), (0, 1), (1, -1), (1, 0)],
    1: [(-1, 0), (-1, 1), (0, -1), (0, 1), (1, 0), (1, 1)],
}


@dataclass(frozen=True)
class Cells:
    """Cells in rows from the south, each row from the west; cell number = row x columns + column.

    `first_column`, `first_row`: how many cells lie between the origin and the first one.
    """

    shape: str
    cell_m: float
    first_column: int
    first_row: int
    columns: int
    rows: int

    def __len__(self) -> int:
        return self.columns * self.rows

    @property
    def area_m2(self) -> float:
        """Square metres of one cell."""
        return self.cell_m**2 * (1.0 if self.shape == SQUARE else ROW_HEIGHT)

    @property
    def names(self) -> NDArray[np.str_]:
        """A name for each cell that does not depend on the window: shape, size, column and row."""
        column, row = self._places()
        mark = f"{_LETTERS[self.shape]}{self.cell_m:g}"
        return np.array(
            [f"{mark}_{c}_{r}" for c, r in zip(column.tolist(), row.tolist(), strict=True)]
        )

    def middles(self) -> tuple[Column, Column]:
        """The x and y of every cell's middle."""
        column, row = (place.astype(np.float64) for place in self._places())
        if self.shape == SQUARE:
            return (column + 0.5) * self.cell_m, (row + 0.5) * self.cell_m
        return (column + 0.5 * (row % 2)) * self.cell_m, row * (ROW_HEIGHT * self.cell_m)

    def axes(self) -> tuple[Column, Column]:
        """The x of the columns and the y of the rows, for a surface. Squares only."""
        if self.shape != SQUARE:
            raise ValueError("a surface is drawn on squares: hexagons have no columns")
        column, row = (
            np.arange(self.columns, dtype=np.float64),
            np.arange(self.rows, dtype=np.float64),
        )
        return (
            (self.first_column + column + 0.5) * self.cell_m,
            (self.first_row + row + 0.5) * self.cell_m,
        )

    def cell_of(self, x: ArrayLike, y: ArrayLike) -> Whole:
        """The cell each point is in; `OUTSIDE` for points beyond the cells or without a place."""
        east, north = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
        known = np.isfinite(east) & np.isfinite(north)
        place = _square_at if self.shape == SQUARE else _hexagon_at
        column, row = place(np.where(known, east, 0.0), np.where(known, north, 0.0), self.cell_m)
        column, row = column - self.first_column, row - self.first_row
        if self.shape == SQUARE:
            # What lies on the far edge of the window is in the window.
            column -= (column == self.columns) & (east == self.cell_m * self._ends[0])
            row -= (row == self.rows) & (north == self.cell_m * self._ends[1])
        known &= (column >= 0) & (column < self.columns) & (row >= 0) & (row < self.rows)
        return np.where(known, row * self.columns + column, OUTSIDE)

    def counts(self, x: ArrayLike, y: ArrayLike, weights: ArrayLike | None = None) -> Column:
        """The weight of the points in each cell (1 for each where left out)."""
        cell = self.cell_of(x, y)
        inside = cell != OUTSIDE
        weight = None if weights is None else np.asarray(weights, dtype=np.float64)[inside]
        return np.bincount(cell[inside], weights=weight, minlength=len(self)).astype(np.float64)

    def polygons(self, cells: ArrayLike | None = None) -> NDArray[np.object_]:
        """The cells, or those numbered, as shapely polygons in metres."""
        import shapely

        x, y = self.middles()
        if cells is not None:
            x, y = x[np.asarray(cells)], y[np.asarray(cells)]
        half = self.cell_m / 2
        if self.shape == SQUARE:
            return np.asarray(shapely.box(x - half, y - half, x + half, y + half))
        reach = self.cell_m / np.sqrt(3)
        across = np.array([0, half, half, 0, -half, -half, 0])
        along = np.array([1, 0.5, -0.5, -1, -0.5, 0.5, 1]) * reach
        corners = np.stack([x[:, None] + across, y[:, None] + along], axis=2)
        return np.asarray(shapely.polygons(corners))

    def neighbours(self, kept: ArrayLike | None = None) -> Neighbours:
        """The cells that touch each: eight of a square, six of a hexagon, fewer at the rim.

        `kept`: true for the cells that count (those with land); the answer is then about these
        alone, numbered in their order, as `gi_star` wants them.
        """
        stays = np.ones(len(self), bool) if kept is None else np.asarray(kept, dtype=bool)
        if stays.shape != (len(self),):
            raise ValueError(f"{stays.size} marks for {len(self)} cells")
        number = np.where(stays, np.cumsum(stays) - 1, OUTSIDE).reshape(self.rows, self.columns)
        # A rim of no cells, so that every cell has all its places around.
        framed = np.pad(number, 1, constant_values=OUTSIDE)
        cell = np.flatnonzero(stays)
        row, column = cell // self.columns, cell % self.columns
        around = np.stack(
            [
                framed[row + 1 + up, column + 1 + self._right(row, right)]
                for up, right in self._steps()
            ]
        ).T
        there = around != OUTSIDE
        start = np.zeros(cell.size + 1, dtype=np.int64)
        np.cumsum(there.sum(axis=1), out=start[1:])
        return Neighbours(start, np.sort(around, axis=1)[np.sort(there, axis=1)].astype(np.int64))

    def shares_inside(self, outline: Geometry) -> Column:
        """How much of each cell lies inside an outline (a shapely polygon): 0 to 1.

        For the land of a cell, and for leaving out those that have none.
        """
        import shapely

        shapely.prepare(outline)
        cells = self.polygons()
        touches = shapely.intersects(outline, cells)
        whole = touches & shapely.covers(outline, cells)
        share = whole.astype(np.float64)
        cut = np.flatnonzero(touches & ~whole)
        share[cut] = shapely.area(shapely.intersection(cells[cut], outline)) / self.area_m2
        return np.clip(share, 0.0, 1.0)

    @property
    def _ends(self) -> tuple[int, int]:
        return self.first_column + self.columns, self.first_row + self.rows

    def _places(self) -> tuple[Whole, Whole]:
        row, column = np.divmod(np.arange(len(self)), self.columns)
        return column + self.first_column, row + self.first_row

    def _steps(self) -> list[tuple[int, tuple[int, int]]]:
        """Rows up, and columns right of an even and of an odd row, for each place around a cell."""
        if self.shape == SQUARE:
            return [(up, (right, right)) for up, right in _AROUND_SQUARE]
        both = zip(_AROUND_HEXAGON[0], _AROUND_HEXAGON[1], strict=True)
        return [(even[0], (even[1], odd[1])) for even, odd in both]

    def _right(self, row: Whole, right: tuple[int, int]) -> Whole:
        return np.where((row + self.first_row) % 2 == 0, right[0], right[1])


def square(window: Window, cell_m: float) -> Cells:
    """The squares of `cell_m` metres that cover (xmin, ymin, xmax, ymax).

    Raises `ValueError` on a side that is not above zero, on a window that is none, and where there
    would be more than `MOST_CELLS`.
    """
    west, south, east, north = _checked(window, cell_m)
    first = np.floor([west / cell_m, south / cell_m])
    after = np.maximum(np.ceil([east / cell_m, north / cell_m]), first + 1)
    return _cells(SQUARE, cell_m, first, after)


def hexagons(window: Window, cell_m: float) -> Cells:
    """The hexagons `cell_m` metres wide that cover (xmin, ymin, xmax, ymax). Raises as `square`."""
    west, south, east, north = _checked(window, cell_m)
    height = ROW_HEIGHT * cell_m
    reach = cell_m / np.sqrt(3)
    # A hexagon reaches half a width to either side of its middle, shifted or not.
    first = np.array([np.floor(west / cell_m - 0.5 - 0.5), np.floor((south - reach) / height)])
    after = np.array([np.ceil(east / cell_m + 0.5), np.ceil((north + reach) / height)]) + 1
    return _cells(HEXAGON, cell_m, first, after)


def _cells(shape: str, cell_m: float, first: Column, after: Column) -> Cells:
    columns, rows = (after - first).tolist()
    if columns * rows > MOST_CELLS:
        raise ValueError(
            f"cells of {cell_m:g} m would be {columns * rows:,.0f} here, more than {MOST_CELLS:,}:"
            " take larger cells or a smaller area"
        )
    column, row = first.astype(np.int64).tolist()
    return Cells(shape, float(cell_m), column, row, int(columns), int(rows))


def _checked(window: Window, cell_m: float) -> Window:
    west, south, east, north = window
    if not (np.isfinite(cell_m) and cell_m > 0):
        raise ValueError(f"a cell has a length in metres above zero, not {cell_m!r}")
    if not (np.isfinite(window).all() and west <= east and south <= north):
        raise ValueError(
            f"a window is (xmin, ymin, xmax, ymax), each below the other: not {window}"
        )
    return window


def _square_at(x: Column, y: Column, cell_m: float) -> tuple[Whole, Whole]:
    return (
        np.floor(x / cell_m).astype(np.int64),
        np.floor(y / cell_m).astype(np.int64),
    )


def _hexagon_at(x: Column, y: Column, cell_m: float) -> tuple[Whole, Whole]:
    """The nearest middle: it is in the row below or above the point, whose rows are told by y."""
    below = np.floor(y / (ROW_HEIGHT * cell_m))
    candidates = [_nearest_in_row(x, y, below + step, cell_m) for step in (0, 1)]
    (column, far), (other, further) = candidates
    lower = far <= further
    return (
        np.where(lower, column, other).astype(np.int64),
        np.where(lower, below, below + 1).astype(np.int64),
    )


def _nearest_in_row(x: Column, y: Column, row: Column, cell_m: float) -> tuple[Column, Column]:
    shift = 0.5 * (row % 2)
    column = np.ceil(x / cell_m - shift - 0.5)
    away = (x / cell_m - shift - column) ** 2 + (y / cell_m - ROW_HEIGHT * row) ** 2
    return column, away
