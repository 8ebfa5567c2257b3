"""WGS84 longitude and latitude to British National Grid (EPSG:27700) and back.

Method: Ordnance Survey's OSTN15 (sub-metre), through `convertbng`. Beyond OSTN15's reach (Northern
Ireland, the open sea) the seven-parameter Helmert transform of PROJ stands in, good to some 5 m, so
that a point there keeps its place and can be told to be outside.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from convertbng.cutil import convert_osgb36_to_ll, convert_to_osgb36
from numpy.typing import ArrayLike, NDArray
from pyproj import Transformer

Column = NDArray[np.float64]
Coordinates = tuple[Column, Column]


def to_grid(longitude: ArrayLike, latitude: ArrayLike) -> Coordinates:
    """Degrees (WGS84, EPSG:4326) to metres (EPSG:27700). NaN in, NaN out; shapes are kept."""
    lon, lat = _flat(longitude), _flat(latitude)
    return _convert(lon, lat, convert_to_osgb36, _proj(4326, 27700), np.shape(longitude))


def from_grid(easting: ArrayLike, northing: ArrayLike) -> Coordinates:
    """Metres (EPSG:27700) to degrees (WGS84, EPSG:4326). NaN in, NaN out; shapes are kept."""
    x, y = _flat(easting), _flat(northing)
    return _convert(x, y, convert_osgb36_to_ll, _proj(27700, 4326), np.shape(easting))


def _convert(
    a: Column,
    b: Column,
    exact: Callable[[Column, Column], Coordinates],
    rough: Transformer,
    shape: tuple[int, ...],
) -> Coordinates:
    out_a, out_b = np.full(a.size, np.nan), np.full(a.size, np.nan)
    given = np.flatnonzero(np.isfinite(a) & np.isfinite(b))
    if given.size:
        out_a[given], out_b[given] = exact(a[given], b[given])
        beyond = given[~np.isfinite(out_a[given])]
        if beyond.size:
            out_a[beyond], out_b[beyond] = rough.transform(a[beyond], b[beyond])
    return out_a.reshape(shape), out_b.reshape(shape)


def _flat(values: ArrayLike) -> Column:
    return np.ascontiguousarray(np.asarray(values, dtype=np.float64).ravel())


@cache
def _proj(source: int, target: int) -> Transformer:
    return Transformer.from_crs(source, target, always_xy=True)
