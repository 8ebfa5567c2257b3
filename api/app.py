"""Put the service together: routes, errors, headers, the page."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import errors
from api.routes import (
    areas,
    comparing,
    documents,
    health,
    hotspots,
    indicators,
    layers,
    neighbourhoods,
    postcodes,
    profiles,
    releases,
    sites,
    sources,
    web,
)
from lris.figures import Reader
from lris.hotspots import Hotspots
from lris.reports.keeping import Shelf

DESCRIPTION = """
Crime, health, education, deprivation and population by small area, from sealed releases.

An area is a GSS code *and* the vintage of boundaries it belongs to. A figure is a value with its
interval, or *withheld* with a reason: never a zero that means "unknown". Every answer names the
release it comes from; a published figure never changes, a correction is a new release.
"""

LOOKUPS_AT_ONCE = 2
"""Bodies that lie ready are looked up by so few threads: more would only wait for each other, as
one thread of Python runs at a time, and the slowest answer would take twice as long.
"""

CONTENT_POLICY = (
    "default-src 'self'; worker-src blob: 'self'; img-src 'self' data: blob:;"
    " style-src 'self' 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'"
)


def create_app(reader: Reader, web_folder: Path) -> FastAPI:
    """The service on one database. `web_folder` holds the built page."""
    app = FastAPI(
        title="LRIS",
        version="1",
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        license_info={"name": "Open Government Licence v3.0 unless a source says otherwise"},
    )
    app.state.reader = reader
    app.state.hotspots = Hotspots(reader)
    app.state.documents = Shelf()
    app.state.lookups = ThreadPoolExecutor(LOOKUPS_AT_ONCE, "lookup")
    app.state.web = web_folder
    errors.install(app)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=5)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "HEAD", "POST"],
        expose_headers=["ETag", "Link", "Location", "Content-Disposition"],
    )
    app.add_middleware(HeadAsGet)
    for routes in (
        health,
        areas,
        comparing,
        documents,
        hotspots,
        indicators,
        layers,
        neighbourhoods,
        profiles,
        postcodes,
        sites,
        releases,
        sources,
        web,
    ):
        app.include_router(routes.router)
    return app


class HeadAsGet:
    """Answers HEAD as GET; the server, which knows what was asked, leaves the body out."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on."""
        if scope["type"] == "http" and scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}
        await self.app(scope, receive, send)


class SecurityHeaders:
    """Adds to every answer what a browser may do with it, where the route has not said so."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on, and the answer back with its headers."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
                headers.setdefault("X-Content-Type-Options", "nosniff")
                headers.setdefault("Referrer-Policy", "same-origin")
            await send(message)

        await self.app(scope, receive, with_headers)
