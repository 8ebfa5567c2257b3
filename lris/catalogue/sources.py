"""What a source is: who publishes it, on what terms, and what every column of its file means.

A source manifest is one TOML file. A publisher who issues the same figures in several shapes has
one manifest with several `[[layouts]]`; a file is read by the one layout whose columns it has.
Every column of a layout is declared, also those not wanted: a column nobody has judged stops the
load.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from fnmatch import fnmatch
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from lris.catalogue.files import RemoteFile
from lris.catalogue.manifest import Manifest
from lris.errors import UnknownPeriod
from lris.terms import Access, Period, Topic


class Role(StrEnum):
    """What a column is for."""

    REFERENCE = "reference"
    MONTH = "month"
    DATE = "date"
    TIME_FROM = "time_from"
    TIME_TO = "time_to"
    LONGITUDE = "longitude"
    LATITUDE = "latitude"
    EASTING = "easting"
    NORTHING = "northing"
    PLACE_TEXT = "place_text"
    AREA_CODE = "area_code"
    AREA_NAME = "area_name"
    PARENT_CODE = "parent_code"
    PARENT_NAME = "parent_name"
    CATEGORY = "category"
    OUTCOME = "outcome"
    PERIOD = "period"
    MEASURE = "measure"
    VALUE = "value"
    CHANGE = "change"
    KEPT = "kept"
    IGNORED = "ignored"


AREA_ROLES = frozenset({Role.AREA_CODE, Role.AREA_NAME, Role.PARENT_CODE, Role.PARENT_NAME})
POINT_PAIRS = ((Role.LONGITUDE, Role.LATITUDE), (Role.EASTING, Role.NORTHING))
_TIMES = frozenset({Role.MONTH, Role.DATE, Role.TIME_FROM, Role.TIME_TO})
_ROLES_OF = {
    "incidents": _TIMES
    | frozenset(role for pair in POINT_PAIRS for role in pair)
    | {Role.REFERENCE, Role.PLACE_TEXT, Role.AREA_CODE, Role.AREA_NAME, Role.CATEGORY}
    | {Role.OUTCOME, Role.KEPT, Role.IGNORED},
    "observations": AREA_ROLES
    | {Role.PERIOD, Role.MEASURE, Role.CATEGORY, Role.VALUE, Role.IGNORED},
    "links": {Role.AREA_CODE, Role.AREA_NAME, Role.CHANGE, Role.IGNORED},
}

GSS_SHAPE = r"[EWSN]\d{8}"


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as fault:
        raise ValueError(f"{pattern!r} is not a regular expression: {fault}") from None
    return pattern


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+([-_][a-z0-9]+)*$")]
Pattern = Annotated[str, AfterValidator(_compiles)]
Headers = Annotated[tuple[str, ...], BeforeValidator(_several)]


class Measure(Manifest):
    """One thing a source measures; columns refer to it by `id`."""

    id: Slug
    title: str
    unit: str


class Column(Manifest):
    """One column of the publisher's file, or several that a pattern catches.

    `header` is the text as published, or a list where editions differ; blank and repeated headers
    need `position` (1 is the first column). `pattern` catches what no `header` names, and its
    named groups may be used in `category` as `{group}`. `identifying` lets through a header that
    looks like a person's details, whose cells are then dropped or, being public, kept.
    """

    header: Headers = ()
    position: int | None = Field(default=None, ge=1)
    pattern: Pattern | None = None
    optional: bool = False
    role: Role
    vintage: Slug | None = None
    shape: Pattern = GSS_SHAPE
    type: Literal["integer", "number", "percent"] = "number"
    measure: str | None = None
    category: str | None = None
    vocabulary: Slug | None = None
    format: str | None = None
    name: Slug | None = None
    withheld: dict[str, Slug] = Field(default_factory=dict)
    minimum: float | None = None
    maximum: float | None = None
    may_be_blank: bool = True
    on_fault: Literal["stop", "quarantine"] = "stop"
    identifying: Literal["drop", "keep"] | None = None
    because: str | None = None

    @property
    def label(self) -> str:
        """What to call the column when speaking to a person."""
        if self.header and self.header[0]:
            return self.header[0]
        return f"column {self.position}" if self.position else f"/{self.pattern}/"

    @model_validator(mode="after")
    def _can_be_found(self) -> Self:
        if self.pattern is not None and (self.header or self.position):
            raise ValueError("a column is found by its header or by a pattern, not by both")
        if self.pattern is None and not self.header:
            raise ValueError("a column needs a header (exact text) or a pattern")
        if "" in self.header and self.position is None:
            raise ValueError("a column with a blank header needs its position")
        return self

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        where = f"column {self.label!r}"
        if self.role in AREA_ROLES and self.vintage is None:
            raise ValueError(f"{where}: a code or name of an area needs its vintage")
        if self.on_fault == "quarantine" and not self.because:
            raise ValueError(f"{where}: quarantine is a judgement and needs a because")
        if self.identifying and not self.because:
            raise ValueError(f"{where}: letting an identifier through needs a because")
        if self.identifying == "drop" and self.role is not Role.IGNORED:
            raise ValueError(f"{where}: an identifier that is dropped has the role ignored")
        for group in names_in_braces(self.category):
            if group not in re.compile(self.pattern or "").groupindex:
                raise ValueError(f"{where}: the pattern has no group called {group!r}")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError(f"{where}: minimum is above maximum")
        return self


class Link(Manifest):
    """That the rows tie areas of one vintage to areas of another; the code columns name both."""

    from_vintage: Slug
    to_vintage: Slug
    exact: bool
    with_change: bool = False


class Skip(Manifest):
    """Rows that are left out on purpose: totals among rows, other countries."""

    column: str
    values: tuple[str, ...] = Field(min_length=1)
    because: str


class Layout(Manifest):
    """One shape in which the publisher issues the file.

    `sheet` is a pattern for the whole name of a worksheet; its named groups may be used in
    `period`. `header_row` is the row of the header (1 is the first), title rows being above it.
    `partition` says which part of the source a row belongs to: column headers, `{month}` and
    `{year}` in braces.
    """

    name: str
    format: Annotated[tuple[Literal["csv", "xlsx"], ...], BeforeValidator(_several)] = ("csv",)
    encoding: Literal["utf-8", "cp1252"] = "utf-8"
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    sheet: Pattern | None = None
    header_row: int = Field(default=1, ge=1, le=100)
    period: str | None = None
    category: Slug | None = None
    partition: str | None = None
    expected_rows: tuple[int, int] | None = None
    because: str | None = None
    links: tuple[Link, ...] = ()
    skip: tuple[Skip, ...] = ()
    columns: tuple[Column, ...] = Field(min_length=1)

    def having(self, *roles: Role) -> tuple[Column, ...]:
        """The columns with one of the roles, in the manifest's order."""
        return tuple(column for column in self.columns if column.role in roles)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        where = f"layout {self.name!r}"
        if ("xlsx" in self.format) != (self.sheet is not None):
            raise ValueError(f"{where}: a layout for xlsx, and no other, names its sheet")
        if self.expected_rows and self.expected_rows[0] > self.expected_rows[1]:
            raise ValueError(f"{where}: expected_rows is [least, most]")
        found_by = [
            (header, column.position) for column in self.columns for header in column.header
        ]
        twice = sorted({header for header, at in found_by if found_by.count((header, at)) > 1})
        if twice:
            raise ValueError(f"{where}: declared more than once: {', '.join(map(repr, twice))}")
        headers = {header for header, _ in found_by}
        for name in [skip.column for skip in self.skip] + names_in_braces(self.partition):
            if name not in headers | {"month", "year"}:
                raise ValueError(f"{where}: no column is called {name!r}")
        for group in names_in_braces(self.period):
            if self.format != ("xlsx",) or group not in re.compile(self.sheet or "").groupindex:
                raise ValueError(f"{where}: the sheet's pattern has no group called {group!r}")
        return self


class SourceManifest(Manifest):
    """A source: what it is, whose it is, what may be done with it, and how to read its files.

    `named` says which files of an archive or a folder belong to the source (`*-street.csv`).
    `period` is what the figures are of, where no layout and no column says; where nothing says,
    whoever loads must. `withheld` turns the publisher's symbols into words, for all columns.
    `vocabularies` turn the publisher's words into ours.

    `coverage` names the rule that tells which areas a delivery covers. `covers` is a pattern for
    the codes of areas that the figures are really of, where the file lists others too: those rows
    are set aside, as a zero there means that nobody counted.
    """

    id: Slug
    title: str
    kind: Literal["incidents", "observations", "links"]
    topic: Topic
    publisher: str
    licence: str
    attribution: str
    homepage: str
    refresh: Literal["monthly", "quarterly", "yearly", "once"]
    agreement: str = "open"
    access: Access = Access.PUBLIC
    precision: str = ""
    caveats: tuple[str, ...] = ()
    named: str | None = None
    period: str | None = None
    school_year: bool = False
    coverage: Literal["police_force"] | None = None
    covers: Pattern | None = None
    expected_rows: tuple[int, int] | None = None
    withheld: dict[str, Slug] = Field(default_factory=dict)
    measures: tuple[Measure, ...] = ()
    vocabularies: dict[Slug, dict[str, Slug]] = Field(default_factory=dict)
    files: tuple[RemoteFile, ...] = ()
    layouts: tuple[Layout, ...] = Field(min_length=1)

    def takes(self, name: str) -> bool:
        """Whether a file inside an archive or folder belongs to this source, by its name."""
        return self.named is None or fnmatch(name.rpartition("/")[2], self.named)

    @property
    def code_vintage(self) -> str | None:
        """The vintage of the area codes that incidents come with, where they come with any."""
        for layout in self.layouts:
            for column in layout.having(Role.AREA_CODE):
                return column.vintage
        return None

    @property
    def vintages(self) -> frozenset[str]:
        """Every vintage the manifest speaks of."""
        return frozenset(
            column.vintage
            for layout in self.layouts
            for column in layout.columns
            if column.vintage is not None
        )

    @property
    def categories(self) -> frozenset[str]:
        """Every category slug that the vocabularies of the category columns can give."""
        return frozenset(self._category_slugs())

    def _category_slugs(self) -> Iterator[str]:
        for layout in self.layouts:
            if layout.category:
                yield layout.category
            for column in layout.having(Role.CATEGORY):
                yield from self.vocabularies.get(column.vocabulary or "", {}).values()

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        faults = [
            f"layout {layout.name!r}: {fault}"
            for layout in self.layouts
            for fault in (*self._role_faults(layout), *_SHAPE_FAULTS[self.kind](self, layout))
        ]
        names = [layout.name for layout in self.layouts]
        faults += [f"two layouts are called {name!r}" for name in names if names.count(name) > 1][
            :1
        ]
        if self.kind == "incidents" and len(self._incident_vintages()) > 1:
            faults.append("the area codes of all layouts must be of one vintage")
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _incident_vintages(self) -> set[str | None]:
        return {c.vintage for layout in self.layouts for c in layout.having(Role.AREA_CODE)}

    def _role_faults(self, layout: Layout) -> Iterator[str]:
        measures = {measure.id for measure in self.measures}
        for column in layout.columns:
            if column.role not in _ROLES_OF[self.kind]:
                yield f"column {column.label!r}: {self.kind} have no role {column.role.value!r}"
            if column.vocabulary and column.vocabulary not in self.vocabularies:
                yield f"column {column.label!r}: there is no vocabulary {column.vocabulary!r}"
            named = {column.measure} if column.measure else set()
            if column.role is Role.MEASURE:
                named = set(self.vocabularies.get(column.vocabulary or "", {}).values())
            for measure in sorted(named - measures):
                yield f"column {column.label!r}: there is no measure {measure!r}"
        for period in (self.period, layout.period):
            if period and "{" not in period:
                try:
                    Period.parse(period, school_year=self.school_year)
                except UnknownPeriod as fault:
                    yield str(fault)


def names_in_braces(template: str | None) -> list[str]:
    """The names that a template has in braces, in order."""
    return re.findall(r"\{([^{}]+)\}", template or "")


def _incident_faults(source: SourceManifest, layout: Layout) -> Iterator[str]:
    roles = [column.role for column in layout.columns]
    if roles.count(Role.MONTH) + roles.count(Role.DATE) != 1:
        yield "incidents need one column with the role month or date"
    if bool(layout.category) == (Role.CATEGORY in roles):
        yield "incidents need a column with the role category, or one category for the layout"
    for pair in POINT_PAIRS:
        if roles.count(pair[0]) != roles.count(pair[1]):
            yield f"{pair[0].value} and {pair[1].value} come together"
    if not {Role.LONGITUDE, Role.EASTING, Role.AREA_CODE} & set(roles):
        yield "incidents need a point or an area code"
    if not layout.partition:
        yield "incidents need a partition: which part of the source a new file replaces"
    if layout.skip:
        yield "rows of incidents are never skipped; use on_fault = 'quarantine'"
    for column in layout.having(Role.CATEGORY):
        if not column.vocabulary:
            yield f"column {column.label!r}: categories of incidents need a vocabulary"


def _observation_faults(source: SourceManifest, layout: Layout) -> Iterator[str]:
    areas = layout.having(Role.AREA_CODE, Role.AREA_NAME)
    if not areas:
        yield "observations need a column with the role area_code or area_name"
    if len({column.vintage for column in areas}) > 1:
        yield "the area's code and name must be of one vintage"
    if not layout.having(Role.VALUE):
        yield "observations need at least one column with the role value"
    for role in (Role.PERIOD, Role.MEASURE, Role.CATEGORY):
        if len(layout.having(role)) > 1:
            yield f"there can be one column with the role {role.value}"
    by_row = bool(layout.having(Role.MEASURE))
    for column in layout.having(Role.VALUE):
        if bool(column.measure) == by_row:
            yield f"column {column.label!r}: a value needs a measure, or a measure column"
    for column in layout.having(Role.MEASURE):
        if not column.vocabulary:
            yield f"column {column.label!r}: a measure column needs a vocabulary"
    parents = {column.vintage for column in layout.having(Role.PARENT_CODE)}
    for column in layout.having(Role.PARENT_NAME):
        if column.vintage not in parents:
            yield f"column {column.label!r}: a parent's name needs the parent's code beside it"


def _link_faults(source: SourceManifest, layout: Layout) -> Iterator[str]:
    if not layout.links:
        yield "links need [[layouts.links]]: from_vintage, to_vintage, exact"
    codes = [column.vintage for column in layout.having(Role.AREA_CODE)]
    for link in layout.links:
        for vintage in (link.from_vintage, link.to_vintage):
            if codes.count(vintage) != 1:
                yield f"a link needs one column with the codes of {vintage!r}"
        if link.with_change and not layout.having(Role.CHANGE):
            yield "a link with_change needs a column with the role change"


_SHAPE_FAULTS = {
    "incidents": _incident_faults,
    "observations": _observation_faults,
    "links": _link_faults,
}
