"""What a place manifest says: which files make a real place, and what no file could be had for."""

from __future__ import annotations

from pydantic import Field

from lris.catalogue.manifest import Manifest
from lris.terms import Topic


class BoundaryStep(Manifest):
    """Boundaries to load: files of the vintage by name, or drawn from what it is built from."""

    vintage: str
    files: tuple[str, ...] = ()


class LoadStep(Manifest):
    """Files of a source's manifest, by name."""

    source: str
    files: tuple[str, ...]


class Gap(Manifest):
    """A theme that the place has nothing for, and why."""

    topic: Topic
    sentence: str


class View(Manifest):
    """What the page opens with."""

    vintage: str
    indicator: str
    category: str = ""
    period: str


class Place(Manifest):
    """A place that one command loads whole."""

    id: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    name: str
    note: str
    fictional: bool = False
    within: tuple[str, ...] = Field(min_length=1)
    boundaries: tuple[BoundaryStep, ...]
    loads: tuple[LoadStep, ...]
    opens_with: View
    gaps: tuple[Gap, ...] = ()
