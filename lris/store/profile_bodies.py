"""Profiles ready to be served: bodies in, one body out."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, delete, func, select, text

from lris.store.engine import copy_rows
from lris.store.releases import STATE, state_word
from lris.store.tables import profile_body
from lris.terms import AreaCode

_FIND = text(
    f"SELECT {STATE}, b.state, b.body FROM (SELECT 1) AS one"
    " LEFT JOIN area a ON a.vintage = :vintage AND a.code = :code"
    " LEFT JOIN LATERAL (SELECT p.state, p.body FROM profile_body p WHERE p.area_id = a.id"
    " AND p.release = (SELECT max(number) FROM release) ORDER BY p.access DESC LIMIT 1) b ON true"
)


def find_body(connection: Connection, which: AreaCode) -> tuple[str, str, bytes]:
    """The state of what is published, that of the body there is, and the body; "" and b"" for none.

    Of bodies for several access levels the one with most in it that the reader may see.
    """
    row = connection.execute(_FIND, {"vintage": which.vintage, "code": which.code}).one()
    *state, made, body = row
    return state_word(state), made or "", bytes(body or b"")


def clear_bodies(connection: Connection) -> int:
    """Forget every body; returns how many there were."""
    return connection.execute(delete(profile_body)).rowcount


def put_bodies(
    connection: Connection,
    release: int,
    access: int,
    state: str,
    bodies: Iterable[tuple[int, bytes]],
) -> None:
    """Store the bodies of some areas: area id and what is served."""
    columns = ("release", "area_id", "access", "state", "body")
    rows = ((release, number, access, state, body) for number, body in bodies)
    copy_rows(connection, profile_body, columns, rows)


def count_bodies(connection: Connection, release: int, state: str) -> int:
    """How many bodies of a release are of this state."""
    number: int = connection.execute(
        select(func.count())
        .select_from(profile_body)
        .where(profile_body.c.release == release, profile_body.c.state == state)
    ).scalar_one()
    return number
