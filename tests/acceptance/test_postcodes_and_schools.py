"""Real postcodes and schools: what joins, and how much of it, as others found before."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from lris.catalogue import Catalogue
from lris.figures import Reader
from lris.load import load
from lris.postcodes import lookup
from lris.session import Doors
from lris.terms import PUBLIC
from tests.town import TODAY

POSTCODES = 76_575
AVON_AND_SOMERSET = ("E06000022", "E06000023", "E06000024", "E06000025", "E06000066")
OF_2022 = {"E07000187", "E07000188", "E07000189", "E07000246"}


@pytest.fixture(scope="module")
def doors(databases: Callable[..., str], catalogue: Catalogue, real_data: Path):
    """Directories, names, surgeries and schools of Surrey and of England, loaded once."""
    opened = Doors(databases())
    lookups = real_data / "lookups"
    schools = real_data / "education"
    for source, paths in {
        "key_stage_2": [
            *sorted((schools / "ks2_publisher_format").glob("*-936-ks2.csv")),
            schools / "england_trimmed" / "england_ks2final.csv.gz",
        ],
        "postcode_directory": list(lookups.glob("PCD_OA_*rows.csv.gz")),
        "code_point_open": sorted((lookups / "codepoint_open_2025-05").glob("??.csv.gz")),
        "msoa_2011_names": [lookups / "MSOA-Names-2011_HoC.csv"],
        "gp_surgeries": [real_data / "health" / "gp" / "banes_gp_surgeries.geojson"],
    }.items():
        report = load(opened, catalogue, source, paths, actor="clerk", today=TODAY)
        assert report.faults == []
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def ask(doors: Doors) -> Callable[[str], list[tuple]]:
    """Looks at the tables."""

    def asked(sql: str) -> list[tuple]:
        with doors.inspecting() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(sql)]

    return asked


def test_every_row_of_the_directories_is_there(ask):
    assert ask(
        "SELECT source, sum(postcodes)::int FROM current_directory GROUP BY 1 ORDER BY 1"
    ) == [("code_point_open", 15_513 + 27_371 + 12_065), ("postcode_directory", POSTCODES)]
    assert ask(
        "SELECT count(*) FILTER (WHERE 0 = ANY (areas)) FROM current_postcode p"
        " JOIN current_directory d USING (delivery_id) WHERE d.source = 'postcode_directory'"
    ) == [(0,)]
    ((estimated,),) = ask("SELECT count(*) FROM current_postcode WHERE quality IN (50, 60)")
    assert 50 < estimated < 150


def test_the_codes_of_the_directory_are_those_of_its_file(ask, real_data: Path):
    (path,) = (real_data / "lookups").glob("PCD_OA_*rows.csv.gz")
    with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as lines:
        rows = {
            row["pcds"].replace(" ", ""): [
                row[name] for name in ("oa11cd", "lsoa11cd", "msoa11cd", "ladcd")
            ]
            for at, row in enumerate(csv.DictReader(lines))
            if at % 97 == 0
        }
    stored = dict(
        ask(
            "SELECT p.postcode, array_agg(a.code ORDER BY v.at) FROM postcode p"
            " JOIN current_directory d USING (delivery_id)"
            " CROSS JOIN LATERAL unnest(p.areas) WITH ORDINALITY AS v (id, at)"
            " JOIN area a ON a.id = v.id WHERE d.source = 'postcode_directory'"
            f" AND p.postcode IN ({', '.join(repr(one) for one in rows)}) GROUP BY 1"
        )
    )
    assert stored == rows


def test_schools_of_the_area_join_the_directory_by_their_postcode(ask):
    # As many as were counted by whoever joined the two files first.
    districts = ", ".join(repr(one) for one in (*AVON_AND_SOMERSET, *OF_2022))
    ((joined,),) = ask(
        "SELECT count(*) FROM current_site s WHERE kind = 'school' AND EXISTS ("
        " SELECT FROM area a WHERE a.id = ANY (s.areas) AND a.vintage = 'lad_2022'"
        f" AND a.code IN ({districts}))"
    )
    assert joined == 518
    ((bristol,),) = ask(
        "SELECT count(*) FROM current_site s JOIN area a ON a.id = ANY (s.areas)"
        " WHERE a.vintage = 'lad_2022' AND a.code = 'E06000023'"
    )
    assert bristol == 111


def test_surgeries_stand_where_their_postcodes_do(ask):
    ((surgeries, joined, near),) = ask(
        "SELECT count(*), count(p.postcode), count(*) FILTER (WHERE s.geom <-> p.geom < 500)"
        " FROM current_site s LEFT JOIN current_postcode p"
        " ON p.postcode = s.postcode AND p.geom IS NOT NULL WHERE s.kind = 'surgery'"
    )
    assert (surgeries, joined) == (31, 31)
    assert near >= 0.9 * joined


@pytest.mark.parametrize(
    ("urn", "name", "values", "easting", "northing"),
    [
        ("145543", "Wyke Primary School", (27, 78, 11, 106, 108), 491_947, 151_607),
        ("141592", "Ravenscote Junior School", (154, 80, 18, 106, 108), 489_459, 159_068),
        (
            "125180",
            "Long Ditton St Mary's CofE (Aided) Junior School",
            (56, 79, 21, 108, 108),
            516_755,
            166_283,
        ),
    ],
)
def test_schools_of_surrey_are_as_somebody_read_them_in_their_file(
    ask, urn: str, name: str, values: tuple, easting: int, northing: int
):
    """Read by eye in the file of 2018/19; the point is that of the postcode in Code-Point Open."""
    measures = ("pupils", "rwm_expected", "rwm_higher", "reading_score", "maths_score")
    read = dict(
        ask(
            "SELECT o.measure, o.value FROM observation o JOIN area a ON a.id = o.area_id"
            " JOIN delivery d ON d.id = o.delivery_id AND d.partition LIKE '%%authority 936'"
            f" WHERE a.vintage = 'school_2019' AND a.code = '{urn}' AND o.category = ''"
            " AND o.period = '2018/19'"
        )
    )
    assert tuple(read[measure] for measure in measures) == values
    (site,) = set(
        ask(
            "SELECT s.name, ST_X(s.geom), ST_Y(s.geom)"
            " FROM current_site s JOIN area a ON a.id = s.area_id"
            f" WHERE a.code = '{urn}' AND s.route <> 'none'"
        )
    )
    assert site[0] == name
    assert max(abs(site[1] - easting), abs(site[2] - northing)) < 150


def test_every_middle_layer_area_has_its_everyday_name(ask):
    assert ask("SELECT kind, count(*) FROM current_alias GROUP BY 1 ORDER BY 1") == [
        ("known_as", 7_201),
        ("known_as_welsh", 410),
        ("name_welsh", 310),
    ]


def test_a_real_postcode_is_found(doors: Doors, catalogue: Catalogue):
    (found,) = lookup(Reader(doors, catalogue), PUBLIC, ["bs3 4tw"])
    areas = {one["vintage"]: one for one in found["areas"]}
    assert areas["lsoa_2011"]["code"] == "E01014731"
    assert areas["msoa_2011"]["aliases"]["known_as"] == "Totterdown"
    assert (found["location"]["easting"], found["location"]["northing"]) == (359_616, 171_741)
