"""The list of sealed releases."""

from __future__ import annotations

from typing import Any

from lris.figures import Reader
from lris.store import releases as store
from lris.terms import Viewer


def releases(reader: Reader, viewer: Viewer) -> list[dict[str, Any]]:
    """Every release, newest first: number, when, why, and how many figures."""
    with reader.doors.reading(viewer) as connection:
        found = store.all_releases(connection)
    return [
        {
            "number": one.number,
            "sealed_at": one.sealed_at.isoformat(),
            "because": one.because,
            "figures": one.figures,
        }
        for one in found
    ]
