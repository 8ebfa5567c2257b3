"""A ward pack: the ward, then each of its LSOAs, in one bounded PDF."""

from __future__ import annotations

import io
import json
import subprocess
import sys

import pypdf
import pytest
from fastapi.testclient import TestClient

from lris.errors import BadRequest
from lris.profiles import profile
from lris.reports import pack
from lris.reports.packs import MOST_AREAS, blocks_of
from lris.reports.wording import value_words
from lris.terms import PUBLIC, AreaCode
from tests import town as t
from tests.town import Town

EAST = AreaCode("ward_2019", "E05900002")


@pytest.fixture(scope="module")
def made(town: Town) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(pack(town.reader, PUBLIC, EAST).bytes))


def test_a_pack_is_of_the_lsoas_of_the_ward_by_the_boundaries_of_its_time(town: Town):
    found = [(one["vintage"], one["code"]) for one in blocks_of(town.reader, PUBLIC, EAST)]
    assert found == [("lsoa_2011", t.code(n)) for n in (3, 4, 7, 8, 11, 12)]


def test_the_ward_comes_first_and_each_lsoa_starts_a_page(made: pypdf.PdfReader, town: Town):
    pages = [" ".join(one.extract_text().split()) for one in made.pages]
    assert "ward pack" in pages[0]
    assert "Its LSOAs" in pages[0]
    names = [one["name"] for one in blocks_of(town.reader, PUBLIC, EAST)]
    for at, name in enumerate(names, 1):
        starts = [n for n, text in enumerate(pages) if text.startswith(f"{at}. {name}")]
        assert len(starts) == 1, name
    assert len(pages) <= 12 + 2 * len(names)


def test_its_figures_are_those_of_the_profiles(made: pypdf.PdfReader, town: Town):
    text = " ".join(" ".join(one.extract_text() for one in made.pages).split())
    for number in (3, 8, 12):
        found = profile(town.reader, PUBLIC, AreaCode("lsoa_2011", t.code(number)))
        crimes = next(one for one in found["sections"] if one["topic"] == "crime")["figures"]
        rate = next(one for one in crimes if one["indicator"] == "crime_rate_residents")
        assert value_words(rate) in text


def test_a_pack_is_tagged_titled_and_told_to_screen_readers(made: pypdf.PdfReader):
    root = made.trailer["/Root"]
    assert root["/Lang"] == "en-GB"
    assert root["/MarkInfo"]["/Marked"]
    assert made.metadata.title.endswith("ward pack")


def test_the_same_pack_has_the_same_bytes(town: Town, client: TestClient):
    answer = client.get(f"/packs/{EAST}")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == (
        'inline; filename="pack-ward_2019-E05900002.pdf"'
    )
    assert answer.content == pack(town.reader, PUBLIC, EAST).bytes
    again = client.get(f"/packs/{EAST}", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("which", "says"),
    [
        (AreaCode("lad_2011", t.BRISTOL), "is no ward"),
        (AreaCode("lsoa_2011", t.code(1)), "is no ward"),
    ],
)
def test_only_wards_and_msoas_have_packs(town: Town, client: TestClient, which, says):
    with pytest.raises(BadRequest, match=says):
        pack(town.reader, PUBLIC, which)
    answer = client.get(f"/packs/{which}")
    assert answer.status_code == 400
    assert "ward" in answer.json()["remedy"]


def test_an_unknown_ward_is_not_found(client: TestClient):
    assert client.get("/packs/ward_2019/E05999999").status_code == 404
    assert client.get("/packs/ward_1919/E05900002").status_code == 404


def test_a_pack_has_a_limit(town: Town, monkeypatch):
    monkeypatch.setattr("lris.reports.packs.MOST_AREAS", 5)
    with pytest.raises(BadRequest, match="more than 5 LSOAs"):
        blocks_of(town.reader, PUBLIC, EAST)
    assert MOST_AREAS == 40


def test_the_service_starts_without_what_draws_and_writes():
    program = (
        "import sys, json, api.app, lris.reports;"
        "heavy = {'matplotlib', 'typst', 'jinja2', 'xlsxwriter', 'lris.reports.telling'};"
        "print(json.dumps(sorted(heavy & set(sys.modules))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == []
