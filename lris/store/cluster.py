"""The database server: the one that is named, or a private PostGIS cluster that lives in LRIS_HOME.

`database(settings)` lends its address for as long as the block lasts. The first to enter starts the
private server, the last to leave stops it; between them any number of processes share it. Who is
inside holds a shared lock on a file, so a process that dies leaves no debt: a server whose starter
was killed is picked up by the next.

Layout of LRIS_HOME: `cluster/` (the data directory, with `server.log`), `password` and `port` of
the listener on 127.0.0.1, `cluster.users` and `cluster.start` (locks).
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import pwd
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql

from lris.errors import ClusterFault
from lris.settings import Settings
from lris.store import provision
from lris.store.provision import MINIMUM_POSTGIS, MINIMUM_POSTGRES, Binaries

NAME = "lris"
"""The database, and the role that owns it."""

ROOM_TO_BEGIN = 1_000_000_000
"""Bytes that must be free before a cluster is made: the cluster itself and a first load's log."""

PATIENCE_S = 15.0
"""How long a server killed outright may hold on to what the next one needs."""

READY_WITHIN_S = 600.0
"""How long a server may take to replay its log after a crash."""

Say = Callable[[str], None]


@contextmanager
def database(settings: Settings, say: Say = lambda _: None) -> Iterator[str]:
    """Lend the address of a PostGIS database, `postgresql+psycopg://…`, while the block lasts.

    With `settings.database_url` that server is checked (reachable, PostgreSQL >= 14, PostGIS >=
    3.2) and its address lent. Otherwise the private cluster is made, started and later stopped as
    needed; `say` is told of each step that takes time. Raises ClusterFault, with what to do.
    """
    with _trouble_explained(settings):
        if settings.database_url:
            yield _checked(settings.database_url)
        else:
            with _private(settings.home.absolute(), say) as url:
                yield url


def describe(settings: Settings) -> dict[str, object]:
    """Tell about the database for `lris status`, starting nothing.

    Keys: `private`, `running`, `server_version`, `postgis_version`, `data_directory`, `size_bytes`,
    `port`, `address` (for other clients, without the password) and `password_file`. What is not
    known without starting the server is None.
    """
    if settings.database_url:
        return _description_of_given(settings.database_url)
    return _description_of_private(settings.home.absolute())


# The server that was named ----------------------------------------------------------------------


def _checked(url: str) -> str:
    conninfo = _conninfo(url)
    try:
        with psycopg.connect(conninfo, connect_timeout=10, autocommit=True) as connection:
            _check_versions(connection)
    except psycopg.OperationalError as error:
        raise ClusterFault(
            f"LRIS_DATABASE_URL names {_without_password(url)}, which cannot be reached: "
            f"{_one_line(error)}",
            remedy="start that server or correct the address; without LRIS_DATABASE_URL, LRIS "
            "starts a private one",
        ) from error
    return re.sub(r"^\w+", "postgresql+psycopg", conninfo, count=1)


def _conninfo(url: str) -> str:
    """Return the address as PostgreSQL's own clients read it."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.partition("+")[0] not in ("postgresql", "postgres"):
        raise ClusterFault(
            f"LRIS_DATABASE_URL begins {scheme!r}, which is no address of a PostgreSQL database",
            remedy="write it as postgresql://user:password@host:5432/database",
        )
    return f"postgresql://{rest}"


def _without_password(url: str) -> str:
    return re.sub(r"(://[^:@/]*):[^@/]*@", r"\1:…@", url)


def _check_versions(connection: psycopg.Connection) -> None:
    version = connection.info.server_version // 10_000
    if version < MINIMUM_POSTGRES:
        raise ClusterFault(
            f"The server is PostgreSQL {version}; LRIS needs {MINIMUM_POSTGRES} or later",
            remedy="name a later server in LRIS_DATABASE_URL",
        )
    found = _postgis_version(connection)
    if found is None or _pair(found) < MINIMUM_POSTGIS:
        least = ".".join(map(str, MINIMUM_POSTGIS))
        raise ClusterFault(
            f"The server has {f'PostGIS {found}' if found else 'no PostGIS'}; LRIS needs {least} "
            "or later",
            remedy="install it on that server (on Debian, the package postgresql-N-postgis-3)",
        )
    _ensure_postgis(connection)


def _postgis_version(connection: psycopg.Connection) -> str | None:
    row = connection.execute(
        "select coalesce(installed_version, default_version)"
        " from pg_available_extensions where name = 'postgis'"
    ).fetchone()
    return row[0] if row else None


def _pair(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])


def _ensure_postgis(connection: psycopg.Connection) -> None:
    if connection.execute("select 1 from pg_extension where extname = 'postgis'").fetchone():
        return
    try:
        connection.execute("create extension if not exists postgis")
    except psycopg.errors.InsufficientPrivilege as error:
        raise ClusterFault(
            f"The database {connection.info.dbname!r} has no postgis extension, and the role "
            f"{connection.info.user!r} may not make it",
            remedy="ask the server's administrator to run `create extension postgis` in it",
        ) from error


# The private cluster ----------------------------------------------------------------------------


@contextmanager
def _private(home: Path, say: Say) -> Iterator[str]:
    """Be one of the users of the private server."""
    _make_home(home)
    with _lock_file(home / "cluster.users") as users:
        try:
            yield _enter(home, users, say).url
        finally:
            _leave(home, users, say)


def _enter(home: Path, users: int, say: Say) -> _Server:
    """Take a share of the server, which then has the database we need."""
    try:
        with _alone(home):
            fcntl.flock(users, fcntl.LOCK_SH)
            server = _ensure_running(home, say)
            _ensure_database(home, server)
            return server
    except OSError as error:
        raise _fault_of_the_system(error, home) from error


def _leave(home: Path, users: int, say: Say) -> None:
    """Give up our share of the server; stop it where nobody else has one."""
    with _alone(home):
        fcntl.flock(users, fcntl.LOCK_UN)
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        if _postmaster(home / "cluster"):
            _stop(home, say)


def _make_home(home: Path) -> None:
    try:
        home.mkdir(parents=True, exist_ok=True)
        os.close(_open_lock(home / "cluster.start"))
    except OSError as error:
        raise _fault_of_the_system(error, home) from error


def _open_lock(path: Path) -> int:
    # For reading, since root and an ordinary user may take turns in one LRIS_HOME.
    return os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)


@contextmanager
def _lock_file(path: Path) -> Iterator[int]:
    handle = _open_lock(path)
    try:
        yield handle
    finally:
        os.close(handle)


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Hold the lock under which servers are started and stopped."""
    with _lock_file(home / "cluster.start") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@dataclass(frozen=True, slots=True)
class _Server:
    """A running postmaster, as its own pid file tells of it."""

    pid: int
    port: int
    sockets: Path

    @property
    def url(self) -> str:
        query = urlencode({"host": str(self.sockets), "port": self.port}, quote_via=quote)
        return f"postgresql+psycopg://{NAME}@/{NAME}?{query}"

    def connect(self, dbname: str) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.sockets),
            port=self.port,
            user=NAME,
            dbname=dbname,
            connect_timeout=10,
            autocommit=True,
        )


def _postmaster(data: Path) -> _Server | None:
    """Return the live postmaster of a data directory; a stale pid file counts as none."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        pid, port, sockets = int(lines[0]), int(lines[3]), lines[4]
    except (OSError, ValueError, IndexError):
        return None
    return _Server(abs(pid), port, Path(sockets)) if _works_in(abs(pid), data) else None


def _works_in(pid: int, data: Path) -> bool:
    """Say whether a process stands in the data directory, as every PostgreSQL process does."""
    try:
        return os.path.samestat(Path(f"/proc/{pid}/cwd").stat(), data.stat())
    except OSError:
        return False


def _ensure_running(home: Path, say: Say) -> _Server:
    """Return a server that answers: the one that runs, or a new one."""
    data = home / "cluster"
    if not (data / "PG_VERSION").exists():
        _make_cluster(home, say)
    begun = silent_since = time.monotonic()
    while True:
        server = _postmaster(data) or _start(home, say)
        try:
            server.connect("postgres").close()
        except psycopg.OperationalError as error:
            now = time.monotonic()
            if re.search("starting up|shutting down|recover", str(error)):
                silent_since = now
            if now - silent_since > PATIENCE_S or now - begun > READY_WITHIN_S:
                raise ClusterFault(
                    f"The database server of {home} runs (process {server.pid}) but does not "
                    f"answer: {_one_line(error)}",
                    remedy=f"look into {data / 'server.log'}; if another user runs it, let them "
                    "stop it; starting again is harmless",
                ) from error
            time.sleep(0.1)
        else:
            return server


# Who the server runs as -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Account:
    """How to be somebody PostgreSQL agrees to run as. PostgreSQL refuses root and the nameless.

    Either `before` puts a command into a user namespace in which we bear an ordinary name, or the
    command drops to `uid` and `gid`. With neither, we are fine as we are.
    """

    before: tuple[str, ...] = ()
    uid: int | None = None
    gid: int | None = None


def _account_for(data: Path) -> _Account:
    """Choose for a data directory that exists, heeding who owns it."""
    us = os.geteuid()
    if us != 0:
        return _Account() if _is_named(us) else _Account(before=_renamed() or _nameless(us))
    owner = data.stat()
    if owner.st_uid != 0:
        return _Account(uid=owner.st_uid, gid=owner.st_gid)
    if before := _renamed():
        return _Account(before=before)
    stand_in = _stand_in()
    _hand_over(data, stand_in)
    return _Account(uid=stand_in.pw_uid, gid=stand_in.pw_gid)


def _is_named(uid: int) -> bool:
    try:
        return bool(pwd.getpwuid(uid))
    except KeyError:
        return False


@cache
def _renamed() -> tuple[str, ...]:
    """Return the command that gives us a name in a namespace of our own; empty where forbidden."""
    unshare, name = shutil.which("unshare"), _stand_in()
    if not unshare:
        return ()
    ids = (f"--map-user={name.pw_uid}", f"--map-group={name.pw_gid}")
    before = (unshare, "--user", *ids, "--")
    tried = subprocess.run([*before, "true"], capture_output=True, check=False)
    return before if tried.returncode == 0 else ()


def _stand_in() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise ClusterFault(
        "PostgreSQL does not run as root, and this system has neither `postgres` nor `nobody`",
        remedy="start LRIS as an ordinary user",
    )


def _nameless(uid: int) -> tuple[str, ...]:
    raise ClusterFault(
        f"User {uid} has no name on this system, and PostgreSQL insists on one",
        remedy="give the user an entry in /etc/passwd, or start LRIS as one that has",
    )


def _hand_over(data: Path, to: pwd.struct_passwd) -> None:
    os.chown(data, to.pw_uid, to.pw_gid)
    for folder, folders, files in os.walk(data):
        for name in [*folders, *files]:
            os.chown(Path(folder) / name, to.pw_uid, to.pw_gid, follow_symlinks=False)


def _run(account: _Account, binaries: Binaries, data: Path, *words: str) -> tuple[int, str]:
    """Run one of PostgreSQL's programs on a data directory; its exit code and what it said."""
    handle = os.open(data, os.O_RDONLY)
    # A stand-in may be unable to walk down to the data directory (below /root, say), but it may
    # use a directory that was opened for it.
    place = f"/proc/self/fd/{handle}" if account.uid is not None else str(data)
    try:
        done = subprocess.run(
            [*account.before, binaries.program(words[0]), "-D", place]
            + [word.replace("{data}", place) for word in words[1:]],
            env=_plain_environment(binaries),
            user=account.uid,
            group=account.gid,
            extra_groups=[] if account.uid is not None else None,
            pass_fds=(handle,),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,  # a Ctrl-C is for us; we stop the server when we are done
            check=False,
        )
    finally:
        os.close(handle)
    return done.returncode, done.stdout


def _plain_environment(binaries: Binaries) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
    return {**kept, "LC_ALL": "C.UTF-8", **binaries.environment}


# Making, starting, stopping ---------------------------------------------------------------------


def _make_cluster(home: Path, say: Say) -> None:
    """Make the data directory beside its place and move it there whole."""
    _check_room(home)
    binaries = _binaries(home)
    say(f"Making a private PostgreSQL {binaries.major} cluster in {home / 'cluster'}")
    for left in home.glob("cluster.new-*"):
        shutil.rmtree(left, ignore_errors=True)
    new = Path(tempfile.mkdtemp(prefix="cluster.new-", dir=home))
    try:
        code, told = _run(
            _account_for(new),
            binaries,
            new,
            *("initdb", f"--username={NAME}", "--encoding=UTF8", "--locale=C.UTF-8"),
            *("--auth-local=trust", "--auth-host=scram-sha-256"),
        )
        if code:
            raise _fault_from(told, home)
        with (new / "postgresql.conf").open("a") as conf:
            conf.write("\ninclude = 'lris.conf'\n")
        new.rename(home / "cluster")
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _binaries(home: Path) -> Binaries:
    """Return the programs for the cluster of `home`: of its version where it exists."""
    found = provision.installed(home)
    if not found:
        raise ClusterFault(
            "There is no PostgreSQL with PostGIS here",
            remedy="run `make run`, which brings it in, or point LRIS_DATABASE_URL at a server "
            "that has it",
        )
    mark = home / "cluster" / "PG_VERSION"
    if not mark.exists():
        return found[0]
    version = mark.read_text().strip()
    for binaries in found:
        if str(binaries.major) == version:
            return binaries
    there = ", ".join(str(binaries.major) for binaries in found)
    raise ClusterFault(
        f"The cluster in {home / 'cluster'} was made by PostgreSQL {version}, and the version "
        f"here is {there}",
        remedy=f"install PostgreSQL {version} with PostGIS again; or move that folder away and "
        "start anew, which loads everything again from the publishers' files",
    )


def _start(home: Path, say: Say) -> _Server:
    """Start the server, waiting out what a killed one left behind."""
    data, binaries = home / "cluster", _binaries(home)
    account = _account_for(data)
    say(f"Starting PostgreSQL {binaries.major}")
    until = time.monotonic() + PATIENCE_S
    while True:
        _forget_stale_pid(data)
        _configure(home, account)
        told_before = _size(data / "server.log")
        code, told = _run(
            account,
            binaries,
            data,
            "pg_ctl",
            "start",
            "-s",
            "-w",
            "-t",
            f"{READY_WITHIN_S:.0f}",
            *_LOGGING,
        )
        server = _postmaster(data)
        if code == 0 and server:
            return server
        told += _tail(data / "server.log", told_before)
        if re.search("could not bind|could not create any TCP/IP sockets", told):
            (home / "port").unlink(missing_ok=True)
        elif server:
            return server
        elif not _PASSES.search(told):
            raise _fault_from(told, home)
        if time.monotonic() > until:
            raise _fault_from(told, home)
        time.sleep(0.3)


_LOGGING = ("-l", "{data}/server.log")

_PASSES = re.compile(
    "lock file .* already exists|pre-existing shared memory|still in use|bogus data in lock file"
)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _tail(path: Path, begin: int) -> str:
    if not path.exists():
        return ""
    with path.open("rb") as log:
        log.seek(begin)
        return log.read().decode(errors="replace")


def _forget_stale_pid(data: Path) -> None:
    """Remove a pid file whose number now belongs to a process that is not ours.

    PostgreSQL itself sees through a number that nobody has; after a reboot somebody may have it.
    Nothing is removed while any process still stands in the data directory.
    """
    mark = data / "postmaster.pid"
    if mark.exists() and not any(_works_in(pid, data) for pid in _processes()):
        mark.unlink()


def _processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _stop(home: Path, say: Say) -> None:
    data = home / "cluster"
    say("Stopping PostgreSQL")
    words = ("pg_ctl", "stop", "-s", "-w", "-m", "fast", "-t", "120")
    code, told = _run(_account_for(data), _binaries(home), data, *words)
    if code and _postmaster(data):
        say(f"PostgreSQL is still stopping: {_one_line(told)}")


# Its settings -----------------------------------------------------------------------------------


def _configure(home: Path, account: _Account) -> None:
    """Write the settings anew for each start: the machine and the free port may have changed."""
    data = home / "cluster"
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": _port(home),
        "unix_socket_directories": _socket_folder(data, account),
        "max_connections": 60,
        "shared_buffers": f"{_shared_buffers_mb()}MB",
        "dynamic_shared_memory_type": _shared_memory_type(),
        "random_page_cost": 1.1,
        "jit": "off",
        "wal_level": "minimal",
        "max_wal_senders": 0,
        "max_wal_size": "4GB",
        # A delivery is one transaction, so there are few commits, and one that was reported done
        # must survive the machine losing its power: both stay on.
        "fsync": "on",
        "synchronous_commit": "on",
        "autovacuum": "on",
        "timezone": _timezone(),
        "log_timezone": _timezone(),
    }
    lines = [f"{name} = '{_quoted(str(value))}'\n" for name, value in settings.items()]
    _write(data / "lris.conf", "".join(lines), account)
    _write(
        data / "pg_hba.conf",
        "# The socket lies in a folder that only its owner may enter.\n"
        "local all all trust\n"
        "host all all 127.0.0.1/32 scram-sha-256\n",
        account,
    )


def _quoted(value: str) -> str:
    return value.replace("'", "''")


def _write(path: Path, text: str, account: _Account) -> None:
    """Replace a file of the data directory in one go, and leave it the server's."""
    new = path.with_name(path.name + ".new")
    new.write_text(text)
    new.chmod(0o600)
    if account.uid is not None:
        os.chown(new, account.uid, account.gid if account.gid is not None else -1)
    new.replace(path)


def _port(home: Path) -> int:
    """Return the port of last time where it is free, since other clients remember it."""
    mark = home / "port"
    with suppress(OSError, ValueError):
        if _is_free(port := int(mark.read_text())):
            return port
    # Below the range from which systems hand out ports of their own accord.
    first = 15_000 + int(hashlib.sha256(bytes(home)).hexdigest(), 16) % 10_000
    port = next(port for port in range(first, 32_000) if _is_free(port))
    mark.write_text(f"{port}\n")
    return port


def _is_free(port: int) -> bool:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _socket_folder(data: Path, account: _Account) -> Path:
    """Return a folder for the socket: short, since a socket's path may have 107 bytes only."""
    owner = os.geteuid() if account.uid is None else account.uid
    temporary = Path(tempfile.gettempdir())
    if len(bytes(temporary)) > 60 or account.uid is not None:
        temporary = Path("/tmp")
    name = f"lris-{owner}-{hashlib.sha256(bytes(data)).hexdigest()[:10]}"
    folder = temporary / name
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        if account.uid is not None:
            os.chown(folder, account.uid, -1)
    found = folder.lstat()
    if not (found.st_mode & 0o170777 == 0o040700 and found.st_uid == owner):
        folder = Path(tempfile.mkdtemp(prefix="lris-", dir=temporary))
        if account.uid is not None:
            os.chown(folder, account.uid, -1)
    return folder


def _shared_buffers_mb() -> int:
    """An eighth of the memory, at least 128 MB and at most 2 GB."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    with suppress(OSError, ValueError):
        memory = min(memory, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return int(min(max(memory / 8 / 2**20, 128), 2048))


def _shared_memory_type() -> str:
    """Containers often give too little of the usual kind for a parallel query."""
    with suppress(OSError):
        if shutil.disk_usage("/dev/shm").total >= 256 * 2**20:
            return "posix"
    return "mmap"


def _timezone() -> str:
    return "UTC" if Path("/usr/share/zoneinfo/UTC").exists() else "GMT"


# The database inside ----------------------------------------------------------------------------


def _ensure_database(home: Path, server: _Server) -> None:
    with server.connect("postgres") as connection:
        if not connection.execute(
            "select 1 from pg_database where datname = %s", [NAME]
        ).fetchone():
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(NAME)))
        _ensure_password(home, connection)
    with server.connect(NAME) as connection:
        _check_versions(connection)


def _ensure_password(home: Path, connection: psycopg.Connection) -> None:
    """Give the listener on 127.0.0.1 a password, and keep it where only we can read it."""
    path = home / "password"
    row = connection.execute("select rolpassword from pg_authid where rolname = %s", [NAME])
    has_one = (found := row.fetchone()) is not None and found[0] is not None
    if has_one and path.exists():
        return
    password = secrets.token_urlsafe(24)
    new = path.with_name("password.new")
    new.unlink(missing_ok=True)
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(f"{password}\n")
    connection.execute(
        sql.SQL("alter role {} password {}").format(sql.Identifier(NAME), sql.Literal(password))
    )
    new.replace(path)


# Telling what is there --------------------------------------------------------------------------


def _description_of_given(url: str) -> dict[str, object]:
    told: dict[str, object] = {
        "private": False,
        "running": False,
        "server_version": None,
        "postgis_version": None,
        "data_directory": None,
        "size_bytes": None,
        "port": None,
        "address": _without_password(url),
        "password_file": None,
    }
    with (
        suppress(psycopg.Error),
        psycopg.connect(_conninfo(url), connect_timeout=10) as connection,
    ):
        told |= _from_inside(connection) | {"port": connection.info.port}
    return told


def _description_of_private(home: Path) -> dict[str, object]:
    data = home / "cluster"
    made = (data / "PG_VERSION").exists()
    server = _postmaster(data)
    told: dict[str, object] = {
        "private": True,
        "running": server is not None,
        "server_version": (data / "PG_VERSION").read_text().strip() if made else None,
        "postgis_version": None,
        "data_directory": str(data),
        "size_bytes": _size_on_disk(data) if made else 0,
        "port": server.port if server else None,
        "address": f"postgresql://{NAME}@127.0.0.1:{server.port}/{NAME}" if server else None,
        "password_file": str(home / "password") if made else None,
    }
    if server:
        with suppress(psycopg.Error), server.connect(NAME) as connection:
            told |= _from_inside(connection)
    return told


def _from_inside(connection: psycopg.Connection) -> dict[str, object]:
    version, size = connection.execute(
        "select current_setting('server_version'), pg_database_size(current_database())"
    ).fetchone() or (None, None)
    return {
        "running": True,
        "server_version": version,
        "postgis_version": _postgis_version(connection),
        "size_bytes": size,
    }


def _size_on_disk(folder: Path) -> int:
    size = 0
    for path, _, files in os.walk(folder):
        for name in files:
            with suppress(OSError):  # the server removes files while we look
                size += (Path(path) / name).stat().st_size
    return size


# Sentences --------------------------------------------------------------------------------------


@contextmanager
def _trouble_explained(settings: Settings) -> Iterator[None]:
    """Turn what the system or the server raises, here or in the block, into a ClusterFault.

    Only trouble of the server as such: a full disk, or a server that went away. A wrong statement
    goes through as it is.
    """
    home = settings.home
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
            raise
        raise _fault_of_the_system(error, home) from error
    except Exception as error:
        found = _from_the_server(error)
        if isinstance(found, psycopg.errors.DiskFull) or (found and _is_full(settings)):
            raise _full_disk(home) from error
        if isinstance(found, psycopg.errors.AdminShutdown | psycopg.errors.CrashShutdown) or (
            type(found) is psycopg.OperationalError and "connection" in str(found)
        ):
            raise ClusterFault(
                f"The database server went away while it was in use: {_one_line(found)}",
                remedy="start again; what had not been finished was undone by the server",
            ) from error
        raise


def _from_the_server(error: BaseException) -> psycopg.OperationalError | None:
    """Find the driver's own error, which SQLAlchemy carries as `orig`."""
    found = getattr(error, "orig", error)
    return found if isinstance(found, psycopg.OperationalError) else None


def _is_full(settings: Settings) -> bool:
    return not settings.database_url and shutil.disk_usage(settings.home).free < 32_000_000


def _full_disk(home: Path) -> ClusterFault:
    return ClusterFault(
        f"The disk that holds {home} is full",
        remedy="make room and start again; nothing half-done was kept",
    )


def _check_room(home: Path) -> None:
    free = shutil.disk_usage(home).free
    if free < ROOM_TO_BEGIN:
        raise ClusterFault(
            f"The disk that holds {home} has {free / 1e6:.0f} MB free, and a new database needs "
            f"{ROOM_TO_BEGIN / 1e6:.0f} MB",
            remedy="make room there, or set LRIS_HOME to a folder on a larger disk",
        )


def _fault_of_the_system(error: OSError, home: Path) -> ClusterFault:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _full_disk(home)
    return ClusterFault(
        f"{error.filename or home}: {error.strerror}",
        remedy="let the user who starts LRIS write there, or set LRIS_HOME to another folder",
    )


_SENTENCES = (
    ("No space left on device|Disk quota", "the disk is full", "make room and start again"),
    (
        "lock file .* already exists|pre-existing shared memory|still in use",
        "another server still holds the data directory",
        "wait for it to end, or stop the process that the log names, and start again",
    ),
    (
        "shared memory segment|map anonymous shared memory|Cannot allocate memory|Out of memory",
        "the system does not give PostgreSQL the memory it asks for",
        "stop other programs, or allow more memory (in a container: memory and --shm-size)",
    ),
    (
        "Permission denied|Operation not permitted|wrong ownership|Read-only file system",
        "the server may not read or write there",
        "give LRIS_HOME to the user who starts LRIS, or set it to another folder",
    ),
    (
        "incompatible with server",
        "the data directory is of another version of PostgreSQL",
        "install that version again, or move the folder away and start anew",
    ),
    (
        "error while loading shared libraries",
        "a library of PostgreSQL is missing",
        "install PostgreSQL and PostGIS again (`make run` does, once the broken one is removed)",
    ),
)


def _fault_from(told: str, home: Path) -> ClusterFault:
    """Translate what PostgreSQL's programs said into a sentence and what to do."""
    last = "\n    ".join([line for line in told.splitlines() if line.strip()][-6:])
    unknown = ("", "it does not say why", f"look into {home / 'cluster' / 'server.log'}")
    known = (row for row in _SENTENCES if re.search(row[0], told))
    _, sentence, remedy = next(known, unknown)
    return ClusterFault(
        f"The database server of {home} did not start: {sentence}\n    {last}\n ", remedy=remedy
    )


def _one_line(error: object) -> str:
    return " ".join(str(error).split())
