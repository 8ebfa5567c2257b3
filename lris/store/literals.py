"""Columns as PostgreSQL reads them in a COPY: points, and arrays of texts and of integers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray


def points(x: NDArray[np.float64], y: NDArray[np.float64]) -> pa.Array:
    """Points as hexadecimal EWKB of SRID 27700; NaN becomes NULL."""
    ewkb = np.empty(
        x.size,
        dtype=[("order", "u1"), ("kind", "<u4"), ("srid", "<u4"), ("x", "<f8"), ("y", "<f8")],
    )
    ewkb["order"], ewkb["kind"], ewkb["srid"], ewkb["x"], ewkb["y"] = 1, 0x20000001, 27700, x, y
    hexes = np.frombuffer(ewkb.tobytes().hex().encode(), dtype=f"S{2 * ewkb.itemsize}")
    return pa.array(hexes.astype(str), mask=~(np.isfinite(x) & np.isfinite(y)))


def text_arrays(columns: Sequence[NDArray[np.object_]], size: int) -> pa.Array:
    """`text[]` literals, one a row, from columns of strings."""
    if not columns:
        return pa.array(["{}"] * size)
    quoted = []
    for column in columns:
        escaped = pc.replace_substring(pa.array(column, type=pa.string()), "\\", "\\\\")
        escaped = pc.replace_substring(escaped, '"', '\\"')
        quoted.append(pc.binary_join_element_wise('"', escaped, '"', ""))
    return _braced(quoted)


def int_arrays(columns: Sequence[NDArray[Any]], size: int) -> pa.Array:
    """`int[]` literals, one a row, from columns of integers."""
    if not columns:
        return pa.array(["{}"] * size)
    return _braced([pc.cast(pa.array(column), pa.string()) for column in columns])


def _braced(columns: Sequence[pa.Array]) -> pa.Array:
    joined = pc.binary_join_element_wise(*columns, ",") if len(columns) > 1 else columns[0]
    return pc.binary_join_element_wise("{", joined, "}", "")
