"""SELECT, INSERT, UPDATE, DELETE, MERGE, COPY: the tables that they name, wherever in the tree."""

from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf.message import Message

from migrator.locks import LockLevel
from migrator.statements.effects import Effects, Fact, ObjectRef, TableLock
from migrator.statements.facts.nodes import Asked, lock, table_name, table_ref
from migrator.statements.facts.volatility import called_name, is_known, nodes_by_type, nodes_of
from migrator.statements.parse import pb

_WRITES = (pb.InsertStmt, pb.UpdateStmt, pb.DeleteStmt, pb.MergeStmt)


def query(asked: Asked) -> Effects:
    """Return what a query locks; one that calls an unknown function is opaque, because its body may do anything."""
    tree: Message = getattr(asked.node, asked.node.WhichOneof("node") or "")
    found = nodes_by_type(tree)
    called = {called_name(call) for call in found.get(pb.FuncCall, ())}
    unknown = tuple(sorted(name for name in called if not is_known(name)))
    locks = _locks(tree, found)
    scan = _scan(tree) if locks else Fact.NO
    return Effects(
        locks=locks,
        scan=scan,
        is_opaque=bool(unknown),
        is_unbounded=bool(locks),
        creates=_select_into(tree),
        missing=(
            *(f"what function {name}() does" for name in unknown),
            *(("the query plan",) if scan is Fact.UNKNOWN else ()),
        ),
    )


def table_locks(tree: Message) -> tuple[TableLock, ...]:
    """Return ROW EXCLUSIVE for what is written, ROW SHARE for what FOR UPDATE locks, ACCESS SHARE for what is read."""
    return _locks(tree, nodes_by_type(tree))


def _locks(tree: Message, found: Mapping[type[Message], Sequence[Any]]) -> tuple[TableLock, ...]:
    ctes = {message.ctename for message in found.get(pb.CommonTableExpr, ())}
    created = {table_name(message.rel) for message in found.get(pb.IntoClause, ())}
    read_level = LockLevel.ROW_SHARE if pb.LockingClause in found else LockLevel.ACCESS_SHARE
    levels = {table_name(message.relation): LockLevel.ROW_EXCLUSIVE for message in _writes(tree, found)}
    for relation in found.get(pb.RangeVar, ()):
        name = table_name(relation)
        if not (relation.relname in ctes and not relation.schemaname) and name not in created:
            levels[name] = max(read_level, levels.get(name, LockLevel.NONE))
    return tuple(TableLock(table, level) for table, level in levels.items())


def _writes(tree: Message, found: Mapping[type[Message], Sequence[Any]]) -> Sequence[Any]:
    """Return what writes, in the order of the walk, which shows only when a WITH writes in several ways."""
    kinds = [kind for kind in _WRITES if kind in found]
    if len(kinds) > 1:
        return [message for message in nodes_of(tree) if isinstance(message, _WRITES)]
    return found[kinds[0]] if kinds else ()


def _scan(tree: Message) -> Fact:
    """An UPDATE or DELETE without WHERE reads all rows; what else is read, only the plan knows."""
    if isinstance(tree, pb.UpdateStmt | pb.DeleteStmt) and not tree.HasField("where_clause"):
        return Fact.YES
    is_values = isinstance(tree, pb.InsertStmt) and bool(tree.select_stmt.select_stmt.values_lists)
    return Fact.NO if is_values else Fact.UNKNOWN


def _select_into(tree: Message) -> tuple[ObjectRef, ...]:
    if isinstance(tree, pb.SelectStmt) and tree.HasField("into_clause"):
        return (table_ref("table", tree.into_clause.rel),)
    return ()


def cursor(asked: Asked) -> Effects:
    """DECLARE CURSOR: the locks of its query, until the end of the transaction."""
    return query(Asked(asked.node.declare_cursor_stmt.query, asked.pg_version))


def copy(asked: Asked) -> Effects:
    """COPY: writes with FROM, reads with TO."""
    statement = asked.node.copy_stmt
    if statement.HasField("query"):
        return query(Asked(statement.query, asked.pg_version))
    level = LockLevel.ROW_EXCLUSIVE if statement.is_from else LockLevel.ACCESS_SHARE
    scan = Fact.NO if statement.is_from else Fact.YES
    return Effects(locks=(lock(statement.relation, level),), scan=scan, is_unbounded=True)
