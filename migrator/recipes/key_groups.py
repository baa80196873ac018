"""Queries that group by a primary key and show other columns of its row: the server lets them lean on the key.

Such a view keeps the key from being dropped. While the twins have no key yet, it groups by each column that it uses,
which gives the same groups; after the swap it gets its own text back.
"""

from collections.abc import Iterable, Iterator, Mapping

from google.protobuf.message import Message

from migrator.names import TableName
from migrator.recipes.view_columns import Unclear, Wide
from migrator.schema.expressions import walk
from migrator.schema.model import Schema, Table
from migrator.statements.parse import Node, pb

_UNSORTED = frozenset({"json", "xml", "point", "line", "lseg", "box", "path", "polygon", "circle"})
"""Types by which the server cannot group."""


def group_by_columns(query: Message, schema: Schema, wide: Wide) -> bool:
    """Add the columns to each GROUP BY that leans on a key of which a column is replaced, in place.

    Returns:
        Whether there is one.

    Raises:
        Unclear: a column cannot be grouped by.
    """
    added = False
    for select in walk(query):
        is_set = isinstance(select, pb.SelectStmt) and any(n.HasField("grouping_set") for n in select.group_clause)
        if isinstance(select, pb.SelectStmt) and len(select.group_clause) and not is_set:
            sources = dict(_relations(select.from_clause))
            for name, table in sources.items():
                added |= _add(select, name, schema.table(table), wide.get(table, {}), is_alone=len(sources) == 1)
    return added


def _add(select: pb.SelectStmt, name: str, table: Table | None, twins: Mapping[str, str], *, is_alone: bool) -> bool:
    if table is None or twins.keys().isdisjoint(table.primary_key):
        return False
    grouped = set(_columns(select.group_clause, name, is_alone=is_alone))
    if not {twins.get(column, column) for column in table.primary_key} <= grouped:
        return False
    parts = (*select.target_list, select.having_clause, *select.sort_clause)
    used = dict.fromkeys(_columns(parts, name, is_alone=is_alone))
    known = {column.name: column.type for column in table.columns} | dict.fromkeys(twins.values(), "bigint")
    missing = [column for column in used if column in known and column not in grouped]
    for column in missing:
        if known[column] in _UNSORTED:
            raise Unclear(f"it groups by the key of {table.name} and shows {column}, which is {known[column]}")
        fields = [Node(string=pb.String(sval=word)) for word in (name, column)]
        select.group_clause.append(Node(column_ref=pb.ColumnRef(fields=fields)))
    return bool(missing)


def _relations(items: Iterable[Node]) -> Iterator[tuple[str, TableName]]:
    for item in items:
        if item.HasField("range_var"):
            relation = item.range_var
            yield relation.alias.aliasname or relation.relname, TableName(relation.schemaname, relation.relname)
        elif item.HasField("join_expr"):
            yield from _relations((item.join_expr.larg, item.join_expr.rarg))


def _columns(parts: Iterable[Message], source: str, *, is_alone: bool) -> Iterator[str]:
    """Yield the columns of a source that are named; a bare name is one where there is no other source."""
    for part in (inner for outer in parts for inner in walk(outer)):
        if isinstance(part, pb.ColumnRef):
            words = [field.string.sval for field in part.fields]
            if words[:-1] == [source] or (is_alone and len(words) == 1):
                yield words[-1]
