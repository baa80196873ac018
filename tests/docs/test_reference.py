"""The reference pages are as the code is, and leave nothing out."""

from pathlib import Path

import click
import pytest

from migrator.cli import COMMANDS, root
from migrator.cli.exits import MEANINGS
from migrator.config import Section, Settings
from migrator.lint.rule import all_rules
from migrator.metrics import describe
from migrator.phases.manifest import Manifest
from migrator.recipes import discover
from migrator.web.series import describe as of_the_web_server
from tests.docs import generate
from tests.docs.command_page import walk
from tests.docs.fact_pages import gate_modules, throttle_modules
from tests.docs.model_pages import keys_of

DOCS = generate.FOLDER
README = DOCS.parent / "README.md"


def _text(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def _headings(page: str) -> set[str]:
    return {line.removeprefix("## ") for line in _text(page).splitlines() if line.startswith("## ")}


@pytest.mark.parametrize("name", generate.PAGES)
def test_page_is_fresh(name: str) -> None:
    assert _text(name) == generate.page(name), "run `make docs` and commit the page"


def test_check_names_the_stale_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generate, "FOLDER", tmp_path)
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0
    (tmp_path / "metrics.md").write_text("as it was last year", encoding="utf-8")
    capsys.readouterr()
    assert generate.main(["--check"]) == 1
    assert capsys.readouterr().out == "docs/metrics.md is stale: run `make docs` and commit it.\n"


def test_every_page_says_that_it_is_generated() -> None:
    assert all("Generated from the code" in _text(name).splitlines()[0] for name in generate.PAGES)


def test_every_command_is_documented() -> None:
    context = click.Context(root, info_name="migrator")
    found = {inner.command_path for inner, _ in walk(root, context)}
    assert {path.split()[1] for path in found} == set(COMMANDS)
    assert found <= _headings("cli.md")


def test_every_command_and_option_says_what_it_does() -> None:
    for context, command in walk(root, click.Context(root, info_name="migrator")):
        assert command.help, context.command_path
        for parameter in command.params:
            described = not isinstance(parameter, click.Option) or parameter.hidden or parameter.help
            assert described, f"{context.command_path} {parameter.name}"


def test_the_help_of_the_root_is_that_of_the_commands() -> None:
    """The table in migrator.cli saves imports; its words must not drift from the commands' own."""
    context = click.Context(root, info_name="migrator")
    for name, (_, words) in COMMANDS.items():
        command = root.get_command(context, name)
        assert command is not None
        assert (command.help or "").startswith(words.removesuffix(".")), name


@pytest.mark.parametrize("code", MEANINGS)
def test_every_exit_code_is_documented(code: int) -> None:
    assert f"| {code} | " in _text("exit-codes.md")
    assert f"| {code} | " in README.read_text(encoding="utf-8")


def test_every_metric_is_documented() -> None:
    known = [*describe(), *of_the_web_server()]
    assert [series.name for series in known if f"| `{series.name}` |" not in _text("metrics.md")] == []


@pytest.mark.parametrize("model", [Settings, Manifest])
def test_every_key_says_what_it_is(model: type[Section]) -> None:
    assert [f"{key.section} {key.name}" for key in keys_of(model) if not key.meaning] == []


def test_every_rule_recipe_gate_and_throttle_is_documented() -> None:
    assert set(all_rules()) == _headings("rules.md")
    assert {kind.replace("_", "-") for kind in discover()} < _headings("recipes.md")
    assert {module.NAME for module in gate_modules()} == _headings("gates.md")
    names = {module.__name__.rpartition(".")[2].replace("_", "-") for module in throttle_modules()}
    assert names == _headings("throttles.md")
