"""The schema before each statement follows everything that changes what names mean and which tables hold rows."""

from migrator.lint.reading import Reading, read_steps
from migrator.lint.step import Step
from migrator.names import TableName
from migrator.statements.effects import Held


def _last(text: str) -> Step:
    return read_steps(text, Reading())[0][-1]


def test_a_new_table_that_a_query_has_filled_is_not_empty() -> None:
    made = "CREATE TABLE t (id int);"
    assert _last(f"{made} CREATE INDEX ON t (id)").effects.held is Held.INSTANT
    assert _last(f"{made} INSERT INTO t SELECT id FROM other; CREATE INDEX ON t (id)").effects.held is Held.BUILD


def test_search_path_says_which_table_is_meant() -> None:
    step = _last("SET search_path = app; CREATE TABLE t (v varchar(5)); ALTER TABLE t ALTER COLUMN v TYPE varchar(9)")
    assert [lock.table for lock in step.effects.locks] == [TableName("app", "t")]
    assert step.effects.held is Held.INSTANT
    assert step.statement.node.alter_table_stmt.relation.schemaname == "app"


def test_a_function_of_the_file_is_known_in_its_defaults() -> None:
    make = "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql VOLATILE AS 'BEGIN RETURN 1; END'"
    fill = "CREATE TABLE t (id int); INSERT INTO t SELECT 1"
    assert _last(f"{fill}; ALTER TABLE t ADD c int DEFAULT f()").effects.held is Held.UNKNOWN
    assert _last(f"{fill}; {make}; ALTER TABLE t ADD c int DEFAULT f()").effects.held is Held.REWRITE
