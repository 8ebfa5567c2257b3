"""What a boundary manifest says: one vintage of one level of areas."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field

from lris.catalogue.files import RemoteFile
from lris.catalogue.manifest import Manifest
from lris.terms import Grade, Level


class ParentField(Manifest):
    """A field of the boundary file that names an area of another vintage each area lies in."""

    field: str
    vintage: str
    because: str


class Residents(Manifest):
    """Where residents are counted: a source and its measure, and why these are the ones to take."""

    source: str
    measure: str
    because: str


class Vintage(Manifest):
    """A vintage: its level, the publisher's field names, and how it is built from smaller areas.

    `built_from` names the vintage whose areas its figures are summed from; `nests` says that those
    lie wholly inside one area each (exact), and not merely for the most part (best fit).
    `numbered` says whose codes they are: GSS codes, or the Department for Education's numbers.
    `shared_out_by` are the residents by whom the numbers of areas that were split into areas of
    this vintage are shared out.
    """

    id: str = Field(pattern=r"^[a-z]+_\d{4}$")
    name: str
    level: Level
    publisher: str = "Office for National Statistics"
    licence: str = "OGL-3.0"
    attribution: str = (
        "Source: Office for National Statistics licensed under the Open Government Licence v.3.0."
        " Contains OS data © Crown copyright and database right."
    )
    homepage: str = "https://geoportal.statistics.gov.uk"
    code_fields: tuple[str, ...] = ()
    name_fields: tuple[str, ...] = ()
    code_pattern: str = r"[EW]\d{8}"
    numbered: Literal["gss", "lea"] = "gss"
    grade: Grade = Grade.UNKNOWN
    parents: tuple[ParentField, ...] = ()
    built_from: str | None = None
    nests: bool = False
    because: str = ""
    shared_out_by: Residents | None = None
    files: tuple[RemoteFile, ...] = ()

    @property
    def year(self) -> int:
        """The year whose boundaries these are."""
        return int(self.id[-4:])

    def holds(self, code: str) -> bool:
        """Whether a code is of the kind that this vintage's areas have."""
        return re.fullmatch(self.code_pattern, code) is not None
