"""How rules bring in their compiled halves: only when first needed, as numba takes its time."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lris.errors import LrisError

Kind = TypeVar("Kind", bound=np.generic)


def compiled_half(name: str, purpose: str) -> ModuleType:
    """The module `lris.rules.<name>`. Raises `LrisError` where numba finds no place for its cache.

    `purpose` says in the error what cannot be done without it ("smoothing points").
    """
    try:
        return import_module(f"lris.rules.{name}")
    except RuntimeError as problem:
        raise LrisError(
            f"Compiled code for {purpose} has nowhere to be kept ({problem})",
            remedy="set NUMBA_CACHE_DIR to a folder this user may write to",
        ) from problem


def numbers(values: ArrayLike) -> NDArray[np.float64]:
    """A column as compiled functions take it: in one piece, for reading only.

    Always of one type, so that nothing is compiled twice, whoever's array it is.
    """
    return _sealed(np.ascontiguousarray(values, dtype=np.float64))


def whole_numbers(values: ArrayLike) -> NDArray[np.int64]:
    """The same for positions and offsets."""
    return _sealed(np.ascontiguousarray(values, dtype=np.int64))


def _sealed(array: NDArray[Kind]) -> NDArray[Kind]:
    view = array.view()
    view.flags.writeable = False
    return view
