"""What cannot be answered is refused with the same sentence and way out, over HTTP and typed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import shapely
from fastapi.testclient import TestClient
from sqlalchemy import make_url
from typer.testing import CliRunner

from api.app import create_app
from lris.catalogue import Catalogue
from lris.cli import app
from lris.errors import BadRequest
from lris.profiles import profile
from lris.terms import PUBLIC, AreaCode, Reason
from tests import town as t
from tests.rules.test_drawn import in_degrees
from tests.test_profiles import index_file
from tests.town import Crime, Town, a_town, code

FIRST = f"lsoa_2011/{code(1)}"
BURGLARY = ("crime_rate_residents", "burglary")


@pytest.fixture(scope="module")
def town(template: tuple[str, str], catalogue: Catalogue, tmp_path_factory) -> Iterator[Town]:
    """The town with its ranks of deprivation, sealed; tests only read it."""
    with a_town(template, catalogue, tmp_path_factory.mktemp("town")) as made:
        made.whole()
        made.load("iod_2019", index_file(made.folder))
        made.seal("with ranks")
        yield made


@pytest.fixture(scope="module")
def client(town: Town, tmp_path_factory) -> Iterator[TestClient]:
    with TestClient(create_app(town.reader, tmp_path_factory.mktemp("unbuilt"))) as asking:
        yield asking


def typed(town: Town, *words: str) -> BadRequest:
    """The refusal of a command."""
    known = town.doors.engine.url
    url = make_url(str(known)).set(password=known.password).render_as_string(hide_password=False)
    done = CliRunner().invoke(app, list(words), env={"LRIS_DATABASE_URL": url})
    assert isinstance(done.exception, BadRequest), done.output
    return done.exception


def refused(answer: Any) -> tuple[str, str]:
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("application/problem+json")
    body = answer.json()
    return body["detail"], body["remedy"]


# ---------------------------------------------------------------- lines

EAST, NORTH = t.WEST, t.SOUTH


def line(*corners: tuple[float, float]) -> dict[str, Any]:
    """A line by its corners in kilometres from the town's own."""
    metres = [(EAST + 1_000 * x, NORTH + 1_000 * y) for x, y in corners]
    return in_degrees(shapely.Polygon(metres))


LINES = {
    "crosses itself": (
        line((0, 0), (2, 2), (0, 2), (2, 0)),
        "the line crosses itself at",
        "draw the line again so that it goes round once without crossing itself",
    ),
    "smaller than a block": (
        line((0.1, 0.1), (0.13, 0.1), (0.13, 0.13), (0.1, 0.13)),
        "the line takes in no whole block: of Townham 001 it has less than 1 %",
        f"draw it larger, or name the block: codes ['{code(1)}']",
    ),
    "whole country": (
        {"type": "Polygon", "coordinates": [[[-6, 50], [2, 50], [2, 56], [-6, 56], [-6, 50]]]},
        "square kilometres",
        "whole regions and countries have profiles of their own",
    ),
}


@pytest.mark.parametrize("name", LINES)
def test_a_line_that_makes_no_neighbourhood_is_refused(
    town: Town, client: TestClient, tmp_path: Path, name: str
):
    polygon, says, remedy = LINES[name]
    told, way_out = refused(client.post("/profiles", json={"polygon": polygon}))
    assert says in told
    assert remedy in way_out
    file = tmp_path / "line.geojson"
    file.write_text(json.dumps(polygon))
    same = typed(town, "neighbourhood", "make", "--polygon", str(file))
    assert (same.message, same.remedy) == (told, way_out)


# ---------------------------------------------------------------- periods and ranks

COMPARED = {
    "a month beside a quarter": (
        (*BURGLARY, "2018-10", "2018-Q4"),
        "2018-10 has 31 days and 2018-Q4 92",
        "compare periods of one length",
    ),
    "a period beside itself": ((*BURGLARY, "2018-10", "2018-10"), "2018-10", "earlier"),
    "the average of ranks": (
        ("imd_2019_rank", None, "2019", "2019"),
        "ranks, scores, deciles and medians of areas can be neither averaged nor subtracted",
        "choose a rate or a proportion",
    ),
}


@pytest.mark.parametrize("name", COMPARED)
def test_what_has_no_before_and_after_is_refused(town: Town, client: TestClient, name: str):
    (indicator, category, before, after), says, remedy = COMPARED[name]
    asked = {"indicator": indicator, "before": before, "after": after}
    asked |= {"category": category} if category else {}
    told, way_out = refused(client.get(f"/before-after/{FIRST}", params=asked))
    assert says in told
    assert remedy in way_out
    chosen = ("--category", category) if category else ()
    same = typed(
        town, "before-after", FIRST, indicator, "--before", before, "--after", after, *chosen
    )
    assert (same.message, same.remedy) == (told, way_out)


def test_ranks_have_no_gap_either(town: Town, client: TestClient):
    told, way_out = refused(client.get("/gaps/imd_2019_rank?vintage=lsoa_2011"))
    assert "neither averaged nor subtracted" in told
    same = typed(town, "gap", "imd_2019_rank")
    assert (same.message, same.remedy) == (told, way_out)


# ---------------------------------------------------------------- denominators


def rate_of(town: Town, which: str) -> dict[str, Any]:
    page = profile(town.reader, PUBLIC, AreaCode(*which.split("/")))
    (found,) = (
        one
        for section in page["sections"]
        for one in section["figures"]
        if (one["indicator"], one["category"]) == BURGLARY
    )
    return dict(found)


def test_nothing_is_divided_by_people_of_other_boundaries(
    template: tuple[str, str], catalogue: Catalogue, tmp_path: Path
):
    """Of the areas of 2021 nothing is counted, and no look-up says who of 2011 lives there."""
    with a_town(template, catalogue, tmp_path) as town:
        town.draw("lsoa_2011")
        town.draw("lsoa_2021")
        town.census()
        town.crimes("2018-10", [Crime(t.BURGLARY, 1, 500, 500)])
        town.seal()
        assert rate_of(town, FIRST)["value"] is not None
        told = rate_of(town, f"lsoa_2021/{code(1)}")
    assert (told["value"], told["reason"]) == (None, Reason.NO_DENOMINATOR)
    assert told["sentence"] == (
        "2018-10: there is nothing to divide by: no population of this area and boundary year, or"
        " none counted a year before."
    )
