"""Each recipe on each server: the phases end where the direct change ends, and abort restores the exact schema."""

import subprocess
import tomllib
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from click.testing import CliRunner
from psycopg.pq import TransactionStatus

from migrator.backfill.spec import BackfillSpec
from migrator.cli.context import Session
from migrator.cli.new import new
from migrator.names import made_name, quote
from migrator.pg.connection import Connection, server_version
from migrator.phases.decide import decide
from migrator.phases.manifest import Manifest
from migrator.phases.steps import steps_of
from migrator.schema.catalog import read_schema
from migrator.schema.model import Constraint, Index, Schema, Table
from migrator.statements.parse import parse_sql
from tests.fix_server import Database
from tests.recipes.cases_shadow import SHADOW_CASES
from tests.recipes.recipe_cases import CASES, Case

IRREVERSIBLE = {"add_enum_value"}
RENAMES = [name for name, case in CASES.items() if case.arguments["kind"] == "rename_column"]


def run(connection: Connection, text: str) -> None:
    """Run a file's statements one by one, as psql would."""
    parsed = parse_sql(text)
    assert not parsed.problems
    for statement in parsed.statements:
        connection.execute(statement.text.encode())


def build(connection: Connection, case: Case) -> None:
    connection.execute("CREATE SCHEMA IF NOT EXISTS migrator")
    for text in (*case.setup, case.base, *case.rows):
        run(connection, text)


def render(connection: Connection, case: Case) -> Mapping[str, str]:
    return case.recipe.render(read_schema(connection), case.migration, server_version(connection) // 10000).files


def backfill(connection: Connection, case: Case, manifest: str) -> None:
    for spec in specs(manifest):
        pairs = ", ".join(f"{quote(column)} = {text}" for column, text in spec.set.items())
        with connection.transaction():
            connection.execute("SELECT set_config('migrator.bypass', %s, true)", [case.migration])
            connection.execute(f"UPDATE {spec.table} SET {pairs} WHERE {spec.where}".encode())
        left = connection.execute(f"SELECT count(*) AS n FROM {spec.table} WHERE {spec.where}".encode()).fetchone()
        assert left == {"n": 0}


def specs(manifest: str) -> tuple[BackfillSpec, ...]:
    return Manifest.model_validate(tomllib.loads(manifest)).backfill


def verify(connection: Connection, files: Mapping[str, str]) -> None:
    for statement in parse_sql(files.get("verify.sql", "")).statements:
        assert connection.execute(statement.text.encode()).fetchall() == []


def dump(database: Database) -> str:
    """Return the schema's dump without the two lines that pg_dump fills with a random word."""
    program = database.server.programs.path("pg_dump")
    command = [program, "--schema-only", "--exclude-schema=migrator", "--dbname", database.dsn]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    return "\n".join(line for line in answer.stdout.splitlines() if not line.startswith(("\\restrict", "\\unrestrict")))


@pytest.mark.parametrize("name", CASES)
def test_the_phases_end_where_the_direct_change_ends(connection: Connection, name: str) -> None:
    case = CASES[name]
    build(connection, case)
    run(connection, case.direct)
    direct = read_schema(connection)
    rows_direct = rows(connection, direct, case) if case.table in direct.tables else []
    connection.execute(f"DROP SCHEMA {quote(case.table.schema)} CASCADE".encode())
    connection.execute("CREATE SCHEMA IF NOT EXISTS public")

    build(connection, case)
    files = render(connection, case)
    run(connection, files["expand.sql"])
    backfill(connection, case, files["migration.toml"])
    run(connection, files.get("migrate.sql", ""))
    verify(connection, files)
    run(connection, files.get("contract.sql", ""))

    phased = read_schema(connection)
    assert not case.direct or same(phased, direct)
    if case.arguments["kind"] == "rename_column" or name in SHADOW_CASES:
        assert rows(connection, phased, case) == rows_direct
    assert functions(connection) == []


@pytest.mark.parametrize("name", CASES)
def test_abort_restores_the_exact_schema(database: Database, connection: Connection, name: str) -> None:
    """After expand alone, and after expand, backfill and migrate."""
    case = CASES[name]
    if case.arguments["kind"] in IRREVERSIBLE:
        pytest.skip("the server cannot take this back, and abort.sql says so")
    build(connection, case)
    before = dump(database)
    files = render(connection, case)

    run(connection, files["expand.sql"])
    assert (dump(database) != before) == bool(parse_sql(files["expand.sql"]).statements)
    abort(connection, files["abort.sql"])
    assert dump(database) == before

    run(connection, files["expand.sql"])
    backfill(connection, case, files["migration.toml"])
    run(connection, files.get("migrate.sql", ""))
    abort(connection, files["abort.sql"])
    assert dump(database) == before
    assert functions(connection) == []


def same(phased: Schema, direct: Schema) -> bool:
    """Compare all tables, views and enums; the asserts say what differs."""
    assert phased.tables.keys() == direct.tables.keys()
    for table in direct.tables:
        assert comparable(phased.tables[table]) == comparable(direct.tables[table])
    assert phased.views.keys() == direct.views.keys()
    assert phased.enums == direct.enums
    return True


def abort(connection: Connection, text: str) -> None:
    """Run abort.sql as the engine does: a step whose target is gone already is skipped."""
    for step in steps_of(parse_sql(text).statements, "abort", server_version(connection) // 10000):
        with connection.transaction() if step.is_transactional else nullcontext():
            for statement in decide(connection, step, None).run:
                connection.execute(statement.text.encode())


def functions(connection: Connection) -> list[str]:
    return [r["proname"] for r in connection.execute("SELECT proname FROM pg_proc WHERE proname LIKE 'sync%'")]


def rows(connection: Connection, schema: Schema, case: Case) -> list[tuple[str, ...]]:
    """Return the table's rows by column name, whatever the order of the columns."""
    names = sorted(column.name for column in schema.tables[case.table].columns if column.type != "uuid")
    shown = ", ".join(f"{quote(name)}::text" for name in names)
    found = connection.execute(f"SELECT {shown} FROM {case.table}".encode()).fetchall()
    return sorted(tuple(str(value) for value in row.values()) for row in found)


def comparable(table: Table) -> tuple[object, ...]:
    """Names of copies differ from the originals and a new column is the last one: everything else must be equal."""
    return (
        sorted((replace(column, settings=()) for column in table.columns), key=lambda column: column.name),
        sorted((nameless_index(index) for index in table.indexes), key=str),
        sorted((nameless(constraint) for constraint in table.constraints), key=str),
        table.triggers,
    )


def nameless_index(index: Index) -> Index:
    definition = index.definition.replace(f" {quote(index.name)} ", " ")
    return replace(
        index,
        name="",
        definition=definition,
        constraint="" if index.constraint else None,
        columns=tuple(sorted(index.columns)),
    )


def nameless(constraint: Constraint) -> Constraint:
    columns = sorted(constraint.columns) if constraint.kind == "check" else constraint.columns
    return replace(constraint, name="", columns=tuple(columns))


def test_a_second_rename_meets_the_names_of_the_first(connection: Connection) -> None:
    """A name that is taken is not taken again: the copies of an index whose new name exists get a number."""
    case = CASES["rename_column_plain"]
    build(connection, case)
    connection.execute("CREATE INDEX users_email_idx ON users (email)")
    connection.execute("CREATE INDEX users_mail_idx ON users (id)")
    files = render(connection, case)
    assert made_name("users_mail_idx", "1") in files["migrate.sql"]
    run(connection, files["expand.sql"])
    run(connection, files["migrate.sql"])


def test_rights_comment_and_settings_of_the_column_are_copied(database: Database, connection: Connection) -> None:
    case = CASES["rename_column_plain"]
    build(connection, case)
    role = f"role of {database.name}"
    run(
        connection,
        f"""
        CREATE ROLE "{role}";
        GRANT SELECT (email), UPDATE (email) ON users TO "{role}" WITH GRANT OPTION;
        COMMENT ON COLUMN users.email IS 'the user''s address';
        ALTER TABLE users ALTER email SET STATISTICS 500, ALTER email SET STORAGE EXTERNAL;
        ALTER TABLE users ALTER email SET COMPRESSION pglz, ALTER email SET (n_distinct = -0.5);
        """,
    )
    try:
        old = read_schema(connection).tables[case.table].column("email")
        run(connection, render(connection, case)["expand.sql"])
        new = read_schema(connection).tables[case.table].column("mail")
        assert old is not None
        assert old.grants
        assert len(old.settings) == 4
        assert new == replace(old, name="mail")
    finally:
        run(connection, f'DROP OWNED BY "{role}"; DROP ROLE "{role}"')


@pytest.mark.parametrize("name", ["rename_column", "rename_column_plain"])
def test_old_and_new_code_work_after_every_statement(connection: Connection, name: str) -> None:
    """Old code until contract, new code from the end of expand; each upserts, updates and reads back its own write."""
    case = CASES[name]
    build(connection, case)
    files = render(connection, case)
    keys = count(1000)
    for phase, columns in {"expand": ["email"], "migrate": ["email", "mail"], "contract": ["mail"]}.items():
        if phase == "migrate":
            backfill(connection, case, files["migration.toml"])
        for statement in parse_sql(files[f"{phase}.sql"]).statements:
            connection.execute(statement.text.encode())
            if connection.info.transaction_status == TransactionStatus.IDLE:
                for column in columns:
                    write_as(connection, column, next(keys))
    assert next(keys) >= 1005


def write_as(connection: Connection, column: str, key: int) -> None:
    first, second = f"{key}@example.org", f"{key}@example.com"
    connection.execute(f"INSERT INTO users (id, {column}) VALUES (%s, %s)".encode(), [key, first])
    row = connection.execute(f"SELECT {column} AS v FROM users WHERE id = %s".encode(), [key]).fetchone()
    assert row == {"v": first}
    connection.execute(f"UPDATE users SET {column} = %s WHERE id = %s".encode(), [second, key])
    row = connection.execute(f"SELECT {column} AS v FROM users WHERE id = %s".encode(), [key]).fetchone()
    assert row == {"v": second}


def test_new_asks_the_database_that_is_named(
    one_database: Database, one_connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_connection.execute("CREATE TABLE users (id integer PRIMARY KEY, email text)")
    monkeypatch.chdir(tmp_path)
    arguments = ["rename-column", "--dsn", one_database.dsn, "--table", "users", "--from", "email", "--to", "mail"]
    result = CliRunner().invoke(new, arguments, obj=Session())
    assert result.exit_code == 0, result.output
    assert len(list((tmp_path / "migrations").glob("*_users_email_to_mail/*.sql"))) == 5
    assert one_database.dsn not in result.output
