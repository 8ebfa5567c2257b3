"""Neighbourhoods put together, found again and listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lris import sites
from lris.catalogue import Catalogue
from lris.figures import Reader
from lris.neighbourhoods.asking import check_keys, check_vintage, checked_name
from lris.neighbourhoods.choosing import Choosing
from lris.neighbourhoods.keeping import keep, kept_as, with_token
from lris.neighbourhoods.telling import described_as, finished, with_blocks
from lris.profiles import assemble
from lris.session import Connection, Doors
from lris.store import neighbourhoods as store
from lris.store.neighbourhoods import Neighbourhood
from lris.summing import figures_of_blocks, residents_of_blocks
from lris.terms import Viewer

Row = Mapping[str, Any]


def make(reader: Reader, viewer: Viewer, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Put a neighbourhood together, keep what it is made of, and answer with its profile.

    `asked` has one of `polygon` (GeoJSON in longitude and latitude), `codes` or `postcodes`, and
    optionally `vintage` (needed with codes) and `name`. The answer is `lris.profiles.profile`'s
    with `token`, `address`, `blocks` and `degree_of_fit`; the same request has the same token.
    Raises `BadRequest` with what is wrong and what to do.
    """
    check_keys(asked)
    name = checked_name(asked.get("name", ""))
    check_vintage(reader.catalogue, asked.get("vintage"))
    unknown: list[str] = []
    with reader.doors.reading(viewer) as connection:
        found = reader.contents(connection, viewer)
        choosing = Choosing(connection, reader, viewer, found)
        if "polygon" in asked:
            chosen = choosing.by_line(asked["polygon"], asked.get("vintage"))
        elif "codes" in asked:
            chosen = choosing.by_codes(asked["codes"], asked.get("vintage"))
        else:
            chosen, unknown = choosing.by_postcodes(asked["postcodes"], asked.get("vintage"))
        blocks = store.areas_with_id(connection, chosen.blocks)
        made = with_token(chosen, name, [row["code"] for row in blocks])
        is_kept = store.kept(connection, made.token) is not None
    if not is_kept:
        keep(reader.doors, viewer, made)
    with reader.doors.reading(viewer) as connection:
        page = _page(connection, reader, viewer, made, blocks)
    return {**page, "unknown_postcodes": unknown}


def own_profile(reader: Reader, viewer: Viewer, token: str) -> dict[str, Any]:
    """The profile of a neighbourhood that was made before. Raises `UnknownName`."""
    with reader.doors.reading(viewer) as connection:
        made = kept_as(connection, token)
        blocks = store.areas_with_id(connection, made.blocks)
        return _page(connection, reader, viewer, made, blocks)


def _page(
    connection: Connection,
    reader: Reader,
    viewer: Viewer,
    made: Neighbourhood,
    blocks: Sequence[Row],
) -> dict[str, Any]:
    """The profile of a neighbourhood; `blocks` are the areas that were looked at, by code."""
    own = set(made.own)
    described = described_as(
        connection, reader.catalogue, made, [row for row in blocks if row["id"] in own]
    )
    summed = figures_of_blocks(connection, reader, viewer, made.vintage, made.own)
    page = assemble(
        connection,
        reader,
        viewer,
        described,
        summed.rows,
        places=sites.of_blocks(
            connection, reader.catalogue, reader.contents(connection, viewer), made.own
        ),
        left_out=summed.left_out,
    )
    people = residents_of_blocks(connection, reader, viewer, made.vintage, made.blocks)
    return with_blocks(finished(page, reader.catalogue, summed), made, blocks, people)


OWN = "own"
"""Stands where a vintage stands in `own/TOKEN`: a neighbourhood of one's own as an area."""


def own_blocks(
    connection: Connection, catalogue: Catalogue, token: str
) -> tuple[dict[str, Any], list[int]]:
    """What there is to say of a neighbourhood, and the ids of its blocks. Raises `UnknownName`."""
    made = kept_as(connection, token)
    own = store.areas_with_id(connection, made.own)
    return described_as(connection, catalogue, made, own), [row["id"] for row in own]


def newest(doors: Doors, viewer: Viewer, limit: int = 20) -> list[dict[str, Any]]:
    """The neighbourhoods made last: token, name, vintage, how made, number of blocks, when."""
    with doors.reading(viewer) as connection:
        return [
            {
                "token": one.token,
                "name": one.name,
                "vintage": one.vintage,
                "made_from": one.made_from,
                "blocks": len(one.own),
                "made_at": one.made_at.isoformat() if one.made_at else None,
            }
            for one in store.newest(connection, limit)
        ]
