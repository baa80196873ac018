"""Which ALTER TABLE actions the server repeats on partitions and heirs.

Source: the calls of `ATSimpleRecursion` and the `recurse` arguments in tablecmds.c; ON ONLY stops them.
"""

from migrator.schema.expressions import definition_of
from migrator.schema.model import Schema
from migrator.schema.parts import Table
from migrator.statements.parse import pb

_ALWAYS = frozenset(
    {
        pb.AT_AddColumn,
        pb.AT_DropColumn,
        pb.AT_AlterColumnType,
        pb.AT_ColumnDefault,
        pb.AT_DropNotNull,
        pb.AT_SetStatistics,
        pb.AT_SetStorage,
        pb.AT_SetExpression,
        pb.AT_DropExpression,
        pb.AT_DropConstraint,
    }
)
_TRIGGERS = frozenset(
    {
        pb.AT_EnableTrig,
        pb.AT_EnableAlwaysTrig,
        pb.AT_EnableReplicaTrig,
        pb.AT_DisableTrig,
        pb.AT_EnableTrigAll,
        pb.AT_DisableTrigAll,
        pb.AT_EnableTrigUser,
        pb.AT_DisableTrigUser,
    }
)
_IDENTITY = frozenset({pb.AT_AddIdentity, pb.AT_SetIdentity, pb.AT_DropIdentity})
_IDENTITY_SINCE = 17
_NO_INHERIT_LOCKS_SINCE = 18


def recurses(cmd: pb.AlterTableCmd, table: Table, pg_version: int) -> bool:
    """Return whether the action is repeated on the table's partitions and heirs."""
    if cmd.subtype == pb.AT_AddConstraint:
        tree = definition_of(cmd).constraint
        is_passed_on = tree.contype in (pb.CONSTR_CHECK, pb.CONSTR_NOTNULL)
        return is_passed_on and (not tree.is_no_inherit or pg_version >= _NO_INHERIT_LOCKS_SINCE)
    if cmd.subtype in _IDENTITY:
        return table.is_partitioned and pg_version >= _IDENTITY_SINCE
    if cmd.subtype == pb.AT_SetNotNull:
        column = table.column(cmd.name)
        return column is None or not column.is_not_null
    if cmd.subtype == pb.AT_ValidateConstraint:
        return any(c.name == cmd.name and not c.is_valid for c in table.constraints)
    if cmd.subtype in _TRIGGERS:
        return table.is_partitioned and bool(table.triggers)
    return cmd.subtype in _ALWAYS or (table.is_partitioned and cmd.subtype == pb.AT_AlterConstraint)


def refusal(cmd: pb.AlterTableCmd, table: Table, schema: Schema, *, is_only: bool) -> str | None:
    """Return why the server refuses a change of one column here: it comes from above, or must go below."""
    parent = schema.table(table.parent) if table.parent is not None else None
    if cmd.subtype in _FROM_ABOVE and parent is not None and parent.column(cmd.name) is not None:
        return f"column {table.name}.{cmd.name} is inherited from {parent.name}: change it there"
    if is_only and cmd.subtype in _TO_BELOW and schema.children(table.name):
        return f"{table.name} has partitions or heirs, which ONLY leaves out"
    return None


_FROM_ABOVE = frozenset({pb.AT_AlterColumnType, pb.AT_DropColumn})
_TO_BELOW = frozenset({pb.AT_AlterColumnType, pb.AT_AddColumn})


def is_kept_here(cmd: pb.AlterTableCmd) -> bool:
    """Return whether partitions and heirs are at most locked (from 18 on): NO INHERIT."""
    return cmd.subtype == pb.AT_AddConstraint and definition_of(cmd).constraint.is_no_inherit
