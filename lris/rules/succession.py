"""What became of an authority's code from one year to another: one place until a dated change.

A code that no change names stands for the same ground in every year. The letters are those of the
change look-ups of census areas: U unchanged, M merged, S split, X irregular.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Literal

Kind = Literal["recoded", "merged", "split", "boundary changed"]

LETTERS: Mapping[Kind, str] = {
    "recoded": "U",
    "merged": "M",
    "split": "S",
    "boundary changed": "X",
}
"""What each kind of change does to the ground that a code stands for."""

GRAVITY = "UMSX"
"""Of two changes one after the other the graver counts."""

BACKWARDS = {"U": "U", "M": "S", "S": "M", "X": "X"}
"""A change told from its end: what was merged is split again."""

Link = tuple[str, str, str]
"""A code, what it became, and the letter of the change."""


@dataclass(frozen=True, slots=True)
class Change:
    """On a day a code gave way to its successors. The ground of a recoded one stays the same."""

    code: str
    successors: tuple[str, ...]
    on: date
    kind: Kind


@dataclass(frozen=True, slots=True)
class AuthorityNumber:
    """The GSS code that a number of the Department for Education stands for, and for how long."""

    number: str
    name: str
    code: str
    first: date
    last: date


def became(changes: Iterable[Change], codes: Iterable[str], start: date, end: date) -> list[Link]:
    """What codes of the state at `start` are at `end`, which may lie before it; sorted.

    Codes that take part in a change between are told too, whether given or not: a merger is only
    whole with all its parts.
    """
    if end < start:
        links = became(changes, codes, end, start)
        return sorted((b, a, BACKWARDS[letter]) for a, b, letter in links)
    between = sorted(
        (one for one in changes if start < one.on <= end), key=lambda one: (one.on, one.code)
    )
    made = {code for one in between for code in one.successors}
    there = {*codes, *(one.code for one in between)} - made
    found: dict[str, dict[str, str]] = {code: {code: "U"} for code in sorted(there)}
    for _, together in groupby(between, key=lambda one: one.on):
        step = {one.code: one for one in together}
        found = {code: _after(ends, step) for code, ends in found.items()}
    return sorted(
        (code, last, letter) for code, ends in found.items() for last, letter in ends.items()
    )


def _after(ends: Mapping[str, str], step: Mapping[str, Change]) -> dict[str, str]:
    found: dict[str, str] = {}
    for code, letter in ends.items():
        change = step.get(code)
        for last in change.successors if change else (code,):
            graver = max(letter, LETTERS[change.kind] if change else "U", key=GRAVITY.index)
            found[last] = max(found.get(last, "U"), graver, key=GRAVITY.index)
    return found


def numbered(
    numbers: Iterable[AuthorityNumber], changes: Iterable[Change], start: date, end: date
) -> list[Link]:
    """What the department's numbers in use at `start` stand for at `end`; sorted.

    A number whose code held before or after `start` only is taken as of the day nearest to it.
    """
    known = tuple(changes)
    nearest: dict[str, AuthorityNumber] = {}
    for one in numbers:
        other = nearest.get(one.number)
        if other is None or _days_off(one, start) < _days_off(other, start):
            nearest[one.number] = one
    return sorted(
        (one.number, last, letter)
        for one in nearest.values()
        for code, last, letter in became(
            known, [one.code], min(max(start, one.first), one.last), end
        )
        if code == one.code
    )


def _days_off(one: AuthorityNumber, day: date) -> int:
    return max((one.first - day).days, (day - one.last).days, 0)
