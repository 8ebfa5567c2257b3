"""Publishers' files arrive whole, under the name of their hash, with a receipt; or not at all."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import lris.fetch
from lris.catalogue.files import DirectFile, PublishersPage, RemoteFile, WheelMember
from lris.errors import FetchFault
from lris.fetch import fetch, plan

NOW = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)
LATER = datetime(2026, 6, 1, tzinfo=UTC)
PAGE = PublishersPage(kind="page", url="https://publisher.example/crime")
CRIME = b"Month,Crime type\n2018-10,Burglary\n" * 100
PEOPLE = b"LSOA11CD,Persons\nE01000001,1465\n"

Answer = Callable[[BaseHTTPRequestHandler], None]


class Listener:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.sentences: list[str] = []
        self.steps: list[str] = []
        self.told = threading.Event()

    def say(self, sentence: str) -> None:
        self.sentences.append(sentence)
        self.told.set()

    @contextmanager
    def task(self, title: str, total: float | None = None) -> Iterator[Callable[[float], None]]:
        self.steps.append(title)
        yield lambda done: None


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def remote(name: str, content: bytes, *addresses) -> RemoteFile:
    return RemoteFile(name=name, sha256=sha256(content), bytes=len(content), addresses=addresses)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.fixture
def raw(tmp_path) -> Path:
    return tmp_path / "home" / "raw"


@pytest.fixture
def wheel(tmp_path, monkeypatch) -> Path:
    """A wheel that the package client finds in a folder, and nowhere else."""
    links = tmp_path / "links"
    links.mkdir()
    path = links / "town_figures-1.2.0-py3-none-any.whl"
    about = "town_figures-1.2.0.dist-info"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("town_figures/__init__.py", "raise RuntimeError('imported')\n")
        archive.writestr("town_figures/crime.csv", CRIME)
        archive.writestr("town_figures/people.csv", PEOPLE)
        # A Python that does not exist yet: the package is only a carrier.
        metadata = "Metadata-Version: 2.1\nName: town-figures\nVersion: 1.2.0\n"
        archive.writestr(f"{about}/METADATA", metadata + "Requires-Python: >=9\n")
        archive.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{about}/RECORD", "")
    for variable in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(links))
    return path


def member(wheel: Path, inside: str, *, sha: str | None = None) -> WheelMember:
    return WheelMember(
        kind="wheel",
        package="town-figures",
        version="1.2.0",
        wheel_sha256=sha or sha256(wheel.read_bytes()),
        wheel_bytes=wheel.stat().st_size,
        member=f"town_figures/{inside}",
    )


@contextmanager
def server(answers: dict[str, bytes | Answer]) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """A publisher on this machine: its address, and the requests it has had."""
    asked: list[tuple[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, self.headers["User-Agent"]))
            answer = answers.get(self.path)
            if answer is None:
                self.send_error(404)
            elif callable(answer):
                answer(self)
            else:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            pass

    publisher = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=publisher.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{publisher.server_port}", asked
    finally:
        publisher.shutdown()
        publisher.server_close()
        thread.join()


def test_a_file_is_kept_under_its_hash_with_a_receipt(raw):
    with server({"/crime.csv": CRIME}) as (url, asked):
        address = DirectFile(kind="file", url=f"{url}/crime.csv")
        [receipt] = fetch([remote("crime.csv", CRIME, PAGE, address)], raw, now=NOW)
    assert receipt.path == raw / sha256(CRIME)
    assert receipt.path.read_bytes() == CRIME
    assert (receipt.address, receipt.page) == (address.url, PAGE.url)
    assert not receipt.already_here
    assert json.loads((raw / f"{sha256(CRIME)}.json").read_text()) == {
        "name": "crime.csv",
        "sha256": sha256(CRIME),
        "bytes": len(CRIME),
        "address": address.url,
        "page": PAGE.url,
        "fetched_at": "2026-05-04T12:30:00+00:00",
    }
    assert names(raw) == {sha256(CRIME), f"{sha256(CRIME)}.json"}
    assert asked == [("/crime.csv", lris.fetch.USER_AGENT)]


def test_a_file_already_here_is_left_alone_and_keeps_its_first_receipt(raw):
    with server({"/crime.csv": CRIME}) as (url, asked):
        file = remote("crime.csv", CRIME, DirectFile(kind="file", url=f"{url}/crime.csv"))
        fetch([file], raw, now=NOW)
        listener = Listener()
        [again] = fetch([file], raw, now=LATER, progress=listener)
    assert again.already_here
    assert again.fetched_at == NOW
    assert len(asked) == 1
    assert not listener.sentences


def test_a_file_put_here_by_hand_counts_as_here(raw):
    raw.mkdir(parents=True)
    (raw / sha256(CRIME)).write_bytes(CRIME)
    [receipt] = fetch([remote("crime.csv", CRIME, PAGE)], raw, now=NOW)
    assert receipt.already_here
    assert "without a receipt" in receipt.address


def test_a_file_that_has_rotted_is_fetched_again(raw):
    raw.mkdir(parents=True)
    (raw / sha256(CRIME)).write_bytes(CRIME[:-1] + b"?")
    with server({"/crime.csv": CRIME}) as (url, _):
        file = remote("crime.csv", CRIME, DirectFile(kind="file", url=f"{url}/crime.csv"))
        fetch([file], raw, now=NOW)
    assert (raw / sha256(CRIME)).read_bytes() == CRIME


def test_addresses_are_tried_in_the_order_of_the_manifest(raw):
    with server({"/mirror.csv": CRIME}) as (url, asked):
        gone = DirectFile(kind="file", url=f"{url}/gone.csv")
        mirror = DirectFile(kind="file", url=f"{url}/mirror.csv")
        [receipt] = fetch([remote("crime.csv", CRIME, gone, mirror)], raw, now=NOW)
    assert [path for path, _ in asked] == ["/gone.csv", "/mirror.csv"]
    assert receipt.address == mirror.url


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (CRIME[:-1] + b"?", f"{len(CRIME):,} bytes with sha256 {sha256(CRIME[:-1] + b'?')} got"),
        (CRIME[:50], "50 bytes"),
        (b"<html>Sorry</html>" * 10**6, f"more than {len(CRIME):,} bytes"),
    ],
    ids=["one byte changed", "cut short", "far too much"],
)
def test_a_file_that_is_not_the_expected_one_is_not_kept(raw, sent, told):
    with server({"/crime.csv": sent}) as (url, _):
        file = remote("crime.csv", CRIME, DirectFile(kind="file", url=f"{url}/crime.csv"))
        with pytest.raises(FetchFault) as fault:
            fetch([file], raw, now=NOW)
    assert f"sha256 {sha256(CRIME)} expected" in fault.value.message
    assert told in fault.value.message
    assert f"{url}/crime.csv" in fault.value.message
    assert names(raw) == set()


def test_where_no_address_gives_the_file_each_is_named_with_its_reason(raw):
    with server({}) as (url, _):
        addresses = (
            PAGE,
            DirectFile(kind="file", url=f"{url}/gone.csv"),
            DirectFile(kind="file", url="file:///etc/hostname"),
        )
    addresses += (DirectFile(kind="file", url=f"{url}/closed.csv"),)
    with pytest.raises(FetchFault) as fault:
        fetch([remote("crime.csv", CRIME, *addresses)], raw, now=NOW)
    first, *reasons = fault.value.message.splitlines()
    assert first == "crime.csv could not be fetched:"
    assert [reason.split(": ")[0].strip() for reason in reasons] == [a.url for a in addresses]
    assert "for a person to open" in reasons[0]
    assert "only http and https" in reasons[2]
    assert "could not be reached" in reasons[3]
    assert "lris load SOURCE FILE" in fault.value.remedy


def test_one_file_that_cannot_be_had_does_not_keep_the_others_away(raw):
    with server({"/people.csv": PEOPLE}) as (url, _):
        bad = remote("crime.csv", CRIME, DirectFile(kind="file", url=f"{url}/crime.csv"))
        good = remote("people.csv", PEOPLE, DirectFile(kind="file", url=f"{url}/people.csv"))
        with pytest.raises(FetchFault, match="404 Not Found") as fault:
            fetch([bad, good], raw, now=NOW)
    assert "people.csv" not in fault.value.message
    assert (raw / sha256(PEOPLE)).read_bytes() == PEOPLE


def test_a_member_is_taken_out_of_a_pinned_wheel(raw, wheel):
    file = remote("crime.csv", CRIME, PAGE, member(wheel, "crime.csv"))
    [receipt] = fetch([file], raw, now=NOW)
    assert receipt.path.read_bytes() == CRIME
    assert receipt.address == "town_figures/crime.csv in the wheel of town-figures 1.2.0"
    assert names(raw) == {sha256(CRIME), f"{sha256(CRIME)}.json"}
    assert "town_figures" not in sys.modules


def test_a_wheel_that_carries_several_files_is_counted_and_downloaded_once(raw, wheel):
    files = [
        remote("crime.csv", CRIME, member(wheel, "crime.csv")),
        remote("people.csv", PEOPLE, member(wheel, "people.csv")),
    ]
    assert plan(files, raw).download_bytes == wheel.stat().st_size
    listener = Listener()
    receipts = fetch(files, raw, now=NOW, progress=listener)
    assert [receipt.path.read_bytes() for receipt in receipts] == [CRIME, PEOPLE]
    assert sum(step.startswith("Fetching town-figures") for step in listener.steps) == 1


def test_a_wheel_with_another_hash_is_refused_and_asked_for_once(raw, wheel):
    files = [
        remote("crime.csv", CRIME, member(wheel, "crime.csv", sha="0" * 64)),
        remote("people.csv", PEOPLE, member(wheel, "people.csv", sha="0" * 64)),
    ]
    listener = Listener()
    with pytest.raises(FetchFault) as fault:
        fetch(files, raw, now=NOW, progress=listener)
    assert "Expected sha256 " + "0" * 64 in fault.value.message
    assert sha256(wheel.read_bytes()) in fault.value.message
    assert len(listener.steps) == 1
    assert names(raw) == set()


def test_a_wheel_that_cannot_be_found_is_told_in_the_clients_words(raw, wheel):
    address = member(wheel, "crime.csv")
    wheel.unlink()
    with pytest.raises(FetchFault, match=r"No matching distribution found for town-figures==1\.2"):
        fetch([remote("crime.csv", CRIME, address)], raw, now=NOW)


def test_a_member_that_the_wheel_does_not_hold_is_named(raw, wheel):
    with pytest.raises(FetchFault, match=r"town_figures/schools\.csv .* holds no such member"):
        fetch([remote("schools.csv", CRIME, member(wheel, "schools.csv"))], raw, now=NOW)


def test_a_member_that_is_not_the_expected_file_is_not_kept(raw, wheel):
    with pytest.raises(FetchFault, match="not the file expected"):
        fetch([remote("crime.csv", PEOPLE * 1000, member(wheel, "crime.csv"))], raw, now=NOW)
    assert names(raw) == set()


def test_the_plan_tells_what_is_here_what_is_missing_and_what_is_for_a_person(raw, wheel):
    here = remote("people.csv", PEOPLE, PAGE)
    raw.mkdir(parents=True)
    (raw / here.sha256).write_bytes(PEOPLE)
    missing = remote("crime.csv", CRIME, PAGE, member(wheel, "crime.csv"))
    by_hand = remote("schools.csv", b"URN\n", PAGE)
    todo = plan([here, missing, by_hand, missing], raw)
    assert (todo.here, todo.missing, todo.by_hand) == ((here,), (missing,), (by_hand,))
    assert str(todo) == (
        f"1 file to fetch, {wheel.stat().st_size / 1000:.1f} kB to download; "
        "1 file already here; 1 file only to be had by hand"
    )
    assert str(plan([here], raw)) == "Nothing to download: 1 file already here"


def test_the_plan_touches_nothing(raw):
    plan([remote("crime.csv", CRIME, PAGE)], raw)
    assert not raw.exists()


def test_the_size_is_said_before_anything_is_downloaded(raw):
    listener = Listener()
    said_by_then: list[str] = []

    def answer(request: BaseHTTPRequestHandler) -> None:
        said_by_then.extend(listener.sentences)
        request.send_response(200)
        request.end_headers()
        request.wfile.write(CRIME)

    with server({"/crime.csv": answer}) as (url, _):
        file = remote("crime.csv", CRIME, DirectFile(kind="file", url=f"{url}/crime.csv"))
        fetch([file], raw, now=NOW, progress=listener)
    assert said_by_then == ["1 file to fetch, 3.4 kB to download"]


def test_a_download_that_the_disk_cannot_hold_is_not_begun(raw):
    vast = remote("crime.csv", CRIME, DirectFile(kind="file", url="http://127.0.0.1:9/crime.csv"))
    vast = vast.model_copy(update={"bytes": 10**18})
    with pytest.raises(FetchFault, match="are free") as fault:
        fetch([vast], raw, now=NOW)
    assert "LRIS_HOME" in fault.value.remedy


def test_a_folder_that_cannot_be_made_is_told_with_the_setting_that_moves_it(tmp_path):
    (tmp_path / "home").write_text("a file, not a folder")
    with pytest.raises(FetchFault, match="cannot be kept") as fault:
        fetch([], tmp_path / "home" / "raw", now=NOW)
    assert "LRIS_HOME" in fault.value.remedy


def test_without_the_package_client_a_sentence_says_how_to_put_it_in_place(raw, wheel, monkeypatch):
    monkeypatch.setitem(sys.modules, "pip", None)
    with pytest.raises(FetchFault, match="has no pip") as fault:
        fetch([remote("crime.csv", CRIME, member(wheel, "crime.csv"))], raw, now=NOW)
    assert f"{sys.executable} -m ensurepip" in fault.value.message


def test_a_fetch_killed_half_way_leaves_nothing_under_a_final_name_and_the_next_one_clears_up(raw):
    begun, let_go = threading.Event(), threading.Event()

    def stall(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        request.wfile.write(CRIME[:100])
        request.wfile.flush()
        begun.set()
        let_go.wait(timeout=60)

    with server({"/slow.csv": stall, "/crime.csv": CRIME}) as (url, _):
        slow = remote("crime.csv", CRIME, DirectFile(kind="file", url=f"{url}/slow.csv"))
        child = subprocess.Popen([sys.executable, "-c", fetching(slow, raw)], cwd=project())
        assert begun.wait(timeout=60)
        child.send_signal(signal.SIGKILL)
        child.wait()
        let_go.set()
        [left] = names(raw)
        assert left.startswith(".fetching-")
        file = remote("crime.csv", CRIME, DirectFile(kind="file", url=f"{url}/crime.csv"))
        fetch([file], raw, now=NOW)
    assert names(raw) == {sha256(CRIME), f"{sha256(CRIME)}.json"}


def test_two_fetches_at_once_take_turns_and_the_second_finds_the_work_done(raw):
    raw.mkdir(parents=True)
    other = os.open(raw, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    listener, receipts = Listener(), []
    file = remote("crime.csv", CRIME, PAGE)
    waiting = threading.Thread(
        target=lambda: receipts.extend(fetch([file], raw, now=NOW, progress=listener))
    )
    waiting.start()
    assert listener.told.wait(timeout=60)
    (raw / file.sha256).write_bytes(CRIME)
    os.close(other)
    waiting.join(timeout=60)
    assert listener.sentences == [f"Waiting for another process that is fetching into {raw}"]
    assert [receipt.already_here for receipt in receipts] == [True]


def fetching(file: RemoteFile, raw: Path) -> str:
    return textwrap.dedent(f"""
        from datetime import UTC, datetime
        from pathlib import Path
        from lris.catalogue.files import RemoteFile
        from lris.fetch import fetch
        file = RemoteFile.model_validate_json({file.model_dump_json()!r})
        fetch([file], Path({str(raw)!r}), now=datetime.now(UTC))
    """)


def project() -> Path:
    return Path(lris.fetch.__file__).parent.parent
