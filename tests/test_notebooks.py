"""The notebooks run from end to end, through what the library offers, and say what is true."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from lris.catalogue import Catalogue
from lris.prepare import load_place
from lris.session import Doors
from lris.settings import PROJECT

NOTEBOOKS = PROJECT / "notebooks"
NEEDED = (
    "lsoa_2011_to_lsoa_2021",
    "census_2011_population",
    "population_sape",
    "police_street_crime",
    "partner_police_crimes",
)
DERIVED = ("population", "crime_count", "crime_rate_residents")


def executed(name: str, monkeypatch: pytest.MonkeyPatch, **environment: str) -> str:
    """What the cells of a notebook print and show, in order."""
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setenv("LRIS_ACTOR", "notebook reader")
    [path] = NOTEBOOKS.glob(f"{name}-*.ipynb")
    book = nbformat.read(path, as_version=4)
    NotebookClient(book, timeout=300, kernel_name="python3").execute()
    return "\n".join(_texts(book))


def _texts(book: nbformat.NotebookNode) -> Iterator[str]:
    for cell in book.cells:
        for output in cell.get("outputs", ()):
            if output.output_type == "stream":
                yield output.text
            else:
                yield from output.get("data", {}).values()


@pytest.fixture
def city(doors: Doors, catalogue: Catalogue, database_url: str, tmp_path: Path) -> str:
    """The demo city with what the notebook asks for, published."""
    place = catalogue.place("demo-city")
    loads = tuple(one for one in place.loads if one.source in NEEDED)
    page = catalogue.profiles["neighbourhood"].model_copy(update={"sections": ()})
    some = replace(
        catalogue,
        digest="less",
        profiles={"neighbourhood": page},
        places={"demo-city": place.model_copy(update={"loads": loads})},
        indicators={name: catalogue.indicator(name) for name in DERIVED},
    )
    load_place(
        doors,
        some,
        "demo-city",
        raw=tmp_path,
        actor="clerk",
        now=lambda: datetime.now(UTC),
    )
    return database_url


def test_the_problem_profile_of_burglary_finds_places_and_tells_how_good_it_was(
    city: str, monkeypatch: pytest.MonkeyPatch
):
    said = executed("01", monkeypatch, LRIS_DATABASE_URL=city)
    assert re.search(r"\d+ of [\d,]+ squares of 250 m of Vellmouth are significantly high", said)
    assert "a clock of it would be invented" in said
    assert "the busiest hour of the week is" in said
    assert re.search(r"Vellmouth 033A +persistent hotspot", said)
    assert re.search(r"clusters hold \d+ of 1,040 incidents", said)
    assert "2022-08 of Vellmouth and Orrendale Constabulary is doubtful" in said
    assert said.count("L.map(") == 2


def test_bristol_at_christmas_is_told_from_the_real_files_with_what_cannot_be_said(
    real_data: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
):
    said = executed(
        "02", monkeypatch, LRIS_DATABASE_URL=database_url, LRIS_REAL_DATA=str(real_data)
    )
    assert "15,159 rows lie in Bristol" in said
    assert "shoplifting: 31% fewer a day in December" in said
    assert re.search(r"\d+ of 263 LSOAs of Bristol, City of are significantly high", said)
    assert "a year earlier 2017-12 of Avon and Somerset Constabulary is missing" in said
    assert "9% of the rows of these deliveries (158 of 1,851) have no location" in said


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_output_and_calls_nothing_private(path: Path):
    book = json.loads(path.read_text(encoding="utf-8"))
    code = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
    assert code
    for cell in code:
        assert (cell["outputs"], cell["execution_count"]) == ([], None)
        assert not re.search(r"(\.|import )_[a-z]|lris\.(store|sources)", "".join(cell["source"]))
