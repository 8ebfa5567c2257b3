"""The road of an incident to an area: two unit squares, split, merged and moved."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from lris.rules.placing import PlacingIndex
from lris.rules.routing import ROUTE_NUMBER, ROUTES, Destination, route
from lris.terms import Route

NAN = float("nan")


def destination(
    areas: Mapping[str, tuple[float, float, float, float]],
    *,
    same: bool = False,
    children: Mapping[str, tuple[tuple[str, str], ...]] | None = None,
    loaded: frozenset[str] | None = None,
) -> Destination:
    polygons = np.array([shapely.box(*areas[code]) for code in sorted(areas)], dtype=object)
    return Destination(
        vintage="new",
        index_of={code: at for at, code in enumerate(sorted(areas))},
        same_vintage=same,
        children=children or {},
        codes_loaded=loaded,
        index=PlacingIndex(polygons),
    )


def routed(rows: list[tuple[str, float, float]], to: Destination) -> list[tuple[str | None, Route]]:
    codes = np.array([row[0] for row in rows], dtype=object)
    x = np.array([row[1] for row in rows], dtype=np.float64)
    y = np.array([row[2] for row in rows], dtype=np.float64)
    area, way = route(codes, x, y, to)
    names = sorted(to.index_of)
    return [
        (names[at] if at >= 0 else None, ROUTES[number])
        for at, number in zip(area.tolist(), way.tolist(), strict=True)
    ]


# The unit squares A and B side by side; in the new vintage A is halved into C (west) and D (east).
OLD = {"A": (0, 0, 1, 1), "B": (1, 0, 2, 1)}
SPLIT = {"B": (1, 0, 2, 1), "C": (0, 0, 0.5, 1), "D": (0.5, 0, 1, 1)}
SPLIT_LINKS = {"A": (("C", "S"), ("D", "S")), "B": (("B", "U"),)}


def test_the_publishers_code_wins_over_the_point():
    same = destination(OLD, same=True)
    assert routed([("A", 1.5, 0.5)], same) == [("A", Route.CODE)]


def test_a_code_needs_no_point():
    same = destination(OLD, same=True)
    assert routed([("B", NAN, NAN)], same) == [("B", Route.CODE)]


def test_a_code_that_is_not_loaded_is_nowhere_whatever_its_point_says():
    same = destination(OLD, same=True)
    assert routed([("Z", 0.5, 0.5)], same) == [(None, Route.CODE_NOT_LOADED)]
    followed = destination(SPLIT, children=SPLIT_LINKS, loaded=frozenset("AB"))
    assert routed([("Z", 0.2, 0.5)], followed) == [(None, Route.CODE_NOT_LOADED)]


@pytest.mark.parametrize("same", [True, False])
def test_a_row_without_a_code_goes_by_its_point(same: bool):
    to = destination(OLD, same=same)
    assert routed([("", 1.5, 0.5), ("", 5.0, 5.0), ("", NAN, NAN)], to) == [
        ("B", Route.POINT),
        (None, Route.OUTSIDE),
        (None, Route.NO_LOCATION),
    ]


def test_an_unchanged_area_is_followed_through_the_lookup_even_where_the_point_is_astray():
    to = destination(SPLIT, children=SPLIT_LINKS, loaded=frozenset("AB"))
    assert routed([("B", 0.2, 0.5), ("B", NAN, NAN)], to) == [
        ("B", Route.LOOKUP),
        ("B", Route.LOOKUP),
    ]


def test_merged_areas_are_followed_without_a_point():
    merged = destination({"M": (0, 0, 2, 1)}, children={"A": (("M", "M"),), "B": (("M", "M"),)})
    assert routed([("A", NAN, NAN), ("B", 9.0, 9.0)], merged) == [
        ("M", Route.LOOKUP),
        ("M", Route.LOOKUP),
    ]


def test_a_split_area_is_told_apart_by_the_point():
    to = destination(SPLIT, children=SPLIT_LINKS, loaded=frozenset("AB"))
    assert routed([("A", 0.2, 0.5), ("A", 0.7, 0.5), ("A", NAN, NAN)], to) == [
        ("C", Route.POINT_IN_PARENT),
        ("D", Route.POINT_IN_PARENT),
        (None, Route.SPLIT_WITHOUT_POINT),
    ]


def test_a_point_outside_both_halves_goes_to_the_nearer_half_and_never_to_the_neighbour():
    to = destination(SPLIT, children=SPLIT_LINKS, loaded=frozenset("AB"))
    # 1.3 lies inside B; of the halves of A, D is nearer (0.3 against 0.8)
    assert routed([("A", 1.3, 0.5), ("A", -4.0, 0.5)], to) == [
        ("D", Route.POINT_IN_PARENT),
        ("C", Route.POINT_IN_PARENT),
    ]


def test_a_point_beside_the_only_half_that_is_loaded_is_not_taken_for_that_half():
    half = {code: box for code, box in SPLIT.items() if code != "D"}
    to = destination(half, children=SPLIT_LINKS, loaded=frozenset("AB"))
    assert routed([("A", 0.2, 0.5), ("A", 0.7, 0.5), ("A", NAN, NAN)], to) == [
        ("C", Route.POINT_IN_PARENT),
        (None, Route.OUTSIDE),
        (None, Route.SPLIT_WITHOUT_POINT),
    ]


def test_an_irregular_area_is_told_apart_by_the_point_even_with_a_single_child():
    moved = {"E": (0, 0, 0.8, 1), "F": (0.8, 0, 2, 1)}
    links = {"A": (("E", "X"), ("F", "X")), "B": (("F", "X"),)}
    to = destination(moved, children=links, loaded=frozenset("AB"))
    assert routed([("A", 0.9, 0.5), ("A", 0.1, 0.5), ("B", 1.5, 0.5), ("B", NAN, NAN)], to) == [
        ("F", Route.POINT_IN_PARENT),
        ("E", Route.POINT_IN_PARENT),
        ("F", Route.POINT_IN_PARENT),
        (None, Route.SPLIT_WITHOUT_POINT),
    ]


def test_without_a_lookup_a_code_both_vintages_have_is_the_same_area():
    to = destination(SPLIT, loaded=frozenset("AB"))
    assert routed([("B", 0.2, 0.5), ("A", 0.2, 0.5), ("A", NAN, NAN)], to) == [
        ("B", Route.CODE),
        ("C", Route.POINT),
        (None, Route.NO_LOCATION),
    ]


def test_without_a_lookup_a_code_of_another_force_is_not_placed_by_its_point():
    to = destination(SPLIT, loaded=frozenset("AB"))
    assert routed([("Z", 0.2, 0.5)], to) == [(None, Route.CODE_NOT_LOADED)]


def test_no_rows_are_no_answer():
    assert routed([], destination(OLD, same=True)) == []


def test_numbers_of_routes_are_stored_and_never_move():
    assert [ROUTES[number].value for number in range(8)] == [
        "code",
        "lookup",
        "point_in_parent",
        "point",
        "no_location",
        "outside",
        "code_not_loaded",
        "split_without_point",
    ]
    assert all(ROUTES[ROUTE_NUMBER[one]] is one for one in Route)


row = st.tuples(
    st.sampled_from(["", "A", "B", "Z"]),
    st.one_of(st.just(NAN), st.floats(-1, 3)),
    st.one_of(st.just(NAN), st.floats(-1, 2)),
)


@given(st.lists(row, max_size=30))
def test_every_row_is_placed_or_said_to_be_nowhere_and_each_by_itself(rows):
    to = destination(SPLIT, children=SPLIT_LINKS, loaded=frozenset("AB"))
    found = routed(rows, to)
    nowhere = {
        Route.NO_LOCATION,
        Route.OUTSIDE,
        Route.CODE_NOT_LOADED,
        Route.SPLIT_WITHOUT_POINT,
    }
    assert all((area is None) == (way in nowhere) for area, way in found)
    assert found == [routed([one], to)[0] for one in rows]


@given(st.lists(row, max_size=30))
def test_a_coded_row_never_leaves_its_parent(rows):
    to = destination(SPLIT, children=SPLIT_LINKS, loaded=frozenset("AB"))
    allowed = {"A": {"C", "D", None}, "B": {"B"}, "Z": {None}, "": {"B", "C", "D", None}}
    assert all(
        area in allowed[one[0]] for one, (area, _) in zip(rows, routed(rows, to), strict=True)
    )
