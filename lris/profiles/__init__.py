"""One neighbourhood on a page: its figures by theme, in words, with every gap named.

A figure is the area's own wherever it is published for it. Where it is not, that of the same ground
under other boundaries is shown, or else that of the smallest larger area the area lies in; both are
labelled with the area they are of, and are never passed off as its own. Each is held against its
district, region, country and the areas most like it, where that can be done, and where it cannot
the page says why.
"""

from lris.profiles.pages import assemble, profile
from lris.profiles.sealing import SealedBody, SealReport, packed, profile_bytes, seal_profiles

__all__ = [
    "SealReport",
    "SealedBody",
    "assemble",
    "packed",
    "profile",
    "profile_bytes",
    "seal_profiles",
]
