"""Drops an index while all reads and writes wait.

Why:
    DROP INDEX takes ACCESS EXCLUSIVE on the table as well as on the index. It is quick once it has the lock, but it
    waits behind the longest running query, and everybody else waits behind it.

Bad:
    DROP INDEX users_mail;

Good:
    DROP INDEX CONCURRENTLY users_mail;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext, Step
from migrator.lint.finding import Claim, Severity
from migrator.lint.rewriting import concurrently, concurrently_text
from migrator.lint.wording import takes
from migrator.locks import LockLevel
from migrator.names import TableName
from migrator.statements.effects import Held, ObjectRef
from migrator.statements.parse import pb

LOCK = LockLevel.ACCESS_EXCLUSIVE
SEVERITY = Severity.WARNING


def check(file: FileContext) -> Iterator[Claim]:
    """Report index drops under a lock, but for indexes that this file made, and those of partitioned tables."""
    for step in file.of_kind("drop_stmt"):
        statement = step.statement.node.drop_stmt
        if statement.remove_type != pb.OBJECT_INDEX or statement.concurrent:
            continue
        if all(
            file.is_made_here(ref, step) or _is_partitioned(step, ref) or _is_made_alone(file, step, ref)
            for ref in step.effects.removes
        ):
            continue
        names = ", ".join(f"{ref.schema}.{ref.name}" for ref in step.effects.removes)
        is_plain = len(step.effects.removes) == 1 and statement.behavior != pb.DROP_CASCADE
        yield step.claim(
            takes("DROP INDEX", LOCK, f"the table of {names}", "for an instant"),
            f"Drop each index beside the traffic, outside of a transaction: {concurrently_text(step)};",
            severity=SEVERITY,
            lock=LOCK,
            held=Held.INSTANT,
            fix=concurrently(file, step, "Drop the index concurrently") if is_plain else None,
        )


def _is_made_alone(file: FileContext, step: Step, ref: ObjectRef) -> bool:
    """Whether this migration made the index ON ONLY its table, which is therefore partitioned."""
    earlier = (s for s in file.steps_before(step) if s.statement.kind == "index_stmt" and ref in s.effects.creates)
    return any(not other.statement.node.index_stmt.relation.inh for other in earlier)


def _is_partitioned(step: Step, ref: ObjectRef) -> bool:
    """Whether the index is one of a partitioned table, which the server cannot drop CONCURRENTLY."""
    index = step.schema.index(TableName(ref.schema, ref.name))
    table = step.schema.table(index.table) if index is not None else None
    return table is not None and table.is_partitioned
