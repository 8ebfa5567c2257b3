"""The partners' feeds of the fictional city: exact, restricted, and taken by the same readers."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from lris.boundaries import load_boundaries, publish_boundaries
from lris.demo.feeds import ADMISSIONS, FEEDS
from lris.demo.kinds import all_kinds
from lris.demo.published_land import write_land
from lris.demo.publishers import write_outlines
from lris.derive import derive
from lris.errors import IdentifiersFound
from lris.load import load
from lris.session import Doors
from lris.store.engine import access_number
from lris.terms import Access
from tests.demo.happened import files, ground, places, table

TODAY = date(2023, 6, 1)


@pytest.fixture
def settled(doors, catalogue, tmp_path) -> Doors:
    """A database with the land's LSOAs of both years."""
    land = ground().land
    for vintage, areas, prefix in (
        ("lsoa_2011", land.lsoa_2011, "LSOA11"),
        ("lsoa_2021", land.lsoa, "LSOA21"),
    ):
        path = tmp_path / f"{vintage}_bfc.geojson"
        write_outlines(path, areas, f"{prefix}CD", f"{prefix}NM")
        load_boundaries(doors, catalogue, vintage, [path], actor="clerk")
        publish_boundaries(doors, catalogue, vintage, actor="clerk")
    return doors


def test_every_file_is_taken_by_its_manifest_and_nothing_is_set_aside(settled, catalogue):
    folder, _ = files()
    for source in ("police_street_crime", *FEEDS):
        report = load(
            settled, catalogue, source, [folder / source], actor="clerk", today=TODAY, keep=False
        )
        assert report.faults == []
        assert report.total["quarantined"] == 0
        assert report.total["loaded"] == len(table(source))
        assert len(report.deliveries) >= 35
        located = sum(one.unplaced for one in report.deliveries) / report.total["loaded"]
        assert located == 1.0 if source == ADMISSIONS else located < 0.02


def test_what_was_delivered_again_replaces_the_month_and_the_code_agrees_with_the_point(
    settled, catalogue
):
    folder, truths = files()
    month = next(one.when["from"][:7] for one in truths if one.kind == "redelivery")
    name = f"{month}/{month}-vellmouth-and-orrendale-constabulary-street.csv"
    first, again = (
        load(
            settled,
            catalogue,
            "police_street_crime",
            [folder / part / name],
            actor="clerk",
            today=TODAY,
        ).deliveries[0]
        for part in ("police_street_crime", "police_street_crime_redelivered")
    )
    assert again.superseded == first.loaded
    assert again.disagreeing == 0
    assert again.compared > 3000


def test_files_that_identify_people_are_refused_and_nothing_of_them_is_said(settled, catalogue):
    folder, truths = files()
    refused = [one for one in truths if one.kind == "identifiers"]
    assert len(refused) == 2
    for truth in refused:
        path = folder / truth.details["file"]
        report = load(
            settled, catalogue, truth.details["source"], [path], actor="clerk", today=TODAY
        )
        assert report.exit_code == IdentifiersFound.exit_code
        assert any(column in report.faults[0] for column in truth.details["columns"])
        assert "Invented Person" not in report.faults[0]
        assert "999 123" not in report.faults[0]
        assert report.total["loaded"] == 0


@pytest.mark.parametrize("source", FEEDS)
def test_no_feed_is_public_and_each_says_under_what_agreement_it_came(catalogue, source):
    manifest = catalogue.source(source)
    assert access_number(manifest.access) >= access_number(Access.PARTNER_RECORD)
    assert "open" not in manifest.agreement
    assert "OGL" not in manifest.licence
    told = (files()[0] / source / "AGREEMENT.txt").read_text()
    assert told.startswith("FICTIONAL DATA")
    assert all(manifest.takes(name) for name in table(source)["file"].unique())


@pytest.mark.parametrize("source", [one for one in FEEDS if one != ADMISSIONS])
def test_every_category_has_the_slug_of_its_manifest(catalogue, source):
    (vocabulary,) = catalogue.source(source).vocabularies.values()
    kinds = [kind for kind in all_kinds() if kind.feed == source]
    assert kinds
    assert {kind.words: vocabulary[kind.words] for kind in kinds} == {
        kind.words: kind.slug for kind in kinds
    }


def test_references_are_of_the_feed_alone_and_never_repeat_within_a_sender():
    crimes = table("partner_police_crimes")
    assert crimes["Record"].is_unique
    assert not set(crimes["Record"]) & set(table("police_street_crime")["Crime ID"])


def test_some_times_are_known_and_some_only_from_when_to_when():
    crimes = table("partner_police_crimes")
    ranged = crimes["To"] != ""
    assert 0.15 < ranged.mean() < 0.4
    assert (crimes["From"].str[:10] == crimes["Date"]).all()
    assert (crimes[ranged]["To"] > crimes[ranged]["From"]).all()
    assert 0.1 < (table("fly_tipping_reports")["Time"] == "").mean() < 0.3


def test_nuisance_has_qualifiers_and_nothing_else_has():
    incidents = table("partner_police_incidents")
    nuisance = incidents["Class"] == "Anti-social behaviour"
    assert set(incidents[nuisance]["Qualifier"]) == {"Personal", "Nuisance", "Environmental"}
    assert set(incidents[~nuisance]["Qualifier"]) == {""}


def test_a_fire_laid_is_an_arson_of_the_police_a_few_minutes_later_at_the_same_place():
    fires = table("fire_incidents")
    laid = fires[fires["Type"].str.startswith("Deliberate primary fire")]
    crimes = table("partner_police_crimes")
    arson = crimes[crimes["Offence"].str.startswith("Arson")]
    known = set(zip(arson["Easting"], arson["Northing"], strict=True))
    assert 0.7 < len(laid) / len(arson) < 0.95
    assert all(one in known for one in zip(laid["Easting"], laid["Northing"], strict=True))


def test_admissions_tell_a_day_a_code_and_half_a_postcode_and_nothing_finer():
    admitted = table(ADMISSIONS)
    assert list(admitted.columns) == [
        *("Trust", "Admission date", "ICD-10", "Outward postcode"),
        "file",
    ]
    assert admitted["ICD-10"].str.fullmatch(r"X8[5-9]|X9\d|Y0\d").all()
    assert set(admitted["Outward postcode"]) <= set(ground().land.postcodes.outward)
    assert 400 < len(admitted) < 6000


def test_places_are_exact_and_lie_on_the_land():
    points = places(table("partner_police_crimes"))
    known = np.isfinite(points[:, 0])
    assert 0.97 < known.mean() < 0.995
    away = ground().snaps.query(points[known])[0]
    assert np.quantile(away, 0.99) < 400
    assert len(np.unique(points[known], axis=0)) > 5 * len(
        table("police_street_crime")[["Longitude", "Latitude"]].drop_duplicates()
    )


def test_the_fictional_force_covers_both_districts_and_no_quarter_is_made_of_two_months(
    settled, catalogue, tmp_path
):
    folder, truths = files()
    look_up = tmp_path / "city"
    write_land(ground().land, look_up)
    missing = next(one.when["from"][:7] for one in truths if one.kind == "missing-month")
    month = np.datetime64(missing, "M")
    quarter = np.datetime64(f"{missing[:4]}-01", "M") + (int(missing[5:]) - 1) // 3 * 3
    whole = [one for one in (quarter, quarter + 1, quarter + 2) if one != month]
    police = folder / "police_street_crime"
    for source, paths in (
        ("lsoa_2011_to_lsoa_2021", [look_up / "lsoa_2011_to_lsoa_2021"]),
        ("police_street_crime", [police / str(one) for one in whole]),
    ):
        report = load(settled, catalogue, source, paths, actor="clerk", today=TODAY, part="city")
        assert report.faults == []
    derive(settled, catalogue, actor="clerk")
    label = f"{missing[:4]}-Q{(int(missing[5:]) - 1) // 3 + 1}"
    found = statuses(settled, [str(whole[0]), label])
    assert found == {(str(whole[0]), "observed", None): len(ground().land.lsoa)}


def statuses(doors: Doors, periods: list[str]) -> dict[tuple[str, str, str | None], int]:
    """How many LSOAs of 2021 have which status and reason in all crime of some periods."""
    from sqlalchemy import text

    with doors.inspecting() as connection:
        rows = connection.execute(
            text(
                "SELECT s.period, e.status, e.reason, count(*) FROM estimate e"
                " JOIN estimate_series s ON s.id = e.series_id WHERE s.indicator = 'crime_count'"
                " AND s.category = 'all-crime' AND s.vintage = 'lsoa_2021'"
                " AND s.period = ANY (:periods) GROUP BY 1, 2, 3"
            ),
            {"periods": periods},
        )
        return {(row[0], row[1], row[2]): row[3] for row in rows}
