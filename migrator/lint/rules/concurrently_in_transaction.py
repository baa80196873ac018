"""Runs a statement in a transaction that the server refuses there.

Why:
    CREATE INDEX CONCURRENTLY, DROP INDEX CONCURRENTLY, REINDEX CONCURRENTLY, DETACH PARTITION CONCURRENTLY and VACUUM
    use transactions of their own. Between BEGIN and COMMIT the server answers with an error.

Bad:
    BEGIN;
    CREATE INDEX CONCURRENTLY users_mail ON users (mail);
    COMMIT;

Good:
    CREATE INDEX CONCURRENTLY users_mail ON users (mail);
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Claim
from migrator.lint.wording import statement_in_short


def check(file: FileContext) -> Iterator[Claim]:
    """Report what stands between BEGIN and COMMIT and may not."""
    for step in file.leaves:
        if step.progress.transaction is not None and not step.effects.is_transactional:
            yield step.claim(
                f"`{statement_in_short(step.statement.text)}` cannot run inside a transaction block: "
                "the server refuses it, and the rest of the transaction fails with it.",
                "Move it before BEGIN or after COMMIT.",
            )
