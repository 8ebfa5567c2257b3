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


KINDS = (
    HEAD
    + """
kind = "observations"
measures = [{ id = "people", title = "People", unit = "people", parts = ["lower", "count"] }]
[vocabularies.what]
"P" = "people"
[[layouts]]
name = "one"
file = '(?P<year>20\\d\\d)-(?P<place>[a-z]+)\\.csv'
period = "{year}/{following}"
partition = "{place}"
kinds = [
    { column = "what", values = ["1"], vintage = "school_2019", code = "code", code_shape = "S.+" },
    { column = "what", values = ["2"], vintage = "country_2021", area = "E92000001" },
]
columns = [
    { header = "what", role = "kind" },
    { header = "code", role = "area_code" },
    { header = "of", role = "measure", vocabulary = "what" },
    { header = "n", role = "value" },
    { header = "low", role = "value", part = "lower" },
]
"""
)
NAMES = (
    HEAD
    + """
kind = "names"
[[layouts]]
name = "one"
columns = [
    { header = "code", role = "area_code", vintage = "msoa_2011" },
    { header = "name", role = "area_name", vintage = "msoa_2011" },
]
"""
)
POINTS = (
    HEAD
    + """
kind = "points"
sites = "school"
[[layouts]]
name = "one"
format = "geojson"
columns = [
    { header = "name", role = "place_text" },
    { header = "longitude", role = "longitude" },
    { header = "latitude", role = "latitude" },
]
"""
)
POSTCODES = (
    HEAD
    + """
kind = "postcodes"
[[layouts]]
name = "one"
header_row = 0
columns = [
    { header = "postcode", role = "postcode" },
    { header = "lad", role = "area_code", vintage = "lad_2025" },
    { header = "ward", role = "area_code", vintage = "ward_2025" },
]
"""
)


@pytest.mark.parametrize("toml", [INCIDENTS, OBSERVATIONS, LINKS, KINDS, NAMES, POINTS, POSTCODES])
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
        (OBSERVATIONS, 'unit = "people"', 'unit = "people", range = [2, 1]', "[least, most]"),
        (OBSERVATIONS, 'unit = "people"', 'unit = "people", within = "all"', "no measure 'all'"),
        (
            OBSERVATIONS,
            'unit = "people"',
            'unit = "people", range = [0, 1], outside = "quarantine"',
            "needs a because",
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
        (
            LINKS,
            'name = "one"',
            'name = "one"\nskip = [{ column = "a", because = "b" }]',
            "a shape",
        ),
        (
            OBSERVATIONS,
            '"people" },\n]',
            '"people", part = "lower" },\n]',
            "a part is of the measure",
        ),
        (OBSERVATIONS, 'lsoa_2011" }', 'lsoa_2011", blank = "x" }', "only a value has a part"),
        (OBSERVATIONS, 'role = "value"', 'role = "note"', "a note needs a vocabulary"),
        (OBSERVATIONS, 'name = "one"', 'name = "one"\nabove = [{ row = 1 }]', "comes before"),
        (KINDS, 'role = "kind"', 'role = "ignored"', "which columns hold codes"),
        (KINDS, 'code = "code", ', "", "has a column with codes, or is about one area"),
        (KINDS, 'values = ["2"], ', "", "told by values or by a shape"),
        (KINDS, 'column = "what", values = ["1"]', 'column = "x", values = ["1"]', "called 'x'"),
        (KINDS, '"{place}"', '"{town}"', "no column is called 'town'"),
        (KINDS, 'parts = ["lower", "count"]', 'parts = ["count"]', "no measure 'people_lower'"),
        (NAMES, 'role = "area_name"', 'role = "ignored"', "names need one column"),
        (POINTS, 'role = "latitude"', 'role = "ignored"', "come together"),
        (POINTS, 'role = "place_text"', 'role = "ignored"', "what is there"),
        (POSTCODES, 'role = "postcode"', 'role = "ignored"', "the role postcode"),
        (POSTCODES, '"ward_2025"', '"lad_2025"', "one column with codes for each vintage"),
        (POSTCODES, 'header = "ward"', 'pattern = "ward"', "without a header every column"),
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
    assert faults == [
        f"{tmp_path.name}/x.toml: layouts.0.links.0.exact (layout 'one'): it is missing"
    ]


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


def test_the_parts_of_a_measure_are_measures_of_their_own():
    source = parsed(KINDS)
    assert {one.id: one.unit for one in source.measures} == {
        "people": "people",
        "people_lower": "people",
        "people_count": "count",
    }
    assert SourceManifest.model_validate(source.model_dump()) == source


def test_a_manifest_tells_the_vintages_of_its_kinds_of_row():
    assert parsed(KINDS).vintages == {"school_2019", "country_2021"}
