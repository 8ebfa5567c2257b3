"""Documents kept for whoever asks again: as they were, no more than fit, and made once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from api.app import create_app
from lris.catalogue import Catalogue
from lris.reports.keeping import Shelf
from tests import town as t


def making(made: list[bytes], document: bytes) -> Callable[[], bytes]:
    """Makes a document, and says that it did."""

    def make() -> bytes:
        made.append(document)
        return document

    return make


def test_a_document_is_made_once_and_is_the_same_again():
    shelf, made = Shelf(), list[bytes]()
    assert [shelf.get("a", making(made, b"one")) for _ in range(3)] == [b"one"] * 3
    assert made == [b"one"]


def test_another_state_is_another_document():
    shelf, made = Shelf(), list[bytes]()
    assert shelf.get(("1-a", "pdf"), making(made, b"one")) == b"one"
    assert shelf.get(("2-a", "pdf"), making(made, b"two")) == b"two"


def test_the_least_wanted_goes_when_there_is_no_room():
    shelf, made = Shelf(most_bytes=10), list[bytes]()
    for name in "ab":
        shelf.get(name, making(made, name.encode() * 4))
    shelf.get("a", making(made, b"never"))
    shelf.get("c", making(made, b"cccc"))
    assert shelf.get("a", making(made, b"never")) == b"aaaa"
    assert shelf.get("b", making(made, b"bb")) == b"bb"
    assert b"never" not in made


def test_what_is_larger_than_the_shelf_is_answered_and_not_kept():
    shelf, made = Shelf(most_bytes=3), list[bytes]()
    assert shelf.get("a", making(made, b"long")) == b"long"
    assert (len(shelf), shelf.bytes) == (0, 0)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 12)), max_size=40))
def test_it_never_holds_more_than_it_may(asked: list[tuple[int, int]]):
    shelf = Shelf(most_bytes=20)
    for key, size in asked:
        assert shelf.get((key, size), lambda size=size: b"x" * size) == b"x" * size
        assert shelf.bytes <= 20


def test_a_failure_is_not_kept():
    shelf = Shelf()

    def fail() -> bytes:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        shelf.get("a", fail)
    assert shelf.get("a", lambda: b"better") == b"better"


def test_who_asks_while_it_is_made_waits_for_it_and_others_do_not():
    shelf, made = Shelf(), list[bytes]()
    begun, go, together = Event(), Event(), Barrier(3)

    def slow() -> bytes:
        begun.set()
        assert go.wait(10)
        made.append(b"slow")
        return b"slow"

    def ask() -> bytes:
        together.wait(10)
        return shelf.get("a", slow)

    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(ask) for _ in range(3)]
        assert begun.wait(10)
        assert shelf.get("b", lambda: b"quick") == b"quick"
        go.set()
        assert [one.result(10) for one in waiting] == [b"slow"] * 3
    assert made == [b"slow"]


def test_the_service_draws_a_document_once_for_a_release_and_again_for_the_next(
    template: tuple[str, str], catalogue: Catalogue, tmp_path
):
    with t.a_town(template, catalogue, tmp_path) as town:
        town.draw("lsoa_2011")
        town.census()
        town.crimes("2018-10", t.OCTOBER)
        town.seal("October")
        service = create_app(town.reader, tmp_path)
        shelf = service.state.documents
        address = f"/profiles/lsoa_2011/{t.code(1)}"
        with TestClient(service) as client:
            first, again = (client.get(f"{address}?format=pdf") for _ in range(2))
            assert first.content == again.content
            assert (len(shelf), shelf.bytes) == (1, len(first.content))
            assert client.get(address).status_code == 200
            assert len(shelf) == 1
            assert client.get(f"{address}?format=html").content.startswith(b"<!doctype html>")
            assert len(shelf) == 2
            town.crimes("2018-11", t.NOVEMBER)
            town.seal("October and November")
            later = client.get(f"{address}?format=pdf")
            assert later.content != first.content
            assert len(shelf) == 3
