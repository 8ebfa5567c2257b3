"""Documents of the town: where an area lies, its own neighbourhoods, and areas side by side."""

from __future__ import annotations

import io
from typing import Any

import pypdf
import pytest
from fastapi.testclient import TestClient

from lris.profiles import profile
from lris.reports import document, surroundings
from lris.reports.around import codes_of, whereabouts_of
from lris.reports.comparing import chart_of
from lris.reports.wording import value_words
from lris.terms import PUBLIC, AreaCode
from tests import town as t
from tests.reports.test_documents import Page, sheets
from tests.town import Town

HTML = {"accept": "text/html"}
FIRST, EIGHTH = f"lsoa_2011/{t.code(1)}", f"lsoa_2011/{t.code(8)}"


def of(town: Town, number: int) -> dict[str, Any]:
    return profile(town.reader, PUBLIC, AreaCode("lsoa_2011", t.code(number)))


# ---------------------------------------------------------------- a profile


def test_an_area_is_drawn_among_the_others_of_its_district(town: Town):
    found = of(town, 1)
    outlines = surroundings(town.reader, PUBLIC, found)
    assert set(outlines) == {t.code(n) for n in range(1, 9)}
    drawn = whereabouts_of(found, outlines)
    assert drawn is not None
    assert drawn.alternative.startswith(f"Map of the outline of {found['area']['name']} in ")
    assert whereabouts_of(found, {}) is None


def test_a_profile_over_http_is_the_page_that_the_library_writes(town: Town, client: TestClient):
    answer = client.get(f"/profiles/{FIRST}", headers=HTML)
    found = of(town, 1)
    expected = document(found, "html", surroundings(town.reader, PUBLIC, found)).bytes
    assert answer.content == expected
    assert "Where it is" in answer.text


@pytest.mark.parametrize("number", [1, 8, 9])
def test_every_figure_of_the_town_stands_on_the_page_and_in_the_workbook(town: Town, number: int):
    found = of(town, number)
    text = Page(document(found, "html").bytes).text
    header, *rows = sheets(found)["Figures"]
    every = [one for section in found["sections"] for one in section["figures"]]
    assert len(rows) == len(every) > 0
    for one, row in zip(every, rows, strict=True):
        assert value_words(one) in text
        value = row[header.index("Value")]
        if one["value"] is None:
            assert value in ("missing", "withheld")
        else:
            assert value == pytest.approx(one["value"], rel=1e-14)


def test_an_area_without_data_says_missing_and_never_zero(town: Town):
    found = of(town, 9)
    crime = next(one for one in found["sections"] if one["topic"] == "crime")
    assert {value_words(one) for one in crime["figures"]} == {"missing"}
    text = Page(document(found, "html").bytes).text
    assert "no data was delivered for this area and period" in text


# ---------------------------------------------------------------- a neighbourhood of one's own


@pytest.fixture(scope="module")
def own(client: TestClient) -> dict[str, Any]:
    asked = {
        "codes": [t.code(1), t.code(2)],
        "vintage": "lsoa_2011",
        "name": "<b>Riverside</b> & =1+1",
    }
    answer = client.post("/profiles", json=asked)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_neighbourhood_of_ones_own_names_its_blocks_and_how_they_fit(client, own):
    told = Page(client.get(own["address"], headers=HTML).content)
    assert "<b>Riverside</b> & =1+1: neighbourhood profile" in told.text
    assert own["degree_of_fit"]["words"] in told.text
    assert "The blocks that were looked at" in told.text
    assert all(one["code"] in told.text for one in own["blocks"])
    assert "Where it is" in told.text
    assert not told.all("b")


def test_its_pdf_and_its_workbook_can_be_opened(client, own):
    answer = client.get(f"{own['address']}?format=pdf")
    found = pypdf.PdfReader(io.BytesIO(answer.content))
    assert found.metadata.title == "<b>Riverside</b> & =1+1: neighbourhood profile"
    book = sheets(own)
    assert ["Made of", own["degree_of_fit"]["words"]] in book["Read me"]


def test_only_the_blocks_that_were_taken_are_its_ground():
    blocks = [{"code": "A", "taken": True}, {"code": "B", "taken": False}]
    assert codes_of({"area": {"code": "token"}, "blocks": blocks}) == {"A"}


# ---------------------------------------------------------------- side by side


def test_areas_side_by_side_are_a_page_for_a_browser(client: TestClient):
    address = f"/compare?areas={FIRST},{EIGHTH}"
    found = client.get(address).json()
    told = Page(client.get(address, headers=HTML).content)
    assert client.get(f"{address}&format=html").headers["content-type"].startswith("text/html")
    names = [area["name"] for area in found["areas"]]
    assert told.text.startswith(f"{names[0]} and {names[1]}")
    for section in found["sections"]:
        for figure in section["figures"]:
            for value in figure["values"]:
                if value is not None:
                    assert value_words(value | {"decimals": figure["decimals"]}) in told.text
    assert found["method"] in told.text
    levels = [int(tag[1]) for tag, _ in told.tags if tag in ("h1", "h2", "h3")]
    assert levels[:2] == [1, 2]
    assert not told.all("script")


def test_areas_side_by_side_are_drawn_with_words_for_who_cannot_see_it(client: TestClient):
    address = f"/compare?areas={FIRST},{EIGHTH}&format=html"
    answer = client.get(address)
    assert "Crime rate per 1,000 residents, 2018-12" in Page(answer.content).text
    assert "Marks on their 95 % intervals. All crime and anti-social behaviour: " in answer.text
    assert Page(answer.content).all("svg")


def test_a_gap_beside_others_is_a_word_and_no_mark():
    def value(value: float | None, **more: Any) -> dict[str, Any]:
        ends = {"lower": None, "upper": None} if value is None else {"lower": 0.5, "upper": 4.0}
        return {"value": value, "status": "observed", "reason": None, **ends, **more}

    figure = {
        "name": "Rate", "label": "Rate", "category_name": "", "period": "2018", "unit": "per 1,000",
        "decimals": 1, "folded": False,
        "values": [value(2.0), value(None, status="withheld", reason="small_number"), None],
    }  # fmt: skip
    chart = chart_of("c", "Rate", [figure], ("A", "B", "C"))
    assert chart is not None
    assert chart.alternative == (
        "Marks on their 95 % intervals. Rate: A 2.0, B withheld, C no figure of its own."
        " The table below has the numbers."
    )
    assert all(word in chart.svg for word in ("withheld", "no figure of its own", "per 1,000"))
    assert chart_of("c", "Rate", [{**figure, "folded": True}], ("A", "B", "C")) is None
    assert chart_of("c", "Rate", [{**figure, "values": [None] * 3}], ("A", "B", "C")) is None


def test_many_areas_have_a_column_each(client: TestClient):
    areas = ",".join(f"lsoa_2011/{t.code(n)}" for n in (1, 2, 3, 8))
    told = Page(client.get(f"/compare?areas={areas}", headers=HTML).content)
    assert told.text.startswith("4 areas side by side")
    columns = [one for one in told.all("th") if one.get("scope") == "col"]
    assert len(columns) % 5 == 0
