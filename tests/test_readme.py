"""README says what there is. What it leaves out, or gets wrong, fails here."""

import json
import re
import shutil
from datetime import date
from enum import StrEnum
from pathlib import Path

import pytest
import shapely
import typer
from fastapi.routing import APIRoute

from api.routes import areas, health, indicators, layers, profiles, releases, sources, web
from lris import errors
from lris.boundaries import load_boundaries, publish_boundaries
from lris.catalogue import Catalogue
from lris.cli import app
from lris.derive import derive
from lris.figures import Reader, figures
from lris.load import load
from lris.publish import publish
from lris.session import Doors
from lris.settings import PROJECT
from lris.terms import PUBLIC, Access, Grade, Level, Reason, Route, Status, Topic

README = (PROJECT / "README.md").read_text(encoding="utf-8")
ROUTERS = (areas, health, indicators, layers, profiles, releases, sources, web)


def verbs() -> list[str]:
    """Every command as it is typed, those of a group after its name."""
    command = typer.main.get_command(app)
    found = []
    for name, verb in sorted(getattr(command, "commands", {}).items()):
        below = getattr(verb, "commands", None)
        found += [f"{name} {one}" for one in sorted(below)] if below else [name]
    return found


def error_classes() -> list[type[errors.LrisError]]:
    found = [one for one in vars(errors).values() if isinstance(one, type)]
    return [one for one in found if issubclass(one, errors.LrisError)]


def settings() -> list[str]:
    """Every variable of ours that is named anywhere but in README."""
    folders = ("lris", "api", "tests", "migrations", ".ci")
    files = [PROJECT / "Makefile", *(f for name in folders for f in (PROJECT / name).rglob("*"))]
    texts = [
        file.read_text(encoding="utf-8")
        for file in files
        if file.suffix in ("", ".py", ".sql") and file.is_file() and "node_modules" not in str(file)
    ]
    return sorted({name for text in texts for name in re.findall(r"\bLRIS_[A-Z_]*[A-Z]\b", text)})


def addresses() -> list[str]:
    routes = [route for one in ROUTERS for route in one.router.routes]
    return sorted({route.path for route in routes if isinstance(route, APIRoute)})


def rooms() -> list[str]:
    return sorted(one.parent.name for one in (PROJECT / "lris").glob("*/__init__.py"))


def kinds_of_manifest() -> list[str]:
    return sorted({one.parent.name for one in (PROJECT / "geodata").glob("*/*.toml")})


def test_what_is_looked_for_is_found_at_all() -> None:
    assert "load" in verbs()
    assert "boundaries publish" in verbs()
    assert {"LRIS_HOME", "LRIS_PORT", "LRIS_ACTOR"} <= set(settings())
    assert "/profiles/{vintage}/{code}" in addresses()
    assert {"store", "rules"} <= set(rooms())
    assert "indicators" in kinds_of_manifest()


@pytest.mark.parametrize("verb", verbs())
def test_every_verb_has_a_line_and_an_example(verb: str) -> None:
    assert re.search(rf"^\| `{verb}` \| `lris {verb}\b", README, re.MULTILINE)


@pytest.mark.parametrize("variable", [*settings(), "PLACE"])
def test_every_setting_has_a_line(variable: str) -> None:
    assert re.search(rf"^\| `{variable}` \|", README, re.MULTILINE)


def test_every_setting_that_has_a_line_is_read_somewhere() -> None:
    told = re.findall(r"^\| `(LRIS_[A-Z_]+)` \|", README, re.MULTILINE)
    assert sorted(told) == settings()


@pytest.mark.parametrize("error", error_classes(), ids=lambda error: error.__name__)
def test_every_error_stands_beside_its_exit_code(error: type[errors.LrisError]) -> None:
    assert re.search(rf"^\| {error.exit_code} \| .*`{error.__name__}`", README, re.MULTILINE)


@pytest.mark.parametrize("words", [Level, Status, Reason, Route, Grade, Topic, Access])
def test_every_word_of_the_terms_is_explained(words: type[StrEnum]) -> None:
    vocabulary = README.partition("## Words we use")[2].partition("\n## ")[0]
    assert [word.value for word in words if f"`{word.value}`" not in vocabulary] == []


@pytest.mark.parametrize("address", addresses())
def test_every_address_is_listed(address: str) -> None:
    listed = address if address != "/assets/{name:path}" else "/assets/licences.txt"
    assert f"`{listed}`" in README


@pytest.mark.parametrize("room", rooms())
def test_every_room_of_the_library_is_on_the_plan(room: str) -> None:
    assert f"`lris/{room}/`" in README


@pytest.mark.parametrize("kind", kinds_of_manifest())
def test_every_kind_of_manifest_can_be_added(kind: str) -> None:
    assert f"`geodata/{kind}/" in README


def test_every_file_and_source_that_is_named_exists(catalogue: Catalogue) -> None:
    named = re.findall(r"`((?:geodata|lris|api)/[\w/-]+\.\w+)`", README)
    invented = {"x", "ID", "fly_tipping"}
    missing = [
        path for path in named if Path(path).stem not in invented and not (PROJECT / path).exists()
    ]
    assert missing == []
    for source in re.findall(r"^lris (?:check|load) (\w+)", README, re.MULTILINE):
        assert source == "fly_tipping" or source in catalogue.sources
    for vintage in re.findall(r"lris boundaries (?:load|publish|draw) (\w+)", README):
        assert vintage in catalogue.vintages


def test_the_picture_is_there_and_light() -> None:
    (picture,) = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert (PROJECT / picture).stat().st_size < 300_000


# ---------------------------------------------------------------- the worked example


def block(after: str, language: str) -> str:
    """The first code block of a language after a phrase."""
    found = re.search(rf"{re.escape(after)}.*?```{language}\n(.*?)```", README, re.DOTALL)
    assert found, f"README has no {language} block after {after!r}"
    return found[1]


@pytest.fixture
def geodata(tmp_path: Path) -> Path:
    """The manifests with the two that README adds."""
    folder = shutil.copytree(PROJECT / "geodata", tmp_path / "geodata")
    for name in ("sources/fly_tipping.toml", "indicators/fly_tipping.toml"):
        (folder / name).write_text(block(f"`geodata/{name}`:", "toml"), encoding="utf-8")
    return folder


@pytest.fixture
def delivery(tmp_path: Path) -> Path:
    path = tmp_path / "fly-tipping-2018-10.csv"
    path.write_text(block("`fly-tipping-2018-10.csv`:", "csv"), encoding="utf-8")
    return path


@pytest.fixture
def squares(tmp_path: Path) -> Path:
    """Two square kilometres side by side: the first three rows lie in them, two and one."""
    features = [
        {
            "type": "Feature",
            "properties": {"LSOA11CD": code, "LSOA11NM": name},
            "geometry": shapely.geometry.mapping(shapely.box(west, 172_500, west + 1000, 173_500)),
        }
        for code, name, west in (
            ("E01014540", "Bristol 054A", 358_000),
            ("E01014541", "Bristol 054B", 359_000),
        )
    ]
    path = tmp_path / "lsoa2011_bgc_two.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def test_the_source_of_the_example_can_be_added_and_its_figures_published(
    doors: Doors, geodata: Path, delivery: Path, squares: Path
) -> None:
    catalogue = Catalogue.read(geodata)
    load_boundaries(doors, catalogue, "lsoa_2011", [squares], actor="reader", crs="EPSG:27700")
    publish_boundaries(doors, catalogue, "lsoa_2011", actor="reader")

    report = load(
        doors, catalogue, "fly_tipping", [delivery], actor="reader", today=date(2019, 1, 1)
    )
    assert report.faults == []
    total = report.total
    assert (total["rows_read"], total["loaded"], total["unplaced"]) == (4, 4, 1)
    assert "# 4 rows read = 4 loaded; 1 of them has no location" in README

    derive(doors, catalogue, actor="reader")
    publish(doors, actor="reader", because="the example of README")
    page = figures(
        Reader(doors, catalogue),
        PUBLIC,
        "fly_tipping",
        vintage="lsoa_2011",
        period="2018-10",
        category="all",
    )
    assert {one["area_code"]: one["value"] for one in page.figures} == {
        "E01014540": 2,
        "E01014541": 1,
    }


def test_a_category_that_the_example_does_not_name_stops_the_load_by_name(
    doors: Doors, geodata: Path, delivery: Path
) -> None:
    delivery.write_text(delivery.read_text().replace("Fly-tipping - large", "Graffiti"))
    report = load(
        doors,
        Catalogue.read(geodata),
        "fly_tipping",
        [delivery],
        actor="reader",
        today=date(2019, 1, 1),
    )
    assert "'Graffiti'" in report.faults[0]
    assert "line 4" in report.faults[0]
    assert report.total["loaded"] == 0
