"""Each recipe's rendering, word by word; `MIGRATOR_UPDATE_GOLDEN=1 pytest tests/recipes` writes it anew for review."""

import os
from pathlib import Path

import pytest

from migrator.lint.history import History
from migrator.lint.runner import lint
from migrator.lint.source import read_sources
from migrator.phases.folder import load_migration
from migrator.recipes import discover, load
from migrator.recipes.folder import write_folder
from migrator.schema.replay import replay
from migrator.statements.parse import parse_sql
from tests.recipes.recipe_cases import CASES

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("name", CASES)
def test_rendering_is_the_golden_one(name: str) -> None:
    case = CASES[name]
    files = case.recipe.render(replay(parse_sql(case.base).statements), case.migration, 17).files
    folder = GOLDEN / name
    if os.environ.get("MIGRATOR_UPDATE_GOLDEN"):
        folder.mkdir(parents=True, exist_ok=True)
        for file, text in files.items():
            (folder / file).write_text(text, encoding="utf-8")
    golden = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    assert dict(files) == golden


def test_every_golden_folder_belongs_to_a_case() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == CASES.keys()


def test_every_recipe_has_a_case() -> None:
    assert {case.arguments["kind"] for case in CASES.values()} == discover().keys()


@pytest.mark.parametrize("name", CASES)
def test_the_written_folder_is_a_migration(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    rendering = case.recipe.render(replay(parse_sql(case.base).statements), case.migration, 17)
    write_folder(tmp_path, case.migration, rendering)
    migration = load_migration(tmp_path / case.migration)
    assert migration.id == case.migration
    assert migration.manifest.recipe is not None
    assert load(migration.manifest.recipe).arguments() == case.recipe.arguments()
    assert [path.name for path in tmp_path.iterdir()] == [case.migration]


@pytest.mark.parametrize("name", CASES)
def test_every_file_says_what_it_does_and_never_hides_a_conflict(name: str) -> None:
    case = CASES[name]
    files = case.recipe.render(replay(parse_sql(case.base).statements), case.migration, 17).files
    for file, text in files.items():
        if file.endswith(".sql"):
            assert text.startswith("-- ")
            assert max(len(line) for line in text.splitlines() if line.startswith("--")) <= 120
            statements = " ".join(s.text for s in parse_sql(text).statements)
            assert "IF NOT EXISTS" not in statements
            assert "IF EXISTS" not in statements
            assert "CASCADE" not in statements.replace("ON DELETE CASCADE", "").replace("ON UPDATE CASCADE", "")


@pytest.mark.parametrize("version", [12, 15, 18])
@pytest.mark.parametrize("name", CASES)
def test_the_golden_files_lint_clean(name: str, version: int) -> None:
    """With what came before, as in a folder of migrations; a schema that is asked of the server tells the same."""
    base = replay(parse_sql(CASES[name].base).statements)
    report = lint(read_sources([GOLDEN / name]), version, past=History(None, base))
    assert report.findings == ()
    assert report.statements > 0
