"""Killed outright at any moment: nothing half-done stays, and the next start needs no repair.

The moments are parts of the time an undisturbed run takes on this machine, so that they are spread
over all of its steps: evenly, and at random for loader and database server by turns.
LRIS_TEST_KILLS says how many kills of each sort there are.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from lris.errors import ClusterFault
from lris.settings import PROJECT, Settings
from lris.store.cluster import database, describe

KILLS = int(os.environ.get("LRIS_TEST_KILLS", "4"))
PARTS = tuple(round((kill + 0.5) / KILLS, 3) for kill in range(KILLS))
PARTS_OF_A_START = (0.3, 0.6, 0.9)
VICTIMS = ("loader", "server", "loader and server")
_CHANCE = random.Random(7)
RANDOM_KILLS = [(VICTIMS[at % 3], round(_CHANCE.random(), 3)) for at in range(KILLS)]
LONGEST_S = 300

CONTENT = """
SELECT d.partition, d.loaded, d.unplaced,
       (SELECT md5(string_agg(concat_ws('|', i.row, i.line, i.starts, i.category, i.code,
                                        ST_AsText(i.geom), i.kept), ',' ORDER BY i.row))
        FROM lris.incident i WHERE i.delivery_id = d.id),
       (SELECT md5(string_agg(concat_ws('|', c.vintage, c.month, c.category, a.code, c.incidents),
                              ',' ORDER BY c.vintage, c.month, c.category, a.code))
        FROM lris.incident_count c JOIN lris.area a ON a.id = c.area_id
        WHERE c.delivery_id = d.id),
       (SELECT md5(string_agg(concat_ws('|', p.vintage, p.block, p.routes), ','
                              ORDER BY p.vintage, p.block))
        FROM lris.placement p WHERE p.delivery_id = d.id)
FROM lris.delivery d
ORDER BY d.partition
"""

LEFT_OVER = """
SELECT (SELECT count(*) FROM lris.incident) - (SELECT coalesce(sum(loaded), 0) FROM lris.delivery),
       (SELECT coalesce(sum(cardinality(areas)), 0) FROM lris.placement)
       - (SELECT coalesce(sum(loaded), 0) FROM lris.delivery),
       (SELECT coalesce(sum(rows), 0) FROM lris.placement_tally)
       - (SELECT coalesce(sum(loaded), 0) FROM lris.delivery),
       (SELECT coalesce(sum(incidents), 0) FROM lris.incident_count)
       - (SELECT coalesce(sum(loaded - unplaced), 0) FROM lris.delivery),
       (SELECT count(*) FROM lris.audit WHERE action = 'load')
       - (SELECT count(*) FROM lris.delivery)
"""


@pytest.fixture(scope="module")
def base(
    databases: Callable[..., str],
    lris_on: Callable[..., Callable[..., Any]],
    outlines_of: Callable[[str], list[Path]],
) -> str:
    """A database with one vintage of boundaries, to be copied for every kill."""
    url = databases()
    lris = lris_on(url)
    lris("boundaries", "load", "lsoa_2011", *outlines_of("lsoa_2011"))
    lris("boundaries", "publish", "lsoa_2011")
    return url


@pytest.fixture(scope="module")
def undisturbed(
    databases: Callable[..., str], base: str, months: list[Path]
) -> tuple[float, list[Any]]:
    """How long a load takes from the first file on, and what it leaves behind."""
    url = databases(like=base)
    with loading(months, LRIS_DATABASE_URL=url) as process:
        wait_for(process, "Loading")
        begun = time.monotonic()
        assert process.wait(LONGEST_S) == 0
        seconds = time.monotonic() - begun
    found = ask(url, CONTENT)
    assert [row[1] for row in found] == [15_075, 14_037, 13_226]
    return seconds, found


@pytest.mark.parametrize("part", PARTS)
def test_a_load_killed_leaves_whole_deliveries_and_can_be_repeated(
    databases: Callable[..., str],
    base: str,
    undisturbed: tuple[float, list[Any]],
    lris_on: Callable[..., Callable[..., Any]],
    months: list[Path],
    part: float,
) -> None:
    seconds, expected = undisturbed
    url = databases(like=base)
    with loading(months, LRIS_DATABASE_URL=url) as process:
        wait_for(process, "Loading")
        kill_after(process, part * seconds)
    there = ask(url, CONTENT)
    assert all(row in expected for row in there)
    assert ask(url, LEFT_OVER) == [(0, 0, 0, 0, 0)]
    report = lris_on(url)("load", "police_street_crime", *months)
    assert report["total"]["already_loaded"] == sum(row[1] for row in there)
    assert report["total"]["loaded"] == 42_338 - report["total"]["already_loaded"]
    assert report["total"]["superseded"] == 0
    assert ask(url, CONTENT) == expected


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home whose every start so far was killed: while it was made, and later."""
    untouched, home = (tmp_path_factory.mktemp(name) for name in ("untouched", "home"))
    begun = time.monotonic()
    with starting(untouched) as process:
        wait_for(process, "LRIS is at")
        seconds = time.monotonic() - begun
        stop(process)
    for part in PARTS_OF_A_START:
        with starting(home) as process:
            kill_after(process, part * seconds)
    yield home
    with database(Settings(home=home)):
        pass  # the last to leave stops the server, should a test have failed before it did


def test_a_start_killed_three_times_is_followed_by_one_that_serves(home: Path) -> None:
    with starting(home) as process:
        wait_for(process, "LRIS is at")
        stop(process)
    assert not describe(Settings(home=home))["running"]


def test_a_service_killed_is_followed_by_one_that_serves_and_stops_the_database(home: Path) -> None:
    with starting(home) as process:
        wait_for(process, "LRIS is at")
        kill_after(process, 0)
    assert describe(Settings(home=home))["running"], "the database outlives who started it"
    with starting(home) as process:
        wait_for(process, "LRIS is at")
        stop(process)
    assert not describe(Settings(home=home))["running"]


def test_a_database_server_killed_during_a_load_comes_back_with_whole_deliveries(
    home: Path,
    undisturbed: tuple[float, list[Any]],
    lris_on: Callable[..., Callable[..., Any]],
    outlines_of: Callable[[str], list[Path]],
    months: list[Path],
) -> None:
    _, expected = undisturbed
    lris = lris_on(home=home)
    lris("boundaries", "load", "lsoa_2011", *outlines_of("lsoa_2011"))
    lris("boundaries", "publish", "lsoa_2011")
    with loading(months, LRIS_HOME=str(home), LRIS_DATABASE_URL="") as process:
        wait_for(process, "Loading 2018-11")
        postmaster = int((home / "cluster" / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGKILL)
        told = process.stderr.read() if process.stderr else ""
        assert process.wait(LONGEST_S) == ClusterFault.exit_code, told
    assert "✗ The database server went away while it was in use" in told
    assert "Traceback" not in told
    with database(Settings(home=home)) as url:
        assert ask(url, LEFT_OVER) == [(0, 0, 0, 0, 0)]
        assert ask(url, CONTENT) == expected[:1]
        assert lris("load", "police_street_crime", *months)["total"]["already_loaded"] == 15_075
        assert ask(url, CONTENT) == expected


@pytest.fixture(scope="module")
def loaded_home(
    tmp_path_factory: pytest.TempPathFactory,
    lris_on: Callable[..., Callable[..., Any]],
    outlines_of: Callable[[str], list[Path]],
) -> Iterator[Path]:
    """A home with one vintage of boundaries, whose server may be killed."""
    home = tmp_path_factory.mktemp("loaded")
    lris = lris_on(home=home)
    lris("boundaries", "load", "lsoa_2011", *outlines_of("lsoa_2011"))
    lris("boundaries", "publish", "lsoa_2011")
    yield home
    with database(Settings(home=home)):
        pass  # the last to leave stops the server


@pytest.mark.parametrize(("victim", "part"), RANDOM_KILLS)
def test_whoever_is_killed_at_whatever_moment_whole_deliveries_are_left(
    loaded_home: Path,
    undisturbed: tuple[float, list[Any]],
    lris_on: Callable[..., Callable[..., Any]],
    months: list[Path],
    victim: str,
    part: float,
) -> None:
    seconds, expected = undisturbed
    forget_deliveries(loaded_home)
    with loading(months, LRIS_HOME=str(loaded_home), LRIS_DATABASE_URL="") as process:
        wait_for(process, "Loading")
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(part * seconds, 0.001))
        if "loader" in victim:
            process.kill()
        if "server" in victim:
            kill_server(loaded_home)
        told = process.stderr.read() if process.stderr else ""
        assert process.wait(LONGEST_S) in (0, -signal.SIGKILL, ClusterFault.exit_code), told
    assert "Traceback" not in told
    with database(Settings(home=loaded_home)) as url:
        there = ask(url, CONTENT)
        assert all(row in expected for row in there)
        assert ask(url, LEFT_OVER) == [(0, 0, 0, 0, 0)]
        report = lris_on(home=loaded_home)("load", "police_street_crime", *months)
        assert report["total"]["already_loaded"] == sum(row[1] for row in there)
        assert report["total"]["superseded"] == 0
        assert ask(url, CONTENT) == expected
    print(f"{victim} at {part:.3f}: {len(there)} of 3 deliveries were there")


FORGET = """
TRUNCATE lris.incident, lris.placement, lris.placement_tally, lris.incident_count, lris.audit,
lris.delivery CASCADE
"""


def forget_deliveries(home: Path) -> None:
    """Leave the boundaries, and nothing else, for the next load."""
    with database(Settings(home=home)) as url:
        plain = url.replace("postgresql+psycopg", "postgresql", 1)
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute(FORGET)


def kill_server(home: Path) -> None:
    """Kill the database server, unless it has been stopped already."""
    with suppress(FileNotFoundError, ProcessLookupError):
        postmaster = int((home / "cluster" / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGKILL)


# ---------------------------------------------------------------- processes


@contextmanager
def running(*words: object, **env: str) -> Iterator[subprocess.Popen[str]]:
    """`lris` in a process of its own that is gone when the block is left."""
    process = subprocess.Popen(
        [sys.executable, "-c", "from lris.cli import main; main()", *map(str, words)],
        env={**os.environ, **env},
        cwd=PROJECT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        process.wait()
        if process.stderr:
            process.stderr.close()


def loading(months: list[Path], **env: str) -> Any:
    return running("load", "police_street_crime", *months, **env)


def starting(home: Path) -> Any:
    env = {"LRIS_HOME": str(home), "LRIS_DATABASE_URL": ""}
    return running("up", "--empty", "--port", free_port(), **env)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def wait_for(process: subprocess.Popen[str], words: str) -> None:
    """Read what the process says until a line begins with these words."""
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if line.startswith(words):
            return
    raise AssertionError(f"it ended without saying {words!r}: {''.join(said)}")


def kill_after(process: subprocess.Popen[str], seconds: float) -> None:
    """Kill the process when the time is up, unless it was quicker."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(max(seconds, 0.001))
    process.kill()
    process.wait()


def stop(process: subprocess.Popen[str]) -> None:
    """Stop the process as Ctrl-C does."""
    process.send_signal(signal.SIGINT)
    assert process.wait(LONGEST_S) == 0


def ask(url: str, question: str) -> list[Any]:
    plain = url.replace("postgresql+psycopg", "postgresql", 1)
    with psycopg.connect(plain) as connection:
        return connection.execute(question).fetchall()
