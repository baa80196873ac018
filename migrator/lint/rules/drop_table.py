"""Drops a table that running code may still use.

Why:
    DROP TABLE is instant, the data is gone, and every query that names the table fails from that moment. Tables that
    its foreign keys reference are locked in ACCESS EXCLUSIVE mode too.

Bad:
    DROP TABLE old_orders;

Good:
    -- drop it in contract.sql, when nobody uses it; until then take the rights away to see who complains
    REVOKE ALL ON old_orders FROM app;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Claim
from migrator.lint.wording import takes
from migrator.locks import LockLevel
from migrator.names import TableName


def check(file: FileContext) -> Iterator[Claim]:
    """Report every dropped table, but for contracts, aborts of what was made, and tables of this file."""
    for step in file.of_kind("drop_stmt"):
        for ref in step.effects.removes:
            if ref.kind != "table" or file.may_remove(ref, step):
                continue
            table = TableName(ref.schema, ref.name)
            lock = takes("DROP TABLE", LockLevel.ACCESS_EXCLUSIVE, table, "and on each table that it references")
            yield step.claim(
                f"{lock} The rows are lost, and every query that names the table fails.",
                "Release code that does not use the table, and drop it in the contract.sql of a migration.",
                lock=LockLevel.ACCESS_EXCLUSIVE,
                table=table,
            )
