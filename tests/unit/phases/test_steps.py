"""How a file becomes steps, and what a file may not hold."""

import pytest

from migrator.errors import ManifestError
from migrator.locks import LockClass, LockLevel
from migrator.names import TableName
from migrator.phases.steps import Step, steps_of
from migrator.statements.parse import parse_sql

USERS = TableName("public", "users")


def _steps(text: str, pg_version: int = 17) -> tuple[Step, ...]:
    return steps_of(parse_sql(text).statements, "expand", pg_version)


def test_each_statement_is_a_step_and_a_block_is_one() -> None:
    steps = _steps("SELECT 1; BEGIN; SELECT 2; SELECT 3; COMMIT; START TRANSACTION; SELECT 4; END; SELECT 5;")
    assert [(step.number, [s.text for s in step.statements]) for step in steps] == [
        (1, ["SELECT 1"]),
        (2, ["SELECT 2", "SELECT 3"]),
        (3, ["SELECT 4"]),
        (4, ["SELECT 5"]),
    ]
    assert steps[1].sql == "SELECT 2;\nSELECT 3;"


def test_an_empty_block_is_no_step() -> None:
    assert _steps("-- nothing to add\nBEGIN; COMMIT;") == ()


def test_a_name_fits_on_a_line() -> None:
    (step,) = _steps("BEGIN; ALTER TABLE users\n    ADD COLUMN a_long_name text; SELECT 1; SELECT 2; COMMIT;")
    assert step.name == "ALTER TABLE users ADD COLUMN a_long_name text (+2 in one transaction)"
    (long,) = _steps(f"SELECT {', '.join(str(n) for n in range(100))};")
    assert len(long.name) == 80
    assert long.name.endswith("...")


@pytest.mark.parametrize(
    ("text", "lock_class", "is_transactional"),
    [
        ("ALTER TABLE users ADD COLUMN a int;", LockClass.STRONG, True),
        ("CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION f();", LockClass.STRONG, True),
        ("CREATE INDEX i ON users (a);", LockClass.STRONG, True),
        ("CREATE INDEX CONCURRENTLY i ON users (a);", LockClass.WEAK, False),
        ("DROP INDEX CONCURRENTLY i;", LockClass.WEAK, False),
        ("ALTER TABLE users VALIDATE CONSTRAINT c;", LockClass.WEAK, True),
        ("ANALYZE users;", LockClass.WEAK, True),
        ("VACUUM users;", LockClass.WEAK, False),
        ("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';", LockClass.NONE, True),
        ("UPDATE users SET a = 1;", LockClass.NONE, True),
        ("DO $$ BEGIN END $$;", LockClass.STRONG, True),
        ("BEGIN; ANALYZE users; ALTER TABLE users ADD COLUMN a int; COMMIT;", LockClass.STRONG, True),
        ("BEGIN; SELECT 1; ANALYZE users; COMMIT;", LockClass.WEAK, True),
    ],
)
def test_the_strongest_statement_decides(text: str, lock_class: LockClass, is_transactional: bool) -> None:
    (step,) = _steps(text)
    assert (step.lock_class, step.is_transactional) == (lock_class, is_transactional)


def test_locks_and_objects_of_a_block() -> None:
    (step,) = _steps(
        "BEGIN; ANALYZE users; ALTER TABLE users DROP a; CREATE TABLE t (id int); ALTER TABLE x RENAME TO y; COMMIT;"
    )
    assert step.tables == (USERS, TableName("public", "x"))
    assert step.level_on(USERS) is LockLevel.ACCESS_EXCLUSIVE
    assert step.level_on(TableName("public", "t")) is LockLevel.NONE
    assert [str(ref) for ref in step.creates] == ["table public.t"]
    assert [str(ref) for ref in step.removes] == ["column public.users.a", "table public.x"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("SELECT 1;\n\nROLLBACK;", r"expand\.sql:3: ROLLBACK is not usable here"),
        ("COMMIT;", "COMMIT is not usable here"),
        ("BEGIN; BEGIN; COMMIT;", "BEGIN is not usable here"),
        ("BEGIN; SAVEPOINT a; COMMIT;", "SAVEPOINT a is not usable here"),
        ("PREPARE TRANSACTION 'a';", "PREPARE TRANSACTION 'a' is not usable here"),
        ("BEGIN; SELECT 1;", "a BEGIN has no COMMIT"),
        ("BEGIN; VACUUM users; COMMIT;", r"expand\.sql:1: the server refuses this statement inside BEGIN"),
        ("BEGIN; SELECT 1;\nCREATE INDEX CONCURRENTLY i ON users (a); COMMIT;", r"expand\.sql:2: the server refuses"),
        ("CREATE INDEX CONCURRENTLY ON users (a);", "needs a name"),
        ("SET search_path = app;", "SET search_path = app is not usable here"),
        ("SET LOCAL work_mem = '1GB';", "SET LOCAL work_mem"),
        ("BEGIN; SET work_mem = '1GB'; COMMIT;", "SET work_mem"),
        ("RESET ALL;", "RESET ALL"),
        ("DISCARD ALL;", "DISCARD ALL"),
        ("BEGIN; SET LOCAL lock_timeout = '1h'; COMMIT;", "timeouts are the engine's"),
        ("BEGIN; SET LOCAL statement_timeout = 0; COMMIT;", "timeouts are the engine's"),
    ],
)
def test_what_a_file_may_not_hold(text: str, words: str) -> None:
    with pytest.raises(ManifestError, match=words) as caught:
        _steps(text)
    assert caught.value.todo


@pytest.mark.parametrize(
    "text",
    [
        "BEGIN; SET LOCAL work_mem = '1GB'; SELECT 1; COMMIT;",
        "BEGIN; SET LOCAL ROLE owner; SELECT 1; COMMIT;",
        "BEGIN; SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; SELECT 1; COMMIT;",
        "BEGIN; SET CONSTRAINTS ALL DEFERRED; SELECT 1; COMMIT;",
        "CREATE INDEX ON users (a);",
    ],
)
def test_what_a_file_may_hold(text: str) -> None:
    assert len(_steps(text)) == 1
