"""Where compiled code is kept, so that nobody but `make provision` waits for a compiler.

It lies beside the Python environment it was compiled for; an environment that this user may not
write to lends a copy to LRIS_HOME, as numba uses no folder that it cannot write to. Standard
library only: provisioning comes before any package is installed.
"""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path

VARIABLE = "NUMBA_CACHE_DIR"
FOLDER = "compiled"
STAMP = "stamp"


def keep_compiled(home: Path) -> None:
    """Tell numba where to keep what it compiles; an answer given in the environment stands.

    Called once by whoever starts a process, before numba is imported.
    """
    if os.environ.get(VARIABLE):
        return
    beside = Path(sys.prefix) / FOLDER
    if os.access(beside, os.W_OK):
        os.environ[VARIABLE] = str(beside)
    elif os.access(home, os.W_OK):
        os.environ[VARIABLE] = str(_lent(beside, home / FOLDER))


def _lent(beside: Path, own: Path) -> Path:
    """A copy of the folder, made anew where the environment's is another."""
    if beside.is_dir() and stamp_in(own) != stamp_in(beside):
        copy = own.with_name(f".{FOLDER}.{os.getpid()}")
        with suppress(OSError):  # Without it, the first placing compiles.
            shutil.copytree(beside, copy, ignore=shutil.ignore_patterns(STAMP))
            copy.chmod(0o755)
            for path in copy.rglob("*"):
                path.chmod(0o755 if path.is_dir() else 0o644)
            (copy / STAMP).write_text(stamp_in(beside))
            shutil.rmtree(own, ignore_errors=True)
            copy.rename(own)
        shutil.rmtree(copy, ignore_errors=True)
    return own


def stamp_in(folder: Path) -> str:
    """What was noted in the folder when all was compiled; "" where nothing was."""
    try:
        return (folder / STAMP).read_text()
    except OSError:
        return ""
