"""Every publisher's file, read by the name of its source, every row of it accounted for.

And figures read off those files by eye, which the readers have to find again.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lris.catalogue.sources import SourceManifest
from lris.errors import FileFault
from lris.settings import PROJECT
from lris.sources.archives import members
from lris.sources.frames import ObservationBatch
from lris.sources.reading import (
    read_links,
    read_names,
    read_observations,
    read_points,
    read_postcodes,
)

READERS: dict[str, Callable[..., Iterator[Any]]] = {
    "observations": read_observations,
    "links": read_links,
    "names": read_names,
    "points": read_points,
    "postcodes": read_postcodes,
}

# Of files of values: rows read, rows left out on purpose, values, withheld, blank cells.
# Of the others: rows read, rows left out on purpose, pairs, names, places or postcodes.
FILES: list[tuple[str, str, tuple[int, ...]]] = [
    (
        "deprivation/iod2019/File_1_-_IMD2019_Index_of_Multiple_Deprivation.csv.gz",
        "iod_2019",
        (32844, 0, 65688, 0, 0),
    ),
    (
        "deprivation/iod2019/File_1_-_IMD2019_Index_of_Multiple_Deprivation.xlsx",
        "iod_2019",
        (32844, 0, 65688, 0, 0),
    ),
    (
        "deprivation/iod2019/File_2_-_IoD2019_Domains_of_Deprivation.csv.gz",
        "iod_2019",
        (32844, 0, 525504, 0, 0),
    ),
    (
        "deprivation/iod2019/File_3_-_IoD2019_Supplementary_Indices_-_IDACI_and_IDAOPI.csv.gz",
        "iod_2019",
        (32844, 0, 197064, 0, 0),
    ),
    (
        "deprivation/iod2019/File_6_-_IoD2019_Population_Denominators.csv.gz",
        "iod_2019",
        (32844, 0, 164220, 0, 0),
    ),
    (
        "deprivation/iod2019/File_9_-_IoD2019_Transformed_Scores.csv.gz",
        "iod_2019",
        (32844, 0, 229908, 0, 0),
    ),
    (
        "deprivation/iod2019/File_10_-_IoD2019_Local_Authority_District_Summaries__lower-tier__.xlsx",
        "iod_2019",
        (3170, 0, 21556, 0, 0),
    ),
    ("deprivation/iod2019/ID_2019_for_London.xlsx", "iod_2019", (24274, 0, 393365, 514, 0)),
    (
        "deprivation/iod2019/derived_imd2019_england_lsoa11_indicators.csv.gz",
        "iod_2019",
        (32844, 0, 913874, 5758, 0),
    ),
    (
        "deprivation/iod2025_derived/imd2025_england_lsoa21.csv.gz",
        "iod_2025",
        (33755, 0, 810120, 0, 0),
    ),
    ("education/ks2_publisher_format/2016-936-ks2.csv", "key_stage_2", (235, 0, 37015, 9133, 3202)),
    ("education/ks2_publisher_format/2017-936-ks2.csv", "key_stage_2", (238, 0, 37894, 9733, 3067)),
    ("education/ks2_publisher_format/2018-936-ks2.csv", "key_stage_2", (242, 0, 38538, 9362, 3646)),
    (
        "education/england_trimmed/england_ks2final.csv.gz",
        "key_stage_2",
        (16355, 0, 91746, 2831, 3553),
    ),
    (
        "education/england_trimmed/england_ks4final.csv.gz",
        "key_stage_4",
        (5516, 0, 25085, 5101, 2910),
    ),
    ("education/england_trimmed/england_ks5final.csv.gz", "key_stage_5", (2903, 0, 7900, 442, 367)),
    ("health/fingertips_indicators-CountyUA.data.csv", "fingertips", (852, 0, 4036, 50, 174)),
    (
        "health/fingertips_indicators-DistrictUApre419.data.csv",
        "fingertips",
        (2752, 0, 7784, 760, 5216),
    ),
    (
        "health/fingertips_social-isolation-indicators-CountyUA.data.csv",
        "fingertips",
        (4536, 0, 18341, 199, 4140),
    ),
    ("health/gp/banes_gp_surgeries.geojson", "gp_surgeries", (31, 0, 31)),
    ("health/gp/gp-by-age_apr2020.csv", "gp_list_sizes", (6730, 0, 53840, 0, 0)),
    ("health/gp/gp_demographics_apr2020.csv", "gp_list_sizes", (6797, 0, 81563, 0, 1)),
    ("health/lsoa/AHAH_lsoa11.csv.gz", "ahah", (41729, 6976, 173765, 0, 0)),
    ("health/lsoa/frailty-MSOA-England_2011.csv", "frailty", (6791, 0, 6791, 0, 0)),
    (
        "health/lsoa/lsoa_ambulance_service_lookup.csv.gz",
        "lsoa_2011_to_ambulance_service",
        (34753, 0, 69506),
    ),
    (
        "health/lsoa/stroke_admissions_2017-2019_by_lsoa11name.csv",
        "stroke_admissions",
        (34752, 0, 34752, 0, 0),
    ),
    ("health/qof/hoc_output_lad_prevalence.csv", "modelled_prevalence", (6741, 0, 20223, 0, 0)),
    ("health/qof/qof-1819-prev-ach-exc-ccg.xlsx", "qof", (4827, 52, 99929, 537, 0)),
    (
        "population/SAPE21DT11-mid-2018-lsoa-population-density.xlsx",
        "population_sape",
        (34753, 0, 69506, 0, 0),
    ),
    ("population/census2021-ts030.zip", "census_2021_religion", (232334, 0, 2323340, 0, 0)),
    (
        "population/census_2011_population_hh.csv.gz",
        "census_2011_population",
        (34753, 0, 173765, 0, 0),
    ),
    (
        "population/derived_population_mid2019_lsoa11_single_year.csv.gz",
        "population_single_year",
        (34753, 0, 3197276, 0, 0),
    ),
    (
        "lookups/LSOA11_to_LSOA21_to_LAD22_exact_fit_V3_CHGIND.csv.gz",
        "lsoa_2011_to_lsoa_2021",
        (35796, 0, 71468),
    ),
    (
        "lookups/LSOA11_to_LSOA21_to_LAD22_V1_badheader.csv.gz",
        "lsoa_2011_to_lsoa_2021",
        (35795, 0, 71467),
    ),
    (
        "lookups/LSOA11_to_LSOA21_to_LAD22_V2_noCHGIND.csv.gz",
        "lsoa_2011_to_lsoa_2021",
        (34753, 0, 69381),
    ),
    ("lookups/LSOA11_to_MSOA11_to_LAD.csv.gz", "lsoa_2011_to_msoa_2011", (41731, 6978, 34753)),
    ("lookups/LSOA11_to_WD17.csv.gz", "lsoa_2011_to_ward_2017", (34753, 0, 77775)),
    ("lookups/LSOA11_to_WD19_to_LAD19.csv.gz", "lsoa_2011_to_ward_2019", (34753, 0, 77529)),
    (
        "lookups/LSOA21_to_WD24_to_LAD24_best_fit.csv.gz",
        "lsoa_2021_to_ward_2024",
        (35672, 0, 78880),
    ),
    ("lookups/LSOA11_to_CCG21_to_LAD21.csv.gz", "lsoa_2011_to_ccg_2021", (32844, 0, 65688)),
    ("lookups/MSOA-Names-2011_HoC.csv", "msoa_2011_names", (7201, 0, 7201)),
    (
        "lookups/LSOA11_rural_urban_classification_2011.csv.gz",
        "lsoa_2011_rural_urban",
        (34753, 0, 34753),
    ),
    (
        "lookups/LSOA_Dec_2011_population_weighted_centroids.csv.gz",
        "lsoa_2011_centroids",
        (34753, 0, 69506, 0, 0),
    ),
    (
        "lookups/LLSOA_Dec_2021_PWC_population_weighted_centroids.csv.gz",
        "lsoa_2021_centroids",
        (35672, 0, 71344, 0, 0),
    ),
    ("lookups/codepoint_open_2025-05/ba.csv.gz", "code_point_open", (15513, 0, 15513)),
    ("lookups/codepoint_open_2025-05/bs.csv.gz", "code_point_open", (27371, 0, 27371)),
    ("lookups/codepoint_open_2025-05/ta.csv.gz", "code_point_open", (12065, 0, 12065)),
    (
        "lookups/PCD_OA_LSOA_MSOA_LAD_MAY22_avon-and-somerset_rows.csv.gz",
        "postcode_directory",
        (76575, 0, 76575),
    ),
    ("lookups/derived_LAD19_to_police_force.csv", "lad_2019_to_police_force", (339, 0, 339)),
]

METADATA = "metadata, not figures"
REFUSED = [
    ("lookups/PoliceforceLSOA.csv.gz", "lad_2019_to_police_force", "not trustworthy"),
    ("education/ks2_publisher_format/2016-2017_ks2_meta.csv", "key_stage_2", METADATA),
    ("education/ks2_publisher_format/2017-2018_ks2_meta.csv", "key_stage_2", METADATA),
    ("education/ks2_publisher_format/2018-2019_ks2_meta.csv", "key_stage_2", METADATA),
    (
        "education/ks2_publisher_format/2018-2019_la_and_region_codes_meta.csv",
        "key_stage_2",
        METADATA,
    ),
    (
        "lookups/codepoint_open_2025-05/Code-Point_Open_Column_Headers.csv",
        "code_point_open",
        "column names, not the postcodes",
    ),
]

THEMES = ("deprivation", "education", "health", "lookups", "population")
PAPERS = {"PROVENANCE.md", "licence.txt", "metadata.txt"}


@cache
def source(name: str) -> SourceManifest:
    path = PROJECT / "geodata" / "sources" / f"{name}.toml"
    return SourceManifest.model_validate(tomllib.loads(path.read_text("utf-8")))


def batches(path: Path, name: str) -> Iterator[Any]:
    found = source(name)
    for member in members(path, wanted=found.takes):
        yield from READERS[found.kind](member, found)


@lru_cache(maxsize=2)
def observed(path: Path, name: str) -> dict[tuple[str, str, str, str, str], float | str]:
    """Each value, or the word it is withheld with, by vintage, area, period, measure, category."""
    found: dict[tuple[str, str, str, str, str], float | str] = {}
    for batch in batches(path, name):
        keys = zip(
            batch.vintage, batch.area, batch.period, batch.measure, batch.category, strict=True
        )
        told = np.where(batch.withheld != "", batch.withheld, batch.value)
        found.update(zip(keys, told, strict=True))
    return found


def test_every_file_of_the_themes_has_its_line_in_the_table(real_data):
    known = {file for file, _, _ in FILES} | {file for file, _, _ in REFUSED}
    there = {
        path.relative_to(real_data).as_posix()
        for theme in THEMES
        for path in (real_data / theme).rglob("*")
        if path.is_file() and path.name not in PAPERS
    }
    assert there - known == set()


@pytest.mark.parametrize(("file", "name", "expected"), FILES, ids=[file for file, _, _ in FILES])
def test_a_publishers_file_is_read_and_every_row_accounted_for(real_data, file, name, expected):
    sums: Counter[str] = Counter()
    for batch in batches(real_data / file, name):
        sums["rows"] += batch.rows_read
        sums["skipped"] += batch.rows_skipped
        sums["rest"] += len(batch)
        sums["aside"] += len(batch.quarantined)
        if isinstance(batch, ObservationBatch):
            withheld = int((batch.withheld != "").sum())
            sums["withheld"] += withheld
            sums["values"] += len(batch) - withheld
            sums["blank"] += batch.cells_blank
            sums["cells"] += batch.cells_read
            assert np.isnan(batch.value).sum() == withheld
    assert sums["aside"] == 0
    if source(name).kind != "observations":
        assert (sums["rows"], sums["skipped"], sums["rest"]) == expected
        return
    assert sums["cells"] == sums["values"] + sums["withheld"] + sums["blank"]
    names = ("rows", "skipped", "values", "withheld", "blank")
    assert tuple(sums[name] for name in names) == expected


@pytest.mark.parametrize(("file", "name", "says"), REFUSED, ids=[file for file, _, _ in REFUSED])
def test_what_is_not_to_be_trusted_or_is_no_data_is_refused_in_a_sentence(
    real_data, file, name, says
):
    with pytest.raises(FileFault, match=says) as caught:
        list(batches(real_data / file, name))
    assert caught.value.remedy


# --- deprivation ------------------------------------------------------------------------------

IOD = "deprivation/iod2019/"


@pytest.mark.parametrize(
    ("file", "figures"),
    [
        (
            "File_3_-_IoD2019_Supplementary_Indices_-_IDACI_and_IDAOPI.csv.gz",
            {"idaci_rank": 6119, "idaci_decile": 2, "idaopi_rank": 11842, "idaopi_decile": 4},
        ),
        (
            "File_6_-_IoD2019_Population_Denominators.csv.gz",
            {"population": 3941, "population_0_to_15": 284, "population_of_working_age": 3487},
        ),
        (
            "File_9_-_IoD2019_Transformed_Scores.csv.gz",
            {"income_transformed_score": 9.225, "barriers_transformed_score": 50.03},
        ),
    ],
)
def test_figures_of_a_bristol_lsoa_are_those_of_the_file(real_data, file, figures):
    found = observed(real_data / IOD / file, "iod_2019")
    period = "2015" if "population" in figures else "2019"
    for measure, value in figures.items():
        assert found["lsoa_2011", "E01014540", period, measure, ""] == value


def test_figures_of_bristol_are_those_of_file_10(real_data):
    (path,) = (real_data / IOD).glob("File_10*")
    found = observed(path, "iod_2019")
    expected = {
        "imd_average_rank": 19421.68,
        "imd_average_score": 26.363,
        "imd_proportion": 0.1559,
        "imd_extent": 0.288,
        "imd_local_concentration": 31869.61,
        "imd_local_concentration_rank": 44,
        "income_scale": 63150,
        "income_scale_rank": 12,
        "crime_average_rank": 25522.93,
        "crime_proportion_rank": 19,
    }
    for measure, value in expected.items():
        assert found["lad_2019", "E06000023", "2019", measure, ""] == value


def test_the_london_edition_agrees_with_the_national_files(real_data):
    london = observed(real_data / IOD / "ID_2019_for_London.xlsx", "iod_2019")
    compared = 0
    for pattern in ("File_3*", "File_6*", "File_10*", "derived_*"):
        (path,) = (real_data / IOD).glob(pattern)
        for key, value in observed(path, "iod_2019").items():
            if key in london:
                compared += 1
                same = london[key] == value or abs(london[key] - value) < 1e-9
                assert same, key
    assert compared > 4835 * 37


def test_average_ranks_of_districts_are_found_again_from_lsoas(real_data):
    """File 10 says a district's average rank: of its LSOAs' reversed ranks, by population."""
    first, sixth, tenth = (
        next((real_data / IOD).glob(f"File_{n}_*{ending}"))
        for n, ending in ((1, ".gz"), (6, ".gz"), (10, ".xlsx"))
    )
    ranks, people = observed(first, "iod_2019"), observed(sixth, "iod_2019")
    district = {
        code: parent
        for batch in batches(first, "iod_2019")
        for link in batch.links
        for code, parent in zip(link.from_code, link.to_code, strict=True)
    }
    sums: Counter[str] = Counter()
    weights: Counter[str] = Counter()
    for code, parent in district.items():
        n = people["lsoa_2011", code, "2015", "population", ""]
        sums[parent] += n * (32_845 - ranks["lsoa_2011", code, "2019", "imd_rank", ""])
        weights[parent] += n
    published = observed(tenth, "iod_2019")
    assert len(sums) == 317
    for parent, total in sums.items():
        given = published["lad_2019", parent, "2019", "imd_average_rank", ""]
        assert abs(total / weights[parent] - given) < 0.14


# --- health -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "rows", "figures"),
    [
        (
            "indicators-CountyUA.data",
            5,
            {
                ("2015", "campylobacter", ""): 87.686500729979,
                ("2015", "campylobacter_count", ""): 394,
                ("2015", "campylobacter_denominator", ""): 449328,
                ("2016", "campylobacter", "0-9"): 216.271884654995,
                ("2017", "campylobacter_lower", ""): 90.759095465747,
            },
        ),
        (
            "indicators-DistrictUApre419.data",
            8,
            {
                ("2015", "prevalence_depression", ""): 16.95238259,
                ("2015", "prevalence_stroke", "55-79"): 3.691495184,
                ("2015", "prevalence_hypertension_undiagnosed_lower", "16-and-over"): 9.990808438,
            },
        ),
        (
            "social-isolation-indicators-CountyUA.data",
            25,
            {
                ("2010/11", "social_contact_users", "18-and-over"): 38.8,
                ("2018/19", "social_contact_users_count", "18-and-over"): 2275,
                ("2016/17", "social_contact_carers", "female_18-and-over"): 26.9,
                ("2012/13", "social_contact_carers", ""): 46.2,
            },
        ),
    ],
)
def test_the_rows_of_bristol_in_the_health_profiles(real_data, file, rows, figures):
    path = real_data / f"health/fingertips_{file}.csv"
    found = observed(path, "fingertips")
    lines = {
        line
        for batch in batches(path, "fingertips")
        for line, area in zip(batch.line, batch.area, strict=True)
        if area == "E06000023"
    }
    assert len(lines) == rows
    for (period, measure, category), value in figures.items():
        assert found["lad_2019", "E06000023", period, measure, category] == value


def test_a_value_of_the_health_profiles_that_is_not_given_is_withheld_with_the_note(real_data):
    found = observed(real_data / "health/fingertips_indicators-CountyUA.data.csv", "fingertips")
    key = ("lad_2019", "E09000001", "2015", "campylobacter", "")
    assert found[key] == "counted_with_another_area"
    social = real_data / "health/fingertips_social-isolation-indicators-CountyUA.data.csv"
    words = Counter(
        word
        for batch in batches(social, "fingertips")
        for word, measure in zip(batch.withheld, batch.measure, strict=True)
        if word and measure in ("social_contact_users", "social_contact_carers")
    )
    assert sum(words.values()) == 71
    assert set(words) <= {"missing_in_source", "no_data", "not_aggregated", "data_quality_issue"}


def test_nations_regions_counties_and_districts_of_the_health_profiles_are_told_apart(real_data):
    vintages = Counter(
        vintage
        for batch in batches(
            real_data / "health/fingertips_indicators-DistrictUApre419.data.csv", "fingertips"
        )
        for vintage, measure in zip(batch.vintage, batch.measure, strict=True)
        if measure == "prevalence_copd"
    )
    assert vintages == {"country_2021": 11, "region_2011": 9, "lad_2019": 310, "lad_2018": 14}


def test_the_registers_of_the_bristol_group_are_those_of_the_workbook(real_data):
    (path,) = (real_data / "health/qof").glob("*.xlsx")
    found = observed(path, "qof")
    expected = {
        ("2018/19", "register", "af"): 21224,
        ("2018/19", "list_size", "af"): 1023807,
        ("2018/19", "prevalence", "af"): 2.07304697076695,
        ("2017/18", "register", "af"): 18793,
        ("2018/19", "practices", "af"): 82,
        ("2018/19", "exceptions", "af"): 1231,
        ("2018/19", "indicator_numerator", "af006"): 7185,
        ("2018/19", "indicator_intervention", "af007"): 85.2819055944056,
        ("2018/19", "register", "dm"): 50000,
        ("2018/19", "list_size", "cvd-pp"): 559959,
        ("2017/18", "register", "ld"): "not_applicable",
        ("2018/19", "register", "ld"): 4814,
    }
    for (period, measure, category), value in expected.items():
        assert found["ccg_2019", "E38000222", period, measure, category] == value


def test_modelled_lists_add_up_to_the_lists_of_the_practices(real_data):
    """What tells the year of the modelled prevalence, which its file does not say."""
    modelled = observed(
        real_data / "health/qof/hoc_output_lad_prevalence.csv", "modelled_prevalence"
    )
    practices = observed(real_data / "health/gp/gp-by-age_apr2020.csv", "gp_list_sizes")
    spread = sum(
        value
        for (*_, measure, condition), value in modelled.items()
        if (measure, condition) == ("list_size", "af")
    )
    listed = sum(value for (*_, measure, _), value in practices.items() if measure == "registered")
    assert spread == pytest.approx(listed, abs=1)


def test_a_surgery_has_a_name_a_postcode_and_a_point(real_data):
    (batch,) = batches(real_data / "health/gp/banes_gp_surgeries.geojson", "gp_surgeries")
    at = batch.name.tolist().index("Batheaston Medical Centre")
    assert batch.postcode[at] == "BA1 7NP"
    assert np.hypot(batch.x[at] - 378_020, batch.y[at] - 167_455) < 300
    assert batch.kept == {}


# --- education --------------------------------------------------------------------------------

SURREY = {
    (2016, "142999"): {
        ("pupils", ""): 94,
        ("pupils", "boys"): 58,
        ("pupils", "disadvantaged"): 11,
        ("rwm_expected", ""): 64,
        ("rwm_expected", "boys"): 62,
        ("rwm_higher", ""): 9,
        ("reading_progress", ""): -1.6,
        ("reading_progress_lower", ""): -2.9,
        ("reading_progress", "girls"): -1.8,
        ("reading_coverage", ""): 98,
        ("maths_score", ""): 106,
        ("science_expected", ""): 84,
    },
    (2017, "143627"): {
        ("pupils", ""): 112,
        ("rwm_expected", ""): 76,
        ("rwm_expected", "low-prior-attainment"): "suppressed_few_pupils",
        ("reading_progress", "girls"): 2.4,
        ("maths_score", ""): 106,
        ("maths_progress_band", ""): 4,
    },
    (2018, "125108"): {
        ("pupils_on_roll", ""): 429,
        ("pupils", ""): 60,
        ("rwm_expected", ""): 52,
        ("rwm_higher", ""): 3,
        ("reading_progress", ""): -2.2,
        ("reading_progress_lower", ""): -3.8,
        ("reading_coverage", ""): 97,
    },
}


@pytest.mark.parametrize(("year", "urn"), SURREY)
def test_results_of_three_surrey_schools_are_those_of_the_file(real_data, year, urn):
    found = observed(
        real_data / f"education/ks2_publisher_format/{year}-936-ks2.csv", "key_stage_2"
    )
    period = f"{year}/{year + 1 - 2000}"
    for (measure, category), value in SURREY[year, urn].items():
        assert found["school_2019", urn, period, measure, category] == value


def test_schools_their_authority_and_the_nation_are_told_apart(real_data):
    path = real_data / "education/ks2_publisher_format/2018-936-ks2.csv"
    found = observed(path, "key_stage_2")
    pupils = {key[:2] + key[4:]: value for key, value in found.items() if key[3] == "pupils"}
    assert pupils["lea_2019", "936", ""] == 12400
    assert pupils["country_2021", "E92000001", "all-schools"] == 649249
    assert pupils["country_2021", "E92000001", "boys_state-funded-schools"] == 329113
    assert not any(value == 12400 for key, value in pupils.items() if key[0] == "school_2019")
    assert {batch.partition for batch in batches(path, "key_stage_2")} == {"2018/19, authority 936"}
    links = [one for batch in batches(path, "key_stage_2") for one in batch.links if len(one)]
    assert {(one.from_vintage, one.to_vintage) for one in links} == {("school_2019", "lea_2019")}
    assert sum(len(one) for one in links) == 239
    places = [one for batch in batches(path, "key_stage_2") for one in batch.points]
    (found_at,) = (
        (one.name[at], one.postcode[at])
        for one in places
        for at in np.flatnonzero(one.code == "125108")
    )
    assert found_at == ("Claygate Primary School", "KT10 0NB")


def test_a_school_without_results_has_its_roll_and_nothing_else(real_data):
    path = real_data / "education/ks2_publisher_format/2016-936-ks2.csv"
    found = [key for key in observed(path, "key_stage_2") if key[1] == "125284"]
    assert {key[3] for key in found} == {"pupils_on_roll", "pupils_aged_11"}


def test_the_trimmed_layout_agrees_with_the_publishers_where_both_have_a_school(real_data):
    full = observed(real_data / "education/ks2_publisher_format/2018-936-ks2.csv", "key_stage_2")
    trimmed = observed(
        real_data / "education/england_trimmed/england_ks2final.csv.gz", "key_stage_2"
    )
    both = full.keys() & trimmed.keys()
    assert len(both) > 1300
    assert all(full[key] == trimmed[key] for key in both)


def test_each_sign_for_a_result_held_back_has_a_word_of_its_own(real_data):
    words = Counter(
        word
        for name in ("key_stage_4", "key_stage_5")
        for batch in batches(
            real_data / f"education/england_trimmed/england_ks{name[-1]}final.csv.gz", name
        )
        for word in batch.withheld
    )
    assert {*words} >= {
        "suppressed_few_pupils",
        "no_entries",
        "not_published",
        "low_coverage",
        "not_available",
    }
    assert words["not_published"] == 1308


# --- population and look-ups ------------------------------------------------------------------


def test_the_levels_of_the_census_add_up_within_their_perturbation(real_data):
    sums: Counter[str] = Counter()
    for batch in batches(real_data / "population/census2021-ts030.zip", "census_2021_religion"):
        if batch.partition == "2021, utla":
            continue
        total = batch.measure == "residents"
        for vintage in ("oa_2021", "lsoa_2021", "msoa_2021", "lad_2022", "region_2021"):
            sums[vintage] += int(batch.value[total & (batch.vintage == vintage)].sum())
    wales = sums["lsoa_2021"] - sums["region_2021"]
    assert sums["lsoa_2021"] == 59_597_267
    assert 3_100_000 < wales < 3_110_000
    assert all(
        abs(sums[level] - 59_597_267) < 1000 for level in ("oa_2021", "msoa_2021", "lad_2022")
    )


def test_single_years_of_age_add_up_to_the_residents(real_data):
    (path,) = (real_data / "population").glob("derived_population_mid2019*")
    sums: Counter[str] = Counter()
    for batch in batches(path, "population_single_year"):
        assert set(batch.period) == {"2019"}
        for measure in ("residents", "residents_by_age"):
            sums[measure] += int(batch.value[batch.measure == measure].sum())
    assert sums == {"residents": 59_439_840, "residents_by_age": 59_439_840}


def test_the_centre_of_an_lsoa_is_the_same_place_in_both_censuses(real_data):
    folder = real_data / "lookups"
    old = observed(
        folder / "LSOA_Dec_2011_population_weighted_centroids.csv.gz", "lsoa_2011_centroids"
    )
    new = observed(
        folder / "LLSOA_Dec_2021_PWC_population_weighted_centroids.csv.gz", "lsoa_2021_centroids"
    )
    apart = [
        abs(value - new["lsoa_2021", code, "2021", measure, ""])
        for (_, code, _, measure, _), value in old.items()
        if ("lsoa_2021", code, "2021", measure, "") in new
    ]
    assert len(apart) > 60_000
    assert float(np.median(apart)) < 50


def test_postcodes_agree_on_their_district_in_both_directories(real_data):
    folder = real_data / "lookups"
    points = {
        code: ward
        for batch in batches(folder / "codepoint_open_2025-05", "code_point_open")
        for code, ward in zip(batch.postcode, batch.codes["lad_2025"], strict=True)
    }
    assert len(points) == 54_949
    compared = agreeing = 0
    for batch in batches(
        folder / "PCD_OA_LSOA_MSOA_LAD_MAY22_avon-and-somerset_rows.csv.gz", "postcode_directory"
    ):
        assert batch.edition == "2022-05"
        for code, district in zip(batch.postcode, batch.codes["lad_2022"], strict=True):
            if district.startswith("E06") and points.get(code, ""):
                compared += 1
                agreeing += points[code] == district
    assert compared > 30_000
    assert agreeing / compared > 0.998


def test_the_middle_layer_has_the_librarys_names(real_data):
    (batch,) = batches(real_data / "lookups/MSOA-Names-2011_HoC.csv", "msoa_2011_names")
    at = batch.code.tolist().index("W02000423")
    assert batch.name[at] == "Cardiff 049"
    assert {key: column[at] for key, column in batch.kept.items()} == {
        "name_welsh": "Caerdydd 049",
        "known_as": "Butetown",
        "known_as_welsh": "Tre-biwt",
    }


def test_a_rural_urban_class_is_an_area_made_of_lsoas(real_data):
    path = real_data / "lookups/LSOA11_rural_urban_classification_2011.csv.gz"
    classes: Counter[tuple[str, str]] = Counter()
    for link in batches(path, "lsoa_2011_rural_urban"):
        classes.update(zip(link.to_code, link.to_name, strict=True))
    assert classes["E2", "Rural village and dispersed in a sparse setting"] == 328
    assert len(classes) == 8


def test_districts_lie_in_their_force_by_the_forces_code(real_data):
    path = real_data / "lookups/derived_LAD19_to_police_force.csv"
    (link,) = batches(path, "lad_2019_to_police_force")
    forces = dict(zip(link.from_code, link.to_code, strict=True))
    assert forces["E06000023"] == "E23000036"
    assert len(set(forces.values())) == 43
