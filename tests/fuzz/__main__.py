"""`python -m tests.fuzz tabular 120 FOLDER`: throw bytes at one reader for so many seconds.

Coverage of the reader guides what is thrown next (atheris, which is libFuzzer; it is had for Linux
on x86-64). What is interesting is kept in a folder of FOLDER, and taken up again the next time;
what breaks a promise is written beside that, as READER-found-... or READER-crash-...
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
from pathlib import Path

import atheris

SEED = 20_061
"""Where chance begins: a run that found something finds it again."""
MOST_BYTES = 1 << 14
MOST_SECONDS_EACH = 10
MOST_MEGABYTES = 2_048


def main(name: str, seconds: str, folder: str | None = None) -> None:
    """Fuzz one reader; the process ends with 0 where nothing was found."""
    with atheris.instrument_imports(include=["lris.sources", "lris.rules"]):
        from tests.fuzz.harnesses import HARNESSES
    corpus = Path(folder or tempfile.mkdtemp(prefix="lris-fuzz-"), name)
    corpus.mkdir(parents=True, exist_ok=True)
    harness = HARNESSES[name]
    for at, seed in enumerate(harness.seeds()):
        (corpus / f"seed-{at:02}").write_bytes(seed)
    options = {
        "max_total_time": seconds,
        "seed": SEED,
        "max_len": MOST_BYTES,
        "timeout": MOST_SECONDS_EACH,
        "rss_limit_mb": MOST_MEGABYTES,
        "artifact_prefix": f"{corpus.parent}/{name}-",
        "print_final_stats": 1,
    }
    words = [f"-{option}={value}" for option, value in options.items()]

    def throw(thrown: bytes) -> None:
        try:
            harness.survives(thrown)
        except BaseException:
            mark = hashlib.sha256(thrown).hexdigest()[:12]
            (corpus.parent / f"{name}-found-{mark}").write_bytes(thrown)
            raise

    atheris.Setup([sys.argv[0], str(corpus), *words], throw)
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
