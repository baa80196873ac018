"""The definition of each view, as the migrations folder tells it: for recipes that make a view again over new columns.

The server holds a view by the numbers of tables and columns, the folder by words. A definition is therefore given up
(None) where the words may not mean the same any more: after a rename, under a `search_path`, or where an option was
changed; the catalog tells it then. Called by the replay.
"""

from collections.abc import Iterator
from dataclasses import replace

from google.protobuf.message import Message

from migrator.names import TableName
from migrator.schema.draft import Draft
from migrator.schema.expressions import children, walk
from migrator.statements.parse import Node, deparse, pb

_DEFAULT_PATH = ("public",)
_HARMLESS = frozenset({pb.AT_ChangeOwner, pb.AT_ColumnDefault})


def definition(draft: Draft, statement: pb.ViewStmt) -> str | None:
    """Return the statement with a schema at each relation, or None where that cannot be said for sure."""
    own = {part.ctename for part in walk(statement.query) if isinstance(part, pb.CommonTableExpr)}
    relations = list(relations_in(statement.query))
    is_hidden = any(part.relname in own and draft.table(draft.name(part)) is not None for part in relations)
    if is_hidden or tuple(draft.search_path) != _DEFAULT_PATH or statement.view.relpersistence == "t":
        return None
    copy = pb.ViewStmt()
    copy.CopyFrom(statement)
    for part in relations_in(copy):
        if part.schemaname or part.relname not in own:
            part.schemaname, part.relname = draft.name(part)
    return deparse(Node(view_stmt=copy))


def relations_in(message: Message) -> Iterator[pb.RangeVar]:
    """Yield the relations that a query names; FOR UPDATE OF names what stands in FROM already."""
    if isinstance(message, pb.RangeVar):
        yield message
    elif not isinstance(message, pb.LockingClause):
        for child in children(message):
            yield from relations_in(child)


def forget_over(draft: Draft, relation: TableName) -> None:
    """Give up the definitions of the relation and of all views that read it: one of its words has changed."""
    own = draft.view(relation)
    for view in (*draft.views_over(relation), *((own,) if own else ())):
        draft.put_view(replace(view, definition=None))


def alter_view(draft: Draft, statement: pb.AlterTableStmt) -> None:
    """Give up the definition when its options change; owner and defaults are no part of it."""
    view = draft.view(draft.name(statement.relation))
    if view is not None and {item.alter_table_cmd.subtype for item in statement.cmds} - _HARMLESS:
        draft.put_view(replace(view, definition=None))


def add_own(draft: Draft, relation: TableName, what: str) -> None:
    """Note a trigger or rule that belongs to a view; those of tables are none of ours."""
    view = draft.view(relation)
    if view is not None:
        draft.put_view(replace(view, own=(*view.own, what)))
