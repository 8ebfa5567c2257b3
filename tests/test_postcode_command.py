"""`lris postcode`: some on the command line, or a file of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lris.catalogue import Catalogue
from lris.cli import app
from lris.errors import BadRequest
from lris.session import Doors
from tests import directory as d
from tests import town as t
from tests.town import Town, code


@pytest.fixture
def lris(doors: Doors, database_url: str, catalogue: Catalogue, tmp_path: Path):
    """The command on a town with both directories."""
    town = Town(doors, t.small(catalogue), tmp_path)
    town.draw("lsoa_2011")
    town.load("code_point_open", d.points_file(tmp_path))

    def run(*words: object):
        return CliRunner().invoke(
            app, ["postcode", *map(str, words)], env={"LRIS_DATABASE_URL": database_url}
        )

    return run


def test_postcodes_are_found_whether_or_not_they_are_quoted(lris):
    shown = lris("TS1", "1AA", "ts12aa", "TS9 9ZZ")
    assert shown.exit_code == 0
    assert f"{code(1)}   " in shown.stdout
    assert f"{code(2)}   " in shown.stdout
    assert "[by point]" in shown.stdout
    assert "✗ no directory that is loaded has TS9 9ZZ" in shown.stdout
    told = json.loads(lris("TS1 1AA", "--json").stdout)
    assert told["postcodes"][0]["postcode"] == "TS1 1AA"


def test_a_file_is_written_again_with_codes_and_every_row_is_accounted_for(lris, tmp_path: Path):
    asked, out = tmp_path / "asked.csv", tmp_path / "out.csv"
    asked.write_text("id,where\n1,TS1 1AA\n2,nowhere\n")
    counted = lris("--file", asked, "--column", "where", "--out", out, "--json")
    assert json.loads(counted.stdout)["rows"] == {
        "rows": 2,
        "found": 1,
        "ended": 0,
        "unknown": 0,
        "malformed": 1,
        "blank": 0,
    }
    lines = out.read_text().splitlines()
    assert lines[0].startswith("id,where,lris_postcode,lris_status")
    assert code(1) in lines[1]
    streamed = lris("--file", asked, "--column", "where")
    assert code(1) in streamed.stdout
    assert "2 rows = 1 found" in streamed.stderr


def test_neither_or_both_is_a_mistake_that_is_told(lris):
    assert isinstance(lris().exception, BadRequest)
    assert isinstance(lris("TS1 1AA", "--file", "x.csv").exception, BadRequest)
