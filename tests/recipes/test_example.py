"""The example folder is what the recipe renders today, from the files before it."""

import os
from datetime import date
from pathlib import Path

from migrator.phases.folder import load_migration
from migrator.recipes import load
from migrator.schema.history import replay_folder

MIGRATIONS = Path(__file__).parents[2] / "examples" / "rename_column" / "migrations"
RENAME = "20260901_users_email_to_mail"


def test_the_example_is_fresh() -> None:
    recipe = load(
        {"kind": "rename_column", "table": "users", "from": "email", "to": "mail", "owner": "team-identity"}
        | {"ticket": "ABC-1", "contract_by": "2026-12-15", "requires": {"checkout": ">=1.42"}}
    )
    assert recipe.migration_id(date(2026, 9, 1)) == RENAME
    files = recipe.render(replay_folder(MIGRATIONS, upto=RENAME), RENAME, 17).files
    folder = MIGRATIONS / RENAME
    if os.environ.get("MIGRATOR_UPDATE_GOLDEN"):
        folder.mkdir(exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
    assert {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()} == dict(files)


def test_every_folder_of_the_example_can_be_loaded() -> None:
    assert [load_migration(folder).id for folder in sorted(MIGRATIONS.iterdir())] == ["20260801_create_users", RENAME]
