"""Sequences that a file gives to another column before their owner goes: they do not vanish with it.

Read from the statements, like all else that gates know about a migration. No gate: it has no `NAME`.
"""

from collections.abc import Iterable

from migrator.statements.effects import ObjectRef
from migrator.statements.statement import Statement


def handed_over(statements: Iterable[Statement]) -> tuple[ObjectRef, ...]:
    """Return the sequences of every ALTER SEQUENCE … OWNED BY, also OWNED BY NONE."""
    return tuple(sequence for statement in statements for sequence in _sequences(statement))


def _sequences(statement: Statement) -> Iterable[ObjectRef]:
    if statement.kind != "alter_seq_stmt":
        return
    node = statement.node.alter_seq_stmt
    if any(option.def_elem.defname == "owned_by" for option in node.options):
        yield ObjectRef("sequence", node.sequence.schemaname or "public", node.sequence.relname)
