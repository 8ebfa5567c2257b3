"""Surfaces as GeoTIFF, as every desktop tool reads them."""

from __future__ import annotations

import numpy as np
import orjson

from lris.errors import BadRequest
from lris.hotspots.looking import Answer

NODATA = -9999.0


def geotiff(answer: Answer) -> bytes:
    """A surface in EPSG:27700, float32, north up; `NODATA` outside the study area."""
    import rasterio
    from rasterio import Affine
    from rasterio.io import MemoryFile

    surface = answer.found.surface
    if surface is None:
        raise BadRequest(
            f"{answer.asked.method} is no surface and has no GeoTIFF",
            remedy="ask for kde or risk, or for format=geojson",
        )
    values = np.where(np.isfinite(surface.values), surface.values, NODATA)[::-1]
    cell, half = surface.cell_m, surface.cell_m / 2
    corner = Affine(cell, 0, surface.x[0] - half, 0, -cell, surface.y[-1] + half)
    with rasterio.Env(), MemoryFile() as file:
        with file.open(
            driver="GTiff",
            width=surface.x.size,
            height=surface.y.size,
            count=1,
            dtype="float32",
            crs="EPSG:27700",
            transform=corner,
            nodata=NODATA,
            compress="deflate",
        ) as raster:
            raster.write(values.astype(np.float32), 1)
            raster.set_band_description(1, surface.unit)
            raster.update_tags(
                parameters=orjson.dumps(answer.members["parameters"]).decode(),
                reading=" ".join(answer.members["reading"]),
                attribution="; ".join(one["attribution"] for one in answer.members["sources"]),
            )
        return bytes(file.read())
