"""What recipes render opens the gate `dependencies`, and the contract then takes nothing that it does not name."""

from pathlib import Path

import pytest

from migrator.config import Settings
from migrator.gates import dependencies
from migrator.gates.gate import GateStatus
from migrator.pg.connection import Connection
from migrator.phases.evidence import question_for
from migrator.phases.folder import Migration, load_migration
from migrator.recipes.drop_column import DropColumn
from migrator.recipes.folder import write_folder
from migrator.recipes.primary_key_to_bigint import PrimaryKeyToBigint
from migrator.recipes.recipe import Recipe
from migrator.recipes.rename_column import RenameColumn
from migrator.recipes.rename_table import RenameTable
from migrator.schema.catalog import read_schema
from tests.gates.asking import MIGRATION, register

_TABLE = """
CREATE TABLE teams (id bigint PRIMARY KEY);
CREATE TABLE users (
    id bigint PRIMARY KEY,
    email text NOT NULL DEFAULT 'nobody' CONSTRAINT not_blank CHECK (email <> ''),
    age int,
    team bigint REFERENCES teams,
    number serial,
    UNIQUE (email, age)
);
CREATE INDEX lowered ON users (lower(email)) WHERE email <> 'nobody';
CREATE INDEX two ON users (age, email);
CREATE INDEX teams_of_users ON users (team);
"""
_ALL = ("two", "lowered", "users_email_age_key")
_TERMS = {"contract_by": "2099-01-01", "table": "public.users"}
_RECIPES: dict[str, Recipe] = {
    "rename with indexes and a check": RenameColumn.read({**_TERMS, "from": "email", "to": "mail"}),
    "rename with a foreign key": RenameColumn.read({**_TERMS, "from": "team", "to": "squad"}),
    "rename with a sequence": RenameColumn.read({**_TERMS, "from": "number", "to": "nr"}),
    "drop with indexes and a check": DropColumn.read({**_TERMS, "column": "email", "also_drop": _ALL}),
    "drop with a foreign key": DropColumn.read({**_TERMS, "column": "team"}),
    "drop with a sequence": DropColumn.read({**_TERMS, "column": "number"}),
}


def rendered(connection: Connection, recipe: Recipe, folder: Path) -> Migration:
    write_folder(folder, MIGRATION, recipe.render(read_schema(connection), MIGRATION, 17))
    return load_migration(folder / MIGRATION)


def run(connection: Connection, migration: Migration, phase: str) -> None:
    for statement in migration.statements(phase):
        connection.execute(statement.text.encode())


@pytest.mark.parametrize("recipe", _RECIPES.values(), ids=_RECIPES.keys())
def test_the_gate_is_open_for_what_the_recipe_rendered(connection: Connection, recipe: Recipe, tmp_path: Path) -> None:
    connection.execute(_TABLE.encode())
    register(connection)
    migration = rendered(connection, recipe, tmp_path)
    run(connection, migration, "expand")
    run(connection, migration, "migrate")
    result = dependencies.evaluate(question_for(connection, Settings(), migration))
    assert result.status is GateStatus.OPEN, result.reason
    connection.execute("CREATE STATISTICS surprise ON email, team, number FROM users")
    closed = dependencies.evaluate(question_for(connection, Settings(), migration))
    assert closed.reason.startswith("users 1 > 0 (statistics object public.surprise vanishes with column")
    connection.execute("DROP STATISTICS surprise")
    run(connection, migration, "contract")
    assert dependencies.evaluate(question_for(connection, Settings(), migration)).status is GateStatus.OPEN


def test_a_sequence_that_another_table_uses_may_be_handed_over_but_not_lost(
    connection: Connection, tmp_path: Path
) -> None:
    connection.execute(_TABLE.encode())
    connection.execute("CREATE TABLE log (id bigint DEFAULT nextval('users_number_seq'))")
    register(connection)
    migration = rendered(connection, _RECIPES["rename with a sequence"], tmp_path)
    run(connection, migration, "expand")
    run(connection, migration, "migrate")
    question = question_for(connection, Settings(), migration)
    assert [ref.name for ref in question.keeps] == ["users_number_seq"]
    assert dependencies.evaluate(question).status is GateStatus.OPEN


def test_what_gets_another_name_takes_its_dependents_along_but_not_the_texts_that_name_it(
    connection: Connection, tmp_path: Path
) -> None:
    """The default of a serial column follows its sequence; a function that says nextval('…') does not."""
    connection.execute(_TABLE.encode())
    connection.execute("CREATE TABLE log (id bigint DEFAULT nextval('users_number_seq'))")
    register(connection)
    recipe = RenameTable.read({**_TERMS, "to": "people", "rename_parts": True})
    migration = rendered(connection, recipe, tmp_path)
    run(connection, migration, "expand")
    result = dependencies.evaluate(question_for(connection, Settings(), migration))
    assert result.status is GateStatus.OPEN, result.reason
    connection.execute("CREATE FUNCTION next() RETURNS bigint LANGUAGE sql AS $$ SELECT nextval('users_number_seq') $$")
    closed = dependencies.evaluate(question_for(connection, Settings(), migration))
    assert "function public.next()" in closed.reason
    connection.execute("DROP FUNCTION next()")
    run(connection, migration, "contract")
    connection.execute("INSERT INTO log DEFAULT VALUES")


def test_a_view_that_is_dropped_and_made_again_is_not_lost(connection: Connection, tmp_path: Path) -> None:
    """What names it goes on; only what hangs on it would keep it from being dropped."""
    views = "CREATE VIEW v AS SELECT id FROM keyed; CREATE VIEW vv AS SELECT * FROM v;"
    reads = "CREATE FUNCTION reads() RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT max(id) FROM v); END'"
    connection.execute(f"CREATE TABLE keyed (id int PRIMARY KEY); {views} {reads}".encode())
    register(connection)
    migration = rendered(connection, PrimaryKeyToBigint.read(_TERMS | {"table": "public.keyed"}), tmp_path)
    run(connection, migration, "expand")
    run(connection, migration, "migrate")
    question = question_for(connection, Settings(), migration)
    assert "view" not in {ref.kind for ref in question.gone}
    assert dependencies.evaluate(question).status is GateStatus.OPEN
    connection.execute("CREATE VIEW late AS SELECT id FROM v")
    assert "view public.late depends on view public.v" in dependencies.evaluate(question).reason
