"""What the file of a document is called: letters, digits, dots and hyphens alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any


def file_name(profile: Mapping[str, Any], ending: str) -> str:
    """Area, vintage and release: `lsoa_2011-E01014540-release-3.pdf`."""
    area = profile["area"]
    parts = [area.get("vintage"), area.get("code"), "release", profile.get("release")]
    return plain_name("-".join(str(part) for part in parts if part is not None), ending)


def plain_name(words: str, ending: str) -> str:
    """A name that is safe in a header and on every disk."""
    kept = re.sub(r"[^A-Za-z0-9_.]+", "-", words).strip("-.") or "document"
    return f"{kept[:100]}.{ending}"
