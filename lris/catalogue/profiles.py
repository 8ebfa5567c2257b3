"""What a profile manifest says: which figures a neighbourhood's page shows, and in which order."""

from __future__ import annotations

from lris.catalogue.manifest import Manifest
from lris.terms import Topic


class Shown(Manifest):
    """An indicator on the page; of its categories all, or those named; the newest periods."""

    indicator: str
    categories: tuple[str, ...] = ()
    periods: int = 1


class Section(Manifest):
    """A part of the page under one heading."""

    id: str
    title: str
    topic: Topic
    shows: tuple[Shown, ...] = ()


class Profile(Manifest):
    """A page about one area."""

    id: str
    title: str
    sections: tuple[Section, ...]
