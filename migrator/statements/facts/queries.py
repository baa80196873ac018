"""SELECT, INSERT, UPDATE, DELETE, MERGE, COPY: the tables that they name, wherever in the tree."""

from google.protobuf.message import Message

from migrator.locks import LockLevel
from migrator.statements.effects import Effects, Fact, ObjectRef, TableLock, combined
from migrator.statements.facts.nodes import Asked, lock, only_lock, table_name, table_ref
from migrator.statements.facts.volatility import function_names, is_known, nodes_of
from migrator.statements.parse import pb

_WRITES = (pb.InsertStmt, pb.UpdateStmt, pb.DeleteStmt, pb.MergeStmt)


def query(asked: Asked) -> Effects:
    """Return what a query locks; one that calls an unknown function is opaque, because its body may do anything."""
    tree: Message = getattr(asked.node, asked.node.WhichOneof("node") or "")
    unknown = tuple(sorted(name for name in set(function_names(tree)) if not is_known(name)))
    locks = table_locks(tree)
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
    every = list(nodes_of(tree))
    ctes = {message.ctename for message in every if isinstance(message, pb.CommonTableExpr)}
    written = [message.relation for message in every if isinstance(message, _WRITES)]
    created = {table_name(message.rel) for message in every if isinstance(message, pb.IntoClause)}
    is_locking = any(isinstance(message, pb.LockingClause) for message in every)
    read_level = LockLevel.ROW_SHARE if is_locking else LockLevel.ACCESS_SHARE
    read = [
        message
        for message in every
        if isinstance(message, pb.RangeVar)
        and not (message.relname in ctes and not message.schemaname)
        and table_name(message) not in created
    ]
    writes = (only_lock(relation, LockLevel.ROW_EXCLUSIVE) for relation in written)
    return combined((*writes, *(only_lock(relation, read_level) for relation in read))).locks


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
