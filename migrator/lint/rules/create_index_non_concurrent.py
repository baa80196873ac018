"""Builds an index while all writes wait.

Why:
    CREATE INDEX takes SHARE for as long as the build takes: minutes on a table of some gigabytes. CONCURRENTLY
    builds beside the traffic; it must stand outside of a transaction.

Bad:
    CREATE INDEX users_mail ON users (mail);

Good:
    CREATE INDEX CONCURRENTLY users_mail ON users (mail);
"""

import re
from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Claim
from migrator.lint.wording import takes
from migrator.locks import LockLevel
from migrator.statements.facts.nodes import table_name

_INDEX = re.compile(r"\bINDEX\b", re.IGNORECASE)


def check(file: FileContext) -> Iterator[Claim]:
    """Report index builds under a lock; ON ONLY a partitioned table builds nothing."""
    for step in file.of_kind("index_stmt"):
        index = step.statement.node.index_stmt
        table = table_name(index.relation)
        if index.concurrent or not index.relation.inh or file.is_new_table(table, step):
            continue
        yield step.claim(
            takes("CREATE INDEX", LockLevel.SHARE, table, "until the whole index is built"),
            f"Build it beside the traffic, outside of a transaction: "
            f"{_INDEX.sub('INDEX CONCURRENTLY', step.statement.text, count=1)};",
            lock=LockLevel.SHARE,
            table=table,
        )
