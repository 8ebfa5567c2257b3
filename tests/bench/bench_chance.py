"""What the maps of significance flag in cities with nothing planted: 200 of them, many minutes.

Not a race, so it runs only where it is named: `python -m tests.bench chance`.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import chain

import numpy as np

from tests.bench.measuring import SAY, Row
from tests.hotspots.null_cities import Told, told

CITIES = 200
FIRST_SEED = 70_001
PROCESSES = 2


def measured(cities: int) -> Iterator[Row]:
    """One row for each way of looking at cities, each unit and each method, over all cases."""
    began = time.perf_counter()
    seeds = range(FIRST_SEED, FIRST_SEED + cities)
    with ProcessPoolExecutor(PROCESSES) as processes:
        every = list(chain.from_iterable(processes.map(of_city, seeds)))
    seconds = (time.perf_counter() - began) / max(len(every), 1)
    groups: dict[tuple[str, str, str, str], list[Told]] = defaultdict(list)
    for one in every:
        groups[one.way, one.unit, one.method, "every case"].append(one)
        if one.way == "dealt over the ground":
            groups[one.way, one.unit, one.method, one.case].append(one)
    for (way, unit, method, case), mine in sorted(groups.items()):
        yield Row(f"{way}: {unit}", f"{method}, {case}", seconds, shares(mine))


def of_city(seed: int) -> list[Told]:
    """In a process of its own."""
    found = list(told(seed))
    SAY.print(f"  city {seed}")
    return found


def shares(maps: Sequence[Told]) -> str:
    """Of the maps how many have anything flagged; of the places tested, how many are."""
    some = np.mean([one.flagged > 0 for one in maps])
    places = np.mean([one.flagged / max(one.tested, 1) for one in maps])
    return f"{some:.1%} of {len(maps):,} maps, {places:.3%} of places"
