"""Where and when incidents concentrate, how bad it is, and how far to trust the answer.

`understood` reads a question, `Hotspots` answers it, `writing` puts the answer into the formats
people ask for. Every answer carries its parameters, its coverage, its own evaluation on the months
that followed and a reading in plain English.
"""

from lris.hotspots.answering import Hotspots
from lris.hotspots.asking import Asked, understood
from lris.hotspots.looking import Answer
from lris.hotspots.methods import METHODS, listed
from lris.hotspots.writing import FORMATS, PAGE_POLICY, frame, media_type, written

__all__ = [
    "FORMATS",
    "METHODS",
    "PAGE_POLICY",
    "Answer",
    "Asked",
    "Hotspots",
    "frame",
    "listed",
    "media_type",
    "understood",
    "written",
]
