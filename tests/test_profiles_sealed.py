"""Profiles made ready at publication: the same as those made when asked, and served as they lie."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from api.app import create_app
from lris.catalogue import Catalogue
from lris.cli.serving import make_profiles_ready
from lris.errors import UnknownName
from lris.opening import Opened
from lris.profiles import SealReport, packed, profile, profile_bytes, seal_profiles
from lris.progress import QUIET
from lris.publish import publish
from lris.session import Doors
from lris.settings import Settings
from lris.terms import PUBLIC, Access, AreaCode, Viewer
from tests import town as t
from tests.town import Town, a_town, code

FIRST = AreaCode("lsoa_2011", code(1))
ADDRESS = f"/profiles/lsoa_2011/{code(1)}"


def ready(town: Town) -> SealReport:
    return seal_profiles(town.doors, town.catalogue, actor="clerk", because="a test")


@pytest.fixture(scope="module")
def town(template: tuple[str, str], catalogue: Catalogue, tmp_path_factory) -> Iterator[Town]:
    """The whole town with its profiles ready; tests only read it."""
    with a_town(template, catalogue, tmp_path_factory.mktemp("ready")) as made:
        made.whole()
        ready(made)
        yield made


@pytest.fixture(scope="module")
def client(town: Town, tmp_path_factory) -> Iterator[TestClient]:
    with TestClient(create_app(town.reader, tmp_path_factory.mktemp("unbuilt"))) as asking:
        yield asking


def stored(town: Town) -> dict[str, tuple[str, bytes]]:
    """By area the state and the body of what lies ready."""
    return {
        f"{vintage}/{name}": (state, bytes(body))
        for vintage, name, state, body in town.ask(
            "SELECT a.vintage, a.code, p.state, p.body FROM profile_body p"
            " JOIN area a ON a.id = p.area_id"
        )
    }


def replace_body(town: Town, content: object) -> None:
    """Put another body in place of the first square's, to see who is served it."""
    with town.doors.writing("a tester", "to be found") as door:
        door.connection.execute(
            text(
                "UPDATE profile_body SET body = :body WHERE area_id ="
                " (SELECT id FROM area WHERE vintage = 'lsoa_2011' AND code = :code)"
            ),
            {"body": packed(content), "code": code(1)},
        )
        door.record("replace", "a body")


def served(town: Town) -> object:
    return json.loads(gzip.decompress(profile_bytes(town.reader, PUBLIC, FIRST).gzipped()))


def test_every_area_of_the_published_levels_has_one_and_it_is_what_profile_makes(town: Town):
    bodies = stored(town)
    levels = {which.partition("_")[0] for which in bodies}
    assert levels == {"lsoa", "msoa", "ward", "lad", "region"}
    assert sum(which.startswith("lsoa_2011/") for which in bodies) == 12
    for which, (_, body) in bodies.items():
        alone = profile(town.reader, PUBLIC, AreaCode(*which.split("/")))
        assert gzip.decompress(body) == gzip.decompress(packed(alone)), which


def test_making_them_ready_again_changes_nothing(town: Town):
    before = stored(town)
    report = ready(town)
    assert report.profiles == len(before)
    assert report.bytes == 0
    assert stored(town) == before


def test_an_unknown_area_has_no_body(town: Town):
    found = profile_bytes(town.reader, PUBLIC, AreaCode("lsoa_2011", "E01999999"))
    with pytest.raises(UnknownName):
        found.gzipped()


# ---------------------------------------------------------------- over HTTP


def test_the_body_is_served_as_it_lies(client: TestClient, town: Town):
    with client.stream("GET", ADDRESS, headers={"Accept-Encoding": "gzip"}) as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert raw == stored(town)[str(FIRST)][1]


def test_who_takes_no_gzip_gets_it_unpacked(client: TestClient, town: Town):
    for header in ("identity", "br"):
        answer = client.get(ADDRESS, headers={"Accept-Encoding": header})
        assert "content-encoding" not in answer.headers
        assert answer.json() == json.loads(packed_now(town))


def packed_now(town: Town) -> bytes:
    return gzip.decompress(packed(profile(town.reader, PUBLIC, FIRST)))


def test_what_a_client_has_is_not_sent_again(client: TestClient):
    first = client.get(ADDRESS)
    assert first.headers["vary"].startswith("Accept, Accept-Encoding")
    again = client.get(ADDRESS, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("format", "accept", "opening"),
    [
        ("html", "text/html", b"<!doctype html>"),
        ("pdf", "application/pdf", b"%PDF-"),
        (
            "xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            b"PK\x03\x04",
        ),
    ],
)
def test_a_profile_is_a_page_a_pdf_or_a_workbook_too(
    client: TestClient, format: str, accept: str, opening: bytes
):
    asked = client.get(ADDRESS, params={"format": format})
    assert asked.status_code == 200, asked.text
    assert asked.headers["content-type"].startswith(accept)
    assert asked.content[: len(opening)].lower() == opening.lower()
    accepted = client.get(ADDRESS, headers={"Accept": f"{accept}, application/json;q=0.5"})
    assert accepted.headers["content-type"] == asked.headers["content-type"]
    assert f".{format}" in accepted.headers["content-disposition"]


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/*;q=0.8", "image/png"])
def test_json_is_what_is_given_otherwise(client: TestClient, accept: str):
    answer = client.get(ADDRESS, headers={"Accept": accept})
    assert answer.headers["content-type"] == "application/json"


def test_each_format_has_a_tag_of_its_own(client: TestClient):
    tags = {client.get(ADDRESS, params={"format": one}).headers["etag"] for one in ("json", "html")}
    tags.add(client.get(ADDRESS, headers={"Accept": "text/html"}).headers["etag"])
    assert len(tags) == 3


def test_an_unknown_format_is_refused_by_name(client: TestClient):
    answer = client.get(ADDRESS, params={"format": "docx"})
    assert answer.status_code == 400
    assert "docx" in answer.text or "format" in answer.text


# ---------------------------------------------------------------- what changes


@pytest.fixture
def changing(template: tuple[str, str], catalogue: Catalogue, tmp_path_factory) -> Iterator[Town]:
    """A little of the town with its profiles ready, to be changed."""
    with a_town(template, catalogue, tmp_path_factory.mktemp("changing")) as made:
        made.draw("lsoa_2011")
        made.census()
        made.seal()
        ready(made)
        yield made


def test_a_body_is_served_for_as_long_as_nothing_changed(changing: Town):
    replace_body(changing, {"lies": "ready"})
    assert served(changing) == {"lies": "ready"}
    changing.draw("lsoa_2021")
    assert served(changing) == profile(changing.reader, PUBLIC, FIRST)


def test_a_new_release_has_bodies_of_its_own(changing: Town):
    replace_body(changing, {"lies": "ready"})
    changing.estimates()
    changing.seal("another")
    fresh = served(changing)
    assert fresh != {"lies": "ready"}
    assert ready(changing).profiles > 0
    assert served(changing) == fresh
    assert {one for (one,) in changing.ask("SELECT DISTINCT release FROM profile_body")} == {2}


def test_publishing_with_a_catalogue_makes_them_ready_and_says_how_many(changing: Town):
    report = publish(changing.doors, actor="clerk", because="again", catalogue=changing.catalogue)
    assert (report.changed, report.profiles) == (False, len(stored(changing)))
    changing.estimates()
    changing.seal("another")
    report = publish(changing.doors, actor="clerk", because="again", catalogue=changing.catalogue)
    assert report.profiles == len(stored(changing)) > 12


def test_a_body_of_a_narrower_circle_is_seen_by_that_circle_alone(changing: Town):
    with changing.doors.writing("a tester", "for analysts") as door:
        door.connection.execute(
            text(
                "INSERT INTO profile_body (release, area_id, access, state, body)"
                " SELECT release, area_id, 3, state, :body FROM profile_body WHERE access = 0"
            ),
            {"body": packed({"for": "analysts"})},
        )
        door.record("add", "bodies")
    analyst = Viewer("an analyst", Access.ANALYST)
    found = profile_bytes(changing.reader, analyst, FIRST).gzipped()
    assert json.loads(gzip.decompress(found)) == {"for": "analysts"}
    assert served(changing) == profile(changing.reader, PUBLIC, FIRST)


def test_where_no_district_is_known_areas_are_ranked_among_all_of_their_kind(
    doors, catalogue: Catalogue, tmp_path
):
    made = Town(doors, t.small(catalogue), tmp_path)
    made.draw("lsoa_2011")
    made.estimates()
    made.seal()
    found = profile(made.reader, PUBLIC, FIRST)
    (rank,) = (
        one["rank"]
        for section in found["sections"]
        for one in section["figures"]
        if one["indicator"] == "population"
    )
    assert (rank["position"], rank["of"], rank["among"]) == (12, 12, "LSOAs of 2011")


@pytest.mark.parametrize("leaving", [False, True])
def test_profiles_are_made_ready_behind_a_service_all_or_none(
    doors: Doors, catalogue: Catalogue, tmp_path: Path, leaving: bool
):
    made = Town(doors, t.small(catalogue), tmp_path)
    made.draw("lsoa_2011")
    made.census()
    made.crimes("2018-10", t.OCTOBER)
    made.seal("to be made ready")
    stopped = Event()
    if leaving:
        stopped.set()
    make_profiles_ready(Opened(Settings(), made.catalogue, doors, QUIET), stopped)
    [(bodies,)] = made.ask("SELECT count(*) FROM profile_body")
    [(areas,)] = made.ask("SELECT count(DISTINCT area_id) FROM figure")
    assert areas > 12
    assert bodies == (0 if leaving else areas)
