"""Expressions that name their table, put to work on one partition of it.

A partitioned table is changed partition by partition: `UPDATE items_2026 SET …`. An expression that was written as
`items.email` (a correlated sub-select has no other way) would find no table of that name there. So the name becomes
that of the partition, in the grammar's tree; a sub-select that has the table in its own FROM means that one, and is
left as it is.
"""

from collections.abc import Iterable
from typing import cast

from google.protobuf.message import Message

from migrator.errors import InputError
from migrator.names import TableName
from migrator.schema.expressions import expression_text, walk
from migrator.statements.parse import Node, parse_sql, pb

_WHOLE_ROW = 1


def on_partition(text: str, table: TableName, partition: TableName, columns: Iterable[str]) -> str:
    """Return the expression with the partition in the table's place; the same text when it does not name it.

    `columns` are the table's: one that is called like the table is a column, and not the whole row.

    Raises:
        InputError: a sub-select reads from something that is called like the partition, and would be meant instead.
    """
    [statement] = parse_sql(f"SELECT (\n{text}\n)").statements
    target = statement.node.select_stmt.target_list[0].res_target.val
    refs = [ref for ref in _outer_refs(target, table) if _names(ref, table, frozenset(columns))]
    if refs and _has_its_own(target, partition):
        raise InputError(
            f"On partition {partition}, {text!r} would mean what a sub-select of it calls {partition.name}, and not "
            f"the row of {table}.",
            "Give the table in the sub-select an alias.",
        )
    for ref in refs:
        _rename(ref, partition)
    return expression_text(target) if refs else text


def _outer_refs(message: Message, table: TableName) -> Iterable[pb.ColumnRef]:
    """Yield the columns that are not inside of a sub-select with a table of the same name."""
    if isinstance(message, pb.ColumnRef):
        yield message
    elif not (isinstance(message, pb.SelectStmt) and any(_has_its_own(each, table) for each in message.from_clause)):
        for child in _children(message):
            yield from _outer_refs(child, table)


def _children(message: Message) -> Iterable[Message]:
    for descriptor, value in message.ListFields():
        if descriptor.message_type is not None:
            yield from cast("list[Message]", value) if descriptor.is_repeated else [cast("Message", value)]


def _has_its_own(message: Message, table: TableName) -> bool:
    """Return whether a FROM in it has something under the table's name: the table itself, or an alias."""
    found = list(walk(message))
    aliases = {part.aliasname for part in found if isinstance(part, pb.Alias)}
    tables = {part.relname for part in found if isinstance(part, pb.RangeVar) and not part.HasField("alias")}
    return table.name in aliases | tables


def _names(ref: pb.ColumnRef, table: TableName, columns: frozenset[str]) -> bool:
    """Return whether it is `items.column`, `schema.items.column`, `items.*` or, as a whole row, `items`."""
    parts = [_word(field) for field in ref.fields]
    if len(parts) == _WHOLE_ROW:
        return parts == [table.name] and table.name not in columns
    return parts[:-1] in ([table.name], [*table])


def _word(field: Node) -> str | None:
    return field.string.sval if field.HasField("string") else None


def _rename(ref: pb.ColumnRef, partition: TableName) -> None:
    star = pb.Node(a_star=pb.A_Star())
    last = star if len(ref.fields) == _WHOLE_ROW else pb.Node.FromString(ref.fields[-1].SerializeToString())
    names = [pb.Node(string=pb.String(sval=name)) for name in partition]
    del ref.fields[:]
    ref.fields.extend([*names, last])
