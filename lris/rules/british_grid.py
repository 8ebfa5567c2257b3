"""WGS84 longitude and latitude to British National Grid (EPSG:27700) and back.

Method: Ordnance Survey's OSTN15 (sub-metre), through `convertbng`. Beyond OSTN15's reach (Northern
Ireland, the open sea) the seven-parameter Helmert transform stands in, good to some 5 m, so
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
    return _convert(lon, lat, convert_to_osgb36, _helmert(), np.shape(longitude))


def from_grid(easting: ArrayLike, northing: ArrayLike) -> Coordinates:
    """Metres (EPSG:27700) to degrees (WGS84, EPSG:4326). NaN in, NaN out; shapes are kept."""
    x, y = _flat(easting), _flat(northing)
    return _convert(x, y, _within_reach, _helmert(), np.shape(easting), inverse=True)


def _within_reach(easting: Column, northing: Column) -> Coordinates:
    """OSTN15's degrees, NaN where it would not lead back: `convertbng` answers there unshifted."""
    longitude, latitude = convert_osgb36_to_ll(easting, northing)
    back, _ = convert_to_osgb36(longitude, latitude)
    beyond = ~np.isfinite(back)
    longitude[beyond] = latitude[beyond] = np.nan
    return longitude, latitude


def _convert(
    a: Column,
    b: Column,
    exact: Callable[[Column, Column], Coordinates],
    rough: Transformer,
    shape: tuple[int, ...],
    *,
    inverse: bool = False,
) -> Coordinates:
    out_a, out_b = np.full(a.size, np.nan), np.full(a.size, np.nan)
    given = np.flatnonzero(np.isfinite(a) & np.isfinite(b))
    if given.size:
        out_a[given], out_b[given] = exact(a[given], b[given])
        beyond = given[~np.isfinite(out_a[given])]
        if beyond.size:
            out_a[beyond], out_b[beyond] = rough.transform(
                a[beyond], b[beyond], direction="INVERSE" if inverse else "FORWARD"
            )
    return out_a.reshape(shape), out_b.reshape(shape)


def _flat(values: ArrayLike) -> Column:
    return np.ascontiguousarray(np.asarray(values, dtype=np.float64).ravel())


@cache
def _helmert() -> Transformer:
    """Degrees to metres by one and the same transform both ways: left to itself PROJ chooses a
    different one for each place and direction, and the way back then ends 150 m off.
    """
    return Transformer.from_crs(4326, NATIONAL_GRID, always_xy=True)


NATIONAL_GRID = (
    "+proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 +y_0=-100000 +ellps=airy"
    " +towgs84=446.448,-125.157,542.06,0.15,0.247,0.842,-20.489 +units=m +no_defs"
)
"""EPSG:27700 with the seven parameters of EPSG:1314."""
