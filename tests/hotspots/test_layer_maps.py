"""A layer as a map in one file, with the town's figures and nothing fetched."""

from __future__ import annotations

from typing import Any

from lris.catalogue import Catalogue
from lris.maps import layer_map
from lris.terms import PUBLIC
from tests import town as t
from tests.hotspots.test_hotspot_answers import Fetching


def test_a_layer_opens_without_network(
    template: tuple[str, str], catalogue: Catalogue, tmp_path_factory: Any
):
    with t.a_town(template, catalogue, tmp_path_factory.mktemp("town")) as town:
        town.draw("lsoa_2011")
        town.census()
        town.estimates()
        town.crimes("2018-10", t.OCTOBER)
        town.seal()
        drawn = layer_map(town.reader, PUBLIC, "crime_count", vintage="lsoa_2011", period="2018-10")
    root: Any = drawn.get_root()
    page = root.render()
    seen = Fetching()
    seen.feed(page)
    assert seen.addresses == []
    assert 'version="1.9' in page
    assert "Townham" in page
    assert "release 1" in page
