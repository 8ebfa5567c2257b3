"""The compiled half of `lris.rules.density` and `lris.rules.local_stats`.

Imported only when it is used, as it brings in numba; what numba compiled is kept on disk, and
`compile_all` is called when LRIS is installed, so that nobody waits for the compiler.

Random numbers come from SplitMix64 (Steele, Lea and Flood 2014): its state is one number, so every
run of areas has a stream of its own and the answer does not depend on how many threads share the
work.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from lris.rules.compiled import numbers, whole_numbers

EMPTY = -1
FIRST_ROOM = 2048
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FIRST_MIX = np.uint64(0xBF58476D1CE4E5B9)
SECOND_MIX = np.uint64(0x94D049BB133111EB)
HALF = np.uint64(32)
LOW = np.uint64(0xFFFFFFFF)


def compile_all() -> None:
    """Compile every function for the types it is called with."""
    two = numbers([0.0, 1.0])
    x, y, weight = (numbers(part) for part in merged(two, two, two))
    reach = whole_numbers([0, 0])
    scatter(x, y, weight, two, two, reach, reach, reach, reach, 1.0, np.zeros((2, 2)))
    areas, start = whole_numbers([0, 1]), whole_numbers([0, 1, 2])
    counted = np.zeros(2, dtype=np.int64), np.zeros(2, dtype=np.int64)
    drawn(two, start, two, areas, 1, np.uint64(1), 0.0, *counted)


# ---------------------------------------------------------------- density


@njit(cache=True, nogil=True)
def merged(x, y, weight):
    """Points at one place made one, with their weights added; in the order they first came."""
    # The table grows with the places, not the points: so it stays in the processor's cache.
    room = FIRST_ROOM
    table = np.full(2 * room, EMPTY, dtype=np.int32)
    ux, uy, uw = np.empty(room), np.empty(room), np.empty(room)
    count = 0
    for point in range(x.size):
        at = _slot(table, ux, uy, x[point], y[point])
        if table[at] == EMPTY:
            if count == room:
                table, ux, uy, uw, room = _larger(table, ux, uy, uw, count)
                at = _slot(table, ux, uy, x[point], y[point])
            table[at] = count
            ux[count], uy[count], uw[count] = x[point], y[point], 0.0
            count += 1
        uw[table[at]] += weight[point]
    return ux[:count].copy(), uy[:count].copy(), uw[:count].copy()


@njit(cache=True, nogil=True, inline="always")
def _slot(table, ux, uy, x, y):
    """Where the place is in the table, or the empty slot where it belongs."""
    # In millimetres the bits of a coordinate are spread well; equal coordinates stay equal.
    key = np.uint64(np.int64(x * 1000.0)) * GOLDEN ^ np.uint64(np.int64(y * 1000.0)) * FIRST_MIX
    key = (key ^ (key >> np.uint64(29))) * SECOND_MIX
    last = np.int64(table.size - 1)
    at = np.int64(key >> HALF) & last
    while table[at] != EMPTY and not (ux[table[at]] == x and uy[table[at]] == y):
        at = (at + 1) & last
    return at


@njit(cache=True, nogil=True)
def _larger(table, ux, uy, uw, count):
    size = 4 * table.size
    larger = np.full(size, EMPTY, dtype=np.int32)
    room = size // 2
    x, y, weight = np.empty(room), np.empty(room), np.empty(room)
    for which in range(count):
        x[which], y[which], weight[which] = ux[which], uy[which], uw[which]
        larger[_slot(larger, x, y, x[which], y[which])] = which
    return larger, x, y, weight, room


@njit(cache=True, nogil=True)
def scatter(x, y, weight, grid_x, grid_y, west, east, south, north, radius, out):
    """Add weight (1 - d^2 / radius^2)^2 of every point to the grid points it reaches.

    A point reaches the columns west <= c < east and the rows south <= r < north of the grid.
    """
    part = np.empty(grid_x.size)
    for point in range(x.size):
        first, last = west[point], east[point]
        for column in range(first, last):
            across = (grid_x[column] - x[point]) / radius
            part[column - first] = 1.0 - across * across
        for row in range(south[point], north[point]):
            along = (grid_y[row] - y[point]) / radius
            along *= along
            line = out[row, first:last]
            for column in range(last - first):
                left = max(part[column] - along, 0.0)
                line[column] += weight[point] * left * left


# ---------------------------------------------------------------- permutations


@njit(cache=True, nogil=True)
def drawn(values, start, observed, areas, draws, seed, slack, above, below):
    """How often the sum of as many values, drawn anywhere, reaches the neighbours' own sum.

    For each i of `areas`: `above[i]` counts draws of as many other areas as i has neighbours whose
    sum is at least `observed[i]`, `below[i]` those at most that, both to within `slack`. Drawn
    without replacement, and never i itself.
    """
    size = np.uint64(values.size)
    order = np.arange(values.size).astype(np.int32)
    state = seed
    for area in areas:
        wanted = start[area + 1] - start[area]
        least, most = observed[area] - slack, observed[area] + slack
        over, under = 0, 0
        for _ in range(draws):
            total = 0.0
            # A shuffle that stops after as many as are wanted. Whatever order it starts from, each
            # set is as likely; the area itself is passed over.
            for place in range(wanted):
                while True:
                    state += GOLDEN
                    mixed = (state ^ (state >> np.uint64(30))) * FIRST_MIX
                    mixed = (mixed ^ (mixed >> np.uint64(27))) * SECOND_MIX
                    mixed ^= mixed >> np.uint64(31)
                    left = size - np.uint64(place)
                    other = place + np.int64(((mixed >> HALF) * left) >> HALF)
                    if order[other] != area:
                        break
                order[place], order[other] = order[other], order[place]
                total += values[order[place]]
            over += total >= least
            under += total <= most
        above[area], below[area] = over, under
