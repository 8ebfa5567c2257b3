"""The nouns of a neighbourhood information system: small, frozen, and free of any machinery.

Everything here is a value. Nothing here knows of databases, files, HTTP or the clock.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from lris.errors import UnknownPeriod


class Level(StrEnum):
    """The kinds of area, from the smallest building block to the country."""

    OA = "oa"
    LSOA = "lsoa"
    MSOA = "msoa"
    WARD = "ward"
    LAD = "lad"
    COUNTY = "county"
    FORCE = "force"
    HEALTH = "health"
    REGION = "region"
    COUNTRY = "country"
    CUSTOM = "custom"


class Grade(StrEnum):
    """How far a publisher generalised a boundary before issuing it.

    Part of every statement about points in areas: on BSC about 14 % of points leave their own LSOA.
    """

    BFC = "BFC"
    BGC = "BGC"
    BSC = "BSC"
    BUC = "BUC"
    UNKNOWN = "unknown"


class Topic(StrEnum):
    """The themes a neighbourhood is looked at through."""

    CRIME = "crime"
    HEALTH = "health"
    EDUCATION = "education"
    DEPRIVATION = "deprivation"
    POPULATION = "population"


class Status(StrEnum):
    """What a figure is worth. `WITHHELD` carries a reason and never a value."""

    OBSERVED = "observed"
    ESTIMATED = "estimated"
    INCOMPLETE = "incomplete"
    WITHHELD = "withheld"


class Reason(StrEnum):
    """Why a figure is withheld, estimated or incomplete. A gap is a word, never a zero."""

    NO_DATA = "no_data"
    INCOMPLETE_SOURCE = "incomplete_source"
    SMALL_NUMBER = "small_number"
    PROTECTS_ANOTHER_CELL = "protects_another_cell"
    NOT_SHARED = "not_shared"
    BOUNDARY_CHANGED = "boundary_changed"
    PUBLISHER_WITHHELD = "publisher_withheld"
    NO_DENOMINATOR = "no_denominator"
    BEST_FIT = "best_fit"
    COVERAGE_UNKNOWN = "coverage_unknown"
    DENOMINATOR_MISMATCH = "denominator_mismatch"
    SHARED_OUT = "shared_out"
    NO_WEIGHT = "no_weight"


class Access(StrEnum):
    """Who a figure may be shown to, from the widest circle to the narrowest."""

    PUBLIC = "public"
    PARTNER_AGGREGATE = "partner_aggregate"
    PARTNER_RECORD = "partner_record"
    ANALYST = "analyst"
    GOVERNANCE = "governance"


class Route(StrEnum):
    """How an incident came to its area in one vintage; stored with the placement.

    The first four say where it is, the last four why it is nowhere.
    """

    CODE = "code"
    LOOKUP = "lookup"
    POINT_IN_PARENT = "point_in_parent"
    POINT = "point"
    NO_LOCATION = "no_location"
    OUTSIDE = "outside"
    CODE_NOT_LOADED = "code_not_loaded"
    SPLIT_WITHOUT_POINT = "split_without_point"


PLACED_ROUTES = frozenset({Route.CODE, Route.LOOKUP, Route.POINT_IN_PARENT, Route.POINT})


@dataclass(frozen=True, slots=True)
class AreaCode:
    """A place: its GSS code *and* the vintage of boundaries the code belongs to."""

    vintage: str
    code: str

    def __str__(self) -> str:
        return f"{self.vintage}/{self.code}"

    @property
    def is_fictional(self) -> bool:
        """Whether the area is nowhere: its code is of a range that is never issued."""
        return bool(fictional_land(self.code))


FICTIONAL_CODE = "[EW](?!99)[0-9]{2}(98|99)[0-9]{4}"
"""Codes of nowhere. Publishers number the areas of a kind from 1 and no kind comes near 980,000;
the code of what is in no area begins with E99 or W99.
"""


def fictional_land(code: str) -> str:
    """The fictional land a code is of, "98" or "99"; "" for the code of a real area."""
    found = re.fullmatch(FICTIONAL_CODE, code)
    return found[1] if found else ""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whoever is looking, and the widest access level that may be shown to them."""

    name: str
    access: Access = Access.PUBLIC


PUBLIC = Viewer("public")


_MONTH = re.compile(r"^(\d{4})-(0[1-9]|1[0-2])$")
_QUARTER = re.compile(r"^(\d{4})-Q([1-4])$")
_YEAR = re.compile(r"^(\d{4})$")
_SPLIT_YEAR = re.compile(r"^(\d{4})/(\d{2})$")
_SPAN = re.compile(r"^(\d{4})\.\.(\d{4})$")


DAYS_A_YEAR = 365.25


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A stretch of whole days, written `2018`, `2018-Q4`, `2018-10`, `2016/17` or `2015..2017`.

    `2016/17` is a year that starts in the first and ends in the second: 1 April to 31 March unless
    the source's manifest says the year is a school year (1 September to 31 August).
    """

    start: date
    end: date
    label: str

    @classmethod
    def parse(cls, label: str, *, school_year: bool = False) -> Period:
        """Read a period label; raises `UnknownPeriod` naming the five forms."""
        text = label.strip()
        if m := _MONTH.match(text):
            return cls.month(int(m[1]), int(m[2]))
        if m := _QUARTER.match(text):
            year, last = int(m[1]), 3 * int(m[2])
            return cls(date(year, last - 2, 1), _month_end(year, last), text)
        if m := _YEAR.match(text):
            return cls(date(int(m[1]), 1, 1), date(int(m[1]), 12, 31), text)
        if m := _SPLIT_YEAR.match(text):
            year = int(m[1])
            if (year + 1) % 100 == int(m[2]):
                first = 9 if school_year else 4
                end = date(year + 1, first, 1) - timedelta(days=1)
                return cls(date(year, first, 1), end, text)
        if (m := _SPAN.match(text)) and int(m[1]) <= int(m[2]):
            return cls(date(int(m[1]), 1, 1), date(int(m[2]), 12, 31), text)
        raise UnknownPeriod(
            f"{label!r} is not a period",
            remedy="write 2018, 2018-Q4, 2018-10, 2016/17 or 2015..2017",
        )

    @classmethod
    def month(cls, year: int, month: int) -> Period:
        """The calendar month."""
        return cls(date(year, month, 1), _month_end(year, month), f"{year:04d}-{month:02d}")

    @property
    def days(self) -> int:
        """How many days the period holds, both ends included."""
        return (self.end - self.start).days + 1

    def years_from(self, other: Period) -> float:
        """How many years lie between the middles of the two periods."""
        middles = (one.start.toordinal() + one.end.toordinal() for one in (self, other))
        return abs(next(middles) - next(middles)) / 2 / DAYS_A_YEAR

    def year_before(self) -> Period:
        """The same month, quarter or year of the year before."""
        return Period.parse(f"{int(self.label[:4]) - 1:04d}{self.label[4:]}")

    def covers(self, other: Period) -> bool:
        """Whether `other` lies wholly inside this period."""
        return self.start <= other.start and other.end <= self.end

    def months(self) -> tuple[Period, ...]:
        """The calendar months the period is made of; empty where it cuts a month."""
        if self.start.day != 1 or self.end != _month_end(self.end.year, self.end.month):
            return ()
        first = self.start.year * 12 + self.start.month - 1
        last = self.end.year * 12 + self.end.month - 1
        return tuple(Period.month(n // 12, n % 12 + 1) for n in range(first, last + 1))

    def __str__(self) -> str:
        return self.label


def _month_end(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])
