"""What every route needs: the reader, the viewer, and parameters that are known."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from lris.errors import BadRequest
from lris.figures import MOST_ROWS, Reader
from lris.terms import PUBLIC, Viewer


class StrictRoute(APIRoute):
    """A route that refuses a query parameter it does not know, naming those it does."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Look at the parameters before anything is done."""
        known = _query_names(self.dependant)
        handle = super().get_route_handler()

        async def strict(request: Request) -> Response:
            if "\0" in request.url.path or any("\0" in v for v in request.query_params.values()):
                raise BadRequest("a NUL character is in no name", remedy="leave it out")
            unknown = sorted(set(request.query_params) - known)
            if unknown:
                raise BadRequest(
                    f"unknown parameter: {', '.join(unknown)}",
                    remedy=f"the parameters here are: {', '.join(sorted(known)) or 'none'}",
                )
            repeated = [name for name in known if len(request.query_params.getlist(name)) > 1]
            if repeated:
                raise BadRequest(
                    f"given more than once: {', '.join(sorted(repeated))}",
                    remedy="give each parameter once; several areas are parted by commas",
                )
            return await handle(request)

        return strict


def _query_names(dependant: Dependant) -> set[str]:
    own = {field.alias for field in dependant.query_params}
    return own.union(*(_query_names(below) for below in dependant.dependencies))


# These two wait for nothing. Were they not coroutines, each would cost a thread of its own.


async def _reader(request: Request) -> Reader:
    reader: Reader = request.app.state.reader
    return reader


async def _viewer() -> Viewer:
    """Everybody who asks over HTTP is the public."""
    return PUBLIC


ReaderDep = Annotated[Reader, Depends(_reader)]
ViewerDep = Annotated[Viewer, Depends(_viewer)]

Within = Annotated[
    str | None,
    Query(description="only areas inside these: VINTAGE/CODE or place/ID, parted by commas"),
]
Zoom = Annotated[
    int | None, Query(ge=0, le=22, description="map zoom level the outlines are drawn for")
]
Limit = Annotated[int, Query(ge=1, le=MOST_ROWS, description="most rows in one answer")]
After = Annotated[str | None, Query(description="where the page before ended; see next")]
