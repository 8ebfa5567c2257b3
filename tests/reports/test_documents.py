"""A profile as page, PDF and workbook: the same numbers, gaps as words, names as names."""

from __future__ import annotations

import io
import re
import zipfile
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pypdf
import pytest
from python_calamine import CalamineWorkbook

from lris.reports import MEDIA, document
from lris.reports.charts.canvas import INK
from lris.reports.naming import plain_name
from lris.reports.wording import KINDS_MEAN, kind_of, value_words
from tests.reports.invented import HOSTILE, invented

FORMATS = ("html", "pdf", "xlsx")


class Page(HTMLParser):
    """What a page is made of: tags with attributes, words, and which of them are headings."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._hidden = 0
        self.feed(content.decode())

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._hidden += tag == "style"

    def handle_endtag(self, tag):
        self._hidden -= tag == "style"

    def handle_data(self, data):
        if not self._hidden:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]


def page(profile: dict[str, Any]) -> Page:
    return Page(document(profile, "html").bytes)


def reader(profile: dict[str, Any]) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(document(profile, "pdf").bytes))


def pdf_text(profile: dict[str, Any]) -> str:
    return " ".join(" ".join(one.extract_text() for one in reader(profile).pages).split())


def sheets(profile: dict[str, Any]) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(document(profile, "xlsx").bytes))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def figures(profile: dict[str, Any]) -> list[dict[str, Any]]:
    return [figure for section in profile["sections"] for figure in section["figures"]]


@pytest.fixture(scope="module")
def profile() -> dict[str, Any]:
    return invented()


@pytest.fixture(scope="module")
def told(profile) -> Page:
    return page(profile)


# ---------------------------------------------------------------- numbers and gaps


@pytest.mark.parametrize("text", [lambda p: page(p).text, pdf_text], ids=["html", "pdf"])
def test_every_figure_stands_in_the_document_with_its_interval(profile, text):
    said = text(profile)
    for one in figures(profile):
        assert value_words(one) in said, one["name"]
    assert "10.78 to 24.60" in said
    assert "worse than Aldermere: 10.00 (99.8\u00a0%)".replace("\u00a0", " ") in said.replace(
        "\u00a0", " "
    )
    assert "among the 10 % most deprived" in said
    assert "LRIS release 7, 22 November 2026" in said


def test_a_workbook_holds_the_very_numbers(profile):
    header, *rows = sheets(profile)["Figures"]
    at = {name: column for column, name in enumerate(header)}
    by_name = {row[at["Indicator"]]: row for row in rows}
    for one in figures(profile):
        row = by_name[one["indicator"]]
        if one["indicator"] == "population_by_age":
            continue
        expected = one["value"] if one["value"] is not None else kind_of(one)
        assert row[at["Value"]] == expected
        for title, key in (("Lower 95 % limit", "lower"), ("Numerator", "numerator")):
            assert row[at[title]] == ("" if one[key] is None else one[key])


def test_zero_missing_incomplete_and_withheld_look_different_everywhere(profile):
    kinds = {one["indicator"]: kind_of(one) for one in figures(profile)}
    assert (kinds["robbery"], kinds["arson"], kinds["weapons"], kinds["drugs"], kinds["other"]) == (
        *("zero", "missing", "withheld", "incomplete", "estimated"),
    )
    words = {value_words(one) for one in figures(profile) if one["indicator"] != "rate"}
    assert {"0.00", "missing", "withheld", "7.25 (incomplete)", "3.75 (estimated)"} <= words
    for said in (page(profile).text, pdf_text(profile)):
        for kind, meaning in KINDS_MEAN.items():
            assert f"{kind.capitalize()}: {meaning}." in said
        assert "no data was delivered for this area and period" in said
        assert "withheld because the number is small enough to point at people" in said
    _, *rows = sheets(profile)["Figures"]
    assert {row[7] for row in rows} >= {"Zero", "Missing", "Withheld", "Incomplete", "Estimated"}


def test_what_is_withheld_is_never_a_number_nor_a_blank(profile, told):
    header, *rows = sheets(profile)["Figures"]
    value, status = header.index("Value"), header.index("Status")
    for row in rows:
        gap = row[status] in ("Missing", "Withheld")
        assert isinstance(row[value], str if gap else float), row
        assert row[value] != ""
    assert {one["class"] for one in told.all("td") if "number" in (one.get("class") or "")} >= {
        "zero number",
        "missing number",
        "withheld number",
        "incomplete number",
    }


def test_a_trend_shows_its_gaps_in_words(profile, told):
    assert (
        "from 21.37 in 2018-07 to 16.67 in 2018-12, 1 missing, 1 withheld"
        in next(one["aria-label"] or "" for one in told.all("div") if "over" in str(one))
        if False
        else True
    )
    labels = [one["aria-label"] or "" for one in told.all("div") if one.get("role") == "img"]
    (trend,) = (one for one in labels if "2018-07 to 2018-12" in one)
    labels = [one["aria-label"] or "" for one in told.all("div") if one.get("role") == "img"]
    (trend,) = (one for one in labels if "2018-07 to 2018-12" in one)
    assert "from 21.37 in 2018-07 to 16.67 in 2018-12, 1 missing, 1 withheld" in trend
    assert "no clear change (Mann-Kendall, p 0.432 over 3 periods)" in trend
    for period, word in (("2018-08", "withheld"), ("2018-09", "0.00"), ("2018-10", "missing")):
        assert re.search(rf"{period} {word}", told.text)
    _, *rows = sheets(profile)["Trend"]
    assert [row[4] for row in rows] == [21.37, "no figure", 0, "no figure", 13.59, 16.67]
    assert [row[5] for row in rows][1] == "withheld"


# ---------------------------------------------------------------- names that mean harm


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_only_ever_a_name(name: str):
    told = page(invented(name))
    tags = {tag for tag, _ in told.tags}
    assert not tags & {"script", "img", "iframe"}
    assert not any(key.startswith("on") for _, attributes in told.tags for key in attributes)
    seen = " ".join(re.sub(r"[\x00-\x1f]", " ", name).split())
    assert seen in told.text
    rows = [row for sheet in sheets(invented(name)).values() for row in sheet]
    assert any(seen in " ".join(str(cell).split()) for row in rows for cell in row)
    assert reader(invented(name)).pages


def test_no_cell_of_a_workbook_is_a_formula():
    for name in HOSTILE:
        content = document(invented(name), "xlsx").bytes
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            for member in book.namelist():
                assert b"<f>" not in book.read(member)
                assert b"externalLink" not in book.read(member)


def test_typst_takes_no_word_for_markup():
    name = '#panic("x") $1/0$ *b* _i_ @ref'
    assert name in pdf_text(invented(name))


def test_a_letter_that_no_font_has_is_told_as_unknown():
    assert "Cwm Rhŷd ŵ \ufffd\ufffd \ufffd" in pdf_text(invented("Cwm Rhŷd ŵ 東京 🏠"))


def test_a_file_name_is_safe_in_a_header():
    assert plain_name('a"b/../c\r\nd é', "pdf") == "a-b-..-c-d.pdf"


# ---------------------------------------------------------------- for everybody, and for ever


@pytest.mark.parametrize("format", FORMATS)
def test_the_same_profile_gives_the_same_bytes(profile, format):
    first, second = document(profile, format), document(profile, format)
    assert first == second
    assert first.media_type == MEDIA[format]
    assert first.filename == f"lsoa_2011-E01014492-release-7.{format}"


def test_a_page_asks_nothing_of_anybody(told):
    for tag, attributes in told.tags:
        for key in ("href", "src", "xlink:href", "action", "poster", "data"):
            address = attributes.get(key)
            if address is not None:
                allowed = tag == "a" and address == "https://data.police.uk/about"
                assert address.startswith("#") or allowed, (tag, address)
    styles = document(invented(), "html").bytes.decode()
    assert "@import" not in styles
    assert re.findall(r"url\((?!#)", styles) == []
    assert not told.all("script")


def test_a_page_can_be_read_by_everybody(told):
    (html,) = told.all("html")
    assert html["lang"] == "en-GB"
    assert told.all("a")[0] == {"class": "skip", "href": "#content"}
    ids = [attributes["id"] for _, attributes in told.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert "content" in ids
    levels = [int(tag[1]) for tag, _ in told.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))
    assert len(told.all("caption")) == len(told.all("table"))
    assert all(one.get("scope") in ("col", "row") for one in told.all("th"))
    links = [one["href"] for one in told.all("a") if (one["href"] or "").startswith("#")]
    assert {link[1:] for link in links if link} <= set(ids)


def test_every_chart_has_words_and_a_table(told):
    drawings = [one for one in told.all("div") if "drawing" in (one.get("class") or "")]
    assert len(drawings) == len(told.all("figure")) >= 4
    assert all(one["role"] == "img" and len(one["aria-label"] or "") > 30 for one in drawings)
    captions = " ".join(told.words)
    for title in ("Residents by age, 2018-12", "Crime: the numbers", "By domain, 2019"):
        assert title in captions


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_words_stand_out_from_their_paper():
    content = document(invented(), "html").bytes.decode()
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", content))
    assert contrast(INK, "#ffffff") >= 7
    for ink in ("ink", "soft", "accent", "caution"):
        assert contrast(colours[ink], "#ffffff") >= 4.5, ink
    assert contrast(colours["caution"], colours["caution-wash"]) >= 4.5
    assert contrast(colours["ink"], colours["accent-wash"]) >= 4.5


def test_a_pdf_has_a_title_a_language_and_tags(profile):
    found = reader(profile)
    root = found.trailer["/Root"]
    assert root["/Lang"] == "en-GB"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert found.metadata.title == "Bristol 008A: neighbourhood profile"
    assert b"pdfuaid:part" in root["/Metadata"].get_data()
    assert found.pages[0].mediabox.width == pytest.approx(595.28, abs=0.1)
    assert f"Page 1 of {len(found.pages)}" in found.pages[0].extract_text()


def test_every_image_of_a_pdf_has_words(profile):
    found = reader(profile)
    drawn: list[str] = []
    kinds: set[str] = set()

    def walk(node):
        node = node.get_object()
        if isinstance(node, list):
            for one in node:
                walk(one)
        elif isinstance(node, dict):
            kinds.add(str(node.get("/S")))
            if node.get("/S") == "/Figure":
                drawn.append(str(node.get("/Alt", "")))
            if "/K" in node:
                walk(node["/K"])

    walk(found.trailer["/Root"]["/StructTreeRoot"])
    assert len(drawn) >= 4
    assert all(len(words) > 30 for words in drawn)
    assert {"/H1", "/H2", "/Table", "/TH", "/TD"} <= kinds


@pytest.mark.parametrize("format", FORMATS)
def test_a_fictional_area_says_so_where_nobody_can_miss_it(format):
    real, fictional = invented(), invented(fictional=True)
    said = {
        "html": lambda p: page(p).text,
        "pdf": pdf_text,
        "xlsx": lambda p: str(sheets(p)["Read me"]),
    }[format]
    assert "This area is fictional" in said(fictional)
    assert "fictional" not in said(real).lower()


def test_every_page_of_a_fictional_pdf_says_it():
    assert all("Fictional" in one.extract_text() for one in reader(invented(fictional=True)).pages)
