"""`lris neighbourhood`, `compare`, `before-after` and `gap`, typed as a person would."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import make_url
from typer.testing import CliRunner

from lris.catalogue import Catalogue
from lris.cli import app
from lris.errors import BadRequest
from tests import town as t
from tests.rules.test_drawn import in_degrees
from tests.test_profiles import index_file
from tests.town import a_town, code

Lris = Callable[..., Result]


@pytest.fixture(scope="module")
def lris(template: tuple[str, str], catalogue: Catalogue, tmp_path_factory) -> Iterator[Lris]:
    """The command on the town with its ranks of deprivation."""
    with a_town(template, catalogue, tmp_path_factory.mktemp("town")) as town:
        town.whole()
        town.load("iod_2019", index_file(town.folder))
        town.seal("with ranks")
        address = make_url(str(town.doors.engine.url)).set(password=town.doors.engine.url.password)
        url = address.render_as_string(hide_password=False)

        def run(*words: object) -> Result:
            return CliRunner().invoke(app, [*map(str, words)], env={"LRIS_DATABASE_URL": url})

        yield run


def told(done: Result) -> dict:
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_a_neighbourhood_is_made_shown_and_listed(lris: Lris):
    codes = f"{code(1)},{code(2)}"
    made = told(
        lris(
            *("neighbourhood", "make", "--codes", codes, "--vintage", "lsoa_2011"),
            *("--name", "Riverside", "--json"),
        )
    )
    shown = lris("neighbourhood", "show", made["token"])
    assert shown.exit_code == 0
    assert "Riverside" in shown.stdout
    assert f"of {code(1)}, {code(2)}" in shown.stdout
    assert f"{made['token']}  lsoa_2011" in lris("neighbourhood", "list").stdout


def test_a_line_is_read_from_a_file(lris: Lris, tmp_path: Path):
    path = tmp_path / "line.geojson"
    path.write_text(json.dumps(in_degrees(t.rectangle(0, 0, 1.6, 1))))
    made = told(lris("neighbourhood", "make", "--polygon", path, "--json"))
    assert [one["code"] for one in made["blocks"] if one["taken"]] == [code(1), code(2)]
    path.write_text("{")
    refused = lris("neighbourhood", "make", "--polygon", path)
    assert isinstance(refused.exception, BadRequest)
    assert "cannot be read as GeoJSON" in str(refused.exception)


def test_areas_are_compared_in_words(lris: Lris):
    shown = lris("compare", f"lsoa_2011/{code(1)}", f"lsoa_2011/{code(2)}")
    assert shown.exit_code == 0
    assert "Townham 001; Townham 002" in shown.stdout
    assert "no clear difference" in shown.stdout


def test_a_change_is_told_in_a_sentence(lris: Lris):
    shown = lris(
        *("before-after", f"lsoa_2011/{code(1)}", "crime_rate_residents"),
        *("--category", "burglary", "--before", "2018-10", "--after", "2018-12"),
    )
    assert shown.exit_code == 0
    assert "Townham 001 0.50 times" in shown.stdout
    assert "mostly falls by itself" in shown.stdout


def test_a_gap_is_told_period_by_period(lris: Lris):
    shown = lris("gap", "crime_rate_residents", "--category", "all-crime")
    assert shown.exit_code == 0
    assert "The gap: " in shown.stdout
    assert "  2018-10: " in shown.stdout
