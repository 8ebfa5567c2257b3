"""Columns of text into columns of numbers, codes and words: a whole column at a time.

Every function takes a column of strings and says of each cell what it is worth and whether it can
be understood; none of them raises over a cell, because only the manifest knows what a bad cell is
to lead to.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lris.sources.frames import Strings

Mask = NDArray[np.bool_]
Cells = Any
"""A pyarrow string array without nulls: the cells of one column of a block, as they stand."""

T = TypeVar("T")

_GROUPED = r"^-?\d{1,3}(,\d{3})+(\.\d+)?$"
_PLAIN = r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$"


@dataclass(frozen=True, slots=True)
class Numbers:
    """A column of numbers: `value` is NaN where blank, withheld (with its word) or bad."""

    value: NDArray[np.float64]
    blank: Mask
    withheld: Strings
    bad: Mask


def words(cells: Cells) -> Strings:
    """The cells as an object array in which equal cells share one string."""
    return by_word(cells, np.asarray)


def by_word(cells: Cells, convert: Callable[[Strings], NDArray[Any]]) -> NDArray[Any]:
    """Convert each different cell once and spread the answers over the column."""
    encoded = cells.dictionary_encode()
    answers = convert(_objects(encoded.dictionary))
    return np.asarray(answers[encoded.indices.to_numpy()])


def word_for_word(cells: Cells) -> Strings:
    """The cells as an object array; the quicker way where hardly two cells are equal."""
    return _objects(cells)


def blank(cells: Cells) -> Mask:
    """Where a cell holds nothing but white space."""
    return _mask(pc.equal(pc.utf8_trim_whitespace(cells), ""))


def matches(cells: Cells, shape: str) -> Mask:
    """Where a whole cell has the shape of the regular expression."""
    return _mask(pc.match_substring_regex(cells, f"^(?:{shape})$"))


def trimmed(cells: Cells) -> Cells:
    """The cells without the white space around them."""
    return pc.utf8_trim_whitespace(cells)


def numbers(
    cells: Cells, kind: str = "number", withheld: Mapping[str, str] | None = None
) -> Numbers:
    """Read numbers as publishers write them: `1,234`, `59%`, `29199.00` for a whole number.

    `withheld` maps the publisher's symbols to the words for them. With `kind` "integer" a
    fraction is bad, with "percent" a number without its sign is.
    """
    if kind == "number" and not withheld and (plain := _plain_numbers(cells)) is not None:
        return plain
    encoded = trimmed(cells).dictionary_encode()
    read = _read_numbers(encoded.dictionary, kind, withheld or {})
    at = encoded.indices.to_numpy()
    return Numbers(read.value[at], read.blank[at], read.withheld[at], read.bad[at])


def _plain_numbers(cells: Cells) -> Numbers | None:
    """The quick way, for a column of nothing but plain decimals and blanks."""
    empty = pc.equal(cells, "")
    try:
        given = pc.cast(pc.if_else(empty, pa.scalar(None, pa.string()), cells), pa.float64())
    except pa.ArrowInvalid:
        return None
    blank_cells = _mask(empty)
    value = np.asarray(given.to_numpy(zero_copy_only=False), dtype=np.float64)
    if not (np.isfinite(value) | blank_cells).all():
        return None
    none = np.full(value.size, "", dtype=object)
    return Numbers(value, blank_cells, none, np.zeros(value.size, dtype=bool))


def _read_numbers(cells: Cells, kind: str, withheld: Mapping[str, str]) -> Numbers:
    empty = _mask(pc.equal(cells, ""))
    symbols = np.array([withheld.get(word, "") for word in cells.to_pylist()], dtype=object)
    if kind == "percent":
        signed = pc.ends_with(cells, "%")
        cells = pc.if_else(signed, pc.utf8_rtrim(cells, "%"), "")
    grouped = pc.match_substring_regex(cells, _GROUPED)
    cells = pc.if_else(grouped, pc.replace_substring(cells, ",", ""), cells)
    plain = pc.match_substring_regex(cells, _PLAIN)
    given = pc.cast(pc.if_else(plain, pc.utf8_ltrim(cells, "+"), pa.scalar(None)), pa.float64())
    value = np.asarray(given.to_numpy(zero_copy_only=False), dtype=np.float64)
    bad = ~np.isfinite(value)
    if kind == "integer":
        bad |= np.mod(value, 1, where=~bad, out=np.zeros_like(value)) != 0
    bad &= ~empty & (symbols == "")
    value = np.where(bad | (symbols != ""), np.nan, value)
    return Numbers(value, empty, symbols, bad)


def translated(cells: Cells, vocabulary: Mapping[str, str]) -> Strings:
    """Each cell's word in the vocabulary; "" where it has none."""
    return by_word(trimmed(cells), partial(_translate, vocabulary))


def _translate(vocabulary: Mapping[str, str], found: Strings) -> Strings:
    return np.array([vocabulary.get(word, "") for word in found], dtype=object)


def moments(cells: Cells, read: Callable[[str], datetime | None]) -> NDArray[np.datetime64]:
    """The moment that `read` makes of each cell; NaT where it makes none."""
    return by_word(
        trimmed(cells),
        lambda found: np.array([read(text) for text in found], dtype="datetime64[s]"),
    )


def month_of(text: str) -> datetime | None:
    """The first moment of `2018-10`; nothing for anything else."""
    if len(text) == 7 and text[4] == "-" and text[:4].isdecimal() and text[5:].isdecimal():
        year, month = int(text[:4]), int(text[5:])
        return datetime(year, month, 1) if year > 0 and 1 <= month <= 12 else None
    return None


def moment_of(pattern: str | None, text: str) -> datetime | None:
    """A moment in the given `strptime` form, or in ISO 8601 without one; no time zones."""
    try:
        moment = datetime.strptime(text, pattern) if pattern else datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is None else None


def month_ends(starts: NDArray[np.datetime64]) -> NDArray[np.datetime64]:
    """The first moment after the month that each moment lies in."""
    return (starts.astype("datetime64[M]") + 1).astype("datetime64[s]")


def later(moments: NDArray[np.datetime64], by: np.timedelta64) -> NDArray[np.datetime64]:
    """Each moment, so much later."""
    return np.asarray(moments + by, dtype="datetime64[s]")


DAY = np.timedelta64(timedelta(days=1), "s")
MINUTE = np.timedelta64(timedelta(minutes=1), "s")


_FORMULA = r"^\s*(?:[=@＝＠]|[+\-＋－][^0-9.\s]|[+\-＋－].*[(|!])"


def formulas(cells: Cells) -> Mask:
    """Where a text begins so that a spreadsheet would take it for a formula."""
    return _mask(pc.match_substring_regex(cells, _FORMULA))


_NHS = r"[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}"
_NINO = r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D]"
_PHONE = r"(?:\+44[ -]?(?:\(0\))?|\(?0)[1-37][0-9]{1,4}\)?[ -]?[0-9]{3,4}[ -]?[0-9]{3,4}"
_EMAIL = r"[^\s@,;<>]+@[^\s@,;<>]+\.[A-Za-z]{2,}"

_PERSON = (
    r"(fore|first|last|middle|sur|maiden|family|given|full|preferred|person|persons|victim|offender|"
    r"suspect|witness|patient|client|pupil|student|child|guardian|mother|father|teacher|contact|"
    r"complainant|applicant|tenant|officer|customer|resident|employee|carer|informant)"
)
_DENIED = re.compile(
    rf"(^| ){_PERSON}s? ?names?$|^head (first|last|title)|\b(fore|sur)names?\b"
    r"|\b(d ?o ?b|date of birth|birth ?date|birthday)\b"
    r"|\bnhs ?(number|num|no)\b|^nhs$|\bnational insurance\b|\bnino\b|\bni (number|num|no)\b"
    r"|\b(tele)?phones?( ?(number|num|no))?\b|\btel ?(no|num|number)?$|\bmobile ?(number|num|no)?$"
    r"|\be ?mails?\b|\bfax( ?(number|num|no))?$"
    r"|\b(house|flat|door|building) ?(number|num|no|name)\b"
    r"|^((full|street|home|postal|victim|offender|patient) )*address( ?(line)? ?\d+)?$"
    r"|\bpassport\b|\bdriving licen[cs]e\b|\bhospital (number|no)\b|^upn$|\bunique pupil number\b"
    r"|\b(crime|incident) (ref|reference)( ?(number|num|no))?$"
)


def names_a_person(header: str) -> bool:
    """Whether a header is on the deny-list of what identifies people."""
    split = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header)
    return bool(_DENIED.search(re.sub(r"[^a-z0-9]+", " ", split.lower()).strip()))


def identifies_people(cells: Cells) -> tuple[int, str] | None:
    """The first row whose text holds an identifier, and its kind; never the text itself."""
    hashed = pc.and_(pc.ascii_is_alnum(cells), pc.greater(pc.binary_length(cells), _LONGEST_BARE))
    texts = cells.filter(pc.invert(hashed)).unique()
    plain = pc.utf8_normalize(texts, form="NFKC")
    for one in _IDENTIFIERS:
        suspects = pc.match_substring_regex(plain, one.within)
        for text, suspect in zip(texts.filter(suspects), plain.filter(suspects), strict=True):
            if one.is_meant_in(suspect.as_py()):
                return int(pc.index(cells, text).as_py()), one.kind
    return None


_LONGEST_BARE = 13
"""No identifier without a separator is longer: a longer run of letters and digits is a hash."""


def _is_nhs_number(text: str) -> bool:
    """Modulus 11 over the first nine digits (NHS Data Dictionary); all digits equal is a filler."""
    digits = [int(digit) for digit in text if digit.isdigit()]
    check = (
        11
        - sum(weight * digit for weight, digit in zip(range(10, 1, -1), digits, strict=False)) % 11
    )
    return len(set(digits)) > 1 and check != 10 and check % 11 == digits[9]


def _is_phone_number(text: str) -> bool:
    digits = re.sub(r"\D", "", text).removeprefix("44")
    return len(digits.lstrip("0")) in (9, 10) and len(set(digits)) > 2


@dataclass(frozen=True, slots=True)
class _Identifier:
    """What identifies a person: its shape, and the proof that digits of that shape are one."""

    kind: str
    shape: str
    proof: Callable[[str], bool] | None

    @property
    def within(self) -> str:
        """The pattern, in linear time, of a text that may hold one."""
        if self.proof is None:
            return self.shape
        return rf"(?i)(?:^|[^0-9A-Za-z.])(?:{self.shape})(?:$|[^0-9A-Za-z])"

    def is_meant_in(self, text: str) -> bool:
        """Whether a text that may hold one does; shapes may overlap."""
        if self.proof is None:
            return True
        each = rf"(?i)(?<![0-9A-Za-z.])(?=({self.shape})(?![0-9A-Za-z]))"
        return any(self.proof(found[1]) for found in re.finditer(each, text))


_IDENTIFIERS = (
    _Identifier("an e-mail address", _EMAIL, None),
    _Identifier("an NHS number", _NHS, _is_nhs_number),
    _Identifier("a National Insurance number", _NINO, bool),
    _Identifier("a telephone number", _PHONE, _is_phone_number),
)


def _objects(cells: Cells) -> Strings:
    return np.asarray(cells.to_numpy(zero_copy_only=False), dtype=object)


def _mask(answers: Cells) -> Mask:
    return np.asarray(answers.to_numpy(zero_copy_only=False), dtype=bool)
