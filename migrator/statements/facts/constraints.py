"""ADD CONSTRAINT of each kind, with and without NOT VALID, and VALIDATE and DROP CONSTRAINT."""

from migrator.locks import LockLevel
from migrator.names import TableName
from migrator.statements.effects import Effects, Fact, ObjectRef, TableLock
from migrator.statements.facts.columns import definition
from migrator.statements.facts.nodes import part_ref, table_name
from migrator.statements.parse import pb

_ACCESS_EXCLUSIVE = LockLevel.ACCESS_EXCLUSIVE


def add_constraint(cmd: pb.AlterTableCmd, table: TableName) -> Effects:
    """ADD CONSTRAINT: the kind decides the lock, NOT VALID decides the scan, USING INDEX decides the build."""
    constraint = definition(cmd).constraint
    match constraint.contype:
        case pb.CONSTR_FOREIGN:
            return _foreign_key(constraint, table)
        case pb.CONSTR_CHECK:
            return _strong(constraint, table, scan=Fact.NO if _is_not_checked(constraint) else Fact.YES)
        case pb.CONSTR_NOTNULL:
            return _not_null(constraint, table)
        case pb.CONSTR_UNIQUE | pb.CONSTR_PRIMARY if constraint.indexname:
            return _using_index(constraint, table)
        case pb.CONSTR_UNIQUE | pb.CONSTR_PRIMARY | pb.CONSTR_EXCLUSION:
            return _strong(constraint, table, scan=Fact.YES, index_build=True)
        case _:
            return Effects(is_opaque=True)


def validate_constraint(cmd: pb.AlterTableCmd, table: TableName) -> Effects:
    """VALIDATE CONSTRAINT: SHARE UPDATE EXCLUSIVE with a scan; reads and writes go on."""
    return Effects(
        locks=(TableLock(table, LockLevel.SHARE_UPDATE_EXCLUSIVE),),
        scan=Fact.YES,
        missing=(f"whether constraint {cmd.name} is a foreign key (then ROW SHARE on the table that it references)",),
    )


def drop_constraint(cmd: pb.AlterTableCmd, table: TableName) -> Effects:
    """DROP CONSTRAINT: ACCESS EXCLUSIVE; for a foreign key also on the table that it references."""
    return Effects(
        locks=(TableLock(table, _ACCESS_EXCLUSIVE),),
        removes=(part_ref("constraint", cmd.name, table),),
        missing=(f"whether constraint {cmd.name} is a foreign key (then the table that it references is locked too)",),
    )


def _is_not_checked(constraint: pb.Constraint) -> bool:
    """Whether old rows are left alone: NOT VALID, or NOT ENFORCED (18)."""
    return constraint.skip_validation or not constraint.is_enforced


def _created(constraint: pb.Constraint, table: TableName) -> tuple[ObjectRef, ...]:
    return (part_ref("constraint", constraint.conname, table),) if constraint.conname else ()


def _strong(
    constraint: pb.Constraint,
    table: TableName,
    *,
    scan: Fact,
    index_build: bool = False,
    missing: tuple[str, ...] = (),
) -> Effects:
    return Effects(
        locks=(TableLock(table, _ACCESS_EXCLUSIVE),),
        scan=scan,
        index_build=index_build,
        creates=_created(constraint, table),
        missing=missing,
    )


def _foreign_key(constraint: pb.Constraint, table: TableName) -> Effects:
    """Both tables are locked alike: writes to either wait, reads go on."""
    level, parent = LockLevel.SHARE_ROW_EXCLUSIVE, table_name(constraint.pktable)
    return Effects(
        locks=(TableLock(table, level), TableLock(parent, level)) if parent != table else (TableLock(table, level),),
        scan=Fact.NO if _is_not_checked(constraint) else Fact.YES,
        creates=_created(constraint, table),
    )


def _not_null(constraint: pb.Constraint, table: TableName) -> Effects:
    """`ADD CONSTRAINT … NOT NULL` (18); a valid CHECK spares the scan, NOT VALID leaves it for later."""
    if constraint.skip_validation:
        return _strong(constraint, table, scan=Fact.NO)
    missing = ("whether a valid CHECK proves that the column holds no NULL",)
    return _strong(constraint, table, scan=Fact.UNKNOWN, missing=missing)


def _using_index(constraint: pb.Constraint, table: TableName) -> Effects:
    """The index is there; only a primary key may still have to set its columns NOT NULL, which scans."""
    if constraint.contype == pb.CONSTR_UNIQUE:
        return _strong(constraint, table, scan=Fact.NO)
    return _strong(constraint, table, scan=Fact.UNKNOWN, missing=("whether its columns are NOT NULL already",))
