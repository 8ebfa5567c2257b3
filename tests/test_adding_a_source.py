"""A partner's file that no manifest knows becomes figures with two files, as README says how."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from lris.catalogue import Catalogue
from lris.errors import ManifestFault
from lris.figures import Reader
from lris.quality import cards
from lris.quarantine import export, replay, show
from lris.session import Doors
from lris.settings import PROJECT
from lris.terms import Access, Viewer
from tests import town as t
from tests.town import SOUTH, TODAY, WEST, Town

CLERK = Viewer("clerk", Access.GOVERNANCE)

MANIFEST = """
id = "street_light_faults"
title = "Street lights reported out"
kind = "incidents"
topic = "crime"
publisher = "Townham Council"
licence = "OGL-3.0"
attribution = "Contains data of Townham Council under the Open Government Licence v3.0."
homepage = "https://example.org/street-lights"
refresh = "monthly"
precision = "The lamp post."
caveats = ["What is reported depends on who walks there."]

[[layouts]]
name = "faults"
partition = "{month}"
columns = [
    { header = "Council reference", role = "reference" },
    { header = "Date reported", role = "date", format = "%d/%m/%Y", on_fault = "quarantine",\
 because = "Dates are typed by hand." },
    { header = "Easting", role = "easting" },
    { header = "Northing", role = "northing" },
    { header = "Fault type", role = "category", vocabulary = "fault", may_be_blank = false },
    { header = "Lamp size", role = "ignored" },
    { header = "Ward", role = "ignored" },
]

[vocabularies.fault]
"Out" = "out"
"Flickering" = "flickering"
"On by day" = "on-by-day"

[quality]
most_set_aside = 0.3
lag_days = 20
because = "A clerk types the dates; the file comes within three weeks."
"""

INDICATOR = """
id = "street_light_faults"
name = "Street lights out"
topic = "crime"
unit = "faults"
description = "Street lights reported out in the period."
method = "count"
polarity = "high_is_bad"
decimals = 0
disclosure = "open"
disclosure_because = "Lamps, not people."
method_source = "Count; exact Poisson limits."
categories = [{ id = "all", name = "All", includes = ["out", "flickering", "on-by-day"] }]

[numerator]
source = "street_light_faults"

[example]
numerator = 20
value = 20
lower = 12.21142883
upper = 30.88880374
"""

HEADER = [
    *("Council reference", "Date reported", "Easting", "Northing"),
    *("Fault type", "Lamp size", "Ward"),
]
ROWS = [
    ["SL/1", "01/10/2018", WEST + 500, SOUTH + 500, "Out", "5 m", "Northham"],
    ["SL/2", "02/10/2018", WEST + 500, SOUTH + 510, "Flickering", "5 m", "Northham"],
    ["SL/3", "2018-10-03", WEST + 1500, SOUTH + 500, "Out", "8 m", "Northham"],
    ["SL/4", "09/10/2018", "", "", "On by day", "8 m", "Southham"],
]


@pytest.fixture
def geodata(tmp_path: Path) -> Path:
    """The decisions, and the two files that a newcomer adds."""
    folder = shutil.copytree(PROJECT / "geodata", tmp_path / "geodata")
    (folder / "sources" / "street_light_faults.toml").write_text(MANIFEST)
    (folder / "indicators" / "street_light_faults.toml").write_text(INDICATOR)
    return folder


def test_two_files_take_a_partners_file_from_its_first_check_to_the_page(
    doors: Doors, geodata: Path, tmp_path: Path
):
    town = Town(doors, t.small(Catalogue.read(geodata)), tmp_path)
    town.draw("lsoa_2011")
    path = tmp_path / "street-lights-2018-10.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([HEADER, *ROWS])

    looked = town.load("street_light_faults", path, keep=False)
    assert looked.total["quarantined"] == 1
    assert town.ask("SELECT count(*) FROM delivery") == [(0,)]

    (report,) = town.load("street_light_faults", path).deliveries
    assert (report.rows_read, report.loaded, report.quarantined) == (4, 3, 1)
    number = report.delivery_id
    assert number is not None
    (aside,) = show(doors, CLERK, number)
    assert (aside.line, aside.column, aside.code) == (4, "Date reported", "not_a_date")

    mended = tmp_path / "mended.csv"
    text = export(doors, CLERK, number, because="dates typed by hand")
    mended.write_text(text.replace(",2018-10-03,", ",03/10/2018,"), newline="")
    again = replay(
        *(doors, town.catalogue, CLERK, number),
        because="asked the council",
        today=TODAY,
        corrected=mended,
    )
    assert (again.replayed, again.failed) == (1, 0)

    town.seal("street lights of October 2018")
    values = town.values("street_light_faults", "lsoa_2011", "2018-10", "all")
    assert (values[t.code(1)], values[t.code(2)], len(values)) == (2, 1, len(t.SQUARES))
    (card,) = cards(doors, town.catalogue, "street_light_faults", today=TODAY)
    (one,) = card["deliveries"]
    assert (one["loaded"], one["quarantined"]) == (4, 0)

    with TestClient(create_app(Reader(doors, town.catalogue), tmp_path)) as client:
        served = client.get(
            "/indicators/street_light_faults/figures?vintage=lsoa_2011&period=2018-10&format=csv"
        )
        assert served.status_code == 200
        assert t.code(2) in served.text
        told = client.get("/sources/street_light_faults").json()
        assert told["publisher"] == "Townham Council"
        assert [one["loaded"] for one in told["deliveries"]] == [4]


MISTAKES = [
    ('id = "street_light_faults"', 'id = "Street lights"', "id: found 'Street lights'", "letters"),
    ('kind = "incidents"', 'kind = "incident"', "kind: found 'incident'", "'incidents'"),
    ('topic = "crime"', 'topic = "lights"', "topic: found 'lights'", "'crime'"),
    ("licence =", "license =", "license: there is no such key", "licence"),
    ('publisher = "Townham Council"', "", "publisher: it is missing", "missing"),
    ('refresh = "monthly"', 'refresh = "weekly"', "refresh: found 'weekly'", "'monthly'"),
    ('role = "date"', 'role = "day"', "column 'Date reported'): found 'day'", "'date'"),
    ('role = "easting"', 'role = "value"', "incidents have no role 'value'", "easting"),
    ('vocabulary = "fault"', 'vocabulary = "fail"', "no vocabulary 'fail'", "fault"),
    ('"Out" = "out"', '"Out" = "Lamp out"', "vocabularies.fault.Out: found 'Lamp out'", "hyphens"),
    ("may_be_blank = false", 'may_be_blank = "never"', "found 'never'", "true or false"),
    ('partition = "{month}"', "", "incidents need a partition", "new file replaces"),
    ('"{month}"', '"{Area}"', "no column is called 'Area'", "Ward"),
    (', because = "Dates are typed by hand."', "", "'Date reported'", "needs a because"),
    (
        '"{month}"\n',
        '"{month}"\nheadr_row = 2\n',
        "headr_row (layout 'faults'): there is no such key",
        "header_row",
    ),
    ("lag_days = 20", 'lag_days = "x"', "quality.lag_days: found 'x'", "a whole number"),
    ('because = "A clerk', 'becuase = "A clerk', "becuase: there is no such key", "because"),
    ('title = "Street', "title = Street", "not valid TOML", "line 3"),
    ('caveats = ["What', 'caveats = "What', "", "TOML"),
]


@pytest.mark.parametrize(("old", "new", "says", "allows"), MISTAKES)
def test_a_mistake_in_a_manifest_is_told_with_file_key_what_was_found_and_what_may_be_there(
    geodata: Path, old: str, new: str, says: str, allows: str
):
    assert old in MANIFEST
    path = geodata / "sources" / "street_light_faults.toml"
    path.write_text(MANIFEST.replace(old, new, 1))
    with pytest.raises(ManifestFault) as told:
        Catalogue.read(geodata)
    ours = [one for one in told.value.faults if one.startswith("sources/street_light_faults.toml")]
    assert [one for one in ours if says in one and allows in one], told.value.faults


def test_a_manifest_that_is_not_in_utf_8_is_told_so(geodata: Path):
    path = geodata / "sources" / "street_light_faults.toml"
    path.write_bytes(MANIFEST.replace("Townham", "Château").encode("cp1252"))
    with pytest.raises(ManifestFault, match=r"street_light_faults\.toml: it is not text in UTF-8"):
        Catalogue.read(geodata)


def test_every_threshold_is_in_readme_with_its_usual_value():
    from lris.catalogue.sources import Quality

    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    rows = [line for line in readme.splitlines() if line.startswith("| `")]
    for name, value in Quality().model_dump().items():
        if name != "because":
            (row,) = [line for line in rows if f"`{name}`" in line]
            if not isinstance(value, dict):
                assert re.search(rf"(^|\D){re.escape(str(value))}(\D|$)", row), (name, row)
