from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from pydantic import ValidationError

from lris.catalogue.manifest import read_manifest
from lris.catalogue.sources import Role, SourceManifest
from lris.settings import PROJECT

MANIFESTS = sorted((PROJECT / "geodata" / "sources").glob("*.toml"))

HEAD = """
id = "x"
title = "X"
topic = "crime"
publisher = "P"
licence = "OGL-3.0"
attribution = "A"
homepage = "https://example.org/"
refresh = "once"
"""
INCIDENTS = (
    HEAD
    + """
kind = "incidents"
[vocabularies.kinds]
"Noise" = "noise"
[[layouts]]
name = "one"
partition = "{month}"
columns = [
    { header = "when", role = "date" },
    { header = "what", role = "category", vocabulary = "kinds" },
    { header = "x", role = "easting" },
    { header = "y", role = "northing" },
]
"""
)
OBSERVATIONS = (
    HEAD
    + """
kind = "observations"
measures = [{ id = "people", title = "People", unit = "people" }]
[[layouts]]
name = "one"
columns = [
    { header = "code", role = "area_code", vintage = "lsoa_2011" },
    { header = "n", role = "value", measure = "people" },
]
"""
)
LINKS = (
    HEAD
    + """
kind = "links"
[[layouts]]
name = "one"
links = [{ from_vintage = "lsoa_2011", to_vintage = "msoa_2011", exact = true }]
columns = [
    { header = "a", role = "area_code", vintage = "lsoa_2011" },
    { header = "b", role = "area_code", vintage = "msoa_2011" },
]
"""
)


def parsed(toml: str) -> SourceManifest:
    return SourceManifest.model_validate(tomllib.loads(toml))


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
def test_every_source_manifest_is_sound_and_named_after_its_source(path):
    faults: list[str] = []
    source = read_manifest(path, SourceManifest, faults)
    assert faults == []
    assert source is not None
    assert source.id == path.stem


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
def test_a_remote_file_names_its_publisher_before_any_mirror(path):
    source = SourceManifest.model_validate(tomllib.loads(path.read_text("utf-8")))
    for file in source.files:
        assert file.addresses[0].kind == "page"


@pytest.mark.parametrize("toml", [INCIDENTS, OBSERVATIONS, LINKS])
def test_the_smallest_manifest_of_each_kind_is_accepted(toml):
    assert parsed(toml).layouts[0].name == "one"


@pytest.mark.parametrize(
    ("toml", "old", "new", "says"),
    [
        (INCIDENTS, '"date" }', '"ignored" }', "one column with the role month or date"),
        (INCIDENTS, 'role = "northing"', 'role = "ignored"', "come together"),
        (INCIDENTS, 'vocabulary = "kinds"', 'vocabulary = "kind"', "no vocabulary 'kind'"),
        (INCIDENTS, 'partition = "{month}"', "", "need a partition"),
        (INCIDENTS, '"{month}"', '"{force}"', "no column is called 'force'"),
        (INCIDENTS, 'role = "easting"', 'role = "value"', "incidents have no role 'value'"),
        (INCIDENTS, 'header = "y"', 'header = "x"', "declared more than once: 'x'"),
        (INCIDENTS, 'name = "one"', 'name = "one"\nsheet = "S"', "no other, names its sheet"),
        (INCIDENTS, 'header = "x"', 'header = ""', "blank header needs its position"),
        (
            INCIDENTS,
            'role = "easting"',
            'role = "easting", on_fault = "quarantine"',
            "needs a because",
        ),
        (OBSERVATIONS, ', vintage = "lsoa_2011"', "", "needs its vintage"),
        (OBSERVATIONS, 'measure = "people"', 'measure = "folk"', "no measure 'folk'"),
        (OBSERVATIONS, ', measure = "people"', "", "a value needs a measure"),
        (OBSERVATIONS, 'kind = "obs', 'period = "2018-13"\nkind = "obs', "is not a period"),
        (
            OBSERVATIONS,
            'header = "n"',
            "pattern = '[0-9'",
            "is not a regular expression",
        ),
        (
            OBSERVATIONS,
            'header = "n"',
            "pattern = '[0-9]+', category = 'age-{age}'",
            "no group called 'age'",
        ),
        (OBSERVATIONS, 'name = "one"', 'name = "one"\nperiod = "{year}"', "no group called"),
        (OBSERVATIONS, 'refresh = "once"', 'refresh = "often"', "monthly"),
        (OBSERVATIONS, 'title = "X"', 'title = "X"\ncolour = "red"', "Extra inputs"),
        (
            OBSERVATIONS,
            'role = "value"',
            'role = "value", identifying = "drop", because = "b"',
            "dropped has the role ignored",
        ),
        (LINKS, 'to_vintage = "msoa_2011"', 'to_vintage = "ward_2019"', "codes of 'ward_2019'"),
        (LINKS, "exact = true", "exact = true, with_change = true", "role change"),
    ],
)
def test_a_manifest_that_contradicts_itself_is_told_so_in_a_sentence(toml, old, new, says):
    assert old in toml
    with pytest.raises(ValidationError, match=says):
        parsed(toml.replace(old, new, 1))


def test_a_fault_is_told_with_the_name_of_the_file(tmp_path: Path):
    path = tmp_path / "x.toml"
    path.write_text(LINKS.replace(", exact = true", ""), encoding="utf-8")
    faults: list[str] = []
    assert read_manifest(path, SourceManifest, faults) is None
    assert faults
    assert faults[0].startswith("x.toml: layouts.0.links.0.exact")


def test_a_manifest_tells_its_vintages_and_categories():
    source = parsed(INCIDENTS)
    assert source.categories == {"noise"}
    assert source.code_vintage is None
    assert parsed(LINKS).vintages == {"lsoa_2011", "msoa_2011"}
    assert parsed(OBSERVATIONS).layouts[0].having(Role.VALUE)[0].measure == "people"


def test_the_police_source_takes_only_street_files():
    text = (PROJECT / "geodata/sources/police_street_crime.toml").read_text("utf-8")
    source = SourceManifest.model_validate(tomllib.loads(text))
    assert source.takes("2018-10/2018-10-avon-and-somerset-street.csv")
    assert not source.takes("2018-10/2018-10-avon-and-somerset-outcomes.csv")
    assert source.code_vintage == "lsoa_2011"
    assert len(source.categories) == 14
