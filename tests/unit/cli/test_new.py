"""`migrator new`: options from the recipes' fields, a folder written whole, refusals that write nothing."""

import json
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from migrator.cli.context import Session
from migrator.cli.new import new
from migrator.errors import MigratorError, RecipeRefused
from migrator.recipes import discover

RENAME = ["rename-column", "--table", "users", "--from", "email", "--to", "mail"]


@pytest.fixture(autouse=True)
def _no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MIGRATOR_DSN", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001_base.sql").write_text("CREATE TABLE users (id int PRIMARY KEY, email text);")
    (tmp_path / "migrator.toml").write_text('owner = "team-identity"')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*arguments: str) -> Result:
    return CliRunner().invoke(new, arguments, obj=Session())


def folders(project: Path) -> list[Path]:
    return [path for path in (project / "migrations").iterdir() if path.is_dir()]


def test_there_is_a_command_for_every_recipe() -> None:
    listed = call("--help").output
    for kind, recipe in discover().items():
        assert kind.replace("_", "-") in listed
        help_text = call(kind.replace("_", "-"), "--help").output
        assert "--contract-by" in help_text
        required = {field.alias or name for name, field in recipe.model_fields.items() if field.is_required()}
        assert required
        assert all(f"--{name.replace('_', '-')}" in help_text for name in required)


def test_a_rename_is_written_whole(project: Path) -> None:
    result = call(*RENAME, "--requires", "checkout=>=1.42", "--contract-by", "2026-12-15", "--approvals", "2")
    assert result.exit_code == 0, result.output
    (folder,) = folders(project)
    assert folder.name.endswith("_users_email_to_mail")
    names = {"migration.toml", "expand.sql", "migrate.sql", "contract.sql", "abort.sql", "verify.sql"}
    assert {path.name for path in folder.iterdir()} == names
    assert all(str(path.relative_to(project)) in result.output for path in folder.iterdir())
    assert f"migrator expand {folder.name}" in result.output
    manifest = tomllib.loads((folder / "migration.toml").read_text())
    assert manifest["migration"]["owner"] == "team-identity"
    assert manifest["contract"]["requires"] == {"checkout": ">=1.42"}
    assert manifest["contract"]["approvals"] == 2
    assert str(manifest["contract"]["contract_by"]) == "2026-12-15"


def test_json_lists_the_files(project: Path) -> None:
    result = call(*RENAME, "--format", "json")
    data = json.loads(result.stdout)
    assert data["schema_version"] == 1
    assert {Path(file) for file in data["files"]} == set(folders(project)[0].iterdir())


def test_flags_and_repeated_options(project: Path) -> None:
    result = call("create-index", "--table", "users", "--columns", "lower(email)", "--columns", "id", "--unique")
    assert result.exit_code == 0, result.output
    text = (folders(project)[0] / "expand.sql").read_text()
    assert "CREATE UNIQUE INDEX CONCURRENTLY users_email_id_idx ON public.users USING btree (lower(email), id);" in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["rename-column", "--table", "nope", "--from", "a", "--to", "b"], "There is no table public.nope"),
        ([*RENAME, "--contract-by", "soon"], "contract_by: "),
        ([*RENAME, "--approvals", "few"], "approvals: "),
        ([*RENAME, "--soak", "3"], "is not a duration"),
    ],
)
def test_a_refusal_writes_nothing(project: Path, arguments: list[str], words: str) -> None:
    error = call(*arguments).exception
    assert isinstance(error, MigratorError)
    assert words in error.situation
    assert folders(project) == []


@pytest.mark.parametrize("value", ["checkout", "=1", "checkout="])
def test_requires_is_a_pair(project: Path, value: str) -> None:
    result = call(*RENAME, "--requires", value)
    assert result.exit_code == 2
    assert "is not NAME=TEXT" in result.output
    assert folders(project) == []


def test_the_same_change_cannot_be_rendered_twice(project: Path) -> None:
    assert call(*RENAME).exit_code == 0
    assert isinstance(call(*RENAME).exception, RecipeRefused)
    assert len(folders(project)) == 1
