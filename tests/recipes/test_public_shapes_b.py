"""Shapes of large applications written in Go, Rust, Java, JavaScript and .NET that the cases of the recipes had not."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from migrator.cli.context import Session
from migrator.cli.new import new
from migrator.config import Settings
from migrator.errors import DatabaseFailed, RecipeRefused
from migrator.gates import dependencies
from migrator.gates.gate import GateStatus
from migrator.lint.history import History
from migrator.lint.runner import lint
from migrator.lint.source import read_sources
from migrator.pg.connection import Connection, connect
from migrator.pg.failures import translated
from migrator.phases.evidence import question_for
from migrator.phases.folder import depends_on, load_migration, migration_id, migration_paths
from migrator.recipes import load
from migrator.schema.catalog import read_schema
from migrator.state.transitions import State
from tests.fix_app import Shop
from tests.fix_server import Database
from tests.gates.asking import register
from tests.gates.test_rendered_contracts import rendered
from tests.gates.test_rendered_contracts import run as run_phase
from tests.phases.looking import scalar
from tests.recipes.test_live import run
from tests.recipes.test_public_shapes import TERMS, render, walk


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


KITES = """
CREATE TABLE kites (id int PRIMARY KEY, tail int);
CREATE TABLE flights (kite int);
CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN INSERT INTO flights VALUES (NEW.id); RETURN NULL; END $$;
CREATE TRIGGER noted AFTER INSERT ON kites FOR EACH ROW EXECUTE FUNCTION noted();
"""


def test_a_function_that_names_the_key_lets_it_become_wider(one_connection: Connection, tmp_path: Path) -> None:
    """The twin gets the key's name in the same transaction: what finds the column by its name goes on."""
    run(one_connection, KITES)
    register(one_connection)
    wider = rendered(one_connection, load(TERMS | {"kind": "primary_key_to_bigint", "table": "kites"}), tmp_path)
    run_phase(one_connection, wider, "expand")
    run_phase(one_connection, wider, "migrate")
    asked = question_for(one_connection, Settings(), wider)
    assert {ref.name for ref in asked.removes if ref.kind == "column"} == {"id", "id_bigint"}
    assert {ref.name for ref in asked.gone if ref.kind == "column"} == {"id_bigint"}
    answer = dependencies.evaluate(asked)
    assert answer.status is GateStatus.OPEN, answer.reason
    run_phase(one_connection, wider, "contract")
    run(one_connection, "INSERT INTO kites (id) VALUES (7)")
    assert scalar(one_connection, "SELECT kite FROM flights") == 7


def test_a_function_that_names_a_renamed_column_is_in_the_way(one_connection: Connection, tmp_path: Path) -> None:
    run(one_connection, KITES.replace("NEW.id", "NEW.tail"))
    register(one_connection)
    renamed = load(TERMS | {"kind": "rename_column", "table": "kites", "from": "tail", "to": "cord"})
    migration = rendered(one_connection, renamed, tmp_path)
    run_phase(one_connection, migration, "expand")
    answer = dependencies.evaluate(question_for(one_connection, Settings(), migration))
    assert answer.status is GateStatus.CLOSED
    assert "function public.noted() names column public.kites.tail" in answer.reason


REPLACED = {"kind": "replace_index", "table": "trees", "index": "tall", "columns": ["height DESC"], "keep_name": True}


def test_each_table_of_a_tree_of_inherits_has_its_own_indexes(
    one_database: Database, one_connection: Connection, tmp_path: Path
) -> None:
    tree = "CREATE TABLE plants (id int, label text); CREATE TABLE trees (height int) INHERITS (plants);"
    walk(one_database, tmp_path, tree + "CREATE INDEX tall ON trees (height);", **REPLACED)
    for table in ("plants", "trees"):
        files = render(one_connection, kind="create_index", table=table, columns=["label"])
        run(one_connection, files["expand.sql"])
    found = "SELECT string_agg(indexname, ' ' ORDER BY indexname) FROM pg_indexes WHERE schemaname = 'public'"
    assert scalar(one_connection, found) == "plants_label_idx tall trees_label_idx"


@pytest.mark.parametrize(
    ("new", "example"), [("date", r'such as --up "\\"At\\"::date"\.'), ("integer", r"CASE WHEN \\\"At\\\" ~")]
)
def test_an_example_can_be_pasted_and_is_for_the_type(one_connection: Connection, new: str, example: str) -> None:
    run(one_connection, 'CREATE TABLE kites (id int PRIMARY KEY, "At" text)')
    with pytest.raises(RecipeRefused, match=example):
        render(one_connection, kind="change_column_type", table="kites", column="At", type=new, to="flown")


PARENT = {"from": "parent", "to": "above"}


def test_a_key_between_a_domain_and_its_base_type_lints_clean(one_connection: Connection, tmp_path: Path) -> None:
    """They are stored alike, and compared without a cast."""
    domain = "CREATE DOMAIN code AS text CHECK (length(VALUE) > 2);"
    run(one_connection, domain + "CREATE TABLE areas (id code PRIMARY KEY, parent text REFERENCES areas);")
    schema = read_schema(one_connection)
    rendered(one_connection, load(TERMS | {"kind": "rename_column", "table": "areas", **PARENT}), tmp_path)
    assert lint(read_sources([tmp_path]), 17, past=History(None, schema)).findings == ()
