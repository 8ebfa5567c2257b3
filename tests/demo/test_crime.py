"""The police's open files of the fictional city are what data.police.uk would have issued."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from lris.demo.crime import HEADER
from lris.demo.kinds import all_kinds
from lris.demo.rhythms import DAYS, MONTHS, RHYTHMS, SEASONS, WEEKDAY, hour_weights
from lris.demo.truths import STREET_SLUGS
from lris.settings import PROJECT
from tests.demo.happened import events, files, ground, places, table

POLICE, AGAIN = "police_street_crime", "police_street_crime_redelivered"


def test_three_years_are_files_of_a_force_and_a_month_but_for_the_one_that_is_missing():
    folder, truths = files()
    names = sorted(path.relative_to(folder / POLICE) for path in (folder / POLICE).rglob("*.csv"))
    missing = next(one.when["from"][:7] for one in truths if one.kind == "missing-month")
    force = "vellmouth-and-orrendale-constabulary"
    assert [str(name) for name in names] == [
        f"{month}/{month}-{force}-street.csv" for month in MONTHS if str(month) != missing
    ]
    assert {path.read_text().partition("\n")[0] for path in folder.rglob("*-street.csv")} == {
        HEADER
    }


def test_codes_and_names_are_of_2011_and_of_the_map_point():
    land, rows = ground().land, table(POLICE)
    named = dict(zip(land.lsoa_2011.codes, land.lsoa_2011.names, strict=True))
    located = rows[rows["Longitude"] != ""]
    assert (located["LSOA code"].map(named) == located["LSOA name"]).all()
    points = {
        (f"{x:.6f}", f"{y:.6f}"): (text, land.lsoa_2011.codes[area])
        for (x, y), text, area in zip(
            land.snap.lonlat, land.snap.texts, ground().lsoa_2011, strict=True
        )
    }
    seen = set(
        located[["Longitude", "Latitude", "Location", "LSOA code"]].itertuples(
            index=False, name=None
        )
    )
    assert len(seen) > 8000
    assert {(text, code) for *_, text, code in seen} <= set(points.values())
    assert all(points[x, y][1] == code for x, y, _, code in seen)


def test_rows_without_a_place_say_so_and_have_no_area():
    rows = table(POLICE)
    nowhere = rows[rows["Longitude"] == ""]
    assert 0.01 < len(nowhere) / len(rows) < 0.02
    assert set(nowhere["Location"]) == {"No Location"}
    assert set(nowhere["LSOA code"] + nowhere["LSOA name"] + nowhere["Latitude"]) == {""}


def test_anti_social_behaviour_has_neither_reference_nor_outcome_and_all_else_has_both():
    rows = table(POLICE)
    nuisance = rows["Crime type"] == "Anti-social behaviour"
    assert set(rows[nuisance]["Crime ID"] + rows[nuisance]["Last outcome category"]) == {""}
    assert rows[~nuisance]["Crime ID"].str.fullmatch("[0-9a-f]{64}").all()
    assert (rows[~nuisance]["Last outcome category"] != "").all()
    repeated = rows[~nuisance]["Crime ID"].duplicated().sum()
    assert 0 < repeated < 0.02 * len(rows), "one crime now and then has several victims"


def test_the_fourteen_categories_are_those_of_the_manifest(catalogue):
    known = catalogue.source(POLICE).vocabularies["crime-type"]
    assert set(table(POLICE)["Crime type"]) == set(STREET_SLUGS)
    assert all(known[words] == slug for words, slug in STREET_SLUGS.items())


def test_the_open_files_are_the_image_of_the_partners_feeds():
    """Exact places moved to the nearest map point, days to their month, offences to categories."""
    land, found = ground().land, Counter()
    street_of = {kind.words: kind.street for kind in all_kinds() if kind.street}
    for source, column in (
        ("partner_police_crimes", "Offence"),
        ("partner_police_incidents", "Category"),
    ):
        rows = table(source)
        rows = rows[rows[column].isin(street_of)]
        snap = ground().nearest(places(rows))
        texts = [
            f"{x:.6f} {y:.6f}" if at >= 0 else ""
            for at, (x, y) in zip(snap, land.snap.lonlat[snap], strict=True)
        ]
        found.update(zip(rows["Date"].str[:7], rows[column].map(street_of), texts, strict=True))
    told = Counter()
    rows = table(POLICE)
    corrected = table(AGAIN)
    whole = {one.when["from"][:7] for one in files()[1] if one.kind == "partial-delivery"}
    final = rows[~rows["Month"].isin([*corrected["Month"].unique(), *whole])]
    for frame in (final, corrected):
        at = (frame["Longitude"] + " " + frame["Latitude"]).str.strip()
        told.update(zip(frame["Month"], frame["Crime type"], at, strict=True))
    months = {key[0] for key in told}
    assert len(months) == 34
    assert told == Counter({key: n for key, n in found.items() if key[0] in months})


def test_what_was_delivered_again_differs_in_outcomes_and_in_some_rows():
    for truth in (one for one in files()[1] if one.kind == "redelivery"):
        month = truth.when["from"][:7]
        first, again = (
            rows[rows["Month"] == month].set_index("Crime ID")
            for rows in (table(POLICE), table(AGAIN))
        )
        assert (len(first), len(again)) == (truth.details["rows_first"], truth.observed)
        once = [one.index[~one.index.duplicated(keep=False)] for one in (first, again)]
        both = once[0].intersection(once[1])
        outcome = "Last outcome category"
        changed = (first.loc[both, outcome] != again.loc[both, outcome]).mean()
        assert changed > 0.3
        assert len(first.index.difference(again.index)) > 3, "some turned out to be no crime"
        assert len(again.index.difference(first.index)) > 10, "some were recorded late"


def test_the_partial_month_stops_at_its_day():
    truth = next(one for one in files()[1] if one.kind == "partial-delivery")
    month = truth.when["from"][:7]
    assert (table(POLICE)["Month"] == month).sum() == truth.observed
    assert 0.3 < truth.ratio < 0.7


def test_a_null_city_has_every_month_whole():
    rows = table(POLICE, null=True)
    counts = rows.groupby("Month").size()
    assert list(counts.index) == [str(month) for month in MONTHS]
    assert counts.min() > 0.75 * counts.median()


# ---------------------------------------------------------------- rhythms


def share(rows: np.ndarray, weekdays: tuple[int, ...], hours: range) -> float:
    """The share of events on some weekdays (0 is Monday) and hours."""
    hour = rows.astype("datetime64[h]").astype(np.int64)
    weekday = (hour // 24 + 3) % 7
    return float((np.isin(weekday, weekdays) & np.isin(hour % 24, list(hours))).mean())


def starts(**wanted: str) -> np.ndarray:
    made, _ = events(null=True)
    kinds = [
        row
        for row, kind in enumerate(all_kinds())
        if all(getattr(kind, name) == value for name, value in wanted.items())
    ]
    return made.start[np.isin(made.kind, kinds) & (made.start == made.end)]


def test_violence_peaks_on_the_nights_to_saturday_and_to_sunday():
    violence = starts(words="Violence with injury")
    weekend = share(violence, (5, 6), range(4)) / 8
    assert weekend > 4 * share(violence, (1, 2, 3), range(4)) / 12
    assert weekend > 2 * share(violence, (0, 1, 2, 3), range(12, 16)) / 16


def test_nuisance_comes_after_school_and_in_the_evening_and_shops_are_robbed_when_open():
    assert share(starts(street="Anti-social behaviour"), tuple(range(7)), range(15, 23)) > 0.5
    assert share(starts(street="Shoplifting"), tuple(range(7)), range(8, 20)) > 0.9


def test_most_burglaries_are_known_only_from_when_to_when():
    made, _ = events(null=True)
    burglary = made.kind == next(
        row for row, kind in enumerate(all_kinds()) if kind.words == "Burglary in a dwelling"
    )
    length = (made.end - made.start)[burglary].astype(np.int64)
    assert 0.7 < (length > 0).mean() < 0.82
    assert 240 < np.median(length[length > 0]) < 720
    assert (length >= 0).all()


def test_seasons_are_of_the_year_and_rhythms_of_the_week():
    assert all(len(one) == 12 and 0.9 < sum(one) / 12 < 1.15 for one in SEASONS.values())
    for name in RHYTHMS:
        assert hour_weights(name, "even", 0.0).size == 24 * DAYS.size
        assert hour_weights(name, "even", 0.0).min() >= 0
    assert str(DAYS[0]) == "2020-01-01"
    assert WEEKDAY[0] == 2, "a Wednesday"
    summer, winter = (
        (starts(words="Theft of a pedal cycle").astype("datetime64[M]").astype(int) % 12 == month)
        for month in (6, 0)
    )
    assert summer.sum() > 1.7 * winter.sum()


# ---------------------------------------------------------------- the same again


def digest(folder: Path) -> str:
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            found.update(f"{path.relative_to(folder)}".encode() + path.read_bytes())
    return found.hexdigest()


@pytest.mark.parametrize(("hashing", "zone"), [("1", "UTC"), ("4711", "Pacific/Auckland")])
def test_another_process_writes_the_same_bytes(tmp_path, hashing, zone):
    program = (
        "import sys, pathlib; from lris.demo.feeds import write_incidents;"
        "from lris.demo.geography import make_geography;"
        "write_incidents(make_geography(7), pathlib.Path(sys.argv[1]))"
    )
    subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        cwd=PROJECT,
        env={**os.environ, "PYTHONHASHSEED": hashing, "TZ": zone},
        check=True,
    )
    assert digest(tmp_path) == digest(files()[0])
