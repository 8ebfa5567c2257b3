"""Every error LRIS raises on purpose: one family, each with what was found and what to do about it.

Nothing here knows of HTTP or of the command line; they translate. `exit_code` is the command
line's answer, `title` the short name that both show.
"""

from __future__ import annotations

from dataclasses import dataclass


class LrisError(Exception):
    """The head of the family. `remedy` is a sentence the reader can act on."""

    title = "Something LRIS was asked to do could not be done"
    exit_code = 1

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}. {_sentence(self.remedy)}" if self.remedy else self.message


class UnknownName(LrisError):
    """A vintage, source, indicator, area, layer or place that is not there."""

    title = "No such name"
    exit_code = 2


class UnknownPeriod(LrisError):
    """A label that is no period, or a period for which nothing is published."""

    title = "No such period"
    exit_code = 2


class BadRequest(LrisError):
    """A parameter that is unknown, missing or out of range."""

    title = "The request cannot be understood"
    exit_code = 2


class ManifestFault(LrisError):
    """One or more manifests are wrong; all faults are told together."""

    title = "A manifest is wrong"
    exit_code = 3

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        super().__init__(
            f"{len(faults)} fault(s) in the manifests:\n  " + "\n  ".join(faults),
            remedy="mend the files named above; nothing was changed",
        )


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a publisher's file: member, physical line (from 1), column header."""

    file: str
    line: int | None = None
    column: str | None = None

    def __str__(self) -> str:
        parts = [self.file]
        if self.line is not None:
            parts.append(f"line {self.line}")
        if self.column is not None:
            parts.append(f"column {self.column!r}")
        return ", ".join(parts)


class FileFault(LrisError):
    """A publisher's file is not what its manifest says. Nothing of it was stored."""

    title = "The file is not what its manifest describes"
    exit_code = 4

    def __init__(
        self, spot: Spot | str, found: str, *, expected: str = "", remedy: str = ""
    ) -> None:
        self.spot = spot if isinstance(spot, Spot) else Spot(spot)
        self.found = found
        self.expected = expected
        message = f"{self.spot}: {found}"
        if expected:
            message += f"; expected {expected}"
        super().__init__(message, remedy=remedy)


class IdentifiersFound(FileFault):
    """The file carries columns or values that identify people. Refused, not stored, not logged."""

    title = "The file identifies people"
    exit_code = 5


class BoundaryFault(LrisError):
    """A boundary file or edition that cannot be accepted as it is."""

    title = "The boundaries cannot be accepted"
    exit_code = 4


class FetchFault(LrisError):
    """A publisher's file could not be brought in from any of its addresses."""

    title = "The file could not be fetched"
    exit_code = 6


class ClusterFault(LrisError):
    """The database server could not be installed, started, reached or understood."""

    title = "The database is not available"
    exit_code = 7


class NothingRecorded(LrisError):
    """A write was about to be committed without an audit entry; it was rolled back."""

    title = "A change without an audit entry"
    exit_code = 8


class NotPublished(LrisError):
    """Nothing has been published that could answer the question."""

    title = "Nothing is published yet"
    exit_code = 9


class NotShared(LrisError):
    """Whose source it is does not share it with whoever asks."""

    title = "It is not shared with you"
    exit_code = 10


def _sentence(text: str) -> str:
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
