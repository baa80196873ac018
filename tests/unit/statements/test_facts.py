"""What the text alone tells: objects made, removed, renamed; what is opaque; what is unknown and why.

The lock levels, rewrites and scans are compared with live servers in tests/statements.
"""

import pytest

from migrator.locks import LockClass, LockLevel
from migrator.statements.effects import Effects, Fact
from migrator.statements.facts import effects_of
from migrator.statements.facts.table import FACTS
from migrator.statements.parse import parse_sql, pb


def effects(sql: str, pg_version: int = 17) -> Effects:
    (statement,) = parse_sql(sql).statements
    return effects_of(statement, pg_version)


@pytest.mark.parametrize(
    ("sql", "created"),
    [
        ("ALTER TABLE s.t ADD COLUMN c int, ADD CONSTRAINT k CHECK (c > 0)", "column s.t.c, constraint s.t.k"),
        ('CREATE TABLE "T t" (id int)', "table public.T t"),
        ("CREATE INDEX CONCURRENTLY i ON s.t (a)", "index s.i"),
        ("CREATE INDEX ON s.t (a)", ""),
        ("CREATE TRIGGER g BEFORE INSERT ON s.t FOR EACH ROW EXECUTE FUNCTION f()", "trigger s.t.g"),
        ("CREATE OR REPLACE FUNCTION migrator.f() RETURNS int LANGUAGE sql AS ''", "function migrator.f"),
        ("CREATE VIEW v AS SELECT 1", "view public.v"),
        ("CREATE SEQUENCE s.q", "sequence s.q"),
        ("CREATE TYPE s.mood AS ENUM ('a')", "type s.mood"),
        ("CREATE SCHEMA s", "schema s"),
        ("CREATE EXTENSION pgcrypto", "extension pgcrypto"),
        ("ALTER TYPE s.mood ADD VALUE 'x'", "enum value s.mood.x"),
        ("SELECT * INTO s.n FROM t", "table s.n"),
    ],
)
def test_what_is_created(sql: str, created: str) -> None:
    assert ", ".join(map(str, effects(sql).creates)) == created


@pytest.mark.parametrize(
    ("sql", "removed"),
    [
        ("ALTER TABLE s.t DROP COLUMN c, DROP CONSTRAINT k", "column s.t.c, constraint s.t.k"),
        ("DROP TABLE a, s.b", "table public.a, table s.b"),
        ("DROP INDEX CONCURRENTLY s.i", "index s.i"),
        ("DROP TRIGGER g ON s.t", "trigger s.t.g"),
        ("DROP TRIGGER g ON t", "trigger public.t.g"),
        ("DROP FUNCTION migrator.f(int)", "function migrator.f"),
        ("DROP VIEW v", "view public.v"),
        ("DROP TYPE s.mood", "type s.mood"),
        ("DROP SCHEMA s", "schema s"),
        ("DROP POLICY p ON s.t", "policy s.t.p"),
        ("DROP EXTENSION pgcrypto", "extension pgcrypto"),
    ],
)
def test_what_is_removed(sql: str, removed: str) -> None:
    assert ", ".join(map(str, effects(sql).removes)) == removed
    assert effects(sql).is_destructive


@pytest.mark.parametrize(
    ("sql", "renamed"),
    [
        ("ALTER TABLE s.t RENAME COLUMN a TO b", "column s.t.a -> b"),
        ("ALTER TABLE s.t RENAME a TO b", "column s.t.a -> b"),
        ("ALTER TABLE s.t RENAME TO u", "table s.t -> u"),
        ("ALTER INDEX s.i RENAME TO j", "index s.i -> j"),
        ("ALTER TABLE s.t RENAME CONSTRAINT k TO l", "constraint s.t.k -> l"),
        ("ALTER TYPE s.mood RENAME VALUE 'a' TO 'b'", "enum value s.mood.a -> b"),
        ("ALTER FUNCTION s.f(int) RENAME TO g", "function s.f -> g"),
        ("ALTER SCHEMA s RENAME TO t", "schema s -> t"),
        ("ALTER TABLE s.t SET SCHEMA u", "table s.t -> u.t"),
    ],
)
def test_what_is_renamed(sql: str, renamed: str) -> None:
    assert ", ".join(f"{r.source} -> {r.new_name}" for r in effects(sql).renames) == renamed
    assert effects(sql).is_destructive


@pytest.mark.parametrize(
    "sql",
    [
        "DO $$ BEGIN DROP TABLE t; END $$",
        "CALL p()",
        "SELECT my_function()",
        "SELECT partman.create_parent('public.t')",
        "INSERT INTO t SELECT f(1)",
        "EXECUTE p",
        "ALTER EXTENSION x UPDATE",
        "DROP FUNCTION f() CASCADE",
        "DROP SCHEMA s CASCADE",
        "CREATE SCHEMA s CREATE TABLE t (id int)",
        "ALTER DOMAIN d ADD CHECK (VALUE > 0)",
        "VACUUM",
        "VACUUM FULL",
        "CLUSTER",
        "REINDEX SCHEMA s",
        "REINDEX DATABASE d",
        "ALTER TABLE ALL IN TABLESPACE a SET TABLESPACE b",
        "DROP OWNED BY r",
    ],
)
def test_what_is_not_understood_is_never_harmless(sql: str) -> None:
    assert effects(sql).is_opaque
    assert effects(sql).lock_class is LockClass.STRONG


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("ALTER TABLE t ADD COLUMN c int DEFAULT s.f()", "whether function s.f() is VOLATILE"),
        ("ALTER TABLE t ADD COLUMN c app.money", "whether type app.money is a domain with constraints"),
        ("ALTER TABLE t ALTER a TYPE bigint", "the present type of column public.t.a, and its indexes and checks"),
        ("ALTER TABLE t ALTER a SET NOT NULL", "whether a valid CHECK proves that the column holds no NULL"),
    ],
)
def test_an_unknown_fact_says_what_one_would_have_to_know(sql: str, words: str) -> None:
    found = effects(sql)
    assert Fact.UNKNOWN in {found.rewrite, found.scan}
    assert found.missing == (words,)


def test_several_actions_take_the_strongest_of_everything() -> None:
    found = effects("ALTER TABLE t VALIDATE CONSTRAINT k, SET (fillfactor = 70), ADD COLUMN c int, DROP COLUMN d")
    assert [(str(lock.table), lock.level) for lock in found.locks] == [("public.t", LockLevel.ACCESS_EXCLUSIVE)]
    assert found.scan is Fact.YES
    assert [str(ref) for ref in (*found.creates, *found.removes)] == ["column public.t.c", "column public.t.d"]


def test_a_foreign_key_locks_both_tables_and_the_table_itself_once() -> None:
    both = effects("ALTER TABLE s.t ADD FOREIGN KEY (a) REFERENCES p NOT VALID")
    assert [str(lock.table) for lock in both.locks] == ["s.t", "public.p"]
    itself = effects("ALTER TABLE s.t ADD FOREIGN KEY (a) REFERENCES s.t NOT VALID")
    assert [str(lock.table) for lock in itself.locks] == ["s.t"]


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE INDEX CONCURRENTLY i ON t (a)",
        "DROP INDEX CONCURRENTLY i",
        "REINDEX TABLE CONCURRENTLY t",
        "ALTER TABLE t DETACH PARTITION p CONCURRENTLY",
        "VACUUM t",
        "ALTER SYSTEM SET work_mem = '1MB'",
    ],
)
def test_what_may_not_run_in_a_transaction(sql: str) -> None:
    assert not effects(sql).is_transactional
    assert effects("CREATE INDEX i ON t (a)").is_transactional


def test_the_classes_by_which_the_engine_waits() -> None:
    assert effects("ALTER TABLE t ADD COLUMN c int").lock_class is LockClass.STRONG
    assert effects("ALTER TABLE t VALIDATE CONSTRAINT k").lock_class is LockClass.WEAK
    assert effects("CREATE INDEX CONCURRENTLY i ON t (a)").lock_class is LockClass.WEAK
    assert effects("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS ''").lock_class is LockClass.NONE
    assert effects("GRANT SELECT ON t TO r").lock_class is LockClass.NONE


def test_common_table_expressions_are_no_tables() -> None:
    found = effects("WITH t AS (DELETE FROM a RETURNING id) INSERT INTO b SELECT * FROM t JOIN s.t ON true")
    assert {str(lock.table): lock.level for lock in found.locks} == {
        "public.b": LockLevel.ROW_EXCLUSIVE,
        "public.a": LockLevel.ROW_EXCLUSIVE,
        "s.t": LockLevel.ACCESS_SHARE,
    }


def test_privileges_take_a_lock_since_18() -> None:
    assert effects("GRANT SELECT ON t TO r", 17).level is LockLevel.NONE
    assert effects("GRANT SELECT ON t TO r", 18).level is LockLevel.ACCESS_SHARE


def test_very_deep_expressions_are_read() -> None:
    assert effects("ALTER TABLE t ADD c text DEFAULT " + " || ".join(["'a'"] * 3000)).rewrite is Fact.NO


NO_STATEMENTS = {
    "raw_stmt",  # the wrapper of every statement
    "set_operation_stmt",  # UNION inside a query, after analysis
    "return_stmt",  # inside BEGIN ATOMIC only
    "plassign_stmt",  # inside PL/pgSQL only
    "replica_identity_stmt",  # an action of ALTER TABLE
}


def test_every_statement_of_the_grammar_has_an_entry() -> None:
    kinds = {field.name for field in pb.Node.DESCRIPTOR.fields if field.name.endswith("_stmt")}

    assert kinds - FACTS.keys() == NO_STATEMENTS


@pytest.mark.parametrize(
    ("sql", "since"),
    [
        ("ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY", 14),
        ("CREATE OR REPLACE TRIGGER x BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()", 14),
        ("CREATE UNIQUE INDEX ON t (a) NULLS NOT DISTINCT", 15),
        ("ALTER TABLE t SET ACCESS METHOD heap", 15),
        ("ALTER TABLE t ALTER a SET EXPRESSION AS (b)", 17),
        ("ALTER TABLE t ADD COLUMN a int GENERATED ALWAYS AS (b) VIRTUAL", 18),
        ("CREATE TABLE t (a int, g int GENERATED ALWAYS AS (a) VIRTUAL)", 18),
        ("ALTER TABLE t ADD CONSTRAINT c NOT NULL a NOT VALID", 18),
        ("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT ENFORCED", 18),
    ],
)
def test_what_an_older_server_does_not_know_fails_there(sql: str, since: int) -> None:
    (statement,) = parse_sql(sql).statements

    assert effects_of(statement, since - 1).errors
    assert not effects_of(statement, since).errors
