"""Reading names out of syntax trees, and the short forms in which the facts are written.

A name without a schema is taken as `public`: `search_path` is not followed.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from migrator.locks import LockLevel
from migrator.names import TableName
from migrator.statements.effects import Effects, ObjectRef, TableLock
from migrator.statements.parse import Node, pb


class Asked(NamedTuple):
    """A statement's tree and the server's major version."""

    node: Node
    pg_version: int


def table_name(relation: pb.RangeVar) -> TableName:
    """Return the relation's qualified name."""
    return TableName(relation.schemaname or "public", relation.relname)


def table_ref(kind: str, relation: pb.RangeVar) -> ObjectRef:
    """Return a reference to a relation of that kind."""
    return ref(kind, table_name(relation))


def ref(kind: str, name: TableName) -> ObjectRef:
    """Return a reference to an object that stands in a schema."""
    return ObjectRef(kind, name.schema, name.name)


def part_ref(kind: str, name: str, table: TableName) -> ObjectRef:
    """Return a reference to a column, constraint or trigger of a table."""
    return ObjectRef(kind, table.schema, name, table.name)


def words(nodes: Iterable[Node]) -> list[str]:
    """Return the strings of a list of names."""
    return [node.string.sval for node in nodes]


def qualified(parts: Sequence[str]) -> TableName:
    """Return schema and name of a dotted name; a database in front is ignored."""
    return TableName(parts[-2], parts[-1]) if len(parts) > 1 else TableName("public", parts[-1])


def list_name(node: Node) -> TableName:
    """Return the name held by a node that is a list of strings, a type name, a function or one string."""
    return qualified(parts_of(node))


def parts_of(node: Node) -> list[str]:
    """Return the parts of a dotted name, whatever node holds it."""
    match node.WhichOneof("node"):
        case "list":
            return words(node.list.items)
        case "type_name":
            return words(node.type_name.names)
        case "object_with_args":
            return words(node.object_with_args.objname)
        case _:
            return [node.string.sval]


def options(nodes: Iterable[Node]) -> dict[str, pb.DefElem]:
    """Return options by name: `REINDEX (CONCURRENTLY)`, `VACUUM (FULL)`."""
    return {node.def_elem.defname.lower(): node.def_elem for node in nodes}


def is_on(option: pb.DefElem | None) -> bool:
    """Return whether a boolean option is given and not switched off."""
    if option is None:
        return False
    value = option.arg
    match value.WhichOneof("node"):
        case "boolean":
            return value.boolean.boolval
        case "integer":
            return bool(value.integer.ival)
        case "string":
            return value.string.sval.lower() not in {"off", "false", "no", "0"}
        case _:
            return True


def lock(relation: pb.RangeVar, level: LockLevel) -> TableLock:
    """Return the lock on the relation that a tree names."""
    return TableLock(table_name(relation), level)


def only_lock(relation: pb.RangeVar, level: LockLevel) -> Effects:
    """Return the effects of a statement that locks one table and does no more."""
    return Effects(locks=(lock(relation, level),))


OPAQUE = Effects(is_opaque=True)
"""Not understood: the strongest lock on unknown tables."""
