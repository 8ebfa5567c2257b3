"""One fictional city for all tests of this folder, and the service on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from lris.catalogue import Catalogue
from tests.hotspots.city import City, a_city

SEED = 23


@pytest.fixture(scope="session")
def city(
    template: tuple[str, str], catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[City]:
    """A city with its police's open files and the feed they give their partners."""
    folder = tmp_path_factory.mktemp("city")
    with a_city(
        template,
        catalogue,
        folder,
        SEED,
        also=("partner_police_crimes", "fly_tipping_reports"),
        people=True,
    ) as made:
        yield made


@pytest.fixture(scope="session")
def client(city: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The service, without its page."""
    with TestClient(create_app(city.reader, tmp_path_factory.mktemp("unbuilt"))) as asking:
        yield asking
