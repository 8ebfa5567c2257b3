"""Neighbourhoods of one's own: drawn, or listed by code or postcode."""

from __future__ import annotations

import gzip
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from api.deps import ReaderDep, StrictRoute, ViewerDep
from api.media import JSON, json_bytes
from api.routes.profiles import ChosenFormat, written
from lris import neighbourhoods
from lris.errors import BadRequest
from lris.figures import Reader
from lris.terms import Viewer

router = APIRouter(route_class=StrictRoute, tags=["profiles"])

MOST_BYTES = 1_000_000
"""The largest body that is read: ten thousand corners, or as many postcodes."""


class Wanted(BaseModel):
    """What a neighbourhood is made of: one of `polygon`, `codes` and `postcodes`."""

    model_config = ConfigDict(extra="forbid")

    polygon: Annotated[
        dict[str, Any] | None,
        Field(description="GeoJSON Polygon or MultiPolygon in longitude and latitude"),
    ] = None
    codes: Annotated[list[str] | None, Field(description="codes of one vintage")] = None
    postcodes: Annotated[list[str] | None, Field(description="postcodes in any spelling")] = None
    vintage: Annotated[str | None, Field(description="needed with codes: lsoa_2021")] = None
    name: Annotated[str, Field(max_length=neighbourhoods.LONGEST_NAME)] = ""


BODY = {
    "requestBody": {
        "required": True,
        "content": {JSON: {"schema": Wanted.model_json_schema()}},
    }
}


@router.post(
    "/profiles", summary="A neighbourhood of one's own", status_code=201, openapi_extra=BODY
)
async def make(request: Request, reader: ReaderDep, viewer: ViewerDep) -> Response:
    """Put a neighbourhood together from whole small areas and answer with its profile.

    The answer tells which areas were taken, how well they fit what was drawn, and in Location the
    address that keeps it. The line that was drawn is not kept.
    """
    return await run_in_threadpool(_made, reader, viewer, await _body(request))


def _made(reader: Reader, viewer: Viewer, asked: dict[str, Any]) -> Response:
    found = neighbourhoods.make(reader, viewer, asked)
    headers = {"Location": found["address"], "Cache-Control": "no-store"}
    return Response(json_bytes(found), 201, headers, media_type=JSON)


async def _body(request: Request) -> dict[str, Any]:
    """The JSON object of a request, of which no more is read than a neighbourhood can need."""
    read = bytearray()
    async for piece in request.stream():
        read += piece
        if len(read) > MOST_BYTES:
            raise BadRequest(
                f"the request is larger than {MOST_BYTES:,} bytes",
                remedy="leave out corners that make no difference, or ask for fewer codes",
            )
    try:
        asked = orjson.loads(read)
    except orjson.JSONDecodeError as fault:
        raise BadRequest(
            f"the request is no JSON: {fault.msg} at character {fault.pos}",
            remedy='send an object, such as {"postcodes": ["BS3 4TW"]}',
        ) from fault
    if not isinstance(asked, dict):
        raise BadRequest(
            "the request is no JSON object",
            remedy='send an object, such as {"postcodes": ["BS3 4TW"]}',
        )
    return asked


@router.get("/profiles/own/{token}", summary="A neighbourhood of one's own, again")
def again(
    request: Request,
    reader: ReaderDep,
    viewer: ViewerDep,
    token: str,
    format: ChosenFormat = None,
) -> Response:
    """The profile of a neighbourhood that was made before, from the newest release."""
    return written(
        request,
        viewer,
        reader.state(viewer),
        lambda: gzip.compress(json_bytes(neighbourhoods.own_profile(reader, viewer, token))),
        f"own-{token}",
        format,
    )
