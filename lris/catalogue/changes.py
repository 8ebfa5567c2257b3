"""The dated list of changes to authorities' codes, and what the department's numbers stand for."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import get_args

from lris.rules.succession import AuthorityNumber, Change, Kind

CODE = re.compile(r"E0[6-9]\d{6}|E10\d{6}|W06\d{6}")
KINDS = get_args(Kind)
CHANGE_COLUMNS = ("code", "name", "successors", "date", "kind", "source")
NUMBER_COLUMNS = ("lea", "name", "gss_code", "valid_from", "valid_until", "source")


def read_changes(path: Path, faults: list[str]) -> tuple[Change, ...]:
    """The changes by date and code; what is wrong with the list is added to `faults`."""
    found = []
    for line, row in _rows(path, CHANGE_COLUMNS, faults):
        successors = tuple(row["successors"].split(";"))
        wrong = [code for code in (row["code"], *successors) if not CODE.fullmatch(code)]
        on = _day(row["date"])
        if wrong:
            faults.append(f"{path.name}: line {line}: {wrong[0]!r} is no code of an authority")
        elif on is None:
            faults.append(
                f"{path.name}: line {line}: {row['date']!r} is no date such as 2019-04-01"
            )
        elif row["kind"] not in KINDS:
            faults.append(
                f"{path.name}: line {line}: {row['kind']!r} is no kind of change; they are"
                f" {', '.join(KINDS)}"
            )
        else:
            found.append(Change(row["code"], successors, on, row["kind"]))  # type: ignore[arg-type]
    found.sort(key=lambda one: (one.on, one.code))
    faults.extend(f"{path.name}: {fault}" for fault in _change_faults(found))
    return tuple(found)


def _change_faults(changes: Sequence[Change]) -> Iterator[str]:
    """Changes that cannot be as they are told, one beside the other."""
    times = Counter(one.code for one in changes)
    ended = {one.code: one.on for one in changes}
    makers = Counter((code, one.on) for one in changes for code in one.successors)
    for code, number in times.items():
        if number > 1:
            yield f"{code} ends {number} times"
    for one in changes:
        if one.kind == "split" and len(one.successors) < 2:
            yield f"{one.code} is split into one: that is no split"
        if one.kind != "split" and len(one.successors) != 1:
            yield f"{one.code} is {one.kind} and has {len(one.successors)} successors, not one"
        for code in one.successors:
            if code in ended and ended[code] <= one.on:
                yield f"{one.code} became {code} on {one.on}, which had ended by then"
            alone = makers[code, one.on] == 1
            if one.kind == "merged" and alone:
                yield f"{one.code} is merged into {code}, but with nothing else"


def read_numbers(path: Path, faults: list[str]) -> tuple[AuthorityNumber, ...]:
    """The numbers with their codes; what is wrong with the look-up is added to `faults`."""
    found = []
    for line, row in _rows(path, NUMBER_COLUMNS, faults):
        first = _day(row["valid_from"]) if row["valid_from"] else date.min
        last = _day(row["valid_until"]) if row["valid_until"] else date.max
        if first is None or last is None or first > last:
            faults.append(f"{path.name}: line {line}: it is not told from when until when it holds")
        elif not re.fullmatch(r"\d{3}", row["lea"]) or not CODE.fullmatch(row["gss_code"]):
            faults.append(
                f"{path.name}: line {line}: {row['lea']!r} and {row['gss_code']!r} are not a number"
                " of three digits and the code of an authority"
            )
        else:
            found.append(AuthorityNumber(row["lea"], row["name"], row["gss_code"], first, last))
    faults.extend(f"{path.name}: {fault}" for fault in _number_faults(found))
    return tuple(found)


def _number_faults(numbers: Sequence[AuthorityNumber]) -> Iterator[str]:
    for what, name in (("number", "number"), ("code", "GSS code")):
        groups: dict[str, list[AuthorityNumber]] = {}
        for one in numbers:
            groups.setdefault(getattr(one, what), []).append(one)
        for key, group in groups.items():
            group.sort(key=lambda one: one.first)
            for earlier, later in pairwise(group):
                if later.first <= earlier.last:
                    yield f"{name} {key} stands there twice at {later.first}"


def numbers_unlike_changes(
    numbers: Iterable[AuthorityNumber], changes: Iterable[Change]
) -> Iterator[str]:
    """Where the look-up of numbers holds a code after it ended, or before it began."""
    ended = {one.code: one.on for one in changes}
    begun = {code: one.on for one in changes for code in one.successors}
    for one in numbers:
        end = ended.get(one.code)
        if end is not None and one.last >= end:
            yield f"number {one.number}: {one.code} ended on {end}"
        start = begun.get(one.code)
        if start is not None and one.first < start:
            yield f"number {one.number}: {one.code} began on {start}"


def _rows(
    path: Path, columns: Sequence[str], faults: list[str]
) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Each row of a small CSV with its line; none, and a fault, where the columns are others."""
    if not path.exists():
        return
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        if tuple(reader.fieldnames or ()) != tuple(columns):
            faults.append(f"{path.name}: its columns are to be {', '.join(columns)}")
            return
        for row in reader:
            if None in row or None in row.values():
                faults.append(f"{path.name}: line {reader.line_num}: not {len(columns)} cells")
            else:
                yield reader.line_num, row


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
