"""The fictional city: a land, its people, crime and services, written in the publishers' own
formats.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lris.demo.deprivation import make_deprivation, write_deprivation
from lris.demo.education import write_education
from lris.demo.feeds import write_incidents
from lris.demo.geography import make_geography
from lris.demo.health import write_health
from lris.demo.people import make_people
from lris.demo.published_land import write_land
from lris.demo.published_people import write_people
from lris.demo.truths import Truth, write_truths

README = """\
EVERYTHING IN THIS FOLDER IS FICTIONAL.

Vellmouth and Orrendale do not exist. Their areas have codes that no publisher has issued, they lie
in open sea, and nobody lives, suffers or teaches there. The files are made by
`lris demo --seed {seed}` in the layouts of real publishers, who have nothing to do with them: one
folder for each source or boundary vintage of LRIS. Load them with
`lris boundaries load VINTAGE FILE` and `lris load SOURCE FILE --part Vellmouth`: publishers issue
most of these files for the whole country, and these are not the whole country.
"""


@dataclass(frozen=True, slots=True)
class CityReport:
    """What was written: the folder, the files below it in order of name, and what was planted."""

    seed: int
    out: Path
    files: tuple[Path, ...]
    truths: tuple[Truth, ...]


def write_city(
    seed: int,
    out: Path,
    *,
    truth: Path | None = None,
    null: bool = False,
    settled: Callable[[], object] = lambda: None,
) -> CityReport:
    """Write the city of a seed below `out`, and what was planted in it to `truth`.

    The same seed gives the same bytes on any day and machine. A `null` city has nothing planted.
    `settled` is called when all files are written but those of incidents, which take half the time.
    """
    geography = make_geography(seed)
    people = make_people(geography)
    write_land(geography, out)
    write_people(geography, people, out)
    write_deprivation(geography, make_deprivation(geography, people), out)
    of_services = [
        *write_education(geography, people, out, null=null),
        *write_health(geography, people, out, null=null),
    ]
    settled()
    truths = [*write_incidents(geography, out, null=null), *of_services]
    (out / "README.txt").write_text(README.format(seed=seed), encoding="utf-8")
    if truth is not None:
        write_truths(truth, seed, truths)
    files = tuple(sorted(path for path in out.rglob("*") if path.is_file()))
    return CityReport(seed, out, files, tuple(truths))
