"""What a profile manifest says: which figures a neighbourhood's page shows, and in which order."""

from __future__ import annotations

from pydantic import Field, model_validator

from lris.catalogue.manifest import Manifest
from lris.terms import Level, Topic


class Shown(Manifest):
    """Indicators on the page; of their categories all, or those named; the newest periods.

    A line names one `indicator`, or several `indicators` under one `heading`; `labels` then call
    them what they are under it. What is `folded` is there to open. Where an indicator is not
    published for the area, that of the smallest larger area it lies in is shown, named as such,
    unless `larger = false`. What is not `compared` is held against no other area, and is not among
    what is tested for standing out: parts of a whole that say the same thing many times over. What
    says nothing of areas of other `levels`, such as a district beside itself, is told of none.
    """

    indicator: str = ""
    indicators: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    heading: str = ""
    categories: tuple[str, ...] = ()
    periods: int = Field(default=1, ge=1)
    folded: bool = False
    larger: bool = True
    compared: bool = True
    levels: tuple[Level, ...] = ()

    @model_validator(mode="after")
    def _names_what_it_shows(self) -> Shown:
        if bool(self.indicator) == bool(self.indicators):
            raise ValueError("name one indicator, or several indicators under a heading")
        if self.indicators and not self.heading:
            raise ValueError("several indicators stand under a heading")
        if self.labels and len(self.labels) != len(self.indicators):
            raise ValueError("there are as many labels as indicators")
        return self

    def told_of(self, level: Level) -> bool:
        """Whether the page of an area of a level shows it."""
        return not self.levels or level in self.levels

    @property
    def named(self) -> tuple[tuple[str, str], ...]:
        """Each indicator with its label, "" for its own name."""
        names = self.indicators or (self.indicator,)
        return tuple(zip(names, self.labels or ("",) * len(names), strict=True))


class Section(Manifest):
    """A part of the page under one heading."""

    id: str
    title: str
    topic: Topic
    shows: tuple[Shown, ...] = ()

    @property
    def indicators(self) -> tuple[str, ...]:
        """Every indicator it shows, in order."""
        return tuple(name for shown in self.shows for name, _ in shown.named)


class Likeness(Manifest):
    """What areas are alike by: indicators of one year, published for areas of one kind.

    Ranks count as the scores that a bell curve has at them, so that one step at an end of the order
    is as far as many in its middle. The first likeness that is published for an area's vintage is
    taken, and its `neighbours` most similar areas are what its figures are held against.
    """

    name: str
    indicators: tuple[str, ...] = Field(min_length=2)
    neighbours: int = Field(default=15, ge=3)
    because: str


class Profile(Manifest):
    """A page about one area."""

    id: str
    title: str
    sections: tuple[Section, ...]
    likenesses: tuple[Likeness, ...] = ()
