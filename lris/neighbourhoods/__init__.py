"""Neighbourhoods of one's own: a drawn line, a list of codes or of postcodes, made of whole blocks.

A block is the smallest area that figures are published for. What lies inside a drawn line is never
counted: blocks are taken whole, it is said how well they fit, and their sealed figures are added
up. The line itself is not kept, and of postcodes only the blocks they lie in.
"""

from lris.neighbourhoods.asking import LONGEST_NAME, MOST_BLOCKS
from lris.neighbourhoods.making import OWN, make, newest, own_blocks, own_profile

__all__ = [
    "LONGEST_NAME",
    "MOST_BLOCKS",
    "OWN",
    "make",
    "newest",
    "own_blocks",
    "own_profile",
]
