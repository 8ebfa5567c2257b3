"""The settings, read from the environment once by whoever starts the process."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lris.errors import BadRequest

PROJECT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are. Built by `from_environment`, passed down, never changed.

    `home` holds the private PostGIS cluster, the fetched files and the placing indexes.
    `database_url`, where given, names a real server and no private cluster is touched. `geodata`
    holds the manifests.
    """

    home: Path = PROJECT / ".lris"
    database_url: str | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    geodata: Path = PROJECT / "geodata"
    web: Path = PROJECT / "api" / "web" / "dist"

    @classmethod
    def from_environment(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Read LRIS_HOME, LRIS_DATABASE_URL, LRIS_PORT and LRIS_GEODATA."""
        env = os.environ if env is None else env
        port = env.get("LRIS_PORT", "8000")
        if not port.isdigit() or not 0 < int(port) < 65536:
            raise BadRequest(
                f"LRIS_PORT is {port!r}, which is not a port",
                remedy="set it to a number between 1 and 65535, or leave it out for 8000",
            )
        return cls(
            home=Path(env.get("LRIS_HOME") or PROJECT / ".lris").expanduser().absolute(),
            database_url=env.get("LRIS_DATABASE_URL") or None,
            port=int(port),
            geodata=Path(env.get("LRIS_GEODATA") or PROJECT / "geodata").expanduser().absolute(),
        )

    @property
    def indexes(self) -> Path:
        """Where the placing indexes of published editions are kept; each machine makes its own."""
        return self.home / "index"

    @property
    def raw(self) -> Path:
        """Where fetched files are kept, each named by its hash."""
        return self.home / "raw"
