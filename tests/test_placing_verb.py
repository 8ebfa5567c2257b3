"""Where incidents end up, whatever came first: the boundaries, the look-up or the incidents."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from lris.catalogue import Catalogue
from lris.session import Doors
from lris.store.incidents import BLOCK
from tests import town as t
from tests.town import OCTOBER, Crime, Town, a_town, code

# Counted by hand from tests.town.OCTOBER, all categories together.
IN_2011 = {1: 5, 2: 4, 3: 1, 4: 2, 5: 2, 6: 2, 7: 1, 9: 1}
IN_2021 = {1: 5, 101: 2, 102: 1, 103: 3, 105: 1, 106: 2, 7: 1, 9: 1}
ROUTES_2011 = {"code": 17, "point": 1, "code_not_loaded": 1, "no_location": 2, "outside": 1}
ROUTES_2021 = {
    "lookup": 9,  # five in 1, three in the merged pair, one in 9
    "point_in_parent": 6,
    "split_without_point": 2,
    "point": 1,
    "code_not_loaded": 1,
    "no_location": 2,
    "outside": 1,
}


@pytest.fixture
def town(doors: Doors, catalogue: Catalogue, tmp_path: Path) -> Town:
    return Town(doors, t.small(catalogue), tmp_path)


def counts(town: Town, vintage: str) -> dict[str, int]:
    rows = town.ask(
        "SELECT code, sum(incidents)::int FROM incident_count c JOIN area a ON a.id = c.area_id"
        " WHERE c.vintage = :vintage AND a.vintage = c.vintage GROUP BY code",
        vintage=vintage,
    )
    return dict(rows)


def undivided(town: Town, vintage: str) -> dict[str, int]:
    """Rows that are counted under an area of the year before."""
    rows = town.ask(
        "SELECT code, sum(incidents)::int FROM incident_count c JOIN area a ON a.id = c.area_id"
        " WHERE c.vintage = :vintage AND a.vintage <> c.vintage GROUP BY code",
        vintage=vintage,
    )
    return dict(rows)


def routes(town: Town, vintage: str) -> dict[str, int]:
    rows = town.ask(
        "SELECT route, sum(rows)::int FROM placement_tally WHERE vintage = :vintage GROUP BY 1",
        vintage=vintage,
    )
    return dict(rows)


def by_code(numbers: dict[int, int]) -> dict[str, int]:
    return {code(number): incidents for number, incidents in numbers.items()}


def steps(town: Town) -> dict[str, object]:
    return {
        "2011": lambda: town.draw("lsoa_2011"),
        "2021": lambda: town.draw("lsoa_2021"),
        "look-up": town.changes,
        "crimes": lambda: town.crimes("2018-10", OCTOBER),
    }


# ---------------------------------------------------------------- the order does not matter


@pytest.mark.parametrize("first", ["2011", "2021", "look-up", "crimes"])
def test_the_order_of_boundaries_lookup_and_incidents_does_not_matter(
    template: tuple[str, str], catalogue: Catalogue, tmp_path: Path, first: str
):
    """All 24 orders, six for each that is first: the same counts by the same routes."""
    rest = [name for name in ("2011", "2021", "look-up", "crimes") if name != first]
    for order in permutations(rest):
        with a_town(template, catalogue, tmp_path) as town:
            for name in (first, *order):
                steps(town)[name]()  # type: ignore[operator]
            said = f"{first}, {', '.join(order)}"
            assert counts(town, "lsoa_2011") == by_code(IN_2011), said
            assert counts(town, "lsoa_2021") == by_code(IN_2021), said
            assert undivided(town, "lsoa_2011") == {}, said
            assert undivided(town, "lsoa_2021") == by_code({2: 1, 6: 1}), said
            assert routes(town, "lsoa_2011") == ROUTES_2011, said
            assert routes(town, "lsoa_2021") == ROUTES_2021, said
            assert town.ask("SELECT unplaced FROM delivery WHERE loaded = 22") == [(4,)], said


@pytest.mark.parametrize("order", list(permutations(["boundaries", "parents", "crimes"])))
def test_larger_areas_alone_are_reached_through_published_parents_in_any_order(
    town: Town, order: tuple[str, ...]
):
    """Only MSOAs are drawn; the census says which LSOA lies in which."""
    for name in order:
        {
            "boundaries": lambda: town.draw("msoa_2011"),
            "parents": town.census,
            "crimes": lambda: town.crimes("2018-10", OCTOBER),
        }[name]()
    # 13 = 5 + 4 + 2 + 2 around 1 2 5 6; 4 = 1 + 2 + 1 around 3 4 7; 1 in Swindon
    assert counts(town, "msoa_2011") == {t.msoa(1): 13, t.msoa(3): 4, t.msoa(9): 1}


# ---------------------------------------------------------------- roads


@pytest.fixture
def placed(town: Town) -> Town:
    for step in ("2011", "2021", "look-up"):
        steps(town)[step]()  # type: ignore[operator]
    return town


def ends(town: Town, crime: Crime) -> dict[str, tuple[str | None, str]]:
    """Area code and route of one incident in each vintage."""
    town.crimes("2018-10", [crime])
    rows = town.ask(
        "SELECT p.vintage, a.code, y.route FROM placement p"
        " JOIN placement_tally y USING (delivery_id, vintage)"
        " LEFT JOIN area a ON a.id = p.areas[1]"
    )
    return {vintage: (area, route) for vintage, area, route in rows}


@pytest.mark.parametrize(
    ("crime", "in_2011", "in_2021"),
    [
        # the code wins: the point lies in square 2
        (Crime(t.BURGLARY, 1, 1010, 500), (1, "code"), (1, "lookup")),
        # a blank code goes by the point, in each vintage by itself
        (Crime(t.BURGLARY, None, 1200, 500), (2, "point"), (101, "point")),
        # merged, without a point
        (Crime(t.BURGLARY, 4), (4, "code"), (103, "lookup")),
        # split, with the point in either half, in a neighbour, far away, and without
        (Crime(t.BURGLARY, 2, 1200, 500), (2, "code"), (101, "point_in_parent")),
        (Crime(t.BURGLARY, 2, 1800, 500), (2, "code"), (102, "point_in_parent")),
        (Crime(t.BURGLARY, 2, 2900, 500), (2, "code"), (102, "point_in_parent")),
        (Crime(t.BURGLARY, 2, -900, -900), (2, "code"), (101, "point_in_parent")),
        (Crime(t.BURGLARY, 2), (2, "code"), (None, "split_without_point")),
        # irregular: the strip that moved, what did not, a neighbour's ground, no point
        (Crime(t.BURGLARY, 5, 900, 1500), (5, "code"), (106, "point_in_parent")),
        (Crime(t.BURGLARY, 5, 100, 1500), (5, "code"), (105, "point_in_parent")),
        (Crime(t.BURGLARY, 5, 100, 500), (5, "code"), (105, "point_in_parent")),
        (Crime(t.BURGLARY, 6), (6, "code"), (None, "split_without_point")),
        # another force's code, though the point lies in square 8
        (
            Crime(t.BURGLARY, t.ELSEWHERE, 3500, 1500),
            (None, "code_not_loaded"),
            (None, "code_not_loaded"),
        ),
        (Crime(t.BURGLARY, None, 9000, 500), (None, "outside"), (None, "outside")),
        (Crime(t.BURGLARY), (None, "no_location"), (None, "no_location")),
    ],
)
def test_each_road_ends_where_paper_says(
    placed: Town, crime: Crime, in_2011: tuple[int | None, str], in_2021: tuple[int | None, str]
):
    expected = {"lsoa_2011": in_2011, "lsoa_2021": in_2021}
    assert ends(placed, crime) == {
        vintage: (code(number) if number else None, route)
        for vintage, (number, route) in expected.items()
    }


def test_the_route_of_every_row_is_stored_beside_its_area(placed: Town):
    placed.crimes("2018-10", OCTOBER)
    for vintage in ("lsoa_2011", "lsoa_2021"):
        ((areas, ways),) = placed.ask(
            "SELECT areas, routes FROM placement WHERE vintage = :vintage", vintage=vintage
        )
        assert len(areas) == len(ways) == 22
        assert all((area == 0) == (way >= 4) for area, way in zip(areas, ways, strict=True))


def test_a_vintage_that_is_summed_from_a_smaller_one_is_not_placed_in(placed: Town):
    placed.draw("msoa_2011")
    placed.crimes("2018-10", OCTOBER)
    assert placed.ask("SELECT DISTINCT vintage FROM placement ORDER BY 1") == [
        ("lsoa_2011",),
        ("lsoa_2021",),
    ]


def test_a_vintage_placed_in_directly_gives_way_once_the_smaller_one_is_there(town: Town):
    town.draw("msoa_2011")
    town.crimes("2018-10", OCTOBER)
    assert town.ask("SELECT DISTINCT vintage FROM placement") == [("msoa_2011",)]
    town.draw("lsoa_2011")
    assert town.ask("SELECT DISTINCT vintage FROM placement") == [("lsoa_2011",)]
    assert counts(town, "lsoa_2011") == by_code(IN_2011)


# ---------------------------------------------------------------- conservation


@pytest.mark.parametrize("vintage", ["lsoa_2011", "lsoa_2021"])
def test_placed_and_unplaced_rows_are_the_loaded_rows(placed: Town, vintage: str):
    placed.crimes("2018-10", OCTOBER)
    placed.crimes("2018-11", t.NOVEMBER)
    placed.crimes("2018-10", t.WILTSHIRE_OCTOBER, t.WILTSHIRE)
    loaded = placed.ask("SELECT id, loaded FROM delivery WHERE source = 'police_street_crime'")
    for number, rows in loaded:
        ((tallied, nowhere),) = placed.ask(
            "SELECT sum(rows)::int, sum(rows) FILTER (WHERE route IN"
            " ('no_location', 'outside', 'code_not_loaded', 'split_without_point'))::int"
            " FROM placement_tally WHERE delivery_id = :number AND vintage = :vintage",
            number=number,
            vintage=vintage,
        )
        ((counted,),) = placed.ask(
            "SELECT sum(incidents)::int FROM incident_count c JOIN area a ON a.id = c.area_id"
            " WHERE delivery_id = :number AND c.vintage = :vintage AND a.vintage = c.vintage",
            number=number,
            vintage=vintage,
        )
        assert tallied == rows
        assert counted + (nowhere or 0) == rows


def test_a_new_look_up_leads_stored_incidents_elsewhere_at_once(town: Town):
    town.draw("lsoa_2011")
    town.draw("lsoa_2021")
    town.crimes("2018-10", OCTOBER)
    assert "split_without_point" not in routes(town, "lsoa_2021")
    town.changes()
    assert routes(town, "lsoa_2021") == ROUTES_2021


def test_an_edition_with_more_areas_takes_in_what_was_outside(town: Town):
    bristol = {area: shape for area, shape in t.LSOAS_2011.items() if area < code(9)}
    town.draw("lsoa_2011", bristol)
    town.crimes("2018-10", OCTOBER)
    assert routes(town, "lsoa_2011") == ROUTES_2011 | {"code": 16, "code_not_loaded": 2}
    town.draw("lsoa_2011")
    assert routes(town, "lsoa_2011") == ROUTES_2011
    assert town.ask(
        "SELECT DISTINCT number FROM placement JOIN edition e ON e.id = edition_id"
    ) == [(2,)]


def test_rows_beyond_one_block_keep_their_places(town: Town):
    """Placements are stored in blocks; a delivery of one block and a row has two."""
    town.draw("lsoa_2011")
    crimes = [Crime(t.ASB, 1, 500, 500)] * BLOCK + [Crime(t.BURGLARY, 7, 2500, 1500)]
    town.crimes("2018-10", crimes)
    blocks = town.ask(
        "SELECT block, cardinality(areas), code FROM placement JOIN area a ON a.id = areas[1]"
        " ORDER BY block"
    )
    assert blocks == [(0, BLOCK, code(1)), (1, 1, code(7))]
    assert counts(town, "lsoa_2011") == by_code({1: BLOCK, 7: 1})
    town.draw("lsoa_2021")  # places what is stored anew
    assert counts(town, "lsoa_2011") == by_code({1: BLOCK, 7: 1})
    assert counts(town, "lsoa_2021") == by_code({1: BLOCK, 7: 1})
