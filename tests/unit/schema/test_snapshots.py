"""Schemas before every statement: each stays as it was, and going on from an old one does not touch the new ones."""

from migrator.names import TableName
from migrator.schema.effects import effects_in
from migrator.schema.model import Schema
from migrator.schema.replay import replay
from migrator.statements.effects import Effects, Held
from migrator.statements.parse import parse_sql

T = TableName("public", "t")


def after(sql: str, base: Schema | None = None) -> Schema:
    return replay(parse_sql(sql).statements, base)


def effects(sql: str, schema: Schema) -> Effects:
    (statement,) = parse_sql(sql).statements
    return effects_in(statement, schema)


def columns(schema: Schema) -> list[str]:
    return [column.name for column in schema.tables[T].columns]


def test_each_schema_stays_as_it_was() -> None:
    first = after("CREATE TABLE t (a int)")
    second = after("ALTER TABLE t ADD COLUMN b int", first)
    third = after("ALTER TABLE t DROP COLUMN a; CREATE TABLE u (id int REFERENCES t)", second)
    fourth = after("DROP TABLE t", third)

    assert columns(first) == ["a"]
    assert columns(second) == ["a", "b"]
    assert columns(third) == ["b"]
    assert T not in fourth.tables
    assert [list(schema.tables) for schema in (first, third)] == [[T], [T, TableName("public", "u")]]
    assert [len(schema.referencing(T)) for schema in (first, second, third, fourth)] == [0, 0, 1, 0]


def test_two_futures_of_one_schema_know_nothing_of_each_other() -> None:
    first = after("CREATE TABLE t (a int)")
    one = after("ALTER TABLE t ADD COLUMN b int", first)
    other = after("ALTER TABLE t ADD COLUMN c int", first)

    assert columns(one) == ["a", "b"]
    assert columns(other) == ["a", "c"]
    assert columns(first) == ["a"]


def test_a_statement_that_changes_nothing_gives_the_same_schema() -> None:
    schema = after("CREATE TABLE t (a int)")

    assert after("SHOW lock_timeout", schema) is schema


def test_a_table_of_the_same_file_costs_nothing_until_it_is_written() -> None:
    made = after("CREATE TABLE t (a int)")

    assert effects("CREATE INDEX ON t (a)", made).held is Held.INSTANT
    assert effects("ALTER TABLE t ALTER a TYPE bigint", made).held is Held.INSTANT
    assert effects("ALTER TABLE t ADD CHECK (a > 0)", made).held is Held.INSTANT
    for write in ("INSERT INTO t VALUES (1)", "COPY t FROM '/x'", "SELECT fill()", "DO 'BEGIN END'", "CALL fill()"):
        written = after(write, made)
        assert effects("CREATE INDEX ON t (a)", written).held is Held.BUILD, write
    assert effects("CREATE INDEX ON t (a)", made.settled()).held is Held.BUILD
    assert effects("CREATE INDEX ON t (a)", after("CREATE TABLE IF NOT EXISTS t (a int)")).held is Held.BUILD


def test_rows_in_a_partition_are_rows_of_its_parent() -> None:
    parent = "CREATE TABLE t (a int) PARTITION BY RANGE (a); CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (9);"

    assert effects("CREATE INDEX ON t (a)", after(parent)).held is Held.INSTANT
    assert effects("CREATE INDEX ON t (a)", after(parent + "INSERT INTO t1 VALUES (1)")).held is Held.BUILD
    assert effects("CREATE INDEX ON t1 (a)", after(parent + "INSERT INTO t VALUES (1)")).held is Held.BUILD


def test_a_file_that_sets_search_path_ends_with_its_session() -> None:
    schema = after("SET search_path = app, public; CREATE TABLE t (a int)")

    assert TableName("app", "t") in schema.tables
    assert effects("DROP TABLE t", schema).locks[0].table == TableName("app", "t")
    assert effects("DROP TABLE t", schema.settled()).locks[0].table == T
