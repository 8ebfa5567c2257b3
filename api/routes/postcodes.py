"""Postcodes and the areas they lie in."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.deps import ReaderDep, StrictRoute, ViewerDep
from api.media import JSON, json_bytes, sealed
from lris import postcodes

router = APIRouter(route_class=StrictRoute, tags=["postcodes"])


class Postcodes(BaseModel):
    """Postcodes to look up, in any spelling."""

    model_config = ConfigDict(extra="forbid")

    postcodes: Annotated[
        list[Annotated[str, Field(max_length=40)]],
        Field(min_length=1, max_length=postcodes.MOST_POSTCODES),
    ]


@router.get("/postcodes/{postcode}", summary="One postcode")
def one_postcode(request: Request, reader: ReaderDep, viewer: ViewerDep, postcode: str) -> Response:
    """The areas a postcode lies in, in every vintage, and where it is; case and space are free."""
    return sealed(
        request, reader, viewer, lambda: json_bytes(postcodes.one(reader, viewer, postcode))
    )


@router.post("/postcodes", summary="Many postcodes")
def many_postcodes(reader: ReaderDep, viewer: ViewerDep, asked: Postcodes) -> Response:
    """Up to 10,000 postcodes in one question; the answers come in the same order.

    One that is unknown or malformed has its `status` and a `remedy`, and spoils nothing else.
    """
    found = postcodes.lookup(reader, viewer, asked.postcodes)
    return Response(
        json_bytes({"postcodes": found}), headers={"Cache-Control": "no-store"}, media_type=JSON
    )
