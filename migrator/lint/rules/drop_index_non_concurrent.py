"""Drops an index while all reads and writes wait.

Why:
    DROP INDEX takes ACCESS EXCLUSIVE on the table as well as on the index. It is quick once it has the lock, but it
    waits behind the longest running query, and everybody else waits behind it.

Bad:
    DROP INDEX users_mail;

Good:
    DROP INDEX CONCURRENTLY users_mail;
"""

import re
from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Claim
from migrator.lint.wording import takes
from migrator.locks import LockLevel
from migrator.statements.parse import pb

_INDEX = re.compile(r"\bINDEX\b", re.IGNORECASE)


def check(file: FileContext) -> Iterator[Claim]:
    """Report index drops under a lock, but for indexes that this file made."""
    for step in file.of_kind("drop_stmt"):
        statement = step.statement.node.drop_stmt
        if statement.remove_type != pb.OBJECT_INDEX or statement.concurrent:
            continue
        if all(file.is_made_here(ref, step) for ref in step.effects.removes):
            continue
        names = ", ".join(str(lock.table) for lock in step.effects.locks)
        yield step.claim(
            takes("DROP INDEX", LockLevel.ACCESS_EXCLUSIVE, f"the table of {names}", "for an instant"),
            f"Drop it beside the traffic, outside of a transaction: "
            f"{_INDEX.sub('INDEX CONCURRENTLY', step.statement.text, count=1)};",
            lock=LockLevel.ACCESS_EXCLUSIVE,
        )
