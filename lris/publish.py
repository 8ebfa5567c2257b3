"""Publish: disclosure control over everything derived, then seal it as a numbered release.

What is served is only ever a sealed release. To correct a figure, publish again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lris.catalogue import Catalogue
from lris.errors import BadRequest, NotPublished
from lris.profiles import seal_profiles
from lris.progress import QUIET, Progress
from lris.session import Doors
from lris.store import estimates, releases
from lris.store.engine import lock


@dataclass(frozen=True, slots=True)
class PublishReport:
    """The release that stands after publishing; `changed` is False where nothing was new."""

    release: int
    figures: int
    sealed_at: Any
    because: str
    changed: bool
    profiles: int = 0


def publish(
    doors: Doors,
    *,
    actor: str,
    because: str,
    catalogue: Catalogue | None = None,
    progress: Progress = QUIET,
) -> PublishReport:
    """Seal what was derived last, and with a catalogue make the profiles of every area ready.

    Without one, and until they are ready, profiles are made when they are asked for.
    Raises `BadRequest` without a reason, `NotPublished` without anything derived.

    Every indicator there is says `disclosure = "open"` with its reason: its figures are published
    at this geography already. The catalogue knows no other rule, so none can be forgotten.
    """
    if not because.strip():
        raise BadRequest(
            "a release needs a reason", remedy="say why: --because 'October 2018 added'"
        )
    with doors.writing(actor, because) as door:
        lock(door.connection, "derive")
        series, figures = estimates.count_estimates(door.connection)
        if not series:
            raise NotPublished("nothing has been derived", remedy="run lris derive first")
        with progress.task(f"Sealing {figures:,} figures"):
            sealed = releases.seal(door.connection, actor, because)
        stands = sealed or releases.newest_release(door.connection)
        assert stands is not None
        door.record(
            "publish", f"release {stands.number}", figures=figures, changed=sealed is not None
        )
        releases.refresh_statistics(door.connection)
    ready = (
        seal_profiles(doors, catalogue, actor=actor, because=because, progress=progress).profiles
        if catalogue
        else 0
    )
    return PublishReport(
        stands.number, stands.figures, stands.sealed_at, stands.because, sealed is not None, ready
    )
