"""Bring everything up and serve it."""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Annotated

import typer

from lris.cli.opened import Opened, actor, app, now, opened
from lris.errors import BadRequest, ClusterFault, LrisError
from lris.progress import Advance
from lris.settings import Settings


@app.command()
def up(
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="Port on 127.0.0.1; LRIS_PORT, or 8000."),
    ] = None,
    place: Annotated[str | None, typer.Option(help="A place of the catalogue to load.")] = None,
    empty: Annotated[bool, typer.Option("--empty", help="Load no place.")] = False,
) -> None:
    """Bring everything up and serve it. Ctrl-C stops all that this started.

    A place that is loaded already is not loaded again. Without --place the default one is loaded.
    """
    if place and empty:
        raise BadRequest("--place and --empty contradict each other", remedy="give one of them")
    for number in STOPPING:
        signal.signal(number, _interrupt)
    settings = Settings.from_environment()
    listener = _listener(settings.host, port or settings.port)
    try:
        with listener, opened() as here:
            if not empty:
                _load_place(here, place)
            _serve(here, listener)
    except KeyboardInterrupt:
        pass
    print("Stopped.", file=sys.stderr)


DEFAULT_PLACE = "demo-city"

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, a service manager, a terminal that closes: each stops all that was started."""


def _load_place(here: Opened, place: str | None) -> None:
    from lris.prepare import load_place

    load_place(
        here.doors,
        here.catalogue,
        place or DEFAULT_PLACE,
        raw=here.settings.raw,
        actor=actor(),
        now=now,
        progress=here.progress,
    )


def _serve(here: Opened, listener: socket.socket) -> None:
    import uvicorn

    from api.app import create_app
    from lris.figures import Reader

    service = create_app(Reader(here.doors, here.catalogue), here.settings.web)
    server = uvicorn.Server(uvicorn.Config(service, log_level="warning", access_log=False))
    host, port = listener.getsockname()[:2]

    # An exception raised in the middle of the event loop can be lost; a flag cannot.
    def leave(number: int, frame: object) -> None:
        server.should_exit = True

    for number in STOPPING:
        signal.signal(number, leave)
    here.progress.say(f"LRIS is at http://{host}:{port}/  (Ctrl-C stops it)")
    with _making_profiles_ready(here):
        server.run(sockets=[listener])


@contextmanager
def _making_profiles_ready(here: Opened) -> Iterator[None]:
    """Write the profiles that are not ready while the service answers; leaving ends that."""
    leaving = Event()
    work = Thread(target=make_profiles_ready, args=(here, leaving))
    work.start()
    try:
        yield
    finally:
        leaving.set()
        work.join()


def make_profiles_ready(here: Opened, leaving: Event) -> None:
    """Write the profiles of the newest release, all or, once `leaving` is set, none of them."""
    from lris.profiles import seal_profiles

    class Heeding:
        """Hears of the work only to end it when the service does."""

        def say(self, sentence: str) -> None:
            pass

        @contextmanager
        def task(self, title: str, total: float | None = None) -> Iterator[Advance]:
            def advance(done: float) -> None:
                if leaving.is_set():
                    raise _LeavingError

            yield advance

    try:
        because = "made ready while the service runs"
        seal_profiles(
            here.doors, here.catalogue, actor=actor(), because=because, progress=Heeding()
        )
    except (LrisError, _LeavingError):
        # They are made when asked for, then; whoever asks is told what is wrong.
        pass


class _LeavingError(Exception):
    """The service is being stopped."""


def _listener(host: str, port: int) -> socket.socket:
    """Take the port first: nobody should wait for a load to be told that it is taken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as fault:
        listener.close()
        raise ClusterFault(
            f"port {port} on {host} cannot be had: {fault.strerror}",
            remedy=f"stop what uses it, or choose another: LRIS_PORT={port + 1} make run",
        ) from fault
    return listener


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt
