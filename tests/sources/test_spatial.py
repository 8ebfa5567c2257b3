"""Boundaries are read from every form they are published in, and refused with a remedy."""

import gzip
import io
import json
import lzma
import tarfile
import zipfile

import geopandas
import numpy as np
import pytest
import shapely
from pyproj import CRS, Transformer
from shapely import MultiPolygon, Point, Polygon, box

from lris.errors import BadRequest, BoundaryFault, FileFault
from lris.rules.british_grid import from_grid
from lris.sources import spatial
from lris.sources.spatial import BoundaryLayout, read_boundaries

LAYOUT = BoundaryLayout(("LSOA11CD", "lsoa_code"), ("LSOA11NM",), keep=("LAD11CD", "absent"))
ORIGIN = (358_000.0, 173_000.0)
CRS84 = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}


def square(column, row=0, side=100.0):
    """A square of the invented town, in grid metres."""
    x, y = ORIGIN[0] + column * side, ORIGIN[1] + row * side
    return box(x, y, x + side, y + side)


def degrees(shape):
    """The same shape in longitude and latitude."""
    return shapely.transform(shape, lambda xy: np.column_stack(from_grid(xy[:, 0], xy[:, 1])))


def feature(code, shape, **properties):
    return {
        "type": "Feature",
        "properties": {"LSOA11CD": code, "LSOA11NM": f"Town {code[-1:]}"} | properties,
        "geometry": None if shape is None else json.loads(shapely.to_geojson(shape)),
    }


def collection(*features, **members):
    return {"type": "FeatureCollection"} | members | {"features": list(features)}


TOWN = {"E01000001": square(0), "E01000002": square(1), "E01000003": square(0, 1)}


def town(in_degrees=True, **members):
    return collection(
        *(
            feature(c, degrees(s) if in_degrees else s, LAD11CD="E06000999")
            for c, s in TOWN.items()
        ),
        **members,
    )


def town_frame():
    columns = {"LSOA11CD": list(TOWN), "LSOA11NM": [f"Town {c[-1]}" for c in TOWN]}
    return geopandas.GeoDataFrame(
        columns | {"LAD11CD": "E06000999"}, geometry=list(TOWN.values()), crs=27700
    )


def write(path, content):
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def read(*paths, layout=LAYOUT, crs=None):
    return read_boundaries(paths, layout, crs=crs)


def assert_is_the_town(areas, within_m=0.005):
    assert areas.codes.tolist() == list(TOWN)
    assert areas.names.tolist() == ["Town 1", "Town 2", "Town 3"]
    assert areas.kept["LAD11CD"].tolist() == ["E06000999"] * 3
    assert set(areas.kept) == {"LAD11CD"}
    assert {g.geom_type for g in areas.geometry} == {"MultiPolygon"}
    for shape, meant in zip(areas.geometry, TOWN.values(), strict=True):
        assert shape.boundary.hausdorff_distance(meant.boundary) < within_m


# ------------------------------------------------------------------ formats


def test_geojson_in_degrees_lands_on_the_grid_to_a_few_millimetres(tmp_path):
    areas = read(write(tmp_path / "town.geojson", town(crs=CRS84)))
    assert_is_the_town(areas)
    assert areas.report.source_crs == "OGC:CRS84"
    assert (areas.report.features_read, areas.report.members, len(areas)) == (3, 1, 3)
    assert areas.report.repaired == areas.report.empty == areas.report.identical_duplicates == ()


def test_geojson_without_a_crs_is_in_degrees_as_its_standard_says(tmp_path):
    assert_is_the_town(read(write(tmp_path / "town.json", town())))


def test_geojson_may_name_the_british_grid_before_or_after_its_features(tmp_path):
    grid = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::27700"}}
    first = write(tmp_path / "first.geojson", town(in_degrees=False, crs=grid))
    last = town(in_degrees=False) | {"crs": grid}
    assert read(first).report.source_crs == "EPSG:27700"
    assert_is_the_town(read(first), within_m=1e-9)
    assert_is_the_town(read(write(tmp_path / "last.geojson", last)), within_m=1e-9)


def test_a_header_padded_with_spaces_and_a_byte_order_mark_do_not_matter(tmp_path):
    text = json.dumps(town(crs=CRS84)).replace('"features"', " " * 80 + '\n"features"')
    assert_is_the_town(read(write(tmp_path / "padded.json", text)))
    assert_is_the_town(read(write(tmp_path / "bom.json", "\ufeff" + text)))


def test_the_type_may_stand_at_the_end(tmp_path):
    whole = town(crs=CRS84)
    whole["type"] = whole.pop("type")
    assert_is_the_town(read(write(tmp_path / "town.json", whole)))


def test_a_property_called_crs_is_not_the_reference_system(tmp_path):
    content = collection(
        *(feature(c, degrees(s), crs="EPSG:27700", LAD11CD="E06000999") for c, s in TOWN.items())
    )
    assert_is_the_town(read(write(tmp_path / "town.json", content)))


def topojson(**of_object):
    rings = [list(degrees(s).exterior.coords) for s in TOWN.values()]
    shapes = [
        {
            "type": "Polygon",
            "arcs": [[i]],
            "properties": feature(c, None, LAD11CD="E06000999")["properties"],
        }
        for i, c in enumerate(TOWN)
    ]
    towns = {"type": "GeometryCollection"} | of_object | {"geometries": shapes}
    return {"type": "Topology", "objects": {"town": towns}, "arcs": rings}


def test_topojson_is_known_by_its_content_and_asks_for_its_reference_system(tmp_path):
    path = write(tmp_path / "town.json", topojson())
    with pytest.raises(BoundaryFault, match="does not say") as caught:
        read(path)
    assert "--crs EPSG:4326" in caught.value.remedy
    assert_is_the_town(read(path, crs="EPSG:4326"))


def test_topojson_that_states_its_reference_system_is_taken_at_its_word(tmp_path):
    assert_is_the_town(read(write(tmp_path / "town.json", topojson(crs=CRS84))))


def test_a_geopackage_is_read_in_the_system_it_carries(tmp_path):
    town_frame().to_file(tmp_path / "town.gpkg", layer="lsoa")
    assert_is_the_town(read(tmp_path / "town.gpkg"), within_m=1e-9)


def test_a_geopackage_with_several_layers_needs_one_with_the_code(tmp_path):
    path = tmp_path / "town.gpkg"
    town_frame().to_file(path, layer="lsoa")
    town_frame()[["geometry"]].to_file(path, layer="outline")
    assert_is_the_town(read(path), within_m=1e-9)
    town_frame().to_file(path, layer="lsoa_again")
    with pytest.raises(BoundaryFault, match=r"2 layers .*lsoa, lsoa_again"):
        read(path)


def test_a_shapefile_is_read_with_its_siblings(tmp_path):
    town_frame().to_file(tmp_path / "LSOA_Town.shp")
    assert_is_the_town(read(tmp_path / "LSOA_Town.shp"), within_m=1e-9)


@pytest.mark.parametrize("ending", [".dbf", ".shx"])
def test_a_shapefile_without_its_siblings_names_the_one_that_is_missing(tmp_path, ending):
    town_frame().to_file(tmp_path / "town.shp")
    (tmp_path / "town").with_suffix(ending).unlink()
    with pytest.raises(FileFault, match=rf"no {ending} beside it"):
        read(tmp_path / "town.shp")


def test_a_shapefile_without_a_prj_asks_for_its_reference_system(tmp_path):
    town_frame().to_file(tmp_path / "town.shp")
    (tmp_path / "town.prj").unlink()
    with pytest.raises(BoundaryFault, match="does not say"):
        read(tmp_path / "town.shp")
    assert_is_the_town(read(tmp_path / "town.shp", crs="EPSG:27700"), within_m=1e-9)


# ------------------------------------------------------------------ packed


def tar_of(path, members, mode="w:gz"):
    with tarfile.open(path, mode) as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def zip_of(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def town_in_parts():
    return {
        f"lsoa/{code}.geojson": json.dumps(
            collection(feature(code, degrees(shape), LAD11CD="E06000999"))
        ).encode()
        for code, shape in reversed(TOWN.items())
    }


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz"])
def test_many_members_of_a_tar_make_one_set_of_boundaries(tmp_path, mode):
    areas = read(tar_of(tmp_path / "parts.download", town_in_parts(), mode))
    assert_is_the_town(areas)
    assert areas.report.members == 3


def test_many_members_of_a_zip_make_one_set_of_boundaries(tmp_path):
    extras = {"README.txt": b"hello", "__MACOSX/._E01000001.geojson": b"\0", "lsoa/": b""}
    assert_is_the_town(read(zip_of(tmp_path / "parts.zip", extras | town_in_parts())))


def test_many_files_of_a_folder_make_one_set_of_boundaries(tmp_path):
    (tmp_path / "lsoa").mkdir()
    for name, content in town_in_parts().items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "lsoa/notes.txt").write_text("not a boundary")
    assert_is_the_town(read(tmp_path))


@pytest.mark.parametrize("module", [gzip, lzma])
def test_a_single_packed_file_is_unpacked(tmp_path, module):
    path = tmp_path / "town.geojson.packed"
    with module.open(path, "wb") as stream:
        stream.write(json.dumps(town()).encode())
    assert_is_the_town(read(path))


def test_a_zipped_shapefile_keeps_its_siblings_together(tmp_path):
    town_frame().to_file(tmp_path / "Town.shp")
    parts = {f"deep/{p.name}": p.read_bytes() for p in tmp_path.glob("Town.*")}
    parts["deep/Town.shp.xml"] = b"<metadata/>"
    assert_is_the_town(read(zip_of(tmp_path / "town.zip", parts)), within_m=1e-9)


def test_a_zipped_geopackage_is_read(tmp_path):
    town_frame().to_file(tmp_path / "town.gpkg")
    packed = zip_of(tmp_path / "town.zip", {"town.gpkg": (tmp_path / "town.gpkg").read_bytes()})
    assert_is_the_town(read(packed), within_m=1e-9)


def test_files_of_several_reference_systems_make_one_set_of_boundaries(tmp_path):
    in_degrees = collection(
        *(feature(c, degrees(TOWN[c]), LAD11CD="E06000999") for c in ("E01000001", "E01000002"))
    )
    rest = town_frame().query("LSOA11CD == 'E01000003'")
    rest.to_file(tmp_path / "rest.gpkg")
    areas = read(write(tmp_path / "some.geojson", in_degrees), tmp_path / "rest.gpkg")
    assert_is_the_town(areas)
    assert areas.report.source_crs == "EPSG:4326, EPSG:27700"


@pytest.mark.parametrize("name", ["../../outside.geojson", "/etc/outside.geojson"])
def test_an_archive_that_points_outside_itself_is_refused(tmp_path, name):
    content = next(iter(town_in_parts().values()))
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    for archive in (
        tar_of(inner / "slip.tar.gz", {name: content}),
        zip_of(inner / "slip.zip", {name: content}),
    ):
        with pytest.raises(FileFault, match="points out of the archive"):
            read(archive)
    assert not (tmp_path / "outside.geojson").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_an_archive_with_links_is_refused(tmp_path, kind):
    entry = tarfile.TarInfo("link.geojson")
    entry.type, entry.linkname = kind, "/etc/passwd"
    with tarfile.open(tmp_path / "links.tar", "w") as archive:
        archive.addfile(entry)
    with pytest.raises(FileFault, match="a link or device"):
        read(tmp_path / "links.tar")


def test_a_zip_with_links_is_refused(tmp_path):
    entry = zipfile.ZipInfo("link.geojson")
    entry.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "links.zip", "w") as archive:
        archive.writestr(entry, "/etc/passwd")
    with pytest.raises(FileFault, match="a link or device"):
        read(tmp_path / "links.zip")


@pytest.mark.parametrize("pack", [zip_of, tar_of])
@pytest.mark.parametrize("name", ["bomb.geojson", "bomb.shx"])
def test_an_archive_that_unpacks_without_end_is_stopped(tmp_path, monkeypatch, pack, name):
    monkeypatch.setattr(spatial, "MOST_EXPANDED_BYTES", 1 << 20)
    with pytest.raises(FileFault, match="unpacks to more than"):
        read(pack(tmp_path / "bomb", {name: b" " * (3 << 20)}))


def test_what_is_skipped_in_a_tar_counts_too(tmp_path, monkeypatch):
    monkeypatch.setattr(spatial, "MOST_EXPANDED_BYTES", 1 << 20)
    with pytest.raises(FileFault, match="unpacks to more than"):
        read(tar_of(tmp_path / "bomb.tar.gz", {"bomb.txt": b" " * (3 << 20)}))


def test_an_archive_of_countless_members_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(spatial, "MOST_MEMBERS", 2)
    with pytest.raises(FileFault, match="more than 2 members"):
        read(zip_of(tmp_path / "parts.zip", town_in_parts()))


def test_an_archive_in_an_archive_is_named(tmp_path):
    with pytest.raises(FileFault, match=r"inner\.zip: an archive inside an archive"):
        read(zip_of(tmp_path / "outer.zip", {"inner.zip": b"PK"}))


def test_an_archive_or_folder_without_boundaries_says_so(tmp_path):
    with pytest.raises(FileFault, match="no boundary file in it"):
        read(zip_of(tmp_path / "text.zip", {"README.txt": b"hello"}))
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileFault, match="no boundary file in it"):
        read(tmp_path / "empty")


@pytest.mark.parametrize("pack", ["zip", "tar.gz", "tar.xz", "geojson.gz"])
def test_an_archive_cut_off_on_the_way_says_so(tmp_path, pack):
    path = tmp_path / f"town.{pack}"
    if pack == "zip":
        zip_of(path, town_in_parts())
    elif pack == "geojson.gz":
        path.write_bytes(gzip.compress(json.dumps(town()).encode()))
    else:
        tar_of(path, town_in_parts(), f"w:{pack[-2:]}")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(FileFault) as caught:
        read(path)
    assert str(path) in caught.value.message


# ------------------------------------------------------------------ not boundaries at all


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "an empty file"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "a web page"),
        (b"<OGRVRTDataSource><OGRVRTLayer name='x'/></OGRVRTDataSource>", "an XML document"),
        (b"a,b\n1,2\n", "something that starts with b'a,b"),
        (b"\0\0\0\0\0\0", "something that starts with"),
        (b'{"hello": "world"}', "JSON that is neither"),
        (b"SQLite format 3\0" + b"\0" * 100, "cannot be read"),
        (b'{"type":"FeatureCollection","features":[{"type":"Feature","prop', "cannot be read"),
        (b'{"type":"Topology","arcs":[[[', ""),
    ],
)
def test_a_file_that_is_something_else_is_named_for_what_it_looks_like(tmp_path, content, found):
    path = tmp_path / "town.geojson"
    path.write_bytes(content)
    with pytest.raises((FileFault, BoundaryFault), match=r"town\.geojson") as caught:
        read(path)
    assert found in caught.value.message
    assert caught.value.remedy


def test_a_file_that_is_not_there_says_so(tmp_path):
    with pytest.raises(FileFault, match="no such file"):
        read(tmp_path / "none.geojson")


# ------------------------------------------------------------------ reference systems


def test_metres_said_to_be_degrees_are_refused_with_the_way_out(tmp_path):
    path = write(tmp_path / "town.geojson", town(in_degrees=False))
    with pytest.raises(BoundaryFault, match="said to be in degrees") as caught:
        read(path)
    assert "--crs EPSG:27700" in caught.value.remedy
    assert_is_the_town(read(path, crs="EPSG:27700"), within_m=1e-9)


def test_degrees_said_to_be_metres_are_refused_with_the_way_out(tmp_path):
    grid = {"type": "name", "properties": {"name": "EPSG:27700"}}
    path = write(tmp_path / "town.geojson", town(crs=grid))
    with pytest.raises(BoundaryFault, match="said to be in metres") as caught:
        read(path)
    assert "--crs EPSG:4326" in caught.value.remedy
    assert_is_the_town(read(path, crs="EPSG:4326"))


@pytest.mark.parametrize(
    "stated", [None, {"type": "name", "properties": {"name": "EPSG:99999"}}, {"type": "link"}]
)
def test_an_unknown_reference_system_is_asked_for_and_never_guessed(tmp_path, stated):
    with pytest.raises(BoundaryFault, match="does not say"):
        read(write(tmp_path / "town.geojson", town(crs=stated)))


def test_longitude_and_latitude_the_wrong_way_round_are_noticed(tmp_path):
    swapped = shapely.transform(degrees(square(0)), lambda xy: xy[:, ::-1])
    path = write(tmp_path / "town.geojson", collection(feature("E01000001", swapped)))
    with pytest.raises(BoundaryFault, match="outside the British Isles") as caught:
        read(path)
    assert "longitude comes before latitude" in caught.value.remedy


def test_a_reference_system_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(BadRequest, match="'the grid'"):
        read(write(tmp_path / "town.geojson", town()), crs="the grid")


NAMELESS_GRID = """PROJCS["Transverse_Mercator",GEOGCS["GCS_OSGB 1936",DATUM["OSGB_1936",
SPHEROID["Airy_1830",6377563.396,299.3249646]],PRIMEM["Greenwich",0],
UNIT["degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],
PARAMETER["latitude_of_origin",49],PARAMETER["central_meridian",-2],
PARAMETER["scale_factor",0.9996012717],PARAMETER["false_easting",400000],
PARAMETER["false_northing",-100000],UNIT["metre",1]]"""


def test_the_british_grid_is_known_by_its_parameters_whatever_it_is_called(tmp_path):
    town_frame().set_crs(CRS.from_wkt(NAMELESS_GRID), allow_override=True).to_file(
        tmp_path / "town.gpkg"
    )
    areas = read(tmp_path / "town.gpkg")
    assert_is_the_town(areas, within_m=1e-9)
    assert areas.report.source_crs == "EPSG:27700"


@pytest.mark.parametrize("epsg", [3857, 4258, 32630])
def test_any_other_system_on_the_satellite_datum_goes_by_way_of_the_grid_shift(tmp_path, epsg):
    to_epsg = Transformer.from_crs(4326, epsg, always_xy=True)
    there = [
        shapely.transform(degrees(s), lambda xy: np.column_stack(to_epsg.transform(*xy.T)))
        for s in TOWN.values()
    ]
    frame = town_frame().set_geometry(there)
    frame.set_crs(epsg, allow_override=True).to_file(tmp_path / "town.gpkg")
    assert_is_the_town(read(tmp_path / "town.gpkg"))


def test_degrees_on_the_ordnance_surveys_own_datum_are_not_taken_for_satellite_degrees(tmp_path):
    town_frame().to_crs(4277).to_file(tmp_path / "town.gpkg")
    assert_is_the_town(read(tmp_path / "town.gpkg"), within_m=0.01)


# ------------------------------------------------------------------ fields and codes


def test_a_field_may_differ_in_letter_case_and_an_exact_name_comes_first(tmp_path):
    content = collection(
        {
            "type": "Feature",
            "properties": {"lsoa11cd": "E01000009", "LSOA_CODE": "E01000001"},
            "geometry": json.loads(shapely.to_geojson(degrees(square(0)))),
        }
    )
    path = write(tmp_path / "town.json", content)
    assert read(path, layout=BoundaryLayout(("LSOA11CD",))).codes.tolist() == ["E01000009"]
    exact = BoundaryLayout(("LSOA11CD", "LSOA_CODE"))
    assert read(path, layout=exact).codes.tolist() == ["E01000001"]
    assert read(path, layout=exact).names.tolist() == [""]


def test_a_file_without_the_code_field_lists_those_it_has(tmp_path):
    with pytest.raises(FileFault, match=r"LSOA11CD, LSOA11NM, LAD11CD.*expected LSOA21CD"):
        read(write(tmp_path / "town.json", town()), layout=BoundaryLayout(("LSOA21CD",)))


@pytest.mark.parametrize("code", ["", "E0100001", "X01000001", "E010000011", None, 7])
def test_a_code_of_another_form_is_named_with_its_feature(tmp_path, code):
    content = town()
    content["features"][1]["properties"]["LSOA11CD"] = code
    shown = repr("" if code is None else str(code))
    with pytest.raises(BoundaryFault, match=f"feature 2 has LSOA11CD {shown}"):
        read(write(tmp_path / "town.json", content))


def test_areas_come_sorted_by_code_with_all_columns_in_step(tmp_path):
    content = town()
    content["features"].reverse()
    assert_is_the_town(read(write(tmp_path / "town.json", content)))


def test_a_file_without_features_is_refused(tmp_path):
    with pytest.raises((BoundaryFault, FileFault)):
        read(write(tmp_path / "town.json", collection()))


# ------------------------------------------------------------------ shapes


def test_an_invalid_polygon_is_repaired_and_named(tmp_path):
    x, y = ORIGIN
    bow_tie = Polygon([(x, y), (x + 100, y + 100), (x + 100, y), (x, y + 100)])
    path = write(
        tmp_path / "town.json",
        collection(
            feature("E01000001", degrees(bow_tie)), feature("E01000002", degrees(square(1)))
        ),
    )
    areas = read(path)
    assert areas.report.repaired == ("E01000001",)
    assert areas.report.area_changed_m2 == pytest.approx(5000, rel=0.01)
    assert areas.geometry[0].area == pytest.approx(5000, rel=0.01)
    assert shapely.is_valid(areas.geometry).all()


def test_a_hole_stays_a_hole(tmp_path):
    ring = Polygon(square(0).exterior, [square(0).centroid.buffer(10).exterior])
    areas = read(write(tmp_path / "town.json", collection(feature("E01000001", degrees(ring)))))
    assert areas.geometry[0].area == pytest.approx(ring.area, rel=1e-4)


def test_heights_are_dropped(tmp_path):
    solid = shapely.force_3d(degrees(square(0)), 12.5)
    areas = read(write(tmp_path / "town.json", collection(feature("E01000001", solid))))
    assert not shapely.has_z(areas.geometry).any()


def test_areas_without_geometry_are_named_and_left_out(tmp_path):
    content = town()
    content["features"] += [feature("E01000008", None), feature("E01000007", MultiPolygon())]
    flat = [[list(p) for p in degrees(square(0)).exterior.coords[:2]]]
    flat[0] += [flat[0][0], flat[0][0]]
    nothing = {"type": "Polygon", "coordinates": flat}
    content["features"].append(feature("E01000006", None) | {"geometry": nothing})
    areas = read(write(tmp_path / "town.json", content))
    assert_is_the_town(areas)
    assert areas.report.empty == ("E01000006", "E01000007", "E01000008")
    assert areas.report.features_read == 6


def test_a_file_with_codes_and_no_geometry_at_all_is_refused(tmp_path):
    content = collection(feature("E01000001", None), feature("E01000002", None))
    with pytest.raises(BoundaryFault, match="none of its 2 features has an outline"):
        read(write(tmp_path / "town.json", content))


@pytest.mark.parametrize(
    ("shape", "kind"),
    [(Point(-2, 52), "Point"), (shapely.LineString([(-2, 52), (-2, 53)]), "Line")],
)
def test_anything_but_polygons_is_named(tmp_path, shape, kind):
    content = collection(feature("E01000001", degrees(square(0))), feature("E01000002", shape))
    with pytest.raises(BoundaryFault, match=f"E01000002 with {kind}"):
        read(write(tmp_path / "town.json", content))


@pytest.mark.parametrize("number", ["NaN", "1e999", "-Infinity"])
def test_coordinates_that_are_not_numbers_are_refused(tmp_path, number):
    text = json.dumps(town()).replace(str(degrees(square(1)).exterior.coords[0][0]), number)
    assert number in text
    with pytest.raises((BoundaryFault, FileFault), match=r"town\.json"):
        read(write(tmp_path / "town.json", text))


# ------------------------------------------------------------------ duplicates


def test_the_same_area_twice_is_taken_once_and_named(tmp_path):
    first = write(tmp_path / "a.json", town())
    start = MultiPolygon(
        [Polygon([*square(1).exterior.coords[2:], *square(1).exterior.coords[1:3]])]
    )
    again = collection(feature("E01000002", degrees(start), LAD11CD="E06000999"))
    areas = read(first, write(tmp_path / "b.json", again))
    assert_is_the_town(areas)
    assert areas.report.identical_duplicates == ("E01000002",)
    assert areas.report.features_read == 4


def test_a_difference_that_is_only_rounding_is_the_same_area(tmp_path):
    nudged = shapely.transform(degrees(square(1)), lambda xy: xy + 1e-9)
    content = town()
    content["features"].append(feature("E01000002", nudged))
    areas = read(write(tmp_path / "town.json", content))
    assert_is_the_town(areas)
    assert areas.report.identical_duplicates == ("E01000002",)


def test_one_code_with_two_shapes_is_refused_naming_both_files(tmp_path):
    other = collection(feature("E01000002", degrees(square(5))))
    with pytest.raises(BoundaryFault, match=r"E01000002 has two shapes.*a\.json.*b\.json"):
        read(write(tmp_path / "a.json", town()), write(tmp_path / "b.json", other))


# ------------------------------------------------------------------ the files as published

AVON_AND_SOMERSET = {
    "lsoa2011": ("LSOA11CD", (115, 263, 135, 165, 327)),
    "lsoa2021": ("LSOA21CD", (118, 268, 138, 175, 339)),
    "msoa2011": ("MSOA11CD", (27, 55, 26, 32, 71)),
    "msoa2021": ("MSOA21CD", (27, 57, 26, 34, 71)),
    "ward2025": ("WD25CD", (33, 34, 35, 28, 55)),
}
DISTRICTS = ("E06000022", "E06000023", "E06000024", "E06000025", "E06000066")


@pytest.mark.parametrize("kind", AVON_AND_SOMERSET)
def test_every_file_of_avon_and_somerset_has_the_areas_it_should(real_data, kind):
    code, counts = AVON_AND_SOMERSET[kind]
    folder = real_data / "boundaries/avon-and-somerset"
    layout = BoundaryLayout((code,), (code.replace("CD", "NM"),), keep=("UTLACD",))
    files = [folder / f"{kind}_bgc_{district}.geojson" for district in DISTRICTS]
    assert tuple(len(read(path, layout=layout)) for path in files) == counts
    together = read(*files, layout=layout)
    assert len(together) == sum(counts)
    assert together.report.repaired == together.report.identical_duplicates == ()
    assert all(together.names)
    assert np.isin(together.kept["UTLACD"], DISTRICTS).all()


def test_bristol_has_the_same_areas_in_every_form(real_data):
    folder = real_data / "boundaries"
    layout = BoundaryLayout(("LSOA11CD",))
    plain = read(folder / "avon-and-somerset/lsoa2011_bgc_E06000023.geojson", layout=layout)
    topology = read(folder / "bristol_alt/topo_lsoa2011_E06000023.json", layout=layout)
    blocks = read(folder / "bristol_alt/oa2011_E06000023.json", layout=BoundaryLayout(("OA11CD",)))
    assert plain.codes.tolist() == topology.codes.tolist()
    assert len(topology.report.repaired) == 1
    assert len(blocks) == 1368
    middle = shapely.centroid(plain.geometry)
    assert shapely.distance(middle, shapely.centroid(topology.geometry)).max() < 100


def test_a_file_read_and_written_in_another_format_is_the_same_areas(real_data, tmp_path):
    source = real_data / "boundaries/avon-and-somerset/lsoa2011_bgc_E06000023.geojson"
    layout = BoundaryLayout(("LSOA11CD",), ("LSOA11NM",))
    plain = read(source, layout=layout)
    frame = geopandas.GeoDataFrame(
        {"LSOA11CD": plain.codes, "LSOA11NM": plain.names}, geometry=plain.geometry, crs=27700
    )
    for name in ("bristol.gpkg", "bristol.shp"):
        frame.to_file(tmp_path / name)
        again = read(tmp_path / name, layout=layout)
        assert again.codes.tolist() == plain.codes.tolist()
        assert again.names.tolist() == plain.names.tolist()
        assert shapely.equals_exact(again.geometry, plain.geometry, tolerance=0).all()


def test_districts_in_topojson_need_their_reference_system_said(real_data):
    path, layout = (
        real_data / "boundaries/lad/geogLA2021EW.topojson.json",
        BoundaryLayout(("AREACD",)),
    )
    with pytest.raises(BoundaryFault, match="does not say"):
        read(path, layout=layout)
    assert len(read(path, layout=layout, crs="EPSG:4326")) == 331


def test_the_national_file_of_2011_has_every_area(real_data):
    path = real_data / "boundaries/national/lsoa2011_bsc_v3_ew.geojson.gz"
    areas = read(path, layout=BoundaryLayout(("LSOA11CD",)))
    assert len(areas) == areas.report.features_read == 34_753
    assert len(areas.report.repaired) == 3


def test_the_national_archive_of_2021_names_its_duplicates_and_keeps_each_area_once(real_data):
    path = real_data / "boundaries/national/lsoa2021_bgc_by_lad_ew.tar.xz"
    areas = read(path, layout=BoundaryLayout(("LSOA21CD",)))
    assert areas.report.members == 321
    assert areas.report.features_read == 36_254
    assert len(areas) == np.unique(areas.codes).size == 35_672
    assert len(areas.report.identical_duplicates) == 582
    assert len(areas.report.repaired) == 8
    assert shapely.is_valid(areas.geometry).all()
    assert shapely.coverage_is_valid(areas.geometry)
