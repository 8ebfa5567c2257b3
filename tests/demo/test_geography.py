"""The fictional land fits together: areas, both vintages, wards, streets, addresses, postcodes."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import shapely
from convertbng.cutil import convert_osgb36_to_ll

from lris.catalogue import Catalogue
from lris.demo import CityReport
from lris.demo.geography import (
    CITY,
    HARDSHIP,
    NEIGHBOUR,
    URBANITY,
    Areas,
    Geography,
    make_geography,
)
from lris.demo.published_land import ward_of_lsoa_2011
from lris.rules.british_grid import to_grid
from lris.settings import PROJECT
from lris.terms import AreaCode
from tests.demo.likeness import moran

LEVELS = ("oa", "lsoa", "msoa", "ward", "lad", "oa_2011", "lsoa_2011", "msoa_2011")
VINTAGES = {
    "oa": "oa_2021",
    "lsoa": "lsoa_2021",
    "msoa": "msoa_2021",
    "ward": "ward_2024",
    "lad": "lad_2022",
}


def _areas(land: Geography, level: str) -> Areas:
    found: Areas = getattr(land, level)
    return found


@pytest.mark.parametrize("level", LEVELS)
def test_every_area_is_one_piece_and_neighbours_meet_without_gap(
    land: Geography, level: str
) -> None:
    outlines = _areas(land, level).outlines
    assert shapely.is_valid(outlines).all()
    assert set(shapely.get_type_id(outlines)) == {shapely.GeometryType.POLYGON}
    assert shapely.coverage_is_valid(outlines)
    corners = shapely.get_coordinates(outlines)
    assert np.array_equal(corners, np.round(corners, 1))
    whole = shapely.area(land.lad.outlines).sum()
    assert shapely.area(outlines).sum() == pytest.approx(whole, rel=1e-9)


@pytest.mark.parametrize("level", LEVELS)
def test_codes_are_fictional_sorted_and_of_the_vintages_form(
    land: Geography, catalogue: Catalogue, level: str
) -> None:
    areas = _areas(land, level)
    vintage = catalogue.vintage(VINTAGES.get(level, level))
    codes = areas.codes.tolist()
    assert codes == sorted(set(codes))
    assert all(re.fullmatch(vintage.code_pattern, code) for code in codes)
    assert all(AreaCode(vintage.id, code).is_fictional for code in codes)
    if not level.startswith("oa"):
        assert len(set(areas.names.tolist())) == len(codes)


def test_there_are_as_many_areas_as_a_city_and_its_neighbour_have(land: Geography) -> None:
    assert np.bincount(land.lad_of_lsoa).tolist() == [300, 120]
    assert np.bincount(land.lad_of_msoa).tolist() == [60, 24]
    assert 2_050 < len(land.oa) < 2_200
    assert land.lsoa.residents.min() >= 1_000
    assert land.lsoa.residents.max() <= 3_000
    assert land.msoa.residents.min() >= 5_000
    assert land.oa.residents.min() >= 100
    assert land.oa.residents.max() <= 625


def test_smaller_areas_lie_wholly_in_the_larger_that_they_are_said_to_lie_in(
    land: Geography,
) -> None:
    for inner, outer, of in (
        (land.oa, land.lsoa, land.lsoa_of_oa),
        (land.oa, land.ward, land.ward_of_oa),
        (land.lsoa, land.msoa, land.msoa_of_lsoa),
        (land.msoa, land.lad, land.lad_of_msoa),
        (land.ward, land.lad, land.lad_of_ward),
        (land.oa_2011, land.lsoa_2011, land.lsoa_2011_of_oa_2011),
        (land.lsoa_2011, land.msoa_2011, land.msoa_2011_of_lsoa_2011),
        (land.lsoa_2011, land.lad, land.lad_of_lsoa_2011),
    ):
        area = np.bincount(of, shapely.area(inner.outlines), len(outer))
        assert np.allclose(area, shapely.area(outer.outlines), rtol=1e-9)
        points = shapely.point_on_surface(inner.outlines)
        assert shapely.contains(outer.outlines[of], points).all()
        if inner.vintage[-4:] == "2011" and outer is land.lad:
            continue  # counted at another census
        assert np.array_equal(np.bincount(of, inner.residents, len(outer)), outer.residents)
        assert np.array_equal(np.bincount(of, inner.households, len(outer)), outer.households)


def test_centres_lie_inside_their_areas(land: Geography) -> None:
    for level in LEVELS:
        areas = _areas(land, level)
        assert shapely.contains_xy(areas.outlines, areas.points).all()


def test_wards_cut_across_small_areas_and_best_fit_takes_the_larger_part(land: Geography) -> None:
    pairs = np.unique(np.column_stack([land.lsoa_of_oa, land.ward_of_oa]), axis=0)
    cut = np.bincount(pairs[:, 0]) > 1
    assert cut.sum() > 60
    for one in np.flatnonzero(cut)[:20].tolist():
        own = land.lsoa_of_oa == one
        people = np.bincount(land.ward_of_oa[own], land.oa.residents[own])
        assert people[land.ward_of_lsoa[one]] == people.max()
    assert ward_of_lsoa_2011(land).shape == (len(land.lsoa_2011),)


# ---------------------------------------------------------------- two vintages


def test_people_are_conserved_from_one_vintage_to_the_other(land: Geography) -> None:
    for counts in (
        (land.atom_residents, land.oa.residents, land.atom_oa),
        (land.atom_households, land.oa.households, land.atom_oa),
        (land.atom_residents_2011, land.oa_2011.residents, land.atom_oa_2011),
        (land.atom_households_2011, land.oa_2011.households, land.atom_oa_2011),
    ):
        assert np.array_equal(np.bincount(counts[2], counts[0]), counts[1])
    old = land.lsoa_2011_of_oa_2011[land.atom_oa_2011]
    new = land.lsoa_of_oa[land.atom_oa]
    pairs = {(a, b) for a, b, _ in land.lsoa_changes}
    assert pairs == set(zip(old.tolist(), new.tolist(), strict=True))


def test_each_kind_of_change_is_what_the_publisher_means_by_it(land: Geography) -> None:
    olds: dict[int, set[int]] = {}
    news: dict[int, set[int]] = {}
    for old, new, _ in land.lsoa_changes:
        olds.setdefault(new, set()).add(old)
        news.setdefault(old, set()).add(new)
    kinds = [kind for _, _, kind in land.lsoa_changes]
    assert {kind: kinds.count(kind) > 0 for kind in "USMX"} == dict.fromkeys("USMX", True)
    assert kinds.count("U") > 350
    for old, new, kind in land.lsoa_changes:
        same = land.lsoa_2011.codes[old] == land.lsoa.codes[new]
        shape = shapely.equals(land.lsoa_2011.outlines[old], land.lsoa.outlines[new])
        assert same == shape == (kind == "U")
        if kind == "S":
            assert len(news[old]) == 2
            assert all(olds[one] == {old} for one in news[old])
        if kind == "M":
            assert len(olds[new]) == 2
            assert all(news[one] == {new} for one in olds[new])
    irregular = {old for old, _, kind in land.lsoa_changes if kind == "X"}
    assert any(len(news[old]) > 1 for old in irregular)


def test_unchanged_areas_of_every_level_keep_their_codes_and_changed_ones_do_not(
    land: Geography,
) -> None:
    for then, now in (
        (land.oa_2011, land.oa),
        (land.lsoa_2011, land.lsoa),
        (land.msoa_2011, land.msoa),
    ):
        row_then = {code: n for n, code in enumerate(then.codes.tolist())}
        kept = [(n, row_then[c]) for n, c in enumerate(now.codes.tolist()) if c in row_then]
        a, b = np.array(kept).T
        assert shapely.equals(now.outlines[a], then.outlines[b]).all()
        fresh = np.setdiff1d(np.arange(len(now)), a)
        tree = shapely.STRtree(then.outlines)
        assert fresh.size
        assert not tree.query(now.outlines[fresh], predicate="covers").size or not any(
            shapely.equals(now.outlines[fresh[i]], then.outlines[j])
            for i, j in tree.query(now.outlines[fresh], predicate="covers").T.tolist()
        )


# ---------------------------------------------------------------- streets


def test_map_points_have_eight_addresses_or_none_and_lie_in_their_area(land: Geography) -> None:
    snap = land.snap
    assert ((snap.addresses == 0) | (snap.addresses >= 8)).all()
    assert np.array_equal(snap.addresses == 0, snap.kind != "street")
    assert np.array_equal(np.bincount(land.addresses.snap, minlength=len(snap)), snap.addresses)
    assert shapely.contains_xy(land.oa.outlines[snap.oa], snap.points).all()
    x, y = to_grid(*snap.lonlat.T)
    assert np.hypot(x - snap.points[:, 0], y - snap.points[:, 1]).max() < 0.15
    again = shapely.contains_xy(land.oa.outlines[snap.oa], np.column_stack([x, y]))
    assert again.mean() > 0.998
    assert all(text.startswith("On or near ") for text in snap.texts.tolist())
    assert 20 < len(snap) / len(land.lsoa) < 40


def test_there_is_an_address_in_its_own_area_for_every_household(land: Geography) -> None:
    homes = land.addresses
    assert np.array_equal(np.bincount(homes.oa), land.oa.households)
    assert shapely.contains_xy(land.oa.outlines[homes.oa], homes.points).all()
    assert (np.diff(homes.oa) >= 0).all()


def test_streets_have_names_of_their_own_within_a_district(land: Geography) -> None:
    named = list(zip(land.streets.names.tolist(), land.streets.lad.tolist(), strict=True))
    assert len(set(named)) == len(named)
    assert shapely.is_valid(land.streets.lines).all()
    used = set(land.snap.street[land.snap.street >= 0].tolist())
    assert used <= set(range(len(named)))


def test_postcodes_are_unique_of_an_area_that_does_not_exist_and_lie_where_they_say(
    land: Geography,
) -> None:
    codes = land.postcodes
    assert len(set(codes.codes.tolist())) == len(codes)
    shape = re.compile(r"ZV\d{1,2} \d[ABD-HJLNP-UW-Z]{2}")
    assert all(shape.fullmatch(code) for code in codes.codes.tolist())
    assert shapely.contains_xy(land.oa.outlines[codes.oa], codes.points).mean() > 0.99
    live = np.bincount(land.addresses.postcode, minlength=len(codes))
    assert np.array_equal(live > 0, codes.ended == "")
    assert live.max() <= 30
    assert 0.03 < (codes.ended != "").mean() < 0.1


def test_the_land_lies_where_the_transformation_is_exact_and_nothing_is(land: Geography) -> None:
    east, north = shapely.get_coordinates(land.lad.outlines).T
    lon, lat = convert_osgb36_to_ll(east, north)
    assert np.isfinite(lon).all()
    assert lon.min() > 0.6  # Spurn, the nearest of the mainland's shores, is at 0.15 degrees east
    assert lon.max() < 1.7
    assert lat.min() > 53.8
    assert lat.max() < 54.4


# ---------------------------------------------------------------- latent fields


def test_hardship_and_urbanity_are_alike_among_neighbours_and_higher_in_the_city(
    land: Geography,
) -> None:
    assert np.abs(land.latent.mean(axis=0)).max() < 1e-4
    assert np.abs(land.latent.std(axis=0) - 1).max() < 1e-4
    for column in (HARDSHIP, URBANITY):
        assert moran(land.latent[:, column], land.neighbours_oa) > 0.6
        assert moran(land.latent_lsoa[:, column], land.neighbours_lsoa) > 0.5
        means = [land.latent[land.lad_of_oa == one, column].mean() for one in (CITY, NEIGHBOUR)]
        assert means[0] > means[1]


# ---------------------------------------------------------------- the same every time


def test_another_seed_is_another_land() -> None:
    one, other = make_geography(11), make_geography(12)
    assert not np.array_equal(one.lad.points, other.lad.points)
    assert not np.array_equal(one.addresses.points[:100], other.addresses.points[:100])


def test_the_same_seed_gives_the_same_bytes_in_another_process_at_another_time(
    city: CityReport, tmp_path: Path
) -> None:
    script = (
        "import sys, time; time.time = lambda: 86400.0\n"
        "from pathlib import Path\n"
        "from lris.demo import write_city\n"
        "write_city(int(sys.argv[1]), Path(sys.argv[2]))\n"
    )
    subprocess.run(
        [sys.executable, "-c", script, str(city.seed), str(tmp_path)],
        env={**os.environ, "PYTHONHASHSEED": "4711", "TZ": "Pacific/Kiritimati"},
        cwd=PROJECT,
        check=True,
    )
    assert _hashes(tmp_path) == _hashes(city.out)


def _hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
