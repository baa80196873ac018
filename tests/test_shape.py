"""The shape of the code, as the house style asks for it; each test names what breaks it."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[1]
_PACKAGE = _ROOT / "migrator"
_SOURCES = sorted(
    path for folder in ("migrator", "tests", "benchmarks", "examples") for path in _ROOT.glob(f"{folder}/**/*.py")
)
_OURS = [path for path in _SOURCES if path.is_relative_to(_PACKAGE)]
_LONGEST_MODULE, _LONGEST_FUNCTION = 300, 50
_SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc"}
_HEAVY = {"pydantic", "psycopg", "sqlglot", "rich", "postgast", "prometheus_client", "tenacity", "packaging"}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def _name(path: Path) -> str:
    return str(path.relative_to(_ROOT))


@cache
def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(_text(path))


# One test for all modules: one for each would take longer to report than to run.
def test_modules_are_short_and_say_what_they_are() -> None:
    assert len(_SOURCES) > len(_OURS) > 100
    lengths = {_name(path): len(_text(path).splitlines()) for path in _SOURCES}
    assert {name: length for name, length in lengths.items() if length > _LONGEST_MODULE} == {}
    silent = [_name(path) for path in _SOURCES if not ast.get_docstring(_tree(path))]
    assert silent == [], "a module begins with its docstring"
    vague = [_name(path) for path in _SOURCES if path.stem in _SAY_NOTHING]
    assert vague == [], "a module is a noun that a DBA would recognise"


def test_functions_are_short() -> None:
    functions = [(path, node) for path in _SOURCES for node in ast.walk(_tree(path)) if isinstance(node, _FUNCTIONS)]
    lengths = {f"{_name(path)}: {node.name}": (node.end_lineno or 0) - node.lineno + 1 for path, node in functions}
    assert len(lengths) > 1000
    assert {name: length for name, length in lengths.items() if length > _LONGEST_FUNCTION} == {}


def test_the_wheel_takes_every_file_of_the_package() -> None:
    """The sandbox of an installed migrator did not start: a `.conf` was in the repository and not in the wheel."""
    settings = tomllib.loads(_text(_ROOT / "pyproject.toml"))
    patterns = settings["tool"]["setuptools"]["package-data"]["migrator"]
    packed = {path for pattern in patterns for path in _PACKAGE.glob(pattern)}
    files = {path for path in _PACKAGE.rglob("*") if path.is_file() and path.suffix not in {".py", ".pyc"}}
    assert {_name(path) for path in files - packed} == set()


def test_public_things_are_documented() -> None:
    public = [(path, node) for path in _OURS for node in _public(_tree(path))]
    assert len(public) > 500
    assert [f"{_name(path)}: {node.name}" for path, node in public if not ast.get_docstring(node)] == []


def _public(tree: ast.Module | ast.ClassDef) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    for node in tree.body:
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from _public(node)


@cache
def _imports(path: Path) -> set[str]:
    """Return the top-level names of all imports, also of those inside functions."""
    found: set[str] = set()
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_only_pg_imports_the_driver() -> None:
    importers = {_name(path) for path in _OURS if _imports(path) & {"psycopg", "psycopg_pool", "psycopg_binary"}}
    assert importers
    assert all(name.startswith("migrator/pg/") for name in importers), importers


def test_only_parse_imports_the_grammar() -> None:
    assert [_name(path) for path in _OURS if "postgast" in _imports(path)] == ["migrator/statements/parse.py"]


def _loaded_by(*arguments: str) -> set[str]:
    """Return the top-level modules that are loaded when the command has run."""
    code = "import sys\nfrom migrator.cli import root\nroot(sys.argv[1:], standalone_mode=False)\nprint(*sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True, cwd=_ROOT
    )
    return {name.partition(".")[0] for name in ran.stdout.splitlines()[-1].split()}


def test_help_loads_nothing_heavy() -> None:
    loaded = _loaded_by("--help")
    assert "click" in loaded
    assert loaded & _HEAVY == set()


def test_lint_loads_no_driver(tmp_path: Path) -> None:
    (tmp_path / "one.sql").write_text("CREATE TABLE t (id bigint PRIMARY KEY);\n", encoding="utf-8")
    loaded = _loaded_by("lint", str(tmp_path))
    assert "postgast" in loaded
    assert loaded & {"psycopg", "prometheus_client", "rich", "tenacity"} == set()


def test_tracked_files_name_no_registry_and_no_path_of_this_machine() -> None:
    hosts = ["pypi" + ".org", "files.python" + "hosted.org", "registry.npm" + "js.org"]
    words = [*hosts, *([f"{_ROOT}/"] if len(_ROOT.parts) > 2 else [])]
    pattern = re.compile("|".join(map(re.escape, words)).encode())
    found = {str(path): match[0] for path in _tracked() if (match := pattern.search(path.read_bytes()))}
    assert found == {}


def _tracked() -> list[Path]:
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False, cwd=_ROOT)
    if listed.returncode:
        pytest.skip("this is not a git checkout: nothing says which files are ours")
    return [path for name in listed.stdout.split("\0") if name and (path := _ROOT / name).is_file()]
