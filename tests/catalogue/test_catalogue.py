"""The manifests together: every reference leads somewhere, and all faults are told at once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lris.catalogue import Catalogue
from lris.catalogue.indicators import read_indicators
from lris.errors import ManifestFault, UnknownName
from lris.settings import PROJECT


@pytest.fixture
def geodata(tmp_path: Path) -> Path:
    """The project's own manifests, to be spoiled."""
    folder = tmp_path / "geodata"
    shutil.copytree(PROJECT / "geodata", folder, ignore=shutil.ignore_patterns("raw", "*.md"))
    return folder


def spoil(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text("utf-8")
    assert old in text, f"{name} no longer says {old!r}"
    path.write_text(text.replace(old, new, 1), "utf-8")


def faults(folder: Path) -> list[str]:
    with pytest.raises(ManifestFault) as caught:
        Catalogue.read(folder)
    return caught.value.faults


def test_the_manifests_of_the_project_agree(catalogue: Catalogue):
    assert {"lsoa_2011", "lsoa_2021", "msoa_2011", "ward_2025"} <= set(catalogue.vintages)
    assert {
        "crime_count",
        "crime_rate_residents",
        "population",
        "imd_2019_rank",
        "imd_2019_decile",
        "imd_2019_score",
    } <= set(catalogue.indicators)
    assert "neighbourhood" in catalogue.profiles
    assert "west-yorkshire" in catalogue.places


def test_each_manifest_is_called_what_its_file_is_called(catalogue: Catalogue):
    for kind, found in (
        ("sources", catalogue.sources),
        ("boundaries", catalogue.vintages),
        ("layers", catalogue.layers),
        ("profiles", catalogue.profiles),
        ("places", catalogue.places),
    ):
        files = {path.stem for path in (PROJECT / "geodata" / kind).glob("*.toml")}
        assert files == set(found)


def test_each_file_of_indicators_holds_one_of_its_name_or_a_family(catalogue: Catalogue):
    folder = PROJECT / "geodata" / "indicators"
    by_file: dict[str, list[str]] = {}
    for one in catalogue.indicators.values():
        by_file.setdefault(one.file, []).append(one.id)
    assert set(by_file) == {path.name for path in folder.glob("*.toml")}
    for file, members in by_file.items():
        assert len(members) > 1 or members == [file.removesuffix(".toml")]


def test_every_crime_category_counts_what_the_source_knows_and_leaves_none_out(
    catalogue: Catalogue,
):
    known = catalogue.source("police_street_crime").categories
    for name in ("crime_count", "crime_rate_residents"):
        categories = {one.id: set(one.includes) for one in catalogue.indicator(name).categories}
        assert categories["all-crime"] == known
        assert categories["all-crime-excluding-asb"] == known - {"anti-social-behaviour"}
        assert {one for one in categories if not one.startswith("all-crime")} == known


def test_every_indicator_has_a_colour_and_every_layer_two(catalogue: Catalogue):
    for indicator in catalogue.indicators:
        layer = catalogue.layer_of(indicator)
        if layer is not None:
            assert len(layer.colours) >= 2
    drawn = {layer.indicator for layer in catalogue.layers.values()}
    assert {"crime_count", "crime_rate_residents", "population", "imd_2019_decile"} <= drawn


def test_the_force_of_a_district_is_known_by_the_name_it_reports_under(catalogue: Catalogue):
    assert catalogue.forces["E06000023"].reported_by == "Avon and Somerset Constabulary"
    assert catalogue.forces["E06000030"].reported_by == "Wiltshire Police"


@pytest.mark.parametrize("kind", ["source", "vintage", "indicator", "layer", "place"])
def test_an_unknown_name_is_told_with_the_names_there_are(catalogue: Catalogue, kind: str):
    there = sorted(getattr(catalogue, f"{kind}s"))[0]
    with pytest.raises(UnknownName, match=rf"no {kind} 'nonsense'.*{there}"):
        getattr(catalogue, kind)("nonsense")


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        (
            "indicators/population.toml",
            'source = "population_sape"',
            'source = "hearsay"',
            "there is no source 'hearsay'",
        ),
        (
            "indicators/population.toml",
            'measure = "residents"',
            'measure = "souls"',
            "has no measure 'souls'",
        ),
        (
            "layers/crime_rate.toml",
            'indicator = "crime_rate_residents"',
            'indicator = "mood"',
            "there is no indicator 'mood'",
        ),
        (
            "profiles/neighbourhood.toml",
            '{ indicator = "asb_share" }',
            '{ indicator = "mood" }',
            "there is no indicator 'mood'",
        ),
        (
            "boundaries/msoa_2011.toml",
            'built_from = "lsoa_2011"',
            'built_from = "lsoa_1911"',
            "there is no vintage 'lsoa_1911'",
        ),
        (
            "places/west-yorkshire.toml",
            'files = ["lsoa-region"]',
            'files = ["lsoa-legion"]',
            "has no file 'lsoa-legion'",
        ),
        ("indicators/population.toml", 'method = "level"', 'method = "guess"', "method"),
        ("indicators/population.toml", "decimals = 0", "decimal = 0", "decimal"),
        ("indicators/population.toml", 'id = "population"', 'id = "people"', "but the file is"),
        ("layers/crime_rate.toml", 'id = "crime_rate"', "id = ", "not valid TOML"),
        (
            "indicators/crime.toml",
            'method = "rate"',
            'method = "count"',
            "a rate names its denominators",
        ),
        (
            "indicators/imd_2019_score.toml",
            "additive = false",
            "additive = true",
            "never added up or averaged",
        ),
        (
            "indicators/imd_2019_rank.toml",
            "additive = false",
            "additive = true",
            "ranks and deciles are levels as published",
        ),
        (
            "indicators/crime_harm.toml",
            'weights = "crime_harm"',
            'weights = "hearsay"',
            "there is no file weights/hearsay.csv",
        ),
        (
            "indicators/crime_indices.toml",
            '"population_share_by_age"',
            '"mood"',
            "there is no indicator 'mood'",
        ),
        (
            "indicators/crime_indices.toml",
            'category = "15-24"',
            'category = "young"',
            "has no category 'young'",
        ),
        (
            "indicators/crime_per_day.toml",
            "additive = false",
            "additive = true",
            "told of several areas or days together",
        ),
        (
            "indicators/crime_change.toml",
            'beside = "year_before"',
            'beside = "days"',
            "a change is beside",
        ),
        (
            "indicators/population_by_age.toml",
            'variant_of = "population_by_age"',
            'variant_of = "mood"',
            "there is no indicator 'mood'",
        ),
        (
            "boundaries/lsoa_2021.toml",
            'measure = "residents"',
            'measure = "souls"',
            "there is no measure 'souls'",
        ),
        (
            "weights/crime_harm.csv",
            "drugs,,",
            "drugs,many,",
            "'many' is no number from 0 upwards",
        ),
        (
            "weights/crime_harm.csv",
            "drugs,,",
            "drugs,3,",
            "a weight has a unit, a source and an edition",
        ),
        ("weights/crime_harm.csv", "drugs,,", "burglary,,", "stands there twice"),
        ("weights/crime_harm.csv", "category,weight", "kind,weight", "the columns are"),
    ],
)
def test_a_reference_that_leads_nowhere_is_a_fault_that_names_its_file(
    geodata: Path, name: str, old: str, new: str, says: str
):
    spoil(geodata, name, old, new)
    told = faults(geodata)
    assert any(says in fault and name.rpartition("/")[2] in fault for fault in told), told


def test_a_weight_that_nobody_published_is_blank_and_says_why(catalogue: Catalogue):
    harm = catalogue.indicator("crime_harm")
    wanted = tuple(part.category for part in harm.parts)
    weights = catalogue.weights[harm.weights or ""]
    assert {one.category for one in weights.rows} == set(wanted)
    assert weights.missing(wanted) == tuple(one for one in wanted if one not in weights.known)
    assert all(one.because for one in weights.rows if one.weight is None)


def test_all_faults_are_told_together(geodata: Path):
    spoil(geodata, "indicators/population.toml", "decimals = 0", "decimal = 0")
    spoil(geodata, "layers/crime_rate.toml", 'id = "crime_rate"', "id = ")
    told = " ".join(faults(geodata))
    assert "population.toml" in told
    assert "crime_rate.toml" in told


def test_a_district_that_stands_twice_in_the_forces_look_up_is_a_fault(geodata: Path):
    path = geodata / "lookups" / "lad_police_force.csv"
    lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([*lines, lines[1]]) + "\n", "utf-8")
    assert any("stands there twice" in fault for fault in faults(geodata))


def test_the_digest_changes_with_every_decision_and_only_with_decisions(geodata: Path):
    before = Catalogue.read(geodata).digest
    (geodata / "raw").mkdir()
    (geodata / "raw" / "x.csv").write_text("a\n")
    (geodata / "notes.md").write_text("not a decision\n")
    assert Catalogue.read(geodata).digest == before
    spoil(geodata, "layers/crime_rate.toml", "#fef0d9", "#fef0da")
    assert Catalogue.read(geodata).digest != before


def test_a_manifest_cannot_be_changed_once_it_is_read(catalogue: Catalogue):
    with pytest.raises(ValueError, match="frozen"):
        catalogue.indicator("population").decimals = 3  # type: ignore[misc]


# ---------------------------------------------------------------- families of indicators


def family(geodata: Path, text: str) -> Path:
    """A family of indicators beside the others."""
    path = geodata / "indicators" / "kin.toml"
    path.write_text(text, "utf-8")
    return path


SHARED = """
topic = "crime"
unit = "incidents"
method = "count"
decimals = 0
disclosure = "open"
disclosure_because = "Open."
method_source = "A count."
caveats = ["Of all."]
numerator = { source = "police_street_crime" }
example = { numerator = 65, value = 65 }
"""


def test_what_stands_above_a_family_holds_for_each_and_what_is_its_own_is_added(geodata: Path):
    family(
        geodata,
        SHARED
        + """
[[indicators]]
id = "one"
name = "One"
description = "One."

[[indicators]]
id = "two"
name = "Two"
description = "Two."
decimals = 1
caveats = ["Of two."]
example = { lower = 50.2 }
""",
    )
    told: list[str] = []
    found = read_indicators(geodata / "indicators", told)
    assert told == []
    assert (found["one"].unit, found["two"].unit) == ("incidents", "incidents")
    assert (found["one"].decimals, found["two"].decimals) == (0, 1)
    assert found["two"].caveats == ("Of all.", "Of two.")
    assert (found["two"].example.value, found["two"].example.lower) == (65, 50.2)
    assert found["two"].file == "kin.toml"


@pytest.mark.parametrize(
    ("member", "says"),
    [
        ('id = "one"', "kin.toml: one: name: it is missing"),
        ('name = "One"', "kin.toml: indicator 1: id: it is missing"),
        ('id = "one"\nname = "One"\ndescription = "O."\nunits = "x"', "kin.toml: one: units"),
        (
            'id = "population"\nname = "One"\ndescription = "O."',
            "'population' stands in kin.toml already",
        ),
        (
            'id = "one"\nname = "One"\ndescription = "O."\nnumerator = { measure = "souls" }',
            "indicators/kin.toml: one: source police_street_crime has no measure 'souls'",
        ),
    ],
)
def test_a_fault_of_one_of_a_family_names_it_and_its_file(geodata: Path, member: str, says: str):
    family(geodata, f"{SHARED}\n[[indicators]]\n{member}\n")
    told = faults(geodata)
    assert any(says in fault for fault in told), told


@pytest.mark.parametrize("text", ["indicators = []", "indicators = 3", 'indicators = ["one"]'])
def test_a_family_without_members_is_a_fault(geodata: Path, text: str):
    family(geodata, f"{text}\n{SHARED}")
    assert any("write [[indicators]] above each" in fault for fault in faults(geodata))


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("imd_2019_rank.toml", "additive = false", "additive = true", "with additive = false"),
        ("imd_2019_rank.toml", 'period = "2019"', "", "area and period go together"),
        ("modelled_prevalence.toml", 'id = "dep"', 'id = "hyp"', "two categories have the same id"),
        ("key_stage_2.toml", 'interval = "published"', 'interval = "guessed"', "interval"),
        (
            "key_stage_2.toml",
            'numerator = { measure = "rwm_expected" }',
            'numerator = { measure = "rwm_expected" }\ninterval = "published"',
            "has no measure 'rwm_expected_lower'",
        ),
    ],
)
def test_what_cannot_be_is_a_fault(geodata: Path, file: str, old: str, new: str, says: str):
    spoil(geodata, f"indicators/{file}", old, new)
    told = faults(geodata)
    assert any(says in fault and file in fault for fault in told), told


def test_a_category_is_its_own_unless_it_says_what_it_includes(catalogue: Catalogue):
    categories = {one.id: one for one in catalogue.indicators["crime_count"].categories}
    assert categories["burglary"].includes == ("burglary",)
    assert len(categories["all-crime"].includes) == 14
