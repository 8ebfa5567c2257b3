"""Look at single incidents, under one's own name and for a stated reason; every look is recorded.

No route of the service leads here: this is for whoever works at the machine or in a notebook.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from lris.areas import within_ids
from lris.catalogue import Catalogue
from lris.errors import BadRequest, NotShared, UnknownName
from lris.session import Connection, Doors
from lris.store.engine import access_number
from lris.store.incident_rows import incident_rows, vintages_placed_in
from lris.terms import PUBLIC, Viewer

_EARLIEST, _LATEST = datetime(1, 1, 1), datetime(9999, 12, 31)


def incidents(
    doors: Doors,
    catalogue: Catalogue,
    viewer: Viewer,
    source_id: str,
    *,
    because: str,
    categories: Sequence[str] = (),
    start: date | None = None,
    end: date | None = None,
    within: str | None = None,
) -> gpd.GeoDataFrame:
    """The incidents of a source's current deliveries as points in EPSG:27700, in order of time.

    Columns: source, partition, line (in the delivered file), starts and ends (the first moment of
    what is known of the time, and the first after it), category, code, what else was kept of the
    publisher's columns, geometry (None where no place is known). `start` and `end` are days, both
    included; `within` is VINTAGE/CODE or place/ID. The look is recorded in the audit under the
    viewer's name, with the reason and the number of rows.

    Raises `NotShared` where the source is not for this viewer or the viewer has no name,
    `BadRequest` without a reason, `UnknownName` for a source or category that is not there.
    """
    source = catalogue.source(source_id)
    _check_may_look(viewer, source_id, source.access.value, access_number(source.access))
    if not because.strip():
        raise BadRequest(
            "looking at single incidents needs a reason",
            remedy="say why: --because 'repeat victims in Ward 3'",
        )
    _check_kind_and_categories(catalogue, source_id, categories)
    with doors.writing(viewer.name, because) as door:
        rows = incident_rows(
            door.connection,
            source_id,
            after=datetime.combine(start, datetime.min.time()) if start else _EARLIEST,
            before=_after(end),
            categories=categories,
            areas=_areas(door.connection, catalogue, source_id, within),
        )
        door.record(
            "look at incidents",
            source_id,
            rows=len(rows),
            categories=list(categories),
            start=start.isoformat() if start else None,
            end=end.isoformat() if end else None,
            within=within,
        )
    return _frame(source_id, rows)


def _check_may_look(viewer: Viewer, source: str, level: str, number: int) -> None:
    if viewer.name.strip() in ("", PUBLIC.name):
        raise NotShared(
            "single incidents are shown to named people only",
            remedy="say who is looking: LRIS_ACTOR, or the name of the Viewer",
        )
    if access_number(viewer.access) < number:
        raise NotShared(
            f"{source} is shared at the level {level}, and {viewer.name} has {viewer.access.value}",
            remedy="ask the partner whose source it is, or whoever governs access here",
        )


def _check_kind_and_categories(
    catalogue: Catalogue, source_id: str, categories: Sequence[str]
) -> None:
    source = catalogue.source(source_id)
    if source.kind != "incidents":
        holding = sorted(n for n, one in catalogue.sources.items() if one.kind == "incidents")
        raise BadRequest(
            f"{source_id} holds {source.kind}, not incidents",
            remedy=f"incidents are in {', '.join(holding)}",
        )
    for category in categories:
        if category not in source.categories:
            raise UnknownName(
                f"{source_id} has no category {category!r}",
                remedy=f"its categories are: {', '.join(sorted(source.categories))}",
            )


def _after(end: date | None) -> datetime:
    return datetime.combine(end + timedelta(days=1), datetime.min.time()) if end else _LATEST


def _areas(
    connection: Connection, catalogue: Catalogue, source_id: str, within: str | None
) -> tuple[str, Sequence[int]] | None:
    """The areas inside `within`, in the vintage nearest to it that incidents were placed in.

    That is its own vintage, or the one it is built from, or the first that has areas inside.
    """
    if within is None:
        return None
    named = within.partition("/")[0]
    vintage = catalogue.vintages.get(named)
    first = [named, vintage.built_from if vintage else None]
    placed = vintages_placed_in(connection, source_id)
    for candidate in sorted(placed, key=lambda one: (first.index(one) if one in first else 2, one)):
        ids = within_ids(connection, catalogue, within, candidate)
        if ids:
            return candidate, ids
    within_ids(connection, catalogue, within, named if vintage else next(iter(placed), ""))
    return "", ()


def _frame(source_id: str, rows: Sequence[Any]) -> gpd.GeoDataFrame:
    kept = list(dict.fromkeys(name for row in rows for name in row.kept_columns))
    columns: dict[str, Any] = {
        "source": [source_id] * len(rows),
        **{
            name: [getattr(row, name) for row in rows]
            for name in ("partition", "line", "starts", "ends", "category", "code")
        },
        **{
            name: [dict(zip(row.kept_columns, row.kept, strict=True)).get(name, "") for row in rows]
            for name in kept
        },
    }
    east = np.array([row.easting for row in rows], dtype=np.float64)
    north = np.array([row.northing for row in rows], dtype=np.float64)
    points = gpd.GeoSeries(gpd.points_from_xy(east, north, crs="EPSG:27700"))
    frame = pd.DataFrame(columns).astype(
        {"starts": "datetime64[s]", "ends": "datetime64[s]", "line": "int64"}
    )
    return gpd.GeoDataFrame(frame, geometry=points.where(np.isfinite(east), None))


# ---------------------------------------------------------------- writing


def save_incidents(found: gpd.GeoDataFrame, out: Path) -> None:
    """Write incidents as GeoJSON (longitude and latitude) or CSV (easting and northing).

    The file can be read by its owner alone. In CSV a text that a spreadsheet would take for a
    formula has an apostrophe before it. Raises `BadRequest` for another ending.
    """
    writers = {".geojson": _geojson, ".csv": _csv}
    if out.suffix not in writers:
        raise BadRequest(
            f"{out.name} is neither .geojson nor .csv", remedy="give --out FILE.geojson or FILE.csv"
        )
    out.touch(mode=0o600)
    out.chmod(0o600)
    writers[out.suffix](found, out)


def _geojson(found: gpd.GeoDataFrame, out: Path) -> None:
    shown = found.to_crs("EPSG:4326")
    shown = shown.assign(starts=_iso(found["starts"]), ends=_iso(found["ends"]))
    document = {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "geometry": _point(geometry), "properties": properties}
            for geometry, properties in zip(
                shown.geometry,
                shown.drop(columns="geometry").to_dict("records"),
                strict=True,
            )
        ],
    }
    out.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")


def _point(geometry: Any) -> dict[str, Any] | None:  # noqa: ANN401
    if geometry is None or geometry.is_empty:
        return None
    return {"type": "Point", "coordinates": [round(geometry.x, 7), round(geometry.y, 7)]}


def _csv(found: gpd.GeoDataFrame, out: Path) -> None:
    located = found.geometry.notna().to_numpy()
    texts = found.drop(columns="geometry").assign(
        starts=_iso(found["starts"]), ends=_iso(found["ends"])
    )
    places = [
        (round(one.x, 2), round(one.y, 2)) if there else ("", "")
        for one, there in zip(found.geometry, located, strict=True)
    ]
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*texts.columns, "easting", "northing"])
        for row, place in zip(texts.itertuples(index=False), places, strict=True):
            writer.writerow([*(_harmless(cell) for cell in row), *place])


def _iso(moments: pd.Series) -> pd.Series:
    return pd.Series(moments.dt.strftime("%Y-%m-%dT%H:%M:%S"))


_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def _harmless(cell: object) -> object:
    """A text that a spreadsheet would run, made one that it shows."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
