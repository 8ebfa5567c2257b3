"""`lris`: one command. Each verb parses, opens a door, calls one function, prints."""

from __future__ import annotations

import sys

from lris.cli import (
    boundaries,
    comparing,
    hotspots,
    incidents,
    inventing,
    loading,
    looking,
    neighbourhoods,
    postcodes,
    quarantine,
    reports,
    serving,
)
from lris.cli.opened import app
from lris.errors import LrisError

__all__ = [
    "app",
    "boundaries",
    "comparing",
    "hotspots",
    "incidents",
    "inventing",
    "loading",
    "looking",
    "main",
    "neighbourhoods",
    "postcodes",
    "quarantine",
    "reports",
    "serving",
]


def main() -> None:
    """Run the command; errors raised on purpose become one sentence and their exit code."""
    try:
        app()
    except LrisError as fault:
        print(f"✗ {fault}", file=sys.stderr)
        raise SystemExit(fault.exit_code) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
