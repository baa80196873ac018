"""ALTER TABLE: one fact per action; a statement with several actions takes the strongest of everything."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from migrator.locks import LockLevel
from migrator.names import TableName
from migrator.statements.effects import Effects, Fact, TableLock, combined, located
from migrator.statements.facts.columns import add_column, alter_type, definition
from migrator.statements.facts.constraints import add_constraint, drop_constraint, validate_constraint
from migrator.statements.facts.nodes import OPAQUE, Asked, lock, part_ref, table_name
from migrator.statements.parse import pb

_AEL = LockLevel.ACCESS_EXCLUSIVE
_SRE = LockLevel.SHARE_ROW_EXCLUSIVE
_SUE = LockLevel.SHARE_UPDATE_EXCLUSIVE
_INSTANT = Effects()


def _unknown(missing: str, *, is_rewrite: bool = True) -> Effects:
    return Effects(rewrite=Fact.UNKNOWN if is_rewrite else Fact.NO, scan=Fact.UNKNOWN, missing=(missing,))


ACTIONS: Mapping[int, tuple[LockLevel, Effects]] = {
    pb.AT_ColumnDefault: (_AEL, _INSTANT),
    pb.AT_DropNotNull: (_AEL, _INSTANT),
    pb.AT_SetNotNull: (_AEL, _unknown("whether a valid CHECK proves that the column holds no NULL", is_rewrite=False)),
    pb.AT_SetStorage: (_AEL, _INSTANT),
    pb.AT_SetCompression: (_AEL, _INSTANT),
    pb.AT_SetStatistics: (_SUE, _INSTANT),
    pb.AT_SetOptions: (_SUE, _INSTANT),
    pb.AT_ResetOptions: (_SUE, _INSTANT),
    pb.AT_AddIdentity: (_AEL, _INSTANT),
    pb.AT_SetIdentity: (_AEL, Effects(missing=("the column's sequence, which is locked too",))),
    pb.AT_DropIdentity: (_AEL, Effects(missing=("the column's sequence, which is locked too",))),
    pb.AT_DropExpression: (_AEL, _INSTANT),
    pb.AT_SetExpression: (_AEL, _unknown("whether the column is STORED (then the table is rewritten) or VIRTUAL")),
    pb.AT_ChangeOwner: (_AEL, _INSTANT),
    pb.AT_ClusterOn: (_SUE, _INSTANT),
    pb.AT_DropCluster: (_SUE, _INSTANT),
    pb.AT_SetLogged: (_AEL, _unknown("whether the table is logged already")),
    pb.AT_SetUnLogged: (_AEL, _unknown("whether the table is unlogged already")),
    pb.AT_SetAccessMethod: (_AEL, _unknown("the present access method")),
    pb.AT_SetTableSpace: (_AEL, _unknown("the present tablespace")),
    pb.AT_EnableTrig: (_SRE, _INSTANT),
    pb.AT_EnableAlwaysTrig: (_SRE, _INSTANT),
    pb.AT_EnableReplicaTrig: (_SRE, _INSTANT),
    pb.AT_DisableTrig: (_SRE, _INSTANT),
    pb.AT_EnableTrigAll: (_SRE, _INSTANT),
    pb.AT_DisableTrigAll: (_SRE, _INSTANT),
    pb.AT_EnableTrigUser: (_SRE, _INSTANT),
    pb.AT_DisableTrigUser: (_SRE, _INSTANT),
    pb.AT_EnableRule: (_AEL, _INSTANT),
    pb.AT_EnableAlwaysRule: (_AEL, _INSTANT),
    pb.AT_EnableReplicaRule: (_AEL, _INSTANT),
    pb.AT_DisableRule: (_AEL, _INSTANT),
    pb.AT_EnableRowSecurity: (_AEL, _INSTANT),
    pb.AT_DisableRowSecurity: (_AEL, _INSTANT),
    pb.AT_ForceRowSecurity: (_AEL, _INSTANT),
    pb.AT_NoForceRowSecurity: (_AEL, _INSTANT),
    pb.AT_ReplicaIdentity: (_AEL, _INSTANT),
    pb.AT_AddOf: (_AEL, _INSTANT),
    pb.AT_DropOf: (_AEL, _INSTANT),
    pb.AT_DetachPartitionFinalize: (_SUE, Effects(missing=("the partition's name",))),
}
"""Actions whose lock and cost follow from their name alone."""

_WEAK_OPTIONS = frozenset(
    """fillfactor toast_tuple_target parallel_workers vacuum_truncate vacuum_index_cleanup log_autovacuum_min_duration
    vacuum_max_eager_freeze_failure_rate""".split()
)
"""Storage options that need SHARE UPDATE EXCLUSIVE only, besides every `autovacuum_*`."""


def alter_table(asked: Asked) -> Effects:
    """ALTER TABLE, ALTER VIEW, ALTER INDEX, ALTER SEQUENCE … as far as the grammar makes them one statement."""
    statement = asked.node.alter_table_stmt
    table = table_name(statement.relation)
    if statement.objtype == pb.OBJECT_TYPE:
        return _composite_type(statement, table)
    return combined(action_effects(node.alter_table_cmd, table) for node in statement.cmds)


def _composite_type(statement: pb.AlterTableStmt, name: TableName) -> Effects:
    """ALTER TYPE … ADD, DROP, ALTER ATTRIBUTE: no table lock; the server refuses what stored values would need."""
    commands = [node.alter_table_cmd for node in statement.cmds]
    dropped = tuple(part_ref("attribute", c.name, name) for c in commands if c.subtype == pb.AT_DropColumn)
    changes = any(c.subtype in (pb.AT_DropColumn, pb.AT_AlterColumnType, pb.AT_AddColumn) for c in commands)
    missing = (f"whether a table has a column of type {name} (then the server may refuse)",) if changes else ()
    return Effects(removes=dropped, missing=missing)


def action_effects(cmd: pb.AlterTableCmd, table: TableName) -> Effects:
    """Return the effects of one action alone; lint asks which of several actions costs what."""
    return located(_effects(cmd, table))


def _effects(cmd: pb.AlterTableCmd, table: TableName) -> Effects:
    if (fact := ACTIONS.get(cmd.subtype)) is not None:
        level, costs = fact
        return replace(costs, locks=(TableLock(table, level),))
    read = _READERS.get(cmd.subtype)
    return read(cmd, table) if read else replace(OPAQUE, locks=(TableLock(table, _AEL),))


def _drop_column(cmd: pb.AlterTableCmd, table: TableName) -> Effects:
    return Effects(
        locks=(TableLock(table, _AEL),),
        removes=(part_ref("column", cmd.name, table),),
        missing=(f"whether {cmd.name} carries a foreign key (then the table that it references is locked too)",),
    )


def _storage_options(cmd: pb.AlterTableCmd, table: TableName) -> Effects:
    names = {node.def_elem.defname for node in definition(cmd).list.items}
    is_weak = all(name in _WEAK_OPTIONS or name.startswith("autovacuum_") for name in names)
    return Effects(locks=(TableLock(table, _SUE if is_weak else _AEL),))


def _inherit(cmd: pb.AlterTableCmd, table: TableName) -> Effects:
    """INHERIT locks the parent against other DDL only; NO INHERIT hardly at all."""
    level = _SUE if cmd.subtype == pb.AT_AddInherit else LockLevel.ACCESS_SHARE
    return Effects(locks=(TableLock(table, _AEL), lock(definition(cmd).range_var, level)))


def _attach_partition(cmd: pb.AlterTableCmd, table: TableName) -> Effects:
    """The parent stays open; the new partition is scanned unless a valid CHECK proves its bound."""
    command = definition(cmd).partition_cmd
    partition = lock(command.name, _AEL)
    if not command.HasField("bound"):  # ALTER INDEX: both are indexes, which are only looked at
        return Effects(locks=(TableLock(table, _SUE), partition), missing=("the tables of both indexes",))
    missing = "whether a valid CHECK proves the partition's bound, and whether there is a DEFAULT partition (scanned)"
    return Effects(locks=(TableLock(table, _SUE), partition), scan=Fact.UNKNOWN, missing=(missing,))


def _alter_constraint(cmd: pb.AlterTableCmd, table: TableName) -> Effects:
    """ENFORCED (18) compares every row, unless the constraint is enforced already; the rest is instant."""
    found = Effects(locks=(TableLock(table, _AEL),), missing=("the table that it references, which is locked too",))
    change = definition(cmd).atalter_constraint
    if not (change.alter_enforceability and change.is_enforced):
        return found
    words = f"whether constraint {change.conname} is NOT ENFORCED now"
    return replace(found, scan=Fact.UNKNOWN, missing=(*found.missing, words))


def _detach_partition(cmd: pb.AlterTableCmd, table: TableName) -> Effects:
    """CONCURRENTLY (14) runs in two transactions of its own and waits for everybody that uses the parent."""
    partition = definition(cmd).partition_cmd
    if partition.concurrent:
        locks = (TableLock(table, _SUE), lock(partition.name, _SUE))
        return Effects(locks=locks, is_transactional=False)
    missing = ("whether there is a DEFAULT partition (locked too)",)
    return Effects(locks=(TableLock(table, _AEL), lock(partition.name, _AEL)), missing=missing)


_READERS: Mapping[int, Callable[[pb.AlterTableCmd, TableName], Effects]] = {
    pb.AT_AddColumn: add_column,
    pb.AT_DropColumn: _drop_column,
    pb.AT_AlterColumnType: alter_type,
    pb.AT_AddConstraint: add_constraint,
    pb.AT_ValidateConstraint: validate_constraint,
    pb.AT_DropConstraint: drop_constraint,
    pb.AT_SetRelOptions: _storage_options,
    pb.AT_ResetRelOptions: _storage_options,
    pb.AT_AddInherit: _inherit,
    pb.AT_DropInherit: _inherit,
    pb.AT_AlterConstraint: _alter_constraint,
    pb.AT_AttachPartition: _attach_partition,
    pb.AT_DetachPartition: _detach_partition,
}
"""Actions whose effects depend on what stands behind them."""
