"""What a statement adds, in the form that lets traffic go on: SQL that runs as it stands, for the help of rules.

Names, columns and clauses are those with which the server would make the object: the action is replayed alone, and what
it made is written down again. So nothing is lost (INCLUDE, DEFERRABLE, ON DELETE), and nobody has to think of a name.
"""

import re
from dataclasses import dataclass

from migrator.lint.step import Action, Step
from migrator.names import TableName, made_name, quote
from migrator.schema.model import Constraint, Index, Schema, Table
from migrator.schema.replay import replay
from migrator.statements.parse import deparse, parse_sql, pb
from migrator.statements.statement import Statement

_DEFERRAL = re.compile(r"( DEFERRABLE.*)\Z")
_FEW = 3
"""More partitions than these are counted, and not written out."""


@dataclass(frozen=True, slots=True)
class Added:
    """A constraint as the server would make it, and the index behind it."""

    constraint: Constraint
    index: Index | None


def added(action: Action, kind: str) -> Added | None:
    """Return the constraint of this kind that the action adds; None where it cannot be told."""
    before = action.step.schema.table(action.table) or Table(action.table, is_incomplete=True)
    after = _after((_alone(action),), before)
    names = {constraint.name for constraint in before.constraints}
    found = next((each for each in after.constraints if each.kind == kind and each.name not in names), None)
    if found is None:
        return None
    return Added(found, next((index for index in after.indexes if index.name == found.name), None))


def key_in_two_steps(action: Action, kind: str) -> str:
    """Return the SQL that builds a key's index beside the traffic and then takes it over."""
    made = added(action, kind)
    if made is None or made.index is None:
        return "CREATE UNIQUE INDEX CONCURRENTLY, and then ADD CONSTRAINT with USING INDEX."
    name, deferral = quote(made.constraint.name), _DEFERRAL.search(made.constraint.definition)
    build = made.index.definition.replace(" INDEX ", " INDEX CONCURRENTLY ", 1)
    take = f"ADD CONSTRAINT {name} {kind.upper()} USING INDEX {name}{deferral[1] if deferral else ''}"
    return f"{build}; ALTER TABLE {action.table} {take};"


def check_in_two_steps(action: Action, kind: str) -> str:
    """Return the SQL that adds a CHECK or foreign key NOT VALID, and then validates it."""
    made = added(action, kind)
    if made is None:
        return "ADD CONSTRAINT with NOT VALID, and then VALIDATE CONSTRAINT."
    name, table = quote(made.constraint.name), action.table
    add = f"ALTER TABLE {table} ADD CONSTRAINT {name} {made.constraint.definition} NOT VALID"
    return f"{add}; ALTER TABLE {table} VALIDATE CONSTRAINT {name};"


def index_by_partitions(step: Step, table: TableName) -> str:
    """Return the SQL that makes the index of a partitioned table: alone, on each partition, and attached."""
    node = pb.Node()
    node.CopyFrom(step.statement.node)
    index = node.index_stmt
    index.idxname = index.idxname or _made_index(step, table)
    index.concurrent, index.relation.inh = False, False
    parent_index = index.idxname
    parts = [deparse(node)]
    children = step.schema.children(table)
    partitions = [] if any(child.is_partitioned for child in children) else [child.name for child in children]
    for partition in partitions[:_FEW]:
        name = made_name(parent_index, partition.name)
        index.concurrent, index.relation.inh, index.idxname = True, True, name
        index.relation.schemaname, index.relation.relname = partition
        attached = f"{quote(partition.schema)}.{quote(name)}"
        parts += [deparse(node), f"ALTER INDEX {quote(table.schema)}.{quote(parent_index)} ATTACH PARTITION {attached}"]
    return f"{'; '.join(parts)};{_others(partitions)}"


def _others(partitions: list[TableName]) -> str:
    if not partitions:
        return " Then build it CONCURRENTLY on each partition and attach it: ALTER INDEX, ATTACH PARTITION."
    rest = len(partitions) - _FEW
    return f" The same for the other {rest} partitions." if rest > 0 else ""


def _made_index(step: Step, table: TableName) -> str:
    before = step.schema.table(table) or Table(table, is_incomplete=True)
    names = {index.name for index in before.indexes}
    after = _after((step.statement,), before)
    return next((index.name for index in after.indexes if index.name not in names), f"{table.name}_idx")


def _after(statements: tuple[Statement, ...], table: Table) -> Table:
    after = replay(statements, Schema(tables={table.name: table})).table(table.name)
    return after or table


def _alone(action: Action) -> Statement:
    """Return the statement with this action only."""
    node = pb.Node()
    node.CopyFrom(action.step.statement.node)
    del node.alter_table_stmt.cmds[:]
    node.alter_table_stmt.cmds.add().alter_table_cmd.CopyFrom(action.cmd)
    return parse_sql(deparse(node)).statements[0]
