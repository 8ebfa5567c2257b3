"""Telling a person how far long work has come, without the library ever printing by itself.

A verb takes `progress: Progress = QUIET` and says what it does; whoever starts the process decides
whether anybody hears it:

    with progress.task("Loading 2018-10-cleveland-street.csv", total=9352) as advance:
        advance(5000)
    progress.say("9,352 rows loaded")
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol, TextIO

from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bars

PATIENCE_S = 2.0
"""Work shorter than this needs no bar: it would only flicker."""

Advance = Callable[[float], None]
"""Told how much more has been done since it was last told."""


class Progress(Protocol):
    """Whoever listens to a long piece of work."""

    def say(self, sentence: str) -> None:
        """One line for a person."""
        ...

    def task(self, title: str, total: float | None = None) -> AbstractContextManager[Advance]:
        """A step of known or unknown (None) size; `total` is in whatever `advance` is told in."""
        ...


class _Quiet:
    def say(self, sentence: str) -> None:
        pass

    @contextmanager
    def task(self, title: str, total: float | None = None) -> Iterator[Advance]:
        yield lambda done: None


QUIET: Progress = _Quiet()
"""Nobody is listening."""


@contextmanager
def console_progress(stream: TextIO | None = None) -> Iterator[Progress]:
    """Bars on a terminal, one plain line a step elsewhere; on standard error unless told otherwise.

    Not to be opened inside itself: a terminal has room for one set of bars.
    """
    stream = sys.stderr if stream is None else stream
    if not stream.isatty():
        yield _Lines(stream)
        return
    console = Console(file=stream, highlight=False, markup=False)
    with _PatientBars(console=console, transient=True) as bars:
        yield _Terminal(bars)


class _Lines:
    """For logs and pipes: what is said, and the name of each step as it begins."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def say(self, sentence: str) -> None:
        print(sentence, file=self._stream, flush=True)

    @contextmanager
    def task(self, title: str, total: float | None = None) -> Iterator[Advance]:
        self.say(title)
        yield lambda done: None


class _Terminal:
    """For a person at a terminal: a bar for each step that takes a while, gone when it is done."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars

    def say(self, sentence: str) -> None:
        self._bars.console.print(sentence)

    @contextmanager
    def task(self, title: str, total: float | None = None) -> Iterator[Advance]:
        step = self._bars.add_task(title, total=total)
        try:
            yield lambda done: self._bars.advance(step, done)
        finally:
            self._bars.remove_task(step)


class _PatientBars(Bars):
    """Bars that show a step only once it has tried a person's patience."""

    def __init__(self, *, console: Console, transient: bool) -> None:
        super().__init__(
            # A file's name may hold brackets: it is text, never markup.
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=transient,
        )

    def get_renderables(self) -> Iterable[RenderableType]:
        slow = [task for task in self.tasks if (task.elapsed or 0.0) >= PATIENCE_S]
        yield self.make_tasks_table(slow)
