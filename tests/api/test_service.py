"""The service as a whole: every address answers, errors are told alike, headers are set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from lris.catalogue import Catalogue
from lris.figures import Reader
from lris.session import Doors
from tests import town as t
from tests.town import Town, code

FIGURES = "/indicators/crime_count/figures?vintage=lsoa_2011&period=2018-10&category=all-crime"
SEALED = [
    "/places",
    "/vintages",
    "/areas",
    "/areas/lsoa_2011.geojson",
    f"/areas/lsoa_2011/{code(1)}",
    "/indicators",
    FIGURES,
    f"{FIGURES}&format=csv",
    f"{FIGURES}&format=geojson",
    "/layers",
    "/layers/crime_count.geojson?vintage=lsoa_2011&period=2018-10",
    f"/profiles/lsoa_2011/{code(1)}",
    "/releases",
]


@pytest.fixture
def empty(doors: Doors, catalogue: Catalogue, tmp_path: Path) -> Iterator[TestClient]:
    """The service on a database nothing has been loaded into."""
    reader = Reader(doors, catalogue)
    with TestClient(create_app(reader, tmp_path)) as asking:
        yield asking


def problem(answer, status: int) -> dict:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict = answer.json()
    assert {"type", "title", "status", "detail"} <= set(told)
    assert told["status"] == status
    assert told["title"]
    assert told["detail"]
    return told


# ---------------------------------------------------------------- every address


def test_every_address_there_is_has_a_test(client: TestClient):
    described = set(client.get("/openapi.json").json()["paths"])
    assert described == {
        "/healthz",
        "/readyz",
        "/places",
        "/vintages",
        "/areas",
        "/areas/{vintage}.geojson",
        "/areas/{vintage}/{code}",
        "/indicators",
        "/indicators/{indicator}",
        "/indicators/{indicator}/figures",
        "/layers",
        "/layers/{layer}.geojson",
        "/profiles",
        "/profiles/own/{token}",
        "/profiles/{vintage}/{code}",
        "/compare",
        "/before-after/{vintage}/{code}",
        "/gaps/{indicator}",
        "/hotspots",
        "/hotspots/{method}",
        "/packs/{vintage}/{code}",
        "/postcodes",
        "/postcodes/{postcode}",
        "/sites",
        "/sources",
        "/sources/{source}",
        "/releases",
    }


@pytest.mark.parametrize("address", [*SEALED, "/healthz", "/readyz", "/openapi.json", "/docs"])
def test_every_address_answers(client: TestClient, address: str):
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.content


def test_the_description_needs_nothing_from_outside(client: TestClient):
    assert "http://" not in client.get("/docs").text.replace("http://127.0.0.1", "")
    assert "https://" not in client.get("/docs").text


# ---------------------------------------------------------------- mistakes


@pytest.mark.parametrize("address", [*SEALED, "/healthz", "/readyz"])
def test_an_unknown_parameter_is_named_with_those_there_are(client: TestClient, address: str):
    joint = "&" if "?" in address else "?"
    told = problem(client.get(f"{address}{joint}colour=red"), 400)
    assert "colour" in told["detail"]
    assert told["remedy"].startswith("the parameters here are: ")


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("/indicators/crime_count/figures?vintage=oa_2011&period=2018-10", "lsoa_2011"),
        ("/indicators/crime_count/figures?vintage=lsoa_2011&period=1066", "2018-Q4"),
        ("/indicators/crime_count/figures?vintage=lsoa_2011&period=soon", "2018-Q4"),
        ("/indicators/crime_count/figures?vintage=lsoa_2011", "2018-Q4"),
        ("/indicators/crime_count/figures?period=2018-10", "lsoa_2011"),
        (f"{FIGURES}&format=xml", "csv"),
        (f"{FIGURES}&limit=0", "limit"),
        (f"{FIGURES}&limit=100001", "limit"),
        (f"{FIGURES}&limit=many", "limit"),
        (f"{FIGURES}&within=Bristol", "VINTAGE/CODE"),
        (f"{FIGURES}&within=lad_2011/E06000001", "E06000001"),
        (f"{FIGURES}&within=moon_2011/E06000001", "lsoa_2011"),
        (f"{FIGURES}&after=nonsense", "after"),
        (FIGURES.replace("all-crime", "jaywalking"), "burglary"),
        (f"{FIGURES}&period=2018-11", "period"),
        ("/areas?vintage=moon_2011", "lsoa_2011"),
        ("/areas?within=lad_2011/E06000023", "vintage"),
        ("/areas?after=nonsense", "VINTAGE/CODE"),
        ("/areas?limit=-1", "limit"),
        ("/areas/lsoa_2011.geojson?zoom=99", "zoom"),
        ("/areas/lsoa_2011.geojson?within=lad_2011/E06000001", "E06000001"),
        ("/layers/crime_count.geojson?vintage=lsoa_2011", "2018-Q4"),
        ("/layers/crime_count.geojson?vintage=lsoa_2011&period=2018-10&category=x", "burglary"),
    ],
)
def test_an_unknown_value_is_a_400_that_names_what_there_is(
    client: TestClient, address: str, says: str
):
    told = problem(client.get(address), 400)
    assert says in told["detail"] + told.get("remedy", "")


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("/nothing/here", "/nothing/here"),
        ("/indicators/happiness/figures?vintage=lsoa_2011&period=2018-10", "happiness"),
        ("/areas/lsoa_2011/E01999999", "E01999999"),
        ("/areas/moon_2011/E01999999", "moon_2011"),
        ("/areas/moon_2011.geojson", "moon_2011"),
        ("/areas/lad_2011.geojson", "lad_2011"),
        ("/layers/happiness.geojson?vintage=lsoa_2011&period=2018-10", "happiness"),
        ("/profiles/lsoa_2011/E01999999", "E01999999"),
        ("/assets/app.js", "/assets/app.js"),
        ("/assets/../app.py", "app.py"),
    ],
)
def test_what_is_not_there_is_a_404_that_names_it(client: TestClient, address: str, says: str):
    told = problem(client.get(address), 404)
    assert says in told["detail"]


def test_nothing_can_be_written_over_http(client: TestClient):
    for method in (client.post, client.put, client.delete, client.patch):
        problem(method("/releases"), 405)


def test_hostile_words_are_words(client: TestClient):
    for words in ("'; DROP TABLE lris.area; --", "%", "_", "\\", "\x00a", "Townham 001' OR '1'='1"):
        answer = client.get("/areas", params={"q": words})
        assert answer.status_code in (200, 400), words
        if answer.status_code == 200:
            assert answer.json()["areas"] == []


# ---------------------------------------------------------------- ETags


@pytest.mark.parametrize("address", SEALED)
def test_an_answer_known_already_is_not_sent_again(client: TestClient, address: str):
    first = client.get(address)
    tag = first.headers["etag"]
    assert tag.startswith('"r1-public-')
    for known in (tag, f"W/{tag}", f'"other", {tag}'):
        again = client.get(address, headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    stale = client.get(address, headers={"If-None-Match": '"r0-public-x"'})
    assert (stale.status_code, stale.content) == (200, first.content)


def test_no_two_answers_share_a_tag(client: TestClient):
    tags = [client.get(address).headers["etag"] for address in SEALED]
    assert len(set(tags)) == len(tags)


def test_tags_change_with_a_new_release(doors: Doors, catalogue: Catalogue, tmp_path: Path):
    town = Town(doors, t.small(catalogue), tmp_path)
    town.draw("lsoa_2011")
    town.census()
    town.crimes("2018-10", t.OCTOBER)
    town.seal()
    with TestClient(create_app(town.reader, tmp_path)) as asking:
        before = asking.get(FIGURES)
        town.crimes("2018-10", t.OCTOBER[1:])
        assert asking.get(FIGURES).headers["etag"] == before.headers["etag"]  # not yet published
        town.seal("a row withdrawn")
        after = asking.get(FIGURES, headers={"If-None-Match": before.headers["etag"]})
        assert after.status_code == 200
        assert after.headers["etag"] != before.headers["etag"]
        assert after.json()["meta"]["release"] == 2
        assert (before.json()["figures"][0]["value"], after.json()["figures"][0]["value"]) == (5, 4)


def test_a_tag_stands_for_one_answer_even_when_a_look_up_is_loaded(
    doors: Doors, catalogue: Catalogue, tmp_path: Path
):
    """What an area lies in may change without a release: its tag then changes too."""
    town = Town(doors, t.small(catalogue), tmp_path)
    town.draw("lsoa_2021")
    with TestClient(create_app(town.reader, tmp_path)) as asking:
        address = f"/areas/lsoa_2021/{code(1)}"
        before = asking.get(address)
        assert before.json()["parents"] == []
        town.changes()
        after = asking.get(address, headers={"If-None-Match": before.headers["etag"]})
        assert after.status_code == 200
        assert [one["code"] for one in after.json()["parents"]] == [t.BRISTOL]


# ---------------------------------------------------------------- headers


@pytest.mark.parametrize("address", ["/healthz", "/indicators", "/nothing", FIGURES])
def test_every_answer_carries_the_headers_that_keep_browsers_safe(client: TestClient, address: str):
    headers = client.get(address).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "http" not in policy


def test_any_page_may_read_the_open_figures(client: TestClient):
    answer = client.get(FIGURES, headers={"Origin": "https://example.org"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "etag" in answer.headers["access-control-expose-headers"].lower()
    assert "access-control-allow-credentials" not in answer.headers


def test_large_answers_are_sent_compressed(client: TestClient):
    address = FIGURES.replace("&category=all-crime", "")
    packed = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    plain = client.get(address, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content  # the client unpacks
    assert packed.num_bytes_downloaded < len(plain.content) / 5
    assert "accept-encoding" in packed.headers["vary"].lower()


def test_the_head_of_an_answer_can_be_asked_for_alone(client: TestClient):
    answer = client.head(FIGURES)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["etag"] == client.get(FIGURES).headers["etag"]


# ---------------------------------------------------------------- readiness and the page


def test_before_the_first_release_the_service_is_up_but_not_ready(empty: TestClient):
    assert empty.get("/healthz").json() == {"status": "ok"}
    answer = empty.get("/readyz")
    told = problem(answer, 503)
    assert "make run" in told["remedy"]
    assert answer.headers["retry-after"]


@pytest.mark.parametrize(
    "address", ["/indicators", "/layers", FIGURES, "/layers/crime_count.geojson"]
)
def test_before_the_first_release_figures_are_a_503_and_never_an_empty_list(
    empty: TestClient, address: str
):
    problem(empty.get(address), 503)


def test_after_the_first_release_the_service_is_ready(client: TestClient):
    assert client.get("/readyz").json() == {"status": "ready", "release": 1}


def test_a_database_that_does_not_answer_makes_the_service_not_ready(
    catalogue: Catalogue, tmp_path: Path
):
    nowhere = Doors("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    app = create_app(Reader(nowhere, catalogue), tmp_path)
    with TestClient(app, raise_server_exceptions=False) as asking:
        assert asking.get("/healthz").status_code == 200
        problem(asking.get("/readyz"), 503)
    nowhere.close()


def test_a_page_that_is_not_built_is_a_sentence_and_not_a_riddle(client: TestClient):
    told = problem(client.get("/"), 503)
    assert "make web" in told["remedy"]


def test_the_page_is_served_with_parts_that_can_be_kept_for_ever(town: Town, tmp_path: Path):
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>LRIS</title>")
    (tmp_path / "assets" / "main-abc123.js").write_text("1")
    with TestClient(create_app(town.reader, tmp_path)) as asking:
        page = asking.get("/")
        assert page.text.startswith("<!doctype html>")
        assert page.headers["cache-control"] == "no-cache"
        part = asking.get("/assets/main-abc123.js")
        assert part.headers["content-type"].startswith("text/javascript")
        assert "immutable" in part.headers["cache-control"]
        for outside in ("/assets/..%2Findex.html", "/assets/%2e%2e/index.html"):
            assert asking.get(outside).status_code == 404
