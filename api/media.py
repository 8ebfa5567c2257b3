"""Answers with a strong ETag, and figures in the formats people ask for."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import orjson
from fastapi import Request, Response

from lris.figures import Reader
from lris.reports.keeping import Shelf
from lris.terms import Access, Viewer

JSON = "application/json"
GEOJSON = "application/geo+json"
CSV = "text/csv; charset=utf-8"
HTML = "text/html; charset=utf-8"
PDF = "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def sealed(
    request: Request,
    reader: Reader,
    viewer: Viewer,
    make: Callable[[], bytes],
    *,
    media_type: str = JSON,
    headers: Callable[[], Mapping[str, str]] = dict,
    shelf: Shelf | None = None,
) -> Response:
    """An answer that stands as long as the release, the boundaries and the access level do.

    The ETag is made of those and of the address; a client that has it is told so without the
    answer being made again. On a `shelf` it is kept for others who ask.
    """
    tag = etag(request, reader.state(viewer), viewer, media_type)
    caching = {"ETag": tag, "Cache-Control": "public, no-cache", "Vary": "Accept-Encoding"}
    if tag in _tags(request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=caching)
    body = make() if shelf is None else shelf.get(tag, make)
    return Response(body, headers={**caching, **headers()}, media_type=media_type)


def as_sealed(
    request: Request,
    viewer: Viewer,
    state: str,
    make: Callable[[], bytes],
    *,
    media_type: str = JSON,
    headers: Mapping[str, str] | None = None,
    gzipped: bool = False,
    shelf: Shelf | None = None,
) -> Response:
    """An answer whose state is known already, and that may lie ready under gzip.

    It is handed on as it lies to whoever takes it so. On a `shelf` it is kept for others who ask.
    """
    tag = etag(request, state, viewer, media_type)
    caching = {"ETag": tag, "Cache-Control": "public, no-cache", "Vary": "Accept, Accept-Encoding"}
    if tag in _tags(request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=caching)
    body = make() if shelf is None else shelf.get(tag, make)
    if gzipped and takes_gzip(request.headers.get("accept-encoding", "")):
        caching["Content-Encoding"] = "gzip"
    elif gzipped:
        body = unpacked(body)
    return Response(body, headers={**caching, **(headers or {})}, media_type=media_type)


def unpacked(body: bytes) -> bytes:
    """What lies under gzip."""
    return gzip.decompress(body)


def takes_gzip(header: str) -> bool:
    """Whether an Accept-Encoding takes gzip: named or by `*`, and not with a weight of 0."""
    weights = dict(_weighed(header))
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0))) > 0


def accepted(request: Request, offered: Iterable[str]) -> str:
    """The media type of those offered that an Accept header likes best; the first one by default.

    Of types liked equally the one offered first. A header that takes none of them gets the first:
    an answer in a format unasked for helps more than none.
    """
    types = list(offered)
    liked = dict(_weighed(request.headers.get("accept", "*/*")))

    def weight(media_type: str) -> float:
        plain = media_type.partition(";")[0]
        for name in (plain, f"{plain.partition('/')[0]}/*", "*/*"):
            if name in liked:
                return liked[name]
        return 0.0

    return max(types, key=weight)


def _weighed(header: str) -> Iterator[tuple[str, float]]:
    """The names of a header of preferences with their weights, 1 without any."""
    for part in header.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = next((one[2:] for one in parameters if one.startswith("q=")), "1")
        try:
            yield name, float(weight)
        except ValueError:
            yield name, 0.0


def as_it_is(request: Request, viewer: Viewer, body: bytes) -> Response:
    """An answer that may change between releases: its ETag is made of the answer itself."""
    tag = f'"{viewer.access}-{hashlib.sha256(body).hexdigest()[:20]}"'
    who = "public" if viewer.access is Access.PUBLIC else "private"
    caching = {"ETag": tag, "Cache-Control": f"{who}, no-cache", "Vary": "Accept-Encoding"}
    if tag in _tags(request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=caching)
    return Response(body, headers=caching, media_type=JSON)


def etag(request: Request, state: str, viewer: Viewer, media_type: str) -> str:
    """A strong tag: state of what is published, access level, address and format."""
    address = f"{request.url.path}?{request.url.query}|{media_type}"
    found = hashlib.sha256(f"{state}|{viewer.access}|{address}".encode()).hexdigest()
    return f'"{state.partition("-")[0]}-{viewer.access}-{found[:20]}"'


def _tags(header: str) -> set[str]:
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}


def json_bytes(content: object) -> bytes:
    """JSON as bytes."""
    return orjson.dumps(content)


def csv_bytes(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """CSV with a header; an absent value is an empty cell."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_cell(row[name]) for name in columns] for row in rows)
    return out.getvalue().encode()


def _cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return value


def next_address(request: Request, after: str | None) -> str | None:
    """The address of the next page, relative to the host."""
    if after is None:
        return None
    query = {**dict(request.query_params), "after": after}
    return f"{request.url.path}?{urlencode(query)}"
