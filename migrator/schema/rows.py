"""Which tables surely hold no row yet: those that the file has made, until something may write into them."""

from migrator.names import TableName
from migrator.schema.draft import Draft
from migrator.schema.parts import Table
from migrator.statements.facts.volatility import called_name, is_known, nodes_by_type
from migrator.statements.parse import Node, pb


def follow_query(draft: Draft, node: Node) -> None:
    """Take the tables that a query writes, or makes with rows, from the empty ones."""
    _follow_search_path(draft, node.select_stmt)
    _make_from_query(draft, node.select_stmt)
    if not draft.empty:
        return
    found = nodes_by_type(node)
    if not all(is_known(called_name(call)) for call in found.get(pb.FuncCall, ())):
        draft.empty = frozenset()
        return
    for kind in (pb.InsertStmt, pb.MergeStmt):
        for part in found.get(kind, ()):
            _written(draft, draft.name(part.relation))


def follow_copy(draft: Draft, statement: pb.CopyStmt) -> None:
    """COPY … FROM writes."""
    if statement.is_from:
        _written(draft, draft.name(statement.relation))


def _written(draft: Draft, name: TableName) -> None:
    """Take the table from the empty ones, with its parents and its partitions."""
    table = draft.table(name)
    names = {name, *draft.links.children(name)}
    while table is not None and table.parent is not None and table.parent not in names:
        names.add(table.parent)
        table = draft.table(table.parent)
    draft.empty -= names


def _make_from_query(draft: Draft, statement: pb.SelectStmt) -> None:
    """SELECT … INTO makes a table whose columns only the server can tell."""
    if statement.HasField("into_clause"):
        name = draft.name(statement.into_clause.rel)
        if draft.table(name) is None:
            draft.put(Table(name, is_incomplete=True))


def _follow_search_path(draft: Draft, statement: pb.SelectStmt) -> None:
    """`SELECT pg_catalog.set_config('search_path', '', false)`: what pg_dump writes; then every name is qualified."""
    for target in statement.target_list:
        call = target.res_target.val.func_call
        if call.funcname and call.funcname[-1].string.sval == "set_config" and len(call.args) > 1:
            name, value = (argument.a_const.sval.sval for argument in call.args[:2])
            if name == "search_path":
                names = (part.strip().strip('"') for part in value.split(","))
                draft.search_path = tuple(n for n in names if n and n not in ("$user", "pg_catalog")) or ("public",)
