"""DROP and TRUNCATE: what is at the other end of foreign keys, above a partition, or under an index."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from migrator.locks import LockLevel
from migrator.names import TableName
from migrator.schema.facts import families
from migrator.schema.facts.known import Situation, failing, family, locked, names_of
from migrator.schema.model import Schema
from migrator.schema.parts import Table
from migrator.statements.effects import Effects
from migrator.statements.facts.nodes import list_name, table_name
from migrator.statements.parse import pb

_ACCESS_EXCLUSIVE = LockLevel.ACCESS_EXCLUSIVE


def drop(asked: Situation, facts: Effects) -> Effects:
    """DROP of a relation that the schema knows."""
    read = _READERS.get(asked.node.drop_stmt.remove_type)
    return facts if read is None else read(asked, facts)


def _drop_table(asked: Situation, facts: Effects) -> Effects:
    schema, statement = asked.schema, asked.node.drop_stmt
    is_cascade = statement.behavior == pb.DROP_CASCADE
    roots = [schema.table(list_name(item)) for item in statement.objects]
    tables = {t.name: t for root in roots if root for t in family(schema, root.name)}
    if None not in roots:
        facts = replace(facts, missing=())
    found = locked(facts, _ACCESS_EXCLUSIVE, *tables)
    for table in tables.values():
        found = locked(found, _ACCESS_EXCLUSIVE, *_ends(schema, table), *_above(schema, table))
    if is_cascade:
        views = (view for table in tables for view in views_on(schema, table))
        return locked(found, _ACCESS_EXCLUSIVE, *_users(schema, tables), *views)
    return _refused(schema, found, tables)


def _ends(schema: Schema, table: Table) -> Iterator[TableName]:
    """Yield the tables that the table references by foreign keys of its own; a partition has its parent's."""
    parent = schema.table(table.parent) if table.is_partition and table.parent is not None else None
    inherited = {c.name for c in parent.constraints} if parent is not None else set[str]()
    for constraint in table.constraints:
        if constraint.references is not None and constraint.name not in inherited:
            yield constraint.references


def _above(schema: Schema, table: Table) -> Iterator[TableName]:
    """Yield the parent of a partition, and its DEFAULT partition."""
    if table.is_partition and table.parent is not None:
        yield table.parent
        default = schema.default_partition(table.parent)
        if default is not None:
            yield default.name


def _users(schema: Schema, tables: Mapping[TableName, Table]) -> tuple[TableName, ...]:
    """Return the tables, besides those that go, whose foreign keys point at one that goes."""
    return tuple(user.name for name in tables for user, _ in schema.referencing(name) if user.name not in tables)


def views_on(schema: Schema, name: TableName) -> tuple[TableName, ...]:
    """Return the views that read a table, and the views that read those."""
    found = [view.name for view in schema.views.values() if name in view.reads]
    for view in found:
        found.extend(v.name for v in schema.views.values() if view in v.reads and v.name not in found)
    return tuple(found)


def _refused(schema: Schema, found: Effects, tables: Mapping[TableName, Table]) -> Effects:
    """Say why the server refuses to drop the tables without CASCADE, if it does."""
    users = _users(schema, tables)
    if users:
        return failing(found, f"foreign keys of {_listed(users)} point at what is dropped")
    views = tuple(view for name in tables for view in views_on(schema, name))
    if views:
        return failing(found, f"{_listed(views)} reads what is dropped")
    heirs = [t.name for t in tables.values() if t.parent in tables and not t.is_partition]
    return failing(found, f"{_listed(heirs)} inherits from what is dropped") if heirs else found


def _listed(names: Iterable[TableName]) -> str:
    return ", ".join(str(name) for name in dict.fromkeys(names))


def _drop_index(asked: Situation, facts: Effects) -> Effects:
    found = facts
    for item in asked.node.drop_stmt.objects:
        index = asked.schema.index(list_name(item))
        if index is None:
            return facts
        table = asked.schema.table(index.table)
        if index.constraint is not None:
            return failing(facts, f"constraint {index.constraint} of {index.table} owns the index")
        if asked.node.drop_stmt.concurrent and table is not None and table.is_partitioned:
            return failing(facts, f"{index.table} is partitioned: its indexes cannot be dropped CONCURRENTLY")
        found = locked(found, facts.level, index.table, *names_of(_partitions(asked.schema, index.table)))
    return replace(found, missing=())


def _partitions(schema: Schema, name: TableName) -> tuple[Table, ...]:
    table = schema.table(name)
    return schema.descendants(name) if table is not None and table.is_partitioned else ()


def _drop_view(asked: Situation, facts: Effects) -> Effects:
    names = {list_name(item) for item in asked.node.drop_stmt.objects}
    readers = tuple(view for name in names for view in views_on(asked.schema, name) if view not in names)
    if not readers:
        return facts
    if asked.node.drop_stmt.behavior == pb.DROP_CASCADE:
        return replace(locked(facts, _ACCESS_EXCLUSIVE, *readers), missing=())
    return failing(facts, f"{_listed(readers)} reads what is dropped")


def _drop_type(asked: Situation, facts: Effects) -> Effects:
    names = {list_name(item) for item in asked.node.drop_stmt.objects}
    users = tuple(users_of_type(asked.schema, names))
    if asked.node.drop_stmt.behavior == pb.DROP_CASCADE:
        return replace(locked(facts, _ACCESS_EXCLUSIVE, *users), is_opaque=facts.is_opaque and not users)
    if not users:
        return facts
    return failing(facts, f"columns of {_listed(users)} have the type")


def users_of_type(schema: Schema, names: Iterable[TableName]) -> Iterator[TableName]:
    """Yield the tables that have a column of one of the types, or of an array of it."""
    words = {text for name in names for text in (str(name), TableName("", name.name).name)}
    for table in schema.tables.values():
        if any(column.type.removesuffix("[]") in words for column in table.columns):
            yield table.name


def truncate(asked: Situation, facts: Effects) -> Effects:
    """TRUNCATE empties partitions and heirs too, and with CASCADE everything that references them."""
    statement, schema = asked.node.truncate_stmt, asked.schema
    roots = [schema.table(table_name(node.range_var)) for node in statement.relations]
    if None in roots:
        return facts
    names = [name for node in statement.relations for name in _emptied(schema, node.range_var)]
    for name in names:
        for user, _ in schema.referencing(name):
            if user.name not in names:
                if statement.behavior != pb.DROP_CASCADE:
                    return failing(facts, f"foreign keys of {user.name} point at {name}")
                names.extend(n for n in names_of(family(schema, user.name)) if n not in names)
    return replace(locked(facts, _ACCESS_EXCLUSIVE, *names), missing=())


def _emptied(schema: Schema, relation: pb.RangeVar) -> tuple[TableName, ...]:
    name = table_name(relation)
    return names_of(family(schema, name)) if relation.inh else (name,)


_READERS: Mapping[int, Callable[[Situation, Effects], Effects]] = {
    pb.OBJECT_TABLE: _drop_table,
    pb.OBJECT_INDEX: _drop_index,
    pb.OBJECT_VIEW: _drop_view,
    pb.OBJECT_MATVIEW: _drop_view,
    pb.OBJECT_TYPE: _drop_type,
    pb.OBJECT_DOMAIN: _drop_type,
    pb.OBJECT_TRIGGER: families.drop_trigger,
    pb.OBJECT_STATISTIC_EXT: families.drop_statistics,
}
