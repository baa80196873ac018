"""examples/deploy: the files parse, say why, and name only commands, options and addresses that exist."""

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import click
import pytest
import yaml
from starlette.routing import Match

from migrator.cli import root
from migrator.phases.folder import PHASES
from migrator.web.app import Views, routes

_FOLDER = Path(__file__).parents[2] / "examples" / "deploy"
_FILES = sorted([*_FOLDER.rglob("*.yaml"), *_FOLDER.rglob("*.yml")])
_METHODS = {"Canary": "POST", "AnalysisTemplate": "GET", "Deployment": "GET"}


def _id(path: Path) -> str:
    return str(path.relative_to(_FOLDER))


def _documents(path: Path) -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", list(yaml.safe_load_all(path.read_text(encoding="utf-8"))))


def _values(node: object, *keys: str) -> Iterator[Any]:
    """Yield what stands under one of the keys, at any depth."""
    if isinstance(node, dict):
        for key, value in cast("dict[str, object]", node).items():
            if key in keys:
                yield value
            yield from _values(value, *keys)
    elif isinstance(node, list):
        for value in cast("list[object]", node):
            yield from _values(value, *keys)


def _commands(document: object) -> Iterator[list[str]]:
    for value in _values(document, "command", "run"):
        if isinstance(value, list):
            yield cast("list[str]", value)
        else:
            lines = str(value).splitlines()
            inner = [text for line in lines for text in re.findall(r"\$\((migrator [^)]*)\)", line)]
            texts = [line.partition(" | ")[0] for line in [*lines, *inner]]
            yield from (shlex.split(text) for text in texts if text.startswith("migrator "))


_COMMANDS = [(path, words) for path in _FILES for document in _documents(path) for words in _commands(document)]


def test_each_deploy_system_has_an_example() -> None:
    folders = {path.parent.name for path in _FILES}
    assert folders == {"helm", "argo-cd", "argo-rollouts", "flagger", "github", "serve"}


@pytest.mark.parametrize("path", _FILES, ids=_id)
def test_an_example_says_why(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("# ")
    assert all(isinstance(document, dict) for document in _documents(path))


@pytest.mark.parametrize("words", [words for _, words in _COMMANDS], ids=[f"{_id(p)} {w[1]}" for p, w in _COMMANDS])
def test_commands_are_real(words: list[str]) -> None:
    """click reads the whole line, so an option or a value that does not exist is an error."""
    assert words[0] == "migrator"
    context = click.Context(root, info_name="migrator")
    command: click.Command = root
    rest = words[1:]
    while isinstance(command, click.Group):
        found = command.get_command(context, rest[0])
        if found is None and "show" in command.commands:  # `gate ID` is short for `gate show ID`
            found, rest = command.commands["show"], ["show", *rest]
        assert found is not None, words
        context, command, rest = click.Context(found, info_name=rest[0], parent=context), found, rest[1:]
    command.parse_args(context, rest)


def test_hooks_of_a_release_only_expand() -> None:
    for name in ("helm", "argo-cd"):
        words = [words for path, words in _COMMANDS if path.parent.name == name]
        assert words == [["migrator", "expand", "--all"]]


def _addresses() -> Iterator[tuple[str, str]]:
    for path in _FILES:
        for document in _documents(path):
            method = _METHODS.get(str(document.get("kind")), "GET")
            yield from ((method, urlsplit(str(url)).path) for url in _values(document, "url"))
            yield from ((method, probe["path"]) for probe in _values(document, "httpGet"))
            yield from ((method, str(address)) for address in _values(document, "prometheus.io/path"))


@pytest.mark.parametrize(("method", "path"), sorted(set(_addresses())))
def test_addresses_are_real(method: str, path: str) -> None:
    path = path.replace("{{args.migration}}", "20260901_users_email_to_mail")
    known = routes(cast("Views", _AnyView()))
    scope: dict[str, Any] = {"type": "http", "method": method, "path": path, "headers": []}
    matched = [(route, found) for route in known for how, found in [route.matches(scope)] if how is Match.FULL]
    assert len(matched) == 1, path
    phase = matched[0][1]["path_params"].get("phase")
    assert phase is None or phase in PHASES


class _AnyView:
    """Stands for the endpoints: only the addresses are looked at."""

    def __getattr__(self, name: str) -> Callable[[object], None]:
        return self._answer

    def _answer(self, _: object) -> None:
        raise AssertionError("nobody asks")


def test_the_addresses_asked_are_those_of_flagger_argo_prometheus_and_kubernetes() -> None:
    prefixes = {path.split("/")[1] for _, path in _addresses()}
    assert prefixes == {"gate", "api", "metrics", "healthz"}
