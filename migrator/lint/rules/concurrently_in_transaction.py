"""Runs a statement in a transaction that the server refuses there.

Why:
    CREATE INDEX CONCURRENTLY, DROP INDEX CONCURRENTLY, REINDEX CONCURRENTLY, DETACH PARTITION CONCURRENTLY and VACUUM
    use transactions of their own. Between BEGIN and COMMIT, in a DO block, and in a file that its runner wraps in a
    transaction, the server answers with an error.

Bad:
    BEGIN;
    CREATE INDEX CONCURRENTLY users_mail ON users (mail);
    COMMIT;

Good:
    CREATE INDEX CONCURRENTLY users_mail ON users (mail);
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext, Step
from migrator.lint.finding import Category, Claim
from migrator.lint.wording import statement_in_short
from migrator.lint.wrapping import Sending, Wrapping

CATEGORY = Category.ERROR


def check(file: FileContext) -> Iterator[Claim]:
    """Report what stands in a transaction and may not."""
    for step in file.leaves:
        if step.progress.transaction is not None and not step.effects.is_transactional:
            yield step.claim(
                f"`{statement_in_short(step.statement.text)}` cannot run inside a transaction block: "
                "the server refuses it, and the rest of the transaction fails with it.",
                _help(file, step),
            )


def _help(file: FileContext, step: Step) -> str:
    if step.progress.is_wrapped and file.half.wrapping is not None:
        return _in_words_of_the_tool(file.half.wrapping)
    if step.progress.is_wrapped:
        return (
            "Give it a file of its own that the runner does not wrap, as its documentation says how, and tell this "
            "linter with the comment: -- migrator: no-transaction"
        )
    return "Move it before BEGIN or after COMMIT, and out of DO blocks."


def _in_words_of_the_tool(wrapping: Wrapping) -> str:
    if wrapping.sending is Sending.TOGETHER:
        return (
            "Give it a file of its own: this tool sends the whole file in one message, and several statements in one "
            "message are one transaction. If yours sends them singly: -- migrator: no-transaction"
        )
    how = f", and {wrapping.opt_out}" if wrapping.opt_out else " that its tool does not wrap"
    return f"Give it a file of its own{how}. If this file is not wrapped at all: -- migrator: no-transaction"
