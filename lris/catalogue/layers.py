"""What a layer manifest says: how an indicator is coloured."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lris.catalogue.manifest import Manifest


class Layer(Manifest):
    """A choropleth of one indicator.

    `colours` run from the lowest class to the highest. With method `fixed` the `upper_bounds` are
    the upper ends of the classes; they do not move from one period to the next.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    indicator: str
    method: Literal["quantile", "fisher_jenks", "equal", "fixed"]
    upper_bounds: tuple[float, ...] = ()
    colours: tuple[str, ...] = Field(min_length=2, max_length=10)
    zero_is_a_class: bool = True
    because: str
