"""Every measurement, or those named: `python -m tests.bench [PART ...]`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from lris.settings import PROJECT
from lris.store.compiled import keep_compiled
from tests.bench import (
    bench_chance,
    bench_deriving,
    bench_hotspots,
    bench_loading,
    bench_placing,
    bench_profiles,
)
from tests.bench.measuring import HOME, report, show

PARTS = {
    "placing": lambda folder, asked: bench_placing.measured(folder, asked.points),
    "loading": lambda folder, asked: bench_loading.measured(folder, asked.rows),
    "deriving": lambda folder, asked: bench_deriving.measured(folder, asked.areas, asked.years),
    "hotspots": lambda folder, asked: bench_hotspots.measured(folder),
    "profiles": lambda folder, asked: bench_profiles.measured(folder, asked.areas),
    "chance": lambda folder, asked: bench_chance.measured(asked.cities),
}
NAMED_ONLY = {"chance"}


def main() -> None:
    """Measure, print tables, write JSON."""
    asked = argparse.ArgumentParser(prog="tests.bench", description=__doc__)
    asked.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    asked.add_argument("--out", type=Path, default=PROJECT / ".lris" / "bench")
    asked.add_argument("--points", type=int, nargs="+", default=bench_placing.SIZES)
    asked.add_argument("--rows", type=int, nargs="+", default=bench_loading.SIZES)
    asked.add_argument("--areas", type=int, help="not all LSOAs, but so many")
    asked.add_argument("--years", type=int, help="deriving: not one and five, but so many")
    asked.add_argument("--cities", type=int, default=bench_chance.CITIES, help="chance: how many")
    words = asked.parse_args()
    if unknown := set(words.parts) - set(PARTS):
        asked.error(f"there is no part {', '.join(unknown)}; there are {', '.join(PARTS)}")
    folder = os.environ.get("LRIS_REAL_DATA")
    if not folder or not Path(folder).is_dir():
        sys.exit("✗ LRIS_REAL_DATA must name the folder of publishers' files to measure on")
    HOME.mkdir(parents=True, exist_ok=True)
    keep_compiled(HOME)
    for part in words.parts or [one for one in PARTS if one not in NAMED_ONLY]:
        rows = list(PARTS[part](Path(folder), words))
        show(part, rows)
        report(words.out / f"{part}.json", rows)


main()
