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
from math import inf
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
    NOTE = "note"
    POSTCODE = "postcode"
    KIND = "kind"
    KEPT = "kept"
    IGNORED = "ignored"


AREA_ROLES = frozenset({Role.AREA_CODE, Role.AREA_NAME, Role.PARENT_CODE, Role.PARENT_NAME})
POINT_PAIRS = ((Role.LONGITUDE, Role.LATITUDE), (Role.EASTING, Role.NORTHING))
_TIMES = frozenset({Role.MONTH, Role.DATE, Role.TIME_FROM, Role.TIME_TO})
_POINT = frozenset(role for pair in POINT_PAIRS for role in pair)
_ROLES_OF = {
    "incidents": _TIMES
    | _POINT
    | {Role.REFERENCE, Role.PLACE_TEXT, Role.AREA_CODE, Role.AREA_NAME, Role.CATEGORY}
    | {Role.OUTCOME, Role.KEPT, Role.IGNORED},
    "observations": AREA_ROLES
    | _POINT
    | {Role.PERIOD, Role.MEASURE, Role.CATEGORY, Role.VALUE, Role.NOTE, Role.POSTCODE}
    | {Role.KIND, Role.IGNORED},
    "links": {Role.AREA_CODE, Role.AREA_NAME, Role.CHANGE, Role.IGNORED},
    "names": {Role.AREA_CODE, Role.AREA_NAME, Role.KEPT, Role.IGNORED},
    "points": _POINT | {Role.PLACE_TEXT, Role.POSTCODE, Role.KEPT, Role.IGNORED},
    "postcodes": _POINT | {Role.POSTCODE, Role.AREA_CODE, Role.AREA_NAME, Role.KEPT, Role.IGNORED},
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
Word = Annotated[str, Field(pattern=rf"^([a-z0-9]+([-_][a-z0-9]+)*|{GSS_SHAPE})$")]
Part = Literal["lower", "upper", "count", "denominator"]
Pattern = Annotated[str, AfterValidator(_compiles)]
Headers = Annotated[tuple[str, ...], BeforeValidator(_several)]


class Measure(Manifest):
    """One thing a source measures; columns refer to it by `id`.

    `parts` are what the publisher gives beside it: the limits of its interval, the count and the
    denominator it was made of. Each is a measure of its own, called `<id>_<part>`.

    `range` is [least, most] of what can be true, `inf` for no bound, and `within` the measure that
    this one is a part of and never above, where both stand in a row: pupils counted and pupils on
    roll. What is `outside` stops the load, or has its row set aside, for a reason.
    """

    id: Slug
    title: str
    unit: str
    parts: tuple[Part, ...] = ()
    range: tuple[float, float] | None = None
    within: Slug | None = None
    outside: Literal["refuse", "quarantine"] = "refuse"
    because: str | None = None

    @model_validator(mode="after")
    def _can_be_held(self) -> Self:
        if self.range and not self.range[0] < self.range[1]:
            raise ValueError(f"measure {self.id!r}: range is [least, most]")
        if self.outside == "quarantine" and not self.because:
            raise ValueError(f"measure {self.id!r}: quarantine is a judgement and needs a because")
        return self


_PART_TITLES = {
    "lower": "lower confidence limit",
    "upper": "upper confidence limit",
    "count": "numerator",
    "denominator": "denominator",
}


def _with_parts(measures: tuple[Measure, ...]) -> tuple[Measure, ...]:
    """The measures, and those that their parts stand for."""
    parts = [_part_of(measure, part) for measure in measures for part in measure.parts]
    known = {measure.id for measure in measures}
    return measures + tuple(part for part in parts if part.id not in known)


def _part_of(measure: Measure, part: Part) -> Measure:
    is_limit = part in ("lower", "upper")
    above: dict[Part, Part] = {"lower": "upper"}
    if measure.unit == "percent":
        above["count"] = "denominator"
    whole = above.get(part)
    return Measure(
        id=f"{measure.id}_{part}",
        title=f"{measure.title}: {_PART_TITLES[part]}",
        unit=measure.unit if is_limit else "count",
        range=measure.range if is_limit else (0, inf),
        within=f"{measure.id}_{whole}" if whole in measure.parts else None,
        outside=measure.outside,
        because=measure.because,
    )


class Column(Manifest):
    """One column of the publisher's file, or several that a pattern catches.

    `header` is the text as published, or a list where editions differ; blank and repeated headers
    need `position` (1 is the first column). `pattern` catches what no `header` names, and its
    named groups, like those of the sheet's or the file's name, may be used in `category` as
    `{group}`, and are translated by the column's `vocabulary` where it has one. `identifying` lets
    through a header that looks like a person's details, whose cells are then dropped or, being
    public, kept.

    A value may be a `part` of the measure that its row names; it may have a `period` other than its
    neighbours'; and where the publisher leaves a cell empty on purpose, `blank` is the word for it.
    A column of notes tells, through its vocabulary, why the row's first value is not given. Several
    category columns make one category of their words; the word `all` adds nothing to it. A
    vocabulary on a column of codes turns the publisher's own names into codes.
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
    part: Part | None = None
    period: str | None = None
    category: str | None = None
    vocabulary: Slug | None = None
    blank: Slug | None = None
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
        if self.on_fault == "quarantine" and not self.because:
            raise ValueError(f"{where}: quarantine is a judgement and needs a because")
        if self.identifying and not self.because:
            raise ValueError(f"{where}: letting an identifier through needs a because")
        if self.identifying == "drop" and self.role is not Role.IGNORED:
            raise ValueError(f"{where}: an identifier that is dropped has the role ignored")
        if (self.part or self.blank or self.period) and self.role is not Role.VALUE:
            raise ValueError(f"{where}: only a value has a part, a period or a word for blanks")
        if self.role is Role.NOTE and not self.vocabulary:
            raise ValueError(f"{where}: a note needs a vocabulary")
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
    """Rows that are left out on purpose: totals among rows, other countries.

    They are told by what the cell of `column` is: one of `values`, or of the `shape`.
    """

    column: str
    values: tuple[str, ...] = ()
    shape: Pattern | None = None
    because: str

    @model_validator(mode="after")
    def _tells_the_rows(self) -> Self:
        if bool(self.values) == (self.shape is not None):
            raise ValueError("rows are left out by values or by a shape")
        return self


class Kind(Manifest):
    """One kind of row, where a file mixes several: schools, authorities and the nation.

    Its rows are those whose cell in `column` is one of `values`, or of the `shape`; the first kind
    that takes a row has it. They are about areas of `vintage`, with the code in the column `code`
    (of the shape `code_shape`) and the name in the column `name`; or about the one area `area`.
    `category` is added to the category of the row's values. `parent` is a column with the code of
    an area of `parent_vintage` that each area lies in.
    """

    column: str
    values: tuple[str, ...] = ()
    shape: Pattern | None = None
    vintage: Slug
    code: str | None = None
    code_shape: Pattern = GSS_SHAPE
    name: str | None = None
    area: str | None = None
    category: Slug | None = None
    parent: str | None = None
    parent_vintage: Slug | None = None
    parent_shape: Pattern = GSS_SHAPE

    @model_validator(mode="after")
    def _is_told_apart(self) -> Self:
        if bool(self.values) == (self.shape is not None):
            raise ValueError("a kind of row is told by values or by a shape")
        if (self.code is None) == (self.area is None):
            raise ValueError("a kind of row has a column with codes, or is about one area")
        if (self.parent is None) != (self.parent_vintage is None):
            raise ValueError("parent and parent_vintage come together")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """The headers it speaks of."""
        return tuple(x for x in (self.column, self.code, self.name, self.parent) if x is not None)


class HeaderRow(Manifest):
    """A row above the header that is part of it; its texts span the blank cells to their right."""

    row: int = Field(ge=1)
    spans: bool = False


class Layout(Manifest):
    """One shape in which the publisher issues the file.

    `sheet` is a pattern for the whole name of a worksheet, `file` for that of the file itself;
    their named groups may be used in `period` and in categories, and with a group `year` there is
    `following`, the last two digits of the next year. `header_row` is the row of the header (1 is
    the first), title rows being above it; rows `above` it may be part of it, the texts of a column
    being joined from top to bottom; 0 says there is no header: the columns are those declared, in
    their order. With `short_rows` a row may end early, the cells it lacks being blank. With
    `notes_beside` a worksheet has notes to the right of the table, which are passed over.
    `partition` says which part of the source a row belongs to: of incidents column headers,
    `{month}` and `{year}` in braces, of other kinds the groups of the file's name.
    `refused` is a sentence: the layout is known, and files of it are turned away with that.
    """

    name: str
    format: Annotated[tuple[Literal["csv", "xlsx", "geojson"], ...], BeforeValidator(_several)] = (
        "csv",
    )
    encoding: Literal["utf-8", "cp1252"] = "utf-8"
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    sheet: Pattern | None = None
    file: Pattern | None = None
    header_row: int = Field(default=1, ge=0, le=100)
    above: tuple[HeaderRow, ...] = ()
    short_rows: bool = False
    notes_beside: bool = False
    period: str | None = None
    category: Slug | None = None
    partition: str | None = None
    expected_rows: tuple[int, int] | None = None
    because: str | None = None
    refused: str | None = None
    links: tuple[Link, ...] = ()
    skip: tuple[Skip, ...] = ()
    kinds: tuple[Kind, ...] = ()
    columns: tuple[Column, ...] = Field(min_length=1)

    def having(self, *roles: Role) -> tuple[Column, ...]:
        """The columns with one of the roles, in the manifest's order."""
        return tuple(column for column in self.columns if column.role in roles)

    @property
    def groups(self) -> frozenset[str]:
        """The names that the patterns of the sheet and of the file catch, and what follows."""
        caught = {name for text in (self.sheet, self.file) for name in _groups_of(text)}
        return frozenset(caught | ({"following"} if "year" in caught else set()))

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
        spoken_of = [skip.column for skip in self.skip] + [
            header for kind in self.kinds for header in kind.columns
        ]
        for name in spoken_of + names_in_braces(self.partition):
            if name not in headers | {"month", "year"} | self.groups:
                raise ValueError(
                    f"{where}: no column is called {name!r}; there are {', '.join(sorted(headers))}"
                )
        for group in names_in_braces(self.period):
            if group not in self.groups:
                raise ValueError(f"{where}: the sheet's pattern has no group called {group!r}")
        if any(above.row >= self.header_row for above in self.above):
            raise ValueError(f"{where}: a row above the header comes before header_row")
        return self

    @model_validator(mode="after")
    def _columns_can_be_understood(self) -> Self:
        of_kinds = {header for kind in self.kinds for header in kind.columns}
        for column in self.columns:
            where = f"column {column.label!r}"
            if (
                column.role in AREA_ROLES
                and column.vintage is None
                and not of_kinds.intersection(column.header)
            ):
                raise ValueError(f"{where}: a code or name of an area needs its vintage")
            for group in names_in_braces(column.category):
                if group not in self.groups | _groups_of(column.pattern):
                    raise ValueError(f"{where}: the pattern has no group called {group!r}")
        if self.header_row == 0 and any(c.pattern or c.optional for c in self.columns):
            raise ValueError(f"layout {self.name!r}: without a header every column is there")
        return self


def _groups_of(pattern: str | None) -> frozenset[str]:
    return frozenset(re.compile(pattern or "").groupindex)


DAYS_BETWEEN = {"monthly": 31, "quarterly": 92, "yearly": 366, "once": None}
"""The longest time between two deliveries of a source, by its refresh."""


class Quality(Manifest):
    """From where on a delivery should be looked at. Whatever differs from these needs a because.

    Shares are between 0 and 1. `most_blank` is of any one column, and `most_blank_in` of those it
    names; `least_placed` of rows in an area, `least_agreeing` of rows whose point lies in the area
    that their code names. `lag_days` is how long after the end of a period its publisher brings it.
    A count is put beside the last `most_history` of its series, once there are `least_history`:
    beyond `band` robust standard deviations it is `outside`, which warns, or refuses the file.
    """

    most_blank: float = Field(default=0.5, ge=0, le=1)
    most_blank_in: dict[str, float] = Field(default_factory=dict)
    most_withheld: float = Field(default=0.2, ge=0, le=1)
    most_set_aside: float = Field(default=0.01, ge=0, le=1)
    most_repeated: float = Field(default=0.05, ge=0, le=1)
    least_placed: float = Field(default=0.9, ge=0, le=1)
    least_agreeing: float = Field(default=0.9, ge=0, le=1)
    lag_days: int = Field(default=62, ge=0)
    band: float = Field(default=3.5, gt=0)
    least_history: int = Field(default=6, ge=3)
    most_history: int = Field(default=36, ge=3)
    outside: Literal["warn", "refuse"] = "warn"
    because: str | None = None

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        usual = type(self).model_construct()
        changed = any(getattr(self, name) != getattr(usual, name) for name in _THRESHOLDS)
        if changed and not self.because:
            raise ValueError("thresholds other than the usual need a because")
        return self


_THRESHOLDS = frozenset(Quality.model_fields) - {"because"}


class SourceManifest(Manifest):
    """A source: what it is, whose it is, what may be done with it, and how to read its files.

    `named` says which files of an archive or a folder belong to the source (`*-street.csv`).
    `period` is what the figures are of, where no layout and no column says; where nothing says,
    whoever loads must. `withheld` turns the publisher's symbols into words, for all columns.
    `vocabularies` turn the publisher's words into ours, or into codes of areas.

    `sites` says what kind of place the rows with a postcode or a point are: school, surgery.

    `coverage` names the rule that tells which areas a delivery covers. `covers` is a pattern for
    the codes of areas that the figures are really of, where the file lists others too: those rows
    are set aside, as a zero there means that nobody counted.
    """

    id: Slug
    title: str
    kind: Literal["incidents", "observations", "links", "names", "points", "postcodes"]
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
    sites: Slug | None = None
    coverage: Literal["police_force"] | None = None
    covers: Pattern | None = None
    expected_rows: tuple[int, int] | None = None
    withheld: dict[str, Slug] = Field(default_factory=dict)
    measures: Annotated[tuple[Measure, ...], AfterValidator(_with_parts)] = ()
    vocabularies: dict[Slug, dict[str, Word]] = Field(default_factory=dict)
    quality: Quality = Quality()
    files: tuple[RemoteFile, ...] = ()
    layouts: tuple[Layout, ...] = Field(min_length=1)

    def takes(self, name: str) -> bool:
        """Whether a file inside an archive or folder belongs to this source, by its name."""
        return self.named is None or fnmatch(name.rpartition("/")[2], self.named)

    def cut_to_a_part(self) -> SourceManifest:
        """The manifest for files that hold only some of the country: any number of rows will do."""
        layouts = tuple(one.model_copy(update={"expected_rows": None}) for one in self.layouts)
        return self.model_copy(update={"expected_rows": None, "layouts": layouts})

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
        of_columns = {c.vintage for layout in self.layouts for c in layout.columns}
        of_kinds = {
            vintage
            for layout in self.layouts
            for kind in layout.kinds
            for vintage in (kind.vintage, kind.parent_vintage)
        }
        return frozenset(one for one in of_columns | of_kinds if one is not None)

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
            for fault in (
                *self._role_faults(layout),
                *(() if layout.refused else _SHAPE_FAULTS[self.kind](self, layout)),
            )
        ]
        known = {measure.id for measure in self.measures}
        faults += [
            f"measure {one.id!r}: there is no measure {one.within!r} for it to be within"
            for one in self.measures
            if one.within and one.within not in known
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
                able = ", ".join(sorted(_ROLES_OF[self.kind]))
                yield (
                    f"column {column.label!r}: {self.kind} have no role"
                    f" {column.role.value!r}; they have {able}"
                )
            if column.vocabulary and column.vocabulary not in self.vocabularies:
                there = ", ".join(self.vocabularies)
                yield (
                    f"column {column.label!r}: there is no vocabulary {column.vocabulary!r};"
                    f" {f'there are {there}' if there else 'write [vocabularies.NAME] below'}"
                )
            named = {column.measure} if column.measure else set()
            if column.role is Role.MEASURE:
                named = {
                    f"{word}_{part}" if part else word
                    for word in self.vocabularies.get(column.vocabulary or "", {}).values()
                    for part in {value.part for value in layout.having(Role.VALUE)}
                }
            for measure in sorted(named - measures):
                yield (
                    f"column {column.label!r}: there is no measure {measure!r}; there are"
                    f" {', '.join(sorted(measures)) or 'none'}"
                )
        for period in (self.period, layout.period, *(c.period for c in layout.columns)):
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
    yield from _point_faults(layout)
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
    if not areas and not layout.kinds:
        yield "observations need a column with the role area_code or area_name"
    if layout.kinds and (layout.having(*AREA_ROLES, Role.KIND) != _of_kinds(layout)):
        yield "where kinds of row are declared, they say which columns hold codes and names"
    if len({column.vintage for column in areas}) > 1:
        yield "the area's code and name must be of one vintage"
    if not layout.having(Role.VALUE):
        yield "observations need at least one column with the role value"
    yield from _point_faults(layout)
    yield from _site_faults(source, layout)
    for role in (Role.PERIOD, Role.MEASURE, Role.NOTE, Role.POSTCODE):
        if len(layout.having(role)) > 1:
            yield f"there can be one column with the role {role.value}"
    by_row = bool(layout.having(Role.MEASURE))
    for column in layout.having(Role.VALUE):
        if bool(column.measure) == by_row:
            yield f"column {column.label!r}: a value needs a measure, or a measure column"
        if column.part and not by_row:
            yield f"column {column.label!r}: a part is of the measure that a measure column names"
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


def _point_faults(layout: Layout) -> Iterator[str]:
    roles = [column.role for column in layout.columns]
    for pair in POINT_PAIRS:
        if roles.count(pair[0]) != roles.count(pair[1]):
            yield f"{pair[0].value} and {pair[1].value} come together"


def _of_kinds(layout: Layout) -> tuple[Column, ...]:
    spoken_of = {header for kind in layout.kinds for header in kind.columns}
    return tuple(column for column in layout.columns if spoken_of.intersection(column.header))


def _name_faults(source: SourceManifest, layout: Layout) -> Iterator[str]:
    if len(layout.having(Role.AREA_CODE)) != 1 or len(layout.having(Role.AREA_NAME)) != 1:
        yield "names need one column with the role area_code and one with area_name"


def _points_faults(source: SourceManifest, layout: Layout) -> Iterator[str]:
    yield from _point_faults(layout)
    if not layout.having(Role.LONGITUDE, Role.EASTING):
        yield "points need their coordinates"
    if len(layout.having(Role.PLACE_TEXT)) != 1:
        yield "points need one column with the role place_text: what is there"
    yield from _site_faults(source, layout)


def _site_faults(source: SourceManifest, layout: Layout) -> Iterator[str]:
    if layout.having(Role.POSTCODE, Role.LONGITUDE, Role.EASTING) and not source.sites:
        yield "rows with a postcode or a point are places: say in sites which kind, such as school"


def _postcode_faults(source: SourceManifest, layout: Layout) -> Iterator[str]:
    yield from _point_faults(layout)
    if len(layout.having(Role.POSTCODE)) != 1:
        yield "a directory of postcodes needs one column with the role postcode"
    if not layout.having(Role.EASTING, Role.LONGITUDE, Role.AREA_CODE):
        yield "a directory of postcodes needs points or codes of areas"
    codes = [column.vintage for column in layout.having(Role.AREA_CODE)]
    if len(set(codes)) < len(codes):
        yield "there is one column with codes for each vintage"


_SHAPE_FAULTS = {
    "incidents": _incident_faults,
    "observations": _observation_faults,
    "links": _link_faults,
    "names": _name_faults,
    "points": _points_faults,
    "postcodes": _postcode_faults,
}
