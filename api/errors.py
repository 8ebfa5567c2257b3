"""Errors of the library as problem+json (RFC 9457), each with its remedy."""

from __future__ import annotations

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from lris.errors import (
    BadRequest,
    ClusterFault,
    LrisError,
    NotPublished,
    UnknownName,
    UnknownPeriod,
)

STATUS: dict[type[LrisError], int] = {
    BadRequest: 400,
    UnknownPeriod: 400,
    UnknownName: 404,
    NotPublished: 503,
    ClusterFault: 503,
}


def install(app: FastAPI) -> None:
    """Teach the service to say what is wrong."""
    app.add_exception_handler(LrisError, _told)
    app.add_exception_handler(RequestValidationError, _misread)
    app.add_exception_handler(HTTPException, _plain)


def problem(status: int, title: str, detail: str, remedy: str = "") -> Response:
    """One problem+json answer."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    if remedy:
        body["remedy"] = remedy
    headers = {"Cache-Control": "no-store"}
    if status == 503:
        headers["Retry-After"] = "10"
    return Response(orjson.dumps(body), status, headers, media_type="application/problem+json")


async def _told(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, LrisError)
    status = next((code for kind, code in STATUS.items() if isinstance(fault, kind)), 500)
    return problem(status, fault.title, fault.message, fault.remedy)


async def _misread(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, RequestValidationError)
    said = [f"{error['loc'][-1]}: {error['msg']}" for error in fault.errors()]
    return problem(
        400, BadRequest.title, "; ".join(said), "GET /docs lists the parameters of every address"
    )


async def _plain(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, HTTPException)
    if fault.status_code == 404:
        return problem(
            404, "No such address", f"there is nothing at {request.url.path}", "see /docs"
        )
    return problem(fault.status_code, str(fault.detail), str(fault.detail))
