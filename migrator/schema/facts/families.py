"""Statements about a table that go down to its partitions and heirs, or up to what a view reads."""

from dataclasses import replace

from migrator.locks import LockLevel
from migrator.schema.facts.known import Situation, locked, names_of
from migrator.statements.effects import Effects
from migrator.statements.facts.nodes import list_name, qualified, table_name
from migrator.statements.parse import pb


def lock_table(asked: Situation, facts: Effects) -> Effects:
    """LOCK TABLE: partitions and heirs too, without ONLY."""
    for node in asked.node.lock_stmt.relations:
        if node.range_var.inh:
            below = asked.schema.descendants(table_name(node.range_var))
            facts = locked(facts, LockLevel(asked.node.lock_stmt.mode), *names_of(below))
    return facts


def create_trigger(asked: Situation, facts: Effects) -> Effects:
    """A row trigger of a partitioned table is made on every partition."""
    statement = asked.node.create_trig_stmt
    table = asked.schema.table(table_name(statement.relation))
    if table is None or not (statement.row and table.is_partitioned):
        return facts
    return locked(facts, LockLevel.SHARE_ROW_EXCLUSIVE, *names_of(asked.schema.descendants(table.name)))


def refresh(asked: Situation, facts: Effects) -> Effects:
    """The relations that the view's query names are read."""
    if asked.node.refresh_mat_view_stmt.skip_data:
        return facts
    view = asked.schema.views.get(table_name(asked.node.refresh_mat_view_stmt.relation))
    return facts if view is None else locked(facts, LockLevel.ACCESS_SHARE, *view.reads)


def drop_trigger(asked: Situation, facts: Effects) -> Effects:
    """A row trigger of a partitioned table goes from every partition too."""
    for item in asked.node.drop_stmt.objects:
        *words, _trigger = [node.string.sval for node in item.list.items]
        table = asked.schema.table(qualified(words))
        if table is not None and table.is_partitioned:
            facts = locked(facts, facts.level, *names_of(asked.schema.descendants(table.name)))
    return facts


def drop_statistics(asked: Situation, facts: Effects) -> Effects:
    """The table of the statistics is locked against other DDL."""
    names = {list_name(item).name for item in asked.node.drop_stmt.objects}
    found = {d.table for d in asked.schema.dependents if d.kind == "statistics" and d.name in names}
    if not found or asked.node.drop_stmt.behavior == pb.DROP_CASCADE:
        return facts
    return replace(locked(facts, LockLevel.SHARE_UPDATE_EXCLUSIVE, *found), missing=())
