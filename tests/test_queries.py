"""Named queries: each that the code asks for exists, each in a file is asked for, each says why it is there."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[1]
_FILES = sorted((_ROOT / "migrator").glob("*/sql/*.sql"))
_MODULES = sorted((_ROOT / "migrator").rglob("*.py"))
_NAME = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)
_NAMES = {file.stem: _NAME.findall(file.read_text(encoding="utf-8")) for file in _FILES}
_FULL = {f"{stem}.{name}" for stem, names in _NAMES.items() for name in names}
_ASKED = re.compile(rf"({'|'.join(_NAMES)})\.\w+\Z")


def _id(path: Path) -> str:
    return str(path.relative_to(_ROOT))


def test_files_have_different_names() -> None:
    """So that `state.audit` says which file it is in, and the tests below can tell."""
    assert len(_NAMES) == len(_FILES)


@pytest.mark.parametrize("file", _FILES, ids=_id)
def test_each_query_has_one_name_and_a_line_of_why(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    head, *parts = _NAME.split(text)
    assert head.strip() == "", "a file begins with its first query"
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        assert body.lstrip("\n").startswith("-- "), f"{name} does not say why"
        assert body.rstrip().endswith(";"), f"{name} does not end with a semicolon"
    assert len(set(parts[::2])) == len(parts[::2])


def test_every_query_asked_for_exists() -> None:
    assert sorted(name for path in _MODULES for name in _asked(path) if name not in _FULL) == []


def test_every_query_is_asked_for() -> None:
    used = {name for path in _MODULES for name in (*_asked(path), *_possible(path))}
    assert sorted(_FULL - used) == []


def _asked(path: Path) -> Iterator[str]:
    """Yield the names that go to `query`, or to a function that puts the file's name in front."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    adds = {node.name: stem for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) for stem in _stems(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            words = [text for argument in node.args for text in _texts(argument)]
            if node.func.id == "query":
                yield from (word for word in words if _ASKED.match(word))
            elif node.func.id in adds:
                yield from (f"{adds[node.func.id]}.{word}" for word in words if word.isidentifier())


def _possible(path: Path) -> Iterator[str]:
    """Yield what the module can reach: the full names that it holds, and with names that it puts together any word."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    yield from set(_texts(tree)) & _FULL
    words = _words()
    yield from (f"{stem}.{name}" for stem in _stems(tree) for name in _NAMES[stem] if name in words)


@cache
def _words() -> frozenset[str]:
    """Return every text of the code that could be a name."""
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in _MODULES)
    return frozenset(text for tree in trees for text in _texts(tree) if text.isidentifier())


def _stems(tree: ast.AST) -> Iterator[str]:
    """Yield `state` for each f-string that begins with `state.`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) and isinstance(first := node.values[0], ast.Constant):
            stem = str(first.value).removesuffix(".")
            if stem in _NAMES and stem != first.value:
                yield stem


def _texts(tree: ast.AST) -> Iterator[str]:
    return (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
