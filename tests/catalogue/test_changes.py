"""The list of changes to authorities' codes, and the department's numbers: what is refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from lris.catalogue import Catalogue
from lris.catalogue.changes import numbers_unlike_changes, read_changes, read_numbers
from lris.rules.succession import AuthorityNumber, Change

CHANGES = "code,name,successors,date,kind,source\n"
NUMBERS = "lea,name,gss_code,valid_from,valid_until,source\n"
PAIR = (
    "E07000190,Taunton Deane,E07000246,2019-04-01,merged,x\n"
    "E07000191,West Somerset,E07000246,2019-04-01,merged,x\n"
)


def faults_of(reader, folder: Path, text: str) -> list[str]:
    path = folder / "list.csv"
    path.write_text(text, encoding="utf-8")
    faults: list[str] = []
    reader(path, faults)
    return faults


def test_a_list_in_order_has_no_fault(tmp_path: Path):
    assert faults_of(read_changes, tmp_path, CHANGES + PAIR) == []
    assert faults_of(read_numbers, tmp_path, NUMBERS + "936,Surrey,E10000030,,,x\n") == []


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("E01000001,x,E07000246,2019-04-01,recoded,x\n", "line 2: 'E01000001' is no code"),
        ("E07000190,x,E07000246,2019,recoded,x\n", "line 2: '2019' is no date"),
        ("E07000190,x,E07000246,2019-04-01,renamed,x\n", "'renamed' is no kind of change"),
        ("E07000190,x,E07000246,2019-04-01,merged,x\n", "but with nothing else"),
        ("E07000190,x,E07000246,2019-04-01,split,x\n", "that is no split"),
        ("E07000190,x,E07000246;E07000191,2019-04-01,merged,x\n", "has 2 successors, not one"),
        (PAIR + "E07000190,x,E07000246,2020-04-01,recoded,x\n", "E07000190 ends 2 times"),
        (PAIR + "E07000246,x,E07000190,2023-04-01,recoded,x\n", "which had ended by then"),
        ("E07000190,x,E07000246,2019-04-01\n", "line 2: not 6 cells"),
    ],
)
def test_what_is_wrong_with_a_change_is_told_with_its_place(tmp_path: Path, rows: str, says: str):
    assert any(says in fault for fault in faults_of(read_changes, tmp_path, CHANGES + rows))


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("36,Surrey,E10000030,,,x\n", "'36' and 'E10000030' are not a number"),
        ("936,Surrey,E10000030,2020-01-01,2019-01-01,x\n", "from when until when"),
        (
            "936,Surrey,E10000030,,,x\n936,Surrey,E10000031,2019-01-01,,x\n",
            "number 936 stands there",
        ),
        (
            "936,Surrey,E10000030,,,x\n937,Warwick,E10000030,,,x\n",
            "GSS code E10000030 stands there",
        ),
    ],
)
def test_what_is_wrong_with_a_number_is_told(tmp_path: Path, rows: str, says: str):
    assert any(says in fault for fault in faults_of(read_numbers, tmp_path, NUMBERS + rows))


def test_other_columns_are_refused(tmp_path: Path):
    (fault,) = faults_of(read_changes, tmp_path, "old,new\na,b\n")
    assert "its columns are to be code, name, successors" in fault


def test_a_number_may_not_hold_a_code_beyond_its_days():
    change = Change("E10000027", ("E06000066",), date(2023, 4, 1), "recoded")
    numbers = [
        AuthorityNumber("933", "Somerset", "E10000027", date.min, date.max),
        AuthorityNumber("934", "Somerset", "E06000066", date.min, date.max),
    ]
    assert list(numbers_unlike_changes(numbers, [change])) == [
        "number 933: E10000027 ended on 2023-04-01",
        "number 934: E06000066 began on 2023-04-01",
    ]


def test_the_numbers_of_the_project_are_those_everybody_knows(catalogue: Catalogue):
    codes = {one.number: one.code for one in catalogue.numbers if one.last == date.max}
    assert (codes["801"], codes["936"], codes["850"]) == ("E06000023", "E10000030", "E10000014")
    assert len({one.number for one in catalogue.numbers}) == 160
