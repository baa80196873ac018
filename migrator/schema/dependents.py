"""What reads columns from outside their table: views, policies, triggers, publications, statistics, from the files.

Names are resolved without the server's analysis, so that in doubt a column is reported: a view over two tables
depends on every column of either that has a name it uses.
"""

from collections.abc import Iterable

from google.protobuf.message import Message

from migrator.names import TableName
from migrator.schema.draft import Draft
from migrator.schema.expressions import column_refs, walk
from migrator.schema.parts import Dependent, Table, View
from migrator.schema.view_texts import relations_in
from migrator.statements.parse import Node, pb


def create_view(draft: Draft, view: pb.RangeVar, query: Node, kind: str, text: str | None = None) -> None:
    """Record the columns that a view reads; one of the same name is replaced, and keeps its triggers and rules."""
    name = draft.name(view)
    words = name.dotted
    forget(draft, kind, words)
    read = _tables_in(draft, query)
    before = draft.view(name)
    draft.put_view(View(name, read, kind != "view", text, before.own if before else ()))
    for table in read:
        known = draft.table(table)
        columns = _columns_in(draft, known, query) if known else None
        record(draft, kind, words, table, columns)


def record(draft: Draft, kind: str, name: str, table: TableName, columns: Iterable[str] | None) -> None:
    """Add a dependent for each column; None means the whole table."""
    more = (Dependent(kind, name, table, column) for column in ([None] if columns is None else columns))
    draft.put_dependents(table, (*draft.dependents_on(table), *more))


def forget(draft: Draft, kind: str, name: str, table: TableName | None = None) -> None:
    """Remove a dependent; names of policies and triggers count per table."""
    for found in draft.tables_read_by(kind, name):
        if table in (None, found):
            draft.drop_dependents(found, lambda d: d.kind == kind and d.name == name)


def _tables_in(draft: Draft, query: Node) -> tuple[TableName, ...]:
    """Return the tables that a query names; a WITH clause may read the table whose name it takes."""
    own = {part.ctename for part in walk(query) if isinstance(part, pb.CommonTableExpr)}
    named = ((part.relname in own and not part.schemaname, draft.name(part)) for part in relations_in(query))
    return tuple(dict.fromkeys(name for is_own, name in named if not is_own or draft.table(name) is not None))


def _columns_in(draft: Draft, table: Table, query: Node) -> tuple[str, ...] | None:
    if table.is_incomplete:
        return None
    every = tuple(column.name for column in table.columns)
    if any(isinstance(part, pb.A_Star) for part in walk(query)):
        return every
    named = set(_named_of(draft, table.name, query))
    named |= {name for part in walk(query) if isinstance(part, pb.JoinExpr) for name in _using(part)}
    aliases = {part.alias.aliasname or part.relname for part in walk(query) if isinstance(part, pb.RangeVar)}
    if named & aliases - set(every):
        return every  # a whole row, such as SELECT u FROM users u; a column of that name comes first
    return tuple(column for column in every if column in named)


def _named_of(draft: Draft, table: TableName, query: Node) -> Iterable[str]:
    """Yield the names that may be columns of the table: one with another relation's name before it is none."""
    parts = tuple(walk(query))
    own = {p.alias.aliasname or p.relname for p in parts if isinstance(p, pb.RangeVar) and draft.name(p) == table}
    joins = [part for part in parts if isinstance(part, pb.JoinExpr)]
    own |= {name for join in joins for name in (join.alias.aliasname, join.join_using_alias.aliasname) if name}
    for ref in parts:
        if isinstance(ref, pb.ColumnRef) and (len(ref.fields) == 1 or ref.fields[-2].string.sval in own):
            yield ref.fields[-1].string.sval


def _using(join: pb.JoinExpr) -> Iterable[str]:
    return (node.string.sval for node in join.using_clause)


def create_trigger(draft: Draft, statement: pb.CreateTrigStmt) -> None:
    """Add the trigger to its table, and the columns that its UPDATE OF and WHEN name."""
    table = draft.name(statement.relation)
    known = draft.table(table)
    if known is None:
        return
    draft.change(table, triggers=tuple(sorted({*known.triggers, statement.trigname})))
    forget(draft, "trigger", statement.trigname, table)
    named = {node.string.sval for node in statement.columns} | set(column_refs(statement.when_clause))
    record(draft, "trigger", statement.trigname, table, _existing(known, named))


def drop_trigger(draft: Draft, table: TableName, name: str) -> None:
    """Remove the trigger from its table."""
    known = draft.table(table)
    if known is not None:
        draft.change(table, triggers=tuple(trigger for trigger in known.triggers if trigger != name))
        forget(draft, "trigger", name, table)


def create_policy(draft: Draft, statement: pb.CreatePolicyStmt) -> None:
    """Record the columns that a policy's conditions name."""
    _record_named(draft, "policy", statement.policy_name, statement.table, (statement.qual, statement.with_check))


def create_statistics(draft: Draft, statement: pb.CreateStatsStmt) -> None:
    """Record the columns of an extended statistics object."""
    names = {node.stats_elem.name for node in statement.exprs if node.stats_elem.name}
    for relation in statement.relations:
        table = draft.table(draft.name(relation.range_var))
        if table is not None and statement.defnames:
            record(draft, "statistics", statement.defnames[-1].string.sval, table.name, _existing(table, names))


def create_publication(draft: Draft, statement: pb.CreatePublicationStmt) -> None:
    """Record the columns that a publication lists; without a list it follows the table."""
    for node in statement.pubobjects:
        published = node.publication_obj_spec.pubtable
        table = draft.table(draft.name(published.relation))
        if table is not None:
            draft.change(table.name, publications=tuple(sorted({*table.publications, statement.pubname})))
            names = {column.string.sval for column in published.columns} | set(column_refs(published.where_clause))
            record(draft, "publication", statement.pubname, table.name, _existing(table, names))


def _record_named(draft: Draft, kind: str, name: str, relation: pb.RangeVar, trees: Iterable[Message]) -> None:
    table = draft.table(draft.name(relation))
    if table is not None:
        named = {column for tree in trees for column in column_refs(tree)}
        record(draft, kind, name, table.name, _existing(table, named))


def _existing(table: Table, names: Iterable[str]) -> tuple[str, ...]:
    wanted = set(names)
    return tuple(column.name for column in table.columns if column.name in wanted)
