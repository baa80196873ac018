"""Builds an index concurrently in a way that leaves a broken one behind and hides it.

Why:
    CREATE INDEX CONCURRENTLY waits for every older transaction. When a lock_timeout or statement_timeout ends the
    wait, an INVALID index stays: it costs every write and serves no query. IF NOT EXISTS then finds it and reports
    success, so that a second run does not repair it either. REINDEX CONCURRENTLY leaves a second index behind in the
    same way, and DETACH PARTITION CONCURRENTLY a partition that is half detached.

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
from migrator.lint.finding import Category, Claim, Fix
from migrator.locks import LockLevel
from migrator.statements.effects import Held

CATEGORY = Category.TRANSACTION
LOCK = LockLevel.SHARE_UPDATE_EXCLUSIVE
_TIMEOUTS = ("lock_timeout", "statement_timeout")
_LEFT_BEHIND = {
    "index_stmt": "an INVALID index",
    "reindex_stmt": "an INVALID second index (its name ends in _ccnew)",
    "alter_table_stmt": "a partition that is half detached",
}


def check(file: FileContext) -> Iterator[Claim]:
    """Report concurrent builds under a timeout, or with IF NOT EXISTS and no DROP before."""
    for step in file.of_kind(*_LEFT_BEHIND):
        reasons = tuple(_reasons(file, step)) if not step.effects.is_transactional else ()
        if reasons:
            table = step.effects.locks[0].table if step.effects.locks else None
            yield step.claim(
                f"On {table or 'its table'} {_LEFT_BEHIND[step.statement.kind]} may be left: {' and '.join(reasons)}.",
                "Run it without timeouts and without IF NOT EXISTS, after DROP INDEX CONCURRENTLY IF EXISTS, and check "
                "indisvalid afterwards (migrator's own runner does all of this).",
                lock=LOCK,
                table=table,
                held=Held.BUILD,
                fix=_without_timeouts(step) if len(reasons) == len(_in_force(step)) else None,
            )


def _in_force(step: Step) -> list[str]:
    return [name for name in _TIMEOUTS if step.progress.has_timeout(name)]


def _without_timeouts(step: Step) -> Fix | None:
    lines = "\n".join(f"SET {name} = 0;" for name in _in_force(step))
    return step.with_line_before("Lift the timeouts", lines) if lines and step.progress.transaction is None else None


def _reasons(file: FileContext, step: Step) -> Iterator[str]:
    for name in _in_force(step):
        yield f"{name} = {step.progress.setting(name)} ends its wait for older transactions"
    dropped = {ref for earlier in file.leaves if earlier.order < step.order for ref in earlier.effects.removes}
    is_kept = step.statement.kind == "index_stmt" and step.statement.node.index_stmt.if_not_exists
    if is_kept and not set(step.effects.creates) <= dropped:
        yield "IF NOT EXISTS takes what an interrupted build left for a good index"
