"""What a file changes before columns go: sequences given to another column, and views made again over others.

Read from the statements, like all else that gates know about a migration. No gate: it has no `NAME`.
"""

from collections.abc import Iterable

from migrator.statements.effects import ObjectRef
from migrator.statements.statement import Statement


def handed_over(statements: Iterable[Statement]) -> tuple[ObjectRef, ...]:
    """Return the sequences of every ALTER SEQUENCE … OWNED BY, also OWNED BY NONE."""
    return tuple(sequence for statement in statements for sequence in _sequences(statement))


def made_again(statements: Iterable[Statement]) -> tuple[ObjectRef, ...]:
    """Return the views of every CREATE OR REPLACE VIEW: what they read today is not what they will read."""
    views = (s.node.view_stmt.view for s in statements if s.kind == "view_stmt" and s.node.view_stmt.replace)
    return tuple(ObjectRef("view", view.schemaname or "public", view.relname) for view in views)


def _sequences(statement: Statement) -> Iterable[ObjectRef]:
    if statement.kind != "alter_seq_stmt":
        return
    node = statement.node.alter_seq_stmt
    if any(option.def_elem.defname == "owned_by" for option in node.options):
        yield ObjectRef("sequence", node.sequence.schemaname or "public", node.sequence.relname)
