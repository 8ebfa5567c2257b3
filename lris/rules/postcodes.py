"""Postcodes as people write them: one written form, and what is amiss with the rest."""

from __future__ import annotations

import re
from collections.abc import Iterable

_SHAPE = re.compile(r"(?:[A-Z]{1,2}[0-9][A-Z0-9]?|NPT|GIR)[0-9][A-Z]{2}")
_BETWEEN = re.compile(r"[\s\u00a0\u200b.-]+")
_DIGITS_FOR = str.maketrans("OILS", "0115")
_SHORTEST, _LONGEST = 5, 7


def tight(text: str) -> str | None:
    """The postcode in capitals without its space; None where the text cannot be one.

    Case, and spaces, hyphens and full stops anywhere, do not matter.
    """
    found = _BETWEEN.sub("", text).upper()
    return found if _SHAPE.fullmatch(found) else None


def split_words(words: Iterable[str]) -> list[str]:
    """Postcodes from words of which two neighbours may be the halves of one: `BS3`, `4TW`."""
    found: list[str] = []
    for word in words:
        if found and tight(found[-1]) is None and tight(found[-1] + word) is not None:
            found[-1] = f"{found[-1]} {word}"
        else:
            found.append(word)
    return found


def spaced(postcode: str) -> str:
    """The written form of a tight postcode, with one space before its last three letters."""
    return f"{postcode[:-3]} {postcode[-3:]}"


def likely(text: str) -> str | None:
    """The postcode meant where a letter stands for the digit it looks like; None where none does.

    `BSI 1AA` is likely `BS1 1AA`, and `BS3 OTW` is `BS3 0TW`.
    """
    found = _BETWEEN.sub("", text).upper()
    if not _SHORTEST <= len(found) <= _LONGEST:
        return None
    for at in (-3, 2, 1):
        letters = list(found)
        for place in (at, -3):
            letters[place] = letters[place].translate(_DIGITS_FOR)
        if (meant := tight("".join(letters))) is not None:
            return spaced(meant)
    return None


def amiss(text: str) -> tuple[str, str]:
    """What is wrong with a text that is no postcode, and what to do about it."""
    shown = text.strip()[:20]
    if not shown:
        return "there is no postcode", "write one, such as BS3 4TW"
    if (meant := likely(text)) is not None:
        return f"{shown!r} is not a postcode", f"did you mean {meant}?"
    if re.fullmatch(r"[A-Z]{1,2}[0-9][A-Z0-9]?", _BETWEEN.sub("", text).upper()):
        return (
            f"{shown!r} is only the first half of a postcode",
            "write it whole, such as BS3 4TW",
        )
    return (
        f"{shown!r} is not a postcode",
        "a postcode is one or two letters, a digit, perhaps one more letter or digit, then a digit"
        " and two letters, such as BS3 4TW",
    )
