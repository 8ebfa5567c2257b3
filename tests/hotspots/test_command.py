"""`lris hotspots` asks what the service is asked, and may ask of partners' sources for a reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lris.cli import app
from lris.errors import BadRequest, NotShared
from tests.hotspots.city import CITY, City

ASKED = ("--within", CITY, "--from", "2021-01", "--to", "2021-03", "--category", "burglary")


def lris(city: City, *words: object) -> str:
    url = city.reader.doors.engine.url.render_as_string(hide_password=False)
    done = CliRunner().invoke(
        app,
        ["hotspots", *map(str, words)],
        env={"LRIS_DATABASE_URL": url, "LRIS_ACTOR": "an analyst"},
    )
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_reading_is_printed(city: City):
    said = lris(city, "gi_star", *ASKED)
    assert "squares of 250 m of Vellmouth are significantly high" in said
    assert "have no location" in said


@pytest.mark.parametrize("ending", ["geojson", "json", "csv", "png", "html", "tif"])
def test_an_answer_is_written_as_the_ending_says(city: City, tmp_path: Path, ending: str):
    out = tmp_path / f"burglary.{ending}"
    told = json.loads(lris(city, "kde", *ASKED, "--out", out, "--json"))
    assert told["file"] == str(out)
    assert told["parameters"]["bandwidth_m"] > 0
    assert out.stat().st_size > 500


def test_a_polygon_in_a_file_is_a_study_area(city: City, tmp_path: Path):
    file = tmp_path / "area.geojson"
    west, south, east, north = 1.15, 54.04, 1.22, 54.09
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    file.write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}))
    told = json.loads(lris(city, "counts", "--polygon", file, *ASKED[2:], "--json"))
    assert told["parameters"]["place"] == "the area drawn"
    file.write_text("{")
    with pytest.raises(BadRequest, match="cannot be read"):
        lris(city, "counts", "--polygon", file, *ASKED[2:])


def test_a_partners_source_needs_a_reason_and_its_file_is_for_its_owner(city: City, tmp_path: Path):
    asked = ("--source", "partner_police_crimes", *ASKED[:-1], "burglary-in-a-dwelling")
    with pytest.raises(NotShared):
        lris(city, "counts", *asked)
    out = tmp_path / "clock.csv"
    lris(city, "hot_clock", *asked, "--because", "a test", "--out", out)
    assert out.stat().st_mode & 0o077 == 0
    assert out.read_text().startswith("weekday,hour,incidents")


def test_an_ending_that_is_none_is_refused(city: City, tmp_path: Path):
    with pytest.raises(BadRequest, match="no known kind"):
        lris(city, "counts", *ASKED, "--out", tmp_path / "map.gif")
