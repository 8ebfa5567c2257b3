"""Work on what comes next while what came before is being used."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

AT_ONCE = 2
"""So many are made ready at most, which bounds the memory they take."""


def ahead(iterator: Iterator[T]) -> Generator[T]:
    """The same in the same order, made in a thread of its own, up to `AT_ONCE` before its turn.

    What the iterator raises is raised where its next would have come. To be closed, so that nothing
    goes on when the caller does not.
    """
    thread = ThreadPoolExecutor(1)
    coming: deque[Future[list[T]]] = deque()
    try:
        while True:
            while len(coming) < AT_ONCE:
                coming.append(thread.submit(_next, iterator))
            if not (found := coming.popleft().result()):
                return
            yield found[0]
    finally:
        thread.shutdown(cancel_futures=True)


def _next(iterator: Iterator[T]) -> list[T]:
    """The next one, or none at the end."""
    for one in iterator:
        return [one]
    return []
