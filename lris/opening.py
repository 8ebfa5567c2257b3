"""Open the LRIS of this machine: for commands, notebooks and scripts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from lris.catalogue import Catalogue
from lris.figures import Reader
from lris.progress import Progress, console_progress
from lris.session import Doors
from lris.settings import Settings


@dataclass(frozen=True, slots=True)
class Opened:
    """What a command or a notebook works with: the decisions, and the doors to the database."""

    settings: Settings
    catalogue: Catalogue
    doors: Doors
    progress: Progress

    @property
    def reader(self) -> Reader:
        """Who reads what is published."""
        return Reader(self.doors, self.catalogue)


@contextmanager
def opened() -> Iterator[Opened]:
    """The database of this machine, brought up where it is down, with its tables up to date.

    LRIS_HOME says where it is kept, or LRIS_DATABASE_URL which server is used instead. Raises
    `ClusterFault` where it cannot be brought up, `ManifestFault` where a manifest is wrong.
    """
    from lris.store.cluster import database
    from lris.store.compiled import keep_compiled
    from lris.store.schema import migrate

    settings = Settings.from_environment()
    keep_compiled(settings.home)
    catalogue = Catalogue.read(settings.geodata)
    with console_progress() as progress, database(settings, progress.say) as url:
        doors = Doors(url, indexes=settings.indexes)
        try:
            migrate(doors.engine)
            yield Opened(settings, catalogue, doors, progress)
        finally:
            doors.close()
