"""Make sure of PostGIS, a Python environment and the page, with nothing but `python3` at hand.

Run as `python3 -m lris.store.provision` before any environment exists, so this module and what it
imports keep to the standard library. It leaves behind

* PostgreSQL with PostGIS: the one already there, else Debian's packages, installed where we are
  allowed to install and merely unpacked into LRIS_HOME where we are not;
* `.venv` with exactly what `requirements.lock` names, `.venv/bin/lris`, and in `.venv/compiled`
  the compiled code that places points and finds hotspots;
* `api/web/dist`, the page;
* with `--checks`, what `make test` needs besides, as `requirements-dev.lock` names it.

PostGIS comes in while Python packages do, for neither needs the other. What is there already is
left alone: a second run only looks.
"""

from __future__ import annotations

import fcntl
import grp
import hashlib
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock

from lris.errors import ClusterFault, LrisError
from lris.settings import PROJECT, Settings
from lris.store import compiled

MINIMUM_POSTGRES = 14
MINIMUM_POSTGIS = (3, 2)
UNPACKED = "postgis"
"""The folder of LRIS_HOME that holds Debian's packages where they could not be installed."""

_PYTHON_MB = 340
_CHECKS_MB = 80
_PAGE_MB = 60
"""What the locked packages weigh on Linux, in MB."""

_CA_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
_CREATECLUSTER = Path("/etc/postgresql-common/createcluster.conf")

# Unpacking these beside the running system's own would put two C libraries in one process.
_OF_THE_BASE_SYSTEM = re.compile(
    r"(libc6|libc-bin|libc-l10n|locales|libcrypt1|libgcc-s1|gcc-\d+-base|perl|perl-base|"
    r"perl-modules-.*|libperl.*|dpkg|debconf|adduser|passwd|base-.*|init-system-helpers|"
    r"sysvinit-utils|util-linux|mount|tar|ucf|sensible-utils|ssl-cert|openssl|lsb-base|"
    r"postgresql-common.*|postgresql-client-common|libjson-perl|tzdata)"
)

Say = Callable[[str], None]
Fraction = Callable[[str], float | None]
"""Reads one line of a command's output; the share done so far (0 to 1) where the line tells."""


@dataclass(frozen=True, slots=True)
class Binaries:
    """A PostgreSQL that has PostGIS: its programs, and what they need in their environment."""

    folder: Path
    major: int
    environment: Mapping[str, str] = field(default_factory=dict)

    def program(self, name: str) -> str:
        """Return the path of `initdb`, `pg_ctl` or another program of the same version."""
        return str(self.folder / name)


# What is there ----------------------------------------------------------------------------------


def installed(home: Path) -> list[Binaries]:
    """List every PostgreSQL >= 14 with PostGIS >= 3.2 at hand, the preferred first.

    Looked for in `home`, in the project's own `.lris`, among Debian's packages and on PATH.
    """
    prefixes = dict.fromkeys([home / UNPACKED, PROJECT / ".lris" / UNPACKED])
    found = [binaries for prefix in prefixes for binaries in _unpacked_in(prefix)]
    found += _debian_binaries(Path("/"))
    return found or _binaries_on_path()


def _unpacked_in(prefix: Path) -> list[Binaries]:
    environment = _environment_of(prefix)
    return [Binaries(b.folder, b.major, environment) for b in _debian_binaries(prefix)]


def _debian_binaries(root: Path) -> list[Binaries]:
    found = [
        Binaries(folder, _leading_number(folder.parent.name))
        for folder in (root / "usr/lib/postgresql").glob("*/bin")
        if _usable(folder, root / "usr/share/postgresql" / folder.parent.name)
    ]
    late_enough = [binaries for binaries in found if binaries.major >= MINIMUM_POSTGRES]
    return sorted(late_enough, key=lambda binaries: binaries.major, reverse=True)


def _binaries_on_path() -> list[Binaries]:
    """Ask `pg_config`, which is how systems other than Debian say where PostgreSQL lies."""
    if not shutil.which("pg_config"):
        return []
    answer = subprocess.run(
        ["pg_config", "--bindir", "--sharedir", "--version"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.splitlines()
    if len(answer) != 3 or not _usable(Path(answer[0]), Path(answer[1])):
        return []
    major = _leading_number(answer[2].removeprefix("PostgreSQL "))
    return [Binaries(Path(answer[0]), major)] if major >= MINIMUM_POSTGRES else []


def _usable(folder: Path, share: Path) -> bool:
    if not all((folder / name).exists() for name in ("initdb", "pg_ctl", "postgres")):
        return False
    control = share / "extension" / "postgis.control"
    if not control.is_file():
        return False
    version = re.search(r"default_version\s*=\s*'(\d+)\.(\d+)", control.read_text())
    return version is not None and (int(version[1]), int(version[2])) >= MINIMUM_POSTGIS


def _environment_of(prefix: Path) -> dict[str, str]:
    usr = prefix / "usr"
    libraries = [usr / "lib", *prefix.glob("lib/*-linux-gnu*")]
    for folder in usr.glob("lib/*-linux-gnu*"):
        libraries += [folder, *(folder / name for name in ("blas", "lapack"))]
    before = os.environ.get("LD_LIBRARY_PATH")
    path = [str(folder) for folder in libraries if folder.is_dir()] + ([before] if before else [])
    return {
        "LD_LIBRARY_PATH": ":".join(path),
        "PROJ_DATA": str(usr / "share/proj"),
        "PROJ_LIB": str(usr / "share/proj"),
        "GDAL_DATA": str(usr / "share/gdal"),
    }


def _leading_number(text: str) -> int:
    digits = re.match(r"\d+", text)
    return int(digits[0]) if digits else 0


# Running commands, with a bar where there is somebody to see it -----------------------------------

_RUNNING: set[subprocess.Popen[str]] = set()
_LEAVING = Event()
_DRAWING = Lock()


def _together(*works: Callable[[], object]) -> None:
    """Do each work beside the others, the first on this thread; then raise the first fault of any.

    Where one fails the others go on, for what they bring in is kept; where we are interrupted they
    end with us.
    """
    with ThreadPoolExecutor(len(works)) as pool:
        others = [pool.submit(work) for work in works[1:]]
        try:
            works[0]()
        except KeyboardInterrupt:
            _LEAVING.set()
            for process in list(_RUNNING):
                process.terminate()
            raise
        for other in others:
            other.result()


def _run(
    command: Sequence[str],
    *,
    remedy: str,
    fraction: Fraction = lambda _: None,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    holding: tuple[int, ...] = (),
) -> None:
    """Run a command, draw how far it is, and on failure tell its last words and what to do.

    Locks it is `holding` stay held until it ends, even where we are killed before.
    """
    if _LEAVING.is_set():
        raise KeyboardInterrupt
    lines: list[str] = []
    with (
        subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            cwd=cwd,
            env=environment,
            pass_fds=holding,
        ) as process,
        _among_running(process),
        _bar() as draw,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            done = fraction(line)
            if done is None:
                lines.append(line.rstrip())
            else:
                draw(done)
    if process.returncode:
        told = "\n    ".join(_last_words(lines))
        raise ClusterFault(f"`{' '.join(command[:6])} …` failed:\n    {told}\n ", remedy=remedy)


@contextmanager
def _among_running(process: subprocess.Popen[str]) -> Iterator[None]:
    _RUNNING.add(process)
    try:
        yield
    finally:
        _RUNNING.discard(process)


def _last_words(lines: list[str]) -> list[str]:
    lines = [line for line in lines if line.strip()]
    faults = [line for line in lines if re.match(r"(E:|ERROR|Err:|error:)", line)]
    return (faults or lines)[-8:] or ["(it said nothing)"]


@contextmanager
def _bar() -> Iterator[Callable[[float], None]]:
    """Draw a progress bar on a terminal, one at a time; draw nothing elsewhere."""
    shown = sys.stderr.isatty() and _DRAWING.acquire(blocking=False)

    def draw(done: float) -> None:
        if shown:
            filled = int(40 * min(max(done, 0), 1))
            bar = "━" * filled + " " * (40 - filled)
            print(f"\r    {bar} {100 * done:3.0f} %", end="", file=sys.stderr, flush=True)

    try:
        yield draw
    finally:
        if shown:
            print("\r" + " " * 60 + "\r", end="", file=sys.stderr, flush=True)
            _DRAWING.release()


# Debian's packages ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Apt:
    """apt-get, as whoever may use it: `before` is sudo or nothing, `options` a private state."""

    before: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    def get(self, *words: str) -> list[str]:
        """Return the command line of an apt-get call."""
        return [*self.before, "apt-get", *self.options, "-q", "-y", *words]

    def update(self, say: Say) -> None:
        """Read the package lists anew; being unable to is no fault while old ones serve."""
        say("Reading the lists of Debian packages")
        try:
            _run(self.get("-o", "APT::Status-Fd=1", "update"), remedy="", fraction=_apt_fraction)
        except ClusterFault as fault:
            say(f"The package lists could not be read anew; going on with the old ones. {fault}")

    def postgis(self) -> str:
        """Return the package of PostGIS for the newest PostgreSQL on offer."""
        names = _lines_of(
            ["apt-cache", *self.options, "--names-only", "search", r"^postgresql-[0-9]+-postgis-3$"]
        )
        packages = [line.split()[0] for line in names]
        usable = [name for name in packages if _server(name) >= MINIMUM_POSTGRES]
        if not usable:
            raise ClusterFault(
                "Neither this system nor its package lists have PostGIS for PostgreSQL "
                f"{MINIMUM_POSTGRES} or later",
                remedy="check the network and /etc/apt/sources.list (on Ubuntu the component "
                "`universe` holds PostGIS), or point LRIS_DATABASE_URL at a server that has it",
            )
        present = [n for n in usable if Path(f"/usr/lib/postgresql/{_server(n)}/bin").is_dir()]
        return max(present or usable, key=_server)

    def to_download(self, *packages: str) -> list[tuple[str, int]]:
        """List what installing would bring in: the package's name and its size in bytes."""
        told = ["apt-get", *self.options, "-qq", "-y", "--print-uris"]
        lines = _lines_of([*told, *_ONLY_NEEDED, "install", *packages])
        parts = [line.split() for line in lines if line.startswith("'")]
        return [(part[1].split("_")[0], int(part[2])) for part in parts]


_ONLY_NEEDED = ("--no-install-recommends",)


def _server(package: str) -> int:
    return _leading_number(package.removeprefix("postgresql-"))


def _lines_of(command: Sequence[str]) -> list[str]:
    if not shutil.which(command[0]):
        raise ClusterFault(
            f"There is no PostGIS here and no {command[0]} to bring it in with",
            remedy=f"install PostgreSQL >= {MINIMUM_POSTGRES} with PostGIS >= 3.2 by your system's "
            "own means, or point LRIS_DATABASE_URL at a server that has it",
        )
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return answer.stdout.splitlines()


def _apt_fraction(line: str) -> float | None:
    """Read apt's status lines: the first half of the bar is fetching, the second installing."""
    parts = line.split(":")
    if parts[0] not in ("dlstatus", "pmstatus") or len(parts) < 4:
        return None
    share = float(parts[2]) / 200
    return share if parts[0] == "dlstatus" else 0.5 + share


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.0f} MB"


def _privileged_apt(say: Say) -> _Apt | None:
    """Return an apt-get that may install: as root, or through sudo where the user has it."""
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return _Apt()
    if not shutil.which("sudo"):
        return None
    if subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0:
        return _Apt(before=("sudo", "-n"))
    if not (sys.stdin.isatty() and _in_a_group_of_administrators()):
        return None
    say(
        "PostGIS can be installed for the whole system (your password, please), or, with Ctrl-D, "
        "unpacked for LRIS alone"
    )
    asked = subprocess.run(["sudo", "-v"], check=False).returncode
    return _Apt(before=("sudo", "-n")) if asked == 0 else None


def _in_a_group_of_administrators() -> bool:
    names = {group.gr_name for group in grp.getgrall() if group.gr_gid in os.getgroups()}
    return bool(names & {"sudo", "admin", "wheel"})


def _private_apt(folder: Path) -> _Apt:
    """Return an apt-get that keeps its state in `folder` and believes nothing is installed.

    Believing so, it names every library the server needs, and what is unpacked stands by itself.
    """
    for name in ("lists/partial", "archives/partial"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "status").touch()
    return _Apt(
        options=(
            *("-o", f"Dir::State::lists={folder}/lists"),
            *("-o", f"Dir::State::status={folder}/status"),
            *("-o", f"Dir::Cache={folder}"),
            *("-o", f"Dir::Cache::archives={folder}/archives"),
            *("-o", "Debug::NoLocking=1"),
            *("-o", "APT::Sandbox::User="),
            *("-o", "Acquire::Languages=none"),
        )
    )


# PostGIS ----------------------------------------------------------------------------------------


def provide_postgis(home: Path, say: Say) -> Binaries:
    """Return a PostgreSQL with PostGIS, installing or unpacking Debian's where there is none.

    Raises ClusterFault, saying what to do, where neither can be done.
    """
    if present := installed(home):
        return present[0]
    if apt := _privileged_apt(say):
        _install_postgis(apt, say)
    else:
        _unpack_postgis(home, say)
    present = installed(home)
    if not present:
        raise ClusterFault(
            "PostGIS was brought in, and yet no PostgreSQL here has it",
            remedy="point LRIS_DATABASE_URL at a server that has PostGIS",
        )
    return present[0]


def _install_postgis(apt: _Apt, say: Say) -> None:
    apt.update(say)
    packages = [apt.postgis()] + ([] if _CA_BUNDLE.exists() else ["ca-certificates"])
    wanted = apt.to_download(*packages)
    size = _megabytes(sum(size for _, size in wanted))
    say(f"Installing {packages[0]}: {len(wanted)} Debian packages, {size} to download")
    _prevent_a_cluster_of_debian(apt)
    quietly = [*apt.before, "env", "DEBIAN_FRONTEND=noninteractive", "UCF_FORCE_CONFFOLD=1"]
    install = _Apt().get(
        *("-o", "APT::Status-Fd=1", "-o", "Dpkg::Options::=--force-confold"),
        *("-o", "DPkg::Lock::Timeout=600", *_ONLY_NEEDED, "install"),
    )
    remedy = f"run `apt-get install {packages[0]}` as root, mend what it complains of, start again"
    try:
        _run([*quietly, *install, *packages], fraction=_apt_fraction, remedy=remedy)
    except ClusterFault:
        # A run that was killed leaves packages unpacked and not configured, and apt then refuses.
        _run([*quietly, "dpkg", "--configure", "-a"], remedy=remedy)
        _run([*quietly, *install, *packages], fraction=_apt_fraction, remedy=remedy)


def _prevent_a_cluster_of_debian(apt: _Apt) -> None:
    """Keep the packages from making and starting a cluster of their own on port 5432."""
    if _CREATECLUSTER.exists():
        return
    line = f"mkdir -p {_CREATECLUSTER.parent} && echo 'create_main_cluster = false' >"
    subprocess.run([*apt.before, "sh", "-c", f"{line} {_CREATECLUSTER}"], check=True)


def _unpack_postgis(home: Path, say: Say) -> None:
    """Unpack Debian's packages into LRIS_HOME, all or nothing."""
    with _scratch(home) as scratch:
        apt = _private_apt(scratch)
        apt.update(say)
        package = apt.postgis()
        wanted = [
            (name, size)
            for name, size in apt.to_download(package)
            if not _OF_THE_BASE_SYSTEM.fullmatch(name)
        ]
        size = sum(size for _, size in wanted)
        _check_room(home, 6 * size)
        say(
            f"Unpacking {package} into {home / UNPACKED}, since we may not install it: "
            f"{len(wanted)} Debian packages, {_megabytes(size)} to download"
        )
        prefix = scratch / "prefix"
        _unpack(apt, [name for name, _ in wanted], scratch / "debs", prefix)
        for control in prefix.glob("usr/share/postgresql/*/extension/*-3.control"):
            # A link that the package's own installation script would have made.
            shutil.copy(control, control.with_name(control.name.replace("-3.", ".")))
        shutil.rmtree(home / UNPACKED, ignore_errors=True)
        prefix.rename(home / UNPACKED)


def _unpack(apt: _Apt, names: Sequence[str], debs: Path, prefix: Path) -> None:
    debs.mkdir(exist_ok=True)
    prefix.mkdir(exist_ok=True)
    remedy = "check the network and the disk, and start again; nothing was left behind"
    _run(
        apt.get("-o", "APT::Status-Fd=1", "download", *names),
        cwd=debs,
        fraction=_apt_fraction,
        remedy=remedy,
    )
    for deb in sorted(debs.glob("*.deb")):
        _run(["dpkg", "-x", str(deb), str(prefix)], remedy=remedy)


@contextmanager
def _scratch(home: Path) -> Iterator[Path]:
    """Lend a folder inside LRIS_HOME, so that what is finished there can be moved in one go."""
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=home) as folder:
        yield Path(folder)


_SCRATCH = "unpacking-"


def _clear_scratch(home: Path) -> None:
    """Remove what a run that was killed left behind; not while another run is at it."""
    for left in home.glob(f"{_SCRATCH}*"):
        shutil.rmtree(left, ignore_errors=True)


def _check_room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise ClusterFault(
            f"{folder} has {_megabytes(free)} free, and {_megabytes(needed)} are needed",
            remedy="make room there, or set LRIS_HOME to a folder on a larger disk",
        )


# The Python environment -------------------------------------------------------------------------


def provide_environment(
    project: Path, home: Path, say: Say, *, holding: tuple[int, ...] = ()
) -> None:
    """Make `.venv` hold what `requirements.lock` names, and the project with its `lris` command.

    The stamp written last tells a finished environment from one whose making was interrupted.
    """
    venv, mark = project / ".venv", _mark_of(project)
    stamp = venv / "lris-stamp"
    if (venv / "bin/lris").exists() and _told_by(stamp) == mark:
        return
    if not (stamp.is_file() and _has_this_python(venv)):
        _make_venv(venv, home, say)
    stamp.unlink(missing_ok=True)
    _install(project, RUNNING, _PYTHON_MB, say, holding)
    _pip(venv, "--no-deps", "--no-build-isolation", "-e", str(project), holding=holding)
    stamp.write_text(mark)


def provide_checks(project: Path, say: Say, *, holding: tuple[int, ...] = ()) -> None:
    """Add to `.venv` what checks the project, as `requirements-dev.lock` names it."""
    stamp, mark = project / ".venv/lris-stamp-of-checks", _mark_of(project, CHECKING)
    if _told_by(stamp) != mark:
        stamp.unlink(missing_ok=True)
        _install(project, CHECKING, _CHECKS_MB, say, holding)
        stamp.write_text(mark)


RUNNING, CHECKING = "requirements.lock", "requirements-dev.lock"
"""What LRIS runs with; that and what its checks need besides."""


def _install(project: Path, lock: str, megabytes: int, say: Say, holding: tuple[int, ...]) -> None:
    venv = project / ".venv"
    names = re.findall(r"^[A-Za-z0-9][\w.-]*", (project / lock).read_text(), re.M)
    say(
        f"Installing the Python packages of {lock} into {venv}: "
        f"{len(set(names))} of them, about {megabytes} MB to download"
    )
    _pip(
        venv,
        *("--require-hashes", "-r", str(project / lock)),
        fraction=_pip_fraction(len(names)),
        holding=holding,
    )


def _pip(
    venv: Path,
    *words: str,
    fraction: Fraction = lambda _: None,
    holding: tuple[int, ...] = (),
) -> None:
    # Compiling every module takes longer than all else pip does, and most are never imported:
    # Python compiles each when it first is.
    _run(
        [*_pip_of(venv), "install", "--no-compile", *words],
        fraction=fraction,
        holding=holding,
        remedy="check the network and the disk, and start again, which is harmless",
    )


def _pip_of(venv: Path) -> list[str]:
    return [str(venv / "bin/python"), "-m", "pip", "--disable-pip-version-check"]


def _mark_of(project: Path, lock: str = RUNNING) -> str:
    """Return a mark that changes whenever the environment would have to be made again."""
    told = hashlib.sha256()
    for name in (lock, "pyproject.toml"):
        told.update((project / name).read_bytes())
    return f"{told.hexdigest()} {platform.python_version()} {project}\n"


def _told_by(stamp: Path) -> str:
    return stamp.read_text() if stamp.is_file() else ""


_COMPILED = ("lris/rules/placing_index.py", "lris/rules/hotspot_kernels.py")

_COMPILING = """
from shapely import box
from lris.rules.hotspot_kernels import compile_all
from lris.rules.placing import PlacingIndex
PlacingIndex([box(0, 0, 1, 1), box(1, 0, 2, 1)]).ready().place([0.5, 1.0], [0.5, 0.5])
compile_all()
"""


def provide_compiled(project: Path, say: Say, *, holding: tuple[int, ...] = ()) -> None:
    """Compile what places points and finds hotspots, so that no user waits for a compiler.

    The stamp changes whenever numba would compile again: it, too, goes by time and size.
    """
    venv = project / ".venv"
    folder = venv / compiled.FOLDER
    sources = [(project / name).stat() for name in _COMPILED]
    times = " ".join(f"{source.st_mtime_ns} {source.st_size}" for source in sources)
    mark = f"{times} {_mark_of(project)}"
    if compiled.stamp_in(folder) == mark:
        return
    say("Compiling what places points and finds hotspots, once: some twenty seconds")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    _run(
        ["env", f"{compiled.VARIABLE}={folder}", str(venv / "bin/python"), "-c", _COMPILING],
        cwd=project,
        holding=holding,
        remedy="remove .venv and start again, so that the packages are installed anew",
    )
    (folder / compiled.STAMP).write_text(mark)


def _make_venv(venv: Path, home: Path, say: Say) -> None:
    say(f"Making a Python environment in {venv}")
    whole = importlib.util.find_spec("ensurepip") is not None
    _run(
        [sys.executable, "-m", "venv", "--clear", *([] if whole else ["--without-pip"]), str(venv)],
        remedy=f"check that {venv.parent} can be written to",
    )
    if not whole:
        _bring_pip(venv / "bin/python", home, say)


def _has_this_python(venv: Path) -> bool:
    python = venv / "bin/python"
    asked = "import sys, pip; print(*sys.version_info[:2])"
    return python.exists() and subprocess.run(
        [python, "-c", asked], capture_output=True, text=True, check=False
    ).stdout.split() == [str(part) for part in sys.version_info[:2]]


def _bring_pip(python: Path, home: Path, say: Say) -> None:
    """Take pip out of the Debian package that carries it as a wheel; Debian splits it from Python.

    The wheel can be run as it lies, so it installs itself.
    """
    say("Fetching pip, which this Python comes without")
    with _scratch(home) as scratch:
        apt = _private_apt(scratch)
        apt.update(say)
        _unpack(apt, ["python3-pip-whl"], scratch / "debs", scratch / "prefix")
        wheel = next(map(str, scratch.glob("prefix/usr/share/python-wheels/pip-*.whl")), None)
        if wheel is None:
            raise ClusterFault(
                "The package python3-pip-whl holds no pip",
                remedy="install python3-venv (`apt-get install python3-venv`) and start again",
            )
        _run(
            [str(python), f"{wheel}/pip", "install", "--no-index", "--no-deps", wheel],
            remedy="install python3-venv (`apt-get install python3-venv`) and start again",
        )


def _pip_fraction(count: int) -> Fraction:
    seen = 0

    def fraction(line: str) -> float | None:
        nonlocal seen
        if line.startswith("Installing collected packages"):
            return 1.0
        if not line.startswith(("Collecting ", "Requirement already satisfied")):
            return None
        seen += 1
        return min(seen / count, 1.0)

    return fraction


# The page ---------------------------------------------------------------------------------------


def provide_page(project: Path, say: Say, *, holding: tuple[int, ...] = ()) -> None:
    """Build the page where its sources are newer than what was built of them."""
    web = project / "api/web"
    packages, page = web / "node_modules/.package-lock.json", web / "dist/index.html"
    named = [web / "package.json", web / "package-lock.json"]
    if not _is_as_new_as(packages, named):
        say(f"Installing the page's JavaScript packages: about {_PAGE_MB} MB to download")
        _npm(project, "ci", "--no-audit", "--no-fund", holding=holding)
        packages.touch()
    if not _is_as_new_as(page, [packages, *_sources_of(web)]):
        say("Building the page")
        _npm(project, "run", "build", "--silent", holding=holding)


def _npm(project: Path, *words: str, holding: tuple[int, ...]) -> None:
    programs = f"{project / '.venv/bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    _run(
        ["npm", "--prefix", str(project / "api/web"), *words],
        environment={**os.environ, "PATH": programs},
        holding=holding,
        remedy="check the network and the disk, and start again, which is harmless",
    )


def _sources_of(web: Path) -> Iterator[Path]:
    for path in web.iterdir():
        if path.name not in ("node_modules", "dist"):
            yield from (each for each in (path, *path.rglob("*")) if each.is_file())


def _is_as_new_as(made: Path, sources: Iterable[Path]) -> bool:
    return made.is_file() and all(
        made.stat().st_mtime_ns >= source.stat().st_mtime_ns for source in sources
    )


# The whole --------------------------------------------------------------------------------------


def provision(
    settings: Settings, say: Say, *, checks: bool = False, project: Path = PROJECT
) -> None:
    """Make sure of everything; where all is there, only look. One run at a time for each home."""
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        with (settings.home / "provision.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            _clear_scratch(settings.home)
            _provide_all(settings, say, checks, project, holding=(lock.fileno(),))
    except OSError as error:
        raise ClusterFault(
            f"{error.filename or settings.home}: {error.strerror}",
            remedy="make it a folder you may write to, or set LRIS_HOME to one that is",
        ) from error


def _provide_all(
    settings: Settings, say: Say, checks: bool, project: Path, *, holding: tuple[int, ...]
) -> None:
    def database() -> None:
        if not settings.database_url:
            provide_postgis(settings.home, say)

    def program() -> None:
        provide_environment(project, settings.home, say, holding=holding)
        if checks:
            provide_checks(project, say, holding=holding)
        _together(
            lambda: provide_compiled(project, say, holding=holding),
            lambda: provide_page(project, say, holding=holding),
        )

    # The database comes first, on this thread, because a password may have to be asked for.
    _together(database, program)


def _say(line: str) -> None:
    print(f"• {line}", file=sys.stderr, flush=True)


def main() -> int:
    """Provision as the environment says, with `--checks` for checking too; 0 when all is there."""
    try:
        provision(Settings.from_environment(), _say, checks="--checks" in sys.argv[1:])
    except LrisError as fault:
        print(f"✗ {fault}", file=sys.stderr)
        return fault.exit_code
    except KeyboardInterrupt:
        print("\n✗ Stopped. What is finished is kept; start again to go on.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
