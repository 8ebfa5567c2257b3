"""What a CSV or a workbook must be, told with small files made here; xlsx written by hand."""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import re
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lris.catalogue.sources import SourceManifest
from lris.errors import FileFault, IdentifiersFound
from lris.sources import delimited, workbooks
from lris.sources.archives import Member
from lris.sources.tabular import tables

COLUMNS = [
    {"header": "code", "role": "area_code", "vintage": "lsoa_2011"},
    {"header": "note", "role": "ignored"},
    {"header": "n", "role": "value", "measure": "people"},
]


def source_with(*layouts: dict[str, object]) -> SourceManifest:
    return SourceManifest.model_validate(
        {
            "id": "x",
            "title": "X",
            "kind": "observations",
            "topic": "crime",
            "publisher": "P",
            "licence": "OGL-3.0",
            "attribution": "A",
            "homepage": "h",
            "refresh": "once",
            "period": "2018",
            "measures": [{"id": "people", "title": "People", "unit": "people"}],
            "layouts": [
                {"name": "one", "columns": COLUMNS} | layout for layout in layouts or ({},)
            ],
        }
    )


PLAIN = source_with()


def member(folder: Path, content: bytes | str, name: str = "f.csv") -> Member:
    content = content.encode() if isinstance(content, str) else content
    (folder / name).write_bytes(content)
    return Member(name, folder / name, hashlib.sha256(content).hexdigest(), len(content))


def rows_of(found: Member, source: SourceManifest = PLAIN) -> list[tuple[int, tuple[str, ...]]]:
    return [
        (int(line), block.row(at))
        for table in tables(found, source)
        for block in table.blocks
        for at, line in enumerate(block.line)
    ]


def workbook(sheets: dict[str, list[list[object]]]) -> bytes:
    """An xlsx of inline strings and numbers: the least that is one."""
    buffer = io.BytesIO()
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    docs = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    rels = "http://schemas.openxmlformats.org/package/2006/relationships"

    def cell(value: object, place: str) -> str:
        if isinstance(value, str):
            return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
        return "" if value is None else f'<c r="{place}"><v>{value}</v></c>'

    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as book:
        names = list(sheets)
        book.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        )
        book.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{rels}"><Relationship Id="r" Type="{docs}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
        )
        book.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{docs}"><sheets>'
            + "".join(
                f'<sheet name="{escape(name)}" sheetId="{n}" r:id="r{n}"/>'
                for n, name in enumerate(names, 1)
            )
            + "</sheets></workbook>",
        )
        book.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{rels}">'
            + "".join(
                f'<Relationship Id="r{n}" Type="{docs}/worksheet" Target="worksheets/s{n}.xml"/>'
                for n in range(1, len(names) + 1)
            )
            + "</Relationships>",
        )
        for n, rows in enumerate(sheets.values(), 1):
            book.writestr(
                f"xl/worksheets/s{n}.xml",
                f'<worksheet xmlns="{main}"><sheetData>'
                + "".join(
                    f'<row r="{r}">'
                    + "".join(cell(value, f"{chr(65 + c)}{r}") for c, value in enumerate(row))
                    + "</row>"
                    for r, row in enumerate(rows, 1)
                )
                + "</sheetData></worksheet>",
            )
    return buffer.getvalue()


# --- what is read -----------------------------------------------------------------------------


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
def test_rows_keep_their_line_with_either_line_end_and_with_a_byte_order_mark(
    tmp_path, newline, mark
):
    text = newline.join(["code,note,n", "E01,a,1", "E02,,2"])
    assert rows_of(member(tmp_path, mark + text.encode())) == [
        (2, ("E01", "a", "1")),
        (3, ("E02", "", "2")),
    ]


def test_columns_may_stand_in_another_order(tmp_path):
    (table,) = tables(member(tmp_path, "n,code,note\n1,E01,a\n"), PLAIN)
    assert {bound.header: bound.index for bound in table.columns} == {"code": 1, "note": 2, "n": 0}


def test_a_newline_inside_quotes_does_not_shift_the_lines_after_it(tmp_path):
    text = 'code,note,n\nE01,"two\nlines, and a ""quote""",1\nE02,b,2\n'
    assert rows_of(member(tmp_path, text)) == [
        (2, ("E01", 'two\nlines, and a "quote"', "1")),
        (4, ("E02", "b", "2")),
    ]


def test_lines_are_right_across_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(delimited, "BLOCK_BYTES", 50)
    body = "".join(f'E{n},"a\n""b""",{n}\n' if n % 3 else f"E{n},,{n}\n" for n in range(40))
    lines, line = [], 2
    for n in range(40):
        lines.append(line)
        line += 2 if n % 3 else 1
    found = rows_of(member(tmp_path, "code,note,n\n" + body))
    assert [line for line, _ in found] == lines
    assert [row[2] for _, row in found] == [str(n) for n in range(40)]


CELL = st.text(st.sampled_from('ab1 ,"\n£'), max_size=4)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.tuples(CELL, CELL, CELL), max_size=12),
    newline=st.sampled_from(["\n", "\r\n"]),
)
def test_whatever_a_csv_writer_writes_is_read_back_with_the_lines_it_stands_on(rows, newline):
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=newline)
    writer.writerow(["code", "note", "n"])
    expected = []
    for row in rows:
        line = 1 + text.getvalue().count("\n")
        writer.writerow(row)
        if any(row):
            expected.append((line, row))
    with TemporaryDirectory() as folder:
        assert rows_of(member(Path(folder), text.getvalue())) == expected


def test_blank_rows_are_no_rows_and_do_not_shift_the_lines(tmp_path):
    text = "code,note,n\n\nE01,a,1\r\n\r\n,,\nE02,b,2\n,,\n,,\n\n"
    assert [line for line, _ in rows_of(member(tmp_path, text))] == [3, 6]


def test_title_rows_above_the_header_are_passed_over(tmp_path):
    text = 'Population\n"a note\nover two lines"\n\ncode,note,n\nE01,a,1\n'
    found = rows_of(member(tmp_path, text), source_with({"header_row": 4}))
    assert found == [(6, ("E01", "a", "1"))]


def test_windows_text_is_read_where_the_manifest_says_so(tmp_path):
    text = "code,note,n\nE01,Ynys Môn £,1\n".encode("cp1252")
    found = rows_of(member(tmp_path, text), source_with({"encoding": "cp1252"}))
    assert found[0][1][1] == "Ynys Môn £"


def test_repeated_and_blank_headers_are_told_apart_by_position(tmp_path):
    columns = [
        COLUMNS[0],
        {"header": "", "position": 2, "role": "ignored"},
        {"header": "n", "position": 3, "role": "value", "measure": "people"},
        {"header": "n", "position": 4, "role": "ignored"},
    ]
    source = source_with({"columns": columns})
    assert rows_of(member(tmp_path, "code,,n,n\nE01,,1,2\n"), source)[0][1][2] == "1"
    with pytest.raises(FileFault, match="column 2 should be"):
        rows_of(member(tmp_path, "code,n,,n\nE01,1,,2\n"), source)


def test_a_header_may_be_one_of_several_and_white_space_in_it_does_not_matter(tmp_path):
    columns = [*COLUMNS[:2], {**COLUMNS[2], "header": ["number", "n of people"]}]
    source = source_with({"columns": columns})
    assert rows_of(member(tmp_path, 'code ,note,"n of\npeople "\nE01,a,1\n'), source)


def test_a_pattern_catches_a_family_of_columns_with_their_category(tmp_path):
    family = {
        "pattern": r"(?P<age>\d+|90\+)",
        "role": "value",
        "measure": "people",
        "category": "age-{age}",
    }
    source = source_with({"columns": [*COLUMNS[:2], family]})
    (table,) = tables(member(tmp_path, "code,note,0,1,90+\nE01,a,1,2,3\n"), source)
    caught = [bound.category for bound in table.columns if bound.category]
    assert caught == ["age-0", "age-1", "age-90+"]


def test_blank_headers_at_the_end_are_nothing_as_long_as_nothing_is_below(tmp_path):
    (table,) = tables(member(tmp_path, "code,note,n,,\nE01,a,1,,\n"), PLAIN)
    assert len(table.columns) == 3


def test_the_layout_that_has_the_columns_is_chosen(tmp_path):
    other = {"name": "two", "columns": [*COLUMNS[:1], {**COLUMNS[2], "header": "count"}]}
    (table,) = tables(member(tmp_path, "code,count\nE01,1\n"), source_with({}, other))
    assert table.layout.name == "two"


# --- what is refused --------------------------------------------------------------------------

GOOD = "code,note,n\nE01,a,1\nE02,b,2\n"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "it is empty"),
        (b"\n \n", "it is empty"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "web page"),
        (b'{"error": "not found"}', "JSON"),
        (b"%PDF-1.4", "PDF"),
        (GOOD.encode("utf-16"), "UTF-16"),
        (GOOD.replace("\n", "\r").encode(), "carriage returns"),
        (b"code,note,m\nE01,a,1\n", "'n' is missing.*'m' is unknown"),
        (b"code,note,n,extra\nE01,a,1,2\n", "'extra' is unknown"),
        (b"code,n\nE01,1\n", "'note' is missing"),
        (b"code,note,n,n\nE01,a,1,2\n", "'n' stands there 2 times"),
        (b"code,Note,n\nE01,a,1\n", "is it 'Note'"),
        (b"code;note;n\nE01;a;1\n", "fits no layout"),
        (b"E01,a,1\nE02,b,2\n", "'code' is missing"),
        (b"code,,note,n\nE01,,a,1\n", "without a header between"),
        (b",,\nE01,a,1\n", "header is blank"),
        (",".join(["c"] * 5000).encode() + b"\n", "header has 5,000 columns"),
        (b"code,note,n\nE01,a,1\nE02,b\n", "line 3: the row has 2 cells; expected 3"),
        (b"code,note,n\nE01,a,1\nE02,b,2,3\n", "line 3: the row has 4 cells"),
        (b"code,note,n\nE01,a\x00,1\n", "line 2: there is a NUL byte"),
        (b"code,note,n\nE01,a,1\nE02,M\xf4n,2\n", "line 3: byte 0xF4 is not utf-8"),
        (b'code,note,n\nE01,a,1\nE02,"b,2\nE03,c,3\n', "line 3: a quotation mark is opened"),
        (b'code,"note,n\nE01,a,1\n', "line 1: a quotation mark is opened"),
        (b'code,note,n\nE01,"a"b,1\n', "line 2: a quotation mark stands in the middle"),
        (b'code,note,n\nE01,5" pipe,1\nE02,6" pipe,2\n', "line 2: a quotation mark stands in"),
        (b"code,note,n\nE01,a\rb,1\n", "line 2"),
    ],
)
def test_what_is_not_the_table_meant_is_a_fault_that_says_where_and_why(tmp_path, content, says):
    with pytest.raises(FileFault) as caught:
        rows_of(member(tmp_path, content))
    assert re.search(says, caught.value.message), caught.value.message
    assert caught.value.spot.file == "f.csv"
    assert caught.value.remedy


def test_a_ragged_row_after_a_quoted_newline_is_named_by_its_physical_line(tmp_path):
    text = 'code,note,n\nE01,"a\nb\nc",1\nE02,b\n'
    with pytest.raises(FileFault, match="line 5: the row has 2 cells"):
        rows_of(member(tmp_path, text))


def test_the_separator_is_guessed_in_the_remedy_and_never_in_the_reading(tmp_path):
    with pytest.raises(FileFault) as caught:
        rows_of(member(tmp_path, "code;note;n\nE01;a;1\n"))
    assert "delimiter = ';'" in caught.value.remedy


def test_a_row_without_end_is_refused_before_it_fills_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(delimited, "MOST_ROW_BYTES", 10_000)
    monkeypatch.setattr(delimited, "BLOCK_BYTES", 4_000)
    with pytest.raises(FileFault, match="line 2: the row is longer"):
        rows_of(member(tmp_path, "code,note,n\nE01," + "x" * 50_000 + ",1\n"))


def test_two_layouts_that_both_fit_are_a_fault_of_the_manifest(tmp_path):
    with pytest.raises(FileFault, match="'one' and 'two' both fit"):
        rows_of(member(tmp_path, GOOD), source_with({}, {"name": "two"}))


@pytest.mark.parametrize(
    "header",
    [
        "Patient Name",
        "surname",
        "DOB",
        "Date of birth",
        "NHS Number",
        "nhs_no",
        "TELNUM",
        "e-mail",
        "HeadFirstName",
        "House number",
        "Address line 1",
        "NI number",
        "victimName",
        "UPN",
        "phone",
    ],
)
def test_a_column_of_personal_details_is_refused_whether_known_or_not(tmp_path, header):
    known = source_with({"columns": [*COLUMNS, {"header": header, "role": "ignored"}]})
    for source in (PLAIN, known):
        with pytest.raises(IdentifiersFound) as caught:
            rows_of(member(tmp_path, f"code,note,n,{header}\nE01,a,1,Jo\n"), source)
        assert "Jo" not in str(caught.value)


@pytest.mark.parametrize(
    "header", ["LSOA name", "Local authority name", "Crime ID", "Persons", "Area"]
)
def test_the_names_of_areas_and_other_ordinary_headers_are_no_personal_details(tmp_path, header):
    source = source_with({"columns": [*COLUMNS, {"header": header, "role": "ignored"}]})
    assert rows_of(member(tmp_path, f"code,note,n,{header}\nE01,a,1,b\n"), source)


def test_a_manifest_may_drop_a_public_column_of_names_giving_its_reason(tmp_path):
    column = {"header": "TELNUM", "role": "ignored", "identifying": "drop", "because": "Public."}
    source = source_with({"columns": [*COLUMNS, column]})
    assert rows_of(member(tmp_path, "code,note,n,TELNUM\nE01,a,1,01173 496 0000\n"), source)


# --- workbooks --------------------------------------------------------------------------------

SHEET = {"format": "xlsx", "sheet": r"Mid-(?P<year>\d{4})", "header_row": 3, "period": "{year}"}


def test_a_sheet_is_found_by_pattern_and_its_rows_keep_their_number(tmp_path):
    rows = [["Title"], [], ["code", "note", "n"], ["E01", "a", 1], [], ["E02", None, 2.5]]
    book = workbook({"Notes": [["about"]], "Mid-2018": rows})
    found = member(tmp_path, book, "f.xlsx")
    (table,) = tables(found, source_with(SHEET))
    assert table.groups == {"year": "2018"}
    assert table.name == "f.xlsx!Mid-2018"
    assert rows_of(found, source_with(SHEET)) == [
        (4, ("E01", "a", "1")),
        (6, ("E02", "", "2.5")),
    ]


def test_a_header_may_stand_in_several_rows_one_of_them_of_merged_cells(tmp_path):
    rows = [["", "2017", None, "2018", None], ["", "", "Year on", "", "Year on"]]
    rows += [["code", "n", "year", "n", "year"], ["E01", 1, 2, 3, 4]]
    layout = SHEET | {
        "period": "2018",
        "above": [{"row": 1, "spans": True}, {"row": 2}],
        "columns": [
            COLUMNS[0],
            {
                "pattern": r"(?P<year>\d{4}) n",
                "role": "value",
                "measure": "people",
                "category": "{year}",
            },
            {"pattern": r"\d{4} Year on year", "role": "ignored"},
        ],
    }
    found = member(tmp_path, workbook({"Mid-2018": rows}), "f.xlsx")
    (table,) = tables(found, source_with(layout))
    assert [(one.index, one.category) for one in table.columns if one.category] == [
        (1, "2017"),
        (3, "2018"),
    ]


def test_notes_beside_a_table_are_passed_over_where_the_manifest_says_so(tmp_path):
    rows = [[], [], ["code", "note", "n"], ["E01", "a", 1, None, "See the website."]]
    found = member(tmp_path, workbook({"Mid-2018": rows}), "f.xlsx")
    assert rows_of(found, source_with(SHEET | {"notes_beside": True})) == [(4, ("E01", "a", "1"))]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (workbook({"Other": [["code"]]}), "sheets 'Other'"),
        (workbook({"Mid-2018": [[], [], ["code", "note", "m"]]}), "'n' is missing"),
        (workbook({"Mid-2018": [["code", "note", "n"]]}), "is missing"),
        (
            workbook({"Mid-2018": [[], [], ["code", "note", "n"], ["E01", "a", 1, "see note"]]}),
            "right of the last header",
        ),
        (b"PK\x03\x04 and then nothing", "cannot be opened"),
        (workbook({"Mid-2018": [[]]})[:-40], "cannot be opened"),
        (GOOD.encode(), "it is a text file"),
    ],
)
def test_a_workbook_that_is_not_the_one_meant_is_a_fault(tmp_path, content, says):
    with pytest.raises(FileFault, match=says):
        rows_of(member(tmp_path, content, "f.xlsx"), source_with(SHEET))


def test_a_workbook_that_unpacks_out_of_proportion_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(workbooks, "MOST_SHEET_BYTES", 1_000)
    book = workbook({"Mid-2018": [[], [], ["code", "note", "n"], ["E01", "x" * 5_000, 1]]})
    with pytest.raises(FileFault, match="unpacks to"):
        rows_of(member(tmp_path, book, "f.xlsx"), source_with(SHEET))


def test_a_workbook_given_to_a_csv_source_is_told_apart(tmp_path):
    with pytest.raises(FileFault, match="it is a workbook"):
        rows_of(member(tmp_path, workbook({"A": [["code"]]}), "f.xlsx"))
