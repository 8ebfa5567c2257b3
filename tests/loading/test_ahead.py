"""What comes next is made while what came before is used, and nothing else changes."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event, current_thread

import pytest

from lris.loading.ahead import AT_ONCE, ahead


def test_everything_comes_once_and_in_order():
    with ahead(iter(range(50))) as coming:
        assert list(coming) == list(range(50))
    with ahead(iter(())) as coming:
        assert list(coming) == []


def test_what_is_raised_comes_after_all_that_was_made_before_it():
    def broken() -> Iterator[int]:
        yield from range(5)
        raise ValueError("line 6")

    with ahead(broken()) as coming:
        assert [next(coming) for _ in range(5)] == [0, 1, 2, 3, 4]
        with pytest.raises(ValueError, match="line 6"):
            next(coming)


def test_it_is_made_in_another_thread_while_the_caller_works():
    made = [Event() for _ in range(3)]

    def numbered() -> Iterator[str]:
        for event in made:
            event.set()
            yield current_thread().name

    with ahead(numbered()) as coming:
        assert made[1].wait(10)
        assert next(coming) != current_thread().name


def test_no_more_is_made_than_may_wait_and_nothing_after_the_end():
    made: list[int] = []

    def counted() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            yield number

    with ahead(counted()) as coming:
        next(coming)
    assert len(made) <= AT_ONCE + 1


def test_several_stages_stand_one_behind_another():
    def doubled(numbers: Iterator[int]) -> Iterator[int]:
        for number in numbers:
            yield 2 * number

    with ahead(iter(range(10))) as first, ahead(doubled(first)) as second:
        assert list(second) == [2 * number for number in range(10)]
