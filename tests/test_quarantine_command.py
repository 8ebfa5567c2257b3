"""The verbs of quarantine and of quality, as a person or a script meets them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lris.cli import app
from lris.settings import PROJECT

NOISE = "points_with_date_and_category"


@pytest.fixture
def run(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A machine with a database of its own, and a manifest that sets bad dates aside."""
    folder = shutil.copytree(PROJECT / "geodata", tmp_path / "geodata")
    path = folder / "sources" / f"{NOISE}.toml"
    aside = 'role = "date", on_fault = "quarantine", because = "typed by hand",'
    path.write_text(path.read_text().replace('role = "date",', aside))
    monkeypatch.setenv("LRIS_DATABASE_URL", database_url)
    monkeypatch.setenv("LRIS_GEODATA", str(folder))
    monkeypatch.setenv("LRIS_HOME", str(tmp_path))
    monkeypatch.setenv("LRIS_ACTOR", "the clerk")
    noise = tmp_path / "noise.csv"
    noise.write_text(
        "reference,date,category,easting,northing\n"
        "a1,2018-10-03,Noise,360500,170500\n"
        "a2,yesterday,Noise,360500,170500\n"
        "a3,today,Graffiti,360500,170500\n"
    )

    def ask(*words: object, code: int = 0) -> str:
        done = CliRunner().invoke(app, [str(word) for word in words])
        assert done.exit_code == code, done.output
        return done.stdout

    ask("load", NOISE, noise)
    return ask


def test_rows_set_aside_go_out_come_back_and_are_dismissed_by_command(run, tmp_path: Path):
    counted = run("quarantine", "list")
    assert "2 waiting" in counted
    assert "not_a_date" in counted
    assert "line 3" in run("quarantine", "show", 1, "--row", 1)
    out = tmp_path / "mend.csv"
    assert "--corrected" in run("quarantine", "export", 1, out, "--because", "to mend")
    out.write_text(out.read_text("utf-8-sig").replace(",yesterday,", ",2018-10-04,"))
    told = run("quarantine", "replay", 1, "--corrected", out, "--because", "asked", "--json")
    assert json.loads(told)["replayed"] == 1
    again = run("quarantine", "replay", 1, "--corrected", out, "--because", "asked")
    assert "1 rows read again = 0 loaded + 1 still set aside" in again
    assert "1 rows dismissed" in run("quarantine", "dismiss", 1, "--because", "a test entry")
    states = json.loads(run("quarantine", "list", "--json"))["states"]
    assert states == {"replayed": 1, "dismissed": 1}
    (row,) = json.loads(run("quarantine", "show", 1, "--row", 2, "--json"))["rows"]
    assert (row["decided_by"], row["because"]) == ("the clerk", "a test entry")


def test_an_export_without_a_reason_is_not_written(run, tmp_path: Path):
    run("quarantine", "export", 1, tmp_path / "mend.csv", code=2)
    assert not (tmp_path / "mend.csv").exists()


def test_the_card_is_printed_in_words_and_as_json(run):
    said = run("quality", NOISE)
    assert "! set aside: rows set aside: 2 of 3 (66.7%); at most 1.0% is expected" in said
    (source,) = json.loads(run("quality", "--json"))["sources"]
    assert source["status"].startswith("needs a look")
    assert json.loads(run("quality", NOISE, "--delivery", 1, "--json"))["sources"][0]["id"] == NOISE
