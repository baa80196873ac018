"""Recipes about constraints, tables and columns on live servers: what a golden file cannot show."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from migrator.errors import RecipeRefused
from migrator.names import TableName
from migrator.pg.connection import Connection, connect, server_version
from migrator.pg.driver import errors
from migrator.phases.decide import decide
from migrator.phases.steps import Step, steps_of
from migrator.recipes import load
from migrator.schema.catalog import read_schema
from migrator.state.records import StepRecord
from migrator.statements.parse import parse_sql
from tests.fix_server import Database
from tests.recipes.recipe_cases import CASES
from tests.recipes.test_live import abort, backfill, build, dump, run
from tests.recipes.test_live import render as render_case

TERMS = {"owner": "team-identity", "contract_by": "2026-12-15"}


def render(connection: Connection, **arguments: Any) -> Mapping[str, str]:
    version = server_version(connection) // 10000
    return load(TERMS | arguments).render(read_schema(connection), "20260901_m", version).files


def one(connection: Connection, query: str) -> Any:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return next(iter(row.values()))


def test_a_virtual_column_where_the_server_has_it(database: Database, connection: Connection) -> None:
    if server_version(connection) < 180000:
        pytest.skip("18 has VIRTUAL generated columns; the refusal on older servers is a test of its own")
    run(connection, "CREATE TABLE lines (id int PRIMARY KEY, price int, n int); INSERT INTO lines VALUES (1, 2, 3)")
    before = dump(database)
    arguments = {"kind": "add_generated_column", "table": "lines", "column": "total", "type": "int"}
    files = render(connection, **arguments, expression="price * n")
    run(connection, files["expand.sql"])
    assert one(connection, "SELECT total FROM lines") == 6
    abort(connection, files["abort.sql"])
    assert dump(database) == before


def test_a_stored_column_follows_every_write(connection: Connection) -> None:
    run(connection, "CREATE TABLE lines (id int PRIMARY KEY, price numeric, n int, other int)")
    arguments = {"kind": "add_generated_column", "table": "lines", "column": "total", "type": "numeric"}
    files = render(connection, **arguments, expression="price * n", stored=True)
    run(connection, files["expand.sql"])
    writes = {
        "INSERT INTO lines VALUES (1, 2, 3)": 6,
        "UPDATE lines SET n = 4": 8,
        "UPDATE lines SET total = 77": 8,
        "UPDATE lines SET other = 1": 8,
        "UPDATE lines SET price = NULL": None,
        "INSERT INTO lines (id, total, price) VALUES (1, 5, 5) ON CONFLICT (id) DO UPDATE SET price = 5, total = 1": 20,
    }
    for statement, total in writes.items():
        connection.execute(statement.encode())
        assert one(connection, "SELECT total FROM lines") == total


def test_a_not_null_that_somebody_began_is_finished(database: Database, connection: Connection) -> None:
    """On 18 the column's flag is set by a constraint that is not valid yet."""
    if server_version(connection) < 180000:
        pytest.skip("18 has NOT NULL … NOT VALID")
    run(connection, "CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t VALUES (1, 1)")
    run(connection, 'ALTER TABLE t ADD CONSTRAINT "begun" NOT NULL a NOT VALID')
    before = dump(database)
    files = render(connection, kind="set_not_null", table="t", column="a")
    assert "ADD CONSTRAINT" not in files["migrate.sql"]
    run(connection, files["migrate.sql"])
    column = read_schema(connection).tables[TableName("public", "t")].column("a")
    assert column is not None
    assert column.is_not_null
    abort(connection, files["abort.sql"])
    assert dump(database) == before


def test_a_not_null_of_its_own_name_comes_back_by_abort(database: Database, connection: Connection) -> None:
    run(connection, "CREATE TABLE t (id int PRIMARY KEY, a int CONSTRAINT must NOT NULL)")
    before = dump(database)
    files = render(connection, kind="drop_column", table="t", column="a")
    run(connection, files["expand.sql"])
    assert dump(database) != before
    run(connection, files["abort.sql"])
    assert dump(database) == before


def test_the_view_of_a_renamed_table_gives_each_role_what_it_had(database: Database, connection: Connection) -> None:
    """Rights on the table, on columns, and row security: the same through the old name."""
    is_invoker = server_version(connection) >= 150000
    role = f"role_of_{database.name}"
    run(
        connection,
        f"""
        CREATE ROLE {role} LOGIN;
        CREATE TABLE users (id int PRIMARY KEY, owner text, secret text);
        CREATE TABLE notes (id int PRIMARY KEY, owner text DEFAULT current_user);
        INSERT INTO users VALUES (1, '{role}', 's'), (2, 'other', 's');
        INSERT INTO notes VALUES (1, '{role}'), (2, 'other');
        GRANT SELECT (id, owner), UPDATE (owner) ON users TO {role};
        GRANT SELECT, INSERT ON notes TO {role} WITH GRANT OPTION;
        ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
        CREATE POLICY own ON notes USING (owner = current_user);
        """,
    )
    try:
        run(connection, render(connection, kind="rename_table", table="users", to="people")["expand.sql"])
        if is_invoker:
            run(connection, render(connection, kind="rename_table", table="notes", to="remarks")["expand.sql"])
        with connect(database.dsn) as other:
            other.execute("SET row_security = on")  # our own sessions refuse to be filtered
            other.execute(f"SET ROLE {role}".encode())
            assert one(other, "SELECT count(*) FROM (SELECT id, owner FROM users) u") == 2
            other.execute("UPDATE users SET owner = 'x' WHERE id = 1")
            for refused in ("SELECT secret FROM users", "INSERT INTO users VALUES (3)", "DELETE FROM users"):
                with pytest.raises(errors.InsufficientPrivilege):
                    other.execute(refused.encode())
            if is_invoker:
                assert one(other, "SELECT array_agg(id) FROM notes") == [1]
                other.execute("INSERT INTO notes (id) VALUES (9)")
                assert one(other, "SELECT count(*) FROM notes") == 2
    finally:
        run(connection, f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_the_view_belongs_to_the_owner_of_the_table(database: Database, connection: Connection) -> None:
    role = f"role_of_{database.name}"
    run(connection, f"CREATE ROLE {role}; CREATE TABLE users (id int); ALTER TABLE users OWNER TO {role}")
    try:
        run(connection, render(connection, kind="rename_table", table="users", to="people")["expand.sql"])
        owners = "SELECT array_agg(DISTINCT pg_get_userbyid(relowner)::text) FROM pg_class WHERE relname IN "
        assert one(connection, owners + "('users', 'people')") == [role]
    finally:
        run(connection, f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_a_foreign_key_to_a_partitioned_table(database: Database, connection: Connection) -> None:
    run(
        connection,
        """
        CREATE TABLE parts (id int PRIMARY KEY, x int) PARTITION BY RANGE (id);
        CREATE TABLE part_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
        CREATE TABLE part_2 PARTITION OF parts DEFAULT;
        INSERT INTO parts VALUES (1, 1), (20, 2);
        CREATE TABLE uses (id int PRIMARY KEY, part int);
        INSERT INTO uses VALUES (1, 1), (2, 20), (3, NULL);
        """,
    )
    before = dump(database)
    files = render(connection, kind="add_foreign_key", table="uses", columns=["part"], references="parts")
    run(connection, files["expand.sql"] + files["migrate.sql"])
    with pytest.raises(errors.ForeignKeyViolation):
        connection.execute("INSERT INTO uses VALUES (4, 99)")
    drop = render(connection, kind="drop_table", table="parts", also_drop=["uses_part_fkey"])
    assert drop["contract.sql"].count("DROP CONSTRAINT") == 1
    abort(connection, files["abort.sql"])
    assert dump(database) == before


def test_duplicates_are_shown_before_the_index_fails_on_them(connection: Connection) -> None:
    run(connection, "CREATE TABLE t (id int PRIMARY KEY, a int, b int)")
    run(connection, "INSERT INTO t VALUES (1, 1, 1), (2, 1, 1), (3, 1, NULL), (4, 1, NULL)")
    files = render(connection, kind="add_unique", table="t", columns=["a", "b"])
    assert connection.execute(files["verify.sql"].encode()).fetchall() == [{"a": 1, "b": 1, "rows": 2}]


def test_null_is_a_value_when_that_is_said(connection: Connection) -> None:
    run(connection, "CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t VALUES (1, NULL), (2, NULL)")
    files = render(connection, kind="add_unique", table="t", columns=["a"], nulls_not_distinct=True)
    assert connection.execute(files["verify.sql"].encode()).fetchall() == [{"a": None, "rows": 2}]
    connection.execute("DELETE FROM t WHERE id = 2")
    run(connection, files["migrate.sql"])
    with pytest.raises(errors.UniqueViolation):
        connection.execute("INSERT INTO t VALUES (3, NULL)")


def test_a_key_to_a_single_partition_goes_before_the_table(connection: Connection) -> None:
    run(
        connection,
        """
        CREATE TABLE parts (id int PRIMARY KEY) PARTITION BY RANGE (id);
        CREATE TABLE part_1 PARTITION OF parts DEFAULT;
        CREATE TABLE uses (part int CONSTRAINT uses_part REFERENCES part_1);
        """,
    )
    with pytest.raises(RecipeRefused, match="foreign key uses_part"):
        render(connection, kind="drop_table", table="parts")
    run(connection, render(connection, kind="drop_table", table="parts", also_drop=["uses_part"])["contract.sql"])
    assert read_schema(connection).tables.keys() == {TableName("public", "uses")}


def test_a_new_partition_gets_the_index_while_the_others_are_built(connection: Connection) -> None:
    run(
        connection,
        """
        CREATE TABLE parts (id int, at int) PARTITION BY RANGE (at);
        CREATE TABLE part_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
        """,
    )
    steps = render(connection, kind="create_index", table="parts", columns=["id"])["expand.sql"].split(";\n")
    for number, step in enumerate(steps):
        if step.strip():
            connection.execute(step.encode())
        if number == 0:
            run(connection, "CREATE TABLE part_2 PARTITION OF parts FOR VALUES FROM (10) TO (20)")
    assert one(connection, "SELECT bool_and(indisvalid) FROM pg_index") is True
    assert one(connection, "SELECT count(*) FROM pg_index WHERE indrelid = 'part_2'::regclass") == 1


def test_an_identity_goes_on_where_the_numbers_stand(connection: Connection) -> None:
    run(connection, "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 5)")
    files = render(connection, kind="add_column", table="t", column="no", type="bigint", identity=True)
    run(connection, files["expand.sql"] + "INSERT INTO t VALUES (6), (7);")
    connection.execute("UPDATE t SET no = nextval('t_no_numbers') WHERE no IS NULL")
    run(connection, files["migrate.sql"] + "INSERT INTO t VALUES (8), (9);")
    assert one(connection, "SELECT count(DISTINCT no) FROM t") == 9
    assert one(connection, "SELECT to_regclass('t_no_numbers') IS NULL") is True


TREES = [
    "add_unique",
    "add_unique_partitioned",
    "add_foreign_key_partitioned",
    "create_index_partitioned",
    "drop_column_partitioned",
    "add_column_identity",
]


def _running(step: Step) -> StepRecord:
    return StepRecord(
        migration="m",
        phase=step.phase,
        number=step.number,
        name=step.name,
        statement=step.sql,
        lock_class="weak",
        state="running",
        attempts=1,
        backend_pid=None,
        backend_start=None,
        started_at=datetime(2026, 9, 1, tzinfo=UTC),
        finished_at=None,
        error=None,
    )


@pytest.mark.parametrize("name", TREES)
def test_abort_after_any_step_restores_the_schema(
    one_database: Database, one_connection: Connection, name: str
) -> None:
    """And a step that has run outside of a transaction is known to have run."""
    connection, case = one_connection, CASES[name]
    version = server_version(connection) // 10000
    build(connection, case)
    before = dump(one_database)
    files = render_case(connection, case)
    statements = {phase: parse_sql(files.get(f"{phase}.sql", "")).statements for phase in ("expand", "migrate")}
    steps = [step for phase, found in statements.items() for step in steps_of(found, phase, version)]
    for count in range(1, len(steps) + 1):
        for step in steps[:count]:
            if step.phase == "migrate" and step.number == 1:
                backfill(connection, case, files["migration.toml"])
            for statement in decide(connection, step, None).run:
                connection.execute(statement.text.encode())
            if not step.is_transactional:
                assert decide(connection, step, _running(step)).run == ()
        abort(connection, files["abort.sql"])
        assert dump(one_database) == before, f"after {steps[count - 1].name}"
