"""Views over a table or one of its columns, in the order in which they can be dropped without CASCADE."""

from collections.abc import Iterable

from migrator.names import TableName, literal, made_name
from migrator.schema.model import Schema, View


def views_over(schema: Schema, tables: Iterable[TableName], column: str | None = None) -> tuple[View, ...]:
    """Return the views that read the tables (or the column), and the views over those, each before what it reads."""
    names = tuple(tables)
    first = [view for view in schema.views.values() if set(view.reads) & set(names)]
    if column is not None:
        words = {d.name for name in names for d in schema.dependents_of(name, column) if "view" in d.kind}
        first = [view for view in first if view.name.dotted in words]
    found, newest = list(first), first
    while newest:
        read = {view.name for view in newest}
        newest = [view for view in schema.views.values() if set(view.reads) & read]
        found = [view for view in found if view not in newest] + newest
    return tuple(reversed(found))


def is_named(view: View, names: Iterable[str]) -> bool:
    """Whether a person named the view, with or without its schema."""
    name = view.name
    return not {str(name), name.dotted, name.name}.isdisjoint(names)


def drop_view(view: View) -> str:
    """Return the statement that drops it."""
    return f"DROP {'MATERIALIZED VIEW' if view.is_materialized else 'VIEW'} {view.name}"


def way_with_materialized(name: TableName) -> str:
    """Return in words how a materialized view gets out of the way: it can be neither replaced nor filled at once."""
    source, successor = (TableName(name.schema, made_name(name.name, word)) for word in ("source", "next"))
    return (
        f"Let the materialized view {name} read a plain view, which goes along. Make {source} of its text (SELECT"
        f" pg_get_viewdef({literal(str(name))}::regclass)), where a key becomes wide with a cast to the type that each"
        f" column is to keep (id::bigint). Then CREATE MATERIALIZED VIEW {successor} AS TABLE {source}, with the same"
        f" indexes and rights; while it is filled the old one is read. Then in one transaction DROP MATERIALIZED VIEW"
        f" {name} and ALTER MATERIALIZED VIEW {successor} RENAME TO {name.name}."
    )
