"""Rows as PostgreSQL reads them in a binary COPY: every value after its length, numbers big-endian.

A column is an Arrow array of bytes; `rows_of` puts columns side by side. See "Binary Format" under
COPY in PostgreSQL's manual, and each type's own `recv` function.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Column = Any
"""A pyarrow array of `binary`: the values of a column, each after its length."""

_NULL = b"\xff\xff\xff\xff"
_EPOCH = np.datetime64("2000-01-01", "us")
_TEXT_OID = 25


def rows_of(columns: Sequence[Column], fields: int) -> pa.Buffer:
    """The rows, one after another; `fields` is the number of values in each.

    A value may be in several columns, one after another.
    """
    size = len(columns[0])
    opening = _bytes(np.full(size, fields, dtype=">i2"))
    return _payload(pc.binary_join_element_wise(opening, *columns, b""))


def numbers(columns: Sequence[tuple[NDArray[Any], str]]) -> Column:
    """Columns of numbers side by side, each with its type: `>i4` for an integer."""
    fields = [
        (f"{at}{part}", kind)
        for at, (_, wide) in enumerate(columns)
        for part, kind in (("length", ">i4"), ("value", wide))
    ]
    written = np.empty(columns[0][0].size, dtype=fields)
    for at, (column, wide) in enumerate(columns):
        written[f"{at}length"], written[f"{at}value"] = np.dtype(wide).itemsize, column
    return _bytes(written)


def rows_of_numbers(
    columns: Sequence[tuple[NDArray[Any], str]],
    words: Sequence[tuple[Sequence[str | None], NDArray[Any]]],
) -> pa.Buffer:
    """Rows of numbers, NaN being NULL, and after them of a few words (or None) by number.

    Every value is written at its full width, and what a row has not is left out of the whole.
    """
    size = columns[0][0].size
    numbered = [
        (f"{at}{part}", kind)
        for at, (_, wide) in enumerate(columns)
        for part, kind in (("length", ">i4"), ("value", wide))
    ]
    tables = [_table_of(table) for table, _ in words]
    worded = [(f"word{at}", f"V{table.dtype.itemsize}") for at, (table, _) in enumerate(tables)]
    written = np.empty(size, dtype=[("fields", ">i2"), *numbered, *worded])
    there = np.ones((size, written.dtype.itemsize), dtype=np.bool_)
    starts = {name: told[1] for name, told in (written.dtype.fields or {}).items()}
    written["fields"] = len(columns) + len(words)
    for at, (column, wide) in enumerate(columns):
        width = np.dtype(wide).itemsize
        gone = np.isnan(column) if column.dtype.kind == "f" else np.zeros(size, dtype=np.bool_)
        written[f"{at}length"] = np.where(gone, -1, width)
        written[f"{at}value"] = column
        first = starts[f"{at}value"]
        there[gone, first : first + width] = False
    for at, ((table, kept), (_, number)) in enumerate(zip(tables, words, strict=True)):
        written[f"word{at}"] = table[number]
        first = starts[f"word{at}"]
        there[:, first : first + table.dtype.itemsize] = kept[number]
    whole = written.view(np.uint8).reshape(size, -1)
    return pa.py_buffer(whole[there].tobytes())


def _table_of(words: Sequence[str | None]) -> tuple[NDArray[np.void], NDArray[np.bool_]]:
    """Words with their lengths, all padded to one width, and which of their bytes count."""
    told = [
        _NULL if word is None else len(word.encode()).to_bytes(4, "big") + word.encode()
        for word in words
    ]
    width = max(map(len, told))
    table = np.array([np.void(one.ljust(width, b"\0")) for one in told], dtype=f"V{width}")
    return table, np.array([[at < len(one) for at in range(width)] for one in told])


def moments(column: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """`timestamp` as a number, for `numbers` to write as `>i8`."""
    return (column.astype("datetime64[us]") - _EPOCH).astype(np.int64)


def texts(column: NDArray[np.object_], *, blank_is_null: bool = False) -> Column:
    """A column of texts of which many are equal."""
    words = pa.array(column, pa.string()).dictionary_encode()
    written = pc.binary_join_element_wise(*_with_length(words.dictionary), b"")
    if blank_is_null:
        written = pc.if_else(pc.equal(words.dictionary, ""), _NULL, written)
    return written.take(words.indices)


def text_arrays(columns: Sequence[NDArray[np.object_]], size: int) -> list[Column]:
    """`text[]`, one a row, from columns of strings; in several columns for `rows_of`."""
    if not columns:
        return [_bytes(np.full(size, np.void(_array_opening(0, _TEXT_OID, 12))))]
    written = [part for column in columns for part in _with_length(pa.array(column, pa.string()))]
    lengths = sum(np.diff(_offsets(part)) for part in written)
    opening = np.empty(size, dtype=[("length", ">i4"), ("rest", "V20")])
    opening["length"] = 20 + lengths
    opening["rest"] = np.void(_array_opening(len(columns), _TEXT_OID, 0)[4:])
    return [_bytes(opening), *written]


def number_array(column: NDArray[Any], wide: str, oid: int) -> bytes:
    """A whole column as one array value."""
    elements: bytes = _payload(numbers([(column, wide)])).to_pybytes()
    return _array_opening(column.size, oid, 20 + len(elements)) + elements


def points(x: NDArray[np.float64], y: NDArray[np.float64]) -> Column:
    """Points as EWKB of SRID 27700; NaN becomes NULL."""
    fields = [("length", ">i4"), ("order", "u1"), ("kind", "<u4"), ("srid", "<u4")]
    written = np.empty(x.size, dtype=[*fields, ("x", "<f8"), ("y", "<f8")])
    written["length"], written["order"] = written.itemsize - 4, 1
    written["kind"], written["srid"] = 0x20000001, 27700
    written["x"], written["y"] = x, y
    return pc.if_else(pa.array(np.isfinite(x) & np.isfinite(y)), _bytes(written), _NULL)


def _array_opening(elements: int, oid: int, length: int) -> bytes:
    """Length, dimensions, whether there are NULLs, type; then size and lower bound."""
    opening = np.array([length, int(elements > 0), 0, oid], dtype=">i4").tobytes()
    return opening + (np.array([elements, 1], dtype=">i4").tobytes() if elements else b"")


def _with_length(words: pa.StringArray) -> tuple[Column, Column]:
    return _bytes(np.diff(_offsets(words)).astype(">i4")), words.cast(pa.binary())


def _payload(column: Column) -> pa.Buffer:
    """The values of a column, one after another."""
    first, last = _offsets(column)[[0, -1]].tolist()
    return column.buffers()[2].slice(first, last - first)


def _offsets(words: Column) -> NDArray[np.int32]:
    offsets = np.frombuffer(words.buffers()[1], dtype=np.int32)
    return offsets[words.offset : words.offset + len(words) + 1]


def _bytes(fixed: NDArray[Any]) -> Column:
    """Values of one width as an Arrow column, without copying them."""
    ends = np.arange(fixed.size + 1, dtype=np.int32) * fixed.itemsize
    parts = [None, pa.py_buffer(ends.astype(np.int32)), pa.py_buffer(fixed)]
    return pa.Array.from_buffers(pa.binary(), fixed.size, parts)
