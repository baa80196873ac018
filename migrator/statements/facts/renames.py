"""RENAME and SET SCHEMA: instant, and the old name is gone for running code in the same moment."""

from migrator.locks import LockLevel
from migrator.names import TableName
from migrator.statements.effects import Effects, ObjectRef, Rename, TableLock
from migrator.statements.facts.drops import GLOBALS, OTHERS, PARTS, RELATIONS
from migrator.statements.facts.nodes import (
    OPAQUE,
    Asked,
    list_name,
    part_ref,
    parts_of,
    qualified,
    ref,
    table_name,
    words,
)
from migrator.statements.parse import pb

_ACCESS_EXCLUSIVE = LockLevel.ACCESS_EXCLUSIVE
_WITHOUT_EFFECT_ON_TABLES = frozenset(
    {
        pb.OBJECT_ROLE,
        pb.OBJECT_DATABASE,
        pb.OBJECT_TABLESPACE,
        pb.OBJECT_DOMCONSTRAINT,
        pb.OBJECT_SUBSCRIPTION,
        pb.OBJECT_OPCLASS,
        pb.OBJECT_OPFAMILY,
    }
)


def rename(asked: Asked) -> Effects:
    """ALTER … RENAME: ACCESS EXCLUSIVE on the relation; an index takes SHARE UPDATE EXCLUSIVE on itself only (12)."""
    statement = asked.node.rename_stmt
    source = _renamed(statement)
    if source is None:
        return Effects() if statement.rename_type in _WITHOUT_EFFECT_ON_TABLES else OPAQUE
    return Effects(locks=_locks(statement), renames=(Rename(source, statement.newname),))


def _renamed(statement: pb.RenameStmt) -> ObjectRef | None:
    kind = statement.rename_type
    if kind in PARTS:
        return part_ref(PARTS[kind], statement.subname, table_name(statement.relation))
    if kind == pb.OBJECT_ATTRIBUTE:
        return part_ref("attribute", statement.subname, table_name(statement.relation))
    if kind in RELATIONS:
        return ref(RELATIONS[kind], table_name(statement.relation))
    if kind in GLOBALS:
        return ObjectRef(GLOBALS[kind], "", statement.subname or parts_of(statement.object)[-1])
    return ref(OTHERS[kind], list_name(statement.object)) if kind in OTHERS else None


def _locks(statement: pb.RenameStmt) -> tuple[TableLock, ...]:
    if not statement.HasField("relation") or statement.rename_type == pb.OBJECT_ATTRIBUTE:
        return ()
    is_index = pb.OBJECT_INDEX in (statement.rename_type, statement.relation_type)
    level = LockLevel.SHARE_UPDATE_EXCLUSIVE if is_index else _ACCESS_EXCLUSIVE
    return (TableLock(table_name(statement.relation), level),)


def set_schema(asked: Asked) -> Effects:
    """ALTER … SET SCHEMA: the qualified name changes, so it is a rename."""
    statement = asked.node.alter_object_schema_stmt
    kind = statement.object_type
    if kind in RELATIONS:
        table = table_name(statement.relation)
        return Effects(locks=(TableLock(table, _ACCESS_EXCLUSIVE),), renames=(_moved(RELATIONS[kind], table, asked),))
    if kind in OTHERS:
        return Effects(renames=(_moved(OTHERS[kind], list_name(statement.object), asked),))
    return Effects() if kind in _WITHOUT_EFFECT_ON_TABLES or kind == pb.OBJECT_EXTENSION else OPAQUE


def _moved(kind: str, name: TableName, asked: Asked) -> Rename:
    return Rename(ref(kind, name), f"{asked.node.alter_object_schema_stmt.newschema}.{name.name}")


def alter_enum(asked: Asked) -> Effects:
    """ALTER TYPE … ADD VALUE or RENAME VALUE: no table lock; a renamed value breaks code that writes the old one."""
    statement = asked.node.alter_enum_stmt
    name = qualified(words(statement.type_name))
    value = ObjectRef("enum value", name.schema, statement.old_val or statement.new_val, name.name)
    return Effects(renames=(Rename(value, statement.new_val),)) if statement.old_val else Effects(creates=(value,))
