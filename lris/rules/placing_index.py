"""The compiled half of `lris.rules.placing`: a grid of two levels over the edges of many polygons.

**How a point is placed.** The ground is cut into square *blocks*; a block that edges come near is
cut again into as many *cells* as its edges call for. A block or cell without edges has one answer
for all its points. A cell with edges keeps, for each polygon, the edges near it and whether its
*anchor*, a fixed point of the cell, is inside. A point is on the anchor's side of a polygon unless
an odd number of edges cross the way between them: level to the anchor's column, then along the
column. Only edges of the cell can cross it, as the way does not leave the cell.

**Why the answer is exact.** Which side of an edge a point lies on is the sign of a determinant,
trusted only where it is larger than all that rounding can have added (Shewchuk 1997, bound "A" of
orient2d). Whether an edge reaches a level or column is told by comparing coordinates as they are.
A point for which any sign is in doubt, every point on an edge among them, is `UNSURE`: GEOS decides
it. Cells whose anchor is too near to an edge for its own side to be certain are left to GEOS whole.

Imported only when points are placed in bulk, as it brings in numba. The first index ever built on a
machine waits ten seconds for the compiler; numba keeps what it compiled beside this file or, where
that cannot be written to, in the user's cache folder, or wherever NUMBA_CACHE_DIR says.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lris.rules.outlines import FLAGS
from lris.rules.placing_grid import Floats, Grid, Numbers

Bytes = NDArray[np.uint8]

NOWHERE = -1
UNSURE = -2

THREADS = 2

BLOCKS_PER_POLYGON = 4.0
BLOCKS_PER_VERTEX = 1 / 16
CELLS_PER_EDGE = 1.0
MOST_CELLS_ACROSS = 64

ANCHOR_X, ANCHOR_Y = 0.4837250816340261, 0.5172508163402613
"""Where the anchor lies in its cell: near the middle, and on no round coordinate."""

PAD = 1e-3
"""Edges this near to a cell, in parts of its side, count as its own, whatever rounding does."""

DOUBT = 1e-12
"""Anchors this near to an edge, in parts of the largest coordinate, are not relied upon."""

SIDE_BOUND = 3.3306690738754716e-16
UNDERFLOW = 1e-290

INSIDE, LEAVE_TO_GEOS = 1, 2


class Lattice(NamedTuple):
    """Equal squares: the blocks of the ground, or the cells of a block."""

    west: float
    south: float
    step: float
    columns: int
    rows: int
    doubt: float


class Reach(NamedTuple):
    """The squares of a lattice that a polygon's bounding box touches; both ends included."""

    first_column: int
    first_row: int
    last_column: int
    last_row: int


class Scratch(NamedTuple):
    """Work space for one lattice, used for polygon after polygon.

    `last_run`: the newest run in each square. `odd`: per anchor, edges between it and the one
    before it; then whether it is inside. `odd_column`: per row, edges between the parent's anchor
    and the west end. `near`: squares near one edge.
    """

    last_run: Numbers
    odd: Bytes
    odd_column: Bytes
    near: Numbers


class Runs(NamedTuple):
    """Runs found so far in a lattice, and the square each is in. Longer than they are filled."""

    square: Numbers
    run: Numbers


# ---------------------------------------------------------------- building


def build(
    xy: Floats, rings: Numbers, polygons: int, frame: Floats, shape: Numbers, *, fine: bool
) -> Grid:
    """A grid over closed `rings`, each a row of polygon << FLAGS, first vertex and number of edges.

    Rings of a polygon stand together, polygons in ascending order. Without `fine` blocks are not
    cut into cells: built in half the time, and asked in twice.
    """
    largest = max(abs(float(bound)) for bound in frame[3:])
    blocks = Lattice(
        float(frame[0]), float(frame[1]), float(frame[2]), int(shape[0]), int(shape[1]),
        DOUBT * largest,
    )  # fmt: skip
    base, run_start, run = _ground(xy, rings, polygons, blocks)
    block, cell_start, across = _plan(
        base, run_start, run, polygons, MOST_CELLS_ACROSS if fine else 1
    )
    if fine:
        parts = _cells(xy, run_start, run, base, polygons, blocks, block, cell_start, across)
    else:
        parts = _whole_blocks(run_start, run, base, polygons, block)
    return Grid(frame, shape, block, cell_start, across, *parts, xy)


def _ground(
    xy: Floats, rings: Numbers, polygons: int, blocks: Lattice
) -> tuple[Numbers, Numbers, Numbers]:
    """For each block the first polygon that covers it (`polygons`: none), and the runs near it."""
    middle = np.searchsorted(np.cumsum(rings[:, 2]), rings[:, 2].sum() // 2)
    cut = np.searchsorted(rings[:, 0], rings[middle, 0]) if len(rings) else 0
    with ThreadPoolExecutor(THREADS) as threads:
        drawn = list(
            threads.map(
                lambda part: _cut_ground(xy, part, polygons, blocks), (rings[:cut], rings[cut:])
            )
        )
    base, square, run = zip(*drawn, strict=True)
    squares = blocks.columns * blocks.rows
    return np.minimum(*base), *_sorted(np.concatenate(square), np.concatenate(run), squares)


def _cells(
    xy: Floats,
    run_start: Numbers,
    run: Numbers,
    base: Numbers,
    polygons: int,
    blocks: Lattice,
    block: Numbers,
    cell_start: Numbers,
    across: NDArray[np.int16],
) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """The cells of every block that edges come near, and what each holds."""
    cut = np.flatnonzero(block < 0)
    middle = int(np.searchsorted(cell_start, cell_start[-1] // 2))
    with ThreadPoolExecutor(THREADS) as threads:
        made = list(
            threads.map(
                lambda part: _cut_blocks(
                    xy, run_start, run, base, polygons, blocks, part, block, cell_start, across
                ),
                (cut[:middle], cut[middle:]),
            )
        )
    (cell, cell_base, cell_runs, cell_run), (others, *rest) = made
    return (
        np.concatenate([cell, np.where(others < 0, others - cell_base.size, others)]).astype(
            np.int32
        ),
        np.concatenate([cell_base, rest[0]]),
        np.concatenate([cell_runs[:-1], rest[1] + len(cell_run)]).astype(np.int32),
        np.concatenate([cell_run, rest[2]]),
    )


def _whole_blocks(
    run_start: Numbers, run: Numbers, base: Numbers, polygons: int, block: Numbers
) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """Each block that edges come near as its own only cell."""
    cut = np.flatnonzero(block < 0)
    block_of = np.repeat(np.arange(base.size), np.diff(run_start))
    counts = run[:, 0] >> FLAGS <= base[block_of]
    runs = np.bincount(block_of[counts], minlength=base.size)[cut]
    first = base[cut]
    return (
        ~np.arange(cut.size, dtype=np.int32),
        np.where(first < polygons, first + 1, 0).astype(np.int32),
        np.concatenate([[0], np.cumsum(runs)]).astype(np.int32),
        run[counts],
    )


@njit(cache=True, nogil=True)
def _cut_ground(xy, rings, polygons, blocks):
    """For each block the first of these polygons that covers it; the runs, with their blocks."""
    squares = blocks.columns * blocks.rows
    base = np.empty(squares, dtype=np.int32)
    scratch = _scratch(blocks.columns, blocks.rows)
    for at in range(squares):
        base[at], scratch.last_run[at] = polygons, -1
    runs = _room(4 * len(rings) + 1024)
    count, ring = np.int64(0), np.int64(0)
    while ring < len(rings):
        after = _end_of_polygon(rings, ring, len(rings))
        reach = _reach(xy, rings, ring, after, blocks)
        # An anchor west of everything is outside every polygon.
        _, count, runs = _trace(
            xy, rings, ring, after, -np.inf, 0.0, blocks, reach, scratch, base, runs, count
        )
        ring = after
    return base, runs.square[:count].copy(), runs.run[:count].copy()


@njit(cache=True, nogil=True)
def _sorted(square, run, squares):
    """The runs by their square, and where those of each square begin."""
    run_start = np.zeros(squares + 1, dtype=np.int32)
    order = np.empty(square.size, dtype=np.int32)
    _sort(square, square.size, squares, run_start, order)
    by_square = np.empty((square.size, 3), dtype=np.int32)
    for which in range(square.size):
        for part in range(3):
            by_square[which, part] = run[order[which], part]
    return run_start, by_square


@njit(cache=True, nogil=True)
def _plan(base, run_start, run, polygons, most):
    """Which blocks are cut, and into how many cells, at most so many in a row."""
    block = np.empty(base.size, dtype=np.int32)
    cell_start = np.zeros(base.size + 1, dtype=np.int32)
    across = np.empty(base.size, dtype=np.int16)
    number, cells = 0, 0
    for at in range(base.size):
        edges = 0
        for which in range(run_start[at], run_start[at + 1]):
            if run[which, 0] >> FLAGS <= base[at]:
                edges += run[which, 2]
        if not edges:
            block[at] = _answer(base[at], polygons)
            continue
        block[at] = ~number
        across[number] = min(np.int64(np.ceil(np.sqrt(CELLS_PER_EDGE * edges))), most)
        cell_start[number] = cells
        cells += across[number] * across[number]
        number += 1
    cell_start[number] = cells
    return block, cell_start[: number + 1].copy(), across[:number].copy()


@njit(cache=True, nogil=True)
def _cut_blocks(xy, run_start, run, base, polygons, blocks, cut, block, cell_start, across):
    """The cells of some of the cut blocks; `across` becomes 1 where GEOS must decide."""
    offset, last = np.int64(0), np.int64(0)
    if cut.size:
        offset, last = cell_start[~block[cut[0]]], cell_start[~block[cut[-1]] + 1]
    cell = np.zeros(last - offset, dtype=np.int32)
    cell_base = np.empty(cell.size, dtype=np.int32)
    cell_runs = np.empty(cell.size + 1, dtype=np.int32)
    scratch = _scratch(MOST_CELLS_ACROSS, MOST_CELLS_ACROSS)
    own_base = np.empty(MOST_CELLS_ACROSS * MOST_CELLS_ACROSS, dtype=np.int32)
    starts = np.empty(own_base.size + 1, dtype=np.int32)
    order = np.empty(1024, dtype=np.int32)
    own, out = _room(1024), np.empty((1024, 3), dtype=np.int32)
    mixed, written = 0, 0
    for at in cut:
        number = ~block[at]
        first, last = np.int64(run_start[at]), np.int64(run_start[at + 1])
        while run[last - 1, 0] >> FLAGS > base[at]:
            last -= 1
        cells = _cells_of(blocks, at, across[number])
        for here in range(cells.columns * cells.rows):
            own_base[here], scratch.last_run[here] = base[at], -1
        sure, count, own = _trace_block(
            xy, run, first, last, _anchor(blocks, at), cells, scratch, own_base, own
        )
        if not sure:
            across[number] = 1
            cells = _cells_of(blocks, at, across[number])
            own_base[0] = base[at]
            count, own = _leave_to_geos(run, first, last, own)
        size = cells.columns * cells.rows
        if count > order.size:
            order = np.empty(2 * count, dtype=np.int32)
        _sort(own.square, count, size, starts, order)
        if written + count > len(out):
            out = _longer_rows(out, written + count)
        mixed, written = _write_cells(
            own.run, order, starts, own_base, size, polygons,
            cell, cell_start[number] - offset, cell_base, cell_runs, mixed, out, written,
        )  # fmt: skip
    cell_runs[mixed] = written
    return cell, cell_base[:mixed].copy(), cell_runs[: mixed + 1].copy(), out[:written].copy()


@njit(cache=True, nogil=True)
def _trace_block(xy, run, first, last, anchor, cells, scratch, base, own):
    nought = np.int64(0)
    whole = Reach(nought, nought, cells.columns - 1, cells.rows - 1)
    count, sure = nought, True
    while first < last and sure:
        after = _end_of_polygon(run, first, last)
        sure, count, own = _trace(
            xy, run, first, after, anchor[0], anchor[1], cells, whole, scratch, base, own, count
        )
        first = after
    return sure, count, own


@njit(cache=True, nogil=True)
def _leave_to_geos(run, first, last, own):
    count = last - first
    if count > own.square.size:
        own = _room(count)
    for which in range(count):
        own.square[which] = 0
        own.run[which, 0] = run[first + which, 0] | LEAVE_TO_GEOS
        own.run[which, 1] = run[first + which, 1]
        own.run[which, 2] = run[first + which, 2]
    return count, own


@njit(cache=True, nogil=True)
def _write_cells(
    run, order, starts, own_base, size, polygons, cell, start, base, run_start, mixed, out, written
):
    """Store the cells of a block; polygons that come after one covering the cell have no say."""
    for here in range(size):
        first = written
        for place in range(starts[here], starts[here + 1]):
            which = order[place]
            if run[which, 0] >> FLAGS > own_base[here]:
                break
            for part in range(3):
                out[written, part] = run[which, part]
            written += 1
        cell[start + here] = _answer(own_base[here], polygons)
        if written > first:
            base[mixed] = cell[start + here]
            run_start[mixed] = first
            cell[start + here] = ~mixed
            mixed += 1
    return mixed, written


# ---------------------------------------------------------------- one polygon on a lattice


@njit(cache=True, nogil=True)
def _trace(xy, source, first, last, anchor_x, anchor_y, lattice, reach, scratch, base, runs, count):
    """Draw one polygon's runs on a lattice: adds to `runs`, lowers `base` where it covers squares.

    The anchor of the parent and its side (the flag of the runs) tell inside from outside. False
    where an anchor of the lattice and that of the parent cannot be told apart by an edge.
    """
    polygon, inside = source[first, 0] >> FLAGS, source[first, 0] & INSIDE
    width = reach.last_column - reach.first_column + 2
    height = reach.last_row - reach.first_row + 1
    for at in range(width * height):
        scratch.odd[at] = 0
    for row in range(height):
        scratch.odd_column[row] = inside
    before, sure = count, source[first, 0] & LEAVE_TO_GEOS == 0
    for which in range(first, last):
        sure = sure and source[which, 0] & LEAVE_TO_GEOS == 0
        for edge in range(source[which, 1], source[which, 1] + source[which, 2]):
            ax, ay, bx, by = xy[edge, 0], xy[edge, 1], xy[edge + 1, 0], xy[edge + 1, 1]
            found = _squares_near(ax, ay, bx, by, lattice, scratch.near)
            if count + found > runs.square.size:
                runs = _more_room(runs, count + found)
            count = _extend(scratch, found, edge, polygon << FLAGS, before, runs, count)
            if (ax > anchor_x) != (bx > anchor_x):
                y = _meets(ay, ax, by, bx, anchor_x)
                sure &= _cross_column(y, anchor_y, lattice, reach, scratch.odd_column)
            sure &= _cross_levels(ax, ay, bx, by, anchor_x, lattice, reach, scratch, runs.run)
    _settle(polygon, lattice, reach, scratch, base, before, runs, count)
    return sure, count, runs


@njit(cache=True, nogil=True)
def _extend(scratch, found, edge, owner, before, runs, count):
    """Put an edge into the squares near it: at the end of the run there, or as a new run."""
    for place in range(found):
        square = scratch.near[place]
        last = scratch.last_run[square]
        if last >= before and runs.run[last, 1] + runs.run[last, 2] == edge:
            runs.run[last, 2] += 1
        else:
            runs.square[count] = square
            runs.run[count, 0] = owner
            runs.run[count, 1] = edge
            runs.run[count, 2] = 1
            scratch.last_run[square] = count
            count += 1
    return count


@njit(cache=True, nogil=True)
def _cross_column(y, anchor_y, lattice, reach, odd_column):
    """An edge meets the column of the parent's anchor at y: which rows does it cut off from it?"""
    sure = abs(y - anchor_y) > lattice.doubt
    for row in range(reach.first_row, reach.last_row + 1):
        level = _anchor_of(row, lattice.south, lattice.step, ANCHOR_Y)
        sure &= abs(y - level) > lattice.doubt
        if (y > level) != (y > anchor_y):
            odd_column[row - reach.first_row] ^= 1
    return sure


@njit(cache=True, nogil=True)
def _cross_levels(ax, ay, bx, by, anchor_x, lattice, reach, scratch, run):
    """Count an edge on every row of anchors it crosses; cells with an anchor on it go to GEOS."""
    low, high = min(ay, by), max(ay, by)
    # One row too early does no harm: division may have rounded up, and a level at `low` counts.
    row = max(_first_anchor(low, lattice.south, lattice.step, ANCHOR_Y) - 1, reach.first_row)
    width = reach.last_column - reach.first_column + 2
    sure = True
    while row <= reach.last_row:
        level = _anchor_of(row, lattice.south, lattice.step, ANCHOR_Y)
        if level >= high:
            break
        if low > level:
            row += 1
            continue
        x = _meets(ax, ay, bx, by, level)
        sure &= abs(x - anchor_x) > lattice.doubt
        if x < anchor_x:
            scratch.odd_column[row - reach.first_row] ^= 1
        column = _first_anchor(x, lattice.west, lattice.step, ANCHOR_X)
        column = min(max(column, reach.first_column), reach.last_column + 1)
        for at in range(
            max(column - 2, reach.first_column), min(column + 2, reach.last_column + 1)
        ):
            anchor = _anchor_of(at, lattice.west, lattice.step, ANCHOR_X)
            if abs(x - anchor) <= lattice.doubt:
                run[scratch.last_run[row * lattice.columns + at], 0] |= LEAVE_TO_GEOS
        scratch.odd[(row - reach.first_row) * width + column - reach.first_column] ^= 1
        row += 1
    return sure


@njit(cache=True, nogil=True)
def _settle(polygon, lattice, reach, scratch, base, before, runs, count):
    """From crossings to sides: which squares are covered whole, and the side of each anchor."""
    width = reach.last_column - reach.first_column + 2
    for row in range(reach.first_row, reach.last_row + 1):
        at = (row - reach.first_row) * width
        inside = scratch.odd_column[row - reach.first_row]
        for column in range(reach.first_column, reach.last_column + 1):
            inside ^= scratch.odd[at]
            scratch.odd[at] = inside
            square = row * lattice.columns + column
            if inside and scratch.last_run[square] < before and base[square] > polygon:
                base[square] = polygon
            at += 1
    for which in range(before, count):
        row, column = divmod(runs.square[which], lattice.columns)
        at = (row - reach.first_row) * width + column - reach.first_column
        runs.run[which, 0] |= scratch.odd[at]


@njit(cache=True, nogil=True)
def _squares_near(ax, ay, bx, by, lattice, near):
    """Write the squares an edge comes near to `near`; returns how many there are."""
    west, south, step, pad = lattice.west, lattice.south, lattice.step, PAD * lattice.step
    c0 = max(_square_of(min(ax, bx) - pad, west, step), 0)
    c1 = min(_square_of(max(ax, bx) + pad, west, step), lattice.columns - 1)
    r0 = max(_square_of(min(ay, by) - pad, south, step), 0)
    r1 = min(_square_of(max(ay, by) + pad, south, step), lattice.rows - 1)
    found = 0
    for row in range(r0, r1 + 1):
        first, last = c0, c1
        if r1 > r0 and c1 > c0 and ay != by:
            low, high = south + row * step - pad, south + (row + 1) * step + pad
            x0, x1 = _meets(ax, ay, bx, by, low), _meets(ax, ay, bx, by, high)
            first = max(_square_of(min(x0, x1) - pad, west, step), c0)
            last = min(_square_of(max(x0, x1) + pad, west, step), c1)
        for column in range(first, last + 1):
            near[found] = row * lattice.columns + column
            found += 1
    return found


@njit(cache=True, nogil=True)
def _meets(ax, ay, bx, by, level):
    """The x at which an edge reaches a level (its nearer end, where it does not)."""
    part = min(max((level - ay) / (by - ay), 0.0), 1.0)
    return ax + part * (bx - ax)


@njit(cache=True, nogil=True)
def _square_of(x, west, step):
    return np.int64(np.floor((x - west) / step))


@njit(cache=True, nogil=True)
def _first_anchor(x, west, step, anchor):
    """The first anchor beyond x."""
    return np.int64(np.floor((x - west) / step - anchor)) + 1


@njit(cache=True, nogil=True, inline="always")
def _anchor_of(square, west, step, anchor):
    """Where the anchor of a square is: the same number, to the last digit, for a block and for the
    only cell of a block.
    """
    return (west + square * step) + anchor * step


@njit(cache=True, nogil=True)
def _anchor(lattice, square):
    row, column = divmod(square, lattice.columns)
    return (
        _anchor_of(column, lattice.west, lattice.step, ANCHOR_X),
        _anchor_of(row, lattice.south, lattice.step, ANCHOR_Y),
    )


@njit(cache=True, nogil=True)
def _cells_of(blocks, block, across):
    row, column = divmod(block, blocks.columns)
    return Lattice(
        blocks.west + column * blocks.step,
        blocks.south + row * blocks.step,
        blocks.step / across,
        np.int64(across),
        np.int64(across),
        blocks.doubt,
    )


@njit(cache=True, nogil=True)
def _reach(xy, rings, first, last, lattice):
    west, south, east, north = np.inf, np.inf, -np.inf, -np.inf
    for ring in range(first, last):
        for vertex in range(rings[ring, 1], rings[ring, 1] + rings[ring, 2]):
            west, east = min(west, xy[vertex, 0]), max(east, xy[vertex, 0])
            south, north = min(south, xy[vertex, 1]), max(north, xy[vertex, 1])
    pad = PAD * lattice.step
    return Reach(
        max(_square_of(west - pad, lattice.west, lattice.step), 0),
        max(_square_of(south - pad, lattice.south, lattice.step), 0),
        min(_square_of(east + pad, lattice.west, lattice.step), lattice.columns - 1),
        min(_square_of(north + pad, lattice.south, lattice.step), lattice.rows - 1),
    )


@njit(cache=True, nogil=True)
def _end_of_polygon(run, first, last):
    after = first
    while after < last and run[after, 0] >> FLAGS == run[first, 0] >> FLAGS:
        after += 1
    return after


@njit(cache=True, nogil=True)
def _answer(polygon, polygons):
    return polygon + 1 if polygon < polygons else 0


@njit(cache=True, nogil=True)
def _scratch(columns, rows):
    return Scratch(
        np.empty(columns * rows, dtype=np.int32),
        np.empty((columns + 1) * rows, dtype=np.uint8),
        np.empty(rows, dtype=np.uint8),
        np.empty(2 * columns + 4 * rows + 16, dtype=np.int32),
    )


@njit(cache=True, nogil=True)
def _room(size):
    return Runs(np.empty(size, dtype=np.int32), np.empty((size, 3), dtype=np.int32))


@njit(cache=True, nogil=True)
def _more_room(runs, needed):
    longer = np.empty(2 * needed, dtype=np.int32)
    for which in range(runs.square.size):
        longer[which] = runs.square[which]
    return Runs(longer, _longer_rows(runs.run, needed))


@njit(cache=True, nogil=True)
def _longer_rows(rows, needed):
    longer = np.empty((2 * needed, 3), dtype=np.int32)
    for which in range(len(rows)):
        for part in range(3):
            longer[which, part] = rows[which, part]
    return longer


@njit(cache=True, nogil=True)
def _sort(square, count, squares, starts, order):
    """Counting sort of runs by their square; those of one square keep their order."""
    for here in range(squares + 1):
        starts[here] = 0
    for which in range(count):
        starts[square[which]] += 1
    total = 0
    for here in range(squares + 1):
        total, starts[here] = total + starts[here], total
    for which in range(count):
        order[starts[square[which]]] = which
        starts[square[which]] += 1
    for here in range(squares, 0, -1):
        starts[here] = starts[here - 1]
    starts[0] = 0


# ---------------------------------------------------------------- asking
#
# These take the arrays of a `Grid` one by one: numba counts references to every array of a tuple
# that a function is given, for every point.


@njit(cache=True, nogil=True)
def locate(frame, shape, block, cell_start, across, cell, base, run_start, run, xy, x, y):
    """The first polygon that holds each point, `NOWHERE` or `UNSURE`.

    Points are taken block by block, however they come: neighbours share what is in the cache.
    """
    order = _by_block(frame, shape, x, y)
    points = np.empty((x.size, 2))
    for place in range(x.size):
        points[place, 0], points[place, 1] = x[order[place]], y[order[place]]
    found = np.empty(x.size, dtype=np.int32)
    for place in range(x.size):
        found[place] = _locate(
            frame, shape, block, cell_start, across, cell, base, run_start, run, xy,
            points[place, 0], points[place, 1],
        )  # fmt: skip
    answers = np.empty(x.size, dtype=np.int64)
    for place in range(x.size):
        answers[order[place]] = found[place]
    return answers


@njit(cache=True, nogil=True)
def _by_block(frame, shape, x, y):
    block = np.empty(x.size, dtype=np.int32)
    starts = np.zeros(shape[0] * shape[1] + 1, dtype=np.int32)
    order = np.empty(x.size, dtype=np.int32)
    for point in range(x.size):
        here = _block_of(frame, shape, x[point], y[point])
        block[point] = here
        starts[here + 1] += 1
    for here in range(1, starts.size):
        starts[here] += starts[here - 1]
    for point in range(x.size):
        order[starts[block[point]]] = point
        starts[block[point]] += 1
    return order


@njit(cache=True, nogil=True, inline="always")
def _block_of(frame, shape, x, y):
    """The block a point is in; the first where it is in none."""
    if not (frame[3] <= x <= frame[5] and frame[4] <= y <= frame[6]):
        return np.int64(0)
    column = min(np.int64((x - frame[0]) / frame[2]), shape[0] - 1)
    row = min(np.int64((y - frame[1]) / frame[2]), shape[1] - 1)
    return row * shape[0] + column


@njit(cache=True, nogil=True, inline="always")
def _locate(frame, shape, block, cell_start, across, cell, base, run_start, run, xy, x, y):
    found, anchor_x, anchor_y = _find(frame, shape, block, cell_start, across, cell, x, y)
    if found >= 0:
        return np.int64(found - 1)
    first, last = np.int64(run_start[~found]), np.int64(run_start[~found + 1])
    while first < last:
        after = _end_of_polygon(run, first, last)
        inside = _inside(xy, run, first, after, x, y, anchor_x, anchor_y)
        if inside == UNSURE:
            return np.int64(UNSURE)
        if inside:
            return np.int64(run[first, 0] >> FLAGS)
        first = after
    return np.int64(base[~found] - 1)


@njit(cache=True, nogil=True, inline="always")
def _find(frame, shape, block, cell_start, across, cell, x, y):
    """What is known of the cell a point is in (an answer plus one, or ~mixed), and its anchor."""
    if not (frame[3] <= x <= frame[5] and frame[4] <= y <= frame[6]):
        return np.int64(0), 0.0, 0.0
    at = _block_of(frame, shape, x, y)
    number = ~block[at]
    if number < 0:
        return np.int64(block[at]), 0.0, 0.0
    row, column = at // shape[0], at % shape[0]
    west, south = frame[0] + column * frame[2], frame[1] + row * frame[2]
    count = np.int64(across[number])
    step = frame[2] / count
    column = min(max(np.int64((x - west) / step), 0), count - 1)
    row = min(max(np.int64((y - south) / step), 0), count - 1)
    found = np.int64(cell[cell_start[number] + row * count + column])
    return (
        found,
        _anchor_of(column, west, step, ANCHOR_X),
        _anchor_of(row, south, step, ANCHOR_Y),
    )


@njit(cache=True, nogil=True)
def _inside(xy, run, first, last, x, y, anchor_x, anchor_y):
    """Whether a polygon, of which the runs are given, holds a point: 1, 0 or `UNSURE`."""
    inside = run[first, 0] & INSIDE
    west, east = min(x, anchor_x), max(x, anchor_x)
    south, north = min(y, anchor_y), max(y, anchor_y)
    for which in range(first, last):
        if run[which, 0] & LEAVE_TO_GEOS:
            return UNSURE
        bx, by = xy[run[which, 1], 0], xy[run[which, 1], 1]
        for vertex in range(run[which, 1] + 1, run[which, 1] + run[which, 2] + 1):
            ax, ay = bx, by
            bx, by = xy[vertex, 0], xy[vertex, 1]
            level = (ay > y) != (by > y)
            if (level or ay == y or by == y) and min(ax, bx) <= east and max(ax, bx) >= west:
                here, corner = _side(ax, ay, bx, by, x, y), _side(ax, ay, bx, by, anchor_x, y)
                if level and (here == 0 or corner == 0):
                    return UNSURE
                if not level and min(ax, bx) <= x <= max(ax, bx):
                    return UNSURE
                inside ^= level and here != corner
            if (ax > anchor_x) != (bx > anchor_x) and min(ay, by) <= north and max(ay, by) >= south:
                corner = _side(ax, ay, bx, by, anchor_x, y)
                anchor = _side(ax, ay, bx, by, anchor_x, anchor_y)
                if corner == 0 or anchor == 0:
                    return UNSURE
                inside ^= corner != anchor
    return np.int64(inside)


@njit(cache=True, nogil=True)
def _side(ax, ay, bx, by, x, y):
    """1 left of the edge, -1 right of it, 0 where rounding could decide."""
    left, right = (ax - x) * (by - y), (ay - y) * (bx - x)
    most = SIDE_BOUND * (abs(left) + abs(right)) + UNDERFLOW
    if left - right > most:
        return 1
    if right - left > most:
        return -1
    return 0
