"""A unique index that cannot be built: which keys are there twice, and what the failed build left is taken away.

The index stays INVALID, and, when the build came as far as its second scan, still refuses the application's new rows.
Called by the executor when CREATE UNIQUE INDEX CONCURRENTLY ends with 23505.
"""

from collections.abc import Iterator

from migrator.errors import DatabaseFailed
from migrator.names import TableName
from migrator.pg.driver import Connection, DatabaseError
from migrator.pg.failures import describe
from migrator.phases.execution import Timeouts, session_timeouts
from migrator.statements.parse import Node, deparse, pb
from migrator.statements.statement import Statement

_MOST_SHOWN = 10
_SEARCH_SECONDS = 10
_DROP_SECONDS = 5
"""How long the drop may wait for users of the table; `resume` has no such limit."""


def duplicates(connection: Connection, statement: Statement, exc: DatabaseError) -> DatabaseFailed:
    """Drop the invalid index and return the error that names the duplicate keys, as far as they are found in time.

    Args:
        connection: outside a transaction.
        statement: a CREATE UNIQUE INDEX CONCURRENTLY with a name.
        exc: what the server said; its detail names one key.
    """
    index = statement.node.index_stmt
    name = TableName(index.relation.schemaname or "public", index.idxname)
    failure = describe(exc, f"CREATE UNIQUE INDEX {name}")
    dropped = _drop(connection, name)
    search = deparse(_search(statement.node))
    keys = _found(connection, search) or tuple(filter(None, [exc.diag.message_detail]))
    return DatabaseFailed(
        f"{failure.situation.rstrip('.')}: {'; '.join(keys) or 'the key is not shown'}. {dropped}",
        f"Correct the rows (all duplicates: {search}), then run `migrator resume`.",
        **failure.details,
        duplicates=list(keys),
    )


def _drop(connection: Connection, name: TableName) -> str:
    try:
        with session_timeouts(connection, Timeouts(_DROP_SECONDS)):
            connection.execute(f"DROP INDEX CONCURRENTLY {name}".encode())
    except DatabaseError:
        return "The index that is left is INVALID; `migrator resume` drops it."
    return "The index that the build left INVALID was dropped."


def _found(connection: Connection, search: str) -> tuple[str, ...]:
    try:
        with connection.transaction():
            connection.execute(f"SET LOCAL statement_timeout = '{_SEARCH_SECONDS}s'".encode())
            rows = connection.execute(f"{search} LIMIT {_MOST_SHOWN}".encode()).fetchall()
    except DatabaseError:
        return ()  # a big table: the server's own detail names one key
    return tuple(", ".join(f"{column} = {value}" for column, value in row.items()) for row in rows)


def _search(node: Node) -> Node:
    """Return SELECT key, count(*) … GROUP BY key HAVING count(*) > 1 as a tree, with the index's own WHERE."""
    index = node.index_stmt
    keys = list(_keys(index))
    count = Node(func_call=pb.FuncCall(funcname=[_word("count")], agg_star=True))
    more = pb.A_Expr(kind=pb.AEXPR_OP, name=[_word(">")], lexpr=count, rexpr=_number(1))
    select = pb.SelectStmt(
        target_list=[*(Node(res_target=pb.ResTarget(val=key)) for key in keys), _counted(count)],
        from_clause=[Node(range_var=index.relation)],
        group_clause=keys,
        having_clause=Node(a_expr=more),
        limit_option=pb.LIMIT_OPTION_DEFAULT,
        op=pb.SETOP_NONE,
    )
    conditions = [index.where_clause] if index.HasField("where_clause") else []
    conditions += [] if index.nulls_not_distinct else [_not_null(key) for key in keys]
    if conditions:
        select.where_clause.CopyFrom(Node(bool_expr=pb.BoolExpr(boolop=pb.AND_EXPR, args=conditions)))
    return Node(select_stmt=select)


def _keys(index: pb.IndexStmt) -> Iterator[Node]:
    for param in index.index_params:
        element = param.index_elem
        yield element.expr if element.HasField("expr") else Node(column_ref=pb.ColumnRef(fields=[_word(element.name)]))


def _counted(count: Node) -> Node:
    return Node(res_target=pb.ResTarget(name="rows", val=count))


def _not_null(key: Node) -> Node:
    return Node(null_test=pb.NullTest(arg=key, nulltesttype=pb.IS_NOT_NULL))


def _word(text: str) -> Node:
    return Node(string=pb.String(sval=text))


def _number(value: int) -> Node:
    return Node(a_const=pb.A_Const(ival=pb.Integer(ival=value)))
