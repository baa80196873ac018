"""The session's state before each statement: transactions and timeouts by PostgreSQL's rules."""

import pytest

from migrator.lint.progress import Progress
from migrator.lint.reading import Reading, read_steps


def at_end(sql: str) -> Progress:
    steps, problems, _ = read_steps(f"{sql}; SELECT 'end'", Reading())
    assert problems == ()
    return steps[-1].progress


@pytest.mark.parametrize(
    ("sql", "transaction"),
    [
        ("SELECT 1", None),
        ("BEGIN", 1),
        ("START TRANSACTION ISOLATION LEVEL SERIALIZABLE", 1),
        ("BEGIN; BEGIN", 1),
        ("BEGIN; COMMIT", None),
        ("BEGIN; END", None),
        ("BEGIN; ROLLBACK; BEGIN", 2),
        ("BEGIN; SAVEPOINT s; ROLLBACK TO s; RELEASE s", 1),
        ("BEGIN; PREPARE TRANSACTION 'x'", None),
        ("COMMIT", None),
        ("BEGIN; COMMIT AND CHAIN", 2),
        ("COMMIT; BEGIN; ROLLBACK AND CHAIN", 2),
    ],
)
def test_transactions(sql: str, transaction: int | None) -> None:
    assert at_end(sql).transaction == transaction


@pytest.mark.parametrize(
    ("sql", "has_timeout"),
    [
        ("SELECT 1", False),
        ("SET lock_timeout = '1s'", True),
        ("SET lock_timeout TO 500", True),
        ("SET LOCK_TIMEOUT = 0", False),
        ("SET lock_timeout = '0ms'", False),
        ("SET lock_timeout = DEFAULT", False),
        ("SET lock_timeout = '1s'; RESET lock_timeout", False),
        ("SET lock_timeout = '1s'; RESET ALL", False),
        ("SET lock_timeout = '1s'; SET statement_timeout = 0", True),
        ("SET LOCAL lock_timeout = '1s'", False),
        ("BEGIN; SET LOCAL lock_timeout = '1s'", True),
        ("BEGIN; SET LOCAL lock_timeout = '1s'; COMMIT", False),
        ("BEGIN; SET lock_timeout = '1s'; COMMIT", True),
        ("BEGIN; SET lock_timeout = '1s'; ROLLBACK", False),
        ("SET lock_timeout = '1s'; BEGIN; SET LOCAL lock_timeout = 0", False),
        ("SELECT set_config('lock_timeout', '1s', false)", True),
        ("SELECT 1, set_config('x.y', 'z', false), set_config('lock_timeout', '1s', false)", True),
        ("BEGIN; SET LOCAL lock_timeout = '1s'; SET lock_timeout = 0", False),
        ("BEGIN; SAVEPOINT a; SET lock_timeout = '1s'; ROLLBACK TO a", False),
        ("BEGIN; SET lock_timeout = '1s'; SAVEPOINT a; SET lock_timeout = 0; ROLLBACK TO a", True),
        ("SET lock_timeout = '1s'; DISCARD ALL", False),
        ("SELECT pg_catalog.set_config('lock_timeout', '1s', true)", False),
        ("BEGIN; SELECT set_config('lock_timeout', '1s', true)", True),
    ],
)
def test_settings(sql: str, has_timeout: bool) -> None:
    assert at_end(sql).has_timeout("lock_timeout") is has_timeout
