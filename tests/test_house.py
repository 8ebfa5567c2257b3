"""The house rules: who may import whom, what stays pure, how long a function may be."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from lris.settings import PROJECT

ROOMS = ("lris", "api", "migrations")
FLOORS = ("ground", "rules", "catalogue", "shelf", "verbs", "doorstep")
GROUND = {"lris.terms", "lris.errors", "lris.settings"}
DATABASE = {"sqlalchemy", "psycopg", "geoalchemy2", "alembic"}
IMPURE = DATABASE | {
    "os",
    "pathlib",
    "io",
    "socket",
    "subprocess",
    "shutil",
    "tempfile",
    "time",
    "random",
    "urllib",
    "httpx",
    "requests",
}
LONGEST_LINES = 80


def sources() -> list[Path]:
    return sorted(
        path
        for room in ROOMS
        for path in (PROJECT / room).rglob("*.py")
        if "node_modules" not in path.parts
    )


def name_of(path: Path) -> str:
    parts = path.relative_to(PROJECT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


MODULES = {name_of(path): path for path in sources()}


def imports(path: Path) -> Iterator[str]:
    """Every module a file imports, at its top or inside a function."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import hides which room it enters"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in MODULES else str(node.module)


def floor(module: str) -> int:
    """How high a module of ours lives; it may import what lives as high or lower."""
    first, _, rest = module.partition(".")
    if first in ("api", "migrations") or module.startswith("lris.cli"):
        return FLOORS.index("doorstep")
    if module in GROUND or module == "lris":
        return FLOORS.index("ground")
    room = rest.partition(".")[0]
    if room in ("rules", "catalogue"):
        return FLOORS.index(room)
    return FLOORS.index("shelf" if room in ("sources", "store") else "verbs")


def own_imports() -> list[tuple[str, str]]:
    return [
        (importer, imported)
        for importer, path in MODULES.items()
        for imported in imports(path)
        if imported.partition(".")[0] in ROOMS
    ]


def test_there_is_something_to_look_at():
    assert {"lris.load", "lris.rules.routing", "lris.store.areas", "api.app"} <= set(MODULES)
    assert ("lris.load", "lris.catalogue") in own_imports()


def test_imports_go_down_only():
    upward = [
        f"{importer} imports {imported}"
        for importer, imported in own_imports()
        if floor(imported) > floor(importer)
    ]
    assert upward == []


def test_readers_and_tables_do_not_know_each_other():
    mixed = [
        f"{importer} imports {imported}"
        for importer, imported in own_imports()
        for one, other in (("lris.sources", "lris.store"), ("lris.store", "lris.sources"))
        if importer.startswith(one) and imported.startswith(other)
    ]
    assert mixed == []


def test_the_ground_knows_nothing_of_the_rooms_above():
    known = {imported for importer, imported in own_imports() if importer in GROUND}
    assert known <= GROUND


def test_only_the_store_the_session_and_the_migrations_speak_to_the_database():
    elsewhere = [
        f"{module} imports {imported}"
        for module, path in MODULES.items()
        for imported in imports(path)
        if imported.partition(".")[0] in DATABASE
        and not module.startswith(("lris.store", "migrations"))
        and module != "lris.session"
    ]
    assert elsewhere == []


def test_the_service_decides_nothing():
    forbidden = ("lris.store", "lris.sources", "lris.rules")
    reached = [
        f"{importer} imports {imported}"
        for importer, imported in own_imports()
        if importer.startswith("api") and imported.startswith(forbidden)
    ]
    assert reached == []


def test_the_library_does_not_know_that_it_is_on_the_web_or_a_command():
    for module, path in MODULES.items():
        if module.startswith("lris") and not module.startswith("lris.cli"):
            roots = {name.partition(".")[0] for name in imports(path)}
            assert not roots & {"fastapi", "starlette", "uvicorn", "typer", "api"}, module


@pytest.mark.parametrize("module", [m for m in MODULES if m.startswith("lris.rules")])
def test_rules_touch_no_file_clock_network_or_database(module: str):
    assert not {name.partition(".")[0] for name in imports(MODULES[module])} & IMPURE
    for node in ast.walk(tree(MODULES[module])):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in ("open", "print", "input"), f"{module}:{node.lineno} {called}()"
            assert called.rpartition(".")[2] not in ("now", "today", "utcnow"), (
                f"{module}: {called}"
            )


def test_importing_everything_opens_nothing_and_starts_nothing():
    """No database, network, file for writing or process may be touched by an import."""
    names = [m for m in MODULES if not m.startswith("migrations")]
    program = """
import sys, importlib, threading
seen = []
def watch(event, args):
    if args and "__pycache__" in str(args[0]):  # compiled code beside its source
        return
    if event in ("socket.connect", "socket.bind", "subprocess.Popen", "os.system", "os.mkdir"):
        seen.append((event, repr(args)))
    if event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+"):
        seen.append((event, repr(args)))
sys.dont_write_bytecode = True
before = threading.active_count()
import psycopg, folium, geopandas, typer, uvicorn, fastapi  # what is not ours may do as it likes
sys.addaudithook(watch)
for name in sys.argv[1:]:
    importlib.import_module(name)
assert not seen, seen
assert threading.active_count() == before, threading.enumerate()
"""
    done = subprocess.run(
        [sys.executable, "-c", program, *names], cwd=PROJECT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_every_module_can_be_imported_without_a_setting(tmp_path: Path):
    bare = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", "import api.app, lris.cli"],
        cwd=PROJECT,
        env=bare,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []


def test_no_room_is_called_after_nothing():
    empty = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc", "data"}
    assert [m for m in MODULES if empty & set(m.split("."))] == []


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_no_function_is_longer_than_a_screen():
    """Migrations are lists of tables, written by machine."""
    long = [
        f"{module}.{one.name}: {length} lines"
        for module, path in MODULES.items()
        if not module.startswith("migrations.versions")
        for one in functions(path)
        if (length := (one.end_lineno or one.lineno) - one.lineno + 1) > LONGEST_LINES
    ]
    assert long == []


def public_definitions(body: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, ast.AST]]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if node.name.startswith("_"):
                continue
            yield prefix + node.name, node
            if isinstance(node, ast.ClassDef):
                yield from public_definitions(node.body, f"{prefix}{node.name}.")


@pytest.mark.parametrize("module", [m for m in MODULES if not m.startswith("migrations")])
def test_everything_public_says_what_it_is_for(module: str):
    module_tree = tree(MODULES[module])
    if module_tree.body:
        assert ast.get_docstring(module_tree), f"{module} does not say what it is for"
    silent = [
        name for name, node in public_definitions(module_tree.body) if not ast.get_docstring(node)
    ]
    assert silent == []


def test_no_fault_is_swallowed():
    """A bare or a wide `except` that carries on hides what went wrong."""
    wide = [
        f"{module}:{node.lineno}"
        for module, path in MODULES.items()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in ("Exception", "BaseException"))
        and not any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
    ]
    assert wide == []


def test_sql_files_open_with_what_they_return():
    files = sorted((PROJECT / "lris" / "store" / "sql").glob("*.sql"))
    assert files
    for file in files:
        assert file.read_text("utf-8").startswith("-- "), f"{file.name} does not say what it is for"


def test_every_sql_file_is_used():
    said = "".join(
        path.read_text("utf-8") for name, path in MODULES.items() if name.startswith("lris.store")
    )
    unused = [
        file.stem
        for file in (PROJECT / "lris" / "store" / "sql").glob("*.sql")
        if f'"{file.stem}"' not in said
    ]
    assert unused == []
