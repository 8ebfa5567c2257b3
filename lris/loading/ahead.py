"""Work on what comes next while what came before is being used."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

AT_ONCE = 2
"""So many are made ready at most, which bounds the memory they take."""


@contextmanager
def ahead(iterator: Iterator[T]) -> Iterator[Iterator[T]]:
    """The same in the same order, made in a thread of its own, up to `AT_ONCE` before its turn.

    The first are begun at once. What the iterator raises is raised where its next would have come;
    nothing of it goes on after the end of the context.
    """
    thread = ThreadPoolExecutor(1)

    def make() -> Future[list[T]]:
        return thread.submit(_next, iterator)

    try:
        yield _each(deque(make() for _ in range(AT_ONCE)), make)
    finally:
        thread.shutdown(cancel_futures=True)


def _each(coming: deque[Future[list[T]]], make: Callable[[], Future[list[T]]]) -> Iterator[T]:
    while found := coming.popleft().result():
        coming.append(make())
        yield found[0]


def _next(iterator: Iterator[T]) -> list[T]:
    """The next one, or none at the end."""
    for one in iterator:
        return [one]
    return []
