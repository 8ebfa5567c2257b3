"""Whether what was measured keeps to a stated threshold, in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """What an aspect of a delivery is, beside what is stated."""

    EXPECTED = "as expected"
    LOOK = "needs a look"
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Finding:
    """One aspect of quality: a verdict, the sentence that says why, and the numbers behind it."""

    aspect: str
    verdict: Verdict
    sentence: str
    numbers: dict[str, Any] = field(default_factory=dict)


def share_words(share: float) -> str:
    """A share as a percentage that never rounds a few to none, nor nearly all to all."""
    if 0 < share < 0.001:
        return "less than 0.1%"
    if 0.999 < share < 1:
        return "more than 99.9%"
    return f"{share:.1%}"


def at_most(
    aspect: str, part: int, whole: int, most: float, what: str, **numbers: object
) -> Finding:
    """That a part of a whole is not larger than stated."""
    return _shared(aspect, part, whole, most, what, "at most", part <= most * whole, numbers)


def at_least(
    aspect: str, part: int, whole: int, least: float, what: str, **numbers: object
) -> Finding:
    """That a part of a whole is not smaller than stated."""
    return _shared(aspect, part, whole, least, what, "at least", part >= least * whole, numbers)


def _shared(
    aspect: str,
    part: int,
    whole: int,
    stated: float,
    what: str,
    bound: str,
    kept: bool,
    numbers: dict[str, object],
) -> Finding:
    told = {"part": part, "whole": whole, "stated": stated, **numbers}
    if not whole:
        return Finding(aspect, Verdict.UNKNOWN, f"{what}: there is nothing to count", told)
    share = part / whole
    sentence = (
        f"{what}: {part:,} of {whole:,} ({share_words(share)}); {bound} {share_words(stated)} is"
        " expected"
    )
    verdict = Verdict.EXPECTED if kept else Verdict.LOOK
    return Finding(aspect, verdict, sentence, {**told, "share": round(share, 6)})


def together(findings: Iterable[Finding]) -> str:
    """All findings in words: what needs a look by name, or that nothing does."""
    found = list(findings)
    look = list(dict.fromkeys(one.aspect for one in found if one.verdict is Verdict.LOOK))
    if look:
        return f"{Verdict.LOOK}: {', '.join(look)}"
    known = any(one.verdict is Verdict.EXPECTED for one in found)
    return str(Verdict.EXPECTED if known else Verdict.UNKNOWN)
