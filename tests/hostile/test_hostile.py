"""Whatever is handed over: a clear refusal or a whole delivery, and never anything by half."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from lris.boundaries import load_boundaries
from lris.catalogue import Catalogue
from lris.errors import FileFault, LrisError
from lris.load import DeliveryReport, load
from lris.session import Doors
from lris.sources import delimited
from lris.sources.archives import members
from lris.sources.reading import read_incidents
from tests import town as t
from tests.hostile.cases import CASES, ROW, Case
from tests.town import Town

TABLES = """
SELECT table_name FROM information_schema.tables
WHERE table_schema = 'lris' AND table_type = 'BASE TABLE' ORDER BY 1
"""


@pytest.fixture(scope="module")
def town(
    template: tuple[str, str], catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    with t.a_town(template, catalogue, tmp_path_factory.mktemp("town")) as found:
        found.draw("lsoa_2011")
        yield found


@pytest.fixture(scope="module")
def untouched(town: Town) -> dict[str, str]:
    """What is stored before anything is handed over."""
    return stored(town)


def stored(town: Town) -> dict[str, str]:
    """Everything that is stored: each table's rows as one sum."""
    return {
        name: town.ask(
            f"SELECT count(*)::text || coalesce(md5(string_agg(one::text, '|' ORDER BY one::text)),"
            f" '') FROM lris.{name} one"
        )[0][0]
        for (name,) in town.ask(TABLES)
    }


def everything(town: Town) -> str:
    """Everything that is stored, as text."""
    return "\n".join(
        str(row[0])
        for (name,) in town.ask(TABLES)
        for row in town.ask(f"SELECT one::text FROM lris.{name} one")
    )


def told(town: Town, case: Case, paths: list[Path]) -> tuple[list[str], list[object]]:
    """What was refused, and the reports of what was accepted; nothing of it is kept."""
    if case.vintage:
        try:
            report = load_boundaries(
                town.doors, town.catalogue, case.vintage, paths, actor="clerk", crs=case.crs
            )
        except LrisError as fault:
            return [str(fault)], []
        return [], [report]
    found = load(
        town.doors,
        town.catalogue,
        case.source,
        paths,
        actor="clerk",
        today=t.TODAY,
        period=case.period,
        keep=False,
    )
    return found.faults, [one for one in found.deliveries if not one.fault]


@pytest.mark.parametrize("case", [one for one in CASES if one.says], ids=lambda case: case.name)
def test_it_is_refused_in_words_and_nothing_of_it_is_stored(
    town: Town,
    untouched: dict[str, str],
    case: Case,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd,
):
    faults, taken = told(town, case, case.paths(tmp_path))
    assert stored(town) == untouched
    assert len(faults) == 1, taken
    missing = [words for words in case.says if not re.search(_either(words), faults[0])]
    assert missing == [], faults[0]
    assert re.search(r"[.] [A-Z]", faults[0]), f"no remedy: {faults[0]}"
    assert len(faults[0]) < 4_000
    if case.secret:
        seen = " ".join([*faults, caplog.text, *capfd.readouterr()]) + everything(town)
        assert case.secret not in seen


@pytest.mark.parametrize("case", [one for one in CASES if not one.says], ids=lambda case: case.name)
def test_it_is_taken_whole_and_every_row_is_accounted_for(
    doors: Doors, catalogue: Catalogue, case: Case, tmp_path: Path
):
    town = Town(doors, t.small(catalogue), tmp_path)
    town.draw("lsoa_2011")
    faults, (report,) = told(town, case, case.paths(tmp_path))
    assert faults == []
    assert {name: getattr(report, name) for name in case.accepted} == case.accepted
    if isinstance(report, DeliveryReport):
        assert report.rows_read == report.loaded + report.quarantined
    assert not case.secret or case.secret not in everything(town)


def test_a_file_that_is_written_on_while_it_is_read_is_read_to_its_old_end_and_refused(
    catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(delimited, "BLOCK_BYTES", 500)
    path = t.crime_file(tmp_path, "2018-10", t.OCTOBER)
    (member,) = members(path)
    read = read_incidents(member, catalogue.source("police_street_crime"), today=t.TODAY)
    rows = 0
    with pytest.raises(FileFault, match=r"changed while it was read.*Wait until it is complete"):
        for batch in read:
            rows += len(batch)
            with path.open("a") as file:
                file.write(f"{ROW}\n")
    assert rows == len(t.OCTOBER)


def _either(words: str) -> str:
    """The words as they stand; a bar between them means either."""
    return "|".join(re.escape(one) for one in words.split("|"))


def test_there_are_more_than_a_hundred_cases_each_with_a_name_of_its_own():
    assert len({case.name for case in CASES}) == len(CASES) > 100
