"""Postcodes: the areas each lies in, in every vintage, one at a time or a whole file of them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from lris.catalogue import Catalogue
from lris.errors import BadRequest, FileFault, NotPublished, Spot, UnknownName
from lris.figures import Reader
from lris.rules.british_grid import from_grid
from lris.rules.postcodes import amiss, spaced, tight
from lris.session import Connection
from lris.store import areas as areas_store
from lris.store import postcodes as store
from lris.store.postcodes import Directory
from lris.terms import Viewer

MOST_POSTCODES = 10_000
"""The most postcodes in one question to the service."""

Row = Mapping[str, Any]


class Standing(StrEnum):
    """What became of a postcode that was asked for."""

    FOUND = "found"
    ENDED = "ended"
    UNKNOWN = "unknown"
    MALFORMED = "malformed"
    BLANK = "blank"


UNKNOWN_REMEDY = (
    "check the spelling; new postcodes come with the next edition of a directory, and those of"
    " Northern Ireland are left out for their licence"
)


def lookup(reader: Reader, viewer: Viewer, asked: Sequence[str]) -> list[dict[str, Any]]:
    """What is known of postcodes, one answer for each text in the order asked.

    Case and spaces do not matter. `status` tells found, ended (a postcode no longer in use: it
    still says where it was), unknown, malformed and blank apart; the last three have a `remedy`.
    `location` is in degrees (WGS84) and in metres (EPSG:27700), None where no directory gives a
    point. Each of `areas` says by which `route` it was found: `directory`, the publisher's own
    assignment, or `point`, the outline that holds the postcode's point, for published vintages
    that no directory carries. Raises `NotPublished` where no directory is loaded.
    """
    with reader.doors.reading(viewer) as connection:
        return _Finder.on(connection, reader.catalogue).find(asked)


def one(reader: Reader, viewer: Viewer, asked: str) -> dict[str, Any]:
    """What is known of one postcode; raises `BadRequest` or `UnknownName` where nothing is."""
    (found,) = lookup(reader, viewer, [asked])
    if found["status"] in (Standing.MALFORMED, Standing.BLANK):
        raise BadRequest(found["found"], remedy=found["remedy"])
    if found["status"] == Standing.UNKNOWN:
        raise UnknownName(found["found"], remedy=found["remedy"])
    return found


@dataclass(frozen=True, slots=True)
class _Finder:
    """A connection, and the directories that can be asked through it."""

    connection: Connection
    catalogue: Catalogue
    directories: Mapping[int, Directory]
    by_point: frozenset[str]

    @classmethod
    def on(cls, connection: Connection, catalogue: Catalogue) -> _Finder:
        directories = store.directories(connection)
        if not directories:
            raise NotPublished(
                "no directory of postcodes is loaded",
                remedy="lris load postcode_directory FILE, or lris load code_point_open FILE",
            )
        drawn = frozenset(areas_store.published_editions(connection))
        return cls(
            connection,
            catalogue,
            {one.delivery_id: one for one in directories},
            drawn & frozenset(catalogue.vintages),
        )

    @property
    def vintages(self) -> list[str]:
        """The vintages that areas can be found in."""
        carried = {name for one in self.directories.values() for name in one.vintages}
        return sorted((carried & set(self.catalogue.vintages)) | self.by_point)

    def find(self, asked: Sequence[str]) -> list[dict[str, Any]]:
        """The answers, each text's own."""
        written = [tight(text) for text in asked]
        stated: dict[str, list[Row]] = {}
        for row in store.postcodes(self.connection, {one for one in written if one}):
            stated.setdefault(row["postcode"], []).append(row)
        places = {key: self._place(rows) for key, rows in stated.items()}
        self._add_by_point(places)
        ids = {area for place in places.values() for area, *_ in place.areas.values()}
        named = store.named_areas(self.connection, ids)
        _add_degrees(places)
        return [
            self._answer(text, key, places[key], named)
            if key in places
            else _nothing(text, key, self.directories.values())
            for text, key in zip(asked, written, strict=True)
        ]

    def _place(self, rows: Sequence[Row]) -> _Place:
        """What the directories, newest first, say of one postcode."""
        place = _Place()
        for row in rows:
            directory = self.directories[row["delivery_id"]]
            for vintage, area in zip(directory.vintages, row["areas"], strict=True):
                if area and vintage in self.catalogue.vintages:
                    place.areas.setdefault(vintage, (area, "directory", directory.source))
            if row["x"] is not None and place.x is None:
                place.x, place.y, place.quality = row["x"], row["y"], row["quality"]
                place.pointed_by = directory
            place.introduced = place.introduced or row["introduced"]
            place.said_by.append(directory)
        newest = rows[0]
        place.ended = newest["ended"]
        return place

    def _add_by_point(self, places: Mapping[str, _Place]) -> None:
        wanting = {
            key: place
            for key, place in places.items()
            if place.x is not None and self.by_point - set(place.areas)
        }
        rows = store.areas_at(
            self.connection,
            list(wanting),
            [float(place.x or 0) for place in wanting.values()],
            [float(place.y or 0) for place in wanting.values()],
        )
        for row in rows:
            if row["vintage"] in self.by_point:
                place = wanting[row["key"]]
                by = place.pointed_by.source if place.pointed_by else ""
                place.areas.setdefault(row["vintage"], (row["id"], "point", by))

    def _answer(
        self, text: str, key: str, place: _Place, named: Mapping[int, Row]
    ) -> dict[str, Any]:
        directory = place.pointed_by or place.said_by[0]
        return {
            "asked": text,
            "postcode": spaced(key),
            "status": (Standing.ENDED if place.ended else Standing.FOUND).value,
            "introduced": _month(place.introduced),
            "ended": _month(place.ended),
            "location": place.location,
            "precision": self.catalogue.source(directory.source).precision,
            "quality": place.quality,
            "areas": [
                _area(self.catalogue, named[area], route, source)
                for _, (area, route, source) in sorted(place.areas.items())
            ],
            "directories": [_card(self.catalogue, one) for one in dict.fromkeys(place.said_by)],
        }


@dataclass(slots=True)
class _Place:
    """One postcode as the directories together have it; `areas` are id, route, source."""

    areas: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    x: float | None = None
    y: float | None = None
    quality: int | None = None
    introduced: Any = None
    ended: Any = None
    location: dict[str, float] | None = None
    pointed_by: Directory | None = None
    said_by: list[Directory] = field(default_factory=list)


def _add_degrees(places: Mapping[str, _Place]) -> None:
    pointed = [place for place in places.values() if place.x is not None]
    longitude, latitude = from_grid(
        np.array([place.x for place in pointed], dtype=np.float64),
        np.array([place.y for place in pointed], dtype=np.float64),
    )
    for place, lon, lat in zip(pointed, longitude, latitude, strict=True):
        place.location = {
            "longitude": round(float(lon), 6),
            "latitude": round(float(lat), 6),
            "easting": float(place.x or 0),
            "northing": float(place.y or 0),
        }


def _area(catalogue: Catalogue, row: Row, route: str, source: str) -> dict[str, Any]:
    return {
        "vintage": row["vintage"],
        "level": catalogue.vintage(row["vintage"]).level.value,
        "code": row["code"],
        "name": row["name"] or row["code"],
        "aliases": row["aliases"],
        "id": row["id"],
        "route": route,
        "source": source,
    }


def _card(catalogue: Catalogue, directory: Directory) -> dict[str, Any]:
    source = catalogue.source(directory.source)
    return {
        "source": source.id,
        "title": source.title,
        "edition": directory.edition,
        "part": directory.partition,
        "publisher": directory.publisher,
        "licence": directory.licence,
        "attribution": source.attribution,
        "caveats": list(source.caveats),
    }


def _nothing(text: str, key: str | None, directories: Iterable[Directory]) -> dict[str, Any]:
    if key is None:
        found, remedy = amiss(text)
        status = Standing.MALFORMED if text.strip() else Standing.BLANK
        return {"asked": text, "status": status.value, "found": found, "remedy": remedy}
    editions = ", ".join(sorted({f"{one.source} {one.edition}" for one in directories}))
    return {
        "asked": text,
        "postcode": spaced(key),
        "status": Standing.UNKNOWN.value,
        "found": f"no directory that is loaded has {spaced(key)} ({editions})",
        "remedy": UNKNOWN_REMEDY,
    }


def _month(day: Any) -> str | None:  # noqa: ANN401
    return f"{day:%Y-%m}" if day else None


# ---------------------------------------------------------------- a whole file

AT_A_TIME = 5_000

OWN_COLUMNS = ("postcode", "status", "ended", "easting", "northing")
"""What is added to each row before the codes, each name with `lris_` before it."""


@dataclass(slots=True)
class Reconciled:
    """What became of the rows of a file: `rows` is the sum of the others."""

    rows: int = 0
    found: int = 0
    ended: int = 0
    unknown: int = 0
    malformed: int = 0
    blank: int = 0


def lookup_file(reader: Reader, viewer: Viewer, path: Path, column: str, out: TextIO) -> Reconciled:
    """Write a CSV file again with the areas of the postcodes in `column`, a row for each row.

    The file's own columns stay as they are, but for cells that a spreadsheet would run as a
    formula, which get an apostrophe before them. Added are the status and the location, a column
    with the codes of each vintage, and `lris_by_point`: the vintages whose area was found by the
    postcode's point and not stated by a directory. Read and written as a stream. Raises
    `FileFault`.
    """
    counted = Reconciled()
    with (
        path.open(encoding="utf-8-sig", newline="") as lines,
        reader.doors.reading(viewer) as connection,
    ):
        finder = _Finder.on(connection, reader.catalogue)
        rows = _rows(csv.reader(lines, strict=True), path)
        header = next(rows, [])
        at = _column_at(header, column, path)
        writer = csv.writer(out, lineterminator="\r\n")
        added = [*(f"lris_{name}" for name in OWN_COLUMNS), *finder.vintages, "lris_by_point"]
        writer.writerow([safe_cell(cell) for cell in [*header, *added]])
        while some := list(islice(rows, AT_A_TIME)):
            found = finder.find([row[at] for row in some])
            for row, answer in zip(some, found, strict=True):
                writer.writerow(safe_cell(cell) for cell in [*row, *_cells(answer, finder)])
                counted.rows += 1
                setattr(counted, answer["status"], getattr(counted, answer["status"]) + 1)
    return counted


def _cells(answer: Row, finder: _Finder) -> Iterator[str]:
    location = answer.get("location") or {}
    areas = {one["vintage"]: one for one in answer.get("areas", ())}
    yield answer.get("postcode", "")
    yield answer["status"]
    yield answer.get("ended") or ""
    for name in ("easting", "northing"):
        yield f"{location[name]:g}" if name in location else ""
    for vintage in finder.vintages:
        yield areas[vintage]["code"] if vintage in areas else ""
    yield " ".join(name for name, one in areas.items() if one["route"] == "point")


_FORMULA = re.compile(r"^[=+\-@\t\r]")
_NUMBER = re.compile(r"^[+-]?[0-9.,]+%?$")


def safe_cell(text: str) -> str:
    """A cell that no spreadsheet runs: what looks like a formula gets an apostrophe before it."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.match(text) else text


def _rows(reader: Any, path: Path) -> Iterator[list[str]]:  # noqa: ANN401
    """The rows of a CSV file, all as long as its header; blank lines are left out."""
    width = 0
    try:
        for row in reader:
            if not row:
                continue
            width = width or len(row)
            if len(row) != width:
                raise FileFault(
                    Spot(path.name, reader.line_num),
                    f"the row has {len(row)} cells",
                    expected=f"{width}, as the header has",
                    remedy="look at the row: a comma or a quotation mark may be missing",
                )
            yield row
    except (csv.Error, UnicodeDecodeError) as fault:
        raise FileFault(
            Spot(path.name, reader.line_num + 1),
            f"it cannot be read as CSV: {fault}",
            expected="a CSV file with a header, in UTF-8",
            remedy="save it as CSV UTF-8",
        ) from fault


def _column_at(header: Sequence[str], column: str, path: Path) -> int:
    found = [at for at, name in enumerate(header) if name.strip() == column.strip()]
    if len(found) != 1:
        raise FileFault(
            Spot(path.name, 1),
            f"{'no' if not found else 'more than one'} column is called {column!r}",
            expected=f"one of: {', '.join(header)}" if header else "a header",
            remedy="say which column has the postcodes: --column NAME",
        )
    return found[0]


def reconciled(counted: Reconciled) -> str:
    """The counts in a sentence."""
    parts = {name: number for name, number in asdict(counted).items() if name != "rows"}
    told = " + ".join(f"{number:,} {name}" for name, number in parts.items())
    return f"{counted.rows:,} rows = {told}"
