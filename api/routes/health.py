"""Whether the service is up, and whether it has something to serve."""

from fastapi import APIRouter

from api.deps import ReaderDep, StrictRoute, ViewerDep

router = APIRouter(route_class=StrictRoute, tags=["health"])


@router.get("/healthz", summary="Whether the process is up")
def healthz() -> dict[str, str]:
    """Answers as long as the process does."""
    return {"status": "ok"}


@router.get("/readyz", summary="Whether a release can be served")
def readyz(reader: ReaderDep, viewer: ViewerDep) -> dict[str, object]:
    """503 until something is published and the database answers."""
    return {"status": "ready", "release": reader.newest(viewer).number}
