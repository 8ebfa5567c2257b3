from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from lris.errors import FileFault
from lris.sources.archives import Bounds, Kind, members, unpacked

TEXT = b"month,place\n2018-10,Quay Street\n2018-10,Mill Lane\n"
HASH = hashlib.sha256(TEXT).hexdigest()


def tar_of(entries: dict[str, bytes | None], mode: str = "w") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for name, content in entries.items():
            info = tarfile.TarInfo(name)
            if content is None:
                info.type = tarfile.DIRTYPE
            info.size = len(content or b"")
            archive.addfile(info, io.BytesIO(content or b""))
    return buffer.getvalue()


def zip_of(entries: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def packed_as(suffix: str) -> bytes:
    entries = {"2018-10/places.csv": TEXT}
    packings = {
        ".csv": lambda: TEXT,
        ".csv.gz": lambda: gzip.compress(TEXT, mtime=0),
        ".csv.xz": lambda: lzma.compress(TEXT),
        ".zip": lambda: zip_of(entries),
        ".tar": lambda: tar_of(entries),
        ".tar.gz": lambda: tar_of(entries, "w:gz"),
        ".tgz": lambda: tar_of(entries, "w:gz"),
        ".tar.xz": lambda: tar_of(entries, "w:xz"),
    }
    return packings[suffix]()


def written(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "suffix", [".csv", ".csv.gz", ".csv.xz", ".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz"]
)
def test_the_same_content_has_the_same_hash_however_it_is_packed(tmp_path, suffix):
    path = written(tmp_path, "places" + suffix, packed_as(suffix))
    found = [(m.path.read_bytes(), m.sha256, m.bytes) for m in members(path)]
    assert found == [(TEXT, HASH, len(TEXT))]


def test_a_member_is_shown_by_archive_and_name(tmp_path):
    path = written(tmp_path, "x.tar.xz", tar_of({"2018-10/a.csv": TEXT}, "w:xz"))
    assert [m.name for m in members(path)] == ["x.tar.xz!2018-10/a.csv"]


def test_a_folder_is_read_in_order_with_archives_opened(tmp_path):
    written(tmp_path, "d/b.csv", b"b\n")
    written(tmp_path, "d/a/z.csv.gz", gzip.compress(b"z\n", mtime=0))
    written(tmp_path, "d/c.zip", zip_of({"in.csv": b"c\n"}))
    written(tmp_path, "d/.hidden", b"?")
    assert [(m.name, m.path.read_bytes()) for m in members(tmp_path / "d")] == [
        ("d/a/z.csv.gz", b"z\n"),
        ("d/b.csv", b"b\n"),
        ("d/c.zip!in.csv", b"c\n"),
    ]


def test_files_that_are_not_wanted_are_left_out_by_name(tmp_path):
    path = written(tmp_path, "m.zip", zip_of({"a-street.csv": TEXT, "a-outcomes.csv": b"x\n"}))
    names = [m.name for m in members(path, wanted=lambda name: name.endswith("-street.csv"))]
    assert names == ["m.zip!a-street.csv"]


def test_directories_and_the_litter_of_file_managers_are_passed_over(tmp_path):
    entries = {"d": None, "__MACOSX/d/._a.csv": b"x", "d/.DS_Store": b"x", "d/a.csv": TEXT}
    path = written(tmp_path, "m.tar", tar_of(entries))
    assert [m.name for m in members(path)] == ["m.tar!d/a.csv"]


def test_a_spooled_member_is_removed_when_the_next_is_asked_for(tmp_path):
    path = written(tmp_path, "m.zip", zip_of({"a.csv": TEXT, "b.csv": TEXT}))
    walk = members(path)
    first = next(walk)
    assert first.path.exists()
    second = next(walk)
    assert not first.path.exists()
    walk.close()
    assert not second.path.exists()


@pytest.mark.parametrize("suffix", [".csv.gz", ".csv.xz", ".zip", ".tar", ".tar.gz", ".tar.xz"])
def test_a_truncated_file_is_a_fault_and_hands_out_nothing(tmp_path, suffix):
    body = os.urandom(300_000)
    packings = {
        ".csv.gz": lambda: gzip.compress(body, mtime=0),
        ".csv.xz": lambda: lzma.compress(body),
        ".zip": lambda: zip_of({"a.csv": body}),
        ".tar": lambda: tar_of({"a.csv": body}),
        ".tar.gz": lambda: tar_of({"a.csv": body}, "w:gz"),
        ".tar.xz": lambda: tar_of({"a.csv": body}, "w:xz"),
    }
    path = written(tmp_path, "m" + suffix, packings[suffix]()[:200_000])
    handed_out = []
    with pytest.raises(FileFault, match="damaged or cut short"):
        handed_out.extend(members(path))
    assert handed_out == []


def test_a_damaged_byte_inside_a_gzip_is_a_fault(tmp_path):
    packed = bytearray(gzip.compress(os.urandom(10_000)))
    packed[-6] ^= 0xFF
    with pytest.raises(FileFault, match="damaged"):
        list(members(written(tmp_path, "m.csv.gz", bytes(packed))))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_a_link_or_device_in_a_tar_is_refused(tmp_path, kind):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        info = tarfile.TarInfo("a.csv")
        info.type, info.linkname = kind, "/etc/passwd"
        archive.addfile(info)
    with pytest.raises(FileFault, match="link or a device"):
        list(members(written(tmp_path, "m.tar", buffer.getvalue())))


def test_a_link_in_a_folder_is_refused(tmp_path):
    written(tmp_path, "real.csv", TEXT)
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "a.csv").symlink_to(tmp_path / "real.csv")
    with pytest.raises(FileFault, match="link"):
        list(members(tmp_path / "d"))


@pytest.mark.parametrize("name", ["../../etc/cron.d/x.csv", "/etc/x.csv", "C:/x.csv"])
def test_a_name_that_points_outside_the_archive_is_refused(tmp_path, name):
    for archive in (
        written(tmp_path, "m.zip", zip_of({name: TEXT})),
        written(tmp_path, "m.tar", tar_of({name: TEXT})),
    ):
        with pytest.raises(FileFault, match="outside the archive"):
            list(members(archive))


def test_control_characters_in_a_name_are_not_shown(tmp_path):
    path = written(tmp_path, "m.zip", zip_of({"a\x1b[2J.csv": TEXT}))
    assert [m.name for m in members(path)] == ["m.zip!a�[2J.csv"]


def test_an_archive_within_an_archive_is_refused(tmp_path):
    inner = zip_of({"a.csv": TEXT})
    for path in (
        written(tmp_path, "outer.zip", zip_of({"inner.zip": inner})),
        written(tmp_path, "disguised.zip", zip_of({"inner.csv": inner})),
        written(tmp_path, "outer.tar", tar_of({"inner.csv.gz": gzip.compress(TEXT, mtime=0)})),
    ):
        with pytest.raises(FileFault, match="archive within an archive"):
            list(members(path))


def test_a_workbook_inside_a_zip_is_a_file_and_no_archive(tmp_path):
    book = zip_of({"xl/workbook.xml": b"<x/>"})
    path = written(tmp_path, "m.zip", zip_of({"figures.xlsx": book}))
    assert [m.path.suffix for m in members(path)] == [".xlsx"]


@pytest.mark.parametrize("suffix", [".csv.gz", ".csv.xz", ".zip", ".tar.xz"])
def test_a_bomb_is_refused_before_it_fills_the_disk(tmp_path, suffix):
    zeros = bytes(3 << 20)
    packings = {
        ".csv.gz": lambda: gzip.compress(zeros, mtime=0),
        ".csv.xz": lambda: lzma.compress(zeros),
        ".zip": lambda: zip_of({"a.csv": zeros}),
        ".tar.xz": lambda: tar_of({"a.csv": zeros}, "w:xz"),
    }
    path = written(tmp_path, "m" + suffix, packings[suffix]())
    with pytest.raises(FileFault, match="out of all proportion"):
        list(members(path, bounds=Bounds(ratio=100, free_bytes=1 << 20)))


def test_many_small_members_together_count_towards_the_bound(tmp_path):
    path = written(tmp_path, "m.zip", zip_of({f"{n}.csv": bytes(1 << 19) for n in range(8)}))
    with pytest.raises(FileFault, match="out of all proportion"):
        list(members(path, bounds=Bounds(ratio=10, free_bytes=1 << 20)))


def test_an_archive_of_too_many_files_is_refused(tmp_path):
    path = written(tmp_path, "m.zip", zip_of({f"{n}.csv": b"x\n" for n in range(12)}))
    with pytest.raises(FileFault, match="more than 10 files"):
        list(members(path, bounds=Bounds(most_members=10)))


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("page.csv.gz", b"<!doctype html><html>", "something else"),
        ("page.zip", b"<!doctype html><html>", "something else"),
        ("hidden.csv", gzip.compress(TEXT, mtime=0), "its content is gzip"),
        ("m.7z", b"7z\xbc\xaf\x27\x1c", "not opened"),
    ],
)
def test_a_name_that_does_not_tell_the_truth_is_a_fault(tmp_path, name, content, says):
    with pytest.raises(FileFault, match=says):
        list(members(written(tmp_path, name, content)))


def test_a_file_that_is_not_there_is_a_fault_with_its_path(tmp_path):
    with pytest.raises(FileFault, match="no such file"):
        list(members(tmp_path / "gone.csv"))


# ------------------------------------------------------------------ side by side

CHARTS = Kind("chart", endings=frozenset({".chart"}), siblings=frozenset({".chart", ".key"}))


def test_siblings_lie_side_by_side_however_they_came(tmp_path):
    parts = {"deep/Quay.CHART": b"chart", "deep/quay.key": b"key", "deep/notes.txt": b"x"}
    plain = written(tmp_path, "plain/Quay.CHART", b"chart")
    written(tmp_path, "plain/Quay.key", b"key")
    zipped = written(tmp_path, "m.zip", zip_of(parts))
    tarred = written(tmp_path, "m.download", tar_of(parts, "w:xz"))
    with unpacked([plain, zipped, tarred], CHARTS) as laid:
        assert [m.name for m in laid] == [
            "Quay.CHART",
            "m.zip!deep/Quay.CHART",
            "m.download!deep/Quay.CHART",
        ]
        for member in laid:
            assert member.path.read_bytes() == b"chart"
            assert member.path.with_suffix(".key").read_bytes() == b"key"
    assert not laid[0].path.parent.exists()
    assert plain.exists()


def test_nothing_laid_out_bears_the_name_an_archive_gave_it(tmp_path):
    path = written(tmp_path, "m.zip", zip_of({"-rf; $(x).chart": b"1", "b.chart": b"2"}))
    with unpacked([path], CHARTS) as laid:
        assert {m.path.name for m in laid} == {"00000.chart", "00001.chart"}


def test_archives_of_one_name_in_two_folders_are_kept_apart(tmp_path):
    paths = [
        written(tmp_path, f"{n}/m.zip", zip_of({"a.chart": n.encode(), "a.key": n.encode()}))
        for n in ("first", "second")
    ]
    with unpacked(paths, CHARTS) as laid:
        both = [(m.path.read_text(), m.path.with_suffix(".key").read_text()) for m in laid]
    assert both == [("first", "first"), ("second", "second")]


def test_two_files_of_one_name_with_siblings_are_refused(tmp_path):
    path = written(tmp_path, "m.tar", tar_of({"a.chart": b"1", "A.chart": b"2"}))
    with pytest.raises(FileFault, match="there twice"), unpacked([path], CHARTS):
        pass


def test_a_link_in_a_folder_is_not_laid_out(tmp_path):
    real = written(tmp_path, "real.chart", b"1")
    (tmp_path / "d").mkdir()
    (tmp_path / "d/a.chart").symlink_to(real)
    with pytest.raises(FileFault, match="link"), unpacked([tmp_path / "d"], CHARTS):
        pass


def test_the_bounds_are_for_all_that_is_laid_out_together(tmp_path):
    paths = [written(tmp_path, f"{n}.zip", zip_of({"a.chart": b"x" * 600})) for n in range(2)]
    with unpacked(paths[:1], CHARTS, bounds=Bounds(most_bytes=1000)) as laid:
        assert len(laid) == 1
    for bounds in (Bounds(most_bytes=1000), Bounds(most_members=1)):
        with pytest.raises(FileFault, match="more than"), unpacked(paths, CHARTS, bounds=bounds):
            pass


def test_an_encrypted_member_is_named(tmp_path):
    packed = bytearray(zip_of({"a.chart": b"1"}))
    packed[6] |= 1
    packed[packed.index(b"PK\x01\x02") + 8] |= 1
    path = written(tmp_path, "m.zip", bytes(packed))
    with pytest.raises(FileFault, match=r"a\.chart: it is encrypted"), unpacked([path], CHARTS):
        pass


def test_the_national_month_holds_the_forces_file_under_its_own_hash(real_data):
    plain = real_data / "crime/avon-and-somerset/2018-10-avon-and-somerset-street.csv"
    archive = next((real_data / "crime/national").glob("2018-10*.tar.xz"))
    (alone,) = members(plain)
    inside = {m.name.rpartition("/")[2]: m.sha256 for m in members(archive)}
    assert len(inside) == 39
    assert inside[plain.name] == alone.sha256
