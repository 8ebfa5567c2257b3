"""The city's files enter as real ones do; its deprivation, schools and practices look real."""

from __future__ import annotations

import csv
import gzip
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from lris.boundaries import load_boundaries, publish_boundaries
from lris.catalogue import Catalogue
from lris.demo import CityReport
from lris.demo.deprivation import (
    AREAS_OF,
    PARTS,
    WEIGHTS,
    Deprivation,
    exponential,
    make_deprivation,
    shrunk,
)
from lris.demo.education import write_education
from lris.demo.geography import Geography, make_geography
from lris.demo.health import write_health
from lris.demo.people import People, make_people
from lris.load import load
from lris.session import Doors
from tests.demo.likeness import moran

TODAY = date(2026, 1, 5)
OURS = (
    "ahah",
    "census_2011_population",
    "census_2021_households",
    "census_2021_religion",
    "code_point_open",
    "fingertips",
    "gp_list_sizes",
    "gp_surgeries",
    "iod_2019",
    "iod_2025",
    "key_stage_2",
    "key_stage_4",
    "key_stage_5",
    "lsoa_2011_centroids",
    "lsoa_2011_rural_urban",
    "lsoa_2011_to_ccg_2021",
    "lsoa_2011_to_lsoa_2021",
    "lsoa_2011_to_msoa_2011",
    "lsoa_2011_to_ward_2019",
    "lsoa_2021_centroids",
    "lsoa_2021_to_ward_2024",
    "modelled_prevalence",
    "msoa_2011_names",
    "population_sape",
    "population_single_year",
    "postcode_directory",
    "qof",
    "qof_practices",
    "stroke_admissions",
)
LOOK_UPS = [one for one in OURS if one.startswith("lsoa_") and "_to_" in one]


def test_every_boundary_file_can_be_published_and_every_other_passes_check(
    doors: Doors, catalogue: Catalogue, city: CityReport
) -> None:
    vintages = sorted(path.name for path in city.out.iterdir() if path.name in catalogue.vintages)
    for vintage in vintages:
        found = load_boundaries(
            doors, catalogue, vintage, sorted((city.out / vintage).iterdir()), actor="test"
        )
        assert not (found.repaired or found.duplicates or found.empty)
        assert found.grade == "BFC"
        published = publish_boundaries(doors, catalogue, vintage, actor="test")
        assert published.mismatched_borders_before == 0
    for source in LOOK_UPS:
        assert _loaded(doors, catalogue, city, source, keep=True) == []
    for source in OURS:
        assert _loaded(doors, catalogue, city, source, keep=False) == [], source


def _loaded(
    doors: Doors, catalogue: Catalogue, city: CityReport, source: str, *, keep: bool
) -> list[str]:
    report = load(
        doors,
        catalogue,
        source,
        sorted((city.out / source).iterdir()),
        actor="test",
        part="the fictional city",
        today=TODAY,
        keep=keep,
    )
    assert report.faults or report.total["rows_read"]
    aside = [
        f"{one.file}: {one.quarantined} set aside" for one in report.deliveries if one.quarantined
    ]
    return report.faults + aside


# ---------------------------------------------------------------- deprivation


@pytest.fixture(scope="module")
def editions(land: Geography, people: People) -> tuple[Deprivation, Deprivation]:
    """Both editions of the indices for one land after the other."""
    return make_deprivation(land, people)


def test_the_transformation_is_the_published_one() -> None:
    assert exponential(np.array([1]), 32_844)[0] == pytest.approx(100)
    assert exponential(np.array([3_285]), 32_844)[0] == pytest.approx(50, abs=0.5)
    assert exponential(np.array([32_844]), 32_844)[0] < 0.01


def test_the_transformation_gives_the_published_scores(real_data: Path) -> None:
    folder = real_data / "deprivation" / "iod2019"
    ranks, scores = (
        _packed(folder / f"File_{name}.csv.gz")
        for name in ("2_-_IoD2019_Domains_of_Deprivation", "9_-_IoD2019_Transformed_Scores")
    )
    for title in ("Income", "Employment", "Crime"):
        rank = np.array([int(row[f"{title} Rank (where 1 is most deprived)"]) for row in ranks])
        score = [float(row[f"{title} Score - exponentially transformed"]) for row in scores]
        assert (
            np.abs(exponential(rank, len(rank)) - score).max() < 0.01
        )  # ranks of equal scores were shared out


def _packed(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def test_shrinkage_draws_small_areas_to_their_district() -> None:
    numerator = np.array([0, 30, 300, 10, 400])
    denominator = np.array([10, 100, 1_000, 100, 1_000])
    district = np.zeros(5, dtype=np.int64)
    rates = shrunk(numerator, denominator, district)
    whole = numerator.sum() / denominator.sum()
    assert 0.05 < rates[0] < whole
    assert abs(rates[2] - 0.3) < abs(rates[1] - 0.3) + 0.01
    assert rates[4] == pytest.approx(0.4, abs=0.01)


def test_scores_ranks_and_deciles_follow_from_each_other(
    editions: tuple[Deprivation, Deprivation],
) -> None:
    for edition in editions:
        assert edition.of == AREAS_OF[edition.year]
        for name, rank in edition.ranks.items():
            assert len(set(rank.tolist())) == len(rank), name
            assert rank.min() >= 1
            assert rank.max() <= edition.of
            order = np.argsort(rank)
            assert (np.diff(edition.scores[name][order]) <= 0).all(), name
            assert np.array_equal(edition.decile(name), np.ceil(10 * rank / edition.of))
        imd = sum(weight * edition.transformed[name] for name, weight in WEIGHTS.items())
        assert np.allclose(imd, edition.scores["imd"], atol=1e-6)
        for domain, parts in PARTS.items():
            score = sum(weight * edition.transformed[name] for name, weight in parts.items())
            assert np.allclose(score, edition.scores[domain], atol=1e-6)


def test_deprivation_gathers_as_it_does_in_english_cities(
    land: Geography, editions: tuple[Deprivation, Deprivation]
) -> None:
    first, second = editions
    assert 0.5 < moran(second.scores["imd"], land.neighbours_lsoa) < 0.8
    deciles = np.bincount(second.decile("imd"), minlength=11)[1:]
    assert (deciles > 8).all()
    assert deciles[:3].sum() > deciles[7:].sum()
    city = first.lad == 0
    assert first.scores["imd"][city].mean() > first.scores["imd"][~city].mean()


def test_domains_correlate_as_those_of_england(
    editions: tuple[Deprivation, Deprivation],
) -> None:
    names = list(WEIGHTS)
    for edition in editions:
        together = np.corrcoef([edition.ranks[name] for name in names])
        with_income = dict(zip(names, together[0], strict=True))
        assert with_income["employment"] > 0.85
        assert 0.65 < with_income["education"] < 0.95
        assert 0.65 < with_income["health"] < 0.95
        assert 0.4 < with_income["crime"] < 0.85
        assert abs(with_income["barriers"]) < 0.45
        assert -0.1 < with_income["living_environment"] < 0.6


def test_the_published_tables_agree_with_each_other(city: CityReport) -> None:
    tables = {number: _table(city, number) for number in (1, 2, 5, 7, 9)}
    whole = tables[7]
    for number in (1, 2, 5):
        for row, other in zip(tables[number], whole, strict=True):
            assert row.items() <= other.items()
    titles = [f"{n} Score - exponentially transformed" for n in ("Income", "Employment")]
    titles += [f"{n} Score - exponentially transformed" for n in ("Education", "Health", "Crime")]
    titles += [f"{n} Score - exponentially transformed" for n in ("Barriers", "Living Environment")]
    for row, other in zip(tables[9], whole, strict=True):
        score = sum(w * float(row[t]) for w, t in zip(WEIGHTS.values(), titles, strict=True))
        assert score == pytest.approx(
            float(other["Index of Multiple Deprivation (IMD) Score"]), abs=0.002
        )


def _table(city: CityReport, number: int) -> list[dict[str, str]]:
    (path,) = (city.out / "iod_2019").glob(f"*File_{number}_*")
    return _read(path)


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


# ---------------------------------------------------------------- headers


def test_headers_are_those_of_the_publishers_letter_by_letter(
    real_data: Path, city: CityReport
) -> None:
    for ours, theirs in (
        ("key_stage_2/2018-990-ks2.csv", "education/ks2_publisher_format/2018-936-ks2.csv"),
        (
            "fingertips/fictional_indicators-DistrictUA.data.csv",
            "health/fingertips_indicators-DistrictUApre419.data.csv",
        ),
        ("gp_list_sizes/fictional_gp-by-age.csv", "health/gp/gp-by-age_apr2020.csv"),
        ("gp_list_sizes/fictional_gp_demographics.csv", "health/gp/gp_demographics_apr2020.csv"),
        (
            "modelled_prevalence/fictional_lad_prevalence.csv",
            "health/qof/hoc_output_lad_prevalence.csv",
        ),
    ):
        assert _first_line(city.out / ours) == _first_line(real_data / theirs)


def _first_line(path: Path) -> str:
    return path.read_text(encoding="utf-8-sig").splitlines()[0]


# ---------------------------------------------------------------- schools and practices


def test_a_null_city_has_no_outliers_and_is_otherwise_the_same(
    city: CityReport, tmp_path: Path
) -> None:
    land = make_geography(city.seed)
    people = make_people(land)
    assert write_education(land, people, tmp_path, null=True) == []
    assert write_health(land, people, tmp_path, null=True) == []
    planted = {
        code
        for truth in city.truths
        if truth.kind.startswith("outlier-")
        for codes in truth.where.codes.values()
        for code in codes
    }
    assert len(planted) == 7
    for source, column in (("key_stage_2", "URN"), ("qof_practices", "PRACTICE_CODE")):
        for path in sorted((city.out / source).iterdir()):
            with_truths, without = _read(path), _read(tmp_path / source / path.name)
            changed = {
                one[column] for one, other in zip(with_truths, without, strict=True) if one != other
            }
            assert changed - {""} <= planted


@pytest.mark.parametrize("seed", [2, 3])
def test_other_seeds_plant_other_outliers(city: CityReport, seed: int, tmp_path: Path) -> None:
    land = make_geography(seed)
    people = make_people(land)
    truths = [*write_education(land, people, tmp_path), *write_health(land, people, tmp_path)]
    kinds = [truth.kind for truth in truths]
    assert kinds.count("outlier-school") == 12  # four schools, three years
    assert kinds.count("outlier-practice") == 3
    mine = {truth.id for truth in city.truths if truth.kind.startswith("outlier-")}
    assert mine != {truth.id for truth in truths}


def test_planted_schools_stand_out_from_schools_with_pupils_like_theirs(city: CityReport) -> None:
    truths = [one for one in city.truths if one.kind == "outlier-school"]
    for truth in truths:
        assert truth.expected is not None
        assert truth.observed is not None
        worse = truth.details["shift_sd"] < 0
        assert (truth.observed < truth.expected) == worse
    by_school: dict[str, list[float]] = {}
    for truth in truths:
        (code,) = truth.where.codes["school_2019"]
        by_school.setdefault(code, []).append(
            float(truth.observed or 0) - float(truth.expected or 0)
        )
    assert all(abs(sum(gaps)) > 12 for gaps in by_school.values())


def test_results_of_schools_are_spread_and_suppressed_as_published_ones(city: CityReport) -> None:
    rows = _read(city.out / "key_stage_2" / "2018-990-ks2.csv")
    schools = [row for row in rows if row["RECTYPE"] == "1" and row["PTRWM_EXP"].endswith("%")]
    shares = np.array([float(row["PTRWM_EXP"][:-1]) for row in schools])
    assert 58 < np.median(shares) < 72
    assert 8 < shares.std() < 18
    cells = [cell for row in rows for cell in row.values()]
    assert {"SUPP", "NA", "NEW", "LOWCOV"} <= set(cells)
    assert {row["RECTYPE"] for row in rows} == {"1", "2", "3"}
    for row in schools:
        if int(row["TFSM6CLA1A"]) in range(1, 6):
            assert row["PTRWM_EXP_FSM6CLA1A"] == row["PTRWM_EXP_NotFSM6CLA1A"] == "SUPP"
    poor = [row for row in rows if row["RECTYPE"] == "3"]
    assert float(poor[0]["PTRWM_EXP_FSM6CLA1A"][:-1]) < float(
        poor[0]["PTRWM_EXP_NotFSM6CLA1A"][:-1]
    )


def test_registers_are_as_long_as_in_england(city: CityReport) -> None:
    (path,) = (city.out / "qof_practices").iterdir()
    register: dict[str, int] = {}
    patients: dict[str, int] = {}
    for row in _read(path):
        code = row["INDICATOR_GROUP_CODE"]
        register[code] = register.get(code, 0) + int(row["REGISTER"])
        patients[code] = patients.get(code, 0) + int(row["PATIENT_LIST_SIZE"])
    for code, low, high in (
        ("HYP", 11, 17),
        ("DM", 5, 9),
        ("CHD", 2, 4),
        ("COPD", 1.2, 3),
        ("DEP", 8, 14),
    ):
        assert low < 100 * register[code] / patients[code] < high


def test_every_school_and_practice_has_a_postcode_of_the_directory(city: CityReport) -> None:
    (directory,) = (city.out / "postcode_directory").iterdir()
    known = {row["pcds"] for row in _read(directory) if row["doterm"] == ""}
    for source in ("key_stage_2", "key_stage_4", "key_stage_5"):
        for path in sorted((city.out / source).iterdir()):
            assert {row["PCODE"] for row in _read(path) if row.get("PCODE")} <= known
