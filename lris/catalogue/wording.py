"""What is wrong with a manifest, in words for its author: key, what was found, what may be."""

from __future__ import annotations

import difflib
import types
from collections.abc import Mapping, Sequence
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

_NAMES = ("name", "id", "header", "indicator", "vintage", "source")
_WHOLE = "(whole file)"
_KINDS = {
    "string_type": "a text in quotes",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": "a list in square brackets",
    "list_type": "a list in square brackets",
    "dict_type": "a table of keys and values",
    "model_type": "a table of keys and values",
    "date_type": "a date such as 2018-10-31",
    "date_from_datetime_parsing": "a date such as 2018-10-31",
}
_SLUG = "small letters, digits and single hyphens or underscores, such as fly_tipping"


def faults_words(
    errors: Sequence[ErrorDetails], written: Mapping[str, Any], model: type[BaseModel]
) -> list[str]:
    """Each fault as `key: what was found; what may be there`.

    A list that is too short because one in it is wrong is no fault of its own.
    """
    ways = [error["loc"] for error in errors]
    return [
        f"{_key(error)}{_whose(written, error['loc'])}: {_sentence(error, written, model)}"
        for error in errors
        if error["type"] != "too_short"
        or not any(way[: len(error["loc"])] == error["loc"] and way != error["loc"] for way in ways)
    ]


def _key(error: ErrorDetails) -> str:
    return ".".join(str(part) for part in error["loc"]) or _WHOLE


def _sentence(error: ErrorDetails, written: Mapping[str, Any], model: type[BaseModel]) -> str:
    kind, loc, context = error["type"], error["loc"], error.get("ctx", {})
    if kind == "extra_forbidden":
        keys = _keys_at(model, loc[:-1])
        return f"there is no such key{_nearest(str(loc[-1]), keys)}; {_listed(keys)}"
    if kind == "missing":
        near = difflib.get_close_matches(str(loc[-1]), _written_keys(written, loc[:-1]), n=1)
        return "it is missing" + (f" (is it {near[0]!r}?)" if near else "")
    found = _found(error["input"])
    if kind in ("enum", "literal_error"):
        allowed = str(context.get("expected", ""))
        meant = _nearest(str(error["input"]), [word.strip("'") for word in _split(allowed)])
        return f"found {found}{meant}; it may be {allowed}"
    if kind == "string_pattern_mismatch":
        pattern = str(context.get("pattern", ""))
        slug = pattern.startswith(("^[a-z0-9]+", "^([a-z0-9]+"))
        return f"found {found}; it may be {_SLUG if slug else f'what fits {pattern}'}"
    if kind in _KINDS:
        return f"found {found}; it may be {_KINDS[kind]}"
    if kind == "value_error":
        return error["msg"].removeprefix("Value error, ")
    return f"found {found}: {error['msg'][:1].lower()}{error['msg'][1:]}"


def _found(value: object) -> str:
    if isinstance(value, Mapping):
        return "a table of keys and values"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"a list of {len(value)}"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _nearest(word: str, words: Sequence[str]) -> str:
    near = difflib.get_close_matches(word, words, n=1)
    return f" (is it {near[0]!r}?)" if near else ""


def _listed(keys: Sequence[str]) -> str:
    return f"the keys are {', '.join(keys)}" if keys else "no key is known here"


def _split(allowed: str) -> list[str]:
    return [word.strip() for part in allowed.split(",") for word in part.split(" or ")]


def _whose(written: Mapping[str, Any], loc: Sequence[int | str]) -> str:
    """In brackets what the author called the tables on the way, which a number does not tell."""
    told, at = [], written
    for before, part in zip(["", *loc], loc, strict=False):
        try:
            at = at[part]  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            break
        if isinstance(part, int) and isinstance(at, Mapping):
            name = next((at[key] for key in _NAMES if at.get(key)), None)
            if isinstance(name, str):
                told.append(f"{str(before).removesuffix('s')} {name!r}")
    return f" ({', '.join(told)})" if told else ""


def _written_keys(written: Mapping[str, Any], loc: Sequence[int | str]) -> list[str]:
    at: Any = written
    for part in loc:
        try:
            at = at[part]
        except (KeyError, IndexError, TypeError):
            return []
    return list(at) if isinstance(at, Mapping) else []


def _keys_at(model: type[BaseModel], loc: Sequence[int | str]) -> list[str]:
    """The keys that a table may have, by the way to it."""
    at: Any = model
    for part in loc:
        if isinstance(part, int):
            continue
        fields = getattr(at, "model_fields", {})
        found = _model_in(fields[part].annotation, loc) if part in fields else None
        at = found or at
    return sorted(getattr(at, "model_fields", {}))


def _model_in(annotation: Any, loc: Sequence[int | str]) -> type[BaseModel] | None:  # noqa: ANN401
    """The manifest that a field holds, in a list or not; where it may be one of several, by tag."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inside = [_model_in(one, loc) for one in get_args(annotation)]
    models = [one for one in inside if one is not None]
    if get_origin(annotation) in (Union, types.UnionType) and len(models) > 1:
        tagged = [
            one
            for one in models
            if any(tag in get_args(one.model_fields["kind"].annotation) for tag in loc)
        ]
        return tagged[0] if tagged else models[0]
    return models[0] if models else None
