"""A neighbourhood kept under its token: what it is made of, and never the line."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b32encode
from collections.abc import Sequence

from lris.errors import BadRequest, UnknownName
from lris.session import Connection, Doors
from lris.store import neighbourhoods as store
from lris.store.neighbourhoods import Neighbourhood
from lris.terms import Viewer

MOST_A_DAY = 20_000
"""The most new neighbourhoods that are kept in a day."""


def with_token(chosen: Neighbourhood, name: str, codes: Sequence[str]) -> Neighbourhood:
    """The neighbourhood under its name and token: the same blocks, fit and name, the same token."""
    said = json.dumps(
        [chosen.vintage, chosen.made_from, name, list(codes), chosen.taken, chosen.inside],
        separators=(",", ":"),
    )
    digest = hashlib.sha256(f"{said}{chosen.covered}{chosen.outside}".encode()).digest()
    token = b32encode(digest[:10]).decode().lower()
    kept = {one: getattr(chosen, one) for one in store.KEPT}
    return Neighbourhood(**{**kept, "token": token, "name": name})


def keep(doors: Doors, viewer: Viewer, made: Neighbourhood) -> None:
    """Keep it under its token, with an entry in the audit.

    Raises `BadRequest` where too many were made within a day.
    """
    with doors.writing(viewer.name, "a neighbourhood was put together") as door:
        if store.made_in_a_day(door.connection) >= MOST_A_DAY:
            raise BadRequest(
                f"{MOST_A_DAY:,} new neighbourhoods were made within a day",
                remedy="try again tomorrow; those made before are still there",
            )
        is_new = store.keep(door.connection, made)
        door.record(
            "make",
            f"neighbourhood {made.token}",
            vintage=made.vintage,
            blocks=len(made.own),
            made_from=made.made_from,
            new=is_new,
        )


TOKEN = re.compile(r"[a-z2-7]{16}")


def kept_as(connection: Connection, token: str) -> Neighbourhood:
    """The neighbourhood of a token. Raises `UnknownName`."""
    made = store.kept(connection, token) if TOKEN.fullmatch(token) else None
    if made is None:
        raise UnknownName(
            f"no neighbourhood was kept as {token[:40]!r}",
            remedy="make it again: POST /profiles with its polygon, codes or postcodes",
        )
    return made
