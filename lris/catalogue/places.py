"""What a place manifest says: which files make a place, and what no file could be had for.

A place's files come from one of three: publishers (named in the manifests of the sources and
vintages, fetched and checked by their hashes), a folder that lies beside the manifests, or the
maker of the fictional city. In the latter two `files` are patterns of paths inside the folder.
"""

from __future__ import annotations

from pydantic import Field, model_validator

from lris.catalogue.manifest import Manifest
from lris.terms import Topic


class BoundaryStep(Manifest):
    """Boundaries to load: files of the vintage, or none: drawn from what it is built from."""

    vintage: str
    files: tuple[str, ...] = ()


class LoadStep(Manifest):
    """Files of a source, and the period they are of where they do not say so."""

    source: str
    files: tuple[str, ...]
    period: str | None = None


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
    """A place that one command loads whole.

    `folder` lies beside the manifests; `city_seed` is the seed of a fictional city.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    name: str
    note: str
    fictional: bool = False
    folder: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_-]*$")
    city_seed: int | None = Field(default=None, ge=0)
    within: tuple[str, ...] = Field(min_length=1)
    boundaries: tuple[BoundaryStep, ...]
    loads: tuple[LoadStep, ...]
    opens_with: View
    gaps: tuple[Gap, ...] = ()

    @property
    def is_fetched(self) -> bool:
        """Whether its files are fetched from publishers."""
        return self.folder is None and self.city_seed is None

    @model_validator(mode="after")
    def _one_origin(self) -> Place:
        if self.folder is not None and self.city_seed is not None:
            raise ValueError("its files lie in a folder or are made from a seed, not both")
        if self.city_seed is not None and not self.fictional:
            raise ValueError("a city made from a seed is fictional")
        return self
