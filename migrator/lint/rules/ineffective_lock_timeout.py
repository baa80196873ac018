"""Sets a lock_timeout that does not protect what follows.

Why:
    Without a lock_timeout a statement that waits for a strong lock makes everybody wait behind it. One that has no
    effect is worse than none, because it looks safe: SET LOCAL outside of a transaction does nothing, 0 means for ever,
    COMMIT ends a SET LOCAL, and ROLLBACK undoes a SET.

Bad:
    SET LOCAL lock_timeout = '2s';
    ALTER TABLE users ADD COLUMN plan text;

Good:
    SET lock_timeout = '2s';
    ALTER TABLE users ADD COLUMN plan text;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext, Step
from migrator.lint.finding import Category, Claim, Severity
from migrator.lint.progress import milliseconds, set_here
from migrator.locks import LockLevel

CATEGORY = Category.TRANSACTION
SEVERITY = Severity.WARNING
_NAME = "lock_timeout"
_TOO_LONG = 60_000
"""Milliseconds: while a statement waits, everybody queues behind it."""


def check(file: FileContext) -> Iterator[Claim]:
    """Report where the file means to limit a wait and does not."""
    settings = [step for step in file.leaves if _NAME in set_here(step.statement)]
    if not settings:
        return
    strong = [step for step in file.leaves if _is_strong(file, step)]
    for step in settings:
        yield from _of_setting(step, [other for other in strong if other.order > step.order], strong)
    for step in strong:
        if _is_lost(step, settings):
            yield step.claim(
                f"The lock_timeout of line {settings[0].statement.line} is not in force any more: COMMIT, ROLLBACK "
                f"or RESET ended it, and this statement waits for {step.effects.level} for ever.",
                "Set it again before this statement, or with SET instead of SET LOCAL: SET lock_timeout = '2s';",
                severity=SEVERITY,
            )
            return


def _of_setting(step: Step, after: list[Step], strong: list[Step]) -> Iterator[Claim]:
    value, is_local = set_here(step.statement)[_NAME]
    limit = milliseconds(value)
    if is_local and step.progress.transaction is None:
        yield step.claim(
            "SET LOCAL has no effect outside of a transaction: the server only warns, and no wait is limited.",
            f"Write SET without LOCAL, or put BEGIN before it: SET lock_timeout = '{value}';",
            severity=SEVERITY,
        )
    elif limit and not after and any(not other.progress.has_timeout(_NAME) for other in strong):
        yield step.claim(
            "This lock_timeout comes after the statements that wait for locks, and limits none of them.",
            "Set it at the top of the file.",
            severity=SEVERITY,
        )
    elif after and _is_no_limit(limit) and after[0].progress.setting(_NAME) == value:
        yield step.claim(
            f"With lock_timeout = {value} the statement on line {after[0].statement.line} may wait for "
            f"{after[0].effects.level} {'for ever' if limit == 0 else 'for minutes'}, and everybody waits behind it.",
            "Set a few seconds, and try again when it fails: SET lock_timeout = '2s';",
            severity=SEVERITY,
        )


def _is_no_limit(limit: int | None) -> bool:
    return limit is not None and (limit == 0 or limit > _TOO_LONG)


def _is_strong(file: FileContext, step: Step) -> bool:
    is_new = all(file.is_new_table(lock.table, step) for lock in step.effects.locks)
    return step.effects.level >= LockLevel.SHARE and step.effects.is_transactional and not is_new


def _is_lost(step: Step, settings: list[Step]) -> bool:
    earlier = [other for other in settings if other.order < step.order]
    was_in_force = any(other.progress.after(other.statement).has_timeout(_NAME) for other in earlier)
    return was_in_force and step.progress.setting(_NAME) in (None, "default")
