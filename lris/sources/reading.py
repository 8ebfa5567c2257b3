"""Tables into frames: what the manifest says of each column, done to every row of it.

One reader for each kind of source. All are strict in the same way: a cell that cannot be what its
column says stops the file with its line and column, unless the manifest, giving its reason, has
such rows set aside.
"""

from __future__ import annotations

from lris.sources.reading_incidents import read_incidents
from lris.sources.reading_links import read_links
from lris.sources.reading_observations import read_observations
from lris.sources.reading_places import read_names, read_points, read_postcodes

__all__ = [
    "read_incidents",
    "read_links",
    "read_names",
    "read_observations",
    "read_points",
    "read_postcodes",
]
