"""`lris` as a person or a script meets it: help, JSON, exit codes, and a service that stops."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from typer.testing import CliRunner

from lris.cli import app
from lris.settings import PROJECT, Settings
from lris.store.cluster import describe

LRIS = [sys.executable, "-c", "from lris.cli import main; main()"]
HEADER = (
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,"
    "Crime type,Last outcome category,Context\n"
)
AVON = "2018-10,Avon and Somerset Constabulary,Avon and Somerset Constabulary"
STREET = (
    f"{HEADER}"
    f",{AVON},-2.594,51.452,On or near Park Street,E01014540,Bristol 054A,"
    "Anti-social behaviour,,\n"
    f",{AVON},-2.594,51.452,On or near Park Street,E01014540,Bristol 054A,"
    "Anti-social behaviour,,\n"
    f"{'a' * 64},{AVON},,,No Location,,,Burglary,Under investigation,\n"
)
TOTALS = ["rows_read", "loaded", "unplaced", "quarantined", "already_loaded", "superseded"]


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> dict[str, str]:
    """A machine whose database is this test's own."""
    return environment_of(tmp_path, LRIS_DATABASE_URL=database_url)


def environment_of(home: Path, **ours: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LRIS_")}
    wide = {"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"}
    return {**kept, **wide, "LRIS_HOME": str(home), "LRIS_ACTOR": "a test", **ours}


@pytest.fixture
def street(tmp_path: Path) -> Path:
    path = tmp_path / "2018-10-avon-and-somerset-street.csv"
    path.write_text(STREET)
    return path


def lris(environment: Mapping[str, str], *words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*LRIS, *map(str, words)], env=environment, cwd=PROJECT, capture_output=True, text=True
    )


def document(environment: Mapping[str, str], *words: object) -> Any:
    """The one JSON document that a verb prints."""
    done = lris(environment, *words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# ---------------------------------------------------------------- help

VERBS = {
    "up": ("--port", "--place", "--empty", "Ctrl-C"),
    "fetch": ("place", "hash", "--json"),
    "check": ("SOURCE", "FILE", "without keeping"),
    "load": ("SOURCE", "FILE", "--period", "whole or not at all", "set aside"),
    "boundaries": ("load", "publish", "draw", "list"),
    "boundaries load": ("--crs", "--grade", "--because", "GeoPackage"),
    "boundaries publish": ("edition", "--because"),
    "boundaries draw": ("smaller areas",),
    "boundaries list": ("--json",),
    "derive": ("figures", "publish"),
    "publish": ("--because", "release"),
    "status": ("published", "--json"),
    "sources": ("--json",),
    "profile": ("VINTAGE/CODE", "release", "--format", "--out"),
    "map": ("--vintage", "--period", "--category", "--within", "HTML"),
}


@pytest.mark.parametrize("verb", VERBS)
def test_help_teaches_what_a_verb_does_and_takes(verb: str) -> None:
    told = help_of(*verb.split(), "--help").lower()
    assert [word for word in VERBS[verb] if word.lower() not in told] == []


def test_every_verb_is_listed_with_the_variable_that_says_where_things_are() -> None:
    told = help_of("--help")
    names = set(re.findall(r"^│ (\w+) ", told, re.MULTILINE))
    assert names >= {verb for verb in VERBS if " " not in verb}
    assert "LRIS_HOME" in told


def test_asking_for_help_starts_and_makes_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert lris(environment_of(home), "up", "--help").returncode == 0
    assert not home.exists()


def help_of(*words: str) -> str:
    done = CliRunner().invoke(app, words, terminal_width=200, color=False)
    assert done.exit_code == 0
    return done.stdout


# ---------------------------------------------------------------- reports


def test_a_load_reports_its_deliveries_and_their_total_as_one_document(
    environment: dict[str, str], street: Path
) -> None:
    told = document(environment, "load", "police_street_crime", street)
    assert list(told["total"]) == TOTALS
    assert told["total"] == {
        "rows_read": 3,
        "loaded": 3,
        "unplaced": told["total"]["unplaced"],
        "quarantined": 0,
        "already_loaded": 0,
        "superseded": 0,
    }
    (delivery,) = told["deliveries"]
    assert {"source", "file", "partition", "sha256", "seconds", *TOTALS} <= set(delivery)
    assert delivery["partition"] == "Avon and Somerset Constabulary, 2018-10"

    again = document(environment, "load", "police_street_crime", street)
    assert (again["total"]["loaded"], again["total"]["already_loaded"]) == (0, 3)


def test_a_check_reports_like_a_load_and_keeps_nothing(
    environment: dict[str, str], street: Path
) -> None:
    told = document(environment, "check", "police_street_crime", street)
    assert told["total"]["loaded"] == 3
    assert document(environment, "status")["deliveries"] == []


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        (["status"], {"places", "deliveries", "vintages", "derived", "releases", "database"}),
        (["sources"], {"sources"}),
        (["sources", "police_street_crime"], {"sources"}),
        (["boundaries", "list"], {"vintages"}),
        (["derive"], {"series", "figures", "indicators", "vintages"}),
    ],
)
def test_what_reports_prints_one_json_document(
    environment: dict[str, str], words: list[str], keys: set[str]
) -> None:
    assert keys <= set(document(environment, *words))


def test_an_area_goes_from_its_file_to_a_profile_by_verbs_alone(
    environment: dict[str, str], street: Path, tmp_path: Path
) -> None:
    corners = [[-2.7, 51.4], [-2.5, 51.4], [-2.5, 51.5], [-2.7, 51.5], [-2.7, 51.4]]
    area = {
        "type": "Feature",
        "properties": {"LSOA11CD": "E01014540", "LSOA11NM": "Bristol 054A"},
        "geometry": {"type": "Polygon", "coordinates": [corners]},
    }
    file = tmp_path / "lsoa2011_bgc.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [area]}))
    loaded = document(environment, "boundaries", "load", "lsoa_2011", file)
    assert {"vintage", "edition", "areas", "new", "changed", "repaired"} <= set(loaded)
    published = document(environment, "boundaries", "publish", "lsoa_2011")
    assert {"vintage", "edition", "published", "incidents_placed"} <= set(published)
    document(environment, "load", "police_street_crime", street)
    document(environment, "derive")
    release = document(environment, "publish", "--profiles-later", "--because", "a test")
    assert (release["release"], release["changed"]) == (1, True)
    again = document(environment, "publish", "--because", "a test")
    assert not again["changed"]
    assert release["profiles"] == 0 < again["profiles"]
    profile = document(environment, "profile", "lsoa_2011/E01014540")
    assert profile["area"]["name"] == "Bristol 054A"
    sheet = tmp_path / "bristol.xlsx"
    written = document(environment, "profile", "lsoa_2011/E01014540", "--out", sheet)
    assert (written["file"], sheet.read_bytes()[:4]) == (str(sheet), b"PK\x03\x04")
    told = refused(environment, 2, "profile", "lsoa_2011/E01014540", "--out", "bristol.docx")
    assert ".json, .html, .pdf, .xlsx" in told
    page = tmp_path / "bristol.html"
    drawn = document(environment, "map", "crime_count", page, "--period", "2018-10")
    assert drawn == {"layer": "crime_count", "file": str(page)}
    assert "Bristol 054A" in page.read_text()


def test_a_person_reads_sentences_where_a_script_reads_json(
    environment: dict[str, str], street: Path
) -> None:
    told = lris(environment, "load", "police_street_crime", street).stdout
    assert "3 rows read = 3 loaded + 0 set aside + 0 already loaded" in told
    status = lris(environment, "status").stdout
    assert re.search(r"^Database: postgresql\S+ \(given, PostgreSQL \d+", status)
    assert "{" not in status


# ---------------------------------------------------------------- exit codes


def refused(
    environment: Mapping[str, str], code: int, *words: object, traceback: bool = False
) -> str:
    """What a verb says on standard error as it ends with an exit code."""
    done = lris(environment, *words)
    assert done.returncode == code, done.stdout + done.stderr
    assert ("Traceback" in done.stderr) == traceback
    return done.stderr


def test_a_name_that_is_not_there_ends_with_2_and_names_those_that_are(
    environment: dict[str, str], street: Path
) -> None:
    assert "police_street_crime" in refused(environment, 2, "load", "police_crime", street)
    assert "lsoa_2011" in refused(environment, 2, "boundaries", "publish", "lsoa_1066")
    assert "west-yorkshire" in refused(environment, 2, "up", "--place", "atlantis")
    assert "police_street_crime" in refused(environment, 2, "fetch", "nothing-like-it")
    assert "2018-Q4" in refused(
        environment, 2, "load", "area_period_value", street, "--period", "autumn"
    )
    assert "VINTAGE/CODE" in refused(environment, 2, "profile", "E01014540")


def test_options_that_contradict_each_other_or_are_out_of_range_end_with_2(
    environment: dict[str, str],
) -> None:
    assert "contradict" in refused(environment, 2, "up", "--empty", "--place", "west-yorkshire")
    assert "65535" in refused(environment, 2, "up", "--empty", "--port", "99999")
    assert "--because" in refused(environment, 2, "publish")
    assert "LRIS_PORT" in refused({**environment, "LRIS_PORT": "http"}, 2, "status")


def test_a_wrong_manifest_ends_with_3_and_is_named(
    environment: dict[str, str], tmp_path: Path
) -> None:
    geodata = tmp_path / "geodata"
    (geodata / "sources").mkdir(parents=True)
    (geodata / "sources" / "mine.toml").write_text('id = "mine"\n')
    told = refused({**environment, "LRIS_GEODATA": str(geodata)}, 3, "sources")
    assert "mine.toml" in told


def test_a_refused_file_ends_with_4_and_the_others_are_loaded(
    environment: dict[str, str], street: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "2018-11-avon-and-somerset-street.csv"
    bad.write_text(STREET.replace("2018-10", "2018-11").replace("Burglary", "Piracy"))
    done = lris(environment, "load", "police_street_crime", bad, street, "--json")
    assert done.returncode == 4
    assert "'Piracy'" in done.stderr
    assert "line 4" in done.stderr
    told = json.loads(done.stdout)
    assert told["total"]["loaded"] == 3
    assert [one["fault"] is None for one in told["deliveries"]] == [False, True]
    assert "there is no such file" in refused(
        environment, 4, "load", "police_street_crime", tmp_path / "nothing.csv"
    )


def test_a_file_that_identifies_people_ends_with_5_and_is_not_quoted(
    environment: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "2018-10-avon-and-somerset-street.csv"
    path.write_text(STREET.replace("On or near Park Street", "jo.bloggs@example.org", 1))
    told = refused(environment, 5, "load", "police_street_crime", path)
    assert "e-mail" in told
    assert "bloggs" not in told


def test_a_server_that_cannot_be_reached_ends_with_7_and_hides_the_password(
    environment: dict[str, str],
) -> None:
    url = "postgresql://lris:opensesame@127.0.0.1:1/lris"
    told = refused({**environment, "LRIS_DATABASE_URL": url}, 7, "status")
    assert "LRIS_DATABASE_URL" in told
    assert "opensesame" not in told


def test_a_profile_before_anything_is_published_ends_with_9_and_says_what_to_do(
    environment: dict[str, str],
) -> None:
    assert "lris publish" in refused(environment, 9, "profile", "lsoa_2011/E01014540")


# ---------------------------------------------------------------- up


@contextmanager
def serving(
    environment: Mapping[str, str], port: int
) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    """`lris up --empty`, from the moment it says where it is."""
    words = [*LRIS, "up", "--empty", "--port", str(port)]
    with subprocess.Popen(
        words, env=environment, cwd=PROJECT, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr
        address = f"http://127.0.0.1:{port}"
        said = []
        for line in process.stderr:
            said.append(line)
            if address in line:
                break
        else:
            pytest.fail(f"lris up ended: {''.join(said)}")
        try:
            with httpx.Client(base_url=address, timeout=30) as client:
                yield process, client
        finally:
            process.kill()


def stopped(process: subprocess.Popen[str], by: signal.Signals) -> str:
    process.send_signal(by)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 0, said
    assert "Traceback" not in said
    return said


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_up_serves_until_it_is_asked_to_stop_and_then_ends_with_0(
    environment: dict[str, str], by: signal.Signals
) -> None:
    port = free_port()
    with serving(environment, port) as (process, client):
        assert client.get("/healthz").json() == {"status": "ok"}
        assert client.get("/readyz").status_code == 503
        told = client.get("/places")
        assert told.status_code == 503
        assert "lris publish" in told.json()["remedy"]
        assert "Stopped." in stopped(process, by)
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))


def test_a_port_that_is_taken_is_a_sentence_before_anything_is_started(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        told = refused(environment_of(home), 7, "up", "--empty", "--port", port)
    assert f"port {port}" in told
    assert "LRIS_PORT=" in told
    assert not home.exists()


def test_two_services_share_a_private_server_and_the_last_stops_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    environment = environment_of(home)
    with serving(environment, free_port()) as (first, one):
        before = describe(Settings(home=home))
        with serving(environment, free_port()) as (second, other):
            assert describe(Settings(home=home))["port"] == before["port"]
            stopped(first, signal.SIGINT)
            assert other.get("/healthz").json() == {"status": "ok"}
            assert describe(Settings(home=home))["running"]
            with pytest.raises(httpx.ConnectError):
                one.get("/healthz")
            stopped(second, signal.SIGTERM)
    assert not describe(Settings(home=home))["running"]
