"""`lris pack`, `lris indicator` and `lris profile --out`, as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lris.cli import app
from lris.errors import BadRequest
from lris.settings import Settings
from tests import town as t
from tests.town import Town


@pytest.fixture
def typed(town: Town, tmp_path: Path, monkeypatch):
    """Type a command against the town, in a folder of its own."""
    url = town.doors.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("LRIS_DATABASE_URL", url)
    monkeypatch.setenv("LRIS_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    assert Settings.from_environment()

    def run(*words: str) -> str:
        done = CliRunner().invoke(app, list(words), catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.stdout

    return run


def test_a_pack_is_written_under_its_own_name(typed, tmp_path: Path):
    said = typed("pack", "ward_2019/E05900002")
    file = tmp_path / "pack-ward_2019-E05900002.pdf"
    assert file.read_bytes().startswith(b"%PDF-")
    assert said == f"{file.name} written ({file.stat().st_size:,} bytes)\n"


def test_an_indicator_is_a_page_or_json(typed, tmp_path: Path):
    typed("indicator", "crime_rate_residents", "--vintage", "lsoa_2011", "--out", "rate.html")
    assert (tmp_path / "rate.html").read_text("utf-8").startswith("<!doctype html>")
    told = json.loads(typed("indicator", "crime_rate_residents", "--json"))
    assert told["id"] == "crime_rate_residents"


@pytest.mark.parametrize(
    ("ending", "begins"), [("html", b"<!doctype"), ("pdf", b"%PDF-"), ("xlsx", b"PK")]
)
def test_a_profile_is_written_in_the_format_of_the_files_name(
    typed, tmp_path: Path, ending: str, begins: bytes
):
    typed("profile", f"lsoa_2011/{t.code(1)}", "--out", f"one.{ending}")
    assert (tmp_path / f"one.{ending}").read_bytes().startswith(begins)


def test_a_file_of_an_unknown_format_is_refused(typed):
    with pytest.raises(BadRequest, match="in no format") as fault:
        typed("profile", f"lsoa_2011/{t.code(1)}", "--out", "one.docx")
    assert ".html, .pdf, .xlsx" in fault.value.remedy
