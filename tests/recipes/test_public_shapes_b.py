"""Shapes of large applications written in Go, Rust, Java, JavaScript and .NET that the cases of the recipes had not."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from migrator.cli.context import Session
from migrator.cli.new import new
from migrator.errors import DatabaseFailed, RecipeRefused
from migrator.pg.connection import Connection, connect
from migrator.pg.failures import translated
from migrator.phases.folder import depends_on, load_migration, migration_id, migration_paths
from migrator.state.transitions import State
from tests.fix_app import Shop
from tests.fix_server import Database
from tests.phases.looking import scalar
from tests.recipes.test_live import run
from tests.recipes.test_public_shapes import render, walk


def test_queries_of_the_catalog_are_not_compiled(one_database: Database) -> None:
    """With hundreds of indexes their estimated cost is high enough for it, and it takes a second each time."""
    with connect(one_database.dsn) as connection:
        assert scalar(connection, "SELECT current_setting('jit')") == "off"


@pytest.mark.parametrize(
    "files",
    [
        {"migration.sql": "CREATE TABLE kites (id int PRIMARY KEY);"},
        {"up.sql": "-- depends: 0001_a\nCREATE TABLE kites (id int PRIMARY KEY);", "down.sql": "DROP TABLE kites;"},
    ],
)
def test_a_folder_of_another_tool_is_one_migration(one_shop: Shop, files: dict[str, str]) -> None:
    """As Prisma and Diesel keep them: they were passed over in silence."""
    folder = one_shop.migrations / "20240105093000_kites"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    assert [migration_id(path) for path in migration_paths(one_shop.migrations)] == [folder.name]
    assert depends_on(folder) == (("0001_a",) if "up.sql" in files else ())
    migration = load_migration(folder)
    assert migration.home == one_shop.migrations
    assert migration.statements("expand")[0].text == "CREATE TABLE kites (id int PRIMARY KEY)"
    if "up.sql" not in files:
        assert one_shop.engine().expand(migration).after is State.COMPLETE


def test_a_recipe_without_a_database_reads_only_the_way_forward(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folders of other tools hold the way back as well, which takes away the table that is asked for."""
    (tmp_path / "0001_kites.sql").write_text(
        "-- +goose Up\nCREATE TABLE kites (id int PRIMARY KEY);\n-- +goose Down\nDROP TABLE kites;\n"
    )
    (tmp_path / "0002_tails.up.sql").write_text("ALTER TABLE kites ADD COLUMN tail text;")
    (tmp_path / "0002_tails.down.sql").write_text("ALTER TABLE kites DROP COLUMN tail;")
    (tmp_path / "0003_lines").mkdir()
    (tmp_path / "0003_lines" / "migration.sql").write_text("ALTER TABLE kites ADD COLUMN line text;")
    (tmp_path / "migrator.toml").write_text('migrations = "."\n')
    monkeypatch.chdir(tmp_path)
    for column in ("tail", "line"):
        asked = ["create-index", "--table", "kites", "--columns", column]
        answer = CliRunner().invoke(new, asked, obj=Session())
        assert answer.exit_code == 0, answer.output


PAIRS = "CREATE TABLE pairs (kite int, key text, value text, note text, PRIMARY KEY (kite, key) INCLUDE (value));"
COVERED = PAIRS + "ALTER TABLE pairs ADD CONSTRAINT one_key UNIQUE (key) INCLUDE (note);"


@pytest.mark.parametrize(
    "asked",
    [
        {"kind": "drop_column", "column": "value"},
        {"kind": "rename_column", "from": "value", "to": "content"},
        {
            "kind": "split_column",
            "from": "value",
            "into": {"a": "left(value, 1)", "b": "substr(value, 2)"},
            "down": "concat(a, b)",
        },
    ],
)
def test_a_column_that_the_primary_key_includes_does_not_go(one_connection: Connection, asked: dict[str, Any]) -> None:
    """DROP COLUMN takes the whole key along, without a word."""
    run(one_connection, PAIRS)
    with pytest.raises(RecipeRefused, match=r"pairs_pkey of public\.pairs stores value in its index \(INCLUDE\)"):
        render(one_connection, table="pairs", **asked)


def test_a_unique_constraint_that_includes_the_column_is_named_or_goes_along(
    one_database: Database, one_connection: Connection, tmp_path: Path
) -> None:
    run(one_connection, COVERED)
    with pytest.raises(RecipeRefused, match=r"would go with note: one_key"):
        render(one_connection, kind="drop_column", table="pairs", column="note")
    files = render(one_connection, kind="drop_column", table="pairs", column="note", also_drop=["one_key"])
    assert "DROP CONSTRAINT one_key" in files["contract.sql"]
    run(one_connection, "DROP TABLE pairs")
    walk(one_database, tmp_path, COVERED, kind="rename_column", table="pairs", **{"from": "note", "to": "remark"})
    held = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'u' AND conrelid = 'pairs'::regclass"
    assert scalar(one_connection, held) == "UNIQUE (key) INCLUDE (remark)"


def test_what_the_server_refuses_is_told_with_what_depends_on_it(one_connection: Connection) -> None:
    run(one_connection, "CREATE TABLE kites (id int PRIMARY KEY); CREATE VIEW seen AS SELECT id FROM kites")
    told = r"depend on it \(SQLSTATE 2BP01\)\. view seen depends on column id"
    with pytest.raises(DatabaseFailed, match=told), translated("Dropping"):
        one_connection.execute("ALTER TABLE kites DROP COLUMN id")
