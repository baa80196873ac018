"""A statement whose effects cannot be read from its text.

Why:
    The static statements of a DO block, and of a function that the same file makes and calls, are judged as if they
    stood in the file. EXECUTE of a text that is put together, CALL and functions from elsewhere can run any DDL: their
    locks, rewrites and removals are seen by no rule, so that is reported instead of passing as clean.

Bad:
    DO $$ BEGIN EXECUTE format('ALTER TABLE users ADD COLUMN %I text', current_user); END $$;

Good:
    ALTER TABLE users ADD COLUMN mail text;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext, Step
from migrator.lint.finding import Category, Claim, Severity, Verdict
from migrator.lint.wording import statement_in_short

CATEGORY = Category.ERROR
SEVERITY = Severity.WARNING

_SAID_ELSEWHERE = frozenset("drop_stmt dropdb_stmt drop_table_space_stmt alter_domain_stmt".split())
"""They have rules of their own."""


def check(file: FileContext) -> Iterator[Claim]:
    """Report every statement that is not understood."""
    for step in file.steps:
        if step.effects.is_opaque and step.statement.kind not in _SAID_ELSEWHERE:
            yield step.claim(
                f"The effects of `{statement_in_short(step.statement.text)}` cannot be read from its text"
                f"{_missing(step)}. It may take any lock on any table.",
                "Write the statements themselves, or allow it with the reason why it is harmless: "
                "-- migrator: allow opaque-sql: <reason>",
                severity=SEVERITY,
                verdict=Verdict.UNKNOWN,
            )


def _missing(step: Step) -> str:
    return f" (not known: {'; '.join(step.effects.missing)})" if step.effects.missing else ""
