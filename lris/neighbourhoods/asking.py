"""What a neighbourhood is asked for by, read strictly: one way, known words, no more than fits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lris.catalogue import Catalogue
from lris.errors import BadRequest
from lris.terms import Level

BLOCKS = (Level.LSOA, Level.OA)
"""The levels of blocks; of those that figures are published for, the first is what a line takes."""

MOST_BLOCKS = 1_000
"""The most blocks of one neighbourhood: any district is smaller."""

LONGEST_NAME = 100


WAYS = ("polygon", "codes", "postcodes")
KEYS = (*WAYS, "vintage", "name")


def check_keys(asked: Mapping[str, Any]) -> None:
    """Raise `BadRequest` unless one way is asked for, and nothing that means nothing."""
    unknown = sorted(set(asked) - set(KEYS))
    if unknown:
        raise BadRequest(
            f"unknown: {', '.join(str(one)[:40] for one in unknown[:5])}",
            remedy=f"a neighbourhood is asked for by: {', '.join(KEYS)}",
        )
    if sum(way in asked for way in WAYS) != 1:
        raise BadRequest(
            "say what the neighbourhood is made of, in one way",
            remedy=f"give one of: {', '.join(WAYS)}",
        )


def checked_name(given: object) -> str:
    """A name with single spaces; raises `BadRequest` where it is none, or too long."""
    if not isinstance(given, str):
        raise BadRequest("name: it is no text", remedy="give a name in words, or leave it out")
    name = " ".join(given.split())
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise BadRequest(
            "name: it is too long, or has characters that cannot be printed",
            remedy=f"give at most {LONGEST_NAME} letters",
        )
    return name


def check_vintage(catalogue: Catalogue, given: object) -> None:
    """Raise `BadRequest` where a vintage is named that there is not."""
    if given is not None and (not isinstance(given, str) or given not in catalogue.vintages):
        known = [one.id for one in catalogue.vintages.values() if one.level in BLOCKS]
        raise BadRequest(
            f"there is no vintage {str(given)[:40]!r}", remedy=f"such as: {', '.join(known)}"
        )


def texts(given: object, what: str, most: int) -> list[str]:
    """The given list of texts, each once, in order."""
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise BadRequest(f"{what}: it is no list of texts", remedy=f'{what} is a list: ["..."]')
    if not given:
        raise BadRequest(f"{what}: the list is empty", remedy="name at least one")
    if len(given) > most:
        raise BadRequest(f"{what}: {len(given):,} are given", remedy=f"give at most {most:,}")
    if any("\0" in one or len(one) > 40 for one in given):
        raise BadRequest(f"{what}: one of them is too long", remedy="at most 40 letters each")
    return list(dict.fromkeys(given))
