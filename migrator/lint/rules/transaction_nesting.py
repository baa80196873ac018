"""Begins a transaction inside of one, or ends one that was never begun.

Why:
    The server only warns, and does something else than the file says: a second BEGIN changes nothing, so the first
    COMMIT ends everything; in a file that its runner wraps, that COMMIT ends the runner's transaction, and the rest
    runs without one.

Bad:
    BEGIN;
    BEGIN;
    COMMIT;

Good:
    BEGIN;
    SAVEPOINT inner_part;
    RELEASE inner_part;
    COMMIT;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim, Severity
from migrator.statements.parse import pb

CATEGORY = Category.TRANSACTION
SEVERITY = Severity.WARNING
_BEGINS = (pb.TRANS_STMT_BEGIN, pb.TRANS_STMT_START)
_ENDS = (pb.TRANS_STMT_COMMIT, pb.TRANS_STMT_ROLLBACK)


def check(file: FileContext) -> Iterator[Claim]:
    """Report BEGIN inside of a transaction, and COMMIT or ROLLBACK outside of any."""
    for step in file.of_kind("transaction_stmt"):
        kind = step.statement.node.transaction_stmt.kind
        is_open, is_wrapped = step.progress.transaction is not None, step.progress.is_wrapped
        if kind in _BEGINS and is_open:
            which = "its runner" if is_wrapped else "an earlier BEGIN"
            message = f"A transaction is open already, by {which}: this changes nothing, and the next COMMIT ends both."
        elif kind in _ENDS and is_wrapped:
            message = "This ends the transaction of the file's runner: what follows runs without one."
        elif kind in _ENDS and not is_open:
            message = "No transaction is open here: the server only warns, and nothing is committed or undone together."
        else:
            continue
        help_ = "Leave it away, or tell how the file is run: -- migrator: transaction, or -- migrator: no-transaction"
        yield step.claim(message, help_, severity=SEVERITY)
