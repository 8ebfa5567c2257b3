"""The page, its parts, and the description of this service."""

from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import FileResponse

from api.errors import problem

router = APIRouter(include_in_schema=False)

MEDIA = {".js": "text/javascript", ".txt": "text/plain; charset=utf-8"}


@router.get("/")
def page(request: Request) -> Response:
    """The page."""
    file = _web(request) / "index.html"
    if not file.is_file():
        return problem(
            503,
            "The page is not built",
            "the service runs, but its page has not been built",
            "run make web and look again; the data is at /indicators and /docs",
        )
    return FileResponse(file, headers={"Cache-Control": "no-cache"})


@router.get("/assets/{name:path}")
def asset(request: Request, name: str) -> Response:
    """A part of the page; its name changes with its content."""
    folder = (_web(request) / "assets").resolve()
    file = (folder / name).resolve()
    if folder not in file.parents or not file.is_file():
        return problem(404, "No such address", f"there is nothing at /assets/{name}")
    hashed = "-" in file.stem and "docs" not in file.parts
    caching = "public, max-age=31536000, immutable" if hashed else "public, no-cache"
    return FileResponse(file, media_type=MEDIA.get(file.suffix), headers={"Cache-Control": caching})


@router.get("/docs")
def docs(request: Request) -> Response:
    """The description of the service, to read and to try, from our own files."""
    answer = get_swagger_ui_html(
        openapi_url="/openapi.json",
        title="LRIS service",
        swagger_js_url="/assets/docs/swagger-ui-bundle.js",
        swagger_css_url="/assets/docs/swagger-ui.css",
        swagger_favicon_url="/assets/docs/favicon.png",
    )
    answer.headers["Content-Security-Policy"] = (
        "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline';"
        " script-src 'self' 'unsafe-inline'"
    )
    return answer


def _web(request: Request) -> Path:
    folder: Path = request.app.state.web
    return folder
