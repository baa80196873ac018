"""The rules' examples on every server: *Bad* takes the lock that is claimed, or fails as is said; *Good* runs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from migrator.lint.context import FileContext, Step
from migrator.lint.halves import Half
from migrator.lint.reading import Reading, read_steps
from migrator.lint.rule import Rule, all_rules
from migrator.lint.source import Source
from migrator.lint.template import Filling
from migrator.pg.connection import Connection, connect
from migrator.pg.driver import errors
from migrator.sandbox.cluster import Cluster
from migrator.schema.replay import replay
from migrator.statements.effects import TableLock
from migrator.statements.parse import parse_sql
from tests.statements.observer import observe, requested_level

WORLD = (Path(__file__).parent / "world.sql").read_text(encoding="utf-8")
RULES = list(all_rules().values())
NOT_HERE = {
    "set-access-method": "needs an access method that stock servers do not have",
    "set-tablespace": "needs a tablespace",
    "drop-database": "needs a database to lose",
    "drop-tablespace": "needs a tablespace",
    "set-schema": "needs a second schema, which the next example would find",
    "contract-overdue": "is about a date",
}
FAILS = {
    "add-column-not-null-no-default",
    "concurrent-index-on-partitioned",
    "concurrently-in-transaction",
    "duplicate-assignment",
    "enum-value-used-in-transaction",
    "fails-on-server",
    "syntax-error",
    "type-change-view-dependency",
}
"""Rules that say that the server refuses the statement."""
_NOT_THERE = {
    "drop-table",
    "drop-extension",
    "drop-cascade",
    "templated-sql",
    "rename-object",
    "unqualified-name",
    "update-extension",
    "rename-schema",
    "drop-schema",
}
NO_MAIL = "ALTER TABLE users DROP COLUMN mail CASCADE"
WITHOUT = {
    "add-column-check": "ALTER TABLE users DROP COLUMN age",
    "add-column-primary-key": "TRUNCATE users, orders",
    "add-column-unique": NO_MAIL,
    "add-column-constrained-domain": "CREATE TABLE users (id int)",
    "add-fk-not-valid": "ALTER TABLE orders DROP CONSTRAINT orders_user_fk",
    "multiple-foreign-keys": "ALTER TABLE orders DROP CONSTRAINT orders_user_fk",
    "concurrently-in-transaction": "DROP INDEX users_mail",
    "create-index-non-concurrent": "DROP INDEX users_mail",
    "drop-view": "DROP MATERIALIZED VIEW reports; CREATE VIEW reports AS SELECT 1",
    "invalid-suppression": "DROP TABLE page_cache_entries",
    "opaque-sql": NO_MAIL,
    "rename-column": NO_MAIL,
    "syntax-error": NO_MAIL,
    "unused-suppression": NO_MAIL,
}
"""What the common world has, and the example makes."""
_DATABASE = "rules_live"
NEWEST = 18
"""The newest server that the facts know."""


@pytest.fixture(scope="module")
def dsn(server: Cluster) -> Iterator[str]:
    server.create_database(_DATABASE)
    yield server.primary.dsn_of(_DATABASE)
    server.drop_database(_DATABASE)


@pytest.fixture
def session(dsn: str) -> Iterator[Connection]:
    with connect(dsn) as connection:
        yield connection


def prepare(session: Connection, rule: Rule, version: int) -> None:
    """Make the rule's own world, or the common one, in an empty database."""
    if rule.id in NOT_HERE:
        pytest.skip(NOT_HERE[rule.id])
    if version < rule.since:
        pytest.skip(f"needs PostgreSQL {rule.since}")
    session.execute(b"SET client_min_messages = error; DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    session.execute((rule.section("Given") or WORLD).encode())
    session.execute(WITHOUT.get(rule.id, "").encode())


def understood(rule: Rule, section: str, version: int) -> FileContext:
    """Read an example as the linter does."""
    text = rule.section(section)
    reading = Reading(version, replay(parse_sql(rule.section("Given")).statements))
    read, filling, half = read_steps(text, reading), Filling(text, text), Half(text)
    return FileContext(Source("example.sql", text), reading, *read, frozenset(), lambda _: None, filling, half)


def locks_claimed(file: FileContext, rule: Rule) -> list[tuple[TableLock, Step]]:
    return [
        (TableLock(claim.table, claim.lock), file.steps[claim.step])
        for claim in rule.check(file)
        if claim.lock and claim.table and claim.step is not None
    ]


CLAIMING = [rule for rule in RULES if rule.id not in FAILS and locks_claimed(understood(rule, "Bad", NEWEST), rule)]
"""The rules that speak of a table's lock; the others have nothing to compare."""


@pytest.mark.parametrize("rule", CLAIMING, ids=lambda rule: rule.id)
def test_bad_takes_the_lock_that_is_claimed(rule: Rule, server: Cluster, dsn: str, session: Connection) -> None:
    version = server.programs.major
    file = understood(rule, "Bad", version)
    prepare(session, rule, version)
    claimed, step = locks_claimed(file, rule)[0]
    for earlier in file.steps[: step.number]:
        if earlier.progress.transaction is None and earlier.statement.kind != "transaction_stmt":
            session.execute(earlier.statement.text.encode())
    if not step.effects.is_transactional:
        session.execute(b"RESET ALL")
        assert requested_level(dsn, step.statement.text, claimed) is claimed.level
        return
    together = [other.statement.text for other in file.transactions.together(step) if other.order <= step.order]
    seen = observe(session, "; ".join(together))
    assert seen.locks.get(f"{claimed.table.schema}.{claimed.table.name}") is claimed.level


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.id in FAILS], ids=lambda rule: rule.id)
def test_what_is_said_to_fail_fails(rule: Rule, server: Cluster, session: Connection) -> None:
    prepare(session, rule, server.programs.major)
    *before, last = rule.section("Bad").removesuffix("COMMIT;").rstrip("; \n").split(";\n")
    for statement in before:
        session.execute(statement.encode())
    with pytest.raises(errors.Error):
        session.execute(last.encode())


@pytest.mark.parametrize("rule", [r for r in RULES if r.id not in _NOT_THERE], ids=lambda rule: rule.id)
def test_good_runs(rule: Rule, server: Cluster, session: Connection) -> None:
    prepare(session, rule, server.programs.major)
    for step in understood(rule, "Good", server.programs.major).steps:
        session.execute(step.statement.text.encode())
