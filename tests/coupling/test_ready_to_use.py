"""The GitHub Action, the CI templates and the hooks: their commands are run as they stand, without the forge."""

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from migrator.cli import root
from tests.coupling.repositories import Repo

ROOT = Path(__file__).parents[2]
ADD = "ALTER TABLE users ADD COLUMN mail text;\n"


def load(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def run(command: list[str], repo: Repo, **environment: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("GITHUB_", "CI", "GITLAB"))}
    return subprocess.run(
        command, cwd=repo.path, env={**clean, "PATH": path, **environment}, capture_output=True, text=True, check=False
    )


@pytest.fixture
def coupled(repo: Repo) -> Repo:
    repo.git("update-ref", "refs/remotes/origin/HEAD", "HEAD")
    repo.commit({"migrations/0001.sql": ADD, "src/a.py": "x = 1\n"})
    return repo


def test_all_lines_of_the_actions_arguments_count(coupled: Repo) -> None:
    step = load("action.yml")["runs"]["steps"][1]
    given = {"MIGRATOR_COMMAND": "coupling explain", "MIGRATOR_ARGS": "src/a.py\nmigrations/0001.sql\n"}
    done = run(["bash", "-e", "-c", step["run"]], coupled, **given)
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 2), done.stderr


def test_what_the_action_may_do_and_with_whose_token() -> None:
    """A fork's job has no secrets: an empty input falls back to the job's own token."""
    step = load("action.yml")["runs"]["steps"][1]
    assert step["env"]["MIGRATOR_TOKEN"] == "${{ inputs.token || github.token }}"
    assert "${{" not in step["run"]  # what a pull request writes is never part of the script
    workflow = load("examples/ci/github.yml")
    assert workflow["permissions"] == {"contents": "read", "pull-requests": "write"}
    assert workflow["jobs"]["coupling"]["steps"][0]["with"]["persist-credentials"] is False


@pytest.mark.parametrize(("command", "code"), [("coupling check", 1), ("lint rules", 0), ("coupling explain", 0)])
def test_the_action_runs_its_command(coupled: Repo, command: str, code: int) -> None:
    action = load("action.yml")
    install, step = action["runs"]["steps"]
    assert "$GITHUB_ACTION_PATH" in install["run"]
    given = {
        "command": command,
        "args": "src/a.py" if command.endswith("explain") else "",
        "comment": "false",
        "token": "",
    }
    environment = {name: given[value.split(".")[1].split(" ")[0]] for name, value in step["env"].items()}
    done = run(["bash", "-e", "-c", step["run"]], coupled, **environment)
    assert done.returncode == code, done.stderr
    assert set(given) | {"python"} == set(action["inputs"])


def commands(script: list[str]) -> list[list[str]]:
    return [shlex.split(line) for line in script if line.startswith("migrator ")]


def known_options(words: list[str]) -> set[str]:
    """Return the options of the command that the words name."""
    command: Any = root
    context: Any = None
    import click

    for word in words:
        if word.startswith("-") or not isinstance(command, click.Group):
            break
        context = click.Context(command, parent=context)
        command = command.get_command(context, word)
        assert command is not None, word
    if isinstance(command, click.Group):
        command = command.commands["files"]
    return {name for parameter in command.params for name in parameter.opts}


@pytest.mark.parametrize(
    "words", [w for job in load("examples/ci/gitlab.yml").values() for w in commands(job.get("script", []))]
)
def test_the_templates_name_real_commands(words: list[str]) -> None:
    options = {word.partition("=")[0] for word in words if word.startswith("--")}
    assert options <= known_options(words[1:])


def test_the_github_example_is_complete() -> None:
    workflow = load("examples/ci/github.yml")
    triggers = workflow[True]  # YAML reads the key `on` as true
    assert {"labeled", "unlabeled", "edited"} <= set(triggers["pull_request"]["types"])
    assert "merge_group" in triggers
    steps = workflow["jobs"]["coupling"]["steps"]
    assert steps[0]["with"]["fetch-depth"] == 0
    assert not any("paths" in (trigger or {}) for trigger in triggers.values())


def test_the_hooks_run(coupled: Repo) -> None:
    hooks = {hook["id"]: hook for hook in load(".pre-commit-hooks.yaml")}
    assert hooks.keys() == {"migrator-lint", "migrator-coupling"}
    done = run(shlex.split(hooks["migrator-coupling"]["entry"]), coupled)
    assert done.returncode == 1, done.stderr
    assert "CPL001" in done.stdout
