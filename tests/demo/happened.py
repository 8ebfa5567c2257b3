"""The events of fictional cities, made once for all tests, and what their files say of them."""

from __future__ import annotations

import atexit
import csv
from functools import cache
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import numpy as np
import pandas as pd

from lris.demo.events import Events, Ground, ordinary_events
from lris.demo.feeds import write_incidents
from lris.demo.geography import make_geography
from lris.demo.truths import Truth, plant

SEED = 7


@cache
def ground(seed: int = SEED) -> Ground:
    """The land of a seed."""
    return Ground(make_geography(seed))


@cache
def events(seed: int = SEED, *, null: bool = False) -> tuple[Events, tuple[Truth, ...]]:
    """What happened, and what was planted in it."""
    ordinary = ordinary_events(ground(seed))
    if null:
        return ordinary, ()
    planted, truths = plant(ground(seed), ordinary)
    return planted, tuple(truths)


@cache
def files(seed: int = SEED, *, null: bool = False) -> tuple[Path, tuple[Truth, ...]]:
    """The folder that the files were written to, and all that was planted."""
    folder = Path(mkdtemp(prefix=f"city-{seed}-"))
    atexit.register(rmtree, folder, ignore_errors=True)
    return folder, tuple(write_incidents(ground(seed).land, folder, null=null))


@cache
def table(source: str, seed: int = SEED, *, null: bool = False) -> pd.DataFrame:
    """All files of a source as one table of texts, with the name of each row's file."""
    folder, _ = files(seed, null=null)
    parts = []
    for path in sorted((folder / source).rglob("*.csv")):
        with path.open(encoding="utf-8", newline="") as lines:
            header, *rows = csv.reader(lines)
        parts.append(pd.DataFrame(rows, columns=header).assign(file=path.name))
    return pd.concat(parts, ignore_index=True)


def places(frame: pd.DataFrame) -> np.ndarray:
    """Easting and northing of a partner's rows; NaN where they have none."""
    return frame[["Easting", "Northing"]].replace("", "nan").to_numpy(dtype=np.float64, copy=True)
