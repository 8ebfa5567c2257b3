"""The letters that documents are set in: those of DejaVu Sans, which comes with matplotlib."""

from __future__ import annotations

from functools import cache

UNKNOWN = "\ufffd"
"""Stands for a letter that the font does not have."""


def folder() -> str:
    """Where the fonts lie."""
    from matplotlib import get_data_path

    return f"{get_data_path()}/fonts/ttf"


def drawable(text: str) -> str:
    """Text in letters that the font has; any other becomes the sign for an unknown one.

    A PDF for screen readers must not hold letters that it cannot show.
    """
    if text.isascii():
        return text
    unknown = {ord(one) for one in set(text)} - _letters()
    return text.translate(dict.fromkeys(unknown, UNKNOWN))


@cache
def _letters() -> frozenset[int]:
    from matplotlib.ft2font import FT2Font

    return frozenset((*range(128), *FT2Font(f"{folder()}/DejaVuSans.ttf").get_charmap()))
