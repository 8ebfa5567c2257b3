"""The town, sealed, and the service on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from lris.catalogue import Catalogue
from tests.town import Town, a_town


@pytest.fixture(scope="session")
def town(template: tuple[str, str], catalogue: Catalogue, tmp_path_factory) -> Iterator[Town]:
    """Everything of the town, sealed; tests only read it."""
    with a_town(template, catalogue, tmp_path_factory.mktemp("town")) as made:
        made.whole()
        yield made


@pytest.fixture(scope="session")
def client(town: Town, tmp_path_factory) -> Iterator[TestClient]:
    """The service, without its page."""
    nothing = tmp_path_factory.mktemp("unbuilt")
    with TestClient(create_app(town.reader, nothing)) as asking:
        yield asking
