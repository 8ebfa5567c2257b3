import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lris.errors import ClusterFault
from lris.settings import PROJECT, Settings
from lris.store.provision import (
    UNPACKED,
    installed,
    provide_compiled,
    provide_environment,
    provide_page,
    provision,
)


def provisioning(home: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *options, "-m", "lris.store.provision"],
        cwd=PROJECT,
        env={**os.environ, "LRIS_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )


def unpack(home: Path, postgres: int, postgis: str) -> Path:
    """Lay out what Debian's packages would unpack to, with empty programs."""
    usr = home / UNPACKED / "usr"
    folder = usr / f"lib/postgresql/{postgres}/bin"
    extensions = usr / f"share/postgresql/{postgres}/extension"
    for path in (folder, extensions, usr / "lib/x86_64-linux-gnu/blas"):
        path.mkdir(parents=True)
    for name in ("initdb", "pg_ctl", "postgres"):
        (folder / name).touch()
    (extensions / "postgis.control").write_text(f"default_version = '{postgis}'\n")
    return folder


def lay_out_page(project: Path) -> Path:
    """A page of one source, built after it was written; its folder."""
    web = project / "api/web"
    for name in ("package.json", "package-lock.json", "src/page.ts"):
        (web / name).parent.mkdir(parents=True, exist_ok=True)
        (web / name).touch()
    for name in ("node_modules/.package-lock.json", "dist/index.html"):
        (web / name).parent.mkdir()
        (web / name).touch()
    return web


def npm_that_notes_what_it_is_asked(project: Path) -> Path:
    """A program of that name in the environment's folder, and where it writes its arguments."""
    asked, program = project / "asked", project / ".venv/bin/npm"
    program.parent.mkdir(parents=True)
    program.write_text(
        f'#!/bin/sh\necho "$@" >> {asked}\n'
        f"cd {project}/api/web\n"
        'case "$*" in *build*) touch dist/index.html; esac\n'
    )
    program.chmod(0o755)
    return asked


def test_it_runs_before_any_package_is_installed(tmp_path: Path) -> None:
    code = f"import sys; sys.path.insert(0, {str(PROJECT)!r}); import lris.store.provision"
    subprocess.run([sys.executable, "-I", "-S", "-c", code], cwd=tmp_path, check=True)


def test_what_is_unpacked_in_the_home_is_preferred_and_finds_its_own_libraries(
    tmp_path: Path,
) -> None:
    folder = unpack(tmp_path, 15, "3.3.2")
    first = installed(tmp_path)[0]
    assert (first.folder, first.major) == (folder, 15)
    assert first.program("initdb") == str(folder / "initdb")
    libraries = first.environment["LD_LIBRARY_PATH"].split(":")
    assert str(tmp_path / UNPACKED / "usr/lib/x86_64-linux-gnu/blas") in libraries
    assert first.environment["PROJ_DATA"] == str(tmp_path / UNPACKED / "usr/share/proj")


@pytest.mark.parametrize(("postgres", "postgis"), [(15, "3.1.9"), (13, "3.3.2")])
def test_a_version_too_old_does_not_count(tmp_path: Path, postgres: int, postgis: str) -> None:
    folder = unpack(tmp_path, postgres, postgis)
    assert folder not in [binaries.folder for binaries in installed(tmp_path)]


def test_a_server_without_postgis_does_not_count(tmp_path: Path) -> None:
    folder = unpack(tmp_path, 15, "3.3.2")
    for control in tmp_path.rglob("postgis.control"):
        control.unlink()
    assert folder not in [binaries.folder for binaries in installed(tmp_path)]


def test_a_home_that_cannot_be_made_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    done = provisioning(tmp_path / "file/home")
    assert done.returncode == ClusterFault.exit_code
    assert "Not a directory" in done.stderr
    assert "LRIS_HOME" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_that_is_none_is_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LRIS_PORT", "eighty")
    done = provisioning(tmp_path)
    assert done.returncode != 0
    assert "LRIS_PORT" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_environment_that_cannot_be_made_says_which_step_failed(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "requirements.lock").write_text("no-such-package==1 --hash=sha256:00\n")
    (project / "pyproject.toml").touch()
    (project / ".venv").write_text("a file where the folder should be")
    with pytest.raises(ClusterFault, match=r"-m venv.* failed") as fault:
        provide_environment(project, tmp_path, lambda _: None)
    assert "written" in fault.value.remedy


def test_where_all_is_in_place_nothing_is_said_or_done(tmp_path: Path) -> None:
    unpack(tmp_path, 15, "3.3.2")
    project = tmp_path / "project"
    (project / ".venv/bin").mkdir(parents=True)
    (project / ".venv/compiled").mkdir()
    (project / "lris/rules").mkdir(parents=True)
    for name in ("requirements.lock", "requirements-dev.lock", "pyproject.toml", ".venv/bin/lris"):
        (project / name).touch()
    lay_out_page(project)
    sources = [project / f"lris/rules/{name}.py" for name in ("placing_index", "hotspot_kernels")]
    for source in sources:
        source.write_text("# as it was compiled\n")
    times = " ".join(f"{one.stat().st_mtime_ns} {one.stat().st_size}" for one in sources)
    (tmp_path / "unpacking-of-a-run-that-was-killed").mkdir()
    said: list[str] = []
    mark = (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 "
        f"{'.'.join(map(str, sys.version_info[:3]))} {project}\n"
    )
    (project / ".venv/lris-stamp").write_text(mark)
    (project / ".venv/lris-stamp-of-checks").write_text(mark)
    stamp = project / ".venv/compiled/stamp"
    stamp.write_text(f"{times} {mark}")
    provision(Settings(home=tmp_path), said.append, project=project)
    provision(Settings(home=tmp_path), said.append, checks=True, project=project)
    assert said == []
    assert not list(tmp_path.glob("unpacking-*"))


def test_what_places_points_is_compiled_once_and_again_when_it_has_changed(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / ".venv/bin").mkdir(parents=True)
    python = project / ".venv/bin/python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    (project / "lris").symlink_to(PROJECT / "lris")
    for name in ("requirements.lock", "pyproject.toml"):
        (project / name).touch()
    said: list[str] = []
    for _ in range(2):
        provide_compiled(project, said.append)
    assert len(said) == 1
    assert list((project / ".venv/compiled").rglob("*.nbc"))
    (project / "requirements.lock").write_text("# newer packages\n")
    provide_compiled(project, said.append)
    assert len(said) == 2


def test_the_page_is_built_once_and_again_when_a_source_of_it_has_changed(tmp_path: Path) -> None:
    asked = npm_that_notes_what_it_is_asked(tmp_path)
    source = lay_out_page(tmp_path) / "src/page.ts"
    provide_page(tmp_path, lambda _: None)
    assert not asked.exists()
    later = source.stat().st_mtime_ns + 10**9
    os.utime(tmp_path / "api/web/node_modules/.package-lock.json", ns=(later, later))
    os.utime(source, ns=(later, later))
    provide_page(tmp_path, lambda _: None)
    told = asked.read_text().splitlines()
    assert [line.split("api/web ")[1] for line in told] == ["run build --silent"]


def test_the_packages_of_the_page_are_brought_in_anew_when_their_lock_is_newer(
    tmp_path: Path,
) -> None:
    asked = npm_that_notes_what_it_is_asked(tmp_path)
    web = lay_out_page(tmp_path)
    before = (web / "package-lock.json").stat().st_mtime_ns - 10**9
    for name in ("node_modules/.package-lock.json", "dist/index.html"):
        os.utime(web / name, ns=(before, before))
    provide_page(tmp_path, lambda _: None)
    told = [line.split("api/web ")[1] for line in asked.read_text().splitlines()]
    assert told == ["ci --no-audit --no-fund", "run build --silent"]


def test_a_page_that_cannot_be_built_says_what_went_wrong(tmp_path: Path) -> None:
    npm_that_notes_what_it_is_asked(tmp_path)
    (tmp_path / ".venv/bin/npm").write_text("#!/bin/sh\necho 'error: no room'; exit 1\n")
    (lay_out_page(tmp_path) / "dist/index.html").unlink()
    with pytest.raises(ClusterFault, match="error: no room"):
        provide_page(tmp_path, lambda _: None)


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_every_locked_package_is_pinned_with_its_hash(name: str) -> None:
    lock = (PROJECT / name).read_text()
    pinned = re.findall(r"^[a-z0-9][\w.-]*==\S+ (?:; .*)?\\\n +--hash=sha256:", lock, re.M)
    named = re.findall(r"^[a-zA-Z0-9]", lock, re.M)
    assert len(pinned) == len(named) > 0
    assert "://" not in lock


def test_the_checks_run_with_the_very_packages_that_lris_runs_with() -> None:
    running, checking = (
        set(re.findall(r"^[a-z0-9][^\\]*", (PROJECT / name).read_text(), re.M))
        for name in ("requirements.lock", "requirements-dev.lock")
    )
    assert running < checking
