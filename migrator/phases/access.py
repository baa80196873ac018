"""Whose owner or privileges a statement changes: GRANT, REVOKE, OWNER TO, and what is published.

Their effects name no lock, so `claims` learns here which objects of the catalog are the migration's to change.
"""

from collections.abc import Iterable, Iterator, Sequence

from migrator.names import TableName
from migrator.statements.parse import Node, pb
from migrator.statements.statement import Statement

_ROUTINES = frozenset({pb.OBJECT_FUNCTION, pb.OBJECT_PROCEDURE, pb.OBJECT_ROUTINE, pb.OBJECT_AGGREGATE})


def access_changed_by(statement: Statement) -> Iterator[TableName]:
    """Yield the owners, as drift knows them: tables, `name()`, a schema as (name, ''), a publication as ('', name)."""
    node = statement.node
    match statement.kind:
        case "grant_stmt" if node.grant_stmt.targtype == pb.ACL_TARGET_OBJECT:
            for item in node.grant_stmt.objects:
                yield from _owner(item, node.grant_stmt.objtype)
        case "alter_owner_stmt":
            yield from _owner(node.alter_owner_stmt.object, node.alter_owner_stmt.object_type)
        case "create_schema_stmt":
            yield TableName(node.create_schema_stmt.schemaname, "")
        case "create_publication_stmt":
            yield TableName("", node.create_publication_stmt.pubname)
        case "alter_publication_stmt":
            yield TableName("", node.alter_publication_stmt.pubname)
        case "alter_stats_stmt":
            yield _qualified(node.alter_stats_stmt.defnames)
        case "drop_stmt":
            for item in node.drop_stmt.objects:
                yield from _owner(item, node.drop_stmt.remove_type)
        case _:
            return


def whole_schemas(statements: Iterable[Statement]) -> tuple[str, ...]:
    """Return the schemas of GRANT … ON ALL TABLES (SEQUENCES, FUNCTIONS) IN SCHEMA."""
    grants = [s.node.grant_stmt for s in statements if s.kind == "grant_stmt"]
    wide = [grant for grant in grants if grant.targtype == pb.ACL_TARGET_ALL_IN_SCHEMA]
    return tuple(sorted({item.string.sval for grant in wide for item in grant.objects}))


def _owner(item: Node, kind: int) -> Iterator[TableName]:
    if kind in _ROUTINES:
        name = _qualified(item.object_with_args.objname)
        yield TableName(name.schema, f"{name.name}()")
    elif kind in {pb.OBJECT_TABLE, pb.OBJECT_SEQUENCE} and item.WhichOneof("node") == "range_var":
        yield TableName(item.range_var.schemaname or "public", item.range_var.relname)
    elif kind == pb.OBJECT_SCHEMA:
        yield TableName(item.string.sval, "")
    elif kind == pb.OBJECT_PUBLICATION:
        yield TableName("", item.string.sval)
    elif kind == pb.OBJECT_STATISTIC_EXT:
        yield _qualified(item.list.items)


def _qualified(names: Sequence[Node]) -> TableName:
    parts = [name.string.sval for name in names]
    return TableName(parts[0] if len(parts) > 1 else "public", parts[-1])
