"""The page as it is built: everything it needs is ours, nothing is asked of any other host."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from lris.catalogue import Catalogue
from lris.figures import Reader
from lris.session import Doors
from lris.settings import PROJECT

DIST = PROJECT / "api" / "web" / "dist"

LOADING = re.compile(
    r"""(?:fetch|import|importScripts|Worker|URL|open|sendBeacon)\s*\(\s*["'`](https?:)?//[^"'`]+"""
)
"""A call that would load something from an address written out with its host."""

LOADED_BY = {
    "link": "href",
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "object": "data",
}


@pytest.fixture(scope="module")
def dist() -> Path:
    if not (DIST / "index.html").is_file():
        pytest.fail("the page is not built: make web")
    return DIST


@pytest.fixture
def client(dist: Path, doors: Doors, catalogue: Catalogue) -> Iterator[TestClient]:
    with TestClient(create_app(Reader(doors, catalogue), dist)) as client:
        yield client


class _Loads(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        wanted = LOADED_BY.get(tag)
        self.addresses += [value for name, value in attrs if name == wanted and value]


def loaded_by_html(text: str) -> list[str]:
    """Whatever a browser fetches by itself when it reads a page."""
    parser = _Loads()
    parser.feed(text)
    return parser.addresses


def loaded_by_css(text: str) -> list[str]:
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    found = re.findall(r"url\(\s*[\"']?([^\"')]+)|@import\s+[\"']([^\"']+)", text)
    return [one or other for one, other in found]


def outside(addresses: list[str]) -> list[str]:
    """Those that name a host; text that stands in the address itself (`data:`) names none."""
    return [one for one in addresses if urlsplit(one).netloc and not one.startswith("data:")]


def files(dist: Path, suffix: str) -> list[Path]:
    found = sorted(dist.rglob(f"*{suffix}"))
    assert found, f"the page has no {suffix} file"
    return found


def test_pages_load_nothing_from_outside(dist: Path) -> None:
    for file in files(dist, ".html"):
        found = loaded_by_html(file.read_text(encoding="utf-8"))
        assert len(found) >= 3
        assert outside(found) == []


def test_style_sheets_load_nothing_from_outside(dist: Path) -> None:
    for file in files(dist, ".css"):
        assert outside(loaded_by_css(file.read_text(encoding="utf-8"))) == [], file.name


def test_scripts_call_no_outside_host(dist: Path) -> None:
    for file in files(dist, ".js"):
        text = file.read_text(encoding="utf-8")
        assert [match[0][:80] for match in LOADING.finditer(text)] == [], file.name


def test_nothing_built_names_a_source_map_that_is_not_there(dist: Path) -> None:
    for file in [*files(dist, ".js"), *files(dist, ".css")]:
        tail = file.read_text(encoding="utf-8")[-300:]
        assert "sourceMappingURL=" not in tail, file.name


def test_the_page_is_served_with_a_policy_that_keeps_it_at_home(client: TestClient) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "http" not in policy
    for address in loaded_by_html(answer.text):
        part = client.get(address)
        assert part.status_code == 200, address
        assert "immutable" in part.headers["cache-control"], address


def test_the_description_of_the_service_needs_no_outside_host(client: TestClient) -> None:
    answer = client.get("/docs")
    assert answer.status_code == 200
    assert "http" not in answer.headers["content-security-policy"]
    parts = loaded_by_html(answer.text)
    assert len(parts) == 3
    assert outside(parts) == []
    kinds = {address: client.get(address).headers["content-type"] for address in parts}
    assert [kind.partition(";")[0] for kind in kinds.values()] == [
        "text/css",
        "image/png",
        "text/javascript",
    ]
    assert client.get("/openapi.json").json()["info"]["title"] == "LRIS"


def test_the_licences_of_all_that_is_served_come_with_it(client: TestClient) -> None:
    text = client.get("/assets/licences.txt").text
    for package in ("maplibre-gl", "lit-html", "swagger-ui-dist"):
        assert re.search(rf"^{package} \d", text, re.MULTILINE), package
    assert "Apache License" in text


def test_nothing_beside_the_page_can_be_had(client: TestClient) -> None:
    for address in ("/assets/../package.json", "/assets/%2e%2e/%2e%2e/package.json", "/assets/"):
        assert client.get(address).status_code == 404


def test_a_page_that_is_not_built_says_so_and_the_figures_are_still_served(
    doors: Doors, catalogue: Catalogue, tmp_path: Path
) -> None:
    with TestClient(create_app(Reader(doors, catalogue), tmp_path)) as client:
        answer = client.get("/")
        assert answer.status_code == 503
        assert "make web" in answer.json()["remedy"]
        assert client.get("/healthz").status_code == 200
