"""The grid over the edges of polygons: what it is made of, and what it tells without compiled code.

A cell that no edge comes near has one answer for every point in it, and looking cells up is quick.
Of a mixed cell it knows which few polygons the point may be in. See `lris.rules.placing_index` for
how it is made, and asked by the million.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lris.rules.outlines import FLAGS, Coordinates, Indices

Floats = NDArray[np.float64]
Numbers = NDArray[np.int32]


class Grid(NamedTuple):
    """Both levels, and the edges themselves.

    `frame`: west, south and side of the blocks, then west, south, east and north of all polygons.
    `shape`: columns and rows of blocks. In `block` and `cell` a number that is not negative is an
    answer plus one (0: nowhere); of any other the complement counts, for a block, the entry of
    `cell_start` (its first cell, row by row) and `across` (cells in a row), for a cell the entry of
    `base` (the first polygon that covers it whole, plus one) and `run_start`. A `run` is a stretch
    of consecutive edges of a polygon: polygon and flags, first vertex in `xy`, number of edges.
    """

    frame: Floats
    shape: Numbers
    block: Numbers
    cell_start: Numbers
    across: Numbers
    cell: Numbers
    base: Numbers
    run_start: Numbers
    run: Numbers
    xy: Floats


def cells_of(grid: Grid, x: Coordinates, y: Coordinates) -> Indices:
    """What is known of the cell each point is in: an answer plus one, or ~mixed."""
    west, south, side, *reach = grid.frame
    columns, rows = grid.shape.astype(np.int64)
    inside = (reach[0] <= x) & (x <= reach[2]) & (reach[1] <= y) & (y <= reach[3])
    x, y = np.where(inside, x, west), np.where(inside, y, south)
    column = np.minimum(((x - west) / side).astype(np.int64), columns - 1)
    row = np.minimum(((y - south) / side).astype(np.int64), rows - 1)
    found = np.where(inside, grid.block[row * columns + column], 0).astype(np.int64)

    cut = np.flatnonzero(found < 0)
    block = ~found[cut]
    count = grid.across[block].astype(np.int64)
    step = side / count
    x, y = x[cut] - (west + column[cut] * side), y[cut] - (south + row[cut] * side)
    column = np.clip((x / step).astype(np.int64), 0, count - 1)
    row = np.clip((y / step).astype(np.int64), 0, count - 1)
    found[cut] = grid.cell[grid.cell_start[block] + row * count + column]
    return found


def candidates_of(grid: Grid, mixed: Indices) -> tuple[Indices, Indices]:
    """Pairs of a point and a polygon that comes near, or covers, the mixed cell it is in."""
    start, runs = grid.run_start[mixed], np.diff(grid.run_start)[mixed]
    point = np.repeat(np.arange(mixed.size), runs)
    run = np.arange(point.size) - np.repeat(np.cumsum(runs) - runs, runs) + start[point]
    polygon = grid.run[run, 0] >> FLAGS
    another = np.diff(point, prepend=-1).astype(bool) | np.diff(polygon, prepend=-1).astype(bool)
    covered = np.flatnonzero(grid.base[mixed])
    return (
        np.concatenate([point[another], covered]),
        np.concatenate([polygon[another], grid.base[mixed[covered]] - 1]),
    )
