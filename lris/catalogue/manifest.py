"""What every manifest is: a TOML file that a statistician can review, read into a frozen object."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError


class Manifest(BaseModel):
    """A frozen decision. Unknown keys are faults: a misspelt key must not be a silent default."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


M = TypeVar("M", bound=Manifest)


def read_manifest(path: Path, model: type[M], faults: list[str]) -> M | None:
    """Read one TOML file; what is wrong with it is added to `faults` as file, key, sentence."""
    try:
        return model.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as fault:
        faults.append(f"{path.name}: not valid TOML: {fault}")
    except ValidationError as fault:
        for error in fault.errors():
            key = ".".join(str(part) for part in error["loc"]) or "(whole file)"
            faults.append(f"{path.name}: {key}: {error['msg']}")
    return None
