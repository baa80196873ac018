"""DROP of every kind of object: what it locks, and what is gone afterwards."""

from collections.abc import Iterable, Mapping

from migrator.locks import LockLevel
from migrator.names import TableName
from migrator.statements.effects import Effects, ObjectRef, TableLock
from migrator.statements.facts.nodes import Asked, list_name, part_ref, parts_of, qualified, ref
from migrator.statements.parse import Node, pb

_ACCESS_EXCLUSIVE = LockLevel.ACCESS_EXCLUSIVE

RELATIONS: Mapping[int, str] = {
    pb.OBJECT_TABLE: "table",
    pb.OBJECT_FOREIGN_TABLE: "table",
    pb.OBJECT_VIEW: "view",
    pb.OBJECT_MATVIEW: "materialized view",
    pb.OBJECT_SEQUENCE: "sequence",
    pb.OBJECT_INDEX: "index",
}
"""Kinds that PostgreSQL locks like tables."""

PARTS: Mapping[int, str] = {
    pb.OBJECT_COLUMN: "column",
    pb.OBJECT_TABCONSTRAINT: "constraint",
    pb.OBJECT_TRIGGER: "trigger",
    pb.OBJECT_POLICY: "policy",
    pb.OBJECT_RULE: "rule",
}
"""Kinds that belong to a table, whose lock is taken."""

OTHERS: Mapping[int, str] = {
    pb.OBJECT_FUNCTION: "function",
    pb.OBJECT_PROCEDURE: "function",
    pb.OBJECT_ROUTINE: "function",
    pb.OBJECT_AGGREGATE: "function",
    pb.OBJECT_TYPE: "type",
    pb.OBJECT_DOMAIN: "type",
    pb.OBJECT_COLLATION: "collation",
    pb.OBJECT_STATISTIC_EXT: "statistics",
    pb.OBJECT_OPERATOR: "operator",
    pb.OBJECT_TSCONFIGURATION: "text search configuration",
    pb.OBJECT_TSDICTIONARY: "text search dictionary",
    pb.OBJECT_TSPARSER: "text search parser",
    pb.OBJECT_TSTEMPLATE: "text search template",
    pb.OBJECT_CONVERSION: "conversion",
}
"""Kinds in a schema that lock no table themselves."""

GLOBALS: Mapping[int, str] = {
    pb.OBJECT_SCHEMA: "schema",
    pb.OBJECT_EXTENSION: "extension",
    pb.OBJECT_PUBLICATION: "publication",
    pb.OBJECT_ACCESS_METHOD: "access method",
    pb.OBJECT_EVENT_TRIGGER: "event trigger",
    pb.OBJECT_FDW: "foreign-data wrapper",
    pb.OBJECT_FOREIGN_SERVER: "server",
    pb.OBJECT_LANGUAGE: "language",
}
"""Kinds that stand in no schema."""


def drop(asked: Asked) -> Effects:
    """DROP …: with CASCADE nobody can say from the text what else goes."""
    statement = asked.node.drop_stmt
    kind, is_cascade = statement.remove_type, statement.behavior == pb.DROP_CASCADE
    removes = tuple(_removed(node, kind) for node in statement.objects)
    if not all(removes):
        return Effects(is_opaque=True)
    return Effects(
        locks=tuple(_locks(removes, kind, statement)),
        is_transactional=not statement.concurrent,
        is_opaque=is_cascade and kind not in RELATIONS,
        removes=tuple(found for found in removes if found),
        missing=(*_missing(kind), *(("what depends on it and goes too, by CASCADE",) if is_cascade else ())),
    )


def _removed(node: Node, kind: int) -> ObjectRef | None:
    if kind in PARTS:
        *table, name = parts_of(node)
        return part_ref(PARTS[kind], name, qualified(table))
    if (global_kind := GLOBALS.get(kind)) is not None:
        return ObjectRef(global_kind, "", parts_of(node)[-1])
    if kind in (pb.OBJECT_OPCLASS, pb.OBJECT_OPFAMILY):
        _method, *name = parts_of(node)
        return ref("operator class" if kind == pb.OBJECT_OPCLASS else "operator family", qualified(name))
    if kind in (pb.OBJECT_CAST, pb.OBJECT_TRANSFORM):
        first = node.list.items[0]
        return ref("cast" if kind == pb.OBJECT_CAST else "transform", list_name(first))
    known = RELATIONS.get(kind) or OTHERS.get(kind)
    return ref(known, list_name(node)) if known else None


def _locks(removes: Iterable[ObjectRef | None], kind: int, statement: pb.DropStmt) -> Iterable[TableLock]:
    level = LockLevel.SHARE_UPDATE_EXCLUSIVE if statement.concurrent else _ACCESS_EXCLUSIVE
    for found in removes:
        if found and kind in RELATIONS:
            yield TableLock(TableName(found.schema, found.name), level)
        elif found and kind in PARTS:
            yield TableLock(TableName(found.schema, found.table), level)


def _missing(kind: int) -> tuple[str, ...]:
    match kind:
        case pb.OBJECT_INDEX:
            return ("the table of the index, which is locked too",)
        case pb.OBJECT_TABLE:
            return ("tables that its foreign keys reference, and its parent if it is a partition: locked too",)
        case pb.OBJECT_STATISTIC_EXT:
            return ("the table of the statistics, which takes SHARE UPDATE EXCLUSIVE",)
        case _:
            return ()
