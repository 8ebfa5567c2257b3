"""A fictional city, written once for all tests of this folder."""

from __future__ import annotations

import pytest

from lris.demo import CityReport, write_city
from lris.demo.geography import Geography, make_geography
from lris.demo.people import People, make_people

SEEDS = (1, 2, 3)


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> CityReport:
    """The files of one city."""
    return write_city(SEEDS[0], tmp_path_factory.mktemp("city"))


@pytest.fixture(scope="session", params=SEEDS)
def land(request: pytest.FixtureRequest) -> Geography:
    """The land of three seeds, one after the other."""
    return make_geography(request.param)


@pytest.fixture(scope="session")
def people(land: Geography) -> People:
    """The people of that land."""
    return make_people(land)
