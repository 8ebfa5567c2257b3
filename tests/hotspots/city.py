"""Fictional cities in databases of their own, with what was planted in them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from itertools import count
from pathlib import Path

import psycopg
import shapely
from sqlalchemy import make_url

from lris.boundaries import load_boundaries, publish_boundaries
from lris.catalogue import Catalogue
from lris.demo.feeds import write_incidents
from lris.demo.geography import make_geography
from lris.demo.people import make_people
from lris.demo.published_land import write_land
from lris.demo.published_people import write_people
from lris.demo.truths import Truth
from lris.derive import derive
from lris.figures import Reader
from lris.hotspots import Answer, Hotspots, understood
from lris.load import load
from lris.publish import publish
from lris.session import Doors
from lris.store import areas as areas_store
from lris.terms import PUBLIC, Viewer

CITY, NEIGHBOUR = "lad_2022/E06990001", "lad_2022/E06990002"
VINTAGES = ("lsoa_2011", "lsoa_2021", "lad_2022")
SOURCES = ("lsoa_2011_to_lsoa_2021", "police_street_crime")
RESIDENTS = "population_sape"
TODAY = date(2026, 1, 5)


@dataclass(frozen=True)
class City:
    """A city that can be asked."""

    hotspots: Hotspots
    truths: tuple[Truth, ...]

    @property
    def reader(self) -> Reader:
        return self.hotspots.reader

    def ask(
        self, method: str, viewer: Viewer = PUBLIC, because: str = "", **given: object
    ) -> Answer:
        """An answer; `start` stands for `from`."""
        asked = {"source": "police_street_crime", "within": CITY, **given}
        if "start" in asked:
            asked["from"] = asked.pop("start")
        if asked.get("polygon"):
            asked["within"] = None
        question = understood(self.reader.catalogue, viewer, method, asked)
        return self.hotspots.answer(viewer, question, because=because)

    def outline(self, within: str) -> shapely.Geometry:
        """The outline of an area, in metres."""
        vintage, code = within.split("/")
        with self.reader.doors.inspecting() as connection:
            edition = areas_store.published_editions(connection)[vintage]
            found = areas_store.edition_areas(connection, edition)
        return found.geometry[found.codes.index(code)]

    def planted(self, kind: str) -> list[Truth]:
        return [one for one in self.truths if one.kind == kind]


@contextmanager
def a_city(
    template: tuple[str, str],
    catalogue: Catalogue,
    folder: Path,
    seed: int,
    *,
    null: bool = False,
    also: tuple[str, ...] = (),
    people: bool = False,
) -> Iterator[City]:
    """The city of a seed, loaded; with `people` its residents are published too."""
    geography = make_geography(seed)
    write_land(geography, folder)
    truths = tuple(write_incidents(geography, folder, null=null))
    if people:
        write_people(geography, make_people(geography), folder)
    with a_database(template) as doors:
        for vintage in VINTAGES:
            load_boundaries(
                doors, catalogue, vintage, sorted((folder / vintage).iterdir()), actor="test"
            )
            publish_boundaries(doors, catalogue, vintage, actor="test")
        for source in (*SOURCES, *also, *([RESIDENTS] if people else [])):
            report = load(
                doors,
                catalogue,
                source,
                [folder / source],
                actor="test",
                part="the fictional city",
                today=TODAY,
            )
            assert report.faults == []
        if people:
            residents = {"population": catalogue.indicator("population")}
            derive(doors, replace(catalogue, indicators=residents), actor="test")
            publish(doors, actor="test", because="the city")
        yield City(Hotspots(Reader(doors, catalogue)), truths)


_NUMBERS = count()


@contextmanager
def a_database(template: tuple[str, str]) -> Iterator[Doors]:
    """A database of its own with every table, gone at the end."""
    url, source = template
    address = make_url(url)
    name = f"{source.replace('template', 'hotspots')}_{next(_NUMBERS)}"
    server = address.set(drivername="postgresql", database="postgres")
    plain = server.render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {source}")  # type: ignore[arg-type]
    doors = Doors(address.set(database=name).render_as_string(hide_password=False))
    try:
        yield doors
    finally:
        doors.close()
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[arg-type]
