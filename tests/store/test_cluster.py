import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text

from lris.errors import ClusterFault
from lris.settings import PROJECT, Settings
from lris.store.cluster import database, describe

HOLD = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in what a shell puts behind
from pathlib import Path
from lris.settings import Settings
from lris.store.cluster import database
with database(Settings(home=Path(sys.argv[1]))) as url:
    print(url, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("a home with spaces")


@pytest.fixture
def settings(home: Path) -> Iterator[Settings]:
    settings = Settings(home=home)
    yield settings
    assert not describe(settings)["running"], "a test left its server running"


@pytest.fixture
def empty(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


def plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://")


def ask(url: str, question: str) -> object:
    with psycopg.connect(plain(url)) as connection:
        row = connection.execute(question).fetchone()
    return row[0] if row else None


def hold(home: Path) -> subprocess.Popen[str]:
    """Start another process that uses the database until its input is closed."""
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
        start_new_session=True,
    )


def url_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def let_go(process: subprocess.Popen[str]) -> None:
    process.communicate(timeout=60)
    assert process.returncode == 0


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def postmaster(home: Path) -> int:
    return int((home / "cluster/postmaster.pid").read_text().split()[0])


def test_the_private_cluster_is_made_started_and_stopped(settings: Settings) -> None:
    said: list[str] = []
    with database(settings, said.append) as url:
        assert url.startswith("postgresql+psycopg://")
        assert str(ask(url, "select postgis_version()")) >= "3.2"
        engine = create_engine(url)
        with engine.connect() as connection:
            assert connection.execute(text("select current_setting('timezone')")).scalar() == "UTC"
        engine.dispose()
        assert describe(settings)["running"] is True
    assert describe(settings)["running"] is False
    assert said[-1] == "Stopping PostgreSQL"


def test_a_second_start_repeats_nothing_and_finds_what_was_stored(settings: Settings) -> None:
    with database(settings) as url, psycopg.connect(plain(url)) as connection:
        connection.execute("create table kept as select 42 as answer")
    said: list[str] = []
    with database(settings, said.append) as url:
        assert ask(url, "select answer from kept") == 42
    assert [line.split()[0] for line in said] == ["Starting", "Stopping"]


def test_a_commit_survives_and_an_open_transaction_vanishes_when_the_server_is_killed(
    settings: Settings,
) -> None:
    with pytest.raises(ClusterFault, match="went away"), database(settings) as url:
        with psycopg.connect(plain(url)) as connection:
            connection.execute("create table rows_of_a_delivery (line int)")
        with psycopg.connect(plain(url)) as connection:
            connection.execute("insert into rows_of_a_delivery select generate_series(1, 10000)")
            os.kill(postmaster(settings.home), signal.SIGKILL)
            os.kill(connection.info.backend_pid, signal.SIGKILL)
            connection.execute("select 1")
    with database(settings) as url:
        assert ask(url, "select count(*) from rows_of_a_delivery") == 0


def test_two_users_share_one_server_and_the_last_to_leave_stops_it(settings: Settings) -> None:
    first, second = hold(settings.home), hold(settings.home)
    assert url_of(first) == url_of(second)
    let_go(first)
    assert describe(settings)["running"] is True
    let_go(second)


def test_two_first_starts_at_once_make_one_cluster(empty: Settings) -> None:
    first, second = hold(empty.home), hold(empty.home)
    url = url_of(first)
    assert url and url == url_of(second)
    let_go(first)
    let_go(second)
    assert [path.name for path in empty.home.glob("cluster.new-*")] == []
    assert describe(empty)["running"] is False


def test_a_server_whose_starter_was_killed_is_picked_up_and_then_stopped(
    settings: Settings,
) -> None:
    starter = hold(settings.home)
    url = url_of(starter)
    kill(starter)
    said: list[str] = []
    with database(settings, said.append) as again:
        assert again == url
    assert said == ["Stopping PostgreSQL"]


def test_a_killed_server_is_started_anew_beside_a_client_that_still_waits(
    settings: Settings,
) -> None:
    client = hold(settings.home)
    with psycopg.connect(plain(url_of(client))) as connection:
        os.kill(postmaster(settings.home), signal.SIGKILL)
        with database(settings) as url:
            assert ask(url, "select 1") == 1
        with pytest.raises(psycopg.OperationalError):
            connection.execute("select 1")
    let_go(client)


def test_ctrl_c_reaches_the_user_and_not_the_server_before_the_user_is_done(
    settings: Settings,
) -> None:
    user = hold(settings.home)
    url = url_of(user)
    with psycopg.connect(plain(url)) as connection:
        os.killpg(user.pid, signal.SIGINT)
        user.communicate(timeout=60)
        assert user.returncode != 0
        with pytest.raises(psycopg.errors.AdminShutdown):
            connection.execute("select 1")


def test_a_pid_file_whose_number_belongs_to_another_process_is_seen_through(
    settings: Settings,
) -> None:
    with database(settings):
        lines = (settings.home / "cluster/postmaster.pid").read_text().splitlines()
    stale = settings.home / "cluster/postmaster.pid"
    stale.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    assert describe(settings)["running"] is False
    with database(settings) as url:
        assert ask(url, "select 1") == 1


def test_the_port_is_kept_between_starts_and_given_up_when_taken(settings: Settings) -> None:
    def port() -> object:
        with database(settings):
            return describe(settings)["port"]

    before = port()
    assert port() == before
    with socket.create_server(("127.0.0.1", int(str(before)))):
        assert port() != before


def test_the_listener_asks_for_the_password_that_only_we_can_read(settings: Settings) -> None:
    with database(settings):
        told = describe(settings)
        path = Path(str(told["password_file"]))
        assert path.stat().st_mode & 0o777 == 0o600
        address = str(told["address"])
        password = path.read_text().strip()
        with psycopg.connect(address, password=password) as connection:
            assert connection.execute("show fsync").fetchone() == ("on",)
            assert connection.execute("show synchronous_commit").fetchone() == ("on",)
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(address, password="wrong")


def test_a_lost_password_file_is_made_again(settings: Settings) -> None:
    with database(settings):
        pass
    (settings.home / "password").unlink()
    with database(settings):
        password = (settings.home / "password").read_text().strip()
        psycopg.connect(str(describe(settings)["address"]), password=password).close()


def test_a_data_directory_of_another_version_names_both_versions(settings: Settings) -> None:
    with database(settings):
        pass
    version = settings.home / "cluster/PG_VERSION"
    ours = version.read_text()
    version.write_text("9\n")
    try:
        with pytest.raises(ClusterFault, match=f"PostgreSQL 9,.* is .*{ours.strip()}") as fault:
            database(settings).__enter__()
        assert "move that folder away" in fault.value.remedy
    finally:
        version.write_text(ours)


def test_what_an_interrupted_making_left_behind_is_cleared_away(empty: Settings) -> None:
    left = empty.home / "cluster.new-abc/base"
    left.mkdir(parents=True)
    with database(empty) as url:
        assert ask(url, "select 1") == 1
    assert not left.exists()


def test_a_home_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(ClusterFault, match="Not a directory") as fault:
        database(Settings(home=tmp_path / "file/home")).__enter__()
    assert "LRIS_HOME" in fault.value.remedy


def test_a_log_that_names_a_fault_becomes_a_sentence(settings: Settings) -> None:
    with database(settings):
        pass
    control = settings.home / "cluster/global/pg_control"
    kept = control.with_name("kept")
    shutil.move(control, kept)
    try:
        with pytest.raises(ClusterFault, match="did not start") as fault:
            database(settings).__enter__()
        assert "pg_control" in fault.value.message
        assert "server.log" in fault.value.remedy
    finally:
        shutil.move(kept, control)


def test_a_disk_that_fills_up_in_use_is_told_as_such(settings: Settings) -> None:
    with pytest.raises(ClusterFault, match="is full") as fault, database(settings):
        raise psycopg.errors.DiskFull("could not extend file: No space left on device")
    assert "nothing half-done was kept" in fault.value.remedy


def test_a_wrong_statement_is_not_taken_for_trouble_with_the_server(settings: Settings) -> None:
    with pytest.raises(psycopg.errors.UndefinedTable), database(settings) as url:
        ask(url, "select * from nowhere")


def test_threads_of_one_process_share_the_server_too(settings: Settings) -> None:
    answers: list[object] = []

    def use() -> None:
        with database(settings) as url:
            answers.append(ask(url, "select 1"))

    threads = [threading.Thread(target=use) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [1, 1, 1]


def test_nothing_is_made_or_started_by_asking_what_is_there(empty: Settings) -> None:
    told = describe(empty)
    assert (told["private"], told["running"], told["size_bytes"]) == (True, False, 0)
    assert not empty.home.exists()


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_a_named_server_is_checked_and_lent_under_one_spelling(
    settings: Settings, tmp_path: Path, scheme: str
) -> None:
    with database(settings) as url:
        given = Settings(
            home=tmp_path / "unused",
            database_url=url.replace("postgresql+psycopg://", f"{scheme}://"),
        )
        with database(given) as lent:
            assert lent == url
        assert describe(given)["private"] is False
        assert str(describe(given)["postgis_version"]) >= "3.2"
    assert not given.home.exists()


def test_a_named_server_that_does_not_answer_is_named_without_its_password() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    given = Settings(database_url=f"postgresql://who:secret@127.0.0.1:{port}/where")
    with pytest.raises(ClusterFault, match="cannot be reached") as fault:
        database(given).__enter__()
    assert "secret" not in str(fault.value)
    assert f"127.0.0.1:{port}" in str(fault.value)
    assert describe(given)["running"] is False


def test_an_address_of_another_kind_of_database_is_refused() -> None:
    with pytest.raises(ClusterFault, match="'mysql'"):
        database(Settings(database_url="mysql://here/there")).__enter__()
