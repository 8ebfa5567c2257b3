"""Read a publisher's boundaries: GeoJSON, TopoJSON, GeoPackage, Shapefile, packed or plain.

What a file is is told from its content, never from its name. Members of archives are written under
names of our own, so what an archive calls them reaches no file system. Each file is then opened as
what it was found to be: GDAL knows formats that read other files or the network, and must not be
left to guess.

Degrees become metres through OSTN15 (`lris.rules.british_grid`); `pyproj` alone, without the
grid-shift files, would be metres off.
"""

from __future__ import annotations

import gzip
import io
import lzma
import mmap
import re
import stat
import tarfile
import warnings
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import IO

import numpy as np
import orjson
import pyogrio
import pyogrio.errors
import pyogrio.raw
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from lris.errors import BadRequest, BoundaryFault, FileFault, Spot
from lris.rules.british_grid import to_grid
from lris.rules.geometry import as_multipolygons, repair, unchanged
from lris.sources.frames import Strings

Geometries = NDArray[np.object_]
Coordinates = NDArray[np.float64]

MOST_EXPANDED_BYTES = 4 * 1024**3
MOST_MEMBERS = 10_000
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
    stated = None if crs is None else _stated_crs(crs)
    with TemporaryDirectory(prefix="lris-boundaries-") as scratch:
        members = _Staging(Path(scratch)).members(paths)
        return _together([_read_member(member, layout, stated) for member in members])


# ---------------------------------------------------------------- files, folders and archives

_JSON, _GEOPACKAGE, _SHAPEFILE = "json", "gpkg", "shp"
_ENDINGS = frozenset({".geojson", ".json", ".topojson", ".gpkg", ".shp"})
_SIBLINGS = frozenset({".shp", ".shx", ".dbf", ".prj", ".cpg"})
_PACKED = frozenset({".zip", ".gz", ".tgz", ".xz", ".txz", ".tar", ".bz2", ".7z", ".rar"})
_UNPACKERS: dict[bytes, type[gzip.GzipFile] | type[lzma.LZMAFile]] = {
    b"\x1f\x8b": gzip.GzipFile,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
}
_Stream = IO[bytes] | io.BufferedIOBase
_BROKEN = (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, tarfile.TarError)


@dataclass(frozen=True, slots=True)
class _Member:
    """One boundary file: what people call it, and where it can be opened."""

    name: str
    path: Path


@dataclass(slots=True)
class _Staging:
    """Unpacks into a folder of its own, under numbers for names, within one limit for all."""

    folder: Path
    bytes_left: int = field(default_factory=lambda: MOST_EXPANDED_BYTES)
    members_left: int = field(default_factory=lambda: MOST_MEMBERS)
    _numbers: dict[str, int] = field(default_factory=dict)

    def members(self, paths: Sequence[Path]) -> list[_Member]:
        return [member for path in paths for member in self._from(path)]

    def _from(self, path: Path) -> list[_Member]:
        if path.is_dir():
            return self._from_folder(path)
        if not path.is_file():
            raise FileFault(str(path), "no such file", remedy="check the path")
        try:
            return self._from_file(path)
        except _BROKEN as problem:
            raise FileFault(
                str(path),
                f"the packed file cannot be read to its end ({problem})",
                expected="a whole archive",
                remedy="fetch it again: it was probably cut off on the way",
            ) from problem

    def _from_folder(self, folder: Path) -> list[_Member]:
        files = sorted(
            f
            for f in folder.rglob("*")
            if f.is_file() and not f.name.startswith(".") and f.suffix.lower() in _ENDINGS | _PACKED
        )
        if not files:
            raise _nothing_in(str(folder))
        return [member for f in files for member in self._from(f)]

    def _from_file(self, path: Path) -> list[_Member]:
        start = _start_of(path)
        if start.startswith(b"PK"):
            return self._from_zip(path)
        if _is_tar(start):
            return self._from_tar(path, path.open("rb"))
        for magic, unpacker in _UNPACKERS.items():
            if start.startswith(magic):
                return self._from_packed(path, unpacker)
        return [_Member(path.name, self._link(path))]

    def _from_packed(
        self, path: Path, unpacker: type[gzip.GzipFile] | type[lzma.LZMAFile]
    ) -> list[_Member]:
        with unpacker(path) as stream:
            inner = stream.read(512)
        if _is_tar(inner):
            return self._from_tar(path, unpacker(path))
        with unpacker(path) as stream:
            name = path.name.removesuffix(path.suffix)
            return [_Member(name, self._write(stream, name, str(path)))]

    def _from_zip(self, path: Path) -> list[_Member]:
        staged: list[_Member] = []
        try:
            with zipfile.ZipFile(path) as archive:
                for info in archive.infolist():
                    _check_entry(path, info.filename, stat.S_ISLNK(info.external_attr >> 16))
                    if info.flag_bits & 1:
                        raise FileFault(
                            Spot(f"{path}: {info.filename}"),
                            "the member is encrypted",
                            remedy="unpack it with its password and load the files",
                        )
                    if not info.is_dir() and self._wanted(path, info.filename):
                        with archive.open(info) as stream:
                            staged.append(self._keep(path, info.filename, stream))
        except (zipfile.BadZipFile, NotImplementedError) as problem:
            raise FileFault(
                str(path), f"the zip file is damaged ({problem})", remedy="fetch it again"
            ) from problem
        return _boundary_files(path, staged)

    def _from_tar(self, path: Path, stream: _Stream) -> list[_Member]:
        staged: list[_Member] = []
        with stream, tarfile.open(fileobj=stream, mode="r|") as archive:
            for info in archive:
                _check_entry(path, info.name, not (info.isfile() or info.isdir()))
                content = archive.extractfile(info)
                if content is None:
                    continue
                if self._wanted(path, info.name):
                    staged.append(self._keep(path, info.name, content))
                else:
                    self._spend(info.size, str(path))
        return _boundary_files(path, staged)

    def _wanted(self, archive: Path, name: str) -> bool:
        self.members_left -= 1
        if self.members_left < 0:
            raise FileFault(
                str(archive),
                f"more than {MOST_MEMBERS:,} members",
                remedy="unpack it and load the files you need",
            )
        member = PurePosixPath(name)
        if "__MACOSX" in member.parts or member.name.startswith("."):
            return False
        if member.suffix.lower() in _PACKED:
            raise FileFault(
                Spot(f"{archive}: {name}"),
                "an archive inside an archive",
                expected="boundary files",
                remedy="unpack the outer one and load what is inside",
            )
        return member.suffix.lower() in _ENDINGS | _SIBLINGS

    def _keep(self, archive: Path, name: str, stream: _Stream) -> _Member:
        shown = f"{archive.name}: {name}"
        return _Member(shown, self._write(stream, shown, str(archive)))

    def _write(self, stream: _Stream, name: str, archive: str) -> Path:
        target = self._place_for(name)
        with target.open("wb") as out:
            while block := stream.read(1 << 20):
                self._spend(len(block), archive)
                out.write(block)
        return target

    def _spend(self, count: int, archive: str) -> None:
        self.bytes_left -= count
        if self.bytes_left < 0:
            raise FileFault(
                archive,
                f"unpacks to more than {MOST_EXPANDED_BYTES / 1024**3:.3g} GiB",
                remedy="unpack it yourself and load the files you need",
            )

    def _link(self, path: Path) -> Path:
        target = self._place_for(str(path))
        target.symlink_to(path.absolute())
        if path.suffix.lower() == ".shp":
            for sibling in path.parent.glob(f"{_escaped(path.stem)}.*"):
                ending = sibling.suffix.lower()
                if ending in _SIBLINGS - {".shp"}:
                    target.with_suffix(ending).symlink_to(sibling.absolute())
        return target

    def _place_for(self, name: str) -> Path:
        """A path of our own for `name`; the parts of one Shapefile share a number."""
        ending = PurePosixPath(name).suffix.lower()
        stem = name[: len(name) - len(ending)].lower() if ending in _SIBLINGS else name
        number = self._numbers.setdefault(stem, len(self._numbers))
        known = ending if ending in _ENDINGS | _SIBLINGS else ""
        return self.folder / f"{number:05}{known}"


def _start_of(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(512)


def _is_tar(start: bytes) -> bool:
    return start[257:262] == b"ustar"


def _escaped(stem: str) -> str:
    return re.sub(r"([\[\]*?])", r"[\1]", stem)


def _check_entry(archive: Path, name: str, is_link: bool) -> None:
    member = PurePosixPath(name.replace("\\", "/"))
    if is_link or member.is_absolute() or ".." in member.parts:
        found = "a link or device" if is_link else "a name that points out of the archive"
        raise FileFault(
            Spot(f"{archive}: {name}"),
            found,
            expected="plain files",
            remedy="an archive like this is broken or hostile; ask the publisher for another",
        )


def _boundary_files(archive: Path, staged: list[_Member]) -> list[_Member]:
    files = [m for m in staged if PurePosixPath(m.name).suffix.lower() in _ENDINGS]
    if not files:
        raise _nothing_in(str(archive))
    return sorted(files, key=lambda member: member.name)


def _nothing_in(where: str) -> FileFault:
    return FileFault(
        where,
        "no boundary file in it",
        expected="files ending in " + ", ".join(sorted(_ENDINGS)),
        remedy="give the folder or archive that holds them",
    )


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


def _read_member(member: _Member, layout: BoundaryLayout, stated: CRS | None) -> _Features:
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
        UnicodeDecodeError,
    ) as problem:
        raise FileFault(
            member.name,
            f"it cannot be read ({_first_sentence(problem)})",
            expected="a whole boundary file",
            remedy="fetch it again: it may have been cut off or changed on the way",
        ) from problem
    codes = _checked_codes(member.name, code, columns[code], layout.code_pattern)
    geometry = _checked_polygons(member.name, codes, wkb)
    crs = stated or layer.crs or _no_crs(member.name)
    given = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    moved = _on_the_grid(member.name, codes[given], geometry[given], crs)
    mended, repaired, change = repair(moved)
    hollow = shapely.is_empty(mended)
    given[np.flatnonzero(given)[hollow]] = False
    names = columns[name] if name else np.full(codes.size, "", dtype=object)
    return _Features(
        member=member.name,
        source_crs=_label(crs),
        codes=codes[given],
        names=names[given],
        geometry=as_multipolygons(mended[~hollow]),
        kept={field: columns[field][given] for field in keep},
        repaired=repaired[~hollow],
        area_changed_m2=float(np.abs(change).sum()),
        empty=tuple(codes[~given]),
    )


def _layer_of(member: _Member, layout: BoundaryLayout) -> _Layer:
    kind = _kind_of(member)
    if kind == _JSON:
        driver = _json_driver(member)
        source = f"{driver}:{member.path}"
        crs = _json_crs(member.path, driver)
    else:
        source, crs = str(member.path), None
    layer = _only_layer(member, source, layout)
    info = pyogrio.read_info(source, layer=layer)
    if kind != _JSON:
        if info["driver"] not in {"GPKG", "ESRI Shapefile"}:
            raise _not_boundaries(member.name, f"a file that reads as {info['driver']}")
        crs = _parsed_crs(info["crs"])
    return _Layer(source, layer, tuple(info["fields"]), crs)


def _kind_of(member: _Member) -> str:
    start = _start_of(member.path)
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"{"):
        return _JSON
    if start.startswith(b"SQLite format 3\x00"):
        return _GEOPACKAGE
    if start.startswith(b"\x00\x00\x27\x0a"):
        _check_siblings(member)
        return _SHAPEFILE
    raise _not_boundaries(member.name, _looks_like(text))


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


def _check_siblings(member: _Member) -> None:
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


def _only_layer(member: _Member, source: str, layout: BoundaryLayout) -> str | None:
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
    member: _Member, layer: _Layer, layout: BoundaryLayout
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
        f"{member}: {_some(codes)} with {what}",
        remedy="mend the features named, or ask the publisher for the file of areas",
    )


def _some(codes: Sequence[str] | Strings) -> str:
    shown = ", ".join(codes[:5])
    return shown if len(codes) <= 5 else f"{shown} and {len(codes) - 5:,} more"


def _first_sentence(problem: Exception) -> str:
    return str(problem).split(";")[0].splitlines()[0].rstrip(".")


# ---------------------------------------------------------------- JSON

_FIRST_TYPE = re.compile(rb'"type"\s*:\s*"(Topology|FeatureCollection|Feature)"')
_NAMED_CRS = re.compile(rb'"crs"\s*:\s*(null|\{(?:[^{}]|\{[^{}]*\})*\})')
_BODY = re.compile(rb'"(features|geometries)"\s*:')
_HEAD_BYTES, _TAIL_BYTES = 1 << 16, 1 << 10


def _json_driver(member: _Member) -> str:
    with _mapped(member.path) as text:
        found = _FIRST_TYPE.search(text)
        kind = found[1] if found else b""
        del found
    if not kind:
        raise _not_boundaries(member.name, "JSON that is neither GeoJSON nor TopoJSON")
    return "TopoJSON" if kind == b"Topology" else "GeoJSON"


def _json_crs(path: Path, driver: str) -> CRS | None:
    """The reference system the file states, or that RFC 7946 says a silent GeoJSON file has.

    Looked for before the features and at the very end. GDAL is not asked: for a system it does not
    know, and for an explicit null, it answers WGS84.
    """
    with _mapped(path) as text:
        body = _BODY.search(text, 0, _HEAD_BYTES)
        head = text[: body.start() if body else _HEAD_BYTES]
        del body
        tail = text[-_TAIL_BYTES:]
    found = _NAMED_CRS.findall(head)[:1] or _NAMED_CRS.findall(tail)[-1:]
    stated: bytes | None = found[0] if found else None
    if stated is None:
        return _wgs84() if driver == "GeoJSON" else None
    return _parsed_crs(_crs_name(stated))


def _crs_name(stated: bytes) -> str | None:
    try:
        properties = (orjson.loads(stated) or {}).get("properties") or {}
    except orjson.JSONDecodeError:
        return None
    code = properties.get("code")
    return properties.get("name") or (f"EPSG:{code}" if code else None)


def _mapped(path: Path) -> mmap.mmap:
    with path.open("rb") as stream:
        return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)


# ---------------------------------------------------------------- reference systems

_AIRY_1830_M = 6_377_563.396
_GRID = {
    "latitude_of_projection_origin": 49.0,
    "longitude_of_central_meridian": -2.0,
    "scale_factor_at_central_meridian": 0.9996012717,
    "false_easting": 400_000.0,
    "false_northing": -100_000.0,
    "semi_major_axis": _AIRY_1830_M,
}
_ISLES_M = (-300_000.0, -300_000.0, 900_000.0, 1_400_000.0)
_GRID_REMEDY = "if they are British National Grid metres, load the file with --crs EPSG:27700"
_DEGREES_REMEDY = "if they are longitude and latitude, load the file with --crs EPSG:4326"


@cache
def _wgs84() -> CRS:
    return CRS.from_epsg(4326)


def _stated_crs(text: str) -> CRS:
    try:
        return CRS.from_user_input(text)
    except CRSError as problem:
        raise BadRequest(
            f"{text!r} is not a coordinate reference system",
            remedy="write it as EPSG:27700 (British National Grid) or EPSG:4326 (degrees)",
        ) from problem


def _parsed_crs(text: str | None) -> CRS | None:
    try:
        return None if not text else CRS.from_user_input(text)
    except CRSError:
        return None


def _no_crs(member: str) -> CRS:
    raise BoundaryFault(
        f"{member}: the file does not say which coordinate reference system it is in",
        remedy="say it: --crs EPSG:4326 for longitude and latitude (TopoJSON nearly always), "
        "--crs EPSG:27700 for British National Grid",
    )


def _label(crs: CRS) -> str:
    if _is_grid(crs):
        return "EPSG:27700"
    authority = crs.to_authority()
    return ":".join(authority) if authority else crs.name


def _on_the_grid(member: str, codes: Strings, geometry: Geometries, crs: CRS) -> Geometries:
    if not geometry.size:
        return geometry
    flat = _flat(crs)
    _check_units(member, geometry, flat)
    moved = geometry
    if not _is_grid(flat):
        moved = np.asarray(shapely.transform(geometry, lambda xy: _grid_of(xy, flat)), dtype=object)
    _check_place(member, codes, geometry, moved)
    return moved


def _grid_of(xy: Coordinates, crs: CRS) -> Coordinates:
    """Coordinates (easting or longitude first) to EPSG:27700.

    From another system on the Ordnance Survey's own datum directly; from everything else by way
    of WGS84 and OSTN15.
    """
    x, y = xy.T
    if _is_airy(crs):
        x, y = Transformer.from_crs(crs, CRS.from_epsg(27700), always_xy=True).transform(x, y)
    else:
        if not crs.equals(_wgs84(), ignore_axis_order=True):
            x, y = Transformer.from_crs(crs, _wgs84(), always_xy=True).transform(x, y)
        x, y = to_grid(x, y)
    return np.column_stack([x, y])


def _flat(crs: CRS) -> CRS:
    """The horizontal part of a system with heights, or bound to a datum shift."""
    if crs.is_bound and crs.source_crs is not None:
        return _flat(crs.source_crs)
    return _flat(crs.sub_crs_list[0]) if crs.is_compound else crs


def _is_airy(crs: CRS) -> bool:
    return crs.ellipsoid is not None and abs(crs.ellipsoid.semi_major_metre - _AIRY_1830_M) < 0.001


def _is_grid(crs: CRS) -> bool:
    """Whether the parameters are those of British National Grid, whatever the system is called."""
    flat = _flat(crs)
    if not flat.is_projected or flat.axis_info[0].unit_conversion_factor != 1.0:
        return False
    terms = flat.to_cf()
    return terms.get("grid_mapping_name") == "transverse_mercator" and all(
        abs(terms.get(term, np.inf) - value) < 1e-9 * max(1.0, abs(value))
        for term, value in _GRID.items()
    )


def _check_units(member: str, geometry: Geometries, crs: CRS) -> None:
    west, south, east, north = shapely.total_bounds(geometry)
    like_degrees = max(abs(west), abs(east)) <= 180 and max(abs(south), abs(north)) <= 90
    if crs.is_geographic and not like_degrees:
        raise BoundaryFault(
            f"{member}: said to be in degrees ({crs.name}), but coordinates reach "
            f"{east:,.0f}, {north:,.0f}",
            remedy=_GRID_REMEDY,
        )
    if crs.is_projected and like_degrees:
        raise BoundaryFault(
            f"{member}: said to be in metres ({crs.name}), but all coordinates are as small as "
            f"{east:.4f}, {north:.4f}",
            remedy=_DEGREES_REMEDY,
        )


def _check_place(member: str, codes: Strings, given: Geometries, moved: Geometries) -> None:
    west, south, east, north = shapely.bounds(moved).T
    inside = (west >= _ISLES_M[0]) & (south >= _ISLES_M[1])
    inside &= (east <= _ISLES_M[2]) & (north <= _ISLES_M[3])
    if inside.all():
        return
    first = int(np.flatnonzero(~inside)[0])
    x, y = shapely.get_coordinates(given[first])[0]
    raise BoundaryFault(
        f"{member}: {_some(codes[~inside])} lie outside the British Isles "
        f"(the first at {x:g}, {y:g})",
        remedy="check that longitude comes before latitude (easting before northing), and that "
        "the reference system is right",
    )


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
