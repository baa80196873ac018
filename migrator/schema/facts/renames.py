"""RENAME: a column's or a CHECK's new name goes down to partitions and heirs; an index is told by its name."""

from migrator.names import TableName
from migrator.schema.facts.known import Situation, locked, names_of
from migrator.statements.effects import Effects
from migrator.statements.facts.nodes import table_name
from migrator.statements.parse import pb

_REPEATED = frozenset({pb.OBJECT_COLUMN, pb.OBJECT_TABCONSTRAINT})


def rename(asked: Situation, facts: Effects) -> Effects:
    """Return the facts with the locks on partitions and heirs."""
    statement = asked.node.rename_stmt
    if statement.rename_type not in _REPEATED or not statement.relation.inh:
        return facts
    name = table_name(statement.relation)
    if statement.rename_type == pb.OBJECT_TABCONSTRAINT and not _is_check(asked, name, statement.subname):
        return facts
    return locked(facts, facts.level, *names_of(asked.schema.descendants(name)))


def _is_check(asked: Situation, name: TableName, constraint: str) -> bool:
    table = asked.schema.table(name)
    return table is not None and any(c.name == constraint and c.kind == "check" for c in table.constraints)
