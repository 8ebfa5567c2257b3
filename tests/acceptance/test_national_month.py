"""A month of the whole country out of one archive: 39 files, of which one is loaded already."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import psycopg
import pytest

from lris.settings import PROJECT

MEMORY_BOUND_MB = 700
"""What the loading process may take; 358,382 rows at once would be several times the archive."""

MEASURED = """
import json, os, re, sys
sys.argv[0] = "lris"
from lris.cli import main
try:
    main()
finally:
    # ru_maxrss would count what the process that started this one held.
    status = open("/proc/self/status").read()
    peak = int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1])
    print(json.dumps({"peak_mb": peak / 1024}), file=sys.stderr)
"""


def lris_measured(url: str, *words: object) -> tuple[dict[str, Any], float]:
    """Run `lris` in a process of its own; its JSON, and the most memory it held in MB."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *map(str, words), "--json"],
        env={**os.environ, "LRIS_DATABASE_URL": url},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), json.loads(done.stderr.splitlines()[-1])["peak_mb"]


@pytest.fixture(scope="module")
def archive(real_data: Path) -> Path:
    return real_data / "crime" / "national" / "2018-10-all-forces-except-large.tar.xz"


@pytest.fixture(scope="module")
def url(
    databases: Callable[..., str],
    lris_on: Callable[..., Callable[..., Any]],
    outlines_of: Callable[[str], list[Path]],
    months: list[Path],
) -> str:
    """Avon and Somerset alone: its outlines of both censuses, and its October."""
    url = databases()
    lris = lris_on(url)
    for vintage in ("lsoa_2011", "lsoa_2021"):
        lris("boundaries", "load", vintage, *outlines_of(vintage))
        lris("boundaries", "publish", vintage)
    [october] = [path for path in months if path.name.startswith("2018-10")]
    assert lris("load", "police_street_crime", october)["total"]["loaded"] == 15_075
    return url


@pytest.fixture(scope="module")
def first(url: str, archive: Path) -> tuple[dict[str, Any], float]:
    return lris_measured(url, "load", "police_street_crime", archive)


@pytest.fixture(scope="module")
def second(url: str, archive: Path, first: object) -> tuple[dict[str, Any], float, object, object]:
    before = state(url)
    report, peak_mb = lris_measured(url, "load", "police_street_crime", archive)
    return report, peak_mb, before, state(url)


def state(url: str) -> object:
    """How many rows every working table holds."""
    tables = ("delivery", "incident", "placement", "placement_tally", "incident_count", "area")
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql", 1)) as connection:
        return {
            name: connection.execute(f"SELECT count(*) FROM lris.{name}").fetchone()
            for name in (*tables, "quarantine")
        }


@pytest.fixture(scope="module")
def rows(archive: Path) -> pd.DataFrame:
    """Code, place and size of every row of the archive, by file."""
    with tarfile.open(archive, "r:xz") as files:
        read = [
            pd.read_csv(
                content,
                usecols=["LSOA code", "Longitude", "Crime type"],
                dtype=str,
                keep_default_na=False,
            ).assign(file=one.name)
            for one in files
            if (content := files.extractfile(one))
        ]
    return pd.concat(read, ignore_index=True)


def test_the_totals_are_those_of_the_archive(
    first: tuple[dict[str, Any], float], rows: pd.DataFrame
) -> None:
    report, _ = first
    assert len(rows) == 358_382
    assert len(report["deliveries"]) == rows["file"].nunique() == 39
    total = report["total"]
    assert total["rows_read"] == 358_382
    assert total["already_loaded"] == 15_075
    assert total["loaded"] == 358_382 - 15_075
    assert total["quarantined"] == total["superseded"] == 0
    sizes = rows.groupby("file").size()
    read = {one["file"].partition("!")[2]: one["rows_read"] for one in report["deliveries"]}
    assert read == sizes.to_dict()


def test_the_file_loaded_before_is_recognised_inside_the_archive(
    first: tuple[dict[str, Any], float],
) -> None:
    known = [one for one in first[0]["deliveries"] if one["already_loaded"]]
    assert [one["partition"] for one in known] == ["Avon and Somerset Constabulary, 2018-10"]
    assert known[0]["already_loaded"] == known[0]["rows_read"] == 15_075


def test_rows_of_other_forces_are_placed_in_the_loaded_areas_or_counted(
    first: tuple[dict[str, Any], float], rows: pd.DataFrame, url: str
) -> None:
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql", 1)) as connection:
        codes = connection.execute(
            "SELECT code FROM lris.area JOIN lris.edition_area ON area_id = area.id"
            " WHERE vintage = 'lsoa_2011'"
        ).fetchall()
    others = rows[~rows["file"].str.contains("avon-and-somerset")]
    inside = others["LSOA code"].isin([code for (code,) in codes])
    for one in first[0]["deliveries"]:
        for routes in one["routes"].values():
            assert sum(routes.values()) == one["loaded"]
    by_code = sum(
        one["routes"]["lsoa_2011"].get("code", 0) for one in first[0]["deliveries"] if one["loaded"]
    )
    assert by_code == inside.sum() > 0
    assert first[0]["total"]["unplaced"] == (~inside).sum()


def test_a_second_load_changes_nothing_and_says_so(
    second: tuple[dict[str, Any], float, object, object],
) -> None:
    report, _, before, after = second
    expected = dict.fromkeys(report["total"], 0)
    assert report["total"] == expected | {"rows_read": 358_382, "already_loaded": 358_382}
    assert before == after


def test_memory_is_bounded(
    first: tuple[dict[str, Any], float],
    second: tuple[dict[str, Any], float, object, object],
) -> None:
    assert first[1] < MEMORY_BOUND_MB
    assert second[1] < MEMORY_BOUND_MB
