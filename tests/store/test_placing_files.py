"""Placing indexes in files: opened as they were made, never trusted when damaged, shared."""

import multiprocessing
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
import shapely
from shapely import Polygon, box

from lris.rules import placing
from lris.rules.placing import PlacingIndex, place_by_geos
from lris.settings import PROJECT
from lris.store.areas import Edition, EditionAreas
from lris.store.placing_files import drop_others, keeper, kept

RING = Polygon(box(0, 0, 10, 10).exterior, [box(4, 4, 6, 6).exterior])
PAIR = shapely.MultiPolygon([box(20, 0, 30, 10), box(40, 0, 50, 10)])
NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
SHAPES = (RING, PAIR, box(10, 0, 20, 10), shapely.MultiPolygon())
X, Y = np.random.default_rng(5).integers(-2, 102, (2, 4000)) / 2


def edition(shapes=SHAPES, number=1, vintage="lsoa_2021", sealed=NOON):
    return EditionAreas(
        Edition(number, vintage, number, "published", "BGC", {}, sealed),
        np.arange(len(shapes)),
        tuple(f"E0100000{at}" for at in range(len(shapes))),
        ("",) * len(shapes),
        np.array(shapes, dtype=object),
    )


def index_of(folder, areas):
    return PlacingIndex(areas.geometry, keeper(folder, areas.edition)).ready()


def refused():
    raise AssertionError("it was made anew")


def the_file(folder):
    [path] = folder.iterdir()
    return path


def test_an_index_opened_from_its_file_answers_as_the_one_made(tmp_path):
    areas = edition()
    made = index_of(tmp_path / "index", areas).place(X, Y)
    assert keeper(tmp_path / "index", areas.edition)(refused).keys()
    opened = index_of(tmp_path / "index", areas).place(X, Y)
    assert np.array_equal(made, place_by_geos(X, Y, areas.geometry))
    assert np.array_equal(opened, made)


def test_the_file_is_mapped_and_not_read_and_cannot_be_written_through(tmp_path):
    areas = edition()
    index_of(tmp_path, areas)
    arrays = keeper(tmp_path, areas.edition)(refused)
    assert all(not array.flags.owndata and not array.flags.writeable for array in arrays.values())
    assert str(the_file(tmp_path)) in Path("/proc/self/maps").read_text()


def test_a_file_is_plain_numpy(tmp_path):
    index_of(tmp_path, edition())
    record = np.load(the_file(tmp_path), mmap_mode="r")
    assert {"xy", "rings", "block"} <= set(record.dtype.names)


@pytest.mark.parametrize("shapes", [(), (shapely.MultiPolygon(),)], ids=["none", "empty"])
def test_an_index_of_nothing_can_be_kept(tmp_path, shapes):
    areas = edition(shapes)
    index_of(tmp_path, areas)
    assert index_of(tmp_path, areas).place([0.0, np.nan], [0.0, 0.0]).tolist() == [-1, -1]


def flipped(whole, at):
    return whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]


SPOILED = {
    "empty": lambda whole: b"",
    "cut": lambda whole: whole[:-8],
    "cut to its header": lambda whole: whole[:128],
    "longer": lambda whole: whole + b"\0",
    "another byte in the header": lambda whole: flipped(whole, 40),
    "another byte in the middle": lambda whole: flipped(whole, len(whole) // 2),
    "another digest": lambda whole: flipped(whole, len(whole) - 1),
    "another file": lambda whole: b"area_code,x,y\n" * 50,
}


@pytest.mark.parametrize("how", SPOILED)
def test_a_damaged_file_is_not_trusted_but_made_anew(tmp_path, how):
    areas = edition()
    index_of(tmp_path, areas)
    path = the_file(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(SPOILED[how](whole))
    placed = index_of(tmp_path, areas).place(X, Y)
    assert np.array_equal(placed, place_by_geos(X, Y, areas.geometry))
    assert path.read_bytes() == whole
    assert the_file(tmp_path) == path


def test_other_vintages_editions_moments_and_formats_have_files_of_their_own(tmp_path, monkeypatch):
    first = edition()
    of_another_database = edition(sealed=NOON + timedelta(microseconds=1))
    for areas in (first, of_another_database, edition(vintage="msoa_2021"), edition(number=2)):
        index_of(tmp_path, areas)
    assert len(list(tmp_path.iterdir())) == 4
    monkeypatch.setattr("lris.store.placing_files.FORMAT", placing.FORMAT + 1)
    index_of(tmp_path, first)
    assert len(list(tmp_path.iterdir())) == 5


def test_the_moment_of_publication_names_a_file_whatever_time_zone_it_is_told_in(tmp_path):
    index_of(tmp_path, edition())
    elsewhere = edition(sealed=NOON.astimezone(timezone(timedelta(hours=5))))
    assert keeper(tmp_path, elsewhere.edition)(refused).keys()


def test_an_index_from_its_file_draws_the_polygons_it_was_made_from(tmp_path):
    areas = edition()
    index_of(tmp_path, areas)
    arrays = kept(tmp_path, areas.edition)
    assert arrays is not None
    drawn = PlacingIndex.kept(arrays).outlines(np.array([2, 0, 1]))
    assert shapely.equals_exact(
        shapely.normalize(drawn),
        shapely.normalize([shapely.MultiPolygon([SHAPES[2]]), shapely.MultiPolygon([RING]), PAIR]),
    ).all()
    few = PlacingIndex.kept(arrays).place(X[:50], Y[:50])
    assert np.array_equal(few, place_by_geos(X[:50], Y[:50], areas.geometry))
    assert kept(tmp_path, edition(number=2).edition) is None
    assert kept(None, areas.edition) is None


def test_the_files_of_other_editions_are_removed_and_what_is_open_goes_on(tmp_path):
    old, new = edition(), edition(number=2)
    opened = PlacingIndex(old.geometry, keeper(tmp_path, old.edition)).ready()
    other = edition(vintage="msoa_2021")
    for areas in (new, other):
        index_of(tmp_path, areas)
    (tmp_path / ".lsoa_2021-1-00.npy.77-ab").write_bytes(b"left by a process that was killed")
    (tmp_path / "somebody_elses.npy").touch()
    drop_others(tmp_path, new.edition)
    names = sorted("-".join(path.name.split("-")[:2]) for path in tmp_path.iterdir())
    assert names == ["lsoa_2021-2", "msoa_2021-1", "somebody_elses.npy"]
    assert np.array_equal(opened.place(X, Y), place_by_geos(X, Y, old.geometry))


def test_where_nothing_can_be_kept_points_are_placed_all_the_same(tmp_path):
    (tmp_path / "index").write_text("a file where the folder should be")
    areas = edition()
    placed = index_of(tmp_path / "index", areas).place(X, Y)
    assert np.array_equal(placed, place_by_geos(X, Y, areas.geometry))
    assert keeper(None, areas.edition) is None


def answers(folder):
    return index_of(folder, edition()).place(X, Y).tolist()


def test_processes_that_need_one_index_at_the_same_time_share_one_file(tmp_path):
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        told = pool.map(answers, [tmp_path] * 6)
    assert told == [place_by_geos(X, Y, edition().geometry).tolist()] * 6
    assert the_file(tmp_path).suffix == ".npy"


def test_nothing_is_compiled_again_for_an_index_that_was_opened(tmp_path, monkeypatch):
    """One compiled function serves the index that was made and the one that was mapped."""
    monkeypatch.setattr(placing, "MANY_POINTS", 0)
    PlacingIndex(edition().geometry).ready().place(X, Y)
    index_of(tmp_path, edition()).place(X, Y)
    from lris.rules.placing_index import locate

    assert len(locate.signatures) == 1


# ---------------------------------------------------------------- the compiler's own files

PLACING = """
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from lris.store.compiled import keep_compiled
sys.prefix = sys.argv[1]
keep_compiled(Path(sys.argv[2]))
import os
print(os.environ.get("NUMBA_CACHE_DIR", ""))
"""


def where_compiled(prefix, home, **more):
    kept = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    done = subprocess.run(
        [sys.executable, "-c", PLACING, str(prefix), str(home)],
        env=kept | more,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_compiled_code_is_kept_beside_the_environment_where_that_can_be_written_to(tmp_path):
    (tmp_path / "venv/compiled").mkdir(parents=True)
    assert where_compiled(tmp_path / "venv", tmp_path) == str(tmp_path / "venv/compiled")


def test_compiled_code_is_kept_where_the_environment_variable_says(tmp_path):
    (tmp_path / "venv/compiled").mkdir(parents=True)
    assert where_compiled(tmp_path / "venv", tmp_path, NUMBA_CACHE_DIR="/elsewhere") == "/elsewhere"


def test_without_a_folder_beside_the_environment_compiled_code_is_kept_in_the_home(tmp_path):
    assert where_compiled(tmp_path / "venv", tmp_path) == str(tmp_path / "compiled")
