"""What every manifest is: a TOML file that a statistician can review, read into a frozen object."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from lris.catalogue.wording import faults_words


class Manifest(BaseModel):
    """A frozen decision. Unknown keys are faults: a misspelt key must not be a silent default."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


M = TypeVar("M", bound=Manifest)


def read_manifest(path: Path, model: type[M], faults: list[str]) -> M | None:
    """Read one TOML file; what is wrong with it is added to `faults` as file, key, sentence."""
    written = read_toml(path, faults)
    return None if written is None else check_manifest(named(path), written, model, faults)


def read_toml(path: Path, faults: list[str]) -> dict[str, Any] | None:
    """What a TOML file says, whatever it says; None, and a fault, where it is not TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as fault:
        faults.append(f"{named(path)}: not valid TOML: {fault}; a text needs quotes around it")
        return None
    except UnicodeDecodeError as fault:
        faults.append(f"{named(path)}: it is not text in UTF-8 ({fault.reason} at {fault.start})")
        return None


def named(path: Path) -> str:
    """A manifest with its folder: `sources/x.toml` and `indicators/x.toml` are two."""
    return f"{path.parent.name}/{path.name}"


def check_manifest(
    name: str, written: Mapping[str, Any], model: type[M], faults: list[str]
) -> M | None:
    """What was written as a frozen decision; each fault begins with `name` and the key."""
    try:
        return model.model_validate(written)
    except ValidationError as fault:
        faults.extend(f"{name}: {words}" for words in faults_words(fault.errors(), written, model))
        return None
