"""What is planted in the fictional city is there, as the record says, and nowhere else known."""

from __future__ import annotations

import ast
import json
import math

import numpy as np
import pytest
from scipy.spatial import cKDTree

from lris.demo.kinds import all_kinds
from lris.demo.rhythms import MONTHS
from lris.demo.truths import KINDS, Truth, write_truths
from lris.settings import PROJECT
from tests.demo.happened import SEED, events, files, ground, places, table

PLANTED = {"hotspot", "near-repeat", "step-change", "intervention", "small-cell"}
FEEDS = {"partner_police_crimes": "Offence", "partner_police_incidents": "Category"}


def told(truth: Truth, seed: int = SEED):
    """The rows of the feeds that a truth is about, in place and time, as their files have them."""
    for source, column in FEEDS.items():
        slugs = truth.categories.get(source, ())
        words = [kind.words for kind in all_kinds() if kind.slug in slugs and kind.feed == source]
        rows = table(source, seed)
        rows = rows[rows[column].isin(words)]
        if not words:
            continue
        yield rows, places(rows)


def counted(truth: Truth, seed: int = SEED, radius: tuple[float, float] | None = None) -> int:
    circle, days = truth.where.circle, truth.when
    least, most = radius or (-1.0, circle.radius_m)
    total = 0
    for rows, points in told(truth, seed):
        away = np.hypot(points[:, 0] - circle.easting, points[:, 1] - circle.northing)
        then = (rows["Date"] >= days["from"]) & (rows["Date"] <= days["to"])
        total += int(((away <= most) & (away > least) & then.to_numpy()).sum())
    return total


def test_the_record_has_the_shape_that_its_module_describes(tmp_path):
    _, truths = files()
    write_truths(tmp_path / "truth.json", SEED, truths)
    document = json.loads((tmp_path / "truth.json").read_text())
    assert set(document) == {
        *("schema", "fictional", "seed", "first_month", "last_month", "truths")
    }
    assert document["fictional"] is True
    assert len({one["id"] for one in document["truths"]}) == len(document["truths"])
    for one in document["truths"]:
        assert set(one) == set(Truth.__dataclass_fields__)
        assert one["kind"] in KINDS
        assert one["what"]
        assert set(one["where"]) == {"codes", "circle", "polygon"}
        assert one["when"] is None or one["when"]["from"] < one["when"]["to"]
    kinds = {one["kind"] for one in document["truths"]}
    assert kinds >= PLANTED | {"missing-month", "partial-delivery", "redelivery", "identifiers"}


@pytest.mark.parametrize("seed", [SEED, 11])
def test_hotspots_hold_as_many_events_as_the_record_says(seed):
    hotspots = [one for one in files(seed)[1] if one.kind == "hotspot"]
    assert len(hotspots) == 6
    for one in hotspots:
        assert counted(one, seed) == one.observed
        assert one.ratio >= 2.5
        chance = math.sqrt(one.expected)
        assert one.observed > one.expected + 3 * chance, one.what


@pytest.mark.parametrize("seed", [SEED, 11])
def test_the_intervention_prevents_and_displaces(seed):
    (one,) = [truth for truth in files(seed)[1] if truth.kind == "intervention"]
    assert counted(one, seed) == one.observed == one.expected - one.details["prevented"]
    ring = one.details["ring"]
    there = counted(one, seed, (ring["inner_m"], ring["outer_m"]))
    assert abs(there - one.details["ring_expected"] - one.details["displaced"]) <= 0.1 * there


def test_the_step_is_in_its_ward_and_from_its_month_on():
    made, truths = events()
    land = ground().land
    (one,) = [truth for truth in truths if truth.kind == "step-change"]
    ward = land.ward.codes.tolist().index(one.where.codes["ward_2019"][0])
    slugs = {slug for source in FEEDS for slug in one.categories.get(source, ())}
    kinds = [row for row, kind in enumerate(all_kinds()) if kind.slug in slugs]
    here = np.isin(made.kind, kinds) & (made.snap >= 0)
    here &= land.ward_of_oa[land.snap.oa[made.snap]] == ward
    after = here & (made.start >= np.datetime64(one.when["from"]))
    assert abs(after.sum() - one.observed) <= 0.1 * one.observed
    months = int((MONTHS[-1] - np.datetime64(one.when["from"], "M")).astype(int)) + 1
    before = (here & ~after).sum() / (36 - months)
    assert abs(after.sum() / months / before - one.ratio) < 0.45


def knox_ratio(null: bool) -> float:
    """Pairs within 200 m and 14 days over those expected if places and days were independent."""
    made, _ = events(null=null)
    burglary = [r for r, kind in enumerate(all_kinds()) if kind.words == "Burglary in a dwelling"]
    rows = np.isin(made.kind, burglary) & (made.snap >= 0)
    points, day = made.points[rows], made.start[rows].astype("datetime64[D]").astype(np.int64)
    pairs = cKDTree(points).query_pairs(200.0, output_type="ndarray")
    near_and_soon = int((np.abs(day[pairs[:, 0]] - day[pairs[:, 1]]) <= 14).sum())
    order = np.sort(day)
    soon = int((np.searchsorted(order, order + 14, side="right") - np.arange(day.size) - 1).sum())
    return near_and_soon / (len(pairs) * soon / (day.size * (day.size - 1) / 2))


def test_burglaries_repeat_near_and_soon_and_in_a_null_city_do_not():
    assert knox_ratio(null=False) > 1.4
    assert 0.9 < knox_ratio(null=True) < 1.12


def test_small_cells_are_as_small_as_the_record_says():
    rows = table("police_street_crime")
    missing = {
        one.when["from"][:4]
        for one in files()[1]
        if one.kind in ("missing-month", "partial-delivery", "redelivery")
    }
    cells = [one for one in files()[1] if one.kind == "small-cell"]
    assert [one.observed for one in cells] == [1, 2, 3]
    for one in cells:
        year = one.when["from"][:4]
        of_year = rows[rows["Month"].str.startswith(year)]
        slug = one.categories["police_street_crime"][0]
        of_kind = of_year[of_year["Crime type"].str.lower().str.replace(" ", "-") == slug]
        found = int((of_kind["LSOA code"] == one.where.codes["lsoa_2011"][0]).sum())
        assert found <= one.observed
        assert found == one.observed or year in missing


def test_a_null_city_has_nothing_planted():
    folder, truths = files(null=True)
    assert {one.kind for one in truths} <= {"redelivery"}
    assert not (folder / "refused").exists()


def test_other_seeds_plant_elsewhere_at_other_times_and_of_other_size():
    def planted(seed: int) -> list[tuple[object, ...]]:
        return [
            (one.id, one.where.circle, one.when["from"], one.ratio)
            for one in files(seed)[1]
            if one.kind in ("hotspot", "intervention")
        ]

    for one, other in zip(planted(SEED), planted(11), strict=True):
        assert one[0] == other[0]
        assert one[1] != other[1]
        assert one[2:] != other[2:]


def test_only_the_city_and_the_command_that_makes_it_know_of_seeds_and_truths():
    """A detector that could read the answers would prove nothing."""
    knowing = []
    for path in [*(PROJECT / "lris").rglob("*.py"), *(PROJECT / "api").rglob("*.py")]:
        parts = path.relative_to(PROJECT).parts
        if "demo" in parts or "node_modules" in parts or parts[:2] == ("lris", "cli"):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [getattr(node, "module", None) or ""]
            names += [alias.name for alias in getattr(node, "names", []) if hasattr(alias, "name")]
            if isinstance(node, ast.Import | ast.ImportFrom) and any(
                name.startswith(("lris.demo.truths", "lris.demo.events", "lris.demo.kinds"))
                for name in names
            ):
                knowing.append(str(path))
    assert knowing == []
