"""The quality card says in words how good a delivery is, beside thresholds that are stated."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from pydantic import ValidationError

from api.app import create_app
from lris.catalogue import Catalogue
from lris.catalogue.sources import Quality
from lris.errors import UnknownName
from lris.figures import Reader
from lris.quality import cards, visible_source, visible_sources
from lris.rules.distinct import Distinct, keys_of
from lris.rules.history import Against, judge, series_of
from lris.rules.thresholds import Verdict, at_least, at_most, share_words
from lris.session import Doors
from lris.terms import PUBLIC, Access, Viewer
from tests import town as t
from tests.town import AVON, OCTOBER, TODAY, Crime, Town

POLICE = "police_street_crime"


@pytest.fixture
def town(doors: Doors, catalogue: Catalogue, tmp_path: Path) -> Town:
    made = Town(doors, t.small(catalogue), tmp_path)
    made.draw("lsoa_2011")
    return made


def card(town: Town, source: str = POLICE, **how: object) -> dict:
    (one,) = cards(town.doors, town.catalogue, source, today=TODAY, **how)  # type: ignore[arg-type]
    return one


def findings(one: dict, aspect: str) -> list[dict]:
    return [found for found in one["findings"] if found["aspect"] == aspect]


# ---------------------------------------------------------------- one delivery


def test_the_card_of_a_month_can_be_worked_out_on_paper(town: Town):
    town.crimes("2018-10", OCTOBER)
    (one,) = card(town)["deliveries"]
    (placed,) = findings(one, "placement")
    assert (placed["numbers"]["part"], placed["numbers"]["whole"]) == (18, 22)
    assert placed["numbers"]["without_location"] == 2
    assert placed["verdict"] == "needs a look"
    assert placed["sentence"] == (
        "rows placed in lsoa_2011: 18 of 22 (81.8%); at least 85.0% is expected"
    )
    (agreed,) = findings(one, "agreement")
    assert (agreed["numbers"]["part"], agreed["numbers"]["whole"]) == (12, 14)
    blank = {
        found["numbers"]["column"]: found["numbers"]["part"]
        for found in findings(one, "completeness")
    }
    # no Crime ID for anti-social behaviour; five rows without a point, four without a code
    assert blank == {"reference": 3, "place": 0, "outcome": 22, "area_code": 4, "location": 5}
    (alike,) = findings(one, "repetition")
    assert alike["numbers"]["part"] == 3
    assert alike["numbers"]["references"] == 18
    (points,) = findings(one, "precision")
    assert (points["numbers"]["points"], points["numbers"]["different"]) == (17, 14)
    assert one["status"].startswith("needs a look: ")
    assert "placement" in one["status"]


def test_withheld_and_blank_cells_are_in_the_card(town: Town):
    path = t.values_file(
        town.folder, [(t.code(1), "2018", 5), (t.code(7), "2018", "*"), (t.code(8), "2018", "")]
    )
    town.load("area_period_value", path)
    (one,) = card(town, "area_period_value")["deliveries"]
    (withheld,) = findings(one, "withheld")
    assert (withheld["numbers"]["part"], withheld["numbers"]["whole"]) == (1, 2)
    assert withheld["numbers"]["reasons"] == {"small_number": 1}
    (blank,) = findings(one, "completeness")
    assert (blank["numbers"]["column"], blank["numbers"]["part"]) == ("value", 1)


def test_coordinates_rounded_to_a_lattice_are_told(town: Town):
    path = town.folder / "noise.csv"
    rows = [["a", "2018-10-03", "Noise", 360_000 + 100 * n, 170_500] for n in range(9)]
    with path.open("w", newline="") as file:
        header = ["reference", "date", "category", "easting", "northing"]
        csv.writer(file).writerows([header, *rows])
    town.load("points_with_date_and_category", path)
    (one,) = card(town, "points_with_date_and_category")["deliveries"]
    (points,) = findings(one, "precision")
    assert points["numbers"] == {"points": 9, "different": 9, "lattice_m": 100}


def test_one_delivery_is_asked_for_by_its_number(town: Town):
    town.crimes("2018-10", OCTOBER)
    town.crimes("2018-11", OCTOBER[:5])
    found = cards(town.doors, town.catalogue, delivery=2, today=TODAY)
    assert [[one["id"] for one in source["deliveries"]] for source in found] == [[2]]
    with pytest.raises(UnknownName, match="no current delivery 9"):
        cards(town.doors, town.catalogue, delivery=9, today=TODAY)


def test_a_source_is_overdue_from_what_its_manifest_says_of_its_refresh(town: Town):
    town.crimes("2018-10", OCTOBER)
    late = card(town)["timeliness"]
    assert late["verdict"] == "needs a look"
    assert late["numbers"]["due"] == date(2019, 2, 1)
    assert late["numbers"]["days_overdue"] == 120
    (in_time,) = cards(town.doors, town.catalogue, POLICE, today=date(2019, 2, 1))
    assert in_time["timeliness"]["verdict"] == "as expected"


# ---------------------------------------------------------------- history


def month(town: Town, number: int, asb: int, burglaries: int) -> list[str]:
    """Load a month of so many incidents; returns the warnings."""
    rows = [Crime(t.ASB, 1, 500, 500)] * asb + [Crime(t.BURGLARY, 1, 500, 500)] * burglaries
    label = f"{2017 + (number - 1) // 12}-{(number - 1) % 12 + 1:02d}"
    (one,) = town.crimes(label, rows).deliveries
    return one.warnings


def test_a_count_far_outside_its_history_is_loaded_with_a_warning(town: Town):
    for number in range(1, 7):
        assert month(town, number, 100 + number, 60 - number) == []
    warnings = month(town, 7, 20, 12)
    assert len(warnings) == 3
    assert warnings[0] == (
        f"{AVON}, 2017-07: rows: 32, far below: the median of 6 earlier periods is 160, and 116 to"
        " 204 would be usual"
    )
    assert town.ask("SELECT loaded FROM delivery WHERE partition LIKE '%2017-07'") == [(32,)]
    newest = card(town)["deliveries"][0]
    assert findings(newest, "history")[0]["verdict"] == "needs a look"


def test_a_category_that_vanished_is_named(town: Town):
    for number in range(1, 7):
        month(town, number, 100, 60)
    warnings = month(town, 7, 140, 0)
    assert [text for text in warnings if "burglary: rows: 0, vanished" in text]


def test_five_months_are_too_few_to_tell(town: Town):
    for number in range(1, 6):
        month(town, number, 100, 60)
    assert month(town, 6, 3, 0) == []
    newest = card(town)["deliveries"][0]
    (found,) = findings(newest, "history")
    assert (found["verdict"], found["numbers"]["periods"]) == ("not known", 5)


def test_the_history_is_of_the_same_force_and_of_earlier_months_only(town: Town):
    for number in range(2, 8):
        month(town, number, 100, 60)
    assert month(town, 1, 3, 0) == []  # the first month, though it came last
    rows = [Crime(t.BURGLARY, 10, 1500, 2500)] * 3
    (other,) = town.crimes("2017-09", rows, t.WILTSHIRE).deliveries
    assert other.warnings == []


def test_a_manifest_may_have_such_a_file_refused_and_then_nothing_of_it_stays(town: Town):
    strict = Quality(outside="refuse", because="the force has sent half a month twice")
    source = town.catalogue.sources[POLICE].model_copy(update={"quality": strict})
    sources = {**town.catalogue.sources, POLICE: source}
    closed = replace(town, catalogue=replace(town.catalogue, sources=sources))
    for number in range(1, 7):
        month(closed, number, 100, 60)
    path = t.crime_file(town.folder, "2017-07", [Crime(t.ASB, 1, 500, 500)])
    report = closed.try_load(POLICE, path)
    assert report.exit_code == 4
    assert "far below" in report.faults[0]
    assert "outside = 'warn'" in report.faults[0]
    assert town.ask("SELECT count(*) FROM delivery WHERE partition LIKE '%2017-07'") == [(0,)]


# ---------------------------------------------------------------- thresholds


def test_thresholds_other_than_the_usual_need_a_because():
    with pytest.raises(ValidationError, match="because"):
        Quality(most_blank=0.9)
    assert Quality(most_blank=0.9, because="the publisher leaves it out").most_blank == 0.9


def test_a_share_at_its_threshold_is_as_expected_and_nothing_to_count_is_not_known():
    assert at_most("a", 5, 10, 0.5, "x").verdict is Verdict.EXPECTED
    assert at_most("a", 6, 10, 0.5, "x").verdict is Verdict.LOOK
    assert at_least("a", 9, 10, 0.9, "x").verdict is Verdict.EXPECTED
    assert at_least("a", 0, 0, 0.9, "x").verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.0, "0.0%"), (0.0001, "less than 0.1%"), (0.9999, "more than 99.9%"), (1.0, "100.0%")],
)
def test_a_few_are_never_rounded_to_none_nor_nearly_all_to_all(share: float, words: str):
    assert share_words(share) == words


def test_the_robust_score_is_that_of_the_worked_example():
    """Deviations from the median 10 are 2, 1, 0, 1, 2: their median is 1."""
    found = judge(30, [8, 9, 10, 11, 12], band=3.5, least_history=5)
    assert (found.median, found.mad, found.against) == (10, 1, Against.HIGH)
    assert found.z == pytest.approx((30 - 10) / 10**0.5, abs=0.01)  # no steadier than chance
    assert judge(10, [10] * 4, band=3.5, least_history=5).against is Against.UNKNOWN
    wide = judge(1000, [100, 200, 300, 400, 500], band=3.5, least_history=5)
    assert wide.z == pytest.approx(700 / 148.26, abs=0.01)


def test_a_series_is_a_partition_without_its_period():
    assert series_of("Wiltshire Police, 2018-10", ["2018-10", "2018"]) == "Wiltshire Police, …"
    assert series_of("2018: residents by lsoa_2011", ["2018"]) == "…: residents by lsoa_2011"


def test_different_values_are_counted_exactly_up_to_the_bound_and_closely_beyond():
    few, many = Distinct(), Distinct(most=4096)
    values = np.arange(200_000, dtype=np.float64)
    for part in np.array_split(np.tile(values, 2), 17):
        few.add(keys_of([part]))
        many.add(keys_of([part]))
    assert few.count == 200_000
    assert many.kept.size <= 4096
    assert many.count == pytest.approx(200_000, rel=0.1)


def test_rows_alike_have_equal_keys_and_columns_are_not_interchangeable():
    a, b = np.array(["x", "y"], dtype=object), np.array(["y", "x"], dtype=object)
    assert keys_of([a, b])[0] != keys_of([b, a])[0]
    assert keys_of([a, b])[0] == keys_of([a.copy(), b.copy()])[0]
    assert keys_of([np.array([0.0])])[0] == keys_of([np.array([-0.0])])[0]


# ---------------------------------------------------------------- who may see it


@pytest.fixture
def asked(town: Town) -> Iterator[tuple[Town, TestClient]]:
    """The town with a feed that only partners may see, asked over HTTP."""
    feed = town.catalogue.sources["area_period_value"].model_copy(
        update={"id": "night_shelter", "access": Access.PARTNER_RECORD}
    )
    sources = {**town.catalogue.sources, "night_shelter": feed}
    made = replace(town, catalogue=replace(town.catalogue, sources=sources))
    made.census()
    made.crimes("2018-10", OCTOBER)
    made.load("night_shelter", t.values_file(made.folder, [(t.code(1), "2018", 5)]))
    made.seal()
    with TestClient(create_app(Reader(made.doors, made.catalogue), made.folder)) as client:
        yield made, client


def test_the_public_is_told_of_public_sources_and_not_that_others_exist(asked):
    _, client = asked
    listed = client.get("/sources")
    assert listed.status_code == 200
    ids = [one["id"] for one in listed.json()["sources"]]
    assert POLICE in ids
    hidden, nowhere = client.get("/sources/night_shelter"), client.get("/sources/no_such_thing")
    assert hidden.status_code == nowhere.status_code == 404
    same = hidden.text.replace("night_shelter", "no_such_thing")
    assert same == nowhere.text
    assert "night_shelter" not in listed.text + nowhere.text


def test_a_partner_with_the_access_is_told_of_the_feed(asked):
    town, _ = asked
    partner = Viewer("housing", Access.PARTNER_RECORD)
    ids = [one["id"] for one in visible_sources(town.reader, partner, today=TODAY)]
    assert "night_shelter" in ids
    assert visible_source(town.reader, partner, "night_shelter", today=TODAY)["deliveries"] == []
    with pytest.raises(UnknownName):
        visible_source(town.reader, PUBLIC, "night_shelter", today=TODAY)


def test_a_card_is_of_what_is_published_and_no_more(asked):
    town, client = asked
    before = client.get(f"/sources/{POLICE}").json()
    assert [one["partition"] for one in before["deliveries"]] == [f"{AVON}, 2018-10"]
    town.crimes("2018-11", OCTOBER[:5])
    assert len(client.get(f"/sources/{POLICE}").json()["deliveries"]) == 1
    town.seal("and November")
    assert len(client.get(f"/sources/{POLICE}").json()["deliveries"]) == 2


def test_a_card_names_no_file_hash_or_person(asked):
    _, client = asked
    text = client.get(f"/sources/{POLICE}").text
    for word in ("street.csv", "sha256", "clerk"):
        assert word not in text


def test_an_answer_that_is_known_is_not_sent_again(asked):
    _, client = asked
    first = client.get("/sources")
    again = client.get("/sources", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_before_anything_is_published_sources_are_listed_and_nothing_is_known_of_them(town: Town):
    town.crimes("2018-10", OCTOBER)
    (one,) = [x for x in visible_sources(town.reader, PUBLIC, today=TODAY) if x["id"] == POLICE]
    assert (one["deliveries"], one["status"]) == (0, "not known")
