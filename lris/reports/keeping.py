"""Documents made lately, kept for whoever asks again: drawing one takes a second of work."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock

MOST_BYTES = 64_000_000
"""About two hundred documents of a neighbourhood."""


class Shelf:
    """Documents by what they were made from, at most so many bytes; the least wanted go first.

    What a document is kept under has to name the state of what it was made from, as an ETag does: a
    document is never looked at again to see whether it still holds. The shelf is of one process and
    goes with it, so that no document outlives the code that drew it.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        """An empty shelf for `most_bytes`."""
        self.most_bytes = most_bytes
        self.bytes = 0
        self._kept: OrderedDict[Hashable, bytes] = OrderedDict()
        self._making: dict[Hashable, Lock] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        """How many documents are kept."""
        return len(self._kept)

    def get(self, key: Hashable, make: Callable[[], bytes]) -> bytes:
        """The document kept under a key, or one made now and kept.

        Who asks while it is being made waits for it. Where making it fails nothing is kept, and the
        next in line tries again.
        """
        with self._lock:
            if (found := self._found(key)) is not None:
                return found
            making = self._making.setdefault(key, Lock())
        with making:
            with self._lock:
                if (found := self._found(key)) is not None:
                    return found
            try:
                made = make()
                with self._lock:
                    self._keep(key, made)
                return made
            finally:
                with self._lock:
                    self._making.pop(key, None)

    def _found(self, key: Hashable) -> bytes | None:
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def _keep(self, key: Hashable, made: bytes) -> None:
        """Put a document on the shelf; one larger than all of it is not kept."""
        self.bytes -= len(self._kept.pop(key, b""))
        if len(made) > self.most_bytes:
            return
        self._kept[key] = made
        self.bytes += len(made)
        while self.bytes > self.most_bytes:
            self.bytes -= len(self._kept.popitem(last=False)[1])
