"""Fixtures every test may ask for: the real open data, the oracles, and a fresh database."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def _folder_named_by(variable: str) -> Path:
    value = os.environ.get(variable)
    if value and Path(value).is_dir():
        return Path(value)
    message = f"{variable} does not name a folder"
    if os.environ.get("CI") == "true":
        pytest.fail(f"{message}, and on CI that is a failure")
    pytest.skip(f"{message}: tests on real open data are left out")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of publishers' files, as they were issued."""
    return _folder_named_by("LRIS_REAL_DATA")


@pytest.fixture(scope="session")
def oracles() -> Path:
    """The folder of other people's numbers that ours must equal."""
    return _folder_named_by("LRIS_ORACLES")
