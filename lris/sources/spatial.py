"""Read a publisher's boundaries: GeoJSON, TopoJSON, GeoPackage, Shapefile, packed or plain.

What a file is is told from its content, never from its name, and it is opened as what it was found
to be: GDAL knows formats that read other files or the network, and must not be left to guess.
"""

from __future__ import annotations

import mmap
import re
import sqlite3
import struct
import warnings
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyogrio
import pyogrio.errors
import pyogrio.raw
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from lris.errors import BoundaryFault, FileFault, IdentifiersFound
from lris.rules.geometry import as_multipolygons, repair, unchanged
from lris.sources import cells
from lris.sources.archives import Bounds, Kind, Member, unpacked
from lris.sources.frames import Strings
from lris.sources.reference_systems import (
    WGS84,
    Geometries,
    crs_of_json,
    demanded,
    first_few,
    label,
    on_the_grid,
    parsed_crs,
    stated_crs,
)

MOST_EXPANDED_BYTES = 4 * 1024**3
MOST_MEMBERS = 10_000
MOST_TOPOLOGY_BYTES = 48 << 20
MOST_FEATURE_MEGABYTES = 100
"""In memory, where GDAL lays out one feature of GeoJSON at a time, and a topology whole."""
BOUNDARY_FILES = Kind(
    "boundary file",
    endings=frozenset({".geojson", ".json", ".topojson", ".gpkg", ".shp"}),
    siblings=frozenset({".shp", ".shx", ".dbf", ".prj", ".cpg"}),
)
GSS_CODE = r"[EWSN]\d{8}"


@dataclass(frozen=True, slots=True)
class BoundaryLayout:
    """What a boundary manifest says of the publisher's field names.

    `code` and `name` are the names a field may have: the first that is present wins, exactly as
    written before letter case is overlooked. Every code must match `code_pattern` in full. `keep`
    are further fields handed on where present, such as the codes of parents.
    """

    code: tuple[str, ...]
    name: tuple[str, ...] = ()
    code_pattern: str = GSS_CODE
    keep: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BoundaryReport:
    """What was found while reading: for the person who decides whether to publish.

    `repaired` are codes whose polygons were not valid; together they changed by `area_changed_m2`.
    `identical_duplicates` are codes given more than once with the same shape (to a centimetre).
    `empty` are codes without any geometry; they are known but not among the areas.
    """

    source_crs: str
    features_read: int
    members: int
    repaired: tuple[str, ...] = ()
    area_changed_m2: float = 0.0
    identical_duplicates: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Boundaries:
    """Areas sorted by code, each code once.

    `geometry` holds valid, flat shapely MultiPolygons in EPSG:27700, in GEOS's normal form.
    `names` are "" where the file has none; `kept` maps each kept field that some member has to a
    column of strings, "" where absent.
    """

    codes: Strings
    names: Strings
    geometry: Geometries
    kept: dict[str, Strings]
    report: BoundaryReport

    def __len__(self) -> int:
        return self.codes.size


def read_boundaries(
    paths: Sequence[Path], layout: BoundaryLayout, *, crs: str | None = None
) -> Boundaries:
    """Read one vintage's areas from files, archives or folders.

    `crs` (such as `EPSG:4326`) is for files that do not name their reference system, or name a
    wrong one; where it is given it is taken for all of them. Raises `FileFault` for a file that is
    not a boundary file, `BoundaryFault` for areas that cannot be accepted as they are.
    """
    stated = None if crs is None else stated_crs(crs)
    bounds = Bounds(most_bytes=MOST_EXPANDED_BYTES, most_members=MOST_MEMBERS)
    pyogrio.set_gdal_config_options({"OGR_GEOJSON_MAX_OBJ_SIZE": str(MOST_FEATURE_MEGABYTES)})
    with unpacked(paths, BOUNDARY_FILES, bounds=bounds) as members:
        found = _together([_read_member(member, layout, stated) for member in members])
        for member in members:
            member.check_unchanged()
        return found


# ---------------------------------------------------------------- one file


@dataclass(frozen=True, slots=True)
class _Features:
    """What one member holds, already in EPSG:27700."""

    member: str
    source_crs: str
    codes: Strings
    names: Strings
    geometry: Geometries
    kept: dict[str, Strings]
    repaired: NDArray[np.bool_]
    area_changed_m2: float
    empty: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Layer:
    """One layer of one file, as GDAL is told to open it."""

    source: str
    name: str | None
    fields: tuple[str, ...]
    crs: CRS | None


def _read_member(member: Member, layout: BoundaryLayout, stated: CRS | None) -> _Features:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            layer = _layer_of(member, layout)
            code, name, keep = _fields_of(member, layer, layout)
            wkb, columns = _raw(layer, [code, *([name] if name else []), *keep])
    except (
        pyogrio.errors.DataSourceError,
        pyogrio.errors.DataLayerError,
        pyogrio.errors.FieldError,
        sqlite3.Error,
        UnicodeDecodeError,
    ) as problem:
        raise FileFault(
            member.name,
            f"it cannot be read ({_first_sentence(problem)})",
            expected=f"a whole boundary file, no area over {MOST_FEATURE_MEGABYTES} MB of memory",
            remedy="fetch it again: it may have been cut off or changed on the way",
        ) from problem
    _check_texts(member.name, columns)
    codes = _checked_codes(member.name, code, columns[code], layout.code_pattern)
    geometry = _checked_polygons(member.name, codes, wkb)
    crs = demanded(member.name, stated or layer.crs)
    given = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    moved = on_the_grid(member.name, codes[given], geometry[given], crs)
    mended, repaired, change = repair(moved)
    hollow = shapely.is_empty(mended)
    given[np.flatnonzero(given)[hollow]] = False
    if not given.any():
        raise BoundaryFault(
            f"{member.name}: none of its {codes.size:,} features has an outline with any ground",
            remedy="fetch the file again, or ask its publisher for the areas",
        )
    names = columns[name] if name else np.full(codes.size, "", dtype=object)
    return _Features(
        member=member.name,
        source_crs=label(crs),
        codes=codes[given],
        names=names[given],
        geometry=as_multipolygons(mended[~hollow]),
        kept={field: columns[field][given] for field in keep},
        repaired=repaired[~hollow],
        area_changed_m2=float(np.abs(change).sum()),
        empty=tuple(codes[~given]),
    )


def _layer_of(member: Member, layout: BoundaryLayout) -> _Layer:
    is_json = _is_json(member)
    source, crs = _json_source(member) if is_json else (str(member.path), None)
    layer = _only_layer(member, source, layout)
    info = pyogrio.read_info(source, layer=layer)
    if not is_json:
        if info["driver"] not in {"GPKG", "ESRI Shapefile"}:
            raise _not_boundaries(member.name, f"a file that reads as {info['driver']}")
        crs = parsed_crs(info["crs"])
    return _Layer(source, layer, tuple(info["fields"]), crs)


def _is_json(member: Member) -> bool:
    """Whether it is JSON; if not, it is a GeoPackage or a whole Shapefile, or there is a fault."""
    with member.path.open("rb") as stream:
        start = stream.read(512)
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"\x00\x00\x27\x0a"):
        _check_siblings(member)
    elif start.startswith(b"SQLite format 3\x00"):
        _check_package(member)
    elif not text.startswith(b"{"):
        raise _not_boundaries(member.name, _looks_like(text))
    return text.startswith(b"{")


def _looks_like(text: bytes) -> str:
    lower = text.lower()
    if not text:
        return "an empty file"
    if lower.startswith((b"<!doctype html", b"<html")):
        return "a web page"
    if text.startswith(b"<"):
        return "an XML document"
    return f"something that starts with {text[:24]!r}"


def _not_boundaries(name: str, found: str) -> FileFault:
    return FileFault(
        name,
        found,
        expected="GeoJSON, TopoJSON, a GeoPackage or a Shapefile",
        remedy="open the address it came from: a publisher's error page is often saved by mistake",
    )


def _check_siblings(member: Member) -> None:
    missing = [
        ending for ending in (".shx", ".dbf") if not member.path.with_suffix(ending).exists()
    ]
    if missing:
        raise FileFault(
            member.name,
            f"the Shapefile has no {' and no '.join(missing)} beside it",
            expected="the .shp, .shx, .dbf and .prj of one name together",
            remedy="put the missing files in the same folder, or load the publisher's zip",
        )
    for ending in (".shp", ".shx", ".dbf"):
        part = member.path.with_suffix(ending)
        with part.open("rb") as stream:
            said = _said_length(ending, stream.read(32))
        if part.stat().st_size < said:
            raise FileFault(
                member.name,
                f"its {ending} file has {part.stat().st_size:,} bytes of {said:,}",
                expected="a whole Shapefile",
                remedy="fetch it again: it was cut short",
            )


def _said_length(ending: str, start: bytes) -> int:
    """How long a part of a Shapefile says that it is: in words of two bytes, or row by row."""
    if len(start) < 32:
        return 100
    if ending == ".dbf":
        rows, head, width = struct.unpack("<IHH", start[4:12])
        return int(head + rows * width)
    return 2 * int(struct.unpack(">I", start[24:28])[0])


_WORKED_OUT = re.compile(r"\bGENERATED\s+ALWAYS\b|\bAS\s*\(", re.IGNORECASE)


def _check_package(member: Member) -> None:
    """That what will be read are tables: a view, or a column worked out, may never come to an end.

    Triggers do nothing to a file that is only read.
    """
    address = f"{member.path.absolute().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(address, uri=True)) as base:
        base.execute("PRAGMA trusted_schema = OFF")
        made = {
            str(name).lower(): (str(kind), str(sql))
            for kind, name, sql in base.execute(
                "SELECT type, name, sql FROM sqlite_master WHERE type IN ('table', 'view')"
            )
        }
        if made.get("gpkg_contents", ("", ""))[0] != "table":
            raise _not_boundaries(member.name, "a database without the contents of a GeoPackage")
        _check_is_table(member, "gpkg_contents", *made["gpkg_contents"])
        listed = {str(name).lower() for (name,) in base.execute(_LISTED)}
    for name, (kind, sql) in made.items():
        if name in listed or name.startswith("gpkg_"):
            _check_is_table(member, name, kind, sql)


_LISTED = "SELECT table_name FROM gpkg_contents LIMIT 10000"


def _check_is_table(member: Member, name: str, kind: str, sql: str) -> None:
    virtual = sql.upper().startswith("CREATE VIRTUAL")
    if kind == "table" and not virtual and not _WORKED_OUT.search(sql):
        return
    found = "a view" if kind == "view" else "a table that is worked out while it is read"
    raise FileFault(
        member.name,
        f"{name!r} is {found}",
        expected="a table that holds its rows",
        remedy="do not trust this file; ask its publisher for the areas in a table",
    )


def _only_layer(member: Member, source: str, layout: BoundaryLayout) -> str | None:
    layers = [str(name) for name, kind in pyogrio.list_layers(source) if kind is not None]
    if len(layers) > 1:
        layers = [name for name in layers if _has_code(source, name, layout)] or layers
    if len(layers) == 1:
        return layers[0]
    raise BoundaryFault(
        f"{member.name}: {len(layers)} layers hold polygons"
        + (f" ({', '.join(layers)})" if layers else ""),
        remedy="load a file with one layer of areas",
    )


def _has_code(source: str, layer: str, layout: BoundaryLayout) -> bool:
    fields = tuple(pyogrio.read_info(source, layer=layer)["fields"])
    return _find(layout.code, fields) is not None


def _fields_of(
    member: Member, layer: _Layer, layout: BoundaryLayout
) -> tuple[str, str | None, tuple[str, ...]]:
    code = _find(layout.code, layer.fields)
    if code is None:
        raise FileFault(
            member.name,
            f"no field for the code among {', '.join(layer.fields) or 'no fields at all'}",
            expected=" or ".join(layout.code),
            remedy="check that the file is of this vintage, or add its field to the manifest",
        )
    kept = (_find((field,), layer.fields) for field in layout.keep)
    return code, _find(layout.name, layer.fields), tuple(f for f in kept if f is not None)


def _find(names: Sequence[str], fields: Sequence[str]) -> str | None:
    for name in names:
        if name in fields:
            return name
    by_lower = {field.lower(): field for field in reversed(fields)}
    return next((by_lower[n.lower()] for n in names if n.lower() in by_lower), None)


def _raw(layer: _Layer, wanted: list[str]) -> tuple[NDArray[np.object_], dict[str, Strings]]:
    meta, _, wkb, columns = pyogrio.raw.read(
        layer.source, layer=layer.name, columns=list(dict.fromkeys(wanted)), force_2d=True
    )
    return wkb, {
        str(name): _as_text(column) for name, column in zip(meta["fields"], columns, strict=True)
    }


def _as_text(column: NDArray[np.generic]) -> Strings:
    out = np.empty(column.size, dtype=object)
    out[:] = ["" if value is None else str(value).strip() for value in column.tolist()]
    return out


def _check_texts(member: str, columns: dict[str, Strings]) -> None:
    """That no name or code identifies a person, or would act when a spreadsheet opens it."""
    for field, column in columns.items():
        texts = pa.array(column.tolist(), pa.string())
        if (found := cells.identifies_people(texts)) is not None:
            at, kind = found
            raise IdentifiersFound(
                member,
                f"feature {at + 1} has {kind} for its {field}",
                expected="depersonalised areas",
                remedy="ask the partner for a file without it; nothing was kept",
            )
        if (acts := cells.formulas(texts)).any():
            at = int(acts.argmax())
            raise FileFault(
                member,
                f"feature {at + 1} has {column[at][:60]!r} for its {field}, which begins like a "
                "formula",
                expected="plain text",
                remedy="do not open the file in a spreadsheet; ask its publisher about the name",
            )


def _checked_codes(member: str, field: str, codes: Strings, pattern: str) -> Strings:
    if not codes.size:
        raise BoundaryFault(f"{member}: no features", remedy="fetch the file again")
    whole = re.compile(pattern)
    for number, code in enumerate(codes, start=1):
        if not whole.fullmatch(code):
            raise BoundaryFault(
                f"{member}: feature {number} has {field} {code!r}, which is not a code of the form "
                f"{pattern}",
                remedy="mend the feature, or check that the manifest names the right field",
            )
    return codes


def _checked_polygons(member: str, codes: Strings, wkb: NDArray[np.object_]) -> Geometries:
    with np.errstate(invalid="ignore"):
        geometry = np.asarray(shapely.from_wkb(wkb, on_invalid="ignore"), dtype=object)
    blank = np.array([one is None for one in wkb], dtype=np.bool_)
    broken = shapely.is_missing(geometry) & ~blank
    kind = shapely.get_type_id(geometry)
    polygonal = np.isin(kind, (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON))
    other = ~(polygonal | shapely.is_missing(geometry) | shapely.is_empty(geometry))
    coordinates, owner = shapely.get_coordinates(geometry, return_index=True)
    odd = np.unique(owner[~np.isfinite(coordinates).all(axis=1)])
    if broken.any():
        raise _bad_shape(member, codes[broken], "a ring that is not closed or has too few points")
    if other.any():
        kinds = sorted({shapely.GeometryType(k).name.title() for k in kind[other]})
        raise _bad_shape(member, codes[other], f"{' and '.join(kinds)} where polygons belong")
    if odd.size:
        raise _bad_shape(member, codes[odd], "coordinates that are not numbers")
    return np.asarray(shapely.force_2d(geometry), dtype=object)


def _bad_shape(member: str, codes: Strings, what: str) -> BoundaryFault:
    return BoundaryFault(
        f"{member}: {first_few(codes)} with {what}",
        remedy="mend the features named, or ask the publisher for the file of areas",
    )


def _first_sentence(problem: Exception) -> str:
    return str(problem).split(";")[0].splitlines()[0].rstrip(".")


# ---------------------------------------------------------------- JSON

_FIRST_TYPE = re.compile(rb'"type"\s*:\s*"(Topology|FeatureCollection|Feature)"')


def _json_source(member: Member) -> tuple[str, CRS | None]:
    with (
        member.path.open("rb") as stream,
        mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as text,
    ):
        found = _FIRST_TYPE.search(text)
        if found is None:
            raise _not_boundaries(member.name, "JSON that is neither GeoJSON nor TopoJSON")
        driver = "TopoJSON" if found[1] == b"Topology" else "GeoJSON"
        if driver == "TopoJSON" and member.bytes > MOST_TOPOLOGY_BYTES:
            raise FileFault(
                member.name,
                f"it is {member.bytes >> 20:,} MiB of TopoJSON",
                expected=f"at most {MOST_TOPOLOGY_BYTES >> 20} MiB",
                remedy="load the publisher's GeoJSON or GeoPackage",
            )
        del found  # it holds on to the map, which could not be closed
        return f"{driver}:{member.path}", crs_of_json(text, WGS84 if driver == "GeoJSON" else None)


# ---------------------------------------------------------------- all files together


def _together(members: Sequence[_Features]) -> Boundaries:
    codes = np.concatenate([m.codes for m in members])
    order = np.argsort(codes, kind="stable")
    codes = codes[order]
    geometry = np.concatenate([m.geometry for m in members])[order]
    member = np.repeat([m.member for m in members], [m.codes.size for m in members])[order]
    again = np.zeros(codes.size, dtype=np.bool_)
    again[1:] = codes[1:] == codes[:-1]
    _check_duplicates(codes, geometry, member, again)

    repaired = np.concatenate([m.repaired for m in members])[order]
    fields = dict.fromkeys(name for m in members for name in m.kept)
    empty = {code for m in members for code in m.empty} - set(codes)
    return Boundaries(
        codes=codes[~again],
        names=np.concatenate([m.names for m in members])[order][~again],
        geometry=geometry[~again],
        kept={name: _kept(members, name)[order][~again] for name in fields},
        report=BoundaryReport(
            source_crs=", ".join(dict.fromkeys(m.source_crs for m in members)),
            features_read=sum(m.codes.size + len(m.empty) for m in members),
            members=len(members),
            repaired=tuple(np.unique(codes[repaired])),
            area_changed_m2=sum(m.area_changed_m2 for m in members),
            identical_duplicates=tuple(np.unique(codes[again])),
            empty=tuple(sorted(empty)),
        ),
    )


def _kept(members: Sequence[_Features], name: str) -> Strings:
    return np.concatenate(
        [m.kept.get(name, np.full(m.codes.size, "", dtype=object)) for m in members]
    )


def _check_duplicates(
    codes: Strings, geometry: Geometries, member: NDArray[np.str_], again: NDArray[np.bool_]
) -> None:
    """Refuse a code with two shapes; the same shape twice may differ by rounding alone."""
    second = np.flatnonzero(again)
    first = np.searchsorted(codes, codes[second])
    differ = np.flatnonzero(~unchanged(geometry[first], geometry[second]))
    if differ.size:
        a, b = first[differ[0]], second[differ[0]]
        apart = shapely.symmetric_difference(geometry[a], geometry[b]).area
        raise BoundaryFault(
            f"{codes[a]} has two shapes that differ by {apart:,.1f} m2: one in {member[a]}, "
            f"another in {member[b]}"
            + (f", and {differ.size - 1} more codes do" if differ.size > 1 else ""),
            remedy="load one file for each area; if one is of another year it is another vintage",
        )
