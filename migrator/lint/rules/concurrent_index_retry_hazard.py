"""Builds an index concurrently in a way that leaves a broken one behind and hides it.

Why:
    CREATE INDEX CONCURRENTLY waits for every older transaction. When a lock_timeout or statement_timeout ends the
    wait, an INVALID index stays: it costs every write and serves no query. IF NOT EXISTS then finds it and reports
    success, so that a second run does not repair it either.

Bad:
    SET lock_timeout = '1s';
    CREATE INDEX CONCURRENTLY IF NOT EXISTS users_mail ON users (mail);

Good:
    SET lock_timeout = 0;
    DROP INDEX CONCURRENTLY IF EXISTS users_mail;
    CREATE INDEX CONCURRENTLY users_mail ON users (mail);
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext, Step
from migrator.lint.finding import Claim
from migrator.locks import LockLevel
from migrator.statements.facts.nodes import table_name

_TIMEOUTS = ("lock_timeout", "statement_timeout")


def check(file: FileContext) -> Iterator[Claim]:
    """Report concurrent builds under a timeout, or with IF NOT EXISTS and no DROP before."""
    for step in file.of_kind("index_stmt"):
        index = step.statement.node.index_stmt
        reasons = tuple(_reasons(file, step)) if index.concurrent else ()
        if reasons:
            yield step.claim(
                f"The index on {table_name(index.relation)} may be left INVALID: {' and '.join(reasons)}.",
                "Run it without timeouts and without IF NOT EXISTS, after DROP INDEX CONCURRENTLY IF EXISTS, and check "
                "indisvalid afterwards (migrator's own runner does all of this).",
                lock=LockLevel.SHARE_UPDATE_EXCLUSIVE,
                table=table_name(index.relation),
            )


def _reasons(file: FileContext, step: Step) -> Iterator[str]:
    for name in _TIMEOUTS:
        if step.progress.has_timeout(name):
            yield f"{name} = {step.progress.setting(name)} ends its wait for older transactions"
    dropped = {ref for earlier in file.steps[: step.number] for ref in earlier.effects.removes}
    if step.statement.node.index_stmt.if_not_exists and not set(step.effects.creates) <= dropped:
        yield "IF NOT EXISTS takes what an interrupted build left for a good index"
