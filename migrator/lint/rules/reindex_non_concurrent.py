"""Builds an index again while writes wait, and most reads too.

Why:
    REINDEX takes SHARE on the table, so writes wait, and ACCESS EXCLUSIVE on the index, so that even a plain SELECT
    waits: the planner looks at every index of a table. CONCURRENTLY builds a second index beside the first.

Bad:
    REINDEX TABLE users;

Good:
    REINDEX TABLE CONCURRENTLY users;
"""

import re
from collections.abc import Iterator

from migrator.lint.context import FileContext, Step
from migrator.lint.finding import Claim
from migrator.lint.wording import takes
from migrator.locks import LockLevel
from migrator.statements.effects import Held
from migrator.statements.facts.nodes import is_on, options, table_name
from migrator.statements.parse import pb

LOCK = LockLevel.SHARE
_OBJECT = re.compile(r"\b(TABLE|INDEX|SCHEMA|DATABASE)\b", re.IGNORECASE)


def check(file: FileContext) -> Iterator[Claim]:
    """Report REINDEX of tables, indexes, schemas and databases without CONCURRENTLY."""
    for step in file.of_kind("reindex_stmt"):
        statement = step.statement.node.reindex_stmt
        if is_on(options(statement.params).get("concurrently")):
            continue
        table = table_name(statement.relation) if statement.kind == pb.REINDEX_OBJECT_TABLE else None
        if table is not None and file.is_empty_table(table, step):
            continue
        name = str(table_name(statement.relation)) if statement.relation.relname else f"each table of {statement.name}"
        on = name if table is not None or not statement.relation.relname else f"the table of {name}"
        yield step.claim(
            f"{takes('REINDEX', LOCK, on, 'while the indexes are built')} It also takes ACCESS EXCLUSIVE on the "
            "indexes, for which plain reads of the table wait as well.",
            _help(step),
            lock=LOCK,
            table=table,
            held=Held.BUILD,
        )


def _help(step: Step) -> str:
    text, found = _OBJECT.subn(r"\1 CONCURRENTLY", step.statement.text, count=1)
    if not found:
        return "REINDEX SYSTEM has no online form: name the broken index, and choose a quiet hour."
    return f"Build them beside the traffic, outside of a transaction: {text};"
